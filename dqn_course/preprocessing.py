"""The phi of the paper: what happens to the screen of the Atari before a network sees it, one function a step.

A frame is (210, 160, 3) uint8, rows x columns x (red, green, blue). Functions of arrays and nothing else: no
emulator, no state. ``environments.make_atari`` puts them together.

Source: Mnih et al. 2015, Methods, "Preprocessing" and "Training details"; what the paper leaves open is as in
DeepMind's released DQN 3.0 code.
"""

import cv2
import numpy as np

SIDE = 84
"""Rows and columns of a frame after ``resize_84``, pixels."""

LUMINANCE = np.array([0.299, 0.587, 0.114])
"""How much red, green and blue add to the brightness that a person sees (ITU-R BT.601, as in Torch7's ``rgb2y``)."""


def max_of_two_frames(frame, previous):
    """The larger of two values, for every pixel and every colour by itself: what flickers is there in one of the two.

    "We take the maximum value for each pixel colour value over the frame being encoded and the previous frame. This
    was necessary to remove flickering": the Atari shows only so many sprites at once, so some games draw one half of
    them in even frames and the other half in odd ones. Both arguments and the result: (210, 160, 3) uint8.
    """
    return np.maximum(frame, previous)


def luminance(frame):
    """The brightness Y = 0.299 R + 0.587 G + 0.114 B of every pixel: (210, 160, 3) uint8 -> (210, 160) uint8.

    The sum is made in floating point and rounded to the nearest whole number, the last step before uint8: the
    product of a uint8 with 0.299 has no place in uint8, and cutting the decimals off would make every pixel darker.
    The three weights add up to 1, so the result never leaves 0...255. (The released code keeps the decimals until
    after the resize; the difference is at most one step of brightness in the end.)
    """
    return np.rint(frame @ LUMINANCE).astype(np.uint8)


def resize_84(grey):
    """The picture at 84x84: (210, 160) uint8 -> (84, 84) uint8.

    A new pixel is the mean of the area of 2.5 x 1.9 old ones that it covers, so no thin thing falls through the
    grid. The released code asks Torch7 for "bilinear", whose way of making a picture smaller is such a mean; OpenCV's
    "bilinear" looks at four old pixels only and skips the rest.
    """
    return cv2.resize(grey, (SIDE, SIDE), interpolation=cv2.INTER_AREA)


def stack_frames(frames, m=4):
    """The last ``m`` of ``frames``, oldest first: a list of (84, 84) uint8 -> (m, 84, 84) uint8.

    Just after the start of an episode there are fewer than ``m``. What is missing is black (zeros), in front, as in
    the released code. ``frames`` needs at least one.
    """
    last = np.stack(frames[-m:])  # (number of frames, 84, 84)
    missing = np.zeros((m - len(last), *last.shape[1:]), np.uint8)
    return np.concatenate([missing, last])


def clip_reward(reward):
    """The reward between -1 and 1, for learning only; a score is always counted in full.

    It "makes it easier to use the same learning rate across multiple games". The rewards of the ``k`` frames of an
    action are added up *before*.
    """
    return float(np.clip(reward, -1, 1))


def lives_to_terminal(lives_before, lives_after, game_over):
    """Whether a learning episode ends here: the game is over, or a life was lost.

    Only a decrease counts: some games count up to their full number of lives just after the start, and a life can be
    won. Games without a counter of lives say 0 always. In evaluation only ``game_over`` counts.
    """
    return bool(game_over or lives_after < lives_before)


def replay_bytes(transitions, history=4, bytes_per_pixel=1, each_frame_once=False, side=SIDE):
    """Bytes that the screens of a replay memory take.

    Stored one by one, a transition holds two stacks, state and next state, of ``history`` frames each. But
    neighbours share their frames: with ``each_frame_once`` a transition adds the one frame that is new. A million
    transitions take 226 GB as float32 (``bytes_per_pixel=4``), 56 GB as uint8 and 7.06 GB as uint8 with every
    frame once.
    """
    frames = 1 if each_frame_once else 2 * history
    return transitions * frames * side * side * bytes_per_pixel
