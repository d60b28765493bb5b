"""Make the pictures of lesson 2, by hand: ``python docs/pictures/lesson_02.py``.

With ``--train`` it first makes the points and trains the networks that the widgets show (about three minutes), and
writes them to ``dqn_course/widgets/lesson_02.json``.
"""

import json
import sys
from pathlib import Path

import numpy as np
from PIL import Image

from dqn_course.widgets import lesson_02 as widgets

IMAGES = Path(__file__).parents[2] / "solutions" / "02_feed_forward" / "images"
STARTS = 10
DECAY = 1e-6
"""Tiny, so that weights stay finite where a network can be right about all points."""


def landings(points=48, seed=0):
    """Fuel and height of invented landings, x (points, 2), safe (y = 1) where both of the two models say so."""
    W, b = widgets.TWO_MODELS
    return _apart(points, 2, W, b, seed, room=0.05, apart=0.085)


def windy_landings(points=30, seed=1):
    """Fuel, height and wind, x (points, 3), safe (y = 1) above a plane that leans with the wind."""
    return _apart(points, 3, np.array([[3.0], [3.0], [-2.5]]), np.array([-1.75]), seed, room=0.06, apart=0.16)


def _apart(points, inputs, W, b, seed, room, apart):
    """Points with some room to every line of (W, b) and to each other; y is 1 where all scores are positive."""
    rng, x = np.random.default_rng(seed), []
    while len(x) < points:
        point = rng.uniform(0.02, 0.98, inputs)
        far = np.abs(point @ W + b) >= room * np.linalg.norm(W, axis=0)
        if far.all() and all(np.linalg.norm(point - other) >= apart for other in x):
            x.append(point.round(2))
    x = np.array(x)
    return x, (x @ W + b > 0).all(axis=1).astype(int)


def two_moons(points=60, held_out=1000, noise=0.3, seed=3):
    """Two interleaved half circles with noise: the points to learn from, and others from the same source."""
    from sklearn.datasets import make_moons

    x, y = make_moons(points + held_out, noise=noise, random_state=seed)
    x = x.round(3)
    return x[:points], y[:points], x[points:], y[points:]


def pinwheel(points=40, seed=0):
    """Three bent arms, ``points`` each, around the middle: x (3 points, 2), y the number of the arm."""
    rng = np.random.default_rng(seed)
    y = np.repeat([0, 1, 2], points)
    radius = rng.uniform(0.25, 1.6, len(y))
    angle = 2 * np.pi / 3 * y + 1.5 * radius + rng.normal(0, 0.22, len(y))
    return (radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)).round(3), y


def trained(x, y, sizes, starts=STARTS):
    """Layers [[W, b], ...] of the best of several networks, trained with cross-entropy until nothing changes."""
    import torch
    import torch.nn.functional as F

    x, y = torch.tensor(x), torch.tensor(y)
    best_loss, best = np.inf, None
    for seed in range(starts):
        generator = torch.Generator().manual_seed(seed)
        parameters = []
        for m, n in zip(sizes, sizes[1:]):
            parameters.append(torch.randn(m, n, generator=generator, dtype=torch.float64) * 3 / m**0.5)
            parameters.append(torch.randn(n, generator=generator, dtype=torch.float64) * 1.5)
        for parameter in parameters:
            parameter.requires_grad_()
        optimizer = torch.optim.LBFGS(parameters, max_iter=600, history_size=20, line_search_fn="strong_wolfe")

        def loss(parameters=parameters):
            h = x
            for W, b in zip(parameters[:-2:2], parameters[1:-2:2]):
                h = torch.sigmoid(h @ W + b)
            scores = h @ parameters[-2] + parameters[-1]
            size = sum((parameter**2).sum() for parameter in parameters)
            if sizes[-1] == 1:
                return F.binary_cross_entropy_with_logits(scores[:, 0], y.double()) + DECAY * size
            return F.cross_entropy(scores, y) + 100 * DECAY * size

        def closure(optimizer=optimizer, loss=loss):
            optimizer.zero_grad()
            value = loss()
            value.backward()
            return value

        optimizer.step(closure)
        final = float(loss().detach())
        if final < best_loss:
            best_loss, best = final, [parameter.detach().numpy().round(3).tolist() for parameter in parameters]
    return [[W, b] for W, b in zip(best[::2], best[1::2])]


def train():
    """Write the points and the trained networks."""
    x, y, held_x, held_y = two_moons()
    moons = {"x": x.tolist(), "y": y.tolist(), "held_x": held_x.tolist(), "held_y": held_y.tolist()}
    networks = {
        f"{layers} x {nodes}": trained(x, y, [2] + layers * [nodes] + [1]) for layers in (1, 2) for nodes in range(1, 9)
    }
    x, y = pinwheel()
    wheel = {"x": x.tolist(), "y": y.tolist(), "layers": trained(x, y, [2, 6, 3], starts=6)}
    data = {
        name: {"x": x.tolist(), "y": y.tolist()}
        for name, (x, y) in {"landings": landings(), "windy": windy_landings()}.items()
    }
    data |= {"moons": moons, "networks": networks, "pinwheel": wheel}
    text = json.dumps(data, separators=(",", ":"))
    widgets.DATA.write_text(text + "\n")


def pictures():
    """Write the pictures that stand in the text."""
    widgets.save_sum_and_sigmoid(IMAGES / "sum_and_sigmoid.png")
    widgets.save_hidden_nodes(IMAGES / "hidden_nodes.png")
    widgets.third_input().save(IMAGES / "third_input.png", dpi=100, w3=-2.5, b=-1.5)
    widgets.softmax_bars().save(IMAGES / "softmax.png", dpi=100)
    for path in IMAGES.glob("*.png"):  # fewer colours: half the size
        Image.open(path).convert("RGB").quantize(200, dither=Image.Dither.NONE).save(path, optimize=True)


if __name__ == "__main__":
    if "--train" in sys.argv:
        train()
    pictures()
