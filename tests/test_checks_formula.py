"""A check made of a formula and a table of mistakes names the mistake, and takes every way to write a right answer."""

import numpy as np
import pytest
import torch

from dqn_course.checks.core import Behaviour, Case, pack, unpack
from dqn_course.checks.formula import Mistake, described, formula_check

BEHAVIOURS = (
    Behaviour("one", 1, "one point"),
    Behaviour("many", 1, "many points"),
    Behaviour("clean", 0.5, "arguments stay"),
)
MISTAKES = (
    Mistake("no_bias", "The bias is missing.", lambda x, w, b: x @ w),
    Mistake("minus", "The bias is subtracted.", lambda x, w, b: x @ w - b, costs=("many",)),
    Mistake("column", "This is a column.", lambda x, w, b: (x @ w + b)[..., None] + np.zeros(2)),
)


def score(x, w, b):
    return x @ w + b


def cases(rng):
    return [
        Case("by hand", ("one",), {"x": np.array([2.0, 3.0]), "w": np.array([1.0, -1.0]), "b": 0.5}),
        Case("many", ("many", "clean"), {"x": rng.normal(size=(5, 2)), "w": rng.normal(size=2), "b": 1.25}),
    ]


check = formula_check("score", BEHAVIOURS, cases, score, MISTAKES)


def keys(verdict):
    return [finding.key for finding in verdict.findings]


@pytest.mark.parametrize(
    "answer",
    [
        score,
        lambda x, w, b: torch.as_tensor(x) @ torch.as_tensor(w) + b,
        lambda x, w, b: (x @ w + b).astype(np.float32),
        lambda x, w, b: list(x @ w + b) if x.ndim == 2 else [x @ w + b],
        lambda x, w, b: np.atleast_2d(x) @ w[:, None] + b,
    ],
)
def test_a_right_answer_passes_in_every_type_and_shape_that_fits(answer):
    assert check(answer).points == 2.5


def test_a_known_mistake_is_named_and_costs_what_its_cases_prove():
    verdict = check(lambda x, w, b: x @ w)
    assert keys(verdict) == ["no_bias"] and verdict.points == 0.0
    assert verdict.findings[0].rows == (("x = [2, 3], w = [1, -1], b = 0.5", "-0.5", "-1", False),)


def test_a_mistake_with_a_price_of_its_own_costs_that():
    verdict = check(lambda x, w, b: x @ w - b)
    assert keys(verdict) == ["minus"] and verdict.points == 1.5


def test_a_mistake_may_be_known_by_its_shape():
    assert keys(check(lambda x, w, b: np.stack([x @ w + b] * 2, axis=-1))) == ["column"]


@pytest.mark.parametrize(
    "answer, key, part",
    [
        (lambda x, w, b: 7.0 + x @ w * 2, "wrong_value", "not what the formula gives"),
        (lambda x, w, b: np.zeros((3, 4)), "wrong_shape", "shape () of one number, it has (3, 4)"),
        (lambda x, w, b: (x @ w + b) / 0, "not_finite", "nan or inf"),
        (lambda x, w, b: None, "wrong_return", "Is the `return` missing?"),
        (lambda x, w, b: print(x @ w + b), "wrong_return", "Is the `return` missing?"),
        (lambda x, w, b: x @ w + c, "error", "NameError"),  # noqa: F821
    ],
)
def test_an_unknown_mistake_still_gets_a_sentence(answer, key, part):
    verdict = check(answer)
    assert key in keys(verdict) and part in verdict.findings[0].message and verdict.points == 0


def test_an_argument_changed_in_place_costs_little():
    def answer(x, w, b):
        result = x @ w + b
        x *= 2
        return result

    verdict = check(answer)
    assert keys(verdict) == ["input_changed"] and verdict.points == 2.0
    assert "`x`" in verdict.findings[0].message


def test_a_changed_list_is_found_whatever_was_put_into_it():
    lists = formula_check(
        "first", BEHAVIOURS[:1], lambda rng: [Case("a list", ("one",), {"pairs": [(1.0, [2.0])]})],
        lambda pairs: pairs[0][0], (),
    )  # fmt: skip
    assert lists(lambda pairs: pairs[0][0]).passed
    assert keys(lists(lambda pairs: pairs[0][1].append(check) or 1.0)) == ["input_changed"]


PARTS = (Behaviour("w", 1, "the weights"), Behaviour("v", 1, "the velocity"), Behaviour("clean", 1, "clean"))
momentum = formula_check(
    "momentum_step", PARTS,
    lambda rng: [Case("random", ("w", "v", "clean"), {"w": rng.normal(size=3), "v": rng.normal(size=3)})],
    lambda w, v: (w - v, 2 * v),
    (
        Mistake("swapped", "The two are swapped.", lambda w, v: (2 * v, w - v)),
        Mistake("uphill", "Uphill.", lambda w, v: w + v, part="w"),
    ),
    returns=("w", "v"),
)  # fmt: skip


@pytest.mark.parametrize(
    "answer, found, points",
    [
        (lambda w, v: (w - v, 2 * v), [], 3),
        (lambda w, v: [w - v, 2 * v], [], 3),
        (lambda w, v: (2 * v, w - v), ["swapped"], 1),
        (lambda w, v: (w + v, 2 * v), ["uphill"], 2),
        (lambda w, v: (w + v, 5 * v), ["uphill", "wrong_v"], 1),
        (lambda w, v: (w - v, (2 * v)[:2]), ["wrong_shape"], 2),
        (lambda w, v: w - v, ["wrong_return"], 0),
        (lambda w, v: None, ["wrong_return"], 0),
    ],
)
def test_each_part_of_a_result_is_judged_by_itself(answer, found, points):
    verdict = momentum(answer)
    assert keys(verdict) == found and verdict.points == points, str(verdict)


def test_where_the_shape_is_fixed_a_wrong_one_costs_the_shape():
    strict = formula_check(
        "column", (Behaviour("sum", 1, "sum"), Behaviour("shape", 1, "shape")),
        lambda rng: [Case("random", ("sum", "shape"), {"x": rng.normal(size=(4, 2))})],
        lambda x: x.sum(1, keepdims=True), (), loose=False,
    )  # fmt: skip
    assert strict(lambda x: x.sum(1, keepdims=True)).points == 2
    assert strict(lambda x: x.sum(1)).points == 1


def test_what_several_mistakes_explain_gives_way_to_a_case_that_only_one_explains():
    def two_cases(rng):
        both = {"x": np.array([1.0, 1.0]), "w": np.array([1.0, 1.0]), "b": -1.0}
        return [Case("either", ("one",), both), cases(rng)[1]]

    squared = Mistake("squared", "Squared.", lambda x, w, b: x @ w + b * b)
    mistakes = (squared, Mistake("minus", "Minus.", lambda x, w, b: x @ w - b))
    either = formula_check("score", BEHAVIOURS, two_cases, score, mistakes)
    assert keys(either(lambda x, w, b: x @ w - b)) == ["minus"]


def test_a_mistake_that_fits_one_case_by_chance_is_not_named():
    """|s| is -s where s is negative, and s where it is positive: turning all signs is not to drop them."""

    def signs(rng):
        points = {"negative": -2.0, "positive": 3.0, "large": 5.0}
        return [
            Case(name, ("one", "many", "clean"), {"x": np.array([s]), "w": np.ones(1), "b": 0.25})
            for name, s in points.items()
        ]

    absolute = Mistake("absolute", "The sign is lost.", lambda x, w, b: np.abs(x @ w + b))
    unknown = formula_check("score", BEHAVIOURS, signs, score, (absolute,))
    assert keys(unknown(lambda x, w, b: np.abs(x @ w + b))) == ["absolute"]
    assert keys(unknown(lambda x, w, b: -(x @ w + b))) == ["wrong_value"]
    turned = Mistake("turned", "All signs are turned.", lambda x, w, b: -(x @ w + b))
    both = formula_check("score", BEHAVIOURS, signs, score, (absolute, turned))
    assert keys(both(lambda x, w, b: -(x @ w + b))) == ["turned"]


def test_a_right_result_speaks_against_a_mistake_too():
    """Without zeros there is nothing to skip: who is right there does not count from the wrong end elsewhere."""

    def rewards(rng):
        rows = {"zeros": [1.0, 0.0, 2.0], "none": [1.0, 2.0, 4.0], "other": [3.0, 1.0, 5.0]}
        return [Case(name, ("one", "many", "clean"), {"x": np.array(row)}) for name, row in rows.items()]

    def late(x):
        return x[0] + x[1] + x[2]

    check = formula_check(
        "sum", BEHAVIOURS, rewards, lambda x: x[0] + x[1] + 0.5 * x[2], (Mistake("late", "No discount.", late),)
    )
    assert keys(check(late)) == ["late"]
    assert keys(check(lambda x: late(x) if 0 in x else x[0] + x[1] + 0.5 * x[2])) == ["wrong_value"]


def test_cases_survive_the_way_to_another_process_tables_with_whole_numbers_too():
    table = {0: {1: [(1.0, 2, 0.5, True)]}, "name": np.arange(3)}
    back = unpack(pack(table))
    assert back[0][1] == [[1.0, 2, 0.5, True]] and back["name"].tolist() == [0, 1, 2]


def test_values_are_described_only_where_they_are_short():
    assert described({"x": np.array([1.0, 2.5]), "b": 3.0}) == "x = [1, 2.5], b = 3"
    assert described({"P": {0: [(1.0,)]}}) == "the result"
    assert described({"rewards": [1.0, 0.0], "gamma": 0.5}) == "rewards = [1, 0], gamma = 0.5"
