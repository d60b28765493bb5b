"""More answers to the exercises of lesson 1, from a search for answers that its checks take for what they are not."""

from mutants import Right, Wrong, code

MORE = {
    "linear_score": (
        (
            Wrong("bias to each input", "bias_in_product", 0, "return (x + b) @ w"),
            Wrong("bias to each weight", "bias_in_product", 0, "return x @ (w + b)"),
            Wrong("distance", "distance", 0, "return (x @ w + b) / np.linalg.norm(w)"),
            Wrong("sign of sum", "sum_subtracted", 0, "return b - x @ w"),
            Wrong("all signs", "turned", 0, "return -(x @ w + b)"),
            Wrong(
                "last product",
                "last_input",
                0,
                code("for i in range(len(w)):", "    s = w[..., i] * x[..., i]", "return s + b"),
            ),
            Wrong("first input", "first_input", 0, "return w[0] * x[..., 0] + b"),
        ),
        (
            Right("zip columns", "return sum(w_i * x_i for w_i, x_i in zip(w, x.T)) + b"),
            Right("inner", "return np.inner(x, w) + b"),
            Right("tensordot", "return np.tensordot(x, w, axes=1) + b"),
        ),
    ),
    "step": (
        (
            Wrong("max sign", "strict", 1.5, "return np.maximum(0, np.sign(score))"),
            Wrong("abs", "always_1", 0, "return (np.abs(score) >= 0) * 1"),
        ),
        (
            Right("one minus", "return 1 - (score < 0)"),
            Right("sign of sign", "return np.sign(np.sign(score) + 1)"),
            Right("piecewise", "return np.piecewise(np.asarray(score, float), [score >= 0], [1, 0])"),
        ),
    ),
    "sigmoid": (
        (
            Wrong("tanh half", "tanh", 0, "return np.tanh(score / 2)"),
            Wrong("tanh unscaled", "twice_as_steep", 0, "return (1 + np.tanh(score)) / 2"),
            Wrong("exp alone", "exponential", 0, "return np.exp(-score)"),
        ),
        (
            Right("logaddexp", "return np.exp(-np.logaddexp(0, -score))"),
            Right("expit", code("from scipy.special import expit", "return expit(score)")),
            Right(
                "minimum", code("z = np.exp(-np.abs(score))", "return np.where(score >= 0, 1 / (1 + z), z / (1 + z))")
            ),
        ),
    ),
    "gates": (
        (
            Wrong(
                "xor for or",
                "OR_wrong_rows",
                3,
                'return {"AND": (1, 1, -1.5), "OR": (1, -1, -0.5), "NOT": (-1, 0.5), "NAND": (-1, -1, 1.5)}',
            ),
            Wrong(
                "NOT three",
                "NOT_wrong_rows",
                3,
                'return {"AND": (1, 1, -1.5), "OR": (1, 1, -0.5), "NOT": (1, -1, 0.5), "NAND": (-1, -1, 1.5)}',
            ),
            Wrong(
                "NAND bias 0.5",
                "NAND_wrong_rows",
                3,
                'return {"AND": (1, 1, -1.5), "OR": (1, 1, -0.5), "NOT": (-1, 0.5), "NAND": (-1, -1, 0.5)}',
            ),
        ),
        (
            Right(
                "tensor",
                code(
                    "a, o = torch.tensor([1.0, 1, -1.5]), np.array([1, 1, -0.5])",
                    'return {"AND": a, "OR": o, "NOT": (np.float32(-1), np.float64(0.5)), "NAND": [-1, -1, 1.5]}',
                ),
            ),
        ),
    ),
    "perceptron_update": (
        (
            Wrong(
                "lr y_hat",
                "y_hat_alone",
                0,
                code("y_hat = 1 if w @ x + b >= 0 else 0", "return w + lr * y_hat * x, b + lr * y_hat"),
            ),
            Wrong(
                "half",
                "halved",
                0,
                code(
                    "y_hat = 1 if w @ x + b >= 0 else 0",
                    "error = 0.5 * (y - y_hat)",
                    "return w + lr * error * x, b + lr * error",
                ),
            ),
            Wrong(
                "twice",
                "doubled",
                0,
                code(
                    "y_hat = 1 if w @ x + b >= 0 else 0",
                    "error = 2 * (y - y_hat)",
                    "return w + lr * error * x, b + lr * error",
                ),
            ),
            Wrong(
                "equal error",
                "where_right",
                0,
                code(
                    "y_hat = 1 if w @ x + b >= 0 else 0",
                    "error = y == y_hat",
                    "return w + lr * error * x, b + lr * error",
                ),
            ),
            Wrong(
                "times w",
                "times_w",
                2,
                code(
                    "y_hat = 1 if w @ x + b >= 0 else 0",
                    "error = y - y_hat",
                    "return w + lr * error * w, b + lr * error",
                ),
            ),
            Wrong(
                "b with b",
                "times_b",
                2.5,
                code(
                    "y_hat = 1 if w @ x + b >= 0 else 0",
                    "error = y - y_hat",
                    "return w + lr * error * x, b + lr * error * b",
                ),
            ),
            Wrong(
                "divide lr",
                "lr_divides",
                0,
                code(
                    "y_hat = 1 if w @ x + b >= 0 else 0",
                    "error = y - y_hat",
                    "return w + error * x / lr, b + error / lr",
                ),
            ),
            Wrong(
                "w gets sum of x",
                "sum_of_inputs",
                2,
                code(
                    "y_hat = 1 if w @ x + b >= 0 else 0",
                    "error = y - y_hat",
                    "return w + lr * error * x.sum(), b + lr * error",
                ),
            ),
        ),
        (
            Right(
                "torch",
                code(
                    "e = lr * (y - float(w @ x + b >= 0))",
                    "return torch.tensor(w) + e * torch.tensor(x), torch.tensor(b + e)",
                ),
            ),
            Right(
                "list comp",
                code(
                    "e = lr * (y - (1 if w @ x + b >= 0 else 0))", "return [wi + e * xi for wi, xi in zip(w, x)], b + e"
                ),
            ),
        ),
    ),
    "xor": (
        (
            Wrong(
                "or and and",
                "wrong_table",
                0,
                "return gate(gate(x1, x2, 1, 1, -0.5), gate(x1, x2, 1, 1, -1.5), 1, 1, -1.5)",
            ),
            Wrong(
                "h1 twice",
                "wrong_table",
                1,
                code(
                    "h1 = gate(x1, x2, 1, 1, -0.5)", "h2 = gate(x1, x2, -1, -1, 1.5)", "return gate(h1, h1, 1, 1, -1.5)"
                ),
            ),
        ),
        (Right("or, not and", "return gate(gate(x1, x2, 2, 2, -1), gate(x1, x2, 2, 2, -3), 1, -2, -0.5)"),),
    ),
}
"""{exercise: (wrong answers, right answers)}."""
