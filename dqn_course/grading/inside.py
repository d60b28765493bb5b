"""What runs inside the sandbox: ``python -m dqn_course.grading.inside FD USER``. It knows nothing of grades.

A warm process has the heavy imports done. For every submission it forks a child into fresh namespaces of its own: no
process, no file and no memory is left for the next. The child runs cells as a notebook does and answers on a socket.
Of student code, only the child ever runs any.

    warm process ── keeper (waits) ── init (process 1 of the namespace; when it ends, all others die) ── student's code
"""

import array
import contextlib
import ctypes
import errno
import gc
import importlib
import io
import json
import os
import resource
import signal
import socket
import struct
import sys
import time
import traceback

from dqn_course.grading import stripped

HOME = "/submission"
"""Not below /home, where an instructor's Python may be."""
CUT_OFF = "\n… the rest was cut off\n"
HEADER = struct.Struct(">II")
NEW_NAMESPACES = 0x00020000 | 0x08000000 | 0x10000000 | 0x20000000  # mounts, IPC, users, processes
PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS = 1, 4, 22, 38
OF_THE_MACHINE = ("meminfo", "cpuinfo", "stat", "loadavg", "uptime", "version")
"""What stays of /proc: how large the machine is, which libraries ask; nothing of its processes."""
FORBIDDEN = {
    "memfd_create": (319, 279), "memfd_secret": (447, 447), "shmget": (29, 194), "msgget": (68, 186),
    "unshare": (272, 97), "setns": (308, 268), "mount": (165, 40), "umount2": (166, 39), "pivot_root": (155, 41),
    "open_tree": (428, 428), "move_mount": (429, 429), "fsopen": (430, 430), "fsmount": (432, 432),
    "add_key": (248, 217), "request_key": (249, 218), "keyctl": (250, 219), "ptrace": (101, 117),
    "process_vm_readv": (310, 270), "process_vm_writev": (311, 271), "bpf": (321, 280), "userfaultfd": (323, 282),
    "perf_event_open": (298, 241), "io_uring_setup": (425, 425),
}  # fmt: skip
"""System calls that no lesson needs: their numbers on x86_64 and on ARM."""

libc = ctypes.CDLL(None, use_errno=True)
cpu_time = time.process_time  # a student's code may change the module time


# --- messages: a JSON header and bytes


def send(sock, message, payload=b""):
    """Send one message; ``payload`` may be any bytes."""
    header = json.dumps(message).encode()
    sock.sendall(HEADER.pack(len(header), len(payload)) + header + payload)


def receive(sock, limit=None, limit_of_header=None):
    """The next message as (dict, bytes). Raises EOFError at the end, ValueError for more than ``limit`` bytes."""
    sizes = HEADER.unpack(_read(sock, HEADER.size))
    if limit is not None and (sum(sizes) > limit or sizes[0] > (limit_of_header or limit)):
        raise ValueError(f"a message of {sum(sizes)} bytes")
    message = json.loads(_read(sock, sizes[0]))
    if not isinstance(message, dict):
        raise ValueError("a message that is no object")
    return message, _read(sock, sizes[1])


def _read(sock, size):
    parts = bytearray()
    while len(parts) < size:
        part = sock.recv(min(size - len(parts), 1 << 20))
        if not part:
            raise EOFError
        parts += part
    return bytes(parts)


# --- the warm process


def main(control_fd, user_id):
    """Serve submissions that come over the control socket, one after the other, until it is closed.

    The first message there has the imports of the lesson, and the texts of all modules of checks.
    """
    control = socket.socket(fileno=control_fd)
    if user_id:
        os.setgroups([])
        os.setresgid(user_id, user_id, user_id)
        os.setresuid(user_id, user_id, user_id)
    libc.prctl(PR_SET_DUMPABLE, 1, 0, 0, 0)  # else the maps in /proc/self belong to root
    warm_up()
    runner = Runner()
    rehearse(runner)
    import_lesson(control)
    gc.freeze()  # children then neither search nor copy what is here
    send(control, {"ready": True, "namespaces": can_unshare()})
    while True:
        data, ancillary, *_ = control.recvmsg(1, socket.CMSG_LEN(array.array("i").itemsize))
        if not data:
            return
        (fd,) = array.array("i", ancillary[0][2])
        keeper = os.fork()
        if keeper == 0:
            try:
                control.close()
                _keep(fd, runner)
            except BaseException:
                traceback.print_exc()
            finally:
                os._exit(70)  # at once: Python would take longer to tidy up than all the rest
        os.close(fd)
        _wait(control, keeper)
        send(control, {"ended": True})


def warm_up():
    """Do the imports that every lesson needs, and what else takes long the first time."""
    import matplotlib

    matplotlib.use("module://matplotlib_inline.backend_inline")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots()
    axes.plot([0, 1], label="x")
    axes.legend()
    figure.savefig(io.BytesIO(), format="png")
    plt.close(figure)
    import numpy.random  # noqa: F401


def rehearse(runner):
    """Do once what every submission does, so that what Python imports or builds on the way is there already."""
    import numpy as np

    from dqn_course.checks import core, student

    runner.holds("1 / 0")
    sys.stdout, sys.stderr = sys.__stdout__, sys.__stderr__
    for name in ("last_type", "last_value", "last_traceback", "last_exc"):
        vars(sys).pop(name, None)
    runner.shell.InteractiveTB.tb = runner.shell.last_execution_result = None  # nothing of this error is left behind
    runner.shell.last_execution_succeeded = True
    runner.shell.display_formatter.format(np.zeros(2))
    values = core.unpack(core.pack([{"array": np.zeros(2)}]))
    student.run(student.function, lambda answer, case: {"value": answer(**case)}, lambda array: array, values)


def import_lesson(control):
    """Do the imports that the grader names, and keep of the checks what running an answer needs."""
    lesson, texts = receive(control)
    with stripped.Importer(json.loads(texts)):
        for line in lesson["imports"]:
            with contextlib.suppress(Exception):
                exec(line, {})
    stripped.strip()


def can_unshare():
    """Whether this process may make namespaces inside the sandbox; tried in a child."""
    child = os.fork()
    if child == 0:
        os._exit(libc.unshare(NEW_NAMESPACES) != 0)
    return os.waitpid(child, 0)[1] == 0


def _wait(control, keeper):
    """Pass the messages "kill" and "interrupt" on, until the "last" one has come and the keeper has ended."""
    while True:
        try:
            message, _ = receive(control)
        except EOFError:
            message = {"kill": True, "last": True}
        _signal(keeper, signal.SIGTERM if message.get("kill") else signal.SIGINT)
        if message.get("last"):
            os.waitpid(keeper, 0)
            return


# --- between the warm process and the student's code


def _keep(fd, runner):
    """Make the namespaces, start process 1 in them, pass interrupts on, end with it."""
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    user, group = os.getuid(), os.getgid()
    isolated = libc.unshare(NEW_NAMESPACES) == 0
    if isolated:
        for name, text in {"setgroups": "deny", "uid_map": f"{user} {user} 1", "gid_map": f"{group} {group} 1"}.items():
            with open(f"/proc/self/{name}", "w") as file:
                file.write(text)
    first = os.fork()
    if first == 0:
        _init(fd, isolated, runner)
    os.close(fd)
    signal.signal(signal.SIGINT, lambda *_: _signal(first, signal.SIGINT))
    signal.signal(signal.SIGTERM, lambda *_: _signal(first, signal.SIGKILL))  # the end of all others, and waited for
    os._exit(os.waitstatus_to_exitcode(os.waitpid(first, 0)[1]) & 0xFF)


def _signal(pid, number):
    with contextlib.suppress(ProcessLookupError):  # it may just have ended
        os.kill(pid, number)


def _init(fd, isolated, runner):
    """Process 1: fresh empty folders, then the student's process; reap what is orphaned, end with the student's."""
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    sock = socket.socket(fileno=fd)
    order, _ = receive(sock)
    limits = order["limits"]
    if isolated and os.access(HOME, os.W_OK):  # without the wall around it, there is nothing to cover, only to hide
        # Mounts of the sandbox around it cannot be undone from in here; these cover what a neighbour could have left.
        writable = [place for place in (HOME, "/dev/shm", "/tmp") if os.access(place, os.W_OK)]
        for place in map(str.encode, writable):
            size = b"size=%dm,nr_inodes=20000,mode=0777" % limits["scratch_mb"]
            if libc.mount(b"none", place, b"tmpfs", 0, size) != 0:
                os._exit(70)
        known = [(name, _text_of(f"/proc/{name}")) for name in OF_THE_MACHINE]
        if libc.mount(b"none", b"/proc", b"tmpfs", 0, b"size=1m,mode=0755") != 0:
            os._exit(70)
        for name, text in known:
            with open(f"/proc/{name}", "w") as file:
                file.write(text[:100_000])
        if libc.mount(b"none", b"/proc", b"tmpfs", 1 | 32, b"size=1m,mode=0755") != 0:  # read-only from now on
            os._exit(70)
    student = os.fork()
    if student == 0:
        try:
            _live(sock, order, runner)
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(0)
    sock.close()
    _drop_privileges()
    libc.prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)
    signal.signal(signal.SIGINT, lambda *_: _signal(student, signal.SIGINT))
    while True:
        pid, status = os.wait()
        if pid == student:
            os._exit(os.waitstatus_to_exitcode(status) & 0xFF)


def _text_of(path):
    try:
        with open(path) as file:
            return file.read()
    except OSError:
        return ""


def _drop_privileges():
    """Give up every capability in the namespace, and the way to new ones."""
    libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    header = struct.pack("Ii", 0x20080522, 0)
    libc.capset(ctypes.create_string_buffer(header), ctypes.create_string_buffer(bytes(24)))


def _forbid():
    """No system calls that lead around the limits: new namespaces and mounts, memory that belongs to no process.

    Also none that reach what outlives a submission (the kernel's keys), or other processes' memory. Where the kernel
    or the processor is another, nothing is forbidden here, and the walls around still stand.
    """
    machine = {"x86_64": 0, "aarch64": 1}.get(os.uname().machine)
    if sys.platform != "linux" or machine is None or sys.maxsize < 2**32:
        return
    load, jump, at_least, any_bit, answer = 0x20, 0x15, 0x35, 0x45, 0x06
    refused, absent, allowed = 0x00050000 | errno.EPERM, 0x00050000 | errno.ENOSYS, 0x7FFF0000
    clone = (56, 220)[machine]
    calls = [numbers[machine] for numbers in FORBIDDEN.values()]
    program = [
        (load, 0, 0, 4), (jump, 1, 0, (0xC000003E, 0xC00000B7)[machine]), (answer, 0, 0, refused),  # the architecture
        (load, 0, 0, 0), (at_least, 0, 1, 0x40000000), (answer, 0, 0, refused),  # x86 numbered in another way
        (jump, 0, 1, 435), (answer, 0, 0, absent),  # clone3, whose flags a filter cannot see; libc then uses clone
    ]  # fmt: skip
    for number in calls:
        program += [(jump, 0, 1, number), (answer, 0, 0, refused)]
    program += [(jump, 0, 3, clone), (load, 0, 0, 16), (any_bit, 0, 1, 0x7E020000), (answer, 0, 0, refused)]
    program += [(answer, 0, 0, allowed)]
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in program))
    filter_ = struct.pack("HxxxxxxQ", len(program), ctypes.addressof(code))
    libc.prctl(PR_SET_SECCOMP, 2, ctypes.create_string_buffer(filter_), 0, 0)


def _limit(limits):
    def set_limit(kind, value):
        hard = resource.getrlimit(kind)[1]
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(kind, (value, value))

    megabyte = 1 << 20
    set_limit(resource.RLIMIT_CORE, 0)
    set_limit(resource.RLIMIT_CPU, limits["cpu_seconds"])
    set_limit(resource.RLIMIT_FSIZE, limits["file_mb"] * megabyte)
    set_limit(resource.RLIMIT_NPROC, limits["processes"])
    set_limit(resource.RLIMIT_NOFILE, 256)
    set_limit(resource.RLIMIT_DATA, limits["data_mb"] * megabyte)  # private memory; what is mapped to read is free


# --- the student's process


def _live(sock, order, runner):
    """Run cells and checks as they are asked for, until the socket closes."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nothing, standard)
    own = sock.fileno()
    os.closerange(3, own)
    os.closerange(own + 1, 1024)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # a file that grows too large is an error, not the end
    checks = {name: check_named(name) for name in order["checks"]}
    home = HOME if os.access(HOME, os.W_OK) else order["scratch"]
    os.makedirs(home, exist_ok=True)
    os.chdir(home)
    os.environ["HOME"] = home
    _limit(order["limits"])
    _drop_privileges()
    _forbid()
    runner.limit = order["limits"]["output_kb"] * 1000
    send(sock, {"alive": True})
    while True:
        try:
            message, payload = receive(sock)
        except (EOFError, OSError):
            return
        except KeyboardInterrupt:
            continue  # an interrupt that came too late
        before = cpu_time()
        try:
            reply, data = _obey(runner, checks, message, payload)
        except KeyboardInterrupt:
            reply, data = {"interrupted": True}, b""
        except Exception as problem:  # the student's code has broken what is needed to run it
            text = f"After what ran before, this could not be run ({type(problem).__name__})."
            shown = {"output_type": "error", "ename": "NotRun", "evalue": text, "traceback": [text]}
            reply, data = {"outputs": [shown], "error": "NotRun"}, b""
        send(sock, {**reply, "cpu": cpu_time() - before}, data)


def _obey(runner, checks, message, payload):
    if message["do"] == "file":
        path = os.path.join(os.getcwd(), message["name"])
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(payload)
        return {}, b""
    if message["do"] == "cell":
        return runner.run(message["source"]), b""
    if message["do"] == "holds":
        return {"holds": runner.holds(message["source"])}, b""
    return {}, runner.check(checks[message["check"]], message["answer"], payload)


def check_named(name):
    """The check ``lesson_06.learn``, with its way to run an answer, taken before any student code has run."""
    module, _, name = name.rpartition(".")
    return getattr(importlib.import_module(f"dqn_course.checks.{module}"), name)


class Runner:
    """An IPython shell that returns what a cell shows as notebook outputs, cut off after ``limit`` characters."""

    def __init__(self):
        from IPython.core.displayhook import DisplayHook
        from IPython.core.displaypub import DisplayPublisher
        from IPython.core.interactiveshell import InteractiveShell
        from matplotlib_inline.backend_inline import configure_inline_support
        from traitlets.config import Config

        runner = self

        class Hook(DisplayHook):
            def __call__(self, result=None):
                self.check_for_underscore()
                if result is not None and not self.quiet():
                    self.update_user_ns(result)
                    data, metadata = self.compute_format_data(result)
                    if data:
                        runner.add("execute_result", data=data, metadata=metadata, execution_count=None)

        class Publisher(DisplayPublisher):
            def publish(self, data, metadata=None, *, transient=None, update=False, **_):
                name = (transient or {}).get("display_id")
                if update:
                    runner.update(name, data, metadata or {})
                else:
                    runner.add("display_data", name=name, data=data, metadata=metadata or {})

            def clear_output(self, wait=False):
                runner.clear(wait)

        class Shell(InteractiveShell):
            displayhook_class, display_pub_class = Hook, Publisher

            def enable_gui(self, gui=None):
                pass

            def _showtraceback(self, kind, value, lines):
                runner.add("error", ename=kind.__name__, evalue=str(value)[:2000], traceback=list(lines))

        config = Config()
        config.HistoryManager.enabled = False
        self.shell = Shell.instance(config=config)
        self.shell.system = self.shell.system_piped
        configure_inline_support(self.shell, "module://matplotlib_inline.backend_inline")
        self.limit = 0
        self.outputs, self.names, self.size, self.clear_next = [], {}, 0, False
        self.streams = Stream(self, "stdout"), Stream(self, "stderr")

    def run(self, source):
        """Run one cell; returns its ``outputs``, and whether it raised an error."""
        self.outputs, self.names, self.size, self.clear_next = [], {}, 0, False
        sys.stdout, sys.stderr = self.streams  # whatever the last cell has put there
        result = self.shell.run_cell(source, store_history=True)
        raised = result.error_before_exec or result.error_in_exec
        return {"outputs": self.outputs, "error": type(raised).__name__ if raised else ""}

    def holds(self, source):
        """Whether a statement runs without an error, by the way that cells go."""
        self.outputs, self.names, self.size = [], {}, 0
        sys.stdout, sys.stderr = self.streams
        result = self.shell.run_cell(source, store_history=False)
        return bool(result.success)

    def check(self, check, answer, packed):
        """Run the answer, an expression, on packed cases; the outputs, packed."""
        from dqn_course.checks import core

        cases = [core.Case("", (), values) for values in core.unpack(packed)]
        try:
            answer = eval(answer, self.shell.user_ns)
        except Exception as error:
            record = {"type": type(error).__name__, "message": str(error)[:500], "loading": True}
            return core.pack([{"error": record} for _ in cases])
        try:
            return core.pack(check.run_cases(answer, cases))
        except KeyboardInterrupt:  # if the grader has sent it, it no longer waits for this
            return core.pack([{"error": {"type": "KeyboardInterrupt"}} for _ in cases])

    def add(self, kind, name=None, **fields):
        """Put one output below the cell."""
        if self.clear_next:
            self.clear(wait=False)
        text = json.dumps(fields, default=str)
        if self._grow(len(text)):
            self.outputs.append({"output_type": kind, **json.loads(text)})
            if name:
                self.names[name] = len(self.outputs) - 1

    def write(self, name, text):
        """Add text to a stream."""
        if self.clear_next:
            self.clear(wait=False)
        kept = text[: max(0, self.limit - self.size)]
        last = self.outputs[-1] if self.outputs else {}
        if last.get("name") == name:
            last["text"] += kept
        elif kept:
            self.outputs.append({"output_type": "stream", "name": name, "text": kept})
        self._grow(len(text))

    def _grow(self, size):
        """Count what was shown; say once that the rest is cut off. Returns whether there is room."""
        full = self.size > self.limit
        self.size += size
        if self.size > self.limit and not full:
            self.outputs.append({"output_type": "stream", "name": "stdout", "text": CUT_OFF})
        return self.size <= self.limit

    def update(self, name, data, metadata):
        """Replace the output that was displayed under ``name``."""
        text = json.dumps({"data": data, "metadata": metadata}, default=str)
        if name in self.names and len(text) <= self.limit:
            self.outputs[self.names[name]].update(json.loads(text))

    def clear(self, wait):
        """Remove the outputs so far, or do so before the next one comes."""
        self.clear_next = wait
        if not wait:
            self.outputs.clear()
            self.names.clear()


class Stream(io.TextIOBase):
    """What ``print`` writes to."""

    def __init__(self, runner, name):
        self.runner = runner
        self.stream_name = name

    @property
    def encoding(self):
        return "utf-8"

    def writable(self):
        return True

    def isatty(self):
        return False

    def close(self):
        """It stays open: a later cell has something to show too."""

    def write(self, text):
        self.runner.write(self.stream_name, str(text))
        return len(text)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
