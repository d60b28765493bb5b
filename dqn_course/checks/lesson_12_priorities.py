"""The checks of ``priorities`` and ``importance_weights``: what is replayed more often, and what makes up for it."""

import numpy as np

from dqn_course.checks.core import Behaviour, Case
from dqn_course.checks.formula import Mistake
from dqn_course.checks.lesson_05_sure import sure_check

BEHAVIOURS = (
    Behaviour("size", 0.5, "the size of the error counts, not its sign"),
    Behaviour("epsilon", 0.5, "an error of 0 keeps a small priority: epsilon is added before the power"),
    Behaviour("alpha", 0.5, "alpha is the power: 0 makes all alike, 1 keeps the sizes"),
    Behaviour("clean", 0.5, "the array stays as it was", needs=("size", "alpha"), by_name=True),
)
ALL = ("size", "epsilon", "alpha")


def reference(x, a, e):
    """(|x| + e)**a, of the shape of x."""
    return (np.abs(x) + e) ** a


GIVES = (
    ("sign", "The sign of the error counts here, so negative errors get no number, or a negative one. An error is as "
     "surprising from below: take np.abs first.", ("size",), lambda x, a, e: (x + e) ** a),
    ("sign", "The sign of the error counts here. An error is as surprising from below: no sign.", ("size",),
     lambda x, a, e: np.sign(x) * reference(x, a, e)),
    ("positive_alone", "Negative errors count as 0 here. An error is as surprising from below: np.abs.", ("size",),
     lambda x, a, e: (np.maximum(x, 0) + e) ** a),
    ("abs_too_late", "epsilon is added before the sign is gone, so a small negative error comes nearer to 0. First "
     "np.abs, then plus epsilon.", ("size",), lambda x, a, e: np.abs(x + e) ** a),
    ("squared", "The errors are squared. Take their size, np.abs.", ("size",), lambda x, a, e: (x**2 + e) ** a),
    ("clipped", "Errors are clipped at 1. Large ones are replayed even more often: no clipping.", ("size",),
     lambda x, a, e: (np.minimum(np.abs(x), 1) + e) ** a),
    ("epsilon_outside", "epsilon is added after the power. It belongs inside: (|error| + epsilon)**alpha.",
     ("epsilon",), lambda x, a, e: np.abs(x) ** a + e),
    ("no_epsilon", "epsilon is missing: a transition with an error of 0 would never be drawn again.", ("epsilon",),
     lambda x, a, e: np.abs(x) ** a),
    ("largest_of_both", "This takes the larger of |error| and epsilon. epsilon is added.", ("epsilon",),
     lambda x, a, e: np.maximum(np.abs(x), e) ** a),
    *(("fixed_epsilon", "epsilon is the same whatever the argument says.", ("epsilon",),
       lambda x, a, e, fixed=fixed: reference(x, a, fixed)) for fixed in (0.01, 1e-6, 0.001, 0.1)),
    ("epsilon_subtracted", "epsilon is subtracted. It is added.", ("epsilon",),
     lambda x, a, e: np.abs(np.abs(x) - e) ** a),
    ("factor", "alpha is a factor here. It is a power: `**`.", ("alpha",), lambda x, a, e: a * (np.abs(x) + e)),
    ("bracket_missing", "alpha is the power of epsilon alone here: `**` comes before `+`. Put the sum into brackets: "
     "`(np.abs(td_errors) + epsilon) ** alpha`.", ("alpha",), lambda x, a, e: np.abs(x) + e**a),
    ("each_to_the_power", "The error and epsilon go to the power one by one. Add them first: "
     "(|error| + epsilon)**alpha.", ("alpha",), lambda x, a, e: np.abs(x) ** a + e**a),
    ("no_alpha", "alpha does nothing here. It is a power: `**`.", ("alpha",), lambda x, a, e: np.abs(x) + e),
    ("power_of_alpha", "The power is the wrong way round: (|error| + epsilon)**alpha.", ("alpha",),
     lambda x, a, e: a ** (np.abs(x) + e)),
    ("negative_power", "Large errors get a small priority here. The power is alpha, not -alpha.", ("alpha",),
     lambda x, a, e: reference(x, -a, e)),
    ("root", "This is the power 1 / alpha. It is alpha.", ("alpha",), lambda x, a, e: reference(x, 1 / a, e)),
    ("one_minus_alpha", "This is the power 1 - alpha. It is alpha.", ("alpha",),
     lambda x, a, e: reference(x, 1 - a, e)),
    *(("fixed_alpha", "alpha is the same whatever the argument says.", ("alpha",),
       lambda x, a, e, fixed=fixed: reference(x, fixed, e)) for fixed in (0.6, 0.5, 0.7)),
    ("exponential", "This is an exponential. The priority is a power: (|error| + epsilon)**alpha.", ALL,
     lambda x, a, e: np.exp(a * (np.abs(x) + e))),
    ("chances", "These are divided by their sum: chances. They come later, when a batch is drawn; return the "
     "priorities as they are.", ALL,
     lambda x, a, e: reference(x, a, e) / reference(x, a, e).sum()),
    ("chances", "These are divided by their sum. Chances come later, when a batch is drawn; return the priorities as "
     "they are.", ALL, lambda x, a, e: ((np.abs(x) + e) / (np.abs(x) + e).sum()) ** a),
    ("by_largest", "These are divided by the largest. Return the priorities as they are.", ALL,
     lambda x, a, e: reference(x, a, e) / reference(x, a, e).max()),
    ("by_rank", "These are ranks: 1 / place. That is the paper's other variant; here the size counts.", ALL,
     lambda x, a, e: (1 / (1 + np.argsort(np.argsort(-np.abs(x))))) ** a),
    ("summed", "This is the sum of the priorities. Return one for each error.", ALL,
     lambda x, a, e: reference(x, a, e).sum() if len(x) > 1 else None),
    ("mean_error", "This is the mean of the errors. Return one priority for each error.", ALL,
     lambda x, a, e: (np.abs(x).mean() + e) ** a if len(x) > 1 else None),
    ("reversed_order", "The power is taken before the size, and epsilon is added to that. (|error| + epsilon)**alpha.",
     ("epsilon",), lambda x, a, e: np.abs(np.abs(x) ** a + e)),
)  # fmt: skip
"""What known mistakes return for errors x (n,), the power a and the constant e."""
HINTS = {r"no attribute 'abs'": "Of an array, the sizes are np.abs(td_errors), or abs(td_errors)."}


def _cases(rng):
    def case(name, proves, errors, alpha, epsilon):
        values = {"td_errors": np.asarray(errors, float), "alpha": alpha, "epsilon": epsilon}
        return Case(name, proves, values, HINTS)

    def draw(n):
        return (rng.uniform(0.6, 5, n) * rng.permutation(np.resize([1, -1], n))).round(2)

    alpha = round(float(rng.uniform(0.25, 0.45)), 2)
    return [
        case("3 errors to check by hand, alpha = 0.5", ALL, [3.75, -3.75, 0], 0.5, 0.25),
        case("alpha = 1, large errors of both signs", ("size",), draw(6), 1.0, 0.0),
        case("errors of 0, alpha = 1", ("epsilon",), np.zeros(3), 1.0, 0.5),
        case("errors of 0, alpha = 0.8", ("epsilon",), np.zeros(2), 0.8, 0.3),
        case("alpha = 0", ("alpha",), draw(4), 0.0, 0.2),
        case(f"positive errors, alpha = {alpha}", ("alpha",), np.abs(draw(5)), alpha, 0.0),
        case("many errors, alpha = 0.65", (*ALL, "clean"), np.append(draw(63), 0.0), 0.65, 0.2),
        case("one error", ("size", "alpha"), [-2.0], 0.4, 0.05),
    ]


priorities = sure_check(
    "priorities", BEHAVIOURS, _cases, lambda td_errors, alpha, epsilon: reference(td_errors, alpha, epsilon),
    [Mistake(key, says, lambda td_errors, alpha, epsilon, f=gives: f(td_errors, alpha, epsilon), costs)
     for key, says, costs, gives in GIVES],
    wrong="This is not (|error| + epsilon)**alpha.",
)  # fmt: skip


# --- what makes up for the preference

WEIGHT_BEHAVIOURS = (
    Behaviour("power", 1, "a transition with k times the chance has the weight k**-beta times"),
    Behaviour("largest", 0.5, "the largest weight of the batch is 1"),
    Behaviour("clean", 0.5, "the array stays as it was", needs=("power", "largest"), by_name=True),
)
BOTH = ("power", "largest")


def weights(p, n, b):
    """(n p)**-b, divided by the largest."""
    w = (n * p) ** -b
    return w / w.max()


def _times_minus_beta(p, n, b):
    w = n * p * -b
    return w / w.max()


WEIGHTS_GIVE = (
    ("not_divided", "The weights are right, but not divided by the largest of the batch. So that no step becomes "
     "larger than without weights, the largest is 1.", ("largest",), lambda p, n, b: (n * p) ** -b),
    ("not_divided", "The weights are not divided by the largest of the batch, and n_stored is missing.", ("largest",),
     lambda p, n, b: p**-b),
    ("upside_down", "What is drawn often weighs most here. It is the other way round: (n_stored * chances)**-beta.",
     ("power",),
     lambda p, n, b: (p / p.max()) ** b),
    ("upside_down_whole", "What is drawn often weighs most here, and nothing is divided by the largest. The power is "
     "-beta.", BOTH, lambda p, n, b: (n * p) ** b),
    ("by_smallest", "The weights are divided by the smallest. Divide by the largest, so that no weight is above 1.",
     ("largest",), lambda p, n, b: (p / p.max()) ** -b),
    ("by_first", "The weights are divided by the first one. The largest may stand anywhere: `.max()`.", ("largest",),
     lambda p, n, b: (p / p[0]) ** -b),
    ("by_last", "The weights are divided by the last one. The largest may stand anywhere: `.max()`.", ("largest",),
     lambda p, n, b: (p / p[-1]) ** -b),
    ("batch_as_n", "N is the size of the batch here, and nothing is divided by the largest. N is `n_stored`.", BOTH,
     lambda p, n, b: (len(p) * p) ** -b),
    ("by_sum", "The weights are divided by their sum. Divide by the largest.", ("largest",),
     lambda p, n, b: p**-b / (p**-b).sum() if len(p) > 1 else None),
    ("by_mean", "The weights are divided by their mean. Divide by the largest.", ("largest",),
     lambda p, n, b: p**-b / (p**-b).mean()),
    ("by_number", "The weights are divided by their number. Divide by the largest.", ("largest",),
     lambda p, n, b: (n * p) ** -b / len(p)),
    ("no_beta", "beta does nothing here: this undoes the preference wholly. The power is -beta.", ("power",),
     lambda p, n, b: p.min() / p),
    ("no_beta_whole", "beta does nothing here, and nothing is divided by the largest. The power is -beta.", BOTH,
     lambda p, n, b: 1 / (n * p)),
    ("factor", "beta is a factor here. It is a power: `** -beta`.", BOTH, lambda p, n, b: b / (n * p)),
    ("times_minus_beta", "`* -beta` multiplies by -beta, and the division by the largest takes beta out again, so what "
     "is drawn often weighs most. A power has two stars: `** -beta`.", BOTH, _times_minus_beta),
    ("times_minus_beta_whole", "`* -beta` multiplies by -beta. A power has two stars: `** -beta`; then divide by the "
     "largest.", BOTH, lambda p, n, b: n * p * -b),
    ("minus_beta", "beta is subtracted here. It is a power: `** -beta`.", BOTH,
     lambda p, n, b: (n * p - b) / (n * p - b).max()),
    ("minus_beta_whole", "beta is subtracted here. It is a power, `** -beta`, and then the weights are divided by the "
     "largest.", BOTH, lambda p, n, b: n * p - b),
    ("n_outside", "n_stored is outside of the power, and nothing is divided by the largest. Asked for is "
     "(n_stored * chances)**-beta.",
     BOTH, lambda p, n, b: n * p**-b),
    ("n_outside", "n_stored is divided by outside of the power. (n_stored * chances)**-beta, divided by the largest.",
     BOTH, lambda p, n, b: p**-b / n),
    *(("fixed_beta", "beta is the same whatever the argument says.", ("power",),
       lambda p, n, b, fixed=fixed: weights(p, n, fixed)) for fixed in (0.4, 0.5, 0.6)),
    ("one_minus_beta", "The power is -(1 - beta) here. It is -beta.", ("power",),
     lambda p, n, b: weights(p, n, 1 - b)),
    ("minus_outside", "The minus stands outside of the power, so weights are negative. The power is -beta.", BOTH,
     lambda p, n, b: -((n * p) ** b)),
    ("minus_outside", "The minus stands outside of the power. The power is -beta.", BOTH,
     lambda p, n, b: (p / p.min()) ** b),
    ("one_minus_chance", "This is 1 minus the chance. The weight is a power of the chance: -beta.", BOTH,
     lambda p, n, b: 1 - p),
    ("ones", "All weights are 1: no correction at all.", ("power",), lambda p, n, b: np.ones_like(p)),
    ("clipped", "Weights above 1 are cut off. Divide all of them by the largest: then none is above 1, and their "
     "proportions stay.", BOTH, lambda p, n, b: np.minimum((n * p) ** -b, 1)),
    ("chances", "These are the chances again. The weights fall as the chances rise.", BOTH, lambda p, n, b: p),
    ("chances", "These are the chances again, divided. The weights fall as the chances rise.", BOTH,
     lambda p, n, b: p / p.sum()),
    ("chances", "These are the chances again, divided by the largest. The weights fall as the chances rise.", BOTH,
     lambda p, n, b: p / p.max()),
    ("logarithm", "This is a logarithm. The weight is a power: (n_stored * chances)**-beta.", BOTH,
     lambda p, n, b: -b * np.log(n * p)),
    ("divided_by_largest_chance", "The weights are divided by the largest chance. Divide by the largest weight.",
     ("largest",), lambda p, n, b: (n * p) ** -b / p.max()),
)  # fmt: skip
"""What known mistakes return for chances p (B,), n transitions and the power b."""


def _weight_cases(rng):
    def case(name, proves, chances, n_stored, beta):
        return Case(name, proves, {"chances": np.asarray(chances, float), "n_stored": n_stored, "beta": beta})

    def draw(batch, n_stored):
        return rng.permutation(np.geomspace(0.2, 30, batch) * rng.uniform(0.8, 1.2, batch)) / n_stored

    beta = round(float(rng.uniform(0.65, 0.85)), 2)
    return [
        case("3 transitions to check by hand, beta = 0.5", BOTH, [0.01, 0.04, 0.16], 100, 0.5),
        case(f"5 of 200, beta = {beta}", BOTH, draw(5, 200), 200, beta),
        case("beta = 1 undoes it wholly", BOTH, draw(6, 1000), 1000, 1.0),
        case("beta = 0 does nothing", ("largest",), draw(4, 500), 500, 0.0),
        case("all have the same chance", ("largest",), np.full(8, 0.02), 400, 0.7),
        case("64 of 100,000, beta = 0.45", (*BOTH, "clean"), draw(64, 100_000), 100_000, 0.45),
    ]


importance_weights = sure_check(
    "importance_weights", WEIGHT_BEHAVIOURS, _weight_cases,
    lambda chances, n_stored, beta: weights(chances, n_stored, beta),
    [Mistake(key, says, lambda chances, n_stored, beta, f=gives: f(chances, n_stored, beta), costs)
     for key, says, costs, gives in WEIGHTS_GIVE],
    wrong="This is not (n_stored * chances)**-beta, divided by the largest of the batch.",
)  # fmt: skip
