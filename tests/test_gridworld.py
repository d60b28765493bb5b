"""The gridworld plays by its own table, is FrozenLake where it has the same map, and can be drawn."""

import gymnasium as gym
import numpy as np
import pytest
from matplotlib.figure import Figure

from dqn_course import gridworld
from dqn_course.gridworld import LAKE, TWO_GOALS, GridWorld

LEFT, DOWN, RIGHT, UP = range(4)
ROOM = """
S . G
# P .
"""


def chances(outcomes):
    """{(next_state, reward, terminated): probability}, with equal outcomes added up."""
    total = {}
    for probability, *outcome in outcomes:
        total[tuple(outcome)] = total.get(tuple(outcome), 0) + probability
    return total


def test_a_state_is_the_number_of_its_cell_and_a_step_goes_to_the_next_one():
    world = GridWorld(ROOM)
    assert world.start == 0 and world.position(5) == (1, 2)
    assert world.P[0][RIGHT] == [(1, 1, 0.0, False)]
    assert world.P[1][RIGHT] == [(1, 2, 1.0, True)]
    assert world.P[1][DOWN] == [(1, 4, -1.0, True)]
    assert world.P[5][UP] == [(1, 2, 1.0, True)]


def test_walls_and_edges_stop_the_agent():
    world = GridWorld(ROOM)
    assert [world.P[0][action][0][1] for action in (LEFT, DOWN, UP)] == [0, 0, 0]
    assert world.P[5][RIGHT] == [(1, 5, 0.0, False)]  # not around the edge into the next row


def test_slipping_goes_to_both_sides_alike_and_never_back():
    world = GridWorld(ROOM, slip=0.2)
    expected = {(2, 1.0, True): 0.8, (4, -1.0, True): 0.1, (1, 0.0, False): 0.1}
    assert chances(world.P[1][RIGHT]) == pytest.approx(expected)


@pytest.mark.parametrize("slip", [0.0, 0.25, 1.0])
def test_the_chances_of_every_action_add_up_to_one(slip):
    world = GridWorld(TWO_GOALS, slip)
    for state, actions in world.P.items():
        for action, outcomes in actions.items():
            assert sum(outcome[0] for outcome in outcomes) == pytest.approx(1), (state, action)
            assert all(world.cells[outcome[1]] != "#" or state == outcome[1] for outcome in outcomes)


def test_nothing_follows_an_end():
    world = GridWorld(ROOM, slip=0.3)
    for end in (2, 4):
        assert all(world.P[end][action] == [(1.0, end, 0.0, True)] for action in range(4))


def test_with_the_map_of_frozen_lake_it_has_the_rules_of_frozen_lake():
    ours = GridWorld(LAKE, slip=2 / 3, rewards={"G": 1.0, "P": 0.0}).P
    theirs = gym.make("FrozenLake-v1").unwrapped.P
    for state in range(15):  # not the goal itself, which Gymnasium gives no list of the same form
        for action in range(4):
            assert chances(ours[state][action]) == pytest.approx(chances(theirs[state][action]))


def test_it_plays_by_its_table():
    world = GridWorld(TWO_GOALS, slip=0.4)
    rng, seen = np.random.default_rng(0), {}
    for episode in range(400):
        state, info = world.reset(seed=episode)
        assert state == world.start and info == {}
        over = False
        while not over:
            action = int(rng.integers(4))
            next_state, reward, terminated, truncated, _ = world.step(action)
            counts = seen.setdefault((state, action), {})
            counts[next_state, reward, terminated] = counts.get((next_state, reward, terminated), 0) + 1
            state, over = next_state, terminated or truncated
    for (state, action), counts in seen.items():
        expected, total = chances(world.P[state][action]), sum(counts.values())
        assert set(counts) <= set(expected)
        if total > 200:
            for outcome, chance in expected.items():
                assert counts.get(outcome, 0) / total == pytest.approx(chance, abs=0.12)
    assert len(seen) > 30


def test_the_same_seed_gives_the_same_episode():
    def play(seed):
        world = GridWorld(slip=0.5)
        world.reset(seed=seed)
        return [world.step(RIGHT)[0] for _ in range(5)]

    assert play(3) == play(3)
    assert len({tuple(play(seed)) for seed in range(10)}) > 1


def test_time_is_up_after_the_limit_and_that_is_no_end():
    world = GridWorld(ROOM, time_limit=3)
    world.reset()
    flags = [world.step(LEFT)[2:4] for _ in range(3)]
    assert flags == [(False, False), (False, False), (False, True)]
    assert world.reset() == (0, {}) and world.step(LEFT)[3] is False


def test_gymnasium_accepts_it():
    from gymnasium.utils.env_checker import check_env

    check_env(GridWorld(render_mode="rgb_array"), skip_render_check=True)


@pytest.mark.parametrize(
    "layout, says",
    [("S . \n .", "same length"), (". .", "exactly one S"), ("S S", "exactly one S"), ("S x", "no meaning .* x")],
)
def test_a_bad_layout_is_refused_in_one_sentence(layout, says):
    with pytest.raises(ValueError, match=says):
        GridWorld(layout)


def test_letters_of_ones_own_can_be_rewards():
    world = GridWorld("S k", rewards={"k": 7.0})
    assert world.P[0][RIGHT] == [(1, 1, 7.0, True)]


def test_a_frame_shows_where_the_agent_is():
    world = GridWorld(ROOM, render_mode="rgb_array")
    world.reset()
    before = world.render()
    world.step(RIGHT)
    after = world.render()
    assert before.dtype == np.uint8 and before.shape == (3 * 64, 3 * 64, 3)
    assert not np.array_equal(before, after)
    assert np.array_equal(before[:, 128:], after[:, 128:])


def drawn(figure):
    """All texts of a figure, and the collections and patches of its axes."""
    axes = figure.axes[0]
    return [text.get_text() for text in axes.texts], axes.collections


def test_a_picture_shows_values_rewards_and_the_greedy_actions():
    world = GridWorld(ROOM)
    Q = np.zeros((6, 4))
    Q[0], Q[1] = [0, 0, 0.9, 0], [-0.25, 0, 1, 1]
    texts, collections = drawn(gridworld.show(world, Q=Q))
    assert {"0.90", "1.00", "+1", "−1"} <= set(texts)
    assert len(collections[-1].get_offsets()) == 3  # one arrow in the first cell, two in the second, none elsewhere


def test_where_all_actions_are_worth_the_same_there_is_no_arrow():
    figure = gridworld.show(GridWorld(ROOM), Q=np.ones((6, 4)))
    assert len(drawn(figure)[1]) == 1  # the cells alone


def test_a_map_without_values_shows_the_numbers_of_the_states():
    texts, _ = drawn(gridworld.show(GridWorld(ROOM)))
    assert {"0", "1", "2", "3", "4", "5", "start"} <= set(texts)


def test_the_four_triangles_lie_on_the_side_of_their_action():
    figure = Figure()
    axes = figure.subplots()
    Q = np.zeros((6, 4))
    Q[0, RIGHT] = 1
    gridworld.draw_q(axes, GridWorld(ROOM), Q, agent=0, marked=((0, RIGHT),))
    triangles = axes.collections[1]
    strongest = np.argmin(triangles.get_facecolors()[:, 0])  # blue has the least red
    middle = triangles.get_paths()[strongest].vertices[:3].mean(axis=0)
    assert middle[0] > 0 and middle[1] == pytest.approx(0)
    assert triangles.get_linewidths()[strongest] == max(triangles.get_linewidths())
