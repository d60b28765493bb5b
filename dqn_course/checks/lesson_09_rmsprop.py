"""The check of ``nature_rmsprop_step``: RMSProp as in the released code."""

import numpy as np

from dqn_course.checks.core import Behaviour, Case
from dqn_course.checks.formula import Mistake, formula_check

BEHAVIOURS = (
    Behaviour("m", 0.5, "m <- momentum * m + (1 - momentum) * d"),
    Behaviour("n", 0.5, "n <- decay * n + (1 - decay) * d^2"),
    Behaviour("w", 1.5, "w <- w - lr * d / sqrt(n - m^2 + eps), with the new m and n"),
    Behaviour("clean", 0.5, "the arrays stay as they were", needs=("m", "n", "w"), by_name=True),
)


def reference(w, m, n, d, lr=0.00025, momentum=0.95, decay=0.95, eps=0.01):
    """The step: new w, m and n, arrays of the shape of w."""
    m = momentum * m + (1 - momentum) * d
    n = decay * n + (1 - decay) * d**2
    return w - lr * d / np.sqrt(n - m**2 + eps), m, n


def _moment(key, says, part, new):
    """A mistake in m or n, ``new(old, d, share)``; w follows from it."""

    def gives(w, m, n, d, lr=0.00025, momentum=0.95, decay=0.95, eps=0.01):
        new_m = new(m, d, momentum) if part == "m" else momentum * m + (1 - momentum) * d
        new_n = new(n, d, decay) if part == "n" else decay * n + (1 - decay) * d**2
        return w - lr * d / np.sqrt(new_n - new_m**2 + eps), new_m, new_n

    return Mistake(key, says, gives, (part,))


def _moment_alone(key, says, part, new):
    """The same in what is returned as m or n alone; w is judged by itself."""

    def gives(w, m, n, d, lr=0.00025, momentum=0.95, decay=0.95, eps=0.01):
        return new(m, d, momentum) if part == "m" else new(n, d, decay)

    return Mistake(key, says, gives, (part,), part=part)


def _moved(key, says, move):
    """A mistake in w alone: ``move(w, d, lr, m, n, old_m, old_n, eps)`` with the new and the old m and n."""

    def gives(w, m, n, d, lr=0.00025, momentum=0.95, decay=0.95, eps=0.01):
        with np.errstate(all="ignore"):
            new_m, new_n = momentum * m + (1 - momentum) * d, decay * n + (1 - decay) * d**2
            return move(w, d, lr, new_m, new_n, m, n, eps)

    return Mistake(key, says, gives, ("w",), part="w")


def _moments(part, name, share):
    """The mistakes of one of the two moving means."""
    power = (lambda d: d) if part == "m" else (lambda d: d**2)
    return (
        (f"{part}_shares_swapped", f"In {name} the two shares are swapped: {share} belongs to the old {part}.",
         lambda old, d, b: (1 - b) * old + b * power(d)),
        (f"{part}_new_in_full", f"In {name} the new part counts in full. Multiply it by 1 - {share}.",
         lambda old, d, b: b * old + power(d)),
        (f"{part}_old_in_full", f"In {name} the old part counts in full. Multiply it by {share}.",
         lambda old, d, b: old + (1 - b) * power(d)),
        (f"{part}_same_share", f"In {name} both parts are multiplied by {share}. The new one gets 1 - {share}.",
         lambda old, d, b: b * old + b * power(d)),
        (f"{part}_kept", f"{part} stays as it was. Compute a new one, and return it.", lambda old, d, b: old),
        (f"{part}_forgotten", f"The old {part} does not count.", lambda old, d, b: power(d)),
        (f"{part}_forgotten", f"The old {part} does not count.", lambda old, d, b: (1 - b) * power(d)),
        (f"{part}_summed", f"{part} is a plain sum: nothing is ever forgotten.", lambda old, d, b: old + power(d)),
        (f"{part}_fixed_share", f"{share} is 0.95 whatever the argument says.",
         lambda old, d, b: 0.95 * old + 0.05 * power(d)),
        (f"{part}_no_gradient", f"The gradient is not in {part}.", lambda old, d, b: b * old),
    )  # fmt: skip


MOMENT_MISTAKES = (
    *(("m", *mistake) for mistake in _moments("m", "m", "momentum")),
    ("m", "m_squared", "m is the mean of the gradient itself, not of its square.",
     lambda old, d, b: b * old + (1 - b) * d**2),
    ("m", "m_absolute", "m is the mean of the gradient with its sign.",
     lambda old, d, b: b * old + (1 - b) * np.abs(d)),
    *(("n", *mistake) for mistake in _moments("n", "n", "decay")),
    ("n", "n_not_squared", "n is the mean of the squared gradient. The square is missing.",
     lambda old, d, b: b * old + (1 - b) * d),
    ("n", "n_not_squared", "n is the mean of the squared gradient, not of its size.",
     lambda old, d, b: b * old + (1 - b) * np.abs(d)),
    ("n", "n_share_squared", "In n the square belongs to the gradient alone, not to (1 - decay).",
     lambda old, d, b: b * old + ((1 - b) * d) ** 2),
    ("n", "n_root_kept", "The root is kept instead of n. Keep n itself, and take the root for the step.",
     lambda old, d, b: np.sqrt(b * old + (1 - b) * d**2)),
)  # fmt: skip

ORDER = "Return the new weights first, then m, then n."
OUTSIDE = "eps is added outside of the root, as torch.optim.RMSprop does. It belongs inside: sqrt(n - m**2 + eps)."
UNCENTRED = "m**2 is missing under the root: it is n - m**2 + eps."
HEAVY_BALL = (
    "This steps along m, the mean gradient, as a heavy ball would. The released code steps along the gradient d "
    "itself; m only centres the root."
)
STALE = "The root takes the old {}. Compute the new one first, then the step."

MISTAKES = (
    Mistake("order", ORDER, lambda **v: tuple(reference(**v)[i] for i in (1, 2, 0)), ("m", "n", "w")),
    Mistake("order", ORDER, lambda **v: tuple(reference(**v)[i] for i in (0, 2, 1)), ("m", "n")),
    Mistake("fixed_shares", "momentum and decay are 0.95 whatever the arguments say.",
            lambda w, m, n, d, lr, momentum=0.95, decay=0.95, eps=0.01: reference(w, m, n, d, lr, eps=eps), ("m", "n")),
    *(_moment(key, says, part, new) for part, key, says, new in MOMENT_MISTAKES),
    *(_moment_alone(key, says, part, new) for part, key, says, new in MOMENT_MISTAKES),
    _moved("eps_outside", OUTSIDE, lambda w, d, lr, m, n, om, on, eps: w - lr * d / (np.sqrt(n - m**2) + eps)),
    _moved("eps_outside", OUTSIDE,
           lambda w, d, lr, m, n, om, on, eps: w - lr * d / (np.sqrt(np.maximum(n - m**2, 0)) + eps)),
    _moved("uncentred_eps_outside", f"{UNCENTRED} And eps belongs inside of the root too.",
           lambda w, d, lr, m, n, om, on, eps: w - lr * d / (np.sqrt(n) + eps)),
    _moved("uncentred", UNCENTRED, lambda w, d, lr, m, n, om, on, eps: w - lr * d / np.sqrt(n + eps)),
    _moved("m_not_squared_in_root", "Under the root m is squared: n - m**2 + eps.",
           lambda w, d, lr, m, n, om, on, eps: w - lr * d / np.sqrt(n - m + eps)),
    _moved("m_added", "Under the root m**2 is subtracted: n - m**2 is the variance of the gradient.",
           lambda w, d, lr, m, n, om, on, eps: w - lr * d / np.sqrt(n + m**2 + eps)),
    _moved("no_eps", "eps is missing. Where a gradient never changes, n - m**2 is 0.",
           lambda w, d, lr, m, n, om, on, eps: w - lr * d / np.sqrt(n - m**2)),
    _moved("eps_squared", "eps is squared here. It stands under the root as it is.",
           lambda w, d, lr, m, n, om, on, eps: w - lr * d / np.sqrt(n - m**2 + eps**2)),
    _moved("heavy_ball", HEAVY_BALL, lambda w, d, lr, m, n, om, on, eps: w - lr * m / np.sqrt(n - m**2 + eps)),
    _moved("heavy_ball", HEAVY_BALL, lambda w, d, lr, m, n, om, on, eps: w - lr * m / np.sqrt(n + eps)),
    _moved("stale", STALE.format("m and n"),
           lambda w, d, lr, m, n, om, on, eps: w - lr * d / np.sqrt(on - om**2 + eps)),
    _moved("stale", STALE.format("m"), lambda w, d, lr, m, n, om, on, eps: w - lr * d / np.sqrt(n - om**2 + eps)),
    _moved("stale", STALE.format("n"), lambda w, d, lr, m, n, om, on, eps: w - lr * d / np.sqrt(on - m**2 + eps)),
    _moved("no_root", "The root is missing.", lambda w, d, lr, m, n, om, on, eps: w - lr * d / (n - m**2 + eps)),
    _moved("multiplied", "The gradient is multiplied by the root. Divide.",
           lambda w, d, lr, m, n, om, on, eps: w - lr * d * np.sqrt(n - m**2 + eps)),
    _moved("uphill", "The weights move uphill. It is w minus the step.",
           lambda w, d, lr, m, n, om, on, eps: w + lr * d / np.sqrt(n - m**2 + eps)),
    _moved("change_alone", "This is the change of w alone. Return the new weights: w minus that.",
           lambda w, d, lr, m, n, om, on, eps: lr * d / np.sqrt(n - m**2 + eps)),
    _moved("change_alone", "This is the change of w alone. Return the new weights.",
           lambda w, d, lr, m, n, om, on, eps: -lr * d / np.sqrt(n - m**2 + eps)),
    _moved("no_lr", "The learning rate is missing in the step.",
           lambda w, d, lr, m, n, om, on, eps: w - d / np.sqrt(n - m**2 + eps)),
    _moved("no_gradient", "The gradient is missing in the step.",
           lambda w, d, lr, m, n, om, on, eps: w - lr / np.sqrt(n - m**2 + eps)),
    _moved("plain_step", "The gradient is not divided by the root.", lambda w, d, lr, m, n, om, on, eps: w - lr * d),
    _moved("not_moved", "These are the weights as they were.", lambda w, d, lr, m, n, om, on, eps: w),
    _moved("fixed_eps", "eps is 0.01 whatever the argument says.",
           lambda w, d, lr, m, n, om, on, eps: w - lr * d / np.sqrt(n - m**2 + 0.01)),
    _moved("fixed_lr", "The learning rate is 0.00025 whatever the argument says.",
           lambda w, d, lr, m, n, om, on, eps: w - 0.00025 * d / np.sqrt(n - m**2 + eps)),
)  # fmt: skip


def _cases(rng):
    def case(name, shape, **settings):
        m = rng.uniform(0.3, 2, shape) * rng.choice([-1.0, 1.0], shape)
        arrays = {
            "w": rng.uniform(0.3, 3, shape) * rng.choice([-1.0, 1.0], shape),
            "m": m,
            "n": m**2 + rng.uniform(0.5, 3, shape),  # the mean square is never below the square of the mean
            "d": rng.uniform(0.5, 3, shape) * rng.choice([-1.0, 1.0], shape),
        }
        momentum, decay = settings["momentum"], settings["decay"]
        new_m = momentum * m + (1 - momentum) * arrays["d"]
        new_n = decay * arrays["n"] + (1 - decay) * arrays["d"] ** 2
        if (new_n - new_m**2).min() < 0.2:  # the two means have different memories; no case is about rounding
            return case(name, shape, **settings)
        return Case(name, ("m", "n", "w"), arrays | settings)

    by_hand = {"w": [1.0], "m": [0.0], "n": [0.0], "d": [2.0], "lr": 0.5, "momentum": 0.5, "decay": 0.5, "eps": 1.25}
    by_hand = {name: np.array(value) if isinstance(value, list) else value for name, value in by_hand.items()}
    start = {"w": np.array([1.0, -2.0, 3.0]), "m": np.zeros(3), "n": np.zeros(3), "d": rng.uniform(1, 3, 3)}
    return [
        Case("one weight to check by hand", ("m", "n", "w", "clean"), by_hand),
        case("5 weights", (5,), lr=0.3, momentum=0.8, decay=0.7, eps=0.4),
        case("weights of shape (3, 2)", (3, 2), lr=0.7, momentum=0.6, decay=0.9, eps=0.2),
        case("momentum = 0.9, decay = 0.5", (4,), lr=0.2, momentum=0.9, decay=0.5, eps=0.05),
        Case("the first step of all, lr = 0.1", ("w",), start | {"lr": 0.1, "momentum": 0.9, "decay": 0.8, "eps": 0.3}),
    ]


nature_rmsprop_step = formula_check(
    "nature_rmsprop_step", BEHAVIOURS, _cases, reference, MISTAKES, returns=("w", "m", "n"), loose=False,
)  # fmt: skip
