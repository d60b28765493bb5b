"""The pictures of lesson 7: what follows what, which value is the best, and drawing at the ends of all controls."""

import numpy as np
import pytest
from test_widgets import pixels, shown

from dqn_course.widgets import lesson_07 as widgets

RECORDING = np.stack([np.sin(np.arange(400) / 30 + k) for k in range(8)], axis=1)


@pytest.mark.parametrize("make", [lambda: widgets.batches(RECORDING), widgets.two_ways_to_follow, widgets.errors])
def test_a_widget_draws_and_speaks_at_the_ends_of_its_controls(make):
    widget = make()
    for name, control in widget.controls.items():
        pictures = set()
        for end in control.ends():
            picture = widget.png(**{name: end})
            assert pixels(picture).std() > 10
            assert widget.say(**widget.values(**{name: end})).endswith(".")
            pictures.add(picture)
        assert len(pictures) == len(set(control.ends())), name


def test_under_nbgrader_nothing_is_shown(monkeypatch):
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    assert shown(widgets.errors(), monkeypatch) == []


def test_a_hard_update_copies_every_c_updates_and_stands_still_between():
    online = np.arange(10.0)
    assert widgets.follow_hard(online, 4).tolist() == [0, 0, 0, 3, 3, 3, 3, 7, 7, 7]
    assert widgets.follow_hard(online, 1).tolist() == online.tolist()


def test_a_soft_update_is_as_late_as_the_sentence_says():
    online = np.arange(4000.0)
    for tau in (0.1, 0.01):
        late = online - widgets.follow_soft(online, tau)
        assert late[-1] == pytest.approx((1 - tau) / tau, rel=1e-3)
    hard = online - widgets.follow_hard(online, 200)
    assert hard[1000:3000].mean() == pytest.approx(199 / 2)


def test_the_best_values_are_mean_and_median_and_something_between():
    targets = np.append(widgets.TARGETS, 6.0)
    best = {name: widgets.best_value(targets, lambda e, f=f: f(e)[1]) for name, (f, _, _) in widgets.LOSSES.items()}
    assert best["squared"] == pytest.approx(targets.mean())
    low, high = np.sort(targets)[4:6]
    assert low - 1e-9 <= best["absolute"] <= high + 1e-9
    assert best["absolute"] < best["Huber"] < best["squared"]


def test_the_slopes_of_the_losses_are_their_derivatives():
    e = np.array([-3.0, -0.4, 0.3, 2.5])
    for function, _, _ in widgets.LOSSES.values():
        value = (function(e + 1e-6)[0] - function(e - 1e-6)[0]) / 2e-6
        np.testing.assert_allclose(value, function(e)[1], atol=1e-5)


def test_the_other_figures_draw_what_they_are_given():
    x = np.linspace(-1, 1, 20)
    figures = [
        widgets.correlogram(range(5), {"a": [1, 0.5, 0, 0, 0], "b": [1, 0, 0, 0, 0]}, n=100),
        widgets.what_is_left(x, {"one": (x, x), "two": (x, -x)}),
        widgets.dragged(x, 0.9 * x),
        widgets.cost_of_actions((4, 18), {"a": [1, 4], "b": [1, 1]}),
        widgets.paper_ablation(),
    ]
    for figure in figures:
        assert pixels(figure._repr_png_()[0]).std() > 10
    assert [text.get_text() for text in figures[-1].axes[0].get_xticklabels()] == [
        "Breakout", "Enduro", "River Raid", "Seaquest", "Space Invaders",
    ]  # fmt: skip
