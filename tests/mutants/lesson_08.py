"""Answers to the exercises of lesson 8, in modules by theme."""

import cv2
import numpy as np
import torch

from mutants import Exercise, lesson_08_memory, lesson_08_picture, lesson_08_play

LESSON = "08_atari_preprocessing"

NAMES = {"np": np, "torch": torch, "cv2": cv2}

EXERCISES = {
    "max_of_two_frames": Exercise(lesson_08_picture.MAX_WRONG, lesson_08_picture.MAX_RIGHT, names=NAMES),
    "luminance": Exercise(lesson_08_picture.LUMINANCE_WRONG, lesson_08_picture.LUMINANCE_RIGHT, names=NAMES),
    "resize_84": Exercise(lesson_08_picture.RESIZE_WRONG, lesson_08_picture.RESIZE_RIGHT, names=NAMES),
    "stack_frames": Exercise(lesson_08_memory.STACK_WRONG, lesson_08_memory.STACK_RIGHT, names=NAMES),
    "repeat_action": Exercise(lesson_08_play.REPEAT_WRONG, lesson_08_play.REPEAT_RIGHT, names=NAMES),
    "clip_reward": Exercise(lesson_08_play.CLIP_WRONG, lesson_08_play.CLIP_RIGHT, names=NAMES),
    "lives_to_terminal": Exercise(lesson_08_play.LIVES_WRONG, lesson_08_play.LIVES_RIGHT, names=NAMES),
    "replay_bytes": Exercise(lesson_08_memory.BYTES_WRONG, lesson_08_memory.BYTES_RIGHT, names=NAMES),
}
