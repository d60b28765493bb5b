"""The check of ``learn``: one gradient step on the TD error, seen Q-value by Q-value.

The agent's networks are exchanged for tables, so the change of the weights shows what the step did to each Q-value.
"""

import contextlib
from types import ModuleType

import numpy as np
import torch
import torch._dynamo  # noqa: F401  the first optimizer imports it, which would take seconds in the middle of a check
import torch.nn.functional as F
from torch import nn

from dqn_course.checks import student
from dqn_course.checks.core import Behaviour, Case, Check, Finding, rows
from dqn_course.checks.lesson_06_mistakes import MISTAKES, explain, fits, predict
from dqn_course.checks.lesson_06_mistakes import SAYS as MISTAKES_SAY

BEHAVIOURS = (
    Behaviour("step", 1, "one gradient step on the online network, downhill, from this batch alone"),
    Behaviour("chosen", 1, "only the value of the action that was taken is moved"),
    Behaviour("target", 1.5, "towards r + gamma * max Q of the target network in the next state"),
    Behaviour("terminated", 1, "where the episode terminated, towards the reward alone"),
    Behaviour("soft_update", 0.5, "then the target network follows slowly", needs=("step", "target", "terminated")),
)
EVERYTHING = tuple(behaviour.name for behaviour in BEHAVIOURS)
IDLE = 4
"""States that no transition visits: their Q-values change only by copying one network to the other."""
STILL = 1e-9
"""A weight that changes by less did not move."""
ERRORS = {4: ((0.15, -0.3, 2.2), (-0.24,)), 8: ((0.12, -0.27, 0.7, -1.7, 3.1), (-0.18, 0.33, 2.6))}
"""TD errors y - Q(s, a) of a batch, where the episode goes on and where it ended. Small and large ones, so that
squared, Huber and clipped losses all show their shape."""

SAYS = MISTAKES_SAY | {
    "same_network": "qnetwork_local and qnetwork_target are one and the same network. Make two.",
    "wrong_optimizer": "self.optimizer does not hold the weights of qnetwork_local. It is made in __init__: "
    "`torch.optim.Adam(self.qnetwork_local.parameters(), lr=LR)`.",
    "not_finite": "After learn, some weights are infinite or not a number.",
    "online_overwritten": "Q-values of states that are in no transition changed in the online network. learn must "
    "change it by the gradient step alone.",
    "soft_update_backwards": "The soft update runs the wrong way: the online network moves towards the target network. "
    "The order is soft_update(self.qnetwork_local, self.qnetwork_target, TAU).",
    "step_before_backward": "optimizer.step() comes before loss.backward(), so it never sees this batch's gradient. "
    "The order is zero_grad, backward, step.",
    "no_backward": "No gradient was computed for the online network, so it learns nothing. Is loss.backward() there, "
    "and does the loss contain self.qnetwork_local(states)?",
    "no_step": "The gradients are computed, but no step is made. Is self.optimizer.step() there?",
    "cleared_gradient": "The gradients are cleared between loss.backward() and optimizer.step(), so the step is zero. "
    "The order is zero_grad, backward, step.",
    "skipped_batch": "Call {} of learn changed nothing. It must learn from every batch it gets.",
    "own_optimizer": "The weights changed, but not by self.optimizer.step(). Use the optimizer that the agent has.",
    "uphill": "The step goes uphill: predictions move away from their targets. Is there a minus too many in the loss?",
    "not_cleared": "The gradients of the batch before are still in this step: PyTorch adds them up. Call "
    "self.optimizer.zero_grad() before loss.backward().",
    "other_values": "Q-values of actions that were not taken, or of other states, are changed too. Only Q(s, a) of "
    "each transition belongs in the loss: `gather(1, actions)`.",
    "ends_unused": "Transitions that terminated change nothing. They belong in the loss too; their target is the "
    "reward.",
    "rows_unused": "Some transitions of the batch change nothing. Every row belongs in the loss.",
    "wrong_weights": "Every prediction moves towards its target, but not in proportion to its error. The loss is the "
    "mean of the squared errors, or Huber's.",
    "wrong_target": "Where the episode goes on, predictions are not pulled to r + gamma * max Q of the target network.",
    "wrong_terminated": "Where the episode terminated, predictions are not pulled to the reward.",
    "target_trained": "The target network is changed by the gradient step. The optimizer must hold the weights of "
    "qnetwork_local alone.",
    "no_soft_update": "The target network did not move in {} calls of learn. Its last line should be "
    "self.soft_update(self.qnetwork_local, self.qnetwork_target, TAU).",
    "odd_target": "The target network does not move towards the online network. soft_update makes "
    "tau * local + (1 - tau) * target.",
    "hard_copy": "The target network is a fresh copy of the online network after every call of learn, so it does not "
    "stand still. Move it by a small share, TAU.",
    "tau_swapped": "The target network takes {:.3g} of the online network at every call: tau and 1 - tau are swapped.",
    "fast_target": "The target network takes {:.2g} of the online network at every call. It should follow slowly: TAU "
    "= 0.001.",
}


class TableNetwork(nn.Module):
    """A network without hidden layers, whose weights are its Q-values: for the one-hot state s, Q(s, a) = weight[a, s].

    So the change of its weights is the change of each single Q-value, and a gradient step shows the TD error of each
    transition. Weights are float64, so that small changes can be seen; Q-values come out as float32.
    """

    def __init__(self, state_size, action_size, *args, **kwargs):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(action_size, state_size, dtype=torch.float64))

    def forward(self, state):
        return F.linear(state.to(self.weight.dtype), self.weight).float()

    def backpropagate(self, states, actions, targets):
        """As ``networks.QNetwork.backpropagate``, so that the course's own agent can be checked too."""
        self.weight.grad = None
        F.mse_loss(self(states).gather(1, actions), targets).backward()


class RecordingSGD(torch.optim.SGD):
    """Plain gradient descent that writes down what is done to it."""

    def __init__(self, parameters, events):
        super().__init__(parameters, lr=1.0)
        self.events = events

    def zero_grad(self, set_to_none=True):
        self.events.append("zero_grad")
        super().zero_grad(set_to_none)

    def step(self, closure=None):
        loss = super().step(closure)
        self.events.append("step")
        return loss


def _cases(rng):
    def case(name, batch, actions, patience):
        draws = [_draw_batch(rng, batch, actions) for _ in range(2)]
        values = {key: np.stack([draw[key] for draw in draws]) for key in draws[0]}
        return Case(name, EVERYTHING, {**values, "gamma": round(float(rng.uniform(0.7, 0.9)), 2), "patience": patience})

    cases = [
        case("batches of 4 transitions, 3 actions", 4, 3, 1000),
        case("batches of 8 transitions, 4 actions", 8, 4, 0),
    ]
    for case in cases:
        _set_errors(rng, case.values)
    return cases


def _draw_batch(rng, batch, actions):
    """One batch and two tables of Q-values (A, 2B + IDLE): transition i goes from state i to state B + i."""
    target = rng.uniform(-2, 3, (actions, 2 * batch + IDLE)).round(2)
    local = rng.uniform(-2, 3, target.shape).round(2)
    best = target.argmax(0)
    for state in np.flatnonzero(local.argmax(0) == best):  # the two networks disagree about every best action
        swap = [best[state], (best[state] + 1) % actions]
        local[swap, state] = local[swap[::-1], state]
        local[swap[1], state] += 0.5
    going, ended = (len(part) for part in ERRORS[batch])
    return {
        "local": local,
        "target": target,
        "actions": (best[batch : 2 * batch] + rng.integers(1, actions, batch)) % actions,  # never the best one next
        "rewards": (rng.uniform(0.3, 2.4, batch) * rng.permutation(np.resize([-1, 1], batch))).round(2),
        "terminated": rng.permutation(np.repeat([0.0, 1.0], [going, ended])),
    }


def _set_errors(rng, values):
    """Set Q(s, a) of the online network so that the TD errors are those of ``ERRORS``, and a is not its best action."""
    for number in range(len(values["local"])):
        batch = _batch(values, number)
        local, targets = batch["local"], predict(batch)[1]
        size, actions = len(targets), len(local)
        errors = np.empty(size)
        for part, where in zip(ERRORS[size], (batch["terminated"] == 0, batch["terminated"] == 1)):
            errors[where] = rng.permutation(part) * rng.uniform(0.9, 1.1) * (-1) ** number
        i, a = np.arange(size), batch["actions"]
        local[a, i] = targets - errors
        local[(a + 1) % actions, i] = local[a, i] + rng.uniform(0.5, 1.5, size)


def _batch(values, number):
    names = ("local", "target", "actions", "rewards", "terminated")
    return {name: values[name][number] for name in names} | {"gamma": values["gamma"]}


def _load(answer):
    return student.class_of(answer, "Agent", _reference_model)


def _reference_model(folder):
    """The student's model.py, but with a sound QNetwork: ``learn`` is judged whatever became of the network."""
    model = ModuleType("model")
    if (folder / "model.py").is_file():
        with contextlib.suppress(Exception, SystemExit):
            model = student.module_of(folder / "model.py")
    model.QNetwork, model.__file__ = TableNetwork, str(folder / "model.py")
    return {"model": model}


def _call(agent_class, values):
    calls, actions, states = values["local"].shape
    size = values["actions"].shape[1]
    with _batch_size(agent_class, size):
        agent = agent_class(states, actions, 0)
        agent.qnetwork_local, agent.qnetwork_target, agent.optimizer, trains = _make_visible(agent, states, actions)
        local, target, events = agent.qnetwork_local.weight, agent.qnetwork_target.weight, agent.optimizer.events
        gradient = torch.zeros_like(local)

        def record(weight):
            events.append("backward")
            gradient.copy_(weight.grad)

        recording = local.register_post_accumulate_grad_hook(record)
        output = {"same_network": local is target, "trains": trains, "events": []}
        seen = {"local_after": [], "target_after": [], "gradient": []}
        for number in range(calls):
            with torch.no_grad():
                local.copy_(torch.from_numpy(values["local"][number]))
                target.copy_(torch.from_numpy(values["target"][number]))
            events.clear()
            gradient.zero_()
            agent.learn(_experiences(values, number, local.device), values["gamma"])
            output["events"].append(events[:50])
            seen["local_after"].append(student.array(local))
            seen["target_after"].append(student.array(target))
            seen["gradient"].append(student.array(gradient))
        output.update({name: np.stack(arrays) for name, arrays in seen.items()})
        recording.remove()
        still = np.abs(output["target_after"] - values["target"]).max() < STILL
        if still and np.abs((output["local_after"] - values["local"])[..., -IDLE:]).max() < STILL:
            output.update(_wait_for_target(agent, values, local, target, calls - 1))
    return output


@contextlib.contextmanager
def _batch_size(agent_class, size):
    """The student's constant BATCH_SIZE, where there is one, is the size of the batches that ``learn`` gets."""
    names = getattr(getattr(agent_class, "learn", None), "__globals__", {})
    before = names.get("BATCH_SIZE")
    if before is not None:
        names["BATCH_SIZE"] = size
    try:
        yield
    finally:
        if before is not None:
            names["BATCH_SIZE"] = before


def _make_visible(agent, states, actions):
    """The agent's two networks as tables, a recording optimizer over the same one, and which network that is."""
    trained = {id(parameter) for group in agent.optimizer.param_groups for parameter in group["params"]}
    trains, parameters, networks = {}, [], []
    for name in ("local", "target"):
        network = getattr(agent, f"qnetwork_{name}")
        trains[name] = any(id(parameter) in trained for parameter in network.parameters())
        if name == "target" and network is agent.qnetwork_local:
            network = networks[0]
        elif not isinstance(network, TableNetwork):  # made by a class of the student's own
            network = TableNetwork(states, actions).to(next(network.parameters()).device)
        networks.append(network)
        parameters += [network.weight] if trains[name] else []
    return *networks, RecordingSGD(parameters or [torch.zeros(1, requires_grad=True)], []), trains


def _experiences(values, number, device):
    size = values["actions"].shape[1]
    eye = torch.eye(values["local"].shape[2])

    def column(name, dtype):
        return torch.tensor(values[name][number], dtype=dtype).unsqueeze(1)

    fields = (
        eye[:size],
        column("actions", torch.int64),
        column("rewards", torch.float32),
        eye[size : 2 * size],
        column("terminated", torch.float32),
    )
    return tuple(field.clone().to(device) for field in fields)


def _wait_for_target(agent, values, local, target, last):
    """Learn on, up to ``patience`` calls, until the target network moves: it may be copied only now and then.

    Returns the number of calls and the weights of both networks around the last one.
    """
    agent.optimizer.param_groups[0]["lr"] = 1e-3
    experiences = _experiences(values, last, local.device)
    waited, moved, before = 0, False, (local.detach().clone(), target.detach().clone())
    while not moved and waited < values["patience"]:
        before[0].copy_(local.detach())
        agent.learn(tuple(field.clone() for field in experiences), values["gamma"])
        moved = float((before[1] - target).detach().abs().max()) > STILL
        waited += 1
    names = ("wait_local", "wait_target", "wait_local_after", "wait_target_after")
    return {"waited": waited} | {name: student.array(part) for name, part in zip(names, (*before, local, target))}


def _judge(values, output):
    batches = [_batch(values, number) for number in range(len(values["local"]))]
    if output["same_network"]:
        yield Finding("same_network", EVERYTHING, SAYS["same_network"])
        return
    if not output["trains"]["local"]:
        yield Finding("wrong_optimizer", EVERYTHING, SAYS["wrong_optimizer"])
        return
    changes = output["local_after"] - values["local"]  # (2, A, S)
    if not (np.all(np.isfinite(changes)) and np.all(np.isfinite(output["target_after"]))):
        yield Finding("not_finite", EVERYTHING, SAYS["not_finite"])
        return
    copied, changes = _without_copying(changes, values)
    yield from copied
    no_step = _no_step(changes, output["events"])
    if no_step:
        yield no_step
        changes = -output["gradient"]
    if np.any(changes):
        yield from _judge_changes(batches, changes, output)
    if not copied:
        yield from _judge_soft_update(batches, output, values["patience"])


def _without_copying(changes, values):
    """Findings where the online network was moved towards the target network, and the changes without that."""
    distance = values["target"] - values["local"]
    if np.abs(changes[..., -IDLE:]).max() < STILL:
        return [], changes
    tau = np.median((changes / distance)[..., -IDLE:])
    if np.abs(changes - tau * distance)[..., -IDLE:].max() > 1e-6 or not 0 < tau < 1:
        return [Finding("online_overwritten", ("step", "soft_update"), SAYS["online_overwritten"])], changes
    finding = Finding("soft_update_backwards", ("soft_update",), SAYS["soft_update_backwards"])
    return [finding], (changes - tau * distance) / (1 - tau)


def _no_step(changes, events):
    """The finding where no step was made from the present batch, else None."""
    events = [event for call in events for event in call]
    if "step" in events and "backward" in events and events.index("step") < events.index("backward"):
        return Finding("step_before_backward", ("step",), SAYS["step_before_backward"])
    if np.abs(changes).max() > STILL:
        return None
    if "backward" not in events:
        return Finding("no_backward", EVERYTHING, SAYS["no_backward"])
    key = "cleared_gradient" if "step" in events else "no_step"
    return Finding(key, ("step",), SAYS[key])


def _judge_changes(batches, changes, output):
    """Findings about what the gradient steps did to the online table, (2, A, S)."""
    right = ((), False, False)
    after = [{**batch, "target": target} for batch, target in zip(batches, output["target_after"])]
    if explain(batches, changes, known=()) == right or explain(after, changes, known=()) == right:
        return  # the second where the soft update came first
    skipped = [number + 1 for number, change in enumerate(changes) if not change.any()]
    if skipped:
        costs = ("step", "chosen", "target", "terminated")
        yield Finding("skipped_batch", costs, SAYS["skipped_batch"].format(skipped[0]))
        return
    stepped = any("step" in events for events in output["events"])
    if not stepped and np.abs(output["gradient"] + changes).max() > STILL:
        yield Finding("own_optimizer", ("step",), SAYS["own_optimizer"])
        return
    found = explain(batches, changes)
    if not found:
        yield from _unexplained(batches, changes)
        return
    keys, uphill, uncleared = found
    for key in ["uphill"] * uphill + ["not_cleared"] * uncleared:
        yield Finding(key, ("step",), SAYS[key])
    for key in keys:
        costs, choices = MISTAKES[key]
        yield Finding(key, costs, SAYS[key], _target_rows(batches[0], choices))


def _target_rows(batch, choices):
    """Right and wrong targets of a batch, where the choices are about targets."""
    about_targets = choices.keys() & {"network", "state", "best", "discount", "ends", "reward"}
    if not about_targets or choices.get("best") == "mean of largest":
        return ()
    labels = [f"target of row {i}, {'terminated' if d else 'goes on'}" for i, d in enumerate(batch["terminated"])]
    return rows(labels, predict(batch)[1], predict(batch, **choices)[1], limit=3)


def _unexplained(batches, changes):
    """Findings for changes that no known mistake predicts: row by row, what is right and what is not."""
    going, ended, others, towards, unused = True, True, False, True, set()
    for batch, change in zip(batches, changes):
        error, moved, d = *_errors(batch, change), batch["terminated"]
        elsewhere = change.copy()
        elsewhere[batch["actions"], np.arange(len(d))] = 0
        others |= bool(np.abs(elsewhere).max() > 1e-6 * np.abs(change).max())
        unused |= set(d[moved == 0])
        towards &= bool(np.all(moved * error > 0))
        fit = fits(moved[d == 0], error[d == 0])
        going &= fit
        ended &= fits(moved, error) if fit else fits(moved[d == 1], error[d == 1])
    if others:
        yield Finding("other_values", ("chosen",), SAYS["other_values"], named=False)
    if unused == {1}:
        yield Finding("ends_unused", ("terminated",), SAYS["ends_unused"])
    elif unused:
        yield Finding("rows_unused", ("target", "terminated"), SAYS["rows_unused"])
    comparison = _error_rows(batches[0], changes[0])
    if towards:
        yield Finding("wrong_weights", ("step",), SAYS["wrong_weights"], comparison)
        return
    if not going:
        yield Finding("wrong_target", ("target",), SAYS["wrong_target"], comparison, named=False)
    if not ended:
        yield Finding("wrong_terminated", ("terminated",), SAYS["wrong_terminated"], comparison, named=False)


def _errors(batch, change):
    """TD errors y - Q(s, a), and the changes of the same Q(s, a): (B,), (B,)."""
    i, a = np.arange(len(batch["actions"])), batch["actions"]
    return predict(batch)[1] - batch["local"][a, i], change[a, i]


def _error_rows(batch, change):
    """Rows that compare the change of each Q(s, a) with its TD error, up to a factor."""
    error, moved = _errors(batch, change)
    scaled = moved * np.abs(error).max() / max(np.abs(moved).max(), STILL)
    labels = [
        f"pull on Q(s, a) of row {i}, {'terminated' if d else 'goes on'}" for i, d in enumerate(batch["terminated"])
    ]
    return rows(labels, error, scaled)


def _judge_soft_update(batches, output, patience):
    steps = zip(batches, output["local_after"], output["target_after"])
    follows = [_follow(batch["local"], local, batch["target"], target) for batch, local, target in steps]
    if any(trained for _, trained in follows):
        yield Finding("target_trained", ("step", "soft_update"), SAYS["target_trained"])
        return
    taus = [tau for tau, _ in follows]
    if not any(taus):
        if not patience:
            return  # the other case waits for it
        names = ("wait_local", "wait_local_after", "wait_target", "wait_target_after")
        tau, _ = _follow(*(output[name] for name in names))
        if tau == 0:
            yield Finding("no_soft_update", ("soft_update",), SAYS["no_soft_update"].format(output["waited"]))
            return
        taus = [tau, 0]
    slowest = min(taus)
    if np.isnan(taus).any() or slowest < 0:
        yield Finding("odd_target", ("soft_update",), SAYS["odd_target"], named=False)
    elif all(abs(tau - 1) < 2e-4 for tau in taus):
        yield Finding("hard_copy", ("soft_update",), SAYS["hard_copy"])
    elif slowest > 0.5:
        key = "tau_swapped" if slowest > 0.9 else "fast_target"
        yield Finding(key, ("soft_update",), SAYS[key].format(slowest))


def _follow(local, local_after, target, target_after):
    """(tau, trained): the share of the way that the target network went towards the online one, NaN for another way,
    and whether it changed otherwise where there were transitions."""
    moved = target_after - target
    if np.abs(moved).max() < STILL:
        return 0.0, False
    distance = (local - target)[:, -IDLE:]
    tau = float((moved[:, -IDLE:] * distance).sum() / (distance**2).sum())
    if np.abs(moved[:, -IDLE:] - tau * distance).max() > 1e-5:
        return np.nan, False
    follows = (np.abs(moved - tau * (online - target)).max() <= 1e-5 for online in (local_after, local))
    return tau, not any(follows)


learn = Check("learn", BEHAVIOURS, _cases, _call, _judge, _load)
