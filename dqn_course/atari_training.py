"""Algorithm 1 of the paper, deep Q-learning with experience replay, for Atari games.

Three counters, never mixed up: *frames* of the emulator (60 a second), *agent steps* (one chosen action, held for 4
frames), *updates* (one gradient step on one batch, every 4 agent steps). The run counts agent steps.
Source: Mnih et al. 2015, Methods, Algorithm 1; constants in ``config.AtariConfig``.
"""

import time
import traceback
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from dqn_course.atari_games import AtariGames
from dqn_course.atari_log import TABLES, TENSORBOARD_DIR, RunView, write_tables
from dqn_course.checkpoints import (
    keep_only,
    load_frames,
    load_training_state,
    save_frames,
    save_training_state,
    save_weights,
)
from dqn_course.errors import CheckpointError, ConfigError, TrainingError
from dqn_course.evaluation import evaluate_atari, max_q
from dqn_course.networks import NatureQNetwork
from dqn_course.optimizers import NatureRMSprop
from dqn_course.replay import FrameReplay, NStepReplay
from dqn_course.run_state import (
    STATE_FILE,
    definitions_fingerprint,
    frozen,
    global_rng_state,
    only_run_in,
    set_aside,
    set_global_rng_state,
    stop_when_asked,
    threads,
)
from dqn_course.schedules import linear_epsilon

WEIGHTS_FILE = "weights.safetensors"
BEST_FILE = "best.safetensors"
FRAMES_DIR = "replay"
KEPT = (FRAMES_DIR, TENSORBOARD_DIR, WEIGHTS_FILE, BEST_FILE, *TABLES)
"""What a run keeps in its folder beside its state."""
COUNTERS = ("agent_steps", "updates", "seconds", "episodes", "evaluations", "learning", "evaluation_due")
MAY_CHANGE = (
    "total_steps", "n_step", "learning_rate", "lr_decay_steps", "eps_end", "eval_interval", "eval_episodes", "device",
    "threads",
)  # fmt: skip
"""What may differ when a run goes on: a smaller learning rate at the end, for one, calms the network."""
BLIND_AFTER = 1000
"""Updates after which a network must give different states different values."""


def nature_loss(q_network, target_network, batch, gamma):
    r"""The sum of Huber's loss of $y - Q(s, a; \theta)$, $y = r + \gamma (1 - d) \max_{a'} \hat Q(s', a'; \theta^-)$.

    Its gradient is the TD error clipped to -1...1, the paper's error clipping. A sum, as in the released code: the
    constant in ``NatureRMSprop`` belongs to it. ``batch`` is what ``FrameReplay.sample`` returns.
    Source: Mnih et al. 2015, Methods, "Training details" and Algorithm 1.
    """
    states, actions, rewards, next_states, terminated = batch
    with torch.no_grad():  # the target is a constant
        next_q = target_network(next_states).amax(dim=1, keepdim=True)  # (B, 1)
        td_targets = rewards + gamma * (1 - terminated) * next_q  # (B, 1)
    q = q_network(states).gather(1, actions)  # (B, 1)
    return F.huber_loss(q.float(), td_targets.float(), reduction="sum", delta=1.0)


def is_update_step(agent_step, learning_starts, update_interval):
    """Is there an update after this agent step? Every ``update_interval`` steps, once the memory has its first ones."""
    return agent_step > learning_starts and agent_step % update_interval == 0


def is_target_step(agent_step, updates, interval, unit, updated):
    """Is the target network copied now? Every ``interval`` agent steps, or every ``interval`` updates.

    ``updated``: an update was just done; only then can a count of updates have become due.
    """
    if unit == "updates":
        return updated and updates % interval == 0
    return agent_step % interval == 0


def advance(run):
    """Algorithm 1, its inner loop: one agent step in every game of an ``AtariRun``, and what is due after it."""
    config, games = run.config, run.games
    frames, starts = games.states[:, -1].copy(), games.starts.copy()  # what is seen before the action
    actions = run.act(games.states, run.epsilon())
    rewards, terminated, truncated = games.step(actions)
    if config.clip_rewards:
        rewards = rewards.clip(-1.0, 1.0)
    run.memory.add(frames, actions, rewards, terminated, starts, truncated)

    for _ in range(config.n_games):
        run.agent_steps += 1
        if run.update_is_due():
            run.update()
        if run.copy_is_due():
            run.copy_to_target()


def make_optimizer(parameters, config):
    """The optimiser that ``config`` names."""
    if config.optimizer == "adam":
        return torch.optim.Adam(parameters, config.learning_rate, fused=True)
    return NatureRMSprop(
        parameters, config.learning_rate, config.gradient_momentum, config.squared_gradient_momentum,
        config.min_squared_gradient,
    )  # fmt: skip


def train(
    config,
    run_dir,
    *,
    q_network=NatureQNetwork,
    replay=FrameReplay,
    loss=nature_loss,
    optimizer=make_optimizer,
    update_step=is_update_step,
    target_step=is_target_step,
    advance=advance,
    until=None,
    resume=True,
    save_every=180.0,
    progress=True,
):
    """Train on ``config.game``; return the ``AtariRun``. The parts may be a student's own.

    Nothing is lost: at least every ``save_every`` seconds, and when the run ends or is stopped, everything goes to
    ``run_dir``: networks, optimiser, memory, generators, where each game is. Called again, the same run goes on, also
    after a kill, from its last save; an interrupt (Stop, Ctrl-C) saves first. ``until`` ends this call after so many
    agent steps in all; a later call goes on. If the code of a part has changed, a new run starts and the old one is
    set aside.

    ``run_dir`` also holds ``weights.safetensors`` (the network now), ``best.safetensors`` (at its best evaluation),
    ``episodes.csv``, ``evaluations.csv``, and ``tensorboard/`` where that is installed.

    Raises CheckpointError when the saved run cannot be used or nothing can be saved, TrainingError when a part is not
    written or the weights are no longer numbers.
    """
    run_dir = Path(run_dir)
    parts = {"q_network": q_network, "replay": replay, "loss": loss, "optimizer": optimizer,
             "update_step": update_step, "target_step": target_step, "advance": advance}  # fmt: skip
    last_step = min(config.total_steps, until or config.total_steps)
    with only_run_in(run_dir, KEPT), threads(config.threads), stop_when_asked() as stop, parts_are_written():
        run = AtariRun(config, parts)
        run.try_loss()
        run.begin(run_dir, resume, progress)
        last_save = time.perf_counter()
        with RunView(run, run_dir, last_step, progress) as view:
            try:
                while (run.agent_steps < last_step or run.evaluation_due) and not stop.requested:
                    if run.evaluation_due:
                        run.evaluate(stop)
                    else:
                        run.advance()
                    view.update()
                    if time.perf_counter() - last_save >= save_every:
                        view.flush()
                        run.save(run_dir)
                        last_save = time.perf_counter()
                view.flush()
                run.save(run_dir)  # not after an error, which may have come in the middle of a step
            finally:
                run.games.close()
    if progress:
        print(run.closing_line(last_step))
    return run


@contextmanager
def parts_are_written():
    """Inside, a part that is still a stub ends the run with one sentence."""
    try:
        yield
    except NotImplementedError as error:
        stub = traceback.extract_tb(error.__traceback__)[-1].name
        raise TrainingError(f"{stub} is not written yet ({error or 'NotImplementedError'})") from None


@dataclass
class AtariRun:
    """A training run: its networks, memory and games, how far it is, and what it has seen."""

    config: object
    parts: dict = field(repr=False)
    agent_steps: int = 0
    updates: int = 0
    seconds: float = 0.0
    """wall time in the loop, over all interruptions"""
    episodes: list = field(default_factory=list, repr=False)
    """(agent_steps at its end, score, frames) of each finished game; scores are not clipped, epsilon is the run's"""
    evaluations: list = field(default_factory=list, repr=False)
    """(agent_steps, mean score, standard deviation) of each evaluation, by the paper's protocol"""
    learning: list = field(default_factory=list, repr=False)
    """(agent_steps, updates, mean loss of a transition, average max Q on the held-out states), now and then"""
    evaluation_due: bool = False

    def __post_init__(self):
        config = self.config
        self.device = choose_device(config.device)
        self.games = AtariGames(
            config.game, config.n_games, config.seed, action_repeat=config.action_repeat, history=config.history,
            noop_max=config.noop_max, life_loss_ends_episode=config.life_loss_ends_episode,
            max_frames=config.max_frames,
        )  # fmt: skip
        history = {} if config.history == 4 else {"history": config.history}  # a student's network may know 4 only
        self.q_network, self.target_network = (
            self.parts["q_network"](self.games.n_actions, config.seed, **history).to(self.device) for _ in range(2)
        )
        self.copy_to_target()
        self.low_precision = uses_bfloat16(config.precision, self.device)
        if self.low_precision:  # convolutions in bfloat16 are fast in this layout only
            self.q_network.to(memory_format=torch.channels_last)
            self.target_network.to(memory_format=torch.channels_last)
            layers = [layer for layer in self.target_network.modules() if isinstance(layer, nn.Conv2d | nn.Linear)]
            for layer in layers[:-1]:  # it takes no small steps, so only its output has to be exact
                layer.to(torch.bfloat16)
        self.optimizer = self.parts["optimizer"](self.q_network.parameters(), config)
        self.memory = self.make_memory()
        self.gamma = config.gamma**config.n_step  # from a state to its next one
        self.rng = np.random.default_rng((config.seed, 1))
        self.held_out = None  # states (n, history, 84, 84) uint8, drawn once, when learning starts
        self.best_weights = None  # of the network at its best evaluation
        self.loss_sum = 0.0  # since the last entry of ``learning``
        self.updated_at = -1  # the agent step of the last update

    def make_memory(self):
        """An empty memory, on the graphics card if the networks are on one that holds it."""
        c, kind = self.config, self.parts["replay"]
        sizes = c.replay_size, c.n_games, c.history, c.seed, self.device if self.device.type == "cuda" else "cpu"
        if c.n_step == 1:
            return kind(*sizes)
        if kind is not FrameReplay:
            raise ConfigError(f"a memory of your own samples single steps: set n_step=1, not {c.n_step}")
        return NStepReplay(*sizes, n_step=c.n_step, gamma=c.gamma)

    def try_loss(self):
        """Call the loss once: better that a mistake in it comes now than after ``learning_starts`` agent steps."""
        states = torch.zeros((2, self.config.history, 84, 84), dtype=torch.uint8)
        numbers = torch.zeros((2, 1))
        batch = [tensor.to(self.device) for tensor in (states, numbers.long(), numbers, states, numbers)]
        with torch.no_grad(), self.arithmetic():
            self.parts["loss"](self.q_network, self.target_network, batch, self.config.gamma)

    def advance(self):
        """One agent step in every game, by the part ``advance``, and a note of what came of it."""
        start, before = time.perf_counter(), self.agent_steps
        for group in self.optimizer.param_groups:
            group["lr"] = self.learning_rate()
        self.parts["advance"](self)
        if before // self.config.eval_interval < self.agent_steps // self.config.eval_interval:
            self.evaluation_due = True
        self.episodes += [(self.agent_steps, score, frames) for _, score, frames in self.games.finished]
        self.seconds += time.perf_counter() - start

    def update_is_due(self):
        """Is there an update after this agent step? As the part ``update_step`` says."""
        c = self.config
        return self.parts["update_step"](self.agent_steps, c.learning_starts, c.update_interval)

    def copy_is_due(self):
        """Is the target network copied after this agent step? As the part ``target_step`` says."""
        c, updated = self.config, self.updated_at == self.agent_steps
        return self.parts["target_step"](
            self.agent_steps, self.updates, c.target_update_interval, c.target_update_unit, updated
        )

    def copy_to_target(self):
        """The target network becomes what the online network is now."""
        self.target_network.load_state_dict(self.q_network.state_dict())

    def epsilon(self):
        """The chance of a random action now: 1 while the memory fills, then down a straight line."""
        c = self.config
        return linear_epsilon(self.agent_steps - c.learning_starts, c.eps_start, c.eps_end, c.eps_steps)

    def learning_rate(self):
        """The step size now: at the end of the training on a line down to a tenth, if the config says so."""
        c = self.config
        left = (c.total_steps - self.agent_steps) / c.lr_decay_steps if c.lr_decay_steps else 1.0
        return c.learning_rate * min(1.0, max(0.1, left))

    def act(self, states, epsilon):
        """Epsilon-greedy actions (N,) for states (N, history, 84, 84), from one forward pass for all games."""
        explore = self.rng.random(len(states)) < epsilon
        actions = self.rng.integers(self.games.n_actions, size=len(states))
        if not explore.all():
            with torch.no_grad(), self.arithmetic():
                q_values = self.q_network(torch.from_numpy(states).to(self.device))  # (N, n_actions)
            actions = np.where(explore, actions, q_values.argmax(dim=1).cpu().numpy())
        return actions

    def update(self):
        """One gradient step on one batch; before the first, the held-out states are drawn."""
        if self.held_out is None:
            self.held_out = self.memory.sample(self.config.held_out_states)[0]
        batch = [tensor.to(self.device) for tensor in self.memory.sample(self.config.batch_size)]
        with self.arithmetic():
            loss = self.parts["loss"](self.q_network, self.target_network, batch, self.gamma)
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        self.updates += 1
        self.updated_at = self.agent_steps
        self.loss_sum += loss.detach()
        if self.updates % self.config.log_interval == 0:
            self.note_learning()

    def note_learning(self):
        """Add an entry to ``learning``."""
        self.require_numbers()
        loss = float(self.loss_sum) / self.config.log_interval / self.config.batch_size
        with self.arithmetic():
            q = max_q(self.q_network, self.held_out)  # (held_out_states,)
        if self.updates >= BLIND_AFTER and q.std() < 1e-6:
            raise TrainingError(
                f"after {self.updates:,} updates the network gives every state the same value, so it no longer sees "
                "the pictures: all ReLUs of a layer are shut, and no gradient opens them again. Start a new run with a "
                "smaller learning rate, and divide the pictures by 255"
            )
        self.learning.append((self.agent_steps, self.updates, loss, float(q.mean())))
        self.loss_sum = 0.0

    def require_numbers(self):
        """Raise TrainingError when the loss is none: nothing is to be learnt from such weights, nor to be kept."""
        if not np.isfinite(float(self.loss_sum)):
            raise TrainingError(
                f"after {self.updates:,} updates the loss is no longer a number: it grew without bound. Look at the "
                "target's sign, the learning rate, and the division of the pictures by 255"
            )

    def evaluate(self, stop=None):
        """Play by the paper's protocol. If ``stop`` is requested meanwhile, the evaluation waits for the next call."""
        c = self.config
        with self.arithmetic():
            result = evaluate_atari(
                self.q_network, c.game, c.eval_episodes, c.eval_epsilon, seed=c.seed, max_frames=c.eval_max_frames,
                action_repeat=c.action_repeat, history=c.history, noop_max=c.noop_max,
                give_up=lambda: stop is not None and stop.requested,
            )  # fmt: skip
        if result is not None:
            if result.mean >= max((mean for _, mean, _ in self.evaluations), default=-np.inf):
                self.best_weights = frozen(self.q_network.state_dict())
            self.evaluations.append((self.agent_steps, result.mean, result.std))
            self.evaluation_due = False

    def arithmetic(self):
        """Inside, the networks compute in bfloat16 if the run does; weights, targets and loss stay float32."""
        return torch.autocast(self.device.type, torch.bfloat16) if self.low_precision else nullcontext()

    # What a run keeps

    def save(self, run_dir):
        """Everything that the run needs to go on, to ``run_dir``; each file is there whole or not at all."""
        self.require_numbers()
        files = save_frames(self.memory, run_dir / FRAMES_DIR)
        state = {
            "config": asdict(self.config),
            "code": definitions_fingerprint(self.parts),
            "counters": {name: getattr(self, name) for name in COUNTERS},
            "loss_sum": float(self.loss_sum),
            "q_network": self.q_network.state_dict(),
            "target_network": self.target_network.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "rng": self.rng.bit_generator.state,
            "global_rng": global_rng_state(),  # a student's part may draw from it
            "held_out": self.held_out,
            "best_weights": self.best_weights,
            "games": self.games.state_dict(),
            "memory": {"names": files, "added": self.memory.added, "rng_state": self.memory.rng.bit_generator.state},
        }
        save_training_state(state, run_dir / STATE_FILE)  # from here on, the run goes on from now
        keep_only(files, run_dir / FRAMES_DIR)
        save_weights(self.q_network, run_dir / WEIGHTS_FILE)
        if self.best_weights:
            save_weights(self.best_weights, run_dir / BEST_FILE)
        write_tables(self, run_dir)

    def begin(self, run_dir, resume, progress):
        """Go on with the run in ``run_dir``, or start a new one there and set an old one aside."""
        state_file = run_dir / STATE_FILE
        if state_file.exists() and not resume:
            set_aside(state_file, *(run_dir / name for name in KEPT))
        if not state_file.exists():
            keep_only([], run_dir / FRAMES_DIR)  # of a run that was killed before its first save was complete
            return
        state = load_training_state(state_file)
        try:
            old, steps = state["config"], state["counters"]["agent_steps"]
            if state["code"] != definitions_fingerprint(self.parts):
                aside = set_aside(state_file, *(run_dir / name for name in KEPT))
                print(
                    f"The code of the network, the loss or another part has changed since the saved run ({steps:,} "
                    f"agent steps), so a new one starts. The old one is kept as {aside}."
                )
                return
            changed = {name: (old.get(name), value) for name, value in asdict(self.config).items()
                       if name not in MAY_CHANGE and old.get(name) != value}  # fmt: skip
            if changed:
                differences = ", ".join(f"{name} was {was}, now {now}" for name, (was, now) in changed.items())
                raise CheckpointError(
                    f"the run in {run_dir} was started with other settings ({differences}); use those to go on, or "
                    "resume=False to start a new run"
                )
            self.load(state, run_dir)
        except (KeyError, TypeError, RuntimeError, ValueError) as error:
            raise CheckpointError(
                f"{state_file} does not fit this run ({type(error).__name__}: {str(error).splitlines()[0]}); "
                "resume=False starts a new one"
            ) from None
        if progress:
            print(f"Going on after agent step {self.agent_steps:,} of the run in {run_dir}.")

    def load(self, state, run_dir):
        """Take over what ``save`` has kept: the same run goes on, number for number."""
        for name in COUNTERS:
            setattr(self, name, state["counters"][name])
        self.loss_sum = state["loss_sum"]
        self.q_network.load_state_dict(state["q_network"])
        self.target_network.load_state_dict(state["target_network"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.rng.bit_generator.state = state["rng"]
        if "global_rng" in state:
            set_global_rng_state(state["global_rng"])
        self.held_out, self.best_weights = state["held_out"], state["best_weights"]
        self.games.load_state_dict(state["games"])
        load_frames(self.memory, run_dir / FRAMES_DIR, **state["memory"])
        keep_only(state["memory"]["names"], run_dir / FRAMES_DIR)  # others are of a save that was not completed

    def closing_line(self, last_step):
        """One sentence for the person who started the run."""
        if self.agent_steps < last_step:
            return f"Stopped after agent step {self.agent_steps:,}. Nothing is lost: run it again to go on."
        scores = [score for _, score, _ in self.episodes[-20:]]
        recent = f"; mean of the last {len(scores)} games {np.mean(scores):.1f}" if scores else ""
        return (
            f"{self.agent_steps:,} agent steps, {self.updates:,} updates, {len(self.episodes)} games in "
            f"{self.seconds / 60:.1f} minutes{recent}."
        )


def choose_device(name):
    """The device that a config names; auto is the first there is of CUDA, Apple's MPS and the CPU."""
    available = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if name == "auto":
        name = next(kind for kind, there in available.items() if there)
    if not available[name]:
        raise TrainingError(f"this machine has no {name} device that PyTorch can use; take device='auto' or 'cpu'")
    return torch.device(name)


def uses_bfloat16(precision, device):
    """Does a run with this ``precision`` compute in bfloat16? With auto, where the hardware does."""
    if precision == "auto":
        if device.type == "cpu":
            return torch.cpu._is_avx512_bf16_supported()
        return device.type == "cuda" and torch.cuda.is_bf16_supported()
    return precision == "bfloat16"
