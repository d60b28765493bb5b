"""The widgets of lesson 1: a line over points, the sigmoid, gates, a perceptron that learns, XOR."""

from functools import cache

import numpy as np
from matplotlib.lines import Line2D

from dqn_course.plotting import BLUE, GREY, RED
from dqn_course.widgets.interactive import Choice, Interactive, Play, Slider

INK, BLUE_SIDE, RED_SIDE = "#222222", "#C6DFF1", "#FCEBE0"
PLANE, SQUARE = (-0.08, 1.08), (-0.4, 1.4)
"""From where to where the plane of the landings goes, and that of a truth table."""
SHADES = np.array([(0.95, 0.71, 0.56), (0.44, 0.69, 0.85)])  # where p is 0, and where it is 1
CORNERS = np.array([(0, 0), (0, 1), (1, 0), (1, 1)])
GATES = {"AND": (0, 0, 0, 1), "OR": (0, 1, 1, 1), "NAND": (1, 1, 1, 0), "XOR": (0, 1, 1, 0)}
"""The outputs of the gates for the four CORNERS."""

SAFE = [(0.14, 0.98), (0.40, 0.85), (0.55, 0.60), (0.60, 0.92), (0.75, 0.42), (0.92, 0.25), (0.85, 0.75)]
CRASHED = [(0.05, 0.80), (0.10, 0.45), (0.20, 0.65), (0.30, 0.30), (0.45, 0.22), (0.35, 0.45), (0.50, 0.08)]


def landings():
    """Fourteen invented landings: X (14, 2), fuel and height when braking began; y (14,), 1 for safe, 0 for crashed."""
    X = np.array([point for pair in zip(SAFE, CRASHED) for point in pair])
    return X, np.array([1, 0] * len(SAFE))


def drag_a_line():
    """Move the weights and the bias; see both sides of the line, the edges of the neuron and the wrong points."""
    X, y = landings()

    def still(figure):
        axes = figure.add_axes([0.08, 0.13, 0.46, 0.84])
        set_landings(axes)
        return axes

    def draw(axes, w1, w2, b):
        add_landings(axes, X, y, w1, w2, b)
        draw_direction(axes, w1, w2, b)
        draw_neuron(axes.figure, (0.58, 0.05, 0.41, 0.9), w1, w2, b)

    def say(w1, w2, b):
        wrong = np.flatnonzero(_wrong(X, y, w1, w2, b))
        if not w1 and not w2:
            return "Both weights are 0. Every point has the score b, so there is no line."
        if not len(wrong):
            return "Every point is on its own side."
        (x1, x2), colour = X[wrong[0]], _colour(y[wrong[0]])
        are = "1 point is" if len(wrong) == 1 else f"{len(wrong)} points are"
        terms = f"{_number(w1)}·{x1:g} {_signed(w2)}·{x2:g} {_signed(b)}"
        score = _number(_score(np.array([x1, x2]), w1, w2, b), 2)
        return f"{are} on the wrong side. The {colour} one at ({x1:g}, {x2:g}): s = {terms} = {score}."

    sliders = {
        "w1": Slider("w1 (fuel)", 3.0, -6.0, 6.0, 0.1),
        "w2": Slider("w2 (height)", 1.0, -6.0, 6.0, 0.1),
        "b": Slider("b (bias)", -1.8, -6.0, 6.0, 0.1),
    }
    return Interactive(draw, sliders, say=say, size=(7.4, 3.9), still=still)


def slide_the_sigmoid():
    """Multiply all three numbers by k and move one landing; see its score, its probability and the shaded plane."""
    X, y = landings()

    def still(figure):
        plane, curve = figure.add_axes([0.08, 0.13, 0.42, 0.8]), figure.add_axes([0.6, 0.13, 0.38, 0.8])
        set_landings(plane)
        draw_sigmoid(curve)
        return plane, curve

    def draw(scene, k, fuel, height):
        plane, curve = scene
        draw_probability(plane, X, y, k, k, -k)
        scores = _score(X, k, k, -k)
        draw_points(curve, np.stack([scores, _sigmoid(scores)], axis=1), y, rings=False, size=45)
        score = _score(np.array([fuel, height]), k, k, -k)
        look = {"ms": 9, "mfc": "white", "mec": INK, "mew": 2, "zorder": 5}
        for axes, place in zip(scene, ((fuel, height), (score, _sigmoid(score)))):
            axes.plot(*([value] for value in place), "D", **look)

    def say(k, fuel, height):
        score = _score(np.array([fuel, height]), k, k, -k)
        term = f"{k:g}·{fuel:g} + {k:g}·{height:g} − {k:g}"
        return f"The diamond: s = {term} = {_number(score, 2)}, so p = σ(s) = {_sigmoid(score):.2f}."

    sliders = {
        "k": Slider("k (w1 = w2 = k, b = −k)", 4, 1, 30, 1),
        "fuel": Slider("fuel of the diamond", 0.7, 0.0, 1.0, 0.05),
        "height": Slider("height of the diamond", 0.5, 0.0, 1.0, 0.05),
    }
    return Interactive(draw, sliders, say=say, size=(7.4, 3.7), still=still)


def build_a_gate(gate="AND"):
    """Choose a gate, move the weights and the bias; see which rows of its truth table are right."""

    def still(figure):
        axes = figure.add_axes([0.08, 0.13, 0.42, 0.8])
        set_corners(axes)
        return axes

    def draw(axes, gate, w1, w2, b):
        y = np.array(GATES[gate])
        add_corners(axes, y, w1, w2, b)
        draw_table(axes.figure, (0.54, 0.05, 0.45, 0.9), gate, y, _score(CORNERS, w1, w2, b))

    def say(gate, w1, w2, b):
        right = 4 - int(_wrong(CORNERS, np.array(GATES[gate]), w1, w2, b).sum())
        return f"{right} of 4 rows of {gate} are right."

    controls = {
        "gate": Choice("gate", list(GATES), gate),
        "w1": Slider("w1", 0.0, -2.0, 2.0, 0.1),
        "w2": Slider("w2", 1.0, -2.0, 2.0, 0.1),
        "b": Slider("b (bias)", -0.5, -3.0, 3.0, 0.1),
    }
    return Interactive(draw, controls, say=say, size=(7.2, 3.7), still=still)


def watch_it_learn(perceptron_update, steps=42, lr=0.5):
    """Run the student's update point by point; see the point it looks at, how the line turns, and the errors left."""
    data = {"the landings": landings(), "XOR": (CORNERS.astype(float), np.array(GATES["XOR"]))}

    @cache
    def history(points):
        return learning_history(perceptron_update, *data[points], steps, lr)

    def still(figure, points):
        plane, curve = figure.add_axes([0.08, 0.13, 0.46, 0.84]), figure.add_axes([0.64, 0.13, 0.34, 0.78])
        (set_landings if points == "the landings" else set_corners)(plane)
        set_errors(curve, [errors for *_, errors in history(points)], len(data[points][1]))
        return plane, curve

    def draw(scene, points, step):
        plane, curve = scene
        X, y = data[points]
        past = history(points)
        w, b, _ = past[step]
        if step:
            old_w, old_b, _ = past[step - 1]
            draw_line(plane, *old_w, old_b, color=GREY, ls="--", lw=1.4)
        (add_landings if points == "the landings" else add_corners)(plane, *_points(points, X, y), *w, b)
        if step:
            i = (step - 1) % len(y)
            plane.scatter(*X[i], marker="D", s=330, facecolors="none", edgecolors=INK, linewidths=1.2, zorder=5)
        draw_errors(curve, [errors for *_, errors in past], step)

    def say(points, step):
        X, y = data[points]
        w, b, wrong = history(points)[step]
        numbers = f"w = ({_number(w[0], 2)}, {_number(w[1], 2)}), b = {_number(b, 2)}"
        if not step:
            return f"The start: {numbers}. {wrong} of {len(y)} points are wrong."
        i = (step - 1) % len(y)
        old_w, old_b, _ = history(points)[step - 1]
        score = X[i] @ old_w + old_b
        looks = f"Step {step} looks at the {_colour(y[i])} point ({X[i, 0]:g}, {X[i, 1]:g}), s = {_number(score, 2)}"
        then = "right, so nothing moves" if (score >= 0) == y[i] else f"wrong. Now {numbers}"
        return f"{looks}: {then}. {wrong} of {len(y)} points are wrong."

    controls = {"points": Choice("points", list(data), "the landings"), "step": Play("step", steps, 500)}
    return Interactive(draw, controls, say=say, size=(7.4, 3.9), still=still)


def light_up_xor():
    """Choose the two inputs; see which of the three neurons fire, and where the point lies for each of them."""

    def draw(planes, point):
        light_xor(planes[0].figure, planes, CORNERS[point])

    def say(point):
        x1, x2 = CORNERS[point]
        h1, h2 = int(x1 + x2 >= 0.5), int(-x1 - x2 >= -1.5)
        return f"OR says {h1}, NAND says {h2}, so AND says {int(h1 and h2)}."

    choice = {f"({x1}, {x2})": i for i, (x1, x2) in enumerate(CORNERS)}
    return Interactive(draw, {"point": Choice("x1, x2", choice, 2)}, say=say, size=(8.2, 3.0), still=draw_planes)


# --- what they draw


def set_plane(axes, low, high, names=("x1", "x2"), ticks=(0, 1)):
    """An empty square from low to high, in the colour of the red side."""
    axes.set(xlim=(low, high), ylim=(low, high), xlabel=names[0], ylabel=names[1], facecolor=RED_SIDE)
    axes.set(xticks=ticks, yticks=ticks)
    axes.grid(False)


def draw_sides(axes, w1, w2, b, low, high):
    """The blue side of the line w1 x1 + w2 x2 + b = 0 in the square from low to high, and the line."""
    corners = blue_side(w1, w2, b, low, high)
    if len(corners):
        axes.fill(*corners.T, color=BLUE_SIDE, lw=0, zorder=0)
    draw_line(axes, w1, w2, b)


def draw_line(axes, w1, w2, b, **look):
    """The line where the score is 0, if there is one."""
    if w1 or w2:
        nearest = np.array([w1, w2]) * ((w1 + w2) / 2 + b) / (w1**2 + w2**2)
        middle = 0.5 - nearest  # the point of the line that is nearest to the middle of the unit square
        axes.axline(middle, middle + (-w2, w1), **{"color": INK, "lw": 1.8, "zorder": 2, **look})


def draw_points(axes, X, y, w1=0.0, w2=0.0, b=0.0, size=70, rings=True):
    """Blue circles (y = 1), red squares (y = 0), and a ring around each that is on the wrong side."""
    axes.scatter(*X[y == 1].T, marker="o", s=size, c=BLUE, edgecolors="white", linewidths=0.8, zorder=3)
    axes.scatter(*X[y == 0].T, marker="s", s=0.85 * size, c=RED, edgecolors="white", linewidths=0.8, zorder=3)
    if rings:
        wrong = X[_wrong(X, y, w1, w2, b)]
        axes.scatter(*wrong.T, marker="o", s=3.2 * size, facecolors="none", edgecolors=INK, linewidths=1.8, zorder=4)


def draw_landings(axes, X, y, w1, w2, b):
    """The landings and the two sides of a line."""
    set_landings(axes)
    add_landings(axes, X, y, w1, w2, b)


def set_landings(axes):
    """The plane of the landings, empty."""
    set_plane(axes, *PLANE, names=("fuel  x1", "height  x2"), ticks=(0, 0.5, 1))


def add_landings(axes, X, y, w1, w2, b):
    """What ``draw_landings`` adds to the empty plane."""
    draw_sides(axes, w1, w2, b, *PLANE)
    draw_points(axes, X, y, w1, w2, b)


def draw_corners(axes, y, w1, w2, b):
    """The four rows of a truth table as points, and the two sides of a line."""
    set_corners(axes)
    add_corners(axes, y, w1, w2, b)


def set_corners(axes):
    """The plane of a truth table, empty."""
    set_plane(axes, *SQUARE)


def add_corners(axes, y, w1, w2, b):
    """What ``draw_corners`` adds to the empty plane."""
    draw_sides(axes, w1, w2, b, *SQUARE)
    draw_points(axes, CORNERS, y, w1, w2, b, size=130)


def draw_direction(axes, w1, w2, b):
    """The arrow of the weights: across the line, to the blue side."""
    size = np.hypot(w1, w2)
    if size and abs((w1 + w2) / 2 + b) / size < 0.6:
        w = np.array([w1, w2]) / size
        start = 0.5 - w * ((w1 + w2) / 2 + b) / size
        axes.quiver(*start, *(0.16 * w), angles="xy", scale_units="xy", scale=1, width=0.011, color=INK, zorder=2)
        axes.text(*(start + 0.215 * w), "w", weight="bold", color=INK, ha="center", va="center")


def draw_neuron(figure, box, w1, w2, b, names=("fuel\nx1", "height\nx2", "1")):
    """The neuron: edges as thick as their weights, negative ones red and dashed."""
    inputs, out = ((0.13, 0.88), (0.13, 0.55), (0.13, 0.22)), (0.66, 0.55)
    for place, label, weight in zip(inputs, ("w1", "w2", "b"), (w1, w2, b)):
        draw_edge(figure, box, place, out, weight, f"{label} = {_number(weight, 1)}")
    draw_edge(figure, box, out, (0.81, 0.55), 0.5, color=INK)
    draw_nodes(figure, box, (*inputs, out), (*names, "s"))
    _text(figure, box, 0.9, 0.55, "s ≥ 0?")
    _text(figure, box, 0.48, 0.03, "thick: large.   red, dashed: negative.", fontsize=9)


def draw_edge(figure, box, start, end, weight, label="", color=None):
    """A connection: as thick as its weight, blue when positive, red and dashed when negative."""
    dashes = "-" if weight >= 0 else (0, (2.2, 1.2))
    color = color or (BLUE if weight >= 0 else RED)
    xs, ys = zip(_inside(box, *start), _inside(box, *end))
    figure.add_artist(
        Line2D(xs, ys, color=color, ls=dashes, lw=0.4 + 2.6 * abs(weight), dash_capstyle="butt", zorder=1)
    )
    if label:
        x, y = 0.58 * np.array(start) + 0.42 * np.array(end)
        _text(figure, box, x, y, label, bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.5, "alpha": 0.9})


def draw_nodes(figure, box, places, names, lit=None, size=41):
    """Circles with a text in them; ``lit``: for each whether it fires."""
    for i, ((x, y), name) in enumerate(zip(places, names)):
        fill = "white" if lit is None else BLUE_SIDE if lit[i] else RED_SIDE
        look = {"marker": "o", "ms": size, "mfc": fill, "mec": INK, "mew": 1.4, "zorder": 2}
        figure.add_artist(Line2D(*([c] for c in _inside(box, x, y)), **look))
        _text(figure, box, x, y, name, linespacing=1.05, zorder=3)


def draw_probability(axes, X, y, w1, w2, b):
    """The plane of the landings shaded by p = sigma(s), with the lines where p is 0.1, 0.5 and 0.9."""
    low, high = PLANE
    x1, x2 = np.meshgrid(*[np.linspace(low, high, 100)] * 2)
    p = _sigmoid(w1 * x1 + w2 * x2 + b)[..., None]  # (100, 100, 1)
    shade = np.where(p < 0.5, SHADES[0] + 2 * p * (1 - SHADES[0]), 1 + (2 * p - 1) * (SHADES[1] - 1))
    axes.imshow(shade, extent=(low, high, low, high), origin="lower", interpolation="nearest", aspect="auto")
    for chance, dashes in ((0.1, ":"), (0.5, "-"), (0.9, ":")):
        draw_line(axes, w1, w2, b - np.log(chance / (1 - chance)), ls=dashes, lw=1.8 if chance == 0.5 else 1.3)
    draw_points(axes, X, y, rings=False, size=50)


def draw_sigmoid(axes):
    """The sigmoid and the step against the score."""
    s = np.linspace(-8, 8, 161)
    axes.plot([-8, 0, 0, 8], [0, 0, 1, 1], color=GREY, ls="--", lw=1.4)
    axes.plot(s, _sigmoid(s), color=INK, lw=2)
    axes.text(-0.4, 0.93, "step", color="#666666", ha="right")
    axes.text(3.2, 0.86, "sigmoid σ", color=INK)
    axes.set(xticks=(-8, -4, 0, 4, 8), yticks=(0, 0.5, 1))
    axes.set(xlim=(-8, 8), ylim=(-0.06, 1.06), xlabel="score  s", ylabel="probability of blue  p = σ(s)")


def draw_table(figure, box, gate, y, scores):
    """The truth table of a gate beside what the neuron answers."""
    columns = (0.06, 0.2, 0.42, 0.66, 0.88)
    for x, title in zip(columns, ("x1", "x2", "s", "step(s)", gate)):
        _text(figure, box, x, 0.86, title, weight="bold")
    figure.add_artist(Line2D(*zip(_inside(box, 0, 0.8), _inside(box, 0.98, 0.8)), color=INK, lw=1))
    for row, ((x1, x2), score, wanted) in enumerate(zip(CORNERS, scores, y)):
        got = int(score >= -1e-9)
        same, weight = ("✓", "normal") if got == wanted else ("✗", "bold")
        cells = (x1, x2, _number(score, 1), got, f"{wanted} {same}")
        for x, text in zip(columns, cells):
            _text(figure, box, x, 0.68 - 0.17 * row, text, weight=weight)


def draw_errors(axes, errors, step):
    """The number of wrong points after every step so far."""
    axes.plot(errors[: step + 1], color=BLUE, lw=1.8, drawstyle="steps-post")
    axes.plot([step], [errors[step]], "o", color=BLUE, ms=7)


def set_errors(axes, errors, points):
    """Axes for the number of wrong points after every step."""
    axes.set(xlim=(-0.5, len(errors)), ylim=(-0.3, max(errors) + 1), xlabel="step", ylabel=f"wrong points, of {points}")
    axes.yaxis.get_major_locator().set_params(integer=True)


def draw_xor(figure, point=None):
    """XOR as two lines, as what their answers make of the four points, and as a network."""
    light_xor(figure, draw_planes(figure), point)


def draw_planes(figure):
    """XOR as two lines, and as what their answers make of the four points; returns both axes."""
    y = np.array(GATES["XOR"])
    first = figure.add_axes([0.06, 0.18, 0.24, 0.68])
    set_corners(first)
    first.set_title("two lines")
    first.fill([0.9, -0.4, -0.4, 0.1, 1.4, 1.4], [-0.4, 0.9, 1.4, 1.4, 0.1, -0.4], color=BLUE_SIDE, lw=0, zorder=0)
    draw_line(first, 1, 1, -0.5)
    draw_line(first, -1, -1, 1.5)
    draw_points(first, CORNERS, y, rings=False, size=110)
    note = {"fontsize": 8, "ha": "center", "va": "center"}
    first.text(-0.19, 0.34, "OR\nsays 0", **note)
    first.text(1.19, 0.66, "NAND\nsays 0", **note)
    first.text(0.5, 0.5, "both say 1", rotation=-45, **note)

    second = figure.add_axes([0.38, 0.18, 0.24, 0.68])
    set_plane(second, *SQUARE, names=("h1  (OR)", "h2  (NAND)"))
    draw_sides(second, 1, 1, -1.5, *SQUARE)
    second.set_title("seen by h1 and h2")
    draw_points(second, np.array([(0, 1), (1, 1), (1, 0)]), np.array([0, 1, 0]), rings=False, size=110)
    second.text(1, 1.17, "(0, 1) and (1, 0)", ha="center", fontsize=8)
    second.text(0, 1.17, "(0, 0)", ha="center", fontsize=8)
    second.text(1, -0.24, "(1, 1)", ha="center", fontsize=8)
    return first, second


def light_xor(figure, planes, point):
    """The network of XOR, and where ``point`` lies in both planes; without one, the network alone."""
    lit, names = None, ("x1", "x2", "h1\nOR", "h2\nNAND", "AND")
    if point is not None:
        x1, x2 = point
        h = int(x1 + x2 >= 0.5), int(x1 + x2 <= 1.5)
        lit = (x1, x2, *h, int(sum(h) >= 1.5))
        names = [f"{name}\n{value}" for name, value in zip(("x1", "x2", "OR", "NAND", "AND"), lit)]
        for axes, at in zip(planes, (point, h)):
            axes.scatter(*at, marker="D", s=340, facecolors="none", edgecolors=INK, linewidths=1.6, zorder=5)
    box = (0.65, 0.05, 0.35, 0.9)
    places = ((0.12, 0.75), (0.12, 0.25), (0.5, 0.75), (0.5, 0.25), (0.86, 0.5))
    for a, c, weight in ((0, 2, 1), (1, 2, 1), (0, 3, -1), (1, 3, -1), (2, 4, 1), (3, 4, 1)):
        draw_edge(figure, box, places[a], places[c], 0.6 * weight)
    draw_nodes(figure, box, places, names, lit, size=39)


def _inside(box, x, y):
    """A place in a box (left, bottom, width, height) of the figure."""
    return box[0] + x * box[2], box[1] + y * box[3]


def _text(figure, box, x, y, text, **look):
    figure.text(*_inside(box, x, y), text, **{"ha": "center", "va": "center", "fontsize": 9.5, **look})


# --- what they compute


def blue_side(w1, w2, b, low, high):
    """The corners of the part of the square from low to high where w1 x1 + w2 x2 + b >= 0, (corners, 2)."""
    square = np.array([(low, low), (high, low), (high, high), (low, high)])
    scores = _score(square, w1, w2, b)
    kept = []
    for i in range(4):
        j = (i + 1) % 4
        if scores[i] >= 0:
            kept.append(square[i])
        if (scores[i] >= 0) != (scores[j] >= 0):
            kept.append(square[i] + scores[i] / (scores[i] - scores[j]) * (square[j] - square[i]))
    return np.array(kept).reshape(-1, 2)


def learning_history(perceptron_update, X, y, steps, lr):
    """(w, b, wrong points) before the first update and after each; the points come in turn, round after round."""
    w, b = np.array([-1.0, 1.0]), 0.0
    past = [(w, b, int(_wrong(X, y, *w, b).sum()))]
    for step in range(steps):
        i = step % len(y)
        w, b = perceptron_update(w.copy(), b, X[i].copy(), int(y[i]), lr)
        w, b = np.array(w, float).reshape(2), float(np.squeeze(b))
        past.append((w, b, int(_wrong(X, y, *w, b).sum())))
    return past


def _score(x, w1, w2, b):
    return x @ np.array([w1, w2]) + b


def _sigmoid(s):
    return 1 / (1 + np.exp(-np.clip(s, -500, 500)))


def _wrong(X, y, w1, w2, b):
    """Where the step of the score is not the label; a score of 0 that rounding has moved counts as 0."""
    return (_score(X, w1, w2, b) >= -1e-9) != (y == 1)


def _points(points, X, y):
    return (X, y) if points == "the landings" else (y,)


def _colour(label):
    return "blue" if label else "red"


def _number(number, digits=None):
    """A number for a sentence, with a real minus and without −0."""
    text = f"{number:g}" if digits is None else f"{round(float(number), digits) + 0.0:.{digits}f}"
    return text.replace("-", "−")


def _signed(number):
    return f"{'−' if number < 0 else '+'} {abs(number):g}"
