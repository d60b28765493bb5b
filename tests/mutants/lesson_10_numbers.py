"""Answers to ``standard_error`` and ``human_normalized_score``."""

from mutants import Right, Wrong, code

ERROR_WRONG = (
    Wrong("n below", "n_below", 1, "return np.std(scores) / np.sqrt(len(scores))"),
    Wrong("the deviation", "deviation", 1, "return np.std(scores, ddof=1)"),
    Wrong("NumPy's deviation", "deviation_n", 0, "return np.std(scores)"),
    Wrong("by n", "by_n", 1, "return np.std(scores, ddof=1) / len(scores)"),
    Wrong("by n, n below", "by_n_twice", 0, "return np.std(scores) / len(scores)"),
    Wrong("variance", "variance", 1, "return np.var(scores, ddof=1) / np.sqrt(len(scores))"),
    Wrong("root of n - 1 twice", "root_less", 1, "return np.std(scores, ddof=1) / np.sqrt(len(scores) - 1)"),
    Wrong("multiplied", "multiplied", 1, "return np.std(scores, ddof=1) * np.sqrt(len(scores))"),
    Wrong("always 30", "fixed_30", 1, "return np.std(scores, ddof=1) / np.sqrt(30)"),
    Wrong("mean", "mean", 0, "return np.mean(scores)"),
    Wrong("range", "range", 1, "return (max(scores) - min(scores)) / np.sqrt(len(scores))"),
    Wrong("mean distance", "absolute", 1, "return np.mean(np.abs(scores - np.mean(scores))) / np.sqrt(len(scores))"),
    Wrong("two errors", "twice", 1, "return 2 * np.std(scores, ddof=1) / np.sqrt(len(scores))"),
    Wrong("a wider one", "twice", 1, "return 1.96 * np.std(scores, ddof=1) / np.sqrt(len(scores))"),
    Wrong("root of the deviation", "wrong_value", 0, "return np.sqrt(np.std(scores, ddof=1) / len(scores))"),
    Wrong("printed", "wrong_return", 0, "print(np.std(scores, ddof=1) / np.sqrt(len(scores)))"),
    Wrong("sorted in place", "input_changed", 1, "scores.sort()\nreturn np.std(scores, ddof=1) / np.sqrt(len(scores))"),
    Wrong(
        "centred in place",
        "input_changed",
        1,
        "scores -= scores.mean()\nreturn np.std(scores, ddof=1) / np.sqrt(len(scores))",
    ),
)
ERROR_RIGHT = (
    Right("numpy", "return np.std(scores, ddof=1) / np.sqrt(len(scores))"),
    Right("n below, and n - 1 in the root", "return np.std(scores) / np.sqrt(len(scores) - 1)"),
    Right("by hand", code(
        "n, mean = len(scores), sum(scores) / len(scores)",
        "s = (sum((x - mean) ** 2 for x in scores) / (n - 1)) ** 0.5",
        "return s / n ** 0.5",
    )),
    Right("variance of the mean", "return np.sqrt(np.var(scores, ddof=1) / len(scores))"),
    Right("torch", "return torch.tensor(scores).std() / len(scores) ** 0.5"),
    Right("a list first", "scores = list(scores)\nreturn float(np.std(scores, ddof=1) * len(scores) ** -0.5)"),
)  # fmt: skip

NORMAL_WRONG = (
    Wrong("a fraction", "no_hundred", 0, "return (score - random) / (human - random)"),
    Wrong("by the human", "human_only", 0, "return 100 * (score - random) / human"),
    Wrong("from zero", "from_zero", 0, "return 100 * score / (human - random)"),
    Wrong("share", "plain_share", 0, "return 100 * score / human"),
    Wrong("share, not in per cent", "plain_share", 0, "return score / human"),
    Wrong("swapped", "swapped", 0, "return 100 * (score - human) / (random - human)"),
    Wrong("sign", "sign", 0, "return 100 * (score - random) / (random - human)"),
    Wrong("other sign", "sign", 0, "return 100 * (random - score) / (human - random)"),
    Wrong("upside down", "upside_down", 0, "return 100 * (human - random) / (score - random)"),
    Wrong("brackets below", "brackets", 0, "return 100 * (score - random) / human - random"),
    Wrong("brackets above", "brackets", 0, "return 100 * score - random / (human - random)"),
    Wrong("clipped", "clipped", 1.5, "return np.clip(100 * (score - random) / (human - random), 0, 100)"),
    Wrong("not below", "clipped", 1.5, "return np.maximum(100 * (score - random) / (human - random), 0)"),
    Wrong("not above", "clipped", 1.5, "return np.minimum(100 * (score - random) / (human - random), 100)"),
    Wrong("min and max", "clipped error", 1, "return max(0, min(100, 100 * (score - random) / (human - random)))"),
    Wrong("abs", "absolute", 1.5, "return abs(100 * (score - random) / (human - random))"),
    Wrong("rounded", "rounded", 0, "return np.round(100 * (score - random) / (human - random))"),
    Wrong("int", "rounded error", 0, "return int(100 * (score - random) / (human - random))"),
    Wrong("//", "rounded", 0, "return 100 * (score - random) // (human - random)"),
    Wrong("better than the human", "over_human", 0, "return 100 * (score - human) / (human - random)"),
    Wrong("sum", "sum_below", 0, "return 100 * (score - random) / (human + random)"),
    Wrong("difference", "difference", 0, "return score - random"),
    Wrong("thousand", "wrong_value", 0, "return 1000 * (score - random) / (human - random)"),
    Wrong("one number only", "error", 1, "return 100 * float(score - random) / float(human - random)"),
    Wrong("mean of the games", "wrong_shape", 1, "return np.mean(100 * (score - random) / (human - random))"),
    Wrong("no return", "wrong_return", 0, "100 * (score - random) / (human - random)"),
    Wrong("in place", "input_changed", 1.5, code("score -= random", "return 100 * score / (human - random)")),
)
NORMAL_RIGHT = (
    Right("the formula", "return 100 * (score - random) / (human - random)"),
    Right("per cent at the end", "return (score - random) / (human - random) * 100"),
    Right("steps", code("length = np.subtract(human, random)", "return np.divide(score - random, length) * 100.0")),
    Right("from the human down", "return 100 - 100 * (human - score) / (human - random)"),
    Right(
        "interpolated",
        code(
            "score, random, human = (np.asarray(x, float) for x in (score, random, human))",
            "return 100 * score / (human - random) - 100 * random / (human - random)",
        ),
    ),
)
