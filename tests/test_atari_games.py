"""The fast pipeline sees what the readable one sees. The only difference: it turns frames grey before the maximum."""

import numpy as np
import pytest

from dqn_course.atari_games import AtariGames
from dqn_course.environments import make_atari
from dqn_course.preprocessing import luminance, resize_84

STEPS = 400
"""Agent steps: enough for lost lives, and for a game that is over in two of the four."""


def grey_first(env):
    """The picture of the last two frames with the steps in the other order: luminance, then maximum."""
    return resize_84(np.maximum(luminance(env.frame), luminance(env.previous)))


def play_both(game, seed, steps=STEPS, repeat=8):
    """Play the same actions in both and compare all that they say.

    Returns the largest and the mean difference of a pixel of the states, the lives lost, and the games over. Actions
    are held for ``repeat`` agent steps, so that a random player moves, and dies sooner.
    """
    fast, env = AtariGames(game, noop_max=0), make_atari(game, noop_max=0, clip_rewards=False)
    rng = np.random.default_rng(seed)
    state, info = env.reset(seed=0)
    largest, total, lost, over = 0, 0.0, 0, 0
    try:
        for step in range(steps):
            at = f"{game}, agent step {step}"
            np.testing.assert_array_equal(fast.states[0, -1], grey_first(env), err_msg=at)
            np.testing.assert_array_equal(fast.states[0].any(axis=(1, 2)), state.any(axis=(1, 2)), err_msg=at)
            difference = np.abs(fast.states[0].astype(int) - state)
            largest, total = max(largest, int(difference.max())), total + difference.mean()
            if step % repeat == 0:
                action = int(rng.integers(env.action_space.n))
            rewards, terminated, truncated = fast.step(np.array([action]))
            state, reward, ended, cut, info = env.step(action)
            assert (rewards[0], terminated[0], truncated[0]) == (reward, ended, cut), at
            assert bool(fast.finished) == info["game_over"], at
            assert fast.starts[0] == (ended or cut), at
            if info["game_over"]:
                assert fast.finished[0][2] == info["frames"], at
            else:
                assert fast.lives[0] == info["lives"], at
            lost, over = lost + (ended and not info["game_over"]), over + info["game_over"]
            if ended or cut:
                state, info = env.reset()
    finally:
        fast.close()
    return largest, total / steps, lost, over


@pytest.mark.parametrize(
    "game, lives, games",
    [("pong", 0, 0), ("breakout", 1, 1), ("space_invaders", 1, 0), ("seaquest", 1, 1)],
)
def test_both_pipelines_see_the_same_but_for_grey_before_the_maximum(game, lives, games):
    largest, mean, lost, over = play_both(game, seed=1)
    assert largest <= 24 and mean < 0.02  # of 255; seen: 16 and 0.012 in Pong
    assert lost >= lives and over >= games


def test_a_game_that_is_cut_is_cut_in_both():
    fast = AtariGames("pong", noop_max=0, max_frames=40)
    env = make_atari("pong", noop_max=0, max_frames=40)
    env.reset(seed=0)
    try:
        for _ in range(10):
            _, terminated, truncated = fast.step(np.array([0]))
            assert (terminated[0], truncated[0]) == env.step(0)[2:4]
    finally:
        fast.close()
    assert truncated[0]
