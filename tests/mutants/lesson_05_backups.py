"""Answers to exercise 5.2, ``bellman_backup(transitions, V, gamma)``."""

from mutants import Right, Wrong, code

LOOP = "for p, next_state, r, terminated in transitions:"


def summed(term):
    """A loop over the transitions that adds up ``term``."""
    return code("q = 0.0", LOOP, f"    q += {term}", "return q")


WRONG = (
    Wrong(
        "reward and terminated swapped",
        "order",
        0,
        summed("p * (r + gamma * (1 - terminated) * V[next_state])").replace("r, terminated in", "terminated, r in"),
    ),
    Wrong("no mask", "no_mask", 2, summed("p * (r + gamma * V[next_state])")),
    Wrong("inverted mask", "inverted_mask", 1, summed("p * (r + gamma * terminated * V[next_state])")),
    Wrong("~ as a mask", "bitwise_mask", 1, summed("p * (r + gamma * ~terminated * V[next_state])")),
    Wrong("mask on the reward too", "reward_masked", 2, summed("p * (1 - terminated) * (r + gamma * V[next_state])")),
    Wrong(
        "ends skipped",
        "reward_masked",
        2,
        code(
            "q = 0.0",
            LOOP,
            "    if terminated:",
            "        continue",
            "    q += p * (r + gamma * V[next_state])",
            "return q",
        ),
    ),
    Wrong(
        "stops at an end",
        "stops_at_end",
        2,
        code(
            "q = 0.0",
            LOOP,
            "    if terminated:",
            "        break",
            "    q += p * (r + gamma * V[next_state])",
            "return q",
        ),
    ),
    Wrong(
        "stops after an end",
        "stops_at_end",
        2,
        code(
            "q = 0.0",
            LOOP,
            "    q += p * (r + gamma * (not terminated) * V[next_state])",
            "    if terminated:",
            "        break",
            "return q",
        ),
    ),
    Wrong(
        "returns at an end",
        "returns_at_end",
        2,
        code(
            "q = 0.0",
            LOOP,
            "    if terminated:",
            "        return r",
            "    q += p * (r + gamma * V[next_state])",
            "return q",
        ),
    ),
    Wrong(
        "end not weighted",
        "not_weighted_end",
        2,
        code("q = 0.0", LOOP, "    q += r if terminated else p * (r + gamma * V[next_state])", "return q"),
    ),
    Wrong("no probability", "no_probability", 2, summed("r + gamma * (1 - terminated) * V[next_state]")),
    Wrong("plain mean", "plain_mean", 2, "return np.mean([r + gamma * (1 - d) * V[s] for p, s, r, d in transitions])"),
    Wrong(
        "divided by their number",
        "divided_again",
        2,
        summed("p * (r + gamma * (1 - terminated) * V[next_state]) / len(transitions)"),
    ),
    Wrong("p on the reward", "probability_on_reward", 2, summed("p * r + gamma * (1 - terminated) * V[next_state]")),
    Wrong("p on the value", "probability_on_value", 2, summed("r + p * gamma * (1 - terminated) * V[next_state]")),
    Wrong("the best transition", "largest", 2, "return max(r + gamma * (1 - d) * V[s] for p, s, r, d in transitions)"),
    Wrong(
        "the largest part", "largest", 2, "return max(p * (r + gamma * (1 - d) * V[s]) for p, s, r, d in transitions)"
    ),
    Wrong(
        "the most likely", "most_likely", 2, code("p, s, r, d = max(transitions)", "return r + gamma * (1 - d) * V[s]")
    ),
    Wrong("the first", "first_alone", 2, code("p, s, r, d = transitions[0]", "return r + gamma * (1 - d) * V[s]")),
    Wrong(
        "return in the loop",
        "first_alone",
        2,
        summed("p * (r + gamma * (1 - terminated) * V[next_state])").replace("\nreturn", "\n    return"),
    ),
    Wrong("= for +=", "last_alone", 2, summed("p * (r + gamma * (1 - terminated) * V[next_state])").replace("+=", "=")),
    Wrong(
        "a dict of next states",
        "same_state_lost",
        2,
        code(
            "parts = {s: p * (r + gamma * (1 - d) * V[s]) for p, s, r, d in transitions}", "return sum(parts.values())"
        ),
    ),
    Wrong("no discount", "no_discount", 2, summed("p * (r + (1 - terminated) * V[next_state])")),
    Wrong("fixed discount", "fixed_gamma", 2, summed("p * (r + 0.9 * (1 - terminated) * V[next_state])")),
    Wrong("reward discounted", "reward_discounted", 2, summed("gamma * p * (r + (1 - terminated) * V[next_state])")),
    Wrong("minus", "subtracted", 2, summed("p * (r - gamma * (1 - terminated) * V[next_state])")),
    Wrong("reward alone", "no_next_value", 2, summed("p * r")),
    Wrong("no reward", "no_reward", 1, summed("p * gamma * (1 - terminated) * V[next_state]")),
    Wrong("the state's number", "state_number", 2, summed("p * (r + gamma * (1 - terminated) * next_state)")),
    Wrong("the largest value of all", "best_state", 2, summed("p * (r + gamma * (1 - terminated) * max(V))")),
    Wrong(
        "V by place in the list",
        "by_position",
        2,
        "return sum(p * (r + gamma * (1 - d) * V[i]) for i, (p, s, r, d) in enumerate(transitions))",
    ),
    Wrong("all of V", "whole_v", 2, summed("p * (r + gamma * (1 - terminated) * V)")),
    Wrong("the parts", "terms", 2, "return [p * (r + gamma * (1 - d) * V[s]) for p, s, r, d in transitions]"),
    Wrong(
        "whole number",
        "whole_numbers",
        2,
        "return int(sum(p * (r + gamma * (1 - d) * V[s]) for p, s, r, d in transitions))",
    ),
    Wrong(
        "terminal values set to 0 in V",
        "input_changed",
        2,
        code(
            "q = 0.0",
            LOOP,
            "    if terminated:",
            "        V[next_state] = 0",
            "    q += p * (r + gamma * V[next_state])",
            "return q",
        ),
    ),
    Wrong(
        "V discounted in place",
        "input_changed",
        2,
        code("V *= gamma", "return sum(p * (r + (1 - d) * V[s]) for p, s, r, d in transitions)"),
    ),
    Wrong(
        "transitions used up",
        "input_changed",
        2,
        code(
            "q = 0.0",
            "while transitions:",
            "    p, s, r, d = transitions.pop()",
            "    q += p * (r + gamma * (1 - d) * V[s])",
            "return q",
        ),
    ),
    Wrong(
        "nothing returned",
        "wrong_return",
        0,
        summed("p * (r + gamma * (1 - terminated) * V[next_state])").replace("\nreturn q", ""),
    ),
    Wrong(
        "another order",
        "error",
        0,
        code(
            "q = 0.0",
            "for p, r, next_state, terminated in transitions:",
            "    q += p * (r + gamma * (1 - terminated) * V[next_state])",
            "return q",
        ),
    ),
    Wrong("no mask and no p", "no_mask no_probability", 1, summed("r + gamma * V[next_state]")),
    Wrong("the docstring's numbers", "wrong_value", 0, "return 5.75"),
    Wrong("sum over all states", "wrong_value", 0, summed("p * (r + gamma * (1 - terminated) * V.sum())")),
)

RIGHT = (
    Right("loop", summed("p * (r + gamma * (1 - terminated) * V[next_state])")),
    Right(
        "if",
        code(
            "q = 0",
            LOOP,
            "    if terminated:",
            "        q += p * r",
            "    else:",
            "        q += p * (r + gamma * V[next_state])",
            "return q",
        ),
    ),
    Right("not", summed("p * (r + gamma * V[next_state] * (not terminated))")),
    Right("sum", "return sum(p * (r + gamma * V[s] * (1 - d)) for p, s, r, d in transitions)"),
    Right(
        "numpy",
        code(
            "p, s, r, d = np.array(transitions, dtype=float).T", "return p @ (r + gamma * (1 - d) * V[s.astype(int)])"
        ),
    ),
    Right(
        "zip",
        code("p, s, r, d = map(np.array, zip(*transitions))", "return np.sum(p * (r + gamma * np.where(d, 0, V[s])))"),
    ),
    Right(
        "indices",
        code(
            "q = 0.0", "for t in transitions:", "    q = q + t[0] * (t[2] + gamma * V[t[1]] * (not t[3]))", "return q"
        ),
    ),
    Right(
        "a copy of V",
        code(
            "q = 0.0",
            LOOP,
            "    W = V.copy()",
            "    if terminated:",
            "        W[next_state] = 0.0",
            "    q += p * (r + gamma * W[next_state])",
            "return q",
        ),
    ),
    Right("float32", "return np.float32(sum(p * (r + gamma * (0.0 if d else V[s])) for p, s, r, d in transitions))"),
    Right(
        "two sums",
        code(
            "reward = sum(p * r for p, _, r, _ in transitions)",
            "return reward + gamma * sum(p * V[s] for p, s, _, d in transitions if not d)",
        ),
    ),
    Right("an array of one", "return np.array([sum(p * (r + gamma * V[s] * (1 - d)) for p, s, r, d in transitions)])"),
)
