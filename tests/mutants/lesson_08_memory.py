"""Answers to ``stack_frames`` and ``replay_bytes``."""

from mutants import Right, Wrong, code


def padded(last="frames[-m:]", fill="np.zeros_like(frames[0])", result="missing + last"):
    """The last frames, with ``fill`` for those that are missing."""
    return code(
        f"last = list({last})",
        f"missing = [{fill}] * (m - len(last))",
        f"return np.stack({result})",
    )


STACK_WRONG = (
    Wrong("newest first", "newest_first", 1, padded(result="(missing + last)[::-1]")),
    Wrong("turned round", "reversed", 1.5, padded(result="missing + last[::-1]")),
    Wrong("repeats the first", "repeats_first", 2.5, padded(fill="frames[0]")),
    Wrong("repeats the newest", "repeats_newest", 2.5, padded(fill="frames[-1]")),
    Wrong("zeros behind", "zeros_behind", 2.5, padded(result="last + missing")),
    Wrong("ones", "ones", 2.5, padded(fill="np.ones_like(frames[0])")),
    Wrong("white", "white", 2.5, padded(fill="np.full_like(frames[0], 255)")),
    Wrong("no padding", "no_padding", 2.5, "return np.stack(frames[-m:])"),
    Wrong("the first m", "first_m", 2, padded("frames[:m]")),
    Wrong("without the newest", "without_newest", 0.5, padded("frames[-m - 1:-1]")),
    Wrong("cut too early", "without_newest error", 0, "return np.stack(frames[-m:-1])"),
    Wrong(
        "always four",
        "fixed_m",
        2,
        code(
            "last = frames[-4:]",
            "return np.stack([np.zeros_like(frames[0])] * (4 - len(last)) + last)",
        ),
    ),
    Wrong("all of them", "all_frames", 2, padded("frames")),
    Wrong("the newest alone", "newest_only", 0, "return np.stack([frames[-1]] * m)"),
    Wrong("one frame", "newest_only", 0, "return frames[-1]"),
    Wrong("last axis", "last_axis", 0, padded().replace("+ last)", "+ last, axis=-1)")),
    Wrong("middle axis", "last_axis", 0, padded().replace("+ last)", "+ last, axis=1)")),
    Wrong("below each other", "joined", 0, padded().replace("np.stack", "np.concatenate")),
    Wrong("beside each other", "joined", 0, padded().replace("np.stack", "np.hstack")),
    Wrong("mean", "mixed", 0, padded().replace("+ last)", "+ last).mean(axis=0)")),
    Wrong("maximum", "mixed", 0, padded().replace("+ last)", "+ last).max(axis=0)")),
    Wrong("empty", "empty", 0, "return np.zeros((m, *frames[0].shape))"),
    Wrong(
        "filled in from the front",
        "zeros_behind",
        2.5,
        code(
            "stack = np.zeros((m, *frames[0].shape), np.uint8)",
            "for i, frame in enumerate(frames[-m:]):",
            "    stack[i] = frame",
            "return stack",
        ),
    ),
    Wrong(
        "the list grows",
        "input_changed",
        2.5,
        code(
            "while len(frames) < m:",
            "    frames.insert(0, np.zeros_like(frames[0]))",
            "return np.stack(frames[-m:])",
        ),
    ),
    Wrong(
        "the list shrinks",
        "input_changed",
        2.5,
        code(
            "while len(frames) > m:",
            "    frames.pop(0)",
            "return np.stack([np.zeros_like(frames[0])] * (m - len(frames)) + frames)",
        ),
    ),
    Wrong("no return", "wrong_return", 0, "np.stack(frames[-m:])"),
    Wrong("a list", "a_list", 2.5, padded().replace("np.stack(missing + last)", "missing + last")),
    Wrong(
        "a list of a deque",
        "a_list",
        2.5,
        code(
            "from collections import deque",
            "last = deque([np.zeros_like(frames[0])] * m, maxlen=m)",
            "last.extend(frames)",
            "return list(last)",
        ),
    ),
    Wrong(
        "from behind, floats",
        "not_uint8",
        2.5,
        code(
            "stack = np.zeros((m,) + frames[0].shape)",
            "for i in range(1, min(m, len(frames)) + 1):",
            "    stack[-i] = frames[-i]",
            "return stack",
        ),
    ),
    Wrong("floats of 0 to 255", "not_uint8", 2.5, padded() + ".astype(np.float32)"),
    Wrong("a black frame of 84 x 84", "error", 0, padded(fill="np.zeros((84, 84))")),
    Wrong("a number for a black frame", "error", 0, padded(fill="0")),
    Wrong(
        "a list with numbers",
        "a_list other_shape",
        0,
        padded(fill="0").replace("np.stack(missing + last)", "missing + last"),
    ),
)

STACK_RIGHT = (
    Right("lists", padded()),
    Right(
        "an array",
        code(
            "last = frames[-m:]",
            "stack = np.zeros((m, *last[0].shape), np.uint8)",
            "stack[m - len(last):] = last",
            "return stack",
        ),
    ),
    Right(
        "from behind",
        code(
            "stack = np.zeros((m,) + frames[0].shape, frames[0].dtype)",
            "for i in range(1, min(m, len(frames)) + 1):",
            "    stack[-i] = frames[-i]",
            "return stack",
        ),
    ),
    Right("np.pad", "last = np.stack(frames[-m:])\nreturn np.pad(last, ((m - len(last), 0), (0, 0), (0, 0)))"),
    Right(
        "zeros before all",
        "return np.array([np.zeros_like(frames[0])] * m + frames)[-m:]",
    ),
    Right(
        "a deque",
        code(
            "from collections import deque",
            "last = deque([np.zeros_like(frames[0])] * m, maxlen=m)",
            "last.extend(frames)",
            "return np.array(last)",
        ),
    ),
    Right(
        "torch",
        code(
            "last = [torch.from_numpy(frame) for frame in frames[-m:]]",
            "return torch.stack([torch.zeros_like(last[0])] * (m - len(last)) + last)",
        ),
    ),
)

BYTES = "transitions * {} * side**2 * bytes_per_pixel"


def by_flag(once="1", naive="2 * history", rest=BYTES):
    """One number of frames where each is stored once, another where not."""
    return f"frames = {once} if each_frame_once else {naive}\nreturn {rest.format('frames')}"


BYTES_WRONG = (
    Wrong("one stack", "one_stack", 1.25, by_flag(naive="history")),
    Wrong("no history", "no_history", 1.25, by_flag(naive="2")),
    Wrong("side, not squared", "square", 0, by_flag(rest="transitions * {} * side * bytes_per_pixel")),
    Wrong("a stack of new frames", "still_stacks", 1.25, by_flag(once="history")),
    Wrong("two new frames", "still_two", 1.25, by_flag(once="2")),
    Wrong("the flag ignored", "flag_ignored", 1.25, f"return {BYTES.format('2 * history')}"),
    Wrong("always once", "always_once", 1.25, f"return {BYTES.format('1')}"),
    Wrong("the wrong way round", "flag_ignored always_once", 0, by_flag(once="2 * history", naive="1")),
    Wrong("always one byte", "bytes_ignored", 1.5, by_flag(rest="transitions * {} * side**2")),
    Wrong("always four bytes", "bytes_ignored", 1.5, by_flag(rest="transitions * {} * side**2 * 4")),
    Wrong("bits", "bits", 0, by_flag(rest="8 * " + BYTES)),
    Wrong("gigabytes", "other_unit", 0, by_flag(rest=BYTES + " / 1e9")),
    Wrong("gibibytes", "other_unit", 0, by_flag(rest=BYTES + " / 2**30")),
    Wrong("megabytes", "other_unit", 0, by_flag(rest=BYTES + " / 1e6")),
    Wrong("three colours", "three_colours", 0, by_flag(rest=BYTES + " * 3")),
    Wrong("raw screens", "raw", 0, by_flag(rest="transitions * {} * 210 * 160 * bytes_per_pixel")),
    Wrong("always 84", "fixed_side", 0, by_flag(rest="transitions * {} * 84 * 84 * bytes_per_pixel")),
    Wrong("always four frames", "fixed_history", 1.25, by_flag(naive="8")),
    Wrong("one transition", "one_transition", 0, by_flag(rest="{} * side**2 * bytes_per_pixel")),
    Wrong("five frames", "five", 1.25, by_flag(naive="(history + 1)")),
    Wrong("side doubled", "wrong_value", 0, by_flag(rest="transitions * {} * 2 * side * bytes_per_pixel")),
    Wrong("no return", "wrong_return", 0, by_flag().replace("return ", "")),
    Wrong("a pair", "wrong_shape", 0, f"return {BYTES.format('1')}, {BYTES.format('2 * history')}"),
)

BYTES_RIGHT = (
    Right("by the flag", by_flag()),
    Right(
        "if",
        code(
            "picture = side * side * bytes_per_pixel",
            "if each_frame_once:",
            "    return transitions * picture",
            "return transitions * 2 * history * picture",
        ),
    ),
    Right(
        "the first stack too",
        by_flag(rest="(transitions + history * each_frame_once) * {} * side**2 * bytes_per_pixel"),
    ),
    Right("floats", by_flag(rest="float(transitions) * {} * side**2 * bytes_per_pixel")),
    Right("numpy", by_flag(rest="np.prod([transitions, {}, side, side, bytes_per_pixel], dtype=np.int64)")),
    Right(
        "added up",
        code(
            "frames = 1",
            "if not each_frame_once:",
            "    frames = history + history",
            "return frames * transitions * bytes_per_pixel * side ** 2",
        ),
    ),
)
