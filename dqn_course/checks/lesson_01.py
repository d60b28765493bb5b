"""The checks of lesson 1: one neuron, its gates, XOR; the update of a perceptron has a module of its own."""

import numpy as np

from dqn_course.checks import student
from dqn_course.checks.core import Behaviour, Case, Check, Finding, show
from dqn_course.checks.formula import Mistake, caller, formula_check
from dqn_course.checks.lesson_01_update import perceptron_update

__all__ = ["gates", "linear_score", "perceptron_update", "sigmoid", "step", "xor"]


def _sigmoid(score):
    return 1 / (1 + np.exp(-np.clip(score, -500, 500)))


def _step(score):
    return np.where(np.asarray(score) >= 0, 1.0, 0.0)


def _with_numpy_numbers(name):
    """A call in which single numbers come as NumPy's, as they do out of ``x @ w + b``."""
    call = caller(name)

    def numbers_first(function, values):
        return call(function, {k: np.float64(v) if isinstance(v, float) else v for k, v in values.items()})

    return numbers_first


# --- linear_score: s = w·x + b

SCORE = (
    Behaviour("one", 1, "one point: the weighted sum of its inputs, plus the bias"),
    Behaviour("many", 1, "many points, one a row: one score each", needs=("one",)),
)


def _columns_as_points(x, w, b):
    return sum(x_i * w_i for x_i, w_i in zip(x, w)) + b  # also what `w @ x` gives, where that is possible


SCORE_MISTAKES = (
    Mistake("no_bias", "The bias is missing: this is w·x alone. Add b.", lambda x, w, b: x @ w),
    Mistake("bias_subtracted", "The bias is subtracted. It is added: w·x + b.", lambda x, w, b: x @ w - b),
    Mistake("bias_times", "The bias is a factor here. It is added: w·x + b.", lambda x, w, b: (x @ w) * b),
    Mistake("bias_in_sum", "The bias is added once for every input. Add it once, after the sum.",
            lambda x, w, b: (x * w + b).sum(-1)),
    Mistake("not_summed", "The products are not added up. The score of a point is one number: the sum over its inputs.",
            lambda x, w, b: x * w + b),
    Mistake("sum_of_all", "This is one sum over all points. Each point has a score of its own: sum over the last axis, "
            "or use `x @ w`.", lambda x, w, b: np.sum(x * w) + b),
    Mistake("over_the_points", "The sum runs over the points. It belongs over the inputs of each point: axis -1.",
            lambda x, w, b: (x * w).sum(0) + b),
    Mistake("rows_as_inputs", "`x[0]` is the first point when x has many rows. The first input of every point is "
            "`x[:, 0]`; simpler, `x @ w` does it for both.", lambda x, w, b: w[0] * x[0] + w[1] * x[1] + b),
    Mistake("two_inputs", "Only the first two inputs count here. Points may have any number of inputs.",
            lambda x, w, b: x[..., 0] * w[0] + x[..., 1] * w[1] + b),
    Mistake("columns_as_points", "The columns of x are taken as points. Points are rows: multiply along each row, for "
            "which `x @ w` is short.", _columns_as_points),
    Mistake("inputs_plus_weights", "Inputs and weights are added. Multiply each input with its weight.",
            lambda x, w, b: (x + w).sum(-1) + b),
    Mistake("first_point", "This is the score of the first point alone.", lambda x, w, b: x[0] @ w + b),
    Mistake("mean", "This is the mean of the products. The score is their sum.", lambda x, w, b: (x * w).mean(-1) + b),
    Mistake("absolute", "Negative scores have lost their sign.", lambda x, w, b: np.abs(x @ w + b)),
    Mistake("stepped", "This is the step of the score already. Return the score itself.",
            lambda x, w, b: _step(x @ w + b)),
    Mistake("squashed", "This is the sigmoid of the score already. Return the score itself.",
            lambda x, w, b: _sigmoid(x @ w + b)),
    Mistake("whole_numbers", "The fractions are gone. Keep floats.", lambda x, w, b: np.trunc(x @ w + b)),
    Mistake("whole_numbers", "The fractions are gone. Keep floats.", lambda x, w, b: np.round(x @ w + b)),
    Mistake("bias_in_product", "The bias is added before the multiplication. Multiply first, add up, then add b once.",
            lambda x, w, b: (x + b) @ w),
    Mistake("bias_in_product", "The bias is added before the multiplication. Multiply first, add up, then add b once.",
            lambda x, w, b: x @ (w + b)),
    Mistake("sum_subtracted", "The weighted sum is subtracted. It is added: w·x + b.", lambda x, w, b: b - x @ w),
    Mistake("turned", "The sign of the score is turned: blue and red change places. It is w·x + b.",
            lambda x, w, b: -(x @ w + b)),
    Mistake("first_input", "Only the first input counts. Is the `return` inside the loop?",
            lambda x, w, b: x[..., 0] * w[0] + b),
    Mistake("last_input", "Only the last input counts. Add up in the loop: `+=`, not `=`.",
            lambda x, w, b: x[..., -1] * w[-1] + b),
    Mistake("distance", "This is divided by the length of w, which gives the distance from the line. The score is not "
            "divided by anything.", lambda x, w, b: (x @ w + b) / np.linalg.norm(w)),
)  # fmt: skip


def _score_cases(rng):
    def case(name, n, inputs):
        x = rng.uniform(-3, 3, (n, inputs)).round(2)
        w, b = rng.uniform(0.5, 2, inputs).round(2) * rng.choice([-1, 1], inputs), round(rng.uniform(0.3, 0.9), 2)
        if n == 1:
            return Case(name, ("one",), {"x": x[0], "w": w, "b": -b})
        return Case(name, ("many",), {"x": x, "w": w, "b": b})

    by_hand = {"x": np.array([2.0, 3.0]), "w": np.array([0.5, -1.0]), "b": 1.25}
    square = {"x": np.array([[1.0, 0.0], [2.0, 1.0]]), "w": np.array([1.5, -2.0]), "b": 0.25}
    return [
        Case("a point to check by hand", ("one",), by_hand),
        case("one point with 2 inputs", 1, 2),
        case("one point with 5 inputs", 1, 5),
        Case("two points to check by hand", ("many",), square),
        case("6 points with 2 inputs", 6, 2),
        case("4 points with 3 inputs", 4, 3),
        case("3 points with 3 inputs", 3, 3),
    ]


linear_score = formula_check("linear_score", SCORE, _score_cases, lambda x, w, b: x @ w + b, SCORE_MISTAKES)


# --- step: 1 where s >= 0

STEP = (
    Behaviour("sides", 1, "1 for a positive score, 0 for a negative one"),
    Behaviour("zero", 0.5, "1 for a score of exactly 0", needs=("sides",)),
    Behaviour("many", 0.5, "many scores at once", needs=("sides",)),
)
STEP_MISTAKES = (
    Mistake("rounded_first", "A small negative score counts as 0 here. Compare the score as it is, without rounding.",
            lambda score: _step(score + 1e-3), ("sides",)),
    Mistake("strict", "A score of exactly 0 gives 0 here. On the line the answer is 1: `>=`, not `>`.",
            lambda score: np.where(score > 0, 1, 0), ("zero",)),
    Mistake("half_at_zero", "A score of exactly 0 gives 0.5 here. On the line the answer is 1.",
            lambda score: np.heaviside(score, 0.5), ("zero",)),
    Mistake("inverted", "The two sides are swapped: 1 belongs to the scores that are at least 0.",
            lambda score: 1 - _step(score)),
    Mistake("inverted", "The two sides are swapped: 1 belongs to the scores that are at least 0.",
            lambda score: np.where(score > 0, 0, 1)),
    Mistake("signs", "A negative score gives -1 here. The answers are 1 and 0.",
            lambda score: np.sign(score), ("sides",)),
    Mistake("signs", "A negative score gives -1 here. The answers are 1 and 0.",
            lambda score: 2 * _step(score) - 1, ("sides",)),
    Mistake("score_kept", "A positive score comes back as it is. The answer is 1, however large the score.",
            lambda score: np.maximum(score, 0), ("sides",)),
    Mistake("unchanged", "This is the score itself.", lambda score: score, ("sides",)),
    Mistake("clipped", "Scores between 0 and 1 come back as they are. The answer is 1 or 0, nothing between.",
            lambda score: np.clip(score, 0, 1), ("sides",)),
    Mistake("sigmoid", "This is smooth. The step is 1 or 0, nothing between.", _sigmoid, ("sides",)),
    Mistake("at_half", "The answer changes at 0.5 here. A score changes sides at 0; 0.5 is for probabilities.",
            lambda score: _step(score - 0.5), ("sides",)),
    Mistake("at_half", "The answer changes at 0.5 here. A score changes sides at 0; 0.5 is for probabilities.",
            lambda score: np.where(score > 0.5, 1, 0), ("sides",)),
    Mistake("at_one", "The answer changes at 1 here. A score changes sides at 0.", lambda score: _step(score - 1),
            ("sides",)),
    Mistake("rounded_first", "A small negative score counts as 0 here. Compare the score as it is, without rounding.",
            lambda score: _step(np.trunc(score)), ("sides",)),
    Mistake("rounded_first", "A small negative score counts as 0 here. Compare the score as it is, without rounding.",
            lambda score: _step(np.round(score)), ("sides",)),
    Mistake("one_for_all", "This is one answer for all scores together. Each has its own.",
            lambda score: _step(score).all() if np.ndim(score) else None),
    Mistake("one_for_all", "This is one answer for all scores together. Each has its own.",
            lambda score: _step(score).any() if np.ndim(score) else None),
    Mistake("one_for_all", "This is one answer for all scores together. Each has its own.",
            lambda score: _step(np.sum(score)) if np.ndim(score) else None),
    Mistake("one_for_all", "This is one answer for all scores together. Each has its own.",
            lambda score: _step(score[0])),
    Mistake("always_1", "This is 1 for every score.", lambda score: np.ones_like(score), ("sides",)),
    Mistake("always_0", "This is 0 for every score.", lambda score: np.zeros_like(score), ("sides", "zero")),
)  # fmt: skip


def _step_cases(rng):
    def one(name, score, proves="sides"):
        return Case(name, (proves,), {"score": float(score)})

    scores = rng.permutation([0.3, -0.3, 0.5, 0.75, -0.7, 2.6, -1.7, *rng.uniform(-4, 4, 2).round(2)])
    with_zero = np.array([-1.0, 0.0, 2.0, 0.0, -0.4])
    return [
        one("a score of 2", 2),
        one("a score of -1", -1),
        one("a score of 0", 0, "zero"),
        one("a small score", 0.01),
        one("a small negative score", -0.01),
        one("a tiny negative score", -1e-6),
        one("any score", round(rng.uniform(1.2, 9), 2)),
        one("any negative score", -round(rng.uniform(1.2, 9), 2)),
        Case("three scores to check by hand", ("many",), {"score": np.array([-2.0, 3.0, -0.5])}),
        Case("9 scores", ("many",), {"score": scores}),
        Case("5 scores, two of them 0", ("many",), {"score": with_zero}),
        Case("a single score in an array", ("many",), {"score": np.array([-2.5])}),
    ]


step = formula_check("step", STEP, _step_cases, _step, STEP_MISTAKES, call=_with_numpy_numbers("step"), keeps="many")


# --- sigmoid: 1 / (1 + exp(-s))

SIGMOID = (
    Behaviour("formula", 1, "σ(s) = 1 / (1 + exp(−s))"),
    Behaviour("large", 0.5, "0 or 1, never nan, for very large scores", needs=("formula",)),
    Behaviour("many", 0.5, "many scores at once", needs=("formula",)),
)


SIGMOID_MISTAKES = (
    Mistake("nan_to_0", "For a large score this is 0, where it should be 1: the nan of inf / inf is only hidden. In "
            "1 / (1 + exp(−s)) there is none.", lambda score: np.where(score > 709, 0, _sigmoid(score)), ("large",)),
    Mistake("limited", "Large scores are cut off too early: σ(7) is 0.9991, and not yet 1.",
            lambda score: np.where(np.abs(score) > 6, _step(score), _sigmoid(score)), ("large",)),
    Mistake("sign", "The sign in the exponent is turned: this falls where it should rise. It is exp(−s).",
            lambda score: _sigmoid(-score), ("formula",)),
    Mistake("minus_below", "Below the line stands 1 − exp(−s). It is 1 + exp(−s).",
            lambda score: 1 / (1 - np.exp(-score)), ("formula",)),
    Mistake("no_one", "This is 1 / exp(−s). Below the line stands 1 + exp(−s).",
            lambda score: np.exp(score), ("formula",)),
    Mistake("brackets", "This is 1 / 1 + exp(−s): without brackets the division comes first. Write 1 / (1 + …).",
            lambda score: 1 + np.exp(-score), ("formula",)),
    Mistake("power_of_2", "This is 2 to the power. exp is e to the power: `np.exp`.",
            lambda score: 1 / (1 + 2.0**-score), ("formula",)),
    Mistake("power_of_10", "This is 10 to the power. exp is e to the power: `np.exp`.",
            lambda score: 1 / (1 + 10.0**-score), ("formula",)),
    Mistake("short_e", "This is nearly right: 2.718 is only the beginning of e. `np.exp` knows the rest of its digits.",
            lambda score: 1 / (1 + 2.718**-score), ("formula",)),
    Mistake("short_e", "This is nearly right: 2.72 is only the beginning of e. `np.exp` knows the rest of its digits.",
            lambda score: 1 / (1 + 2.72**-score), ("formula",)),
    Mistake("tanh", "This is tanh, which goes from −1 to 1. The sigmoid goes from 0 to 1.",
            lambda score: np.tanh(score), ("formula",)),
    Mistake("tanh", "This is tanh of half the score, from −1 to 1. The sigmoid goes from 0 to 1.",
            lambda score: np.tanh(score / 2), ("formula",)),
    Mistake("twice_as_steep", "This is σ(2 s), twice as steep. The sigmoid is (1 + tanh(s / 2)) / 2.",
            lambda score: _sigmoid(2 * score), ("formula",)),
    Mistake("exponential", "This is exp(−s) alone. It stands below the line: 1 / (1 + exp(−s)).",
            lambda score: np.exp(-score), ("formula",)),
    Mistake("softmax", "This divides by a sum over all scores. Each score has its own probability.",
            lambda score: np.exp(score - np.max(score)) / np.sum(np.exp(score - np.max(score))), ("formula",)),
    Mistake("stepped", "This is 0 or 1 everywhere. A sigmoid is smooth: 0.5 at s = 0.", _step, ("formula",)),
    Mistake("stepped", "This is 0 or 1 everywhere. A sigmoid is smooth: 0.5 at s = 0.",
            lambda score: np.round(_sigmoid(score)), ("formula",)),
    Mistake("rounded", "The result is rounded. Keep all digits.", lambda score: np.round(_sigmoid(score), 2),
            ("formula",)),
    Mistake("rounded", "The result is rounded. Keep all digits.", lambda score: np.round(_sigmoid(score), 3),
            ("formula",)),
    Mistake("slope", "This is the slope of the sigmoid, σ(s) (1 − σ(s)). The function itself is asked for.",
            lambda score: _sigmoid(score) * (1 - _sigmoid(score)), ("formula",)),
    Mistake("absolute", "The sign of the score is lost. σ(−2) is 0.119, σ(2) is 0.881.",
            lambda score: _sigmoid(np.abs(score)), ("formula",)),
    Mistake("straight", "This is a straight line cut off at 0 and 1. The sigmoid bends: exp(−s).",
            lambda score: np.clip(0.5 + score / 4, 0, 1), ("formula",)),
    Mistake("limited", "Large scores are cut off too early: σ(20) is 0.999999998, and still not 1.",
            lambda score: _sigmoid(np.clip(score, -5, 5)), ("large",)),
    Mistake("limited", "Large scores are cut off too early: σ(20) is 0.999999998, and still not 1.",
            lambda score: _sigmoid(np.clip(score, -10, 10)), ("large",)),
    Mistake("overflow", "For a large score this is nan: exp(s) is inf there, and inf / inf is nan. In "
            "1 / (1 + exp(−s)) that cannot happen.", lambda score: np.exp(score) / (1 + np.exp(score))),
    Mistake("one_for_all", "This is one number for all scores together. Each has its own.",
            lambda score: _sigmoid(np.sum(score)) if np.ndim(score) else None),
)  # fmt: skip


def _sigmoid_cases(rng):
    def one(name, score, proves="formula"):
        return Case(name, (proves,), {"score": float(score)})

    return [
        one("a score of 0", 0),
        one("a score of 2", 2),
        one("a score of -1.1", -1.1),
        one("any score", round(rng.uniform(0.5, 4), 2)),
        one("any negative score", -round(rng.uniform(0.5, 4), 2)),
        Case("three scores to check by hand", ("many",), {"score": np.array([-1.0, 0.0, 3.0])}),
        Case("8 scores", ("many",), {"score": rng.uniform(-6, 6, 8).round(2)}),
        one("a score of 1000", 1000, "large"),
        one("a score of -1000", -1000, "large"),
        Case("rather large scores", ("large",), {"score": np.array([-9.0, -7.0, 7.5])}),
        Case("large scores in an array", ("large",), {"score": np.array([-2000.0, 800.0, 5000.0])}),
    ]


sigmoid = formula_check(
    "sigmoid", SIGMOID, _sigmoid_cases, _sigmoid, SIGMOID_MISTAKES,
    call=_with_numpy_numbers("sigmoid"), keeps="many", tolerance=(1e-4, 1e-6),
)  # fmt: skip


# --- gates: weights and biases

GATES = {"AND": (0, 0, 0, 1), "OR": (0, 1, 1, 1), "NOT": (1, 0), "NAND": (1, 1, 1, 0)}
"""The outputs for the rows of PAIRS, or, of NOT, for the inputs 0 and 1."""
PAIRS = np.array([(0, 0), (0, 1), (1, 0), (1, 1)], float)
WORKS_AS = {
    (0, 0, 0, 0): "always 0",
    (1, 1, 1, 1): "always 1",
    (0, 0, 0, 1): "AND",
    (0, 1, 1, 1): "OR",
    (1, 1, 1, 0): "NAND",
    (1, 0, 0, 0): "NOR, the opposite of OR",
    (1, 0, 0, 1): "the opposite of XOR",
    (0, 0, 1, 1): "x1 alone",
    (0, 1, 0, 1): "x2 alone",
    (1, 1, 0, 0): "NOT x1",
    (1, 0, 1, 0): "NOT x2",
    (0, 0, 1, 0): "x1 AND NOT x2",
    (0, 1, 0, 0): "x2 AND NOT x1",
    (1, 0, 1, 1): "x1 OR NOT x2",
    (1, 1, 0, 1): "x2 OR NOT x1",
    (0, 0): "always 0",
    (1, 1): "always 1",
    (0, 1): "the input itself",
}
"""What the outputs of a truth table are called."""


def _gate_cases(rng):
    return [Case(f"the truth table of {gate}", (gate,), {"gate": gate}) for gate in GATES]


def _gates_of(answer):
    """A function that returns the table, or the table itself."""
    return (lambda: answer) if isinstance(answer, dict) else student.function(answer)


def _call_gates(gates, values):
    table, gate = gates(), values["gate"]
    if not isinstance(table, dict):
        hint = " Is the `return` missing?" if table is None else ""
        raise student.AnswerError("wrong_return", f"gates returned {student.named(table)} instead of a dict.{hint}")
    if gate not in table:
        hint = f" Write {gate!r} in capitals." if gate.lower() in [str(key).lower() for key in table] else ""
        raise student.AnswerError(f"{gate}_missing", f"There is no entry {gate!r} in the dict.{hint}")
    entry = table[gate]
    if isinstance(entry, list | tuple):  # ((w1, w2), b) will do as well
        entry = np.concatenate([student.array(part, f"The entry {gate!r}").ravel() for part in entry] or [[]])
    return {"numbers": student.array(entry, f"The entry {gate!r}").ravel()}


def _answers(gate, numbers):
    """(scores, outputs) of a perceptron for the rows of a truth table; numbers is (w1, w2, b), or (w, b) for NOT."""
    rows = np.array([[0.0], [1.0]]) if len(numbers) == 2 else PAIRS
    scores = np.round(rows @ numbers[:-1] + numbers[-1], 9)  # 0.7 + 0.1 - 0.8 is not quite 0
    return rows, scores, tuple(int(score >= 0) for score in scores)


def _judge_gates(values, output):
    gate, numbers = values["gate"], output["numbers"]
    wanted = GATES[gate]
    if len(numbers) not in ((2, 3) if gate == "NOT" else (3,)):
        form = "(w, b), two numbers" if gate == "NOT" else "(w1, w2, b), three numbers"
        yield Finding(f"{gate}_length", (gate,), f"{gate} should be {form}; this is {len(numbers)}.")
        return
    if not np.isfinite(numbers).all():
        yield Finding(f"{gate}_not_finite", (gate,), f"{gate} has a number in it that is nan or infinite.")
        return
    if gate == "NOT" and len(numbers) == 3:
        wanted = (1, 1, 0, 0)
    inputs, scores, got = _answers(gate, numbers)
    if got == wanted:
        return
    labels = [f"x = {show(x)}, s = {show(s)}" for x, s in zip(inputs, scores)]
    table = tuple((label, str(w), str(g), w == g) for label, w, g in zip(labels, wanted, got))
    wrong = [show(x) for x, w, g in zip(inputs, wanted, got) if w != g]
    on_line = all(score == 0 for score, w, g in zip(scores, wanted, got) if w != g)
    if _answers(gate, np.roll(numbers, -1))[2] == wanted and not on_line:
        key, says = "bias_first", f"{gate} has its bias first. The order is weights, then bias."
    elif _answers(gate, np.append(numbers[:-1], -numbers[-1]))[2] == wanted and not on_line:
        key = "bias_sign"
        says = f"{gate} has its bias with the wrong sign. The bias is added to the sum, and the step looks at s >= 0."
    elif on_line:
        key = "on_the_line"
        says = f"{gate} has a score of exactly 0 at {' and '.join(wrong)}, and step(0) is 1. Move the bias a little."
    else:
        key = "wrong_rows"
        says = f"{gate} is wrong at {', '.join(wrong)}. It works as {WORKS_AS[got]}."
    yield Finding(f"{gate}_{key}", (gate,), says, table)


gates = Check(
    "gates", tuple(Behaviour(gate, 1, f"{gate} has the right truth table") for gate in GATES),
    _gate_cases, _call_gates, _judge_gates, _gates_of,
)  # fmt: skip


# --- xor out of three gates

XOR = (
    Behaviour("different", 1, "1 where exactly one input is 1"),
    Behaviour("equal", 1, "0 where both are 0 or both are 1", needs=("different",)),
)


def _call_xor(xor, values):
    results = [student.array(xor(int(x1), int(x2)), "xor") for x1, x2 in values["x"]]
    if any(result.size != 1 for result in results):
        raise student.AnswerError("no_number", "xor returned an array. It takes two numbers and returns one.")
    return {"outputs": np.array([result.item() for result in results])}


def _judge_xor(values, output):
    wanted, got = values["x"].sum(1) % 2, output["outputs"]  # (4,)
    if np.allclose(got, wanted, atol=1e-6):
        return
    labels = [f"x1 = {x1:g}, x2 = {x2:g}" for x1, x2 in values["x"]]
    table = tuple((label, show(w), show(g), bool(w == g)) for label, w, g in zip(labels, wanted, got))
    everything = ("different", "equal")
    works_as = WORKS_AS.get(tuple(got.tolist()))
    if works_as is None:
        yield Finding("not_0_or_1", everything, "The answer of xor is 0 or 1, nothing else.", table)
    else:
        same = got == wanted
        half = same[1] and same[2] and (same[0] or same[3])
        lost = ("equal",) if half else everything
        yield Finding("wrong_table", lost, f"This works as {works_as}. Which row should be different?", table)


xor = Check(
    "xor", XOR, lambda rng: [Case("the truth table", ("different", "equal"), {"x": PAIRS})], _call_xor, _judge_xor
)
