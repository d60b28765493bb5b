"""The pictures of lesson 10: what luck does to a mean, 49 games on one scale, a replication, and a training."""

from functools import lru_cache

import numpy as np
from matplotlib.ticker import EngFormatter, MaxNLocator

from dqn_course import evaluation, paper, plotting
from dqn_course.plotting import BLUE, GREEN, GREY, ORANGE, PURPLE, RED
from dqn_course.widgets.interactive import Choice, Interactive, Slider

REPEATS = 2_500
"""Evaluations that are drawn for a histogram of means."""
LOW = -60
"""Per cent at which a bar ends that goes to the left."""
CUT = 600
"""Per cent at which the bars of the chart end; three games of the paper go beyond."""
PLAYERS = {"DQN": "dqn", "linear learner": "best_linear", "SARSA": "sarsa"}
"""The columns of the paper's table that the chart can show."""


# --- what luck does to a mean


def pools():
    """Scores to draw from, {what is shown: array}: games of the random player, and of the network that ships."""
    random = evaluation.random_baseline()
    games = ("Alien", "Breakout", "Beam Rider", "Frostbite", "Q*Bert", "Space Invaders", "Video Pinball")
    pools = {f"{game}, random player": np.array(random[game].scores) for game in games}
    return {"Pong, trained network": evaluation.pong_run()["shipped"][:, 1], **pools}


def luck():
    """Choose whose games, how many of them, and how often the evaluation is made, of which the best is told."""
    scores = pools()

    def still(figure, player):
        top = figure.add_axes([0.09, 0.62, 0.88, 0.29])
        below = figure.add_axes([0.09, 0.12, 0.88, 0.36])
        pool = scores[player]
        low, high = _limits(pool)
        top.hist(pool, bins=_edges(pool, 1, 40), color=GREY, rwidth=0.9)
        top.set(xlim=(low, high), ylabel="games")
        top.set_title(f"{player}: the scores of {len(pool)} games", fontsize=10.5)
        below.set(xlim=(low, high), ylim=(0, 1.12), yticks=[], xlabel="score")
        top.yaxis.set_major_locator(MaxNLocator(4, integer=True))
        for axes in (top, below):
            axes.axvline(pool.mean(), color="#222222", lw=1.2, ls=":")
            axes.xaxis.set_major_locator(MaxNLocator(7, integer=True))
            axes.xaxis.set_major_formatter("{x:,.0f}")
        return top, below

    def draw(scene, player, n, tries):
        _, below = scene
        pool = scores[player]
        told = _told(player, n, tries)
        counts, edges = np.histogram(told, bins=_edges(pool, n, 80))
        tops = counts / counts.max()
        below.stairs(tops, edges, fill=True, color=BLUE if tries == 1 else RED, alpha=0.75)
        below.plot([told.mean()] * 2, [0, 1.05], color=BLUE if tries == 1 else RED, lw=2)
        error = pool.std() / np.sqrt(n)
        if tries == 1:
            below.plot([pool.mean() - error, pool.mean() + error], [1.06] * 2, color="#222222", lw=2.5)
        what = f"the mean of {n} games" if tries == 1 else f"the best of {tries} means of {n} games"
        what = what if n > 1 else what.replace("games", "game")
        below.text(0.0, 1.03, what, transform=below.transAxes, fontsize=10.5)

    def say(player, n, tries):
        pool = scores[player]
        told, error = _told(player, n, tries), pool.std() / np.sqrt(n)
        low, high = np.quantile(told, [0.025, 0.975])
        true = f"The true mean is {_number(pool.mean())} (dotted)."
        if tries == 1:
            return (
                f"{true} A mean of {n} game{'s' * (n > 1)} has a standard error of {_number(error)} (the bar), and 95 "
                f"of 100 evaluations say something from {_number(low)} to {_number(high)}."
            )
        more = (told.mean() - pool.mean()) / error
        return (
            f"{true} Whoever evaluates {tries} times and tells the best says {_number(told.mean())} on average: "
            f"{more:.1f} standard errors too much. Nobody has played any better."
        )

    controls = {
        "player": Choice("whose games", list(scores)),
        "n": Slider("games in an evaluation", 5, 1, 60, 1),
        "tries": Slider("evaluations, the best is told", 1, 1, 20, 1),
    }
    return Interactive(draw, controls, say=say, size=(6.6, 4.3), still=still)


def _limits(pool):
    room = max(0.06 * (pool.max() - pool.min()), 0.6 * _step(pool))
    return pool.min() - room, pool.max() + room


def _step(pool):
    """From one possible score to the next: what all differences of the whole scores are multiples of."""
    return np.gcd.reduce((pool - pool.min()).astype(int))


def _edges(pool, n, most):
    """Edges of at most ``most`` bins for means of n whole scores: each bin has room for as many possible means."""
    step = _step(pool) / n  # from one possible mean to the next
    width = step * np.ceil((pool.max() - pool.min()) / (most - 1) / step)
    return np.arange(pool.min() - step / 2, pool.max() + width, width)


@lru_cache(maxsize=64)
def _told(player, n, tries):
    """What each of many people tells, (REPEATS,): the best of ``tries`` means of n games drawn from a pool."""
    pool = pools()[player]
    # How often each score of the pool is drawn: quicker than to draw n scores.
    counts = np.random.default_rng(n).multinomial(n, np.full(len(pool), 1 / len(pool)), size=(REPEATS, tries))
    return (counts @ pool / n).max(axis=1)


def _number(value):
    return f"{value:,.1f}" if abs(value) < 1_000 else f"{value:,.0f}"


# --- 49 games on one scale


def chart(mine=None):
    """The paper's Figure 3: choose whose bars, their order, and the scale. ``mine``: your own scores, {game: score}."""
    mine = {game: paper.human_normalized_score(score, *_ends(game)) for game, score in (mine or {}).items()}

    def names(player, order):
        games = list(paper.scores())
        if order == "the paper's DQN":
            return sorted(games, key=lambda game: normalized(game, "dqn"))
        if order == "these bars":
            return sorted(games, key=lambda game: normalized(game, PLAYERS[player]))
        return games[::-1]

    def still(figure, player, order, scale):
        axes = figure.add_axes([0.29, 0.055, 0.69, 0.935])
        games = names(player, order)
        axes.set(ylim=(-0.8, len(games) - 0.2), yticks=range(len(games)))
        axes.set_yticklabels(games, fontsize=7.4)
        axes.tick_params(axis="y", length=0)
        axes.grid(axis="y", visible=False)
        axes.set_xlabel("score, in per cent of the human's", fontsize=9.5)
        axes.tick_params(axis="x", labelsize=8.5)
        if scale == "logarithm":
            axes.set_xscale("symlog", linthresh=10, linscale=0.6)
            axes.set(xlim=(LOW if mine and min(mine.values()) < 0 else -3, 4_000), xticks=[0, 10, 100, 1_000])
            axes.set_xticklabels(["0", "10", "100", "1,000"])
        else:
            axes.set_xlim(LOW if mine and min(mine.values()) < 0 else -10, CUT + 110)
        for place, style in ((100, "-"), (75, ":")):
            axes.axvline(place, color="#222222", lw=1.1, ls=style)
        return axes

    def draw(axes, player, order, scale):
        games, top = names(player, order), np.inf if scale == "logarithm" else CUT
        values = np.array([normalized(game, PLAYERS[player]) for game in games])
        places = np.arange(len(games))
        best = values >= 75
        for which, colour in ((best, BLUE), (~best, GREY)):
            axes.hlines(places[which], 0, values[which].clip(LOW, top), color=colour, lw=5.6)
        for i in np.flatnonzero(values > top):
            axes.text(top + 6, i, f"{values[i]:,.0f} %", va="center", fontsize=7)
        for game, value in mine.items():
            i = games.index(game)
            axes.hlines(i, 0, np.clip(value, LOW, top), color=ORANGE, lw=2.8)
            end = max(min(values[i], top), value, 0)
            axes.text(end + 6, i, f"yours: {value:.0f} %", va="center", fontsize=8.5, color="#8A5A00")

    def say(player, order, scale):
        values = np.array([normalized(game, PLAYERS[player]) for game in paper.scores()])
        cut = (values > CUT).sum()
        bars = "one bar is" if cut == 1 else f"{cut} bars are"
        note = f" In the chart {bars} cut at {CUT} %." if cut and scale != "logarithm" else ""
        return (
            f"{player}: {(values >= 75).sum()} of 49 games reach 75 % of the human (dotted, blue bars), "
            f"{(values >= 100).sum()} reach all of it. The mean is {values.mean():.0f} %, the median "
            f"{np.median(values):.0f} %.{note}"
        )

    controls = {
        "player": Choice("whose bars", list(PLAYERS)),
        "order": Choice("order", ["the paper's DQN", "these bars", "name"]),
        "scale": Choice("scale", ["straight", "logarithm"]),
    }
    return Interactive(draw, controls, say=say, size=(4.6, 7.4), still=still)


@lru_cache(maxsize=256)
def normalized(game, column):
    """A column of the paper's table in per cent of the human, from the printed scores."""
    return paper.human_normalized_score(getattr(paper.scores()[game], column), *_ends(game))


def _ends(game):
    score = paper.scores()[game]
    return score.random, score.human


# --- a replication


def standard_errors(way="emulator", hz=10):
    """Ours minus the paper's Random, in standard errors of ours: {game: number}; 0 where both never score."""
    result = {}
    for game, ours in evaluation.random_baseline(way, hz).items():
        error = ours.std / np.sqrt(ours.episodes - 1)
        difference = ours.mean - paper.scores()[game].random
        result[game] = difference / error if error else 0.0 if difference == 0 else np.copysign(np.inf, difference)
    return result


def replication(way="emulator"):
    """Our random player beside the paper's, game by game, and how often a distance occurs beside a bell curve."""
    off = standard_errors(way)
    games = sorted(off, key=off.get)
    values = np.clip([off[game] for game in games], -9, 9)
    with plotting.style():
        figure = plotting.new_figure(9.4, 4.4)
        left, right = figure.subplots(1, 2, width_ratios=[2.6, 1])
        colours = [RED if abs(value) > 3 else BLUE for value in values]
        left.axhspan(-2, 2, color=GREY, alpha=0.16, lw=0)
        left.axhline(0, color="#222222", lw=1)
        left.scatter(range(len(games)), values, color=colours, s=26, zorder=3)
        left.set_xticks(range(len(games)), games, rotation=90, fontsize=7.5)
        left.set(xlim=(-1, len(games)), ylabel="ours - paper's, in standard errors of ours")
        left.grid(axis="x", visible=False)
        bins = np.arange(-9, 9.1, 1)
        right.hist(values, bins=bins, color=BLUE, alpha=0.75, label="49 games")
        x = np.linspace(-9, 9, 300)
        bell = len(values) * np.exp(-(x**2) / 4) / np.sqrt(4 * np.pi)
        right.plot(x, bell, color="#222222", lw=1.4, ls="--", label="chance alone")
        right.set(xlabel="standard errors", ylabel="games")
        right.legend(fontsize=8.5, loc="lower center", bbox_to_anchor=(0.5, 1.0))
    return figure


# --- a training


def training(run=None):
    """Score and average max Q over a training, one above the other, with standard errors of the evaluations."""
    run = evaluation.pong_run() if run is None else run
    with plotting.style():
        figure = plotting.new_figure(8.6, 5.2)
        scores, q = figure.subplots(2, 1, sharex=True)
        games, evaluations, learning = run["games"], run["evaluations"], run["learning"]
        scores.plot(games[:, 0], games[:, 1], ".", ms=3, color=GREY, alpha=0.55, label="a game of the training")
        scores.errorbar(
            evaluations[:, 0], evaluations[:, 1], evaluations[:, 2] / np.sqrt(4), fmt="s-", ms=4.5, lw=1.3, capsize=3,
            color=BLUE, label="mean of 5 games, with its standard error",
        )  # fmt: skip
        scores.set(ylabel="score", ylim=(-22, 22))
        scores.legend(fontsize=8.5, loc="upper left")
        q.plot(learning[:, 0], learning[:, 1], color=PURPLE, label="average max Q on 500 held-out states")
        q.axhline(0, color="#222222", lw=0.8)
        q.set(ylabel="average max Q", xlabel="agent steps")
        q.legend(fontsize=8.5, loc="upper left")
        q.xaxis.set_major_formatter(EngFormatter(sep=""))
    return figure


def expected_and_got(values, returns, points):
    """What a network expects over a game, beside the discounted rewards that came; dots where a point was made."""
    with plotting.style():
        figure = plotting.new_figure(8.6, 3.1)
        axes = figure.subplots()
        steps = np.arange(len(values))
        axes.plot(steps, values, color=PURPLE, label="expected: max Q")
        axes.plot(steps, returns, color=GREEN, lw=1.2, label="got: discounted rewards from here on")
        for sign, colour, name in ((1, BLUE, "a point for the agent"), (-1, RED, "a point against it")):
            where = np.flatnonzero(np.sign(points) == sign)
            axes.plot(where, np.zeros(len(where)), "o", ms=4, color=colour, label=name)
        axes.set(xlabel="agent steps", ylabel="discounted reward")
        axes.legend(fontsize=8.5, ncols=2)
    return figure
