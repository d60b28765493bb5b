"""The benchmark of the lander's loop: it runs, it is fair, and its last line is JSON."""

import importlib.util
import json
import sys

import numpy as np
import pytest
import scripts
import torch

from dqn_course.agent import Agent
from dqn_course.environments import make_lander

TINY = ["--rounds", "1", "--warmup", "200", "--steps", "200", "--json"]
has_sb3 = importlib.util.find_spec("stable_baselines3") is not None


@pytest.fixture(scope="module")
def bench(root):
    return scripts.load(root / "benchmarks/lunar_lander.py", "lunar_lander_benchmark")


def last_line(capsys):
    out = capsys.readouterr().out
    return out, json.loads(out.strip().splitlines()[-1])


@pytest.mark.skipif(not has_sb3, reason="Stable-Baselines3 is not installed (pip install -e '.[bench]')")
def test_a_tiny_run_ends_with_one_line_of_json_and_compares_equal_work(bench, capsys, monkeypatch):
    monkeypatch.setattr(bench, "DEFAULT_THREADS", 1)  # more threads wait for each other beside other tests
    bench.main(TINY)
    _, result = last_line(capsys)
    assert result["updates_per_step"] == 0.25
    for name in ("", "_classic", "_sb3", "_student"):
        assert result[f"steps_per_s{name}"] > 0
    for name in ("classic", "sb3", "student"):
        assert result[f"ratio_{name}"] == pytest.approx(result["steps_per_s"] / result[f"steps_per_s_{name}"])
    assert result["ratio_sb3_default"] is None
    assert "episodes_to_solved_median" in result and "seconds_to_solved_median" in result


def test_without_stable_baselines3_one_sentence_says_how_to_get_it_and_the_rest_runs(bench, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "stable_baselines3", None)
    bench.main(TINY)
    out, result = last_line(capsys)
    assert "pip install -e '.[bench]' -c constraints.txt" in out
    assert result["ratio_sb3"] is None and result["steps_per_s_sb3"] is None
    assert result["ratio_classic"] > 0 and result["updates_per_step"] == 0.25


def test_unequal_updates_are_refused(bench, monkeypatch):
    def lazy(env, seed, eps):
        env.optimizer = torch.optim.Adam([torch.zeros(1)])
        while True:
            env.reset()
            for _ in range(10):
                env.step(0)

    monkeypatch.setitem(bench.CONTENDERS, "classic", ("lazy", lazy))
    monkeypatch.delitem(bench.CONTENDERS, "sb3")
    with pytest.raises(SystemExit, match="same number of updates"):
        bench.main(TINY)


def test_the_classic_agent_makes_the_same_update_as_the_package(bench):
    rng = np.random.default_rng(0)
    package, classic = Agent(8, 4, seed=3), bench.ClassicAgent(8, 4, seed=3)
    buffer = bench.ClassicBuffer(buffer_size=100, batch_size=64)
    for i in range(64):
        state, next_state = rng.normal(size=(2, 8)).astype(np.float32)
        buffer.add(state, np.int64(i % 4), float(rng.normal()), next_state, i % 5 == 0)
    for _ in range(20):
        batch = buffer.sample()
        package.learn(batch, 0.99)
        classic.learn(batch, 0.99)
    for mine, theirs in ((package.qnetwork_local, classic.qnetwork_local),
                         (package.qnetwork_target, classic.qnetwork_target)):  # fmt: skip
        for a, b in zip(mine.parameters(), theirs.parameters()):
            torch.testing.assert_close(a, b, rtol=1e-4, atol=1e-6)
    state = rng.normal(size=8).astype(np.float32)
    assert classic.act(state) == package.act(state)


def test_the_classic_buffer_gives_batches_in_the_shapes_of_the_package(bench):
    package, classic = Agent(8, 4).memory, bench.ClassicBuffer(100, 64)
    state = np.arange(8, dtype=np.float32)
    for i in range(70):
        package.add(state + i, i % 4, float(i), state + i + 1, i % 2 == 0)
        classic.add(state + i, i % 4, float(i), state + i + 1, i % 2 == 0)
    for theirs, mine in zip(classic.sample(), package.sample()):
        assert theirs.shape == mine.shape and theirs.dtype == mine.dtype
    states, actions, rewards, next_states, dones = classic.sample()
    assert torch.equal(states + 1, next_states)
    assert torch.equal(actions, rewards.long() % 4) and torch.equal(dones, 1 - rewards % 2)


def test_the_student_row_trains_the_files_of_the_lesson(bench):
    agent = bench.student_agent(8, 4, seed=0)
    assert type(agent).__module__ == "dqn_agent" and type(agent.qnetwork_local).__module__ == "model"
    assert sum(parameter.numel() for parameter in agent.qnetwork_local.parameters()) == 4996


def test_the_stop_watch_times_only_the_steps_after_the_warm_up(bench):
    watch = bench.StopWatch(make_lander(), warmup=7, steps=5)
    weight = torch.nn.Parameter(torch.zeros(1))
    watch.optimizer = torch.optim.Adam([weight])
    watch.reset(seed=0)
    with pytest.raises(bench.TimeUp):
        for _ in range(100):
            watch.step(0)
            weight.grad = torch.ones(1)
            watch.optimizer.step()
    assert watch.count == 12
    seconds, cpu_seconds, updates, episodes = watch.marks[1] - watch.marks[0]
    assert seconds > 0 and updates == 5 and episodes == 0


def test_solved_means_the_first_full_window_of_100_at_200(bench, tmp_path):
    good = [0.0] * 50 + [200.0] * 150  # episodes 51 to 150 are the first 100 of 200 points
    bad = [199.9] * 200
    lines = ["# a comment", "seed,episode,score,steps"]
    lines += [f"{s},{e},{x},10" for s, scores in enumerate((good, bad)) for e, x in enumerate(scores, start=1)]
    path = tmp_path / "band.csv"
    path.write_text("\n".join(lines) + "\n")
    assert bench.solved_runs(path) == [(150, 1500), None]
    assert bench.solved_at([300.0] * 99, [1] * 99) is None


def test_the_classic_loop_plays_whole_episodes_and_learns_every_fourth_step(bench):
    timing = bench.measure(bench.run_classic, seed=0, eps=1.0, warmup=100, steps=400)
    assert timing.updates == 100
    assert timing.episodes >= 1
