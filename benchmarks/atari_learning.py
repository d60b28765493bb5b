"""Do the fast settings learn as well as the plain ones? Catch, a tiny game in pictures of 84 x 84, three seeds.

    python benchmarks/atari_learning.py               # about 3 minutes on an idle core
    python benchmarks/atari_learning.py --seeds 5 --write

Both train the network of the paper with the package's own loop, its memory, batches of 32 and one update every 4 agent
steps: *fast* is eight games side by side in bfloat16, *plain* is one game in float32. Now and then the network plays
200 balls without exploring. With --write the curves go to docs/: atari_learning.csv and images/atari_learning.png.
"""

import argparse
import csv
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

import numpy as np

from dqn_course import atari_training, plotting
from dqn_course.atari_training import AtariRun, train
from dqn_course.config import PAPER

DOCS = Path(__file__).resolve().parent.parent / "docs"
TABLE, FIGURE = DOCS / "atari_learning.csv", DOCS / "images" / "atari_learning.png"

SETTINGS = replace(
    PAPER, replay_size=20_000, learning_starts=400, optimizer="adam", learning_rate=1e-4, gamma=0.95,
    target_update_interval=200, eps_end=0.05, eps_steps=1_500, eval_interval=10**9, held_out_states=32, device="cpu",
)  # fmt: skip
KINDS = {
    "fast": ("8 games, bfloat16", replace(SETTINGS, n_games=8, precision="bfloat16")),
    "plain": ("1 game, float32", replace(SETTINGS, n_games=1, precision="float32")),
}
EVERY = 250  # agent steps between two looks
BALLS = 200  # of one look


class CatchGames:
    """``n_games`` of Catch with the interface of ``AtariGames``: a ball falls, the paddle under it should be there.

    Four rows of four cells, each of 21 x 21 pixels. A ball needs three agent steps; the reward is 1 if it is caught and
    -1 if not, and then the next one starts. Actions: stay, left, right. Chance catches one in four.
    """

    n_actions = 3
    CELLS, SIDE = 4, 21

    def __init__(self, game, n_games=1, seed=0, *, history=4, **unused):
        self.rng = np.random.default_rng((seed, 4))
        self.n_games = n_games
        self.states = np.zeros((n_games, history, 84, 84), np.uint8)
        self.starts = np.ones(n_games, bool)
        self.ball = np.zeros((n_games, 2), np.int64)  # row, column
        self.paddle = np.zeros(n_games, np.int64)  # column
        self.finished = []
        self._begin(self.starts)

    def step(self, actions):
        """Move the paddles, (N,), let the balls fall a row. Returns rewards, terminated and truncated, all (N,)."""
        moves = np.array([0, -1, 1])[np.asarray(actions)]
        self.paddle = np.clip(self.paddle + moves, 0, self.CELLS - 1)
        self.ball[:, 0] += 1
        down = self.ball[:, 0] == self.CELLS - 1
        caught = self.ball[:, 1] == self.paddle
        rewards = np.where(down, np.where(caught, 1.0, -1.0), 0.0).astype(np.float32)
        self.states[:, :-1] = self.states[:, 1:]
        self.states[:, -1] = self._pictures()
        self.starts = down.copy()
        self.finished = [(int(game), float(rewards[game]), self.CELLS - 1) for game in np.where(down)[0]]
        self._begin(down)
        return rewards, down, np.zeros(self.n_games, bool)

    def close(self):
        pass

    def state_dict(self):
        return {}  # these runs are never taken up again

    def _begin(self, which):
        n = int(which.sum())
        self.ball[which] = np.stack([np.zeros(n, np.int64), self.rng.integers(self.CELLS, size=n)], axis=1)
        self.paddle[which] = self.rng.integers(self.CELLS, size=n)
        self.states[which] = 0
        self.states[which, -1] = self._pictures()[which]

    def _pictures(self):
        cells = np.zeros((self.n_games, self.CELLS, self.CELLS), np.uint8)
        games = np.arange(self.n_games)
        cells[games, -1, self.paddle] = 128
        cells[games, self.ball[:, 0], self.ball[:, 1]] = 255
        return cells.repeat(self.SIDE, axis=1).repeat(self.SIDE, axis=2)


def caught(run, seed):
    """The share of ``BALLS`` that the network of ``run`` catches without exploring; its generator stays as it was."""
    games = CatchGames("catch", n_games=BALLS, seed=1_000 + seed)
    generator, run.rng = run.rng, np.random.default_rng(seed)
    rewards = np.zeros(BALLS)
    for _ in range(CatchGames.CELLS - 1):
        rewards += games.step(run.act(games.states, 0.0))[0]
    run.rng = generator
    return float((rewards > 0).mean())


def learn(config, seed, steps):
    """Train one seed; the (agent steps, share of balls caught) of every look, and the seconds in the loop."""
    looks = []
    advance = AtariRun.advance

    def advance_and_look(run):
        advance(run)
        if run.agent_steps // EVERY > (run.agent_steps - config.n_games) // EVERY:
            looks.append((run.agent_steps, caught(run, seed)))

    config = replace(config, seed=seed, total_steps=steps)
    with (
        tempfile.TemporaryDirectory() as folder,
        patch.object(atari_training, "AtariGames", CatchGames),
        patch.object(AtariRun, "advance", advance_and_look),
    ):
        run = train(config, folder, progress=False)
    return looks, run.seconds


def draw(rows):
    """The share caught over agent steps, for both: mean, lowest and highest over the seeds. Returns a Figure."""
    with plotting.style():
        figure = plotting.new_figure(6.4, 3.4)
        axes = figure.subplots()
        for kind, colour, dashes in (("plain", plotting.ORANGE, "--"), ("fast", plotting.BLUE, "-")):
            table = {}
            for row in rows:
                if row["settings"] == kind:
                    table.setdefault(int(row["agent_steps"]), []).append(float(row["caught"]))
            steps = sorted(table)
            axes.fill_between(steps, [min(table[s]) for s in steps], [max(table[s]) for s in steps], alpha=0.2,
                              color=colour, lw=0)  # fmt: skip
            axes.plot(steps, [np.mean(table[s]) for s in steps], dashes, color=colour,
                      label=f"{kind}: {KINDS[kind][0]}, {len(table[steps[0]])} seeds")  # fmt: skip
        axes.set_xlabel("agent steps")
        axes.set_ylabel("share of balls caught")
        axes.set_ylim(0, 1.02)
        axes.legend(loc="lower right")
    return figure


def parse(arguments):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=3, help="runs of each kind")
    parser.add_argument("--steps", type=int, default=3_000, help="agent steps of a run")
    parser.add_argument("--write", action="store_true", help="write the table and the figure in docs/")
    args = parser.parse_args(arguments)
    if args.seeds < 1 or args.steps < SETTINGS.learning_starts + EVERY:
        parser.error(f"--seeds must be at least 1, --steps at least {SETTINGS.learning_starts + EVERY}")
    return args


def main(arguments=None):
    args = parse(arguments)
    rows = []
    for seed in range(args.seeds):
        for kind, (title, config) in KINDS.items():
            start = time.process_time()
            looks, seconds = learn(config, seed, args.steps)
            shares = [share for _, share in looks]
            print(
                f"seed {seed}, {kind:5} ({title}): {shares[-1]:.2f} caught at the end, mean of all looks "
                f"{np.mean(shares):.2f}; {seconds:.0f} s, {time.process_time() - start:.0f} s of processor time",
                flush=True,
            )
            rows += [
                {"settings": kind, "seed": seed, "agent_steps": step, "caught": share, "seconds": round(seconds, 1)}
                for step, share in looks
            ]
    if args.write:
        with open(TABLE, "w", newline="") as file:
            writer = csv.DictWriter(file, rows[0].keys(), lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
        draw(rows).savefig(FIGURE, dpi=110)
        print(f"Written: {TABLE} and {FIGURE}")


if __name__ == "__main__":
    main()
