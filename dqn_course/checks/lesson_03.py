"""The checks of lesson 3: the loss, its gradient, and four steps downhill."""

from dqn_course.checks.lesson_03_loss import backward, cross_entropy
from dqn_course.checks.lesson_03_rmsprop import rmsprop_step
from dqn_course.checks.lesson_03_rprop import rprop_step
from dqn_course.checks.lesson_03_steps import momentum_step, sgd_step

__all__ = ["backward", "cross_entropy", "momentum_step", "rmsprop_step", "rprop_step", "sgd_step"]
