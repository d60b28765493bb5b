"""The checks of lesson 10, by theme: whole games, the random player, numbers about scores, held-out states."""

from dqn_course.checks.lesson_10_evaluate import evaluate
from dqn_course.checks.lesson_10_numbers import human_normalized_score, standard_error
from dqn_course.checks.lesson_10_random import random_agent_10hz
from dqn_course.checks.lesson_10_values import average_max_q

__all__ = ["average_max_q", "evaluate", "human_normalized_score", "random_agent_10hz", "standard_error"]
