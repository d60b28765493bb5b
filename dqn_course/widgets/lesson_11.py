"""The pictures of lesson 11: filters, values over a clip, how t-SNE works, and a map of states to point at."""

import base64
import html
import json
import os
from functools import lru_cache
from importlib.resources import files

import cv2
import matplotlib as mpl
import numpy as np
from IPython.display import display

from dqn_course import plotting
from dqn_course.plotting import BLUE, GREEN, GREY, ORANGE, PURPLE, RED
from dqn_course.widgets.interactive import Choice, Interactive, Play

INK = "#222222"
COLOURS = "viridis"
"""From low to high values: told apart by colour-blind readers, and darker to brighter in grey."""
SIDE, COLUMNS = 84, 32
"""Pixels of a frame, and frames in a row (and in a column) of a sheet."""
GREYS = 16
"""Grey levels of the small pictures in the map: fewer make smaller files."""


# --- filters


def filters(network, limit=None):
    """A figure of the first layer's filters, strongest first: red for positive and blue for negative weights.

    Each is four squares of 8 x 8, one for each picture of the stack, the oldest on the left.
    """
    weights = network.conv1.weight.detach().cpu().numpy()  # (32, 4, 8, 8)
    order = np.argsort(-weights.std(axis=(1, 2, 3)), kind="stable")
    limit = limit or 2.5 * weights.std()
    figure = plotting.new_figure(8.2, 4.9)
    grid = figure.subplots(8, 4)
    for axes, number in zip(grid.T.ravel(), order):
        tiles = np.pad(weights[number], ((0, 0), (0, 0), (0, 1)), constant_values=np.nan)
        axes.imshow(np.hstack(tiles)[:, :-1], cmap="RdBu_r", vmin=-limit, vmax=limit, interpolation="nearest")
        axes.set_axis_off()
        axes.set_title(f"filter {number}", fontsize=8, loc="center", pad=2)
    return figure


def layer(features, every):
    """A figure of hidden features (n, units) as rows of a picture, states from top to bottom; ``every``: rows apart."""
    features = np.asarray(features)
    busy = np.argsort(-(features > 0).mean(axis=0), kind="stable")
    with plotting.style():
        figure = plotting.new_figure(8.2, 3.0)
        axes = figure.subplots()
        axes.imshow(features[:, busy], cmap="Greys", aspect="auto", interpolation="nearest",
                    vmax=np.quantile(features, 0.995) or 1)  # fmt: skip
        axes.grid(False)
        axes.set(xlabel="unit, those that are on most often first", ylabel=f"state ({every} agent steps apart)")
    return figure


# --- values over a clip


def moments(values, rewards, spread, before=60, after=12):
    """Steps of a clip that are worth a look, {name: step}; every name once, and only where there is such a step.

    values (T,), rewards (T,), spread (T,): how far the best and the worst action lie apart. before, after: agent steps
    around a reward that belong to it.
    """
    rewards, found = np.asarray(rewards), {}
    won, lost = np.flatnonzero(rewards > 0), np.flatnonzero(rewards < 0)
    if len(won):
        found["a point is won"] = int(won[0])
    if len(lost):
        found["a point is lost"] = int(lost[0])
    quiet = np.asarray(values, float).copy()
    for at in (*won, *lost):  # what comes around a point is shown already
        quiet[max(0, at - before) : at + after] = np.nan
    if not np.isnan(quiet).all():
        found["the highest value elsewhere"] = int(np.nanargmax(quiet))
        found["the lowest value elsewhere"] = int(np.nanargmin(quiet))
    found["the action matters most"] = int(np.argmax(spread))
    found["the action matters least"] = int(np.argmin(spread))
    return found


def story(screens, values, advantages, rewards, names, at):
    """A figure of a clip as in the paper: the value over time, and below it the moments ``at``, {name: step}, with
    their screens and the Q-value of every action."""
    steps = list(at.values())
    with plotting.style():
        figure = plotting.new_figure(8.6, 6.0)
        grid = figure.add_gridspec(3, len(steps), height_ratios=[1.5, 1.7, 1.0])
        line = figure.add_subplot(grid[0, :])
        _value_line(line, values, rewards)
        for number, (step, name) in enumerate(zip(steps, at), 1):
            line.annotate(str(number), (step, values[step]), xytext=(0, 11), textcoords="offset points", ha="center",
                          fontsize=9.5, weight="bold", color=INK, arrowprops={"arrowstyle": "-", "color": INK},
                          bbox={"boxstyle": "circle,pad=0.18", "fc": "white", "ec": INK})  # fmt: skip
            screen = figure.add_subplot(grid[1, number - 1])
            screen.imshow(screens[step])
            screen.set_axis_off()
            screen.set_title(f"{number}: {_broken(name)}", fontsize=8.5, loc="center")
            bars = figure.add_subplot(grid[2, number - 1])
            _bars(bars, values[step] + advantages[step], names, first=number == 1)
    return figure


def _broken(name):
    words = name.split()
    half = (len(words) + 1) // 2
    return " ".join(words[:half]) + "\n" + " ".join(words[half:])


def _value_line(axes, values, rewards):
    t = np.arange(len(values))
    axes.plot(t, values, color=BLUE, lw=1.4, label="V, the largest Q-value")
    for sign, colour, marker, name in ((1, GREEN, "^", "reward above 0"), (-1, RED, "v", "reward below 0")):
        at = np.flatnonzero(np.sign(rewards) == sign)
        if len(at):
            axes.plot(at, np.take(values, at), marker, color=colour, ms=7, ls="none", label=name)
    axes.set(xlabel="agent steps", ylabel="value", xlim=(0, max(1, len(values) - 1)))
    axes.margins(y=0.25)
    axes.legend(fontsize=8, ncols=3, loc="lower left", bbox_to_anchor=(0, 1.0))


def _bars(axes, q, names, first):
    best = np.arange(len(q)) == np.argmax(q)
    low = min(0, q.min())
    axes.barh(np.arange(len(q)), q, color=np.where(best, ORANGE, GREY), height=0.7)
    axes.set(yticks=np.arange(len(q)), xlim=(1.15 * low, 1.15 * max(0.02, q.max())))
    axes.set_yticklabels(names if first else [""] * len(q), fontsize=7)
    axes.tick_params(axis="x", labelsize=7)
    axes.invert_yaxis()
    axes.set_xlabel("Q-value", fontsize=8)


BEFORE, AFTER = 40, 20
"""Agent steps of the player before and after a moment."""


def player(screens, values, advantages, rewards, names, at):
    """Choose a moment of a clip, {name: step}, and play what is around it: screen, value, and every action's
    advantage."""
    last = len(values) - 1
    window = BEFORE + AFTER
    starts = {name: max(0, min(step - BEFORE, last - window)) for name, step in at.items()}

    def time_of(moment, step):
        return min(last, starts[moment] + step)

    def still(figure, moment):
        start = starts[moment]
        shown = slice(start, min(last, start + window) + 1)
        screen = figure.add_axes([0.0, 0.03, 0.33, 0.93])
        screen.set_axis_off()
        line = figure.add_axes([0.45, 0.6, 0.535, 0.36])
        t = np.arange(len(values))[shown]
        line.plot(t, values[shown], color=BLUE, lw=1.6)
        for sign, colour, marker in ((1, GREEN, "^"), (-1, RED, "v")):
            there = t[np.sign(rewards[shown]) == sign]
            line.plot(there, values[there], marker, color=colour, ms=8, ls="none")
        line.axvline(at[moment], color=GREY, lw=1, ls=":")
        line.set(xlabel="agent step", ylabel="value", xlim=(t[0], max(t[-1], t[0] + 1)))
        line.margins(y=0.2)
        bars = figure.add_axes([0.45, 0.145, 0.535, 0.28])
        low = min(-0.05, 1.1 * advantages[shown].min())
        bars.set(yticks=np.arange(len(names)), yticklabels=names, xlim=(low, -0.02 * low),
                 ylim=(len(names) - 0.5, -0.5), xlabel="advantage of each action")  # fmt: skip
        bars.tick_params(axis="y", labelsize=8)
        return screen, line, bars

    def draw(scene, moment, step):
        screen, line, bars = scene
        now = time_of(moment, step)
        screen.imshow(screens[now], extent=(0, 1, 0, 1), aspect="auto", interpolation="nearest")
        line.plot([now], [values[now]], "o", color=INK, ms=7)
        best = np.argmax(advantages[now])
        for row, advantage in enumerate(advantages[now]):
            bars.plot([advantage, 0], [row, row], color=GREY, lw=6, solid_capstyle="butt")
        bars.plot([0], [best], "D", color=ORANGE, ms=8)

    def say(moment, step):
        now = time_of(moment, step)
        spread = -advantages[now].min()
        best = names[int(np.argmax(advantages[now]))]
        got = f" Reward: {rewards[now]:g}." if rewards[now] else ""
        return (
            f"Agent step {now}: V = {values[now]:.2f}. Best is {best}; the worst action is {spread:.2f} below it.{got} "
            f"The dotted line is the moment itself."
        ).replace("-", "−")

    controls = {"moment": Choice("moment", list(at)), "step": Play("agent step", window, 220)}

    def ready():
        for moment in at:
            yield view.png(moment=moment)  # what stands still at each moment is kept

    view = Interactive(draw, controls, say=say, size=(7.6, 3.9), still=still, ready=ready)
    return view


def came_true(values, returns, bins=10):
    """A figure of what was expected, V (n,), against what came, the return (n,): dots, and the mean of ``bins`` equal
    groups of states."""
    values, returns = np.asarray(values), np.asarray(returns)
    groups = np.array_split(np.argsort(values), bins)
    with plotting.style():
        figure = plotting.new_figure(5.8, 4.0)
        axes = figure.subplots()
        low, high = values.min(), values.max()
        axes.plot([low, high], [low, high], color=GREY, ls="--", lw=1.2, label="what was expected came")
        axes.plot(values, returns, ".", color=BLUE, ms=2.5, alpha=0.35, label="a state")
        axes.plot(
            [values[group].mean() for group in groups],
            [returns[group].mean() for group in groups],
            "o-",
            color=ORANGE,
            ms=6,
            label="mean of a tenth of the states" if bins == 10 else "mean of a group",
        )
        axes.set(xlabel="expected: V", ylabel="came: discounted return")
        axes.legend(fontsize=8.5)
    return figure


# --- how t-SNE works, on points that are known

GROUPS = (("tight", 60, 0.5, 0.0, "o"), ("wide", 60, 4.5, 9.0, "s"), ("far away", 30, 1.5, 24.0, "^"))
"""Name, points, spread, distance from the first, and marker."""
SHOTS = 40
"""Moments of the descent that are kept."""


@lru_cache
def known_points():
    """Points (150, 10) in three groups, and the number of each one's group."""
    rng = np.random.default_rng(4)
    points, group = [], []
    for number, (_, n, spread, distance, _) in enumerate(GROUPS):
        middle = np.zeros(10)
        middle[number] = distance
        points.append(middle + spread * rng.normal(size=(n, 10)) / np.sqrt(10))
        group += [number] * n
    return np.concatenate(points), np.array(group)


def neighbour_chances(points, perplexity):
    """P (n, n): how much each pair minds being near, from Gaussians as wide as ``perplexity`` neighbours need."""
    squares = ((points[:, None] - points[None]) ** 2).sum(-1)
    np.fill_diagonal(squares, np.inf)
    low, high = np.zeros(len(points)), np.full(len(points), np.inf)
    beta = 1 / np.median(squares, axis=1)  # 1 / (2 sigma^2)
    for _ in range(60):
        chances = np.exp(-beta[:, None] * (squares - squares.min(1, keepdims=True)))
        chances /= chances.sum(1, keepdims=True)
        entropy = -(chances * np.log(chances + 1e-300)).sum(1)
        wide = entropy > np.log(perplexity)
        low, high = np.where(wide, beta, low), np.where(wide, high, beta)
        beta = np.where(np.isinf(high), 2 * beta, (low + high) / 2)
    return (chances + chances.T) / (2 * len(points))


@lru_cache
def descent(perplexity, steps=400):
    """Places (SHOTS + 1, n, 2) of the known points on their way from chance to a map, by plain t-SNE."""
    points, _ = known_points()
    p = neighbour_chances(points, perplexity)
    rng = np.random.default_rng(1)
    places, velocity = 1e-2 * rng.normal(size=(len(points), 2)), 0
    shots = [places]
    for step in range(steps):
        difference = places[:, None] - places[None]  # (n, n, 2)
        near = 1 / (1 + (difference**2).sum(-1))
        np.fill_diagonal(near, 0)
        pull = (p * (4 if step < 80 else 1) - near / near.sum()) * near
        gradient = 4 * (pull[..., None] * difference).sum(1)
        velocity = (0.5 if step < 80 else 0.8) * velocity - 60 * gradient
        places = places + velocity
        if (step + 1) % (steps // SHOTS) == 0:
            shots.append(places)
    return np.array(shots)


def how_it_maps():
    """Play how t-SNE moves points of ten dimensions, in three known groups, on a plane; choose the perplexity."""
    _, group = known_points()
    colours = (BLUE, ORANGE, GREEN)

    def still(figure):
        true, axes = figure.add_axes([0.02, 0.06, 0.42, 0.82]), figure.add_axes([0.5, 0.06, 0.48, 0.82])
        points, _ = known_points()
        for number, (name, _, _, _, marker) in enumerate(GROUPS):
            true.plot(*points[group == number][:, [2, 1]].T, marker, color=colours[number], ms=4, ls="none", label=name)
        true.set_title("as it is: two of ten dimensions", fontsize=10)
        true.legend(fontsize=8.5, loc="upper right")
        axes.set_title("the map", fontsize=10)
        for one in (true, axes):
            one.set(xticks=[], yticks=[])
            one.grid(False)
        true.set(xlim=(-5, 27), ylim=(-12, 19))
        axes.set(xlim=(-1.08, 1.08), ylim=(-1.08, 1.08))
        return axes

    def draw(axes, perplexity, step):
        shots = descent(perplexity)
        places = shots[step] - shots[step].mean(0)
        places = places / np.abs(places).max()
        for number, (_, _, _, _, marker) in enumerate(GROUPS):
            axes.plot(*places[group == number].T, marker, color=colours[number], ms=4.5, ls="none")

    def say(perplexity, step):
        if step == 0:
            return "Every point starts near the middle, by chance (the map is always drawn as large as the axes)."
        return (
            f"After {step * 10} steps, each point minds about {perplexity} neighbours. Compare the sizes of the "
            "groups, and how far they lie apart, with the truth on the left."
        )

    def ready():
        for perplexity in (10, 30, 50):
            descent(perplexity)
            yield

    controls = {"perplexity": Choice("perplexity", [3, 10, 30, 50], 10), "step": Play("step", SHOTS, 150, SHOTS)}
    return Interactive(draw, controls, say=say, size=(7.4, 3.6), still=still, ready=ready)


# --- a map of states


class StateMap:
    """States as dots on a plane that show their picture when pointed at; the last line of a cell shows it.

    It is a page of its own with all pictures in it, so it needs no kernel, and works in a saved notebook too. Where
    pages are not shown, a plain picture takes its place. Under nbgrader nothing is shown.

    places: (n, 2). pictures: (n, 84, 84) uint8. numbers: {name: (n,)}, what the dots can be coloured by, the first at
    the start. steps, games: (n,), when and in which game each state was seen. players: a name a group of states, such
    as ("agent", "random"), with player (n,) the group of each state; they make a further colouring. near: (n, k)
    numbers of each state's neighbours, or None.
    """

    def __init__(self, places, pictures, numbers, steps, games, players=("agent",), player=None, near=None):
        n = len(places)
        self.places, self.pictures = np.asarray(places, float), np.asarray(pictures)
        self.numbers = {name: np.asarray(number, float) for name, number in numbers.items()}
        self.steps, self.games, self.players = np.asarray(steps), np.asarray(games), tuple(players)
        self.player = np.zeros(n, int) if player is None else np.asarray(player)
        self.near = np.zeros((0, 0), int) if near is None else np.asarray(near)

    def page(self):
        """The whole page as HTML."""
        low, high = self.places.min(0), self.places.max(0)
        x, y = (1000 * (self.places - low) / np.maximum(high - low, 1e-9)).round(1).T
        colours = {name: _scale(numbers) for name, numbers in self.numbers.items()}
        first = next(iter(self.numbers.values()))
        if len(self.players) > 1:
            colours["player"] = {"players": True}
        data = {
            "x": x.tolist(), "y": (1000 - y).tolist(), "colours": colours, "player": self.player.tolist(),
            "players": self.players, "player_colours": [BLUE, ORANGE, GREEN, PURPLE][: len(self.players)],
            "step": self.steps.tolist(), "game": self.games.tolist(), "near": self.near.tolist(),
            "next": following(self.steps, self.games, self.player).tolist(), "columns": COLUMNS,
            "order": np.random.default_rng(0).permutation(len(x)).tolist(), "start": int(np.argmax(first)),
            "ramp": [mpl.colors.to_hex(colour) for colour in mpl.colormaps[COLOURS](np.linspace(0, 1, 48))],
            "sheets": [_data_of(sheet) for sheet in sheets(self.pictures)],
        }  # fmt: skip
        page = (files("dqn_course.widgets") / "lesson_11.html").read_text()
        return page.replace("/*DATA*/null", json.dumps(data, separators=(",", ":")).replace("</", "<\\/"))

    def figure(self):
        """The map as a plain figure, coloured by the first of ``numbers``."""
        name, numbers = next(iter(self.numbers.items()))
        return map_figure(self.places, {name: numbers}, self.players, self.player)

    def _ipython_display_(self):
        if os.environ.get("NBGRADER_EXECUTION"):
            return
        frame = (
            f'<iframe title="a map of states" sandbox="allow-scripts" srcdoc="{html.escape(self.page())}" '
            'style="width: 100%; min-width: 640px; height: 560px; border: 0"></iframe>'
        )
        png, size = self.figure()._repr_png_()
        text = f"a map of {len(self.places)} states"
        bundle = {"text/plain": text, "text/html": frame, "image/png": base64.b64encode(png).decode()}
        display(bundle, metadata={"image/png": size}, raw=True)


def following(steps, games, player):
    """For each state the number of the next one in the same game of the same player, or -1; shape (n,)."""
    order = np.lexsort((steps, games, player))
    after = np.full(len(order), -1)
    here, there = order[:-1], order[1:]
    same = (np.asarray(games)[here] == np.asarray(games)[there]) & (
        np.asarray(player)[here] == np.asarray(player)[there]
    )
    after[here[same]] = there[same]
    return after


def sheets(pictures):
    """Pictures (n, 84, 84) uint8 as PNG bytes, up to 32 x 32 of them on one, row by row."""
    step = 256 // GREYS
    per_sheet = COLUMNS * COLUMNS
    for start in range(0, len(pictures), per_sheet):
        part = np.asarray(pictures[start : start + per_sheet])
        rows = -(-len(part) // COLUMNS)
        full = np.zeros((rows * COLUMNS, SIDE, SIDE), np.uint8)
        full[: len(part)] = part // step * step + step // 2
        sheet = full.reshape(rows, COLUMNS, SIDE, SIDE).swapaxes(1, 2).reshape(rows * SIDE, COLUMNS * SIDE)
        yield cv2.imencode(".png", sheet, [cv2.IMWRITE_PNG_COMPRESSION, 6])[1].tobytes()


def _data_of(png):
    return "data:image/png;base64," + base64.b64encode(png).decode()


def _scale(numbers):
    """Numbers rounded for the page, and the ends of their colours: a few extreme ones must not leave the rest pale."""
    low, high = np.quantile(numbers, [0.01, 0.99])
    return {"numbers": numbers.round(3).tolist(), "low": round(float(low), 2), "high": round(float(high), 2)}


def map_figure(places, numbers, players=("agent",), player=None):
    """A figure of maps side by side, one for each of ``numbers``, {title: (n,)}: dots in colours from low to high."""
    places = np.asarray(places)
    player = np.zeros(len(places), int) if player is None else np.asarray(player)
    with plotting.style():
        figure = plotting.new_figure(5.4 * len(numbers), 4.2)
        for axes, (title, values) in zip(figure.subplots(1, len(numbers), squeeze=False)[0], numbers.items()):
            low, high = np.quantile(values, [0.01, 0.99])
            for number, marker in zip(range(len(players)), "os^D"):
                mine = player == number
                dots = axes.scatter(*places[mine].T, c=np.asarray(values)[mine], s=6, marker=marker, lw=0, cmap=COLOURS,
                                    vmin=low, vmax=high)  # fmt: skip
            axes.set(xticks=[], yticks=[])
            axes.grid(False)
            axes.set_title(title, fontsize=10.5)
            figure.colorbar(dots, ax=axes, shrink=0.8)
    return figure


def players_figure(places, values, players, player):
    """A figure of one map for each player, all dots in grey behind its own, and all of them coloured by value."""
    places, player = np.asarray(places), np.asarray(player)
    with plotting.style():
        figure = plotting.new_figure(3.6 * len(players) + 0.6, 3.6)
        low, high = np.quantile(values, [0.01, 0.99])
        grid = figure.subplots(1, len(players), squeeze=False)[0]
        for number, (axes, name) in enumerate(zip(grid, players)):
            mine = player == number
            axes.scatter(*places[~mine].T, color="#DDDDDD", s=4, lw=0)
            dots = axes.scatter(
                *places[mine].T, c=np.asarray(values)[mine], s=6, lw=0, cmap=COLOURS, vmin=low, vmax=high
            )
            axes.set(xticks=[], yticks=[])
            axes.grid(False)
            axes.set_title(f"states of: {name}", fontsize=10.5)
        figure.colorbar(dots, ax=list(grid), shrink=0.8, label="V")
    return figure


# --- states side by side


def row_of_states(pictures, titles):
    """A figure of pictures (n, 84, 84) in a row, with a title each."""
    figure = plotting.new_figure(1.65 * len(pictures), 2.1)
    for axes, picture, title in zip(figure.subplots(1, len(pictures), squeeze=False)[0], pictures, titles):
        axes.imshow(picture, cmap="gray", vmin=0, vmax=255, interpolation="nearest")
        axes.set_axis_off()
        axes.set_title(title, fontsize=9, loc="center")
    return figure


def pairs_figure(pictures, values, pairs):
    """A figure of pairs of states: above each other the two pictures, and how they differ."""
    pairs = np.asarray(pairs)
    figure = plotting.new_figure(1.75 * len(pairs), 5.2)
    grid = figure.subplots(3, len(pairs), squeeze=False)
    for column, (i, j) in enumerate(pairs):
        for axes, number in zip(grid[:2, column], (i, j)):
            axes.imshow(pictures[number], cmap="gray", vmin=0, vmax=255, interpolation="nearest")
            axes.set_title(f"state {number}, V = {values[number]:.2f}".replace("-", "−"), fontsize=9, loc="center")
        change = pictures[i].astype(int) - pictures[j]
        grid[2, column].imshow(change, cmap="RdBu_r", vmin=-255, vmax=255, interpolation="nearest")
        grid[2, column].set_title("the difference", fontsize=9, loc="center")
        for axes in grid[:, column]:
            axes.set_axis_off()
    return figure


def bars(numbers, label, errors):
    """A figure of one bar for each entry of ``numbers``, {name: number}, with a thin line as long as its error."""
    with plotting.style():
        figure = plotting.new_figure(6.4, 0.7 + 0.42 * len(numbers))
        axes = figure.subplots()
        names, values = list(numbers), np.array(list(numbers.values()))
        spread = np.array([errors[name] for name in names])
        axes.barh(names, values, xerr=spread, color=BLUE, height=0.6, error_kw={"ecolor": INK, "lw": 1.4, "capsize": 3})
        for y, (value, error) in enumerate(zip(values, spread)):
            text = f"  {value:.2f} ± {error:.2f}".replace("-", "−")
            axes.text(max(value + error, 0), y, text, va="center", fontsize=9, color=INK)
        axes.axvline(0, color=INK, lw=0.8)
        axes.invert_yaxis()
        axes.set_xlabel(label)
        axes.set_xlim(min(0, 1.1 * (values - spread).min()), 1.35 * max(0.1, (values + spread).max()))
    return figure
