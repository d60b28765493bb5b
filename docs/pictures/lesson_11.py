"""The pictures of lesson 11: ``python docs/pictures/lesson_11.py`` writes them anew. None depends on the agent."""

from pathlib import Path

import numpy as np
from matplotlib.patches import FancyArrowPatch, Rectangle

from dqn_course import embedding, plotting
from dqn_course.plotting import BLUE, GREEN, GREY, ORANGE, RED
from dqn_course.widgets import lesson_11 as widgets

IMAGES = Path(__file__).parents[2] / "solutions/11_inside_the_network/images"
DPI = 110
INK = "#222222"


def hidden():
    """The network with its hidden layer marked."""
    figure, axes = _canvas(8.2, 2.55, (0, 82), (25, -0.6))
    parts = (
        (2, 12, "4 pictures", "4 x 84 x 84", GREY), (18, 10, "convolution 1", "32 x 20 x 20", BLUE),
        (32, 8, "convolution 2", "64 x 9 x 9", BLUE), (44, 7, "convolution 3", "64 x 7 x 7", BLUE),
    )  # fmt: skip
    for left, side, name, size, colour in parts:
        for shift in (1.6, 0.8, 0):
            axes.add_patch(Rectangle((left + shift, 11 - side / 2 - shift), side, side, facecolor="white",
                                     edgecolor=colour, lw=1.4))  # fmt: skip
        axes.text(left + side / 2 + 0.5, 20.2, name, ha="center", fontsize=9, color=INK)
        axes.text(left + side / 2 + 0.5, 22.5, size, ha="center", fontsize=8, color=GREY)
    for left, n, name, size, colour in (
        (59, 15, "hidden layer h", "512", ORANGE),
        (74, 5, "Q-values", "actions", GREEN),
    ):
        for i in range(n):
            axes.add_patch(Rectangle((left, 11 - n * 0.6 + 1.2 * i), 1.6, 0.95, facecolor=colour, edgecolor="none"))
        axes.text(left + 0.8, 21.6, name, ha="center", fontsize=9, color=INK)
        axes.text(left + 0.8, 23.9, size, ha="center", fontsize=8, color=GREY)
    for start, end in ((16.0, 17.6), (30.2, 31.6), (42.2, 43.6), (53.4, 58.4), (61.4, 73.4)):
        axes.add_patch(FancyArrowPatch((start, 11), (end, 11), arrowstyle="-|>", mutation_scale=9, color=INK, lw=1))
    axes.text(67.4, 9.8, "linear", ha="center", fontsize=8.5, color=INK)
    axes.text(55.9, 9.8, "linear,\nReLU", ha="center", fontsize=8.5, color=INK)
    axes.text(59.8, 0.9, "all that the network will say about the state", ha="center", fontsize=9, color=INK)
    return figure


def returns():
    """Eight rewards, an end, and the returns, computed backwards with a discount of one half."""
    rewards, ends = np.array([0, 1, 0, 0, -1, 0, 0, 1.0]), np.arange(8) == 4
    found = embedding.returns_to_go(rewards, ends, 0.5)
    figure, axes = _canvas(8.2, 2.2, (-1.5, 8.1), (3.0, -0.75))
    for y, name in ((0, "reward $r_t$"), (1.7, "return $G_t$")):
        axes.text(-0.15, y + 0.4, name, ha="right", va="center", fontsize=10, color=INK)
    for t in range(8):
        colour = "#C6DFF1" if t < 5 else "#FBE6B8"
        for y, number in ((0, rewards[t]), (1.7, found[t])):
            axes.add_patch(Rectangle((t + 0.05, y), 0.9, 0.8, facecolor=colour, edgecolor=INK, lw=0.7))
            text = f"{number:g}" if y == 0 else f"{number:.4f}".rstrip("0").rstrip(".")
            axes.text(t + 0.5, y + 0.4, text.replace("-", "−"), ha="center", va="center", fontsize=10, color=INK)
        axes.text(t + 0.5, -0.2, f"t = {t}", ha="center", fontsize=8.5, color=GREY)
        axes.plot([t + 0.5, t + 0.5], [0.85, 1.65], color=GREY, lw=1)
        if t < 7 and not ends[t]:
            axes.add_patch(FancyArrowPatch((t + 1.45, 2.55), (t + 0.6, 2.55), arrowstyle="-|>", mutation_scale=9,
                                           color=BLUE, lw=1.1, connectionstyle="arc3,rad=-0.25"))  # fmt: skip
    axes.plot([5, 5], [-0.1, 2.75], color=RED, lw=2)
    axes.text(5.03, -0.5, "an end: nothing of it follows t = 4", ha="center", fontsize=8.5, color=RED)
    axes.text(0.55, 2.92, "each arrow: times ½", fontsize=8.5, color=BLUE)
    return figure


def _canvas(width, height, x, y):
    figure = plotting.new_figure(width, height)
    figure.set_layout_engine("none")
    axes = figure.add_axes([0, 0, 1, 1])
    axes.set(xlim=x, ylim=y)
    axes.axis("off")
    return figure, axes


def main():
    IMAGES.mkdir(exist_ok=True)
    (IMAGES / "hidden.png").write_bytes(plotting.png(hidden(), DPI))
    (IMAGES / "returns.png").write_bytes(plotting.png(returns(), DPI))
    widgets.how_it_maps().save(IMAGES / "how_it_maps.png", dpi=DPI)


if __name__ == "__main__":
    main()
