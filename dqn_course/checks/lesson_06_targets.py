"""The check of ``td_targets``: y = r + gamma * (1 - d) * max over a' of Q(s', a')."""

import numpy as np
import torch

from dqn_course.checks import student
from dqn_course.checks.core import Behaviour, Case, Check, Finding, rows, show

BEHAVIOURS = (
    Behaviour("bootstrap", 1, "where the episode goes on: the reward plus the discounted best next value"),
    Behaviour("terminated", 1, "where it terminated: the reward alone"),
    Behaviour("shape", 1, "one target a row, shape (B, 1), for every batch size", needs=("bootstrap", "terminated")),
)
EVERYTHING = tuple(behaviour.name for behaviour in BEHAVIOURS)

WHOLE_MISTAKES = {
    "inverted_mask": (("bootstrap", "terminated"), lambda r, q, d, g: r + g * d * q.max(1)),
    "bitwise_mask": (("bootstrap", "terminated"), lambda r, q, d, g: r + g * (-1 - d) * q.max(1)),
    "reward_alone": (("bootstrap", "terminated"), lambda r, q, d, g: r),
    "no_reward": (("bootstrap", "terminated"), lambda r, q, d, g: g * (1 - d) * q.max(1)),
    "reward_discounted": (("bootstrap",), lambda r, q, d, g: g * (r + (1 - d) * q.max(1))),
    "reward_clipped": (("bootstrap",), lambda r, q, d, g: np.clip(r, -1, 1) + g * (1 - d) * q.max(1)),
    "whole_numbers": (("bootstrap",), lambda r, q, d, g: np.trunc(r + g * (1 - d) * q.max(1))),
}
"""Mistakes that show in a whole batch: what they cost, and their targets (B,) for r (B,), q (B, A), d (B,) and g."""

GOING_MISTAKES = {
    "no_discount": lambda r, q, g: r + q.max(1),
    "fixed_discount": lambda r, q, g: r + 0.99 * q.max(1),
    "discounted_twice": lambda r, q, g: r + g * g * q.max(1),
    "minimum": lambda r, q, g: r + g * q.min(1),
    "mean": lambda r, q, g: r + g * q.mean(1),
    "sum": lambda r, q, g: r + g * q.sum(1),
    "softmax": lambda r, q, g: r + g * (_softmax(q) * q).sum(1),
    "argmax": lambda r, q, g: r + g * q.argmax(1),
    "first_action": lambda r, q, g: r + g * q[:, 0],
    "whole_batch": lambda r, q, g: r + g * q.max(),
    "over_the_batch": lambda r, q, g: r + g * (q.max(0) if q.shape[0] == q.shape[1] else np.nan),
    "absolute": lambda r, q, g: r + g * np.abs(q).max(1),
    "no_negative": lambda r, q, g: r + g * np.maximum(q.max(1), 0),
    "subtracted": lambda r, q, g: r - g * q.max(1),
    "reward_alone": lambda r, q, g: r,
}
"""Mistakes where the episode goes on."""

ENDED_MISTAKES = {
    "reward_masked": lambda r, q, g: 0 * r,
    "bitwise_mask": lambda r, q, g: r - 2 * g * q.max(1),
    "subtracted": lambda r, q, g: r - g * q.max(1),
    "reward_discounted": lambda r, q, g: g * r,
    "reward_clipped": lambda r, q, g: np.clip(r, -1, 1),
    "whole_numbers": lambda r, q, g: np.trunc(r),
}
"""Mistakes where the episode terminated, besides a missing mask."""

ABOUT_REWARD = ("reward_discounted", "reward_clipped", "whole_numbers")
"""Mistakes that are not about the end of an episode, even where they are seen there."""

SAYS = {
    "inverted_mask": "The mask is the wrong way round: the next value counts where the episode ended, and not where it "
    "goes on. The factor is (1 - terminated).",
    "bitwise_mask": "`~` on whole numbers gives -1 and -2. The factor is (1 - terminated).",
    "reward_alone": "This is the reward alone, everywhere. Add gamma times the largest next value where the episode "
    "goes on.",
    "no_reward": "The reward is missing in the sum.",
    "reward_discounted": "The reward is discounted too. Only what comes after it is multiplied by `gamma`.",
    "reward_clipped": "The reward is clipped to -1 … 1. The lander's reward is used as it is.",
    "whole_numbers": "The fractions are cut off. Stay with float tensors.",
    "no_discount": "The next value is not discounted. Multiply it by `gamma`.",
    "fixed_discount": "The discount is 0.99 whatever the argument says. Use `gamma`.",
    "discounted_twice": "The next value is discounted twice. Multiply it by `gamma` once.",
    "minimum": "This takes the smallest next value. The target uses the largest: max.",
    "mean": "This takes the mean of the next values. The target uses the largest: max.",
    "sum": "This adds up the next values. The target uses the largest alone: max.",
    "softmax": "This weighs the next values with a softmax. The target uses the largest alone: max.",
    "argmax": "This adds the number of the best action instead of its value. `max(dim=1)` returns values and "
    "positions; take .values.",
    "first_action": "This takes the value of action 0. The target uses the largest: max.",
    "whole_batch": "This takes one maximum over the whole batch. Each transition has its own: max over dim=1.",
    "over_the_batch": "The maximum runs over the transitions (dim=0). It belongs over the actions: dim=1.",
    "absolute": "This takes absolute values. Next values may be negative; their sign counts.",
    "no_negative": "A negative next value counts as 0 here. Its sign counts.",
    "subtracted": "The next value is subtracted. It is added to the reward.",
    "wrong_targets": "Where the episode goes on, these are not the reward plus gamma times the largest next value.",
    "ended": "For a terminal transition the target is the reward alone: expected {}, got {}. {}",
    "no_mask": "Is (1 - terminated) missing?",
    "reward_masked": "The reward is multiplied by (1 - terminated) too; only the next value is.",
    "wrong_terminal": "",
    "shape": "The shape should be ({}, 1), one target a row; it is {}. {}",
    "flat": "Next to a prediction of shape (B, 1), the loss would stretch both to (B, B). Keep the dimension: "
    "`keepdim=True`, or `.unsqueeze(1)`.",
    "broadcast": "Somewhere a (B, 1) met a (B,), and PyTorch stretched both to (B, B) without a word. "
    "`max(dim=1, keepdim=True)` keeps (B, 1).",
    "no_maximum": "That is one number per action. Is the maximum over the actions missing, or taken over dim=0?",
    "one_number": "That is one number for the whole batch. Take the maximum of each row: max over dim=1.",
    "other_shape": "",
    "not_a_tensor": "This returns a {}. The loss needs a tensor.",
}


def _cases(rng):
    def case(name, rewards, next_q, terminated, gamma):
        values = {
            "rewards": np.asarray(rewards, float),  # (B,)
            "next_q": np.asarray(next_q, float),  # (B, A)
            "terminated": np.asarray(terminated, float),  # (B,)
            "gamma": float(gamma),
        }
        return Case(name, EVERYTHING, values)

    def random_case(name, batch, actions, gamma):
        rewards = rng.uniform(-3, 3, batch).round(2)
        next_q = rng.uniform(-9, 9, (batch, actions)).round(2)
        terminated = rng.permutation(np.arange(batch) % 3 == 1)
        if not next_q[~terminated].argmax(1).any():  # else argmax instead of max would look like nothing at all
            next_q = next_q[:, ::-1]
        return case(name, rewards, next_q, terminated, gamma)

    gamma = round(float(rng.uniform(0.5, 0.9)), 2)
    by_hand = [[2, 5, 3], [2, 5, 3], [-2, -1, -4], [1, 0, 7]]
    return [
        case("four transitions to check by hand, gamma = 0.9", [1, -100, 0.5, 2], by_hand, [0, 1, 0, 1], 0.9),
        random_case(f"a batch of 7, gamma = {gamma}", 7, 4, gamma),
        random_case("a batch of 4 with 4 actions, gamma = 0.95", 4, 4, 0.95),
        case("a batch of 1, gamma = 0.8", [1.5], [[-1, 4, 2, 0.5]], [0], 0.8),
        case("a batch of 1 that terminated, gamma = 0.8", [-1.5], [[-1, 4, 2, 0.5]], [1], 0.8),
        random_case("a batch of 64, gamma = 0.99", 64, 4, 0.99),
    ]


def _call(td_targets, values):
    def tensor(name):
        return torch.tensor(values[name], dtype=torch.float32)

    rewards, next_q, terminated = tensor("rewards").unsqueeze(1), tensor("next_q"), tensor("terminated").unsqueeze(1)
    result = td_targets(rewards, next_q, terminated, values["gamma"])
    return {"targets": student.array(result, "td_targets"), "kind": type(result).__name__}


def _judge(values, output):
    r, q, d, g = values["rewards"], values["next_q"], values["terminated"], values["gamma"]
    expected = r + g * (1 - d) * q.max(1)  # (B,)
    got, batch = output["targets"], len(r)
    if got.shape != (batch, 1):
        yield _wrong_shape(got, *q.shape)
    elif output["kind"] in ("list", "tuple"):
        yield Finding("not_a_tensor", ("shape",), SAYS["not_a_tensor"].format(output["kind"]))
    if got.size != batch:
        return
    got = got.reshape(batch)
    wrong, going, ended = ~_close(got, expected), d == 0, d == 1
    if not wrong.any():
        return

    def comparison(where):
        shown = np.flatnonzero(where)[:3]
        labels = [f"row {i}, {'terminated' if d[i] else 'goes on'}" for i in shown]
        return rows(labels, expected[shown], got[shown])

    for key, (costs, function) in WHOLE_MISTAKES.items():
        if going.any() and ended.any() and np.all(_close(got, function(r, q, d, g))):
            yield Finding(key, costs, SAYS[key], comparison(wrong))
            return
    sure = batch > 1  # one row alone fits several explanations
    formula = r + g * q.max(1)  # what the student's formula gives where nothing is masked
    if np.any(wrong & going):
        key, formula = _explain_going(got, r, q, g, going)
        constant = key == "wrong_targets" and going.sum() > 1 and np.ptp((got - r)[going]) < 1e-6
        costs = ("bootstrap", "terminated") if constant or key == "reward_alone" else ("bootstrap",)
        yield Finding(key, costs, SAYS[key], comparison(wrong & going), named=sure and key != "wrong_targets")
    if np.any(wrong & ended):
        key = _explain_ended(got, r, q, g, ended, formula)
        worst = np.flatnonzero(wrong & ended)[0]
        says = SAYS["ended"].format(show(r[worst]), show(got[worst]), SAYS[key]).strip()
        costs = ("bootstrap",) if key in ABOUT_REWARD else ("terminated",)
        yield Finding(key, costs, says, comparison(wrong & ended), named=sure and key != "wrong_terminal")


def _wrong_shape(got, batch, actions):
    shape = f"({', '.join(map(str, got.shape))}{',' if got.ndim == 1 else ''})"
    costs = ("shape",) if got.size == batch else EVERYTHING
    if got.size == batch:
        key = "flat" if got.ndim == 1 else "other_shape"
    elif got.shape == (batch, batch):
        key = "broadcast"
    elif got.shape == (batch, actions):
        key = "no_maximum"
    else:
        key = "one_number" if got.size == 1 else "other_shape"
    unsure = got.shape == (batch, actions) == (batch, batch) or (batch == 1 and got.ndim == 0)
    return Finding(key, costs, SAYS["shape"].format(batch, shape, SAYS[key]).strip(), named=not unsure)


def _explain_going(got, r, q, g, going):
    """(key, what the same formula gives in every row) of the mistake where the episode goes on."""
    for key, function in GOING_MISTAKES.items():
        formula = function(r, q, g)
        if np.all(_close(got, formula)[going]):
            return key, formula
    return "wrong_targets", np.full_like(r, np.nan)


def _explain_ended(got, r, q, g, ended, formula):
    """The key of the mistake where the episode terminated; ``formula``: targets without any mask."""
    if np.all(_close(got, formula)[ended]):
        return "no_mask"
    fitting = (key for key, function in ENDED_MISTAKES.items() if np.all(_close(got, function(r, q, g))[ended]))
    return next(fitting, "wrong_terminal")


def _close(got, expected):
    """True where two targets are equal, up to half precision."""
    return np.isclose(got, expected, rtol=2e-3, atol=2e-3)


def _softmax(q):
    weights = np.exp(q - q.max(1, keepdims=True))
    return weights / weights.sum(1, keepdims=True)


td_targets = Check("td_targets", BEHAVIOURS, _cases, _call, _judge)
