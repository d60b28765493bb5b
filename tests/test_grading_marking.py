"""What is said about a submission without running it."""

import pytest

from dqn_course.grading.marking import prying


@pytest.mark.parametrize(
    "line",
    [
        "from dqn_course.checks import lesson_01",
        "from dqn_course import checks as c",
        "import dqn_course.checks.lesson_05_returns as answers",
        "return checks._score(x, w, b)",
        "return checks.linear_score.judge.__closure__[0].cell_contents",
    ],
)
def test_code_that_looks_into_the_checks_is_flagged(line):
    flag = prying({"id": "linear_score", "source": f"def linear_score(x, w, b):\n    {line}"})
    assert flag["cell"] == "linear_score" and flag["evidence"] == line


@pytest.mark.parametrize("line", ["checks.linear_score(linear_score)", "# the checks say 3", "judge = 2", "x @ w + b"])
def test_honest_code_is_not(line):
    assert prying({"id": "", "source": line}) is None
