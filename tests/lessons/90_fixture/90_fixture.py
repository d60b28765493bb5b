# %% [markdown]
r"""
# A small lesson

It has one of everything that the build knows: $\frac{a}{b}$ and a line \\ break stay as they are.
"""

# %% readonly="setup"
from pathlib import Path


class Verdict:
    """A number for nbgrader, a panel for a person."""

    def __init__(self, points, text):
        self.points, self.text = points, text

    def __repr__(self):
        return str(self.points)

    def _repr_html_(self):
        return f'<div class="panel-of-a-check"><b>{self.points} points</b><p>{self.text}</p></div>'


def check_total(total):
    try:
        right = [total([1, 2]) == 3, total([]) == 0, total([5]) == 5]
    except NotImplementedError:
        return Verdict(0, "total is not implemented yet.")
    if all(right):
        return Verdict(3, "All cases are right.")
    return Verdict(sum(right), "The total of no numbers is 0.")


def check_counter(file):
    space = {}
    try:
        exec(Path(file).read_text(), space)
        counter = space["Counter"]()
        counter.add(2)
        return Verdict(4 if counter.value() == 2 else 1, f"value() is {counter.value()} after add(2).")
    except FileNotFoundError:
        return Verdict(0, f"There is no {file}.")
    except NotImplementedError:
        return Verdict(0, "Counter is not implemented yet.")


# %%
# this cell is free: play in it
numbers = [1, 2, 3]

# %% [markdown]
r"""
## Exercise 90.1: the total (3 points, about 1 minute)

![a blue square](images/square.svg)
"""


# %% exercise="total"
def total(numbers):
    """The sum of `numbers`: total([1, 2]) = 3."""
    ### BEGIN SOLUTION
    secret_sum = 0
    for number in numbers:
        secret_sum += number
    return secret_sum
    ### END SOLUTION


# %% check="total" points=3
check_total(total)

# %% [markdown]
r"""
What you should see: three points.
"""

# %% [markdown]
r"""
## Exercise 90.2: a class in a file (4 points, about 2 minutes)
"""

# %% exercise="Counter"
# %%writefile counter.py
"""The student's own module."""


class Counter:
    # copy the value, never share it
    def __init__(self):
        ### BEGIN SOLUTION
        self.hidden_value = 0
        ### END SOLUTION

    def add(self, n):
        """Add n."""
        ### BEGIN SOLUTION
        self.hidden_value += n  # remembered until value() is called
        ### END SOLUTION

    def value(self):
        ### BEGIN SOLUTION
        return self.hidden_value
        ### END SOLUTION


# %% check="Counter" points=4
check_counter("counter.py")

# %% [markdown]
r"""
## Why (2 points)

Why is the total of no numbers 0?
"""

# %% [markdown] answer="why_zero" points=2
r"""
Because zero is the neutral element of addition. One point for "neutral", one for an example.
"""

# %%
import os  # noqa: E402
import sys  # noqa: E402

print("run by:", os.environ.get("NBGRADER_EXECUTION"))
print("a free cell may write to stderr and costs nothing", file=sys.stderr)

# %% [markdown]
r"""
## Summary
"""
