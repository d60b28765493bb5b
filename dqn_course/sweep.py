"""Many trainings at once, one a game: on this machine, or on the workers of a Dask cluster."""

import contextlib
import csv
import os
import tempfile
import threading
import time
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import psutil
import torch

from dqn_course import atari_training, executors, paper
from dqn_course.config import AtariConfig
from dqn_course.errors import CourseError, TrainingError
from dqn_course.preprocessing import replay_bytes
from dqn_course.run_state import STATE_FILE, only_run_in, set_aside

try:
    import fcntl
except ImportError:  # Windows has no such locks
    fcntl = None

SAVE_EVERY = 60.0
"""Seconds between two saves of each run, which are also what the progress lines know."""
RECENT = 20
"""Games in the mean score that is shown."""


@dataclass(frozen=True)
class Training:
    """One training of a sweep, as it travels to where it runs."""

    config: AtariConfig
    run_dir: str


@dataclass(frozen=True)
class Outcome:
    """What is left of one training."""

    game: str
    agent_steps: int = 0
    minutes: float = 0.0
    """of wall time in the training loop, over all interruptions"""
    recent: float | None = None
    """mean score of the last games of the training, with its exploration"""
    best: float | None = None
    """mean score of the best evaluation, by the paper's protocol"""
    finished: bool = False
    problem: str = ""


def sweep(games, config, folder, kind="processes", workers=0, scheduler="", fresh=False, say=print):
    """Train on every one of ``games`` with ``config``, each in a folder of its own; return their ``Outcome``s in order.

    Runs that are there go on where they were, so a sweep that was stopped is started again with the same call.

    Parameters
    ----------
    games: names of ROMs.
    config: an ``AtariConfig``; its ``game`` does not count.
    folder: where the runs are, ``folder/pong`` and so on; on a cluster, a folder that all its machines see.
    kind, workers, scheduler: see ``executors.open_pool``; 0 workers are one a GPU, or one a processor without GPUs.
    fresh: set the runs aside that are there.
    say: called with each line of progress.

    Raises CourseError when the pool cannot work, or when the memories of all workers would not fit into this machine.
    """
    executors.check(kind, scheduler, "--scheduler tcp://HOST:8786")
    gpus = torch.cuda.device_count() if config.device in ("auto", "cuda") else 0
    workers = workers or gpus or os.cpu_count() or 1
    if kind != "dask" and not gpus:
        require_free_memory(min(workers, len(games)), config)
    tasks = [Training(replace(config, game=game), str(Path(folder).resolve() / game)) for game in games]
    if fresh:
        for task in tasks:
            put_aside(Path(task.run_dir))
    outcomes = {}
    with executors.open_pool(kind, workers, scheduler) as pool, reporting(tasks, say):
        for task, outcome, problem in pool.run(train_one, tasks):
            game = task.config.game
            if problem is not None:
                outcome = Outcome(game, problem=f"{problem}" if isinstance(problem, CourseError) else repr(problem))
            outcomes[game] = outcome
            say(f"{game:<18}{len(outcomes)} of {len(tasks)} done: {in_words(outcome)}")
    return [outcomes[game] for game in games]


def train_one(task):
    """Train, or go on, in the process that this is called in; return the ``Outcome``."""
    with one_gpu(task.config.device):
        run = atari_training.train(task.config, task.run_dir, progress=False, save_every=SAVE_EVERY)
    return Outcome(
        task.config.game,
        run.agent_steps,
        run.seconds / 60,
        recent=mean_of([score for _, score, _ in run.episodes]),
        best=max((mean for _, mean, _ in run.evaluations), default=None),
        finished=run.agent_steps >= task.config.total_steps,
    )


@contextlib.contextmanager
def one_gpu(device):
    """Inside, "cuda" is a GPU that no other training of this machine has taken; if all are taken, one of them."""
    if device not in ("auto", "cuda") or not torch.cuda.is_available():
        yield None
        return
    with contextlib.ExitStack() as held:
        gpus = range(torch.cuda.device_count())
        gpu = next((gpu for gpu in gpus if held.enter_context(taken(gpu))), os.getpid() % len(gpus))
        torch.cuda.set_device(gpu)  # of this thread; threads of a Dask worker have one each
        yield gpu


@contextlib.contextmanager
def taken(gpu):
    """Take a GPU for this block: True if nobody else has it. The lock ends with the process, too."""
    if fcntl is None:
        yield True
        return
    name = f"dqn-course-{os.getuid()}-{torch.cuda.get_device_properties(gpu).uuid}.lock"
    with open(Path(tempfile.gettempdir()) / name, "w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


def require_free_memory(trainings, config):
    """Raise TrainingError when the replay memories of so many ``trainings`` do not fit into this machine's memory."""
    needed = trainings * replay_bytes(config.replay_size, each_frame_once=True)
    free = psutil.virtual_memory().available
    if needed > 0.9 * free:
        raise TrainingError(
            f"{trainings} trainings at once need {needed / 1e9:.1f} GB for their memories, and this machine has "
            f"{free / 1e9:.1f} GB free: take fewer --workers or a smaller --replay-size"
        )


def put_aside(run_dir):
    """Set the run in ``run_dir`` aside, if there is one."""
    if (run_dir / STATE_FILE).exists():
        with only_run_in(run_dir, atari_training.KEPT):
            set_aside(run_dir / STATE_FILE, *(run_dir / name for name in atari_training.KEPT))


# What a person sees ---------------------------------------------------------------------------------


@contextlib.contextmanager
def reporting(tasks, say, every=SAVE_EVERY):
    """Inside, a line is said about each game whose run has been saved since the last look."""
    over = threading.Event()
    seen = {task.run_dir: saved_at(task.run_dir) for task in tasks}
    start = {}  # where each run was when it was first seen, for the time that is left

    def look():
        while not over.wait(every):
            for task in tasks:
                saved = saved_at(task.run_dir)
                if saved != seen[task.run_dir]:
                    seen[task.run_dir] = saved
                    say(progress_line(task, start))

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def saved_at(run_dir):
    try:
        return (Path(run_dir) / STATE_FILE).stat().st_mtime
    except OSError:
        return None


def progress_line(task, start):
    """How far a training is, from the tables that it wrote at its last save."""
    learning, episodes = (table(task.run_dir, name) for name in ("learning.csv", "episodes.csv"))
    steps = int(max([float(rows[-1][0]) for rows in (learning, episodes) if rows], default=0))
    total = task.config.total_steps
    line = f"{task.config.game:<18}{steps:>11,} of {total:,} agent steps"
    score = mean_of([float(row[1]) for row in episodes])
    if score is not None:
        line += f", score {score:,.1f}"
    first, since = start.setdefault(task.run_dir, (steps, time.monotonic()))
    if steps > first:
        seconds = (time.monotonic() - since) * (total - steps) / (steps - first)
        line += f", about {duration(seconds)} left"
    return line


def table(run_dir, name):
    """The rows of a table of a run, without its head; none when there is no such table."""
    try:
        with open(Path(run_dir) / name, newline="") as file:
            return list(csv.reader(file))[1:]
    except OSError:
        return []


def duration(seconds):
    return f"{seconds / 3600:.1f} hours" if seconds >= 5400 else f"{max(1, round(seconds / 60))} minutes"


def mean_of(scores):
    return float(np.mean(scores[-RECENT:])) if len(scores) else None


def in_words(outcome):
    """An ``Outcome`` as the end of a line."""
    if outcome.problem:
        return outcome.problem
    text = f"{outcome.agent_steps:,} agent steps in {outcome.minutes:.1f} minutes"
    if not outcome.finished:
        text += ", stopped before the end"
    return text if outcome.best is None else f"{text}, best evaluation {outcome.best:,.1f}"


def results_table(outcomes):
    """The outcomes as a table for people; the human-normalised score is that of the best evaluation, in per cent."""
    rows = [("game", "agent steps", "minutes", f"last {RECENT} games", "best evaluation", "human", "DQN 2015")]
    by_rom = {score.rom: score for score in paper.scores().values()}
    for outcome in outcomes:
        score = by_rom.get(outcome.game)
        normalized = "-"
        if score and outcome.best is not None:
            normalized = f"{100 * (outcome.best - score.random) / (score.human - score.random):.0f} %"
        numbers = ("-" if value is None else f"{value:,.1f}" for value in (outcome.recent, outcome.best))
        rows.append(
            (outcome.game, f"{outcome.agent_steps:,}", f"{outcome.minutes:.1f}", *numbers, normalized,
             f"{score.normalized:.0f} %" if score else "-")
        )  # fmt: skip
    widths = [max(map(len, column)) for column in zip(*rows)]
    lines = [
        "  ".join([row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:]))])
        for row in rows
    ]
    problems = [f"{outcome.game}: {in_words(outcome)}" for outcome in outcomes if not outcome.finished]
    return "\n".join([*lines, *problems])
