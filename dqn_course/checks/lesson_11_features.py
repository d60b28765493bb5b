"""The check of ``hidden_features``: on a small network of the same build, which notes what goes through it."""

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from dqn_course.checks import student
from dqn_course.checks.core import Behaviour, Case, Check, Finding, rows

BEHAVIOURS = (
    Behaviour("layer", 2, "the numbers that the last layer gets, after the ReLU"),
    Behaviour("all", 0.5, "an array of one row a state, every state once, in their order"),
    Behaviour("batches", 0.5, "at most batch_size states go through the network at once"),
    Behaviour("no_grad", 0.5, "nothing is remembered for a backward pass"),
    Behaviour("clean", 0.5, "the network and the states stay as they were"),
)
EVERYTHING = tuple(behaviour.name for behaviour in BEHAVIOURS)
FILTERS, UNITS, ACTIONS = (2, 3, 3), 24, 5

SAYS = {
    "before_relu": "These are the numbers before the ReLU: some are negative. The last layer gets them after it.",
    "conv_maps": "These are the maps of the last convolution, {} numbers a state. One layer further is fc1.",
    "conv_grid": "These are the maps of the last convolution. One layer further is fc1.",
    "q_values": "These are the Q-values, one an action. Wanted is what goes into the last layer.",
    "not_divided": "The bytes go in as 0 to 255. The network divides by 255 first; so must you if you call its layers.",
    "divided_twice": "The bytes are divided by 255 twice: network(...) does it by itself.",
    "no_relu": "The ReLU between the layers is missing. It is no layer of its own in this network: F.relu(...).",
    "no_relu_once": "The ReLU after {} is missing. Each of the three convolutions has one.",
    "on_off": "This says which units are on. Return how strongly: the numbers themselves.",
    "scaled": "Each row is right but for a factor. Return the numbers as the last layer gets them.",
    "first_batch": "This is the first batch alone: {} rows for {} states. Is the `return` inside the loop?",
    "last_batch": "This is the last batch alone: {} rows for {} states. Keep what comes out of each batch in a list.",
    "rest_dropped": "The last states are missing, those that do not fill a batch: {} rows for {} states.",
    "twice": "The states are there more than once: {} rows for {} states. Was the hook called by an earlier pass too, "
    "and is it still there?",
    "not_joined": "The batches are stacked in a dimension of their own, shape {}. Join them: torch.cat(parts).",
    "sideways": "The batches stand side by side, shape {}. Join them along dimension 0: torch.cat(parts).",
    "transposed": "This is (units, states). Return (states, units).",
    "order": "The rows are right, but not in the order of the states.",
    "squeezed": "For one state the result has shape {}. It is still a row of a table: (1, {}).",
    "mean": "This is the mean over all states. Return a row for each.",
    "at_once": "{} states went through the network at once, and batch_size is {}. With thousands of states the maps of "
    "the first layer alone would fill your memory.",
    "one_by_one": "The states go through one by one, although batch_size is {}. That is correct and slow.",
    "graph": "The forward pass runs with gradients on, so PyTorch keeps all maps of all layers for a backward() that "
    "never comes. Put it under `with torch.no_grad():`.",
    "requires_grad": "The result still hangs on its graph. Put the forward pass under `with torch.no_grad():`.",
    "hook_left": "A hook is still on the network afterwards, and will be called by everybody who uses it. Keep what "
    "register_forward_hook returns, and call its .remove().",
    "network_changed": "The network is not the same afterwards: {}. Look, and leave everything as it was.",
    "states_changed": "The states are not the same afterwards. Make new arrays.",
    "not_numpy": "hidden_features returned {}. The cells below count with a NumPy array: {}.",
    "shape": "For {} states the result should have shape {}; it has {}.",
    "wrong": "These are not the numbers that the last layer gets.",
}
HINTS = {
    r"has no attribute 'hidden_features'": "The networks of this check have the five layers as attributes, conv1 to "
    "fc2, and no such method. Here you write it.",
    r"must be Tensor, not numpy.ndarray|expected Tensor as element 0 .* got numpy|got \(numpy\.ndarray": "From "
    "NumPy to PyTorch: `torch.from_numpy(states)`.",
    r"Input type \(unsigned char\)|expected scalar type Byte|\"\w+\" not implemented for 'Byte'|expected m1 and m2 to "
    "have the same dtype, but got: unsigned": "A convolution takes floats. Divide the bytes by 255.",
    r"Expected 3D \(unbatched\) or 4D": "conv1 takes (B, 4, 84, 84).",
    r"mat1 and mat2 shapes cannot be multiplied": "fc1 takes one row a state: `.flatten(1)` before it.",
    r"setting an array element with a sequence|inhomogeneous": "Batches of different sizes make no array. Join them: "
    "torch.cat(parts).",
    r"expected Tensor as element 0 .* got tuple": "What goes into a layer is a tuple, of one tensor here: inputs[0].",
    r"non-empty list|need at least one array": "The list is empty. Does anything get into it?",
    r"does not have a (stop|step)|range\(\) arg 3": "range(start, stop, step): step is batch_size.",
}


class _Convolution(nn.Conv2d):
    """A first layer that notes how many states came at once, and whether gradients were on."""

    def forward(self, x):
        self.seen.append([len(x) if x.ndim == 4 else 1, torch.is_grad_enabled()])
        return super().forward(x)


class _Network(nn.Module):
    """The network of lesson 9, with fewer filters and units."""

    def __init__(self):
        super().__init__()
        a, b, c = FILTERS
        self.conv1 = _Convolution(4, a, kernel_size=8, stride=4)
        self.conv2 = nn.Conv2d(a, b, kernel_size=4, stride=2)
        self.conv3 = nn.Conv2d(b, c, kernel_size=3, stride=1)
        self.fc1 = nn.Linear(c * 7 * 7, UNITS)
        self.fc2 = nn.Linear(UNITS, ACTIONS)
        self.conv1.seen = []

    def forward(self, frames):
        """Q-values (B, actions) of uint8 frames (B, 4, 84, 84)."""
        return self.fc2(F.relu(self.fc1(_maps(self, frames / 255).flatten(1))))


def _maps(network, x, activation=F.relu):
    """The maps of the last convolution, (B, c, 7, 7)."""
    for layer in (network.conv1, network.conv2, network.conv3):
        x = activation(layer(x))
    return x


def _maps_without(network, x, number):
    """The maps of the last convolution, without the ReLU of convolution ``number``."""
    for i, layer in enumerate((network.conv1, network.conv2, network.conv3)):
        x = layer(x) if i == number else F.relu(layer(x))
    return x


def _network(seed):
    """Weights so large that every layer's output is about as large as its input, half of it negative."""
    network, rng = _Network(), np.random.default_rng(seed)
    with torch.no_grad():
        for weight in network.parameters():
            scale = np.sqrt(2 / np.prod(weight.shape[1:])) if weight.ndim > 1 else 0.1
            weight.copy_(torch.from_numpy(rng.normal(0, scale, tuple(weight.shape)).astype(np.float32)))
    return network


def _cases(rng):
    def case(name, proves, n, batch_size):
        coarse = rng.integers(0, 256, (n, 4, 12, 12)).astype(np.uint8)
        states = coarse.repeat(7, axis=2).repeat(7, axis=3)
        return Case(name, proves, {"seed": int(rng.integers(2**31)), "states": states, "batch_size": batch_size}, HINTS)

    return [
        case("5 states, batches of 8", EVERYTHING, 5, 8),
        case("6 states, batches of 2", EVERYTHING, 6, 2),
        case("7 states, batches of 3", EVERYTHING, 7, 3),
        case("a single state", ("layer", "all"), 1, 4),
    ]


def _call(hidden_features, values):
    network, states = _network(values["seed"]), values["states"].copy()
    before = {name: weight.clone() for name, weight in network.state_dict().items()}
    result = hidden_features(network, states, values["batch_size"])
    seen = [[int(n), bool(grad)] for n, grad in network.conv1.seen] if hasattr(network.conv1, "seen") else []
    output = {"seen": seen, "requires_grad": bool(getattr(result, "requires_grad", False))}
    output["kind"] = "" if isinstance(result, np.ndarray) else student.named(result)
    if isinstance(result, list | tuple):
        if not result:
            raise student.AnswerError("wrong_return", "hidden_features returned an empty list.")
        result = _joined(result)
    output["features"] = student.array(result, "hidden_features")
    output["changes"] = _changes(network, before)
    output["hooks"] = sum(len(module._forward_hooks) + len(module._forward_pre_hooks) for module in network.modules())
    output["states_changed"] = not np.array_equal(states, values["states"])
    return output


def _joined(parts):
    """A list of batches as one array, stacked if they are of one shape."""
    arrays = [student.array(part, "hidden_features") for part in parts]
    if len({array.shape for array in arrays}) > 1:
        says = f"hidden_features returned a list of {len(arrays)} batches. Join them: torch.cat(parts)."
        raise student.AnswerError("list_of_batches", says)
    return np.array(arrays)


def _changes(network, before):
    """What is not as it was, in words."""
    after = network.state_dict()
    if set(after) != set(before):
        return "a layer is missing or new"
    if any(after[name].dtype != before[name].dtype for name in before):
        return "its weights have another type"
    if any(not torch.equal(after[name], before[name]) for name in before):
        return "its weights are others"
    if not all(weight.requires_grad for weight in network.parameters()):
        return "its weights can no longer learn, requires_grad is False"
    if "forward" in vars(network) or type(network) is not _Network:
        return "its forward is another"
    return ""


def _known(values):
    """What is right, and what known mistakes about the layer give, as {key: (n, …)}."""
    network, states = _network(values["seed"]), torch.from_numpy(values["states"])

    def plain(x):
        return x

    with torch.no_grad():
        maps = _maps(network, states / 255)
        before = network.fc1(maps.flatten(1))
        right = F.relu(before)
        known = {
            "right": right,
            "before_relu": before,
            "conv_maps": maps.flatten(1),
            "conv_grid": maps,
            "q_values": network.fc2(right),
            "not_divided": F.relu(network.fc1(_maps(network, states.float()).flatten(1))),
            "divided_twice": F.relu(network.fc1(_maps(network, states / 255 / 255).flatten(1))),
            "no_relu": network.fc1(_maps(network, states / 255, plain).flatten(1)),
            "no_relu ": F.relu(network.fc1(_maps(network, states / 255, plain).flatten(1))),
            "on_off": (right > 0).float(),
        }
        for number in range(3):
            maps = _maps_without(network, states / 255, number)
            known[f"no_relu_once{' ' * number}"] = F.relu(network.fc1(maps.flatten(1)))
    return {key: value.double().numpy() for key, value in known.items()}


def _close(got, expected):
    return got.shape == expected.shape and np.allclose(got, expected, rtol=1e-3, atol=1e-4)


def _judge(values, output):
    n, batch_size = len(values["states"]), values["batch_size"]
    known, got = _known(values), np.asarray(output["features"], float)
    right = known.pop("right")
    found = list(_judge_rows(known, right, got, n, batch_size))
    yield from found
    if output["kind"] and not found:
        way = "`.numpy()`" if "Tensor" in output["kind"] else "np.array(...)"
        yield Finding("not_numpy", ("all",), SAYS["not_numpy"].format(output["kind"], way))
    largest = max((seen for seen, _ in output["seen"]), default=0)
    if largest > batch_size:
        yield Finding("at_once", ("batches",), SAYS["at_once"].format(largest, batch_size))
    elif largest == 1 < min(batch_size, n):
        yield Finding("one_by_one", ("batches",), SAYS["one_by_one"].format(batch_size))
    if any(grad for _, grad in output["seen"]):
        yield Finding("graph", ("no_grad",), SAYS["graph"])
    elif output["requires_grad"]:
        yield Finding("requires_grad", ("no_grad",), SAYS["requires_grad"])
    if output["hooks"]:
        yield Finding("hook_left", ("clean",), SAYS["hook_left"])
    if output["changes"]:
        yield Finding("network_changed", ("clean",), SAYS["network_changed"].format(output["changes"]))
    if output["states_changed"]:
        yield Finding("states_changed", ("clean",), SAYS["states_changed"])


def _judge_rows(known, right, got, n, batch_size):
    """What is wrong with the table of features, at most one thing."""
    if _close(got, right):
        return
    for key, gives in known.items():
        if _close(got, gives):
            told = f"conv{key.count(' ') + 1}" if key.startswith("no_relu_once") else gives.shape[-1]
            key = key.strip()
            yield Finding(key, ("layer",), SAYS[key].format(told))
            return
    units, last = right.shape[1], (n - 1) // batch_size * batch_size
    stacks = {
        "squeezed": (right[0],) if n == 1 else (),
        "first_batch": (right[:batch_size],),
        "rest_dropped": (right[: n // batch_size * batch_size], right[: n - 1]),
        "last_batch": (right[last:],),
        "transposed": (right.T,),
        "mean": (right.mean(0), right.mean(0, keepdims=True)),
        "not_joined": (right.reshape(-1, batch_size, units),) if n % batch_size == 0 else (right[None],),
        "sideways": (np.hstack(right.reshape(-1, batch_size, units)),) if n % batch_size == 0 else (),
        "scaled": (),
    }
    for key, possible in stacks.items():
        if any(_close(got, one) for one in possible):
            told = got.shape if key in ("not_joined", "sideways", "squeezed") else len(got)
            lone = key == "squeezed"  # one state shows least: another case may know better
            yield Finding(key, ("all",), SAYS[key].format(told, units if lone else n), named=not lone)
            return
    if got.shape == right.shape and _close(np.sort(got, axis=0), np.sort(right, axis=0)):
        yield Finding("order", ("all",), SAYS["order"])
        return
    if got.ndim == 2 and got.shape[1] == units and len(got) > n and _close(got[:n], right):
        yield Finding("twice", ("all",), SAYS["twice"].format(len(got), n))
        return
    if got.shape != right.shape:
        costs = ("all",) if got.ndim == 2 and got.shape[1] == units else EVERYTHING
        yield Finding("shape", costs, SAYS["shape"].format(n, right.shape, got.shape), named=False)
        return
    with np.errstate(all="ignore"):
        factors = np.where(right > 0.05, got / right, np.nan)
    if np.nanstd(factors, axis=1).max() < 1e-3 and np.isfinite(np.nanmean(factors)):
        yield Finding("scaled", ("layer",), SAYS["scaled"])
        return
    labels = [f"features[0, {unit}]" for unit in range(units)]
    yield Finding("wrong", EVERYTHING, SAYS["wrong"], rows(labels, right[0], got[0]), named=False)


hidden_features = Check("hidden_features", BEHAVIOURS, _cases, _call, _judge)
