"""Answers to the exercises of lesson 2."""

import math

import numpy as np

from mutants import Exercise, Right, Wrong, code, lesson_02_more, with_more

LESSON = "02_feed_forward"


def sigmoid(s):
    return 1 / (1 + np.exp(-s))


def layer(x, W, b):
    return sigmoid(x @ W + b)


NAMES = {"np": np, "math": math, "sigmoid": sigmoid}

COMBINE = Exercise(
    wrong=(
        Wrong("the weighted sum alone", "no_sigmoid", 2, "return p @ weights + bias"),
        Wrong("cut off at 0 and 1", "clipped", 2, "return np.clip(p @ weights + bias, 0, 1)"),
        Wrong("the step", "step", 2, "return np.where(p @ weights + bias >= 0, 1, 0)"),
        Wrong("tanh", "other_function", 2, "return np.tanh(p @ weights + bias)"),
        Wrong("the sign in the exponential", "flipped", 2, "return 1 / (1 + np.exp(p @ weights + bias))"),
        Wrong("sigmoid twice", "sigmoid_twice", 2, "return sigmoid(sigmoid(p) @ weights + bias)"),
        Wrong("sigmoid before the sum", "sigmoid_first", 2, "return sigmoid(p) @ weights + bias"),
        Wrong("sigmoid of each product", "sigmoid_of_each", 2, "return sigmoid(p * weights).sum(axis=-1) + bias"),
        Wrong("no bias", "no_bias", 2, "return sigmoid(p @ weights)"),
        Wrong("bias after the sigmoid", "bias_outside", 2, "return sigmoid(p @ weights) + bias"),
        Wrong("bias subtracted", "bias_subtracted", 2, "return sigmoid(p @ weights - bias)"),
        Wrong("bias for each model", "bias_per_model", 2, "return sigmoid((p * weights + bias).sum(axis=-1))"),
        Wrong("no weights", "no_weights", 2, "return sigmoid(p.sum(axis=-1) + bias)"),
        Wrong(
            "two models only",
            "two_models",
            2,
            "return sigmoid(p[..., 0] * weights[0] + p[..., 1] * weights[1] + bias)",
        ),
        Wrong("the plain sum", "plain_sum", 0, "return p.sum(axis=-1)"),
        Wrong("the mean", "mean", 0, "return p.mean(axis=-1)"),
        Wrong("a weighted mean", "weighted_mean", 1, "return (p @ weights + bias) / weights.sum()"),
        Wrong("mean instead of sum", "mean_of_products", 2, "return sigmoid(np.mean(p * weights, axis=-1) + bias)"),
        Wrong("product instead of sum", "product", 2, "return sigmoid(np.prod(p * weights, axis=-1) + bias)"),
        Wrong("not added up", "not_summed", 0, "return sigmoid(p * weights + bias)"),
        Wrong("one number for all points", "one_number", 2, "return sigmoid(np.sum(p * weights) + bias)"),
        Wrong("sum over the points", "wrong_axis", 2, "return sigmoid((p * weights).sum(axis=0) + bias)"),
        Wrong("weights first", "turned error", 2, "return sigmoid(weights @ p + bias)"),
        Wrong(
            "a loop for one point",
            "turned wrong_shape",
            2,
            "return sigmoid(sum(w * q for w, q in zip(weights, p)) + bias)",
        ),
        Wrong("weights divided by their sum", "normalised", 2, "return sigmoid(p @ (weights / weights.sum()) + bias)"),
        Wrong("bias times", "wrong_value", 0, "return sigmoid(p @ weights * bias)"),
        Wrong("for batches only", "error", 1, "return sigmoid((p * weights).sum(axis=1) + bias)"),
        Wrong("nothing returned", "wrong_return", 0, "sigmoid(p @ weights + bias)"),
        Wrong("printed", "wrong_return", 0, "print(sigmoid(p @ weights + bias))"),
        Wrong("the example", "wrong_value wrong_shape", 0, "return 0.8807970779778823"),
        Wrong("numbers of the text", "error", 0, "return sigmoid(p @ np.array([2.0, 4.0]) - 2)"),
        Wrong("rounded", "step", 2, "return np.round(sigmoid(p @ weights + bias))"),
        Wrong(
            "p changed in place",
            "input_changed",
            2,
            code("p *= weights", "return sigmoid(p.sum(axis=-1) + bias)"),
        ),
    ),
    right=(
        Right("dot", "return sigmoid(np.dot(p, weights) + bias)"),
        Right("products and sum", "return sigmoid((p * weights).sum(axis=-1) + bias)"),
        Right("own sigmoid", "return 1 / (1 + np.exp(-(p @ weights + bias)))"),
        Right("e to the power", "return 1 / (1 + math.e ** -(np.matmul(p, weights) + bias))"),
        Right(
            "loops",
            code(
                "if p.ndim == 1:",
                "    return 1 / (1 + math.exp(-sum(q * w for q, w in zip(p, weights)) - bias))",
                "result = []",
                "for row in p:",
                "    s = bias",
                "    for q, w in zip(row, weights):",
                "        s += q * w",
                "    result.append(1 / (1 + math.exp(-s)))",
                "return result",
            ),
        ),
        Right("a column", "return sigmoid(p @ weights.reshape(-1, 1) + bias)"),
        Right("einsum", 'return sigmoid(np.einsum("...m,m->...", p, weights) + bias)'),
        Right(
            "single precision", "return sigmoid(p.astype(np.float32) @ weights.astype(np.float32) + np.float32(bias))"
        ),
        Right("bias as a weight", "return sigmoid(np.insert(p, 0, 1, axis=-1) @ np.insert(weights, 0, bias))"),
        Right("tanh form", "return 0.5 * (1 + np.tanh((p @ weights + bias) / 2))"),
    ),
    names=NAMES,
)

LAYER = Exercise(
    wrong=(
        Wrong("the scores", "no_sigmoid", 2, "return x @ W + b"),
        Wrong("ReLU", "relu", 2, "return np.maximum(x @ W + b, 0)"),
        Wrong("tanh", "tanh", 2, "return np.tanh(x @ W + b)"),
        Wrong("step", "step", 2, "return (x @ W + b >= 0) * 1.0"),
        Wrong("the sign in the exponential", "flipped", 2, "return 1 / (1 + np.exp(x @ W + b))"),
        Wrong("sigmoid of the input", "sigmoid_of_input", 2, "return sigmoid(sigmoid(x) @ W + b)"),
        Wrong(
            "softmax",
            "softmax",
            2,
            code("e = np.exp(x @ W + b)", "return e / e.sum(axis=-1, keepdims=True)"),
        ),
        Wrong("no bias", "no_bias", 2, "return sigmoid(x @ W)"),
        Wrong("bias after the sigmoid", "bias_outside", 2, "return sigmoid(x @ W) + b"),
        Wrong("bias subtracted", "bias_subtracted", 2, "return sigmoid(x @ W - b)"),
        Wrong("a bias for each input", "bias_per_input", 2, "return sigmoid(x @ W + x.shape[-1] * b)"),
        Wrong("one bias for all", "one_bias", 2, "return sigmoid(x @ W + b[0])"),
        Wrong("transposed", "transposed error", 0, "return sigmoid(x @ W.T + b)"),
        Wrong("transposed, the other way round", "transposed error", 0, "return sigmoid(W @ x.T + b)"),
        Wrong("entry by entry", "no_product error", 0, "return sigmoid(x * W + b)"),
        Wrong("not added up", "not_summed wrong_shape", 0, "return sigmoid(x[..., None] * W + b)"),
        Wrong("points as columns", "points_as_columns error", 2, "return sigmoid(W.T @ x + b)"),
        Wrong(
            "a loop over the nodes, for one point",
            "points_added",
            2,
            "return np.array([sigmoid(sum(x * W[:, j]) + b[j]) for j in range(W.shape[1])])",
        ),
        Wrong("on its side", "nodes_as_rows", 2, "return sigmoid(x @ W + b).T"),
        Wrong(
            "added up over the nodes",
            "wrong_axis wrong_shape error",
            0,
            "return sigmoid((x[..., None] * W).sum(axis=-1) + b)",
        ),
        Wrong("b as a column", "bias_column error", 0, "return sigmoid(x @ W + b[:, None])"),
        Wrong("nodes added up", "nodes_added", 0, "return sigmoid((x @ W + b).sum(axis=-1))"),
        Wrong("the first node", "one_node", 0, "return sigmoid(x @ W[:, 0] + b[0])"),
        Wrong(
            "the first point",
            "first_point",
            2,
            "return sigmoid((x if x.ndim == 1 else x[0]) @ W + b)",
        ),
        Wrong("nothing returned", "wrong_return", 0, "sigmoid(x @ W + b)"),
        Wrong("W alone", "wrong_shape", 0, "return sigmoid(W + b)"),
        Wrong("the example", "wrong_shape", 0, "return np.array([0.73105858, 0.5])"),
        Wrong("zeros", "wrong_value", 0, "return np.zeros(x.shape[:-1] + b.shape)"),
        Wrong(
            "b changed in place",
            "input_changed",
            2,
            code("b += x @ W if x.ndim == 1 else 0", "return sigmoid(b if x.ndim == 1 else x @ W + b)"),
        ),
    ),
    right=(
        Right("dot", "return sigmoid(np.dot(x, W) + b)"),
        Right("transposed twice", "return sigmoid((W.T @ x.T).T + b)"),
        Right("own sigmoid", "return 1.0 / (1.0 + np.exp(-x @ W - b))"),
        Right("einsum", 'return sigmoid(np.einsum("...i,ij->...j", x, W) + b)'),
        Right("broadcast and sum", "return sigmoid((x[..., None] * W).sum(axis=-2) + b)"),
        Right(
            "node by node",
            "return np.stack([sigmoid(x @ W[:, j] + b[j]) for j in range(len(b))], axis=-1)",
        ),
        Right(
            "three loops",
            code(
                "points = x if x.ndim == 2 else [x]",
                "result = []",
                "for point in points:",
                "    row = []",
                "    for j in range(W.shape[1]):",
                "        s = b[j]",
                "        for i in range(W.shape[0]):",
                "            s += point[i] * W[i][j]",
                "        row.append(1 / (1 + math.exp(-s)))",
                "    result.append(row)",
                "return result if x.ndim == 2 else result[0]",
            ),
        ),
        Right("always a batch", "return sigmoid(np.atleast_2d(x) @ W + b)"),
        Right("bias as a weight", "return sigmoid(np.insert(x, 0, 1, axis=-1) @ np.vstack([b, W]))"),
        Right("single precision", "return sigmoid(x.astype(np.float32) @ W.astype(np.float32) + b.astype(np.float32))"),
    ),
    names=NAMES,
)

EACH = "for W, b in layers:"
CHAIN = code(EACH, "    x = layer(x, W, b)", "return x")


def own(body):
    """The change that puts a `layer` with this body into the cell, above the answer."""
    lines = "\n".join("    " + line for line in body.splitlines())
    return (("def feed_forward", f"def layer(x, W, b):\n{lines}\n\n\ndef feed_forward"),)


FEED_FORWARD = Exercise(
    wrong=(
        Wrong("return inside the loop", "first_layer", 1, code(EACH, "    x = layer(x, W, b)", "    return x")),
        Wrong("the last layer alone", "last_layer error", 0, code("W, b = layers[-1]", "return layer(x, W, b)")),
        Wrong(
            "the last layer left out",
            "last_missing",
            1,
            code("for W, b in layers[:-1]:", "    x = layer(x, W, b)", "return x"),
        ),
        Wrong(
            "the first layer left out",
            "first_missing error",
            0,
            code("for W, b in layers[1:]:", "    x = layer(x, W, b)", "return x"),
        ),
        Wrong(
            "two layers",
            "error two_layers",
            3,
            code("(W1, b1), (W2, b2) = layers[:2]", "return layer(layer(x, W1, b1), W2, b2)"),
        ),
        Wrong(
            "exactly two layers",
            "error",
            3,
            code("(W1, b1), (W2, b2) = layers", "return layer(layer(x, W1, b1), W2, b2)"),
        ),
        Wrong(
            "first and last layer",
            "ends_only error",
            3,
            code(
                "h = layer(x, *layers[0])",
                "return layer(h, *layers[-1]) if len(layers) > 1 else h",
            ),
        ),
        Wrong(
            "backwards",
            "backwards error",
            0,
            code("for W, b in reversed(layers):", "    x = layer(x, W, b)", "return x"),
        ),
        Wrong("x into every layer", "last_layer error", 0, code(EACH, "    h = layer(x, W, b)", "return h")),
        Wrong(
            "all outputs",
            "all_layers error",
            0,
            code("outputs = []", EACH, "    x = layer(x, W, b)", "    outputs.append(x)", "return np.array(outputs)"),
        ),
        Wrong("no sigmoid", "no_sigmoid", 1, code(EACH, "    x = x @ W + b", "return x")),
        Wrong(
            "no sigmoid at the end",
            "last_linear",
            1,
            code("for W, b in layers[:-1]:", "    x = layer(x, W, b)", "W, b = layers[-1]", "return x @ W + b"),
        ),
        Wrong("one sigmoid, at the end", "hidden_linear", 1, code(EACH, "    x = x @ W + b", "return sigmoid(x)")),
        Wrong("no biases", "no_bias", 1, code(EACH, "    x = sigmoid(x @ W)", "return x")),
        Wrong("biases subtracted", "bias_subtracted", 1, code(EACH, "    x = sigmoid(x @ W - b)", "return x")),
        Wrong("biases outside", "bias_outside", 1, code(EACH, "    x = sigmoid(x @ W) + b", "return x")),
        Wrong("one bias a layer", "one_bias", 1, code(EACH, "    x = sigmoid(x @ W + b[0])", "return x")),
        Wrong("transposed", "transposed error", 0, code(EACH, "    x = sigmoid(x @ W.T + b)", "return x")),
        Wrong("sign", "flipped", 1, code(EACH, "    x = sigmoid(-(x @ W + b))", "return x")),
        Wrong("tanh", "tanh", 1, code(EACH, "    x = np.tanh(x @ W + b)", "return x")),
        Wrong("step", "step", 1, code(EACH, "    x = (x @ W + b >= 0) * 1.0", "return x")),
        Wrong(
            "ReLU in the hidden layers",
            "relu",
            1,
            code(
                "for W, b in layers[:-1]:",
                "    x = np.maximum(x @ W + b, 0)",
                "return layer(x, *layers[-1])",
            ),
        ),
        Wrong("ReLU everywhere", "relu_everywhere", 1, code(EACH, "    x = np.maximum(x @ W + b, 0)", "return x")),
        Wrong(
            "softmax at the end",
            "softmax",
            1,
            code(
                "for W, b in layers[:-1]:",
                "    x = layer(x, W, b)",
                "e = np.exp(x @ layers[-1][0] + layers[-1][1])",
                "return e / e.sum(axis=-1, keepdims=True)",
            ),
        ),
        Wrong(
            "another sigmoid at the end", "sigmoid_twice", 1, code(EACH, "    x = layer(x, W, b)", "return sigmoid(x)")
        ),
        Wrong(
            "sigmoid of each layer's output",
            "sigmoid_twice_everywhere",
            1,
            code(EACH, "    x = sigmoid(layer(x, W, b))", "return x"),
        ),
        Wrong(
            "sigmoid of x",
            "sigmoid_of_input",
            1,
            code("x = sigmoid(x)", EACH, "    x = layer(x, W, b)", "return x"),
        ),
        Wrong("the first output", "one_output", 0, code(EACH, "    x = layer(x, W, b)", "return x[..., 0]")),
        Wrong(
            "the first output as a number",
            "one_output first_point",
            0,
            code(EACH, "    x = layer(x, W, b)", "return x[0]"),
        ),
        Wrong("yes or no", "decided", 1, code(EACH, "    x = layer(x, W, b)", "return np.round(x)")),
        Wrong(
            "the list used up",
            "input_changed",
            3,
            code("while layers:", "    W, b = layers.pop(0)", "    x = layer(x, W, b)", "return x"),
        ),
        Wrong("nothing returned", "wrong_return", 0, code(EACH, "    x = layer(x, W, b)")),
        Wrong("x", "wrong_shape", 0, "return x"),
        Wrong(
            "a layer without bias",
            "no_bias",
            1,
            code("def layer(x, W, b):", "    return sigmoid(x @ W)", EACH, "    x = layer(x, W, b)", "return x"),
        ),
        Wrong("own layer without bias", "own_layer", 3, CHAIN, own("return sigmoid(x @ W)")),
        Wrong("own layer without sigmoid", "own_layer", 3, CHAIN, own("return x @ W + b")),
        Wrong("own layer with points as columns", "own_layer", 3, CHAIN, own("return sigmoid(W.T @ x + b)")),
        Wrong("own layer for one point", "own_layer", 3, CHAIN, own("return sigmoid((x[:, None] * W).sum(0) + b)")),
        Wrong("own layer changes b", "own_layer", 3, CHAIN, own(code("b += x @ W", "return sigmoid(b)"))),
        Wrong("own layer that returns nothing", "own_layer", 3, CHAIN, own("sigmoid(x @ W + b)")),
        Wrong("own layer that is not written", "own_layer", 3, CHAIN, own("raise NotImplementedError")),
        Wrong(
            "own layer without bias, return inside the loop",
            "own_layer first_layer",
            0,
            code(EACH, "    x = layer(x, W, b)", "    return x"),
            own("return sigmoid(x @ W)"),
        ),
        Wrong(
            "own layer without bias, x into every layer",
            "own_layer error last_layer",
            0,
            code(EACH, "    h = layer(x, W, b)", "return h"),
            own("return sigmoid(x @ W)"),
        ),
        Wrong(
            "a layer that is not written",
            "",
            0,
            code("def layer(x, W, b):", "    raise NotImplementedError", EACH, "    x = layer(x, W, b)", "return x"),
        ),
    ),
    right=(
        Right("own formula", code(EACH, "    x = 1 / (1 + np.exp(-(x @ W + b)))", "return x")),
        Right("the list of outputs", code("h = [x]", EACH, "    h.append(layer(h[-1], W, b))", "return h[-1]")),
        Right(
            "by number",
            code("for i in range(len(layers)):", "    x = layer(x, layers[i][0], layers[i][1])", "return x"),
        ),
        Right(
            "recursion",
            code(
                "if not layers:",
                "    return x",
                "return feed_forward(layer(x, *layers[0]), layers[1:])",
            ),
        ),
        Right("reduce", code("import functools", "return functools.reduce(lambda h, l: layer(h, *l), layers, x)")),
        Right(
            "a copy used up", code("rest = list(layers)", "while rest:", "    x = layer(x, *rest.pop(0))", "return x")
        ),
        Right("always a batch", code("x = np.atleast_2d(x)", EACH, "    x = layer(x, W, b)", "return x")),
        Right(
            "point by point",
            code(
                "def one(h):",
                "    for W, b in layers:",
                "        h = np.array([sigmoid(sum(h * W[:, j]) + b[j]) for j in range(len(b))])",
                "    return h",
                "return one(x) if x.ndim == 1 else np.array([one(row) for row in x])",
            ),
        ),
        Right(
            "single precision",
            code(
                "x = x.astype(np.float32)",
                EACH,
                "    x = layer(x, W.astype(np.float32), b.astype(np.float32))",
                "return x",
            ),
        ),
    ),
    names={**NAMES, "layer": layer},
)

SOFTMAX = Exercise(
    wrong=(
        Wrong("not stable", "overflow", 2, code("e = np.exp(scores)", "return e / e.sum(axis=-1, keepdims=True)")),
        Wrong(
            "one maximum for all rows",
            "one_maximum",
            2,
            code("e = np.exp(scores - scores.max())", "return e / e.sum(axis=-1, keepdims=True)"),
        ),
        Wrong(
            "smallest subtracted",
            "wrong_shift not_finite",
            2,
            code("e = np.exp(scores - scores.min(axis=-1, keepdims=True))", "return e / e.sum(axis=-1, keepdims=True)"),
        ),
        Wrong(
            "mean subtracted",
            "wrong_shift",
            2,
            code(
                "e = np.exp(scores - scores.mean(axis=-1, keepdims=True))", "return e / e.sum(axis=-1, keepdims=True)"
            ),
        ),
        Wrong(
            "large scores cut off",
            "clipped",
            2,
            code("e = np.exp(np.clip(scores, -500, 500))", "return e / e.sum(axis=-1, keepdims=True)"),
        ),
        Wrong(
            "divided by the largest score",
            "divided_by_maximum",
            0,
            code("e = np.exp(scores / scores.max(axis=-1, keepdims=True))", "return e / e.sum(axis=-1, keepdims=True)"),
        ),
        Wrong("no exponential", "no_exponential", 0, "return scores / scores.sum(axis=-1, keepdims=True)"),
        Wrong("absolute values", "absolute", 0, "return np.abs(scores) / np.abs(scores).sum(axis=-1, keepdims=True)"),
        Wrong("not divided", "not_divided", 0, "return np.exp(scores)"),
        Wrong("stable and not divided", "not_divided", 0, "return np.exp(scores - scores.max(axis=-1, keepdims=True))"),
        Wrong("sigmoid", "sigmoid", 0, "return sigmoid(scores)"),
        Wrong("all to the largest", "hardmax", 0, "return (scores == scores.max(axis=-1, keepdims=True)) * 1.0"),
        Wrong("argmax", "position", 0, "return scores.argmax(axis=-1)"),
        Wrong(
            "logarithm",
            "logarithm",
            0,
            code(
                "s = scores - scores.max(axis=-1, keepdims=True)",
                "return s - np.log(np.exp(s).sum(axis=-1, keepdims=True))",
            ),
        ),
        Wrong(
            "powers of 2",
            "other_base",
            0,
            code(
                "e = 2.0 ** (scores - scores.max(axis=-1, keepdims=True))", "return e / e.sum(axis=-1, keepdims=True)"
            ),
        ),
        Wrong(
            "minus",
            "negative",
            0,
            code("e = np.exp(scores.min(axis=-1, keepdims=True) - scores)", "return e / e.sum(axis=-1, keepdims=True)"),
        ),
        Wrong("one sum for all", "whole_batch", 2, code("e = np.exp(scores - scores.max())", "return e / e.sum()")),
        Wrong(
            "one sum for all, not stable", "whole_batch overflow", 1, code("e = np.exp(scores)", "return e / np.sum(e)")
        ),
        Wrong(
            "columns",
            "columns",
            2,
            code("e = np.exp(scores - scores.max(axis=0))", "return e / e.sum(axis=0)"),
        ),
        Wrong(
            "axis 1",
            "error",
            0,
            code("e = np.exp(scores - scores.max(axis=1, keepdims=True))", "return e / e.sum(axis=1, keepdims=True)"),
        ),
        Wrong(
            "no keepdims",
            "sums_exchanged error overflow",
            1,
            code("e = np.exp(scores)", "return e / e.sum(axis=-1)"),
        ),
        Wrong(
            "no keepdims at all",
            "maxima_exchanged error",
            2,
            code("e = np.exp(scores - scores.max(axis=-1))", "return e / e.sum(axis=-1)"),
        ),
        Wrong(
            "keepdims for the maximum only",
            "sums_exchanged error",
            2,
            code("e = np.exp(scores - scores.max(axis=-1, keepdims=True))", "return e / e.sum(axis=-1)"),
        ),
        Wrong(
            "shift above the line only",
            "half_shift",
            0,
            code(
                "m = scores.max(axis=-1, keepdims=True)",
                "return np.exp(scores - m) / np.exp(scores).sum(axis=-1, keepdims=True)",
            ),
        ),
        Wrong(
            "nan made 1",
            "nan_replaced",
            2,
            code("e = np.exp(scores)", "return np.nan_to_num(e / e.sum(axis=-1, keepdims=True), nan=1.0)"),
        ),
        Wrong(
            "nan made 0",
            "nan_replaced",
            2,
            code("e = np.exp(scores)", "return np.nan_to_num(e / e.sum(axis=-1, keepdims=True))"),
        ),
        Wrong(
            "all to the largest where exp is too large",
            "hardmax",
            2,
            code(
                "if np.abs(scores).max() > 700:",
                "    return (scores == scores.max(axis=-1, keepdims=True)) * 1.0",
                "e = np.exp(scores)",
                "return e / e.sum(axis=-1, keepdims=True)",
            ),
        ),
        Wrong(
            "1000 subtracted",
            "not_finite one_maximum",
            2,
            code(
                "e = np.exp(scores - (1000 if scores.max() > 700 else 0))", "return e / e.sum(axis=-1, keepdims=True)"
            ),
        ),
        Wrong("nothing returned", "wrong_return", 0, "np.exp(scores) / np.exp(scores).sum(axis=-1, keepdims=True)"),
        Wrong("equal shares", "wrong_value", 0, "return np.ones_like(scores) / scores.shape[-1]"),
        Wrong("the example", "wrong_shape", 0, "return np.array([0.125, 0.25, 0.625])"),
        Wrong(
            "scores changed in place",
            "input_changed",
            2,
            code(
                "scores -= scores.max(axis=-1, keepdims=True)",
                "e = np.exp(scores)",
                "return e / e.sum(axis=-1, keepdims=True)",
            ),
        ),
    ),
    right=(
        Right(
            "transposed",
            code("e = np.exp((scores.T - scores.max(axis=-1)).T)", "return (e.T / e.sum(axis=-1)).T"),
        ),
        Right(
            "log-sum-exp",
            code(
                "m = scores.max(axis=-1, keepdims=True)",
                "return np.exp(scores - m - np.log(np.exp(scores - m).sum(axis=-1, keepdims=True)))",
            ),
        ),
        Right(
            "row by row",
            code(
                "if scores.ndim == 2:",
                "    return np.array([softmax(row) for row in scores])",
                "e = np.exp(scores - max(scores))",
                "return e / sum(e)",
            ),
        ),
        Right(
            "lists",
            code(
                "rows = scores.tolist() if scores.ndim == 2 else [scores.tolist()]",
                "result = []",
                "for row in rows:",
                "    e = [math.exp(s - max(row)) for s in row]",
                "    result.append([value / sum(e) for value in e])",
                "return result if scores.ndim == 2 else result[0]",
            ),
        ),
        Right(
            "differences",
            "return 1 / np.exp(np.minimum(scores[..., None, :] - scores[..., :, None], 700)).sum(axis=-1)",
        ),
        Right("scipy", code("from scipy.special import softmax as answer", "return answer(scores, axis=-1)")),
        Right(
            "torch",
            code("import torch", "return torch.softmax(torch.tensor(scores), dim=-1)"),
        ),
        Right(
            "apply along axis",
            code(
                "def one(s):",
                "    e = np.exp(s - s.max())",
                "    return e / e.sum()",
                "return np.apply_along_axis(one, -1, scores)",
            ),
        ),
    ),
    names=NAMES,
)

COUNT = Exercise(
    wrong=(
        Wrong("no biases", "no_biases", 1, "return sum(m * n for m, n in zip(sizes, sizes[1:]))"),
        Wrong(
            "biases of the inputs too",
            "input_biases",
            1,
            "return sum(m * n for m, n in zip(sizes, sizes[1:])) + sum(sizes)",
        ),
        Wrong("one bias a layer", "one_bias", 1, "return sum(m * n + 1 for m, n in zip(sizes, sizes[1:]))"),
        Wrong("m times n + 1", "biases_of_inputs", 1, "return sum(m * (n + 1) for m, n in zip(sizes, sizes[1:]))"),
        Wrong(
            "no bias for the outputs",
            "hidden_biases",
            1,
            "return sum(m * n for m, n in zip(sizes, sizes[1:])) + sum(sizes[1:-1])",
        ),
        Wrong("1 added twice", "one_too_many", 1, "return sum((m + 1) * (n + 1) for m, n in zip(sizes, sizes[1:]))"),
        Wrong("biases alone", "biases_alone", 1, "return sum(sizes[1:])"),
        Wrong("no brackets", "no_brackets", 0, "return sum(m + 1 * n for m, n in zip(sizes, sizes[1:]))"),
        Wrong("nodes", "nodes", 0, "return sum(sizes)"),
        Wrong("product of all", "product", 0, code("total = 1", "for n in sizes:", "    total *= n", "return total")),
        Wrong(
            "from the last layer to the first",
            "round_trip",
            0,
            "return sum((sizes[i - 1] + 1) * sizes[i] for i in range(len(sizes)))",
        ),
        Wrong(
            "one layer too few",
            "last_layer_missing",
            0,
            "return sum((sizes[i] + 1) * sizes[i + 1] for i in range(len(sizes) - 2))",
        ),
        Wrong("one too many", "error", 0, "return sum((sizes[i] + 1) * sizes[i + 1] for i in range(len(sizes)))"),
        Wrong(
            "return inside the loop",
            "first_layer",
            0,
            code("total = 0", "for m, n in zip(sizes, sizes[1:]):", "    total += (m + 1) * n", "    return total"),
        ),
        Wrong(
            "the last one kept",
            "last_layer",
            0,
            code("for m, n in zip(sizes, sizes[1:]):", "    total = (m + 1) * n", "return total"),
        ),
        Wrong(
            "one hidden layer",
            "one_hidden_layer error",
            0,
            "return (sizes[0] + 1) * sizes[1] + (sizes[1] + 1) * sizes[2]",
        ),
        Wrong(
            "first, second and last size",
            "wrong_value",
            0,
            "return (sizes[0] + 1) * sizes[1] + (sizes[1] + 1) * sizes[-1]",
        ),
        Wrong(
            "exactly four sizes",
            "error",
            0,
            code("a, b, c, d = sizes", "return (a + 1) * b + (b + 1) * c + (c + 1) * d"),
        ),
        Wrong("a list", "list", 0, "return [(m + 1) * n for m, n in zip(sizes, sizes[1:])]"),
        Wrong("the number of lesson 6", "wrong_value", 0, "return 4996"),
        Wrong("the example", "wrong_value", 0, "return 9"),
        Wrong("printed", "wrong_return", 0, "print(sum((m + 1) * n for m, n in zip(sizes, sizes[1:])))"),
        Wrong(
            "sizes used up",
            "input_changed",
            1,
            code(
                "total = 0",
                "while len(sizes) > 1:",
                "    m = sizes.pop(0)",
                "    total += (m + 1) * sizes[0]",
                "return total",
            ),
        ),
    ),
    right=(
        Right(
            "loop",
            code(
                "total = 0",
                "for i in range(1, len(sizes)):",
                "    total += sizes[i - 1] * sizes[i] + sizes[i]",
                "return total",
            ),
        ),
        Right("two sums", "return sum(m * n for m, n in zip(sizes, sizes[1:])) + sum(sizes) - sizes[0]"),
        Right("numpy", code("sizes = np.array(sizes)", "return (sizes[:-1] + 1) @ sizes[1:]")),
        Right("a float", "return float(sum((m + 1) * n for m, n in zip(sizes, sizes[1:])))"),
        Right(
            "pairwise", code("from itertools import pairwise", "return sum((m + 1) * n for m, n in pairwise(sizes))")
        ),
        Right(
            "real arrays",
            "return sum(np.zeros((m, n)).size + np.zeros(n).size for m, n in zip(sizes[:-1], sizes[1:]))",
        ),
        Right(
            "recursion",
            code(
                "if len(sizes) < 2:", "    return 0", "return (sizes[0] + 1) * sizes[1] + count_parameters(sizes[1:])"
            ),
        ),
    ),
    names=NAMES,
)

EXERCISES = {
    "combine": COMBINE,
    "layer": LAYER,
    "feed_forward": FEED_FORWARD,
    "softmax": SOFTMAX,
    "count_parameters": COUNT,
}
EXERCISES = with_more(EXERCISES, lesson_02_more.MORE)
