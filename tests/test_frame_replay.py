"""FrameReplay against an oracle that keeps every transition whole, and its way to disk and back."""

import numpy as np
import psutil
import pytest
import torch

from dqn_course import replay
from dqn_course.atari_training import nature_loss
from dqn_course.checkpoints import FRAME_FIELDS, keep_only, load_frames, save_frames
from dqn_course.errors import CheckpointError, ConfigError
from dqn_course.replay import FrameReplay, NStepReplay, without_the_past

SHAPE = (2, 3)  # pixels of a picture; nothing depends on them but the memory
GAMMA = 0.5


class Oracle:
    """Streams of random games. Every transition is kept whole, in the plainest way, beside the memory that is tested.

    The reward of a transition is its number, so that a sampled one can be recognised.
    """

    def __init__(self, memory, seed=0, chance_of_end=0.15, chance_of_cut=0.1):
        self.memory, self.rng = memory, np.random.default_rng(seed)
        self.chances = chance_of_end, chance_of_cut
        self.games = [[] for _ in range(memory.n_games)]  # (state, action, reward, next state, terminated, cut)
        self.episodes = [[self.picture()] for _ in range(memory.n_games)]  # the pictures of each game's episode so far

    def picture(self):
        return self.rng.integers(1, 256, SHAPE).astype(np.uint8)

    def state(self, game):
        """The last pictures of the episode, oldest first, with zeros for those that are not there."""
        m = self.memory.history
        last = self.episodes[game][-m:]
        return np.stack([np.zeros(SHAPE, np.uint8)] * (m - len(last)) + last)

    def play(self, rows):
        n, (end, cut_off) = self.memory.n_games, self.chances
        for _ in range(rows):
            states = [self.state(game) for game in range(n)]
            starts = np.array([len(episode) == 1 for episode in self.episodes])
            actions = self.rng.integers(0, 18, n)
            rewards = np.array([1 + len(self.games[game]) * n + game for game in range(n)], np.float32)
            ended = self.rng.random(n) < end
            cut = ~ended & (self.rng.random(n) < cut_off)
            for game in range(n):
                new = self.picture()
                self.episodes[game].append(new)
                after = self.state(game)
                if ended[game] or cut[game]:
                    self.episodes[game] = [self.picture()]
                self.games[game].append((states[game], actions[game], rewards[game], after, ended[game], cut[game]))
            self.memory.add(np.stack([state[-1] for state in states]), actions, rewards, ended, starts, cut)

    def expected(self, row, game, n_step=1):
        """(state, action, return, next state or None where it means nothing, terminated), or None if it was cut."""
        steps = self.games[game][row : row + n_step]
        state, action = steps[0][:2]
        total, discount = 0.0, 1.0
        for _, _, reward, _, ended, cut in steps:
            if cut:
                return None
            total += discount * reward
            discount *= GAMMA
            if ended:
                return state, action, total, None, 1.0
        return state, action, total, steps[-1][3], 0.0

    def can_be_drawn(self, n_step=1):
        """Every (row, game) whose pictures the memory still has, and whose next state is known."""
        oldest = max(0, self.memory.added - self.memory.n_rows)
        first = oldest + self.memory.history - 1 if oldest else 0
        return {
            (row, game)
            for row in range(first, self.memory.added - n_step)
            for game in range(self.memory.n_games)
            if self.expected(row, game, n_step) is not None
        }


def memory_of(capacity, n_games=1, history=4, seed=0, n_step=1):
    if n_step > 1:
        return NStepReplay(capacity, n_games, history, seed, frame_shape=SHAPE, n_step=n_step, gamma=GAMMA)
    return FrameReplay(capacity, n_games, history, seed, frame_shape=SHAPE)


def require_equal(oracle, draws, n_step=1):
    """Every drawn transition is the oracle's; return how often each was drawn."""
    memory = oracle.memory
    order = {}  # what the sampler chose, seen on its way
    choose = memory.sample_indices

    def watched(batch_size):
        order["rows"], order["games"] = choose(batch_size)
        return order["rows"], order["games"]

    memory.sample_indices = watched
    states, actions, rewards, next_states, terminated = (tensor.numpy() for tensor in memory.sample(draws))
    memory.sample_indices = choose
    assert states.dtype == next_states.dtype == np.uint8 and states.shape == (draws, memory.history, *SHAPE)
    assert next_states.shape == states.shape and actions.dtype == np.int64
    assert rewards.dtype == terminated.dtype == np.float32
    assert actions.shape == rewards.shape == terminated.shape == (draws, 1)
    oldest = max(0, memory.added - memory.n_rows)
    counts = {}
    for i in range(draws):
        game = int(order["games"][i])
        row = oldest + (int(order["rows"][i]) - oldest) % memory.n_rows
        if n_step == 1:  # the reward says which one it is, whatever the sampler says
            number = int(rewards[i, 0]) - 1
            assert (number // memory.n_games, number % memory.n_games) == (row, game)
        state, action, total, after, ended = oracle.expected(row, game, n_step)
        assert (states[i] == state).all(), (row, game)
        assert (actions[i, 0], terminated[i, 0]) == (action, ended)
        assert rewards[i, 0] == pytest.approx(total, rel=1e-6)
        assert after is None or (next_states[i] == after).all(), (row, game)
        counts[row, game] = counts.get((row, game), 0) + 1
    return counts


@pytest.mark.parametrize("n_step", [1, 3])
@pytest.mark.parametrize("capacity, n_games, history", [(40, 1, 4), (60, 3, 4), (64, 2, 2), (31, 2, 1), (90, 5, 3)])
def test_every_sampled_transition_is_the_one_that_was_played(capacity, n_games, history, n_step):
    oracle = Oracle(memory_of(capacity, n_games, history, n_step=n_step), seed=capacity)
    n_rows = oracle.memory.n_rows
    assert n_rows * n_games >= capacity > (n_rows - 1) * n_games
    for rows in (8, n_rows - 9, 1, 1, 1, history, n_rows // 2, 3 * n_rows + 5):  # fills, meets the seam, wraps often
        oracle.play(rows)
        require_equal(oracle, 400, n_step)
    assert oracle.memory.added > 4 * n_rows and len(oracle.memory) == n_rows * n_games


@pytest.mark.parametrize("n_step", [1, 3])
@pytest.mark.parametrize("rows", [9, 20, 21, 33])  # filling, just full, one overwritten, over the seam
def test_all_transitions_whose_pictures_are_there_are_drawn_equally_often_and_no_others(rows, n_step):
    oracle = Oracle(memory_of(40, n_games=2, n_step=n_step), seed=rows)
    oracle.play(rows)
    draws = 4000
    counts = require_equal(oracle, draws, n_step)
    assert counts.keys() == oracle.can_be_drawn(n_step)
    mean = draws / len(counts)
    assert max(abs(count - mean) for count in counts.values()) < 5.5 * np.sqrt(mean)


def test_games_without_an_end_and_games_of_one_step():
    for end in (0.0, 1.0):
        oracle = Oracle(memory_of(30, n_games=2), chance_of_end=end, chance_of_cut=0.0)
        oracle.play(47)
        require_equal(oracle, 500)


def test_the_same_seed_draws_the_same_and_another_one_does_not():
    batches = []
    for seed in (1, 1, 2):
        oracle = Oracle(memory_of(40, seed=seed))
        oracle.play(30)
        batches.append(oracle.memory.sample(50)[2])
    assert torch.equal(batches[0], batches[1]) and not torch.equal(batches[0], batches[2])


def test_the_sampled_pictures_are_copies():
    oracle = Oracle(memory_of(40))
    oracle.play(30)
    before = oracle.memory.frames.clone()
    states, _, _, next_states, _ = oracle.memory.sample(64)
    states.zero_(), next_states.zero_()
    assert torch.equal(oracle.memory.frames[:30], before[:30])


def test_too_few_transitions_are_a_value_error():
    oracle = Oracle(memory_of(40))
    with pytest.raises(ValueError, match="holds 0 transitions"):
        oracle.memory.sample(1)
    oracle.play(1)
    with pytest.raises(ValueError, match="holds 1 transitions; a state and its next one need a few more"):
        oracle.memory.sample(1)
    oracle.play(1)
    assert len(oracle.memory.sample(3)[0]) == 3


def test_a_picture_from_before_a_start_is_black_by_hand():
    frames = torch.arange(1, 5, dtype=torch.uint8).view(1, 4, 1, 1).repeat(5, 1, 1, 1)  # pictures 1 2 3 4, five times
    starts = torch.tensor(
        [[0, 0, 0, 0], [1, 0, 0, 0], [0, 0, 1, 0], [0, 1, 0, 1], [1, 1, 1, 1]], dtype=torch.bool
    )  # fmt: skip
    expected = [[1, 2, 3, 4], [1, 2, 3, 4], [0, 0, 3, 4], [0, 0, 0, 4], [0, 0, 0, 4]]
    assert without_the_past(frames, starts).flatten(1).tolist() == expected
    assert frames.flatten(1).tolist() == [[1, 2, 3, 4]] * 5


# --- memory


def test_a_million_transitions_take_at_most_7_3_gb():
    memory = FrameReplay(20_000, n_games=8)
    fields = sum(getattr(memory, name).nbytes for name in FRAME_FIELDS)
    gb_per_million = (memory.frames.nbytes + fields) * 50 / 1e9
    assert 7.05 < gb_per_million < 7.3


def test_memory_is_taken_as_it_is_filled_not_before():
    process = psutil.Process()
    before = process.memory_info().rss
    memory = FrameReplay(60_000)  # 423 MB
    empty = process.memory_info().rss - before
    frame = np.ones((1, 84, 84), np.uint8)
    for _ in range(6_000):  # a tenth
        memory.add(frame, [0], [0.0], [False], [False], [False])
    filled = process.memory_info().rss - before
    assert empty < 10e6 and 35e6 < filled < 80e6


def test_a_memory_that_would_not_fit_is_refused_before_the_machine_swaps(monkeypatch):
    class Memory:
        available = 2_000_000_000

    monkeypatch.setattr(psutil, "virtual_memory", lambda: Memory)
    monkeypatch.setattr(replay.torch, "empty", lambda *args, **options: pytest.fail("memory was asked for"))
    with pytest.raises(ConfigError) as refused:
        FrameReplay(1_000_000)
    assert "1,000,000 transitions needs 7.1 GB, and this machine has 2.0 GB free" in str(refused.value)
    fits = int(str(refused.value).split("replay_size of ")[1].split(" would")[0].replace(",", ""))
    assert 150_000 < fits < 1_000_000
    monkeypatch.undo()
    monkeypatch.setattr(psutil, "virtual_memory", lambda: Memory)
    assert FrameReplay(fits).n_rows == fits


def test_a_memory_smaller_than_a_state_is_refused():
    with pytest.raises(ConfigError, match="12 transitions is too small for 3 games"):
        memory_of(12, n_games=3)


# --- to disk and back


def copy_of(memory, folder, names, added, rng_state):
    new = memory_of(memory.n_rows * memory.n_games, memory.n_games, memory.history, seed=99)
    load_frames(new, folder, names, added, rng_state)
    return new


def live(memory):
    """All that a memory holds, oldest first."""
    rows = np.arange(max(0, memory.added - memory.n_rows), memory.added) % memory.n_rows
    return [memory.frames.numpy()[rows], *(getattr(memory, name)[rows] for name in FRAME_FIELDS)]


def generator(memory):
    return memory.rng.bit_generator.state


@pytest.mark.parametrize("rows", [1, 7, 10, 19, 20, 21, 27, 40, 61, 100])
def test_a_memory_comes_back_from_disk_as_it_was_also_at_the_seam(tmp_path, rows):
    oracle = Oracle(memory_of(40, n_games=2))
    oracle.play(rows)
    memory = oracle.memory
    names = save_frames(memory, tmp_path, rows_per_file=6)
    oracle.memory = new = copy_of(memory, tmp_path, names, memory.added, generator(memory))
    for mine, theirs in zip(live(memory), live(new)):
        np.testing.assert_array_equal(mine, theirs)
    if rows > 2:
        for mine, theirs in zip(memory.sample(100), new.sample(100)):
            assert torch.equal(mine, theirs)
    oracle.play(50)  # the new memory goes on
    require_equal(oracle, 300)


def test_only_what_is_new_is_written(tmp_path):
    oracle = Oracle(memory_of(40, n_games=2))
    written = {}
    for _ in range(30):
        oracle.play(3)
        names = save_frames(oracle.memory, tmp_path, rows_per_file=6)
        keep_only(names, tmp_path)
        assert sorted(path.name for path in tmp_path.iterdir()) == sorted(names)
        now = {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
        for name in written.keys() & now.keys():
            assert now[name] == written[name], "a file that was there has been written again"
        assert len(now.keys() - written.keys()) == 1
        written = now
        assert len(names) <= 20 // 6 + 2  # what the ring has overwritten is gone from the disk, too


def test_a_kill_before_the_state_is_written_leaves_the_files_of_the_state_before(tmp_path):
    oracle = Oracle(memory_of(40, n_games=2))
    for rows in (4, 5, 8, 13, 2, 30):
        oracle.play(rows)
        memory = oracle.memory
        state = save_frames(memory, tmp_path, rows_per_file=6), memory.added, generator(memory)
        keep_only(state[0], tmp_path)
        expected = live(memory)
        oracle.play(rows + 1)
        save_frames(memory, tmp_path, rows_per_file=6)  # and here the process is killed
        for mine, theirs in zip(live(copy_of(memory, tmp_path, *state)), expected):
            np.testing.assert_array_equal(mine, theirs)


def test_damaged_and_missing_files_are_one_sentence(tmp_path):
    oracle = Oracle(memory_of(40))
    oracle.play(30)
    memory = oracle.memory
    names = save_frames(memory, tmp_path, rows_per_file=6)
    state = names, memory.added, generator(memory)
    other = memory_of(40)
    with pytest.raises(CheckpointError, match="is damaged or of another run"):
        load_frames(FrameReplay(40, frame_shape=(5, 5)), tmp_path, *state)
    data = (tmp_path / names[2]).read_bytes()
    for damage in (data[:-40], b"nonsense", data[:60] + b"\0" * 40 + data[100:]):
        (tmp_path / names[2]).write_bytes(damage)
        with pytest.raises(CheckpointError, match=f"{names[2]} is damaged or of another run"):
            load_frames(other, tmp_path, *state)
    (tmp_path / names[2]).unlink()
    with pytest.raises(CheckpointError, match=f"there is no file .*{names[2]}"):
        load_frames(other, tmp_path, *state)


def test_other_files_in_the_folder_are_left_alone(tmp_path):
    (tmp_path / "notes.txt").touch()
    (tmp_path / ".rows_000000000_000000006.npz.77.new").touch()  # half a file, of a kill
    keep_only([], tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_a_batch_and_its_loss_stay_on_the_device_of_the_frames():
    """Without a graphics card: "meta" is a device that has shapes only, and refuses to mix with another."""
    memory, rng, no = FrameReplay(100, n_games=2, device="meta"), np.random.default_rng(0), np.zeros(2, bool)
    for _ in range(60):
        starts = rng.random(2) < 0.3
        memory.add(rng.integers(0, 256, (2, 84, 84), np.uint8), no, no, starts, starts, no)
    batch = memory.sample(32)
    assert [tensor.device.type for tensor in batch] == ["meta"] * 5
    assert [tensor.shape for tensor in batch] == [(32, 4, 84, 84), (32, 1), (32, 1), (32, 4, 84, 84), (32, 1)]
    weight = torch.zeros(4, 4, device="meta", requires_grad=True)

    def network(frames):
        return frames.float().mean(dim=(2, 3)) @ weight

    loss = nature_loss(network, network, batch, 0.99)
    loss.backward()
    assert loss.device.type == weight.grad.device.type == "meta"
