"""Answers to exercise 6.2, ``td_targets(rewards, next_q, terminated, gamma)``."""

from mutants import Right, Wrong, code

WRONG = (
    Wrong("no terminal mask", "no_mask", 2, "return rewards + gamma * next_q.max(dim=1, keepdim=True).values"),
    Wrong("inverted mask", "inverted_mask", 0, "return rewards + gamma * terminated * next_q.max(1, keepdim=True)[0]"),
    Wrong(
        "mask on the reward too",
        "reward_masked",
        2,
        "return (1 - terminated) * (rewards + gamma * next_q.max(1, keepdim=True)[0])",
    ),
    Wrong("no discount", "no_discount", 2, "return rewards + (1 - terminated) * next_q.max(1, keepdim=True)[0]"),
    Wrong(
        "fixed discount",
        "fixed_discount",
        2,
        "return rewards + 0.99 * (1 - terminated) * next_q.max(1, keepdim=True)[0]",
    ),
    Wrong(
        "discounted reward",
        "reward_discounted",
        2,
        "return gamma * (rewards + (1 - terminated) * next_q.max(1, keepdim=True)[0])",
    ),
    Wrong("(B, 1) + (B,)", "broadcast", 0, "return rewards + gamma * (1 - terminated) * next_q.max(dim=1).values"),
    Wrong(
        "shape (B,)",
        "flat",
        2,
        "return (rewards + gamma * (1 - terminated) * next_q.max(1, keepdim=True)[0]).squeeze(1)",
    ),
    Wrong(
        "shape (1, B)",
        "other_shape",
        2,
        "return (rewards + gamma * (1 - terminated) * next_q.max(1, keepdim=True)[0]).T",
    ),
    Wrong(
        "maximum over the batch",
        "no_maximum",
        0,
        "return rewards + gamma * (1 - terminated) * next_q.max(dim=0).values",
    ),
    Wrong("one maximum for all", "whole_batch", 2, "return rewards + gamma * (1 - terminated) * next_q.max()"),
    Wrong("minimum", "minimum", 2, "return rewards + gamma * (1 - terminated) * next_q.min(1, keepdim=True)[0]"),
    Wrong("mean", "mean", 2, "return rewards + gamma * (1 - terminated) * next_q.mean(1, keepdim=True)"),
    Wrong("sum", "sum", 2, "return rewards + gamma * (1 - terminated) * next_q.sum(1, keepdim=True)"),
    Wrong("argmax", "argmax", 2, "return rewards + gamma * (1 - terminated) * next_q.argmax(1, keepdim=True)"),
    Wrong("no maximum", "no_maximum", 0, "return rewards + gamma * (1 - terminated) * next_q"),
    Wrong("action 0", "first_action", 2, "return rewards + gamma * (1 - terminated) * next_q[:, :1]"),
    Wrong(
        "largest size",
        "absolute",
        2,
        "return rewards + gamma * (1 - terminated) * next_q.abs().max(1, keepdim=True)[0]",
    ),
    Wrong(
        "no negative value",
        "no_negative",
        2,
        "return rewards + gamma * (1 - terminated) * next_q.max(1, keepdim=True)[0].relu()",
    ),
    Wrong("no reward", "no_reward", 0, "return gamma * (1 - terminated) * next_q.max(1, keepdim=True)[0]"),
    Wrong(
        "reward clipped",
        "reward_clipped",
        2,
        "return rewards.clamp(-1, 1) + gamma * (1 - terminated) * next_q.max(1, keepdim=True)[0]",
    ),
    Wrong("minus", "subtracted", 2, "return rewards - gamma * (1 - terminated) * next_q.max(1, keepdim=True)[0]"),
    Wrong(
        "~ on whole numbers",
        "bitwise_mask",
        0,
        "return rewards + gamma * ~terminated.long() * next_q.max(1, keepdim=True)[0]",
    ),
    Wrong("~ on floats", "error", 0, "return rewards + gamma * ~terminated * next_q.max(1, keepdim=True)[0]"),
    Wrong(
        ".values forgotten", "error", 0, "return rewards + gamma * (1 - terminated) * next_q.max(dim=1, keepdim=True)"
    ),
    Wrong(
        "if on a batch",
        "error",
        0,
        "return rewards if terminated else rewards + gamma * next_q.max(1, keepdim=True)[0]",
    ),
    Wrong("minimum and no mask", "minimum no_mask", 0, "return rewards + gamma * next_q.min(1, keepdim=True)[0]"),
    Wrong("nothing returned", "wrong_return", 0, "rewards + gamma * (1 - terminated) * next_q.max(1, keepdim=True)[0]"),
    Wrong("only the rewards", "reward_alone", 0, "return rewards"),
    Wrong("zeros", "wrong_targets reward_masked", 0, "return torch.zeros_like(rewards)"),
    Wrong("a plain mask", "wrong_targets", 0, "return rewards + (1 - terminated)"),
    Wrong(
        "a list",
        "not_a_tensor",
        2,
        "return (rewards + gamma * (1 - terminated) * next_q.max(1, keepdim=True)[0]).tolist()",
    ),
    Wrong(
        "whole numbers",
        "whole_numbers",
        2,
        "return (rewards + gamma * (1 - terminated) * next_q.max(1, keepdim=True)[0]).long()",
    ),
    Wrong(
        "mean over the batch",
        "one_number",
        0,
        "return (rewards + gamma * (1 - terminated) * next_q.max(1, keepdim=True)[0]).mean()",
    ),
)

RIGHT = (
    Right("keepdim", "return rewards + gamma * (1 - terminated) * next_q.max(dim=1, keepdim=True).values"),
    Right("unsqueeze", "return rewards + gamma * (1 - terminated) * next_q.max(1)[0].unsqueeze(1)"),
    Right(
        "loop",
        code(
            "targets = []",
            "for r, q, d in zip(rewards, next_q, terminated):",
            "    targets.append([r.item() if d else r.item() + gamma * max(q.tolist())])",
            "return torch.tensor(targets)",
        ),
    ),
    Right("where", "return torch.where(terminated.bool(), rewards, rewards + gamma * next_q.amax(1, keepdim=True))"),
    Right(
        "in place",
        code(
            "next_q = next_q.max(1, keepdim=True)[0]",
            "next_q[terminated == 1] = 0",
            "return rewards.add_(gamma * next_q)",
        ),
    ),
    Right(
        "numpy",
        code(
            "best = next_q.numpy().max(axis=1, keepdims=True)",
            "return rewards.numpy() + gamma * (1.0 - terminated.numpy()) * best",
        ),
    ),
    Right(
        "float64",
        "return rewards.double() + gamma * (1 - terminated.double()) * next_q.double().max(1, keepdim=True)[0]",
    ),
    Right("logical not", "return rewards + gamma * (~terminated.bool()) * next_q.max(1, keepdim=True)[0]"),
    Right(
        "sorted, gathered",
        code(
            "best = next_q.argmax(1, keepdim=True)",
            "return rewards + gamma * next_q.gather(1, best) * (terminated < 0.5)",
        ),
    ),
    Right("half precision", "return (rewards + gamma * (1 - terminated) * next_q.max(1, keepdim=True)[0]).half()"),
    Right(
        "view",
        code(
            "best = next_q.topk(1, dim=-1).values",
            "return (rewards.view(-1) + gamma * best.view(-1) * (1 - terminated.view(-1))).view(-1, 1)",
        ),
    ),
)
