"""Make the environment: ``.venv`` from pyproject.toml, at the versions of constraints.txt.

``make`` runs this with any supported Python before anything is installed, so it needs the standard library
only. A stamp is written last: an environment without it is taken for half-made and is made anew (what was
downloaded comes from pip's cache), and one whose stamp is out of date is brought up to date.
"""

import contextlib
import hashlib
import json
import os
import platform
import re
import signal
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NETWORK_TROUBLE = re.compile(
    "NewConnectionError|NameResolutionError|ConnectTimeoutError|ReadTimeoutError|ProxyError|SSLError|"
    "Max retries exceeded|Connection broken|Connection reset|Connection aborted|IncompleteRead|Read timed out"
)


class InstallError(Exception):
    """The environment could not be made; the text is one sentence for the person at the keyboard."""


def main(arguments):
    """Make or refresh the environment with the extras named; return the exit status, 0 if it stands."""
    extras = {name for name in arguments if not name.startswith("--")}
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # a kill ends pip too, as Ctrl-C does
    try:
        with one_at_a_time(ROOT):
            install(ROOT, extras, this_python="--this-python" in arguments)
    except InstallError as problem:
        print(problem, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(
            "\nStopped before the course was installed; run the same command again to continue.",
            file=sys.stderr,
        )
        return 130
    return 0


def install(root, extras=(), this_python=False):
    """Bring ``root/.venv`` to what pyproject.toml and constraints.txt say, with the ``extras`` asked for.

    ``this_python`` makes it anew when it stands on another Python version than the one running now.
    Does nothing when the stamp says that all of it is there. Raises ``InstallError``.
    """
    venv = root / ".venv"
    python = venv / "bin" / "python"
    stamp = venv / "installed.json"
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    wanted = {"root": str(root), "digest": digest(root)}

    present = read_stamp(stamp) if python.exists() else {}
    if this_python and present.get("python") != version:
        present = {}
    extras = sorted({*extras, *present.get("extras", ())})
    if present == wanted | {"python": present.get("python"), "extras": extras}:
        return

    stamp.unlink(missing_ok=True)
    if present.get("root") != str(root):
        print("Installing the course into .venv (once; a few minutes, a few GB) ...", flush=True)
        make_venv(venv)
        present = {"python": version}
    else:
        print("Bringing .venv up to date ...", flush=True)
    target = f".[{','.join(extras)}]" if extras else "."
    run_pip(root, python, ["--constraint", "constraints.txt", "--editable", target])

    written = stamp.with_suffix(".tmp")
    written.write_text(json.dumps(wanted | {"python": present["python"], "extras": extras}))
    written.replace(stamp)
    print("Installed.", flush=True)


def digest(root):
    """A hash of everything that decides what is installed: the settings of ruff and pytest do not."""
    pyproject = tomllib.loads((root / "pyproject.toml").read_text())
    decisive = [pyproject["project"], pyproject["build-system"], (root / "constraints.txt").read_text()]
    return hashlib.sha256(json.dumps(decisive).encode()).hexdigest()


def read_stamp(stamp):
    """The stamp's content, or an empty dict where there is none or it is damaged."""
    try:
        content = json.loads(stamp.read_text())
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def make_venv(venv):
    """An empty environment with pip, in place of whatever stood there."""
    try:
        import ensurepip  # noqa: F401 (Debian and Ubuntu leave it out of their Python)
        import venv as _  # noqa: F401
    except ImportError:
        package = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
        raise InstallError(
            f"This Python cannot make environments because its venv package is missing: "
            f"install it (on Debian and Ubuntu: sudo apt install {package}) and run make again."
        ) from None
    base_python = getattr(sys, "_base_executable", None) or sys.executable  # never the environment's own
    made = subprocess.run(
        [base_python, "-m", "venv", "--clear", str(venv)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if made.returncode != 0:
        reason = made.stdout.strip().splitlines() or ["no reason given"]
        raise InstallError(f"Python could not make an environment in {venv}: {reason[-1]}")


def run_pip(root, python, arguments):
    """``pip install`` with its talk in ``.venv/install.log`` and the large downloads on the screen."""
    command = [str(python), "-m", "pip", "install", "--no-input", "--progress-bar", "off", *arguments]
    log = root / ".venv" / "install.log"
    environment = os.environ | {"PIP_USER": "0", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    with (
        log.open("w") as file,
        subprocess.Popen(
            command, cwd=root, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        ) as process,
    ):
        try:
            for line in process.stdout:
                file.write(line)
                if news := screen_line(line):
                    print(news, flush=True)
        except BaseException:
            process.terminate()
            raise
    if process.returncode != 0:
        raise InstallError(diagnose(log.read_text(), log.relative_to(root)))


def screen_line(line):
    """What a person wants to see of one line of pip's: large downloads and the last step, else nothing."""
    large = re.match(r"\s*Downloading (\S+?)-(\d\S*?)(?:-\S*)? \(([\d.]+ [MG]B)\)", line)
    if large and (large[3].endswith("GB") or float(large[3].split()[0]) >= 10):
        return f"  downloading {large[1].rsplit('/', 1)[-1]} {large[2]} ({large[3]})"
    if line.startswith("Installing collected packages:"):
        return f"  installing {line.count(',') + 1} packages"
    return ""


def diagnose(log, name):
    """One sentence for a failed pip run, from its ``log``; ``name`` is where the whole log is."""
    if "No space left on device" in log:
        return "The disk is full: the course needs about 8 GB; make room and run make again."
    if NETWORK_TROUBLE.search(log):
        return "The packages could not be downloaded: check the internet connection and run make again."
    errors = re.findall(r"^ *(?:ERROR|error): (.+)", log, re.MULTILINE)
    if re.search("No matching distribution|Failed (?:to build|building)|subprocess-exited-with-error", log):
        machine = f"{platform.system()} {platform.machine()}, Python {platform.python_version()}"
        return (
            f"A package is not available for this machine ({machine}): {errors[-1] if errors else 'see the log'} "
            f"(The course is made for Linux on x86-64 and for macOS 14 or later on Apple silicon; see {name}.)"
        )
    last = errors[-1] if errors else (log.strip().splitlines() or ["no output"])[-1]
    return f"The installation failed: {last} (The whole story is in {name}; run make again to retry.)"


@contextlib.contextmanager
def one_at_a_time(root):
    """Wait while another make installs into the same folder."""
    import fcntl

    handle = os.open(root, os.O_RDONLY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("Another make is installing the course; waiting for it ...", flush=True)
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
