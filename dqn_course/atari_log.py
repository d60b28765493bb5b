"""What a person sees of an Atari run: the progress bar, the live plot, CSV tables, TensorBoard."""

import csv
import importlib.util
import io
import os
import time

import numpy as np
from matplotlib.ticker import EngFormatter
from tqdm.auto import tqdm

from dqn_course import plotting

TABLES = {
    "episodes.csv": ("episodes", ("agent_steps", "score", "frames")),
    "evaluations.csv": ("evaluations", ("agent_steps", "mean_score", "standard_deviation")),
    "learning.csv": ("learning", ("agent_steps", "updates", "loss", "average_max_q")),
}

TENSORBOARD_DIR = "tensorboard"


def write_tables(run, run_dir):
    """``episodes.csv``, ``evaluations.csv`` and ``learning.csv`` in ``run_dir``: all that ``run`` has seen."""
    for name, (attribute, columns) in TABLES.items():
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows([round(value, 5) if isinstance(value, float) else value for value in row]
                         for row in getattr(run, attribute))  # fmt: skip
        new = run_dir / f".{name}.new"
        new.write_text(text.getvalue())
        os.replace(new, run_dir / name)


class RunView:
    """The progress bar, in a notebook a live plot, and scalars for TensorBoard where that is installed."""

    def __init__(self, run, run_dir, last_step, progress):
        self.run = run
        self.bar = tqdm(
            total=last_step,
            initial=run.agent_steps,
            unit="step",
            unit_scale=True,
            mininterval=1.0,
            bar_format="{l_bar}{bar}| {n_fmt}/{total_fmt} [{elapsed}<{remaining}, {rate_fmt}{postfix}]",
            disable=not progress,
        )
        self.plot = plotting.LivePlot(lambda: learning_figure(run)) if progress and plotting.in_notebook() else None
        self.scalars = _summary_writer(run_dir / TENSORBOARD_DIR, run.agent_steps)
        self.seen = {attribute: len(getattr(run, attribute)) for attribute, _ in TABLES.values()}
        self.next_look = 0.0

    def update(self):
        """Show where the run is; called after every agent step, looks twice a second."""
        now = time.perf_counter()
        if now < self.next_look:
            return
        self.next_look = now + 0.5
        run = self.run
        self._write_scalars()
        recent = [score for _, score, _ in run.episodes[-20:]]
        postfix = {"epsilon": f"{run.epsilon():.2f}"}
        if recent:
            postfix["score"] = f"{np.mean(recent):.1f}"
        if run.learning:
            postfix["Q"] = f"{run.learning[-1][3]:.2f}"
        self.bar.set_postfix(postfix, refresh=False)
        self.bar.update(run.agent_steps - self.bar.n)
        if self.plot and (run.learning or run.episodes):
            self.plot.update()

    def flush(self):
        """Let TensorBoard's files have all of the run until now; called before the run is saved."""
        self._write_scalars()
        if self.scalars:
            self.scalars.flush()

    def _write_scalars(self):
        for attribute, columns in TABLES.values():
            rows = getattr(self.run, attribute)
            for row in rows[self.seen[attribute] :]:
                if self.scalars:
                    for column, value in zip(columns[1:], row[1:]):
                        if column != "updates":
                            self.scalars.add_scalar(f"{attribute}/{column}", value, row[0])
            self.seen[attribute] = len(rows)

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.next_look = 0.0
        self.update()
        if self.plot and (self.run.learning or self.run.episodes):
            self.plot.update(force=True)
        self.bar.close()
        if hasattr(self.bar, "disp") and self.bar.n < self.bar.total:  # a notebook paints it red, as if it had failed
            self.bar.disp(bar_style="info", check_delay=False)
        if self.scalars:
            self.scalars.close()


def learning_figure(run):
    """Three panels over agent steps: scores, loss, and the average max Q on the held-out states. Returns a Figure."""
    with plotting.style():
        figure = plotting.new_figure(10.0, 3.2)
        scores, loss, q = figure.subplots(1, 3)
        if run.episodes:
            steps, values, _ = zip(*run.episodes)
            scores.plot(steps, values, ".", ms=2.5, alpha=0.35, label="one game")
            scores.plot(
                steps, plotting.moving_mean(values, 20), lw=2.4, color=plotting.BLUE, label="mean of the last 20"
            )
        if run.evaluations:
            steps, means, _ = zip(*run.evaluations)
            scores.plot(steps, means, "s", ms=5, color=plotting.ORANGE, label="evaluation")
        if scores.lines:
            scores.legend(fontsize=8.5, markerscale=1.5)
        if run.learning:
            steps, _, losses, q_values = zip(*run.learning)
            loss.plot(steps, losses)
            q.plot(steps, q_values)
        for axes, label in ((scores, "score of a game"), (loss, "loss of a transition"), (q, "average max Q")):
            axes.set_xlabel("agent steps")
            axes.set_ylabel(label)
            axes.set_xlim(0, max(run.agent_steps, 1))
            axes.locator_params(axis="x", nbins=4)
            axes.xaxis.set_major_formatter(EngFormatter(sep=""))
    return figure


def _summary_writer(folder, agent_steps):
    if importlib.util.find_spec("tensorboard") is None:
        return None
    from torch.utils.tensorboard import SummaryWriter

    return SummaryWriter(folder, purge_step=agent_steps + 1)  # what a killed run wrote after its last save is void
