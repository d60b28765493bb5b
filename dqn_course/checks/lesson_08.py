"""The checks of lesson 8, by theme: the picture, the play, the memory."""

from dqn_course.checks.lesson_08_memory import replay_bytes, stack_frames
from dqn_course.checks.lesson_08_picture import luminance, max_of_two_frames, resize_84
from dqn_course.checks.lesson_08_play import clip_reward, lives_to_terminal, repeat_action

__all__ = [
    "clip_reward",
    "lives_to_terminal",
    "luminance",
    "max_of_two_frames",
    "repeat_action",
    "replay_bytes",
    "resize_84",
    "stack_frames",
]
