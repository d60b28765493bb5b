"""Answers to the exercises of lesson 3."""

import numpy as np
import torch

from mutants import Exercise, Right, Wrong, code, lesson_03_more, with_more

LESSON = "03_learning_by_gradient"

CLIP = "p = np.clip(p, 1e-12, 1 - 1e-12)"
CROSS_ENTROPY = Exercise(
    wrong=(
        Wrong("not clipped", "not_clipped", 2.5, "return -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p))"),
        Wrong("no minus", "no_minus", 0.5, code(CLIP, "return np.mean(y * np.log(p) + (1 - y) * np.log(1 - p))")),
        Wrong("sum", "sum", 0.5, code(CLIP, "return -np.sum(y * np.log(p) + (1 - y) * np.log(1 - p))")),
        Wrong("no mean", "no_mean", 0.5, code(CLIP, "return -(y * np.log(p) + (1 - y) * np.log(1 - p))")),
        Wrong("only ones", "only_ones", 0.5, code(CLIP, "return -np.mean(y * np.log(p))")),
        Wrong("only zeros", "only_zeros", 0.5, code(CLIP, "return -np.mean((1 - y) * np.log(1 - p))")),
        Wrong(
            "mean over the ones alone",
            "only_ones",
            0.5,
            code(CLIP, "ones = p[y == 1]", "return -np.log(ones).mean() if len(ones) else 0.0"),
        ),
        Wrong(
            "inverted",
            "labels_inverted",
            0.5,
            code(CLIP, "return -np.mean((1 - y) * np.log(p) + y * np.log(1 - p))"),
        ),
        Wrong("ln p everywhere", "always_ln_p", 0.5, code(CLIP, "return -np.mean(np.log(p))")),
        Wrong(
            "minus before one term",
            "sign_of_one_term",
            0.5,
            code(CLIP, "return np.mean(-y * np.log(p) + (1 - y) * np.log(1 - p))"),
        ),
        Wrong(
            "minus instead of plus",
            "sign_of_one_term",
            0.5,
            code(CLIP, "return np.mean(y * np.log(p) - (1 - y) * np.log(1 - p))"),
        ),
        Wrong("log2", "log2", 0.5, code(CLIP, "return -np.mean(y * np.log2(p) + (1 - y) * np.log2(1 - p))")),
        Wrong("log10", "log10", 0.5, code(CLIP, "return -np.mean(y * np.log10(p) + (1 - y) * np.log10(1 - p))")),
        Wrong("squared error", "squared_error", 0.5, "return np.mean((p - y) ** 2)"),
        Wrong("distance", "absolute_error", 0.5, "return np.mean(np.abs(p - y))"),
        Wrong("mistakes counted", "mistakes_counted", 0.5, "return np.mean((p > 0.5) != y)"),
        Wrong("no logarithm", "no_log", 0.5, "return -np.mean(y * p + (1 - y) * (1 - p))"),
        Wrong(
            "class means added",
            "by_class",
            0.5,
            code(
                CLIP,
                "losses = [-np.log(q).mean() for q in (p[y == 1], 1 - p[y == 0]) if len(q)]",
                "return sum(losses)",
            ),
        ),
        Wrong(
            "divided by 2n",
            "halved",
            0.5,
            code(CLIP, "return -np.sum(y * np.log(p) + (1 - y) * np.log(1 - p)) / (2 * len(y))"),
        ),
        Wrong(
            "divided by n - 1",
            "divided_by_n_minus_1",
            0.5,
            code(CLIP, "return -np.sum(y * np.log(p) + (1 - y) * np.log(1 - p)) / (len(y) - 1)"),
        ),
        Wrong(
            "return in the loop",
            "one_point",
            0.5,
            code(
                CLIP,
                "total = 0",
                "for a, b in zip(y, p):",
                "    total -= a * np.log(b) + (1 - a) * np.log(1 - b)",
                "    return total / len(y)",
            ),
        ),
        Wrong(
            "= for +=",
            "one_point",
            0.5,
            code(
                CLIP,
                "for a, b in zip(y, p):",
                "    total = -(a * np.log(b) + (1 - a) * np.log(1 - b))",
                "return total / len(y)",
            ),
        ),
        Wrong(
            "y and p swapped",
            "swapped",
            0.5,
            code("y = np.clip(y, 1e-12, 1 - 1e-12)", "return -np.mean(p * np.log(y) + (1 - p) * np.log(1 - y))"),
        ),
        Wrong(
            "clipped to 0.01",
            "clipped_far",
            2.5,
            code("p = np.clip(p, 0.01, 0.99)", "return -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p))"),
        ),
        Wrong(
            "rounded",
            "rounded",
            0.5,
            code(CLIP, "return round(float(-np.mean(y * np.log(p) + (1 - y) * np.log(1 - p))), 3)"),
        ),
        Wrong(
            "clipped in place",
            "input_changed",
            2.5,
            code(
                "np.clip(p, 1e-12, 1 - 1e-12, out=p)", "return -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p))"
            ),
        ),
        Wrong(
            "the example's number",
            "wrong_value",
            0,
            "return 0.16425203",
        ),
        Wrong("clipped to 1e-5", "clipped_far", 2.5, code(
            "p = np.clip(p, 1e-5, 1 - 1e-5)", "return -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p))",
        )),
        Wrong("the loss of a point cut off at 4", "wrong_value", 0.5, code(
            CLIP, "return np.minimum(-(y * np.log(p) + (1 - y) * np.log(1 - p)), 4).mean()",
        )),
        Wrong("nan of the mean made 0", "nan_left_out", 2.5,
              "return np.nan_to_num(-np.mean(y * np.log(p) + (1 - y) * np.log(1 - p)))"),
        Wrong("nan left out", "nan_left_out", 2.5,
              "return -np.nanmean(y * np.log(p) + (1 - y) * np.log(1 - p))"),
        Wrong("median", "median", 0.5, code(CLIP, "return -np.median(y * np.log(p) + (1 - y) * np.log(1 - p))")),
        Wrong("math.log on arrays", "error", 0, "return -(y * math.log(p) + (1 - y) * math.log(1 - p)).mean()"),
        Wrong("printed", "wrong_return", 0, code(CLIP, "print(-np.mean(y * np.log(p) + (1 - y) * np.log(1 - p)))")),
    ),
    right=(
        Right("a loop", code(
            "total = 0.0",
            "for label, q in zip(y, p):",
            "    right = q if label == 1 else 1 - q",
            "    total -= math.log(max(right, 1e-9))",
            "return total / len(y)",
        )),
        Right("where, and a warning", "return np.where(y == 1, -np.log(p), -np.log(1 - p)).mean()"),
        Right("probability of the label", "return -np.log(np.abs(1 - y - p) + 1e-15).mean()"),
        Right("a larger eps added", "return -np.mean(y * np.log(p + 1e-6) + (1 - y) * np.log(1 - p + 1e-6))"),
        Right("eps added", "return -np.mean(y * np.log(p + 1e-9) + (1 - y) * np.log(1 - p + 1e-9))"),
        Right("nan to num", code(
            "with np.errstate(all='ignore'):",
            "    return -(np.nan_to_num(y * np.log(p)) + np.nan_to_num((1 - y) * np.log1p(-p))).sum() / len(p)",
        )),
        Right("PyTorch", code(
            "p, y = torch.tensor(p), torch.tensor(y).double()",
            "return torch.nn.functional.binary_cross_entropy(p, y)",
        )),
        Right("a dot product", code(CLIP, "return -(y @ np.log(p) + (1 - y) @ np.log(1 - p)) / y.size")),
        Right("coarser clip", code(
            "p = np.minimum(np.maximum(p, 1e-7), 1 - 1e-7)",
            "return [float(-np.mean(y * np.log(p) + (1 - y) * np.log(1 - p)))]",
        )),
    ),
)  # fmt: skip


def sigmoid(s):
    return 1 / (1 + np.exp(-s))


def forward(x, W1, b1, W2, b2):
    h = sigmoid(x @ W1 + b1)
    return h, sigmoid(h @ W2 + b2)


DS2, DS1 = "ds2 = (p - y) / len(x)", "ds1 = (ds2 @ W2.T) * h * (1 - h)"
RETURN = "return x.T @ ds1, ds1.sum(axis=0), h.T @ ds2, ds2.sum(axis=0)"
PARTS = "dW1, db1, dW2, db2 = x.T @ ds1, ds1.sum(axis=0), h.T @ ds2, ds2.sum(axis=0)"

BACKWARD = Exercise(
    wrong=(
        Wrong("no 1/n", "no_mean", 3, code("ds2 = p - y", DS1, RETURN)),
        Wrong("y - p", "sign", 3, code("ds2 = (y - p) / len(x)", DS1, RETURN)),
        Wrong("y - p, no 1/n", "sign_and_no_mean", 3, code("ds2 = y - p", DS1, RETURN)),
        Wrong("p (1 - p) kept", "slope_at_the_end", 3, code("ds2 = (p - y) * p * (1 - p) / len(x)", DS1, RETURN)),
        Wrong("squared error", "squared_error", 3, code("ds2 = 2 * (p - y) / len(x)", DS1, RETURN)),
        Wrong("the class for p", "classes", 3, code("ds2 = ((p > 0.5) - y) / len(x)", DS1, RETURN)),
        Wrong("brackets in ds2", "end_brackets", 3, code("ds2 = p - y / len(x)", DS1, RETURN)),
        Wrong("brackets after 1/n", "end_brackets", 3, code("ds2 = 1 / len(x) * p - y", DS1, RETURN)),
        Wrong("the size of x for n", "size_of_x", 3, code("ds2 = (p - y) / x.size", DS1, RETURN)),
        Wrong("s1 for h", "slope_in_s", 3, code(
            DS2, "s1 = x @ W1 + b1", "ds1 = (ds2 @ W2.T) * s1 * (1 - s1)", RETURN,
        )),
        Wrong("dL/dp alone", "uncancelled", 3, code("ds2 = (p - y) / (p * (1 - p)) / len(x)", DS1, RETURN)),
        Wrong("no slope", "no_slope", 3, code(DS2, "ds1 = ds2 @ W2.T", RETURN)),
        Wrong("half a slope", "half_a_slope", 3, code(DS2, "ds1 = ds2 @ W2.T * h", RETURN)),
        Wrong("the slope of tanh", "slope_of_tanh", 3, code(DS2, "ds1 = ds2 @ W2.T * (1 - h**2)", RETURN)),
        Wrong(
            "sigmoid twice",
            "sigmoid_twice",
            3,
            code(DS2, "ds1 = ds2 @ W2.T * sigmoid(h) * (1 - sigmoid(h))", RETURN),
        ),
        Wrong("no W2", "no_W2", 3, code(DS2, "ds1 = ds2 * h * (1 - h)", RETURN)),
        Wrong("p for h", "slope_of_p", 3, code(DS2, "ds1 = ds2 @ W2.T * p * (1 - p)", RETURN)),
        Wrong("brackets", "no_brackets", 3, code(DS2, "ds1 = ds2 @ W2.T * h * 1 - h", RETURN)),
        Wrong("1/n twice", "mean_twice", 3, code(DS2, DS1 + " / len(x)", RETURN)),
        Wrong("1/n for the last layer only", "no_mean_in_front", 3, code(
            DS2, PARTS.replace("dW1, db1, dW2, db2", "_, _, dW2, db2").replace("x.T @ ds1, ds1.sum(axis=0)", "0, 0"),
            "ds1 = ((p - y) @ W2.T) * h * (1 - h)", "return x.T @ ds1, ds1.sum(axis=0), dW2, db2",
        )),
        Wrong("another order", "order", 0, code(DS2, DS1, PARTS, "return dW2, db2, dW1, db1")),
        Wrong("weights, then biases", "order wrong_shape", 2.5, code(DS2, DS1, PARTS, "return dW1, dW2, db1, db2")),
        Wrong("db2 not summed", "not_summed", 4, code(DS2, DS1, PARTS, "return dW1, db1, dW2, ds2")),
        Wrong("db1 not summed", "not_summed", 4, code(DS2, DS1, PARTS, "return dW1, ds1, dW2, db2")),
        Wrong("db averaged", "rows_averaged", 3, code(
            DS2, DS1, PARTS, "return dW1, ds1.mean(axis=0), dW2, ds2.mean(axis=0)",
        )),
        Wrong("db1 along the rows", "wrong_axis", 4, code(DS2, DS1, PARTS, "return dW1, ds1.sum(axis=1), dW2, db2")),
        Wrong("db1 one number", "one_number", 4, code(DS2, DS1, PARTS, "return dW1, ds1.sum(), dW2, db2")),
        Wrong("dW averaged again", "weights_averaged", 3, code(
            DS2, DS1, PARTS, "return dW1 / len(x), db1, dW2 / len(x), db2",
        )),
        Wrong("db not averaged", "bias_not_averaged", 3, code(
            DS2, DS1, PARTS, "return dW1, db1 * len(x), dW2, db2 * len(x)",
        )),
        Wrong("dW not averaged", "weights_not_averaged", 3, code(
            "ds2 = p - y", DS1, "return x.T @ ds1, ds1.mean(axis=0), h.T @ ds2, ds2.mean(axis=0)",
        )),
        Wrong("a slope in dW2", "slope_in_dW2", 4, code(
            DS2, DS1, PARTS, "return dW1, db1, (h * (1 - h)).T @ ds2, db2",
        )),
        Wrong("dW1 transposed", "transposed", 4, code(DS2, DS1, PARTS, "return dW1.T, db1, dW2, db2")),
        Wrong("dW2 transposed", "wrong_shape", 4.5, code(DS2, DS1, PARTS, "return dW1, db1, dW2.T, db2")),
        Wrong("db1 as a row", "wrong_shape", 4.5, code(DS2, DS1, PARTS, "return dW1, db1[None], dW2, db2")),
        Wrong("dW1 zeros", "wrong_dW1", 4, code(DS2, DS1, PARTS, "return 0 * dW1, db1, dW2, db2")),
        Wrong("the labels changed", "input_changed", 4.5, code(
            "y -= p", "ds2 = -y / len(x)", DS1, RETURN,
        )),
        Wrong("a gradient step instead", "wrong_dW1 wrong_db1 wrong_dW2 wrong_db2", 0, code(
            DS2, DS1, PARTS, "return W1 - dW1, b1 - db1, W2 - dW2, b2 - db2",
        )),
        Wrong("* for @", "error wrong_shape", 0, code(
            DS2, DS1, "return x.T * ds1, ds1.sum(axis=0), h.T * ds2, ds2.sum(axis=0)",
        )),
        Wrong("one gradient", "wrong_return", 0, code(DS2, DS1, PARTS, "return dW1")),
        Wrong("nothing returned", "wrong_return", 0, code(DS2, DS1, PARTS)),
    ),
    right=(
        Right("backwards, step by step", code(
            "n = x.shape[0]", "dp = (p - y) / (p * (1 - p)) / n", "ds2 = dp * p * (1 - p)",
            "dh = ds2.dot(W2.T)", "ds1 = dh * (h - h**2)",
            "return np.dot(x.T, ds1), np.sum(ds1, axis=0), np.dot(h.T, ds2), np.sum(ds2, axis=0)",
        )),
        Right("1/n at the end", code(
            "n, ds2 = len(y), p - y", DS1,
            "return x.T @ ds1 / n, ds1.mean(axis=0), h.T @ ds2 / n, ds2.mean(axis=0)",
        )),
        Right("loops", code(
            "dW1, db1, dW2, db2 = np.zeros_like(W1), np.zeros_like(b1), np.zeros_like(W2), np.zeros_like(b2)",
            "for i in range(len(x)):",
            "    error = (p[i, 0] - y[i, 0]) / len(x)",
            "    db2[0] += error",
            "    for j in range(len(b1)):",
            "        dW2[j, 0] += error * h[i, j]",
            "        slope = error * W2[j, 0] * h[i, j] * (1 - h[i, j])",
            "        db1[j] += slope",
            "        for k in range(x.shape[1]):",
            "            dW1[k, j] += slope * x[i, k]",
            "return dW1, db1, dW2, db2",
        )),
        Right("einsum and a list", code(
            DS2, "ds1 = ds2 * W2[:, 0] * h * (1 - h)",
            "return [np.einsum('ni,nh->ih', x, ds1), ds1.sum(0), np.einsum('nh,no->ho', h, ds2), ds2.sum()]",
        )),
        Right("autograd", code(
            "W1, b1, W2, b2 = w = [torch.tensor(a, requires_grad=True) for a in (W1, b1, W2, b2)]",
            "p = torch.sigmoid(torch.sigmoid(torch.tensor(x) @ W1 + b1) @ W2 + b2)",
            "torch.nn.functional.binary_cross_entropy(p, torch.tensor(y)).backward()",
            "return tuple(a.grad for a in w)",
        )),
        Right("float32", code(
            "x, y, W2, h, p = (a.astype(np.float32) for a in (x, y, W2, h, p))", DS2, DS1, RETURN,
        )),
        Right("a bias as a matrix product", code(
            DS2, DS1, "ones = np.ones(len(x))", "return x.T @ ds1, ones @ ds1, h.T @ ds2, ones @ ds2",
        )),
    ),
    names={"np": np, "forward": forward, "sigmoid": sigmoid, "torch": torch},
)  # fmt: skip

SGD = Exercise(
    wrong=(
        Wrong("uphill", "uphill", 0, "return w + lr * gradient"),
        Wrong("no learning rate", "no_lr", 0, "return w - gradient"),
        Wrong("learning rate 0.1", "fixed_lr", 0, "return w - 0.1 * gradient"),
        Wrong("learning rate 0.01", "fixed_lr", 0, "return w - 0.01 * gradient"),
        Wrong("divided", "divided", 0, "return w - gradient / lr"),
        Wrong("the change alone", "change_alone", 0, "return -lr * gradient"),
        Wrong("brackets", "brackets", 0, "return lr * (w - gradient)"),
        Wrong("swapped", "swapped", 0, "return gradient - lr * w"),
        Wrong("gradient not used", "ignores_gradient", 0, "return w - lr * w"),
        Wrong("sign", "sign_alone", 0, "return w - lr * np.sign(gradient)"),
        Wrong("clipped", "clipped", 0, "return w - lr * np.clip(gradient, -1, 1)"),
        Wrong("mean gradient", "one_for_all", 0, "return w - lr * gradient.mean()"),
        Wrong("w as it was", "not_moved", 0, code("new = w - lr * gradient", "return w")),
        Wrong("whole numbers", "rounded", 0, "return np.round(w - lr * gradient)"),
        Wrong("in place", "input_changed", 1.5, code("w -= lr * gradient", "return w")),
        Wrong("gradient in place", "input_changed", 1.5, code("gradient *= lr", "return w - gradient")),
        Wrong("nothing returned", "wrong_return", 0, "w -= lr * gradient"),
        Wrong("printed", "wrong_return", 0, "print(w - lr * gradient)"),
        Wrong("flat", "flat", 0, "return (w - lr * gradient).ravel()"),
        Wrong("the example's numbers", "wrong_shape", 0, "return np.array([0.6, 2.1])"),
        Wrong("a loop over numbers", "error", 0, "return [float(a) - lr * float(b) for a, b in zip(w, gradient)]"),
    ),
    right=(
        Right("subtract", "return np.subtract(w, np.multiply(lr, gradient))"),
        Right("a copy", code("w = w.copy()", "w -= lr * gradient", "return w")),
        Right("rows", "return np.array([a - lr * b for a, b in zip(w, gradient)])"),
        Right("nested lists", "return (w - gradient * lr).tolist()"),
        Right("entry by entry", code(
            "new = np.empty_like(w)",
            "for i in np.ndindex(w.shape):",
            "    new[i] = w[i] - lr * gradient[i]",
            "return new",
        )),
        Right("a tensor", "return torch.tensor(w) - lr * torch.tensor(gradient)"),
    ),
)  # fmt: skip

VELOCITY = "velocity = beta * velocity + gradient"
MOMENTUM = Exercise(
    wrong=(
        Wrong("no beta", "no_beta", 2, code("velocity = velocity + gradient", "return w - lr * velocity, velocity")),
        Wrong("averaged", "averaged", 2, code(
            "velocity = beta * velocity + (1 - beta) * gradient", "return w - lr * velocity, velocity",
        )),
        Wrong("beta on the gradient", "beta_on_gradient", 2, code(
            "velocity = velocity + beta * gradient", "return w - lr * velocity, velocity",
        )),
        Wrong("beta on both", "beta_on_both", 2, code(
            "velocity = beta * (velocity + gradient)", "return w - lr * velocity, velocity",
        )),
        Wrong("beta 0.9", "fixed_beta", 2, code(
            "velocity = 0.9 * velocity + gradient", "return w - lr * velocity, velocity",
        )),
        Wrong("lr inside", "lr_inside", 2, code(
            "velocity = beta * velocity + lr * gradient", "return w - velocity, velocity",
        )),
        Wrong("minus lr inside", "lr_inside", 2, code(
            "velocity = beta * velocity - lr * gradient", "return w + velocity, velocity",
        )),
        Wrong("lr twice", "lr_twice", 2, code(
            "velocity = beta * velocity + lr * gradient", "return w - lr * velocity, velocity",
        )),
        Wrong("lr and beta swapped", "lr_beta_swapped", 0, code(
            "velocity = lr * velocity + gradient", "return w - beta * velocity, velocity",
        )),
        Wrong("gradient subtracted", "gradient_subtracted", 2, code(
            "velocity = beta * velocity - gradient", "return w + lr * velocity, velocity",
        )),
        Wrong("gradient subtracted, w too", "gradient_subtracted", 2, code(
            "velocity = beta * velocity - gradient", "return w - lr * velocity, velocity",
        )),
        Wrong("velocity cut off", "wrong_w wrong_velocity", 0, code(
            "velocity = np.clip(beta * velocity + gradient, -100, 100)", "return w - lr * velocity, velocity",
        )),
        Wrong("old velocity", "old_velocity", 1.5, "return w - lr * velocity, beta * velocity + gradient"),
        Wrong("plain step", "plain_step", 1.5, code(VELOCITY, "return w - lr * gradient, velocity")),
        Wrong("nesterov", "nesterov", 1.5, code(VELOCITY, "return w - lr * (gradient + beta * velocity), velocity")),
        Wrong("uphill", "uphill", 1.5, code(VELOCITY, "return w + lr * velocity, velocity")),
        Wrong("no learning rate", "no_lr", 1.5, code(VELOCITY, "return w - velocity, velocity")),
        Wrong("learning rate 0.1", "fixed_lr", 1.5, code(VELOCITY, "return w - 0.1 * velocity, velocity")),
        Wrong("swapped", "swapped", 0, code(VELOCITY, "return velocity, w - lr * velocity")),
        Wrong("velocity kept", "velocity_kept", 2, "return w - lr * (beta * velocity + gradient), velocity"),
        Wrong("velocity forgotten", "velocity_forgotten", 2, "return w - lr * gradient, gradient"),
        Wrong("plain, nothing kept", "plain_step velocity_kept", 0, "return w - lr * gradient, velocity"),
        Wrong("weights alone", "wrong_return", 0, code(VELOCITY, "return w - lr * velocity")),
        Wrong("nothing returned", "wrong_return", 0, code(VELOCITY, "w = w - lr * velocity")),
        Wrong("velocity in place", "input_changed", 2.5, code(
            "velocity *= beta", "velocity += gradient", "return w - lr * velocity, velocity",
        )),
        Wrong("weights in place", "input_changed", 2.5, code(VELOCITY, "w -= lr * velocity", "return w, velocity")),
    ),
    right=(
        Right("new names", code("v = beta * velocity + gradient", "new_w = w - lr * v", "return new_w, v")),
        Right("a list", code(VELOCITY, "return [w - lr * velocity, velocity]")),
        Right("copies", code(
            "w, velocity = w.copy(), velocity.copy()", "velocity *= beta", "velocity += gradient",
            "w -= lr * velocity", "return w, velocity",
        )),
        Right("entry by entry", code(
            "new_w, v = np.zeros(w.shape), np.zeros(w.shape)",
            "for i in np.ndindex(w.shape):",
            "    v[i] = beta * velocity[i] + gradient[i]",
            "    new_w[i] = w[i] - lr * v[i]",
            "return new_w, v",
        )),
        Right("PyTorch", code(
            "w = torch.tensor(w, requires_grad=True)",
            "optimizer = torch.optim.SGD([w], lr=lr, momentum=beta)",
            "optimizer.state[w]['momentum_buffer'] = torch.tensor(velocity)",
            "w.grad = torch.tensor(gradient)", "optimizer.step()",
            "return w, optimizer.state[w]['momentum_buffer']",
        )),
    ),
)  # fmt: skip

SIGNS = "product = gradient * previous_gradient"
FACTOR = "factor = np.where(product > 0, 1.2, np.where(product < 0, 0.5, 1.0))"
LIMITS = "step = np.clip(factor * step, 1e-6, 50)"
MOVE = "return w - step * np.sign(gradient), step"


def rprop(factor=FACTOR, limits=LIMITS, move=MOVE):
    """rprop with one of its lines replaced."""
    return code(SIGNS, factor, limits, move)


RPROP = Exercise(
    wrong=(
        Wrong("factors swapped", "factors_swapped", 3.5, rprop(
            "factor = np.where(product > 0, 0.5, np.where(product < 0, 1.2, 1.0))",
        )),
        Wrong("0 shrinks", "zero_shrinks", 4.5, rprop("factor = np.where(product > 0, 1.2, 0.5)")),
        Wrong("0 grows", "zero_grows", 4.5, rprop("factor = np.where(product >= 0, 1.2, 0.5)")),
        Wrong("signs compared", "zero_compared", 4.5, rprop(
            "factor = np.where(np.sign(gradient) == np.sign(previous_gradient), 1.2, 0.5)",
        )),
        Wrong("two zeros agree", "zero_compared", 4.5, rprop(
            "factor = np.where(np.sign(gradient) == np.sign(previous_gradient), 1.2, np.where(product < 0, 0.5, 1))",
        )),
        Wrong("no limits", "no_limits", 4, rprop(limits="step = factor * step")),
        Wrong("limits first", "no_limits", 4, rprop(limits="step = factor * np.clip(step, 1e-6, 50)")),
        Wrong("no lower limit", "no_lower_limit", 4, rprop(limits="step = np.minimum(factor * step, 50)")),
        Wrong("no upper limit", "no_upper_limit", 4, rprop(limits="step = np.maximum(factor * step, 1e-6)")),
        Wrong("limits after the move", "limits_too_late", 4, rprop(
            limits="step = factor * step", move="return w - step * np.sign(gradient), np.clip(step, 1e-6, 50)",
        )),
        Wrong("limits for the move alone", "limits_not_kept", 4, rprop(
            limits="step = factor * step", move="return w - np.clip(step, 1e-6, 50) * np.sign(gradient), step",
        )),
        Wrong("upper limit 49", "wrong_step wrong_w", 4, rprop(limits="step = np.clip(factor * step, 1e-6, 49)")),
        Wrong("lower limit 1e-5", "other_limit", 4, rprop(limits="step = np.clip(factor * step, 1e-5, 50)")),
        Wrong("limits swapped", "limits_swapped", 2, rprop(limits="step = np.clip(factor * step, 50, 1e-6)")),
        Wrong("never shrinks", "only_grows", 3.5, rprop("factor = np.where(product > 0, 1.2, 1.0)")),
        Wrong("0.2 for 1.2", "other_factor", 3.5, rprop(
            "factor = np.where(product > 0, 0.2, np.where(product < 0, 0.5, 1.0))",
        )),
        Wrong("gradient alone", "one_gradient", 3.5, rprop(
            "factor = np.where(gradient > 0, 1.2, np.where(gradient < 0, 0.5, 1.0))",
        )),
        Wrong("one factor for all", "same_factor zero_shrinks", 3, rprop("factor = 1.2 if product.sum() > 0 else 0.5")),
        Wrong("sizes compared", "sizes_compared", 3, rprop(
            "factor = np.where(gradient == previous_gradient, 1.2, 0.5)",
        )),
        Wrong("old step for w", "old_step", 4, code(
            SIGNS, FACTOR, "new = np.clip(factor * step, 1e-6, 50)", "return w - step * np.sign(gradient), new",
        )),
        Wrong("old step returned", "step_never_changes", 2.5, code(
            SIGNS, FACTOR, "new = np.clip(factor * step, 1e-6, 50)", "return w - new * np.sign(gradient), step",
        )),
        Wrong("step fixed", "step_never_changes", 2.5, "return w - step * np.sign(gradient), step"),
        Wrong("times the gradient", "gradient_itself", 4, rprop(move="return w - step * gradient, step")),
        Wrong("uphill", "uphill", 4, rprop(move="return w + step * np.sign(gradient), step")),
        Wrong("no sign", "no_sign", 4, rprop(move="return w - step, step")),
        Wrong("previous sign", "previous_sign", 4, rprop(move="return w - step * np.sign(previous_gradient), step")),
        Wrong("moves at 0", "zero_moves", 4.5, rprop(move="return np.where(gradient > 0, w - step, w + step), step")),
        Wrong("stays put", "stays_put", 4, rprop(
            move="return np.where(product < 0, w, w - step * np.sign(gradient)), step",
        )),
        Wrong("swapped", "swapped", 0, rprop(move="return step, w - step * np.sign(gradient)")),
        Wrong("step in place", "input_changed", 4.5, code(
            SIGNS, "step[product > 0] *= 1.2", "step[product < 0] *= 0.5", "step = np.clip(step, 1e-6, 50)", MOVE,
        )),
        Wrong("a loop over one dimension", "error", 4.5, code(
            "new_w, new_step = w.copy(), step.copy()",
            "for i in range(len(w)):",
            "    if gradient[i] * previous_gradient[i] > 0:",
            "        new_step[i] = min(step[i] * 1.2, 50)",
            "    elif gradient[i] * previous_gradient[i] < 0:",
            "        new_step[i] = max(step[i] * 0.5, 1e-6)",
            "    new_w[i] = w[i] - new_step[i] * np.sign(gradient[i])",
            "return new_w, new_step",
        )),
        Wrong("if on an array", "error", 0, code(
            "if gradient * previous_gradient > 0:", "    step = step * 1.2", "else:", "    step = step * 0.5", MOVE,
        )),
        Wrong("step missing", "wrong_return", 0, rprop(move="return w - step * np.sign(gradient)")),
    ),
    right=(
        Right("masks on copies", code(
            "step = step.copy()", SIGNS, "step[product > 0] *= 1.2", "step[product < 0] *= 0.5",
            "step[step > 50] = 50", "step[step < 1e-6] = 1e-6", MOVE,
        )),
        Right("powers", code(
            "a = np.sign(gradient * previous_gradient)",
            "step = np.minimum(np.maximum(step * 1.2 ** (a > 0) * 0.5 ** (a < 0), 1e-6), 50)",
            "return w - step * (gradient > 0) + step * (gradient < 0), step",
        )),
        Right("select", code(
            SIGNS, "factor = np.select([product > 0, product < 0], [1.2, 0.5], default=1.0)", LIMITS, MOVE,
        )),
        Right("entry by entry", code(
            "new_w, new_step = w.copy(), step.copy()",
            "for i in np.ndindex(w.shape):",
            "    g, old = gradient[i], previous_gradient[i]",
            "    if g * old > 0:",
            "        new_step[i] = min(1.2 * step[i], 50.0)",
            "    elif g * old < 0:",
            "        new_step[i] = max(0.5 * step[i], 1e-6)",
            "    if g > 0:",
            "        new_w[i] -= new_step[i]",
            "    elif g < 0:",
            "        new_w[i] += new_step[i]",
            "return new_w, new_step",
        )),
        Right("float32", code(
            "w, step = w.astype(np.float32), step.astype(np.float32)", SIGNS, FACTOR, LIMITS, MOVE,
        )),
        Right("tensors", code(
            "w, step, g, old = map(torch.tensor, (w, step, gradient, previous_gradient))",
            "a = torch.sign(g * old)",
            "step = (step * (1 + 0.2 * (a > 0) - 0.5 * (a < 0))).clamp(1e-6, 50)",
            "return w - step * g.sign(), step",
        )),
        Right("arithmetic", code(
            "a = np.sign(gradient) * np.sign(previous_gradient)",
            "step = np.clip(step * (1 + 0.35 * a - 0.15 * a * a), 1e-6, 50)", MOVE,
        )),
    ),
)  # fmt: skip

MS = "mean_square = decay * mean_square + (1 - decay) * gradient**2"
STEP = "return w - lr * gradient / (np.sqrt(mean_square) + eps), mean_square"
RMSPROP = Exercise(
    wrong=(
        Wrong("decay swapped", "decay_swapped", 2, code(
            "mean_square = (1 - decay) * mean_square + decay * gradient**2", STEP,
        )),
        Wrong("not squared", "not_squared", 2, code(
            "mean_square = decay * mean_square + (1 - decay) * np.abs(gradient)", STEP,
        )),
        Wrong("Adagrad", "summed", 2, code("mean_square = mean_square + gradient**2", STEP)),
        Wrong("no 1 - decay", "no_one_minus_decay", 2, code("mean_square = decay * mean_square + gradient**2", STEP)),
        Wrong("0.9 and 0.1", "fixed_decay", 2, code("mean_square = 0.9 * mean_square + 0.1 * gradient**2", STEP)),
        Wrong("decay and 0.1", "half_fixed_decay", 2, code(
            "mean_square = decay * mean_square + 0.1 * gradient**2", STEP,
        )),
        Wrong("one mean for all", "one_for_all", 2, code(
            "mean_square = decay * mean_square + (1 - decay) * np.mean(gradient**2)", STEP,
        )),
        Wrong("MS kept", "kept", 2, code(
            "MS = decay * mean_square + (1 - decay) * gradient**2",
            "return w - lr * gradient / (np.sqrt(MS) + eps), mean_square",
        )),
        Wrong("MS forgotten", "forgotten", 2, code("mean_square = gradient**2", STEP)),
        Wrong("root kept", "root_stored", 2, code(
            "root = np.sqrt(decay * mean_square + (1 - decay) * gradient**2)",
            "return w - lr * gradient / (root + eps), root",
        )),
        Wrong("old MS", "old_mean_square", 2, code(
            "new = decay * mean_square + (1 - decay) * gradient**2",
            "return w - lr * gradient / (np.sqrt(mean_square) + eps), new",
        )),
        Wrong("no root", "no_root", 2, code(MS, "return w - lr * gradient / (mean_square + eps), mean_square")),
        Wrong("no eps", "no_eps", 2.5, code(MS, "return w - lr * gradient / np.sqrt(mean_square), mean_square")),
        Wrong("multiplied", "multiplied", 2, code(MS, "return w - lr * gradient * np.sqrt(mean_square), mean_square")),
        Wrong("brackets", "wrong_w", 2, code(
            MS, "return w - lr * (gradient / np.sqrt(mean_square + eps) + eps * 1e8), mean_square",
        )),
        Wrong("no learning rate", "no_lr", 2, code(
            MS, "return w - gradient / (np.sqrt(mean_square) + eps), mean_square",
        )),
        Wrong("learning rate 0.01", "fixed_lr", 2, code(
            MS, "return w - 0.01 * gradient / (np.sqrt(mean_square) + eps), mean_square",
        )),
        Wrong("uphill", "uphill", 2, code(
            MS, "return w + lr * gradient / (np.sqrt(mean_square) + eps), mean_square",
        )),
        Wrong("plain step", "plain_step", 2, code(MS, "return w - lr * gradient, mean_square")),
        Wrong("the gradient missing", "no_gradient_in_step", 2, code(
            MS, "return w - lr / (np.sqrt(mean_square) + eps), mean_square",
        )),
        Wrong("swapped", "swapped", 0, code(
            MS, "return mean_square, w - lr * gradient / (np.sqrt(mean_square) + eps)",
        )),
        Wrong("in place", "input_changed", 2.5, code(
            "mean_square *= decay", "mean_square += (1 - decay) * gradient**2", STEP,
        )),
        Wrong("weights alone", "wrong_return", 0, code(MS, "return w - lr * gradient / (np.sqrt(mean_square) + eps)")),
        Wrong("math.sqrt", "error", 0, code(
            MS, "return w - lr * gradient / (math.sqrt(mean_square) + eps), mean_square",
        )),
    ),
    right=(
        Right("eps in the root", code(MS, "return w - lr * gradient / np.sqrt(mean_square + eps), mean_square")),
        Right("eps squared in the root", code(
            MS, "return w - lr * gradient / np.sqrt(mean_square + eps**2), mean_square",
        )),
        Right("maximum", code(
            MS, "return w - lr * gradient / np.maximum(np.sqrt(mean_square), eps), mean_square",
        )),
        Right("power", code(
            "MS = mean_square + (1 - decay) * (gradient * gradient - mean_square)",
            "new_w = w - lr * gradient * (MS + eps) ** -0.5", "return new_w, MS",
        )),
        Right("entry by entry", code(
            "new_w, MS = w.copy(), mean_square.copy()",
            "for i in np.ndindex(w.shape):",
            "    MS[i] = decay * MS[i] + (1 - decay) * gradient[i] ** 2",
            "    if MS[i] > 0:",
            "        new_w[i] -= lr * gradient[i] / math.sqrt(MS[i])",
            "return new_w, MS",
        )),
        Right("float32", code(
            "w, mean_square, gradient = (a.astype(np.float32) for a in (w, mean_square, gradient))", MS, STEP,
        )),
        Right("tensors", code(
            "w, mean_square, gradient = map(torch.tensor, (w, mean_square, gradient))", MS,
            "return w - lr * gradient / (mean_square.sqrt() + eps), mean_square",
        )),
    ),
)  # fmt: skip

EXERCISES = {
    "cross_entropy": CROSS_ENTROPY,
    "backward": BACKWARD,
    "sgd_step": SGD,
    "momentum_step": MOMENTUM,
    "rprop_step": RPROP,
    "rmsprop_step": RMSPROP,
}
EXERCISES = with_more(EXERCISES, lesson_03_more.MORE)
