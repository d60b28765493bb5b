"""How fast the Atari training loop is, beside a plain PyTorch loop and beside Stable-Baselines3's DQN.

    python benchmarks/atari.py                    # about 5 minutes on two idle cores, 8 GB of free memory
    python benchmarks/atari.py --rounds 3 --json
    python benchmarks/atari.py --replay 200000    # a smaller memory is filled, and counted up to a million

Every contender plays Pong with batches of 32 and one update every 4 agent steps, from fresh weights. It warms up, then
a fixed number of agent steps is timed. The contenders take turns, round after round, so that a slow moment of the
machine hits all of them. README.md says how to read the result.
"""

import argparse
import gc
import io
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, replace
from unittest.mock import patch

import ale_py
import gymnasium as gym
import numpy as np
import psutil
import torch
import torch.nn.functional as F
from gymnasium.wrappers import AtariPreprocessing, FrameStackObservation
from side_by_side import TimeUp, processor, report_machine, spread, without_missing
from torch import nn

from dqn_course.atari_training import AtariRun, choose_device, is_update_step, train, uses_bfloat16
from dqn_course.config import PAPER
from dqn_course.networks import NatureQNetwork
from dqn_course.replay import FrameReplay
from dqn_course.run_state import threads as torch_threads

gym.register_envs(ale_py)

GAME, ENV_ID = "pong", "ALE/Pong-v5"
PLAIN_ALE = {"frameskip": 1, "repeat_action_probability": 0.0, "full_action_space": False}
SETTINGS = replace(
    PAPER, game=GAME, total_steps=10**9, n_games=8, precision="auto", optimizer="adam", learning_rate=1e-4,
    replay_size=100_000, learning_starts=1_000, target_update_interval=2_000, eval_interval=10**9, held_out_states=32,
    device="cpu",
)  # fmt: skip
EPSILON = 0.1
FOREVER = 10**9  # agent steps; the stop watch ends every run


# --- the contenders: each trains until the stop watch ends it


def run_package(watch, seed, n_threads, **settings):
    """The package's own loop as a learner runs it: progress bar, checkpoints, eight games, the fast arithmetic."""
    config = replace(SETTINGS, seed=seed, threads=n_threads, eps_start=EPSILON, eps_end=EPSILON, **settings)

    def update_step(agent_step, learning_starts, update_interval):
        due = is_update_step(agent_step, learning_starts, update_interval)
        watch.tick(agent_step, updates=due)
        return due

    with tempfile.TemporaryDirectory() as folder, patch.object(AtariRun, "update", watch.timed(AtariRun.update)):
        train(config, folder, update_step=update_step)


def run_package_rmsprop(watch, seed, n_threads):
    run_package(watch, seed, n_threads, optimizer="nature_rmsprop", learning_rate=PAPER.learning_rate)


def run_plain(watch, seed, n_threads):
    """What one writes first: gymnasium's wrappers, a ring of transitions, float32, one state at a time."""
    torch.manual_seed(seed)
    env = FrameStackObservation(
        AtariPreprocessing(gym.make(ENV_ID, **PLAIN_ALE), noop_max=30, terminal_on_life_loss=True), 4
    )
    rng = random.Random(seed)
    n_actions = int(env.action_space.n)
    q_network, target_network = PlainNetwork(n_actions), PlainNetwork(n_actions)
    target_network.load_state_dict(q_network.state_dict())
    optimizer = torch.optim.Adam(q_network.parameters(), SETTINGS.learning_rate)
    memory = []  # (state, action, reward, next state, terminated); a state is shared with the transition before it

    state, _ = env.reset(seed=seed)
    for agent_step in range(1, FOREVER):
        if rng.random() < EPSILON:
            action = rng.randrange(n_actions)
        else:
            with torch.no_grad():
                action = int(q_network(torch.from_numpy(state).unsqueeze(0)).argmax())
        next_state, reward, terminated, truncated, _ = env.step(action)
        transition = (state, action, float(np.sign(reward)), next_state, float(terminated))
        if len(memory) < SETTINGS.replay_size:
            memory.append(transition)
        else:
            memory[agent_step % SETTINGS.replay_size] = transition
        state = env.reset()[0] if terminated or truncated else next_state

        due = is_update_step(agent_step, SETTINGS.learning_starts, SETTINGS.update_interval)
        if due:
            plain_update(q_network, target_network, optimizer, rng.sample(memory, SETTINGS.batch_size))
        if agent_step % SETTINGS.target_update_interval == 0:
            target_network.load_state_dict(q_network.state_dict())
        watch.tick(agent_step, updates=due)


def plain_update(q_network, target_network, optimizer, batch):
    """One gradient step; ``batch`` is a list of (state, action, reward, next state, terminated)."""
    states, actions, rewards, next_states, terminated = zip(*batch)
    states, next_states = (torch.from_numpy(np.stack(stacks)) for stacks in (states, next_states))
    actions = torch.tensor(actions).unsqueeze(1)  # (B, 1)
    rewards, terminated = (torch.tensor(column).unsqueeze(1) for column in (rewards, terminated))
    with torch.no_grad():
        next_q = target_network(next_states).amax(dim=1, keepdim=True)
        td_targets = rewards + SETTINGS.gamma * (1 - terminated) * next_q
    loss = F.huber_loss(q_network(states).gather(1, actions), td_targets, reduction="sum")
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()


class PlainNetwork(nn.Sequential):
    """The network of the paper in float32, of uint8 states (B, 4, 84, 84)."""

    def __init__(self, n_actions):
        super().__init__(
            nn.Conv2d(4, 32, 8, 4), nn.ReLU(), nn.Conv2d(32, 64, 4, 2), nn.ReLU(), nn.Conv2d(64, 64, 3), nn.ReLU(),
            nn.Flatten(), nn.Linear(3136, 512), nn.ReLU(), nn.Linear(512, n_actions),
        )  # fmt: skip

    def forward(self, states):
        return super().forward(states.float() / 255)


def run_sb3(watch, seed, n_threads, n_games=1):
    """DQN of Stable-Baselines3 with its own Atari wrappers, its CnnPolicy and its optimiser."""
    from stable_baselines3 import DQN
    from stable_baselines3.common.callbacks import BaseCallback
    from stable_baselines3.common.env_util import make_atari_env
    from stable_baselines3.common.vec_env import VecFrameStack

    class Tick(BaseCallback):
        def _on_step(self):
            made = self.model._n_updates  # of the agent steps before this one
            watch.tick(self.num_timesteps, updates=made - self.made, agent_steps=n_games)
            self.made = made
            return True

        def _on_training_start(self):
            self.made = 0

    env = VecFrameStack(make_atari_env(ENV_ID, n_envs=n_games, seed=seed, env_kwargs=PLAIN_ALE), n_stack=4)
    model = DQN(
        "CnnPolicy",
        env,
        learning_rate=SETTINGS.learning_rate,
        buffer_size=SETTINGS.replay_size,
        learning_starts=SETTINGS.learning_starts,
        batch_size=SETTINGS.batch_size,
        tau=1.0,
        gamma=SETTINGS.gamma,
        train_freq=max(1, SETTINGS.update_interval // n_games),  # steps of all games together
        gradient_steps=max(1, n_games // SETTINGS.update_interval),
        target_update_interval=SETTINGS.target_update_interval,
        exploration_initial_eps=EPSILON,
        exploration_final_eps=EPSILON,
        seed=seed,
        device="cpu",
    )
    model.learn(FOREVER, callback=Tick())


def run_sb3_8_games(watch, seed, n_threads):
    run_sb3(watch, seed, n_threads, n_games=8)


CONTENDERS = {
    "package": ("the package, Adam", run_package),
    "package_rmsprop": ("the package, NatureRMSprop", run_package_rmsprop),
    "plain": ("a plain float32 loop, 1 game", run_plain),
    "sb3": ("Stable-Baselines3, 1 game", run_sb3),
    "sb3_8_games": ("Stable-Baselines3, 8 games", run_sb3_8_games),
}


# --- the stop watch


class StopWatch:
    """Told of every agent step: lets ``warmup`` of them pass, times the next ``steps``, then raises TimeUp."""

    def __init__(self, warmup, steps, clock=time.perf_counter):
        self.start, self.stop = warmup, warmup + steps
        self.clock = clock  # of single updates
        self.updates = 0
        self.marks = []
        self.update_seconds = []

    def tick(self, agent_step, updates=0, agent_steps=1):
        """``agent_step`` is done, ``updates`` were made with it; a call may stand for several ``agent_steps``."""
        self.updates += updates
        for mark in (self.start, self.stop):
            if agent_step - agent_steps < mark <= agent_step:
                self.marks.append(np.array([time.perf_counter(), time.process_time(), self.updates, agent_step]))
        if len(self.marks) == 2:
            raise TimeUp

    def timed(self, update):
        """``update``, with a note of how long each took."""

        def noted(run):
            start = self.clock()
            update(run)
            self.update_seconds.append(self.clock() - start)

        return noted


@dataclass(frozen=True)
class Timing:
    """One timed run: wall and processor time in seconds, agent steps and updates in it, seconds of single updates."""

    seconds: float
    cpu_seconds: float
    updates: int
    steps: int
    update_seconds: list


def measure(run, seed, n_threads, warmup, steps):
    """Let one contender train for ``warmup + steps`` agent steps; the Timing of the last ``steps``."""
    gc.collect()  # what the contender before has left behind
    watch = StopWatch(warmup, steps, clock_for(n_threads))
    try:
        with torch_threads(n_threads), redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
            run(watch, seed, n_threads)
    except TimeUp:
        pass
    seconds, cpu_seconds, updates, counted = watch.marks[1] - watch.marks[0]
    return Timing(seconds, cpu_seconds, int(updates), int(counted), watch.update_seconds[-int(updates) or None :])


# --- arithmetic: how much, and how fast it could be


def clock_for(n_threads):
    """Processor time, which a busy machine disturbs less, where one thread does all the work; else wall time."""
    return time.thread_time if n_threads == 1 else time.perf_counter


def update_flop(batch_size=32, n_actions=6):
    """Floating point operations of one update, counted from the layers: two for every multiplication and addition.

    Two forward passes (both networks), and backward for every layer its weights' gradient and, but for the first, its
    input's gradient, each as much as forward.
    """
    layers = []

    def count(layer, inputs, output):
        macs = output.numel() * layer.weight[0].numel()  # an output is a sum over the weights of its unit
        layers.append(2 * macs)

    network = NatureQNetwork(n_actions)
    conv1 = 2 * batch_size * 20 * 20 * network.conv1.weight.numel()  # it is called as a function, so no hook sees it
    for layer in (network.conv2, network.conv3, network.fc1, network.fc2):
        layer.register_forward_hook(count)
    with torch.no_grad():
        network(torch.zeros(batch_size, 4, 84, 84, dtype=torch.uint8))
    forward = conv1 + sum(layers)
    return 2 * forward + 2 * forward - conv1


def matmul_rate(dtype, n_threads, size=2048, repeats=7):
    """FLOP/s of a square matrix product in ``dtype``, the median of ``repeats``."""
    clock = clock_for(n_threads)
    with torch_threads(n_threads):
        a, b = torch.randn(2, size, size).to(dtype)
        a @ b
        seconds = []
        for _ in range(repeats):
            start = clock()
            a @ b
            seconds.append(clock() - start)
    return 2 * size**3 / float(np.median(seconds))


# --- the memory


def measure_replay(capacity, n_games=8, history=4, batch_size=32, samples=1000):
    """Fill a FrameReplay; its resident gigabytes for a million transitions, and the milliseconds of a batch of it.

    Returns (GB per million, median ms of wall time, median ms of processor time), on one thread.
    """
    torch.set_num_threads(1)
    process = psutil.Process()
    rng = np.random.default_rng(0)
    pictures = rng.integers(0, 256, (16, n_games, 84, 84), np.uint8)
    actions, rewards, no = np.zeros(n_games, np.int64), np.zeros(n_games, np.float32), np.zeros(n_games, bool)
    before = process.memory_info().rss
    memory = FrameReplay(capacity, n_games, history)
    for row in range(memory.n_rows):
        ends = rng.random(n_games) < 0.001
        memory.add(pictures[row % 16], actions, rewards, ends, ends, no)
    gigabytes = (process.memory_info().rss - before) / 1e9 * 1e6 / len(memory)
    seconds = []
    for _ in range(samples):
        start = np.array([time.perf_counter(), time.thread_time()])
        memory.sample(batch_size)
        seconds.append(np.array([time.perf_counter(), time.thread_time()]) - start)
    return gigabytes, *(float(middle) * 1e3 for middle in np.median(seconds, axis=0))


def measure_replay_elsewhere(capacity):
    """``measure_replay`` in a process of its own, so that its memory is given back."""
    command = [sys.executable, __file__, "--only-replay", "--replay", str(capacity)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"The memory could not be measured: {(done.stderr.strip().splitlines() or ['?'])[-1]}")
    return json.loads(done.stdout)


# --- the report


def report_speed(contenders, timings):
    """Print the table and return its numbers; ends the program when the contenders did not do the same work."""
    updates = {name: float(np.mean([t.updates / t.steps for t in runs])) for name, runs in timings.items()}
    if max(updates.values()) - min(updates.values()) > 0.01:
        sys.exit(f"The contenders did not make the same number of updates per agent step, so no comparison: {updates}")

    rates = {name: np.array([t.steps / t.seconds for t in runs]) for name, runs in timings.items()}
    cpu_rates = {name: np.array([t.steps / t.cpu_seconds for t in runs]) for name, runs in timings.items()}
    numbers = {"updates_per_step": updates["package"]}
    print(f"\n{'':30}  {'agent steps/s':22}  {'package / this':22}  CPU time  CPU/wall")
    for name, (title, _) in contenders.items():
        ratios, cpu_ratios = rates["package"] / rates[name], cpu_rates["package"] / cpu_rates[name]
        columns = f"{spread(ratios, '{:.2f}'):22}  {np.median(cpu_ratios):8.2f}" if name != "package" else f"{'':32}"
        busy = sum(t.cpu_seconds for t in timings[name]) / sum(t.seconds for t in timings[name])
        print(f"{title:30}  {spread(rates[name]):22}  {columns}  {busy:8.2f}")
        suffix = "" if name == "package" else f"_{name}"
        numbers[f"steps_per_s{suffix}"] = float(np.median(rates[name]))
        if suffix:
            numbers[f"ratio{suffix}"] = float(np.median(ratios))
            numbers[f"ratio{suffix}_range"] = [*map(float, np.percentile(ratios, (0, 100)))]
            numbers[f"ratio{suffix}_cpu_time"] = float(np.median(cpu_ratios))
    for name in CONTENDERS:
        numbers.setdefault(f"ratio_{name}", None) if name != "package" else None
    print(
        "Medians of the rounds (lowest to highest). CPU time: the same ratio per second of processor time, emulators\n"
        "included. CPU/wall: near 1.00 on one thread means that no other program disturbed."
    )
    return numbers


def report_arithmetic(timings, rates, low_precision):
    """Print and return the arithmetic of an update beside what the machine can do."""
    seconds = float(np.median([second for t in timings for second in t.update_seconds]))
    flop, rate = update_flop(), float(np.median(rates))
    dtype = "bfloat16" if low_precision else "float32"
    print(
        f"\nAn update of the package takes {seconds * 1e3:.1f} ms (median) and is {flop / 1e9:.2f} GFLOP: "
        f"{flop / seconds / 1e9:.0f} GFLOP/s, {flop / seconds / rate:.1%} of the {rate / 1e9:.0f} GFLOP/s of a matrix "
        f"product in {dtype}."
    )
    return {
        "update_ms": seconds * 1e3,
        "update_gflop": flop / 1e9,
        "matmul_gflop_per_s": rate / 1e9,
        "flop_fraction": flop / seconds / rate,
    }


def parse(arguments):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5, help="every contender runs once a round")
    parser.add_argument("--steps", type=int, default=1_000, help="agent steps that are timed in a run")
    parser.add_argument("--warmup", type=int, default=1_200, help="agent steps before the clock starts")
    parser.add_argument("--threads", type=int, default=1, help="threads of PyTorch, the same for every contender")
    parser.add_argument("--contenders", nargs="+", choices=CONTENDERS, help="not all of them; the package is a must")
    parser.add_argument("--replay", type=int, default=1_000_000, help="transitions of the memory to fill; 0 for none")
    parser.add_argument("--only-replay", action="store_true", help="measure the memory only, print JSON")
    parser.add_argument("--json", action="store_true", help="the last line is the result as one line of JSON")
    args = parser.parse_args(arguments)
    if args.rounds < 1 or args.steps < 8 or args.warmup <= SETTINGS.learning_starts:
        parser.error(
            f"--rounds must be at least 1, --steps at least 8, --warmup above {SETTINGS.learning_starts} (the first "
            "update)"
        )
    if args.contenders and "package" not in args.contenders:
        parser.error("--contenders needs the package: all ratios are to it")
    return args


def main(arguments=None):
    args = parse(arguments)
    if args.only_replay:
        print(json.dumps(measure_replay(args.replay)))
        return
    contenders = without_missing({name: CONTENDERS[name] for name in args.contenders or CONTENDERS})
    low_precision = uses_bfloat16(SETTINGS.precision, choose_device("cpu"))
    report_machine("torch", "ale-py", "gymnasium", "numpy")
    print(
        f"PyTorch threads: {args.threads} for everyone; the package computes in "
        f"{'bfloat16' if low_precision else 'float32'}, the others in float32"
    )
    print(
        f"{args.rounds} rounds in turns; a run: {args.warmup:,} agent steps to warm up, {args.steps:,} timed; "
        f"batches of {SETTINGS.batch_size}, one update every {SETTINGS.update_interval} agent steps, epsilon {EPSILON}"
    )
    timings, matmuls = {name: [] for name in contenders}, []
    for turn in range(args.rounds):
        for name, (title, run) in contenders.items():
            timing = measure(run, turn, args.threads, args.warmup, args.steps)
            timings[name].append(timing)
            print(
                f"round {turn + 1}, {title}: {timing.steps / timing.seconds:,.0f} agent steps/s, "
                f"{timing.cpu_seconds / timing.steps * 1e3:.2f} ms of processor time a step",
                flush=True,
            )
        matmuls.append(matmul_rate(torch.bfloat16 if low_precision else torch.float32, args.threads))

    result = {"processor": processor(), "cores": os.cpu_count(), "threads": args.threads, "rounds": args.rounds}
    result |= report_speed(contenders, timings)
    result |= report_arithmetic(timings["package"], matmuls, low_precision)
    if args.replay:
        gigabytes, wall, cpu = measure_replay_elsewhere(args.replay)
        print(
            f"A full memory of {args.replay:,} transitions takes {gigabytes:.2f} GB for a million. 32 stacks from it "
            f"take {wall:.2f} ms on one thread, {cpu:.2f} of processor time (medians)."
        )
        result |= {"replay_gb_per_million": gigabytes, "sample_ms": wall, "sample_ms_cpu_time": cpu}
    if args.json:
        print(json.dumps(result))


if __name__ == "__main__":
    main()
