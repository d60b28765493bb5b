"""The checks of lesson 2: ``combine``, ``layer``, ``feed_forward``, ``softmax``, ``count_parameters``."""

import contextlib
import copy
import io
from dataclasses import replace

import numpy as np

from dqn_course.checks.core import Behaviour, Case, Finding
from dqn_course.checks.formula import Mistake, caller, formula_check


def _sigmoid(s):
    return 1 / (1 + np.exp(-s))


def _relu(s):
    return np.maximum(s, 0)


def _step(s):
    return np.heaviside(s, 1)


# --- combine: p = sigmoid(weights . p + bias)

COMBINE = (
    Behaviour("sum", 1, "the weighted sum of the probabilities, plus the bias"),
    Behaviour("sigmoid", 1, "the sigmoid of it, so that the result is a probability"),
    Behaviour("batch", 1, "many points at once, one a row"),
)

COMBINE_MISTAKES = (
    Mistake(
        "no_sigmoid",
        "This is the weighted sum plus the bias, which need not lie between 0 and 1. Take the sigmoid of it.",
        lambda p, weights, bias: p @ weights + bias,
        ("sigmoid",),
    ),
    Mistake(
        "clipped",
        "The sum is cut off at 0 and 1. Then all points beyond look equally certain. Take the sigmoid of the sum.",
        lambda p, weights, bias: np.clip(p @ weights + bias, 0, 1),
        ("sigmoid",),
    ),
    Mistake(
        "step",
        "This is a yes or a no. A probability comes from the sigmoid of the sum, not from the step.",
        lambda p, weights, bias: _step(p @ weights + bias),
        ("sigmoid",),
    ),
    Mistake(
        "other_function",
        "This is tanh of the sum, which lies between -1 and 1. Take the sigmoid.",
        lambda p, weights, bias: np.tanh(p @ weights + bias),
        ("sigmoid",),
    ),
    Mistake(
        "flipped",
        "This is 1 minus the right answer: a sign inside the exponential is the wrong way round.",
        lambda p, weights, bias: _sigmoid(-(p @ weights + bias)),
        ("sigmoid",),
    ),
    Mistake(
        "sigmoid_twice",
        "The sigmoid is taken of each probability too. They are probabilities already: add them up as they are.",
        lambda p, weights, bias: _sigmoid(_sigmoid(p) @ weights + bias),
        ("sigmoid",),
    ),
    Mistake(
        "sigmoid_first",
        "The sigmoid is taken of each probability, before the sum. It belongs around the whole sum.",
        lambda p, weights, bias: _sigmoid(p) @ weights + bias,
        ("sigmoid",),
    ),
    Mistake(
        "sigmoid_of_each",
        "The sigmoid is taken of each product, and then they are added up. Add first, then take the sigmoid once.",
        lambda p, weights, bias: _sigmoid(p * weights).sum(-1) + bias,
        ("sigmoid",),
    ),
    Mistake(
        "no_bias",
        "The bias is missing: this is the sigmoid of weights·p alone. Add `bias` before the sigmoid.",
        lambda p, weights, bias: _sigmoid(p @ weights),
        ("sum",),
    ),
    Mistake(
        "bias_outside",
        "The bias is added after the sigmoid. It belongs inside, to the sum; else the result can leave 0 … 1.",
        lambda p, weights, bias: _sigmoid(p @ weights) + bias,
        ("sum",),
    ),
    Mistake(
        "bias_subtracted",
        "The bias is subtracted. It is added; a bar to be passed is a negative bias.",
        lambda p, weights, bias: _sigmoid(p @ weights - bias),
        ("sum",),
    ),
    Mistake(
        "bias_per_model",
        "The bias is added once for each model. Add it once, to the sum.",
        lambda p, weights, bias: _sigmoid(p @ weights + len(weights) * bias),
        ("sum",),
    ),
    Mistake(
        "no_weights",
        "The weights are not used: this is the sigmoid of the plain sum plus the bias. Multiply each probability by "
        "its weight.",
        lambda p, weights, bias: _sigmoid(p.sum(-1) + bias),
        ("sum",),
    ),
    Mistake(
        "two_models",
        "Only the first two models count here. There may be any number of them.",
        lambda p, weights, bias: _sigmoid(p[..., :2] @ weights[:2] + bias),
        ("sum",),
    ),
    Mistake(
        "plain_sum",
        "This is the plain sum of the probabilities. Use the weights, the bias and the sigmoid.",
        lambda p, weights, bias: p.sum(-1),
        ("sum", "sigmoid", "batch"),
    ),
    Mistake(
        "mean",
        "This is the mean of the probabilities. Use the weights, the bias and the sigmoid.",
        lambda p, weights, bias: p.mean(-1),
        ("sum", "sigmoid", "batch"),
    ),
    Mistake(
        "weighted_mean",
        "This is a weighted mean. Here nothing is divided by the sum of the weights: the sigmoid does the rest.",
        lambda p, weights, bias: (p @ weights + bias) / weights.sum(),
        ("sum", "sigmoid"),
    ),
    Mistake(
        "normalised",
        "The weights are divided by their sum. Take them as they are: the sigmoid does the rest.",
        lambda p, weights, bias: _sigmoid(p @ weights / weights.sum() + bias),
        ("sum",),
    ),
    Mistake(
        "mean_of_products",
        "The weighted probabilities are divided by how many there are. Add them up: `p @ weights` is the sum.",
        lambda p, weights, bias: _sigmoid((p * weights).mean(-1) + bias),
        ("sum",),
    ),
    Mistake(
        "mean_of_products",
        "The weighted sum is divided by the number of points. Nothing is divided here.",
        lambda p, weights, bias: _sigmoid(p @ weights / len(p) + bias),
        ("sum",),
    ),
    Mistake(
        "sigmoid_twice_outside",
        "The sigmoid is taken twice. Once is enough.",
        lambda p, weights, bias: _sigmoid(_sigmoid(p @ weights + bias)),
        ("sigmoid",),
    ),
    Mistake(
        "absolute_weights",
        "The weights have lost their sign. A negative weight says *not* this one.",
        lambda p, weights, bias: _sigmoid(p @ np.abs(weights) + bias),
        ("sum",),
    ),
    Mistake(
        "bias_in_product",
        "The bias is added to each probability before the multiplication. Add it once, to the finished sum.",
        lambda p, weights, bias: _sigmoid((p + bias) @ weights),
        ("sum",),
    ),
    Mistake(
        "one_model",
        "Only the first model counts. Is the `return` inside the loop?",
        lambda p, weights, bias: _sigmoid(p[..., 0] * weights[0] + bias),
        ("sum",),
    ),
    Mistake(
        "product",
        "The weighted probabilities are multiplied with each other. Add them up.",
        lambda p, weights, bias: _sigmoid((p * weights).prod(-1) + bias),
        ("sum",),
    ),
    Mistake(
        "not_summed",
        "The products weight times probability are not added up: that is one number a model. One number a point is "
        "wanted.",
        lambda p, weights, bias: _sigmoid(p * weights + bias),
    ),
    Mistake(
        "one_number",
        "That is one number for all points together. Each row is a point of its own: `p @ weights` keeps them apart.",
        lambda p, weights, bias: _sigmoid((p * weights).sum() + bias),
        ("batch",),
    ),
    Mistake(
        "wrong_axis",
        "The sum runs over the points instead of over the models. With a row a point, it is `p @ weights`.",
        lambda p, weights, bias: _sigmoid((p * weights).sum(0) + bias),
        ("batch",),
    ),
    Mistake(
        "turned",
        "Rows and columns are exchanged. A row of `p` is a point, a column is a model: `p @ weights`.",
        lambda p, weights, bias: _sigmoid(weights @ p + bias),
        ("batch",),
    ),
)


def _combine(p, weights, bias):
    return _sigmoid(p @ weights + bias)


def _combine_cases(rng):
    def case(name, p, weights, bias):
        p = np.asarray(p, float)
        proves = ("sum", "sigmoid") if p.ndim == 1 else ("batch",)
        return Case(name, proves, {"p": p, "weights": np.asarray(weights, float), "bias": float(bias)})

    def random_case(name, points, models):
        p = rng.uniform(0, 1, (points, models) if points else models).round(3)
        weights = rng.permutation([2.0, -1.5, 2.5, -2.0, 1.0])[:models] + rng.uniform(-0.4, 0.4, models).round(2)
        return case(name, p, weights, rng.choice([-1, 1]) * round(rng.uniform(0.6, 1.2), 2))

    return [
        case("two models, to check by hand", [0.5, 0.75], [2, 4], -2),
        random_case("two models", 0, 2),
        random_case("five models", 0, 5),
        random_case("three models", 0, 3),
        case("three points, two models", [[0.5, 0.75], [0.1, 0.9], [1.0, 0.0]], [2, 4], -3),
        random_case("four points, four models", 4, 4),
        random_case("a single point in a row of its own", 1, 3),
        random_case("50 points, three models", 50, 3),
    ]


combine = formula_check(
    "combine", COMBINE, _combine_cases, _combine, COMBINE_MISTAKES,
    wrong="This is not sigmoid(weights·p + bias).",
)  # fmt: skip


# --- layer: h = sigmoid(x @ W + b)

LAYER = (
    Behaviour("sum", 1, "for one point: every node's weighted sum plus its own bias"),
    Behaviour("sigmoid", 1, "the sigmoid of each of them"),
    Behaviour("batch", 1, "many points at once, one a row"),
)

LAYER_MISTAKES = (
    Mistake(
        "no_sigmoid",
        "These are the scores x @ W + b. Take the sigmoid of each.",
        lambda x, W, b: x @ W + b,
        ("sigmoid",),
    ),
    Mistake(
        "relu",
        "This is max(score, 0), the ReLU. This layer takes the sigmoid.",
        lambda x, W, b: _relu(x @ W + b),
        ("sigmoid",),
    ),
    Mistake(
        "tanh",
        "This is tanh of the scores. This layer takes the sigmoid.",
        lambda x, W, b: np.tanh(x @ W + b),
        ("sigmoid",),
    ),
    Mistake(
        "step",
        "This is a yes or a no for each node. This layer takes the sigmoid.",
        lambda x, W, b: _step(x @ W + b),
        ("sigmoid",),
    ),
    Mistake(
        "flipped",
        "This is 1 minus the right answer: a sign inside the exponential is the wrong way round.",
        lambda x, W, b: _sigmoid(-(x @ W + b)),
        ("sigmoid",),
    ),
    Mistake(
        "sigmoid_of_input",
        "The sigmoid is taken of the inputs too. They go into the sum as they are.",
        lambda x, W, b: _sigmoid(_sigmoid(x) @ W + b),
        ("sigmoid",),
    ),
    Mistake(
        "softmax",
        "The nodes are made to add up to 1. Each node is a neuron by itself, with its own sigmoid.",
        lambda x, W, b: _softmax(x @ W + b),
        ("sigmoid",),
    ),
    Mistake(
        "no_bias",
        "The bias is missing: this is the sigmoid of x @ W alone. Add b before the sigmoid.",
        lambda x, W, b: _sigmoid(x @ W),
        ("sum",),
    ),
    Mistake(
        "bias_outside",
        "The bias is added after the sigmoid. It belongs inside, to the sum.",
        lambda x, W, b: _sigmoid(x @ W) + b,
        ("sum",),
    ),
    Mistake(
        "bias_subtracted", "The bias is subtracted. Add it.", lambda x, W, b: _sigmoid(x @ W - b), ("sum",)
    ),  # fmt: skip
    Mistake(
        "bias_per_input",
        "The bias is added once for each input. Add it once for each node, to the finished sum.",
        lambda x, W, b: _sigmoid(x @ W + len(W) * b),
        ("sum",),
    ),
    Mistake(
        "one_bias",
        "All nodes get the bias of the first one. Node j has its own, b[j].",
        lambda x, W, b: _sigmoid(x @ W + b[0]),
        ("sum",),
    ),
    Mistake(
        "all_biases",
        "Every node gets the sum of all biases. Node j has its own, b[j].",
        lambda x, W, b: _sigmoid(x @ W + b.sum()),
        ("sum",),
    ),
    Mistake(
        "sigmoid_twice",
        "The sigmoid is taken twice. Once is enough.",
        lambda x, W, b: _sigmoid(_sigmoid(x @ W + b)),
        ("sigmoid",),
    ),
    Mistake(
        "averaged",
        "The weighted sums are divided by the number of inputs. Nothing is divided here.",
        lambda x, W, b: _sigmoid(x @ W / len(W) + b),
        ("sum",),
    ),
    Mistake(
        "first_node",
        "Node 0 is taken for all of them. Node j has the weights in column j of W.",
        lambda x, W, b: _sigmoid(x @ W[:, 0] + b[0])[..., None] * np.ones(W.shape[1]),
    ),
    Mistake(
        "one_node",
        "That is node 0 alone. The layer has one output for each column of W.",
        lambda x, W, b: _sigmoid(x @ W[:, 0] + b[0]),
    ),
    Mistake(
        "transposed",
        "W is used the wrong way round: a row of W as the weights of a node. With shape (inputs, outputs), a column "
        "belongs to a node: x @ W.",
        lambda x, W, b: _sigmoid(x @ W.T + b),
        ("sum", "batch"),
    ),
    Mistake(
        "no_product",
        "x and W are multiplied entry by entry (`*`). The weighted sums of all nodes are the matrix product, `x @ W`.",
        lambda x, W, b: _sigmoid(x * W + b),
    ),
    Mistake(
        "wrong_axis",
        "The products x[i] * W[i, j] are added up over the nodes j. Add them up over the inputs i.",
        lambda x, W, b: _sigmoid((x[..., None] * W).sum(-1) + b) if len(W) == len(b) else None,
        ("sum", "batch"),
    ),
    Mistake(
        "bias_column",
        "b was turned into a column, and then every bias met every node. With shape (outputs,) it fits as it is.",
        lambda x, W, b: _sigmoid(x @ W + b[:, None]),
    ),
    Mistake(
        "not_summed",
        "The products x[i] * W[i, j] are not added up over the inputs i.",
        lambda x, W, b: _sigmoid(x[:, None] * W + b),
    ),
    Mistake(
        "points_as_columns",
        "The points are taken as columns of x. They are its rows: `x @ W`, not `W.T @ x`.",
        lambda x, W, b: _sigmoid(W.T @ x + b),
        ("batch",),
    ),
    Mistake(
        "points_added",
        "The sum runs over the points: Python's `sum` adds up the rows of x. `x @ W` keeps every point apart.",
        lambda x, W, b: np.array([_sigmoid(sum(x * W[:, j]) + b[j]) for j in range(len(b))]),
        ("batch",),
    ),
    Mistake(
        "nodes_as_rows",
        "The result is turned on its side. It should have one row a point and one column a node.",
        lambda x, W, b: _sigmoid(x @ W + b).T,
        ("batch",),
    ),
    Mistake(
        "nodes_added",
        "The nodes are added up to one number. The next layer wants each of them.",
        lambda x, W, b: _sigmoid((x @ W + b).sum(-1)),
    ),
    Mistake(
        "first_point",
        "That is the first point alone. Each row of x is a point.",
        lambda x, W, b: _sigmoid(x[0] @ W + b),
        ("batch",),
    ),
)


def _layer(x, W, b):
    return _sigmoid(x @ W + b)


def _matrix(rng, inputs, outputs):
    """Weights and biases (W, b) of a layer, rounded; no bias is near 0."""
    W = rng.uniform(-2, 2, (inputs, outputs)).round(2)
    b = (rng.choice([-1, 1], outputs) * rng.uniform(0.4, 1.5, outputs)).round(2)
    return W, b


def _points(rng, points, inputs):
    """Inputs of size 0.3 to 2, one point where ``points`` is 0."""
    shape = (points, inputs) if points else inputs
    return (rng.choice([-1, 1], shape) * rng.uniform(0.3, 2, shape)).round(2)


def _layer_cases(rng):
    def case(name, x, W, b):
        x = np.asarray(x, float)
        proves = ("sum", "sigmoid") if x.ndim == 1 else ("batch",)
        return Case(name, proves, {"x": x, "W": np.asarray(W, float), "b": np.asarray(b, float)})

    def random_case(name, points, inputs, outputs):
        x, (W, b) = _points(rng, points, inputs), _matrix(rng, inputs, outputs)
        sign = 1 if np.max(x @ W + b) > 0 else -1  # some score is positive: else ReLU would look like zeros
        return case(name, x, sign * W, sign * b)

    W, b = [[1, -2], [-1, 3]], [1, -2]
    return [
        case("two inputs, two nodes, to check by hand", [2, 1], W, b),
        random_case("three inputs, four nodes", 0, 3, 4),
        random_case("five inputs, five nodes", 0, 5, 5),
        case("three points by hand", [[2, 1], [0, 0], [1, 1]], W, b),
        random_case("four points, four inputs, four nodes", 4, 4, 4),
        random_case("six points, four inputs, one node", 6, 4, 1),
        random_case("a single point in a row of its own", 1, 3, 4),
        random_case("30 points, two inputs, six nodes", 30, 2, 6),
    ]


layer = formula_check(
    "layer", LAYER, _layer_cases, _layer, LAYER_MISTAKES, wrong="This is not sigmoid(x @ W + b)."
)  # fmt: skip


# --- feed_forward: one layer after the other

FEED_FORWARD = (
    Behaviour("layers", 1, "every layer computes sigmoid(x @ W + b)"),
    Behaviour("chain", 1, "the output of a layer is the input of the next"),
    Behaviour("depth", 1, "any number of layers, one alone included; the list stays as it was", needs=("network",)),
    Behaviour("batch", 1, "many points at once, one a row", needs=("network",)),
)
LAYERS, CHAIN = ("layers", "network"), ("chain", "network")
"""What a slip in the layers or in their order costs. `network` is lost with either: then the rest does not count."""


def _forward(x, layers, hidden=_sigmoid, last=_sigmoid, score=lambda x, W, b: x @ W + b):
    """The output of the network, with other functions in the place of the right ones."""
    for number, (W, b) in enumerate(layers, 1):
        s = score(x, W, b)
        x = hidden(s) if number < len(layers) else last(s)
    return x


def _nothing(s):
    return s


FEED_FORWARD_MISTAKES = (
    Mistake(
        "first_layer",
        "That is the output of the first layer. Feed it on: it is the input of the next. Is the `return` inside the "
        "loop?",
        lambda x, layers: _forward(x, layers[:1]),
        CHAIN,
    ),
    Mistake(
        "last_layer",
        "That is the last layer, fed with x itself. Each layer takes the output of the one before, not x.",
        lambda x, layers: _forward(x, layers[-1:]),
        CHAIN,
    ),
    Mistake(
        "two_layers",
        "Only the first two layers are used. There may be any number: write a loop over `layers`.",
        lambda x, layers: _forward(x, layers[:2]),
        ("depth",),
    ),
    Mistake(
        "three_layers",
        "Only the first three layers are used. There may be any number: write a loop over `layers`.",
        lambda x, layers: _forward(x, layers[:3]),
        ("depth",),
    ),
    Mistake(
        "last_missing",
        "The last layer is left out.",
        lambda x, layers: _forward(x, layers[:-1]),
        CHAIN,
    ),
    Mistake(
        "first_missing",
        "The first layer is left out.",
        lambda x, layers: _forward(x, layers[1:]),
        CHAIN,
    ),
    Mistake(
        "ends_only",
        "Only the first and the last layer are used. There may be any number: write a loop over `layers`.",
        lambda x, layers: _forward(x, [layers[0], layers[-1]]),
        ("depth",),
    ),
    Mistake(
        "first_two_and_last",
        "Only the first two and the last layer are used. Write a loop over `layers`.",
        lambda x, layers: _forward(x, [*layers[:2], layers[-1]]),
        ("depth",),
    ),
    Mistake(
        "backwards",
        "The layers are taken from the last to the first. Begin with layers[0].",
        lambda x, layers: _forward(x, layers[::-1]),
        CHAIN,
    ),
    Mistake(
        "all_layers",
        "That is the outputs of all layers. Return the last one.",
        lambda x, layers: np.array([_forward(x, layers[: i + 1]) for i in range(len(layers))]),
        CHAIN,
    ),
    Mistake(
        "no_sigmoid",
        "There is no sigmoid anywhere, only the sums.",
        lambda x, layers: _forward(x, layers, _nothing, _nothing),
        LAYERS,
    ),
    Mistake(
        "last_linear",
        "The last layer has no sigmoid here. In this network every layer has one.",
        lambda x, layers: _forward(x, layers, _sigmoid, _nothing),
        LAYERS,
    ),
    Mistake(
        "hidden_linear",
        "Only the last layer has a sigmoid. Without one in between, many layers are no more than one.",
        lambda x, layers: _forward(x, layers, _nothing, _sigmoid),
        LAYERS,
    ),
    Mistake(
        "no_bias",
        "The biases are missing.",
        lambda x, layers: _forward(x, layers, score=lambda x, W, b: x @ W),
        LAYERS,
    ),
    Mistake(
        "bias_subtracted",
        "The biases are subtracted. They are added.",
        lambda x, layers: _forward(x, layers, score=lambda x, W, b: x @ W - b),
        LAYERS,
    ),
    Mistake(
        "bias_outside",
        "The biases are added after the sigmoid. They belong inside.",
        lambda x, layers: _bias_outside(x, layers),
        LAYERS,
    ),
    Mistake(
        "one_bias",
        "All nodes of a layer get the bias of its first node.",
        lambda x, layers: _forward(x, layers, score=lambda x, W, b: x @ W + b[0]),
        LAYERS,
    ),
    Mistake(
        "transposed",
        "The matrices are used the wrong way round. With shape (inputs, outputs) it is x @ W.",
        lambda x, layers: _forward(x, layers, score=lambda x, W, b: x @ W.T + b),
        LAYERS,
    ),
    Mistake(
        "flipped",
        "A sign inside the sigmoid is the wrong way round.",
        lambda x, layers: _forward(x, layers, lambda s: _sigmoid(-s), lambda s: _sigmoid(-s)),
        LAYERS,
    ),
    Mistake(
        "relu",
        "The hidden layers use max(score, 0), the ReLU. This network uses the sigmoid everywhere.",
        lambda x, layers: _forward(x, layers, _relu, _sigmoid),
        LAYERS,
    ),
    Mistake(
        "relu_everywhere",
        "This uses max(score, 0), the ReLU. This network uses the sigmoid.",
        lambda x, layers: _forward(x, layers, _relu, _relu),
        LAYERS,
    ),
    Mistake(
        "tanh",
        "This uses tanh. This network uses the sigmoid.",
        lambda x, layers: _forward(x, layers, np.tanh, np.tanh),
        LAYERS,
    ),
    Mistake(
        "tanh",
        "The hidden layers use tanh. This network uses the sigmoid everywhere.",
        lambda x, layers: _forward(x, layers, np.tanh, _sigmoid),
        LAYERS,
    ),
    Mistake(
        "step",
        "This uses the step, a yes or a no. This network uses the sigmoid.",
        lambda x, layers: _forward(x, layers, _step, _step),
        LAYERS,
    ),
    Mistake(
        "softmax",
        "The last layer ends with a softmax. In this exercise it is a sigmoid, as in every other layer.",
        lambda x, layers: _forward(x, layers, _sigmoid, _softmax),
        LAYERS,
    ),
    Mistake(
        "sigmoid_twice",
        "The sigmoid is taken twice at the end. `layer` has one in it already.",
        lambda x, layers: _forward(x, layers, _sigmoid, lambda s: _sigmoid(_sigmoid(s))),
        LAYERS,
    ),
    Mistake(
        "sigmoid_twice_everywhere",
        "The sigmoid is taken twice in every layer. `layer` has one in it already.",
        lambda x, layers: _forward(x, layers, lambda s: _sigmoid(_sigmoid(s)), lambda s: _sigmoid(_sigmoid(s))),
        LAYERS,
    ),
    Mistake(
        "sigmoid_of_input",
        "The sigmoid is taken of x before the first layer. x goes in as it is.",
        lambda x, layers: _forward(_sigmoid(x), layers),
        LAYERS,
    ),
    Mistake(
        "one_output",
        "That is the first output node alone. Return all outputs.",
        lambda x, layers: _forward(x, layers)[..., 0],
    ),
    Mistake(
        "first_point",
        "That is the first point alone. Each row of x is a point.",
        lambda x, layers: _forward(x[0], layers),
        ("batch",),
    ),
    Mistake(
        "decided",
        "The output is rounded to a yes or a no. Return the probabilities.",
        lambda x, layers: np.round(_forward(x, layers)),
        LAYERS,
    ),
)


def _bias_outside(x, layers):
    for W, b in layers:
        x = _sigmoid(x @ W) + b
    return x


def _feed_forward_cases(rng):
    def case(name, proves, x, layers):
        layers = [(np.asarray(W, float), np.asarray(b, float)) for W, b in layers]
        return Case(name, proves, {"x": np.asarray(x, float), "layers": layers})

    def random_case(name, proves, points, sizes):
        layers = [_matrix(rng, m, n) for m, n in zip(sizes, sizes[1:])]
        return case(name, proves, _points(rng, points, sizes[0]), layers)

    by_hand = [([[1, -2], [-1, 3]], [0, 1]), ([[4], [-2]], [-1])]
    return [
        case("the network of the text, by hand", ("layers", *CHAIN), [2, 1], by_hand),
        random_case("two layers: 2, 3, 2 nodes", ("layers", *CHAIN), 0, [2, 3, 2]),
        random_case("two layers: 3, 3, 3 nodes", ("layers", *CHAIN), 0, [3, 3, 3]),
        random_case("one layer alone: 3, 2 nodes", ("depth",), 0, [3, 2]),
        random_case("three layers: 2, 4, 3, 2 nodes", ("depth",), 0, [2, 4, 3, 2]),
        random_case("five layers of 3 nodes", ("depth",), 0, [3, 3, 3, 3, 3, 3]),
        random_case("five points through 2, 4, 3 nodes", ("batch",), 5, [2, 4, 3]),
        random_case("three points through 3, 3, 3 nodes", ("batch",), 3, [3, 3, 3]),
        random_case("a single point in a row of its own", ("batch",), 1, [2, 3, 2]),
    ]


OWN_LAYER = Finding(
    "own_layer",
    ("layers",),
    "This calls your `layer`, and that does not work yet: see its check. Mend it, run its cell, and check this again.",
)


def _call_feed_forward(function, values):
    """What the answer returns, and as ``mended`` what it would with a right function in the place of its ``layer``."""
    call, spare = caller("feed_forward"), copy.deepcopy(values)
    names = getattr(function, "__globals__", {})
    own, mended, failure = {}, {}, None
    try:
        own = call(function, values)
    except Exception as error:
        failure = error
    if callable(own_layer := names.get("layer")):
        try:
            names["layer"] = _layer
            with contextlib.redirect_stdout(io.StringIO()):  # what it prints is printed once
                mended = call(function, spare)
        except Exception:
            mended = {}
        finally:
            names["layer"] = own_layer
    if failure and not mended:
        raise failure
    return {**own, "mended": mended}


def _judge_feed_forward(values, output, left_out=frozenset()):
    """The mistakes of the answer itself; a wrong ``layer`` that it calls costs one point, and no more."""
    if "value" not in output:  # it raised, and with a right `layer` it did not
        return [*FORWARD_FORMULA.judge(values, output["mended"], left_out), OWN_LAYER]
    own = list(FORWARD_FORMULA.judge(values, output, left_out))
    if not own or not output["mended"]:
        return own
    mended = list(FORWARD_FORMULA.judge(values, output["mended"], left_out))
    return own if mended == own else [*mended, OWN_LAYER]


FORWARD_FORMULA = formula_check(
    "feed_forward", FEED_FORWARD, _feed_forward_cases, _forward, FEED_FORWARD_MISTAKES, keeps="depth",
    wrong="This is not the output of the last layer, where every layer is fed with the output of the one before.",
)  # fmt: skip
feed_forward = replace(FORWARD_FORMULA, call=_call_feed_forward, judge=_judge_feed_forward)


# --- softmax: exp(scores) / sum of exp(scores)

SOFTMAX = (
    Behaviour("formula", 1, "the exponential of each score, divided by the sum of all of them"),
    Behaviour("rows", 1, "each row of a batch by itself", needs=("formula",)),
    Behaviour("stable", 1, "scores such as 1000 or -1000 are no trouble", needs=("formula",)),
)


def _softmax(scores):
    e = np.exp(scores - scores.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def _naive(scores):
    e = np.exp(scores)
    return e / e.sum(-1, keepdims=True)


def _is_large(scores):
    return np.abs(scores).max() > 700


def _where_small(function):
    """The function's answer for scores of ordinary size, so that huge ones are left to the behaviour ``stable``."""
    return lambda scores: None if _is_large(scores) else function(scores)


def _where_large(function):
    return lambda scores: function(scores) if _is_large(scores) else None


def _where_wide(function):
    """Only where a row holds scores near 1000 and near -1000."""
    return lambda scores: function(scores) if np.ptp(scores, axis=-1).max() > 1400 else None


OVERFLOW = (
    "exp(1000) is too large for a number, and exp(-1000) is rounded to 0: the division gives nan. Subtract the "
    "largest score of each row from all scores of that row first. It changes nothing else."
)

NAN_REPLACED = (
    "nan is replaced by a number, and the shares are lost. Subtract the largest score of each row first: then there "
    "is no nan."
)

SOFTMAX_MISTAKES = (
    Mistake(
        "wrong_shift",
        "Something is subtracted, but not the largest score of the row. Then exp can still be too large.",
        _where_large(lambda scores: _naive(scores - scores.mean(-1, keepdims=True))),
        ("stable",),
    ),
    Mistake(
        "overflow",
        OVERFLOW,
        _where_large(_naive),
        ("stable",),
    ),
    Mistake(
        "overflow",
        OVERFLOW,
        _where_large(lambda scores: np.exp(scores) / np.exp(scores).sum()),
        ("stable",),
    ),
    Mistake(
        "overflow",
        OVERFLOW,
        _where_large(lambda scores: np.exp(scores) / np.exp(scores).sum(-1)),
        ("stable",),
    ),
    Mistake(
        "one_maximum",
        "One maximum is subtracted from all rows. A row far below it becomes 0 / 0. Take the maximum of each row: "
        "axis=-1, keepdims=True.",
        _where_large(lambda scores: _naive(scores - scores.max())),
        ("stable",),
    ),
    Mistake(
        "clipped",
        "Large scores are cut off, and then two of them look alike. Subtract the largest score instead.",
        _where_wide(lambda scores: _softmax(np.clip(scores, -500, 500))),
        ("stable",),
    ),
    Mistake(
        "nan_replaced",
        NAN_REPLACED,
        _where_large(lambda scores: np.nan_to_num(_naive(scores), nan=1.0)),
        ("stable",),
    ),
    Mistake(
        "nan_replaced",
        NAN_REPLACED,
        _where_large(lambda scores: np.nan_to_num(_naive(scores), nan=0.0)),
        ("stable",),
    ),
    Mistake(
        "hardmax",
        "With large scores, all of it goes to the largest one. The others keep their share: subtract the largest "
        "score.",
        _where_large(lambda scores: scores == scores.max(-1, keepdims=True)),
        ("stable",),
    ),
    Mistake(
        "half_shift",
        "The largest score is subtracted above the line, but not below it. Compute the exponentials once, with the "
        "subtraction, and use them in both places.",
        lambda scores: np.exp(scores - scores.max(-1, keepdims=True)) / np.exp(scores).sum(-1, keepdims=True),
        ("formula", "stable"),
    ),
    Mistake(
        "whole_batch",
        "All rows together add up to 1. Each row is a point of its own: sum with axis=-1, keepdims=True.",
        _where_small(lambda scores: np.exp(scores) / np.exp(scores).sum()),
        ("rows",),
    ),
    Mistake(
        "whole_batch",
        "All rows together add up to 1. Each row is a point of its own: sum with axis=-1, keepdims=True.",
        _where_large(lambda scores: np.exp(scores - scores.max()) / np.exp(scores - scores.max()).sum()),
        ("rows",),
    ),
    Mistake(
        "whole_batch",
        "All rows together add up to 1. Each row is a point of its own: sum with axis=-1, keepdims=True.",
        lambda scores: (
            np.exp(scores - scores.max(-1, keepdims=True)) / np.exp(scores - scores.max(-1, keepdims=True)).sum()
        ),
        ("rows",),
    ),
    Mistake(
        "columns",
        "The columns add up to 1 here, not the rows. A row is a point: sum with axis=-1, keepdims=True.",
        lambda scores: _softmax(scores.T).T,
        ("rows",),
    ),
    Mistake(
        "columns",
        "The columns add up to 1 here, not the rows. A row is a point: sum with axis=-1, keepdims=True.",
        lambda scores: (
            np.exp(scores - scores.max(-1, keepdims=True)) / np.exp(scores - scores.max(-1, keepdims=True)).sum(0)
        ),
        ("rows",),
    ),
    Mistake(
        "sums_exchanged",
        "Row i is divided by the sum of another row: a (n, k) array met sums of shape (n,). Keep the dimension: "
        "keepdims=True.",
        _where_small(lambda scores: np.exp(scores) / np.exp(scores).sum(-1)),
        ("rows",),
    ),
    Mistake(
        "sums_exchanged",
        "Row i is divided by the sum of another row: a (n, k) array met sums of shape (n,). Keep the dimension: "
        "keepdims=True.",
        _where_large(lambda scores: np.exp(scores - scores.max()) / np.exp(scores - scores.max()).sum(-1)),
        ("rows",),
    ),
    Mistake(
        "sums_exchanged",
        "Row i is divided by the sum of another row: a (n, k) array met sums of shape (n,). Keep the dimension: "
        "keepdims=True.",
        lambda scores: (
            np.exp(scores - scores.max(-1, keepdims=True)) / np.exp(scores - scores.max(-1, keepdims=True)).sum(-1)
        ),
        ("rows",),
    ),
    Mistake(
        "maxima_exchanged",
        "The maximum of one row is subtracted from another, and the sums are exchanged as well. Keep the dimension: "
        "keepdims=True.",
        lambda scores: np.exp(scores - scores.max(-1)) / np.exp(scores - scores.max(-1)).sum(-1),
        ("rows",),
    ),
    Mistake(
        "divided_by_maximum",
        "The scores are divided by the largest one. Subtract it: only differences leave the result as it is.",
        lambda scores: _softmax(scores / scores.max(-1, keepdims=True)),
        ("formula", "stable"),
    ),
    Mistake(
        "standardised",
        "The scores are scaled to a common spread. That changes the result; subtract the largest score only.",
        lambda scores: _softmax(
            (scores - scores.mean(-1, keepdims=True)) / np.maximum(scores.std(-1, keepdims=True), 1e-9)
        ),
        ("formula", "stable"),
    ),
    Mistake(
        "no_exponential",
        "The scores themselves are divided by their sum. Take the exponential of each first: it makes them positive.",
        lambda scores: scores / scores.sum(-1, keepdims=True),
        ("formula", "stable"),
    ),
    Mistake(
        "absolute",
        "Absolute values are divided by their sum, so -3 counts as much as 3. Take the exponentials.",
        lambda scores: np.abs(scores) / np.abs(scores).sum(-1, keepdims=True),
        ("formula", "stable"),
    ),
    Mistake(
        "not_divided",
        "These are the exponentials. Divide them by their sum, so that they add up to 1.",
        lambda scores: np.exp(scores),
        ("formula", "stable"),
    ),
    Mistake(
        "not_divided",
        "These are the exponentials. Divide them by their sum, so that they add up to 1.",
        lambda scores: np.exp(scores - scores.max(-1, keepdims=True)),
        ("formula", "stable"),
    ),
    Mistake(
        "divided_by_scores",
        "The exponentials are divided by the sum of the scores. Divide by the sum of the exponentials.",
        _where_small(lambda scores: np.exp(scores) / scores.sum(-1, keepdims=True)),
        ("formula", "stable"),
    ),
    Mistake(
        "divided_by_number",
        "The exponentials are divided by how many there are. Divide by their sum, so that they add up to 1.",
        _where_small(lambda scores: np.exp(scores) / scores.shape[-1]),
        ("formula", "stable"),
    ),
    Mistake(
        "squares",
        "These are squares, divided by their sum, so -3 counts as much as 3. Take the exponentials.",
        lambda scores: scores**2 / (scores**2).sum(-1, keepdims=True),
        ("formula", "stable"),
    ),
    Mistake(
        "rounded",
        "The probabilities are rounded. Return them as they are; rounding is for showing.",
        lambda scores: np.round(_softmax(scores), 3),
        ("formula",),
    ),
    Mistake(
        "rounded",
        "The probabilities are rounded. Return them as they are; rounding is for showing.",
        lambda scores: np.round(_softmax(scores), 2),
        ("formula",),
    ),
    Mistake(
        "sigmoid",
        "This is the sigmoid of each score by itself. Softmax makes them share: the results add up to 1.",
        lambda scores: _sigmoid(scores),
        ("formula", "stable"),
    ),
    Mistake(
        "hardmax",
        "All of it goes to the largest score. Softmax leaves the others their share.",
        _where_small(lambda scores: scores == scores.max(-1, keepdims=True)),
        ("formula", "stable"),
    ),
    Mistake(
        "position",
        "That is the position of the largest score. Return all probabilities.",
        lambda scores: scores.argmax(-1),
        ("formula", "rows", "stable"),
    ),
    Mistake(
        "largest_only",
        "That is the largest probability alone. Return all of them.",
        lambda scores: _softmax(scores).max(-1),
        ("formula", "rows", "stable"),
    ),
    Mistake(
        "logarithm",
        "This is the logarithm of the softmax.",
        lambda scores: np.log(_softmax(scores)),
        ("formula", "stable"),
    ),
    Mistake(
        "other_base",
        "This uses powers of 2. Softmax uses the exponential function, `np.exp`.",
        lambda scores: _softmax(scores * np.log(2)),
        ("formula", "stable"),
    ),
    Mistake(
        "negative",
        "A larger score gets a smaller share here: a minus sign is too many.",
        lambda scores: _softmax(-scores),
        ("formula", "stable"),
    ),
)


def _softmax_cases(rng):
    def case(name, proves, scores):
        return Case(name, (proves,), {"scores": np.asarray(scores, float)})

    def spread(points, k):
        """Random scores, the largest of a row never first or last in all rows."""
        scores = rng.uniform(-2.5, 2.5, (points, k)).round(2)
        return scores + np.roll(np.eye(points, k), 1, axis=1) * 1.5

    large = rng.uniform(995, 1005, 4).round(2)
    near = [np.roll(large, shift) for shift in range(4)]  # square: a slip in the rows does not stop there
    return [
        case("three scores to check by hand", "formula", [0, np.log(2), np.log(5)]),
        case("five scores", "formula", spread(1, 5)[0]),
        case("all scores equal", "formula", [-1.5, -1.5, -1.5, -1.5]),
        case("two rows to check by hand", "rows", [[0, np.log(3), 0], [np.log(2), np.log(5), 0]]),
        case("four rows of four", "rows", spread(4, 4)),
        case("seven rows of three", "rows", spread(7, 3)),
        case("a single row", "rows", spread(1, 4)),
        case("scores near 1000", "stable", large),
        case("scores near -1000", "stable", large - 2000),
        case("1000 and -1000 in one row", "stable", [large[0], -1000, large[1], 990]),
        case("one score of 1000 beside -1000", "stable", [-990, large[2], -1000, -1000]),
        case("rows near 1000 and rows near -1000", "stable", np.stack(near) - [[0], [2000], [0], [2000]]),
    ]


softmax = formula_check(
    "softmax", SOFTMAX, _softmax_cases, _softmax, SOFTMAX_MISTAKES, keeps="rows",
    wrong="This is not exp(score) divided by the sum of all exp(score).",
)  # fmt: skip


# --- count_parameters: (inputs + 1) * outputs of every layer

COUNT = (
    Behaviour("weights", 1, "one weight for every connection between neighbouring layers"),
    Behaviour("biases", 1, "one bias for every node that is not an input"),
)


def _count(sizes):
    return sum((m + 1) * n for m, n in zip(sizes, sizes[1:]))


def _weights(sizes):
    return sum(m * n for m, n in zip(sizes, sizes[1:]))


COUNT_MISTAKES = (
    Mistake(
        "no_biases",
        "These are the weights alone. Each node that is not an input has a bias too.",
        _weights,
        ("biases",),
    ),
    Mistake(
        "input_biases",
        "The inputs get a bias too. They are given, nothing is added to them.",
        lambda sizes: _weights(sizes) + sum(sizes),
        ("biases",),
    ),
    Mistake(
        "one_bias",
        "One bias is counted for each layer. Each of its nodes has one of its own.",
        lambda sizes: _weights(sizes) + len(sizes) - 1,
        ("biases",),
    ),
    Mistake(
        "one_bias",
        "One bias is counted for the whole network. Each node that is not an input has one of its own.",
        lambda sizes: _weights(sizes) + 1,
        ("biases",),
    ),
    Mistake(
        "two_biases",
        "Every node gets two biases here. It has one.",
        lambda sizes: _weights(sizes) + 2 * sum(sizes[1:]),
        ("biases",),
    ),
    Mistake(
        "biases_of_inputs",
        "The biases are counted where a layer starts. They belong to the nodes where it ends: (m + 1) * n, not "
        "m * (n + 1).",
        lambda sizes: _weights(sizes) + sum(sizes[:-1]),
        ("biases",),
    ),
    Mistake(
        "hidden_biases",
        "Only the hidden nodes get a bias here. The outputs have one too.",
        lambda sizes: _weights(sizes) + sum(sizes[1:-1]),
        ("biases",),
    ),
    Mistake(
        "output_biases",
        "Only the outputs get a bias here. The hidden nodes have one too.",
        lambda sizes: _weights(sizes) + sizes[-1],
        ("biases",),
    ),
    Mistake(
        "one_too_many",
        "1 is added to both sizes of a layer. Only the inputs get it, for the bias: (m + 1) * n.",
        lambda sizes: sum((m + 1) * (n + 1) for m, n in zip(sizes, sizes[1:])),
        ("biases",),
    ),
    Mistake(
        "biases_alone",
        "These are the biases alone. Add the weights.",
        lambda sizes: sum(sizes[1:]),
        ("weights",),
    ),
    Mistake(
        "no_brackets",
        "m + 1 * n is m + n: Python multiplies before it adds. Put brackets around the sum: (m + 1) * n.",
        lambda sizes: sum(m + n for m, n in zip(sizes, sizes[1:])),
        ("weights", "biases"),
    ),
    Mistake(
        "nodes",
        "This is the number of nodes. Parameters are the numbers on the connections, and the biases.",
        lambda sizes: sum(sizes),
        ("weights", "biases"),
    ),
    Mistake(
        "product",
        "All sizes are multiplied with each other. Each layer has (inputs · outputs) weights; add up the layers.",
        lambda sizes: np.prod(sizes),
        ("weights", "biases"),
    ),
    Mistake(
        "product",
        "All sizes are multiplied with each other. Each layer has (inputs · outputs) weights; add up the layers.",
        lambda sizes: np.prod(sizes) + sum(sizes[1:]),
        ("weights",),
    ),
    Mistake(
        "round_trip",
        "A connection from the last layer back to the first is counted. In Python, sizes[-1] is the last entry: begin "
        "with the second size.",
        lambda sizes: _count([sizes[-1], *sizes]),
        ("weights", "biases"),
    ),
    Mistake(
        "round_trip",
        "A connection from the last layer back to the first is counted. In Python, sizes[-1] is the last entry: begin "
        "with the second size.",
        lambda sizes: _weights([sizes[-1], *sizes]) + sum(sizes[1:]),
        ("weights",),
    ),
    Mistake(
        "last_layer_missing",
        "The last layer is left out. A network with k sizes has k - 1 layers of weights.",
        lambda sizes: _count(sizes[:-1]),
        ("weights", "biases"),
    ),
    Mistake(
        "first_layer_missing",
        "The first layer is left out, the one between the inputs and the first hidden nodes.",
        lambda sizes: _count(sizes[1:]),
        ("weights", "biases"),
    ),
    Mistake(
        "first_layer",
        "That is the first layer alone. Add up all layers.",
        lambda sizes: _count(sizes[:2]),
        ("weights", "biases"),
    ),
    Mistake(
        "last_layer",
        "That is the last layer alone. Add up all layers.",
        lambda sizes: _count(sizes[-2:]),
        ("weights", "biases"),
    ),
    Mistake(
        "one_hidden_layer",
        "Only one hidden layer is counted. There may be any number: go through all neighbours in `sizes`.",
        lambda sizes: _count(sizes[:3]),
        ("weights", "biases"),
    ),
    Mistake(
        "two_hidden_layers",
        "Only two hidden layers are counted. There may be any number: go through all neighbours in `sizes`.",
        lambda sizes: _count(sizes[:4]),
        ("weights", "biases"),
    ),
    Mistake(
        "list",
        "That is one number a layer. Add them up.",
        lambda sizes: [(m + 1) * n for m, n in zip(sizes, sizes[1:])],
        ("weights", "biases"),
    ),
    Mistake(
        "largest_layer",
        "That is the largest layer alone. Add up all layers.",
        lambda sizes: max((m + 1) * n for m, n in zip(sizes, sizes[1:])),
        ("weights", "biases"),
    ),
    Mistake(
        "layers_multiplied",
        "The layers are multiplied with each other. Add them up.",
        lambda sizes: np.prod([float((m + 1) * n) for m, n in zip(sizes, sizes[1:])]),
        ("weights", "biases"),
    ),
    Mistake(
        "all_pairs",
        "Every layer is connected with every later one here. Only neighbours are connected.",
        lambda sizes: sum(m * n for i, m in enumerate(sizes) for n in sizes[i + 1 :]) + sum(sizes[1:]),
        ("weights",),
    ),
)


def _count_cases(rng):
    def case(name, sizes):
        return Case(name, ("weights", "biases"), {"sizes": [int(size) for size in sizes]})

    return [
        case("2 inputs, 2 hidden nodes, 1 output", [2, 2, 1]),
        case("no hidden layer", [7, 3]),
        case("one hidden layer", rng.permutation([5, 11, 3])),
        case("the network of lesson 6", [8, 64, 64, 4]),
        case("three hidden layers", rng.permutation([4, 9, 17, 6, 13])),
        case("five hidden layers", rng.integers(3, 60, 7)),
    ]


count_parameters = formula_check(
    "count_parameters", COUNT, _count_cases, _count, COUNT_MISTAKES, tolerance=(0, 1e-3),
    wrong="This is not the number of all weights and biases.",
)  # fmt: skip
