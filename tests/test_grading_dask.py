"""Grading on a cluster: a real scheduler, two workers, one of which is killed while it grades."""

import os
import re
import signal
import subprocess
import sys
import time
from contextlib import ExitStack

import psutil
import pytest
from test_grading import ROOT, Course, solutions_of

pytest.importorskip("distributed", reason="no dask.distributed here (pip install -e '.[cluster]')")
pytestmark = [pytest.mark.sandbox, pytest.mark.slow]

LESSON = "00_welcome"
STUDENTS = [f"student{number}" for number in range(6)]


def started(stack, folder, *command):
    """Start a program of Dask; returns it and the file with what it says."""
    log = (folder / f"{len(list(folder.glob('*.log')))}.log").open("w+")
    environment = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    program = subprocess.Popen(
        [sys.executable, "-m", "dask", *command], stdout=log, stderr=log, env=environment, cwd=folder
    )
    stack.callback(log.close)
    stack.callback(program.wait, 30)
    stack.callback(program.terminate)
    return program, log


def says(log, pattern, seconds=90):
    """Wait until a log says something; returns the match."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        log.seek(0)
        if found := re.search(pattern, log.read()):
            return found
        time.sleep(0.1)
    log.seek(0)
    raise AssertionError(f"{pattern!r} is not in:\n{log.read()}")


@pytest.fixture
def cluster(tmp_path):
    """(address, [processes of the workers])"""
    folder = tmp_path / "cluster"
    folder.mkdir()
    with ExitStack() as stack:
        _, log = started(stack, folder, "scheduler", "--host", "127.0.0.1", "--port", "0", "--dashboard-address", ":0")
        address = says(log, r"Scheduler at:\s+(tcp://\S+)")[1]
        workers = []
        for _ in range(2):
            program, log = started(
                stack, folder, "worker", address, "--nthreads", "1", "--host", "127.0.0.1", "--no-dashboard",
                "--local-directory", str(folder),
            )  # fmt: skip
            says(log, "Registered to")
            workers.append(program)
        yield address, workers


def test_a_worker_killed_in_the_middle_costs_nobody_anything(cluster, tmp_path):
    address, workers = cluster
    home = tmp_path / "course"
    home.mkdir()
    course = Course(home, [LESSON])
    course.nbgrader("generate_assignment", LESSON)
    solved = solutions_of(course, LESSON)
    half = {"mean_of_last": "def mean_of_last(scores, n=100):\n    return sum(scores) / len(scores)"}
    slow = {"mean_of_last": "import time\ntime.sleep(2)\n" + solved["mean_of_last"]}
    for number, student in enumerate(STUDENTS):
        course.submit(student, LESSON, half if number == 3 else slow)
    with (home / "config.py").open("w") as file:
        file.write((home / "nbgrader_config.py").read_text())
        file.write(f'\nc.SandboxedAutograde.executor = "dask"\nc.SandboxedAutograde.scheduler = "{address}"\n')
    (home / "config.py").replace(home / "nbgrader_config.py")

    environment = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    with (home / "log").open("w+") as log:
        grading = subprocess.Popen(
            [sys.executable, "-m", "nbgrader", "autograde", LESSON], cwd=home, env=environment, stdout=log, stderr=log
        )
        says(log, r"student\d: graded")
        for process in psutil.Process(workers[0].pid).children(recursive=True):  # the nanny starts a new one
            if "bwrap" not in process.name():
                process.send_signal(signal.SIGKILL)
                break
        assert grading.wait(240) == 0, log.seek(0) or log.read()

    marks = {student: course.code_grades(student, LESSON)["mean_of_last_check"][0] for student in STUDENTS}
    assert marks == {student: 2.0 if student != "student3" else marks["student3"] for student in STUDENTS}
    assert 0 < marks["student3"] < 2


def test_a_missing_address_is_one_plain_sentence(tmp_path):
    course = Course(tmp_path, [LESSON])
    course.nbgrader("generate_assignment", LESSON)
    course.submit("one", LESSON, {})
    with (tmp_path / "nbgrader_config.py").open("a") as file:
        file.write('\nc.SandboxedAutograde.executor = "dask"\n')
    said = course.nbgrader("autograde", LESSON, fails=True)
    assert 'Name the scheduler of the cluster: c.SandboxedAutograde.scheduler = "tcp://HOST:8786".' in said
    assert "Traceback" not in said
