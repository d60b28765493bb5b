"""Answers to ``average_max_q``."""

from mutants import Right, Wrong, code


def in_batches(part="network(batch).max(dim=1).values", result="torch.cat(best).mean()", quiet="torch.no_grad()",
               batches="states.split(batch_size)"):  # fmt: skip
    """The solution, with one of its parts replaced."""
    return code(
        f"with {quiet}:",
        f"    best = [{part} for batch in {batches}]",
        f"return float({result})",
    )


SUM = (
    "total = 0.0",
    "with torch.no_grad():",
    "    for start in range(0, len(states), batch_size):",
    "        batch = states[start : start + batch_size]",
)

WRONG = (
    Wrong("mean of all", "mean_q", 2, in_batches("network(batch).mean(dim=1)")),
    Wrong("smallest", "smallest", 2, in_batches("network(batch).min(dim=1).values")),
    Wrong("argmax", "positions", 2, in_batches("network(batch).argmax(dim=1).float()")),
    Wrong("over states", "wrong_axis", 2, in_batches("network(batch).max(dim=0).values")),
    Wrong("over states, all at once", "wrong_axis all_at_once", 1.5, code(
        "with torch.no_grad():", "    return float(network(states).max(dim=0).values.mean())")),
    Wrong("largest of all", "largest_of_all", 1, in_batches("network(batch).max(dim=1).values",
                                                           "torch.cat(best).max()")),
    Wrong("largest of a batch", "largest_of_batch", 2, in_batches("network(batch).max()", "torch.stack(best).mean()")),
    Wrong("action 0", "first_action", 2, in_batches("network(batch)[:, 0]")),
    Wrong("sum", "sum_over_states", 2, in_batches(result="torch.cat(best).sum()")),
    Wrong("sum by batch_size", "sum_over_batch", 2, in_batches(result="torch.cat(best).sum() / batch_size")),
    Wrong("sum by full batches", "sum_over_batch", 2, in_batches(
        result="torch.cat(best).sum() / (len(best) * batch_size)")),
    Wrong("pieces", "chunks", 2.5, in_batches(batches="states.chunk(batch_size)")),
    Wrong("absolute values", "absolute", 2, in_batches("network(batch).abs().max(dim=1).values")),
    Wrong("two digits", "rounded", 2, in_batches(result="round(float(torch.cat(best).mean()), 2)")),
    Wrong("gradients off for good", "left_off", 2.5, code(
        "torch.set_grad_enabled(False)",
        "best = [network(batch).max(dim=1).values for batch in states.split(batch_size)]",
        "return float(torch.cat(best).mean())")),
    Wrong("halved in place", "error", 0, code("states.div_(2)", "return float(network(states).max(1).values.mean())")),
    Wrong("mean of means", "mean_of_means", 2, in_batches("network(batch).max(dim=1).values.mean()",
                                                         "sum(best) / len(best)")),
    Wrong("sum of means", "sum_of_means", 2, in_batches("network(batch).max(dim=1).values.mean()", "sum(best)")),
    Wrong("last batch lost", "last_lost error", 0.5, code(
        "best = []",
        "with torch.no_grad():",
        "    for i in range(len(states) // batch_size):",
        "        best.append(network(states[i * batch_size : (i + 1) * batch_size]).max(dim=1).values)",
        "return float(torch.cat(best).mean())")),
    Wrong("one batch only", "first_batch", 2, code(
        "for batch in states.split(batch_size):",
        "    with torch.no_grad():",
        "        return float(network(batch).max(dim=1).values.mean())")),
    Wrong("last batch only", "last_batch", 2, code(
        "for batch in states.split(batch_size):",
        "    with torch.no_grad():",
        "        best = network(batch).max(dim=1).values",
        "return float(best.mean())")),
    Wrong("median", "median", 2, in_batches(result="torch.cat(best).median()")),
    Wrong("divided by 255", "scaled", 2, in_batches("network(batch / 255).max(dim=1).values")),
    Wrong("minus one", "wrong_value", 1, in_batches(result="torch.cat(best).mean() - 1")),
    Wrong("all at once", "all_at_once", 2.5, code(
        "with torch.no_grad():", "    return float(network(states).max(dim=1).values.mean())")),
    Wrong("with gradients", "gradients", 2.5, in_batches(quiet="torch.enable_grad()")),
    Wrong("tied to the weights", "gradients", 2.5, code(
        "best = [network(batch).max(dim=1).values for batch in states.split(batch_size)]",
        "return torch.cat(best).mean()")),
    Wrong("all values", "many", 2, code(
        "with torch.no_grad():",
        "    return torch.cat([network(batch).max(dim=1).values for batch in states.split(batch_size)])")),
    Wrong("states changed", "states_changed", 2.5, code(
        "result = 0.0",
        "with torch.no_grad():",
        "    for batch in states.split(batch_size):",
        "        result += network(batch).max(dim=1).values.sum().item() / len(states)",
        "        batch.zero_()",
        "return result")),
    Wrong("max without values", "error", 0, in_batches("network(batch).max(dim=1)")),
    Wrong("not asked", "not_asked", 0, "return float(states.float().mean())"),
    Wrong("NumPy's max", "error", 0, code(
        "return float(np.mean([np.max(network(batch).numpy(), axis=1) for batch in states.split(batch_size)]))")),
    Wrong("no return", "wrong_return", 0, code("with torch.no_grad():", "    network(states[:1]).max()")),
)  # fmt: skip

RIGHT = (
    Right("as in the lesson", in_batches()),
    Right("a sum", code(*SUM, "        total += network(batch).max(dim=1).values.sum().item()",
                        "return total / len(states)")),
    Right("one state at a time", code(
        "with torch.no_grad():",
        "    return sum(network(state.unsqueeze(0)).max().item() for state in states) / len(states)")),
    Right("inference mode, amax", in_batches("network(batch).amax(1)", quiet="torch.inference_mode()")),
    Right("weighted means", code(*SUM, "        total += network(batch).max(1)[0].mean() * len(batch) / len(states)",
                                 "return total")),
    Right("NumPy", code(
        "with torch.no_grad():",
        "    values = np.concatenate([network(batch).numpy().max(axis=1) for batch in states.split(batch_size)])",
        "return values.mean()")),
    Right("smaller batches", in_batches(batches="states.split(max(1, batch_size // 2))")),
)  # fmt: skip
