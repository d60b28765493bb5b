"""JupyterLab in headless Chromium, used the way a person uses it: click a cell, insert text, run, look."""

import io
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from contextlib import contextmanager

from conftest import TOOLS
from PIL import Image
from playwright.sync_api import sync_playwright

FLAGS = [
    *("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", "--disable-quic"),
]
ERRORS = '[data-mime-type="application/vnd.jupyter.error"], [data-mime-type="application/vnd.jupyter.stderr"]'
SECONDS = 1000  # playwright counts milliseconds


def copy_course(root, folder):
    """What a student's machine needs: notebooks without anybody's work, the package, nbgrader's settings."""
    shutil.copytree(root / "dqn_course", folder / "dqn_course", ignore=shutil.ignore_patterns("__pycache__"))
    for notebook in root.glob("notebooks/*/*.ipynb"):
        copy = folder / notebook.relative_to(root)
        if notebook.stem == copy.parent.name:
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(notebook, copy)
    shutil.copy(root / "nbgrader_config.py", folder)
    return folder


@contextmanager
def running_lab(course, **environment):
    """JupyterLab on ``course``, started as ``make lab`` does, for a person without settings; yields its address."""
    home = course / "home"
    home.mkdir(exist_ok=True)
    own = {name: value for name, value in os.environ.items() if not name.startswith(("JUPYTER", "DQN_COURSE"))}
    own |= {"HOME": str(home), "CI": "true", "PYTHONUNBUFFERED": "1", "PYTHONPATH": str(course), **environment}
    command = [sys.executable, "-m", "dqn_course.lab", "--no-browser", "--port", str(free_port())]
    log = course / "lab.log"
    with (
        log.open("w") as output,
        subprocess.Popen(command, cwd=course, env=own, stdout=output, stderr=output) as server,
    ):
        try:
            end = time.monotonic() + 120
            while not (address := re.search(r"http\S+token=\w+\n", log.read_text())):
                assert server.poll() is None and time.monotonic() < end, f"JupyterLab did not start: {log.read_text()}"
                time.sleep(0.1)
            yield address[0].strip()
        finally:
            server.terminate()
            server.wait(timeout=60)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def chromium():
    """The system's Chromium, without a window."""
    program = next(filter(None, map(shutil.which, TOOLS["browser"][0])))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        yield browser
        browser.close()


class Notebook:
    """One lesson, open in JupyterLab. Cells are named by their grade_id, or found by a piece of their code."""

    def __init__(self, browser, course, address, lesson, size=(1180, 900), scale=1, dark=False):
        self.file = course / "notebooks" / lesson / f"{lesson}.ipynb"
        self.cells = json.loads(self.file.read_text())["cells"]
        scheme = "dark" if dark else "light"
        viewport = {"width": size[0], "height": size[1]}
        self.page = browser.new_page(viewport=viewport, device_scale_factor=scale, color_scheme=scheme)
        self.page.set_default_timeout(60 * SECONDS)
        self.complaints = []
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", lambda entry: entry.type == "error" and self.complaints.append(entry.text))
        self.address = address.replace("00_welcome", lesson) + "&reset"
        self.page.goto(self.address)
        self.page.get_by_text(re.compile(r"\| Idle$")).wait_for()  # in the status bar: the kernel answers
        self.page.wait_for_selector(".jp-MarkdownCell .jp-RenderedMarkdown h1")

    def close(self):
        """Shut the kernel down and close the page."""
        base, token = re.fullmatch(r"(http://[^/]+/).*token=(\w+).*", self.address).groups()
        with_token = {"Authorization": f"token {token}"}
        for session in self.page.request.get(f"{base}api/sessions", headers=with_token).json():
            self.page.request.delete(f"{base}api/sessions/{session['id']}", headers=with_token)
        self.page.close()

    def cell(self, name):
        """The cell with the grade_id ``name``, or else the first code cell that contains it."""
        ids = [cell["metadata"].get("nbgrader", {}).get("grade_id") for cell in self.cells]
        if name in ids:
            index = ids.index(name)
        else:
            codes = ["".join(cell["source"]) if cell["cell_type"] == "code" else "" for cell in self.cells]
            index = next(i for i, code in enumerate(codes) if name in code)
        return self.page.locator(f'.jp-Notebook-cell[data-windowed-list-index="{index}"]')

    def fill(self, name, text):
        """Replace all of a cell's text; text cells are opened by a double click. Ends with the text in the file."""
        cell = self.cell(name)
        cell.scroll_into_view_if_needed()
        if cell.locator(".jp-RenderedMarkdown").is_visible():
            cell.locator(".jp-RenderedMarkdown").dblclick()
        cell.locator(".cm-content").click()
        self.page.keyboard.press("Control+A")
        self.page.keyboard.insert_text(text)
        self.page.keyboard.press("Control+S")
        end = time.monotonic() + 60
        while not self.is_saved(text):
            assert time.monotonic() < end, f"{name} on the disk is not what was typed"
            self.page.wait_for_timeout(50)

    def is_saved(self, text):
        """Whether the file has a cell with just this text."""
        try:
            return text in ["".join(cell["source"]) for cell in json.loads(self.file.read_text())["cells"]]
        except json.JSONDecodeError:  # JupyterLab is writing it
            return False

    def run(self, name, wait=120):
        """Run one cell with Ctrl+Enter; ``wait`` seconds for its end, 0 to go on at once."""
        cell = self.cell(name)
        cell.scroll_into_view_if_needed()
        before = self.prompt(cell)
        cell.locator(".jp-InputPrompt").click()
        self.page.keyboard.press("Control+Enter")
        if wait:
            self.wait_until_run(cell, before, wait)

    def run_all(self, wait=240):
        """Run > Run All Cells; wait until the kernel has nothing left to do."""
        first = self.page.locator(".jp-CodeCell").first
        before = self.prompt(first)
        self.page.get_by_role("menuitem", name="Run", exact=True).click()
        self.page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
        self.wait_until_run(first, before, wait)

    def prompt(self, cell):
        return cell.locator(".jp-InputPrompt").first.text_content()

    def wait_until_run(self, cell, before, seconds):
        """Wait until ``cell`` has a new number and no cell waits or runs."""
        self.page.wait_for_function(
            """([cell, before]) => {
                const prompt = one => one.querySelector(".jp-InputPrompt").textContent;
                const waiting = [...document.querySelectorAll(".jp-CodeCell")].some(one => prompt(one).includes("*"));
                return prompt(cell) !== before && !waiting;
            }""",
            arg=[cell.element_handle(), before],
            timeout=seconds * SECONDS,
        )

    def panel(self, name):
        """The verdict below the check of exercise ``name``."""
        return self.cell(f"{name}_check").locator('[data-mime-type="text/html"] > div')

    def validate(self, wait=240):
        """Press Validate, read the dialog, press Ok; return whether it is a success, and its text."""
        self.page.get_by_role("button", name="Validate", exact=True).click()
        message = self.page.locator("#validation-message")
        message.wait_for(timeout=wait * SECONDS)
        verdict = message.get_attribute("class"), message.inner_text()
        self.page.get_by_role("button", name="Ok", exact=True).click()
        message.wait_for(state="detached")
        return "validation-success" in verdict[0], verdict[1]

    def picture(self, path, first=None, last=None, colours=256):
        """Save a small PNG of the window, or of the part from ``first`` to ``last`` (locators)."""
        clip = None
        if first is not None:
            first.scroll_into_view_if_needed()
            a, b = first.bounding_box(), (last or first).bounding_box()
            left, top = min(a["x"], b["x"]), a["y"]
            right = max(a["x"] + a["width"], b["x"] + b["width"])
            clip = {"x": left, "y": top, "width": right - left, "height": b["y"] + b["height"] - top}
        png = io.BytesIO(self.page.screenshot(clip=clip))
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.open(png).convert("RGB").quantize(colours, dither=Image.Dither.NONE).save(path, optimize=True)
