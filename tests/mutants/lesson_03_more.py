"""More answers to the exercises of lesson 3, from a search for answers that its checks take for what they are not."""

from mutants import Right, Wrong, code

MORE = {
    "cross_entropy": (
        (
            Wrong(
                "log outside mean",
                "log_of_mean",
                0.5,
                code("p = np.clip(p, 1e-12, 1 - 1e-12)", "return -np.log(np.mean(y * p + (1 - y) * (1 - p)))"),
            ),
            Wrong(
                "entropy",
                "no_labels",
                0.5,
                code("p = np.clip(p, 1e-12, 1 - 1e-12)", "return -np.mean(p * np.log(p) + (1 - p) * np.log(1 - p))"),
            ),
            Wrong(
                "max",
                "worst_point",
                0.5,
                code("p = np.clip(p, 1e-12, 1 - 1e-12)", "return -np.min(y * np.log(p) + (1 - y) * np.log(1 - p))"),
            ),
            Wrong(
                "likelihood",
                "no_log",
                0.5,
                code("p = np.clip(p, 1e-12, 1 - 1e-12)", "return np.mean(y * p + (1 - y) * (1 - p))"),
            ),
        ),
        (
            Right(
                "xlogy", code("from scipy.special import xlogy", "return -(xlogy(y, p) + xlogy(1 - y, 1 - p)).mean()")
            ),
            Right("abs label", "return np.mean(-np.log(1 - np.abs(y - p) + 1e-15))"),
        ),
    ),
    "backward": (
        (
            Wrong(
                "half",
                "halved",
                3,
                code(
                    "ds2 = (p - y) / (2 * len(x))",
                    "dW2 = h.T @ ds2",
                    "db2 = ds2.sum(axis=0)",
                    "ds1 = (ds2 @ W2.T) * h * (1 - h)",
                    "dW1 = x.T @ ds1",
                    "db1 = ds1.sum(axis=0)",
                    "return dW1, db1, dW2, db2",
                ),
            ),
            Wrong(
                "squared",
                "squared",
                3,
                code(
                    "ds2 = (p - y) ** 2 / len(x)",
                    "dW2 = h.T @ ds2",
                    "db2 = ds2.sum(axis=0)",
                    "ds1 = (ds2 @ W2.T) * h * (1 - h)",
                    "dW1 = x.T @ ds1",
                    "db1 = ds1.sum(axis=0)",
                    "return dW1, db1, dW2, db2",
                ),
            ),
            Wrong(
                "abs",
                "absolute",
                3,
                code(
                    "ds2 = np.abs(p - y) / len(x)",
                    "dW2 = h.T @ ds2",
                    "db2 = ds2.sum(axis=0)",
                    "ds1 = (ds2 @ W2.T) * h * (1 - h)",
                    "dW1 = x.T @ ds1",
                    "db1 = ds1.sum(axis=0)",
                    "return dW1, db1, dW2, db2",
                ),
            ),
            Wrong(
                "hidden size",
                "not_the_number_of_points",
                3,
                code(
                    "ds2 = (p - y) / h.shape[1]",
                    "dW2 = h.T @ ds2",
                    "db2 = ds2.sum(axis=0)",
                    "ds1 = (ds2 @ W2.T) * h * (1 - h)",
                    "dW1 = x.T @ ds1",
                    "db1 = ds1.sum(axis=0)",
                    "return dW1, db1, dW2, db2",
                ),
            ),
            Wrong(
                "features",
                "not_the_number_of_points",
                3,
                code(
                    "ds2 = (p - y) / x.shape[1]",
                    "dW2 = h.T @ ds2",
                    "db2 = ds2.sum(axis=0)",
                    "ds1 = (ds2 @ W2.T) * h * (1 - h)",
                    "dW1 = x.T @ ds1",
                    "db1 = ds1.sum(axis=0)",
                    "return dW1, db1, dW2, db2",
                ),
            ),
            Wrong(
                "n of p.size h.size",
                "not_the_number_of_points",
                3,
                code(
                    "ds2 = (p - y) / h.size",
                    "dW2 = h.T @ ds2",
                    "db2 = ds2.sum(axis=0)",
                    "ds1 = (ds2 @ W2.T) * h * (1 - h)",
                    "dW1 = x.T @ ds1",
                    "db1 = ds1.sum(axis=0)",
                    "return dW1, db1, dW2, db2",
                ),
            ),
            Wrong(
                "last point",
                "last_point",
                0,
                code(
                    "ds2 = (p - y) / len(x)",
                    "for i in range(len(x)):",
                    "    g2 = ds2[i]",
                    "    dW2 = np.outer(h[i], g2)",
                    "    db2 = g2",
                    "    g1 = (g2 @ W2.T) * h[i] * (1 - h[i])",
                    "    dW1 = np.outer(x[i], g1)",
                    "    db1 = g1",
                    "return dW1, db1, dW2, db2",
                ),
            ),
            Wrong(
                "slope p in ds1",
                "slope_of_p",
                3,
                code(
                    "ds2 = (p - y) / len(x)",
                    "dW2 = h.T @ ds2",
                    "db2 = ds2.sum(axis=0)",
                    "ds1 = (ds2 @ W2.T) * p * (1 - p)",
                    "dW1 = x.T @ ds1",
                    "db1 = ds1.sum(axis=0)",
                    "return dW1, db1, dW2, db2",
                ),
            ),
        ),
        (
            Right(
                "numeric",
                code(
                    "def L(*w):",
                    "    q = np.clip(forward(x, *w)[1], 1e-12, 1 - 1e-12)",
                    "    return -np.mean(y * np.log(q) + (1 - y) * np.log(1 - q))",
                    "w = [W1, b1, W2, b2]",
                    "out = []",
                    "for k in range(4):",
                    "    g = np.zeros_like(w[k])",
                    "    for i in np.ndindex(g.shape):",
                    "        hi, lo = [v.copy() for v in w], [v.copy() for v in w]",
                    "        hi[k][i] += 1e-5",
                    "        lo[k][i] -= 1e-5",
                    "        g[i] = (L(*hi) - L(*lo)) / 2e-5",
                    "    out.append(g)",
                    "return tuple(out)",
                ),
            ),
            Right(
                "ones",
                code(
                    "d = (p - y) / len(y)",
                    "e = np.multiply(d.dot(W2.transpose()), np.multiply(h, 1 - h))",
                    "o = np.ones(len(x))",
                    "return np.transpose(x) @ e, o @ e, np.transpose(h) @ d, o @ d",
                ),
            ),
        ),
    ),
    "sgd_step": (
        (
            Wrong("gradient squared", "squared", 0, "return w - lr * gradient**2"),
            Wrong("plus lr", "added_lr", 0, "return w - (lr + gradient)"),
            Wrong("minus twice", "doubled", 0, "return w - 2 * lr * gradient"),
            Wrong("gradient alone", "gradient_alone", 0, "return gradient"),
        ),
        (
            Right("list", "return (np.asarray(w) - lr * np.asarray(gradient)).tolist()"),
            Right("vectorize", "return np.vectorize(lambda a, g: a - lr * g)(w, gradient)"),
        ),
    ),
    "momentum_step": (
        (
            Wrong(
                "one minus beta",
                "one_minus_beta",
                2,
                code("velocity = (1 - beta) * velocity + gradient", "return w - lr * velocity, velocity"),
            ),
            Wrong(
                "swapped betas",
                "beta_swapped",
                2,
                code("velocity = (1 - beta) * velocity + beta * gradient", "return w - lr * velocity, velocity"),
            ),
            Wrong(
                "scaled down",
                "scaled",
                1.5,
                code("v = beta * velocity + gradient", "return w - lr * (1 - beta) * v, v"),
            ),
            Wrong(
                "lr*g only w",
                "lr_on_gradient",
                1.5,
                code("v = beta * velocity + gradient", "return w - lr * gradient - beta * velocity, v"),
            ),
            Wrong(
                "lr both", "lr_inside lr_returned", 2, code("v = lr * (beta * velocity + gradient)", "return w - v, v")
            ),
            Wrong(
                "v minus",
                "gradient_subtracted velocity_turned",
                2,
                code("v = beta * velocity + gradient", "return w - lr * v, -v"),
            ),
        ),
        (
            Right(
                "lambda",
                code(
                    "f = lambda v, g: beta * v + g",
                    "return [np.subtract(w, lr * f(velocity, gradient)), f(velocity, gradient)]",
                ),
            ),
        ),
    ),
    "rprop_step": (
        (
            Wrong(
                "plus",
                "added",
                3.5,
                code(
                    "a = np.sign(gradient * previous_gradient)",
                    "step = np.clip(step + np.where(a > 0, 1.2, np.where(a < 0, -0.5, 0)), 1e-6, 50)",
                    "return w - step * np.sign(gradient), step",
                ),
            ),
            Wrong(
                "sum of signs",
                "signs_added",
                3.5,
                code(
                    "a = gradient + previous_gradient",
                    "step = np.clip(step * np.where(a > 0, 1.2, np.where(a < 0, 0.5, 1.0)), 1e-6, 50)",
                    "return w - step * np.sign(gradient), step",
                ),
            ),
            Wrong(
                "twice",
                "doubled",
                4,
                code(
                    "a = np.sign(gradient * previous_gradient)",
                    "step = np.clip(step * np.where(a > 0, 1.2, np.where(a < 0, 0.5, 1.0)), 1e-6, 50)",
                    "return w - 2 * step * np.sign(gradient), step",
                ),
            ),
        ),
        (
            Right(
                "power form",
                code(
                    "a = (np.sign(gradient) * np.sign(previous_gradient)).astype(int)",
                    "step = np.clip(np.array([1.0, 1.2, 0.5])[a] * step, 1e-6, 50)",
                    "return w - step * np.sign(gradient), step",
                ),
            ),
            Right(
                "min max",
                code(
                    "g = gradient * previous_gradient",
                    "smaller = np.where(g < 0, np.maximum(step * 0.5, 1e-6), step)",
                    "s = np.where(g > 0, np.minimum(step * 1.2, 50), smaller)",
                    "return w - s * np.sign(gradient), s",
                ),
            ),
        ),
    ),
    "rmsprop_step": (
        (
            Wrong(
                "sign",
                "sign_in_step",
                2,
                code(
                    "MS = decay * mean_square + (1 - decay) * gradient**2",
                    "return w - lr * np.sign(gradient) / (np.sqrt(MS) + eps), MS",
                ),
            ),
            Wrong(
                "eps 1",
                "large_eps",
                2,
                code(
                    "MS = decay * mean_square + (1 - decay) * gradient**2",
                    "return w - lr * gradient / (np.sqrt(MS) + 1), MS",
                ),
            ),
            Wrong(
                "eps 0.01",
                "large_eps",
                2,
                code(
                    "MS = decay * mean_square + (1 - decay) * gradient**2",
                    "return w - lr * gradient / (np.sqrt(MS) + 0.01), MS",
                ),
            ),
        ),
        (
            Right(
                "divide where",
                code(
                    "MS = decay * mean_square + (1 - decay) * gradient**2",
                    "q = np.divide(gradient, np.sqrt(MS), out=np.zeros_like(gradient), where=MS > 0)",
                    "return w - lr * q, MS",
                ),
            ),
            Right(
                "hypot",
                code(
                    "MS = np.hypot(np.sqrt(decay * mean_square), np.sqrt(1 - decay) * gradient) ** 2",
                    "return w - lr * gradient / (MS**0.5 + eps), MS",
                ),
            ),
        ),
    ),
}
"""{exercise: (wrong answers, right answers)}."""
