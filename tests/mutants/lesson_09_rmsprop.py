"""Answers to exercise 9.5, ``nature_rmsprop_step``."""

from mutants import Right, Wrong, code

M = "m = momentum * m + (1 - momentum) * d"
N = "n = decay * n + (1 - decay) * d**2"
W = "w = w - lr * d / np.sqrt(n - m**2 + eps)"
BACK = "return w, m, n"

WRONG = (
    Wrong("eps outside", "eps_outside", 1.5, code(M, N, "w = w - lr * d / (np.sqrt(n - m**2) + eps)", BACK)),
    Wrong("not centred", "uncentred", 1.5, code(M, N, "w = w - lr * d / np.sqrt(n + eps)", BACK)),
    Wrong(
        "not centred, eps outside",
        "uncentred_eps_outside",
        1.5,
        code(M, N, "w = w - lr * d / (np.sqrt(n) + eps)", BACK),
    ),
    Wrong("heavy ball", "heavy_ball", 1.5, code(M, N, "w = w - lr * m / np.sqrt(n - m**2 + eps)", BACK)),
    Wrong("shares of m swapped", "m_shares_swapped", 2.5, code("m = (1 - momentum) * m + momentum * d", N, W, BACK)),
    Wrong("shares of n swapped", "n_shares_swapped", 2.5, code(M, "n = (1 - decay) * n + decay * d**2", W, BACK)),
    Wrong("step first", "stale", 1.5, code(W, M, N, BACK)),
    Wrong("step before n", "stale", 1.5, code(M, W, N, BACK)),
    Wrong("n not squared", "n_not_squared", 2.5, code(M, "n = decay * n + (1 - decay) * np.abs(d)", W, BACK)),
    Wrong("m not squared", "m_not_squared_in_root", 1.5,
          code(M, N, "w = w - lr * d / np.sqrt(np.abs(n - m) + eps)", BACK)),
    Wrong("m squared too early", "m_squared", 2.5, code("m = momentum * m + (1 - momentum) * d**2", N, W, BACK)),
    Wrong("m added", "m_added", 1.5, code(M, N, "w = w - lr * d / np.sqrt(n + m**2 + eps)", BACK)),
    Wrong("no root", "no_root", 1.5, code(M, N, "w = w - lr * d / (n - m**2 + eps)", BACK)),
    Wrong("no eps", "no_eps", 1.5, code(M, N, "w = w - lr * d / np.sqrt(n - m**2)", BACK)),
    Wrong("uphill", "uphill", 1.5, code(M, N, "w = w + lr * d / np.sqrt(n - m**2 + eps)", BACK)),
    Wrong("the change", "change_alone", 1.5, code(M, N, "w = -lr * d / np.sqrt(n - m**2 + eps)", BACK)),
    Wrong("no lr", "no_lr", 1.5, code(M, N, "w = w - d / np.sqrt(n - m**2 + eps)", BACK)),
    Wrong("fixed eps", "fixed_eps", 1.5, code(M, N, "w = w - lr * d / np.sqrt(n - m**2 + 0.01)", BACK)),
    Wrong("fixed shares", "fixed_shares", 2,
          code("m = 0.95 * m + 0.05 * d", "n = 0.95 * n + 0.05 * d**2", W, BACK)),
    Wrong("m summed", "m_new_in_full", 2.5, code("m = momentum * m + d", N, W, BACK)),
    Wrong("order", "order", 0, code(M, N, W, "return m, n, w")),
    Wrong("in place", "input_changed", 2.5, code("m *= momentum", "m += (1 - momentum) * d", N, W, BACK)),
    Wrong("w alone", "wrong_return", 0, code(M, N, W, "return w")),
)  # fmt: skip

RIGHT = (
    Right("other names", code("mean = (1 - momentum) * d + momentum * m", "square = d * d * (1 - decay) + decay * n",
                              "return w - lr * d * (square - mean * mean + eps) ** -0.5, mean, square")),
    Right("towards the new", code("m = m + (1 - momentum) * (d - m)", "n = n + (1 - decay) * (d**2 - n)", W, BACK)),
    Right("never below 0", code(M, N, "w = w - lr * d / np.sqrt(np.maximum(n - m**2, 0) + eps)", BACK)),
    Right("copies in place", code("w, m, n = w.copy(), np.array(m, float), np.array(n, float)", "m *= momentum",
                                  "m += (1 - momentum) * d", "n *= decay", "n += (1 - decay) * d**2",
                                  "w -= lr * d / np.sqrt(n - m**2 + eps)", BACK)),
    Right("tensors inside", code("w, m, n, d = (torch.as_tensor(a) for a in (w, m, n, d))", M, N,
                                 "return w - lr * d / (n - m**2 + eps).sqrt(), m, n")),
)  # fmt: skip
