"""The command line: ``dqn-course doctor | lab | train | evaluate | watch | sweep``.

Here are the commands for the lander; those for the games of the Atari are in ``cli_atari``. Heavy modules are
imported by the command that needs them, so that ``--help`` answers at once. A mistake in what was typed or in a file
ends with one sentence on stderr and exit status 2.
"""

import json
import sys
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from dqn_course import cli_atari
from dqn_course.cli_options import (
    UserError,
    parse,
    require_episodes,
    require_seed,
    require_video_name,
    require_writable,
)
from dqn_course.config import LanderConfig
from dqn_course.errors import CourseError


@dataclass(frozen=True)
class Train(LanderConfig):
    """Train a DQN agent on LunarLander. Interrupted (Ctrl-C) and started again, the run goes on where it was.

    An Atari game has options of its own: dqn-course train pong --help.
    """

    run_dir: Path = Path("runs/lander")
    """folder of the run: its state, and the trained weights in checkpoint.pth"""
    fresh: bool = False
    """start a new run even if the folder holds an unfinished one"""


@dataclass(frozen=True)
class Evaluate:
    """Play whole episodes without exploration, on terrain the agent has not trained on, and report the score.

    An Atari game has options of its own: dqn-course evaluate pong --help.
    """

    weights: str = "shipped"
    """a file of weights (checkpoint.pth, *.safetensors), "shipped" (the course's trained agent) or "random" """
    episodes: int = 100
    """episodes to play"""
    seed: int | None = None
    """of the terrain; every seed is another set of episodes (default: one that no training uses)"""
    json: bool = False
    """print the result as JSON, on the last line"""


@dataclass(frozen=True)
class Watch:
    """Film one episode, or show it in a window.

    An Atari game has options of its own: dqn-course watch pong --help.
    """

    weights: str = "shipped"
    """a file of weights (checkpoint.pth, *.safetensors), "shipped" (the course's trained agent) or "random" """
    out: Path | None = None
    """video file to write, .mp4 or .gif (default: lander.mp4, or none with --window)"""
    window: bool = False
    """show the episode in a window; needs a display"""
    seed: int = 0
    """of the terrain"""


@dataclass(frozen=True)
class Doctor:
    """Say what this machine has, what it lacks, and how to get it."""

    json: bool = False
    """print the report as JSON, on one line"""


def main(arguments=None):
    """Run one command; return the exit status: 0, 1 (doctor found a fault), 2 (wrong use) or 130 (interrupted)."""
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    if not arguments or arguments[0] in ("-h", "--help", "help"):
        print(overview())
        return 0
    if arguments[0] == "--version":
        import dqn_course

        print(f"dqn-course {dqn_course.__version__}")
        return 0
    try:
        if arguments[0] not in COMMANDS:
            raise UserError(f'There is no command "{arguments[0]}"; there are: {", ".join(COMMANDS)}.')
        command, _ = COMMANDS[arguments[0]]
        return command(arguments[1:])
    except CourseError as problem:
        print(sentence(str(problem)), file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\nStopped.", file=sys.stderr)
        return 130


def overview():
    """The text of ``dqn-course --help``."""
    lines = [f"  {name:<10}{what}" for name, (_, what) in COMMANDS.items()]
    return "\n".join(
        ["usage: dqn-course COMMAND ...", "", *lines, "", "dqn-course COMMAND --help explains one command."]
    )


def doctor(arguments):
    """``dqn-course doctor [--json]``; the status is 1 if something needed is broken."""
    options = parse(Doctor, arguments, "doctor")
    from dqn_course.doctor import report

    found = report()
    print(json.dumps(found.as_dict()) if options.json else found)
    return 0 if found.ok else 1


def lab(arguments):
    """``dqn-course lab``: open the course in JupyterLab."""
    from dqn_course.lab import main as open_lab

    return open_lab(arguments)


def train(arguments):
    """``dqn-course train lander [--run-dir DIR] [--fresh] [any field of LanderConfig]``."""
    name, arguments = experiment("train", arguments)
    if name != LANDER:
        return cli_atari.train(name, arguments)
    options = parse(Train, arguments, "train lander")
    config = LanderConfig(**{field.name: getattr(options, field.name) for field in fields(LanderConfig)})
    require_sensible(config)
    keep_config(config, options.run_dir, options.fresh)

    from dqn_course.agent import Agent
    from dqn_course.environments import make_lander
    from dqn_course.training import dqn

    env = make_lander()
    agent = Agent(env.observation_space.shape[0], int(env.action_space.n), config.seed, config)
    history = dqn(
        agent,
        env,
        n_episodes=config.n_episodes,
        max_t=config.max_t,
        eps_start=config.eps_start,
        eps_end=config.eps_end,
        eps_decay=config.eps_decay,
        seed=config.seed,
        solved_score=config.solved_score,
        solved_window=config.solved_window,
        run_dir=options.run_dir,
        resume=not options.fresh,
    )
    print(f"{history}\nWeights: {options.run_dir / 'checkpoint.pth'}")
    return 0


def evaluate(arguments):
    """``dqn-course evaluate [lander] [--weights FILE] [--episodes N] [--seed S] [--json]``."""
    name, arguments = experiment("evaluate", arguments, default="lander")
    if name != LANDER:
        return cli_atari.evaluate(name, arguments)
    options = parse(Evaluate, arguments, "evaluate lander")
    require_episodes(options.episodes)
    require_seed(options.seed)

    from dqn_course import evaluation
    from dqn_course.environments import make_lander

    seed = evaluation.FRESH_SEED if options.seed is None else options.seed
    env = make_lander()
    policy = load_policy(options.weights, env, seed)
    result = evaluation.evaluate(policy, env, options.episodes, seed, progress=sys.stderr.isatty())
    print(json.dumps(result.as_dict() | {"weights": options.weights}) if options.json else result)
    return 0


def watch(arguments):
    """``dqn-course watch [lander] [--weights FILE] [--out FILE] [--window] [--seed S]``."""
    name, arguments = experiment("watch", arguments, default="lander")
    if name != LANDER:
        return cli_atari.watch(name, arguments)
    options = parse(Watch, arguments, "watch lander")
    require_seed(options.seed)
    out = options.out or (None if options.window else Path("lander.mp4"))
    require_video_name(out)

    from dqn_course import video
    from dqn_course.environments import make_lander
    from dqn_course.evaluation import play_episode

    if options.window and not video.has_display():
        raise UserError("There is no display here for a window: leave --window out, and a video file is written.")
    policy = load_policy(options.weights, make_lander(), options.seed)
    if options.window:
        env = make_lander("human")
        print(f"score {play_episode(policy, env, options.seed):.0f}")
        env.close()
    if out is not None:
        require_writable(out)
        clip = video.film(policy, lambda: make_lander("rgb_array"), options.seed)
        clip.save(out)
        (score,) = clip.scores.values()
        print(f"score {score:.0f}; {clip.seconds:.1f} s of play written to {out}")
    return 0


COMMANDS = {
    "lab": (lab, "open the course in JupyterLab"),
    "doctor": (doctor, "say what this machine has, what it lacks, and how to get it"),
    "train": (train, "train an agent:                dqn-course train lander, dqn-course train pong"),
    "evaluate": (evaluate, "score an agent:                dqn-course evaluate lander --weights checkpoint.pth"),
    "watch": (watch, "film an agent, or see it live: dqn-course watch lander --out landing.gif"),
    "sweep": (cli_atari.sweep, "train on many games at once:   dqn-course sweep pong breakout --workers 2"),
}
LANDER = "lander"
WHEN_TO_STOP = ("n_episodes", "solved_score", "solved_window")  # may change when a run goes on


def experiment(command, arguments, default=None):
    """Split the experiment's name from ``arguments``: ``("lander", the rest)``, or the name of a game of the Atari."""
    if arguments and not arguments[0].startswith("-"):
        name, *arguments = arguments
    elif default is None and not {"-h", "--help"} & set(arguments):
        raise UserError(f"Say what to {command}: dqn-course {command} {LANDER}, or a game: dqn-course {command} pong.")
    else:
        name = default or LANDER
    return (LANDER if name.lower() == LANDER else cli_atari.rom_of(name)), arguments


def require_sensible(config):
    """Raise ``UserError`` for a number that no run could use."""
    option = {field.name: f"--{field.name.replace('_', '-')}" for field in fields(config)}
    counts = (
        "n_episodes",
        "max_t",
        "buffer_size",
        "batch_size",
        "update_every",
        "fc1_units",
        "fc2_units",
        "solved_window",
    )
    for name in counts:
        if getattr(config, name) < 1:
            raise UserError(f"{option[name]} must be at least 1, not {getattr(config, name)}.")
    for name in ("eps_start", "eps_end", "eps_decay", "gamma", "tau"):
        if not 0 <= getattr(config, name) <= 1:
            raise UserError(f"{option[name]} must be between 0 and 1, not {getattr(config, name)}.")
    if config.batch_size > config.buffer_size:
        raise UserError("--batch-size must not be larger than --buffer-size: the buffer never fills one batch.")
    if not config.learning_rate > 0:
        raise UserError(f"--learning-rate must be positive, not {config.learning_rate}.")
    if config.seed < 0:
        raise UserError(f"--seed must not be negative: {config.seed}.")


def keep_config(config, run_dir, fresh):
    """Write ``config`` to ``run_dir/config.json``; an unfinished run there must have the same one, or be ``fresh``."""
    file = run_dir / "config.json"
    new = asdict(config)
    old = {}
    try:
        run_dir.mkdir(parents=True, exist_ok=True)
        if file.exists() and not fresh:
            old = json.loads(file.read_text())
        changed = [name for name in new if name not in WHEN_TO_STOP and old.get(name, new[name]) != new[name]]
        if changed:
            differences = ", ".join(f"{name} was {old[name]}, now {new[name]}" for name in changed)
            raise UserError(
                f"The run in {run_dir} was started with other settings ({differences}): use those to go on, "
                "name another --run-dir, or start a new run with --fresh."
            )
        file.write_text(json.dumps(new, indent=2) + "\n")
    except OSError as problem:
        raise UserError(f"The run cannot be kept in {run_dir}: {problem.strerror}.") from None
    except (ValueError, AttributeError):
        raise UserError(f"{file} is damaged: delete it, or start a new run with --fresh.") from None


def load_policy(weights, env, seed):
    """The policy that ``weights`` names, for ``env``: a file, "shipped" or "random"."""
    from dqn_course.checkpoints import load_q_network
    from dqn_course.evaluation import greedy, random_policy

    if weights == "random":
        return random_policy(int(env.action_space.n), seed)
    network = load_q_network() if weights == "shipped" else load_q_network(weights)
    sizes = network.fc1.in_features, network.fc3.out_features
    wanted = env.observation_space.shape[0], int(env.action_space.n)
    if sizes != wanted:
        raise UserError(
            f"The network in {weights} has {sizes[0]} inputs and {sizes[1]} outputs, but the environment needs "
            f"{wanted[0]} and {wanted[1]}: these are the weights of another experiment."
        )
    return greedy(network)


def sentence(text):
    """``text`` as the command line says it: its own option's name, a full stop, a capital unless a name comes first."""
    text = text.replace("resume=False", "--fresh")
    first = text.split(maxsplit=1)[0]
    return f"{text[0].upper() if first.isalpha() else text[0]}{text[1:].rstrip('.')}{'' if text.endswith('?') else '.'}"


if __name__ == "__main__":
    sys.exit(main())
