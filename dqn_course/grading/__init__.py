"""What this course changes in nbgrader. ``nbgrader_config.py`` puts it in place; the commands stay the same.

``nbgrader generate_assignment`` works in an empty folder and puts the finished notebook, and only that, into
``notebooks/``, because students work there. Stock nbgrader skips an assignment whose folder exists, and with
``--force`` deletes the folder with all that is in it.

``nbgrader autograde``, and the button of formgrader, run every submission in a sandbox: ``autograde.py`` says how.

``nbgrader validate`` and JupyterLab's Validate button show what a check found, not only that points are lost.

``NBGRADER_EXECUTION`` is unset again when grading or validating fails. Stock nbgrader leaves it set; after a failed
Validate, JupyterLab's next kernels would inherit it and train on the small budget.

nbgrader calls ``alembic`` by its bare name. So the folder of this environment's programs goes first in ``PATH``;
``.venv/bin/nbgrader`` then works without activating the environment.
"""

import contextlib
import os
import sysconfig
import tempfile
from pathlib import Path

_stock = {}


def adapt_nbgrader():
    """Put these changes into nbgrader. Calling it again changes nothing."""
    from nbgrader import utils
    from nbgrader.apps import api, autogradeapp
    from nbgrader.converters import GenerateAssignment
    from nbgrader.validator import Validator

    if not _stock:
        from dqn_course.grading.autograde import SandboxedAutograde

        autogradeapp.Autograde = api.Autograde = SandboxedAutograde
        _stock.update(generate=GenerateAssignment.start, explain=Validator._extract_error)
        GenerateAssignment.start = _generate
        Validator._extract_error = _explain
        utils.setenv = _setenv
        os.environ["PATH"] = os.pathsep.join([sysconfig.get_path("scripts"), os.environ.get("PATH", os.defpath)])


def _generate(converter):
    from nbgrader.converters import NbGraderException

    from dqn_course import build

    course = converter.coursedir
    lesson, notebooks, release = course.assignment_id, course.notebook_id, course.release_directory
    source = Path(course.format_path(course.source_directory, ".", lesson), f"{lesson}.py")
    if source.exists() and not build.is_current(source):
        message = f"{lesson}.ipynb is not what {lesson}.py builds: run `make notebooks` first."
        converter.log.error(message)
        raise NbGraderException(message)
    with tempfile.TemporaryDirectory() as scratch:
        course.release_directory = scratch
        course.notebook_id = lesson if notebooks == "*" else notebooks
        try:
            _stock["generate"](converter)
        finally:
            course.release_directory, course.notebook_id = release, notebooks
        for made in sorted(Path(scratch).rglob("*.ipynb")):
            path = Path(course.format_path(release, ".", lesson), made.name)
            kept = build.publish(path, made.read_text(encoding="utf-8"))
            converter.log.info("The students' notebook is %s", path)
            if kept:
                converter.log.warning("%s is new; the work in it is kept as %s.", path, kept.name)


@contextlib.contextmanager
def _setenv(**values):
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _explain(validator, cell):
    outputs = cell.get("outputs", [])
    panels = [output.data["text/html"] for output in outputs if "text/html" in output.get("data", {})]
    if panels and not any(output.output_type == "error" for output in outputs):
        return "\n".join(map(_plain, panels))
    return _stock["explain"](validator, cell)


def _plain(html):
    """The text of a panel: a line for every block, two blanks between the cells of a table."""
    from bs4 import BeautifulSoup

    soup = BeautifulSoup(html, "html.parser")
    for block in soup.find_all(["div", "p", "li", "tr", "pre"]):
        block.insert(0, "\n")
    for entry in soup.find_all(["td", "th"]):
        entry.append("  ")
    return "\n".join(line.strip() for line in soup.get_text().splitlines() if line.strip())
