"""The table learns the values that value iteration finds; fitted Q-iteration comes near them and counts its cost."""

import os

import numpy as np
import pytest
import torch

from dqn_course import plotting, tabular
from dqn_course.gridworld import GridWorld

ROAD = "S . . G"
GAMMA = 0.9


def q_update(Q, state, action, reward, next_state, terminated, alpha, gamma):
    target = reward + gamma * (1 - terminated) * Q[next_state].max()
    Q[state, action] += alpha * (target - Q[state, action])


def epsilon_greedy(q_values, epsilon, rng):
    return int(rng.integers(len(q_values))) if rng.random() < epsilon else int(np.argmax(q_values))


def best_q(world, gamma=GAMMA):
    """Q* (S, A) by value iteration."""
    Q = np.zeros((len(world.P), 4))
    for _ in range(200):
        V = Q.max(axis=1)
        for state, actions in world.P.items():
            for action, outcomes in actions.items():
                Q[state, action] = sum(p * (r + gamma * (1 - d) * V[s]) for p, s, r, d in outcomes)
    return Q


def learn(world, episodes=300, epsilon=1.0, seed=0, alpha=0.5):
    return tabular.q_learning(world, q_update, epsilon_greedy, lambda episode: epsilon, episodes, alpha, GAMMA, seed)


def test_a_random_agent_learns_the_exact_values_of_a_world_without_chance():
    world = GridWorld(ROAD)
    Q, scores = learn(world)
    np.testing.assert_allclose(Q[:3], best_q(world)[:3], atol=1e-3)
    assert len(scores) == 300 and set(scores) <= {0.0, 1.0}


def test_an_episode_that_is_cut_still_has_a_future():
    world = GridWorld(ROAD, time_limit=2)  # the goal is three steps away: only walking on from state 2 would reach it
    seen = []

    def noted(Q, state, action, reward, next_state, terminated, alpha, gamma):
        seen.append(terminated)

    tabular.q_learning(world, noted, epsilon_greedy, lambda episode: 1.0, 20, 0.5, GAMMA)
    assert len(seen) == 40 and not any(seen)


def test_the_same_seed_gives_the_same_table_and_another_one_does_not():
    first, again, other = (learn(GridWorld(slip=0.2), 50, seed=seed)[0] for seed in (1, 1, 2))
    assert np.array_equal(first, again) and not np.array_equal(first, other)


def test_epsilon_is_asked_for_once_an_episode():
    asked = []
    tabular.q_learning(GridWorld(ROAD), q_update, epsilon_greedy, lambda e: asked.append(e) or 1.0, 4, 0.5, GAMMA)
    assert asked == [0, 1, 2, 3]


def test_the_player_is_shown_the_row_of_the_state_it_is_in():
    shown = []

    def number_the_rows(Q, *transition):
        Q[:] = np.arange(len(Q))[:, np.newaxis]

    def walk_right(q_values, epsilon, rng):
        shown.append(q_values[0])
        return 2

    tabular.q_learning(GridWorld(ROAD), number_the_rows, walk_right, lambda episode: 0.0, 2, 0.5, GAMMA)
    assert shown == [0, 1, 2, 0, 1, 2]


def test_the_greedy_policy_takes_the_largest_value_and_its_score_is_counted():
    world = GridWorld(ROAD)
    Q = best_q(world)
    policy = tabular.greedy_policy(Q)
    assert [policy(state) for state in range(3)] == [2, 2, 2]
    assert tabular.mean_score(policy, world, episodes=5) == 1.0
    assert tabular.mean_score(lambda state: 0, world, episodes=2) == 0.0


def test_collected_transitions_are_steps_of_the_world_and_restart_after_an_end():
    world = GridWorld(ROAD)
    transitions = tabular.collect(world, lambda state: 2, steps=7)
    once = [(0, 2, 0.0, 1, False), (1, 2, 0.0, 2, False), (2, 2, 1.0, 3, True)]
    assert transitions == [*once, *once, once[0]]


def test_fitted_q_iteration_comes_near_the_exact_values_and_counts_what_it_did():
    world = GridWorld(ROAD)
    rng = np.random.default_rng(0)
    transitions = tabular.collect(world, lambda state: int(rng.integers(4)), 200)
    inputs = np.array([[-1.0], [-0.3], [0.3], [1.0]])
    fitted = tabular.fitted_q_iteration(transitions, inputs, 4, GAMMA, iterations=8, steps=150, units=16)
    np.testing.assert_allclose(fitted["Q"][:3], best_q(world)[:3], atol=0.05)
    assert len(fitted["history"]) == 8 and np.array_equal(fitted["history"][-1], fitted["Q"])
    assert fitted["gradient_steps"] == 8 * 150 and fitted["examples"] == 8 * 150 * 200
    assert fitted["seconds"] > 0


def test_fitting_leaves_the_generators_and_threads_of_pytorch_alone():
    torch.manual_seed(5)
    state, threads = torch.get_rng_state(), torch.get_num_threads()
    tabular.fitted_q_iteration([(0, 0, 1.0, 0, True)], [[0.0]], 4, GAMMA, iterations=1, steps=1)
    assert torch.equal(torch.get_rng_state(), state) and torch.get_num_threads() == threads


@pytest.mark.parametrize("notebook, grading, seen", [(True, False, True), (True, True, False), (False, False, False)])
def test_a_bar_is_shown_to_a_person_only(monkeypatch, notebook, grading, seen):
    monkeypatch.setattr(plotting, "in_notebook", lambda: notebook)
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
    if grading:
        monkeypatch.setitem(os.environ, "NBGRADER_EXECUTION", "autograde")
    assert tabular._progress_is_seen() is seen


def test_learning_writes_nothing_where_nobody_looks(capfd):
    learn(GridWorld(ROAD), 3)
    assert capfd.readouterr() == ("", "")
