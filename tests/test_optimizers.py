"""Adam's short way is Adam, the lesson's four steps are those of PyTorch, NatureRMSprop is that of the paper."""

import copy

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from dqn_course.networks import QNetwork
from dqn_course.optimizers import NatureRMSprop, adam_step, momentum_step, rmsprop_step, rprop_step, sgd_step


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


# --- RMSProp of the released code


def nature_by_hand(w, gradients, lr=0.00025, momentum=0.95, decay=0.95, eps=0.01):
    """NeuralQLearner.lua line by line, in float64: g, g2, tmp, deltas. Yields the weights after each step."""
    g, g2 = np.zeros_like(w), np.zeros_like(w)
    for dw in gradients:
        g = momentum * g + (1 - momentum) * dw
        tmp = dw * dw
        g2 = decay * g2 + (1 - decay) * tmp
        tmp = g * g
        tmp = tmp * -1
        tmp = tmp + g2
        tmp = tmp + eps
        tmp = np.sqrt(tmp)
        w = w - lr * dw / tmp
        yield w


@pytest.mark.parametrize("settings", [{}, {"lr": 0.01, "momentum": 0.9, "decay": 0.9, "eps": 1e-4}])
def test_nature_rmsprop_is_the_update_of_the_released_code(settings):
    rng = np.random.default_rng(7)
    gradients = rng.normal(size=(200, 30)) * 10.0 ** rng.integers(-4, 2, size=30)  # tiny and large ones
    start = rng.normal(size=30)
    parameter = torch.nn.Parameter(torch.tensor(start, dtype=torch.float64))
    optimizer = NatureRMSprop([parameter], **settings)
    for gradient, expected in zip(gradients, nature_by_hand(start, gradients, **settings), strict=True):
        parameter.grad = torch.tensor(gradient)
        optimizer.step()
        np.testing.assert_allclose(parameter.detach().numpy(), expected, rtol=1e-9, atol=1e-12)


def test_nature_rmsprop_in_float32_stays_with_the_float64_one():
    gradients = np.random.default_rng(8).normal(size=(500, 20)) * 3.0
    parameter = torch.nn.Parameter(torch.zeros(20))
    optimizer = NatureRMSprop([parameter])
    for gradient in gradients:
        parameter.grad = torch.tensor(gradient, dtype=torch.float32)
        optimizer.step()
    *_, expected = nature_by_hand(np.zeros(20), gradients)
    np.testing.assert_allclose(parameter.detach().numpy(), expected, rtol=1e-4, atol=1e-6)


def test_nature_rmsprop_survives_a_variance_that_rounding_takes_below_zero():
    parameter = torch.nn.Parameter(torch.zeros(1))
    optimizer = NatureRMSprop([parameter], eps=1e-8)
    for _ in range(2000):  # the same gradient for ever: n and m^2 are equal in the end
        parameter.grad = torch.full((1,), 1234.5)
        optimizer.step()
    assert torch.isfinite(parameter).all()


def test_nature_rmsprop_goes_on_from_its_state_dict():
    rng = np.random.default_rng(9)
    gradients = torch.tensor(rng.normal(size=(20, 2, 3, 4)), dtype=torch.float32)
    weights = [torch.nn.Parameter(torch.ones(3, 4)) for _ in range(2)]
    optimizer = NatureRMSprop(weights, lr=0.01)

    def step(optimizer, weights, gradient):
        for weight, its_gradient in zip(weights, gradient):
            weight.grad = its_gradient.clone()
        optimizer.step()

    for gradient in gradients[:10]:
        step(optimizer, weights, gradient)
    stored = copy.deepcopy(optimizer.state_dict())
    assert all(set(state) == {"m", "n"} for state in stored["state"].values())
    others = [torch.nn.Parameter(weight.detach().clone()) for weight in weights]
    fresh = NatureRMSprop(others, lr=0.5, momentum=0.1)  # the stored settings count
    fresh.load_state_dict(stored)
    for gradient in gradients[10:]:
        step(optimizer, weights, gradient)
        step(fresh, others, gradient)
    assert all(torch.equal(weight, other) for weight, other in zip(weights, others))
    assert not torch.equal(weights[0], weights[1])


def test_nature_rmsprop_leaves_a_weight_without_a_gradient_and_calls_a_closure():
    moved, still = torch.nn.Parameter(torch.ones(2)), torch.nn.Parameter(torch.ones(2))
    optimizer = NatureRMSprop([moved, still])

    def closure():
        loss = (moved**2).sum()
        loss.backward()
        return loss

    assert optimizer.step(closure).item() == 2.0
    assert (moved < 1).all() and (still == 1).all() and still not in optimizer.state


@pytest.mark.parametrize("wrong", [{"lr": 0.0}, {"eps": 0.0}, {"momentum": 1.0}, {"decay": -0.1}])
def test_nature_rmsprop_refuses_settings_that_mean_nothing(wrong):
    with pytest.raises(ValueError, match="must be"):
        NatureRMSprop([torch.nn.Parameter(torch.ones(1))], **wrong)
