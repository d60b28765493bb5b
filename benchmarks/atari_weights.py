"""Ship the agent of a training: its weights in float16, and proof that they play as well as in float32.

    python benchmarks/atari_weights.py pong runs/pong/best.safetensors

writes dqn_course/weights/pong.safetensors and lets both play by the paper's protocol: 30 games of at most five
minutes, no-op starts, epsilon 0.05, the same seed for both. Prints both scores, and as JSON with --json. --dry-run
only compares.
"""

import argparse
import json
import tempfile
from pathlib import Path

import torch

import dqn_course
from dqn_course import paper
from dqn_course.checkpoints import load_nature_network, save_weights
from dqn_course.environments import rom_name
from dqn_course.evaluation import FRESH_SEED, evaluate_atari

WEIGHTS = Path(dqn_course.__file__).parent / "weights"


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("game", help="as the emulator spells it: pong, space_invaders")
    parser.add_argument("source", type=Path, help="a run's best.safetensors")
    parser.add_argument("--episodes", type=int, default=30)
    parser.add_argument("--epsilon", type=float, default=0.05)
    parser.add_argument("--seed", type=int, default=FRESH_SEED)
    parser.add_argument("--dry-run", action="store_true", help="write nothing")
    parser.add_argument("--json", action="store_true", help="the result as JSON, on the last line")
    options = parser.parse_args(arguments)
    game = rom_name(options.game)
    network = load_nature_network(options.source)
    with tempfile.TemporaryDirectory() as folder:
        shipped = (Path(folder) if options.dry_run else WEIGHTS) / f"{game}.safetensors"
        save_weights(network, shipped, half=True)
        rounded = load_nature_network(shipped)
        size = shipped.stat().st_size
    results = {
        name: evaluate_atari(
            player, game, options.episodes, options.epsilon, seed=options.seed, progress=not options.json
        )
        for name, player in (("float32", network), ("float16", rounded))
    }
    for name, result in results.items():
        print(f"{name}: {result}, from {result.min:g} to {result.max:g}")
    score = next((score for score in paper.scores().values() if score.rom == game), None)
    if score:
        print(f"the paper: {score.dqn:g}; random {score.random:g}, human {score.human:g}")
    change = max((a - b).abs().max().item() for a, b in zip(network.parameters(), rounded.parameters()))
    print(f"{size / 1e6:.2f} MB in float16; no weight changed by more than {change:.1e}")
    if not options.dry_run:
        print(f"written to {shipped}")
    if options.json:
        about = {"game": game, "source": str(options.source), "bytes": size, "largest_change": change}
        print(json.dumps(about | {name: result.as_dict() for name, result in results.items()}))


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
