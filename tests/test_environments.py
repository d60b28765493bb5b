"""The lander is the one of the notes; every probe's Q-values are found again by value iteration."""

import os
import subprocess
import sys

import numpy as np
import pytest

from dqn_course.environments import LANDER_ACTIONS, LANDER_STATE, PROBES, Probe, make_lander

probes = pytest.mark.parametrize("name", PROBES)


def value_iteration(transitions, gamma, sweeps=200):
    """Q-values from the Bellman equation, applied again and again."""
    q = [[0.0] * len(actions) for actions in transitions]
    for _ in range(sweeps):
        q = [
            [reward + (0 if terminated else gamma * max(q[next_state])) for reward, next_state, terminated in actions]
            for actions in transitions
        ]
    return q


@probes
def test_the_q_values_of_a_probe_are_those_of_value_iteration(name):
    env = PROBES[name]()
    np.testing.assert_allclose(env.q_values, value_iteration(env.transitions, env.gamma), atol=1e-6)


@probes
def test_a_probe_plays_by_its_table_and_shows_its_state_as_one_hot(name):
    env = PROBES[name]()
    rng, seen = np.random.default_rng(0), set()
    for episode in range(60):
        observation, _ = env.reset(seed=episode)
        state = int(observation.argmax())
        assert state in env.starts
        for t in range(1, 100):
            action = int(rng.integers(env.action_space.n))
            reward, next_state, terminated = env.transitions[state][action]
            observation, got_reward, got_terminated, truncated, _ = env.step(action)
            assert observation.tolist() == [float(i == next_state) for i in range(len(env.q_values))]
            assert env.observation_space.contains(observation)
            assert (got_reward, got_terminated) == (reward, terminated)
            assert truncated == (t == env.time_limit)
            seen.add((state, action))
            state = next_state
            if terminated or truncated:
                break
    assert len(seen) == env.q_values.size  # random play reaches every state and action


def test_no_two_probes_can_be_solved_by_the_same_constant_answer():
    answers = {np.array2string(make().q_values) for make in PROBES.values()}
    assert len(answers) == len(PROBES)


def test_in_the_endless_probe_time_runs_out_and_nothing_terminates():
    env = PROBES["endless"]()
    for _ in range(2):  # the clock starts again with every episode
        env.reset(seed=0)
        ends = [env.step(0)[2:4] for _ in range(5)]
        assert ends == [(False, False)] * 4 + [(False, True)]


def test_the_same_seed_starts_a_probe_in_the_same_state():
    env = Probe([[(0, 0, True)]] * 5, [[0]] * 5, starts=range(5))
    first = [int(env.reset(seed=seed)[0].argmax()) for seed in range(30)]
    assert first == [int(env.reset(seed=seed)[0].argmax()) for seed in range(30)]
    assert set(first) == set(range(5))


def test_the_lander_has_eight_state_values_four_actions_and_a_thousand_steps():
    env = make_lander()
    state, _ = env.reset(seed=0)
    assert state.shape == (8,) == (len(LANDER_STATE),) and state.dtype == np.float32
    assert env.action_space.n == 4 == len(LANDER_ACTIONS)
    assert env.spec.max_episode_steps == 1000
    next_state, reward, terminated, truncated, _ = env.step(0)
    assert next_state.shape == (8,) and np.isscalar(reward)
    assert (terminated, truncated) == (False, False)


def test_a_lander_that_crashes_terminates_and_one_whose_time_is_over_is_truncated():
    env = make_lander()
    env.reset(seed=0)
    for _ in range(1000):
        *_, terminated, truncated, _ = env.step(0)
        if terminated or truncated:
            break
    assert terminated and not truncated

    state, _ = env.reset(seed=0)
    env.unwrapped.lander.gravityScale = 0  # nothing pulls it down, so it hangs there until its time is over
    env.unwrapped.lander.linearVelocity = (0, 0)
    env.unwrapped.lander.sleepingAllowed = False  # a lander at rest would count as landed
    ends = [env.step(0)[2:4] for _ in range(1000)]
    assert ends == [(False, False)] * 999 + [(False, True)]


def test_the_same_seed_gives_the_same_flight():
    def flight(env):
        state, _ = env.reset(seed=11)
        return [state, *(env.step(t % 4)[0] for t in range(60))]

    env = make_lander()
    np.testing.assert_array_equal(flight(env), flight(env))
    np.testing.assert_array_equal(flight(env), flight(make_lander()))


def test_frames_need_no_display():
    code = """
from dqn_course.environments import make_lander
env = make_lander("rgb_array")
env.reset(seed=0)
frame = env.render()
print(frame.shape, frame.dtype, len(set(frame.reshape(-1, 3).sum(axis=1).tolist())) > 3)
"""
    hidden = ("DISPLAY", "WAYLAND_DISPLAY", "SDL_VIDEODRIVER")
    bare = {name: value for name, value in os.environ.items() if name not in hidden}
    result = subprocess.run([sys.executable, "-c", code], env=bare, capture_output=True, text=True, timeout=60)
    assert result.stdout.splitlines()[-1:] == ["(400, 600, 3) uint8 True"], result.stderr
