"""The check of ``dueling_head``: the value of the state, plus each advantage minus the mean of all."""

from dataclasses import replace

import numpy as np

from dqn_course.checks.core import Behaviour, Case, Check, Finding
from dqn_course.checks.formula import Mistake
from dqn_course.checks.lesson_05_sure import SureCheck, sure_check
from dqn_course.checks.lesson_12_double import factors, tensors

BEHAVIOURS = (
    Behaviour("sum", 0.5, "the value of the state is added to every advantage"),
    Behaviour("centred", 1, "minus the mean of the advantages, of each state its own"),
    Behaviour("clean", 0.5, "the tensors stay as they were", needs=("sum", "centred"), by_name=True),
)
BOTH = ("sum", "centred")


def _mean(a):
    return a.mean(axis=1, keepdims=True)


GIVES = (
    ("no_mean", "The mean of the advantages is not subtracted. Without it V and A are not determined: one could grow "
     "by 10 and the other shrink by 10, and Q would be the same.", ("centred",), lambda v, a: v + a),
    ("maximum", "The largest advantage is subtracted here. That is the paper's other way, equation 8; asked for is the "
     "mean.", ("centred",), lambda v, a: v + a - a.max(axis=1, keepdims=True)),
    ("whole_batch", "One mean is taken over the whole batch. Each state has its own: mean over dim=1.", ("centred",),
     lambda v, a: v + a - a.mean()),
    ("over_the_batch", "The mean runs over the states of the batch (dim=0). It belongs over the actions: dim=1.",
     ("centred",), lambda v, a: v + a - a.mean(axis=0, keepdims=True)),
    ("broadcast", "The means have lost their dimension: (B,) beside (B, n_actions). Here, where both are equal, the "
     "mean of state j is subtracted from action j. Use `keepdim=True`.", ("centred",),
     lambda v, a: v + a - a.mean(axis=1) if a.shape[0] == a.shape[1] else None),
    ("mean_added", "The mean is added. It is subtracted.", ("centred",), lambda v, a: v + a + _mean(a)),
    ("sum_of_advantages", "The sum of the advantages is subtracted. It is their mean.", ("centred",),
     lambda v, a: v + a - a.sum(axis=1, keepdims=True)),
    ("smallest", "The smallest advantage is subtracted. It is the mean of all.", ("centred",),
     lambda v, a: v + a - a.min(axis=1, keepdims=True)),
    ("median", "The median is subtracted. It is the mean.", ("centred",),
     lambda v, a: v + a - np.median(a, axis=1, keepdims=True)),
    ("first_action", "The advantage of action 0 is subtracted. It is the mean of all.", ("centred",),
     lambda v, a: v + a - a[:, :1]),
    ("median", "The median is subtracted, and PyTorch takes the lower of the two in the middle. It is the mean.",
     ("centred",), lambda v, a: v + a - np.sort(a, axis=1)[:, [(a.shape[1] - 1) // 2]]),
    *(("fixed_actions", f"The sum is divided by {n}, whatever the number of actions is. Take the mean.", ("centred",),
       lambda v, a, n=n: v + a - a.sum(axis=1, keepdims=True) / n) for n in (4, 3)),
    ("one_less", "The sum is divided by the number of actions minus 1. Take the mean.", ("centred",),
     lambda v, a: v + a - a.sum(axis=1, keepdims=True) / (a.shape[1] - 1)),
    ("standardised", "The advantages are divided by their spread. Only the mean is subtracted.", ("centred",),
     lambda v, a: v + (a - _mean(a)) / a.std(axis=1, keepdims=True)),
    ("standardised", "The advantages are divided by their spread. Only the mean is subtracted.", ("centred",),
     lambda v, a: v + (a - _mean(a)) / a.std(axis=1, ddof=1, keepdims=True)),
    ("softmax", "A softmax makes chances of the advantages. They are differences of returns: take them as they are.",
     ("centred",), lambda v, a: v + np.exp(a) / np.exp(a).sum(axis=1, keepdims=True)),
    ("absolute", "Advantages lose their sign. An action may be worse than the mean.", ("centred",),
     lambda v, a: v + np.abs(a - _mean(a))),
    ("no_value", "The value of the state is missing. Add it to every action.", ("sum",), lambda v, a: a - _mean(a)),
    ("advantages_alone", "These are the advantages as they came. Add the value of the state, and subtract their mean.",
     BOTH, lambda v, a: a),
    ("value_subtracted", "The value of the state is subtracted. It is added.", ("sum",), lambda v, a: a - _mean(a) - v),
    ("advantages_subtracted", "The advantages have the wrong sign. They are added, and their mean is subtracted.", BOTH,
     lambda v, a: v - a + _mean(a)),
    ("mean_value", "One mean of all values is added. Each state has its own.", ("sum",),
     lambda v, a: v.mean() + a - _mean(a)),
    ("value_of_first", "The value of the first state is added everywhere.", ("sum",), lambda v, a: v[0] + a - _mean(a)),
    ("value_broadcast", "The values have lost their dimension, so that value j goes to action j. Leave them (B, 1).",
     ("sum",), lambda v, a: v[:, 0] + a - _mean(a) if a.shape[0] == a.shape[1] else None),
    ("product", "Value and advantage are multiplied. They are added.", BOTH, lambda v, a: v * (a - _mean(a))),
    ("product", "Value and advantage are multiplied. They are added.", BOTH, lambda v, a: v * a),
    ("value_alone", "This is the value of the state for every action. Add what each action makes of it.",
     ("centred",), lambda v, a: v + 0 * a),
    ("value_column", "This is the value of the state alone, one number a state. Each action has a Q-value.", BOTH,
     lambda v, a: v if a.shape[1] > 1 else None),
    ("mean_q", "This is one number a state. Return the Q-values of all actions.", BOTH,
     lambda v, a: v + _mean(a) if a.shape[1] > 1 else None),
    ("divided", "The mean is divided by the number of actions once more.", ("centred",),
     lambda v, a: v + a - _mean(a) / a.shape[1]),
)  # fmt: skip
"""Mistakes for value (B, 1) and advantages (B, A)."""
HINTS = {
    r"must match the size of tensor": "value is (B, 1), advantages (B, n_actions), and their mean over dim=1 is (B,) "
    "unless `keepdim=True` keeps it (B, 1).",
    r"Can't call numpy\(\) on Tensor that requires grad": "training goes backwards through the result, so stay with "
    "PyTorch: `advantages.mean(dim=1, keepdim=True)`.",
}


def _cases(rng):
    def case(name, proves, value, advantages):
        values = {"value": np.asarray(value, float).reshape(-1, 1), "advantages": np.asarray(advantages, float)}
        return Case(name, proves, values, HINTS)

    def draw(batch, actions):
        value = (rng.uniform(1, 9, batch) * rng.permutation(np.resize([-1, 1], batch))).round(2)
        advantages = rng.uniform(-3, 3, (batch, actions)).round(2)
        advantages += np.resize([1.5, -2.5, 0.8], batch)[:, None] + rng.uniform(0, 0.4, (batch, 1)).round(2)
        return value, advantages

    value, centred = draw(5, 4)
    centred -= _mean(centred)
    _, alone = draw(6, 3)
    return [
        case("two states to check by hand", BOTH, [10, -2], [[1, 2, 6], [0, -4, 1]]),
        case("advantages whose mean is 0", ("sum",), value, centred),
        case("states that are worth 0", ("centred",), np.zeros(6), alone),
        case("5 states, 4 actions", BOTH, *draw(5, 4)),
        case("4 states, 4 actions", BOTH, *draw(4, 4)),
        case("1 state, 6 actions", BOTH, *draw(1, 6)),
        case("64 states, 18 actions", (*BOTH, "clean"), *draw(64, 18)),
    ]


CUT = "`.detach()`, `.data`, `.item()`, `float()`, NumPy and `torch.no_grad()` cut it off."
GRADIENTS = (
    ("mean_detached", "The numbers are right, but no gradient flows through the mean, and training would pull at the "
     f"advantages as if nothing was subtracted. {CUT}", ("centred",), lambda w: (w.sum(axis=1, keepdims=True), w)),
    ("value_detached", f"The numbers are right, but no gradient flows through `value`, so it would never learn. {CUT}",
     ("sum",), lambda w: (0 * w[:, :1], w - _mean(w))),
    ("advantages_detached", "The numbers are right, but no gradient flows through `advantages`, so they would never "
     f"learn. {CUT}", ("centred",), lambda w: (w.sum(axis=1, keepdims=True), 0 * w)),
    ("advantage_detached", "The numbers are right, but a gradient flows through the mean alone: all advantages would "
     f"move together, whichever action was taken. {CUT}", ("centred",),
     lambda w: (w.sum(axis=1, keepdims=True), 0 * w - _mean(w))),
)  # fmt: skip
"""What flows back into value and advantages, by mistake, when w flows into the Q-values."""


class GradientCheck(SureCheck):
    """A check that looks at the gradient too, where all numbers are right."""

    def judge_outputs(self, cases, outputs):
        outputs = list(outputs)
        verdict = super().judge_outputs(cases, outputs)
        return verdict if verdict.findings else Check.judge_outputs(replace(self, judge=_gradients), cases, outputs)


def _gradients(values, output):
    """What is wrong with the gradient of right Q-values."""
    got = [output["slopes"][key] for key in values]
    weights = factors(values["advantages"].shape)

    def same(expected):
        return all(g.shape == e.shape and np.allclose(g, e, 1e-3, 1e-3) for g, e in zip(got, expected))

    if same((weights.sum(axis=1, keepdims=True), weights - _mean(weights))):
        return
    for key, says, costs, gives in GRADIENTS:
        if same(gives(weights)):
            yield Finding(key, costs, says)
            return
    says = "The numbers are right, but a part of the gradient is missing or too large, so training would go astray."
    yield Finding("wrong_gradient", BOTH, f"{says} {CUT}", named=False)


dueling_head = sure_check(
    "dueling_head", BEHAVIOURS, _cases, lambda value, advantages: value + advantages - _mean(advantages),
    [Mistake(key, says, lambda value, advantages, f=gives: f(value, advantages), costs)
     for key, says, costs, gives in GIVES],
    call=tensors("dueling_head", trained=True), loose=False, tolerance=(1e-3, 1e-3), kind=GradientCheck,
    wrong="This is not the value of the state plus each advantage minus their mean.",
)  # fmt: skip
