"""The check of ``bellman_backup``: Q(s, a) = sum of p * (r + gamma * (1 - d) * V(s')) over what may happen."""

import numpy as np

from dqn_course.checks.core import Behaviour, Case
from dqn_course.checks.formula import Mistake, caller
from dqn_course.checks.lesson_05_sure import sure_check

BEHAVIOURS = (
    Behaviour("next_value", 1, "the reward plus the discounted value of the next state; V stays as it was"),
    Behaviour("expectation", 1, "the mean over all that may happen, weighted with the probabilities"),
    Behaviour("terminated", 1, "where the episode ends, the reward alone"),
)
VALUE, EXPECTATION, ENDED = ("next_value",), ("expectation",), ("terminated",)


def _columns(transitions):
    """p, next_state, r, terminated as arrays (N,), terminated as 0.0 and 1.0."""
    p, s, r, d = np.array(transitions, float).T
    return p, s.astype(int), r, d


def _backup(p, s, r, d, V, g):
    return np.sum(p * (r + g * (1 - d) * V[s]))


def _before_the_end(p, s, r, d, V, g, included):
    """The backup of the transitions before the first that ends the episode, and of that one if ``included``."""
    count = int(np.argmax(d)) + included if d.any() else len(d)
    return _backup(p[:count], s[:count], r[:count], d[:count], V, g)


def _last_to_each_state(p, s, r, d, V, g):
    """What is left when a dict with next states as keys swallows all but the last transition to each."""
    last = list({state: i for i, state in enumerate(s)}.values())
    return _backup(p[last], s[last], r[last], d[last], V, g)


GIVES = (
    ("no_mask", ENDED, lambda p, s, r, d, V, g: np.sum(p * (r + g * V[s]))),
    ("reward_masked", ENDED, lambda p, s, r, d, V, g: np.sum(p * (1 - d) * (r + g * V[s]))),
    ("stops_at_end", ENDED, lambda *values: _before_the_end(*values, included=0)),
    ("stops_at_end", ENDED, lambda *values: _before_the_end(*values, included=1)),
    ("returns_at_end", ENDED, lambda p, s, r, d, V, g: r[d == 1][0]),
    ("not_weighted_end", ENDED, lambda p, s, r, d, V, g: np.sum(np.where(d, r, p * (r + g * V[s])))),
    ("absolute", VALUE, lambda p, s, r, d, V, g: np.sum(p * (r + g * (1 - d) * np.abs(V[s])))),
    ("no_negative", VALUE, lambda p, s, r, d, V, g: np.sum(p * (r + g * (1 - d) * np.maximum(V[s], 0)))),
    ("no_probability", EXPECTATION, lambda p, s, r, d, V, g: np.sum(r + g * (1 - d) * V[s])),
    ("plain_mean", EXPECTATION, lambda p, s, r, d, V, g: np.mean(r + g * (1 - d) * V[s])),
    ("divided_again", EXPECTATION, lambda p, s, r, d, V, g: _backup(p, s, r, d, V, g) / len(p)),
    ("probability_on_reward", EXPECTATION, lambda p, s, r, d, V, g: np.sum(p * r + g * (1 - d) * V[s])),
    ("probability_on_value", EXPECTATION, lambda p, s, r, d, V, g: np.sum(r + p * g * (1 - d) * V[s])),
    ("largest", EXPECTATION, lambda p, s, r, d, V, g: np.max(r + g * (1 - d) * V[s])),
    ("largest", EXPECTATION, lambda p, s, r, d, V, g: np.max(p * (r + g * (1 - d) * V[s]))),
    ("most_likely", EXPECTATION, lambda p, s, r, d, V, g: (r + g * (1 - d) * V[s])[p.argmax()]),
    ("last_alone", EXPECTATION, lambda p, s, r, d, V, g: (p * (r + g * (1 - d) * V[s]))[-1]),
    ("last_alone", EXPECTATION, lambda p, s, r, d, V, g: (r + g * (1 - d) * V[s])[-1]),
    ("first_alone", EXPECTATION, lambda p, s, r, d, V, g: (p * (r + g * (1 - d) * V[s]))[0]),
    ("first_alone", EXPECTATION, lambda p, s, r, d, V, g: (r + g * (1 - d) * V[s])[0]),
    ("same_state_lost", EXPECTATION, _last_to_each_state),
    ("no_discount", VALUE, lambda p, s, r, d, V, g: np.sum(p * (r + (1 - d) * V[s]))),
    *(("fixed_gamma", VALUE, lambda *v, fixed=fixed: _backup(*v[:5], fixed)) for fixed in (0.5, 0.9, 0.95, 0.99)),
    ("reward_discounted", VALUE, lambda p, s, r, d, V, g: np.sum(p * g * (r + (1 - d) * V[s]))),
    ("discounted_twice", VALUE, lambda p, s, r, d, V, g: _backup(p, s, r, d, V, g * g)),
    ("subtracted", VALUE, lambda p, s, r, d, V, g: _backup(p, s, r, d, V, -g)),
    ("no_next_value", VALUE, lambda p, s, r, d, V, g: np.sum(p * r)),
    ("inverted_mask", VALUE + ENDED, lambda p, s, r, d, V, g: np.sum(p * (r + g * d * V[s]))),
    ("bitwise_mask", VALUE + ENDED, lambda p, s, r, d, V, g: np.sum(p * (r + g * (-1 - d) * V[s]))),
    ("no_reward", VALUE + ENDED, lambda p, s, r, d, V, g: _backup(p, s, 0 * r, d, V, g)),
    ("order", VALUE + ENDED + EXPECTATION, lambda p, s, r, d, V, g: np.sum(p * (d + g * (1 - r) * V[s]))),
    ("state_number", VALUE, lambda p, s, r, d, V, g: np.sum(p * (r + g * (1 - d) * s))),
    ("best_state", VALUE, lambda p, s, r, d, V, g: np.sum(p * (r + g * (1 - d) * V.max()))),
    ("by_position", VALUE, lambda p, s, r, d, V, g: np.sum(p * (r + g * (1 - d) * V[: len(p)]))),
    ("whole_v", VALUE, lambda p, s, r, d, V, g: p @ r + g * (p @ (1 - d)) * V),
    ("terms", EXPECTATION, lambda p, s, r, d, V, g: p * (r + g * (1 - d) * V[s])),
    ("whole_numbers", VALUE, lambda p, s, r, d, V, g: int(_backup(p, s, r, d, V, g))),
)
"""What known mistakes cost, and what they return for the columns p, s (next state), r, d, and V, g (gamma)."""

SAYS = {
    "no_mask": "`terminated` is not used. Where the episode ends there is no next value: is (1 - terminated) missing?",
    "inverted_mask": "The mask is the wrong way round: the next value counts where the episode ended, and not where it "
    "goes on. The factor is (1 - terminated).",
    "bitwise_mask": "`~` on True and False gives -2 and -1. The factor is (1 - terminated).",
    "reward_masked": "Where the episode ends, the reward is dropped too. Only the next value is.",
    "stops_at_end": "The sum stops at the first transition that ends the episode. Go on with the next: each of them "
    "may happen.",
    "returns_at_end": "At a transition that ends the episode, its reward is returned. It is one of several that may "
    "happen: weigh it with p, add it, and go on.",
    "not_weighted_end": "Where the episode ends, the reward is not multiplied by p.",
    "no_probability": "The probabilities are not used. Multiply each transition by its p.",
    "plain_mean": "All transitions count alike. Multiply each by its p instead of dividing by how many there are.",
    "divided_again": "The sum is divided by the number of transitions. The probabilities add up to 1 already.",
    "probability_on_reward": "Only the reward is multiplied by p. The next value is too: p * (r + gamma * ...).",
    "probability_on_value": "Only the next value is multiplied by p. The reward is too: p * (r + gamma * ...).",
    "largest": "This takes the best of what may happen. Chance decides here, not the agent: add up all of it.",
    "most_likely": "This takes the most likely transition alone. Add up all of them.",
    "last_alone": "Only the last transition counts. Add up in the loop: `+=`, not `=`.",
    "first_alone": "Only the first transition counts. Is the `return` inside the loop?",
    "same_state_lost": "Where two transitions lead to the same state, one is lost. Both may happen: add both.",
    "no_discount": "The next value is not discounted. Multiply it by `gamma`.",
    "fixed_gamma": "The discount is the same whatever the argument says. Use `gamma`.",
    "reward_discounted": "The reward is discounted too. Only the next value is multiplied by `gamma`.",
    "discounted_twice": "The next value is discounted twice. Multiply it by `gamma` once.",
    "subtracted": "The next value is subtracted. It is added to the reward.",
    "no_next_value": "This is the reward alone. Where the episode goes on, add gamma times the next state's value.",
    "no_reward": "The reward is missing in the sum.",
    "order": "r and terminated are swapped. A transition is (p, next_state, r, terminated).",
    "absolute": "The next value has lost its sign. Values may be negative.",
    "no_negative": "A negative next value counts as 0 here. Its sign counts.",
    "state_number": "This uses the number of the next state instead of its value. Take `V[next_state]`.",
    "best_state": "This takes the largest of all values. A transition leads to one state: take `V[next_state]`.",
    "by_position": "This takes V at the transition's place in the list. Take it at the next state: `V[next_state]`.",
    "whole_v": "These are values for all states. A transition leads to one state: take `V[next_state]`.",
    "terms": "These are the parts of the sum, one a transition. Add them up.",
    "whole_numbers": "The fraction is cut off. Return the sum as it is.",
}


def _on_columns(gives):
    return lambda transitions, V, gamma: gives(*_columns(transitions), V, gamma)


def _cases(rng):
    by_hand = np.array([4.0, -6.0, 5.0, 7.0])
    V = (rng.permutation([-8.3, -3.6, 1.7, 4.9, 7.2, 12.4]) + rng.uniform(-0.4, 0.4, 6)).round(2)
    gamma = round(float(rng.uniform(0.6, 0.85)), 2)
    states = rng.permutation(6)

    def drawn(p, next_states, ended):
        r = (rng.uniform(0.5, 4, len(p)) * rng.permutation(np.resize([-1, 1], len(p)))).round(2)
        if len(p) == 4:  # the first, the most likely, the best and the last are four different ones
            value = r + gamma * V[next_states]
            r[2] += (value.max() - value[2] + 1).round(2)
        return list(zip(p, next_states.tolist(), r.tolist(), ended))

    two = [(0.75, 0, 2.0, False), (0.25, 2, 5.5, False)]
    twice = drawn([0.1, 0.4, 0.3, 0.2], states[[0, 1, 0, 2]], [False] * 4)
    mixed = drawn([0.1, 0.25, 0.2, 0.3, 0.15], states[:5], [False, False, True, False, True])
    draws = [
        ("by hand: always to state 2, with reward 2", VALUE, [(1.0, 2, 2, False)], by_hand, 0.8),
        ("by hand: always the end, with reward 5", ENDED, [(1.0, 1, 5, True)], by_hand, 0.8),
        ("by hand: 0.75 to state 0, reward 2; 0.25 to state 2, reward 5.5", EXPECTATION, two, by_hand, 0.5),
        (
            "by hand: always to state 1, which is worth less than nothing, with reward 2",
            VALUE,
            [(1.0, 1, 2, False)],
            by_hand,
            0.8,
        ),
        ("one transition", VALUE, drawn([1.0], states[3:4], [False]), V, gamma),
        ("four transitions, two of them to one state", EXPECTATION, twice, V, gamma),
        ("five transitions, two of them end the episode", ENDED, mixed, V, gamma),
    ]
    return [Case(name, proves, {"transitions": t, "V": v, "gamma": g}) for name, proves, t, v, g in draws]


def _call(function, values):
    transitions = [tuple(transition) for transition in values["transitions"]]  # they are lists when read from a file
    return caller("bellman_backup")(function, {**values, "transitions": transitions})


bellman_backup = sure_check(
    "bellman_backup",
    BEHAVIOURS,
    _cases,
    _on_columns(_backup),
    [Mistake(key, SAYS[key], _on_columns(gives), costs) for key, costs, gives in GIVES],
    call=_call,
    keeps="next_value",
    wrong="This is not the sum of `p * (r + gamma * (1 - terminated) * V[next_state])`.",
)
