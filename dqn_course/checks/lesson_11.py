"""The checks of lesson 11, by theme: the hidden layer, values and returns, neighbours and pairs of states."""

from dqn_course.checks.lesson_11_features import hidden_features
from dqn_course.checks.lesson_11_pairs import nearest_states, unlike_pairs
from dqn_course.checks.lesson_11_values import returns_to_go, values_and_advantages

__all__ = ["hidden_features", "nearest_states", "returns_to_go", "unlike_pairs", "values_and_advantages"]
