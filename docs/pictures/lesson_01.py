"""Make the pictures in the text of lesson 1: ``python docs/pictures/lesson_01.py``."""

import io
from pathlib import Path

import numpy as np
from PIL import Image

from dqn_course import plotting
from dqn_course.widgets import lesson_01 as widgets

IMAGES = Path(__file__).parents[2] / "solutions" / "01_perceptron" / "images"
X, y = widgets.landings()


def drawn(width, height, draw):
    """An empty figure with what ``draw`` puts into it."""
    with plotting.style():
        figure = plotting.new_figure(width, height)
        figure.set_layout_engine("none")
        draw(figure)
    return figure


def save(name, figure):
    """Write a figure to ``name``.png, with 256 colours: half the size, and nobody sees it."""
    picture = Image.open(io.BytesIO(plotting.png(figure, 120))).convert("RGB")
    picture.quantize(256, dither=Image.Dither.NONE).save(IMAGES / f"{name}.png", optimize=True)


def line(figure):
    """A good line, a line with a heavy weight, and the neuron of that line."""
    good, heavy = (1, 1, -1), (3, 1, -1.8)
    left = figure.add_axes([0.065, 0.17, 0.27, 0.7])
    widgets.draw_landings(left, X, y, *good)
    left.set_title("a line that is right")
    note = {"fontsize": 9.5, "color": widgets.INK, "ha": "center", "va": "center"}
    left.text(0.86, 1.02, "s > 0", **note)
    left.text(0.1, 0.06, "s < 0", **note)
    left.text(0.27, 0.8, "s = 0", rotation=-45, rotation_mode="anchor", **note)

    middle = figure.add_axes([0.4, 0.17, 0.27, 0.7])
    widgets.draw_landings(middle, X, y, *heavy)
    middle.set(title="fuel counts too much", ylabel="")
    middle.text(0.105, 0.88, "misclassified", **note | {"fontsize": 8})
    widgets.draw_neuron(figure, (0.69, 0.08, 0.31, 0.88), *heavy)


def gates(figure):
    """One line for each of three gates."""
    for i, (name, numbers) in enumerate({"AND": (1, 1, -1.5), "OR": (1, 1, -0.5), "NAND": (-1, -1, 1.5)}.items()):
        axes = figure.add_axes([0.06 + 0.32 * i, 0.2, 0.26, 0.66])
        widgets.draw_corners(axes, np.array(widgets.GATES[name]), *numbers)
        widgets.draw_direction(axes, *numbers)
        axes.set_title(name)


def learning(figure):
    """Four moments of learning, with the update written out."""

    def update(w, b, x, y, lr):
        error = y - (w @ x + b >= 0)
        return w + lr * error * x, b + lr * error

    past = widgets.learning_history(update, X, y, steps=26, lr=0.5)
    for i, step in enumerate((0, 13, 22, 26)):
        w, b, wrong = past[step]
        axes = figure.add_axes([0.065 + 0.237 * i, 0.2, 0.215, 0.66])
        widgets.draw_landings(axes, X, y, *w, b)
        axes.set_title(f"step {step}: {wrong or 'none'} wrong", fontsize=11)
        if i:
            axes.set(ylabel="", yticklabels=[])


if __name__ == "__main__":
    IMAGES.mkdir(exist_ok=True)
    save("line", drawn(9.0, 3.4, line))
    save("sigmoid", widgets.slide_the_sigmoid().figure())
    save("gates", drawn(8.0, 3.0, gates))
    save("learning", drawn(9.6, 2.9, learning))
    save("xor", drawn(8.2, 3.0, widgets.draw_xor))
