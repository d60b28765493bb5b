"""The check of ``n_step_return``: n discounted rewards and the discounted value after them, cut where it ended."""

import numpy as np

from dqn_course.checks.core import Behaviour, Case
from dqn_course.checks.formula import Mistake
from dqn_course.checks.lesson_05_sure import sure_check

BEHAVIOURS = (
    Behaviour("rewards", 1, "each reward, discounted once for every step before it"),
    Behaviour("bootstrap", 0.5, "plus gamma**n times the next value, if the episode goes on"),
    Behaviour("terminated", 0.5, "after an end within the n steps the next value does not count"),
    Behaviour("after", 0.5, "the reward of the last step counts, and no reward after it"),
    Behaviour("clean", 0.5, "the arrays stay as they were", needs=("rewards", "bootstrap"), by_name=True),
)
RUNNING = ("rewards", "bootstrap")
ENDS = ("terminated", "after")


def discounted(r, g):
    """The sum of g**k r[k]."""
    return float(np.sum(g ** np.arange(len(r)) * r))


def reached(d):
    """How many steps happened: up to the first end, its own step included."""
    return int(np.flatnonzero(d)[0]) + 1 if np.any(d) else len(d)


def reference(r, d, v, g):
    """The n-step return."""
    return discounted(r[: reached(d)], g) + (0.0 if np.any(d) else g ** len(r) * v)


def _with_sum(total, bootstrap=True):
    """A mistake in the sum of the rewards, ``total(r, g)``; ends and the next value are right."""

    def gives(r, d, v, g):
        return total(r[: reached(d)], g) + (0.0 if np.any(d) or not bootstrap else g ** len(r) * v)

    return gives


def _with_next(factor):
    """A mistake in what the next value is multiplied by, ``factor(n, g)``."""

    def gives(r, d, v, g):
        return discounted(r[: reached(d)], g) + (0.0 if np.any(d) else factor(len(r), g) * v)

    return gives


def _first_flag(d):
    """What ``argmax`` says: the step of the first end, and 0 where there is none."""
    return int(np.argmax(d))


def _last_end(d):
    """How many steps there are up to the last end, its own step included."""
    return int(np.flatnonzero(d)[-1]) + 1 if np.any(d) else len(d)


def _up_to(n, r, v, g, factor):
    """n discounted rewards, and the value n steps ahead times ``factor``."""
    return discounted(r[:n], g) + g**n * v * factor


def _alive(d):
    """1 minus the ends before each step, (n + 1,): below 0 after the second end."""
    return 1 - np.concatenate([[0], np.cumsum(d)])


def _backwards(r, d, v, g):
    """From the first reward to the last."""
    total = v
    for reward, end in zip(r, d):
        total = reward + g * (0.0 if end else total)
    return total


GIVES = (
    ("no_discount", "The rewards are not discounted. Multiply reward k by `gamma**k`.", ("rewards",),
     _with_sum(lambda r, g: r.sum())),
    ("one_step_late", "Every reward is discounted once too often. The first one counts in full: gamma**0 = 1.",
     ("rewards",), _with_sum(lambda r, g: g * discounted(r, g))),
    ("reversed", "The last reward counts in full, and the first is discounted most. It is the other way round.",
     ("rewards",), _with_sum(lambda r, g: discounted(r[::-1], g))),
    ("from_the_front", "The loop runs from the first reward to the last, so the first one is discounted most. `total = "
     "reward + gamma * total` works from the back: `reversed(...)`.", (*RUNNING, "after"), _backwards),
    ("last_missing", "The last reward is left out. All n rewards count.", ("rewards",),
     _with_sum(lambda r, g: discounted(r[:-1], g))),
    ("first_missing", "The first reward is left out. Count k from 0.", ("rewards",),
     _with_sum(lambda r, g: discounted(r, g) - r[0])),
    ("first_alone", "This is the first reward alone. Is the `return` inside of the loop?", ("rewards", "bootstrap"),
     lambda r, d, v, g: r[0]),
    ("first_alone", "Only the first reward is added. All n rewards count.", ("rewards",),
     _with_sum(lambda r, g: r[0])),
    ("last_alone", "Only the last reward is added. Add up in the loop: `+=`, not `=`.", ("rewards",),
     _with_sum(lambda r, g: g ** (len(r) - 1) * r[-1])),
    ("all_alike", "Every reward has the same factor gamma. Reward k has `gamma**k`.", ("rewards",),
     _with_sum(lambda r, g: g * r.sum())),
    ("mean", "The sum is divided by the number of rewards.", ("rewards",),
     _with_sum(lambda r, g: discounted(r, g) / len(r))),
    ("no_bootstrap", "The value of the state after the n steps is missing. Add gamma**n * next_value where the episode "
     "goes on.", ("bootstrap",), _with_next(lambda n, g: 0)),
    ("next_not_discounted", "The next value is not discounted. It lies n steps ahead: gamma**n.", ("bootstrap",),
     _with_next(lambda n, g: 1)),
    ("next_discounted_once", "The next value is discounted once. It lies n steps ahead: gamma**n.", ("bootstrap",),
     _with_next(lambda n, g: g)),
    ("next_one_too_little", "The next value is discounted once too little. The last reward has gamma**(n - 1), and the "
     "next value lies one step further: gamma**n.", ("bootstrap",), _with_next(lambda n, g: g ** (n - 1))),
    ("next_one_too_much", "The next value is discounted once too often. Its factor is gamma**n.", ("bootstrap",),
     _with_next(lambda n, g: g ** (n + 1))),
    ("next_subtracted", "The next value is subtracted. It is added.", ("bootstrap",), _with_next(lambda n, g: -(g**n))),
    ("three_steps", "The next value is discounted as for 3 steps, however many there are. n is `len(rewards)`.",
     ("bootstrap",), _with_next(lambda n, g: g**3)),
    ("next_every_step", "The next value is added in every step. It counts once, after the last one.", ("bootstrap",),
     _with_next(lambda n, g: sum(g ** (k + 1) for k in range(n)))),
    ("next_every_step", "The next value is added in every step. It counts once, after the last one.", ("bootstrap",),
     lambda r, d, v, g: sum(g**k * (r[k] + g * (1 - d[k]) * v) for k in range(reached(d)))),
    ("n_too_many", "All is discounted once more, as if the first reward came one step later.", RUNNING,
     lambda r, d, v, g: g * reference(r, d, v, g)),
    ("ends_ignored", "An end within the n steps changes nothing here. After it there are no rewards of this episode, "
     "and no next value.", ENDS, lambda r, d, v, g: discounted(r, g) + g ** len(r) * v),
    ("next_after_end", "The next value counts although the episode ended within the n steps.", ("terminated",),
     lambda r, d, v, g: discounted(r[: reached(d)], g) + g ** len(r) * v),
    ("next_after_end", "The next value counts although the episode ended, right after the last step.", ("terminated",),
     lambda r, d, v, g: discounted(r[: reached(d)], g) + g ** reached(d) * v),
    ("rewards_after_end", "Rewards after the end are added too. They belong to another episode: stop at the end.",
     ("after",), lambda r, d, v, g: discounted(r, g) + (0.0 if np.any(d) else g ** len(r) * v)),
    ("end_reward_missing", "The reward of the step that ended the episode is left out. It counts, and nothing after it "
     "does: add it first, then look at `terminated`.", ("after",),
     lambda r, d, v, g: discounted(r[: reached(d) - bool(np.any(d))], g) + (0.0 if np.any(d) else g ** len(r) * v)),
    ("end_reward_skipped", "The reward of the step that ended the episode is left out, and the next value counts "
     "after it.", ENDS, lambda r, d, v, g: discounted(r[: reached(d) - bool(np.any(d))], g) + g ** len(r) * v),
    ("each_masked", "Each reward is masked by the flag of its own step. That removes the reward of the last step, "
     "which counts, and keeps those after it, which do not.", ("after",),
     lambda r, d, v, g: discounted(r * (1 - d), g) + (0.0 if np.any(d) else g ** len(r) * v)),
    ("each_masked_last_flag", "Each reward is masked by the flag of its own step. That removes the reward of the last "
     "step, which counts, and keeps those after it; and the next value looks at the last flag alone.", ENDS,
     lambda r, d, v, g: discounted(r * (1 - d), g) + g ** len(r) * (1 - d[-1]) * v),
    ("last_flag_alone", "Only the last flag is looked at. The episode may end earlier within the n steps.", ENDS,
     lambda r, d, v, g: discounted(r, g) + g ** len(r) * (1 - d[-1]) * v),
    ("first_flag_alone", "Only the first flag is looked at. The episode may end later within the n steps.", ENDS,
     lambda r, d, v, g: discounted(r, g) + g ** len(r) * (1 - d[0]) * v),
    ("last_flag_for_next", "The next value looks at the last flag alone. The episode may end earlier within the n "
     "steps.", ("terminated",),
     lambda r, d, v, g: discounted(r[: reached(d)], g) + g ** len(r) * (1 - d[-1]) * v),
    ("inverted", "The next value counts where the episode ended, and not where it goes on. It is the other way round.",
     ("bootstrap", "terminated"),
     lambda r, d, v, g: discounted(r[: reached(d)], g) + (g ** len(r) * v if np.any(d) else 0.0)),
    *(("fixed_gamma", "The discount is the same whatever the argument says. Use `gamma`.", RUNNING,
       lambda r, d, v, g, fixed=fixed: reference(r, d, v, fixed)) for fixed in (0.9, 0.99)),
    ("terms", "These are the discounted rewards one by one. Add them up.", (*RUNNING, *ENDS),
     lambda r, d, v, g: g ** np.arange(len(r)) * r if len(r) > 1 else None),
    *(("argmax_of_no_end", "argmax of flags that are all 0 is 0, as if the first step had ended the episode, so only "
       "one reward is counted. Ask first whether there is an end at all: `np.any(terminated)`.", RUNNING, gives)
      for gives in (
        lambda r, d, v, g: _up_to(_first_flag(d) + 1, r, v, g, 0),
        lambda r, d, v, g: _up_to(_first_flag(d) + 1, r, v, g, 1 - d[_first_flag(d)]),
        lambda r, d, v, g: _up_to(_first_flag(d) + 1, r, v, g, 0) + (not np.any(d)) * g ** len(r) * v,
      )),
    *(("argmax_one_too_few", "argmax gives the number of the step, counted from 0: k = 1 means that two steps "
       "happened. So the last reward is left out; and where no step ended the episode, argmax is 0 and nothing is "
       "left.", (*RUNNING, "after"), gives)
      for gives in (
        lambda r, d, v, g: _up_to(_first_flag(d), r, v, g, 0),
        lambda r, d, v, g: _up_to(_first_flag(d), r, v, g, 1 - d[_first_flag(d)]),
        lambda r, d, v, g: _up_to(_first_flag(d), r, v, g, 0) + (not np.any(d)) * g ** len(r) * v,
      )),
    ("last_end", "Of two ends within the n steps the last one counts here. The first one ended this episode, and what "
     "comes after it belongs to another.", ("after",),
     lambda r, d, v, g: _up_to(_last_end(d), r, v, g, not np.any(d))),
    ("ends_counted", "Two ends within the n steps count as 2 here, and 1 - 2 is -1. Ask whether there is any: "
     "`np.any(terminated)`.", ("terminated",),
     lambda r, d, v, g: discounted(r[: reached(d)], g) + g ** len(r) * v * (1 - d.sum())),
    ("ends_counted_in_all", "After a second end 1 minus the number of ends is -1, so rewards come in with a minus. "
     "Multiply the (1 - terminated) of all steps before, or stop at the first end.", ENDS,
     lambda r, d, v, g: float(g ** np.arange(len(r) + 1) * _alive(d) @ np.append(r, v))),
    ("own_flag_before", "A reward is left out only right after an end. All that comes after the first end belongs to "
     "another episode.", ("after",),
     lambda r, d, v, g: discounted(r * (1 - np.append(0, d[:-1])), g) + (0.0 if np.any(d) else g ** len(r) * v)),
    ("own_flag_before_next", "A reward is left out only right after an end, and the next value only where the last "
     "step is one. Nothing counts that comes after the first end: once over, it stays over.", ENDS,
     lambda r, d, v, g: discounted(r * (1 - np.append(0, d[:-1])), g) + g ** len(r) * (1 - d[-1]) * v),
    ("one_end_alone", "Two ends within the n steps are taken for none. Ask whether there is any: `np.any(terminated)`, "
     "and the first one counts.", ENDS, lambda r, d, v, g: reference(r, d * (d.sum() == 1), v, g)),
    ("first_end_missed", "An end at the very first step is taken for none: argmax is 0 there, and where there is no "
     "end too. Ask first whether there is an end at all: `np.any(terminated)`.", ENDS,
     lambda r, d, v, g: reference(r, d * (d[0] == 0), v, g)),
    ("flags_not_reversed", "The rewards are gone through from the last to the first, and the flags from the first to "
     "the last. Turn both round.", ENDS, lambda r, d, v, g: reference(r, d[::-1], v, g)),
    ("nothing_after_end", "An episode that ended within the n steps has a return too: the rewards up to its end.", ENDS,
     lambda r, d, v, g: 0.0 if np.any(d) else reference(r, d, v, g)),
)  # fmt: skip
"""What known mistakes return for rewards r and flags d, both (n,), the next value v and the discount g."""
HINTS = {
    r"out of bounds": "There are `len(rewards)` steps, and their number changes from case to case.",
    r"only (length-1|0-dimensional|size-1) arrays": "The result is one number.",
}


def _cases(rng):
    def case(name, proves, r, d, v, g):
        values = {"rewards": np.asarray(r, float), "terminated": np.asarray(d, float), "next_value": float(v),
                  "gamma": float(g)}  # fmt: skip
        return Case(name, proves, values, HINTS)

    def draw(n):
        return (rng.uniform(0.5, 4, n) * rng.permutation(np.resize([1, 1, -1], n))).round(2)

    gamma = round(float(rng.uniform(0.6, 0.85)), 2)
    value = round(float(rng.uniform(5, 9)), 2)
    flags = np.zeros(6)
    flags[3] = 1
    return [
        case("3 steps to check by hand, the episode goes on", RUNNING, [8, 4, 2], [0, 0, 0], 16, 0.5),
        case("the same, but the second step ended it", ENDS, [8, 4, 2], [0, 1, 0], 16, 0.5),
        case(f"5 steps, gamma = {gamma}", (*RUNNING, "clean"), draw(5), np.zeros(5), value, gamma),
        case("2 steps", RUNNING, draw(2), [0, 0], value, 0.7),
        case("1 step: plain Q-learning", RUNNING, [1.5], [0], value, 0.8),
        case("1 step, and it ended", ("terminated",), [-1.5], [1], value, 0.8),
        case("4 steps, and the last one ended it", ("terminated",), draw(4), [0, 0, 0, 1], value, 0.75),
        case("6 steps, and the fourth ended it", ENDS, draw(6), flags, value, gamma),
        case("3 steps, and the first ended it", ENDS, [-100, 3, 2.5], [1, 0, 0], value, 0.65),
        case("two ends within 5 steps", ENDS, draw(5), [0, 1, 0, 1, 0], value, gamma),
    ]


n_step_return = sure_check(
    "n_step_return", BEHAVIOURS, _cases, lambda rewards, terminated, next_value, gamma: reference(
        rewards, terminated, next_value, gamma
    ),
    [Mistake(key, says, lambda rewards, terminated, next_value, gamma, f=gives: f(
        rewards, terminated, next_value, gamma), costs) for key, says, costs, gives in GIVES],
    wrong="This is not the sum of the discounted rewards up to the end, or of all of them and the next value.",
)  # fmt: skip
