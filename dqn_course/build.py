"""Build the notebooks: ``python -m dqn_course.build [LESSON ...] [--check]``.

``solutions/NN_lesson/NN_lesson.py`` (jupytext percent format) is the one edited source of a lesson. It gives

* ``solutions/NN_lesson/NN_lesson.ipynb``, nbgrader's source version, with the solutions, and
* ``notebooks/NN_lesson/NN_lesson.ipynb``, made from that by nbgrader: what a student gets.

The same source gives the same bytes. ``--check`` writes nothing and fails when a notebook is not what its
source builds. Mistakes in a source are shown as ``file:line: reason``, all at once, and nothing is written.

A cell starts with ``# %%`` and a tag, which stands for nbgrader's metadata:

``# %% [markdown]``
    Prose in ``r\"\"\"...\"\"\"``. Locked.
``# %% exercise="td_targets"``
    The student's code. Each ``### BEGIN SOLUTION`` ... ``### END SOLUTION`` becomes one line that raises.
``# %% check="td_targets" points=3``
    The check of that exercise. Locked and graded.
``# %% [markdown] answer="why" points=3``
    A written answer, graded by hand. The cell holds the model answer, which is removed: the solution regions,
    or the whole text where there are none.
``# %% readonly="setup"``
    Code that the checks need, such as imports. Locked, so that nbgrader restores it before grading.
``# %%``
    Code without a tag is free: nbgrader leaves it alone, and students may experiment in it.

A first line ``# %%writefile model.py`` becomes the cell magic; the cell stays real Python in the source.
A picture ``![what it shows](images/file.svg)`` beside the source travels inside the notebook.
"""

import argparse
import base64
import datetime
import difflib
import hashlib
import html
import importlib
import importlib.util
import json
import logging
import mimetypes
import os
import re
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

SOURCE, RELEASE = "solutions", "notebooks"
KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
TAGS = ("exercise", "check", "answer", "readonly", "points")
BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"

_LESSON_NAME = re.compile(r"\d\d_[a-z0-9_]+")
_CELL_START = re.compile(r"# %%(?:\s|$)")
_MARKDOWN = re.compile(r"# %% \[markdown\](?:\s+|$)")
_TAG = re.compile(r"""(\w+)=("[^"]*"|'[^']*'|[^\s"']+)(?:\s+|$)""")
_NAME = re.compile(r"""["']([A-Za-z_][A-Za-z0-9_]*)["']""")
_HEADING = re.compile(r"^#+ +(.+)$", re.MULTILINE)
_POINTS_IN_HEADING = re.compile(r"^#+ .*\((\d+) points?\b", re.MULTILINE)
_PICTURE = re.compile(r"!\[([^\]]*)\]\((images/[^)\s]+)\)")


@dataclass(frozen=True, order=True)
class Problem:
    """One mistake in a lesson's source."""

    file: str
    line: int
    reason: str

    def __str__(self):
        return f"{self.file}:{self.line}: {self.reason}"


class BuildError(Exception):
    """The sources hold mistakes; ``problems`` has every one that was found."""

    def __init__(self, problems):
        self.problems = sorted(set(problems))
        super().__init__("\n".join(map(str, self.problems)))


@dataclass
class Cell:
    """One cell of a source. ``kind`` is its tag, "prose" or "free"; ``line`` is where it starts."""

    kind: str
    line: int
    markdown: bool
    name: str = ""
    points: int | None = None
    source: str = ""
    regions: list[list[str]] = field(default_factory=list)

    @property
    def grade_id(self):
        """The name that a tag gives the cell in nbgrader, or ''."""
        return f"{self.name}_check" if self.kind == "check" else self.name

    @property
    def solutions(self):
        """The texts that no student may see, one list of lines each."""
        if self.kind == "answer" and not self.regions:
            return [self.source.splitlines()]
        return self.regions


# --- reading a source


def read_lesson(path, root):
    """Return ``(cells, problems)`` of one percent source."""
    import jupytext

    file = path.relative_to(root).as_posix()
    lines = path.read_text(encoding="utf-8").splitlines()
    problems = []

    def report(line, reason):
        problems.append(Problem(file, line, reason))

    starts = [number for number, line in enumerate(lines) if _CELL_START.match(line)]
    first = next((number for number, line in enumerate(lines) if line.strip()), 0)
    if not starts or starts[0] != first:
        report(first + 1, "text before the first cell: the file must start with `# %%`")
        return [], problems
    # With comment_magics, jupytext takes a comment such as `# copy the weights` for a shell command.
    percent = {"extension": ".py", "format_name": "percent", "comment_magics": False}
    parsed = jupytext.reads("\n".join(lines) + "\n", fmt=percent).cells
    if len(parsed) != len(starts):
        report(1, "a line inside a string starts with `# %%` and looks like a cell: indent that line")
        return [], problems

    cells = []
    for start, end, read in zip(starts, [*starts[1:], len(lines)], parsed, strict=True):
        markdown = bool(_MARKDOWN.match(lines[start]))
        if markdown and read.metadata.get("cell_marker") != 'r"""':
            report(start + 1, 'prose must stand in r"""...""", which keeps LaTeX as it is')
        tags = _read_tags(lines[start], start + 1, report)
        cell = _classify(tags, markdown, start + 1, report)
        cell.source = read.source if markdown else _restore_magics(read.source)
        cell.regions = _read_regions(lines, start + 1, end, report)
        if cell.regions and cell.kind not in ("exercise", "answer"):
            report(cell.line, "students would see this solution: it belongs in an exercise or an answer")
        if cell.kind == "exercise" and not cell.regions:
            report(cell.line, f'the exercise "{cell.name}" has no `{BEGIN}` ... `{END}`')
        cells.append(cell)
    return cells, problems


def _read_tags(marker, line, report):
    rest = _MARKDOWN.sub("", marker) if _MARKDOWN.match(marker) else marker.removeprefix("# %%").strip()
    if re.match(r"\[|.*\s\[", rest):
        report(line, "cannot read the brackets: write `# %% [markdown]`, and the tags after it")
        return {}
    tags = {}
    while rest:
        match = _TAG.match(rest)
        if not match:
            report(line, f'cannot read `{rest}`: a tag looks like exercise="td_targets" or points=3')
            break
        key, value = match.groups()
        rest = rest[match.end() :]
        if key not in TAGS:
            close = difflib.get_close_matches(key, TAGS, n=1, cutoff=0.5)
            hint = f"did you mean `{close[0]}`?" if close else f"the tags are {', '.join(TAGS)}"
            report(line, f"unknown tag `{key}`: {hint}")
        elif key in tags:
            report(line, f"the tag `{key}` stands twice")
        tags[key] = value
    return tags


def _classify(tags, markdown, line, report):
    kinds = [key for key in tags if key in TAGS and key != "points"]
    kind = kinds[0] if kinds else "prose" if markdown else "free"
    cell = Cell(kind, line, markdown)
    if len(kinds) > 1:
        report(line, f"a cell is one thing only, this one is {' and '.join(kinds)}")
    if kind == "answer" and not markdown:
        report(line, "an answer is a text: write `# %% [markdown] answer=...`")
    if kind in ("exercise", "check", "readonly") and markdown:
        report(line, f"`{kind}` stands on code, not on [markdown]")
    if kinds:
        match = _NAME.fullmatch(tags[kind])
        cell.name = match[1] if match else tags[kind]
        if not match:
            report(line, f'{kind}={tags[kind]}: the value must be a quoted name, such as "td_targets"')
    points = tags.get("points")
    if kind not in ("check", "answer"):
        if points is not None:
            report(line, "points stand on a check or an answer, not here")
    elif points is None:
        report(line, f'the {kind} "{cell.name}" has no points: add points=3, or whatever it is worth')
    elif not re.fullmatch(r"[1-9][0-9]*", points):
        report(line, f"points={points}: points must be a positive whole number")
    else:
        cell.points = int(points)
    return cell


def _restore_magics(source):
    lines = source.split("\n")
    if re.match(r"# %%[a-z]", lines[0]):
        return source.removeprefix("# ")
    return "\n".join(line[2:] if re.match(r"# %[a-z]", line) else line for line in lines)


def _read_regions(lines, first, end, report):
    regions, opened = [], None
    for number in range(first, end):
        line, text = number + 1, lines[number].strip()
        if re.search("BEGIN (HIDDEN TESTS|MARK SCHEME)", text):
            report(line, "no hidden tests or mark schemes here: they go into the check, or the model answer")
        elif text not in (BEGIN, END) and re.search("(BEGIN|END) SOLUTION", text):
            report(line, f"nbgrader would cut here: write `{BEGIN}` and `{END}` alone on their lines")
        elif text == BEGIN:
            if opened:
                report(line, f"`{BEGIN}` again: the one in line {opened} has no `{END}` yet")
            opened = line
            regions.append([])
        elif text == END:
            if not opened:
                report(line, f"`{END}` without `{BEGIN}`")
            opened = None
        elif opened:
            regions[-1].append(lines[number])
    if opened:
        report(opened, f"`{BEGIN}` without `{END}`")
    return regions


def check_lesson(name, cells, file):
    """Return the problems that show only when the cells of a lesson are seen together."""
    problems, taken, heading = [], {}, None
    exercises = {cell.name: cell.line for cell in cells if cell.kind == "exercise"}
    checked = {cell.name for cell in cells if cell.kind == "check"}
    module = _course_checks(name)

    def report(line, reason):
        problems.append(Problem(file, line, reason))

    for cell in cells:
        if cell.name:
            if cell.grade_id in taken:
                report(cell.line, f'the name "{cell.grade_id}" is taken by line {taken[cell.grade_id]}')
            taken.setdefault(cell.grade_id, cell.line)
        if cell.kind == "prose":
            match = _POINTS_IN_HEADING.search(cell.source)
            heading = int(match[1]) if match else heading
        if cell.kind == "exercise" and cell.name not in checked:
            report(cell.line, f'the exercise "{cell.name}" has no cell `# %% check="{cell.name}" points=...`')
        if cell.points and heading:
            if heading != cell.points:
                report(cell.line, f"points={cell.points}, but the heading says {heading}")
            heading = None
        if cell.kind == "check":
            if cell.name not in exercises:
                close = difflib.get_close_matches(cell.name, exercises, n=1)
                hint = f': did you mean "{close[0]}"?' if close else ""
                report(cell.line, f'the check "{cell.name}" has no exercise{hint}')
            elif exercises[cell.name] > cell.line:
                report(cell.line, f'the check "{cell.name}" stands before its exercise')
            check = getattr(module, cell.name, None)
            if module and check is None:
                report(cell.line, f'{module.__name__} has no check "{cell.name}"')
            elif module and cell.points and check.points != cell.points:
                report(cell.line, f"points={cell.points}, but {module.__name__} gives {check.points}")
    return problems


def _course_checks(lesson):
    """The module ``dqn_course.checks.lesson_NN``, where there is one."""
    name = f"dqn_course.checks.lesson_{lesson[:2]}"
    try:
        found = importlib.util.find_spec(name)
    except ModuleNotFoundError:
        found = None
    return importlib.import_module(name) if found else None


# --- from cells to notebooks


def to_notebook(cells, folder):
    """Return nbgrader's source version of a lesson; ``folder`` holds its pictures.

    Cell ids and grade ids come from names, headings and code, so that they are the same in every build.
    """
    from nbformat import v4
    from nbgrader.utils import compute_checksum

    notebook = v4.new_notebook(metadata={"kernelspec": KERNEL, "language_info": {"name": "python"}})
    taken = {cell.grade_id for cell in cells}
    section, texts = "start", 0
    for cell in cells:
        new_cell = v4.new_markdown_cell if cell.markdown else v4.new_code_cell
        source = _embed_pictures(cell.source, folder) if cell.markdown else cell.source
        if cell.markdown:
            source = source.replace("<details>", '<details style="margin: 0.4em 0; padding-left: 0.8em">')
        if cell.kind == "free":
            notebook.cells.append(new_cell(source, id=_unused(free_cell_id(source), taken)))
            continue
        grade_id = cell.grade_id
        if cell.kind == "prose":
            heading = _HEADING.search(cell.source)
            section, texts = (_slug(heading[1]), 0) if heading else (section, texts + 1)
            grade_id = _unused(f"{section}-text-{texts}" if texts else section, taken)
        graded = {"grade": True, "points": cell.points} if cell.points else {"grade": False}
        metadata = {
            "grade_id": grade_id,
            "locked": cell.kind in ("check", "prose", "readonly"),
            "schema_version": 3,
            "solution": cell.kind in ("exercise", "answer"),
            "task": False,
        }
        made = new_cell(source, id=grade_id, metadata={"nbgrader": metadata | graded})
        if cell.kind != "answer":  # an answer with its first checksum means "no response" to nbgrader
            made.metadata.nbgrader["checksum"] = compute_checksum(made)
        notebook.cells.append(made)
    return notebook


def free_cell_id(source):
    """The id of a code cell without a tag. It shows later whether a student changed the cell."""
    return "code-" + hashlib.sha256(source.encode()).hexdigest()[:12]


def _slug(heading):
    heading = re.sub(r"\(.*\)|'", "", heading.lower())  # without "(3 points, about 10 minutes)"
    slug, *words = re.findall(r"[a-z0-9]{1,40}", heading) or ["section"]
    for word in words:
        if len(slug) + len(word) > 40:
            break
        slug += "-" + word
    return slug


def _unused(wanted, taken):
    name, n = wanted, 1
    while name in taken:
        n += 1
        name = f"{wanted}-{n}"
    taken.add(name)
    return name


def _embed_pictures(source, folder):
    # Not as attachments, for JupyterLab shows no SVG among them; nbconvert shows no SVG in ![](data:...).
    def embed(match):
        kind = mimetypes.guess_type(match[2])[0]
        data = base64.b64encode((folder / match[2]).read_bytes()).decode()
        return f'<img alt="{html.escape(match[1])}" src="data:{kind};base64,{data}">'

    return _PICTURE.sub(embed, source)


def source_version(cells, folder):
    """Return the text of ``solutions/NN_lesson/NN_lesson.ipynb``."""
    import nbformat

    return nbformat.writes(to_notebook(cells, folder)) + "\n"


def is_current(source):
    """Whether the notebook beside a source is what the source builds."""
    cells, problems = read_lesson(source, source.parent)
    notebook = source.with_suffix(".ipynb")
    if problems or not notebook.exists():
        return False
    return notebook.read_text(encoding="utf-8") == source_version(cells, source.parent)


def student_version(lesson, text, root):
    """Return the text of ``notebooks/NN_lesson/NN_lesson.ipynb``, from that of nbgrader's source version.

    nbgrader itself makes it, set up by ``root/nbgrader_config.py``, in a temporary course with no gradebook.
    """
    from nbgrader.converters import GenerateAssignment
    from nbgrader.coursedir import CourseDirectory
    from traitlets.config import PyFileConfigLoader

    log = logging.getLogger("dqn_course.build")
    log.setLevel(logging.ERROR)
    config = PyFileConfigLoader("nbgrader_config.py", path=str(root)).load_config()
    config.GenerateAssignment.no_database = True
    config.SaveCells.enabled = False
    config.CourseDirectory.assignment_id = lesson
    with tempfile.TemporaryDirectory() as scratch:
        config.CourseDirectory.root = os.path.realpath(scratch)
        source, release = (Path(scratch, top, lesson, f"{lesson}.ipynb") for top in (SOURCE, RELEASE))
        source.parent.mkdir(parents=True)
        source.write_text(text, encoding="utf-8")
        GenerateAssignment(coursedir=CourseDirectory(config=config), config=config, log=log).start()
        return release.read_text(encoding="utf-8")


# --- the build


def find_lessons(root):
    """Return ``({lesson: source}, problems)`` of the folder ``root/solutions``."""
    lessons, problems = {}, []
    for path in sorted((root / SOURCE).glob("*/[0-9]*.py")):
        if not _LESSON_NAME.fullmatch(path.stem):
            reason = "a lesson is called NN_name, two digits and small letters, such as 06_lunar_lander"
        elif path.parent.name != path.stem:
            reason = f"the folder must be called like its lesson: {SOURCE}/{path.stem}/{path.name}"
        else:
            lessons[path.stem] = path
            continue
        problems.append(Problem(path.relative_to(root).as_posix(), 1, reason))
    return lessons, problems


def read_lessons(root, wanted=()):
    """Return ``{lesson: cells}`` of the wanted lessons, or of all.

    Raises BuildError with every problem found.
    """
    lessons, problems = find_lessons(root)
    read = {}
    for name in wanted or lessons:
        file = lessons[name].relative_to(root).as_posix()
        read[name], found = read_lesson(lessons[name], root)
        problems += found + check_lesson(name, read[name], file)
        for cell in read[name]:
            for match in _PICTURE.finditer(cell.source) if cell.markdown else ():
                if not (root / SOURCE / name / match[2]).is_file():
                    problems.append(Problem(file, cell.line, f"there is no {match[2]} beside the source"))
    if problems:
        raise BuildError(problems)
    return read


def build(root, wanted=()):
    """Return ``{path: text}`` of every notebook of the wanted lessons, or of all. Nothing is written.

    Raises BuildError with every problem found.
    """
    sources = {
        lesson: source_version(cells, root / SOURCE / lesson) for lesson, cells in read_lessons(root, wanted).items()
    }
    built = {}
    for lesson, text in sources.items():
        built[root / SOURCE / lesson / f"{lesson}.ipynb"] = text
        built[root / RELEASE / lesson / f"{lesson}.ipynb"] = student_version(lesson, text, root)
    return built


def holds_work(text):
    """Whether a notebook is more than an untouched build of any version: outputs, edits or new cells."""
    from nbformat import from_dict
    from nbgrader.utils import compute_checksum

    try:
        for cell in from_dict(json.loads(text)).cells:
            cell.source = "".join(cell.source)
            nbgrader = cell.metadata.get("nbgrader", {})
            if cell.get("outputs"):
                return True
            if "checksum" in nbgrader:
                if nbgrader.checksum != compute_checksum(cell):
                    return True
            elif not nbgrader and not cell.id.startswith(free_cell_id(cell.source)) and cell.source.strip():
                return True
    except (ValueError, KeyError, TypeError, AttributeError):
        return True
    return False


def publish(path, text):
    """Write a notebook in one step. Work that it would replace is kept beside it; return where, or None."""
    old = path.read_text(encoding="utf-8", errors="replace") if path.exists() else None
    if old == text:
        return None
    path.parent.mkdir(parents=True, exist_ok=True)
    kept = None
    if old is not None and holds_work(old):
        name, n = f"{path.stem}.mine-{datetime.date.today()}", 1
        kept = path.with_name(f"{name}.ipynb")
        while kept.exists():
            n += 1
            kept = path.with_name(f"{name}-{n}.ipynb")
        kept.write_bytes(path.read_bytes())
    scratch = path.with_name(f".{path.name}.tmp")
    scratch.write_text(text, encoding="utf-8")
    os.replace(scratch, path)
    return kept


def stale(root, built):
    """Return one line for every notebook that is not what its source builds."""
    lines = []
    for path, text in built.items():
        found = path.read_text(encoding="utf-8", errors="replace") if path.exists() else None
        if found == text:
            continue
        state = "is missing" if found is None else f"differs from what {path.stem}.py builds"
        hint = " (it keeps a copy of the work in it)" if found and holds_work(found) else ""
        lines.append(f"{path.relative_to(root).as_posix()} {state}: run `make notebooks`{hint}")
    return lines


def _choose(root, arguments):
    lessons = sorted(find_lessons(root)[0])
    chosen = []
    for argument in arguments:
        word = Path(argument).stem
        match = [lesson for lesson in lessons if word in (lesson, lesson[:2])]
        if not match:
            close = difflib.get_close_matches(word, lessons, n=1) or lessons
            raise SystemExit(f"There is no lesson {argument}. Did you mean {' or '.join(close)}?")
        chosen += match
    return chosen


def main(arguments=None, root="."):
    """Build the notebooks, or check them; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m dqn_course.build", description="Build the notebooks.")
    parser.add_argument("lesson", nargs="*", help="such as 06 or 06_lunar_lander; without one, all")
    parser.add_argument("--check", action="store_true", help="write nothing, fail when one is out of date")
    options = parser.parse_args(arguments)
    root = Path(root).resolve()
    if not (root / SOURCE).is_dir() or not (root / "nbgrader_config.py").is_file():
        raise SystemExit(f"There is no {SOURCE}/ and nbgrader_config.py here: run this in the course folder.")
    try:
        built = build(root, _choose(root, options.lesson))
    except BuildError as error:
        print(error, file=sys.stderr)
        return 1
    if options.check:
        lines = stale(root, built)
        print("\n".join(lines) or f"{len(built)} notebooks are up to date.", file=sys.stderr)
        return 1 if lines else 0
    for path, text in built.items():
        kept = publish(path, text)
        if kept:
            print(f"{path.relative_to(root)} is new; your work in it is kept as {kept.name}.")
    print(f"{len(built)} notebooks built.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
