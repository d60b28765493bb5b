"""The worlds of the course: the lunar lander, the games of the Atari, and tiny probe environments whose Q-values
are known."""

import difflib

import ale_py
import gymnasium as gym
import numpy as np

from dqn_course import paper, preprocessing
from dqn_course.errors import CourseError

LANDER_STATE = ("x", "y", "velocity x", "velocity y", "angle", "angular velocity", "left leg down", "right leg down")
LANDER_ACTIONS = ("do nothing", "left engine", "main engine", "right engine")


def make_lander(render_mode=None):
    """LunarLander-v3: 8 state values, 4 actions, at most 1000 agent steps an episode.

    ``render_mode="rgb_array"`` makes ``env.render()`` return frames (400, 600, 3) of uint8 and needs no display;
    ``"human"`` opens a window and needs one. The environment ends an episode in two ways: ``terminated``
    (landed, crashed, flew away) and ``truncated`` (1000 steps are over).
    """
    return gym.make("LunarLander-v3", render_mode=render_mode, disable_env_checker=True)


def make_atari(game, **switches):
    """One game of the Atari as the paper's agent sees it: observations (4, 84, 84) uint8, clipped rewards.

    ``game`` is a name as the emulator spells it (``"space_invaders"``) or as the paper prints it (``"Space
    Invaders"``). The switches are those of ``Atari``; all have the paper's value.
    """
    return Atari(game, **switches)


class Atari(gym.Env):
    """The readable pipeline from the emulator to the network, step by step as in the paper and its released code.

    Parameters
    ----------
    game: which game.
    action_repeat: an action is held for so many emulator frames (the paper's k).
    history: frames in an observation (the paper's m).
    noop_max: an episode starts after 1 to ``noop_max`` emulator frames without action; 0 for none.
    clip_rewards: the reward of a step is clipped to -1...1. Off when a score counts.
    life_loss_ends_episode: a lost life ends the episode, and the game goes on at the next ``reset``. Off when a score
        counts.
    max_frames: the game is cut (``truncated``) after so many emulator frames; 108,000 are 30 minutes.
    render_mode: ``"rgb_array"``: ``render`` gives the raw screen, (210, 160, 3) uint8. No display is needed.

    ``info`` says ``raw_reward`` (the sum before clipping), ``lives``, ``game_over`` (by itself, not cut) and
    ``frames`` (emulator frames since the game began). No sticky actions, the smallest set of actions that does
    everything in this game, and nobody presses FIRE for the agent.
    """

    metadata = {"render_modes": ["rgb_array"], "render_fps": 15}

    def __init__(
        self,
        game,
        *,
        action_repeat=4,
        history=4,
        noop_max=30,
        clip_rewards=True,
        life_loss_ends_episode=True,
        max_frames=108_000,
        render_mode="rgb_array",
    ):
        self.game = rom_name(game)
        self.action_repeat = action_repeat
        self.history = history
        self.noop_max = noop_max
        self.clip_rewards = clip_rewards
        self.life_loss_ends_episode = life_loss_ends_episode
        self.max_frames = max_frames
        self.render_mode = render_mode
        self.ale = make_emulator(self.game)
        self.actions = self.ale.getMinimalActionSet()
        self.action_space = gym.spaces.Discrete(len(self.actions))
        self.observation_space = gym.spaces.Box(0, 255, (history, preprocessing.SIDE, preprocessing.SIDE), np.uint8)
        self.frame = None  # no game has begun
        self.life_lost = False

    def reset(self, seed=None, options=None):
        """Start an episode: after a lost life the game goes on where it is; else, or with a ``seed``, a new one begins.

        A new game begins with 1 to ``noop_max`` frames without action, all equally likely: the paper's "up to 30". The
        released code plays one more, and waits after a lost life too; here a lost life costs no frames, so that within
        a game nobody but the agent plays.
        """
        super().reset(seed=seed)
        if seed is not None:
            _load(self.ale, self.game, seed)  # the emulator takes a seed when it loads a game, and then only
        if seed is not None or not self.life_lost:
            self._new_game()
        self.life_lost = False
        self.stack = []  # the episode before is out of sight: the released code cuts the stack at every terminal
        return self._observe(), self._info(raw_reward=0.0)

    def step(self, action):
        """Hold ``action`` for k frames: observation, reward, terminated, truncated, info.

        Fewer where the game is over. At a lost life the released code lets go of the action too; here it is held to
        the end, as in ale-py's vector environment, so that both pipelines play the same game.
        """
        if self.frame is None:
            raise gym.error.ResetNeeded("Call reset() first, then step().")
        lives, raw_reward = self.lives, 0.0
        for _ in range(self.action_repeat):
            raw_reward += self._act(self.actions[action])
            if self.game_over or self.frames >= self.max_frames:
                break
        reward = preprocessing.clip_reward(raw_reward) if self.clip_rewards else raw_reward
        terminated = self.game_over
        if self.life_loss_ends_episode:
            terminated = preprocessing.lives_to_terminal(lives, self.lives, self.game_over)
        truncated = self.frames >= self.max_frames and not self.game_over
        self.life_lost = terminated and not self.game_over and not truncated
        return self._observe(), reward, terminated, truncated, self._info(raw_reward)

    def render(self):
        """The raw screen of the last emulator frame, (210, 160, 3) uint8."""
        return self.frame.copy()

    def _new_game(self):
        self.ale.reset_game()
        self.frames, self.game_over = 0, False
        self.frame = self.previous = self.ale.getScreenRGB()
        self.lives = self.ale.lives()
        if self.noop_max:
            for _ in range(self.np_random.integers(1, self.noop_max + 1)):
                self._act(ale_py.Action.NOOP)

    def _act(self, action):
        """One emulator frame; return its reward."""
        reward = self.ale.act(action)
        self.frames += 1
        self.frame, self.previous = self.ale.getScreenRGB(), self.frame
        self.lives = self.ale.lives()
        self.game_over = self.ale.game_over()
        return float(reward)

    def _observe(self):
        """phi: the new frame joins the stack."""
        frame = preprocessing.max_of_two_frames(self.frame, self.previous)  # (210, 160, 3)
        frame = preprocessing.resize_84(preprocessing.luminance(frame))  # (84, 84)
        self.stack = [*self.stack, frame][-self.history :]
        return preprocessing.stack_frames(self.stack, self.history)  # (4, 84, 84)

    def _info(self, raw_reward):
        return {"raw_reward": raw_reward, "lives": self.lives, "game_over": self.game_over, "frames": self.frames}


def rom_name(game):
    """The emulator's name of a game: ``"Space Invaders"`` and ``"space_invaders"`` -> ``"space_invaders"``.

    Raises CourseError with the closest names for a game that there is not.
    """
    printed = {name.lower(): rom for name, rom in paper.games().items()}
    name = printed.get(str(game).lower(), game)
    if name in ale_py.roms.get_all_rom_ids():
        return name
    names = {rom: rom for rom in printed.values()} | printed
    close = difflib.get_close_matches(str(game).lower(), names, n=3)
    suggestions = " or ".join(dict.fromkeys(names[name] for name in close))
    hint = f"did you mean {suggestions}?" if close else "the 49 of the paper are in dqn_course.paper.games()."
    raise CourseError(f"There is no game {game!r}; {hint}")


def make_emulator(game, seed=0):
    """The emulator itself (``ale_py.ALEInterface``) with a game in it: one call of ``act`` is one frame, 1/60 second.

    ``act(action)`` returns the reward; ``getScreenRGB()`` the screen, (210, 160, 3) uint8; ``game_over()``,
    ``lives()`` and ``reset_game()`` do as they say; ``getMinimalActionSet()`` lists the actions of this game.
    """
    ale_py.ALEInterface.setLoggerMode(ale_py.LoggerMode.Error)
    ale = ale_py.ALEInterface()
    ale.setFloat("repeat_action_probability", 0.0)  # sticky actions came after the paper
    ale.setInt("frame_skip", 1)  # held actions are ours to make: the emulator would show the last frame only
    _load(ale, rom_name(game), seed)
    return ale


def _load(ale, game, seed):
    ale.setInt("random_seed", seed)
    ale.loadROM(ale_py.roms.get_rom_path(game))


class Probe(gym.Env):
    """A world of a few states, so small that its Q-values can be written down.

    States are numbers 0, 1, 2, ...; an observation is the one-hot vector of the state, float32, shape (n_states,).
    Every probe names in ``q_values`` the exact Q-values, shape (n_states, n_actions), for the discount ``gamma``.

    Source: the idea of probe environments is from Andy Jones, "Debugging RL, without the agonizing pain".
    """

    def __init__(self, transitions, q_values, gamma=0.5, starts=(0,), time_limit=None):
        """``transitions[state][action]`` is ``(reward, next_state, terminated)``."""
        self.transitions = transitions
        self.q_values = np.array(q_values, np.float32)
        self.gamma = gamma
        self.starts = starts
        self.time_limit = time_limit
        n_states, n_actions = self.q_values.shape
        self.observation_space = gym.spaces.Box(0.0, 1.0, (n_states,), np.float32)
        self.action_space = gym.spaces.Discrete(n_actions)

    def reset(self, seed=None, options=None):
        super().reset(seed=seed)
        self.t = 0
        self.state = int(self.np_random.choice(self.starts))
        return self.observation(), {}

    def step(self, action):
        reward, self.state, terminated = self.transitions[self.state][int(action)]
        self.t += 1
        truncated = self.time_limit is not None and self.t >= self.time_limit
        return self.observation(), float(reward), terminated, truncated, {}

    def observation(self):
        """The one-hot vector of the present state, shape (n_states,)."""
        return np.eye(len(self.q_values), dtype=np.float32)[self.state]


def constant_probe():
    """One state, one step, reward 1 whatever is done: Q = 1. Wrong here: the loss, its sign, or the step of learn()."""
    return Probe([[(1, 0, True), (1, 0, True)]], [[1, 1]])


def state_probe():
    """Reward +1 from one state and -1 from the other. Wrong here: the network does not see the state."""
    return Probe([[(1, 0, True)] * 2, [(-1, 1, True)] * 2], [[1, 1], [-1, -1]], starts=(0, 1))


def action_probe():
    """Reward -1 for action 0 and +1 for action 1. Wrong here: the value goes to another action than the one taken."""
    return Probe([[(-1, 0, True), (1, 0, True)]], [[-1, 1]])


def delay_probe():
    """Nothing now, +1 in the second step: Q(first) = gamma. Wrong here: the discount, or the next state's value."""
    return Probe([[(0, 1, False)] * 2, [(1, 0, True)] * 2], [[0.5, 0.5], [1, 1]])


def choice_probe():
    """Two roads: one leads to a choice of 0 or 1, the other of 0 or -1; the best counts: Q(first) = gamma * 1 and 0.
    Wrong here: the maximum over actions."""
    roads = [[(0, 2, False)] * 2, [(0, 3, False)] * 2]
    ends = [[(0, 0, True), (1, 0, True)], [(0, 1, True), (-1, 1, True)]]
    return Probe(roads + ends, [[0.5, 0.5], [0, 0], [0, 1], [0, -1]], starts=(0, 1))


def endless_probe():
    """Reward 1 for ever, cut after 5 steps: Q = 1 / (1 - gamma) = 2. Wrong here: a cut is stored as an end."""
    return Probe([[(1, 0, False)] * 2], [[2, 2]], time_limit=5)


PROBES = {
    "constant": constant_probe,
    "state": state_probe,
    "action": action_probe,
    "delay": delay_probe,
    "choice": choice_probe,
    "endless": endless_probe,
}
