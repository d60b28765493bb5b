"""Let a random player play the 49 games by the paper's protocol, and put its scores beside the paper's Random column.

    python benchmarks/random_baseline.py                        # all 49 games, 10 actions a second
    python benchmarks/random_baseline.py --way emulator --hz 60 # 60 actions a second, without pictures
    python benchmarks/random_baseline.py --games pong qbert --way emulator --full-actions --dry-run
    python benchmarks/random_baseline.py --table                # only the comparison, of what is there

30 games of at most five minutes (18,000 frames), up to 30 frames without action at the start, no sticky actions. There
are two ways to play: ``pipeline`` is ``evaluation.evaluate_atari``, which sees the pictures that an agent sees;
``emulator`` is ``evaluation.play_at_random``, without pictures. They must agree. Every game that is finished is written
to dqn_course/data/random_baseline.csv at once, and not played again: stopped at any moment, the same command goes on.
"""

import argparse
import csv
import json
import time
from pathlib import Path

import ale_py
import numpy as np

from dqn_course import paper
from dqn_course.environments import make_emulator, rom_name
from dqn_course.evaluation import FRESH_SEED, RANDOM_REPEAT, Evaluation, evaluate_atari, play_at_random, random_player

OUT = paper.DATA / "random_baseline.csv"
COLUMNS = ("game", "rom", "way", "hz", "episodes", "mean", "std", "frames", "ale_py", "seed", "scores")
ABOUT = """\
# A random player on the 49 games of Mnih et al. 2015 by the paper's protocol; by benchmarks/random_baseline.py.
# 30 games of at most 18,000 frames, 1 to 30 no-op frames at the start (way pipeline: 0 to 30), the minimal action set,
# no sticky actions. way: pipeline = evaluation.evaluate_atari, emulator = evaluation.play_at_random (no pictures).
# hz: actions a second, held in between. std: population. frames: of all games. scores: of the games, in order.
"""


def play(rom, way, hz, episodes, seed, full_actions=False) -> Evaluation:
    """``episodes`` games of the random player."""
    ale = make_emulator(rom, seed)
    repeat = 60 // hz
    if way == "pipeline":
        if full_actions:
            raise SystemExit("--full-actions needs --way emulator.")
        player = random_player(len(ale.getMinimalActionSet()), seed)
        return evaluate_atari(player, rom, episodes, seed=seed, action_repeat=repeat)
    rng = np.random.default_rng(seed)
    actions = ale.getLegalActionSet() if full_actions else None
    scores, frames = zip(*(play_at_random(ale, rng, repeat, actions=actions) for _ in range(episodes)))
    return Evaluation.of(list(scores), seed, frames)


def read(path):
    """The rows of a file of results, as dicts of strings; none if there is no file yet."""
    return list(paper.rows(path.resolve())) if path.exists() else []


def write(path, rows):
    """Replace the file, rows in the order of the paper's table."""
    order = list(paper.games().values())
    rows = sorted(rows, key=lambda row: (row["way"] == "emulator", int(row["hz"]), order.index(row["rom"])))
    part = path.with_suffix(".part")
    with part.open("w", newline="") as file:
        file.write(ABOUT)
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    part.replace(path)


def row_of(rom, way, hz, result):
    game = next(score.game for score in paper.scores().values() if score.rom == rom)
    about = {"game": game, "rom": rom, "way": way, "hz": hz, "episodes": result.episodes, "ale_py": ale_py.__version__}
    numbers = {"mean": f"{result.mean:.3f}", "std": f"{result.std:.3f}", "frames": sum(result.frames)}
    scores = " ".join(f"{score:g}" for score in result.scores)
    return about | numbers | {"seed": result.seed, "scores": scores}


def compare(row):
    """One line: our mean and its standard error beside the paper's Random, and their difference in standard errors."""
    printed = paper.scores()[row["game"]].random
    mean, error = float(row["mean"]), float(row["std"]) / np.sqrt(int(row["episodes"]) - 1)
    z = (mean - printed) / error if error else (0.0 if mean == printed else np.inf)
    return f"{row['game']:20}{mean:>12,.1f} +- {error:<9,.1f}{printed:>10,.1f}{z:>8.1f}"


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--games", nargs="+", default=list(paper.games().values()))
    parser.add_argument("--way", choices=("pipeline", "emulator"), default="pipeline")
    parser.add_argument("--hz", type=int, choices=(10, 60), default=60 // RANDOM_REPEAT)
    parser.add_argument("--episodes", type=int, default=30)
    parser.add_argument("--seed", type=int, default=FRESH_SEED)
    parser.add_argument("--full-actions", action="store_true", help="all 18 actions; only compared, never written")
    parser.add_argument("--dry-run", action="store_true", help="play and compare, write nothing")
    parser.add_argument("--table", action="store_true", help="play nothing, compare what is there")
    parser.add_argument("--out", type=Path, default=OUT)
    parser.add_argument("--json", action="store_true", help="the rows as JSON, on the last line")
    options = parser.parse_args(arguments)
    key = {"way": options.way, "hz": str(options.hz), "episodes": str(options.episodes), "seed": str(options.seed)}
    shown = []
    print(f"{'game':20}{'ours':>12} +- {'s.e.':<9}{'paper':>10}{'diff/se':>8}")
    for rom in map(rom_name, options.games):
        rows = read(options.out)
        found = [row for row in rows if row["rom"] == rom and all(row[name] == key[name] for name in key)]
        seconds = 0.0
        if options.dry_run or options.full_actions or (not found and not options.table):
            start = time.process_time()
            result = play(rom, options.way, options.hz, options.episodes, options.seed, options.full_actions)
            seconds = time.process_time() - start
            found = [row_of(rom, options.way, options.hz, result)]
            if not (options.dry_run or options.full_actions):
                write(options.out, rows + found)
        for row in found:
            print(compare(row) + (f"   {seconds:.0f} s" if seconds else ""), flush=True)
            shown.append(row)
    if options.json:
        print(json.dumps(shown))


if __name__ == "__main__":
    main()
