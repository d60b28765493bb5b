"""The check of ``hard_update``: what the two networks say before, after, and when one of them learns on."""

import numpy as np
import torch
import torch._dynamo  # noqa: F401  the first optimizer imports it, which would take seconds in the middle of a check
from torch import nn

from dqn_course.checks import student
from dqn_course.checks.core import Behaviour, Case, Check, Finding, close, rows

BEHAVIOURS = (
    Behaviour("copied", 1, "afterwards the target network says what the online network says"),
    Behaviour("own", 0.5, "it has a memory of its own: when the online network learns on, it stands still",
              needs=("copied",)),
    Behaviour("online", 0.5, "the online network stays as it was", needs=("copied",), by_name=True),
)  # fmt: skip
EVERYTHING = tuple(behaviour.name for behaviour in BEHAVIOURS)

SAYS = {
    "unchanged": "The target network is as it was before. `target_network = ...` only gives the name to something "
    "else, and a copy that is returned is lost: the weights inside the network have to change.",
    "swapped": "The direction is wrong: the online network has got the weights of the target network, and what it had "
    "learned is lost.",
    "exchanged": "The two networks have exchanged their weights. Only the target network changes.",
    "softly": "The target network went only {:.3g} of the way. A hard update goes all of it: tau = 1.",
    "added": "The weights of the online network are added to those of the target network. They replace them.",
    "no_biases": "The weights are copied, the biases are not. parameters() gives both.",
    "no_weights": "The biases are copied, the weights are not. parameters() gives both.",
    "some_layers": "Only some of the layers are copied. The networks of the check are not all alike: go through "
    "parameters(), or take the whole state_dict().",
    "scaled": "The target network has the weights of the online network times {:.3g}.",
    "other_weights": "Afterwards the two networks still say different things.",
    "shared": "The two networks share their weights now: when the online network learns, the target network moves with "
    "it, in the same moment. Copy the numbers: copy_(...), or load_state_dict(...).",
    "cut_off": "After the copy the online network no longer learns: its optimizer holds weights that the network does "
    "not use any more. Change the numbers inside of the target network, and leave the online network alone.",
    "online_changed": "The online network is not the same after the copy. It is only read.",
    "second_time": "The first copy is right, the second is not. Each call has to copy the weights as they are then.",
}
HINTS = {
    r"state_dict to be dict-like": "load_state_dict takes the dictionary of the weights, by name: "
    "online_network.state_dict(), with its brackets.",
    r"'Sequential' object has no attribute": "Not every network has layers of these names. Go through parameters(), or "
    "take the whole state_dict().",
}


def _network(layers):
    """A network of the ``layers``: ("linear", W, b), ("conv", W, b), "relu" and "flatten"."""
    built = []
    for layer in layers:
        if layer in ("relu", "flatten"):
            built.append(nn.ReLU() if layer == "relu" else nn.Flatten())
            continue
        kind, weight, bias = layer
        made = nn.Linear(weight.shape[1], weight.shape[0]) if kind == "linear" else nn.Conv2d(
            weight.shape[1], weight.shape[0], weight.shape[2])  # fmt: skip
        with torch.no_grad():
            made.weight.copy_(torch.from_numpy(weight))
            made.bias.copy_(torch.from_numpy(bias))
        built.append(made)
    return nn.Sequential(*built)


def _cases(rng):
    def linear(n, m):
        return ["linear", rng.normal(0, 1, (m, n)).round(3), rng.uniform(0.2, 1, m).round(3)]

    def conv(n, m, side):
        return ["conv", rng.normal(0, 1, (m, n, side, side)).round(3), rng.uniform(0.2, 1, m).round(3)]

    def case(name, make, shape):
        values = {"online": make(), "target": make(), "x": rng.normal(0, 1, (6, *shape)).round(3)}
        return Case(name, EVERYTHING, values, hints=HINTS)

    a, b = (int(n) for n in rng.integers(3, 7, 2))
    by_hand = {
        "online": [["linear", np.array([[2.0]]), np.array([1.0])]],
        "target": [["linear", np.array([[5.0]]), np.array([-3.0])]],
        "x": np.array([[0.0], [1.0]]),
    }
    return [
        Case("by hand: one weight and one bias", EVERYTHING, by_hand, hints=HINTS),
        case(
            f"layers {a}, 8, 8, {b}",
            lambda: [linear(a, 8), "relu", linear(8, 8), "relu", linear(8, b)],
            (a,),
        ),
        case(
            "a convolution and a linear layer",
            lambda: [conv(1, 2, 3), "relu", "flatten", linear(2 * 2 * 2, 3)],
            (1, 4, 4),
        ),
    ]


def _call(hard_update, values):
    online, target = _network(values["online"]), _network(values["target"])
    optimizer = torch.optim.SGD(online.parameters(), lr=0.05)
    x = torch.tensor(values["x"], dtype=torch.float32)

    def says(network):
        with torch.no_grad():
            return student.array(network(x), "The network")

    def weights(network):
        return [student.array(weight) for weight in network.parameters()]

    output = {"before": [says(online), says(target)], "weights_before": [weights(online), weights(target)]}
    hard_update(online, target)
    output["after"] = [says(online), says(target)]
    output["weights_after"] = weights(target)
    for _ in range(3):
        optimizer.zero_grad()
        (online(x) ** 2).mean().backward()
        optimizer.step()
    output["learned"] = [says(online), says(target)]
    hard_update(online, target)
    output["again"] = [says(online), says(target)]
    return output


def _judge(values, output):
    (online, target), (online_after, target_after) = output["before"], output["after"]
    learned, stands = output["learned"]
    labels = [f"the target network for input {i}" for i in range(len(online))]
    compared = rows(labels, online, target_after, limit=3)
    kept = _same(online_after, online)
    if not _same(target_after, online):
        if not kept and _same(online_after, target):
            key = "exchanged" if _same(target_after, online) else "swapped"
            yield Finding(key, EVERYTHING, SAYS[key], compared)
            return
        key, number = _wrong_copy(*output["weights_before"], output["weights_after"], target_after, target)
        if not (key == "unchanged" and not kept):
            yield Finding(key, EVERYTHING, SAYS[key].format(number), compared, named=key != "other_weights")
        if not kept:
            yield Finding("online_changed", ("online",), SAYS["online_changed"])
        return
    if not kept:
        key = "exchanged" if _same(online_after, target) else "online_changed"
        yield Finding(key, ("online",), SAYS[key])
        return
    if _same(learned, online):
        yield Finding("cut_off", ("online",), SAYS["cut_off"])
        return
    if not _same(stands, target_after):
        yield Finding("shared", ("own",), SAYS["shared"])
    elif not _same(output["again"][1], learned):
        yield Finding("second_time", ("copied",), SAYS["second_time"])


def _same(a, b):
    return a.shape == b.shape and bool(np.all(close(a, b)))


def _wrong_copy(online, target, after, says, said):
    """The key of what went wrong with the weights of the target network, and a number for its message."""
    if len(after) != len(online) or _same(says, said):
        return "unchanged", 0
    moved = [not _same(now, before) for now, before in zip(after, target)]
    right = [_same(now, new) for now, new in zip(after, online)]
    is_bias = [weight.ndim == 1 for weight in online]
    for key, there in (("no_biases", False), ("no_weights", True)):
        if [bias == there for bias in is_bias] == right and right == moved:
            return key, 0
    flat_online, flat_target, flat = (np.concatenate([w.ravel() for w in ws]) for ws in (online, target, after))
    if right == moved:
        return "some_layers", 0
    if np.allclose(flat, flat_online + flat_target, atol=1e-4):
        return "added", 0
    share = np.dot(flat - flat_target, flat_online - flat_target) / np.sum((flat_online - flat_target) ** 2)
    if np.allclose(flat, flat_target + share * (flat_online - flat_target), atol=1e-4):
        return "softly", share
    factor = np.dot(flat, flat_online) / np.sum(flat_online**2)
    if np.allclose(flat, factor * flat_online, atol=1e-4):
        return "scaled", factor
    return "other_weights", 0


hard_update = Check("hard_update", BEHAVIOURS, _cases, _call, _judge)
