"""The pictures of lesson 12: ``python docs/pictures/lesson_12.py`` writes them anew."""

from pathlib import Path

from dqn_course import extensions
from dqn_course.widgets import lesson_12 as widgets

IMAGES = Path(__file__).parents[2] / "solutions/12_beyond_dqn/images"
DPI = 110


def main():
    IMAGES.mkdir(exist_ok=True)
    widgets.noisy_maximum().save(IMAGES / "maximum.png", dpi=DPI)
    widgets.travelling_reward(extensions.n_step_return).save(IMAGES / "corridor.png", dpi=DPI)
    widgets.replayed(extensions.priorities, extensions.importance_weights).save(IMAGES / "replayed.png", dpi=DPI)


if __name__ == "__main__":
    main()
