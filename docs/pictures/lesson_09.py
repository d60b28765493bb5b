"""The pictures of lesson 9: ``python docs/pictures/lesson_09.py`` writes them anew."""

from pathlib import Path

from dqn_course import plotting
from dqn_course.widgets import lesson_09 as widgets

IMAGES = Path(__file__).parents[2] / "solutions/09_nature_dqn/images"
DPI = 110


def main():
    IMAGES.mkdir(exist_ok=True)
    widgets.sliding_filter().save(IMAGES / "filter.png", dpi=DPI)
    widgets.ring().save(IMAGES / "ring.png", dpi=DPI)
    (IMAGES / "clocks.png").write_bytes(plotting.png(widgets.clocks(), DPI))


if __name__ == "__main__":
    main()
