"""Make the pictures in the text of lesson 3: ``python docs/pictures/lesson_03.py``."""

from pathlib import Path

import matplotlib as mpl
import numpy as np
from PIL import Image

from dqn_course import optimizers
from dqn_course.plotting import BLUE, GREY, ORANGE, RED, new_figure, style
from dqn_course.widgets import lesson_03 as widgets

IMAGES = Path(__file__).parents[2] / "solutions" / "03_learning_by_gradient" / "images"
STEPS = (optimizers.sgd_step, optimizers.momentum_step, optimizers.rprop_step, optimizers.rmsprop_step)


def backward(x, y, W1, b1, W2, b2):
    """The gradients of the lesson's network."""
    h = 1 / (1 + np.exp(-(x @ W1 + b1)))
    ds2 = (1 / (1 + np.exp(-(h @ W2 + b2))) - y) / len(x)
    ds1 = ds2 @ W2.T * h * (1 - h)
    return x.T @ ds1, ds1.sum(0), h.T @ ds2, ds2.sum(0)


def cross_entropy():
    """The loss of one point over p, for both labels."""
    figure = new_figure(6.4, 3.0)
    axes = figure.subplots()
    p = np.linspace(0.012, 0.988, 200)
    axes.plot(p, -np.log(p), color=BLUE, label="label y = 1:  −ln p")
    axes.plot(p, -np.log(1 - p), color=RED, ls="--", label="label y = 0:  −ln(1 − p)")
    for marker, color, loss in (("o", BLUE, -np.log(0.9)), ("s", RED, -np.log(0.1))):
        axes.plot(0.9, loss, marker, color=color, ms=7)
        axes.annotate(f"{loss:.2f}", (0.9, loss), (-8, 4), textcoords="offset points", ha="right")
    axes.axvline(0.9, color=GREY, lw=0.8, ls=":")
    axes.set(xlabel="probability p that the network gives to class 1", ylabel="loss of the point", ylim=(0, 4.6))
    axes.legend(loc="upper center")
    return figure


def learning_rates():
    """Ten steps on the bowl with four learning rates."""
    figure = new_figure(9.6, 2.7)
    titles = {0.05: "0.05: slow", 0.4: "0.4: good", 0.9: "0.9: overshoots", 1.05: "1.05: climbs"}
    for axes, (lr, title) in zip(figure.subplots(1, 4, sharey=True), titles.items()):
        ws = [np.array([-1.6])]
        for _ in range(10):
            ws.append(optimizers.sgd_step(ws[-1], 2 * ws[-1], lr))
        widgets.draw_descent(axes, "bowl", np.concatenate(ws))
        axes.set_title(f"lr = {title}", fontsize=11)
        axes.label_outer()
    return figure


def chain():
    """The network as a chain of links, and the way back."""
    figure = new_figure(9.6, 3.6)
    axes = figure.subplots()
    names = ("x", "s_1", "h", "s_2", "p", "L")
    for i, name in enumerate(names):
        axes.text(2 * i, 2, f"${name}$", ha="center", va="center", fontsize=15, bbox={
            "boxstyle": "circle,pad=0.45", "fc": "white" if name not in "xL" else "#EEEEEE", "ec": GREY,
        })  # fmt: skip
    forward = ("$x W_1 + b_1$", "$\\sigma$", "$h W_2 + b_2$", "$\\sigma$", "compare with $y$")
    for i, label in enumerate(forward):
        _arrow(axes, (2 * i + 0.38, 2), (2 * i + 1.62, 2), BLUE, label, (0, 0.17))
    axes.text(-0.55, 2.75, "forward", color=BLUE, fontsize=12, weight="bold")
    _arrow(axes, (9.75, 1.62), (6.1, 0.72), RED, "", (0, 0))
    axes.text(8.45, 1.02, "$(p - y) / n$\n(both links at once)", color=RED, ha="left", va="center")
    for x, label in ((6, "$ds_2$"), (2, "$ds_1$")):
        axes.text(x, 0.6, label, ha="center", va="center", fontsize=15, color=RED)
    _arrow(axes, (5.62, 0.6), (4.3, 0.6), RED, r"times $W_2^\top$", (0, 0.13))
    _arrow(axes, (4.0, 0.6), (2.42, 0.6), RED, "times $h\\,(1 - h)$", (0, 0.13))
    for x, layer, before in ((6, 2, "h"), (2, 1, "x")):
        _arrow(axes, (x, 0.42), (x, -0.12), ORANGE, "", (0, 0))
        gradients = rf"$dW_{layer} = {before}^\top ds_{layer}$      $db_{layer} = \sum_i ds_{layer}$"
        axes.text(x, -0.4, gradients, ha="center", va="center", fontsize=12)
    axes.text(-0.55, 0.95, "back", color=RED, fontsize=12, weight="bold")
    axes.set(xlim=(-0.7, 10.7), ylim=(-0.75, 3.0))
    axes.axis("off")
    return figure


def _arrow(axes, start, end, color, label, shift):
    axes.annotate("", end, start, arrowprops={"arrowstyle": "-|>", "color": color, "lw": 1.8})
    middle = (np.array(start) + end) / 2 + shift
    axes.text(*middle, label, ha="center", va="bottom", color=color, fontsize=10)


def race():
    """The race on the four landscapes, after some steps."""
    figure = new_figure(9.6, 6.4)
    moments = {"long valley": 20, "slanted valley": 40, "saddle": 40, "mini-batches": 60}
    for axes, (landscape, step) in zip(figure.subplots(2, 2).flat, moments.items()):
        paths = {
            name: widgets._run(name, function, landscape, 0.03, 0.8, step)
            for name, function in zip(widgets.RACERS, STEPS)
        }
        widgets.draw_race(axes, landscape, paths, step)
        axes.set_title(f"{landscape}, after {step} steps", fontsize=11)
        for name, (color, marker) in widgets.RACERS.items():
            axes.plot([], [], marker=marker, color=color, mec="white", ms=8, label=name)
    figure.axes[0].legend(loc="lower right", fontsize=9, frameon=True, ncols=2)
    return figure


def shrink(path, colors=256):
    """Store a PNG with few colours, which nobody sees and which makes it small."""
    picture = Image.open(path).convert("RGB")
    picture.quantize(colors, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).save(path, optimize=True)


if __name__ == "__main__":
    with style(), mpl.rc_context({"svg.hashsalt": "lesson 3"}):  # the same picture, the same bytes
        for make in (cross_entropy, chain):
            make().savefig(IMAGES / f"{make.__name__}.svg", metadata={"Date": None})
        for make in (learning_rates, race):
            make().savefig(IMAGES / f"{make.__name__}.png", dpi=80)
    widgets.batches(backward).save(IMAGES / "batches.png", dpi=100)
    for path in sorted(IMAGES.iterdir()):
        if path.suffix == ".png":
            shrink(path)
        print(f"{path.name:20} {path.stat().st_size / 1024:.0f} KB")
