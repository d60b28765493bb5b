"""What a network makes of the states that it meets: recorded play, its last hidden layer, a map of it, neighbours."""

import contextlib
import io
import re
from dataclasses import dataclass

import numpy as np
import torch
from tqdm.auto import tqdm

from dqn_course.atari_games import AtariGames
from dqn_course.environments import make_atari

FIVE_MINUTES = 18_000
"""Frames after which a game is cut, as in the paper's evaluation."""


@dataclass(frozen=True)
class Recording:
    """States that a policy met in N games side by side, and everything that was won and lost in T agent steps.

    states: (n, 4, 84, 84) uint8, every few agent steps one of each game. steps, games: (n,), when and in which game
    each was seen. rewards: (T, N), clipped to -1 … 1 as in training. ends: (T, N) bool, True where a life or the game
    ended with this step, so that nothing after it belongs to the same return.
    """

    states: np.ndarray
    steps: np.ndarray
    games: np.ndarray
    rewards: np.ndarray
    ends: np.ndarray

    def __len__(self):
        return len(self.states)


def record(policy, game, n_states, *, n_games=8, every=4, seed=0, progress=False):
    """Play by the paper's protocol and keep ``n_states`` states (rounded down to a multiple of ``n_games``).

    policy: a function from states (N, 4, 84, 84) uint8 to actions (N,). every: agent steps from one kept state of a
    game to its next; neighbours in time are nearly the same. Games start with up to 30 frames without action, keep all
    their lives, are cut after five minutes and begin anew.
    """
    games = AtariGames(game, n_games, seed, max_frames=FIVE_MINUTES, life_loss_ends_episode=False)
    n_steps = n_states // n_games * every
    states, rewards, ends = [], np.zeros((n_steps, n_games), np.float32), np.zeros((n_steps, n_games), bool)
    for t in tqdm(range(n_steps), unit="step", disable=not progress):
        if t % every == 0:
            states.append(games.states.copy())
        lives = games.lives
        points, terminated, truncated = games.step(policy(games.states))
        rewards[t] = points.clip(-1, 1)
        ends[t] = terminated | truncated | (games.lives < lives)
    games.close()
    steps = np.arange(0, n_steps, every).repeat(n_games)
    return Recording(np.concatenate(states), steps, np.tile(np.arange(n_games), len(states)), rewards, ends)


def hidden_features(network, states, batch_size=128):
    """The last hidden layer, after its ReLU, for each of ``states`` (n, 4, 84, 84) uint8: (n, 512) float32, NumPy.

    These are the numbers from which the last, linear layer makes the Q-values. Source: Mnih et al. 2015, Figure 4.
    """
    device = next(network.parameters()).device
    with torch.no_grad():
        parts = [network.hidden_features(part.to(device)) for part in torch.as_tensor(states).split(batch_size)]
    return torch.cat(parts).float().cpu().numpy()


def q_values(network, features):
    """What the last layer makes of hidden features (n, 512): Q-values (n, n_actions), NumPy."""
    with torch.no_grad():
        return network.fc2(torch.as_tensor(features).to(network.fc2.weight.device)).cpu().numpy()


def values_and_advantages(q):
    """V(s) = max_a Q(s, a), shape (n,), and A(s, a) = Q(s, a) - V(s), shape (n, n_actions), of Q-values ``q``."""
    values = q.max(axis=1)
    return values, q - values[:, None]


def returns_to_go(rewards, ends, gamma):
    """The return that followed each step of one game, (T,): G_t = r_t + gamma G_{t+1}, and r_t alone where it ended.

    rewards: (T,). ends: (T,) bool. Nothing is known of what comes after the last step; it counts as 0.
    """
    returns, following = np.zeros(len(rewards)), 0.0
    for t in reversed(range(len(rewards))):
        following = rewards[t] + gamma * following * (not ends[t])
        returns[t] = following
    return returns


def nearest_states(features, query, k):
    """The ``k`` states whose ``features`` (n, d) are nearest to those of ``query``, nearest first, without itself.

    Returns their numbers, (k,). Distance is the root of the sum of squared differences.
    """
    distances = ((features - features[query]) ** 2).sum(axis=1)
    distances[query] = np.inf
    return distances.argsort(kind="stable")[:k]


def correlations(forecast, came, group=None):
    """The correlation of ``forecast`` (n,) with what ``came`` (n,); with ``group`` (n,) that of each group.

    Between -1 and 1; 0 where one of them is the same everywhere.
    """
    forecast, came = np.asarray(forecast, float), np.asarray(came, float)
    if group is not None:
        return np.array([correlations(forecast[group == one], came[group == one]) for one in np.unique(group)])
    a, b = forecast - forecast.mean(), came - came.mean()
    size = np.sqrt((a**2).sum() * (b**2).sum())
    return float((a * b).sum() / size) if size > 0 else 0.0


def unlike_pairs(pictures, values, pairs, tolerance, k):
    """Of ``pairs`` (m, 2) of states those worth the same that look least alike: at most ``k`` rows, least alike first.

    pictures: (n, height, width) uint8. values: (n,). Worth the same: the values differ by at most ``tolerance``. How
    unlike two pictures are is the mean of the absolute differences of their pixels.
    """
    first, second = pairs[:, 0], pairs[:, 1]
    pairs = pairs[np.abs(values[first] - values[second]) <= tolerance]
    pixels = pictures.astype(np.float32)
    unlike = np.array([np.abs(pixels[i] - pixels[j]).mean() for i, j in pairs])
    return pairs[np.argsort(-unlike, kind="stable")[:k]]


def tsne(features, perplexity=30.0, seed=0, n_steps=750, progress=False):
    """A map of ``features`` (n, d): places (n, 2) float32, where near neighbours stay near neighbours.

    scikit-learn's t-SNE (Barnes-Hut) on the 50 directions in which the features vary most, as is usual; the paper
    says "t-SNE" and no more. perplexity: about how many neighbours each point minds. n_steps: of gradient descent.
    The same features give the same map. Source: van der Maaten and Hinton 2008.
    """
    from sklearn.decomposition import PCA  # here: it takes a second to import
    from sklearn.manifold import TSNE

    features = np.asarray(features, np.float32)
    n, d = features.shape
    if n > 50 and d > 50:
        features = PCA(50, svd_solver="covariance_eigh").fit_transform(features)
    model = TSNE(
        perplexity=min(perplexity, (n - 1) / 3), init="pca", random_state=seed, max_iter=n_steps, verbose=2 * progress
    )
    with tqdm(total=n_steps, unit="step", disable=not progress) as bar:
        said = _Progress(bar)
        with contextlib.redirect_stdout(said):
            places = model.fit_transform(features)
        said.reached(n_steps)
    return places.astype(np.float32)


class _Progress(io.TextIOBase):
    """Takes what scikit-learn prints ("[t-SNE] Iteration 50: …", every 50 steps), and moves a bar by it."""

    def __init__(self, bar):
        self.bar = bar

    def write(self, text):
        if match := re.search(r"Iteration (\d+)", text):
            self.reached(int(match[1]))
        return len(text)

    def reached(self, step):
        """Move the bar to ``step``."""
        self.bar.update(max(0, step - self.bar.n))


@dataclass(frozen=True)
class Clip:
    """One game as it was played: screens (T, 210, 160, 3) uint8, states (T, 4, 84, 84) uint8, both as seen before the
    action; actions (T,); rewards (T,), not clipped; action_names."""

    screens: np.ndarray
    states: np.ndarray
    actions: np.ndarray
    rewards: np.ndarray
    action_names: tuple


def play_clip(policy, game, n_steps, seed=0):
    """Play one game for ``n_steps`` agent steps at most, as in an evaluation; return a ``Clip``.

    policy: a function from states (N, 4, 84, 84) uint8 to actions (N,).
    """
    env = make_atari(game, clip_rewards=False, life_loss_ends_episode=False, max_frames=FIVE_MINUTES)
    state, _ = env.reset(seed=seed)
    screens, states, actions, rewards = [], [], [], []
    for _ in range(n_steps):
        screens.append(env.render())
        states.append(state)
        actions.append(int(policy(state[None])[0]))
        state, reward, terminated, truncated, _ = env.step(actions[-1])
        rewards.append(reward)
        if terminated or truncated:
            break
    names = tuple(action.name for action in env.actions)
    return Clip(np.array(screens), np.array(states), np.array(actions), np.array(rewards, np.float32), names)
