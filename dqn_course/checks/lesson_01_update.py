"""The check of ``perceptron_update``: w + lr (y - y_hat) x and b + lr (y - y_hat), with y_hat = step(w·x + b)."""

import numpy as np

from dqn_course.checks import student
from dqn_course.checks.core import Behaviour, Case, Check, Finding, close, show

BEHAVIOURS = (
    Behaviour("w", 1, "a point on the wrong side moves the weights by lr (y − ŷ) x"),
    Behaviour("b", 0.5, "and the bias by lr (y − ŷ)"),
    Behaviour("right", 1, "a point on the right side changes nothing; on the line, ŷ is 1", needs=("w", "b")),
    Behaviour("kept", 0.5, "the array w that came in stays as it was", needs=("w", "b"), by_name=True),
)
MOVES, EVERYTHING = ("w", "b"), ("w", "b", "right")


def _y_hat(w, b, x):
    return float(w @ x + b >= 0)


def _moved(w, b, x, factor):
    return w + factor * x, b + factor


def _update(w, b, x, y, lr):
    return _moved(w, b, x, lr * (y - _y_hat(w, b, x)))


def _error(w, b, x, y):
    return y - _y_hat(w, b, x)


def _until_right(w, b, x, y, lr):
    for _ in range(1000):
        if _error(w, b, x, y) == 0:
            break
        w, b = _update(w, b, x, y, lr)
    return w, b


MISTAKES = {
    "nothing_moves": (MOVES, lambda w, b, x, y, lr: (w, b)),
    "away": (MOVES, lambda w, b, x, y, lr: _moved(w, b, x, -lr * _error(w, b, x, y))),
    "no_prediction": (EVERYTHING, lambda w, b, x, y, lr: _moved(w, b, x, lr * y)),
    "always_moves": (("right",), lambda w, b, x, y, lr: _moved(w, b, x, lr * (2 * y - 1))),
    "no_sign": (("w",), lambda w, b, x, y, lr: _moved(w, b, x, lr * abs(_error(w, b, x, y)))),
    "blue_only": (("w",), lambda w, b, x, y, lr: _moved(w, b, x, lr * max(0, _error(w, b, x, y)))),
    "red_only": (("w",), lambda w, b, x, y, lr: _moved(w, b, x, lr * min(0, _error(w, b, x, y)))),
    "no_step": (EVERYTHING, lambda w, b, x, y, lr: _moved(w, b, x, lr * (y - (w @ x + b)))),
    "sigmoid": (EVERYTHING, lambda w, b, x, y, lr: _moved(w, b, x, lr * (y - 1 / (1 + np.exp(-(w @ x + b)))))),
    "strict": (("right",), lambda w, b, x, y, lr: _moved(w, b, x, lr * (y - float(w @ x + b > 0)))),
    "inverted": (EVERYTHING, lambda w, b, x, y, lr: _moved(w, b, x, lr * (y - float(w @ x + b < 0)))),
    "without_bias": (("b", "right"), lambda w, b, x, y, lr: _moved(w, b, x, lr * _error(w, 0, x, y))),
    "no_lr": (MOVES, lambda w, b, x, y, lr: _moved(w, b, x, _error(w, b, x, y))),
    "fixed_lr": (MOVES, lambda w, b, x, y, lr: _moved(w, b, x, 0.1 * _error(w, b, x, y))),
    "fixed_lr, 0.5": (MOVES, lambda w, b, x, y, lr: _moved(w, b, x, 0.5 * _error(w, b, x, y))),
    "y_hat_alone": (EVERYTHING, lambda w, b, x, y, lr: _moved(w, b, x, lr * _y_hat(w, b, x))),
    "where_right": (EVERYTHING, lambda w, b, x, y, lr: _moved(w, b, x, lr * (_error(w, b, x, y) == 0))),
    "halved": (MOVES, lambda w, b, x, y, lr: _moved(w, b, x, lr / 2 * _error(w, b, x, y))),
    "doubled": (MOVES, lambda w, b, x, y, lr: _moved(w, b, x, 2 * lr * _error(w, b, x, y))),
    "lr_divides": (MOVES, lambda w, b, x, y, lr: _moved(w, b, x, _error(w, b, x, y) / lr)),
    "signs": (EVERYTHING, lambda w, b, x, y, lr: _moved(w, b, x, lr * (y - 2 * _y_hat(w, b, x) + 1))),
    "signs, 0 on the line": (EVERYTHING, lambda w, b, x, y, lr: _moved(w, b, x, lr * (y - np.sign(w @ x + b)))),
    "repeated": (MOVES, lambda w, b, x, y, lr: _until_right(w, b, x, y, lr)),
    "step_alone": (EVERYTHING, lambda w, b, x, y, lr: _moved(0 * w, 0, x, lr * _error(w, b, x, y))),
    "lr_on_all": (EVERYTHING, lambda w, b, x, y, lr: tuple(lr * v for v in _moved(w, b, x, _error(w, b, x, y)))),
}
"""Known mistakes: what they cost, and the (w, b) that they return. Behind a comma: another form of the same mistake."""

W_MISTAKES = {
    "w_stays": lambda w, b, x, y, lr: w,
    "no_x": lambda w, b, x, y, lr: w + lr * _error(w, b, x, y),
    "no_lr_in_w": lambda w, b, x, y, lr: w + _error(w, b, x, y) * x,
    "w_away": lambda w, b, x, y, lr: w - lr * _error(w, b, x, y) * x,
    "times_w": lambda w, b, x, y, lr: w + lr * _error(w, b, x, y) * w,
    "sum_of_inputs": lambda w, b, x, y, lr: w + lr * _error(w, b, x, y) * x.sum(),
    "w_multiplied": lambda w, b, x, y, lr: w * lr * _error(w, b, x, y) * x,
    "w_after_b": lambda w, b, x, y, lr: w + lr * _error(w, _update(w, b, x, y, lr)[1], x, y) * x,
}
B_MISTAKES = {
    "b_stays": lambda w, b, x, y, lr: b,
    "no_lr_in_b": lambda w, b, x, y, lr: b + _error(w, b, x, y),
    "b_away": lambda w, b, x, y, lr: b - lr * _error(w, b, x, y),
    "b_times_x": lambda w, b, x, y, lr: b + lr * _error(w, b, x, y) * x.sum(),
    "times_b": lambda w, b, x, y, lr: b + lr * _error(w, b, x, y) * b,
    "b_after_w": lambda w, b, x, y, lr: b + lr * _error(_update(w, b, x, y, lr)[0], b, x, y),
}
"""Known mistakes in one of the two alone."""

SAYS = {
    "nothing_moves": "Nothing has changed, although the point was on the wrong side.",
    "away": "The step goes the wrong way: the point ends up deeper on the wrong side. It is y − ŷ, not ŷ − y.",
    "no_prediction": "This moves by lr y x, whatever the perceptron said. The error is y − ŷ.",
    "always_moves": "This moves for every point, right or wrong. Where the point is right, y − ŷ is 0.",
    "no_sign": "This moves the same way for both kinds of mistake. y − ŷ is 1 for one kind and −1 for the other.",
    "blue_only": "Only points with y = 1 move the line here. Wrong points with y = 0 do so too.",
    "red_only": "Only points with y = 0 move the line here. Wrong points with y = 1 do so too.",
    "no_step": "ŷ is the step of the score, 0 or 1. Here it is the score itself.",
    "sigmoid": "ŷ is the step of the score, 0 or 1. Here it is the sigmoid.",
    "strict": "For a score of exactly 0 the prediction is 1: `>=`, not `>`.",
    "inverted": "The prediction is turned around: ŷ is 1 where the score is at least 0.",
    "without_bias": "The prediction needs the bias too: ŷ = step(w·x + b).",
    "no_lr": "The step is not multiplied by lr.",
    "fixed_lr": "The step is always multiplied by the same number, whatever lr is. Use the argument.",
    "y_hat_alone": "This moves by lr ŷ, whatever the label. The error is y − ŷ.",
    "where_right": "This moves the points that are right, and leaves the wrong ones. The error is y − ŷ.",
    "halved": "The step is half as long as it should be: lr (y − ŷ) x, no more factors.",
    "doubled": "The step is twice as long as it should be: lr (y − ŷ) x, no more factors.",
    "lr_divides": "The step is divided by lr. Multiply.",
    "times_w": "The step of the weights is multiplied by w. It is multiplied by the input x.",
    "sum_of_inputs": "Every weight moves by the sum of all inputs. Each moves by its own: x.",
    "times_b": "The step of the bias is multiplied by b. It is lr (y − ŷ) alone.",
    "signs": "ŷ is 1 or 0, the step of the score. Here it is 1 or −1.",
    "repeated": "This repeats the step until the point is right. One call makes one step.",
    "step_alone": "This is the step alone. Add it to the old weights and to the old bias.",
    "lr_on_all": "The old weights are multiplied by lr too. It belongs to the step alone.",
    "w_stays": "The weights have not moved, only the bias.",
    "no_x": "The weights move by lr (y − ŷ) alone. Each step is also multiplied by its own input: x.",
    "no_lr_in_w": "The step of the weights is not multiplied by lr.",
    "w_away": "The weights go the wrong way. It is + lr (y − ŷ) x.",
    "w_multiplied": "The weights are multiplied by the step. It is added.",
    "w_after_b": "The weights use a prediction made with the new bias. Compute ŷ once, before anything moves.",
    "b_stays": "The bias has not moved. It gets lr (y − ŷ), as if its input were always 1.",
    "no_lr_in_b": "The step of the bias is not multiplied by lr.",
    "b_away": "The bias goes the wrong way. It is + lr (y − ŷ).",
    "b_times_x": "The step of the bias is multiplied by x here. The input of the bias is always 1.",
    "b_after_w": "The bias uses a prediction made with the new weights. Compute ŷ once, before anything moves.",
    "wrong_w": "These are not the weights w + lr (y − ŷ) x.",
    "wrong_b": "This is not the bias b + lr (y − ŷ).",
    "swapped": "The order is (w, b). Here b comes first.",
    "shape_w": "The new w should have the shape {}, it has {}.",
    "shape_b": "The new b should be one number, it has the shape {}.",
    "input_changed": "The array `w` that you were given is not the same after the call. `w += ...` writes into it; "
    "`w + ...` makes a new one.",
    "other_changed": "The point `x` that you were given is not the same after the call.",
}


def _cases(rng):
    def points(*rows):
        w, b, x, y, lr = (np.array(column, float) for column in zip(*rows))
        return {"w": w, "b": b, "x": x, "y": y, "lr": lr}  # (n, inputs), (n,), (n, inputs), (n,), (n,)

    def drawn(inputs, y, right, by_bias):
        """A point on the right or the wrong side; ``by_bias``: it would be on the other side if b were 0."""
        side = 1 if (y == 1) == right else -1
        x = rng.uniform(0.3, 2, inputs).round(2) * rng.choice([-1, 1], inputs)
        w = rng.uniform(0.2, 1, inputs).round(2) * np.sign(x) * (-side if by_bias else side)
        b = round(side * rng.uniform(0.4, 1.5) - float(w @ x), 2)
        lr = rng.uniform(0.5, 0.9) if by_bias else rng.uniform(0.01, 0.02)  # too short to bring the point over
        return w, b, x, y, round(lr, 3)

    by_hand = (
        ([1, 1], -1, [1, 2], 0, 0.5),  # red, s = 2: wrong
        ([1, -2], 0.5, [1, 2], 1, 0.2),  # blue, s = -2.5: wrong, and still after two steps
        ([2, 1], -3, [1, 0.6], 1, 0.5),  # blue, s = -0.4: wrong, and right if b were forgotten
        ([-2, -1], 3, [1, 0.6], 0, 0.5),  # red, s = 0.4: the same
        ([1, 1], -1, [2, 1], 1, 0.5),  # blue, s = 2: right
        ([1, -2], 0.5, [1, 2], 0, 0.5),  # red, s = -2.5: right
        ([1, -1], 0, [2, 2], 1, 0.5),  # blue, s = 0: right
        ([1, -1], 0, [2, 2], 0, 0.5),  # red, s = 0: wrong
    )
    kinds = [(y, right, by_bias) for right in (False, True) for y in (0, 1) for by_bias in (False, True)]
    proves = ("w", "b", "right", "kept")
    return [
        Case("points to check by hand", proves, points(*by_hand)),
        Case("points with 2 inputs", proves, points(*(drawn(2, *kind) for kind in kinds))),
        Case("points with 4 inputs", proves, points(*(drawn(4, *kind) for kind in kinds))),
    ]


def _call(perceptron_update, values):
    new_w, new_b, after = [], [], {"w": [], "x": []}
    for w, b, x, y, lr in zip(*values.values()):
        result = perceptron_update(w, b, x, int(y), lr)
        if not isinstance(result, tuple | list) or len(result) != 2:
            what = f"{len(result)} things" if isinstance(result, tuple | list) else student.named(result)
            hint = " Is the `return` missing?" if result is None else ""
            raise student.AnswerError("wrong_return", f"perceptron_update should return (w, b), not {what}.{hint}")
        new_w.append(student.array(result[0], "perceptron_update, in w,"))
        new_b.append(student.array(result[1], "perceptron_update, in b,"))
        after["w"].append(student.array(w))
        after["x"].append(student.array(x))
    return {"w": new_w, "b": new_b, "w_after": after["w"], "x_after": after["x"]}


def _judge(values, output):
    points = list(zip(*values.values()))
    inputs, n = values["w"].shape[1], len(points)
    if any(not np.array_equal(w, after) for w, after in zip(values["w"], output["w_after"])):
        yield Finding("input_changed", ("kept",), SAYS["input_changed"])
    elif any(not np.array_equal(x, after) for x, after in zip(values["x"], output["x_after"])):
        yield Finding("other_changed", ("kept",), SAYS["other_changed"])
    w_shapes, b_shapes = ({v.size: v.shape for v in output[part]} for part in ("w", "b"))
    if set(w_shapes) == {1} and set(b_shapes) == {inputs}:
        yield Finding("swapped", EVERYTHING, SAYS["swapped"])
        return
    if set(w_shapes) != {inputs}:
        shape = next(shape for size, shape in w_shapes.items() if size != inputs)
        yield Finding("shape_w", ("w", "right"), SAYS["shape_w"].format((inputs,), shape))
        return
    if set(b_shapes) != {1}:
        key = "b_times_x" if inputs in b_shapes else "shape_b"
        shape = next(shape for size, shape in b_shapes.items() if size != 1)
        yield Finding(key, ("b",), SAYS[key].format(shape))
        got_b = np.array([_update(*point)[1] for point in points])  # nothing more to say about b
    else:
        got_b = np.array([b.item() for b in output["b"]])  # (n,)
    got = np.column_stack([np.reshape(output["w"], (n, inputs)), got_b])  # (n, inputs + 1)
    expected = _table(_update, points)
    same = close(got, expected)
    if same.all():
        return
    rows = _rows(points, expected, got, ~same.all(1))
    for key, (costs, function) in MISTAKES.items():
        if close(got, _table(function, points)).all():
            key = key.partition(",")[0]
            yield Finding(key, costs, SAYS[key], rows)
            return
    moves, on_line = np.array([(_error(w, b, x, y) != 0, w @ x + b == 0) for w, b, x, y, _ in points]).T  # (n,), (n,)
    for part, columns, mistakes in (("w", slice(inputs), W_MISTAKES), ("b", slice(inputs, None), B_MISTAKES)):
        bad = ~same[:, columns].all(1)
        if not bad.any():
            continue
        lost = [name for name, group in ((part, moves & ~on_line), ("right", ~moves)) if (bad & group).any()]
        fitting = (k for k, function in mistakes.items() if close(got[:, columns], _column(function, points)).all())
        key = next(fitting, f"wrong_{part}")
        rows = _rows(points, expected, got, bad)
        yield Finding(key, tuple(lost) or ("right",), SAYS[key], rows, named=key != f"wrong_{part}")


def _table(function, points):
    """What a function returns for all points, w and b side by side, (n, inputs + 1)."""
    return np.array([np.append(*function(*point)) for point in points])


def _column(function, points):
    return np.array([np.atleast_1d(function(*point)) for point in points])


def _rows(points, expected, got, where):
    """At most three points, as rows of a comparison."""

    def pair(row):
        return f"{show(row[:-1])}, {show(row[-1])}"

    def label(w, b, x, y, lr):
        return f"w = {show(w)}, b = {show(b)}, x = {show(x)}, y = {y:g}, lr = {lr:g}: w, b"

    return tuple((label(*points[i]), pair(expected[i]), pair(got[i]), False) for i in np.flatnonzero(where)[:3])


perceptron_update = Check("perceptron_update", BEHAVIOURS, _cases, _call, _judge)
