"""formgrader as an instructor meets it: a graded class in headless Chromium, read, regraded and looked at.

Pictures go to the folder named by ``DQN_COURSE_SCREENSHOTS``. One is in the instructors' guide; to make it anew:

    DQN_COURSE_SCREENSHOTS=docs/images .venv/bin/python -m pytest tests/test_browser_formgrader.py -k panel
"""

import io
import os
import re
import shutil
from pathlib import Path

import pytest
from nbgrader.api import Gradebook
from PIL import Image

pytest.importorskip("playwright", reason="no playwright here (make test installs it)")
from browser import SECONDS, chromium, running_lab  # noqa: E402
from playwright.sync_api import expect  # noqa: E402
from test_grading import ROOT, Course, solutions_of  # noqa: E402
from test_grading_lms import WELCOME, hand_in_a_small_class  # noqa: E402

pytestmark = [pytest.mark.browser, pytest.mark.sandbox, pytest.mark.slow]

SCORES = {"broken": "0 / 2", "full": "2 / 2", "partial": "0.5 / 2", "scripts": "0 / 2", "tampering": "0 / 2"}


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """A small class, graded by ``nbgrader autograde``."""
    course = Course(tmp_path_factory.mktemp("formgrader"), [WELCOME])
    shutil.copytree(ROOT / "dqn_course", course.root / "dqn_course", ignore=shutil.ignore_patterns("__pycache__"))
    course.nbgrader("generate_assignment", WELCOME)
    hand_in_a_small_class(course)
    course.nbgrader("autograde", WELCOME)
    return course


@pytest.fixture(scope="module")
def page(course):
    """A window of an instructor who has opened JupyterLab's address once."""
    with running_lab(course.root) as address, chromium() as browser:
        page = browser.new_page(viewport={"width": 1180, "height": 1000})
        page.set_default_timeout(60 * SECONDS)
        page.goto(re.sub(r"/lab/tree/.*\?", "/api/status?", address))
        page.base = address.split("/lab/")[0]
        yield page


@pytest.fixture
def shots(tmp_path):
    return Path(os.environ.get("DQN_COURSE_SCREENSHOTS") or tmp_path).resolve()


def opened(page, path):
    page.goto(f"{page.base}/formgrader/{path}")
    return page


def rows(page):
    """The table of a formgrader page: its rows as lists of texts, once it is filled."""
    page.locator("tbody td").first.wait_for()
    page.get_by_text("Loading, please wait...").wait_for(state="detached")
    return [[cell.strip() for cell in row.locator("td").all_inner_texts()] for row in page.locator("tbody tr").all()]


def address_of(course, student):
    """Where formgrader shows a student's notebook."""
    with Gradebook(f"sqlite:///{course.root}/gradebook.db") as gradebook:
        return f"submissions/{gradebook.find_submission(WELCOME, student).notebooks[0].id}/"


def column(page, name):
    """The position of a column, by its title."""
    titles = [title.strip() for title in page.locator("thead th").all_inner_texts()]
    return [re.sub(r"\s+", " ", title) for title in titles].index(name)


def test_the_pages_of_a_class_list_students_and_scores(course, page, shots):
    opened(page, f"manage_submissions/{WELCOME}")
    listed = rows(page)
    assert {row[1]: row[4] for row in listed} == SCORES
    assert {row[3] for row in listed} == {"graded"}
    page.screenshot(path=shots / "formgrader_class.png")

    opened(page, "manage_students")
    assert {row[1]: row[3] for row in rows(page)} == SCORES

    opened(page, "gradebook")
    (lesson,) = rows(page)
    assert lesson[0] == WELCOME
    assert lesson[2:4] == ["5", "0.5 / 2"]  # submissions, and their mean

    opened(page, f"gradebook/{WELCOME}/{WELCOME}")
    listed = rows(page)
    assert sorted(row[column(page, "Overall Score")] for row in listed) == sorted(SCORES.values())
    flags = page.locator("tbody tr").filter(has=page.locator(".glyphicon-flag"))
    assert flags.count() == 1  # the one that tampers
    page.screenshot(path=shots / "formgrader_gradebook.png")


def test_a_submission_shows_the_verdict_panel_and_its_points(course, page, shots):
    opened(page, address_of(course, "partial"))
    panel = page.locator(".output_html > div").filter(has_text="mean_of_last")
    expect(panel).to_contain_text("mean_of_last: 0.5 of 2 points")
    expect(panel).to_contain_text("This is the mean of all scores.")
    assert panel.evaluate("it => getComputedStyle(it).borderLeftWidth") == "5px"
    assert panel.evaluate("it => getComputedStyle(it).borderLeftColor") == "rgb(198, 40, 40)"
    expect(page.locator("#mean_of_last_check")).to_have_attribute("placeholder", "0.5")
    hint = page.locator("summary", has_text="Hint 1")
    assert hint.evaluate("it => getComputedStyle(it).display") == "list-item"  # with its triangle
    page.locator(".nbgrader_cell").first.scroll_into_view_if_needed()
    page.locator(".nbgrader_cell").first.evaluate("it => window.scrollBy(0, it.getBoundingClientRect().top - 100)")
    shots.mkdir(parents=True, exist_ok=True)
    png = Image.open(io.BytesIO(page.screenshot(clip={"x": 110, "y": 0, "width": 960, "height": 780})))
    png.convert("RGB").quantize(64, dither=Image.Dither.NONE).save(shots / "formgrader.png", optimize=True)


def test_the_reason_and_the_repairs_stand_at_the_top(course, page, shots):
    opened(page, address_of(course, "broken"))
    first = page.locator("#notebook-container .cell").first
    expect(first).to_contain_text("00_welcome.ipynb is damaged: it is not a notebook in JSON.")
    page.screenshot(path=shots / "formgrader_broken.png")
    opened(page, address_of(course, "scripts"))
    first = page.locator("#notebook-container .cell").first
    expect(first).to_contain_text("The cell setup had been changed; it was put back as it was.")
    page.screenshot(path=shots / "formgrader_repaired.png")


def test_nothing_of_a_student_runs_in_the_instructors_browser(course, page):
    opened(page, address_of(course, "scripts"))
    expect(page.locator(".output_html b")).to_have_text("shown")
    page.wait_for_timeout(1 * SECONDS)
    assert page.title() == WELCOME


def test_a_persons_grade_survives_the_autograde_button(course, page, shots):
    opened(page, address_of(course, "tampering"))
    score = page.locator("#mean_of_last_check")
    with page.expect_response(lambda answer: "/api/grade/" in answer.url and answer.request.method == "PUT") as saved:
        score.fill("1")
        score.press("Tab")
    assert saved.value.ok

    shutil.rmtree(course.root / "submitted" / "partial" / WELCOME)
    course.submit("partial", WELCOME, solutions_of(course, WELCOME))  # handed in once more, and right
    opened(page, f"manage_submissions/{WELCOME}")
    rows(page)
    for student in "partial", "tampering":
        page.screenshot(path=shots / f"formgrader_before_{student}.png")
        page.locator(f'tbody tr:has(td[data-order="{student}"]) .glyphicon-flash').click(timeout=20_000)
        dialog = page.locator(".modal-dialog").filter(has_text="Success")
        expect(dialog).to_contain_text(f"Successfully autograded '{WELCOME}' for student '{student}'", timeout=90_000)
        page.screenshot(path=shots / f"formgrader_autograded_{student}.png")
        dialog.get_by_role("button", name="OK").click()
        dialog.wait_for(state="detached")
    opened(page, f"manage_submissions/{WELCOME}")
    assert {row[1]: row[4] for row in rows(page)} == SCORES | {"partial": "2 / 2", "tampering": "1 / 2"}
