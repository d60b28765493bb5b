"""What the grader does to trust a test, and what it leaves of the checks inside the sandbox."""

import subprocess
import sys

import numpy as np
import pytest

from dqn_course.grading import stripped
from dqn_course.grading.marking import reworded

TEST = """
values = [total([1, 2]), total([])]
assert values[0] == 3
for value in values:
    assert value >= 0, "never below 0"
assert np.allclose(total([0.5, 0.25]), 0.75)
"""


def passes(source, total):
    try:
        exec(source, {"np": np, "total": total})
    except Exception:
        return False
    return True


@pytest.mark.parametrize("source", [TEST, "np.testing.assert_allclose(total([2]), 2)\nassert total([]) == 0"])
def test_a_test_in_other_words_says_the_same_and_its_opposite_fails(source):
    texts = set()
    for _ in range(20):
        same, opposite = reworded(source, True), reworded(source, False)
        texts |= {same, opposite}
        assert passes(same, sum) and not passes(opposite, sum)
        assert not passes(same, len)
    assert len(texts) > 10  # nobody can know beforehand what is asked


def test_a_test_without_assertions_has_no_other_words():
    assert reworded("checks.total(total)", True) == reworded("checks.total(total)", False) == ""


WHAT_IS_LEFT = """
import gc, importlib, sys, weakref
from dqn_course.checks import core
from dqn_course.grading import stripped

texts = stripped.sources()
with stripped.Importer(texts) as importer:
    modules = [importlib.import_module(name) for name in texts]
knowing = []
for module in modules:
    for check in [value for value in vars(module).values() if isinstance(value, core.Check)]:
        knowing += [weakref.ref(check), weakref.ref(check.judge), weakref.ref(check.cases)]
count = len(knowing)
del check, module
assert count > 3 * 30, count
stripped.strip()
alive = [thing() for thing in knowing if thing() is not None]
assert not alive, alive
assert not importer.texts and importer not in sys.meta_path
runs = [value for module in modules for value in vars(module).values() if isinstance(value, stripped.RunsAnswers)]
assert len(runs) >= count / 3
assert repr(runs[0](None)) == "0" and "judged outside" in str(runs[0](None))
formulas = [name for module in modules for name in vars(module) if name.endswith("MISTAKES")]
assert not formulas, formulas
"""


def test_no_check_inside_the_sandbox_knows_cases_or_right_answers():
    done = subprocess.run([sys.executable, "-c", WHAT_IS_LEFT], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_the_sources_are_those_of_the_lessons():
    assert {"dqn_course.checks.lesson_00", "dqn_course.checks.lesson_06"} <= set(stripped.sources())
    assert not {"dqn_course.checks.core", "dqn_course.checks.student"} & set(stripped.sources())
