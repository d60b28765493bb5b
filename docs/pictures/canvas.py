"""What several of the pictures are drawn on."""

from dqn_course import plotting


def canvas(width, height):
    """An empty figure whose one pair of axes is measured in tenths of an inch, without frame."""
    figure = plotting.new_figure(width, height)
    figure.set_layout_engine("none")
    axes = figure.add_axes([0, 0, 1, 1])
    axes.set(xlim=(0, 10 * width), ylim=(0, 10 * height))
    axes.set_axis_off()
    return figure, axes
