"""A world of a few cells whose rules are known, and pictures of what an agent thinks of it."""

import gymnasium as gym
import numpy as np
from matplotlib.collections import PolyCollection
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.patches import Rectangle
from PIL import Image, ImageDraw

from dqn_course import plotting

ACTIONS = ("left", "down", "right", "up")
MOVES = ((0, -1), (1, 0), (0, 1), (-1, 0))
"""Rows and columns that an action moves by; numbered as in Gymnasium's FrozenLake."""

TWO_GOALS = """
. . . . . .
. # # . # .
. # g . # G
S . . . . .
P P P P P P
"""
"""A small reward near the start, a large one far away, and a row of pits beside the short way to both."""

LAKE = """
S . . .
. P . P
. . . P
P . . G
"""
"""The map of Gymnasium's FrozenLake-v1; with slip=2/3 and rewards={"G": 1, "P": 0} it has the same rules."""

REWARDS = {"G": 1.0, "g": 0.3, "P": -1.0}
"""Entering one of these cells gives the reward and ends the episode."""

VALUE_COLOURS = LinearSegmentedColormap.from_list("value", [plotting.RED, "#F5C9A8", "white", "#B5D6EA", plotting.BLUE])


class GridWorld(gym.Env):
    """Walk over a grid to a goal. A state is the number of a cell: row * columns + column.

    layout: text, one line a row, spaces ignored: ``S`` start, ``.`` floor, ``#`` wall; a letter of ``rewards`` ends
    the episode with that reward. All other steps give 0. Walking into a wall or over the edge leaves the agent where
    it is. slip: the chance of moving to the side instead, half of it to each. time_limit: agent steps until the
    episode is truncated.

    ``P[state][action]`` is a list of (probability, next_state, reward, terminated), as in Gymnasium's toy-text worlds.
    """

    metadata = {"render_modes": ["rgb_array"], "render_fps": 4}

    def __init__(self, layout=TWO_GOALS, slip=0.0, rewards=REWARDS, time_limit=100, render_mode=None):
        rows = ["".join(line.split()) for line in layout.split("\n") if line.strip()]
        self.shape = len(rows), len(rows[0])
        self.cells = "".join(rows)
        if any(len(row) != self.shape[1] for row in rows) or self.cells.count("S") != 1:
            raise ValueError("a layout has rows of the same length and exactly one S")
        if unknown := set(self.cells) - {"S", ".", "#", *rewards}:
            raise ValueError(f"no meaning is given to {', '.join(sorted(unknown))} in the layout")
        self.slip, self.rewards, self.time_limit, self.render_mode = slip, rewards, time_limit, render_mode
        self.start = self.cells.index("S")
        self.P = {s: {a: self._outcomes(s, a) for a in range(4)} for s in range(len(self.cells))}
        self.observation_space = gym.spaces.Discrete(len(self.cells))
        self.action_space = gym.spaces.Discrete(4)

    def _outcomes(self, state, action):
        if not self.is_floor(state):
            return [(1.0, state, 0.0, True)]  # nothing follows an end, and nobody is ever inside a wall
        directions = ((action - 1) % 4, self.slip / 2), (action, 1 - self.slip), ((action + 1) % 4, self.slip / 2)
        outcomes = []
        for direction, probability in directions:
            if probability > 0:
                next_state = self._neighbour(state, direction)
                letter = self.cells[next_state]
                outcomes.append((probability, next_state, self.rewards.get(letter, 0.0), letter in self.rewards))
        return outcomes

    def _neighbour(self, state, direction):
        row, column = np.add(self.position(state), MOVES[direction])
        inside = 0 <= row < self.shape[0] and 0 <= column < self.shape[1]
        next_state = int(row * self.shape[1] + column)
        return next_state if inside and self.cells[next_state] != "#" else state

    def position(self, state):
        """The row and the column of a state."""
        return divmod(state, self.shape[1])

    def is_floor(self, state):
        """True where the agent can stand and go on: no wall, no end."""
        return self.cells[state] in "S."

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.state, self.t = self.start, 0
        return self.state, {}

    def step(self, action):
        outcomes = self.P[self.state][int(action)]
        reached = np.cumsum([probability for probability, *_ in outcomes]) > self.np_random.random()
        _, next_state, reward, terminated = outcomes[int(np.argmax(reached))]
        self.state = next_state
        self.t += 1
        return next_state, reward, terminated, self.t >= self.time_limit, {}

    def render(self, side=64):
        """The grid as a picture (height, width, 3) of uint8, with a dark strip above for a caption."""
        rows, columns = self.shape
        image = Image.new("RGB", (columns * side, (rows + 1) * side), "#202020")
        draw = ImageDraw.Draw(image)
        colours = {"#": "#202020", "P": plotting.RED, "G": plotting.BLUE, "g": "#7FB8D9"}
        for state, letter in enumerate(self.cells):
            row, column = self.position(state)
            corner = column * side + 1, (row + 1) * side + 1
            box = (*corner, corner[0] + side - 3, corner[1] + side - 3)
            draw.rectangle(box, fill=colours.get(letter, "#E6E6E6"))
            if letter in self.rewards:
                middle = corner[0] + side / 2, corner[1] + side / 2
                draw.text(middle, f"{self.rewards[letter]:+g}", fill="black", anchor="mm", font_size=side // 3)
            if state == self.state:
                inset = side // 5
                draw.ellipse((box[0] + inset, box[1] + inset, box[2] - inset, box[3] - inset), fill=plotting.ORANGE,
                             outline="black", width=2)  # fmt: skip
        return np.asarray(image)


# --- pictures


def set_map(axes, world):
    """Axes in units of cells, without a frame."""
    rows, columns = world.shape
    axes.set(xlim=(-0.52, columns - 0.48), ylim=(rows - 0.48, -0.52), aspect="equal")
    axes.set_axis_off()  # also twice as fast as an image with ticks


def draw_world(axes, world, V=None, marked=None):
    """Draw the cells, coloured by their value: V is an array (S,), or None for a map with the numbers of the states.

    ``marked`` is a state to draw a frame around. Ends show their reward, floors their value.
    """
    shown = np.zeros(len(world.cells)) if V is None else np.asarray(V, float).copy()
    for state, letter in enumerate(world.cells):
        shown[state] = world.rewards.get(letter, shown[state])
    shown[[letter == "#" for letter in world.cells]] = np.nan
    _base(axes, world, shown)
    for state, letter in enumerate(world.cells):
        row, column = world.position(state)
        if letter in world.rewards:
            _end(axes, row, column, world.rewards[letter], world)
        elif letter != "#" and V is not None:
            _number(axes, row, column, V[state], world)
        elif letter == "S":
            axes.text(column, row, "start", ha="center", va="center", fontsize=9.5)
        if V is None:
            ink = "white" if letter == "#" else "black"
            axes.text(column - 0.44, row - 0.44, state, va="top", fontsize=8, color=ink, alpha=0.7)
    if marked is not None:
        row, column = world.position(marked)
        axes.add_patch(Rectangle((column - 0.48, row - 0.48), 0.96, 0.96, fill=False, lw=2.6, zorder=3))


def draw_arrows(axes, world, Q):
    """The greedy actions of Q (S, A) as arrows in the cells; none where all actions are worth the same."""
    tails, heads = [], []
    for state in range(len(world.cells)):
        best = np.isclose(Q[state], Q[state].max(), rtol=0, atol=1e-9)
        if world.is_floor(state) and not best.all():
            row, column = world.position(state)
            for action in np.flatnonzero(best):
                down, right = MOVES[action]
                tails.append((column + 0.3 * right, row + 0.3 * down))
                heads.append((0.17 * right, 0.17 * down))
    if tails:
        (x, y), (u, v) = np.transpose(tails), np.transpose(heads)
        axes.quiver(x, y, u, v, angles="xy", scale_units="xy", scale=1, width=0.02, units="inches", minlength=0,
                    headwidth=4.5, headlength=4, headaxislength=4, color="#202020")  # fmt: skip


def draw_q(axes, world, Q, agent=None, marked=()):
    """Each cell as four triangles, coloured by the value of going that way; ``agent`` is the state with the dot.

    The largest value of a cell stands in its middle. ``marked`` are pairs (state, action) to outline.
    """
    blank = [0.0 if world.is_floor(s) else world.rewards.get(letter, np.nan) for s, letter in enumerate(world.cells)]
    _base(axes, world, np.array(blank))
    triangles, values, edges = [], [], []
    for state, letter in enumerate(world.cells):
        row, column = world.position(state)
        if letter in world.rewards:
            _end(axes, row, column, world.rewards[letter], world)
        if not world.is_floor(state):
            continue
        for action, (down, right) in enumerate(MOVES):
            far = np.array([column + 0.48 * right, row + 0.48 * down])
            side = 0.48 * np.array([down, right])
            triangles.append([(column, row), far + side, far - side])
            values.append(Q[state, action])
            edges.append("black" if (state, action) in marked else "#BBBBBB")
        if Q[state].any():
            _number(axes, row, column, Q[state].max(), world)
    widths = [1.8 if edge == "black" else 0.4 for edge in edges]
    faces = VALUE_COLOURS(_shade(world, values))
    axes.add_collection(PolyCollection(triangles, facecolors=faces, edgecolors=edges, linewidths=widths))
    if agent is not None:
        row, column = world.position(agent)
        axes.plot(column, row, "o", ms=24, mfc="none", mec="black", mew=2.6)


def show(world, V=None, Q=None, title=""):
    """A figure of the world with values V (S,), and arrows where Q (S, A) is given; the last line of a cell shows it.

    With Q alone, the values are the largest of each state.
    """
    V = Q.max(axis=1) if V is None and Q is not None else V
    rows, columns = world.shape
    with plotting.style():
        figure = plotting.new_figure(0.95 * columns, 0.95 * rows + 0.4)
        axes = figure.subplots()
        draw_world(axes, world, V)
        if Q is not None:
            draw_arrows(axes, world, Q)
        axes.set_title(title)
    return figure


def _base(axes, world, shown):
    """The cells in the colours of ``shown`` (S,); walls, where it is NaN, are dark."""
    colours = VALUE_COLOURS(_shade(world, np.nan_to_num(shown)))
    colours[np.isnan(shown)] = (0.25, 0.25, 0.25, 1)
    rows, columns = world.shape
    corners = np.array([(0, 0), (1, 0), (1, 1), (0, 1)]) - 0.5
    squares = [corners + (column, row) for row in range(rows) for column in range(columns)]
    axes.add_collection(PolyCollection(squares, facecolors=colours, edgecolors="#999999", linewidths=0.8))
    set_map(axes, world)


def _shade(world, values):
    """Values as numbers from 0 to 1 for the colour map, 0.5 for a value of 0."""
    limit = max(map(abs, world.rewards.values()))
    return np.clip(np.asarray(values) / limit, -1, 1) / 2 + 0.5


def _number(axes, row, column, value, world):
    text, dark = f"{value:.2f}".replace("-", "−"), _shade(world, value) > 0.9
    axes.text(column, row, text, ha="center", va="center", fontsize=9.5, color="white" if dark else "black")


def _end(axes, row, column, reward, world):
    text, dark = f"{reward:+g}".replace("-", "−") if reward else "0", _shade(world, reward) > 0.9
    colour = "white" if dark else "black"
    axes.text(column, row, text, ha="center", va="center", fontsize=13, weight="bold", color=colour)
