"""Train the reference agent with several seeds and write the scores that are drawn behind a learner's curve.

    python benchmarks/lander_band.py                   # 10 seeds, 1500 episodes each
    python benchmarks/lander_band.py --seeds 3 --episodes 300 --out /tmp/band.csv

Every seed is a training run of its own in ``runs/band/seed_K``: stopped at any moment, the same command goes on.
The runs do not stop at "solved", so that the band shows what comes after it. ``--json`` prints, as the last line,
how long the runs took to be solved.
"""

import argparse
import csv
import json
import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
from tqdm.auto import tqdm

from dqn_course.agent import Agent
from dqn_course.config import LanderConfig
from dqn_course.training import BAND_FILE, History, dqn


def train(seed, episodes, run_dir) -> History:
    config = LanderConfig(seed=seed)
    agent = Agent(8, 4, seed, config)
    return dqn(
        agent, n_episodes=episodes, max_t=config.max_t, eps_start=config.eps_start, eps_end=config.eps_end,
        eps_decay=config.eps_decay, seed=seed, stop_when_solved=False, run_dir=run_dir, progress=False,
    )  # fmt: skip


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--episodes", type=int, default=1500)
    parser.add_argument("--workers", type=int, default=multiprocessing.cpu_count())
    parser.add_argument("--runs", type=Path, default=Path("runs/band"))
    parser.add_argument("--out", type=Path, default=Path(str(BAND_FILE)))
    parser.add_argument("--json", action="store_true", help="print the summary as one line of JSON at the end")
    args = parser.parse_args()

    with ProcessPoolExecutor(args.workers, multiprocessing.get_context("spawn")) as pool:
        futures = [pool.submit(train, seed, args.episodes, args.runs / f"seed_{seed}") for seed in range(args.seeds)]
        histories = [future.result() for future in tqdm(futures, unit="run")]

    args.out.parent.mkdir(parents=True, exist_ok=True)
    with args.out.open("w", newline="") as file:
        file.write(
            "# LunarLander-v3, reference agent of the course, one training run a seed; by benchmarks/lander_band.py.\n"
            "# score: sum of rewards of the episode. steps: agent steps of the episode.\n"
        )
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["seed", "episode", "score", "steps"])
        for seed, history in enumerate(histories):
            for episode, (score, steps) in enumerate(zip(history.scores, history.steps, strict=True), start=1):
                writer.writerow([seed, episode, f"{score:.2f}", steps])

    solved = [history.solved_at for history in histories]
    summary = {
        "seeds": args.seeds,
        "solved": sum(at is not None for at in solved),
        "solved_at_median": float(np.median([at for at in solved if at])) if any(solved) else None,
        "solved_at": solved,
        "final_mean_100": [round(float(np.mean(history.scores[-100:])), 1) for history in histories],
        "seconds": [round(history.seconds) for history in histories],
        "steps": [sum(history.steps) for history in histories],
    }
    for key, value in summary.items():
        print(f"{key:18} {value}")
    if args.json:
        print(json.dumps(summary))


if __name__ == "__main__":
    main()
