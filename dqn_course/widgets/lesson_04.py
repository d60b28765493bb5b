"""The widgets of lesson 4: shapes that stretch, brackets, gather, and a network while it learns."""

import copy

import numpy as np
import torch
from matplotlib.collections import PolyCollection
from matplotlib.colors import ListedColormap
from matplotlib.patches import Rectangle

from dqn_course.plotting import BLUE, GREEN, GREY, ORANGE, RED
from dqn_course.widgets.interactive import Choice, Interactive, Play, Slider

INK = "#222222"
LIGHT = {BLUE: "#C6DFF1", ORANGE: "#FBE6B8", GREEN: "#C4E9DC", GREY: "#EFEFEF", RED: "#F8D5C0"}
DIM_COLOURS = (BLUE, RED, GREEN)
"""The colours of the pairs of brackets, from the outermost inwards."""

Q_VALUES = np.array([[2.0, 5.0, 3.0, 1.0], [0.0, -1.0, 4.0, -2.0], [7.0, 6.0, -3.0, 0.5]])


# --- grids of numbers


def _canvas(figure, left, right, bottom, top):
    """Axes without frame over the whole figure, in units of one table cell, y downwards."""
    axes = figure.add_axes([0.01, 0.01, 0.98, 0.98])
    axes.set(xlim=(left, right), ylim=(bottom, top), aspect="equal")
    axes.axis("off")
    return axes


def _squares(axes, places, **style):
    """Squares at (column, row), all of one style, as one artist: that is drawn faster."""
    corners = np.array([(0.04, 0.04), (0.96, 0.04), (0.96, 0.96), (0.04, 0.96)])
    if len(places):
        axes.add_collection(PolyCollection([corners + place for place in places], **style))


def _table(axes, x, values, colour, copied=None, framed=None):
    """A table of numbers (rows, columns) at column x. Copies are hatched, framed ones have a thick dark edge."""
    copied = np.zeros(values.shape, bool) if copied is None else copied
    framed = np.zeros(values.shape, bool) if framed is None else framed
    places = np.argwhere(np.ones(values.shape, bool))[:, ::-1] + (x, 0)  # (column, row), in the order of ravel
    copies, frames = copied.ravel(), framed.ravel()
    _squares(axes, places[copies], facecolor="white", edgecolor=LIGHT[colour], hatch="////", lw=1)
    _squares(axes, places[~copies & ~frames], facecolor=LIGHT[colour], edgecolor=colour, lw=1)
    _squares(axes, places[frames], facecolor=LIGHT[ORANGE], edgecolor=INK, lw=2.6)
    for (column, row), value, copy_of in zip(places, values.ravel(), copies):
        shade = GREY if copy_of else INK
        axes.text(column + 0.5, row + 0.5, f"{value:g}", ha="center", va="center", fontsize=11, color=shade)


def _shape(shape):
    return f"({', '.join(map(str, shape))}{',' if len(shape) == 1 else ''})"


# --- broadcasting

SHAPES = {"(B, 1)": lambda B: (B, 1), "(B,)": lambda B: (B,), "(B, 3)": lambda B: (B, 3), "(3,)": lambda B: (3,)}


def broadcasting():
    """Choose two shapes and B: see what is stretched (hatched) and the shape of the difference."""

    def draw(figure, a, b, B):
        draw_broadcast(_canvas(figure, -4.5, 14.6, 4.3, -1.6), SHAPES[a](B), SHAPES[b](B))

    def say(a, b, B):
        chance = {a, b} == {"(B,)", "(B, 3)"}
        a, b = SHAPES[a](B), SHAPES[b](B)
        result = broadcast_shape(a, b)
        if result is None:
            return f"An error: compared from the right, {a[-1]} and {b[-1]} differ, and neither is 1."
        if result == a == b:
            return f"Same shapes, nothing is stretched: {B if len(a) == 1 or a[1] == 1 else np.prod(a)} differences."
        if result not in (a, b):
            return (
                f"Both are stretched: {_shape(a)} − {_shape(b)} gives {_shape(result)}, which is {np.prod(result)} "
                "numbers. No error, no warning."
            )
        fits = " It fits only because B is 3: as one number a column, not one a row." if chance else ""
        return f"{_shape(b if result == a else a)} is stretched to {_shape(result)}.{fits}"

    controls = {
        "a": Choice("a has shape", ["(B, 1)", "(B,)", "(B, 3)"]),
        "b": Choice("b has shape", ["(B, 1)", "(B,)", "(B, 3)", "(3,)"], "(B,)"),
        "B": Slider("B", 4, 2, 4, 1),
    }
    return Interactive(draw, controls, say=say, size=(7.4, 2.35))


def broadcast_shape(a, b):
    """The shape of a − b, or None where the shapes do not fit."""
    try:
        return tuple(np.broadcast_shapes(a, b))
    except ValueError:
        return None


def draw_broadcast(axes, a, b):
    """Two arrays of shapes a and b, stretched to each other, and their difference."""
    result = broadcast_shape(a, b)
    values = [np.arange(1.0, np.prod(shape) + 1).reshape(shape) for shape in (a, b)]
    for y, (name, shape) in enumerate(zip(("a", "b", "a − b"), (a, b, result))):
        text = "error" if shape is None else _shape(shape)
        axes.text(-1.0, 1.0 + 0.8 * y, text, ha="right", va="center", fontsize=12, family="monospace", color=INK)
        axes.text(-4.3, 1.0 + 0.8 * y, name, ha="left", va="center", fontsize=11, color=GREY)
    axes.plot([-4.3, -1.0], [2.2, 2.2], color=GREY, lw=1)
    axes.text(-1.0, 0.3, "aligned at the right", ha="right", va="center", fontsize=8.5, color=GREY)
    x = 0.2
    for array, colour, sign in zip(values, (BLUE, ORANGE), ("−", "=" if result else "")):
        shown = np.broadcast_to(array, result) if result else array
        shown, own = np.atleast_2d(shown), _own_cells(array, result or array.shape)
        _table(axes, x, shown, colour, ~own)
        _heading(axes, x, shown.shape[1], "ab"[colour == ORANGE] + "\n" + _shape(array.shape))
        x += shown.shape[1]
        axes.text(x + 0.5, len(shown) / 2, sign, ha="center", va="center", fontsize=16, color=INK)
        x += 1.0
    if result is None:
        axes.text(x + 0.4, 1.0, "do not fit", fontsize=14, color=RED, va="center", weight="bold")
        return
    difference = np.atleast_2d(values[0] - values[1])
    surprise = result not in (a, b)
    _table(axes, x, difference, RED if surprise else GREEN)
    _heading(axes, x, difference.shape[1], "a − b\n" + _shape(result), RED if surprise else INK)
    if surprise:
        rows, columns = difference.shape
        axes.add_patch(Rectangle((x - 0.04, -0.04), columns + 0.08, rows + 0.08, fill=False, edgecolor=RED, lw=2.5))


def _heading(axes, x, columns, text, colour=INK):
    axes.text(x + columns / 2, -0.35, text, ha="center", va="bottom", fontsize=10.5, color=colour)


def _own_cells(array, shape):
    """Which cells of an array stretched to ``shape`` are its own, as a table (rows, columns) of True and False."""
    own = np.zeros(shape, bool)
    padded = (1,) * (len(shape) - array.ndim) + array.shape
    own[tuple(slice(size) for size in padded)] = True
    return np.atleast_2d(own)


# --- brackets

TENSORS = {
    "(3,)": torch.tensor([1, 2, 3]),
    "(2, 3)": torch.tensor([[1, 2, 3], [4, 5, 6]]),
    "(1, 3)": torch.tensor([[1, 2, 3]]),
}
OPERATIONS = {
    "x.unsqueeze(0)": (lambda x: x.unsqueeze(0), 0),
    "x.unsqueeze(1)": (lambda x: x.unsqueeze(1), 1),
    "x.unsqueeze(-1)": (lambda x: x.unsqueeze(-1), -1),
    "x.squeeze()": (lambda x: x.squeeze(), None),
    "x.squeeze(0)": (lambda x: x.squeeze(0), None),
    "x.sum(dim=0)": (lambda x: x.sum(dim=0), None),
    "x.sum(dim=0, keepdim=True)": (lambda x: x.sum(dim=0, keepdim=True), 0),
    "x.sum(dim=1)": (lambda x: x.sum(dim=1), None),
    "x.sum(dim=1, keepdim=True)": (lambda x: x.sum(dim=1, keepdim=True), 1),
}
"""What can be done to x, and the dimension whose brackets are new or kept."""
LETTER = 9.9
"""Points from one letter to the next."""


def brackets():
    """Choose a tensor and an operation: see its brackets, each pair in the colour of its number in the shape."""

    def draw(figure, x, operation):
        axes = figure.add_axes([0, 0, 1, 1])
        axes.set(xlim=(0, 7.4 * 72), ylim=(2.9 * 72, 0))
        axes.axis("off")
        draw_brackets(axes, 20, 24, "x", TENSORS[x])
        axes.text(205, 85, "→", fontsize=22, color=GREY, ha="center", va="center")
        result, dim, error = apply(x, operation)
        if error:
            axes.text(245, 85, error, fontsize=11, color=RED, va="center", wrap=True)
        else:
            draw_brackets(axes, 240, 24, operation, result, dim)

    def say(x, operation):
        result, _, error = apply(x, operation)
        return error or f"{operation} turns the shape {_shape(TENSORS[x].shape)} into {_shape(result.shape)}."

    controls = {"x": Choice("x has shape", list(TENSORS)), "operation": Choice("operation", list(OPERATIONS))}
    return Interactive(draw, controls, say=say, size=(7.4, 2.9))


def apply(x, operation):
    """The tensor that the operation gives, the dimension to show, and the error message, '' if there is none."""
    function, dim = OPERATIONS[operation]
    try:
        result = function(TENSORS[x])
    except IndexError:
        return None, None, f"An error: x has {TENSORS[x].ndim} dimension, dim=0. There is no dim=1."
    return result, dim if dim is None else dim % result.ndim, ""


def draw_brackets(axes, x, y, title, tensor, new_dim=None):
    """A tensor as text at (x, y) in points, brackets coloured as its shape; those of ``new_dim`` are marked."""
    axes.text(x, y, title, fontsize=11, family="monospace", color=GREY, va="center")
    lines = _bracket_lines(tensor.tolist())
    for row, line in enumerate(lines):
        for column, text, dim in line:
            new = dim is not None and dim == new_dim
            axes.text(
                x + LETTER * (column + len(text) / 2), y + 30 + 18 * row, text, fontsize=16, family="monospace",
                ha="center", va="center", color=INK if dim is None else DIM_COLOURS[dim],
                weight="normal" if dim is None else "bold",
                bbox={"boxstyle": "square,pad=0.05", "fc": LIGHT[ORANGE], "ec": "none"} if new else None,
            )  # fmt: skip
    _draw_shape(axes, x, y + 46 + 18 * len(lines), tensor, new_dim)


def _draw_shape(axes, x, y, tensor, new_dim):
    axes.text(x, y, "shape (", fontsize=12, family="monospace", color=INK, va="center")
    x += 7 * 7.4
    for dim, size in enumerate(tensor.shape):
        style = {"color": DIM_COLOURS[dim], "weight": "bold"}
        box = {"boxstyle": "square,pad=0.08", "fc": LIGHT[ORANGE], "ec": "none"} if dim == new_dim else None
        axes.text(x, y, f"{size}", fontsize=12, family="monospace", va="center", bbox=box, **style)
        axes.text(x + 3.5, y + 15, f"dim={dim}", fontsize=7.5, ha="center", va="center", color=DIM_COLOURS[dim])
        last = dim == tensor.ndim - 1
        axes.text(x + 9, y, ("," if tensor.ndim == 1 else "") if last else ",", fontsize=12, va="center", color=INK)
        x += 12 if last else 32
    axes.text(x + (4 if tensor.ndim == 1 else 0), y, ")", fontsize=12, family="monospace", va="center", color=INK)


def _bracket_lines(value, dim=0, column=0):
    """A nested list as printed: lines of (column, text, dim), where dim is None for numbers and commas."""
    if not isinstance(value, list):
        return [[(column, f"{value}", None)]]
    if not isinstance(value[0], list):
        inside = ", ".join(map(str, value))
        end = column + 1 + len(inside)
        return [[(column, "[", dim), (column + 1, inside, None), (end, "]", dim)]]
    lines = []
    for number, part in enumerate(value):
        part = _bracket_lines(part, dim + 1, column + 1)
        column_after, text, _ = part[-1][-1]
        if number < len(value) - 1:
            part[-1].append((column_after + len(text), ",", None))
        lines += part
    lines[0].insert(0, (column, "[", dim))
    column_after, text, _ = lines[-1][-1]
    lines[-1].append((column_after + len(text), "]", dim))
    return lines


# --- gather

WAYS = ("gather", "q.max(dim=1).values", "q[:, actions[:, 0]]")


def gather():
    """Choose the action of each row, and a way to pick: see which entries are taken, and the shape of the result."""

    def draw(figure, way, a0, a1, a2):
        draw_gather(_canvas(figure, -0.6, 12.6, 3.3, -1.6), way, np.array([[a0], [a1], [a2]]))

    def say(way, a0, a1, a2):
        shape = _shape(pick(way, np.array([[a0], [a1], [a2]])).shape)
        if way == WAYS[0]:
            return f"Each row gives the value in the column of its own action. Shape {shape}."
        if way == WAYS[1]:
            return f"The best value of each row, whatever was done. Shape {shape}: a dimension is lost."
        return f"Three whole columns, for every row the actions of all rows. Shape {shape}."

    rows = {f"a{i}": Slider(f"action in row {i}", action, 0, 3, 1) for i, action in enumerate((2, 0, 1))}
    return Interactive(draw, {"way": Choice("way", list(WAYS)), **rows}, say=say, size=(6.6, 2.55))


def pick(way, actions):
    """What a way gives for Q_VALUES and actions (3, 1)."""
    ways = {
        WAYS[0]: lambda: np.take_along_axis(Q_VALUES, actions, 1),
        WAYS[1]: lambda: Q_VALUES.max(1),
        WAYS[2]: lambda: Q_VALUES[:, actions[:, 0]],
    }
    return ways[way]()


def draw_gather(axes, way, actions):
    """Actions (3, 1), the values (3, 4) with the picked ones framed, and what is picked."""
    result = pick(way, actions)
    columns = {WAYS[0]: actions, WAYS[1]: Q_VALUES.argmax(1)[:, None], WAYS[2]: np.tile(actions.T, (3, 1))}[way]
    _heading(axes, 0, 1, "actions\n(3, 1)", GREY if way == WAYS[1] else INK)
    _table(axes, 0, actions, GREY, copied=np.full((3, 1), way == WAYS[1]))
    _heading(axes, 2.5, 4, "q  (3, 4)\n")
    for j in range(4):
        axes.text(3.0 + j, -0.2, f"{j}", ha="center", va="center", fontsize=9, color=GREY)
    taken = (columns[:, :, None] == np.arange(4)).any(1)  # (3, 4)
    _table(axes, 2.5, Q_VALUES, GREY, framed=taken)
    axes.text(7.6, 1.5, "→", ha="center", va="center", fontsize=18, color=GREY)
    right = way == WAYS[0]
    shown = result.reshape(3, -1) if result.ndim == 2 else result[None]
    _heading(axes, 8.8, shown.shape[1], f"{way}\n{_shape(result.shape)}", GREEN if right else RED)
    _table(axes, 8.8, shown, GREEN if right else RED)


# --- training

CLASS_COLOURS, CLASS_MARKERS = (BLUE, ORANGE, GREEN), "os^"
GRID = 70
"""So many points along each side of the plane are asked for their class."""


def snapshot(network, x, y, loss=float("nan")):
    """The network as it is now: a copy of it, the training ``loss``, and its share of right answers on x, y."""
    frozen = copy.deepcopy(network).eval()
    with torch.no_grad():
        accuracy = (frozen(x).argmax(dim=1) == y).float().mean().item()
    return {"network": frozen, "loss": loss, "accuracy": accuracy}


def training(history, x, y):
    """Play the training: the class that the network gives each place, and how loss and accuracy went.

    history: a ``snapshot`` an epoch. x (N, 2), y (N,): the points to draw.
    """

    def draw(figure, epoch):
        draw_regions(figure.add_axes([0.05, 0.06, 0.46, 0.88]), history[epoch]["network"], x, y)
        draw_curves(figure.add_axes([0.61, 0.16, 0.36, 0.76]), history, epoch)

    def say(epoch):
        seen = history[epoch]
        so_far = "1 epoch" if epoch == 1 else f"{epoch} epochs"
        return f"After {so_far} {100 * seen['accuracy']:.0f} % of the held-out points are right."

    return Interactive(draw, {"epoch": Play("epoch", max(1, len(history) - 1), 150)}, say=say, size=(7.4, 3.6))


def draw_regions(axes, network, x, y, size=14):
    """The class of each place as a light colour, and the points x (N, 2) with labels y (N,)."""
    side = torch.linspace(-1.15, 1.15, GRID)
    places = torch.cartesian_prod(side, side)  # (GRID², 2), the first number slowly
    with torch.no_grad():
        classes = network(places).argmax(dim=1).view(GRID, GRID).T.numpy()
    light = ListedColormap([LIGHT[colour] for colour in CLASS_COLOURS])
    edges = (-1.15, 1.15, -1.15, 1.15)
    axes.imshow(classes, cmap=light, vmin=0, vmax=2, origin="lower", extent=edges, interpolation="nearest")
    draw_points(axes, x, y, size)


def draw_points(axes, x, y, size=14):
    """Points x (N, 2), one colour and one marker a label."""
    for label, (colour, marker) in enumerate(zip(CLASS_COLOURS, CLASS_MARKERS)):
        mine = x[y == label]
        axes.scatter(mine[:, 0], mine[:, 1], s=size, c=colour, marker=marker, edgecolors="white", linewidths=0.4)
    axes.set(xlim=(-1.15, 1.15), ylim=(-1.15, 1.15), aspect="equal")
    axes.axis("off")


def draw_curves(axes, history, epoch):
    """Training loss and held-out accuracy over the epochs, with a mark at this one."""
    accuracy, loss = ([seen[key] for seen in history] for key in ("accuracy", "loss"))
    axes.plot(accuracy, color=BLUE)
    axes.plot(loss, color=RED, ls="--")
    axes.plot([epoch, epoch], [0, 1.15], color=GREY, lw=1)
    axes.plot([epoch], [accuracy[epoch]], "o", color=BLUE, ms=6)
    last = len(history) - 1
    axes.text(last, accuracy[-1] + 0.03, "accuracy, held-out points", color=BLUE, ha="right", va="bottom", fontsize=9)
    axes.text(last, loss[-1] + 0.12, "loss, training points", color=RED, ha="right", va="bottom", fontsize=9)
    axes.set(ylim=(0, 1.15), yticks=[0, 0.5, 1], xticks=[0, last // 2, last], xlabel="epoch")
