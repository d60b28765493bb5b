"""The check of ``average_max_q``: a network whose Q-values are known, and that notes what it is asked."""

import numpy as np
import torch

from dqn_course.checks import student
from dqn_course.checks.core import Behaviour, Case, Check, Finding, show

BEHAVIOURS = (
    Behaviour("max", 1, "the largest Q-value of each state"),
    Behaviour("mean", 1, "the mean over all states, each of them counted alike"),
    Behaviour("batches", 0.5, "at most `batch_size` states at a time"),
    Behaviour("quiet", 0.5, "under torch.no_grad(), as a plain number"),
)
EVERYTHING = tuple(behaviour.name for behaviour in BEHAVIOURS)

SAYS = {
    "mean_q": "This is the mean of all Q-values. Take the largest of each state first: `.max(dim=1).values`.",
    "smallest": "This takes the smallest Q-value of each state. Take the largest.",
    "wrong_axis": "This takes the largest value of each action over the states: dimension 0. Actions are dimension 1.",
    "largest_of_all": "This is the largest Q-value of all states. Take the largest of each state, and then the mean.",
    "largest_of_batch": "This takes the largest Q-value of a whole batch. Take that of each state: "
    "`.max(dim=1).values`.",
    "positions": "These are positions of the largest values, not the values. `max(dim=1).values`, not argmax.",
    "first_action": "This is the mean of the Q-values of action 0. Take the largest of each state.",
    "sum_over_states": "This is the sum over the states. Take the mean.",
    "sum_over_batch": "This divides by batch_size, and the number of states is another: divide by `len(states)`.",
    "mean_of_means": "This is the mean of the batches' means. The last batch is smaller, and its states count for "
    "more. Add up all values and divide by `len(states)`.",
    "sum_of_means": "The means of the batches are added up. Put all values together, then take one mean.",
    "last_lost": "The last, smaller batch is left out. Every state counts.",
    "first_batch": "Only the first batch is looked at. Is the `return` inside of the loop?",
    "last_batch": "Only the last batch is looked at. Keep the values of all: a list, or a sum.",
    "absolute": "The signs are lost: this takes absolute values. Values may be negative; leave them as they are.",
    "rounded": "The result is rounded. Return it as it is.",
    "median": "This is the median. Take the mean.",
    "scaled": "The pictures are changed before they go in. The network takes bytes, and divides them itself.",
    "discounted": "The values are multiplied by something. Return the mean as it is.",
    "wrong_value": "This is not the mean of the largest Q-values.",
    "not_asked": "The network was never asked. `network(states)` gives Q-values (B, n_actions).",
    "all_at_once": "{} states go into the network at once, and batch_size is {}. `states.split(batch_size)` cuts them.",
    "chunks": "{} states go into the network at once, and batch_size is {}. `chunk(k)` makes k pieces; "
    "`split(k)` makes pieces of k.",
    "gradients": "PyTorch keeps what it needs for gradients here, and nobody wants them: `with torch.no_grad():`. "
    "A `detach()` after the call of the network is too late: by then it has kept them.",
    "left_off": "Gradients are switched off for good, so no cell below can train any more. `with torch.no_grad():` "
    "switches them on again at its end.",
    "has_grad": "The result is still tied to the network's weights. Return a number: `float(...)` or `.item()`.",
    "many": "The result should be one number, and is {} of them.",
    "states_changed": "The states are not the same after the call. Work on a copy, or make a new tensor.",
    "trained": "The network's weights are not the same after the call. To look at a network must not change it.",
}


class _Network(torch.nn.Module):
    """Q-values (B, n_actions) that depend on a picture's mean and first pixel; it notes what it is asked."""

    def __init__(self, values):
        super().__init__()
        self.slopes = torch.nn.Parameter(torch.tensor(values["slopes"], dtype=torch.float32))  # (2, n_actions)
        self.offsets = torch.nn.Parameter(torch.tensor(values["offsets"], dtype=torch.float32))
        self.seen = []
        self.with_gradients = False

    def forward(self, states):
        if not isinstance(states, torch.Tensor):
            states = torch.as_tensor(np.asarray(states))
        self.seen.append(len(states) if states.dim() == 4 else 1)
        self.with_gradients |= torch.is_grad_enabled()
        x = states.reshape(-1, *states.shape[-3:]).float() / 255
        features = torch.stack([x.mean(dim=(1, 2, 3)), x[:, -1, 0, 0]], dim=1)  # (B, 2)
        return features @ self.slopes + self.offsets


def q_values_of(values):
    """The Q-values (n, n_actions) of all states, in NumPy."""
    x = values["states"].astype(float) / 255
    features = np.stack([x.mean(axis=(1, 2, 3)), x[:, -1, 0, 0]], axis=1)
    return features @ values["slopes"] + values["offsets"]


def _cases(rng):
    def case(name, proves, n, batch_size, n_actions):
        states = (rng.integers(0, 256, (n, 4, 3, 3)) * rng.uniform(0.05, 1, (n, 1, 1, 1))).astype(np.uint8)
        values = {
            "states": states, "batch_size": batch_size, "slopes": rng.normal(0, 4, (2, n_actions)).round(2),
            "offsets": (rng.normal(0, 1, n_actions) - 0.5).round(2),
        }  # fmt: skip
        hint = "`states` is a tensor of bytes. Give it to the network as it is."
        hints = {
            "can only calculate the mean|could not infer|desired output type": hint,
            "non-empty": "No batch was looked at. Is the last one left out, which is smaller than batch_size?",
        }
        return Case(name, proves, values, hints)

    return [
        case("8 states, all in one batch", ("max", "quiet"), 8, 32, 4),
        case("15 states in batches of 3", ("max", "mean", "batches"), 15, 3, 6),
        case("23 states in batches of 10: the last one is smaller", ("mean", "batches"), 23, 10, 3),
        case("41 states in batches of 8", ("mean", "batches"), 41, 8, 5),
        case("one state", ("max",), 1, 32, 6),
    ]


def _call(average_max_q, values):
    network, states = _Network(values), torch.from_numpy(values["states"].copy())
    weights = [parameter.detach().clone() for parameter in network.parameters()]
    try:
        result = average_max_q(network, states, values["batch_size"])
        left_off = not torch.is_grad_enabled()
    finally:
        torch.set_grad_enabled(True)
    has_grad = isinstance(result, torch.Tensor) and result.requires_grad
    changed = any(not torch.equal(a, b) for a, b in zip(weights, network.parameters()))
    return {
        "value": student.array(result, "average_max_q"),
        "seen": list(network.seen),
        "with_gradients": network.with_gradients,
        "has_grad": has_grad,
        "left_off": left_off,
        "states": states.numpy(),
        "trained": changed,
    }


def _judge(values, output):
    if not output["seen"]:
        yield Finding("not_asked", EVERYTHING, SAYS["not_asked"])
        return
    if not np.array_equal(output["states"], values["states"]):
        yield Finding("states_changed", ("quiet",), SAYS["states_changed"])
    if output["trained"]:
        yield Finding("trained", ("quiet",), SAYS["trained"])
    largest, size = max(output["seen"]), values["batch_size"]
    if largest > size:
        pieces = largest < len(values["states"]) and largest == -(-len(values["states"]) // size)
        key = "chunks" if pieces else "all_at_once"
        yield Finding(key, ("batches",), SAYS[key].format(largest, size))
    if output["left_off"]:
        yield Finding("left_off", ("quiet",), SAYS["left_off"])
    if output["with_gradients"]:
        yield Finding("gradients", ("quiet",), SAYS["gradients"])
    elif output["has_grad"]:
        yield Finding("has_grad", ("quiet",), SAYS["has_grad"])
    got = output["value"].reshape(-1)
    if got.size != 1:
        yield Finding("many", ("mean",), SAYS["many"].format(got.size))
        return
    yield from _judge_value(values, float(got[0]))


def _judge_value(values, got):
    q, size = q_values_of(values), values["batch_size"]
    best, n = q.max(axis=1), len(q)
    expected = best.mean()

    def close(a, b):
        return bool(np.isclose(a, b, rtol=2e-4, atol=2e-5))

    if close(got, expected):
        return
    parts = [best[i : i + size] for i in range(0, n, size)]
    blocks = [q[i : i + size] for i in range(0, n, size)]
    whole = [part for part in parts if len(part) == size]
    fits = [
        ("mean_q", ("max",), q.mean()),
        ("smallest", ("max",), q.min(axis=1).mean()),
        ("wrong_axis", ("max",), q.max(axis=0).mean()),
        ("wrong_axis", ("max",), np.mean(np.concatenate([block.max(axis=0) for block in blocks]))),
        ("largest_of_batch", ("max",), np.mean([block.max() for block in blocks])),
        ("largest_of_batch", ("max",), sum(block.max() for block in blocks) / n),
        ("largest_of_all", ("max", "mean"), q.max()),
        ("positions", ("max",), q.argmax(axis=1).mean()),
        ("first_action", ("max",), q[:, 0].mean()),
        ("sum_over_states", ("mean",), best.sum()),
        ("sum_over_batch", ("mean",), best.sum() / size),
        ("sum_over_batch", ("mean",), best.sum() / size / len(parts)),
        ("absolute", ("max",), np.abs(q).max(axis=1).mean()),
        ("absolute", ("max",), np.abs(best).mean()),
        ("mean_of_means", ("mean",), np.mean([part.mean() for part in parts])),
        ("sum_of_means", ("mean",), sum(part.mean() for part in parts)),
        ("last_lost", ("mean",), np.concatenate(whole).mean() if whole else np.nan),
        ("first_batch", ("mean",), parts[0].mean()),
        ("last_batch", ("mean",), parts[-1].mean()),
        ("median", ("mean",), np.median(best)),
        ("median", ("mean",), np.sort(best)[(n - 1) // 2]),
        *(("rounded", ("mean",), np.round(expected, digits)) for digits in range(3)),
        ("scaled", ("max",), _of_scaled(values, 255)),
        ("scaled", ("max",), _of_scaled(values, 256)),
    ]
    found = {key: costs for key, costs, value in reversed(fits) if close(got, value)}
    found = {key: found[key] for key, *_ in fits if key in found}
    rows = (("the mean of max Q", show(expected), show(got), False),)
    if not found:
        could_be = tuple(dict.fromkeys(key for key, *_ in fits))
        yield Finding("wrong_value", ("max", "mean"), SAYS["wrong_value"], rows, named=False, could_be=could_be)
        return
    key = next(iter(found))
    yield Finding(key, found[key], SAYS[key], rows, named=len(found) == 1, could_be=tuple(found))


def _of_scaled(values, by):
    return q_values_of({**values, "states": values["states"] / by}).max(axis=1).mean()


average_max_q = Check("average_max_q", BEHAVIOURS, _cases, _call, _judge)
