"""Answers to exercise 5.3, ``value_iteration(P, gamma, tolerance)``."""

from mutants import Right, Wrong, code


def sweeps(
    best="max(bellman_backup(P[s][a], V, gamma) for a in P[s])", start="np.zeros(len(P))", stop="change <= tolerance"
):
    """Sweeps in place, with ``best`` for the value of a state."""
    return code(
        f"V = {start}",
        "while True:",
        "    change = 0.0",
        "    for s in range(len(P)):",
        "        old = V[s]",
        f"        V[s] = {best}",
        "        change = max(change, abs(V[s] - old))",
        f"    if {stop}:",
        "        return V",
    )


def together(
    stop="np.abs(new - V).max() <= tolerance",
    result="new",
    before="V = np.zeros(len(P))",
    first="new = np.zeros(len(P))",
):
    """Sweeps of all states at once, from the values of the sweep before."""
    return code(
        before,
        "while True:",
        f"    {first}",
        "    for s in P:",
        "        new[s] = max(bellman_backup(P[s][a], V, gamma) for a in P[s])",
        f"    if {stop}:",
        f"        return {result}",
        "    V = new",
    )


def inlined(q):
    """Sweeps in place with its own backup: ``q`` for one transition."""
    return code(
        "V = np.zeros(len(P))",
        "while True:",
        "    change = 0.0",
        "    for s in P:",
        f"        best = max(sum({q} for p, n, r, d in P[s][a]) for a in P[s])",
        "        change = max(change, abs(best - V[s]))",
        "        V[s] = best",
        "    if change <= tolerance:",
        "        return V",
    )


def counted(number):
    return code(
        "V = np.zeros(len(P))",
        f"for _ in range({number}):",
        "    for s in P:",
        "        V[s] = max(bellman_backup(P[s][a], V, gamma) for a in P[s])",
        "return V",
    )


QS = "[bellman_backup(P[s][a], V, gamma) for a in P[s]]"
WRONG = (
    Wrong("minimum", "minimum", 0, sweeps(f"min({QS})")),
    Wrong("mean", "mean", 0, sweeps(f"np.mean({QS})")),
    Wrong("action 0", "one_action", 0, sweeps("bellman_backup(P[s][0], V, gamma)")),
    Wrong("last action", "one_action", 0, sweeps(f"{QS}[-1]")),
    Wrong("argmax", "endless", 0, sweeps(f"np.argmax({QS})")),
    Wrong("search from 0", "no_negative", 0, sweeps(f"max([0] + {QS})")),
    Wrong("search from -1", "search_start", 0, sweeps(f"max([-1] + {QS})")),
    Wrong("search from -100", "search_start", 0, sweeps(f"max([-100] + {QS})")),
    Wrong("never down", "no_negative", 0, sweeps(f"max([V[s]] + {QS})")),
    Wrong(
        "the search goes on",
        "best_carried",
        0,
        code(
            "V = np.zeros(len(P))",
            "while True:",
            "    old, best = V.copy(), -np.inf",
            "    for s in P:",
            f"        best = max([best] + {QS})",
            "        V[s] = best",
            "    if np.abs(V - old).max() <= tolerance:",
            "        return V",
        ),
    ),
    Wrong(
        "each action overwrites",
        "overwritten",
        0,
        code(
            "V = np.zeros(len(P))",
            "while True:",
            "    old = V.copy()",
            "    for s in P:",
            "        for a in P[s]:",
            "            V[s] = bellman_backup(P[s][a], V, gamma)",
            "    if np.abs(V - old).max() <= tolerance:",
            "        return V",
        ),
    ),
    Wrong("largest size", "absolute", 0, sweeps(f"np.abs({QS}).max()")),
    Wrong("sum", "sum not_finite", 0, sweeps(f"sum({QS})")),
    Wrong("added up", "not_finite", 0, sweeps(f"V[s] + max({QS})")),
    Wrong("own backup without mask", "no_mask", 0, inlined("p * (r + gamma * V[n])")),
    Wrong("own backup with inverted mask", "inverted_mask", 0, inlined("p * (r + gamma * d * V[n])")),
    Wrong("own backup, reward masked", "reward_masked", 0, inlined("p * (1 - d) * (r + gamma * V[n])")),
    Wrong("own backup without discount", "no_discount endless", 0, inlined("p * (r + (1 - d) * V[n])")),
    Wrong("own backup, fixed discount", "fixed_gamma", 0, inlined("p * (r + 0.99 * (1 - d) * V[n])")),
    Wrong("one sweep", "same_array", 1.5, counted(1)),
    Wrong("five sweeps", "stopped_early", 1.5, counted(5)),
    Wrong("a hundred sweeps", "stopped_early", 1.5, counted(100)),
    Wrong("a thousand sweeps", "stopped_early", 1.5, counted(1000)),
    Wrong("ten thousand sweeps", "endless", 0, counted(10_000)),
    Wrong("as many sweeps as states", "stopped_early", 1.5, counted("len(P)")),
    Wrong("old is the same array", "same_array", 1.5, together().replace("    new = np.zeros(len(P))", "    new = V")),
    Wrong("no absolute value", "stopped_early", 1.5, sweeps().replace("abs(V[s] - old)", "V[s] - old")),
    Wrong("no absolute value, together", "stopped_early", 1.5, together("(new - V).max() <= tolerance")),
    Wrong(
        "change of the last state",
        "stopped_early",
        1.5,
        sweeps().replace("max(change, abs(V[s] - old))", "abs(V[s] - old)"),
    ),
    Wrong("smallest change", "stopped_early", 1.5, together("np.abs(new - V).min() <= tolerance")),
    Wrong("any small change", "stopped_early", 1.5, together("(np.abs(new - V) <= tolerance).any()")),
    Wrong("mean change", "stopped_early", 1.5, together("np.abs(new - V).mean() <= tolerance")),
    Wrong("squared change", "stopped_early", 1.5, together("((new - V) ** 2).sum() <= tolerance")),
    Wrong("change of the sum", "stopped_early", 1.5, together("abs(new.sum() - V.sum()) <= 10 * tolerance")),
    Wrong(
        "stops inside the sweep",
        "stopped_early",
        1.5,
        code(
            "V = np.zeros(len(P))",
            "while True:",
            "    for s in P:",
            f"        best = max({QS})",
            "        if abs(best - V[s]) <= tolerance:",
            "            return V",
            "        V[s] = best",
        ),
    ),
    Wrong(
        "return inside the sweep",
        "first_states",
        1.5,
        code("V = np.zeros(len(P))", "for s in P:", f"    V[s] = max({QS})", "    return V"),
    ),
    Wrong("stops when it changes", "same_array", 1.5, sweeps(stop="change > tolerance")),
    Wrong(
        "loop never entered",
        "zeros",
        0,
        code(
            "V, change = np.zeros(len(P)), 0.0",
            "while change > tolerance:",
            "    for s in P:",
            f"        V[s] = max({QS})",
            "return V",
        ),
    ),
    Wrong("zeros", "zeros", 0, "return np.zeros(len(P))"),
    Wrong("fixed tolerance", "coarse_tolerance", 2.5, sweeps(stop="change <= 1e-6")),
    Wrong("np.allclose with its own tolerance", "coarse_tolerance", 2.5, together("np.allclose(new, V)")),
    Wrong(
        "change never set back",
        "endless",
        0,
        code(
            "V, change = np.zeros(len(P)), 0.0",
            "while True:",
            "    for s in P:",
            f"        best = max({QS})",
            "        change = max(change, abs(best - V[s]))",
            "        V[s] = best",
            "    if change <= tolerance:",
            "        return V",
        ),
    ),
    Wrong("V never renewed", "endless", 0, together().replace("\n    V = new", "")),
    Wrong(
        "no values of the sweep before",
        "same_array",
        1.5,
        together(first="new, V = np.zeros(len(P)), np.zeros(len(P))").replace(
            "    if np.abs(new - V).max() <= tolerance:\n        return new\n    V = new", "    return new"
        ),
    ),
    Wrong("whole numbers", "whole_numbers", 0, sweeps(start="np.zeros(len(P), dtype=int)")),
    Wrong(
        "Q instead of V",
        "q_values wrong_shape",
        0,
        sweeps().replace("return V", "return np.array([[bellman_backup(P[s][a], V, gamma) for a in P[s]] for s in P])"),
    ),
    Wrong(
        "the policy",
        "action_numbers",
        0,
        sweeps().replace(
            "return V", "return np.array([np.argmax([bellman_backup(P[s][a], V, gamma) for a in P[s]]) for s in P])"
        ),
    ),
    Wrong("V and the policy", "wrong_shape", 0, sweeps().replace("return V", "return V, np.zeros(len(P))")),
    Wrong("a column", "wrong_shape", 2.5, sweeps().replace("return V", "return V.reshape(-1, 1)")),
    Wrong("a dict", "wrong_return", 0, sweeps(start="{s: 0.0 for s in P}")),
    Wrong("nothing returned", "wrong_return", 0, sweeps().replace("return V", "break")),
    Wrong("16 states", "error", 0, sweeps().replace("range(len(P))", "range(16)")),
    Wrong("all actions at once", "all_actions", 0, sweeps("max(bellman_backup(P[s], V, gamma) for a in P[s])")),
    Wrong("states as actions", "no_entry", 0, sweeps("max(bellman_backup(P[s][a], V, gamma) for a in range(len(P)))")),
    Wrong("4 actions", "no_entry", 0, sweeps("max(bellman_backup(P[s][a], V, gamma) for a in range(4))")),
    Wrong("used up", "error", 0, sweeps("max(bellman_backup(P[s].pop(a), V, gamma) for a in list(P[s]))")),
    Wrong(
        "P sorted",
        "input_changed",
        2.5,
        sweeps().replace("while True:", "for s in P:\n    P[s][0].append((0.0, 0, 0.0, True))\nwhile True:"),
    ),
)

RIGHT = (
    Right("in place", sweeps()),
    Right("together", together()),
    Right("the older values", together(result="V")),
    Right("a list", sweeps(start="[0.0] * len(P)")),
    Right("smaller than", sweeps(stop="change < tolerance")),
    Right("tighter", sweeps(stop="change < tolerance * (1 - gamma) / gamma")),
    Right("np.allclose", together("np.allclose(new, V, atol=tolerance)")),
    Right("np.allclose, no relative part", together("np.allclose(new, V, rtol=0, atol=tolerance)")),
    Right("until nothing changes at all", together("np.array_equal(new, V)")),
    Right("all close", together("all(abs(a - b) <= tolerance for a, b in zip(new, V))")),
    Right("norm", together("np.linalg.norm(new - V) <= tolerance")),
    Right("backwards", sweeps().replace("range(len(P))", "reversed(range(len(P)))")),
    Right(
        "until a KeyError",
        code(
            "V, change = np.zeros(len(P)), np.inf",
            "while change > tolerance:",
            "    old = V.copy()",
            "    for s in P:",
            "        V[s], a = -np.inf, 0",
            "        while True:",
            "            try:",
            "                V[s] = max(V[s], bellman_backup(P[s][a], old, gamma))",
            "            except KeyError:",
            "                break",
            "            a += 1",
            "    change = np.abs(V - old).max()",
            "return V",
        ),
    ),
    Right("own backup", inlined("p * (r + gamma * (1 - d) * V[n])")),
    Right(
        "items",
        code(
            "V, change = np.zeros(len(P)), np.inf",
            "while change > tolerance:",
            "    old = V.copy()",
            "    for s, actions in P.items():",
            "        V[s] = max(bellman_backup(t, old, gamma) for t in actions.values())",
            "    change = np.abs(V - old).max()",
            "return V",
        ),
    ),
    Right(
        "matrices",
        code(
            "S, A = len(P), len(P[0])",
            "R, T = np.zeros((S, A)), np.zeros((S, A, S))",
            "for s in range(S):",
            "    for a in range(A):",
            "        for p, n, r, d in P[s][a]:",
            "            R[s, a] += p * r",
            "            T[s, a, n] += p * (1 - d)",
            "V = np.zeros(S)",
            "while True:",
            "    new = (R + gamma * T @ V).max(axis=1)",
            "    if np.max(np.abs(new - V)) <= tolerance:",
            "        return new",
            "    V = new",
        ),
    ),
    Right(
        "a table of Q-values",
        code(
            "Q = np.zeros((len(P), len(P[0])))",
            "while True:",
            "    V = Q.max(1)",
            "    Q = np.array([[bellman_backup(P[s][a], V, gamma) for a in P[s]] for s in P])",
            "    if abs(Q.max(1) - V).max() <= tolerance:",
            "        return Q.max(axis=1)",
        ),
    ),
    Right("float32", sweeps(start="np.zeros(len(P), dtype=np.float32)")),
    Right(
        "tensor",
        sweeps(start="torch.zeros(len(P))")
        .replace("old = V[s]", "old = float(V[s])")
        .replace("abs(V[s] - old)", "abs(float(V[s]) - float(old))")
        .replace("return V", "return V.numpy()"),
    ),
    Right(
        "recursion",
        code(
            "def sweep(V):",
            "    return np.array([max(bellman_backup(P[s][a], V, gamma) for a in P[s]) for s in P])",
            "V = np.zeros(len(P))",
            "for _ in iter(lambda: np.abs(sweep(V) - V).max() > tolerance, False):",
            "    V = sweep(V)",
            "return V",
        ),
    ),
)
