"""The trusted side of the sandbox: start it, hand it a submission, ask for a cell or a check, stop it.

The wall is bubblewrap: an interpreter, the installed packages and this package, all read-only; no network, no home, no
environment, nothing of the course. ``inside.py`` runs in there. What comes out is JSON and arrays, and is limited.
"""

import contextlib
import json
import os
import platform
import select
import shutil
import socket
import subprocess
import sys
import sysconfig
import tempfile
import threading
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from dqn_course.grading import inside, stripped

PACKAGE = Path(__file__).resolve().parents[1]
UNPRIVILEGED = 65_000
"""The user inside when the grader is root: nobody's number, so that limits on processes hold."""
START_SECONDS = 180
GRACE_SECONDS = 3
MESSAGE_BYTES = 64_000_000


class SandboxError(Exception):
    """The sandbox cannot be used here; the text is a sentence for the instructor."""


class Ended(Exception):
    """The submission is no longer running; the text says why, for the student."""


class Tampered(Ended):
    """It is not, because it tried to deceive the grader."""


@dataclass(frozen=True)
class Limits:
    """What one submission may use."""

    cell_seconds: int = 60
    notebook_seconds: int = 600
    cpu_seconds: int = 600
    memory_mb: int = 4000
    data_mb: int = 8000
    processes: int = 64
    file_mb: int = 100
    scratch_mb: int = 200
    output_kb: int = 1000
    total_output_mb: int = 20


class Sandbox:
    """One warm sandbox, in which submissions run one after the other. ``wall=False`` runs without bubblewrap."""

    def __init__(self, imports=(), wall=True, hide=()):
        self.imports = list(imports)
        self.hide = list(hide)
        self.wall = wall
        self.process = None
        self.closed = False
        self.one_at_a_time = threading.Lock()

    def launch(self):
        """Start the warm process, which does the imports that every lesson needs. Does not wait for it."""
        if self.closed:
            raise SandboxError("The sandbox was stopped.")
        ours, theirs = socket.socketpair()
        self.folder = tempfile.mkdtemp(prefix="sandbox-")
        user = UNPRIVILEGED if self.wall and os.geteuid() == 0 else 0
        program = [sys.executable, "-m", "dqn_course.grading.inside", str(theirs.fileno()), str(user)]
        environment = None if self.wall else os.environ | environment_inside(self.folder)
        self.control, self.begun = ours, False
        with theirs, open(os.path.join(self.folder, "log"), "wb") as log:
            self.process = subprocess.Popen(
                (wall(self.hide) if self.wall else []) + program, pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env=environment, cwd="/" if self.wall else self.folder, start_new_session=True,
            )  # fmt: skip

    def start(self):
        """Have the warm process do the lesson's imports, and wait until they are done; start it where there is none."""
        if self.process and self.process.poll() is None and self.begun:
            return
        if not self.process or self.process.poll() is not None:
            self.stop()
            self.launch()
        control = self.control
        control.settimeout(START_SECONDS)
        try:
            if self.closed:  # while it was starting
                raise EOFError
            inside.send(control, {"imports": self.imports}, json.dumps(stripped.sources()).encode())
            hello, _ = inside.receive(control, MESSAGE_BYTES)
        except (EOFError, OSError, ValueError):
            said = Path(self.folder, "log").read_text("utf-8", "replace").strip().splitlines()
            self.stop()
            reason = said[-1] if said else "it gave no reason"
            raise SandboxError(f"The sandbox did not start: {reason}") from None
        control.settimeout(None)
        self.begun = True
        self.reusable = bool(hello.get("namespaces")) or not self.wall

    def stop(self, for_good=False):
        """End the sandbox and everything in it; ``for_good``: from any thread, and it does not start again."""
        self.closed |= for_good
        process, self.process = self.process, None
        if process:
            self.control.close()
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            process.wait()
            shutil.rmtree(self.folder, ignore_errors=True)

    @contextlib.contextmanager
    def submission(self, checks, limits):
        """A ``Submission`` running in here; when the block ends, so does every process of it."""
        with self.one_at_a_time:
            running = self._begun(checks, limits)
            try:
                yield running
            finally:
                running.sock.close()
                running.watching.set()
                if not self._finish():
                    self.stop()

    def _begun(self, checks, limits):
        """A submission in this sandbox; in a new one where this one has died, which is not the submission's fault."""
        for attempt in range(2):
            self.start()
            ours, theirs = socket.socketpair()
            running = Submission(self, ours, limits)
            try:
                with theirs:
                    socket.send_fds(self.control, [b"s"], [theirs.fileno()])
                running.begin(checks)
                return running
            except (Ended, OSError) as problem:
                ours.close()
                self.stop()
                if attempt:
                    raise SandboxError(f"the sandbox does not take submissions: {problem}") from None

    def tell(self, **message):
        """Send the warm process an order about the running submission: kill or interrupt."""
        with contextlib.suppress(OSError):
            inside.send(self.control, message)

    def _finish(self):
        """Kill what is left of a submission; True if this sandbox may be used for another."""
        self.tell(kill=True, last=True)
        self.control.settimeout(30)
        try:
            inside.receive(self.control, MESSAGE_BYTES)
        except (EOFError, OSError, ValueError):
            return False
        self.control.settimeout(None)
        return self.reusable


class Submission:
    """A student's process inside the sandbox."""

    def __init__(self, sandbox, sock, limits):
        self.sandbox = sandbox
        self.sock = sock
        self.limits = limits
        self.deadline = time.monotonic() + limits.notebook_seconds
        self.received = 0
        self.why_killed = ""
        self.watching = threading.Event()
        self.cpu_seconds = 0.0

    def begin(self, checks):
        """Start the student's process and the watch over its memory."""
        limits = asdict(self.limits) | {"processes": self.limits.processes + processes_of_this_user()}
        scratch = os.path.join(self.sandbox.folder, f"student-{time.monotonic_ns()}")
        inside.send(self.sock, {"limits": limits, "checks": list(checks), "scratch": scratch})
        self._reply(START_SECONDS)
        threading.Thread(target=self._watch, daemon=True).start()

    def file(self, name, data):
        """Put a file into the student's folder."""
        self._ask({"do": "file", "name": name}, data)

    def cell(self, source):
        """Run a cell. Returns its reply: ``outputs``, ``error``; or ``timeout`` true. Raises Ended."""
        return self._ask({"do": "cell", "source": source})[0]

    def holds(self, source):
        """Whether a statement runs without error there."""
        return bool(self._ask({"do": "holds", "source": source})[0].get("holds"))

    def check(self, check, answer, packed):
        """The packed outputs of a check's ``run_cases``, or None after a timeout."""
        reply, payload = self._ask({"do": "check", "check": check, "answer": answer}, packed)
        return None if reply.get("timeout") or reply.get("interrupted") else payload

    def _ask(self, message, payload=b""):
        seconds = min(self.limits.cell_seconds, self.deadline - time.monotonic())
        if seconds <= 0:
            raise Ended(f"The notebook ran longer than {self.limits.notebook_seconds} seconds in all.")
        if select.select([self.sock], [], [], 0)[0] and self._peek():
            raise Tampered("The notebook sent an answer to the grader without being asked.")
        try:
            self.sock.settimeout(seconds)  # a process that stands still does not read either
            inside.send(self.sock, message, payload)
            reply = self._reply(seconds)
        except TimeoutError:
            self.sandbox.tell(interrupt=True)
            try:
                self._reply(GRACE_SECONDS)
            except TimeoutError:
                what = f"A cell ran longer than {seconds:.0f} seconds and did not let itself be interrupted."
                raise Ended(what) from None
            return {"timeout": True, "seconds": round(seconds)}, b""
        except OSError:
            raise Ended(self._reason()) from None
        reply[0].pop("timeout", None)  # that is for the grader to say
        cpu = reply[0].get("cpu")
        if type(cpu) is float and 0 <= cpu <= 64 * self.limits.notebook_seconds:
            self.cpu_seconds += cpu
        return reply

    def _peek(self):
        try:
            return self.sock.recv(1, socket.MSG_PEEK)
        except OSError:
            return b""

    def _reply(self, seconds):
        """The next message, within ``seconds`` in all."""
        end = time.monotonic() + seconds
        try:
            reply = inside.receive(_Deadline(self.sock, end), MESSAGE_BYTES, self.limits.total_output_mb * 1_000_000)
        except (EOFError, ConnectionError):
            raise Ended(self._reason()) from None
        except (ValueError, UnicodeDecodeError, RecursionError):
            raise Ended("What the notebook sent could not be read, or was too much.") from None
        self.received += len(reply[1]) + len(json.dumps(reply[0]))
        if self.received > self.limits.total_output_mb * 1_000_000 + len(reply[1]):
            raise Ended(f"The notebook showed more than {self.limits.total_output_mb} MB in all.")
        return reply

    def _reason(self):
        time.sleep(0.05)  # the watch may be just about to say why
        return self.why_killed or "The notebook's process ended: it stopped itself, or it broke a limit, or it crashed."

    def _watch(self):
        """Kill the submission when all its processes together take too much memory."""
        limit = self.limits.memory_mb * 1_000_000
        root = self.sandbox.process
        base = None
        while not self.watching.wait(0.1) and root and root.poll() is None:
            used = memory_below(root.pid)
            base = used if base is None else min(base, used)
            if used - base > limit:
                self.why_killed = f"The notebook used more than {self.limits.memory_mb} MB of memory."
                self.sandbox.tell(kill=True)
                return


class _Deadline:
    """A socket whose every ``recv`` shares one deadline."""

    def __init__(self, sock, end):
        self.sock = sock
        self.end = end

    def recv(self, size):
        left = self.end - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self.sock.settimeout(left)
        try:
            return self.sock.recv(size)
        finally:
            self.sock.settimeout(None)


def memory_below(pid):
    """Bytes of memory of a process and all below it, without what they share."""
    total, todo = 0, [pid]
    while todo:
        pid = todo.pop()
        with contextlib.suppress(psutil.Error, OSError):
            todo += children_of(pid)
            total += _own_memory(pid)
    return total


def children_of(pid):
    """The process numbers of its children; Linux tells them without a look at all other processes."""
    try:
        found = []
        for thread in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{thread}/children") as file:
                found += map(int, file.read().split())
        return found
    except FileNotFoundError:  # another system, or a kernel without this
        return [child.pid for child in psutil.Process(pid).children()]


def _own_memory(pid):
    """What a process takes, with the memory that it shares with its children, and without the files it has mapped."""
    if sys.platform != "linux":
        return psutil.Process(pid).memory_info().rss
    with open(f"/proc/{pid}/status") as file:  # psutil counts memory shared between processes as a file
        lines = dict(line.split(":", 1) for line in file)
    return sum(int(lines.get(name, "0").split()[0]) << 10 for name in ("RssAnon", "RssShmem"))


def processes_of_this_user():
    """Processes and threads that already count against a limit: none where each namespace counts its own (5.14)."""
    version = tuple(int(part) for part in platform.release().split(".")[:2] if part.isdigit())
    if version >= (5, 14) or os.geteuid() == 0:
        return 0
    count = 0
    for process in psutil.process_iter(["uids", "num_threads"]):
        if process.info["uids"] and process.info["uids"].real == os.getuid():
            count += process.info["num_threads"] or 1
    return count


def environment_inside(home=inside.HOME):
    """The environment of the warm process; nothing of the instructor's own is in it."""
    return {
        "PATH": f"{sysconfig.get_path('scripts')}:/usr/bin:/bin", "HOME": home, "LANG": "C.UTF-8",
        "PYTHONPATH": "/course" if home == inside.HOME else str(PACKAGE.parent), "PYTHONDONTWRITEBYTECODE": "1",
        "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1",
        "MPLBACKEND": "module://matplotlib_inline.backend_inline", "MPLCONFIGDIR": f"{home}/.matplotlib",
        "IPYTHONDIR": f"{home}/.ipython", "NBGRADER_EXECUTION": "autograde", "SDL_VIDEODRIVER": "dummy",
        "PYGAME_HIDE_SUPPORT_PROMPT": "1", "USER": "student", "JUPYTER_PLATFORM_DIRS": "1",
        "TMPDIR": home,
    }  # fmt: skip


def wall(hide=()):
    """The bubblewrap command that the warm process runs under. Raises SandboxError where there is none.

    hide: folders, like the root of the course, that may lie in what is otherwise visible, as /usr/src/course does.
    """
    program = shutil.which("bwrap")
    if program is None:
        raise SandboxError(
            "Grading runs every submission in a sandbox, and this machine lacks bubblewrap: install it (Debian, "
            "Ubuntu: apt install bubblewrap; Fedora: dnf install bubblewrap), or grade inside a container or virtual "
            "machine and set c.SandboxedAutograde.sandbox = False."
        )
    command = [
        program, "--die-with-parent", "--new-session", "--unshare-ipc", "--unshare-pid", "--unshare-net",
        "--unshare-uts", "--hostname", "sandbox", "--clearenv", "--proc", "/proc", "--dev", "/dev",
        *place(inside.HOME), *place("/dev/shm"),
    ]  # fmt: skip
    seen = visible()
    if not any(Path("/tmp") in path.parents for path in seen):  # else Python itself may lie there
        command += place("/tmp")
    if os.geteuid() == 0:
        command += ["--cap-drop", "ALL", "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
    else:
        command += ["--unshare-user"]
    command += ["--perms", "0777", "--dir", f"{inside.HOME}/.matplotlib"]
    places = [*seen, Path("/course/dqn_course")]
    for folder in sorted({parent for path in places for parent in path.parents} - {Path("/")}):
        command += ["--perms", "0755", "--dir", str(folder)]  # else those on the way are closed to the user inside
    for path in seen:
        command += show(path)
    for folder in sorted({PACKAGE.parent, *map(Path, hide)}):
        if any(path in folder.parents for path in seen):
            command += ["--tmpfs", str(folder)]
            for path in seen:
                command += show(path) if folder in path.parents else []
    command += ["--ro-bind", str(PACKAGE), "/course/dqn_course", "--tmpfs", "/course/dqn_course/checks"]
    for path in sorted((PACKAGE / "checks").glob("*.py")):
        if not path.name.startswith("lesson_"):  # those know the right answers: see stripped.py
            command += ["--ro-bind", str(path), f"/course/dqn_course/checks/{path.name}"]
    installed = Path(sysconfig.get_path("purelib"), "dqn_course")
    if installed.is_dir():
        command += ["--tmpfs", str(installed)]
    for cache in font_caches():
        command += ["--ro-bind", str(cache), f"{inside.HOME}/.matplotlib/{cache.name}"]
    for name, value in environment_inside().items():
        command += ["--setenv", name, value]
    return [*command, "--remount-ro", "/dev", "--remount-ro", "/", "--chdir", "/", "--"]


def show(path):
    """What ``path`` is outside: a link, or a folder or file that cannot be written to."""
    return ["--symlink", str(path.resolve()), str(path)] if path.is_symlink() else ["--ro-bind", str(path), str(path)]


def place(path):
    """A folder in memory that can be written to."""
    return ["--size", str(256 << 20), "--perms", "1777", "--tmpfs", path]


def try_wall():
    """Raise SandboxError where there is no bubblewrap, or where it may not do its work."""
    tried = subprocess.run([*wall(), "true"], capture_output=True, text=True, errors="replace", timeout=START_SECONDS)
    if tried.returncode != 0:
        said = tried.stderr.strip().splitlines() or ["it gave no reason"]
        raise SandboxError(
            f'bubblewrap is installed and cannot make a sandbox on this machine ("{said[-1]}"). docs/instructors.md '
            'says what to do about it, under "When the sandbox does not start".'
        )


def visible():
    """What a submission sees of this machine, read-only: the system's programs and libraries, Python, its packages."""
    system = ["/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/etc/ld.so.cache", "/etc/localtime", "/etc/fonts"]
    prefix = Path(sys.prefix)  # .venv, which may be a link
    python = {Path(sys.base_prefix).resolve(), prefix, prefix.resolve(), Path(sys.executable).resolve().parents[1]}
    python |= {Path(sysconfig.get_path(name)) for name in ("stdlib", "platstdlib", "purelib", "platlib")}
    paths = [Path(path) for path in system if os.path.lexists(path)]
    for path in sorted(python):
        if not {path, *path.parents}.intersection(paths) and path != Path("/"):
            paths.append(path)
    return paths


def font_caches():
    """matplotlib's list of fonts, which takes seconds to make anew. Where there is one, matplotlib is not imported."""
    folder = os.environ.get("MPLCONFIGDIR") or Path(
        os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser(), "matplotlib"
    )
    if not (found := list(Path(folder).glob("fontlist-*.json"))):
        import matplotlib.font_manager  # makes the list

        found = list(Path(matplotlib.get_cachedir()).glob("fontlist-*.json"))
    return found
