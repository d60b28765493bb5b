"""Gameplay that a person can look at: smooth embedded clips, a live view, and a virtual display for servers.

Clips are encoded by the ffmpeg binary that imageio-ffmpeg brings along; no system ffmpeg is needed. Frames come
from ``env.render()`` with ``render_mode="rgb_array"``, which needs no display either.
"""

import base64
import html
import io
import os
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import closing, contextmanager
from pathlib import Path

import imageio_ffmpeg
import numpy as np
from IPython.display import Image as Picture
from IPython.display import clear_output, display
from PIL import Image, ImageDraw, ImageFont, ImageOps


class Clip:
    """A video of one episode (or of several side by side). The last line of a cell shows it.

    Attributes: ``mp4`` the encoded bytes, ``scores`` one a player, ``seconds`` of play, ``size`` (width, height).
    """

    def __init__(self, mp4, scores, seconds, size):
        self.mp4, self.scores, self.seconds, self.size = mp4, scores, seconds, size

    def save(self, path):
        """Write the clip to ``path``: ``.mp4`` as it is, ``.gif`` converted (20 pictures a second, half the width)."""
        path = Path(path)
        if path.suffix not in (".mp4", ".gif"):
            raise ValueError(f"a clip is saved as .mp4 or .gif, not as {path.name!r}")
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix == ".mp4":
            path.write_bytes(self.mp4)
            return path
        with tempfile.TemporaryDirectory() as folder:
            mp4 = Path(folder) / "clip.mp4"
            mp4.write_bytes(self.mp4)
            palette = "fps=20,scale=iw/2:-2:flags=lanczos,split[a][b];[a]palettegen=max_colors=96[p];[b][p]paletteuse"
            command = [imageio_ffmpeg.get_ffmpeg_exe(), "-y", "-loglevel", "error", "-i", mp4, "-vf", palette, path]
            subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
        return path

    def __repr__(self):
        scores = ", ".join(f"{name}: {score:.0f}" for name, score in self.scores.items())
        return f"Clip({self.seconds:.1f} s; score of {scores})"

    def _repr_html_(self):
        data, label = base64.b64encode(self.mp4).decode(), html.escape(repr(self))
        return (
            f'<video controls autoplay loop muted playsinline width="{min(self.size[0], 900)}" '
            f'style="max-width: 100%" aria-label="{label}" src="data:video/mp4;base64,{data}"></video>'
        )


def film(players, make_env, seed=0, max_t=1000, fps=50, every=2, zoom=1, text_above=False):
    """Film one episode of each player, side by side from the same start; return a ``Clip``.

    An environment may show several pictures a step: their number as ``pictures_per_step``, and ``screens``, those of
    its last step, oldest first.

    Parameters
    ----------
    players: a function from state to action, or a dict from a name to such a function.
    make_env: a function that makes the environment, with ``render_mode="rgb_array"``.
    seed: the terrain; the same for all players.
    max_t: agent steps at most.
    fps: agent steps a second in real time (50 for the lander).
    every: film every n-th step; 2 halves the size and still looks smooth.
    zoom: every pixel becomes so many rows and columns.
    text_above: name and score stand above the picture, not on it.
    """
    if not isinstance(players, dict):
        players = {"": players}
    stages = [_Stage(name, policy, make_env(), seed, zoom, text_above) for name, policy in players.items()]
    picture = _side_by_side(stages)
    per_step = max(stage.pictures_per_step for stage in stages)
    height, width = (side - side % 2 for side in picture.shape[:2])  # the codec wants even sides
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "clip.mp4"
        writer = imageio_ffmpeg.write_frames(
            str(path), (width, height), fps=fps * per_step / every, codec="libx264", pix_fmt_out="yuv420p",
            macro_block_size=2, output_params=["-crf", "26", "-preset", "veryfast", "-movflags", "+faststart"],
            ffmpeg_log_level="error",
        )  # fmt: skip
        with closing(writer):  # ffmpeg ends with it, also when a policy raises
            writer.send(None)
            t = filmed = 0
            while t < max_t and any(stage.playing for stage in stages):
                for stage in stages:
                    stage.step()
                t += 1
                if t % every == 0 or not any(stage.playing for stage in stages):
                    for i in range(per_step):
                        picture = np.ascontiguousarray(_side_by_side(stages, i)[:height, :width])
                        writer.send(picture)
                    filmed += 1
            for _ in range(int(fps * per_step / every)):  # one second to see how it ended
                writer.send(picture)
        mp4 = path.read_bytes()
    for stage in stages:
        stage.env.close()
    scores = {stage.name or "the player": stage.score for stage in stages}
    return Clip(mp4, scores, filmed * every / fps, (width, height))


def _side_by_side(stages, i=-1):
    return np.concatenate([stage.picture(i) for stage in stages], axis=1)


class _Stage:
    """One player in one environment, while it is filmed."""

    def __init__(self, name, policy, env, seed, zoom=1, text_above=False):
        _require_frames(env)
        self.name, self.policy, self.env, self.zoom, self.text_above = name, policy, env, zoom, text_above
        self.state, _ = env.reset(seed=seed)
        self.score, self.playing = 0.0, True
        self.pictures_per_step = getattr(env, "pictures_per_step", 1)

    def step(self):
        if self.playing:
            self.state, reward, terminated, truncated, _ = self.env.step(self.policy(self.state))
            self.score += float(reward)
            self.playing = not (terminated or truncated)

    def picture(self, i=-1):
        """Picture ``i`` of the last step with the player's name and score on it, uint8 (height, width, 3)."""
        screens = getattr(self.env, "screens", None) or [self.env.render()]
        frame = Image.fromarray(screens[min(i, len(screens) - 1)])
        frame = frame.resize((frame.width * self.zoom, frame.height * self.zoom), Image.Resampling.NEAREST)
        text = f"{self.name}   score {self.score:.0f}".strip() + ("" if self.playing else "   (over)")
        size = max(11, frame.height // 22)
        if self.text_above:
            frame = ImageOps.expand(frame, (0, 2 * size, 0, 0))
        ImageDraw.Draw(frame).text((12, 8), text, fill="white", font=ImageFont.load_default(size))
        return np.asarray(frame)


def _require_frames(env):
    if env.render_mode != "rgb_array":
        raise ValueError(f'this environment has render_mode={env.render_mode!r}; make it with render_mode="rgb_array"')


def _picture(frame):
    data = io.BytesIO()
    Image.fromarray(frame).save(data, "png", compress_level=1)
    return Picture(data=data.getvalue())


def show_live(policy, env, seed=None, max_t=1000, every=3):
    """Play one episode and show it as it happens, below the cell; return the score.

    This is the classic notebook pattern: draw a frame, ``clear_output(wait=True)``, draw the next. The picture is
    only as smooth as the connection to the kernel; ``film`` gives a smooth clip. ``env`` needs
    ``render_mode="rgb_array"``.
    """
    _require_frames(env)
    state, _ = env.reset(seed=seed)
    score = 0.0
    for t in range(max_t):
        state, reward, terminated, truncated, _ = env.step(policy(state))
        score += float(reward)
        if t % every == 0 or terminated or truncated:
            clear_output(wait=True)  # wait: the old frame stays until the new one is there, so nothing flickers
            display(_picture(env.render()))
            time.sleep(every / env.metadata.get("render_fps", 50) / 2)
        if terminated or truncated:
            break
    return score


@contextmanager
def virtual_display(size=(1400, 900)):
    """A display for ``render_mode="human"`` on a machine that has none (a server, a container).

    It starts Xvfb through pyvirtualdisplay. Where there already is a display, or where Xvfb is missing, nothing
    happens but one line that says so. ``render_mode="rgb_array"``, used all over the course, never needs it.
    Yields the display, or None.
    """
    if has_display():
        print("This machine has a display, so no virtual one is needed.")
        yield None
    elif shutil.which("Xvfb") is None:
        print(
            "No virtual display: Xvfb is not installed (Debian, Ubuntu: apt install xvfb). "
            'You only need it for render_mode="human"; render_mode="rgb_array" works without.'
        )
        yield None
    else:
        from pyvirtualdisplay import Display

        with Display(visible=False, size=size) as screen:
            yield screen


def has_display():
    """True where a window can be opened: macOS and Windows, or a running X or Wayland server."""
    if sys.platform in ("darwin", "win32"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
