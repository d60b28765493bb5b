"""From a fresh machine to JupyterLab: the Makefile, the installer, the pins, the start of the lab."""

import errno
import importlib.metadata
import json
import os
import re
import shutil
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
import tomllib
import urllib.error
import urllib.request
from contextlib import contextmanager

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from dqn_course import install, lab

MAKE = shutil.which("make")
needs_make = pytest.mark.skipif(MAKE is None, reason="no make here")


# The pins ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def project(root):
    return tomllib.loads((root / "pyproject.toml").read_text())["project"]


def direct_dependencies(project):
    extras = project["optional-dependencies"].values()
    return [Requirement(text) for text in sum(extras, project["dependencies"])]


def pins(root):
    lines = (root / "constraints.txt").read_text().splitlines()
    return [Requirement(line) for line in lines if line and not line.startswith("#")]


def test_every_pin_is_one_exact_version(root):
    for pin in pins(root):
        assert [spec.operator for spec in pin.specifier] == ["=="], pin


def test_every_direct_dependency_is_pinned_to_a_version_that_satisfies_it(root, project):
    by_name = {}
    for pin in pins(root):
        by_name.setdefault(canonicalize_name(pin.name), []).extend(spec.version for spec in pin.specifier)
    for requirement in direct_dependencies(project):
        versions = by_name.get(canonicalize_name(requirement.name), [])
        assert versions, f"{requirement.name} is not in constraints.txt: run make lock"
        assert all(requirement.specifier.contains(version) for version in versions), requirement


def test_no_package_index_but_the_usual_one_is_named(root):
    for name in ("constraints.txt", "pyproject.toml", "environment.yml", "Makefile"):
        assert not re.search(r"index-url|find-links|--pre\b|https?://[^ ]*whl", (root / name).read_text()), name


def test_the_conda_environment_installs_what_the_project_depends_on(root, project):
    environment = yaml.safe_load((root / "environment.yml").read_text())
    (pip_part,) = (entry["pip"] for entry in environment["dependencies"] if isinstance(entry, dict))
    assert pip_part[:2] == ["--constraint constraints.txt", "--editable ."]
    assert pip_part[2:] == project["dependencies"]


def test_the_supported_pythons_are_the_same_everywhere(root, project):
    environment = yaml.safe_load((root / "environment.yml").read_text())
    assert f"python{project['requires-python']}" in environment["dependencies"]
    assert project["requires-python"] == ">=3.11,<3.14"
    assert "3.11.*|3.12.*|3.13.*)" in (root / "Makefile").read_text()


def test_these_tests_run_at_the_pinned_versions(root):
    wrong = []
    for pin in pins(root):
        if pin.marker and not pin.marker.evaluate():
            continue
        try:
            installed = importlib.metadata.version(pin.name)
        except importlib.metadata.PackageNotFoundError:
            continue  # belongs to another machine or to an extra
        if not pin.specifier.contains(installed):
            wrong.append(f"{pin}, but {installed} is installed")
    assert wrong == []


# The Makefile, with Pythons that only pretend ---------------------------------------------------


@pytest.fixture
def machine(root, tmp_path):
    """A copy of the Makefile in a folder with a space in its name, and a PATH that holds nothing yet."""
    folder = tmp_path / "my course"
    (tmp_path / "bin").mkdir()
    folder.mkdir()
    shutil.copy(root / "Makefile", folder)
    return folder


def pretend(machine, name, version="", status=0):
    """Put a program on the machine's PATH that tells ``version`` and makes a .venv that only says what it is asked."""
    program = machine.parent / "bin" / name
    program.write_text(
        "#!/bin/sh\n"
        f'if [ "$1" = -c ]; then echo "{version}"; exit {status}; fi\n'
        f'echo "{version} $*"\n'
        "/bin/mkdir -p .venv/bin\n"
        "printf '#!/bin/sh\\necho venv \"$@\"\\n' > .venv/bin/python\n"
        "/bin/chmod +x .venv/bin/python\n"
    )
    program.chmod(0o755)
    return program


def make(machine, *arguments):
    environment = {"PATH": str(machine.parent / "bin")}
    return subprocess.run([MAKE, *arguments], cwd=machine, env=environment, capture_output=True, text=True, timeout=60)


def sentence_of(failed):
    """The one line that a failed make wrote before make's own closing line."""
    assert failed.returncode != 0
    assert "Traceback" not in failed.stdout + failed.stderr
    lines = [line for line in failed.stderr.splitlines() if not re.match(r"make(\[\d\])?: ", line)]
    assert len(lines) == 1, failed.stderr
    return lines[0]


@needs_make
def test_make_without_a_target_explains_every_target(machine):
    shown = make(machine).stdout
    targets = re.search(r"^\.PHONY: (.*)$", (machine / "Makefile").read_text(), re.MULTILINE)[1].split()
    for target in set(targets) - {"help"}:
        assert re.search(rf"^make {target} ", shown, re.MULTILINE), target


@needs_make
def test_an_unknown_target_gets_the_list_of_targets(machine):
    sentence = sentence_of(make(machine, "notebook"))
    assert '"make notebook"' in sentence
    for target in ("lab", "test", "test-grading", "test-browser", "notebooks", "lint", "bench", "doctor", "lock"):
        assert re.search(rf"\b{target}\b", sentence)


@needs_make
@pytest.mark.parametrize("target", ["lab", "test", "test-grading", "test-browser", "notebooks", "lint", "doctor"])
def test_a_machine_without_python_is_told_so(machine, target):
    sentence = sentence_of(make(machine, target))
    assert "needs Python 3.11, 3.12 or 3.13, but this machine has none" in sentence
    assert f"make {target} PYTHON=" in sentence


@needs_make
@pytest.mark.parametrize("version", ["3.8.10", "3.10.13", "2.7.18", "3.14.0"])
def test_a_machine_with_a_python_that_does_not_fit_is_told_which(machine, version):
    pretend(machine, "python3", version)
    assert f"this machine has only {version}" in sentence_of(make(machine, "lab"))


@needs_make
def test_the_newest_python_that_fits_is_taken(machine):
    pretend(machine, "python3.13", "", status=127)  # a shim without a Python behind it
    pretend(machine, "python3.12", "3.12.4")
    pretend(machine, "python3.11", "3.11.9")
    pretend(machine, "python3", "3.14.0")
    done = make(machine, "lab")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["3.12.4 -m dqn_course.install", "venv -m dqn_course.lab"]


@needs_make
def test_the_python_of_a_working_environment_stays(machine):
    pretend(machine, "python3.13", "3.13.1")
    (machine / ".venv" / "bin").mkdir(parents=True)
    shutil.copy(pretend(machine, "python3.12", "3.12.4"), machine / ".venv" / "bin" / "python")
    assert make(machine, "lab").stdout.splitlines()[0] == "3.12.4 -m dqn_course.install"


@needs_make
def test_a_named_python_is_taken_and_rebuilds_the_environment(machine):
    pretend(machine, "python3.12", "3.12.4")
    named = pretend(machine, "my python", "3.11.2")
    assert "3.11.2 -m dqn_course.install --this-python" in make(machine, "lab", f"PYTHON={named}").stdout


@needs_make
def test_a_named_python_that_does_not_fit_is_not_replaced_by_another(machine):
    pretend(machine, "python3.12", "3.12.4")
    old = pretend(machine, "old", "3.9.1")
    assert f"{old} is 3.9.1" in sentence_of(make(machine, "lab", f"PYTHON={old}"))
    assert "/nowhere is no Python that runs" in sentence_of(make(machine, "lab", "PYTHON=/nowhere"))


@needs_make
def test_a_failed_installation_starts_nothing(machine):
    program = pretend(machine, "python3.12", "3.12.4")
    program.write_text(program.read_text() + "echo The disk is full. >&2; exit 1\n")
    failed = make(machine, "lab")
    assert sentence_of(failed) == "The disk is full."
    assert "venv" not in failed.stdout


@needs_make
@pytest.mark.parametrize(
    "arguments, extra, command",
    [
        (["lab", "PORT=8890", "ARGS=--no-browser"], "", "-m dqn_course.lab --port 8890 --no-browser"),
        (["test", "ARGS=-k replay"], " dev", "-m pytest -n 2 --dist loadscope -k replay"),
        (
            ["test-grading", "ARGS=-k bomb"],
            " dev",
            "-m pytest -m slow_grading or not slow_grading "
            "tests/test_grading_corpus.py tests/test_grading_runs.py -k bomb",
        ),
        (
            ["test-browser", "ARGS=-k 10_evaluation"],
            " dev",
            "-m pytest -n 2 --dist loadscope -m browser "
            "tests/test_browser.py tests/test_browser_formgrader.py -k 10_evaluation",
        ),
        (["notebooks"], "", "-m dqn_course.build"),
        (["doctor"], "", "-m dqn_course.cli doctor"),
        (["lint"], " dev", "-m ruff format --check"),
        (["bench", "NAME=one", "ARGS=--json"], " bench", "benchmarks/one.py --json"),
    ],
)
def test_each_target_installs_what_it_needs_and_runs_its_command(machine, arguments, extra, command):
    (machine / "benchmarks").mkdir()
    (machine / "benchmarks" / "one.py").touch()
    pretend(machine, "python3.12", "3.12.4")
    done = make(machine, *arguments)
    assert done.returncode == 0, done.stderr
    assert f"3.12.4 -m dqn_course.install{extra}\n" in done.stdout
    assert done.stdout.splitlines()[-1] == f"venv {command}"


@needs_make
def test_bench_lists_the_benchmarks_and_knows_no_other(root):
    def bench(*arguments):
        return subprocess.run([MAKE, "bench", *arguments], cwd=root, capture_output=True, text=True, timeout=60)

    listed = bench().stdout
    for path in (root / "benchmarks").glob("*.py"):
        assert f"  {path.stem}\n" in listed
    assert 'no benchmark "nothing"' in sentence_of(bench("NAME=nothing"))


@needs_make
def test_lock_says_which_tool_it_needs(machine):
    assert "make lock needs uv" in sentence_of(make(machine, "lock"))


def test_the_makefile_uses_nothing_newer_than_make_3_81(root):
    text = (root / "Makefile").read_text()
    for newer in (".ONESHELL", "!=", "::=", "$(file ", "$(let ", "$(intcmp ", ".EXTRA_PREREQS", "define setup ="):
        assert newer not in text, newer


# CI ---------------------------------------------------------------------------------------------


def test_ci_goes_on_where_it_may_not_install_and_says_what_is_skipped(root, tmp_path):
    programs = {"id": "echo 1000", "make": 'echo "make $*"', "dirname": 'exec /usr/bin/dirname "$@"'}
    for name, body in programs.items():
        program = tmp_path / name
        program.write_text(f"#!/bin/sh\n{body}\n")
        program.chmod(0o755)
    environment = {"PATH": str(tmp_path)}
    bash = shutil.which("bash")
    done = subprocess.run([bash, root / ".ci" / "run"], env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "Not installed and not installable here, so their tests skip: chromium bubblewrap xvfb",
        "make test",
    ]
    assert (root / ".ci" / "run").stat().st_mode & stat.S_IXUSR


# The installer ----------------------------------------------------------------------------------


@pytest.fixture
def course(root, tmp_path, monkeypatch):
    """A folder to install into, with a pip and a venv that only note what they are asked for in ``course.done``."""

    class Course(type(tmp_path)):
        done = []
        pip_fails_with = None

    course = Course(tmp_path / "course")
    course.mkdir()
    for name in ("pyproject.toml", "constraints.txt"):
        shutil.copy(root / name, course)

    def make_venv(venv):
        shutil.rmtree(venv, ignore_errors=True)
        (venv / "bin").mkdir(parents=True)
        (venv / "bin" / "python").touch()
        course.done.append("venv")

    def run_pip(root, python, arguments):
        assert not (root / ".venv" / "installed.json").exists(), "the stamp must be written last"
        if course.pip_fails_with:
            raise course.pip_fails_with
        course.done.append(arguments[-1])

    course.done = []
    monkeypatch.setattr(install, "make_venv", make_venv)
    monkeypatch.setattr(install, "run_pip", run_pip)
    return course


def installed(course, *extras, **options):
    """Install and return what had to be done for it."""
    course.done.clear()
    install.install(course, set(extras), **options)
    return list(course.done)


def test_the_first_installation_makes_everything_and_the_second_nothing(course):
    assert installed(course) == ["venv", "."]
    assert installed(course) == []


def test_extras_are_added_once_and_stay(course):
    installed(course)
    assert installed(course, "dev") == [".[dev]"]
    assert installed(course, "dev") == []
    assert installed(course) == []
    assert installed(course, "bench") == [".[bench,dev]"]


@pytest.mark.parametrize(
    "file, old, new, done",
    [
        ("constraints.txt", "torch==", "torch==9", ["."]),
        ("pyproject.toml", '"tqdm>=', '"tqdm>=9', ["."]),
        ("pyproject.toml", "line-length = ", "line-length = 1", []),
    ],
)
def test_a_changed_pin_or_dependency_is_installed_and_a_changed_style_is_not(course, file, old, new, done):
    installed(course)
    text = (course / file).read_text()
    assert old in text
    (course / file).write_text(text.replace(old, new))
    assert installed(course) == done


@pytest.mark.parametrize("failure", [install.InstallError("no"), KeyboardInterrupt()])
def test_a_half_made_environment_is_never_taken_for_a_whole_one(course, failure):
    course.pip_fails_with = failure
    with pytest.raises(type(failure)):
        installed(course)
    course.pip_fails_with = None
    assert installed(course) == ["venv", "."]
    assert installed(course) == []


def test_an_update_that_fails_leaves_no_stamp_behind(course):
    installed(course)
    course.pip_fails_with = install.InstallError("no")
    with pytest.raises(install.InstallError):
        installed(course, "dev")
    course.pip_fails_with = None
    assert installed(course, "dev") == ["venv", ".[dev]"]


@pytest.mark.parametrize("content", ["", "{", "[]", "7", '{"digest": 1}'])
def test_a_damaged_stamp_means_a_new_environment(course, content):
    installed(course)
    (course / ".venv" / "installed.json").write_text(content)
    assert installed(course) == ["venv", "."]


def test_an_environment_whose_python_is_gone_is_made_anew(course):
    installed(course)
    (course / ".venv" / "bin" / "python").unlink()
    assert installed(course) == ["venv", "."]


def test_a_moved_course_gets_a_new_environment(course):
    installed(course)
    moved = course.rename(course.parent / "elsewhere")
    course.done.clear()
    install.install(moved)
    assert course.done == ["venv", "."]


def test_another_python_makes_a_new_environment_only_when_it_was_named(course, monkeypatch):
    installed(course)
    monkeypatch.setattr(sys, "version_info", type("Version", (tuple,), {"major": 3, "minor": 99})((3, 99)))
    assert installed(course) == []
    assert installed(course, this_python=True) == ["venv", "."]
    assert installed(course, this_python=True) == []


@pytest.mark.parametrize(
    "failure, status, words",
    [
        (install.InstallError("The disk is full."), 1, "The disk is full."),
        (KeyboardInterrupt(), 130, "run the same command again to continue"),
    ],
)
def test_the_installer_ends_with_one_sentence(monkeypatch, capsys, failure, status, words):
    def fail(*arguments, **options):
        raise failure

    monkeypatch.setattr(install, "install", fail)
    monkeypatch.setattr(install.signal, "signal", lambda *handler: None)  # leave pytest's own alone
    assert install.main([]) == status
    assert words in capsys.readouterr().err


def test_a_python_without_venv_names_the_package_to_install(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "ensurepip", None)  # as on Debian without python3-venv
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    with pytest.raises(install.InstallError, match=rf"sudo apt install python{version}-venv"):
        install.make_venv(tmp_path / ".venv")
    assert not (tmp_path / ".venv").exists()


def test_a_venv_that_cannot_be_written_gives_a_sentence(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(install.InstallError, match="could not make an environment"):
        install.make_venv(tmp_path / "file" / ".venv")


def test_a_real_environment_replaces_a_half_made_one(tmp_path):
    (tmp_path / ".venv" / "lib").mkdir(parents=True)
    (tmp_path / ".venv" / "lib" / "half").touch()
    install.make_venv(tmp_path / ".venv")
    python = tmp_path / ".venv" / "bin" / "python"
    assert subprocess.run([python, "-m", "pip", "--version"], capture_output=True).returncode == 0
    assert not (tmp_path / ".venv" / "lib" / "half").exists()


def talking_python(folder, text, status):
    """A Python whose pip says ``text`` and ends with ``status``."""
    (folder / ".venv").mkdir(exist_ok=True)
    (folder / "talk.txt").write_text(text)
    python = folder / "python"
    python.write_text(f'#!/bin/sh\necho "$@" > "{folder}/asked.txt"\ncat "{folder}/talk.txt"\nexit {status}\n')
    python.chmod(0o755)
    return python


def test_pip_runs_quietly_but_for_large_downloads(tmp_path, capsys):
    talk = (
        "Collecting torch==2.13.0\n"
        "  Downloading torch-2.13.0-cp312-cp312-manylinux_2_28_x86_64.whl (780.4 MB)\n"
        "  Downloading six-1.17.0-py2.py3-none-any.whl (11 kB)\n"
        "Installing collected packages: six, torch\n"
        "Successfully installed six-1.17.0 torch-2.13.0\n"
    )
    install.run_pip(tmp_path, talking_python(tmp_path, talk, 0), ["--editable", "."])
    assert capsys.readouterr().out == "  downloading torch 2.13.0 (780.4 MB)\n  installing 2 packages\n"
    assert (tmp_path / ".venv" / "install.log").read_text() == talk
    assert (tmp_path / "asked.txt").read_text().startswith("-m pip install ")


@pytest.mark.parametrize(
    "talk, words",
    [
        ("WARNING: Retrying after connection broken by 'NewConnectionError(...)'\nERROR: No matching distribution "
         "found for setuptools", "check the internet connection"),
        ("ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device", "disk is full"),
        ("ERROR: No matching distribution found for torch==2.13.0", "No matching distribution found for torch==2.13.0"),
        ("  error: subprocess-exited-with-error\nERROR: Failed building wheel for box2d-py", "not available for this"),
        ("ERROR: something new", "something new"),
        ("", "no output"),
    ],
)  # fmt: skip
def test_a_failed_pip_is_explained_in_one_sentence(tmp_path, talk, words):
    with pytest.raises(install.InstallError) as failed:
        install.run_pip(tmp_path, talking_python(tmp_path, talk, 1), ["--editable", "."])
    assert words in str(failed.value)
    assert "\n" not in str(failed.value)


@pytest.mark.parametrize("signal_sent", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_installation_stops_pip_and_says_how_to_go_on(root, tmp_path, signal_sent):
    (tmp_path / "dqn_course").mkdir()
    for name in ("__init__.py", "install.py"):
        shutil.copy(root / "dqn_course" / name, tmp_path / "dqn_course")
    for name in ("pyproject.toml", "constraints.txt"):
        shutil.copy(root / name, tmp_path)
    pip = tmp_path / "python"
    pip.write_text(
        f"#!{sys.executable}\nimport os, time\nopen({str(tmp_path / 'pid')!r}, 'w').write(str(os.getpid()))\n"
        "print('Installing collected packages: one', flush=True)\ntime.sleep(60)\n"
    )
    pip.chmod(0o755)
    code = (
        "import shutil, sys; from dqn_course import install\n"
        "def make_venv(venv): (venv / 'bin').mkdir(parents=True); shutil.copy('python', venv / 'bin' / 'python')\n"
        "install.make_venv = make_venv; sys.exit(install.main([]))"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], cwd=tmp_path, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as installer:
        assert any("installing 1 packages" in line for line in installer.stdout)
        installer.send_signal(signal_sent)
        _, error = installer.communicate(timeout=30)
    assert installer.returncode == 130
    assert error == "\nStopped before the course was installed; run the same command again to continue.\n"
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)
    assert not (tmp_path / ".venv" / "installed.json").exists()


def test_two_makes_do_not_install_at_the_same_time(tmp_path, capsys):
    order = []

    def second():
        with install.one_at_a_time(tmp_path):
            order.append("second")

    with install.one_at_a_time(tmp_path):
        thread = threading.Thread(target=second)
        thread.start()
        thread.join(timeout=0.3)
        order.append("first")
    thread.join(timeout=10)
    assert order == ["first", "second"]
    assert "waiting" in capsys.readouterr().out


# The start of JupyterLab ------------------------------------------------------------------------


@contextmanager
def taken_port():
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        yield server.getsockname()[1]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_a_named_port_is_used_when_it_is_free():
    port = free_port()
    assert lab.choose_port(str(port)) == port


def test_a_named_port_that_is_in_use_ends_with_one_sentence(capsys):
    with taken_port() as port:
        assert lab.main(["--port", str(port)]) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"Port {port} is in use: ")
    assert error.count("\n") == 1


def test_without_a_name_the_next_free_port_is_taken_and_told(capsys):
    with taken_port() as port:
        chosen = lab.choose_port(first=port)
    assert port < chosen < port + 100
    assert capsys.readouterr().out == f"Port {port} is in use, so this JupyterLab takes {chosen}.\n"


@pytest.mark.parametrize("named", ["", "abc", "0", "-1", "65536", "8888.0", "٣"])
def test_a_port_that_is_no_port_is_refused(named):
    with pytest.raises(lab.LabError, match="is not a port"):
        lab.choose_port(named)


def test_a_port_of_the_system_is_refused(monkeypatch):
    monkeypatch.setattr(lab, "try_port", lambda port: errno.EACCES)
    with pytest.raises(lab.LabError, match="name one above 1023"):
        lab.choose_port("80")


def test_no_free_port_at_all_is_told(monkeypatch):
    monkeypatch.setattr(lab, "try_port", lambda port: errno.EADDRINUSE)
    with pytest.raises(lab.LabError, match="No port from 8888 to 8987 is free"):
        lab.choose_port()


def test_a_browser_opens_only_where_there_is_a_screen(monkeypatch):
    monkeypatch.setattr(sys, "platform", "linux")
    for name in ("CI", "DISPLAY", "WAYLAND_DISPLAY", "BROWSER"):
        monkeypatch.delenv(name, raising=False)
    assert not lab.has_browser()
    monkeypatch.setenv("DISPLAY", ":0")
    assert lab.has_browser()
    monkeypatch.setenv("CI", "true")
    assert not lab.has_browser()


def test_a_folder_without_lessons_is_told(tmp_path):
    with pytest.raises(lab.LabError, match="run this from a copy of the course's repository"):
        lab.build_what_is_missing(tmp_path)


def test_only_missing_notebooks_are_built_and_the_students_stay(root, tmp_path, capsys):
    for name in ("solutions", "notebooks"):
        shutil.copytree(root / name, tmp_path / name)
    shutil.copy(root / "nbgrader_config.py", tmp_path)
    mine = tmp_path / "notebooks" / "06_lunar_lander" / "06_lunar_lander.ipynb"
    mine.write_text("what the student wrote")
    (mine.parent / "model.py").write_text("the student's network")
    gone = tmp_path / "notebooks" / "00_welcome" / "00_welcome.ipynb"
    gone.unlink()
    lab.build_what_is_missing(tmp_path)
    assert capsys.readouterr().out == "Building 00_welcome ...\n"
    assert json.loads(gone.read_text())["nbformat"] == 4
    assert mine.read_text() == "what the student wrote"
    assert (mine.parent / "model.py").read_text() == "the student's network"
    lab.build_what_is_missing(tmp_path)
    assert capsys.readouterr().out == ""


def test_a_source_that_does_not_build_ends_with_its_reason(root, tmp_path):
    shutil.copy(root / "nbgrader_config.py", tmp_path)
    lesson = tmp_path / "solutions" / "01_broken" / "01_broken.py"
    lesson.parent.mkdir(parents=True)
    lesson.write_text('# %% exercize="x"\n')
    with pytest.raises(lab.LabError, match="could not be built: .*exercize"):
        lab.build_what_is_missing(tmp_path)


def test_settings_are_written_once_and_a_foreign_environment_is_left_alone(tmp_path):
    lab.write_settings(tmp_path)
    for name, settings in lab.SETTINGS.items():
        assert json.loads((tmp_path / name).read_text()) == settings
    file = next(tmp_path.rglob("overrides.json"))
    before = file.stat().st_mtime_ns
    lab.write_settings(tmp_path)
    assert file.stat().st_mtime_ns == before
    (tmp_path / "file").touch()
    lab.write_settings(tmp_path / "file")  # cannot be written: no error


@pytest.fixture(scope="module")
def running_lab(root, tmp_path_factory):
    """A JupyterLab started as `make lab` starts it, for a person without any settings: (seconds, address, GET)."""
    home = tmp_path_factory.mktemp("home")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("JUPYTER")}
    environment |= {"HOME": str(home), "CI": "true", "PYTHONUNBUFFERED": "1"}
    command = [sys.executable, "-m", "dqn_course.lab", "--port", str(free_port())]
    start = time.monotonic()
    server = subprocess.Popen(
        command, cwd=root, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    try:
        lines = []
        for line in server.stdout:
            lines.append(line)
            if address := re.search(r"http\S+", line):
                break
        else:
            pytest.fail("JupyterLab did not start:\n" + "".join(lines))
        base, token = re.fullmatch(r"(http://[^/]+/)\S*\?token=(\w+)", address[0]).groups()

        def get(path):
            request = urllib.request.Request(base + path, headers={"Authorization": f"token {token}"})
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.read().decode()

        get("api/status")
        yield time.monotonic() - start, address[0], get
    finally:
        server.terminate()
        server.wait(timeout=30)
        server.stdout.close()


def test_the_lab_serves_within_ten_seconds(running_lab):
    seconds, _, _ = running_lab
    assert seconds < 10 * max(1.0, os.getloadavg()[0] / os.cpu_count())  # a busy machine is given its time


def test_the_address_opens_the_welcome_notebook(running_lab):
    _, address, get = running_lab
    assert re.search(r"/lab/tree/notebooks/00_welcome/00_welcome\.ipynb\?token=\w{20,}$", address)
    with urllib.request.urlopen(address, timeout=60) as page:
        assert "JupyterLab" in page.read().decode()
    assert json.loads(get("api/contents/notebooks/00_welcome/00_welcome.ipynb"))["type"] == "notebook"


def test_the_lab_shows_the_whole_course_to_its_owner_only(running_lab):
    _, address, get = running_lab
    names = {entry["name"] for entry in json.loads(get("api/contents/"))["content"]}
    assert {"notebooks", "solutions", "nbgrader_config.py"} <= names
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(address.split("/lab/")[0] + "/api/contents/", timeout=60)
    assert refused.value.code == 403


def test_the_lab_has_the_validate_button_and_asks_nothing(running_lab):
    _, _, get = running_lab
    assert "@jupyter/nbgrader" in get("lab")
    settings = json.loads(get("lab/api/settings/@jupyterlab/apputils-extension:notification"))
    assert settings["schema"]["properties"]["fetchNews"]["default"] == "false"
    version = importlib.metadata.version("nbgrader")
    assert json.loads(get(f"nbgrader_version?version={version}"))["success"] is True
    assert json.loads(get("api/kernelspecs"))["default"] == "python3"
