"""A drawing function and its controls, shown as a picture with sliders; as a plain picture where there are none."""

import base64
import html
import inspect
import linecache
import os
import struct
import time
import warnings
import zlib
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from IPython.display import display

from dqn_course import plotting

DPI = 130
"""Pixels of an inch that is shown as 100: sharp enough on a fine screen, and drawn in time while a slider moves."""
SCENES = 12
"""So many pictures of what stands still are kept for each widget."""
READY = 2.0
"""Seconds that may go into computing ahead."""


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
            style={"description_width": "initial"}, layout={"width": f"{_width(self.label)}px"},
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
            **limits, description=self.label, style={"description_width": "initial"},
            layout={"width": f"{_width(self.label)}px"},
        )  # fmt: skip
        ipywidgets.jslink((button, "value"), (slider, "value"))
        slider.observe(change, "value")
        return ipywidgets.VBox([slider, button]), lambda: slider.value


class Interactive:
    """A picture that depends on ``controls``, {name: Slider, Choice or Play}; the last line of a cell shows it.

    draw(figure, **values): draws into an empty figure. say(**values): one sentence for below it. size: inches. Both
    may call a student's function: one that is not written yet, or fails, is reported in one sentence. Under nbgrader
    nothing is drawn or shown.

    still(figure, ...): draws what most controls leave alone, axes and all, and takes as arguments only the controls
    that it depends on. Then ``draw`` gets what it returns in place of the figure, and adds the rest to it: new artists,
    which lie above the old ones. What stands still is drawn once and kept as pixels, so a redraw takes half the time.
    ready(): a generator that computes ahead what the controls will need; it runs for READY seconds at most, when the
    picture is there already.
    """

    def __init__(self, draw, controls, say=None, size=(6.4, 4.2), still=None, ready=None):
        self.draw = draw
        self.controls = controls
        self.say = say
        self.size = size
        self.still = still
        self.ready = ready
        self.scenes = {}

    def values(self, **values):
        """The starting value of every control, but for those given."""
        unknown = set(values) - set(self.controls)
        if unknown:
            raise TypeError(f"no control is called {', '.join(sorted(unknown))}: there are {', '.join(self.controls)}")
        return {name: control.value for name, control in self.controls.items()} | values

    def figure(self, **values):
        """The picture at the starting values, but for those given, as a figure of its own."""
        values = self.values(**values)
        with _quiet_style():
            figure = self._empty(dpi=100)
            self.draw(self._set_scene(figure, values) if self.still else figure, **values)
        return figure

    def png(self, **values):
        """The picture as PNG bytes."""
        values = self.values(**values)
        with _quiet_style():
            return fast_png(self._moved(values) if self.still else self._all(values))

    def _all(self, values):
        """The pixels of a new figure: to clear an old one takes longer."""
        figure = self._empty()
        self.draw(figure, **values)
        figure.canvas.draw()  # half the time of savefig, which draws twice
        return figure.canvas.buffer_rgba()

    def _moved(self, values):
        """The pixels of what stands still, with the artists that ``draw`` adds above them."""
        figure, scene, background = self._scene(values)
        renderer, owners = figure.canvas.get_renderer(), [*figure.axes, figure]
        old = {artist for owner in owners for artist in owner.get_children()}

        def added(owner):
            return sorted((one for one in owner.get_children() if one not in old), key=lambda one: one.zorder)

        figure.canvas.restore_region(background)
        for axes in figure.axes:
            axes.set_prop_cycle(None)  # colours begin with the first again
        try:
            self.draw(scene, **values)
            for owner in owners:
                new = added(owner)
                edges = owner.spines.values() if new and owner is not figure and owner.axison else ()
                for artist in [*new, *edges]:
                    artist.draw(renderer)
        finally:
            for owner in owners:
                for artist in added(owner):
                    artist.remove()
        return figure.canvas.buffer_rgba()

    def _scene(self, values):
        """A figure of what stands still at these values, what ``still`` returned, and the pixels; made once."""
        key = tuple(self._needs(values).values())
        if key not in self.scenes:
            if len(self.scenes) >= SCENES:
                self.scenes.clear()
            figure = self._empty()
            scene = self._set_scene(figure, values)
            figure.canvas.draw()
            self.scenes[key] = figure, scene, figure.canvas.copy_from_bbox(figure.bbox)
        return self.scenes[key]

    def _empty(self, dpi=DPI):
        figure = plotting.new_figure(*self.size)
        figure.set_layout_engine("none")
        figure.set_dpi(dpi)
        return figure

    def _set_scene(self, figure, values):
        """Draw what stands still; return what ``draw`` takes."""
        scene = self.still(figure, **self._needs(values))
        for axes in figure.axes:
            axes.set_autoscale_on(False)
        return scene

    def _needs(self, values):
        """The values that ``still`` takes."""
        return {name: values[name] for name in list(inspect.signature(self.still).parameters)[1:]}

    def save(self, path, dpi=DPI, **values):
        """Write the picture to a PNG file, for the text of a lesson."""
        path = Path(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(plotting.png(self.figure(**values), dpi))

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
        if picture and self.ready:
            end = time.perf_counter() + READY
            for _ in self.ready():
                if time.perf_counter() > end:
                    break

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
        widest = max([360, *(_width(control.label) for control in self.controls.values())])
        layout = {"max_width": f"{widest + 20}px"}
        panel = ipywidgets.VBox([widget for widget, _ in built.values()] + [text], layout=layout)
        row = {"flex_flow": "row wrap", "align_items": "center"}
        return ipywidgets.Box([image, panel], layout={"display": "flex", **row})


def fast_png(pixels):
    """PNG bytes of pixels (height, width, 4), without their last channel; half the time of a general encoder."""
    pixels = np.asarray(pixels)
    height, width = pixels.shape[:2]
    lines = np.zeros((height, 1 + 3 * width), np.uint8)  # a 0 before each line: no filter
    lines[:, 1:] = pixels[..., :3].reshape(height, -1)

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = (b"IHDR", head), (b"IDAT", zlib.compress(lines, 1)), (b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*part) for part in parts)


@contextmanager
def _quiet_style():
    with plotting.style(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


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


def _width(label):
    """Pixels of a slider with this label: a long one must not leave a track too short to grasp."""
    return max(320, 210 + 7 * len(label))


def _decimals(step):
    return len(f"{step:.6f}".rstrip("0").split(".")[1])
