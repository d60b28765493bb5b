"""The build: what a source becomes, what it refuses, and that nobody's work is lost."""

import ast
import base64
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pytest

from dqn_course import build

ROOT = Path(__file__).parents[1]
FIXTURE = "90_fixture"
LESSONS = sorted(build.find_lessons(ROOT)[0])


@pytest.fixture
def course(tmp_path):
    """A course of one lesson, not built yet."""
    shutil.copy(ROOT / "nbgrader_config.py", tmp_path)
    shutil.copytree(ROOT / "tests" / "lessons" / FIXTURE, tmp_path / "solutions" / FIXTURE)
    return tmp_path


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """``(source version, student version)`` of the fixture lesson, as notebooks."""
    root = tmp_path_factory.mktemp("course")
    shutil.copy(ROOT / "nbgrader_config.py", root)
    shutil.copytree(ROOT / "tests" / "lessons" / FIXTURE, root / "solutions" / FIXTURE)
    return [nbformat.reads(text, as_version=4) for text in build.build(root).values()]


@pytest.fixture(scope="module")
def course_built():
    """``{path: text}`` of the real lessons."""
    return build.build(ROOT)


def notebook_of(course, top="notebooks"):
    return course / top / FIXTURE / f"{FIXTURE}.ipynb"


def problems_of(tmp_path, source, lesson="91_small"):
    """What the build says about a source, as ``line: reason``."""
    folder = tmp_path / "solutions" / lesson
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{lesson}.py").write_text(source)
    with pytest.raises(build.BuildError) as caught:
        build.read_lessons(tmp_path)
    return [f"{problem.line}: {problem.reason}" for problem in caught.value.problems]


# --- the committed notebooks


def test_the_committed_notebooks_are_what_their_sources_build(course_built):
    assert LESSONS
    assert build.stale(ROOT, course_built) == []


def test_every_lesson_has_checks_in_the_package():
    assert [lesson for lesson in LESSONS if build._course_checks(lesson) is None] == []


def test_notebooks_hold_no_outputs_and_no_traces_of_a_machine(course_built, built):
    texts = [*course_built.values(), *map(nbformat.writes, built)]
    for notebook in map(json.loads, texts):
        assert notebook["metadata"] == {"kernelspec": build.KERNEL, "language_info": {"name": "python"}}
        for cell in notebook["cells"]:
            assert cell.get("outputs", []) == []
            assert cell.get("execution_count") is None
            assert set(cell["metadata"]) <= {"nbgrader", "deletable", "editable"}


def test_notebooks_are_valid_and_their_ids_unique(course_built):
    for text in course_built.values():
        notebook = nbformat.reads(text, as_version=4)
        nbformat.validate(notebook)
        ids = [cell.id for cell in notebook.cells]
        assert len(ids) == len(set(ids))
        assert all(re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", name) for name in ids)
        grade_ids = [cell.metadata.nbgrader.grade_id for cell in notebook.cells if "nbgrader" in cell.metadata]
        assert len(grade_ids) == len(set(grade_ids))


def test_keys_are_sorted_and_the_file_ends_in_a_newline(course_built):
    for text in course_built.values():
        assert text == json.dumps(json.loads(text), sort_keys=True, indent=1, ensure_ascii=False) + "\n"


def test_another_process_builds_the_same_bytes(course):
    here = build.build(course)
    for seed in "1", "2":
        environment = os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)}
        command = [sys.executable, "-m", "dqn_course.build"]
        shutil.rmtree(course / "notebooks", ignore_errors=True)
        subprocess.run(command, cwd=course, env=environment, check=True, capture_output=True)
        for path, text in here.items():
            assert path.read_bytes() == text.encode()


# --- what a cell becomes


@pytest.mark.parametrize(
    ("grade_id", "cell_type", "grade", "solution", "locked", "points"),
    [
        ("a-small-lesson", "markdown", False, False, True, None),
        ("setup", "code", False, False, True, None),
        ("exercise-90-1-the-total", "markdown", False, False, True, None),
        ("total", "code", False, True, False, None),
        ("total_check", "code", True, False, True, 3),
        ("exercise-90-1-the-total-text-1", "markdown", False, False, True, None),
        ("Counter", "code", False, True, False, None),
        ("Counter_check", "code", True, False, True, 4),
        ("why_zero", "markdown", True, True, False, 2),
    ],
)
def test_a_tag_becomes_nbgrader_metadata(built, grade_id, cell_type, grade, solution, locked, points):
    for notebook in built:
        (cell,) = [cell for cell in notebook.cells if cell.id == grade_id]
        found = cell.metadata.nbgrader
        assert (cell.cell_type, found.grade_id, found.schema_version) == (cell_type, grade_id, 3)
        assert (found.grade, found.solution, found.locked, found.task) == (grade, solution, locked, False)
        assert found.get("points") == points


def test_code_without_a_tag_stays_free(built):
    for notebook in built:
        free = [cell for cell in notebook.cells if "nbgrader" not in cell.metadata]
        assert [cell.source.split("\n")[0] for cell in free] == [
            "# this cell is free: play in it",
            "import os  # noqa: E402",
        ]
        assert all("editable" not in cell.metadata for cell in free)


def test_prose_keeps_every_backslash(built):
    assert r"$\frac{a}{b}$ and a line \\ break" in built[1].cells[0].source


def test_a_writefile_cell_starts_with_its_magic_and_keeps_its_comments(built):
    for notebook in built:
        (cell,) = [cell for cell in notebook.cells if cell.id == "Counter"]
        assert cell.source.startswith("%%writefile counter.py\n")
        assert "    # copy the value, never share it\n" in cell.source


def test_line_magics_are_restored_and_comments_are_not_taken_for_commands():
    source = "# %matplotlib inline\n# cat the frames\n# ls\n# why?\n# 100 % sure\nx = 1"
    assert build._restore_magics(source) == source.replace("# %matplotlib", "%matplotlib")


def test_every_solution_region_becomes_one_line_that_raises(built):
    stub = 'raise NotImplementedError("Your code here: replace this line.")'
    cells = {cell.id: cell.source for cell in built[1].cells}
    assert cells["total"].count(stub) == 1
    assert cells["Counter"].count(f"        {stub}\n") + cells["Counter"].endswith(f"        {stub}") == 3
    for source in cells["total"], cells["Counter"].split("\n", 1)[1]:
        ast.parse(source)
    assert cells["why_zero"] == "*Your answer here: double-click and replace this line.*"


def test_a_picture_travels_inside_the_notebook(built):
    picture = (ROOT / "tests" / "lessons" / FIXTURE / "images" / "square.svg").read_bytes()
    data = base64.b64encode(picture).decode()
    for notebook in built:
        (cell,) = [cell for cell in notebook.cells if cell.id == "exercise-90-1-the-total"]
        assert cell.source.endswith(f'\n<img alt="a blue square" src="data:image/svg+xml;base64,{data}">')


def test_equal_headings_and_equal_cells_get_different_ids(tmp_path):
    (tmp_path / "x.py").write_text(
        '# %% [markdown]\nr"""\n# Twice\n"""\n# %%\nx = 1\n# %% [markdown]\nr"""\n# Twice\n"""\n# %%\nx = 1\n'
        '# %% exercise="twice"\n### BEGIN SOLUTION\n1\n### END SOLUTION\n'
    )
    cells, problems = build.read_lesson(tmp_path / "x.py", tmp_path)
    ids = [cell.id for cell in build.to_notebook(cells, tmp_path).cells]
    code = build.free_cell_id("x = 1")
    assert problems == []
    assert ids == ["twice-2", code, "twice-3", f"{code}-2", "twice"]


# --- what the build refuses

EXERCISE = '# %% exercise="f"\n### BEGIN SOLUTION\nx = 1\n### END SOLUTION\n'
CHECK = '# %% check="f" points=2\nf\n'
GOOD = EXERCISE + CHECK

REFUSED = [
    (GOOD.replace("exercise=", "excercise="), "1: unknown tag `excercise`: did you mean `exercise`?"),
    ('# %% colour="red"\n', "1: unknown tag `colour`: the tags are exercise, check, answer, readonly, points"),
    ('# %% exercise "f"\n', '1: cannot read `exercise "f"`: a tag looks like exercise="td_targets" or points=3'),
    ('# %% exercise="f"exercise="g"\n', '1: cannot read `exercise="f"exercise="g"`: a tag looks like'),
    (GOOD.replace('exercise="f"', "exercise=f"), '1: exercise=f: the value must be a quoted name, such as "td'),
    (GOOD.replace('"f"', '"f g"'), '1: exercise="f g": the value must be a quoted name'),
    (GOOD.replace(" points=2", ""), '5: the check "f" has no points'),
    (GOOD.replace("=2", "=0"), "5: points=0: points must be a positive whole number"),
    (GOOD.replace("=2", "=2.5"), "5: points=2.5: points must be a positive whole number"),
    (GOOD.replace("=2", '="2"'), '5: points="2": points must be a positive whole number'),
    (GOOD.replace("=2", "=True"), "5: points=True: points must be a positive whole number"),
    (GOOD.replace("=2", "=2 points=3"), "5: the tag `points` stands twice"),
    (GOOD.replace('exercise="f"', 'exercise="f" points=2'), "1: points stand on a check or an answer"),
    (GOOD + '# %% exercise="f" check="f"\n', "7: a cell is one thing only, this one is exercise and check"),
    (GOOD + GOOD, '7: the name "f" is taken by line 1'),
    (GOOD + EXERCISE.replace('"f"', '"f_check"'), '7: the name "f_check" is taken by line 5'),
    (EXERCISE, '1: the exercise "f" has no cell `# %% check="f" points=...`'),
    (GOOD + CHECK.replace('"f"', '"fg"'), '7: the check "fg" has no exercise: did you mean "f"?'),
    (CHECK + EXERCISE, '1: the check "f" stands before its exercise'),
    ('# %% exercise="f"\nx = 1\n' + CHECK, '1: the exercise "f" has no `### BEGIN SOLUTION`'),
    (GOOD.replace("### END SOLUTION\n", ""), "2: `### BEGIN SOLUTION` without `### END SOLUTION`"),
    (GOOD.replace("### BEGIN SOLUTION\n", ""), "3: `### END SOLUTION` without `### BEGIN SOLUTION`"),
    (GOOD.replace("x = 1", "### BEGIN SOLUTION"), "3: `### BEGIN SOLUTION` again: the one in line 2 has no"),
    (GOOD.replace("### BEGIN", "# BEGIN"), "2: nbgrader would cut here"),
    (GOOD.replace("f\n", "f  # not after the END SOLUTION line\n"), "6: nbgrader would cut here"),
    (
        GOOD + "# %%\n### BEGIN SOLUTION\nx\n### END SOLUTION\n",
        "7: students would see this solution: it belongs in an exercise or an answer",
    ),
    (GOOD + "# %%\n### BEGIN HIDDEN TESTS\n### END HIDDEN TESTS\n", "8: no hidden tests"),
    (GOOD + '# %% answer="why" points=1\nx\n', "7: an answer is a text"),
    (GOOD + '# %% [markdown] readonly="a"\nr"""\nx\n"""\n', "7: `readonly` stands on code, not on [markdown]"),
    (GOOD + '# %% answer="why" points=1 [markdown]\nr"""\nx\n"""\n', "7: cannot read the brackets"),
    (GOOD + "# %% [raw]\n# x\n", "7: cannot read the brackets"),
    (GOOD + '# %% [markdown]\n"""\n$\\alpha$\n"""\n', '7: prose must stand in r"""..."""'),
    (GOOD + "# %% [markdown]\n# text\n", '7: prose must stand in r"""..."""'),
    ('"""A module."""\n' + GOOD, "1: text before the first cell"),
    (GOOD + 'x = """\n# %% no cell\n"""\n', "1: a line inside a string starts with `# %%`"),
    ('# %% [markdown]\nr"""\n## F (3 points, long)\n"""\n' + GOOD, "9: points=2, but the heading says 3"),
    (GOOD + '# %% [markdown]\nr"""\n![x](images/no.png)\n"""\n', "7: there is no images/no.png beside the source"),
]


@pytest.mark.parametrize(("source", "expected"), REFUSED, ids=[expected for _, expected in REFUSED])
def test_a_mistake_is_refused_with_its_line(tmp_path, source, expected):
    problems = problems_of(tmp_path, source)
    assert any(problem.startswith(expected) for problem in problems), problems


def test_the_good_source_of_the_table_above_is_accepted(tmp_path):
    (tmp_path / "solutions" / "91_small").mkdir(parents=True)
    (tmp_path / "solutions" / "91_small" / "91_small.py").write_text(GOOD)
    assert list(build.read_lessons(tmp_path)) == ["91_small"]


def test_a_check_must_exist_in_the_package_with_the_same_points(tmp_path, monkeypatch):
    module = SimpleNamespace(__name__="dqn_course.checks.lesson_91", f=SimpleNamespace(points=5))
    monkeypatch.setattr(build, "_course_checks", lambda lesson: module)
    assert problems_of(tmp_path, GOOD) == ["5: points=2, but dqn_course.checks.lesson_91 gives 5"]
    assert problems_of(tmp_path, GOOD.replace('"f"', '"g"')) == ['5: dqn_course.checks.lesson_91 has no check "g"']


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("91_other/91_small.py", "the folder must be called like its lesson: solutions/91_small/91_small.py"),
        ("91_Small/91_Small.py", "a lesson is called NN_name"),
        ("9_small/9_small.py", "a lesson is called NN_name"),
    ],
)
def test_a_lesson_must_stand_in_a_folder_of_its_name(tmp_path, path, expected):
    file = tmp_path / "solutions" / path
    file.parent.mkdir(parents=True)
    file.write_text(GOOD)
    with pytest.raises(build.BuildError, match=re.escape(f"solutions/{path}:1: {expected}")):
        build.read_lessons(tmp_path)


def test_all_mistakes_are_shown_at_once_and_nothing_is_written(course, capsys):
    source = course / "solutions" / FIXTURE / f"{FIXTURE}.py"
    source.write_text(source.read_text().replace(" points=3", "").replace("readonly=", "redonly="))
    (course / "solutions" / "91_small").mkdir()
    (course / "solutions" / "91_small" / "91_small.py").write_text(EXERCISE)
    before = sorted(course.rglob("*"))
    assert build.main([], root=course) == 1
    lines = capsys.readouterr().err.splitlines()
    assert [line.split(": ")[1][:24] for line in lines] == [
        "unknown tag `redonly`",
        'the check "total" has no'[:24],
        'the exercise "f" has no '[:24],
    ]
    assert all(re.match(r"solutions/(90_fixture|91_small)/\w+\.py:\d+: ", line) for line in lines)
    assert sorted(course.rglob("*")) == before


def test_an_unknown_lesson_is_named_with_the_closest(course):
    with pytest.raises(SystemExit, match="There is no lesson 90_fixtur. Did you mean 90_fixture?"):
        build.main(["90_fixtur"], root=course)


def test_outside_of_the_course_the_build_says_so(tmp_path):
    with pytest.raises(SystemExit, match="run this in the course folder"):
        build.main([], root=tmp_path)


# --- --check


@pytest.mark.parametrize("top", ["solutions", "notebooks"])
def test_check_names_the_notebook_that_differs(course, capsys, top):
    build.main([], root=course)
    assert build.main(["--check"], root=course) == 0
    path = notebook_of(course, top)
    path.write_text(path.read_text().replace('"name": "python3"', '"name": "python4"'))
    capsys.readouterr()
    assert build.main(["--check"], root=course) == 1
    file = f"{top}/{FIXTURE}/{FIXTURE}.ipynb"
    assert capsys.readouterr().err.strip() == f"{file} differs from what {FIXTURE}.py builds: run `make notebooks`"
    path.unlink()
    assert build.main(["--check"], root=course) == 1
    assert capsys.readouterr().err.strip() == f"{file} is missing: run `make notebooks`"
    assert not path.exists()


def test_check_sees_a_changed_source(course):
    build.main([], root=course)
    source = course / "solutions" / FIXTURE / f"{FIXTURE}.py"
    source.write_text(source.read_text().replace("What you should see", "What you will see"))
    assert build.main(["--check", "90"], root=course) == 1


def test_check_sees_a_students_work_and_says_that_it_is_safe(course, capsys):
    build.main([], root=course)
    work_in(course, solve)
    capsys.readouterr()
    assert build.main(["--check"], root=course) == 1
    assert capsys.readouterr().err.endswith("run `make notebooks` (it keeps a copy of the work in it)\n")


# --- nobody's work is lost


def work_in(course, change):
    """Change the students' notebook by ``change({cell id: cell})``; return its new text."""
    notebook = nbformat.read(notebook_of(course), as_version=4)
    change({cell.id: cell for cell in notebook.cells})
    nbformat.write(notebook, notebook_of(course))
    return notebook_of(course).read_text()


def kept_in(course):
    return sorted(notebook_of(course).parent.glob("*.mine-*"))


def run_cell(cells):
    cells["setup"].outputs = [nbformat.v4.new_output("stream", text="hello")]


def solve(cells):
    cells["total"].source = "def total(numbers):\n    return sum(numbers)"


def answer(cells):
    cells["why_zero"].source = "Because."


def play(cells):
    cells[build.free_cell_id("# this cell is free: play in it\nnumbers = [1, 2, 3]")].source = "numbers = [4]"


@pytest.mark.parametrize("change", [run_cell, solve, answer, play])
def test_a_build_keeps_a_copy_of_a_students_work(course, capsys, change):
    build.main([], root=course)
    fresh = notebook_of(course).read_text()
    works = [work_in(course, change)]
    build.main([], root=course)
    assert notebook_of(course).read_text() == fresh
    assert [path.read_text() for path in kept_in(course)] == works
    assert f"your work in it is kept as {kept_in(course)[0].name}" in capsys.readouterr().out
    work_in(course, solve)
    works.append(work_in(course, run_cell))
    build.main([], root=course)
    assert sorted(path.read_text() for path in kept_in(course)) == sorted(works)


def test_a_new_cell_is_work_and_an_empty_one_is_not(course):
    build.main([], root=course)
    notebook = nbformat.read(notebook_of(course), as_version=4)
    notebook.cells.append(nbformat.v4.new_code_cell(""))
    assert not build.holds_work(nbformat.writes(notebook))
    notebook.cells.append(nbformat.v4.new_markdown_cell("my notes"))
    assert build.holds_work(nbformat.writes(notebook))


def test_a_damaged_notebook_is_kept(course):
    build.main([], root=course)
    notebook_of(course).write_text('{"cells": [')
    build.main([], root=course)
    assert [path.read_text() for path in kept_in(course)] == ['{"cells": [']


def test_an_older_build_that_nobody_touched_is_replaced_without_a_copy(course):
    build.main([], root=course)
    source = course / "solutions" / FIXTURE / f"{FIXTURE}.py"
    source.write_text(source.read_text().replace("[1, 2, 3]", "[1, 2, 3, 4]").replace("three points", "all"))
    old = notebook_of(course).read_text()
    build.main([], root=course)
    assert notebook_of(course).read_text() != old
    assert kept_in(course) == []


def test_a_build_leaves_the_other_files_of_a_student_alone(course):
    folder = notebook_of(course).parent
    (folder / "runs").mkdir(parents=True)
    files = {"checkpoint.pth": b"weights", "counter.py": b"mine", "runs/1.csv": b"1,2", "notes.ipynb": b"{}"}
    for name, content in files.items():
        (folder / name).write_bytes(content)
    build.main([], root=course)
    assert {name: (folder / name).read_bytes() for name in files} == files
