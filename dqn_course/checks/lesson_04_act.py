"""The check of ``greedy_action``: which action comes out, and how the network was used."""

import numpy as np
import torch
from torch import nn

from dqn_course.checks import student
from dqn_course.checks.core import Behaviour, Case, Check, Finding, rows

BEHAVIOURS = (
    Behaviour("action", 1, "the action with the largest value"),
    Behaviour("kind", 0.5, "as a whole number", needs=("action",)),
    Behaviour("modes", 1, "in eval mode during the pass, in training mode afterwards", needs=("action",)),
    Behaviour("no_graph", 0.5, "without recording a graph", needs=("action",)),
)
AGAIN = 4
"""So many more times is each state asked about."""
EVERYTHING = tuple(behaviour.name for behaviour in BEHAVIOURS)

SAYS = {
    "chance": "Asked again about the same state, it gives another action. The greedy one is never random: argmax.",
    "second_best": "This is the action with the second largest value. Take the largest: argmax.",
    "one_after": "This is one more than the action with the largest value. Actions count from 0, as positions do.",
    "last_action": "This is always the last action. Take the argmax of the values.",
    "not_called": "greedy_action never calls the network.",
    "no_batch": "The network got an input of shape {}. It takes a batch, here of one state: (1, {}).",
    "wrong_input": "The network got other numbers than those of the state.",
    "several_states": "The network was given {} rows. It is one state, so one row.",
    "smallest": "This is the action with the smallest value, or with the largest one regardless of its sign. Take the "
    "argmax of the values as they are.",
    "the_value": "This is the largest value itself. Asked for is its position: argmax.",
    "first_action": "This is always action 0. `argmax` over dim=0 of one row does that; take dim=1, or no dim. So does "
    "a function that makes all the values alike.",
    "wrong_action": "This is not the action with the largest value.",
    "no_number": "greedy_action returned {}, not the number of an action.",
    "tensor": "The action is right, but it is a tensor. An environment wants a plain int: `.item()`, or int(...).",
    "not_whole": "The action is right, but it is {}. An environment wants a plain int: int(...).",
    "training_mode": "During the pass the network is in training mode. Call network.eval() before it.",
    "left_in_eval": "Afterwards the network is still in eval mode, and Dropout would be off in all the training that "
    "follows. Call network.train().",
    "graph": "The pass is recorded for a backward() that never comes, and eval() does not switch that off. Put it into "
    "`with torch.no_grad():`.",
    "gradients_off": "Afterwards gradients are still switched off everywhere. Use `with torch.no_grad():`, which ends "
    "with its block.",
    "weights_frozen": "Afterwards the weights have requires_grad=False, and could not be trained any more. Use `with "
    "torch.no_grad():`.",
}


class _Watched(nn.Module):
    """A linear network that writes down how it is used. In training mode it gives other values, as with Dropout."""

    def __init__(self, weight, bias, seen):
        super().__init__()
        self.linear = nn.Linear(weight.shape[1], weight.shape[0])
        with torch.no_grad():
            self.linear.weight.copy_(torch.from_numpy(weight))
            self.linear.bias.copy_(torch.from_numpy(bias))
        self.dropout = nn.Dropout(0.5)
        self.record = seen.append  # not the list itself: a copy of the network writes into the same one

    def forward(self, state):
        q_values = self.linear(state)
        q_values = -q_values if self.dropout.training else q_values
        self.record((state, q_values, self.dropout.training))
        return q_values


def _greedy_cases(rng):
    def case(name, n, actions, dtype, best, training=True, low=False):
        state = rng.normal(0, 1, n).round(2)
        weight = rng.normal(0, 1, (actions, n)).round(2)
        for _ in range(1000):
            q_values = rng.permutation(np.arange(actions) * 1.5 - rng.uniform(3, 4)).round(2)  # no two alike
            if low:
                q_values = rng.permutation(np.arange(actions) / 100 - 240.02)  # all below 0, and close together
            top = int(q_values.argmax())
            q_values[[top, best]] = q_values[[best, top]]
            worst, second = q_values.argmin(), q_values.argsort()[-2]
            if len({0, best, worst, second, best + 1}) == (5 if best else 4):  # each mistake gives another action
                break
        bias = q_values - weight @ state
        values = {"state": state.astype(dtype), "weight": weight, "bias": bias, "training": training}
        return Case(name, EVERYTHING if training else ("action",), values)

    return [
        case("8 numbers, 4 actions, the last one best", 8, 4, np.float32, best=3),
        case("3 numbers as float64, 5 actions", 3, 5, np.float64, best=int(rng.integers(1, 5))),
        case("8 numbers, 4 actions, action 0 best", 8, 4, np.float32, best=0),
        case("4 numbers, 5 actions, all values near -240", 4, 5, np.float32, best=4, low=True),
        case("a network that is in eval mode already", 4, 6, np.float32, best=int(rng.integers(1, 6)), training=False),
    ]


def _call_greedy_action(greedy_action, values):
    seen = []
    network = _Watched(values["weight"], values["bias"], seen).train(values["training"])
    result = greedy_action(network, values["state"].copy())
    again = []
    if isinstance(result, int | np.integer) and seen:
        with torch.random.fork_rng([]):
            torch.manual_seed(int(1e6 * abs(values["state"][0])))
            network.record = lambda entry: None
            for _ in range(AGAIN):
                again.append(greedy_action(network.train(values["training"]), values["state"].copy()))
    output = {
        "chance": any(other != result for other in again),
        "gradients_on": torch.is_grad_enabled(),
        "calls": len(seen),
        "kind": student.named(result),
    }
    torch.set_grad_enabled(True)
    output["weights_free"] = all(weight.requires_grad for weight in network.parameters())
    output["training_after"] = all(module.training for module in network.modules())
    output["is_tensor"] = isinstance(result, torch.Tensor)
    output["is_int"] = isinstance(result, int | np.integer) and not isinstance(result, bool)
    output["action"] = student.array(result, "greedy_action")
    if seen:
        state, q_values, _ = seen[-1]
        output["input"], output["q_values"] = student.array(state), student.array(q_values).reshape(-1)
        output["graph"] = any(q_values.requires_grad for _, q_values, _ in seen)
        output["training"] = any(training for _, _, training in seen)
    return output


def _judge_greedy_action(values, output):
    if not output["calls"]:
        yield Finding("not_called", EVERYTHING, SAYS["not_called"])
        return
    yield from _judge_surroundings(values, output)
    state, given, q = values["state"], output["input"], output["q_values"]
    if given.shape != (1, len(state)):
        key = "several_states" if given.ndim == 2 and given.size % len(state) == 0 else "no_batch"
        numbers = (len(given),) if key == "several_states" else (given.shape, len(state))
        yield Finding(key, ("action",), SAYS[key].format(*numbers))
        return
    if not np.allclose(given[0], state, atol=1e-3):
        yield Finding("wrong_input", ("action",), SAYS["wrong_input"])
        return
    if output["chance"]:
        yield Finding("chance", ("action",), SAYS["chance"])
        return
    if output["action"].size != 1:
        yield Finding("no_number", ("action",), SAYS["no_number"].format(output["kind"]))
        return
    action, best = float(output["action"].reshape(())), int(q.argmax())
    if action != best:
        mistakes = {"smallest": q.argmin(), "the_value": q.max(), "first_action": 0, "second_best": q.argsort()[-2]}
        mistakes |= {"one_after": best + 1, "last_action": len(q) - 1}
        fitting = [key for key, gives in mistakes.items() if np.isclose(gives, action)]
        if int(q.max()) == action and not 0 <= action < len(q):
            fitting.append("the_value")
        key = fitting[0] if fitting else "wrong_action"
        labels = ["action with the largest value"]
        yield Finding(
            key,
            ("action",),
            SAYS[key],
            rows(labels, [best], [action]),
            named=len(fitting) == 1,
            could_be=tuple(fitting),
        )
    elif not output["is_int"]:
        key = "tensor" if output["is_tensor"] else "not_whole"
        yield Finding(key, ("kind",), SAYS[key].format(output["kind"]))


def _judge_surroundings(values, output):
    if output["training"] and values["training"]:
        yield Finding("training_mode", ("modes",), SAYS["training_mode"])
    if values["training"] and not output["training_after"]:
        yield Finding("left_in_eval", ("modes",), SAYS["left_in_eval"])
    if output["graph"]:
        yield Finding("graph", ("no_graph",), SAYS["graph"])
    if not output["gradients_on"]:
        yield Finding("gradients_off", ("no_graph",), SAYS["gradients_off"])
    if not output["weights_free"]:
        yield Finding("weights_frozen", ("no_graph",), SAYS["weights_frozen"])


greedy_action = Check("greedy_action", BEHAVIOURS, _greedy_cases, _call_greedy_action, _judge_greedy_action)
