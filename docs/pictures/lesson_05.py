"""Make the pictures of lesson 5: ``python docs/pictures/lesson_05.py``."""

import re
from pathlib import Path

import numpy as np
from canvas import canvas
from matplotlib import rc_context
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch, Rectangle

from dqn_course import gridworld, plotting, tabular
from dqn_course.plotting import BLUE, GREY, ORANGE, RED
from dqn_course.widgets import lesson_05 as widgets

LESSON = Path(__file__).parents[2] / "solutions" / "05_q_learning"
IMAGES = LESSON / "images"


def solutions():
    """The eight functions of the lesson, as its source solves them."""
    names = {"np": np}
    for cell in re.findall(r'# %% exercise="\w+"\n(.*?)(?=# %%)', (LESSON / "05_q_learning.py").read_text(), re.S):
        exec(cell, names)
    return names


def box(axes, x, y, width, height, text, colour):
    axes.add_patch(
        FancyBboxPatch((x, y), width, height, boxstyle="round,pad=0,rounding_size=1.2", fc="white", ec=colour, lw=2)
    )
    axes.text(x + width / 2, y + height / 2, text, ha="center", va="center", fontsize=11)


def arrow(axes, start, end, colour="#202020", curve=0.0, width=1.6, style="-|>"):
    path = f"arc3,rad={curve}"
    axes.add_patch(
        FancyArrowPatch(start, end, arrowstyle=style, mutation_scale=14, color=colour, connectionstyle=path, lw=width)
    )


def dot(axes, x, y, text, face, size=26):
    axes.plot(x, y, "o", ms=size, mfc=face, mec="#202020", mew=1.4)
    axes.text(x, y, text, ha="center", va="center", fontsize=11)


def loop():
    """Agent and environment, and what passes between them."""
    figure, axes = canvas(6.4, 2.0)
    box(axes, 4, 6, 16, 8, "agent\nchooses", BLUE)
    box(axes, 44, 6, 16, 8, "environment\nanswers", ORANGE)
    arrow(axes, (20, 12.5), (44, 12.5))
    axes.text(32, 13.3, "action a", ha="center", va="bottom", fontsize=11)
    arrow(axes, (44, 7.5), (20, 7.5))
    axes.text(32, 6.6, "reward r,  next state s′", ha="center", va="top", fontsize=11)
    axes.text(32, 10, "one agent step", ha="center", va="center", fontsize=9.5, color="#606060")
    return figure


def backup():
    """The Bellman equation as a tree: from s over actions to next states, and the values on their way back."""
    figure, axes = canvas(7.4, 3.9)
    dot(axes, 8, 19, "s", "white")
    for y, name, best in ((30, "a", True), (8, "other a", False)):
        dot(axes, 25, y, "", "#202020", 11)
        arrow(
            axes, (9.6, 19 + (1.2 if y > 19 else -1.2)), (24.2, y), BLUE if best else GREY, width=2.6 if best else 1.4
        )
        axes.text(25, y + 2, name, ha="center", fontsize=11)
    for y, p, r, value in ((35, "0.8", "r", "V(s′)"), (25, "0.2", "r", "V(s′)")):
        arrow(axes, (25.8, 30), (43.2, y))
        axes.text(34.5, (30 + y) / 2 + (1.4 if y > 30 else -1.4), f"p = {p},  {r}", ha="center",
                  va="bottom" if y > 30 else "top", fontsize=10)  # fmt: skip
        dot(axes, 45, y, "s′", "#D6E9F5")
        for k in (-1.6, 0, 1.6):
            arrow(axes, (46.6, y), (51, y + k), GREY, width=1, style="-")
        axes.text(52, y, f"γ·{value}", va="center", fontsize=11)
    for y in (11, 5):
        arrow(axes, (25.8, 8), (43.2, y), GREY, width=1.2)
        axes.plot(45, y, "o", ms=11, mfc="white", mec=GREY)
    notes = (
        (8, "V(s) = max over a\nthe agent chooses:\ntake the best", BLUE),
        (30, "Q(s, a) = sum over s′\nthe world chooses:\ntake the mean", RED),
        (56, "V(s′) stands\nin the table\nalready", "#606060"),
    )
    for x, text, colour in notes:
        axes.text(x, -0.2, text, ha="center", va="bottom", fontsize=9.5, color=colour)
    axes.set_ylim(-1, 38)
    return figure


def one_frame():
    """A ball in one frame, which may fly anywhere; in two frames it flies one way."""
    figure, axes = canvas(6.4, 2.5)
    for x, title in ((1, "one frame: two different states?"), (33, "two frames: it flies up, to the right")):
        axes.add_patch(Rectangle((x, 1), 30, 19, fc="#202020"))
        axes.add_patch(Rectangle((x + 2, 8), 1, 5, fc="white"))
        axes.add_patch(Rectangle((x + 27, 9), 1, 5, fc="white"))
        axes.text(x, 21, title, fontsize=11)
        axes.add_patch(Rectangle((x + 15, 10), 1.2, 1.2, fc="white"))
    arrow(axes, (17.4, 11.6), (23, 16), ORANGE, width=2.2)
    arrow(axes, (15.8, 9.6), (10, 5), "#56B4E9", width=2.2)
    axes.text(23.6, 16.4, "?", color=ORANGE, fontsize=14)
    axes.text(8, 3, "?", color="#56B4E9", fontsize=14)
    axes.add_patch(Rectangle((33 + 11, 7), 1.2, 1.2, fc="#888888"))
    arrow(axes, (49.4, 11.6), (55, 15.8), ORANGE, width=2.2)
    return figure


def sweeps(bellman_backup, gamma=0.9, slip=0.2):
    """The gridworld's values after 1, 3, 6 and 30 sweeps."""
    world = gridworld.GridWorld(slip=slip)
    V = np.zeros(len(world.P))
    with plotting.style():
        figure = plotting.new_figure(9.6, 7.2)
        panels = dict(zip((1, 3, 6, 30), figure.subplots(2, 2).flat))
        for sweep in range(31):
            Q = np.array([[bellman_backup(world.P[s][a], V, gamma) for a in range(4)] for s in world.P])
            if sweep in panels:
                gridworld.draw_world(panels[sweep], world, V)
                gridworld.draw_arrows(panels[sweep], world, Q)
                panels[sweep].set_title(f"after {sweep} sweep{'s' * (sweep > 1)}")
            V = Q.max(axis=1)
    return figure


def episodes(q_update, epsilon_greedy):
    """The table of a random agent after 40, 200 and 1500 episodes."""
    world = gridworld.GridWorld(time_limit=20)
    with plotting.style():
        figure = plotting.new_figure(10.8, 3.5)
        for axes, n in zip(figure.subplots(1, 3), (40, 200, 1500)):
            Q, _ = tabular.q_learning(world, q_update, epsilon_greedy, lambda episode: 1.0, n, 0.5, 0.9)
            gridworld.draw_q(axes, world, Q)
            axes.set_title(f"after {n} episodes")
    return figure


def main():
    IMAGES.mkdir(exist_ok=True)
    answers = solutions()
    with rc_context({"svg.hashsalt": "lesson 5", "svg.fonttype": "path"}):
        for draw in (loop, backup, one_frame):
            draw().savefig(IMAGES / f"{draw.__name__}.svg", metadata={"Date": None})
    (IMAGES / "sweeps.png").write_bytes(plotting.png(sweeps(answers["bellman_backup"]), 75))
    (IMAGES / "episodes.png").write_bytes(plotting.png(episodes(answers["q_update"], answers["epsilon_greedy"]), 80))
    widgets.return_over_gamma(answers["discounted_return"]).save(IMAGES / "discount.png", dpi=100)
    names = "linear_epsilon", "exponential_epsilon", "decay_rate_for"
    widgets.ways_down(*(answers[name] for name in names)).save(IMAGES / "epsilon.png", dpi=100)


if __name__ == "__main__":
    main()
