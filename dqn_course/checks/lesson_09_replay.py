"""The check of ``FrameReplay``: which transitions can be sampled, how a state is put together, and what a batch holds.

Every stored picture shows a number of its own, so whatever comes out says where it was taken from. The three methods
are checked apart: while one is tried, the others are right ones.
"""

import re

import numpy as np
import torch

from dqn_course import replay
from dqn_course.checks import student
from dqn_course.checks.core import Behaviour, Case, Check, Finding

BEHAVIOURS = (
    Behaviour("bounds", 1, "usable: rows that were written and have a next one"),
    Behaviour("seam", 0.5, "usable: none that would need pictures from beyond the seam", needs=("bounds",)),
    Behaviour("cut", 0.5, "usable: none where play was cut", needs=("bounds",)),
    Behaviour("order", 1, "stack: the last `history` pictures, oldest first, across the end of the arrays"),
    Behaviour("ends", 1, "stack: zeros where a picture belongs to another episode"),
    Behaviour("sample", 1, "sample: random usable transitions, as five tensors"),
)
USABLE, STACK, SAMPLE = ("bounds", "seam", "cut"), ("order", "ends"), ("sample",)
NUMBERS = 250
"""Pictures are numbered 1 to this, then again from 1; 255 stands where nothing was ever stored."""
BATCHES, BATCH = 6, 32

SAYS = {
    "not_a_memory": "FrameReplay should be made from the course's: `class FrameReplay(replay.FrameReplay)`.",
    "usable_shape": "usable should return a table of True and False, one for each row and game, shape {}; it returned "
    "shape {}.",
    "newest": "The newest row is usable here, but it has no next picture yet. The last usable row comes one before it.",
    "unwritten": "Rows are usable here that were never written. Only `added` rows are there while the ring fills.",
    "seam": "A state would take pictures from beyond the seam: row {} is the oldest, and {} usable here although {} "
    "pictures before it were overwritten. The first {} rows after the seam cannot be used.",
    "cut": "A transition that was cut is usable here. Its next picture belongs to another game: & ~self.cut.",
    "ends_left_out": "Transitions that terminated are left out. They are the ones with the surest targets; keep them.",
    "starts_left_out": "The first transitions of episodes are left out. They are whole: what is missing is zeros.",
    "cut_others": "More is left out than the transitions that were cut: a cut concerns one game and one row.",
    "row_0": "Nothing has been overwritten yet, so row 0 can be used: what is missing before it is zeros.",
    "seam_too_long": "One row too many is left out after the seam: `history - 1`, not `history`.",
    "past_the_end": "Take `% self.n_rows` last: numbers counted from the first row ever are larger than the table.",
    "missing": "Usable rows are missing, for example row {} of game {}.",
    "nothing_usable": "Nothing is usable here.",
    "stack_shape": "A state should have shape {}; it has {}.",
    "stack_dtype": "A state should stay bytes, torch.uint8; it is {}. The network divides.",
    "reversed": "The pictures come newest first. The oldest comes first, the newest last.",
    "one_early": "The state ends one picture too early: its newest picture is the one in `row`.",
    "one_late": "The state ends one picture too late: its newest picture is the one in `row`.",
    "no_zeros": "Pictures of another episode are in the state. Walk back from the newest; after a picture that is a "
    "start, all earlier ones are zeros.",
    "start_lost": "The first picture of the episode is missing. It belongs to the state; what lies *before* it does "
    "not.",
    "one_of_before": "The last picture of the episode before is still in the state. Stop at the start itself.",
    "terminated_alone": "Where play was cut without an end, pictures of the episode before are in the state. Ask "
    "`starts`.",
    "own_end": "A transition that terminated has lost its own pictures. An end comes after its picture; ask `starts`.",
    "only_one_zero": "Only the one picture before the start is zeros. All earlier ones are of another episode too.",
    "padded": "Missing pictures are filled with the first one of the episode. The released code fills with zeros.",
    "from_unwritten": "Pictures from rows that were never written are in the state.",
    "other_game": "The pictures are of another game. It is self.frames[row, game].",
    "same_picture": "All pictures of the state are the same one.",
    "not_wrapped": "Where a state reaches across the end of the arrays, its pictures are wrong. Row -1 is the last "
    "one, and row n_rows is row 0: `% self.n_rows`.",
    "slice": "A slice cannot go round the end of the array; take the rows one by one.",
    "wrong_stack": "These are not the last pictures up to `row`.",
    "stored_changed": "The stored pictures were changed. Work on a new tensor.",
    "five": "sample should return five tensors: states, actions, rewards, next_states, terminated. It returned {}.",
    "batch_shape": "{} should have shape {}; it has {}. {}",
    "column": "Next to a prediction of shape (B, 1), a (B,) would be stretched to (B, B): `.unsqueeze(1)`.",
    "batch_dtype": "{} should be {}; it is {}. {}",
    "divided": "The pictures are divided by 255 here. They stay bytes; the network divides.",
    "no_tensor": "{} is {}. The network and the loss need tensors: torch.from_numpy, torch.stack.",
    "not_usable": "A state was sampled that is not usable: its newest picture is number {}, which self.usable() "
    "excludes.",
    "always_same": "Only {} of {} usable transitions came up in {} draws. Draw new random places each time.",
    "one_game": "Only game {} was sampled, and there are {}.",
    "next_is_state": "next_states equals states. The next state ends one row further on: row + 1.",
    "next_two": "next_states ends two rows further on. It is one: row + 1.",
    "next_before": "next_states ends one row before. It is one further on: row + 1.",
    "next_zeros": "next_states lacks pictures which the next state has. It ends in row + 1, as a state of its own: "
    "self.stack(row + 1, game).",
    "next_not_wrapped": "After the last row comes row 0: `(row + 1) % self.n_rows`.",
    "wrong_next": "next_states is not what is seen one row further on.",
    "shifted": "{} come from another row than the states. All belong to `row`.",
    "wrong_field": "{} are not those of the states' newest pictures.",
    "wrong_states": "The states are not what self.stack gives for the usable places.",
}
EXPECTED_DTYPE = {"states": "uint8", "actions": "int64", "rewards": "float32", "next_states": "uint8",
                  "terminated": "float32"}  # fmt: skip


def _cases(rng):
    draws = [
        ("usable, 7 of 12 rows written", USABLE, "usable", 12, 2, 4, 7),
        ("usable, all 10 rows written, nothing overwritten", USABLE, "usable", 10, 1, 4, 10),
        ("usable, 16 rows added to 10", USABLE, "usable", 10, 2, 4, 16),
        ("usable, 24 rows added to 12, history = 3", USABLE, "usable", 12, 1, 3, 24),
        ("usable, 31 rows added to 15", USABLE, "usable", 15, 3, 4, 31),
        ("stack, 9 of 14 rows written", STACK, "stack", 14, 2, 4, 9),
        ("stack, 27 rows added to 16", STACK, "stack", 16, 3, 4, 27),
        ("stack, 22 rows added to 12, history = 3", STACK, "stack", 12, 1, 3, 22),
        ("sample, 12 of 20 rows written", SAMPLE, "sample", 20, 1, 4, 12),
        ("sample, 40 rows added to 18", SAMPLE, "sample", 18, 2, 4, 40),
    ]
    return [Case(name, proves, _draw(rng, *rest)) for name, proves, *rest in draws]


def _draw(rng, part, n_rows, n_games, history, added):
    """What was stored, step by step: arrays (added, N). Episodes are short, so that most states meet a start."""
    ended = rng.random((added, n_games)) < 0.22
    ended[-1] = False
    ended[-2] = False
    cut = ended & (rng.random(ended.shape) < 0.4)
    _at_least_one_of_each(ended, cut, added, n_rows, history)
    if part == "sample" and added > n_rows:  # the last row of the arrays can be sampled in every game
        last = added // n_rows * n_rows - 1
        ended[last], cut[last] = False, False
    starts = np.ones_like(ended)
    starts[1:] = ended[:-1]
    numbers = 1 + (np.arange(added)[:, None] * n_games + np.arange(n_games)) % NUMBERS
    return {
        "part": part, "n_rows": n_rows, "n_games": n_games, "history": history, "added": added,
        "numbers": numbers, "actions": rng.integers(0, 6, ended.shape), "rewards": rng.permuted(
            np.resize(np.arange(1.0, 60.0), ended.size)).reshape(ended.shape),
        "terminated": ended & ~cut, "starts": starts, "cut": cut, "seed": int(rng.integers(1000)),
    }  # fmt: skip


def _at_least_one_of_each(ended, cut, added, n_rows, history):
    """In the rows that can be used: an end, and a cut, a few rows apart, in the first game."""
    first = max(0, added - n_rows) + history - 1
    middle = (first + added - 2) // 2
    ended[middle - 1 : middle + 3, 0] = False
    cut[middle - 1 : middle + 3, 0] = False
    ended[[middle - 1, middle + 1], 0] = True
    cut[middle + 1, 0] = True


def _right_usable(memory):
    usable = np.zeros((memory.n_rows, memory.n_games), bool)
    oldest = max(0, memory.added - memory.n_rows)
    first = oldest + memory.history - 1 if oldest else 0
    usable[np.arange(first, memory.added - 1) % memory.n_rows] = True
    return usable & ~memory.cut


def _right_stack(memory, row, game):
    state = torch.zeros((memory.history, *memory.frames.shape[2:]), dtype=torch.uint8)
    for k in range(memory.history):
        state[-1 - k] = memory.frames[(row - k) % memory.n_rows, game]
        if memory.starts[(row - k) % memory.n_rows, game]:
            break
    return state


def _stack_of(memory_class):
    """The right ``stack``; what lies past the last row is given only where the student's own ``stack`` knows it."""

    def stack(memory, row, game):
        if row >= memory.n_rows and not _knows(memory_class, memory, row, game):
            raise student.AnswerError("next_not_wrapped", SAYS["next_not_wrapped"])
        return _right_stack(memory, row, game)

    return stack


def _knows(memory_class, memory, row, game):
    try:
        past, inside = (memory_class.stack(memory, place, game) for place in (row, row % memory.n_rows))
        return np.array_equal(past, inside)
    except NotImplementedError:  # not written yet
        return True
    except Exception:
        return False


def _load(answer):
    return student.class_of(answer, "FrameReplay")


def _call(memory_class, values):
    if not issubclass(memory_class, replay.FrameReplay):
        raise student.AnswerError("not_a_memory", SAYS["not_a_memory"])
    part, n_games = values["part"], values["n_games"]
    sound = {"usable": _right_usable, "stack": _stack_of(memory_class)}
    sound.pop(part, None)
    if part != "sample":  # what is checked may call neither of the others
        sound["sample"] = replay.FrameReplay.sample
    checked = type(memory_class.__name__, (memory_class,), sound)
    memory = checked(
        values["n_rows"] * n_games, n_games, values["history"], values["seed"], "cpu", frame_shape=(2, 2)
    )  # fmt: skip
    memory.frames.fill_(255)
    for t in range(values["added"]):
        pictures = np.broadcast_to(values["numbers"][t][:, None, None], (n_games, 2, 2)).astype(np.uint8)
        memory.add(pictures, *(values[name][t] for name in ("actions", "rewards", "terminated", "starts", "cut")))
    before = memory.frames.clone()
    output = {"usable": _call_usable, "stack": _call_stack, "sample": _call_sample}[part](memory)
    return {**output, "stored_changed": not torch.equal(before, memory.frames)}


def _call_usable(memory):
    try:
        return {"usable": student.array(memory.usable(), "usable")}
    except IndexError as error:
        if "out of bounds" not in str(error):
            raise
        raise student.AnswerError("past_the_end", SAYS["past_the_end"]).with_traceback(error.__traceback__) from None


def _call_stack(memory):
    """The state of every usable place and of the one after it, (n, history): the numbers of its pictures."""
    rows, games = np.nonzero(_right_usable(memory))
    places = sorted({(row, game) for row, game in zip(rows.tolist(), games.tolist())} | {
        ((row + 1) % memory.n_rows, game) for row, game in zip(rows.tolist(), games.tolist())
    })  # fmt: skip
    states = []
    for row, game in places:
        try:
            state = memory.stack(row, game)
        except (RuntimeError, ValueError) as error:
            if not re.search(r"expanded size|shape mismatch|could not (be )?broadcast", str(error)):
                raise
            raise student.AnswerError("slice", SAYS["slice"]).with_traceback(error.__traceback__) from None
        shape, kind = tuple(np.shape(state)), _kind(state)
        if shape != (memory.history, 2, 2):
            return {"shape": list(shape)}
        states.append(student.array(state, "stack").mean((1, 2)))
    return {"places": np.array(places), "states": np.array(states), "kind": kind}


def _call_sample(memory):
    """The numbers of the pictures in a few batches, and the other three fields, each (BATCHES * B, ...)."""
    names = tuple(EXPECTED_DTYPE)
    fields, shapes = {name: [] for name in names}, {}
    for _ in range(BATCHES):
        batch = memory.sample(BATCH)
        if not isinstance(batch, tuple | list) or len(batch) != 5:
            what = f"{len(batch)} things" if isinstance(batch, tuple | list) else student.named(batch)
            raise student.AnswerError("five", SAYS["five"].format(what))
        for name, field in zip(names, batch):
            shapes[name] = {"shape": list(np.shape(field)), "kind": _kind(field)}
            array = student.array(field, f"sample, in {name},")
            fields[name].append(array.mean((2, 3)) if array.ndim == 4 else array)
    ragged = any(len({array.shape for array in arrays}) > 1 for arrays in fields.values())
    return {"shapes": shapes, **({} if ragged else {name: np.concatenate(fields[name]) for name in names})}


def _kind(value):
    if isinstance(value, torch.Tensor):
        return str(value.dtype).removeprefix("torch.")
    return f"{student.named(value)}, not a tensor"


# --- judging


def _stored(values):
    """The ring as it is now: {name: (n_rows, N)}; numbers are 255 where nothing was written."""
    n_rows, added = values["n_rows"], values["added"]
    steps = np.arange(max(0, added - n_rows), added)
    ring = {}
    for name in ("numbers", "actions", "rewards", "terminated", "starts", "cut"):
        ring[name] = np.full((n_rows, values["n_games"]), 255 if name == "numbers" else 0)
        ring[name][steps % n_rows] = values[name][steps]
    return ring


def _usable(values):
    """What is usable (n_rows, N)."""
    n_rows, added, history = values["n_rows"], values["added"], values["history"]
    oldest = max(0, added - n_rows)
    usable = np.zeros((n_rows, values["n_games"]), bool)
    usable[np.arange(oldest + history - 1 if oldest else 0, added - 1) % n_rows] = True
    return usable & (_stored(values)["cut"] == 0)


def _judge(values, output):
    if output["stored_changed"]:
        yield Finding("stored_changed", (), SAYS["stored_changed"])
        return
    yield from {"usable": _judge_usable, "stack": _judge_stack, "sample": _judge_sample}[values["part"]](values, output)


def _judge_usable(values, output):
    n_rows, n_games, history, added = (values[name] for name in ("n_rows", "n_games", "history", "added"))
    got, usable, ring = output["usable"], _usable(values), _stored(values)
    if got.shape != usable.shape:
        yield Finding("usable_shape", USABLE, SAYS["usable_shape"].format(usable.shape, got.shape))
        return
    got = got.astype(bool)
    oldest = max(0, added - n_rows)
    newest = np.zeros_like(usable)
    newest[(added - 1) % n_rows] = True
    unwritten, seam = np.zeros_like(usable), np.zeros_like(usable)
    unwritten[added:] = True
    if oldest:
        seam[np.arange(oldest, oldest + history - 1) % n_rows] = True
    cut = ring["cut"].astype(bool) & ~newest & ~seam
    if not got.any():
        yield Finding("nothing_usable", USABLE, SAYS["nothing_usable"])
        return
    if (got & newest).any():
        yield Finding("newest", ("bounds",), SAYS["newest"])
    if (got & unwritten).any():
        yield Finding("unwritten", ("bounds",), SAYS["unwritten"])
    if (got & seam).any():
        row = int(np.flatnonzero((got & seam).any(1))[0])
        age = (row - oldest) % n_rows
        says = SAYS["seam"].format(oldest % n_rows, f"row {row} is", history - 1 - age, history - 1)
        yield Finding("seam", ("seam",), says)
    if (got & cut).any():
        yield Finding("cut", ("cut",), SAYS["cut"])
    missing = usable & ~got
    rows = np.arange(n_rows)[:, None]
    if missing.any():
        ended, starts = ring["terminated"].astype(bool), ring["starts"].astype(bool)
        row, game = np.argwhere(missing)[0]
        if np.array_equal(missing, usable & ended):
            yield Finding("ends_left_out", ("bounds",), SAYS["ends_left_out"])
        elif np.array_equal(missing, usable & starts):
            yield Finding("starts_left_out", ("bounds",), SAYS["starts_left_out"])
        elif np.array_equal(missing, usable & ring["cut"].astype(bool).any(1, keepdims=True)):
            yield Finding("cut_others", ("cut",), SAYS["cut_others"])
        elif not oldest and any(np.array_equal(missing, usable & (rows < first)) for first in range(1, history + 1)):
            yield Finding("row_0", ("seam",), SAYS["row_0"])
        elif oldest and np.array_equal(missing, usable & ((rows - oldest) % n_rows == history - 1)):
            yield Finding("seam_too_long", ("seam",), SAYS["seam_too_long"])
        else:
            yield Finding("missing", ("bounds",), SAYS["missing"].format(row, game), named=False)


def _walk(ring, row, game, history, *, stop="starts", lose_start=False, keep=0, fill="zeros", wrap=True, newest=0):
    """The numbers of a state's pictures (history,), oldest first, or what a mistake gives."""
    n_rows = len(ring["numbers"])
    numbers, left, first = [], None, 0
    for k in range(history):
        place = row + newest - k
        if not wrap and place < 0:
            numbers.append(0)
            continue
        place %= n_rows
        number = ring["numbers"][place, game]
        if stop == "terminated" and k and ring["terminated"][place, game]:
            left = 0 if left is None else left
        if stop == "own_end" and ring["terminated"][place, game]:
            left = 0 if left is None else left
        if lose_start and ring["starts"][place, game]:
            left = 0 if left is None else left
        if left is not None and left <= 0:
            number = first if fill == "first" else 0
        elif left is not None:
            left -= 1
        numbers.append(number)
        if left is None:
            first = ring["numbers"][place, game]
        if stop == "starts" and not lose_start and left is None and ring["starts"][place, game]:
            left = keep
    return numbers[::-1]


def _only_one_zero(ring, row, game, history):
    numbers = _walk(ring, row, game, history, stop="")
    for k in range(history - 1):
        if ring["starts"][(row - k) % len(ring["starts"]), game]:
            numbers[-2 - k] = 0
    return numbers


STACKS = (
    ("reversed", ("order",), lambda *place: _walk(*place)[::-1]),
    ("no_zeros", ("ends",), lambda *place: _walk(*place, stop="")),
    ("terminated_alone", ("ends",), lambda *place: _walk(*place, stop="terminated")),
    ("own_end", ("ends",), lambda *place: _walk(*place, stop="own_end")),
    ("start_lost", ("ends",), lambda *place: _walk(*place, lose_start=True)),
    ("one_of_before", ("ends",), lambda *place: _walk(*place, keep=1)),
    ("only_one_zero", ("ends",), _only_one_zero),
    ("padded", ("ends",), lambda *place: _walk(*place, fill="first")),
    ("not_wrapped", ("order",), lambda *place: _walk(*place, wrap=False)),
    ("one_early", ("order",), lambda *place: _walk(*place, newest=-1)),
    ("one_early", ("order", "ends"), lambda *place: _walk(*place, newest=-1, stop="")),
    ("one_late", ("order",), lambda *place: _walk(*place, newest=1)),
    ("one_late", ("order", "ends"), lambda *place: _walk(*place, newest=1, stop="")),
    ("reversed_no_zeros", ("order", "ends"), lambda *place: _walk(*place, stop="")[::-1]),
    ("same_picture", ("order", "ends"), lambda ring, row, game, history: [ring["numbers"][row, game]] * history),
    ("other_game", ("order",), lambda ring, row, game, history: _walk(ring, row, 0, history)),
)
"""What known mistakes cost, and the numbers (history,) that they give for a ring, a row, a game and a history."""


def _judge_stack(values, output):
    history = values["history"]
    if "shape" in output and output["shape"][1:] == [2, 2] and output["shape"][0] < history:
        yield Finding("slice", STACK, SAYS["slice"])
        return
    if "shape" in output:
        says = SAYS["stack_shape"].format((history, 2, 2), tuple(output["shape"]))
        yield Finding("stack_shape", STACK, says)
        return
    if output["kind"] != "uint8":
        yield Finding("stack_dtype", ("order",), SAYS["stack_dtype"].format(output["kind"]))
    ring, states, places = _stored(values), output["states"], output["places"].astype(int).tolist()
    if states.max() <= 1 and states.any():
        states = (states * 255).round()
    expected = np.array([_walk(ring, row, game, history) for row, game in places])
    wrong = np.any(states != expected, axis=1)
    if not wrong.any():
        return
    shown = [
        (f"row {places[i][0]}, game {places[i][1]}: pictures", _listed(expected[i]), _listed(states[i]), False)
        for i in np.flatnonzero(wrong)[:3]
    ]
    for key, costs, gives in STACKS:
        if np.array_equal(states, [gives(ring, row, game, history) for row, game in places]):
            for name in key.split("_no_") if key == "reversed_no_zeros" else (key,):
                name = "no_zeros" if name == "zeros" else name
                yield Finding(name, costs, SAYS[name], tuple(shown))
            return
    if (states == 255).any():
        yield Finding("from_unwritten", ("ends",), SAYS["from_unwritten"], tuple(shown))
        return
    whole = (expected != 0).all(1)  # no start among its pictures
    costs = (*(("order",) if (wrong & whole).any() else ()), *(("ends",) if (wrong & ~whole).any() else ()))
    yield Finding("wrong_stack", costs, SAYS["wrong_stack"], tuple(shown), named=False)


def _listed(numbers):
    return ", ".join("zeros" if number == 0 else f"{number:g}" for number in numbers)


def _judge_sample(values, output):
    history, n_rows = values["history"], values["n_rows"]
    wrong_form = list(_judge_form(values, output["shapes"]))
    yield from wrong_form
    states, next_states = output.get("states"), output.get("next_states")
    if any(finding.key in ("batch_shape", "no_tensor") for finding in wrong_form) or states is None:
        return
    if states.max() <= 1:
        yield Finding("divided", ("sample",), SAYS["divided"])
        return
    ring, usable = _stored(values), _usable(values)
    place_of = {ring["numbers"][row, game]: (row, game) for row, game in np.argwhere(ring["numbers"] != 255)}
    places = [place_of.get(number) for number in states[:, -1]]
    unfit = [i for i, place in enumerate(places) if place is None or not usable[place]]
    if unfit:
        if not all(place_of.get(number) and usable[place_of[number]] for number in states[:, 0] if number):
            yield Finding("not_usable", ("sample",), SAYS["not_usable"].format(f"{states[unfit[0], -1]:g}"))
        else:
            yield Finding("wrong_states", ("sample",), SAYS["wrong_states"], named=False)
        return
    if np.any(states != [_walk(ring, row, game, history) for row, game in places]):
        yield Finding("wrong_states", ("sample",), SAYS["wrong_states"])
    yield from _judge_randomness(places, usable)
    rows, games = np.array(places).T
    for name in ("actions", "rewards", "terminated"):
        got = output[name][:, 0]
        if not np.array_equal(got, ring[name][rows, games]):
            shifted = any(np.array_equal(got, ring[name][(rows + by) % n_rows, games]) for by in (1, -1))
            key = "shifted" if shifted else "wrong_field"
            yield Finding(key, ("sample",), SAYS[key].format(name), named=shifted)
    goes_on = ring["terminated"][rows, games] == 0  # the next state of an end means nothing
    yield from _judge_next(ring, rows[goes_on], games[goes_on], history, next_states[goes_on])


def _judge_form(values, shapes):
    frames = (BATCH, values["history"], 2, 2)
    for name, dtype in EXPECTED_DTYPE.items():
        shape, kind = tuple(shapes[name]["shape"]), shapes[name]["kind"]
        expected = frames if name in ("states", "next_states") else (BATCH, 1)
        if kind.endswith("not a tensor"):
            yield Finding("no_tensor", ("sample",), SAYS["no_tensor"].format(name, kind.split(",")[0]))
        elif shape != expected:
            why = SAYS["column"] if shape == (BATCH,) else ""
            yield Finding("batch_shape", ("sample",), SAYS["batch_shape"].format(name, expected, shape, why).strip())
        elif kind != dtype and not (name == "states" and kind.startswith("float")):
            why = {"actions": "gather wants whole numbers.", "terminated": "(1 - terminated) needs a number.",
                   "rewards": "Networks work in float32."}.get(name, "The network divides.")  # fmt: skip
            yield Finding("batch_dtype", ("sample",), SAYS["batch_dtype"].format(name, dtype, kind, why))
        elif kind != dtype:
            yield Finding("batch_dtype", ("sample",), SAYS["batch_dtype"].format(name, dtype, kind, "Bytes are small."))


def _judge_randomness(places, usable):
    different, available = set(places), int(usable.sum())
    games = {game for _, game in places}
    if len(games) < usable.shape[1]:
        yield Finding("one_game", ("sample",), SAYS["one_game"].format(min(games), usable.shape[1]))
    elif len(different) < 0.6 * available:
        says = SAYS["always_same"].format(len(different), available, len(places))
        yield Finding("always_same", ("sample",), says)


def _judge_next(ring, rows, games, history, got):
    n_rows = len(ring["numbers"])

    def at(by, **options):
        return np.array([_walk(ring, (row + by) % n_rows, game, history, **options) for row, game in zip(rows, games)])

    expected = at(1)
    if np.array_equal(got, expected):
        return
    shifted = np.concatenate([at(0)[:, 1:], ring["numbers"][(rows + 1) % n_rows, games][:, None]], axis=1)
    if np.array_equal(got, at(0)):
        key = "next_is_state"
    elif np.array_equal(got, at(2)):
        key = "next_two"
    elif np.array_equal(got, at(-1)):
        key = "next_before"
    else:
        key = (
            "next_zeros"
            if np.all((got == expected) | (got == 0)) and not np.array_equal(got, shifted)
            else "wrong_next"
        )
    i = int(np.flatnonzero(np.any(got != expected, axis=1))[0])
    shown = ((f"after row {rows[i]}: pictures", _listed(expected[i]), _listed(got[i]), False),)
    yield Finding(key, ("sample",), SAYS[key], shown, named=key != "wrong_next")


FrameReplay = Check("FrameReplay", BEHAVIOURS, _cases, _call, _judge, _load)
