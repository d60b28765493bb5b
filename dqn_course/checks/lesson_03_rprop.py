"""The check of ``rprop_step``."""

import numpy as np

from dqn_course import optimizers
from dqn_course.checks.core import Behaviour, Case
from dqn_course.checks.formula import Mistake, formula_check
from dqn_course.checks.lesson_03_steps import CHANGE, SWAPPED, UPHILL, random_arrays

RPROP = (
    Behaviour("factor", 1.5, "a step grows where the signs agree and shrinks where they differ"),
    Behaviour("weight", 1, "w moves by its new step, against the sign of its gradient"),
    Behaviour("zero", 0.5, "where a gradient is 0 the step stays, and nothing moves without a gradient"),
    Behaviour("limits", 1, "a step stays between 1e-6 and 50"),
    Behaviour("shape", 0.5, "arrays of any shape", needs=("factor", "weight")),
    Behaviour("clean", 0.5, "the arrays stay as they were", needs=("factor", "weight"), by_name=True),
)

SAME = "All weights get the same factor. Each has its own: 1.2 where its signs agree, 0.5 where they differ."


def _rprop(w, step, gradient, previous_gradient, up=1.2, down=0.5, none=1.0, low=1e-6, high=50.0, factor=None):
    """rprop with some of its constants changed, or with another factor: an array of the shape of w."""
    agreement = np.sign(gradient) * np.sign(previous_gradient)
    if factor is None:
        factor = np.where(agreement > 0, up, np.where(agreement < 0, down, none))
    step = np.minimum(np.maximum(factor * step, low), high)
    return w - step * np.sign(gradient), step


def _step(key, says, costs=("factor",), **changed):
    """A mistake in the step; w follows from it."""
    return Mistake(key, says, lambda **values: _rprop(**values, **changed), costs)


def _factor(key, says, factor, costs=("factor",)):
    """A mistake in the factor, ``factor(gradient, previous_gradient)``; w follows from it."""

    def gives(w, step, gradient, previous_gradient):
        return _rprop(w, step, gradient, previous_gradient, factor=factor(gradient, previous_gradient))

    return Mistake(key, says, gives, costs)


def _rprop_moved(key, says, move, costs=("weight",)):
    """A mistake in w alone, ``move(w, old, new, g, previous)`` with the old and the new step."""

    def gives(w, step, gradient, previous_gradient):
        return move(w, step, _rprop(w, step, gradient, previous_gradient)[1], gradient, previous_gradient)

    return Mistake(key, says, gives, costs, part="w")


RPROP_MISTAKES = (
    Mistake("swapped", SWAPPED, lambda **values: _rprop(**values)[::-1], costs=("factor", "weight", "limits", "zero")),
    _step("factors_swapped", "The factors are swapped: 1.2 where the signs agree, 0.5 where they differ.",
          up=0.5, down=1.2),
    _step("zero_shrinks", "Where one of the gradients is 0 the step is halved. It should stay as it is.", ("zero",),
          none=0.5),
    _step("zero_grows", "Where one of the gradients is 0 the step grows. It should stay as it is.", ("zero",),
          none=1.2),
    _factor("zero_compared", "Two zeros are not an agreement, and 0 against another number is no change of sign: there "
            "the step stays.", lambda g, old: np.where(np.sign(g) == np.sign(old), 1.2, 0.5), ("zero",)),
    _factor("zero_compared", "Two zeros are not an agreement: there the step stays.",
            lambda g, old: np.where(np.sign(g) == np.sign(old), 1.2, np.where(g * old < 0, 0.5, 1.0)), ("zero",)),
    _step("zero_step", "Where one of the gradients is 0 the step becomes 0, or the smallest one. It should stay as it "
          "is.", ("zero",), none=0.0),
    _step("no_upper_limit", "The step grows beyond 50.", ("limits",), high=np.inf),
    _step("no_lower_limit", "The step shrinks below 1e-6.", ("limits",), low=0.0),
    _step("no_limits", "The new step has no limits. Keep it between 1e-6 and 50, after multiplying.", ("limits",),
          low=0.0, high=np.inf),
    Mistake("limits_too_late", "w moves by the step before its limits. Limit the step first, then move.",
            lambda **values: _rprop(**values, low=0.0, high=np.inf)[0], ("limits",), part="w"),
    Mistake("limits_not_kept", "The step that is returned has no limits. Return the one that moves w.",
            lambda **values: _rprop(**values, low=0.0, high=np.inf)[1], ("limits",), part="step"),
    _step("limits_swapped", "The limits are swapped: np.clip takes the smaller one first.", ("factor", "limits"),
          low=50.0),
    _step("limits_swapped", "The limits are swapped: at least 1e-6, at most 50.", ("factor", "limits"), high=1e-6),
    *(
        _step("other_limit", "A limit is not the one asked for: at most 50, at least 1e-6.", ("limits",), **other)
        for other in ({"low": 1e-5}, {"low": 1e-4}, {"low": 1e-3}, {"low": 1e-8}, {"high": 5.0},
                      {"high": 5.0, "low": 0}, {"high": 1.0}, {"high": 100.0})
    ),
    _step("same_factor", SAME, down=1.2),
    _step("same_factor", SAME, up=0.5),
    _step("only_grows", "The step never shrinks. It is halved where the sign has changed.", down=1.0),
    _step("only_shrinks", "The step never grows. It is multiplied by 1.2 where the signs agree.", up=1.0),
    *(_step("other_factor", "One of the factors is not the one asked for: 1.2 and 0.5.", up=up, down=down)
      for up, down in ((1.1, 0.5), (1.5, 0.5), (2.0, 0.5), (0.2, 0.5), (1.2, 0.2), (1.2, 0.8), (1.2, 1 / 1.2),
                       (1.2, 0.05), (1.2, -0.5))),
    _factor("one_gradient", "Only the sign of the present gradient counts here. Compare it with that of the previous "
            "one.", lambda g, old: np.where(g > 0, 1.2, np.where(g < 0, 0.5, 1.0))),
    _factor("sizes_compared", "Two gradients of the same sign may differ in size. Compare their signs.",
            lambda g, old: np.where(g == old, 1.2, 0.5)),
    _factor("sizes_compared", "This asks which gradient is larger. Compare their signs.",
            lambda g, old: np.where(g > old, 1.2, np.where(g < old, 0.5, 1.0))),
    _factor("sizes_compared", "This asks which gradient is larger in size. Compare their signs.",
            lambda g, old: np.where(np.abs(g) > np.abs(old), 1.2, 0.5)),
    Mistake("added", "1.2 and 0.5 are added and subtracted. They are factors: the step is multiplied by them.",
            lambda w, step, gradient, previous_gradient: _rprop(
                w, step, gradient, previous_gradient, factor=1 + np.where(
                    gradient * previous_gradient > 0, 1.2, np.where(gradient * previous_gradient < 0, -0.5, 0)) / step
            ), ("factor",)),
    _factor("signs_added", "The gradients are added. Multiply them: the product is positive where the signs agree.",
            lambda g, old: np.where(g + old > 0, 1.2, np.where(g + old < 0, 0.5, 1.0))),
    _factor("added", "A constant is added somewhere. The step is multiplied.",
            lambda g, old: 1 + np.where(g * old > 0, 1.2, np.where(g * old < 0, 0.5, 0.0))),
    Mistake("step_never_changes", "The step stays as it was. Compute a new one, and return it.",
            lambda w, step, gradient, previous_gradient: (w - step * np.sign(gradient), step), ("factor", "limits")),
    Mistake("step_never_changes", "The old step is returned. Return the new one.",
            lambda w, step, gradient, previous_gradient: step, ("factor", "limits"), part="step"),
    Mistake("sign_product", "1.2 or 0.5 is missing: the factor here is the product of the signs.",
            lambda w, step, gradient, previous_gradient: step * np.sign(gradient * previous_gradient),
            ("factor", "zero", "limits"), part="step"),
    _rprop_moved("old_step", "w moves by the old step. Compute the new one first.",
                 lambda w, old, new, g, before: w - old * np.sign(g)),
    _rprop_moved("gradient_itself", "w moves by step * gradient. Only the sign counts: np.sign(gradient).",
                 lambda w, old, new, g, before: w - new * g),
    _rprop_moved("uphill", UPHILL, lambda w, old, new, g, before: w + new * np.sign(g)),
    _rprop_moved("doubled", "w moves by twice its step.", lambda w, old, new, g, before: w - 2 * new * np.sign(g)),
    _rprop_moved("previous_sign", "w moves against the previous gradient. The present one counts.",
                 lambda w, old, new, g, before: w - new * np.sign(before)),
    _rprop_moved("no_sign", "w moves by the step without a sign: always to smaller values.",
                 lambda w, old, new, g, before: w - new),
    _rprop_moved("product_sign", "w moves by the sign of the product. It moves against the sign of its gradient.",
                 lambda w, old, new, g, before: w - new * np.sign(g * before)),
    _rprop_moved("zero_moves", "A weight moves although its gradient is 0. The sign of 0 is 0.",
                 lambda w, old, new, g, before: np.where(g > 0, w - new, w + new), ("zero",)),
    _rprop_moved("zero_moves", "A weight moves although its gradient is 0. The sign of 0 is 0.",
                 lambda w, old, new, g, before: np.where(g < 0, w + new, w - new), ("zero",)),
    _rprop_moved("stays_put", "After a change of sign w stays where it is, as in PyTorch. Here it moves every time.",
                 lambda w, old, new, g, before: np.where(g * before < 0, w, w - new * np.sign(g))),
    _rprop_moved("takes_back", "After a change of sign the last step is taken back, as in some papers. Here w moves by "
                 "the new step every time.", lambda w, old, new, g, before: np.where(
                     g * before < 0, w + old * np.sign(before), w - new * np.sign(g))),
    _rprop_moved("only_agreeing", "w moves only where the signs agree. It moves wherever its gradient is not 0.",
                 lambda w, old, new, g, before: np.where(g * before > 0, w - new * np.sign(g), w), ("weight", "zero")),
    _rprop_moved("change_alone", CHANGE, lambda w, old, new, g, before: new * np.sign(g)),
    _rprop_moved("change_alone", CHANGE, lambda w, old, new, g, before: -new * np.sign(g)),
    _rprop_moved("not_moved", "These are the weights as they were.", lambda w, old, new, g, before: w),
)  # fmt: skip


def _rprop_cases(rng):
    def case(name, shape, proves):
        arrays = random_arrays(rng, "w", "step", "gradient", "previous_gradient", shape=shape)
        arrays["step"] = np.abs(arrays["step"])
        signs = np.sign(arrays["gradient"].ravel())
        signs[1::2] *= -1  # so that both kinds are there, and with both signs
        arrays["previous_gradient"] = (np.abs(arrays["previous_gradient"]).ravel() * signs).reshape(shape)
        return Case(name, proves, arrays)

    def fixed(name, proves, **arrays):
        return Case(name, proves, {key: np.array(value) for key, value in arrays.items()})

    return [
        fixed(
            "two weights to check by hand", ("factor", "weight", "clean"),
            w=[0.0, 0.0], step=[1.0, 1.0], gradient=[3.0, -3.0], previous_gradient=[0.1, 0.1],
        ),
        fixed(
            "four weights, all pairs of signs", ("factor", "weight"),
            w=[1.0, 1.0, 1.0, 1.0], step=[0.1, 0.2, 0.3, 0.4],
            gradient=[2.0, 2.0, -2.0, -2.0], previous_gradient=[2.0, -1.0, 1.0, -5.0],
        ),
        case("7 weights", (7,), ("factor", "weight")),
        fixed(
            "a gradient of 0, now, before, or both", ("zero",),
            w=[1.0, 2.0, 3.0, 4.0, 5.0], step=[0.5, 0.5, 0.5, 0.5, 0.5],
            gradient=[0.0, 2.0, 0.0, -2.0, 0.0], previous_gradient=[1.5, 0.0, 0.0, 0.0, -1.5],
        ),
        fixed(
            "steps near the limits", ("limits",),
            w=[0.0, 0.0, 0.0, 0.0, 0.0], step=[45.0, 50.0, 49.0, 1.5e-6, 1e-6],
            gradient=[1.0, -1.0, -2.0, 1.0, -3.0], previous_gradient=[2.0, -3.0, -1.0, -1.0, 1.0],
        ),
        case("weights of shape (3, 4)", (3, 4), ("shape",)),
    ]  # fmt: skip


rprop_step = formula_check(
    "rprop_step", RPROP, _rprop_cases, optimizers.rprop_step, RPROP_MISTAKES,
    returns=("w", "step"), loose=False, tolerance=(1e-4, 1e-8),
)  # fmt: skip
