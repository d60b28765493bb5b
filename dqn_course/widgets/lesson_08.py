"""The pictures of lesson 8: screens beside each other, a stack and what moved in it, and every stage of phi."""

from functools import lru_cache

import numpy as np

from dqn_course import plotting
from dqn_course.environments import make_emulator
from dqn_course.widgets.interactive import Choice, Interactive, Play

GAMES = {
    "Asteroids": "asteroids",
    "Breakout": "breakout",
    "Enduro": "enduro",
    "Ms. Pacman": "ms_pacman",
    "Pong": "pong",
    "Q*Bert": "qbert",
    "Seaquest": "seaquest",
    "Space Invaders": "space_invaders",
}
STEPS = 120
"""Agent steps that can be looked at, after the screen that the game starts with."""
REPEAT = 4
"""Emulator frames in an agent step."""


def side_by_side(pictures, height=2.9):
    """A figure of pictures in a row, {title: array}; colour (h, w, 3) or grey (h, w), each in its own proportions."""
    shares = [picture.shape[1] / picture.shape[0] for picture in pictures.values()]
    width = min(11.0, height * sum(shares) + 0.25 * len(shares))
    figure = plotting.new_figure(width, height + 0.3)
    grid = figure.subplots(1, len(pictures), squeeze=False, width_ratios=shares)
    for axes, (title, picture) in zip(grid[0], pictures.items()):
        _show(axes, picture)
        axes.set_title(title, fontsize=10)
    return figure


def stack_and_change(stack):
    """The frames of a stack (m, 84, 84), oldest first, and the newest minus the oldest."""
    m = len(stack)
    figure = plotting.new_figure(2.15 * (m + 1), 2.5)
    grid = figure.subplots(1, m + 1)
    for i, axes in enumerate(grid[:m]):
        _show(axes, stack[i])
        place = {0: ", the oldest", m - 1: ", the newest"}.get(i, "")
        axes.set_title(f"stack[{i}]{place}", fontsize=10)
    change = stack[-1].astype(int) - stack[0]
    grid[m].imshow(change, cmap="RdBu_r", vmin=-255, vmax=255, interpolation="nearest")
    grid[m].set_axis_off()
    grid[m].set_title("newest - oldest", fontsize=10)
    return figure


def stages(max_of_two_frames, luminance, resize_84, stack_frames):
    """Choose a game and an agent step; see all that happens from two raw screens to the stack of four."""

    @lru_cache(maxsize=64)
    def small(game, step):
        """The frame (84, 84) after an agent step."""
        return resize_84(luminance(max_of_two_frames(*_screens(game, step))))

    def still(figure):
        boxes = {
            "the frame before": [0.01, 0.53, 0.252, 0.42],
            "the frame": [0.276, 0.53, 0.252, 0.42],
            "maximum": [0.542, 0.53, 0.252, 0.42],
            "luminance": [0.01, 0.02, 0.252, 0.42],
            "84 x 84": [0.276, 0.02, 0.331, 0.42],
            "stack of four": [0.624, 0.02, 0.331, 0.42],
        }
        panels = {}
        for title, box in boxes.items():
            axes = panels[title] = figure.add_axes(box)
            axes.set(xlim=(0, 1), ylim=(0, 1))
            axes.set_axis_off()
            axes.set_title(title, fontsize=10)
        return panels

    def draw(panels, game, step):
        frame, previous = _screens(game, step)
        bright = max_of_two_frames(*_screens(game, step))
        grey = luminance(np.array(bright))
        newest = small(game, step)
        stack = stack_frames([small(game, i) for i in range(max(0, step - 3), step + 1)], 4)
        pictures = {
            "the frame before": previous, "the frame": frame, "maximum": bright, "luminance": grey,
            "84 x 84": newest, "stack of four": _two_by_two(stack),
        }  # fmt: skip
        for title, picture in pictures.items():
            _show(panels[title], picture, extent=(0, 1, 0, 1), aspect="auto")

    def say(game, step):
        name = next(name for name, rom in GAMES.items() if rom == game)
        order = "Read the stack like text: oldest top left, newest bottom right."
        if step == 0:
            return f"{name}, before the first action: there is one screen only, and three pictures are missing. {order}"
        frame, previous = recording(game)[step]
        brighter = int((previous > frame).any(axis=-1).sum())
        return (
            f"{name}, after agent step {step}: frames {REPEAT * step - 1} and {REPEAT * step}. In {brighter} of 33,600 "
            f"pixels the frame before is brighter in some colour. {order}"
        )

    controls = {"game": Choice("game", GAMES, "space_invaders"), "step": Play("agent step", STEPS, 250, 61)}
    return Interactive(draw, controls, say=say, size=(6.6, 5.2), still=still)


@lru_cache(maxsize=4)
def recording(game):
    """A random player's game: at the start and after each agent step the last frame and the one before it.

    Screens are (210, 160, 3) uint8; at the start there is one only, so it stands for both.
    """
    ale, rng = make_emulator(game), np.random.default_rng(0)
    actions, pairs = ale.getMinimalActionSet(), [(ale.getScreenRGB(), ale.getScreenRGB())]
    for _ in range(STEPS):
        action = actions[rng.integers(len(actions))]
        for _ in range(REPEAT - 1):
            ale.act(action)
        previous = ale.getScreenRGB()
        ale.act(action)
        pairs.append((ale.getScreenRGB(), previous))
        if ale.game_over():
            ale.reset_game()
    return pairs


def _screens(game, step):
    """Copies of a recorded pair, which a function may change as it likes."""
    return tuple(screen.copy() for screen in recording(game)[step])


def _two_by_two(stack):
    """The pictures of a stack (4, h, w) in two rows of two, with a bright line between."""
    framed = [np.pad(picture, 1, constant_values=160) for picture in stack]
    return np.block([framed[:2], framed[2:]])


def _show(axes, picture, **how):
    picture = np.asarray(picture)
    grey = {"cmap": "gray", "vmin": 0, "vmax": 255} if picture.ndim == 2 else {}
    axes.imshow(picture, interpolation="nearest", **grey, **how)
    axes.set_axis_off()
