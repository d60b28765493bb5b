"""The solutions of lesson 12 agree with the package, and the extended agents do what their equations say."""

import copy

import mutants
import numpy as np
import pytest
import torch
from mutants import lesson_12

from dqn_course import extensions
from dqn_course.agent import Agent
from dqn_course.config import LanderConfig
from dqn_course.environments import delay_probe
from dqn_course.training import dqn

SEEDS = range(5)
SMALL = LanderConfig(buffer_size=500, batch_size=16, fc1_units=8, fc2_units=8)
GAMMA = SMALL.gamma


def solution(name):
    return mutants.function(mutants.cell(lesson_12.LESSON, name), name, lesson_12.EXERCISES[name].names)


def batch_of(n, seed, terminated=0.3):
    rng = np.random.default_rng(seed)
    fields = (
        rng.normal(size=(n, 8)).astype(np.float32),
        rng.integers(4, size=(n, 1)),
        rng.normal(size=(n, 1)).astype(np.float32),
        rng.normal(size=(n, 8)).astype(np.float32),
        (rng.random((n, 1)) < terminated).astype(np.float32),
    )
    return tuple(map(torch.from_numpy, fields))


def of_two_minds(kind, seed=0):
    """An agent whose target network is not its online one."""
    agent = kind(8, 4, seed, SMALL)
    with torch.no_grad():
        for parameter in agent.qnetwork_target.parameters():
            parameter.add_(0.3 * torch.randn(parameter.shape, generator=torch.Generator().manual_seed(seed)))
    return agent


# --- the solutions and the package


@pytest.mark.parametrize("seed", SEEDS)
def test_the_functions_of_the_solution_are_those_of_the_package(seed):
    rng = np.random.default_rng(seed)
    q = torch.from_numpy(rng.normal(size=(2, 9, 5)))
    r, d = torch.from_numpy(rng.normal(size=(9, 1))), torch.from_numpy((rng.random((9, 1)) < 0.3).astype(float))
    n = int(rng.integers(1, 7))
    rewards, ends = rng.normal(size=n), (rng.random(n) < 0.2).astype(float)
    errors, chances = rng.normal(0, 3, 20), rng.uniform(0.001, 0.1, 16)
    calls = {
        "double_dqn_targets": (r, *q, d, 0.9),
        "dueling_head": (q[0][:, :1], q[1]),
        "n_step_return": (rewards, ends, 7.0, 0.8),
        "priorities": (errors, 0.6, 0.01),
        "importance_weights": (chances, 300, 0.7),
    }
    for name, arguments in calls.items():
        np.testing.assert_allclose(solution(name)(*arguments), getattr(extensions, name)(*arguments), rtol=1e-12)


# --- double


@pytest.mark.parametrize("seed", SEEDS)
def test_the_targets_of_the_double_agent_are_those_of_the_definition_row_by_row(seed):
    agent = of_two_minds(extensions.DoubleAgent, seed)
    _, _, rewards, next_states, terminated = batch_of(40, seed)
    got = agent.td_targets(rewards, next_states, terminated, 0.9)
    plain = Agent.td_targets(agent, rewards, next_states, terminated, 0.9)
    with torch.no_grad():
        for row in range(40):
            online, target = (
                net(next_states[row : row + 1])[0] for net in (agent.qnetwork_local, agent.qnetwork_target)
            )
            value = 0.0 if terminated[row] else 0.9 * float(target[int(online.argmax())])
            assert float(got[row]) == pytest.approx(float(rewards[row]) + value, abs=1e-5)
    assert (got <= plain + 1e-6).all() and (got < plain - 1e-3).any()


# --- dueling


@pytest.mark.parametrize("seed", SEEDS)
def test_the_dueling_network_has_its_value_as_the_mean_of_its_q_values_and_a_fast_pass_that_agrees(seed):
    network = extensions.DuelingQNetwork(8, 4, seed)
    states = batch_of(30, seed)[0]
    with torch.no_grad():
        q = network(states)
        hidden = torch.relu(network.fc2(torch.relu(network.fc1(states))))
        np.testing.assert_allclose(q.mean(dim=1, keepdim=True), network.value(hidden[:, :32]), atol=1e-6)
    fast = network.numpy_forward()
    for state, row in zip(states.numpy(), q.numpy()):
        np.testing.assert_allclose(fast(state), row, atol=1e-6)


def test_the_dueling_network_is_no_larger_than_the_plain_one():
    assert sum(parameter.numel() for parameter in extensions.DuelingQNetwork(8, 4).parameters()) == 4901


# --- n steps


def feed(agent, rewards, ends, cut_after=()):
    """Give the agent transitions of numbered states; return them as (first state, action, reward, next state, end)."""
    number, stored = 0, []
    for step, (reward, end) in enumerate(zip(rewards, ends)):
        state, next_state = np.full(8, number, np.float32), np.full(8, number + 1, np.float32)
        stored.append((number, step % 4, reward, number + 1, end))
        agent.remember(state, step % 4, reward, next_state, end)
        number += 100 if end or step in cut_after else 1
    return stored


def contents(memory):
    fields = (memory.states[:, 0], memory.actions[:, 0], memory.rewards[:, 0], memory.next_states[:, 0])
    rows = zip(*(field[: len(memory)].tolist() for field in fields), memory.terminated[: len(memory), 0].astype(bool))
    return [(int(state), action, reward, int(next_state), bool(end)) for state, action, reward, next_state, end in rows]


@pytest.mark.parametrize("seed", SEEDS)
def test_the_memory_of_the_n_step_agent_holds_every_start_of_a_finished_episode_with_its_return(seed):
    rng = np.random.default_rng(seed)
    rewards, ends = rng.normal(size=60), rng.random(60) < 0.15
    ends[-1] = True
    agent = extensions.NStepAgent(8, 4, 0, SMALL)
    fed = feed(agent, rewards, ends)
    got = contents(agent.memory)
    assert len(got) == 60
    for i, (state, action, reward, next_state, end) in enumerate(got):
        last = next(j for j in range(i, 60) if j == i + extensions.N_STEP - 1 or ends[j])
        expected = sum(GAMMA**k * rewards[i + k] for k in range(last - i + 1))
        assert (state, action) == fed[i][:2]
        assert (next_state, end) == (fed[last][3], bool(ends[last]))
        assert reward == pytest.approx(expected, abs=1e-5)


def test_what_waits_when_an_episode_is_cut_is_dropped():
    agent = extensions.NStepAgent(8, 4, 0, SMALL)
    feed(agent, [1.0] * 10, [False] * 10, cut_after=(4,))
    states = [state for state, *_ in contents(agent.memory)]
    assert states == [0, 1, 2, 104, 105, 106]
    assert all(next_state == state + 3 for state, _, _, next_state, _ in contents(agent.memory))


def test_the_targets_of_the_n_step_agent_discount_the_next_value_n_times():
    agent = of_two_minds(extensions.NStepAgent)
    _, _, rewards, next_states, terminated = batch_of(20, 0)
    got = agent.td_targets(rewards, next_states, terminated, 0.9)
    assert torch.allclose(got, Agent.td_targets(agent, rewards, next_states, terminated, 0.9**3))


# --- priorities


def filled(seed=0, n=200, errors=None):
    memory = extensions.PrioritisedReplay(4, 300, 64, seed)
    for i in range(n):
        memory.add(np.full(2, i, np.float32), i % 4, 0.0, np.zeros(2, np.float32), False)
    if errors is not None:
        memory.update(np.arange(n), errors)
    return memory


def test_transitions_are_drawn_as_often_as_their_priorities_say():
    errors = np.random.default_rng(1).standard_t(3, 200)
    memory = filled(errors=errors)
    drawn = np.concatenate([memory.sample()[5] for _ in range(3000)])
    got = np.bincount(drawn, minlength=200) / len(drawn)
    p = (np.abs(errors) + extensions.EPSILON) ** extensions.ALPHA
    assert np.abs(got - p / p.sum()).max() < 5 * np.sqrt((p / p.sum()).max() / len(drawn))


def test_what_is_drawn_comes_with_its_own_fields_and_weights():
    errors = np.linspace(0, 5, 200)
    memory = filled(errors=errors)
    states, actions, _, _, _, rows, weights = memory.sample()
    assert states[:, 0].tolist() == rows.tolist() and actions[:, 0].tolist() == (rows % 4).tolist()
    p = (np.abs(errors) + extensions.EPSILON) ** extensions.ALPHA
    beta = extensions.BETA_START + (1 - extensions.BETA_START) / extensions.BETA_UPDATES
    expected = (p[rows] / p[rows].min()) ** -beta
    assert weights.dtype == torch.float32 and weights.shape == (64, 1)
    np.testing.assert_allclose(weights[:, 0], expected, rtol=1e-5)


def test_a_new_transition_has_the_largest_priority_so_far():
    memory = filled(errors=np.full(200, 9.0))
    memory.add(np.zeros(2, np.float32), 0, 0.0, np.zeros(2, np.float32), False)
    assert memory.p[200] == memory.p[:200].max() > 1
    memory.update(np.arange(201), np.zeros(201))
    assert memory.largest == pytest.approx((9 + extensions.EPSILON) ** extensions.ALPHA)


def test_with_priorities_all_alike_the_agent_learns_as_the_plain_one():
    plain, other = (kind(8, 4, 0, SMALL) for kind in (Agent, extensions.PrioritisedAgent))
    batch = batch_of(16, 3)
    other.memory.add(np.zeros(8, np.float32), 0, 0.0, np.zeros(8, np.float32), False)
    plain.learn(batch, GAMMA)
    other.learn((*batch, np.zeros(16, int), torch.ones(16, 1)), GAMMA)
    for one, two in zip(plain.qnetwork_local.parameters(), other.qnetwork_local.parameters()):
        assert torch.allclose(one, two, atol=1e-6)


def test_the_gradient_is_that_of_the_weighted_loss():
    agent = of_two_minds(extensions.PrioritisedAgent)
    agent.memory.add(np.zeros(8, np.float32), 0, 0.0, np.zeros(8, np.float32), False)
    batch = batch_of(16, 4)
    weights = torch.rand(16, 1, generator=torch.Generator().manual_seed(0))
    network = copy.deepcopy(agent.qnetwork_local)
    errors = agent.td_targets(*batch[2:], GAMMA) - network(batch[0]).gather(1, batch[1])
    (weights * errors**2).mean().backward()
    agent.learn((*batch, np.zeros(16, int), weights), GAMMA)
    for one, two in zip(network.parameters(), agent.qnetwork_local.parameters()):
        assert torch.allclose(one.grad, two.grad, atol=1e-5)
    assert agent.memory.p[0] == pytest.approx((abs(float(errors[-1].detach())) + 0.01) ** 0.6, rel=1e-4)


# --- all of them


def test_each_agent_is_a_child_of_the_plain_one_and_all_is_the_four_together():
    single = [agent for name, agent in extensions.AGENTS.items() if name not in ("plain", "all")]
    assert all(agent.__bases__ == (Agent,) for agent in single)
    assert set(extensions.AllAgent.__bases__) == set(single)
    agent = extensions.make("all", config=SMALL)
    assert isinstance(agent.qnetwork_target, extensions.DuelingQNetwork)
    assert isinstance(agent.memory, extensions.PrioritisedReplay)


def test_the_targets_of_all_together_are_double_and_discounted_n_times():
    agent = of_two_minds(extensions.AllAgent)
    _, _, rewards, next_states, terminated = batch_of(30, 1)
    with torch.no_grad():
        online, target = agent.qnetwork_local(next_states), agent.qnetwork_target(next_states)
    expected = extensions.double_dqn_targets(rewards, online, target, terminated, GAMMA**3)
    assert torch.allclose(agent.td_targets(rewards, next_states, terminated, GAMMA), expected)


@pytest.mark.parametrize("name", extensions.AGENTS)
def test_a_run_that_was_stopped_goes_on_as_if_it_had_not(name, tmp_path):
    options = {"max_t": 60, "seed": 3, "stop_when_solved": False, "progress": False}
    whole, parts = extensions.make(name, 3, SMALL), extensions.make(name, 3, SMALL)
    scores = dqn(whole, n_episodes=6, run_dir=tmp_path / "whole", **options).scores
    dqn(parts, n_episodes=3, run_dir=tmp_path / "parts", **options)
    fresh = extensions.make(name, 3, SMALL)
    assert dqn(fresh, n_episodes=6, run_dir=tmp_path / "parts", **options).scores == scores
    for one, two in zip(whole.qnetwork_local.parameters(), fresh.qnetwork_local.parameters()):
        assert torch.equal(one, two)


@pytest.mark.parametrize("name", extensions.AGENTS)
def test_every_agent_learns_values_that_are_known(name, tmp_path):
    env = delay_probe()
    n_states, n_actions = env.q_values.shape
    config = LanderConfig(
        gamma=env.gamma, learning_rate=0.01, tau=0.05, update_every=1, batch_size=16, buffer_size=2000
    )
    agent = extensions.AGENTS[name](n_states, n_actions, 0, config)
    dqn(agent, env, 300, eps_decay=1.0, stop_when_solved=False, run_dir=tmp_path, progress=False)
    with torch.no_grad():
        q = agent.qnetwork_local(torch.eye(n_states)).numpy()
    np.testing.assert_allclose(q, env.q_values, atol=0.1)
