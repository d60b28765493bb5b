"""Train the lander with each extension of DQN and with all of them, several seeds each, and write the curves.

    python benchmarks/extensions.py                    # 5 seeds, 500 episodes each: an hour on one core
    python benchmarks/extensions.py --runs-at-most 1   # the next missing run only
    python benchmarks/extensions.py --gather           # no training: write the tables from the runs that are there

The runs lie in ``runs/extensions/VARIANT/seed_K``, and the same command goes on where it was stopped. All variants of
a seed come before the next seed, so that an interrupted benchmark has the same number of seeds of each. Settings are
those of the course's ``LanderConfig`` for all of them: nothing was tuned for any extension. The tables hold the seeds
of which every variant is there.

Two tables come out: ``extensions.csv``, the mean of the last 100 scores at every tenth episode, and
``extensions_runs.csv``, one row a run. ``q`` and ``true_return`` there are over 20 greedy episodes after the training:
the mean of max_a Q(s, a) of the states, and of the discounted return that did follow.
"""

import argparse
import csv
import json
from pathlib import Path

import numpy as np
import torch
from tqdm.auto import tqdm

from dqn_course import extensions
from dqn_course.config import LanderConfig
from dqn_course.environments import make_lander
from dqn_course.plotting import moving_mean
from dqn_course.training import dqn, first_solved

DATA = Path(extensions.__file__).parent / "data"
HEAD = "# LunarLander-v3, the course's agent and its extensions, one run a seed; by benchmarks/extensions.py.\n"
SUMMARY = ["solved_at", "mean_all", "mean_last_100", "greedy_score", "q", "true_return", "agent_steps", "seconds"]


def train(variant, seed, episodes, run_dir):
    """One run; its summary and its scores go to ``run_dir/result.json``."""
    config = LanderConfig(seed=seed)
    agent = extensions.make(variant, seed, config)
    history = dqn(
        agent, n_episodes=episodes, max_t=config.max_t, eps_start=config.eps_start, eps_end=config.eps_end,
        eps_decay=config.eps_decay, seed=seed, stop_when_solved=False, run_dir=run_dir, progress=False,
    )  # fmt: skip
    score, q, true_return = play(agent, episodes=20)
    result = {
        "variant": variant,
        "seed": seed,
        "solved_at": first_solved(history.scores),
        "mean_all": round(float(np.mean(history.scores)), 1),
        "mean_last_100": round(float(np.mean(history.scores[-100:])), 1),
        "greedy_score": round(score, 1),
        "q": round(q, 2),
        "true_return": round(true_return, 2),
        "agent_steps": sum(history.steps),
        "seconds": round(history.seconds),
    }
    scores = np.round(history.scores, 2).tolist()
    (run_dir / "result.json").write_text(json.dumps({"summary": result, "scores": scores}))


def play(agent, episodes, tail=400):
    """Greedy episodes: mean score, mean max_a Q(s, a), and mean discounted return from the same states.

    Where time ran out the last ``tail`` agent steps are left out, because their return was cut.
    """
    env, gamma = make_lander(), agent.config.gamma
    scores, values, returns = [], [], []
    for episode in range(episodes):
        state, _ = env.reset(seed=10_000 + episode)
        states, rewards, end = [], [], False
        while not end:
            states.append(state)
            state, reward, terminated, truncated, _ = env.step(agent.act(state))
            rewards.append(float(reward))
            end = terminated or truncated
        following, total = [], 0.0
        for reward in reversed(rewards):
            total = reward + gamma * total
            following.append(total)
        known = len(states) if terminated else len(states) - tail
        with torch.no_grad():
            values += agent.qnetwork_local(torch.from_numpy(np.stack(states))).amax(dim=1).tolist()[:known]
        returns += following[::-1][:known]
        scores.append(sum(rewards))
    return float(np.mean(scores)), float(np.mean(values)), float(np.mean(returns))


def gather(results, out):
    """Write the two tables."""
    with (out / "extensions_runs.csv").open("w", newline="") as file:
        file.write(HEAD)
        writer = csv.DictWriter(file, ["variant", "seed", *SUMMARY], lineterminator="\n")
        writer.writeheader()
        writer.writerows(result["summary"] for result in results)
    with (out / "extensions.csv").open("w", newline="") as file:
        file.write(HEAD + "# mean: of the last 100 scores at that episode.\n")
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["variant", "seed", "episode", "mean"])
        for result in results:
            means = moving_mean(result["scores"])
            for episode in range(100, len(means) + 1, 10):
                writer.writerow(
                    [result["summary"]["variant"], result["summary"]["seed"], episode, f"{means[episode - 1]:.1f}"]
                )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--episodes", type=int, default=500)
    parser.add_argument("--variants", nargs="+", choices=extensions.AGENTS, default=list(extensions.AGENTS))
    parser.add_argument("--runs", type=Path, default=Path("runs/extensions"))
    parser.add_argument("--runs-at-most", type=int, default=10**9, help="stop after so many new runs")
    parser.add_argument("--gather", action="store_true", help="train nothing")
    parser.add_argument("--out", type=Path, default=DATA)
    args = parser.parse_args()

    wanted = [args.runs / variant / f"seed_{seed}" for seed in range(args.seeds) for variant in args.variants]
    missing = [run_dir for run_dir in wanted if not (run_dir / "result.json").is_file()]
    if not args.gather:
        for run_dir in tqdm(missing[: args.runs_at_most], unit="run"):
            train(run_dir.parent.name, int(run_dir.name.removeprefix("seed_")), args.episodes, run_dir)
    results = [json.loads(file.read_text()) for run_dir in wanted if (file := run_dir / "result.json").is_file()]
    seeds = [result["summary"]["seed"] for result in results]
    gather([result for result in results if seeds.count(result["summary"]["seed"]) == len(args.variants)], args.out)
    for variant in args.variants:
        of_it = [result["summary"] for result in results if result["summary"]["variant"] == variant]
        print(f"{variant:12}", {field: [run[field] for run in of_it] for field in SUMMARY})


if __name__ == "__main__":
    main()
