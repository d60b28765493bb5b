"""Where the reference lives in the package and in a lesson's solution, both do the same."""

import sys

import nbformat
import pytest
import torch

from dqn_course import agent, networks
from dqn_course.checks import lesson_06, student


@pytest.fixture
def solution(root, tmp_path, monkeypatch):
    """The module dqn_agent of lesson 6, as its solution writes it."""
    notebook = nbformat.read(root / "solutions/06_lunar_lander/06_lunar_lander.ipynb", as_version=4)
    for cell in notebook.cells:
        if cell.source.startswith("%%writefile "):
            magic, text = cell.source.split("\n", 1)
            (tmp_path / magic.split()[1]).write_text(text)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    monkeypatch.setattr(sys, "modules", dict(sys.modules))
    return student.module_of(tmp_path / "dqn_agent.py")


def batch(seed, size=64):
    generator = torch.Generator().manual_seed(seed)
    states, next_states = torch.randn(2, size, 8, generator=generator)
    actions = torch.randint(4, (size, 1), generator=generator)
    rewards = 10 * torch.randn(size, 1, generator=generator)
    return states, actions, rewards, next_states, (torch.rand(size, 1, generator=generator) < 0.2).float()


def vector(network):
    return torch.nn.utils.parameters_to_vector(network.parameters())


def test_the_solutions_agent_and_the_packages_learn_the_same(solution):
    theirs, ours = solution.Agent(8, 4, seed=3), agent.Agent(8, 4, seed=3)
    start = vector(ours.qnetwork_local).clone()
    assert torch.equal(vector(theirs.qnetwork_local), start)
    for seed in range(30):
        theirs.learn(batch(seed), 0.99)
        ours.learn(batch(seed), 0.99)
    torch.testing.assert_close(vector(theirs.qnetwork_local), vector(ours.qnetwork_local), rtol=1e-4, atol=1e-6)
    torch.testing.assert_close(vector(theirs.qnetwork_target), vector(ours.qnetwork_target), rtol=1e-4, atol=1e-6)
    assert (vector(ours.qnetwork_local) - start).abs().max() > 1e-3


def test_the_solutions_constants_are_those_of_the_config(solution):
    config = agent.LanderConfig()
    assert (
        config.buffer_size, config.batch_size, config.gamma,
    ) == (solution.BUFFER_SIZE, solution.BATCH_SIZE, solution.GAMMA)  # fmt: skip
    assert (
        config.tau, config.learning_rate, config.update_every,
    ) == (solution.TAU, solution.LR, solution.UPDATE_EVERY)  # fmt: skip


@pytest.mark.parametrize("seed", range(3))
def test_the_packages_own_agent_and_network_get_all_points(seed):
    assert lesson_06.learn(agent.Agent, seed=seed).passed
    assert lesson_06.QNetwork(networks.QNetwork, seed=seed).passed
