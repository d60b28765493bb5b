"""Answers to ``repeat_action``, ``clip_reward`` and ``lives_to_terminal``."""

from mutants import Right, Wrong, code


def held(
    start="frame = ale.getScreenRGB()",
    times="k",
    act="reward += ale.act(action)",
    frames="frame, previous = ale.getScreenRGB(), frame",
    end="if ale.game_over():\n        break",
    result="reward, frame, previous, ale.game_over()",
):
    """The loop of the solution, with one of its parts replaced."""
    return code(
        "reward = 0.0",
        start,
        f"for i in range({times}):",
        f"    {act}",
        f"    {frames}",
        f"    {end}",
        f"return {result}",
    )


CLIPPED = "float(np.clip(reward, -1, 1)), frame, previous, ale.game_over()"

REPEAT_WRONG = (
    Wrong("once", "once", 3, held(times="1")),
    Wrong("always four", "fixed_k", 3, held(times="4")),
    Wrong("one too many", "one_more", 3, held(times="k + 1")),
    Wrong("one too few", "one_less", 3, held(times="k - 1", start="frame = previous = ale.getScreenRGB()")),
    Wrong("one too few, from 1", "one_less", 3, held(times="1, k", start="frame = previous = ale.getScreenRGB()")),
    Wrong("then nothing", "other_action", 3, held(act="reward += ale.act(action if i == 0 else 0)")),
    Wrong("button 0", "other_action", 3, held(act="reward += ale.act(0)")),
    Wrong("the number of the round", "other_action", 3, held(act="reward += ale.act(i)")),
    Wrong("played on", "played_on", 3, held(end="pass")),
    Wrong("continue", "played_on", 3, held(end="if ale.game_over():\n        continue")),
    Wrong("reset", "reset", 3, held(end="if ale.game_over():\n        ale.reset_game()\n        break")),
    Wrong(
        "stops at a life",
        "stopped_early",
        3,
        held(end="if ale.game_over() or ale.lives() < 3:\n        break"),
    ),
    Wrong("stops at a reward", "stopped_early", 3, held(end="if ale.game_over() or reward > 0:\n        break")),
    Wrong("last reward", "last_reward", 3, held(act="reward = ale.act(action)")),
    Wrong(
        "first reward",
        "first_reward",
        3,
        held(act="reward = ale.act(action) if i == 0 else (ale.act(action), reward)[1]"),
    ),
    Wrong("mean", "mean_reward", 3, held(result="reward / (i + 1), frame, previous, ale.game_over()")),
    Wrong("clipped", "clipped_sum", 3, held(result=CLIPPED)),
    Wrong("clipped before adding", "clipped_first", 3, held(act="reward += float(np.clip(ale.act(action), -1, 1))")),
    Wrong("signs added", "clipped_first", 3, held(act="reward += np.sign(ale.act(action))")),
    Wrong("no reward", "no_reward", 3, held(act="ale.act(action)")),
    Wrong("whole reward", "whole_reward", 3, held(result="int(reward), frame, previous, ale.game_over()")),
    Wrong(
        "end before the reward",
        "end_lost",
        3,
        code(
            "reward, frame = 0.0, ale.getScreenRGB()",
            "for _ in range(k):",
            "    r = ale.act(action)",
            "    frame, previous = ale.getScreenRGB(), frame",
            "    if ale.game_over():",
            "        break",
            "    reward += r",
            "return reward, frame, previous, ale.game_over()",
        ),
    ),
    Wrong("swapped", "swapped", 3, held(result="reward, previous, frame, ale.game_over()")),
    Wrong("twice", "twice", 3, held(result="reward, frame, frame, ale.game_over()")),
    Wrong(
        "overwritten too early",
        "twice",
        3,
        held(frames="frame = ale.getScreenRGB(); previous = frame"),
    ),
    Wrong(
        "from before the action",
        "before_action",
        3,
        held(start="previous = ale.getScreenRGB()", frames="frame = ale.getScreenRGB()"),
    ),
    Wrong(
        "read before acting",
        "one_behind",
        3,
        held(
            start="frame = ale.getScreenRGB()",
            act="frame, previous = ale.getScreenRGB(), frame",
            frames="reward += ale.act(action)",
        ),
    ),
    Wrong(
        "first two",
        "first_two",
        3,
        held(
            start="frames = [ale.getScreenRGB()]",
            frames="frames.append(ale.getScreenRGB())",
            result="reward, frames[1], frames[0], ale.game_over()",
        ),
    ),
    Wrong(
        "maximum taken",
        "already_max",
        3,
        held(result="reward, np.maximum(frame, previous), previous, ale.game_over()"),
    ),
    Wrong("frames mixed", "wrong_frame", 3, held(result="reward, frame // 2, previous, ale.game_over()")),
    Wrong("never over", "never_over", 3, held(result="reward, frame, previous, False")),
    Wrong("always over", "always_over", 3, held(result="reward, frame, previous, True")),
    Wrong("not over", "never_over always_over", 3, held(result="reward, frame, previous, not ale.game_over()")),
    Wrong("three things", "wrong_return", 0, held(result="reward, frame, previous")),
    Wrong("no return", "wrong_return", 0, held(result="").replace("return ", "return")),
    Wrong("never acts", "not_played", 0, held(start="frame = previous = ale.getScreenRGB()", act="pass")),
    Wrong(
        "without an end",
        "endless",
        0,
        code(
            "reward, frame = 0.0, ale.getScreenRGB()",
            "while not ale.game_over() or k:",
            "    reward += ale.act(action)",
            "    frame, previous = ale.getScreenRGB(), frame",
            "return reward, frame, previous, ale.game_over()",
        ),
    ),
    Wrong("brackets missing", "once", 3, held(end="if ale.game_over:\n        break")),
    Wrong("return in the loop", "once", 3, held(end="return reward, frame, previous, ale.game_over()")),
    Wrong(
        "break before the screen",
        "end_unread",
        3,
        held(
            start="frame = previous = ale.getScreenRGB()",
            frames="if ale.game_over():\n        break",
            end="frame, previous = ale.getScreenRGB(), frame",
        ),
    ),
    Wrong(
        "break before the screen, and nothing before the loop",
        "end_unread error",
        2,
        held(
            frames="if ale.game_over():\n        break",
            end="frame, previous = ale.getScreenRGB(), frame",
        ),
    ),
    Wrong("env.step", "error", 0, held(act="reward += ale.step(action)[1]")),
    Wrong(
        "previous only after two frames",
        "error",
        2,
        code(
            "reward = 0.0",
            "for i in range(k):",
            "    reward += ale.act(action)",
            "    if i == k - 2:",
            "        previous = ale.getScreenRGB()",
            "    if ale.game_over():",
            "        break",
            "return reward, ale.getScreenRGB(), previous, ale.game_over()",
        ),
    ),
)

REPEAT_RIGHT = (
    Right("as in the lesson", held()),
    Right(
        "two lines",
        code(
            "total, frame = 0, ale.getScreenRGB()",
            "for _ in range(k):",
            "    total = total + ale.act(action)",
            "    previous = frame",
            "    frame = ale.getScreenRGB()",
            "    if ale.game_over():",
            "        return total, frame, previous, True",
            "return total, frame, previous, False",
        ),
    ),
    Right(
        "while",
        code(
            "rewards, frames = [], [ale.getScreenRGB()]",
            "while len(rewards) < k and not ale.game_over():",
            "    rewards.append(ale.act(action))",
            "    frames.append(ale.getScreenRGB())",
            "return sum(rewards), frames[-1], frames[-2], ale.game_over()",
        ),
    ),
    Right(
        "a deque",
        code(
            "from collections import deque",
            "last, reward = deque([ale.getScreenRGB()], maxlen=2), 0",
            "for _ in range(k):",
            "    reward += ale.act(action)",
            "    last.append(ale.getScreenRGB())",
            "    over = ale.game_over()",
            "    if over:",
            "        break",
            "return [np.float64(reward), last[1], last[0], int(over)]",
        ),
    ),
    Right(
        "the screen only where it is needed",
        code(
            "reward = 0.0",
            "for _ in range(k):",
            "    previous = ale.getScreenRGB()",
            "    reward += ale.act(action)",
            "    if ale.game_over():",
            "        break",
            "return reward, ale.getScreenRGB(), previous, ale.game_over()",
        ),
    ),
)

CLIP_WRONG = (
    Wrong("sign", "sign", 0.5, "return np.sign(reward)"),
    Wrong("plus or minus", "sign", 0.5, "return 1 if reward > 0 else -1"),
    Wrong("above only", "above_only", 0.5, "return min(reward, 1)"),
    Wrong("below only", "below_only", 0.5, "return max(reward, -1)"),
    Wrong("min and max swapped", "swapped", 0, "return max(min(reward, -1), 1)"),
    Wrong("swapped the other way", "swapped", 0, "return min(max(reward, 1), -1)"),
    Wrong("from 0 to 1", "zero_one", 0, "return float(np.clip(reward, 0, 1))"),
    Wrong("positive", "positive", 0, "return min(abs(reward), 1)"),
    Wrong("tanh", "squashed", 0, "return np.tanh(reward)"),
    Wrong("divided", "scaled", 0, "return reward / 100"),
    Wrong("int", "whole", 0.5, "return int(np.clip(reward, -1, 1))"),
    Wrong("round", "whole", 0.5, "return round(np.clip(reward, -1, 1))"),
    Wrong("dropped", "dropped", 0.5, "return reward if abs(reward) <= 1 else 0"),
    Wrong("nothing done", "unchanged", 0.5, "np.clip(reward, -1, 1)\nreturn reward"),
    Wrong("at ten", "ten", 0.5, "return np.clip(reward, -10, 10)"),
    Wrong("a third", "wrong_value", 0, "return reward / 3"),
    Wrong("no return", "wrong_return", 0, "np.clip(reward, -1, 1)"),
    Wrong("nothing between", "wrong_return", 0, "if reward > 1:\n    return 1\nif reward < -1:\n    return -1"),
    Wrong("two numbers", "one_number", 0, "return np.clip(reward, -1, 1), reward"),
)

CLIP_RIGHT = (
    Right("np.clip", "return np.clip(reward, -1, 1)"),
    Right("min and max", "return max(-1, min(1, reward))"),
    Right("other order", "return min(1.0, max(-1.0, reward))"),
    Right("if", "if reward > 1:\n    return 1\nif reward < -1:\n    return -1\nreturn reward"),
    Right("torch", "return torch.clamp(torch.tensor(reward), -1, 1)"),
    Right("an array", "return np.array([reward]).clip(-1, 1)"),
)

LIVES_WRONG = (
    Wrong("any change", "any_change", 1.5, "return game_over or lives_after != lives_before"),
    Wrong("any change alone", "any_change_alone", 1, "return lives_after != lives_before"),
    Wrong("game over forgotten", "over_forgotten", 1.5, "return lives_after < lives_before"),
    Wrong("game over alone", "over_alone", 1, "return game_over"),
    Wrong("and", "both", 0.5, "return game_over and lives_after < lives_before"),
    Wrong("no lives left", "no_lives_left", 0, "return lives_after == 0"),
    Wrong("no lives left or over", "no_lives_left", 0.5, "return game_over or lives_after == 0"),
    Wrong("reversed", "reversed", 0.5, "return game_over or lives_before < lives_after"),
    Wrong("not less", "not_less", 1.5, "return game_over or lives_after <= lives_before"),
    Wrong("not less, alone", "not_less", 1, "return lives_after <= lives_before"),
    Wrong("goes on", "goes_on", 0, "return not (game_over or lives_after < lives_before)"),
    Wrong("exactly one", "exactly_one", 1, "return game_over or lives_before - lives_after == 1"),
    Wrong("while lives are left", "while_lives_left", 1, "return game_over or 0 < lives_after < lives_before"),
    Wrong("alone, while lives are left", "while_lives_left", 0.5, "return 0 < lives_after < lives_before"),
    Wrong("not when over", "loss_only_if_on", 1.5, "return lives_after < lives_before and not game_over"),
    Wrong("| without brackets", "binds", 1.5, "return lives_after < lives_before | game_over"),
    Wrong("| in front", "binds", 1.5, "return game_over | lives_after < lives_before"),
    Wrong("always", "always", 1.5, "return True"),
    Wrong("never", "never", 0.5, "return False"),
    Wrong("a number", "not_true_or_false", 0, "return lives_before - lives_after"),
    Wrong("no else", "wrong_return", 0, "if game_over or lives_after < lives_before:\n    return True"),
    Wrong("a word", "wrong_return", 0, "return 'over' if game_over or lives_after < lives_before else 'on'"),
)

LIVES_RIGHT = (
    Right("or", "return game_over or lives_after < lives_before"),
    Right("if", "if game_over:\n    return True\nreturn lives_before > lives_after"),
    Right("numbers", "return int(bool(game_over) or lives_after < lives_before)"),
    Right("difference", "return bool(game_over or lives_before - lives_after > 0)"),
    Right("bits", "return game_over | (lives_after < lives_before)"),
    Right("numpy", "return np.logical_or(game_over, np.less(lives_after, lives_before))"),
    Right("float", "return float(max(game_over, lives_after < lives_before))"),
)
