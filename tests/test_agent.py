"""The reference agent against arithmetic written down a second time, in float64 and without autograd."""

import copy

import numpy as np
import pytest
import torch

from dqn_course.agent import Agent
from dqn_course.config import LanderConfig
from dqn_course.evaluation import greedy

SMALL = LanderConfig(fc1_units=5, fc2_units=4)


def batch_of(n=64, state_size=8, action_size=4, seed=0, terminated=None):
    rng = np.random.default_rng(seed)
    fields = (
        rng.normal(size=(n, state_size)).astype(np.float32),
        rng.integers(action_size, size=(n, 1)),
        rng.normal(size=(n, 1)).astype(np.float32) * 3,
        rng.normal(size=(n, state_size)).astype(np.float32),
        (rng.random((n, 1)) < 0.3 if terminated is None else np.full((n, 1), terminated)).astype(np.float32),
    )
    return tuple(map(torch.from_numpy, fields))


def vector(network):
    return torch.nn.utils.parameters_to_vector(network.parameters()).detach().double().numpy()


def q_values(theta, states, shapes):
    """The forward pass from a flat parameter vector, in float64."""
    arrays, start = [], 0
    for shape in shapes:
        arrays.append(theta[start : start + np.prod(shape)].reshape(shape))
        start += np.prod(shape)
    w1, b1, w2, b2, w3, b3 = arrays
    hidden = np.maximum(states @ w1.T + b1, 0)
    return np.maximum(hidden @ w2.T + b2, 0) @ w3.T + b3


def gradient_by_differences(theta, theta_minus, batch, gamma, shapes, h=1e-6):
    """The gradient of the mean squared TD error: the definition of a derivative, one parameter at a time."""
    states, actions, rewards, next_states, terminated = (field.double().numpy() for field in batch)
    actions, rows = actions.astype(int)[:, 0], np.arange(len(states))
    targets = np.empty(len(states))
    next_q = q_values(theta_minus, next_states, shapes)
    for row in rows:
        targets[row] = rewards[row, 0] if terminated[row, 0] else rewards[row, 0] + gamma * max(next_q[row])

    def loss(parameters):
        return np.mean((q_values(parameters, states, shapes)[rows, actions] - targets) ** 2)

    steps = h * np.eye(len(theta))
    return np.array([(loss(theta + step) - loss(theta - step)) / (2 * h) for step in steps])


def agents_of_two_minds(config=SMALL, state_size=3, action_size=2):
    """An agent whose target network is not its online one, as it is in the middle of training."""
    agent = Agent(state_size, action_size, seed=0, config=config)
    other = Agent(state_size, action_size, seed=1, config=config)
    agent.qnetwork_target.load_state_dict(other.qnetwork_local.state_dict())
    return agent, [tuple(parameter.shape) for parameter in agent.qnetwork_local.parameters()]


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_gradient_of_learn_is_that_of_the_squared_td_error(seed):
    agent, shapes = agents_of_two_minds()
    batch = batch_of(32, 3, 2, seed)
    expected = gradient_by_differences(vector(agent.qnetwork_local), vector(agent.qnetwork_target), batch, 0.9, shapes)
    agent.learn(batch, 0.9)
    got = torch.cat([parameter.grad.flatten() for parameter in agent.qnetwork_local.parameters()]).numpy()
    np.testing.assert_allclose(got, expected, atol=2e-5)
    assert np.abs(expected).max() > 0.1


def test_five_updates_are_five_steps_of_adam_and_five_small_steps_of_the_target():
    agent, shapes = agents_of_two_minds()
    theta, theta_minus = vector(agent.qnetwork_local), vector(agent.qnetwork_target)
    mean, square = np.zeros_like(theta), np.zeros_like(theta)
    for update in range(1, 6):
        batch = batch_of(32, 3, 2, seed=update)
        gradient = gradient_by_differences(theta, theta_minus, batch, 0.99, shapes)
        mean = 0.9 * mean + 0.1 * gradient
        square = 0.999 * square + 0.001 * gradient**2
        theta = theta - 5e-4 * (mean / (1 - 0.9**update)) / (np.sqrt(square / (1 - 0.999**update)) + 1e-8)
        theta_minus = 1e-3 * theta + (1 - 1e-3) * theta_minus
        agent.learn(batch, 0.99)
    np.testing.assert_allclose(vector(agent.qnetwork_local), theta, atol=1e-6)
    np.testing.assert_allclose(vector(agent.qnetwork_target), theta_minus, atol=1e-7)


def test_the_next_state_of_a_terminal_transition_has_no_influence():
    one, two = agents_of_two_minds()[0], agents_of_two_minds()[0]
    states, actions, rewards, next_states, terminated = batch_of(32, 3, 2, terminated=1.0)
    one.learn((states, actions, rewards, next_states, terminated), 0.99)
    two.learn((states, actions, rewards, 100 * next_states, terminated), 0.99)
    np.testing.assert_array_equal(vector(one.qnetwork_local), vector(two.qnetwork_local))


def test_learn_does_not_change_the_batch_and_leaves_no_gradient_in_the_target_network():
    agent, _ = agents_of_two_minds()
    batch = batch_of(32, 3, 2)
    before = [field.clone() for field in batch]
    agent.learn(batch, 0.99)
    assert all(map(torch.equal, batch, before))
    assert all(parameter.grad is None for parameter in agent.qnetwork_target.parameters())


@pytest.mark.parametrize("tau", [0.0, 0.25, 0.5, 1.0])
def test_soft_update_mixes_exactly(tau):
    agent = Agent(8, 4)
    with torch.no_grad():
        for local, target in zip(agent.qnetwork_local.parameters(), agent.qnetwork_target.parameters(), strict=True):
            local.fill_(8.0)
            target.fill_(-4.0)
    agent.soft_update(agent.qnetwork_local, agent.qnetwork_target, tau)
    assert set(vector(agent.qnetwork_target)) == {8 * tau - 4 * (1 - tau)}
    assert set(vector(agent.qnetwork_local)) == {8.0}


def test_a_new_agent_has_two_equal_networks_that_are_two_objects():
    agent = Agent(8, 4, seed=5)
    np.testing.assert_array_equal(vector(agent.qnetwork_local), vector(agent.qnetwork_target))
    with torch.no_grad():
        agent.qnetwork_local.fc1.weight.add_(1.0)
    assert not np.array_equal(vector(agent.qnetwork_local), vector(agent.qnetwork_target))


def test_without_epsilon_the_action_is_the_one_with_the_largest_q_value():
    agent = Agent(8, 4, seed=2)
    policy = greedy(agent.qnetwork_local)
    states = np.random.default_rng(0).normal(size=(300, 8)).astype(np.float32)
    actions = [agent.act(state) for state in states]
    assert actions == [policy(state) for state in states]
    assert len(set(actions)) > 1 and all(type(action) is int for action in actions)


def test_with_epsilon_one_every_action_is_equally_likely():
    agent = Agent(8, 4, seed=2)
    counts = np.bincount([agent.act(np.zeros(8, np.float32), eps=1.0) for _ in range(8000)], minlength=4)
    assert ((counts - 2000) ** 2 / 2000).sum() < 21.1  # 3 degrees of freedom, one in ten thousand


def test_with_epsilon_between_the_greedy_action_is_taken_as_often_as_it_should():
    agent, state = Agent(8, 4, seed=2), np.ones(8, np.float32)
    best = agent.act(state)
    share = np.mean([agent.act(state, eps=0.3) == best for _ in range(8000)])
    assert abs(share - (0.7 + 0.3 / 4)) < 4 * np.sqrt(0.775 * 0.225 / 8000)


def test_it_learns_after_every_fourth_step_once_a_batch_is_stored():
    learned_at = []

    class Counting(Agent):
        def learn(self, experiences, gamma):
            learned_at.append(len(self.memory))
            assert len(experiences[0]) == 64 and gamma == 0.99

    agent = Counting(8, 4)
    for _ in range(100):
        agent.step(np.zeros(8), 0, 0.0, np.zeros(8), False)
    assert learned_at == list(range(64, 101, 4))


def test_step_stores_the_transition_as_it_was():
    agent = Agent(2, 4, config=LanderConfig(batch_size=1, update_every=1000))
    agent.step(np.array([1.0, 2.0]), 3, -0.5, np.array([4.0, 5.0]), True)
    assert [field.tolist() for field in agent.memory.sample()] == [[[1, 2]], [[3]], [[-0.5]], [[4, 5]], [[1]]]


def test_all_numbers_come_from_the_config():
    config = LanderConfig(
        buffer_size=77, batch_size=7, gamma=0.5, tau=0.1, learning_rate=0.02, update_every=3, fc1_units=6, fc2_units=9
    )
    agent = Agent(8, 4, config=config)
    assert (agent.memory.buffer_size, agent.memory.batch_size) == (77, 7)
    assert agent.optimizer.param_groups[0]["lr"] == 0.02
    assert (agent.qnetwork_target.fc1.out_features, agent.qnetwork_target.fc2.out_features) == (6, 9)
    moved = []
    agent.soft_update = lambda local, target, tau: moved.append(tau)
    agent.learn = lambda experiences, gamma: (moved.append(gamma), Agent.learn(agent, experiences, gamma))
    for _ in range(9):
        agent.step(np.zeros(8), 0, 0.0, np.zeros(8), False)
    assert moved == [0.5, 0.1]


def test_the_same_seed_makes_the_same_agent():
    def life(seed):
        agent, rng = Agent(8, 4, seed), np.random.default_rng(0)
        actions = []
        for _ in range(200):
            state = rng.normal(size=8).astype(np.float32)
            actions.append(agent.act(state, eps=0.5))
            agent.step(state, actions[-1], state[0], state + 1, False)
        return actions, vector(agent.qnetwork_local).tolist()

    assert life(4) == life(4)
    assert life(4)[0] != life(5)[0]


def test_a_copied_agent_acts_with_its_own_network():
    agent = Agent(8, 4, seed=0)
    best = copy.deepcopy(agent)
    states = np.random.default_rng(0).normal(size=(100, 8)).astype(np.float32)
    before = [best.act(state) for state in states]
    with torch.no_grad():
        agent.qnetwork_local.fc3.weight.mul_(-1)
    assert [best.act(state) for state in states] == before
    assert [agent.act(state) for state in states] != before
    with torch.no_grad():
        best.qnetwork_local.fc3.weight.mul_(-1)
    assert [best.act(state) for state in states] == [agent.act(state) for state in states]
