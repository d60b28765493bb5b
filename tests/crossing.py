"""Checks whose cases and outputs go through bytes, as they do between the grader and a student's process."""

import mutants
import numpy as np

from dqn_course.checks.core import pack, unpack


def require_the_same_verdict(check, exercise, lesson, name):
    """The first right answer passes and the first wrong one gets its findings, with all values packed and unpacked.

    exercise: the right and wrong answers to ``name`` in ``lesson``, from ``tests/mutants/``.
    """
    cases = check.cases(np.random.default_rng(3))
    crossed = [unpack(pack(case.values)) for case in cases]
    for answer, right in ((exercise.right[0], True), (exercise.wrong[0], False)):
        source = mutants.fill(mutants.cell(lesson, name), answer.solutions, answer.changes)
        function = mutants.function(source, name, exercise.names)
        again = [type(case)(case.name, case.proves, values) for case, values in zip(cases, crossed)]
        outputs = check.run_cases(function, again)
        verdict = check.judge_outputs(cases, [unpack(pack(output)) for output in outputs])
        assert verdict.passed == right, str(verdict)
        assert {finding.key for finding in verdict.findings} == set("" if right else answer.findings.split())
