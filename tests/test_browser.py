"""Lessons as a person meets them: JupyterLab in headless Chromium, solved, run, watched and validated.

Pictures go to the folder named by ``DQN_COURSE_SCREENSHOTS``. Two of them are in the README; to make these anew:

    DQN_COURSE_SCREENSHOTS=docs/images .venv/bin/python -m pytest tests/test_browser.py -k "wrong_target or training"
"""

import json
import os
import re
import shutil
import time
from pathlib import Path

import pytest

pytest.importorskip("playwright", reason="no playwright here (make test installs it)")
from browser import ERRORS, SECONDS, Notebook, chromium, copy_course, running_lab  # noqa: E402
from playwright.sync_api import expect  # noqa: E402

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SEEN = {"use_inner_text": True, "timeout": 30 * SECONDS}  # what is on the screen, not only in the page
LANDER = "06_lunar_lander"
WELCOME = "00_welcome"


@pytest.fixture(scope="module")
def browser():
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def course(root, tmp_path_factory):
    return copy_course(root, tmp_path_factory.mktemp("course"))


@pytest.fixture(scope="module")
def quick_lab(course):
    """JupyterLab in which long cells are short."""
    with running_lab(course, DQN_COURSE_QUICK="1") as address:
        yield address


@pytest.fixture(scope="module")
def full_lab(course):
    """JupyterLab in which long cells are long."""
    with running_lab(course) as address:
        yield address


@pytest.fixture
def shots(tmp_path):
    return Path(os.environ.get("DQN_COURSE_SCREENSHOTS") or tmp_path).resolve()


@pytest.fixture
def opened(browser, root, course, shots, request):
    """Open a lesson as it was released; when the test fails, the window is photographed."""
    notebooks = []

    def open_lesson(address, lesson, **window):
        shutil.copy(root / "notebooks" / lesson / f"{lesson}.ipynb", course / "notebooks" / lesson)
        notebooks.append(Notebook(browser, course, address, lesson, **window))
        return notebooks[-1]

    failed = request.session.testsfailed
    yield open_lesson
    for notebook in notebooks:
        if request.session.testsfailed > failed:
            notebook.picture(shots / f"failed_{request.node.name}.png")
        notebook.close()


def solution(root, lesson, name):
    """The reference solution of an exercise, as a student would have typed it."""
    cells = json.loads((root / "solutions" / lesson / f"{lesson}.ipynb").read_text())["cells"]
    (cell,) = (cell for cell in cells if cell["metadata"].get("nbgrader", {}).get("grade_id") == name)
    lines = "".join(cell["source"]).split("\n")
    return "\n".join(line for line in lines if not line.strip().startswith("### "))


def fill_in(notebook, root, lesson, *names):
    for name in names:
        notebook.fill(name, solution(root, lesson, name))


def edge(panel):
    """The colour of a panel's left edge: (red, green, blue)."""
    return tuple(map(int, re.findall(r"\d+", panel.evaluate("it => getComputedStyle(it).borderLeftColor"))[:3]))


def is_green(panel):
    red, green, blue = edge(panel)
    return green > red + 20 and green > blue + 20


def broken_pictures(notebook):
    """What stands in for pictures that the page could not show."""
    return notebook.page.evaluate(
        """() => [...document.querySelectorAll(".jp-Notebook img:not(.cm-widgetBuffer)")]
            .filter(image => image.complete && !image.naturalWidth).map(image => image.src.slice(0, 60) + image.alt)"""
    )


def test_the_welcome_notebook_goes_from_not_implemented_to_validated(root, opened, quick_lab, shots):
    notebook = opened(quick_lab, WELCOME)
    notebook.run_all()
    assert notebook.page.locator(ERRORS).all_text_contents() == []
    panel = notebook.panel("mean_of_last")
    expect(panel).to_contain_text("mean_of_last: not implemented yet (0 of 2 points)", **SEEN)
    assert not is_green(panel)
    passed, message = notebook.validate()
    assert not passed
    assert "checks.mean_of_last(mean_of_last)" in message
    assert "not implemented yet" in message

    fill_in(notebook, root, WELCOME, "mean_of_last")
    notebook.run("mean_of_last")
    notebook.run("mean_of_last_check")
    expect(panel).to_contain_text("✓ mean_of_last: 2 of 2 points", **SEEN)
    assert is_green(panel)
    assert notebook.page.locator(ERRORS).all_text_contents() == []
    passed, message = notebook.validate()
    assert passed, message
    assert message.strip() == "Success! Your notebook passes all the tests."
    notebook.picture(shots / "welcome.png")
    assert broken_pictures(notebook) == []
    assert notebook.complaints == []


def test_the_lander_lesson_solved_shows_green_panels_a_playing_film_and_validates(root, opened, quick_lab, shots):
    notebook = opened(quick_lab, LANDER)
    page = notebook.page
    fill_in(notebook, root, LANDER, "QNetwork", "td_targets", "learn", "explain")
    notebook.run_all()
    assert page.locator(ERRORS).all_text_contents() == []

    for name, points in {"QNetwork": 4, "td_targets": 3, "learn": 5}.items():
        panel = notebook.panel(name)
        panel.scroll_into_view_if_needed()
        expect(panel).to_contain_text(f"✓ {name}: {points} of {points} points", **SEEN)
        expect(panel).not_to_contain_text("✗", **SEEN)
        assert is_green(panel)
        notebook.picture(shots / f"passed_{name}.png", notebook.cell(f"{name}_check"))

    training = notebook.cell("training.dqn(")
    training.scroll_into_view_if_needed()
    bar = training.locator(".jupyter-widgets", has_text="12/12").first
    assert bar.is_visible()
    assert bar.locator('[role="progressbar"], .progress-bar').first.is_visible()
    plot = training.locator('[data-mime-type="image/png"] img')
    assert plot.count() == 1
    assert plot.evaluate("image => image.naturalWidth") > 800

    for film in page.locator("video").all():
        film.scroll_into_view_if_needed()
        handle = film.element_handle()
        playing = "film => film.videoWidth > 0 && !film.paused && film.currentTime > 0.2"
        page.wait_for_function(playing, arg=handle, timeout=30 * SECONDS)
        now = film.evaluate("film => film.currentTime")
        page.wait_for_function("([film, now]) => film.currentTime !== now", arg=[handle, now])
    assert page.locator("video").count() == 2
    notebook.picture(shots / "film.png")

    passed, message = notebook.validate()
    assert passed, message
    assert page.locator("mjx-container").count() > 20
    assert page.locator("mjx-merror").count() == 0
    assert broken_pictures(notebook) == []
    assert notebook.complaints == []


def test_a_wrong_target_gets_its_diagnosis_below_the_cell(root, opened, quick_lab, shots):
    notebook = opened(quick_lab, LANDER, size=(1340, 1300), scale=1.5)
    wrong = solution(root, LANDER, "td_targets").replace("(1 - terminated) * ", "")
    notebook.run("setup")
    notebook.fill("td_targets", wrong)
    notebook.run("td_targets")
    notebook.run("td_targets_check")
    panel = notebook.panel("td_targets")
    expect(panel).to_contain_text("✗ td_targets: 2 of 3 points", **SEEN)
    expect(panel).to_contain_text("For a terminal transition the target is the reward alone", **SEEN)
    red, green, blue = edge(panel)
    assert red > green + 20 and red > blue + 20
    notebook.cell("setup").click()  # its buttons would cover the picture
    notebook.picture(shots / "verdict.png", notebook.cell("td_targets"), notebook.cell("td_targets_check"))


WATCH = """cell => {
    const area = cell.querySelector(".jp-OutputArea");
    const seen = {pictures: new Set(), places: new Set(), frames: 0, blank: 0, lowest: Infinity, highest: 0};
    const look = () => {
        const pictures = [...area.querySelectorAll('[data-mime-type="image/png"] img')];
        seen.frames += 1;
        seen.blank += pictures.length !== 1 || !pictures[0].naturalWidth;
        seen.lowest = Math.min(seen.lowest, area.offsetHeight);
        seen.highest = Math.max(seen.highest, area.offsetHeight);
        pictures.forEach(picture => { seen.pictures.add(picture.src); seen.places.add(picture.parentElement); });
        window.stillWatching = requestAnimationFrame(look);
    };
    window.seen = seen;
    look();
}"""
WATCHED = """() => {
    cancelAnimationFrame(stillWatching);
    return {...seen, pictures: seen.pictures.size, places: seen.places.size};
}"""


def test_training_can_be_watched_stopped_and_continued(root, opened, full_lab, shots):
    notebook = opened(full_lab, LANDER, size=(1180, 860), scale=1.5)
    page = notebook.page
    fill_in(notebook, root, LANDER, "QNetwork", "learn")
    for name in ("setup", "QNetwork", "import model", "learn", "readiness_gate("):
        notebook.run(name)
    expect(notebook.cell("readiness_gate(")).to_contain_text("Ready: all 9 trials passed", **SEEN)

    training = notebook.cell("training.dqn(")
    bar = training.locator(".jupyter-widgets").first

    def episodes():
        return int((re.search(r"(\d+)/2000", bar.text_content()) or [0, 0])[1])

    def wait_for_episodes(wanted, seconds):
        end = time.monotonic() + seconds
        while (done := episodes()) < wanted:
            assert time.monotonic() < end, f"only {done} episodes of {wanted}"
            page.wait_for_timeout(100)

    def stop():
        page.get_by_role("button", name="Interrupt the kernel").click()
        notebook.wait_until_run(training, "[*]:", 60)
        assert page.locator(ERRORS).all_text_contents() == []

    notebook.run("training.dqn(", wait=0)
    training.locator('[data-mime-type="image/png"] img').wait_for()
    training.evaluate(WATCH)
    page.wait_for_function("() => seen.pictures.size > 2", timeout=120 * SECONDS)
    seen = page.evaluate(WATCHED)
    assert seen["places"] == 1, "the picture is replaced where it is"
    assert seen["blank"] == 0, f"{seen['blank']} of {seen['frames']} frames without a picture: it flickers"
    assert seen["lowest"] == seen["highest"], "the text below jumps when the picture changes"
    assert training.locator(".progress").bounding_box()["width"] > 60, "no room is left for the progress bar"

    if "DQN_COURSE_SCREENSHOTS" in os.environ:
        wait_for_episodes(600, seconds=1800)
        page.get_by_role("tab", name=re.compile("File Browser")).first.click()  # folds it away
        training.evaluate("cell => cell.scrollIntoView({block: 'center'})")
        notebook.picture(shots / "training.png")
    stop()
    stopped_at = episodes()
    expect(training).to_contain_text(f"Stopped after episode {stopped_at}. Nothing is lost", **SEEN)
    assert training.locator(".progress-bar-danger").count() == 0, "a red bar, although nothing went wrong"

    notebook.run("training.dqn(", wait=0)
    expect(training).to_contain_text(f"Going on after episode {stopped_at} ", **SEEN)
    wait_for_episodes(stopped_at + 2, seconds=120)
    stop()


ALWAYS = ("01_perceptron", "07_stability", "11_inside_the_network")
"""Lessons that `make test` solves: their widgets differ most. `make test-browser` solves the others too."""
OTHERS = (
    "02_feed_forward", "03_learning_by_gradient", "04_pytorch", "05_q_learning", "08_atari_preprocessing",
    "09_nature_dqn", "10_evaluation", "12_beyond_dqn",
)  # fmt: skip
SOLVED = [*ALWAYS, *(pytest.param(lesson, marks=pytest.mark.slow_browser) for lesson in OTHERS)]


def test_every_lesson_is_solved_in_the_browser(root):
    lessons = {source.stem for source in root.glob("solutions/*/[0-9]*.py")}
    assert {WELCOME, LANDER, *ALWAYS, *OTHERS} == lessons


@pytest.mark.parametrize("lesson", SOLVED)
def test_a_solved_lesson_is_green_and_its_widgets_follow_the_keyboard(root, opened, quick_lab, shots, lesson):
    notebook = opened(quick_lab, lesson, size=(1340, 1000))
    page = notebook.page
    cells = [cell["metadata"].get("nbgrader", {}) for cell in notebook.cells]
    checks = {cell["grade_id"]: cell["points"] for cell in cells if cell.get("grade") and cell["locked"]}
    names = [name.removesuffix("_check") for name in checks]
    fill_in(notebook, root, lesson, *names)
    notebook.run_all()
    assert page.locator(ERRORS).all_text_contents() == []

    for name in names:
        panel = notebook.panel(name)
        panel.scroll_into_view_if_needed()
        points = checks[f"{name}_check"]
        expect(panel).to_contain_text(f"✓ {name}: {points:g} of {points:g} point", **SEEN)
        assert is_green(panel)

    codes = ["".join(cell["source"]) for cell in notebook.cells if cell["cell_type"] == "code"]
    calls = [code.strip().splitlines()[-1] for code in codes if code.strip().splitlines()[-1].startswith("widgets.")]
    assert calls
    for number, call in enumerate(dict.fromkeys(calls)):
        cell = notebook.cell(call)
        cell.scroll_into_view_if_needed()
        cell.locator(".jp-OutputArea-output img").first.wait_for()
        picture = cell.locator(".widget-image").first
        if not picture.count():
            continue  # a plain picture
        page.wait_for_function("image => image.naturalWidth > 300", arg=picture.element_handle())
        notebook.picture(shots / f"widget_{lesson[:2]}_{number}.png", cell)
        handle = cell.locator('.noUi-handle, [role="slider"]')
        if not handle.count():
            continue
        before = picture.get_attribute("src")
        handle.first.focus()
        for key in ("ArrowRight", "ArrowRight", "ArrowLeft", "ArrowLeft", "ArrowLeft", "ArrowLeft"):
            page.keyboard.press(key)
            page.wait_for_timeout(150)
            if picture.get_attribute("src") != before:
                break
        page.wait_for_function("([image, before]) => image.src !== before", arg=[picture.element_handle(), before])
        notebook.picture(shots / f"widget_{lesson[:2]}_{number}_moved.png", cell)
    assert page.locator("mjx-merror").count() == 0
    assert broken_pictures(notebook) == []
    assert notebook.complaints == []
