"""Answers to exercise 5.1, ``discounted_return(rewards, gamma)``."""

from mutants import Right, Wrong, code


def summed(term, start="0.0"):
    """A loop over k and r that adds up ``term``."""
    return code(f"G = {start}", "for k, r in enumerate(rewards):", f"    G += {term}", "return G")


WRONG = (
    Wrong("plain sum", "no_discount", 0, "return float(sum(rewards))"),
    Wrong("powers from 1 on", "one_step_late", 0, summed("gamma ** (k + 1) * r")),
    Wrong("powers from -1 on", "once_too_little error", 0, summed("gamma ** (k - 1) * r")),
    Wrong("gamma times k", "times_k", 0, summed("gamma * k * r")),
    Wrong("k to the power gamma", "k_to_gamma", 0, summed("k ** gamma * r")),
    Wrong("one factor for all", "all_alike", 0, summed("gamma * r")),
    Wrong("one factor after the first", "later_alike", 0.5, summed("r if k == 0 else gamma * r")),
    Wrong("late powers", "one_step_early", 0, summed("gamma ** max(k - 1, 0) * r")),
    Wrong("from the front", "reversed", 0, code("G = 0.0", "for r in rewards:", "    G = r + gamma * G", "return G")),
    Wrong(
        "from the front, discounted last",
        "reversed_late",
        0,
        code("G = 0.0", "for r in rewards:", "    G = gamma * (G + r)", "return G"),
    ),
    Wrong(
        "from the back, discounted last",
        "one_step_late",
        0,
        code("G = 0.0", "for r in reversed(rewards):", "    G = gamma * (r + G)", "return G"),
    ),
    Wrong(
        "the last alone",
        "last_alone",
        0,
        code("G = 0.0", "for k, r in enumerate(rewards):", "    G = gamma**k * r", "return G"),
    ),
    Wrong(
        "return in the loop",
        "first_alone",
        0,
        code("G = 0.0", "for k, r in enumerate(rewards):", "    G += gamma**k * r", "    return G", "return G"),
    ),
    Wrong(
        "place found by index",
        "by_index",
        0.5,
        code("return float(sum(gamma ** rewards.index(r) * r for r in rewards))"),
    ),
    Wrong(
        "the last one forgotten",
        "last_missing",
        0,
        code("G = 0.0", "for k in range(len(rewards) - 1):", "    G += gamma**k * rewards[k]", "return G"),
    ),
    Wrong(
        "the first one forgotten",
        "first_missing",
        0,
        code("G = 0.0", "for k in range(1, len(rewards)):", "    G += gamma**k * rewards[k]", "return G"),
    ),
    Wrong(
        "counted from 1, shifted",
        "first_missing",
        0,
        code("G = 0.0", "for k in range(1, len(rewards)):", "    G += gamma ** (k - 1) * rewards[k]", "return G"),
    ),
    Wrong(
        "factor multiplied twice",
        "squared",
        0.5,
        code(
            "G, factor = 0.0, 1.0",
            "for r in rewards:",
            "    G += factor * r",
            "    factor *= gamma * gamma",
            "return G",
        ),
    ),
    Wrong(
        "factor first",
        "one_step_late",
        0,
        code("G, factor = 0.0, 1.0", "for r in rewards:", "    factor *= gamma", "    G += factor * r", "return G"),
    ),
    Wrong(
        "divided",
        "divided error",
        0,
        "return float(sum(r / gamma**k for k, r in enumerate(rewards)))",
    ),
    Wrong(
        "until the first zero",
        "wrong_value",
        0.5,
        code(
            "n = rewards.index(0) if 0 in rewards else len(rewards)",
            "return sum(gamma**k * rewards[k] for k in range(n))",
        ),
    ),
    Wrong("a hundred steps", "wrong_value", 0.5, "return sum(gamma**k * r for k, r in enumerate(rewards[:100]))"),
    Wrong(
        "until it counts little",
        "wrong_value",
        0.5,
        "return sum(gamma**k * r for k, r in enumerate(rewards) if gamma**k > 0.02)",
    ),
    Wrong("fixed gamma", "fixed_gamma", 0, summed("0.99**k * r")),
    Wrong("the mean", "mean error", 0, code("return sum(gamma**k * r for k, r in enumerate(rewards)) / len(rewards)")),
    Wrong("one minus gamma", "other_weight", 0, summed("(1 - gamma) ** k * r")),
    Wrong("the terms", "terms", 0, "return [gamma**k * r for k, r in enumerate(rewards)]"),
    Wrong(
        "returns from every step",
        "to_go",
        0,
        code(
            "G, returns = 0.0, []",
            "for r in reversed(rewards):",
            "    G = r + gamma * G",
            "    returns.insert(0, G)",
            "return returns",
        ),
    ),
    Wrong("printed", "wrong_return", 0, summed("gamma**k * r").replace("return G", "print(G)")),
    Wrong(
        "not for an empty list",
        "error",
        1.5,
        code("G = rewards[-1]", "for r in rewards[-2::-1]:", "    G = r + gamma * G", "return G"),
    ),
    Wrong(
        "None for an empty list",
        "wrong_return",
        1.5,
        code("if rewards:", "    return sum(gamma**k * r for k, r in enumerate(rewards))"),
    ),
    Wrong(
        "geometric series",
        "error",
        1.5,
        code("G = sum(gamma**k * r for k, r in enumerate(rewards))", "return G * (1 - gamma) / (1 - gamma)"),
    ),
    Wrong(
        "divided back",
        "error",
        1.5,
        code("G = 0.0", "for k, r in enumerate(rewards, 1):", "    G += gamma**k * r", "return G / gamma"),
    ),
    Wrong("rounded", "rounded", 0.5, code("return round(sum(gamma**k * r for k, r in enumerate(rewards)), 2)")),
    Wrong("whole number", "whole_numbers", 0, code("return int(sum(gamma**k * r for k, r in enumerate(rewards)))")),
    Wrong(
        "list emptied",
        "input_changed",
        1.5,
        code("G, k = 0.0, 0", "while rewards:", "    G += gamma**k * rewards.pop(0)", "    k += 1", "return G"),
    ),
    Wrong(
        "list turned round",
        "input_changed",
        1.5,
        code("rewards.reverse()", "G = 0.0", "for r in rewards:", "    G = r + gamma * G", "return G"),
    ),
    Wrong(
        "list overwritten",
        "input_changed",
        1.5,
        code("for k in range(len(rewards)):", "    rewards[k] *= gamma**k", "return sum(rewards)"),
    ),
    Wrong("a list times a number", "error", 0, "return sum(gamma * rewards)"),
    Wrong("^ for a power", "error", 0, summed("gamma ^ k * r")),
    Wrong("a fixed number", "wrong_value", 0, "return -3.25"),
    Wrong(
        "whole powers",
        "first_alone",
        0.5,
        code(
            "weights = np.zeros(len(rewards), int)",
            "for k in range(len(rewards)):",
            "    weights[k] = gamma**k",
            "return float(weights @ np.array(rewards, float))",
        ),
    ),
)

RIGHT = (
    Right("enumerate", summed("gamma**k * r")),
    Right("from the back", code("G = 0.0", "for r in reversed(rewards):", "    G = r + gamma * G", "return G")),
    Right("whole start", summed("gamma**k * r", start="0")),
    Right("generator", "return sum(gamma**k * r for k, r in enumerate(rewards))"),
    Right(
        "a factor",
        code("G, factor = 0.0, 1.0", "for r in rewards:", "    G += factor * r", "    factor *= gamma", "return G"),
    ),
    Right("numpy", "return np.sum(gamma ** np.arange(len(rewards)) * np.array(rewards))"),
    Right("numpy times a list", "return float(np.dot(gamma ** np.arange(len(rewards)), rewards))"),
    Right("recursion", "return rewards[0] + gamma * discounted_return(rewards[1:], gamma) if rewards else 0"),
    Right("polynomial", "return np.polyval(rewards[::-1], gamma)"),
    Right("float32", "return np.float32(sum(gamma**k * r for k, r in enumerate(rewards)))"),
    Right(
        "tensor",
        code(
            "r = torch.tensor(rewards, dtype=torch.float32)", "return (r * gamma ** torch.arange(len(rewards))).sum()"
        ),
    ),
    Right(
        "while",
        code(
            "G, k = 0.0, 0", "while k < len(rewards):", "    G, k = G + rewards[k] * pow(gamma, k), k + 1", "return G"
        ),
    ),
)
