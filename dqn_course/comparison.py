"""Agents side by side on the lander: their code, the shipped runs, and a short comparison of one's own."""

import difflib
import html
import inspect
import textwrap
from pathlib import Path

import numpy as np
from tqdm.auto import tqdm

from dqn_course import paper, plotting
from dqn_course.tables import Table
from dqn_course.training import dqn

TURN = 10
"""Episodes that each agent plays before it is the next one's turn."""
LOOKS = {
    "plain": (plotting.GREY, "-"),
    "double": (plotting.BLUE, "-"),
    "dueling": (plotting.ORANGE, "--"),
    "n_step": (plotting.GREEN, "-."),
    "prioritised": (plotting.PURPLE, (0, (1, 1))),
    "all": (plotting.RED, (0, (5, 1, 1, 1, 1, 1))),
}
"""Colour and line of each variant, the same in all pictures."""


def curves(rows=None):
    """The shipped runs: {variant: (episodes (k,), means (n_seeds, k))}, means of the last 100 scores.

    Made by ``benchmarks/extensions.py``, with the course's own agent and settings.
    """
    runs = {}
    for row in paper.rows("extensions.csv") if rows is None else rows:
        run = runs.setdefault(row["variant"], {}).setdefault(row["seed"], {})
        run[int(row["episode"])] = float(row["mean"])
    return {
        variant: (np.array(list(next(iter(seeds.values())))), np.array([list(run.values()) for run in seeds.values()]))
        for variant, seeds in runs.items()
    }


def summaries(rows=None):
    """One dict a shipped run: variant, seed, solved_at (None where it was not), and numbers."""
    return [
        {name: value if name == "variant" else float(value) if value else None for name, value in row.items()}
        for row in (paper.rows("extensions_runs.csv") if rows is None else rows)
    ]


def draw_curves(figure, found, variants):
    """One panel for each of ``variants``: its seeds and their mean, beside the mean of the plain agent."""
    columns = min(3, len(variants))
    all_axes = figure.subplots(-(-len(variants) // columns), columns, sharex=True, sharey=True, squeeze=False).ravel()
    for axes, variant in zip(all_axes, variants):
        episodes, plain = found["plain"]
        colour, line = LOOKS.get(variant, (plotting.BLUE, "-"))
        axes.plot(episodes, plain.mean(axis=0), color=plotting.GREY, lw=2.2, label="plain, mean")
        axes.fill_between(episodes, plain.min(axis=0), plain.max(axis=0), color=plotting.GREY, alpha=0.2, lw=0)
        episodes, means = found[variant]
        axes.plot(episodes, means.T, color=colour, lw=0.8, alpha=0.6)
        axes.plot(episodes, means.mean(axis=0), color=colour, lw=2.4, ls=line, label=f"{variant}, mean")
        axes.axhline(200, color="#222222", lw=0.8, ls=":")
        axes.set_title(f"{variant}, n = {len(means)}")
        axes.legend(loc="lower right", fontsize=8)
    for axes in all_axes[len(variants) :]:
        axes.axis("off")
    for axes in all_axes[: len(variants)][-columns:]:
        axes.set_xlabel("episode")
        axes.tick_params(labelbottom=True)
    for axes in all_axes[::columns]:
        axes.set_ylabel("mean of the last 100 scores")


def curve_figure(variants=("double", "dueling", "n_step", "prioritised", "all")):
    """The shipped runs as a figure; thin lines are seeds, the grey band is all seeds of the plain agent."""
    found = curves()
    variants = [variant for variant in variants if variant in found]
    with plotting.style():
        figure = plotting.new_figure(9.0, 5.2 if len(variants) > 3 else 3.4)
        if "plain" in found and variants:
            draw_curves(figure, found, variants)
        else:
            figure.text(0.5, 0.5, "No runs are there yet: python benchmarks/extensions.py makes them.", ha="center")
    return figure


def own_figure(scores, window):
    """Own runs so far, {name: scores}: moving means, and every score as a dot."""
    with plotting.style():
        figure = plotting.new_figure(8.0, 3.9)
        axes = figure.subplots()
        for number, (name, of_it) in enumerate(scores.items()):
            colour, line = LOOKS.get(name, list(LOOKS.values())[number % len(LOOKS)])
            axes.plot(np.arange(1, len(of_it) + 1), of_it, ".", color=colour, ms=3.5, alpha=0.45)
            axes.plot(np.arange(1, len(of_it) + 1), plotting.moving_mean(of_it, window), color=colour, ls=line, lw=2.2,
                      label=f"{name}, mean of the last {window}")  # fmt: skip
        axes.set_ylim(-500, 330)
        axes.set_xlabel("episode")
        axes.set_ylabel("score (sum of rewards)")
        axes.legend(loc="lower right", fontsize=8.5)
    return figure


def compare(agents, episodes, run_dir, seed=0, window=50, progress=True):
    """Train several agents in turn, a few episodes each, and draw them in one picture; {name: scores}.

    agents: {name: agent}. Each run lies in ``run_dir/name``. Stop ends the comparison after the episode it is in, and
    the same call goes on; a changed agent starts anew.
    """
    scores = {name: [] for name in agents}
    bar = tqdm(total=episodes * len(agents), unit="episode", disable=not progress)
    plot = plotting.LivePlot(lambda: own_figure(scores, window)) if progress and plotting.in_notebook() else None
    try:
        for until in [*range(TURN, episodes, TURN), episodes]:
            for name, agent in agents.items():
                history = dqn(
                    agent, n_episodes=until, seed=seed, stop_when_solved=False, run_dir=Path(run_dir) / name,
                    progress=False,
                )  # fmt: skip
                scores[name] = history.scores[:episodes]
                bar.update(sum(map(len, scores.values())) - bar.n)
                if plot:
                    plot.update()
                if len(history.scores) < until:
                    raise KeyboardInterrupt
    except KeyboardInterrupt:
        if progress:
            print("Stopped. Nothing is lost: run it again to go on.")
    finally:
        if plot and any(scores.values()):
            plot.update(force=True)
        bar.close()
        if hasattr(bar, "disp") and bar.n < bar.total:  # a notebook paints it red, as if it had failed
            bar.disp(bar_style="info", check_delay=False)
    return scores


def table(runs=None):
    """The shipped runs, a row a variant: mean and standard deviation over the seeds."""
    return Table(
        ("variant", "n", "solved", "mean of all", "last 100", "greedy"),
        [
            (variant, str(len(of_it)), f"{sum(run['solved_at'] is not None for run in of_it)} of {len(of_it)}",
             *(spread(of_it, field) for field in ("mean_all", "mean_last_100", "greedy_score")))
            for variant, of_it in by_variant(runs)
        ],
    )  # fmt: skip


def value_table(runs=None):
    """What the trained agents believed and what came, a row a variant: mean and standard deviation over the seeds."""
    return Table(
        ("variant", "n", "believed: max Q", "came: discounted return", "believed minus came"),
        [
            (variant, str(len(of_it)), spread(of_it, "q"), spread(of_it, "true_return"), spread(
                [{"over": run["q"] - run["true_return"]} for run in of_it], "over"))
            for variant, of_it in by_variant(runs)
        ],
    )  # fmt: skip


def by_variant(runs=None):
    """Pairs (variant, its runs), in the order of the table."""
    runs = summaries() if runs is None else runs
    return [(variant, [run for run in runs if run["variant"] == variant]) for variant in dict.fromkeys(
        run["variant"] for run in runs)]  # fmt: skip


def spread(runs, field):
    """Mean and standard deviation of one number over the runs, as "83 ± 12"."""
    values = [run[field] for run in runs]
    deviation = f"{np.std(values, ddof=1):.0f}" if len(values) > 1 else "?"
    return f"{np.mean(values):.0f} ± {deviation}"


# --- what changed


class Difference:
    """Old and new code, line by line; the last line of a cell shows it. ``lines``: pairs of a sign and a line."""

    COLOURS = {"+": "#DDF3E4", "-": "#FBE3DA", " ": "transparent"}

    def __init__(self, lines):
        self.lines = lines

    def count(self, sign):
        """How many lines have come ("+") or gone ("-")."""
        return sum(one == sign for one, _ in self.lines)

    def __repr__(self):
        return "\n".join(f"{sign} {line}" for sign, line in self.lines)

    def _repr_html_(self):
        look = "color:#222222;padding:0 8px;background:"
        rows = "".join(
            f'<div style="{look}{self.COLOURS[sign]}">{html.escape(f"{sign} {line}")}</div>'
            for sign, line in self.lines
        )
        style = "font-family:monospace;font-size:13px;line-height:1.5;white-space:pre;overflow-x:auto"
        summary = f"{self.count('-')} lines gone (-), {self.count('+')} lines new (+)"
        return f'<div style="{style}">{rows}</div><p style="margin:6px 2px">{summary}</p>'


def difference(*pairs):
    """What changes from one function or class to another, for each pair; docstrings are left out.

    None for the old one: the new one is all new.
    """
    lines = []
    for old, new in pairs:
        before, after = ([] if one is None else source_lines(one) for one in (old, new))
        if lines:
            lines.append((" ", ""))
        for line in difflib.ndiff(before, after):
            if line[0] != "?":
                lines.append((line[0], line[2:]))
    return Difference(lines)


def source_lines(thing):
    """The code of a function or class without its docstring, as lines."""
    source = textwrap.dedent(inspect.getsource(thing))
    if thing.__doc__:
        raw = next(q for q in ('r"""', '"""') if q in source)
        start = source.index(raw)
        end = source.index('"""', start + len(raw)) + 3
        source = source[:start].rstrip() + source[end:]
    return [line for line in source.splitlines() if line.strip()]
