"""The checks of lesson 12, by theme: double, dueling, n steps, priorities."""

from dqn_course.checks.lesson_12_double import double_dqn_targets
from dqn_course.checks.lesson_12_dueling import dueling_head
from dqn_course.checks.lesson_12_n_step import n_step_return
from dqn_course.checks.lesson_12_priorities import importance_weights, priorities

__all__ = ["double_dqn_targets", "dueling_head", "importance_weights", "n_step_return", "priorities"]
