"""For trainings that are killed: a child's end, and a death by SIGKILL at a chosen call."""

import os
import signal


def ended(pid):
    """Wait for a child; its exit status, negative for the signal that killed it."""
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def at_call(name, count, after):
    """A function that makes this process die right before or after the ``count``-th call of ``os.name``."""

    def prepare():
        real, calls = getattr(os, name), [0]

        def deadly(*args):
            calls[0] += 1
            if calls[0] == count and not after:
                os.kill(os.getpid(), signal.SIGKILL)
            real(*args)
            if calls[0] == count:
                os.kill(os.getpid(), signal.SIGKILL)

        setattr(os, name, deadly)

    return prepare
