"""The readiness gate: half a minute of small trials before hours of training, naming the part that is broken.

Each trial is a probe environment whose Q-values are known, or one batch that any sound agent can learn by heart.
The trials go from simple to composed, so the first one that fails is the one to look at.
"""

import copy
import html
import re
import time
from dataclasses import dataclass

import numpy as np
import torch
from tqdm.auto import tqdm

from dqn_course import environments
from dqn_course.config import budget
from dqn_course.run_state import threads
from dqn_course.training import not_written, parameter_vector, require_learning, run_episode

TOLERANCE = 0.12
"""How far a learned Q-value may be from the exact one. The nearest mistake that a probe tells apart is 0.17 away."""


@dataclass(frozen=True)
class Trial:
    """One trial's result: ``message`` says what was seen and, where it failed, which component to look at."""

    name: str
    passed: bool
    message: str
    seconds: float


class Readiness:
    """The result of the gate; ``bool(readiness)`` is True when every trial passed. Shown as a table in a notebook."""

    def __init__(self, trials):
        self.trials = trials

    def __bool__(self):
        return all(trial.passed for trial in self.trials)

    @property
    def verdict(self):
        """One sentence."""
        if self:
            seconds = sum(trial.seconds for trial in self.trials)
            return f"Ready: all {len(self.trials)} trials passed in {seconds:.0f} s. The long run is worth starting."
        first = next(trial for trial in self.trials if not trial.passed)
        return f"Not ready. Look first at: {first.message}"

    def __repr__(self):
        lines = [f"{'ok  ' if trial.passed else 'FAIL'} {trial.name}: {trial.message}" for trial in self.trials]
        return "\n".join([*lines, self.verdict])

    def _repr_html_(self):
        rows = "".join(
            f"<tr><td style='text-align:left; white-space:nowrap'>{'&#10003;' if trial.passed else '&#10007;'} "
            f"{trial.name}</td><td style='text-align:left'>{_marked_up(trial.message)}</td>"
            f"<td style='white-space:nowrap'>{trial.seconds:.1f} s</td></tr>"
            for trial in self.trials
        )
        return f"<table>{rows}</table><p><b>{_marked_up(self.verdict)}</b></p>"


def readiness_gate(agent_class, progress=True):
    """Try ``agent_class`` on nine trials; return a ``Readiness``. A few seconds, never more than 30.

    ``agent_class(state_size, action_size, seed)`` makes an agent with ``act``, ``step``, ``learn``, ``qnetwork_local``,
    ``qnetwork_target`` and ``memory``. A later trial is not started once one has failed: it would only
    repeat the message. Under nbgrader only the two quickest trials run. Raises TrainingError when ``learn`` is not
    written at all.
    """
    trials = []
    with threads(1):
        try:
            agent = agent_class(8, 4, seed=0)
        except NotImplementedError as error:
            raise not_written(error) from None
        require_learning(agent, environments.make_lander())
        names = budget(list(TRIALS), quick=["gradients cleared", "two networks"])
        for name in tqdm(names, unit="trial", leave=False, disable=not progress):
            start = time.perf_counter()
            complaint, seen = TRIALS[name](agent_class)
            trials.append(Trial(name, not complaint, complaint or seen, time.perf_counter() - start))
            if complaint:
                break
    return Readiness(trials)


def one_batch(agent_class, updates=1500):
    """A batch of 64 transitions, all terminal, learned by heart: the loss must nearly vanish."""
    agent, batch = agent_class(8, 4, seed=0), random_batch(terminated=1.0)
    states, actions, rewards, _, _ = batch

    def loss():
        with torch.no_grad():
            return float(((agent.qnetwork_local(states).gather(1, actions) - rewards) ** 2).mean())

    first = loss()
    for _ in range(updates):
        agent.learn(batch, 0.99)
        if loss() < 0.05 * first:
            return "", f"the loss on one fixed batch fell from {first:.2f} to {loss():.3f}"
    return (
        f"learn() or the network: the loss on one fixed batch of terminal transitions went from {first:.2f} to "
        f"{loss():.2f} in {updates} updates, it should nearly vanish. Check the loss (prediction minus target, both "
        "of shape (B, 1)), backward(), optimizer.step(), zero_grad(), and whether targets ignore `terminated`"
    ), ""


def probe(make_probe, mistakes):
    """A trial on a probe environment. ``mistakes`` lists (state, Q-values that the mistake gives, what it is)."""

    def trial(agent_class):
        env = make_probe()
        q_values = learned_q_values(agent_class, env)
        if np.abs(q_values - env.q_values).max() < TOLERANCE:
            return "", f"Q-values {_show(q_values)}, exact {_show(env.q_values)}"
        complaint = f"Q-values {_show(q_values)} instead of {_show(env.q_values)}"
        for state, wrong, cause in mistakes:
            if np.abs(q_values[state] - wrong).max() < TOLERANCE:
                return f"{cause} ({complaint})", ""
        return f"{env_doc(make_probe)} ({complaint})", ""

    return trial


def learned_q_values(agent_class, env, updates=700):
    """Q-values (n_states, n_actions) that the agent has for ``env`` after ``updates`` updates on its own random play.

    The target network is set equal to the online one every 50 updates, so the result does not depend on tau.
    """
    n_states, n_actions = env.q_values.shape
    agent = agent_class(n_states, n_actions, seed=0)
    episode = 0
    while len(agent.memory) < 200:
        run_episode(agent, env, eps=1.0, seed=episode)
        episode += 1
    for update in range(updates):
        agent.learn(agent.memory.sample(), env.gamma)
        if update % 50 == 0:
            agent.qnetwork_target.load_state_dict(agent.qnetwork_local.state_dict())
    with torch.no_grad():
        device = next(agent.qnetwork_local.parameters()).device
        return agent.qnetwork_local(torch.eye(n_states, device=device)).cpu().numpy()


def gradients_cleared(agent_class):
    """What the last batch left in ``.grad`` must not change the next update."""
    agent, batch = agent_class(8, 4, seed=0), random_batch(terminated=1.0)
    agent.learn(batch, 0.99)
    cleared = copy.deepcopy(agent)
    cleared.qnetwork_local.zero_grad()
    for one in (agent, cleared):
        one.learn(batch, 0.99)
    if torch.equal(parameter_vector(agent.qnetwork_local), parameter_vector(cleared.qnetwork_local)):
        return "", "an update does not depend on the gradients of the one before"
    return "zero_grad: the gradients of earlier batches are added up; clear them before backward()", ""


def two_networks(agent_class):
    """The targets come from the target network, which follows the online one slowly: neither frozen nor a copy."""
    agent, batch = agent_class(8, 4, seed=0), random_batch(terminated=0.0)
    local, target = agent.qnetwork_local, agent.qnetwork_target
    if target is local:
        return "the target network: qnetwork_target and qnetwork_local are one and the same object", ""
    other = copy.deepcopy(agent)
    with torch.no_grad():
        for parameter in other.qnetwork_target.parameters():
            parameter.add_(1.0)
    for one in (agent, other):
        one.learn(batch, 0.99)
    if torch.equal(parameter_vector(local), parameter_vector(other.qnetwork_local)):
        return "the target: learn() never asks qnetwork_target; the targets come from the network that is trained", ""

    start = parameter_vector(target)
    for _ in range(1200):  # a hard update may come only every thousand updates
        agent.learn(batch, 0.99)
        if not torch.equal(start, parameter_vector(target)):
            break
    else:
        return "soft_update: the target network never moves; learn() has to call self.soft_update", ""
    agent.learn(batch, 0.99)
    gap = float((parameter_vector(target) - parameter_vector(local)).norm())
    if gap < 1e-6:
        return "soft_update: after every update the target network equals the online one, so the target moves along", ""
    return "", f"the targets come from the target network, which moves and is {gap:.3f} behind"


def random_batch(terminated):
    """64 random lander-like transitions, the same at every call; ``terminated`` is 0.0 or 1.0 for all of them."""
    generator = torch.Generator().manual_seed(1)
    states, next_states = torch.randn(2, 64, 8, generator=generator)
    actions = torch.randint(0, 4, (64, 1), generator=generator)
    rewards = torch.randn(64, 1, generator=generator)
    return states, actions, rewards, next_states, torch.full((64, 1), terminated)


def env_doc(make_probe):
    """The second sentence of a probe's docstring: what it means when this one goes wrong."""
    return make_probe.__doc__.strip().split("Wrong here: ")[1].rstrip(".")


IGNORES_TERMINATED = (
    "targets ignore `terminated`, or step() does not store it: a terminal transition is worth its reward alone"
)
NO_FUTURE = (
    "the target: the value of the next state is missing, or is taken from the present one, or step() stores every "
    "transition as an end"
)
NOTHING = "the target: the reward is missing; or nothing is learned (is the learning rate far too small?)"
WHOLE_BATCH = "the target: the maximum over the whole batch, not over each row (dim=1)"
FIXED_ACTION = "the target: the value of one fixed action, not the maximum over actions"
LARGEST_ONLY = "the chosen action: only the largest Q-value is trained; gather(1, actions) picks the one that was taken"

TRIALS = {
    "gradients cleared": gradients_cleared,
    "constant reward": probe(
        environments.constant_probe,
        [
            (0, [0, 0], NOTHING),
            (0, [-1, -1], "the target: the reward has the wrong sign"),
            (0, [0.5, 0.5], "the network's output: the Q-values add up to 1, is there a softmax at the end?"),
            (0, [0, 1], LARGEST_ONLY),
            (0, [1, 0], LARGEST_ONLY),
            (0, [2, 2], IGNORES_TERMINATED),
        ],
    ),
    "which state": probe(
        environments.state_probe,
        [(slice(None), [[0, 0], [0, 0]], "the network's forward(): every state gets the same Q-values")],
    ),
    "which action": probe(
        environments.action_probe,
        [
            (0, [0, 0], "the chosen action: all actions get the same value. gather(1, actions) picks one column a row"),
            (0, [1, -1], "the chosen action: the value goes to the other action"),
        ],
    ),
    "delayed reward": probe(
        environments.delay_probe,
        [
            (slice(None), [[0.67, 0.67], [1.33, 1.33]], IGNORES_TERMINATED),
            (0, [0.33, 0.33], "shapes: (B, 1) and (B,) made (B, B), so every sample got the mean of all targets"),
            (slice(None), [[1, 1], [0.5, 0.5]], "the states: `states` and `next_states` are exchanged"),
            (0, [0, 0], NO_FUTURE),
            (0, [1, 1], "the target: gamma is missing, or is not the argument `gamma` of learn()"),
        ],
    ),
    "best action counts": probe(
        environments.choice_probe,
        [
            (slice(2), [[0.25, 0.25], [-0.25, -0.25]], "the target: the mean over actions, not the maximum"),
            (slice(2), [[0, 0], [-0.5, -0.5]], "the target: the minimum over actions, not the maximum"),
            (slice(2), [[0.5, 0.5], [0.5, 0.5]], WHOLE_BATCH),
            (slice(2), [[0, 0], [0, 0]], FIXED_ACTION),
            (slice(2), [[0.5, 0.5], [-0.5, -0.5]], FIXED_ACTION),
        ],
    ),
    "two networks": two_networks,
    "time limit is no end": probe(
        environments.endless_probe,
        [(0, [1, 1], "step(): what is stored as `done`"), (0, [1.73, 1.73], "step(): `truncated` is stored as an end")],
    ),
    "one batch by heart": one_batch,
}


def _marked_up(text):
    """HTML of a message, with what stands in backquotes as code."""
    return re.sub("`([^`]+)`", r"<code>\1</code>", html.escape(text))


def _show(q_values):
    return "[" + ", ".join("[" + ", ".join(f"{value:.2f}" for value in row) + "]" for row in q_values) + "]"
