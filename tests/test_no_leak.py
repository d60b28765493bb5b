"""No line of a solution and no model answer reaches a student.

A solution line may stand in a released file only where the author wrote it outside of the solutions too, in a hint
for example. The detector below is itself tested: it must find a line that was planted anywhere in a notebook.
"""

import base64
import json
import re
import shutil
import subprocess
from pathlib import Path

import nbformat
import pytest

from dqn_course import build

ROOT = Path(__file__).parents[1]
FIXTURE = "90_fixture"


def squeezed(text):
    """The text with every run of blanks, and every written-out line end, as one blank."""
    return re.sub(r"(\s|\\n)+", " ", text).strip()


def pieces(cell):
    """What must not be seen of a cell, squeezed: lines of code without their comments, sentences of an answer."""
    for line in (line for region in cell.solutions for line in region):
        if cell.markdown:
            yield from map(squeezed, re.split(r"(?<=[.?!]) ", line))
        else:
            yield squeezed(re.sub(r"(?<=\S)\s+#.*", "", line))


def secret_lines(cells):
    """The pieces of a lesson's solutions that stand nowhere else in its source."""
    public = squeezed("\n".join(public_text(cell) for cell in cells))
    return {piece for cell in cells for piece in pieces(cell) if len(piece) >= 5 and piece not in public}


def public_text(cell):
    if cell.kind == "answer" and not cell.regions:
        return ""
    return re.sub(rf"{build.BEGIN}.*?{build.END}", "", cell.source, flags=re.DOTALL)


def texts_in(content):
    """Every text in a file: of a notebook all its strings, those packed as base64 too."""
    yield content.decode("utf-8", errors="replace")
    try:
        waiting = [json.loads(content)]
    except ValueError:
        return
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            waiting += [*value.keys(), *value.values()]
        elif isinstance(value, list):
            waiting += value
            if all(isinstance(part, str) for part in value):
                waiting.append("".join(value))
        elif isinstance(value, str):
            yield value
            for packed in re.findall(r"[A-Za-z0-9+/]{20,}={0,2}", value.replace("\n", "")):
                if len(packed.rstrip("=")) % 4 == 1:
                    continue  # a long path: nothing packed has such a length
                yield base64.b64decode(packed + "=" * (-len(packed) % 4)).decode("utf-8", errors="replace")


def leaks(cells, content):
    """The secret lines of a lesson that stand in the content of a released file."""
    found = set()
    secrets = secret_lines(cells)
    for text in map(squeezed, texts_in(content)):
        found |= {line for line in secrets if line in text}
    return sorted(found)


def released_files():
    """``{path: content}`` of what stands in notebooks/; where there is git, without what it ignores."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "notebooks"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False).stdout
    paths = [ROOT / name for name in listed.split("\0")[:-1]] or (ROOT / "notebooks").rglob("*")
    return {path: path.read_bytes() for path in paths if path.is_file()}


@pytest.fixture(scope="module")
def lessons():
    return build.read_lessons(ROOT)


def test_no_solution_stands_in_a_released_file(lessons):
    files = released_files()
    assert files
    found = [
        f"{path.relative_to(ROOT)}: {line}"
        for path, content in files.items()
        for cells in lessons.values()
        for line in leaks(cells, content)
        if line not in squeezed("\n".join(map(public_text, lessons.get(path.stem, []))))
    ]
    assert found == []


def test_no_solution_stands_in_a_fresh_build(lessons):
    for lesson, cells in lessons.items():
        source = build.source_version(cells, ROOT / "solutions" / lesson)
        assert leaks(cells, source.encode()), "the source version must hold the solutions, or this test sees nothing"
        assert leaks(cells, build.student_version(lesson, source, ROOT).encode()) == []


def test_the_text_of_a_lesson_gives_no_exercise_away_whole(lessons):
    for cells in lessons.values():
        secrets = secret_lines(cells)
        for cell in cells:
            if cell.solutions:
                assert secrets.intersection(pieces(cell)), f"all of {cell.name} stands in the lesson's text"


def test_only_notebooks_are_released():
    assert {path.suffix for path in released_files()} == {".ipynb"}


# --- the detector


@pytest.fixture(scope="module")
def fixture_lesson(tmp_path_factory):
    """``(cells, student version)`` of the small lesson."""
    root = tmp_path_factory.mktemp("course")
    shutil.copy(ROOT / "nbgrader_config.py", root)
    shutil.copytree(ROOT / "tests" / "lessons" / FIXTURE, root / "solutions" / FIXTURE)
    cells = build.read_lessons(root)[FIXTURE]
    return cells, build.student_version(FIXTURE, build.source_version(cells, root / "solutions" / FIXTURE), root)


LINE = "        self.hidden_value += n  # another comment"


def in_a_source(notebook):
    notebook.cells[0].source += f"\n```\n{LINE}\n```"


def with_other_blanks(notebook):
    notebook.cells[0].source += "\nself.hidden_value   +=\tn"


def in_an_output(notebook):
    notebook.cells[1].outputs = [nbformat.v4.new_output("stream", text=f"...\n{LINE}\n")]


def in_the_repr_of_an_output(notebook):
    data = {"text/plain": repr(f"def add(self, n):\n{LINE}\n")}
    notebook.cells[1].outputs = [nbformat.v4.new_output("execute_result", data)]


def in_the_metadata(notebook):
    notebook.metadata["jupytext"] = {"cells": [LINE]}


def in_the_metadata_of_a_cell(notebook):
    notebook.cells[2].metadata["solution"] = LINE


def in_an_attachment(notebook):
    packed = base64.b64encode(f"<svg>{LINE}</svg>".encode()).decode()
    notebook.cells[0].attachments = {"picture.svg": {"image/svg+xml": packed}}


def in_a_picture(notebook):
    packed = base64.b64encode(f"<svg>{LINE}</svg>".encode()).decode()
    notebook.cells[0].source += f'<img src="data:image/svg+xml;base64,{packed}">'


def one_sentence_of_the_model_answer(notebook):
    notebook.cells[0].source += "\nThink: zero is neutral. Because zero is the neutral element of addition. Yes."


@pytest.mark.parametrize(
    "plant",
    [
        in_a_source,
        with_other_blanks,
        in_an_output,
        in_the_repr_of_an_output,
        in_the_metadata,
        in_the_metadata_of_a_cell,
        in_an_attachment,
        in_a_picture,
        one_sentence_of_the_model_answer,
    ],
)
def test_a_planted_line_is_found(fixture_lesson, plant):
    cells, text = fixture_lesson
    notebook = nbformat.reads(text, as_version=4)
    assert leaks(cells, nbformat.writes(notebook).encode()) == []
    plant(notebook)
    assert len(leaks(cells, nbformat.writes(notebook).encode())) == 1


def test_a_line_in_another_file_is_found(fixture_lesson):
    assert leaks(fixture_lesson[0], f"class Counter:\n{LINE}\n".encode()) == ["self.hidden_value += n"]


def test_the_whole_source_version_is_full_of_leaks(fixture_lesson):
    cells, _ = fixture_lesson
    secrets = secret_lines(cells)
    assert len(secrets) == 9
    source = "\n".join(cell.source for cell in cells)
    assert set(leaks(cells, source.encode())) == secrets
