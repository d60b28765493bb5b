"""The checks of lesson 9, by theme: sizes, the network, the memory, the loss, the optimiser, the clock, Algorithm 1."""

from dqn_course.checks.lesson_09_advance import advance
from dqn_course.checks.lesson_09_clock import is_target_step, is_update_step
from dqn_course.checks.lesson_09_loss import nature_loss
from dqn_course.checks.lesson_09_network import NatureQNetwork
from dqn_course.checks.lesson_09_replay import FrameReplay
from dqn_course.checks.lesson_09_rmsprop import nature_rmsprop_step
from dqn_course.checks.lesson_09_sizes import conv_output_size

__all__ = [
    "FrameReplay",
    "NatureQNetwork",
    "advance",
    "conv_output_size",
    "is_target_step",
    "is_update_step",
    "nature_loss",
    "nature_rmsprop_step",
]
