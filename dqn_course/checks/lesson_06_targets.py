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


def _cases(rng):
    def case(name, rewards, next_q, terminated, gamma):
        values = {
            "rewards": np.asarray(rewards, float),  # (B,)
            "next_q": np.asarray(next_q, float),  # (B, A)
            "terminated": np.asarray(terminated, float),  # (B,)
            "gamma": float(gamma),
        }
        return Case(name, ("bootstrap", "terminated", "shape"), values)

    def random_case(name, batch, actions, gamma):
        terminated = np.arange(batch) % 3 == 1
        rewards = rng.uniform(-3, 3, batch).round(2)
        return case(name, rewards, rng.uniform(-9, 9, (batch, actions)).round(2), rng.permutation(terminated), gamma)

    gamma = round(float(rng.uniform(0.5, 0.9)), 2)
    return [
        case(
            "four transitions to check by hand, gamma = 0.9",
            [1, -100, 0.5, 2],
            [[2, 5, 3], [2, 5, 3], [-2, -1, -4], [1, 0, 7]],
            [0, 1, 0, 1],
            0.9,
        ),
        random_case(f"a batch of 7, gamma = {gamma}", 7, 4, gamma),
        random_case("a batch of 4 with 4 actions, gamma = 0.95", 4, 4, 0.95),
        case("a batch of 1, gamma = 0.8", [1.5], [[-1, 4, 2, 0.5]], [0], 0.8),
        case("a batch of 1 that terminated, gamma = 0.8", [-1.5], [[-1, 4, 2, 0.5]], [1], 0.8),
        random_case("a batch of 64, gamma = 0.99", 64, 4, 0.99),
    ]


def _call(td_targets, values):
    def column(name):
        return torch.tensor(values[name], dtype=torch.float32).unsqueeze(1)

    next_q = torch.tensor(values["next_q"], dtype=torch.float32)
    result = td_targets(column("rewards"), next_q, column("terminated"), values["gamma"])
    return {"targets": student.array(result, "td_targets"), "kind": type(result).__name__}


# Mistakes that show in a whole batch: (key, behaviours it costs, function of r (B,), q (B, A), d (B,), g, message).
WHOLE_MISTAKES = (
    ("inverted_mask", ("bootstrap", "terminated"), lambda r, q, d, g: r + g * d * q.max(1), "The mask is the wrong way round: the next "
     "value counts where the episode ended, and not where it goes on. The factor is (1 - terminated)."),
    ("bitwise_mask", ("bootstrap", "terminated"), lambda r, q, d, g: r + g * (-1 - d) * q.max(1), "`~` on whole numbers gives -1 and -2. "
     "The factor is (1 - terminated)."),
    ("reward_alone", ("bootstrap", "terminated"), lambda r, q, d, g: r, "This is the reward alone, everywhere. Add gamma times the largest "
     "next value where the episode goes on."),
    ("no_reward", ("bootstrap", "terminated"), lambda r, q, d, g: g * (1 - d) * q.max(1), "The reward is missing in the sum."),
    ("reward_discounted", ("bootstrap",), lambda r, q, d, g: g * (r + (1 - d) * q.max(1)), "The reward is discounted too. Only what comes after "
     "it is multiplied by `gamma`."),
    ("clipped_reward", ("bootstrap",), lambda r, q, d, g: np.clip(r, -1, 1) + g * (1 - d) * q.max(1), "The reward is clipped to -1 … 1. The "
     "lander's reward is used as it is."),
    ("whole_numbers", ("bootstrap",), lambda r, q, d, g: np.trunc(r + g * (1 - d) * q.max(1)), "The fractions are cut off. Stay with float "
     "tensors."),
)  # fmt: skip

# Mistakes where the episode goes on, as functions of r (B,), q (B, A), g: (key, function, message).
GOING_MISTAKES = (
    ("no_discount", lambda r, q, g: r + q.max(1), "The next value is not discounted. Multiply it by `gamma`."),
    ("fixed_discount", lambda r, q, g: r + 0.99 * q.max(1), "The discount is 0.99 whatever the argument says. Use `gamma`."),
    ("minimum", lambda r, q, g: r + g * q.min(1), "This takes the smallest next value. The target uses the largest: max."),
    ("mean", lambda r, q, g: r + g * q.mean(1), "This takes the mean of the next values. The target uses the largest: max."),
    ("sum", lambda r, q, g: r + g * q.sum(1), "This adds up the next values. The target uses the largest alone: max."),
    ("argmax", lambda r, q, g: r + g * q.argmax(1), "This adds the number of the best action instead of its value: argmax, or "
     "the second thing that max(dim=1) returns. Take .values."),
    ("whole_batch", lambda r, q, g: r + g * q.max(), "This takes one maximum over the whole batch. Each transition has its own: "
     "max over dim=1."),
    ("over_the_batch", lambda r, q, g: r + g * _over_batch(q), "The maximum runs over the transitions (dim=0). It belongs over "
     "the actions: dim=1."),
    ("largest_size", lambda r, q, g: r + g * np.abs(q).max(1), "This takes the absolute value. Next values may be negative; their "
     "sign counts."),
    ("first_action", lambda r, q, g: r + g * q[:, 0], "This takes the value of action 0. The target uses the largest: max."),
    ("no_negative", lambda r, q, g: r + g * np.maximum(q.max(1), 0), "A negative next value counts as 0 here. Its sign counts."),
    ("subtracted", lambda r, q, g: r - g * q.max(1), "The next value is subtracted. It is added to the reward."),
    ("discounted_twice", lambda r, q, g: r + g * g * q.max(1), "The next value is discounted twice. Multiply it by `gamma` once."),
    ("softmax", lambda r, q, g: r + g * (_softmax(q) * q).sum(1), "This weighs the next values with a softmax. The target uses "
     "the largest alone: max."),
    ("reward_alone", lambda r, q, g: r, "This is the reward alone. Add gamma times the largest next value."),
)  # fmt: skip

# Mistakes where the episode ended, as functions of r (B,), the best next value (B,), g: (key, function, cause).
ENDED_MISTAKES = (
    ("reward_masked", lambda r, best, g: 0 * r, "The reward is multiplied by (1 - terminated) too; only the next value is."),
    ("bitwise_mask", lambda r, best, g: r - 2 * g * best, "`~` on whole numbers gives -1 and -2. The factor is (1 - terminated)."),
    ("subtracted_end", lambda r, best, g: r - g * best, "The next value is subtracted. It should not count at all."),
    ("reward_discounted", lambda r, best, g: g * r, "The reward is multiplied by gamma. Only the next value is."),
    ("clipped_reward", lambda r, best, g: np.clip(r, -1, 1), "The reward is clipped to -1 … 1. The lander's reward is used as it is."),
    ("whole_numbers", lambda r, best, g: np.trunc(r), "The fractions are cut off. Stay with float tensors."),
)  # fmt: skip
COSTS_OF_BOOTSTRAP = ("reward_discounted", "clipped_reward", "whole_numbers")
"""Mistakes about the reward, which are not about the end of an episode even where they are seen there."""


def close(got, expected):
    """True where two targets are equal, up to half precision."""
    return np.isclose(got, expected, rtol=2e-3, atol=2e-3)


def _over_batch(q):
    return q.max(0) if q.shape[0] == q.shape[1] else np.full(len(q), np.nan)


def _softmax(q):
    weights = np.exp(q - q.max(1, keepdims=True))
    return weights / weights.sum(1, keepdims=True)


def _judge(values, output):
    r, q, d, g = values["rewards"], values["next_q"], values["terminated"], values["gamma"]
    expected = r + g * (1 - d) * q.max(1)  # (B,)
    got = output["targets"]
    batch, actions = q.shape
    if got.shape != (batch, 1):
        finding = _wrong_shape(got, batch, actions)
        yield finding
        if got.size != batch:
            return
    elif output["kind"] in ("list", "tuple"):
        yield Finding("not_a_tensor", ("shape",), f"This returns a {output['kind']}. The loss needs a tensor.")
    got = got.reshape(batch)
    going, ended = d == 0, d == 1
    labels = [f"row {i}, {'terminated' if d[i] else 'goes on'}" for i in range(batch)]

    def comparison(where):
        first = sorted(np.flatnonzero(where), key=lambda i: bool(close(got[i], expected[i])))[:3]
        return rows([labels[i] for i in sorted(first)], expected[sorted(first)], got[sorted(first)])

    wrong = ~close(got, expected)
    if not wrong.any():
        return
    sure = batch > 1  # one row fits several explanations
    for key, costs, function, message in WHOLE_MISTAKES if going.any() and ended.any() else ():
        if np.all(close(got, function(r, q, d, g))):
            yield Finding(key, costs, message, comparison(wrong))
            return
    unmasked = r + g * q.max(1)  # what the student's formula gives where no mask acts
    if np.any(wrong & going):
        key, message, unmasked = _explain_going(got, r, q, g, going)
        untouched = key == "wrong_targets" and going.sum() > 1 and np.ptp((got - r)[going]) < 1e-6
        costs = ("bootstrap", "terminated") if untouched or key == "reward_alone" else ("bootstrap",)
        yield Finding(key, costs, message, comparison(going), named=sure and key != "wrong_targets")
    if np.any(wrong & ended):
        worst = int(np.flatnonzero(wrong & ended)[0])
        says = f"For a terminal transition the target is the reward alone: expected {show(r[worst])}, got {show(got[worst])}."
        key, cause = _explain_ended(got, r, q, g, ended, unmasked)
        costs = ("bootstrap",) if key in COSTS_OF_BOOTSTRAP else ("terminated",)
        yield Finding(key, costs, f"{says} {cause}".strip(), comparison(ended), named=sure and bool(cause))


def _wrong_shape(got, batch, actions):
    expected, shape = f"({batch}, 1)", f"({', '.join(map(str, got.shape))}{',' if got.ndim == 1 else ''})"
    says = f"The shape should be {expected}, one target a row; it is {shape}."
    everything = ("bootstrap", "terminated", "shape")
    if got.size == batch and got.ndim == 1:
        return Finding("flat", ("shape",), f"{says} Next to a prediction of shape (B, 1), the loss would stretch both to (B, B). "
                       "Keep the dimension: `keepdim=True`, or `.unsqueeze(1)`.")  # fmt: skip
    if got.size == batch:
        return Finding("shape", ("shape",), says, named=batch > 1)
    if got.shape == (batch, batch):
        return Finding("broadcast", everything, f"{says} Somewhere a (B, 1) met a (B,), and PyTorch stretched both to (B, B) "
                       "without a word. `max(dim=1, keepdim=True)` keeps (B, 1).", named=batch != actions)  # fmt: skip
    if got.shape == (batch, actions):
        return Finding("no_maximum", everything, f"{says} That is one number per action. Is the maximum over the actions missing, or "
                       "taken over dim=0?")  # fmt: skip
    if got.size == 1:
        return Finding("one_number", everything, f"{says} That is one number for the whole batch. Take the maximum of each row: "
                       "max over dim=1.")  # fmt: skip
    return Finding("shape", everything, says)


def _explain_going(got, r, q, g, going):
    """(key, message, what the same formula gives in every row) of the mistake where the episode goes on."""
    for key, function, message in GOING_MISTAKES:
        value = function(r, q, g)
        if np.all(close(got[going], value[going])):
            return key, message, value
    return "wrong_targets", "Where the episode goes on, these are not the reward plus gamma times the largest next value.", r


def _explain_ended(got, r, q, g, ended, unmasked):
    """(key, likely cause) of wrong targets where the episode terminated."""
    if np.all(close(got[ended], unmasked[ended])):
        return "no_mask", "Is (1 - terminated) missing?"
    for key, function, cause in ENDED_MISTAKES:
        if np.all(close(got, function(r, q.max(1), g))[ended]):
            return key, cause
    return "wrong_terminal", ""


td_targets = Check("td_targets", BEHAVIOURS, _cases, _call, _judge)
