"""The checks of ``is_update_step`` and ``is_target_step``: what happens after which agent step."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from dqn_course.checks import student
from dqn_course.checks.core import Behaviour, Case, Check, Finding

SHOWN = 5
"""So many steps are named in a row of a comparison."""


def is_update(t, starts, every):
    """After agent step t, an array: is there an update?"""
    return (t > starts) & (t % every == 0)


def truth(value, name):
    """An answer as True or False. Raises AnswerError for anything that is neither, nor a number."""
    value = student.array(value, name)
    if value.size != 1:
        raise student.AnswerError("wrong_return", f"{name} returned {value.size} numbers instead of True or False.")
    return bool(value.item())


def shown(steps):
    """Agent steps for a row: 4, 8, 12, …"""
    return ", ".join(map(str, steps[:SHOWN])) + (", …" if len(steps) > SHOWN else "") if len(steps) else "never"


# --- is_update_step

UPDATE_BEHAVIOURS = (
    Behaviour("every", 0.5, "once in every `update_interval` agent steps"),
    Behaviour("starts", 0.5, "never up to `learning_starts`", needs=("every",)),
)
UPDATE_SAYS = {
    "starts_at_once": "`learning_starts` is not used: the first update comes before the memory holds enough.",
    "starts_early": "There is an update right after agent step `learning_starts`. The first one comes later: `>`, not "
    "`>=`.",
    "starts_late": "The first update is missing: after `learning_starts` the next multiple of `update_interval` "
    "counts.",
    "counted_from_start": "The interval is counted from `learning_starts` on. Count from the first agent step: "
    "agent_step % update_interval.",
    "every_step": "There is an update after every agent step. Is the remainder compared with 0? `agent_step % "
    "update_interval == 0`.",
    "all_but": "Updates come after all the wrong steps: `%` gives 0 where there is one. Compare with 0.",
    "one_off": "Updates come one agent step too early or too late. After step 4, 8, 12, … the remainder is 0.",
    "frames": "This counts frames: four for every agent step. The argument counts agent steps already.",
    "fixed_interval": "There is an update after every fourth agent step whatever `update_interval` says.",
    "fixed_start": "Learning starts after 50,000 agent steps whatever `learning_starts` says.",
    "never": "There is never an update.",
    "once": "There is one update only. `%` comes back to 0 again and again.",
    "before": "Updates come before `learning_starts`, and none after it. Turn the comparison round.",
    "wrong_steps": "These are not the right agent steps.",
}
UPDATE_GIVES = (
    ("starts_at_once", ("starts",), lambda t, s, k: t % k == 0),
    ("starts_early", ("starts",), lambda t, s, k: (t >= s) & (t % k == 0)),
    ("starts_early", ("starts",), lambda t, s, k: (t >= s - 1) & (t % k == 0)),
    ("starts_late", ("starts",), lambda t, s, k: (t > s + k) & (t % k == 0)),
    ("counted_from_start", ("every",), lambda t, s, k: (t > s) & ((t - s) % k == 0)),
    ("counted_from_start", ("every",), lambda t, s, k: (t >= s) & ((t - s) % k == 0)),
    ("counted_from_start", ("every",), lambda t, s, k: (t - s) % k == 0),
    ("every_step", ("every",), lambda t, s, k: t > s),
    ("every_step", ("every",), lambda t, s, k: t >= s),
    ("every_step", ("every",), lambda t, s, k: t >= 0),
    ("all_but", ("every",), lambda t, s, k: (t > s) & (t % k != 0)),
    ("one_off", ("every",), lambda t, s, k: (t > s) & (t % k == 1)),
    ("one_off", ("every",), lambda t, s, k: (t > s) & (t % k == k - 1)),
    ("frames", ("every",), lambda t, s, k: (4 * t > s) & (4 * t % k == 0)),
    ("frames", ("every",), lambda t, s, k: (t > s) & (4 * t % k == 0)),
    ("frames", ("every",), lambda t, s, k: (t > s) & (t % (4 * k) == 0)),
    ("frames", ("starts",), lambda t, s, k: (t > 4 * s) & (t % k == 0)),
    ("frames", ("starts",), lambda t, s, k: (4 * t > s) & (t % k == 0)),
    ("fixed_interval", ("every",), lambda t, s, k: (t > s) & (t % 4 == 0)),
    ("fixed_start", ("starts",), lambda t, s, k: (t > 50_000) & (t % k == 0)),
    ("never", ("every",), lambda t, s, k: t < 0),
    ("once", ("every",), lambda t, s, k: t == s + k),
    ("once", ("every",), lambda t, s, k: t == k),
    ("before", ("starts",), lambda t, s, k: (t < s) & (t % k == 0)),
    ("before", ("starts",), lambda t, s, k: (t <= s) & (t % k == 0)),
)
"""What known mistakes cost, and after which of the steps t they update."""


def _update_cases(rng):
    every = int(rng.choice([6, 7, 9]))
    starts = every * int(rng.integers(6, 10)) + int(rng.integers(1, every))
    draws = [
        ("by hand: learning_starts = 8, every 4", 8, 4, 0),
        ("learning_starts = 30, every 5", 30, 5, 0),
        (f"learning_starts = {starts}, every {every}", starts, every, 0),
        ("learning_starts = 10, every 3", 10, 3, 0),
        ("the paper: learning_starts = 50,000, every 4", 50_000, 4, 49_975),
        ("later in the paper's run", 50_000, 4, 1_000_000),
    ]
    both = tuple(behaviour.name for behaviour in UPDATE_BEHAVIOURS)
    return [
        Case(name, both, {"steps": np.arange(first, first + 120), "learning_starts": starts, "update_interval": every})
        for name, starts, every, first in draws
    ]


def _call_update(function, values):
    answers = [
        truth(function(int(step), values["learning_starts"], values["update_interval"]), "is_update_step")
        for step in values["steps"]
    ]
    return {"answers": np.array(answers)}


def _judge_update(values, output, known=None):
    steps, expected = values["steps"], _right_updates(values)
    yield from _wrong(
        UPDATE, steps, expected, output["answers"].astype(bool), known, steps <= values["learning_starts"]
    )


def _right_updates(values):
    return is_update(values["steps"], values["learning_starts"], values["update_interval"])


# --- is_target_step

TARGET_BEHAVIOURS = (
    Behaviour("agent_steps", 1, 'with unit "agent_steps": after every `interval` agent steps'),
    Behaviour("updates", 1, 'with unit "updates": after every `interval` updates'),
)
TARGET_SAYS = {
    "unit_ignored_steps": "`unit` is not used: this always counts agent steps.",
    "unit_ignored_updates": "`unit` is not used: this always counts updates.",
    "units_swapped": "The two units have changed places.",
    "repeats": 'With unit "updates" the network is copied again after every agent step until the next update comes. '
    "Ask `updated` too.",
    "waits_for_update": 'With unit "agent_steps" it does not matter whether there was an update just now: only '
    "agent_step counts.",
    "frames": "This counts frames, four for every agent step. The argument counts agent steps already.",
    "one_off": "The copy comes one too early or too late. After `interval`, 2 * `interval`, … the remainder is 0.",
    "all_but": "`%` gives 0 where there is a copy. Compare with 0.",
    "always": "The network is copied after every agent step. Then it does not stand still.",
    "only_updated": "The network is copied after every update. Then it does not stand still.",
    "never": "The network is never copied.",
    "fixed_interval": "The interval is 10,000 whatever the argument says.",
    "quarter": 'With unit "updates" the interval counts updates as they are: no factor of 4.',
    "steps_at_updates": 'With unit "updates" this still asks agent_step. Ask `updates`.',
    "wrong_steps": "These are not the right agent steps.",
}


def _targets(steps, updates):
    """A mistake as a function of t, u, C, in_steps and updated: what it gives with either unit."""
    return lambda t, u, c, unit, now: steps(t, u, c, now) if unit == "agent_steps" else updates(t, u, c, now)


def _by_steps(t, u, c, now):
    return t % c == 0


def _by_updates(t, u, c, now):
    return now & (u % c == 0)


TARGET_GIVES = (
    ("unit_ignored_steps", ("updates",), _targets(_by_steps, _by_steps)),
    ("unit_ignored_updates", ("agent_steps",), _targets(_by_updates, _by_updates)),
    ("units_swapped", ("agent_steps", "updates"), _targets(_by_updates, _by_steps)),
    ("repeats", ("updates",), _targets(_by_steps, lambda t, u, c, now: u % c == 0)),
    ("repeats", ("updates",), _targets(_by_steps, lambda t, u, c, now: (u % c == 0) & (u > 0))),
    ("waits_for_update", ("agent_steps",), _targets(lambda t, u, c, now: now & (t % c == 0), _by_updates)),
    ("steps_at_updates", ("updates",), _targets(_by_steps, lambda t, u, c, now: now & (t % c == 0))),
    ("waits_for_update", ("agent_steps", "updates"),
     _targets(lambda t, u, c, now: now & (t % c == 0), lambda t, u, c, now: now & (t % c == 0))),
    ("frames", ("agent_steps",), _targets(lambda t, u, c, now: 4 * t % c == 0, _by_updates)),
    ("frames", ("agent_steps",), _targets(lambda t, u, c, now: t % (4 * c) == 0, _by_updates)),
    ("quarter", ("updates",), _targets(_by_steps, lambda t, u, c, now: now & (4 * u % c == 0))),
    ("quarter", ("updates",), _targets(_by_steps, lambda t, u, c, now: now & (u % (4 * c) == 0))),
    ("quarter", ("updates",), _targets(_by_steps, lambda t, u, c, now: t % (4 * c) == 0)),
    ("one_off", ("agent_steps",), _targets(lambda t, u, c, now: t % c == 1, _by_updates)),
    ("one_off", ("agent_steps",), _targets(lambda t, u, c, now: (t + 1) % c == 0, _by_updates)),
    ("one_off", ("updates",), _targets(_by_steps, lambda t, u, c, now: now & (u % c == 1))),
    ("one_off", ("updates",), _targets(_by_steps, lambda t, u, c, now: now & ((u + 1) % c == 0))),
    ("one_off", ("agent_steps", "updates"),
     _targets(lambda t, u, c, now: t % c == 1, lambda t, u, c, now: now & (u % c == 1))),
    ("all_but", ("agent_steps", "updates"),
     _targets(lambda t, u, c, now: t % c != 0, lambda t, u, c, now: now & (u % c != 0))),
    ("always", ("agent_steps", "updates"), _targets(lambda t, u, c, now: t >= 0, lambda t, u, c, now: t >= 0)),
    ("always", ("agent_steps",), _targets(lambda t, u, c, now: t >= 0, _by_updates)),
    ("only_updated", ("updates",), _targets(_by_steps, lambda t, u, c, now: now)),
    ("only_updated", ("agent_steps", "updates"), _targets(lambda t, u, c, now: now, lambda t, u, c, now: now)),
    ("never", ("agent_steps", "updates"), _targets(lambda t, u, c, now: t < 0, lambda t, u, c, now: t < 0)),
    ("never", ("updates",), _targets(_by_steps, lambda t, u, c, now: t < 0)),
    ("never", ("agent_steps",), _targets(lambda t, u, c, now: t < 0, _by_updates)),
    ("fixed_interval", ("agent_steps", "updates"),
     _targets(lambda t, u, c, now: t % 10_000 == 0, lambda t, u, c, now: now & (u % 10_000 == 0))),
)  # fmt: skip
"""What known mistakes cost, and when they copy: agent steps t, updates u, the interval c, and updated now or not."""


def _target_cases(rng):
    every = int(rng.choice([5, 6, 7]))
    draws = [
        ("by hand: every 6 agent steps", "agent_steps", 6, 8, 4, 1),
        ("by hand: every 3 updates", "updates", 3, 8, 4, 1),
        (f"every {every} agent steps, an update every 4", "agent_steps", every, 13, 4, 1),
        (f"every {every} updates, an update every 3", "updates", every, 13, 3, 1),
        ("every 10 agent steps, an update every 5", "agent_steps", 10, 20, 5, 1),
        ("every 4 updates, an update every 2", "updates", 4, 20, 2, 1),
        ("as in the released code", "agent_steps", 10_000, 50_000, 4, 59_930),
        ("as in the paper's table", "updates", 10_000, 50_000, 4, 89_930),
    ]
    cases = []
    for name, unit, interval, starts, update_interval, first in draws:
        steps = np.arange(1, first + 160)
        updated = is_update(steps, starts, update_interval)
        values = {"steps": steps, "updates": np.cumsum(updated), "updated": updated}
        values = {key: array[first - 1 :] for key, array in values.items()} | {"interval": interval, "unit": unit}
        cases.append(Case(name, (unit,), values))
    return cases


def _call_target(function, values):
    rows = zip(values["steps"], values["updates"], values["updated"])
    answers = [
        truth(function(int(t), int(u), values["interval"], values["unit"], bool(now)), "is_target_step")
        for t, u, now in rows
    ]
    return {"answers": np.array(answers)}


def _judge_target(values, output, known=None):
    expected = _right_copies(values)
    yield from _wrong(TARGET, values["steps"], expected, output["answers"].astype(bool), known, None)


def _right_copies(values):
    right = _targets(_by_steps, _by_updates)
    return right(values["steps"], values["updates"], values["interval"], values["unit"], values["updated"])


# --- what both share


@dataclass(frozen=True)
class ClockCheck(Check):
    """A check that asks about many agent steps. Only a mistake that fits every case is named.

    predict(mistake, values): after which steps of a case the mistake says yes. gives: the mistakes, as in UPDATE_GIVES.
    """

    predict: Callable = field(default=None, kw_only=True)
    gives: tuple = field(default=(), kw_only=True)

    def judge_outputs(self, cases, outputs):
        """As ``Check``, after a first look at all cases."""
        outputs = list(outputs)
        known = next((mistake for mistake in self.gives if self._fits(mistake, cases, outputs)), None)
        judge = self.judge
        plain = Check(self.name, self.behaviours, self.cases, self.call, lambda v, o: judge(v, o, known), self.load)
        return plain.judge_outputs(cases, outputs)

    def _fits(self, mistake, cases, outputs):
        try:
            return all(
                np.array_equal(np.asarray(output["answers"], bool), self.predict(mistake, case.values))
                for case, output in zip(cases, outputs)
            )
        except (KeyError, TypeError, ValueError):  # an error, or outputs that are malformed
            return False


def _wrong(names, steps, expected, got, known, early):
    """The finding for wrong answers of one case. ``early``: the steps at which only ``starts`` is at stake."""
    says, behaviours = names
    if got.shape == expected.shape and np.array_equal(got, expected):
        return
    rows = (("after agent steps", shown(steps[expected]), shown(steps[got]), False),)
    if known:
        key, costs, _ = known
        yield Finding(key, costs, says[key], rows)
        return
    costs = ()
    if early is not None:
        wrong = got != expected
        costs = behaviours[1:] if not wrong[~early].any() else behaviours
    yield Finding("wrong_steps", costs, says["wrong_steps"], rows, named=False)


UPDATE = UPDATE_SAYS, tuple(behaviour.name for behaviour in UPDATE_BEHAVIOURS)
TARGET = TARGET_SAYS, tuple(behaviour.name for behaviour in TARGET_BEHAVIOURS)

is_update_step = ClockCheck(
    "is_update_step", UPDATE_BEHAVIOURS, _update_cases, _call_update, _judge_update, gives=UPDATE_GIVES,
    predict=lambda mistake, v: mistake[2](v["steps"], v["learning_starts"], v["update_interval"]),
)  # fmt: skip
is_target_step = ClockCheck(
    "is_target_step", TARGET_BEHAVIOURS, _target_cases, _call_target, _judge_target, gives=TARGET_GIVES,
    predict=lambda mistake, v: mistake[2](v["steps"], v["updates"], v["interval"], v["unit"], v["updated"]),
)  # fmt: skip
