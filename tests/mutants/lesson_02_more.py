"""More answers to the exercises of lesson 2, from a search for answers that its checks take for what they are not."""

from mutants import Right, Wrong, code

MORE = {
    "combine": (
        (
            Wrong("bias to each", "bias_in_product", 2, "return sigmoid((p + bias) @ weights)"),
            Wrong("sum divided by n", "mean_of_products", 2, "return sigmoid(p @ weights / len(p) + bias)"),
            Wrong("abs weights", "absolute_weights", 2, "return sigmoid(p @ np.abs(weights) + bias)"),
            Wrong("sigmoid twice outside", "sigmoid_twice_outside", 2, "return sigmoid(sigmoid(p @ weights + bias))"),
            Wrong("only first w", "one_model", 2, "return sigmoid(p[..., 0] * weights[0] + bias)"),
        ),
        (
            Right("zip", "return sigmoid(sum(w * q for w, q in zip(weights, p.T)) + bias)"),
            Right("apply", "return np.apply_along_axis(lambda q: sigmoid(np.inner(q, weights) + bias), -1, p)"),
        ),
    ),
    "layer": (
        (
            Wrong("b summed", "all_biases", 2, "return sigmoid(x @ W + b.sum())"),
            Wrong("mean", "averaged", 2, "return sigmoid(x @ W / len(W) + b)"),
            Wrong("sigmoid twice", "sigmoid_twice", 2, "return sigmoid(sigmoid(x @ W + b))"),
        ),
        (
            Right("add.reduce", "return sigmoid(np.add.reduce(x[..., :, None] * W, axis=-2) + b)"),
            Right("column nodes", "return np.stack([sigmoid(x @ W[:, j] + b[j]) for j in range(W.shape[1])], axis=-1)"),
        ),
    ),
    "feed_forward": (
        (
            Wrong(
                "tanh hidden",
                "tanh",
                1,
                code(
                    "h = x",
                    "for i, (W, b) in enumerate(layers):",
                    "    h = np.tanh(h @ W + b) if i < len(layers) - 1 else layer(h, W, b)",
                    "return h",
                ),
            ),
            Wrong(
                "range len minus one",
                "last_missing",
                1,
                code("h = x", "for i in range(len(layers) - 1):", "    h = layer(h, *layers[i])", "return h"),
            ),
        ),
        (
            Right(
                "while",
                code(
                    "h, i = x, 0",
                    "while i < len(layers):",
                    "    W, b = layers[i]",
                    "    h, i = layer(h, W, b), i + 1",
                    "return h",
                ),
            ),
            Right("star", code("for pair in layers:", "    x = layer(x, *pair)", "return x")),
        ),
    ),
    "softmax": (
        (
            Wrong(
                "divide by n",
                "divided_by_number not_divided",
                0,
                code("e = np.exp(scores)", "return e / scores.shape[-1]"),
            ),
            Wrong("squares", "squares", 0, code("e = scores**2", "return e / e.sum(-1, keepdims=True)")),
            Wrong(
                "rounded",
                "rounded",
                0,
                code(
                    "e = np.exp(scores - scores.max(-1, keepdims=True))",
                    "return np.round(e / e.sum(-1, keepdims=True), 3)",
                ),
            ),
        ),
        (
            Right("logaddexp reduce", "return np.exp(scores - np.logaddexp.reduce(scores, axis=-1, keepdims=True))"),
            Right(
                "loops",
                code(
                    "def row(s):",
                    "    m = max(s)",
                    "    e = [math.exp(v - m) for v in s]",
                    "    return [v / sum(e) for v in e]",
                    "return row(scores) if scores.ndim == 1 else [row(s) for s in scores]",
                ),
            ),
        ),
    ),
    "count_parameters": (
        (
            Wrong("one bias all", "one_bias", 1, "return sum(m * n for m, n in zip(sizes, sizes[1:])) + 1"),
            Wrong(
                "bias of hidden twice", "two_biases", 1, "return sum(m * n + 2 * n for m, n in zip(sizes, sizes[1:]))"
            ),
            Wrong("max", "largest_layer", 0, "return max((m + 1) * n for m, n in zip(sizes, sizes[1:]))"),
            Wrong(
                "product of layers",
                "layers_multiplied",
                0,
                "return math.prod((m + 1) * n for m, n in zip(sizes, sizes[1:]))",
            ),
        ),
        (Right("dot", "return np.dot([m + 1 for m in sizes[:-1]], sizes[1:])"),),
    ),
}
"""{exercise: (wrong answers, right answers)}."""
