"""Answers to ``values_and_advantages`` and ``returns_to_go``."""

from mutants import Right, Wrong, code


def both(values="q.max(axis=1)", advantages="q - values[:, None]", result="values, advantages"):
    """The solution with one of its parts replaced."""
    return code(f"values = {values}", f"advantages = {advantages}", f"return {result}")


MAX = "q.max(axis=1)[:, None]"

VALUE_WRONG = (
    Wrong("over states", "over_states", 1.0, both("q.max(axis=0)", f"q - {MAX}")),
    Wrong("over states, both", "over_states less_the_column", 0, both("q.max(axis=0)", "q - values")),
    Wrong("one for all", "one_for_all", 1.0, both("q.max()", f"q - {MAX}")),
    Wrong("one for all, both", "one_for_all less_the_largest", 0, both("q.max()", "q - values")),
    Wrong("argmax", "argmax", 1.0, both("q.argmax(axis=1)", f"q - {MAX}")),
    Wrong("mean", "mean", 1.0, both("q.mean(axis=1)", f"q - {MAX}")),
    Wrong("dueling", "mean less_the_mean", 0, both("q.mean(axis=1)")),
    Wrong("min", "min", 1.0, both("q.min(axis=1)", f"q - {MAX}")),
    Wrong("sum", "sum", 1.0, both("q.sum(axis=1)", f"q - {MAX}")),
    Wrong("absolute", "absolute", 1.0, both("np.abs(q).max(axis=1)", f"q - {MAX}")),
    Wrong("first action", "first_action", 1.0, both("q[:, 0]", f"q - {MAX}")),
    Wrong(
        "softmax",
        "softmax",
        1.0,
        both("(q * np.exp(q) / np.exp(q).sum(axis=1, keepdims=True)).sum(axis=1)", f"q - {MAX}"),
    ),
    Wrong("never negative", "never_negative", 1.0, both("q.max(axis=1).clip(0)", f"q - {MAX}")),
    Wrong("other sign", "other_sign", 1.5, both(advantages="values[:, None] - q")),
    Wrong("less the mean", "less_the_mean", 1.5, both(advantages="q - q.mean(axis=1, keepdims=True)")),
    Wrong("not subtracted", "not_subtracted", 1.5, both(advantages="q")),
    Wrong("quotient", "quotient", 1.5, both(advantages="q / values[:, None]")),
    Wrong("second best", "best_less_second", 1.5, both(advantages="values - np.sort(q, axis=1)[:, -2]")),
    Wrong("worst", "best_less_worst", 1.5, both(advantages="values - q.min(axis=1)")),
    Wrong(
        "size of the difference",
        "absolute_advantage",
        1.5,
        both(advantages="np.abs(q - q.mean(axis=1, keepdims=True))"),
    ),
    Wrong("swapped", "swapped", 0, both(result="advantages, values")),
    Wrong("in place", "input_changed", 1.5, code("values = q.max(axis=1)", "q -= values[:, None]", "return values, q")),
    Wrong("upright values", "wrong_shape", 1.0, both("q.max(axis=1, keepdims=True)", "q - values")),
    Wrong("lists", "not_numpy", 0, both("[max(row) for row in q]", "[row - max(row) for row in q]")),
    Wrong(
        "tensors",
        "not_numpy",
        0,
        code("q = torch.from_numpy(q)", "v = q.max(dim=1).values", "return v, q - v.unsqueeze(1)"),
    ),
    Wrong("does not fit", "error wrong_broadcast", 0, both(advantages="q - values")),
    Wrong("PyTorch's max", "error", 0, both("q.max(dim=1).values")),
    Wrong("one thing", "wrong_return", 0, both(result="values")),
    Wrong("no return", "wrong_return", 0, both().replace("return ", "result = ")),
    Wrong("half", "wrong_values", 1.0, both("q.max(axis=1) / 2", f"q - {MAX}")),
    Wrong("half an advantage", "wrong_advantages", 1.5, both(advantages="(q - values[:, None]) / 2")),
)

VALUE_RIGHT = (
    Right("as in the lesson", both()),
    Right("keepdims", code("v = np.max(q, axis=1, keepdims=True)", "return v[:, 0], q - v")),
    Right("loops", both("np.array([max(row) for row in q])", "np.array([[x - max(row) for x in row] for row in q])")),
    Right("the chosen ones", code("values = q[np.arange(len(q)), q.argmax(1)]", "return values, (q.T - values).T")),
    Right(
        "torch",
        code(
            "q = torch.from_numpy(q)",
            "v = q.max(dim=1, keepdim=True).values",
            "return [v.squeeze(1).numpy(), (q - v).numpy()]",
        ),
    ),
    Right("amax", both("np.amax(q, -1)", "np.subtract(q, values.reshape(-1, 1))")),
)


def loop(
    start="returns, following = np.zeros(len(rewards)), 0.0",
    order="reversed(range(len(rewards)))",
    step="following = rewards[t] + gamma * following * (not ends[t])",
    keep="returns[t] = following",
    result="returns",
):
    """The solution with one of its parts replaced."""
    return code(start, f"for t in {order}:", f"    {step}", f"    {keep}", f"return {result}")


RETURN_WRONG = (
    Wrong("no ends", "no_ends", 2, loop(step="following = rewards[t] + gamma * following")),
    Wrong(
        "cut one step late",
        "end_early",
        2,
        loop(step="following = rewards[t] + gamma * following * (not (t and ends[t - 1]))"),
    ),
    Wrong(
        "cut one step early",
        "end_late",
        2,
        loop(step="following = rewards[t] + gamma * following * (not (t + 1 < len(ends) and ends[t + 1]))"),
    ),
    Wrong(
        "the last reward too",
        "end_drops_reward",
        2,
        loop(step="following = (rewards[t] + gamma * following) * (not ends[t])"),
    ),
    Wrong("mask turned", "mask_turned", 0, loop(step="following = rewards[t] + gamma * following * ends[t]")),
    Wrong("not discounted", "not_discounted", 1.5, loop(step="following = rewards[t] + following * (not ends[t])")),
    Wrong("cumsum", "not_discounted_or_cut", 0, "return np.cumsum(rewards[::-1])[::-1]"),
    Wrong(
        "own reward discounted",
        "own_reward_discounted",
        1.5,
        loop(step="following = gamma * (rewards[t] + following * (not ends[t]))"),
    ),
    Wrong(
        "from the next step on",
        "starts_later",
        1.5,
        code(
            "returns, following = np.zeros(len(rewards)), 0.0",
            "for t in reversed(range(len(rewards))):",
            "    following = 0 if ends[t] else following",
            "    returns[t] = following",
            "    following = rewards[t] + gamma * following",
            "return returns",
        ),
    ),
    Wrong("less its own reward", "starts_later", 1.5, loop(result="returns - rewards")),
    Wrong(
        "forwards",
        "past",
        0,
        loop(
            order="range(len(rewards))",
            step="following = rewards[t] + gamma * following * (not (t and ends[t - 1]))",
        ),
    ),
    Wrong(
        "forwards without ends",
        "past",
        0,
        loop(order="range(len(rewards))", step="following = rewards[t] + gamma * following"),
    ),
    Wrong(
        "reversed",
        "reversed",
        1.5,
        loop(start="returns, following = [], 0.0", keep="returns.append(following)"),
    ),
    Wrong(
        "from the start",
        "from_the_start",
        1.5,
        loop(step="following = gamma**t * rewards[t] + following * (not ends[t])"),
    ),
    Wrong("whole numbers", "whole_numbers", 1.5, loop(start="returns, following = np.zeros_like(rewards), 0.0")),
    Wrong(
        "whole numbers, read back",
        "whole_numbers",
        1.5,
        code(
            "returns = np.zeros_like(rewards)",
            "for t in reversed(range(len(rewards))):",
            "    later = returns[t + 1] if t + 1 < len(rewards) and not ends[t] else 0",
            "    returns[t] = rewards[t] + gamma * later",
            "return returns",
        ),
    ),
    Wrong(
        "the next reward only",
        "only_next",
        1.5,
        loop(step="following = rewards[t] + gamma * (0 if ends[t] or t + 1 == len(ends) else rewards[t + 1])"),
    ),
    Wrong(
        "the last step left out",
        "last_missing",
        1.5,
        code(
            "returns = np.zeros(len(rewards))",
            "for t in range(len(rewards) - 2, -1, -1):",
            "    returns[t] = rewards[t] + gamma * returns[t + 1] * (not ends[t])",
            "return returns",
        ),
    ),
    Wrong("another gamma", "own_gamma", 1.5, loop(step="following = rewards[t] + 0.99 * following * (not ends[t])")),
    Wrong("one number", "one_number", 1.5, loop(result="returns[0]")),
    Wrong("return in the loop", "wrong_shape", 0, loop(keep="return following")),
    Wrong("not stored", "nothing", 0, loop(keep="pass")),
    Wrong("rewards", "only_rewards", 0, loop(keep="returns[t] = rewards[t]")),
    Wrong("in place", "input_changed whole_numbers", 1, loop(start="returns, following = rewards, 0.0")),
    Wrong(
        "off the end",
        "error",
        0,
        loop(step="following = rewards[t] + gamma * rewards[t + 1] * (not ends[t])"),
    ),
    Wrong("no range", "error", 0, loop(order="reversed(len(rewards))")),
    Wrong("half", "wrong_value", 0, loop(result="returns / 2")),
    Wrong("no return", "wrong_return", 0, loop(result="").replace("return ", "return")),
)

RETURN_RIGHT = (
    Right("as in the lesson", loop()),
    Right(
        "if",
        code(
            "returns = [0.0] * len(rewards)",
            "following = 0",
            "for t in range(len(rewards) - 1, -1, -1):",
            "    if ends[t]:",
            "        following = 0",
            "    following = rewards[t] + gamma * following",
            "    returns[t] = following",
            "return returns",
        ),
    ),
    Right(
        "read back",
        code(
            "returns = np.array(rewards, dtype=float)",
            "for t in range(len(rewards) - 2, -1, -1):",
            "    if not ends[t]:",
            "        returns[t] += gamma * returns[t + 1]",
            "return returns",
        ),
    ),
    Right(
        "by the definition",
        code(
            "returns = []",
            "for t in range(len(rewards)):",
            "    total = 0.0",
            "    for i in range(t, len(rewards)):",
            "        total += gamma ** (i - t) * rewards[i]",
            "        if ends[i]:",
            "            break",
            "    returns.append(total)",
            "return np.array(returns)",
        ),
    ),
    Right(
        "turned round",
        code(
            "returns, g = [], 0.0",
            "for r, end in zip(rewards[::-1], ends[::-1]):",
            "    g = r + gamma * (1 - end) * g",
            "    returns.append(g)",
            "return np.array(returns[::-1])",
        ),
    ),
    Right(
        "torch",
        code(
            "returns = torch.zeros(len(rewards) + 1)",
            "for t in reversed(range(len(rewards))):",
            "    returns[t] = float(rewards[t]) + gamma * returns[t + 1] * float(not ends[t])",
            "return returns[:-1]",
        ),
    ),
)
