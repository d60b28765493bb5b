"""The solutions of lesson 7 agree with the package, and both with independent oracles."""

import mutants
import numpy as np
import pytest
import torch
import torch.nn.functional as F
from mutants import lesson_07
from torch import nn

from dqn_course import networks, stability

SEEDS = range(5)


def solution(name):
    return mutants.function(mutants.cell(lesson_07.LESSON, name), name, lesson_07.NAMES)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_autocorrelation_is_that_of_the_package_and_of_numpy(seed):
    rng = np.random.default_rng(seed)
    x = np.cumsum(rng.normal(size=40)) + 7
    every_lag = np.correlate(x - x.mean(), x - x.mean(), mode="full")[39:] / (40 * x.var())
    for lag in (0, 1, 5, 39):
        assert stability.autocorrelation(x, lag) == pytest.approx(every_lag[lag])
        assert solution("autocorrelation")(x, lag) == pytest.approx(every_lag[lag])


def test_a_shuffled_series_has_no_autocorrelation():
    x = np.sin(np.arange(2000) / 20)
    shuffled = np.random.default_rng(0).permutation(x)
    assert stability.autocorrelation(x, 10) > 0.8
    assert abs(stability.autocorrelation(shuffled, 10)) < 0.1


@pytest.mark.parametrize("update", [stability.hard_update, solution("hard_update")])
def test_the_hard_update_copies_and_shares_nothing(update):
    online, target = networks.QNetwork(8, 4, seed=0), networks.QNetwork(8, 4, seed=1)
    before = [weight.clone() for weight in online.parameters()]
    update(online, target)
    assert all(torch.equal(a, b) for a, b in zip(before, target.parameters()))
    with torch.no_grad():
        for weight in online.parameters():
            weight.add_(1)
    assert all(torch.equal(a, b) for a, b in zip(before, target.parameters()))


@pytest.mark.parametrize("function", [stability.clipped_error, solution("clipped_error")])
@pytest.mark.parametrize("seed", SEEDS)
def test_the_clipped_error_is_pytorchs_huber_loss_and_its_slope_is_clipped(function, seed):
    error = (3 * torch.randn(20, 1, generator=torch.Generator().manual_seed(seed))).requires_grad_()
    loss = function(error)
    torch.testing.assert_close(loss, F.huber_loss(error, torch.zeros_like(error), reduction="none"))
    loss.sum().backward()
    torch.testing.assert_close(error.grad, error.detach().clamp(-1, 1))


@pytest.mark.parametrize("function", [stability.q_values_all_actions, solution("q_values_all_actions")])
@pytest.mark.parametrize("n_actions", [1, 4, 18])
def test_every_action_costs_one_pass_and_gets_its_own_value(function, n_actions):
    network, state = stability.ActionInNetwork(5, n_actions), torch.randn(5)
    values = function(network, state, n_actions)
    assert values.shape == (n_actions,) and network.passes == n_actions and not values.requires_grad
    rows = torch.cat([state.expand(n_actions, -1), torch.eye(n_actions)], dim=1)
    torch.testing.assert_close(values, network(rows).detach().squeeze(1))


def test_a_row_alone_is_one_pass_as_well():
    network = stability.ActionInNetwork(5, 4)
    network(torch.randn(9))
    assert network.passes == 1
    network(torch.randn(4, 9))
    assert network.passes == 5


def test_a_network_with_one_output_an_action_can_say_what_one_with_the_action_inside_says():
    """With the weights chosen so: the choice is one of cost, not of what can be said."""
    inside = nn.Linear(3 + 4, 1)
    outside = nn.Linear(3, 4)
    with torch.no_grad():
        outside.weight.copy_(inside.weight[:, :3].expand(4, -1))
        outside.bias.copy_(inside.weight[0, 3:] + inside.bias)
    state = torch.randn(3)
    torch.testing.assert_close(outside(state).detach(), stability.q_values_all_actions(inside, state, 4))
