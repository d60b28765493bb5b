"""What is recorded is what was played; maps, neighbours and returns are what their definitions say."""

import mutants
import numpy as np
import pytest
import torch
import torch.nn.functional as F
from crossing import require_the_same_verdict
from mutants import lesson_11

from dqn_course import embedding, evaluation
from dqn_course.atari_games import AtariGames
from dqn_course.checks import lesson_11 as checks
from dqn_course.networks import NatureQNetwork


def solution(name):
    return mutants.function(mutants.cell(lesson_11.LESSON, name), name, {"np": np, "torch": torch, "F": F})


@pytest.fixture(scope="module")
def network():
    return NatureQNetwork(6, seed=0)


@pytest.fixture(scope="module")
def recording():
    rng = np.random.default_rng(0)
    return embedding.record(lambda states: rng.integers(6, size=len(states)), "pong", 120, n_games=3, every=5, seed=4)


def test_a_recording_is_the_game_that_was_played(recording):
    games, rng = AtariGames("pong", 3, 4, max_frames=18_000, life_loss_ends_episode=False), np.random.default_rng(0)
    for t in range(200):
        if t % 5 == 0:
            for game in range(3):
                (row,) = np.flatnonzero((recording.steps == t) & (recording.games == game))
                np.testing.assert_array_equal(recording.states[row], games.states[game])
        rewards, terminated, truncated = games.step(rng.integers(6, size=3))
        np.testing.assert_array_equal(recording.rewards[t], rewards)
        np.testing.assert_array_equal(recording.ends[t], terminated | truncated)
    games.close()
    assert len(recording) == 120 and recording.rewards.shape == recording.ends.shape == (200, 3)
    assert recording.rewards.min() == -1  # a random player loses points within 200 steps


def test_a_lost_life_ends_a_return_but_not_the_game():
    play = embedding.record(lambda states: np.ones(len(states), int), "breakout", 80, n_games=2, every=4, seed=0)
    assert play.ends.sum(axis=0).min() >= 2  # FIRE alone: the ball is lost, and a new one comes
    assert (play.states[play.steps == 156][:, 0] > 0).any()  # no new game: its first stack would be zeros


def test_rewards_are_clipped():
    rng = np.random.default_rng(1)
    play = embedding.record(lambda states: rng.integers(6, size=len(states)), "space_invaders", 64, n_games=4, seed=0)
    assert play.rewards.max() == 1


def test_hidden_features_give_the_q_values_of_the_network(network, recording):
    features = embedding.hidden_features(network, recording.states, batch_size=50)
    assert features.shape == (120, 512) and features.dtype == np.float32 and features.min() == 0
    with torch.no_grad():
        expected = network(torch.from_numpy(recording.states)).numpy()
    np.testing.assert_allclose(embedding.q_values(network, features), expected, atol=1e-5)


def test_the_solutions_do_what_the_package_does(network, recording):
    rng = np.random.default_rng(3)
    features = embedding.hidden_features(network, recording.states)
    np.testing.assert_allclose(solution("hidden_features")(network, recording.states, 32), features, atol=1e-5)
    for _ in range(5):
        q = rng.normal(size=(20, 6)).astype(np.float32)
        for ours, theirs in zip(embedding.values_and_advantages(q), solution("values_and_advantages")(q)):
            np.testing.assert_array_equal(ours, theirs)
        rewards, ends = rng.normal(size=40), rng.random(40) < 0.1
        case = rewards, ends, 0.97
        np.testing.assert_allclose(solution("returns_to_go")(*case), embedding.returns_to_go(*case))
        case = rng.normal(size=(30, 4)).astype(np.float32), int(rng.integers(30)), 6
        np.testing.assert_array_equal(solution("nearest_states")(*case), embedding.nearest_states(*case))
        pictures, values = rng.integers(0, 256, (30, 8, 8)).astype(np.uint8), rng.normal(size=30)
        case = pictures, values, rng.integers(0, 30, (25, 2)), 0.8, 7
        np.testing.assert_array_equal(solution("unlike_pairs")(*case), embedding.unlike_pairs(*case))


def test_a_return_is_the_discounted_sum_up_to_the_end():
    rng = np.random.default_rng(5)
    rewards, ends = rng.normal(size=30), np.arange(30) == 12
    returns = embedding.returns_to_go(rewards, ends, 0.9)
    for t in (0, 5, 12, 13, 29):
        until = 13 if t <= 12 else 30
        assert returns[t] == pytest.approx(sum(0.9 ** (i - t) * rewards[i] for i in range(t, until)))


def test_correlations_are_those_of_each_group():
    rng = np.random.default_rng(6)
    came, group = rng.normal(size=60), np.arange(60) % 3
    forecast = came + rng.normal(size=60)
    assert embedding.correlations(forecast, came) == pytest.approx(np.corrcoef(forecast, came)[0, 1])
    each = embedding.correlations(forecast, came, group)
    np.testing.assert_allclose(each, [np.corrcoef(forecast[i::3], came[i::3])[0, 1] for i in range(3)])
    assert embedding.correlations(np.ones(60), came) == 0  # a forecast that never changes


def test_a_map_keeps_groups_together_and_is_the_same_every_time(capsys):
    rng = np.random.default_rng(0)
    group = np.arange(90) % 3
    features = 10 * rng.normal(size=(3, 80))[group] + rng.normal(size=(90, 80))
    places = embedding.tsne(features, perplexity=10, n_steps=300, progress=True)
    assert places.shape == (90, 2) and places.dtype == np.float32
    nearest = [embedding.nearest_states(places, i, 5) for i in range(90)]
    assert all((group[found] == group[i]).all() for i, found in enumerate(nearest))
    np.testing.assert_array_equal(places, embedding.tsne(features, perplexity=10, n_steps=300))
    said = capsys.readouterr()
    assert said.out == "" and "300/300" in said.err  # the bar, and nothing of what scikit-learn prints


def test_the_bar_moves_while_the_map_is_made():
    class Bar:
        n, moves = 0, []

        def update(self, steps):
            self.n += steps
            self.moves.append(steps)

    progress = embedding._Progress(Bar())
    for line in ("[t-SNE] Computed", "[t-SNE] Iteration 50: error = 3.1", "[t-SNE] Iteration 100: error = 2.9"):
        assert progress.write(line) == len(line)
    assert progress.bar.moves == [50, 50]


def test_a_clip_shows_what_the_policy_saw(network):
    seen = []

    def policy(states):
        seen.append(states[0].copy())
        return np.array([2])

    clip = embedding.play_clip(policy, "pong", 12, seed=3)
    np.testing.assert_array_equal(clip.states, seen)
    assert clip.screens.shape == (12, 210, 160, 3) and list(clip.actions) == [2] * 12 and len(clip.action_names) == 6
    assert (clip.screens[0] != clip.screens[-1]).any()


def test_a_clip_ends_with_its_game():
    clip = embedding.play_clip(lambda states: np.array([0]), "pong", 2000, seed=0)
    assert len(clip.rewards) < 2000 and clip.rewards.sum() == -21  # nobody moves the bat


def test_a_fair_test_does_not_find_the_state_itself(recording):
    """The lesson's search among other games, with the student's function."""
    nearest = solution("nearest_states")
    table = recording.states.reshape(len(recording), -1)[:, ::64].astype(np.float32)
    others = np.flatnonzero(recording.games != recording.games[7])
    found = others[nearest(np.concatenate([table[7:8], table[others]]), 0, 4) - 1]
    assert (recording.games[found] != recording.games[7]).all()
    apart = ((table[others] - table[7]) ** 2).sum(axis=1)
    np.testing.assert_allclose(((table[found] - table[7]) ** 2).sum(axis=1), np.sort(apart)[:4])


def test_the_agent_of_the_lesson_is_shipped():
    from dqn_course import checkpoints

    source = (mutants.LESSONS / lesson_11.LESSON / f"{lesson_11.LESSON}.py").read_text()
    game = source.split('GAME = "')[1].split('"')[0]
    network = checkpoints.load_nature_network(game)
    assert evaluation.epsilon_greedy(network, 0.05)(np.zeros((2, 4, 84, 84), np.uint8)).shape == (2,)


@pytest.mark.parametrize("name", checks.__all__)
def test_cases_and_outputs_of_every_check_cross_to_another_process(name):
    """The verdict is the same where cases and outputs have been through a file."""
    require_the_same_verdict(getattr(checks, name), lesson_11.EXERCISES[name], lesson_11.LESSON, name)
