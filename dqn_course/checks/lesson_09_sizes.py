"""The check of ``conv_output_size``: (size - kernel) // stride + 1."""

import math

from dqn_course.checks.core import Behaviour, Case
from dqn_course.checks.formula import Mistake
from dqn_course.checks.lesson_05_sure import sure_check

BEHAVIOURS = (
    Behaviour("exact", 0.5, "where the last step ends at the edge"),
    Behaviour("rest", 0.5, "where some pixels are left over"),
)
BOTH = ("exact", "rest")

SAYS = {
    "no_first": "One place is missing: the first one, before any step. Add 1.",
    "one_too_many": "One place is too many: the kernel would hang over the edge.",
    "not_cut": "There is no half step. Cut the fraction off: `//`.",
    "rounded_up": "The fraction is rounded up here: the last step would go over the edge. Cut it off: `//`.",
    "rounded": "The fraction is rounded here. It is cut off: a step that would go over the edge is not made.",
    "kernel_ignored": "The kernel is not used. It fits in at size - kernel + 1 places, if every step is 1 pixel.",
    "stride_ignored": "The stride is not used. Divide by it.",
    "swapped": "Kernel and stride have changed places. Divide by the stride.",
    "kernel_added": "The kernel is added here. It takes room away: size - kernel.",
    "brackets": "The 1 is inside of the division. It belongs behind it: ... // stride + 1.",
    "padded": "This is right if the picture had a rim of zeros around it (padding). Here there is none.",
    "constant": "This does not depend on the arguments.",
    "pixels": "This is a number of pixels. Count the places: divide by the stride.",
    "remainder": "`%` gives what is left over. `//` divides.",
}


def _places(size, kernel, stride):
    return (size - kernel) // stride + 1


GIVES = (
    ("no_first", lambda s, k, t: (s - k) // t),
    ("no_first", lambda s, k, t: (s - k) / t),
    ("brackets", lambda s, k, t: (s - k + 1) // t),
    ("brackets", lambda s, k, t: (s - k + 1) / t),
    ("not_cut", lambda s, k, t: (s - k) / t + 1),
    ("rounded_up", lambda s, k, t: math.ceil((s - k) / t) + 1),
    ("rounded", lambda s, k, t: round((s - k) / t) + 1),
    ("rounded", lambda s, k, t: int((s - k) / t + 0.5) + 1),
    ("one_too_many", lambda s, k, t: (s - k) // t + 2),
    ("kernel_ignored", lambda s, k, t: s // t),
    ("kernel_ignored", lambda s, k, t: s / t),
    ("kernel_ignored", lambda s, k, t: s // t + 1),
    ("kernel_ignored", lambda s, k, t: math.ceil(s / t)),
    ("kernel_ignored", lambda s, k, t: (s - 1) // t + 1),
    ("stride_ignored", lambda s, k, t: s - k + 1),
    ("stride_ignored", lambda s, k, t: s - k),
    ("swapped", lambda s, k, t: (s - t) // k + 1),
    ("swapped", lambda s, k, t: (s - t) / k + 1),
    ("kernel_added", lambda s, k, t: (s + k) // t + 1),
    ("padded", lambda s, k, t: (s - k + 2) // t + 1),
    ("padded", lambda s, k, t: (s - k + 2 * (k // 2)) // t + 1),
    ("pixels", lambda s, k, t: (s - k) // t * t + k),
    ("remainder", lambda s, k, t: (s - k) % t + 1),
    ("constant", lambda s, k, t: 20),
)
"""What known mistakes give for a size, a kernel and a stride."""

COSTS = {"not_cut": ("rest",), "rounded_up": ("rest",), "rounded": ("rest",)}


def _cases(rng):
    kernel, stride = int(rng.integers(4, 8)), int(rng.integers(2, 4))
    size = kernel + stride * int(rng.integers(9, 14))
    draws = [
        ("by hand: 7 pixels, kernel 3, stride 2", "exact", 7, 3, 2),
        ("the paper's first layer", "exact", 84, 8, 4),
        ("its second layer", "exact", 20, 4, 2),
        ("its third layer", "exact", 9, 3, 1),
        ("the kernel as large as the picture", "exact", 11, 11, 3),
        ("a random one", "exact", size, kernel, stride),
        ("by hand: 8 pixels, kernel 3, stride 2, one is left over", "rest", 8, 3, 2),
        ("a stride of 4, one pixel left over", "rest", 85, 8, 4),
        ("a stride of 5, four pixels left over", "rest", 84, 10, 5),
        ("a stride of 7, six pixels left over", "rest", 100, 3, 7),
    ]
    return [
        Case(name, (proves,), {"size": size, "kernel": kernel, "stride": stride})
        for name, proves, size, kernel, stride in draws
    ]


conv_output_size = sure_check(
    "conv_output_size",
    BEHAVIOURS,
    _cases,
    _places,
    [
        Mistake(key, SAYS[key], lambda size, kernel, stride, f=f: f(size, kernel, stride), COSTS.get(key, BOTH))
        for key, f in GIVES
    ],
    wrong="This is not the number of places where the kernel fits in.",
)
