"""The 2 x 2 ablation: one training four times, with and without replay, with and without a target network.

The agent is the lander's, and both are taken away with numbers that it has anyway. With a memory of one batch, every
batch is the last transitions in a row. With tau = 1 the target network equals the online network after every update.
"""

import contextlib
import csv
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import NamedTuple

import gymnasium as gym
import numpy as np
import torch
from tqdm.auto import tqdm

from dqn_course import executors, plotting, tables
from dqn_course.agent import Agent
from dqn_course.config import LanderConfig
from dqn_course.evaluation import FRESH_SEED, episode_seed, evaluate
from dqn_course.run_state import threads
from dqn_course.schedules import linear_epsilon

DATA = Path(__file__).parent / "data"
CELLS = ((True, True), (True, False), (False, True), (False, False))
"""The four cells of the table, each (replay, target network), in the order of the paper's."""


@dataclass(frozen=True)
class Setting:
    """What all runs of an ablation share. The defaults are a few seconds of cart-pole."""

    env: str = "CartPole-v1"
    """a task of Gymnasium with a vector for a state"""
    agent_steps: int = 12_000
    """length of a run"""
    eval_every: int = 1_500
    """agent steps between two evaluations"""
    eval_episodes: int = 5
    """greedy episodes of one evaluation"""
    batch_size: int = 64
    """transitions an update; without replay, the last so many"""
    buffer_size: int = 12_000
    """transitions kept with replay"""
    tau: float = 0.01
    """of the soft update, with a target network"""
    learning_rate: float = 1e-3
    """of Adam"""
    update_every: int = 2
    """agent steps between two updates"""
    gamma: float = 0.99
    """discount an agent step"""
    eps_end: float = 0.05
    """epsilon falls from 1 to this on a straight line ..."""
    eps_steps: int = 3_000
    """... over so many agent steps"""


CART_POLE = Setting()
LANDER = Setting(
    env="LunarLander-v3",
    agent_steps=48_000,
    eval_every=8_000,
    buffer_size=48_000,
    tau=0.005,
    eps_steps=12_000,
)
"""The longer version, by ``benchmarks/ablation.py``: a lander that is just beginning to land."""
QUICK = Setting(agent_steps=300, eval_every=100, eval_episodes=1, buffer_size=300, eps_steps=100)
"""Everything once, in a second: for tests and grading."""


@dataclass(frozen=True)
class Run:
    """One training, as it travels to the process that it runs in; ``folder`` is where its table goes."""

    setting: Setting
    replay: bool
    target: bool
    seed: int
    folder: str


class Point(NamedTuple):
    """One evaluation of one run."""

    replay: bool
    target: bool
    seed: int
    agent_steps: int
    score: float
    """mean of the greedy episodes"""
    max_q: float
    """mean of the largest Q-value on held-out states: what the network expects from there on"""


def agent_config(setting, replay, target):
    """The agent's numbers in one cell of the table: two of them differ, and nothing else."""
    return LanderConfig(
        buffer_size=setting.buffer_size if replay else setting.batch_size,
        tau=setting.tau if target else 1.0,
        batch_size=setting.batch_size,
        learning_rate=setting.learning_rate,
        update_every=setting.update_every,
        gamma=setting.gamma,
    )


def train(run):
    """One training; its ``Point``s. A table that is there already, of the same setting, is read instead."""
    path = table_of(run)
    if (points := read(path, run.setting)) is not None:
        return points
    setting = run.setting
    env, eval_env = (gym.make(setting.env, disable_env_checker=True) for _ in range(2))
    n_actions = int(env.action_space.n)
    config = agent_config(setting, run.replay, run.target)
    agent = Agent(env.observation_space.shape[0], n_actions, run.seed, config)
    states = torch.from_numpy(held_out_states(eval_env))  # (500, n)
    points = []

    def evaluated(step):
        score = evaluate(agent, eval_env, setting.eval_episodes, seed=FRESH_SEED + step).mean
        with torch.no_grad():
            max_q = agent.qnetwork_local(states).amax(dim=1).mean().item()
        return Point(run.replay, run.target, run.seed, step, score, max_q)

    with threads(1):
        episode, ended = 0, True
        for step in range(1, setting.agent_steps + 1):
            if ended:
                episode += 1
                state, _ = env.reset(seed=episode_seed(run.seed, episode))
            action = agent.act(state, linear_epsilon(step, 1.0, setting.eps_end, setting.eps_steps))
            next_state, reward, terminated, truncated, _ = env.step(action)
            agent.step(state, action, reward, next_state, terminated)
            state, ended = next_state, terminated or truncated
            if step % setting.eval_every == 0:
                points.append(evaluated(step))
    write(path, points, setting)
    return points


def train_some(runs):
    """Several trainings one after the other, in one process, which takes seconds to start; all their ``Point``s."""
    return [point for run in runs for point in train(run)]


def held_out_states(env, n=500, seed=FRESH_SEED):
    """States (n, state_size) float32 that random play meets, the same for every run of a task."""
    rng = np.random.default_rng(seed)
    states, ended, episode = [], True, 0
    while len(states) < n:
        if ended:
            state, _ = env.reset(seed=episode_seed(seed, episode))
            episode += 1
        states.append(state)
        state, _, terminated, truncated, _ = env.step(int(rng.integers(env.action_space.n)))
        ended = terminated or truncated
    return np.array(states, np.float32)


def largest_q(setting):
    """No Q-value of cart-pole can truly be larger: a reward of 1 in every step, for ever."""
    return 1 / (1 - setting.gamma)


# --- many runs


def ablation(setting, seeds, folder, kind="processes", workers=0, progress=True):
    """Train every cell of the table with every one of ``seeds``; return all ``Point``s.

    Runs are independent, and several go on at once (see ``executors.open_pool``). Each leaves a table in ``folder``
    when it is done. Stop (or Ctrl-C) loses only the runs that are under way: what is done is returned, and the same
    call does the rest. In a notebook a picture grows with the runs.
    """
    runs = [Run(setting, *cell, seed, str(Path(folder).resolve())) for seed in seeds for cell in CELLS]
    pairs = [runs[i : i + 2] for i in range(0, len(runs), 2)]
    points, problems = [], []
    started = time.perf_counter()
    bar = tqdm(total=len(runs), unit="run", disable=not progress)
    live = plotting.LivePlot(lambda: figure(points, setting)) if progress and plotting.in_notebook() else None
    with contextlib.closing(bar):
        try:
            with executors.open_pool(kind, workers) as pool:
                for some, found, problem in pool.run(train_some, pairs):
                    problems += [problem] if problem else []
                    points += found or []
                    bar.update(len(some))
                    if live and points:
                        live.update()
        except KeyboardInterrupt:
            if progress:
                print(f"Stopped after {bar.n} of {len(runs)} runs. What is done is kept: run it again to go on.")
        else:
            if progress:
                print(f"{bar.n} runs in {time.perf_counter() - started:.0f} s.")
        if live and points:
            live.update(force=True)
    if problems:
        raise problems[0]
    return sorted(points)


def shipped(name):
    """The points of the shipped runs, ``"cart_pole"`` or ``"lander"``, made by ``benchmarks/ablation.py``."""
    return read(DATA / f"ablation_{name}.csv")


def table_of(run):
    """The file of a run."""
    cell = f"{'replay' if run.replay else 'noreplay'}_{'target' if run.target else 'notarget'}"
    return Path(run.folder) / f"{run.setting.env}_{cell}_{run.seed}.csv"


def write(path, points, setting):
    """Write ``points`` to a CSV file, with the setting in its first line. A kill leaves the old file or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_suffix(".new")
    with open(new, "w", newline="") as file:
        file.write(f"# {heading(setting)}\n")
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(Point._fields)
        for point in points:
            writer.writerow(
                [int(point.replay), int(point.target), *point[2:4], f"{point.score:.2f}", f"{point.max_q:.3f}"]
            )
    new.replace(path)


def read(path, setting=None):
    """The points in a file of ``write``; None when there is none, or not of this ``setting``."""
    try:
        first, *rows = Path(path).read_text().splitlines()
    except (OSError, ValueError):
        return None
    if setting is not None and first != f"# {heading(setting)}":
        return None
    return [
        Point(row[0] == "1", row[1] == "1", int(row[2]), int(row[3]), float(row[4]), float(row[5]))
        for row in csv.reader(rows[1:])
    ]


def heading(setting):
    """A setting in one line."""
    return ", ".join(f"{name} {value}" for name, value in asdict(setting).items())


# --- what a person sees


def name_of(replay, target):
    """A cell in words."""
    return f"{'replay' if replay else 'no replay'}, {'target network' if target else 'no target network'}"


def curves(points, cell, field):
    """{seed: (agent steps, values)} of one cell, ``field`` being ``"score"`` or ``"max_q"``."""
    found = {}
    for point in points:
        if (point.replay, point.target) == cell:
            steps, values = found.setdefault(point.seed, ([], []))
            steps.append(point.agent_steps)
            values.append(getattr(point, field))
    return found


def figure(points, setting=None, title=None):
    """Score and Q of the four cells: one thin line a seed, the median as a thick one."""
    colours = (plotting.BLUE, plotting.GREEN, plotting.ORANGE, plotting.RED)
    with plotting.style():
        picture = plotting.new_figure(10.5, 5.2)
        grid = picture.subplots(2, 4, sharex=True, sharey="row")
        for column, (cell, colour) in enumerate(zip(CELLS, colours)):
            for axes, field in zip(grid[:, column], ("score", "max_q")):
                seeds = curves(points, cell, field)
                for steps, values in seeds.values():
                    axes.plot(np.array(steps) / 1000, values, color=colour, lw=0.8, alpha=0.55)
                if seeds:
                    length = min(len(values) for _, values in seeds.values())
                    median = np.median([values[:length] for _, values in seeds.values()], axis=0)
                    axes.plot(np.array(next(iter(seeds.values()))[0][:length]) / 1000, median, color=colour, lw=2.6)
            name = name_of(*cell).replace(", ", ",\n")
            grid[0, column].set_title(f"{name} (n = {len(curves(points, cell, 'score'))})", fontsize=9.5)
            grid[1, column].set_xlabel("thousand agent steps")
            if setting is not None and setting.env.startswith("CartPole"):
                grid[1, column].axhline(largest_q(setting), color=plotting.GREY, ls=":", lw=1.4)
        grid[0, 0].set_ylabel("score (greedy)")
        grid[1, 0].set_ylabel("mean largest Q\non held-out states")
        if title:
            picture.suptitle(title, x=0.01, ha="left", fontsize=12)
    return picture


def summary(points, field="score", last=3):
    """{cell: (median, lowest, highest, n)} over the seeds, of each run's mean ``field`` in its ``last`` evaluations."""
    result = {}
    for cell in CELLS:
        ends = [np.mean(values[-last:]) for _, values in curves(points, cell, field).values()]
        if ends:
            result[cell] = float(np.median(ends)), float(min(ends)), float(max(ends)), len(ends)
    return result


def wins(points, cell, other, last=3):
    """In how many pairs of runs, one of each cell, that of ``cell`` has the higher score at its end; and of how many.

    Half of the pairs for one cell means no difference, all or none a clear one. A tie counts half.
    """
    ends, others = (
        np.array([np.mean(values[-last:]) for _, values in curves(points, which, "score").values()])
        for which in (cell, other)
    )
    pairs = np.sign(ends[:, None] - others[None])  # (runs of the one, runs of the other)
    return float((pairs > 0).sum() + 0.5 * (pairs == 0).sum()), pairs.size


class Table(tables.Table):
    """The four cells as a table for people: medians over the seeds, lowest and highest in brackets.

    The last column compares each cell with the whole agent, see ``wins``.
    """

    def __init__(self, points, last=3):
        scores, values = (summary(points, field, last) for field in ("score", "max_q"))
        rows = []
        for cell in (cell for cell in CELLS if cell in scores):
            cells = [f"{m:.0f} ({low:.0f} to {high:.0f})" for m, low, high, _ in (scores[cell], values[cell])]
            compared = ""
            if cell != CELLS[0] and CELLS[0] in scores:
                higher, pairs = wins(points, CELLS[0], cell, last)
                compared = f"{higher:g} of {pairs} pairs"
            rows.append((name_of(*cell), f"{scores[cell][3]}", *cells, compared))
        super().__init__(("", "runs", "score", "mean largest Q", "whole agent higher in"), rows, align="left")
