"""The check of ``nature_loss``: its gradient, seen Q-value by Q-value.

The two networks are exchanged for tables that read the number of a state from a pixel, so the gradient shows how hard
each transition pulls on each Q-value.
"""

import numpy as np
import torch
from torch import nn

from dqn_course.checks import student
from dqn_course.checks.core import Behaviour, Case, Check, Finding, rows
from dqn_course.checks.lesson_09_loss_mistakes import (
    LOSS_MISTAKES,
    MEAN,
    NAMED,
    SAYS,
    TARGET_MISTAKES,
    VALUE_MISTAKES,
    explain,
    slope,
    targets,
    value,
)

BEHAVIOURS = (
    Behaviour("target", 1, "where the episode goes on, towards r + gamma * max Q of the target network"),
    Behaviour("terminated", 0.5, "where it ended, towards the reward alone"),
    Behaviour("chosen", 0.5, "only the value of the action that was taken is pulled"),
    Behaviour("clipped", 1, "with the error, but with 1 at most (Huber)"),
    Behaviour(
        "constant", 0.5, "the target is a constant: no gradient flows into it", needs=("target", "chosen", "clipped")
    ),
    Behaviour("sum", 0.5, "one number: the sum over the batch", needs=("target", "chosen", "clipped")),
)
EVERYTHING = tuple(behaviour.name for behaviour in BEHAVIOURS)
MISTAKES = TARGET_MISTAKES | VALUE_MISTAKES | LOSS_MISTAKES | MEAN
SIDE = 6
"""Rows and columns of the pictures: a loss does not look at them."""
ERRORS = {5: ((0.15, -0.3, 2.2), (-0.24, 2.9)), 8: ((0.12, -0.27, 0.7, -1.7, 3.1), (-0.18, 0.33, 2.6))}
"""TD errors y - Q(s, a) of a batch, where the episode goes on and where it ended: small and large ones."""

CHECK_SAYS = {
    "not_a_tensor": "nature_loss returned {}, and backward() needs the tensor itself. Return the loss as it is, "
    "without .item() or float().",
    "not_one_number": 'The loss has shape {}. It should be one number: add up over the batch, reduction="sum".',
    "no_gradient": "The loss has no way back to the weights of q_network. Only the target belongs into "
    "torch.no_grad(), not the prediction.",
    "backward_inside": "backward() is called inside. Return the loss; the training calls backward().",
    "gradient_into_target": "The gradient flows into the target network too. Make the target under torch.no_grad(), or "
    ".detach() it.",
    "predicts_target": "The predictions come from `target_network`; they must come from `q_network`, which learns.",
    "divided": "The pictures are divided by 255 before the network gets them, and it divides again. Hand them over as "
    "they are.",
    "target_changed": "nature_loss changed the weights. It only computes; the optimiser makes the step.",
    "uphill": "The gradient points the other way: the loss grows when a prediction comes closer to its target.",
    "other_values": "Other Q-values than those of the actions taken are pulled too. Only Q(s, a) of each transition "
    "belongs into the loss: `gather(1, actions)`.",
    "nothing": "No Q-value is pulled at all.",
    "wrong_pull": "Predictions are pulled to their targets, but not as hard as the clipped error says.",
    "wrong_target": "Where the episode goes on, predictions are not pulled to r + gamma * max Q of the target network.",
    "wrong_terminated": "Where the episode ended, predictions are not pulled to the reward.",
    "other_limit": "The error is clipped, but at {:.3g} instead of 1.",
    "surrogate": "The gradient is right, but the loss itself is {:.4g} where Huber's gives {:.4g}. It is what the plot "
    "will show: return Huber's loss.",
}


class Table(nn.Module):
    """Q-values as weights: the newest picture's first pixel is the number s of the state, Q(s, a) = weight[a, s]."""

    def __init__(self, weights):
        super().__init__()
        self.weight = nn.Parameter(torch.tensor(weights, dtype=torch.float32))  # (A, S)
        self.divided = False

    def forward(self, frames):
        pixel = frames[:, -1, 0, 0]
        if frames.is_floating_point() and float(frames.max()) <= 1:
            self.divided, pixel = True, pixel * 255
        return self.weight.t()[pixel.round().long()]  # (B, A)


def _cases(rng):
    batches = [_draw(rng, 5, 3), _draw(rng, 8, 4)]
    return [Case("batches of 5 and of 8 transitions", EVERYTHING, {"batches": batches})]


def _draw(rng, size, actions):
    """A batch whose TD errors are those of ``ERRORS``; transition i goes from state i to state B + i."""
    target = rng.uniform(-2, 3, (actions, 2 * size)).round(2)
    local = rng.uniform(-2, 3, target.shape).round(2)
    order, states = target.argsort(0), np.arange(2 * size)
    local[order[-2], states] = local.max(0) + 0.5  # what the online network likes best is neither best nor worst
    best = order[-1]
    going, ended = ERRORS[size]
    values = {
        "local": local,
        "target": target,
        "actions": (best[size:] + rng.integers(1, actions, size)) % actions,  # never the best one next
        "rewards": (rng.uniform(0.3, 1, size) * rng.permutation(np.resize([-1, 1], size))).round(2),
        "terminated": rng.permutation(np.repeat([0.0, 1.0], [len(going), len(ended)])),
        "gamma": round(float(rng.uniform(0.7, 0.9)), 2),
    }
    if not best[size:][values["terminated"] == 0].any():  # else argmax instead of max would look like nothing at all
        return _draw(rng, size, actions)
    errors = np.empty(size)
    for part, where in ((going, values["terminated"] == 0), (ended, values["terminated"] == 1)):
        errors[where] = rng.permutation(part) * rng.uniform(0.95, 1.05)
    i, a = np.arange(size), values["actions"]
    local[a, i] = targets(values) - errors
    local[(a + 1) % actions, i] = local[a, i] + rng.uniform(0.5, 1.5, size)
    return values


def _call(nature_loss, values):
    return {"outputs": [_call_once(nature_loss, batch) for batch in values["batches"]]}


def _call_once(nature_loss, values):
    size = len(values["rewards"])
    q_network, target_network = Table(values["local"]), Table(values["target"])

    def pictures(first):
        frames = torch.zeros((size, 4, SIDE, SIDE), dtype=torch.uint8)
        frames[:, -1] = torch.arange(first, first + size, dtype=torch.uint8)[:, None, None]
        return frames

    def column(name, dtype):
        return torch.tensor(values[name], dtype=dtype).unsqueeze(1)

    batch = (
        pictures(0),
        column("actions", torch.int64),
        column("rewards", torch.float32),
        pictures(size),
        column("terminated", torch.float32),
    )
    before = q_network.weight.detach().clone(), target_network.weight.detach().clone()
    loss = nature_loss(q_network, target_network, batch, values["gamma"])
    result = student.array(loss, "nature_loss")
    if not isinstance(loss, torch.Tensor):
        raise student.AnswerError("not_a_tensor", CHECK_SAYS["not_a_tensor"].format(student.named(loss)))
    inside = q_network.weight.grad is not None
    if loss.requires_grad and not inside:
        loss.sum().backward()

    def gradient(network):
        grad = network.weight.grad
        return student.array(torch.zeros_like(network.weight) if grad is None else grad)

    return {
        "loss": result,
        "has_graph": bool(loss.requires_grad or inside),
        "inside": inside,
        "gradient": gradient(q_network),
        "target_gradient": gradient(target_network),
        "divided": q_network.divided or target_network.divided,
        "changed": not (torch.equal(before[0], q_network.weight) and torch.equal(before[1], target_network.weight)),
    }


def _judge(values, output):
    batches, outputs = values["batches"], output["outputs"]

    def some(name):
        return any(one[name] for one in outputs)

    if some("changed"):
        yield Finding("target_changed", EVERYTHING, CHECK_SAYS["target_changed"])
        return
    if not all(one["has_graph"] for one in outputs):
        yield Finding("no_gradient", EVERYTHING, CHECK_SAYS["no_gradient"])
        return
    if some("divided"):
        yield Finding("divided", ("target", "chosen"), CHECK_SAYS["divided"])
    if some("inside"):
        yield Finding("backward_inside", ("sum",), CHECK_SAYS["backward_inside"])
    if _predictions_from_target(batches, outputs):
        yield Finding("predicts_target", ("target", "chosen", "constant"), CHECK_SAYS["predicts_target"])
        return
    if any(np.abs(one["target_gradient"]).max() > 1e-6 for one in outputs):
        yield Finding("gradient_into_target", ("constant",), CHECK_SAYS["gradient_into_target"])
    if outputs[0]["loss"].size != 1:
        yield Finding("not_one_number", ("sum",), CHECK_SAYS["not_one_number"].format(_shape(outputs[0]["loss"])))
    gradients = [one["gradient"] for one in outputs]
    found = explain(batches, gradients)
    if found is None:
        yield from _unexplained(batches, gradients)
        return
    for key in found:
        name = NAMED.get(key, key)
        yield Finding(name, MISTAKES[key][0], SAYS[name], _rows(batches[0], gradients[0]))
    for batch, one in zip(batches, outputs):
        right = value(batch)
        if not found and one["loss"].size == 1 and abs(one["loss"].item() - right) > 1e-3 * (1 + abs(right)):
            yield Finding("surrogate", ("sum",), CHECK_SAYS["surrogate"].format(one["loss"].item(), right))
            return


def _predictions_from_target(batches, outputs):
    """Do the values of the actions taken pull on the target network, and on the other one nothing?"""
    for batch, one in zip(batches, outputs):
        i, a = np.arange(len(batch["actions"])), batch["actions"]
        pulled = np.abs(one["target_gradient"][a, i]) > 1e-6
        if np.abs(one["gradient"]).max() > 1e-6 or pulled.mean() < 0.5:
            return False
    return True


def _shape(array):
    return f"({', '.join(map(str, array.shape))}{',' if array.ndim == 1 else ''})"


def _pulls(values, gradient):
    """How each Q(s, a) is pulled, and how it should be, (B,) each."""
    i, a = np.arange(len(values["actions"])), values["actions"]
    return -gradient[a, i], -slope(values, targets(values))[a, i]


def _rows(values, gradient):
    got, expected = _pulls(values, gradient)
    labels = [
        f"pull on Q(s, a) of row {i}, {'ended' if ended else 'goes on'}" for i, ended in enumerate(values["terminated"])
    ]
    return rows(labels, expected, got, limit=4)


def _unexplained(batches, gradients):
    """Findings for gradients that no known mistake gives: row by row, what is right and what is not."""
    if not any(gradient.any() for gradient in gradients):
        yield Finding("nothing", EVERYTHING, CHECK_SAYS["nothing"])
        return
    comparison = _rows(batches[0], gradients[0])
    if all(np.allclose(-g, slope(batch, targets(batch)), atol=1e-3) for batch, g in zip(batches, gradients)):
        yield Finding("uphill", ("target", "terminated", "clipped"), CHECK_SAYS["uphill"], comparison)
        return
    got, expected, errors, ended, elsewhere = (np.concatenate(parts) for parts in zip(*map(_parts, batches, gradients)))
    if np.abs(elsewhere).max() > 1e-6:
        yield Finding("other_values", ("chosen",), CHECK_SAYS["other_values"], named=False)
    limit = np.abs(got).max()
    if np.allclose(got, errors.clip(-limit, limit), atol=1e-3):
        yield Finding("other_limit", ("clipped",), CHECK_SAYS["other_limit"].format(limit), comparison)
        return
    if np.all(got * expected > 0):
        yield Finding("wrong_pull", ("clipped",), CHECK_SAYS["wrong_pull"], comparison, named=False)
        return
    wrong = np.abs(got - expected) > 1e-3
    if wrong[~ended].any():
        yield Finding("wrong_target", ("target",), CHECK_SAYS["wrong_target"], comparison, named=False)
    if wrong[ended].any():
        yield Finding("wrong_terminated", ("terminated",), CHECK_SAYS["wrong_terminated"], comparison, named=False)


def _parts(batch, gradient):
    """Of one batch: pulls seen and right ones, errors, ends, each (B,), and the pulls on all other Q-values."""
    got, expected = _pulls(batch, gradient)
    i, a = np.arange(len(got)), batch["actions"]
    elsewhere = gradient.copy()
    elsewhere[a, i] = 0
    return got, expected, targets(batch) - batch["local"][a, i], batch["terminated"] == 1, elsewhere.ravel()


nature_loss = Check("nature_loss", BEHAVIOURS, _cases, _call, _judge)
