"""The commands for a game of the Atari: ``dqn-course train | evaluate | watch pong`` and ``dqn-course sweep``."""

import difflib
import json
import re
import sys
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Literal

from dqn_course import paper
from dqn_course.cli_options import (
    UserError,
    parse,
    require_episodes,
    require_seed,
    require_video_name,
    require_writable,
)
from dqn_course.config import PRESETS, AtariConfig
from dqn_course.errors import ConfigError

DEFAULT_CONFIG = "quick"


@dataclass(frozen=True)
class Evaluate:
    """Play whole games by the paper's protocol (no-op starts, five minutes at most) and report the score."""

    weights: str = "shipped"
    """a file of weights (best.safetensors), "shipped" (the course's trained agent) or "random" """
    episodes: int = 30
    """games to play"""
    epsilon: float = 0.05
    """chance of a random action; "random" plays at random always, and ten times a second, as in the paper"""
    seed: int | None = None
    """of the no-op starts and the random actions (default: one that no training uses)"""
    json: bool = False
    """print the result as JSON, on the last line"""


@dataclass(frozen=True)
class Watch:
    """Film one game, or show it in a window, as fast and in the colours of the Atari."""

    weights: str = "shipped"
    """a file of weights (best.safetensors), "shipped" (the course's trained agent) or "random" """
    out: Path | None = None
    """video file to write, .mp4 or .gif (default: GAME.mp4, or none with --window)"""
    window: bool = False
    """show the game in a window; needs a display"""
    seconds: float = 120.0
    """of play at most"""
    epsilon: float = 0.05
    """chance of a random action, as in the evaluation"""
    seed: int = 0
    """of the no-op start and the random actions"""


# The commands ---------------------------------------------------------------------------------------


def train(game, arguments):
    """``dqn-course train GAME [--config NAME] [--run-dir DIR] [--fresh] [any field of AtariConfig]``."""
    options, config = parse_config("train", game, arguments, _train_options)

    from dqn_course import atari_training

    run_dir = options.run_dir
    with spelled_as_options():
        atari_training.train(config, run_dir, resume=not options.fresh)
    best = run_dir / atari_training.BEST_FILE
    print(f"Weights: {best if best.exists() else run_dir / atari_training.WEIGHTS_FILE}")
    return 0


def evaluate(game, arguments):
    """``dqn-course evaluate GAME [--weights FILE] [--episodes N] [--epsilon E] [--seed S] [--json]``."""
    options = parse(Evaluate, arguments, f"evaluate {game}")
    require_episodes(options.episodes)
    require_seed(options.seed)
    require_epsilon(options.epsilon)

    from dqn_course import evaluation

    seed = evaluation.FRESH_SEED if options.seed is None else options.seed
    player, switches = load_player(options.weights, game, seed)
    result = evaluation.evaluate_atari(
        player, game, options.episodes, options.epsilon, seed=seed, progress=sys.stderr.isatty(), **switches
    )
    if options.json:
        about = {"game": game, "weights": options.weights, "epsilon": options.epsilon}
        print(json.dumps(result.as_dict() | about | beside_the_paper(game, result.mean)))
    else:
        print(in_words(game, result))
    return 0


def watch(game, arguments):
    """``dqn-course watch GAME [--weights FILE] [--out FILE] [--window] [--seconds S] [--epsilon E] [--seed S]``."""
    options = parse(Watch, arguments, f"watch {game}")
    require_seed(options.seed)
    require_epsilon(options.epsilon)
    if not options.seconds > 0:
        raise UserError(f"--seconds must be positive, not {options.seconds}.")
    out = options.out or (None if options.window else Path(f"{game}.mp4"))
    require_video_name(out)

    from dqn_course import atari_video, video

    if options.window and not video.has_display():
        raise UserError("There is no display here for a window: leave --window out, and a video file is written.")
    player, switches = load_player(options.weights, game, options.seed)
    about = {"epsilon": options.epsilon, "seed": options.seed, "seconds": options.seconds, **switches}
    if options.window:
        print(f"score {atari_video.play_in_window(player, game, **about):.0f}")
    if out is not None:
        require_writable(out)
        clip = atari_video.film_atari(player, game, **about)
        clip.save(out)
        (score,) = clip.scores.values()
        print(f"score {score:.0f}; {clip.seconds:.1f} s of play written to {out}")
    return 0


def sweep(arguments):
    """``dqn-course sweep GAMES... [--workers N] [--executor dask --scheduler ADDRESS] [any field of AtariConfig]``."""
    n_games = next((i for i, argument in enumerate(arguments) if argument.startswith("-")), len(arguments))
    names, arguments = arguments[:n_games], arguments[n_games:]
    if not names and not {"-h", "--help"} & set(arguments):
        raise UserError("Say which games: dqn-course sweep pong breakout, or all for the 49 of the paper.")
    games = list(paper.games().values()) if names == ["all"] else list(dict.fromkeys(map(rom_of, names)))
    options, config = parse_config("sweep", " ".join(games[:1]), arguments, _sweep_options)
    if options.workers < 0:
        raise UserError(f"--workers must not be negative: {options.workers}.")

    from dqn_course import sweep

    def say(line):
        print(line, flush=True)

    try:
        outcomes = sweep.sweep(
            games, config, options.folder, options.executor, options.workers, options.scheduler, options.fresh, say
        )
    except KeyboardInterrupt:
        say("Every run is saved: the same command goes on.")
        raise
    print(sweep.results_table(outcomes))
    return 0 if all(outcome.finished for outcome in outcomes) else 1


# Their parts ----------------------------------------------------------------------------------------


def rom_of(name):
    """The emulator's name of the game that ``name`` means. Raises ``UserError``, with the closest names, for none."""
    games = paper.games()
    known = {printed.lower(): rom for printed, rom in games.items()} | {rom: rom for rom in games.values()}
    if name.lower() in known:
        return known[name.lower()]
    if difflib.get_close_matches(name.lower(), ["lander"], cutoff=0.7):
        raise UserError(f'There is no experiment "{name}"; did you mean lander?')

    from dqn_course.environments import rom_name

    return rom_name(name)  # the emulator has more games than the paper


def parse_config(command, game, arguments, make_options):
    """The options of ``command`` and the ``AtariConfig`` in them; ``--config`` names the preset of the defaults."""
    preset = named_config(arguments)
    kind = make_options()
    default = kind(**asdict(replace(PRESETS[preset], game=game)), config=preset)
    if hasattr(default, "run_dir"):
        default = replace(default, run_dir=Path("runs") / game)
    options = parse(kind, arguments, f"{command} {game}" if command == "train" else command, default)
    with spelled_as_options():
        return options, AtariConfig(**{field.name: getattr(options, field.name) for field in fields(AtariConfig)})


def named_config(arguments):
    """What ``--config`` names among ``arguments``, before the options are parsed: it decides their defaults."""
    for i, argument in enumerate(arguments):
        name, _, value = argument.partition("=")
        if name == "--config":
            value = value or (arguments[i + 1] if i + 1 < len(arguments) else "")
            if value not in PRESETS:
                raise UserError(f'There is no config "{value}"; there are: {", ".join(PRESETS)}.')
            return value
    return DEFAULT_CONFIG


def _atari_options():
    """The class of the options that name an ``AtariConfig``; made here because its annotations need tyro."""
    import tyro

    @dataclass(frozen=True)
    class Options(AtariConfig):
        game: tyro.conf.Suppress[str] = ""
        clip_rewards: tyro.conf.FlagConversionOff[bool] = True
        """-1, 0 or 1, so that one learning rate fits all games; the scores that are shown are not clipped"""
        life_loss_ends_episode: tyro.conf.FlagConversionOff[bool] = True
        """for learning, a lost life has no future; the game itself goes on"""
        config: Literal["quick", "paper", "smoke"] = DEFAULT_CONFIG
        """where the defaults come from: Pong on a laptop, every constant of the paper, or a test of seconds"""

        def __post_init__(self):
            """The numbers are looked at when the AtariConfig is made."""

    return Options


def _train_options():
    @dataclass(frozen=True)
    class Train(_atari_options()):
        """Train a DQN agent on a game. Interrupted (Ctrl-C) and started again, the run goes on where it was."""

        run_dir: Path = Path("runs")
        """folder of the run: its state, the logs, the weights in best.safetensors"""
        fresh: bool = False
        """start a new run even if the folder holds an unfinished one, which is set aside"""

    return Train


def _sweep_options():
    @dataclass(frozen=True)
    class Sweep(_atari_options()):
        """Train on many games, several at once. Interrupted (Ctrl-C) and started again, every run goes on.

        dqn-course sweep pong breakout "Space Invaders" --config quick --workers 2, or all for the 49 of the paper.
        """

        folder: Path = Path("runs")
        """where the runs are, one folder a game; on a cluster, a folder that all its machines see"""
        workers: int = 0
        """trainings at once on this machine (default: one a GPU, or one a processor where there is none)"""
        executor: Literal["processes", "dask"] = "processes"
        """processes of this machine, or the workers of a Dask cluster"""
        scheduler: str = ""
        """address of the Dask scheduler, as in tcp://10.0.0.5:8786"""
        fresh: bool = False
        """set the runs aside that are there, and start anew"""

    return Sweep


class spelled_as_options:
    """Inside, an error about a field of the config names the option instead: replay_size -> --replay-size."""

    def __enter__(self):
        return self

    def __exit__(self, kind, error, traceback):
        if isinstance(error, ConfigError):
            names = "|".join(field.name for field in fields(AtariConfig) if "_" in field.name)
            text = re.sub(rf"\b({names})\b", lambda found: "--" + found[0].replace("_", "-"), str(error))
            raise UserError(re.sub(r"^(\w+)(?= must)", r"--\1", text)) from None


def require_epsilon(epsilon):
    if not 0 <= epsilon <= 1:
        raise UserError(f"--epsilon must be from 0 to 1, not {epsilon}.")


def load_player(weights, game, seed):
    """What ``weights`` names, for ``game``: a network or a function of states, and the switches that it is played by.

    The paper's random player chooses ten times a second, so it holds an action for six frames.
    """
    from dqn_course.atari_training import choose_device
    from dqn_course.checkpoints import load_nature_network, shipped_games
    from dqn_course.environments import make_atari
    from dqn_course.evaluation import RANDOM_REPEAT, random_player

    n_actions = int(make_atari(game).action_space.n)
    if weights == "random":
        return random_player(n_actions, seed), {"action_repeat": RANDOM_REPEAT}
    if weights == "shipped" and game not in shipped_games():
        there = f", only for {', '.join(shipped_games())}" if shipped_games() else " yet"
        raise UserError(
            f"The course ships no trained agent for {game}{there}: name a file with --weights (dqn-course train {game} "
            f"makes runs/{game}/best.safetensors), or try --weights random."
        )
    network = load_nature_network(game if weights == "shipped" else Path(weights))
    if network.fc2.out_features != n_actions:
        raise UserError(
            f"The network in {weights} has {network.fc2.out_features} actions, but {game} has {n_actions}: these are "
            "the weights of another game."
        )
    return network.to(choose_device("auto")), {"history": network.conv1.in_channels}


def paper_score(game):
    """The paper's row for a game, or None: the emulator has more games than the paper."""
    return next((score for score in paper.scores().values() if score.rom == game), None)


def beside_the_paper(game, mean):
    """The human-normalised score of ``mean`` in per cent, and the paper's scores; None for a game not in the paper."""
    score = paper_score(game)
    if score is None:
        return {"human_normalized": None, "paper": None}
    names = ("random", "human", "dqn", "dqn_std", "normalized")
    return {
        "human_normalized": paper.human_normalized_score(mean, score.random, score.human),
        "paper": {name: getattr(score, name) for name in names},
    }


def in_words(game, result):
    """The result as a person reads it, with the paper's scores below."""
    score = paper_score(game)
    if score is None:
        return f"{game}: {result}. The paper did not play this game."
    normalized = beside_the_paper(game, result.mean)["human_normalized"]
    rows = (
        ("this player", result.mean, f"{normalized:.0f} %"),
        ("random", score.random, "0 %"),
        ("human", score.human, "100 %"),
        ("DQN", score.dqn, f"{score.normalized:.0f} %"),
    )
    width = max(len(f"{value:,.1f}") for _, value, _ in rows)
    lines = [f"  {name:<12}{value:>{width},.1f}{share:>8}" for name, value, share in rows]
    return "\n".join(
        [f"{score.game}: {result}", *lines, "Random, human and DQN as in Mnih et al. 2015; in per cent of the human."]
    )
