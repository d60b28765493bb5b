"""The pictures of lesson 9: a filter that slides over a screen, the ring of the memory, and three clocks."""

from functools import lru_cache

import cv2
import numpy as np
import torch
from matplotlib.patches import Rectangle

from dqn_course import plotting
from dqn_course.environments import make_atari
from dqn_course.plotting import BLUE, GREEN, GREY, ORANGE, RED
from dqn_course.widgets.interactive import Choice, Interactive, Play, Slider

INK = "#222222"
STEPS = 60
"""Stops of the filter on its way over the picture that can be looked at."""
SHADES = ("#C6DFF1", "#FBE6B8", "#C4E9DC", "#F8D5C0", "#E3D3EA")
"""One an episode."""


# --- a filter slides over a screen


@lru_cache
def pong_screen():
    """One screen of Pong as the agent sees it, (84, 84) from 0 to 1, with both bats and the ball in sight."""
    env = make_atari("pong", noop_max=0)
    env.reset(seed=1)
    rng = np.random.default_rng(3)
    for _ in range(97):
        stack, *_ = env.step(int(rng.integers(env.action_space.n)))
    return stack[-1] / 255


def filter_of(kind, kernel):
    """The weights (kernel, kernel) of a filter: positive here, negative there, so that an even grey gives 0."""
    place = np.arange(kernel) - (kernel - 1) / 2
    across, down = np.meshgrid(place, place)
    weights = {
        "left edges": np.sign(across),
        "top edges": np.sign(down),
        "spots": np.exp(-(across**2 + down**2) / (0.25 * kernel) ** 2),
        "mean": np.ones((kernel, kernel)),
    }[kind].astype(float)
    if kind == "spots":
        weights -= weights.mean()
    return weights / np.abs(weights).sum()


def convolve(picture, weights, stride):
    """The map that a filter makes of a picture, (places, places): the sum of picture times weights at each place."""
    kernel = len(weights)
    windows = np.lib.stride_tricks.sliding_window_view(picture, (kernel, kernel))[::stride, ::stride]
    return np.einsum("rcij,ij->rc", windows, weights)


def sliding_filter():
    """Choose sizes and a filter, and let it slide over a screen of Pong: what it sees, and the map that grows."""

    def say(size, kernel, stride, kind, place):
        places = (size - kernel) // stride + 1
        left = size - ((places - 1) * stride + kernel)
        rest = f" {left} {'row and column are' if left == 1 else 'rows and columns are'} never seen." if left else ""
        return (
            f"({size} - {kernel}) // {stride} + 1 = {places}: the filter stops {places} times in a row, so the map has "
            f"{places} x {places} numbers.{rest}"
        )

    controls = {
        "size": Slider("size of the picture", 84, 40, 84, 4),
        "kernel": Slider("kernel", 8, 1, 16, 1),
        "stride": Slider("stride", 4, 1, 12, 1),
        "kind": Choice("filter", ["left edges", "top edges", "spots", "mean"]),
        "place": Play("place", STEPS, 200, 25),
    }
    return Interactive(draw_sliding, controls, say=say, size=(8.2, 3.0), still=sliding_scene)


@lru_cache(maxsize=16)
def _screen(size):
    return cv2.resize(pong_screen(), (size, size), interpolation=cv2.INTER_AREA)


def sliding_scene(figure, size, kernel, stride):
    """The screen, with what is never seen in red, and empty axes for the window, the weights and the map."""
    places = (size - kernel) // stride + 1
    seen = (places - 1) * stride + kernel
    screen = figure.add_axes([0.01, 0.03, 0.325, 0.83])
    screen.imshow(_screen(size), cmap="gray", vmin=0, vmax=1, extent=(0, size, size, 0), interpolation="nearest")
    for x, y, width, height in ((seen, 0, size - seen, size), (0, seen, seen, size - seen)):
        if width and height:
            screen.add_patch(Rectangle((x, y), width, height, facecolor=RED, alpha=0.55, lw=0))
    _frame(screen, f"picture, {size} x {size}")
    window, weights, result = (
        figure.add_axes(place) for place in ([0.375, 0.36, 0.12, 0.32], [0.525, 0.36, 0.12, 0.32],
                                             [0.67, 0.03, 0.325, 0.83])
    )  # fmt: skip
    for axes, side, title, colour in (
        (window, kernel, "it sees", ORANGE),
        (weights, kernel, f"weights, {kernel} x {kernel}", GREY),
        (result, places, f"map, {places} x {places}", GREY),
    ):
        axes.set(xlim=(0, side), ylim=(side, 0), aspect="equal")
        _frame(axes, title, colour)
    figure.text(0.51, 0.52, "×", ha="center", va="center", fontsize=13, color=INK)
    return screen, window, weights, result


def draw_sliding(scene, size, kernel, stride, kind, place):
    """The filter on the screen, what it sees times its weights, and the map up to there."""
    picture, weights = _screen(size), filter_of(kind, kernel)
    result = convolve(picture, weights, stride)
    places = len(result)
    last = round(place / STEPS * (places * places - 1))
    row, column = divmod(last, places)
    shown = result.copy()
    shown.ravel()[last + 1 :] = np.nan
    top, left = row * stride, column * stride

    on_screen, window, on_weights, on_map = scene
    on_screen.add_patch(Rectangle((left, top), kernel, kernel, fill=False, edgecolor=ORANGE, lw=2.4))
    seen = picture[top : top + kernel, left : left + kernel]
    _picture(window, seen, "gray", 0, 1)
    _picture(on_weights, weights, "RdBu_r", -np.abs(weights).max(), np.abs(weights).max())
    limit = max(0.05, np.abs(result).max())
    _picture(on_map, shown, "RdBu_r", -limit, limit)
    on_map.add_patch(Rectangle((column, row), 1, 1, fill=False, edgecolor=ORANGE, lw=2.0))
    on_map.figure.text(
        0.51, 0.24, f"sum of the products: {result[row, column]:+.3f}", ha="center", fontsize=10, color=INK
    )


def _picture(axes, picture, colours, low, high):
    side = len(picture)
    axes.imshow(picture, cmap=colours, vmin=low, vmax=high, extent=(0, side, side, 0), interpolation="nearest")


def _frame(axes, title, colour=GREY):
    axes.set(xticks=[], yticks=[])
    axes.grid(False)
    for edge in axes.spines.values():
        edge.set(visible=True, color=colour, linewidth=1)
    axes.set_title(title, fontsize=9.5, loc="center", pad=4)


def maps(pictures, columns=8, titles=None):
    """A figure of maps (n, rows, columns) in a grid, all on one scale: red for positive, blue for negative numbers."""
    pictures = np.asarray(pictures, float)
    rows = -(-len(pictures) // columns)
    figure = plotting.new_figure(1.15 * columns, 1.15 * rows + (0.25 if titles else 0))
    limit = np.quantile(np.abs(pictures), 0.97) or 1  # a few large numbers would leave all others pale
    for axes in figure.subplots(rows, columns, squeeze=False).ravel():
        axes.set_axis_off()
    for number, (axes, picture) in enumerate(zip(figure.axes, pictures)):
        axes.imshow(picture, cmap="RdBu_r", vmin=-limit, vmax=limit, interpolation="nearest")
        if titles:
            axes.set_title(titles[number], fontsize=9.5, loc="center")
    return figure


# --- the ring of the memory

ROWS, HISTORY = 12, 4
ENDS = {5: "end", 9: "cut", 15: "end", 20: "end"}
"""The steps after which a new episode begins, and why."""
ADDED = 24


def ring():
    """Choose how much was written and a row: see the state, the next state, and which rows can be sampled."""

    def say(added, row):
        step = step_in(row, added)
        reason = why_not(row, added)
        if reason:
            return f"Row {row} is not used: {reason}."
        end = " Its episode ended here, so the next state means nothing." if ENDS.get(step) == "end" else ""
        missing = HISTORY - len(state_of(step))
        zeros = f" {missing} of its pictures {'is' if missing == 1 else 'are'} zeros." if missing else ""
        return f"Row {row} can be sampled.{zeros}{end}"

    controls = {
        "added": Slider("rows added", 17, 5, ADDED, 1),
        "row": Slider("row that is sampled", 1, 0, ROWS - 1, 1),
    }
    return Interactive(draw_states, controls, say=say, size=(8.2, 2.75), still=draw_ring)


def step_in(row, added):
    """The agent step that stands in a row now, or None where nothing was written."""
    step = row + (added - 1 - row) // ROWS * ROWS
    return step if 0 <= step < added else None


def episode(step):
    """The number of the episode that a step belongs to."""
    return sum(end < step for end in ENDS)


def state_of(step):
    """The steps whose pictures are in the state of this step, newest first."""
    return [step - k for k in range(HISTORY) if step - k >= 0 and episode(step - k) == episode(step)]


def why_not(row, added):
    """Why this row cannot be sampled; '' if it can."""
    step, oldest = step_in(row, added), max(0, added - ROWS)
    if step is None:
        return "nothing was written there yet"
    if step == added - 1:
        return "it is the newest, and its next picture is not there yet"
    if oldest and step < oldest + HISTORY - 1:
        return "it is one of the three oldest rows"
    if ENDS.get(step) == "cut":
        return "play was cut here, and the next picture belongs to another game"
    return ""


def draw_ring(figure, added):
    """The rows of the ring, coloured by episode; what cannot be sampled is hatched. Returns the axes."""
    axes = figure.add_axes([0, 0, 1, 1])
    axes.set(xlim=(-1.7, ROWS + 0.3), ylim=(5.1, -1.55))
    axes.axis("off")
    oldest = max(0, added - ROWS)
    for place in range(ROWS):
        step = step_in(place, added)
        colour = "white" if step is None else SHADES[episode(step) % len(SHADES)]
        usable = not why_not(place, added)
        axes.add_patch(Rectangle((place + 0.03, 0), 0.94, 0.9, facecolor=colour, edgecolor=INK, lw=0.8,
                                 hatch=None if usable else "////", alpha=1 if usable else 0.75))  # fmt: skip
        if step is not None:
            y = 0.3 if step in ENDS else 0.45
            axes.text(place + 0.5, y, f"t={step}", ha="center", va="center", fontsize=9.5, color=INK,
                      bbox=None if usable else {"boxstyle": "round,pad=0.12", "fc": "white", "ec": "none"})  # fmt: skip
            if step in ENDS:
                word = {"end": "terminated", "cut": "cut"}[ENDS[step]]
                box = None if usable else {"boxstyle": "round,pad=0.05", "fc": "white", "ec": "none"}
                axes.text(place + 0.5, 0.86, word, ha="center", va="bottom", fontsize=6.2, color=RED, bbox=box)
        axes.text(place + 0.5, -0.12, f"{place}", ha="center", va="bottom", fontsize=8.5, color=GREY)
    axes.text(-0.2, -0.12, "row", ha="right", va="bottom", fontsize=8.5, color=GREY)
    axes.text(-0.2, 0.45, "pictures", ha="right", va="center", fontsize=9.5, color=INK)
    seam = added % ROWS
    if oldest:
        axes.plot([seam, seam], [-0.55, 1.35], color=RED, lw=2.2)
        place, words = max(seam, 0.6), "seam: the next row is written here"
        axes.text(place, -0.6, words, ha="center", va="bottom", fontsize=8.5, color=RED)
    elif added < ROWS:
        axes.text(seam + 0.5, 0.45, "next", ha="center", va="center", fontsize=8.5, color=GREY)
    return axes


def draw_states(axes, added, row):
    """The state and the next state of one row, below the ring."""
    step, reason = step_in(row, added), why_not(row, added)
    axes.add_patch(Rectangle((row, -0.03), 1, 0.96, fill=False, edgecolor=ORANGE, lw=2.8))
    if step is None:
        return
    for y, name, last, colour in ((2.0, "state", step, BLUE), (3.6, "next state", step + 1, GREEN)):
        axes.text(-0.2, y + 0.45, name, ha="right", va="center", fontsize=9.5, color=colour)
        if reason:
            continue
        if name == "next state" and ENDS.get(step) == "end":
            axes.text(0.5, y + 0.45, "means nothing: (1 - terminated) is 0", fontsize=9.5, va="center", color=GREY)
            continue
        inside = state_of(last)
        left = min(max(0, last % ROWS - 1.5), ROWS - HISTORY)
        for k in range(HISTORY):
            shown = last - (HISTORY - 1 - k)
            there = shown in inside
            colour_of = SHADES[episode(shown) % len(SHADES)] if there else "#333333"
            axes.add_patch(Rectangle((left + k + 0.03, y), 0.94, 0.9, facecolor=colour_of, edgecolor=colour, lw=1.6))
            axes.text(left + k + 0.5, y + 0.45, f"t={shown}" if there else "0", ha="center", va="center", fontsize=9.5,
                      color=INK if there else "white")  # fmt: skip
            if there:
                start = (shown % ROWS + 0.5, 0.95)
                end = (left + k + 0.5, y - 0.03)
                axes.plot(*zip(start, end), color=colour, lw=0.8, alpha=0.6 if y < 3 else 0.25)
    if reason:
        axes.text(0.1, 2.45, reason, fontsize=10, va="center", color=RED)


# --- three clocks


def clocks():
    """A figure: frames, agent steps, updates and copies on one line of time."""
    figure = plotting.new_figure(8.2, 2.5)
    figure.set_layout_engine("none")
    axes = figure.add_axes([0.005, 0.01, 0.99, 0.98])
    axes.set(xlim=(-12.5, 66), ylim=(4.4, -0.75))
    axes.axis("off")
    lanes = (("frames", "60 a second", GREY), ("agent steps", "every 4 frames", BLUE),
             ("updates", "every 4 agent steps", ORANGE), ("copies", "every 10,000 …", GREEN))  # fmt: skip
    for y, (name, every, colour) in enumerate(lanes):
        axes.text(-12.3, y, name, fontsize=10.5, va="center", color=colour, weight="bold")
        axes.text(-12.3, y + 0.34, every, fontsize=8, va="center", color=GREY)
        if y < 3:
            axes.plot([0, 65], [y, y], color="#DDDDDD", lw=1, zorder=0)
    frames = np.arange(64)
    axes.plot(frames + 0.5, 0 * frames, "|", color=GREY, ms=9)
    for step in range(16):
        axes.add_patch(Rectangle((4 * step + 0.2, 0.78), 3.6, 0.44, facecolor=SHADES[0], edgecolor=BLUE, lw=0.8))
        axes.text(4 * step + 2, 1, f"{step + 1}", ha="center", va="center", fontsize=8, color=INK)
    for update in range(4):
        x = 16 * update + 15.9
        axes.plot([x], [2], "o", color=ORANGE, ms=9)
        axes.text(x - 1.2, 2, f"update {update + 1}", ha="right", va="center", fontsize=8.5, color=INK)
        axes.plot([x, x], [1.25, 1.85], color=ORANGE, lw=1)
    says = (
        "… agent steps: after 2,500 updates, 40,000 frames, 11 minutes of play  (the released code)",
        "… updates: after 40,000 agent steps, 160,000 frames, 44 minutes of play  (the paper's table)",
    )
    for i, text in enumerate(says):
        axes.text(0.2, 3.0 + 0.5 * i, text, fontsize=9.5, va="center", color=INK)
    axes.text(32, -0.55, "about one second of play", ha="center", fontsize=8.5, color=GREY)
    return figure


# --- figures of single cells


def screens(pictures, titles):
    """A figure of grey pictures (n, 84, 84) in a row."""
    pictures = [np.asarray(picture) for picture in pictures]
    figure = plotting.new_figure(2.0 * len(pictures), 2.35)
    for axes, picture, title in zip(figure.subplots(1, len(pictures), squeeze=False)[0], pictures, titles):
        axes.imshow(picture, cmap="gray", vmin=0, vmax=255, interpolation="nearest")
        axes.set_axis_off()
        axes.set_title(title, fontsize=9.5, loc="center")
    return figure


def losses_and_slopes(error, losses):
    """A figure of losses {name: tensor (n,)} over the error (n,), a leaf of PyTorch's graph, and of their slopes."""
    x = error.detach().numpy()
    with plotting.style():
        figure = plotting.new_figure(8.2, 3.0)
        left, right = figure.subplots(1, 2)
        for (name, loss), dashes, width in zip(losses.items(), (":", "-", "--"), (2.0, 2.6, 1.8)):
            (slope,) = torch.autograd.grad(loss.sum(), error)
            left.plot(x, loss.detach().numpy(), ls=dashes, lw=width, label=name)
            right.plot(x, slope.numpy(), ls=dashes, lw=width)
        left.set(xlabel="error, Q − y", ylabel="loss", ylim=(-0.1, 3.2))
        right.set(xlabel="error, Q − y", ylabel="slope: how hard it pulls", ylim=(-2.2, 2.2))
        left.legend(fontsize=8.5, loc="upper center")
    return figure


def values_over_time(values, rewards):
    """A figure of the value of each state of a game, with the points that were won and lost."""
    t = np.arange(len(values))
    with plotting.style():
        figure = plotting.new_figure(8.2, 2.9)
        axes = figure.subplots()
        axes.plot(t, values, color=BLUE, lw=1.5, label="max Q")
        for sign, colour, marker, name in ((1, GREEN, "^", "point won"), (-1, RED, "v", "point lost")):
            at = np.flatnonzero(np.sign(rewards) == sign)
            axes.plot(at, np.take(values, at), marker, color=colour, ms=8, ls="none", label=name)
        axes.set(xlabel="agent steps", ylabel="value of the state")
        axes.legend(fontsize=8.5, ncols=3)
    return figure
