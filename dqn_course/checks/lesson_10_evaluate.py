"""The check of ``evaluate``: games whose rewards and ends are written down beforehand, and a diary of what was done."""

import numpy as np

from dqn_course.checks import student
from dqn_course.checks.core import Behaviour, Case, Check, Finding, show

BEHAVIOURS = (
    Behaviour("whole", 1, "every game is played to its end, and begins with a reset of its own"),
    Behaviour("scores", 1, "the score of a game is the plain sum of its rewards"),
    Behaviour("games", 0.5, "one score a game, `episodes` of them, in order"),
    Behaviour("greedy", 0.5, "the best action of the present state, where none is drawn"),
    Behaviour("epsilon", 1, "with probability epsilon a random action, by `rng`"),
)
EVERYTHING = tuple(behaviour.name for behaviour in BEHAVIOURS)
LIMIT = 6_000
"""Steps after which an answer that does not end is stopped."""
PATIENCE = 30
"""Steps after the end of a game, with one of the two marks, after which both of them say that it is over."""

SAYS = {
    "endless": "The play does not end: {} steps, and still going on. Does the inner loop stop when the game is over, "
    "and the outer one after `episodes` games?",
    "no_such_action": "Action {} was taken, but this game has {}, from 0 to {}. How many there are is told by the "
    "Q-values: `len(q_values(state))`.",
    "negative_action": "Action {} was taken. An action is a place among the Q-values, from 0 to {}: np.argmax tells "
    "where the largest one is, np.max how large it is.",
    "not_whole_action": "`env.step` takes one whole number, and got {}. np.argmax gives the position of the largest "
    "value.",
    "not_played": "No step was made. `env.step(action)` belongs in a loop.",
    "no_reset": "The first step came before any `env.reset()`.",
    "reset_once": "There is one reset only, before the first game. Each game needs its own: put `env.reset()` inside "
    "of the loop over games.",
    "reset_often": "The game is reset while it is running. Reset once a game, before the loop over its steps.",
    "same_start": "Every game is reset with the same seed, so it is the same game over and over. Call `env.reset()` "
    "without a seed.",
    "terminated_ignored": "A game that terminated is played on. It ends when terminated or truncated is True.",
    "truncated_ignored": "A game that was truncated, because its five minutes are over, is played on. It ends when "
    "terminated or truncated is True.",
    "played_on": "A game is played on after its end. Leave the loop when terminated or truncated is True.",
    "one_step": "Only one step was made in each game. Is there a loop inside of the loop over games?",
    "stopped_early": "A game was left before its end. Only terminated or truncated ends it.",
    "needs_both": "A game ends where one of the two is True, terminated or truncated: `or`, not `and`.",
    "episodes_ignored": "{} games were played. The number is `episodes`, here {}.",
    "one_game_more": "{} games were played, one too many. `range(episodes)` goes `episodes` times.",
    "one_game": "Only one game was played. Is the `return` inside of the loop over games?",
    "one_game_less": "{} games were played, one too few.",
    "mean_only": "This is the mean of the scores. Return all of them, one a game; the mean comes later.",
    "total": "This is the sum over all games. Return one score a game.",
    "last_score": "This is the score of the last game alone. Return one a game.",
    "one_short": "There are {} scores for {} games.",
    "wrong_count": "There should be {} scores, there are {}.",
    "not_reset": "The score goes on from game to game. Set it to 0 at the start of each.",
    "end_lost": "The reward of the last step is missing. Add it before you leave the loop.",
    "last_reward": "This is the last reward alone. Add up all of them: `+=`.",
    "lengths": "This counts steps. The score is the sum of the rewards.",
    "means": "This is the mean reward. The score is the sum.",
    "clipped": "Rewards are clipped here. That is for learning; a score counts them as they are.",
    "discounted": "Rewards are discounted here. A score is the plain sum.",
    "positive": "Negative rewards are left out. A score counts them too.",
    "whole_numbers": "The fractions are cut off. Leave the rewards as they are.",
    "best": "This is the best reward of a game. The score is the sum of all.",
    "reversed": "The scores come in the reverse order.",
    "sorted": "The scores are sorted. Leave them in the order of the games.",
    "wrong_scores": "These are not the sums of the rewards.",
    "stale_state": "The action belongs to an older state. Take over what `env.step` returns: `state, reward, "
    "terminated, truncated, info = env.step(action)`.",
    "first_state": "The action is always that of the first state. Ask `q_values(state)` anew in every step.",
    "worst": "This takes the action with the smallest Q-value. np.argmax, not np.argmin.",
    "never_greedy": "With epsilon = 0 the actions are not those with the largest Q-value.",
    "epsilon_ignored": "All actions are greedy, whatever epsilon says. Without any chance, a memorised game would "
    "score every time.",
    "overwritten": "A chance is drawn, and all actions are greedy, whatever epsilon says. Is the random action "
    "overwritten by the best one? The best one belongs in the `else`.",
    "always_random": "All actions are random, whatever epsilon says.",
    "swapped": "Greedy and random have changed places. Random with probability epsilon: `rng.random() < epsilon`.",
    "fixed_epsilon": "About {:.0%} of the actions are random whatever epsilon says; here it is {:g}. Use the argument.",
    "never_best": "A random action is never the best one here. Any of them may be drawn, the best too: "
    "`rng.integers(n_actions)`.",
    "last_never": "The last action is never drawn. `rng.integers(n)` gives 0 to n - 1.",
    "first_never": "Action 0 is never drawn. `rng.integers(n)` gives 0 to n - 1.",
    "one_action": "When it is random, it is always action {}. Any of them may be drawn: `rng.integers(n_actions)`.",
    "per_game": "Chance decides once a game here, and the whole game is random or not. Draw anew in every step.",
    "other_share": "{:.0%} of the actions are not the best; with epsilon = {:g} and {} actions it should be {:.0%}.",
    "decays": "The share of random actions changes from game to game, or from step to step. Epsilon stays as it is in "
    "an evaluation.",
    "rng_half_used": "The same `rng` gives other games the second time: some of the chances come from elsewhere. "
    "Whether an action is random, and which one, both are for `rng` to say: `rng.random()`, `rng.integers(n)`.",
    "rng_unused": "The chances do not come from `rng`, so nobody can repeat this evaluation. Use `rng.random()` and "
    "`rng.integers(n)`, and make no generator of your own.",
}


class _Game:
    """What an exercise may ask of an environment; it keeps a diary of resets and steps."""

    def __init__(self, values):
        self._values = values
        self._game, self._t, self._over, self._late = -1, 0, True, 0
        self.diary = []  # (game, step in it, action, the best one, was the game over before?)
        self.resets = []  # seeds, -1 for none
        self.asked = 0
        self.action_space = _Actions(values["n_actions"])

    def _state(self):
        return np.array([self._game, self._t], np.float32)

    def _best(self, state):
        game, t = int(state[0]), int(state[1])
        return (int(self._values["offset"]) + 7 * game + 3 * t + t * t) % self._values["n_actions"]

    def q_values(self, state):
        """Q-values of a state, a new array."""
        self.asked += 1
        if self.asked > 4 * LIMIT:
            raise student.AnswerError("endless", SAYS["endless"].format(len(self.diary)))
        q = np.linspace(-3.0, -2.0, self._values["n_actions"])
        best = self._best(np.asarray(state).reshape(-1))
        q[(best + 1) % len(q)] = -9.0  # the worst
        q[best] = -1.25
        return q

    def reset(self, seed=None, options=None):
        self.resets.append(-1 if seed is None else int(seed))
        unplayed = self._game >= 0 and self._t == 0  # once more, before the first step: still the same game
        self._game, self._t, self._over, self._late = self._game + (not unplayed), 0, False, 0
        if len(self.resets) > LIMIT:
            raise student.AnswerError("endless", SAYS["endless"].format(len(self.diary)))
        return self._state(), {}

    def close(self):
        """Nothing: there is no window."""

    def step(self, action):
        if not self.resets:
            raise student.AnswerError("no_reset", SAYS["no_reset"])
        number = student.array(action, "The action")
        if number.size != 1 or number.reshape(-1)[0] % 1:
            raise student.AnswerError("not_whole_action", SAYS["not_whole_action"].format(show(number.reshape(-1))))
        number, n = int(number.reshape(-1)[0]), self._values["n_actions"]
        if number < 0:
            raise student.AnswerError("negative_action", SAYS["negative_action"].format(number, n - 1))
        if number >= n:
            raise student.AnswerError("no_such_action", SAYS["no_such_action"].format(number, n, n - 1))
        self.diary.append((self._game, self._t, number, self._best(self._state()), self._over))
        if len(self.diary) > LIMIT:
            raise student.AnswerError("endless", SAYS["endless"].format(LIMIT))
        rewards, cut = self._plan(self._game)
        reward = rewards[self._t] if self._t < len(rewards) else 0.0
        self._t, self._late = self._t + 1, self._late + self._over
        self._over = self._t >= len(rewards)
        both = self._late >= PATIENCE
        return self._state(), float(reward), self._over and (not cut or both), self._over and (cut or both), {}

    def _plan(self, game):
        """The rewards of a game, and whether it is cut at its end; games beyond the plan repeat the last."""
        plan = self._values["plan"]
        return plan[min(game, len(plan) - 1)]


class _Actions:
    """``env.action_space``, as far as it is of use here; drawing from it would leave ``rng`` alone."""

    def __init__(self, n):
        self.n = n

    def sample(self):
        return int(np.random.randint(self.n))


def _cases(rng):
    def game(length, cut, rewards=None):
        drawn = (rng.permutation(length) - length // 3 + rng.uniform(0.15, 0.4, length)).round(2)
        return [[float(reward) for reward in (drawn if rewards is None else rewards)], bool(cut)]

    def case(name, proves, n_actions, epsilon, plan):
        values = {
            "n_actions": n_actions, "epsilon": epsilon, "plan": plan, "offset": int(rng.integers(n_actions)),
            "seed": int(rng.integers(2**31)),
        }  # fmt: skip
        two = "`env.reset()` gives two things, `state, info`."
        hints = {
            "not enough values to unpack|inhomogeneous": two,
            r"too many values to unpack \(expected 4": "`env.step` gives five things: `state, reward, terminated, "
            "truncated, info`.",
        }
        return Case(name, proves, values, hints)

    sure = ("whole", "scores", "games", "greedy")
    return [
        case("three games, epsilon = 0", sure, 4, 0.0, [
            game(3, False, [1.0, 0.0, 4.5]), game(4, False, [0.0, -2.0, 0.0, 0.5]), game(2, False, [3.0, 7.0])]),
        case("two games that are cut", sure, 6, 0.0, [game(5, True), game(7, True)]),
        case("games of both kinds", sure, 3, 0.0, [game(4, True), game(6, False), game(3, True), game(5, False)]),
        case("one game of one step", ("whole", "games"), 5, 0.0, [game(1, False)]),
        case("three long games", ("greedy",), 4, 0.0, [game(60, False), game(60, True), game(60, False)]),
        case("epsilon = 1", ("epsilon",), 5, 1.0, [game(16, i % 2) for i in range(25)]),
        case("epsilon = 0.3", ("epsilon",), 4, 0.3, [game(12, i % 2) for i in range(60)]),
    ]  # fmt: skip


def _call(evaluate, values):
    env, rng = _Game(values), np.random.default_rng(values["seed"])
    before = repr(rng.bit_generator.state)
    result = evaluate(env, env.q_values, rng, len(values["plan"]), values["epsilon"])
    same = True
    if values["epsilon"] > 0:
        again = _Game(values)
        evaluate(again, again.q_values, np.random.default_rng(values["seed"]), len(values["plan"]), values["epsilon"])
        same = again.diary == env.diary
    return {
        "scores": student.array(result, "evaluate"),
        "diary": np.array(env.diary, dtype=float).reshape(-1, 5),
        "resets": list(env.resets),
        "drawn": repr(rng.bit_generator.state) != before,
        "same": same,
    }


def _judge(values, output):
    diary, resets, plan = output["diary"].astype(int), list(output["resets"]), values["plan"]
    if not len(diary):
        one = len(plan) == 1  # then it may be one game too few
        yield Finding("not_played", ("games",) if one else EVERYTHING, SAYS["not_played"], named=not one)
        return
    if values["epsilon"] > 0:
        yield from _judge_chances(values, output, diary)
        return
    trouble = list(_judge_play(diary, resets, plan))
    yield from trouble
    played = [[0.0] for _ in range(max(diary[:, 0]) + 1)]  # of each game, the rewards that it gave
    for game, t, *_ in diary:
        rewards = plan[min(game, len(plan) - 1)][0]
        played[game].append(rewards[t] if t < len(rewards) else 0.0)
    if not {"reset_once", "reset_often"}.intersection(finding.key for finding in trouble):
        yield from _judge_scores(played, output["scores"], len(plan))
    yield from _judge_greedy(values, diary)


def _judge_play(diary, resets, plan):
    games, after = diary[:, 0], diary[:, 4].astype(bool)
    lengths = {game: int((games == game).sum()) for game in sorted(set(games))}
    due = [len(rewards) for rewards, _ in plan]
    begun = len(resets)
    if begun == 1 and len(plan) > 1 and after.any():
        yield Finding("reset_once", ("whole", "scores", "games"), SAYS["reset_once"])
        return
    if begun > len(plan) + 1 and max(lengths.values()) == 1 and max(due) > 1:
        yield Finding("reset_often", ("whole", "scores", "games"), SAYS["reset_often"])
        return
    if len(resets) > 1 and resets[0] != -1 and len(set(resets)) == 1:
        yield Finding("same_start", ("whole",), SAYS["same_start"])
    if after.any():
        late = {plan[min(game, len(plan) - 1)][1] for game in games[after]}
        key = "played_on"
        if len({cut for _, cut in plan}) == 2:  # else it cannot be told
            key = {(False,): "terminated_ignored", (True,): "truncated_ignored"}.get(tuple(late), "needs_both")
        could_be = ("truncated_ignored", "terminated_ignored", "needs_both")
        yield Finding(key, ("whole",), SAYS[key], named=key != "played_on", could_be=could_be)
    short = [game for game, length in lengths.items() if length < due[min(game, len(due) - 1)]]
    if short:
        key = "one_step" if all(length == 1 for length in lengths.values()) else "stopped_early"
        yield Finding(key, ("whole",), SAYS[key], named=key != "one_step", could_be=("stopped_early",))
    if len(lengths) != len(plan):
        n = len(lengths)
        key = {1: "one_game_more", -1: "one_game_less"}.get(n - len(plan), "episodes_ignored")
        if n == 1 and len(plan) > 2:
            key = "one_game"
        sure = len(plan) > 2
        could_be = ("episodes_ignored", "one_game", "one_game_less", "one_game_more")
        yield Finding(key, ("games",), SAYS[key].format(n, len(plan)), named=sure, could_be=could_be)


def _judge_scores(played, got, n):
    expected = np.array([sum(rewards) for rewards in played])
    flat = got.reshape(-1)
    if flat.shape == expected.shape and np.allclose(flat, expected, rtol=1e-5, atol=1e-6):
        return
    if len(expected) > 1 and flat.size == 1:
        fits = {"mean_only": expected.mean(), "total": expected.sum(), "last_score": expected[-1]}
        key = next((key for key, value in fits.items() if np.isclose(flat[0], value)), "wrong_count")
        yield Finding(key, ("games",), SAYS[key].format(len(expected), 1))
        return
    if flat.shape != expected.shape:
        if len(expected) == n:
            yield Finding("wrong_count", ("games",), SAYS["wrong_count"].format(n, flat.size))
        elif flat.size == n and np.allclose(flat, expected[:n]):
            return
        else:
            yield Finding("wrong_count", ("games",), SAYS["one_short"].format(flat.size, len(expected)))
        return
    rest = [np.array(rewards[1:]) for rewards in played]
    steps = [np.arange(len(rewards)) for rewards in rest]
    fits = {
        "not_reset": expected.cumsum(),
        "end_lost": np.array([rewards[:-1].sum() for rewards in rest]),
        "last_reward": np.array([rewards[-1] for rewards in rest]),
        "lengths": np.array([len(rewards) for rewards in rest]),
        "means": np.array([rewards.mean() for rewards in rest]),
        "clipped": np.array([rewards.clip(-1, 1).sum() for rewards in rest]),
        "discounted": np.array([(rewards * 0.99**t).sum() for rewards, t in zip(rest, steps)]),
        "positive": np.array([rewards.clip(0).sum() for rewards in rest]),
        "whole_numbers": np.trunc(expected),
        "best": np.array([rewards.max() for rewards in rest]),
        "reversed": expected[::-1],
        "sorted": np.sort(expected),
    }
    fits["whole_numbers "] = np.array([np.trunc(rewards).sum() for rewards in rest])
    fits["clipped "] = np.array([np.sign(rewards).sum() for rewards in rest])
    fits["clipped  "] = expected.clip(-1, 1)
    fits["sorted "] = np.sort(expected)[::-1]
    found = [key.strip() for key, value in fits.items() if np.allclose(flat, value, rtol=1e-5, atol=1e-6)]
    key = found[0] if found else "wrong_scores"
    costs = ("games",) if key in ("reversed", "sorted") else ("scores",)
    label = f"score of game {np.flatnonzero(~np.isclose(flat, expected))[0]}"
    where = np.flatnonzero(~np.isclose(flat, expected))[0]
    rows = ((f"{label}, rewards {show(rest[where])}", show(expected[where]), show(flat[where]), False),)
    yield Finding(key, costs, SAYS[key], rows, named=len(set(found)) == 1, could_be=tuple(found))


def _policies(values, games, steps, best):
    """What known mistakes take for the best action, at each step: {mistake: actions}; the right one has no name."""
    known = _Game(values)
    older = np.array([known._best((game, max(step - 1, 0))) for game, step in zip(games, steps)])
    first = np.array([known._best((game, 0)) for game in games])
    return {
        "": best,
        "stale_state": older,
        "first_state": first,
        "first_state ": np.full(len(best), known._best((0, 0))),
        "worst": (best + 1) % values["n_actions"],
    }


WITHOUT_CHANCE = ("stale_state", "first_state", "worst", "always_random", "swapped", "fixed_epsilon")


def _judge_greedy(values, diary):
    """The finding where epsilon is 0: only the best actions."""
    games, steps, actions, best = diary[:, :4].T
    if (actions == best).all() or len(diary) < 2:
        return
    policies = _policies(values, games, steps, best)
    key = next((key.strip() for key, other in policies.items() if (actions == other).all()), "never_greedy")
    if max(steps) < 2 and key != "worst":
        key = "never_greedy"  # in a game of two steps an older state is the first
    yield Finding(key, ("greedy",), SAYS[key], named=key != "never_greedy", could_be=WITHOUT_CHANCE)


def _judge_chances(values, output, diary):
    """The finding where epsilon is above 0: the share of random actions, and which they are."""
    n, epsilon = values["n_actions"], values["epsilon"]
    games, steps, actions, best = diary[:, :4].T
    policies = [(actions == other) for other in _policies(values, games, steps, best).values()]
    greedy = max(policies, key=np.sum) if epsilon < 1 else actions == best  # what is best is another behaviour
    if not output["drawn"]:
        key = "epsilon_ignored" if any(same.all() for same in policies) else "rng_unused"
        yield Finding(key, ("epsilon",), SAYS[key])
        return
    if not output["same"]:
        yield Finding("rng_half_used", ("epsilon",), SAYS["rng_half_used"])
        return
    share, due = float((~greedy).mean()), epsilon * (n - 1) / n
    margin = 4.5 * np.sqrt(due * (1 - due) / len(diary))
    if epsilon == 1:
        yield from _judge_all_random(share, due, margin, actions, policies, n)
        return
    counts = np.bincount(actions[~greedy], minlength=n)
    each = [float((~greedy[games == game]).mean()) for game in sorted(set(games)) if (games == game).sum() > 4]
    third = max(1, len(each) // 3)
    quiet = sum((1 - due) ** length for length in np.unique(games, return_counts=True)[1] if length > 4)
    if abs(share - due) > margin:
        half = len(greedy) // 2
        fades = (~greedy[:half]).sum() >= 8 and (~greedy[half:]).sum() < 0.25 * (~greedy[:half]).sum()
        if abs(share - 0.05 * (n - 1) / n) < 0.02 and not fades:
            yield Finding("fixed_epsilon", ("epsilon",), SAYS["fixed_epsilon"].format(0.05, epsilon))
            return
        key = "other_share"
        if abs(share - (1 - epsilon) * (n - 1) / n) < margin:
            key = "swapped"
        elif abs(share - (n - 1) / n) < margin:
            key = "always_random"
        elif fades or each and np.mean(each[-third:]) < 0.4 * np.mean(each[:third]):
            key = "decays"
        elif share == 0:
            key = "overwritten"
        text = SAYS[key].format(share, epsilon, n, due)
        could_be = ("never_best", "last_never", "first_never", "one_action", "epsilon_ignored")
        yield Finding(key, ("epsilon",), text, named=key != "other_share", could_be=could_be)
    elif sum(part == 0 for part in each) > 0.2 * len(each) + 2 * quiet:
        yield Finding("per_game", ("epsilon",), SAYS["per_game"])
    elif counts.max() == counts.sum() > 20:
        yield Finding("one_action", ("epsilon",), SAYS["one_action"].format(counts.argmax()))
    elif (counts == 0).any() and counts.sum() > 20 * n:
        key = "last_never" if counts[-1] == 0 else "first_never" if counts[0] == 0 else "never_best"
        yield Finding(key, ("epsilon",), SAYS[key])


def _judge_all_random(share, due, margin, actions, policies, n):
    """The finding where epsilon is 1: every action should be drawn, and all of them alike."""
    counts = np.bincount(actions, minlength=n)
    if any(same.all() for same in policies):
        could_be = ("swapped", "epsilon_ignored", "overwritten")
        yield Finding("swapped", ("epsilon",), SAYS["swapped"], named=False, could_be=could_be)
    elif counts.max() > 0.95 * len(actions):
        yield Finding("one_action", ("epsilon",), SAYS["one_action"].format(counts.argmax()))
    elif counts[-1] == 0:
        yield Finding("last_never", ("epsilon",), SAYS["last_never"])
    elif counts[0] == 0:
        yield Finding("first_never", ("epsilon",), SAYS["first_never"])
    elif any(abs((~same).mean() - 0.05 * (n - 1) / n) < 0.03 for same in policies):
        yield Finding("fixed_epsilon", ("epsilon",), SAYS["fixed_epsilon"].format(0.05, 1.0))
    elif share > 1 - 0.25 / n:
        yield Finding("never_best", ("epsilon",), SAYS["never_best"])
    elif abs(share - due) > margin:
        text = SAYS["other_share"].format(share, 1.0, n, due)
        could_be = ("decays", "per_game", "fixed_epsilon")
        yield Finding("other_share", ("epsilon",), text, named=False, could_be=could_be)


evaluate = Check("evaluate", BEHAVIOURS, _cases, _call, _judge)
