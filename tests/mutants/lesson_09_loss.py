"""Answers to exercise 9.4, ``nature_loss``."""

from mutants import Right, Wrong, code

NEXT = "best = target_network(next_states).detach().max(dim=1, keepdim=True).values"
TARGETS = "targets = rewards + gamma * (1 - terminated) * best"
TAKEN = "predictions = q_network(states).gather(1, actions)"
LOSS = 'return F.huber_loss(predictions, targets, reduction="sum")'


def answer(next_values=NEXT, targets=TARGETS, taken=TAKEN, loss=LOSS):
    return code(next_values, targets, taken, loss)


WRONG = (
    Wrong("online network for the target", "online_network", 3,
          answer("best = q_network(next_states).detach().max(dim=1, keepdim=True).values")),
    Wrong("online network, gradient flows", "leak", 2.5,
          answer("best = q_network(next_states).max(dim=1, keepdim=True).values")),
    Wrong("gradient through the target", "gradient_into_target", 3.5,
          answer("best = target_network(next_states).max(dim=1, keepdim=True).values")),
    Wrong("predictions of the target network", "predicts_target", 2,
          answer(taken="predictions = target_network(states).gather(1, actions)")),
    Wrong("keepdim forgotten", "stretched_rows", 2.5,
          answer("best = target_network(next_states).detach().max(dim=1).values")),
    Wrong("mean", "mean", 3.5, answer(loss="return F.huber_loss(predictions, targets)")),
    Wrong("squared, summed", "squared", 3, answer(loss='return F.mse_loss(predictions, targets, reduction="sum")')),
    Wrong("squared, mean", "squared mean", 2.5, answer(loss="return F.mse_loss(predictions, targets)")),
    Wrong("half the square", "half_squared", 3, answer(loss="return ((predictions - targets) ** 2).sum() / 2")),
    Wrong("error clamped, then squared", "loss_clipped", 3,
          answer(loss="return ((predictions - targets).clamp(-1, 1) ** 2).sum()")),
    Wrong("loss clamped", "loss_clipped", 3,
          answer(loss="return ((predictions - targets) ** 2).clamp(max=1).sum()")),
    Wrong("half the clamped square", "loss_clipped", 3,
          answer(loss="return ((predictions - targets).clamp(-1, 1) ** 2).sum() / 2")),
    Wrong("absolute", "absolute", 3, answer(loss='return F.l1_loss(predictions, targets, reduction="sum")')),
    Wrong("targets (B,)", "stretched", 2.5,
          answer(taken=code(TAKEN, "targets = targets.squeeze(1)"))),
    Wrong("predictions (B,)", "stretched", 2.5, answer(taken=TAKEN + ".squeeze(1)")),
    Wrong("max without keepdim", "stretched_target", 2.5,
          answer("best = target_network(next_states).detach().max(dim=1).values",
                 taken=code(TAKEN, "targets = targets.mean(1, keepdim=True)"))),
    Wrong("no mask", "no_mask", 3.5, answer(targets="targets = rewards + gamma * best")),
    Wrong("inverted mask", "inverted_mask", 2.5, answer(targets="targets = rewards + gamma * terminated * best")),
    Wrong("mask on all", "reward_masked", 3.5, answer(targets="targets = (1 - terminated) * (rewards + gamma * best)")),
    Wrong("states for the target", "present_state", 3,
          answer("best = target_network(states).detach().max(dim=1, keepdim=True).values")),
    Wrong("s and s' swapped", "swapped", 2.5,
          answer("best = target_network(states).detach().max(dim=1, keepdim=True).values",
                 taken="predictions = q_network(next_states).gather(1, actions)")),
    Wrong("no discount", "no_discount", 3, answer(targets="targets = rewards + (1 - terminated) * best")),
    Wrong("0.99", "fixed_discount", 3, answer(targets="targets = rewards + 0.99 * (1 - terminated) * best")),
    Wrong("no reward", "no_reward", 2.5, answer(targets="targets = gamma * (1 - terminated) * best")),
    Wrong("target clipped", "target_clipped", 2,
          answer(targets="targets = (rewards + gamma * (1 - terminated) * best).clamp(-1, 1)")),
    Wrong("double DQN", "double_dqn", 3,
          answer("best = target_network(next_states).detach().gather(1, q_network(next_states).argmax(1, True))")),
    Wrong("smallest next value", "minimum", 3,
          answer("best = target_network(next_states).detach().min(dim=1, keepdim=True).values")),
    Wrong("argmax", "argmax", 3, answer("best = target_network(next_states).detach().argmax(dim=1, keepdim=True)")),
    Wrong("all actions", "all_actions", 3.5,
          answer(taken=code("predictions = q_network(states)", "targets = targets.expand_as(predictions)"))),
    Wrong("largest Q", "largest_q", 3.5,
          answer(taken="predictions = q_network(states).max(dim=1, keepdim=True).values")),
    Wrong("no_grad around all", "no_gradient", 0, code("with torch.no_grad():", "    " + NEXT, "    " + TARGETS,
                                                      "    " + TAKEN, "    " + LOSS)),
    Wrong("item", "not_a_tensor", 0, answer(loss=LOSS + ".item()")),
    Wrong("one loss a row", "not_one_number", 3.5,
          answer(loss='return F.huber_loss(predictions, targets, reduction="none")')),
    Wrong("limit of 2", "other_limit", 3,
          answer(loss='return F.huber_loss(predictions, targets, reduction="sum", delta=2.0)')),
    Wrong("divided twice", "divided", 2.5, answer(taken="predictions = q_network(states / 255).gather(1, actions)")),
    Wrong("backward inside", "backward_inside", 3.5,
          answer(loss=code('loss = F.huber_loss(predictions, targets, reduction="sum")', "loss.backward()",
                           "return loss"))),
    Wrong("uphill", "uphill", 1.5, answer(loss="return -F.huber_loss(predictions, targets, reduction='sum')")),
    Wrong("gradient alone", "surrogate", 3.5,
          answer(loss="return ((predictions - targets).detach().clamp(-1, 1) * predictions).sum()")),
    Wrong("nothing returned", "wrong_return", 0, answer(loss='F.huber_loss(predictions, targets, reduction="sum")')),
)  # fmt: skip

RIGHT = (
    Right("smooth_l1", answer(loss='return F.smooth_l1_loss(predictions, targets, reduction="sum")')),
    Right("by hand", answer(loss=code(
        "error = (predictions - targets).abs()",
        "return torch.where(error <= 1, 0.5 * error**2, error - 0.5).sum()"))),
    Right("clipped part", answer(loss=code(
        "error = (targets - predictions).abs()", "small = error.clamp(max=1)",
        "return (0.5 * small**2 + error - small).sum()"))),
    Right("mean times B", answer(loss="return F.huber_loss(predictions, targets) * len(states)")),
    Right("flat", code(
        "with torch.no_grad():", "    best = target_network(next_states).amax(1)",
        "    targets = rewards.squeeze(1) + gamma * (1 - terminated.squeeze(1)) * best",
        "predictions = q_network(states)[torch.arange(len(states)), actions.squeeze(1)]",
        'return nn.HuberLoss(reduction="sum")(predictions, targets)')),
    Right("torch.where for the mask", answer(
        targets="targets = rewards + torch.where(terminated.bool(), torch.zeros_like(best), gamma * best)")),
    Right("floats first", answer(taken="predictions = q_network(states.float()).gather(1, actions)")),
    Right("a loop", code(
        "total = 0.0", "q, next_q = q_network(states), target_network(next_states).detach()",
        "for i in range(len(states)):", "    y = rewards[i, 0]", "    if terminated[i, 0] == 0:",
        "        y = y + gamma * next_q[i].max()", "    e = (q[i, actions[i, 0]] - y).abs()",
        "    total = total + (e**2 / 2 if e <= 1 else e - 0.5)", "return total")),
)  # fmt: skip
