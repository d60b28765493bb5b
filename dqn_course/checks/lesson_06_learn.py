"""The check of ``learn``: one gradient step on the TD error, seen Q-value by Q-value.

The agent's networks are exchanged for tables, so the change of the weights shows what the step did to each Q-value.
"""

import contextlib
from itertools import combinations
from types import ModuleType

import numpy as np
import torch
import torch._dynamo  # noqa: F401  the first optimizer imports it, which would take seconds in the middle of a check
import torch.nn.functional as F
from torch import nn

from dqn_course.checks import student
from dqn_course.checks.core import Behaviour, Case, Check, Finding, rows

BEHAVIOURS = (
    Behaviour("step", 1, "one gradient step on the online network, downhill, from this batch alone"),
    Behaviour("chosen", 1, "only the value of the action that was taken is moved"),
    Behaviour("target", 1.5, "towards r + gamma * max Q of the target network in the next state"),
    Behaviour("terminated", 1, "where the episode terminated, towards the reward alone"),
    Behaviour("soft_update", 0.5, "then the target network follows slowly", needs=("step", "target", "terminated")),
)
IDLE = 4
"""States that no transition visits: their Q-values change only by copying one network to the other."""
STILL = 1e-9
"""A weight that changes by less did not move."""
ERRORS = {4: ((0.15, -0.3, 2.2), (-0.24,)), 8: ((0.12, -0.27, 0.7, -1.7, 3.1), (-0.18, 0.33, 2.6))}
"""TD errors y - Q(s, a) of a batch, where the episode goes on and where it ended. Small and large ones, so that squared,
Huber and clipped losses all show their shape."""


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
    def case(name, batch, actions, patience, proves):
        draws = [_draw_batch(rng, batch, actions) for _ in range(2)]
        values = {key: np.stack([draw[key] for draw in draws]) for key in draws[0]}
        return Case(name, proves, {**values, "gamma": round(float(rng.uniform(0.7, 0.9)), 2), "patience": patience})

    everything = tuple(behaviour.name for behaviour in BEHAVIOURS)
    cases = [
        case("batches of 4 transitions, 3 actions", 4, 3, 1000, everything),
        case("batches of 8 transitions, 4 actions", 8, 4, 0, everything),
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
        local, targets = batch["local"], _targets(batch)
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


def _targets(batch):
    size = len(batch["actions"])
    best = batch["target"][:, size : 2 * size].max(0)
    return batch["rewards"] + batch["gamma"] * (1 - batch["terminated"]) * best


def _load(answer):
    return student.class_of(answer, "Agent", _reference_model)


def _reference_model(folder):
    """The student's model.py, but with a sound QNetwork: ``learn`` is judged whatever became of the network."""
    model = ModuleType("model")
    if (folder / "model.py").is_file():
        with contextlib.suppress(Exception):
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


def predict(batch, *, network="target", state="next", best="max", discount="gamma", ends="masked", reward="given",
            value="taken", loss="squared", leak=False):  # fmt: skip
    """What a gradient step does to the online table, up to a factor: (-dLoss/dQ (A, S), targets (B,)).

    The defaults are the exercise; every other choice is a known mistake. ``leak``: the gradient flows through the target.
    """
    r, d, actions = batch["rewards"], batch["terminated"], batch["actions"]
    size = len(actions)
    now, then = slice(0, size), slice(size, 2 * size)
    visited = then if state == "next" else now

    next_q = batch["local" if network == "local" else "target"][:, visited].T  # (B, A)
    next_value, next_slope = readout(next_q, best, actions, online=batch["local"][:, then].T)
    gamma = {"gamma": batch["gamma"], "fixed": 0.99, "none": 1.0}[discount]
    mask = {"masked": 1 - d, "ignored": 1, "inverted": d, "bitwise": -1 - d, "reward too": 1 - d}[ends]
    r = {"given": r, "clipped": r.clip(-1, 1), "missing": 0 * r, "discounted": gamma * r}[reward]
    targets = (r * mask if ends == "reward too" else r) + gamma * mask * next_value  # (B,)

    q_now = batch["local"][:, now].T  # (B, A)
    y = targets
    if value == "all":
        q, slope, y = q_now, 1.0, targets[:, None]
    else:
        q, slope = readout(q_now, value, actions)
    error = q - y
    loss_slope = {
        "squared": 2 * error,
        "stretched": 2 * (q - y.mean()),
        "absolute": np.sign(error),
        "clamped": 2 * error * (np.abs(error) < 1),
        "plain": np.ones_like(error),
        "sum first": np.full_like(error, 2 * error.sum()),
    }[loss].reshape(size, -1)  # (B, 1) or (B, A)
    change = np.zeros_like(batch["local"])
    change[:, now] -= (loss_slope * slope).T
    if leak:
        change[:, visited] += (loss_slope.sum(1, keepdims=True) * (gamma * mask * next_slope.T).T).T
    return change, targets


def readout(q, how, actions, online=None):
    """One number a row of Q-values ``q`` (B, A), and its slope in each of them: (B,), (B, A)."""
    if how in ("max", "min", "first", "taken", "double"):
        column = {"max": q.argmax, "min": q.argmin, "first": lambda axis: np.zeros(len(q), int), "taken": lambda axis: actions,
                  "double": lambda axis: online.argmax(axis)}[how](1)  # fmt: skip
        slope = np.eye(q.shape[1])[column]
        return (q * slope).sum(1), slope
    chances = np.exp(q - q.max(1, keepdims=True))
    chances /= chances.sum(1, keepdims=True)
    if how == "chance":  # softmax, then the action taken
        taken = np.eye(q.shape[1])[actions]
        chance = (chances * taken).sum(1, keepdims=True)
        return chance[:, 0], chance * (taken - chances)
    if how in ("mean", "sum"):
        slope = np.full_like(q, 1 / q.shape[1] if how == "mean" else 1.0)
        return (q * slope).sum(1), slope
    flat = {
        "argmax": q.argmax(1),
        "largest chance": chances.max(1),
        "largest of all": np.full(len(q), q.max()),
        "mean of largest": np.full(len(q), q.max(1).mean()),
        "zero": np.zeros(len(q)),
    }[how]
    return flat, np.zeros_like(q)


# Known mistakes: (key, behaviours it costs, choices of predict, message).
MISTAKES = (
    ("no_mask", ("terminated",), {"ends": "ignored"}, "`terminated` is not used: where an episode ended, the target is the reward alone. Is "
     "(1 - terminated) missing?"),
    ("inverted_mask", ("target", "terminated"), {"ends": "inverted"}, "The mask is the wrong way round: the next value counts where the episode "
     "ended, and not where it goes on. The factor is (1 - terminated)."),
    ("reward_masked", ("terminated",), {"ends": "reward too"}, "The reward is multiplied by (1 - terminated) too. Only the next value is."),
    ("bitwise_mask", ("target", "terminated"), {"ends": "bitwise"}, "`~` on whole numbers gives -1 and -2. The factor is (1 - terminated)."),
    ("online_network", ("target",), {"network": "local"}, "The next values come from the online network. The target is made by the target network: "
     "`self.qnetwork_target(next_states)`."),
    ("leak", ("step", "target"), {"network": "local", "leak": True}, "The gradient flows through the target too, because the next values come from the online "
     "network and are not cut off. Use `self.qnetwork_target` under torch.no_grad()."),
    ("present_state", ("target",), {"state": "now"}, "The target looks at `states` instead of `next_states`."),
    ("double_dqn", ("target",), {"best": "double"}, "This is Double DQN: the online network picks the next action. It is a good idea, and comes in "
     "Lesson 12. Here the target is the largest value of the target network."),
    ("no_next_value", ("target", "terminated"), {"best": "zero"}, "The target is the reward alone, everywhere. Add gamma times the largest next "
     "value where the episode goes on."),
    ("minimum", ("target",), {"best": "min"}, "The target takes the smallest next value. It should be the largest: max."),
    ("mean", ("target",), {"best": "mean"}, "The target takes the mean of the next values. It should be the largest: max."),
    ("sum", ("target",), {"best": "sum"}, "The target adds up the next values. It should take the largest alone: max."),
    ("argmax", ("target",), {"best": "argmax"}, "The target adds the number of the best action instead of its value. max(dim=1) returns values and "
     "positions; take .values."),
    ("next_action", ("target",), {"best": "taken"}, "The target takes the next value of the action that was taken before. It should take the largest "
     "next value: max over all actions."),
    ("first_action", ("target",), {"best": "first"}, "The target takes the next value of action 0. It should be the largest: max."),
    ("whole_batch", ("target",), {"best": "largest of all"}, "One maximum is taken over the whole batch. Each transition has its own: max over dim=1."),
    ("softmax_target", ("target",), {"best": "largest chance"}, "There is a softmax on the next Q-values. They are returns, not chances: use them as they are."),
    ("stretched_target", ("target", "terminated"), {"best": "mean of largest"}, "Inside the target a (B, 1) met a (B,), and PyTorch stretched both to (B, B). "
     "Take max(dim=1, keepdim=True), and print the shapes."),
    ("no_discount", ("target",), {"discount": "none"}, "The next value is not discounted. Multiply it by `gamma`."),
    ("fixed_discount", ("target",), {"discount": "fixed"}, "The discount is 0.99 whatever the argument says. Use `gamma`, not GAMMA."),
    ("no_reward", ("target", "terminated"), {"reward": "missing"}, "The reward is missing in the target."),
    ("clipped_reward", ("target",), {"reward": "clipped"}, "The reward is clipped to -1 … 1. The lander's reward is used as it is."),
    ("reward_discounted", ("target",), {"reward": "discounted"}, "The reward is multiplied by gamma too. Only the next value is."),
    ("all_actions", ("chosen",), {"value": "all"}, "The values of all actions are pulled to the target. Only the action that was taken has learned "
     "anything: `gather(1, actions)`."),
    ("largest_q", ("chosen",), {"value": "max"}, "The prediction is the largest Q-value of the state. It should be the value of the action that was "
     "taken: `gather(1, actions)`."),
    ("mean_q", ("chosen",), {"value": "mean"}, "The prediction is the mean of a state's Q-values. It should be the value of the action that was taken: "
     "`gather(1, actions)`."),
    ("first_q", ("chosen",), {"value": "first"}, "The prediction is always the value of action 0. It should be that of the action that was taken: "
     "`gather(1, actions)`."),
    ("softmax_q", ("chosen",), {"value": "chance"}, "There is a softmax on the predictions. Q-values are returns, not chances: use the network's output as "
     "it is."),
    ("stretched_loss", ("target", "terminated"), {"loss": "stretched"}, "The loss compares every prediction with every target: one has shape (B, 1), the other "
     "(B,), and PyTorch stretched both to (B, B). Give both the shape (B, 1)."),
    ("absolute_error", ("step",), {"loss": "absolute"}, "Small and large errors pull equally hard, so the loss is the absolute error. The exercise asks for the "
     "squared one: F.mse_loss."),
    ("clamped_error", ("step",), {"loss": "clamped"}, "Large errors do not pull at all: the error is clipped before it is squared, and the gradient of a clipped number "
     "is 0. F.smooth_l1_loss clips the gradient instead."),
    ("not_squared", ("step", "target", "terminated"), {"loss": "plain"}, "The loss is the plain difference, not its square: it falls for ever, whatever the target. "
     "Use F.mse_loss."),
    ("sum_squared", ("target", "terminated"), {"loss": "sum first"}, "The errors are averaged before they are squared, so they cancel out. Square each one, then take "
     "the mean."),
)  # fmt: skip


def _judge(values, output):
    batches = [_batch(values, number) for number in range(len(values["local"]))]
    if output["same_network"]:
        yield Finding("same_network", tuple(behaviour.name for behaviour in BEHAVIOURS), "qnetwork_local and qnetwork_target are one and the same network. Make two.")
        return
    if not output["trains"]["local"]:
        yield Finding("wrong_optimizer", tuple(behaviour.name for behaviour in BEHAVIOURS), "self.optimizer does not hold the weights of qnetwork_local. It "
                      "is made in __init__: `torch.optim.Adam(self.qnetwork_local.parameters(), lr=LR)`.")  # fmt: skip
        return
    changes = np.stack([after - batch["local"] for after, batch in zip(output["local_after"], batches)])
    if not (np.all(np.isfinite(changes)) and np.all(np.isfinite(output["target_after"]))):
        yield Finding("not_finite", tuple(behaviour.name for behaviour in BEHAVIOURS), "After learn, some weights are infinite or not a number.")
        return
    pulled, changes = _without_copying(changes, output, batches)
    yield from pulled
    no_step = _no_step(changes, output)
    if no_step:
        yield no_step
        changes = -output["gradient"]
    if np.any(changes):
        yield from _judge_changes(batches, changes, output)
    if not pulled:
        yield from _judge_soft_update(values, output, batches)


def _without_copying(changes, output, batches):
    """Findings where the online network was moved towards the target network, and the changes without that."""
    idle = slice(-IDLE, None)
    distance = np.stack([batch["target"] - batch["local"] for batch in batches])
    if np.abs(changes[..., idle]).max() < 1e-9:
        return [], changes
    tau = np.median(changes[..., idle] / distance[..., idle])
    if np.abs(changes - tau * distance)[..., idle].max() > 1e-6 or not 0 < tau < 1:
        text = "Q-values of states that are in no transition changed in the online network. learn must change it by the gradient step alone."
        return [Finding("online_overwritten", ("step", "soft_update"), text)], changes
    text = "The soft update runs the wrong way: the online network moves towards the target network. The order is soft_update(self.qnetwork_local, self.qnetwork_target, TAU)."
    return [Finding("soft_update_backwards", ("soft_update",), text)], (changes - tau * distance) / (1 - tau)


def _no_step(changes, output):
    """The finding where no step was made from the present batch, else None."""
    events = [event for call in output["events"] for event in call]
    if events and "step" in events and "backward" in events and events.index("step") < events.index("backward"):
        return Finding("step_before_backward", ("step",), "optimizer.step() comes before loss.backward(), so it never sees this batch's gradient. The order is zero_grad, "
                       "backward, step.")  # fmt: skip
    if np.abs(changes).max() > 1e-12:
        return None
    everything = tuple(behaviour.name for behaviour in BEHAVIOURS)
    if "backward" not in events:
        return Finding("no_backward", everything, "No gradient was computed for the online network, so it learns nothing. Is loss.backward() there, and does the loss "
                       "contain self.qnetwork_local(states)?")  # fmt: skip
    if "step" not in events:
        return Finding("no_step", ("step",), "The gradients are computed, but no step is made. Is self.optimizer.step() there?")
    return Finding("cleared_gradient", ("step",), "The gradients are cleared between loss.backward() and optimizer.step(), so the step is zero. The order is zero_grad, "
                   "backward, step.")  # fmt: skip


def _judge_changes(batches, changes, output):
    """Findings about what the gradient steps did to the online table, (2, A, S)."""
    after = [{**batch, "target": target} for batch, target in zip(batches, output["target_after"])]
    if explain(after, changes, known=()) == ((), False, False):
        return  # right, with the soft update before the step
    skipped = [number for number, change in enumerate(changes) if not change.any()]
    if skipped:
        yield Finding("skipped_batch", ("step", "chosen", "target", "terminated"), f"Call {skipped[0] + 1} of learn changed nothing. It must learn from every batch it gets.")
        return
    found = explain(batches, changes)
    if found != ((), False, False) and not any("step" in events for events in output["events"]) and np.abs(output["gradient"] + changes).max() > STILL:
        yield Finding("own_optimizer", ("step",), "The weights changed, but not by self.optimizer.step(). Use the optimizer that the agent has.")
        return
    if not found:
        yield from _unexplained(batches, changes)
        return
    mistakes, uphill, uncleared = found
    if uphill:
        yield Finding("uphill", ("step",), "The step goes uphill: predictions move away from their targets. Is there a minus too many in the loss?")
    if uncleared:
        yield Finding("not_cleared", ("step",), "The gradients of the batch before are still in this step: PyTorch adds them up. Call self.optimizer.zero_grad() before "
                      "loss.backward().")  # fmt: skip
    for key, costs, choices, message in mistakes:
        yield Finding(key, costs, message, _target_rows(batches[0], choices))


def explain(batches, changes, known=MISTAKES):
    """(mistakes, uphill, uncleared) that predict ``changes`` of all batches, with as few mistakes as possible, or None."""
    pairs = [pair for pair in combinations(known, 2) if not pair[0][2].keys() & pair[1][2].keys()]
    for mistakes in [(), *((mistake,) for mistake in known), *pairs]:
        choices = {name: choice for mistake in mistakes for name, choice in mistake[2].items()}
        first = predict(batches[0], **choices)[0]
        for sign in (1, -1):
            if fits(sign * changes[0], first):
                second = predict(batches[1], **choices)[0]
                if fits(sign * changes[1], second):
                    return mistakes, sign < 0, False
                if fits(sign * (changes[1] - changes[0]), second):
                    return mistakes, sign < 0, True
    return None


def fits(seen, predicted):
    """Is ``seen`` the same as ``predicted``, up to a positive factor, and perhaps clipped (Huber loss, clipped gradient)?

    The factor is taken from the two smallest predictions, so a clipped one must leave at least these as they are.
    """
    where = np.abs(predicted) > 1e-9
    if not where.any():
        return False
    smallest = np.argsort(np.abs(predicted[where]))[:2]
    factor = np.mean(seen[where][smallest] / predicted[where][smallest])
    if not factor > 0:
        return False
    limit = np.abs(seen).max() / factor
    return bool(np.abs(seen - factor * np.clip(predicted, -limit, limit)).max() <= 1e-4 * np.abs(seen).max())


def _target_rows(batch, choices):
    """Right and wrong targets of a batch, where the choices are about targets."""
    if not choices.keys() & {"network", "state", "best", "discount", "ends", "reward"} or choices.get("best") == "mean of largest":
        return ()
    labels = [f"target of row {i}, {'terminated' if d else 'goes on'}" for i, d in enumerate(batch["terminated"])]
    return rows(labels, _targets(batch), predict(batch, **choices)[1], limit=3)


def _unexplained(batches, changes):
    """Findings for changes that no known mistake predicts: row by row, what is right and what is not."""
    going, ended, others, towards, unused = True, True, False, True, set()
    for batch, change in zip(batches, changes):
        i, a = np.arange(len(batch["actions"])), batch["actions"]
        error, moved, d = _targets(batch) - batch["local"][a, i], change[a, i], batch["terminated"]
        elsewhere = change.copy()
        elsewhere[a, i] = 0
        others |= bool(np.abs(elsewhere).max() > 1e-6 * np.abs(change).max())
        unused |= set(d[moved == 0])
        towards &= bool(np.all(moved * error > 0))
        fit = fits(moved[d == 0], error[d == 0])
        going &= fit
        ended &= fits(moved, error) if fit else fits(moved[d == 1], error[d == 1])
    if others:
        yield Finding("other_values", ("chosen",), "Q-values of actions that were not taken, or of other states, are changed too. Only Q(s, a) of each transition "
                      "belongs in the loss: gather(1, actions).", named=False)  # fmt: skip
    if unused == {1}:
        yield Finding("ends_unused", ("terminated",), "Transitions that terminated change nothing. They belong in the loss too; their target is the reward.")
    elif unused:
        yield Finding("rows_unused", ("target", "terminated"), "Some transitions of the batch change nothing. Every row belongs in the loss.")
    if towards:
        yield Finding("wrong_weights", ("step",), "Every prediction moves towards its target, but not in proportion to its error. The loss is the mean of the "
                      "squared errors, or Huber's.", _pulls(batches[0], changes[0]))  # fmt: skip
        return
    if not going:
        yield Finding("wrong_target", ("target",), "Where the episode goes on, predictions are not pulled to r + gamma * max Q of the target network.",
                      _pulls(batches[0], changes[0]), named=False)  # fmt: skip
    if not ended:
        yield Finding("wrong_terminated", ("terminated",), "Where the episode terminated, predictions are not pulled to the reward.",
                      _pulls(batches[0], changes[0]), named=False)  # fmt: skip


def _pulls(batch, change):
    """Rows that compare the change of each Q(s, a) with its TD error, up to a factor."""
    i, a = np.arange(len(batch["actions"])), batch["actions"]
    error, moved = _targets(batch) - batch["local"][a, i], change[a, i]
    scaled = moved * np.abs(error).max() / max(np.abs(moved).max(), 1e-30)
    labels = [f"pull on Q(s, a) of row {k}, {'terminated' if batch['terminated'][k] else 'goes on'}" for k in i]
    return rows(labels, error, scaled)


def _judge_soft_update(values, output, batches):
    idle = slice(-IDLE, None)
    taus = []
    for batch, local_after, target_after in zip(batches, output["local_after"], output["target_after"]):
        tau, trained = _follow(batch["local"], local_after, batch["target"], target_after, idle)
        taus.append(tau)
        if trained:
            yield Finding("target_trained", ("step", "soft_update"), "The target network is changed by the gradient step. The optimizer must hold the weights of "
                          "qnetwork_local alone.")  # fmt: skip
            return
    if not any(taus):
        if not values["patience"]:
            return  # the other case waits for it
        tau, _ = _follow(*(output[name] for name in ("wait_local", "wait_local_after", "wait_target", "wait_target_after")), idle)
        if tau == 0:
            yield Finding("no_soft_update", ("soft_update",), f"The target network did not move in {output['waited']} calls of learn. Its last line should be "
                          "self.soft_update(self.qnetwork_local, self.qnetwork_target, TAU).")  # fmt: skip
        taus = [tau, 0]
    if np.isnan(taus).any() or min(taus) < 0:
        yield Finding("odd_target", ("soft_update",), "The target network does not move towards the online network. soft_update makes tau * local + (1 - tau) * target.", named=False)
    elif all(abs(tau - 1) < 2e-4 for tau in taus):
        yield Finding("hard_copy", ("soft_update",), "The target network is a fresh copy of the online network after every call of learn, so it does not stand still. Move it by a "
                      "small share, TAU.")  # fmt: skip
    elif min(taus) > 0.9:
        yield Finding("tau_swapped", ("soft_update",), f"The target network takes {min(taus):.3g} of the online network at every call: tau and 1 - tau are swapped.")
    elif min(taus) > 0.5:
        yield Finding("fast_target", ("soft_update",), f"The target network takes {min(taus):.2g} of the online network at every call. It should follow slowly: TAU = 0.001.")


def _follow(local, local_after, target, target_after, idle):
    """(tau, trained): the share of the way that the target network went towards the online one (NaN: not that way), and
    whether it changed otherwise where there were transitions."""
    moved = target_after - target
    if np.abs(moved).max() < STILL:
        return 0.0, False
    distance = (local - target)[:, idle]
    tau = float((moved[:, idle] * distance).sum() / (distance**2).sum())
    if np.abs(moved[:, idle] - tau * distance).max() > 1e-5:
        return np.nan, False
    for online in (local_after, local):
        if np.abs(moved - tau * (online - target)).max() <= 1e-5:
            return tau, False
    return tau, True


learn = Check("learn", BEHAVIOURS, _cases, _call, _judge, _load)
