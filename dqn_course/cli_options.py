"""What the commands of the command line have in common: reading options, and refusing what cannot be done."""

from dqn_course.errors import CourseError


class UserError(CourseError):
    """What the person asked for cannot be done."""


def parse(kind, arguments, command, default=None):
    """The dataclass ``kind``, filled from ``arguments``; tyro explains a wrong option and ends with status 2."""
    import tyro

    start = {} if default is None else {"default": default}
    return tyro.cli(kind, prog=f"dqn-course {command}", args=arguments, config=(tyro.conf.FlagCreatePairsOff,), **start)


def require_video_name(out):
    """Raise ``UserError`` for a file that is neither .mp4 nor .gif; None is no file."""
    if out is not None and out.suffix not in (".mp4", ".gif"):
        raise UserError(f"A video is written as .mp4 or .gif, not as {out.name}.")


def require_writable(out):
    """Raise ``UserError`` when the video cannot be written to ``out``: before the play, not after it."""
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.open("ab").close()
    except OSError as problem:
        raise UserError(f"The video cannot be written to {out}: {problem.strerror}.") from None


def require_seed(seed):
    """Raise ``UserError`` for a negative seed; None is no seed."""
    if seed is not None and seed < 0:
        raise UserError(f"--seed must not be negative: {seed}.")


def require_episodes(episodes):
    """Raise ``UserError`` for less than one episode."""
    if episodes < 1:
        raise UserError(f"--episodes must be at least 1, not {episodes}.")
