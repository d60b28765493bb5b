"""Answers to ``evaluate`` and ``random_agent_10hz``."""

from mutants import Right, Wrong, code


def games(
    times="episodes",
    reset="state, info = env.reset()",
    before="pass",
    loop="while not over:",
    action="action = int(np.argmax(q))",
    random="if rng.random() < epsilon:\n    action = int(rng.integers(len(q)))",
    step="state, reward, terminated, truncated, info = env.step(action)",
    score="score += reward",
    over="over = terminated or truncated",
    start="score = 0.0",
    keep="scores.append(score)",
    result="np.array(scores)",
):
    """The solution of ``evaluate``, with some of its parts replaced."""

    def indented(text, by):
        return "\n".join(" " * by + line for line in text.splitlines())

    return code(
        "scores, over = [], False",
        before,
        f"for game in range({times}):",
        indented(reset, 4),
        indented(start, 4),
        "    over = False",
        f"    {loop}",
        "        q = q_values(state)",
        indented(action, 8),
        indented(random, 8),
        indented(step, 8),
        indented(score, 8),
        indented(over, 8),
        indented(keep, 4),
        f"return {result}",
    )


EVALUATE_WRONG = (
    Wrong("truncated ignored", "truncated_ignored", 3, games(over="over = terminated")),
    Wrong("terminated ignored", "terminated_ignored", 3, games(over="over = truncated")),
    Wrong("both needed", "needs_both", 3, games(over="over = terminated and truncated")),
    Wrong("reset once", "reset_once", 1.5, games(before="state, info = env.reset()", reset="pass")),
    Wrong("the same start", "same_start", 3, games(reset="state, info = env.reset(seed=0)")),
    Wrong("30 games", "episodes_ignored", 3.5, games(times="30")),
    Wrong("one more", "one_game_more", 3.5, games(times="episodes + 1")),
    Wrong("one less", "one_game_less", 3.5, games(times="episodes - 1")),
    Wrong("one step", "one_step", 3, games(over="over = True")),
    Wrong("ends at a reward", "stopped_early", 3, games(over="over = terminated or truncated or reward < 0")),
    Wrong("mean", "mean_only", 3.5, games(result="np.mean(scores)")),
    Wrong("total", "total", 3.5, games(result="sum(scores)")),
    Wrong("last score", "last_score", 3.5, games(result="score")),
    Wrong("goes on", "not_reset", 3, games(before="score = 0.0", start="pass")),
    Wrong("last reward", "last_reward", 3, games(score="score = reward")),
    Wrong("end lost", "end_lost", 3, games(
        score="if not (terminated or truncated):\n    score += reward")),
    Wrong("steps", "lengths", 3, games(score="score += 1")),
    Wrong("clipped", "clipped", 3, games(score="score += np.clip(reward, -1, 1)")),
    Wrong("signs", "clipped", 3, games(score="score += np.sign(reward)")),
    Wrong("discounted", "discounted", 3, games(start="score, t = 0.0, 0", score="score += 0.99**t * reward\nt += 1")),
    Wrong("wins only", "positive", 3, games(score="score += max(reward, 0)")),
    Wrong("whole", "whole_numbers", 3, games(keep="scores.append(int(score))")),
    Wrong("best", "best", 3, games(start="score = -1e9", score="score = max(score, reward)")),
    Wrong("halved", "wrong_scores", 3, games(score="score += reward / 2")),
    Wrong("backwards", "reversed", 3.5, games(result="np.array(scores[::-1])")),
    Wrong("sorted", "sorted", 3.5, games(result="np.sort(scores)")),
    Wrong("stale state", "stale_state", 3.5, games(
        step="seen, reward, terminated, truncated, info = env.step(action)",
        over="over = terminated or truncated\nstate, older = older, seen",
        start="score, older = 0.0, state")),
    Wrong("the first state", "first_state", 3.5, games(
        step="_, reward, terminated, truncated, info = env.step(action)")),
    Wrong("the value, not its place", "negative_action", 0, games(action="action = int(np.max(q))", random="pass")),
    Wrong("NumPy's coin", "rng_half_used", 3, games(
        random="if np.random.random() < epsilon:\n    action = int(rng.integers(len(q)))")),
    Wrong("NumPy's choice", "rng_half_used", 3, games(
        random="if rng.random() < epsilon:\n    action = np.random.randint(len(q))")),
    Wrong("PyTorch's coin", "rng_half_used", 3, games(
        random="if torch.rand(1) < epsilon:\n    action = int(rng.integers(len(q)))")),
    Wrong("the environment's choice", "rng_half_used", 3, games(
        random="if rng.random() < epsilon:\n    action = env.action_space.sample()")),
    Wrong("no else", "overwritten", 3, games(
        action="if rng.random() < epsilon:\n    action = rng.integers(len(q))", random="action = int(np.argmax(q))")),
    Wrong("epsilon falls in every step", "decays", 3, games(
        over="over = terminated or truncated\nepsilon *= 0.99")),
    Wrong("a reset is a pair", "error", 0, games(reset="state = env.reset()")),
    Wrong("a step of four", "error", 0, games(step="state, reward, terminated, info = env.step(action)")),
    Wrong("argmin", "worst", 3.5, games(action="action = int(np.argmin(q))")),
    Wrong("always greedy", "epsilon_ignored", 3, games(random="pass")),
    Wrong("always random", "always_random", 2.5, games(
        random="action = int(rng.integers(len(q)))")),
    Wrong("swapped", "swapped", 2.5, games(
        random="if rng.random() > epsilon:\n    action = int(rng.integers(len(q)))")),
    Wrong("always 0.05", "fixed_epsilon", 2.5, games(
        random="if rng.random() < 0.05:\n    action = int(rng.integers(len(q)))")),
    Wrong("never the best", "never_best", 3, games(
        random="if rng.random() < epsilon:\n    action = (action + int(rng.integers(1, len(q)))) % len(q)")),
    Wrong("the last never", "last_never", 3, games(
        random="if rng.random() < epsilon:\n    action = int(rng.integers(len(q) - 1))")),
    Wrong("the first never", "first_never", 3, games(
        random="if rng.random() < epsilon:\n    action = int(rng.integers(1, len(q)))")),
    Wrong("nothing at random", "one_action", 3, games(random="if rng.random() < epsilon:\n    action = 0")),
    Wrong("once a game", "per_game", 3, games(
        start="score, chance = 0.0, rng.random() < epsilon",
        random="if chance:\n    action = int(rng.integers(len(q)))")),
    Wrong("decays", "decays", 3, games(
        random="if rng.random() < epsilon * 0.97**game:\n    action = int(rng.integers(len(q)))")),
    Wrong("NumPy's own chances", "rng_unused", 3, games(
        random="if np.random.random() < epsilon:\n    action = np.random.randint(len(q))")),
    Wrong("a generator of its own", "rng_unused", 3, games(
        before="rng = np.random.default_rng(0)")),
    Wrong("six actions", "no_such_action", 3, games(
        random="if rng.random() < epsilon:\n    action = int(rng.integers(6))")),
    Wrong("the Q-value", "not_whole_action", 0, games(action="action = np.max(q)")),
    Wrong("all Q-values", "not_whole_action", 0, games(action="action = q")),
    Wrong("state and info in one", "error", 0, games(reset="state = env.reset()")),
    Wrong("four things", "error", 0, games(step="state, reward, over, info = env.step(action)", over="pass")),
    Wrong("never plays", "not_played", 0, "return np.zeros(episodes)"),
    Wrong("no reset", "error", 0, games(reset="pass")),
    Wrong("prints", "wrong_return", 0, games(result="print(scores)")),
    Wrong("return in the loop", "one_game", 3.5, games(keep="return np.array([score])")),
)  # fmt: skip

EVALUATE_RIGHT = (
    Right("as in the lesson", games()),
    Right("a list", games(result="scores")),
    Right("the environment's actions", games(
        random="if rng.random() < epsilon:\n    action = rng.integers(env.action_space.n)")),
    Right("or the other way round", games(
        action="explore = rng.uniform() < epsilon",
        random="action = rng.choice(len(q)) if explore else q.argmax()")),
    Right("one more reset at the end", games(keep="scores.append(score)\nenv.reset()")),
    Right("closed at the end", games(result="(env.close(), scores)[1]")),
    Right("one draw of chances", games(action="chances = np.full(len(q), epsilon / len(q))", random=code(
        "chances[np.argmax(q)] += 1 - epsilon", "action = rng.choice(len(q), p=chances)"))),
    Right("break", games(loop="while True:", over="if terminated or truncated:\n    break")),
    Right("one chance a step", games(
        action="action = q.argmax() if rng.random() >= epsilon else rng.integers(len(q))", random="pass")),
    Right("a generator for each game", code(
        "scores = np.zeros(episodes)",
        "def play():",
        "    state, _ = env.reset()",
        "    while True:",
        "        q = q_values(state)",
        "        draw = rng.random()",
        "        a = rng.integers(0, len(q)) if draw < epsilon else int(np.argmax(q))",
        "        state, r, end, cut, _ = env.step(a)",
        "        yield r",
        "        if end or cut:",
        "            return",
        "for i in range(episodes):",
        "    scores[i] = sum(play())",
        "return scores")),
)  # fmt: skip


def frames(
    actions="actions = ale.getMinimalActionSet()",
    loop="while frames < max_frames and not ale.game_over():",
    draw="if frames % hold == 0:\n    action = actions[rng.integers(len(actions))]",
    act="score += ale.act(action)",
    count="frames += 1",
    result="score, frames",
    start="score, frames = 0.0, 0",
):
    """The solution of ``random_agent_10hz``, with some of its parts replaced."""

    def indented(text):
        return "\n".join("    " + line for line in text.splitlines())

    return code(actions, start, loop, indented(draw), indented(act), indented(count), f"return {result}")


BLOCKS = (
    "score, frames, actions = 0.0, 0, ale.getMinimalActionSet()",
    "while frames < max_frames and not ale.game_over():",
    "    action = actions[rng.integers(len(actions))]",
    "    for _ in range(hold):",
    "        score += ale.act(action)",
    "        frames += 1",
)

RANDOM_WRONG = (
    Wrong("60 Hz", "every_frame", 2, frames(draw="action = actions[rng.integers(len(actions))]")),
    Wrong("always 6", "fixed_hold", 2, frames(
        draw="if frames % 6 == 0:\n    action = actions[rng.integers(len(actions))]")),
    Wrong("one too many", "one_more", 2, frames(
        draw="if frames % (hold + 1) == 0:\n    action = actions[rng.integers(len(actions))]")),
    Wrong("one too few", "one_less", 2, frames(
        draw="if frames % max(1, hold - 1) == 0:\n    action = actions[rng.integers(len(actions))]")),
    Wrong("limit of 18,000", "endless", 2, frames(loop="while frames < 18_000 and not ale.game_over():")),
    Wrong("double", "double", 2, frames(
        draw="if frames % (2 * hold) == 0:\n    action = actions[rng.integers(len(actions))]")),
    Wrong("triple", "other_hold", 2, frames(
        draw="if frames % (3 * hold) == 0:\n    action = actions[rng.integers(len(actions))]")),
    Wrong("once", "never_changes", 2, frames(
        draw="if frames == 0:\n    action = actions[rng.integers(len(actions))]")),
    Wrong("off the beat", "off_beat", 2, frames(
        start="score, frames, action = 0.0, 0, actions[rng.integers(len(actions))]",
        draw="if frames % hold == hold - 1 and hold > 1 or hold == 1:\n"
             "    action = actions[rng.integers(len(actions))]")),
    Wrong("from frame 1 on", "off_beat", 2, frames(
        draw="if frames == 0 or frames % hold == 1:\n    action = actions[rng.integers(len(actions))]")),
    Wrong("never twice", "never_twice", 2, frames(
        start="score, frames, action = 0.0, 0, None",
        draw="if frames % hold == 0:\n    action = rng.choice([one for one in actions if one != action])")),
    Wrong("while there are lives", "stopped_at_life", 2.5, frames(
        loop="while frames < max_frames and not ale.game_over() and ale.lives() > 0:")),
    Wrong("one call counts for all", "frames_made_up", 1, code(
        *BLOCKS[:3], "    score += ale.act(action)", "    frames += hold", "return score, frames")),
    Wrong("no call of game_over", "not_played", 0, frames(loop="while frames < max_frames and not ale.game_over:")),
    Wrong("nothing in between", "noop_between", 2, frames(
        draw="action = actions[rng.integers(len(actions))] if frames % hold == 0 else 0")),
    Wrong("places", "positions", 2, frames(
        draw="if frames % hold == 0:\n    action = rng.integers(len(actions))")),
    Wrong("all 18", "all_18", 2, frames(actions="actions = ale.getLegalActionSet()")),
    Wrong("0 to 5", "not_in_set", 2, frames(draw="if frames % hold == 0:\n    action = rng.integers(7, 10)")),
    Wrong("last never", "last_never", 2, frames(
        draw="if frames % hold == 0:\n    action = actions[rng.integers(len(actions) - 1)]")),
    Wrong("first never", "first_never", 2, frames(
        draw="if frames % hold == 0:\n    action = actions[rng.integers(1, len(actions))]")),
    Wrong("in turn", "in_turn", 2, frames(
        draw="if frames % hold == 0:\n    rng.random()\n    action = actions[frames // hold % len(actions)]")),
    Wrong("mostly the first", "uneven", 2, frames(
        draw="if frames % hold == 0:\n    action = actions[rng.integers(len(actions)) * rng.integers(2)]")),
    Wrong("NumPy's own chances", "rng_unused", 2, frames(
        draw="if frames % hold == 0:\n    action = actions[np.random.randint(len(actions))]")),
    Wrong("a generator of its own", "rng_unused", 2, frames(actions="rng = np.random.default_rng(0)\n"
                                                            "actions = ale.getMinimalActionSet()")),
    Wrong("last reward", "last_reward", 2.5, frames(act="score = ale.act(action)")),
    Wrong("reward of one in six", "one_in_hold", 2.5, frames(
        act="reward = ale.act(action)\nscore += reward if frames % hold == 0 else 0")),
    Wrong("clipped", "clipped", 2.5, frames(act="score += np.clip(ale.act(action), -1, 1)")),
    Wrong("signs", "clipped", 2.5, frames(act="score += np.sign(ale.act(action))")),
    Wrong("mean", "mean_score", 2.5, frames(result="score / frames, frames")),
    Wrong("wins only", "positive", 2.5, frames(act="score += max(0, ale.act(action))")),
    Wrong("no score", "no_score", 2.5, frames(act="ale.act(action)")),
    Wrong("doubled", "wrong_score", 2.5, frames(result="2 * score, frames")),
    Wrong("end lost", "end_lost", 2.5, frames(
        act="reward = ale.act(action)\nif not ale.game_over() and frames + 1 < max_frames:\n    score += reward")),
    Wrong("swapped", "swapped", 2.5, frames(result="frames, score")),
    Wrong("actions counted", "actions_counted", 2.5, frames(result="score, frames // hold")),
    Wrong("one frame more", "one_frame_off", 2.5, frames(result="score, frames + 1")),
    Wrong("seconds", "wrong_frames", 2.5, frames(result="score, frames / 60")),
    Wrong("holds on after the end", "played_on overshoot", 2.5, code(*BLOCKS, "return score, frames")),
    Wrong("holds on at the limit", "overshoot", 2.5, code(
        *BLOCKS[:-1], "        frames += 1", "        if ale.game_over():", "            return score, frames",
        "return score, frames")),
    Wrong("no limit", "endless", 2, frames(loop="while not ale.game_over():")),
    Wrong("never over", "played_on", 2.5, frames(loop="while frames < max_frames:")),
    Wrong("stops at the last whole action", "limit_early", 2.5, frames(
        loop="while not ale.game_over() and (frames % hold or frames + hold <= max_frames):")),
    Wrong("at a life", "stopped_at_life", 2.5, frames(
        start="score, frames, lives = 0.0, 0, ale.lives()",
        loop="while frames < max_frames and not ale.game_over() and ale.lives() == lives:")),
    Wrong("a hundred", "stopped_early", 2.5, frames(loop="while frames < 90 and not ale.game_over():")),
    Wrong("reset", "reset", 2.5, frames(start="score, frames = 0.0, 0\nale.reset_game()")),
    Wrong("never plays", "not_played", 0, "return 0.0, 0"),
    Wrong("score alone", "wrong_return", 0, frames(result="score")),
    Wrong("no return", "wrong_return", 0, frames(result="").replace("return ", "return")),
    Wrong("step", "error", 0, frames(act="score += ale.step(action)[1]")),
)  # fmt: skip

RANDOM_RIGHT = (
    Right("as in the lesson", frames()),
    Right("an array", frames(result="np.array([score, frames])")),
    Right("choice", frames(draw="if frames % hold == 0:\n    action = rng.choice(actions)")),
    Right("not the remainder", frames(draw="if not frames % hold:\n    action = actions[rng.choice(len(actions))]")),
    Right("a countdown", frames(
        start="score, frames, left = 0.0, 0, 0",
        draw="if left == 0:\n    action, left = actions[int(rng.random() * len(actions))], hold\nleft -= 1")),
    Right("blocks", code(
        *BLOCKS, "        if ale.game_over() or frames >= max_frames:", "            break", "return score, frames")),
    Right("range", code(
        "total, action = 0, None",
        "for frame in range(max_frames):",
        "    if frame % hold == 0:",
        "        action = ale.getMinimalActionSet()[rng.integers(len(ale.getMinimalActionSet()))]",
        "    total = total + ale.act(action)",
        "    if ale.game_over():",
        "        break",
        "return [np.float64(total), frame + 1]")),
)  # fmt: skip
