# %% [markdown]
r"""
# A lesson that is attacked

Two checks that are judged outside of the notebook, and between them an ordinary test cell.
"""

# %% readonly="setup"
import numpy as np

from dqn_course.checks import lesson_00 as checks
from dqn_course.checks import lesson_01 as checks_01

# %% [markdown]
r"""
## Exercise 92.1: the mean (2 points, about 1 minute)
"""


# %% exercise="mean_of_last"
def mean_of_last(scores, n=100):
    """The mean of the last ``n`` scores."""
    ### BEGIN SOLUTION
    return sum(scores[-n:]) / len(scores[-n:])
    ### END SOLUTION


# %% check="mean_of_last" points=2
checks.mean_of_last(mean_of_last)

# %% [markdown]
r"""
## Exercise 92.2: the total (3 points, about 1 minute)
"""


# %% exercise="total"
def total(numbers):
    """The sum of `numbers`: total([1, 2]) = 3."""
    ### BEGIN SOLUTION
    return sum(numbers)
    ### END SOLUTION


# %% check="total" points=3
assert total([1, 2]) == 3
assert total([]) == 0, "the total of no numbers is 0"
assert np.allclose(total([0.5, 0.25]), 0.75)
assert abs(total([0.1, 0.2]) - 0.3) < 1e-9

# %% [markdown]
r"""
## Exercise 92.3: the step (2 points, about 1 minute)
"""


# %% exercise="step"
def step(score):
    """1 where the score is 0 or more, else 0."""
    ### BEGIN SOLUTION
    return np.where(np.asarray(score) >= 0, 1, 0)
    ### END SOLUTION


# %% check="step" points=2
checks_01.step(step)

# %% [markdown]
r"""
## Why (1 point)

Why is the total of no numbers 0?
"""

# %% [markdown] answer="why" points=1
r"""
Because zero is the neutral element of addition.
"""

# %%
print("the end")
