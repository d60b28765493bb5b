"""Whole runs of the grader: stopped in the middle, repeated, serial, by an ordinary user, without bubblewrap."""

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
from grading import corpus
from grading.corpus import LESSON
from nbgrader.api import Gradebook
from test_grading import ROOT, Course
from test_grading_corpus import Class, Watched, limits

from dqn_course.grading import adapt_nbgrader, autograde, sandbox

NAMES = ("full", "loops", "partly", "untouched", "wrong_total", "bad_json", "os_exit", "drops_asserts_as_trees")
CHOSEN = [one for one in corpus.ALL if one.name in NAMES]
POINTS = {one.name: one.points for one in CHOSEN}
sandboxed = pytest.mark.sandbox


@pytest.fixture(scope="module")
def handed_in(tmp_path_factory):
    """A small class that nobody has graded yet."""
    return Class(tmp_path_factory.mktemp("class"), CHOSEN, neighbours=())


@pytest.fixture
def school(handed_in, tmp_path):
    """A copy of it."""
    copied = Class.__new__(Class)
    copied.course = Course.__new__(Course)
    copied.course.root = Path(shutil.copytree(handed_in.course.root, tmp_path / "course", symlinks=True))
    return copied


def points(school, names=NAMES):
    return {name: school.points(name) for name in names}


def sound(school):
    with sqlite3.connect(school.course.root / "gradebook.db") as database:
        return database.execute("pragma integrity_check").fetchone() == ("ok",)


def graded(school):
    """Those whose graded notebook is in its place."""
    return {path.parents[1].name for path in school.course.root.glob(f"autograded/*/{LESSON}/{LESSON}.ipynb")}


@sandboxed
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL], ids=["ctrl_c", "kill"])
@pytest.mark.parametrize("when", [2, *(pytest.param(n, marks=pytest.mark.slow_grading) for n in (0, 5))])
def test_a_run_that_was_stopped_goes_on_where_it_was(school, how, when):
    run = subprocess.Popen(
        [sys.executable, "-m", "nbgrader", "autograde", LESSON, *limits(workers=2)], cwd=school.course.root,
        env=os.environ | {"PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    end = time.monotonic() + 120
    watched = Watched(run.pid)
    while len(graded(school)) < when or not any("bwrap" in process.name() for process in watched.look()):
        assert time.monotonic() < end and run.poll() is None
        time.sleep(0.02)
    run.send_signal(how)
    said, _ = run.communicate(timeout=60)
    assert run.returncode != 0
    assert not watched.alive()
    assert sound(school)
    done = graded(school)
    assert when <= len(done) < len(NAMES)
    if how == signal.SIGINT and when:  # before, it may be looking whether there is a sandbox at all
        assert "run the same command again for the rest" in said
    said = school.autograde(workers=2)
    assert not done or f"{len(done)} graded before" in said
    assert points(school) == POINTS
    assert sound(school)
    assert graded(school) == set(NAMES)


@sandboxed
@pytest.mark.slow_grading
@pytest.mark.parametrize("workers", [1, 3])
def test_any_number_of_workers_gives_the_marks_of_the_corpus(school, workers):
    school.autograde(workers=workers)
    assert points(school) == POINTS


@sandboxed
def test_grading_anew_keeps_what_a_person_has_given_and_written(school):
    school.autograde(workers=2)
    with Gradebook(f"sqlite:///{school.course.root}/gradebook.db") as gradebook:
        grade = gradebook.find_grade("total_check", LESSON, LESSON, "wrong_total")
        grade.manual_score, grade.needs_manual_grade = 1.5, False
        gradebook.find_grade("why", LESSON, LESSON, "full").manual_score = 1
        gradebook.find_comment("why", LESSON, LESSON, "full").manual_comment = "well said"
        gradebook.find_submission(LESSON, "loops").notebooks[0].late_submission_penalty = 2.5
        gradebook.db.commit()
    school.autograde("--force", workers=2)
    assert points(school) == POINTS
    with Gradebook(f"sqlite:///{school.course.root}/gradebook.db") as gradebook:
        assert gradebook.find_grade("total_check", LESSON, LESSON, "wrong_total").score == 1.5
        assert gradebook.find_grade("why", LESSON, LESSON, "full").score == 1
        assert gradebook.find_comment("why", LESSON, LESSON, "full").comment == "well said"
        assert gradebook.find_submission(LESSON, "wrong_total").score == 2 + 1.5 + 2
        assert gradebook.find_submission(LESSON, "loops").late_submission_penalty == 2.5
        assert gradebook.find_submission(LESSON, "full").late_submission_penalty in (None, 0)


def test_what_one_submission_stores_is_stored_as_a_whole_or_not_at_all(tmp_path):
    adapt_nbgrader()  # which puts alembic, for a new gradebook, into the path
    url = f"sqlite:///{tmp_path}/gradebook.db"

    def add(name):
        with Gradebook(url) as gradebook:
            gradebook.add_student(name)  # commits, as all of nbgrader's methods do
        with Gradebook(url, "another course") as gradebook:
            gradebook.add_student(f"friend of {name}")

    with autograde.one_gradebook(url, "dqn") as all_or_nothing:
        with all_or_nothing():
            add("ada")
        with pytest.raises(RuntimeError), all_or_nothing():
            add("bob")
            raise RuntimeError("the disk is full")
        with all_or_nothing():
            add("cyn")
            names = {student.id for student in Gradebook(url).students}
        assert names == {"ada", "friend of ada", "cyn", "friend of cyn"}
    with Gradebook(url) as gradebook:
        assert {student.id for student in gradebook.students} == names


def test_without_bubblewrap_it_refuses_and_says_what_to_do(school, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    said = school.course.nbgrader("autograde", LESSON, *limits(), fails=True)
    assert "this machine lacks bubblewrap: install it (Debian, Ubuntu: apt install bubblewrap" in said
    assert "c.SandboxedAutograde.sandbox = False" in said
    assert "Traceback" not in said
    assert not graded(school)
    said = school.autograde("--SandboxedAutograde.sandbox=False", "--student=full,partly,os_exit", workers=2)
    assert "The sandbox is switched off: submissions run with your rights" in said
    assert points(school, ("full", "partly", "os_exit")) == {
        name: POINTS[name] for name in ("full", "partly", "os_exit")
    }


@sandboxed
def test_a_course_in_a_folder_that_submissions_see_is_hidden_from_them():
    """As in a container, with the course in /usr/src."""
    with tempfile.TemporaryDirectory(dir=sys.prefix) as course:
        Path(course, "gradebook.db").touch()
        seen = [
            subprocess.run([*sandbox.wall(hide), "ls", course], capture_output=True, text=True).stdout.split()
            for hide in ([], [course])
        ]
    assert seen == [["gradebook.db"], []]


ORDINARY = """
set -e
mount -t tmpfs none /home
mkdir -p /home/ada/src
"{system}" -m venv --without-pip /home/ada/venv
mount --bind "{site}" "/home/ada/venv/lib/python{version}/site-packages"
mount --bind "{root}" /home/ada/src
cp -r "{course}" /home/ada/course
chown -R 65534:65534 /home/ada/course
cd /home/ada/course
env HOME=/home/ada PYTHONPATH=/home/ada/src PATH=/usr/bin:/bin \\
    setpriv --reuid 65534 --regid 65534 --clear-groups --bounding-set=-all --inh-caps=-all \\
    /home/ada/venv/bin/python -m nbgrader autograde {lesson} {limits}
cp -r gradebook.db autograded grading "{course}"
"""


@sandboxed
@pytest.mark.skipif(os.geteuid() != 0, reason="not root here, so all the other tests run as an ordinary user")
def test_an_ordinary_user_grades_with_a_python_below_home(school):
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    system = f"/usr/bin/python{version}"
    if not os.access(system, os.X_OK) or not all(map(shutil.which, ("setpriv", "unshare"))):
        pytest.skip(f"no {system}, setpriv and unshare here")
    script = ORDINARY.format(
        system=system, version=version, root=ROOT, course=school.course.root, lesson=LESSON,
        site=Path(pytest.__file__).parents[1], limits=" ".join(limits(workers=2)),
    )  # fmt: skip
    done = subprocess.run(["unshare", "--mount", "sh", "-c", script], capture_output=True, text=True, timeout=180)
    if "unshare failed" in done.stderr or "mount:" in done.stderr:
        pytest.skip("no mounts of one's own here")
    assert done.returncode == 0, done.stdout + done.stderr
    assert points(school) == POINTS
