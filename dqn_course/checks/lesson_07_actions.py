"""The check of ``q_values_all_actions``: what the network was asked, row by row, and what was made of its answers."""

import contextlib

import numpy as np
import torch
from torch import nn

from dqn_course.checks import student
from dqn_course.checks.core import Behaviour, Case, Check, Finding, close, rows

BEHAVIOURS = (
    Behaviour("values", 2, "the network's value of every action, in the order of the actions"),
    Behaviour("shape", 0.5, "a tensor of shape (n_actions,)", needs=("values",)),
    Behaviour("passes", 0.5, "each action is asked for once, and the state stays as it was", needs=("values",)),
)
EVERYTHING = tuple(behaviour.name for behaviour in BEHAVIOURS)

SAYS = {
    "never_asked": "The network is never called.",
    "order": "The action stands before the state. A row is the state first, then the one-hot action.",
    "other_state": "The rows that the network gets do not begin with the state.",
    "not_one_hot": "The second part of a row is not a one-hot vector: a 1 at the place of the action, and 0 elsewhere.",
    "accumulated": "The 1 of one action is still there when the next one is asked for. Make a new one-hot vector for "
    "each action, or set the old 1 back to 0.",
    "same_action": "All passes are about the same action, number {}.",
    "no_first": "Action 0 is not asked for. range(n_actions) counts from 0.",
    "no_last": "The last action is not asked for. range(n_actions) ends with number n_actions - 1.",
    "fixed_number": "{} actions are asked for, whatever `n_actions` says; here it was {}.",
    "reversed": "The values are in the wrong order: the last action comes first.",
    "sorted": "The values are sorted. Entry a must be the value of action a.",
    "too_many": "The network computes {} rows for {} actions. One row for each action is enough; is the whole batch "
    "asked inside of a loop?",
    "largest": "This is the largest value alone. Return the values of all actions.",
    "argmax": "This is the position of the largest value. Return the values of all actions.",
    "last_alone": "This is the value of the last action alone. Collect the values, and return after the loop.",
    "first_alone": "This is the value of action 0 alone. Is the `return` inside of the loop?",
    "softmax": "A softmax is applied to the values. Values are returns to expect, not chances: leave them as they are.",
    "summed": "The values are added up or averaged. Return one for each action.",
    "column": "The result has the shape {}, it should be ({},). squeeze(1) takes the brackets away that the network "
    "puts around each value.",
    "not_a_tensor": "This is a {}, not a tensor. torch.cat or torch.stack makes one of a list of tensors.",
    "rounded": "The values are rounded or made whole numbers. Return them as they are.",
    "wrong_values": "These are not the values that the network gave.",
    "state_changed": "The state is not the same after the call. Leave it as it is: torch.cat makes a new tensor.",
}
HINTS = {
    r"shapes cannot be multiplied|size mismatch": "A row for this network has state_size + n_actions numbers: the "
    "state, and then a one-hot vector of the action, a 1 at its place and 0 elsewhere. Not the number of the action.",
    r"Tensors must have same number of dimensions": "torch.cat joins tensors with the same number of dimensions: "
    "(state_size,) with (n_actions,), or (n, state_size) with (n, n_actions).",
    r"Sizes of tensors must match": "torch.cat joins along dimension 0 unless told otherwise. For rows of a batch it "
    "is dim=1.",
    r"zero-dimensional tensor .* cannot be concatenated": "A number has no dimension. The action goes in as a one-hot "
    "vector of shape (n_actions,).",
    r"expected Tensor as element|must be Tensor": "torch.cat joins tensors, in a list: torch.cat([state, action]). The "
    "action goes in as a one-hot tensor, and a value stays a tensor: no .item().",
    r"expanded size of the tensor": "A state has state_size numbers, and these differ from case to case. len(state) "
    "says how many.",
}


class _Asked(nn.Module):
    """A small network that writes down the rows that it gets."""

    def __init__(self, W, b, v):
        super().__init__()
        self.first, self.second = nn.Linear(W.shape[1], W.shape[0]), nn.Linear(W.shape[0], 1)
        with torch.no_grad():
            self.first.weight.copy_(torch.from_numpy(W))
            self.first.bias.copy_(torch.from_numpy(b))
            self.second.weight.copy_(torch.from_numpy(v[None]))
            self.second.bias.fill_(0.5)
        self.rows, self.asked = [], 0

    def forward(self, x):
        result = self.second(torch.tanh(self.first(x)))  # first, so that it says what does not fit
        rows = x.reshape(-1, x.shape[-1])
        self.asked += len(rows)
        if len(self.rows) < 1_000:
            with contextlib.suppress(student.AnswerError):  # under torch.vmap nothing can be read
                self.rows += [student.array(row) for row in rows]
        return result


def _values_of(values):
    """The right values (A,)."""
    inside = np.concatenate([np.tile(values["state"], (values["n"], 1)), np.eye(values["n"])], axis=1)
    return np.tanh(inside @ values["W"].T + values["b"]) @ values["v"] + 0.5


def _cases(rng):
    def case(name, size, n, units=6):
        while True:
            values = {
                "state": rng.uniform(0.2, 1.5, size).round(2) * rng.choice([-1, 1], size),
                "n": n,
                "W": rng.normal(0, 1, (units, size + n)).round(3),
                "b": rng.normal(0, 0.5, units).round(3),
                "v": rng.normal(0, 3, units).round(3),
            }
            right = _values_of(values)
            if np.diff(np.sort(right)).min(initial=1) > 1e-3 and (n < 3 or 0 < right.argmax() < n - 1):
                return Case(name, EVERYTHING, values, hints=HINTS)

    size, n = int(rng.integers(3, 7)), int(rng.integers(5, 9))
    return [
        case("2 numbers in a state, 3 actions", 2, 3),
        case("the lander: 8 numbers, 4 actions", 8, 4),
        case(f"{size} numbers, {n} actions", size, n),
        case("5 numbers, 18 actions", 5, 18),
    ]


def _call(q_values_all_actions, values):
    network = _Asked(values["W"], values["b"], values["v"])
    state = torch.tensor(values["state"], dtype=torch.float32)
    result = q_values_all_actions(network, state, values["n"])
    kind = "" if isinstance(result, torch.Tensor | np.ndarray | np.number | float) else type(result).__name__
    if isinstance(result, list | tuple) and any(isinstance(entry, torch.Tensor) for entry in result):
        result = [student.array(entry).reshape(-1)[0] for entry in result]
    return {
        "value": student.array(result, "q_values_all_actions"),
        "kind": kind,
        "rows": [list(row) for row in network.rows],
        "asked": network.asked,
        "state_after": student.array(state),
    }


def _judge(values, output):
    n, size, got = values["n"], len(values["state"]), output["value"]
    right = _values_of(values)
    if not output["asked"]:
        yield Finding("never_asked", EVERYTHING, SAYS["never_asked"])
        return
    if not np.all(close(output["state_after"], values["state"])):
        yield Finding("state_changed", ("passes",), SAYS["state_changed"])
    fits = got.size == n and bool(np.all(close(got.reshape(-1), right)))
    if not fits:
        asked = np.array(output["rows"], float).reshape(-1, size + n)
        key, numbers = (len(asked) and _wrong_rows(values, asked)) or _wrong_result(right, got)
        compared = rows([f"action {a}" for a in range(n)], right, got.reshape(-1)) if got.size == n else ()
        yield Finding(key, EVERYTHING, SAYS[key].format(*numbers), compared, named=key != "wrong_values")
        return
    if output["kind"]:
        yield Finding("not_a_tensor", ("shape",), SAYS["not_a_tensor"].format(output["kind"]))
    elif got.shape != (n,):
        shape = f"({', '.join(map(str, got.shape))}{',' if got.ndim == 1 else ''})"
        yield Finding("column", ("shape",), SAYS["column"].format(shape, n))
    if output["asked"] > n:
        yield Finding("too_many", ("passes",), SAYS["too_many"].format(output["asked"], n))


def _wrong_rows(values, asked):
    """What is wrong with the rows (R, S + A) that the network was asked, as a key and numbers for its message."""
    n, state = values["n"], np.asarray(values["state"])
    first, second = asked[:, : len(state)], asked[:, len(state) :]
    if not np.all(close(first, state)):
        turned = np.all(close(asked[:, n:], state))
        return ("order", ()) if turned else ("other_state", ())
    actions = second.argmax(1)
    if not np.array_equal(second, np.eye(n)[actions]):
        piled_up = np.all(np.diff(second, axis=0) >= 0) and np.all(np.isin(second, (0, 1))) and len(second) > 1
        return ("accumulated", ()) if piled_up and second[-1].sum() > 1 else ("not_one_hot", ())
    seen = set(actions.tolist())
    if seen == set(range(n)):
        return None
    if len(seen) == 1 and len(asked) > 1:
        return "same_action", (actions[0],)
    if len(asked) == 1:
        return None  # one value alone is named by the result
    if seen == set(range(1, n)):
        return "no_first", ()
    if seen == set(range(n - 1)):
        return "no_last", ()
    if seen == set(range(len(seen))):
        return "fixed_number", (len(seen), n)
    return None


def _wrong_result(right, got):
    """What was made of the right answers of the network."""
    flat = got.reshape(-1)
    if flat.size == 1:
        single = float(flat[0])
        for key, value in (
            ("largest", right.max()), ("argmax", right.argmax()), ("last_alone", right[-1]), ("first_alone", right[0]),
            ("summed", right.sum()), ("summed", right.mean()),
        ):  # fmt: skip
            if close(single, value):
                return key, ()
    if flat.size == right.size:
        powers = np.exp(right - right.max())
        for key, value in (
            ("reversed", right[::-1]), ("softmax", powers / powers.sum()), ("sorted", np.sort(right)),
            ("sorted", np.sort(right)[::-1]), ("rounded", np.trunc(right)), ("rounded", right.round()),
            ("rounded", right.round(1)), ("rounded", right.round(2)),
        ):  # fmt: skip
            if np.all(close(flat, value)):
                return key, ()
    return "wrong_values", ()


q_values_all_actions = Check("q_values_all_actions", BEHAVIOURS, _cases, _call, _judge)
