"""The check of ``q_update``: Q(s, a) moves the share alpha of the way to y = r + gamma * (1 - d) * max Q(s', a')."""

from types import SimpleNamespace

import numpy as np

from dqn_course.checks import student
from dqn_course.checks.core import Behaviour, Case
from dqn_course.checks.formula import Mistake
from dqn_course.checks.lesson_05_sure import sure_check

BEHAVIOURS = (
    Behaviour("step", 1, "Q[s, a] moves the share alpha of the way to its target, in place"),
    Behaviour("target", 1, "the target: the reward plus the discounted best value of the next state"),
    Behaviour("terminated", 0.5, "where the episode ended, the target is the reward alone"),
    Behaviour("only", 0.5, "no other entry of Q changes", needs=("step", "target")),
)
STEP, TARGET, ENDED, ONLY = ("step",), ("target",), ("terminated",), ("only",)

TARGETS = (
    ("no_mask", ENDED, lambda v: v.r + v.g * v.next.max()),
    ("reward_masked", ENDED, lambda v: (1 - v.d) * (v.r + v.g * v.next.max())),
    ("skipped_end", ENDED, lambda v: v.now if v.d else v.y),
    ("minimum", TARGET, lambda v: v.r + v.g * (1 - v.d) * v.next.min()),
    ("mean", TARGET, lambda v: v.r + v.g * (1 - v.d) * v.next.mean()),
    ("sum", TARGET, lambda v: v.r + v.g * (1 - v.d) * v.next.sum()),
    ("no_negative", TARGET, lambda v: v.r + v.g * (1 - v.d) * max(0, v.next.max())),
    ("argmax", TARGET, lambda v: v.r + v.g * (1 - v.d) * v.next.argmax()),
    ("same_action", TARGET, lambda v: v.r + v.g * (1 - v.d) * v.next[v.a]),
    ("first_action", TARGET, lambda v: v.r + v.g * (1 - v.d) * v.next[0]),
    ("last_action", TARGET, lambda v: v.r + v.g * (1 - v.d) * v.next[-1]),
    ("best_before", TARGET, lambda v: v.r + v.g * (1 - v.d) * v.next[v.Q[v.s].argmax()]),
    ("median", TARGET, lambda v: v.r + v.g * (1 - v.d) * np.median(v.next)),
    ("clipped_reward", TARGET, lambda v: np.clip(v.r, -1, 1) + v.g * (1 - v.d) * v.next.max()),
    ("gamma_squared", TARGET, lambda v: v.r + v.g**2 * (1 - v.d) * v.next.max()),
    ("absolute", TARGET, lambda v: v.r + v.g * (1 - v.d) * np.abs(v.next).max()),
    ("whole_maximum", TARGET, lambda v: v.r + v.g * (1 - v.d) * v.Q.max()),
    ("over_states", TARGET, lambda v: v.r + v.g * (1 - v.d) * v.Q[:, v.a].max()),
    ("over_states", TARGET, lambda v: v.r + v.g * (1 - v.d) * v.Q[:, v.n].max()),
    ("present_state", TARGET, lambda v: v.r + v.g * (1 - v.d) * v.Q[v.s].max()),
    ("no_discount", TARGET, lambda v: v.r + (1 - v.d) * v.next.max()),
    *(("fixed_gamma", TARGET, lambda v, g=g: v.r + g * (1 - v.d) * v.next.max()) for g in (0.5, 0.9, 0.95, 0.99)),
    ("reward_discounted", TARGET, lambda v: v.g * (v.r + (1 - v.d) * v.next.max())),
    ("subtracted", TARGET, lambda v: v.r - v.g * (1 - v.d) * v.next.max()),
    ("no_next_value", TARGET, lambda v: v.r),
    ("inverted_mask", TARGET + ENDED, lambda v: v.r + v.g * v.d * v.next.max()),
    ("bitwise_mask", TARGET + ENDED, lambda v: v.r + v.g * (-1 - v.d) * v.next.max()),
    ("no_reward", TARGET + ENDED, lambda v: v.g * (1 - v.d) * v.next.max()),
    ("brackets", TARGET + ENDED, lambda v: v.now + v.r + v.g * ((1 - v.d) * v.next.max() - v.now)),
    ("brackets", TARGET + ENDED, lambda v: v.now + v.r + v.g * (1 - v.d) * (v.next.max() - v.now)),
)
"""What known mistakes in the target cost, and the target y that they make. ``_named`` says what v has."""

STEPS = (
    ("no_alpha", STEP, lambda v: v.y),
    ("alpha_swapped", STEP, lambda v: v.alpha * v.now + (1 - v.alpha) * v.y),
    ("no_difference", STEP, lambda v: v.now + v.alpha * v.y),
    ("not_added", STEP, lambda v: v.alpha * (v.y - v.now)),
    ("keeps_all", STEP, lambda v: (1 - v.alpha) * v.now + v.y),
    ("uphill", STEP, lambda v: v.now - v.alpha * (v.y - v.now)),
    ("alpha_on_reward", STEP, lambda v: v.alpha * v.r + v.g * (1 - v.d) * v.next.max()),
    ("alpha_on_reward", STEP, lambda v: v.now + v.alpha * v.r + v.g * (1 - v.d) * v.next.max()),
    ("alpha_on_target", STEP, lambda v: v.alpha * v.y - v.now),
    ("alpha_on_target", STEP, lambda v: v.now + v.alpha * v.y - v.now),
    ("fixed_alpha", STEP, lambda v: v.now + 0.1 * (v.y - v.now)),
    ("fixed_alpha", STEP, lambda v: v.now + 0.5 * (v.y - v.now)),
    ("overwritten_end", ENDED, lambda v: v.r if v.d else v.now + v.alpha * (v.y - v.now)),
    ("absolute_error", STEP, lambda v: v.now + v.alpha * abs(v.y - v.now)),
    ("clipped_error", STEP, lambda v: v.now + v.alpha * np.clip(v.y - v.now, -1, 1)),
    ("sign_alone", STEP, lambda v: v.now + v.alpha * np.sign(v.y - v.now)),
    ("best_subtracted", STEP, lambda v: v.now + v.alpha * (v.y - v.Q[v.s].max())),
    ("gamma_for_alpha", STEP, lambda v: v.now + v.g * (v.y - v.now)),
    ("twice", STEP, lambda v: _twice(v)),
    ("swapped_rates", STEP, lambda v: v.now + v.g * (v.r + v.alpha * (1 - v.d) * v.next.max() - v.now)),
)
"""What known mistakes in the step cost, and the new Q[s, a] that they make."""

PLACES = (
    ("unchanged", STEP + TARGET + ENDED, lambda Q, v: None),
    ("whole_row", ONLY, lambda Q, v: _put(Q, v.s, v.alpha * (v.y - Q[v.s]) + Q[v.s])),
    ("whole_row", ONLY, lambda Q, v: _put(Q, v.s, v.new)),
    ("whole_row", ONLY, lambda Q, v: _put(Q, v.s, Q[v.s] + v.new - v.now)),
    ("whole_column", ONLY, lambda Q, v: _put(Q, (slice(None), v.a), v.new)),
    ("whole_table", ONLY, lambda Q, v: _put(Q, ..., v.alpha * (v.y - Q) + Q)),
    ("whole_table", ONLY, lambda Q, v: _put(Q, ..., Q + v.new - v.now)),
    ("best_action", STEP + ONLY, lambda Q, v: _put(Q, (v.s, Q[v.s].argmax()), v.new)),
    ("next_row", STEP + ONLY, lambda Q, v: _put(Q, (v.n, v.a), v.new)),
    ("next_row", STEP + ONLY, lambda Q, v: _put(Q, (v.n, v.a), v.alpha * (v.y - Q[v.n, v.a]) + Q[v.n, v.a])),
    ("indices_swapped", STEP + ONLY, lambda Q, v: _put(Q, (v.a, v.s), v.new)),
    ("indices_swapped", STEP + ONLY, lambda Q, v: _put(Q, (v.a, v.s), v.alpha * (v.y - Q[v.a, v.s]) + Q[v.a, v.s])),
)
"""What known mistakes in the place cost, and what they do to a table Q."""

SAYS = {
    "no_mask": "`terminated` is not used. Where the episode ended there is no next value: is (1 - terminated) missing?",
    "inverted_mask": "The mask is the wrong way round: the next value counts where the episode ended, and not where it "
    "goes on. The factor is (1 - terminated).",
    "bitwise_mask": "`~` on True and False gives -2 and -1. The factor is (1 - terminated).",
    "reward_masked": "Where the episode ended, the reward is dropped too. Only the next value is.",
    "skipped_end": "Where the episode ended, nothing is learned. There the target is the reward alone.",
    "minimum": "The target takes the smallest next value. It should be the largest: max.",
    "mean": "The target takes the mean of the next values. It should be the largest: max.",
    "sum": "The target adds up the next values. It should take the largest alone: max.",
    "argmax": "The target adds the number of the best action instead of its value: max, not argmax.",
    "same_action": "The target takes the next value of the action that was taken before. It should be the largest of "
    "the next state: `Q[next_state].max()`.",
    "first_action": "The target takes the next value of action 0. It should be the largest: max.",
    "last_action": "The target takes the next value of the last action. It should be the largest: max.",
    "best_before": "The target takes the action that is best in `state`. It should be the largest value of the next "
    "state: `Q[next_state].max()`.",
    "median": "The target takes the median of the next values. It should be the largest: max.",
    "clipped_reward": "The reward is cut off at -1 and 1, as in the Atari agent. Here it counts in full.",
    "gamma_squared": "The next value is discounted twice. Multiply it by `gamma` once.",
    "absolute_error": "The error has lost its sign, so the value can only grow.",
    "clipped_error": "The error is cut off at -1 and 1, as in the Atari agent. Here it counts in full.",
    "sign_alone": "Only the sign of the error counts here. Its size counts too.",
    "best_subtracted": "The largest value of the state is subtracted. The error is target - Q[state, action].",
    "gamma_for_alpha": "The error is multiplied by `gamma`. It is multiplied by `alpha`.",
    "twice": "The step is made twice. One call makes one step.",
    "absolute": "The target takes absolute values. Next values may be negative; their sign counts.",
    "no_negative": "A negative next value counts as 0 here. Its sign counts.",
    "whole_maximum": "The maximum runs over the whole table. It belongs over the actions of the next state: "
    "`Q[next_state].max()`.",
    "over_states": "The maximum runs over a column of Q, so over states. It belongs over the actions of the next "
    "state: `Q[next_state].max()`.",
    "present_state": "The target looks at `state` instead of `next_state`.",
    "no_discount": "The next value is not discounted. Multiply it by `gamma`.",
    "fixed_gamma": "The discount is the same whatever the argument says. Use `gamma`.",
    "reward_discounted": "The reward is discounted too. Only the next value is multiplied by `gamma`.",
    "subtracted": "The next value is subtracted. It is added to the reward.",
    "no_next_value": "The target is the reward alone, everywhere. Add gamma times the largest next value where the "
    "episode goes on.",
    "no_reward": "The reward is missing in the target.",
    "brackets": "gamma is multiplied with Q[state, action] too. Make the target first, then subtract Q[state, action] "
    "from all of it.",
    "no_alpha": "The old value is replaced by the target. It moves by a share of the error only: "
    "alpha * (target - Q[state, action]).",
    "alpha_swapped": "alpha and 1 - alpha are swapped: the share alpha of the error is corrected, so alpha = 1 is the "
    "whole way to the target.",
    "no_difference": "alpha times the target is added. Add alpha times the error, target - Q[state, action].",
    "not_added": "The old value is lost. Add the step to it: `+=`, not `=`.",
    "keeps_all": "The target is added in full to what is left of the old value. It has the factor alpha.",
    "uphill": "The value moves away from its target. The error is target - Q[state, action], and it is added.",
    "alpha_on_reward": "Only the reward is multiplied by alpha. It belongs to the whole error: "
    "alpha * (target - Q[state, action]). Is a bracket missing?",
    "alpha_on_target": "Only the target is multiplied by alpha. It belongs to the whole error: "
    "alpha * (target - Q[state, action]). Is a bracket missing?",
    "fixed_alpha": "The step size is the same whatever the argument says. Use `alpha`.",
    "overwritten_end": "Where the episode ended, the old value is replaced by the reward. There too it moves by the "
    "share alpha only.",
    "swapped_rates": "`alpha` and `gamma` are swapped. alpha is the step size, gamma the discount.",
    "unchanged": "Q is the same after the call. Write into the array, `Q[state, action] += ...`; what the function "
    "returns is not used.",
    "whole_row": "All actions of the state are changed. Only the one that was taken has learned anything: "
    "`Q[state, action]`.",
    "whole_column": "The action is changed in all states. Only one entry learns: `Q[state, action]`.",
    "whole_table": "Every entry of Q is changed. Only one learns: `Q[state, action]`.",
    "best_action": "The best action of the state is changed, not the one that was taken: `Q[state, action]`.",
    "next_row": "The next state's row is changed. What is learned is the value of the state before: "
    "`Q[state, action]`.",
    "indices_swapped": "The indices are swapped: Q has a row for each state, `Q[state, action]`.",
}


def _named(Q, transition, alpha, gamma):
    """Everything by its symbol: Q, s, a, r, n (next state), d, alpha, g, and ``now`` Q[s, a], ``next`` Q[n], the target
    ``y`` and the right new Q[s, a], ``new``."""
    s, a, r, n, d = transition
    v = SimpleNamespace(Q=Q, s=s, a=a, r=r, n=n, d=int(d), alpha=alpha, g=gamma, now=Q[s, a], next=Q[n])
    v.y = r + gamma * (1 - v.d) * v.next.max()
    v.new = v.now + alpha * (v.y - v.now)
    return v


def _put(Q, where, value):
    Q[where] = value


def _updates(change):
    """What comes of a table when ``change(Q, v)`` is done for one transition after the other."""

    def table(Q, transitions, alpha, gamma):
        Q = Q.copy()
        for transition in transitions:
            change(Q, _named(Q, transition, alpha, gamma))
        return (Q,)

    return table


def _to_target(gives):
    return _updates(lambda Q, v: _put(Q, (v.s, v.a), v.now + v.alpha * (gives(v) - v.now)))


def _to_entry(gives):
    return _updates(lambda Q, v: _put(Q, (v.s, v.a), gives(v)))


def _twice(v):
    """Two steps; where the next state is the same one, the second sees the first."""
    Q = v.Q.copy()
    Q[v.s, v.a] = v.new
    again = _named(Q, (v.s, v.a, v.r, v.n, v.d), v.alpha, v.g)
    return again.new


MISTAKES = [
    Mistake(key, SAYS[key], table(gives), costs)
    for table, known in ((_to_target, TARGETS), (_to_entry, STEPS), (_updates, PLACES))
    for key, costs, gives in known
]


def _cases(rng):
    by_hand = np.array([[2.0, 1.0, -1.0], [0.0, 4.0, 3.0], [5.0, -2.0, 6.0], [-3.0, -5.0, -4.5]])
    Q = (rng.permutation(np.linspace(-9, 9, 24)) + rng.uniform(-0.3, 0.3, 24)).round(2).reshape(6, 4)
    alpha, gamma = (round(float(rng.uniform(*limits)), 2) for limits in ((0.2, 0.4), (0.6, 0.85)))
    s, n, m = int(rng.integers(4, 6)), *rng.permutation(4)[:2].tolist()
    a, b = (int((row.argmax() + rng.integers(1, 4)) % 4) for row in (Q[n], Q[s]))  # not the best next action
    r = round(float(rng.uniform(1, 3)), 2)

    def case(name, proves, Q, transitions, alpha, gamma):
        return Case(name, proves, {"Q": Q, "transitions": transitions, "alpha": alpha, "gamma": gamma})

    return [
        case("by hand: Q[s, a] = 2, r = 3, the best next value 6, alpha = 0.25, gamma = 0.5",
             STEP + TARGET, by_hand, [(0, 0, 3.0, 2, False)], 0.25, 0.5),
        case("by hand: Q[s, a] = 5, r = 1, the episode ended, alpha = 0.25",
             ENDED, by_hand, [(2, 0, 1.0, 1, True)], 0.25, 0.5),
        case("the episode goes on", STEP + TARGET + ONLY, Q, [(s, a, r, n, False)], alpha, gamma),
        case("the next state is the same state", STEP + TARGET, Q, [(s, b, -1, s, False)], alpha, gamma),
        case("all next values are negative", TARGET, by_hand, [(1, 2, 1, 3, False)], 0.5, 0.8),
        case("alpha = 1", STEP, Q, [(n, 0, r, s, False)], 1.0, gamma),
        case("two updates, then the end", ENDED, Q, [(s, a, r, n, False), (n, b, 0, m, False), (m, a, -r, s, True)],
             alpha, gamma),
    ]  # fmt: skip


def _call(q_update, values):
    Q, alpha, gamma = values["Q"], values["alpha"], values["gamma"]
    for state, action, reward, next_state, terminated in values["transitions"]:
        q_update(Q, state, action, reward, next_state, terminated, alpha, gamma)
    return {"Q": student.array(Q, "Q, after the call,")}


REFERENCE = _to_entry(lambda v: v.new)
q_update = sure_check("q_update", BEHAVIOURS, _cases, REFERENCE, MISTAKES, returns=("Q",), call=_call)
