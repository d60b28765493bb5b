"""Answers to the exercises of lesson 12, in modules by theme."""

from mutants import Exercise, lesson_12_priorities, lesson_12_returns, lesson_12_targets

LESSON = "12_beyond_dqn"

EXERCISES = {
    "double_dqn_targets": Exercise(lesson_12_targets.DOUBLE_WRONG, lesson_12_targets.DOUBLE_RIGHT),
    "dueling_head": Exercise(lesson_12_targets.DUELING_WRONG, lesson_12_targets.DUELING_RIGHT),
    "n_step_return": Exercise(lesson_12_returns.WRONG, lesson_12_returns.RIGHT),
    "priorities": Exercise(lesson_12_priorities.WRONG, lesson_12_priorities.RIGHT),
    "importance_weights": Exercise(lesson_12_priorities.WEIGHT_WRONG, lesson_12_priorities.WEIGHT_RIGHT),
}
