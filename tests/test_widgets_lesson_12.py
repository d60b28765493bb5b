"""The widgets of lesson 12 say what is true, use the student's functions, and cannot be spoilt by one in place."""

import numpy as np
import pytest
from test_widgets import pixels, shown

from dqn_course import extensions
from dqn_course.widgets import lesson_12


def test_the_largest_of_four_noisy_estimates_is_as_large_as_statistics_say():
    widget = lesson_12.noisy_maximum()
    (first, second), single, double = lesson_12._estimates(4, 1.0, 0.0)
    assert first.shape == second.shape == (lesson_12.DRAWS + 1, 4)
    assert single.mean() == pytest.approx(1.0294, abs=0.05)  # the expected largest of four normal numbers
    assert double.mean() == pytest.approx(0, abs=0.05)
    assert "True largest value: 0.0." in widget.say(**widget.values())
    assert f"{single.mean():.2f} on average" in widget.say(**widget.values())


def test_when_one_action_is_better_the_second_look_is_too_small():
    _, single, double = lesson_12._estimates(4, 1.0, 1.0)
    assert double.mean() < 1 < single.mean()


def test_each_widget_draws_at_the_ends_of_its_controls():
    for widget in (
        lesson_12.noisy_maximum(),
        lesson_12.travelling_reward(extensions.n_step_return),
        lesson_12.replayed(extensions.priorities, extensions.importance_weights),
    ):
        for name, control in widget.controls.items():
            pictures = {widget.png(**{name: end}) for end in control.ends()} | {widget.png()}
            assert len(pictures) >= 2
            assert all(pixels(picture).std() > 20 for picture in pictures)


@pytest.mark.parametrize("n", [1, 3, 8])
def test_a_reward_travels_n_states_a_walk(n):
    for walk in range(4):
        known = (lesson_12.corridor(n, walk, extensions.n_step_return) > 1e-9).sum()
        assert known == min(lesson_12.STATES, n * walk)


def test_the_values_of_the_corridor_become_true():
    values = lesson_12.corridor(3, 200, extensions.n_step_return)
    np.testing.assert_allclose(values, 0.95 ** np.arange(lesson_12.STATES - 1, -1, -1), atol=1e-6)


def test_beta_1_makes_the_average_fair_and_alpha_0_prefers_nothing():
    widget = lesson_12.replayed(extensions.priorities, extensions.importance_weights)
    assert "drawn 1.0 times as often" in widget.say(**widget.values(alpha=0.0))
    assert "drawn 4.0 times as often" in widget.say(**widget.values())
    chances = extensions.priorities(lesson_12.stored_errors(), 0.6, 0.01)
    chances /= chances.sum()
    share = chances * extensions.importance_weights(chances, lesson_12.STORED, 1.0)
    np.testing.assert_allclose(share, share[0])


def test_functions_that_write_in_place_do_not_change_what_is_shown():
    def in_place(errors, alpha, epsilon):
        np.abs(errors, out=errors)
        return (errors + epsilon) ** alpha

    right = lesson_12.replayed(extensions.priorities, extensions.importance_weights)
    other = lesson_12.replayed(in_place, extensions.importance_weights)
    other.png()
    assert other.png() == right.png()


def test_a_function_that_is_not_written_yet_is_asked_for(monkeypatch):
    def n_step_return(rewards, terminated, next_value, gamma):
        raise NotImplementedError

    (bundle,) = shown(lesson_12.travelling_reward(n_step_return), monkeypatch)
    assert bundle["text/plain"].startswith("This picture uses your n_step_return.")


def test_the_flight_of_the_shipped_lander_is_the_one_of_which_the_lesson_speaks():
    states, q, score = lesson_12.flight()
    assert score > 200
    spread = np.ptp(q, axis=1)
    assert spread[30:90].max() < 1 and q[30:90].mean(axis=1).min() > 45
    assert spread[-20:].min() > 5
    figure = lesson_12.value_and_spread(states, q)
    assert [axes.get_ylabel() for axes in figure.axes] == [
        "mean of Q(s, a)\nover the actions",
        "best minus\nworst action",
    ]
