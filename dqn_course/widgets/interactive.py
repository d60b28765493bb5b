"""A drawing function and its controls, shown as a picture with sliders; as a plain picture where there are none."""

import base64
import html
import io
import linecache
import os
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from IPython.display import display
from PIL import Image

from dqn_course import plotting

DPI = 130
"""Pixels of an inch that is shown as 100: sharp enough on a fine screen, and drawn in time while a slider moves."""


@dataclass(frozen=True)
class Slider:
    """A number between ``low`` and ``high`` in steps of ``step``; whole numbers if ``step`` is one."""

    label: str
    value: float
    low: float
    high: float
    step: float

    def ends(self):
        """Its lowest and its highest value."""
        return self.low, self.high

    def build(self, change):
        """The ipywidget and a function that returns its value; ``change()`` is called whenever that changes."""
        import ipywidgets

        kind = ipywidgets.IntSlider if isinstance(self.step, int) else ipywidgets.FloatSlider
        widget = kind(
            value=self.value, min=self.low, max=self.high, step=self.step, description=self.label,
            style={"description_width": "initial"}, layout={"width": "320px"},
            **({} if isinstance(self.step, int) else {"readout_format": f".{_decimals(self.step)}f"}),
        )  # fmt: skip
        widget.observe(change, "value")
        return widget, lambda: widget.value


@dataclass(frozen=True)
class Choice:
    """One of several: ``options`` is a list, or {what is shown: value}. ``value`` is the first unless given."""

    label: str
    options: list | dict
    chosen: object = None

    @property
    def value(self):
        return next(iter(self._values())) if self.chosen is None else self.chosen

    def _values(self):
        return list(self.options.values()) if isinstance(self.options, dict) else list(self.options)

    def ends(self):
        """All its values."""
        return tuple(self._values())

    def build(self, change):
        """See ``Slider.build``."""
        import ipywidgets

        names = [str(name) for name in self.options]
        start = names[self._values().index(self.value)]
        short = len(names) <= 4 and sum(map(len, names)) <= 40
        kind = ipywidgets.ToggleButtons if short else ipywidgets.Dropdown
        style = {"description_width": "initial"} | ({"button_width": "auto"} if short else {})
        widget = kind(options=names, value=start, description=self.label, style=style)
        if not short:
            widget.layout.width = "320px"
        widget.observe(change, "value")
        return widget, lambda: self._values()[names.index(widget.value)]


@dataclass(frozen=True)
class Play:
    """A whole number from 0 to ``steps``: a slider beside a button that moves it on every ``milliseconds``."""

    label: str
    steps: int
    milliseconds: int = 300
    value: int = 0

    def ends(self):
        """The first and the last step."""
        return 0, self.steps

    def build(self, change):
        """See ``Slider.build``."""
        import ipywidgets

        limits = {"min": 0, "max": self.steps, "value": self.value}
        button = ipywidgets.Play(**limits, interval=self.milliseconds, show_repeat=False)
        slider = ipywidgets.IntSlider(
            **limits, description=self.label, style={"description_width": "initial"}, layout={"width": "320px"}
        )
        ipywidgets.jslink((button, "value"), (slider, "value"))
        slider.observe(change, "value")
        return ipywidgets.VBox([slider, button]), lambda: slider.value


class Interactive:
    """A picture that depends on ``controls``, {name: Slider, Choice or Play}; the last line of a cell shows it.

    draw(figure, **values): draws into an empty figure. say(**values): one sentence for below it. size: inches. Both
    may call a student's function: one that is not written yet, or fails, is reported in one sentence. Under nbgrader
    nothing is drawn or shown.
    """

    def __init__(self, draw, controls, say=None, size=(6.4, 4.2)):
        self.draw = draw
        self.controls = controls
        self.say = say
        self.size = size

    def values(self, **values):
        """The starting value of every control, but for those given."""
        unknown = set(values) - set(self.controls)
        if unknown:
            raise TypeError(f"no control is called {', '.join(sorted(unknown))}: there are {', '.join(self.controls)}")
        return {name: control.value for name, control in self.controls.items()} | values

    def figure(self, **values):
        """The picture at the starting values, but for those given, as a figure of its own."""
        figure = plotting.new_figure(*self.size)
        figure.set_layout_engine("none")
        self._draw_into(figure, self.values(**values))
        return figure

    def png(self, **values):
        """The picture as PNG bytes."""
        figure = self.figure(**values)  # a new one: to clear an old one takes longer
        figure.set_dpi(DPI)
        figure.canvas.draw()  # half the time of savefig, which draws twice
        pixels = np.asarray(figure.canvas.buffer_rgba())[..., :3]
        data = io.BytesIO()
        Image.fromarray(pixels).save(data, format="png", compress_level=1)
        return data.getvalue()

    def save(self, path, dpi=DPI, **values):
        """Write the picture to a PNG file, for the text of a lesson."""
        path = Path(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(plotting.png(self.figure(**values), dpi))

    def _draw_into(self, figure, values):
        with plotting.style(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            self.draw(figure, **values)

    def _look(self, values):
        """The PNG, or None where it cannot be drawn, and the sentence for below."""
        try:
            picture = self.png(**values)
            return picture, self.say(**values) if self.say else ""
        except Exception as error:  # most likely the student's function that is drawn
            return None, trouble(error)

    def _ipython_display_(self):
        if os.environ.get("NBGRADER_EXECUTION"):
            return
        picture, sentence = self._look(self.values())
        bundle = {"text/plain": sentence or "a picture with sliders"}
        if picture:
            bundle["image/png"] = base64.b64encode(picture).decode()
        metadata = {"image/png": {"width": int(100 * self.size[0])}}
        try:
            view = self.widget(picture, sentence)._repr_mimebundle_()
            bundle |= {kind: data for kind, data in view.items() if kind != "text/plain"}
        except ImportError:  # no ipywidgets: the plain picture says what it can
            pass
        display(bundle, metadata=metadata, raw=True)  # GitHub and other viewers without a kernel show the PNG

    def widget(self, picture=None, sentence=""):
        """The picture with its controls, as an ipywidget."""
        import ipywidgets

        image = ipywidgets.Image(value=picture or b"", format="png", layout={"width": f"{100 * self.size[0]:.0f}px"})
        image.layout.max_width = "100%"
        image.layout.object_fit = "contain"
        text = ipywidgets.HTML(_paragraph(sentence))

        def change(_=None):
            picture, sentence = self._look({name: value() for name, value in read.items()})
            text.value = _paragraph(sentence)
            if picture:
                image.value = picture

        built = {name: control.build(change) for name, control in self.controls.items()}
        read = {name: value for name, (_, value) in built.items()}
        panel = ipywidgets.VBox([widget for widget, _ in built.values()] + [text], layout={"max_width": "380px"})
        row = {"flex_flow": "row wrap", "align_items": "center"}
        return ipywidgets.Box([image, panel], layout={"display": "flex", **row})


def trouble(error):
    """One sentence about an exception out of a student's function."""
    trace = error.__traceback__
    while trace.tb_next:
        trace = trace.tb_next
    code, line = trace.tb_frame.f_code, trace.tb_lineno
    if isinstance(error, NotImplementedError):
        return f"This picture uses your {code.co_name}. Write it, run its cell, then run this one again."
    message = str(error).rstrip(".")
    said = f"{type(error).__name__}: {message}" if message else type(error).__name__
    source = linecache.getline(code.co_filename, line).strip()
    return f"The picture could not be drawn. {said}, in {code.co_name}, line {line}: {source}"


def _paragraph(sentence):
    return f'<p style="line-height: 1.45; margin: 8px 4px">{html.escape(sentence)}</p>' if sentence else ""


def _decimals(step):
    return len(f"{step:.6f}".rstrip("0").split(".")[1])
