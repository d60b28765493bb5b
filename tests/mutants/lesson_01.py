"""Answers to the exercises of lesson 1."""

from mutants import Exercise, Right, Wrong, code, lesson_01_more, with_more

LESSON = "01_perceptron"

ERROR_IN = "y_hat = 1 if w @ x + b >= 0 else 0\nerror = y - y_hat"
GATES = 'return {"AND": (1, 1, -1.5), "OR": (1, 1, -0.5), "NOT": (-1, 0.5), "NAND": (-1, -1, 1.5)}'


def but(old, new):
    """The right table of gates with one change."""
    assert old in GATES
    return GATES.replace(old, new)


EXERCISES = {
    "linear_score": Exercise(
        wrong=(
            Wrong("no bias", "no_bias", 0, "return x @ w"),
            Wrong("bias subtracted", "bias_subtracted", 0, "return x @ w - b"),
            Wrong("bias as a factor", "bias_times", 0, "return x @ w * b"),
            Wrong("bias in the sum", "bias_in_sum", 0, "return (x * w + b).sum(axis=-1)"),
            Wrong("no sum", "not_summed", 0, "return x * w + b"),
            Wrong("one sum over everything", "sum_of_all", 1, "return np.sum(x * w) + b"),
            Wrong("sum over axis 0", "over_the_points", 1, "return (x * w).sum(axis=0) + b"),
            Wrong("sum() of Python", "over_the_points", 1, "return sum(x * w) + b"),
            Wrong("two inputs of one point", "rows_as_inputs", 0, "return w[0] * x[0] + w[1] * x[1] + b"),
            Wrong("two inputs", "two_inputs", 0, "return x[..., 0] * w[0] + x[..., 1] * w[1] + b"),
            Wrong("w @ x", "columns_as_points error", 1, "return w @ x + b"),
            Wrong("np.dot(w, x)", "columns_as_points error", 1, "return np.dot(w, x) + b"),
            Wrong("w @ x.T for points in columns", "columns_as_points error", 1, "return x.T @ w + b"),
            Wrong("a loop over one point", "columns_as_points", 1,
                  "s = b\nfor x_i, w_i in zip(x, w):\n    s = s + x_i * w_i\nreturn s"),
            Wrong("sum of inputs and weights", "inputs_plus_weights", 0, "return (x + w).sum(axis=-1) + b"),
            Wrong("mean", "mean", 0, "return (x * w).mean(axis=-1) + b"),
            Wrong("first point only", "first_point", 1, "x = x if x.ndim == 1 else x[0]\nreturn x @ w + b"),
            Wrong("no sign", "absolute", 0, "return abs(x @ w + b)"),
            Wrong("step at once", "stepped", 0, "return np.where(x @ w + b >= 0, 1, 0)"),
            Wrong("sigmoid at once", "squashed", 0, "return 1 / (1 + np.exp(-(x @ w + b)))"),
            Wrong("whole numbers", "whole_numbers", 0, "return np.trunc(x @ w + b)"),
            Wrong("printed, not returned", "wrong_return", 0, "print(x @ w + b)"),
            Wrong("return forgotten", "wrong_return", 0, "s = x @ w + b"),
            Wrong("the example only", "wrong_value error", 0, "return -0.75 if x.ndim == 1 else x[:, 5]"),
            Wrong("x changed in place", "input_changed", 1, "x *= w\nreturn x.sum(axis=-1) + b"),
        ),
        right=(
            Right("@", "return x @ w + b"),
            Right("dot", "return np.dot(x, w) + b"),
            Right("sum", "return np.sum(x * w, axis=-1) + b"),
            Right("einsum", "return np.einsum('...i,i->...', x, w) + b"),
            Right("a column of scores", "return (np.atleast_2d(x) @ w.reshape(-1, 1)) + b"),
            Right("a list", code(
                "if x.ndim == 1:",
                "    return float(sum(a * c for a, c in zip(x, w)) + b)",
                "return [float(sum(a * c for a, c in zip(row, w)) + b) for row in x]",
            )),
            Right("loops", code(
                "scores = []",
                "for point in np.atleast_2d(x):",
                "    s = b",
                "    for i in range(len(w)):",
                "        s += point[i] * w[i]",
                "    scores.append(s)",
                "return np.array(scores) if x.ndim == 2 else scores[0]",
            )),
            Right("float32", "return x.astype(np.float32) @ w.astype(np.float32) + np.float32(b)"),
            Right("tensors", "return torch.from_numpy(x) @ torch.from_numpy(w) + b"),
            Right("bias as a weight", code(
                "one = np.ones(x.shape[:-1] + (1,))",
                "return np.concatenate([x, one], axis=-1) @ np.append(w, b)",
            )),
        ),
    ),
    "step": Exercise(
        wrong=(
            Wrong("> instead of >=", "strict", 1.5, "return np.where(score > 0, 1, 0)"),
            Wrong("heaviside with 0.5", "half_at_zero", 1.5, "return np.heaviside(score, 0.5)"),
            Wrong("heaviside with 0", "strict", 1.5, "return np.heaviside(score, 0)"),
            Wrong("sides swapped", "inverted", 0, "return np.where(score >= 0, 0, 1)"),
            Wrong("<= 0", "inverted", 0, "return np.where(score <= 0, 1, 0)"),
            Wrong("-1 and 1", "signs", 0, "return np.where(score >= 0, 1, -1)"),
            Wrong("sign", "signs", 0, "return np.sign(score)"),
            Wrong("relu", "score_kept", 0, "return np.maximum(score, 0)"),
            Wrong("the score itself", "unchanged", 0, "return score"),
            Wrong("clipped", "clipped", 0, "return np.clip(score, 0, 1)"),
            Wrong("sigmoid", "sigmoid", 0, "return 1 / (1 + np.exp(-score))"),
            Wrong("threshold 0.5", "at_half", 0, "return np.where(score >= 0.5, 1, 0)"),
            Wrong("threshold 1", "at_one", 0, "return np.where(score >= 1, 1, 0)"),
            Wrong("almost 0 is 0", "rounded_first", 0, "return np.where(score > -1e-3, 1, 0)"),
            Wrong("cut off first", "rounded_first", 0, "return np.where(np.trunc(score) >= 0, 1, 0)"),
            Wrong("if", "error", 1.5, "if score >= 0:\n    return 1\nelse:\n    return 0"),
            Wrong("if over all of them", "one_for_all", 1.5, "return 1 if np.all(score >= 0) else 0"),
            Wrong("any", "one_for_all", 1.5, "return int(np.any(score >= 0))"),
            Wrong("arrays only", "error", 0, "return np.array([1 if s >= 0 else 0 for s in score])"),
            Wrong("words", "wrong_return", 0, "return 'blue' if np.all(score >= 0) else 'red'"),
            Wrong("always 1", "always_1", 0, "return 1 + 0 * score"),
            Wrong("always 0", "always_0", 0, "return 0 * score"),
            Wrong("printed", "wrong_return", 0, "print(np.where(score >= 0, 1, 0))"),
            Wrong("written into the scores", "input_changed", 1.5, code(
                "if np.ndim(score) == 0:",
                "    return 1 if score >= 0 else 0",
                "positive = score >= 0",
                "score[positive] = 1",
                "score[~positive] = 0",
                "return score",
            )),
        ),
        right=(
            Right("where", "return np.where(score >= 0, 1, 0)"),
            Right("a bool", "return score >= 0"),
            Right("astype", "return (score >= 0).astype(int)"),
            Right("times 1", "return (score >= 0) * 1.0"),
            Right("heaviside", "return np.heaviside(score, 1)"),
            Right("loop", code(
                "if np.ndim(score) == 0:",
                "    return 1 if score >= 0 else 0",
                "return [1 if s >= 0 else 0 for s in score]",
            )),
            Right("vectorize", "return np.vectorize(lambda s: 1 if s >= 0 else 0)(score)"),
            Right("not below", "return 1 - (np.asarray(score) < 0)"),
            Right("sign bit", "return (np.sign(score) + 1 > 0.5).astype(np.float32)"),
            Right("tensor", "return (torch.as_tensor(score) >= 0).float()"),
        ),
    ),
    "sigmoid": Exercise(
        wrong=(
            Wrong("exp(s)", "sign", 0, "return 1 / (1 + np.exp(score))"),
            Wrong("minus below", "minus_below", 0, "return 1 / (1 - np.exp(-score))"),
            Wrong("no 1 below", "no_one", 0, "return 1 / np.exp(-score)"),
            Wrong("brackets missing", "brackets", 0, "return 1 / 1 + np.exp(-score)"),
            Wrong("exp(-s) above", "sign", 0, "e = np.exp(-np.clip(score, -50, 50))\nreturn e / (1 + e)"),
            Wrong("2 to the power", "power_of_2", 0, "return 1 / (1 + 2.0 ** -score)"),
            Wrong("tanh itself", "tanh", 0, "return np.tanh(score)"),
            Wrong("softmax", "softmax", 0, "e = np.exp(score - np.max(score))\nreturn e / e.sum()"),
            Wrong("step", "stepped", 0, "return np.where(score >= 0, 1.0, 0.0)"),
            Wrong("rounded", "rounded", 0, "return np.round(1 / (1 + np.exp(-score)), 2)"),
            Wrong("rounded to a whole number", "stepped", 0, "return np.round(1 / (1 + np.exp(-score)))"),
            Wrong("its slope", "slope", 0, "p = 1 / (1 + np.exp(-score))\nreturn p * (1 - p)"),
            Wrong("no sign", "absolute", 0, "return 1 / (1 + np.exp(-np.abs(score)))"),
            Wrong("a straight line", "straight", 0, "return np.clip(0.5 + score / 4, 0, 1)"),
            Wrong("2.718 to the power", "short_e", 0, "return 1 / (1 + 2.718 ** -score)"),
            Wrong("2.72 to the power", "short_e", 0, "return 1 / (1 + 2.72 ** -score)"),
            Wrong("cut off at 10", "limited", 1.5, "return 1 / (1 + np.exp(-np.clip(score, -10, 10)))"),
            Wrong("cut off at 5", "limited", 1.5, "return 1 / (1 + np.exp(-np.clip(score, -5, 5)))"),
            Wrong("0 or 1 beyond 6", "limited", 1.5, code(
                "p = 1 / (1 + np.exp(-score))", "return np.where(np.abs(score) > 6, np.where(score > 0, 1, 0), p)",
            )),
            Wrong("nan hidden", "nan_to_0", 1.5, "return np.nan_to_num(np.exp(score) / (1 + np.exp(score)))"),
            Wrong("inf / inf", "overflow", 1.5, "return np.exp(score) / (1 + np.exp(score))"),
            Wrong("math.exp", "error", 1, "return 1 / (1 + math.exp(-score))"),
            Wrong("math.exp in a loop", "error", 1.5, code(
                "if np.ndim(score) == 0:",
                "    return 1 / (1 + math.exp(-score))",
                "return np.array([1 / (1 + math.exp(-s)) for s in score])",
            )),
            Wrong("sum of all scores", "one_for_all", 1, "return 1 / (1 + np.exp(-np.sum(score)))"),
            Wrong("twice", "wrong_value", 0, "p = 1 / (1 + np.exp(-score))\nreturn 1 / (1 + np.exp(-p))"),
            Wrong("per cent", "wrong_value", 0, "return 100 / (1 + np.exp(-score))"),
            Wrong("return forgotten", "wrong_return", 0, "1 / (1 + np.exp(-score))"),
            Wrong("half everywhere", "wrong_value", 0, "return 0.5 + 0 * score"),
            Wrong("in place", "input_changed", 1.5, code(
                "if np.ndim(score) == 0:",
                "    return 1 / (1 + np.exp(-score))",
                "score *= -1",
                "return 1 / (1 + np.exp(score))",
            )),
        ),
        right=(
            Right("formula", "return 1 / (1 + np.exp(-score))"),
            Right("e to the power", "return 1.0 / (1.0 + math.e ** (-np.asarray(score)))"),
            Right("by tanh", "return 0.5 * (1 + np.tanh(score / 2))"),
            Right("torch", "return torch.sigmoid(torch.as_tensor(score))"),
            Right("clipped", "return 1 / (1 + np.exp(-np.clip(score, -60, 60)))"),
            Right("two cases", code(
                "score = np.asarray(score, dtype=float)",
                "e = np.exp(-np.abs(score))",
                "return np.where(score >= 0, 1 / (1 + e), e / (1 + e))",
            )),
            Right("a loop with two cases", code(
                "def one(s):",
                "    if s >= 0:",
                "        return 1 / (1 + math.exp(-s))",
                "    return math.exp(s) / (1 + math.exp(s))",
                "return one(score) if np.ndim(score) == 0 else [one(s) for s in score]",
            )),
            Right("nan is 1", "return np.nan_to_num(np.exp(score) / (1 + np.exp(score)), nan=1.0)"),
            Right("1 minus the other side", "return 1 - 1 / (1 + np.exp(score))"),
            Right("power -1", "return (1 + np.exp(-score)) ** -1"),
            Right("reciprocal in float32", "return np.reciprocal(1 + np.exp(-np.float32(score)))"),
            Right("logarithms", "return np.exp(-np.logaddexp(0, -score))"),
        ),
    ),
    "gates": Exercise(
        wrong=(
            Wrong("AND is OR", "AND_wrong_rows", 3, but("(1, 1, -1.5)", "(1, 1, -0.5)")),
            Wrong("OR is AND", "OR_wrong_rows", 3, but("(1, 1, -0.5)", "(1, 1, -1.5)")),
            Wrong("AND on the line", "AND_on_the_line", 3, but("(1, 1, -1.5)", "(1, 1, -1)")),
            Wrong("OR on the line", "OR_on_the_line", 3, but("(1, 1, -0.5)", "(1, 1, 0)")),
            Wrong("NOT on the line", "NOT_on_the_line", 3, but("(-1, 0.5)", "(-1, 1)")),
            Wrong("NAND on the line", "NAND_on_the_line", 3, but("(-1, -1, 1.5)", "(-1, -1, 2)")),
            Wrong("bias first", "AND_bias_first NAND_bias_first", 2, code(
                'return {"AND": (-1.5, 1, 1), "OR": (1, 1, -0.5), "NOT": (-1, 0.5), "NAND": (1.5, -1, -1)}',
            )),
            Wrong("thresholds as biases", "AND_bias_sign OR_bias_sign NOT_bias_sign NAND_bias_sign", 0, code(
                'return {"AND": (1, 1, 1.5), "OR": (1, 1, 0.5), "NOT": (-1, -0.5), "NAND": (-1, -1, -1.5)}',
            )),
            Wrong("NAND is AND", "NAND_wrong_rows", 3, but("(-1, -1, 1.5)", "(1, 1, -1.5)")),
            Wrong("NAND is NOR", "NAND_wrong_rows", 3, but("(-1, -1, 1.5)", "(-1, -1, 0.5)")),
            Wrong("NAND with positive weights", "NAND_wrong_rows", 3, but("(-1, -1, 1.5)", "(1, 1, 1.5)")),
            Wrong("NOT does nothing", "NOT_wrong_rows", 3, but("(-1, 0.5)", "(1, -0.5)")),
            Wrong("NOT without a bias", "NOT_length", 3, but("(-1, 0.5)", "(-1,)")),
            Wrong("AND without a bias", "AND_length", 3, but("(1, 1, -1.5)", "(1, 1)")),
            Wrong("OR of x1 alone", "OR_wrong_rows", 3, but("(1, 1, -0.5)", "(1, 0, -0.5)")),
            Wrong("AND fires for x1 alone", "AND_wrong_rows", 3, but("(1, 1, -1.5)", "(1, -1, -0.5)")),
            Wrong("no NAND", "NAND_missing", 3, but(', "NAND": (-1, -1, 1.5)', "")),
            Wrong("small letters", "NOT_missing", 3, but('"NOT"', '"not"')),
            Wrong("nan", "AND_not_finite", 3, but("(1, 1, -1.5)", "(1, 1, float('nan'))")),
            Wrong("a word", "wrong_return", 3, but("(1, 1, -0.5)", "(1, 1, 'minus')")),
            Wrong("all zero", "AND_on_the_line OR_on_the_line NOT_on_the_line NAND_on_the_line", 0, code(
                'return {"AND": (0, 0, 0), "OR": (0, 0, 0), "NOT": (0, 0), "NAND": (0, 0, 0)}',
            )),
            Wrong("truth tables", "AND_length OR_length NAND_length NOT_wrong_rows", 0, code(
                'return {"AND": (0, 0, 0, 1), "OR": (0, 1, 1, 1), "NOT": (1, 0), "NAND": (1, 1, 1, 0)}',
            )),
            Wrong("a list", "wrong_return", 0, "return [(1, 1, -1.5), (1, 1, -0.5), (-1, 0.5), (-1, -1, 1.5)]"),
            Wrong("return forgotten", "wrong_return", 0, GATES.removeprefix("return ")),
        ),
        right=(
            Right("halves", GATES),
            Right("lists", GATES.replace("(", "[").replace(")", "]")),
            Right("large numbers", code(
                'return {"AND": (20, 20, -30), "OR": (20, 20, -10), "NOT": (-20, 10), "NAND": (-20, -20, 30)}',
            )),
            Right("corners on the line that count as 1", code(
                'return {"AND": (1, 1, -2), "OR": (1, 1, -1), "NOT": (-1, 0), "NAND": (-1, -1, 1)}',
            )),
            Right("uneven weights", code(
                'return {"AND": (0.7, 0.1, -0.8), "OR": (3, 0.1, -0.05), "NOT": (-0.1, 0.05), "NAND": (-2, -5, 6)}',
            )),
            Right("arrays", code(
                GATES.replace("return ", "table = "), "return {name: np.array(v) for name, v in table.items()}",
            )),
            Right("weights and bias apart", code(
                'return {"AND": ([1, 1], -1.5), "OR": (np.ones(2), -0.5), "NOT": ([-1], 0.5), "NAND": ([-1, -1], 1.5)}',
            )),
            Right("NOT of x1 with two weights", but("(-1, 0.5)", "(-1, 0, 0.5)")),
            Right("more gates than asked", but('{"AND"', '{"NOR": (-1, -1, 0.5), "AND"')),
            Right("built up", code(
                "table = dict(AND=(1.0, 1.0, -1.2), OR=(1.0, 1.0, -0.3))",
                "table['NAND'] = tuple(-v for v in table['AND'])",
                "table['NOT'] = (-1.0, 0.9)",
                "return table",
            )),
        ),
    ),
    "perceptron_update": Exercise(
        wrong=(
            Wrong("the wrong way", "away", 0, code(ERROR_IN, "return w - lr * error * x, b - lr * error")),
            Wrong("y_hat - y", "away", 0, code(
                "error = (1 if w @ x + b >= 0 else 0) - y", "return w + lr * error * x, b + lr * error",
            )),
            Wrong("label instead of error", "no_prediction", 0, "return w + lr * y * x, b + lr * y"),
            Wrong("moves always", "always_moves", 2, "sign = 2 * y - 1\nreturn w + lr * sign * x, b + lr * sign"),
            Wrong("no sign", "no_sign", 2, code(ERROR_IN, "return w + lr * abs(error) * x, b + lr * abs(error)")),
            Wrong("blue points only", "blue_only", 2, code(
                ERROR_IN, "if error == 1:", "    return w + lr * x, b + lr", "return w, b",
            )),
            Wrong("score instead of step", "no_step", 0, code(
                "error = y - (w @ x + b)", "return w + lr * error * x, b + lr * error",
            )),
            Wrong("sigmoid instead of step", "sigmoid", 0, code(
                "error = y - 1 / (1 + np.exp(-(w @ x + b)))", "return w + lr * error * x, b + lr * error",
            )),
            Wrong("> 0", "strict", 2, code(
                "error = y - (1 if w @ x + b > 0 else 0)", "return w + lr * error * x, b + lr * error",
            )),
            Wrong("prediction turned around", "inverted", 0, code(
                "error = y - (1 if w @ x + b < 0 else 0)", "return w + lr * error * x, b + lr * error",
            )),
            Wrong("prediction without b", "without_bias", 1.5, code(
                "error = y - (1 if w @ x >= 0 else 0)", "return w + lr * error * x, b + lr * error",
            )),
            Wrong("no lr", "no_lr", 0, code(ERROR_IN, "return w + error * x, b + error")),
            Wrong("lr fixed", "fixed_lr", 0, code(ERROR_IN, "return w + 0.1 * error * x, b + 0.1 * error")),
            Wrong("lr as in the example", "fixed_lr", 0, code(
                ERROR_IN, "return w + 0.5 * error * x, b + 0.5 * error",
            )),
            Wrong("sign instead of step", "signs", 0, code(
                "error = y - np.sign(w @ x + b)", "return w + lr * error * x, b + lr * error",
            )),
            Wrong("1 and -1", "signs", 0, code(
                "error = y - (1 if w @ x + b >= 0 else -1)", "return w + lr * error * x, b + lr * error",
            )),
            Wrong("until the point is right", "repeated", 0, code(
                "while (w @ x + b >= 0) != y:",
                "    error = y - (1 if w @ x + b >= 0 else 0)",
                "    w, b = w + lr * error * x, b + lr * error",
                "return w, b",
            )),
            Wrong("the step alone", "step_alone", 0, code(ERROR_IN, "return lr * error * x, lr * error")),
            Wrong("lr on everything", "lr_on_all", 0, code(ERROR_IN, "return lr * (w + error * x), lr * (b + error)")),
            Wrong("b first", "swapped", 0, code(ERROR_IN, "return b + lr * error, w + lr * error * x")),
            Wrong("nothing moves", "nothing_moves", 0, "return w, b"),
            Wrong("no x", "no_x", 2, code(ERROR_IN, "return w + lr * error, b + lr * error")),
            Wrong("w stays", "w_stays", 2, code(ERROR_IN, "return w, b + lr * error")),
            Wrong("w multiplied", "w_multiplied", 1, code(ERROR_IN, "return w * lr * error * x, b + lr * error")),
            Wrong("no lr in w", "no_lr_in_w", 2, code(ERROR_IN, "return w + error * x, b + lr * error")),
            Wrong("w the wrong way", "w_away", 2, code(ERROR_IN, "return w - lr * error * x, b + lr * error")),
            Wrong("b stays", "b_stays", 2.5, code(ERROR_IN, "return w + lr * error * x, b")),
            Wrong("no lr in b", "no_lr_in_b", 2.5, code(ERROR_IN, "return w + lr * error * x, b + error")),
            Wrong("b the wrong way", "b_away", 2.5, code(ERROR_IN, "return w + lr * error * x, b - lr * error")),
            Wrong("b times x", "b_times_x", 2.5, code(ERROR_IN, "return w + lr * error * x, b + lr * error * x")),
            Wrong("b after w", "b_after_w", 2.5, code(
                "w = w + lr * (y - (1 if w @ x + b >= 0 else 0)) * x",
                "b = b + lr * (y - (1 if w @ x + b >= 0 else 0))",
                "return w, b",
            )),
            Wrong("w after b", "w_after_b", 2, code(
                "b = b + lr * (y - (1 if w @ x + b >= 0 else 0))",
                "w = w + lr * (y - (1 if w @ x + b >= 0 else 0)) * x",
                "return w, b",
            )),
            Wrong("w in place", "input_changed", 2.5, code(
                ERROR_IN, "w += lr * error * x", "return w, b + lr * error",
            )),
            Wrong("only w returned", "wrong_return", 0, code(ERROR_IN, "return w + lr * error * x")),
            Wrong("return forgotten", "wrong_return", 0, code(
                ERROR_IN, "w = w + lr * error * x", "b = b + lr * error",
            )),
            Wrong("the example only", "shape_w wrong_b", 0, "return np.array([0.5, 0.0]), -1.5"),
        ),
        right=(
            Right("formula", code(ERROR_IN, "return w + lr * error * x, b + lr * error")),
            Right("if", code(
                "y_hat = int(np.dot(w, x) + b >= 0)",
                "if y_hat == y:",
                "    return w, b",
                "sign = 1 if y == 1 else -1",
                "return w + sign * lr * x, b + sign * lr",
            )),
            Right("two branches", code(
                "score = np.sum(w * x) + b",
                "new_w, new_b = w.copy(), b",
                "if y == 1 and score < 0:",
                "    new_w += lr * x",
                "    new_b += lr",
                "elif y == 0 and score >= 0:",
                "    new_w -= lr * x",
                "    new_b -= lr",
                "return new_w, new_b",
            )),
            Right("loop and list", code(
                "s = b",
                "for w_i, x_i in zip(w, x):",
                "    s += w_i * x_i",
                "error = y - (s >= 0)",
                "return [[w_i + lr * error * x_i for w_i, x_i in zip(w, x)], b + lr * error]",
            )),
            Right("bias as a weight", code(
                "weights, inputs = np.append(w, b), np.append(x, 1.0)",
                "weights = weights + lr * (y - float(weights @ inputs >= 0)) * inputs",
                "return weights[:-1], weights[-1]",
            )),
            Right("heaviside", code(
                "delta = lr * (y - np.heaviside(np.inner(w, x) + b, 1))", "return w + delta * x, b + delta",
            )),
            Right("a copy, then in place", code(
                "w = w.copy()", ERROR_IN, "w += lr * error * x", "b += lr * error", "return w, b",
            )),
            Right("minus y_hat - y", code(
                "delta = lr * ((w.dot(x) + b >= 0).astype(int) - y)", "return w - x * delta, b - delta",
            )),
            Right("tensors", code(
                "w, x = torch.from_numpy(w), torch.from_numpy(x)",
                "error = y - ((w @ x + b) >= 0).double()",
                "return w + lr * error * x, b + lr * error",
            )),
        ),
    ),
    "xor": Exercise(
        wrong=(
            Wrong("OR", "wrong_table", 1, "return 1 if x1 or x2 else 0"),
            Wrong("NAND", "wrong_table", 1, "return gate(x1, x2, -1, -1, 1.5)"),
            Wrong("AND", "wrong_table", 0, "return x1 and x2"),
            Wrong("NOR", "wrong_table", 0, "return gate(x1, x2, -1, -1, 0.5)"),
            Wrong("the opposite", "wrong_table", 0, "return int(x1 == x2)"),
            Wrong("OR of the two gates", "wrong_table", 0, code(
                "h1 = gate(x1, x2, 1, 1, -0.5)", "h2 = gate(x1, x2, -1, -1, 1.5)", "return gate(h1, h2, 1, 1, -0.5)",
            )),
            Wrong("AND instead of NAND", "wrong_table", 0, code(
                "h1 = gate(x1, x2, 1, 1, -0.5)", "h2 = gate(x1, x2, 1, 1, -1.5)", "return gate(h1, h2, 1, 1, -1.5)",
            )),
            Wrong("last gate on the inputs", "wrong_table", 0, code(
                "h1 = gate(x1, x2, 1, 1, -0.5)", "h2 = gate(x1, x2, -1, -1, 1.5)", "return gate(x1, x2, 1, 1, -1.5)",
            )),
            Wrong("last gate on h1 and x2", "wrong_table", 0, code(
                "h1 = gate(x1, x2, 1, 1, -0.5)", "h2 = gate(x1, x2, -1, -1, 1.5)", "return gate(h1, x2, 1, 1, -1.5)",
            )),
            Wrong("x1 alone", "wrong_table", 0, "return x1"),
            Wrong("always 1", "wrong_table", 0, "return 1"),
            Wrong("always 0", "wrong_table", 0, "return 0"),
            Wrong("a sum", "not_0_or_1", 0, "return x1 + x2"),
            Wrong("a difference", "not_0_or_1", 0, "return x1 - x2"),
            Wrong("a probability", "not_0_or_1", 0, "return 0.5"),
            Wrong("both answers", "no_number", 0, "return gate(x1, x2, 1, 1, -0.5), gate(x1, x2, -1, -1, 1.5)"),
            Wrong("a word", "wrong_return", 0, "return 'yes' if x1 != x2 else 'no'"),
            Wrong("return forgotten", "wrong_return", 0, "x1 != x2"),
            Wrong("a gate without a bias", "error", 0, "return gate(x1, x2, 1, 1)"),
        ),
        right=(
            Right("OR, NAND, AND", code(
                "h1 = gate(x1, x2, 1, 1, -0.5)", "h2 = gate(x1, x2, -1, -1, 1.5)", "return gate(h1, h2, 1, 1, -1.5)",
            )),
            Right("x1 and not x2, or the other way", code(
                "h1 = gate(x1, x2, 1, -1, -0.5)", "h2 = gate(x1, x2, -1, 1, -0.5)", "return gate(h1, h2, 1, 1, -0.5)",
            )),
            Right("OR minus AND", "return gate(gate(x1, x2, 1, 1, -0.5), gate(x1, x2, 1, 1, -1.5), 1, -2, -0.5)"),
            Right("four NANDs", code(
                "def nand(a, b):",
                "    return gate(a, b, -2, -2, 3)",
                "m = nand(x1, x2)",
                "return nand(nand(x1, m), nand(x2, m))",
            )),
            Right("!=", "return x1 != x2"),
            Right("^", "return x1 ^ x2"),
            Right("arithmetic", "return x1 + x2 - 2 * x1 * x2"),
            Right("a table", "return {(0, 0): 0, (0, 1): 1, (1, 0): 1, (1, 1): 0}[(x1, x2)]"),
            Right("arrays", "return np.array([(x1 + x2) % 2])"),
            Right("matrices", code(
                "h = np.array([x1, x2]) @ np.array([[1, -1], [1, -1]]) + np.array([-0.5, 1.5]) >= 0",
                "return (h @ np.array([1, 1]) - 1.5 >= 0).astype(int)",
            )),
        ),
    ),
}  # fmt: skip
EXERCISES = with_more(EXERCISES, lesson_01_more.MORE)
