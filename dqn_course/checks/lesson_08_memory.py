"""The checks of ``stack_frames`` and ``replay_bytes``."""

from dataclasses import replace

import numpy as np

from dqn_course.checks import student
from dqn_course.checks.core import Behaviour, Case, show
from dqn_course.checks.formula import Mistake, caller
from dqn_course.checks.lesson_05_sure import sure_check
from dqn_course.checks.lesson_08_picture import judge_type, type_of

# --- stack_frames

STACK_BEHAVIOURS = (
    Behaviour("order", 1, "oldest frame first, newest last"),
    Behaviour("last", 1, "of many frames the last m, whatever m is"),
    Behaviour("zeros", 0.5, "frames that are missing are zeros, in front"),
    Behaviour("clean", 0.5, "one array of uint8; the list of frames stays as it was", needs=("order",)),
)


def _stack(frames, m, like=None):
    last = list(frames[-m:])
    return np.stack([np.zeros_like(frames[0] if like is None else like)] * (m - len(last)) + last)


def _repeated(frames, m, which):
    last = list(frames[-m:])
    return np.stack([last[which]] * (m - len(last)) + last)


STACKS = (
    ("newest_first", lambda f, m: _stack(f, m)[::-1]),
    ("reversed", lambda f, m: np.stack([np.zeros_like(f[0])] * (m - len(f[-m:])) + list(f[-m:])[::-1])),
    ("repeats_first", lambda f, m: _repeated(f, m, 0)),
    ("repeats_newest", lambda f, m: _repeated(f, m, -1)),
    ("zeros_behind", lambda f, m: np.stack(list(f[-m:]) + [np.zeros_like(f[0])] * (m - len(f[-m:])))),
    ("ones", lambda f, m: np.stack([np.ones_like(f[0])] * (m - len(f[-m:])) + list(f[-m:]))),
    ("white", lambda f, m: np.stack([np.full_like(f[0], 255)] * (m - len(f[-m:])) + list(f[-m:]))),
    ("no_padding", lambda f, m: np.stack(f[-m:])),
    ("first_m", lambda f, m: _stack(f[:m], m)),
    ("without_newest", lambda f, m: _stack(f[:-1], m, like=f[0])),
    ("without_newest", lambda f, m: np.stack(f[-m:-1])),
    ("fixed_m", lambda f, m: _stack(f, 4)),
    ("all_frames", lambda f, m: np.stack([np.zeros_like(f[0])] * (m - len(f)) + list(f))),
    ("newest_only", lambda f, m: np.stack([f[-1]] * m)),
    ("newest_only", lambda f, m: f[-1]),
    ("last_axis", lambda f, m: np.moveaxis(_stack(f, m), 0, -1)),
    ("last_axis", lambda f, m: np.moveaxis(_stack(f, m), 0, 1)),
    ("joined", lambda f, m: np.concatenate(_stack(f, m))),
    ("joined", lambda f, m: np.concatenate(_stack(f, m), axis=1)),
    ("mixed", lambda f, m: _stack(f, m).mean(0)),
    ("mixed", lambda f, m: _stack(f, m).max(0)),
    ("empty", lambda f, m: np.zeros_like(_stack(f, m))),
)
"""What known mistakes return for the frames f and m."""

STACK_COSTS = {
    "newest_first": ("order", "zeros"),
    "reversed": ("order",),
    **dict.fromkeys(("repeats_first", "repeats_newest", "zeros_behind", "ones", "white", "no_padding"), ("zeros",)),
    **dict.fromkeys(("first_m", "all_frames", "fixed_m"), ("last",)),
    "without_newest": ("order", "last"),
}
"""The behaviours that a mistake loses; all of them where nothing is said."""

STACK_SAYS = {
    "newest_first": "The newest frame comes first here. Put the oldest first: the network must find each moment always "
    "in the same place.",
    "reversed": "The frames are in the wrong order, newest first. Oldest first: `frames[-m:]` has them so already.",
    "repeats_first": "What is missing is filled with the first frame. Here it is zeros, as the exercise says.",
    "repeats_newest": "What is missing is filled with the newest frame. Here it is zeros, as the exercise says.",
    "zeros_behind": "The zeros are behind the frames. What is missing is older than they are, so it belongs in front.",
    "ones": "What is missing is filled with ones. Use zeros: np.zeros.",
    "white": "What is missing is white. Use black, which is zeros.",
    "no_padding": "Just after the start there are too few frames, and the stack is too short. Put frames of zeros in "
    "front, so that there are always m.",
    "first_m": "These are the first m frames of the episode. Take the last m: `frames[-m:]`.",
    "without_newest": "The newest frame is missing. `frames[-m:]` has no end, so it goes to the last.",
    "fixed_m": "This always stacks 4 frames. The number is m.",
    "all_frames": "With more than m frames, all of them are stacked. Take the last m: `frames[-m:]`.",
    "newest_only": "This is the newest frame alone. Stack the last m.",
    "last_axis": "The m frames are not the first axis. The result is (m, h, w): np.stack(..., axis=0), its default.",
    "joined": "The frames are put side by side, as one large picture. np.stack makes a new first axis; np.concatenate "
    "does not.",
    "mixed": "The frames are mixed into one. Keep m of them, one behind the other: np.stack.",
    "empty": "This is all zeros. Put the frames in.",
    "a_list": "This is a list of pictures. Make one array of them: `np.stack(...)`.",
    "other_shape": "A black frame must have the shape of the others: `np.zeros_like(frames[0])`.",
}
STACK_HINTS = {
    r"must have the same shape|inhomogeneous|must match exactly|stack expects each tensor": STACK_SAYS["other_shape"],
}


def _stack_cases(rng):
    def frames(n):
        return [rng.integers(1, 256, (3, 2)).astype(np.uint8) for _ in range(n)]

    draws = [
        ("four frames", ("order",), frames(4), 4),
        ("a single frame", ("zeros",), frames(1), 4),
        ("three frames", ("order", "zeros", "clean"), frames(3), 4),
        ("nine frames", ("order", "last"), frames(9), 4),
        ("six frames, m = 3", ("order", "last"), frames(6), 3),
        ("two frames, m = 5", ("zeros", "last"), frames(2), 5),
        ("five frames, m = 1", ("last",), frames(5), 1),
    ]
    return [Case(name, proves, {"frames": list(f), "m": m}, STACK_HINTS) for name, proves, f, m in draws]


def _call_stack(stack_frames, values):
    kinds = []

    def noted(*arguments):
        result = stack_frames(*arguments)
        if isinstance(result, list | tuple) and len({np.shape(entry) for entry in result}) > 1:
            raise student.AnswerError("other_shape", STACK_SAYS["other_shape"])
        kinds.append(type_of(result))
        return result

    return {**caller("stack_frames")(noted, values), "type": kinds[0]}


def _judge_stack(values, output, left_out=frozenset()):
    found = list(stack_values.judge(values, output, left_out))
    yield from found or judge_type(output, ("clean",), STACK_SAYS["a_list"])


stack_values = sure_check(
    "stack_frames",
    STACK_BEHAVIOURS,
    _stack_cases,
    _stack,
    [
        Mistake(
            key,
            STACK_SAYS[key],
            lambda frames, m, f=gives: f(frames, m),
            STACK_COSTS.get(key, ("order", "last", "zeros")),
        )
        for key, gives in STACKS
    ],
    loose=False,
    call=_call_stack,
    wrong="This is not the last m frames, oldest first, behind zeros for those that are missing.",
)
stack_frames = replace(stack_values, judge=_judge_stack)


# --- replay_bytes

BYTES_BEHAVIOURS = (
    Behaviour("naive", 0.75, "two whole stacks a transition, of state and next state"),
    Behaviour("once", 0.75, "every picture once: one new picture a transition"),
    Behaviour("bytes", 0.5, "as many bytes as a pixel takes", needs=("naive", "once")),
)


def _bytes(n, m, size, once, side):
    return n * (1 if once else 2 * m) * side * side * size


BYTES = (
    ("one_stack", lambda n, m, b, once, side: n * m * side**2 * b if not once else None),
    ("no_history", lambda n, m, b, once, side: n * 2 * side**2 * b if not once else None),
    ("square", lambda n, m, b, once, side: _bytes(n, m, b, once, side) / side),
    ("still_stacks", lambda n, m, b, once, side: n * m * side**2 * b if once else None),
    ("still_two", lambda n, m, b, once, side: n * 2 * side**2 * b if once else None),
    ("flag_ignored", lambda n, m, b, once, side: _bytes(n, m, b, False, side) if once else None),
    ("always_once", lambda n, m, b, once, side: _bytes(n, m, b, True, side) if not once and m > 1 else None),
    ("bytes_ignored", lambda n, m, b, once, side: _bytes(n, m, 1, once, side) if b > 1 else None),
    ("bytes_ignored", lambda n, m, b, once, side: _bytes(n, m, 4, once, side) if b != 4 else None),
    ("bits", lambda n, m, b, once, side: 8 * _bytes(n, m, b, once, side)),
    ("bits", lambda n, m, b, once, side: _bytes(n, m, b, once, side) / 8),
    *(
        ("other_unit", lambda n, m, b, once, side, unit=unit: _bytes(n, m, b, once, side) / unit)
        for unit in (1e3, 2**10, 1e6, 2**20, 1e9, 2**30)
    ),
    ("other_unit", lambda n, m, b, once, side: round(_bytes(n, m, b, once, side) / 1e9)),
    ("three_colours", lambda n, m, b, once, side: 3 * _bytes(n, m, b, once, side)),
    ("raw", lambda n, m, b, once, side: n * (1 if once else 2 * m) * 210 * 160 * b),
    ("fixed_side", lambda n, m, b, once, side: _bytes(n, m, b, once, 84) if side != 84 else None),
    ("fixed_history", lambda n, m, b, once, side: _bytes(n, 4, b, once, side) if not once and m != 4 else None),
    ("one_transition", lambda n, m, b, once, side: _bytes(1, m, b, once, side)),
    ("five", lambda n, m, b, once, side: n * (m + 1) * side**2 * b if not once else None),
)
"""What known mistakes return; None where a mistake changes nothing."""

BYTES_COSTS = {
    **dict.fromkeys(("one_stack", "no_history", "fixed_history", "five", "always_once"), ("naive",)),
    **dict.fromkeys(("still_stacks", "still_two", "flag_ignored"), ("once",)),
    "bytes_ignored": ("bytes",),
}
"""The behaviours that a mistake loses; the two counts where nothing is said."""

BYTES_SAYS = {
    "one_stack": "This counts one stack a transition. It holds two: the state and the next state.",
    "no_history": "This counts one picture a state. A state is a stack of `history` pictures.",
    "square": "A picture has side x side pixels: `side**2`.",
    "still_stacks": "With every picture stored once, a transition adds one picture, not a whole stack: the others are "
    "there already, from the transitions before.",
    "still_two": "With every picture stored once, a transition adds one picture: the next state of one transition is "
    "the state of the following one.",
    "flag_ignored": "`each_frame_once` changes nothing here, or is the wrong way round. With it a transition adds one "
    "picture, without it two stacks.",
    "always_once": "Without `each_frame_once` a transition holds two stacks, which is more than one picture. Is the "
    "flag used, and the right way round?",
    "bytes_ignored": "`bytes_per_pixel` is not used. A uint8 takes 1 byte, a float32 takes 4.",
    "bits": "These are bits, or bytes divided by 8. A uint8 is 8 bits, which is 1 byte.",
    "other_unit": "This is in kilobytes, megabytes or gigabytes. Return bytes, a plain whole number.",
    "three_colours": "This counts three colours. After `luminance` a pixel is one number.",
    "raw": "This counts raw screens. What is stored has side x side pixels.",
    "fixed_side": "This always takes 84 x 84. The side is an argument.",
    "fixed_history": "This always takes stacks of 4. The number is `history`.",
    "one_transition": "These are the bytes of one transition. Multiply by `transitions`.",
    "five": "This stores the pictures that state and next state share only once. Stored one by one, a transition holds "
    "two whole stacks.",
}


def _bytes_cases(rng):
    n = int(rng.integers(200, 900)) * 1000
    draws = [
        ("a million, stack by stack", ("naive",), (1_000_000, 4, 1, False, 84)),
        ("as float32", ("naive", "bytes"), (n, 4, 4, False, 84)),
        ("other sizes", ("naive",), (n, 3, 2, False, 40)),
        ("a million, every picture once", ("once",), (1_000_000, 4, 1, True, 84)),
        ("every picture once, other sizes", ("once",), (n, 6, 4, True, 52)),
    ]
    names = ("transitions", "history", "bytes_per_pixel", "each_frame_once", "side")
    return [Case(name, proves, dict(zip(names, values))) for name, proves, values in draws]


def _named(gives):
    return lambda transitions, history, bytes_per_pixel, each_frame_once, side: gives(
        transitions, history, bytes_per_pixel, each_frame_once, side
    )


def _judge_bytes(values, output, left_out=frozenset()):
    for finding in bytes_check.judge(values, output, left_out):
        rows = [
            (label, *map(_number, (_bytes_of(**values), output["value"])), same) for label, *_, same in finding.rows
        ]
        yield replace(finding, rows=tuple(rows))


def _number(value):
    """A count as a person writes it: 56,448,000,000."""
    value = float(np.reshape(value, -1)[0])
    return f"{value:,.0f}" if np.isfinite(value) and value == round(value) else show(value)


_bytes_of = _named(_bytes)
bytes_check = sure_check(
    "replay_bytes",
    BYTES_BEHAVIOURS,
    _bytes_cases,
    _bytes_of,
    [Mistake(key, BYTES_SAYS[key], _named(gives), BYTES_COSTS.get(key, ("naive", "once"))) for key, gives in BYTES],
    wrong="This is not pictures a transition x transitions x pixels x bytes.",
)
replay_bytes = replace(bytes_check, judge=_judge_bytes)
