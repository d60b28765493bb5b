"""The widgets of lesson 2: two lines become a band, hidden nodes bend a region, a third input, softmax."""

import json
from functools import cache
from pathlib import Path

import numpy as np
from contourpy import contour_generator

from dqn_course import plotting
from dqn_course.plotting import BLUE, GREEN, GREY, ORANGE, RED
from dqn_course.widgets.interactive import Choice, Interactive, Slider

DATA = Path(__file__).with_suffix(".json")
INK = "#222222"
PALE_RED, PALE_BLUE = np.array([0.95, 0.71, 0.56]), np.array([0.44, 0.69, 0.85])
SIDE, STEP = 90, 1.144
"""Points along a side of a shaded region; from one region to the next in a row."""
UNIT = (-0.02, 1.02)
MOONS = (-2.2, 3.2), (-1.7, 2.2)
TWO_MODELS = np.array([[14.0, -16.0], [14.0, -10.0]]), np.array([-13.0, 18.5])
"""The two neurons over the landings as one layer, (W, b): enough fuel and height; not too much of them."""
CLASSES = ((BLUE, "#BBD9EC", "o"), (RED, "#F8D3BB", "s"), (GREEN, "#B5E0D1", "^"))
"""Colour, pale colour and marker of three classes."""


def landings():
    """48 invented landings: points (48, 2), fuel and height when braking began; labels (48,), 1 safe, 0 crashed."""
    return _points_of("landings")


def pinwheel():
    """120 points of three classes in three bent arms: points (120, 2); labels (120,), 0, 1 or 2."""
    return _points_of("pinwheel")


def pinwheel_layers():
    """The layers [(W, b), (W, b)] of a network with 2, 6 and 3 nodes, trained on the pinwheel."""
    return _layers(_data()["pinwheel"]["layers"])


def superimpose():
    """Weigh two neurons and add them up, with the sigmoid or without; see the region and the impossible values."""
    x, y = landings()
    models = [_neuron(*(part[..., j] for part in TWO_MODELS)) for j in (0, 1)]

    def score(points, w1, w2, bias):
        return w1 * models[0](points) + w2 * models[1](points) + bias

    titles = {"sigmoid": "σ(the weighted sum)", "sum": "the weighted sum alone"}

    def still(figure, result):
        axes = figure.add_axes([0.06, 0.15, 0.93, 0.73])
        set_row(axes, ("model 1:  p1", "model 2:  p2", titles[result]))
        return axes

    def draw(axes, w1, w2, bias, result):
        last = (
            (lambda points: _sigmoid(score(points, w1, w2, bias)))
            if result == "sigmoid"
            else (lambda points: score(points, w1, w2, bias))
        )
        draw_row(axes, (*models, last), x, y)

    def say(w1, w2, bias, result):
        wrong = int(((score(x, w1, w2, bias) >= (0 if result == "sigmoid" else 0.5)) != (y == 1)).sum())
        if result == "sigmoid":
            return f"{_count(wrong, 'point')} of {len(y)} on the wrong side of p = 0.5."
        value = score(_grid(UNIT, UNIT), w1, w2, bias)
        share = float(np.mean(_is_impossible(value)))
        return f"The sum goes from {value.min():.1f} to {value.max():.1f}. Striped, as no probability: {share:.0%}."

    controls = {
        "result": Choice("show", {"plain sum": "sum", "sigmoid": "sigmoid"}),
        "w1": Slider("weight of model 1", 1.0, -10.0, 10.0, 0.5),
        "w2": Slider("weight of model 2", 1.0, -10.0, 10.0, 0.5),
        "bias": Slider("bias", 0.0, -16.0, 16.0, 0.5),
    }
    return Interactive(draw, controls, say=say, size=(8.6, 3.3), still=still)


def hidden_nodes():
    """More or fewer hidden nodes, in one layer or two; see the region bend and the two errors."""
    moons = {key: np.array(value) for key, value in _data()["moons"].items()}

    def still(figure, layers):
        region = figure.add_axes([0.08, 0.13, 0.45, 0.8])
        set_region(region, *MOONS)
        region.set(xlabel="x1", ylabel="x2")
        errors = figure.add_axes([0.64, 0.13, 0.34, 0.8])
        draw_errors(errors, layers)
        return region, errors

    def draw(scene, layers, nodes, show):
        region, errors = scene
        network = _network(layers, nodes)
        add_region(region, lambda points: _forward(points, network)[:, 0], *MOONS)
        for w, b in zip(np.transpose(network[0][0]), network[0][1]):
            draw_line(region, w, b, *MOONS)
        if show == "learned":
            draw_points(region, moons["x"], moons["y"])
        else:
            draw_points(region, moons["held_x"], moons["held_y"], size=7, edge=0)
        errors.axvline(nodes, color=GREY, lw=8, alpha=0.25)

    def say(layers, nodes, show):
        learned, held_out = _errors(layers)[nodes - 1]
        wrong = round(learned * len(moons["y"]))
        size = sum(W.size + b.size for W, b in _network(layers, nodes))
        return (
            f"{size} parameters. Wrong: {wrong} of the {len(moons['y'])} points it learned from, "
            f"and {held_out:.1%} of {len(moons['held_y'])} others."
        )

    controls = {
        "nodes": Slider("hidden nodes in a layer", 1, 1, 8, 1),
        "layers": Choice("hidden layers", [1, 2]),
        "show": Choice("points", {"learned from": "learned", "held out": "held out"}),
    }
    return Interactive(draw, controls, say=say, size=(8.2, 3.7), still=still)


def third_input():
    """Three weights and a bias over points with three inputs; see the plane between the two sides, from all around."""
    x, y = _points_of("windy")

    def draw(figure, w1, w2, w3, b, angle):
        axes = figure.add_axes([0.0, 0.02, 0.94, 1.0], projection="3d", computed_zorder=False)
        axes.view_init(elev=18, azim=angle)
        axes.set(xlim=(0, 1), ylim=(0, 1), zlim=(0, 1), xlabel="fuel  x1", ylabel="height  x2", zlabel="wind  x3")
        for axis in (axes.xaxis, axes.yaxis, axes.zaxis):
            axis.set_ticks([0, 0.5, 1])
        draw_plane(axes, np.array([w1, w2, w3]), b)
        wrong = (_score(x, (w1, w2, w3), b) >= -1e-9) != (y == 1)
        for label, color, marker in ((1, BLUE, "o"), (0, RED, "s")):
            axes.scatter(*x[y == label].T, marker=marker, s=44, c=color, edgecolors="white", depthshade=False)
        axes.scatter(
            *x[wrong].T, marker="o", s=150, facecolors="none", edgecolors=INK, linewidths=1.6, depthshade=False
        )

    def say(w1, w2, w3, b, angle):
        wrong = int(((_score(x, (w1, w2, w3), b) >= -1e-9) != (y == 1)).sum())
        return f"{_count(wrong, 'point')} of {len(y)} on the wrong side (ringed)."

    controls = {
        "w1": Slider("w1 (fuel)", 3.0, -4.0, 4.0, 0.5),
        "w2": Slider("w2 (height)", 3.0, -4.0, 4.0, 0.5),
        "w3": Slider("w3 (wind)", 0.0, -4.0, 4.0, 0.5),
        "b": Slider("b (bias)", -3.0, -4.0, 4.0, 0.5),
        "angle": Slider("viewing angle", -60, -180, 180, 5),
    }
    return Interactive(draw, controls, say=say, size=(5.6, 4.4))


def softmax_bars():
    """Three scores, and a number added to all of them; see the exponentials and the probabilities."""

    def draw(figure, s1, s2, s3, c):
        scores = np.array([s1, s2, s3]) + c
        e = np.exp(scores)
        draw_bars(figure.add_axes([0.01, 0.03, 0.98, 0.94]), scores, e, e / e.sum())

    def say(s1, s2, s3, c):
        e = np.exp(np.array([s1, s2, s3]) + c)
        terms = " + ".join(_short(value) for value in e)
        return f"{terms} = {e.sum():.2f}; class 1 gets {_short(e[0])} / {e.sum():.2f} = {_short(e[0] / e.sum(), 3)}."

    controls = {
        "s1": Slider("score of class 1", 2.0, -4.0, 4.0, 0.1),
        "s2": Slider("score of class 2", 1.0, -4.0, 4.0, 0.1),
        "s3": Slider("score of class 3", -1.0, -4.0, 4.0, 0.1),
        "c": Slider("added to all three", 0.0, -3.0, 3.0, 0.1),
    }
    return Interactive(draw, controls, say=say, size=(8.2, 3.0))


# --- figures for plain cells and for the text


def show_points(points, labels, title=""):
    """A figure of the landings: blue circles are safe, red squares crashed."""
    with plotting.style():
        figure = plotting.new_figure(4.6, 3.9)
        axes = figure.subplots()
        draw_points(axes, points, labels, names=("safe", "crashed"))
        axes.set(xlim=UNIT, ylim=UNIT, xlabel="fuel  x1", ylabel="height  x2", title=title)
        axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.14), ncols=2)
    return figure


def show_region(predict, points, labels, title=""):
    """A figure of ``predict``, a function of points (n, 2) that returns (n,) or (n, 1) probabilities."""
    with plotting.style():
        figure = plotting.new_figure(4.6, 3.7)
        axes = figure.subplots()
        draw_region(axes, lambda grid: np.asarray(predict(grid), float).reshape(len(grid)))
        draw_points(axes, points, labels)
        axes.set(xlabel="fuel  x1", ylabel="height  x2", title=title)
    return figure


def show_classes(predict, points, labels):
    """A figure of ``predict``, a function of points (n, 2) that returns (n, 3) probabilities of the three classes."""
    reach = (-1.9, 1.9)
    pale = np.array([_rgb(color) for _, color, _ in CLASSES])
    with plotting.style():
        figure = plotting.new_figure(4.9, 4.3)
        axes = figure.subplots()
        p = np.asarray(predict(_grid(reach, reach)), float)  # (n, 3)
        certain = p.max(axis=1, keepdims=True)  # 1/3 where nothing is known: there the shade is lightest
        shade = 1 - (1 - pale[p.argmax(axis=1)]) * (0.35 + 0.65 * (1.5 * certain - 0.5))
        side = int(len(p) ** 0.5)
        axes.imshow(shade.reshape(side, side, 3), extent=(*reach, *reach), origin="lower", aspect="equal")
        for k, (color, _, marker) in enumerate(CLASSES):
            axes.scatter(
                *points[labels == k].T, c=color, marker=marker, s=34, edgecolors="white", label=f"class {k + 1}"
            )
        axes.grid(False)
        axes.set(xlim=reach, ylim=reach, xlabel="x1", ylabel="x2")
        axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))
    return figure


def save_sum_and_sigmoid(path):
    """Both models, their plain sum and the sigmoid of a weighted sum, side by side, as a picture for the text."""
    x, y = landings()
    p1, p2 = (_neuron(*(part[..., j] for part in TWO_MODELS)) for j in (0, 1))
    panels = {
        "p1: enough of both": p1,
        "p2: not too much": p2,
        "p1 + p2": lambda points: p1(points) + p2(points),
        "σ(8 p1 + 8 p2 − 12)": lambda points: _sigmoid(8 * p1(points) + 8 * p2(points) - 12),
    }

    def draw(figure):
        axes = figure.add_axes([0.056, 0.16, 0.939, 0.73])
        set_row(axes, panels)
        draw_row(axes, panels.values(), x, y, size=24)
        box = {"facecolor": "white", "edgecolor": INK, "pad": 3}
        for place, value in (((0.16, 0.17), "1.0"), ((0.62, 0.55), "2.0"), ((0.9, 0.87), "1.0")):
            axes.text(place[0] + 2 * STEP, place[1], value, ha="center", va="center", bbox=box, zorder=5)

    Interactive(draw, {}, size=(10.4, 3.0)).save(path, dpi=100)


def save_hidden_nodes(path):
    """Regions of four networks and the errors of all of them, as a picture for the text."""
    moons = {key: np.array(value) for key, value in _data()["moons"].items()}

    def draw(figure):
        for left, nodes in zip((0.05, 0.235, 0.42, 0.605), (1, 2, 3, 8)):
            axes = figure.add_axes([left, 0.16, 0.165, 0.71])
            network = _network(1, nodes)
            draw_region(axes, lambda points, network=network: _forward(points, network)[:, 0], *MOONS)
            for w, b in zip(np.transpose(network[0][0]), network[0][1]):
                draw_line(axes, w, b, *MOONS)
            draw_points(axes, moons["x"], moons["y"], size=16)
            axes.set_xlabel("x1")
            axes.set_title(f"{_count(nodes, 'hidden node')}", fontsize=10)
            if nodes == 1:
                axes.set_ylabel("x2")
            else:
                axes.set_yticklabels([])
        draw_errors(figure.add_axes([0.825, 0.16, 0.17, 0.71]), 1)

    Interactive(draw, {}, size=(11.4, 2.9)).save(path, dpi=100)


# --- what they draw


def draw_points(axes, x, y, size=38, edge=0.7, names=("", "")):
    """Blue circles (label 1) and red squares (label 0)."""
    for label, color, marker, name in ((1, BLUE, "o", names[0]), (0, RED, "s", names[1])):
        kind = x[y == label]
        look = {"ms": size**0.5, "mec": "white", "mew": edge, "zorder": 3, "label": name}
        axes.plot(*kind.T, marker, color=color, **look)  # half the time of scatter


def draw_region(axes, function, across=UNIT, up=UNIT):
    """A rectangle shaded by a probability, with a line where it is 0.5; striped where it is none."""
    set_region(axes, across, up)
    add_region(axes, function, across, up)


def set_region(axes, across, up):
    """The rectangle, empty."""
    axes.grid(False)
    axes.set(xlim=across, ylim=up, xticks=_ticks(across), yticks=_ticks(up))


def add_region(axes, function, across, up):
    """What ``draw_region`` adds to the empty rectangle."""
    value = function(_grid(across, up)).reshape(SIDE, SIDE)
    axes.imshow(shaded(value), extent=(*across, *up), origin="lower", aspect="auto", interpolation="bilinear")
    axes.plot(*boundary(value, across, up).T, color=INK, lw=1.8)


def set_row(axes, titles):
    """Axes for functions of the plane side by side, with their titles."""
    shifts = STEP * np.arange(len(titles))
    ticks = (shifts[:, None] + (0, 1)).ravel()
    right = UNIT[1] + shifts[-1]
    axes.set(xlim=(UNIT[0], right), ylim=UNIT, yticks=_ticks(UNIT), ylabel="height  x2", xticks=ticks)
    axes.set_xticklabels(["0", "1"] * len(titles))
    for shift, title in zip(shifts, titles):
        axes.text(shift, 1.06, title, fontsize=11)
        axes.text(shift + 0.5, -0.17, "fuel  x1", ha="center", va="center", fontsize=10.5)
    axes.grid(False)
    for spine in axes.spines.values():
        spine.set_visible(False)


def draw_row(axes, functions, x, y, size=38):
    """Functions of the plane side by side, with points; in one axes and one image, to be quick."""
    values = [function(_grid(UNIT, UNIT)).reshape(SIDE, SIDE) for function in functions]
    gap = np.ones((SIDE, round(SIDE * (STEP / (UNIT[1] - UNIT[0]) - 1)), 3))
    image = np.concatenate([part for value in values for part in (shaded(value), gap)][:-1], axis=1)
    width = image.shape[1] / SIDE * (UNIT[1] - UNIT[0])
    extent = (UNIT[0], UNIT[0] + width, *UNIT)
    axes.imshow(image, extent=extent, origin="lower", aspect="auto", interpolation="bilinear")
    lines = [boundary(value, UNIT, UNIT) + (STEP * k, 0) for k, value in enumerate(values)]
    axes.plot(*np.concatenate(lines).T, color=INK, lw=1.8)
    shifts = STEP * np.arange(len(values))
    draw_points(axes, np.concatenate([x + (shift, 0) for shift in shifts]), np.tile(y, len(values)), size)


def draw_line(axes, w, b, across, up):
    """The line w·x + b = 0 of a hidden node, dashed, where it crosses the picture."""
    near = -b * w / (w @ w)
    if across[0] < near[0] < across[1] and up[0] < near[1] < up[1]:
        axes.axline(near, near + np.array([-w[1], w[0]]), color=INK, ls=(0, (4, 3)), lw=0.9, alpha=0.75, zorder=2)


def draw_errors(axes, layers):
    """The share of wrong points against the number of hidden nodes: learned from, and held out."""
    learned, held_out = np.array(_errors(layers)).T * 100
    count = np.arange(1, len(learned) + 1)
    axes.plot(count, held_out, "s--", color=ORANGE, ms=5, label="held out")
    axes.plot(count, learned, "o-", color=BLUE, ms=5, label="learned from")
    axes.set(xlim=(0.5, 8.5), ylim=(-1, 29), xticks=(1, 2, 4, 6, 8), yticks=(0, 10, 20), xlabel="hidden nodes")
    axes.set_ylabel("wrong points (%)")
    axes.text(8.4, held_out[-1] + 1.2, "held out", ha="right", fontsize=9.5)
    axes.text(8.4, 1.6, "learned from", ha="right", fontsize=9.5)


def draw_plane(axes, w, b):
    """The part of the plane w·x + b = 0 inside the unit cube."""
    from mpl_toolkits.mplot3d.art3d import Poly3DCollection

    corners = plane_in_cube(w, b)
    if len(corners) > 2:
        axes.add_collection3d(Poly3DCollection([corners], facecolors=GREY, alpha=0.35, edgecolors=INK, linewidths=1.2))


def draw_bars(axes, scores, e, p):
    """Three groups of bars, one bar a class, each with its value: scores, exponentials and probabilities."""
    groups = (("scores  s", scores, 10.0), ("exponentials  exp(s)", e, max(e)), ("probabilities  p", p, 1.0))
    for k, ((color, _, _), hatch) in enumerate(zip(CLASSES, ("", "//", ".."))):
        left = np.array([0, 4, 8]) + k
        heights = [values[k] / highest for _, values, highest in groups]
        axes.bar(left, heights, color=color, hatch=hatch, edgecolor="white", width=0.75)
        for x, height, (_, values, _) in zip(left, heights, groups):
            text = _short(values[k])
            axes.text(
                x, height + (0.03 if height >= 0 else -0.03), text, ha="center", va="bottom" if height >= 0 else "top"
            )
            axes.text(
                x,
                -0.04 if height >= 0 else 0.04,
                f"class {k + 1}",
                ha="center",
                va="top" if height >= 0 else "bottom",
                fontsize=9,
            )
    for x, (title, _, _) in zip((1, 5, 9), groups):
        axes.text(x, 1.24, title, ha="center", weight="bold")
        axes.plot((x - 1.6, x + 1.6), (0, 0), color=INK, lw=1)
    axes.set(xlim=(-0.7, 10.7), ylim=(-0.86, 1.36))
    axes.axis("off")


def _short(value, digits=2):
    """A number with two decimals; a tiny one as 0.0003, so that it is not taken for 0."""
    text = f"{value:.1g}" if 0 < value < 0.5 * 10**-digits else f"{value:.{digits}f}"
    return text.replace("-", "−")


# --- what they compute


def shaded(value):
    """Colours (side, side, 3) of values: red at 0, white at 0.5, blue at 1; dark stripes clearly beyond 0 and 1."""
    p = np.clip(value, 0, 1)[..., None]
    shade = np.where(p < 0.5, PALE_RED + 2 * p * (1 - PALE_RED), 1 + (2 * p - 1) * (PALE_BLUE - 1))
    rows, columns = np.indices(value.shape)
    shade[_is_impossible(value) & ((rows + columns) % 6 < 2)] = 0.27
    return shade


def _is_impossible(value):
    return (value > 1.05) | (value < -0.05)  # what rounds to 1.0 or 0.0 has no stripes


def boundary(value, across, up, level=0.5):
    """Points (n, 2) along the lines where values on a grid reach the level, with a row of NaN after each line."""
    lines = contour_generator(np.linspace(*across, SIDE), np.linspace(*up, SIDE), value).lines(level)
    return np.concatenate([part for line in lines for part in (line, [(np.nan, np.nan)])] or [np.zeros((0, 2))])


def plane_in_cube(w, b):
    """The corners, in order, of the polygon where the plane w·x + b = 0 cuts the unit cube: (corners, 3)."""
    if not np.any(w):
        return np.zeros((0, 3))
    found = []
    for axis in range(3):
        for rest in ((0, 0), (0, 1), (1, 0), (1, 1)):
            start = np.insert(np.array(rest, float), axis, 0.0)
            if w[axis] and 0 <= (t := -(start @ w + b) / w[axis]) <= 1:
                found.append(np.insert(np.array(rest, float), axis, t))
    corners = np.unique(np.round(found, 9), axis=0).reshape(-1, 3)
    if len(corners) < 3:
        return corners
    across = np.cross(w, (1.0, 0, 0) if abs(w[0]) < max(abs(w[1]), abs(w[2])) else (0, 1.0, 0))
    up = np.cross(w, across)
    offsets = corners - corners.mean(axis=0)
    return corners[np.argsort(np.arctan2(offsets @ up / np.linalg.norm(up), offsets @ across / np.linalg.norm(across)))]


@cache
def _data():
    return json.loads(DATA.read_text())


def _points_of(name):
    return np.array(_data()[name]["x"], float), np.array(_data()[name]["y"])


def _layers(plain):
    return [(np.array(W, float), np.array(b, float)) for W, b in plain]


@cache
def _network(layers, nodes):
    return _layers(_data()["networks"][f"{layers} x {nodes}"])


@cache
def _errors(layers):
    """Pairs of the share of wrong points, learned from and held out, for 1, 2, … hidden nodes."""
    moons = _data()["moons"]

    def share(network, x, y):
        return float(np.mean((_forward(np.array(x), network)[:, 0] >= 0.5) != np.array(y)))

    return [
        (share(network, moons["x"], moons["y"]), share(network, moons["held_x"], moons["held_y"]))
        for network in (_network(layers, nodes) for nodes in range(1, 9))
    ]


def _forward(x, layers):
    for W, b in layers:
        x = _sigmoid(x @ W + b)
    return x


def _neuron(w, b):
    return lambda x: _sigmoid(x @ w + b)


def _score(x, w, b):
    return x @ np.asarray(w, float) + b


def _sigmoid(s):
    return 1 / (1 + np.exp(-np.clip(s, -500, 500)))


def _grid(across, up, side=SIDE):
    """Points (side * side, 2) of a grid over a rectangle, row by row from below."""
    x1, x2 = np.meshgrid(np.linspace(*across, side), np.linspace(*up, side))
    return np.stack([x1.ravel(), x2.ravel()], axis=1)


def _ticks(ends):
    """A few whole or half numbers between the ends: few, because ticks take most of the time of a redraw."""
    return (0, 0.5, 1) if ends == UNIT else range(int(np.ceil(ends[0])), int(ends[1]) + 1, 2)


def _rgb(color):
    return np.array([int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)])


def _count(n, noun):
    return f"{n} {noun}{'' if n == 1 else 's'}"
