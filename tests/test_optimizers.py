"""Adam's short way is Adam."""

import copy

import torch
import torch.nn.functional as F

from dqn_course.networks import QNetwork
from dqn_course.optimizers import adam_step


def trained_pair(steps):
    """Two equal networks after ``steps`` updates with the same gradients: ``optimizer.step()`` and ``adam_step``."""
    networks = [QNetwork(3, 2, seed=1), QNetwork(3, 2, seed=1)]
    optimizers = [torch.optim.Adam(network.parameters(), lr=0.01, fused=True) for network in networks]
    generator = torch.Generator().manual_seed(5)
    for _ in range(steps):
        states, targets = torch.randn(16, 3, generator=generator), torch.randn(16, 2, generator=generator)
        for network, optimizer, step in zip(networks, optimizers, (torch.optim.Adam.step, adam_step), strict=True):
            optimizer.zero_grad()
            F.mse_loss(network(states), targets).backward()
            step(optimizer)
    return networks, optimizers


def vector(network):
    return torch.nn.utils.parameters_to_vector(network.parameters())


def test_adam_step_moves_the_weights_as_adam_does_bit_for_bit():
    networks, _ = trained_pair(steps=20)
    assert torch.equal(vector(networks[0]), vector(networks[1]))
    assert not torch.equal(vector(networks[0]), vector(QNetwork(3, 2, seed=1)))


def test_adam_step_keeps_the_optimizers_own_state_so_that_it_can_be_saved_and_loaded():
    networks, optimizers = trained_pair(steps=5)
    saved = [copy.deepcopy(optimizer.state_dict()) for optimizer in optimizers]
    for parameter in range(6):
        for name in ("step", "exp_avg", "exp_avg_sq"):
            assert torch.equal(saved[0]["state"][parameter][name], saved[1]["state"][parameter][name])
    optimizers[1].load_state_dict(saved[0])
    for network, optimizer, step in zip(networks, optimizers, (torch.optim.Adam.step, adam_step), strict=True):
        optimizer.zero_grad()
        F.mse_loss(network(torch.ones(4, 3)), torch.ones(4, 2)).backward()
        step(optimizer)
    assert torch.equal(vector(networks[0]), vector(networks[1]))
