"""A ``formula_check`` that looks at all cases before it names a mistake: a case with small numbers fits several."""

import warnings
from dataclasses import dataclass, fields, replace

import numpy as np

from dqn_course.checks.core import Check
from dqn_course.checks.formula import FormulaCheck, formula_check


@dataclass(frozen=True)
class SureCheck(FormulaCheck):
    """A check that charges for mistakes that were made, and for no others.

    A mistake is sure where it alone fits a case; where there is none, the first that fits all cases is. Cases that fit
    it, besides others, are judged by it.
    """

    mistakes: tuple = ()

    def judge_outputs(self, cases, outputs):
        """Judge every case twice: first to learn which mistakes are sure, then for the ``Verdict``."""
        outputs, possible, right = list(outputs), [], []
        left_out = self.chance(cases, outputs)

        def judge_rest(values, output):
            return self.judge(values, output, left_out)

        plain = Check(self.name, self.behaviours, self.cases, self.call, judge_rest, self.load)
        for case, output in zip(cases, outputs):
            found = plain._findings(case, output)
            possible += [set(finding.could_be) for finding in found if finding.could_be]
            right += [] if found else [(case.values, output)]
        sure = {key for keys in possible if len(keys) == 1 for key in keys}
        common = set.intersection(*possible) if possible and not sure else set()
        allowed = [mistake for i, mistake in enumerate(self.mistakes) if i not in left_out]
        fitting = (m.key for m in allowed if m.key in common and all(_gives(m, *pair) for pair in right))
        sure |= {key for key in [next(fitting, None)] if key}

        def judge(values, output):
            for finding in judge_rest(values, output):
                known = [mistake for mistake in allowed if mistake.key in sure.intersection(finding.could_be)]
                if known:
                    mistake = known[0]
                    finding = replace(finding, key=mistake.key, costs=mistake.costs, message=mistake.says, named=True)
                yield finding

        return replace(plain, judge=judge).judge_outputs(cases, outputs)


def _gives(mistake, values, output):
    """Is a right output what the mistake gives too?"""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")  # nothing may reach stderr: nbgrader would give 0
        try:
            given = mistake.gives(**values)
            given = given[0] if isinstance(given, tuple) else given
            return bool(np.allclose(given, next(iter(output.values())), 1e-4, 1e-5))
        except Exception:  # nothing at all, for these values
            return False


def sure_check(name, behaviours, cases, reference, mistakes, *, kind=SureCheck, **options):
    """As ``formula_check``; ``kind`` is the class of the check."""
    check = formula_check(name, behaviours, cases, reference, mistakes, **options)
    parts = {part.name: getattr(check, part.name) for part in fields(check)}
    return kind(**parts, mistakes=tuple(mistakes))
