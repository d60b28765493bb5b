"""``NStepReplay`` against sums and stacks that are put together step by step, over ends, cuts and the ring's seam."""

import numpy as np
import pytest
import torch

from dqn_course.config import AtariConfig
from dqn_course.errors import ConfigError
from dqn_course.replay import FrameReplay, NStepReplay

HISTORY, GAMMA = 4, 0.9


def filled(memory, n_rows, seed=0):
    """Fill ``memory`` with random play of its games; return a list of what each row held."""
    rng = np.random.default_rng(seed)
    n, rows, starts = memory.n_games, [], np.ones(memory.n_games, bool)
    for t in range(n_rows):
        frames = np.stack([np.full((2, 2), (t + 100 * game) % 250 + 1, np.uint8) for game in range(n)])
        terminated = rng.random(n) < 0.12
        cut = (rng.random(n) < 0.08) & ~terminated
        row = frames, rng.integers(0, 4, n), rng.integers(-1, 2, n).astype(float), terminated, starts, cut
        memory.add(*row)
        rows.append(row)
        starts = terminated | cut
    return rows


def stack(rows, t, game):
    """The four pictures up to row ``t``, oldest first, zeros where the episode had not begun."""
    pictures = []
    while len(pictures) < HISTORY:
        pictures.append(rows[t][0][game] if t is not None else np.zeros((2, 2), np.uint8))
        t = None if t is None or rows[t][4][game] else t - 1
    return np.stack(pictures[::-1])


def n_step_sum(rows, t, game, n):
    """The discounted sum of up to n rewards from row ``t`` on, and whether the episode ended among them."""
    total = 0.0
    for k in range(n):
        _, _, rewards, terminated, _, cut = rows[t + k]
        assert not cut[game], "a transition was drawn whose next state is not known"
        total += GAMMA**k * rewards[game]
        if terminated[game]:
            return total, True
    return total, False


@pytest.mark.parametrize("n_rows", [20, 200], ids=["before the ring is full", "after it went round"])
@pytest.mark.parametrize("n", [1, 2, 3, 5])
def test_sampled_sums_and_states_are_those_of_the_rows(n, n_rows):
    memory = NStepReplay(60, 2, HISTORY, 0, "cpu", (2, 2), n_step=n, gamma=GAMMA)
    rows = filled(memory, n_rows)
    drawn = set()
    for _ in range(100):
        before = memory.rng.bit_generator.state
        places, games = memory.sample_indices(16)
        memory.rng.bit_generator.state = before
        states, actions, returns, next_states, ended = memory.sample(16)
        for i, (place, game) in enumerate(zip(places, games)):
            t = max(row for row in range(n_rows) if row % memory.n_rows == place)
            total, over = n_step_sum(rows, t, game, n)
            assert float(returns[i]) == pytest.approx(total, abs=1e-5)
            assert bool(ended[i]) == over
            assert int(actions[i]) == rows[t][1][game]
            np.testing.assert_array_equal(states[i], stack(rows, t, game))
            if not over:
                np.testing.assert_array_equal(next_states[i], stack(rows, t + n, game))
            drawn.add((t, int(game)))
    assert len(drawn) > 10


def test_one_step_is_the_memory_of_the_paper():
    sizes = (60, 2, HISTORY, 0, "cpu", (2, 2))
    one, plain = NStepReplay(*sizes, n_step=1, gamma=GAMMA), FrameReplay(*sizes)
    filled(one, 50), filled(plain, 50)
    for mine, its in zip(one.sample(32), plain.sample(32)):
        assert torch.equal(mine, its)


def test_n_step_is_at_least_one():
    with pytest.raises(ConfigError, match="n_step must be at least 1, not 0"):
        AtariConfig(n_step=0)
