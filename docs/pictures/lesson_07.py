"""The pictures of lesson 7: ``python docs/pictures/lesson_07.py`` writes them anew."""

from pathlib import Path

import numpy as np

from dqn_course import checkpoints, environments
from dqn_course.evaluation import greedy
from dqn_course.widgets import lesson_07 as widgets

IMAGES = Path(__file__).parents[2] / "solutions/07_stability/images"
DPI = 110


def flights(number=8):
    """The states (n, 8) of some flights of the trained lander, without random actions."""
    env, policy = environments.make_lander(), greedy(checkpoints.load_q_network())
    states = []
    for flight in range(number):
        state, _ = env.reset(seed=flight)
        ended = False
        while not ended:
            states.append(state)
            state, _, terminated, truncated, _ = env.step(policy(state))
            ended = terminated or truncated
    return np.array(states)


def main():
    IMAGES.mkdir(exist_ok=True)
    widgets.batches(flights()).save(IMAGES / "batches.png", dpi=DPI, stop=60)
    widgets.errors().save(IMAGES / "errors.png", dpi=DPI)


if __name__ == "__main__":
    main()
