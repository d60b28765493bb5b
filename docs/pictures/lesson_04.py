"""The pictures of lesson 4: ``python docs/pictures/lesson_04.py`` writes them anew."""

from pathlib import Path

import numpy as np
import torch
from torch import nn

from dqn_course import plotting
from dqn_course.plotting import BLUE, GREY, RED
from dqn_course.widgets import lesson_04 as widgets

IMAGES = Path(__file__).parents[2] / "solutions/04_pytorch/images"
DPI = 110


def save(figure, name):
    figure.set_layout_engine("none")
    (IMAGES / name).write_bytes(plotting.png(figure, DPI))


def brackets():
    figure = plotting.new_figure(7.8, 2.3)
    axes = figure.add_axes([0, 0, 1, 1])
    axes.set(xlim=(0, 7.8 * 72), ylim=(2.3 * 72, 0))
    axes.axis("off")
    column, table = widgets.TENSORS["(3,)"], widgets.TENSORS["(2, 3)"]
    widgets.draw_brackets(axes, 14, 20, "x", column)
    widgets.draw_brackets(axes, 120, 20, "x.unsqueeze(0)", column.unsqueeze(0), 0)
    widgets.draw_brackets(axes, 250, 20, "x.unsqueeze(1)", column.unsqueeze(1), 1)
    widgets.draw_brackets(axes, 376, 20, "t.sum(dim=1, keepdim=True)", table.sum(dim=1, keepdim=True), 1)
    axes.text(376, 130, "t = [[1, 2, 3],\n     [4, 5, 6]]", fontsize=10, family="monospace", color=GREY, va="top")
    save(figure, "brackets.png")


def broadcasting():
    figure = plotting.new_figure(8.6, 1.5)
    for left, shape in ((0.0, (3, 1)), (0.39, (3,))):
        axes = figure.add_axes([left, 0, 0.39 if left == 0 else 0.61, 1])
        axes.set(xlim=(-4.8, 6.0 if left == 0 else 12.0), ylim=(3.3, -1.5), aspect="equal", anchor="W")
        axes.axis("off")
        widgets.draw_broadcast(axes, (3, 1), shape)
    save(figure, "broadcasting.png")


def gather():
    widgets.gather().save(IMAGES / "gather.png", dpi=DPI)


def graph():
    figure = plotting.new_figure(7.6, 2.5)
    axes = figure.add_axes([0, 0, 1, 1])
    axes.set(xlim=(0, 7.6), ylim=(0, 2.5))
    axes.axis("off")
    row, low = 1.62, 0.72
    chain = {"x = 3": (0.6, row, 0), "h = 0.5": (2.6, row, 1), "p = 0.5": (4.8, row, 1), "L = 0.69": (6.9, row, 1)}
    weights = {"W1 = 0": (1.3, -0.75), "b1 = 0": (2.35, -0.25), "W2 = 2": (3.7, -0.25), "b2 = −1": (4.8, -0.5)}
    places = list(chain.values())
    for start, end in zip(places, places[1:]):
        _arrow(axes, (start[0] + 0.45, row), (end[0] - 0.45, row), GREY)
    for (name, (x, gradient)), target in zip(weights.items(), (2.6, 2.6, 4.8, 4.8)):
        _arrow(axes, (x, low + 0.18), (target - 0.25 + 0.25 * (x > target - 0.5), row - 0.2), GREY)
        _box(axes, x, low, name, BLUE)
        axes.text(x, low - 0.36, f"grad {gradient}".replace("-", "−"), ha="center", color=RED, fontsize=10.5)
    _box(axes, 5.9, low, "y = 1", GREY)
    _arrow(axes, (5.9, low + 0.18), (6.7, row - 0.2), GREY)
    for name, (x, y, made) in chain.items():
        _box(axes, x, y, name, "#222222" if made else GREY)
    axes.text(0.15, 2.3, "forward: compute and remember", color=GREY, fontsize=10, va="center")
    _arrow(axes, (2.75, 2.3), (3.45, 2.3), GREY)
    axes.text(7.45, 2.3, "L.backward(): the chain rule", color=RED, fontsize=10, va="center", ha="right")
    _arrow(axes, (5.0, 2.3), (4.3, 2.3), RED)
    save(figure, "graph.png")


def _box(axes, x, y, text, colour):
    box = {"boxstyle": "round,pad=0.35", "fc": "white", "ec": colour, "lw": 1.5}
    axes.text(x, y, text, ha="center", va="center", fontsize=11, color="#222222", bbox=box, zorder=3)


def _arrow(axes, start, end, colour):
    style = {"arrowstyle": "-|>", "color": colour, "lw": 1.4, "shrinkA": 0, "shrinkB": 0}
    axes.annotate("", end, start, arrowprops=style)


def training():
    """Four moments of the lesson's own training run."""
    x_train, y_train, x_test, y_test = _points()
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(2, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 3))
    optimizer = torch.optim.Adam(network.parameters(), lr=0.003)
    history = [widgets.snapshot(network, x_test, y_test)]
    for _ in range(60):
        for rows in torch.randperm(len(x_train)).split(32):
            optimizer.zero_grad()
            nn.functional.cross_entropy(network(x_train[rows]), y_train[rows]).backward()
            optimizer.step()
        history.append(widgets.snapshot(network, x_test, y_test))
    with plotting.style():
        figure = plotting.new_figure(8.4, 2.4)
        for number, epoch in enumerate((0, 5, 15, 60)):
            axes = figure.add_axes([0.005 + 0.25 * number, 0.02, 0.24, 0.84])
            widgets.draw_regions(axes, history[epoch]["network"], x_test, y_test, size=8)
            axes.set_title(f"epoch {epoch}: {100 * history[epoch]['accuracy']:.0f} % right", fontsize=10)
    save(figure, "training.png")


def _points():
    rng = np.random.default_rng(0)
    found = []
    for _ in range(2):
        arm = np.repeat([0, 1, 2], 100)
        radius = rng.uniform(0.05, 1, 300)
        angle = 4 * radius + 2 * np.pi * arm / 3 + rng.normal(0, 0.2, 300)
        points = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)
        found += [torch.from_numpy(points).float(), torch.from_numpy(arm)]
    return found


if __name__ == "__main__":
    IMAGES.mkdir(parents=True, exist_ok=True)
    with plotting.style():
        brackets()
        broadcasting()
        gather()
        graph()
        training()
