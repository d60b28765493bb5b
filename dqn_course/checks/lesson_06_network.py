"""The check of ``QNetwork``: what a network computes and how it can be trained, never how it is written."""

import numpy as np
import torch
from torch import nn

from dqn_course.checks import student
from dqn_course.checks.core import Behaviour, Case, Check, Finding, rows

BEHAVIOURS = (
    Behaviour(
        "shapes", 0.5, "states (B, state_size) give Q-values (B, action_size), row by row", needs=("hidden", "output")
    ),
    Behaviour("hidden", 1, "hidden layers with an activation between the layers"),
    Behaviour("output", 1, "a linear output: Q-values may be any number"),
    Behaviour("trained", 1, "the optimizer finds every layer, and gradients reach it", needs=("hidden", "output")),
    Behaviour("seeded", 0.5, "same seed, same first weights; another seed, others", needs=("hidden", "output")),
)
SINGLE_STATES = 3
"""So many states are also given one by one."""
OTHER_SIZES = {"fc1_units": 5, "fc2_units": 7}
"""Hidden layers of these sizes are tried too, where the class takes them."""
MOVED_WEIGHTS = 24
"""So many weight tensors are moved at most, to see what they do."""

SAYS = {
    "not_a_module": "QNetwork makes {}; it must be an nn.Module: `class QNetwork(nn.Module)`.",
    "shape": "For states of shape {} the Q-values should have shape {}; they have {}. {}",
    "shape_one": "There must be one Q-value for each action, not one for each state.",
    "shape_swapped": "Rows and columns are swapped.",
    "shape_actions": "Is the last layer made with action_size, here {}?",
    "single_state": "For one state, shape (1, {}), the Q-values should have shape (1, {}); they have {}. Is there a "
    "squeeze() too many?",
    "rows_mixed": "The Q-values of a state change with the other states in the batch. Does something run over dim=0, "
    "the batch?",
    "not_finite": "Some Q-values are infinite or not a number.",
    "input_changed": "forward changes the states that it is given. Which operation works in place (a name that ends in "
    "_, an assignment like +=, or `inplace=True`)?",
    "state_ignored": "The Q-values do not depend on all numbers of the state: number {} changes nothing. The first "
    "layer takes all state_size numbers.",
    "same_for_all": "All actions of a state get the same Q-value. The last layer needs one output per action.",
    "random_output": "The same states give other Q-values the second time. A network in eval() mode must not draw "
    "random numbers.",
    "constant": "Every state gets the same Q-values. Does forward use `state`?",
    "no_weights": "The network has no weights to train. Make the layers in __init__ and keep them: "
    "`self.fc1 = nn.Linear(...)`.",
    "not_registered": "forward uses weights that the optimizer will never see (shapes {}). Layers must be attributes "
    "of self, not entries of a plain list or new ones made in forward; for a list take nn.ModuleList or nn.Sequential.",
    "plain_tensor": "`self.{}` is a plain tensor, so the optimizer never sees it. Use nn.Linear, or wrap it in "
    "nn.Parameter.",
    "no_gradient": "No gradient can flow back from the Q-values. Something in forward cuts it: torch.no_grad(), "
    ".detach(), .data, or NumPy.",
    "frozen": "These weights may not change, because requires_grad is False: {}.",
    "unused": "No gradient reaches {}, because forward does not use it. Does each layer stand in forward?",
    "cut_off": "forward uses {}, but no gradient gets there. Look for .detach(), .data, torch.no_grad() or NumPy in "
    "forward.",
    "seed_ignored": "The same seed gave other weights the second time. Is torch.manual_seed(seed) called, and before "
    "the layers are made?",
    "seed_fixed": "Two seeds gave the same weights. Does torch.manual_seed get `seed`, or a fixed number?",
    "no_activation": "Between the layers nothing bends: the network computes a linear function of the state, however "
    "many layers it has. Put an activation such as F.relu after each hidden layer.",
    "no_hidden_layer": "The Q-values bend with the state, but not inside the network: the activation must come after a "
    "hidden layer, not before the first one.",
    "no_activation_between": "There is no activation between {} and {}: two linear layers in a row are one. Put F.relu "
    "around the first one's output.",
    "one_hidden_layer": "The network has one hidden layer; the exercise asks for two, with fc1_units and fc2_units.",
    "sizes": "With fc1_units={} and fc2_units={} the network fails: {}. fc1 has fc1_units outputs, which are the "
    "inputs of fc2; the inputs of fc3 are the fc2_units outputs of fc2.",
    "argmax_output": "The Q-values are whole numbers, such as argmax gives. Return the values themselves; the agent "
    "picks the best action.",
    "softmax_output": "The Q-values of a state are positive and add up to 1, so there is a softmax at the end. "
    "Q-values are scores to come, not chances: return the last layer's output as it is.",
    "softmax_batch": "Each column of Q-values adds up to 1, so there is a softmax over the batch at the end. Return "
    "the last layer's output as it is.",
    "log_softmax_output": "There is a log_softmax at the end: the exponentials of the Q-values add up to 1. Return the "
    "last layer's output as it is.",
    "sigmoid_output": "All Q-values lie between 0 and 1, so there is a sigmoid at the end. Returns can be -100 or "
    "+200: return the last layer's output as it is.",
    "tanh_output": "All Q-values lie between -1 and 1, so there is a tanh at the end. Returns can be -100 or +200: "
    "return the last layer's output as it is.",
    "relu_output": "No Q-value is ever negative: there is a ReLU after the last layer. A crash is worth about -100, "
    "and the network must be able to say so.",
    "positive_output": "No Q-value is ever negative. A crash is worth about -100, and the network must be able to say "
    "so: nothing comes after the last layer.",
    "tied_output": "The Q-values of a state are tied to each other: all but one fix the last. Is there a normalisation "
    "after the last layer, or is their mean taken off? Return the last layer's output as it is.",
    "nonlinear_output": "The Q-values are not a linear function of the last layer's weights. Something comes after the "
    "last layer; return its output as it is.",
}

OUTPUTS = {
    "argmax_output": (lambda q: np.all(q == np.round(q)), None),
    "softmax_output": (lambda q: np.all(q >= 0) and _all_one(q.sum(-1)), lambda q: _centred(np.log(q))),
    "softmax_batch": (lambda q: np.all(q >= 0) and _all_one(q.sum(-2)), None),
    "log_softmax_output": (lambda q: _all_one(np.exp(q).sum(-1)), lambda q: _centred(q)),
    "sigmoid_output": (lambda q: np.all((q >= 0) & (q <= 1)), lambda q: np.log(q / (1 - q))),
    "tanh_output": (lambda q: np.all(np.abs(q) <= 1), np.arctanh),
    "relu_output": (lambda q: np.all(q >= 0) and np.any(q == 0), lambda q: np.where(q > 0, q, np.nan)),
    "positive_output": (lambda q: np.all(q > 0), None),
}
"""How an activation after the last layer shows in Q-values (..., B, A), and what undoes it, where that is possible."""


def _all_one(sums):
    return np.allclose(sums, 1, atol=1e-3)


def _centred(q):
    return q - q.mean(-1, keepdims=True)


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

    return [
        case("8 numbers in, 4 actions", tuple(behaviour.name for behaviour in BEHAVIOURS), 32, 8, 4),
        case("3 numbers in, 2 actions", ("shapes",), 16, 3, 2),
        case("5 numbers in, 6 actions", ("shapes",), 16, 5, 6),
    ]


def _load(answer):
    return student.class_of(answer, "QNetwork")


def _call(network_class, values):
    """What a judge needs to know about one network, as arrays.

    Q-values and gradients are taken after all weights were shaken a little: an output layer may start at zero.
    """
    seed, other_seed = values["seeds"]
    first, twin, other = (_make(network_class, values, s, number) for number, s in enumerate((seed, seed, other_seed)))
    states = torch.from_numpy(values["states"])
    noise = torch.Generator().manual_seed(values["noise_seed"])

    matrices = sum(parameter.ndim >= 2 for parameter in first.parameters())
    linear = sum(isinstance(module, nn.Linear) for module in first.modules())
    touching = _touching_layers(first, states)
    sizes_error = _sizes_error(network_class, values, states)
    strays = _strays(first, states)
    weights = {**dict(first.named_parameters()), **strays}
    output = {"names": list(weights), "strays": [list(weight.shape) for weight in strays.values()]}
    output |= {"one_hidden_layer": linear == matrices == 2, "touching": touching, "sizes_error": sizes_error}
    output["plain_tensors"] = _seeded_tensors(first, other)
    for name, network in (("first", first), ("twin", twin), ("other", other)):
        found = [*network.parameters(), *_strays(network, states).values()]
        output[f"weights_{name}"] = np.concatenate([[0.0], *(_fingerprint(weight) for weight in found)])
    _shake(weights.values(), noise)
    output.update(_gradients(first, states, weights, noise))

    first.eval()
    given = states.clone()
    first(given)
    output["states_after"] = student.array(given)
    output["q"] = _forward(first, states)
    output["q_again"] = _forward(first, states)
    output["q_rows"] = [_forward(first, state.unsqueeze(0)) for state in states[:SINGLE_STATES]]
    output["q_halfway"] = _forward(first, (states + states.flip(0)) / 2)
    output["q_without"] = [_forward(first, _shuffled(states, number)) for number in range(values["state_size"])]
    output["moved"] = [_moved(first, states, weight, noise) for weight in list(weights.values())[:MOVED_WEIGHTS]]
    return output


def _make(network_class, values, seed, number):
    student.seed_generators(1000 + number)  # so that a network which ignores its seed is found out
    network = network_class(values["state_size"], values["action_size"], seed)
    if not isinstance(network, nn.Module):
        raise student.AnswerError("not_a_module", SAYS["not_a_module"].format(student.named(network)))
    return network


def _touching_layers(network, states):
    """Pairs of names of linear layers where the second takes the first one's output as it is."""
    seen, touching, hooks = [], [], []
    for name, module in network.named_modules():
        if isinstance(module, nn.Linear):

            def hook(module, given, result, name=name):
                touching.extend([earlier, name] for earlier, before in seen if torch.equal(before, given[0]))
                seen.append((name, result.detach().clone()))  # an activation in place would change it

            hooks.append(module.register_forward_hook(hook))
    with torch.no_grad():
        network(states.clone())
    for hook in hooks:
        hook.remove()
    return touching


def _sizes_error(network_class, values, states):
    """What goes wrong when the two hidden layers have different sizes; "" if nothing does."""
    try:
        network = network_class(values["state_size"], values["action_size"], 0, **OTHER_SIZES)
    except Exception as error:
        refused = isinstance(error, TypeError) and "unexpected keyword" in str(error)
        return "" if refused else str(error)[:200]
    try:
        with torch.no_grad():
            network(states.clone())
    except Exception as error:
        return str(error)[:200]
    return ""


def _forward(network, states):
    with torch.no_grad():
        return student.array(network(states.clone()), "forward")


def _shuffled(states, number):
    """The states with one of their numbers taken from another state."""
    states = states.clone()
    states[:, number] = states[:, number].roll(1)
    return states


def _strays(network, states):
    """Trainable tensors that forward uses but that are no parameters of ``network``, by an invented name."""
    result = network(states.clone())
    known = {id(parameter) for parameter in network.parameters()}
    found, nodes, seen = {}, [getattr(result, "grad_fn", None)], set()
    while nodes:
        node = nodes.pop()
        if node is None or node in seen:
            continue
        seen.add(node)
        weight = getattr(node, "variable", None)  # a leaf of the graph
        if weight is not None and id(weight) not in known:
            known.add(id(weight))
            found[f"unregistered {len(found)}"] = weight
        nodes += [following for following, _ in node.next_functions]
    return found


def _seeded_tensors(first, other):
    """Names of plain tensors among the attributes that differ with the seed: weights that nobody trains."""
    return [
        name
        for name, value in vars(first).items()
        if isinstance(value, torch.Tensor)
        and isinstance(vars(other).get(name), torch.Tensor)
        and not torch.equal(value, vars(other)[name])
    ]


def _fingerprint(weight):
    """A few numbers that tell one tensor of weights from another, however large it is."""
    weight = weight.detach().double().flatten()
    return student.array(torch.cat([weight.sum()[None], weight.abs().sum()[None], weight[:20]]))


def _shake(weights, noise):
    with torch.no_grad():
        for weight in weights:
            weight.add_(0.1 * torch.randn(weight.shape, generator=noise).to(weight))


def _gradients(network, states, weights, noise):
    """``has_graph``, and for each weight the largest gradient that arrives, and whether it is kept from changing."""
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
    moved = []
    for steps in (1, 2):
        weight.data.copy_(start + steps * step)
        moved.append(_forward(network, states))
    weight.data.copy_(start)
    return np.stack(moved)


def _judge(values, output):
    q, states, actions = output["q"], values["states"], values["action_size"]
    training = list(_judge_training(output))
    yield from training
    if q.shape == output["q_again"].shape and not np.allclose(q, output["q_again"], 1e-4, 1e-6, equal_nan=True):
        yield Finding("random_output", ("shapes", "hidden", "output", "seeded"), SAYS["random_output"])
        return
    yield from _judge_seeds(output)
    yield from _judge_shapes(values, output)
    if output["sizes_error"] and not training:
        sizes = SAYS["sizes"].format(*OTHER_SIZES.values(), output["sizes_error"])
        yield Finding("sizes", ("shapes",), sizes)
    if q.ndim != 2 or len(q) != len(states) or not np.all(np.isfinite(q)):
        return
    if np.allclose(q, q[0], rtol=1e-5, atol=1e-7):
        yield Finding("constant", ("hidden", "output", "seeded"), SAYS["constant"])
        return
    same_for_all = q.shape[1] == actions and np.allclose(q, q[:, :1], rtol=1e-5, atol=1e-7)
    if same_for_all:
        yield Finding("same_for_all", ("shapes", "output"), SAYS["same_for_all"])
    ignored = [k for k, without in enumerate(output["q_without"]) if np.allclose(without, q, rtol=1e-6, atol=1e-8)]
    if ignored:
        yield Finding("state_ignored", ("shapes",), SAYS["state_ignored"].format(ignored[0]))
    yield from _judge_activations(output, q, may_be_tied=same_for_all or values["state_size"] < actions)


def _judge_shapes(values, output):
    q, states, actions = output["q"], values["states"], values["action_size"]
    expected = (len(states), actions)
    if q.shape != expected:
        rows_are_states = q.ndim == 2 and len(q) == len(states)
        cause = SAYS["shape_actions"].format(actions) if rows_are_states else ""
        cause = SAYS["shape_one"] if q.shape == (len(states),) else cause
        cause = SAYS["shape_swapped"] if q.shape == expected[::-1] else cause
        costs = ("shapes",) if rows_are_states else ("shapes", "hidden", "output")
        yield Finding("shape", costs, SAYS["shape"].format(states.shape, expected, q.shape, cause).strip())
        return
    if not np.all(np.isfinite(q)):
        yield Finding("not_finite", ("shapes", "hidden", "output"), SAYS["not_finite"])
    for i in range(SINGLE_STATES):
        row = output["q_rows"][i]
        if row.shape != (1, actions):
            yield Finding("single_state", ("shapes",), SAYS["single_state"].format(states.shape[1], actions, row.shape))
        elif not np.allclose(row[0], q[i], rtol=1e-3, atol=1e-4):
            comparison = rows([f"state {i}: alone, and in the batch"], [row[0]], [q[i]])
            yield Finding("rows_mixed", ("shapes",), SAYS["rows_mixed"], comparison)
            break
    if not np.array_equal(output["states_after"], states):
        yield Finding("input_changed", ("shapes",), SAYS["input_changed"])


def _judge_layers(output):
    for first, second in output["touching"][:1]:
        yield Finding("no_activation_between", ("hidden",), SAYS["no_activation_between"].format(first, second))
    if output["one_hidden_layer"] and not output["strays"] and not output["plain_tensors"]:
        yield Finding("one_hidden_layer", ("hidden",), SAYS["one_hidden_layer"])


def _judge_training(output):
    names, strays = output["names"], output["strays"]
    registered = [name for name in names if not name.startswith("unregistered")]
    if strays:
        shapes = ", ".join(str(tuple(shape)) for shape in strays[:4])
        yield Finding("not_registered", ("trained",), SAYS["not_registered"].format(shapes))
    if not names:
        yield Finding("no_weights", ("trained", "seeded"), SAYS["no_weights"])
        return
    if not output["has_graph"]:
        yield Finding("no_gradient", ("trained",), SAYS["no_gradient"])
        return
    if output["plain_tensors"]:
        yield Finding("plain_tensor", ("trained",), SAYS["plain_tensor"].format(output["plain_tensors"][0]))
    frozen = [name for name, is_frozen in zip(names, output["frozen"]) if is_frozen]
    if frozen:
        yield Finding("frozen", ("trained",), SAYS["frozen"].format(_layers(frozen)))
    reached = {_layer(name) for name, largest in zip(names, output["largest_gradient"]) if largest > 0}
    idle = [name for name in registered if name not in frozen and _layer(name) not in reached]
    moving = {name for name, moved in zip(names, output["moved"]) if not np.allclose(moved, output["q"], atol=1e-6)}
    unused, cut_off = [name for name in idle if name not in moving], [name for name in idle if name in moving]
    if unused:
        yield Finding("unused", ("trained",), SAYS["unused"].format(_layers(unused)))
    if cut_off:
        yield Finding("cut_off", ("trained",), SAYS["cut_off"].format(_layers(cut_off)))


def _layer(name):
    """The layer of a weight: fc1 of fc1.bias."""
    return name.rpartition(".")[0] or name


def _layers(names):
    return ", ".join(dict.fromkeys(f"`{_layer(name)}`" for name in names))


def _judge_seeds(output):
    first, twin, other = (output[f"weights_{name}"] for name in ("first", "twin", "other"))
    if not np.array_equal(first, twin):
        yield Finding("seed_ignored", ("seeded",), SAYS["seed_ignored"])
    elif len(first) > 1 and np.array_equal(first, other):
        yield Finding("seed_fixed", ("seeded",), SAYS["seed_fixed"])


def _judge_activations(output, q, may_be_tied):
    """Nothing after the last layer: Q is affine in some weights. Activations before it: in others it is not."""
    actions = q.shape[1]
    moved = [change for change in output["moved"] if change.shape == (2, *q.shape)]
    affine = np.array([_affine(q, one, two) for one, two in moved]).reshape(-1, actions)  # (weight tensors, A)
    matters = np.array([np.abs(two - q).max(0) > 1e-4 for _, two in moved]).reshape(-1, actions)
    weighs = np.array([np.ptp(two - q, axis=0) > 1e-4 for _, two in moved]).reshape(-1, actions)  # is no mere bias
    linear_output = np.all(np.any(affine & weighs, axis=0))
    undone = q, output["q_halfway"]
    if not linear_output:
        seen = np.concatenate([q[None], *moved])
        key = next((key for key, (shows, _) in OUTPUTS.items() if shows(seen)), "nonlinear_output")
        yield Finding(key, ("output",), SAYS[key], named=key != "nonlinear_output")
        _, undo = OUTPUTS.get(key, (None, None))
        undone = tuple(undo(part) for part in undone) if undo else undone
    elif not may_be_tied and _are_tied(q):
        yield Finding("tied_output", ("output",), SAYS["tied_output"])
    if _is_straight(*undone):
        yield Finding("no_activation", ("hidden",), SAYS["no_activation"])
    elif linear_output and np.all(affine | ~matters):
        yield Finding("no_hidden_layer", ("hidden",), SAYS["no_hidden_layer"])
    else:
        yield from _judge_layers(output)


def _affine(start, one, two):
    """For each action: do two equal steps of a weight change the Q-values by twice the change of one? Shape (A,)."""
    bend = np.abs(two - 2 * one + start).max(0)
    return bend <= 1e-3 * np.abs(two - start).max(0) + 1e-4


def _are_tied(q):
    """Do the Q-values (B, A) of all states fulfil one linear equation?"""
    sizes = np.linalg.svd(q - q.mean(0), compute_uv=False)
    return sizes[-1] < 1e-5 * sizes[0]


def _is_straight(q, halfway):
    """Is Q halfway between two states the mean of their Q-values? Pairs where that is not known are left out."""
    middle, size = (q + q[::-1]) / 2, np.abs(q - q[::-1])
    known = np.isfinite(middle) & np.isfinite(size) & np.isfinite(halfway)
    bend = np.abs(halfway - middle)
    return known.any() and bend[known].max() <= 1e-3 * size[known].max()


QNetwork = Check("QNetwork", BEHAVIOURS, _cases, _call, _judge, _load)
