"""Answers to exercises 9.1, 9.6 and 9.7: ``conv_output_size``, ``is_update_step`` and ``is_target_step``."""

from mutants import Right, Wrong, code

SIZE_WRONG = (
    Wrong("first place forgotten", "no_first", 0, "return (size - kernel) // stride"),
    Wrong("first place forgotten, not cut", "no_first", 0, "return (size - kernel) / stride"),
    Wrong("one too many", "one_too_many", 0, "return (size - kernel) // stride + 2"),
    Wrong("not cut", "not_cut", 0.5, "return (size - kernel) / stride + 1"),
    Wrong("rounded up", "rounded_up", 0.5, "return math.ceil((size - kernel) / stride) + 1"),
    Wrong("rounded", "rounded", 0.5, "return round((size - kernel) / stride) + 1"),
    Wrong("1 in the brackets", "brackets", 0, "return (size - kernel + 1) // stride"),
    Wrong("no kernel", "kernel_ignored", 0, "return size // stride"),
    Wrong("no stride", "stride_ignored", 0, "return size - kernel + 1"),
    Wrong("swapped", "swapped", 0, "return (size - stride) // kernel + 1"),
    Wrong("kernel added", "kernel_added", 0, "return (size + kernel) // stride + 1"),
    Wrong("padding of 1", "padded", 0, "return (size + 2 - kernel) // stride + 1"),
    Wrong("remainder", "remainder", 0, "return (size - kernel) % stride + 1"),
    Wrong("20", "constant", 0, "return 20"),
    Wrong("printed", "wrong_return", 0, "print((size - kernel) // stride + 1)"),
)
SIZE_RIGHT = (
    Right("range", "return len(range(0, size - kernel + 1, stride))"),
    Right("floor", "return math.floor((size - kernel) / stride + 1)"),
    Right("int", "return int((size - kernel) / stride) + 1"),
    Right("a layer", "return nn.Conv2d(1, 1, kernel, stride)(torch.zeros(1, 1, size, size)).shape[-1]"),
    Right(
        "loop",
        code("places, end = 0, kernel", "while end <= size:", "    places, end = places + 1, end + stride",
             "return places"),
    ),
)  # fmt: skip

UPDATE_WRONG = (
    Wrong("from the start", "starts_at_once", 0.5, "return agent_step % update_interval == 0"),
    Wrong(">=", "starts_early", 0.5, "return agent_step >= learning_starts and agent_step % update_interval == 0"),
    Wrong(
        "counted from learning_starts",
        "counted_from_start",
        0,
        "return agent_step > learning_starts and (agent_step - learning_starts) % update_interval == 0",
    ),
    Wrong("every step", "every_step", 0, "return agent_step > learning_starts"),
    Wrong("remainder as truth", "all_but", 0, "return agent_step > learning_starts and agent_step % update_interval"),
    Wrong("remainder 1", "one_off", 0, "return agent_step > learning_starts and agent_step % update_interval == 1"),
    Wrong("frames", "frames", 0, "return 4 * agent_step > learning_starts and 4 * agent_step % update_interval == 0"),
    Wrong(
        "every 4 updates' worth of frames",
        "frames",
        0,
        "return agent_step > learning_starts and agent_step % (4 * update_interval) == 0",
    ),
    Wrong("every fourth", "fixed_interval", 0, "return agent_step > learning_starts and agent_step % 4 == 0"),
    Wrong("50,000", "fixed_start", 0.5, "return agent_step > 50_000 and agent_step % update_interval == 0"),
    Wrong("never", "never", 0, "return False"),
    Wrong("before", "before", 0.5, "return agent_step < learning_starts and agent_step % update_interval == 0"),
    Wrong("or for and", "wrong_steps", 0, "return agent_step > learning_starts or agent_step % update_interval == 0"),
    Wrong("nothing returned", "wrong_return", 0, "agent_step > learning_starts and agent_step % update_interval == 0"),
)
UPDATE_RIGHT = (
    Right("not", "return agent_step > learning_starts and not agent_step % update_interval"),
    Right(
        "if",
        code("if agent_step <= learning_starts:", "    return False", "return agent_step % update_interval == 0"),
    ),
    Right("whole division", "return agent_step > learning_starts and agent_step == agent_step // update_interval * "
          "update_interval"),
    Right("numpy", "return np.logical_and(agent_step > learning_starts, np.mod(agent_step, update_interval) == 0)"),
    Right("1 and 0", "return int(agent_step > learning_starts) * int(agent_step % update_interval == 0)"),
)  # fmt: skip

BY_STEPS = "return agent_step % interval == 0"
TARGET_WRONG = (
    Wrong("always agent steps", "unit_ignored_steps", 1, BY_STEPS),
    Wrong("always updates", "unit_ignored_updates", 1, "return updated and updates % interval == 0"),
    Wrong(
        "units swapped",
        "units_swapped",
        0,
        code('if unit == "agent_steps":', "    return updated and updates % interval == 0", BY_STEPS),
    ),
    Wrong("repeats", "repeats", 1, code('if unit == "updates":', "    return updates % interval == 0", BY_STEPS)),
    Wrong(
        "repeats, but not before the first update",
        "repeats",
        1,
        code('if unit == "updates":', "    return updates > 0 and updates % interval == 0", BY_STEPS),
    ),
    Wrong(
        "only with an update",
        "waits_for_update",
        1,
        code("if not updated:", "    return False", 'count = updates if unit == "updates" else agent_step',
             "return count % interval == 0"),
    ),
    Wrong(
        "agent_step in both branches",
        "steps_at_updates",
        1,
        code('if unit == "updates":', "    return updated and agent_step % interval == 0", BY_STEPS),
    ),
    Wrong(
        "frames",
        "frames",
        1,
        code('if unit == "updates":', "    return updated and updates % interval == 0",
             "return 4 * agent_step % interval == 0"),
    ),
    Wrong(
        "four times the interval",
        "quarter",
        1,
        code('if unit == "updates":', "    return updated and updates % (4 * interval) == 0", BY_STEPS),
    ),
    Wrong(
        "remainder 1",
        "one_off",
        0,
        code('if unit == "updates":', "    return updated and updates % interval == 1",
             "return agent_step % interval == 1"),
    ),
    Wrong(
        "remainder as truth",
        "all_but",
        0,
        code('if unit == "updates":', "    return bool(updated and updates % interval)",
             "return bool(agent_step % interval)"),
    ),
    Wrong("always", "always", 0, "return True"),
    Wrong(
        "after every update", "only_updated", 1, code('if unit == "updates":', "    return updated", BY_STEPS)
    ),
    Wrong("never", "never", 0, "return False"),
    Wrong(
        "10,000",
        "fixed_interval",
        0,
        code('if unit == "updates":', "    return updated and updates % 10_000 == 0",
             "return agent_step % 10_000 == 0"),
    ),
    Wrong(
        "unit spelled otherwise",
        "unit_ignored_steps",
        1,
        code('if unit == "update":', "    return updated and updates % interval == 0", BY_STEPS),
    ),
)  # fmt: skip
TARGET_RIGHT = (
    Right(
        "one expression",
        'return agent_step % interval == 0 if unit == "agent_steps" else updated and updates % interval == 0',
    ),
    Right(
        "count",
        code('if unit == "agent_steps":', "    count, asked = agent_step, True", "else:",
             "    count, asked = updates, updated", "return asked and not count % interval"),
    ),
    Right(
        "and, or",
        'return (unit == "agent_steps" and agent_step % interval == 0) or (unit == "updates" and updated and updates '
        "% interval == 0)",
    ),
    Right(
        "no copy before the first update",
        code('if unit == "updates":', "    return updates > 0 and updated and updates % interval == 0", BY_STEPS),
    ),
)  # fmt: skip
