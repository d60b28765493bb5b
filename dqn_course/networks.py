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

    @torch.no_grad()
    def backpropagate(self, states, actions, targets):
        r"""Put the gradient of $\frac1B \sum_i (Q(s_i, a_i; \theta) - y_i)^2$ into the parameters' ``grad``.

        Shapes: states (B, state_size), actions (B, 1) int64, targets (B, 1). The same as ``mse_loss(...).backward()``
        after ``zero_grad()``, number for number, but without recording a graph first: for a network this small the
        recording costs more than the arithmetic. The chain rule, from the output back to the input:
        """
        (w1, b1), (w2, b2), (w3, b3) = ((layer.weight, layer.bias) for layer in (self.fc1, self.fc2, self.fc3))
        h1 = F.linear(states, w1, b1).relu_()  # (B, fc1_units)
        h2 = F.linear(h1, w2, b2).relu_()  # (B, fc2_units)
        q = F.linear(h2, w3, b3)  # (B, action_size)

        slope = (q.gather(1, actions) - targets) * (2 / len(q))  # (B, 1), d loss / d Q(s, a)
        d3 = torch.zeros_like(q).scatter_(1, actions, slope)  # (B, action_size): only the action that was taken
        d2 = (d3 @ w3).mul_(h2 > 0)  # (B, fc2_units): relu passes the slope on where it was open
        d1 = (d2 @ w2).mul_(h1 > 0)  # (B, fc1_units)
        w3.grad, b3.grad = d3.t() @ h2, d3.sum(0)
        w2.grad, b2.grad = d2.t() @ h1, d2.sum(0)
        w1.grad, b1.grad = d1.t() @ states, d1.sum(0)

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


class NatureQNetwork(nn.Module):
    r"""The network of the paper: four 84 x 84 frames in, one Q-value per action out, $Q(s, a; \theta)$ for all $a$.

    Three convolutions (32 filters 8x8 with stride 4, 64 of 4x4 with stride 2, 64 of 3x3 with stride 1), a hidden layer
    of 512 and a linear output, ReLU between them: 1,684,128 parameters and 513 for each action. The weights start as
    in PyTorch's layers, U(-b, b) with b = 1 / sqrt(inputs of the unit), which the released code uses too.
    Source: Mnih et al. 2015, Methods, "Model architecture".

    Parameters
    ----------
    n_actions: number of outputs.
    seed: seeds PyTorch before the weights are drawn; same seed, same weights.
    history: frames in a state.
    """

    def __init__(self, n_actions, seed=0, history=4):
        super().__init__()
        torch.manual_seed(seed)
        self.conv1 = nn.Conv2d(history, 32, kernel_size=8, stride=4)
        self.conv2 = nn.Conv2d(32, 64, kernel_size=4, stride=2)
        self.conv3 = nn.Conv2d(64, 64, kernel_size=3, stride=1)
        self.fc1 = nn.Linear(64 * 7 * 7, 512)
        self.fc2 = nn.Linear(512, n_actions)

    def forward(self, frames):
        """Q-values, shape (B, n_actions), float32, of uint8 frames (B, history, 84, 84), oldest first."""
        hidden = self.hidden_features(frames)  # (B, 512)
        with torch.autocast(hidden.device.type, enabled=False):  # bfloat16 near 1 goes in steps of 0.008: actions
            return self.fc2(hidden.float())  # (B, n_actions)  # that differ by less would look the same

    def hidden_features(self, frames):
        """The last hidden layer, shape (B, 512), of uint8 frames (B, history, 84, 84)."""
        x = as_input(frames, self.conv1.weight)  # (B, history, 84, 84), from 0 to 255
        scaled = self.conv1.weight / 255  # dividing 8,192 weights is the same as dividing every pixel, and cheaper
        x = F.relu(F.conv2d(x, scaled, self.conv1.bias, self.conv1.stride))  # (B, 32, 20, 20)
        x = F.relu(self.conv2(x))  # (B, 64, 9, 9)
        x = F.relu(self.conv3(x))  # (B, 64, 7, 7)
        return F.relu(self.fc1(x.flatten(1)))  # (B, 512)


def as_input(frames, weight):
    """uint8 ``frames`` as the numbers 0 to 255 that a convolution with ``weight`` can take: on its device, in its
    memory layout, in the arithmetic that is on. Until here frames are bytes, also on the way to a graphics card."""
    device = weight.device.type
    dtype = torch.get_autocast_dtype(device) if torch.is_autocast_enabled(device) else weight.dtype
    frames = frames.to(weight.device)
    if weight.is_contiguous(memory_format=torch.channels_last):
        frames = channels_last(frames)  # as bytes, which moves the least memory
    return frames.to(dtype)


def channels_last(frames):
    """``frames.contiguous(memory_format=torch.channels_last)`` for uint8 frames (B, m, 84, 84), on the CPU by OpenCV,
    which interleaves a few planes of bytes five times as fast as PyTorch does."""
    import cv2  # here, because the lander does without it

    if frames.device.type != "cpu" or not 2 <= frames.shape[1] <= 4:
        return frames.contiguous(memory_format=torch.channels_last)
    planes = frames.flatten(2).numpy()  # (B, m, 84 * 84)
    pixels = cv2.merge([planes[:, i] for i in range(frames.shape[1])])  # (B, 84 * 84, m)
    return torch.from_numpy(pixels).unflatten(1, frames.shape[2:]).permute(0, 3, 1, 2)
