"""The check of lesson 0: ``mean_of_last``."""

import numpy as np

from dqn_course.checks import student
from dqn_course.checks.core import Behaviour, Case, Check, Finding, close, rows, show

BEHAVIOURS = (
    Behaviour("window", 1, "with n scores or more: the mean of the last n"),
    Behaviour("short", 0.5, "with fewer than n scores: the mean of them all"),
    Behaviour("clean", 0.5, "one exact number, and the list stays as it was", needs=("window",)),
)

MISTAKES = {
    "rounded_down": lambda s, n: np.floor(s[-n:].mean()),
    "cut_off": lambda s, n: np.trunc(s[-n:].mean()),
    "rounded": lambda s, n: round(float(s[-n:].mean())),
    "rounded_1": lambda s, n: round(float(s[-n:].mean()), 1),
    "rounded_2": lambda s, n: round(float(s[-n:].mean()), 2),
    "mean_of_all": lambda s, n: s.mean(),
    "first_n": lambda s, n: s[:n].mean(),
    "divided_by_n": lambda s, n: s[-n:].sum() / n,
    "fixed_100": lambda s, n: s[-100:].mean(),
    "one_too_many": lambda s, n: s[-n - 1 :].mean(),
    "last_missing": lambda s, n: s[-n:-1].mean(),
    "shifted": lambda s, n: s[-n - 1 : -1].mean(),
    "one_too_few": lambda s, n: s[len(s) - n + 1 :].mean(),
    "negative_start": lambda s, n: s[len(s) - n :].mean(),
    "sum": lambda s, n: s[-n:].sum(),
    "median": lambda s, n: np.median(s[-n:]),
    "n_largest": lambda s, n: np.sort(s)[-n:].mean(),
    "zero_when_short": lambda s, n: 0.0 if len(s) < n else s[-n:].mean(),
    "divisor_too_small": lambda s, n: s[-n:].sum() / (len(s[-n:]) - 1),
    "divisor_too_large": lambda s, n: s[-n:].sum() / (len(s[-n:]) + 1),
}
"""What known mistakes return for the scores s, shape (m,), and n."""

INEXACT = ("rounded_down", "cut_off", "rounded", "rounded_1", "rounded_2")
"""Mistakes that leave the right scores averaged."""

SAYS = {
    "mean_of_all": "This is the mean of all scores. Only the last n count.",
    "first_n": "This is the mean of the first n scores. The last ones count: `scores[-n:]`.",
    "divided_by_n": "The sum is divided by n, but fewer than n scores were added up. Divide by the number of scores "
    "that are there.",
    "fixed_100": "This is the mean of the last 100 scores, whatever n is. Use the argument `n`.",
    "one_too_many": "This is the mean of the last n + 1 scores: one too many.",
    "last_missing": "The last score is left out. `scores[-n:]` goes to the end, `scores[-n:-1]` stops before it.",
    "shifted": "The window ends one score too early.",
    "one_too_few": "This is the mean of the last n - 1 scores: one too few.",
    "negative_start": "With fewer than n scores, len(scores) - n is negative, and then Python counts from the end. "
    "The slice `scores[-n:]` does the right thing.",
    "sum": "This is the sum of the last scores, not their mean. Divide by how many there are.",
    "median": "This is the median, the score in the middle. The mean is the sum divided by how many there are.",
    "n_largest": "This is the mean of the n largest scores, as if the list were sorted. The last n count, in the order "
    "they were played.",
    "zero_when_short": "With fewer than n scores this is 0. It should be the mean of the scores that are there.",
    "divisor_too_small": "The sum is divided by one less than the number of scores.",
    "divisor_too_large": "The sum is divided by one more than the number of scores.",
    "rounded_down": "The mean is rounded down. `/` keeps the fraction, `//` drops it.",
    "cut_off": "The fraction is cut off. Return the mean as it is, without int().",
    "rounded": "The mean is rounded. Return it as it is; rounding is for showing.",
    "rounded_1": "The mean is rounded to one decimal. Return it as it is; rounding is for showing.",
    "rounded_2": "The mean is rounded to two decimals. Return it as it is; rounding is for showing.",
    "wrong_mean": "This is not the mean of the scores in question.",
    "list_changed": "The list of scores is not the same after the call. Work on a slice or a copy: sort(), pop() and "
    "append() change the caller's list.",
    "the_list": "This returns the last scores themselves. Return one number, their mean.",
    "no_number": "This returns an array of shape {}. Return one number.",
}


def _cases(rng):
    short, exact, long = (rng.normal(-50, 120, size).round(1) + 0.07 for size in (5, 9, 137))
    draws = [
        ("an example to check by hand", np.array([8.0, 5.0, 9.0, 2.0, 10.0]), 3),
        ("fewer scores than n", np.array([10.0, 20.0, 60.0]), 5),
        ("the last score alone", np.array([3.0, 8.0, -1.0]), 1),
        (f"{len(long)} scores, n not given", long, None),
        (f"{len(long)} scores", long, int(rng.integers(20, 60))),
        ("as many scores as n", exact, len(exact)),
        ("fewer scores than n", short, int(rng.integers(7, 10))),
        ("fewer scores than n, n not given", exact, None),
        ("a single score", short[:1], 3),
    ]
    return [
        Case(name, ("short",) if len(scores) < (n or 100) else ("window", "clean"), {"scores": scores, "n": n})
        for name, scores, n in draws
    ]


def _call(function, values):
    scores, n = values["scores"].tolist(), values["n"]
    result = function(scores) if n is None else function(scores, n)
    return {"mean": student.array(result), "scores_after": student.array(scores, "The list of scores, after the call,")}


def _judge(values, output):
    scores, n = values["scores"], values["n"] or 100
    expected, got = scores[-n:].mean(), output["mean"]
    here = ("short",) if len(scores) < n else ("window",)
    if not np.array_equal(output["scores_after"], scores):
        yield Finding("list_changed", ("clean",), SAYS["list_changed"])
    if got.size != 1:
        key = "the_list" if np.array_equal(got, scores[-n:]) else "no_number"
        yield Finding(key, here, SAYS[key].format(got.shape))
        return
    if got.shape != ():
        yield Finding("no_number", ("clean",), SAYS["no_number"].format(got.shape), named=len(scores) > 1)
    got = float(got.reshape(()))
    if close(got, expected):
        return
    causes = [key for key, function in MISTAKES.items() if close(got, function(scores, n))] or ["wrong_mean"]
    label = f"scores = {show(scores)}, n = {n}" if len(scores) <= 6 else f"{len(scores)} scores, n = {n}"
    yield Finding(
        causes[0],
        ("clean",) if causes[0] in INEXACT else here,
        SAYS[causes[0]],
        rows([label], [expected], [got]),
        named=len(causes) == 1 and causes != ["wrong_mean"],  # in small cases several mistakes may look alike
    )


mean_of_last = Check("mean_of_last", BEHAVIOURS, _cases, _call, _judge)
