"""How fast the lander's training loop is, beside the classic loop and beside Stable-Baselines3's DQN.

    python benchmarks/lunar_lander.py                  # about 5 minutes on two idle cores
    python benchmarks/lunar_lander.py --rounds 3 --json
    python benchmarks/lunar_lander.py --solve 3        # also trains three landers until they are solved

Every contender plays LunarLander-v3 with the same settings, the same epsilon and one update every 4 agent steps,
from fresh weights. It warms up, then a fixed number of agent steps is timed. The contenders take turns, round
after round, so that a slow moment of the machine hits all of them. README.md says how to read the result.
"""

import argparse
import csv
import gc
import importlib
import importlib.util
import inspect
import io
import json
import os
import random
import sys
import tempfile
import time
from collections import deque, namedtuple
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

import gymnasium as gym
import numpy as np
import torch
import torch.nn.functional as F
from side_by_side import TimeUp, processor, report_machine, spread, without_missing

from dqn_course.agent import Agent
from dqn_course.build import read_lesson
from dqn_course.checkpoints import save_training_state, save_weights
from dqn_course.config import LanderConfig
from dqn_course.environments import make_lander
from dqn_course.networks import QNetwork
from dqn_course.run_state import agent_state
from dqn_course.training import BAND_FILE, dqn

ROOT = Path(__file__).resolve().parent.parent
SETTINGS = LanderConfig()
SAVE_EVERY = inspect.signature(dqn).parameters["save_every"].default  # seconds between two checkpoints
DEFAULT_THREADS = torch.get_num_threads()  # what PyTorch takes when nobody says a number
FOREVER = 10**9  # episodes or agent steps; the stop watch ends every run


# --- the classic loop of the notes


class ClassicAgent:
    """The agent as the classic workspace has it: plain PyTorch everywhere, also for one state."""

    def __init__(self, state_size, action_size, seed):
        self.action_size = action_size
        random.seed(seed)
        self.qnetwork_local = QNetwork(state_size, action_size, seed)
        self.qnetwork_target = QNetwork(state_size, action_size, seed)
        self.optimizer = torch.optim.Adam(self.qnetwork_local.parameters(), lr=SETTINGS.learning_rate)
        self.memory = ClassicBuffer(SETTINGS.buffer_size, SETTINGS.batch_size)
        self.t_step = 0

    def step(self, state, action, reward, next_state, done):
        self.memory.add(state, action, reward, next_state, done)
        self.t_step = (self.t_step + 1) % SETTINGS.update_every
        if self.t_step == 0 and len(self.memory) > SETTINGS.batch_size:
            self.learn(self.memory.sample(), SETTINGS.gamma)

    def act(self, state, eps=0.0):
        state = torch.from_numpy(state).float().unsqueeze(0)
        self.qnetwork_local.eval()
        with torch.no_grad():
            action_values = self.qnetwork_local(state)
        self.qnetwork_local.train()
        if random.random() > eps:
            return np.argmax(action_values.cpu().data.numpy())
        return random.choice(np.arange(self.action_size))

    def learn(self, experiences, gamma):
        states, actions, rewards, next_states, dones = experiences
        next_q = self.qnetwork_target(next_states).detach().max(1)[0].unsqueeze(1)
        targets = rewards + gamma * next_q * (1 - dones)
        expected = self.qnetwork_local(states).gather(1, actions)
        loss = F.mse_loss(expected, targets)
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        self.soft_update(self.qnetwork_local, self.qnetwork_target, SETTINGS.tau)

    def soft_update(self, local_model, target_model, tau):
        for target_param, local_param in zip(target_model.parameters(), local_model.parameters(), strict=True):
            target_param.data.copy_(tau * local_param.data + (1.0 - tau) * target_param.data)


class ClassicBuffer:
    """A deque of named tuples; 64 of them are stacked for every batch."""

    def __init__(self, buffer_size, batch_size):
        self.memory = deque(maxlen=buffer_size)
        self.batch_size = batch_size
        self.experience = namedtuple("Experience", ["state", "action", "reward", "next_state", "done"])

    def add(self, state, action, reward, next_state, done):
        self.memory.append(self.experience(state, action, reward, next_state, done))

    def sample(self):
        batch = random.sample(self.memory, k=self.batch_size)
        states = torch.from_numpy(np.vstack([e.state for e in batch])).float()
        actions = torch.from_numpy(np.vstack([e.action for e in batch])).long()
        rewards = torch.from_numpy(np.vstack([e.reward for e in batch])).float()
        next_states = torch.from_numpy(np.vstack([e.next_state for e in batch])).float()
        dones = torch.from_numpy(np.vstack([e.done for e in batch]).astype(np.uint8)).float()
        return states, actions, rewards, next_states, dones

    def __len__(self):
        return len(self.memory)


def classic_dqn(agent, env, eps, seed, max_t=SETTINGS.max_t):
    """The loop of the classic workspace, without its end: the stop watch ends it."""
    scores, scores_window = [], deque(maxlen=SETTINGS.solved_window)
    for episode in range(1, FOREVER):
        state, _ = env.reset(seed=seed * 10_000 + episode)
        score = 0
        for _ in range(max_t):
            action = agent.act(state, eps)
            next_state, reward, terminated, truncated, _ = env.step(action)
            agent.step(state, action, reward, next_state, terminated)
            state = next_state
            score += reward
            if terminated or truncated:
                break
        scores_window.append(score)
        scores.append(score)
        print(f"\rEpisode {episode}\tAverage Score: {np.mean(scores_window):.2f}", end="")


# --- the contenders: each trains in `env` until the stop watch ends it


def run_package(env, seed, eps):
    train_in_package(Agent(env.state_size, env.action_size, seed), env, seed, eps)


def run_student(env, seed, eps):
    train_in_package(student_agent(env.state_size, env.action_size, seed), env, seed, eps)


def run_classic(env, seed, eps):
    torch.set_num_threads(1)
    agent = ClassicAgent(env.state_size, env.action_size, seed)
    env.optimizer = agent.optimizer
    classic_dqn(agent, env, eps, seed)


def run_sb3(env, seed, eps, threads=1):
    from stable_baselines3 import DQN

    torch.set_num_threads(threads)
    model = DQN(
        "MlpPolicy",
        env,
        learning_rate=SETTINGS.learning_rate,
        buffer_size=SETTINGS.buffer_size,
        learning_starts=SETTINGS.batch_size,
        batch_size=SETTINGS.batch_size,
        tau=SETTINGS.tau,
        gamma=SETTINGS.gamma,
        train_freq=SETTINGS.update_every,
        gradient_steps=1,
        target_update_interval=SETTINGS.update_every,  # agent steps: the target follows after every update
        exploration_initial_eps=eps,
        exploration_final_eps=eps,
        policy_kwargs={"net_arch": [SETTINGS.fc1_units, SETTINGS.fc2_units]},
        seed=seed,
        device="cpu",
        verbose=0,
    )
    env.optimizer = model.policy.optimizer
    model.learn(FOREVER)


def run_sb3_default_threads(env, seed, eps):
    run_sb3(env, seed, eps, threads=DEFAULT_THREADS)


def train_in_package(agent, env, seed, eps):
    """The package's own loop as a learner runs it: progress bar, checkpoints, one thread."""
    env.optimizer = agent.optimizer
    with tempfile.TemporaryDirectory() as folder:
        dqn(
            agent, env, n_episodes=FOREVER, eps_start=eps, eps_end=eps, eps_decay=1.0,
            seed=seed, stop_when_solved=False, run_dir=folder,
        )  # fmt: skip


def student_agent(state_size, action_size, seed):
    """An ``Agent`` of the files that lesson 6 makes a student write, with the lesson's solutions filled in."""
    cells, _ = read_lesson(ROOT / "solutions/06_lunar_lander/06_lunar_lander.py", ROOT)
    with tempfile.TemporaryDirectory() as folder:
        for cell in cells:
            magic, _, code = cell.source.partition("\n")
            if magic.startswith("%%writefile "):
                Path(folder, magic.split()[1]).write_text(code)
        sys.path.insert(0, folder)
        importlib.invalidate_caches()
        try:
            sys.modules.pop("model", None)
            sys.modules.pop("dqn_agent", None)
            return importlib.import_module("dqn_agent").Agent(state_size, action_size, seed)
        finally:
            sys.path.remove(folder)


# --- the stop watch


class StopWatch(gym.Wrapper):
    """Counts agent steps, lets ``warmup`` of them pass, times the next ``steps``, then raises TimeUp.

    ``optimizer`` is set by the contender; its own counter says how many updates were made meanwhile.
    """

    def __init__(self, env, warmup, steps):
        super().__init__(env)
        self.state_size, self.action_size = env.observation_space.shape[0], int(env.action_space.n)
        self.start, self.stop = warmup, warmup + steps
        self.count = self.episodes = 0
        self.optimizer = None
        self.marks = []

    def reset(self, **kwargs):
        self.episodes += 1
        return self.env.reset(**kwargs)

    def step(self, action):
        result = self.env.step(action)
        self.count += 1
        if self.count == self.start:
            self.mark()
        elif self.count == self.stop:
            self.mark()
            raise TimeUp
        return result

    def mark(self):
        updates = max((int(state["step"]) for state in self.optimizer.state.values()), default=0)
        self.marks.append(np.array([time.perf_counter(), time.process_time(), updates, self.episodes]))


@dataclass(frozen=True)
class Timing:
    """One timed run: wall and processor time in seconds, updates and episodes in the timed agent steps."""

    seconds: float
    cpu_seconds: float
    updates: int
    episodes: int


def measure(run, seed, eps, warmup, steps):
    """Let one contender train for ``warmup + steps`` agent steps; the Timing of the last ``steps``."""
    gc.collect()  # what the contender before has left behind
    threads = torch.get_num_threads()
    watch = StopWatch(make_lander(), warmup, steps)
    try:
        with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
            run(watch, seed, eps)
    except TimeUp:
        pass
    finally:
        torch.set_num_threads(threads)
        watch.close()
    seconds, cpu_seconds, updates, episodes = watch.marks[1] - watch.marks[0]
    return Timing(seconds, cpu_seconds, int(updates), int(episodes))


def checkpoint_seconds():
    """What one checkpoint costs when the memory is full (the longest it can take), median of 5."""
    agent = Agent(8, 4)
    for _ in range(SETTINGS.buffer_size):
        agent.memory.add(np.zeros(8, np.float32), 0, 0.0, np.zeros(8, np.float32), False)
    agent.learn(agent.memory.sample(), SETTINGS.gamma)
    times = []
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(5):
            start = time.perf_counter()
            save_training_state({"agent": agent_state(agent)}, Path(folder, "training_state.pt"))
            save_weights(agent.qnetwork_local, Path(folder, "checkpoint.pth"))
            times.append(time.perf_counter() - start)
    return float(np.median(times))


# --- until solved


def solved_runs(path):
    """Where the runs in a band file were solved: a list of ``(episode, agent steps)``, None for a run that was not."""
    runs = {}
    with open(path, newline="") as file:
        for row in csv.DictReader(line for line in file if not line.startswith("#")):
            runs.setdefault(row["seed"], []).append((float(row["score"]), int(row["steps"])))
    return [solved_at(*zip(*episodes)) for episodes in runs.values()]


def solved_at(scores, steps):
    """``(episode, agent steps)`` at which the mean of the last 100 scores reached 200, or None."""
    for episode in range(SETTINGS.solved_window, len(scores) + 1):
        if np.mean(scores[episode - SETTINGS.solved_window : episode]) >= SETTINGS.solved_score:
            return episode, sum(steps[:episode])
    return None


def train_until_solved(seed):
    """The History of one whole run of the package, as a learner would make it."""
    with tempfile.TemporaryDirectory() as folder, redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
        return dqn(Agent(8, 4, seed), make_lander(), seed=seed, run_dir=folder)


# --- the report

CONTENDERS = {
    "package": ("the package", run_package),
    "classic": ("the classic loop", run_classic),
    "sb3": ("Stable-Baselines3, 1 thread", run_sb3),
    "sb3_default": (f"Stable-Baselines3, {DEFAULT_THREADS} threads", run_sb3_default_threads),
    "student": ("a student's files in the package's loop", run_student),
}
SAVING = ("package", "student")  # these write checkpoints


def choose_contenders():
    """The contenders that can run here, each once."""
    chosen = without_missing(CONTENDERS)
    if DEFAULT_THREADS == 1:  # the same as the row before
        chosen.pop("sb3_default", None)
    return chosen


def report_speed(contenders, timings, steps):
    """Print the table and return its numbers; ends the program when the contenders did not do the same work."""
    updates = {name: float(np.mean([t.updates / steps for t in runs])) for name, runs in timings.items()}
    if max(updates.values()) - min(updates.values()) > 0.01:
        sys.exit(f"The contenders did not make the same number of updates per agent step, so no comparison: {updates}")

    save_seconds = checkpoint_seconds()
    rates = {name: np.array([steps / t.seconds for t in runs]) for name, runs in timings.items()}
    for name in rates.keys() & SAVING:
        rates[name] /= 1 + save_seconds / SAVE_EVERY
    ratios = {name: rates["package"] / rates[name] for name in rates}
    cpu_rates = {name: np.array([steps / t.cpu_seconds for t in runs]) for name, runs in timings.items()}
    cpu_ratios = {name: float(np.median(cpu_rates["package"] / cpu_rates[name])) for name in rates}

    print(f"\n{'':40}  {'agent steps/s':24}  {'package / this':20}  CPU time  updates  episodes  CPU/wall")
    for name, (title, _) in contenders.items():
        ratio = f"{spread(ratios[name], '{:.2f}'):20}  {cpu_ratios[name]:8.2f}" if name != "package" else f"{'':30}"
        episodes = sum(t.episodes for t in timings[name])
        busy = sum(t.cpu_seconds for t in timings[name]) / sum(t.seconds for t in timings[name])
        print(f"{title:40}  {spread(rates[name]):24}  {ratio}  {updates[name]:7.3f}  {episodes:8}  {busy:8.2f}")
    print(
        "Medians of the rounds (lowest to highest). CPU time: the same ratio per second of processor time.\n"
        "updates: per agent step. CPU/wall: 1.00 on one thread means that no other program disturbed.\n"
        f"A checkpoint of a full memory takes {save_seconds * 1000:.0f} ms every {SAVE_EVERY:.0f} s; that is taken off "
        "the two loops that write them."
    )

    numbers = {"updates_per_step": updates["package"], "checkpoint_seconds": save_seconds}
    for name in ("package", "classic", "sb3", "sb3_default", "student"):
        suffix = "" if name == "package" else f"_{name}"
        numbers[f"steps_per_s{suffix}"] = float(np.median(rates[name])) if name in rates else None
        if suffix:
            numbers[f"ratio{suffix}"] = float(np.median(ratios[name])) if name in rates else None
            numbers[f"ratio{suffix}_cpu_time"] = cpu_ratios.get(name)
            numbers[f"ratio{suffix}_range"] = (
                [*map(float, np.percentile(ratios[name], (0, 100)))] if name in rates else None
            )
    return numbers


def report_band(speed, student_speed):
    """Print and return what the shipped reference runs needed to be solved, in episodes, agent steps and time."""
    numbers = dict.fromkeys(
        ("seeds", "solved", "episodes_to_solved", "episodes_to_solved_median", "steps_to_solved_median",
         "seconds_to_solved_median", "seconds_to_solved_median_student")
    )  # fmt: skip
    if not Path(str(BAND_FILE)).is_file():
        print(
            '\nThere are no reference runs here, so no word on "solved"; python benchmarks/lander_band.py makes them.'
        )
        return numbers
    runs = solved_runs(BAND_FILE)
    solved = np.array([run for run in runs if run])
    numbers |= {"seeds": len(runs), "solved": len(solved)}
    print(f"\nSolved (mean of 100 episodes at least 200): {len(solved)} of {len(runs)} reference runs")
    if not len(solved):
        return numbers
    episodes, steps = solved.T
    print(f"{'episodes':40}  {spread(episodes)}")
    print(f"{'agent steps':40}  {spread(steps)}")
    print(f"{f'minutes at {speed:,.0f} steps/s':40}  {spread(steps / speed / 60, '{:.1f}')}")
    print(
        f"{f'minutes at {student_speed:,.0f} steps/s (a student)':40}  {spread(steps / student_speed / 60, '{:.1f}')}"
    )
    return numbers | {
        "episodes_to_solved": [run and int(run[0]) for run in runs],
        "episodes_to_solved_median": float(np.median(episodes)),
        "steps_to_solved_median": float(np.median(steps)),
        "seconds_to_solved_median": float(np.median(steps)) / speed,
        "seconds_to_solved_median_student": float(np.median(steps)) / student_speed,
    }


def report_solving(n_seeds):
    """Train ``n_seeds`` landers until solved, one after another; print and return how long it really took."""
    print("\nTrained until solved:")
    histories = []
    for seed in range(n_seeds):
        history = train_until_solved(seed)
        histories.append(history)
        print(
            f"seed {seed}: {f'episode {history.solved_at}' if history.solved_at else 'not solved'}, "
            f"{sum(history.steps):,} agent steps, {history.seconds:.0f} s, "
            f"{sum(history.steps) / history.seconds:,.0f} steps/s"
        )
    return {
        "trained_solved_at": [history.solved_at for history in histories],
        "trained_steps": [sum(history.steps) for history in histories],
        "trained_seconds": [round(history.seconds, 1) for history in histories],
    }


def parse(arguments):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5, help="every contender runs once a round")
    parser.add_argument("--steps", type=int, default=10_000, help="agent steps that are timed in a run")
    parser.add_argument("--warmup", type=int, default=2_000, help="agent steps before the clock starts")
    parser.add_argument("--eps", type=float, default=0.15, help="epsilon, constant; 0.15 is the mean over a solved run")
    parser.add_argument("--solve", type=int, default=0, metavar="N", help="also train N seeds until solved")
    parser.add_argument("--json", action="store_true", help="the last line is the result as one line of JSON")
    args = parser.parse_args(arguments)
    if args.rounds < 1 or args.steps < 4 or args.warmup < 100:
        parser.error("--rounds must be at least 1, --steps at least 4, --warmup at least 100 (updates start after 64)")
    return args


def main(arguments=None):
    args = parse(arguments)
    contenders = choose_contenders()
    report_machine("torch", "gymnasium", "numpy")
    print(
        f"{args.rounds} rounds in turns; a run: {args.warmup:,} agent steps to warm up, {args.steps:,} timed; "
        f"epsilon {args.eps:g}; one update every {SETTINGS.update_every} agent steps"
    )
    timings = {name: [] for name in contenders}
    for turn in range(args.rounds):
        for name, (_, run) in contenders.items():
            timings[name].append(measure(run, turn, args.eps, args.warmup, args.steps))

    result = {"processor": processor(), "cores": os.cpu_count(), "rounds": args.rounds, "steps": args.steps}
    result |= report_speed(contenders, timings, args.steps)
    result |= report_band(result["steps_per_s"], result["steps_per_s_student"])
    if args.solve:
        result |= report_solving(args.solve)
    if args.json:
        print(json.dumps(result))


if __name__ == "__main__":
    main()
