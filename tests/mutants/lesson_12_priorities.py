"""Answers to exercises 12.4, ``priorities``, and 12.5, ``importance_weights``."""

from mutants import Right, Wrong, code

WRONG = (
    Wrong("no abs", "sign", 1.5, "return (td_errors + epsilon) ** alpha"),
    Wrong("with its sign", "sign", 1.5, "return np.sign(td_errors) * (np.abs(td_errors) + epsilon) ** alpha"),
    Wrong("positive alone", "positive_alone", 1.5, "return (np.maximum(td_errors, 0) + epsilon) ** alpha"),
    Wrong("abs too late", "abs_too_late", 1.5, "return np.abs(td_errors + epsilon) ** alpha"),
    Wrong("squared", "squared", 1.5, "return (td_errors**2 + epsilon) ** alpha"),
    Wrong("clipped", "clipped", 1.5, "return (np.abs(td_errors).clip(0, 1) + epsilon) ** alpha"),
    Wrong("epsilon outside", "epsilon_outside", 1.5, "return np.abs(td_errors) ** alpha + epsilon"),
    Wrong("no epsilon", "no_epsilon", 1.5, "return np.abs(td_errors) ** alpha"),
    Wrong("maximum with epsilon", "largest_of_both", 1.5, "return np.maximum(np.abs(td_errors), epsilon) ** alpha"),
    Wrong("fixed epsilon", "fixed_epsilon", 1.5, "return (np.abs(td_errors) + 1e-6) ** alpha"),
    Wrong("epsilon subtracted", "epsilon_subtracted", 1.5, "return np.abs(np.abs(td_errors) - epsilon) ** alpha"),
    Wrong("a factor", "factor", 1.5, "return alpha * (np.abs(td_errors) + epsilon)"),
    Wrong("no alpha", "no_alpha", 1.5, "return np.abs(td_errors) + epsilon"),
    Wrong("power of alpha", "power_of_alpha", 1.5, "return alpha ** (np.abs(td_errors) + epsilon)"),
    Wrong("-alpha", "negative_power", 1.5, "return (np.abs(td_errors) + epsilon) ** -alpha"),
    Wrong("1 / alpha", "root error", 1.5, "return (np.abs(td_errors) + epsilon) ** (1 / alpha)"),
    Wrong("1 - alpha", "one_minus_alpha", 1.5, "return (np.abs(td_errors) + epsilon) ** (1 - alpha)"),
    Wrong("alpha 0.6", "fixed_alpha", 1.5, "return (np.abs(td_errors) + epsilon) ** 0.6"),
    Wrong("exponential", "exponential", 0, "return np.exp(alpha * (np.abs(td_errors) + epsilon))"),
    Wrong("chances", "chances", 0, code("p = (np.abs(td_errors) + epsilon) ** alpha", "return p / p.sum()")),
    Wrong("by the largest", "by_largest", 0,
          code("p = (np.abs(td_errors) + epsilon) ** alpha", "return p / p.max()")),
    Wrong("ranks", "by_rank", 0,
          "return (1 / (1 + np.argsort(np.argsort(-np.abs(td_errors))))) ** alpha"),
    Wrong("summed", "summed", 0, "return ((np.abs(td_errors) + epsilon) ** alpha).sum()"),
    Wrong("a method that arrays have not", "error", 0, "return (td_errors.abs() + epsilon) ** alpha"),
    Wrong("^ for **", "error", 0, "return (np.abs(td_errors) + epsilon) ^ alpha"),
    Wrong("math's power", "error", 0, "return math.pow(np.abs(td_errors) + epsilon, alpha)"),
    Wrong("in place", "input_changed", 1.5,
          code("td_errors[td_errors < 0] *= -1", "return (td_errors + epsilon) ** alpha")),
    Wrong("nothing returned", "wrong_return", 0, "(np.abs(td_errors) + epsilon) ** alpha"),
)  # fmt: skip

RIGHT = (
    Right("abs", "return (np.abs(td_errors) + epsilon) ** alpha"),
    Right("power", "return np.power(epsilon + abs(td_errors), alpha)"),
    Right("root of the square", "return (np.sqrt(td_errors**2) + epsilon) ** alpha"),
    Right("loop", "return np.array([(abs(e) + epsilon) ** alpha for e in td_errors])"),
    Right("a list", "return [(max(e, -e) + epsilon) ** alpha for e in td_errors]"),
    Right("tensor", "return (torch.from_numpy(td_errors).abs() + epsilon).pow(alpha)"),
    Right("where", "return np.where(td_errors < 0, epsilon - td_errors, td_errors + epsilon) ** alpha"),
)  # fmt: skip

W = "w = (n_stored * chances) ** -beta"

WEIGHT_WRONG = (
    Wrong("not divided", "not_divided", 1.5, "return (n_stored * chances) ** -beta"),
    Wrong("not divided, no N", "not_divided", 1.5, "return chances**-beta"),
    Wrong("upside down", "upside_down", 1, code("w = (n_stored * chances) ** beta", "return w / w.max()")),
    Wrong("upside down, not divided", "upside_down_whole", 0, "return (n_stored * chances) ** beta"),
    Wrong("by the smallest", "by_smallest", 1.5, code(W, "return w / w.min()")),
    Wrong("by the sum", "by_sum", 1.5, code(W, "return w / w.sum()")),
    Wrong("by the mean", "by_mean", 1.5, code(W, "return w / w.mean()")),
    Wrong("by their number", "by_number", 1.5, code(W, "return w / len(w)")),
    Wrong("no beta", "no_beta", 1, code("w = 1 / (n_stored * chances)", "return w / w.max()")),
    Wrong("no beta, not divided", "no_beta_whole", 0, "return 1 / (n_stored * chances)"),
    Wrong("a factor", "factor", 0, "return beta / (n_stored * chances)"),
    Wrong("N outside", "n_outside", 0, "return n_stored * chances**-beta"),
    Wrong("divided by N", "n_outside", 0, "return chances**-beta / n_stored"),
    Wrong("fixed beta", "fixed_beta", 1, code("w = (n_stored * chances) ** -0.4", "return w / w.max()")),
    Wrong("1 - beta", "one_minus_beta", 1, code("w = (n_stored * chances) ** -(1 - beta)", "return w / w.max()")),
    Wrong("minus outside", "minus_outside", 0, "return -((n_stored * chances) ** beta)"),
    Wrong("minus outside, divided", "minus_outside", 0,
          code("w = -((n_stored * chances) ** beta)", "return w / w.max()")),
    Wrong("1 - chance", "one_minus_chance", 0, "return 1 - chances"),
    Wrong("ones", "ones", 1, "return np.ones(len(chances))"),
    Wrong("cut off", "clipped", 0, code(W, "return np.minimum(w, 1)")),
    Wrong("the chances", "chances", 0, "return chances"),
    Wrong("logarithm", "logarithm", 0, "return -beta * np.log(n_stored * chances)"),
    Wrong("by the largest chance", "divided_by_largest_chance", 1.5, code(W, "return w / chances.max()")),
    Wrong("max of an array and a number", "error", 0, code(W, "return w / max(w, 1)")),
    Wrong("in place", "input_changed", 1.5, code("chances *= n_stored", "w = chances**-beta", "return w / w.max()")),
    Wrong("printed", "wrong_return", 0, code(W, "print(w / w.max())")),
    Wrong("the largest weight", "wrong_shape", 0, code(W, "return w.max()")),
)  # fmt: skip

WEIGHT_RIGHT = (
    Right("the formula", code(W, "return w / w.max()")),
    Right("without N", "return (chances.min() / chances) ** beta"),
    Right("one over", code("w = (1 / n_stored * 1 / chances) ** beta", "return w / np.max(w)")),
    Right("logarithms", code("logs = -beta * np.log(chances)", "return np.exp(logs - logs.max())")),
    Right("loop", code("w = [(n_stored * p) ** -beta for p in chances]", "return [x / max(w) for x in w]")),
    Right("tensor", code("w = (n_stored * torch.from_numpy(chances)).pow(-beta)", "return w / w.max()")),
)  # fmt: skip
