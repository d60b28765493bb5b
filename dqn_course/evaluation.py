"""How good is a policy? Scores over whole episodes, on terrain it has not trained on."""

from dataclasses import asdict, dataclass, field
from functools import cache

import numpy as np
import torch
from ale_py import Action
from tqdm.auto import tqdm

from dqn_course import paper
from dqn_course.atari_games import AtariGames

RANDOM_REPEAT = 6
"""Frames for which the paper's random player holds an action: 10 actions a second."""

FRESH_SEED = 1_000_003
"""Evaluation starts here by default, so its terrain is never that of a training run (seeds 0, 1, 2, ...)."""


@dataclass(frozen=True)
class Evaluation:
    """Scores of ``episodes`` whole episodes; ``mean``, ``std`` (population), ``min``, ``max`` in points of reward.

    ``frames``: emulator frames of each game of the Atari, in the order of ``scores``; empty for other worlds.
    """

    mean: float
    std: float
    min: float
    max: float
    episodes: int
    seed: int
    scores: list = field(repr=False)
    frames: list = field(repr=False, default_factory=list)

    @classmethod
    def of(cls, scores, seed, frames=()):
        """The evaluation that found these ``scores``, one an episode."""
        statistics = {name: float(getattr(np, name)(scores)) for name in ("mean", "std", "min", "max")}
        return cls(**statistics, episodes=len(scores), seed=seed, scores=scores, frames=list(frames))

    def as_dict(self):
        """The numbers as a plain dict, for JSON."""
        return asdict(self)

    def __str__(self):
        return f"{self.mean:.1f} on average over {self.episodes} episodes (standard deviation {self.std:.1f})"


def greedy(network):
    """The policy that takes the action with the largest Q-value: a function from a state (n,) to an int.

    ``network`` maps float32 states (B, n) to Q-values (B, actions); it is put into evaluation mode.
    """
    network.eval()

    def policy(state):
        with torch.no_grad():
            q_values = network(torch.from_numpy(np.asarray(state, np.float32)).unsqueeze(0))
        return int(q_values.argmax(dim=1).item())

    return policy


def random_policy(action_size, seed=0):
    """The policy that picks every action with the same chance."""
    rng = np.random.default_rng(seed)
    return lambda state: int(rng.integers(action_size))


def as_policy(player):
    """A function from state to action: an agent's ``act``, the greedy policy of a network, or a function itself."""
    if isinstance(player, torch.nn.Module):
        return greedy(player)
    return getattr(player, "act", player)


def episode_seed(seed, episode):
    """The seed of one episode's terrain: a run's seed and the episode's number, mixed so that no two runs share any."""
    return int(np.random.SeedSequence((seed, episode)).generate_state(1)[0])


def evaluate(player, env, episodes=100, seed=FRESH_SEED, max_t=1000, progress=False):
    """Play ``episodes`` episodes without exploration and without learning; return an ``Evaluation``.

    ``player`` is an agent (its ``act(state)`` is called with the default epsilon of 0), a network, or a function
    from state to action. ``max_t`` limits the agent steps of one episode. ``progress`` shows a bar.
    """
    if episodes < 1:
        raise ValueError(f"episodes must be at least 1, not {episodes}")
    policy = as_policy(player)
    scores = []
    with tqdm(total=episodes, unit="episode", disable=not progress) as bar:
        for episode in range(episodes):
            scores.append(play_episode(policy, env, episode_seed(seed, episode), max_t))
            bar.set_postfix(mean=f"{np.mean(scores):.1f}", refresh=False)
            bar.update()
    return Evaluation.of(scores, seed)


def play_episode(policy, env, seed, max_t=1000):
    """The score (sum of rewards) of one episode that starts from ``seed``."""
    state, _ = env.reset(seed=seed)
    score = 0.0
    for _ in range(max_t):
        state, reward, terminated, truncated, _ = env.step(policy(state))
        score += float(reward)
        if terminated or truncated:
            break
    return score


def epsilon_greedy(network, epsilon, seed=0):
    """The policy of the paper's evaluation, for many games at once: states (N, 4, 84, 84) uint8 -> actions (N,).

    Random with probability ``epsilon``, else the action with the largest Q-value.
    """
    network.eval()
    rng = np.random.default_rng(seed)
    device = next(network.parameters()).device

    def policy(states):
        with torch.no_grad():
            q_values = network(torch.from_numpy(states).to(device))  # (N, n_actions)
        explore = rng.random(len(states)) < epsilon
        return np.where(explore, rng.integers(q_values.shape[1], size=len(states)), q_values.argmax(1).cpu().numpy())

    return policy


def evaluate_atari(
    player, game, episodes=30, epsilon=0.05, *, seed=FRESH_SEED, max_frames=18_000, games_at_once=10, progress=False,
    give_up=lambda: False, **switches,
):  # fmt: skip
    """Play whole games by the paper's protocol; return an ``Evaluation`` of the raw scores.

    30 episodes of at most 18,000 frames (five minutes), up to 30 frames without action at the start, epsilon 0.05, all
    lives, rewards not clipped. ``player`` is a network or a function from states (N, 4, 84, 84) uint8 to actions (N,),
    which may be a generator of random ones. Several games run side by side; each of them plays its share of the
    episodes to the end, so that short ones are not preferred. ``switches`` go to ``AtariGames``. Returns None when
    ``give_up()`` becomes true.
    Source: Mnih et al. 2015, Methods, "Evaluation procedure".
    """
    if episodes < 1:
        raise ValueError(f"episodes must be at least 1, not {episodes}")
    policy = epsilon_greedy(player, epsilon, seed) if isinstance(player, torch.nn.Module) else player
    n = min(episodes, games_at_once)
    games = AtariGames(game, n, seed, max_frames=max_frames, life_loss_ends_episode=False, **switches)
    share = [len(range(i, episodes, n)) for i in range(n)]
    scores, frames = [[] for _ in range(n)], [[] for _ in range(n)]
    with tqdm(total=episodes, unit="game", disable=not progress) as bar:
        while any(len(done) < wanted for done, wanted in zip(scores, share)):
            if give_up():
                games.close()
                return None
            games.step(policy(games.states))
            for i, score, length in games.finished:
                if len(scores[i]) < share[i]:
                    scores[i].append(score)
                    frames[i].append(length)
                    bar.set_postfix(mean=f"{np.mean(sum(scores, [])):.1f}", refresh=False)
                    bar.update()
    games.close()
    return Evaluation.of(sum(scores, []), seed, sum(frames, []))


def random_player(n_actions, seed=FRESH_SEED):
    """The random player of ``evaluate_atari``: states (N, ...) -> actions (N,), each of them with the same chance."""
    rng = np.random.default_rng(seed)
    return lambda states: rng.integers(n_actions, size=len(states))


def play_at_random(ale, rng, action_repeat=RANDOM_REPEAT, max_frames=18_000, noop_max=30, actions=None):
    """One game of the paper's random player, on the emulator itself (``make_emulator``): its score and its frames.

    1 to ``noop_max`` frames without action, then a random action every ``action_repeat`` frames, held in between: at 6,
    ten a second, about as fast as a person can press FIRE. Over with the game, or after ``max_frames``. ``actions``: to
    choose from, by default the smallest set that does everything in this game.
    Source: Mnih et al. 2015, Methods, "Evaluation procedure".
    """
    actions = ale.getMinimalActionSet() if actions is None else actions
    ale.reset_game()
    n_noops = rng.integers(1, noop_max + 1) if noop_max else 0
    score, frames, action = 0.0, 0, Action.NOOP
    while frames < max_frames and not ale.game_over():
        if frames >= n_noops and (frames - n_noops) % action_repeat == 0:
            action = actions[rng.integers(len(actions))]
        score += ale.act(action)
        frames += 1
    return score, frames


def average_max_q(network, states, batch_size=100):
    """The mean over ``states`` (n, 4, 84, 84) uint8 of the largest Q-value: what the network expects from here on.

    Followed on the same held-out states through a training, it shows learning with less noise than scores do.
    Source: Mnih et al. 2015, Figure 2.
    """
    return float(max_q(network, states, batch_size).mean())


def max_q(network, states, batch_size=100):
    """The largest Q-value of each of ``states`` (n, 4, 84, 84) uint8: a float32 tensor (n,) on the CPU."""
    device = next(network.parameters()).device
    with torch.no_grad():
        return torch.cat([network(part.to(device)).amax(dim=1).float().cpu() for part in states.split(batch_size)])


# --- what was measured, and ships with the course


@cache
def random_baseline(way="emulator", hz=10):
    """The random player on the 49 games, 30 games each: from the printed name of a game to its ``Evaluation``.

    ``way``: "emulator" (``play_at_random``) or "pipeline" (``evaluate_atari``). ``hz``: actions a second, 10 or 60; the
    pipeline was run at 10 only. The frames of the single games are not kept. Made by ``benchmarks/random_baseline.py``.
    """
    return {
        row["game"]: Evaluation.of([float(score) for score in row["scores"].split()], int(row["seed"]))
        for row in paper.rows("random_baseline.csv")
        if (row["way"], int(row["hz"])) == (way, hz)
    }


@cache
def pong_run():
    """The training whose network ships with the course, as arrays (n, 3) by name; by ``benchmarks/pong_run.py``.

    - ``evaluations``: agent steps, mean score of the evaluation, its standard deviation (population, 5 games)
    - ``learning``: agent steps, average max Q on the held-out states, loss of a transition
    - ``games``: agent steps at its end, score, frames; every game of the training
    - ``shipped``: agent steps of the network that ships, score, number of the game; 30 games by the paper's protocol
    """
    tables = {"evaluations": [], "learning": [], "games": [], "shipped": []}
    for row in paper.rows("pong_run.csv"):
        tables[row["table"]].append([float(row[name]) for name in ("agent_steps", "value", "other")])
    return {name: np.array(rows).reshape(-1, 3) for name, rows in tables.items()}
