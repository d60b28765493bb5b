"""The checks of ``cross_entropy`` and ``backward``."""

import numpy as np

from dqn_course.checks.core import Behaviour, Case
from dqn_course.checks.formula import Mistake, caller, formula_check

LOSS = (
    Behaviour("loss", 2, "the mean of -(y ln p + (1 - y) ln(1 - p))"),
    Behaviour("certain", 0.5, "a p of exactly 0 or 1 that is right costs 0"),
    Behaviour("clean", 0.5, "the arrays stay as they were", needs=("loss",), by_name=True),
)


def _terms(y, p, eps=1e-12, log=np.log):
    """The loss of each point, (n,)."""
    p = np.clip(p, eps, 1 - eps)
    return -(y * log(p) + (1 - y) * log(1 - p))


def _cross_entropy(y, p):
    return _terms(y, p).mean()


def _unclipped(y, p):
    with np.errstate(all="ignore"):
        return _terms(y, p, eps=0).mean()


def _left_out(y, p):
    with np.errstate(all="ignore"):
        return np.nanmean(_terms(y, p, eps=0))


def _labels_and_probabilities_swapped(y, p):
    with np.errstate(all="ignore"):
        return _terms(p, y, eps=0).mean()


def _wrong_loss(key, says, gives):
    return Mistake(key, says, gives, costs=("loss",))


LOSS_MISTAKES = (
    Mistake("not_clipped", "For p = 0 or p = 1 this is nan: 0 * ln 0. Keep p away from both ends, before the "
            "logarithm.", _unclipped),
    _wrong_loss("no_minus", "The minus is missing. A logarithm of a probability is negative, a loss is not.",
                lambda y, p: -_cross_entropy(y, p)),
    _wrong_loss("sum", "This is the sum over the points. Take their mean.", lambda y, p: _terms(y, p).sum()),
    _wrong_loss("no_mean", "This returns one number a point. Return one number for all, their mean.", _terms),
    _wrong_loss("only_ones", "Only the points with label 1 count here. Add (1 - y) ln(1 - p) for those with label 0.",
                lambda y, p: (y * _terms(y, p)).mean()),
    _wrong_loss("only_ones", "This is the mean over the points with label 1 alone. All points count.",
                lambda y, p: _terms(y, p)[y == 1].mean() if y.any() else 0),
    _wrong_loss("only_zeros", "Only the points with label 0 count here. Add y ln p for those with label 1.",
                lambda y, p: ((1 - y) * _terms(y, p)).mean()),
    _wrong_loss("labels_inverted", "The labels are the wrong way round: ln p belongs to y, ln(1 - p) to 1 - y.",
                lambda y, p: _terms(1 - y, p).mean()),
    _wrong_loss("always_ln_p", "This uses ln p for both labels. Where y = 0 it is ln(1 - p).",
                lambda y, p: -np.log(np.clip(p, 1e-12, 1)).mean()),
    _wrong_loss("sign_of_one_term", "One of the two terms has the wrong sign. The minus stands before the whole "
                "bracket.", lambda y, p: ((2 * y - 1) * _terms(y, p)).mean()),
    _wrong_loss("sign_of_one_term", "One of the two terms has the wrong sign. The minus stands before the whole "
                "bracket.", lambda y, p: ((1 - 2 * y) * _terms(y, p)).mean()),
    _wrong_loss("log2", "This is the logarithm to base 2. ln is `np.log`.",
                lambda y, p: _terms(y, p, log=np.log2).mean()),
    _wrong_loss("log10", "This is the logarithm to base 10. ln is `np.log`.",
                lambda y, p: _terms(y, p, log=np.log10).mean()),
    _wrong_loss("no_log", "The logarithm is missing.", lambda y, p: _terms(y, p, log=lambda q: q).mean()),
    _wrong_loss("no_log", "The logarithm is missing, and the minus.",
                lambda y, p: (y * p + (1 - y) * (1 - p)).mean()),
    _wrong_loss("log_of_mean", "The logarithm is taken of the mean. Take it of every point, and then the mean.",
                lambda y, p: -np.log((y * p + (1 - y) * (1 - p)).mean())),
    _wrong_loss("no_labels", "The labels are not used: this is the mean of -(p ln p + (1 - p) ln(1 - p)).",
                lambda y, p: _terms(p, p).mean()),
    _wrong_loss("squared_logs", "The logarithms are squared. They are taken as they are.",
                lambda y, p: (_terms(y, p) ** 2).mean()),
    _wrong_loss("worst_point", "This is the largest loss of all points. Take the mean.",
                lambda y, p: _terms(y, p).max()),
    _wrong_loss("squared_error", "This is the squared error. The cross-entropy takes logarithms.",
                lambda y, p: ((y - p) ** 2).mean()),
    _wrong_loss("absolute_error", "This is the mean distance of p and y. The cross-entropy takes logarithms.",
                lambda y, p: np.abs(y - p).mean()),
    _wrong_loss("mistakes_counted", "This counts the points on the wrong side. The cross-entropy takes logarithms.",
                lambda y, p: ((p > 0.5) != y).mean()),
    _wrong_loss("by_class", "This adds the mean over label 1 and the mean over label 0. Take one mean over all "
                "points.", lambda y, p: _terms(y, p)[y == 1].mean() + _terms(y, p)[y == 0].mean()),
    _wrong_loss("median", "This is the median of the points' losses. Take their mean.",
                lambda y, p: np.median(_terms(y, p))),
    Mistake("nan_left_out", "Points whose loss is nan are left out of the mean. They cost 0 and count in n.",
            _left_out),
    Mistake("nan_left_out", "One nan makes the whole mean nan, and that is no 0. Clip p before the logarithm.",
            lambda y, p: np.nan_to_num(_unclipped(y, p))),
    _wrong_loss("halved", "This is half of the loss. Divide by the number of points n, not by 2 n.",
                lambda y, p: _cross_entropy(y, p) / 2),
    _wrong_loss("divided_by_n_minus_1", "The sum is divided by n - 1. Divide it by n, the number of points.",
                lambda y, p: _terms(y, p).sum() / (len(y) - 1)),
    _wrong_loss("divided_by_2", "The sum is divided by 2, whatever the number of points. Divide by n.",
                lambda y, p: _terms(y, p).sum() / 2),
    _wrong_loss("one_point", "This is the loss of one point alone. Is the `return` inside the loop?",
                lambda y, p: _terms(y, p)[0]),
    _wrong_loss("one_point", "This is the loss of one point alone. Is the `return` inside the loop?",
                lambda y, p: _terms(y, p)[0] / len(y)),
    _wrong_loss("one_point", "Only the last point counts here. Add up the points: `total += ...`.",
                lambda y, p: _terms(y, p)[-1]),
    _wrong_loss("one_point", "Only the last point counts here. Add up the points: `total += ...`.",
                lambda y, p: _terms(y, p)[-1] / len(y)),
    _wrong_loss("swapped", "Labels and probabilities are swapped: the logarithm is taken of p, not of y.",
                _labels_and_probabilities_swapped),
    _wrong_loss("swapped", "Labels and probabilities are swapped: the logarithm is taken of p, not of y.",
                lambda y, p: _terms(p, y).mean()),
    *(
        Mistake("clipped_far", "p is pushed too far from 0 and 1. Something like 1e-12 is enough.",
                lambda y, p, eps=eps: _terms(y, p, eps).mean(), costs=("certain",))
        for eps in (0.1, 0.05, 0.01, 1e-3, 1e-4, 1e-5)
    ),
    *(
        _wrong_loss("rounded", "The loss is rounded. Return it as it is; rounding is for showing.",
                    lambda y, p, digits=digits: _cross_entropy(y, p).round(digits))
        for digits in (0, 1, 2, 3)
    ),
)  # fmt: skip


def _loss_cases(rng):
    def points(n, ones):
        y = rng.permutation(np.arange(n) < ones).astype(float)
        return {"y": y, "p": rng.uniform(0.03, 0.97, n)}

    return [
        Case("two points to check by hand", ("loss", "clean"), {"y": np.array([1, 0]), "p": np.array([0.9, 0.2])}),
        Case("three points of label 1", ("loss",), points(3, ones=3)),
        Case("three points of label 0", ("loss",), points(3, ones=0)),
        Case("7 points", ("loss",), points(7, ones=3)),
        Case("100 points", ("loss",), points(100, ones=30)),
        Case("sure and wrong", ("loss",), {"y": np.array([1.0, 0.0]), "p": np.array([0.005, 0.995])}),
        Case("sure and right", ("certain",), {"y": np.array([1.0, 0.0, 1.0]), "p": np.array([1.0, 0.0, 1.0])}),
        Case("two of five are sure and right", ("certain",),
             {"y": np.array([1.0, 0.0, 1.0, 0.0, 0.0]), "p": np.array([0.35, 0.0, 1.0, 0.4, 0.2])}),
    ]  # fmt: skip


cross_entropy = formula_check("cross_entropy", LOSS, _loss_cases, _cross_entropy, LOSS_MISTAKES)

GRADIENTS = ("dW1", "db1", "dW2", "db2")
BACKWARD = (
    Behaviour("dW2", 1, "dW2, the gradient of the last layer's weights"),
    Behaviour("db2", 1, "db2, the gradient of the last layer's bias"),
    Behaviour("dW1", 1, "dW1, the gradient of the first layer's weights"),
    Behaviour("db1", 1, "db1, the gradient of the first layer's bias"),
    Behaviour("shape", 0.5, "each gradient in the shape of its weights", needs=GRADIENTS),
    Behaviour("clean", 0.5, "the arrays stay as they were", needs=GRADIENTS, by_name=True),
)


def _sigmoid(s):
    return 1 / (1 + np.exp(-s))


def _backward(x, y, W1, b1, W2, b2, ds2=None, ds1=None):
    """The gradients. ``ds2(p, y, n)`` and ``ds1(ds2, W2, h)`` are the two formulas that people get wrong."""
    h = _sigmoid(x @ W1 + b1)  # (n, hidden)
    p = _sigmoid(h @ W2 + b2)  # (n, 1)
    d2 = (p - y) / len(x) if ds2 is None else ds2(p, y, len(x))
    d1 = (d2 @ W2.T) * h * (1 - h) if ds1 is None else np.broadcast_to(ds1(d2, W2, h), h.shape)
    return x.T @ d1, d1.sum(0), h.T @ d2, d2.sum(0)


def _slopes(x, y, W1, b1, W2, b2):
    """ds1 (n, hidden) and ds2 (n, 1)."""
    h = _sigmoid(x @ W1 + b1)
    d2 = (_sigmoid(h @ W2 + b2) - y) / len(x)
    return (d2 @ W2.T) * h * (1 - h), d2


def _at_the_end(key, says, ds2):
    """A mistake in ds2; what follows from it is right, so dW1 and db1 keep their points."""
    return Mistake(key, says, lambda **values: _backward(**values, ds2=ds2), costs=("dW2", "db2"))


def _on_the_way(key, says, ds1):
    """A mistake in ds1."""
    return Mistake(key, says, lambda **values: _backward(**values, ds1=ds1), costs=("dW1", "db1"))


def _hidden_with_another_end(**values):
    """The last layer right, but 1 / n forgotten for the first."""
    first = _backward(**values, ds2=lambda p, y, n: p - y)
    return *first[:2], *_backward(**values)[2:]


def _dW2_with_a_slope(**values):
    h = _sigmoid(values["x"] @ values["W1"] + values["b1"])
    return (h * (1 - h)).T @ _slopes(**values)[1]


def _one_point(i, **values):
    """The part of one point in the gradients."""
    h = _sigmoid(values["x"] @ values["W1"] + values["b1"])
    d1, d2 = _slopes(**values)
    return np.outer(values["x"][i], d1[i]), d1[i], np.outer(h[i], d2[i]), d2[i]


def _with_the_slope_of_p(**values):
    p = _sigmoid(_sigmoid(values["x"] @ values["W1"] + values["b1"]) @ values["W2"] + values["b2"])
    return _backward(**values, ds1=lambda d2, W2, h: d2 @ W2.T * p * (1 - p))


def _order(*parts):
    return lambda **values: [dict(zip(GRADIENTS, _backward(**values)))[part] for part in parts]


BACKWARD_MISTAKES = (
    _at_the_end("no_mean", "These are the gradients of the sum over the points. The loss is their mean: divide ds2 by "
                "n, the number of points.", lambda p, y, n: p - y),
    _at_the_end("sign", "All signs are wrong. At the end stands p - y, not y - p.", lambda p, y, n: (y - p) / n),
    _at_the_end("sign_and_no_mean", "At the end stands (p - y) / n. Here the sign is the other one, and 1 / n is "
                "missing.", lambda p, y, n: y - p),
    _at_the_end("slope_at_the_end", "ds2 is multiplied by p (1 - p). For the cross-entropy that factor has cancelled: "
                "p - y remains.", lambda p, y, n: (p - y) * p * (1 - p) / n),
    _at_the_end("slope_at_the_end", "ds2 is multiplied by p (1 - p). For the cross-entropy that factor has cancelled: "
                "p - y remains. And 1 / n is missing.", lambda p, y, n: (p - y) * p * (1 - p)),
    _at_the_end("squared_error", "This starts with 2 (p - y), the slope of a squared error. Here it is p - y.",
                lambda p, y, n: 2 * (p - y) / n),
    _at_the_end("uncancelled", "This starts with the slope of the loss in p. Multiply it by p (1 - p): p - y remains.",
                lambda p, y, n: (p - y) / (p * (1 - p)) / n),
    _at_the_end("no_labels", "The labels are not used: ds2 starts with p - y.", lambda p, y, n: p / n),
    _at_the_end("classes", "This starts with the class, p > 0.5. ds2 starts with p itself: p - y.",
                lambda p, y, n: ((p > 0.5) - y) / n),
    _at_the_end("end_brackets", "In ds2 brackets are missing: (p - y) / n.", lambda p, y, n: p - y / n),
    _at_the_end("end_brackets", "In ds2 brackets are missing: 1 / n * (p - y).", lambda p, y, n: p / n - y),
    _at_the_end("halved", "These are half of the gradients. The loss is the mean: divide by n, not by 2 n.",
                lambda p, y, n: (p - y) / (2 * n)),
    _at_the_end("squared", "ds2 starts with the squared error. It is the error itself: p - y.",
                lambda p, y, n: (p - y) ** 2 / n),
    _at_the_end("absolute", "ds2 has lost its sign. It is p - y.", lambda p, y, n: np.abs(p - y) / n),
    *(
        Mistake("not_the_number_of_points", "ds2 is divided by another number than that of the points. n is len(x).",
                lambda number=number, **values: _backward(**values, ds2=lambda p, y, n: (p - y) / number(values)),
                costs=("dW2", "db2"))
        for number in (
            lambda values: values["x"].shape[1], lambda values: len(values["b1"]),
            lambda values: len(values["x"]) * len(values["b1"]),
        )
    ),
    Mistake("last_point", "Only the last point counts. Add up in the loop: `dW2 += ...`, and so on.",
            lambda **values: _one_point(-1, **values)),
    Mistake("first_point", "Only the first point counts. Is the `return` inside the loop?",
            lambda **values: _one_point(0, **values)),
    Mistake("slope_of_p", "In ds1 the slope is that of p. This link is the sigmoid of h: h * (1 - h).",
            lambda **values: _with_the_slope_of_p(**values), costs=("dW1", "db1")),
    Mistake("size_of_x", "ds2 is divided by the size of x, which is points times inputs. n is len(x).",
            lambda **values: _backward(**values, ds2=lambda p, y, n: (p - y) / values["x"].size),
            costs=("dW2", "db2")),
    _on_the_way("slope_in_s", "The slope of the sigmoid is h * (1 - h). This uses s1 for h.",
                lambda d2, W2, h: d2 @ W2.T * np.log(h / (1 - h)) * (1 - np.log(h / (1 - h)))),
    _on_the_way("no_slope", "In ds1 the slope of the sigmoid is missing: times h * (1 - h).",
                lambda d2, W2, h: d2 @ W2.T),
    _on_the_way("half_a_slope", "In ds1 half of the slope is missing: it is h * (1 - h).",
                lambda d2, W2, h: d2 @ W2.T * h),
    _on_the_way("half_a_slope", "In ds1 half of the slope is missing: it is h * (1 - h).",
                lambda d2, W2, h: d2 @ W2.T * (1 - h)),
    _on_the_way("slope_of_tanh", "The slope of the sigmoid is h * (1 - h), not 1 - h * h.",
                lambda d2, W2, h: d2 @ W2.T * (1 - h * h)),
    _on_the_way("sigmoid_twice", "The sigmoid is applied to h again. h is already σ(s1), so its slope is h * (1 - h).",
                lambda d2, W2, h: d2 @ W2.T * _sigmoid(h) * (1 - _sigmoid(h))),
    _on_the_way("no_W2", "In ds1 the factor W2 is missing: ds2 @ W2.T.", lambda d2, W2, h: d2 * h * (1 - h)),
    _on_the_way("factors_added", "ds1 is a sum of its factors here. Rates along a chain multiply.",
                lambda d2, W2, h: d2 @ W2.T + h * (1 - h)),
    _on_the_way("no_brackets", "In ds1 brackets are missing: h * (1 - h), not h * 1 - h.",
                lambda d2, W2, h: d2 @ W2.T * h * 1 - h),
    _on_the_way("mean_twice", "ds1 is divided by n although ds2 already was.",
                lambda d2, W2, h: d2 @ W2.T * h * (1 - h) / len(h)),
    _on_the_way("sign_of_slope", "The signs of dW1 and db1 are wrong.", lambda d2, W2, h: -(d2 @ W2.T) * h * (1 - h)),
    Mistake("no_mean_in_front", "dW1 and db1 are those of the sum over the points. Use the same ds2, with 1 / n, on "
            "the whole way.", _hidden_with_another_end, costs=("dW1", "db1")),
    Mistake("order", "The gradients come in another order. Return dW1, db1, dW2, db2.",
            _order("dW2", "db2", "dW1", "db1")),
    Mistake("order", "The gradients come in another order. Return dW1, db1, dW2, db2.",
            _order("dW1", "dW2", "db1", "db2")),
    Mistake("order", "The gradients come in another order. Return dW1, db1, dW2, db2.",
            _order("db1", "dW1", "db2", "dW2")),
    *(
        Mistake("not_summed", f"{db} has one row a point. Add up the rows: `.sum(axis=0)`.",
                lambda layer=layer, **values: _slopes(**values)[layer], part=db)
        for db, layer in (("db1", 0), ("db2", 1))
    ),
    *(
        Mistake("rows_averaged", f"For {db} the rows are averaged. ds has 1 / n in it already: add them up.",
                lambda layer=layer, **values: _slopes(**values)[layer].mean(0), part=db)
        for db, layer in (("db1", 0), ("db2", 1))
    ),
    *(
        Mistake("wrong_axis", f"For {db} the sum runs along the rows. Add up the points: `.sum(axis=0)`.",
                lambda layer=layer, **values: _slopes(**values)[layer].sum(1), part=db)
        for db, layer in (("db1", 0), ("db2", 1))
    ),
    *(
        Mistake("bias_not_averaged", f"{db} is that of the sum over the points. Use ds, which has 1 / n in it.",
                lambda part=part, **values: _backward(**values)[part] * len(values["x"]), part=db)
        for db, part in (("db1", 1), ("db2", 3))
    ),
    *(
        Mistake("weights_not_averaged", f"{dW} is that of the sum over the points. Use ds, which has 1 / n in it.",
                lambda part=part, **values: _backward(**values)[part] * len(values["x"]), part=dW)
        for dW, part in (("dW1", 0), ("dW2", 2))
    ),
    Mistake("slope_in_dW2", "dW2 needs no slope of the sigmoid: s2 depends on W2 through h alone. It is h.T @ ds2.",
            _dW2_with_a_slope, part="dW2"),
    Mistake("one_number", "db1 is one number for all hidden neurons. Add up the points only: `.sum(axis=0)`.",
            lambda **values: _slopes(**values)[0].sum(), part="db1"),
    *(
        Mistake("weights_averaged", f"{dW} is divided by n once more. ds has 1 / n in it already.",
                lambda part=part, **values: _backward(**values)[part] / len(values["x"]), part=dW)
        for dW, part in (("dW1", 0), ("dW2", 2))
    ),
    Mistake("transposed", "dW1 is transposed. It has the shape of W1: `x.T @ ds1`.",
            lambda **values: _backward(**values)[0].T, part="dW1"),
)  # fmt: skip


def _backward_cases(rng):
    def case(name, n, inputs, hidden, proves=GRADIENTS):
        y = rng.permutation(np.arange(n) % 2)[:, None].astype(float)
        shapes = {"W1": (inputs, hidden), "b1": (hidden,), "W2": (hidden, 1), "b2": (1,)}
        weights = {key: rng.normal(size=shape) for key, shape in shapes.items()}
        return Case(name, proves, {"x": rng.normal(size=(n, inputs)), "y": y, **weights})

    by_hand = {
        "x": [[3.0]], "y": [[1.0]], "W1": [[0.0]], "b1": [0.0], "W2": [[2.0]], "b2": [-1.0],
    }  # fmt: skip
    everything = tuple(behaviour.name for behaviour in BACKWARD)
    return [
        Case("one point to check by hand", everything, {key: np.array(value) for key, value in by_hand.items()}),
        case("5 points, 3 inputs, 2 hidden neurons", 5, 3, 2),
        case("4 points, 4 inputs, 4 hidden neurons", 4, 4, 4),
        case("6 points, 2 inputs, 1 hidden neuron", 6, 2, 1),
        case("40 points, 2 inputs, 8 hidden neurons", 40, 2, 8),
    ]


def _call_backward(function, values):
    output = caller("backward", GRADIENTS)(function, values)
    for gradient, bias in (("db1", "b1"), ("db2", "b2")):
        if output[gradient].size == values[bias].size == 1:  # a plain number will do for a single bias
            output[gradient] = output[gradient].reshape(1)
    return output


backward = formula_check(
    "backward", BACKWARD, _backward_cases, _backward, BACKWARD_MISTAKES,
    returns=GRADIENTS, call=_call_backward, loose=False,
)  # fmt: skip
