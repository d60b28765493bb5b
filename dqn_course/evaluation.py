"""How good is a policy? Scores over whole episodes, on terrain it has not trained on."""

from dataclasses import asdict, dataclass, field

import numpy as np
import torch
from tqdm.auto import tqdm

FRESH_SEED = 1_000_003
"""Evaluation starts here by default, so its terrain is never that of a training run (seeds 0, 1, 2, ...)."""


@dataclass(frozen=True)
class Evaluation:
    """Scores of ``episodes`` whole episodes; ``mean``, ``std`` (population), ``min``, ``max`` in points of reward."""

    mean: float
    std: float
    min: float
    max: float
    episodes: int
    seed: int
    scores: list = field(repr=False)

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
    return Evaluation(
        mean=float(np.mean(scores)),
        std=float(np.std(scores)),
        min=float(np.min(scores)),
        max=float(np.max(scores)),
        episodes=episodes,
        seed=seed,
        scores=scores,
    )


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
