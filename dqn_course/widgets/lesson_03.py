"""The widgets of lesson 3: one weight that rolls downhill, batches of three sizes, and a race of four steps."""

import time
from functools import cache

import numpy as np
from contourpy import contour_generator
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.lines import Line2D

from dqn_course.plotting import BLUE, GREEN, GREY, ORANGE, PURPLE, RED, new_figure, style
from dqn_course.widgets.interactive import Choice, Interactive, Play, Slider

INK = "#222222"
SIDES = LinearSegmentedColormap.from_list("sides", ["#F6C9B0", "#FFFFFF", "#A9CDE8"])
BANDS = 10
HEIGHTS = LinearSegmentedColormap.from_list("heights", ["#FFFFFF", "#CFCFCF"], N=BANDS)


def crescents(n=200, noise=0.2, seed=0):
    """Two crescents that reach into each other: points x (n, 2) and labels y (n, 1), in random order."""
    rng = np.random.default_rng(seed)
    y = rng.permutation(np.arange(n) % 2)[:, None]
    angle = rng.uniform(0, np.pi, (n, 1))
    upper = np.hstack([np.cos(angle), np.sin(angle)])
    x = np.where(y == 0, upper, [1, 0.5] - upper) + noise * rng.normal(size=(n, 2))
    return x - [0.5, 0.25], y.astype(float)


def first_weights(hidden=8, seed=1):
    """Random weights [W1, b1, W2, b2] of a network with two inputs and one output; the biases are 0."""
    rng = np.random.default_rng(seed)
    return [rng.normal(size=(2, hidden)), np.zeros(hidden), rng.normal(size=(hidden, 1)), np.zeros(1)]


def before_and_after(x, y, start, weights, losses):
    """A figure: the network's answer with the weights ``start`` and ``weights``, and the loss of every epoch."""
    with style():
        figure = new_figure(9.6, 3.2)
        before, after, curve = figure.subplots(1, 3)
        for axes, when, network in ((before, "before", start), (after, "after", weights)):
            _draw_network(axes, x, y, network)
            wrong = int(((_forward(x, *network) > 0.5) != y).sum())
            axes.set_title(f"{when}: {wrong} of {len(x)} wrong")
        curve.plot(np.arange(1, len(losses) + 1), losses, color=BLUE)
        curve.set(xlabel="epoch", ylabel="loss", ylim=(0, None), title="the way there")
    return figure


def _forward(x, W1, b1, W2, b2):
    """The probabilities (n, 1) of the two-layer network."""
    with np.errstate(over="ignore"):
        h = 1 / (1 + np.exp(-(x @ W1 + b1)))
        return 1 / (1 + np.exp(-(h @ W2 + b2)))


VIEW = -2.1, 2.1, -1.5, 1.5
"""Left, right, low and high of the picture of the crescents."""


def _draw_network(axes, x, y, weights):
    """The points, the probability behind them as a colour, and the line where it is one half."""
    _set_view(axes)
    _draw_region(axes, x, y, weights)


def _set_view(axes):
    left, right, low, high = VIEW
    axes.set(xlim=(left, right), ylim=(low, high), xlabel="x1", ylabel="x2", xticks=(-2, 0, 2), yticks=(-1, 0, 1))
    axes.grid(False)


def _draw_region(axes, x, y, weights, size=50):
    left, right, low, high = VIEW
    across, up = np.linspace(left, right, size), np.linspace(low, high, size)
    grid = np.meshgrid(across, up)
    p = _forward(np.column_stack([part.ravel() for part in grid]), *weights).reshape(size, size)
    axes.imshow(
        p, extent=VIEW, origin="lower", cmap=SIDES, vmin=0, vmax=1, aspect="auto", interpolation="bilinear",
        interpolation_stage="data",
    )  # fmt: skip
    for line in contour_generator(across, up, p).lines(0.5):
        axes.plot(*line.T, color=INK, lw=1.4)
    for label, color, marker in ((1, BLUE, "o"), (0, RED, "s")):
        axes.plot(*x[y[:, 0] == label].T, marker, color=color, ms=4.2, mec="white", mew=0.5)


# One weight rolls downhill

CURVES = {
    "bowl": (lambda w: w**2, lambda w: 2 * w),
    "two valleys": (lambda w: (w**2 - 1) ** 2 / 2 + w / 4 + 0.27, lambda w: 2 * w * (w**2 - 1) + 0.25),
}
"""Losses of one weight w, and their slopes."""


def descend(sgd_step, steps=20):
    """Choose a curve, a start and a learning rate; see where the student's ``sgd_step`` takes the weight."""

    @cache
    def path(curve, start, lr):
        w, ws = np.array([start]), [start]
        with np.errstate(all="ignore"):
            for _ in range(steps):
                w = sgd_step(w, CURVES[curve][1](w), lr)
                ws.append(float(np.clip(w, -1e9, 1e9)[0]))
        return np.array(ws)

    def still(figure, curve):
        hill = figure.add_axes([0.075, 0.14, 0.5, 0.82])
        draw_curve(hill, curve)
        losses = figure.add_axes([0.67, 0.14, 0.31, 0.82])
        losses.set(xlim=(-0.5, steps + 0.5), ylim=(-0.1, 4.2), xlabel="step", ylabel="loss L")
        losses.set(xticks=(0, steps // 2, steps), yticks=(0, 2, 4))
        return hill, losses

    def draw(scene, curve, start, lr, step):
        hill, losses = scene
        ws = path(curve, start, lr)[: step + 1]
        draw_steps(hill, curve, ws)
        losses.plot(CURVES[curve][0](ws), "o-", color=BLUE, ms=4)

    def say(curve, start, lr, step):
        w = path(curve, start, lr)[step]
        if not abs(w) <= 2.2:  # true for nan, too
            return f"After {step} steps w has left the picture."
        value, slope = (round(float(function(w)), 3) + 0.0 for function in CURVES[curve])  # + 0.0: no "-0.000"
        return f"After {step} steps: w = {w:.3f}, slope g = {slope:.3f}, loss L = {value:.3f}."

    controls = {
        "curve": Choice("curve", list(CURVES)),
        "start": Slider("first w", -1.6, -1.9, 1.9, 0.1),
        "lr": Slider("lr", 0.1, 0.05, 1.2, 0.05),
        "step": Play("step", steps, value=5),
    }
    return Interactive(draw, controls, say=say, size=(7.4, 3.4), still=still)


def draw_descent(axes, curve, ws):
    """The curve, and the weight after each step, newest darkest."""
    draw_curve(axes, curve)
    draw_steps(axes, curve, ws)


def draw_curve(axes, curve):
    """The loss over the weight."""
    line = np.linspace(-2.2, 2.2, 200)
    axes.plot(line, CURVES[curve][0](line), color=GREY, lw=2)
    axes.set(xlim=(-2.2, 2.2), ylim=(-0.1, 4.2), xlabel="weight w", ylabel="loss L")
    axes.set(xticks=(-2, -1, 0, 1, 2), yticks=(0, 2, 4))


def draw_steps(axes, curve, ws):
    """The weight after each step, newest darkest."""
    loss, ws = CURVES[curve][0], np.asarray(ws)
    axes.plot(ws, loss(ws), "-", color=ORANGE, lw=1.2, zorder=3)
    axes.plot(ws[:-1], loss(ws[:-1]), "o", color=ORANGE, ms=6, mec="white", mew=0.6, zorder=4)
    axes.plot(ws[-1:], loss(ws[-1:]), "o", color=INK, ms=9, mec="white", zorder=5)


# One point, a few, or all

SIZES = {"1": 1, "10": 10, "all 200": 200}
LOOKS = {1: (ORANGE, ":"), 10: (BLUE, "-"), 200: (GREEN, "--")}
NAMES = {1: "1 point a step", 10: "10 points a step", 200: "all 200 a step"}


def batches(backward, epochs=40):
    """Choose how many points a step looks at and the learning rate; see the loss and the regions, epoch by epoch."""
    x, y = crescents()

    @cache
    def history(size, lr):
        """The weights and the losses after each epoch, and the seconds that the epochs took."""
        rng, weights = np.random.default_rng(2), first_weights()
        past, start = [weights], time.perf_counter()
        with np.errstate(all="ignore"):
            for _ in range(epochs):
                for batch in rng.permutation(len(x)).reshape(-1, size):
                    gradients = backward(x[batch], y[batch], *weights)
                    weights = [w - lr * gradient for w, gradient in zip(weights, gradients)]
                past.append(weights)
        seconds = time.perf_counter() - start
        return past, [_loss(x, y, weights) for weights in past], seconds

    def still(figure, size, lr):
        curves = figure.add_axes([0.075, 0.14, 0.43, 0.76])
        curves.set(xlim=(-0.5, epochs + 0.5), ylim=(0, 0.9), xlabel="epoch", ylabel="loss", title=f"lr = {lr:g}")
        curves.set(xticks=(0, epochs // 2, epochs), yticks=(0, 0.2, 0.4, 0.6, 0.8))
        width = {other: 3 if other == size else 1.4 for other in LOOKS}
        lines = [Line2D([], [], color=color, ls=line, lw=width[k]) for k, (color, line) in LOOKS.items()]
        curves.legend(lines, NAMES.values(), loc="upper right", fontsize=9)
        region = figure.add_axes([0.58, 0.14, 0.4, 0.76])
        _set_view(region)
        region.set_title(NAMES[size])
        return curves, region

    def draw(scene, size, lr, epoch):
        curves, region = scene
        for other, (color, line) in LOOKS.items():
            losses = history(other, lr)[1][: epoch + 1]
            curves.plot(losses, line, color=color, lw=3 if other == size else 1.4)
        curves.plot(epoch, history(size, lr)[1][epoch], "o", color=LOOKS[size][0], ms=8, mec="white")
        _draw_region(region, x, y, history(size, lr)[0][epoch])

    def say(size, lr, epoch):
        _, losses, seconds = history(size, lr)
        steps = epoch * len(x) // size
        took = f"All {epochs} epochs took {seconds:.2f} seconds here." if epoch else "Press play."
        return f"{NAMES[size]}: {steps:,} steps in {epoch} epochs, loss {losses[epoch]:.3f}. {took}"

    controls = {
        "size": Choice("points a step", SIZES, 10),
        "lr": Choice("lr", [0.1, 0.3, 1.0, 3.0, 10.0], 1.0),
        "epoch": Play("epoch", epochs, 200, value=epochs),
    }

    def ready():
        for lr in controls["lr"].ends():
            for size in LOOKS:
                yield history(size, lr)

    return Interactive(draw, controls, say=say, size=(8.0, 3.5), still=still, ready=ready)


def _loss(x, y, weights):
    p = np.clip(_forward(x, *weights), 1e-12, 1 - 1e-12)
    return float(-(y * np.log(p) + (1 - y) * np.log(1 - p)).mean())


# The race

_A = np.array([[10.5, -9.5], [-9.5, 10.5]])  # a valley of curvature 1 along (1, 1), and 20 across

LANDSCAPES = {
    "long valley": {
        "loss": lambda u, v: (u**2 + 20 * v**2) / 2,
        "gradient": lambda w: w * [1, 20],
        "start": (-3.0, 0.8),
        "view": (-3.5, 1.5, -1.3, 1.3),
        "goal": [(0, 0)],
    },
    "slanted valley": {
        "loss": lambda u, v: (10.5 * u**2 - 19 * u * v + 10.5 * v**2) / 2,
        "gradient": lambda w: _A @ w,
        "start": (-2.0, -1.1),
        "view": (-2.6, 1.0, -2.2, 1.0),
        "goal": [(0, 0)],
    },
    "saddle": {
        "loss": lambda u, v: u**2 / 2 - v**2 / 2 + v**4 / 4 + 0.25,
        "gradient": lambda w: np.array([w[0], w[1] ** 3 - w[1]]),
        "start": (-1.6, 0.01),
        "view": (-2.0, 1.0, -1.5, 1.5),
        "goal": [(0, 1), (0, -1)],
    },
    "mini-batches": {
        "loss": lambda u, v: (u**2 + v**2) / 2,
        "gradient": lambda w: w,
        "start": (-2.0, 1.4),
        "view": (-2.4, 1.2, -1.4, 1.8),
        "goal": [(0, 0)],
        "noise": 0.5,
    },
}
"""Losses of two weights (u, v) and their gradients. With noise, a batch adds +noise nine times and -9 noise once."""

RACERS = {"sgd": (INK, "o"), "momentum": (BLUE, "s"), "rprop": (RED, "^"), "RMSProp": (PURPLE, "D")}


def race(sgd_step, momentum_step, rprop_step, rmsprop_step, steps=80):
    """Choose a landscape, a learning rate and beta; let the student's four steps run from the same start."""
    functions = dict(zip(RACERS, (sgd_step, momentum_step, rprop_step, rmsprop_step)))

    @cache
    def paths(landscape, lr, beta):
        """{name: path (steps + 1, 2)} of those that are written, and the names of the functions that are not."""
        found, missing = {}, []
        for name, function in functions.items():
            try:
                found[name] = _run(name, function, landscape, lr, beta, steps)
            except NotImplementedError:
                missing.append(function.__name__)
        return found, tuple(missing)

    def still(figure, landscape):
        land = figure.add_axes([0.06, 0.13, 0.52, 0.84])
        draw_landscape(land, landscape)
        heights = figure.add_axes([0.68, 0.13, 0.3, 0.84])
        heights.set(xlim=(0, steps), ylim=(-5, 1.5), xlabel="step", ylabel="loss above the goal")
        heights.set_xticks((0, steps // 2, steps))
        heights.set_yticks((-4, -2, 0), ("0.0001", "0.01", "1"))
        written = [name for name in RACERS if name not in unwritten()]
        lines = [Line2D([], [], color=RACERS[k][0], marker=RACERS[k][1], ms=8, mec="white") for k in written]
        if written:
            heights.legend(lines, written, loc="lower left", fontsize=9)
        return land, heights

    def draw(scene, landscape, lr, beta, step):
        land, heights = scene
        found, _ = paths(landscape, lr, beta)
        draw_paths(land, found, step)
        for name, path in found.items():
            color, marker = RACERS[name]
            loss = np.log10(_height(landscape, path[: step + 1]))
            heights.plot(loss, color=color, marker=marker, markevery=[step], ms=8, mec="white")

    def unwritten():
        first = next(iter(LANDSCAPES))
        return [name for name in RACERS if name not in paths(first, 0.03, 0.9)[0]]

    def say(landscape, lr, beta, step):
        found, missing = paths(landscape, lr, beta)
        height = {name: _height(landscape, path)[step] for name, path in found.items()}
        order = ", ".join(
            f"{name} {height[name]:.2g}" if height[name] < 1e6 else f"{name} far away"
            for name in sorted(height, key=height.get)
        )
        sentence = f"Loss after {step} steps, best first: {order}." if found else ""
        return f"{sentence} Not written yet, so left out: {', '.join(missing)}.".strip() if missing else sentence

    controls = {
        "landscape": Choice("landscape", list(LANDSCAPES)),
        "lr": Slider("lr", 0.03, 0.01, 0.12, 0.01),
        "beta": Slider("beta", 0.9, 0.0, 0.95, 0.05),
        "step": Play("step", steps, 150, value=20),
    }
    return Interactive(draw, controls, say=say, size=(8.4, 4.2), still=still)


def _run(name, function, landscape, lr, beta, steps):
    """The path (steps + 1, 2) of one racer."""
    gradient_at, noise = LANDSCAPES[landscape]["gradient"], _noise(landscape, steps)
    w = np.array(LANDSCAPES[landscape]["start"])
    state, previous, path = np.full(2, lr if name == "rprop" else 0.0), np.zeros(2), [w]
    with np.errstate(all="ignore"):
        for k in range(steps):
            gradient = gradient_at(w) + noise[k]
            if name == "sgd":
                w = function(w, gradient, lr)
            elif name == "momentum":
                w, state = function(w, state, gradient, lr, beta)
            elif name == "rprop":
                w, state = function(w, state, gradient, previous)
                previous = gradient
            else:
                w, state = function(w, state, gradient, lr)
            w = np.clip(w, -1e6, 1e6)
            path.append(w)
    return np.array(path)


def _noise(landscape, steps):
    """What the batches add to the gradient, (steps, 2): in each ten of them, nine times +1 and once -9, times noise."""
    size, rng = LANDSCAPES[landscape].get("noise", 0.0), np.random.default_rng(0)
    tens = -(-steps // 10)
    rare = rng.integers(10, size=(tens, 1, 2)) == np.arange(10)[:, None]  # (tens, 10, 2)
    return size * np.where(rare, -9.0, 1.0).reshape(10 * tens, 2)[:steps]


def _height(landscape, path):
    return np.maximum(LANDSCAPES[landscape]["loss"](*path.T), 1e-9)


def draw_race(axes, landscape, paths, step):
    """The landscape from above, and each path up to ``step``."""
    draw_landscape(axes, landscape)
    draw_paths(axes, paths, step)


def draw_landscape(axes, landscape):
    """The landscape from above, white is low; the goal is a dot in a ring."""
    land = LANDSCAPES[landscape]
    across, up, heights = _heights(landscape)
    left, right, low, high = land["view"]
    axes.imshow(
        heights, extent=land["view"], origin="lower", cmap=HEIGHTS, vmin=0, vmax=heights.max(), aspect="auto",
        interpolation="bilinear", interpolation_stage="data",
    )  # fmt: skip
    axes.contour(across, up, heights, np.linspace(0, heights.max(), BANDS + 1), colors=[GREY], linewidths=0.6)
    axes.plot(*zip(*land["goal"]), "o", ms=13, mfc="none", mec=GREEN, mew=2)
    axes.plot(*zip(*land["goal"]), "o", ms=4, color=GREEN)
    axes.set(xlim=(left, right), ylim=(low, high), xlabel="weight 1", ylabel="weight 2")
    axes.set(xticks=range(int(np.ceil(left)), int(right) + 1), yticks=(-1, 0, 1))
    axes.grid(False)


def draw_paths(axes, paths, step):
    """Each path up to ``step``, with its marker at the end."""
    for name, path in paths.items():
        color, marker = RACERS[name]
        axes.plot(
            *path[: step + 1].T, color=color, lw=1.6, alpha=0.9, marker=marker, markevery=[step], ms=9, mec="white",
            zorder=3,
        )  # fmt: skip


@cache
def _heights(landscape):
    """A grid over the view, and the loss on it to the power 0.4, which tells low ones apart."""
    left, right, low, high = LANDSCAPES[landscape]["view"]
    across, up = np.meshgrid(np.linspace(left, right, 70), np.linspace(low, high, 70))
    return across, up, LANDSCAPES[landscape]["loss"](across, up) ** 0.4
