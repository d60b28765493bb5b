"""Each known wrong answer loses points with its own diagnosis; each right answer, however written, keeps them all.

``--seeds 20`` draws more cases for each.
"""

import importlib
import re
from pathlib import Path

import mutants
import numpy as np
import pytest

MODULES = [
    importlib.import_module(f"mutants.{path.stem}")
    for path in sorted((Path(__file__).parent / "mutants").glob("lesson_*.py"))
    if path.stem.count("_") == 1
]
EXERCISES = {name: exercise for module in MODULES for name, exercise in module.EXERCISES.items()}
LESSON = {name: module.LESSON for module in MODULES for name in module.EXERCISES}


def check_of(name):
    return getattr(importlib.import_module(f"dqn_course.checks.lesson_{LESSON[name][:2]}"), name)


def each(kind):
    return [
        pytest.param(name, answer, id=f"{name}: {answer.name}")
        for name, exercise in EXERCISES.items()
        for answer in getattr(exercise, kind)
    ]


def seeds(name, count):
    """``count`` seeds of an answer: 0, and others that its name chooses, so that all answers together try many."""
    return [0, *np.random.default_rng(list(name.encode())).integers(1, 1000, count - 1).tolist()]


def hand_in(name, answer, folder):
    """What a student would hand to the check: a file name, or a function of the notebook."""
    exercise = EXERCISES[name]
    source = mutants.fill(mutants.cell(LESSON[name], name), answer.solutions, answer.changes)
    if not exercise.file:
        return mutants.function(source, name, exercise.names)
    (folder / exercise.file).write_text(source)
    return folder / exercise.file


@pytest.mark.parametrize("exercise, answer", each("wrong"))
def test_a_wrong_answer_loses_points_with_its_own_diagnosis(exercise, answer, tmp_path, capfd, pytestconfig):
    check = check_of(exercise)
    handed_in = hand_in(exercise, answer, tmp_path)
    for seed in seeds(answer.name, pytestconfig.getoption("seeds")):
        verdict = check(handed_in, seed=seed)
        assert {finding.key for finding in verdict.findings} == set(answer.findings.split()), f"seed {seed}\n{verdict}"
        assert verdict.points == answer.points, f"seed {seed}\n{verdict}"
        assert verdict.points < check.points
        for finding in verdict.findings:
            assert finding.message.endswith((".", "?")) and "{" not in finding.message
    assert capfd.readouterr() == ("", "")  # nbgrader gives 0 to a cell that writes to stderr


@pytest.mark.parametrize("exercise, answer", each("right"))
def test_a_right_answer_keeps_all_points(exercise, answer, tmp_path, capfd, pytestconfig):
    check = check_of(exercise)
    handed_in = hand_in(exercise, answer, tmp_path)
    for seed in seeds(answer.name, 2 * pytestconfig.getoption("seeds")):
        verdict = check(handed_in, seed=seed)
        assert verdict.points == check.points, f"seed {seed}\n{verdict}"
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("exercise", EXERCISES)
def test_there_are_enough_mutants_of_every_kind(exercise):
    answers = EXERCISES[exercise]
    names = [answer.name for answer in answers.wrong + answers.right]
    assert len(set(names)) == len(names)
    assert (len(answers.wrong) >= 10 and len(answers.right) >= 3) or (answers.few and answers.wrong and answers.right)


def test_every_exercise_of_every_lesson_has_its_mutants():
    for lesson in mutants.LESSONS.glob("[0-9][0-9]_*/*.py"):
        named = re.findall(r'^# %% exercise="(\w+)"', lesson.read_text(), re.MULTILINE)
        assert set(named) <= {name for name in EXERCISES if LESSON[name] == lesson.stem}
