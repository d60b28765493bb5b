"""The 2 x 2 ablation: its cells differ in two numbers, its runs are the same again, kept, and not mixed up."""

from dataclasses import replace

import numpy as np
import pytest

from dqn_course import ablation
from dqn_course.ablation import CELLS, QUICK, Run
from dqn_course.agent import Agent


def test_the_cells_differ_in_the_memory_and_in_tau_alone():
    setting = ablation.CART_POLE
    whole = ablation.agent_config(setting, True, True)
    for replay, target in CELLS:
        config = ablation.agent_config(setting, replay, target)
        assert config.buffer_size == (setting.buffer_size if replay else setting.batch_size)
        assert config.tau == (setting.tau if target else 1.0)
        assert replace(config, buffer_size=whole.buffer_size, tau=whole.tau) == whole


def test_without_replay_a_batch_is_the_last_transitions():
    agent = Agent(1, 2, 0, ablation.agent_config(replace(QUICK, update_every=1000), False, True))
    for t in range(200):
        agent.memory.add(np.array([t], np.float32), 0, 0.0, np.array([t + 1], np.float32), False)
    states = agent.memory.sample()[0].squeeze(1).tolist()
    assert sorted(states) == list(range(136, 200))


def test_without_a_target_network_the_two_networks_are_equal_after_an_update():
    agent = Agent(1, 2, 0, ablation.agent_config(QUICK, True, False))
    rng = np.random.default_rng(0)
    for t in range(100):
        agent.step(rng.normal(size=1).astype(np.float32), t % 2, 1.0, rng.normal(size=1).astype(np.float32), False)
    for online, target in zip(agent.qnetwork_local.parameters(), agent.qnetwork_target.parameters()):
        np.testing.assert_array_equal(online.detach(), target.detach())


def test_a_run_is_the_same_again_and_another_seed_is_not(tmp_path):
    first, again, other = (
        ablation.train(Run(QUICK, True, True, seed, str(tmp_path / name)))
        for name, seed in (("a", 0), ("b", 0), ("c", 1))
    )
    assert first == again and [point.agent_steps for point in first] == [100, 200, 300]
    assert [point.max_q for point in first] != [point.max_q for point in other]


def test_a_run_that_is_done_is_read_and_one_of_another_setting_is_not(tmp_path, monkeypatch):
    run = Run(QUICK, False, True, 3, str(tmp_path))
    points = ablation.train(run)
    monkeypatch.setattr(ablation, "Agent", None)  # nothing can be trained any more
    read = ablation.train(run)
    assert [point[:4] for point in read] == [point[:4] for point in points]
    np.testing.assert_allclose([p[4:] for p in read], [p[4:] for p in points], atol=0.006)
    with pytest.raises(TypeError):
        ablation.train(replace(run, setting=replace(QUICK, tau=0.5)))


def test_all_cells_and_seeds_are_run_and_a_stopped_call_goes_on(tmp_path, monkeypatch, capsys):
    trained = []

    def train(run):
        if len(trained) == 4 and not (tmp_path / "stopped").exists():
            (tmp_path / "stopped").touch()
            raise KeyboardInterrupt
        trained.append((run.replay, run.target, run.seed))
        return [ablation.Point(run.replay, run.target, run.seed, 100, 5.0, 1.0)]

    monkeypatch.setattr(ablation, "train", train)

    class Here:
        def run(self, function, tasks):
            for task in tasks:
                yield task, function(task), None

        def __enter__(self):
            return self

        def __exit__(self, *exception):
            return False

    monkeypatch.setattr(ablation.executors, "open_pool", lambda kind, workers: Here())
    some = ablation.ablation(QUICK, range(2), tmp_path)
    assert len(some) == 4 and "Stopped after 4 of 8 runs" in capsys.readouterr().out
    points = ablation.ablation(QUICK, range(2), tmp_path)
    assert {point[:3] for point in points} == {(*cell, seed) for cell in CELLS for seed in range(2)}


@pytest.mark.slow
def test_runs_in_processes_of_their_own_give_what_one_after_the_other_gives(tmp_path):
    alone = ablation.ablation(QUICK, [0], tmp_path / "a", kind="threads", workers=1, progress=False)
    beside = ablation.ablation(QUICK, [0], tmp_path / "b", kind="processes", workers=2, progress=False)
    assert alone == beside


def test_the_table_has_medians_spread_and_pairs():
    points = [
        ablation.Point(*cell, seed, step, score + step, 10.0 * seed)
        for cell, scores in (((True, True), (100, 200, 604)), ((False, True), (50, 150, 200)))
        for seed, score in enumerate(scores)
        for step in (1, 2, 3)
    ]
    assert ablation.summary(points, last=1)[True, True] == (203, 103, 607, 3)
    assert ablation.wins(points, (True, True), (False, True)) == (1 + 2.5 + 3, 9)
    assert ablation.wins(points, (False, True), (True, True)) == (9 - 6.5, 9)
    text = repr(ablation.Table(points, last=1))
    assert "203 (103 to 607)  10 (0 to 20)" in text and "6.5 of 9 pairs" in text
    assert "6.5 of 9 pairs</td>" in ablation.Table(points)._repr_html_()


@pytest.mark.parametrize("name, setting", [("cart_pole", ablation.CART_POLE), ("lander", ablation.LANDER)])
def test_the_shipped_runs_are_whole_and_of_the_setting_in_the_code(name, setting):
    path = ablation.DATA / f"ablation_{name}.csv"
    points = ablation.read(path, setting)
    assert points == ablation.shipped(name)
    steps = list(range(setting.eval_every, setting.agent_steps + 1, setting.eval_every))
    for cell in CELLS:
        seeds = ablation.curves(points, cell, "score")
        assert len(seeds) >= 5 and all(found == steps for found, _ in seeds.values())
