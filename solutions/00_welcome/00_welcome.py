# %% [markdown]
r"""
# Welcome

In this course you teach a computer to land a spacecraft, and later to play Atari games from the pixels alone. You
write the parts that matter yourself: the network, the target, the learning step. Nothing that learns is hidden from
you.

This first notebook is short. You check that your machine is ready, you see how exercises work, and you watch two
pilots: one that guesses, and one that was trained with the code you will write in Lesson 6.

- **You will build:** one small function, to see how checks and points work.
- **You need:** to have written a loop in Python.
- **Time:** 15 minutes, all on the CPU.

Every word and symbol of the course is in the [glossary](../../docs/glossary.md); all lessons link it at their top.
"""
# %% readonly="setup"
from dqn_course import doctor, environments, evaluation, video
from dqn_course.checkpoints import load_q_network
from dqn_course.checks import lesson_00 as checks

# %% [markdown]
r"""
## Is this machine ready?

Click the cell below, then press **Shift + Enter**. That runs it. It tries everything for real, which may take half a
minute. While Python is busy, the circle at the top right is dark, and the cell has a star: `[*]`.
"""
# %%
doctor.report()
# %% [markdown]
r"""
A row marked *missing, optional* is fine. If a row says *broken*, it also says what to do about it. A graphics card is
not needed anywhere in this course; it only makes the last lessons faster.

## How a lesson works

Cells come in three kinds.

- **Text**, like this one. It is locked, so you cannot lose it by accident.
- **Code that is there already.** Run it, look at the result, change it, run it again. You cannot break anything.
  (Only the first cell, with the imports, and the checks are locked.)
- **Exercises.** You replace `raise NotImplementedError(...)` with your own lines. Below each exercise is a **check**.

Three things help when something is odd.

- The **square** button, or pressing the key **I** twice, stops a cell that runs too long.
- **Kernel → Restart Kernel and Run All Cells…** runs the notebook afresh, from top to bottom. Variables are
  forgotten, files are not.
- JupyterLab saves on its own every half minute. **Ctrl + S** saves now.
"""
# %% [markdown]
r"""
## Exercise 0.1: mean of the last scores (2 points, 5 minutes)

An agent plays one episode after the other, and each episode ends with a *score*. One score says little: luck is
large. So we look at the mean of the last 100. If $G_1, \dots, G_m$ are the scores so far and $n = 100$, that is

$$ \bar G = \frac{1}{k} \sum_{i = m - k + 1}^{m} G_i, \qquad k = \min(n, m). $$

In the beginning there are fewer than $n$ scores; then $k = m$, and it is the mean of them all.

You will use this number all through the course. The lander counts as solved when it reaches 200.

Before you write anything, run the two cells below. The check says *not implemented yet*. Then replace the line that
raises.
"""
# %% exercise="mean_of_last"
def mean_of_last(scores, n=100):
    """The mean of the last ``n`` scores, or of all scores when there are fewer than ``n``.

    scores: list of numbers, at least one. n: how many to look at. Returns a float.

    >>> mean_of_last([1.0, 2.0, 3.0, 4.0], n=2)
    3.5
    """
    ### BEGIN SOLUTION
    last = scores[-n:]
    return sum(last) / len(last)
    ### END SOLUTION
# %% check="mean_of_last" points=2
checks.mean_of_last(mean_of_last)
# %% [markdown]
r"""
<details><summary>Hint 1: how do I get the last few elements of a list?</summary>

`scores[-3:]` is the list of the last three. If there are only two, you get those two, and no error.
</details>

<details><summary>Hint 2: by what do I divide?</summary>

By the number of scores that you really added up. That is not always `n`.
</details>

<details><summary>Hint 3: nearly the answer</summary>

Name the slice: `last = scores[-n:]`. The sum of a list is `sum(last)`, its length is `len(last)`.
</details>

**What you should see:** a panel with a green edge that says *2 of 2 points*. If it says less, it also says which case
failed, what was expected and what your function returned. Change your code and run both cells again, as often as you
like. Nobody counts attempts.
"""
# %% [markdown]
r"""
## Points, and the Validate button

The number of points in the panel is the number your instructor's grading will find: the same checks run again there,
with other random inputs. So a function that only knows the examples of this page will not do.

Before you hand in a notebook, press **Validate** at the top. It runs a copy of your whole notebook from scratch and
tells you which checks do not have all their points. *Partial credit* is its word for any number below the full one, 0
included. Validate finds the classic mistake: code that works only because of a variable that you have deleted since.

Long training cells know when they run under Validate or under grading. They then do a few episodes only, so you do
not wait.
"""
# %% [markdown]
r"""
## Two pilots

Here is the world of Lesson 6. A lander falls towards a flat pad between two flags. It has three engines: one below,
one on each side. It gets reward for coming closer, for slowing down, for standing on its legs. It loses reward for
crashing, for tilting and for burning fuel.

The left pilot presses buttons at random. The right one is a small neural network with 4,996 numbers in it. Both start
above the same terrain.
"""
# %%
random_pilot = evaluation.random_policy(action_size=4)
trained_pilot = evaluation.greedy(load_q_network())

clip = video.film(
    {"random": random_pilot, "trained": trained_pilot},
    make_env=lambda: environments.make_lander("rgb_array"),
    seed=7,
)
clip
# %% [markdown]
r"""
Nobody told the network what a pad is, which way is up, or what the engines do. It saw eight numbers, pressed a
button, and was told how many points that gave. Everything you see it do, it found out from that.

Change `seed` in the cell above and run it again: other terrain, another first push. One landing proves little, so let
both play 20 times.
"""
# %%
env = environments.make_lander()
for name, pilot in {"random": random_pilot, "trained": trained_pilot}.items():
    print(f"{name:8}", evaluation.evaluate(pilot, env, episodes=20))
# %% [markdown]
r"""
The spread is as interesting as the mean. Even a good pilot has bad days, which is why we never judge by a single
episode.

## Summary

- Run a cell with Shift + Enter. Exercises raise `NotImplementedError` until you write them.
- A check shows points and a diagnosis. Validate runs the whole notebook as the grader does.
- A score is one episode; the mean of the last 100 is what counts.

**To think about**

1. The random pilot gets about −200, not 0. Which rewards could make doing *nothing sensible* cost so much?
2. Why is the mean of the last 100 scores a fairer number than the best score so far?
3. The mean of the last 100 is always a little late. Late by how much, while the agent improves steadily?

**Next:** Lesson 1 starts with a single neuron. If you know neural networks and PyTorch well, go straight to [Lesson
6](../06_lunar_lander/06_lunar_lander.ipynb) and land the spacecraft.
"""
