"""The check of ``double_dqn_targets``: one network chooses the next action, the other one says what it is worth."""

import numpy as np
import torch

from dqn_course.checks import student
from dqn_course.checks.core import Behaviour, Case
from dqn_course.checks.formula import Mistake
from dqn_course.checks.lesson_05_sure import sure_check

BEHAVIOURS = (
    Behaviour("choice", 1, "the online network chooses the next action"),
    Behaviour("worth", 1, "the target network says what that action is worth; discounted, and added to the reward",
              needs=("choice",)),
    Behaviour("terminated", 0.5, "where the episode terminated: the reward alone"),
    Behaviour("shape", 0.5, "one target a row, shape (B, 1); the tensors stay as they were", needs=("choice", "worth"),
              by_name=True),
)  # fmt: skip
NEXT = ("choice", "worth")


def best_of(q):
    """The largest of each row, (B, 1)."""
    return q.max(axis=1, keepdims=True)


def at(q, chosen):
    """Of each row of ``q`` the entry where ``chosen`` is largest, (B, 1)."""
    return np.take_along_axis(q, chosen.argmax(axis=1)[:, None], axis=1)


def reference(r, online, target, d, g):
    """y = r + g (1 - d) target[argmax online], shape (B, 1)."""
    return r + g * (1 - d) * at(target, online)


def tensors(name, trained=False):
    """The ``call`` of a function of tensors: float32 where the case has arrays, parts of a graph if ``trained``.

    Then the output has ``slopes`` too, {argument: array}: the gradient of the result times ``factors``, summed up.
    """

    def call(function, values):
        given = {
            key: torch.tensor(value, dtype=torch.float32, requires_grad=trained).clone()
            if isinstance(value, np.ndarray)
            else value
            for key, value in values.items()
        }
        result = function(*given.values())
        if isinstance(result, list | tuple | np.ndarray):
            message = f"{name} returned {student.named(result)}. Training needs one tensor."
            raise student.AnswerError("not_a_tensor", message)
        if isinstance(result, torch.Tensor) and result.dtype == torch.float64:
            message = f"{name} returned float64. The networks compute in float32: leave the numbers in it."
            raise student.AnswerError("not_float32", message)
        if trained and isinstance(result, torch.Tensor) and not result.requires_grad:
            message = "No gradient flows through the result. Stay with PyTorch: no `.item()`, `float()` or `.detach()`."
            raise student.AnswerError("no_gradient", message)
        after = {
            key: values[key] if torch.equal(value, torch.tensor(values[key], dtype=torch.float32)) else value.numpy()
            for key, value in ((key, value.detach()) for key, value in given.items() if isinstance(value, torch.Tensor))
        }
        slopes = _slopes(result, given) if trained and isinstance(result, torch.Tensor) else {}
        result = result.detach() if isinstance(result, torch.Tensor) else result
        return {"value": student.array(result, name), "after": after, "slopes": slopes}

    return call


def factors(shape):
    """Fixed numbers of a shape, no two of them alike: what a result is multiplied by before its gradient is taken."""
    return 1 + np.cos(1.7 * np.arange(np.prod(shape))).reshape(shape)


def _slopes(result, given):
    tensors = {key: value for key, value in given.items() if isinstance(value, torch.Tensor) and value.requires_grad}
    total = (result * torch.tensor(factors(result.shape), dtype=torch.float32)).sum()
    try:
        slopes = torch.autograd.grad(total, list(tensors.values()), allow_unused=True)
    except RuntimeError:  # something was changed in place after it was used
        slopes = [None] * len(tensors)
    return {key: np.zeros(value.shape) if slope is None else slope.double().numpy()
            for (key, value), slope in zip(tensors.items(), slopes)}  # fmt: skip


NEXT_VALUES = (
    ("plain_dqn", "This is the largest value of the target network: plain DQN. The *online* network chooses the "
     "action, `next_q_online.argmax(dim=1)`.", ("choice",), lambda o, t: best_of(t)),
    ("networks_swapped", "The roles are swapped: the target network chooses and the online network says what it is "
     "worth. It is the other way round.", NEXT, lambda o, t: at(o, t)),
    ("online_alone", "The online network chooses and says what the choice is worth. The value is the target "
     "network's: `next_q_target.gather(1, best)`.", ("worth",), lambda o, t: best_of(o)),
    ("smaller_of_both", "This takes the smaller of two values. That is another method, clipped double Q-learning. Here "
     "the target network alone says the value.", ("worth",), lambda o, t: np.minimum(at(o, o), at(t, o))),
    ("smaller_of_maxima", "This takes the smaller of two largest values. Here the online network chooses, and the "
     "target network alone says the value.", NEXT, lambda o, t: np.minimum(best_of(o), best_of(t))),
    ("largest_of_smaller", "This takes the smaller value of each action, and of those the largest. Here the online "
     "network chooses, and the target network alone says the value.", NEXT, lambda o, t: best_of(np.minimum(o, t))),
    ("mean_of_maxima", "This is the mean of both networks' largest values. The online network chooses, the target "
     "network says the value.", NEXT, lambda o, t: (best_of(o) + best_of(t)) / 2),
    ("mean_of_both", "This is the mean of both networks' values. The target network alone says the value.", ("worth",),
     lambda o, t: (at(o, o) + at(t, o)) / 2),
    ("largest_of_sum", "The two networks are added up before the choice. The online network chooses alone.",
     ("choice",), lambda o, t: at(t, o + t)),
    ("number_of_the_action", "This adds the number of the chosen action. Look its value up: "
     "`next_q_target.gather(1, best)`.", ("worth",), lambda o, t: o.argmax(axis=1)[:, None]),
    ("worst_action", "The online network's *smallest* value chooses. It is argmax.", ("choice",),
     lambda o, t: at(t, -o)),
    ("smallest", "This is the smallest value of the target network. The online network chooses, with argmax.",
     ("choice",), lambda o, t: t.min(axis=1, keepdims=True)),
    ("first_action", "This takes the value of action 0.", ("choice",), lambda o, t: t[:, :1]),
    ("mean", "This is the mean over the actions. The online network chooses one of them.", ("choice",),
     lambda o, t: t.mean(axis=1, keepdims=True)),
    ("one_for_all", "One action is chosen for the whole batch. Each row has its own: argmax over dim=1.", ("choice",),
     lambda o, t: t[:, [o.argmax() % o.shape[1]]]),
    ("one_for_all", "All rows get the choice of the first one. Each row has its own: argmax over dim=1.", ("choice",),
     lambda o, t: t[:, [o[0].argmax()]]),
    ("one_for_all", "One place is chosen for the whole batch, counted through all rows. Each row has its own: argmax "
     "over dim=1.", ("choice",), lambda o, t: t[:, o.argmax() : o.argmax() + 1]),
    ("best_row", "The argmax runs over the rows of the batch (dim=0), so it gives a row for each action. Each row has "
     "an action of its own: dim=1.", ("choice", "shape"),
     lambda o, t: np.take_along_axis(t[:1], o.argmax(axis=0)[None], axis=1)),
    ("first_row", "The values come from the first row for every transition. Row i has its own: gather(1, best).",
     ("worth",), lambda o, t: t[0, o.argmax(axis=1)][:, None]),
    ("every_choice_of_all", "`next_q_target[:, best]` gives every row the values of all rows' choices, (B, B). Row i "
     "needs its own alone: `next_q_target.gather(1, best)` with best as (B, 1), or "
     "`next_q_target[torch.arange(B), best]`.", ("worth", "shape"), lambda o, t: t[:, o.argmax(axis=1)]),
    ("every_choice_of_all", "`next_q_target[:, best]` gives every row the values of all rows' choices. Row i needs its "
     "own alone: `next_q_target.gather(1, best)`.", ("worth", "shape"),
     lambda o, t: t[:, o.argmax(axis=1)[:, None]]),
    ("index_stretched", "In `next_q_target[torch.arange(B), best]` both must be flat, (B,); with best as (B, 1) "
     "PyTorch stretches them to (B, B). `next_q_target.gather(1, best)` takes best as (B, 1).", ("worth", "shape"),
     lambda o, t: t[np.arange(len(t)), o.argmax(axis=1)[:, None]]),
    ("index_lying", "The index lies in a row, (1, B), so all values come from the first row. For `gather(1, best)` it "
     "stands, (B, 1): `keepdim=True` or `unsqueeze(1)`.", ("worth", "shape"),
     lambda o, t: t[:1, o.argmax(axis=1)]),
    ("rows_by_action", "`next_q_target[best]` takes the number of an action for the number of a row, and returns whole "
     "rows. One entry a row: `next_q_target.gather(1, best)` with best as (B, 1).", ("worth", "shape"),
     lambda o, t: t[o.argmax(axis=1)]),
    ("rows_by_action", "`next_q_target[best]` takes the number of an action for the number of a row, and returns whole "
     "rows. One entry a row: `next_q_target.gather(1, best)`.", ("worth", "shape"),
     lambda o, t: t[o.argmax(axis=1)[:, None]]),
)  # fmt: skip
"""Mistakes in the value of the next state, as functions of both networks' Q-values (B, A)."""

AROUND = (
    ("no_mask", "The next value is added where the episode terminated too. Is (1 - terminated) missing?",
     ("terminated",), lambda r, v, d, g: r + g * v),
    ("inverted_mask", "The mask is the wrong way round. The factor is (1 - terminated).", ("worth", "terminated"),
     lambda r, v, d, g: r + g * d * v),
    ("one_flag_for_all", "One flag of the batch decides for all transitions. Each row has its own: (1 - terminated).",
     ("terminated",), lambda r, v, d, g: r + g * (1 - d[0]) * v),
    ("one_flag_for_all", "If one transition terminated, none of them gets its next value. Each row has its own flag: "
     "(1 - terminated).", ("terminated",), lambda r, v, d, g: r + g * (1 - d.max()) * v),
    ("reward_masked", "The reward is multiplied by (1 - terminated) too; only the next value is.", ("terminated",),
     lambda r, v, d, g: (1 - d) * (r + g * v)),
    ("no_discount", "The next value is not discounted. Multiply it by `gamma`.", ("worth",),
     lambda r, v, d, g: r + (1 - d) * v),
    ("fixed_discount", "The discount is 0.99 whatever the argument says. Use `gamma`.", ("worth",),
     lambda r, v, d, g: r + 0.99 * (1 - d) * v),
    ("reward_discounted", "The reward is discounted too. Only the next value is.", ("worth",),
     lambda r, v, d, g: g * (r + (1 - d) * v)),
    ("no_reward", "The reward is missing in the sum.", ("worth", "terminated"), lambda r, v, d, g: g * (1 - d) * v),
    ("subtracted", "The next value is subtracted. It is added to the reward.", ("worth",),
     lambda r, v, d, g: r - g * (1 - d) * v),
    ("no_next_value", "This is the reward alone, everywhere. Add the discounted next value where the episode goes on.",
     NEXT, lambda r, v, d, g: r),
    ("broadcast", "Somewhere a (B, 1) met a (B,), and PyTorch stretched both to (B, B) without a word. `keepdim=True` "
     "in the argmax, and gather, keep (B, 1).", ("worth", "shape"), lambda r, v, d, g: r + g * (1 - d) * v.T),
    ("flat", "The targets are right, but flat. The prediction has the shape (B, 1): keep the dimension.", ("shape",),
     lambda r, v, d, g: (r + g * (1 - d) * v)[:, 0]),
    ("lying", "The targets are right, but in a row, (1, B). The prediction has the shape (B, 1).", ("shape",),
     lambda r, v, d, g: (r + g * (1 - d) * v).T if len(r) > 1 else None),
)  # fmt: skip
"""Mistakes around a right next value v (B, 1)."""


def _in_choice(next_value, mask=True):
    def gives(rewards, next_q_online, next_q_target, terminated, gamma):
        going = (1 - terminated) if mask else 1
        return rewards + gamma * going * next_value(next_q_online, next_q_target)

    return gives


def _around(whole):
    def gives(rewards, next_q_online, next_q_target, terminated, gamma):
        return whole(rewards, at(next_q_target, next_q_online), terminated, gamma)

    return gives


def _all_actions(rewards, next_q_online, next_q_target, terminated, gamma):
    return rewards + gamma * (1 - terminated) * next_q_target


def _flat_plain(rewards, next_q_online, next_q_target, terminated, gamma):
    return (rewards + gamma * (1 - terminated) * best_of(next_q_target))[:, 0]


MISTAKES = (
    *(Mistake(key, says, _in_choice(value), costs) for key, says, costs, value in NEXT_VALUES),
    *(Mistake(key, says, _around(whole), costs) for key, says, costs, whole in AROUND),
    Mistake("values_alone", "These are the values of all actions. One of them is chosen: gather(1, best).",
            _all_actions, (*NEXT, "shape")),
    Mistake("plain_dqn_no_mask", "This is plain DQN, the largest value of the target network, and the mask "
            "(1 - terminated) is missing. The online network chooses the action.",
            _in_choice(lambda o, t: best_of(t), mask=False), ("choice", "terminated")),
    Mistake("online_alone_no_mask", "The online network chooses and values, and the mask (1 - terminated) is missing.",
            _in_choice(lambda o, t: best_of(o), mask=False), ("worth", "terminated")),
    Mistake("networks_swapped_no_mask", "The roles of the networks are swapped, and the mask (1 - terminated) is "
            "missing. The online network chooses, the target network says the value.",
            _in_choice(lambda o, t: at(o, t), mask=False), (*NEXT, "terminated")),
    Mistake("flat_plain", "This is plain DQN, the largest value of the target network, and flat. The online network "
            "chooses; and the shape is (B, 1).", _flat_plain, ("choice", "shape")),
)  # fmt: skip
HINTS = {
    r"out of bounds for dimension": "An index says more than there is. "
    "`argmax(dim=1)` gives each row the number of an action; without `dim`, or with dim=0, it counts something else. "
    "`next_q_target.gather(1, best)` looks up one entry a row.",
    r"Index tensor must have the same number of dim": "gather needs an index of shape (B, 1): "
    "`argmax(dim=1, keepdim=True)`.",
}


def _cases(rng):
    def case(name, proves, rewards, online, target, terminated, gamma):
        column = (np.asarray(part, float).reshape(-1, 1) for part in (rewards, terminated))
        rewards, terminated = column
        return Case(
            name,
            proves,
            {
                "rewards": rewards,
                "next_q_online": np.asarray(online, float),
                "next_q_target": np.asarray(target, float),
                "terminated": terminated,
                "gamma": float(gamma),
            },
            HINTS,
        )

    def random_case(name, batch, actions, gamma, ends=True):
        online, target = rng.uniform(-9, 9, (2, batch, actions)).round(2)
        best = rng.permutation(np.arange(batch) % actions)  # every action is chosen somewhere
        online[np.arange(batch), best] = best_of(online)[:, 0] + rng.uniform(0.5, 2, batch).round(2)
        other = (best + 1 + rng.integers(0, actions - 1, batch)) % actions  # and the target network has another one
        target[np.arange(batch), other] = best_of(target)[:, 0] + rng.uniform(0.5, 2, batch).round(2)
        terminated = rng.permutation(np.arange(batch) % 3 == 1) if ends else np.zeros(batch)
        rewards = (rng.uniform(0.5, 3, batch) * rng.choice([-1, 1], batch)).round(2)
        return case(name, (*NEXT, "shape"), rewards, online, target, terminated, gamma)

    gamma = round(float(rng.uniform(0.5, 0.9)), 2)
    online = [[2, 5, 3], [2, 5, 3], [-2, -1, -4], [1, 0, 7]]
    target = [[4, 1, 6], [4, 1, 6], [-3, -2, -1], [9, 2, 3]]
    return [
        case("three transitions to check by hand, gamma = 0.9", (*NEXT, "shape"), [1, 0.5, 2], online[1:], target[1:],
             [0, 0, 0], 0.9),
        case("two of four terminated", (*NEXT, "shape"), [1, -100, 0.5, 2], online, target, [0, 1, 0, 1], 0.9),
        random_case(f"a batch of 7, gamma = {gamma}", 7, 4, gamma),
        random_case("a batch of 4 with 4 actions that all go on", 4, 4, 0.95, ends=False),
        case("a batch of 1, gamma = 0.8", (*NEXT, "shape"), [1.5], [[4, -1, 3.5, 0.5]], [[1.25, 3, 2.5, 4]], [0], 0.8),
        case("a batch of 1 that terminated", ("terminated",), [-1.5], [[4, -1, 2, 0.5]], [[1, 3, 2, 6]], [1], 0.8),
        random_case("a batch of 64, gamma = 0.97", 64, 6, 0.97),
    ]  # fmt: skip


double_dqn_targets = sure_check(
    "double_dqn_targets", BEHAVIOURS, _cases,
    lambda rewards, next_q_online, next_q_target, terminated, gamma: reference(
        rewards, next_q_online, next_q_target, terminated, gamma
    ),
    MISTAKES, call=tensors("double_dqn_targets"), loose=False, keeps="shape", tolerance=(1e-3, 1e-3),
    wrong="These are not the rewards plus the discounted values of the actions that the online network chooses.",
)  # fmt: skip
