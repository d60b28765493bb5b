"""One class of honest, broken and hostile submissions, graded by one ``nbgrader autograde``: each gets what is due."""

import json
import platform
import socket
import sqlite3
import threading
from pathlib import Path

import nbformat
import psutil
import pytest
from grading import corpus
from grading.corpus import LESSON
from test_grading import Course, solutions_of

from dqn_course.grading import inside, sandbox

pytestmark = pytest.mark.sandbox
SMALL = {
    "cell_seconds": 8, "notebook_seconds": 40, "cpu_seconds": 30, "memory_mb": 1000, "scratch_mb": 50, "file_mb": 20,
    "output_kb": 100, "total_output_mb": 5,
}  # fmt: skip
NEIGHBOURS = [corpus.Handed(f"{letter}_neighbour", corpus.HONEST, corpus.solve()) for letter in "bfjnrtz"]


def limits(**others):
    return [f"--SandboxedAutograde.{name}={value}" for name, value in (SMALL | others).items()]


class Class:
    """A course, what was handed in, and what came of it."""

    def __init__(self, root, handed, neighbours=NEIGHBOURS):
        self.course = Course(root, [LESSON])
        self.course.nbgrader("generate_assignment", LESSON)
        for one in [*neighbours, *handed]:  # nbgrader goes by the names, so the neighbours stand among the others
            self.hand_in(one)

    def hand_in(self, one):
        notebook = self.course.notebook(LESSON)
        solved = self.course.notebook(LESSON)
        answers = solutions_of(self.course, LESSON)
        for cell in solved.cells:
            cell.source = answers.get(cell.id, cell.source)
        folder = self.folder(one.name)
        folder.mkdir(parents=True)
        one.build(folder, notebook, solved)

    def folder(self, name, top="submitted"):
        return self.course.root / top / name / LESSON

    def autograde(self, *options, **others):
        return self.course.nbgrader("autograde", LESSON, *limits(**others), *options)

    def records(self):
        report = json.loads((self.course.root / "grading" / f"{LESSON}.json").read_text())
        return {record["student"]: record for record in report["submissions"]}

    def points(self, name):
        grades = self.course.grades(name, LESSON)
        return tuple(grades[f"{check}_check"][0] for check in corpus.CHECKS)

    def told(self, name):
        """What the report and the graded notebook say, as one text."""
        notebook = nbformat.read(self.folder(name, "autograded") / f"{LESSON}.ipynb", as_version=4)
        return self.records()[name]["reason"] + shown(notebook)


def shown(notebook):
    texts = [notebook.cells[0].source]
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            texts += [output.get("text", ""), output.get("ename", ""), output.get("evalue", "")]
            texts += map(str, output.get("data", {}).values())
    return "\n".join(texts)


class Listening:
    """A server of the instructor's machine, and a hidden one: no submission may reach them."""

    def __init__(self):
        self.port = socket.create_server(("127.0.0.1", 0))
        self.hidden = socket.socket(socket.AF_UNIX)
        self.hidden.bind("\0grading-corpus")
        self.hidden.listen()

    def close(self):
        self.port.close()
        self.hidden.close()


@pytest.fixture(scope="module")
def graded(request, tmp_path_factory):
    """The class, graded once. It holds what the selected tests ask for."""
    found = {getattr(item, "callspec", None) and item.callspec.params.get("one") for item in request.session.items}
    root, home = tmp_path_factory.mktemp("class"), tmp_path_factory.mktemp("home")
    (home / ".netrc").write_text("SECRET")
    listening = Listening()
    site = Path(nbformat.__file__).parents[1]
    arm = platform.machine() == "aarch64"
    corpus.FACTS.update(
        ROOT=str(root), HOME=str(home), SITE=str(site), PORT=str(listening.port.getsockname()[1]),
        ADD_KEY="217" if arm else "248", KEYCTL="219" if arm else "250", KNOWN=repr(corpus.KNOWN),
        ALLOWED=repr([*map(str, sandbox.visible()), "/course", *(f"/proc/{name}" for name in inside.OF_THE_MACHINE)]),
    )  # fmt: skip
    school = Class(root, [one for one in corpus.ALL if one in found])
    school.scratch = tmp_path_factory.mktemp("scratch")
    with pytest.MonkeyPatch.context() as patch, Watched() as school.watched:
        patch.setenv("TMPDIR", str(school.scratch))
        patch.setenv("A_SECRET_TOKEN", "SECRET")
        patch.setenv("HOME", str(home))
        school.autograde(workers=2)
    listening.close()
    return school


class Watched:
    """The processes that were started below one, as a set that grows while the block runs."""

    def __init__(self, pid=None):
        self.root = psutil.Process(pid)
        self.seen = set()
        self.over = threading.Event()

    def __enter__(self):
        threading.Thread(target=self._watch, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.over.set()

    def _watch(self):
        while not self.over.wait(0.1):
            self.look()

    def look(self):
        """Those that run now."""
        try:
            self.seen |= set(self.root.children(recursive=True))
        except psutil.NoSuchProcess:
            self.over.set()
        return self.seen

    def alive(self, seconds=10):
        """Those that are still there after some seconds."""
        return psutil.wait_procs(self.seen, timeout=seconds)[1]


def selected(*kinds):
    return [
        pytest.param(one, id=one.name, marks=[pytest.mark.slow_grading] if one.slow else [])
        for one in corpus.ALL
        if one.kind in kinds
    ]


@pytest.mark.parametrize("one", selected(corpus.HONEST, corpus.BROKEN, corpus.HOSTILE))
def test_each_gets_its_points_its_state_and_a_reason(graded, one):
    record, told = graded.records()[one.name], graded.told(one.name)
    outcome = graded.points(one.name), record["state"]
    assert outcome in ((one.points, one.state), *one.also), told
    assert one.reason in told
    assert "LOOT" not in told


@pytest.mark.parametrize("one", NEIGHBOURS, ids=lambda one: one.name)
def test_the_marks_of_an_honest_neighbour_are_those_it_would_get_alone(graded, one):
    assert graded.points(one.name) == corpus.FULL
    assert graded.records()[one.name]["state"] == corpus.GRADED


def test_nothing_of_a_submission_is_left_running(graded):
    assert len(graded.watched.seen) > 10
    assert not graded.watched.alive()
    assert not list(graded.scratch.iterdir())


def test_the_gradebook_is_sound_and_has_a_row_for_everybody(graded):
    with sqlite3.connect(graded.course.root / "gradebook.db") as database:
        assert database.execute("pragma integrity_check").fetchone() == ("ok",)
        rows = database.execute("select student_id from submitted_assignment").fetchall()
    assert {student for (student,) in rows} == {path.name for path in (graded.course.root / "submitted").iterdir()}
