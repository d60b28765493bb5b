"""Answers to exercise 5.5, ``epsilon_greedy(q_values, epsilon, rng)``."""

from mutants import Right, Wrong, code


def chosen(condition="rng.random() < epsilon", explore="rng.integers(len(q_values))", exploit="np.argmax(q_values)"):
    return code(f"if {condition}:", f"    return {explore}", f"return {exploit}")


WRONG = (
    Wrong("epsilon reversed", "reversed", 0.5, chosen("rng.random() > epsilon")),
    Wrong("one minus epsilon", "reversed", 0.5, chosen("rng.random() < 1 - epsilon")),
    Wrong("always greedy", "always_greedy", 1, "return int(np.argmax(q_values))"),
    Wrong("always random", "always_random", 0.5, "return int(rng.integers(len(q_values)))"),
    Wrong("argmin", "smallest", 1.5, chosen(exploit="np.argmin(q_values)")),
    Wrong("largest size", "farthest", 1.5, chosen(exploit="np.abs(q_values).argmax()")),
    Wrong(
        "search from 0",
        "not_greedy",
        1.5,
        code(
            "if rng.random() < epsilon:",
            "    return rng.integers(len(q_values))",
            "best, largest = 0, 0",
            "for a, q in enumerate(q_values):",
            "    if q > largest:",
            "        best, largest = a, q",
            "return best",
        ),
    ),
    Wrong("the value", "value", 1, chosen(exploit="np.max(q_values)")),
    Wrong(
        "a value at random too", "value", 1, chosen("rng.random() < epsilon", "rng.choice(q_values)", "q_values.max()")
    ),
    Wrong("random value", "not_whole", 0, chosen(explore="rng.choice(q_values)")),
    Wrong("random number", "not_whole", 0, chosen(explore="rng.random() * len(q_values)")),
    Wrong("never the last", "missing_action", 1, chosen(explore="rng.integers(len(q_values) - 1)")),
    Wrong("never the first", "missing_action", 1, chosen(explore="rng.integers(1, len(q_values))")),
    Wrong("two actions", "missing_action", 1, chosen(explore="rng.integers(2)")),
    Wrong("one action too many", "out_of_range", 0.5, chosen(explore="rng.integers(len(q_values) + 1)")),
    Wrong("counted from 1", "out_of_range", 0.5, chosen(explore="rng.integers(1, len(q_values) + 1)")),
    Wrong("one more", "out_of_range", 0, chosen(exploit="np.argmax(q_values) + 1")),
    Wrong(
        "others only",
        "non_greedy",
        1,
        chosen(explore="rng.choice([a for a in range(len(q_values)) if a != np.argmax(q_values)])"),
    ),
    Wrong(
        "others only, shifted",
        "non_greedy",
        1,
        chosen(explore="(np.argmax(q_values) + rng.integers(1, len(q_values))) % len(q_values)"),
    ),
    Wrong(
        "softmax",
        "weighted",
        1,
        chosen(explore="rng.choice(len(q_values), p=np.exp(q_values) / np.exp(q_values).sum())"),
    ),
    Wrong("rounded", "weighted", 1, chosen(explore="round(rng.random() * (len(q_values) - 1))")),
    Wrong("fixed epsilon", "fixed_epsilon not_greedy", 0.5, chosen("rng.random() < 0.1")),
    Wrong("epsilon squared", "wrong_epsilon", 1, chosen("rng.random() < epsilon**2")),
    Wrong("half of epsilon", "wrong_epsilon", 1, chosen("rng.random() < epsilon / 2")),
    Wrong("a coin", "wrong_epsilon", 1, chosen("rng.integers(2) < epsilon")),
    Wrong("never above", "wrong_epsilon", 1, chosen("rng.integers(0, 1) < epsilon")),
    Wrong("if epsilon", "wrong_epsilon", 1, chosen("epsilon")),
    Wrong("a percentage", "wrong_epsilon", 1, chosen("100 * rng.random() < epsilon")),
    Wrong("normal numbers", "wrong_epsilon not_greedy", 0.5, chosen("rng.normal() < epsilon")),
    Wrong("epsilon above a half", "wrong_epsilon", 1, chosen("epsilon > 0.5")),
    Wrong("random.random", "other_source", 1.5, "import random\n" + chosen("random.random() < epsilon")),
    Wrong(
        "random.randrange", "other_source", 1.5, "import random\n" + chosen(explore="random.randrange(len(q_values))")
    ),
    Wrong("np.random", "other_source", 1.5, chosen("np.random.rand() < epsilon", "np.random.randint(len(q_values))")),
    Wrong("a new generator", "other_source", 1.5, "rng = np.random.default_rng()\n" + chosen()),
    Wrong("a seeded generator", "same_action", 1, "rng = np.random.default_rng(0)\n" + chosen()),
    Wrong(
        "a list",
        "one_array",
        1.5,
        chosen(explore="rng.integers(len(q_values), size=1)", exploit="[np.argmax(q_values)]"),
    ),
    Wrong("all the best", "one_array", 1.5, chosen(exploit="np.flatnonzero(q_values == q_values.max())")),
    Wrong("a row of chances", "one_array", 0, chosen(explore="rng.random(len(q_values))")),
    Wrong("a float", "not_whole", 1.5, chosen(explore="np.floor(rng.random() * len(q_values))")),
    Wrong(
        "q_values sorted",
        "input_changed not_greedy",
        1,
        code(
            "if rng.random() < epsilon:",
            "    return rng.integers(len(q_values))",
            "q_values.sort()",
            "return len(q_values) - 1",
        ),
    ),
    Wrong("q_values shifted", "input_changed", 1.5, "q_values -= q_values.max()\n" + chosen()),
    Wrong(
        "no exploit",
        "wrong_return",
        0,
        code("if rng.random() < epsilon:", "    return rng.integers(len(q_values))", "np.argmax(q_values)"),
    ),
    Wrong("old generator", "error", 0, chosen(explore="rng.randint(len(q_values))")),
)

RIGHT = (
    Right("if", chosen()),
    Right(
        "whole numbers",
        chosen("rng.random() < epsilon", "int(rng.integers(0, len(q_values)))", "int(q_values.argmax())"),
    ),
    Right("choice", chosen(explore="rng.choice(len(q_values))")),
    Right("choice from a range", chosen("rng.uniform() <= epsilon", "rng.choice(np.arange(q_values.size))")),
    Right(
        "exploit first",
        code("if rng.random() >= epsilon:", "    return np.argmax(q_values)", "return rng.integers(q_values.shape[0])"),
    ),
    Right(
        "probabilities",
        code(
            "p = np.full(len(q_values), epsilon / len(q_values))",
            "p[np.argmax(q_values)] += 1 - epsilon",
            "return rng.choice(len(q_values), p=p)",
        ),
    ),
    Right(
        "one of the others, less often",
        code(
            "A, best = len(q_values), np.argmax(q_values)",
            "others = [a for a in range(A) if a != best]",
            "return rng.choice(others) if rng.random() < epsilon * (A - 1) / A else best",
        ),
    ),
    Right("ties at random", chosen(exploit="rng.choice(np.flatnonzero(q_values == q_values.max()))")),
    Right(
        "both drawn first",
        code(
            "u, a = rng.random(), rng.integers(len(q_values))",
            "return int(a) if u < epsilon else int(np.argmax(q_values))",
        ),
    ),
    Right(
        "0-d arrays", chosen(explore="np.array(rng.integers(len(q_values)))", exploit="np.asarray(np.argmax(q_values))")
    ),
    Right(
        "floor",
        chosen(
            explore="int(rng.random() * len(q_values))", exploit="max(range(len(q_values)), key=lambda a: q_values[a])"
        ),
    ),
    Right(
        "binomial",
        chosen(
            "rng.binomial(1, epsilon)", "rng.permutation(len(q_values))[0]", "q_values.tolist().index(max(q_values))"
        ),
    ),
    Right("tensor", chosen(exploit="torch.tensor(q_values).argmax()")),
)
