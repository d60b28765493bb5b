"""The check of ``autocorrelation``: the products of a series with itself, a while later."""

import numpy as np

from dqn_course import stability
from dqn_course.checks.core import Behaviour, Case
from dqn_course.checks.formula import Mistake, formula_check

BEHAVIOURS = (
    Behaviour("value", 2, "distances from the mean, multiplied a lag apart, over their squares"),
    Behaviour("zero", 0.5, "lag 0 gives exactly 1", needs=("value",)),
    Behaviour("clean", 0.5, "the series stays as it was", needs=("value",), by_name=True),
)


def _parts(x, lag):
    d = x - x.mean()
    return d[: len(d) - lag], d[lag:], np.sum(d**2)


def _of(x, lag, below=None, mean=np.mean):
    d = x - mean(x)
    return np.sum(d[: len(d) - lag] * d[lag:]) / (np.sum(d**2) if below is None else below(d))


def _squares_but_one(x):
    return np.sum((x - x.mean())[:-1] ** 2)


def _own_means(x, lag):
    a, b, below = x[: len(x) - lag], x[lag:], np.sum((x - x.mean()) ** 2)
    return np.sum((a - a.mean()) * (b - b.mean())) / below


def _up_to(x, lag):
    return [_of(x, k) for k in range(lag + 1)]


GIVES = (
    ("no_mean", lambda x, lag: _of(x, lag, mean=lambda x: 0)),
    ("mean_below_only", lambda x, lag: np.sum(x[: len(x) - lag] * x[lag:]) / np.sum((x - x.mean()) ** 2)),
    ("mean_above_only", lambda x, lag: _of(x, lag, below=lambda d: np.sum(x**2))),
    ("not_divided", lambda x, lag: _of(x, lag, below=lambda d: 1)),
    ("not_divided", lambda x, lag: _of(x, lag, below=len)),
    ("not_divided", lambda x, lag: _of(x, lag, below=lambda d: len(d) - lag)),
    ("mean_above", lambda x, lag: _of(x, lag, below=lambda d: np.sum(d**2) * (len(d) - lag) / len(d))),
    ("mean_above", lambda x, lag: _of(x, lag, below=lambda d: np.sum(d**2) * (len(d) - lag) / (len(d) - 1))),
    ("one_of_two_means", lambda x, lag: _of(x, lag, below=lambda d: np.mean(d**2))),
    ("one_of_two_means", lambda x, lag: _of(x, lag, below=lambda d: len(d) * np.sum(d**2))),
    ("one_of_two_means", lambda x, lag: _of(x, lag, below=lambda d: (len(d) - lag) * np.sum(d**2))),
    ("n_minus_1", lambda x, lag: _of(x, lag, below=lambda d: np.sum(d**2) * len(d) / (len(d) - 1))),
    ("root", lambda x, lag: _of(x, lag, below=lambda d: np.sqrt(np.sum(d**2)))),
    ("root", lambda x, lag: _of(x, lag, below=lambda d: len(d) * d.std())),
    ("window_below", lambda x, lag: _of(x, lag, below=lambda d: np.sum(d[: len(d) - lag] ** 2))),
    ("window_below", lambda x, lag: _of(x, lag, below=lambda d: np.sum(d[lag:] ** 2))),
    ("pearson", lambda x, lag: np.corrcoef(x[: len(x) - lag], x[lag:])[0, 1]),
    ("own_means", _own_means),
    ("circular", lambda x, lag: np.sum((x - x.mean()) * np.roll(x - x.mean(), lag)) / np.sum((x - x.mean()) ** 2)),
    ("lag_plus_one", lambda x, lag: _of(x, lag + 1)),
    ("lag_minus_one", lambda x, lag: _of(x, lag - 1) if lag else None),
    ("always_one", lambda x, lag: _of(x, 1)),
    ("lag_zero", lambda x, lag: 1.0),
    ("lag_from_the_end", lambda x, lag: _of(x, len(x) - lag) if lag else None),
    ("one_missing", lambda x, lag: np.sum((_parts(x, lag)[0] * _parts(x, lag)[1])[:-1]) / _parts(x, lag)[2]),
    ("last_of_both_missing", lambda x, lag: np.sum((_parts(x, lag)[0] * _parts(x, lag)[1])[:-1]) / _squares_but_one(x)),
    ("last_square_missing", lambda x, lag: _of(x, lag) * _parts(x, lag)[2] / _squares_but_one(x)),
    ("last_missing_at_zero", lambda x, lag: 0.0 if lag == 0 else None),
    ("absolute", lambda x, lag: abs(_of(x, lag))),
    ("squared", lambda x, lag: _of(x, lag) ** 2),
    ("median", lambda x, lag: _of(x, lag, mean=np.median)),
    ("all_lags", _up_to),
    ("all_lags", lambda x, lag: [_of(x, k) for k in range(len(x))]),
    ("terms", lambda x, lag: _parts(x, lag)[0] * _parts(x, lag)[1] / _parts(x, lag)[2]),
    *(("rounded", lambda x, lag, digits=digits: round(_of(x, lag), digits)) for digits in (0, 1, 2)),
)
"""What known mistakes return for the series x and the lag."""

SAYS = {
    "no_mean": "The mean of x is not subtracted. Take d = x - x.mean() first, and use d everywhere.",
    "mean_below_only": "The mean is subtracted below the line but not above. Use d = x - x.mean() in both sums.",
    "mean_above_only": "The mean is subtracted above the line but not below. Use d = x - x.mean() in both sums.",
    "not_divided": "The sum is not divided by the sum of all d². So it depends on the unit of x, and lag 0 does not "
    "give 1.",
    "mean_above": "Above is a mean over the pairs, below a mean over the series. Here both are plain sums: with fewer "
    "pairs the sum above is smaller, and is meant to be.",
    "one_of_two_means": "One of the two sums is divided by the number of its terms and the other is not.",
    "n_minus_1": "Below, something is divided by n - 1 (ddof=1). Both are plain sums.",
    "root": "Below is a standard deviation. It is the sum of the squares, without a root.",
    "window_below": "Below are the squares of one part of the series only. It is the sum over all of d, whatever the "
    "lag.",
    "pearson": "This is the correlation of the two parts, each with its own mean and spread (np.corrcoef). Here the "
    "mean and the squares are those of the whole series.",
    "own_means": "Each part has its own mean subtracted. Subtract the mean of the whole series, once.",
    "circular": "The end of the series is multiplied by its beginning (np.roll goes round). The sum stops where "
    "x[t + lag] stops.",
    "lag_plus_one": "The two parts are lag + 1 apart.",
    "lag_minus_one": "The two parts are lag - 1 apart.",
    "always_one": "The two parts are 1 apart whatever `lag` says.",
    "lag_zero": "This is 1 whatever the lag: the series is multiplied by itself at the same time. Move one of the two "
    "by `lag`.",
    "lag_from_the_end": "The two parts are n - lag apart. d[lag:] begins at number lag; d[-lag:] begins lag from the "
    "end.",
    "one_missing": "The last pair is missing. There are n - lag of them.",
    "last_of_both_missing": "The last term of both sums is missing. range(n) ends with number n - 1, so t goes through "
    "range(n - lag) above and range(n) below.",
    "last_square_missing": "The last square is missing below. There are n of them: range(n) ends with number n - 1.",
    "last_missing_at_zero": "With lag 0 the parts are empty: d[:-0] is d[:0]. d[: len(d) - lag] works for every lag.",
    "absolute": "The sign is lost. A negative correlation says something too.",
    "squared": "The result is squared. Return it as it is.",
    "median": "The median is subtracted. It is the mean.",
    "all_lags": "These are the values of many lags. Return the one of `lag`, a number.",
    "terms": "These are the terms of the sum. Add them up.",
    "rounded": "The result is rounded. Return it as it is.",
}
COSTS = {"last_missing_at_zero": ("zero",)}
MISTAKES = tuple(Mistake(key, SAYS[key], gives, costs=COSTS.get(key, ("value",))) for key, gives in GIVES)
EMPTY = {
    r"broadcast|size 0|zero-size|not aligned|mismatch|same length|empty|all the input array dimensions": "With lag 0 "
    "the slice d[:-lag] is d[:-0], which is empty. d[: len(d) - lag] works for every lag."
}


def _cases(rng):
    def series(n):
        steps = rng.normal(0, 1, n)
        for t in range(1, n):
            steps[t] += 0.7 * steps[t - 1]
        return (steps + rng.choice([-1, 1]) * rng.uniform(2, 4)).round(2)

    def case(name, x, lag, proves=("value",), **more):
        return Case(name, proves, {"x": x, "lag": lag}, **more)

    long = int(rng.integers(25, 40))
    lag = int(rng.integers(4, 8))
    return [
        case("by hand: 1, 2, 3, 4 at lag 1", np.array([1.0, 2.0, 3.0, 4.0]), 1, ("value", "clean")),
        case("12 numbers at lag 3", series(12), 3),
        case("5 numbers at lag 4: one pair", series(5), 4),
        case(f"{long} numbers at lag {lag}", series(long), lag, ("value", "clean")),
        case("10 numbers at lag 0", series(10), 0, ("zero",), hints=EMPTY),
    ]


autocorrelation = formula_check("autocorrelation", BEHAVIOURS, _cases, stability.autocorrelation, MISTAKES)
