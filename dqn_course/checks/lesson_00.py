"""The check of lesson 0: ``mean_of_last``."""

import numpy as np

from dqn_course.checks import student
from dqn_course.checks.core import Behaviour, Case, Check, Finding, close, rows, show

BEHAVIOURS = (
    Behaviour("window", 1, "with n scores or more: the mean of the last n"),
    Behaviour("short", 0.5, "with fewer than n scores: the mean of them all"),
    Behaviour("clean", 0.5, "one exact number, and the list stays as it was", needs=("window",)),
)


def _cases(rng):
    short, exact, long = (rng.normal(-50, 120, size).round(1) + 0.07 for size in (5, 9, 137))
    draws = [
        ("an example to check by hand", np.array([8.0, 5.0, 9.0, 2.0, 10.0]), 3),
        ("fewer scores than n", np.array([10.0, 20.0, 60.0]), 4),
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
    scores = values["scores"].tolist()
    n = values["n"]
    result = function(scores) if n is None else function(scores, n)
    after = student.array(scores) if scores else np.array([])
    return {"mean": student.array(result), "scores_after": after}


# What a known mistake returns: (key, behaviours it costs or None for those of the case, function, message).
MISTAKES = (
    ("mean_of_all", None, lambda s, n: s.mean(), "This is the mean of all scores. Only the last n count."),
    ("first_n", None, lambda s, n: s[:n].mean(), "This is the mean of the first n scores. The last ones count: "
     "`scores[-n:]`."),
    ("divided_by_n", None, lambda s, n: s[-n:].sum() / n, "The sum is divided by n, but fewer than n scores were "
     "added up. Divide by the number of scores that are there."),
    ("fixed_100", None, lambda s, n: s[-100:].mean(), "This is the mean of the last 100 scores, whatever n is. Use "
     "the argument `n`."),
    ("one_too_many", None, lambda s, n: s[-n - 1 :].mean(), "This is the mean of the last n + 1 scores: one too many."),
    ("last_missing", None, lambda s, n: s[-n:-1].mean(), "The last score is left out. `scores[-n:]` goes to the end, "
     "`scores[-n:-1]` stops before it."),
    ("shifted", None, lambda s, n: s[-n - 1 : -1].mean(), "The window ends one score too early."),
    ("one_too_few", None, lambda s, n: s[len(s) - n + 1 :].mean(), "This is the mean of the last n - 1 scores: one too "
     "few."),
    ("negative_start", None, lambda s, n: s[len(s) - n :].mean(), "With fewer than n scores, len(scores) - n is "
     "negative, and then Python counts from the end. `scores[-n:]` does the right thing."),
    ("sum", None, lambda s, n: s[-n:].sum(), "This is the sum of the last scores, not their mean. Divide by how many "
     "there are."),
    ("median", None, lambda s, n: np.median(s[-n:]), "This is the median, the score in the middle. The mean is the sum "
     "divided by how many there are."),
    ("n_largest", None, lambda s, n: np.sort(s)[-n:].mean(), "This is the mean of the n largest scores, as if the list were "
     "sorted. The last n count, in the order they were played."),
    ("zero_when_short", None, lambda s, n: 0.0 if len(s) < n else s[-n:].mean(), "With fewer than n scores this is 0. "
     "It should be the mean of the scores that are there."),
    ("off_by_one_divisor", None, lambda s, n: s[-n:].sum() / (len(s[-n:]) - 1), "The sum is divided by one less than the number of scores."),
    ("off_by_one_divisor", None, lambda s, n: s[-n:].sum() / (len(s[-n:]) + 1), "The sum is divided by one more than the number of scores."),
    ("integer_division", ("clean",), lambda s, n: np.floor(s[-n:].mean()), "The mean is rounded down. `/` keeps the "
     "fraction, `//` and int() drop it."),
    ("integer", ("clean",), lambda s, n: np.trunc(s[-n:].mean()), "The fraction is cut off. Return the mean as it is."),
    *(("rounded", ("clean",), lambda s, n, d=d: round(float(s[-n:].mean()), d), "The mean is rounded. Return it as it is; "
       "rounding is for showing.") for d in (0, 1, 2, 3)),
)  # fmt: skip


def _judge(values, output):
    scores, n = values["scores"], values["n"] or 100
    expected, got = scores[-n:].mean(), output["mean"]
    here = ("short" if len(scores) < n else "window",)
    label = f"scores = {show(scores)}, n = {n}" if len(scores) <= 6 else f"{len(scores)} scores, n = {n}"
    after = output["scores_after"]
    if after.shape != scores.shape or not np.array_equal(after, scores):
        yield Finding("list_changed", ("clean",), "The list of scores is not the same after the call: "
                      f"it had {len(scores)} scores and now has {len(after)}. Work on a copy or a slice."
                      if len(after) != len(scores) else
                      "The list of scores is in another order, or has other values, after the call.")  # fmt: skip
    if got.shape != () and len(scores) > 1 and np.array_equal(got, scores[-n:]):
        yield Finding("the_list", here, "This returns the last scores themselves. Return one number, their mean.")
    elif got.size != 1:
        yield Finding("no_number", here, f"This returns {got.size} numbers in an array of shape {got.shape}. Return one.")
    else:
        if got.shape != ():
            yield Finding("no_number", ("clean",), f"This returns an array of shape {got.shape}. Return the number in it.")
        yield from _wrong_value(scores, n, expected, float(got.reshape(())), here, label)


def _wrong_value(scores, n, expected, got, here, label):
    if close(got, expected):
        return
    comparison = rows([label], [expected], [got])
    causes = [mistake for mistake in MISTAKES if close(got, mistake[2](scores, n))]
    if not causes:
        causes = [("wrong_mean", None, None, "This is not the mean of the scores in question.")]
    (key, costs, _, message), *others = causes
    sure = key != "wrong_mean" and all(other == key for other, *_ in others)
    yield Finding(key, costs or here, message, comparison, named=sure)


mean_of_last = Check("mean_of_last", BEHAVIOURS, _cases, _call, _judge)
