"""Replay memory: transitions go in one by one and come out as random batches."""

import numpy as np
import torch


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
        rows = self.rng.choice(self.size, self.batch_size, replace=False, shuffle=False)
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
