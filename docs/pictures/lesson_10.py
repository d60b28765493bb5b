"""Make the pictures of lesson 10: ``python docs/pictures/lesson_10.py``."""

from pathlib import Path

from canvas import canvas
from matplotlib import rc_context
from matplotlib.patches import Rectangle

from dqn_course import paper
from dqn_course.plotting import BLUE, GREEN, GREY, ORANGE, PURPLE

IMAGES = Path(__file__).parents[2] / "solutions" / "10_evaluation" / "images"
INK = "#202020"


def hold():
    """Eighteen frames at 10 Hz, where an action is held for six of them, and at 60 Hz."""
    figure, axes = canvas(8.6, 2.5)
    buttons = {"FIRE": ORANGE, "LEFT": BLUE, "NOOP": "#EDEDED", "RIGHT": GREEN}
    names = {name[0]: name for name in buttons}
    quick = [names[letter] for letter in "FLLNRFRNLFFRNLRLFN"]
    for y, name, actions in (
        (14, "10 Hz", ["FIRE"] * 6 + ["LEFT"] * 6 + ["RIGHT"] * 6),
        (4.5, "60 Hz", quick),
    ):
        axes.text(1, y + 2.2, name, fontsize=11, va="center", weight="bold")
        for i, action in enumerate(actions):
            x = 9 + 4.2 * i
            axes.add_patch(Rectangle((x, y), 3.6, 4.4, fc=buttons[action], ec="#606060", lw=0.8))
            dark = action in ("LEFT", "RIGHT")
            axes.text(
                x + 1.8, y + 2.2, action[0], ha="center", va="center", fontsize=10, color="white" if dark else INK
            )
            if i == 0 or actions is quick or i % 6 == 0:
                axes.plot([x + 1.8] * 2, [y + 4.8, y + 5.9], color=INK, lw=1.4)
    for i in range(0, 18, 6):
        axes.text(9 + 4.2 * i + 1.8, 20.4, f"frame {i + 1}", ha="center", va="bottom", fontsize=9)
    axes.text(9, 1.2, "F = FIRE, L = LEFT, R = RIGHT, N = nothing. A mark: an action is drawn.", fontsize=9.5)
    return figure


def scale():
    """The scores of Pong on a line, and per cent of the human below."""
    row = paper.scores()["Pong"]
    figure, axes = canvas(8.6, 2.0)

    def place(score):
        return 5 + (score + 21) / 42 * 76

    axes.plot([place(-21), place(21)], [9, 9], color=INK, lw=1.4)
    for score in range(-20, 21, 10):
        axes.plot([place(score)] * 2, [8.6, 9.4], color=INK, lw=1.2)
        axes.text(place(score), 7.9, f"{score}", ha="center", va="top", fontsize=9, color="#505050")
    axes.plot([place(row.random), place(row.human)], [9, 9], color=BLUE, lw=7, alpha=0.35, solid_capstyle="butt")
    for name, score, colour in (
        ("random", row.random, GREY),
        ("human", row.human, BLUE),
        ("the paper's agent", row.dqn, PURPLE),
    ):
        percent = paper.human_normalized_score(score, row.random, row.human)
        axes.plot(place(score), 9, "o", color=colour, ms=10, zorder=3)
        axes.text(place(score), 11, f"{name}\n{score:g}", ha="center", va="bottom", fontsize=10)
        axes.text(
            place(score), 4.2, f"{percent:.0f} %", ha="center", va="top", fontsize=11, color=colour, weight="bold"
        )
    axes.text((place(row.random) + place(row.human)) / 2, 4.2, "human - random", ha="center", va="top", fontsize=9.5)
    return figure


def main():
    IMAGES.mkdir(exist_ok=True)
    with rc_context({"svg.hashsalt": "lesson 10", "svg.fonttype": "path"}):
        for draw in (hold, scale):
            draw().savefig(IMAGES / f"{draw.__name__}.svg", metadata={"Date": None})


if __name__ == "__main__":
    main()
