"""Pictures in one style: labelled axes, colours that colour-blind readers tell apart, readable in grey."""

import io
import time
from contextlib import contextmanager

import matplotlib as mpl
import numpy as np
from IPython.display import Image, display
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

BLUE, ORANGE, GREEN, RED, PURPLE, GREY = "#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#8A8A8A"
"""The palette of Okabe and Ito, safe for colour-blind readers."""

STYLE = {
    "axes.prop_cycle": mpl.cycler(color=[BLUE, ORANGE, GREEN, RED, PURPLE, GREY]),
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#E6E6E6",
    "axes.axisbelow": True,
    "axes.titlesize": 12,
    "axes.titlelocation": "left",
    "axes.labelsize": 10.5,
    "font.size": 10,
    "legend.frameon": False,
    "lines.linewidth": 1.8,
    "figure.facecolor": "white",
}


@contextmanager
def style():
    """The look of the course's figures, inside a ``with`` block."""
    with mpl.rc_context(STYLE):
        yield


def moving_mean(scores, window=100):
    """Mean of the last ``window`` scores at every episode from number ``window`` on; before it, NaN. Shape (len,)."""
    scores = np.asarray(scores, float)
    means = np.full(len(scores), np.nan)
    if len(scores) >= window:
        sums = np.cumsum(np.concatenate([[0.0], scores]))
        means[window - 1 :] = (sums[window:] - sums[:-window]) / window
    return means


def draw_scores(axes, scores, band=None, window=100, solved_score=200.0, title=None):
    """Draw a training run: every score as a dot, their mean over ``window`` episodes as a line.

    ``band`` (``training.reference_band()``) puts the reference runs behind it: their lowest, median and highest
    mean over 100 episodes.
    """
    scores = np.asarray(scores, float)
    episodes = np.arange(1, len(scores) + 1)
    if band is not None:
        axes.fill_between(
            band["episode"], band["low"], band["high"], color=GREY, alpha=0.25, lw=0,
            label=f"{band['n_seeds']} reference runs, lowest to highest",
        )  # fmt: skip
        axes.plot(band["episode"], band["median"], color=GREY, lw=1.2, ls="--", label="reference, median")
    axes.plot(episodes, scores, ".", color=BLUE, ms=2.5, alpha=0.35, label="score of an episode")
    axes.plot(episodes, moving_mean(scores, window), color=BLUE, lw=2.4, label=f"mean of the last {window}")
    axes.axhline(solved_score, color=GREEN, lw=1.2, ls=":", label=f"solved at a mean of {solved_score:g}")
    axes.set_ylim(-500, 330)
    axes.set_xlim(0, max(300, 1.02 * len(scores)))
    axes.set_xlabel("episode")
    axes.set_ylabel("score (sum of rewards)")
    if title:
        axes.set_title(title)
    axes.legend(loc="lower right", fontsize=8.5, markerscale=3)


def score_figure(scores, band=None, title=None, **kwargs):
    """A figure of one training run, see ``draw_scores``; the last line of a cell shows it."""
    with style():
        figure = new_figure(8.0, 3.9)
        draw_scores(figure.subplots(), scores, band, title=title, **kwargs)
    return figure


class NotebookFigure(Figure):
    """A figure that a notebook shows although pyplot, and with it the inline backend, was never imported."""

    def _repr_png_(self):
        width, height = self.get_size_inches() * self.dpi
        return png(self), {"width": int(width), "height": int(height)}


def new_figure(width=8.0, height=4.0):
    """An empty figure, ``width`` x ``height`` inches, that belongs to nobody's pyplot state."""
    figure = NotebookFigure(figsize=(width, height), dpi=100, layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def png(figure, dpi=144):
    """The figure as PNG bytes."""
    data = io.BytesIO()
    figure.savefig(data, format="png", dpi=dpi)
    return data.getvalue()


class LivePlot:
    """One picture in the notebook that is replaced in place, so it does not flicker, and seldom, so it costs little.

    ``draw()`` returns a figure. It is called at most every ``seconds``, and less often where drawing is slow:
    no more than a twentieth of the time goes into pictures.
    """

    def __init__(self, draw, seconds=1.0):
        self.draw = draw
        self.seconds = seconds
        self.handle = None
        self.next_time = 0.0

    def update(self, force=False):
        """Draw again if it is time (or ``force``)."""
        start = time.perf_counter()
        if start < self.next_time and not force:
            return
        figure = self.draw()
        image = Image(data=png(figure), width=int(figure.get_figwidth() * 100))
        if self.handle is None:
            self.handle = display(image, display_id=True)
        else:
            self.handle.update(image)
        now = time.perf_counter()
        self.next_time = now + max(self.seconds, 19 * (now - start))


def in_notebook():
    """True inside a Jupyter kernel, where pictures can be shown."""
    try:
        from IPython import get_ipython
    except ImportError:
        return False
    shell = get_ipython()
    return shell is not None and getattr(shell, "kernel", None) is not None
