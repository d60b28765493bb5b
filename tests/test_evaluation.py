"""Evaluation: whole episodes, fresh terrain, the same numbers for the same seed."""

import json

import gymnasium as gym
import numpy as np
import pytest
import torch

from dqn_course import evaluation, paper
from dqn_course.agent import Agent
from dqn_course.environments import make_emulator, make_lander
from dqn_course.evaluation import (
    FRESH_SEED,
    RANDOM_REPEAT,
    as_policy,
    average_max_q,
    episode_seed,
    epsilon_greedy,
    evaluate,
    evaluate_atari,
    greedy,
    play_at_random,
    play_episode,
    random_player,
    random_policy,
)
from dqn_course.networks import QNetwork


class Countdown(gym.Env):
    """Episode k gives the rewards k, k, ... for k steps; it remembers the seeds and actions it was given."""

    observation_space = gym.spaces.Box(-1, 1, (8,), np.float32)
    action_space = gym.spaces.Discrete(4)

    def __init__(self, truncate=False):
        self.truncate, self.episode, self.seeds, self.actions = truncate, 0, [], []

    def reset(self, seed=None, options=None):
        self.episode, self.t = self.episode + 1, 0
        self.seeds.append(seed)
        return np.zeros(8, np.float32), {}

    def step(self, action):
        self.t += 1
        self.actions.append(action)
        over = self.t >= self.episode
        return np.zeros(8, np.float32), self.episode, over and not self.truncate, over and self.truncate, {}


@pytest.mark.parametrize("truncate", [False, True])
def test_the_numbers_are_those_of_the_scores(truncate):
    result = evaluate(lambda state: 0, Countdown(truncate), episodes=5)
    assert result.scores == [1, 4, 9, 16, 25]
    assert (result.mean, result.min, result.max, result.episodes, result.seed) == (11, 1, 25, 5, FRESH_SEED)
    assert result.std == pytest.approx(np.sqrt(((1 - 11) ** 2 + 49 + 4 + 25 + 196) / 5))
    assert str(result) == "11.0 on average over 5 episodes (standard deviation 8.6)"
    assert json.loads(json.dumps(result.as_dict())) == {
        "mean": 11, "std": result.std, "min": 1, "max": 25, "episodes": 5, "seed": FRESH_SEED,
        "scores": [1, 4, 9, 16, 25], "frames": [],
    }  # fmt: skip


def test_an_episode_stops_after_max_t_steps():
    assert evaluate(lambda state: 0, Countdown(), episodes=5, max_t=2).scores == [1, 4, 6, 8, 10]


@pytest.mark.parametrize("episodes", [0, -1])
def test_no_episodes_are_a_value_error(episodes):
    with pytest.raises(ValueError, match=f"episodes must be at least 1, not {episodes}"):
        evaluate(lambda state: 0, Countdown(), episodes=episodes)


def test_the_same_seed_gives_the_same_scores_in_a_new_and_in_a_used_environment():
    network, env = QNetwork(8, 4, seed=0), make_lander()
    first = evaluate(network, env, episodes=4, seed=5, max_t=200).scores
    assert evaluate(network, env, episodes=4, seed=5, max_t=200).scores == first
    assert evaluate(network, make_lander(), episodes=4, seed=5, max_t=200).scores == first
    assert evaluate(network, env, episodes=4, seed=6, max_t=200).scores != first
    assert len(set(first)) == 4  # every episode has terrain of its own


def test_the_terrain_of_an_evaluation_is_none_that_training_used():
    training = {episode_seed(seed, episode) for seed in range(20) for episode in range(1, 2001)}
    env = Countdown()
    evaluate(lambda state: 0, env, episodes=100)
    assert len(set(env.seeds)) == 100
    assert not training & set(env.seeds)


def test_the_seeds_of_two_runs_differ_even_where_seed_and_episode_add_up_to_the_same():
    seeds = [episode_seed(seed, episode) for seed in range(30) for episode in range(30)]
    assert len(set(seeds)) == 900
    assert all(type(seed) is int and 0 <= seed < 2**32 for seed in seeds)


def test_an_agent_a_network_and_a_function_play_the_same_greedy_policy():
    agent = Agent(8, 4, seed=0)
    players = (agent, agent.qnetwork_local, agent.act, greedy(agent.qnetwork_local))
    states = np.random.default_rng(0).normal(size=(50, 8)).astype(np.float32)
    expected = agent.qnetwork_local(torch.from_numpy(states)).argmax(dim=1).tolist()
    for player in players:
        policy = as_policy(player)
        assert [policy(state) for state in states] == expected
    assert len(set(expected)) > 1


def test_an_evaluation_neither_explores_nor_learns():
    agent = Agent(8, 4, seed=0)
    before = torch.nn.utils.parameters_to_vector(agent.qnetwork_local.parameters()).clone()
    env = Countdown()
    evaluate(agent, env, episodes=30)
    assert len(set(env.actions)) == 1  # the state is always the same
    assert len(agent.memory) == 0
    assert torch.equal(before, torch.nn.utils.parameters_to_vector(agent.qnetwork_local.parameters()))


def test_a_greedy_policy_puts_its_network_into_evaluation_mode_and_takes_lists():
    network = torch.nn.Sequential(torch.nn.Linear(8, 4), torch.nn.Dropout(0.9))
    policy = greedy(network)
    assert len({policy([0.5] * 8) for _ in range(50)}) == 1


def test_the_random_policy_takes_every_action_equally_often_and_the_same_ones_for_a_seed():
    policy, same = random_policy(4, seed=1), random_policy(4, seed=1)
    actions = [policy(None) for _ in range(4000)]
    assert actions == [same(None) for _ in range(4000)]
    assert ((np.bincount(actions, minlength=4) - 1000) ** 2 / 1000).sum() < 21.1


def test_random_play_scores_what_the_lesson_says():
    result = evaluate(random_policy(4, seed=0), make_lander(), episodes=60)
    assert -230 < result.mean < -130


def test_the_score_of_an_episode_is_the_plain_sum_of_rewards():
    env = make_lander()
    state, _ = env.reset(seed=3)
    total, over = 0.0, False
    while not over:
        state, reward, terminated, truncated, _ = env.step(2 if state[3] < -0.3 else 0)
        total, over = total + reward, terminated or truncated
    assert play_episode(lambda state: 2 if state[3] < -0.3 else 0, env, seed=3) == pytest.approx(total)


def test_progress_is_shown_only_when_asked_for(capsys):
    evaluate(lambda state: 0, Countdown(), episodes=3)
    assert capsys.readouterr() == ("", "")
    evaluate(lambda state: 0, Countdown(), episodes=3, progress=True)
    assert "mean=" in capsys.readouterr().err


# --- many games of the Atari at once


class Games:
    """``AtariGames`` whose episodes have lengths that are known: those of game i last ``lengths[i]`` steps each, in
    turn, and score 1000 i + their number."""

    made = None

    def __init__(self, lengths, n_games, **switches):
        self.lengths, self.switches, self.closed = lengths, switches, False
        self.states = np.zeros((n_games, 4, 84, 84), np.uint8)
        self.t, self.episode, self.finished, self.steps = [0] * n_games, [0] * n_games, [], 0

    def step(self, actions):
        assert len(actions) == len(self.states)
        self.finished, self.steps = [], self.steps + 1
        for i in range(len(self.states)):
            self.t[i] += 1
            if self.t[i] == self.lengths[i][self.episode[i] % len(self.lengths[i])]:
                self.finished.append((i, 1000.0 * i + self.episode[i], self.t[i] * 4))
                self.t[i], self.episode[i] = 0, self.episode[i] + 1

    def close(self):
        self.closed = True


@pytest.fixture
def games(monkeypatch):
    """Put ``Games`` of the given lengths in the place of the emulators; returns a function, and what it made."""

    def prepare(*lengths):
        def make(game, n_games, seed, **switches):
            assert game == "pong" and n_games == len(lengths)
            Games.made = Games(lengths, n_games, **switches)
            return Games.made

        monkeypatch.setattr(evaluation, "AtariGames", make)

    return prepare


def stand_still(states):
    return np.zeros(len(states), int)


def test_every_game_plays_its_share_of_the_episodes_to_the_end_however_long_they_are(games):
    games([1], [7], [50, 2])  # the first would have finished all seven before the third has one
    result = evaluate_atari(stand_still, "pong", episodes=7, games_at_once=3)
    assert sorted(zip(result.scores, result.frames)) == [
        (0, 4), (1, 4), (2, 4), (1000, 28), (1001, 28), (2000, 200), (2001, 8)
    ]  # fmt: skip
    assert result.episodes == 7 and result.mean == pytest.approx(np.mean(result.scores))
    assert result.std == pytest.approx(np.std(result.scores)) and (result.min, result.max) == (0, 2001)
    assert Games.made.steps == 52 and Games.made.closed  # until the slowest share is done
    assert Games.made.switches == {"max_frames": 18_000, "life_loss_ends_episode": False}


def test_fewer_episodes_than_games_are_one_each(games):
    games([3], [90])
    assert evaluate_atari(stand_still, "pong", episodes=2).scores == [0, 1000]
    with pytest.raises(ValueError, match="episodes must be at least 1"):
        evaluate_atari(stand_still, "pong", episodes=0)


def test_an_evaluation_that_is_given_up_returns_nothing_and_closes_the_games(games):
    games([10])
    asked = []
    assert evaluate_atari(stand_still, "pong", 1, give_up=lambda: asked.append(1) or len(asked) > 4) is None
    assert Games.made.steps == 4 and Games.made.closed


class Prefers(torch.nn.Module):
    """Q-values that the pictures do not matter for, but for one number: their mean is added."""

    def __init__(self, q_values):
        super().__init__()
        self.q_values = torch.nn.Parameter(torch.tensor(q_values))

    def forward(self, frames):
        return self.q_values + frames.float().mean(dim=(1, 2, 3)).unsqueeze(1)


def test_epsilon_is_the_share_of_random_actions():
    states = np.zeros((4000, 4, 84, 84), np.uint8)[:, :, :2, :2]
    for epsilon in (0.0, 0.05, 1.0):
        actions = epsilon_greedy(Prefers([0.0, 3.0, 1.0, 2.0]), epsilon, seed=1)(states)
        others = (actions != 1).mean()
        assert others == pytest.approx(0.75 * epsilon, abs=4 * 0.0069) and (epsilon > 0 or others == 0)
        assert epsilon < 1 or set(actions) == {0, 1, 2, 3}


def test_average_max_q_is_the_mean_of_the_largest_values_whatever_the_batch():
    network = Prefers([0.5, -1.0])
    states = torch.randint(256, (23, 4, 6, 6), generator=torch.Generator().manual_seed(0)).byte()
    expected = 0.5 + states.double().mean(dim=(1, 2, 3)).mean().item()
    for batch_size in (1, 7, 23, 100):
        assert average_max_q(network, states, batch_size) == pytest.approx(expected, rel=1e-6)


def test_a_real_game_by_the_protocol_gives_the_same_scores_for_the_same_seed():
    def rates(seed):
        rng = np.random.default_rng(4)
        policy = lambda states: rng.integers(6, size=len(states))  # noqa: E731
        return evaluate_atari(policy, "pong", 3, seed=seed, max_frames=1200, games_at_once=2).scores

    assert rates(1) == rates(1) and len(rates(1)) == 3
    assert all(-21 <= score <= 0 and score == int(score) for score in rates(1))


# --- the random player, on the emulator itself


class Emulator:
    """Every frame pays 1 and takes an action; the game is over after ``length`` frames."""

    def __init__(self, length):
        self.length, self.acts = length, None

    def reset_game(self):
        self.acts = []

    def getMinimalActionSet(self):  # noqa: N802
        return [0, 3, 4]

    def act(self, action):
        self.acts.append(getattr(action, "value", action))
        return 1

    def game_over(self):
        return len(self.acts) >= self.length


@pytest.mark.parametrize("action_repeat", [1, 6])
def test_the_random_player_waits_then_holds_each_action_and_plays_to_the_end(action_repeat):
    waits, chosen = set(), []
    for seed in range(200):
        ale = Emulator(100)
        score, frames = play_at_random(ale, np.random.default_rng(seed), action_repeat)
        assert score == frames == len(ale.acts) == 100
        wait = int(np.random.default_rng(seed).integers(1, 31))
        waits.add(wait)
        assert not any(ale.acts[:wait])
        blocks = [ale.acts[i : i + action_repeat] for i in range(wait, 100, action_repeat)]
        assert all(len(set(block)) == 1 for block in blocks)
        chosen += [block[0] for block in blocks]
    assert waits == set(range(1, 31))
    np.testing.assert_allclose(np.bincount(chosen, minlength=5) / len(chosen), [1 / 3, 0, 0, 1 / 3, 1 / 3], atol=0.04)


def test_the_random_player_stops_at_the_limit_and_takes_other_actions_where_told():
    ale = Emulator(10**9)
    assert play_at_random(ale, np.random.default_rng(0), max_frames=75, noop_max=0, actions=[7]) == (75, 75)
    assert ale.acts == [7] * 75


@pytest.mark.slow
@pytest.mark.parametrize("game", ["qbert", "road_runner"])
def test_both_ways_of_playing_at_random_agree(game):
    ale, rng = make_emulator(game), np.random.default_rng(0)
    scores, frames = np.transpose([play_at_random(ale, rng) for _ in range(30)])
    player = random_player(len(ale.getMinimalActionSet()), 1)
    seen = evaluate_atari(player, game, 30, action_repeat=RANDOM_REPEAT)
    for a, b in ((scores, seen.scores), (frames, seen.frames)):
        error = np.sqrt((np.var(a) + np.var(b)) / 29)
        assert abs(np.mean(a) - np.mean(b)) < 4 * error


# --- what was measured, and ships with the course


def test_the_random_baseline_is_whole_and_its_figures_are_those_of_its_scores():
    assert list(evaluation.random_baseline()) == list(paper.scores())
    assert list(evaluation.random_baseline(hz=60)) == list(paper.scores())
    for row in paper.rows("random_baseline.csv"):
        scores = [float(score) for score in row["scores"].split()]
        assert float(row["mean"]) == pytest.approx(np.mean(scores), abs=1e-3)
        assert float(row["std"]) == pytest.approx(np.std(scores), abs=1e-3)
        assert int(row["episodes"]) == len(scores) == 30 and 0 < int(row["frames"]) <= 30 * 18_000
        assert paper.games()[row["game"]] == row["rom"]


def test_both_ways_of_playing_at_random_gave_the_same_but_for_chance():
    ours, pipeline = evaluation.random_baseline(), evaluation.random_baseline("pipeline")
    assert pipeline
    for game, seen in pipeline.items():
        error = np.sqrt((seen.std**2 + ours[game].std ** 2) / 29)
        assert abs(seen.mean - ours[game].mean) <= 4.5 * error, game


def test_the_random_baseline_is_near_the_papers():
    close = 0
    for game, ours in evaluation.random_baseline().items():
        close += abs(ours.mean - paper.scores()[game].random) <= 3 * np.sqrt(2) * ours.std / np.sqrt(29)
    assert close >= 40


def test_the_pong_run_is_whole():
    run = evaluation.pong_run()
    assert set(run) == {"evaluations", "learning", "games", "shipped"}
    assert len(run["shipped"]) == 30 and len(set(run["shipped"][:, 0])) == 1
    assert all((np.diff(run[name][:, 0]) >= 0).all() for name in ("evaluations", "learning", "games"))
    assert (abs(run["games"][:, 1]) <= 21).all() and (abs(run["shipped"][:, 1]) <= 21).all()
    assert run["shipped"][0, 0] in run["evaluations"][:, 0]
