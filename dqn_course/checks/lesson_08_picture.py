"""The checks of what happens to one picture: ``max_of_two_frames``, ``luminance`` and ``resize_84``."""

import cv2
import numpy as np

from dqn_course.checks import student
from dqn_course.checks.core import Behaviour, Case, Check, Finding, show
from dqn_course.checks.formula import Mistake, formula_check

R, G, B = 0.299, 0.587, 0.114
SIDE = 84


TYPE_SAYS = "The values are right, but they are {}, {} each. End with `.astype(np.uint8)`."
LIST_SAYS = "This is a list. Make an array of it: `np.array(..., np.uint8)`."


def type_of(result):
    """The type of the numbers in an answer, such as uint8; ``list`` for a list or a tuple."""
    if isinstance(result, list | tuple):
        return "list"
    return str(getattr(result, "dtype", type(result).__name__)).removeprefix("torch.")


def judge_type(output, costs, listed=LIST_SAYS):
    """Yield a finding where the values are right, but not an array of uint8."""
    kind = str(output["type"])
    if kind == "list":
        yield Finding("a_list", costs, listed)
    elif kind != "uint8":
        size = np.dtype(kind).itemsize
        yield Finding("not_uint8", costs, TYPE_SAYS.format(kind, f"{size} byte{'s' * (size > 1)}"))


def _frame(rng, low, high, size=(5, 4)):
    return rng.integers(low, high, (*size, 3)).astype(np.uint8)


# --- max_of_two_frames

MAX_BEHAVIOURS = (
    Behaviour("max", 1, "for every pixel and every colour the larger value"),
    Behaviour("bright", 0.5, "bright values, from 128 to 255, come out as they are"),
    Behaviour("clean", 0.5, "the two frames stay as they were", needs=("max",), by_name=True),
)


def _whole_pixel(f, p, brightness):
    return np.where((brightness(f) >= brightness(p))[..., None], f, p)


MAX_GIVES = (
    ("smaller", lambda f, p: np.minimum(f, p)),
    ("one_alone", lambda f, p: f),
    ("one_alone", lambda f, p: p),
    ("wrapped_sum", lambda f, p: f + p),
    ("wrapped_mean", lambda f, p: (f + p) // 2),
    ("wrapped_mean", lambda f, p: (f + p) / 2),
    ("sum", lambda f, p: f.astype(int) + p),
    ("sum", lambda f, p: np.minimum(f.astype(int) + p, 255)),
    ("mean", lambda f, p: (f.astype(int) + p) / 2),
    ("mean", lambda f, p: (f.astype(int) + p) // 2),
    ("mean", lambda f, p: f // 2 + p // 2),
    ("mean", lambda f, p: np.rint((f.astype(int) + p) / 2)),
    ("signed", lambda f, p: np.maximum(f.astype(np.int8), p.astype(np.int8))),
    ("signed", lambda f, p: np.maximum(f.astype(np.int8), p.astype(np.int8)).astype(np.uint8)),
    *(
        ("whole_pixel", lambda f, p, brightness=brightness: _whole_pixel(f, p, brightness))
        for brightness in (lambda x: x @ [R, G, B], lambda x: x.sum(-1), lambda x: x.max(-1), lambda x: x[..., 0])
    ),
    ("grey_first", lambda f, p: np.maximum(f @ [R, G, B], p @ [R, G, B])),
    ("grey_first", lambda f, p: np.rint(np.maximum(f @ [R, G, B], p @ [R, G, B]))),
    ("grey_first", lambda f, p: np.floor(np.maximum(f @ [R, G, B], p @ [R, G, B]))),
    ("grey_first", lambda f, p: np.maximum(f.mean(-1), p.mean(-1))),
    ("filled", lambda f, p: np.where(f > 0, f, p)),
    ("filled", lambda f, p: np.where(f.any(-1, keepdims=True), f, p)),
    ("filled", lambda f, p: np.where(p > 0, p, f)),
    ("difference", lambda f, p: np.abs(f.astype(int) - p)),
    ("difference", lambda f, p: f - p),
    ("bits", lambda f, p: f | p),
    ("one_number", lambda f, p: max(f.max(), p.max())),
    ("over_colours", lambda f, p: np.maximum(f, p).max(-1)),
    ("comparison", lambda f, p: f > p),
    ("comparison", lambda f, p: f >= p),
)
"""What known mistakes return for a frame f and the one before it, p."""

MAX_COSTS = {"signed": ("bright",)}

MAX_SAYS = {
    "smaller": "This takes the smaller value. A sprite that is missing in one frame would be missing for good.",
    "one_alone": "This is one of the two frames alone. Compare them value by value: np.maximum.",
    "wrapped_sum": "This is the sum, and in uint8 it starts again at 0 after 255. Take the larger of the two values.",
    "wrapped_mean": "This is the mean, and the sum in it starts again at 0 after 255, as uint8 does. Take the larger "
    "of the two values.",
    "sum": "This is the sum of the two frames. What stands still would double its brightness. Take the larger value.",
    "mean": "This is the mean of the two frames. A sprite that is in one of them would come out half as bright. Take "
    "the larger value.",
    "signed": "Values from 128 on come out wrong: in int8 they are negative, so that 127 is larger than 200. Leave "
    "uint8 as it is.",
    "whole_pixel": "This takes all three colours of a pixel from the brighter frame. The maximum is taken for every "
    "colour by itself.",
    "grey_first": "This is the maximum of two grey pictures. The maximum comes first, colour by colour; grey is the "
    "next step.",
    "filled": "This takes the one frame wherever it is not black, and the other in the rest. Compare the two values.",
    "difference": "This is the difference of the two frames. Take the larger value.",
    "bits": "This joins the bits of the two values: 5 | 6 is 7. Take the larger of the two, with np.maximum.",
    "one_number": "This is the largest value of all, a single number. np.maximum(a, b) compares two arrays value by "
    "value; np.max looks for the largest in one.",
    "over_colours": "This takes the largest of the three colours too. Each colour keeps a value of its own.",
    "comparison": "This says where one frame is larger. Return the larger values themselves.",
}


MAX_HINTS = {
    r"scalar index": "`np.max(a, b)` takes b for an axis. To compare two arrays number by number: `np.maximum(a, b)`.",
    r"truth value of an array": "`max(a, b)` and `if a > b` compare two single numbers. To compare two arrays number "
    "by number: `np.maximum(a, b)`.",
    r"out of bounds for axis": "Not every test frame is 210 x 160. Use `frame.shape`.",
}


def _max_cases(rng):
    hand = (np.array([[[100, 10, 0], [0, 0, 0]]], np.uint8), np.array([[[50, 20, 0], [90, 120, 60]]], np.uint8))
    dark, bright, mixed = ([_frame(rng, low, high) for _ in range(2)] for low, high in ((1, 120), (140, 256), (0, 256)))
    for frame in dark:
        frame[rng.integers(5, size=4), rng.permutation(4)] = 0  # black, as most of a screen
    draws = [
        ("two pixels to check by hand", ("max",), hand),
        ("dark frames", ("max",), dark),
        ("bright frames", ("bright",), bright),
        ("all values", ("max", "bright", "clean"), mixed),
    ]
    return [
        Case(name, proves, {"frame": frames[0], "previous": frames[1]}, MAX_HINTS) for name, proves, frames in draws
    ]


max_of_two_frames = formula_check(
    "max_of_two_frames",
    MAX_BEHAVIOURS,
    _max_cases,
    lambda frame, previous: np.maximum(frame, previous),
    [
        Mistake(
            key,
            MAX_SAYS[key],
            lambda frame, previous, f=gives: f(frame, previous),
            MAX_COSTS.get(key, ("max", "bright")),
        )
        for key, gives in MAX_GIVES
    ],
    loose=False,
    wrong="This is not the larger of the two values.",
)


# --- luminance

LUMINANCE_BEHAVIOURS = (
    Behaviour("weights", 1.5, "red, green and blue count 0.299, 0.587 and 0.114, in this order"),
    Behaviour("rounding", 0.5, "rounded to the nearest whole number", needs=("weights",)),
    Behaviour("range", 0.5, "white comes out as 255, and nothing starts again at 0", needs=("weights",)),
    Behaviour("clean", 0.5, "one uint8 a pixel; the frame stays as it was", needs=("weights",)),
)

COLOURS = (
    ("bgr", lambda r, g, b: B * r + G * g + R * b),
    ("mean", lambda r, g, b: (r + g + b) / 3),
    ("sum", lambda r, g, b: r + g + b),
    ("wrapped", lambda r, g, b: (r + g + b) % 256 / 3),
    ("wrapped", lambda r, g, b: (30 * r + 59 * g + 11 * b) % 256 / 100),
    ("wrapped", lambda r, g, b: (3 * r + 6 * g + b) % 256 / 10),
    ("wrapped", lambda r, g, b: (30 * r % 256 + 59 * g % 256 + 11 * b % 256) % 256 / 100),
    ("other_weights", lambda r, g, b: 0.2126 * r + 0.7152 * g + 0.0722 * b),
    ("other_order", lambda r, g, b: G * r + R * g + B * b),
    ("other_order", lambda r, g, b: R * r + B * g + G * b),
    ("other_order", lambda r, g, b: B * r + R * g + G * b),
    ("other_order", lambda r, g, b: G * r + B * g + R * b),
    ("brightest", lambda r, g, b: np.maximum(np.maximum(r, g), b)),
    ("brightest", lambda r, g, b: (np.maximum(np.maximum(r, g), b) + np.minimum(np.minimum(r, g), b)) / 2),
    ("one_colour", lambda r, g, b: r),
    ("one_colour", lambda r, g, b: g),
    ("one_colour", lambda r, g, b: b),
    ("weighted_mean", lambda r, g, b: (R * r + G * g + B * b) / 3),
    ("inverted", lambda r, g, b: 255 - (R * r + G * g + B * b)),
    ("removed", lambda r, g, b: r - (R * r + G * g + B * b)),
    ("removed", lambda r, g, b: g - (R * r + G * g + B * b)),
    ("removed", lambda r, g, b: b - (R * r + G * g + B * b)),
    *(
        (
            "colour_part",
            lambda r, g, b, u=u, v=v: u * (b - R * r - G * g - B * b) + v * (r - R * r - G * g - B * b) + 128,
        )
        for u, v in ((0.492, 0), (0, 0.877), (0.564, 0), (0, 0.713))
    ),
)
"""What known mistakes compute of the three colours, before any rounding."""

WEIGHTS_ALONE = ("bgr", "mean", "other_weights", "other_order", "brightest", "one_colour")
"""Mistakes with which white stays white, and nothing is said about rounding."""

LUMINANCE_SAYS = {
    "bgr": "The weights are the wrong way round: 0.299 belongs to red, which is the first colour here, frame[..., 0]. "
    "OpenCV reads files as blue, green, red; a screen of the emulator is red, green, blue.",
    "mean": "This is the mean of the three colours. The eye does not weigh them alike: 0.299, 0.587, 0.114.",
    "sum": "This is the sum of the three colours. Weigh them by 0.299, 0.587 and 0.114.",
    "wrapped": "Values start again at 0 after 255: the sum is made in uint8. Turn the frame into floats first, or "
    "multiply by the decimal weights, which gives floats.",
    "other_weights": "These are the weights of a newer standard, 0.2126, 0.7152, 0.0722. The released code uses 0.299, "
    "0.587, 0.114.",
    "other_order": "The weights are in another order. Red counts 0.299, green 0.587, blue 0.114.",
    "brightest": "This looks at the brightest colour, or at the brightest and the darkest. Add up all three, by their "
    "weights.",
    "one_colour": "This is one colour alone. Add up all three, by their weights.",
    "weighted_mean": "This is divided by 3 once too often. The weights add up to 1 already: use the sum.",
    "inverted": "Bright comes out dark here. The luminance of white is 255.",
    "removed": "This takes the luminance away from a colour. The luminance is what we keep; the colour is dropped.",
    "colour_part": "This is one of the two colour channels. We extract the luminance, the first of Y, U, V.",
    "scaled": "This is between 0 and 1. Stay between 0 and 255: dividing by 255 is the network's business, and uint8 "
    "has no place for fractions.",
    "zeros": "The fractions are cut off before they are used, so that nearly all is 0. Multiply first, turn into uint8 "
    "last.",
    "truncated": "The decimals are cut off, which makes every pixel a little darker: 76.2 and 76.9 both become 76. "
    "Round with np.rint before you turn the result into uint8.",
    "ceiling": "This always rounds up. Round to the nearest whole number: np.rint.",
    "terms_cut": "The three parts are made whole numbers one by one, and their errors add up. Add first, round once.",
    "not_rounded": "These are fractions, and a uint8 has none. Round to the nearest whole number: np.rint.",
    "wrong_axis": "The shape should be {}, one number for each pixel; it is {}. The colours are the last axis: "
    "frame[..., 0] is red.",
    "wrong_shape": "The shape should be {}, one number for each pixel; it is {}.",
    "wrong_value": "This is not 0.299 R + 0.587 G + 0.114 B.",
    "input_changed": "The argument `frame` is not the same after the call. Make a new array.",
}


def _luminance_cases(rng):
    hand = np.array([[[255, 0, 0], [0, 255, 0]], [[0, 0, 255], [200, 100, 50]], [[20, 90, 160], [0, 0, 0]]], np.uint8)
    draws = [
        ("red, green, blue, and three more", ("weights",), hand),
        ("dark colours", ("weights", "rounding"), _frame(rng, 2, 80, (12, 9))),
        ("all colours", ("weights", "rounding", "range", "clean"), _frame(rng, 0, 256, (24, 18))),
        (
            "white and nearly white",
            ("range",),
            np.concatenate([np.full((1, 4, 3), 255), _frame(rng, 235, 256, (4, 4))]),
        ),
    ]
    hints = {key: MAX_HINTS[key] for key in (r"out of bounds for axis",)}
    return [Case(name, proves, {"frame": frame.astype(np.uint8)}, hints) for name, proves, frame in draws]


def _call_luminance(luminance, values):
    result = luminance(values["frame"])
    value = student.array(result, "luminance")
    return {"value": value, "type": type_of(result), "after": student.array(values["frame"])}


def _judge_luminance(values, output):
    frame, got = values["frame"].astype(float), output["value"]
    if not np.array_equal(output["after"], frame):
        yield Finding("input_changed", ("clean",), LUMINANCE_SAYS["input_changed"])
    exact = frame @ [R, G, B]
    if got.shape == (*exact.shape, 1):
        got = got[..., 0]
    if got.shape != exact.shape:
        key = "wrong_axis" if got.ndim == 2 and 3 in got.shape else "wrong_shape"
        yield Finding(key, (), LUMINANCE_SAYS[key].format(exact.shape, got.shape))
        return
    whole = np.array_equal(got, np.round(got))
    if np.abs(got - exact).max() <= 0.53:  # rounded halves either way, or computed with whole numbers as OpenCV does
        if not whole:
            yield Finding("not_rounded", ("rounding",), LUMINANCE_SAYS["not_rounded"], _pixels(frame, exact, got))
            return
        yield from judge_type(output, ("clean",))
        return
    fitting = tuple(dict.fromkeys(_luminance_mistakes(frame, exact, got, whole)))
    key = fitting[0] if fitting else "wrong_value"
    costs = ("rounding",) if key in ("truncated", "ceiling", "terms_cut") else ("weights", "rounding", "range")
    if key in WEIGHTS_ALONE:
        costs = ("weights",)
    rows = _pixels(frame, exact, got)
    yield Finding(key, costs, LUMINANCE_SAYS[key], rows, named=len(fitting) == 1, could_be=fitting)


def _luminance_mistakes(frame, exact, got, whole):
    """The keys of all mistakes that explain ``got``."""
    r, g, b = np.moveaxis(frame, -1, 0)
    if whole and (np.floor(exact - 1e-6) <= got).all() and (got <= np.floor(exact + 1e-6)).all():
        yield "truncated"
    if whole and (np.ceil(exact - 1e-6) <= got).all() and (got <= np.ceil(exact + 1e-6)).all():
        yield "ceiling"
    for cut in (np.floor, np.rint):
        if np.allclose(got, cut(R * r) + cut(G * g) + cut(B * b)):
            yield "terms_cut"
    if np.allclose(got, exact / 255, atol=0.003) and got.any():
        yield "scaled"
    if not got.any():
        yield "zeros"
    for key, of in COLOURS:
        if any(np.abs(got - value).max() < 1 for value in (of(r, g, b), of(r, g, b) % 256)):
            yield key


def _pixels(frame, exact, got):
    """Rows of a comparison: at most four pixels, the ones that are farthest off."""
    order = np.argsort(-np.abs(got - exact), axis=None, kind="stable")[:4]
    rows = []
    for place in (tuple(map(int, np.unravel_index(i, exact.shape))) for i in order):
        colour = ", ".join(f"{value:g}" for value in frame[place])
        close = bool(abs(got[place] - exact[place]) <= 0.53 and got[place] == np.round(got[place]))
        decimals = f"{exact[place]:.3f}".rstrip("0").rstrip(".")
        rows.append((f"pixel ({colour})", f"{decimals}, rounded {np.rint(exact[place]):g}", show(got[place]), close))
    return tuple(rows)


luminance = Check("luminance", LUMINANCE_BEHAVIOURS, _luminance_cases, _call_luminance, _judge_luminance)


# --- resize_84

RESIZE_BEHAVIOURS = (
    Behaviour("size", 0.5, "84 rows and 84 columns, and the whole picture in them"),
    Behaviour("area", 1, "each new pixel is the mean of the area that it covers"),
    Behaviour("clean", 0.5, "uint8, as bright as before; the picture that came in stays as it was", needs=("area",)),
)

RESIZE_SAYS = {
    "bilinear": "This is OpenCV's usual way, bilinear: it looks at four old pixels around the middle of each new one "
    "and skips the rest. Ask for cv2.INTER_AREA, by its name: interpolation=cv2.INTER_AREA.",
    "nearest": "Each new pixel is one single old one, and the others are lost: a thin line may vanish. Ask for "
    "cv2.INTER_AREA.",
    "cubic": "This draws a smooth curve through a few old pixels and skips others. Ask for cv2.INTER_AREA.",
    "windows": "The areas here are made of whole old pixels, so they overlap. A new pixel covers 2.5 x 1.9 old ones, "
    "and those at its edge count in part. cv2.INTER_AREA does that.",
    "cropped": "This is a part of the picture. The paper of 2015 shrinks the whole picture to a square, even though it "
    "is distorted a little.",
    "cropped_2013": "This shrinks to 110 x 84 and cuts a square out, as the first version of the agent (2013) did. The "
    "paper of 2015 shrinks the whole picture to 84 x 84.",
    "rows_missing": "Rows are missing at the top or bottom. Shrink the whole picture.",
    "columns_missing": "Columns are missing at the left or right. Shrink the whole picture.",
    "reshaped": "Rows and columns are mixed up: reshape does not turn a picture, it deals its numbers out anew. Give "
    "the picture to cv2.resize as it is.",
    "turned": "The picture lies on its side: rows and columns have changed places. Give it to cv2.resize as it is; no "
    ".T is needed.",
    "upside_down": "The picture is mirrored.",
    "scaled": "This is between 0 and 1. Stay between 0 and 255, so that a frame fits into uint8.",
    "wrong_size": "The result should be 84 rows and 84 columns; it has the shape {}.",
    "wrong_value": "The new pixels are not the means of the old ones that they cover.",
    "input_changed": "The argument `grey` is not the same after the call. Make a new array.",
}


def _area(grey):
    """The exact mean of the area under each of the 84 x 84 new pixels, as float64."""

    def shares(n):
        """Row i says how much each of n old pixels counts in new pixel i; each row adds up to 1."""
        edges = np.arange(SIDE + 1) * n / SIDE
        old = np.arange(n)
        overlap = np.minimum(old + 1, edges[1:, None]) - np.maximum(old, edges[:-1, None])
        return np.clip(overlap, 0, None) * SIDE / n

    return shares(grey.shape[0]) @ grey.astype(float) @ shares(grey.shape[1]).T


def _cv2(grey, how):
    return cv2.resize(grey, (SIDE, SIDE), interpolation=how)


def _picked(grey, offset):
    """One old pixel for each new one."""
    rows, columns = (((np.arange(SIDE) + offset) * n / SIDE).astype(int) for n in grey.shape)
    return grey[rows][:, columns]


def _windows(grey):
    """Means over whole old pixels, as PyTorch's adaptive pooling takes them."""

    def shares(n):
        table = np.zeros((SIDE, n))
        for i in range(SIDE):
            start, end = i * n // SIDE, -((-(i + 1) * n) // SIDE)
            table[i, start:end] = 1 / (end - start)
        return table

    return shares(grey.shape[0]) @ grey.astype(float) @ shares(grey.shape[1]).T


def _cropped_2013(grey, start):
    return cv2.resize(grey, (SIDE, 110), interpolation=cv2.INTER_AREA)[start : start + SIDE]


RESIZED = (
    ("bilinear", lambda grey: _cv2(grey, cv2.INTER_LINEAR)),
    ("nearest", lambda grey: _cv2(grey, cv2.INTER_NEAREST)),
    ("nearest", lambda grey: _cv2(grey, cv2.INTER_NEAREST_EXACT)),
    ("nearest", lambda grey: _picked(grey, 0)),
    ("nearest", lambda grey: _picked(grey, 0.5)),
    ("cubic", lambda grey: _cv2(grey, cv2.INTER_CUBIC)),
    ("cubic", lambda grey: _cv2(grey, cv2.INTER_LANCZOS4)),
    ("windows", _windows),
    *(("cropped_2013", lambda grey, start=start: _cropped_2013(grey, start)) for start in range(27)),
    ("cropped", lambda grey: grey[:SIDE, :SIDE]),
    ("cropped", lambda grey: grey[-SIDE:, :SIDE]),
    *(
        (
            "cropped",
            lambda grey, h=h, w=w: grey[(grey.shape[0] - SIDE) // 2 + h :, (grey.shape[1] - SIDE) // 2 + w :][
                :SIDE, :SIDE
            ],
        )
        for h in (0, 1)
        for w in (0, 1)
    ),
    ("cropped", lambda grey: _area(grey[: min(grey.shape), : min(grey.shape)])),
    ("cropped", lambda grey: _area(grey[-min(grey.shape) :, -min(grey.shape) :])),
    ("cropped", lambda grey: _area(grey[34:194])),
    ("reshaped", lambda grey: _area(grey.reshape(grey.shape[::-1]))),
    ("reshaped", lambda grey: grey.reshape(-1)[: SIDE * SIDE].reshape(SIDE, SIDE)),
    ("turned", lambda grey: _area(grey).T),
    ("upside_down", lambda grey: _area(grey)[::-1]),
    ("upside_down", lambda grey: _area(grey)[:, ::-1]),
)
"""What known mistakes return."""


RESIZE_HINTS = {
    r"Can't parse 'dsize'": "The size is one pair: `(84, 84)`.",
    r"name 'INTER_\w+' is not defined": "It belongs to OpenCV: `cv2.INTER_AREA`.",
}


def _resize_cases(rng):
    lines = np.zeros((210, 160), np.uint8)
    lines[rng.choice(210, 30, replace=False)] = 200
    lines[:, rng.choice(160, 25, replace=False)] = 255
    blocks = rng.integers(0, 128, (84, 84)).astype(np.uint8) * 2
    draws = [
        (
            "168 x 168, so that each new pixel covers 2 x 2 old ones",
            ("size",),
            np.kron(blocks, np.ones((2, 2), np.uint8)),
        ),
        ("a screen of noise", ("size", "area", "clean"), rng.integers(0, 256, (210, 160)).astype(np.uint8)),
        ("a screen of thin lines", ("area",), lines),
        ("a screen that grows brighter from row to row", ("size",), np.repeat(30 + np.arange(210)[:, None], 160, 1)),
        ("a screen that grows brighter to the right", ("size",), np.repeat(30 + np.arange(160)[None], 210, 0)),
    ]
    return [Case(name, proves, {"grey": grey.astype(np.uint8)}, RESIZE_HINTS) for name, proves, grey in draws]


def _call_resize(resize_84, values):
    result = resize_84(values["grey"])
    value = student.array(result, "resize_84")
    return {"value": value, "type": type_of(result), "after": student.array(values["grey"])}


def _judge_resize(values, output):
    grey, got = values["grey"], output["value"]
    if not np.array_equal(output["after"], grey):
        yield Finding("input_changed", ("clean",), RESIZE_SAYS["input_changed"])
    if got.shape in ((SIDE, SIDE, 1), (1, SIDE, SIDE)):
        got = got.reshape(SIDE, SIDE)
    if got.shape != (SIDE, SIDE):
        yield Finding("wrong_size", ("size", "area"), RESIZE_SAYS["wrong_size"].format(got.shape))
        return
    exact = _area(grey)
    if np.abs(got - exact).max() <= 1.01:
        yield from judge_type(output, ("clean",))
        return
    if np.allclose(got, exact / 255, atol=0.005):
        yield Finding("scaled", ("clean",), RESIZE_SAYS["scaled"])
        return
    fitting = tuple(dict.fromkeys(key for key, gives in RESIZED if _resized_like(gives, grey, got)))
    if not fitting:
        fitting = tuple(f"{lines}_missing" for lines in _missing(exact, got))
    key = fitting[0] if fitting else "wrong_value"
    whole = key.startswith("cropped") or key.endswith("missing") or key in ("reshaped", "turned", "upside_down")
    rows = tuple(
        (f"result[{y}, {x}]", show(exact[y, x]), show(got[y, x]), False)
        for y, x in (np.unravel_index(i, exact.shape) for i in np.argsort(-np.abs(got - exact), axis=None)[:4])
    )
    costs = ("size", "area") if whole else ("area",)
    yield Finding(key, costs, RESIZE_SAYS[key], rows, named=len(fitting) == 1, could_be=fitting)


def _missing(exact, got):
    """Yield what of a slope from dark to bright got lost at its ends: rows, or columns."""
    for lines, exact_lines, got_lines in (("rows", exact, got), ("columns", exact.T, got.T)):
        if not np.allclose(exact_lines, exact_lines[:, :1]):
            continue  # no slope along these
        (first, last), (low, high) = exact_lines[[0, -1], 0], got_lines[[0, -1]].mean(1)
        even = np.ptp(got_lines, axis=1).max() <= 2 and (np.diff(got_lines.mean(1)) >= 0).all()
        inside = first - 2 <= low and high <= last + 2
        if even and inside and (low > first + 2 or high < last - 2):
            yield lines


def _resized_like(gives, grey, got):
    try:
        given = gives(grey)
        return given.shape == got.shape and np.abs(got - given).max() <= 1.01
    except (ValueError, cv2.error):
        return False


resize_84 = Check("resize_84", RESIZE_BEHAVIOURS, _resize_cases, _call_resize, _judge_resize)
