"""The check of ``value_iteration``: V(s) = max over a of Q(s, a), swept until it changes by no more than a tolerance.

Any order of sweeps is right, so what is judged is how much one more sweep would change the result. The student's own
``bellman_backup`` is replaced by a right one while the check runs: a mistake there is paid for there.
"""

from contextlib import contextmanager
from types import SimpleNamespace

import numpy as np

from dqn_course.checks import student
from dqn_course.checks.core import Behaviour, Case, Check, Finding, rows

BEHAVIOURS = (
    Behaviour("backup", 1, "the value of a state is that of its best action"),
    Behaviour("converged", 1, "sweep after sweep, until the values have settled"),
    Behaviour("tolerance", 0.5, "the tolerance decides when, however small it is", needs=("converged",)),
    Behaviour("clean", 0.5, "one array of shape (S,), and P stays as it was", needs=("backup",)),
)
ALL = tuple(behaviour.name for behaviour in BEHAVIOURS)
PATIENCE = 2000, 11
"""So many sweeps are let through, and so many times those that the tolerance asks for: more is a loop without end."""
ROUNDING = 1e-5
"""Relative size of a change that float32, or np.allclose, takes for none."""
LOW = -1, -10, -100
"""Numbers with which the search for the largest value is started by mistake; some values are lower."""

MISTAKES = (
    ("minimum", lambda m: (m.R, m.T, m.gamma, lambda q: q.min(1))),
    ("mean", lambda m: (m.R, m.T, m.gamma, lambda q: q.mean(1))),
    ("sum", lambda m: (m.R, m.T, m.gamma, lambda q: q.sum(1))),
    ("one_action", lambda m: (m.R, m.T, m.gamma, lambda q: q[:, 0])),
    ("one_action", lambda m: (m.R, m.T, m.gamma, lambda q: q[:, -1])),
    ("no_negative", lambda m: (m.R, m.T, m.gamma, lambda q: np.maximum(q.max(1), 0))),
    *(("search_start", lambda m, low=low: (m.R, m.T, m.gamma, lambda q: np.maximum(q.max(1), low))) for low in LOW),
    ("best_carried", lambda m: (m.R, m.T, m.gamma, lambda q: np.maximum.accumulate(q.max(1)))),
    ("absolute", lambda m: (m.R, m.T, m.gamma, lambda q: np.abs(q).max(1))),
    ("action_numbers", lambda m: (m.R, m.T, m.gamma, lambda q: q.argmax(1))),
    ("no_mask", lambda m: (m.R, m.T + m.T_ended, m.gamma, lambda q: q.max(1))),
    ("inverted_mask", lambda m: (m.R, m.T_ended, m.gamma, lambda q: q.max(1))),
    ("reward_masked", lambda m: (m.R - m.R_ended, m.T, m.gamma, lambda q: q.max(1))),
    ("no_discount", lambda m: (m.R, m.T, 1.0, lambda q: q.max(1))),
    *(("fixed_gamma", lambda m, g=g: (m.R, m.T, g, lambda q: q.max(1))) for g in (0.9, 0.95, 0.99)),
    ("whole_numbers", lambda m: (m.R, m.T, m.gamma, lambda q: np.trunc(q.max(1)))),
)
"""Known mistakes as (R, T, gamma, how V(s) comes from Q(s, .)), from the matrices m of ``_matrices``."""

SAYS = {
    "minimum": "This takes the worst action of each state. The agent takes the best: max.",
    "mean": "This takes the mean over the actions. The agent takes the best: max.",
    "sum": "This adds up the values of all actions. The agent takes the best alone: max.",
    "one_action": "This looks at one action only, the first or the last. Compare all of them: max.",
    "no_negative": "A negative value counts as 0 here. Does the search for the best action start at 0? Start it at "
    "-infinity, or take max over all actions.",
    "search_start": "Lower values than some number never come out. Where does the search for the best action start? "
    "Start it at -np.inf, or take max over all actions.",
    "best_carried": "The best value of one state is carried over to the next. Start the search anew in every state.",
    "overwritten": "Each action's value replaces that of the action before, so the last one stays. Keep the largest: "
    "max.",
    "all_actions": "`bellman_backup` gets all actions of a state here. Give it the transitions of one: `P[s][a]`.",
    "no_entry": "P has no entry {}. This world has {} states with {} actions each: go over them with `for s in P` and "
    "`for a in P[s]`.",
    "absolute": "This takes absolute values. Values may be negative; their sign counts.",
    "action_numbers": "These are numbers of actions, not values: max, not argmax.",
    "no_mask": "`terminated` is not used. Where the episode ends there is no next value.",
    "inverted_mask": "The mask is the wrong way round: the next value counts where the episode goes on.",
    "reward_masked": "Where the episode ends, the reward is dropped too. Only the next value is.",
    "no_discount": "The next value is not discounted. Multiply it by `gamma`.",
    "fixed_gamma": "The discount is the same whatever the argument says. Use `gamma`.",
    "whole_numbers": "The fractions are cut off. Make V an array of floats: `np.zeros(len(P))`.",
    "zeros": "All values are 0. Does a sweep happen at all, and does V take the new values?",
    "stopped_early": "The sweeps stop too soon: one more would change a value by {:.2g}, and the tolerance is {:g}. Go "
    "on until the largest change of a whole sweep, up or down, is no more than the tolerance.",
    "same_array": "These are the values after the first sweep. Is the old V kept as a copy? `old = V` is the same "
    "array under another name; `V.copy()` is a new one. Changes count downwards too: take their absolute value.",
    "state_left_out": "One state is left out of the sweeps, the first or the last. Go over all of them: `for s in P`.",
    "rounded": "The values are rounded. Return them as they are; rounding is for showing.",
    "first_states": "Only the first states have a value. Is the `return` inside the loop over the states?",
    "coarse_tolerance": "With tolerance = {1:g}, one more sweep would change a value by {0:.2g}. The tolerance is an "
    "argument: use it as it is.",
    "endless": "After thousands of sweeps there is no end. Is the largest change set back to 0 before every sweep, is "
    "it measured against the values of the sweep before, and do the new values become V?",
    "q_values": "This is one value for each action, shape {}. Take the best of each state, shape ({},).",
    "wrong_shape": "The result should have the shape ({1},), one value a state; it has the shape {0}.",
    "not_finite": "Values have grown without limit. Is the next value multiplied by `gamma`, and V replaced, not added "
    "to, in every sweep?",
    "wrong_values": "These are not the values of the best policy.",
    "input_changed": "P is not the same after the call. Only read it.",
}
STOPPED = ("stopped_early", "same_array", "first_states")
"""Mistakes that leave right values behind, of too few sweeps."""


class NoEntry(student.AnswerError, KeyError):
    """A state or an action that the rules do not have; an answer may well catch it, as any KeyError."""

    __str__ = Exception.__str__


class Rules(dict):
    """P, or one P[s]: a dict that counts how often it is read, so that an endless loop over it comes to an end."""

    def __init__(self, entries, reads):
        super().__init__(entries)
        self.reads = reads

    def count(self, number=1):
        self.reads.left -= number
        if self.reads.left < 0:
            raise student.AnswerError("endless", SAYS["endless"])

    def __getitem__(self, key):
        self.count()
        if key not in self:
            raise NoEntry("no_entry", SAYS["no_entry"].format(key, *self.reads.size))
        return super().__getitem__(key)

    def __iter__(self):
        self.count()
        return super().__iter__()

    def items(self):
        self.count(len(self))
        return super().items()

    def values(self):
        self.count(len(self))
        return super().values()

    def __deepcopy__(self, memo):
        return Rules({key: list(dict.__getitem__(self, key)) for key in dict.keys(self)}, self.reads)


def backup(transitions, V, gamma):
    """A right ``bellman_backup``."""
    if isinstance(transitions, dict):
        raise student.AnswerError("all_actions", SAYS["all_actions"])
    return sum(p * (r + gamma * (1 - terminated) * V[next_state]) for p, next_state, r, terminated in transitions)


def _cases(rng):
    by_hand = [
        [[(1.0, 0, 0, False)], [(1.0, 1, 0, False)]],
        [[(1.0, 0, 0, False)], [(1.0, 0, 10, True)]],
        [[(1.0, 1, -4, True)], [(1.0, 0, -1, False)]],
    ]
    costs = (-125, -50, -175, -250, -75)
    corridor = [
        [[(1.0, max(s - 1, 0), cost, False)], [(1.0, s + 1, cost, False)], [(1.0, s, cost - 100, False)]]
        for s, cost in enumerate(costs)
    ]
    corridor[4][1] = [(1.0, 0, 60, True)]
    slow = [[[(1.0, 0, 1, False)]], *([[(1.0, s, 0, True)]] for s in (1, 2))]
    tiny = [
        [[(0.5, 0, 3e-6, False), (0.5, 1, 1e-6, False)], [(1.0, 2, -1e-6, False)]],
        [[(1.0, 1, 1e-6, False)], [(0.8, 0, 2e-6, False), (0.2, 2, 0, False)]],
        [[(1.0, 2, 1e-6, False)], [(1.0, 0, -2e-6, False)]],
    ]
    gamma = round(float(rng.uniform(0.8, 0.88)), 2)
    draws = [
        ("by hand: two steps to a reward of 10, gamma = 0.5", ALL[:2] + ALL[3:], by_hand, 0.5, None),
        ("six states, three actions, chance", ALL[:2] + ALL[3:], _random_world(rng), gamma, 1e-6),
        ("a corridor where steps cost something", ALL[:2] + ALL[3:], corridor, 0.9, 1e-6),
        ("a slow world: gamma = 0.998, tolerance = 0.05", ALL[1:2], slow, 0.998, 0.05),
        ("rewards of millionths, tolerance = 1e-11", ALL[2:3], tiny, 0.9, 1e-11),
    ]
    return [
        Case(
            name,
            proves,
            {"P": {s: dict(enumerate(actions)) for s, actions in enumerate(P)}, "gamma": g, "tolerance": t},
        )
        for name, proves, P, g, t in draws
    ]


def _random_world(rng, states=6, actions=3):
    """Rules as nested lists. Each action ends the episode with some chance, and leads to two other states."""

    def line():
        end = round(float(rng.uniform(0.1, 0.25)), 2)
        there, back, ended = rng.permutation(states)[:3].tolist()
        rewards = rng.uniform(0.2, 4, 3).round(2).tolist()
        chances = (0.6 * (1 - end), 0.4 * (1 - end), end)
        return list(zip(chances, (there, back, ended), rewards, (False, False, True)))

    return [[line() for _ in range(actions)] for _ in range(states)]


def _load(answer):
    return SimpleNamespace(function=student.function(answer), endless=False)


def _call(answer, values):
    if answer.endless:  # a loop without an end takes long: one is enough
        raise student.AnswerError("endless", SAYS["endless"])
    m = _matrices(values)
    sweeps = max(PATIENCE[0], PATIENCE[1] * _sweeps(m))
    reads = SimpleNamespace(left=sweeps * (2 * m.R.size + 3 * len(m.R)), size=m.R.shape)
    lines = {s: {a: [tuple(t) for t in line] for a, line in actions.items()} for s, actions in values["P"].items()}
    P = Rules({s: Rules(actions, reads) for s, actions in lines.items()}, reads)
    tolerance = () if values["tolerance"] is None else (values["tolerance"],)
    try:
        with _given_backup(answer.function):
            V = answer.function(P, values["gamma"], *tolerance)
    except student.AnswerError as error:
        answer.endless = error.key == "endless"
        raise
    after = {s: {a: list(line) for a, line in dict.items(actions)} for s, actions in dict.items(P)}
    return {"V": student.array(V, "value_iteration"), "P": after}


@contextmanager
def _given_backup(function):
    """The function's name ``bellman_backup``, where it has one outside its own cell, stands for a right one."""
    names = getattr(function, "__globals__", {})
    theirs = names.get("bellman_backup")
    if theirs is None:
        yield
        return
    names["bellman_backup"] = backup
    try:
        yield
    finally:
        names["bellman_backup"] = theirs


def _judge(values, output):
    m, got = _matrices(values), output["V"]
    states, actions = m.R.shape
    if not _same(values["P"], output["P"]):
        yield Finding("input_changed", ("clean",), SAYS["input_changed"])
    if got.shape != (states,):
        only = got.size == states
        key = "q_values" if got.shape == (states, actions) and not only else "wrong_shape"
        yield Finding(key, ("clean",) if only else ALL, SAYS[key].format(got.shape, states))
        if not only:
            return
        got = got.reshape(states)
    if not np.isfinite(got).all():
        yield Finding("not_finite", (), SAYS["not_finite"])
        return
    best = _best_values(m)
    change = np.abs(_sweep(m, got) - got).max()
    if change <= 1.5 * m.tolerance + ROUNDING * np.abs(best).max():
        return
    shown = rows([f"V[{s}]" for s in range(states)], best, got)
    shown = shown if np.abs(best).max() > 1e-3 else ()
    if m.gamma > 0.99 or m.tolerance < 1e-9:  # every known mistake shows better elsewhere, but for stopping too soon
        below = np.all(np.abs(got) <= np.abs(best) + 1e-9)
        key = "wrong_values" if not below else "stopped_early" if m.gamma > 0.99 else "coarse_tolerance"
        yield Finding(key, (), SAYS[key].format(change, m.tolerance), shown, named=False, could_be=tuple(SAYS))
        return
    keys = sorted(dict.fromkeys(_explanations(m, got)), key=lambda key: key not in STOPPED) or ["wrong_values"]
    costs = ("converged",) if keys[0] in STOPPED else ("backup", "converged")
    says = SAYS[keys[0]].format(change, m.tolerance)
    named = len(keys) == 1 and keys != ["wrong_values"]
    yield Finding(keys[0], costs, says, shown, named=named, could_be=tuple(keys))


def _explanations(m, got):
    """The keys of the mistakes that lead to these values."""

    def same(V):
        return np.allclose(got, V, rtol=1e-5, atol=2e-5)

    def same_as(V):
        return np.allclose(got, V, rtol=1e-9, atol=1e-12)

    if not got.any():
        yield "zeros"
    yield from (key for key, change in MISTAKES if same(_settled(*change(m))))
    for left_out in (0, len(got) - 1):
        if same(_without(m, left_out)):
            yield "state_left_out"
    if any(same_as(np.round(_best_values(m), digits)) for digits in (0, 1, 2, 3)):
        yield "rounded"
    if same(_greedy(m)):
        yield "action_numbers"
    if same(_overwritten(m)):
        yield "overwritten"
    together, in_place = np.zeros(len(got)), np.zeros(len(got))
    for number in range(60):
        together = _sweep(m, together)
        for s in range(len(got)):
            in_place[s] = _sweep(m, in_place)[s]
            if (
                number == 0
                and s < len(got) - 1
                and (same(in_place) or same(np.where(np.arange(len(got)) <= s, together, 0)))
            ):
                yield "first_states"
        if same(together) or same(in_place):
            yield "same_array" if number == 0 else "stopped_early"


def _matrices(values):
    """The rules as arrays: R (S, A) the mean reward; T (S, A, S) the chance to go on in each next state;
    ``R_ended``, ``T_ended`` the same of the transitions that end the episode."""
    P, states, actions = values["P"], len(values["P"]), len(values["P"][0])
    m = SimpleNamespace(gamma=values["gamma"], tolerance=values["tolerance"] or 1e-6)
    m.R, m.R_ended = np.zeros((2, states, actions))
    m.T, m.T_ended = np.zeros((2, states, actions, states))
    for s in range(states):
        for a in range(actions):
            for p, next_state, r, terminated in P[s][a]:
                m.R[s, a] += p * r
                m.R_ended[s, a] += p * r * terminated
                (m.T_ended if terminated else m.T)[s, a, next_state] += p
    return m


def _sweep(m, V):
    return (m.R + m.gamma * m.T @ V).max(1)


def _best_values(m):
    """V*, by policy iteration: solve for the values of a policy, take the better actions, until none is better."""
    policy = np.zeros(len(m.R), int)
    for _ in range(100):
        here = np.arange(len(policy))
        V = np.linalg.solve(np.eye(len(policy)) - m.gamma * m.T[here, policy], m.R[here, policy])
        Q = m.R + m.gamma * m.T @ V
        better = Q.max(1) > Q[here, policy] + 1e-12 * np.abs(V).max()
        if not better.any():
            break
        policy = np.where(better, Q.argmax(1), policy)
    return V


def _greedy(m):
    return (m.R + m.gamma * m.T @ _best_values(m)).argmax(1)


def _settled(R, T, gamma, readout, sweeps=250):
    """Where the sweeps of a mistake lead to; inf where nowhere."""
    V = np.zeros(len(R))
    for _ in range(sweeps):
        V = readout(R + gamma * T @ V)
    return np.where(np.abs(V) < 1e6, V, np.inf)


def _without(m, state, sweeps=250):
    """Where sweeps lead that leave out a state, whose value stays 0."""
    V = np.zeros(len(m.R))
    for _ in range(sweeps):
        V = np.where(np.arange(len(V)) == state, 0, _sweep(m, V))
    return V


def _overwritten(m, sweeps=250):
    """Where sweeps lead that write the value of every action into V, one after the other."""
    V = np.zeros(len(m.R))
    for _ in range(sweeps):
        for s, a in np.ndindex(m.R.shape):
            V[s] = m.R[s, a] + m.gamma * m.T[s, a] @ V
    return V


def _sweeps(m):
    """How many sweeps a right answer needs, at most: the changes shrink by gamma at every sweep."""
    largest = np.abs(m.R).max()
    return 2 + int(np.ceil(np.log(m.tolerance / largest) / np.log(m.gamma)))


def _same(before, after):
    """Are two rules the same, whether their lines are tuples or lists?"""
    if before.keys() != after.keys():
        return False
    for s, actions in before.items():
        if actions.keys() != after[s].keys():
            return False
        if any([list(t) for t in line] != [list(t) for t in after[s][a]] for a, line in actions.items()):
            return False
    return True


value_iteration = Check("value_iteration", BEHAVIOURS, _cases, _call, _judge, _load)
