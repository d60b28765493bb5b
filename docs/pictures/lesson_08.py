"""Make the pictures of lesson 8: ``python docs/pictures/lesson_08.py``."""

from pathlib import Path

from canvas import canvas
from matplotlib import rc_context
from matplotlib.patches import FancyArrowPatch, Rectangle

from dqn_course import plotting, preprocessing
from dqn_course.plotting import BLUE, GREEN, GREY, ORANGE, RED
from dqn_course.widgets import lesson_08 as widgets

IMAGES = Path(__file__).parents[2] / "solutions" / "08_atari_preprocessing" / "images"


def arrow(axes, start, end, colour="#202020", curve=0.0):
    axes.add_patch(
        FancyArrowPatch(
            start, end, arrowstyle="-|>", mutation_scale=14, color=colour, lw=1.6, connectionstyle=f"arc3,rad={curve}"
        )
    )


def pipeline(game="space_invaders", step=61):
    """Every stage of phi on real screens."""
    pairs = widgets.recording(game)
    frame, previous = pairs[step]
    bright = preprocessing.max_of_two_frames(frame, previous)
    grey = preprocessing.luminance(bright)
    small = [
        preprocessing.resize_84(preprocessing.luminance(preprocessing.max_of_two_frames(*pairs[i])))
        for i in range(step - 3, step + 1)
    ]
    figure, axes = canvas(10.2, 3.1)

    def picture(image, x, y, width, height):
        grey_map = {"cmap": "gray", "vmin": 0, "vmax": 255} if image.ndim == 2 else {}
        axes.imshow(image, extent=(x, x + width, y, y + height), interpolation="nearest", aspect="auto", **grey_map)
        axes.add_patch(Rectangle((x, y), width, height, fc="none", ec="#606060", lw=0.8))

    w, h, y = 15, 15 * 210 / 160, 6
    picture(previous, 1, y + 2.4, w, h)
    picture(frame, 3, y, w, h)
    picture(bright, 26, y, w, h)
    picture(grey, 49, y, w, h)
    picture(small[-1], 72, y + 5, 9.5, 9.5)
    for i, image in enumerate(small):
        picture(image, 88 + 1.1 * i, y + 7.4 - 1.8 * i, 9.5, 9.5)
    for x, end in ((18.8, 25.4), (41.6, 48.4), (64.6, 71.4), (82.0, 87.4)):
        arrow(axes, (x, y + 9.8), (end, y + 9.8))
    for x, text in ((22, "maximum"), (45, "luminance"), (68, "area"), (84.7, "m = 4")):
        axes.text(x, y + 11, text, ha="center", va="bottom", fontsize=9)
    for x, text in (
        (10, "two screens\n210 x 160 x 3"),
        (33.5, "nothing flickers\n210 x 160 x 3"),
        (56.5, "grey\n210 x 160"),
        (76.7, "small\n84 x 84"),
        (94.5, "a state\n4 x 84 x 84"),
    ):
        axes.text(x, y - 0.8, text, ha="center", va="top", fontsize=9.5)
    axes.set(xlim=(0, 102), ylim=(0, 31))
    return figure


def timeline():
    """Frames in a row; every fourth is followed by a decision, and its maximum is taken with the one before."""
    figure, axes = canvas(8.6, 2.3)
    colours = (BLUE, ORANGE, GREEN)
    for t in range(1, 13):
        step = (t - 1) // 4
        x = 4 + 6.3 * (t - 1)
        used = t % 4 in (0, 3)
        axes.add_patch(Rectangle((x, 8), 5, 6, fc=colours[step] if used else "white", ec=colours[step], lw=1.8))
        axes.text(x + 2.5, 11, str(t), ha="center", va="center", fontsize=11, color="white" if used else "black")
        if t % 4 == 0:
            arrow(axes, (x + 5.65, 4.6), (x + 5.65, 7.6))
            axes.text(x + 5.6, 3.8, "decides", ha="center", va="top", fontsize=9.5)
            axes.plot([x - 6.3, x - 6.3, x + 5, x + 5], [14.6, 15.4, 15.4, 14.6], color=colours[step], lw=1.4)
            axes.text(x - 0.6, 16, "maximum", ha="center", va="bottom", fontsize=9.5)
    for i in range(3):
        axes.text(
            4 + 6.3 * (4 * i) + 5.6, 7, f"action {'abc'[i]} held", ha="center", va="top", fontsize=9.5, color="#404040"
        )
    axes.text(4, 20, "one frame = 1/60 second; four frames = one agent step", fontsize=10.5)
    return figure


def memory():
    """Two transitions in a row: of eight pictures only one is new."""
    figure, axes = canvas(8.2, 2.5)

    def stack(x, y, first, colour, name):
        for i in range(4):
            new = first + i == 8
            axes.add_patch(Rectangle((x + 4.4 * i, y), 3.8, 3.8, fc=RED if new else "#EDEDED", ec=colour, lw=1.6))
            axes.text(x + 4.4 * i + 1.9, y + 1.9, str(first + i), ha="center", va="center", fontsize=10,
                      color="white" if new else "black")  # fmt: skip
        axes.text(x, y + 4.6, name, fontsize=9.5)

    axes.text(1, 16, "transition 1", fontsize=10.5)
    stack(16, 14.4, 3, BLUE, "state: pictures 3 to 6")
    stack(44, 14.4, 4, BLUE, "next state: 4 to 7")
    axes.text(1, 7, "transition 2", fontsize=10.5)
    stack(16, 5.4, 4, ORANGE, "state: 4 to 7, the same")
    stack(44, 5.4, 5, ORANGE, "next state: 5 to 8")
    arrow(axes, (52, 14), (27, 10.9), GREY)
    axes.text(63.5, 7.2, "one new picture", fontsize=10, color=RED, va="center")
    axes.text(1, 1.2, "sixteen pictures stored one by one, six different ones", fontsize=10)
    return figure


def main():
    IMAGES.mkdir(exist_ok=True)
    with plotting.style():
        (IMAGES / "pipeline.png").write_bytes(plotting.png(pipeline(), 90))
    with rc_context({"svg.hashsalt": "lesson 8", "svg.fonttype": "path"}):
        for draw in (timeline, memory):
            draw().savefig(IMAGES / f"{draw.__name__}.svg", metadata={"Date": None})


if __name__ == "__main__":
    main()
