"""What this machine has, what it lacks, and how to get it: ``dqn-course doctor``, in a notebook ``doctor.report()``.

Each heavy part is tried for real in a process of its own (LunarLander is stepped, a game is loaded, a video
is encoded), so that a part that crashes is a row in the report and not the end of it.
"""

import html
import importlib.metadata
import json
import os
import platform
import shutil
import subprocess
import sys
import textwrap
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

from dqn_course.config import budget

OK, MISSING, BROKEN = "ok", "missing, optional", "broken"
REINSTALL = "delete the folder .venv and run make lab (with conda: make the environment anew)"


class Missing(Exception):
    """Something optional is not there: ``Missing(found, advice)``."""


@dataclass(frozen=True)
class Row:
    """One line of the report: ``state`` is ``OK``, ``MISSING`` (optional) or ``BROKEN`` (needed)."""

    name: str
    state: str
    found: str
    advice: str = ""


@dataclass(frozen=True)
class Report:
    """All rows; text in a terminal, a table in a notebook."""

    rows: tuple

    @property
    def ok(self):
        """Whether everything that the course needs works."""
        return not any(row.state == BROKEN for row in self.rows)

    @property
    def summary(self):
        """One sentence for the whole machine."""
        broken = [row.name for row in self.rows if row.state == BROKEN]
        if not broken:
            return "This machine has everything that the course needs."
        return f"This machine is not ready for the course: look at {', '.join(broken)}."

    def as_dict(self):
        """The report as plain data, for JSON."""
        return {"ok": self.ok, "rows": [asdict(row) for row in self.rows]}

    def __str__(self):
        lines = []
        for row in self.rows:
            start = f"{row.name:<12} {row.state:<18} "
            indent = " " * len(start)
            lines.append(textwrap.fill(row.found, 110, initial_indent=start, subsequent_indent=indent))
            if row.advice:
                lines.append(f"{indent}-> {row.advice}")
        return "\n".join([*lines, "", self.summary])

    __repr__ = __str__

    def _repr_html_(self):
        marks = {OK: "&#10003;", MISSING: "&#8211;", BROKEN: "&#10007;"}
        cell = 'style="text-align: left; vertical-align: top; white-space: normal; padding: 2px 10px"'
        rows = []
        for row in self.rows:
            advice = f"<br><em>{html.escape(row.advice)}</em>" if row.advice else ""
            weight = ' style="font-weight: bold"' if row.state == BROKEN else ""
            state = f'<span style="white-space: nowrap">{marks[row.state]} {row.state}</span>'
            cells = html.escape(row.name), state, html.escape(row.found) + advice
            rows.append(f"<tr{weight}>{''.join(f'<td {cell}>{text}</td>' for text in cells)}</tr>")
        return f"<p><strong>{self.summary}</strong></p><table><tbody>{''.join(rows)}</tbody></table>"


def report():
    """Look at this machine for a few seconds and return the ``Report``. Prints nothing and raises nothing.

    Under nbgrader only the quick looks are taken: a class is graded on one machine, which is known to work.
    """
    with ThreadPoolExecutor(max_workers=max(2, (os.cpu_count() or 2) // 2)) as pool:
        rows = list(pool.map(lambda look: look(), LOOKS))
    return Report(tuple(row for row in rows if row))


def attempt(name, look, needed=True, advice=""):
    """The row for ``look``: what it returns was found; ``Missing`` means optional, another exception a fault."""
    try:
        return Row(name, OK, look())
    except Missing as nothing:
        return Row(name, MISSING, *nothing.args)
    except Exception as fault:
        reason = str(fault).strip().splitlines() or [type(fault).__name__]
        return Row(name, BROKEN if needed else MISSING, reason[-1], advice)


def attempt_apart(name, look, needed=True, advice=""):
    """``attempt`` in a Python of its own, whose output and crashes stay there; None under nbgrader."""
    if budget(full=False, quick=True):
        return None
    environment = os.environ | {"PYGAME_HIDE_SUPPORT_PROMPT": "1", "SDL_VIDEODRIVER": "dummy"}
    code = f"import json; from dqn_course import doctor; print('\\n' + json.dumps(doctor.{look.__name__}()))"
    try:
        done = subprocess.run(
            [sys.executable, "-P", "-c", code], capture_output=True, text=True, timeout=120, env=environment,
            stdin=subprocess.DEVNULL,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return Row(name, BROKEN if needed else MISSING, "no answer within two minutes", advice)
    if done.returncode == 0:
        return Row(name, OK, json.loads(done.stdout.splitlines()[-1]))
    if done.returncode < 0:
        reason = f"the test was ended by signal {-done.returncode}"
    else:
        reason = (done.stderr.strip().splitlines() or ["no reason given"])[-1].removeprefix("RuntimeError: ")
    return Row(name, BROKEN if needed else MISSING, reason, advice)


# Looks that are cheap ---------------------------------------------------------------------------


def python_version():
    """This interpreter."""
    if not (3, 11) <= sys.version_info < (3, 14):
        raise RuntimeError(f"{platform.python_version()}, but the course needs 3.11, 3.12 or 3.13")
    return f"{platform.python_version()} on {platform.system()} {platform.machine()}"


def packages():
    """Every direct dependency, at a version that the course can use."""
    from packaging.requirements import Requirement

    try:
        texts = importlib.metadata.requires("dqn-course") or []
    except importlib.metadata.PackageNotFoundError:
        raise RuntimeError("dqn-course itself is not installed") from None
    found, faults = [], []
    for requirement in map(Requirement, texts):
        if requirement.marker and not requirement.marker.evaluate({"extra": ""}):
            continue
        try:
            version = importlib.metadata.version(requirement.name)
        except importlib.metadata.PackageNotFoundError:
            faults.append(f"{requirement.name} is missing")
            continue
        if not requirement.specifier.contains(version, prereleases=True):
            faults.append(f"{requirement.name} is {version}, needed {requirement.specifier}")
        found.append(f"{requirement.name} {version}")
    if faults:
        raise RuntimeError("; ".join(faults))
    return ", ".join(found)


def cpu():
    """Cores that this process may use."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"{cores} core{'s' * (cores != 1)}"


def memory():
    """Free and total memory, in GiB."""
    import psutil

    try:
        machine = psutil.virtual_memory()
    except FileNotFoundError:  # the sandbox in which submissions run shows nothing of the machine
        return "not shown in a sandbox"
    text = f"{machine.available / 2**30:.1f} GiB free of {machine.total / 2**30:.1f}"
    if machine.available < 1 * 2**30:
        raise Missing(text, "close other programs: training the lander takes about 1 GiB")
    return text


def disk():
    """Free disk space where the course is, in GiB."""
    free = shutil.disk_usage(Path(__file__).parent).free / 2**30
    if free < 0.5:
        raise RuntimeError(f"{free:.1f} GiB free")
    if free < 5:
        raise Missing(f"{free:.1f} GiB free", "enough for the lander; the Atari lessons like to have 5 GiB")
    return f"{free:.0f} GiB free"


def display():
    """A screen for ``render_mode="human"``; the notebooks show frames inline and need none."""
    if sys.platform == "darwin":
        return "the Mac's own screen"
    for name in ("WAYLAND_DISPLAY", "DISPLAY"):
        if os.environ.get(name):
            return f"{name}={os.environ[name]}"
    if shutil.which("Xvfb"):
        return "none, but Xvfb makes a virtual one"
    raise Missing(
        'none; only render_mode="human" needs one, the notebooks do not',
        "on Debian or Ubuntu: apt install xvfb",
    )


def bubblewrap():
    """The sandbox in which instructors grade submissions, tried for real."""
    advice = "only instructors need it; on Debian or Ubuntu: apt install bubblewrap"
    program = shutil.which("bwrap")
    if not program:
        raise Missing("not installed", advice)
    tried = subprocess.run(
        [program, "--ro-bind", "/", "/", "--unshare-all", "true"], capture_output=True, text=True, timeout=20
    )
    if tried.returncode != 0:
        raise Missing(f"installed, but it may not make namespaces: {tried.stderr.strip()}", advice)
    return "works (for instructors)"


# Looks that are tried in a process of their own -------------------------------------------------


def pytorch():
    """One gradient through a small network, on the GPU where there is one."""
    import torch

    device, name = "cpu", f"the CPU with {torch.get_num_threads()} threads; there is no GPU, and none is needed"
    if torch.cuda.is_available():
        device, name = "cuda", f"CUDA: {torch.cuda.get_device_name(0)}"
    elif torch.backends.mps.is_available():
        device, name = "mps", "Apple MPS"
    torch.nn.Linear(8, 4).to(device)(torch.ones(2, 8, device=device)).sum().backward()
    return f"{torch.__version__} on {name}"


def box2d():
    """LunarLander, stepped and drawn."""
    import gymnasium

    env = gymnasium.make("LunarLander-v3", render_mode="rgb_array")
    state, _ = env.reset(seed=0)
    for _ in range(50):
        state, _, terminated, truncated, _ = env.step(2)
        if terminated or truncated:
            state, _ = env.reset()
    frame = env.render()
    env.close()
    return f"LunarLander-v3 runs and draws {frame.shape[1]}x{frame.shape[0]} frames"


def ale():
    """A game, loaded and played for a few steps."""
    import ale_py
    import gymnasium

    gymnasium.register_envs(ale_py)
    env = gymnasium.make("ALE/Pong-v5")
    env.reset(seed=0)
    for action in range(env.action_space.n):
        env.step(action)
    return f"Pong runs with {env.action_space.n} actions"


def video():
    """A clip of ten frames, encoded to a file with the ffmpeg that imageio-ffmpeg brings."""
    import tempfile

    import imageio_ffmpeg

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "clip.mp4"
        writer = imageio_ffmpeg.write_frames(str(file), (64, 64), fps=10)
        writer.send(None)
        for shade in range(10):
            writer.send(bytes([20 * shade]) * 64 * 64 * 3)
        writer.close()
        if not file.stat().st_size:
            raise RuntimeError("the clip is empty")
    return f"ffmpeg {imageio_ffmpeg.get_ffmpeg_version()} encodes clips"


def jupyterlab():
    """JupyterLab with nbgrader's extensions switched on, and a notebook kernel that is this Python."""
    from jupyter_client.kernelspec import KernelSpecManager
    from jupyter_core.paths import jupyter_config_path, jupyter_path
    from jupyter_server.extension.config import ExtensionConfigManager
    from jupyterlab_server.config import get_federated_extensions, get_page_config

    folders = jupyter_path("labextensions")
    if "@jupyter/nbgrader" not in get_federated_extensions(folders):
        raise RuntimeError("nbgrader's extension is not installed")
    needed = {"@jupyter/nbgrader", "@jupyter/nbgrader:validate-assignment"}
    if needed.intersection(get_page_config(folders).get("disabledExtensions", [])):
        raise RuntimeError("nbgrader's extension is switched off: jupyter labextension enable @jupyter/nbgrader")
    switched = {}
    for folder in reversed(jupyter_config_path()):
        switched |= ExtensionConfigManager(read_config_path=[folder]).get_jpserver_extensions()
    if not switched.get("nbgrader.server_extensions.validate_assignment"):
        raise RuntimeError(
            "nbgrader's Validate button has no server side: jupyter server extension enable --py nbgrader"
        )
    kernel = Path(KernelSpecManager().get_kernel_spec("python3").argv[0])
    if kernel.is_absolute() and kernel.parent != Path(sys.executable).parent:
        raise RuntimeError(f"notebooks would run with another Python: {kernel}")
    version = importlib.metadata.version
    return f"JupyterLab {version('jupyterlab')} with the Validate button of nbgrader {version('nbgrader')}"


LOOKS = (
    partial(attempt, "Python", python_version, advice="install Python 3.11, 3.12 or 3.13 and run make lab again"),
    partial(attempt, "packages", packages, advice=REINSTALL),
    partial(attempt_apart, "PyTorch", pytorch, advice=REINSTALL),
    partial(attempt_apart, "LunarLander", box2d, advice=REINSTALL),
    partial(attempt_apart, "Atari", ale, advice=REINSTALL),
    partial(attempt_apart, "video", video, advice=REINSTALL),
    partial(attempt_apart, "JupyterLab", jupyterlab, advice=REINSTALL),
    partial(attempt, "CPU", cpu),
    partial(attempt, "memory", memory),
    partial(attempt, "disk", disk, advice="make room: checkpoints and clips need some"),
    partial(attempt, "display", display),
    partial(attempt, "bubblewrap", bubblewrap, needed=False),
)
