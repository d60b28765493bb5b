"""The solutions of lesson 9 agree with the package, and the parts of a student train in its engine."""

from copy import deepcopy as copy_of
from dataclasses import replace

import mutants
import numpy as np
import pytest
import torch
from mutants import lesson_09, lesson_09_replay

from dqn_course import atari_training, networks, optimizers, replay
from dqn_course.checks import lesson_09 as checks
from dqn_course.checks.core import pack, unpack
from dqn_course.config import SMOKE

SEEDS = range(5)


def solution(name):
    names = lesson_09.NAMES | {"__name__": "__main__"}  # as in a notebook
    return mutants.function(mutants.cell(lesson_09.LESSON, name), name, names)


def filled(memory_class, seed, n_games, rows, added):
    """A memory of small pictures in which episodes end and are cut, the same for the same seed."""
    rng = np.random.default_rng(seed)
    memory = memory_class(rows * n_games, n_games, 4, seed, frame_shape=(3, 3))
    starts = np.ones(n_games, bool)
    for _ in range(added):
        terminated = rng.random(n_games) < 0.15
        cut = ~terminated & (rng.random(n_games) < 0.1)
        frames = rng.integers(0, 256, (n_games, 3, 3)).astype(np.uint8)
        memory.add(frames, rng.integers(0, 6, n_games), rng.normal(size=n_games), terminated, starts, cut)
        starts = terminated | cut
    return memory


@pytest.mark.parametrize("seed", SEEDS)
def test_the_network_of_the_solution_is_that_of_the_package(seed):
    mine, theirs = solution("NatureQNetwork")(6, seed), networks.NatureQNetwork(6, seed)
    frames = torch.from_numpy(np.random.default_rng(seed).integers(0, 256, (3, 4, 84, 84)).astype(np.uint8))
    with torch.no_grad():
        assert torch.allclose(mine(frames), theirs(frames), atol=1e-6)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("n_games, rows, added", [(1, 20, 9), (1, 20, 20), (3, 12, 13), (4, 15, 100)])
def test_states_of_the_solution_are_those_that_the_package_samples(seed, n_games, rows, added):
    mine, theirs = (filled(kind, seed, n_games, rows, added) for kind in (solution("FrameReplay"), replay.FrameReplay))
    table = mine.usable()
    drawn_rows, drawn_games = theirs.sample_indices(2000)
    assert set(zip(*np.nonzero(table))) == set(zip(drawn_rows.tolist(), drawn_games.tolist()))
    frames, starts = theirs.window(*np.nonzero(table))
    states = replay.without_the_past(frames[:, :-1], starts[:, :-1])
    for (row, game), state in zip(zip(*np.nonzero(table)), states):
        assert torch.equal(mine.stack(row, game), state)
    for one, other in zip(mine.sample(32), theirs.sample(32)):
        assert one.shape == other.shape and one.dtype == other.dtype


@pytest.mark.parametrize("seed", SEEDS)
def test_the_loss_of_the_solution_has_the_value_and_the_gradient_of_the_packages(seed):
    gradients = []
    rng = np.random.default_rng(seed)
    frames = [torch.from_numpy(rng.integers(0, 256, (8, 4, 84, 84)).astype(np.uint8)) for _ in range(2)]
    batch = (
        frames[0], torch.from_numpy(rng.integers(0, 6, (8, 1))), torch.from_numpy(rng.normal(0, 3, (8, 1))).float(),
        frames[1], torch.from_numpy(rng.integers(0, 2, (8, 1))).float(),
    )  # fmt: skip
    for loss in (solution("nature_loss"), atari_training.nature_loss):
        network, target = networks.NatureQNetwork(6, seed), networks.NatureQNetwork(6, seed + 1)
        value = loss(network, target, batch, 0.99)
        value.backward()
        gradients.append([value, *(parameter.grad for parameter in network.parameters())])
        assert all(parameter.grad is None for parameter in target.parameters())
    assert all(torch.allclose(one, other, atol=1e-5) for one, other in zip(*gradients))


@pytest.mark.parametrize("seed", SEEDS)
def test_the_numpy_rule_moves_a_network_as_the_packages_rmsprop_does(seed):
    class OwnRMSprop(optimizers.ArrayRMSprop):
        rule = staticmethod(solution("nature_rmsprop_step"))

    torch.manual_seed(seed)
    networks_of = [torch.nn.Linear(5, 3), torch.nn.Linear(5, 3)]
    networks_of[1].load_state_dict(networks_of[0].state_dict())
    settings = {"lr": 0.01, "momentum": 0.9, "decay": 0.8, "eps": 0.02}
    both = [
        OwnRMSprop(networks_of[0].parameters(), **settings),
        optimizers.NatureRMSprop(networks_of[1].parameters(), **settings),
    ]
    for _ in range(20):
        x = torch.randn(7, 5)
        for network, optimizer in zip(networks_of, both):
            optimizer.zero_grad()
            network(x).pow(2).sum().backward()
            optimizer.step()
    for one, other in zip(networks_of[0].parameters(), networks_of[1].parameters()):
        assert torch.allclose(one, other, atol=1e-5)


def test_an_array_rmsprop_goes_on_from_its_state():
    class OwnRMSprop(optimizers.ArrayRMSprop):
        rule = staticmethod(solution("nature_rmsprop_step"))

    def steps(weight, optimizer, gradients):
        for gradient in gradients:
            weight.grad = torch.full_like(weight, gradient)
            optimizer.step()

    weight = torch.nn.Parameter(torch.ones(3))
    optimizer = OwnRMSprop([weight], lr=0.1)
    steps(weight, optimizer, (1.0, 2.0))
    copy = torch.nn.Parameter(weight.detach().clone())
    again = OwnRMSprop([copy], lr=0.1)
    again.load_state_dict(copy_of(optimizer.state_dict()))
    steps(weight, optimizer, (3.0, -1.0))
    steps(copy, again, (3.0, -1.0))
    assert torch.equal(weight, copy) and not torch.equal(weight, torch.ones(3))


@pytest.mark.parametrize("seed", SEEDS)
def test_the_clock_of_the_solution_is_that_of_the_package(seed):
    rng = np.random.default_rng(seed)
    update, target = solution("is_update_step"), solution("is_target_step")
    starts, every, interval = (int(rng.integers(low, high)) for low, high in ((0, 60), (1, 9), (1, 30)))
    updates = 0
    for step in range(1, 400):
        due = update(step, starts, every)
        assert due == atari_training.is_update_step(step, starts, every)
        updates += due
        for unit in ("agent_steps", "updates"):
            assert target(step, updates, interval, unit, due) == atari_training.is_target_step(
                step, updates, interval, unit, due
            )


@pytest.mark.parametrize("size, kernel, stride", [(84, 8, 4), (20, 4, 2), (9, 3, 1), (85, 8, 4), (30, 7, 5)])
def test_the_size_is_that_of_a_layer(size, kernel, stride):
    layer = torch.nn.Conv2d(1, 1, kernel, stride)
    places = solution("conv_output_size")(size, kernel, stride)
    assert layer(torch.zeros(1, 1, size, size)).shape[-2:] == (places, places)


def test_algorithm_1_out_of_the_solutions_parts_trains_as_the_packages_and_goes_on_after_a_stop(tmp_path):
    class OwnRMSprop(optimizers.ArrayRMSprop):
        rule = staticmethod(solution("nature_rmsprop_step"))

        def __init__(self, parameters, config):
            super().__init__(parameters, lr=config.learning_rate)

    config = replace(
        SMOKE, total_steps=480, learning_starts=400, update_interval=4, log_interval=4, eval_interval=10**9,
        batch_size=8, optimizer="nature_rmsprop", n_step=1,
    )  # fmt: skip
    parts = {"q_network": "NatureQNetwork", "loss": "nature_loss", "update_step": "is_update_step",
             "target_step": "is_target_step", "advance": "advance"}  # fmt: skip
    parts = {part: solution(name) for part, name in parts.items()} | {"optimizer": OwnRMSprop}
    own = atari_training.train(config, tmp_path / "own", progress=False, **parts)
    theirs = atari_training.train(config, tmp_path / "theirs", progress=False)
    assert own.updates == theirs.updates == 20 and own.agent_steps == 480
    assert np.allclose(own.learning, theirs.learning, atol=1e-4)

    parts["replay"] = solution("FrameReplay")
    whole = atari_training.train(config, tmp_path / "whole", progress=False, **parts)
    atari_training.train(config, tmp_path / "halves", progress=False, until=440, **parts)
    halves = atari_training.train(config, tmp_path / "halves", progress=False, **parts)
    assert np.allclose(whole.learning, halves.learning, atol=1e-5)
    for one, other in zip(whole.q_network.parameters(), halves.q_network.parameters()):
        assert torch.allclose(one, other, atol=1e-5)


@pytest.mark.parametrize("name", lesson_09.EXERCISES)
def test_what_a_check_passes_to_another_process_arrives(name):
    check = getattr(checks, name)
    cases = check.cases(np.random.default_rng(1))
    values = [unpack(pack(case.values)) for case in cases]
    assert [sorted(value) for value in values] == [sorted(case.values) for case in cases]
    cases = [replace(case, values=value) for case, value in zip(cases, values)]
    outputs = [unpack(pack(output)) for output in check.run_cases(solution(name), cases)]
    assert check.judge_outputs(cases, outputs).passed


def test_a_method_that_is_not_written_yet_is_not_shown_as_wrong():
    source = mutants.fill(mutants.cell(lesson_09.LESSON, "FrameReplay"), (lesson_09_replay.USABLE, None, None))
    verdict = checks.FrameReplay(mutants.function(source, "FrameReplay", lesson_09.NAMES))
    assert verdict.points == 2 and "✗" not in str(verdict)
    assert verdict._repr_html_().count("✗") == 1  # at the headline: points are missing
    assert str(verdict).count("○ 0 of 1 point; not implemented yet") == 3
    assert all(f"○ `{name}` is not implemented yet." in str(verdict) for name in ("stack", "sample"))
