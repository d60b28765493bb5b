"""The paper's tables as data.

Mnih et al., "Human-level control through deep reinforcement learning", Nature 518, 529-533 (2015). The files lie in
``dqn_course/data``; the lines at their top say where each figure is from and how it was checked.
"""

import csv
from functools import cache
from pathlib import Path
from typing import NamedTuple

DATA = Path(__file__).parent / "data"


class GameScore(NamedTuple):
    """One row of Extended Data Table 2: mean scores an episode, as printed."""

    game: str
    """as the paper prints it: "Space Invaders" """
    rom: str
    """as the emulator spells it: "space_invaders" """
    random: float
    """a random player that picks an action 10 times a second"""
    best_linear: float
    """the best linear learner before DQN, on features made by hand"""
    sarsa: float
    """SARSA with contingency awareness"""
    human: float
    """a professional tester of games, after about two hours of practice (not the human of later papers)"""
    dqn: float
    """the paper's agent, mean of 30 episodes"""
    dqn_std: float
    """the spread over those 30 episodes of one trained agent"""
    normalized: float
    """100 (dqn - random) / (human - random), in per cent, as printed"""


class AblationScores(NamedTuple):
    """One row of Extended Data Table 3: the best mean score an episode of one training, with and without its parts."""

    game: str
    replay_target: float
    """with replay and with a target network: the whole agent"""
    replay_notarget: float
    noreplay_target: float
    noreplay_notarget: float


class Hyperparameter(NamedTuple):
    """One row of Extended Data Table 1."""

    value: float
    description: str
    code_note: str
    """what the released code does, where the table leaves room"""


@cache
def scores():
    """Extended Data Table 2: from the printed name of a game to its ``GameScore``; 49 games, in the paper's order."""
    return {row["game"]: _score(row) for row in rows("nature_dqn_scores.csv")}


@cache
def hyperparameters():
    """Extended Data Table 1: from a name (``"discount_factor"``) to its ``Hyperparameter``, in the paper's order."""
    return {
        row["name"]: Hyperparameter(_number(row["value"]), row["description"], row["code_note"])
        for row in rows("nature_dqn_hyperparameters.csv")
    }


@cache
def ablation():
    """Extended Data Table 3: from the printed name of a game to its ``AblationScores``; five games.

    10 million training frames, three learning rates tried, the best evaluation counts; all of it favours high scores,
    in every column alike.
    """
    return {
        row["game"]: AblationScores(row["game"], *(float(row[name]) for name in AblationScores._fields[1:]))
        for row in rows("nature_dqn_ablation.csv")
    }


def human_normalized_score(score, random, human):
    """In per cent: 0 is the random player, 100 the human. Source: Mnih et al. 2015, Figure 3."""
    return 100 * (score - random) / (human - random)


def games():
    """The 49 games: from the printed name (``"Q*Bert"``) to the name of the ROM (``"qbert"``)."""
    return {score.game: score.rom for score in scores().values()}


def _score(row):
    names = ("random", "best_linear", "sarsa_contingency", "human", "dqn_mean", "dqn_std", "normalized_pct")
    return GameScore(row["game"], row["ale_name"], *(float(row[name]) for name in names))


def _number(text):
    return float(text) if "." in text else int(text)


def rows(name):
    """The rows of a table, as dicts of strings, without the comments at its top.

    name: of a file in ``DATA``, or the whole path of another.
    """
    with open(DATA / name, newline="", encoding="utf-8") as file:
        yield from csv.DictReader(line for line in file if not line.startswith("#"))
