"""The pictures of lesson 12: noisy maxima, when the action matters, how fast a reward travels, what is replayed."""

from functools import lru_cache

import numpy as np
import torch

from dqn_course import plotting
from dqn_course.checkpoints import load_q_network
from dqn_course.environments import make_lander
from dqn_course.plotting import BLUE, GREEN, GREY, ORANGE
from dqn_course.widgets.interactive import Interactive, Play, Slider

INK = "#222222"
ROUNDS = 4000
"""Draws of noise of which the means are taken."""
DRAWS = 30
"""Draws that can be looked at."""
FIRST_DRAW = 11
"""The one that is shown first: there the two looks differ much."""
LIMITS = (-4.5, 6.5)
"""Values that are shown."""
TICKS = (-3, 0, 3, 6)
STATES = 16
"""States of the corridor before its end."""
STORED = 40
"""Transitions of the small memory."""


# --- the largest of noisy numbers


def noisy_choice(actions, noise, gap, rng, rounds=ROUNDS):
    """Two independent noisy looks at the true values (gap, 0, 0, ...): (rounds, actions) each."""
    truth = np.zeros(actions)
    truth[0] = gap
    return truth, *(truth + noise * rng.standard_normal((2, rounds, actions)))


def noisy_maximum():
    """How far the largest of several noisy estimates lies above the truth, and the estimate of double DQN."""

    def say(actions, noise, gap, draw):
        _, single, double = _estimates(actions, noise, gap)
        return (
            f"True largest value: {gap:.1f}. Over {ROUNDS:,} draws the largest estimate is {single.mean():.2f} on "
            f"average, so {single.mean() - gap:+.2f} off. The second look at the same action: {double.mean():.2f}, "
            f"{double.mean() - gap:+.2f} off."
        )

    controls = {
        "actions": Slider("actions", 4, 1, 18, 1),
        "noise": Slider("noise of an estimate", 1.0, 0.0, 2.0, 0.1),
        "gap": Slider("how much better action 0 is", 0.0, 0.0, 3.0, 0.5),
        "draw": Play("draw", DRAWS, 600, FIRST_DRAW),
    }
    return Interactive(draw_maximum, controls, say=say, size=(8.2, 3.4), still=maximum_scene)


@lru_cache(maxsize=64)
def _estimates(actions, noise, gap):
    """Both looks at the first draws, and over all draws the largest first look and the second look at it, (ROUNDS,)."""
    _, first, second = noisy_choice(actions, noise, gap, np.random.default_rng(0))
    best = first.argmax(axis=1)[:, None]
    looks = np.take_along_axis(first, best, 1)[:, 0], np.take_along_axis(second, best, 1)[:, 0]
    return (first[: DRAWS + 1], second[: DRAWS + 1]), *looks


def maximum_scene(figure, actions, noise, gap):
    """The true values, empty of looks, and all draws beside them."""
    _, single, double = _estimates(actions, noise, gap)
    one = figure.add_axes([0.07, 0.15, 0.42, 0.72])
    place, truth = np.arange(actions), np.zeros(actions)
    truth[0] = gap
    one.hlines(truth, place - 0.35, place + 0.35, color=INK, lw=2.4, label="true value")
    one.plot([], [], "o", color=BLUE, ms=7, label="first look")
    one.plot([], [], "s", color=ORANGE, ms=6, label="second look")
    one.set(xlim=(-0.7, max(3.5, actions - 0.3)), ylim=LIMITS, xlabel="action", ylabel="value", yticks=TICKS)
    one.set_xticks(range(0, actions, 1 + actions // 10))
    one.legend(loc="upper right", fontsize=8, ncols=3, columnspacing=0.8, handletextpad=0.2)
    whole = figure.add_axes([0.56, 0.15, 0.42, 0.72])
    bins = np.linspace(*LIMITS, 56)
    for values, colour, name, line in (
        (single, BLUE, "largest first look", "-"),
        (double, ORANGE, "second look at it", "--"),
    ):
        whole.stairs(np.histogram(values, bins)[0], bins, fill=True, color=colour, alpha=0.35)
        whole.axvline(values.mean(), color=colour, lw=2.4, ls=line, label=f"{name}, mean {values.mean():.2f}")
    whole.axvline(gap, color=INK, lw=1.6, ls=":", label=f"true largest value, {gap:.2f}")
    whole.set(xlim=LIMITS, xlabel="value that the target uses", xticks=TICKS, yticks=[])
    whole.set_title(f"all {ROUNDS:,} draws", fontsize=11)
    whole.set_ylim(top=1.45 * whole.get_ylim()[1])
    whole.legend(loc="upper right", fontsize=8, frameon=True, framealpha=1, edgecolor="none")
    return one


def draw_maximum(axes, actions, noise, gap, draw):
    """One draw: two looks at every action, and which one is taken."""
    (first, second), _, _ = _estimates(actions, noise, gap)
    place, best = np.arange(actions), int(first[draw].argmax())
    axes.plot(place - 0.12, first[draw], "o", color=BLUE, ms=7)
    axes.plot(place + 0.12, second[draw], "s", color=ORANGE, ms=6)
    axes.plot(best - 0.12, first[draw, best], "o", ms=15, mfc="none", mec=BLUE, mew=2)
    axes.plot(best + 0.12, second[draw, best], "s", ms=14, mfc="none", mec=ORANGE, mew=2)
    axes.text(0, 1.03, f"draw {draw}: the first look takes action {best}", fontsize=11, transform=axes.transAxes)


# --- when the action matters


def flight(network=None, seed=2):
    """A greedy flight of the lander: states (T, 8), Q-values (T, 4), and the score."""
    network = load_q_network() if network is None else network
    env = make_lander()
    state, _ = env.reset(seed=seed)
    states, score, end = [], 0.0, False
    while not end:
        states.append(state)
        with torch.no_grad():
            action = int(network(torch.from_numpy(state).unsqueeze(0)).argmax())
        state, reward, terminated, truncated, _ = env.step(action)
        score += float(reward)
        end = terminated or truncated
    states = np.stack(states)
    with torch.no_grad():
        return states, network(torch.from_numpy(states)).numpy(), score


def value_and_spread(states, q):
    """A flight as two curves: the mean of the Q-values, and how far best and worst action are apart."""
    with plotting.style():
        figure = plotting.new_figure(8.0, 3.8)
        top, bottom = figure.subplots(2, sharex=True)
        steps = np.arange(len(q))
        top.plot(steps, q.mean(axis=1), color=BLUE)
        top.set_ylabel("mean of Q(s, a)\nover the actions")
        bottom.plot(steps, np.ptp(q, axis=1), color=ORANGE, ls="--")
        bottom.set_ylabel("best minus\nworst action")
        down = np.flatnonzero(states[:, 6:].any(axis=1))
        for axes in (top, bottom):
            if len(down):
                axes.axvline(down[0], color=GREY, lw=1.2, ls=":")
        if len(down):
            top.annotate("first leg down", (down[0], top.get_ylim()[0]), xytext=(4, 4), textcoords="offset points",
                         fontsize=8.5, color=INK)  # fmt: skip
        bottom.set_xlabel("agent step")
        bottom.set_ylim(bottom=0)
    return figure


# --- how fast a reward travels


def corridor(n, episodes, n_step_return, gamma=0.95, rate=0.5):
    """Values (STATES,) of a corridor after so many walks to its end, where the only reward waits: +1.

    Each walk goes straight to the right, and learns from its n-step returns when it is over, with the values from
    before the walk.
    """
    values = np.zeros(STATES + 1)  # the last is the end, worth 0
    rewards, ends = np.zeros(STATES), np.zeros(STATES)
    rewards[-1] = ends[-1] = 1.0
    for _ in range(episodes):
        targets = [
            float(
                n_step_return(
                    rewards[s : s + n].copy(), ends[s : s + n].copy(), float(values[min(s + n, STATES)]), gamma
                )
            )
            for s in range(STATES)
        ]
        values[:-1] += rate * (np.array(targets) - values[:-1])
    return values[:-1]


def travelling_reward(n_step_return):
    """The values of a corridor after 0, 1, 2 ... walks, for one step and for n steps."""
    kept = {}

    def values_of(n, walk):
        if (n, walk) not in kept:
            kept[n, walk] = corridor(n, walk, n_step_return)
        return kept[n, walk]

    def still(figure):
        axes = figure.add_axes([0.08, 0.16, 0.9, 0.74])
        place = np.arange(STATES)
        axes.plot(place, 0.95 ** (STATES - 1 - place), "_", color=INK, ms=16, mew=1.8, label="true value")
        axes.vlines([], 0, 0, color=GREY, lw=8, label="1 step")
        axes.vlines([], 0, 0, color=GREEN, lw=8, label="n steps")
        axes.set(
            xlim=(-0.7, STATES - 0.3), ylim=(0, 1.08), xlabel="state; the reward waits to the right", ylabel="value"
        )
        axes.legend(loc="upper left", fontsize=9)
        return axes

    def draw(axes, n, walk):
        for shift, steps, colour in ((-0.19, 1, GREY), (0.19, n, GREEN)):
            axes.vlines(np.arange(STATES) + shift, 0, values_of(steps, walk), color=colour, lw=8, capstyle="butt")
        title = f"n = {n}, after {walk} {'walk' if walk == 1 else 'walks'}"
        axes.text(0, 1.03, title, fontsize=11, transform=axes.transAxes)

    def say(n, walk):
        known = [int((values_of(steps, walk) > 1e-9).sum()) for steps in (1, n)]
        return f"With 1 step {known[0]} of {STATES} states know of the reward, with n = {n} it is {known[1]}."

    controls = {"n": Slider("n", 3, 1, 8, 1), "walk": Play("walk", 20, 500, 2)}
    return Interactive(draw, controls, say=say, size=(7.6, 3.2), still=still)


# --- what is replayed


def stored_errors():
    """TD errors of a small memory, (STORED,): most are small, a few large, of both signs."""
    rng = np.random.default_rng(4)
    return np.sort(np.abs(rng.standard_t(2, STORED)))[::-1] * rng.choice([-1, 1], STORED)


def replayed(priorities, importance_weights):
    """Chances of a small memory's transitions to be drawn, the weight of each, and the product of both, of sum 1."""
    errors, place = stored_errors(), np.arange(STORED)

    def numbers(alpha, beta):
        p = np.asarray(priorities(errors.copy(), alpha, 0.01), float)
        chances = p / p.sum()
        return chances, np.asarray(importance_weights(chances.copy(), STORED, beta), float)

    def still(figure):
        panels = []
        for row, (name, high) in enumerate((("|error|", 1.1 * np.abs(errors).max()), ("chance", 0.23), ("weight", 1.1),
                                            ("share in the\naverage step", 0.23))):  # fmt: skip
            axes = figure.add_axes([0.19, 0.78 - 0.225 * row, 0.8, 0.185])
            axes.set(xlim=(-0.8, STORED - 0.2), xticks=[], ylim=(0, high))
            axes.set_ylabel(name, fontsize=9, rotation=0, ha="right", va="center")
            axes.tick_params(labelsize=8)
            if high == 0.23:
                axes.axhline(1 / STORED, color=INK, lw=1.2, ls=":")
            panels.append(axes)
        panels[0].vlines(place, 0, np.abs(errors), color=GREY, lw=8, capstyle="butt")
        axes.set_xlabel(f"{STORED} stored transitions, largest error first; dotted: all alike")
        return panels[1:]

    def draw(panels, alpha, beta):
        chances, weights = numbers(alpha, beta)
        share = chances * weights / (chances * weights).sum()
        for axes, values, colour in zip(panels, (chances, weights, share), (BLUE, ORANGE, GREEN)):
            axes.vlines(place, 0, values, color=colour, lw=8, capstyle="butt")

    def say(alpha, beta):
        chances, weights = numbers(alpha, beta)
        return (
            f"The largest error is drawn {chances[0] * STORED:.1f} times as often as by pure chance, the smallest "
            f"{chances[-1] * STORED:.2f} times. Weights: {weights[0]:.2f} and {weights[-1]:.2f}."
        )

    controls = {
        "alpha": Slider("alpha, how much errors count", 0.6, 0.0, 1.0, 0.1),
        "beta": Slider("beta, how much is undone", 0.4, 0.0, 1.0, 0.1),
    }
    return Interactive(draw, controls, say=say, size=(7.6, 4.2), still=still)
