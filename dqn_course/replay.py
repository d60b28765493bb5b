"""Replay memory: transitions go in one by one and come out as random batches."""

import numpy as np
import psutil
import torch

from dqn_course.errors import ConfigError


class ReplayBuffer:
    """A ring of the last ``buffer_size`` transitions, kept in arrays.

    The classic workspace keeps a ``deque`` of named tuples and stacks 64 of them for every batch. Here each
    field is one array, so a batch is one indexing operation per field. Same interface, same batches.

    Parameters
    ----------
    action_size: number of actions; kept for the classic signature, the buffer does not need it.
    buffer_size: transitions kept; the oldest is overwritten.
    batch_size: transitions per sample, drawn without repetition.
    seed: seeds the sampling.
    """

    def __init__(self, action_size, buffer_size, batch_size, seed=0):
        self.action_size = action_size
        self.buffer_size = buffer_size
        self.batch_size = batch_size
        self.rng = np.random.default_rng(seed)
        self.position = 0  # where the next transition goes
        self.size = 0  # transitions stored
        self.states = None  # the arrays are made at the first add, when the shape of a state is known

    def add(self, state, action, reward, next_state, done):
        """Store one transition. ``done`` is 1 only where the episode *terminated*, not where time ran out."""
        if self.states is None:
            self._allocate(np.shape(state))
        i = self.position
        self.states[i] = state
        self.actions[i] = action
        self.rewards[i] = reward
        self.next_states[i] = next_state
        self.terminated[i] = done
        self.position = (i + 1) % self.buffer_size
        self.size = min(self.size + 1, self.buffer_size)

    def sample(self):
        """A random batch as five tensors: states (B, n) float32, actions (B, 1) int64, rewards (B, 1) float32,
        next_states (B, n) float32, terminated (B, 1) float32 of 0 and 1.

        Raises ValueError when fewer than ``batch_size`` transitions are stored.
        """
        if self.size < self.batch_size:
            raise ValueError(f"the buffer holds {self.size} transitions; a batch needs {self.batch_size}")
        return self.batch(self.rng.choice(self.size, self.batch_size, replace=False, shuffle=False))

    def batch(self, rows):
        """The transitions in these rows, (B,), as the five tensors of ``sample``."""
        fields = (self.states, self.actions, self.rewards, self.next_states, self.terminated)
        return tuple(torch.from_numpy(field.take(rows, axis=0)) for field in fields)

    def __len__(self):
        """Transitions stored now."""
        return self.size

    def state_dict(self):
        """Everything needed to go on with the same batches: the stored transitions, the position, the generator.

        As in torch, the tensors are the memory itself and no copies: clone them to keep them.
        """
        stored = {"position": self.position, "rng": self.rng.bit_generator.state}
        if self.states is not None:
            for name in ("states", "actions", "rewards", "next_states", "terminated"):
                stored[name] = torch.from_numpy(getattr(self, name)[: self.size])
        return stored

    def load_state_dict(self, stored):
        """Take over a copy of what ``state_dict`` returned. Raises ValueError when the sizes do not fit."""
        size = len(stored["states"]) if "states" in stored else 0
        if size > self.buffer_size or (size < self.buffer_size and size != stored["position"]):
            raise ValueError(f"{size} stored transitions do not fit a buffer of {self.buffer_size}")
        self.rng.bit_generator.state = stored["rng"]
        self.size, self.states = 0, None
        if size:
            self._allocate(tuple(stored["states"].shape[1:]))
            for name in ("states", "actions", "rewards", "next_states", "terminated"):
                getattr(self, name)[:size] = stored[name].numpy()
            self.size = size
        self.position = stored["position"]

    def _allocate(self, state_shape):
        n = self.buffer_size
        self.states = np.zeros((n, *state_shape), np.float32)
        self.actions = np.zeros((n, 1), np.int64)
        self.rewards = np.zeros((n, 1), np.float32)
        self.next_states = np.zeros((n, *state_shape), np.float32)
        self.terminated = np.zeros((n, 1), np.float32)


class FrameReplay:
    """The memory of the Atari agent: every picture is stored once, as bytes; states are put together when sampled.

    A state is ``history`` pictures and the next state shares all but one of them, so keeping both for every transition
    would store each picture eight times: 56 GB for a million transitions, against 7.06 GB here.

    Several games are played side by side. Row ``t`` holds what each of them saw and did at the same time, and the
    rows are a ring. With R rows and N games, R = capacity / N:

    - ``frames`` (R, N, 84, 84), a uint8 tensor: the picture before the action
    - ``actions`` (R, N) int64, ``rewards`` (R, N) float32
    - ``terminated`` (R, N) bool: the episode ended with this action
    - ``starts`` (R, N) bool: this picture is the first of its episode, what lies above it belongs to another one
    - ``cut`` (R, N) bool: play was cut here without an end (time ran out), so the next state is not known

    The tensor of frames is allocated but not touched: the system hands out its pages as they are filled.
    Source: Mnih et al. 2015, Methods, "Training details" (one million most recent frames).

    Parameters
    ----------
    capacity: transitions kept over all games.
    n_games: games side by side.
    history: pictures in a state.
    seed: seeds the sampling.
    device: where the frames are; on a graphics card, sampling needs no transfer.

    Raises ConfigError when the machine has not enough free memory for the full ring.
    """

    ahead = 1  # rows from a state to its next one

    def __init__(self, capacity, n_games=1, history=4, seed=0, device="cpu", frame_shape=(84, 84)):
        self.n_rows = -(-capacity // n_games)
        self.n_games = n_games
        self.history = history
        self.rng = np.random.default_rng(seed)
        self.added = 0  # rows ever added; the next one goes to row added % n_rows
        if self.n_rows < history + 2:
            raise ConfigError(f"a memory of {capacity} transitions is too small for {n_games} games")
        require_free_memory(self.n_rows * n_games * int(np.prod(frame_shape)), capacity, device)
        self.frames = torch.empty((self.n_rows, n_games, *frame_shape), dtype=torch.uint8, device=device)
        self.actions = np.zeros((self.n_rows, n_games), np.int64)
        self.rewards = np.zeros((self.n_rows, n_games), np.float32)
        self.terminated = np.zeros((self.n_rows, n_games), bool)
        self.starts = np.zeros((self.n_rows, n_games), bool)
        self.cut = np.zeros((self.n_rows, n_games), bool)

    def add(self, frames, actions, rewards, terminated, starts, cut):
        """Store one agent step of every game: frames (N, 84, 84) uint8, all others (N,)."""
        row = self.added % self.n_rows
        self.frames[row] = torch.as_tensor(frames)
        self.actions[row] = actions
        self.rewards[row] = rewards
        self.terminated[row] = terminated
        self.starts[row] = starts if self.added else True  # above the very first row there is nothing
        self.cut[row] = cut
        self.added += 1

    def sample(self, batch_size):
        """A random batch, as five tensors on the device of the frames.

        states (B, history, 84, 84) uint8, actions (B, 1) int64, rewards (B, 1) float32, next_states like states,
        terminated (B, 1) float32 of 0 and 1. The next state of a terminated transition means nothing.
        Raises ValueError when nothing can be sampled yet.
        """
        rows, games = self.sample_indices(batch_size)
        frames, starts = self.window(rows, games)  # (B, history + 1, 84, 84) and (B, history + 1)
        states = without_the_past(frames[:, :-1], starts[:, :-1])
        next_states = without_the_past(frames[:, 1:], starts[:, 1:])
        fields = (self.actions, self.rewards, self.terminated)
        actions, rewards, terminated = (
            torch.from_numpy(field[rows, games]).unsqueeze(1).to(self.frames.device) for field in fields
        )
        return states, actions, rewards, next_states, terminated.float()

    def sample_indices(self, batch_size):
        """Rows (B,) and games (B,) of random transitions whose pictures are all there, drawn with repetition.

        Counted from the oldest row, row i can be used when row i + ``ahead`` exists (its next picture) and, once the
        ring has overwritten something, when ``history - 1`` rows lie before it. Transitions that were cut are drawn
        again.
        """
        stored = len(self) // self.n_games
        oldest = self.added - stored
        first = self.history - 1 if oldest else 0
        if stored - self.ahead <= first:
            raise ValueError(f"the memory holds {len(self)} transitions; a state and its next one need a few more")
        rows = np.empty(batch_size, np.int64)
        games = np.empty(batch_size, np.int64)
        missing = np.arange(batch_size)
        while len(missing):
            age = self.rng.integers(first, stored - self.ahead, len(missing))
            rows[missing] = (oldest + age) % self.n_rows
            games[missing] = self.rng.integers(self.n_games, size=len(missing))
            missing = missing[self.was_cut(rows[missing], games[missing])]
        return rows, games

    def was_cut(self, rows, games):
        """Which of these transitions (B,) have no known next state?"""
        return self.cut[rows, games]

    def window(self, rows, games):
        """The pictures of the states and the one after them, (B, history + 1, 84, 84), and their ``starts``."""
        index = (rows[:, None] + np.arange(1 - self.history, 2)) % self.n_rows  # (B, history + 1)
        flat = torch.from_numpy(index * self.n_games + games[:, None]).to(self.frames.device)
        frames = self.frames.flatten(0, 1).index_select(0, flat.flatten())
        return frames.unflatten(0, flat.shape), torch.from_numpy(self.starts[index, games[:, None]])

    def __len__(self):
        """Transitions stored now, over all games."""
        return min(self.added, self.n_rows) * self.n_games


class NStepReplay(FrameReplay):
    r"""The same memory, sampled n steps deep: $r_t + \gamma r_{t+1} + ... + \gamma^{n-1} r_{t+n-1}$ and $s_{t+n}$.

    A reward reaches n states at once instead of one, so far fewer updates carry it back to where it was earned. The
    n - 1 actions between are those that were played, not the best ones known today: with a small n that does little
    harm. An end within the n steps ends the sum, and ``terminated`` is 1. The discount of the next state is gamma^n.
    Source: Sutton 1988; with DQN in Hessel et al. 2018, "Rainbow".
    """

    def __init__(self, capacity, n_games=1, history=4, seed=0, device="cpu", frame_shape=(84, 84), *, n_step, gamma):
        super().__init__(capacity, n_games, history, seed, device, frame_shape)
        self.ahead = n_step
        self.discounts = (gamma ** np.arange(n_step)).astype(np.float32)

    def sample(self, batch_size):
        """As ``FrameReplay.sample``, with n rewards and the state after them."""
        rows, games = self.sample_indices(batch_size)
        frames, starts = self.window(rows, games)
        states = without_the_past(frames[:, :-1], starts[:, :-1])
        frames, starts = self.window(rows + self.ahead - 1, games)
        next_states = without_the_past(frames[:, 1:], starts[:, 1:])
        steps, reached = self.steps(rows, games)
        returns = (self.rewards[steps] * reached) @ self.discounts  # (B,)
        ended = (self.terminated[steps] & reached).any(axis=1)  # (B,)
        actions, returns, ended = (
            torch.from_numpy(field).unsqueeze(1).to(self.frames.device)
            for field in (self.actions[rows, games], returns, ended)
        )
        return states, actions, returns, next_states, ended.float()

    def was_cut(self, rows, games):
        steps, reached = self.steps(rows, games)
        return (self.cut[steps] & reached).any(axis=1)

    def steps(self, rows, games):
        """Where the n steps from each transition on lie, and which of them, (B, n) bool, its episode reached."""
        steps = (rows[:, None] + np.arange(self.ahead)) % self.n_rows, games[:, None]
        before = np.zeros_like(self.terminated[steps])
        before[:, 1:] = self.terminated[steps][:, :-1]
        return steps, ~np.logical_or.accumulate(before, axis=1)


def without_the_past(frames, starts):
    """A copy of stacks (B, m, 84, 84) in which pictures from before a start are zero; ``starts`` (B, m) bool.

    Oldest first: picture j belongs to another episode if any later picture, j + 1 to m - 1, is the first of its own.
    """
    frames = frames.clone()
    if starts[:, 1:].any():  # in most batches there is none
        later = starts.flip(1).cummax(dim=1).values.flip(1)[:, 1:]  # (B, m - 1): is there a start at j + 1 or after?
        frames[:, :-1][later.to(frames.device)] = 0
    return frames


def require_free_memory(n_bytes, capacity, device):
    """Raise ConfigError when ``n_bytes`` would not fit into free memory: better now than when the machine swaps."""
    device = torch.device(device)
    if device.type == "cuda":
        free, where = torch.cuda.mem_get_info(device)[0], "the graphics card"
    else:
        free, where = psutil.virtual_memory().available, "this machine"
    if n_bytes > 0.9 * free:
        raise ConfigError(
            f"a memory of {capacity:,} transitions needs {n_bytes / 1e9:.1f} GB, and {where} has {free / 1e9:.1f} GB "
            f"free; a replay_size of {int(0.8 * free / n_bytes * capacity):,} would fit"
        )
