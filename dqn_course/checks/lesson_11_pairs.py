"""The checks of ``nearest_states`` and ``unlike_pairs``."""

import numpy as np

from dqn_course.checks import student
from dqn_course.checks.core import Behaviour, Case
from dqn_course.checks.formula import Mistake, formula_check
from dqn_course.checks.lesson_11_values import numpy_caller
from dqn_course.embedding import nearest_states as _nearest
from dqn_course.embedding import unlike_pairs as _unlike

# --- nearest_states

NEAREST_BEHAVIOURS = (
    Behaviour("nearest", 1.5, "the k states at the smallest distance, nearest first"),
    Behaviour("itself", 1, "the state itself is not among them, even if another is at the same place"),
    Behaviour("clean", 0.5, "the features stay as they were", needs=("nearest", "itself"), by_name=True),
)


def _order(distances, query, k, without=True):
    distances = np.array(distances, float)
    if without:
        distances[query] = np.inf
    return distances.argsort(kind="stable")[:k]


def _squares(features, query):
    return ((features - features[query]) ** 2).sum(1)


def _similarity(features, query, normed):
    unit = features / np.linalg.norm(features, axis=1, keepdims=True) if normed else features
    return unit @ unit[query]


def _partitioned(features, query, k):
    """The k nearest as np.argpartition leaves them."""
    distances = _squares(features, query)
    distances[query] = np.inf
    return np.argpartition(distances, k)[:k]


def _over_states(features, query, k):
    """What the solution gives that sums over the states."""
    return _order(((features - features[query]) ** 2).sum(0), query, k)


def _shifted(features, query, k):
    """The numbers of a table from which the state itself was taken out."""
    return np.delete(_squares(features, query), query).argsort(kind="stable")[:k]


NEAREST_MISTAKES = tuple(
    Mistake(key, says, gives, costs)
    for key, says, costs, gives in (
        ("itself_first", "The state itself is its own nearest neighbour here, at distance 0. It does not count.",
         ("itself",), lambda features, query, k: _order(_squares(features, query), query, k, without=False)),
        ("first_dropped", "The first of the sorted states is dropped, as if that were always the state itself. Here "
         "another state is at the same place, and comes first. Set the distance of `query` to np.inf.",
         ("itself",),
         lambda features, query, k: _order(_squares(features, query), query, k + 1, without=False)[1:]),
        ("zero_dropped", "Every state at distance 0 is left out. Only the state itself is; another one may be at the "
         "same place.",
         ("itself",), lambda features, query, k: _order(
             np.where(_squares(features, query) == 0, np.inf, _squares(features, query)), query, k)),
        ("shifted", "The numbers after `query` are too small by 1: they belong to a table without its row. Leave the "
         "row in and set its distance to np.inf.",
         ("itself",), _shifted),
        ("one_less", "One is missing: there are k - 1. Who takes the state itself out at the end needs k + 1 at first.",
         ("itself",), lambda features, query, k: _order(_squares(features, query), query, k - 1)),
        ("one_more", "That is one too many: the k nearest, without the state itself.",
         ("itself",), lambda features, query, k: _order(_squares(features, query), query, k + 1)),
        ("one_more", "That is one too many: the k nearest, without the state itself.",
         ("itself",), lambda features, query, k: _order(_squares(features, query), query, k + 1, without=False)),
        ("farthest", "These are the farthest states. argsort puts the smallest first.",
         ("nearest",), lambda features, query, k: np.argsort(_squares(features, query))[::-1][:k]),
        ("farthest", "These are the farthest states. argsort puts the smallest first.",
         ("nearest",), lambda features, query, k: np.argsort(_squares(features, query))[-k:]),
        ("farthest", "These are the farthest states. argsort puts the smallest first.",
         ("nearest",), lambda features, query, k: _order(_squares(features, query), query, len(features))[::-1][:k]),
        ("partitioned", "These are the nearest states, but in no order: argpartition does not sort. Use argsort.",
         ("nearest",), _partitioned),
        ("partitioned", "These are the nearest states, but in no order: argpartition does not sort. Use argsort.",
         ("nearest",), lambda features, query, k: np.argpartition(
             np.where(np.arange(len(features)) == query, np.inf, np.sqrt(_squares(features, query))), k)[:k]),
        ("farthest_first", "The nearest states are here, but the farthest of them comes first.",
         ("nearest",), lambda features, query, k: _nearest(features, query, k)[::-1]),
        ("not_sorted", "These are the nearest states, sorted by their number. The nearest comes first.",
         ("nearest",), lambda features, query, k: np.sort(_nearest(features, query, k))),
        ("city_blocks", "These are nearest by the sum of the absolute differences. Distance is the root of the sum of "
         "squares.",
         ("nearest",), lambda features, query, k: _order(np.abs(features - features[query]).sum(1), query, k)),
        ("largest_difference", "These are nearest by the largest difference in one feature. All features count: the "
         "root of the sum of squares.",
         ("nearest",), lambda features, query, k: _order(np.abs(features - features[query]).max(1), query, k)),
        ("not_squared", "The differences are added up with their signs, so they cancel. Square them first.",
         ("nearest",), lambda features, query, k: _order((features - features[query]).sum(1), query, k)),
        ("not_squared", "The differences are added up with their signs, so they cancel. Square them first.",
         ("nearest",), lambda features, query, k: _order(np.abs((features - features[query]).sum(1)), query, k)),
        ("angle", "These are nearest by angle (cosine). Distance is the root of the sum of squared differences.",
         ("nearest",), lambda features, query, k: _order(-_similarity(features, query, True), query, k)),
        ("product", "These have the largest product with the features of the state, which is large for large features. "
         "Distance is the root of the sum of squared differences.",
         ("nearest",), lambda features, query, k: _order(-_similarity(features, query, False), query, k)),
        ("least_product", "These have the smallest product with the features of the state. Distance is the root of the "
         "sum of squared differences.",
         ("nearest",), lambda features, query, k: _order(_similarity(features, query, False), query, k)),
        ("length", "This compares the lengths of the rows, not the rows.",
         ("nearest",), lambda features, query, k: _order(
             np.abs(np.linalg.norm(features, axis=1) - np.linalg.norm(features[query])), query, k)),
        ("over_states", "The sum runs over the states instead of the features: these are numbers of features. A state "
         "a row, so sum over axis 1.",
         ("nearest", "itself"), lambda features, query, k: np.argsort(((features - features[query]) ** 2).sum(0))[:k]),
        ("over_states", "The sum runs over the states instead of the features: these are numbers of features. A state "
         "a row, so sum over axis 1.",
         ("nearest", "itself"), _over_states),
        ("distances", "These are the distances. Return the numbers of the states: argsort.",
         ("nearest", "itself"), lambda features, query, k: np.sqrt(
             np.sort(np.delete(_squares(features, query), query))[:k])),
        ("distances", "These are the distances. Return the numbers of the states: argsort.",
         ("nearest", "itself"), lambda features, query, k: np.sort(np.delete(_squares(features, query), query))[:k]),
        ("distances", "These are the distances. Return the numbers of the states: argsort.",
         ("nearest", "itself"), lambda features, query, k: np.sort(np.sqrt(_squares(features, query)))[:k]),
        ("distances", "These are the distances. Return the numbers of the states: argsort.",
         ("nearest", "itself"), lambda features, query, k: np.sort(_squares(features, query))[:k]),
        ("from_first", "These are the neighbours of state 0, whatever `query` is.",
         ("nearest", "itself"), lambda features, query, k: _nearest(features, 0, k)),
        ("in_time", "These are the next states in the table. Compare the features.",
         ("nearest", "itself"), lambda features, query, k: np.arange(query + 1, query + 1 + k)),
    )
)  # fmt: skip


def _circles(rng, n):
    """Points around one of them, no two at nearly the same distance, and the number of that one."""
    radius, angle = rng.permutation(n) / 100, rng.uniform(0, 2 * np.pi, n)
    points = rng.normal(0, 1, 2) + radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return points, radius.argmin()


def _nearest_cases(rng):
    def case(name, proves, features, query, k):
        values = {"features": np.asarray(features, np.float32), "query": int(query), "k": int(k)}
        return Case(name, proves, values, NEAREST_HINTS)

    every = ("nearest", "itself", "clean")
    hand = [[1.0, 2.0], [4.0, 6.0], [2.0, 3.0], [1.0, 9.0], [7.0, 8.0]]
    wide = rng.normal(0, 1, (40, 8)) * rng.uniform(0.5, 2.0, (40, 1))
    half = np.maximum(rng.normal(0, 1, (60, 12)), 0) + rng.uniform(0, 0.01, (60, 12))  # no two distances are equal
    twins = rng.normal(0, 1, (40, 5))
    first, second = sorted(rng.choice(40, 2, replace=False))
    twins[second] = twins[first]
    return [
        case("five points on a plane, to check by hand", every, hand, 0, 3),
        case("40 states, 8 features", every, wide, rng.integers(8, 30), 5),
        case("features as after a ReLU, many near 0", every, half, rng.integers(8, 40), 6),
        case("the last state of the table", every, wide, 39, 4),
        case("600 states, of which 300 are wanted", ("nearest",), *_circles(rng, 600), 300),
        case("another state has the same features, and comes earlier", ("itself",), twins, second, 5),
        case("another state has the same features, and comes later", ("itself",), twins, first, 5),
    ]


def _must_be_indices(found, features, *_):
    """Floats are refused where they may be numbers of states; others, distances say, are for the judge to name."""
    floats = isinstance(found, np.ndarray) and found.dtype.kind not in "iu"
    if floats and np.isin(found, np.arange(len(features))).all():
        says = f"nearest_states returned an array of {found.dtype}. Numbers of states have to be whole, int: they are "
        raise student.AnswerError("not_whole", says + "indices.")


NEAREST_HINTS = {
    r"matmul|could not be broadcast": "`features[query]` is one row, (d,). Subtracted from `features`, (n, d), it is "
    "subtracted from every row.",
    r"index \d+ is out of bounds": "A distance a state is wanted, (n,). Summed over axis 0 there is one a feature.",
}


nearest_states = formula_check(
    "nearest_states", NEAREST_BEHAVIOURS, _nearest_cases, _nearest, NEAREST_MISTAKES, keeps="clean",
    call=numpy_caller("nearest_states", require=_must_be_indices), loose=False,
    wrong="These are not the k nearest states, nearest first.",
)  # fmt: skip


# --- unlike_pairs

UNLIKE_BEHAVIOURS = (
    Behaviour("same", 1, "both states of a pair are worth the same, within the tolerance"),
    Behaviour("unlike", 1, "of those pairs, the ones whose pictures differ most, the most unlike first"),
    Behaviour("bytes", 0.5, "pictures are bytes, and are compared as numbers with a sign", needs=("unlike",)),
    Behaviour("clean", 0.5, "nothing that was given is changed", needs=("same", "unlike")),
)


def _pick(values, pairs, tolerance, k, unlike, may=None):
    """The solution with its parts replaced: unlike(i, j) of a pair, may(difference of values)."""
    difference = values[pairs[:, 0]].astype(float) - values[pairs[:, 1]]
    keep = np.abs(difference) <= tolerance if may is None else may(difference)
    pairs = pairs[keep]
    amounts = np.array([unlike(i, j) for i, j in pairs])
    return pairs[np.argsort(-amounts, kind="stable")[:k]]


def _by(unlike, may=None):
    """What the solution gives with another measure of two pictures."""

    def gives(pictures, values, pairs, tolerance, k):
        test = None if may is None else lambda difference: may(difference, tolerance)
        return _pick(values, pairs, tolerance, k, lambda i, j: unlike(pictures[i], pictures[j]), test)

    return gives


def _mean_difference(a, b):
    return np.abs(a.astype(float) - b).mean()


def _rows_of(pictures, values, pairs, tolerance, k):
    chosen = _unlike(pictures, values, pairs, tolerance, k)
    return [next(i for i, pair in enumerate(pairs) if np.array_equal(pair, row)) for row in chosen]


def _rows_after(pictures, values, pairs, tolerance, k):
    """Row numbers of the pairs that are left, used on all pairs."""
    keep = np.abs(values[pairs[:, 0]].astype(float) - values[pairs[:, 1]]) <= tolerance
    amounts = np.array([_mean_difference(pictures[i], pictures[j]) for i, j in pairs[keep]])
    return pairs[np.argsort(-amounts, kind="stable")[:k]]


def _left(pictures, values, pairs, tolerance, k):
    """The pairs that are worth the same, and by how much each pixel differs."""
    pairs = pairs[np.abs(values[pairs[:, 0]].astype(float) - values[pairs[:, 1]]) <= tolerance]
    pixels = pictures.astype(float)
    return pairs, np.abs(pixels[pairs[:, 0]] - pixels[pairs[:, 1]])


def _amounts_of(pictures, values, pairs, tolerance, k):
    amounts = _left(pictures, values, pairs, tolerance, k)[1].mean((1, 2))
    return np.sort(amounts)[::-1][:k]


def _rows_left(pictures, values, pairs, tolerance, k):
    """Row numbers of the pairs that are left."""
    return np.argsort(-_left(pictures, values, pairs, tolerance, k)[1].mean((1, 2)), kind="stable")[:k]


def _mean_over(axis):
    """The mean over too many or too few axes."""

    def gives(pictures, values, pairs, tolerance, k):
        pairs, differences = _left(pictures, values, pairs, tolerance, k)
        return pairs[np.argsort(-differences.mean(axis))[:k]]

    return gives


def _chosen_first(pictures, values, pairs, tolerance, k):
    """The most unlike first, the values afterwards."""
    chosen = _by(_mean_difference, lambda difference, tolerance: difference == difference)(
        pictures, values, pairs, tolerance, k
    )
    difference = values[chosen[:, 0]].astype(float) - values[chosen[:, 1]]
    return chosen[np.abs(difference) <= tolerance]


def _wrapped(a, b):
    return (a - b).astype(float).mean()


UNLIKE_MISTAKES = tuple(
    Mistake(key, says, gives, costs)
    for key, says, costs, gives in (
        ("wrapped", "The bytes are subtracted as bytes, where 10 - 12 is 254. Make numbers with a sign of them first: "
         "pictures.astype(np.float32).",
         ("bytes",), _by(_wrapped)),
        ("wrapped", "The bytes are subtracted as bytes, where 10 - 12 is 254. Make numbers with a sign of them first: "
         "pictures.astype(np.float32).",
         ("bytes",), _by(lambda a, b: ((a - b) ** 2).astype(float).mean())),
        ("wrapped", "The bytes are subtracted as bytes, where 10 - 12 is 254. Make numbers with a sign of them first: "
         "pictures.astype(np.float32).",
         ("bytes",), _by(lambda a, b: np.abs(a.astype(np.int8).astype(int) - b.astype(np.int8)).mean())),
        ("most_alike", "These are the pairs that look most alike. argsort puts the smallest first.",
         ("unlike",), _by(lambda a, b: -_mean_difference(a, b))),
        ("least_last", "The right pairs are here, but the least unlike of them comes first.",
         ("unlike",), lambda pictures, values, pairs, tolerance, k: _unlike(
             pictures, values, pairs, tolerance, k)[::-1]),
        ("not_sorted", "These pairs are worth the same, but are in the order in which they came. Sort them by how much "
         "the pictures differ.",
         ("unlike",), _by(lambda a, b: 0)),
        ("cancels", "The differences of the pixels are added up with their signs, so bright and dark cancel. Take the "
         "absolute values first.",
         ("unlike",), _by(lambda a, b: (a.astype(float) - b).mean())),
        ("cancels", "The differences of the pixels are added up with their signs, so bright and dark cancel. Take the "
         "absolute values first.",
         ("unlike",), _by(lambda a, b: abs(a.astype(float).mean() - b.astype(float).mean()))),
        ("squared", "This is the mean of the squared differences, for which a few strong pixels count most. Take the "
         "mean of the absolute differences.",
         ("unlike",), _by(lambda a, b: ((a.astype(float) - b) ** 2).mean())),
        ("strongest_pixel", "This looks at the one pixel that differs most. Take the mean over all of them.",
         ("unlike",), _by(lambda a, b: np.abs(a.astype(float) - b).max())),
        ("counted", "This counts the pixels that differ, however little. Take the mean of the absolute differences.",
         ("unlike",), _by(lambda a, b: (a != b).mean())),
        ("any_value", "Pairs that are worth different things are among them: the tolerance is not used.",
         ("same",), _by(_mean_difference, lambda difference, tolerance: difference == difference)),
        ("other_value", "These are pairs that are worth different things. Keep those whose values differ by at most "
         "`tolerance`.",
         ("same",), _by(_mean_difference, lambda difference, tolerance: np.abs(difference) > tolerance)),
        ("other_value", "These are pairs that are worth different things. Keep those whose values differ by at most "
         "`tolerance`.",
         ("same",), _by(_mean_difference, lambda difference, tolerance: np.abs(difference) >= tolerance)),
        ("one_sided", "Where the second state is worth much more than the first, the pair stays. The size of the "
         "difference counts: np.abs.",
         ("same",), _by(_mean_difference, lambda difference, tolerance: difference <= tolerance)),
        ("one_sided", "Where one state is worth much more than the other, the pair stays. The size of the difference "
         "counts: np.abs.",
         ("same",), _by(_mean_difference, lambda difference, tolerance: -difference <= tolerance)),
        ("strict", "A pair whose values differ by just `tolerance` is left out. At most: `<=`.",
         ("same",), _by(_mean_difference, lambda difference, tolerance: np.abs(difference) < tolerance)),
        ("equal", "Only pairs of exactly equal values stay. They may differ by `tolerance`.",
         ("same",), _by(_mean_difference, lambda difference, tolerance: difference == 0)),
        ("chosen_first", "The most unlike pairs are chosen first and the values compared afterwards, so too few are "
         "left. First the values, then the choice.",
         ("same",), _chosen_first),
        ("row_numbers", "These are numbers of rows in `pairs`. Return the rows themselves, the pairs: pairs[...].",
         ("same", "unlike"), _rows_of),
        ("row_numbers", "These are numbers of rows in `pairs`. Return the rows themselves, the pairs: pairs[...].",
         ("same", "unlike"), _rows_left),
        ("amounts", "This is how unlike the pairs are. Return the pairs: argsort gives the numbers of their rows.",
         ("same", "unlike"), _amounts_of),
        ("one_mean", "This is one mean over all pairs. Each pair has its own: .mean(axis=(1, 2)).",
         ("unlike",), _mean_over(None)),
        ("half_mean", "The mean runs over one side of the pictures alone. A pair has one number: .mean(axis=(1, 2)).",
         ("unlike",), _mean_over(1)),
        ("half_mean", "The mean runs over one side of the pictures alone. A pair has one number: .mean(axis=(1, 2)).",
         ("unlike",), _mean_over(2)),
        ("rows_of_all", "The numbers of the sorted rows belong to the pairs that are left, and are used on all pairs. "
         "Keep `pairs = pairs[...]` first.",
         ("same",), _rows_after),
        ("all_pairs", "All pairs that are worth the same are here. Return the first k.",
         ("unlike",), lambda pictures, values, pairs, tolerance, k: _unlike(
             pictures, values, pairs, tolerance, len(pairs))),
        ("first_states", "Only the first state of each pair is here. Return both: rows of two.",
         ("same", "unlike"), lambda pictures, values, pairs, tolerance, k: _unlike(
             pictures, values, pairs, tolerance, k)[:, 0]),
        ("turned", "The pairs stand in columns. Return them as rows, (k, 2).",
         ("same", "unlike"), lambda pictures, values, pairs, tolerance, k: _unlike(
             pictures, values, pairs, tolerance, k).T),
    )
)  # fmt: skip


def _unlike_cases(rng):
    def case(name, proves, pictures, values, pairs, tolerance, k):
        arguments = {
            "pictures": np.asarray(pictures, np.uint8), "values": np.asarray(values, np.float32),
            "pairs": np.asarray(pairs, np.int64), "tolerance": tolerance, "k": k,
        }  # fmt: skip
        return Case(name, proves, arguments, UNLIKE_HINTS)

    def drawn(name, proves, top, m, tolerance, k, tells_apart):
        """A case of pictures with pixels up to ``top``; one that ``tells_apart`` what has to be told apart."""
        for _ in range(60):
            pictures = _screens(rng, 30, top)
            values = rng.integers(-8, 9, 30) / 8  # eighths: differences are exact, and some are just the tolerance
            found = case(name, proves, pictures, values, _pairs(rng, m), tolerance, k)
            if tells_apart(found.values):
                break
        return found

    every = ("same", "unlike", "clean")
    flat = [np.full((2, 2), grey) for grey in (0, 10, 40, 90, 25)]
    return [
        case("five grey pictures to check by hand", every, flat, [0, 0, 0.5, 0, 0.25],
             [[0, 1], [0, 2], [1, 3], [3, 4], [1, 4]], 0.25, 3),
        drawn("40 pairs of dark pictures", every, 100, 40, 0.25, 7, _no_ties),
        drawn("40 pairs of all kinds", (*every, "bytes"), 256, 40, 0.375, 8, _tells_apart),
        drawn("fewer pairs are worth the same than are wanted", ("same",), 100, 8, 0.25, 8, _no_ties),
    ]  # fmt: skip


def _no_ties(values):
    """Whether no two pairs are equally unlike."""
    sums = [np.abs(values["pictures"][i].astype(int) - values["pictures"][j]).sum() for i, j in values["pairs"]]
    return len(set(sums)) == len(sums)


def _tells_apart(values):
    """Whether, besides, all mistakes of different kinds give different pairs."""
    if not _no_ties(values):
        return False
    given = {"right": [_unlike(**values)]}
    for mistake in UNLIKE_MISTAKES:
        given.setdefault(mistake.key, []).append(np.asarray(mistake.gives(**values)))
    results = {key: {(array.shape, array.tobytes()) for array in arrays} for key, arrays in given.items()}
    everything = [result for several in results.values() for result in several]
    return len(set(everything)) == len(everything)


def _screens(rng, n, top):
    """Pictures (n, 6, 5) of another brightness each, with a few strong pixels in some."""
    pictures = rng.integers(0, 9, (n, 6, 5)) + rng.integers(0, top // 3, (n, 1, 1))
    for number in range(0, n, 2):
        pictures[number].ravel()[rng.choice(30, rng.integers(1, 12), replace=False)] = top - 1
    return pictures.astype(np.uint8)


def _pairs(rng, m):
    """m pairs of 30 states, no two alike, the larger number first or last."""
    pairs = np.array([(i, j) for i in range(30) for j in range(i)])[rng.permutation(435)[:m]]
    flip = rng.random(m) < 0.5
    pairs[flip] = pairs[flip, ::-1]
    return pairs


UNLIKE_HINTS = {
    r"too many indices|truth value": "`pairs[:, 0]` are the first states of all pairs, `pairs[:, 1]` the second ones.",
    r"boolean index did not match": "One True or False a pair is wanted: shape (m,).",
    r"cannot reshape": "These pictures are smaller than 84 x 84. Leave their size open: pictures.shape, or a mean.",
}


def _call(unlike_pairs, values):
    given = {key: value.copy() if isinstance(value, np.ndarray) else value for key, value in values.items()}
    result = unlike_pairs(*given.values())
    if isinstance(result, list | tuple) and not len(result):
        result = np.zeros((0, 2))
    after = {key: student.array(value, "An argument, after the call,") for key, value in given.items()
             if isinstance(value, np.ndarray)}  # fmt: skip
    return {"value": student.array(result, "unlike_pairs"), "after": after}


unlike_pairs = formula_check(
    "unlike_pairs", UNLIKE_BEHAVIOURS, _unlike_cases, _unlike, UNLIKE_MISTAKES, call=_call, keeps="clean", loose=False,
    wrong="These are not the pairs worth the same whose pictures differ most, most unlike first.",
)  # fmt: skip
