"""The readiness gate: every mistake that people really make is named, every sound agent passes."""

import time

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from dqn_course import readiness
from dqn_course.agent import Agent
from dqn_course.config import LanderConfig
from dqn_course.environments import PROBES
from dqn_course.errors import TrainingError
from dqn_course.networks import QNetwork
from dqn_course.readiness import readiness_gate


@pytest.fixture(autouse=True)
def full_budget(monkeypatch):
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
    monkeypatch.delenv("DQN_COURSE_QUICK", raising=False)


class Learner(Agent):
    """An agent whose ``learn`` is in pieces, so that a mistake is one of them exchanged."""

    def __init__(self, state_size, action_size, seed=0):
        super().__init__(state_size, action_size, seed)

    def next_values(self, next_states):
        return self.qnetwork_target(next_states).max(dim=1, keepdim=True).values

    def targets(self, rewards, gamma, terminated, next_values):
        return rewards + gamma * (1 - terminated) * next_values

    def chosen(self, q_values, actions):
        return q_values.gather(1, actions)

    def loss(self, chosen, targets):
        return F.mse_loss(chosen, targets)

    def descend(self, loss):
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()

    def follow(self):
        self.soft_update(self.qnetwork_local, self.qnetwork_target, 1e-3)

    def learn(self, experiences, gamma):
        states, actions, rewards, next_states, terminated = experiences
        with torch.no_grad():
            targets = self.targets(rewards, gamma, terminated, self.next_values(next_states))
        self.descend(self.loss(self.chosen(self.qnetwork_local(states), actions), targets))
        self.follow()


class NoMask(Learner):
    def targets(self, rewards, gamma, terminated, next_values):
        return rewards + gamma * next_values


class MaskUpsideDown(Learner):
    def targets(self, rewards, gamma, terminated, next_values):
        return rewards + gamma * terminated * next_values


class NoGamma(Learner):
    def targets(self, rewards, gamma, terminated, next_values):
        return rewards + (1 - terminated) * next_values


class GammaOfItsOwn(Learner):
    def targets(self, rewards, gamma, terminated, next_values):
        return rewards + 0.99 * (1 - terminated) * next_values


class NoReward(Learner):
    def targets(self, rewards, gamma, terminated, next_values):
        return gamma * (1 - terminated) * next_values


class MaskedReward(Learner):
    def targets(self, rewards, gamma, terminated, next_values):
        return (1 - terminated) * (rewards + gamma * next_values)


class NoFuture(Learner):
    def targets(self, rewards, gamma, terminated, next_values):
        return rewards


class MinusReward(Learner):
    def targets(self, rewards, gamma, terminated, next_values):
        return -rewards + gamma * (1 - terminated) * next_values


class Mean(Learner):
    def next_values(self, next_states):
        return self.qnetwork_target(next_states).mean(dim=1, keepdim=True)


class Minimum(Learner):
    def next_values(self, next_states):
        return self.qnetwork_target(next_states).min(dim=1, keepdim=True).values


class FirstAction(Learner):
    def next_values(self, next_states):
        return self.qnetwork_target(next_states)[:, :1]


class MaximumOverTheBatch(Learner):
    def next_values(self, next_states):
        return self.qnetwork_target(next_states).max().expand(len(next_states), 1)


class Broadcast(Learner):
    def next_values(self, next_states):
        return self.qnetwork_target(next_states).max(dim=1).values  # (B,), so the targets are (B, B)


class OnlineTarget(Learner):
    def next_values(self, next_states):
        return self.qnetwork_local(next_states).max(dim=1, keepdim=True).values


class OneNetwork(Learner):
    def __init__(self, state_size, action_size, seed=0):
        super().__init__(state_size, action_size, seed)
        self.qnetwork_target = self.qnetwork_local


class PresentState(Learner):
    def learn(self, experiences, gamma):
        states, actions, rewards, _, terminated = experiences
        super().learn((states, actions, rewards, states, terminated), gamma)


class Swapped(Learner):
    def learn(self, experiences, gamma):
        states, actions, rewards, next_states, terminated = experiences
        super().learn((next_states, actions, rewards, states, terminated), gamma)


class NoGather(Learner):
    def chosen(self, q_values, actions):
        return q_values  # (B, 4) against (B, 1)


class Greediest(Learner):
    def chosen(self, q_values, actions):
        return q_values.max(dim=1, keepdim=True).values


class OtherAction(Learner):
    def chosen(self, q_values, actions):
        return q_values.gather(1, q_values.shape[1] - 1 - actions)


class Ascent(Learner):
    def loss(self, chosen, targets):
        return -F.mse_loss(chosen, targets)


class Difference(Learner):
    def loss(self, chosen, targets):
        return (chosen - targets).mean()


class NoZeroGrad(Learner):
    def descend(self, loss):
        loss.backward()
        self.optimizer.step()


class Frozen(Learner):
    def follow(self):
        pass


class Backwards(Learner):
    def follow(self):
        self.soft_update(self.qnetwork_target, self.qnetwork_local, 1e-3)


class HardCopy(Learner):
    def follow(self):
        self.soft_update(self.qnetwork_local, self.qnetwork_target, 1.0)


class OtherNetwork(Learner):
    """An agent with networks of the class ``network``."""

    def __init__(self, state_size, action_size, seed=0):
        super().__init__(state_size, action_size, seed)
        self.qnetwork_local = self.network(state_size, action_size, seed)
        self.qnetwork_target = self.network(state_size, action_size, seed)
        self.optimizer = torch.optim.Adam(self.qnetwork_local.parameters(), lr=5e-4)

    def act(self, state, eps=0.0):
        return int(self.rng.integers(self.action_size))


class Blind(OtherNetwork):
    class network(QNetwork):
        def forward(self, state):
            return super().forward(0 * state)


class Softmax(OtherNetwork):
    class network(QNetwork):
        def forward(self, state):
            return super().forward(state).softmax(dim=1)


class Positive(OtherNetwork):
    class network(QNetwork):
        def forward(self, state):
            return super().forward(state).relu()


class NoRelu(OtherNetwork):
    class network(QNetwork):
        def forward(self, state):
            return self.fc3(self.fc2(self.fc1(state)))


class Crawling(Learner):
    def __init__(self, state_size, action_size, seed=0):
        super().__init__(state_size, action_size, seed)
        self.optimizer.param_groups[0]["lr"] = 1e-6


class TimeIsUp(Learner):
    clock = 0

    def step(self, state, action, reward, next_state, done):
        self.clock += 1
        over = done or self.clock == 5  # as ``terminated or truncated`` in the endless probe
        super().step(state, action, reward, next_state, over)
        if over:
            self.clock = 0


class NeverOver(Learner):
    def step(self, state, action, reward, next_state, done):
        super().step(state, action, reward, next_state, False)


class AlwaysOver(Learner):
    def step(self, state, action, reward, next_state, done):
        super().step(state, action, reward, next_state, True)


class ForgetsAction(Learner):
    def step(self, state, action, reward, next_state, done):
        super().step(state, 0, reward, next_state, done)


class ForgetsNextState(Learner):
    def step(self, state, action, reward, next_state, done):
        super().step(state, action, reward, state, done)


MISTAKES = {
    NoMask: "targets ignore `terminated`",
    MaskUpsideDown: "targets ignore `terminated`",
    NeverOver: "targets ignore `terminated`",
    NoGamma: "the target: gamma is missing",
    GammaOfItsOwn: "the target: gamma is missing",
    NoReward: "the reward is missing",
    MaskedReward: "the reward is missing",
    NoFuture: "the value of the next state is missing",
    AlwaysOver: "the value of the next state is missing",
    PresentState: "is taken from the present one",
    ForgetsNextState: "is taken from the present one",
    MinusReward: "the reward has the wrong sign",
    Mean: "the mean over actions, not the maximum",
    Minimum: "the minimum over actions, not the maximum",
    FirstAction: "the value of one fixed action, not the maximum",
    MaximumOverTheBatch: "the maximum over the whole batch, not over each row (dim=1)",
    Broadcast: "shapes: (B, 1) and (B,) made (B, B)",
    OnlineTarget: "never asks qnetwork_target",
    OneNetwork: "one and the same object",
    Swapped: "`states` and `next_states` are exchanged",
    NoGather: "the chosen action: all actions get the same value",
    ForgetsAction: "the chosen action",
    Greediest: "the chosen action: only the largest Q-value is trained",
    OtherAction: "the chosen action: the value goes to the other action",
    Difference: "the loss",
    NoZeroGrad: "zero_grad: the gradients of earlier batches are added up",
    Frozen: "the target network never moves",
    Backwards: "the target network never moves",
    Ascent: "the loss, its sign",
    HardCopy: "after every update the target network equals the online one",
    Blind: "the network does not see the state",
    Softmax: "is there a softmax at the end?",
    Positive: "the network",
    NoRelu: "learn() or the network: the loss on one fixed batch",
    Crawling: "nothing is learned",
    TimeIsUp: "`truncated` is stored as an end",
}


@pytest.mark.parametrize("broken", MISTAKES, ids=lambda broken: broken.__name__)
@pytest.mark.filterwarnings("ignore:Using a target size")
def test_the_gate_names_the_mistake(broken, monkeypatch):
    monkeypatch.setattr(readiness.learned_q_values, "__defaults__", (350,))  # half the updates: the gate has to spare
    monkeypatch.setattr(readiness.one_batch, "__defaults__", (500,))
    result = readiness_gate(broken, progress=False)
    assert not result
    assert MISTAKES[broken] in result.verdict, result
    assert [trial.passed for trial in result.trials] == [True] * (len(result.trials) - 1) + [False]


class Quiet(Learner):
    """A sound agent in other words: Huber loss, one-hot instead of gather, a hard update now and then."""

    updates = 0

    def chosen(self, q_values, actions):
        return (q_values * F.one_hot(actions[:, 0], q_values.shape[1])).sum(dim=1, keepdim=True)

    def loss(self, chosen, targets):
        return F.smooth_l1_loss(chosen, targets)

    def follow(self):
        self.updates += 1
        if self.updates % 500 == 0:
            self.qnetwork_target.load_state_dict(self.qnetwork_local.state_dict())


class Double(Learner):
    """Double DQN in a wider network, with RMSProp."""

    def __init__(self, state_size, action_size, seed=0):
        super().__init__(state_size, action_size, seed)
        Agent.__init__(self, state_size, action_size, seed, LanderConfig(fc1_units=120, fc2_units=84))
        self.optimizer = torch.optim.RMSprop(self.qnetwork_local.parameters(), lr=3e-4)

    def learn(self, experiences, gamma):
        self.next_states = experiences[3]
        super().learn(experiences, gamma)

    def next_values(self, next_states):
        best = self.qnetwork_local(next_states).argmax(dim=1, keepdim=True)
        return self.qnetwork_target(next_states).gather(1, best)


@pytest.mark.parametrize("sound", [Agent, Quiet, Double], ids=lambda sound: sound.__name__)
def test_a_sound_agent_passes_every_trial_in_time(sound):
    start = time.process_time()
    result = readiness_gate(sound, progress=False)
    assert result, result
    assert [trial.name for trial in result.trials] == list(readiness.TRIALS)
    assert time.process_time() - start < 30
    assert result.verdict.startswith("Ready: all 9 trials passed")


def test_an_agent_that_is_not_written_stops_the_gate_at_once():
    class Empty(Agent):
        def learn(self, experiences, gamma):
            raise NotImplementedError

    with pytest.raises(TrainingError, match="not written yet"):
        readiness_gate(Empty, progress=False)


def test_the_result_is_a_table_for_people_and_its_verdict_is_the_first_failure():
    trials = [
        readiness.Trial("one", True, "fine & well", 1.0),
        readiness.Trial("two", False, "gamma < 1 is missing", 2.0),
    ]
    result = readiness.Readiness(trials)
    assert not result and readiness.Readiness(trials[:1])
    assert repr(result).splitlines() == [
        "ok   one: fine & well",
        "FAIL two: gamma < 1 is missing",
        "Not ready. Look first at: gamma < 1 is missing",
    ]
    page = result._repr_html_()
    assert "fine &amp; well" in page and "gamma &lt; 1" in page and page.count("<tr>") == 2


def trials_on_probes():
    """``(make_probe, mistakes)`` of every trial that has a probe."""
    for trial in readiness.TRIALS.values():
        if trial.__closure__:
            contents = dict(zip(trial.__code__.co_freevars, (cell.cell_contents for cell in trial.__closure__)))
            yield contents["make_probe"], contents["mistakes"]


def test_what_a_mistake_gives_is_far_enough_from_the_truth_in_every_trial():
    distances = [
        np.abs(make_probe().q_values[state] - wrong).max()
        for make_probe, mistakes in trials_on_probes()
        for state, wrong, _ in mistakes
    ]
    assert min(distances) == pytest.approx(0.17, abs=0.005)  # as TOLERANCE says
    assert min(distances) > 1.3 * readiness.TOLERANCE


def test_every_probe_is_used_in_a_trial():
    assert {make_probe for make_probe, _ in trials_on_probes()} == set(PROBES.values())


def test_while_grading_only_the_quick_trials_run(monkeypatch):
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    result = readiness_gate(Agent, progress=False)
    assert result and len(result.trials) == 2


def test_without_progress_nothing_is_printed(capfd, monkeypatch):
    monkeypatch.setenv("DQN_COURSE_QUICK", "1")
    readiness_gate(Agent, progress=False)
    assert capfd.readouterr() == ("", "")
