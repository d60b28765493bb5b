"""The check of ``rmsprop_step``."""

import numpy as np

from dqn_course import optimizers
from dqn_course.checks.core import Behaviour, Case
from dqn_course.checks.formula import Mistake, formula_check
from dqn_course.checks.lesson_03_steps import CHANGE, SWAPPED, UPHILL, random_arrays

RMSPROP = (
    Behaviour("mean_square", 1, "MS <- decay * MS + (1 - decay) * gradient^2"),
    Behaviour("w", 1, "w <- w - lr * gradient / root of the new MS"),
    Behaviour("zero", 0.5, "a gradient that was always 0 moves nothing, without nan"),
    Behaviour("clean", 0.5, "the arrays stay as they were", needs=("mean_square", "w"), by_name=True),
)


def _rms(key, says, new, costs=("mean_square",)):
    """A mistake in the mean square, ``new(MS, g, decay)``; w follows from it."""

    def gives(w, mean_square, gradient, lr, decay=0.9):
        with np.errstate(all="ignore"):
            MS = new(mean_square, gradient, decay)
            return w - lr * gradient / (np.sqrt(MS) + 1e-8), MS

    return Mistake(key, says, gives, costs)


def _rms_alone(key, says, new):
    """The same, but w is right."""

    def gives(w, mean_square, gradient, lr, decay=0.9):
        return new(mean_square, gradient, decay)

    return Mistake(key, says, gives, ("mean_square",), part="mean_square")


def _rms_moved(key, says, move, costs=("w",)):
    """A mistake in w alone, ``move(w, g, lr, old, new)`` with the old and the new mean square."""

    def gives(w, mean_square, gradient, lr, decay=0.9):
        with np.errstate(all="ignore"):
            return move(w, gradient, lr, mean_square, decay * mean_square + (1 - decay) * gradient**2)

    return Mistake(key, says, gives, costs, part="w")


MEAN_SQUARE_MISTAKES = (
    ("decay_swapped", "decay and 1 - decay are swapped: nine tenths old, one tenth new.",
     lambda MS, g, decay: (1 - decay) * MS + decay * g**2),
    ("not_squared", "The gradient is not squared.", lambda MS, g, decay: decay * MS + (1 - decay) * g),
    ("not_squared", "This averages the gradient's size. Average its square.",
     lambda MS, g, decay: decay * MS + (1 - decay) * np.abs(g)),
    ("summed", "All squares are added up and none is forgotten, which is Adagrad. RMSProp averages.",
     lambda MS, g, decay: MS + g**2),
    ("no_one_minus_decay", "The new square counts in full. Multiply it by 1 - decay.",
     lambda MS, g, decay: decay * MS + g**2),
    ("old_in_full", "The old mean square counts in full. Multiply it by decay.",
     lambda MS, g, decay: MS + (1 - decay) * g**2),
    ("decay_on_both", "Both parts are multiplied by decay. The new square gets 1 - decay.",
     lambda MS, g, decay: decay * MS + decay * g**2),
    ("kept", "The mean square stays as it was. Compute a new one, and return it.", lambda MS, g, decay: MS),
    ("forgotten", "The old mean square does not count.", lambda MS, g, decay: g**2),
    ("forgotten", "The old mean square does not count.", lambda MS, g, decay: (1 - decay) * g**2),
    ("no_gradient", "The gradient is not in the mean square.", lambda MS, g, decay: decay * MS),
    ("fixed_decay", "decay is 0.9 whatever the argument says.", lambda MS, g, decay: 0.9 * MS + 0.1 * g**2),
    ("half_fixed_decay", "One of the two factors is fixed. Use decay, and 1 - decay.",
     lambda MS, g, decay: decay * MS + 0.1 * g**2),
    ("half_fixed_decay", "One of the two factors is fixed. Use decay, and 1 - decay.",
     lambda MS, g, decay: 0.9 * MS + (1 - decay) * g**2),
    ("one_for_all", "All weights share one mean square. Each has its own: no mean over the array.",
     lambda MS, g, decay: decay * MS + (1 - decay) * np.mean(g**2)),
    ("root_stored", "The root is taken of what is kept. Keep MS itself, and take the root for the step.",
     lambda MS, g, decay: np.sqrt(decay * MS + (1 - decay) * g**2)),
    ("sum_squared", "The square is taken of the whole sum. Square the gradient alone.",
     lambda MS, g, decay: (decay * MS + (1 - decay) * g) ** 2),
)  # fmt: skip

RMSPROP_MISTAKES = (
    Mistake("swapped", SWAPPED, lambda **values: optimizers.rmsprop_step(**values)[::-1],
            costs=("mean_square", "w", "zero")),
    *(_rms(*mistake) for mistake in MEAN_SQUARE_MISTAKES),
    Mistake("root_stored", "The root is kept instead of MS. Keep MS itself, and take the root for the step.",
            lambda w, mean_square, gradient, lr, decay=0.9: (
                optimizers.rmsprop_step(w, mean_square, gradient, lr, decay)[0],
                np.sqrt(decay * mean_square + (1 - decay) * gradient**2),
            ), costs=("mean_square",)),
    *(_rms_alone(*mistake) for mistake in MEAN_SQUARE_MISTAKES),
    _rms_moved("no_eps", "0 / 0 is nan. Add eps to what you divide by.",
               lambda w, g, lr, old, new: w - lr * g / np.sqrt(new), ("zero",)),
    _rms_moved("old_mean_square", "The step divides by the root of the old mean square. Compute the new one first.",
               lambda w, g, lr, old, new: w - lr * g / (np.sqrt(old) + 1e-8)),
    _rms_moved("old_mean_square", "The step divides by the root of the old mean square. Compute the new one first.",
               lambda w, g, lr, old, new: w - lr * g / np.sqrt(old + 1e-8)),
    _rms_moved("old_mean_square", "The step divides by the root of the old mean square. Compute the new one first.",
               lambda w, g, lr, old, new: w - lr * g / np.sqrt(old)),
    _rms_moved("no_root", "The root is missing: divide by the root of the mean square.",
               lambda w, g, lr, old, new: w - lr * g / (new + 1e-8)),
    _rms_moved("no_root", "The root is missing: divide by the root of the mean square.",
               lambda w, g, lr, old, new: w - lr * g / new),
    _rms_moved("multiplied", "The gradient is multiplied by the root. Divide.",
               lambda w, g, lr, old, new: w - lr * g * np.sqrt(new)),
    _rms_moved("plain_step", "The gradient is not divided by the root of the mean square.",
               lambda w, g, lr, old, new: w - lr * g),
    _rms_moved("sign_alone", "This uses the gradient's sign. Divide by the root of the *mean* square.",
               lambda w, g, lr, old, new: w - lr * np.sign(g)),
    _rms_moved("sign_in_step", "The step uses the sign of the gradient. Divide the gradient itself.",
               lambda w, g, lr, old, new: w - lr * np.sign(g) / (np.sqrt(new) + 1e-8)),
    *(
        _rms_moved("large_eps", f"eps is {eps:g} here, whatever the argument says. Use `eps`.",
                   lambda w, g, lr, old, new, eps=eps: w - lr * g / (np.sqrt(new) + eps))
        for eps in (1.0, 0.1, 0.01, 1e-3)
    ),
    _rms_moved("no_gradient_in_step", "The gradient is missing in the step.",
               lambda w, g, lr, old, new: w - lr / (np.sqrt(new) + 1e-8)),
    _rms_moved("no_lr", "The learning rate is missing in the step.",
               lambda w, g, lr, old, new: w - g / (np.sqrt(new) + 1e-8)),
    _rms_moved("uphill", UPHILL, lambda w, g, lr, old, new: w + lr * g / (np.sqrt(new) + 1e-8)),
    _rms_moved("change_alone", CHANGE, lambda w, g, lr, old, new: lr * g / (np.sqrt(new) + 1e-8)),
    _rms_moved("change_alone", CHANGE, lambda w, g, lr, old, new: -lr * g / (np.sqrt(new) + 1e-8)),
    _rms_moved("not_moved", "These are the weights as they were.", lambda w, g, lr, old, new: w),
    *(
        _rms_moved("fixed_lr", f"The learning rate is {fixed:g} whatever the argument says. Use `lr`.",
                   lambda w, g, lr, old, new, fixed=fixed: w - fixed * g / (np.sqrt(new) + 1e-8))
        for fixed in (0.1, 0.01, 0.001)
    ),
)  # fmt: skip


def _rmsprop_cases(rng):
    def case(name, shape, lr, **more):
        arrays = random_arrays(rng, "w", "mean_square", "gradient", shape=shape)
        arrays["mean_square"] = np.abs(arrays["mean_square"])
        return Case(name, ("mean_square", "w"), {**arrays, "lr": lr, **more})

    first = random_arrays(rng, "w", "gradient", shape=(3,))
    by_hand = {"w": np.array([1.0]), "mean_square": np.array([10.0]), "gradient": np.array([10.0]), "lr": 0.1}
    from_rest = {"w": first["w"], "mean_square": np.zeros(3), "gradient": first["gradient"], "lr": 0.2}
    never = {"w": np.array([1.0, -2.0]), "mean_square": np.zeros(2), "gradient": np.zeros(2), "lr": 0.5}
    return [
        Case("one weight to check by hand", ("mean_square", "w", "clean"), by_hand),
        case("5 weights, lr = 0.3", (5,), 0.3),
        case("weights of shape (3, 2), lr = 0.7, decay = 0.6", (3, 2), 0.7, decay=0.6),
        Case("from a mean square of 0, lr = 0.2", ("mean_square", "w"), from_rest),
        Case("two gradients that were always 0", ("zero",), never),
    ]


rmsprop_step = formula_check(
    "rmsprop_step", RMSPROP, _rmsprop_cases, optimizers.rmsprop_step, RMSPROP_MISTAKES,
    returns=("w", "mean_square"), loose=False,
)  # fmt: skip
