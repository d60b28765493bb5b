"""The checks of ``sgd_step`` and ``momentum_step``, and what those of the other steps share."""

import numpy as np

from dqn_course import optimizers
from dqn_course.checks.core import Behaviour, Case
from dqn_course.checks.formula import Mistake, formula_check

SWAPPED = "The two results come in another order. Return the weights first."
UPHILL = "The weights move uphill: with the gradient, not against it. It is w minus the step."
CHANGE = "This is the change of w alone. Return the new weights: w minus that."
FLAT = "This works for a list of numbers only. Weights may have any shape: use NumPy on whole arrays."


def random_arrays(rng, *names, shape):
    """Arrays of one shape, with entries between 0.3 and 3 in size, both signs."""
    return {name: rng.uniform(0.3, 3, shape) * rng.choice([-1.0, 1.0], shape) for name in names}


SGD = (
    Behaviour("step", 1.5, "w - lr * gradient, for arrays of any shape"),
    Behaviour("clean", 0.5, "the arrays stay as they were", needs=("step",), by_name=True),
)
SGD_MISTAKES = (
    Mistake("uphill", UPHILL, lambda w, gradient, lr: w + lr * gradient),
    Mistake("no_lr", "The learning rate is missing: lr * gradient.", lambda w, gradient, lr: w - gradient),
    Mistake("divided", "The gradient is divided by lr. Multiply: lr * gradient.",
            lambda w, gradient, lr: w - gradient / lr),
    Mistake("change_alone", CHANGE, lambda w, gradient, lr: lr * gradient),
    Mistake("change_alone", CHANGE, lambda w, gradient, lr: -lr * gradient),
    Mistake("swapped", "w and the gradient are swapped.", lambda w, gradient, lr: gradient - lr * w),
    Mistake("brackets", "The brackets are wrong: only the gradient is multiplied by lr.",
            lambda w, gradient, lr: lr * (w - gradient)),
    Mistake("brackets", "The brackets are wrong: lr is multiplied by the gradient, and that is subtracted from w.",
            lambda w, gradient, lr: (w - lr) * gradient),
    Mistake("shrinks_w", "w is multiplied here. The step is subtracted: w - lr * gradient.",
            lambda w, gradient, lr: w * (1 - lr * gradient)),
    Mistake("ignores_gradient", "The gradient is not used.", lambda w, gradient, lr: w - lr * w),
    Mistake("ignores_gradient", "The gradient is not used.", lambda w, gradient, lr: w - lr),
    Mistake("not_moved", "These are the weights as they were.", lambda w, gradient, lr: w),
    Mistake("sign_alone", "This uses the sign of the gradient. Here its size counts too.",
            lambda w, gradient, lr: w - lr * np.sign(gradient)),
    Mistake("clipped", "The gradient is clipped to 1. It is used as it is.",
            lambda w, gradient, lr: w - lr * np.clip(gradient, -1, 1)),
    Mistake("absolute", "This uses the size of the gradient without its sign.",
            lambda w, gradient, lr: w - lr * np.abs(gradient)),
    Mistake("one_for_all", "All weights move by the mean gradient. Each has its own.",
            lambda w, gradient, lr: w - lr * gradient.mean()),
    Mistake("one_for_all", "All weights move by the sum of the gradients. Each has its own.",
            lambda w, gradient, lr: w - lr * gradient.sum()),
    Mistake("normalised", "The gradient is divided by its length. It is used as it is.",
            lambda w, gradient, lr: w - lr * gradient / np.linalg.norm(gradient)),
    Mistake("gradient_alone", "This is the gradient. Return the new weights: w - lr * gradient.",
            lambda w, gradient, lr: gradient),
    Mistake("squared", "The gradient is squared, and its sign is lost.", lambda w, gradient, lr: w - lr * gradient**2),
    Mistake("added_lr", "lr and the gradient are added. Multiply them.", lambda w, gradient, lr: w - (lr + gradient)),
    Mistake("doubled", "The step is twice as long as it should be.", lambda w, gradient, lr: w - 2 * lr * gradient),
    Mistake("rounded", "The new weights are rounded. Return them as they are.",
            lambda w, gradient, lr: np.round(w - lr * gradient)),
    *(
        Mistake("fixed_lr", f"The learning rate is {fixed:g} whatever the argument says. Use `lr`.",
                lambda w, gradient, lr, fixed=fixed: w - fixed * gradient)
        for fixed in (0.1, 0.01, 0.001)
    ),
    Mistake("flat", FLAT, lambda w, gradient, lr: np.ravel(w - lr * gradient)),
)  # fmt: skip


def _sgd_cases(rng):
    def case(name, shape, lr):
        return Case(name, ("step",), {**random_arrays(rng, "w", "gradient", shape=shape), "lr": lr})

    by_hand = {"w": np.array([1.0, 2.0]), "gradient": np.array([4.0, -1.0]), "lr": 0.1}
    return [
        Case("two weights to check by hand", ("step", "clean"), by_hand),
        case("one weight, lr = 0.5", (1,), 0.5),
        case("weights of shape (3, 4), lr = 0.03", (3, 4), 0.03),
        case("weights of shape (2, 3, 2), lr = 2", (2, 3, 2), 2.0),
    ]


sgd_step = formula_check("sgd_step", SGD, _sgd_cases, optimizers.sgd_step, SGD_MISTAKES, loose=False)

MOMENTUM = (
    Behaviour("velocity", 1, "v <- beta * v + gradient"),
    Behaviour("w", 1.5, "w <- w - lr * v, with the new v"),
    Behaviour("clean", 0.5, "the arrays stay as they were", needs=("velocity", "w"), by_name=True),
)


def _velocity(key, says, new):
    """A mistake in the velocity, ``new(v, g, lr, beta)``. What follows from it is right."""

    def gives(w, velocity, gradient, lr, beta):
        v = new(velocity, gradient, lr, beta)
        return w - lr * v, v

    return Mistake(key, says, gives, costs=("velocity",))


def _velocity_alone(key, says, new):
    """The same, but w is right."""

    def gives(w, velocity, gradient, lr, beta):
        return new(velocity, gradient, lr, beta)

    return Mistake(key, says, gives, costs=("velocity",), part="velocity")


def _moved(key, says, move):
    """A mistake in w, ``move(w, old, new, g, lr, beta)`` with the old and the new velocity, both right."""

    def gives(w, velocity, gradient, lr, beta):
        return move(w, velocity, beta * velocity + gradient, gradient, lr, beta)

    return Mistake(key, says, gives, costs=("w",), part="w")


VELOCITY_MISTAKES = (
    ("no_beta", "The old velocity is not multiplied by beta.", lambda v, g, lr, beta: v + g),
    ("averaged", "The gradient is multiplied by 1 - beta. Here it is added in full.",
     lambda v, g, lr, beta: beta * v + (1 - beta) * g),
    ("one_minus_beta", "The old velocity is multiplied by 1 - beta. It is multiplied by beta.",
     lambda v, g, lr, beta: (1 - beta) * v + g),
    ("beta_swapped", "beta and 1 - beta are the wrong way round, and the gradient is added in full: beta * velocity + "
     "gradient.", lambda v, g, lr, beta: (1 - beta) * v + beta * g),
    ("beta_on_gradient", "beta belongs to the old velocity, not to the gradient.", lambda v, g, lr, beta: v + beta * g),
    ("beta_on_both", "beta belongs to the old velocity alone. The gradient is added in full.",
     lambda v, g, lr, beta: beta * (v + g)),
    ("gradient_subtracted", "The gradient is subtracted from the velocity. Add it; the minus comes with w.",
     lambda v, g, lr, beta: beta * v - g),
    ("lr_twice", "lr is in the velocity. It belongs to the step alone: w - lr * v.",
     lambda v, g, lr, beta: beta * v + lr * g),
    ("lr_for_beta", "The old velocity is multiplied by lr. It is multiplied by beta.",
     lambda v, g, lr, beta: lr * v + g),
    ("velocity_kept", "The velocity stays as it was. Compute a new one, and return it.", lambda v, g, lr, beta: v),
    ("velocity_forgotten", "The old velocity does not count: this is the gradient alone.", lambda v, g, lr, beta: g),
    ("no_gradient", "The gradient is not added to the velocity.", lambda v, g, lr, beta: beta * v),
    *(("fixed_beta", f"beta is {fixed:g} whatever the argument says.",
       lambda v, g, lr, beta, fixed=fixed: fixed * v + g) for fixed in (0.9, 0.5)),
)  # fmt: skip

MOMENTUM_MISTAKES = (
    Mistake("swapped", SWAPPED, lambda **values: optimizers.momentum_step(**values)[::-1], costs=("velocity", "w")),
    Mistake("lr_inside", "This keeps lr inside the velocity, as some books do. Here it stands outside: v has no lr, "
            "and w moves by lr * v.",
            lambda w, velocity, gradient, lr, beta: (
                w - (beta * velocity + lr * gradient), beta * velocity + lr * gradient
            ), costs=("velocity",)),
    Mistake("lr_inside", "This keeps -lr inside the velocity, as some books do. Here it stands outside: v has no lr, "
            "and w moves by lr * v.",
            lambda w, velocity, gradient, lr, beta: (
                w + (beta * velocity - lr * gradient), beta * velocity - lr * gradient
            ), costs=("velocity",)),
    Mistake("gradient_subtracted", "The gradient is subtracted from the velocity. Add it; the minus comes with w.",
            lambda w, velocity, gradient, lr, beta: (
                w + lr * (beta * velocity - gradient), beta * velocity - gradient
            ), costs=("velocity",)),
    Mistake("lr_beta_swapped", "lr and beta are swapped.", lambda w, velocity, gradient, lr, beta: (
        optimizers.momentum_step(w, velocity, gradient, beta, lr)), costs=("velocity", "w")),
    *(_velocity(*mistake) for mistake in VELOCITY_MISTAKES),
    *(_velocity_alone(*mistake) for mistake in VELOCITY_MISTAKES),
    _velocity_alone("lr_returned", "What is returned is the step, lr * v. Return the velocity v itself.",
                    lambda v, g, lr, beta: lr * (beta * v + g)),
    _velocity_alone("velocity_turned", "The velocity that is returned has the wrong sign. The minus comes with w.",
                    lambda v, g, lr, beta: -(beta * v + g)),
    _moved("old_velocity", "w moves by the old velocity. Compute the new one first.",
           lambda w, old, new, g, lr, beta: w - lr * old),
    _moved("no_lr", "The learning rate is missing in the step: w - lr * v.", lambda w, old, new, g, lr, beta: w - new),
    _moved("uphill", UPHILL, lambda w, old, new, g, lr, beta: w + lr * new),
    _moved("plain_step", "w moves by the gradient alone. It moves by the new velocity.",
           lambda w, old, new, g, lr, beta: w - lr * g),
    _moved("scaled", "The step is multiplied by 1 - beta. It is lr * v.",
           lambda w, old, new, g, lr, beta: w - lr * (1 - beta) * new),
    _moved("lr_on_gradient", "Only the gradient is multiplied by lr. The whole velocity is.",
           lambda w, old, new, g, lr, beta: w - lr * g - beta * old),
    _moved("nesterov", "w moves by gradient + beta * velocity, which is Nesterov's variant. Here it moves by the "
           "velocity.", lambda w, old, new, g, lr, beta: w - lr * (g + beta * new)),
    _moved("change_alone", CHANGE, lambda w, old, new, g, lr, beta: lr * new),
    _moved("change_alone", CHANGE, lambda w, old, new, g, lr, beta: -lr * new),
    _moved("not_moved", "These are the weights as they were.", lambda w, old, new, g, lr, beta: w),
    *(
        _moved("fixed_lr", f"The learning rate is {fixed:g} whatever the argument says. Use `lr`.",
               lambda w, old, new, g, lr, beta, fixed=fixed: w - fixed * new)
        for fixed in (0.1, 0.01)
    ),
)  # fmt: skip


def _momentum_cases(rng):
    def case(name, shape, lr, beta):
        arrays = random_arrays(rng, "w", "velocity", "gradient", shape=shape)
        return Case(name, ("velocity", "w"), {**arrays, "lr": lr, "beta": beta})

    first = random_arrays(rng, "w", "gradient", shape=(3,))
    by_hand = {"w": np.array([1.0]), "velocity": np.array([2.0]), "gradient": np.array([4.0]), "lr": 0.1, "beta": 0.5}
    steep = random_arrays(rng, "w", "velocity", "gradient", shape=(2,))
    steep = {"w": steep["w"], "velocity": 400 * steep["velocity"], "gradient": 400 * steep["gradient"]}
    at_rest = {"w": first["w"], "velocity": np.zeros(3), "gradient": first["gradient"], "lr": 0.3, "beta": 0.9}
    return [
        Case("one weight to check by hand", ("velocity", "w", "clean"), by_hand),
        case("5 weights, lr = 0.02, beta = 0.8", (5,), 0.02, 0.8),
        case("weights of shape (3, 2), lr = 0.7, beta = 0.95", (3, 2), 0.7, 0.95),
        Case("from rest, lr = 0.3, beta = 0.9", ("velocity", "w"), at_rest),
        Case("large gradients, lr = 0.01, beta = 0.3", ("velocity", "w"), {**steep, "lr": 0.01, "beta": 0.3}),
    ]


momentum_step = formula_check(
    "momentum_step", MOMENTUM, _momentum_cases, optimizers.momentum_step, MOMENTUM_MISTAKES,
    returns=("w", "velocity"), loose=False,
)  # fmt: skip
