"""Answers to the exercises of lesson 6, which are long: one module an exercise."""

from mutants import Exercise, learn, q_network, td_targets

LESSON = "06_lunar_lander"
EXERCISES = {
    "QNetwork": Exercise(q_network.WRONG, q_network.RIGHT, file="model.py"),
    "td_targets": Exercise(td_targets.WRONG, td_targets.RIGHT),
    "learn": Exercise(learn.WRONG, learn.RIGHT, file="dqn_agent.py"),
}
