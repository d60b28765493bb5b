"""A check survives whatever an answer does, leaves everything as it was, and says plainly what happened."""

import logging
import math
import random
import re
import subprocess
import sys
import time
import types
import warnings
from dataclasses import replace

import mutants
import nbformat
import numpy as np
import pytest
import torch
from IPython.core.formatters import DisplayFormatter
from mutants import learn as learn_answers
from mutants import q_network as q_network_answers
from nbgrader.utils import determine_grade

from dqn_course.checks import core, lesson_00, lesson_06, lesson_07
from dqn_course.checks.core import Behaviour, Case, Check, Finding, pack, unpack

CHECKS = {
    "mean_of_last": (lesson_00.mean_of_last, "00_welcome", None),
    "td_targets": (lesson_06.td_targets, "06_lunar_lander", None),
    "QNetwork": (lesson_06.QNetwork, "06_lunar_lander", "model.py"),
    "learn": (lesson_06.learn, "06_lunar_lander", "dqn_agent.py"),
}
every_exercise = pytest.mark.parametrize("exercise", CHECKS)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The student's folder, which is the working directory."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def td_targets(rewards, next_q, terminated, gamma):
    return rewards + gamma * (1 - terminated) * next_q.max(dim=1, keepdim=True).values


def reference(exercise, folder):
    """The lesson's own solution, as a student would hand it to the check."""
    _, lesson, file = CHECKS[exercise]
    source = mutants.cell(lesson, exercise)
    if file is None:
        return mutants.function(source, exercise, {"torch": torch})
    (folder / file).write_text(source)
    return file


def stub(exercise, folder):
    """The exercise as it is released."""
    _, lesson, file = CHECKS[exercise]
    source = mutants.fill(mutants.cell(lesson, exercise), ())
    if file is None:
        return mutants.function(source, exercise)
    (folder / file).write_text(source)
    return file


def write(folder, answer, file="dqn_agent.py", exercise="learn"):
    """A file with ``answer`` filled in; returns its text."""
    source = mutants.fill(mutants.cell("06_lunar_lander", exercise), answer.solutions, answer.changes)
    (folder / file).write_text(source)
    return source


# What a verdict looks like


@every_exercise
def test_the_solution_of_the_lesson_keeps_all_points(exercise, folder):
    verdict = CHECKS[exercise][0](reference(exercise, folder))
    assert verdict.points == verdict.total
    assert verdict.passed and not verdict.findings


@every_exercise
def test_the_points_of_a_check_are_those_of_its_cell(exercise):
    check, lesson, _ = CHECKS[exercise]
    source = (mutants.LESSONS / lesson / f"{lesson}.py").read_text()
    assert check.points == float(re.search(rf'check="{exercise}" points=(\S+)', source)[1])


@every_exercise
def test_an_untouched_stub_is_not_implemented_yet(exercise, folder):
    verdict = CHECKS[exercise][0](stub(exercise, folder))
    assert verdict.todo and verdict.points == 0 and not verdict.findings
    assert "not implemented yet" in str(verdict) and "not implemented yet" in verdict._repr_html_()
    assert "raise NotImplementedError" in str(verdict)  # the line is shown


def test_a_half_written_network_is_not_implemented_yet_either(folder):
    write(folder, mutants.Right("half", (q_network_answers.LAYERS, None)), "model.py", "QNetwork")
    verdict = lesson_06.QNetwork("model.py")
    assert verdict.todo and "`forward` is not implemented yet" in str(verdict)


def test_nbgrader_reads_the_points_as_partial_credit_and_a_person_sees_the_panel():
    verdict = lesson_06.td_targets(lambda r, q, d, g: r + g * q.max(1, keepdim=True)[0])
    data, _ = DisplayFormatter().format(verdict)
    assert data["text/plain"] == repr(verdict) == "2"
    assert "(1 - terminated) missing?" in data["text/html"]
    cell = nbformat.v4.new_code_cell(outputs=[nbformat.v4.new_output("execute_result", data=data)])
    cell.metadata.nbgrader = {"grade": True, "solution": False, "points": 3, "grade_id": "td_targets_check"}
    assert determine_grade(cell) == (2, 3)


def test_half_points_are_written_as_a_plain_number():
    assert repr(lesson_00.mean_of_last(lambda scores, n=100: sum(scores[-n:]) / n)) == "1.5"


def test_a_verdict_depends_on_the_answer_and_the_seed_alone(folder):
    write(folder, next(answer for answer in learn_answers.WRONG if answer.name == "fourth power"))
    texts = []
    for global_seed in (1, 2):
        torch.manual_seed(global_seed), np.random.seed(global_seed), random.seed(global_seed)
        texts.append(str(lesson_06.learn("dqn_agent.py", seed=5)))
    assert texts[0] == texts[1] != str(lesson_06.learn("dqn_agent.py", seed=6))


def test_text_of_the_student_cannot_become_html():
    def answer(rewards, next_q, terminated, gamma):
        print("<script>alert(1)</script>")
        warnings.warn("<img src=x>", stacklevel=1)
        raise ValueError("<b>")

    html = lesson_06.td_targets(answer)._repr_html_()
    assert "<script" not in html and "<img" not in html and "<b>" not in html
    assert "&lt;script&gt;" in html and "&lt;img" in html


def test_warnings_and_printed_text_are_shown_once_and_capped():
    def answer(rewards, next_q, terminated, gamma):
        print("hello\n" * 100_000)
        warnings.warn("look at the shapes", stacklevel=1)
        return td_targets(rewards, next_q, terminated, gamma)

    verdict = lesson_06.td_targets(answer)
    assert verdict.passed
    assert [note["kind"] for note in verdict.notes] == ["warning", "printed"]
    assert len(verdict._repr_html_()) < 10_000
    assert 'warnings.warn("look at the shapes"' in str(verdict)


def test_the_broadcasting_warning_of_pytorch_is_shown(folder):
    write(folder, next(answer for answer in learn_answers.WRONG if answer.name == "(B, 1) against (B,)"))
    verdict = lesson_06.learn("dqn_agent.py")
    assert any("broadcasting" in note["message"] and note["where"] == "dqn_agent.py" for note in verdict.notes)


# Answers that misbehave


class LyingArray:
    """Equal to everything, with numbers that cannot be had."""

    def __eq__(self, other):
        return True

    def __array__(self, *args, **kwargs):
        raise RuntimeError("no")

    def __getattr__(self, name):
        return lambda *args, **kwargs: True


class BadMessage(Exception):
    def __str__(self):
        raise ValueError


def raises(error):
    def answer(*args, **kwargs):
        raise error

    return answer


def recursion(*args, **kwargs):
    return recursion(*args, **kwargs)


MISBEHAVING = {
    "None": None,
    "a number": 3,
    "a lying object": LyingArray(),
    "no arguments": lambda: 1,
    "returns None": lambda *args, **kwargs: None,
    "returns a lying object": lambda *args, **kwargs: LyingArray(),
    "returns itself": lambda *args, **kwargs: recursion,
    "returns text": lambda *args, **kwargs: "5.5",
    "returns a generator": lambda *args, **kwargs: (x for x in range(3)),
    "returns a ragged list": lambda *args, **kwargs: [[1], [2, 3]],
    "returns ten million numbers": lambda *args, **kwargs: np.zeros(10_000_000),
    "returns nan": lambda *args, **kwargs: float("nan"),
    "returns an endless number": lambda *args, **kwargs: 10**400,
    "returns complex numbers": lambda *args, **kwargs: np.array([1j]),
    "returns an empty tensor": lambda *args, **kwargs: torch.zeros(0),
    "exits": raises(SystemExit(1)),
    "recurses": recursion,
    "runs out of memory": raises(MemoryError()),
    "raises without a message": raises(BadMessage()),
    "raises a bare exception": raises(BaseException("odd")),
    "raises NotImplementedError from a library": lambda *args, **kwargs: torch.nn.Module()(1),
}


@pytest.mark.parametrize("answer", MISBEHAVING.values(), ids=MISBEHAVING)
@every_exercise
def test_no_answer_makes_a_check_raise_or_write_or_give_points(exercise, answer, capfd):
    verdict = CHECKS[exercise][0](answer)
    assert verdict.points == 0 and not verdict.todo
    assert verdict.findings and all(finding.key != "unreadable" for finding in verdict.findings)
    assert str(verdict) and verdict._repr_html_()
    assert capfd.readouterr() == ("", "")


def test_nothing_reaches_stderr(capfd):
    handler = logging.StreamHandler()
    logging.getLogger().addHandler(handler)
    try:

        def answer(rewards, next_q, terminated, gamma):
            print("to stderr", file=sys.stderr)
            warnings.warn("careful", stacklevel=1)
            logging.warning("logged")
            np.log(np.zeros(1))
            return td_targets(rewards, next_q, terminated, gamma)

        assert lesson_06.td_targets(answer).passed
    finally:
        logging.getLogger().removeHandler(handler)
    assert capfd.readouterr() == ("", "")


def test_the_stop_button_stops_and_leaves_everything_as_it_was():
    before = torch.get_rng_state(), dict(sys.modules), list(sys.path), sys.stdout
    with pytest.raises(KeyboardInterrupt):
        lesson_06.td_targets(raises(KeyboardInterrupt()))
    assert torch.equal(torch.get_rng_state(), before[0])
    assert sys.modules == before[1] and sys.path == before[2] and sys.stdout is before[3]


def test_an_answer_cannot_change_what_is_expected():
    def answer(rewards, next_q, terminated, gamma):
        for tensor in (rewards, next_q, terminated):
            tensor.zero_()
        return rewards

    assert lesson_06.td_targets(answer).points == 0


# Global state


@every_exercise
def test_a_check_leaves_generators_modes_modules_and_path_as_they_were(exercise, folder):
    answer = reference(exercise, folder)
    if isinstance(answer, str):
        text = (folder / answer).read_text()
        (folder / "friend.py").write_text("x = 1")
        sabotage = "import friend, sys, torch\nsys.path.append('/nowhere')\ntorch.set_default_dtype(torch.float64)\n"
        (folder / answer).write_text(sabotage + text + "\ntorch.set_grad_enabled(False)\n")
    mine = sys.modules["model"] = types.ModuleType("model")
    random.seed(1), np.random.seed(1), torch.manual_seed(1)

    def state():
        draws = random.getstate(), repr(np.random.get_state()), torch.get_rng_state().tolist()
        modes = torch.is_grad_enabled(), torch.get_default_dtype(), logging.root.manager.disable
        return draws, modes, list(sys.path), set(sys.modules) & {"model", "dqn_agent", "friend"}

    try:
        before = state()
        CHECKS[exercise][0](answer)
        assert state() == before
        assert sys.modules["model"] is mine
    finally:
        del sys.modules["model"]


def test_the_check_of_the_first_lesson_needs_no_torch():
    code = (
        "import sys; from dqn_course.checks import lesson_00 as checks;"
        "print(repr(checks.mean_of_last(lambda s, n=100: sum(s[-n:]) / len(s[-n:]))), 'torch' in sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (run.stdout.split(), run.stderr) == (["2", "False"], "")


# Files, classes and modules


def test_a_file_is_read_afresh_every_time(folder):
    write(folder, learn_answers.WRONG[0])
    wrong = lesson_06.learn("dqn_agent.py")
    write(folder, learn_answers.RIGHT[0])
    assert wrong.points < lesson_06.learn("dqn_agent.py").points == 5


def test_a_file_next_to_it_is_read_afresh_too(folder, monkeypatch):
    old = types.ModuleType("layers")
    old.__file__ = str(folder / "layers.py")
    monkeypatch.setitem(sys.modules, "layers", old)  # imported by the notebook, before the file was finished
    (folder / "layers.py").write_text("from torch.nn import Linear\n")
    solutions = (q_network_answers.LAYERS, q_network_answers.RELU)
    source = write(folder, mutants.Right("own layers", solutions), "model.py", "QNetwork")
    (folder / "model.py").write_text("from layers import Linear\n" + source.replace("nn.Linear", "Linear"))
    assert lesson_06.QNetwork("model.py").passed
    assert sys.modules["layers"] is old


def test_a_missing_file_says_which_cell_to_run(folder):
    verdict = lesson_06.QNetwork("model.py")
    assert verdict.points == 0
    assert "There is no file model.py yet. Run the cell that begins with %%writefile model.py first." in str(verdict)


def test_a_syntax_error_is_shown_with_its_line(folder):
    (folder / "model.py").write_text("import torch\n\nclass QNetwork(torch.nn.Module:\n    pass\n")
    verdict = lesson_06.QNetwork("model.py")
    assert verdict.points == 0
    assert "model.py, line 3: class QNetwork(torch.nn.Module:" in str(verdict)


@pytest.mark.parametrize("damage", [b"\xff\xfe\x00", b"x = '\x00'", b""])
def test_a_damaged_file_is_a_finding(folder, damage):
    (folder / "model.py").write_bytes(damage)
    verdict = lesson_06.QNetwork("model.py")
    assert verdict.points == 0 and len(verdict.findings) == 1


def test_an_error_is_shown_with_the_students_own_line(folder):
    source = write(folder, next(answer for answer in learn_answers.WRONG if answer.name == "loss as a number"))
    number = source.splitlines().index("        loss.backward()") + 1
    verdict = lesson_06.learn("dqn_agent.py")
    assert f"dqn_agent.py, line {number}: loss.backward()" in str(verdict)


def test_a_class_or_a_module_is_as_good_as_a_file(folder, monkeypatch):
    monkeypatch.syspath_prepend(folder)
    for file, exercise in (("model.py", "QNetwork"), ("dqn_agent.py", "learn")):
        reference(exercise, folder)
        module = __import__(file.removesuffix(".py"))
        name = "QNetwork" if exercise == "QNetwork" else "Agent"
        try:
            for answer in (module, getattr(module, name), folder / file):
                assert CHECKS[exercise][0](answer).passed
        finally:
            if exercise == "learn":
                del sys.modules["model"], sys.modules["dqn_agent"]


def test_the_network_of_the_package_passes_the_students_check():
    from dqn_course.networks import QNetwork

    assert lesson_06.QNetwork(QNetwork).passed


@pytest.mark.parametrize(
    "model",
    [
        None,
        "class QNetwork:\n    pass\n",
        "class QNetwork(\n",
        "raise SystemExit\n",
        "class QNetwork:\n    def __init__(self, *args):\n        raise NotImplementedError\n",
    ],
)
def test_learn_is_judged_whatever_became_of_the_network(folder, model):
    if model is not None:
        (folder / "model.py").write_text(model)
    write(folder, learn_answers.RIGHT[0])
    assert lesson_06.learn("dqn_agent.py").passed


def test_the_rest_of_the_students_model_file_can_be_used(folder):
    (folder / "model.py").write_text("def best(q):\n    return q.max(1, keepdim=True)[0]\n")
    solution = learn_answers.code(
        "next_q = best(self.qnetwork_target(next_states).detach())", learn_answers.BELLMAN, learn_answers.REST
    )
    write(folder, mutants.Right("best", solution, (("import QNetwork", "import QNetwork, best"),)))
    assert lesson_06.learn("dqn_agent.py").passed


def test_a_target_network_that_is_copied_every_thousand_updates_is_accepted(folder):
    copy = learn_answers.code(
        "self.updates = getattr(self, 'updates', 0) + 1",
        "        if self.updates % 1000 == 0:",
        "            self.qnetwork_target.load_state_dict(self.qnetwork_local.state_dict())",
    )
    write(
        folder,
        mutants.Right(
            "hard", learn_answers.code(learn_answers.TARGETS, learn_answers.REST), ((learn_answers.SOFT_UPDATE, copy),)
        ),
    )
    assert lesson_06.learn("dqn_agent.py").passed


# Two processes: what crosses, and what comes back


@every_exercise
def test_cases_and_outputs_survive_as_bytes(exercise, folder):
    check, answer = CHECKS[exercise][0], reference(exercise, folder)
    cases = check.cases(np.random.default_rng(3))
    sent = [Case(**case) for case in unpack(pack([vars(case) for case in cases]))]
    returned = unpack(pack(check.run_cases(answer, sent)))
    assert check.judge_outputs(cases, returned).passed


def test_bytes_that_could_run_code_are_refused(tmp_path):
    np.savez(tmp_path / "evil.npz", json=np.array([print], dtype=object))
    with pytest.raises(ValueError):
        unpack((tmp_path / "evil.npz").read_bytes())


JUNK = [
    None,
    5,
    [],
    {},
    {"error": None},
    {"error": {"type": 7, "line": "x"}},
    {"error": {"type": "NotImplementedError"}},
    {"notes": [1, {"kind": "printed"}, {"kind": "warning", "line": 3}]},
]


@pytest.mark.parametrize("junk", JUNK, ids=str)
@every_exercise
def test_malformed_outputs_give_no_points_and_no_exception(exercise, junk, folder):
    check = CHECKS[exercise][0]
    cases = check.cases(np.random.default_rng(0))
    for outputs in ([junk] * len(cases), [], [junk]):
        verdict = check.judge_outputs(cases, outputs)
        assert verdict.points == 0
        assert str(verdict) and verdict._repr_html_()


ESSENTIAL = {"mean", "targets", "q", "q_rows", "moved", "local_after", "target_after"}


@pytest.mark.parametrize(
    "damage", [np.zeros(0), np.zeros((2, 2)), np.full((9, 1), np.nan), "text", None, [], {}, 1e300]
)
@every_exercise
def test_a_damaged_part_of_an_output_raises_nothing_and_costs_points_where_it_matters(exercise, damage, folder):
    check = CHECKS[exercise][0]
    cases = check.cases(np.random.default_rng(0))
    outputs = check.run_cases(reference(exercise, folder), cases)
    for part in outputs[0]:
        verdict = check.judge_outputs(cases, [{**output, part: damage} for output in outputs])
        assert verdict.points < verdict.total or part not in ESSENTIAL, part


# The core by itself


def toy_check(judge=lambda values, output: (), needs=()):
    behaviours = (Behaviour("a", 1, "does a"), Behaviour("b", 0.5, "does b", needs))
    cases = [Case("one", ("a", "b"), {"x": 1.0}), Case("two", ("a",), {"x": 2.0})]
    return Check("toy", behaviours, lambda rng: cases, lambda answer, values: {"y": answer(values["x"])}, judge)


def test_an_error_in_one_case_costs_what_that_case_proves():
    verdict = toy_check()(lambda x: 1 / (2 - x))
    assert repr(verdict) == "0.5"
    assert [state for _, state in verdict.behaviours] == ["failed", "passed"]


def test_a_behaviour_counts_only_with_what_it_needs():
    def judge(values, output):
        yield Finding("no_a", ("a",), "There is no a.")

    verdict = toy_check(judge, needs=("a",))(lambda x: x)
    assert [state for _, state in verdict.behaviours] == ["failed", "not counted"]
    assert verdict.points == 0 and "counts once the rest works" in str(verdict)


def test_what_is_lost_by_name_alone_is_not_lost_by_an_error_or_by_another_result():
    check = toy_check(lambda values, output: [Finding("somehow", (), "Something is wrong.", named=False)])
    behaviours = (check.behaviours[0], replace(check.behaviours[1], by_name=True))
    for answer in (lambda x: x), (lambda x: 1 / (x - x)):
        verdict = replace(check, behaviours=behaviours)(answer)
        assert [state for _, state in verdict.behaviours] == ["failed", "passed"]
    named = replace(check, behaviours=behaviours, judge=lambda values, output: [Finding("b", ("b",), "No b.")])
    assert [state for _, state in named(lambda x: x).behaviours] == ["passed", "failed"]


def test_an_unknown_cause_gives_way_to_a_named_one():
    def judge(values, output):
        yield Finding("somehow", ("a",), "Something is wrong.", named=False)
        if values["x"] == 2:
            yield Finding("cause", ("a",), "This is wrong.")

    assert [finding.key for finding in toy_check(judge)(lambda x: x).findings] == ["cause"]


def test_a_check_whose_cases_prove_too_little_cannot_be_used():
    check = toy_check()
    with pytest.raises(ValueError, match="no case proves b"):
        check.judge_outputs([Case("two", ("a",), {"x": 2.0})], [{}])


def test_a_fault_in_a_judge_costs_the_points_and_raises_nothing():
    verdict = toy_check(lambda values, output: [output["missing"]])(lambda x: x)
    assert verdict.points == 0 and verdict.findings[0].key == "unreadable"


class NoSuper(torch.nn.Module):
    def __init__(self):
        self.fc = torch.nn.Linear(1, 1)


class NoForward(torch.nn.Module):
    def __init__(self):
        super().__init__()


def twice():
    loss = torch.ones(1, requires_grad=True).square().sum()
    loss.backward()
    loss.backward()


Q, COLUMN, LINEAR = torch.zeros(4, 3), torch.zeros(4, 1), torch.nn.Linear(3, 4)
DEF_LINE = "The arguments in the def line must be the ones of the exercise"
ERRORS = {
    "no path back": lambda: Q.sum().backward(),
    "once for each forward pass": twice,
    "another size": lambda: LINEAR(torch.zeros(2, 5)),
    "float32": lambda: LINEAR(Q.double()),
    "takes tensors": lambda: LINEAR(Q.numpy()),
    "do not fit": lambda: torch.zeros(4) + torch.zeros(3),
    "place for 0 to 255": lambda: 299 * np.zeros(2, np.uint8),
    "do not fit together": lambda: np.zeros(4) + np.zeros(3),
    "end one earlier": lambda: list("ab")[2],
    "must be whole numbers": lambda: Q.gather(1, COLUMN),
    "whole numbers": lambda: Q[torch.arange(4), COLUMN[:, 0]],
    "shape (B, 1)": lambda: Q.gather(1, torch.zeros(4, dtype=torch.int64)),
    ".values": lambda: COLUMN * Q.max(1, keepdim=True),
    "Take .values": lambda: COLUMN + Q.max(1, keepdim=True),
    "two things": lambda: Q.max(1) + COLUMN,
    "gives two things": lambda: 0.9 * Q.max(1),
    "first line of __init__": NoSuper,
    "called forward": lambda: NoForward()(Q),
    "The function that this line calls": lambda: twice(1),
    "too few or too many": lambda: fill_nothing(),
    "(1 - terminated)": lambda: ~COLUMN,
    "the mask is (1 - terminated)": lambda: 1 - COLUMN.bool(),
    "one truth value": lambda: bool(COLUMN),
    "np.where": lambda: bool(np.zeros(3)),
    "one by one": lambda: torch.nn.Sequential([LINEAR]),
    "without a loop": lambda: list(np.float64(3)),
    "take one number": lambda: math.exp(np.zeros(3)),
    "is np.log.": lambda: np.ln(1),
    "with two stars": lambda: np.zeros(3) ^ 2,
    "The sign ^": lambda: 0.5 ^ 2,
    ".T swaps": lambda: np.zeros((5, 2)) @ np.zeros((5, 1)),
    "* missing": lambda: np.zeros(3)(2),
    "no value yet": lambda: too_early(),
    "too large for Python": lambda: math.exp(1000),
    "axis=-1": lambda: np.zeros(3).sum(axis=1),
    "in place": lambda: LINEAR.weight.add_(1),
    "knows no gradients": lambda: LINEAR.weight.numpy(),
    "Make numbers of them": lambda: (np.zeros(3) > 0) - (np.zeros(3) < 0),
    "round brackets missing": lambda: twice.backward(),
    "Not every machine": lambda: no_graphics_card(),
    "in the right order": lambda: np.zeros(3)[0.25],
    "without an end": recursion,
    "divided by": lambda: 1 / 0,
}


def no_graphics_card():
    raise AssertionError("Torch not compiled with CUDA enabled")  # what .cuda() says; it works where there is a card


def too_early():
    velocity = 0.9 * velocity  # noqa: F821, F841


def fill_nothing(first):
    return first


@pytest.mark.parametrize("hint", ERRORS)
def test_a_common_error_of_the_installed_versions_gets_its_hint(hint):
    verdict = toy_check()(lambda x: ERRORS[hint]())
    assert hint in verdict.findings[0].message


@pytest.mark.parametrize("answer", [lambda: 1, lambda x, y: x, lambda *, x: x])
def test_a_def_line_with_other_arguments_gets_another_hint_than_a_call_with_other_arguments(answer):
    assert DEF_LINE in lesson_07.clipped_error(answer).findings[0].message


def test_every_hint_is_a_sentence_and_is_drawn_by_an_error_above():
    for hint in (*core.ERROR_HINTS.values(), *core.HINTS_HERE.values()):
        assert hint.endswith((".", "?"))
        assert any(part in hint for part in (*ERRORS, DEF_LINE))


@every_exercise
def test_a_check_answers_in_under_a_second(exercise, folder):
    check, answer = CHECKS[exercise][0], reference(exercise, folder)
    check(answer)
    times = []
    for _ in range(3):
        start = time.process_time()
        check(answer)
        times.append(time.process_time() - start)
    assert min(times) < 1
