"""What the grader does to trust a test, and what it leaves of the checks inside the sandbox."""

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from dqn_course.checks import core, student
from dqn_course.grading import stripped
from dqn_course.grading.marking import reworded, unpacked
from dqn_course.grading.sandbox import Limits, Sandbox

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


def forged(shape, start=0):
    """Bytes as a student's process could send them: a value that says of itself what shape it has."""
    file = io.BytesIO()
    named = {"array": "f8", "start": start, "shape": shape}
    np.savez_compressed(file, json=np.array(json.dumps({"list": [named]})), f8=np.zeros(1_500_000))
    return file.getvalue()


@pytest.mark.parametrize(
    "shape",
    [
        [1_000_001],
        [-1],
        [-5, 2],
        [0, 10**18],
        [10**18, 0],
        [10**30],
        [1] * 65,
        [1.5],
        "x",
        None,
        {},
        [[1]],
        [2, -1, -1],
    ],
    ids=str,
)
def test_an_array_of_an_impossible_shape_is_refused_or_small(shape):
    try:
        (array,) = unpacked(forged(shape))
    except Exception:  # whatever it is, the grader takes it for no answer
        return
    assert array.size <= student.SIZE_LIMIT and max(array.shape, default=0) <= student.SIZE_LIMIT


@pytest.mark.parametrize("start", [2_000_000, -1, "f8", 0.5, None])
def test_an_array_that_begins_where_there_is_none_is_refused_or_small(start):
    try:
        (array,) = unpacked(forged([2], start))
    except Exception:
        return
    assert array.shape == (2,)


def test_what_an_honest_process_sends_is_unpacked():
    value = [
        {"value": np.arange(6.0).reshape(2, 3), "n": 3},
        {"value": np.array(2, np.int8), "n": None},
        np.zeros((0, 3)),
    ]
    for got in (unpacked(core.pack(value)), unpacked(core.pack([np.zeros(900_000)] * 2 + value))[2:]):
        assert np.array_equal(got[0]["value"], value[0]["value"]) and got[1]["value"].shape == ()
        assert got[1]["value"].dtype == np.int8 and got[2].shape == (0, 3) and got[0]["n"] == 3


LEFT_BEHIND = """
import gc, sys, types
gc.unfreeze()
kinds = (types.FrameType, types.TracebackType, BaseException)
for it in [it for it in gc.get_objects() if isinstance(it, kinds)]:
    print(repr(it))
print([name for name in dir(sys) if name.startswith("last_")], In[1:-1], Out, _)
"""


@pytest.mark.sandbox
def test_a_submission_finds_nothing_of_what_the_sandbox_has_rehearsed():
    sandbox = Sandbox()
    try:
        for _ in range(3):
            with sandbox.submission([], Limits()) as running:
                assert running.cell(LEFT_BEHIND)["outputs"][0]["text"].split() == ["[]", "[]", "{}"]
        assert Path(sandbox.folder, "log").read_text() == ""  # every process of it has ended as it should
    finally:
        sandbox.stop()


@pytest.mark.sandbox
def test_a_virtual_environment_that_is_a_link_is_there_in_the_sandbox(root, tmp_path):
    link = tmp_path / "linked"
    link.symlink_to(sys.prefix)
    code = (
        "import subprocess, sys; from dqn_course.grading import sandbox; sandbox.try_wall(); sys.exit(subprocess.run("
        "[*sandbox.wall(), sys.executable, '-c', 'import sys, numpy; print(sys.prefix, numpy.__file__)']).returncode)"
    )
    command = [link / "bin" / "python", "-c", code]
    said = subprocess.run(command, capture_output=True, text=True, env=os.environ | {"PYTHONPATH": str(root)})
    assert said.returncode == 0, said.stderr
    assert said.stdout.split()[0] == str(link) and said.stdout.split()[1].startswith(str(link))
