"""What all tests share: one thread per worker, and a clear reason where a test's tool is missing."""

import os
import re
import shutil
from pathlib import Path

import pytest

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch is imported: two workers share two cores
os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")

TOOLS = {
    "browser": (("chromium", "chromium-browser", "google-chrome"), "no Chromium here (Debian: apt install chromium)"),
    "sandbox": (("bwrap",), "no bubblewrap here (Debian: apt install bubblewrap)"),
    "display": (("Xvfb",), "no Xvfb here (Debian: apt install xvfb)"),
}


def pytest_addoption(parser):
    parser.addoption("--seeds", type=int, default=2, help="how many for a wrong answer of test_mutants.py; a right "
                     "one gets twice as many")  # fmt: skip


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """What shares costly fixtures stays on one worker: the tests of a file, and in it those of one lesson."""
    from xdist.scheduler import LoadScopeScheduling

    class ByFileAndLesson(LoadScopeScheduling):
        def _split_scope(self, nodeid):
            lesson = re.search(r"\[(\d\d_\w+)\]$", nodeid)
            return nodeid.split("::")[0] + (f" {lesson[1]}" if lesson else "")

    return ByFileAndLesson(config, log) if config.getvalue("dist") == "loadscope" else None


def pytest_runtest_setup(item):
    """Skip a test whose marker names a tool that this machine lacks."""
    for marker, (programs, reason) in TOOLS.items():
        if item.get_closest_marker(marker) and not any(map(shutil.which, programs)):
            pytest.skip(reason)


@pytest.fixture(scope="session")
def root():
    """The root of the repository."""
    return Path(__file__).resolve().parent.parent


@pytest.fixture
def run(capsys):
    """Run one command of ``dqn-course``: (exit status, stdout, stderr)."""
    from dqn_course import cli

    def run(*arguments):
        capsys.readouterr()
        try:
            status = cli.main([str(argument) for argument in arguments])
        except SystemExit as end:  # tyro's own end, after --help or a wrong option
            status = end.code
        return status, *capsys.readouterr()

    return run
