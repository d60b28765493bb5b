"""The benchmark of the Atari loop: it runs, it is fair, it counts right, and its last line is JSON."""

import importlib.util
import json
import sys
from dataclasses import replace

import numpy as np
import pytest
import scripts
import torch
import torch.nn.functional as F

from dqn_course.atari_training import nature_loss
from dqn_course.networks import NatureQNetwork, as_input, channels_last

TINY = ["--rounds", "1", "--warmup", "80", "--steps", "40", "--replay", "0", "--json"]
has_sb3 = importlib.util.find_spec("stable_baselines3") is not None


def load(root, name):
    return scripts.load(root / f"benchmarks/{name}.py", f"{name}_benchmark")


@pytest.fixture(scope="module")
def bench(root):
    module = load(root, "atari")
    module.SETTINGS = replace(module.SETTINGS, learning_starts=40, replay_size=1_000, target_update_interval=100)
    yield module
    del sys.modules[module.__name__]


@pytest.fixture(scope="module")
def learning(root):
    module = load(root, "atari_learning")
    yield module
    del sys.modules[module.__name__]


def last_line(capsys):
    out = capsys.readouterr().out
    return out, json.loads(out.strip().splitlines()[-1])


@pytest.mark.slow
@pytest.mark.skipif(not has_sb3, reason="Stable-Baselines3 is not installed (pip install -e '.[bench]')")
def test_a_tiny_run_ends_with_one_line_of_json_and_compares_equal_work(bench, capsys):
    bench.main(TINY)
    _, result = last_line(capsys)
    assert result["updates_per_step"] == 0.25 and result["threads"] == 1
    for name in ("package_rmsprop", "plain", "sb3", "sb3_8_games"):
        assert result[f"ratio_{name}"] == pytest.approx(result["steps_per_s"] / result[f"steps_per_s_{name}"])
    assert 0 < result["flop_fraction"] < 1
    assert result["flop_fraction"] == pytest.approx(
        result["update_gflop"] / (result["update_ms"] / 1e3) / result["matmul_gflop_per_s"]
    )


def test_without_stable_baselines3_one_sentence_says_how_to_get_it_and_the_rest_runs(bench, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "stable_baselines3", None)
    bench.main([*TINY, "--contenders", "package", "plain", "sb3"])
    out, result = last_line(capsys)
    assert "pip install -e '.[bench]' -c constraints.txt" in out
    assert result["ratio_sb3"] is None
    assert result["ratio_plain"] > 0 and result["updates_per_step"] == 0.25


def test_unequal_updates_are_refused(bench, monkeypatch):
    def lazy(watch, seed, n_threads):
        for agent_step in range(1, 1_000):
            watch.tick(agent_step, updates=agent_step % 8 == 0)

    monkeypatch.setitem(bench.CONTENDERS, "plain", ("lazy", lazy))
    with pytest.raises(SystemExit, match="same number of updates"):
        bench.main([*TINY, "--contenders", "package", "plain"])


def test_the_stop_watch_times_the_steps_after_the_warm_up_also_when_eight_come_at_once(bench):
    for at_once in (1, 8):
        watch = bench.StopWatch(warmup=16, steps=24)
        with pytest.raises(bench.TimeUp):
            for agent_step in range(at_once, 1_000, at_once):
                watch.tick(agent_step, updates=at_once, agent_steps=at_once)
        seconds, _, updates, steps = watch.marks[1] - watch.marks[0]
        assert seconds > 0 and updates == steps == 24


def test_the_operations_of_an_update_are_those_of_the_paper_s_layers(bench):
    conv1 = 2 * 20 * 20 * 32 * (8 * 8 * 4)
    conv2 = 2 * 9 * 9 * 64 * (4 * 4 * 32)
    conv3 = 2 * 7 * 7 * 64 * (3 * 3 * 64)
    fc = 2 * (3136 * 512 + 512 * 6)
    forward = 32 * (conv1 + conv2 + conv3 + fc)
    assert bench.update_flop() == 4 * forward - 32 * conv1
    assert bench.update_flop() == pytest.approx(2.2e9, rel=0.02)


def test_the_plain_update_makes_the_step_of_the_package_s_loss(bench):
    rng = np.random.default_rng(0)
    q_network, target_network = NatureQNetwork(3, seed=1), NatureQNetwork(3, seed=2)
    plain, plain_target = bench.PlainNetwork(3), bench.PlainNetwork(3)
    for network, same in ((plain, q_network), (plain_target, target_network)):
        network.load_state_dict(dict(zip(network.state_dict(), same.state_dict().values())))
    batch = [
        (*rng.integers(0, 256, (1, 4, 84, 84), np.uint8), int(rng.integers(3)), float(rng.integers(-1, 2)),
         *rng.integers(0, 256, (1, 4, 84, 84), np.uint8), float(i % 3 == 0))
        for i in range(8)
    ]  # fmt: skip
    bench.plain_update(plain, plain_target, torch.optim.SGD(plain.parameters(), 1e-3), batch)
    states, actions, rewards, next_states, terminated = (torch.from_numpy(np.stack(column)) for column in zip(*batch))
    columns = [column.unsqueeze(1) for column in (actions, rewards.float(), terminated.float())]
    nature_loss(
        q_network, target_network, (states, columns[0], columns[1], next_states, columns[2]), bench.SETTINGS.gamma
    ).backward()
    torch.optim.SGD(q_network.parameters(), 1e-3).step()
    for mine, theirs in zip(q_network.parameters(), plain.parameters()):
        torch.testing.assert_close(mine, theirs, rtol=1e-4, atol=1e-6)


def test_the_memory_is_filled_and_measured_in_a_process_of_its_own(bench):
    gigabytes, wall, cpu = bench.measure_replay_elsewhere(20_000)
    assert gigabytes == pytest.approx(7.06, rel=0.1)  # 84 * 84 bytes and a little
    assert min(wall, cpu) > 0


def test_catch_shows_its_ball_and_pays_for_the_cell_under_it(learning):
    games = learning.CatchGames("catch", n_games=3, seed=0)
    for _ in range(3):  # three balls, followed by looking at the newest picture
        for step in range(3):
            rows, columns = np.where(games.states[0, -1] == 255)
            ball, (_, paddle) = columns.min() // 21, np.argwhere(games.states[0, -1] == 128).min(axis=0)
            assert rows.min() // 21 == step
            action = {0: 0, -1: 1, 1: 2}[int(np.sign(ball - paddle // 21))]
            reward, terminated, truncated = games.step([action, 0, 0])
        assert reward[0] == 1.0 and terminated.all() and not truncated.any()
        assert games.starts.all() and not games.states[:, :-1].any()


def test_a_look_at_the_network_leaves_the_run_s_chances_as_they_are(learning):
    looks, _ = learning.learn(replace(learning.KINDS["fast"][1], precision="float32"), seed=0, steps=600)
    assert [step // 250 for step, _ in looks] == [1, 2]
    assert all(0 <= share <= 1 for _, share in looks)
    again, _ = learning.learn(replace(learning.KINDS["fast"][1], precision="float32"), seed=0, steps=600)
    assert looks == again


def test_channels_last_of_bytes_is_what_torch_makes_of_them():
    window = torch.randint(0, 256, (5, 5, 84, 84), dtype=torch.uint8)
    for m in (1, 2, 4, 5):
        for frames in (window[:, :m], window[:, :m].clone(), window[:, 5 - m :]):
            expected = frames.contiguous(memory_format=torch.channels_last)
            result = channels_last(frames)
            assert torch.equal(result, expected)
            assert result.is_contiguous(memory_format=torch.channels_last)
    network = NatureQNetwork(4, seed=0)
    q = network(window[:, :4])
    network.to(memory_format=torch.channels_last)
    torch.testing.assert_close(network(window[:, :4]), q)
    with torch.autocast("cpu", torch.bfloat16):
        assert as_input(window[:, :4], network.conv1.weight).dtype == torch.bfloat16
        assert F.mse_loss(network(window[:, :4]).float(), q) < 1e-4
