"""The checks of what happens between two decisions: ``repeat_action``, ``clip_reward`` and ``lives_to_terminal``."""

import numpy as np

from dqn_course.checks import student
from dqn_course.checks.core import Behaviour, Case, Check, Finding, show

# --- repeat_action

REPEAT_BEHAVIOURS = (
    Behaviour("held", 1, "the same action, for k frames"),
    Behaviour("sum", 1, "the rewards of all these frames are added up"),
    Behaviour("frames", 1, "the last frame, and the one before it"),
    Behaviour("over", 1, "stops when the game is over, and says so"),
)
LIMIT = 200
"""Frames after which a game that never ends is stopped."""

REPEAT_SAYS = {
    "wrong_return": "repeat_action should return four things: reward, frame, previous, game_over; it returned {}.",
    "endless": "The loop does not end: the action was held for more than {} frames. Is it `for _ in range(k):`?",
    "not_played": "No frame was played. Call `ale.act(action)` in the loop.",
    "once": "Only one frame was played. Is there a loop, `for _ in range(k):`, and is it left too early? "
    "`ale.game_over()` needs its brackets, and `return` belongs after the loop.",
    "fixed_k": "The action is always held for 4 frames. The number is k.",
    "one_more": "With k = {}, the action was held for {} frames, one too many.",
    "one_less": "With k = {}, the action was held for {} frames, one too few. `range(k)` goes k times.",
    "stopped_early": "With k = {}, the loop stopped after {} frames although the game was not over. Only "
    "`ale.game_over()` ends it early.",
    "other_length": "With k = {}, the action was held for {} frames.",
    "other_action": "The action was {0}, and `act` was called with {1}. Hold the same action all the time.",
    "played_on": "The game was over after {} of {} frames, and it was played on. After each frame ask "
    "`ale.game_over()`, and leave the loop with `break`.",
    "reset": "The game was reset. Whoever calls repeat_action decides about that; only say that the game is over.",
    "last_reward": "This is the reward of the last frame alone. Add up: `+=`, not `=`.",
    "first_reward": "This is the reward of the first frame alone. Add up those of all frames.",
    "mean_reward": "This is the mean of the rewards. Return their sum.",
    "clipped_sum": "The sum is clipped here. Clipping is a step of its own, later; return the plain sum.",
    "clipped_first": "Each reward is clipped before it is added. Add up first: clipping is a step of its own, later.",
    "end_lost": "The reward of the last frame before the end is lost. Add it before the `break`.",
    "no_reward": "The reward is always 0. `ale.act(action)` returns the reward of one frame; add it up.",
    "whole_reward": "The fraction of the reward is cut off. Return the sum as it is.",
    "wrong_reward": "This is not the sum of the rewards of the frames that were played.",
    "swapped": "The two frames have changed places. First the last frame, then the one before it.",
    "twice": "The last frame comes twice. Keep the one before: `previous = frame` must stand before the new frame is "
    "taken.",
    "before_action": "The previous frame is the one from before the action. Take the one just before the last: "
    "`previous = frame` inside the loop.",
    "one_behind": "Both frames are one too early. Read the screen after `ale.act`, not before.",
    "end_unread": "When the game ends, the last screen is not read. `break` comes last in the loop.",
    "first_two": "These are the first two frames. Keep the last two: overwrite them in each round.",
    "already_max": "This is the maximum of the two frames already. Return the two as they are; the maximum is the next "
    "step.",
    "wrong_frame": "These are not the last two frames.",
    "never_over": "The game is over, and this says that it is not. Return `ale.game_over()`.",
    "always_over": "The game goes on, and this says that it is over. Return `ale.game_over()`.",
}


class _Emulator:
    """What an exercise may ask of the emulator: a game whose screens and rewards are written down beforehand."""

    def __init__(self, values):
        self._values = values
        self._acts = []
        self._reset = False

    def act(self, action):
        """One frame; its reward."""
        if self._reset:
            return 0.0
        self._acts.append(float(student.array(action, "The action").reshape(-1)[0]))
        if len(self._acts) > LIMIT:
            raise student.AnswerError("endless", REPEAT_SAYS["endless"].format(LIMIT))
        rewards = self._values["rewards"]
        return rewards[(len(self._acts) - 1) % len(rewards)]

    def getScreenRGB(self):  # noqa: N802, the emulator's own name
        """The screen, a new array each time."""
        screens = self._values["screens"]
        return screens[0 if self._reset else len(self._acts) % len(screens)].copy()

    def game_over(self):
        """Is the game over?"""
        end = self._values["over_at"]
        return bool(end) and len(self._acts) >= end and not self._reset

    def lives(self):
        """One life less from the second frame on."""
        return 3 - (len(self._acts) >= 2)

    def reset_game(self):
        """A new game."""
        self._reset = True


def _repeat_cases(rng):
    def case(name, proves, k, over_at=0, rewards=None):
        frames = max(k, over_at) + 3
        drawn = (rng.permutation(frames) + 2.0 + rng.uniform(0.1, 0.4, frames).round(2)).tolist()
        rewards = [*rewards, *drawn][:frames] if rewards else drawn
        screens = rng.integers(0, 256, (frames + 1, 2, 2, 3)).astype(np.uint8)
        action = int(rng.integers(5, 17))
        values = {"k": k, "action": action, "over_at": over_at, "rewards": rewards, "screens": screens}
        hint = "This name is used before it has a value. Set it before the loop{}."
        unset = hint.format(", and read the screen before the `break`" if over_at else "")
        return Case(name, proves, values, {r"cannot access local variable": unset})

    every = ("held", "sum", "frames")
    return [
        case("k = 4", every, 4, rewards=[0.0, 1.0, 10.0, 5.0]),
        case("k = 3", every, 3),
        case("k = 7", every, 7),
        case("k = 1", ("frames",), 1),
        case("k = 4, the game is over after 2", ("over",), 4, 2),
        case("k = 4, the game is over after 1", ("over",), 4, 1),
        case("k = 4, the game is over after 4", ("over",), 4, 4),
    ]


def _call_repeat(repeat_action, values):
    ale = _Emulator(values)
    result = repeat_action(ale, values["action"], values["k"])
    if not isinstance(result, tuple | list) or len(result) != 4:
        what = f"{len(result)} things" if isinstance(result, tuple | list) else student.named(result)
        raise student.AnswerError("wrong_return", REPEAT_SAYS["wrong_return"].format(what))
    names = ("reward", "frame", "previous", "game_over")
    output = {name: student.array(part, f"repeat_action, in {name},") for name, part in zip(names, result)}
    return {**output, "acts": list(ale._acts), "reset": ale._reset}


def _judge_repeat(values, output):
    k, end, acts = values["k"], values["over_at"], list(output["acts"])
    played, due = len(acts), min(k, end or k)
    if output["reset"] is True:
        yield Finding("reset", ("over",), REPEAT_SAYS["reset"])
        return
    if played == 0:
        if k == 1:  # then it may be one frame too few
            yield Finding("one_less", ("held",), REPEAT_SAYS["one_less"].format(1, 0), named=False)
        else:
            yield Finding("not_played", ("held", "sum", "frames", "over"), REPEAT_SAYS["not_played"])
        return
    if end and played > end:
        yield Finding("played_on", ("over",), REPEAT_SAYS["played_on"].format(end, k))
    elif played != due:
        yield _length(played, k, due)
    others = [action for action in acts if action != values["action"]]
    if others:
        yield Finding("other_action", ("held",), REPEAT_SAYS["other_action"].format(values["action"], f"{others[0]:g}"))
    if end and played > end:
        return  # what comes after the end is nobody's sum
    yield from _rewards(np.array(values["rewards"][:played]), output["reward"], end == played)
    ended = bool(end) and played == end
    yield from _frames(values["screens"].astype(float), played, output["frame"], output["previous"], ended)
    over, said = bool(end) and played >= end, output["game_over"]
    if said.size != 1 or bool(said.reshape(-1)[0]) != over:
        key = "never_over" if over else "always_over"
        yield Finding(key, ("over",), REPEAT_SAYS[key])


def _length(played, k, due):
    """The finding for a number of frames that is wrong although the game was not over."""
    possible = {
        "fixed_k": played == 4,
        "once": played == 1,
        "one_more": played == due + 1,
        "one_less": played == due - 1,
        "stopped_early": played < due,
    }
    keys = tuple(key for key, is_possible in possible.items() if is_possible)
    key = keys[0] if keys else "other_length"
    return Finding(key, ("held",), REPEAT_SAYS[key].format(k, played), named=len(keys) < 2, could_be=keys)


def _rewards(rewards, got, ended):
    expected = rewards.sum()
    if got.size == 1 and np.isclose(got.reshape(-1)[0], expected, rtol=1e-4):
        return
    given = {
        "end_lost": rewards[:-1].sum() if ended else None,
        "last_reward": rewards[-1],
        "first_reward": rewards[0],
        "mean_reward": rewards.mean(),
        "clipped_sum": np.clip(expected, -1, 1),
        "clipped_first": np.clip(rewards, -1, 1).sum(),
        "no_reward": 0.0,
        "whole_reward": np.floor(expected),
    }
    fits = [key for key, value in given.items() if value is not None and got.size == 1 and np.isclose(got, value).all()]
    key = fits[0] if fits else "wrong_reward"
    label = f"rewards {show(rewards)}"
    rows = ((label, show(expected), show(got.reshape(-1)[0] if got.size == 1 else got.reshape(-1)), False),)
    yield Finding(key, ("sum",), REPEAT_SAYS[key], rows, named=len(fits) == 1, could_be=tuple(fits))


def _frames(screens, played, frame, previous, ended):
    def number(got):
        """Which screen it is; None for none of them."""
        found = [i for i, screen in enumerate(screens) if got.shape == screen.shape and np.array_equal(got, screen)]
        return found[0] if found else None

    last, before = number(frame), number(previous)
    if (last, before) == (played, played - 1):
        return
    behind = (played - 1, max(played - 2, 0))
    possible = {
        "end_unread": ended and last == played - 1 and before != played,
        "swapped": (last, before) == (played - 1, played),
        "twice": last == before == played,
        "before_action": (last, before) == (played, 0),
        "one_behind": (last, before) == behind,
        "first_two": {last, before} in ({1, 2}, {0, 1}),
        "already_max": np.array_equal(frame, np.maximum(screens[played], screens[played - 1])),
    }
    keys = tuple(key for key, is_possible in possible.items() if is_possible)
    key = keys[0] if keys else "wrong_frame"
    yield Finding(key, ("frames",), REPEAT_SAYS[key], named=len(keys) == 1, could_be=keys)


repeat_action = Check("repeat_action", REPEAT_BEHAVIOURS, _repeat_cases, _call_repeat, _judge_repeat)


# --- checks that ask about a list of situations, and look at all answers before they name a mistake


def _table_check(name, behaviours, table, mistakes, says, ask, right, told, answer=show):
    """A ``Check`` with one case: ``table(rng)`` gives rows (behaviour, *arguments).

    ask: the student's answer for a row, as a number. right(row): the right number. mistakes: (key, function of a row's
    arguments). told(row), answer(number): how a row's arguments and an answer are written.
    """

    def cases(rng):
        rows = [list(row) for row in table(rng)]
        return [Case("a list of situations", tuple(b.name for b in behaviours), {"rows": rows})]

    def call(function, values):
        return {"value": np.array([ask(function, row[1:]) for row in values["rows"]])}

    def judge(values, output):
        rows, got = values["rows"], np.asarray(output["value"], float)
        expected = np.array([right(*row[1:]) for row in rows], float)
        bad = ~np.isclose(got, expected, rtol=1e-4, atol=1e-6)
        if not bad.any():
            return
        costs = tuple(b.name for b in behaviours if any(wrong and row[0] == b.name for wrong, row in zip(bad, rows)))
        fitting = [key for key, gives in mistakes if np.allclose(got, [float(gives(*row[1:])) for row in rows], 1e-4)]
        key = fitting[0] if fitting else "wrong_value"
        shown = sorted(np.flatnonzero(bad)[:4])
        compared = tuple((told(*rows[i][1:]), answer(expected[i]), answer(got[i]), False) for i in shown)
        yield Finding(key, costs, says[key], compared)

    return Check(name, behaviours, cases, call, judge)


CLIP_BEHAVIOURS = (
    Behaviour("clip", 0.5, "never above 1, never below -1"),
    Behaviour("between", 0.5, "what lies between -1 and 1 stays as it is"),
)
CLIPS = (
    ("sign", lambda r: np.sign(r)),
    ("sign", lambda r: 1 if r > 0 else -1),
    ("above_only", lambda r: min(r, 1)),
    ("below_only", lambda r: max(r, -1)),
    ("swapped", lambda r: max(min(r, -1), 1)),
    ("swapped", lambda r: min(max(r, 1), -1)),
    ("zero_one", lambda r: min(max(r, 0), 1)),
    ("positive", lambda r: min(abs(r), 1)),
    ("squashed", lambda r: np.tanh(r)),
    ("scaled", lambda r: r / 100),
    ("scaled", lambda r: r / 10),
    ("whole", lambda r: int(min(max(r, -1), 1))),
    ("whole", lambda r: round(min(max(r, -1), 1))),
    ("dropped", lambda r: r if -1 <= r <= 1 else 0),
    ("unchanged", lambda r: r),
    ("ten", lambda r: min(max(r, -10), 10)),
)
CLIP_SAYS = {
    "sign": "This is the sign of the reward: 0.5 becomes 1. What lies between -1 and 1 stays as it is.",
    "above_only": "Large negative rewards come through. Clip at both ends: not below -1 either.",
    "below_only": "Large positive rewards come through. Clip at both ends: not above 1 either.",
    "swapped": "The result is the same for all rewards: min and max have changed places. max(-1, min(1, reward)).",
    "zero_one": "Negative rewards become 0, so the agent would never hear of a loss. The lower end is -1.",
    "positive": "The sign is lost: a loss looks like a win.",
    "squashed": "This squeezes all rewards. Clipping leaves what lies between -1 and 1 as it is.",
    "scaled": "The rewards are divided. Clipping leaves what lies between -1 and 1 as it is, and cuts the rest.",
    "whole": "Fractions are cut off or rounded. What lies between -1 and 1 stays as it is.",
    "dropped": "Large rewards become 0. They should become 1, or -1.",
    "unchanged": "Large rewards come through as they are. Is the result of np.clip returned?",
    "ten": "The limits are -1 and 1.",
    "wrong_value": "This is not the reward cut off at -1 and 1.",
}


def _clip_table(rng):
    large, small = rng.uniform(2, 900, 3).round(1), rng.uniform(0.05, 0.45, 2).round(2)
    outside = [1.5, -1.5, 20.0, -200.0, large[0], -large[1], -large[2]]
    between = [0.0, 1.0, -1.0, 0.75, small[0], -small[1], -0.625]
    return [("clip", float(r)) for r in outside] + [("between", float(r)) for r in between]


def _ask_clip(clip_reward, row):
    result = clip_reward(row[0])
    if result is None:
        says = f"For reward = {row[0]:g} clip_reward returned None instead of a number. Is a `return` missing?"
        raise student.AnswerError("wrong_return", says)
    answer = student.array(result, "clip_reward")
    if answer.size != 1:
        raise student.AnswerError("one_number", f"clip_reward should return one number, it returned {answer.size}.")
    return float(answer.reshape(-1)[0])


clip_reward = _table_check(
    "clip_reward", CLIP_BEHAVIOURS, _clip_table, CLIPS, CLIP_SAYS, _ask_clip,
    right=lambda r: min(max(r, -1), 1), told=lambda r: f"reward = {r:g}",
)  # fmt: skip


LIVES_BEHAVIOURS = (
    Behaviour("lost", 1, "a lost life ends the learning episode"),
    Behaviour("over", 0.5, "so does the end of the game, whatever the lives say"),
    Behaviour("else", 0.5, "nothing else does: a life won, a counter that starts late, no counter at all"),
)
ENDS = (
    ("any_change", lambda before, after, over: over or after != before),
    ("over_forgotten", lambda before, after, over: after < before),
    ("any_change_alone", lambda before, after, over: after != before),
    ("over_alone", lambda before, after, over: over),
    ("both", lambda before, after, over: over and after < before),
    ("no_lives_left", lambda before, after, over: after == 0),
    ("no_lives_left", lambda before, after, over: over or after == 0),
    ("reversed", lambda before, after, over: over or after > before),
    ("reversed", lambda before, after, over: after > before),
    ("not_less", lambda before, after, over: over or after <= before),
    ("not_less", lambda before, after, over: after <= before),
    ("goes_on", lambda before, after, over: not (over or after < before)),
    ("exactly_one", lambda before, after, over: over or after == before - 1),
    ("while_lives_left", lambda before, after, over: over or 0 < after < before),
    ("while_lives_left", lambda before, after, over: 0 < after < before),
    ("loss_only_if_on", lambda before, after, over: after < before and not over),
    ("binds", lambda before, after, over: after < (before | bool(over))),
    ("binds", lambda before, after, over: (bool(over) | after) < before),
    ("always", lambda before, after, over: True),
    ("never", lambda before, after, over: False),
)
LIVES_SAYS = {
    "any_change": "A life that is won ends the episode here. Only a decrease counts: lives_after < lives_before.",
    "any_change_alone": "Any change of the lives ends the episode here, also a life that is won, and the end of the "
    "game does not. It should be: fewer lives than before, or game over.",
    "over_forgotten": "The game may be over without a life being lost: some games count no lives. Add `or game_over`.",
    "over_alone": "A lost life does not end the episode here. Learning must hear of it: lives_after < lives_before.",
    "both": "Both together are asked for here. One of them is enough: `or`, not `and`.",
    "no_lives_left": "This looks whether lives are left. Losing one of three ends the learning episode too, and a game "
    "without a counter says 0 all the time.",
    "reversed": "This ends the episode when a life is won. Fewer than before: lives_after < lives_before.",
    "not_less": "The episode ends when nothing has happened: `<=` is true for equal numbers. Use `<`.",
    "goes_on": "The answer is the wrong way round. True means: the episode ends here.",
    "exactly_one": "Two lives lost at once do not end the episode here. Any decrease counts.",
    "while_lives_left": "The last life does not count here. It is a lost life like the others; the game may run on for "
    "a few frames.",
    "loss_only_if_on": "When the game is over, this says that the episode goes on. One of the two is enough: `or`.",
    "binds": "`|` binds before `<`. Write `or`.",
    "always": "The episode ends at every step here.",
    "never": "The episode never ends here.",
    "wrong_value": "This is not: fewer lives than before, or game over.",
}


def _lives_table(rng):
    n = int(rng.integers(3, 7))
    return [
        ("lost", n, n - 1, False),
        ("lost", 2, 1, False),
        ("lost", n, n - 2, False),
        ("lost", 1, 0, False),
        ("over", 0, 0, True),
        ("over", n, n, True),
        ("over", 1, 0, True),
        ("over", 5, 5, True),
        ("over", 6, 2, True),
        ("over", 2, 3, True),
        ("else", n, n, False),
        ("else", 1, 1, False),
        ("else", 0, 0, False),
        ("else", n, n + 1, False),
        ("else", 0, n, False),
    ]


def _ask_lives(lives_to_terminal, row):
    result = lives_to_terminal(*row)
    if result is None:
        neither = row[1] >= row[0] and not row[2]
        ask = "What is returned when neither is the case?" if neither else "Is a `return` missing?"
        says = f"lives_to_terminal returned None instead of True or False. {ask}"
        raise student.AnswerError("wrong_return", says)
    answer = student.array(result, "lives_to_terminal")
    if answer.size != 1 or answer.reshape(-1)[0] not in (0, 1):
        says = (
            f"Return True or False. For lives {row[0]}, {row[1]} and game_over {row[2]} this returned {show(answer)}."
        )
        raise student.AnswerError("not_true_or_false", says)
    return float(answer.reshape(-1)[0])


lives_to_terminal = _table_check(
    "lives_to_terminal", LIVES_BEHAVIOURS, _lives_table, ENDS, LIVES_SAYS, _ask_lives,
    right=lambda before, after, over: over or after < before,
    told=lambda before, after, over: f"lives {before}, then {after}; game_over {bool(over)}",
    answer=lambda number: str(bool(number)),
)  # fmt: skip
