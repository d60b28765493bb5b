"""Answers to exercise 9.3, ``FrameReplay``: the solutions of ``usable``, ``stack`` and ``sample``."""

from mutants import Right, Wrong, code

USABLE = code(
    "oldest = max(0, self.added - self.n_rows)",
    "first = oldest + self.history - 1 if oldest else 0",
    "table = np.zeros((self.n_rows, self.n_games), bool)",
    "table[np.arange(first, self.added - 1) % self.n_rows] = True",
    "return table & ~self.cut",
)
COPY = "    state[-1 - k] = self.frames[(row - k) % self.n_rows, game]"
STACK = code(
    "for k in range(self.history):",
    COPY,
    "    if self.starts[(row - k) % self.n_rows, game]:",
    "        break",
    "return state",
)
NEGATIVE = code(  # rows before row 0 are counted from the end, as Python does; there is nothing after the last one
    "for k in range(self.history):",
    "    state[self.history - 1 - k] = self.frames[row - k, game]",
    "    if self.starts[row - k, game]:",
    "        break",
    "return state",
)
PICK = code(
    "rows, games = np.nonzero(self.usable())",
    "picks = self.rng.integers(len(rows), size=batch_size)",
    "rows, games = rows[picks], games[picks]",
)
STATES = "states = torch.stack([self.stack(r, g) for r, g in zip(rows, games)])"
NEXT = "next_states = torch.stack([self.stack((r + 1) % self.n_rows, g) for r, g in zip(rows, games)])"
FIELDS = code(
    "actions = torch.from_numpy(self.actions[rows, games]).unsqueeze(1)",
    "rewards = torch.from_numpy(self.rewards[rows, games]).unsqueeze(1)",
    "terminated = torch.from_numpy(self.terminated[rows, games]).unsqueeze(1).float()",
)
BACK = "return states, actions, rewards, next_states, terminated"
SAMPLE = code(PICK, STATES, NEXT, FIELDS, BACK)


def usable(*changes):
    return _changed(USABLE, changes), STACK, SAMPLE


def stack(*changes):
    return USABLE, _changed(STACK, changes), SAMPLE


def sample(*changes):
    return USABLE, STACK, _changed(SAMPLE, changes)


def _changed(text, changes):
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    return text


WRONG = (
    Wrong("the newest row too", "newest", 3, usable(("self.added - 1)", "self.added)"))),
    Wrong("the whole ring", "newest unwritten seam", 3,
          usable(("np.arange(first, self.added - 1) % self.n_rows", "np.arange(self.n_rows)"))),
    Wrong("all but the newest", "unwritten seam", 3,
          (code("table = np.ones((self.n_rows, self.n_games), bool)",
                "table[(self.added - 1) % self.n_rows] = False", "return table & ~self.cut"), STACK, SAMPLE)),
    Wrong("no seam", "seam", 4.5, usable(("first = oldest + self.history - 1 if oldest else 0", "first = oldest"))),
    Wrong("seam too short", "seam", 4.5, usable(("oldest + self.history - 1 if", "oldest + self.history - 2 if"))),
    Wrong("seam one row too long", "seam_too_long", 4.5, usable(("self.history - 1 if", "self.history if"))),
    Wrong("seam one row too long, and always", "seam_too_long row_0", 4.5,
          usable(("first = oldest + self.history - 1 if oldest else 0", "first = oldest + self.history"))),
    Wrong("row 0 left out while nothing is overwritten", "row_0", 4.5,
          usable(("first = oldest + self.history - 1 if oldest else 0", "first = oldest + self.history - 1"))),
    Wrong("the remainder forgotten", "past_the_end", 3,
          usable(("self.added - 1) % self.n_rows", "self.added - 1)"))),
    Wrong("seam in the wrong place", "newest seam row_0", 3,
          (code("table = np.zeros((self.n_rows, self.n_games), bool)",
                "table[: min(self.added, self.n_rows)] = True", "table[: self.history - 1] = False",
                "return table & ~self.cut"), STACK, SAMPLE)),
    Wrong("cuts too", "cut", 4.5, usable((" & ~self.cut", ""))),
    Wrong("only cuts", "missing cut", 3, usable(("& ~self.cut", "& self.cut"))),
    Wrong("a cut in one game spoils all", "cut_others", 4.5,
          usable(("& ~self.cut", "& ~self.cut.any(1, keepdims=True)"))),
    Wrong("ends left out", "ends_left_out", 3, usable(("& ~self.cut", "& ~self.cut & ~self.terminated"))),
    Wrong("starts left out", "starts_left_out", 3, usable(("& ~self.cut", "& ~self.cut & ~self.starts"))),
    Wrong("a list of rows", "usable_shape", 3,
          usable(("return table & ~self.cut", "return np.flatnonzero(table[:, 0])"))),
    Wrong("newest first", "reversed", 4, stack(("state[-1 - k]", "state[k]"))),
    Wrong("no zeros", "no_zeros", 4,
          (USABLE, code("rows = np.arange(row - self.history + 1, row + 1) % self.n_rows",
                        "return self.frames[rows, game]"), SAMPLE)),
    Wrong("newest first, no zeros", "reversed no_zeros", 3,
          (USABLE, code("rows = np.arange(row, row - self.history, -1) % self.n_rows",
                        "return self.frames[rows, game]"), SAMPLE)),
    Wrong("one early, no zeros", "one_early", 3,
          (USABLE, code("rows = np.arange(row - self.history, row) % self.n_rows", "return self.frames[rows, game]"),
           SAMPLE)),
    Wrong("one early", "one_early", 4, stack(("(row - k)", "(row - k - 1)"))),
    Wrong("start lost", "start_lost", 4,
          (USABLE, code("for k in range(self.history):", "    r = (row - k) % self.n_rows",
                        "    if self.starts[r, game]:", "        break", "    state[-1 - k] = self.frames[r, game]",
                        "return state"), SAMPLE)),
    Wrong("stops one too late", "one_of_before", 4,
          (USABLE, code("for k in range(self.history):", COPY,
                        "    if k and self.starts[(row - k + 1) % self.n_rows, game]:", "        break",
                        "return state"),
           SAMPLE)),
    Wrong("terminated for starts", "own_end", 4,
          (USABLE, code("for k in range(self.history):", "    r = (row - k) % self.n_rows",
                        "    if self.terminated[r, game]:", "        break", "    state[-1 - k] = self.frames[r, game]",
                        "return state"), SAMPLE)),
    Wrong("terminated of the rows before", "terminated_alone", 4,
          (USABLE, code("for k in range(self.history):", "    r = (row - k) % self.n_rows",
                        "    if k and self.terminated[r, game]:", "        break",
                        "    state[-1 - k] = self.frames[r, game]", "return state"), SAMPLE)),
    Wrong("one zero", "only_one_zero", 4,
          (USABLE, code("for k in range(self.history):", COPY,
                        "for k in range(self.history - 1):", "    if self.starts[(row - k) % self.n_rows, game]:",
                        "        state[-2 - k] = 0", "return state"), SAMPLE)),
    Wrong("padded with the first picture", "padded", 4,
          (USABLE, code("r = row", "for k in range(self.history):", "    state[-1 - k] = self.frames[r, game]",
                        "    if not self.starts[r, game]:", "        r = (r - 1) % self.n_rows", "return state"),
           SAMPLE)),
    Wrong("not wrapped", "not_wrapped", 4,
          (USABLE, code("for k in range(self.history):", "    if row - k < 0:", "        break",
                        *STACK.splitlines()[1:]), SAMPLE)),
    Wrong("a slice", "slice", 3,
          (USABLE, "return self.frames[row - self.history + 1 : row + 1, game]", SAMPLE)),
    Wrong("a slice, copied", "slice", 3,
          (USABLE, code("state[:] = self.frames[row - self.history + 1 : row + 1, game]", "return state"), SAMPLE)),
    Wrong("always game 0", "other_game", 4, stack((", game]", ", 0]"))),
    Wrong("the same picture", "same_picture", 3, stack(("self.frames[(row - k) % self.n_rows, game]",
                                                        "self.frames[row, game]"), ("        break", "        pass"))),
    Wrong("floats", "stack_dtype", 4, stack(("return state", "return state.float()"))),
    Wrong("the stored pictures changed", "stored_changed", 3,
          (USABLE, code("state = self.frames[np.arange(row - self.history + 1, row + 1) % self.n_rows, game]",
                        "self.frames[(row + 1) % self.n_rows, game] = 0", "return state"), SAMPLE)),
    Wrong("next state is the state", "next_is_state", 4, sample(("(r + 1) % self.n_rows", "r"))),
    Wrong("next state two on", "next_two", 4, sample(("(r + 1)", "(r + 2)"))),
    Wrong("next state one back", "next_before", 4, sample(("(r + 1)", "(r - 1)"))),
    Wrong("next state beyond the last row", "next_not_wrapped", 4,
          (USABLE, NEGATIVE, SAMPLE.replace("(r + 1) % self.n_rows", "r + 1"))),
    Wrong("columns forgotten", "batch_shape", 4, sample((".unsqueeze(1)", ""))),
    Wrong("terminated stays bool", "batch_dtype", 4, sample((".unsqueeze(1).float()", ".unsqueeze(1)"))),
    Wrong("actions as floats", "batch_dtype", 4,
          sample(("torch.from_numpy(self.actions[rows, games]).unsqueeze(1)",
                  "torch.from_numpy(self.actions[rows, games]).unsqueeze(1).float()"))),
    Wrong("states divided", "divided batch_dtype", 4, sample((STATES, STATES + " / 255"), (NEXT, NEXT + " / 255"))),
    Wrong("arrays", "no_tensor", 4, sample((FIELDS, FIELDS.replace("torch.from_numpy", "np.asarray").replace(
        ".unsqueeze(1)", "[:, None]").replace(".float()", ".astype(np.float32)")))),
    Wrong("four things", "five", 4, sample((BACK, "return states, actions, rewards, next_states"))),
    Wrong("rewards one row on", "shifted", 4, sample(("self.rewards[rows, games]",
                                                      "self.rewards[(rows + 1) % self.n_rows, games]"))),
    Wrong("fields of game 0", "wrong_field", 4, sample(("self.rewards[rows, games]", "self.rewards[rows, 0]"))),
    Wrong("unusable ones too", "not_usable", 4, sample((PICK, code(
        "rows = self.rng.integers(min(self.added, self.n_rows), size=batch_size)",
        "games = self.rng.integers(self.n_games, size=batch_size)")))),
    Wrong("the first ones", "always_same", 4, sample(("picks = self.rng.integers(len(rows), size=batch_size)",
                                                      "picks = np.arange(batch_size) % min(5, len(rows))"))),
    Wrong("one transition", "always_same", 4, sample(("self.rng.integers(len(rows), size=batch_size)",
                                                      "np.full(batch_size, self.rng.integers(len(rows)))"))),
    Wrong("usable not written", "todo", 3, (None, STACK, SAMPLE)),
    Wrong("usable alone", "todo", 2, (USABLE, None, None)),
)  # fmt: skip

RIGHT = (
    Right("no wrap by hand", (USABLE, NEGATIVE, SAMPLE)),
    Right("stack goes round for sample", sample(("(r + 1) % self.n_rows", "r + 1"))),
    Right("masks", (code(
        "age = (np.arange(self.n_rows) - self.added) % self.n_rows", "full = self.added > self.n_rows",
        "ok = (age < self.n_rows - 1) & (age >= (self.history - 1 if full else 0))",
        "if self.added < self.n_rows:", "    ok &= np.arange(self.n_rows) < self.added - 1",
        "return ok[:, None] & ~self.cut"), STACK, SAMPLE)),
    Right("a loop over the rows", (code(
        "table = np.zeros((self.n_rows, self.n_games), bool)", "oldest = max(0, self.added - self.n_rows)",
        "for t in range(oldest + (self.history - 1 if oldest else 0), self.added - 1):",
        "    table[t % self.n_rows] = ~self.cut[t % self.n_rows]", "return table"), STACK, SAMPLE)),
    Right("ends and cuts of the rows before", (USABLE, code(
        "for k in range(self.history):", "    r = (row - k) % self.n_rows",
        "    if k and (self.terminated[r, game] or self.cut[r, game]):", "        break",
        "    state[-1 - k] = self.frames[r, game]",
        "    if self.added <= self.n_rows and r == 0:", "        break", "return state"), SAMPLE)),
    Right("all at once", (USABLE, STACK, code(
        PICK, "index = (rows[:, None] + np.arange(1 - self.history, 2)) % self.n_rows",
        "frames = self.frames[index, games[:, None]]", "starts = torch.from_numpy(self.starts[index, games[:, None]])",
        "def alone(frames, starts):",
        "    later = starts.flip(1).cummax(1).values.flip(1)[:, 1:]", "    frames = frames.clone()",
        "    frames[:, :-1][later] = 0", "    return frames",
        "states, next_states = alone(frames[:, :-1], starts[:, :-1]), alone(frames[:, 1:], starts[:, 1:])",
        FIELDS, BACK))),
    Right("np.random and choice", sample(("self.rng.integers(len(rows), size=batch_size)",
                                          "np.random.choice(len(rows), batch_size, replace=False) if "
                                          "len(rows) >= batch_size else np.random.choice(len(rows), batch_size)"))),
    Right("tensors made anew", (USABLE, STACK, code(
        PICK, STATES, NEXT, "actions = torch.tensor(self.actions[rows, games], dtype=torch.int64).view(-1, 1)",
        "rewards = torch.tensor(self.rewards[rows, games], dtype=torch.float32).view(-1, 1)",
        "terminated = torch.tensor(self.terminated[rows, games], dtype=torch.float32).view(-1, 1)", BACK))),
)  # fmt: skip
