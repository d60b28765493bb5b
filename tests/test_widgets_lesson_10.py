"""The pictures of lesson 10 show what the data say."""

import numpy as np
import pytest
from test_widgets import pixels

from dqn_course import evaluation, paper
from dqn_course.widgets import lesson_10


def test_luck_draws_at_the_ends_of_its_controls():
    widget = lesson_10.luck()
    pictures = {widget.png(n=n, tries=tries) for n in (1, 60) for tries in (1, 20)}
    pictures |= {widget.png(player=player) for player in lesson_10.pools()}
    assert len(pictures) == 4 + len(lesson_10.pools())
    assert all(pixels(picture).std() > 20 for picture in pictures)


@pytest.mark.parametrize("n", [1, 7, 30])
def test_means_of_n_games_scatter_by_the_standard_error(n):
    for player, pool in lesson_10.pools().items():
        told = lesson_10._told(player, n, 1)
        error = pool.std() / np.sqrt(n)
        assert told.mean() == pytest.approx(pool.mean(), abs=5 * error / np.sqrt(len(told)))
        assert told.std() == pytest.approx(error, rel=0.08)


def test_the_best_of_ten_is_one_and_a_half_standard_errors_too_high():
    (player, pool), *_ = lesson_10.pools().items()
    excess = (lesson_10._told(player, 30, 10).mean() - pool.mean()) / (pool.std() / np.sqrt(30))
    assert excess == pytest.approx(1.54, abs=0.08)
    said = lesson_10.luck().say(player, 30, 10)
    assert "1.5 standard errors too much" in said


def test_the_chart_says_what_the_paper_says():
    widget = lesson_10.chart()
    said = widget.say(**widget.values())
    assert "29 of 49 games reach 75 %" in said and "3 bars are cut" in said
    assert "cut" not in widget.say(**widget.values(scale="logarithm"))


def test_the_chart_draws_every_choice_and_my_bar():
    plain, mine, poor = (lesson_10.chart(scores) for scores in (None, {"Pong": 9.3}, {"Pong": -21.0, "Boxing": -5.0}))
    pictures = [
        widget.png(player=player, order=order, scale=scale)
        for widget in (plain, mine, poor)
        for player in lesson_10.PLAYERS
        for order in ("the paper's DQN", "these bars", "name")
        for scale in ("straight", "logarithm")
    ]
    assert len(set(pictures)) >= len(pictures) - 9  # for DQN two of the orders are one
    (text,) = [text.get_text() for text in mine.figure().axes[0].texts if "yours" in text.get_text()]
    assert text == "yours: 100 %"


def test_the_distance_of_a_game_is_in_its_own_standard_errors():
    off = lesson_10.standard_errors()
    assert list(off) == list(paper.scores())
    ours, row = evaluation.random_baseline()["Alien"], paper.scores()["Alien"]
    error = np.std(ours.scores, ddof=1) / np.sqrt(30)
    assert off["Alien"] == pytest.approx((np.mean(ours.scores) - row.random) / error)


def test_the_figures_draw_with_labelled_axes():
    for figure in (
        lesson_10.replication(),
        lesson_10.training(),
        lesson_10.expected_and_got([0.1, 0.2, 0.3], [0.5, 0.6, -1.0], [0, 1.0, -1.0]),
    ):
        png, _ = figure._repr_png_()
        assert pixels(png).std() > 20
        assert all(axes.get_ylabel() for axes in figure.axes)
