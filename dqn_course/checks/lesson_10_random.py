"""The check of ``random_agent_10hz``: a game on an emulator whose rewards and end are written down beforehand."""

import numpy as np
import torch

from dqn_course.checks import student
from dqn_course.checks.core import Behaviour, Case, Check, Finding, show

BEHAVIOURS = (
    Behaviour("hold", 1, "a new action every `hold` frames, the same one in between"),
    Behaviour("choice", 1, "any action of the minimal set, all with the same chance, by `rng`"),
    Behaviour("score", 0.5, "the sum of the rewards of all frames, and their number"),
    Behaviour("end", 0.5, "over with the game, or after `max_frames`"),
)
EVERYTHING = tuple(behaviour.name for behaviour in BEHAVIOURS)
SETS = ([0, 3, 4, 11], [0, 1, 2, 5, 6, 8], [0, 2, 5], [1, 3, 4, 12, 17])
"""Minimal sets of made-up games; their numbers are not those of their places."""

SAYS = {
    "wrong_return": "random_agent_10hz should return two things, score and frames; it returned {}.",
    "endless": "The play does not end: {} frames, and the limit was {}. Is `frames` one more after every `ale.act`, "
    "and compared with `max_frames`?",
    "not_played": "No frame was played. `ale.act(action)` plays one. Is the loop entered? `not ale.game_over()` needs "
    "its round brackets.",
    "reset": "The game was reset. It has begun already, and a new one would be another episode.",
    "every_frame": "A new action is drawn in every frame. That is 60 Hz. Draw one when `frames % hold == 0`.",
    "fixed_hold": "An action is always held for 6 frames. The number is `hold`, here {}.",
    "never_changes": "One action is drawn, and held for the whole game. Draw a new one every `hold` frames.",
    "one_more": "With hold = {}, each action is held for {} frames, one too many.",
    "one_less": "With hold = {}, each action is held for {} frames, one too few.",
    "double": "With hold = {}, each action is held for {} frames.",
    "off_beat": "With hold = {}, the first action is held for {} frames, those after it for {}. The first frame draws "
    "an action too: `frames % hold == 0` at frames = 0.",
    "other_hold": "With hold = {}, an action is held for {} frames.",
    "noop_between": "The action is pressed for one frame, and then nothing is. Hold it: repeat the last action on the "
    "frames in between.",
    "positions": "These are places in the list of actions, 0 to {}, not actions of this game, which are {}. "
    "`actions[rng.integers(len(actions))]`.",
    "all_18": "Actions from all 18 are drawn. The paper takes the minimal set: `ale.getMinimalActionSet()`.",
    "not_in_set": "Action {} is not in the minimal set of this game, which is {}.",
    "last_never": "The last action of the set is never drawn. `rng.integers(n)` gives 0 to n - 1.",
    "first_never": "The first action of the set is never drawn. `rng.integers(n)` gives 0 to n - 1.",
    "never_twice": "No action is drawn twice in a row. All have the same chance, the last one too.",
    "in_turn": "The actions come in turn. Draw each one at random.",
    "uneven": "Some actions are drawn far more often than others: {} of {} draws are action {}. All should have the "
    "same chance.",
    "rng_unused": "The chances do not come from `rng`, so nobody can repeat this game. Use `rng.integers(n)` or "
    "`rng.choice(actions)`, and make no generator of your own.",
    "last_reward": "The score is the last reward. Add up: `score += ale.act(action)`.",
    "one_in_hold": "Only the reward of one frame in {} is counted. Every frame may give some: add all of them.",
    "clipped": "Rewards are clipped here. That is for learning; a score counts them as they are.",
    "mean_score": "This is the mean reward of a frame. The score is the sum.",
    "end_lost": "The reward of the last frame is missing. Add it before you leave the loop.",
    "no_score": "The score is 0. `ale.act(action)` returns the reward of one frame; add it up.",
    "positive": "Negative rewards are left out. A score counts them too.",
    "wrong_score": "This is not the sum of the rewards of all frames.",
    "swapped": "Score and frames have changed places. Return `score, frames`.",
    "frames_made_up": "{} frames are reported, and `ale.act` was called {} times. Each call plays one frame: to hold "
    "an action for `hold` frames, call it `hold` times.",
    "actions_counted": "This counts actions. `frames` are calls of `ale.act`.",
    "one_frame_off": "There were {} calls of `ale.act`, and {} are reported.",
    "wrong_frames": "There were {} calls of `ale.act`, and {} are reported.",
    "played_on": "The game was over after {} frames, and {} were played. Ask `ale.game_over()` after every frame, also "
    "while an action is held.",
    "limit_ignored": "`max_frames` is not used: {} frames were played, and the limit is {}.",
    "overshoot": "The limit is {} frames, and {} were played. It may lie in the middle of an action.",
    "limit_early": "The limit is {} frames, and only {} were played. The last, shorter action belongs to the game too.",
    "stopped_at_life": "The game was left when a life was lost. It goes on: a score is that of a whole game.",
    "stopped_early": "The game was left after {} frames, and was neither over nor at its limit.",
}


class _Emulator:
    """What an exercise may ask of the emulator: a game whose rewards are written down beforehand."""

    def __init__(self, values):
        self._values = values
        self._acts = []
        self._reset = 0

    def getMinimalActionSet(self):  # noqa: N802, the emulator's own name
        """The actions of this game."""
        return list(self._values["actions"])

    def getLegalActionSet(self):  # noqa: N802
        """All 18."""
        return list(range(18))

    def act(self, action):
        """One frame; its reward."""
        self._acts.append(float(student.array(action, "The action").reshape(-1)[0]))
        if len(self._acts) > 3 * self._values["stop"]:
            limit = self._values["max_frames"]
            raise student.AnswerError("endless", SAYS["endless"].format(len(self._acts), limit))
        rewards = self._values["rewards"]
        return float(rewards[(len(self._acts) - 1) % len(rewards)])

    def game_over(self):
        """Is the game over?"""
        return bool(self._values["over_at"]) and len(self._acts) >= self._values["over_at"]

    def lives(self):
        """Fewer from frame to frame; the last one is played with none left, as in many games."""
        return 2 - (len(self._acts) >= 20) - (len(self._acts) >= 40)

    def reset_game(self):
        """A new game."""
        self._reset += 1


def _cases(rng):
    def case(name, proves, hold, over_at, max_frames, actions):
        played = min(over_at or max_frames, max_frames)
        rewards = (rng.integers(-2, 6, 2_600) + rng.uniform(0.1, 0.4, 2_600)).round(2)
        rewards[rng.random(2_600) < 0.4] = 0.0
        rewards[played - 1] = 7.25  # of the last frame: it counts too
        values = {
            "hold": hold, "over_at": over_at, "max_frames": max_frames, "actions": actions, "stop": played,
            "rewards": rewards, "seed": int(rng.integers(2**31)),
        }  # fmt: skip
        return Case(name, proves, values)

    some = [SETS[i] for i in rng.permutation(len(SETS))]
    most = ("hold", "choice", "score")
    return [
        case("a game of 2,403 frames", (*most, "end"), 6, 2_403, 3_600, some[0]),
        case("a game of 500 frames, held for 4", most, 4, 500, 1_200, some[1]),
        case("a game of 301 frames, a new action every frame", ("hold", "choice"), 1, 301, 900, some[2]),
        case("a game that is cut after 600 frames", ("end", "score"), 6, 0, 600, some[3]),
        case("a game that is cut after 100 frames, held for 6", ("end", "score"), 6, 0, 100, some[0]),
    ]


def _call(random_agent_10hz, values):
    ale, rng = _Emulator(values), np.random.default_rng(values["seed"])
    before = repr(rng.bit_generator.state)
    result = random_agent_10hz(ale, rng, values["hold"], values["max_frames"])
    if isinstance(result, np.ndarray | torch.Tensor) and result.shape == (2,):
        result = list(result)
    if not isinstance(result, tuple | list) or len(result) != 2:
        what = f"{len(result)} things" if isinstance(result, tuple | list) else student.named(result)
        raise student.AnswerError("wrong_return", SAYS["wrong_return"].format(what))
    return {
        "score": student.array(result[0], "random_agent_10hz, in score,"),
        "frames": student.array(result[1], "random_agent_10hz, in frames,"),
        "acts": np.array(ale._acts),
        "reset": ale._reset,
        "drawn": repr(rng.bit_generator.state) != before,
    }


def _judge(values, output):
    acts = output["acts"]
    if not len(acts):
        yield Finding("not_played", EVERYTHING, SAYS["not_played"])
        return
    if output["reset"]:
        yield Finding("reset", ("end",), SAYS["reset"])
    made_up = values["hold"] > 1 and output["frames"].size == 1
    if made_up and abs(float(output["frames"].reshape(-1)[0]) - len(acts) * values["hold"]) < values["hold"]:
        text = SAYS["frames_made_up"].format(show(output["frames"].reshape(-1)[0]), len(acts))
        yield Finding("frames_made_up", ("hold", "end", "score"), text)
        return
    yield from _judge_end(values, len(acts))
    yield from _judge_choice(values, output, acts)
    yield from _judge_score(values, output, len(acts))


def _judge_end(values, played):
    over, limit, hold = values["over_at"], values["max_frames"], values["hold"]
    due = values["stop"]
    if played == due:
        return
    if over and played > over:
        yield Finding("played_on", ("end",), SAYS["played_on"].format(over, played))
    elif not over and played > limit:
        key = "overshoot" if played - limit < hold else "limit_ignored"
        yield Finding(key, ("end",), SAYS[key].format(*((limit, played) if key == "overshoot" else (played, limit))))
    elif not over and limit - played <= hold:
        yield Finding("limit_early", ("end",), SAYS["limit_early"].format(limit, played))
    elif 20 <= played < 20 + hold or 40 <= played < 40 + hold:
        yield Finding("stopped_at_life", ("end",), SAYS["stopped_at_life"])
    else:
        yield Finding("stopped_early", ("end",), SAYS["stopped_early"].format(played))


def _judge_choice(values, output, acts):
    hold, actions = values["hold"], list(values["actions"])
    blocks = acts[: len(acts) // hold * hold].reshape(-1, hold)
    if hold > 1 and len(blocks) > 5 and (blocks[:, 1:] == 0).all() and (blocks[:, 0] != 0).any():
        yield Finding("noop_between", ("hold",), SAYS["noop_between"])
        return
    strangers = sorted(set(acts) - set(actions))
    changes = np.flatnonzero(np.diff(acts)) + 1
    if strangers:
        places = set(acts) <= set(range(len(actions)))
        key = "positions" if places else "all_18" if len(set(acts)) > len(actions) + 3 else "not_in_set"
        text = {
            "positions": SAYS["positions"].format(len(actions) - 1, ", ".join(map(str, actions))),
            "all_18": SAYS["all_18"],
            "not_in_set": SAYS["not_in_set"].format(f"{strangers[0]:g}", ", ".join(map(str, actions))),
        }[key]
        yield Finding(key, ("choice",), text, named=key != "not_in_set", could_be=("positions", "all_18"))
    if len(acts) > 40 * hold or len(acts) > 90:
        yield from _judge_hold(values, acts, changes)
    if not output["drawn"]:
        yield Finding("rng_unused", ("choice",), SAYS["rng_unused"])
        return
    drawn = blocks[:, 0]
    if strangers or len(drawn) < 60 or not len(changes):
        return
    counts = np.array([(drawn == action).sum() for action in actions])
    in_turn = len(drawn) > len(actions) and (drawn[len(actions) :] == drawn[: -len(actions)]).all()
    if in_turn:
        yield Finding("in_turn", ("choice",), SAYS["in_turn"])
    elif counts[-1] == 0 and (counts[:-1] > 0).all():
        yield Finding("last_never", ("choice",), SAYS["last_never"])
    elif counts[0] == 0 and (counts[1:] > 0).all():
        yield Finding("first_never", ("choice",), SAYS["first_never"])
    elif counts.max() - len(drawn) / len(actions) > 6 * np.sqrt(len(drawn) / len(actions)):
        text = SAYS["uneven"].format(counts.max(), len(drawn), actions[counts.argmax()])
        yield Finding("uneven", ("choice",), text)
    elif (drawn[1:] != drawn[:-1]).all():
        yield Finding("never_twice", ("choice",), SAYS["never_twice"])


def _judge_hold(values, acts, changes):
    hold = values["hold"]
    if not len(changes):
        if len(acts) > 10 * hold:
            sure = hold > 1  # one that waits for `frames % hold == 1` waits for ever where hold is 1
            yield Finding("never_changes", ("hold",), SAYS["never_changes"], named=sure, could_be=("off_beat",))
        return
    rhythm = int(np.gcd.reduce(np.diff(changes))) if len(changes) > 1 else hold
    if rhythm == hold and changes[0] % hold == 0:
        return
    if rhythm > hold and rhythm % hold == 0 and len(changes) < 25:  # a few draws may have come in equal pairs
        return
    if rhythm == hold:
        text = SAYS["off_beat"].format(hold, changes[0] % hold, hold)
        yield Finding("off_beat", ("hold",), text)
        return
    lengths = np.diff(changes)
    held = rhythm if rhythm > 1 else int(lengths.min())
    if rhythm == 6:
        yield Finding("fixed_hold", ("hold",), SAYS["fixed_hold"].format(hold))
        return
    keys = {
        hold + 1: "one_more",
        hold - 1: "one_less",
        2 * hold: "double",
        1: "every_frame",
    }
    key = keys.get(held, "other_hold")
    could_be = ("fixed_hold", "every_frame", "double", "one_more", "one_less")
    sure = key != "other_hold" and hold > 1
    yield Finding(key, ("hold",), SAYS[key].format(hold, held), named=sure, could_be=could_be)


def _judge_score(values, output, played):
    hold, rewards = values["hold"], np.resize(values["rewards"], played)
    score, frames = output["score"].reshape(-1), output["frames"].reshape(-1)
    expected = rewards.sum()
    if score.size != 1 or frames.size != 1:
        what = f"{score.size} numbers for the score and {frames.size} for the frames"
        yield Finding("wrong_return", ("score",), SAYS["wrong_return"].format(what))
        return
    score, frames = float(score[0]), float(frames[0])

    def close(a, b):
        return bool(np.isclose(a, b, rtol=1e-5, atol=1e-6))

    if close(score, played) and close(frames, expected):
        yield Finding("swapped", ("score",), SAYS["swapped"])
        return
    if not close(score, expected):
        fits = {
            "last_reward": rewards[-1],
            "one_in_hold": rewards[::hold].sum() if hold > 1 else None,
            "one_in_hold ": rewards[hold - 1 :: hold].sum() if hold > 1 else None,
            "clipped": rewards.clip(-1, 1).sum(),
            "clipped ": np.sign(rewards).sum(),
            "clipped  ": np.clip(expected, -1, 1),
            "mean_score": expected / played,
            "end_lost": rewards[:-1].sum(),
            "no_score": 0.0,
            "positive": rewards.clip(0).sum(),
        }
        found = [key.strip() for key, value in fits.items() if value is not None and close(score, value)]
        key = found[0] if found else "wrong_score"
        rows = ((f"score of {played:,} frames", show(expected), show(score), False),)
        text = SAYS[key].format(hold)
        yield Finding(key, ("score",), text, rows, named=len(set(found)) == 1, could_be=tuple(found))
    if not close(frames, played):
        counted = played / hold
        key = "wrong_frames"
        if hold > 1 and abs(frames - counted) <= 1:
            key = "actions_counted"
        elif abs(frames - played) == 1:
            key = "one_frame_off"
        yield Finding(key, ("score",), SAYS[key].format(played, show(frames)), named=key != "wrong_frames")


random_agent_10hz = Check("random_agent_10hz", BEHAVIOURS, _cases, _call, _judge)
