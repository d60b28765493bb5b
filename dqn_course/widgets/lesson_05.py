"""The widgets of lesson 5: a discounted return, value iteration sweep by sweep, Q-learning step by step, epsilon."""

from functools import cache

import numpy as np

from dqn_course import gridworld, tabular
from dqn_course.plotting import BLUE, GREY, ORANGE, RED
from dqn_course.widgets.interactive import Choice, Interactive, Play, Slider

NEAR, FAR = [0, 0, 0.3], [0, 0, 0, 0, 0, 1]
"""The rewards on the two short roads of the gridworld: to the small goal, and to the large one."""

FLOORS = 17
"""Cells of the gridworld in which the agent can choose."""

CELLS = {"start": 18, "by +0.3": 20, "by +1": 23, "top": 3}
"""Cells of the gridworld whose backup is spelled out."""


def return_over_gamma(discounted_return):
    """Move gamma; see what is left of two rewards, how far the agent looks, and both returns."""

    def still(figure):
        roads, weights = figure.add_axes([0.08, 0.15, 0.41, 0.73]), figure.add_axes([0.57, 0.15, 0.41, 0.73])
        roads.set(xlim=(-0.6, 6.6), ylim=(0, 1.3), xlabel="k, steps from now", ylabel="reward")
        roads.set(xticks=(0, 2, 5), yticks=(0, 0.5, 1))
        roads.set_title("outline: r    filled: γᵏ·r    dots: γᵏ", fontsize=10)
        weights.set(xlim=(-1, 60), ylim=(0, 1.3), xlabel="k, steps from now")
        weights.set(xticks=(0, 20, 40, 60), yticks=(0, 0.5, 1))
        return roads, weights

    def draw(scene, gamma):
        roads, weights = scene
        for rewards, colour, name in ((NEAR, ORANGE, "near goal"), (FAR, BLUE, "far goal")):
            k = len(rewards) - 1
            roads.bar(k, rewards[k], width=0.5, facecolor="white", edgecolor=colour, lw=1.5, ls="--")
            roads.bar(k, gamma**k * rewards[k], width=0.5, color=colour)
            roads.text(k, 1.06, f"{name}\nG = {discounted_return(list(rewards), gamma):.3f}", ha="center")
        roads.plot(range(7), [gamma**k for k in range(7)], "o--", color="black", lw=1, ms=3)
        steps = np.arange(60)
        weights.vlines(steps, 0, gamma**steps, color=GREY, lw=3)
        title = "γ = 1: no step counts less than another"
        if gamma < 1:
            weights.axvline(1 / (1 - gamma), color=RED, ls="--")
            title = f"all weights γᵏ    red: 1 / (1 − γ) = {1 / (1 - gamma):.3g} steps"
        weights.text(-1, 1.34, title, fontsize=10)

    def say(gamma):
        near, far = discounted_return(list(NEAR), gamma), discounted_return(list(FAR), gamma)
        better = "the near goal is worth more" if near > far else "the far goal is worth more"
        return f"Near: G = {near:.3f}. Far: G = {far:.3f}. At γ = {gamma:.2f} {better}."

    controls = {"gamma": Slider("γ (discount)", 0.9, 0.0, 1.0, 0.01)}
    return Interactive(draw, controls, say=say, size=(7.8, 3.5), still=still)


def sweep_by_sweep(bellman_backup):
    """Play the sweeps of value iteration; see the values spread, the best actions turn, and one backup in numbers."""

    @cache
    def history(gamma, slip):
        """The world, and an empty list for V (S,) after 0, 1, 2, ... sweeps and Q (S, A) computed from it."""
        return gridworld.GridWorld(slip=slip), []

    def after(sweep, gamma, slip):
        """The world, and V and Q after so many sweeps; only sweeps that nobody has asked for yet are made."""
        world, values = history(gamma, slip)
        while len(values) <= sweep:
            V = values[-1][1].max(axis=1) if values else np.zeros(len(world.P))
            Q = np.array([[bellman_backup(world.P[s][a], V, gamma) for a in range(4)] for s in world.P])
            values.append((V, Q))
        return world, *values[sweep]

    def still(figure):
        axes = figure.add_axes([0.02, 0.3, 0.96, 0.66])
        gridworld.set_map(axes, gridworld.GridWorld())
        return axes

    def draw(axes, sweep, gamma, slip, cell):
        world, V, Q = after(sweep, gamma, slip)
        figure = axes.figure
        gridworld.draw_world(axes, world, V, marked=cell)
        gridworld.draw_arrows(axes, world, Q)
        _title(axes, f"V after {sweep} sweeps, and the best action of each cell")
        lines = backup_in_words(world.P[cell], V, Q[cell], gamma)
        rule = f"Sweep {sweep + 1}, framed cell s:  Q(s, a) = Σ p·(r + γ·(1 − d)·V(s′))"
        figure.text(0.02, 0.255, rule, fontsize=10.5)
        figure.text(0.02, 0.235, "\n".join(lines), family="monospace", fontsize=8.5, va="top", linespacing=1.6)

    def say(sweep, gamma, slip, cell):
        _, V, Q = after(sweep, gamma, slip)
        change = np.abs(Q.max(axis=1) - V).max()
        return f"The next sweep changes no value by more than {change:.4f}."

    controls = {
        "sweep": Play("sweep", 30, 600, value=4),
        "gamma": Slider("γ (discount)", 0.9, 0.0, 1.0, 0.01),
        "slip": Slider("chance to slip", 0.2, 0.0, 0.6, 0.05),
        "cell": Choice("cell", CELLS),
    }
    return Interactive(draw, controls, say=say, size=(6.6, 6.7), still=still)


def _title(axes, text):
    """A title that moves with the controls; the axes' own one takes far longer to place."""
    axes.text(0, 1.015, text, transform=axes.transAxes, fontsize=12, va="bottom")


def backup_in_words(rules, V, Q, gamma):
    """The backup of one state as lines of text: one for each action, then the maximum.

    rules[a]: list of (p, next_state, r, d). V (S,): the values it reads. Q (A,): the results.
    """
    lines = []
    for action, name in enumerate(gridworld.ACTIONS):
        terms = [f"{p:.3g}·({r:g}{'' if d else f' + {gamma:.2f}·{V[s]:.2f}'})" for p, s, r, d in rules[action]]
        lines.append(f"Q(s, {name}){' ' * (5 - len(name))} = {' + '.join(terms)} = {Q[action]:.3f}".replace("-", "−"))
    best = gridworld.ACTIONS[int(np.argmax(Q))]
    return [*lines, f"V(s) = the largest of them = {np.max(Q):.3f}, for {best}".replace("-", "−")]


def watch_q_learning(q_update, epsilon_greedy, alpha=0.5, gamma=0.9):
    """Play an agent's first steps, or its episodes; see each update change one of the four triangles of a cell."""
    world = gridworld.GridWorld(time_limit=20)
    empty = np.zeros((len(world.P), 4))

    @cache
    def history(epsilon):
        """One entry a step, (Q after it, (state, action, reward, next_state, terminated)), and where episodes start."""
        steps, starts = [], []

        def recorded(Q, *transition):
            q_update(Q, *transition)
            steps.append((Q.copy(), transition[:5]))

        def epsilon_of_episode(episode):
            starts.append(len(steps))
            return epsilon

        tabular.q_learning(world, recorded, epsilon_greedy, epsilon_of_episode, 1500, alpha, gamma)
        return steps, np.array([*starts[1:], len(steps)])

    def moment(frame, unit, epsilon):
        """Everything about the step to show: its number, its episode, Q before and after it, the transition."""
        steps, ends = history(epsilon)
        number = frame if unit == "step" else ends[unit * frame - 1]  # 1, 2, ...
        before = steps[number - 2][0] if number > 1 else empty
        return number, 1 + np.searchsorted(ends, number), before, *steps[number - 1]

    def still(figure):
        axes = figure.add_axes([0.02, 0.1, 0.96, 0.83])
        gridworld.set_map(axes, world)
        return axes

    def draw(axes, frame, unit, epsilon):
        if frame == 0:
            gridworld.draw_q(axes, world, empty, agent=world.start)
            _title(axes, "before the first step: all values are 0")
            return
        number, episode, before, after, (s, a, r, next_s, terminated) = moment(frame, unit, epsilon)
        gridworld.draw_q(axes, world, after, agent=next_s, marked=((s, a),))
        name = gridworld.ACTIONS[a]
        _title(axes, f"step {number}, in episode {episode}: {name}")
        best = "" if terminated else f" + {gamma:g}·{before[next_s].max():.3f}"
        text = f"Q(s, {name}) ← {before[s, a]:.3f} + {alpha:g}·({r:g}{best} − {before[s, a]:.3f}) = {after[s, a]:.3f}"
        axes.figure.text(0.02, 0.035, text.replace("-", "−").replace("− −", "+ "), family="monospace", fontsize=10.5)

    def say(frame, unit, epsilon):
        if frame == 0:
            return "Press play. The ring is the agent, the black triangle is the value that was changed last."
        number, episode, _, after, _ = moment(frame, unit, epsilon)
        return f"After {number} steps, {np.count_nonzero(after)} of the {4 * FLOORS} values are no longer 0."

    controls = {
        "frame": Play("moment", 150, 400),
        "unit": Choice("each moment is", {"a step": "step", "an episode": 1, "10 episodes": 10}),
        "epsilon": Choice("ε", {"1, only chance": 1.0, "0.5": 0.5, "0, no chance": 0.0}),
    }
    ready = lambda: map(history, controls["epsilon"].ends())  # noqa: E731  as short as that
    return Interactive(draw, controls, say=say, size=(6.4, 5.8), still=still, ready=ready)


def ways_down(linear_epsilon, exponential_epsilon, decay_rate_for):
    """Move where epsilon ends and how long an episode is; see a line, a curve, and 0.995 per episode.

    Steps are counted in blocks of 5,000, which changes no curve: a function that multiplies in a loop is right too, and
    a million rounds for every point would take a minute.
    """
    block = 5_000
    blocks = range(241)
    steps = block * np.array(blocks)

    def still(figure, scale):
        axes = figure.add_axes([0.09, 0.13, 0.88, 0.76])
        axes.set(xlim=(0, 1.2), yscale=scale, ylim=(0.008, 1.1) if scale == "log" else (0, 1.04))
        ticks = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1) if scale == "log" else (0, 0.2, 0.4, 0.6, 0.8, 1)
        axes.set_yticks(ticks, labels=[f"{tick:g}" for tick in ticks])  # fewer ticks are drawn faster, too
        axes.minorticks_off()
        axes.set(xlabel="agent steps, in millions", ylabel="ε, chance of a random action")
        return axes

    def draw(axes, end, episode_length, scale):
        rate = decay_rate_for(1.0, end, 1_000_000)
        line = [linear_epsilon(k, 1.0, end, 200) for k in blocks]
        curve = [exponential_epsilon(k, 1.0, end, rate**block) for k in blocks]
        per_episode = [exponential_epsilon(int(t) // episode_length, 1.0, end, 0.995) for t in steps]
        curves = (
            ("linear", line, BLUE, "-"),
            (f"times {rate:.7f} each step", curve, ORANGE, "--"),
            (f"times 0.995 each episode of {episode_length:,} steps", per_episode, RED, ":"),
        )
        for name, epsilons, colour, stroke in curves:
            axes.plot(steps / 1e6, epsilons, stroke, color=colour, label=name, lw=2.4)
        axes.axhline(end, color=GREY, lw=1)
        _title(axes, f"from 1 to {end:g} in a million steps")
        axes.legend(loc="lower left" if scale == "log" else "upper right")

    def say(end, episode_length, scale):
        middle = exponential_epsilon(100, 1.0, end, decay_rate_for(1.0, end, 1_000_000) ** block)
        line = linear_epsilon(100, 1.0, end, 200)
        return f"Half-way, the straight line is at {line:.3f} and the curve with your factor at {middle:.3f}."

    controls = {
        "end": Slider("end", 0.1, 0.01, 0.5, 0.01),
        "episode_length": Slider("steps an episode", 1000, 200, 4000, 50),
        "scale": Choice("scale", ["linear", "log"]),
    }
    return Interactive(draw, controls, say=say, size=(7.4, 4.0), still=still)
