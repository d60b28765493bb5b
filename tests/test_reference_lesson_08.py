"""The solutions of lesson 8 do what the package does."""

import cv2
import mutants
import numpy as np
import pytest
from crossing import require_the_same_verdict
from mutants import lesson_08

from dqn_course import preprocessing
from dqn_course.checks import lesson_08 as checks
from dqn_course.environments import make_atari, make_emulator


def solution(name):
    return mutants.function(mutants.cell(lesson_08.LESSON, name), name, {"np": np, "cv2": cv2})


@pytest.mark.parametrize("seed", range(5))
def test_pictures(seed):
    rng = np.random.default_rng(seed)
    a, b = rng.integers(0, 256, (2, 210, 160, 3)).astype(np.uint8)
    for name, arguments in (
        ("max_of_two_frames", (a, b)),
        ("luminance", (a,)),
        ("resize_84", (a[..., 0],)),
        *(
            ("stack_frames", ([*rng.integers(0, 256, (n, 84, 84)).astype(np.uint8)], m))
            for n in (1, 3, 6)
            for m in (1, 4)
        ),
    ):
        theirs, ours = solution(name)(*arguments), getattr(preprocessing, name)(*arguments)
        assert theirs.dtype == ours.dtype == np.uint8
        np.testing.assert_array_equal(theirs, ours)


def test_numbers():
    for reward in (-200, -1, -0.3, 0, 0.5, 1, 7):
        assert solution("clip_reward")(reward) == preprocessing.clip_reward(reward)
    for before, after, over in np.ndindex(5, 5, 2):
        case = before, after, bool(over)
        assert solution("lives_to_terminal")(*case) == preprocessing.lives_to_terminal(*case)
    for once in (False, True):
        case = 12_345, 3, 4, once, 40
        assert solution("replay_bytes")(*case) == preprocessing.replay_bytes(*case)


def test_a_held_action_is_that_of_the_pipeline():
    env, ale, repeat_action = (
        make_atari("breakout", noop_max=0),
        make_emulator("breakout", seed=2),
        solution("repeat_action"),
    )
    env.reset(seed=2)
    ale.reset_game()
    rng, overs = np.random.default_rng(0), 0
    for _ in range(400):
        action = int(rng.integers(4))
        _, _, terminated, _, info = env.step(action)
        reward, frame, previous, over = repeat_action(ale, ale.getMinimalActionSet()[action], 4)
        assert (reward, over) == (info["raw_reward"], info["game_over"])
        np.testing.assert_array_equal(frame, env.frame)
        np.testing.assert_array_equal(previous, env.previous)
        if terminated:
            env.reset()
        if over:
            ale.reset_game()
        overs += over
    assert overs


@pytest.mark.parametrize("name", checks.__all__)
def test_cases_and_outputs_of_every_check_cross_to_another_process(name):
    """The verdict is the same where cases and outputs have been through a file."""
    require_the_same_verdict(getattr(checks, name), lesson_08.EXERCISES[name], lesson_08.LESSON, name)
