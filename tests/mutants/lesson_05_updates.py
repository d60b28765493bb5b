"""Answers to exercise 5.4, ``q_update(Q, state, action, reward, next_state, terminated, alpha, gamma)``."""

from mutants import Right, Wrong, code


def towards(target):
    """A right step towards ``target``."""
    return code(f"target = {target}", "Q[state, action] += alpha * (target - Q[state, action])")


def step(line):
    """A right target, and then ``line``."""
    return code("target = reward + gamma * (1 - terminated) * Q[next_state].max()", line)


WRONG = (
    Wrong("no mask", "no_mask", 2.5, towards("reward + gamma * Q[next_state].max()")),
    Wrong("inverted mask", "inverted_mask", 1.5, towards("reward + gamma * terminated * Q[next_state].max()")),
    Wrong("~ as a mask", "bitwise_mask", 1.5, towards("reward + gamma * ~terminated * Q[next_state].max()")),
    Wrong(
        "mask on the reward too",
        "reward_masked",
        2.5,
        towards("(1 - terminated) * (reward + gamma * Q[next_state].max())"),
    ),
    Wrong(
        "nothing learned at the end",
        "skipped_end",
        2.5,
        code(
            "if terminated:",
            "    return",
            "target = reward + gamma * Q[next_state].max()",
            "Q[state, action] += alpha * (target - Q[state, action])",
        ),
    ),
    Wrong(
        "end overwritten",
        "overwritten_end",
        2.5,
        code(
            "if terminated:",
            "    Q[state, action] = reward",
            "else:",
            "    Q[state, action] += alpha * (reward + gamma * Q[next_state].max() - Q[state, action])",
        ),
    ),
    Wrong("minimum", "minimum", 2, towards("reward + gamma * (1 - terminated) * Q[next_state].min()")),
    Wrong("mean", "mean", 2, towards("reward + gamma * (1 - terminated) * Q[next_state].mean()")),
    Wrong("sum", "sum", 2, towards("reward + gamma * (1 - terminated) * sum(Q[next_state])")),
    Wrong("argmax", "argmax", 2, towards("reward + gamma * (1 - terminated) * np.argmax(Q[next_state])")),
    Wrong("the same action", "same_action", 2, towards("reward + gamma * (1 - terminated) * Q[next_state, action]")),
    Wrong("action 0", "first_action", 2, towards("reward + gamma * (1 - terminated) * Q[next_state][0]")),
    Wrong("largest of the table", "whole_maximum", 2, towards("reward + gamma * (1 - terminated) * Q.max()")),
    Wrong("largest of the column", "over_states", 2, towards("reward + gamma * (1 - terminated) * Q[:, action].max()")),
    Wrong("largest of the state", "present_state", 2, towards("reward + gamma * (1 - terminated) * Q[state].max()")),
    Wrong("largest size", "absolute", 2, towards("reward + gamma * (1 - terminated) * np.abs(Q[next_state]).max()")),
    Wrong(
        "search from 0",
        "no_negative",
        2,
        code(
            "best = 0",
            "for q in Q[next_state]:",
            "    if q > best:",
            "        best = q",
            "target = reward + gamma * (1 - terminated) * best",
            "Q[state, action] += alpha * (target - Q[state, action])",
        ),
    ),
    Wrong("no discount", "no_discount", 2, towards("reward + (1 - terminated) * Q[next_state].max()")),
    Wrong("fixed discount", "fixed_gamma", 2, towards("reward + 0.99 * (1 - terminated) * Q[next_state].max()")),
    Wrong(
        "reward discounted",
        "reward_discounted",
        2,
        towards("gamma * (reward + (1 - terminated) * Q[next_state].max())"),
    ),
    Wrong("minus the next value", "subtracted", 2, towards("reward - gamma * (1 - terminated) * Q[next_state].max()")),
    Wrong("reward alone", "no_next_value", 2, towards("reward")),
    Wrong("no reward", "no_reward", 1.5, towards("gamma * (1 - terminated) * Q[next_state].max()")),
    Wrong(
        "bracket around the difference",
        "brackets",
        1.5,
        "Q[state, action] += alpha * (reward + gamma * ((1 - terminated) * Q[next_state].max() - Q[state, action]))",
    ),
    Wrong("no alpha", "no_alpha", 2, step("Q[state, action] = target")),
    Wrong(
        "alpha swapped", "alpha_swapped", 2, step("Q[state, action] = alpha * Q[state, action] + (1 - alpha) * target")
    ),
    Wrong("no difference", "no_difference", 2, step("Q[state, action] += alpha * target")),
    Wrong("= for +=", "not_added", 2, step("Q[state, action] = alpha * (target - Q[state, action])")),
    Wrong("target in full", "keeps_all", 2, step("Q[state, action] = (1 - alpha) * Q[state, action] + target")),
    Wrong("uphill", "uphill", 2, step("Q[state, action] += alpha * (Q[state, action] - target)")),
    Wrong("minus for plus", "uphill", 2, step("Q[state, action] -= alpha * (target - Q[state, action])")),
    Wrong(
        "bracket missing",
        "alpha_on_reward",
        2,
        "Q[state, action] += alpha * reward + gamma * (1 - terminated) * Q[next_state].max() - Q[state, action]",
    ),
    Wrong(
        "alpha on the target alone", "alpha_on_target", 2, step("Q[state, action] += alpha * target - Q[state, action]")
    ),
    Wrong("fixed alpha", "fixed_alpha", 2, step("Q[state, action] += 0.1 * (target - Q[state, action])")),
    Wrong(
        "alpha and gamma swapped",
        "swapped_rates",
        2,
        code(
            "target = reward + alpha * (1 - terminated) * Q[next_state].max()",
            "Q[state, action] += gamma * (target - Q[state, action])",
        ),
    ),
    Wrong("all actions", "whole_row", 2.5, step("Q[state] += alpha * (target - Q[state])")),
    Wrong(
        "row set to the value",
        "whole_row",
        2.5,
        step("Q[state] = Q[state, action] + alpha * (target - Q[state, action])"),
    ),
    Wrong("the whole table", "whole_table", 2.5, step("Q += alpha * (target - Q)")),
    Wrong("the table shifted", "whole_table", 2.5, step("Q += alpha * (target - Q[state, action])")),
    Wrong(
        "the best action",
        "best_action",
        1.5,
        step("Q[state, Q[state].argmax()] = Q[state, action] + alpha * (target - Q[state, action])"),
    ),
    Wrong("the next row", "next_row", 1.5, step("Q[next_state, action] += alpha * (target - Q[next_state, action])")),
    Wrong(
        "indices swapped", "indices_swapped error", 0, step("Q[action, state] += alpha * (target - Q[action, state])")
    ),
    Wrong(
        "returned, not written", "unchanged", 0, step("return Q[state, action] + alpha * (target - Q[state, action])")
    ),
    Wrong(
        "a copy changed",
        "unchanged",
        0,
        code(
            "Q = Q.copy()",
            "target = reward + gamma * (1 - terminated) * Q[next_state].max()",
            "Q[state, action] += alpha * (target - Q[state, action])",
            "return Q",
        ),
    ),
    Wrong("a name moved", "unchanged", 0, step("q = Q[state, action]\nq += alpha * (target - q)")),
    Wrong(
        "== for =", "unchanged", 0, step("Q[state, action] == Q[state, action] + alpha * (target - Q[state, action])")
    ),
    Wrong("no mask and minimum", "minimum wrong_Q", 1.5, towards("reward + gamma * Q[next_state].min()")),
    Wrong("no axis on a table", "error", 0, towards("reward + gamma * (1 - terminated) * max(Q)")),
)

RIGHT = (
    Right("target, then step", towards("reward + gamma * (1 - terminated) * Q[next_state].max()")),
    Right("weighted mean", step("Q[state, action] = (1 - alpha) * Q[state, action] + alpha * target")),
    Right(
        "if",
        code(
            "if terminated:",
            "    target = reward",
            "else:",
            "    target = reward + gamma * max(Q[next_state])",
            "Q[state][action] += alpha * (target - Q[state][action])",
        ),
    ),
    Right("not", towards("reward + gamma * np.max(Q[next_state, :]) * (not terminated)")),
    Right(
        "one line",
        "Q[state, action] += alpha * (reward + gamma * Q[next_state].max() * (1 - terminated) - Q[state, action])",
    ),
    Right(
        "a row as a view",
        code(
            "row = Q[state]",
            "best = sorted(Q[next_state])[-1]",
            "row[action] -= alpha * (row[action] - reward - gamma * best * (not terminated))",
        ),
    ),
    Right("returns Q too", towards("reward + (0 if terminated else gamma * Q[next_state].max())") + "\nreturn Q"),
    Right(
        "by argmax",
        code(
            "best = np.argmax(Q[next_state])",
            "target = reward + gamma * (1 - int(terminated)) * Q[next_state, best]",
            "error = target - Q[state, action]",
            "Q[state, action] = Q[state, action] + alpha * error",
        ),
    ),
    Right(
        "tensor",
        code(
            "q = torch.from_numpy(Q)",
            "target = reward + gamma * (not terminated) * q[next_state].max()",
            "q[state, action] += alpha * (target - q[state, action])",
        ),
    ),
    Right(
        "whole table copied back",
        code(
            "new = Q.copy()",
            "target = reward + gamma * (1 - terminated) * Q[next_state].max()",
            "new[state, action] += alpha * (target - Q[state, action])",
            "Q[:] = new",
        ),
    ),
)
