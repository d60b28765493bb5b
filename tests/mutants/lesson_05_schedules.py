"""Answers to exercises 5.6 to 5.8, ``linear_epsilon``, ``exponential_epsilon`` and ``decay_rate_for``."""

from mutants import Right, Wrong, code

LINEAR_WRONG = (
    Wrong("not clipped", "too_long", 0.5, "return start + step / steps * (end - start)"),
    Wrong("down to 0", "zero_after", 0.5, "return max(0, start + step / steps * (end - start))"),
    Wrong(
        "back to start", "start_after", 0.5, "return start + step / steps * (end - start) if step <= steps else start"
    ),
    Wrong("falls to 0, cut at end", "to_zero", 0, "return max(end, start * (1 - step / steps))"),
    Wrong("falls by 1", "from_one", 0, "return max(end, start - step / steps)"),
    Wrong("from 1", "from_one", 0, "return 1 - min(step / steps, 1) * (1 - end)"),
    Wrong("a curve", "curve", 0, "return start * (end / start) ** min(step / steps, 1)"),
    Wrong("// for /", "whole_division", 0, "return start + min(step // steps, 1) * (end - start)"),
    Wrong("not divided", "not_divided", 0, "return max(end, start + step * (end - start))"),
    Wrong("upwards", "upwards", 0, "return start + min(step / steps, 1) * (start - end)"),
    Wrong("start and end swapped", "reversed", 0, "return end + min(step / steps, 1) * (start - end)"),
    Wrong("one step early", "one_step_off", 0, "return start + min((step + 1) / steps, 1) * (end - start)"),
    Wrong("one step fewer", "one_step_off", 0, "return start + min(step / (steps - 1), 1) * (end - start)"),
    Wrong("falls by end", "end_added", 0, "return max(end, start - step / steps * end)"),
    Wrong("start", "constant", 0, "return start"),
    Wrong("end", "constant", 0, "return end"),
    Wrong("min for max", "min", 0, "return min(end, start + step / steps * (end - start))"),
    Wrong("printed", "wrong_return", 0, "print(start + min(step / steps, 1) * (end - start))"),
    Wrong(
        "nothing after",
        "wrong_return",
        0.5,
        code("if step <= steps:", "    return start + step / steps * (end - start)"),
    ),
    Wrong("for ten steps only", "from_one", 0, "return max(end, 1 - step / steps)"),
)
LINEAR_RIGHT = (
    Right("if", code("if step >= steps:", "    return end", "return start + step / steps * (end - start)")),
    Right("min", "return start + min(step / steps, 1) * (end - start)"),
    Right("clip", "return start + np.clip(step / steps, 0.0, 1.0) * (end - start)"),
    Right("max", "return max(end, start - (start - end) * step / steps)"),
    Right("weighted mean", code("f = min(step, steps) / steps", "return (1 - f) * start + f * end")),
    Right("interp", "return np.interp(step, [0, steps], [start, end])"),
    Right("float32", "return np.float32(max(end, start - (start - end) / steps * step))"),
    Right("tensor", "return torch.lerp(torch.tensor(start), torch.tensor(end), min(step / steps, 1.0))"),
)

EXPONENTIAL_WRONG = (
    Wrong("no floor", "no_floor", 0.5, "return start * decay**n"),
    Wrong("min for max", "min", 0, "return min(end, start * decay**n)"),
    Wrong("no start", "no_start", 0, "return max(end, decay**n)"),
    Wrong("towards end", "to_end", 0, "return end + (start - end) * decay**n"),
    Wrong("once", "once", 0, "return max(end, start * decay)"),
    Wrong("times n", "times_n", 0, "return max(end, start * decay * n)"),
    Wrong("a line", "line", 0, "return max(end, start * (1 - n * (1 - decay)))"),
    Wrong("another line", "line", 0, "return max(end, start - n * (1 - decay))"),
    Wrong("subtracted", "line", 0, "return max(end, start - n * decay)"),
    Wrong("one too many", "one_off", 0, "return max(end, start * decay ** (n + 1))"),
    Wrong("one too few", "one_off", 0, "return max(end, start * decay ** (n - 1))"),
    Wrong("one minus decay", "other_factor", 0, "return max(end, start * (1 - decay) ** n)"),
    Wrong("exp", "exp", 0, "return max(end, start * math.exp(-decay * n))"),
    Wrong("power of all", "power_of_all", 0, "return max(end, (start * decay) ** n)"),
    Wrong("n to the power decay", "reversed_power", 0, "return max(end, start * n**decay)"),
    Wrong("end added", "floor_first", 0, "return end + start * decay**n"),
    Wrong("end", "constant", 0, "return end"),
    Wrong("^ for a power", "error", 0, "return max(end, start * decay ^ n)"),
    Wrong("nothing returned", "wrong_return", 0, "max(end, start * decay**n)"),
    Wrong("0 when below", "zero_below", 0.5, "return start * decay**n if start * decay**n > end else 0"),
)
EXPONENTIAL_RIGHT = (
    Right("max", "return max(end, start * decay**n)"),
    Right(
        "loop",
        code("epsilon = start", "for _ in range(n):", "    epsilon = max(end, epsilon * decay)", "return epsilon"),
    ),
    Right("if", code("epsilon = start * pow(decay, n)", "if epsilon < end:", "    epsilon = end", "return epsilon")),
    Right("numpy", "return np.maximum(end, start * np.power(decay, n))"),
    Right("logarithm", "return max(math.exp(math.log(start) + n * math.log(decay)), end)"),
    Right("float32", "return np.float32(np.clip(start * decay**n, end, start))"),
)

RATE_WRONG = (
    Wrong("start and end swapped", "reversed", 0, "return (start / end) ** (1 / n)"),
    Wrong("no start", "no_start", 0, "return end ** (1 / n)"),
    Wrong("no root", "no_root", 0, "return end / start"),
    Wrong("brackets missing", "divided", 0, "return (end / start) ** 1 / n"),
    Wrong("power", "power", 0, "return (end / start) ** n"),
    Wrong("a line's step", "subtraction", 0, "return 1 - (start - end) / n"),
    Wrong("a line's fall", "subtraction", 0, "return (start - end) / n"),
    Wrong("one fewer", "one_off error", 0, "return (end / start) ** (1 / (n - 1))"),
    Wrong("one more", "one_off", 0, "return (end / start) ** (1 / (n + 1))"),
    Wrong("logarithm", "logarithm", 0, "return math.log(end / start) / n"),
    Wrong("remainder", "remainder", 0, "return 1 - (end / start) ** (1 / n)"),
    Wrong("exp of log10", "other_base", 0, "return math.exp(math.log10(end / start) / n)"),
    Wrong("difference", "difference", 0, "return (start - end) ** (1 / n)"),
    Wrong("// for /", "whole_numbers", 0, "return (end / start) ** (1 // n)"),
    Wrong("the lesson's number", "hard_coded", 0, "return 0.9999977"),
    Wrong("one too many nines", "hard_coded", 0, "return 0.9999979"),
    Wrong("rounded to 4", "rounded", 0, "return round((end / start) ** (1 / n), 4)"),
    Wrong("rounded to 6", "rounded", 0.5, "return round((end / start) ** (1 / n), 6)"),
    Wrong("rounded to 7", "rounded", 0.5, "return round((end / start) ** (1 / n), 7)"),
    Wrong("half precision", "rounded", 0, "return np.float16((end / start) ** (1 / n))"),
    Wrong("printed", "wrong_return", 0, "print((end / start) ** (1 / n))"),
)
RATE_RIGHT = (
    Right("n-th root", "return (end / start) ** (1 / n)"),
    Right("root", "return pow(end / start, 1.0 / n)"),
    Right("exp and log", "return math.exp(math.log(end / start) / n)"),
    Right("log10", "return 10 ** ((np.log10(end) - np.log10(start)) / n)"),
    Right("tensor", "return torch.tensor(end / start, dtype=torch.float64) ** (1 / n)"),
    Right("two roots", "return end ** (1 / n) / start ** (1 / n)"),
    Right(
        "halving",
        code(
            "low, high = 0.0, 1.0",
            "for _ in range(200):",
            "    middle = (low + high) / 2",
            "    low, high = (middle, high) if start * middle**n < end else (low, middle)",
            "return middle",
        ),
    ),
)
