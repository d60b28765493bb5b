"""Epsilon falls as the text of the course says, and the experiment has the numbers of the classic workspace."""

import math

import pytest

from dqn_course.config import LanderConfig, budget
from dqn_course.schedules import exponential_epsilon, linear_epsilon


def test_exponential_epsilon_is_what_the_loop_of_the_notes_computes():
    epsilon = 1.0
    for episode in range(2000):
        assert exponential_epsilon(episode, 1.0, 0.01, 0.995) == pytest.approx(epsilon, rel=1e-9)
        epsilon = max(0.01, 0.995 * epsilon)


def test_exponential_epsilon_reaches_its_end_after_919_episodes_and_stays():
    assert exponential_epsilon(918, 1.0, 0.01, 0.995) > 0.01
    assert exponential_epsilon(919, 1.0, 0.01, 0.995) == 0.01
    assert exponential_epsilon(10**6, 1.0, 0.01, 0.995) == 0.01


def test_exponential_epsilon_is_a_curve_and_no_line():
    start, middle, end = (exponential_epsilon(episode, 1.0, 0.01, 0.995) for episode in (0, 300, 600))
    assert middle < (start + end) / 2 - 0.2
    assert exponential_epsilon(139, 1.0, 0.01, 0.995) < 0.5 < exponential_epsilon(138, 1.0, 0.01, 0.995)


def test_linear_epsilon_is_the_line_of_the_paper():
    million = 1_000_000
    assert linear_epsilon(0, 1.0, 0.1, million) == 1.0
    assert linear_epsilon(million, 1.0, 0.1, million) == pytest.approx(0.1)
    assert linear_epsilon(500_000, 1.0, 0.1, million) == pytest.approx(0.55)
    slopes = {
        round(linear_epsilon(step + 1000, 1.0, 0.1, million) - linear_epsilon(step, 1.0, 0.1, million), 9)
        for step in range(0, million, 50_000)
    }
    assert slopes == {-0.0009}


@pytest.mark.parametrize("step, expected", [(-5, 1.0), (1_000_001, 0.1), (10**9, 0.1)])
def test_linear_epsilon_never_leaves_its_range(step, expected):
    assert linear_epsilon(step, 1.0, 0.1, 1_000_000) == pytest.approx(expected)


def test_the_lander_experiment_has_the_numbers_of_the_classic_workspace():
    config = LanderConfig()
    assert (config.n_episodes, config.max_t) == (2000, 1000)
    assert (config.eps_start, config.eps_end, config.eps_decay) == (1.0, 0.01, 0.995)
    assert (config.buffer_size, config.batch_size, config.update_every) == (100_000, 64, 4)
    assert (config.gamma, config.tau, config.learning_rate) == (0.99, 1e-3, 5e-4)
    assert (config.fc1_units, config.fc2_units) == (64, 64)
    assert (config.solved_score, config.solved_window) == (200.0, 100)
    assert math.isclose(config.gamma**100, 0.37, abs_tol=0.005)  # as the reason beside it says


@pytest.mark.parametrize("variable", ["NBGRADER_EXECUTION", "DQN_COURSE_QUICK"])
def test_long_cells_are_short_while_grading_and_in_tests(monkeypatch, variable):
    for name in ("NBGRADER_EXECUTION", "DQN_COURSE_QUICK"):
        monkeypatch.delenv(name, raising=False)
    assert budget(2000, quick=12) == 2000
    monkeypatch.setenv(variable, "autograde")
    assert budget(2000, quick=12) == 12
