"""Clips that play, on a machine without a display and without ffmpeg."""

import io
import os
import subprocess
import sys

import gymnasium as gym
import imageio_ffmpeg
import numpy as np
import psutil
import pytest
from PIL import Image

from dqn_course import video
from dqn_course.environments import make_lander


class Screen(gym.Env):
    """A plain screen that gets brighter by 20 a step and ends after ``length`` steps."""

    observation_space = gym.spaces.Box(0, 255, (1,), np.float32)
    action_space = gym.spaces.Discrete(2)
    metadata = {"render_modes": ["rgb_array"], "render_fps": 1000}  # noqa: RUF012

    def __init__(self, length=10, size=(60, 80), render_mode="rgb_array"):
        self.length, self.size, self.render_mode, self.closed = length, size, render_mode, False

    def reset(self, seed=None, options=None):
        self.t, self.seed = 0, seed
        return np.zeros(1, np.float32), {}

    def step(self, action):
        self.t += 1
        return np.full(1, self.t, np.float32), 1.0 + action, self.t >= self.length, False, {}

    def render(self):
        return np.full((*self.size, 3), 20 * self.t, np.uint8)

    def close(self):
        self.closed = True


def decoded(clip, tmp_path):
    """``(size, pictures a second, frames)`` of a clip, decoded by ffmpeg; frames (n, height, width, 3) uint8."""
    path = clip.save(tmp_path / "clip.mp4")
    reader = imageio_ffmpeg.read_frames(str(path))
    about = next(reader)
    width, height = about["size"]
    frames = [np.frombuffer(frame, np.uint8).reshape(height, width, 3) for frame in reader]
    return about["size"], about["fps"], np.stack(frames)


def grey(frame):
    """The brightness below the line of text."""
    return float(frame[-20:].mean())


@pytest.mark.parametrize("length, every, written", [(10, 1, 10), (10, 2, 5), (9, 2, 5), (10, 3, 4)])
def test_a_clip_has_every_nth_step_the_last_one_and_one_second_of_the_end(tmp_path, length, every, written):
    clip = video.film(lambda state: 0, lambda: Screen(length), fps=12, every=every)
    size, fps, frames = decoded(clip, tmp_path)
    assert size == clip.size == (80, 60)
    assert fps == pytest.approx(12 / every)
    assert len(frames) == written + 12 // every
    steps = [min(every * (i + 1), length) for i in range(written)] + [length] * (12 // every)
    np.testing.assert_allclose([grey(frame) for frame in frames], [20 * t for t in steps], atol=8)
    assert clip.scores == {"the player": float(length)}
    assert clip.seconds == pytest.approx(written * every / 12)


def test_a_clip_stops_after_max_t_steps(tmp_path):
    clip = video.film(lambda state: 0, lambda: Screen(10), max_t=4, fps=10, every=1)
    assert clip.scores == {"the player": 4.0}
    assert len(decoded(clip, tmp_path)[2]) == 4 + 10


@pytest.mark.parametrize("height, width", [(61, 80), (60, 81), (63, 77), (400, 600)])
def test_odd_sizes_lose_a_line_because_the_codec_wants_even_ones(tmp_path, height, width):
    clip = video.film(lambda state: 0, lambda: Screen(3, (height, width)), fps=10)
    assert decoded(clip, tmp_path)[0] == clip.size == (width - width % 2, height - height % 2)


def test_players_are_filmed_side_by_side_from_the_same_start_until_the_last_is_over(tmp_path):
    envs, lengths = [], iter([4, 8])

    def make_env():
        envs.append(Screen(next(lengths)))
        return envs[-1]

    clip = video.film({"short": lambda state: 0, "long": lambda state: 1}, make_env, seed=5, fps=10, every=1)
    size, _, frames = decoded(clip, tmp_path)
    assert size == (160, 60)
    assert [env.seed for env in envs] == [5, 5] and all(env.closed for env in envs)
    assert clip.scores == {"short": 4.0, "long": 16.0}
    assert repr(clip) == "Clip(0.8 s; score of short: 4, long: 16)"
    for t, frame in enumerate(frames[:8], start=1):
        assert grey(frame[:, :80]) == pytest.approx(20 * min(t, 4), abs=8)
        assert grey(frame[:, 80:]) == pytest.approx(20 * t, abs=8)


def test_two_landers_start_over_the_same_terrain():
    first = {}

    def watching(name):
        def policy(state):
            first.setdefault(name, state.tolist())
            return 0

        return policy

    clip = video.film({"a": watching("a"), "b": watching("b")}, lambda: make_lander("rgb_array"), seed=3, max_t=6)
    assert clip.size == (1200, 400)
    assert first["a"] == first["b"]


def test_the_name_and_the_score_are_written_on_the_picture(tmp_path):
    plain = video.film({"": lambda state: 0}, lambda: Screen(2, (100, 300)), fps=4, every=1)
    named = video.film({"somebody": lambda state: 0}, lambda: Screen(2, (100, 300)), fps=4, every=1)
    frames = [decoded(clip, tmp_path)[2] for clip in (plain, named)]
    for some in frames:
        assert some[0][:40].max() > 150 > some[0][-20:].max()  # white text on a dark screen
    assert (frames[1][0][:40] > 150).sum() > (frames[0][0][:40] > 150).sum()


def test_filming_needs_no_display_and_no_ffmpeg_of_the_system(tmp_path, monkeypatch):
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    clip = video.film(lambda state: 2, lambda: make_lander("rgb_array"), max_t=20)
    size, fps, frames = decoded(clip, tmp_path)
    assert size == (600, 400) and fps == 25 and len(frames) == 10 + 25
    assert frames.std() > 20
    assert clip.save(tmp_path / "clip.gif").stat().st_size > 1000


def test_a_gif_has_half_the_width_and_the_same_length(tmp_path):
    clip = video.film(lambda state: 0, lambda: Screen(12), fps=20, every=1)
    path = clip.save(tmp_path / "new folder" / "clip.gif")
    with Image.open(path) as gif:
        assert gif.size == (40, 30)
        durations = []
        for frame in range(gif.n_frames):
            gif.seek(frame)
            durations.append(gif.info["duration"])
    assert sum(durations) / 1000 == pytest.approx((12 + 20) / 20, abs=0.1)


def test_another_suffix_is_a_value_error_and_nothing_is_written(tmp_path):
    clip = video.Clip(b"", {}, 1.0, (2, 2))
    with pytest.raises(ValueError, match=r"saved as .mp4 or .gif, not as 'clip.avi'"):
        clip.save(tmp_path / "clip.avi")
    assert list(tmp_path.iterdir()) == []


def test_a_notebook_shows_a_clip_that_plays_by_itself_with_text_for_the_blind():
    clip = video.film({'my "best" <b>': lambda state: 0}, lambda: Screen(3), fps=10)
    page = clip._repr_html_()
    assert "<video controls autoplay loop muted playsinline" in page and 'src="data:video/mp4;base64,' in page
    assert 'aria-label="Clip(0.4 s; score of my &quot;best&quot; &lt;b&gt;: 3)"' in page
    assert page.count("<") == 2  # no tag but <video> and </video>


@pytest.mark.parametrize("show", ["film", "show_live"])
def test_an_environment_without_frames_is_one_sentence(show):
    with pytest.raises(ValueError, match='render_mode=None; make it with render_mode="rgb_array"'):
        getattr(video, show)(lambda state: 0, make_lander if show == "film" else make_lander())


def test_a_policy_that_fails_is_not_followed_by_a_lost_ffmpeg():
    def failing(state):
        if state[0] >= 3:
            raise ZeroDivisionError("mine")
        return 0

    with pytest.raises(ZeroDivisionError, match="mine") as caught:
        video.film(failing, Screen, fps=10)
    assert caught.tb is not None  # it holds all that film() held, as a traceback in a notebook does
    children = psutil.Process().children(recursive=True)
    assert [child for child in children if "ffmpeg" in child.name()] == []


@pytest.mark.parametrize("length, pictures", [(10, 4), (11, 5)])
def test_the_live_view_replaces_its_picture_to_the_last_and_returns_the_score(monkeypatch, length, pictures):
    calls, brightness = [], []
    monkeypatch.setattr(video, "clear_output", lambda wait=False: calls.append(f"clear wait={wait}"))

    def display(picture):
        calls.append("display")
        with Image.open(io.BytesIO(picture.data)) as image:
            brightness.append(np.asarray(image).mean())

    monkeypatch.setattr(video, "display", display)
    assert video.show_live(lambda state: 1, Screen(length), every=3) == 2.0 * length
    assert calls == ["clear wait=True", "display"] * pictures
    assert brightness == [20, 80, 140, 200, 220][:pictures]


# --- the virtual display


@pytest.fixture
def server(monkeypatch):
    """A machine without a display."""
    monkeypatch.setattr(sys, "platform", "linux")
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)


def test_without_xvfb_the_virtual_display_is_one_line_and_nothing_else(server, monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("PATH", str(tmp_path))
    with video.virtual_display() as screen:
        assert screen is None and not video.has_display()
    (line,) = capsys.readouterr().out.splitlines()
    assert "Xvfb is not installed" in line and "apt install xvfb" in line and "rgb_array" in line


@pytest.mark.parametrize("name", ["DISPLAY", "WAYLAND_DISPLAY"])
def test_where_there_is_a_display_no_virtual_one_is_started(server, monkeypatch, capsys, name):
    monkeypatch.setenv(name, ":7")
    with video.virtual_display() as screen:
        assert screen is None and os.environ[name] == ":7"
    assert capsys.readouterr().out == "This machine has a display, so no virtual one is needed.\n"


@pytest.mark.parametrize("platform", ["darwin", "win32"])
def test_on_a_mac_and_on_windows_there_is_always_a_display(server, monkeypatch, platform):
    monkeypatch.setattr(sys, "platform", platform)
    assert video.has_display()


@pytest.mark.display
def test_a_window_opens_on_the_virtual_display_and_the_display_is_gone_afterwards():
    code = """
import os, psutil
from dqn_course import video
from dqn_course.environments import make_lander
with video.virtual_display() as screen:
    print(os.environ["DISPLAY"] == f":{screen.display}", video.has_display())
    env = make_lander("human")
    env.reset(seed=0)
    for _ in range(3):
        env.step(0)
    import pygame
    print(pygame.display.get_driver(), pygame.display.get_window_size())
    env.close()
print("DISPLAY" in os.environ, video.has_display())
print([child.name() for child in psutil.Process().children() if "Xvfb" in child.name()])
"""
    hidden = ("DISPLAY", "WAYLAND_DISPLAY", "SDL_VIDEODRIVER")
    bare = {name: value for name, value in os.environ.items() if name not in hidden}
    result = subprocess.run([sys.executable, "-c", code], env=bare, capture_output=True, text=True, timeout=60)
    assert result.stdout.splitlines()[-4:] == ["True True", "x11 (600, 400)", "False False", "[]"], result.stderr
