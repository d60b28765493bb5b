"""Each step of phi against an oracle of its own, and the colours against the emulator's."""

import ast

import numpy as np
import pytest

from dqn_course import paper, preprocessing
from dqn_course.environments import make_emulator


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def frames(rng, n, size=(210, 160, 3)):
    return [rng.integers(0, 256, size).astype(np.uint8) for _ in range(n)]


def test_the_maximum_is_taken_for_every_colour_by_itself(rng):
    a, b = frames(rng, 2, (20, 16, 3))
    both = preprocessing.max_of_two_frames(a, b)
    expected = [[[max(x, y) for x, y in zip(p, q)] for p, q in zip(r, s)] for r, s in zip(a.tolist(), b.tolist())]
    assert both.dtype == np.uint8 and both.tolist() == expected


def test_rocks_that_are_missing_in_every_second_frame_come_back():
    ale, bright = make_emulator("asteroids"), []
    screens = [ale.getScreenRGB()]
    for _ in range(80):
        ale.act(0)
        screens.append(ale.getScreenRGB())
        both = preprocessing.max_of_two_frames(*screens[-2:])
        bright.append([int((picture[25:] > 0).any(-1).sum()) for picture in (screens[-1], both)])
    alone, both = np.array(bright[40:]).T
    assert alone[::2].max() > 800 and alone[1::2].max() < 100, "they do not flicker any more"
    assert both.min() > 800


def test_luminance_is_the_nearest_whole_number(rng):
    frame = rng.integers(0, 256, (500, 400, 3)).astype(np.uint8)
    exact = 0.299 * frame[..., 0] + 0.587 * frame[..., 1] + 0.114 * frame[..., 2]
    result = preprocessing.luminance(frame)
    assert result.dtype == np.uint8 and result.shape == (500, 400)
    assert np.abs(result - exact).max() <= 0.5 + 1e-9


@pytest.mark.parametrize("value", [0, 1, 127, 128, 254, 255])
def test_grey_stays_the_same_grey_and_nothing_overflows(value):
    assert (preprocessing.luminance(np.full((2, 3, 3), value, np.uint8)) == value).all()


def test_luminance_is_the_emulators_own_grey():
    """Its palette was made with the weights 0.2989, 0.5870, 0.1140: in no colour of these games a step apart."""
    seen = set()
    for game in list(paper.games().values())[::7]:
        ale = make_emulator(game)
        for _ in range(40):
            ale.act(0)
        screen, grey = ale.getScreenRGB().reshape(-1, 3), ale.getScreenGrayscale().reshape(-1)
        code = screen @ np.array([65536, 256, 1])
        _, places = np.unique(code, return_index=True)
        seen |= set(code[places].tolist())
        np.testing.assert_array_equal(preprocessing.luminance(screen[None, places])[0], grey[places], err_msg=game)
    assert len(seen) > 30  # of the 128 colours that there are


def mean_of_area(grey, side=84):
    """Every old pixel cut into so many equal parts that a new pixel is a whole number of them."""
    h, w = grey.shape
    parts = np.repeat(np.repeat(grey.astype(float), side // np.gcd(side, h), axis=0), side // np.gcd(side, w), axis=1)
    return parts.reshape(side, parts.shape[0] // side, side, -1).mean(axis=(1, 3))


def test_a_small_pixel_is_the_mean_of_the_area_that_it_covers(rng):
    (grey,) = frames(rng, 1, (210, 160))
    small = preprocessing.resize_84(grey)
    assert small.dtype == np.uint8 and small.shape == (84, 84)
    assert np.abs(small - mean_of_area(grey)).max() <= 0.51


def test_a_line_of_one_pixel_is_never_lost():
    for row in range(210):
        grey = np.zeros((210, 160), np.uint8)
        grey[row] = 142  # a shot in Space Invaders
        assert preprocessing.resize_84(grey).any(axis=0).all()
    for column in range(160):
        grey = np.zeros((210, 160), np.uint8)
        grey[:, column] = 142
        assert preprocessing.resize_84(grey).any(axis=1).all()


def test_a_stack_has_the_oldest_frame_first_and_zeros_for_what_is_missing(rng):
    a, b, c, d, e = frames(rng, 5, (84, 84))
    zero = np.zeros_like(a)
    for given, expected in (
        ([a], [zero, zero, zero, a]),
        ([a, b, c], [zero, a, b, c]),
        ([a, b, c, d], [a, b, c, d]),
        ([a, b, c, d, e], [b, c, d, e]),
    ):
        stack = preprocessing.stack_frames(given)
        assert stack.dtype == np.uint8 and stack.shape == (4, 84, 84)
        np.testing.assert_array_equal(stack, expected)
    np.testing.assert_array_equal(preprocessing.stack_frames([a, b, c], m=2), [b, c])
    np.testing.assert_array_equal(preprocessing.stack_frames([a, b, c], m=1), [c])


@pytest.mark.parametrize("reward, clipped", [(200, 1), (-7, -1), (0, 0), (0.5, 0.5), (-0.25, -0.25), (1, 1)])
def test_rewards_are_cut_off_at_plus_and_minus_one(reward, clipped):
    assert preprocessing.clip_reward(reward) == clipped


def test_a_life_less_or_the_end_of_the_game_is_an_end_and_nothing_else():
    for before in range(6):
        for after in range(6):
            assert preprocessing.lives_to_terminal(before, after, False) is (before - after > 0)
            assert preprocessing.lives_to_terminal(before, after, True) is True


def test_a_million_transitions_take_7_gigabytes_or_32_times_as_much():
    assert preprocessing.replay_bytes(1_000_000, each_frame_once=True) == 7_056_000_000
    assert preprocessing.replay_bytes(1_000_000) == 8 * 7_056_000_000
    assert preprocessing.replay_bytes(1_000_000, bytes_per_pixel=4) == 32 * 7_056_000_000
    stacks = np.zeros((10, 2, 3, 5, 5), np.float32)  # ten transitions of two stacks of three
    assert preprocessing.replay_bytes(10, history=3, bytes_per_pixel=4, side=5) == stacks.nbytes


def test_no_step_changes_what_it_is_given(rng):
    a, b = frames(rng, 2)
    grey = preprocessing.luminance(a)
    before = [a.copy(), b.copy(), grey.copy()]
    preprocessing.max_of_two_frames(a, b)
    preprocessing.luminance(a)
    preprocessing.resize_84(grey)
    given = [grey]
    preprocessing.stack_frames(given)
    assert len(given) == 1
    for now, then in zip((a, b, grey), before):
        np.testing.assert_array_equal(now, then)


def test_the_module_needs_numpy_and_opencv_and_nothing_of_the_course(root):
    tree = ast.parse((root / "dqn_course" / "preprocessing.py").read_text())
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    assert names == {"cv2", "numpy"}
    assert not any(isinstance(node, ast.ImportFrom) for node in ast.walk(tree))
