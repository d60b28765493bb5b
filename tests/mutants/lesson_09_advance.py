"""Answers to exercise 9.8, ``advance(run)``."""

from mutants import Right, Wrong, code

SEEN = code("frames = games.states[:, -1].copy()", "starts = games.starts.copy()")
ACT = "actions = run.act(games.states, run.epsilon())"
STEP = "rewards, terminated, truncated = games.step(actions)"
STORE = "memory.add(frames, actions, rewards.clip(-1, 1), terminated, starts, truncated)"
COUNT = code("for _ in range(run.config.n_games):", "    run.agent_steps += 1")
UPDATE = code("    if run.update_is_due():", "        run.update()")
COPY = code("    if run.copy_is_due():", "        run.copy_to_target()")
CLOCK = code(COUNT, UPDATE, COPY)


def answer(seen=SEEN, act=ACT, step=STEP, store=STORE, clock=CLOCK):
    return code(seen, act, step, store, clock)


WRONG = (
    Wrong("a window instead of a copy", "view", 2,
          answer(code("frames = games.states[:, -1]", "starts = games.starts"))),
    Wrong("seen after the step", "view starts_after", 2, code(ACT, STEP, SEEN, STORE, CLOCK)),
    Wrong("starts after the step", "starts_after", 2,
          code("frames = games.states[:, -1].copy()", ACT, STEP, "starts = games.starts.copy()", STORE, CLOCK)),
    Wrong("whole states stored", "whole_stack", 2,
          answer(code("frames = games.states.copy()", "starts = games.starts.copy()"))),
    Wrong("the oldest picture", "oldest", 2,
          answer(code("frames = games.states[:, 0].copy()", "starts = games.starts.copy()"))),
    Wrong("not clipped", "not_clipped", 2,
          answer(store="memory.add(frames, actions, rewards, terminated, starts, truncated)")),
    Wrong("sign for clip", "sign", 2,
          answer(store="memory.add(frames, actions, np.sign(rewards), terminated, starts, truncated)")),
    Wrong("clipped at 0", "sign_lost", 2,
          answer(store="memory.add(frames, actions, rewards.clip(0, 1), terminated, starts, truncated)")),
    Wrong("ends swapped", "ends_swapped", 2,
          answer(store="memory.add(frames, actions, rewards.clip(-1, 1), truncated, starts, terminated)")),
    Wrong("ends joined", "ends_joined", 2,
          answer(store="memory.add(frames, actions, rewards.clip(-1, 1), terminated | truncated, starts, truncated)")),
    Wrong("an end stored as a cut", "end_as_cut", 2,
          answer(store="memory.add(frames, actions, rewards.clip(-1, 1), terminated, starts, terminated | truncated)")),
    Wrong("order of the arguments", "wrong_field", 2,
          answer(store="memory.add(frames, actions, rewards.clip(-1, 1), starts, terminated, truncated)")),
    Wrong("epsilon fixed", "other_epsilon", 2.5, answer(act="actions = run.act(games.states, 0.1)")),
    Wrong("epsilon not called", "wrong_return", 0, answer(act="actions = run.act(games.states, run.epsilon)")),
    Wrong("newest pictures to act", "other_states", 2.5, answer(act="actions = run.act(frames, run.epsilon())")),
    Wrong("random actions", "no_act", 2.5, answer(act="actions = np.zeros(run.config.n_games, int)")),
    Wrong("other actions done", "other_actions", 2.5,
          answer(step="rewards, terminated, truncated = games.step((actions + 1) % 6)")),
    Wrong("nothing stored", "no_add", 2, answer(store="")),
    Wrong("stored twice", "adds", 2, answer(store=code(STORE, STORE))),
    Wrong("not counted", "not_counted", 1.5,
          answer(clock=code("for _ in range(run.config.n_games):", UPDATE, COPY))),
    Wrong("counted once", "counted_once", 1.5,
          answer(clock=code("run.agent_steps += 1", "if run.update_is_due():", "    run.update()",
                            "if run.copy_is_due():", "    run.copy_to_target()"))),
    Wrong("frames counted", "counted_frames", 1.5,
          answer(clock=code("for _ in range(run.config.n_games):", "    run.agent_steps += 4", UPDATE, COPY))),
    Wrong("all counted, then asked once", "asked_once", 2,
          answer(clock=code("run.agent_steps += run.config.n_games", "if run.update_is_due():", "    run.update()",
                            "if run.copy_is_due():", "    run.copy_to_target()"))),
    Wrong("all counted, then asked N times", "asked_at_end", 2,
          answer(clock=code("run.agent_steps += run.config.n_games", "for _ in range(run.config.n_games):", UPDATE,
                            COPY))),
    Wrong("asked before counting", "asked_before", 2,
          answer(clock=code("for _ in range(run.config.n_games):", UPDATE, COPY, "    run.agent_steps += 1"))),
    Wrong("no updates", "no_update", 2.5, answer(clock=code(COUNT, COPY))),
    Wrong("no copies", "no_copy", 2.5, answer(clock=code(COUNT, UPDATE))),
    Wrong("update after every step", "early_update", 2.5, answer(clock=code(COUNT, "    run.update()", COPY))),
    Wrong("copy after every step", "early_copy", 2.5, answer(clock=code(COUNT, UPDATE, "    run.copy_to_target()"))),
    Wrong("copy before the update", "copy_before_update", 2.5, answer(clock=code(COUNT, COPY, UPDATE))),
    Wrong("copy only with an update", "copy_inside", 2.5,
          answer(clock=code(COUNT, UPDATE, "        if run.copy_is_due():", "            run.copy_to_target()"))),
    Wrong("updates counted too", "updates_counted", 2.5,
          answer(clock=code(COUNT, UPDATE, "        run.updates += 1", COPY))),
    Wrong("learns before it stores", "update_before_add", 2.5, code(SEEN, ACT, STEP, CLOCK, STORE)),
    Wrong("endless", "endless", 0, code("while True:", *("    " + line for line in answer().splitlines()))),
)  # fmt: skip

RIGHT = (
    Right("as an array", answer(code("frames = np.array(games.states[:, -1])", "starts = np.array(games.starts)"))),
    Right("len of the rewards", answer(clock=code("for _ in range(len(rewards)):", "    run.agent_steps += 1", UPDATE,
                                                  COPY))),
    Right("np.clip and keywords", answer(
        store="memory.add(frames=frames, actions=actions, rewards=np.clip(rewards, -1.0, 1.0), terminated=terminated, "
              "starts=starts, cut=truncated)")),
    Right("through run", code(
        "states = run.games.states.copy()", "starts = run.games.starts.copy()",
        "actions = run.act(states, run.epsilon())", "rewards, ended, cut = run.games.step(actions)",
        "run.memory.add(states[:, -1], actions, np.minimum(np.maximum(rewards, -1), 1), ended, starts, cut)", CLOCK)),
    Right("for the step in range", answer(clock=code(
        "first = run.agent_steps", "for step in range(first + 1, first + games.n_games + 1):",
        "    run.agent_steps = step", UPDATE, COPY))),
)  # fmt: skip
