"""The checks of lesson 4: tensors, a network, one use of it and one step of its training, one module each."""

from dqn_course.checks.lesson_04_act import greedy_action
from dqn_course.checks.lesson_04_network import build_mlp
from dqn_course.checks.lesson_04_step import train_step
from dqn_course.checks.lesson_04_tensors import chosen_q, to_batch

__all__ = ["build_mlp", "chosen_q", "greedy_action", "to_batch", "train_step"]
