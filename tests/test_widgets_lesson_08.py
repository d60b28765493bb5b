"""The widget of lesson 8 shows what the student's functions do, and cannot be spoilt by one that writes in place."""

import numpy as np
import pytest
from test_widgets import pixels, shown

from dqn_course import preprocessing
from dqn_course.widgets import lesson_08

STEPS = ("max_of_two_frames", "luminance", "resize_84", "stack_frames")


def stages(**other):
    return lesson_08.stages(*(other.get(name, getattr(preprocessing, name)) for name in STEPS))


def test_it_draws_at_the_ends_of_its_controls():
    widget = stages()
    pictures = {widget.png(step=step) for step in (0, 1, 61, lesson_08.STEPS)} | {widget.png(game="asteroids")}
    assert len(pictures) == 5
    assert all(pixels(picture).std() > 20 for picture in pictures)


def test_at_the_start_three_pictures_are_missing():
    widget = stages()
    assert "three pictures are missing" in widget.say(**widget.values(step=0))
    assert widget.say(**widget.values(step=3)).startswith("Space Invaders, after agent step 3: frames 11 and 12.")


def test_a_function_that_writes_in_place_does_not_change_the_recording():
    before = [screen.copy() for screen in lesson_08.recording("pong")[5]]
    stages(max_of_two_frames=lambda frame, previous: np.maximum(frame, previous, out=frame)).png(game="pong", step=5)
    stages(luminance=lambda frame: frame.fill(0) or frame[..., 0]).png(game="pong", step=5)
    for screen, kept in zip(lesson_08.recording("pong")[5], before):
        np.testing.assert_array_equal(screen, kept)


def test_a_function_that_is_not_written_yet_is_asked_for(monkeypatch):
    def luminance(frame):
        raise NotImplementedError

    (bundle,) = shown(stages(luminance=luminance), monkeypatch)
    assert bundle["text/plain"].startswith("This picture uses your luminance.")


def test_under_nbgrader_nothing_is_shown(monkeypatch):
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    assert shown(stages(), monkeypatch) == []


@pytest.mark.parametrize("shape", [(210, 160, 3), (84, 84)])
def test_pictures_stand_side_by_side(shape):
    figure = lesson_08.side_by_side({"a": np.zeros(shape, np.uint8), "b": np.full(shape, 255, np.uint8)})
    assert [axes.get_title() for axes in figure.axes] == ["a", "b"]
    png, _ = figure._repr_png_()
    assert pixels(png).std() > 50
