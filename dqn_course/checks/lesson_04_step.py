"""The check of ``train_step``: one gradient step on a linear network, seen weight by weight."""

import numpy as np
import torch
import torch._dynamo  # noqa: F401  the first optimizer imports it, which would take seconds in the middle of a check
import torch.nn.functional as F
from torch import nn

from dqn_course.checks import student
from dqn_course.checks.core import Behaviour, Case, Check, Finding, close, rows

BEHAVIOURS = (
    Behaviour("step", 1.5, "one step of the optimizer, downhill on the loss of this batch"),
    Behaviour("fresh", 1, "gradients of earlier batches do not count", needs=("step",)),
    Behaviour("loss", 1, "returns the loss before the step, as a float"),
    Behaviour("mode", 0.5, "in training mode all along", needs=("step",)),
)
EVERYTHING = tuple(behaviour.name for behaviour in BEHAVIOURS)
STILL = 1e-7
"""A weight that changes by less did not move."""

SAYS = {
    "not_a_float": "train_step returned {}. It should be a plain float, `loss.item()`: a tensor would keep the whole "
    "graph of its computation in memory.",
    "no_forward": "The network is never called.",
    "own_loss": "The loss is not the one that was asked for. Use the argument `loss_function`.",
    "swapped": "The arguments of the loss are swapped: first what the network says, then what it should have said, "
    "loss_function(network(x), y).",
    "broadcast": "Prediction and target have different shapes, (B,) and (B, 1), and both are stretched to (B, B). "
    "Leave their shapes as they are.",
    "no_backward": "No gradient is computed, so nothing is learned. Is loss.backward() there?",
    "no_step": "The gradients are computed, but no step is made. Is optimizer.step() there?",
    "own_step": "The weights changed, but not by optimizer.step(). Use the optimizer that was given.",
    "step_before_backward": "optimizer.step() comes before loss.backward(), so it never sees this batch's gradient. "
    "The order is zero_grad, backward, step.",
    "flat": "The gradient of the loss is 0, so nothing is learned. Is network(x) changed before it meets the target? "
    "Give it to loss_function as it is.",
    "batch_changed": "The batch, x or y, is not the same after the call. Read from it, and leave it as it is.",
    "cleared": "The gradients are cleared between loss.backward() and optimizer.step(), so the step is zero. The order "
    "is zero_grad, backward, step.",
    "not_cleared": "The gradients of the batch before are still in this step: PyTorch adds them up. Call "
    "optimizer.zero_grad() before loss.backward().",
    "several_steps": "This makes {} steps on one batch. Make one.",
    "several_backwards": "The gradient is computed and added {} times before the step. Once is enough.",
    "uphill": "The step goes uphill: the loss grows. Is there a minus too many?",
    "scaled": "The step is {:.3g} times as long as it should be. Is the loss multiplied, divided or added up?",
    "other_step": "The weights do not change by one step on the gradient of this batch's loss.",
    "eval_mode": "During the step the network is in eval mode. Dropout and its like must be on in training.",
    "left_in_eval": "Afterwards the network is in eval mode. It should stay in training mode.",
    "loss_after": "This is the loss after the step. Return the one that backward() was called on.",
    "loss_scaled": "The loss that is returned is {:.3g} times the right one.",
    "wrong_loss": "The number that is returned is not the loss of this batch.",
}


class _Trained(nn.Module):
    """A linear network that writes down how it is used. In eval mode it gives other values, as with Dropout."""

    def __init__(self, weight, bias):
        super().__init__()
        self.linear = nn.Linear(weight.shape[1], weight.shape[0]).double()  # so that small changes can be seen
        with torch.no_grad():
            self.linear.weight.copy_(torch.from_numpy(weight))
            self.linear.bias.copy_(torch.from_numpy(bias))
        self.dropout = nn.Dropout(0.5)
        self.seen = []

    def forward(self, x):
        self.seen.append(self.dropout.training)
        return (self.linear(x.double()) * (1 if self.dropout.training else 0.5)).float()


class _RecordingSGD(torch.optim.SGD):
    """Plain gradient descent that writes down what is done to it."""

    def __init__(self, parameters, lr, events=None):
        super().__init__(parameters, lr=lr)
        self.events = [] if events is None else events

    def step(self, closure=None):
        result = super().step(closure)  # a closure computes the gradients
        self.events.append("step")
        return result


def _uneven_loss(prediction, target):
    """A squared error that counts less where the target is large, so that the order of its arguments matters."""
    return ((prediction - target) ** 2 / (1 + target**2)).mean()


LOSSES = {"uneven": _uneven_loss, "mse": F.mse_loss, "cross_entropy": F.cross_entropy}
SUSPECTS = {
    "swapped": lambda prediction, target: _uneven_loss(target, prediction),
    "own_loss": F.mse_loss,
    "broadcast": lambda prediction, target: _uneven_loss(prediction.squeeze(1), target),
}
"""What may stand in place of the uneven loss."""


def _step_cases(rng):
    def case(name, loss, n, outputs, batch, labels=False):
        shape = (3, batch) if labels else (3, batch, outputs)
        y = rng.integers(0, outputs, shape) if labels else rng.normal(0, 1.5, shape).astype(np.float32)
        values = {
            "loss": loss,
            "weight": rng.normal(0, 1, (outputs, n)),
            "bias": rng.normal(0, 1, outputs),
            "x": rng.normal(0, 1, (3, batch, n)).astype(np.float32),
            "y": y,
            "lr": round(float(rng.uniform(0.05, 0.2)), 3),
        }
        return Case(name, EVERYTHING, values)

    return [
        case("three batches of 4, a squared error with weights", "uneven", 3, 1, 4),
        case("three batches of 40, the mean squared error", "mse", 2, 2, 40),
        case("three batches of 5 with labels, the cross-entropy", "cross_entropy", 4, 3, 5, labels=True),
    ]


def _call_train_step(train_step, values):
    network = _Trained(values["weight"], values["bias"])
    weights, events = [network.linear.weight, network.linear.bias], []
    optimizer = _RecordingSGD(network.parameters(), values["lr"], events)
    slopes = []

    def record(weight):
        events.append("backward")
        slopes.append(float(weight.grad.abs().max()))

    recording = weights[0].register_post_accumulate_grad_hook(record)
    output = {"events": [], "weights": [_flat(weights)], "losses": [], "kinds": [], "modes": [], "after": []}
    output["batch_kept"] = True
    for x, y in zip(values["x"], values["y"]):
        events.clear()
        network.train()
        network.seen.clear()
        batch = torch.tensor(x), torch.tensor(y)
        result = train_step(network, optimizer, LOSSES[values["loss"]], *batch)
        output["batch_kept"] &= all(np.array_equal(student.array(a), b) for a, b in zip(batch, (x, y)))
        output["events"].append(events[:50])
        output["modes"].append(list(network.seen[:50]))
        output["after"].append(all(module.training for module in network.modules()))
        output["weights"].append(_flat(weights))
        output["kinds"].append("" if isinstance(result, float | np.floating) else student.named(result))
        is_number = result is not None and not isinstance(result, str)
        output["losses"].append(student.array(result, "train_step").reshape(-1)[:1] if is_number else None)
    recording.remove()
    output["flat"] = bool(slopes) and max(slopes) < STILL
    return output


def _flat(weights):
    return np.concatenate([student.array(weight).ravel() for weight in weights])


def _loss_and_gradient(values, number, weights, loss=None, scale=1.0):
    """The loss of batch ``number`` and its gradient (P,), at the flat ``weights`` (P,)."""
    weights = torch.tensor(weights, requires_grad=True)
    outputs, n = values["weight"].shape
    x, y = torch.from_numpy(values["x"][number]), torch.from_numpy(values["y"][number])
    prediction = F.linear(x.double(), weights[: outputs * n].view(outputs, n), weights[outputs * n :]) * scale
    result = (loss or LOSSES[values["loss"]])(prediction, y if y.dtype == torch.int64 else y.double())
    result.backward()
    return result.item(), weights.grad.numpy()


def _judge_train_step(values, output):
    if not any(output["modes"]):
        yield Finding("no_forward", EVERYTHING, SAYS["no_forward"])
        return
    in_eval = any(not training for modes in output["modes"] for training in modes)
    if in_eval:
        yield Finding("eval_mode", ("mode",), SAYS["eval_mode"])
    elif not all(output["after"]):
        yield Finding("left_in_eval", ("mode",), SAYS["left_in_eval"])
    if not output["batch_kept"]:
        yield Finding("batch_changed", ("step",), SAYS["batch_changed"])
    scale = 0.5 if in_eval and not all(modes[0] for modes in output["modes"]) else 1.0
    suspect = yield from _judge_steps(values, output, scale)
    yield from _judge_losses(values, output, scale, suspect)


def _judge_steps(values, output, scale):
    """Findings about how the weights changed; returns the loss that explains them, None for the right one."""
    w, lr, numbers = output["weights"], values["lr"], range(len(values["x"]))
    changes = [after - before for before, after in zip(w, w[1:])]

    def descend(loss=None):
        return [-lr * _loss_and_gradient(values, k, w[k], loss, scale)[1] for k in numbers]

    if found := _wrong_order(output["events"], changes, output["flat"]):
        yield found
        return None
    right = descend()
    if _same(changes, right):
        return None
    number = output["events"][0].count("step")
    if number > 1 and _same(changes[:1], [_steps(values, w[0], number, scale)]):
        yield Finding("several_steps", ("step",), SAYS["several_steps"].format(number))
        return None
    if _same(changes, list(np.cumsum(right, 0))):
        yield Finding("not_cleared", ("fresh",), SAYS["not_cleared"])
        return None
    for key, loss in SUSPECTS.items() if values["loss"] == "uneven" else ():
        other = descend(loss)
        if _same(changes, other) or _same(changes, list(np.cumsum(other, 0))):
            yield Finding(key, ("step", "loss"), SAYS[key])
            if not _same(changes, other):
                yield Finding("not_cleared", ("fresh",), SAYS["not_cleared"])
            return loss
    factor = float(changes[0] @ right[0] / (right[0] @ right[0]))
    if _same(changes, [factor * change for change in right]):
        times = output["events"][0].count("backward")
        key = "several_backwards" if times > 1 and close(factor, times) else "uphill" if factor < 0 else "scaled"
        yield Finding(key, ("step",), SAYS[key].format(times if key == "several_backwards" else factor))
    else:
        yield Finding("other_step", ("step", "fresh"), SAYS["other_step"], named=False)
    return None


def _wrong_order(events, changes, flat):
    """The finding about what was done to the optimizer and in which order, where the weights show it; else None."""
    every = [event for call in events for event in call]
    moved = max(np.abs(change).max() for change in changes) > STILL
    if "step" in every and "backward" in every and every.index("step") < every.index("backward"):
        key = "step_before_backward"
    elif moved and "step" not in every:
        key = "own_step"
    elif moved:
        return None
    elif flat:
        key = "flat"
    else:
        key = "no_backward" if "backward" not in every else "cleared" if "step" in every else "no_step"
    return Finding(key, ("step",), SAYS[key])


def _same(changes, expected):
    return all(np.allclose(a, b, rtol=1e-3, atol=1e-6) for a, b in zip(changes, expected))


def _steps(values, weights, number, scale):
    """The change of the weights after so many steps on the first batch."""
    start = weights
    for _ in range(number):
        weights = weights - values["lr"] * _loss_and_gradient(values, 0, weights, None, scale)[1]
    return weights - start


def _judge_losses(values, output, scale, suspect):
    if any(loss is None for loss in output["losses"]):
        says = SAYS["not_a_float"].format(next(kind for kind in output["kinds"] if kind))
        yield Finding("not_a_float", ("loss",), says)
        return
    w, got = output["weights"], np.concatenate(output["losses"])
    numbers = range(len(got))
    before, after = (
        np.array([_loss_and_gradient(values, k, w[k + late], suspect, scale)[0] for k in numbers]) for late in (0, 1)
    )
    kinds = [kind for kind in output["kinds"] if kind]
    if np.all(close(got, before)):
        if kinds:
            yield Finding("not_a_float", ("loss",), SAYS["not_a_float"].format(kinds[0]))
        return
    factors = got / before
    if np.all(close(got, after)):
        key, says = "loss_after", SAYS["loss_after"]
    elif np.all(close(factors, factors[0])) and abs(factors[0]) > 1e-6:
        key, says = "loss_scaled", SAYS["loss_scaled"].format(factors[0])
    else:
        key, says = "wrong_loss", SAYS["wrong_loss"]
    labels = [f"loss of batch {k + 1}" for k in numbers]
    yield Finding(key, ("loss",), says, rows(labels, before, got), named=key != "wrong_loss")


train_step = Check("train_step", BEHAVIOURS, _step_cases, _call_train_step, _judge_train_step)
