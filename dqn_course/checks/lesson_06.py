"""The checks of lesson 6: ``QNetwork``, ``td_targets`` and ``learn``, one module each."""

from dqn_course.checks.lesson_06_learn import learn
from dqn_course.checks.lesson_06_network import QNetwork
from dqn_course.checks.lesson_06_targets import td_targets

__all__ = ["QNetwork", "learn", "td_targets"]
