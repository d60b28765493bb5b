"""Answers to exercise 6.3, the body of ``Agent.learn`` in dqn_agent.py, before the line of the soft update."""

from mutants import Right, Wrong, code

NEXT = "next_q = self.qnetwork_target(next_states).detach().max(1, keepdim=True)[0]"
BELLMAN = "targets = rewards + gamma * (1 - terminated) * next_q"
TARGETS = code(NEXT, BELLMAN)
PREDICTIONS = "predictions = self.qnetwork_local(states).gather(1, actions)"
LOSS = "loss = F.mse_loss(predictions, targets)"
STEP = code("self.optimizer.zero_grad()", "loss.backward()", "self.optimizer.step()")
REST = code(PREDICTIONS, LOSS, STEP)

# What stands around the solution, for answers that change it.
SOFT_UPDATE = "self.soft_update(self.qnetwork_local, self.qnetwork_target, TAU)"
BLEND = "tau * local_param.data + (1.0 - tau) * target_param.data"

WRONG = (
    Wrong("no terminal mask", "no_mask", 4, code(NEXT, "targets = rewards + gamma * next_q", REST)),
    Wrong("inverted mask", "inverted_mask", 2.5, code(NEXT, "targets = rewards + gamma * terminated * next_q", REST)),
    Wrong(
        "mask on the reward too",
        "reward_masked",
        4,
        code(NEXT, "targets = (1 - terminated) * (rewards + gamma * next_q)", REST),
    ),
    Wrong(
        "~ on whole numbers",
        "bitwise_mask",
        2.5,
        code(NEXT, "targets = rewards + gamma * ~terminated.long() * next_q", REST),
    ),
    Wrong("no discount", "no_discount", 3.5, code(NEXT, "targets = rewards + (1 - terminated) * next_q", REST)),
    Wrong(
        "GAMMA instead of gamma",
        "fixed_discount",
        3.5,
        code(NEXT, "targets = rewards + GAMMA * (1 - terminated) * next_q", REST),
    ),
    Wrong(
        "online network for the target",
        "online_network",
        3.5,
        code("next_q = self.qnetwork_local(next_states).detach().max(1, keepdim=True)[0]", BELLMAN, REST),
    ),
    Wrong(
        "gradient through the target",
        "leak",
        2.5,
        code("next_q = self.qnetwork_local(next_states).max(1, keepdim=True)[0]", BELLMAN, REST),
    ),
    Wrong(
        "states instead of next_states",
        "present_state",
        3.5,
        code("next_q = self.qnetwork_target(states).detach().max(1, keepdim=True)[0]", BELLMAN, REST),
    ),
    Wrong(
        "minimum",
        "minimum",
        3.5,
        code("next_q = self.qnetwork_target(next_states).detach().min(1, keepdim=True)[0]", BELLMAN, REST),
    ),
    Wrong(
        "mean",
        "mean",
        3.5,
        code("next_q = self.qnetwork_target(next_states).detach().mean(1, keepdim=True)", BELLMAN, REST),
    ),
    Wrong(
        "sum",
        "sum",
        3.5,
        code("next_q = self.qnetwork_target(next_states).detach().sum(1, keepdim=True)", BELLMAN, REST),
    ),
    Wrong(
        "argmax",
        "argmax",
        3.5,
        code("next_q = self.qnetwork_target(next_states).detach().argmax(1, keepdim=True)", BELLMAN, REST),
    ),
    Wrong(
        "next value of the action taken",
        "next_action",
        3.5,
        code("next_q = self.qnetwork_target(next_states).detach().gather(1, actions)", BELLMAN, REST),
    ),
    Wrong(
        "next value of action 0",
        "first_action",
        3.5,
        code("next_q = self.qnetwork_target(next_states).detach()[:, :1]", BELLMAN, REST),
    ),
    Wrong(
        "one maximum for the batch",
        "whole_batch",
        3.5,
        code("next_q = self.qnetwork_target(next_states).detach().max()", BELLMAN, REST),
    ),
    Wrong(
        "Double DQN",
        "double_dqn",
        3.5,
        code(
            "best = self.qnetwork_local(next_states).detach().argmax(1, keepdim=True)",
            "next_q = self.qnetwork_target(next_states).detach().gather(1, best)",
            BELLMAN,
            REST,
        ),
    ),
    Wrong(
        "softmax on the next values",
        "softmax_target",
        3.5,
        code("next_q = self.qnetwork_target(next_states).detach().softmax(1).max(1, keepdim=True)[0]", BELLMAN, REST),
    ),
    Wrong(
        "(B, 1) + (B,) in the target",
        "stretched_target",
        2.5,
        code("next_q = self.qnetwork_target(next_states).detach().max(1)[0]", BELLMAN, REST),
    ),
    Wrong("reward alone", "no_next_value", 2.5, code("targets = rewards", REST)),
    Wrong("no reward", "no_reward", 2.5, code(NEXT, "targets = gamma * (1 - terminated) * next_q", REST)),
    Wrong(
        "reward clipped",
        "reward_clipped",
        3.5,
        code(NEXT, "targets = rewards.clamp(-1, 1) + gamma * (1 - terminated) * next_q", REST),
    ),
    Wrong("zeros as targets", "no_next_value no_reward", 2.5, code("targets = torch.zeros_like(rewards)", REST)),
    Wrong(
        "online network and no mask",
        "online_network no_mask",
        2.5,
        code(
            "next_q = self.qnetwork_local(next_states).detach().max(1, keepdim=True)[0]",
            "targets = rewards + gamma * next_q",
            REST,
        ),
    ),
    Wrong("all actions", "all_actions", 4, code(TARGETS, "predictions = self.qnetwork_local(states)", LOSS, STEP)),
    Wrong(
        "largest Q",
        "largest_q",
        4,
        code(TARGETS, "predictions = self.qnetwork_local(states).max(1, keepdim=True)[0]", LOSS, STEP),
    ),
    Wrong(
        "mean Q",
        "mean_q",
        4,
        code(TARGETS, "predictions = self.qnetwork_local(states).mean(1, keepdim=True)", LOSS, STEP),
    ),
    Wrong("Q of action 0", "first_q", 4, code(TARGETS, "predictions = self.qnetwork_local(states)[:, :1]", LOSS, STEP)),
    Wrong(
        "softmax on Q",
        "softmax_q",
        4,
        code(TARGETS, "predictions = F.softmax(self.qnetwork_local(states), 1).gather(1, actions)", LOSS, STEP),
    ),
    Wrong(
        "(B, 1) against (B,)",
        "stretched_loss",
        2.5,
        code(TARGETS, "predictions = self.qnetwork_local(states).gather(1, actions).squeeze(1)", LOSS, STEP),
    ),
    Wrong(
        "prediction of the target network",
        "error",
        0,
        code(TARGETS, "predictions = self.qnetwork_target(states).detach().gather(1, actions)", LOSS, STEP),
    ),
    Wrong(
        "trains the target network's prediction",
        "no_backward",
        0,
        code(TARGETS, "predictions = self.qnetwork_target(states).gather(1, actions)", LOSS, STEP),
    ),
    Wrong(
        "prediction under no_grad",
        "error",
        0,
        code(
            TARGETS,
            "with torch.no_grad():",
            "    predictions = self.qnetwork_local(states).gather(1, actions)",
            LOSS,
            STEP,
        ),
    ),
    Wrong("uphill", "uphill", 4, code(TARGETS, PREDICTIONS, "loss = -F.mse_loss(predictions, targets)", STEP)),
    Wrong(
        "absolute error",
        "absolute_error",
        4,
        code(TARGETS, PREDICTIONS, "loss = F.l1_loss(predictions, targets)", STEP),
    ),
    Wrong(
        "error clipped before it is squared",
        "clamped_error",
        4,
        code(TARGETS, PREDICTIONS, "loss = (predictions - targets).clamp(-1, 1).pow(2).mean()", STEP),
    ),
    Wrong("not squared", "not_squared", 1, code(TARGETS, PREDICTIONS, "loss = (predictions - targets).mean()", STEP)),
    Wrong(
        "mean before the square",
        "sum_squared",
        2.5,
        code(TARGETS, PREDICTIONS, "loss = (predictions - targets).mean() ** 2", STEP),
    ),
    Wrong(
        "first transition only",
        "rows_unused",
        2.5,
        code(TARGETS, PREDICTIONS, "loss = F.mse_loss(predictions[:1], targets[:1])", STEP),
    ),
    Wrong(
        "weighted by row",
        "wrong_weights",
        4,
        code(
            TARGETS,
            PREDICTIONS,
            "weights = torch.arange(1.0, len(targets) + 1).unsqueeze(1)",
            "loss = (weights * (predictions - targets) ** 2).mean()",
            STEP,
        ),
    ),
    Wrong(
        "fourth power",
        "wrong_weights",
        4,
        code(TARGETS, PREDICTIONS, "loss = ((predictions - targets) ** 4).mean()", STEP),
    ),
    Wrong(
        "logarithm of cosh",
        "wrong_weights",
        4,
        code(TARGETS, PREDICTIONS, "loss = (predictions - targets).cosh().log().mean()", STEP),
    ),
    Wrong(
        "terminated transitions left out",
        "ends_unused",
        4,
        code(
            TARGETS, PREDICTIONS, "rest = terminated == 0", "loss = F.mse_loss(predictions[rest], targets[rest])", STEP
        ),
    ),
    Wrong(
        "loss as a number",
        "error",
        0,
        code(TARGETS, PREDICTIONS, "loss = F.mse_loss(predictions, targets).item()", STEP),
    ),
    Wrong(
        "gradients not cleared",
        "not_cleared",
        4,
        code(TARGETS, PREDICTIONS, LOSS, "loss.backward()", "self.optimizer.step()"),
    ),
    Wrong("no step", "no_step", 4, code(TARGETS, PREDICTIONS, LOSS, "self.optimizer.zero_grad()", "loss.backward()")),
    Wrong(
        "no backward",
        "no_backward",
        0,
        code(TARGETS, PREDICTIONS, LOSS, "self.optimizer.zero_grad()", "self.optimizer.step()"),
    ),
    Wrong(
        "step before backward",
        "step_before_backward",
        4,
        code(TARGETS, PREDICTIONS, LOSS, "self.optimizer.zero_grad()", "self.optimizer.step()", "loss.backward()"),
    ),
    Wrong(
        "cleared before the step",
        "cleared_gradient",
        4,
        code(TARGETS, PREDICTIONS, LOSS, "loss.backward()", "self.optimizer.zero_grad()", "self.optimizer.step()"),
    ),
    Wrong(
        "a new optimizer in every call",
        "own_optimizer",
        4,
        code(
            TARGETS,
            PREDICTIONS,
            LOSS,
            "optimizer = torch.optim.Adam(self.qnetwork_local.parameters())",
            "optimizer.zero_grad()",
            "loss.backward()",
            "optimizer.step()",
        ),
    ),
    Wrong(
        "every second batch",
        "skipped_batch",
        0,
        code("self.calls = getattr(self, 'calls', 0) + 1", "if self.calls % 2:", "    return", TARGETS, REST),
    ),
    Wrong(
        "batch unpacked in another order",
        "other_values rows_unused",
        1.5,
        code(TARGETS, REST),
        changes=(
            (
                "states, actions, rewards, next_states, terminated =",
                "next_states, actions, rewards, states, terminated =",
            ),
        ),
    ),
    Wrong("nothing", "no_backward", 0, "pass"),
    Wrong(
        "nothing but the soft update's opposite",
        "no_backward hard_copy",
        0,
        "self.qnetwork_target.load_state_dict(self.qnetwork_local.state_dict())",
    ),
    Wrong("no soft update", "no_soft_update", 4.5, code(TARGETS, REST), changes=((SOFT_UPDATE, "pass"),)),
    Wrong(
        "soft update the wrong way",
        "soft_update_backwards",
        4.5,
        code(TARGETS, REST),
        changes=((SOFT_UPDATE, "self.soft_update(self.qnetwork_target, self.qnetwork_local, TAU)"),),
    ),
    Wrong(
        "target network blended with itself",
        "no_soft_update",
        4.5,
        code(TARGETS, REST),
        changes=((SOFT_UPDATE, "self.soft_update(self.qnetwork_target, self.qnetwork_target, TAU)"),),
    ),
    Wrong(
        "both networks trained",
        "target_trained",
        3.5,
        code("next_q = self.qnetwork_target(next_states).max(1, keepdim=True)[0]", BELLMAN, REST),
        changes=(
            (
                "Adam(self.qnetwork_local.parameters()",
                "Adam([*self.qnetwork_local.parameters(), *self.qnetwork_target.parameters()]",
            ),
        ),
    ),
    Wrong(
        "tau swapped",
        "tau_swapped",
        4.5,
        code(TARGETS, REST),
        changes=((BLEND, "(1.0 - tau) * local_param.data + tau * target_param.data"),),
    ),
    Wrong(
        "copied after every call",
        "hard_copy",
        4.5,
        code(TARGETS, REST),
        changes=((SOFT_UPDATE, "self.qnetwork_target.load_state_dict(self.qnetwork_local.state_dict())"),),
    ),
    Wrong(
        "away from the online network",
        "odd_target",
        4.5,
        code(TARGETS, REST),
        changes=((BLEND, "target_param.data - tau * (local_param.data - target_param.data)"),),
    ),
    Wrong("tau of 0.8", "fast_target", 4.5, code(TARGETS, REST), changes=(("TAU = 1e-3", "TAU = 0.8"),)),
    Wrong(
        "one network for both",
        "same_network",
        0,
        code(TARGETS, REST),
        changes=(
            (
                "self.qnetwork_target = QNetwork(state_size, action_size, seed).to(device)",
                "self.qnetwork_target = self.qnetwork_local",
            ),
        ),
    ),
    Wrong(
        "optimizer of the target network",
        "wrong_optimizer",
        0,
        code(TARGETS, REST),
        changes=(("Adam(self.qnetwork_local", "Adam(self.qnetwork_target"),),
    ),
    Wrong("__init__ fails", "error", 0, code(TARGETS, REST), changes=(("self.t_step = 0", "self.t_step = None + 1"),)),
)

RIGHT = (
    Right("as in the lesson", code(TARGETS, REST)),
    Right(
        "half of the squared error",
        code(TARGETS, PREDICTIONS, "loss = 0.5 * ((targets - predictions) ** 2).mean()", STEP),
    ),
    Right("smooth L1", code(TARGETS, PREDICTIONS, "loss = F.smooth_l1_loss(predictions, targets)", STEP)),
    Right(
        "Huber with another delta",
        code(TARGETS, PREDICTIONS, "loss = F.huber_loss(predictions, targets, delta=0.5)", STEP),
    ),
    Right(
        "sum over the batch",
        code(TARGETS, PREDICTIONS, "loss = F.mse_loss(predictions, targets, reduction='sum')", STEP),
    ),
    Right(
        "one-hot",
        code(
            TARGETS,
            "chosen = F.one_hot(actions.squeeze(1), self.action_size)",
            "predictions = (self.qnetwork_local(states) * chosen).sum(1, keepdim=True)",
            LOSS,
            STEP,
        ),
    ),
    Right(
        "fancy indexing",
        code(
            TARGETS,
            "predictions = self.qnetwork_local(states)[torch.arange(len(actions)), actions[:, 0]]",
            "loss = F.mse_loss(predictions, targets[:, 0])",
            STEP,
        ),
    ),
    Right(
        "norm clipped",
        code(
            TARGETS,
            PREDICTIONS,
            LOSS,
            "self.optimizer.zero_grad()",
            "loss.backward()",
            "torch.nn.utils.clip_grad_norm_(self.qnetwork_local.parameters(), 0.5)",
            "self.optimizer.step()",
        ),
    ),
    Right(
        "values clipped",
        code(
            TARGETS,
            PREDICTIONS,
            LOSS,
            "self.optimizer.zero_grad()",
            "loss.backward()",
            "torch.nn.utils.clip_grad_value_(self.qnetwork_local.parameters(), 1.0)",
            "self.optimizer.step()",
        ),
    ),
    Right(
        "cleared after the step",
        code(TARGETS, PREDICTIONS, LOSS, "loss.backward()", "self.optimizer.step()", "self.optimizer.zero_grad()"),
    ),
    Right(
        "cleared on the network",
        code(TARGETS, PREDICTIONS, LOSS, "self.qnetwork_local.zero_grad()", "loss.backward()", "self.optimizer.step()"),
    ),
    Right(
        "target network's gradient is never used",
        code("next_q = self.qnetwork_target(next_states).max(1, keepdim=True)[0]", BELLMAN, REST),
    ),
    Right(
        "loop over BATCH_SIZE transitions",
        code(
            "loss = 0",
            "for i in range(BATCH_SIZE):",
            "    target = rewards[i, 0].item()",
            "    if not terminated[i, 0]:",
            "        target += gamma * self.qnetwork_target(next_states[i]).max().item()",
            "    loss = loss + (self.qnetwork_local(states[i])[actions[i, 0]] - target) ** 2",
            "loss = loss / BATCH_SIZE",
            STEP,
        ),
    ),
    Right("eval and train", code("self.qnetwork_target.eval()", "self.qnetwork_local.train()", TARGETS, REST)),
    Right(
        "returns the loss, counts the updates",
        code("self.updates = getattr(self, 'updates', 0) + 1", TARGETS, REST, SOFT_UPDATE, "return loss.item()"),
    ),
    Right(
        "soft update first",
        code(SOFT_UPDATE, TARGETS, REST),
        changes=((code("self.soft_update(self.qnetwork_local, self.qnetwork_target, TAU)", "", ""), code("", "")),),
    ),
    Right(
        "copied every 100 updates",
        code(TARGETS, REST),
        changes=(
            (
                SOFT_UPDATE,
                code(
                    "self.updates = getattr(self, 'updates', 0) + 1",
                    "        if self.updates % 100 == 0:",
                    "            self.qnetwork_target.load_state_dict(self.qnetwork_local.state_dict())",
                ),
            ),
        ),
    ),
    Right(
        "optimizer of both, target detached",
        code(TARGETS, REST),
        changes=(
            (
                "Adam(self.qnetwork_local.parameters()",
                "Adam([*self.qnetwork_local.parameters(), *self.qnetwork_target.parameters()]",
            ),
        ),
    ),
    Right(
        "lerp",
        code(TARGETS, REST),
        changes=(
            (
                "target_param.data.copy_(tau * local_param.data + (1.0 - tau) * target_param.data)",
                "target_param.data.lerp_(local_param.data, tau)",
            ),
        ),
    ),
    Right("larger tau", code(TARGETS, REST), changes=(("TAU = 1e-3", "TAU = 1e-2"),)),
    Right(
        "closure",
        code(
            TARGETS,
            "def closure():",
            "    self.optimizer.zero_grad()",
            "    loss = F.mse_loss(self.qnetwork_local(states).gather(1, actions), targets)",
            "    loss.backward()",
            "    return loss",
            "self.optimizer.step(closure)",
        ),
    ),
    Right(
        "target for all actions",
        code(
            TARGETS,
            "q = self.qnetwork_local(states)",
            "loss = F.mse_loss(q, q.detach().scatter(1, actions, targets))",
            STEP,
        ),
    ),
    Right(
        "weights kept in lists",
        code(TARGETS, REST),
        changes=(
            (SOFT_UPDATE, "torch._foreach_lerp_(self.theirs, self.mine, TAU)"),
            (
                code("self.t_step = 0", ""),
                code(
                    "self.t_step = 0",
                    "        self.mine = [p.data for p in self.qnetwork_local.parameters()]",
                    "        self.theirs = [p.data for p in self.qnetwork_target.parameters()]",
                    "",
                ),
            ),
        ),
    ),
    Right(
        "one transition after the other",
        code(
            TARGETS,
            "self.optimizer.zero_grad()",
            "for s, a, y in zip(states, actions, targets):",
            "    ((self.qnetwork_local(s)[a] - y) ** 2 / len(states)).sum().backward()",
            "self.optimizer.step()",
        ),
    ),
    Right("two steps a call", code(TARGETS, REST, REST)),
    Right(
        "network of its own",
        code(TARGETS, REST),
        changes=(
            (
                "from model import QNetwork",
                code("from dqn_course.networks import QNetwork as Net", "", "QNetwork = Net"),
            ),
        ),
    ),
    Right("another batch size", code(TARGETS, REST), changes=(("BATCH_SIZE = 64", "BATCH_SIZE = 128"),)),
)
