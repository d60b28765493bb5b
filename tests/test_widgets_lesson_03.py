"""The widgets of lesson 3 draw what the student's functions do, and go without those that are not written."""

from pathlib import Path

import numpy as np
import pytest
import scripts

from dqn_course import optimizers
from dqn_course.widgets import lesson_03 as widgets

STEPS = (optimizers.sgd_step, optimizers.momentum_step, optimizers.rprop_step, optimizers.rmsprop_step)


def unwritten(*arguments):
    raise NotImplementedError


@pytest.fixture(scope="module")
def pictures():
    """The script that makes the lesson's pictures, with its own ``backward``."""
    return scripts.load(Path(__file__).parents[1] / "docs/pictures/lesson_03.py", "pictures_of_lesson_03")


@pytest.mark.parametrize("name", ["descend", "batches", "race"])
def test_it_draws_at_the_ends_of_its_controls(name, pictures):
    functions = {"descend": STEPS[:1], "batches": (pictures.backward,), "race": STEPS}[name]
    widget = getattr(widgets, name)(*functions)
    drawn = set()
    for key, control in widget.controls.items():
        for end in control.ends():
            picture, sentence = widget._look(widget.values(**{key: end}))
            assert picture, sentence
            drawn.add(picture)
    assert len(drawn) > len(widget.controls)


def test_the_bowl_takes_one_step_at_a_half_and_is_left_beyond_one():
    widget = widgets.descend(optimizers.sgd_step)
    assert "loss L = 0.000" in widget.say(**widget.values(lr=0.5, step=1))
    assert "has left the picture" in widget.say(**widget.values(lr=1.2, step=20))
    assert "has left the picture" in widget.say(**widget.values(curve="two valleys", start=1.5, lr=0.9, step=20))
    assert "slope g = 0.000" in widget.say(**widget.values(curve="two valleys", start=1.9, lr=0.1, step=20))


def test_a_racer_that_is_not_written_is_left_out_with_a_sentence():
    widget = widgets.race(optimizers.sgd_step, unwritten, unwritten, optimizers.rmsprop_step)
    sentence = widget.say(**widget.values())
    assert sentence.count("unwritten") == 2 and "sgd" in sentence and "rprop" not in sentence
    assert widget._look(widget.values())[0]
    assert widgets.race(*[unwritten] * 4)._look(widget.values())[0]


@pytest.mark.parametrize("make", [widgets.descend, widgets.batches])
def test_one_that_needs_an_unwritten_function_says_so(make):
    picture, sentence = make(unwritten)._look(make(unwritten).values())
    assert picture is None and "This picture uses your unwritten" in sentence


def test_the_race_ends_as_the_lesson_says():
    def order(landscape, step=80, **controls):
        widget = widgets.race(*STEPS)
        sentence = widget.say(**widget.values(landscape=landscape, step=step, **controls))
        return [part.split()[0] for part in sentence.split(": ")[1].rstrip(".").split(", ")]

    assert order("long valley", step=30)[0] == "rprop"
    assert order("slanted valley", step=40, beta=0.8)[0] == "momentum"
    assert order("saddle")[-1] == "sgd"
    assert order("mini-batches")[-1] == "rprop"
    assert order("long valley", lr=0.11)[-1] == "sgd"


def test_ten_batches_of_the_race_add_up_to_the_true_gradient():
    np.testing.assert_allclose(widgets._noise("mini-batches", 80).reshape(8, 10, 2).sum(axis=1), 0, atol=1e-12)
    assert not widgets._noise("saddle", 80).any()


def test_the_crescents_are_two_halves_and_no_straight_line_separates_them():
    x, y = widgets.crescents()
    assert x.shape == (200, 2) and y.shape == (200, 1) and y.sum() == 100
    line = np.linalg.lstsq(np.hstack([x, np.ones((200, 1))]), 2 * y - 1, rcond=None)[0]
    assert 10 < ((np.hstack([x, np.ones((200, 1))]) @ line > 0) != y).sum() < 50
