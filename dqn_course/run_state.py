"""The state of a training run, kept so that a run can stop at any moment and go on as if it had not."""

import hashlib
import inspect
import os
import random
import shutil
import signal
import sys
import threading
import time
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, is_dataclass

import numpy as np
import torch

try:
    import fcntl
except ImportError:  # Windows has no such locks
    fcntl = None

from dqn_course.checkpoints import load_training_state, save_training_state
from dqn_course.errors import CheckpointError

WEIGHTS_FILE = "checkpoint.pth"
STATE_FILE = "training_state.pt"
FREE_BYTES = 50_000_000
"""What a run wants to find free on the disk: three times the largest state of the lander, with room to spare."""


@dataclass
class History:
    """What a training run leaves: one entry an episode."""

    scores: list = field(default_factory=list)
    """sum of rewards"""
    steps: list = field(default_factory=list)
    """agent steps"""
    seconds: float = 0.0
    """wall time in the training loop, over all its interruptions"""
    solved_at: int | None = None
    """the episode at which the mean of the last 100 reached 200, or None"""

    def __repr__(self):
        if not self.scores:
            return "History(no episode yet)"
        solved = f"solved at episode {self.solved_at}" if self.solved_at else "not solved yet"
        return (
            f"History({len(self.scores)} episodes, {sum(self.steps):,} agent steps, {self.seconds:.0f} s; "
            f"mean of the last {min(100, len(self.scores))}: {np.mean(self.scores[-100:]):.1f}; {solved})"
        )


def agent_state(agent):
    """All that an agent would need to go on: whatever has a ``state_dict``, its random generators, its counters."""
    state = {"state_dicts": {}, "generators": {}, "numbers": {}}
    for name, value in vars(agent).items():
        if hasattr(value, "state_dict"):
            state["state_dicts"][name] = value.state_dict()
        elif isinstance(value, np.random.Generator):
            state["generators"][name] = value.bit_generator.state
        elif isinstance(value, random.Random):
            state["generators"][name] = value.getstate()
        elif isinstance(value, np.random.RandomState):
            state["generators"][name] = _numpy_state(value)
        elif isinstance(value, torch.Generator):
            state["generators"][name] = value.get_state()
        elif isinstance(value, bool | int | float | np.generic):
            state["numbers"][name] = value
    return state


def frozen(state):
    """A copy of nested dicts and lists that later training does not change; NumPy's scalars become plain numbers."""
    if isinstance(state, dict):
        return {name: frozen(value) for name, value in state.items()}
    if isinstance(state, list):
        return [frozen(value) for value in state]
    if isinstance(state, tuple):
        return tuple(map(frozen, state))
    if isinstance(state, torch.Tensor):
        return state.clone()
    return state.item() if isinstance(state, np.generic) else state


def load_agent_state(agent, state):
    """Put what ``agent_state`` returned into ``agent``. Raises CheckpointError when it belongs to another agent."""
    mine = agent_state(agent)
    for kind in ("state_dicts", "generators"):
        if mine[kind].keys() != state[kind].keys():
            difference = ", ".join(sorted(mine[kind].keys() ^ state[kind].keys()))
            raise CheckpointError(f"the saved run belongs to another kind of agent (differs in: {difference})")
    try:
        for name, saved in state["state_dicts"].items():
            getattr(agent, name).load_state_dict(saved)
    except (RuntimeError, ValueError, KeyError) as error:
        raise CheckpointError(
            f"the saved {name} does not fit this agent ({str(error).splitlines()[0]}); were the layer sizes changed? "
            "resume=False starts a new run"
        ) from None
    for name, saved in state["generators"].items():
        generator = getattr(agent, name)
        if isinstance(generator, np.random.Generator):
            generator.bit_generator.state = saved
        elif isinstance(generator, random.Random):
            generator.setstate(_as_tuple(saved))
        elif isinstance(generator, np.random.RandomState):
            _set_numpy_state(generator, saved)
        else:
            generator.set_state(saved)
    for name, saved in state["numbers"].items():
        setattr(agent, name, saved)


def code_fingerprint(agent, loop_settings=()):
    """A digest of the code and constants of the agent and its network, as Python holds them now; comments do not count.

    It covers the modules in which the two classes stand (of a notebook, the classes alone), so it changes when a
    student changes ``learn`` or ``TAU``. ``loop_settings`` names fields of ``agent.config`` that are not the agent's.
    """
    parts = []
    config = getattr(agent, "config", None)
    if is_dataclass(config):
        parts += [f"{name}={value}" for name, value in asdict(config).items() if name not in loop_settings]
    for cls in (type(agent), type(agent.qnetwork_local)):
        own = [base for base in cls.__mro__ if not _is_foreign(base)]
        parts += [_described(vars(base), base.__module__) for base in own]
        parts += [_described(vars(sys.modules[base.__module__]), base.__module__)
                  for base in own if base.__module__ != "__main__" and base.__module__ in sys.modules]  # fmt: skip
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def definitions_fingerprint(definitions):
    """A digest of functions and classes, by name: their code as Python holds it now, bases of their own included."""
    parts = []
    for name, definition in sorted(definitions.items()):
        own = [base for base in getattr(definition, "__mro__", (definition,)) if not _is_foreign(base)]
        parts += [f"{name}: {_described({base.__name__: base}, base.__module__)}" for base in own]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _is_foreign(cls):
    return cls.__module__.split(".")[0] in ("builtins", "torch")


def _described(names, module):
    """The functions, classes and plain constants among ``names`` that belong to ``module``, as one string."""
    lines = []
    for name, value in sorted(names.items()):
        value = getattr(value, "__func__", value)
        if inspect.isfunction(value) and value.__module__ == module:
            lines.append(f"{name}{value.__defaults__} {_code(value.__code__, value.__doc__)}")
        elif inspect.isclass(value) and value.__module__ == module:
            lines.append(f"{name}({_described(vars(value), module)})")
        elif isinstance(value, bool | int | float | str) and not name.startswith("__"):
            lines.append(f"{name}={value!r}")
    return "; ".join(lines)


def _code(code, docstring):
    """What a function does, without its line numbers, comments and docstring."""
    constants = [
        _code(constant, None) if inspect.iscode(constant)
        else repr(sorted(map(repr, constant))) if isinstance(constant, frozenset)  # whose order is no constant
        else repr(constant)
        for constant in code.co_consts if docstring is None or constant != docstring
    ]  # fmt: skip
    return f"{code.co_code.hex()} {code.co_names} {code.co_varnames} {constants}"


@contextmanager
def only_run_in(run_dir, kept=(WEIGHTS_FILE,)):
    """Inside, no other call trains in ``run_dir``, which is made if need be. The lock ends with the process, too.

    ``kept`` names the run's files beside its state: what a kill has left half written of them is removed.
    Raises CheckpointError when another run is in there, or when nothing can be kept there.
    """
    try:
        run_dir.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(run_dir).free
        folder = os.open(run_dir, os.O_RDONLY) if fcntl else None
    except OSError as error:
        raise CheckpointError(f"a run cannot be kept in {run_dir} ({error.strerror}); name another run_dir") from None
    try:
        if free < FREE_BYTES:
            raise CheckpointError(
                f"the disk of {run_dir.resolve()} has only {free / 1e6:.0f} MB left, a run needs "
                f"{FREE_BYTES / 1e6:.0f}; delete something first, or name another run_dir"
            )
        if fcntl:
            try:
                fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise CheckpointError(
                    f"another run is training in {run_dir.resolve()}; stop it (a second notebook or terminal?), "
                    "or give this one a run_dir of its own"
                ) from None
            except OSError:
                pass  # a file system without locks
        for litter in run_dir.glob(".*.new"):  # what a kill in the middle of a save left
            if litter.name.startswith(tuple(f".{name}." for name in (STATE_FILE, *kept))):
                litter.unlink(missing_ok=True)
        yield
    finally:
        if fcntl:
            os.close(folder)


@contextmanager
def threads(n):
    """PyTorch on ``n`` threads. For networks as small as the lander's, more than one only wait for each other."""
    before = torch.get_num_threads()
    torch.set_num_threads(n)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@contextmanager
def stop_when_asked():
    """Inside, the first interrupt only sets ``requested``; a second one raises KeyboardInterrupt if it comes while
    ``playing`` is set. All others are ignored, so that an impatient third one does not cut the saving short."""

    class Stop:
        requested = playing = False

    stop = Stop()

    def on_interrupt(signum, frame):
        if stop.requested and stop.playing:
            stop.playing = False
            raise KeyboardInterrupt
        stop.requested = True

    if threading.current_thread() is not threading.main_thread():
        yield stop  # signals reach the main thread only
        return
    previous = signal.signal(signal.SIGINT, on_interrupt)
    try:
        yield stop
    finally:
        signal.signal(signal.SIGINT, previous)


def resumed(agent, settings, code, state_file, progress):
    """Load the saved run into ``agent`` and return its History; a new History when the agent's code has changed."""
    state = load_training_state(state_file)
    try:
        changed = {name: (state["settings"][name], value) for name, value in settings.items()
                   if state["settings"][name] != value}  # fmt: skip
        saved_code, history = state["code"], History(**state["history"])
        saved_agent, saved_rng = state["agent"], state["global_rng"]
    except (KeyError, TypeError) as error:
        raise CheckpointError(f"{state_file} lacks {error}; start a new run with resume=False") from None
    if code != saved_code:
        print(
            f"The agent's code or constants have changed since the saved run ({len(history.scores)} episodes), "
            f"so a new one starts. The old one is kept as {set_aside(state_file)}."
        )
        return History()
    if changed:
        differences = ", ".join(f"{name} was {old}, now {new}" for name, (old, new) in changed.items())
        raise CheckpointError(
            f"the run in {state_file} was started with other settings ({differences}); "
            "use those to go on, or resume=False to start a new run"
        )
    load_agent_state(agent, saved_agent)
    set_global_rng_state(saved_rng)
    if progress:
        print(
            f"Going on after episode {len(history.scores)} of the run in {state_file}. "
            "resume=False (or --fresh) starts anew."
        )
    return history


def state_of_run(agent, history, settings, code):
    """All of a run between two episodes, copied, so that the next episode does not change it."""
    return {
        "agent": frozen(agent_state(agent)),
        "code": code,
        "settings": frozen(settings),
        "history": {**vars(history), "scores": history.scores.copy(), "steps": history.steps.copy()},
        "global_rng": global_rng_state(),
    }


def save_and_read_back(run_state, state_file):
    """Find out now, not in an hour, that a run cannot be saved or could not be read again."""
    save_training_state(run_state, state_file)
    try:
        load_training_state(state_file)
    except CheckpointError as error:
        state_file.unlink()
        raise CheckpointError(f"this agent cannot be saved, so the run does not start: {error}") from None


def set_aside(state_file, *others):
    """Rename a run that is not continued, and its weights, after the time of its last save; return the new name.

    ``others`` are more of its files or folders.
    """
    saved = time.strftime("%Y-%m-%d_%H-%M-%S", time.localtime(state_file.stat().st_mtime))
    for file in (state_file.with_name(WEIGHTS_FILE), *others, state_file):
        aside = file.with_name(f"{file.stem}_{saved}{file.suffix}")
        if file.exists():
            file.replace(aside)
    return aside


def global_rng_state():
    return {"torch": torch.get_rng_state(), "python": random.getstate(), "numpy": _numpy_state(np.random)}


def set_global_rng_state(state):
    torch.set_rng_state(state["torch"])
    random.setstate(_as_tuple(state["python"]))
    _set_numpy_state(np.random, state["numpy"])


def _numpy_state(generator):
    """The state of a ``RandomState``, or of the ``np.random`` module, with a tensor for the array in it."""
    kind, keys, position, has_gauss, gauss = generator.get_state()
    return (kind, torch.from_numpy(keys.astype(np.int64)), position, has_gauss, gauss)


def _set_numpy_state(generator, state):
    kind, keys, position, has_gauss, gauss = state
    generator.set_state((kind, keys.numpy().astype(np.uint32), position, has_gauss, gauss))


def _as_tuple(value):
    return tuple(map(_as_tuple, value)) if isinstance(value, list | tuple) else value
