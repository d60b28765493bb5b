"""Answers to the exercises of lesson 7."""

import copy
import math

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from mutants import Exercise, Right, Wrong, code

LESSON = "07_stability"
NAMES = {"np": np, "torch": torch, "math": math, "F": F, "nn": nn, "copy": copy}

D = "d = x - x.mean()"
AUTOCORRELATION = Exercise(
    names=NAMES,
    wrong=(
        Wrong("mean not subtracted", "no_mean", 0, "return np.sum(x[: len(x) - lag] * x[lag:]) / np.sum(x**2)"),
        Wrong(
            "mean forgotten above",
            "mean_below_only",
            0,
            "return np.sum(x[: len(x) - lag] * x[lag:]) / np.sum((x - x.mean()) ** 2)",
        ),
        Wrong(
            "mean forgotten below",
            "mean_above_only",
            0,
            code(D, "return np.sum(d[: len(d) - lag] * d[lag:]) / np.sum(x**2)"),
        ),
        Wrong("slice to -lag", "error", 2.5, code(D, "return np.sum(d[:-lag] * d[lag:]) / np.sum(d**2)")),
        Wrong(
            "slice to -lag, zip",
            "last_missing_at_zero",
            2.5,
            code(D, "return sum(a * b for a, b in zip(d[:-lag], d[lag:])) / np.sum(d**2)"),
        ),
        Wrong("not divided", "not_divided", 0, code(D, "return np.sum(d[: len(d) - lag] * d[lag:])")),
        Wrong("covariance", "not_divided", 0, code(D, "return np.sum(d[: len(d) - lag] * d[lag:]) / len(d)")),
        Wrong("means", "mean_above", 0, code(D, "return np.mean(d[: len(d) - lag] * d[lag:]) / np.mean(d**2)")),
        Wrong("mean over x.var()", "mean_above", 0, code(D, "return np.mean(d[: len(d) - lag] * d[lag:]) / x.var()")),
        Wrong(
            "sum over x.var()", "one_of_two_means", 0, code(D, "return np.sum(d[: len(d) - lag] * d[lag:]) / x.var()")
        ),
        Wrong("ddof", "n_minus_1", 0, code(D, "return np.sum(d[: len(d) - lag] * d[lag:]) / len(d) / x.var(ddof=1)")),
        Wrong("a root", "root", 0, code(D, "return np.sum(d[: len(d) - lag] * d[lag:]) / np.sqrt(np.sum(d**2))")),
        Wrong(
            "squares of one part",
            "window_below",
            0,
            code(D, "a, b = d[: len(d) - lag], d[lag:]", "return np.sum(a * b) / np.sum(a**2)"),
        ),
        Wrong(
            "corrcoef",
            "pearson",
            0,
            code("if len(x) - lag < 2:", "    return 0.0", "return np.corrcoef(x[: len(x) - lag], x[lag:])[0, 1]"),
        ),
        Wrong(
            "own means",
            "own_means",
            0,
            code(
                "a, b = x[: len(x) - lag], x[lag:]",
                "return np.sum((a - a.mean()) * (b - b.mean())) / np.sum((x - x.mean()) ** 2)",
            ),
        ),
        Wrong("roll", "circular", 0, code(D, "return np.sum(d * np.roll(d, lag)) / np.sum(d**2)")),
        Wrong("always lag 1", "always_one", 0, code(D, "return np.sum(d[:-1] * d[1:]) / np.sum(d**2)")),
        Wrong(
            "lag + 1",
            "lag_plus_one",
            0,
            code(D, "return np.sum(d[: max(0, len(d) - lag - 1)] * d[lag + 1 :]) / np.sum(d**2)"),
        ),
        Wrong("lag unused", "lag_zero", 0, code(D, "return np.sum(d * d) / np.sum(d**2)")),
        Wrong(
            "d[-lag:]",
            "lag_from_the_end",
            0,
            code(D, "if lag == 0:", "    return 1.0", "return np.sum(d[:lag] * d[-lag:]) / np.sum(d**2)"),
        ),
        Wrong(
            "loop one short",
            "one_missing",
            0,
            code(D, "return sum(d[t] * d[t + lag] for t in range(len(d) - lag - 1)) / np.sum(d**2)"),
        ),
        Wrong(
            "both loops one short",
            "last_of_both_missing",
            0,
            code(
                D,
                "above = sum(d[t] * d[t + lag] for t in range(len(d) - 1 - lag))",
                "return above / sum(d[t] ** 2 for t in range(len(d) - 1))",
            ),
        ),
        Wrong(
            "loop below one short",
            "last_square_missing",
            0,
            code(
                D,
                "above = sum(d[t] * d[t + lag] for t in range(len(d) - lag))",
                "return above / sum(d[t] ** 2 for t in range(len(d) - 1))",
            ),
        ),
        Wrong(
            "loop too long",
            "error",
            0,
            code(
                D,
                "total = 0.0",
                "for t in range(len(d)):",
                "    total += d[t] * d[t + lag]",
                "return total / np.sum(d**2)",
            ),
        ),
        Wrong(
            "size",
            "absolute",
            0,
            code(
                D, "d = np.abs(d) if lag == 0 else d", "return abs(np.sum(d[: len(d) - lag] * d[lag:])) / np.sum(d**2)"
            ),
        ),
        Wrong(
            "median",
            "median",
            0,
            code("d = x - np.median(x)", "return np.sum(d[: len(d) - lag] * d[lag:]) / np.sum(d**2)"),
        ),
        Wrong(
            "all lags", "all_lags", 0, code(D, 'return np.correlate(d, d, mode="full")[len(d) - 1 :] / np.sum(d**2)')
        ),
        Wrong("terms", "terms", 0, code(D, "return d[: len(d) - lag] * d[lag:] / np.sum(d**2)")),
        Wrong("rounded", "rounded", 0, code(D, "return round(np.sum(d[: len(d) - lag] * d[lag:]) / np.sum(d**2), 1)")),
        Wrong(
            "in place",
            "input_changed",
            2.5,
            code("x -= x.mean()", "return np.sum(x[: len(x) - lag] * x[lag:]) / np.sum(x**2)"),
        ),
        Wrong("printed", "wrong_return", 0, code(D, "print(np.sum(d[: len(d) - lag] * d[lag:]) / np.sum(d**2))")),
    ),
    right=(
        Right("a loop", code(D, "return sum(d[t] * d[t + lag] for t in range(len(d) - lag)) / sum(d * d)")),
        Right(
            "zip",
            code(
                "m = sum(x) / len(x)",
                "above = sum((a - m) * (b - m) for a, b in zip(x, x[lag:]))",
                "return above / sum((a - m) ** 2 for a in x)",
            ),
        ),
        Right("dot", code("x = np.asarray(x) - np.mean(x)", "return x[: len(x) - lag] @ x[lag:] / (x @ x)")),
        Right("means of the same n", code(D, "return np.sum(d[: len(d) - lag] * d[lag:]) / len(d) / np.var(x)")),
        Right("backwards", code(D, "return np.sum(d[lag:] * d[: d.size - lag]) / np.square(d).sum()")),
        Right(
            "if lag is 0", code("if lag == 0:", "    return 1", D, "return (d[:-lag] * d[lag:]).sum() / (d**2).sum()")
        ),
        Right("correlate", code(D, 'return np.correlate(d, d, mode="full")[len(d) - 1 + lag] / np.sum(d**2)')),
        Right("an array of one", code(D, "return np.array([np.sum(d[: len(d) - lag] * d[lag:]) / np.sum(d**2)])")),
        Right("tensors", code("x = torch.tensor(x)", D, "return (d[: len(d) - lag] * d[lag:]).sum() / (d**2).sum()")),
    ),
)

LOOP = "for target, online in zip(target_network.parameters(), online_network.parameters()):"
HARD_UPDATE = Exercise(
    names=NAMES,
    wrong=(
        Wrong("the name", "unchanged", 0, "target_network = online_network"),
        Wrong("a deep copy", "unchanged", 0, "target_network = copy.deepcopy(online_network)"),
        Wrong("a copy returned", "unchanged", 0, "return copy.deepcopy(online_network)"),
        Wrong("names in the loop", "unchanged", 0, code(LOOP, "    target = online.clone()")),
        Wrong("forgotten call", "unchanged", 0, "target_network.load_state_dict"),
        Wrong("wrong direction", "swapped", 0, "online_network.load_state_dict(target_network.state_dict())"),
        Wrong("wrong direction in the loop", "swapped", 0, code(LOOP, "    online.data.copy_(target.data)")),
        Wrong(
            "exchanged",
            "swapped",
            0,
            code("mine = copy.deepcopy(target_network.state_dict())", "online_network.load_state_dict(mine)"),
        ),
        Wrong(
            "both ways",
            "exchanged",
            1.5,
            code(
                "mine = copy.deepcopy(target_network.state_dict())",
                "target_network.load_state_dict(online_network.state_dict())",
                "online_network.load_state_dict(mine)",
            ),
        ),
        Wrong("half", "softly", 0, code(LOOP, "    target.data.copy_(0.5 * online.data + 0.5 * target.data)")),
        Wrong("soft", "softly", 0, code(LOOP, "    target.data.copy_(0.001 * online.data + 0.999 * target.data)")),
        Wrong("added", "added", 0, code(LOOP, "    target.data += online.data")),
        Wrong(
            "no biases", "no_biases", 0, code(LOOP, "    if online.ndim > 1:", "        target.data.copy_(online.data)")
        ),
        Wrong(
            "no weights",
            "no_weights",
            0,
            code(LOOP, "    if online.ndim == 1:", "        target.data.copy_(online.data)"),
        ),
        Wrong("first layer", "some_layers", 0, "target_network[0].load_state_dict(online_network[0].state_dict())"),
        Wrong(
            "linear layers only",
            "some_layers",
            0,
            code(
                "for target, online in zip(target_network, online_network):",
                "    if isinstance(online, nn.Linear):",
                "        target.load_state_dict(online.state_dict())",
            ),
        ),
        Wrong("scaled", "scaled", 0, code(LOOP, "    target.data.copy_(0.99 * online.data)")),
        Wrong("data shared", "shared", 1.5, code(LOOP, "    target.data = online.data")),
        Wrong("modules shared", "shared", 1.5, "target_network._modules = online_network._modules"),
        Wrong(
            "parameters shared",
            "shared",
            1.5,
            code(
                "for target, online in zip(target_network, online_network):",
                '    if hasattr(online, "weight"):',
                "        target.weight, target.bias = online.weight, online.bias",
            ),
        ),
        Wrong("leaf in place", "error", 0, code(LOOP, "    target.copy_(online)")),
        Wrong(
            "online zeroed",
            "online_changed",
            1.5,
            code("target_network.load_state_dict(online_network.state_dict())", LOOP, "    online.data.zero_()"),
        ),
        Wrong(
            "online gets new weights",
            "cut_off",
            1.5,
            code(
                "target_network.load_state_dict(online_network.state_dict())",
                "for layer in online_network:",
                '    if hasattr(layer, "weight"):',
                "        layer.weight = nn.Parameter(layer.weight.detach().clone())",
                "        layer.bias = nn.Parameter(layer.bias.detach().clone())",
            ),
        ),
        Wrong(
            "only once",
            "second_time",
            0,
            code(
                'if getattr(target_network, "done", False):',
                "    return",
                "target_network.done = True",
                "target_network.load_state_dict(online_network.state_dict())",
            ),
        ),
        Wrong("networks for a dict", "error", 0, "target_network.load_state_dict(online_network)"),
        Wrong("method not called", "error", 0, "target_network.load_state_dict(online_network.state_dict)"),
        Wrong("new random weights", "other_weights", 0, code(LOOP, "    nn.init.normal_(target)")),
    ),
    right=(
        Right("copy_", code(LOOP, "    target.data.copy_(online.data)")),
        Right("no_grad", code("with torch.no_grad():", "    " + LOOP, "        target.copy_(online)")),
        Right("tau of 1", code(LOOP, "    target.data.copy_(1.0 * online.data + 0.0 * target.data)")),
        Right("clone", code(LOOP, "    target.data = online.data.clone()")),
        Right("deep copy of the dict", "target_network.load_state_dict(copy.deepcopy(online_network.state_dict()))"),
        Right(
            "by name",
            code(
                "mine = dict(target_network.named_parameters())",
                "with torch.no_grad():",
                "    for name, weight in online_network.named_parameters():",
                "        mine[name][:] = weight",
            ),
        ),
        Right(
            "one vector",
            code(
                "vector = nn.utils.parameters_to_vector(online_network.parameters()).detach().clone()",
                "nn.utils.vector_to_parameters(vector, target_network.parameters())",
            ),
        ),
        Right(
            "returned too", code("target_network.load_state_dict(online_network.state_dict())", "return target_network")
        ),
    ),
)

SIZE = "size = error.abs()"
HUBER = "return torch.where(size <= 1, 0.5 * error**2, size - 0.5)"
CLIPPED_ERROR = Exercise(
    names=NAMES,
    wrong=(
        Wrong("square", "squared", 0, "return error**2"),
        Wrong("half the square", "half_squared", 1.5, "return error**2 / 2"),
        Wrong("size", "absolute", 0, "return error.abs()"),
        Wrong("size minus a half", "absolute", 1.5, "return error.abs() - 0.5"),
        Wrong("clamp, then half the square", "clipped_first", 1.5, "return error.clamp(-1, 1) ** 2 / 2"),
        Wrong("clamp, then square", "clipped_first", 0, "return error.clamp(-1, 1) ** 2"),
        Wrong("clamp", "slope_itself", 0, "return error.clamp(-1, 1)"),
        Wrong("loss clamped", "clipped_first", 1.5, "return (error**2 / 2).clamp(max=1)"),
        Wrong("loss clamped at a half", "clipped_first", 1.5, "return (error**2 / 2).clamp(max=0.5)"),
        Wrong("no half in the line", "jump", 2, code(SIZE, "return torch.where(size <= 1, 0.5 * error**2, size)")),
        Wrong("whole in the line", "jump", 2, code(SIZE, "return torch.where(size <= 1, 0.5 * error**2, size - 1)")),
        Wrong(
            "square not halved", "not_halved", 1.5, code(SIZE, "return torch.where(size <= 1, error**2, size - 0.5)")
        ),
        Wrong("neither half", "not_halved", 0, code(SIZE, "return torch.where(size <= 1, error**2, size)")),
        Wrong("doubled", "doubled", 0, code(SIZE, "return torch.where(size <= 1, error**2, 2 * size - 1)")),
        Wrong("one side", "one_side", 1.5, "return torch.where(error <= 1, 0.5 * error**2, error - 0.5)"),
        Wrong("other side", "one_side", 1.5, "return torch.where(error >= -1, 0.5 * error**2, -error - 0.5)"),
        Wrong("line without size", "no_size", 1.5, "return torch.where(error.abs() <= 1, 0.5 * error**2, error - 0.5)"),
        Wrong(
            "pieces swapped",
            "branches_swapped",
            0,
            code(SIZE, "return torch.where(size > 1, 0.5 * error**2, size - 0.5)"),
        ),
        Wrong("uphill", "uphill", 0, code(SIZE, "return -torch.where(size <= 1, 0.5 * error**2, size - 0.5)")),
        Wrong("pseudo-Huber", "smooth_cousin", 0, "return torch.sqrt(1 + error**2) - 1"),
        Wrong("log cosh", "smooth_cousin", 0, "return torch.log(torch.cosh(error))"),
        Wrong(
            "limit 2",
            "other_limit",
            0,
            "return F.huber_loss(error, torch.zeros_like(error), reduction='none', delta=2.0)",
        ),
        Wrong(
            "beta a half",
            "other_limit",
            0,
            "return F.smooth_l1_loss(error, torch.zeros_like(error), reduction='none', beta=0.5)",
        ),
        Wrong("mean", "mean", 2.5, "return F.huber_loss(error, torch.zeros_like(error))"),
        Wrong("sum", "sum", 2.5, "return F.huber_loss(error, torch.zeros_like(error), reduction='sum')"),
        Wrong(
            "squeezed",
            "wrong_shape",
            2.5,
            code(SIZE, "return torch.where(size <= 1, 0.5 * error**2, size - 0.5).squeeze()"),
        ),
        Wrong(
            "flat",
            "wrong_shape",
            2.5,
            code(SIZE, "return torch.where(size <= 1, 0.5 * error**2, size - 0.5).flatten()"),
        ),
        Wrong("product", "product", 0, "return error.clamp(-1, 1).detach() * error"),
        Wrong("no gradient", "no_gradient", 2.5, code("error = error.detach()", SIZE, HUBER)),
        Wrong("NumPy", "error", 0, "return np.where(np.abs(error.numpy()) <= 1, error.numpy() ** 2 / 2, 0)"),
        Wrong(
            "NumPy, detached",
            "not_a_tensor",
            0,
            code("e = error.detach().numpy()", "return np.where(abs(e) <= 1, e**2 / 2, abs(e) - 0.5)"),
        ),
        Wrong("if", "error", 0, code("if error.abs() <= 1:", "    return 0.5 * error**2", "return error.abs() - 0.5")),
        Wrong("clamped in place", "clipped_first input_changed", 1, code("error.clamp_(-1, 1)", "return error**2 / 2")),
        Wrong(
            "size in place",
            "input_changed",
            2.5,
            code(
                "sign = torch.sign(error).detach()",
                "error.mul_(sign)",
                "return torch.where(error <= 1, 0.5 * error**2, error - 0.5)",
            ),
        ),
        Wrong("nothing returned", "wrong_return", 0, code(SIZE, "torch.where(size <= 1, 0.5 * error**2, size - 0.5)")),
    ),
    right=(
        Right("huber_loss", "return F.huber_loss(error, torch.zeros_like(error), reduction='none')"),
        Right("smooth_l1", "return F.smooth_l1_loss(error, torch.zeros_like(error), reduction='none')"),
        Right(
            "part within and part beyond",
            code("size = error.abs()", "within = size.clamp(max=1)", "return 0.5 * within**2 + (size - within)"),
        ),
        Right(
            "masks",
            code(
                "small = (error.abs() <= 1).float()",
                "return small * 0.5 * error**2 + (1 - small) * (error.abs() - 0.5)",
            ),
        ),
        Right("strictly", code(SIZE, "return torch.where(size < 1, error.pow(2) / 2, size - 1 / 2)")),
        Right(
            "a loop",
            code(
                "losses = [0.5 * e**2 if abs(e) <= 1 else abs(e) - 0.5 for e in error.flatten()]",
                "return torch.stack(losses).reshape(error.shape)",
            ),
        ),
        Right(
            "by index",
            code(
                "loss = 0.5 * error**2",
                "large = error.abs() > 1",
                "loss[large] = error[large].abs() - 0.5",
                "return loss",
            ),
        ),
        Right("constant slope", code("c = error.detach().clamp(-1, 1)", "return c * error - 0.5 * c**2")),
    ),
)


def ask(row="state, a", actions="torch.eye(n_actions)"):
    """One line that asks for each of some one-hot actions."""
    return f"return torch.cat([network(torch.cat([{row}])) for a in {actions}])"


COLLECT = code(
    "values = []",
    "for a in range(n_actions):",
    "    action = torch.zeros(n_actions)",
    "    action[a] = 1",
    "    values.append(network(torch.cat([state, action]).unsqueeze(0)))",
)
Q_VALUES = Exercise(
    names=NAMES,
    wrong=(
        Wrong(
            "number of the action",
            "error",
            0,
            "return torch.cat([network(torch.cat([state, torch.tensor([float(a)])])) for a in range(n_actions)])",
        ),
        Wrong(
            "number without brackets",
            "error",
            0,
            "return torch.cat([network(torch.cat([state, torch.tensor(a)])) for a in range(n_actions)])",
        ),
        Wrong("state alone", "error", 0, "return network(state.unsqueeze(0)).squeeze()"),
        Wrong("action first", "order", 0, ask("a, state")),
        Wrong(
            "old 1 stays",
            "accumulated",
            0,
            code(
                "action, values = torch.zeros(n_actions), []",
                "for a in range(n_actions):",
                "    action[a] = 1",
                "    values.append(network(torch.cat([state, action])))",
                "return torch.cat(values)",
            ),
        ),
        Wrong("zeros", "not_one_hot", 0, ask("state, 0 * a")),
        Wrong("number at the place", "not_one_hot", 0, ask(actions="torch.diag(torch.arange(n_actions).float())")),
        Wrong("same action", "same_action", 0, ask("state, torch.eye(n_actions)[0]")),
        Wrong("from 1", "no_first", 0, ask(actions="torch.eye(n_actions)[1:]")),
        Wrong("one short", "no_last", 0, ask(actions="torch.eye(n_actions)[:-1]")),
        Wrong("two", "no_last fixed_number", 0, ask(actions="torch.eye(n_actions)[:2]")),
        Wrong("reversed", "reversed", 0, ask(actions="torch.eye(n_actions).flip(0)")),
        Wrong("largest", "largest", 0, code(COLLECT, "return torch.cat(values).max()")),
        Wrong("argmax", "argmax", 0, code(COLLECT, "return torch.cat(values).argmax()")),
        Wrong("last alone", "last_alone", 0, code(COLLECT, "return values[-1]")),
        Wrong(
            "return in the loop",
            "first_alone",
            0,
            code("for a in torch.eye(n_actions):", "    return network(torch.cat([state, a]))"),
        ),
        Wrong("softmax", "softmax", 0, code(COLLECT, "return torch.softmax(torch.cat(values).squeeze(1), 0)")),
        Wrong("sum", "summed", 0, code(COLLECT, "return sum(values)")),
        Wrong("sorted", "sorted", 0, code(COLLECT, "return torch.cat(values).squeeze(1).sort().values")),
        Wrong("whole numbers", "rounded", 0, code(COLLECT, "return torch.tensor([int(v) for v in values])")),
        Wrong("a column", "column", 2.5, code(COLLECT, "return torch.cat(values)")),
        Wrong("a row", "column", 2.5, code(COLLECT, "return torch.cat(values, dim=1)")),
        Wrong("a list", "not_a_tensor", 2.5, code(COLLECT, "return [v.item() for v in values]")),
        Wrong("a list of tensors", "not_a_tensor", 2.5, code(COLLECT, "return values")),
        Wrong(
            "whole batch in the loop",
            "too_many",
            2.5,
            code(
                "rows = torch.cat([state.expand(n_actions, -1), torch.eye(n_actions)], dim=1)",
                "return torch.stack([network(rows)[a, 0] for a in range(n_actions)])",
            ),
        ),
        Wrong(
            "state changed",
            "state_changed other_state",
            0,
            code(
                "state /= state.norm()",
                "rows = torch.cat([state.expand(n_actions, -1), torch.eye(n_actions)], dim=1)",
                "return network(rows).squeeze(1)",
            ),
        ),
        Wrong(
            "state overwritten afterwards",
            "state_changed",
            2.5,
            code(COLLECT, "state.zero_()", "return torch.cat(values).squeeze(1)"),
        ),
        Wrong(
            "concatenated the wrong way",
            "error",
            0,
            "return network(torch.cat([state.expand(n_actions, -1), torch.eye(n_actions)]))",
        ),
        Wrong("network not asked", "never_asked", 0, "return torch.zeros(n_actions)"),
        Wrong("nothing returned", "wrong_return", 0, COLLECT),
    ),
    right=(
        Right("loop", code(COLLECT, "return torch.cat(values).squeeze(1)")),
        Right("no brackets", ask()),
        Right(
            "one batch",
            code(
                "rows = torch.cat([state.expand(n_actions, -1), torch.eye(n_actions)], dim=1)",
                "with torch.no_grad():",
                "    return network(rows).squeeze(1)",
            ),
        ),
        Right(
            "repeat and one_hot",
            code(
                "actions = F.one_hot(torch.arange(n_actions)).float()",
                "return network(torch.hstack([state.repeat(n_actions, 1), actions]))[:, 0]",
            ),
        ),
        Right("numbers collected", code(COLLECT, "return torch.tensor([v.item() for v in values])")),
        Right(
            "filled in",
            code(
                "q = torch.empty(n_actions)",
                "for a in range(n_actions):",
                "    row = torch.zeros(len(state) + n_actions)",
                "    row[: len(state)] = state",
                "    row[len(state) + a] = 1",
                "    with torch.no_grad():",
                "        q[a] = network(row.unsqueeze(0))",
                "return q",
            ),
        ),
        Right(
            "1 put back",
            code(
                "action, values = torch.zeros(n_actions), []",
                "for a in range(n_actions):",
                "    action[a] = 1",
                "    values.append(network(torch.cat((state, action))[None])[0, 0])",
                "    action[a] = 0",
                "return torch.stack(values)",
            ),
        ),
        Right("vmap", "return torch.vmap(lambda a: network(torch.cat([state, a])))(torch.eye(n_actions))[:, 0]"),
    ),
)

EXERCISES = {
    "autocorrelation": AUTOCORRELATION,
    "hard_update": HARD_UPDATE,
    "clipped_error": CLIPPED_ERROR,
    "q_values_all_actions": Q_VALUES,
}
