"""The checks of ``values_and_advantages`` and ``returns_to_go``."""

import numpy as np

from dqn_course.checks import student
from dqn_course.checks.core import Behaviour, Case
from dqn_course.checks.formula import Mistake, caller, formula_check
from dqn_course.embedding import returns_to_go as _returns
from dqn_course.embedding import values_and_advantages as _values


def numpy_caller(name, returns=(), require=None):
    """``formula.caller`` where the notebook counts with the results: NumPy arrays.

    ``require(result, *arguments)`` may raise AnswerError for what else it cannot count with.
    """
    plain = caller(name, returns)

    def call(function, values):
        def checked(*arguments):
            result = function(*arguments)
            for part in result if returns and isinstance(result, tuple | list) else (result,):
                _must_be_numpy(part, name)
            if require:
                require(result, *arguments)
            return result

        return plain(checked, values)

    return call


def _must_be_numpy(part, name):
    if isinstance(part, list | tuple) or type(part).__name__ == "Tensor":
        way = "np.array(...)" if isinstance(part, list | tuple) else "`.numpy()`"
        says = f"{name} returned {student.named(part)}. The cells below count with a NumPy array: {way}."
        raise student.AnswerError("not_numpy", says)


# --- values_and_advantages

VALUE_BEHAVIOURS = (
    Behaviour("values", 1, "the value of a state is its largest Q-value"),
    Behaviour("advantages", 0.5, "the advantage of an action: its Q-value less the value of its state"),
    Behaviour("clean", 0.5, "the Q-values stay as they were", needs=("values", "advantages"), by_name=True),
)


def _softmax(q):
    e = np.exp(q - q.max(1, keepdims=True))
    return e / e.sum(1, keepdims=True)


def _columns(q):
    """Q less the best of its column: the maximum over states."""
    return q - q.max(0, keepdims=True)


def _mistake(key, says, gives, part, costs=()):
    return Mistake(key, says, gives, costs or (part,), part)


VALUE_MISTAKES = (
    _mistake(
        "over_states",
        "This is the largest value of each action over all states. A state is a row: the maximum is over axis 1.",
        lambda q: q.max(0),
        "values",
    ),
    _mistake(
        "one_for_all",
        "This is the largest number of the whole table. Every state has its own: q.max(axis=1).",
        lambda q: q.max(),
        "values",
    ),
    _mistake(
        "argmax",
        "This says which action is best, not what it is worth: q.max, not q.argmax.",
        lambda q: q.argmax(1),
        "values",
    ),
    _mistake(
        "mean",
        "This is the mean of the Q-values. The agent takes the best action, so the state is worth the largest.",
        lambda q: q.mean(1),
        "values",
    ),
    _mistake("min", "This is the smallest Q-value of each state. Take the largest.", lambda q: q.min(1), "values"),
    _mistake("sum", "This is the sum of the Q-values. Take the largest.", lambda q: q.sum(1), "values"),
    _mistake(
        "absolute",
        "This is the largest size, whatever the sign. In a state where all is lost, the best is the least bad.",
        lambda q: np.abs(q).max(1),
        "values",
    ),
    _mistake(
        "first_action", "This is the Q-value of the first action alone. Take the largest.", lambda q: q[:, 0], "values"
    ),
    _mistake(
        "softmax",
        "The Q-values are weighed with a softmax. The agent takes the best action and no other: take the largest.",
        lambda q: (q * _softmax(q)).sum(1),
        "values",
    ),
    _mistake(
        "never_negative",
        "Negative values become 0 here. A state may be worth less than nothing.",
        lambda q: q.max(1).clip(0),
        "values",
    ),
    _mistake(
        "other_sign",
        "The sign is turned round: V - Q. An action that is worse than the best has a negative advantage.",
        lambda q: q.max(1, keepdims=True) - q,
        "advantages",
    ),
    _mistake(
        "less_the_mean",
        "This is Q less the mean of the actions. Here it is Q less the value, and that is the largest.",
        lambda q: q - q.mean(1, keepdims=True),
        "advantages",
    ),
    _mistake(
        "not_subtracted",
        "These are the Q-values themselves. Subtract the value of the state.",
        lambda q: q,
        "advantages",
    ),
    _mistake(
        "quotient",
        "This is Q divided by V. The advantage is the difference.",
        lambda q: q / q.max(1, keepdims=True),
        "advantages",
    ),
    _mistake(
        "wrong_broadcast",
        "Each state's value is subtracted in a column instead of its row. `values[:, None]` stands it upright: (n, 1).",
        lambda q: q - q.max(1),
        "advantages",
    ),
    _mistake(
        "less_the_column",
        "This subtracts the largest value of each action over all states. Subtract the value of the state.",
        _columns,
        "advantages",
    ),
    _mistake(
        "less_the_largest",
        "This subtracts the largest number of the whole table. Each row has its own value.",
        lambda q: q - q.max(),
        "advantages",
    ),
    _mistake(
        "best_less_second",
        "This is one number a state, the best less the second best. Every action has an advantage: (n, n_actions).",
        lambda q: np.sort(q, axis=1)[:, -1] - np.sort(q, axis=1)[:, -2],
        "advantages",
    ),
    _mistake(
        "best_less_worst",
        "This is one number a state, the best less the worst. Every action has an advantage: (n, n_actions).",
        lambda q: q.max(1) - q.min(1),
        "advantages",
    ),
    _mistake(
        "absolute_advantage",
        "This is the size of the difference, without its sign. It should never be above 0.",
        lambda q: np.abs(q - q.mean(1, keepdims=True)),
        "advantages",
    ),
    Mistake(
        "swapped",
        "The two have changed places. Values first: `return values, advantages`.",
        lambda q: (q - q.max(1, keepdims=True), q.max(1)),
        ("values", "advantages"),
    ),
)


def _value_cases(rng):
    def case(name, q):
        return Case(name, ("values", "advantages", "clean"), {"q": np.asarray(q, np.float32)}, VALUE_HINTS)

    offset = rng.uniform(-0.4, 0.4, (9, 1))
    return [
        case("two states to check by hand", [[1.0, 3.0, 2.0], [-2.0, -5.0, -2.5]]),
        case("9 states, 6 actions", rng.normal(0, 0.2, (9, 6)) + offset),
        case("as many states as actions", rng.normal(0, 1, (4, 4))),
        case("all values negative", -rng.uniform(0.2, 3, (5, 3))),
        case("one state", rng.normal(0, 1, (1, 4))),
    ]


VALUE_HINTS = {
    r"could not be broadcast": "The values are (n,), the Q-values (n, n_actions). `values[:, None]` makes (n, 1) of "
    "the values, which fits.",
    r"'(numpy\.ndarray|numpy\.float\d+)' object has no attribute 'values'|unexpected keyword argument 'dim'": "`q` is "
    "a NumPy array: q.max(axis=1), without .values.",
}

values_and_advantages = formula_check(
    "values_and_advantages", VALUE_BEHAVIOURS, _value_cases, _values, VALUE_MISTAKES,
    returns=("values", "advantages"), keeps="clean", loose=False,
    call=numpy_caller("values_and_advantages", ("values", "advantages")),
)  # fmt: skip


# --- returns_to_go

RETURN_BEHAVIOURS = (
    Behaviour("sum", 1.5, "each return is the discounted sum of the rewards from its step on"),
    Behaviour("ends", 1, "no reward from after an end counts"),
    Behaviour("clean", 0.5, "rewards and ends stay as they were", needs=("sum", "ends"), by_name=True),
)


def _backwards(rewards, ends, gamma, step):
    """The loop of the solution with another ``step(reward, following, end)``."""
    returns, following = np.zeros(len(rewards)), 0.0
    for t in reversed(range(len(rewards))):
        following = step(rewards[t], following, ends[t])
        returns[t] = following
    return returns


def _open(rewards, gamma):
    return _returns(rewards, np.zeros(len(rewards), bool), gamma)


def _forwards(rewards, ends, gamma):
    """What came before instead of what follows."""
    returns, so_far = np.zeros(len(rewards)), 0.0
    for t, reward in enumerate(rewards):
        so_far = reward + gamma * so_far * (not (t and ends[t - 1]))
        returns[t] = so_far
    return returns


def _absolute(rewards, ends, gamma):
    """gamma to the power of the time since the start, not since the step."""
    discounted = rewards * gamma ** np.arange(len(rewards))
    return _returns(discounted, ends, 1)


def _early(ends):
    """The ends one step later: the mask of the step before."""
    return np.append(False, ends[:-1])


def _late(ends):
    return np.append(ends[1:], False)


def _whole(rewards, ends, gamma):
    """An array of whole numbers cuts fractions off, at each step."""
    if rewards.dtype.kind != "i":
        return None
    returns, following = np.zeros(len(rewards), int), 0
    for t in reversed(range(len(rewards))):
        following = int(rewards[t] + gamma * following * (not ends[t]))
        returns[t] = following
    return returns


def _stored_whole(rewards, ends, gamma):
    """The same, where what is stored is not read back."""
    return np.trunc(_returns(rewards, ends, gamma)) if rewards.dtype.kind == "i" else None


def _cut_at_last(rewards, ends, gamma):
    """All returns from after the last end are missing."""
    returns = _returns(rewards, ends, gamma)
    last = np.flatnonzero(ends)
    returns[(last[-1] + 1 if len(last) else 0) :] = 0
    return returns


RETURN_MISTAKES = tuple(
    Mistake(key, says, gives, costs)
    for key, says, costs, gives in (
        ("no_ends", "Rewards of the next life or game are counted in. Where `ends[t]` is True, nothing follows step t.",
         ("ends",), lambda rewards, ends, gamma: _open(rewards, gamma)),
        ("end_early", "The cut comes one step late: the return of the step that ends an episode has the rewards of "
         "the next one in it. `ends[t]` says that nothing follows step t itself.",
         ("ends",), lambda rewards, ends, gamma: _returns(rewards, _early(ends), gamma)),
        ("end_late", "The cut comes one step early, so the last reward of an episode never reaches the steps before. "
         "`ends[t]` cuts what follows t, not t itself.",
         ("ends",), lambda rewards, ends, gamma: _returns(rewards, _late(ends), gamma)),
        ("end_drops_reward", "Where an episode ends, the reward of that step is lost too. It still counts: the return "
         "there is the reward alone.",
         ("ends",), lambda rewards, ends, gamma: _backwards(rewards, ends, gamma,
                                                             lambda r, g, d: (r + gamma * g) * (not d))),
        ("mask_turned", "The mask is the wrong way round: what follows counts only where the episode ended.",
         ("sum", "ends"), lambda rewards, ends, gamma: _returns(rewards, ~np.asarray(ends, bool), gamma)),
        ("not_discounted", "The rewards are added up without gamma.",
         ("sum",), lambda rewards, ends, gamma: _returns(rewards, ends, 1)),
        ("not_discounted_or_cut", "The rewards are added up without gamma, and across the ends.",
         ("sum", "ends"), lambda rewards, ends, gamma: _open(rewards, 1)),
        ("own_reward_discounted", "The reward of the step itself is discounted too. It comes now: r + gamma * (what "
         "follows).",
         ("sum",), lambda rewards, ends, gamma: gamma * _returns(rewards, ends, gamma)),
        ("starts_later", "The reward of the step itself is missing: these are the returns of the steps after.",
         ("sum",), lambda rewards, ends, gamma: np.where(ends, 0, np.append(_returns(rewards, ends, gamma)[1:], 0))),
        ("starts_later", "The reward of the step itself is missing: these are the returns of the steps after.",
         ("sum",), lambda rewards, ends, gamma: _returns(rewards, ends, gamma) - rewards),
        ("past", "This adds up what came before a step. A return looks ahead: begin at the last step.",
         ("sum",), _forwards),
        ("past", "This adds up what came before a step. A return looks ahead: begin at the last step.",
         ("sum", "ends"), lambda rewards, ends, gamma: _open(rewards[::-1], gamma)[::-1]),
        ("reversed", "The returns are in the wrong order, the last one first.",
         ("sum",), lambda rewards, ends, gamma: _returns(rewards, ends, gamma)[::-1]),
        ("from_the_start", "gamma is raised to the time since the start. What counts is how long after the step itself "
         "a reward comes.",
         ("sum",), _absolute),
        ("from_the_start", "gamma is raised to the time since the start. What counts is how long after the step itself "
         "a reward comes.",
         ("sum", "ends"), lambda rewards, ends, gamma: _absolute(rewards, np.zeros(len(rewards), bool), gamma)),
        ("whole_numbers", "Fractions are cut off: the array for the results is made like `rewards`, which are whole "
         "numbers here. Use np.zeros(len(rewards)).",
         ("sum",), _whole),
        ("whole_numbers", "Fractions are cut off: the array for the results is made like `rewards`, which are whole "
         "numbers here. Use np.zeros(len(rewards)).",
         ("sum",), lambda rewards, ends, gamma: _stored_whole(rewards, ends, gamma)),
        ("only_next", "This has the next reward in it and no later one. What follows is the whole return of the next "
         "step.",
         ("sum",), lambda rewards, ends, gamma: rewards + gamma * np.append(rewards[1:], 0) * ~np.asarray(ends, bool)),
        ("one_number", "This is the return of the first step alone. Every step has one: shape (T,).",
         ("sum",), lambda rewards, ends, gamma: _returns(rewards, ends, gamma)[0]),
        ("one_number", "This is the return of the first step alone. Every step has one: shape (T,).",
         ("sum", "ends"), lambda rewards, ends, gamma: _open(rewards, gamma)[0]),
        ("last_missing", "The last step is left out. Its return is its own reward: begin at t = len(rewards) - 1.",
         ("sum",), lambda rewards, ends, gamma: _returns(np.append(rewards[:-1], 0), ends, gamma)),
        ("own_gamma", "These are the returns for a discount of 0.99. Use the argument `gamma`.",
         ("sum",), lambda rewards, ends, gamma: _returns(rewards, ends, 0.99)),
        ("only_rewards", "These are the rewards themselves. Is what is computed in the loop stored?",
         ("sum",), lambda rewards, ends, gamma: rewards),
        ("only_ended", "What follows the last end is left out. Its returns are what is known of them.",
         ("ends",), _cut_at_last),
        ("nothing", "These are zeros. Is what is computed in the loop stored?",
         ("sum",), lambda rewards, ends, gamma: 0 * rewards),
    )
)  # fmt: skip


def _return_cases(rng):
    def case(name, proves, rewards, ends, gamma):
        rewards, marks = np.asarray(rewards), np.zeros(len(rewards), bool)
        marks[list(ends)] = True
        if rewards.dtype.kind == "f":
            rewards = rewards.astype(np.float32)
        return Case(name, proves, {"rewards": rewards, "ends": marks, "gamma": gamma}, RETURN_HINTS)

    points = rng.choice([-1, 0, 0, 1], 14)
    points[[0, 3, 9, 13]] = 1, -1, 1, -1
    return [
        case("four steps to check by hand, no end", ("sum",), [0.0, 1.0, 0.0, 2.0], (), 0.5),
        case("a game ends after step 1", ("ends",), [0.0, 1.0, 0.0, 2.0], (1,), 0.5),
        case("30 steps, no end", ("sum", "clean"), rng.normal(0, 1, 30).round(3), (), 0.9),
        case("30 steps, two ends", ("ends", "clean"), rng.normal(0, 1, 30).round(3), (8, 19), 0.9),
        case("the last step is an end", ("ends",), rng.normal(0, 1, 6).round(3), (2, 5), 0.8),
        case("rewards that are whole numbers", ("sum",), points, (), 0.75),
    ]


RETURN_HINTS = {
    r"index -?\d+ is out of bounds": "There is no step after the last one. Nothing is known of it; let it count as 0.",
    r"cannot be interpreted as an integer": "A loop needs `range(...)` around a whole number.",
    r"The numpy boolean negative|bad operand type for unary ~|numpy boolean subtract": "Write `not ends[t]` for one "
    "mark, and `~ends` for the whole array.",
}

returns_to_go = formula_check(
    "returns_to_go", RETURN_BEHAVIOURS, _return_cases, _returns, RETURN_MISTAKES, keeps="clean",
    wrong="This is not the reward plus gamma times the return of the next step, and the reward alone where it ended.",
)  # fmt: skip
