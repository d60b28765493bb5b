"""Write the data of the Pong training that Lesson 10 reads: its logs, thinned, and 30 games of the shipped network.

    python benchmarks/atari_weights.py pong runs/pong/best.safetensors --json > games.log   # ships it, and plays
    python benchmarks/pong_run.py runs/pong --games-from games.log
    python benchmarks/pong_run.py runs/pong                     # without such a log: it plays the games itself

writes dqn_course/data/pong_run.csv. The games are those of dqn_course/weights/pong.safetensors by the paper's protocol:
30 games of at most five minutes, no-op starts, epsilon 0.05. ``--shipped-step`` says after how many agent steps of the
training it was saved, if that was not the best evaluation of all.
"""

import argparse
import csv
import json
from pathlib import Path

from dqn_course import paper
from dqn_course.checkpoints import load_nature_network
from dqn_course.evaluation import evaluate_atari

OUT = paper.DATA / "pong_run.csv"
ABOUT = """\
# Pong, one seed, dqn-course train pong --config quick, then with smaller learning rates (docs/results.md has the
# commands); by benchmarks/pong_run.py.
# table: evaluations: value = mean score of 5 games, other = standard deviation; learning: value = average max Q on the
# held-out states, other = loss of a transition, one row in {every}; games: value = score, other = frames; shipped: the
# network that ships, by the paper's protocol: agent_steps of its training, value = score of a game, other = its number.
"""
POINTS = 150
"""Rows of the learning table that are kept, about."""


def table(path):
    """The rows of a CSV file as lists of floats."""
    with path.open(newline="") as file:
        return [[float(value) for value in row.values()] for row in csv.DictReader(file)]


def best_step(evaluations):
    """The agent step whose network the run has kept as its best: the first one with the highest mean."""
    return max(evaluations, key=lambda row: row[1])[0]


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run_dir", type=Path)
    parser.add_argument("--episodes", type=int, default=30)
    parser.add_argument("--games-from", type=Path, help="what atari_weights.py --json printed: play nothing")
    parser.add_argument("--shipped-step", type=int, help="agent step of the shipped network (default: of the best)")
    parser.add_argument("--out", type=Path, default=OUT)
    options = parser.parse_args(arguments)

    evaluations = table(options.run_dir / "evaluations.csv")
    learning = table(options.run_dir / "learning.csv")
    every = max(1, len(learning) // POINTS)
    if options.games_from:
        scores = json.loads(options.games_from.read_text().strip().splitlines()[-1])["float16"]["scores"]
    else:
        result = evaluate_atari(load_nature_network("pong"), "pong", options.episodes, progress=True)
        print(f"the shipped network: {result}, from {result.min:g} to {result.max:g}")
        scores = result.scores
    step = options.shipped_step or best_step(evaluations)
    tables = {
        "evaluations": evaluations,
        "learning": [[step, q, loss] for step, _, loss, q in learning[::every]],
        "games": table(options.run_dir / "episodes.csv"),
        "shipped": [[step, score, number] for number, score in enumerate(scores, start=1)],
    }
    with options.out.open("w", newline="") as file:
        file.write(ABOUT.format(every=every))
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["table", "agent_steps", "value", "other"])
        for name, rows in tables.items():
            writer.writerows(
                [name, *(f"{value:g}" if value < 1e5 else f"{value:.0f}" for value in row)] for row in rows
            )
    print(f"{ {name: len(rows) for name, rows in tables.items()} } written to {options.out}")


if __name__ == "__main__":
    main()
