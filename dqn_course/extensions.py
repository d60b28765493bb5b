"""What came after DQN, each as a small change to the agent of the lander: double, dueling, n steps, priorities.

Every agent below differs from ``Agent`` in one place. ``AllAgent`` is all four changes at once, which is possible
because they are in different places. Hessel et al. 2018, "Rainbow", put these four together with two more: noisy
networks (Fortunato et al. 2018) and distributional values (Bellemare et al. 2017).
"""

from collections import deque

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from dqn_course.agent import Agent
from dqn_course.config import LanderConfig
from dqn_course.networks import QNetwork
from dqn_course.optimizers import adam_step
from dqn_course.replay import ReplayBuffer

N_STEP = 3
"""Steps of reward in one target, as in Hessel et al. 2018, Table 1."""
ALPHA, EPSILON = 0.6, 0.01
"""Exponent of the priorities (Schaul et al. 2016, section 4, proportional variant), and what is added to every error so
that no priority is 0. The lander's errors have a median of 1, after 60 episodes."""
BETA_START, BETA_UPDATES = 0.4, 100_000
"""The exponent of the importance weights starts here (Schaul et al. 2016, section 4) and reaches 1 after so many
updates: 400,000 agent steps, about 800 episodes."""


# --- double: one network chooses the action, the other one says what it is worth


def double_dqn_targets(rewards, next_q_online, next_q_target, terminated, gamma):
    r"""$y = r + \gamma (1 - d)\, \hat Q(s', a^*; \theta^-)$ with $a^* = \arg\max_{a'} Q(s', a'; \theta)$.

    Shapes: rewards and terminated (B, 1), next_q_online and next_q_target (B, n_actions). Returns (B, 1).
    Source: van Hasselt, Guez and Silver 2016, "Deep reinforcement learning with double Q-learning".
    """
    best = next_q_online.argmax(dim=1, keepdim=True)  # (B, 1)
    return rewards + gamma * (1 - terminated) * next_q_target.gather(1, best)  # (B, 1)


class DoubleAgent(Agent):
    """Double DQN: other targets, all else as before."""

    double_dqn_targets = staticmethod(double_dqn_targets)

    @torch.no_grad()  # the target is a constant: no gradient flows through it
    def td_targets(self, rewards, next_states, terminated, gamma):
        next_q_online = self.qnetwork_local(next_states)  # (B, n_actions)
        next_q_target = self.qnetwork_target(next_states)  # (B, n_actions)
        return self.double_dqn_targets(rewards, next_q_online, next_q_target, terminated, gamma)


# --- dueling: the value of the state, and what each action adds to it


def dueling_head(value, advantages):
    r"""$Q(s, a) = V(s) + A(s, a) - \frac1{|A|} \sum_{a'} A(s, a')$.

    Shapes: value (B, 1), advantages (B, n_actions). Returns (B, n_actions).
    Source: Wang et al. 2016, "Dueling network architectures for deep reinforcement learning", equation 9.
    """
    return value + advantages - advantages.mean(dim=1, keepdim=True)


class DuelingQNetwork(QNetwork):
    """The second hidden layer in two halves: one ends in the value of the state, the other in the actions' advantages.

    With 64 and 64 units 4,901 parameters for the lander, 95 fewer than ``QNetwork``, so a gain is none of size.
    """

    dueling_head = staticmethod(dueling_head)

    def __init__(self, state_size, action_size, seed=0, fc1_units=64, fc2_units=64):
        super().__init__(state_size, action_size, seed, fc1_units, fc2_units)
        self.half = fc2_units // 2
        self.value = nn.Linear(self.half, 1)
        self.fc3 = nn.Linear(fc2_units - self.half, action_size)  # now for the advantages

    def forward(self, state):
        """Q-values (B, action_size) of states (B, state_size)."""
        hidden = F.relu(self.fc1(state))  # (B, fc1_units)
        hidden = F.relu(self.fc2(hidden))  # (B, fc2_units)
        value, advantages = self.value(hidden[:, : self.half]), self.fc3(hidden[:, self.half :])
        return self.dueling_head(value, advantages)  # (B, action_size)

    def backpropagate(self, states, actions, targets):
        """See ``QNetwork.backpropagate``: here autograd applies the chain rule."""
        self.zero_grad()
        F.mse_loss(self(states).gather(1, actions), targets).backward()

    def numpy_forward(self):
        """See ``QNetwork.numpy_forward``."""
        layers = (self.fc1, self.fc2, self.value, self.fc3)
        arrays = [(layer.weight.detach().numpy(), layer.bias.detach().numpy()) for layer in layers]
        (w1, b1), (w2, b2), (w_value, b_value), (w3, b3) = arrays

        def forward(state):
            hidden = np.maximum(w2 @ np.maximum(w1 @ state + b1, 0.0) + b2, 0.0)
            value, advantages = w_value @ hidden[: self.half] + b_value, w3 @ hidden[self.half :] + b3
            return value + advantages - advantages.mean()

        return forward


class DuelingAgent(Agent):
    """A dueling network, all else as before."""

    network = DuelingQNetwork


# --- n steps: more rewards that were seen, and the rest is guessed later


def n_step_return(rewards, terminated, next_value, gamma):
    r"""$r_t + \gamma r_{t+1} + ... + \gamma^{n-1} r_{t+n-1} + \gamma^n V(s_{t+n})$, cut short where the episode ends.

    rewards, terminated: (n,), of the steps t to t + n - 1. next_value: the value of the state after them. The reward
    of the step that ended the episode counts, nothing after it does.
    Source: Sutton 1988, "Learning to predict by the methods of temporal differences"; with DQN Hessel et al. 2018.
    """
    total = next_value
    for reward, end in zip(reversed(rewards), reversed(terminated)):
        total = reward + gamma * (0.0 if end else total)
    return total


class NStepAgent(Agent):
    """The memory holds (state, action, sum of n rewards, state n steps later); the discount is gamma^n."""

    n_step_return = staticmethod(n_step_return)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.latest = deque(maxlen=N_STEP)  # the last transitions of this episode

    def remember(self, state, action, reward, next_state, done):
        if self.latest and not np.array_equal(state, self.latest[-1][3]):
            self.latest.clear()  # the episode before was cut: what came after is not known
        self.latest.append((state, action, reward, next_state, done))
        while len(self.latest) == N_STEP or (done and self.latest):  # at an end: shorter sums
            _, _, rewards, _, ends = zip(*self.latest)
            rewards, ends = np.array(rewards), np.array(ends, float)
            n_rewards = self.n_step_return(rewards, ends, 0.0, self.config.gamma)
            super().remember(*self.latest[0][:2], n_rewards, next_state, done)
            self.latest.popleft()

    def td_targets(self, rewards, next_states, terminated, gamma):
        return super().td_targets(rewards, next_states, terminated, gamma**N_STEP)


# --- priorities: replay what surprised


def priorities(td_errors, alpha, epsilon):
    r"""$p_i = (|\delta_i| + \epsilon)^\alpha$ for every error, as an array of the same shape. alpha = 0: all the same.

    Source: Schaul et al. 2016, "Prioritized experience replay", equation 1, proportional variant.
    """
    return (np.abs(td_errors) + epsilon) ** alpha


def importance_weights(chances, n_stored, beta):
    r"""$w_i = (N P(i))^{-\beta}$, divided by the largest of the batch: 1 for the rarest, less for the others.

    chances: (B,), P(i) of the drawn ones; n_stored: N. beta = 1 undoes the preference wholly, 0 not at all.
    Source: Schaul et al. 2016, section 3.4.
    """
    weights = (n_stored * chances) ** -beta
    return weights / weights.max()


class PrioritisedReplay(ReplayBuffer):
    """A memory that draws transition i with the chance P(i) = p_i / sum of all p, with repetition.

    The running sum costs a pass over the memory, 0.1 ms for 100,000 transitions. Schaul et al. keep a tree of sums,
    which takes log N steps instead: for the paper's million it is worth it.
    """

    priorities = staticmethod(priorities)
    importance_weights = staticmethod(importance_weights)
    largest = 1.0  # the largest priority so far
    updates = 0

    def add(self, state, action, reward, next_state, done):
        row = self.position
        super().add(state, action, reward, next_state, done)
        self.p[row] = self.largest  # its error is not known yet: it comes first

    def sample(self):
        """The five tensors of ``ReplayBuffer.sample``, then their rows (B,) and their importance weights (B, 1)."""
        sums = np.cumsum(self.p[: self.size])
        points = np.arange(self.batch_size) + self.rng.random(self.batch_size)
        points *= sums[-1] / self.batch_size  # one in each of B equal pieces
        rows = np.searchsorted(sums, points, side="right").clip(max=self.size - 1)
        beta = min(1.0, BETA_START + (1 - BETA_START) * self.updates / BETA_UPDATES)
        weights = self.importance_weights(self.p[rows] / sums[-1], self.size, beta)
        return *self.batch(rows), rows, torch.as_tensor(weights, dtype=torch.float32).unsqueeze(1)

    def update(self, rows, td_errors):
        """Transitions in ``rows`` (B,) were learned from, with ``td_errors`` (B,): these are their priorities now."""
        self.p[rows] = np.asarray(self.priorities(td_errors, ALPHA, EPSILON))
        self.largest = max(self.largest, float(self.p[rows].max()))
        self.updates += 1

    def state_dict(self):
        stored = super().state_dict() | {"largest": self.largest, "updates": self.updates}
        return stored | ({"p": torch.from_numpy(self.p[: self.size])} if self.size else {})

    def load_state_dict(self, stored):
        super().load_state_dict(stored)
        self.largest, self.updates = stored["largest"], stored["updates"]
        if self.size:
            self.p[: self.size] = stored["p"].numpy()

    def _allocate(self, state_shape):
        super()._allocate(state_shape)
        self.p = np.zeros(self.buffer_size)


class PrioritisedAgent(Agent):
    """Draws by priority, weighs each error, and tells the memory how large the errors were."""

    replay = PrioritisedReplay

    def learn(self, experiences, gamma):
        states, actions, rewards, next_states, terminated, *drawn = experiences
        td_targets = self.td_targets(rewards, next_states, terminated, gamma)  # (B, 1)
        if drawn:
            rows, weights = drawn
            with torch.no_grad():
                q = self.qnetwork_local(states).gather(1, actions)  # (B, 1)
            td_errors = td_targets - q
            self.memory.update(rows, td_errors.squeeze(1).numpy())
            td_targets = q + weights * td_errors  # half the error, half the gradient
        self.qnetwork_local.backpropagate(states, actions, td_targets)  # of the mean of (y - Q(s, a))^2
        adam_step(self.optimizer)
        self.soft_update(self.qnetwork_local, self.qnetwork_target, self.config.tau)


# --- all of them


class AllAgent(NStepAgent, DoubleAgent, DuelingAgent, PrioritisedAgent):
    """All four changes at once: Rainbow without noisy networks and without distributions."""


AGENTS = {
    "plain": Agent,
    "double": DoubleAgent,
    "dueling": DuelingAgent,
    "n_step": NStepAgent,
    "prioritised": PrioritisedAgent,
    "all": AllAgent,
}


def make(name, seed=0, config=LanderConfig()):
    """The agent of that name in ``AGENTS`` for the lander."""
    return AGENTS[name](8, 4, seed, config)
