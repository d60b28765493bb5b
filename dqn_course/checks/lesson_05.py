"""The checks of lesson 5, by theme: returns, backups, value iteration, the update, exploration and its schedules."""

from dqn_course.checks.lesson_05_backups import bellman_backup
from dqn_course.checks.lesson_05_exploration import epsilon_greedy
from dqn_course.checks.lesson_05_iteration import value_iteration
from dqn_course.checks.lesson_05_returns import discounted_return
from dqn_course.checks.lesson_05_schedules import decay_rate_for, exponential_epsilon, linear_epsilon
from dqn_course.checks.lesson_05_updates import q_update

__all__ = [
    "bellman_backup",
    "decay_rate_for",
    "discounted_return",
    "epsilon_greedy",
    "exponential_epsilon",
    "linear_epsilon",
    "q_update",
    "value_iteration",
]
