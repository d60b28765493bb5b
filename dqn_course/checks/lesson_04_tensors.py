"""The checks of ``to_batch`` and ``chosen_q``: tensors of the right shape, dtype and device, with the right numbers."""

import contextlib

import numpy as np
import torch

from dqn_course.checks import student
from dqn_course.checks.core import Behaviour, Case, Check, Finding, close, rows

BATCH_BEHAVIOURS = (
    Behaviour("row", 1, "the state's numbers as a batch of one row, shape (1, n), whatever n is"),
    Behaviour("dtype", 0.5, "float32, whatever the array was"),
    Behaviour("device", 0.5, "on the device that was asked for"),
)
BATCH = tuple(behaviour.name for behaviour in BATCH_BEHAVIOURS)
ELSEWHERE = "meta"
"""A device that every machine has besides the CPU: its tensors have a shape and a dtype, but no numbers."""

CHOSEN_BEHAVIOURS = (
    Behaviour("chosen", 1, "from each row the value of the action that was taken there"),
    Behaviour("shape", 1, "one value a row, shape (B, 1), for every batch size", needs=("chosen",)),
    Behaviour("gradient", 1, "gradients flow back to these values, and to no others", needs=("chosen",)),
)
CHOSEN = tuple(behaviour.name for behaviour in CHOSEN_BEHAVIOURS)

SAYS = {
    "not_a_tensor": "{} returned {}. It should be a tensor.",
    "no_batch": "The shape is ({0},): one list of numbers. A batch has one more pair of brackets around it, shape "
    "(1, {0}): `.unsqueeze(0)`.",
    "column": "The shape is ({0}, 1): {0} rows with one number each. One state is one row, shape (1, {0}): "
    "`.unsqueeze(0)`.",
    "too_many": "The shape is {1}: too many pairs of brackets. One is enough, shape (1, {0}).",
    "other_shape": "The shape should be (1, {0}), one row with {0} numbers; it is {1}.",
    "whole_numbers": "The fractions are gone. Which step makes whole numbers of them?",
    "wrong_numbers": "The numbers are not those of the state.",
    "state_changed": "The state itself is not the same after the call. Make a new tensor, and leave the array alone.",
    "float64": "The tensor is float64. Layers are float32, and so must be what goes in: `.float()`.",
    "other_dtype": "The dtype should be torch.float32; it is {}.",
    "wrong_device": "The tensor is on the device {}; {} was asked for. `.to(device)` takes it there.",
    "largest": "This is the largest value of each row. Asked for is the value of the action that was taken, good or "
    "bad: use `actions`.",
    "smallest": "This is the smallest value of each row. Asked for is the value of the action in `actions`.",
    "first_action": "This is the value of action 0 in every row. Use `actions`.",
    "first_row": "Every row gets the action of the first row. Each row has its own.",
    "over_the_batch": "This goes along the rows, dim=0: the action's number is taken for a row's number. Actions are "
    "columns: dim=1.",
    "flat_index": "The table is read as one long list here, so all the values come from its first row. Go row by row: "
    "gather with dim=1.",
    "one_before": "This is the value of the action before the one that was taken. Actions count from 0, as columns do.",
    "one_after": "This is the value of the action after the one that was taken. Actions count from 0, as columns do.",
    "absolute": "The values have lost their sign. Return them as they are.",
    "no_negative": "Negative values count as 0 here. Return them as they are.",
    "coarse": "The values are nearly right: they have lost digits on the way. Stay with float32.",
    "action_number": "These are the numbers of the actions, not their values.",
    "mean": "This is the mean of each row. Asked for is the value of the action that was taken.",
    "sum": "This is the sum of each row. Asked for is the value of the action that was taken.",
    "weighted": "This multiplies values by the action's number. The number says where to look, not how much it counts.",
    "wrong_values": "These are not the values of the actions that were taken.",
    "every_pair": "The result has shape {}: for every row, the actions of all rows. That is what q_values[:, ...] "
    "does, and also an index of shape (B, 1) beside one of shape (B,). Each row has one action: gather.",
    "all_actions": "The result has shape {}: a value for every action. One a row is asked for, shape ({}, 1).",
    "one_number": "The result is one number for the whole batch. One a row is asked for, shape ({1}, 1).",
    "flat": "The shape is {}. Next to targets of shape (B, 1), that is the trap from above. Keep (B, 1), here ({}, 1).",
    "wrong_shape": "The shape should be ({1}, 1), one value a row; it is {0}.",
    "values_changed": "q_values is not the same after the call. Read from it, and leave it as it is.",
    "no_gradient": "The values are right, but no gradient can flow back: the network would learn nothing. Something "
    "cuts them off: torch.no_grad(), .detach(), .data, .item(), .tolist(), NumPy, or a new torch.tensor(...).",
    "actions_changed": "`actions` is not the same after the call. Read from it, and leave it as it is.",
    "wrong_gradient": "Gradients reach other values than those of the chosen actions.",
    "other_strength": "The gradient arrives at the right values, but {:.3g} times as large as it should be. Return the "
    "values as they are.",
}


# --- to_batch


def _batch_cases(rng):
    def case(name, numbers, dtype, device="cpu", proves=BATCH):
        values = {"state": np.asarray(numbers, dtype), "device": device}
        return Case(name, proves, values)

    n = int(rng.integers(3, 12))
    return [
        case("the state [0.5, -1.25, 3.0] as float64", [0.5, -1.25, 3.0], np.float64, proves=("row",)),
        case("8 numbers as float32", rng.normal(0, 2, 8), np.float32),
        case(f"{n} numbers as float64, some large", rng.normal(0, 100, n), np.float64, proves=("row",)),
        case("a state of one number", rng.normal(0, 2, 1), np.float64, proves=("row",)),
        case("another device than the CPU", rng.normal(0, 2, 8), np.float32, ELSEWHERE, ("device",)),
    ]


def _call_to_batch(to_batch, values):
    given = values["state"].copy()
    result = to_batch(given, torch.device(values["device"]))
    if result is None:
        student.array(result, "to_batch")
    if not isinstance(result, torch.Tensor):
        raise student.AnswerError("not_a_tensor", SAYS["not_a_tensor"].format("to_batch", student.named(result)))
    numbers = np.zeros(tuple(result.shape)) if result.device.type == ELSEWHERE else student.array(result, "to_batch")
    output = {"numbers": numbers, "dtype": str(result.dtype).removeprefix("torch."), "device": result.device.type}
    return {**output, "state_after": given}


def _judge_to_batch(values, output):
    state, got = values["state"], output["numbers"]
    if output["device"] != values["device"]:
        yield Finding("wrong_device", ("device",), SAYS["wrong_device"].format(output["device"], values["device"]))
    if values["device"] == ELSEWHERE:
        return
    yield from _judge_row(state, got, 1e-6 if output["dtype"] in ("float32", "float64") else 1e-2)
    if output["dtype"] != "float32":
        key = "float64" if output["dtype"] == "float64" else "other_dtype"
        yield Finding(key, ("dtype",), SAYS[key].format(output["dtype"]))
    if not np.array_equal(output["state_after"], state):
        yield Finding("state_changed", ("row",), SAYS["state_changed"])


def _judge_row(state, got, tolerance):
    """``tolerance``: how far the numbers may be off, as a share of them; another dtype is a finding of its own."""
    n = len(state)
    if got.shape != (1, n):
        key = "too_many" if got.size == n and got.ndim > 2 else "other_shape"
        key = {(n,): "no_batch", (n, 1): "column"}.get(got.shape, key)
        yield Finding(key, ("row",), SAYS[key].format(n, got.shape), named=key != "other_shape")
    if got.size != n or n == 1 or np.all(np.isclose(got.reshape(n), state, rtol=tolerance, atol=tolerance)):
        return
    whole = any(np.array_equal(got.reshape(n), cut(state)) for cut in (np.trunc, np.round, np.floor))
    key = "whole_numbers" if whole else "wrong_numbers"
    labels = [f"number {i}" for i in range(n)]
    yield Finding(key, ("row",) if whole else BATCH, SAYS[key], rows(labels, state, got.reshape(n)), named=whole)


to_batch = Check("to_batch", BATCH_BEHAVIOURS, _batch_cases, _call_to_batch, _judge_to_batch)


# --- chosen_q

CHOSEN_MISTAKES = {
    "largest": lambda q, a: q.max(1),
    "smallest": lambda q, a: q.min(1),
    "first_action": lambda q, a: q[:, 0],
    "first_row": lambda q, a: q[:, a[0]],
    "over_the_batch": lambda q, a: q[a, 0],
    "flat_index": lambda q, a: q.ravel()[a],
    "one_after": lambda q, a: q[np.arange(len(a)), (a + 1) % q.shape[1]],
    "absolute": lambda q, a: np.abs(q[np.arange(len(a)), a]),
    "no_negative": lambda q, a: np.maximum(q[np.arange(len(a)), a], 0),
    "one_before": lambda q, a: q[np.arange(len(a)), a - 1],
    "action_number": lambda q, a: a,
    "mean": lambda q, a: q.mean(1),
    "sum": lambda q, a: q.sum(1),
    "weighted": lambda q, a: q[np.arange(len(a)), a] * a,
}
"""What known mistakes give, (B,), for q (B, A) and a (B,)."""


def _chosen_cases(rng):
    def case(name, q_values, actions):
        values = {"q_values": np.asarray(q_values, float), "actions": np.asarray(actions, np.int64)}
        return Case(name, CHOSEN, values | {"weights": rng.uniform(0.5, 2, len(actions)).round(2)})

    def random_case(batch, actions, name, size=9):
        q_values = rng.uniform(-size, size, (batch, actions)).round(2)
        taken = rng.permutation(np.arange(batch) % actions)  # every action is taken somewhere
        return case(name, q_values, taken)

    return [
        case("three rows to check by hand", [[2, 5, 3, 1], [0, -1, 4, -2], [7, 6, -3, 0.5]], [2, 0, 1]),
        random_case(7, 4, "7 rows, 4 actions"),
        random_case(5, 5, "5 rows, 5 actions"),
        random_case(32, 6, "32 rows, 6 actions, some values large", size=300),
        case("a batch of one row", [[1.5, -4, 2, 1]], [1]),
    ]


def _call_chosen_q(chosen_q, values):
    leaf = torch.tensor(values["q_values"], dtype=torch.float32, requires_grad=True)
    q_values = leaf * 1  # as the output of a network, no leaf: working in place is possible
    actions = torch.tensor(values["actions"]).unsqueeze(1)
    result = chosen_q(q_values, actions)
    output = {"values": student.array(result, "chosen_q"), "q_after": student.array(q_values)}
    output["actions_after"] = student.array(actions).ravel()
    output["gradient"] = None
    if not isinstance(result, torch.Tensor):
        output["kind"] = student.named(result)
    elif result.requires_grad and result.numel() == len(values["weights"]):
        weights = torch.tensor(values["weights"], dtype=result.dtype)
        with contextlib.suppress(RuntimeError):  # where values were overwritten
            (result.flatten() * weights).sum().backward()
            output["gradient"] = student.array(torch.zeros_like(leaf) if leaf.grad is None else leaf.grad)
    return output


def _judge_chosen_q(values, output):
    q, a = values["q_values"], values["actions"]
    batch, got = len(a), output["values"]
    expected = q[np.arange(batch), a]
    changed = not np.allclose(output["q_after"], q, atol=1e-4)
    if changed:
        yield Finding("values_changed", ("gradient",), SAYS["values_changed"])
    if not np.array_equal(output["actions_after"], a):
        changed = True
        yield Finding("actions_changed", ("gradient",), SAYS["actions_changed"])
    if got.size != batch:
        pairs = got.size == batch * batch != q.size or got.shape in ((batch, batch, 1), (batch, 1, batch))
        key = "every_pair" if pairs else "all_actions" if got.size == q.size else "wrong_shape"
        key = "one_number" if got.size == 1 else key
        square = q.shape == (batch, batch) and got.shape != (batch, batch, 1)  # then it could be either
        sure = batch > 1 and not square
        yield Finding(key, CHOSEN, SAYS[key].format(got.shape, batch), named=sure)
        return
    labels = [f"row {i}, action {action}" for i, action in enumerate(a)]
    if not np.all(close(got.reshape(batch), expected)):
        fitting = tuple(key for key, gives in CHOSEN_MISTAKES.items() if _fits(gives, q, a, got))
        if not fitting and np.allclose(got.reshape(batch), expected, rtol=5e-3, atol=5e-3):
            fitting = ("coarse",)
        sure = batch > 1 and len(fitting) == 1
        key = fitting[0] if fitting and batch > 1 else "wrong_values"  # a single row fits many mistakes
        comparison = rows(labels, expected, got.reshape(batch))
        yield Finding(key, ("chosen",), SAYS[key], comparison, named=sure, could_be=fitting)
        return
    if got.shape != (batch, 1):
        key = "flat" if got.ndim < 2 else "wrong_shape"
        yield Finding(key, ("shape",), SAYS[key].format(got.shape, batch), named=batch > 1)
    if "kind" in output:
        yield Finding("not_a_tensor", ("shape", "gradient"), SAYS["not_a_tensor"].format("chosen_q", output["kind"]))
    elif changed:
        return  # the gradient went with the values
    elif output["gradient"] is None or not output["gradient"].any():
        yield Finding("no_gradient", ("gradient",), SAYS["no_gradient"])
    else:
        gradient = np.zeros_like(q)
        gradient[np.arange(batch), a] = values["weights"]
        if np.allclose(output["gradient"], gradient, rtol=5e-3):
            return
        factor = float((output["gradient"] * gradient).sum() / (gradient**2).sum())
        key = "other_strength" if np.all(close(output["gradient"], factor * gradient)) else "wrong_gradient"
        yield Finding(key, ("gradient",), SAYS[key].format(factor))


def _fits(gives, q, a, got):
    try:
        return bool(np.all(close(got.reshape(len(a)), gives(q, a))))
    except IndexError:
        return False


chosen_q = Check("chosen_q", CHOSEN_BEHAVIOURS, _chosen_cases, _call_chosen_q, _judge_chosen_q)
