"""One dataclass per experiment: every number of it, with the reason. The command line reads the same one."""

import os
from dataclasses import dataclass, replace
from typing import Literal

from dqn_course.errors import ConfigError


@dataclass(frozen=True)
class LanderConfig:
    """The LunarLander experiment, with the constants of the classic DQN workspace.

    Units are in the names and comments: an *episode* is one landing attempt, an *agent step* is one action
    in the environment, an *update* is one gradient step on one batch.
    """

    seed: int = 0
    """seeds the networks, the exploration, the sampling and the terrain; same seed, same run (on one CPU)"""
    n_episodes: int = 2000
    """upper limit; most runs are solved long before"""
    max_t: int = 1000
    """agent steps an episode at most; the environment itself cuts at 1000 too"""
    eps_start: float = 1.0
    """epsilon of the first episode: only random actions, because the network knows nothing yet"""
    eps_end: float = 0.01
    """epsilon never falls below this: a little exploration for ever"""
    eps_decay: float = 0.995
    """factor per *episode*: 1.0 reaches 0.01 after 919 episodes"""
    buffer_size: int = 100_000
    """transitions kept; about 250 episodes, so old and new policies are mixed"""
    batch_size: int = 64
    """transitions per update"""
    gamma: float = 0.99
    """discount per agent step: a reward 100 steps away counts 0.37 of its value"""
    tau: float = 1e-3
    """share of the online network that enters the target network after each update"""
    learning_rate: float = 5e-4
    """Adam's step size"""
    update_every: int = 4
    """agent steps between two updates"""
    fc1_units: int = 64
    """units of the first hidden layer"""
    fc2_units: int = 64
    """units of the second hidden layer"""
    solved_score: float = 200.0
    """the environment counts as solved at this mean score ..."""
    solved_window: int = 100
    """... over this many consecutive episodes, never fewer"""


@dataclass(frozen=True)
class AtariConfig:
    """The Atari experiment. The defaults are those of Mnih et al. 2015, Extended Data Table 1, and the released code.

    Units are in the names and comments: a *frame* is one of the emulator's 60 pictures a second, an *agent step* is
    one chosen action, held for ``action_repeat`` frames, an *update* is one gradient step on one batch. The paper's
    "50 million frames" are agent steps: 200 million frames, 38 days of play.
    """

    game: str = "pong"
    """as the emulator spells it: pong, breakout, space_invaders"""
    seed: int = 0
    """seeds the networks, the exploration, the sampling and the no-op starts"""
    total_steps: int = 50_000_000
    """agent steps of the whole training, over all games"""

    action_repeat: int = 4
    """frames an action is held for: the network decides 15 times a second, which costs a quarter of the thinking"""
    history: int = 4
    """pictures in a state: one alone has no velocities"""
    noop_max: int = 30
    """frames without action at the start of an episode, at most: so that not every episode is the same"""
    clip_rewards: bool = True
    """-1, 0 or 1, so that one learning rate fits all games; the scores that are shown are not clipped"""
    life_loss_ends_episode: bool = True
    """for learning, a lost life has no future; the game itself goes on"""
    max_frames: int = 108_000
    """frames after which a game is cut: half an hour. The paper names a limit for evaluation only"""

    batch_size: int = 32
    """transitions an update"""
    replay_size: int = 1_000_000
    """transitions kept, one picture each: 7.06 GB"""
    learning_starts: int = 50_000
    """agent steps of random play before the first update"""
    update_interval: int = 4
    """agent steps between two updates"""
    gamma: float = 0.99
    """discount an agent step"""
    n_step: int = 1
    """rewards added up before the next state's value; more than the paper's 1 carry a reward back in fewer updates"""
    target_update_interval: int = 10_000
    """the target network is copied every so many ..."""
    target_update_unit: Literal["agent_steps", "updates"] = "agent_steps"
    """... agent steps, as in the released code, or updates, as the paper's table says: four times as rare"""

    optimizer: Literal["nature_rmsprop", "adam"] = "nature_rmsprop"
    """the released code's RMSProp; Adam learns Pong with fewer updates"""
    learning_rate: float = 0.00025
    """step size of the optimiser"""
    lr_decay_steps: int = 0
    """last agent steps of the training in which that falls, down a line, to a tenth. The paper leaves it as it is"""
    gradient_momentum: float = 0.95
    """nature_rmsprop: decay of the mean gradient, which only centres the root"""
    squared_gradient_momentum: float = 0.95
    """nature_rmsprop: decay of the mean squared gradient"""
    min_squared_gradient: float = 0.01
    """nature_rmsprop: added inside of the root. It belongs to the sum, not the mean, over a batch of 32"""

    eps_start: float = 1.0
    """epsilon while the memory fills, and at the start of its line"""
    eps_end: float = 0.1
    """epsilon at the end of the line, and for ever after"""
    eps_steps: int = 1_000_000
    """agent steps from eps_start to eps_end, counted from learning_starts on"""

    eval_interval: int = 250_000
    """agent steps between two evaluations of the network"""
    eval_episodes: int = 30
    """episodes of one evaluation"""
    eval_epsilon: float = 0.05
    """epsilon while evaluating, so that the agent cannot repeat one game for ever"""
    eval_max_frames: int = 18_000
    """frames after which an episode of an evaluation is cut: five minutes"""
    held_out_states: int = 500
    """states drawn once, when learning starts; their mean largest Q-value is followed through the whole training"""
    log_interval: int = 500
    """updates between two entries of the loss and of that mean"""

    n_games: int = 1
    """games played side by side, whose next actions come from one forward pass. The paper plays one"""
    device: Literal["auto", "cpu", "cuda", "mps"] = "auto"
    """where the networks are; auto takes the graphics card if there is one"""
    precision: Literal["auto", "float32", "bfloat16"] = "float32"
    """of the networks' arithmetic, the weights stay float32. auto: bfloat16 where the processor computes in it"""
    threads: int = 1
    """of PyTorch on the CPU. With more, two trainings side by side get in each other's way"""

    def __post_init__(self):
        counts = ("total_steps", "action_repeat", "history", "max_frames", "batch_size", "replay_size",
                  "update_interval", "n_step", "target_update_interval", "eps_steps", "eval_interval", "eval_episodes",
                  "eval_max_frames", "held_out_states", "log_interval", "n_games", "threads")  # fmt: skip
        for name in counts:
            if getattr(self, name) < 1:
                raise ConfigError(f"{name} must be at least 1, not {getattr(self, name)}")
        for name in ("seed", "noop_max", "learning_starts", "lr_decay_steps"):
            if getattr(self, name) < 0:
                raise ConfigError(f"{name} must not be negative: {getattr(self, name)}")
        for name in ("gamma", "eps_start", "eps_end", "eval_epsilon"):
            if not 0 <= getattr(self, name) <= 1:
                raise ConfigError(f"{name} must be from 0 to 1, not {getattr(self, name)}")
        for name in ("gradient_momentum", "squared_gradient_momentum"):
            if not 0 <= getattr(self, name) < 1:
                raise ConfigError(f"{name} must be from 0 to below 1, not {getattr(self, name)}")
        for name in ("learning_rate", "min_squared_gradient"):
            if not getattr(self, name) > 0:
                raise ConfigError(f"{name} must be positive, not {getattr(self, name)}")
        if self.replay_size < self.n_games * (self.history + self.n_step + 1):
            raise ConfigError(f"replay_size is {self.replay_size}, too small for {self.n_games} games")
        if self.learning_starts < (self.n_step + 1) * self.n_games:
            raise ConfigError(f"learning_starts is {self.learning_starts}: too few for a first batch")
        if min(self.replay_size, self.total_steps) < self.batch_size:
            raise ConfigError("batch_size must not be larger than replay_size or total_steps: no batch is ever full")


PAPER = AtariConfig()
"""Every constant of the paper, 50 million agent steps."""

QUICK = replace(
    PAPER,
    total_steps=1_500_000,
    batch_size=64,
    replay_size=100_000,
    learning_starts=10_000,
    update_interval=10,
    n_step=3,
    target_update_interval=5_000,
    optimizer="adam",
    learning_rate=1e-4,
    lr_decay_steps=200_000,
    eps_end=0.02,
    eps_steps=100_000,
    eval_interval=100_000,
    eval_episodes=5,
    n_games=10,
    precision="auto",
)
"""Pong on a laptop: a tenth of the memory, Adam, three-step returns, epsilon down after 100,000 agent steps, ten games
side by side. Adam at the paper's 0.00025 is too fast: its first steps have the same size for every weight, and after a
few hundred of them the ReLUs of the third convolution are shut for ever."""

SMOKE = replace(
    QUICK,
    total_steps=1_200,
    replay_size=1_000,
    learning_starts=400,
    target_update_interval=200,
    eps_steps=400,
    lr_decay_steps=400,
    eval_interval=800,
    eval_episodes=1,
    eval_max_frames=400,
    held_out_states=32,
    log_interval=20,
    n_games=4,
    precision="float32",
)
"""Everything once, in seconds: for tests, and to see that a machine can train."""

PRESETS = {"paper": PAPER, "quick": QUICK, "smoke": SMOKE}


def budget(full, quick):
    """``full`` when a person runs the notebook, ``quick`` under nbgrader and in the tests.

    Long cells ask for their number of episodes (or frames, or seconds) through this one function, so that
    grading a class never trains an agent a hundred times. nbgrader sets ``NBGRADER_EXECUTION`` while it
    autogrades or validates; set ``DQN_COURSE_QUICK=1`` for the same effect by hand.
    """
    return quick if os.environ.get("NBGRADER_EXECUTION") or os.environ.get("DQN_COURSE_QUICK") else full
