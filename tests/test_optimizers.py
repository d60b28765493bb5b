"""Adam's short way is Adam, and the lesson's four steps are those of PyTorch."""

import copy

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from dqn_course.networks import QNetwork
from dqn_course.optimizers import adam_step, momentum_step, rmsprop_step, rprop_step, sgd_step


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


def torch_path(optimizer_class, gradients, **settings):
    """The weights after each step of a PyTorch optimizer that starts at 0, shape of ``gradients``."""
    weight = torch.zeros(gradients.shape[1:], dtype=torch.float64, requires_grad=True)
    optimizer, path = optimizer_class([weight], **settings), []
    for gradient in gradients:
        weight.grad = torch.tensor(gradient)
        optimizer.step()
        path.append(weight.detach().numpy().copy())
    return np.array(path)


def our_path(step, gradients, state):
    """The same with one of our steps, ``step(w, state, gradient, previous_gradient)`` -> (w, state)."""
    w, previous, path = np.zeros(gradients.shape[1:]), np.zeros(gradients.shape[1:]), []
    for gradient in gradients:
        w, state = step(w, state, gradient, previous)
        previous = gradient
        path.append(w)
    return np.array(path)


GRADIENTS = np.random.default_rng(3).normal(size=(40, 3, 2))


def test_sgd_step_is_torchs_sgd():
    ours = our_path(lambda w, state, g, _: (sgd_step(w, g, lr=0.1), state), GRADIENTS, None)
    np.testing.assert_allclose(ours, torch_path(torch.optim.SGD, GRADIENTS, lr=0.1))


@pytest.mark.parametrize("beta", [0.0, 0.5, 0.9])
def test_momentum_step_is_torchs_sgd_with_momentum(beta):
    ours = our_path(lambda w, v, g, _: momentum_step(w, v, g, 0.1, beta), GRADIENTS, np.zeros((3, 2)))
    np.testing.assert_allclose(ours, torch_path(torch.optim.SGD, GRADIENTS, lr=0.1, momentum=beta))


@pytest.mark.parametrize("decay", [0.9, 0.99])
def test_rmsprop_step_is_torchs_rmsprop(decay):
    ours = our_path(lambda w, ms, g, _: rmsprop_step(w, ms, g, 0.01, decay), GRADIENTS, np.zeros((3, 2)))
    np.testing.assert_allclose(ours, torch_path(torch.optim.RMSprop, GRADIENTS, lr=0.01, alpha=decay, eps=1e-8))


def test_rmsprop_step_survives_a_gradient_of_zero():
    w, mean_square = rmsprop_step(np.array([1.0]), np.zeros(1), np.zeros(1), lr=0.01)
    assert w == [1.0] and mean_square == [0.0]


def test_rprop_step_is_torchs_rprop_while_no_sign_changes():
    """Sixty steps, so that the upper limit of 50 is reached; PyTorch skips one step after a change of sign."""
    gradients = np.abs(np.random.default_rng(4).normal(size=(60, 3, 2))) * np.array([1.0, -1.0])
    ours = our_path(rprop_step, gradients, np.full((3, 2), 0.01))
    np.testing.assert_allclose(ours, torch_path(torch.optim.Rprop, gradients, lr=0.01))
    assert np.abs(ours[-1] - ours[-2]).max() == pytest.approx(50)


def test_rprop_step_halves_where_signs_differ_keeps_where_one_is_zero_and_stops_at_the_lower_limit():
    w, step = np.zeros(5), np.array([0.4, 0.4, 0.4, 0.4, 1.5e-6])
    gradient, previous = np.array([2.0, -2.0, 0.0, 2.0, -3.0]), np.array([-0.1, 0.1, 5.0, 0.0, 1.0])
    w, step = rprop_step(w, step, gradient, previous)
    np.testing.assert_allclose(step, [0.2, 0.2, 0.4, 0.4, 1e-6])
    np.testing.assert_allclose(w, [-0.2, 0.2, 0.0, -0.4, 1e-6])


def test_the_steps_return_new_arrays():
    w, state, gradient = np.ones((2, 2)), np.full((2, 2), 0.1), np.full((2, 2), 3.0)
    for step in (
        lambda: sgd_step(w, gradient, 0.1), lambda: momentum_step(w, state, gradient, 0.1, 0.9),
        lambda: rprop_step(w, state, gradient, gradient), lambda: rmsprop_step(w, state, gradient, 0.1),
    ):  # fmt: skip
        step()
        assert (w == 1).all() and (state == 0.1).all() and (gradient == 3).all()
