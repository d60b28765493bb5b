"""What known mistakes in ``nature_loss`` do to its gradient, so that a check can name the one it sees.

A batch is a dict as in ``lesson_06_mistakes``: two networks as tables of Q-values (A, S), where transition i goes from
state i to state B + i.
"""

import itertools

import numpy as np

from dqn_course.checks.lesson_06_mistakes import predict, readout

TARGET_MISTAKES = {
    "no_mask": (("terminated",), {"ends": "ignored"}),
    "inverted_mask": (("target", "terminated"), {"ends": "inverted"}),
    "reward_masked": (("terminated",), {"ends": "reward too"}),
    "online_network": (("target",), {"network": "local"}),
    "leak": (("target", "constant"), {"network": "local", "leak": True}),
    "present_state": (("target",), {"state": "now"}),
    "swapped": (("target", "chosen"), {"state": "now", "predicts": "then"}),
    "double_dqn": (("target",), {"best": "double"}),
    "no_next_value": (("target", "terminated"), {"best": "zero"}),
    "minimum": (("target",), {"best": "min"}),
    "mean_next": (("target",), {"best": "mean"}),
    "argmax": (("target",), {"best": "argmax"}),
    "next_action": (("target",), {"best": "taken"}),
    "whole_batch": (("target",), {"best": "largest of all"}),
    "stretched_target": (("target", "terminated"), {"best": "mean of largest"}),
    "no_discount": (("target",), {"discount": "none"}),
    "fixed_discount": (("target",), {"discount": "fixed"}),
    "no_reward": (("target", "terminated"), {"reward": "missing"}),
    "target_clipped": (("target", "clipped"), {"clip_target": True}),
}
VALUE_MISTAKES = {
    "all_actions": (("chosen",), {"value": "all"}),
    "largest_q": (("chosen",), {"value": "max"}),
    "next_prediction": (("chosen",), {"predicts": "then"}),
}
LOSS_MISTAKES = {
    "squared": (("clipped",), {"loss": "squared"}),
    "half_squared": (("clipped",), {"loss": "half squared"}),
    "loss_clipped": (("clipped",), {"loss": "clipped loss"}),
    "half_loss_clipped": (("clipped",), {"loss": "half clipped loss"}),
    "half_error_clamped": (("clipped",), {"loss": "half clamped error"}),
    "absolute": (("clipped",), {"loss": "absolute"}),
    "not_squared": (("clipped", "target", "terminated"), {"loss": "plain"}),
    "stretched": (("target", "terminated"), {"loss": "stretched"}),
    "stretched_squared": (("target", "terminated", "clipped"), {"loss": "stretched squared"}),
    "stretched_rows": (("target", "terminated"), {"loss": "stretched rows"}),
    "doubled": (("clipped",), {"loss": "double huber"}),
}
SHAPING = ("value", "predicts", "loss", "reduction", "leak")
"""The choices that are about the prediction and the form of the loss."""
MEAN = {"mean": (("sum",), {"reduction": "mean"})}

SAYS = {
    "no_mask": "`terminated` is not used: where an episode ended, the target is the reward alone. Is (1 - terminated) "
    "missing?",
    "inverted_mask": "The mask is the wrong way round: the next value counts where the episode ended, and not where it "
    "goes on. The factor is (1 - terminated).",
    "reward_masked": "The reward is multiplied by (1 - terminated) too. Only the next value is.",
    "online_network": "The next values come from the online network. The target is made by `target_network`.",
    "leak": "The next values come from the online network, and the gradient flows through them too. Use "
    "`target_network(next_states)` under torch.no_grad().",
    "present_state": "The target looks at `states` instead of `next_states`.",
    "swapped": "`states` and `next_states` have changed places. The prediction is about `states`, the target about "
    "`next_states`.",
    "double_dqn": "This is Double DQN: the online network picks the next action. It is a good idea, and comes in "
    "Lesson 12. Here the target is the largest value of the target network.",
    "no_next_value": "The target is the reward alone, everywhere. Add gamma times the largest next value where the "
    "episode goes on.",
    "minimum": "The target takes the smallest next value. It should be the largest: max.",
    "mean_next": "The target takes the mean of the next values. It should be the largest: max.",
    "argmax": "The target adds the number of the best action instead of its value. `max(dim=1)` returns values and "
    "positions; take .values.",
    "next_action": "The target takes the next value of the action that was taken before. It should take the largest.",
    "whole_batch": "One maximum is taken over the whole batch. Each transition has its own: max over dim=1.",
    "stretched_target": "Inside the target a (B, 1) met a (B,), and PyTorch stretched both to (B, B). Take "
    "`max(dim=1, keepdim=True)`, and print the shapes.",
    "stretched_rows": "Your targets have shape (B, B): `max(dim=1)` gave (B,), and it was stretched. Use "
    "`keepdim=True`.",
    "no_discount": "The next value is not discounted. Multiply it by `gamma`.",
    "fixed_discount": "The discount is 0.99 whatever the argument says. Use `gamma`.",
    "no_reward": "The reward is missing in the target.",
    "target_clipped": "The target is clipped to -1 … 1. It is the *error* that is clipped; values may be larger.",
    "all_actions": "The values of all actions are pulled to the target. Only the action that was taken has learned "
    "anything: `gather(1, actions)`.",
    "largest_q": "The prediction is the largest Q-value of the state. It should be the value of the action that was "
    "taken: `gather(1, actions)`.",
    "next_prediction": "The prediction looks at `next_states`. It is about `states`.",
    "squared": "Nothing is clipped: this is the squared error, so an error of 5 pulls ten times as hard as one of 0.5. "
    "Huber's loss pulls with 1 at most: F.huber_loss.",
    "half_squared": "Nothing is clipped: this is half the squared error, so an error of 5 pulls ten times as hard as "
    "one of 0.5. Huber's loss pulls with 1 at most: F.huber_loss.",
    "loss_clipped": "Errors above 1 do not pull at all: the error or the loss is clipped, and the gradient of a "
    "clipped number is 0. What must be clipped is the *gradient*, which Huber's loss does: F.huber_loss.",
    "absolute": "Small and large errors pull equally hard: this is the absolute error. Below 1 Huber's loss is half "
    "the square: F.huber_loss.",
    "not_squared": "The loss is the plain difference: it falls for ever, whatever the target. Use F.huber_loss.",
    "stretched": "The loss compares every prediction with every target: one has shape (B, 1), the other (B,), and "
    "PyTorch stretched both to (B, B). Give both the shape (B, 1).",
    "stretched_squared": "The loss compares every prediction with every target: one has shape (B, 1), the other (B,), "
    "and PyTorch stretched both to (B, B). And nothing is clipped. Use F.huber_loss on two (B, 1).",
    "doubled": "This is twice Huber's loss: an error of 3 should pull with 1, here it pulls with 2. Below 1 the loss "
    "is *half* the square.",
    "mean": "This is the mean over the batch. The released code adds up, and the 0.01 in its RMSProp belongs to the "
    'sum: `reduction="sum"`.',
}
NAMED = {"half_loss_clipped": "loss_clipped", "half_error_clamped": "loss_clipped"}
"""Mistakes that are told as another one is."""


def explain(batches, gradients):
    """The keys of as few mistakes as possible that together give these ``gradients``, each (A, S), or None.

    () if all is right.

    One about the target, one about the prediction, one about the form of the loss, and the mean for the sum.
    """
    kinds = [[(None, {})] + [(key, choices) for key, (_, choices) in kind.items()]
             for kind in (TARGET_MISTAKES, VALUE_MISTAKES, LOSS_MISTAKES, MEAN)]  # fmt: skip
    sets = sorted(itertools.product(*kinds), key=lambda picks: sum(key is not None for key, _ in picks))
    known = {key: [targets(batch, **choices) for batch in batches] for key, choices in kinds[0]}
    for picks in sets:
        keys = tuple(key for key, _ in picks if key)
        names = [name for _, choices in picks for name in choices]
        if len(keys) > 3 or len(names) != len(set(names)):
            continue
        choices = {name: choice for _, choices in picks for name, choice in choices.items() if name in SHAPING}
        if all(
            np.abs(slope(batch, y, **choices) - gradient).max() <= 1e-3 * max(1.0, np.abs(gradient).max())
            for batch, y, gradient in zip(batches, known[picks[0][0]], gradients)
        ):
            return keys
    return None


def targets(batch, clip_target=False, leak=False, predicts="now", **about_target):
    """The targets y (B,), the right ones unless choices of ``predict`` are given."""
    y = predict(batch, **about_target)[1]
    return y.clip(-1, 1) if clip_target else y


def _every_next_value(batch, q):
    """Errors (B, B) where the target of each row has the next values of all rows: (B, 1) rewards met (B,) values."""
    best = batch["target"][:, len(batch["rewards"]) :].max(0)  # (B,)
    keep = batch["gamma"] * (1 - batch["terminated"])
    return q.reshape(len(best), -1)[:, :1] - (batch["rewards"][:, None] + keep[:, None] * best[None])


def value(batch):
    """The right loss, one number."""
    error = np.abs(batch["local"][batch["actions"], np.arange(len(batch["actions"]))] - targets(batch))
    return float(np.where(error <= 1, error**2 / 2, error - 0.5).sum())


def slope(batch, y, *, value="taken", predicts="now", loss="huber", reduction="sum", leak=False):
    """dLoss/dQ of the online table, (A, S), for targets y (B,). The defaults are the exercise, all else mistakes."""
    size = len(batch["rewards"])
    now, then = slice(0, size), slice(size, 2 * size)
    at = then if predicts == "then" else now
    q, of_q = readout(batch["local"][:, at].T, value, batch["actions"])  # (B,), (B, A); both (B, A) for all actions
    error = (q.T - y).T
    pairs = error[:, None] if error.ndim == 2 else q[:, None] - y[None]  # (B, B): every prediction, every target
    pull = {
        "huber": error.clip(-1, 1),
        "double huber": 2 * error.clip(-1, 1),
        "squared": 2 * error,
        "half squared": error,
        "clipped loss": 2 * error * (np.abs(error) < 1),
        "half clipped loss": error * (error**2 < 2),
        "half clamped error": error * (np.abs(error) < 1),
        "absolute": np.sign(error),
        "plain": np.ones_like(error),
        "stretched": pairs.clip(-1, 1).sum(1),
        "stretched squared": 2 * pairs.sum(1),
        "stretched rows": _every_next_value(batch, q).clip(-1, 1).sum(1),
    }[loss].reshape(size, -1)  # (B, 1) or (B, A)
    if reduction == "mean":
        pull = pull / (error.size * (size if loss.startswith("stretched") else 1))
    result = np.zeros_like(batch["local"])
    result[:, at] += (pull * of_q).T
    if leak:
        next_q, of_next = readout(batch["local"][:, then].T, "max", batch["actions"])
        result[:, then] -= ((pull.sum(1) * batch["gamma"] * (1 - batch["terminated"]))[:, None] * of_next).T
    return result
