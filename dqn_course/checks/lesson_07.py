"""The checks of lesson 7, by theme: samples in a row, the copy of a network, the clipped error, an action as input."""

from dqn_course.checks.lesson_07_actions import q_values_all_actions
from dqn_course.checks.lesson_07_copy import hard_update
from dqn_course.checks.lesson_07_error import clipped_error
from dqn_course.checks.lesson_07_samples import autocorrelation

__all__ = ["autocorrelation", "clipped_error", "hard_update", "q_values_all_actions"]
