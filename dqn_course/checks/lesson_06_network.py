"""The check of ``QNetwork``: what a network computes and how it can be trained, never how it is written."""

import numpy as np
import torch
from torch import nn

from dqn_course.checks import student
from dqn_course.checks.core import Behaviour, Case, Check, Finding, rows

BEHAVIOURS = (
    Behaviour("shapes", 0.5, "states (B, state_size) give Q-values (B, action_size), row by row", needs=("hidden", "output")),
    Behaviour("hidden", 1, "hidden layers with an activation between the layers"),
    Behaviour("output", 1, "a linear output: Q-values may be any number"),
    Behaviour("trained", 1, "the optimizer finds every layer, and gradients reach it", needs=("hidden", "output")),
    Behaviour("seeded", 0.5, "same seed, same first weights; another seed, others", needs=("hidden", "output")),
)


def _cases(rng):
    def case(name, proves, batch, state_size, action_size):
        values = {
            "state_size": state_size,
            "action_size": action_size,
            "seeds": [int(seed) for seed in rng.choice(10_000, 2, replace=False)],
            "states": rng.normal(0, 2, (batch, state_size)).astype(np.float32),
            "noise_seed": int(rng.integers(2**31)),
        }
        return Case(name, proves, values)

    everything = tuple(behaviour.name for behaviour in BEHAVIOURS)
    return [
        case("8 numbers in, 4 actions", everything, 32, 8, 4),
        case("3 numbers in, 2 actions", ("shapes",), 16, 3, 2),
        case("5 numbers in, 6 actions", ("shapes",), 16, 5, 6),
    ]


def _load(answer):
    return student.class_of(answer, "QNetwork")


def _call(network_class, values):
    """Everything a judge needs to know about one network, as arrays. ``q`` and the like are taken after all weights were
    shaken a little, so that an output layer which starts at zero is fine."""
    sizes = values["state_size"], values["action_size"]
    first, twin, other = (_make(network_class, *sizes, seed, i) for i, seed in enumerate([*values["seeds"][:1] * 2, values["seeds"][1]]))
    states = torch.from_numpy(values["states"])
    noise = torch.Generator().manual_seed(values["noise_seed"])

    first.train()
    strays = _strays(first, first(states.clone()))
    weights = {**dict(first.named_parameters()), **strays}
    output = {"names": list(weights), "strays": [list(weight.shape) for weight in strays.values()]}
    for name, network in (("first", first), ("twin", twin), ("other", other)):
        found = [*network.parameters(), *_strays(network, network(states.clone())).values()]
        output[f"weights_{name}"] = np.concatenate([[0.0], *(_fingerprint(weight) for weight in found)])
    output["plain_tensors"] = _seeded_tensors(first, other)
    _shake(weights.values(), noise)
    output.update(_gradients(first, states, weights, noise))

    first.eval()
    given = states.clone()
    first(given)
    output["states_after"] = student.array(given)
    output["q"] = _forward(first, states)
    output["q_again"] = _forward(first, states)
    output["q_rows"] = [_forward(first, state.unsqueeze(0)) for state in states[:3]]
    output["q_halfway"] = _forward(first, (states + states.flip(0)) / 2)
    output["q_without"] = [_forward(first, _shuffled(states, number)) for number in range(values["state_size"])]
    output["moved"] = [_moved(first, states, weight, noise) for weight in list(weights.values())[:24]]
    return output


def _make(network_class, state_size, action_size, seed, number):
    student.seed_generators(1000 + number)  # so that a network which ignores its seed is found out
    network = network_class(state_size, action_size, seed)
    if not isinstance(network, nn.Module):
        raise student.AnswerError("not_a_module", f"QNetwork makes {student.named(network)}; it must be an nn.Module: "
                                  "`class QNetwork(nn.Module)`.")  # fmt: skip
    return network


def _forward(network, states):
    with torch.no_grad():
        return student.array(network(states.clone()), "forward")


def _shuffled(states, number):
    """The states with one of their numbers taken from another state."""
    states = states.clone()
    states[:, number] = states[:, number].roll(1)
    return states


def _strays(network, result):
    """Weights that ``result`` was computed with, but that ``network`` does not know, by an invented name."""
    known = {id(parameter) for parameter in network.parameters()}
    found, nodes, seen = {}, [getattr(result, "grad_fn", None)], set()
    while nodes:
        node = nodes.pop()
        if node is None or node in seen:
            continue
        seen.add(node)
        weight = getattr(node, "variable", None)
        if weight is not None and id(weight) not in known:
            known.add(id(weight))
            found[f"unregistered {len(found)}"] = weight
        nodes += [following for following, _ in node.next_functions]
    return found


def _fingerprint(weight):
    """A few numbers that tell one tensor of weights from another, however large it is."""
    weight = weight.detach().double().flatten()
    return student.array(torch.cat([weight.sum()[None], weight.abs().sum()[None], weight[:20]]))


def _seeded_tensors(first, other):
    """Names of attributes that are tensors, neither parameters nor buffers, and differ with the seed: forgotten weights."""
    drawn = {name: value for name, value in vars(first).items() if isinstance(value, torch.Tensor) and value.is_floating_point()}
    others = vars(other)
    return [name for name, value in drawn.items() if isinstance(others.get(name), torch.Tensor) and not torch.equal(value, others[name])]


def _shake(weights, noise):
    with torch.no_grad():
        for weight in weights:
            weight.add_(0.1 * torch.randn(weight.shape, generator=noise).to(weight))


def _gradients(network, states, weights, noise):
    """``has_graph``, and for each weight whether it may be trained and the largest gradient that arrives."""
    network.zero_grad()
    result = network(states.clone())
    has_graph = isinstance(result, torch.Tensor) and result.requires_grad
    if has_graph:
        (result * torch.randn(result.shape, generator=noise).to(result)).sum().backward()
    largest = [0.0 if weight.grad is None else float(weight.grad.abs().max()) for weight in weights.values()]
    frozen = [not weight.requires_grad for weight in weights.values()]
    return {"has_graph": has_graph, "largest_gradient": np.array(largest), "frozen": frozen}


def _moved(network, states, weight, noise):
    """Q-values after one and after two equal, large steps of one weight tensor: (2, B, A)."""
    start = weight.detach().clone()
    step = 2 * torch.randn(weight.shape, generator=noise).to(weight)
    try:
        moved = []
        for steps in (1, 2):
            weight.data.copy_(start + steps * step)
            moved.append(_forward(network, states))
        return np.stack(moved)
    finally:
        weight.data.copy_(start)


# How an activation at the end shows in Q-values (any leading dimensions, A), and what undoes it: (key, test, inverse, message).
OUTPUTS = (
    ("argmax_output", lambda q: np.all(q == np.round(q)), None, "The Q-values are whole numbers, such as argmax gives. Return the "
     "values themselves; the agent picks the best action."),
    ("softmax_output", lambda q: np.all(q >= 0) and np.allclose(q.sum(-1), 1, atol=1e-3), lambda q: _centred(np.log(q)),
     "The Q-values of a state are positive and add up to 1, so there is a softmax at the end. Q-values are scores to come, not chances: "
     "return the last layer's output as it is."),
    ("softmax_batch", lambda q: np.all(q >= 0) and np.allclose(q.sum(-2), 1, atol=1e-3), None, "Each column of Q-values adds up to 1, so "
     "there is a softmax over the batch at the end. Return the last layer's output as it is."),
    ("log_softmax_output", lambda q: np.allclose(np.exp(q).sum(-1), 1, atol=1e-3), lambda q: _centred(q), "There is a log_softmax at "
     "the end: the exponentials of the Q-values add up to 1. Return the last layer's output as it is."),
    ("sigmoid_output", lambda q: np.all((q >= 0) & (q <= 1)), lambda q: np.log(q / (1 - q)), "All Q-values lie between 0 and 1, so there "
     "is a sigmoid at the end. Returns can be -100 or +200: return the last layer's output as it is."),
    ("tanh_output", lambda q: np.all(np.abs(q) <= 1), np.arctanh, "All Q-values lie between -1 and 1, so there is a tanh at the end. "
     "Returns can be -100 or +200: return the last layer's output as it is."),
    ("relu_output", lambda q: np.all(q >= 0) and np.any(q == 0), lambda q: np.where(q > 0, q, np.nan), "No Q-value is ever negative: there "
     "is a ReLU after the last layer. A crash is worth about -100, and the network must be able to say so."),
    ("positive_output", lambda q: np.all(q > 0), None, "No Q-value is ever negative. A crash is worth about -100, and the network must "
     "be able to say so: nothing comes after the last layer."),
)  # fmt: skip


def _centred(q):
    return q - q.mean(-1, keepdims=True)


def _judge(values, output):
    batch, (state_size, action_size) = len(values["states"]), (values["state_size"], values["action_size"])
    q = output["q"]
    yield from _judge_training(output)
    if q.shape == output["q_again"].shape and not np.allclose(q, output["q_again"], rtol=1e-4, atol=1e-6, equal_nan=True):
        yield Finding("random_output", ("shapes", "hidden", "output", "seeded"), "The same states give other Q-values the second time. A "
                      "network in eval() mode must not draw random numbers.")  # fmt: skip
        return
    yield from _judge_seeds(output)
    yield from _judge_shapes(values, output, batch, action_size)
    if q.ndim != 2 or len(q) != batch or not np.all(np.isfinite(q)):
        return
    if np.allclose(q, q[0], rtol=1e-5, atol=1e-7):
        yield Finding("constant", ("hidden", "output", "seeded"), "Every state gets the same Q-values. Does forward use `state`?",
                      rows(["state 0", "state 1"], q[:2] * np.nan, q[:2])[:0])  # fmt: skip
        return
    same_for_all = q.shape[1] == action_size > 1 and np.allclose(q, q[:, :1], rtol=1e-5, atol=1e-7)
    if same_for_all:
        yield Finding("same_for_all", ("shapes", "output"), "All actions of a state get the same Q-value. The last layer needs one output per action.")
    if ignored := [k for k, without in enumerate(output["q_without"]) if np.allclose(without, q, rtol=1e-6, atol=1e-8)]:
        yield Finding("state_ignored", ("shapes",), f"The Q-values do not depend on all numbers of the state: number {ignored[0]} changes nothing. The first "
                      "layer takes all state_size numbers.")  # fmt: skip
    yield from _judge_activations(output, q, may_be_tied=same_for_all or state_size < action_size)


def _judge_shapes(values, output, batch, action_size):
    q, expected = output["q"], (batch, action_size)
    if q.shape != expected:
        costs = ("shapes",) if q.ndim == 2 and len(q) == batch else ("shapes", "hidden", "output")
        cause = ""
        if q.shape == (batch,):
            cause = " There must be one Q-value for each action, not one for each state."
        elif q.shape == expected[::-1]:
            cause = " Rows and columns are swapped."
        elif q.ndim == 2 and len(q) == batch:
            cause = f" Is the last layer made with action_size, here {action_size}?"
        yield Finding("shape", costs, f"For states of shape {values['states'].shape} the Q-values should have shape {expected}; they "
                      f"have {q.shape}.{cause}")  # fmt: skip
        return
    if not np.all(np.isfinite(q)):
        yield Finding("not_finite", ("shapes", "hidden", "output"), "Some Q-values are infinite or not a number.")
    for i, row in enumerate(output["q_rows"]):
        if row.shape != (1, action_size):
            yield Finding("single_state", ("shapes",), f"For one state, shape {(1, values['state_size'])}, the Q-values should have shape "
                          f"{(1, action_size)}; they have {row.shape}. Is there a squeeze() too many?")  # fmt: skip
        elif not np.allclose(row[0], q[i], rtol=1e-3, atol=1e-4):
            yield Finding("rows_mixed", ("shapes",), "The Q-values of a state change with the other states in the batch. Does something run over "
                          "dim=0, the batch?", rows(["of a state alone"], [row[0]], [q[i]]))  # fmt: skip
            break
    if not np.array_equal(output["states_after"], values["states"]):
        yield Finding("input_changed", ("shapes",), "forward changes the states that it is given. Which operation works in place (a name that "
                      "ends in _, or `inplace=True`)?")  # fmt: skip


def _judge_training(output):
    names, strays = output["names"], output["strays"]
    registered = [name for name in names if not name.startswith("unregistered")]
    if strays:
        shapes = ", ".join(str(tuple(shape)) for shape in strays[:4])
        yield Finding("not_registered", ("trained",), f"forward uses weights that the optimizer will never see (shapes {shapes}). Layers must be "
                      "attributes of self, not entries of a plain list or new ones made in forward; for a list take nn.ModuleList or nn.Sequential.")  # fmt: skip
    if not names:
        yield Finding("no_weights", ("trained", "seeded"), "The network has no weights to train. Make the layers in __init__ and keep them: "
                      "`self.fc1 = nn.Linear(...)`.")  # fmt: skip
        return
    if not output["has_graph"]:
        yield Finding("no_gradient", ("trained",), "No gradient can flow back from the Q-values. Something in forward cuts it: torch.no_grad(), "
                      ".detach(), .data, or NumPy.")  # fmt: skip
        return
    frozen = [name for name, is_frozen in zip(names, output["frozen"]) if is_frozen]
    if frozen:
        yield Finding("frozen", ("trained",), f"These weights may not change, because requires_grad is False: {_layers(frozen)}.")
    if plain := output["plain_tensors"]:
        yield Finding("plain_tensor", ("trained",), f"`self.{plain[0]}` is a plain tensor, so the optimizer never sees it. Use nn.Linear, or wrap it in nn.Parameter.")
    reached = {_layer(name) for name, largest in zip(names, output["largest_gradient"]) if largest > 0}
    idle = [i for i, name in enumerate(names) if name in registered and name not in frozen and _layer(name) not in reached]
    moves = [i < len(output["moved"]) and not np.allclose(output["moved"][i], output["q"], atol=1e-6) for i in range(len(names))]
    if unused := [names[i] for i in idle if not moves[i]]:
        yield Finding("unused", ("trained",), f"No gradient reaches {_layers(unused)}, because forward does not use it. Does each layer stand in "
                      "forward, once?")  # fmt: skip
    if cut := [names[i] for i in idle if moves[i]]:
        yield Finding("cut_off", ("trained",), f"forward uses {_layers(cut)}, but no gradient gets there. Look for .detach(), .data, "
                      "torch.no_grad() or NumPy in forward.")  # fmt: skip


def _layer(name):
    """The layer of a weight: fc1 of fc1.bias."""
    return name.rpartition(".")[0] or name


def _layers(names):
    return ", ".join(dict.fromkeys(f"`{_layer(name)}`" for name in names))


def _judge_seeds(output):
    first, twin, other = (output[f"weights_{name}"] for name in ("first", "twin", "other"))
    if first.shape != twin.shape or not np.array_equal(first, twin):
        yield Finding("seed_ignored", ("seeded",), "The same seed gave other weights the second time. Is torch.manual_seed(seed) called, and before "
                      "the layers are made?")  # fmt: skip
    elif len(first) > 1 and first.shape == other.shape and np.array_equal(first, other):
        yield Finding("seed_fixed", ("seeded",), "Two seeds gave the same weights. Does torch.manual_seed get `seed`, or a fixed number?")


def _judge_activations(output, q, may_be_tied):
    """Is the output affine in some weights (nothing after the last layer), and not in others (an activation before it)?"""
    moved = [change for change in output["moved"] if change.shape == (2, *q.shape)]
    affine = np.array([_affine(q, one, two) for one, two in moved]).reshape(-1, q.shape[1])  # (weights, A)
    matters = np.array([np.abs(two - q).max(0) > 1e-4 for _, two in moved]).reshape(-1, q.shape[1])
    weighs = np.array([np.ptp(two - q, axis=0) > 1e-4 for _, two in moved]).reshape(-1, q.shape[1])  # not only a bias
    linear_output = np.all(np.any(affine & weighs, axis=0))
    undone = q, output["q_halfway"]
    if not linear_output:
        seen = np.concatenate([q[None], *moved])
        key, _, inverse, message = next(
            (entry for entry in OUTPUTS if entry[1](seen)),
            ("nonlinear_output", None, None, "The Q-values are not a linear function of the last layer's weights. Something comes after the last "
             "layer; return its output as it is."),
        )  # fmt: skip
        yield Finding(key, ("output",), message, named=key != "nonlinear_output")
        with np.errstate(all="ignore"):
            undone = tuple(inverse(values) for values in undone) if inverse else undone
    elif q.shape[1] > 1 and not may_be_tied and _are_tied(q):
        yield Finding("tied_output", ("output",), "The Q-values of a state are tied to each other: all but one fix the last. Is there a normalisation after the last "
                      "layer, or is their mean taken off? Return the last layer's output as it is.")  # fmt: skip
    if _is_straight(*undone):
        yield Finding("no_activation", ("hidden",), "Between the layers nothing bends: the network computes a linear function of the state, however many "
                      "layers it has. Put an activation such as F.relu after each hidden layer.")  # fmt: skip
    elif linear_output and np.all(affine | ~matters):
        yield Finding("no_hidden_layer", ("hidden",), "The Q-values bend with the state, but not inside the network: the activation must come after a hidden "
                      "layer, not before the first one.")  # fmt: skip


def _affine(start, one, two):
    """For each action: do two equal steps of a weight change the Q-values by twice the change of one?"""
    bend = np.abs(two - 2 * one + start).max(0)
    return bend <= 1e-3 * np.abs(two - start).max(0) + 1e-4


def _are_tied(q):
    """Do the Q-values (B, A) of all states fulfil one linear equation?"""
    sizes = np.linalg.svd(q - q.mean(0), compute_uv=False)
    return len(q) > 2 * q.shape[1] and sizes[-1] < 1e-5 * sizes[0]


def _is_straight(q, halfway):
    """Is Q halfway between two states the mean of their Q-values? Pairs where it is not known are left out."""
    middle = (q + q[::-1]) / 2
    known = np.isfinite(middle) & np.isfinite(q - q[::-1]) & np.isfinite(halfway)
    bend, size = np.abs(halfway - middle)[known], np.abs(q - q[::-1])[known]
    return bend.size > 0 and bend.max() <= 1e-3 * size.max()


QNetwork = Check("QNetwork", BEHAVIOURS, _cases, _call, _judge, _load)
