"""Answers to the exercises of lesson 11, in modules by theme."""

import numpy as np
import torch
import torch.nn.functional as F

from mutants import Exercise, lesson_11_features, lesson_11_pairs, lesson_11_values

LESSON = "11_inside_the_network"

NAMES = {"np": np, "torch": torch, "F": F}

EXERCISES = {
    "hidden_features": Exercise(lesson_11_features.WRONG, lesson_11_features.RIGHT, names=NAMES),
    "values_and_advantages": Exercise(lesson_11_values.VALUE_WRONG, lesson_11_values.VALUE_RIGHT, names=NAMES),
    "returns_to_go": Exercise(lesson_11_values.RETURN_WRONG, lesson_11_values.RETURN_RIGHT, names=NAMES),
    "nearest_states": Exercise(lesson_11_pairs.NEAREST_WRONG, lesson_11_pairs.NEAREST_RIGHT, names=NAMES),
    "unlike_pairs": Exercise(lesson_11_pairs.UNLIKE_WRONG, lesson_11_pairs.UNLIKE_RIGHT, names=NAMES),
}
