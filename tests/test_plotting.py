"""Pictures: the numbers in them, their labels, and a live plot that neither flickers nor costs much."""

import io

import matplotlib as mpl
import nbclient
import nbformat
import numpy as np
import pytest
from PIL import Image

from dqn_course import plotting


@pytest.mark.parametrize("n", [0, 1, 9, 10, 11, 250])
@pytest.mark.parametrize("window", [1, 10, 100])
def test_the_moving_mean_is_that_of_a_slow_loop(n, window):
    scores = np.random.default_rng(n).normal(0, 200, n).tolist()
    means = plotting.moving_mean(scores, window)
    assert means.shape == (n,)
    for i in range(n):
        if i + 1 < window:
            assert np.isnan(means[i])
        else:
            assert means[i] == pytest.approx(sum(scores[i + 1 - window : i + 1]) / window, abs=1e-9)


def band(n=400):
    episodes = np.arange(100, n + 1)
    return {
        "episode": episodes, "low": episodes - 400.0, "median": episodes - 300.0, "high": episodes - 200.0, "n_seeds": 7
    }  # fmt: skip


def test_the_figure_of_a_run_has_labelled_axes_and_says_what_is_what():
    figure = plotting.score_figure([-100.0] * 150, band(), title="My agent")
    (axes,) = figure.axes
    assert axes.get_xlabel() == "episode" and axes.get_ylabel() == "score (sum of rewards)"
    assert axes.get_title(loc="left") == "My agent"
    assert [text.get_text() for text in axes.get_legend().get_texts()] == [
        "7 reference runs, lowest to highest", "reference, median", "score of an episode", "mean of the last 100",
        "solved at a mean of 200",
    ]  # fmt: skip


def lines_of(axes):
    return {line.get_label(): line.get_xydata() for line in axes.get_lines()}


def test_the_figure_shows_the_scores_their_mean_and_the_goal_at_their_episodes():
    scores = np.random.default_rng(0).normal(0, 100, 300)
    lines = lines_of(plotting.score_figure(scores, band(), window=50, solved_score=190.0).axes[0])
    np.testing.assert_array_equal(lines["score of an episode"], np.column_stack([np.arange(1, 301), scores]))
    mean = lines["mean of the last 50"]
    assert np.isnan(mean[:49, 1]).all()
    assert mean[49].tolist() == [50, pytest.approx(scores[:50].mean())]
    assert mean[299].tolist() == [300, pytest.approx(scores[250:].mean())]
    assert set(lines["solved at a mean of 190"][:, 1]) == {190.0}
    np.testing.assert_array_equal(lines["reference, median"][[0, -1]], [[100, -200], [400, 100]])


@pytest.mark.parametrize("scores", [[], [5.0], [float("nan")] * 3])
def test_a_run_that_has_hardly_begun_can_be_drawn_with_and_without_the_band(scores):
    for reference in (None, band()):
        assert Image.open(io.BytesIO(plotting.png(plotting.score_figure(scores, reference)))).size[0] > 500


def test_the_look_of_the_course_does_not_leak_into_a_students_own_plots():
    before = dict(mpl.rcParams)
    plotting.score_figure([1.0, 2.0])
    assert dict(mpl.rcParams) == before


def test_the_colours_differ_in_brightness_too_so_a_grey_print_can_be_read():
    red, green, blue = np.array([mpl.colors.to_rgb(c) for c in (plotting.BLUE, plotting.GREEN, plotting.GREY)]).T
    luminance = np.sort(0.2126 * red + 0.7152 * green + 0.0722 * blue)
    assert np.diff(luminance).min() > 0.05


class Clock:
    """A clock that stands still unless it is moved."""

    def __init__(self, monkeypatch):
        self.now = 100.0
        monkeypatch.setattr(plotting.time, "perf_counter", lambda: self.now)


@pytest.fixture
def clock(monkeypatch):
    monkeypatch.setattr(plotting, "display", lambda *args, **kwargs: Handle())
    return Clock(monkeypatch)


class Handle:
    updates = 0

    def update(self, image):
        Handle.updates += 1


@pytest.mark.parametrize("cost, expected", [(0.0, 61), (0.01, 61), (0.1, 31), (1.0, 4)])
def test_the_live_plot_draws_at_most_once_a_second_and_spends_at_most_a_twentieth_of_the_time(clock, cost, expected):
    drawn = []

    def draw():
        drawn.append(clock.now)
        clock.now += cost
        return plotting.new_figure(1, 1)

    plot = plotting.LivePlot(draw, seconds=1.0)
    end = clock.now + 60
    while clock.now <= end + 1e-6:
        plot.update()
        clock.now += 0.005  # an episode
    assert abs(len(drawn) - expected) <= 1
    gaps = np.diff(drawn)
    assert gaps.min() >= max(1.0, 20 * cost) - 1e-6
    assert cost * len(drawn) <= 60 / 20 + cost


def test_a_forced_update_is_drawn_at_once_and_the_first_picture_is_replaced(clock):
    shown = []
    Handle.updates = 0
    plot = plotting.LivePlot(lambda: shown.append(1) or plotting.new_figure(1, 1), seconds=1000)
    for _ in range(5):
        plot.update()
    assert len(shown) == 1 and Handle.updates == 0
    plot.update(force=True)
    assert len(shown) == 2 and Handle.updates == 1


def test_outside_a_notebook_there_is_no_live_plot():
    assert not plotting.in_notebook()


def test_in_a_plain_kernel_the_live_plot_is_one_output_that_is_replaced(tmp_path):
    code = """
from dqn_course import plotting
assert plotting.in_notebook()
scores = []
plot = plotting.LivePlot(lambda: plotting.score_figure(scores), seconds=0.0)
for score in range(4):
    scores.append(score)
    plot.update(force=True)
plotting.score_figure(scores)
"""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code)])
    messages = []

    class Client(nbclient.NotebookClient):
        def process_message(self, message, cell, cell_index):
            messages.append((message["msg_type"], message["content"].get("transient", {}).get("display_id")))
            return super().process_message(message, cell, cell_index)

    Client(notebook, timeout=60, resources={"metadata": {"path": str(tmp_path)}}).execute()
    kinds = [kind for kind, _ in messages]
    assert kinds.count("display_data") == 1 and kinds.count("update_display_data") == 3
    assert "clear_output" not in kinds and "stream" not in kinds
    assert len({display_id for kind, display_id in messages if "display_data" in kind}) == 1
    live, result = notebook.cells[0].outputs
    assert live.output_type == "display_data" and len(live.data["image/png"]) > 5000
    assert result.output_type == "execute_result" and "image/png" in result.data  # the last line of a cell is shown
    assert result.metadata["image/png"] == {"width": 800, "height": 390}
