"""Helpers of the deep Q-learning course: what the notebooks import.

Importing the package is light on purpose (no torch, no gymnasium), so that a kernel starts fast.
Import the module you need: ``from dqn_course import training``.
"""

__version__ = "0.1.0"
