"""The check of ``advance``: one agent step of Algorithm 1, on a run that writes down what is done to it."""

import numpy as np

from dqn_course.checks import student
from dqn_course.checks.core import Behaviour, Case, Check, Finding, show

BEHAVIOURS = (
    Behaviour("acts", 0.5, "the actions come from run.act, for what is seen now, with the epsilon of now"),
    Behaviour("remembers", 1, "what was seen, done and got goes to the memory, the reward clipped"),
    Behaviour("counts", 0.5, "every game counts one agent step"),
    Behaviour("updates", 0.5, "one update after each agent step where it is due", needs=("counts",)),
    Behaviour("copies", 0.5, "and then the copy, where that is due", needs=("counts",)),
)
EVERYTHING = tuple(behaviour.name for behaviour in BEHAVIOURS)
LIMIT = 300
"""Entries of the diary after which an answer that never ends is stopped."""
FIELDS = ("frames", "actions", "rewards", "terminated", "starts", "cut")

SAYS = {
    "endless": "advance does not come to an end. It makes one agent step in every game, without a loop around all.",
    "no_act": "run.act was not called. The actions come from run.act(games.states, run.epsilon()).",
    "other_states": "run.act gets something else than games.states. It takes the states of all games, {}.",
    "other_epsilon": "run.act gets {} as epsilon; run.epsilon() says {}.",
    "late_act": "The action is chosen after the step. First look and act, then step.",
    "no_step": "The games made no step: games.step(actions).",
    "steps": "The games made {} steps. advance makes one.",
    "other_actions": "games.step gets other actions than run.act gave.",
    "no_add": "Nothing went to the memory: run.memory.add(...).",
    "adds": "The memory was written {} times. One call stores the step of all games.",
    "view": "The frames in the memory are those from after the step. games.states[:, -1] is a window onto an array "
    "that games.step writes into: take a .copy() before the step.",
    "whole_stack": "The memory gets {} as frames, shape {}. It stores one picture a game, the newest: "
    "games.states[:, -1].",
    "oldest": "The oldest picture of the stack goes to the memory. The newest is games.states[:, -1].",
    "starts_after": "`starts` is taken after the step, and belongs to the next picture. Take a .copy() before it.",
    "not_clipped": "The rewards are not clipped. The memory gets -1, 0 or 1: rewards.clip(-1, 1).",
    "sign_lost": "The rewards are clipped to 0 … 1. A lost point is -1.",
    "sign": "This keeps the sign alone: half a point would become a whole one. Clip: rewards.clip(-1, 1).",
    "no_reward": "The rewards in the memory are 0.",
    "ends_swapped": "`terminated` and `truncated` have changed places. The order is frames, actions, rewards, "
    "terminated, starts, truncated.",
    "ends_joined": "A game that was cut is stored as terminated. Then its target would be the reward alone, although "
    "the game had a future.",
    "end_as_cut": "A game that ended is stored as cut. Then its last transition, the surest one, is never sampled: "
    "`cut` is `truncated` alone.",
    "cut_lost": "`truncated` does not reach the memory, so it would make a next state out of two games.",
    "wrong_field": "`{}` in the memory is not what it was in this step.",
    "add_shape": "`{}` in the memory should have shape {}; it has {}.",
    "not_counted": "run.agent_steps was not counted. Every game makes one agent step.",
    "counted_once": "run.agent_steps went up by 1, and there are {} games. Each game's step counts.",
    "counted_frames": "run.agent_steps went up by {}: those are frames, four for every agent step.",
    "counted": "run.agent_steps went up by {}; {} games made one step each.",
    "updates_counted": "run.updates is counted here too. run.update() does that itself.",
    "asked_before": "run.update_is_due() is asked before the step is counted. First run.agent_steps += 1, then ask.",
    "asked_once": "run.update_is_due() is asked once. With {} games it is asked after each agent step, because several "
    "of them may be due.",
    "asked_at_end": "All agent steps are counted first, then the question comes {} times for the same step. Count one, "
    "ask, count the next.",
    "no_update": "An update was due after agent step {}, and none was made.",
    "early_update": "There was an update after agent step {}, where none was due.",
    "update_before_add": "The update comes before the transition is stored. Store first.",
    "no_copy": "A copy was due after agent step {}, and none was made.",
    "early_copy": "The target network was copied after agent step {}, where that was not due.",
    "copy_before_update": "The copy comes before the update of the same agent step. Update first, then copy.",
    "copy_inside": "The copy is asked for only where there was an update. Ask after every agent step.",
}


class _Diary(list):
    def append(self, entry):
        if len(self) >= LIMIT:
            raise student.AnswerError("endless", SAYS["endless"])
        super().append(entry)


class _Games:
    """Games whose next pictures, rewards and ends are written down beforehand."""

    def __init__(self, values, diary):
        self._values, self._diary = values, diary
        self.n_games = len(values["rewards"])
        self.states = values["states"].copy()  # (N, 4, 2, 2) uint8
        self.starts = values["starts"].copy()  # (N,)
        self.n_actions = 6
        self.finished = []

    def step(self, actions):
        """One agent step of every game, as ``atari_games.AtariGames`` does it: ``states`` is written in place."""
        self._diary.append({"event": "step", "actions": student.array(actions, "The actions")})
        self.states[:, :-1] = self.states[:, 1:]
        self.states[:, -1] = self._values["next_frames"]
        self.starts = self._values["next_starts"].copy()
        return tuple(self._values[name].copy() for name in ("rewards", "terminated", "truncated"))


class _Memory:
    def __init__(self, diary):
        self._diary = diary

    def add(self, frames, actions, rewards, terminated, starts, cut):
        """Write down what is stored."""
        fields = zip(FIELDS, (frames, actions, rewards, terminated, starts, cut))
        self._diary.append({"event": "add", **{name: student.array(field, f"`{name}`") for name, field in fields}})


class _Config:
    def __init__(self, n_games):
        self.n_games, self.clip_rewards, self.action_repeat = n_games, True, 4


class _Run:
    """A run of ``atari_training`` as far as ``advance`` sees it."""

    def __init__(self, values):
        self._values, self._diary = values, _Diary()
        self.config = _Config(len(values["rewards"]))
        self.games, self.memory = _Games(values, self._diary), _Memory(self._diary)
        self.agent_steps, self.updates = values["agent_steps"], values["updates"]

    def epsilon(self):
        """Another one at every agent step."""
        return round(1 - self.agent_steps / 1000, 3)

    def act(self, states, epsilon):
        """The actions of this step."""
        states = student.array(states, "The states")
        self._diary.append({"event": "act", "states": states, "epsilon": float(student.array(epsilon, "epsilon"))})
        return self._values["actions"].copy()

    def update_is_due(self):
        """Is it?"""
        self._note("ask update")
        return self.agent_steps in self._values["update_steps"]

    def update(self):
        """One update."""
        self._note("update")
        self.updates += 1

    def copy_is_due(self):
        """Is it?"""
        self._note("ask copy")
        return self.agent_steps in self._values["copy_steps"]

    def copy_to_target(self):
        """One copy."""
        self._note("copy")

    def _note(self, event):
        self._diary.append({"event": event, "at": int(self.agent_steps)})


def _cases(rng):
    return [
        Case("one game, nothing is due", EVERYTHING, _draw(rng, 1, (), ())),
        Case("one game, an update is due", EVERYTHING, _draw(rng, 1, (1,), ())),
        Case("one game, an update and a copy are due", EVERYTHING, _draw(rng, 1, (1,), (1,))),
        Case("3 games, two updates and a copy without one are due", EVERYTHING, _draw(rng, 3, (1, 3), (2,))),
        Case("8 games, two updates and two copies are due", EVERYTHING, _draw(rng, 8, (4, 8), (4, 7))),
    ]


def _draw(rng, n, updates_after, copies_after):
    """One step of n games. Rewards of all sizes; in the largest case games end, are cut, begin."""
    agent_steps = int(rng.integers(100, 400))
    ended, cut = np.zeros((2, n), bool)
    if n > 1:
        ended[0], cut[1] = True, True
    return {
        "states": rng.integers(0, 256, (n, 4, 2, 2)).astype(np.uint8),
        "next_frames": rng.integers(0, 256, (n, 2, 2)).astype(np.uint8),
        "starts": np.arange(n) % 3 == 2,
        "next_starts": ended | cut,
        "actions": rng.integers(0, 6, n),
        "rewards": np.resize([-4.0, 7.0, 0.5, 0.0, -0.25, 1.0], n).astype(np.float32),
        "terminated": ended,
        "truncated": cut,
        "agent_steps": agent_steps,
        "updates": int(rng.integers(10, 90)),
        "update_steps": [agent_steps + i for i in updates_after],
        "copy_steps": [agent_steps + i for i in copies_after],
    }


def _call(advance, values):
    run = _Run(values)
    advance(run)
    return {"diary": list(run._diary), "agent_steps": int(run.agent_steps), "updates": int(run.updates)}


def _judge(values, output):
    diary = output["diary"]
    events = [entry["event"] for entry in diary]
    yield from _judge_acting(values, diary, events)
    yield from _judge_memory(values, diary, events)
    counted = list(_judge_counting(values, output, diary))
    yield from counted
    if not any(finding.costs == ("counts",) for finding in counted):
        yield from _judge_due(values, diary, events)


def _judge_acting(values, diary, events):
    if events.count("step") != 1:
        key = "steps" if "step" in events else "no_step"
        yield Finding(key, ("acts", "remembers"), SAYS[key].format(events.count("step")))
    if "act" not in events:
        yield Finding("no_act", ("acts",), SAYS["no_act"])
        return
    act = diary[events.index("act")]
    if "step" in events and events.index("step") < events.index("act"):
        yield Finding("late_act", ("acts",), SAYS["late_act"])
        return
    if not np.array_equal(act["states"], values["states"]):
        says = SAYS["other_states"].format(f"shape {values['states'].shape[:2] + (84, 84)}")
        yield Finding("other_states", ("acts",), says)
    epsilon = round(1 - values["agent_steps"] / 1000, 3)
    if not np.isclose(act["epsilon"], epsilon, atol=1e-6):
        yield Finding("other_epsilon", ("acts",), SAYS["other_epsilon"].format(show(act["epsilon"]), show(epsilon)))
    if "step" in events and not np.array_equal(diary[events.index("step")]["actions"].ravel(), values["actions"]):
        yield Finding("other_actions", ("acts",), SAYS["other_actions"])


def _judge_memory(values, diary, events):
    if events.count("add") != 1:
        key = "adds" if "add" in events else "no_add"
        yield Finding(key, ("remembers",), SAYS[key].format(events.count("add")))
        return
    added = diary[events.index("add")]
    done = diary[events.index("step")]["actions"] if "step" in events else values["actions"]
    expected = {
        "frames": values["states"][:, -1], "actions": done, "rewards": values["rewards"].clip(-1, 1),
        "terminated": values["terminated"], "starts": values["starts"], "cut": values["truncated"],
    }  # fmt: skip
    wrong = [name for name in FIELDS if not _same(added[name], expected[name])]
    if "actions" in wrong and _same(added["actions"], values["actions"]):
        wrong.remove("actions")  # what was done instead is told elsewhere
    if {"terminated", "cut"} <= set(wrong) and _same(added["terminated"], expected["cut"]):
        yield Finding("ends_swapped", ("remembers",), SAYS["ends_swapped"])
        wrong = [name for name in wrong if name not in ("terminated", "cut")]
    for name in wrong:
        yield _wrong_field(name, added[name], expected[name], values)


def _same(got, expected):
    return got.shape == expected.shape and np.allclose(got, expected, atol=1e-6)


def _wrong_field(name, got, expected, values):
    raw, both = values["rewards"], values["terminated"] | values["truncated"]
    states, after = values["states"].astype(float), values["next_frames"]
    causes = {
        "frames": (("view", after), ("oldest", states[:, 0])),
        "rewards": (
            ("not_clipped", raw),
            ("sign", np.sign(raw)),
            ("sign_lost", raw.clip(0, 1)),
            ("no_reward", 0 * raw),
        ),
        "terminated": (("ends_joined", both),),
        "starts": (("starts_after", values["next_starts"]),),
        "cut": (("cut_lost", 0 * expected), ("end_as_cut", both)),
        "actions": (),
    }[name]
    if name == "frames" and got.ndim == 4:
        return Finding("whole_stack", ("remembers",), SAYS["whole_stack"].format("whole states", got.shape))
    if got.shape != expected.shape:
        return Finding("add_shape", ("remembers",), SAYS["add_shape"].format(name, expected.shape, got.shape))
    for key, gives in causes:
        if _same(got, np.asarray(gives, float)):
            return Finding(key, ("remembers",), SAYS[key])
    shown = ((name, show(expected), show(got), False),) if expected.ndim == 1 else ()
    return Finding("wrong_field", ("remembers",), SAYS["wrong_field"].format(name), shown, named=False)


def _judge_counting(values, output, diary):
    n, counted = len(values["rewards"]), output["agent_steps"] - values["agent_steps"]
    updates = sum(entry["event"] == "update" for entry in diary)
    if output["updates"] != values["updates"] + updates:
        yield Finding("updates_counted", ("updates",), SAYS["updates_counted"])
    if counted == n:
        return
    key = "not_counted" if counted == 0 else "counted_once" if counted == 1 else "counted"
    key = "counted_frames" if counted in (4, 4 * n) and n != 4 else key
    yield Finding(key, ("counts",), SAYS[key].format(n if key == "counted_once" else counted, n))


def _judge_due(values, diary, events):
    first, n = values["agent_steps"], len(values["rewards"])
    steps = list(range(first + 1, first + n + 1))

    def at(event):
        return [entry["at"] for entry in diary if entry["event"] == event]

    due = {"update": values["update_steps"], "copy": values["copy_steps"]}
    for kind, behaviour in (("update", "updates"), ("copy", "copies")):
        made, asked = at(kind), at(f"ask {kind}")
        if made == due[kind] and (asked == steps or made):
            continue
        if asked == [step - 1 for step in steps]:
            yield Finding("asked_before", (behaviour,), SAYS["asked_before"].replace("update_is", f"{kind}_is"))
        elif n > 1 and len(asked) == 1:
            yield Finding("asked_once", (behaviour,), SAYS["asked_once"].format(n).replace("update_is", f"{kind}_is"))
        elif n > 1 and asked == [steps[-1]] * n:
            yield Finding("asked_at_end", (behaviour,), SAYS["asked_at_end"].format(n))
        elif kind == "copy" and asked and asked == at("update") and asked != steps:
            if made != due["copy"]:
                yield Finding("copy_inside", ("copies",), SAYS["copy_inside"])
        elif missing := [step for step in due[kind] if step not in made]:
            yield Finding(f"no_{kind}", (behaviour,), SAYS[f"no_{kind}"].format(missing[0]))
        elif extra := [step for step in made if step not in due[kind]]:
            yield Finding(f"early_{kind}", (behaviour,), SAYS[f"early_{kind}"].format(extra[0]))
    if "update" in events and "add" in events and events.index("update") < events.index("add"):
        yield Finding("update_before_add", ("updates",), SAYS["update_before_add"])
    order = [(entry["event"], entry["at"]) for entry in diary if entry["event"] in ("update", "copy")]
    for step in steps:
        if ("copy", step) in order and ("update", step) in order[order.index(("copy", step)) :]:
            yield Finding("copy_before_update", ("copies",), SAYS["copy_before_update"])
            return


advance = Check("advance", BEHAVIOURS, _cases, _call, _judge)
