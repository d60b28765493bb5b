"""What a student handed in, whatever its state, becomes a notebook that can be run and graded.

The master says which cells there are, in which order, and what is in the locked ones; the submission gives the answers
and the student's own cells in between. Everything that had to be mended is said in a sentence. A file that cannot be
read becomes the untouched master, which is worth 0, and the reason.
"""

import ast
import contextlib
import copy
import fnmatch
import json
import os
import re
import stat
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
from nbformat.v4 import new_notebook
from nbgrader.utils import parse_utc

NOTEBOOK_BYTES = 50_000_000
FILES, FILES_BYTES = 1000, 20_000_000
CELLS, FREE_CELLS = 50_000, 2000
CELL_CHARACTERS = 1_000_000


@dataclass(frozen=True)
class Master:
    """A lesson as it was generated: its graded, locked and answered cells in their order."""

    lesson: str
    cells: tuple
    metadata: dict
    imports: tuple = ()

    @property
    def by_id(self):
        return {cell["id"]: cell for cell in self.cells}


@dataclass
class Submission:
    """A submission ready to run. notebook: repaired; notes: what was mended; unreadable: why nothing could be read."""

    student: str
    notebook: object
    notes: list = field(default_factory=list)
    unreadable: str = ""
    files: dict = field(default_factory=dict)


def read_master(gradebook, lesson, source):
    """The ``Master`` of a lesson, from the gradebook; the order is that of ``source``, the instructor's notebook.

    Each cell is a dict: id, kind, source, checksum, grade (its points or None), solution, locked, task; ``check`` and
    ``answer`` where it is one of the course's checks.
    """
    stored = gradebook.find_notebook(lesson, lesson)
    points = {cell.name: cell.max_score for cell in [*stored.grade_cells, *stored.task_cells]}
    graded = {cell.name for cell in stored.grade_cells}
    solutions = {cell.name for cell in stored.solution_cells}
    tasks = {cell.name for cell in stored.task_cells}
    cells = {
        cell.name: {
            "id": cell.name, "kind": cell.cell_type, "source": cell.source or "", "checksum": cell.checksum,
            "points": points.get(cell.name), "grade": cell.name in graded, "locked": bool(cell.locked),
            "solution": cell.name in solutions, "task": cell.name in tasks,
        }
        for cell in stored.source_cells
    }  # fmt: skip
    notebook = _plain_notebook(json.loads(source.read_text("utf-8")), source.name)
    order = [grade_id(cell) for cell in notebook.cells]
    position = {name: number for number, name in enumerate(order)}
    code = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    modules = check_modules(code)
    for cell in cells.values():
        if cell["grade"] and cell["kind"] == "code" and not cell["solution"]:
            cell["check"], cell["answer"] = check_in(cell["source"], modules)
    ordered = sorted(cells.values(), key=lambda cell: position.get(cell["id"], len(order)))
    kernel = json.loads(stored.kernelspec) if stored.kernelspec else {}
    return Master(lesson, tuple(ordered), {"kernelspec": kernel}, tuple(imports_in(code)))


def check_modules(code):
    """{name in the notebook: module}, from imports like ``from dqn_course.checks import lesson_01 as checks``."""
    found = {}
    for node in _statements(code):
        if isinstance(node, ast.ImportFrom) and node.module == "dqn_course.checks":
            found |= {name.asname or name.name: name.name for name in node.names}
    return found


def check_in(source, modules):
    """("lesson_01.step", "step") for a cell that ends in ``checks.step(step)``; (None, None) for another."""
    *_, last = list(_statements([source])) or [None]
    call = last.value if isinstance(last, ast.Expr) else None
    if not isinstance(call, ast.Call) or len(call.args) != 1 or call.keywords:
        return None, None
    target = call.func
    if isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name) and target.value.id in modules:
        return f"{modules[target.value.id]}.{target.attr}", ast.unparse(call.args[0])
    return None, None


def imports_in(code):
    """The import statements of a lesson, as lines."""
    return [ast.unparse(node) for node in _statements(code) if isinstance(node, ast.Import | ast.ImportFrom)]


def _statements(code):
    for source in code:
        try:
            yield from ast.parse(
                "\n".join(line for line in source.splitlines() if not line.startswith(("%", "!")))
            ).body
        except SyntaxError:
            continue


# --- reading


def take_in(folder, student, master, ignore=()):
    """The ``Submission`` in ``folder``; never raises for what a student may have put there."""
    folder = Path(folder)
    try:
        path, named = find_notebook(folder, master)
        given, damaged = read_notebook(path)
    except Exception as problem:  # a ValueError says why; anything else is something that nobody has thought of
        known = isinstance(problem, ValueError)
        reason = str(problem) if known else f"The notebook could not be read ({type(problem).__name__})."
        return Submission(student, rebuild(master, [])[0], [], reason)
    notebook, notes = rebuild(master, given.cells)
    files, left_out = other_files(folder, ignore)
    return Submission(student, notebook, [note for note in (named, damaged, *notes, left_out) if note], "", files)


def find_notebook(folder, master):
    """(path, note) of the notebook of a lesson in a folder, under its own name or another. Raises ValueError."""
    if folder.is_symlink() or not folder.is_dir():
        raise ValueError("The submission is not a plain folder, so nothing in it was read.")
    wanted = folder / f"{master.lesson}.ipynb"
    if os.path.lexists(wanted):
        return wanted, ""
    best, most = None, 0
    for path in sorted(folder.glob("*.ipynb"))[:20]:
        try:
            cells = read_notebook(path)[0].cells
        except ValueError:
            continue
        known = len({grade_id(cell) for cell in cells} & set(master.by_id))
        if known > most:
            best, most = path, known
    if best is None:
        raise ValueError(f"There is no notebook {wanted.name}, and no other notebook with its cells.")
    return best, f"The notebook was called {best.name}; it was recognised by its cells as {wanted.name}."


def read_notebook(path):
    """(notebook, note) of a file, of any version. Raises ValueError, with a sentence, for whatever is no notebook."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as problem:
        kind = "a link" if os.path.islink(path) else f"not readable ({problem.strerror})"
        raise ValueError(f"{path.name} is {kind}, so it was not read.") from None
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        os.close(descriptor)
        raise ValueError(f"{path.name} is not a plain file, so it was not read.")
    with os.fdopen(descriptor, "rb") as file:
        if status.st_size > NOTEBOOK_BYTES:
            megabytes = status.st_size / 1e6
            raise ValueError(
                f"{path.name} has {megabytes:,.0f} MB, more than the {NOTEBOOK_BYTES / 1e6:.0f} MB allowed."
            )
        data = file.read(NOTEBOOK_BYTES + 1)
    if not data.strip():
        raise ValueError(f"{path.name} is empty.")
    try:
        text = data.decode(json.detect_encoding(data), "replace")  # editors of Windows write a mark first, or UTF-16
        raw = json.loads(text)
    except (ValueError, RecursionError):
        raise ValueError(f"{path.name} is damaged: it is not a notebook in JSON.") from None
    if not isinstance(raw, dict) or not isinstance(raw.get("cells", raw.get("worksheets")), list):
        raise ValueError(f"{path.name} is not a notebook: it has no list of cells.")
    note = "The notebook has characters that are not in UTF-8; they were replaced." if "\ufffd" in text else ""
    return _plain_notebook(raw, path.name), note


def _plain_notebook(raw, name):
    """Cells with a type, a source and metadata of the right kinds, whatever the schema; outputs are dropped."""
    cells = raw.get("cells")
    if cells is None:  # version 3
        sheets = [sheet.get("cells") for sheet in raw["worksheets"] if isinstance(sheet, dict)]
        if not all(isinstance(sheet, list) for sheet in sheets):
            raise ValueError(f"{name} is not a notebook: it has no list of cells.")
        cells = [cell for sheet in sheets for cell in sheet]
    if len(cells) > CELLS:
        raise ValueError(f"{name} has {len(cells)} cells, more than the {CELLS} allowed.")
    notebook = new_notebook()
    for cell in cells:
        if not isinstance(cell, dict):
            continue
        source = cell.get("source", cell.get("input", ""))
        source = "".join(map(str, source)) if isinstance(source, list) else str(source)
        kind = "code" if cell.get("cell_type") == "code" else "markdown"
        source = source[:CELL_CHARACTERS].replace("\r\n", "\n")
        made = new_cell(kind, _whole(source), len(notebook.cells))
        metadata = cell.get("metadata")
        tag = metadata.get("nbgrader") if isinstance(metadata, dict) else None
        if isinstance(tag, dict) and isinstance(tag.get("grade_id"), str):
            made.metadata["nbgrader"] = {"grade_id": tag["grade_id"]}
        if kind == "markdown" and isinstance(cell.get("attachments"), dict):
            made["attachments"] = _pictures(cell["attachments"])
        notebook.cells.append(made)
    return notebook


def _pictures(attachments):
    """The attached pictures of a written answer; everything else is left out."""
    return {
        _whole(name): {
            _whole(kind): _whole(data)
            for kind, data in bundle.items()
            if kind.startswith("image/") and isinstance(data, str)
        }
        for name, bundle in attachments.items()
        if isinstance(bundle, dict)
    }


def _whole(text):
    """Text without halves of characters, which JSON can hold and a file cannot."""
    return text.encode("utf-8", "replace").decode()


def timestamp(folder):
    """When a submission was handed in, by the file that ``nbgrader collect`` left; None where there is no such time."""
    try:
        descriptor = os.open(Path(folder, "timestamp.txt"), os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with os.fdopen(descriptor, "rb") as file:
            if stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                return parse_utc(file.read(100).decode().strip())
    except (OSError, ValueError, OverflowError):
        pass
    return None


def other_files(folder, ignore):
    """({relative name: bytes}, note) of the plain files beside the notebook, without links, and what is ignored.

    Where there are too many or too large ones, the smallest are taken, and the note says so.
    """
    found = []
    for top, folders, names in os.walk(folder, followlinks=False):
        folders[:] = sorted(name for name in folders if not any(fnmatch.fnmatch(name, rule) for rule in ignore))
        for name in sorted(names):
            path = Path(top, name)
            status = path.lstat()
            wanted = stat.S_ISREG(status.st_mode) and not name.endswith(".ipynb") and name != "timestamp.txt"
            if wanted and not any(fnmatch.fnmatch(name, rule) for rule in ignore):
                found.append((status.st_size, path))
    files, total = {}, 0
    for size, path in sorted(found):
        total += size
        if len(files) == FILES or total > FILES_BYTES:
            break
        with contextlib.suppress(OSError):
            files[str(path.relative_to(folder))] = path.read_bytes()
    missing = len(found) - len(files)
    limits = f"{FILES} files and {FILES_BYTES / 1e6:.0f} MB"
    return files, f"{missing} of the files beside the notebook were left out: {limits} are allowed." if missing else ""


# --- repairing


def rebuild(master, given):
    """(notebook, notes): the master's cells in the master's order, with the answers and the free cells of ``given``."""
    notes, found, free, last, own = [], {}, {None: []}, None, 0
    for cell in given:
        name = grade_id(cell)
        if name in master.by_id:
            found.setdefault(name, []).append(cell)
            last = name
            free.setdefault(last, [])
        else:
            cell.metadata.clear()
            own += 1
            if own <= FREE_CELLS:
                free[last].append(cell)
    notebook = new_notebook(metadata=copy.deepcopy(master.metadata))
    notebook.cells += free[None]
    for wanted in master.cells:
        notebook.cells.append(_restored(wanted, found.get(wanted["id"], []), notes))
        notebook.cells += free.get(wanted["id"], [])
    order = list(found)
    if order != [cell["id"] for cell in master.cells if cell["id"] in found]:
        notes.append("The cells were in another order than in the lesson; they were put back.")
    if own > FREE_CELLS:
        notes.append(f"Of its {own} cells besides the lesson's, the first {FREE_CELLS} were kept.")
    return notebook, notes if given else []


def _restored(wanted, copies, notes):
    """One cell of the master: locked as it was, or with the student's answer."""
    source, name = wanted["source"], wanted["id"]
    what = (
        f"the check `{name.removesuffix('_check')}`" if wanted["grade"] and wanted["locked"] else f"the cell `{name}`"
    )
    what = what[0].upper() + what[1:]
    matters = wanted["grade"] or wanted["solution"] or wanted["kind"] == "code"
    if not copies:
        if matters:
            added = " without an answer" if wanted["solution"] else ""
            notes.append(f"{what} was missing; it was put back{added}.")
    elif wanted["solution"]:
        source = _answer(wanted, [cell.source for cell in copies])
        if len(copies) > 1:
            notes.append(f"{what} was there {len(copies)} times; it counts as one cell.")
    elif matters:
        if len(copies) > 1:
            notes.append(f"{what} was there {len(copies)} times; one was kept.")
        if all(cell.source.strip() != source.strip() for cell in copies):
            notes.append(f"{what} had been changed; it was put back as it was.")
    if copies and matters and any(cell.cell_type != wanted["kind"] for cell in copies):
        notes.append(f"{what} had become a {copies[0].cell_type} cell; it is a {wanted['kind']} cell again.")
    cell = new_cell(wanted["kind"], source, name)
    if copies and "attachments" in copies[0] and wanted["kind"] == "markdown":
        cell["attachments"] = copies[0]["attachments"]
    tag = {
        "grade": wanted["grade"], "grade_id": name, "locked": wanted["locked"], "solution": wanted["solution"],
        "task": wanted["task"], "schema_version": 3, "cell_type": wanted["kind"], "checksum": wanted["checksum"],
    }  # fmt: skip
    if wanted["points"] is not None:
        tag["points"] = wanted["points"]
    cell.metadata["nbgrader"] = tag
    return cell


def _answer(wanted, sources):
    """The student's text for an answer that may be there more than once: all different parts, as the notebook ran."""
    own = [text for text in dict.fromkeys(sources) if text.strip() and text.strip() != wanted["source"].strip()]
    if not own:
        return sources[0] if sources[0].strip() else wanted["source"]
    return own[-1] if any(text.startswith("%%") for text in own) else "\n\n".join(own)


def new_cell(kind, source, name):
    """A notebook cell; nbformat's own functions validate each one against the schema, which takes a second a class."""
    name = f"free-{name}" if isinstance(name, int) else re.sub(r"[^A-Za-z0-9_-]", "-", name)[:64]
    cell = {"cell_type": kind, "id": name, "metadata": {}, "source": source}
    return nbformat.from_dict(cell | ({"outputs": [], "execution_count": None} if kind == "code" else {}))


def grade_id(cell):
    """The name that nbgrader knows a cell by, or None."""
    return cell.metadata.get("nbgrader", {}).get("grade_id")
