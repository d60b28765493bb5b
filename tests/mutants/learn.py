"""Answers to exercise 6.3, the body of ``Agent.learn`` in dqn_agent.py, before the line of the soft update."""

from mutants import Right, Wrong

NEXT = "next_q = self.qnetwork_target(next_states).detach().max(1, keepdim=True)[0]\n"
TARGETS = NEXT + "targets = rewards + gamma * (1 - terminated) * next_q\n"
PREDICTIONS = "predictions = self.qnetwork_local(states).gather(1, actions)\n"
LOSS = "loss = F.mse_loss(predictions, targets)\n"
STEP = "self.optimizer.zero_grad()\nloss.backward()\nself.optimizer.step()\n"
SOFT_UPDATE = "self.soft_update(self.qnetwork_local, self.qnetwork_target, TAU)"
BLEND = "tau * local_param.data + (1.0 - tau) * target_param.data"


def wrong_targets(name, findings, points, targets):
    return Wrong(name, findings, points, (targets + PREDICTIONS + LOSS + STEP,))


def wrong_predictions(name, findings, points, predictions):
    return Wrong(name, findings, points, (TARGETS + predictions + LOSS + STEP,))


def wrong_loss(name, findings, points, loss):
    return Wrong(name, findings, points, (TARGETS + PREDICTIONS + loss + STEP,))


def wrong_step(name, findings, points, step):
    return Wrong(name, findings, points, (TARGETS + PREDICTIONS + LOSS + step,))


def wrong_around(name, findings, points, *changes):
    return Wrong(name, findings, points, (TARGETS + PREDICTIONS + LOSS + STEP,), changes)


WRONG = (
    wrong_targets("no terminal mask", "no_mask", 4, NEXT + "targets = rewards + gamma * next_q\n"),
    wrong_targets("inverted mask", "inverted_mask", 2.5, NEXT + "targets = rewards + gamma * terminated * next_q\n"),
    wrong_targets("mask on the reward too", "reward_masked", 4, NEXT + "targets = (1 - terminated) * (rewards + gamma * next_q)\n"),
    wrong_targets("~ on whole numbers", "bitwise_mask", 2.5, NEXT + "targets = rewards + gamma * ~terminated.long() * next_q\n"),
    wrong_targets("no discount", "no_discount", 3.5, NEXT + "targets = rewards + (1 - terminated) * next_q\n"),
    wrong_targets("GAMMA instead of gamma", "fixed_discount", 3.5, NEXT + "targets = rewards + GAMMA * (1 - terminated) * next_q\n"),
    wrong_targets("online network for the target", "online_network", 3.5, TARGETS.replace("qnetwork_target", "qnetwork_local")),
    wrong_targets(
        "gradient through the target",
        "leak",
        2.5,
        TARGETS.replace("qnetwork_target", "qnetwork_local").replace(".detach()", ""),
    ),
    wrong_targets("states instead of next_states", "present_state", 3.5, TARGETS.replace("next_states", "states")),
    wrong_targets("minimum", "minimum", 3.5, TARGETS.replace("max(", "min(")),
    wrong_targets("mean", "mean", 3.5, TARGETS.replace("max(1, keepdim=True)[0]", "mean(1, keepdim=True)")),
    wrong_targets("sum", "sum", 3.5, TARGETS.replace("max(1, keepdim=True)[0]", "sum(1, keepdim=True)")),
    wrong_targets("argmax", "argmax", 3.5, TARGETS.replace("max(1, keepdim=True)[0]", "argmax(1, keepdim=True)")),
    wrong_targets("next value of the action taken", "next_action", 3.5, TARGETS.replace("max(1, keepdim=True)[0]", "gather(1, actions)")),
    wrong_targets("next value of action 0", "first_action", 3.5, TARGETS.replace("max(1, keepdim=True)[0]", "[:, :1]").replace(".[", "[")),
    wrong_targets("one maximum for the batch", "whole_batch", 3.5, TARGETS.replace("max(1, keepdim=True)[0]", "max()")),
    wrong_targets(
        "Double DQN",
        "double_dqn",
        3.5,
        """
        best = self.qnetwork_local(next_states).detach().argmax(1, keepdim=True)
        next_q = self.qnetwork_target(next_states).detach().gather(1, best)
        targets = rewards + gamma * (1 - terminated) * next_q
        """.replace("        ", ""),
    ),
    wrong_targets("softmax on the next values", "softmax_target", 3.5, TARGETS.replace(".detach()", ".detach().softmax(1)")),
    wrong_targets("(B, 1) + (B,) in the target", "stretched_target", 2.5, TARGETS.replace("max(1, keepdim=True)[0]", "max(1)[0]")),
    wrong_targets("reward alone", "no_next_value", 2.5, "targets = rewards\n"),
    wrong_targets("no reward", "no_reward", 2.5, NEXT + "targets = gamma * (1 - terminated) * next_q\n"),
    wrong_targets("reward clipped", "clipped_reward", 3.5, NEXT + "targets = rewards.clamp(-1, 1) + gamma * (1 - terminated) * next_q\n"),
    wrong_targets("zeros as targets", "no_next_value no_reward", 2.5, "targets = torch.zeros_like(rewards)\n"),
    wrong_targets("online network and no mask", "online_network no_mask", 2.5, TARGETS.replace("qnetwork_target", "qnetwork_local").replace("(1 - terminated) * ", "")),
    wrong_predictions("all actions", "all_actions", 4, "predictions = self.qnetwork_local(states)\n"),
    wrong_predictions("largest Q", "largest_q", 4, "predictions = self.qnetwork_local(states).max(1, keepdim=True)[0]\n"),
    wrong_predictions("mean Q", "mean_q", 4, "predictions = self.qnetwork_local(states).mean(1, keepdim=True)\n"),
    wrong_predictions("Q of action 0", "first_q", 4, "predictions = self.qnetwork_local(states)[:, :1]\n"),
    wrong_predictions("softmax on Q", "softmax_q", 4, "predictions = F.softmax(self.qnetwork_local(states), 1).gather(1, actions)\n"),
    wrong_predictions("(B, 1) against (B,)", "stretched_loss", 2.5, "predictions = self.qnetwork_local(states).gather(1, actions).squeeze(1)\n"),
    wrong_predictions("prediction of the target network", "error", 0, "predictions = self.qnetwork_target(states).detach().gather(1, actions)\n"),
    wrong_predictions("trains the target network's prediction", "no_backward", 0, "predictions = self.qnetwork_target(states).gather(1, actions)\n"),
    wrong_predictions("prediction under no_grad", "error", 0, "with torch.no_grad():\n    predictions = self.qnetwork_local(states).gather(1, actions)\n"),
    wrong_loss("uphill", "uphill", 4, "loss = -F.mse_loss(predictions, targets)\n"),
    wrong_loss("absolute error", "absolute_error", 4, "loss = F.l1_loss(predictions, targets)\n"),
    wrong_loss("error clipped before it is squared", "clamped_error", 4, "loss = (predictions - targets).clamp(-1, 1).pow(2).mean()\n"),
    wrong_loss("not squared", "not_squared", 1, "loss = (predictions - targets).mean()\n"),
    wrong_loss("mean before the square", "sum_squared", 2.5, "loss = (predictions - targets).mean() ** 2\n"),
    wrong_loss("first transition only", "rows_unused", 2.5, "loss = F.mse_loss(predictions[:1], targets[:1])\n"),
    wrong_loss("weighted by row", "wrong_weights", 4, "weights = torch.arange(1.0, len(targets) + 1).unsqueeze(1)\nloss = (weights * (predictions - targets) ** 2).mean()\n"),
    wrong_loss("fourth power", "wrong_weights", 4, "loss = ((predictions - targets) ** 4).mean()\n"),
    wrong_loss("logarithm of cosh", "wrong_weights", 4, "loss = (predictions - targets).cosh().log().mean()\n"),
    wrong_loss("terminated transitions left out", "ends_unused", 4, "rest = terminated == 0\nloss = F.mse_loss(predictions[rest], targets[rest])\n"),
    wrong_loss("loss as a number", "error", 0, "loss = F.mse_loss(predictions, targets).item()\n"),
    wrong_step("gradients not cleared", "not_cleared", 4, "loss.backward()\nself.optimizer.step()\n"),
    wrong_step("no step", "no_step", 4, "self.optimizer.zero_grad()\nloss.backward()\n"),
    wrong_step("no backward", "no_backward", 0, "self.optimizer.zero_grad()\nself.optimizer.step()\n"),
    wrong_step("step before backward", "step_before_backward", 4, "self.optimizer.zero_grad()\nself.optimizer.step()\nloss.backward()\n"),
    wrong_step("cleared before the step", "cleared_gradient", 4, "loss.backward()\nself.optimizer.zero_grad()\nself.optimizer.step()\n"),
    wrong_step(
        "a new optimizer in every call",
        "own_optimizer",
        4,
        "optimizer = torch.optim.Adam(self.qnetwork_local.parameters())\noptimizer.zero_grad()\nloss.backward()\noptimizer.step()",
    ),
    Wrong(
        "every second batch",
        "skipped_batch",
        0,
        ("self.calls = getattr(self, 'calls', 0) + 1\nif self.calls % 2:\n    return\n" + TARGETS + PREDICTIONS + LOSS + STEP,),
    ),
    Wrong("batch unpacked in another order", "other_values rows_unused", 1.5, (TARGETS + PREDICTIONS + LOSS + STEP,), (("states, actions, rewards, next_states, terminated =", "next_states, actions, rewards, states, terminated ="),)),
    Wrong("nothing", "no_backward", 0, ("pass",)),
    Wrong("nothing but the soft update's opposite", "no_backward hard_copy", 0, ("self.qnetwork_target.load_state_dict(self.qnetwork_local.state_dict())",)),
    wrong_around("no soft update", "no_soft_update", 4.5, (SOFT_UPDATE, "pass")),
    wrong_around(
        "soft update the wrong way",
        "soft_update_backwards",
        4.5,
        (SOFT_UPDATE, "self.soft_update(self.qnetwork_target, self.qnetwork_local, TAU)"),
    ),
    wrong_around("target network blended with itself", "no_soft_update", 4.5, (SOFT_UPDATE, "self.soft_update(self.qnetwork_target, self.qnetwork_target, TAU)")),
    Wrong("both networks trained", "target_trained", 3.5, (TARGETS.replace(".detach()", "") + PREDICTIONS + LOSS + STEP,), (("Adam(self.qnetwork_local.parameters()", "Adam([*self.qnetwork_local.parameters(), *self.qnetwork_target.parameters()]"),)),
    wrong_around("tau swapped", "tau_swapped", 4.5, (BLEND, "(1.0 - tau) * local_param.data + tau * target_param.data")),
    wrong_around("copied after every call", "hard_copy", 4.5, (SOFT_UPDATE, "self.qnetwork_target.load_state_dict(self.qnetwork_local.state_dict())")),
    wrong_around("away from the online network", "odd_target", 4.5, (BLEND, "target_param.data - tau * (local_param.data - target_param.data)")),
    wrong_around("tau of 0.8", "fast_target", 4.5, ("TAU = 1e-3", "TAU = 0.8")),
    wrong_around("one network for both", "same_network", 0, ("self.qnetwork_target = QNetwork(state_size, action_size, seed).to(device)", "self.qnetwork_target = self.qnetwork_local")),
    wrong_around("optimizer of the target network", "wrong_optimizer", 0, ("Adam(self.qnetwork_local", "Adam(self.qnetwork_target")),
    wrong_around("__init__ fails", "error", 0, ("self.t_step = 0", "self.t_step = None + 1")),
)

GOOD = TARGETS + PREDICTIONS + LOSS + STEP
RIGHT = (
    Right("as in the lesson", (GOOD,)),
    Right("half of the squared error", (TARGETS + PREDICTIONS + "loss = 0.5 * ((targets - predictions) ** 2).mean()\n" + STEP,)),
    Right("smooth L1", (TARGETS + PREDICTIONS + "loss = F.smooth_l1_loss(predictions, targets)\n" + STEP,)),
    Right("Huber with another delta", (TARGETS + PREDICTIONS + "loss = F.huber_loss(predictions, targets, delta=0.5)\n" + STEP,)),
    Right("sum over the batch", (TARGETS + PREDICTIONS + "loss = F.mse_loss(predictions, targets, reduction='sum')\n" + STEP,)),
    Right("one-hot", (TARGETS + "chosen = F.one_hot(actions.squeeze(1), self.action_size)\npredictions = (self.qnetwork_local(states) * chosen).sum(1, keepdim=True)\n" + LOSS + STEP,)),
    Right("fancy indexing", (TARGETS + "predictions = self.qnetwork_local(states)[torch.arange(len(actions)), actions[:, 0]]\nloss = F.mse_loss(predictions, targets[:, 0])\n" + STEP,)),
    Right("norm clipped", (TARGETS + PREDICTIONS + LOSS + "self.optimizer.zero_grad()\nloss.backward()\ntorch.nn.utils.clip_grad_norm_(self.qnetwork_local.parameters(), 0.5)\nself.optimizer.step()",)),
    Right("values clipped", (TARGETS + PREDICTIONS + LOSS + "self.optimizer.zero_grad()\nloss.backward()\ntorch.nn.utils.clip_grad_value_(self.qnetwork_local.parameters(), 1.0)\nself.optimizer.step()",)),
    Right("cleared after the step", (TARGETS + PREDICTIONS + LOSS + "loss.backward()\nself.optimizer.step()\nself.optimizer.zero_grad()\n",)),
    Right("cleared on the network", (TARGETS + PREDICTIONS + LOSS + "self.qnetwork_local.zero_grad()\nloss.backward()\nself.optimizer.step()\n",)),
    Right("target network's gradient is never used", (TARGETS.replace(".detach()", "") + PREDICTIONS + LOSS + STEP,)),
    Right(
        "loop over BATCH_SIZE transitions",
        (
            """
            loss = 0
            for i in range(BATCH_SIZE):
                target = rewards[i, 0].item()
                if not terminated[i, 0]:
                    target += gamma * self.qnetwork_target(next_states[i]).max().item()
                loss = loss + (self.qnetwork_local(states[i])[actions[i, 0]] - target) ** 2
            loss = loss / BATCH_SIZE
            """
            .replace("            ", "") + STEP,
        ),
    ),
    Right("eval and train", ("self.qnetwork_target.eval()\nself.qnetwork_local.train()\n" + GOOD + "return loss.item()" * 0,)),
    Right("returns the loss, counts the updates", ("self.updates = getattr(self, 'updates', 0) + 1\n" + GOOD + SOFT_UPDATE + "\nreturn loss.item()",)),
    Right("soft update first", (SOFT_UPDATE + "\n" + GOOD,), ((SOFT_UPDATE + "\n\n", "\n"),)),
    Right(
        "copied every 100 updates",
        (GOOD,),
        (
            (
                SOFT_UPDATE,
                "self.updates = getattr(self, 'updates', 0) + 1\n        if self.updates % 100 == 0:\n"
                "            self.qnetwork_target.load_state_dict(self.qnetwork_local.state_dict())",
            ),
        ),
    ),
    Right("optimizer of both, target detached", (GOOD,), (("Adam(self.qnetwork_local.parameters()", "Adam([*self.qnetwork_local.parameters(), *self.qnetwork_target.parameters()]"),)),
    Right("lerp", (GOOD,), (("target_param.data.copy_(" + BLEND + ")", "target_param.data.lerp_(local_param.data, tau)"),)),
    Right("larger tau", (GOOD,), (("TAU = 1e-3", "TAU = 1e-2"),)),
    Right("closure", (TARGETS + "def closure():\n    self.optimizer.zero_grad()\n    loss = F.mse_loss(self.qnetwork_local(states).gather(1, actions), targets)\n    loss.backward()\n    return loss\nself.optimizer.step(closure)",)),
    Right("target for all actions", (TARGETS + "q = self.qnetwork_local(states)\nloss = F.mse_loss(q, q.detach().scatter(1, actions, targets))\n" + STEP,)),
    Right(
        "weights kept in lists",
        (GOOD,),
        (
            (SOFT_UPDATE, "torch._foreach_lerp_(self.theirs, self.mine, TAU)"),
            ("self.t_step = 0\n", "self.t_step = 0\n        self.mine, self.theirs = ([p.data for p in q.parameters()] for q in (self.qnetwork_local, self.qnetwork_target))\n"),
        ),
    ),
    Right(
        "one transition after the other",
        (TARGETS + "self.optimizer.zero_grad()\nfor s, a, y in zip(states, actions, targets):\n    ((self.qnetwork_local(s)[a] - y) ** 2 / len(states)).sum().backward()\nself.optimizer.step()",),
    ),
    Right("two steps a call", (GOOD + PREDICTIONS + LOSS + STEP,)),
    Right("network of its own", (GOOD,), (("from model import QNetwork", "from dqn_course.networks import QNetwork as Net\n\nQNetwork = Net"),)),
    Right("another batch size", (GOOD,), (("BATCH_SIZE = 64", "BATCH_SIZE = 128"),)),
)
