"""Networks that map a state to one Q-value per action."""

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn


class QNetwork(nn.Module):
    """Two hidden layers with ReLU, then one linear output per action: $Q(s, a; \\theta)$ for all $a$ at once.

    Parameters
    ----------
    state_size, action_size: numbers of inputs and outputs (8 and 4 for the lander).
    seed: seeds PyTorch before the weights are drawn; same seed, same weights.
    fc1_units, fc2_units: sizes of the hidden layers. 64 and 64 make 4,996 parameters for the lander.
    """

    def __init__(self, state_size, action_size, seed=0, fc1_units=64, fc2_units=64):
        super().__init__()
        torch.manual_seed(seed)
        self.fc1 = nn.Linear(state_size, fc1_units)
        self.fc2 = nn.Linear(fc1_units, fc2_units)
        self.fc3 = nn.Linear(fc2_units, action_size)

    def forward(self, state):
        """Q-values, shape (B, action_size), of float32 states (B, state_size). No softmax: returns, not chances."""
        hidden = F.relu(self.fc1(state))  # (B, fc1_units)
        hidden = F.relu(self.fc2(hidden))  # (B, fc2_units)
        return self.fc3(hidden)  # (B, action_size)

    def numpy_forward(self):
        """The same forward pass in NumPy for one state: ``q = f(state)``, shapes (state_size,) -> (action_size,).

        The arrays share memory with the parameters, so later updates are seen. For one state at a time this is
        about ten times faster than PyTorch, whose cost is then all bookkeeping. CPU only.
        """
        (w1, b1), (w2, b2), (w3, b3) = (
            (layer.weight.detach().numpy(), layer.bias.detach().numpy()) for layer in (self.fc1, self.fc2, self.fc3)
        )

        def forward(state):
            hidden = np.maximum(w1 @ state + b1, 0.0)
            hidden = np.maximum(w2 @ hidden + b2, 0.0)
            return w3 @ hidden + b3

        return forward
