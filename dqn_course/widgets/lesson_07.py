"""The pictures of lesson 7: samples in a row, two ways to follow, clipped errors, and who pays for many actions."""

import numpy as np

from dqn_course import paper, plotting
from dqn_course.plotting import BLUE, GREEN, GREY, ORANGE, PURPLE, RED
from dqn_course.widgets.interactive import Choice, Interactive, Play, Slider

INK = "#222222"
BATCH = 64
"""Transitions in a batch, in a row or drawn at random."""


# --- samples in a row, samples replayed


def batches(states):
    """Move through a recorded flight (n, 8): the last 64 states beside 64 drawn from all so far, seen from the side."""
    stops = (len(states) - BATCH) // 12

    def still(figure):
        axes = [figure.add_axes([0.07 + 0.49 * i, 0.15, 0.42, 0.72]) for i in range(2)]
        for one, title in zip(axes, ("the last 64, in a row", "64 replayed, from all so far")):
            one.plot(*states[:, :2].T, ".", ms=1.6, color="#D0D0D0")
            one.plot([-0.2, 0.2], [0, 0], color=INK, lw=3)
            one.set(xlim=(-0.8, 0.8), ylim=(-0.15, 1.6), xticks=(-0.5, 0, 0.5), xlabel="x, sideways")
            one.set_title(title, fontsize=10.5)
        axes[0].set_ylabel("y, height")
        return axes

    def chosen(stop):
        end = BATCH + 12 * stop
        return states[end - BATCH : end], states[np.random.default_rng(stop).choice(end, BATCH, replace=False)]

    def draw(axes, stop):
        for one, batch, colour in zip(axes, chosen(stop), (ORANGE, BLUE)):
            one.plot(*batch[:, :2].T, "o", ms=4.5, color=colour, mec="white", mew=0.4)

    def say(stop):
        row, replayed = chosen(stop)
        return (
            f"Spread of the height (standard deviation): {row[:, 1].std():.2f} in a row, "
            f"{replayed[:, 1].std():.2f} replayed, {states[:, 1].std():.2f} over the whole recording."
        )

    controls = {"stop": Play("agent step / 12", stops, 250, value=min(30, stops))}
    return Interactive(draw, controls, say=say, size=(8.2, 3.5), still=still)


def correlogram(lags, series, n):
    """A figure of autocorrelations, {name: values}, over ``lags``, with the band in which chance alone stays."""
    with plotting.style():
        figure = plotting.new_figure(8.0, 3.2)
        axes = figure.subplots()
        band = 2 / np.sqrt(n)
        axes.axhspan(-band, band, color=GREY, alpha=0.3, lw=0, label="chance: 95 % of independent samples")
        for (name, values), colour, mark in zip(series.items(), (ORANGE, BLUE, GREEN), ("-", "--", ":")):
            axes.plot(lags, values, mark, color=colour, label=name)
        axes.axvline(BATCH, color=INK, lw=0.8, ls=":")
        axes.text(BATCH + 1, 1.0, "a batch of 64", fontsize=9, va="top").set_in_layout(False)
        axes.set(xlabel="lag k (agent steps)", ylabel="autocorrelation", ylim=(-0.6, 1.08), xlim=(0, max(lags)))
        axes.legend(loc="upper right", fontsize=9)
    return figure


def what_is_left(x, curves):
    """A figure of what a network knows of a curve at several moments, {title: (the curve, its answers)}."""
    with plotting.style():
        figure = plotting.new_figure(9.6, 2.7)
        for axes, (title, (target, answers)) in zip(figure.subplots(1, len(curves), sharey=True), curves.items()):
            axes.plot(x, target, color=ORANGE, lw=1.6, ls="--", label="true")
            axes.plot(x, answers, color=BLUE, label="network")
            axes.set_title(title, fontsize=10.5)
            axes.set(xlabel="x", ylim=(-4, 2.2), xticks=(-1, -0.5, 0, 0.5, 1))
        figure.axes[0].set_ylabel("y")
        figure.axes[0].legend(loc="lower left", fontsize=8.5)
    return figure


# --- the moving target


def dragged(prediction, target):
    """A figure of how far a target moves (n,) when its prediction is moved (n,), with and without a target network."""
    limit = 1.2 * np.quantile(np.abs(prediction), 0.95)  # a few large ones would press all others together
    with plotting.style():
        figure = plotting.new_figure(5.6, 4.2)
        axes = figure.subplots()
        axes.plot([-limit, limit], [-limit, limit], color=GREY, lw=1, ls="--", label="moves just as far")
        axes.plot(prediction, target, "o", ms=4, color=RED, alpha=0.6, mec="none", label="one network for both")
        axes.plot(prediction, np.zeros_like(target), "x", ms=4, color=BLUE, alpha=0.6, label="a target network")
        axes.set(xlabel="change of the prediction Q(s, a)", ylabel="change of the target y")
        axes.set(xlim=(-limit, limit), ylim=(-limit, limit))
        axes.legend(loc="upper left", fontsize=9)
    return figure


UPDATES = 4000
PATHS = ("climbs", "jumps", "climbs and shakes")
TAUS = {"0.1": 0.1, "0.01": 0.01, "0.002": 0.002, "0.001": 0.001}


def online_path(path):
    """A weight of the online network over ``UPDATES`` updates: something to follow."""
    t = np.arange(UPDATES)
    if path == "jumps":
        return np.where(t < 1000, 0.0, 1.0)
    climb = np.clip((t - 300) / 3000, 0, 1)
    return climb if path == "climbs" else climb + 0.15 * np.random.default_rng(1).normal(size=UPDATES)


def follow_hard(online, every):
    """The target network's weight when it is copied after every so many updates."""
    copied = (np.arange(len(online)) + 1) // every * every - 1
    return np.where(copied >= 0, online[np.maximum(copied, 0)], online[0])


def follow_soft(online, tau):
    """The target network's weight when it goes ``tau`` of the way after every update."""
    target, followed = online[0], []
    for weight in online:
        target = tau * weight + (1 - tau) * target
        followed.append(target)
    return np.array(followed)


def two_ways_to_follow():
    """Choose C and tau; see the copy in steps and the slow average behind one weight of the online network."""
    t = np.arange(UPDATES)

    def still(figure, weight):
        axes = figure.add_axes([0.11, 0.15, 0.86, 0.78])
        axes.plot(t, online_path(weight), color="#B0B0B0", lw=1.0, label="online θ")
        axes.set(xlim=(0, UPDATES), ylim=(-0.5, 1.5), xlabel="updates", ylabel="one weight")
        return axes

    def draw(axes, weight, every, tau):
        online = online_path(weight)
        axes.plot(t, follow_hard(online, every), color=ORANGE, lw=1.8, label=f"hard: a copy every C = {every}")
        axes.plot(t, follow_soft(online, tau), color=BLUE, lw=1.8, ls="--", label=f"soft: τ = {tau:g}")
        axes.legend(loc="upper left", fontsize=9)

    def say(weight, every, tau):
        return (
            f"How old are the weights of the target network? Hard: 0 to {every - 1} updates, {(every - 1) / 2:g} on "
            f"average. Soft: (1 - τ)/τ = {(1 - tau) / tau:.0f} on average, a little of everything before."
        )

    controls = {
        "weight": Choice("online weight", list(PATHS)),
        "every": Slider("C (updates)", 1000, 100, 2000, 100),
        "tau": Choice("τ", TAUS, 0.002),
    }
    return Interactive(draw, controls, say=say, size=(7.6, 3.6), still=still)


# --- errors


def _huber(e):
    size = np.abs(e)
    return np.where(size <= 1, e**2 / 2, size - 0.5), np.clip(e, -1, 1)


LOSSES = {
    "squared": (lambda e: (e**2 / 2, e), RED, "-"),
    "absolute": (lambda e: (np.abs(e), np.sign(e)), GREEN, ":"),
    "Huber": (_huber, BLUE, "--"),
}
"""{name: (a function from errors to losses and slopes, colour, line)}."""
TARGETS = np.array([-0.55, -0.3, -0.2, -0.05, 0.0, 0.1, 0.2, 0.35, 0.45])
"""Nine returns that were seen after one and the same action; a tenth can be moved."""


def best_value(targets, slope):
    """The value whose errors' slopes add up to 0: where the summed loss is smallest. Found by halving."""
    low, high = targets.min(), targets.max()
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (middle, high) if slope(targets - middle).sum() > 0 else (low, middle)
    return (low + high) / 2


def errors():
    """Move one of ten targets far out; see each loss, its slope, and the value that each loss takes for the best."""
    e = np.linspace(-5, 5, 401)

    def still(figure):
        loss, slope = figure.add_axes([0.06, 0.42, 0.4, 0.5]), figure.add_axes([0.57, 0.42, 0.4, 0.5])
        values = figure.add_axes([0.06, 0.1, 0.91, 0.16])
        for name, (function, colour, line) in LOSSES.items():
            for axes, part in zip((loss, slope), function(e)):
                axes.plot(e, part, line, color=colour, lw=2, label=name)
        loss.set(xlim=(-5, 5), ylim=(0, 8))
        slope.set(xlim=(-5, 5), ylim=(-5, 5))
        loss.set_title("loss", fontsize=10.5)
        slope.set_title("slope: how hard it pulls", fontsize=10.5)
        for axes in (loss, slope):
            axes.set_xlabel("error")
        loss.legend(loc="upper center", fontsize=9)
        values.set(
            xlim=(-1, 8.3), ylim=(0, 1), yticks=[], xlabel="targets (dots) and the best value by each loss (lines)"
        )
        values.plot(TARGETS, np.full(len(TARGETS), 0.2), "o", color=INK, ms=5)
        return loss, slope, values

    def draw(axes, outlier):
        loss, slope, values = axes
        targets = np.append(TARGETS, outlier)
        values.plot(outlier, 0.2, "o", color=PURPLE, ms=8)
        for function, colour, line in LOSSES.values():
            best = best_value(targets, lambda d, f=function: f(d)[1])
            values.plot([best, best], [0, 1], line, color=colour, lw=2.4)
            for one, part in zip((loss, slope), function(np.array([outlier - best]))):
                one.plot(outlier - best, part, "o", color=colour, ms=7, mec=PURPLE, mew=1.5)

    def say(outlier):
        targets = np.append(TARGETS, outlier)
        best = {name: best_value(targets, lambda d, f=f: f(d)[1]) for name, (f, _, _) in LOSSES.items()}
        share = abs(outlier - best["squared"]) / np.abs(targets - best["squared"]).sum()
        return (
            f"Best values: squared {best['squared']:.2f}, absolute {best['absolute']:.2f}, Huber {best['Huber']:.2f}. "
            f"With the squared error the outlier alone does {100 * share:.0f} % of all pulling."
        )

    return Interactive(draw, {"outlier": Slider("the tenth target", 4.0, 0.0, 8.0, 0.25)}, say=say, size=(8.0, 4.6),
                       still=still)  # fmt: skip


# --- actions


def cost_of_actions(numbers, series):
    """A figure of milliseconds for one decision against the number of actions, {name: values}."""
    with plotting.style():
        figure = plotting.new_figure(7.2, 3.4)
        axes = figure.subplots()
        for (name, values), colour, mark in zip(series.items(), (ORANGE, BLUE, GREEN, RED), ("o-", "s--", "^:", "v-.")):
            axes.plot(numbers, values, mark, color=colour, label=name, ms=5)
        axes.set(xlabel="number of actions", ylabel="ms for one decision", xticks=list(numbers))
        axes.set_ylim(bottom=0)
        axes.legend(loc="upper left", fontsize=9)
    return figure


# --- the paper's table

CELLS = (
    ("replay_target", "replay, target network", BLUE, ""),
    ("replay_notarget", "replay, no target network", GREEN, "//"),
    ("noreplay_target", "no replay, target network", ORANGE, ".."),
    ("noreplay_notarget", "neither", RED, "xx"),
)


def paper_ablation():
    """The paper's five games: each cell's score in per cent of the whole agent's."""
    rows = paper.ablation()
    with plotting.style():
        figure = plotting.new_figure(8.6, 3.6)
        axes = figure.subplots()
        for i, (field, name, colour, hatch) in enumerate(CELLS):
            scores = [getattr(row, field) for row in rows.values()]
            shares = [100 * score / row.replay_target for score, row in zip(scores, rows.values())]
            places = np.arange(len(rows)) + 0.2 * (i - 1.5)
            axes.bar(places, shares, 0.18, color=colour, hatch=hatch, edgecolor="white", lw=0, label=name)
            for place, share, score in zip(places, shares, scores):
                axes.text(place, share + 1.5, f"{score:g}", ha="center", fontsize=6.5, rotation=90, va="bottom")
        axes.set(xticks=range(len(rows)), ylim=(0, 128), ylabel="per cent of the whole agent's score")
        axes.set_xticklabels(list(rows))
        axes.grid(axis="x", visible=False)
        axes.legend(loc="upper center", ncols=4, fontsize=8, bbox_to_anchor=(0.5, 1.15))
    return figure
