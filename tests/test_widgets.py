"""Widgets draw themselves, say what is wrong instead of raising, and keep quiet while a submission is graded."""

import importlib
import inspect
import io
import itertools
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dqn_course.widgets import interactive
from dqn_course.widgets.interactive import Choice, Interactive, Play, Slider


def line(figure, slope, kind="solid", step=0):
    axes = figure.add_axes([0.1, 0.1, 0.8, 0.8])
    axes.plot([0, 1], [0, slope + step], ls=kind)


def example(draw=line, say=lambda slope, kind, step: f"The slope is {slope:g}."):
    controls = {
        "slope": Slider("slope", 1.0, -3, 3, 0.25),
        "kind": Choice("line", {"whole": "solid", "broken": "dashed"}),
        "step": Play("step", 5),
    }
    return Interactive(draw, controls, say=say, size=(3, 2))


def shown(widget, monkeypatch):
    """What a cell that ends in ``widget`` shows, as mime bundles."""
    bundles = []
    monkeypatch.setattr(interactive, "display", lambda bundle, **_: bundles.append(bundle))
    widget._ipython_display_()
    return bundles


def pixels(png):
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB"))


def test_it_starts_with_the_starting_values_and_draws_others():
    widget = example()
    assert widget.values() == {"slope": 1.0, "kind": "solid", "step": 0}
    assert pixels(widget.png()).shape == (2 * interactive.DPI, 3 * interactive.DPI, 3)
    assert widget.png() == widget.png(slope=1.0)
    assert widget.png() != widget.png(slope=-2)
    assert widget.png(kind="dashed") != widget.png()
    with pytest.raises(TypeError, match="no control is called slop: there are slope, kind, step"):
        widget.png(slop=1)


def still_line(figure, kind):
    axes = figure.add_axes([0.1, 0.1, 0.8, 0.8])
    axes.set(xlim=(0, 1), ylim=(-3, 3), title=kind)
    return axes


def test_a_picture_with_a_part_that_stands_still_shows_what_a_new_one_would():
    drawn = []

    def still(figure, kind):
        drawn.append(kind)
        return still_line(figure, kind)

    def draw(axes, slope, kind, step):
        axes.plot([0, 1], [0, slope + step], ls=kind)
        axes.figure.text(0.5, 0.5, f"{slope:g}")
        return 1 / (slope - 0.5)

    widget = Interactive(draw, example().controls, size=(3, 2), still=still)
    first = widget.png()
    with pytest.raises(ZeroDivisionError):
        widget.png(slope=0.5)
    assert widget.png(slope=-2) != first and widget.png() == first, "something of an earlier picture stayed"
    assert drawn == ["solid"], "what stands still was drawn again"
    assert widget.png(kind="dashed") != first and drawn == ["solid", "dashed"]
    figure = widget.figure()
    figure.set_dpi(interactive.DPI)
    figure.canvas.draw()
    assert np.abs(np.asarray(figure.canvas.buffer_rgba())[..., :3] - pixels(first).astype(int)).mean() < 0.5


def test_only_a_few_pictures_of_what_stands_still_are_kept():
    widget = Interactive(lambda axes, n: None, {"n": Slider("n", 0, 0, 99, 1)}, size=(1, 1), still=lambda figure, n: n)
    for n in range(3 * interactive.SCENES):
        widget.png(n=n)
        assert len(widget.scenes) <= interactive.SCENES


def test_computing_ahead_comes_after_the_picture_and_ends_in_time(monkeypatch):
    order, clock = [], iter(range(100))
    monkeypatch.setattr(interactive, "display", lambda bundle, **_: order.append("shown"))
    monkeypatch.setattr(interactive.time, "perf_counter", lambda: next(clock))
    example_with = Interactive(line, example().controls, size=(3, 2), ready=lambda: map(order.append, range(50)))
    example_with._ipython_display_()
    assert order == ["shown", 0, 1, 2]
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    example_with._ipython_display_()
    assert len(order) == 4


def test_moving_a_control_redraws_the_picture_and_the_sentence():
    image, panel = example().widget().children
    *controls, text = panel.children
    before = image.value
    controls[0].value = 2.5
    assert image.value != before and "The slope is 2.5." in text.value
    controls[1].value = "broken"
    slider, button = controls[2].children
    before = image.value
    slider.value = 3
    assert image.value != before and button.max == 5


def test_a_saved_notebook_holds_a_plain_picture_beside_the_live_one(monkeypatch):
    (bundle,) = shown(example(), monkeypatch)
    assert {"text/plain", "image/png", "application/vnd.jupyter.widget-view+json"} <= set(bundle)
    assert bundle["text/plain"] == "The slope is 1."


def test_without_ipywidgets_the_plain_picture_is_shown(monkeypatch):
    monkeypatch.setitem(sys.modules, "ipywidgets", None)
    (bundle,) = shown(example(), monkeypatch)
    assert set(bundle) == {"text/plain", "image/png"}


def test_under_nbgrader_nothing_is_drawn_or_shown(monkeypatch):
    def never(figure, **values):
        raise AssertionError("drawn under nbgrader")

    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    assert shown(example(never, say=None), monkeypatch) == []


def test_a_function_that_is_not_written_yet_is_asked_for_by_name(monkeypatch):
    def sigmoid(score):
        raise NotImplementedError("write this")

    (bundle,) = shown(example(lambda figure, **values: sigmoid(1)), monkeypatch)
    assert "image/png" not in bundle
    assert bundle["text/plain"] == ("This picture uses your sigmoid. Write it, run its cell, then run this one again.")


def test_a_function_that_fails_is_reported_and_the_last_good_picture_stays():
    def draw(figure, slope, kind, step):
        line(figure, 1 / slope)

    image, panel = example(draw).widget(b"good").children
    panel.children[0].value = 0
    assert image.value == b"good"
    assert "ZeroDivisionError" in panel.children[-1].value and "line(figure, 1 / slope)" in panel.children[-1].value


def test_what_a_sentence_says_cannot_be_html():
    assert "&lt;b&gt;" in interactive._paragraph("<b>")


MODULES = sorted(path.stem for path in Path(interactive.__file__).parent.glob("lesson_*.py"))


def widgets_of(module):
    """Every widget of a lesson that needs no function of the student: {name: Interactive}."""
    module = importlib.import_module(f"dqn_course.widgets.{module}")
    made = {}
    for name, function in inspect.getmembers(module, inspect.isfunction):
        parameters = inspect.signature(function).parameters.values()
        own = function.__module__ == module.__name__ and not name.startswith("_")
        if own and all(parameter.default is not parameter.empty for parameter in parameters):
            result = function()
            if isinstance(result, Interactive):
                made[name] = result
    return made


@pytest.mark.parametrize("module", MODULES)
def test_every_widget_draws_at_the_ends_of_all_its_controls(module):
    for name, widget in widgets_of(module).items():
        pictures = set()
        for control, end in itertools.chain.from_iterable(
            itertools.product([name], control.ends()) for name, control in widget.controls.items()
        ):
            picture, sentence = widget._look(widget.values(**{control: end}))
            assert picture, f"{name} at {control} = {end}: {sentence}"
            assert pixels(picture).std() > 5
            pictures.add(picture)
        assert len(pictures) > len(widget.controls), f"{name}: some control changes nothing"


def test_importing_the_machinery_needs_no_torch_and_no_ipywidgets():
    code = "import sys, dqn_course.widgets.interactive; print('torch' in sys.modules, 'ipywidgets' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "False False\n"
