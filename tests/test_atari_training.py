"""Algorithm 1 on games that last seconds: its counters, its parts, and runs that are killed and go on."""

import csv
import json
import os
import re
import signal
import subprocess
import sys
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn

from dqn_course import atari_training
from dqn_course.atari_games import AtariGames
from dqn_course.atari_training import BEST_FILE, FRAMES_DIR, WEIGHTS_FILE, is_target_step, is_update_step, nature_loss
from dqn_course.checkpoints import load_nature_network, load_training_state, load_weights
from dqn_course.config import PAPER, PRESETS, QUICK, SMOKE, AtariConfig
from dqn_course.errors import CheckpointError, ConfigError, TrainingError
from dqn_course.replay import FrameReplay
from dqn_course.run_state import STATE_FILE

TINY = replace(
    SMOKE, game="breakout", total_steps=200, replay_size=80, n_step=1, learning_starts=40, update_interval=4,
    target_update_interval=30, eps_steps=60, eval_interval=70, eval_episodes=2, eval_max_frames=60, held_out_states=8,
    log_interval=5, batch_size=8, n_games=2, max_frames=300, optimizer="nature_rmsprop", precision="float32",
    device="cpu", lr_decay_steps=0,
)  # fmt: skip
"""100 rows of two games in a ring of 40, lives lost and games cut on the way, 40 updates, two evaluations."""


class Small(nn.Module):
    """A network that costs nothing."""

    def __init__(self, n_actions, seed=0):
        super().__init__()
        torch.manual_seed(seed)
        self.layer = nn.Linear(4 * 7 * 7, n_actions)

    def forward(self, frames):
        return self.layer(nn.functional.avg_pool2d(frames.float() / 255, 12).flatten(1))


def train(config, run_dir, **options):
    return atari_training.train(config, run_dir, **{"q_network": Small, "progress": False, **options})


def table(run_dir, name):
    with open(run_dir / name, newline="") as file:
        return list(csv.reader(file))


# --- a run


def test_a_run_with_the_network_of_the_paper_goes_from_end_to_end(tmp_path, capsys):
    config = replace(
        SMOKE, total_steps=480, eval_interval=400, learning_starts=320, update_interval=8, log_interval=10,
        batch_size=32, eval_max_frames=120, device="cpu",
    )  # fmt: skip
    run = atari_training.train(config, tmp_path)
    assert run.agent_steps == 480 and run.updates == len(
        [s for s in range(321, 481) if s % config.update_interval == 0]
    )
    assert [steps for steps, *_ in run.evaluations] == [400]
    (steps, updates, loss, q) = run.learning[-1]
    assert updates == run.updates and steps == 480 and 0 < loss < 1 and -1 < q < 1
    for name in (WEIGHTS_FILE, BEST_FILE):
        network = load_nature_network(tmp_path / name)
        assert network.fc2.out_features == 6
    now = load_nature_network(tmp_path / WEIGHTS_FILE).state_dict()
    assert all(torch.equal(now[name], weights.cpu()) for name, weights in run.q_network.state_dict().items())
    assert table(tmp_path, "evaluations.csv")[0] == ["agent_steps", "mean_score", "standard_deviation"]
    assert [row[0] for row in table(tmp_path, "learning.csv")] == [
        "agent_steps",
        *(str(row[0]) for row in run.learning),
    ]
    assert f"480 agent steps, {run.updates} updates" in capsys.readouterr().out


def test_what_is_due_when_by_hand(tmp_path, monkeypatch):
    """Two games, updates every 4 agent steps after the first 8, copies every 10 agent steps or every 3 updates."""
    seen = {"update": [], "copy_to_target": []}
    for name, steps in seen.items():
        original = getattr(atari_training.AtariRun, name)

        def watched(run, original=original, steps=steps):
            steps.append(run.agent_steps)
            original(run)

        monkeypatch.setattr(atari_training.AtariRun, name, watched)
    config = replace(TINY, total_steps=40, learning_starts=8, target_update_interval=10)
    run = train(config, tmp_path / "steps")
    assert seen["update"] == [12, 16, 20, 24, 28, 32, 36, 40] and run.updates == 8
    assert seen["copy_to_target"] == [0, 10, 20, 30, 40]
    assert run.memory.added == 20  # rows, of two transitions each

    seen["update"].clear(), seen["copy_to_target"].clear()
    train(replace(config, target_update_unit="updates", target_update_interval=3), tmp_path / "updates")
    assert seen["update"] == [12, 16, 20, 24, 28, 32, 36, 40]
    assert seen["copy_to_target"] == [0, 20, 32]  # with the third and the sixth update


def test_the_clock_of_the_paper():
    due = [step for step in range(50_000, 50_013) if is_update_step(step, 50_000, 4)]
    assert due == [50_004, 50_008, 50_012]
    assert is_target_step(20_000, 0, 10_000, "agent_steps", False)
    assert not is_target_step(20_001, 10_000, 10_000, "agent_steps", True)
    assert is_target_step(123, 20_000, 10_000, "updates", True)
    assert not is_target_step(124, 20_000, 10_000, "updates", False)  # no second copy before the next update
    assert not is_target_step(10_000, 2_500, 10_000, "updates", True)


def test_epsilon_is_one_while_the_memory_fills_then_falls_on_a_line():
    run = SimpleNamespace(config=PAPER)
    for step, expected in ((0, 1.0), (50_000, 1.0), (550_000, 0.55), (1_050_000, 0.1), (50_000_000, 0.1)):
        run.agent_steps = step
        assert atari_training.AtariRun.epsilon(run) == pytest.approx(expected)


class Recording(FrameReplay):
    """Keeps what it was given, all of it."""

    def __init__(self, *args):
        super().__init__(*args)
        self.given = []

    def add(self, *fields):
        self.given.append([np.array(field) for field in fields])
        super().add(*fields)


@pytest.mark.parametrize("clip", [True, False])
def test_what_the_memory_is_given(tmp_path, clip):
    config = replace(TINY, game="space_invaders", total_steps=600, learning_starts=590, eval_interval=10**6,
                     clip_rewards=clip, max_frames=700)  # fmt: skip
    run = train(config, tmp_path, replay=Recording)
    frames, actions, rewards, terminated, starts, cut = (np.stack(field) for field in zip(*run.memory.given))
    assert frames.shape == (300, 2, 84, 84) and frames.dtype == np.uint8 and frames.std() > 10
    assert set(np.unique(actions)) == set(range(6))
    assert set(np.unique(rewards)) == {0.0, 1.0} if clip else set(np.unique(rewards)) >= {0.0, 5.0, 10.0}
    assert starts[0].all()
    np.testing.assert_array_equal(starts[1:], (terminated | cut)[:-1])  # an episode begins where another has ended
    assert cut.any() and not (cut & terminated).any()
    scores = [score for _, score, _ in run.episodes]
    assert len(run.episodes) >= 2 and max(scores) >= 5  # never clipped
    assert all(frames_played <= 700 + config.noop_max for _, _, frames_played in run.episodes)  # and those before


def test_a_game_starts_after_0_to_30_frames_without_action():
    games = AtariGames("pong", n_games=8)
    seeds = [np.arange(8) + 8 * i for i in (1, 5, 7)]
    frames = {int(n) for seed in seeds for n in games.env.reset(seed=seed)[1]["episode_frame_number"]}
    games.close()
    assert frames <= set(range(31)) and len(frames) > 12
    assert {0, 30} <= frames or sys.platform != "linux"  # the generator of C++ is another one there


def test_a_students_own_parts_are_what_runs(tmp_path):
    used = set()

    class Mine(Recording):
        def sample(self, batch_size):
            used.add("sample")
            return super().sample(batch_size)

    def loss(q_network, target_network, batch, gamma):
        used.add(f"loss {gamma}")
        assert isinstance(q_network, Small) and target_network is not q_network
        return nature_loss(q_network, target_network, batch, gamma)

    def optimizer(parameters, config):
        used.add("optimizer")
        return torch.optim.SGD(parameters, config.learning_rate)

    def update_step(agent_step, learning_starts, update_interval):
        used.add("update_step")
        return agent_step > learning_starts and agent_step % 10 == 0

    def target_step(agent_step, updates, interval, unit, updated):
        used.add("target_step")
        return False

    def advance(run):
        used.add("advance")
        atari_training.advance(run)

    run = train(TINY, tmp_path, replay=Mine, loss=loss, optimizer=optimizer, update_step=update_step,
                target_step=target_step, advance=advance)  # fmt: skip
    assert used == {"sample", "loss 0.99", "optimizer", "update_step", "target_step", "advance"}
    assert run.updates == 16 and isinstance(run.optimizer, torch.optim.SGD) and isinstance(run.memory, Mine)
    untouched = Small(run.games.n_actions, TINY.seed).state_dict()
    assert all(torch.equal(weights, untouched[name]) for name, weights in run.target_network.state_dict().items())
    assert not torch.equal(run.q_network.layer.weight, untouched["layer.weight"])


def test_another_number_of_pictures_in_a_state_is_possible(tmp_path):
    config = replace(TINY, history=2, total_steps=60)
    run = atari_training.train(config, tmp_path, progress=False)
    assert run.q_network.conv1.in_channels == 2 and run.updates == 5


# --- the loss


class Table(nn.Module):
    """Q-values written down: state i is a picture of i, (1, 1, 1)."""

    def __init__(self, q_values):
        super().__init__()
        self.q_values = nn.Parameter(torch.tensor(q_values, dtype=torch.float32))

    def forward(self, states):
        return self.q_values[states.flatten().long()]


def test_the_gradient_of_the_loss_is_the_td_error_clipped_and_summed():
    rng = np.random.default_rng(5)
    batch, gamma = 200, 0.9
    q, target = rng.normal(size=(9, 4)), rng.normal(size=(9, 4))
    states, next_states, actions = (rng.integers(high, size=(batch, 1)) for high in (9, 9, 4))
    rewards = rng.normal(size=(batch, 1))
    terminated = (rng.random((batch, 1)) < 0.3).astype(float)

    loss_by_hand, gradient = 0.0, np.zeros((9, 4))
    for s, a, r, s2, d in zip(states[:, 0], actions[:, 0], rewards[:, 0], next_states[:, 0], terminated[:, 0]):
        y = r if d else r + gamma * max(target[s2])
        error = q[s, a] - y
        loss_by_hand += 0.5 * error**2 if abs(error) <= 1 else abs(error) - 0.5
        gradient[s, a] += min(max(error, -1.0), 1.0)

    online, frozen = Table(q), Table(target)
    tensors = (torch.from_numpy(states), torch.from_numpy(actions), torch.from_numpy(rewards).float(),
               torch.from_numpy(next_states), torch.from_numpy(terminated).float())  # fmt: skip
    loss = nature_loss(online, frozen, tensors, gamma)
    loss.backward()
    assert loss.item() == pytest.approx(loss_by_hand, rel=1e-5)
    np.testing.assert_allclose(online.q_values.grad.numpy(), gradient, atol=1e-4)
    assert frozen.q_values.grad is None


# --- kill it, stop it, go on

DRIVER = '''
"""Train in children that are killed or interrupted; print what came of it as JSON."""
import json, os, random, signal, sys, time, traceback
from pathlib import Path

sys.path.insert(0, sys.argv[2])
import torch

torch.set_num_threads(1)
from deaths import at_call, ended
from test_atari_training import TINY, train
from dqn_course.checkpoints import load_training_state

# what is loaded at first use is loaded here, not in every child
import torch.utils.tensorboard
torch.optim.SGD([torch.nn.Parameter(torch.ones(1))])

folder = Path(sys.argv[1])


def child(run_dir, save_every, prepare=lambda: None):
    pid = os.fork()
    if pid:
        return pid
    try:
        prepare()
        torch.manual_seed(os.getpid())  # a process that goes on has other generators than the one before it
        train(TINY, run_dir, save_every=save_every)
        os._exit(0)
    except BaseException:
        traceback.print_exc()
        os._exit(1)


def steps(run_dir):
    file = run_dir / "training_state.pt"
    return load_training_state(file)["counters"]["agent_steps"] if file.exists() else 0


report = {"whole": [ended(child(folder / "whole", 100.0))]}

rng = random.Random(3)
report["killed in the middle of steps"] = seen = []
run_dir = folder / "killed in the middle of steps"
for number in range(4):
    before = steps(run_dir)
    pid = child(run_dir, 0.05)
    end = time.monotonic() + 60
    while steps(run_dir) < before + 12 and time.monotonic() < end:
        time.sleep(0.02)
    time.sleep(rng.uniform(0.0, 0.06))
    os.kill(pid, signal.SIGKILL)
    ended(pid)
    seen.append(steps(run_dir))
seen.append(ended(child(run_dir, 100.0)))

report["killed in the middle of a save"] = seen = []
run_dir = folder / "killed in the middle of a save"
# a save replaces the file of frames, the state, the weights and, from the first evaluation on, the best; then 3 tables
points = [("fsync", 1, False), ("replace", 2, False), ("replace", 2, True), ("fsync", 14, True), ("replace", 22, False)]
for point in points:
    code = ended(child(run_dir, 0.0, at_call(*point)))
    seen.append((code, steps(run_dir), len(list(run_dir.rglob(".*.new")))))
seen.append(ended(child(run_dir, 100.0)))

report["stopped"] = seen = []
run_dir = folder / "stopped"
for presses in (1, 3):
    before = steps(run_dir)
    pid = child(run_dir, 0.05)
    while steps(run_dir) < before + 12:
        time.sleep(0.02)
    for _ in range(presses):
        os.kill(pid, signal.SIGINT)
        time.sleep(0.002)
    seen.append((ended(pid), steps(run_dir)))
seen.append(ended(child(run_dir, 100.0)))
print(json.dumps(report))
'''

BROKEN = ("killed in the middle of steps", "killed in the middle of a save", "stopped")


@pytest.fixture(scope="module")
def killed(root, tmp_path_factory):
    """``(folder of the runs, report)`` of the driver above."""
    folder = tmp_path_factory.mktemp("killed")
    (folder / "driver.py").write_text(DRIVER)
    result = subprocess.run(
        [sys.executable, folder / "driver.py", folder, root / "tests"], capture_output=True, text=True, timeout=300,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    assert result.returncode == 0 and not result.stderr, result.stderr
    return folder, json.loads(result.stdout)


def plain(state):
    if isinstance(state, dict):
        return {key: plain(value) for key, value in state.items() if key not in ("seconds", "global_rng")}
    if isinstance(state, list | tuple):
        return [plain(value) for value in state]
    return state.tolist() if isinstance(state, torch.Tensor) else state


def frames_of(run_dir, state):
    memory = FrameReplay(TINY.replay_size, TINY.n_games)
    atari_training.load_frames(memory, run_dir / FRAMES_DIR, **state["memory"])
    return [memory.frames.tolist(), memory.actions.tolist(), memory.starts.tolist()]


@pytest.mark.slow
@pytest.mark.parametrize("kind", BROKEN)
def test_a_run_that_was_killed_or_stopped_ends_as_if_nothing_had_happened(killed, kind):
    folder, _ = killed
    whole, broken = (load_training_state(folder / name / STATE_FILE) for name in ("whole", kind))
    assert plain(broken) == plain(whole)
    assert frames_of(folder / kind, broken) == frames_of(folder / "whole", whole)
    counters = whole["counters"]
    assert counters["agent_steps"] == 200 and counters["updates"] == 40 and len(counters["episodes"]) >= 2
    assert [steps for steps, *_ in counters["evaluations"]] == [70, 140]
    for name in (WEIGHTS_FILE, BEST_FILE):
        assert plain(load_weights(folder / kind / name)) == plain(load_weights(folder / "whole" / name))
    for name in ("episodes.csv", "evaluations.csv", "learning.csv"):
        assert (folder / kind / name).read_text() == (folder / "whole" / name).read_text()
    names = {path.name for path in (folder / kind).rglob("*") if "tensorboard" not in str(path)}
    assert names == {path.name for path in (folder / "whole").rglob("*") if "tensorboard" not in str(path)}


@pytest.mark.slow
def test_the_kills_and_stops_of_the_test_above_fell_in_the_middle(killed):
    _, report = killed
    assert report["whole"] == [0]
    *seen, code = report["killed in the middle of steps"]
    assert code == 0 and seen == sorted(seen) and len({steps for steps in seen if 0 < steps < 200}) >= 3
    *deaths, code = report["killed in the middle of a save"]
    assert code == 0 and [death[0] for death in deaths] == [-signal.SIGKILL] * 5
    assert deaths[0][1] == deaths[1][1] == 0 < deaths[2][1] < deaths[4][1] < 200  # before the first state, and after it
    assert sum(litter for _, _, litter in deaths) >= 3  # half-written files lay around, and were cleaned up
    *stops, code = report["stopped"]
    assert code == 0 and [exit_code for exit_code, _ in stops] == [0, 0]
    assert 0 < stops[0][1] < stops[1][1] < 200


@pytest.mark.slow
@pytest.mark.parametrize("kind", ("whole", *BROKEN))
def test_tensorboard_shows_every_entry_of_the_run_once(killed, kind):
    accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    folder, _ = killed
    events = accumulator.EventAccumulator(str(folder / kind / "tensorboard"))
    events.Reload()
    counters = load_training_state(folder / kind / STATE_FILE)["counters"]
    columns = {"episodes/score": ("episodes", 1), "evaluations/mean_score": ("evaluations", 1),
               "learning/loss": ("learning", 2), "learning/average_max_q": ("learning", 3)}  # fmt: skip
    for tag, (rows, column) in columns.items():
        shown = [(event.step, event.value) for event in events.Scalars(tag)]
        assert shown == [(row[0], pytest.approx(row[column], rel=1e-6)) for row in counters[rows]], tag


def test_an_evaluation_that_is_stopped_waits_for_the_next_call(tmp_path, monkeypatch):
    def stop_in_the_middle(*args, **options):
        os.kill(os.getpid(), signal.SIGINT)
        return evaluate(*args, **options)

    whole = train(TINY, tmp_path / "whole")
    evaluate = atari_training.evaluate_atari
    monkeypatch.setattr(atari_training, "evaluate_atari", stop_in_the_middle)
    run = train(TINY, tmp_path / "stopped")
    assert run.agent_steps == 70 and run.evaluations == [] and run.evaluation_due
    assert "Nothing is lost" in run.closing_line(200)
    monkeypatch.setattr(atari_training, "evaluate_atari", evaluate)
    run = train(TINY, tmp_path / "stopped")
    assert run.evaluations == whole.evaluations and run.learning == whole.learning and run.episodes == whole.episodes


def test_a_run_in_pieces_and_a_finished_one_that_is_called_again(tmp_path, capsys):
    whole = train(TINY, tmp_path / "whole")
    for until in (30, 71, 124, None):
        pieces = train(TINY, tmp_path / "pieces", until=until, progress=True)
    assert "Going on after agent step 124 of the run in" in capsys.readouterr().out
    assert (pieces.episodes, pieces.evaluations, pieces.learning) == (whole.episodes, whole.evaluations, whole.learning)
    again = train(TINY, tmp_path / "pieces")
    assert again.learning == whole.learning and again.agent_steps == 200
    assert all(torch.equal(a, b) for a, b in zip(again.q_network.parameters(), whole.q_network.parameters()))
    longer = train(replace(TINY, total_steps=220), tmp_path / "pieces")
    assert longer.agent_steps == 220 and longer.updates == 45


def test_a_run_goes_on_with_another_learning_rate_and_last_epsilon(tmp_path):
    train(TINY, tmp_path, until=60)
    run = train(replace(TINY, learning_rate=1e-6, eps_end=0.3), tmp_path, until=100)
    assert run.agent_steps == 100
    assert [group["lr"] for group in run.optimizer.param_groups] == [1e-6]
    assert run.epsilon() >= 0.3
    before = load_training_state(tmp_path / STATE_FILE)["q_network"]
    after = train(replace(TINY, learning_rate=1e-6), tmp_path, until=140).q_network.state_dict()
    moved = max(float((after[name] - before[name]).abs().max()) for name in before)
    assert 0 < moved < 100 * 1e-6, "ten updates of at most about the learning rate each, not of the one before"


def test_the_learning_rate_falls_to_a_tenth_at_the_end(tmp_path):
    rates = {}
    config = replace(TINY, total_steps=200, lr_decay_steps=100, learning_rate=1e-3)

    def note(run):
        atari_training.advance(run)
        rates[run.agent_steps] = [group["lr"] for group in run.optimizer.param_groups]

    train(config, tmp_path, until=120, advance=note)
    train(config, tmp_path, advance=note)  # a run that goes on is on the same line
    for end, (rate,) in rates.items():
        start = end - config.n_games
        assert rate == pytest.approx(1e-3 * min(1, max(0.1, (200 - start) / 100))), start
    assert min(rates) <= 100 and max(rates) == 200 and len({rate for (rate,) in rates.values()}) > 10
    assert TINY.lr_decay_steps == PAPER.lr_decay_steps == 0


def test_files_of_a_killed_run_that_was_never_saved_are_not_taken_for_those_of_a_new_one(tmp_path):
    train(TINY, tmp_path / "other", until=40)
    (tmp_path / "mine").mkdir()
    (tmp_path / "other" / FRAMES_DIR).rename(tmp_path / "mine" / FRAMES_DIR)  # rows of the same numbers
    run = train(replace(TINY, seed=8), tmp_path / "mine", until=40)
    frames, actions = run.memory.frames.clone(), run.memory.actions.copy()
    again = train(replace(TINY, seed=8), tmp_path / "mine", until=40)
    assert torch.equal(again.memory.frames[:20], frames[:20]) and (again.memory.actions == actions).all()


# --- what must not start, or must not go on


@pytest.mark.parametrize(
    "change, words",
    [
        ({"gamma": 0.5}, "gamma was 0.99, now 0.5"),
        ({"seed": 3, "n_games": 1}, "seed was 0, now 3, n_games was 2, now 1"),
        ({"game": "pong"}, "game was breakout, now pong"),
    ],
)
def test_other_settings_are_refused_by_name(tmp_path, change, words):
    train(TINY, tmp_path, until=20)
    before = (tmp_path / STATE_FILE).read_bytes()
    with pytest.raises(CheckpointError) as refused:
        train(replace(TINY, **change), tmp_path)
    assert f"was started with other settings ({words}); use those to go on, or resume=False" in str(refused.value)
    assert (tmp_path / STATE_FILE).read_bytes() == before


class Wider(Small):
    def forward(self, frames):
        return 2 * super().forward(frames)


@pytest.mark.parametrize("why", ["code", "fresh"])
def test_a_run_of_other_code_and_one_that_is_not_wanted_are_set_aside_whole(tmp_path, capsys, why):
    train(TINY, tmp_path, until=80)
    old = {path.relative_to(tmp_path).parts[0]: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    assert BEST_FILE in old and FRAMES_DIR in old
    state = (tmp_path / STATE_FILE).read_bytes()
    options = {"q_network": Wider} if why == "code" else {"resume": False}
    run = train(TINY, tmp_path, until=20, **options)
    assert run.agent_steps == 20 and run.evaluations == []
    out = capsys.readouterr().out
    if why == "code":
        assert "The code of the network, the loss or another part has changed since the saved run (80 agent" in out
    assert not (tmp_path / BEST_FILE).exists()  # of the old run
    aside = {path.name for path in tmp_path.iterdir() if re.search(r"_\d{4}-\d\d-\d\d_\d\d-\d\d-\d\d", path.name)}
    assert len(aside) == len(old)
    (old_state,) = (name for name in aside if name.startswith("training_state_"))
    assert (tmp_path / old_state).read_bytes() == state
    (tmp_path / old_state).rename(tmp_path / STATE_FILE)  # and with its own names, it could go on
    (frames,) = (name for name in aside if name.startswith(FRAMES_DIR))
    for path in (tmp_path / FRAMES_DIR).iterdir():
        path.unlink()
    (tmp_path / FRAMES_DIR).rmdir()
    (tmp_path / frames).rename(tmp_path / FRAMES_DIR)
    assert train(TINY, tmp_path, until=90).agent_steps == 90


def test_a_loss_that_is_no_number_ends_the_run_and_the_last_sound_state_is_kept(tmp_path):
    updates = []

    def loss(q_network, target_network, batch, gamma):
        updates.append(1)
        value = nature_loss(q_network, target_network, batch, gamma)
        return value * float("nan") if len(updates) > 18 else value  # the first call is the trial before the run

    with pytest.raises(TrainingError, match=r"after 18 updates the loss is no longer a number.*division .* by 255"):
        train(TINY, tmp_path, loss=loss, save_every=0.0)
    state = load_training_state(tmp_path / STATE_FILE)
    assert state["counters"]["updates"] == 17
    assert all(torch.isfinite(weights).all() for weights in state["q_network"].values())
    assert all(torch.isfinite(weights).all() for weights in load_weights(tmp_path / WEIGHTS_FILE).values())


def test_a_mistake_in_a_part_keeps_its_own_error_and_the_last_save(tmp_path):
    class Mine(FrameReplay):
        def sample(self, batch_size):
            if self.added > 60:
                raise ZeroDivisionError("mine")
            return super().sample(batch_size)

    with pytest.raises(ZeroDivisionError, match="mine"):
        train(TINY, tmp_path, replay=Mine, save_every=0.0)
    steps = load_training_state(tmp_path / STATE_FILE)["counters"]["agent_steps"]
    assert 110 <= steps < 124 and steps % 2 == 0  # a whole number of rows


class Stub(nn.Module):
    def __init__(self, n_actions, seed=0):
        raise NotImplementedError("Replace this line with your code.")


def loss_stub(q_network, target_network, batch, gamma):
    raise NotImplementedError("Replace this line with your code.")


class SampleStub(FrameReplay):
    def sample(self, batch_size):
        raise NotImplementedError("Replace this line with your code.")


@pytest.mark.parametrize("part", [{"q_network": Stub}, {"loss": loss_stub}, {"replay": SampleStub}])
def test_a_part_that_is_not_written_is_one_sentence(tmp_path, part):
    (definition,) = part.values()
    name = {Stub: "__init__", SampleStub: "sample"}.get(definition, "loss_stub")
    with pytest.raises(TrainingError, match=rf"{name} is not written yet .Replace this line with your code"):
        train(TINY, tmp_path, **part)
    assert not (tmp_path / STATE_FILE).exists()


def test_a_saved_run_that_is_damaged_or_lacks_a_part_is_refused(tmp_path):
    train(TINY, tmp_path, until=20)
    state = torch.load(tmp_path / STATE_FILE, weights_only=True)
    for name in ("optimizer", "games", "memory"):
        torch.save({key: value for key, value in state.items() if key != name}, tmp_path / STATE_FILE)
        with pytest.raises(CheckpointError, match=rf"does not fit this run .KeyError: '{name}'.; resume=False"):
            train(TINY, tmp_path)
    torch.save(state, tmp_path / STATE_FILE)
    for path in (tmp_path / FRAMES_DIR).iterdir():
        path.unlink()
    with pytest.raises(CheckpointError, match="there is no file .*rows_000000000_000000010.npz"):
        train(TINY, tmp_path)
    (tmp_path / STATE_FILE).write_bytes(b"nothing")
    with pytest.raises(CheckpointError, match="damaged"):
        train(TINY, tmp_path)


def test_a_device_that_is_not_there_is_one_sentence(tmp_path, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(TrainingError, match="this machine has no cuda device"):
        train(replace(TINY, device="cuda"), tmp_path)


# --- the constants


def test_the_presets_differ_from_the_paper_where_they_say_so():
    assert AtariConfig() == PAPER and set(PRESETS) == {"paper", "quick", "smoke"}
    assert QUICK.replay_size < PAPER.replay_size and SMOKE.total_steps < QUICK.total_steps < PAPER.total_steps


@pytest.mark.parametrize(
    "change, words",
    [
        ({"total_steps": 0}, "total_steps must be at least 1, not 0"),
        ({"n_games": 0}, "n_games must be at least 1"),
        ({"update_interval": -4}, "update_interval must be at least 1, not -4"),
        ({"noop_max": -1}, "noop_max must not be negative: -1"),
        ({"seed": -1}, "seed must not be negative: -1"),
        ({"gamma": 1.01}, "gamma must be from 0 to 1, not 1.01"),
        ({"gamma": float("nan")}, "gamma must be from 0 to 1, not nan"),
        ({"eps_end": -0.1}, "eps_end must be from 0 to 1"),
        ({"squared_gradient_momentum": 1.0}, "squared_gradient_momentum must be from 0 to below 1"),
        ({"learning_rate": 0.0}, "learning_rate must be positive, not 0.0"),
        ({"min_squared_gradient": float("nan")}, "min_squared_gradient must be positive"),
        ({"replay_size": 40, "n_games": 8}, "replay_size is 40, too small for 8 games"),
        ({"learning_starts": 3, "n_games": 2}, "learning_starts is 3: too few"),
        ({"batch_size": 2_000_000}, "batch_size must not be larger"),
        ({"total_steps": 20}, "batch_size must not be larger"),
    ],
)
def test_a_number_that_no_run_could_use_is_refused(change, words):
    with pytest.raises(ConfigError) as refused:
        replace(PAPER, **change)
    assert words in str(refused.value)


def test_the_smallest_numbers_that_are_allowed_do_run(tmp_path):
    config = replace(TINY, learning_starts=4, replay_size=12, batch_size=1, total_steps=20, held_out_states=1)
    assert train(config, tmp_path).updates == 4
