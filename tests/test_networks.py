"""The Q-network: its size, its output, and its fast twin in NumPy."""

import numpy as np
import pytest
import torch

from dqn_course.networks import NatureQNetwork, QNetwork


def states(n=64, size=8, seed=0):
    return torch.randn(n, size, generator=torch.Generator().manual_seed(seed))


def test_the_lander_network_has_4996_parameters():
    assert sum(parameter.numel() for parameter in QNetwork(8, 4).parameters()) == 4996
    assert 4996 == (8 * 64 + 64) + (64 * 64 + 64) + (64 * 4 + 4)


@pytest.mark.parametrize("state_size, action_size, fc1, fc2", [(8, 4, 64, 64), (3, 2, 120, 84), (1, 6, 5, 7)])
def test_a_batch_of_states_gives_one_value_per_action(state_size, action_size, fc1, fc2):
    network = QNetwork(state_size, action_size, 0, fc1, fc2)
    q_values = network(states(5, state_size))
    assert q_values.shape == (5, action_size)
    assert q_values.dtype == torch.float32
    assert network.fc1.weight.shape == (fc1, state_size)
    assert network.fc2.weight.shape == (fc2, fc1)


def test_forward_is_two_relu_layers_and_a_linear_one():
    network = QNetwork(8, 4, seed=1)
    w1, b1, w2, b2, w3, b3 = (parameter.detach().double().numpy() for parameter in network.parameters())
    hidden = states().double().numpy() @ w1.T + b1
    hidden = np.where(hidden > 0, hidden, 0) @ w2.T + b2
    expected = np.where(hidden > 0, hidden, 0) @ w3.T + b3
    np.testing.assert_allclose(network(states()).detach().numpy(), expected, atol=1e-6)


def test_the_output_is_linear_so_values_may_be_negative_large_and_need_not_add_up():
    network = QNetwork(8, 4)
    with torch.no_grad():
        before = network(states())
        network.fc3.weight.mul_(-1000)
        network.fc3.bias.mul_(-1000)
        after = network(states())
    torch.testing.assert_close(after, -1000 * before, rtol=1e-4, atol=1e-2)


def test_the_same_seed_gives_the_same_weights_and_another_seed_others():
    weights = [torch.nn.utils.parameters_to_vector(QNetwork(8, 4, seed).parameters()) for seed in (7, 7, 8)]
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])


def test_the_forward_pass_in_numpy_equals_the_one_in_torch():
    network = QNetwork(8, 4, seed=3)
    forward = network.numpy_forward()
    q_values = np.stack([forward(state) for state in states(200).numpy()])
    assert q_values.dtype == np.float32
    np.testing.assert_allclose(q_values, network(states(200)).detach().numpy(), atol=1e-5)


def test_the_forward_pass_in_numpy_sees_later_updates_and_loaded_weights():
    network, state = QNetwork(8, 4, seed=3), states(1)
    forward = network.numpy_forward()
    first = forward(state[0].numpy())
    optimizer = torch.optim.Adam(network.parameters(), lr=0.01)
    network(states()).square().mean().backward()
    optimizer.step()
    updated = forward(state[0].numpy())
    np.testing.assert_allclose(updated, network(state)[0].detach().numpy(), atol=1e-5)
    assert np.abs(updated - first).max() > 1e-3
    other = QNetwork(8, 4, seed=9)
    network.load_state_dict(other.state_dict())
    np.testing.assert_allclose(forward(state[0].numpy()), other(state)[0].detach().numpy(), atol=1e-5)


@pytest.mark.parametrize(("batch", "state_size", "action_size"), [(64, 8, 4), (1, 3, 2), (7, 5, 1)])
def test_backpropagate_gives_the_gradients_of_autograd(batch, state_size, action_size):
    generator = torch.Generator().manual_seed(batch)
    network = QNetwork(state_size, action_size, seed=2, fc1_units=6, fc2_units=9)
    states = torch.randn(batch, state_size, generator=generator)
    actions = torch.randint(action_size, (batch, 1), generator=generator)
    targets = torch.randn(batch, 1, generator=generator)
    torch.nn.functional.mse_loss(network(states).gather(1, actions), targets).backward()
    expected = [parameter.grad.clone() for parameter in network.parameters()]
    assert any(gradient.abs().max() > 0.01 for gradient in expected)
    network.backpropagate(states, actions, targets)  # replaces what is in .grad, adds nothing to it
    for parameter, gradient in zip(network.parameters(), expected, strict=True):
        torch.testing.assert_close(parameter.grad, gradient, rtol=1e-5, atol=1e-7)


# --- the network of the paper


def frames(n, seed=0, history=4):
    return torch.randint(256, (n, history, 84, 84), generator=torch.Generator().manual_seed(seed)).byte()


@pytest.mark.parametrize("n_actions", [3, 6, 18])
def test_the_nature_network_has_1684128_parameters_and_513_for_each_action(n_actions):
    network = NatureQNetwork(n_actions)
    assert sum(parameter.numel() for parameter in network.parameters()) == 1_684_128 + 513 * n_actions
    layers = (4 * 64 * 32 + 32, 32 * 16 * 64 + 64, 64 * 9 * 64 + 64, 3136 * 512 + 512)
    assert sum(layers) == 1_684_128


def slow_convolution(x, weight, bias, stride):
    """x (channels, rows, columns), weight (filters, channels, k, k): one output pixel after the other, float64."""
    filters, _, k, _ = weight.shape
    side = (x.shape[1] - k) // stride + 1
    out = np.empty((filters, side, side))
    for i in range(side):
        for j in range(side):
            patch = x[:, i * stride : i * stride + k, j * stride : j * stride + k]
            out[:, i, j] = (weight * patch).sum(axis=(1, 2, 3)) + bias
    return out


@pytest.mark.parametrize("channels_last", [False, True])
def test_the_nature_network_is_that_of_the_paper_step_by_step(channels_last):
    network = NatureQNetwork(6, seed=3)
    weights = {name: tensor.double().numpy() for name, tensor in network.state_dict().items()}
    if channels_last:
        network.to(memory_format=torch.channels_last)
    pictures = frames(2)
    q_values, hidden = (f(pictures).detach().numpy() for f in (network, network.hidden_features))
    assert q_values.shape == (2, 6) and hidden.shape == (2, 512)
    for i in range(2):
        x = pictures[i].double().numpy() / 255
        for name, stride, side in (("conv1", 4, 20), ("conv2", 2, 9), ("conv3", 1, 7)):
            x = np.maximum(slow_convolution(x, weights[f"{name}.weight"], weights[f"{name}.bias"], stride), 0)
            assert x.shape[1:] == (side, side)
        x = np.maximum(weights["fc1.weight"] @ x.flatten() + weights["fc1.bias"], 0)
        np.testing.assert_allclose(hidden[i], x, atol=2e-5)
        np.testing.assert_allclose(q_values[i], weights["fc2.weight"] @ x + weights["fc2.bias"], atol=2e-5)


def test_the_nature_network_starts_as_the_released_code_does():
    network = NatureQNetwork(6, seed=0)
    for layer in (network.conv1, network.conv2, network.conv3, network.fc1, network.fc2):
        bound = layer.weight[0].numel() ** -0.5  # 1 / sqrt(inputs of a unit), for weights and biases
        for tensor in (layer.weight, layer.bias):
            assert tensor.abs().max() <= bound
        assert layer.weight.abs().max() > 0.95 * bound
        assert layer.weight.std().item() == pytest.approx(bound / 3**0.5, rel=0.05)  # uniform


def test_the_same_seed_gives_the_same_nature_network_and_the_gradient_reaches_every_layer():
    one, same, other = (NatureQNetwork(4, seed=seed) for seed in (1, 1, 2))
    assert torch.equal(one.conv1.weight, same.conv1.weight) and not torch.equal(one.conv1.weight, other.conv1.weight)
    one(frames(3)).square().sum().backward()
    assert all(parameter.grad.abs().max() > 0 for parameter in one.parameters())
    assert NatureQNetwork(4, history=2)(frames(1, history=2)).shape == (1, 4)
