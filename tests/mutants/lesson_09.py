"""Answers to the exercises of lesson 9, in modules by theme."""

import math

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from dqn_course import replay
from mutants import (
    Exercise,
    lesson_09_advance,
    lesson_09_loss,
    lesson_09_network,
    lesson_09_replay,
    lesson_09_rmsprop,
    lesson_09_rules,
)

LESSON = "09_nature_dqn"
NAMES = {"np": np, "torch": torch, "math": math, "F": F, "nn": nn, "replay": replay}

EXERCISES = {
    "conv_output_size": Exercise(lesson_09_rules.SIZE_WRONG, lesson_09_rules.SIZE_RIGHT, names=NAMES),
    "NatureQNetwork": Exercise(lesson_09_network.WRONG, lesson_09_network.RIGHT, names=NAMES),
    "FrameReplay": Exercise(lesson_09_replay.WRONG, lesson_09_replay.RIGHT, names=NAMES),
    "nature_loss": Exercise(lesson_09_loss.WRONG, lesson_09_loss.RIGHT, names=NAMES),
    "nature_rmsprop_step": Exercise(lesson_09_rmsprop.WRONG, lesson_09_rmsprop.RIGHT, names=NAMES),
    "is_update_step": Exercise(lesson_09_rules.UPDATE_WRONG, lesson_09_rules.UPDATE_RIGHT, names=NAMES),
    "is_target_step": Exercise(lesson_09_rules.TARGET_WRONG, lesson_09_rules.TARGET_RIGHT, names=NAMES),
    "advance": Exercise(lesson_09_advance.WRONG, lesson_09_advance.RIGHT, names=NAMES),
}
