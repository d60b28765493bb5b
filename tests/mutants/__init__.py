"""Wrong and right answers to the exercises, one module a lesson: what the checks are checked with.

A module ``lesson_NN`` names its LESSON and has EXERCISES, as {name: Exercise}.

An answer is written into the exercise's own cell, taken from the lesson's source, so it has the same surroundings as
a student's.
"""

import linecache
import math
import textwrap
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import torch

LESSONS = Path(__file__).parents[2] / "solutions"


@dataclass(frozen=True)
class Wrong:
    """A wrong answer. ``findings``: the keys of all findings it must draw; ``points``: what it keeps.

    ``solutions``: the code of the solution region, or of all regions, in order. ``changes``: pairs (old, new) in the
    given code around.
    """

    name: str
    findings: str
    points: float
    solutions: str | tuple
    changes: tuple = ()


@dataclass(frozen=True)
class Right:
    """A right answer, written differently."""

    name: str
    solutions: str | tuple
    changes: tuple = ()


@dataclass(frozen=True)
class Exercise:
    """The answers to one exercise.

    names: what an answer finds besides its own cell, instead of the usual imports. file: where the student's code goes
    to, for an exercise that is a file. few: the reason why there are fewer than ten wrong or three right answers.
    """

    wrong: tuple
    right: tuple
    names: dict = field(default_factory=lambda: {"np": np, "torch": torch, "math": math})
    file: str = ""
    few: str = ""


def with_more(exercises, more):
    """The exercises with ``more`` answers, {name: (wrong, right)}."""
    parts = {name: (exercise, *more.get(name, ((), ()))) for name, exercise in exercises.items()}
    return {name: replace(e, wrong=e.wrong + wrong, right=e.right + right) for name, (e, wrong, right) in parts.items()}


def code(*lines):
    """Lines of code, or blocks of them, one below the other."""
    return "\n".join(line.strip("\n") for line in lines)


def cell(lesson, exercise):
    """The source of an exercise's cell, solution included, without a ``%%writefile`` line."""
    lines = (LESSONS / lesson / f"{lesson}.py").read_text().splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith(f'# %% exercise="{exercise}"'))
    end = next(i for i in range(start + 1, len(lines)) if lines[i].startswith("# %% "))
    return "\n".join(line for line in lines[start + 1 : end] if not line.startswith("# %%writefile")) + "\n"


def fill(source, solutions, changes=()):
    """``source`` with its solution regions replaced, in order, by ``solutions``; None leaves the stub's line."""
    result, waiting, inside = [], [solutions] if isinstance(solutions, str) else list(solutions), False
    for line in source.splitlines():
        if "### BEGIN SOLUTION" in line:
            inside, indent = True, line[: line.index("#")]
            solution = waiting.pop(0) if waiting else None
            result.append(textwrap.indent("raise NotImplementedError" if solution is None else solution, indent))
        elif "### END SOLUTION" in line:
            inside = False
        elif not inside:
            result.append(line)
    assert not waiting, "more solutions than regions"
    text = "\n".join(result) + "\n"
    for old, new in changes:
        assert old in text, f"{old!r} is not in the cell"
        text = text.replace(old, new)
    return text


def function(source, name, namespace=None):
    """The function ``name`` that ``source`` defines, with its lines known to tracebacks."""
    filename = f"<answer {hash(source)}>"
    linecache.cache[filename] = (len(source), None, source.splitlines(True), filename)
    namespace = {} if namespace is None else dict(namespace)
    exec(compile(source, filename, "exec"), namespace)
    return namespace[name]
