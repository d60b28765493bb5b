"""The way of a lesson through nbgrader, with the commands that an instructor types in the root of the course."""

import csv
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from bs4 import BeautifulSoup
from nbgrader.api import Gradebook

from dqn_course import build
from dqn_course.grading import adapt_nbgrader

ROOT = Path(__file__).parents[1]
FIXTURE = "90_fixture"
LESSONS = sorted(build.find_lessons(ROOT)[0])

# One exercise of a lesson, and an answer to it that is right in part.
PARTLY = {
    FIXTURE: ("total", "def total(numbers):\n    return max(numbers, default=0)"),
    "11_inside_the_network": (
        "nearest_states",
        "def nearest_states(features, query, k):\n"
        "    return ((features - features[query]) ** 2).sum(axis=1).argsort()[:k]",
    ),
    "12_beyond_dqn": (
        "double_dqn_targets",
        "def double_dqn_targets(rewards, next_q_online, next_q_target, terminated, gamma):\n"
        "    return rewards + gamma * (1 - terminated) * next_q_target.max(dim=1, keepdim=True).values",
    ),
    "00_welcome": ("mean_of_last", "def mean_of_last(scores, n=100):\n    return sum(scores) / len(scores)"),
    "10_evaluation": (
        "human_normalized_score",
        "def human_normalized_score(score, random, human):\n    return abs(100 * (score - random) / (human - random))",
    ),
    "07_stability": ("clipped_error", "def clipped_error(error):\n    return error.clamp(-1, 1) ** 2 / 2"),
}

# Feedback, export and Validate do not depend on the lesson: plain, with files of the student's, with pictures.
WHOLE_WAY = (FIXTURE, "00_welcome", "06_lunar_lander", "11_inside_the_network")


class Course:
    """A copy of the course in a temporary folder."""

    def __init__(self, root, lessons):
        self.root = root
        shutil.copy(ROOT / "nbgrader_config.py", root)
        for lesson in lessons:
            home = next(home for home in (ROOT / "tests" / "lessons", ROOT / "solutions") if (home / lesson).exists())
            to = root / "solutions" / lesson
            to.mkdir(parents=True)
            shutil.copy(home / lesson / f"{lesson}.py", to)
            if (home / lesson / "images").exists():
                shutil.copytree(home / lesson / "images", to / "images")
        build.main([], root=root)

    def nbgrader(self, *arguments, fails=False):
        """Run ``nbgrader ...`` in the root; return what it printed, stdout and stderr together."""
        environment = os.environ | {
            "PYTHONPATH": str(ROOT),
            "OMP_NUM_THREADS": "1",
            "PYTHONUNBUFFERED": "1",  # what is printed and what is logged, in one order
            "JUPYTER_CONFIG_DIR": str(self.root / ".jupyter"),
            "JUPYTER_DATA_DIR": str(self.root / ".jupyter"),
            "IPYTHONDIR": str(self.root / ".ipython"),
        }
        environment.pop("NBGRADER_EXECUTION", None)
        done = subprocess.run(
            [sys.executable, "-m", "nbgrader", *map(str, arguments)],
            cwd=self.root,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert bool(done.returncode) == fails, done.stdout
        return done.stdout

    def path(self, lesson, top="notebooks"):
        return self.root / top / lesson / f"{lesson}.ipynb"

    def notebook(self, lesson, top="notebooks"):
        return nbformat.read(self.path(lesson, top), as_version=4)

    def submit(self, student, lesson, answers=None, files=None, change=None):
        """Hand in the released notebook with ``{cell id: source}`` filled in, and other files beside it."""
        notebook = self.notebook(lesson)
        for cell in notebook.cells:
            cell.source = (answers or {}).get(cell.id, cell.source)
        if change:
            change(notebook)
        folder = self.root / "submitted" / student / lesson
        folder.mkdir(parents=True)
        nbformat.write(notebook, folder / f"{lesson}.ipynb")
        for name, text in (files or {}).items():
            (folder / name).write_text(text)
        return folder / f"{lesson}.ipynb"

    def grades(self, student, lesson):
        """``{grade id: (points, maximum)}``; None for what a person has to grade."""
        with Gradebook(f"sqlite:///{self.root}/gradebook.db") as gradebook:
            notebook = gradebook.find_submission(lesson, student).notebooks[0]
            return {grade.name: (grade.auto_score, grade.max_score) for grade in notebook.grades}

    def code_grades(self, student, lesson):
        return {name: grade for name, grade in self.grades(student, lesson).items() if name.endswith("_check")}


def solutions_of(course, lesson):
    """``{cell id: solved source}``, exercises and answers, in the order of the lesson."""
    cells = course.notebook(lesson, "solutions").cells
    return {cell.id: cell.source for cell in cells if cell.metadata.get("nbgrader", {}).get("solution")}


def exercises_of(course, lesson):
    """The names of the code exercises, in the order of the lesson."""
    return [name for name in solutions_of(course, lesson) if f"{name}_check" in course.path(lesson).read_text()]


def files_of(answers):
    """``{file name: text}`` that the ``%%writefile`` cells among the answers would write."""
    found = (re.match(r"%%writefile (\S+)\n", source) for source in answers.values())
    return {match[1]: match.string[match.end() :] for match in found if match}


def without(cell_id):
    def change(notebook):
        notebook.cells = [cell for cell in notebook.cells if cell.id != cell_id]

    return change


def edit_the_check(notebook):
    for cell in notebook.cells:
        if cell.id == "total_check":
            cell.source = "3.0"


@pytest.fixture(scope="module", params=[FIXTURE, *LESSONS])
def graded(request, tmp_path_factory):
    """``(course, lesson)``: one lesson generated, handed in by several students, and graded."""
    lesson = request.param
    course = Course(tmp_path_factory.mktemp(lesson), [lesson])
    solved = solutions_of(course, lesson)
    files = files_of(solved)
    course.nbgrader("generate_assignment", lesson)
    course.submit("perfect", lesson, solved)
    # The answers lie on the disks of the student and of the instructor. Neither may count.
    course.submit("untouched", lesson, files=files)
    for name, text in files.items():
        (course.root / "solutions" / lesson / name).write_text(text)
    if len(exercises_of(course, lesson)) > 1:
        first = exercises_of(course, lesson)[0]
        course.submit("first_exercise_only", lesson, {first: solved[first]})
    if lesson in PARTLY:
        name, source = PARTLY[lesson]
        course.submit("partly", lesson, solved | {name: source})
    if lesson == FIXTURE:
        course.submit("cell_deleted", lesson, solved, files, change=without("Counter"))
        course.submit("check_edited", lesson, change=edit_the_check)
    course.nbgrader("autograde", lesson)
    return course, lesson


@pytest.fixture(scope="module")
def whole_way(graded):
    """``graded`` for the lessons whose feedback, export and Validate are looked at."""
    if graded[1] not in WHOLE_WAY:
        pytest.skip("as in the lessons that go the whole way")
    return graded


@pytest.fixture(scope="module")
def fed_back(whole_way):
    """``graded`` with its feedback and exported grades."""
    course, lesson = whole_way
    course.nbgrader("generate_feedback", lesson)
    course.nbgrader("export")
    return course, lesson


@pytest.fixture(scope="module")
def validated(whole_way):
    """``{student: what `nbgrader validate` says}``, each in a folder of the student's own."""
    course, lesson = whole_way
    paths = {}
    for student in "perfect", "untouched":
        folder = course.root / "at_home" / student
        shutil.copytree(course.root / "submitted" / student / lesson, folder)
        paths[student] = folder / f"{lesson}.ipynb"
    said = course.nbgrader("validate", *paths.values())
    parts = re.split(r".*Validating '.*/at_home/(\w+)/.*", said)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def test_the_perfect_submission_gets_every_point(graded):
    course, lesson = graded
    grades = course.code_grades("perfect", lesson)
    assert grades
    assert {name: points for name, (points, _) in grades.items()} == {
        name: maximum for name, (_, maximum) in grades.items()
    }


def test_written_answers_wait_for_a_person(graded):
    course, lesson = graded
    cells = course.notebook(lesson, "solutions").cells
    answers = [cell.id for cell in cells if cell.cell_type == "markdown" and cell.metadata.nbgrader.grade]
    assert [course.grades("perfect", lesson)[name][0] for name in answers] == [None] * len(answers)
    assert [course.grades("untouched", lesson)[name][0] for name in answers] == [0] * len(answers)


def test_the_untouched_notebook_gets_nothing_even_with_the_answers_in_files_beside_it(graded):
    course, lesson = graded
    grades = course.code_grades("untouched", lesson)
    assert {points for points, _ in grades.values()} == {0.0}


def test_one_exercise_gets_its_own_points(graded):
    course, lesson = graded
    first, *others = exercises_of(course, lesson)
    if not others:
        pytest.skip("this lesson has one exercise")
    grades = course.code_grades("first_exercise_only", lesson)
    points, maximum = grades.pop(f"{first}_check")
    assert points == maximum > 0
    assert {points for points, _ in grades.values()} == {0}


def test_a_partly_right_answer_gets_part_of_its_points(graded):
    course, lesson = graded
    if lesson not in PARTLY:
        pytest.skip("the mutants of this lesson show its partial points")
    grades = course.code_grades("partly", lesson)
    points, maximum = grades.pop(f"{PARTLY[lesson][0]}_check")
    assert 0 < points < maximum
    assert all(points == maximum for points, maximum in grades.values())


def test_the_feedback_page_shows_the_panels(fed_back):
    course, lesson = fed_back
    for student in "perfect", "untouched":
        path = course.root / "feedback" / student / lesson / f"{lesson}.html"
        page = str(BeautifulSoup(path.read_text(), "html.parser"))
        notebook = nbformat.read(course.root / "autograded" / student / lesson / f"{lesson}.ipynb", as_version=4)
        checks = [cell for cell in notebook.cells if cell.id.endswith("_check")]
        assert checks
        for cell in checks:
            (output,) = cell.outputs
            assert str(BeautifulSoup(output.data["text/html"], "html.parser")) in page


def test_the_feedback_page_carries_the_courses_styles_and_pictures(fed_back):
    course, lesson = fed_back
    page = (course.root / "feedback" / "perfect" / lesson / f"{lesson}.html").read_text()
    assert "summary { display: list-item" in page
    for cell in course.notebook(lesson).cells:
        for picture in re.findall(r"data:image/[^\"]+", cell.source):
            assert picture in page


def test_the_export_has_a_row_for_every_submission(fed_back):
    course, lesson = fed_back
    with (course.root / "grades.csv").open() as file:
        rows = {row["student_id"]: row for row in csv.DictReader(file)}
    for student in (course.root / "submitted").iterdir():
        scores = [points or 0 for points, _ in course.grades(student.name, lesson).values()]
        assert float(rows[student.name]["score"]) == sum(scores)
        assert rows[student.name]["assignment"] == lesson
    assert float(rows["untouched"]["score"]) == 0


def test_validate_passes_the_perfect_submission(validated):
    assert "Success! Your notebook passes all the tests." in validated["perfect"]
    assert "FAILED" not in validated["perfect"]


def test_validate_says_what_is_missing_in_the_untouched_notebook(graded, validated):
    course, lesson = graded
    said = validated["untouched"]
    assert re.search(r"VALIDATION FAILED ON \d+ CELL", said)
    assert said.count("not implemented yet") >= len(course.code_grades("untouched", lesson))
    assert "<div" not in said and "Traceback" not in said


# --- the small lesson only


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """A course of the small lesson, built and not yet generated."""
    return Course(tmp_path_factory.mktemp("course"), [FIXTURE])


@pytest.mark.parametrize("graded", [FIXTURE], indirect=True)
def test_a_deleted_writefile_cell_is_not_replaced_by_a_file_on_the_disk(graded):
    course, lesson = graded
    assert course.grades("cell_deleted", lesson)["Counter_check"] == (0, 4)
    assert course.grades("cell_deleted", lesson)["total_check"] == (3, 3)


@pytest.mark.parametrize("graded", [FIXTURE], indirect=True)
def test_an_edited_check_is_restored(graded):
    course, lesson = graded
    assert course.grades("check_edited", lesson)["total_check"] == (0, 3)


@pytest.mark.parametrize("graded", [FIXTURE], indirect=True)
def test_stderr_in_a_cell_without_points_costs_nothing(graded):
    course, lesson = graded
    notebook = nbformat.read(course.root / "autograded" / "perfect" / lesson / f"{lesson}.ipynb", as_version=4)
    assert [output.name for output in notebook.cells[-2].outputs] == ["stdout", "stderr"]
    assert course.grades("perfect", lesson)["Counter_check"] == (4, 4)


@pytest.mark.parametrize("graded", [FIXTURE], indirect=True)
def test_a_notebook_knows_that_nbgrader_runs_it(graded):
    course, lesson = graded
    notebook = nbformat.read(course.root / "autograded" / "perfect" / lesson / f"{lesson}.ipynb", as_version=4)
    assert notebook.cells[-2].outputs[0].text == "run by: autograde\n"


def test_generate_assignment_makes_what_the_build_makes_and_leaves_a_students_files_alone(course):
    folder = course.path(FIXTURE).parent
    built = course.path(FIXTURE).read_bytes()
    (folder / "checkpoint.pth").write_text("weights")
    stray = course.path(FIXTURE, "solutions").with_name("Untitled.ipynb")
    shutil.copy(course.path(FIXTURE, "solutions"), stray)
    for options in [], ["--force"]:
        said = course.nbgrader("generate_assignment", FIXTURE, *options)
        assert "kept" not in said
        assert {path.name for path in folder.iterdir()} == {"checkpoint.pth", f"{FIXTURE}.ipynb"}
        assert course.path(FIXTURE).read_bytes() == built
    work = course.notebook(FIXTURE)
    work.cells[4].source = "def total(numbers):\n    return sum(numbers)"
    nbformat.write(work, course.path(FIXTURE))
    assert "the work in it is kept as" in course.nbgrader("generate_assignment", FIXTURE, "--force")
    (kept,) = folder.glob("*.mine-*")
    assert nbformat.read(kept, as_version=4) == work
    assert course.path(FIXTURE).read_bytes() == built


def test_generate_assignment_refuses_a_source_that_is_not_built(course):
    source = course.path(FIXTURE, "solutions").with_suffix(".py")
    text, released = source.read_text(), course.path(FIXTURE).read_bytes()
    source.write_text(text.replace("What you should see", "What you will see"))
    said = course.nbgrader("generate_assignment", FIXTURE, fails=True)
    source.write_text(text)
    assert f"{FIXTURE}.ipynb is not what {FIXTURE}.py builds: run `make notebooks` first." in said
    assert course.path(FIXTURE).read_bytes() == released


def test_release_assignment_hands_out_the_notebook_only(course):
    course.nbgrader("generate_assignment", FIXTURE)
    (course.path(FIXTURE).parent / "checkpoint.pth").write_text("weights")
    (course.path(FIXTURE).parent / "counter.py").write_text("mine")
    course.nbgrader("release_assignment", FIXTURE)
    handed_out = [path for path in (course.root / "exchange").rglob("*") if path.is_file()]
    assert [path.name for path in handed_out] == [f"{FIXTURE}.ipynb"]


def test_a_failed_validation_leaves_no_small_budget_behind(tmp_path, monkeypatch):
    from nbgrader.validator import Validator

    adapt_nbgrader()
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
    seen = []

    class Fails:
        def __init__(self, parent):
            pass

        def preprocess(self, notebook, resources):
            seen.append(os.environ["NBGRADER_EXECUTION"])
            raise RuntimeError("the kernel died")

    validator = Validator()
    validator.preprocessors = [Fails]
    nbformat.write(nbformat.v4.new_notebook(), tmp_path / "x.ipynb")
    with pytest.raises(RuntimeError):
        validator.validate(str(tmp_path / "x.ipynb"))
    assert seen == ["validate"]
    assert "NBGRADER_EXECUTION" not in os.environ
