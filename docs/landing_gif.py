"""Make the picture at the top of the README: ``python docs/landing_gif.py``."""

from pathlib import Path

from dqn_course import environments, evaluation, video
from dqn_course.checkpoints import load_q_network

clip = video.film(
    {"random": evaluation.random_policy(action_size=4), "trained": evaluation.greedy(load_q_network())},
    make_env=lambda: environments.make_lander("rgb_array"),
    seed=7,
)
print(clip, clip.save(Path(__file__).parent / "images" / "landing.gif"))
