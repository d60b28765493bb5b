"""Running a student's answer: whatever it does, what comes back is plain data, and the kernel stays as it was."""

import contextlib
import copy
import io
import linecache
import logging
import os
import random
import sys
import sysconfig
import tokenize
import warnings
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import numpy as np

COURSE = str(Path(__file__).parent.parent)
LIBRARIES = tuple(
    folder + os.sep
    for folder in {COURSE, *(sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib"))}
)
PRINTED_LIMIT = 2000
"""Characters of a case's printed text that are kept."""
SIZE_LIMIT = 1_000_000
"""Numbers that an answer may return at once."""
QUIET = (DeprecationWarning, PendingDeprecationWarning, ResourceWarning, ImportWarning)


class AnswerError(Exception):
    """The answer is not of the kind that the exercise asks for; the message is a sentence for the student."""

    def __init__(self, key, message):
        super().__init__(message)
        self.key = key


def run(load, call, answer, values):
    """One plain dict for each entry of ``values``: what ``call(load(answer), entry)`` returned, or its ``error``.

    Each may hold ``notes``: warnings and printed text. Random generators, output streams, modules and the search
    path are put back afterwards. KeyboardInterrupt passes: the Stop button must stop.
    """
    with _modules_restored(), _state_restored():
        loaded, failure = _guarded(lambda: {"loaded": load(answer)}, 0)
        if "error" in failure:
            failure["error"]["loading"] = True
            return [failure for _ in values]
        outputs = []
        for number, entry in enumerate(values):
            _, output = _guarded(lambda entry=entry: call(loaded, copy.deepcopy(entry)), number)
            outputs.append(output)
        if failure.get("notes") and outputs:
            outputs[0]["notes"] = failure["notes"] + outputs[0].get("notes", [])
        return outputs


def function(answer):
    """The answer of an exercise that asks for a function. Raises AnswerError for anything that cannot be called."""
    if not callable(answer):
        raise AnswerError("not_a_function", f"This check takes your function, not {named(answer)}.")
    return answer


def class_of(answer, name, modules=None):
    """The class ``name`` in the file, module or class that ``answer`` is; a file is read afresh each time.

    ``modules(folder)`` may return modules that the file finds when it imports them, as {name: module}.
    """
    if isinstance(answer, str | os.PathLike):
        answer = module_of(answer, modules)
    if isinstance(answer, ModuleType):
        file = Path(getattr(answer, "__file__", None) or answer.__name__).name
        answer = getattr(answer, name, None)
        if answer is None:
            raise AnswerError("no_class", f"{file} has no class {name}. Is it spelled like that?")
    if not isinstance(answer, type):
        raise AnswerError("not_a_class", f"This check takes a file name or the class {name}, not {named(answer)}.")
    return answer


def module_of(path, modules=None):
    """The module in the student's file ``path``, compiled from its present text."""
    path = Path(path)
    if not path.is_file():
        text = f"There is no file {path.name} yet. Run the cell that begins with %%writefile {path.name} first."
        raise AnswerError("no_file", text)
    path = path.resolve()
    for name in [name for name, module in sys.modules.items() if _lies_in(module, path.parent, name)]:
        del sys.modules[name]  # what was imported before may be older than the files
    sys.path.insert(0, str(path.parent))
    sys.modules.update(modules(path.parent) if modules else {})
    linecache.checkcache(str(path))
    with tokenize.open(path) as file:
        code = compile(file.read(), str(path), "exec")
    module = sys.modules[path.stem] = ModuleType(path.stem)
    module.__file__ = str(path)
    exec(code, vars(module))
    return module


def array(value, what="Your function"):
    """``value`` as a float64 array of its own. Raises AnswerError when it is no number, array or tensor."""
    torch = sys.modules.get("torch")
    try:
        if torch and isinstance(value, torch.Tensor):
            value = value.detach().cpu().double().numpy()
        elif not isinstance(value, np.ndarray | np.generic | int | float) and type(value) not in (list, tuple):
            value = value.__float__()
        if np.asarray(value).dtype.kind in "US":
            raise TypeError("text")
        result = np.array(value, dtype=np.float64)
    except (TypeError, ValueError, AttributeError, OverflowError, RuntimeError):
        hint = " Is the `return` missing?" if value is None else ""
        hint = " Put the values into a list, and return that." if issubclass(type(value), Iterator) else hint
        raise AnswerError("wrong_return", f"{what} returned {named(value)} instead of numbers.{hint}") from None
    if result.size > SIZE_LIMIT:
        raise AnswerError("wrong_return", f"{what} returned {result.size:,} numbers, far too many.")
    return result


def named(value):
    """What something is, for a sentence: None, a str, an object of class Tensor."""
    kind = type(value).__name__
    if value is None:
        return "None"
    if isinstance(value, type):
        return f"the class {value.__name__}"
    plain = kind in ("list", "tuple", "dict", "set", "str", "bool", "function", "module")
    return f"a {kind}" if plain else f"an object of class {kind}"


def _guarded(action, number):
    """Do ``action`` with its output caught; return its raw result's ``loaded`` entry and a plain record."""
    seed_generators(number)
    printed = _Capped(PRINTED_LIMIT)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
            try:
                record = action()
            except KeyboardInterrupt:
                raise
            except BaseException as error:  # SystemExit, RecursionError, and whatever else a student's code raises
                record = {"error": _error(error)}
    loaded = record.pop("loaded", None)
    notes = [_warning(warning) for warning in caught if not issubclass(warning.category, QUIET)]
    if printed.getvalue().strip():
        notes.append({"kind": "printed", "message": printed.getvalue()})
    return loaded, {**record, "notes": notes} if notes else record


def _error(error):
    """A plain record of an exception: type, message, and the last line of the student's own code that it passed."""
    try:
        message = str(error)
    except Exception:
        message = ""
    record = {"type": type(error).__name__, "message": message[:500]}
    if isinstance(error, AnswerError):
        return {**record, "key": error.key}
    if isinstance(error, SyntaxError):
        record.update(message=str(error.msg), unreadable=True)
        return {**record, **_line(error.filename or "", error.lineno or 0, error.text or "")}
    trace, in_answer = error.__traceback__, False
    while trace:
        code = trace.tb_frame.f_code
        in_answer = _is_answer(code.co_filename)
        if in_answer:
            record.update(_line(code.co_filename, trace.tb_lineno), function=code.co_name)
        trace = trace.tb_next
    return {**record, "in_answer": in_answer}  # raised by the answer itself, not by a library it called


def _warning(warning):
    record = {"kind": "warning", "type": warning.category.__name__, "message": str(warning.message)[:500]}
    return record | (_line(warning.filename, warning.lineno) if _is_answer(warning.filename) else {})


def _line(filename, number, code=None):
    where = "the cell" if "ipykernel" in filename or filename.startswith("<") else Path(filename).name
    code = code if code is not None else linecache.getline(filename, number)
    return {"where": where, "line": int(number), "code": code.strip()[:200]}


def _is_answer(filename):
    return not filename.startswith((*LIBRARIES, "<frozen", "<string")) and filename != ""


def _lies_in(module, folder, name):
    file = getattr(module, "__dict__", {}).get("__file__")  # not getattr: it may start a lazy import
    if not isinstance(file, str) or name == "__main__" or not file.startswith(str(folder)):  # thousands end here
        return False
    return os.path.dirname(file) == str(folder)


def seed_generators(number):
    """The same start for every case, so that the verdict depends on nothing but the answer and the cases."""
    random.seed(number)
    np.random.seed(number)
    if torch := sys.modules.get("torch"):
        torch.random.default_generator.manual_seed(number)  # torch.manual_seed takes 0.4 ms, even without CUDA
        if torch.cuda.is_initialized():
            torch.cuda.manual_seed_all(number)


@contextlib.contextmanager
def _state_restored():
    """Global random generators, PyTorch's modes and logging as they were, however the block ends."""
    torch = sys.modules.get("torch")
    states = random.getstate(), np.random.get_state(), logging.root.manager.disable
    with contextlib.ExitStack() as stack:
        stack.callback(random.setstate, states[0])
        stack.callback(np.random.set_state, states[1])
        stack.callback(logging.disable, states[2])
        logging.disable(logging.CRITICAL)  # a handler made earlier writes past the redirected stderr
        if torch:
            devices = range(torch.cuda.device_count()) if torch.cuda.is_initialized() else ()
            stack.enter_context(torch.random.fork_rng(devices))
            stack.callback(torch.set_default_dtype, torch.get_default_dtype())
            stack.enter_context(torch.enable_grad())
        yield


@contextlib.contextmanager
def _modules_restored():
    """``sys.path`` and the modules of the student's folder as they were; libraries imported meanwhile stay."""
    modules, path = dict(sys.modules), list(sys.path)
    try:
        yield
    finally:
        folders = sys.path[: max(0, len(sys.path) - len(path))]  # those that module_of has put in front
        sys.path[:] = path
        new = {name: module for name, module in sys.modules.items() if module is not modules.get(name)}
        for name, module in new.items():
            if name in modules or any(_lies_in(module, folder, name) for folder in folders):
                del sys.modules[name]
        for name, module in modules.items():
            sys.modules.setdefault(name, module)


class _Capped(io.StringIO):
    """A text stream that forgets everything after ``limit`` characters."""

    def __init__(self, limit):
        super().__init__()
        self.limit = limit

    def write(self, text):
        super().write(text[: max(0, self.limit - self.tell())])
        return len(text)
