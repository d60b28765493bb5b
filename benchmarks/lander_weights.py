"""Train the lander's network that ships with the course, and write it to ``dqn_course/weights``.

    python benchmarks/lander_weights.py

A run of the reference agent goes on after it is solved. From then on the greedy policies of both networks, the online
one and the smoother target one, are scored after every 25th episode over 100 flights on *selection* seeds, and the
best is kept. What is reported at the end was measured on other, *fresh* seeds, so the choice does not flatter it.
"""

import argparse
import json
from pathlib import Path

import safetensors.torch

from dqn_course import environments, evaluation, training
from dqn_course.agent import Agent
from dqn_course.checkpoints import LANDER_WEIGHTS
from dqn_course.config import LanderConfig

SELECTION_SEED = 2_000_003


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--first", type=int, default=600, help="episode at which scoring begins")
    parser.add_argument("--episodes", type=int, default=1500)
    parser.add_argument("--run-dir", type=Path, default=None)
    parser.add_argument("--out", type=Path, default=Path(str(LANDER_WEIGHTS)))
    parser.add_argument("--json", action="store_true", help="print the result as one line of JSON at the end")
    args = parser.parse_args()
    run_dir = args.run_dir or Path(f"runs/weights/seed_{args.seed}")

    env = environments.make_lander()
    agent = Agent(8, 4, args.seed, LanderConfig(seed=args.seed))
    best, best_weights, best_from = float("-inf"), None, ""
    for episodes in range(args.first, args.episodes + 1, 25):
        training.dqn(
            agent, n_episodes=episodes, seed=args.seed, stop_when_solved=False, run_dir=run_dir, progress=False
        )
        for kind, network in {"online": agent.qnetwork_local, "target": agent.qnetwork_target}.items():
            score = evaluation.evaluate(network, env, 100, SELECTION_SEED)
            print(f"episode {episodes:5}  {kind} network  greedy {score.mean:7.1f} +- {score.std:5.1f}", flush=True)
            if score.mean > best:
                best, best_from = score.mean, f"{kind} network after {episodes} episodes"
                best_weights = {name: tensor.clone() for name, tensor in network.state_dict().items()}

    network.load_state_dict(best_weights)
    result = evaluation.evaluate(network, env, 1000)
    note = {
        "environment": "LunarLander-v3",
        "training": f"reference agent, seed {args.seed}, {best_from}, benchmarks/lander_weights.py",
        "score": f"{result.mean:.1f} mean, {result.std:.1f} standard deviation, {result.episodes} greedy episodes",
    }
    args.out.parent.mkdir(parents=True, exist_ok=True)
    safetensors.torch.save_file(best_weights, args.out, note)
    print(note["training"], "->", result)
    if args.json:
        print(json.dumps({key: value for key, value in result.as_dict().items() if key != "scores"}))


if __name__ == "__main__":
    main()
