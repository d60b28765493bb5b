"""Answers to the exercises of lesson 10, in modules by theme."""

import numpy as np
import torch

from mutants import Exercise, lesson_10_numbers, lesson_10_play, lesson_10_values

LESSON = "10_evaluation"
NAMES = {"np": np, "torch": torch}

EXERCISES = {
    "evaluate": Exercise(lesson_10_play.EVALUATE_WRONG, lesson_10_play.EVALUATE_RIGHT, names=NAMES),
    "standard_error": Exercise(lesson_10_numbers.ERROR_WRONG, lesson_10_numbers.ERROR_RIGHT, names=NAMES),
    "random_agent_10hz": Exercise(lesson_10_play.RANDOM_WRONG, lesson_10_play.RANDOM_RIGHT, names=NAMES),
    "human_normalized_score": Exercise(lesson_10_numbers.NORMAL_WRONG, lesson_10_numbers.NORMAL_RIGHT, names=NAMES),
    "average_max_q": Exercise(lesson_10_values.WRONG, lesson_10_values.RIGHT, names=NAMES),
}
