"""Answers to the exercise of lesson 0."""

from mutants import Exercise, mean_of_last

LESSON = "00_welcome"
EXERCISES = {"mean_of_last": Exercise(mean_of_last.WRONG, mean_of_last.RIGHT, names={})}
