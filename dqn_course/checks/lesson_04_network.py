"""The check of ``build_mlp``: what a network computes, and whether it can be trained; never how it is written."""

import contextlib
import itertools

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from dqn_course.checks import student
from dqn_course.checks.core import Behaviour, Case, Check, Finding

BEHAVIOURS = (
    Behaviour("layers", 1, "one linear layer between each two sizes, for any depth"),
    Behaviour("hidden", 1, "a ReLU after every layer but the last"),
    Behaviour("output", 1, "nothing after the last layer"),
    Behaviour("trained", 1, "all weights are registered, and start random and new each time"),
)
EVERYTHING = tuple(behaviour.name for behaviour in BEHAVIOURS)
POINTS = 40
"""Inputs that a network is tried on."""

SAYS = {
    "not_a_module": "build_mlp returned {}. It should return a network, for example nn.Sequential(...).",
    "sizes_changed": "The list `sizes` is not the same after the call. Read from it, and leave it as it is.",
    "output_shape": "For an input of shape {} the output should have shape {}; it has {}.",
    "not_registered": "The network uses weights that it does not know as its own (shapes {}), so no optimizer will "
    "find them. Layers belong into nn.Sequential, nn.ModuleList or attributes of self, not into a plain list.",
    "no_weights": "The network has no weights at all. Where are the nn.Linear layers?",
    "no_bias": "The layers have no bias. nn.Linear has one unless it is told otherwise.",
    "layer_missing": "A layer is missing: for the sizes {} there should be {} linear layers, there are {}. The loop "
    "runs over all pairs of neighbours, and makes a new layer for each.",
    "layer_extra": "There are too many weights: for the sizes {} there should be {} linear layers and nothing else.",
    "other_layers": "For the sizes {} the weights should have the shapes {}; they have {}.",
    "frozen": "Some weights have requires_grad=False, so training would never change them.",
    "cut_off": "No gradient reaches some of the weights. Look for torch.no_grad(), .detach() or NumPy in forward.",
    "all_alike": "All weights of a layer start at the same value. Then all its units do the same, and go on doing the "
    "same. Leave them as nn.Linear makes them, random.",
    "same_weights": "Two calls give the same weights. Make new layers in each call, and set no seed inside.",
    "random_output": "The same input gives another output the second time. Is there a Dropout?",
    "no_activation": "There is no activation between the layers, so the network is one long linear formula, however "
    "deep. Put an nn.ReLU() after each hidden layer.",
    "relu_missing": "A ReLU is missing after layer {}. There is one after every layer but the last.",
    "relu_first": "There is a ReLU in front of the first layer. It cuts off every negative input.",
    "other_activation": "The activation between the layers is {}. This exercise asks for ReLU.",
    "relu_output": "There is a ReLU after the last layer, so no output can be negative. A bad action has a negative "
    "value.",
    "softmax_output": "There is a softmax at the end. Outputs are scores or values; nn.CrossEntropyLoss brings its own "
    "softmax.",
    "softmax_batch": "There is a softmax over the batch at the end. Outputs are scores or values: nothing comes after "
    "the last layer.",
    "log_softmax_output": "There is a log_softmax at the end. Nothing comes after the last layer.",
    "sigmoid_output": "There is a sigmoid at the end. Nothing comes after the last layer.",
    "tanh_output": "There is a tanh at the end. Nothing comes after the last layer.",
    "other_function": "The output is not what these layers with ReLU between them give.",
}


def _same(x):
    return x


def _relu(x):
    return np.maximum(x, 0)


def _sigmoid(x):
    return 1 / (1 + np.exp(-np.clip(x, -500, 500)))


def _softmax(x, axis=1):
    powers = np.exp(x - x.max(axis, keepdims=True))
    return powers / powers.sum(axis, keepdims=True)


HIDDEN = {
    "a softmax": _softmax,
    "ReLU6, which ends at 6": lambda x: np.clip(x, 0, 6),
    "sigmoid": _sigmoid,
    "tanh": np.tanh,
    "a leaky ReLU": lambda x: np.where(x > 0, x, 0.01 * x),
    "ELU": lambda x: np.where(x > 0, x, np.expm1(np.minimum(x, 0))),
    "SiLU": lambda x: x * _sigmoid(x),
    "softplus": lambda x: np.logaddexp(0, x),
    "GELU": lambda x: F.gelu(torch.from_numpy(x)).numpy(),
}
"""What may stand between the layers in place of ReLU."""

OUTPUT = {
    "relu_output": _relu,
    "softmax_output": _softmax,
    "softmax_batch": lambda x: _softmax(x, 0),
    "log_softmax_output": lambda x: np.log(_softmax(x)),
    "sigmoid_output": _sigmoid,
    "tanh_output": np.tanh,
}
"""What may stand after the last layer, where nothing should."""


def _mlp_cases(rng):
    def case(sizes, proves=EVERYTHING):
        values = {
            "sizes": [int(size) for size in sizes],
            "proves": proves,
            "x": rng.normal(0, 1, (POINTS, sizes[0])).astype(np.float32),
            "noise_seed": int(rng.integers(2**31)),
        }
        return Case(f"sizes {values['sizes']}", proves, values)

    different = rng.permutation(np.arange(2, 8))  # so that shapes tell which weights are whose
    return [
        case([3, 5, 4, 2]),
        case(different[:3], ("layers",)),
        case([3, 2], ("layers",)),
        case(different, ("layers",)),
        case([8, 64, 64, 4], ("layers",)),
        case([4, 3, 3, 2], ("layers",)),  # alike, so that adding a layer's input to its output is possible
        case([4, 3, 3, 3, 2], ("layers",)),  # and here to use one layer twice
    ]


def _call_build_mlp(build_mlp, values):
    given = list(values["sizes"])
    network, twin = build_mlp(given), build_mlp(list(values["sizes"]))
    if not isinstance(network, nn.Module):
        hint = " Is the `return` missing?" if network is None else ""
        raise student.AnswerError("not_a_module", SAYS["not_a_module"].format(student.named(network)) + hint)
    x, noise = torch.from_numpy(values["x"]), torch.Generator().manual_seed(values["noise_seed"])
    result, _ = network(x.clone()), twin(x.clone())  # some layers make their weights in the first pass
    weights, twins = list(network.parameters()), list(twin.parameters())
    strays = _strays(result, weights)
    output = {"sizes_after": [int(size) for size in given], "strays": [list(weight.shape) for weight in strays]}
    output["fresh"] = not weights or any(not torch.equal(a, b) for a, b in zip(weights, twins))
    weights += strays
    output["shapes"] = [list(weight.shape) for weight in weights]
    output["alike"] = any(
        weight.ndim > 1 and min(weight.shape) > 1 and weight.min() == weight.max() for weight in weights
    )
    output["frozen"] = any(not weight.requires_grad for weight in weights)
    with torch.no_grad():
        for weight in weights:
            weight.copy_(torch.randn(weight.shape, generator=noise))
    result = network(x.clone())
    if isinstance(result, torch.Tensor) and result.requires_grad:
        (result * torch.randn(result.shape, generator=noise)).sum().backward()
    output["reached"] = all(weight.grad is not None for weight in weights)
    output["weights"] = [student.array(weight) for weight in weights]
    output["y"], output["y_again"] = (student.array(network(x.clone()), "The network") for _ in range(2))
    output["y_of_one"] = [1, values["sizes"][-1]]
    with contextlib.suppress(Exception):  # batch normalisation cannot take one row; it is found otherwise
        output["y_of_one"] = list(network(x[:1].clone()).shape)
    return output


def _strays(result, weights):
    """Trainable tensors that the ``result`` was computed with and that are not among ``weights``."""
    known, found = {id(weight) for weight in weights}, []
    nodes, seen = [getattr(result, "grad_fn", None)], set()
    while nodes:
        node = nodes.pop()
        if node is None or node in seen:
            continue
        seen.add(node)
        weight = getattr(node, "variable", None)  # a leaf of the graph
        if weight is not None and id(weight) not in known:
            known.add(id(weight))
            found.append(weight)
        nodes += [following for following, _ in node.next_functions]
    return found


def _judge_mlp(values, output):
    sizes, y = values["sizes"], output["y"]
    if output["sizes_after"] != sizes:
        yield Finding("sizes_changed", ("trained",), SAYS["sizes_changed"])
    if y.shape != (POINTS, sizes[-1]):
        says = SAYS["output_shape"].format(values["x"].shape, (POINTS, sizes[-1]), y.shape)
        yield Finding("output_shape", tuple(values["proves"]), says)
        return
    if output["y_of_one"] != [1, sizes[-1]]:
        shapes = (1, sizes[0]), (1, sizes[-1]), tuple(output["y_of_one"])
        yield Finding("output_shape", ("output",), SAYS["output_shape"].format(*shapes))
    random = not np.allclose(y, output["y_again"], 1e-4, 1e-5)
    if output["strays"]:
        shapes = ", ".join(str(tuple(shape)) for shape in output["strays"][:4])
        costs = ("trained", "hidden", "output") if random else ("trained",)  # made anew in every pass
        yield Finding("not_registered", costs, SAYS["not_registered"].format(shapes))
    if wrong := _wrong_layers(sizes, output["shapes"], values["proves"]):
        yield wrong
        if wrong.key != "no_bias":
            return
    if not output["strays"]:
        yield from _judge_start(output)
    if random and not output["strays"]:
        yield Finding("random_output", ("hidden",), SAYS["random_output"])
    elif not random and len(set(sizes)) == len(sizes):
        yield from _judge_function(values["x"], _in_order(sizes, output["weights"]), y)
    elif not random and len(set(sizes)) == len(sizes) - 1:
        orders = _orders(list(zip(sizes, sizes[1:])), output["weights"])
        found = [list(_judge_function(values["x"], layers, y)) for layers in orders]
        yield from min(found, key=lambda findings: sum(1 + len(finding.costs) for finding in findings), default=())


def _wrong_layers(sizes, shapes, proves):
    """The finding about weights whose shapes do not fit the sizes, else None. It costs what the case proves, for then
    nothing else can be judged; but for a missing bias."""
    pairs = list(zip(sizes, sizes[1:]))
    plain = sorted(tuple(sorted(size for size in shape if size > 1)) for shape in shapes)
    matrices = [tuple(sorted(pair)) for pair in pairs]
    if plain == sorted(matrices + [(n,) for _, n in pairs]):
        return None
    found = sum(len(shape) > 1 for shape in plain)
    if not shapes:
        key = "no_weights"
    elif plain == sorted(matrices):
        key = "no_bias"
    elif found < len(pairs):
        key = "layer_missing"
    else:
        key = "layer_extra" if len(plain) > 2 * len(pairs) else "other_layers"
    wanted = ", ".join(f"({n}, {m}), ({n},)" for m, n in pairs)
    there = ", ".join(str(tuple(shape)) for shape in shapes)
    numbers = (wanted, there) if key == "other_layers" else (len(pairs), found)
    costs = ("layers",) if key == "no_bias" else tuple(proves)
    return Finding(key, costs, SAYS[key].format(sizes, *numbers))


def _judge_start(output):
    if output["frozen"]:
        yield Finding("frozen", ("trained",), SAYS["frozen"])
    elif not output["reached"]:
        yield Finding("cut_off", ("trained",), SAYS["cut_off"])
    if output["alike"]:
        yield Finding("all_alike", ("trained",), SAYS["all_alike"])
    elif not output["fresh"]:
        yield Finding("same_weights", ("trained",), SAYS["same_weights"])


def _in_order(sizes, weights):
    """[(W, b), ...] from first to last, W of shape (inputs, outputs), found by their shapes."""
    flat = {weight.size: weight.reshape(-1) for weight in weights if max(weight.shape) == weight.size}
    layers = []
    for m, n in zip(sizes, sizes[1:]):
        W = next(weight for weight in weights if weight.shape in ((m, n), (n, m)))
        layers.append((W if W.shape == (m, n) else W.T, flat.get(n, 0.0)))
    return layers


def _orders(pairs, weights):
    """Every [(W, b), ...] that the shapes allow, where layers are alike."""
    if not pairs:
        yield []
        return
    (m, n), *rest = pairs
    for (i, W), (j, b) in itertools.permutations(enumerate(weights), 2):
        if W.shape not in ((m, n), (n, m)) or b.size != n or max(b.shape) != n:
            continue
        left = [weight for k, weight in enumerate(weights) if k not in (i, j)]
        for turned in (W, W.T) if m == n else (W if W.shape == (m, n) else W.T,):
            yield from ([(turned, b.reshape(-1)), *following] for following in _orders(rest, left))


def _forward(x, layers, hidden, output=None, first=None):
    """The network by hand; ``hidden``: one function after each layer but the last."""
    x = first(x) if first else x.astype(float)
    for (W, b), function in zip(layers, [*hidden, output or _same]):
        x = function(x @ W + b)
    return x


def _judge_function(x, layers, y):
    """Findings about a function that is not the one of these layers with ReLU between them."""

    def fits(*functions):
        return np.allclose(_forward(x, layers, *functions), y, rtol=1e-3, atol=1e-3)

    between = len(layers) - 1
    right = [_relu] * between
    if fits(right):
        return
    outputs = {None: None, **OUTPUT}
    inside = [(None, 0, right)]
    if between:
        inside.append(("no_activation", 0, [_same] * between))
        inside += [("other_activation", name, [function] * between) for name, function in HIDDEN.items()]
    for there in itertools.product((True, False), repeat=between):
        if any(there) and not all(there):
            inside.append(("relu_missing", there.index(False) + 1, [_relu if one else _same for one in there]))
    for hidden_key, which, hidden in inside:
        for output_key, function in outputs.items():
            if not fits(hidden, function):
                continue
            if hidden_key:
                yield Finding(hidden_key, ("hidden",), SAYS[hidden_key].format(which))
            if output_key:
                yield Finding(output_key, ("output",), SAYS[output_key])
            return
    if fits(right, None, _relu):
        yield Finding("relu_first", ("hidden",), SAYS["relu_first"])
    else:
        yield Finding("other_function", ("hidden", "output"), SAYS["other_function"], named=False)


build_mlp = Check("build_mlp", BEHAVIOURS, _mlp_cases, _call_build_mlp, _judge_mlp)
