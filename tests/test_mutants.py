"""Each known wrong answer loses points with its own diagnosis; each right answer, however written, keeps them all."""

import mutants
import pytest
import torch
from mutants import learn, mean_of_last, q_network, td_targets

from dqn_course.checks import lesson_00, lesson_06

EXERCISES = {
    "mean_of_last": (lesson_00.mean_of_last, "00_welcome", mean_of_last, None),
    "td_targets": (lesson_06.td_targets, "06_lunar_lander", td_targets, None),
    "QNetwork": (lesson_06.QNetwork, "06_lunar_lander", q_network, "model.py"),
    "learn": (lesson_06.learn, "06_lunar_lander", learn, "dqn_agent.py"),
}
MUTANT_SEEDS = (0, 7, 123)
RIGHT_SEEDS = range(20)


def each(kind):
    return [
        pytest.param(exercise, answer, id=f"{exercise}: {answer.name}")
        for exercise, (_, _, answers, _) in EXERCISES.items()
        for answer in getattr(answers, kind)
    ]


def hand_in(exercise, answer, folder):
    """What a student would hand to the check: a file name, or a function of the notebook."""
    _, lesson, _, file = EXERCISES[exercise]
    source = mutants.fill(mutants.cell(lesson, exercise), answer.solutions, answer.changes)
    if file is None:
        return mutants.function(source, exercise, {"torch": torch})
    (folder / file).write_text(source)
    return folder / file


@pytest.mark.parametrize("exercise, answer", each("WRONG"))
def test_a_wrong_answer_loses_points_with_its_own_diagnosis(exercise, answer, tmp_path, capfd):
    check = EXERCISES[exercise][0]
    handed_in = hand_in(exercise, answer, tmp_path)
    for seed in MUTANT_SEEDS:
        verdict = check(handed_in, seed=seed)
        assert {finding.key for finding in verdict.findings} == set(answer.findings.split()), f"seed {seed}\n{verdict}"
        assert verdict.points == answer.points, f"seed {seed}\n{verdict}"
        assert verdict.points < check.points
        for finding in verdict.findings:
            assert finding.message.endswith((".", "?")) and "{" not in finding.message
    assert capfd.readouterr() == ("", "")  # nbgrader gives 0 to a cell that writes to stderr


@pytest.mark.parametrize("exercise, answer", each("RIGHT"))
def test_a_right_answer_keeps_all_points(exercise, answer, tmp_path, capfd):
    check = EXERCISES[exercise][0]
    handed_in = hand_in(exercise, answer, tmp_path)
    for seed in RIGHT_SEEDS:
        verdict = check(handed_in, seed=seed)
        assert verdict.points == check.points, f"seed {seed}\n{verdict}"
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("exercise", EXERCISES)
def test_there_are_enough_mutants_of_every_kind(exercise):
    _, _, answers, _ = EXERCISES[exercise]
    assert len(answers.WRONG) >= (8 if exercise == "mean_of_last" else 12)
    assert len(answers.RIGHT) >= 4
    assert len({answer.name for answer in answers.WRONG + answers.RIGHT}) == len(answers.WRONG) + len(answers.RIGHT)
