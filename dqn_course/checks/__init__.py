"""Checks of the exercises, one module a lesson: ``from dqn_course.checks import lesson_06 as checks``.

A check looks at what an answer does, never at how it is written. ``core`` says what a check is made of, ``student``
runs the answer, ``panel`` draws the result.
"""
