"""The check of ``clipped_error``: the loss of each error, and its slope."""

import numpy as np
import torch

from dqn_course.checks import student
from dqn_course.checks.core import Behaviour, Case
from dqn_course.checks.formula import Mistake, formula_check

BEHAVIOURS = (
    Behaviour("small", 1, "up to 1: half the square of the error"),
    Behaviour("large", 1, "beyond: the size of the error minus a half"),
    Behaviour("slope", 0.5, "its slope is the error, clipped to -1 … 1", needs=("small", "large")),
    Behaviour("shape", 0.5, "one loss for each error, which stay as they were", needs=("small", "large")),
)
BEYOND = ("large", "slope")
EVERYTHING = ("small", "large", "slope")


def _huber(error, limit=1.0):
    size = np.abs(error)
    return np.where(size <= limit, error**2 / 2, limit * (size - limit / 2)), np.clip(error, -limit, limit)


def _where(inside, outside):
    """A loss made of two pieces, each a function that gives values and slopes."""
    return lambda e: tuple(np.where(np.abs(e) <= 1, a, b) for a, b in zip(inside(e), outside(e)))


def _half(e):
    return e**2 / 2, e


def _square(e):
    return e**2, 2 * e


def _line(e, minus=0.5, times=1.0):
    return times * np.abs(e) - minus, times * np.sign(e)


def _cut(e, power=lambda c: (c**2 / 2, c)):
    """A function of the clipped error. At exactly 1 PyTorch's clamp still lets the slope through."""
    value, slope = power(np.clip(e, -1, 1))
    return value, slope * (np.abs(e) <= 1)


def _one_sided(e):
    return np.where(e <= 1, e**2 / 2, e - 0.5), np.where(e <= 1, e, 1.0)


def _reduced(reduce):
    def gives(error):
        value, slope = _huber(error)
        return reduce(value), slope / (error.size if reduce is np.mean else 1)

    return gives


CLIPPED = (
    "Errors beyond 1 have the slope 0: nothing is learned from the largest mistakes. The error or its loss is clipped, "
    "and a clipped number does not move. What must be clipped is the slope: beyond 1 the loss goes on, as a straight "
    "line."
)


def _mistake(key, says, function, costs):
    return Mistake(key, says, lambda error: function(error), costs)


_ALL = (
    _mistake("squared", "This is the squared error everywhere. Huber's loss is half the square up to 1, and a line "
            "beyond.", _square, EVERYTHING),
    _mistake("half_squared", "This is half the square everywhere: an error of 5 pulls five times as hard as one of 1. "
            "Beyond 1 the loss is |error| - 1/2.", _half, BEYOND),
    _mistake("absolute", "This is the size of the error everywhere, so an error of 0.01 pulls as hard as one of 1. Up "
            "to 1 the loss is half the square.", lambda e: _line(e, 0), EVERYTHING),
    _mistake("absolute", "This is |error| - 1/2 everywhere. Up to 1 the loss is half the square.", _line,
            ("small", "slope")),
    _mistake("clipped_first", CLIPPED, _cut, BEYOND),
    _mistake("clipped_first", CLIPPED, lambda e: _cut(e, lambda c: (c**2, 2 * c)), EVERYTHING),
    _mistake("clipped_first", CLIPPED, lambda e: _cut(e, lambda c: (np.abs(c), np.sign(c))), EVERYTHING),
    _mistake("clipped_first", CLIPPED, lambda e: (np.minimum(e**2 / 2, 1), e * (e**2 / 2 <= 1)), BEYOND),
    _mistake("slope_itself", "This is the slope, the clipped error. Return the loss that has this slope.",
            lambda e: (np.clip(e, -1, 1), 1.0 * (np.abs(e) <= 1)), EVERYTHING),
    _mistake("jump", "At 1 the loss jumps from 1/2 to 1. The line is |error| - 1/2, so that both pieces meet.",
            _where(_half, lambda e: _line(e, 0)), ("large",)),
    _mistake("jump", "At 1 the loss jumps from 1/2 to 0. The line is |error| - 1/2, so that both pieces meet.",
            _where(_half, lambda e: _line(e, 1)), ("large",)),
    _mistake("not_halved", "Up to 1 the loss is half the square, so that its slope is the error itself.",
            _where(_square, _line), ("small", "slope")),
    _mistake("not_halved", "Up to 1 the loss is half the square, and beyond 1 there is a half to subtract.",
            _where(_square, lambda e: _line(e, 0)), EVERYTHING),
    _mistake("doubled", "This is twice Huber's loss: an error of 3 should pull with 1, here it pulls with 2.",
            lambda e: tuple(2 * part for part in _huber(e)), EVERYTHING),
    _mistake("one_side", "Only errors above 1 are clipped. Below -1 the loss is still half the square: use "
            "error.abs().", _one_sided, BEYOND),
    _mistake("one_side", "Only errors below -1 are clipped. Above 1 the loss is still half the square: use "
            "error.abs().", lambda e: (_one_sided(-e)[0], -_one_sided(-e)[1]), BEYOND),
    _mistake("no_size", "Beyond 1 the line needs the size of the error. For -3 the loss is 3 - 1/2, not -3 - 1/2.",
            _where(_half, lambda e: (e - 0.5, np.ones_like(e))), BEYOND),
    _mistake("no_size", "For every error below 1, also -3, this is half the square or a negative line. Compare and use "
            "the size, error.abs().", lambda e: (np.where(e <= 1, e**2 / 2, -e - 0.5), np.where(e <= 1, e, -1.0)),
            BEYOND),
    _mistake("branches_swapped", "The two pieces are swapped: half the square belongs to the small errors.",
            _where(_line, _half), EVERYTHING),
    _mistake("uphill", "The loss has the wrong sign: it falls while the error grows.",
            lambda e: tuple(-part for part in _huber(e)), EVERYTHING),
    _mistake("smooth_cousin", "This is a smooth cousin, sqrt(1 + error²) - 1. It is a good loss, but not the one that "
            "is asked for: half the square up to exactly 1, then a line.",
            lambda e: (np.sqrt(1 + e**2) - 1, e / np.sqrt(1 + e**2)), EVERYTHING),
    _mistake("smooth_cousin", "This is a smooth cousin, log(cosh(error)). It is a good loss, but not the one that is "
            "asked for: half the square up to exactly 1, then a line.",
            lambda e: (np.log(np.cosh(e)), np.tanh(e)), EVERYTHING),
    *(_mistake("other_limit", f"The pieces meet at {limit:g}. They should meet at 1.",
              lambda e, limit=limit: _huber(e, limit), EVERYTHING) for limit in (0.25, 0.5, 2.0, 10.0)),
    *(_mistake("other_limit", f"The pieces meet at {limit:g} (beta={limit:g}). They should meet at 1.",
              lambda e, limit=limit: tuple(part / limit for part in _huber(e, limit)), EVERYTHING)
      for limit in (0.5, 2.0)),
    _mistake("mean", "This is the mean over all errors, one number. Return one loss for each error: "
            "reduction=\"none\".", _reduced(np.mean), ("shape",)),
    _mistake("sum", "This is the sum over all errors, one number. Return one loss for each error: "
            "reduction=\"none\".", _reduced(np.sum), ("shape",)),
    _mistake("product", "The slope is right, but the loss is error times clipped error. Up to 1 the loss is half the "
            "square, beyond it is |error| - 1/2.", lambda e: (e * np.clip(e, -1, 1), np.clip(e, -1, 1)),
            ("small", "large")),
    _mistake("rounded", "The losses are rounded, and then their slope is 0.",
            lambda e: (np.round(_huber(e)[0]), np.zeros_like(e)), EVERYTHING),
    _mistake("no_gradient", "The values are right, but PyTorch finds no way back to the errors. Stay with tensors: no "
            "NumPy, .item(), .detach() or torch.tensor(...) of results.",
            lambda e: (_huber(e)[0], np.zeros_like(e)), ("slope",)),
)  # fmt: skip
MISTAKES = tuple(sorted(_ALL, key=lambda mistake: len(mistake.costs)))
"""The cheaper ones first: of several that fit one case, the first says what is lost."""


def _cases(rng):
    def errors(shape, low, high):
        return (rng.uniform(low, high, shape) * rng.choice([-1.0, 1.0], shape)).round(3)

    hints = {
        r"Boolean value of Tensor": "An `if` decides once, for all errors together, and `and` or -1 <= error <= 1 are "
        "an `if` too. torch.where(condition, this, that) decides for each of them, and error.abs() <= 1 asks for both "
        "signs."
    }
    mixed = np.concatenate([errors(4, 0.2, 0.9), errors(4, 1.3, 6)])
    return [
        Case("by hand: -3, -0.5, 0, 1, 2", ("small", "large", "slope", "shape"),
             {"error": np.array([-3.0, -0.5, 0.0, 1.0, 2.0])}, hints),
        Case("small errors, shape (6, 1)", ("small", "slope", "shape"), {"error": errors((6, 1), 0.15, 0.95)},
             hints),
        Case("large errors, shape (5, 1)", ("large", "slope", "shape"), {"error": errors((5, 1), 1.2, 8)}, hints),
        Case("small and large ones, shape (2, 4)", ("small", "large", "slope", "shape"),
             {"error": rng.permutation(mixed).reshape(2, 4)}, hints),
        Case("a batch of (1, 1)", ("large", "shape"), {"error": errors((1, 1), 2, 4)}, hints),
    ]  # fmt: skip


def _call(clipped_error, values):
    leaf = torch.tensor(values["error"], dtype=torch.float32, requires_grad=True)
    given = leaf * 1.0  # as in a training: made by a network, so it may be written to, and the way back goes on
    result = clipped_error(given)
    value = student.array(result, "clipped_error")
    if not isinstance(result, torch.Tensor):
        raise student.AnswerError(
            "not_a_tensor",
            f"clipped_error returned {student.named(result)}. Return a tensor: the way back to the weights leads "
            "through it.",
        )
    if result.requires_grad:
        result.sum().backward()
    slope = np.zeros_like(values["error"]) if leaf.grad is None else student.array(leaf.grad)
    after = student.array(given)
    return {"value": value, "slope": slope, "after": {"error": values["error"] if np.allclose(
        after, values["error"], atol=1e-6) else after}}  # fmt: skip


clipped_error = formula_check(
    "clipped_error", BEHAVIOURS, _cases, _huber, MISTAKES, returns=("value", "slope"), call=_call, loose=False,
    keeps="shape",
)  # fmt: skip
