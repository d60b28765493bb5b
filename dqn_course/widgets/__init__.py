"""Pictures with sliders, one module a lesson: ``from dqn_course.widgets import lesson_01 as widgets``.

``interactive`` joins a drawing function and its controls. No exercise needs a widget, and no grade depends on one.
"""
