"""Checks inside the sandbox: they can run an answer, and do not know the right one.

A check's module holds its cases, its judge, and formulas of right and wrong answers. Inside, its source is in no file:
it comes over a socket, is imported before any student's code runs, and then all that only cases and judges need is
taken out of it. So an answer cannot ask the checks for what is expected, neither by their names nor by looking around
in memory.
"""

import functools
import gc
import importlib
import importlib.util
import sys
import types
from pathlib import Path

PREFIX = "dqn_course.checks.lesson_"
SAYS = "In here a check only runs your code. What it earns is judged outside, and stands at the check's own cell."


def sources():
    """{module: its text}, for every lesson's checks: read by the trusted side."""
    folder = Path(__file__).resolve().parents[1] / "checks"
    return {f"dqn_course.checks.{path.stem}": path.read_text("utf-8") for path in sorted(folder.glob("lesson_*.py"))}


class Importer:
    """Imports modules from their texts while it is in ``sys.meta_path``, and forgets the texts afterwards."""

    def __init__(self, texts):
        self.texts = dict(texts)

    def __enter__(self):
        sys.meta_path.insert(0, self)
        return self

    def __exit__(self, *_):
        sys.meta_path.remove(self)
        self.texts.clear()

    def find_spec(self, name, path=None, target=None):
        """For Python's import."""
        return importlib.util.spec_from_loader(name, self) if name in self.texts else None

    def create_module(self, spec):
        """For Python's import."""
        return None

    def exec_module(self, module):
        """For Python's import. The file's name says that this is the course's code, not the student's."""
        checks = importlib.import_module("dqn_course.checks")
        module.__file__ = str(Path(checks.__file__).with_name(f"{module.__name__.rpartition('.')[2]}.py"))
        exec(compile(self.texts[module.__name__], module.__file__, "exec"), vars(module))


class RunsAnswers:
    """What stays of a check: its name, and the way to run an answer on cases that come from outside."""

    def __init__(self, check):
        self.name, self.points, self.behaviours = check.name, check.points, check.behaviours
        self.call, self.load = check.call, check.load

    def run_cases(self, answer, cases):
        """As the check's own."""
        from dqn_course.checks import student

        return student.run(self.load, self.call, answer, [case.values for case in cases])

    def __call__(self, answer, seed=0):
        """A ``Verdict`` without points, which says where they come from."""
        from dqn_course.checks import core

        states = tuple((behaviour, core.NOT_COUNTED) for behaviour in self.behaviours)
        note = {"kind": "outside", "type": "", "message": SAYS}
        return core.Verdict(self.name, 0, self.points, states, notes=(note,), ran=False)


def strip():
    """Take out of the imported modules of checks whatever running an answer does not need."""
    _strip()
    gc.collect()  # after _strip, whose own names would keep things alive


def _strip():
    from dqn_course.checks import core

    modules = {name: module for name, module in sys.modules.items() if name.startswith(PREFIX)}
    left = {}
    for module in modules.values():
        for value in vars(module).values():
            if isinstance(value, core.Check):
                left[id(value)] = RunsAnswers(value)
    needed = _needed([part for check in left.values() for part in (check.call, check.load)], modules)
    for module in modules.values():
        for name, value in list(vars(module).items()):
            if id(value) in left:
                setattr(module, name, left[id(value)])
            elif not (name.startswith("__") or id(value) in needed or _is_foreign(value, modules)):
                delattr(module, name)


def _is_foreign(value, modules):
    """A module, or a class or function of another module than those of the lessons."""
    return isinstance(value, types.ModuleType) or (
        isinstance(value, type | types.FunctionType | types.BuiltinFunctionType) and value.__module__ not in modules
    )


def _needed(todo, modules):
    """{id: thing} of what the things in ``todo`` can reach by the names in their code, in modules of checks."""
    from dqn_course.checks import core

    seen, spaces = {}, {id(vars(module)) for module in modules.values()}
    while todo:
        thing = todo.pop()
        if id(thing) in seen or isinstance(thing, core.Check):
            continue
        seen[id(thing)] = thing
        if isinstance(thing, types.FunctionType):
            names = _names(thing.__code__)
            todo += [cell.cell_contents for cell in thing.__closure__ or () if not _is_empty(cell)]
            todo += [*(thing.__defaults__ or ()), *(thing.__kwdefaults__ or {}).values(), *vars(thing).values()]
            if id(thing.__globals__) in spaces:
                found = [thing.__globals__[name] for name in names if name in thing.__globals__]
                todo += found
                for module in found:  # as in lesson_05_sure.something(...)
                    if isinstance(module, types.ModuleType) and module.__name__ in modules:
                        todo += [vars(module)[name] for name in names if name in vars(module)]
        elif isinstance(thing, type):
            if thing.__module__ in modules:
                todo += [*thing.__bases__, *vars(thing).values()]
        elif isinstance(thing, list | tuple | set | frozenset):
            todo += thing
        elif isinstance(thing, dict):
            todo += [*thing.keys(), *thing.values()]
        elif isinstance(thing, staticmethod | classmethod | types.MethodType):
            todo += [thing.__func__, getattr(thing, "__self__", None)]
        elif isinstance(thing, property):
            todo += [thing.fget, thing.fset]
        elif isinstance(thing, functools.partial):
            todo += [thing.func, *thing.args, *thing.keywords.values()]
        elif hasattr(thing, "__wrapped__"):
            todo.append(thing.__wrapped__)
        elif type(thing).__module__ in modules:
            todo += [type(thing), *getattr(thing, "__dict__", {}).values()]
    return seen


def _names(code):
    """All names that a code object and those within it use."""
    inner = [_names(const) for const in code.co_consts if isinstance(const, types.CodeType)]
    return set(code.co_names).union(*inner)


def _is_empty(cell):
    try:
        cell.cell_contents  # noqa: B018
    except ValueError:
        return True
    return False
