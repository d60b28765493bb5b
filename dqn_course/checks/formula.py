"""Checks of exercises that are one formula: arrays in, arrays out, and a table of the mistakes that people make."""

import contextlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from dqn_course.checks import student
from dqn_course.checks.core import Check, Finding, show, silence


@dataclass(frozen=True)
class Mistake:
    """A mistake that people make.

    key: its name. says: one or two sentences with the likely cause. gives: what it returns, as a function of the
    case's values by name; with ``part``, that part of the result alone. costs: the behaviours it loses; empty: those
    that the case proves.
    """

    key: str
    says: str
    gives: Callable
    costs: tuple = ()
    part: str = ""


@dataclass(frozen=True)
class FormulaCheck(Check):
    """A check that does not name a mistake which fits some cases by chance.

    A wrong result that no known mistake explains speaks against every one that gives something else there. A mistake
    with more such cases against it than for it is left out. ``evidence(values, output)`` returns the mistakes that fit
    an output, and a function that returns those which it speaks against, all as numbers; ``judge`` takes the numbers of
    those to leave out.
    """

    evidence: Callable = field(default=None, kw_only=True)

    def judge_outputs(self, cases, outputs):
        """As ``Check``, after a first look at all cases."""
        outputs = list(outputs)
        left_out = self.chance(cases, outputs)
        judge = self.judge

        def judge_rest(values, output):
            return judge(values, output, left_out)

        return Check.judge_outputs(replace(self, judge=judge_rest), cases, outputs)

    def chance(self, cases, outputs):
        """The numbers of the mistakes that fit by chance."""
        balance, fitting, against = Counter(), set(), []
        for case, output in zip(cases, outputs):
            try:
                with silence():
                    for_them, against_them = self.evidence(case.values, output)
            except Exception:  # an error, or outputs out of a student's process that are malformed
                continue
            balance.update(for_them)
            fitting |= set(for_them)
            against.append(against_them)
        for speaks_against in against if fitting else ():  # an answer that is all right needs none of it
            with contextlib.suppress(Exception), silence():
                balance.subtract(speaks_against())
        return frozenset(number for number in fitting if balance[number] < 0)


def formula_check(
    name, behaviours, cases, reference, mistakes, *,
    returns=(), call=None, loose=True, keeps=None, tolerance=(1e-4, 1e-5), wrong="This is not what the formula gives.",
):  # fmt: skip
    """The ``Check`` of a function that turns arrays into an array, or into a tuple of arrays named by ``returns``.

    reference: the right function, called with a case's values by name; the student's gets them in the same order.
    loose: whether (B, 1) will do for (B,), and (1,) for a number; where it will not, a shape that is wrong and nothing
    else costs the behaviour ``shape``, if there is one. keeps: the behaviour lost by changing an argument in place,
    the last one unless named. tolerance: relative and absolute. A wrong part costs the behaviour of its name, if there
    is one. Of several mistakes that fit a case the first is shown, and gives way to a case that only one fits.
    """
    mistakes = tuple(mistakes)
    names = [behaviour.name for behaviour in behaviours]
    keeps = keeps or names[-1]
    parts = returns or ("value",)

    def split(result):
        return dict(zip(parts, result if returns else (result,)))

    def predicted(mistake, values):
        """What the mistake gives, as {part: array}; empty where it gives nothing for these values."""
        try:
            result = mistake.gives(**values)
            if result is None:
                return {}
            result = {mistake.part: result} if mistake.part else split(result)
            return {part: np.asarray(value, float) for part, value in result.items()}
        except Exception:
            return {}

    def is_close(got, expected):
        return got.shape == expected.shape and np.allclose(got, expected, *tolerance, equal_nan=True)

    def fits(mistake, values, got):
        given = predicted(mistake, values)
        return bool(given) and all(is_close(got[part], _as(value, got[part], loose)) for part, value in given.items())

    def differs(mistake, values, got):
        given = predicted(mistake, values)
        return any(not is_close(got[part], _as(value, got[part], loose)) for part, value in given.items())

    def costs(mistake_costs, wrong_parts):
        return mistake_costs or tuple(part for part in wrong_parts if part in names)

    def explained(fitting, wrong_parts, rows):
        first, keys = fitting[0], tuple(mistake.key for mistake in fitting)
        lost = costs(first.costs, wrong_parts)
        return Finding(first.key, lost, first.says, rows, named=len(set(keys)) == 1, could_be=keys)

    def compared(values, output):
        """What is expected and what came, as {part: array}, and the parts that differ."""
        expected = {part: np.asarray(value, float) for part, value in split(reference(**values)).items()}
        got = {part: _as(output[part], expected[part], loose) for part in parts}
        return expected, got, [part for part in parts if not is_close(got[part], expected[part])]

    def evidence(values, output):
        _, got, bad = compared(values, output)
        if not bad:
            return [], lambda: [i for i, m in enumerate(mistakes) if differs(m, values, got)]
        fitting = [i for i, m in enumerate(mistakes) if (m.part in bad if m.part else bad) and fits(m, values, got)]
        if any(not mistakes[i].part for i in fitting):
            return fitting, list
        open_parts = [part for part in bad if part not in {mistakes[i].part for i in fitting}]
        open_ones = [i for i, m in enumerate(mistakes) if (m.part in open_parts if m.part else open_parts)]
        return fitting, lambda: [i for i in open_ones if predicted(mistakes[i], values)]

    def judge(values, output, left_out=frozenset()):
        expected, got, bad = compared(values, output)
        known = [m for i, m in enumerate(mistakes) if i not in left_out]
        for key, after in output.get("after", {}).items():
            if not _same(values[key], after):
                says = f"The argument `{key}` is not the same after the call. Work on a copy, or make a new array."
                yield Finding("input_changed", (keeps,), says)
        if not bad:
            return
        if whole := [m for m in known if not m.part and fits(m, values, got)]:
            rows = [row for part in bad for row in _rows(part, expected[part], got[part], values, is_close)]
            yield explained(whole, bad, tuple(rows[:5]))
            return
        for part in bad:
            rows = _rows(part, expected[part], got[part], values, is_close)
            if found := [m for m in known if m.part == part and fits(m, values, got)]:
                yield explained(found, [part], rows)
                continue
            of = "The result" if part == "value" else f"`{part}`"
            if got[part].shape != expected[part].shape:
                says = f"{of} should have the shape {_shape(expected[part])}, it has {_shape(got[part])}."
                only = got[part].size == expected[part].size and is_close(
                    got[part].reshape(expected[part].shape), expected[part]
                )
                lost = ("shape",) if only and "shape" in names else costs((), [part])
                yield Finding("wrong_shape", lost, says)
            elif np.isfinite(expected[part]).all() and not np.isfinite(got[part]).all():
                says = f"{of} has nan or inf in it. Is something divided by 0, or too large for exp, or log of 0?"
                yield Finding("not_finite", costs((), [part]), says, rows)
            else:
                key, says = ("wrong_value", wrong) if part == "value" else (f"wrong_{part}", f"`{part}` is wrong.")
                yield Finding(key, costs((), [part]), says, rows, named=False)

    return FormulaCheck(name, behaviours, cases, call or caller(name, returns), judge, evidence=evidence)


def caller(name, returns=()):
    """The ``call`` of a check: the function on a case's values in their order, its result as arrays."""

    def call(function, values):
        result = function(*values.values())
        if not returns:
            output = {"value": student.array(result, name)}
        else:
            if not isinstance(result, tuple | list) or len(result) != len(returns):
                what = f"{len(result)} things" if isinstance(result, tuple | list) else student.named(result)
                hint = " Is the `return` missing?" if result is None else ""
                message = f"{name} should return {len(returns)} things, {', '.join(returns)}; it returned {what}.{hint}"
                raise student.AnswerError("wrong_return", message)
            output = {part: student.array(value, f"{name}, in {part},") for part, value in zip(returns, result)}
        return {**output, "after": {key: _plain(value) for key, value in values.items()}}

    return call


def _plain(value):
    """An argument as it is after the call, whatever the answer has put into it."""
    if isinstance(value, list | tuple):
        return [_plain(entry) for entry in value]
    if isinstance(value, dict):
        return [[_plain(key), _plain(entry)] for key, entry in value.items()]
    if isinstance(value, np.ndarray) or type(value).__name__ == "Tensor":
        return student.array(value, "An argument, after the call,")
    return value if isinstance(value, bool | int | float | str | None) else str(value)[:100]


def _same(before, after):
    before = _plain(before)
    if isinstance(before, np.ndarray):
        return isinstance(after, np.ndarray) and np.array_equal(before, after, equal_nan=True)
    if isinstance(before, list):
        return isinstance(after, list) and len(before) == len(after) and all(map(_same, before, after))
    return before == after


def _as(value, like, loose):
    """``value`` as an array, in the shape of ``like`` where they differ in dimensions of size 1 and that is allowed."""
    value = np.asarray(value, float)
    if loose and np.squeeze(value).shape == np.squeeze(like).shape:
        return value.reshape(like.shape)
    return value


def _rows(part, expected, got, values, is_close):
    """Rows of a comparison: at most four numbers, different ones first, or the values and the one result."""
    if got.shape != expected.shape:
        return ()
    if expected.ndim == 0:
        label = described(values) if part == "value" else part
        return ((label, show(expected), show(got), False),)
    same = [is_close(got[index], expected[index]) for index in np.ndindex(expected.shape)]
    first = sorted(sorted(range(len(same)), key=lambda i: same[i])[:4])
    name = "result" if part == "value" else part
    places = [np.unravel_index(i, expected.shape) for i in first]
    labels = [f"{name}[{', '.join(map(str, place))}]" for place in places]
    return tuple(
        (label, show(expected[place]), show(got[place]), same[i]) for label, place, i in zip(labels, places, first)
    )


def described(values, limit=70):
    """The values of a case for a label, ``x = [2, 3], b = 0.5``; only how many there are where that is too long."""
    parts = []
    for key, value in values.items():
        if isinstance(value, str):
            parts.append(f"{key} = {value!r}")
        elif isinstance(value, bool | int | float | np.generic):
            parts.append(f"{key} = {value:g}")
        else:
            try:
                array = np.asarray(value, float)
            except (TypeError, ValueError):
                return "the result"
            parts.append(f"{key} = {show(array)}" if array.size <= 6 else f"{array.size} numbers in {key}")
    text = ", ".join(parts)
    return text if len(text) <= limit else "the result"


def _shape(array):
    if array.ndim == 0:
        return "() of one number"
    return f"({', '.join(map(str, array.shape))}{',' if array.ndim == 1 else ''})"
