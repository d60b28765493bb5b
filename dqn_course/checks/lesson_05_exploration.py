"""The check of ``epsilon_greedy``, which asks many times and counts the answers."""

import numpy as np

from dqn_course.checks import student
from dqn_course.checks.core import Behaviour, Case, Check, Finding

BEHAVIOURS = (
    Behaviour("greedy", 0.5, "epsilon 0: always the action of the largest value"),
    Behaviour("random", 1, "with chance epsilon one of all actions, all equally likely"),
    Behaviour("clean", 0.5, "a whole number, by chance from `rng` alone; q_values stay as they were"),
)
CALLS = {0.0: 50, 1.0: 1500, 0.4: 1500}
"""How often each epsilon is tried."""
AGAIN = 60
LIMIT = 6
"""Standard deviations that a share may be off; a right answer exceeds them once in some hundred million checks."""
UNEVEN = 45
"""Limit of chi-squared for five equally likely things, with about the same chance to exceed it."""

GREEDY = {
    "best": lambda q: q.argmax(1),
    "smallest": lambda q: q.argmin(1),
    "farthest": lambda q: np.abs(q).argmax(1),
}
"""What is taken with epsilon 0: right, or by mistake, from tables q (calls, A)."""

SAYS = {
    "smallest": "This takes the action of the smallest value. The best action has the largest: argmax.",
    "farthest": "This takes the action whose value is farthest from 0. The best action has the largest value: argmax.",
    "value": "This returns the value of the best action. Return its number: argmax, not max.",
    "not_greedy": "With epsilon = 0 this is not always the action of the largest value.",
    "always_random": "All actions are random, even with epsilon = 0. There the best action is always taken.",
    "reversed": "Epsilon is the wrong way round. It is the chance of a random action, so with epsilon = 0 the best "
    "action is always taken: explore `if rng.random() < epsilon`.",
    "always_greedy": "The best action is always taken, even with epsilon = 1. There all actions are random: compare "
    "`rng.random()` with `epsilon`.",
    "same_action": "With epsilon = 1 the same action comes every time. Does the function make a new generator, or set "
    "a seed? Draw from `rng`.",
    "non_greedy": "A random action is never the best one. Draw from all actions: the best one may come up too.",
    "missing_action": "With epsilon = 1, action {} never comes up. Draw from all of them: "
    "`rng.integers(len(q_values))` gives 0 to A - 1.",
    "weighted": "With epsilon = 1, some actions come up more often than others. All must be equally likely.",
    "wrong_epsilon": "With epsilon = {}, about {:.0%} of the actions are random. Explore `if rng.random() < epsilon`: "
    "a new random number between 0 and 1 every time.",
    "fixed_epsilon": "About {:.0%} of the actions are random, whatever epsilon is. Compare with `epsilon`.",
    "out_of_range": "This returns action {}. With {} values the actions are 0 to {}.",
    "not_whole": "This returns {}. An action is a whole number.",
    "one_array": "This returns an array of shape {}. Return one number.",
    "other_source": "With the same generator as before, this takes other actions. All chance must come from `rng`, "
    "nothing from `random` or `np.random`.",
    "input_changed": "q_values are not the same after the call. Only read them.",
}


def _cases(rng):
    """Five tables of five values, with the best action in each place; all values below zero where it is action 3."""
    q = np.array([-3.6, -1.7, 0.6, 1.3, 2.2]) + rng.uniform(-0.2, 0.2, 5).round(2)
    q = rng.permutation(q)
    tables = np.stack([np.roll(q, shift - q.argmax()) for shift in rng.permutation(5)])
    best = tables.argmax(1)
    tables[best == 1] += 2
    tables[best == 3] -= 6
    values = {"q_values": tables, "seed": int(rng.integers(1_000_000))}
    return [Case("many calls", tuple(behaviour.name for behaviour in BEHAVIOURS), values)]


def _call(epsilon_greedy, values):
    def ask(epsilon, calls):
        """The answers to ``calls`` calls, one table after the other, all with one generator."""
        rng, answers = np.random.default_rng(values["seed"]), []
        for number in range(calls):
            given = values["q_values"][number % len(values["q_values"])]
            q_values = given.copy()
            answer = epsilon_greedy(q_values, epsilon, rng)
            action = student.array(answer, "epsilon_greedy")
            if action.size != 1:
                raise student.AnswerError("one_array", SAYS["one_array"].format(action.shape))
            answers.append(float(action.reshape(())))
            seen["changed"] |= not np.array_equal(q_values, given)
            if action.ndim:
                seen["shape"] = str(action.shape)
            if np.asarray(answer).dtype.kind not in "iu":
                seen["kind"] = student.named(answer)
        return np.array(answers)

    seen = {"changed": False, "shape": "", "kind": ""}
    answers = [ask(epsilon, calls) for epsilon, calls in CALLS.items()]
    return {"answers": answers, "again": ask(0.4, AGAIN), **seen}


def _judge(values, output):
    tables = values["q_values"]
    size = tables.shape[1]
    answers, asked = dict(zip(CALLS, output["answers"])), {}
    for epsilon, actions in answers.items():
        if actions.shape != (CALLS[epsilon],):
            raise ValueError("answers are missing")
        asked[epsilon] = tables[np.arange(len(actions)) % len(tables)]  # (calls, A)
        if epsilon == 0.0 and np.allclose(actions, asked[epsilon].max(1)):
            yield Finding("value", ("greedy", "clean"), SAYS["value"])
            return
        parts = actions[actions != np.round(actions)]
        if parts.size:
            yield Finding("not_whole", (), SAYS["not_whole"].format(f"{parts[0]:.4g}"))
            return
        outside = actions[(actions < 0) | (actions >= size)]
        if outside.size:
            costs = ("random", "clean") if epsilon else ()
            yield Finding("out_of_range", costs, SAYS["out_of_range"].format(f"{outside[0]:g}", size, size - 1))
            return
    greedy = next((key for key, choose in GREEDY.items() if np.array_equal(answers[0.0], choose(asked[0.0]))), None)
    choose = GREEDY[greedy or "best"]
    random_share = {
        epsilon: float(np.mean(actions != choose(asked[epsilon])) * size / (size - 1))
        for epsilon, actions in answers.items()
    }
    if greedy != "best":
        varies = len(np.unique(answers[0.0][:: len(tables)])) > 1  # for one and the same table
        yield from _judge_greedy(greedy, random_share, varies)
    if random_share[0.0] < 0.5 or random_share[1.0] > 0:  # else it is reversed, which is said already
        ranks = asked[1.0].argsort(1).argsort(1)[np.arange(CALLS[1.0]), answers[1.0].astype(int)]
        yield from _judge_random(answers[1.0], ranks, random_share, size)
    yield from _judge_clean(answers[0.4], output)


def _judge_greedy(greedy, random_share, varies):
    """Epsilon 0, where it is not the best action every time."""
    if greedy:
        key = greedy
    elif random_share[1.0] == 0:
        key = "reversed"
    elif varies and random_share[0.4] > 0.85 and random_share[0.0] > 0.5:
        key = "always_random"
    else:
        key = "not_greedy"
    costs = ("greedy", "random") if key in ("reversed", "always_random") else ("greedy",)
    yield Finding(key, costs, SAYS[key])


def _judge_random(actions, ranks, random_share, size):
    """Epsilon 1: every action alike. Epsilon 0.4: the best in 0.6 of the calls, and in its part of the others."""
    counts, of_ranks = (np.bincount(what.astype(int), minlength=size) for what in (actions, ranks))
    rows = [(f"epsilon = 1, share of action {a}", 1 / size, counts[a] / len(actions)) for a in range(size)]
    key, details = "", ()
    if not any(random_share.values()):
        key, rows = "always_greedy", []
    elif counts.max() == len(actions):
        key, rows = "same_action", []
    elif of_ranks[-1] == 0:
        key, rows = "non_greedy", [("epsilon = 1, share of the best action", 1 / size, 0.0)]
    elif counts.min() == 0:
        key, details = "missing_action", (int(counts.argmin()),)
    elif _uneven(of_ranks[:-1]) or _uneven(counts):
        key = "weighted"
    if key:
        yield Finding(key, ("random",), SAYS[key].format(*details), _shown(rows))
        return
    tried = [1.0, 0.4] if random_share[0.0] == 0 else [1.0]  # where epsilon 0 is random, 0.4 tells nothing new
    wrong = [epsilon for epsilon in tried if abs(random_share[epsilon] - epsilon) > _allowed(epsilon, size)]
    if not wrong:
        return
    share = 1 - 1 / size
    rows = [
        (f"epsilon = {epsilon:g}, share of the best action", 1 - epsilon * share, 1 - random_share[epsilon] * share)
        for epsilon in tried
    ]
    fixed = random_share[0.0] > 0 and abs(random_share[1.0] - random_share[0.4]) < 0.1
    key = "fixed_epsilon" if fixed else "wrong_epsilon"
    details = (random_share[1.0],) if fixed else (f"{wrong[0]:g}", random_share[wrong[0]])
    yield Finding(key, ("random",), SAYS[key].format(*details), _shown(rows))


def _judge_clean(actions, output):
    if not np.array_equal(output["again"], actions[:AGAIN]):
        yield Finding("other_source", ("clean",), SAYS["other_source"])
    for key, said in (("one_array", output["shape"]), ("not_whole", output["kind"])):
        if said:
            yield Finding(key, ("clean",), SAYS[key].format(said))
    if output["changed"]:
        yield Finding("input_changed", ("clean",), SAYS["input_changed"])


def _uneven(counts):
    """Do the counts differ by more than chance explains?"""
    mean = counts.mean()
    return np.sum((counts - mean) ** 2) / mean > UNEVEN


def _allowed(epsilon, size):
    """How far the share of random actions may be off, by chance."""
    chance = epsilon * (1 - 1 / size)
    return LIMIT * np.sqrt(chance * (1 - chance) / CALLS[epsilon]) * size / (size - 1)


def _shown(rows):
    return tuple((label, f"{wanted:.2f}", f"{got:.2f}", bool(abs(wanted - got) < 0.05)) for label, wanted, got in rows)


epsilon_greedy = Check("epsilon_greedy", BEHAVIOURS, _cases, _call, _judge)
