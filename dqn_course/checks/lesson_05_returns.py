"""The check of ``discounted_return``: G = sum over k of gamma**k * rewards[k]."""

import numpy as np

from dqn_course.checks.core import Behaviour, Case
from dqn_course.checks.formula import Mistake
from dqn_course.checks.lesson_05_sure import sure_check

BEHAVIOURS = (
    Behaviour("sum", 1, "each reward, discounted once for every step before it"),
    Behaviour("edges", 0.5, "no reward, one reward, and gamma 0 or 1"),
    Behaviour("clean", 0.5, "the list of rewards stays as it was", needs=("sum",), by_name=True),
)


def _return(r, gamma):
    r = np.asarray(r, float)
    return np.sum(gamma ** np.arange(len(r)) * r)


def _terms(r, gamma):
    return gamma ** np.arange(len(r)) * np.asarray(r, float)


GIVES = (
    ("no_discount", lambda r, g: sum(r)),
    ("reversed", lambda r, g: _return(r[::-1], g)),
    ("reversed_late", lambda r, g: g * _return(r[::-1], g)),
    ("one_step_late", lambda r, g: g * _return(r, g)),
    ("once_too_little", lambda r, g: _return(r, g) / g),
    ("one_step_early", lambda r, g: r[0] + _return(r[1:], g)),
    ("all_alike", lambda r, g: g * sum(r)),
    ("later_alike", lambda r, g: r[0] + g * sum(r[1:])),
    ("times_k", lambda r, g: sum(g * k * x for k, x in enumerate(r))),
    ("times_k", lambda r, g: sum(g * k * x for k, x in enumerate(r, 1))),
    ("k_to_gamma", lambda r, g: sum(k**g * x for k, x in enumerate(r))),
    ("k_to_gamma", lambda r, g: sum(k**g * x for k, x in enumerate(r, 1))),
    ("squared", lambda r, g: _return(r, g * g)),
    ("divided", lambda r, g: _return(r, 1 / g)),
    *(("fixed_gamma", lambda r, g, fixed=fixed: _return(r, fixed)) for fixed in (0.5, 0.9, 0.95, 0.99)),
    ("other_weight", lambda r, g: _return(r, 1 - g)),
    ("mean", lambda r, g: _return(r, g) / len(r)),
    ("normalised", lambda r, g: (1 - g) * _return(r, g)),
    ("last_missing", lambda r, g: _return(r[:-1], g)),
    ("first_missing", lambda r, g: _return([0, *r[1:]], g)),
    ("first_missing", lambda r, g: _return(r[1:], g)),
    ("first_alone", lambda r, g: r[0]),
    ("last_alone", lambda r, g: g ** (len(r) - 1) * r[-1]),
    ("last_alone", lambda r, g: r[-1]),
    ("by_index", lambda r, g: sum(g ** r.index(x) * x for x in r)),
    ("terms", _terms),
    ("to_go", lambda r, g: [_return(r[k:], g) for k in range(len(r))]),
    ("running_sum", lambda r, g: np.cumsum(_terms(r, g))),
    ("whole_numbers", lambda r, g: int(_return(r, g))),
    *(("rounded", lambda r, g, digits=digits: round(_return(r, g), digits)) for digits in (0, 1, 2)),
)
"""What known mistakes return for the rewards r and the discount g."""

SAYS = {
    "no_discount": "This is the plain sum of the rewards. Multiply reward k by `gamma**k`.",
    "reversed": "The last reward counts in full and the first is discounted most. It is the other way round: the next "
    "reward counts in full. `G = r + gamma * G` works too, but from the last reward to the first.",
    "reversed_late": "The sum so far is discounted whenever a reward is added, so the first reward is discounted most. "
    "It should count in full: multiply reward k by `gamma**k`.",
    "one_step_late": "Every reward is discounted once too often. The first one counts in full: its factor is "
    "gamma**0 = 1.",
    "once_too_little": "Every reward is discounted once too little. Count k from 0: the first factor is gamma**0 = 1.",
    "one_step_early": "From the second reward on, every one is discounted once too little. Reward k, counted from 0, "
    "has the factor `gamma**k`.",
    "all_alike": "Every reward has the same factor gamma. Reward k has `gamma**k`.",
    "later_alike": "All rewards after the first have the same factor gamma. Reward k has `gamma**k`.",
    "times_k": "The factor of reward k is gamma times k here. It is a power: `gamma**k`.",
    "k_to_gamma": "The power is the wrong way round: `gamma**k`, not k**gamma.",
    "squared": "The discount grows twice as fast as it should. Is the factor multiplied by gamma twice a step?",
    "divided": "The rewards are divided by gamma**k. They are multiplied by it.",
    "fixed_gamma": "The discount is the same whatever the argument says. Use `gamma`.",
    "other_weight": "The factor is 1 - gamma here. It is gamma.",
    "mean": "The sum is divided by the number of rewards. The return is the sum itself.",
    "normalised": "The sum is multiplied by 1 - gamma. The return is the sum itself.",
    "last_missing": "The last reward is left out.",
    "first_missing": "The first reward is left out. Count k from 0.",
    "first_alone": "This is the first reward alone. Is the `return` inside the loop?",
    "last_alone": "This is the last reward alone. Add up in the loop: `+=`, not `=`.",
    "by_index": "A reward that occurs twice gets a wrong factor: `rewards.index(r)` finds the first of them. Count "
    "with `enumerate(rewards)`.",
    "terms": "These are the discounted rewards, one by one. Add them up.",
    "to_go": "These are the returns from every step on. Only the first is asked for, one number.",
    "running_sum": "These are the sums after every step. Only the last is asked for, one number.",
    "whole_numbers": "The fraction is cut off. Return the sum as it is.",
    "rounded": "The sum is rounded. Return it as it is; rounding is for showing.",
}


def _cases(rng):
    gamma = round(float(rng.uniform(0.6, 0.85)), 2)
    rewards = [4.6, *rng.uniform(-3, 3, 5).round(2).tolist(), 2.3]
    many = [5.5, *rng.normal(0, 2, 299).round(2).tolist()]
    draws = [
        ("four rewards to check by hand", ("sum",), [8, 4, 2, 16], 0.5),
        (f"seven rewards, gamma = {gamma}", ("sum", "clean"), rewards, gamma),
        ("-1 a step, then 10", ("sum",), [-1, -1, -1, -1, 10], 0.7),
        ("rewards and zeros", ("sum",), [2, 1, 0, 3, 0, 8], 0.5),
        ("300 rewards, gamma = 0.985", ("sum",), many, 0.985),
        ("one reward", ("edges",), [2.5], 0.8),
        ("no reward", ("edges",), [], 0.8),
        ("gamma = 0", ("edges",), rewards, 0.0),
        ("gamma = 1", ("edges",), rewards, 1.0),
    ]
    return [Case(name, proves, {"rewards": list(r), "gamma": gamma}) for name, proves, r, gamma in draws]


discounted_return = sure_check(
    "discounted_return",
    BEHAVIOURS,
    _cases,
    lambda rewards, gamma: _return(rewards, gamma),
    [Mistake(key, SAYS[key], lambda rewards, gamma, f=gives: f(rewards, gamma)) for key, gives in GIVES],
    wrong="This is not the sum of `gamma**k * rewards[k]`.",
)
