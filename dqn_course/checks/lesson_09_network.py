"""The check of ``NatureQNetwork``: what it computes, with weights that the check sets by their shapes alone."""

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from dqn_course.checks import student
from dqn_course.checks.core import Behaviour, Case, Check, Finding, rows

BEHAVIOURS = (
    Behaviour("convolutions", 1, "32 filters 8 x 8, stride 4; 64 of 4 x 4, stride 2; 64 of 3 x 3, stride 1"),
    Behaviour("layers", 0.5, "then 512 hidden units, and one output an action"),
    Behaviour("activations", 1, "ReLU after every layer but the last, nothing after the last"),
    Behaviour("input", 0.5, "bytes are divided by 255", needs=("convolutions", "layers", "activations")),
    Behaviour(
        "trained", 0.5, "the optimizer finds every layer, gradients reach it", needs=("convolutions", "activations")
    ),
    Behaviour("seeded", 0.5, "same seed, same first weights; another seed, others", needs=("convolutions", "layers")),
)
EVERYTHING = tuple(behaviour.name for behaviour in BEHAVIOURS)
BROKEN = ("convolutions", "layers", "activations")
"""What a network loses in which the layers do not fit together; all else counts once this works."""
CONVOLUTIONS = ((32, 4, 8, 8), (64, 32, 4, 4), (64, 64, 3, 3))
STRIDES = (4, 2, 1)
BATCH = 3

SAYS = {
    "bytes": "A convolution takes floats. `frames / 255` makes them.",
    "batch_flattened": "The batch was strung out as well: `flatten(1)`.",
    "not_a_module": "NatureQNetwork makes {}; it must be an nn.Module: `class NatureQNetwork(nn.Module)`.",
    "shape": "For frames of shape {} the Q-values should have shape {}; they have {}. {}",
    "conv_count": "The paper's network has three convolutions; this one has {}.",
    "conv_filters": "Convolution {} should have {} filters; it has {}.",
    "conv_kernel": "The filters of convolution {} should be {} x {}; they are {} x {}.",
    "conv_channels": "Convolution {} should take {} channels, {}; it takes {}.",
    "conv_stride": "The stride of convolution {} should be {}; it is {}.",
    "conv_padding": "Convolution {} has padding. The paper's have none: 84 becomes 20, then 9, then 7.",
    "linear_count": "After the convolutions come two linear layers: 3136 -> 512, and 512 -> n_actions. This network "
    "has {}.",
    "hidden_size": "The hidden layer should have 512 units; it has {}.",
    "features": "The first linear layer should take 64 * 7 * 7 = 3136 numbers; it takes {}.",
    "outputs": "The last layer should have one output an action, here {}; it has {}.",
    "no_bias": "The layers have no bias: {} of them. nn.Conv2d and nn.Linear have one unless they are told otherwise.",
    "channels_last": "The pictures come as (B, 4, 84, 84), channels first. This network expects or makes another "
    "order.",
    "not_divided": "The bytes go in as they are, 0 to 255. Divide by 255 first.",
    "divided_by_256": "The bytes are divided by 256. White is 255, and should become 1.",
    "divided_twice": "The bytes are divided by 255 twice.",
    "centred": "The input runs from -1 to 1 here. The paper's runs from 0 to 1: divide by 255.",
    "whole_division": "The division cuts the fractions off, so nearly all pixels become 0. Use `/`, after `.float()`.",
    "input_reversed": "The four pictures go in newest first. Leave the order as it is.",
    "no_relu_at_all": "There is no ReLU anywhere, so all layers together are one linear map.",
    "relu_at_end": "There is a ReLU after the last layer. Q-values may be negative: return what the layer gives.",
    "softmax_at_end": "There is a softmax at the end. Q-values are returns, not chances: return what the layer gives.",
    "sigmoid_at_end": "There is a sigmoid at the end. Q-values may be any number: return what the layer gives.",
    "tanh_at_end": "There is a tanh at the end. Q-values may be any number: return what the layer gives.",
    "other_activation": "The activation is not ReLU, but {}.",
    "wrong_q": "With all weights set to known values, the Q-values are not those of the paper's network.",
    "rows_mixed": "The Q-values of a state change with the other states in the batch. Flatten from dim 1 on: "
    "`x.flatten(1)` keeps every state in its row.",
    "random_output": "The same frames give other Q-values the second time. The paper's network draws no random "
    "numbers.",
    "input_changed": "forward changes the frames that it is given. Make a new tensor: `frames / 255`.",
    "not_registered": "forward uses weights that the optimizer will never see (shapes {}). Layers must be attributes "
    "of self; for a list take nn.ModuleList or nn.Sequential.",
    "no_weights": "The network has no weights. Make the layers in __init__ and keep them: `self.conv1 = "
    "nn.Conv2d(...)`.",
    "no_gradient": "No gradient can flow back from the Q-values. Something in forward cuts it: torch.no_grad(), "
    ".detach(), .data, or NumPy.",
    "not_reached": "No gradient reaches {}. Is it used in forward, and nothing detached?",
    "frozen": "These weights may not change, because requires_grad is False: {}.",
    "extra": "There are more layers than the paper's: {} tensors of weights too many. What are they for?",
    "seed_ignored": "The same seed gave other weights the second time. Is torch.manual_seed(seed) called, and before "
    "the layers are made?",
    "seed_fixed": "Two seeds gave the same weights. Does torch.manual_seed get `seed`, or a fixed number?",
    "zero_start": "Some weights all start at one value, so its units would always do the same: {}.",
}


def _cases(rng):
    def case(n_actions, proves):
        values = {
            "n_actions": n_actions,
            "seeds": [int(seed) for seed in rng.choice(10_000, 2, replace=False)],
            "noise_seed": int(rng.integers(2**31)),
            "in_full": len(proves) > 1,
        }
        return Case(f"{n_actions} actions", proves, values)

    return [case(6, EVERYTHING), case(4, ("layers",))]


def frames_of(values):
    """Pictures (B, 4, 84, 84) uint8: smooth noise, another one in every channel and every row of the batch."""
    rng = np.random.default_rng(values["noise_seed"])
    coarse = rng.integers(0, 256, (BATCH, 4, 12, 12)).astype(np.uint8)
    return torch.from_numpy(coarse.repeat(7, axis=2).repeat(7, axis=3))


def weight_of(shape, noise_seed):
    """Known weights of this shape: so large that every layer's output is about as large as its input."""
    rng = np.random.default_rng((noise_seed, *shape))
    fan_in = int(np.prod(shape[1:])) if len(shape) > 1 else 4
    numbers = rng.normal(0, np.sqrt(2 / fan_in), 7919).astype(np.float32)  # a prime, so that no two rows are alike
    return torch.from_numpy(np.resize(numbers, shape))


def _call(network_class, values):
    seed, other_seed = values["seeds"]
    first = _make(network_class, values, seed, 0)
    prints = {"first": _fingerprint(first), "twin": _fingerprint(first), "other": np.zeros(0)}
    for number, (name, its_seed) in enumerate((("twin", seed), ("other", other_seed)), 1):
        if not values["in_full"]:
            break
        prints[name] = _fingerprint(_make(network_class, values, its_seed, number))
    frames = frames_of(values)
    output = {"weights": prints, "flat": _flat(first), "convs": [], "padded": []}
    for module in first.modules():
        if isinstance(module, nn.Conv2d):
            padding = module.padding if isinstance(module.padding, tuple) else (1, 1)  # "same" is a word
            output["convs"].append([*module.weight.shape, module.stride[0], max(padding)])
    output["shapes"] = [list(parameter.shape) for parameter in first.parameters()]
    output["names"] = [name for name, _ in first.named_parameters()]
    output["frozen"] = [name for name, parameter in first.named_parameters() if not parameter.requires_grad]
    try:
        result = first(frames.clone())
    except student.AnswerError:
        raise
    except NotImplementedError:
        raise
    except Exception as error:
        key, message = _why_stopped(values, output, str(error))
        if not key:
            raise
        return {"stopped": [key, message]}
    strays = _strays(result, first)
    output["strays"] = [list(weight.shape) for weight in strays]
    with torch.no_grad():
        for weight in [*first.parameters(), *strays]:
            weight.copy_(weight_of(tuple(weight.shape), values["noise_seed"]))
    given = frames.clone()
    result = first(given)
    output["changed"] = not torch.equal(given, frames)
    output["has_graph"] = isinstance(result, torch.Tensor) and result.requires_grad
    output["q"] = student.array(result, "forward")
    reached = [True] * len(output["names"])
    if output["has_graph"]:
        (result * torch.linspace(0.5, 1.5, result.shape[-1] if result.ndim else 1)).sum().backward()
        reached = [
            parameter.grad is not None and bool(parameter.grad.abs().max() > 0) for parameter in first.parameters()
        ]
    output["reached"] = reached
    with torch.no_grad():
        output["q_again"] = student.array(first(frames.clone()), "forward")
        output["q_alone"] = student.array(first(frames[1:2].clone()), "forward")
    return output


def _why_stopped(values, output, error):
    """A key and a message for an exception in forward; empty where the cause is unknown."""
    if "unsigned char" in error or "Byte" in error:
        return "bytes", SAYS["bytes"]
    structure = list(_structure(values, output))
    if structure:
        return structure[0].key, structure[0].message
    if f"(1x{BATCH * 3136} and 3136x" in error:
        return "batch_flattened", SAYS["batch_flattened"]
    return "", ""


def _make(network_class, values, seed, number):
    student.seed_generators(1000 + number)  # so that a network which ignores its seed is found out
    network = network_class(values["n_actions"], seed)
    if not isinstance(network, nn.Module):
        raise student.AnswerError("not_a_module", SAYS["not_a_module"].format(student.named(network)))
    return network.eval()


def _fingerprint(network):
    parts = [parameter.detach().flatten()[:5].double() for parameter in network.parameters()]
    return student.array(torch.cat(parts)) if parts else np.zeros(0)


def _flat(network):
    """Names of weight tensors whose entries are all alike."""
    return [
        name
        for name, parameter in network.named_parameters()
        if parameter.ndim > 1 and bool((parameter.detach().flatten()[0] == parameter.detach().flatten()[:500]).all())
    ]


def _strays(result, network):
    """Trainable tensors that the forward pass used and that are no parameters of ``network``."""
    known = {id(parameter) for parameter in network.parameters()}
    found, nodes, seen = [], [getattr(result, "grad_fn", None)], set()
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


def _structure(values, output):
    """Findings about the layers that can be seen in their shapes and strides."""
    shapes = [tuple(shape) for shape in [*output["shapes"], *output.get("strays", [])]]
    convs, wrong = _convolutions(shapes, output), []
    linears = [shape for shape in shapes if len(shape) == 2]
    biases = [shape for shape in shapes if len(shape) == 1]
    if not shapes:
        return
    if len(convs) != 3:
        wrong = [Finding("conv_count", ("convolutions",), SAYS["conv_count"].format(len(convs)))]
    else:
        wrong = list(_structure_of_convolutions(convs, output))
    yield from wrong
    hidden = sorted(linears, key=lambda shape: shape[1], reverse=True)
    if len(linears) != 2:
        yield Finding("linear_count", ("layers",), SAYS["linear_count"].format(len(linears)))
    else:
        (units, features), (outputs, _) = hidden
        if units != 512:
            yield Finding("hidden_size", ("layers",), SAYS["hidden_size"].format(units))
        if features != 3136 and not wrong:
            yield Finding("features", ("layers",), SAYS["features"].format(features))
        if outputs != values["n_actions"]:
            yield Finding("outputs", ("layers",), SAYS["outputs"].format(values["n_actions"], outputs))
    missing = len(convs) + len(linears) - len(biases)
    if missing > 0:
        yield Finding("no_bias", ("layers",), SAYS["no_bias"].format(missing))
    extra = len(shapes) - len(convs) - len(linears) - len(biases) + max(0, -missing)
    if extra:
        yield Finding("extra", ("layers",), SAYS["extra"].format(extra))


def _convolutions(shapes, output):
    """The shapes of filters, first layer first. Those that are not registered come last: then the kernels decide."""
    convs = [shape for shape in shapes if len(shape) == 4]
    return sorted(convs, key=lambda shape: -shape[-1]) if output.get("strays") else convs


def _structure_of_convolutions(convs, output):
    takes = ("the four pictures", "the 32 maps of the first", "the 64 maps of the second")
    for i, ((filters, channels, height, width), right) in enumerate(zip(convs, CONVOLUTIONS)):
        before = convs[i - 1][0] if i else 4
        if filters != right[0]:
            yield Finding("conv_filters", ("convolutions",), SAYS["conv_filters"].format(i + 1, right[0], filters))
        if channels != before:
            says = SAYS["conv_channels"].format(i + 1, right[1], takes[i], channels)
            key = "channels_last" if (i, channels) == (0, 84) else "conv_channels"
            yield Finding(key, ("convolutions",), f"{SAYS['channels_last']} {says}" if channels == 84 else says)
        if (height, width) != right[2:]:
            says = SAYS["conv_kernel"].format(i + 1, *right[2:], height, width)
            yield Finding("conv_kernel", ("convolutions",), says)
    if len(output["convs"]) == 3:
        for i, (*_, stride, padding) in enumerate(output["convs"]):
            if stride != STRIDES[i]:
                yield Finding("conv_stride", ("convolutions",), SAYS["conv_stride"].format(i + 1, STRIDES[i], stride))
            if padding:
                yield Finding("conv_padding", ("convolutions",), SAYS["conv_padding"].format(i + 1))


def _judge(values, output):
    if "stopped" in output:
        key, message = output["stopped"]
        yield Finding(key, BROKEN, message)
        return
    if not output["shapes"] and not output["strays"]:
        yield Finding("no_weights", EVERYTHING, SAYS["no_weights"])
        return
    structure = list(_structure(values, output))
    yield from structure
    yield from _judge_training(output)
    q, n_actions = output["q"], values["n_actions"]
    if not np.allclose(q, output["q_again"], rtol=1e-3, atol=1e-4, equal_nan=True):
        yield Finding("random_output", ("activations", "input", "seeded"), SAYS["random_output"])
        return
    if output["changed"]:
        yield Finding("input_changed", ("input",), SAYS["input_changed"])
    if q.shape != (BATCH, n_actions):
        if not structure:
            hint = "There must be one Q-value for each action." if q.shape == (BATCH,) else ""
            says = SAYS["shape"].format((BATCH, 4, 84, 84), (BATCH, n_actions), q.shape, hint).strip()
            yield Finding("shape", ("layers", "activations"), says)
        return
    alone = output["q_alone"]
    if alone.shape != (1, n_actions):
        says = SAYS["shape"].format((1, 4, 84, 84), (1, n_actions), alone.shape, "Is there a squeeze() too many?")
        yield Finding("shape", ("layers",), says)
    elif not np.allclose(alone[0], q[1], rtol=1e-2, atol=1e-3 * (1 + np.abs(q).max())):
        comparison = rows(["state 1: alone, and in the batch"], [alone[0]], [q[1]])
        yield Finding("rows_mixed", ("layers",), SAYS["rows_mixed"], comparison)
        return
    if values["in_full"]:
        yield from _judge_values(values, output)


def _judge_training(output):
    if output["strays"]:
        shapes = ", ".join(str(tuple(shape)) for shape in output["strays"][:4])
        yield Finding("not_registered", ("trained",), SAYS["not_registered"].format(shapes))
    elif output["frozen"]:
        yield Finding("frozen", ("trained",), SAYS["frozen"].format(_listed(output["frozen"])))
    elif not output["has_graph"]:
        yield Finding("no_gradient", ("trained",), SAYS["no_gradient"])
    elif not all(output["reached"]):
        idle = [name for name, reached in zip(output["names"], output["reached"]) if not reached]
        yield Finding("not_reached", ("trained",), SAYS["not_reached"].format(_listed(idle)))
    first, twin, other = (output["weights"][name] for name in ("first", "twin", "other"))
    if not np.array_equal(first, twin):
        yield Finding("seed_ignored", ("seeded",), SAYS["seed_ignored"])
    elif len(first) and np.array_equal(first, other):
        yield Finding("seed_fixed", ("seeded",), SAYS["seed_fixed"])
    if output["flat"]:
        yield Finding("zero_start", ("seeded",), SAYS["zero_start"].format(_listed(output["flat"])))


def _listed(names):
    return ", ".join(dict.fromkeys(f"`{name.rpartition('.')[0] or name}`" for name in names))


# --- what the network computes, and what it would compute with a mistake in it

LAYERS = ("convolution 1", "convolution 2", "convolution 3", "the hidden layer")
INPUTS = {
    "": lambda x: x / 255,
    "not_divided": lambda x: x,
    "divided_by_256": lambda x: x / 256,
    "divided_twice": lambda x: x / 255 / 255,
    "centred": lambda x: x / 127.5 - 1,
    "whole_division": lambda x: (x / 255).floor(),
    "input_reversed": lambda x: x.flip(1) / 255,
}
OUTPUTS = {
    "": lambda q: q,
    "relu_at_end": F.relu,
    "softmax_at_end": lambda q: q.softmax(1),
    "sigmoid_at_end": torch.sigmoid,
    "tanh_at_end": torch.tanh,
}
ACTIVATIONS = {"": F.relu, "tanh": torch.tanh, "sigmoid": torch.sigmoid, "leaky ReLU": F.leaky_relu, "ELU": F.elu,
               "GELU": F.gelu}  # fmt: skip
FLATTENED = (lambda x: x.flatten(1), lambda x: x.permute(0, 2, 3, 1).flatten(1), lambda x: x.mT.flatten(1))
"""Every fixed order is as good as another."""


def predict(layers, x, activation=F.relu, without=(), strides=STRIDES, paddings=(0, 0, 0), flatten=FLATTENED[0]):
    """Q-values of pictures ``x`` before anything that comes at the end; ``without``: layers that have no ReLU."""
    convs, linears = layers
    for i, (weight, bias) in enumerate(convs):
        x = F.conv2d(x, weight, bias, stride=strides[i], padding=paddings[i])
        x = x if i in without else activation(x)
    x = flatten(x)
    for i, (weight, bias) in enumerate(linears):
        x = F.linear(x, weight, bias)
        x = x if i == len(linears) - 1 or i + 3 in without else activation(x)
    return x


def _layers(values, output):
    """(convolutions, linear layers) with the known weights, each (weight, bias), or None where they cannot be told."""
    shapes = [tuple(shape) for shape in [*output["shapes"], *output["strays"]]]
    biases = {shape for shape in shapes if len(shape) == 1}

    def layer(shape):
        bias = weight_of(shape[:1], values["noise_seed"]) if shape[:1] in biases else None
        return weight_of(shape, values["noise_seed"]), bias

    convs = [layer(shape) for shape in _convolutions(shapes, output)]
    linears = sorted((shape for shape in shapes if len(shape) == 2), key=lambda shape: shape[1], reverse=True)
    return convs, [layer(shape) for shape in linears]


def _judge_values(values, output):
    """Findings about the arithmetic, given all the weights."""
    layers, frames, q = _layers(values, output), frames_of(values).float(), output["q"]
    options = {}
    if len(output["convs"]) == len(layers[0]) == 3:
        options = {"strides": [conv[4] for conv in output["convs"]], "paddings": [conv[5] for conv in output["convs"]]}
    tried = (
        *((given, given, (), "", "") for given in INPUTS),
        *((end, "", (), "", end) for end in OUTPUTS if end),
        *(("no_relu", "", (i,), "", "") for i in range(4)),
        ("no_relu_at_all", "", (0, 1, 2, 3), "", ""),
        *(("other_activation", "", (), activation, "") for activation in ACTIVATIONS if activation),
        *((("not_divided", end), "not_divided", (), "", end) for end in OUTPUTS if end),
        *((("not_divided", "no_relu"), "not_divided", (i,), "", "") for i in range(4)),
        (("not_divided", "no_relu_at_all"), "not_divided", (0, 1, 2, 3), "", ""),
        *(("no_relu", "", pair, "", "") for pair in ((0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3), (0, 1, 2))),
    )
    for number, flatten in enumerate(FLATTENED):
        for keys, given, without, activation, end in tried[: 1 if number else None]:
            try:
                with torch.no_grad():
                    raw = predict(layers, INPUTS[given](frames), ACTIVATIONS[activation], without, flatten=flatten,
                                  **options)  # fmt: skip
                    expected = OUTPUTS[end](raw).numpy()
            except RuntimeError:  # the layers do not fit together in the usual way
                return
            if expected.shape == q.shape and np.allclose(expected, q, rtol=1e-3, atol=2e-4 * np.abs(expected).max()):
                for key in [keys] if isinstance(keys, str) else keys:
                    if key:
                        yield _named(key, without, activation)
                return
    yield Finding("wrong_q", ("activations", "input"), SAYS["wrong_q"], named=False)


def _named(key, without, activation):
    if key == "no_relu":
        places = " and ".join(LAYERS[i] for i in without)
        return Finding(key, ("activations",), f"There is no ReLU after {places}.")
    if key == "other_activation":
        return Finding(key, ("activations",), SAYS[key].format(activation))
    return Finding(key, ("input",) if key in INPUTS else ("activations",), SAYS[key])


def _load(answer):
    return student.class_of(answer, "NatureQNetwork")


NatureQNetwork = Check("NatureQNetwork", BEHAVIOURS, _cases, _call, _judge, _load)
