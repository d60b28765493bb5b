"""The submissions: what is in each, the points it must get, and a piece of what its student must be told.

All are for the lesson in ``tests/lessons/92_attacked``: a check, an ordinary test cell and a check, of 2, 3 and 2
points. A hostile cell that reaches what it should not prints LOOT; no submission may ever show that word.
"""

import copy
import json
import os
from collections.abc import Callable
from dataclasses import dataclass

from nbformat.v4 import new_code_cell, new_markdown_cell

LESSON = "92_attacked"
CHECKS = ("mean_of_last", "total", "step")
FULL, NONE = (2, 3, 2), (0, 0, 0)
GRADED, REPAIRED, FLAGGED, UNREADABLE, STOPPED = "graded", "repaired", "flagged", "unreadable", "stopped"
HONEST, BROKEN, HOSTILE = "honest", "broken", "hostile"


@dataclass(frozen=True)
class Handed:
    """One submission.

    build(folder, notebook, solved): writes it into its folder; ``notebook`` is the released one, ``solved`` a solved
    one. points: of each of ``CHECKS``. state: in the report. reason: a part of what the report and the graded notebook
    say. slow: not in the tests that run every time. also: other points and states, in pairs, that are as good, where
    chance decides.
    """

    name: str
    kind: str
    build: Callable
    points: tuple = FULL
    state: str = GRADED
    reason: str = ""
    slow: bool = False
    also: tuple = ()


FACTS = {}
"""What hostile cells are told about this machine, to make it easy: a text for each ``<NAME>`` in them."""


# --- ways to build


def write(folder, notebook, name=f"{LESSON}.ipynb"):
    """Write a notebook, however strange, as it is."""
    folder.joinpath(name).write_text(json.dumps(notebook), encoding="utf-8")


def cell_of(notebook, name):
    """The cell with a grade id."""
    return next(cell for cell in notebook.cells if cell.metadata.get("nbgrader", {}).get("grade_id") == name)


def place_of(notebook, name):
    """Where the cell with a grade id is."""
    return notebook.cells.index(cell_of(notebook, name))


def solve(answers=None, **cells):
    """A solved notebook with some answers replaced, and code cells put behind those that are named."""

    def build(folder, notebook, solved):
        for name, source in (answers or {}).items():
            cell_of(solved, name).source = source
        for name, source in cells.items():
            for fact, text in FACTS.items():
                source = source.replace(f"<{fact}>", text)
            solved.cells.insert(place_of(solved, name) + 1, new_code_cell(source))
        write(folder, solved)

    return build


def unsolved(answers=None, **cells):
    """The same with a notebook in which nothing is solved."""
    return lambda folder, notebook, solved: solve(answers, **cells)(folder, solved, notebook)


def changed(change):
    """A solved notebook after ``change(notebook)``."""

    def build(folder, notebook, solved):
        write(folder, change(solved) or solved)

    return build


def file_with(data):
    """A file of these bytes in the place of the notebook."""
    return lambda folder, notebook, solved: folder.joinpath(f"{LESSON}.ipynb").write_bytes(data)


# --- honest

LOOPS = {
    "mean_of_last": """
def mean_of_last(scores, n=100):
    total, count = 0.0, 0
    for score in reversed(scores):
        if count == n:
            break
        total, count = total + score, count + 1
    return total / count
""",
    "total": """
def total(numbers):
    result = 0
    for number in numbers:
        result = result + number
    return result
""",
    "step": """
def step(score):
    return np.array([1 if entry >= 0 else 0 for entry in np.ravel(score)]).reshape(np.shape(score))
""",
}
SHORT = {
    "mean_of_last": "mean_of_last = lambda scores, n=100: np.mean(scores[-n:])",
    "total": "total = lambda numbers: numbers[0] + total(numbers[1:]) if numbers else 0",
    "step": "step = lambda score: (np.asarray(score) >= 0) * 1.0",
}
TOOLS = """
import os, pathlib, subprocess, tempfile, threading
import matplotlib.pyplot as plt
pathlib.Path("notes.txt").write_text("mine")
assert open("notes.txt").read() == "mine" and pathlib.Path.home().joinpath("notes.txt").exists()
print(subprocess.run(["echo", "from a program"], capture_output=True, text=True).stdout)
thread = threading.Thread(target=print, args=("from a thread",))
thread.start(); thread.join()
with tempfile.NamedTemporaryFile() as file:
    file.write(b"x" * 1000)
!echo from a shell
plt.plot([1, 2, 3]); plt.show()
from multiprocessing import Pool
with Pool(2) as pool:
    print("from processes", pool.map(abs, [-1, -2]))
"""

SIZES = """
import os, psutil
print("memory and processors:", psutil.virtual_memory().total > 0, psutil.cpu_count() > 0, os.cpu_count() > 0)
"""
MAGICS = """
%cd /tmp
%env A=3
%time x = 3
%matplotlib inline
%load_ext autoreload
%autoreload 2
!pwd
"""
BASH = "%%bash\necho hello from bash\nexit 3"
WIDGETS = """
import ipywidgets
from tqdm.notebook import tqdm
ipywidgets.interact(lambda x: x, x=3)
for _ in tqdm(range(2)):
    pass
print("after the widgets")
"""
SETTINGS = """
import builtins, os, random, sys, time, warnings
np.seterr(all="raise"); np.set_printoptions(precision=1); warnings.simplefilter("error")
os.environ.clear(); os.chdir("/")
del builtins.print, time.process_time
time.time = time.monotonic = lambda: "never"
sys.stdout.close(); sys.stdout = sys.stderr = None
"""
KINDS = {
    "fraction": "from fractions import Fraction\n"
    "mean_of_last = lambda scores, n=100: sum(map(Fraction, scores[-n:])) / len(scores[-n:])",
    "longdouble": "mean_of_last = lambda scores, n=100: np.mean(np.array(scores[-n:], np.longdouble))",
    "masked_array": "mean_of_last = lambda scores, n=100: np.ma.mean(np.ma.array(scores[-n:]))",
    "number_by_an_object": "class Mean:\n    def __call__(self, scores, n=100):\n"
    "        return sum(scores[-n:]) / len(scores[-n:])\nmean_of_last = Mean()",
}

HONEST_ONES = [
    Handed("full", HONEST, solve()),
    Handed("loops", HONEST, solve(LOOPS)),
    Handed("short", HONEST, solve(SHORT)),
    Handed("untouched", HONEST, unsolved(), NONE, reason="not implemented yet"),
    Handed(
        "partly", HONEST, solve({"mean_of_last": "def mean_of_last(scores, n=100):\n    return np.mean(scores)"}),
        (0.5, 3, 2), reason="This is the mean of all scores",
    ),
    Handed("one_exercise", HONEST, unsolved({"total": LOOPS["total"]}), (0, 3, 0)),
    Handed("wrong_total", HONEST, solve({"total": "def total(numbers):\n    return 3"}), (2, 0, 2), reason="no num"),
    Handed("uses_its_tools", HONEST, solve(setup=TOOLS), reason="from processes [1, 2]"),
    Handed("errors_of_its_own", HONEST, solve(setup="1 / 0", total="input('name?')"), reason="ZeroDivisionError"),
    Handed("magics", HONEST, solve(setup=MAGICS, total=BASH), reason="hello from bash"),
    Handed("runs_a_file", HONEST, solve(setup="open('part.py', 'w').write('z = 5')\n%run part.py\nprint('z is', z)"),
           reason="z is 5"),
    Handed("waits", HONEST, solve(setup="import asyncio\nawait asyncio.sleep(0)\nprint('waited')"), reason="waited"),
    Handed("asks_for_memory", HONEST, solve(setup=SIZES), reason="processors: True True True"),
    Handed("has_widgets", HONEST, solve(setup=WIDGETS), reason="after the widgets"),
    Handed("changes_settings", HONEST, solve(setup=SETTINGS)),
    Handed("an_o'brien [x] 50% 名前", HONEST, solve()),
    *[Handed(f"returns_a_{name}", HONEST, solve({"mean_of_last": answer})) for name, answer in KINDS.items()],
    Handed("syntax_error", HONEST, solve({"total": "def total(numbers)\n    return"}), (2, 0, 2), reason="SyntaxError"),
]  # fmt: skip


# --- broken


def twice(name, times=2):
    def change(notebook):
        here = place_of(notebook, name)
        notebook.cells[here:here] = [copy.deepcopy(notebook.cells[here]) for _ in range(times - 1)]

    return changed(change)


def without(*names):
    def change(notebook):
        gone = [cell_of(notebook, name) for name in names]
        notebook.cells = [cell for cell in notebook.cells if cell not in gone]

    return changed(change)


def with_cell(name, **fields):
    def change(notebook):
        cell = cell_of(notebook, name)
        cell.metadata.nbgrader.update(fields.pop("nbgrader", {}))
        cell.update(fields)

    return changed(change)


def reordered(notebook):
    notebook.cells.reverse()


def split(notebook):
    here = place_of(notebook, "mean_of_last")
    first, second = copy.deepcopy(notebook.cells[here]), copy.deepcopy(notebook.cells[here])
    first.source = "def window(scores, n):\n    return scores[-n:]"
    second.source = "def mean_of_last(scores, n=100):\n    return sum(window(scores, n)) / len(window(scores, n))"
    notebook.cells[here : here + 1] = [first, second]


def other_schema(version):
    def change(notebook):
        for cell in notebook.cells:
            if "nbgrader" in cell.metadata:
                cell.metadata.nbgrader.schema_version = version

    return changed(change)


def flipped(notebook):
    for cell in notebook.cells:
        for name in {"grade", "solution", "locked"}.intersection(cell.metadata.get("nbgrader", {})):
            cell.metadata.nbgrader[name] = not cell.metadata.nbgrader[name]
        if "points" in cell.metadata.get("nbgrader", {}):
            cell.metadata.nbgrader.points = 1000


def of_another_kernel(notebook):
    notebook.metadata = {
        "kernelspec": {"name": "ir", "display_name": "R", "language": "R"},
        "language_info": {"name": "R", "version": 7},
        "widgets": ["not", "a", "dict"],
    }


def renamed(folder, notebook, solved):
    write(folder, solved, "Copy of my homework (3) final.ipynb")


def with_extra_notebooks(folder, notebook, solved):
    write(folder, notebook, "Untitled.ipynb")
    write(folder, solved)
    folder.joinpath("broken.ipynb").write_text("{")


def version_3(folder, notebook, solved):
    cells = [
        {"cell_type": cell.cell_type, "metadata": cell.metadata}
        | ({"input": cell.source, "language": "python"} if cell.cell_type == "code" else {"source": cell.source})
        for cell in solved.cells
    ]
    write(folder, {"nbformat": 3, "nbformat_minor": 0, "metadata": {"name": ""}, "worksheets": [{"cells": cells}]})


def too_large(folder, notebook, solved):
    write(folder, solved)
    os.truncate(folder / f"{LESSON}.ipynb", 500_000_000)


def link_to_the_solution(folder, notebook, solved):
    folder.joinpath(f"{LESSON}.ipynb").symlink_to(f"../../../solutions/{LESSON}/{LESSON}.ipynb")


def folder_is_a_link(folder, notebook, solved):
    folder.rmdir()
    folder.symlink_to(f"../b_neighbour/{LESSON}")


def folder_is_a_file(folder, notebook, solved):
    folder.rmdir()
    folder.write_text("my homework")


def fifo(folder, notebook, solved):
    os.mkfifo(folder / f"{LESSON}.ipynb")


def folder_in_its_place(folder, notebook, solved):
    folder.joinpath(f"{LESSON}.ipynb").mkdir()


def links_and_fifos_beside(folder, notebook, solved):
    write(folder, solved)
    folder.joinpath("gradebook").symlink_to("../../../gradebook.db")
    folder.joinpath("solutions").symlink_to("../../../solutions")
    folder.joinpath("etc").symlink_to("/etc")
    folder.joinpath("self").symlink_to(".")
    os.mkfifo(folder / "pipe.txt")
    os.mkfifo(folder / "other.ipynb")
    folder.joinpath(os.fsdecode(b"not utf-8 \xff\x1b[2J.txt")).write_text("mine")
    folder.joinpath("data").mkdir()
    folder.joinpath("data", "numbers.csv").write_text("1,2")


def timestamp_of(text):
    def build(folder, notebook, solved):
        write(folder, solved)
        if text is None:
            os.mkfifo(folder / "timestamp.txt")
        else:
            folder.joinpath("timestamp.txt").write_bytes(text)

    return build


def strange_metadata(notebook):
    for number, cell in enumerate(notebook.cells):
        cell.id = "the same"
        if "nbgrader" not in cell.metadata:
            cell.metadata = [None, 5, "text", []][number % 4]
    notebook.cells[1:1] = [None, 5, "a cell", [], {}, {"cell_type": 3, "source": {"a": 1}, "metadata": {"nbgrader": 7}}]
    notebook.cells.append(
        {"cell_type": "markdown", "source": "x", "metadata": {}, "attachments": {"a": {"image/png": 3}, "b": []}}
    )


def strange_grade_ids(notebook):
    for name in ("../../../gradebook", "/etc/passwd", "", "x" * 10_000, "\0", "'; drop table grade; --"):
        cell = new_markdown_cell("mine")
        cell.metadata["nbgrader"] = {"grade_id": name, "grade": True, "points": 50, "schema_version": 3}
        notebook.cells.append(cell)


def half_characters(notebook):
    notebook.cells.append(new_markdown_cell("half a character: \ud800, none: \0"))
    notebook.cells.append(new_code_cell("print('half: \\ud800, and \\x00')"))
    cell_of(notebook, "why").source = "Because \udfff."
    cell_of(notebook, "total").source += "\n# \ud800"


def without_metadata(notebook):
    for cell in notebook.cells:
        cell.metadata = {}


def many_cells(notebook):
    notebook.cells += [new_markdown_cell("x") for _ in range(3000)]


def as_text_cells(notebook):
    for name in ("mean_of_last_check", "total_check", "step"):
        cell = cell_of(notebook, name)
        cell.cell_type = "raw" if name == "step" else "markdown"
        for field in ("outputs", "execution_count"):
            cell.pop(field, None)


def as_bytes(transform):
    """A solved notebook as other programs write it; ``transform(text)`` gives bytes."""
    return lambda folder, notebook, solved: file_with(transform(json.dumps(solved, ensure_ascii=False)))(folder, 0, 0)


def with_files(**files):
    """A solved notebook that reads data.csv, and files beside it: {name: bytes, or the size of an empty one}."""

    def build(folder, notebook, solved):
        for name, data in ({"data.csv": b"1,2"} | files).items():
            folder.joinpath(name).write_bytes(data if isinstance(data, bytes) else b"")
            if isinstance(data, int):
                os.truncate(folder / name, data)
        solve(total="print('read', open('data.csv').read())")(folder, notebook, solved)

    return build


def attachments(notebook):
    cell_of(notebook, "why").attachments = {
        "../../x.png": {"image/png": "A" * 1_000_000}, "a\0b": {"image/svg+xml": "<svg onload=alert(1)>"}
    }  # fmt: skip
    cell_of(notebook, "total").attachments = {"x": {"image/png": "AAAA"}}


def not_numbers(notebook):
    notebook.metadata["x"] = float("nan")
    notebook.cells[0].metadata["y"] = float("inf")
    notebook["nbformat"] = float("nan")


EVIL_ERROR = """
class Evil(Exception):
    def __str__(self): raise Evil()
    __repr__ = __str__
raise Evil()
"""
EVIL_OBJECT = """
class Evil:
    def _repr_html_(self): raise SystemExit
    def __repr__(self): raise BaseException()
    def _repr_mimebundle_(self, **k): return {3: 4, "text/plain": object(), "a" * 100_000: 1}
Evil()
"""
MENDED = "put back as it was"
BROKEN_ONES = [
    Handed("check_twice", BROKEN, twice("total_check"), FULL, REPAIRED, "The check `total` was there 2 times"),
    Handed("answer_9_times", BROKEN, twice("total", 9), FULL, REPAIRED, "The cell `total` was there 9 times"),
    Handed("check_gone", BROKEN, without("total_check"), FULL, REPAIRED, "The check `total` was missing"),
    Handed(
        "all_checks_gone", BROKEN, without("mean_of_last_check", "total_check", "step_check"), FULL, REPAIRED,
        "The check `step` was missing",
    ),
    Handed("answer_gone", BROKEN, without("total"), (2, 0, 2), REPAIRED, "put back without an answer"),
    Handed("setup_gone", BROKEN, without("setup"), FULL, REPAIRED, "The cell `setup` was missing"),
    Handed("neighbours_gone", BROKEN, without("total", "total_check", "step"), (2, 0, 0), REPAIRED, "was missing"),
    Handed("reversed", BROKEN, changed(reordered), FULL, REPAIRED, "in another order"),
    Handed("answer_split", BROKEN, changed(split), FULL, REPAIRED, "was there 2 times; it counts as one"),
    Handed(
        "test_edited", BROKEN, with_cell("total_check", source="assert True"), FULL, REPAIRED,
        "The check `total` had been changed; it was " + MENDED,
    ),
    Handed(
        "check_is_a_number", BROKEN,
        lambda folder, notebook, solved: with_cell("step_check", source="2")(folder, solved, notebook),
        NONE, REPAIRED, "The check `step` had been changed",
    ),
    Handed("setup_edited", BROKEN, with_cell("setup", source="checks = None"), FULL, REPAIRED, MENDED),
    Handed("flags_flipped", BROKEN, changed(flipped)),
    Handed("schema_99", BROKEN, other_schema(99)),
    Handed("schema_1", BROKEN, other_schema(1)),
    Handed("schema_is_text", BROKEN, other_schema("three")),
    Handed("checks_are_text", BROKEN, changed(as_text_cells), FULL, REPAIRED, "it is a code cell again"),
    Handed("other_kernel", BROKEN, changed(of_another_kernel)),
    Handed("renamed", BROKEN, renamed, FULL, REPAIRED, "The notebook was called Copy of my homework"),
    Handed("nothing_there", BROKEN, lambda *_: None, NONE, UNREADABLE, f"There is no notebook {LESSON}.ipynb"),
    Handed("extra_notebooks", BROKEN, with_extra_notebooks),
    Handed("version_3", BROKEN, version_3),
    Handed("bad_json", BROKEN, file_with(b'{"cells": [{"cell_type": '), NONE, UNREADABLE, "is damaged"),
    Handed("empty", BROKEN, file_with(b" \n"), NONE, UNREADABLE, "is empty"),
    Handed("binary", BROKEN, file_with(bytes(range(256)) * 40), NONE, UNREADABLE, "is damaged"),
    Handed("a_list", BROKEN, file_with(b"[1, 2, 3]"), NONE, UNREADABLE, "is not a notebook"),
    Handed("cells_null", BROKEN, file_with(b'{"cells": null, "worksheets": []}'), NONE, UNREADABLE, "not a notebook"),
    Handed("sheet_of_5", BROKEN, file_with(b'{"worksheets": [{"cells": 5}]}'), NONE, UNREADABLE, "not a notebook"),
    Handed("nested_deeply", BROKEN, file_with(b'{"cells": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"), NONE,
           UNREADABLE, "is damaged"),
    Handed("half_a_gigabyte", BROKEN, too_large, NONE, UNREADABLE, "has 500 MB"),
    Handed("many_cells", BROKEN, changed(many_cells), FULL, REPAIRED, "the first 2000 were kept"),
    Handed("too_many_cells", BROKEN, file_with(b'{"cells": [' + b"{}," * 60_000 + b"{}]}"), NONE, UNREADABLE,
           "60001 cells, more than the 50000 allowed"),
    Handed("link_to_the_solution", BROKEN, link_to_the_solution, NONE, UNREADABLE, "is a link"),
    Handed("folder_is_a_link", BROKEN, folder_is_a_link, NONE, UNREADABLE, "not a plain folder"),
    Handed("folder_is_a_file", BROKEN, folder_is_a_file, NONE, UNREADABLE, "not a plain folder"),
    Handed("fifo", BROKEN, fifo, NONE, UNREADABLE, "not a plain file"),
    Handed("folder_in_its_place", BROKEN, folder_in_its_place, NONE, UNREADABLE, "not a plain file"),
    Handed("links_and_fifos_beside", BROKEN, links_and_fifos_beside),
    Handed("timestamp_is_nonsense", BROKEN, timestamp_of(b"yesterday, perhaps \xff")),
    Handed("timestamp_is_a_fifo", BROKEN, timestamp_of(None)),
    Handed("strange_metadata", BROKEN, changed(strange_metadata)),
    Handed("strange_grade_ids", BROKEN, changed(strange_grade_ids)),
    Handed("half_characters", BROKEN, changed(half_characters)),
    Handed("byte_order_mark", BROKEN, as_bytes(lambda text: b"\xef\xbb\xbf" + text.encode())),
    Handed("utf_16", BROKEN, as_bytes(lambda text: text.encode("utf-16"))),
    Handed("latin_1", BROKEN, as_bytes(lambda text: text.replace("the end", "f\xefn").encode("latin-1")), FULL,
           REPAIRED, "characters that are not in UTF-8"),
    Handed("windows_lines", BROKEN, as_bytes(lambda text: text.replace("\\n", "\\r\\n").encode())),
    Handed("attachments", BROKEN, changed(attachments)),
    Handed("not_numbers", BROKEN, changed(not_numbers)),
    Handed("a_huge_file_beside", BROKEN, with_files(**{"a.bin": 600_000_000}), FULL, REPAIRED, "read 1,2"),
    Handed("files_in_the_way", BROKEN, with_files(**{"submission": b"", "matplotlib": b"", "ipython": b"", "-rf": b"",
           "x" * 250: b"", "a\nb": b"", "데이터": b"", "numpy.so": b"", "dqn_course": b"", "matplotlibrc": b"x: y"}),
           reason="read 1,2"),
    Handed("many_files_beside", BROKEN, with_files(**{f"{n}": b"more than data" for n in range(1500)}), FULL, REPAIRED,
           "read 1,2"),
    Handed("error_without_text", BROKEN, solve(setup=EVIL_ERROR)),
    Handed("object_that_does_not_show", BROKEN, solve(setup=EVIL_OBJECT)),
    Handed("half_a_character_shown", BROKEN, solve(setup="print('\\ud800'); raise ValueError('\\udfff')")),
    Handed("answer_interrupts", BROKEN, solve({"step": "def step(score):\n    raise KeyboardInterrupt"}), (2, 3, 0),
           reason="stopped with KeyboardInterrupt"),
    Handed("no_modules_left", BROKEN, solve(total="import sys\nfor name in list(sys.modules): del sys.modules[name]"),
           (2, 0, 0), reason=""),
    Handed("metadata_gone", BROKEN, changed(without_metadata), NONE, REPAIRED, "was missing"),
]  # fmt: skip


# --- hostile: what takes time, memory and room

SWALLOW = """
import time
while True:
    try:
        while True:
            time.sleep(0.1)
    except BaseException:
        pass
"""
MEMORY = """
import numpy as np, time
kept = []
while True:
    kept.append(np.ones(10_000_000))
"""
SHARED_MEMORY = """
import mmap
kept = []
while True:
    part = mmap.mmap(-1, 50_000_000)
    part.write(b"x" * 50_000_000)
    kept.append(part)
"""
FILE_MEMORY = """
import os
written = 0
try:
    for number in range(200):
        fd = os.memfd_create(str(number))
        for _ in range(19):
            written += os.write(fd, b"x" * 1_000_000)
except (OSError, AttributeError) as problem:
    print("stopped by", problem)
print("LOOT: 2 GB of files in memory" if written > 2e9 else "fine")
"""
FORK_BOMB = """
import os, time
stopped = False
end = time.time() + 20
while time.time() < end:
    try:
        os.fork()
    except OSError:
        time.sleep(0.01)
"""
THREAD_BOMB = """
import threading, time
started = []
try:
    for _ in range(2000):
        thread = threading.Thread(target=time.sleep, args=(30,), daemon=True)
        thread.start()
        started.append(thread)
except RuntimeError as problem:
    print("stopped by", problem)
print("LOOT: threads without an end" if len(started) > 500 else "fine")
"""
FILL_DISKS = """
import os
def fill(place):
    written = 0
    try:
        os.makedirs(place, exist_ok=True)
        for number in range(100):
            with open(f"{place}/{number}", "wb", buffering=0) as file:
                for _ in range(10):
                    written += file.write(bytes(1_000_000))
    except OSError as problem:
        print(place, "after", written // 1_000_000, "MB:", problem)
    return written
places = "/tmp/x", "/submission/x", "/dev/shm/x", "/dev/x", "/var/tmp", "/run", "/proc", "/x", "/usr"
everywhere = sum(map(fill, places))
print("LOOT: room for all" if everywhere > 200_000_000 else "fine")
"""
MANY_OUTPUTS = """
from IPython.display import display
for number in range(20_000):
    display({"text/plain": "x"}, raw=True)
"""
NESTED = """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
if libc.unshare(0x10000000 | 0x00020000) == 0:  # users, mounts
    os.makedirs("/tmp/big", exist_ok=True)
    if libc.mount(b"none", b"/tmp/big", b"tmpfs", 0, b"size=50g") == 0:
        print("LOOT: a disk of 50 GB in memory")
print("fine")
"""
SLOW = "import time\ntime.sleep(7.5)"
SLEEPING = """
import os, signal, threading, time
def stop():
    time.sleep(1)
    os.kill(os.getpid(), signal.SIGSTOP)
threading.Thread(target=stop).start()
"""
LATER = "import time\ntime.sleep(3)\n# " + "x" * 900_000
DAEMON = """
import os, sys, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        while True:
            time.sleep(0.001)
    os._exit(0)
os.wait()
"""
END = "The notebook's process ended"

LOAD = [
    Handed("endless", HOSTILE, solve(mean_of_last_check="while True: pass"), slow=True,
           reason="ran longer than 8 seconds"),
    Handed("endless_answer", HOSTILE, solve({"step": "def step(score):\n    while True: pass"}), (2, 3, 0),
           reason="took too long on the grader's inputs", slow=True),
    Handed("swallows_interrupts", HOSTILE, solve(mean_of_last_check=SWALLOW), (2, 0, 0), STOPPED,
           "did not let itself be interrupted", slow=True),
    Handed("many_slow_cells", HOSTILE, solve(setup=SLOW, mean_of_last=SLOW, mean_of_last_check=SLOW, total=SLOW,
           total_check=SLOW, step=SLOW), (2, 3, 0), STOPPED, "longer than 40 seconds in all", slow=True),
    Handed("sleeps_when_asked", HOSTILE, solve(mean_of_last_check=SLEEPING, total=LATER), (2, 0, 0), STOPPED,
           "did not let itself be interrupted", slow=True),
    Handed("os_exit", HOSTILE, solve(total="import os; os._exit(0)"), (2, 0, 0), STOPPED, END),
    Handed("os_exit_after_the_test", HOSTILE, solve(total_check="import os; os._exit(0)"), (2, 3, 0), STOPPED, END),
    Handed("sys_exit", HOSTILE, solve(total="import sys; sys.exit(3)"), reason="SystemExit"),
    Handed("exit_in_the_answer", HOSTILE, solve({"step": "def step(score):\n    raise SystemExit"}), (2, 3, 0),
           reason="asked Python to stop"),
    Handed("closes_everything", HOSTILE, solve(total="import os; os.closerange(0, 9999)"), (2, 0, 0), STOPPED, END),
    Handed("segfault", HOSTILE, solve(total="import ctypes; ctypes.string_at(0)"), (2, 0, 0), STOPPED, END),
    Handed("recursion", HOSTILE, solve({"total": "def total(numbers):\n    return total(numbers)"}), (2, 0, 2),
           reason="RecursionError"),
    Handed("recursion_without_limit", HOSTILE, solve(
        total="import sys; sys.setrecursionlimit(10**9)\ndef f(x):\n    return f([x])\nf(1)"), (2, 0, 0), STOPPED,
        slow=True),
    Handed("memory_bomb", HOSTILE, solve(total=MEMORY), (2, 0, 0), STOPPED, "more than 1000 MB of memory", slow=True),
    Handed("shared_memory_bomb", HOSTILE, solve(total=SHARED_MEMORY), (2, 0, 0), STOPPED,
           "more than 1000 MB of memory", slow=True),
    Handed("memory_at_once", HOSTILE, solve(total="x = bytearray(10**12)"), reason="MemoryError"),
    Handed("files_in_memory", HOSTILE, solve(total=FILE_MEMORY), reason="fine", slow=True),
    Handed("fork_bomb", HOSTILE, solve(total=FORK_BOMB), (2, 0, 0), STOPPED, "", slow=True,
           also=((FULL, GRADED),)),  # the interrupt after 8 seconds gets through, or the kernel has to be killed
    Handed("thread_bomb", HOSTILE, solve(total=THREAD_BOMB), reason="stopped by can't start new thread"),
    Handed("output_100_mb", HOSTILE, solve(total="for _ in range(100): print('x' * 1_000_000)"),
           reason="the rest was cut off", slow=True),
    Handed("many_outputs", HOSTILE, solve(total=MANY_OUTPUTS), reason="the rest was cut off", slow=True),
    Handed("fills_disks", HOSTILE, solve(total=FILL_DISKS), reason="fine"),
    Handed("room_in_a_namespace", HOSTILE, solve(total=NESTED), reason="fine"),
    Handed("daemon", HOSTILE, solve(total=DAEMON)),
    Handed("at_exit", HOSTILE, solve(setup="import atexit, os, time\natexit.register(time.sleep, 100)\n"
           "import threading\nthreading.Thread(target=time.sleep, args=(100,)).start()")),
]  # fmt: skip


# --- hostile: what reads, writes and talks

STEAL = """
import glob, os, pathlib, subprocess
def loot(what, text=""):
    print("LOOT:", what, str(text)[:200])
for pattern in ("<ROOT>/gradebook.db", "<ROOT>/*.py", "<ROOT>/solutions/**", "<ROOT>/submitted/**", "<ROOT>/*",
                "<HOME>/.*", "<HOME>/*", "/root/.*", "/home/*/*", "/etc/passwd", "/etc/shadow", "/etc/hostname",
                "/tmp/grading-*", "/tmp/sandbox-*", "/tmp/pytest*", "/run/*", "/var/*", "/sys/*", "/mnt/*", "/proc/*"):
    for path in glob.glob(pattern, recursive=True, include_hidden=True):
        if not os.path.lexists(path) or os.path.isdir(path) and not os.listdir(path):
            continue
        if path.startswith(tuple(<ALLOWED>)) or any(allowed.startswith(path + "/") for allowed in <ALLOWED>):
            continue
        loot("sees", path)
for name, value in os.environ.items():
    if name not in <KNOWN>:
        loot("variable", name)
if "SECRET" in str(os.environ):
    loot("environment")
for pid in range(1, 40000):
    if pid != os.getpid() and os.path.exists(f"/proc/{pid}"):
        loot("process", pid)
print("fine")
"""
KNOWN = (
    *("PATH", "HOME", "LANG", "PYTHONPATH", "PYTHONDONTWRITEBYTECODE", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "PWD"),
    *("OPENBLAS_NUM_THREADS", "MPLBACKEND", "MPLCONFIGDIR", "IPYTHONDIR", "NBGRADER_EXECUTION", "SDL_VIDEODRIVER"),
    *("PYGAME_HIDE_SUPPORT_PROMPT", "USER", "TMPDIR", "JUPYTER_PLATFORM_DIRS", "KMP_DUPLICATE_LIB_OK"),
    *("COLUMNS", "LINES", "TERM", "CLICOLOR", "PAGER", "GIT_PAGER", "KMP_INIT_AT_FORK", "TORCHINDUCTOR_CACHE_DIR"),
)
"""The environment of a submission: what the sandbox sets, and what libraries set themselves."""
TALK = """
import socket, urllib.request
def attempt(what, action):
    try:
        print("LOOT:", what, action())
    except OSError as problem:
        print("no", what, type(problem).__name__)
attempt("connection", lambda: socket.create_connection(("1.1.1.1", 53), timeout=2))
attempt("name", lambda: socket.getaddrinfo("pypi.org", 443))
attempt("page", lambda: urllib.request.urlopen("http://example.com", timeout=2).read())
attempt("packet", lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("8.8.8.8", 53)))
attempt("port of the machine", lambda: socket.create_connection(("127.0.0.1", <PORT>), timeout=2))
attempt("hidden socket", lambda: socket.socket(socket.AF_UNIX).connect("\\0grading-corpus"))
"""
WRITE = """
import os, shutil
for path in ("<ROOT>/gradebook.db", "<ROOT>/submitted/b_neighbour", "/course/dqn_course/checks/lesson_00.py", "/usr/x",
             "<SITE>" + "/numpy/__init__.py", "/x", "/dev/x", "/course/x", "/root/x", "/etc/x", "/var/x", "/run/x"):
    try:
        with open(path, "a") as file:
            file.write("raise SystemExit")
        print("LOOT: wrote", path)
    except OSError as problem:
        print("no", problem)
    try:
        os.remove(path)
        print("LOOT: removed", path)
    except OSError as problem:
        print("no", problem)
"""
KILL = """
import os, signal
for target in [os.getppid(), 1, 0, *range(2, 300), *range(30_000, 33_000)]:
    for number in (signal.SIGSTOP, signal.SIGKILL, signal.SIGTERM, signal.SIGSEGV):
        if target not in (0, os.getpid()):
            try:
                os.kill(target, number)
            except OSError:
                pass
print("still here")
"""
TRACE = """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
for pid in (1, os.getppid()):
    if libc.ptrace(16, pid, 0, 0) == 0:
        print("LOOT: traces", pid)
    if os.path.exists(f"/proc/{pid}/mem"):
        print("LOOT: memory of", pid)
    local = ctypes.create_string_buffer(64)
    class Part(ctypes.Structure):
        _fields_ = [("base", ctypes.c_void_p), ("size", ctypes.c_size_t)]
    there = Part(id(object), 8)
    if libc.process_vm_readv(pid, ctypes.byref(Part(ctypes.addressof(local), 8)), 1, ctypes.byref(there), 1, 0) > 0:
        print("LOOT: reads the memory of", pid)
print("fine")
"""
POISON = """
import ctypes, os, socket, sys
for place in ("/tmp", "/dev/shm", "/home", "/submission", "/cache", "/dev", "/course", "/tmp/matplotlib", "/var/tmp"):
    try:
        os.makedirs(place, exist_ok=True)
        open(f"{place}/poison.py", "w").write("print('LOOT: poisoned')")
    except OSError as problem:
        print("no", problem)
libc = ctypes.CDLL(None, use_errno=True)
print("shm", libc.shmget(4242, 4096, 0o1666), "queue", libc.msgget(4242, 0o1666), "sem", libc.semget(4242, 1, 0o1666))
libc.mq_open(b"/poison", os.O_CREAT | os.O_RDWR, 0o666, None)
for ring in (-3, -4, -5):
    print("key", ring, libc.syscall(<ADD_KEY>, b"user", b"poison", b"x", 1, ring))
print("session", libc.syscall(<KEYCTL>, 0, -3, 1))
import numpy, dqn_course.checks.lesson_00 as lesson, IPython.core.interactiveshell as shell
numpy.poison = lesson.poison = shell.poison = sys.poison = True
os.environ["POISON"] = "1"
keep = socket.socket(socket.AF_UNIX); keep.bind("\\0poison"); keep.listen()
try:
    os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0)); os.nice(19)
except OSError as problem:
    print("no", problem)
if os.fork() == 0:
    os.setsid()
    import time
    time.sleep(1000)
"""
DETECT = """
import ctypes, glob, os, socket, sys
for pattern in ("/tmp/**", "/dev/shm/**", "/home/**", "/submission/**", "/cache/*", "/dev/*", "/course/*"):
    for path in glob.glob(pattern, recursive=True):
        if "poison" in path:
            print("LOOT: sees", path)
libc = ctypes.CDLL(None, use_errno=True)
for what, found in {"shm": libc.shmget(4242, 4096, 0), "queue": libc.msgget(4242, 0), "sem": libc.semget(4242, 1, 0),
                    "mq": libc.mq_open(b"/poison", 0),
                    "key": libc.syscall(<KEYCTL>, 10, -3, b"user", b"poison", 0)}.items():
    if found >= 0:
        print("LOOT: finds", what)
import numpy, dqn_course.checks.lesson_00 as lesson, IPython.core.interactiveshell as shell
if any(hasattr(place, "poison") for place in (numpy, lesson, shell, sys)) or "POISON" in os.environ:
    print("LOOT: the modules are poisoned")
try:
    socket.socket(socket.AF_UNIX).connect("\\0poison"); print("LOOT: a poisoned socket")
except OSError:
    pass
if os.nice(0) > 10:
    print("LOOT: slower")
print("fine")
"""
READ = [
    Handed("reads_everything", HOSTILE, solve(setup=STEAL), reason="fine"),
    Handed("writes_everything", HOSTILE, solve(setup=WRITE), reason="no "),
    Handed("network", HOSTILE, solve(setup=TALK), reason="no name"),
    Handed("kills_its_parents", HOSTILE, solve(mean_of_last_check=KILL), reason="still here"),
    Handed("kills_all", HOSTILE, solve(mean_of_last_check="import os; os.kill(-1, 9)")),
    Handed("traces_its_parents", HOSTILE, solve(mean_of_last_check=TRACE), reason="fine"),
    Handed("poison_1", HOSTILE, solve(setup=POISON)),
    Handed("poison_2_detected", HOSTILE, solve(setup=DETECT), reason="fine"),
    Handed("poison_3_detected", HOSTILE, solve(setup=DETECT), reason="fine"),
    Handed("poison_4_detected", HOSTILE, solve(setup=DETECT), reason="fine"),
]  # fmt: skip


# --- hostile: what wants points without an answer

PATCH_ALL = """
import builtins, dqn_course.checks.core as core, dqn_course.checks.student as student, numpy as np, torch
class Right:
    points = total = 2
    passed = True
    def __repr__(self): return "2"
mean_of_last = step = None
def total(numbers): return {0: 0, 2: 3}.get(len(numbers) if 0.5 not in numbers and 0.1 not in numbers else 9, 7)
checks.mean_of_last = checks_01.step = lambda answer: Right()
core.Check.__call__ = lambda self, answer, seed=0: Right()
core.Check.judge_outputs = lambda self, cases, outputs: Right()
core.Check._findings = lambda self, case, output: []
core.close = np.isclose = np.allclose = np.array_equal = lambda *a, **k: True
torch.allclose = torch.equal = lambda *a, **k: True
builtins.abs = lambda x: 0
builtins.AssertionError = Warning
"""
AST = """
import ast
class Drop(ast.NodeTransformer):
    def visit_Assert(self, node):
        return ast.Pass()
get_ipython().ast_transformers.append(Drop())
"""
TEXT = """
get_ipython().input_transformers_post.append(
    lambda lines: [line for line in lines if not line.startswith("assert")] or ["pass"])
"""
EQUAL = """
class Equal:
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __lt__(self, other): return True
    __le__ = __gt__ = __ge__ = __lt__
    def __float__(self): return 3.0
    def __array__(self, *a, **k): return np.array(0.75)
    def __abs__(self): return self
    def __sub__(self, other): return self
    def __bool__(self): return True
    def __getattr__(self, name): return self
    def __call__(self, *a, **k): return self
    def __len__(self): return 1
    def __iter__(self): return iter([self])
    def __array_ufunc__(self, *a, **k): return True
    def __array_function__(self, *a, **k): return True
    def detach(self): return self
def total(numbers): return Equal()
def mean_of_last(scores, n=100): return Equal()
def step(score): return Equal()
"""
ALLCLOSE = """
np.allclose = lambda *a, **k: True
def total(numbers):
    class Near(float):
        def __sub__(self, other): return 0.0
        def __eq__(self, other): return isinstance(other, int)
        __hash__ = float.__hash__
    return Near(7)
"""
FRAMES = """
import gc, sys
def search():
    found = []
    frame = sys._getframe(1)
    while frame:
        for name, value in list(frame.f_locals.items()):
            if name in ("expected", "case", "cases", "judge") or type(value).__name__ in ("Finding", "Verdict"):
                found.append(name)
            if isinstance(value, dict):
                found += [key for key in value if key in ("expected", "answer_expected", "result", "mean")]
        frame = frame.f_back
    return found
def mean_of_last(scores, n=100):
    for thing in gc.get_objects():
        if isinstance(thing, dict) and "expected" in thing and isinstance(thing["expected"], (float, np.floating)):
            return thing["expected"]
    frame = sys._getframe()
    while frame:
        for name in ("expected", "mean"):
            if name in frame.f_locals:
                return frame.f_locals[name]
        frame = frame.f_back
    return 0.0
def step(score):
    frame = sys._getframe()
    while frame:
        if "expected" in frame.f_locals:
            return frame.f_locals["expected"]
        frame = frame.f_back
    return np.full(np.shape(score), 0.5)
"""
DISPLAYED = """
import sys
def total(numbers):
    get_ipython().displayhook(3)
    return None
def mean_of_last(scores, n=100):
    get_ipython().displayhook(2)
def step(score):
    sys.displayhook(2)
"""
PUBLISHER = """
shell = get_ipython()
def forge(kind="execute_result"):
    for runner in [thing for thing in __import__("gc").get_objects() if type(thing).__name__ == "Runner"]:
        runner.add("execute_result", data={"text/plain": "3"}, metadata={}, execution_count=1)
class NoErrors(type(shell)):
    def _showtraceback(self, *a): forge()
    def showtraceback(self, *a, **k): forge()
shell.__class__ = NoErrors
type(shell.display_pub).publish = lambda self, data, **k: forge()
"""
MESSAGES = """
import gc, socket, threading, time
from dqn_course.grading import inside
(sock,) = [thing for thing in gc.get_objects() if isinstance(thing, socket.socket) and thing.fileno() >= 0]
fine = {"outputs": [], "error": ""}
for _ in range(3):
    inside.send(sock, fine)
for _ in range(20):
    inside.send(sock, {"holds": False})
"""
LOOP = """
import gc, os, socket, sys
from dqn_course.checks import core
from dqn_course.grading import inside
(sock,) = [thing for thing in gc.get_objects() if isinstance(thing, socket.socket) and thing.fileno() >= 0]
CHANGE
inside.send(sock, {"outputs": [], "error": ""})
while True:
    message, payload = inside.receive(sock)
    reply, data = answer(message, payload)
    inside.send(sock, reply, data)
"""


def loop(definition, **cells):
    """A notebook whose first cell takes the conversation with the grader over; ``answer`` is defined in it."""
    return unsolved(setup=LOOP.replace("CHANGE", definition.strip()), **cells)


FORGED = """
def answer(message, payload):
    two = {"output_type": "execute_result", "data": {"text/plain": VALUE}, "metadata": {}, "execution_count": 1}
    return {"outputs": [two], "error": "", "cpu": CPU}, PACKED
"""


def forged(value="'2'", cpu="0.0", packed="b''"):
    return loop(FORGED.replace("VALUE", value).replace("CPU", cpu).replace("PACKED", packed))


STRANGE = """
def answer(message, payload):
    sizes = {"timeout": True, "interrupted": 7, "error": [1], "cpu": {"a": 1}, "holds": "no"}
    outputs = [None, 5, {}, {"output_type": "stream", "name": "stdout", "text": ["a", 5]},
        {"output_type": "stream", "name": "stdout", "text": "half \\ud800, none \\0, \\x1b[2J"},
        {"output_type": "error", "ename": None, "evalue": {"a": 1}, "traceback": [1, None, {}]},
        {"output_type": "display_data", "data": {"text/plain": {"a": [1]}, "image/png": {"b": 1}, "text/html": [1, {}],
            "": "x", "application/json": {"x": float("nan")}, "image/svg+xml": "<svg onload=alert(1)>"},
            "metadata": {"image/png": 7, "isolated": "x" * 100}},
        {"output_type": "execute_result", "data": {"text/plain": {"a": 1}}, "metadata": []},
        {"output_type": "pyout", "data": 3}]
    return {**sizes, "outputs": outputs}, payload
"""
GARBAGE = """
import json
sock.sendall(b"\\xff" * 100_000)
def answer(message, payload):
    return {}, b""
"""
DEEP = """
sock.sendall(inside.HEADER.pack(2_000_000, 0) + b"[" * 2_000_000)
def answer(message, payload):
    return {}, b""
"""
BOMB = """
import io, json, numpy as np, zipfile
def bomb(message, payload):
    file = io.BytesIO()
    KIND
    return file.getvalue()
def answer(message, payload):
    if message["do"] == "check":
        return {}, bomb(message, payload)
    return {"outputs": [], "error": ""}, b""
"""


def bomb(kind):
    return loop(BOMB.replace("KIND", kind.strip().replace("\n", "\n    ")))


ZEROS = 'np.savez_compressed(file, json=np.array("x"), a=np.zeros(30_000_000))'
REPEATED = """
part = {"list": [{"array": "f8", "start": 0, "shape": [12_000_000]}] * 2000}
np.savez_compressed(file, json=np.array(json.dumps(part)), f8=np.zeros(12_000_000))
"""
LONG_JSON = """
np.savez_compressed(file, json=np.array('{"list":[' + '{"list":[]},' * 3_500_000 + '{"value":1}]}'))
"""
WIDE = """
wide = {"array": "i1", "start": 0, "shape": [20_000_000, 1]}
many = {"dict": [[{"value": name}, wide] for name in ("mean", "scores_after", "result", "step")]}
np.savez_compressed(file, json=np.array(json.dumps({"list": [many] * 40})), i1=np.zeros(20_000_000, np.int8))
"""
LYING_HEADER = """
with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
    head = io.BytesIO()
    np.lib.format.write_array_header_1_0(head, {"descr": "<f8", "fortran_order": False, "shape": (10**12,)})
    archive.writestr("json.npy", head.getvalue() + b"x" * 10)
"""
MANY_ENTRIES = """
with zipfile.ZipFile(file, "w") as archive:
    for number in range(30_000):
        archive.writestr(str(number), b"")
"""
OBJECTS = """
import pickle
class Evil:
    def __reduce__(self): return (print, ("LOOT: ran in the grader",))
np.savez_compressed(file, json=np.array([Evil()], dtype=object))
"""
ODD_ARRAYS = """
parts = [np.array("text"), np.array(["2020-01-01"], dtype="M8[D]"), np.zeros(3, dtype=[("a", "i4")]), np.zeros((0, 3)),
         np.array([1 + 2j]), np.array(float("nan")), np.zeros((1,) * 30), np.array(float("inf")), np.full(200, -1e308)]
arrays = {f"a{number}": part for number, part in enumerate(parts)}
named = [{"array": name, "start": 0, "shape": part.shape} for name, part in arrays.items()]
case = lambda n: {"dict": [[{"value": key}, named[n % len(named)]] for key in
                            ("mean", "scores_after", "result", "output", "step", "value", "notes", "error")]}
np.savez_compressed(file, json=np.array(json.dumps({"list": [case(n) for n in range(40)]})), **arrays)
"""
REPR = """
class Points(float):
    def __repr__(self): return "VALUE"
    def _repr_html_(self): return "<script>document.title = 'LOO' + 'T'</script><b>3 of 3</b>"
def mean_of_last(scores, n=100): return Points("VALUE")
def step(score): return Points("VALUE")
def total(numbers): get_ipython().displayhook(Points("VALUE"))
"""


def instead(source):
    """An untouched notebook whose answers all come from one cell, which stands in the place of the first answer."""
    return unsolved({"mean_of_last": source, "total": "# see above", "step": "# see above"})


def repr_of(value):
    return instead(REPR.replace("VALUE", value))


NAMES = {"step": "from dqn_course.checks.lesson_01 import _step as step"}
CLOSURES = {
    "step": """
def step(score):
    todo, seen = [checks_01.step, *vars(checks_01).values()], set()
    while todo:
        thing = todo.pop()
        if id(thing) in seen:
            continue
        seen.add(id(thing))
        if getattr(thing, "__name__", "") == "_step":
            return thing(score)
        todo += [cell.cell_contents for cell in getattr(thing, "__closure__", None) or ()]
        todo += getattr(thing, "__dict__", {}).values() if type(thing).__module__.startswith("dqn") else []
"""
}
SOURCE = {
    "step": """
import re, dqn_course.checks.lesson_01 as lesson
exec(re.search(r"def _step\\(score\\):\\n    return .*", open(lesson.__file__).read())[0])
step = _step
"""
}
MEMORY_SEARCH = {
    "step": """
import gc, types
step = next(f for f in gc.get_objects() if isinstance(f, types.FunctionType) and f.__name__ == "_step")
"""
}
JUDGE = {
    "step": """
def step(score):
    for finding in checks_01.step.judge({"score": score}, {"value": np.full(np.shape(score), 7.0)}):
        return np.array([float(row[1]) for row in finding.rows]).reshape(np.shape(score))
"""
}
THIS_TEXT = """
get_ipython().input_transformers_post.append(
    lambda lines: ["pass"] if any("the total of no numbers is 0" in line for line in lines) else lines)
"""
THIS_TREE = """
import ast
class Drop(ast.NodeTransformer):
    def visit_Assert(self, node):
        known = ("total([1, 2]) == 3", "total([]) == 0", "allclose(total([0.5, 0.25]), 0.75)", "- 0.3) < 1e-09")
        return ast.Pass() if ast.unparse(node.test).endswith(known) else node
get_ipython().ast_transformers.append(Drop())
"""
HONEST_ABOUT_PROBES = """
def answer(message, payload):
    if message["do"] != "holds":
        return {"outputs": [], "error": ""}, b""
    try:
        exec(message["source"], get_ipython().user_ns)
        return {"holds": True}, b""
    except BaseException:
        return {"holds": False}, b""
"""
LATER_CELLS = """
import builtins, threading, time
def wait():
    while True:
        builtins.AssertionError = Warning
        get_ipython().user_ns.update(mean_of_last=lambda *a: 1.0, total=lambda n: {2: 3, 0: 0}.get(len(n)))
        time.sleep(0.001)
threading.Thread(target=wait, daemon=True).start()
"""
CHANGING = """
import threading, time
shared = np.zeros(1)
def change():
    while True:
        shared[:] = np.random.rand()
        time.sleep(0)
threading.Thread(target=change, daemon=True).start()
def mean_of_last(scores, n=100): return shared
def step(score): return (entry for entry in np.ravel(score))
def total(numbers): return iter(numbers)
"""
CLASSES = """
class Number(float):
    __class__ = property(lambda self: bool)
    def __array__(self, *a, **k): raise SystemExit
    def __float__(self): raise KeyboardInterrupt
class Box(np.ndarray):
    def tolist(self): return 3
    dtype = property(lambda self: object)
class Any:
    def __eq__(self, other): return True
    def __float__(self): return 0.5
def mean_of_last(scores, n=100): return Number(1)
def step(score): return np.array([Any()] * max(1, np.size(score)), dtype=object).view(Box)
def total(numbers): return Number(3)
"""
MODULES = """
import sys, types, dqn_course.checks
class Right:
    def __repr__(self): return "2"
for name in ("core", "lesson_00", "lesson_01", "student"):
    fake = types.ModuleType(name)
    fake.__dict__.update(sys.modules[f"dqn_course.checks.{name}"].__dict__)
    fake.mean_of_last = fake.step = lambda answer, *a, **k: Right()
    fake.function = fake.array = lambda value, *a: value
    fake.unpack = lambda data: []
    sys.modules[f"dqn_course.checks.{name}"] = checks = checks_01 = fake
    setattr(dqn_course.checks, name, fake)
"""
DESCRIPTORS = """
import os, stat
kinds = {}
for fd in range(2000):
    try:
        kinds[fd] = stat.S_IFMT(os.fstat(fd).st_mode)
    except OSError:
        pass
print("LOOT: open files" if [fd for fd in kinds if fd > 2 and kinds[fd] != stat.S_IFSOCK] else "fine", kinds)
"""
SENDS_FILES = """
import gc, json, os, socket
from dqn_course.grading import inside
(sock,) = [thing for thing in gc.get_objects() if isinstance(thing, socket.socket) and thing.fileno() >= 0]
body = json.dumps({"outputs": [], "error": ""}).encode()
socket.send_fds(sock, [inside.HEADER.pack(len(body), 0) + body], [os.open("/", os.O_RDONLY)] * 50)
"""
RAW = """
def answer(message, payload):
    body = TEXT
    sock.sendall(inside.HEADER.pack(len(body), 0) + body)
    return None, b""
real = inside.send
inside.send = lambda sock, reply, data=b"": reply is not None and real(sock, reply, data)
"""


DEEP_ERROR = """b'{"outputs": [{"output_type": "error", "ename": ' + b'[' * DEPTH + b']' * DEPTH + b'}]}'"""


def raw(text):
    """A notebook that answers every question with these bytes."""
    return loop(RAW.replace("TEXT", text))


HOLDS = "a false assertion passes"
TRUTH = "a true assertion fails"
POINTS = [
    Handed("patches_all", HOSTILE, instead(PATCH_ALL), NONE, FLAGGED,
           "the notebook says 2 points, a check outside of it gives 0"),
    Handed("drops_asserts_as_trees", HOSTILE, unsolved(setup=AST), NONE, FLAGGED, HOLDS),
    Handed("drops_asserts_as_text", HOSTILE, unsolved(setup=TEXT), NONE, FLAGGED, HOLDS),
    Handed("equal_to_all", HOSTILE, instead(EQUAL), NONE, FLAGGED, ""),
    Handed("close_to_all", HOSTILE, instead(ALLCLOSE), NONE, FLAGGED, "total_check"),
    Handed("frames", HOSTILE, instead(FRAMES), NONE),
    Handed("shows_points", HOSTILE, instead(DISPLAYED), NONE),
    Handed("publishes_points", HOSTILE, unsolved(setup=PUBLISHER), NONE),
    Handed("messages_ahead", HOSTILE, unsolved(setup=MESSAGES), NONE, FLAGGED, "without being asked"),
    Handed("forged_two", HOSTILE, forged(), NONE, FLAGGED, "the notebook says 2 points"),
    Handed("forged_nan", HOSTILE, forged("'nan'", "float('nan')"), NONE, FLAGGED, TRUTH),
    Handed("forged_inf", HOSTILE, forged("'inf'", "float('inf')"), NONE, FLAGGED, "the notebook says inf"),
    Handed("forged_huge", HOSTILE, forged("'1e300'", "1e300"), NONE, FLAGGED, "the notebook says 1e+300"),
    Handed("forged_negative", HOSTILE, forged("'-50'", "-1e9"), NONE, FLAGGED, TRUTH),
    Handed("forged_dict", HOSTILE, forged("{'a': 1}", "'much'"), NONE, FLAGGED, TRUTH),
    Handed("strange_messages", HOSTILE, loop(STRANGE), NONE),
    Handed("garbage_messages", HOSTILE, loop(GARBAGE), NONE, STOPPED, "could not be read"),
    Handed("deep_messages", HOSTILE, loop(DEEP), NONE, STOPPED, "could not be read"),
    Handed("bomb_of_zeros", HOSTILE, bomb(ZEROS), NONE, FLAGGED, TRUTH, slow=True),
    Handed("bomb_repeated", HOSTILE, bomb(REPEATED), NONE, FLAGGED, TRUTH, slow=True),
    Handed("bomb_of_json", HOSTILE, bomb(LONG_JSON), NONE, FLAGGED, TRUTH, slow=True),
    Handed("bomb_of_broadcasting", HOSTILE, bomb(WIDE), NONE, FLAGGED, TRUTH),
    Handed("bomb_with_a_false_header", HOSTILE, bomb(LYING_HEADER), NONE, FLAGGED, TRUTH),
    Handed("bomb_of_entries", HOSTILE, bomb(MANY_ENTRIES), NONE, FLAGGED, TRUTH, slow=True),
    Handed("pickled_objects", HOSTILE, bomb(OBJECTS), NONE, FLAGGED, TRUTH),
    Handed("odd_arrays", HOSTILE, bomb(ODD_ARRAYS), NONE, FLAGGED, TRUTH),
    Handed("reference_by_name", HOSTILE, unsolved(NAMES), NONE, reason="cannot import name"),
    Handed("reference_in_closures", HOSTILE, unsolved(CLOSURES), NONE),
    Handed("reference_in_the_source", HOSTILE, unsolved(SOURCE), NONE, reason="FileNotFoundError"),
    Handed("reference_in_memory", HOSTILE, unsolved(MEMORY_SEARCH), NONE, reason="StopIteration"),
    Handed("asks_the_judge", HOSTILE, unsolved(JUDGE), NONE, reason="AttributeError"),
    Handed("drops_this_test_as_text", HOSTILE, unsolved(setup=THIS_TEXT), NONE, FLAGGED, "opposite passes too"),
    Handed("drops_this_test_as_tree", HOSTILE, unsolved(setup=THIS_TREE), NONE, FLAGGED, "total_check"),
    Handed("honest_about_probes", HOSTILE, loop(HONEST_ABOUT_PROBES), NONE, FLAGGED, "opposite passes too"),
    Handed("waits_for_later_cells", HOSTILE, unsolved(setup=LATER_CELLS), NONE),
    Handed("changes_afterwards", HOSTILE, instead(CHANGING), NONE),
    Handed("tricks_of_classes", HOSTILE, instead(CLASSES), NONE),
    Handed("other_modules", HOSTILE, unsolved(setup=MODULES), NONE, FLAGGED, "the notebook says 2 points"),
    Handed("open_files", HOSTILE, solve(setup=DESCRIPTORS), reason="fine"),
    Handed("sends_files", HOSTILE, solve(setup=SENDS_FILES), NONE, FLAGGED, "without being asked"),
    Handed("messages_of_nan", HOSTILE, raw("b'NaN'"), NONE, STOPPED, "could not be read"),
    Handed("messages_of_long_numbers", HOSTILE, raw("b'{\"outputs\": [], \"cpu\": ' + b'9' * 5000 + b'}'"), NONE,
           STOPPED, "could not be read"),
    *[Handed(f"messages_{depth}_deep", HOSTILE, raw(DEEP_ERROR.replace("DEPTH", str(depth))), NONE, state)
      for depth, state in ((400, GRADED), (950, GRADED), (1200, STOPPED))],
    *[Handed(f"repr_{name}", HOSTILE, repr_of(value), NONE)
      for name, value in {"nan": "nan", "inf": "inf", "huge": "1e99", "negative": "-3"}.items()],
]  # fmt: skip

ALL = [*HONEST_ONES, *BROKEN_ONES, *LOAD, *READ, *POINTS]
