"""The pictures of lesson 11: moments of a clip, the map that needs no kernel, and t-SNE on points that are known."""

import base64
import json
import re

import cv2
import numpy as np
import pytest
from test_widgets import pixels

from dqn_course.networks import NatureQNetwork
from dqn_course.widgets import lesson_11 as widgets

T = 200
VALUES = np.sin(np.arange(T) / 9).astype(np.float32)
ADVANTAGES = np.stack([np.zeros(T), -np.linspace(0, 1, T), -0.1 - np.arange(T) / 400], axis=1)
REWARDS = np.zeros(T, np.float32)
REWARDS[[50, 120]] = 1, -1
NAMES = ("NOOP", "UP", "DOWN")
SCREENS = np.random.default_rng(0).integers(0, 256, (T, 210, 160, 3)).astype(np.uint8)


def state_map(n=70, **other):
    rng = np.random.default_rng(1)
    arguments = {
        "places": rng.normal(size=(n, 2)),
        "pictures": rng.integers(0, 256, (n, 84, 84)).astype(np.uint8),
        "numbers": {"V": rng.normal(size=n), "came": rng.normal(size=n)},
        "steps": np.arange(n) // 2 * 4,
        "games": np.arange(n) % 2,
    }
    return widgets.StateMap(**arguments | other)


def data_of(page):
    return json.loads(re.search(r"const D = (\{.*?\});\n", page)[1])


def test_moments_are_rewards_and_extremes_apart_from_them():
    spread = -ADVANTAGES.min(axis=1)
    found = widgets.moments(VALUES, REWARDS, spread)
    assert found["a point is won"] == 50 and found["a point is lost"] == 120
    assert found["the action matters most"] == T - 1 and found["the action matters least"] == 0
    for name in ("the highest value elsewhere", "the lowest value elsewhere"):
        assert all(found[name] < at - 60 or found[name] >= at + 12 for at in (50, 120))
    assert VALUES[found["the highest value elsewhere"]] > 0.8


def test_a_clip_without_rewards_has_moments_too():
    found = widgets.moments(VALUES, 0 * REWARDS, VALUES + 2)
    assert "a point is won" not in found and found["the highest value elsewhere"] == int(VALUES.argmax())


def test_the_player_shows_each_moment_and_what_is_around_it():
    at = widgets.moments(VALUES, REWARDS, -ADVANTAGES.min(axis=1))
    player = widgets.player(SCREENS, VALUES, ADVANTAGES, REWARDS, NAMES, at)
    assert player.say(**player.values(step=40)).startswith(f"Agent step 50: V = {VALUES[50]:.2f}".replace("-", "−"))
    assert "Reward: 1." in player.say(**player.values(step=40))
    assert "Reward" not in player.say(**player.values(step=41))
    lost = player.say(**player.values(moment="a point is lost", step=40))
    assert lost.startswith("Agent step 120:") and "Best is NOOP; the worst action is" in lost
    drawn = {player.png(moment=moment, step=step) for moment in at for step in (0, 60)}
    assert len(drawn) >= 2 * len(at) - 2  # two moments at an end of the clip may show the same


def test_a_clip_that_is_shorter_than_the_window_can_be_played():
    short = [array[:30] for array in (SCREENS, VALUES, ADVANTAGES, REWARDS)]
    player = widgets.player(*short, NAMES, {"here": 20})
    assert player.png(step=0) != player.png(step=60)
    assert "Agent step 29:" in player.say(**player.values(step=60))


def test_the_story_numbers_its_moments():
    at = {"a point is won": 50, "a point is lost": 120}
    figure = widgets.story(SCREENS, VALUES, ADVANTAGES, REWARDS, NAMES, at)
    titles = [axes.get_title().replace("\n", " ") for axes in figure.axes]
    assert "1: a point is won" in titles and "2: a point is lost" in titles
    bars = figure.axes[2].patches
    np.testing.assert_allclose([bar.get_width() for bar in bars], VALUES[50] + ADVANTAGES[50], atol=1e-6)


def test_filters_are_sorted_by_strength_and_oldest_picture_first():
    network = NatureQNetwork(6, seed=0)
    network.conv1.weight.data[7] = 0.3 * network.conv1.weight.data[7].sign()
    figure = widgets.filters(network)
    assert len(figure.axes) == 32
    strongest = next(axes for axes in figure.axes if axes.get_title() == "filter 7")
    assert strongest is figure.axes[0]
    shown = strongest.images[0].get_array()
    np.testing.assert_allclose(shown[:, :8], network.conv1.weight[7, 0].detach())
    np.testing.assert_allclose(shown[:, -8:], network.conv1.weight[7, 3].detach())


def test_following_walks_through_each_game_of_each_player():
    steps, games, player = np.array([0, 0, 4, 4, 8, 0, 4]), np.array([0, 1, 0, 1, 0, 0, 0]), np.array([0] * 5 + [1] * 2)
    assert widgets.following(steps, games, player).tolist() == [2, 3, 4, -1, -1, 6, -1]
    shuffled = np.array([4, 2, 0, 6, 5, 3, 1])
    after = widgets.following(steps[shuffled], games[shuffled], player[shuffled])
    assert shuffled[after[2]] == 2 and after[0] == -1


def test_every_state_has_its_picture_in_a_sheet():
    pictures = np.random.default_rng(2).integers(0, 256, (1030, 84, 84)).astype(np.uint8)
    sheets = [cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_GRAYSCALE) for png in widgets.sheets(pictures)]
    assert [sheet.shape for sheet in sheets] == [(32 * 84, 32 * 84), (84, 32 * 84)]
    for number in (0, 31, 32, 1023, 1024, 1029):
        row, column = divmod(number % 1024, 32)
        tile = sheets[number // 1024][row * 84 : row * 84 + 84, column * 84 : column * 84 + 84]
        assert np.abs(tile.astype(int) - pictures[number]).max() <= 8  # 16 grey levels


def test_the_page_holds_all_that_it_shows():
    near = np.arange(140).reshape(70, 2) % 70
    data = data_of(state_map(near=near).page())
    assert len(data["x"]) == len(data["y"]) == len(data["next"]) == 70
    assert list(data["colours"]) == ["V", "came"] and data["near"] == near.tolist()
    assert min(data["x"]) == min(data["y"]) == 0 and max(data["x"]) == max(data["y"]) == 1000
    assert data["sheets"][0].startswith("data:image/png;base64,")
    assert "http" not in state_map().page()  # nothing is fetched


def test_two_players_are_a_further_colouring():
    data = data_of(state_map(players=("agent", "random"), player=np.arange(70) % 2).page())
    assert list(data["colours"]) == ["V", "came", "player"] and data["players"] == ["agent", "random"]


def bundles_of(widget, monkeypatch):
    bundles = []
    monkeypatch.setattr(widgets, "display", lambda bundle, **_: bundles.append(bundle))
    widget._ipython_display_()
    return bundles


def test_the_map_is_shown_as_a_page_with_a_plain_picture_beside_it(monkeypatch):
    (bundle,) = bundles_of(state_map(), monkeypatch)
    assert bundle["text/plain"] == "a map of 70 states"
    assert 'sandbox="allow-scripts"' in bundle["text/html"]
    assert pixels(base64.b64decode(bundle["image/png"])).std() > 10


def test_under_nbgrader_no_map_is_shown(monkeypatch):
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    assert bundles_of(state_map(), monkeypatch) == []


@pytest.mark.parametrize("perplexity", [5, 30])
def test_chances_of_neighbours_are_chances_and_as_wide_as_asked(perplexity):
    points, group = widgets.known_points()
    chances = widgets.neighbour_chances(points, perplexity)
    assert chances.sum() == pytest.approx(1) and np.allclose(chances, chances.T) and not chances.diagonal().any()
    assert chances[group[:, None] == group].sum() > 0.95  # neighbours are in the same group


def test_the_descent_separates_the_groups_and_forgets_their_sizes():
    """What the lesson says of the map: who belongs together stays; widths and distances do not."""
    points, group = widgets.known_points()
    places = widgets.descent(30)[-1]
    squares = ((places[:, None] - places[None]) ** 2).sum(-1)
    np.fill_diagonal(squares, np.inf)
    assert (group[squares.argmin(1)] == group).mean() > 0.98
    middles = [np.array([table[group == number].mean(0) for number in range(3)]) for table in (points, places)]
    widths = [
        [np.linalg.norm(table[group == number] - middle[number], axis=1).mean() for number in range(3)]
        for table, middle in zip((points, places), middles)
    ]
    apart = [[np.linalg.norm(middle[0] - middle[number]) for number in (1, 2)] for middle in middles]
    assert widths[0][1] > 7 * widths[0][0] and widths[1][1] < 2.5 * widths[1][0]
    assert apart[0][1] > 2.2 * apart[0][0] and apart[1][1] < 1.7 * apart[1][0]


def test_a_better_guess_lies_nearer_to_the_dashed_line():
    rng = np.random.default_rng(3)
    values = rng.normal(size=500)
    figure = widgets.came_true(values, values + rng.normal(size=500))
    groups = figure.axes[0].lines[-1]
    assert len(groups.get_xdata()) == 10 and np.abs(groups.get_xdata() - groups.get_ydata()).mean() < 0.2
