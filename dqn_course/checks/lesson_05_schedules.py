"""The checks of ``linear_epsilon``, ``exponential_epsilon`` and ``decay_rate_for``."""

import numpy as np

from dqn_course.checks.core import Behaviour, Case, Check, Finding, show
from dqn_course.checks.formula import Mistake, caller
from dqn_course.checks.lesson_05_sure import sure_check

LINE = (
    Behaviour("line", 0.5, "on a straight line from start to end"),
    Behaviour("after", 0.5, "after the last step of the fall, it stays at end", needs=("line",)),
)
CURVE = (
    Behaviour("curve", 0.5, "start, multiplied by decay n times"),
    Behaviour("floor", 0.5, "never below end", needs=("curve",)),
)
RATE = (
    Behaviour("rate", 0.5, "n multiplications take start to end"),
    Behaviour("exact", 0.5, "with all its digits: after a million multiplications too", needs=("rate",)),
)


def _fraction(step, steps):
    return np.clip(step / steps, 0, 1)


LINEAR_SAYS = {
    "too_long": "The line goes on after `steps`, below end. From there on epsilon stays at end.",
    "to_zero": "The line falls to 0 at `steps`, and end cuts it off. It should reach end just at `steps`: the whole "
    "fall is end - start.",
    "from_one": "The line starts at 1 instead of at start, or falls by 1 instead of by start - end.",
    "curve": "This is a curve. On a line the same amount is subtracted at every step.",
    "half_as_fast": "This falls half as fast as it should: it reaches end after 2 * steps.",
    "rounded": "Epsilon is rounded. Return it as it is; rounding is for showing.",
    "whole_division": "`//` drops the fraction, so epsilon does not move before the end. Divide with `/`.",
    "not_divided": "The step is not divided by `steps`. The share of the way is step / steps.",
    "upwards": "Epsilon rises instead of falling. Add (end - start) times the share of the way.",
    "reversed": "start and end are swapped.",
    "one_step_off": "This is one step off. Step 0 gives start, and step `steps` gives end.",
    "end_added": "Epsilon falls by end on the way. It falls by start - end.",
    "constant": "This does not depend on the step.",
    "min": "This takes the smaller of the line and end. Epsilon never falls below end: max, not min.",
    "zero_after": "After `steps` epsilon is 0 here. It stays at end.",
    "start_after": "After `steps` epsilon is back at start. It stays at end.",
}
LINEAR_GIVES = (
    ("too_long", ("after",), lambda t, start, end, n: start + t / n * (end - start)),
    ("zero_after", ("after",), lambda t, start, end, n: start + t / n * (end - start) if t < n else 0),
    ("zero_after", ("after",), lambda t, start, end, n: max(0, start + t / n * (end - start))),
    ("start_after", ("after",), lambda t, start, end, n: start + t / n * (end - start) if t < n else start),
    ("to_zero", ("line",), lambda t, start, end, n: max(end, start * (1 - t / n))),
    ("to_zero", ("line",), lambda t, start, end, n: start * (1 - _fraction(t, n))),
    ("from_one", ("line",), lambda t, start, end, n: 1 - _fraction(t, n) * (1 - end)),
    ("from_one", ("line",), lambda t, start, end, n: max(end, start - t / n)),
    ("from_one", ("line",), lambda t, start, end, n: max(end, 1 - t / n)),
    ("curve", ("line",), lambda t, start, end, n: start * (end / start) ** _fraction(t, n)),
    ("curve", ("line",), lambda t, start, end, n: start + _fraction(t, n) ** 2 * (end - start)),
    ("curve", ("line",), lambda t, start, end, n: start + _fraction(t, n) ** 0.5 * (end - start)),
    ("curve", ("line",), lambda t, start, end, n: end + (start - end) * (1 + np.cos(np.pi * _fraction(t, n))) / 2),
    ("half_as_fast", (), lambda t, start, end, n: start + _fraction(t, 2 * n) * (end - start)),
    *(
        ("rounded", ("line",), lambda t, start, end, n, d=d: round(start + float(_fraction(t, n)) * (end - start), d))
        for d in (1, 2, 3)
    ),
    ("whole_division", ("line",), lambda t, start, end, n: start + min(t // n, 1) * (end - start)),
    ("not_divided", ("line",), lambda t, start, end, n: max(end, start + t * (end - start))),
    ("not_divided", ("line",), lambda t, start, end, n: start + min(t, 1) * (end - start)),
    ("upwards", (), lambda t, start, end, n: start - _fraction(t, n) * (end - start)),
    ("upwards", (), lambda t, start, end, n: start + _fraction(t, n) * (start - end)),
    ("reversed", (), lambda t, start, end, n: end + _fraction(t, n) * (start - end)),
    ("one_step_off", ("line",), lambda t, start, end, n: start + _fraction(t + 1, n) * (end - start)),
    ("one_step_off", ("line",), lambda t, start, end, n: start + _fraction(t, n - 1) * (end - start)),
    ("one_step_off", ("line",), lambda t, start, end, n: start + _fraction(t, n + 1) * (end - start)),
    ("one_step_off", ("line",), lambda t, start, end, n: end if t >= n - 1 else start + t / n * (end - start)),
    ("end_added", ("line",), lambda t, start, end, n: start - _fraction(t, n) * end),
    ("end_added", ("line",), lambda t, start, end, n: start + _fraction(t, n) * end),
    ("end_added", ("line",), lambda t, start, end, n: max(end, start - t / n * end)),
    ("constant", ("line",), lambda t, start, end, n: start),
    ("constant", ("line",), lambda t, start, end, n: end),
    ("constant", ("line",), lambda t, start, end, n: start + (end - start) / n),
    ("min", (), lambda t, start, end, n: min(end, start + t / n * (end - start))),
)
"""What known mistakes cost, and what they give at step t of n."""


def _linear_cases(rng):
    steps = int(rng.integers(300, 900))
    start, end = round(float(rng.uniform(0.7, 0.95)), 2), round(float(rng.uniform(0.05, 0.2)), 2)
    draws = [
        ("by hand: 3 of 10 steps", "line", 3, 0.9, 0.4, 10),
        ("9 of 10 steps", "line", 9, 0.96, 0.05, 10),
        ("step 0", "line", 0, start, end, steps),
        ("on the way", "line", int(rng.uniform(0.55, 0.7) * steps), start, end, steps),
        ("near the end", "line", int(0.95 * steps), start, end, steps),
        ("the first million steps", "line", 750_000, 1.0, 0.1, 1_000_000),
        ("the last step of the fall", "line", steps, start, end, steps),
        ("a little later", "after", int(1.05 * steps), start, end, steps),
        ("much later", "after", 50 * steps, start, end, steps),
    ]
    return [
        Case(name, (proves,), {"step": step, "start": start, "end": end, "steps": steps})
        for name, proves, step, start, end, steps in draws
    ]


linear_epsilon = sure_check(
    "linear_epsilon",
    LINE,
    _linear_cases,
    lambda step, start, end, steps: start + _fraction(step, steps) * (end - start),
    [
        Mistake(key, LINEAR_SAYS[key], lambda step, start, end, steps, f=f: f(step, start, end, steps), costs)
        for key, costs, f in LINEAR_GIVES
    ],
    wrong="This is not start plus (end - start) times the share of the way.",
)

EXPONENTIAL_SAYS = {
    "no_floor": "Epsilon falls below end. Take the larger of the two: max.",
    "zero_below": "Where start * decay**n is below end, this is 0. It should be end.",
    "min": "This takes the smaller of the two numbers. Epsilon never falls below end: max, not min.",
    "twice_as_fast": "This falls twice as fast: the power is n, not 2 n.",
    "half_as_fast": "This falls half as fast: the power is n, not n / 2.",
    "from_below": "This is start times (1 - decay**n), which begins at 0. Multiply start by decay**n.",
    "divided": "start is divided by decay**n, so epsilon grows. Multiply.",
    "rounded": "Epsilon is rounded. Return it as it is; rounding is for showing.",
    "no_start": "start is missing: this begins at 1.",
    "to_end": "This falls towards end and comes nearer for ever. The exercise multiplies start itself by decay, and "
    "cuts off at end.",
    "once": "decay is multiplied once only. After n multiplications it is `decay**n`.",
    "times_n": "decay is multiplied by n. Multiplying n times is a power: `decay**n`.",
    "line": "This is a line: the same amount is subtracted every time. Multiply: `decay**n`.",
    "one_off": "This is one multiplication too many or too few. n = 0 gives start.",
    "other_factor": "The factor is 1 - decay here. It is decay.",
    "exp": "This is exp(-decay * n). The exercise multiplies by decay: `decay**n`.",
    "overshoots": "The loop stops one multiplication too late: epsilon ends a little below end. Compare after each "
    "multiplication, or take the larger of the two: max.",
    "stops_short": "The loop stops a little above end. From there epsilon goes on to end itself: max.",
    "floor_scaled": "end is multiplied by start too. Take the larger of end and the whole product.",
    "power_of_all": "The power applies to start too. Only decay is multiplied n times: start * decay**n.",
    "reversed_power": "The power is the wrong way round: `decay**n`, not n**decay.",
    "floor_first": "end is added. It is a floor: max.",
    "constant": "This does not depend on n.",
}


def _multiplied(n, start, end, decay, stops):
    """A loop that stops for good where ``stops(epsilon, the next epsilon, end)`` says so."""
    epsilon = start
    for _ in range(n):
        if stops(epsilon, epsilon * decay, end):
            break
        epsilon *= decay
    return epsilon


EXPONENTIAL_GIVES = (
    ("no_floor", ("floor",), lambda n, start, end, decay: start * decay**n),
    ("no_floor", ("floor",), lambda n, start, end, decay: max(0, start * decay**n)),
    ("zero_below", ("floor",), lambda n, start, end, decay: start * decay**n if start * decay**n > end else 0),
    ("overshoots", ("floor",), lambda *values: _multiplied(*values, lambda now, then, end: now <= end)),
    ("overshoots", ("floor",), lambda *values: _multiplied(*values, lambda now, then, end: now < end)),
    ("stops_short", ("floor",), lambda *values: _multiplied(*values, lambda now, then, end: then < end)),
    ("floor_scaled", ("floor",), lambda n, start, end, decay: start * max(end, decay**n)),
    ("no_start", ("curve",), lambda n, start, end, decay: max(end, decay**n)),
    ("to_end", ("curve",), lambda n, start, end, decay: end + (start - end) * decay**n),
    ("twice_as_fast", ("curve",), lambda n, start, end, decay: max(end, start * decay ** (2 * n))),
    ("half_as_fast", ("curve",), lambda n, start, end, decay: max(end, start * decay ** (n / 2))),
    ("from_below", ("curve",), lambda n, start, end, decay: max(end, start * (1 - decay**n))),
    ("divided", ("curve",), lambda n, start, end, decay: max(end, start / decay**n)),
    *(
        ("rounded", ("curve",), lambda n, start, end, decay, digits=digits: round(max(end, start * decay**n), digits))
        for digits in (2, 3)
    ),
    ("once", ("curve",), lambda n, start, end, decay: max(end, start * decay)),
    ("times_n", ("curve",), lambda n, start, end, decay: max(end, start * decay * n)),
    ("line", ("curve",), lambda n, start, end, decay: max(end, start - n * (1 - decay))),
    ("line", ("curve",), lambda n, start, end, decay: max(end, start * (1 - n * (1 - decay)))),
    ("line", ("curve",), lambda n, start, end, decay: max(end, start - n * decay)),
    ("one_off", ("curve",), lambda n, start, end, decay: max(end, start * decay ** (n + 1))),
    ("one_off", ("curve",), lambda n, start, end, decay: max(end, start * decay ** (n - 1))),
    ("other_factor", ("curve",), lambda n, start, end, decay: max(end, start * (1 - decay) ** n)),
    ("exp", ("curve",), lambda n, start, end, decay: max(end, start * np.exp(-decay * n))),
    ("power_of_all", ("curve",), lambda n, start, end, decay: max(end, (start * decay) ** n)),
    ("reversed_power", ("curve",), lambda n, start, end, decay: max(end, start * n**decay)),
    ("floor_first", ("curve",), lambda n, start, end, decay: end + start * decay**n),
    ("constant", ("curve",), lambda n, start, end, decay: start),
    ("constant", ("curve",), lambda n, start, end, decay: end),
    ("min", (), lambda n, start, end, decay: min(end, start * decay**n)),
)
"""What known mistakes cost, and what they give."""


def _exponential_cases(rng):
    start, end = round(float(rng.uniform(0.7, 0.95)), 2), round(float(rng.uniform(0.02, 0.1)), 2)
    decay = round(float(rng.uniform(0.97, 0.99)), 3)
    draws = [
        ("by hand: halved three times", "curve", 3, 0.8, 0.05, 0.5),
        ("n = 0", "curve", 0, start, end, decay),
        ("n = 1", "curve", 1, start, end, decay),
        ("n = 30", "curve", 30, start, end, decay),
        ("the lander after 500 episodes", "curve", 500, 1.0, 0.01, 0.995),
        ("by hand: halved ten times", "floor", 10, 0.8, 0.05, 0.5),
        ("long after", "floor", 5000, start, end, decay),
    ]
    return [
        Case(name, (proves,), {"n": n, "start": start, "end": end, "decay": decay})
        for name, proves, n, start, end, decay in draws
    ]


exponential_epsilon = sure_check(
    "exponential_epsilon",
    CURVE,
    _exponential_cases,
    lambda n, start, end, decay: max(end, start * decay**n),
    [
        Mistake(key, EXPONENTIAL_SAYS[key], lambda n, start, end, decay, f=f: f(n, start, end, decay), costs)
        for key, costs, f in EXPONENTIAL_GIVES
    ],
    wrong="This is not the larger of end and start * decay**n.",
)

RATE_SAYS = {
    "reversed": "This factor takes end to start: it is the other way round. Divide end by start.",
    "no_start": "start is not used. The n multiplications take start to end, so their product is end / start.",
    "no_end": "end is not used. The product of the n factors is end / start.",
    "no_root": "This is the product of all n factors. One of them is its n-th root: `(...) ** (1 / n)`.",
    "divided": "The product end / start is divided by n. n equal factors have it as their product, so take the n-th "
    "root. In Python, `x ** 1 / n` means (x ** 1) / n: brackets around (1 / n).",
    "power": "This is the n-th power. Take the n-th root: the power 1 / n.",
    "subtraction": "This is right if the same amount is subtracted every time. Here a factor is multiplied.",
    "one_off": "This takes n - 1 or n + 1 multiplications. It should be n.",
    "fixed_n": "This is the square root, whatever n is. Take the n-th root: the power 1 / n.",
    "logarithm": "This is the logarithm of the factor. exp gives the factor itself.",
    "remainder": "This is 1 minus the factor. Return the factor.",
    "other_base": "The logarithm and the power have different bases. exp belongs to log, 10** to log10.",
    "difference": "The product of the n factors is end / start, not a difference.",
    "whole_numbers": "The factor is 1: is 1 / n a whole division, `//`?",
    "rounded": "The factor is rounded. Near 1 every digit counts: n multiplications make a small error large.",
    "wrong_value": "n multiplications by this factor do not take start to end.",
    "hard_coded": "This is the factor for 1 to 0.1 in a million, whatever the arguments are. Compute it from them.",
}
RATE_GIVES = (
    ("reversed", lambda start, end, n: (start / end) ** (1 / n)),
    ("no_start", lambda start, end, n: end ** (1 / n)),
    ("no_end", lambda start, end, n: start ** (1 / n)),
    ("no_root", lambda start, end, n: end / start),
    ("divided", lambda start, end, n: end / start / n),
    ("power", lambda start, end, n: (end / start) ** n),
    ("subtraction", lambda start, end, n: 1 - (start - end) / n),
    ("subtraction", lambda start, end, n: (start - end) / n),
    ("subtraction", lambda start, end, n: (end - start) / n),
    ("subtraction", lambda start, end, n: 1 - (1 - end / start) / n),
    ("fixed_n", lambda start, end, n: (end / start) ** (1 / 2)),
    ("one_off", lambda start, end, n: (end / start) ** (1 / (n - 1)) if n > 1 else np.nan),
    ("one_off", lambda start, end, n: (end / start) ** (1 / (n + 1))),
    ("logarithm", lambda start, end, n: np.log(end / start) / n),
    ("logarithm", lambda start, end, n: np.log10(end / start) / n),
    ("remainder", lambda start, end, n: 1 - (end / start) ** (1 / n)),
    ("other_base", lambda start, end, n: np.exp(np.log10(end / start) / n)),
    ("other_base", lambda start, end, n: 10 ** (np.log(end / start) / n)),
    ("other_base", lambda start, end, n: 2 ** (np.log(end / start) / n)),
    ("difference", lambda start, end, n: (start - end) ** (1 / n)),
    ("difference", lambda start, end, n: 1 - (start - end) ** (1 / n)),
    ("whole_numbers", lambda start, end, n: (end / start) ** (1 // n)),
    ("hard_coded", lambda start, end, n: 0.1 ** (1 / 1_000_000)),
)
"""What known mistakes give."""
EFFECT = 1e-3
"""How far start * rate**n may be from end, as a share of it. Near 1, only this tells two factors apart."""


def _rate_cases(rng):
    start, end = round(float(rng.uniform(0.7, 0.9)), 2), round(float(rng.uniform(0.1, 0.3)), 2)
    draws = [
        ("by hand: two multiplications", "rate", 0.8, 0.2, 2),
        ("by hand: one multiplication", "rate", 0.5, 0.4, 1),
        ("seven multiplications", "rate", start, end, 7),
        ("some hundred", "rate", start, end, int(rng.integers(300, 900))),
        ("1 to 0.1 in a million", "exact", 1.0, 0.1, 1_000_000),
        ("some millions", "exact", start, end, int(rng.integers(2_000_000, 5_000_000))),
    ]
    return [Case(name, (proves,), {"start": start, "end": end, "n": n}) for name, proves, start, end, n in draws]


def _judge_rate(values, output):
    start, end, n = values["start"], values["end"], values["n"]
    if output["value"].size != 1:
        yield Finding("wrong_shape", (), f"This returns {output['value'].size} numbers. Return one.")
        return
    got, rate = output["value"].item(), (end / start) ** (1 / n)
    if _alike(got, rate, n):
        return
    rows = (
        ("the factor", f"{rate:.10g}", f"{got:.10g}", False),
        (f"start * factor**n, start = {start:g}, n = {n}", show(end), show(start * np.power(got, n)), False),
    )
    keys = [key for key, gives in RATE_GIVES if _alike(got, gives(start, end, n), n, EFFECT / 100)]
    if not keys:
        keys = ["wrong_value"]
    if set(keys) <= {"wrong_value", "whole_numbers", "no_end"} and abs(got - rate) < 1e-3:
        keys = ["rounded", "hard_coded", "whole_numbers", "no_end"]  # the others show better elsewhere
    named = len(set(keys)) == 1 and keys != ["wrong_value"]
    yield Finding(keys[0], (), RATE_SAYS[keys[0]], rows, named=named, could_be=tuple(keys))


def _alike(one, other, n, effect=EFFECT):
    """Do n multiplications by either factor have the same effect?"""
    if one > 0 and other > 0:
        return abs(n * np.log(one / other)) < effect
    return np.isclose(one, other, rtol=effect, atol=0)


decay_rate_for = Check("decay_rate_for", RATE, _rate_cases, caller("decay_rate_for"), _judge_rate)
