"""The errors that a person is meant to read: the message says what is wrong and what to do."""


class CourseError(Exception):
    """One sentence for the person in front; a notebook shows it without a traceback."""

    def _render_traceback_(self):
        return [f"{type(self).__name__}: {self}"]


class CheckpointError(CourseError):
    """A file of weights or of a training run that cannot be read, used or written."""


class TrainingError(CourseError):
    """Training cannot start or go on."""


class ConfigError(CourseError, ValueError):
    """A number or a name in a configuration that no run could use."""
