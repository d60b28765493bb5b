"""The checks of ``standard_error`` and ``human_normalized_score``."""

import numpy as np

from dqn_course.checks.core import Behaviour, Case
from dqn_course.checks.formula import Mistake
from dqn_course.checks.lesson_05_sure import sure_check

# --- standard_error

ERROR_BEHAVIOURS = (
    Behaviour("spread", 1, "the standard deviation, with n - 1 below the sum"),
    Behaviour("root", 1, "divided by the square root of the number of scores"),
)
ERROR_SAYS = {
    "n_below": "This divides by n inside of the root. The mean was made of the same scores, so it lies too near to "
    "them: divide by n - 1, `ddof=1`.",
    "deviation": "This is the spread of the single scores. The error of their mean is smaller: divide by sqrt(n).",
    "deviation_n": "This is the spread of the single scores, with n below the sum. Two divisions belong here: by n - 1 "
    "inside of the root, `ddof=1`, and then by sqrt(n).",
    "by_n": "This divides by n. The error of a mean falls with the square root: / np.sqrt(n).",
    "by_less": "This divides by n - 1. That belongs inside of the standard deviation. Outside it is the root: "
    "/ np.sqrt(n).",
    "by_less_n": "This divides by n inside of the root, and by n - 1 outside. Inside it is n - 1, `ddof=1`, outside "
    "np.sqrt(n).",
    "by_n_twice": "This divides by n, inside of the root and outside. Inside it is n - 1, outside np.sqrt(n).",
    "variance_alone": "This is the variance of the scores. Take its root, and divide by sqrt(n).",
    "multiplied_n": "This multiplies by sqrt(n): more games would make the mean less sure. Divide. And inside of the "
    "root divide by n - 1, `ddof=1`.",
    "fixed_30_n": "This divides by sqrt(30); the number of scores is `len(scores)`. And inside of the root it is "
    "n - 1, `ddof=1`.",
    "range_alone": "This is the distance from the lowest to the highest score. Take the standard deviation, and divide "
    "by sqrt(n).",
    "square": "This is the square of the standard error. The root is missing.",
    "square_n": "The root is missing. And what stands in it is divided by n once too often: first by n - 1, `ddof=1`, "
    "then by n.",
    "variance": "This is made of the variance. Take its root first: np.std, not np.var.",
    "root_less": "This divides by sqrt(n - 1) as well. n - 1 belongs inside of the standard deviation only.",
    "multiplied": "This multiplies by sqrt(n): more games would make the mean less sure. Divide.",
    "fixed_30": "This divides by sqrt(30). The number of scores is `len(scores)`.",
    "fixed_5": "This divides by sqrt(5), as in the example. The number of scores is `len(scores)`.",
    "example": "This is the result of the example, whatever the scores are.",
    "one_less_above": "Brackets are missing: `/ n - 1` divides by n, and takes 1 away after that. Write `/ (n - 1)`.",
    "not_centred": "The squares are those of the scores. Take the mean away first: `scores - scores.mean()`.",
    "rounded": "The result is rounded. Return it as it is.",
    "mean": "This is the mean. Its error is asked for.",
    "range": "This takes the distance from the lowest to the highest score. Take the standard deviation.",
    "absolute": "This takes the mean distance from the mean. Take the standard deviation: squares, mean, root.",
    "twice": "This is twice the error, as for an interval. Return the error itself.",
}
ERRORS = (
    ("n_below", ("spread",), lambda x: np.std(x) / np.sqrt(len(x))),
    ("deviation", ("root",), lambda x: np.std(x, ddof=1)),
    ("deviation_n", ("spread", "root"), lambda x: np.std(x)),
    ("by_n", ("root",), lambda x: np.std(x, ddof=1) / len(x)),
    ("by_less", ("root",), lambda x: np.std(x, ddof=1) / (len(x) - 1)),
    ("by_less_n", ("spread", "root"), lambda x: np.std(x) / (len(x) - 1)),
    ("by_n_twice", ("spread", "root"), lambda x: np.std(x) / len(x)),
    ("variance", ("spread",), lambda x: np.var(x, ddof=1) / np.sqrt(len(x))),
    ("variance", ("spread",), lambda x: np.var(x) / np.sqrt(len(x))),
    ("square", ("spread",), lambda x: np.var(x, ddof=1) / len(x)),
    ("square_n", ("spread",), lambda x: np.var(x) / len(x)),
    ("variance_alone", ("spread", "root"), lambda x: np.var(x, ddof=1)),
    ("variance_alone", ("spread", "root"), lambda x: np.var(x)),
    ("root_less", ("root",), lambda x: np.std(x, ddof=1) / np.sqrt(len(x) - 1)),
    ("multiplied", ("root",), lambda x: np.std(x, ddof=1) * np.sqrt(len(x))),
    ("multiplied_n", ("root", "spread"), lambda x: np.std(x) * np.sqrt(len(x))),
    ("fixed_30", ("root",), lambda x: np.std(x, ddof=1) / np.sqrt(30)),
    ("fixed_30_n", ("root", "spread"), lambda x: np.std(x) / np.sqrt(30)),
    ("fixed_5", ("root",), lambda x: np.std(x, ddof=1) / np.sqrt(5)),
    ("example", ("spread", "root"), lambda x: np.sqrt(2)),
    ("one_less_above", ("spread",), lambda x: np.sqrt(np.var(x) - 1) / np.sqrt(len(x))),
    ("not_centred", ("spread",), lambda x: np.sqrt((x**2).sum() / (len(x) - 1) / len(x))),
    ("not_centred", ("spread",), lambda x: np.sqrt((x**2).mean() / len(x))),
    *(("rounded", ("root",), lambda x, digits=digits: np.round(standard_error_of(x), digits)) for digits in range(4)),
    ("rounded", ("root",), lambda x: np.floor(standard_error_of(x))),
    ("mean", ("spread", "root"), lambda x: np.mean(x)),
    ("mean", ("spread", "root"), lambda x: np.mean(x) / np.sqrt(len(x))),
    ("range", ("spread",), lambda x: np.ptp(x) / np.sqrt(len(x))),
    ("range_alone", ("spread", "root"), lambda x: np.ptp(x)),
    ("absolute", ("spread",), lambda x: np.abs(x - np.mean(x)).mean() / np.sqrt(len(x))),
    ("absolute", ("spread",), lambda x: np.abs(x - np.mean(x)).sum() / (len(x) - 1) / np.sqrt(len(x))),
    ("twice", ("root",), lambda x: 2 * np.std(x, ddof=1) / np.sqrt(len(x))),
    ("twice", ("root",), lambda x: 1.96 * np.std(x, ddof=1) / np.sqrt(len(x))),
)
"""What known mistakes cost, and what they give for the scores x, an array."""


def standard_error_of(scores):
    """The standard error of the mean of ``scores`` (n,)."""
    return np.std(scores, ddof=1) / np.sqrt(len(scores))


def _error_cases(rng):
    both = tuple(behaviour.name for behaviour in ERROR_BEHAVIOURS)
    draws = [
        ("by hand: [1, 3, 5, 7, 9]", [1.0, 3.0, 5.0, 7.0, 9.0]),
        ("two games", [-21.0, 14.0]),
        ("30 games of Pong", rng.integers(-21, 22, 30).astype(float)),
        ("12 games, large scores", (rng.normal(8_000, 900, 12)).round()),
        ("100 games", rng.gamma(2.0, 150.0, 100).round(1)),
    ]
    return [Case(name, both, {"scores": np.array(scores)}) for name, scores in draws]


standard_error = sure_check(
    "standard_error",
    ERROR_BEHAVIOURS,
    _error_cases,
    standard_error_of,
    [Mistake(key, ERROR_SAYS[key], lambda scores, f=f: f(scores), costs) for key, costs, f in ERRORS],
    loose=False,  # an array of one number cannot be printed as `:.1f`, as the lesson does
    wrong="This is not the standard deviation divided by the root of the number of scores.",
)

# --- human_normalized_score

NORMAL_BEHAVIOURS = (
    Behaviour("scale", 1, "0 for the random player, 100 for the human"),
    Behaviour("beyond", 0.5, "below 0 and above 100 too", needs=("scale",)),
    Behaviour("tables", 0.5, "for arrays of many games at once", needs=("scale",)),
)
NORMAL_SAYS = {
    "no_hundred": "This is a fraction. In per cent: times 100.",
    "human_only": "This divides by the human score alone. The scale runs from random to human: human - random.",
    "from_zero": "The random score is not taken away from `score`. What one gets for nothing should count 0.",
    "plain_share": "This is the share of the human score. Take the random score away from both: where random play "
    "already scores 1,000, that is no skill.",
    "swapped": "random and human have changed places: the random player gets 100 here.",
    "sign": "The sign is wrong: one difference is the wrong way round.",
    "upside_down": "The fraction is upside down. Divide by human - random.",
    "brackets": "Brackets are missing: `/` binds more tightly than `-`. Write `(score - random) / (human - random)`.",
    "brackets_and_hundred": "Brackets are missing: `/` binds more tightly than `-`. And the result should be in per "
    "cent: `100 * (score - random) / (human - random)`.",
    "clipped": "The result is cut off at 0 or 100. A player may be worse than random, and better than the human.",
    "absolute": "The sign is lost: a player worse than random looks better than it.",
    "rounded": "The result is rounded. Return it as it is.",
    "over_human": "This says by how much the player is better than the human: the human gets 0 here, not 100.",
    "log": "No logarithm is needed: the scale is a straight line from random to human.",
    "sum_below": "human + random stands below. The length of the scale is human - random.",
    "sums": "There are sums where differences belong: `score - random` above, `human - random` below.",
    "difference": "This is a difference of scores. Divide it by human - random, so that games can be compared.",
}
NORMALS = (
    ("no_hundred", ("scale",), lambda s, r, h: (s - r) / (h - r)),
    ("human_only", ("scale",), lambda s, r, h: 100 * (s - r) / h),
    ("from_zero", ("scale",), lambda s, r, h: 100 * s / (h - r)),
    ("plain_share", ("scale",), lambda s, r, h: 100 * s / h),
    ("plain_share", ("scale",), lambda s, r, h: s / h),
    ("swapped", ("scale",), lambda s, r, h: 100 * (s - h) / (r - h)),
    ("sign", ("scale",), lambda s, r, h: 100 * (s - r) / (r - h)),
    ("upside_down", ("scale",), lambda s, r, h: 100 * (h - r) / (s - r)),
    ("brackets", ("scale",), lambda s, r, h: 100 * (s - r) / h - r),
    ("brackets", ("scale",), lambda s, r, h: 100 * s - r / (h - r)),
    ("brackets", ("scale",), lambda s, r, h: 100 * s - r / h - r),
    ("brackets", ("scale",), lambda s, r, h: 100 * (s - r / h - r)),
    ("brackets", ("scale",), lambda s, r, h: 100 * (s - r / (h - r))),
    ("brackets", ("scale",), lambda s, r, h: 100 * ((s - r) / h - r)),
    ("brackets", ("scale",), lambda s, r, h: s - r / h - r * 100),
    ("brackets", ("scale",), lambda s, r, h: s - r / (h - r) * 100),
    ("brackets", ("scale",), lambda s, r, h: (s - r) / h - r * 100),
    ("brackets_and_hundred", ("scale",), lambda s, r, h: s - r / h - r),
    ("brackets_and_hundred", ("scale",), lambda s, r, h: s - r / (h - r)),
    ("brackets_and_hundred", ("scale",), lambda s, r, h: (s - r) / h - r),
    ("clipped", ("beyond",), lambda s, r, h: np.clip(100 * (s - r) / (h - r), 0, 100)),
    ("clipped", ("beyond",), lambda s, r, h: np.maximum(100 * (s - r) / (h - r), 0)),
    ("clipped", ("beyond",), lambda s, r, h: np.minimum(100 * (s - r) / (h - r), 100)),
    ("absolute", ("beyond",), lambda s, r, h: np.abs(100 * (s - r) / (h - r))),
    ("rounded", ("scale",), lambda s, r, h: np.round(100 * (s - r) / (h - r))),
    ("rounded", ("scale",), lambda s, r, h: np.trunc(100 * (s - r) / (h - r))),
    ("rounded", ("scale",), lambda s, r, h: np.floor(100 * (s - r) / (h - r))),
    ("rounded", ("scale",), lambda s, r, h: np.floor((s - r) / (h - r)) * 100),
    ("rounded", ("scale",), lambda s, r, h: np.floor_divide(100 * (s - r), h - r)),
    ("over_human", ("scale",), lambda s, r, h: 100 * (s - h) / (h - r)),
    ("sum_below", ("scale",), lambda s, r, h: 100 * (s - r) / (h + r)),
    ("sums", ("scale",), lambda s, r, h: 100 * (s + r) / (h + r)),
    ("difference", ("scale",), lambda s, r, h: s - r),
)
"""What known mistakes cost, and what they give for the scores s of a player, r of a random one, and h of the human."""


def _normal_cases(rng):
    low = rng.uniform(-30, 300, 6).round(1)
    high = low + rng.uniform(20, 4_000, 6).round(1)
    share = np.array([0.37, 0.81, 0.12, 0.55, 0.93, 0.68])[rng.permutation(6)]
    middle, beyond = (low + share * (high - low)).round(2), np.array([0, 9e3, 0, -900, 0, 40])
    hints = {r"truth value": "`if`, min and max take one number. Plain arithmetic takes numbers and arrays, and "
             "nothing has to be cut off here."}  # fmt: skip

    def case(name, proves, *values):
        return Case(name, proves, dict(zip(("score", "random", "human"), values)), hints)

    return [
        case("by hand: random 10, human 30, the player 25", ("scale",), 25.0, 10.0, 30.0),
        case("Pong: random -20.7, human 9.3, the player -3.2", ("scale",), -3.2, -20.7, 9.3),
        case("a random one", ("scale",), float(middle[0]), float(low[0]), float(high[0])),
        case("Pong: the paper's agent, 18.9", ("beyond",), 18.9, -20.7, 9.3),
        case("worse than random", ("beyond",), float(low[1] - 7.5), float(low[1]), float(high[1])),
        case("six games", ("tables",), middle, low, high),
        case("six games, some beyond the scale", ("beyond", "tables"), middle + beyond, low, high),
    ]  # fmt: skip


human_normalized_score = sure_check(
    "human_normalized_score",
    NORMAL_BEHAVIOURS,
    _normal_cases,
    lambda score, random, human: 100 * (np.asarray(score) - random) / (np.asarray(human) - random),
    [
        Mistake(key, NORMAL_SAYS[key], lambda score, random, human, f=f: f(score, random, human), costs)
        for key, costs, f in NORMALS
    ],
    tolerance=(1e-6, 1e-6),
    keeps="tables",
    wrong="This is not on the scale on which random is 0 and human 100.",
)
