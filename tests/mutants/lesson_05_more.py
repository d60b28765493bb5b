"""More answers to the exercises of lesson 5, from a search for answers that its checks take for what they are not."""

from mutants import Right, Wrong, code

MORE = {
    "discounted_return": (
        (
            Wrong(
                "skip zeros",
                "wrong_value",
                0.5,
                code(
                    "G, k = 0.0, 0",
                    "for r in rewards:",
                    "    if r:",
                    "        G += gamma**k * r",
                    "        k += 1",
                    "return G",
                ),
            ),
            Wrong(
                "max",
                "first_alone last_alone",
                0,
                "return max([gamma**k * r for k, r in enumerate(rewards)], default=0.0)",
            ),
            Wrong(
                "gamma to the k+1 minus",
                "reversed_late",
                0,
                "return sum(gamma ** (len(rewards) - k) * r for k, r in enumerate(rewards))",
            ),
        ),
        (
            Right(
                "reduce",
                code(
                    "from functools import reduce", "return reduce(lambda G, r: r + gamma * G, reversed(rewards), 0.0)"
                ),
            ),
            Right(
                "cumprod",
                code(
                    "d = np.cumprod([1.0] + [gamma] * max(0, len(rewards) - 1))",
                    "return np.array([sum(a * r for a, r in zip(d, rewards))])",
                ),
            ),
        ),
    ),
    "bellman_backup": (
        (
            Wrong(
                "abs V",
                "absolute",
                2,
                "return sum(p * (r + gamma * (1 - d) * abs(V[s])) for p, s, r, d in transitions)",
            ),
            Wrong(
                "relu V",
                "no_negative",
                2,
                "return sum(p * (r + gamma * (1 - d) * max(0, V[s])) for p, s, r, d in transitions)",
            ),
        ),
        (
            Right(
                "np columns",
                code(
                    "p, s, r, d = (np.array(c) for c in zip(*transitions))",
                    "return np.dot(p, r + gamma * np.where(d, 0.0, V[s]))",
                ),
            ),
            Right("fsum", "return math.fsum(p * r + (0 if d else p * gamma * V[s]) for p, s, r, d in transitions)"),
        ),
    ),
    "value_iteration": (
        (
            Wrong(
                "first state skipped",
                "state_left_out",
                0,
                code(
                    "V = np.zeros(len(P))",
                    "while True:",
                    "    new = V.copy()",
                    "    for s in range(1, len(P)):",
                    "        new[s] = max(bellman_backup(P[s][a], V, gamma) for a in P[s])",
                    "    if np.abs(new - V).max() <= tolerance:",
                    "        return new",
                    "    V = new",
                ),
            ),
            Wrong(
                "last state skipped",
                "state_left_out",
                0,
                code(
                    "V = np.zeros(len(P))",
                    "while True:",
                    "    new = V.copy()",
                    "    for s in range(len(P) - 1):",
                    "        new[s] = max(bellman_backup(P[s][a], V, gamma) for a in P[s])",
                    "    if np.abs(new - V).max() <= tolerance:",
                    "        return new",
                    "    V = new",
                ),
            ),
            Wrong(
                "rounded",
                "rounded",
                0,
                code(
                    "V = np.zeros(len(P))",
                    "while True:",
                    "    new = np.array([max(bellman_backup(P[s][a], V, gamma) for a in P[s]) for s in P])",
                    "    if np.abs(new - V).max() <= tolerance:",
                    "        return np.round(new, 2)",
                    "    V = new",
                ),
            ),
        ),
        (
            Right(
                "any",
                code(
                    "V = [0.0] * len(P)",
                    "moving = True",
                    "while moving:",
                    "    moving = False",
                    "    for s, actions in P.items():",
                    "        v = max(bellman_backup(t, V, gamma) for t in actions.values())",
                    "        moving = moving or abs(v - V[s]) > tolerance",
                    "        V[s] = v",
                    "return V",
                ),
            ),
            Right(
                "dict then array",
                code(
                    "V = {s: 0.0 for s in P}",
                    "while True:",
                    "    old = dict(V)",
                    "    for s in P:",
                    "        V[s] = max(bellman_backup(P[s][a], V, gamma) for a in P[s])",
                    "    if all(abs(V[s] - old[s]) <= tolerance for s in P):",
                    "        return np.array(list(V.values()))",
                ),
            ),
        ),
    ),
    "q_update": (
        (
            Wrong(
                "last action",
                "last_action",
                2,
                code(
                    "target = reward + gamma * (1 - terminated) * Q[next_state, -1]",
                    "Q[state, action] += alpha * (target - Q[state, action])",
                ),
            ),
            Wrong(
                "sarsa best",
                "best_before",
                2,
                code(
                    "a2 = Q[state].argmax()",
                    "target = reward + gamma * (1 - terminated) * Q[next_state, a2]",
                    "Q[state, action] += alpha * (target - Q[state, action])",
                ),
            ),
            Wrong(
                "median",
                "median",
                2,
                code(
                    "target = reward + gamma * (1 - terminated) * np.median(Q[next_state])",
                    "Q[state, action] += alpha * (target - Q[state, action])",
                ),
            ),
            Wrong(
                "clipped reward",
                "clipped_reward",
                2,
                code(
                    "target = np.clip(reward, -1, 1) + gamma * (1 - terminated) * Q[next_state].max()",
                    "Q[state, action] += alpha * (target - Q[state, action])",
                ),
            ),
            Wrong(
                "gamma squared",
                "gamma_squared",
                2,
                code(
                    "target = reward + gamma**2 * (1 - terminated) * Q[next_state].max()",
                    "Q[state, action] += alpha * (target - Q[state, action])",
                ),
            ),
            Wrong(
                "abs error",
                "absolute_error",
                2,
                code(
                    "target = reward + gamma * (1 - terminated) * Q[next_state].max()",
                    "Q[state, action] += alpha * abs(target - Q[state, action])",
                ),
            ),
            Wrong(
                "clipped error",
                "clipped_error",
                2,
                code(
                    "target = reward + gamma * (1 - terminated) * Q[next_state].max()",
                    "Q[state, action] += alpha * np.clip(target - Q[state, action], -1, 1)",
                ),
            ),
            Wrong(
                "max of state baseline",
                "best_subtracted",
                2,
                code(
                    "target = reward + gamma * (1 - terminated) * Q[next_state].max()",
                    "Q[state, action] += alpha * (target - Q[state].max())",
                ),
            ),
            Wrong(
                "td times gamma",
                "gamma_for_alpha",
                2,
                code(
                    "target = reward + gamma * (1 - terminated) * Q[next_state].max()",
                    "Q[state, action] += gamma * (target - Q[state, action])",
                ),
            ),
            Wrong(
                "twice",
                "twice",
                2,
                code(
                    "for _ in range(2):",
                    "    target = reward + gamma * (1 - terminated) * Q[next_state].max()",
                    "    Q[state, action] += alpha * (target - Q[state, action])",
                ),
            ),
        ),
        (
            Right(
                "flat",
                code(
                    "A = Q.shape[1]",
                    "t = reward + gamma * (1 - int(terminated)) * Q[next_state].max()",
                    "Q.flat[state * A + action] += alpha * (t - Q.flat[state * A + action])",
                ),
            ),
            Right(
                "np.add.at",
                code(
                    "t = reward + gamma * np.max(Q[next_state, :]) * (not terminated)",
                    "np.add.at(Q, (state, action), alpha * (t - Q[state, action]))",
                ),
            ),
        ),
    ),
    "epsilon_greedy": (
        (
            Wrong(
                "argmax of probs",
                "same_action",
                1,
                code(
                    "p = np.full(len(q_values), epsilon / len(q_values))",
                    "p[np.argmax(q_values)] += 1 - epsilon",
                    "return int(np.argmax(p))",
                ),
            ),
            Wrong(
                "greedy from noise",
                "weighted",
                1,
                "return int(np.argmax(q_values + epsilon * rng.normal(size=len(q_values))))",
            ),
            Wrong(
                "two draws",
                "wrong_epsilon",
                1,
                code(
                    "if rng.random() < epsilon and rng.random() < epsilon:",
                    "    return int(rng.integers(len(q_values)))",
                    "return int(np.argmax(q_values))",
                ),
            ),
        ),
        (
            Right(
                "permutation",
                code(
                    "if rng.random() < epsilon:",
                    "    return rng.permutation(len(q_values))[0]",
                    "return np.argmax(q_values)",
                ),
            ),
            Right(
                "multinomial",
                code(
                    "A = len(q_values)",
                    "p = np.ones(A) * epsilon / A",
                    "p[q_values.argmax()] += 1.0 - epsilon",
                    "return int(rng.multinomial(1, p / p.sum()).argmax())",
                ),
            ),
        ),
    ),
    "linear_epsilon": (
        (
            Wrong("squared", "curve", 0, code("f = min(step / steps, 1)", "return start + f**2 * (end - start)")),
            Wrong(
                "cosine",
                "curve",
                0,
                code("f = min(step / steps, 1)", "return end + (start - end) * (1 + math.cos(math.pi * f)) / 2"),
            ),
            Wrong(
                "halves", "half_as_fast", 0, code("f = min(step / (2 * steps), 1)", "return start + f * (end - start)")
            ),
            Wrong("rounded", "rounded", 0, "return round(max(end, start + step / steps * (end - start)), 2)"),
        ),
        (
            Right(
                "fraction",
                code(
                    "from fractions import Fraction",
                    "f = min(Fraction(step, steps), 1)",
                    "return float(Fraction(start) + f * (Fraction(end) - Fraction(start)))",
                ),
            ),
            Right(
                "slope", code("slope = (end - start) / steps", "return end if step >= steps else slope * step + start")
            ),
        ),
    ),
    "exponential_epsilon": (
        (
            Wrong("squared", "twice_as_fast", 0, "return max(end, start * decay ** (2 * n))"),
            Wrong("sqrt", "half_as_fast", 0, "return max(end, start * decay ** (n / 2))"),
            Wrong("one minus power", "from_below", 0, "return max(end, start * (1 - decay**n))"),
            Wrong("divided", "divided", 0, "return max(end, start / decay**n)"),
            Wrong("rounded", "rounded", 0, "return round(max(end, start * decay**n), 2)"),
        ),
        (
            Right("sorted", "return sorted([end, start * decay**n])[-1]"),
            Right(
                "while",
                code(
                    "e = start",
                    "while n > 0 and e > end:",
                    "    e *= decay",
                    "    n -= 1",
                    "return e if e > end else end",
                ),
            ),
        ),
    ),
    "decay_rate_for": (
        (
            Wrong("float32", "rounded", 0.5, "return float(np.float32((end / start) ** (1 / n)))"),
            Wrong("one minus end", "difference remainder", 0, "return (1 - end / start) ** (1 / n)"),
        ),
        (
            Right("expm1", "return 1 + math.expm1(math.log(end / start) / n)"),
            Right("logs apart", "return np.exp((np.log(end) - np.log(start)) / n)"),
        ),
    ),
}
"""{exercise: (wrong answers, right answers)}."""
