"""Replay and target network, with and without each: the shipped runs of lesson 7.

    python benchmarks/ablation.py lander               # 5 seeds of 4 cells, 48,000 agent steps each
    python benchmarks/ablation.py cart_pole --seeds 8
    python benchmarks/ablation.py lander --seeds 1 --out /tmp/ablation.csv

Every run leaves a table in ``runs/ablation`` when it is done: stopped at any moment, the same command does the rest.
The result goes to ``dqn_course/data/ablation_TASK.csv``.
"""

import argparse
from pathlib import Path

from dqn_course import ablation

SETTINGS = {"cart_pole": ablation.CART_POLE, "lander": ablation.LANDER}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("task", choices=SETTINGS)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--workers", type=int, default=0, help="runs at once; 0: one for each processor")
    parser.add_argument("--runs", type=Path, default=Path("runs/ablation"))
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()

    setting = SETTINGS[args.task]
    points = ablation.ablation(setting, range(args.seeds), args.runs, workers=args.workers)
    missing = 4 * args.seeds - len({point[:3] for point in points})
    if missing:
        print(f"{missing} runs are missing, so no file is written.")
        return
    ablation.write(args.out or ablation.DATA / f"ablation_{args.task}.csv", points, setting)
    print(ablation.Table(points))


if __name__ == "__main__":
    main()
