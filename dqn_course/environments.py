"""The worlds of the course: the lunar lander, and tiny probe environments whose Q-values are known."""

import gymnasium as gym
import numpy as np

LANDER_STATE = ("x", "y", "velocity x", "velocity y", "angle", "angular velocity", "left leg down", "right leg down")
LANDER_ACTIONS = ("do nothing", "left engine", "main engine", "right engine")


def make_lander(render_mode=None):
    """LunarLander-v3: 8 state values, 4 actions, at most 1000 agent steps an episode.

    ``render_mode="rgb_array"`` makes ``env.render()`` return frames (400, 600, 3) of uint8 and needs no display;
    ``"human"`` opens a window and needs one. The environment ends an episode in two ways: ``terminated``
    (landed, crashed, flew away) and ``truncated`` (1000 steps are over).
    """
    return gym.make("LunarLander-v3", render_mode=render_mode, disable_env_checker=True)


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
