"""The small parts of lesson 7: what makes learning unsteady, and what calms it."""

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn


def autocorrelation(x, lag):
    r"""How much ``x`` at one time says about ``x`` a while later, from 1 (all of it) over 0 (nothing) to -1.

    $\rho_k = \sum_{t} (x_t - \bar x)(x_{t+k} - \bar x) \,/\, \sum_t (x_t - \bar x)^2$, with the same mean and the same
    sum below for every lag k. x: numbers (n,), not all alike; lag: a whole number from 0 to n - 1, in the steps of x.
    """
    d = np.asarray(x, float) - np.mean(x)  # (n,)
    return float(np.sum(d[: len(d) - lag] * d[lag:]) / np.sum(d**2))


def hard_update(online_network, target_network):
    r"""Make the target network a copy of the online network: $\theta^- \leftarrow \theta$. They share no memory."""
    target_network.load_state_dict(online_network.state_dict())


def clipped_error(error):
    r"""Huber's loss of each TD error: $\frac12 \delta^2$ up to $|\delta| = 1$, then $|\delta| - \frac12$.

    Its slope is the error, clipped to -1...1. Any shape in, the same shape out.
    Source: Mnih et al. 2015, Methods, "Training algorithm for deep Q-networks".
    """
    size = error.abs()
    return torch.where(size <= 1, 0.5 * error**2, size - 0.5)


class ActionInNetwork(nn.Module):
    """State and action in, one value out: $Q(s, a; \\theta)$ for one action at a time.

    The inputs are the numbers of a state and then a one-hot vector of the action, shape (B, state_size + action_size);
    the output is (B, 1). ``passes`` counts the rows that have gone through. This is the way of the networks before the
    paper (Mnih et al. 2015, Methods, "Model architecture").
    """

    def __init__(self, state_size, action_size, seed=0, units=64):
        super().__init__()
        torch.manual_seed(seed)
        self.fc1 = nn.Linear(state_size + action_size, units)
        self.fc2 = nn.Linear(units, units)
        self.fc3 = nn.Linear(units, 1)
        self.passes = 0

    def forward(self, state_and_action):
        """Values (B, 1) of rows (B, state_size + action_size)."""
        self.passes += state_and_action[..., 0].numel()  # one row alone, without its B, is one pass
        hidden = F.relu(self.fc1(state_and_action))  # (B, units)
        hidden = F.relu(self.fc2(hidden))  # (B, units)
        return self.fc3(hidden)  # (B, 1)


def q_values_all_actions(network, state, n_actions):
    """The values (n_actions,) of all actions in one state, by a network that takes the action as an input.

    One forward pass for each action: the cost grows with their number. network: maps rows (B, state_size + n_actions),
    a state and a one-hot action, to (B, 1). state: float32 (state_size,).
    """
    actions = torch.eye(n_actions)  # (n_actions, n_actions), one one-hot vector a row
    with torch.no_grad():
        values = [network(torch.cat([state, action]).unsqueeze(0)) for action in actions]  # each (1, 1)
    return torch.cat(values).squeeze(1)
