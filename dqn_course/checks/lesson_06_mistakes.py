"""What known mistakes in ``learn`` do to a table of Q-values, so that a check can name the one it sees.

A batch is a dict of ``local`` and ``target``, the two networks as tables of Q-values (A, S); ``actions``, ``rewards``
and ``terminated``, each (B,); and ``gamma``. Transition i goes from state i to state B + i.
"""

from itertools import combinations

import numpy as np

MISTAKES = {
    "no_mask": (("terminated",), {"ends": "ignored"}),
    "inverted_mask": (("target", "terminated"), {"ends": "inverted"}),
    "bitwise_mask": (("target", "terminated"), {"ends": "bitwise"}),
    "reward_masked": (("terminated",), {"ends": "reward too"}),
    "online_network": (("target",), {"network": "local"}),
    "leak": (("step", "target"), {"network": "local", "leak": True}),
    "present_state": (("target",), {"state": "now"}),
    "double_dqn": (("target",), {"best": "double"}),
    "no_next_value": (("target", "terminated"), {"best": "zero"}),
    "minimum": (("target",), {"best": "min"}),
    "mean": (("target",), {"best": "mean"}),
    "sum": (("target",), {"best": "sum"}),
    "argmax": (("target",), {"best": "argmax"}),
    "next_action": (("target",), {"best": "taken"}),
    "first_action": (("target",), {"best": "first"}),
    "whole_batch": (("target",), {"best": "largest of all"}),
    "softmax_target": (("target",), {"best": "largest chance"}),
    "stretched_target": (("target", "terminated"), {"best": "mean of largest"}),
    "no_discount": (("target",), {"discount": "none"}),
    "fixed_discount": (("target",), {"discount": "fixed"}),
    "no_reward": (("target", "terminated"), {"reward": "missing"}),
    "reward_clipped": (("target",), {"reward": "clipped"}),
    "reward_discounted": (("target",), {"reward": "discounted"}),
    "all_actions": (("chosen",), {"value": "all"}),
    "largest_q": (("chosen",), {"value": "max"}),
    "mean_q": (("chosen",), {"value": "mean"}),
    "first_q": (("chosen",), {"value": "first"}),
    "softmax_q": (("chosen",), {"value": "chance"}),
    "stretched_loss": (("target", "terminated"), {"loss": "stretched"}),
    "absolute_error": (("step",), {"loss": "absolute"}),
    "clamped_error": (("step",), {"loss": "clamped"}),
    "not_squared": (("step", "target", "terminated"), {"loss": "plain"}),
    "sum_squared": (("target", "terminated"), {"loss": "sum first"}),
}
"""The behaviours that each mistake costs, and the choices of ``predict`` that describe it."""

SAYS = {
    "no_mask": "`terminated` is not used: where an episode ended, the target is the reward alone. Is (1 - terminated) "
    "missing?",
    "inverted_mask": "The mask is the wrong way round: the next value counts where the episode ended, and not where it "
    "goes on. The factor is (1 - terminated).",
    "bitwise_mask": "`~` on whole numbers gives -1 and -2. The factor is (1 - terminated).",
    "reward_masked": "The reward is multiplied by (1 - terminated) too. Only the next value is.",
    "online_network": "The next values come from the online network. The target is made by the target network: "
    "`self.qnetwork_target(next_states)`.",
    "leak": "The gradient flows through the target too, because the next values come from the online network and are "
    "not cut off. Use `self.qnetwork_target` under torch.no_grad().",
    "present_state": "The target looks at `states` instead of `next_states`.",
    "double_dqn": "This is Double DQN: the online network picks the next action. It is a good idea, and comes in "
    "Lesson 12. Here the target is the largest value of the target network.",
    "no_next_value": "The target is the reward alone, everywhere. Add gamma times the largest next value where the "
    "episode goes on.",
    "minimum": "The target takes the smallest next value. It should be the largest: max.",
    "mean": "The target takes the mean of the next values. It should be the largest: max.",
    "sum": "The target adds up the next values. It should take the largest alone: max.",
    "argmax": "The target adds the number of the best action instead of its value. `max(dim=1)` returns values and "
    "positions; take .values.",
    "next_action": "The target takes the next value of the action that was taken before. It should take the largest "
    "next value: max over all actions.",
    "first_action": "The target takes the next value of action 0. It should be the largest: max.",
    "whole_batch": "One maximum is taken over the whole batch. Each transition has its own: max over dim=1.",
    "softmax_target": "There is a softmax on the next Q-values. They are returns, not chances: use them as they are.",
    "stretched_target": "Inside the target a (B, 1) met a (B,), and PyTorch stretched both to (B, B). Take "
    "`max(dim=1, keepdim=True)`, and print the shapes.",
    "no_discount": "The next value is not discounted. Multiply it by `gamma`.",
    "fixed_discount": "The discount is 0.99 whatever the argument says. Use `gamma`, not GAMMA.",
    "no_reward": "The reward is missing in the target.",
    "reward_clipped": "The reward is clipped to -1 … 1. The lander's reward is used as it is.",
    "reward_discounted": "The reward is multiplied by gamma too. Only the next value is.",
    "all_actions": "The values of all actions are pulled to the target. Only the action that was taken has learned "
    "anything: `gather(1, actions)`.",
    "largest_q": "The prediction is the largest Q-value of the state. It should be the value of the action that was "
    "taken: `gather(1, actions)`.",
    "mean_q": "The prediction is the mean of a state's Q-values. It should be the value of the action that was taken: "
    "`gather(1, actions)`.",
    "first_q": "The prediction is always the value of action 0. It should be that of the action that was taken: "
    "`gather(1, actions)`.",
    "softmax_q": "There is a softmax on the predictions. Q-values are returns, not chances: use the network's output "
    "as it is.",
    "stretched_loss": "The loss compares every prediction with every target: one has shape (B, 1), the other (B,), and "
    "PyTorch stretched both to (B, B). Give both the shape (B, 1).",
    "absolute_error": "Small and large errors pull equally hard, so the loss is the absolute error. The exercise asks "
    "for the squared one: F.mse_loss.",
    "clamped_error": "Large errors do not pull at all: the error is clipped before it is squared, and the gradient of "
    "a clipped number is 0. F.smooth_l1_loss clips the gradient instead.",
    "not_squared": "The loss is the plain difference, not its square: it falls for ever, whatever the target. Use "
    "F.mse_loss.",
    "sum_squared": "The errors are averaged before they are squared, so they cancel out. Square each one, then take "
    "the mean.",
}


def explain(batches, changes, known=MISTAKES):
    """(keys of mistakes, uphill, uncleared) that predict the ``changes`` (2, A, S) of two calls of ``learn``, or None.

    As few mistakes as possible, two at most. uphill: the step was made in the other direction. uncleared: the gradient
    of the first batch was still in the second step.
    """
    pairs = [pair for pair in combinations(known, 2) if not MISTAKES[pair[0]][1].keys() & MISTAKES[pair[1]][1].keys()]
    for keys in [(), *((key,) for key in known), *pairs]:
        choices = {name: choice for key in keys for name, choice in MISTAKES[key][1].items()}
        first = predict(batches[0], **choices)[0]
        for sign in (1, -1):
            if fits(sign * changes[0], first):
                second = predict(batches[1], **choices)[0]
                if fits(sign * changes[1], second):
                    return keys, sign < 0, False
                if fits(sign * (changes[1] - changes[0]), second):
                    return keys, sign < 0, True
    return None


def fits(seen, predicted):
    """Is ``seen`` like ``predicted``, up to a positive factor, and perhaps clipped (Huber loss, clipped gradient)?

    The factor is taken from the two smallest predictions, so a clipped one must leave at least these as they are.
    """
    where = np.abs(predicted) > 1e-9
    if not where.any():
        return False
    smallest = np.argsort(np.abs(predicted[where]))[:2]
    factor = np.mean(seen[where][smallest] / predicted[where][smallest])
    if not factor > 0:
        return False
    limit = np.abs(seen).max() / factor
    return bool(np.abs(seen - factor * np.clip(predicted, -limit, limit)).max() <= 1e-4 * np.abs(seen).max())


def predict(
    batch,
    *,
    network="target",
    state="next",
    best="max",
    discount="gamma",
    ends="masked",
    reward="given",
    value="taken",
    loss="squared",
    leak=False,
):
    """What a gradient step does to the online table, up to a factor: -dLoss/dQ (A, S), and the targets (B,).

    The defaults are the exercise; every other choice is a mistake. ``leak``: the gradient flows through the target.
    """
    r, d, actions = batch["rewards"], batch["terminated"], batch["actions"]
    now, then = slice(0, len(r)), slice(len(r), 2 * len(r))
    visited = then if state == "next" else now

    next_q = batch["local" if network == "local" else "target"][:, visited].T  # (B, A)
    next_value, next_slope = readout(next_q, best, actions, online=batch["local"][:, then].T)
    gamma = {"gamma": batch["gamma"], "fixed": 0.99, "none": 1.0}[discount]
    mask = {"masked": 1 - d, "ignored": 1 + 0 * d, "inverted": d, "bitwise": -1 - d, "reward too": 1 - d}[ends]
    r = {"given": r, "clipped": r.clip(-1, 1), "missing": 0 * r, "discounted": gamma * r}[reward]
    targets = (r * mask if ends == "reward too" else r) + gamma * mask * next_value  # (B,)

    q, slope = readout(batch["local"][:, now].T, value, actions)  # (B,), (B, A); both (B, A) for all actions
    error = (q.T - targets).T
    loss_slope = {
        "squared": 2 * error,
        "stretched": 2 * (q - targets.mean()),
        "absolute": np.sign(error),
        "clamped": 2 * error * (np.abs(error) < 1),
        "plain": np.ones_like(error),
        "sum first": np.full_like(error, 2 * error.sum()),
    }[loss].reshape(len(r), -1)  # (B, 1) or (B, A)
    change = np.zeros_like(batch["local"])
    change[:, now] -= (loss_slope * slope).T
    if leak:
        change[:, visited] += (loss_slope.sum(1) * gamma * mask) * next_slope.T
    return change, targets


def readout(q, how, actions, online=None):
    """What is read from Q-values ``q`` (B, A), one number a row, and its slope in each of them: (B,), (B, A).

    ``how`` may also be "all": every Q-value is read, (B, A), with slope 1.
    """
    columns = {
        "max": q.argmax(1),
        "min": q.argmin(1),
        "first": np.zeros(len(q), int),
        "taken": actions,
        "double": None if online is None else online.argmax(1),
    }
    weights = np.exp(q - q.max(1, keepdims=True))
    chances = weights / weights.sum(1, keepdims=True)  # softmax
    constants = {
        "zero": 0.0,
        "argmax": q.argmax(1),
        "largest chance": chances.max(1),
        "largest of all": q.max(),
        "mean of largest": q.max(1).mean(),
    }
    if how in columns:
        slope = np.eye(q.shape[1])[columns[how]]
        return (q * slope).sum(1), slope
    if how in ("mean", "sum"):
        slope = np.full_like(q, 1 / q.shape[1] if how == "mean" else 1)
        return (q * slope).sum(1), slope
    if how == "chance":
        taken = np.eye(q.shape[1])[actions]
        chance = (chances * taken).sum(1, keepdims=True)
        return chance[:, 0], chance * (taken - chances)
    if how == "all":
        return q, np.ones_like(q)
    return np.full(len(q), constants[how]), np.zeros_like(q)  # no gradient comes back through these
