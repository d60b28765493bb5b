"""What every check is made of: cases, a call of the student's code, a judgement, and a verdict.

The three parts are kept apart, so that they can run in different processes. ``cases`` and ``judge`` never see the
student's objects, and ``call`` never sees what is expected. Whatever passes between them is plain: arrays, numbers,
strings, lists and dicts; ``pack`` turns it into bytes and ``unpack`` back.
"""

import contextlib
import io
import json
import math
import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from dqn_course.checks import panel, student

PASSED, FAILED, NOT_COUNTED = "passed", "failed", "not counted"


@dataclass(frozen=True)
class Behaviour:
    """One thing an answer must do, and its points. With ``needs``, it counts only if one of those is there too.

    by_name: it is lost only to a finding that names it. Whoever gets another number has not changed an argument.
    """

    name: str
    points: float
    text: str
    needs: tuple = ()
    by_name: bool = False


@dataclass(frozen=True)
class Case:
    """One input. ``proves`` names the behaviours that are lost if the answer raises here; ``values`` are plain.

    hints: what an error message usually means in this exercise, as ``ERROR_HINTS``; they come before those.
    """

    name: str
    proves: tuple
    values: dict
    hints: dict = field(default_factory=dict)


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong.

    key: a stable name of the mistake. costs: the behaviours it loses; empty: those that the case proves. message: one
    or two sentences, with the likely cause. rows: what to compare, as (label, expected, got, same) of strings and a
    bool. line: where, as a dict of ``where``, ``line``, ``code``. named: False where the cause is unknown; such a
    finding gives way to a named one that explains the same loss, or whose key is among those it ``could_be``.
    """

    key: str
    costs: tuple
    message: str
    rows: tuple = ()
    line: dict = field(default_factory=dict)
    case: str = ""
    named: bool = True
    could_be: tuple = ()


@dataclass(frozen=True, repr=False)
class Verdict:
    """The result of a check: ``repr`` is the number of points (nbgrader reads it), ``str`` a text, HTML a panel.

    behaviours: pairs (Behaviour, state) with the state passed, failed or not counted. findings: what was wrong, the
    first of each kind. notes: dicts about warnings and printed text. todo: True for an untouched stub. ran: False where
    there was nothing to run, as with a missing file.
    """

    name: str
    points: float
    total: float
    behaviours: tuple
    findings: tuple = ()
    notes: tuple = ()
    todo: bool = False
    ran: bool = True

    @property
    def passed(self):
        """True when all points are there."""
        return self.points == self.total

    def __repr__(self):
        return f"{self.points:g}"

    def __str__(self):
        return panel.text(self)

    def _repr_html_(self):
        return panel.html(self)


@dataclass(frozen=True)
class Check:
    """The check of one exercise. Called with an answer, it returns a ``Verdict``, whatever the answer does.

    name: the exercise. behaviours: what is worth points. cases(rng): a list of ``Case``. call(answer, values): runs
    the answer on one case and returns a dict of plain values. judge(values, output): yields a ``Finding`` for each
    thing that is wrong with one output. load(answer): turns what the student hands over into what ``call`` gets.
    """

    name: str
    behaviours: tuple
    cases: Callable
    call: Callable
    judge: Callable
    load: Callable = student.function

    @property
    def points(self):
        """What a right answer gets."""
        return sum(behaviour.points for behaviour in self.behaviours)

    def __call__(self, answer, seed=0):
        """Check ``answer`` on the cases of ``seed``, all in this process. Returns a ``Verdict``."""
        with silence():
            cases = self.cases(np.random.default_rng(seed))
        return self.judge_outputs(cases, self.run_cases(answer, cases))

    def run_cases(self, answer, cases):
        """Run the answer on every case; return one plain dict a case. The only part that touches student code."""
        return student.run(self.load, self.call, answer, [case.values for case in cases])

    def judge_outputs(self, cases, outputs):
        """The ``Verdict`` on the outputs of ``run_cases``, however strange they are."""
        unproven = {behaviour.name for behaviour in self.behaviours}.difference(*(case.proves for case in cases))
        if unproven:
            raise ValueError(f"check {self.name}: no case proves {', '.join(sorted(unproven))}")
        outputs = list(outputs)[: len(cases)] + [None] * (len(cases) - len(outputs))
        if all(_is_todo(output) for output in outputs):
            states = tuple((behaviour, NOT_COUNTED) for behaviour in self.behaviours)
            error = outputs[0]["error"]
            note = {"kind": "todo", "type": "", "message": _todo(error), **_place(error)}
            return Verdict(self.name, 0, self.points, states, notes=(note,), todo=True, ran=False)
        findings = [finding for case, output in zip(cases, outputs) for finding in self._findings(case, output)]
        lost = {name for finding in findings for name in finding.costs}
        states = tuple((behaviour, _state(behaviour, lost)) for behaviour in self.behaviours)
        points = sum(behaviour.points for behaviour, state in states if state == PASSED)
        ran = not any(_error(output).get("loading") for output in outputs)
        return Verdict(self.name, points, self.points, states, _worth_showing(findings), _notes(outputs), ran=ran)

    def _findings(self, case, output):
        by_name = {behaviour.name for behaviour in self.behaviours if behaviour.by_name}
        case = replace(case, proves=tuple(name for name in case.proves if name not in by_name))
        if not isinstance(output, dict):
            return [Finding("no_output", case.proves, "There is no result for this case.", case=case.name)]
        if "error" in output:
            return [error_finding(case, output["error"])]
        try:
            with silence():
                found = list(self.judge(case.values, output))
                return [replace(finding, case=case.name, costs=finding.costs or case.proves) for finding in found]
        except Exception as error:  # outputs come from a student's process: any of them may be malformed
            message = f"The result cannot be read ({type(error).__name__}: {error})."
            return [Finding("unreadable", case.proves, message, case=case.name)]


@contextlib.contextmanager
def silence():
    """No warning may reach stderr: nbgrader would give 0."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        yield


ERROR_HINTS = {
    r"does not require grad": "The loss has no path back to the network. Are the predictions computed under "
    "torch.no_grad(), or cut off by .detach(), .data, .item() or NumPy?",
    r"backward through the graph a second time": "Call backward() once for each forward pass.",
    r"mat1 and mat2 shapes cannot be multiplied": "A layer got an input of another size than it was made for. Does "
    "each layer start with the size the one before ends with, and do the sizes come from the arguments, not from fixed "
    "numbers?",
    r"is not a Module subclass": "nn.Sequential takes its layers one by one, `nn.Sequential(*layers)`; nn.ModuleList "
    "takes a list.",
    r"mat1 and mat2 must have the same dtype": "The layers are float32, and so must be what goes in: `.float()`.",
    r"must be Tensor, not numpy.ndarray": "A layer takes tensors: `torch.from_numpy(...)`.",
    r"must match the size of tensor|could not be broadcast": "Two arrays do not fit together. Print their shapes just "
    "before this line.",
    r"list index out of range": "A list of k entries ends with number k - 1. With `i + 1` in it, a loop must end one "
    "earlier.",
    r"[Ee]xpected dtype int\S* for index|used as indices must be": "An index must be whole numbers: `.long()`.",
    r"Index tensor must have the same number of dim": "For values (B, A), gather needs an index of shape (B, 1).",
    r"return_types|only integer tensors of a single element can be converted to an index|concatenate tuple|"
    r"multiply sequence": "`max(dim=1)` gives two things, the values and their positions. Take .values.",
    r"before Module\.__init__\(\) call": "`super().__init__()` must be the first line of __init__.",
    r'missing the required "forward" function': "Is the method called forward, and indented inside the class?",
    r"required positional argument|positional arguments? but|unexpected keyword argument": "The arguments in the def "
    "line must be the ones of the exercise, in the same order.",
    r"~ \(operator.invert\)|Subtraction, the `-` operator, with a bool": "`terminated` is a float tensor of 0.0 and "
    "1.0, so the mask is (1 - terminated).",
    r"truth value of an array": "An `if` needs one truth value, and an array has many. np.where(condition, this, that) "
    "chooses entry by entry.",
    r"is not iterable|iteration over a 0-d": "A loop needs several things, and this is a single one. NumPy's functions "
    "take both, without a loop.",
    r"Boolean value of Tensor": "Words like `if`, `and`, `not` need one truth "
    "value, and a tensor has many. Use arithmetic, for example (1 - terminated).",
    r"a leaf Variable that requires grad": "Weights may be changed in place only under torch.no_grad().",
    r"[Cc]an't call numpy\(\) on Tensor that requires grad": "NumPy knows no gradients. Stay with tensors.",
    r"axis 1 is out of bounds": "This array has one dimension only. Count from the end: axis=-1, the last, is there "
    "for one point and for many.",
    r"only (length-1|0-dimensional|size-1) arrays can be converted": "int(), float() and the functions of `math` "
    "take one number. Those of NumPy, like np.exp, take numbers and arrays.",
    r"'numpy' has no attribute 'ln'": "The natural logarithm is np.log.",
    r"numpy boolean subtract": "True and False cannot be subtracted. Make numbers of them first: `1.0 * (a > b)`.",
    r"for \^:|'bitwise_xor'": "A power is written with two stars: x**2, x**alpha. The sign ^ does something else.",
    r"matmul: ": "For a @ b, each row of a must be as long as each column of b. Print both shapes; .T swaps rows and "
    "columns.",
    r"'(numpy\.ndarray|numpy\.float64|float|int|Tensor)' object is not callable": "Is a * missing before a bracket?",
    r"cannot access local variable": "This name has no value yet. Set it first: before the "
    "loop, if there is one. Or does an argument have another name?",
    r"math range error": "exp of a large number is too large for Python. np.exp gives inf there instead.",
    r"'\S*(function|method)\S*' object (has no attribute|is not subscriptable|is not iterable)": "A function stands "
    "here where its result is wanted: are the round brackets missing?",
    r"not compiled with CUDA|no NVIDIA driver|No CUDA GPUs": "Not every machine has a graphics card. The device is an "
    "argument: `.to(device)`.",
    r"only integers, slices": "An index must be a whole number. Is what is unpacked in the right order?",
    r"maximum recursion depth": "The function calls itself without an end.",
    r"out of bounds for uint8": "A uint8 has place for 0 to 255 only. Turn the array into floats before you multiply.",
    r"division by zero": "Can what is divided by be zero here?",
}
"""What an error message usually means: {regular expression: sentence}."""

HINTS_HERE = {
    r"required positional argument|positional arguments? but|unexpected keyword argument": "The function that this "
    "line calls is given too few or too many arguments, or one with a name that it does not know. Compare with its def "
    "line, or with its help(...).",
}
"""The same, for an error at a line of the answer itself, where it means something else."""


def error_finding(case, error):
    """The finding for a case on which the answer raised; ``error`` is the record that ``student.run`` made."""
    if not isinstance(error, dict):
        return Finding("unreadable", case.proves, "The result cannot be read.", case=case.name)
    kind, message = str(error.get("type", "Error")), str(error.get("message", "")).strip()
    line, name = _place(error), "" if error.get("loading") else case.name
    if error.get("key"):  # said by the course itself, in plain words
        return Finding(str(error["key"]), case.proves, message, line=line, case=name)
    if kind == "NotImplementedError" and error.get("in_answer"):
        return Finding("todo", case.proves, _todo(error), line=line, case=name)
    if kind == "SystemExit":
        message = "the code asked Python to stop (exit or quit)"
    hints = (*case.hints.items(), *(HINTS_HERE.items() if line else ()), *ERROR_HINTS.items())
    hint = next((text for pattern, text in hints if re.search(pattern, message)), "")
    says = "Python cannot read the file" if error.get("unreadable") else f"Your code stopped with {kind}"
    text = f"{says}: {message}".rstrip(": ")
    text = f"{text}{'' if text.endswith(('.', '?', '!')) else '.'} {hint}".strip()
    return Finding("error", case.proves, text, line=line, case=name)


def close(got, expected):
    """True where two numbers are equal up to float32 arithmetic; never true for NaN."""
    if np.broadcast(got, expected).size > 10 * student.SIZE_LIMIT:
        return np.False_  # made to fill the memory
    return np.isclose(got, expected, rtol=1e-4, atol=1e-5)


def show(value):
    """A number, or a short array, as a person writes it: 5.5, [1, -2.25, …]."""
    value = np.asarray(value)
    if value.ndim == 0:
        return f"{float(value):.5g}" if np.isfinite(value) else str(value)
    parts = [show(entry) for entry in value[:6]]
    return "[" + ", ".join(parts + ["…"] * (len(value) > 6)) + "]"


def rows(labels, expected, got, limit=4):
    """Rows of a comparison for a ``Finding``: at most ``limit``, different ones first, in the order given."""
    same = [bool(np.all(close(g, e))) for g, e in zip(got, expected)]
    first = sorted(sorted(range(len(same)), key=lambda i: same[i])[:limit])
    return tuple((labels[i], show(expected[i]), show(got[i]), same[i]) for i in first)


def pack(value):
    """Bytes of a plain value: arrays, numbers, strings, None, and lists and dicts of them. Nothing in it can run.

    Arrays of one kind of number lie one after the other in one array; the JSON beside it says where each begins.
    """
    arrays, sizes = {}, {}

    def strip(part):
        if isinstance(part, np.ndarray):
            kind = part.dtype.str.strip("<>|=")
            start = sizes[kind] = sizes.get(kind, 0)
            sizes[kind] += part.size
            arrays.setdefault(kind, []).append(part.ravel())
            return {"array": kind, "start": start, "shape": part.shape}
        if isinstance(part, dict):
            return {"dict": [[strip(key), strip(entry)] for key, entry in part.items()]}
        if isinstance(part, list | tuple):
            return {"list": [strip(entry) for entry in part]}
        return {"value": part.item() if isinstance(part, np.generic) else part}

    text = json.dumps(strip(value))
    file = io.BytesIO()
    np.savez_compressed(file, json=np.array(text), **{kind: np.concatenate(parts) for kind, parts in arrays.items()})
    return file.getvalue()


def unpack(data, limit=None):
    """The value in the bytes of ``pack``; tuples come back as lists. Raises ValueError for anything else.

    limit: the most numbers that one array may have; a side of 0 counts as 1.
    """
    with np.load(io.BytesIO(data), allow_pickle=False) as archive:
        arrays = dict(archive)  # each is read once, however often it is named

        def build(part):
            if "array" in part:
                start, shape = part["start"], part["shape"]
                sizes = [max(1, size) for size in shape]
                if limit is not None and (math.prod(sizes) > limit or min(shape, default=0) < 0):
                    raise ValueError(f"an array of shape {shape}")
                return arrays[part["array"]][start : start + math.prod(shape)].reshape(shape)
            if "dict" in part:
                return {build(key): build(entry) for key, entry in part["dict"]}
            return [build(entry) for entry in part["list"]] if "list" in part else part["value"]

        return build(json.loads(str(arrays["json"])))


def _error(output):
    """The record of an exception in an output, or an empty one."""
    error = output.get("error") if isinstance(output, dict) else None
    return error if isinstance(error, dict) else {}


def _is_todo(output):
    return _error(output).get("type") == "NotImplementedError" and bool(_error(output).get("in_answer"))


def _todo(error):
    return f"`{error.get('function', 'this part')}` is not implemented yet."


def _state(behaviour, lost):
    if behaviour.name in lost:
        return FAILED
    return NOT_COUNTED if behaviour.needs and lost.issuperset(behaviour.needs) else PASSED


def _place(record):
    """Where in the student's code, as strings and a number; empty where that is unknown."""
    if not isinstance(record, dict) or not isinstance(record.get("line"), int):
        return {}
    return {"where": str(record.get("where", "")), "line": record["line"], "code": str(record.get("code", ""))}


def _worth_showing(findings):
    """The first finding of each kind, and each part that is not written yet; one without a named cause only where no
    named one explains it."""
    lost = {name for finding in findings if finding.named for name in finding.costs}
    keys = {finding.key for finding in findings if finding.named}
    kept = {}
    for finding in findings:
        if finding.named or not (lost.issuperset(finding.costs) or keys.intersection(finding.could_be)):
            kept.setdefault((finding.key, finding.message if finding.key == "todo" else ""), finding)
    return tuple(kept.values())


def _notes(outputs):
    """Warnings, one of each place, and what was printed, once; at most five."""
    notes = {}
    for output in outputs:
        for note in output.get("notes", ()) if isinstance(output, dict) else ():
            if isinstance(note, dict):
                note = {key: str(note.get(key, "")) for key in ("kind", "type", "message")} | _place(note)
                notes.setdefault((note["kind"], note["type"], note.get("where"), note.get("line")), note)
    return tuple(notes.values())[:5]
