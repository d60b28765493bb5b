"""Answers to the exercises of lesson 5, in modules by theme."""

import math

import numpy as np
import torch

from mutants import (
    Exercise,
    lesson_05_backups,
    lesson_05_exploration,
    lesson_05_iteration,
    lesson_05_more,
    lesson_05_returns,
    lesson_05_schedules,
    lesson_05_updates,
    with_more,
)

LESSON = "05_q_learning"


def unfinished(transitions, V, gamma):
    """A student's ``bellman_backup`` that is not written yet: it must cost nothing in the next exercise."""
    raise NotImplementedError


EXERCISES = {
    "discounted_return": Exercise(lesson_05_returns.WRONG, lesson_05_returns.RIGHT),
    "bellman_backup": Exercise(lesson_05_backups.WRONG, lesson_05_backups.RIGHT),
    "value_iteration": Exercise(
        lesson_05_iteration.WRONG,
        lesson_05_iteration.RIGHT,
        names={"np": np, "torch": torch, "math": math, "bellman_backup": unfinished},
    ),
    "q_update": Exercise(lesson_05_updates.WRONG, lesson_05_updates.RIGHT),
    "epsilon_greedy": Exercise(lesson_05_exploration.WRONG, lesson_05_exploration.RIGHT),
    "linear_epsilon": Exercise(lesson_05_schedules.LINEAR_WRONG, lesson_05_schedules.LINEAR_RIGHT),
    "exponential_epsilon": Exercise(lesson_05_schedules.EXPONENTIAL_WRONG, lesson_05_schedules.EXPONENTIAL_RIGHT),
    "decay_rate_for": Exercise(lesson_05_schedules.RATE_WRONG, lesson_05_schedules.RATE_RIGHT),
}
EXERCISES = with_more(EXERCISES, lesson_05_more.MORE)
