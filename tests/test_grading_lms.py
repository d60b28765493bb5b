"""Grades leave the course: as CSV for Canvas and Moodle, and as the pages that students read."""

import csv
import json
import logging
import os
import re
import subprocess
import sys
from datetime import datetime

import nbformat
import pytest
from bs4 import BeautifulSoup
from nbgrader.api import Gradebook
from test_grading import PARTLY, ROOT, Course, solutions_of

from dqn_course.grading import adapt_nbgrader, marking
from dqn_course.grading.feedback import safe_html
from dqn_course.grading.lms import CanvasExporter, MoodleExporter

WELCOME = "00_welcome"
EXPECTED = {"broken": 0, "full": 2, "partial": 0.5, "scripts": 0, "tampering": 0}
FORGED = """\
def mean_of_last(scores, n=100):
    return 0.0

class Forged:
    def __repr__(self):
        return "2.0"

checks.mean_of_last = lambda answer: Forged()
"""
TAKE_OVER = "document.title = 'taken over'"
SCRIPTS = f"""\
from IPython.display import HTML, Javascript, display
display(HTML("<b>shown</b><script>{TAKE_OVER}</script><img src=x onerror=\\"{TAKE_OVER}\\">"))
display(Javascript("{TAKE_OVER}"))
size = {{"width": "1 onerror=document.title='taken&#32;over'"}}
display({{"image/png": "x"}}, metadata={{"image/png": size}}, raw=True)
"""


def hand_in_a_small_class(course):
    """Submissions to lesson 0: full, partial, unreadable, one that forges points, one whose outputs are scripts."""
    solved = solutions_of(course, WELCOME)
    course.submit("full", WELCOME, solved)
    course.submit("partial", WELCOME, dict([PARTLY[WELCOME]]))
    course.submit("broken", WELCOME, solved).write_text("{ this was a notebook")
    course.submit("tampering", WELCOME, {"mean_of_last": FORGED})
    course.submit("scripts", WELCOME, change=add_scripts)


def add_scripts(notebook):
    """Code and text that would run in the browser of a reader, and a locked cell that had to be put back."""
    text = f'A note <img src=x onerror="{TAKE_OVER}"><script>{TAKE_OVER}</script>'
    notebook.cells[1].source += "  # mine"
    notebook.cells[2:2] = [nbformat.v4.new_code_cell(SCRIPTS), nbformat.v4.new_markdown_cell(text)]


FIRST, SECOND = "01_first", "02_second"


@pytest.fixture
def gradebook():
    """Two lessons of 5 points; Ada handed in both, one late, Élodie one that a person has to look at, Max none."""
    adapt_nbgrader()
    with Gradebook("sqlite://") as book:
        for lesson in SECOND, FIRST:
            book.add_assignment(lesson)
            book.add_notebook(lesson, lesson)
            book.add_grade_cell("check", lesson, lesson, max_score=4, cell_type="code")
            book.add_grade_cell("answer", lesson, lesson, max_score=1, cell_type="markdown")
        book.add_student("max")
        book.add_student("ada", first_name="Ada", last_name="King, Countess", email="ada@example.org", lms_user_id="71")
        book.add_student("élo", first_name="Élodie", last_name="Dupont")
        for student, lesson, points, penalty, answer in [
            ("ada", FIRST, 4.0, 0.0, 1.0),
            ("ada", SECOND, 10 / 3, 1.0, 0.0),
            ("élo", FIRST, 0.5, 2.0, None),
        ]:
            submission = book.add_submission(lesson, student, timestamp=datetime(2030, 1, 1))
            submission.notebooks[0].late_submission_penalty = penalty
            for grade in submission.notebooks[0].grades:
                grade.auto_score = points if grade.name == "check" else answer
                grade.needs_manual_grade = grade.auto_score is None
        book.db.commit()
        yield book


def exported(exporter, gradebook, path, **settings):
    exporter(to=str(path), **settings).export(gradebook)
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.reader(file))


def test_the_canvas_file_has_canvas_s_columns_points_and_names(gradebook, tmp_path):
    rows = exported(CanvasExporter, gradebook, tmp_path / "canvas.csv", section="Monday")
    assert rows == [
        ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", FIRST, SECOND],
        ["    Points Possible", "", "", "", "", "5", "5"],
        ["King, Countess, Ada", "71", "", "ada", "Monday", "5", "2.33"],
        ["max", "", "", "max", "Monday", "", ""],
        ["Dupont, Élodie", "", "", "élo", "Monday", "0", ""],
    ]


def test_canvas_may_know_students_by_their_sis_number(gradebook, tmp_path):
    rows = exported(CanvasExporter, gradebook, tmp_path / "canvas.csv", student_is="SIS User ID")
    assert [row[2:4] for row in rows[2:]] == [["ada", ""], ["max", ""], ["élo", ""]]


def test_the_moodle_file_names_everybody_in_its_first_column_and_has_a_dash_for_no_grade(gradebook, tmp_path):
    rows = exported(MoodleExporter, gradebook, tmp_path / "moodle.csv")
    assert rows == [
        ["Username", "First name", "Last name", "Email address", f"Assignment: {FIRST}", f"Assignment: {SECOND}"],
        ["ada", "Ada", "King, Countess", "ada@example.org", "5", "2.33"],
        ["max", "", "", "", "-", "-"],
        ["élo", "Élodie", "Dupont", "", "0", "-"],
    ]


@pytest.mark.parametrize("exporter", [CanvasExporter, MoodleExporter])
def test_one_lesson_and_one_student_can_be_chosen(gradebook, tmp_path, exporter):
    rows = exported(exporter, gradebook, tmp_path / "grades.csv", assignment=[SECOND], student=["ada"])
    assert rows[0][-1].endswith(SECOND) and FIRST not in "".join(rows[0])
    assert len(rows) == len(exporter().head([])) + 1
    assert rows[-1][-1] == "2.33"


def test_an_export_says_how_many_wait_for_a_person(gradebook, tmp_path, caplog):
    with caplog.at_level(logging.WARNING):
        exported(MoodleExporter, gradebook, tmp_path / "moodle.csv")
    assert f"{FIRST}: 1 submissions wait for a person's grades" in caplog.text
    assert SECOND not in caplog.text


# --- a graded class


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """A small class, graded, with feedback."""
    course = Course(tmp_path_factory.mktemp("class"), [WELCOME])
    course.nbgrader("generate_assignment", WELCOME)
    hand_in_a_small_class(course)
    course.nbgrader("autograde", WELCOME)
    course.nbgrader("generate_feedback", WELCOME)
    return course


def page_of(course, student):
    return BeautifulSoup((course.root / "feedback" / student / WELCOME / f"{WELCOME}.html").read_text(), "html.parser")


@pytest.mark.sandbox
def test_nbgrader_export_finds_the_exporters(course):
    for name in "Canvas", "Moodle":
        course.nbgrader("export", f"--exporter=dqn_course.grading.lms.{name}Exporter", "--assignment", f"['{WELCOME}']")
        with (course.root / f"{name.lower()}.csv").open(newline="") as file:
            rows = list(csv.reader(file))
        column = 3 if name == "Canvas" else 0
        assert {row[column]: float(row[-1]) for row in rows[-len(EXPECTED) :]} == EXPECTED


@pytest.mark.sandbox
def test_feedback_shows_the_verdict_and_not_the_solution(course):
    page = page_of(course, "partial")
    text = page.get_text()
    assert "mean_of_last: 0.5 of 2 points" in text
    assert "This is the mean of all scores." in text
    answer = "return sum(last) / len(last)"
    assert answer in solutions_of(course, WELCOME)["mean_of_last"]
    assert answer not in text


@pytest.mark.sandbox
def test_feedback_says_why_a_notebook_could_not_be_read_and_what_was_repaired(course):
    reason = "00_welcome.ipynb is damaged: it is not a notebook in JSON."
    assert page_of(course, "broken").get_text().count(reason) == 2  # at the top, and where the points are lost
    repaired = page_of(course, "scripts").get_text()
    assert "Before and while this notebook was graded" in repaired
    assert "The cell setup had been changed; it was put back as it was." in repaired
    assert "Before and while" not in page_of(course, "full").get_text()


@pytest.mark.sandbox
def test_feedback_carries_no_script_of_a_student(course):
    page = page_of(course, "scripts")
    assert "shown" in [bold.get_text() for bold in page.find_all("b")]
    assert "taken" in page.get_text()  # as the text of code
    assert [script for script in page.find_all("script") if "taken" in script.get_text()] == []
    assert page.find_all(lambda tag: any(name.startswith("on") for name in tag.attrs)) == []


@pytest.mark.sandbox
def test_the_autograde_of_formgraders_api_grades_in_the_sandbox(course):
    course.path(WELCOME, "submitted/partial").write_text("no longer a notebook")
    program = f"""
import json
from nbgrader.apps import NbGrader, NbGraderAPI
app = NbGrader()
app.initialize([])
result = NbGraderAPI(app.coursedir).autograde("{WELCOME}", "partial")
print("RESULT", json.dumps(result))
"""
    environment = os.environ | {"PYTHONPATH": str(ROOT), "JUPYTER_CONFIG_DIR": str(course.root / ".jupyter")}
    said = subprocess.run(
        [sys.executable, "-c", program], cwd=course.root, env=environment, capture_output=True, text=True, check=True
    ).stdout
    result = json.loads(said.split("RESULT")[1])
    assert result["success"]
    assert "partial: unreadable, 0 of 2" in result["log"]
    assert course.grades("partial", WELCOME) == {"mean_of_last_check": (0, 2)}
    assert course.grades("full", WELCOME) == {"mean_of_last_check": (2, 2)}
    report = json.loads((course.root / "grading" / f"{WELCOME}.json").read_text())
    assert [line["student"] for line in report["submissions"]] == ["partial"]
    with (course.root / "grading" / f"{WELCOME}.csv").open(newline="") as file:
        states = {line["student"]: line["state"] for line in csv.DictReader(file)}  # the others keep their lines
    assert states == {
        "broken": "unreadable", "full": "graded", "partial": "unreadable", "scripts": "repaired",
        "tampering": "flagged",
    }  # fmt: skip


@pytest.mark.sandbox
def test_a_sandbox_that_does_not_start_is_said_at_once_and_changes_no_mark(course, tmp_path, monkeypatch):
    program = tmp_path / "bwrap"
    program.write_text("#!/bin/sh\necho 'bwrap: setting up uid map: Permission denied' >&2\nexit 1\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    said = course.nbgrader("autograde", WELCOME, "--force", fails=True)
    assert '"bwrap: setting up uid map: Permission denied"' in said
    assert "docs/instructors.md" in said
    assert "Traceback" not in said
    assert course.grades("full", WELCOME) == {"mean_of_last_check": (2, 2)}


def test_what_the_grader_could_not_run_gets_no_points():
    """nbgrader gives a check without any output all its points."""
    task = {"cells": [{"points": 2}, {"points": None}]}
    result = marking.not_run(task, RuntimeError("the disk is full"))
    assert [[output["output_type"] for output in cell] for cell in result["outputs"]] == [["error"], []]
    assert result["failed"]


@pytest.mark.sandbox
def test_a_submission_that_tampers_has_formgraders_flag(course):
    with Gradebook(f"sqlite:///{course.root}/gradebook.db") as gradebook:
        flagged = {s.student.id: s.notebooks[0].flagged for s in gradebook.assignment_submissions(WELCOME)}
    assert flagged == {student: student == "tampering" for student in EXPECTED}


def test_the_guide_for_instructors_has_every_setting_and_its_default():
    from dqn_course.grading.autograde import SandboxedAutograde

    rows = re.findall(r"^\| (`.*?) \| (.*?) \|", (ROOT / "docs" / "instructors.md").read_text(), re.MULTILINE)
    told = {}
    for names, values in rows:
        told |= dict(zip(re.findall(r"\w+", names), values.replace("`", "").split(", "), strict=False))
    for name, trait in SandboxedAutograde.class_own_traits(config=True).items():
        if name not in ("sandbox", "executor", "scheduler", "sanitize_preprocessors", "autograde_preprocessors"):
            assert told.get(name) == str(trait.default_value), name


# --- what passes into a page


@pytest.mark.parametrize(
    "kept",
    [
        '<div style="color:var(--jp-ui-font-color1, #1f1f1f); border-left:5px solid red">2 of 2</div>',
        '<pre><span class="k">def</span> f</pre>',
        "<details open><summary>Hint 1</summary><p>x</p></details>",
        '<img src="data:image/png;base64,AAAA" alt="a plot">',
        '<video controls loop src="data:video/mp4;base64,AAAA"></video>',
        '<a href="https://example.org">a link</a>',
        "<p>$a &lt; b$ &amp; c</p>",
    ],
)
def test_safe_html_keeps(kept):
    assert BeautifulSoup(safe_html(kept), "html.parser") == BeautifulSoup(kept, "html.parser")


@pytest.mark.parametrize(
    "bad",
    [
        "<script>taken()</script>",
        "<img src=x onerror=taken()>",
        "<svg><script>taken()</script></svg>",
        "<svg onload=taken()>",
        '<a href=" java\nscript:taken()">x</a>',
        '<a href="data:text/html,<script>taken()</script>">x</a>',
        '<iframe srcdoc="<script>taken()</script>"></iframe>',
        "<form action=/hub><button>x</button></form>",
        '<div style="position:fixed;top:0">x</div>',
        '<div style="background:url(//example.org)">x</div>',
        '<img src="https://example.org/seen.png">',
        '<meta http-equiv="refresh" content="0;url=//example.org"><base href="//example.org">',
        "<math><mtext><style><img src=x onerror=taken()>",
        '<p id="mean_of_last_check" class="score">x</p>',
    ],
)
def test_safe_html_takes_out(bad):
    page = BeautifulSoup(safe_html(bad), "html.parser")
    tags = {tag.name for tag in page.find_all()}
    assert tags <= {"a", "img", "div", "p"}
    attributes = {name: value for tag in page.find_all() for name, value in tag.attrs.items() if value}
    assert attributes == {}


def test_safe_html_leaves_no_link_to_mathjax():
    assert safe_html(r"$\href{javascript:taken()}{x}$") == r"$\text{javascript:taken()}{x}$"
