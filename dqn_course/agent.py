"""The reference agent of the lander: act, remember, learn."""

import numpy as np
import torch

from dqn_course.config import LanderConfig
from dqn_course.networks import QNetwork
from dqn_course.optimizers import adam_step
from dqn_course.replay import ReplayBuffer


class Agent:
    """A DQN agent with the classic interface: ``act``, ``step``, ``learn``, ``soft_update``.

    What came after DQN (``extensions.py``) replaces ``network``, ``replay``, ``remember``, ``td_targets`` or ``learn``.

    Parameters
    ----------
    state_size, action_size: numbers of inputs and actions of the environment.
    seed: same seed, same agent.
    config: all other numbers.
    """

    network = QNetwork
    replay = ReplayBuffer

    def __init__(self, state_size, action_size, seed=0, config=LanderConfig()):
        self.config = config
        self.state_size = state_size
        self.action_size = action_size
        self.rng = np.random.default_rng(seed)
        self.qnetwork_local = self.network(state_size, action_size, seed, config.fc1_units, config.fc2_units)
        self.qnetwork_target = self.network(state_size, action_size, seed, config.fc1_units, config.fc2_units)
        self.optimizer = torch.optim.Adam(self.qnetwork_local.parameters(), config.learning_rate, fused=True)
        self.memory = self.replay(action_size, config.buffer_size, config.batch_size, seed)
        self.t_step = 0  # agent steps since the last update
        self._q_values = self.qnetwork_local.numpy_forward()

    def step(self, state, action, reward, next_state, done):
        """Remember one transition; after every ``update_every`` agent steps, learn from one batch.

        ``done`` is true only where the episode terminated (landed, crashed), not where time ran out.
        """
        self.remember(state, action, reward, next_state, done)
        self.t_step = (self.t_step + 1) % self.config.update_every
        if self.t_step == 0 and len(self.memory) >= self.config.batch_size:
            self.learn(self.memory.sample(), self.config.gamma)

    def remember(self, state, action, reward, next_state, done):
        """Store the transition in the memory."""
        self.memory.add(state, action, reward, next_state, done)

    def act(self, state, eps=0.0):
        """An epsilon-greedy action: random with probability ``eps``, else the one with the largest Q-value."""
        if self.rng.random() < eps:
            return int(self.rng.integers(self.action_size))
        return int(self._q_values(state).argmax())

    def __getstate__(self):
        """What a copy takes over: all but the fast forward pass, which belongs to this agent's own network."""
        return {name: value for name, value in vars(self).items() if name != "_q_values"}

    def __setstate__(self, state):
        vars(self).update(state)
        self._q_values = self.qnetwork_local.numpy_forward()

    def learn(self, experiences, gamma):
        r"""One gradient step on $(y - Q(s, a; \theta))^2$, $y = r + \gamma (1 - d) \max_{a'} \hat Q(s', a'; \theta^-)$.

        ``experiences`` are the five tensors of ``ReplayBuffer.sample``; ``gamma`` is the discount per agent step.
        The gradient and Adam's step are those of autograd and ``optimizer.step()``, taken by a shorter way.
        """
        states, actions, rewards, next_states, terminated = experiences
        td_targets = self.td_targets(rewards, next_states, terminated, gamma)  # (B, 1)
        self.qnetwork_local.backpropagate(states, actions, td_targets)  # of the mean of (y - Q(s, a))^2
        adam_step(self.optimizer)
        self.soft_update(self.qnetwork_local, self.qnetwork_target, self.config.tau)

    @torch.no_grad()  # the target is a constant: no gradient flows through it
    def td_targets(self, rewards, next_states, terminated, gamma):
        r"""The targets $y = r + \gamma (1 - d) \max_{a'} \hat Q(s', a'; \theta^-)$ of a batch, (B, 1)."""
        next_q = self.qnetwork_target(next_states).amax(dim=1, keepdim=True)  # (B, 1)
        return rewards + gamma * (1 - terminated) * next_q  # (B, 1)

    def soft_update(self, local_model, target_model, tau):
        r"""Move the target network a little: $\theta^- \leftarrow \tau\,\theta + (1 - \tau)\,\theta^-$."""
        with torch.no_grad():
            torch._foreach_lerp_(list(target_model.parameters()), list(local_model.parameters()), tau)
