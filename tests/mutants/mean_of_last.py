"""Answers to exercise 0.1, ``mean_of_last(scores, n=100)``."""

from mutants import Right, Wrong, code

WRONG = (
    Wrong("mean of all scores", "mean_of_all", 0.5, "return sum(scores) / len(scores)"),
    Wrong("mean of the first n", "first_n", 0.5, "return sum(scores[:n]) / len(scores[:n])"),
    Wrong("divided by n when there are fewer", "divided_by_n", 1.5, "return sum(scores[-n:]) / n"),
    Wrong("n is 100, whatever the argument", "fixed_100", 0.5, "return sum(scores[-100:]) / len(scores[-100:])"),
    Wrong("one score too many", "one_too_many", 0.5, code("last = scores[-n - 1:]", "return sum(last) / len(last)")),
    Wrong(
        "the last score left out", "last_missing error", 0, code("last = scores[-n:-1]", "return sum(last) / len(last)")
    ),
    Wrong(
        "one score too few",
        "one_too_few error",
        0,
        code("last = scores[len(scores) - n + 1:]", "return sum(last) / len(last)"),
    ),
    Wrong(
        "negative start when there are fewer than n",
        "negative_start",
        1.5,
        code("last = scores[len(scores) - n:]", "return sum(last) / len(last)"),
    ),
    Wrong("zero until there are n", "zero_when_short", 1.5, "return 0.0 if len(scores) < n else sum(scores[-n:]) / n"),
    Wrong("the sum", "sum", 0, "return sum(scores[-n:])"),
    Wrong("the list", "the_list no_number", 0, "return scores[-n:]"),
    Wrong("the median", "median", 0, code("import statistics", "return statistics.median(scores[-n:])")),
    Wrong("integer division", "rounded_down", 1.5, code("last = scores[-n:]", "return sum(last) // len(last)")),
    Wrong("a whole number", "cut_off", 1.5, code("last = scores[-n:]", "return int(sum(last) / len(last))")),
    Wrong("rounded_1", "rounded_1", 1.5, code("last = scores[-n:]", "return round(sum(last) / len(last), 1)")),
    Wrong(
        "the list is cut",
        "list_changed",
        1.5,
        code("while len(scores) > n:", "    scores.pop(0)", "return sum(scores) / len(scores)"),
    ),
    Wrong(
        "the list is sorted",
        "list_changed n_largest",
        0.5,
        code("scores.sort()", "last = scores[-n:]", "return sum(last) / len(last)"),
    ),
    Wrong("printed, not returned", "wrong_return", 0, "print(sum(scores[-n:]) / len(scores[-n:]))"),
    Wrong("a text", "wrong_return", 0, code("last = scores[-n:]", "return f'{sum(last) / len(last):.2f}'")),
    Wrong("zero", "wrong_mean zero_when_short", 0, "return 0.0"),
    Wrong(
        "one less in the divisor",
        "divisor_too_small error",
        0,
        code("last = scores[-n:]", "return sum(last) / (len(last) - 1)"),
    ),
)

RIGHT = (
    Right("slice", code("last = scores[-n:]", "return sum(last) / len(last)")),
    Right("numpy", code("import numpy as np", "return np.mean(scores[-n:])")),
    Right("float32 of numpy", code("import numpy as np", "return np.asarray(scores[-n:], np.float32).mean()")),
    Right("statistics", code("import statistics", "return statistics.mean(scores[-n:])")),
    Right(
        "loop from the end",
        code(
            "total = count = 0",
            "for score in reversed(scores):",
            "    if count == n:",
            "        break",
            "    total += score",
            "    count += 1",
            "return total / count",
        ),
    ),
    Right(
        "a deque that forgets",
        code("from collections import deque", "last = deque(scores, maxlen=n)", "return sum(last) / len(last)"),
    ),
    Right("min of the two lengths", code("k = min(n, len(scores))", "return sum(scores[len(scores) - k:]) / k")),
    Right(
        "an array without dimensions",
        code("import numpy as np", "return np.array(sum(scores[-n:]) / len(scores[-n:]))"),
    ),
    Right("prints as well", code("last = scores[-n:]", "print('mean of', len(last))", "return sum(last) / len(last)")),
    Right(
        "fractions",
        code(
            "from fractions import Fraction",
            "last = [Fraction(s) for s in scores[-n:]]",
            "return sum(last) / len(last)",
        ),
    ),
)
