# %% [markdown]
r"""
# Lesson 1: One neuron

The network that lands a spacecraft in Lesson 6 is 132 copies of one small part. In this lesson you build that part,
let it learn, and find the one thing that it cannot do, however long it tries.

**You will build**

- `linear_score`: how far a point is on one side of a line (2 points),
- `step` and `sigmoid`: from a score to a decision, and to a probability (2 + 2 points),
- `gates`: AND, OR, NOT and NAND, by choosing weights (4 points),
- `perceptron_update`: the rule by which a neuron learns (3 points),
- `xor`: three neurons that do what one cannot (2 points).

**You need:** Python functions and loops. A little NumPy helps; what you need of it is explained.

**Time:** about 60 minutes.

Words and symbols: see the [glossary](../../docs/glossary.md).
"""
# %% readonly="setup"
import numpy as np

from dqn_course.checks import lesson_01 as checks
from dqn_course.widgets import lesson_01 as widgets

# %% [markdown]
r"""
## Fourteen landings

A lander begins to brake. Will it land safely? We look at two numbers, its **inputs**: $x_1$, the fuel that is left,
as a share of a full tank, and $x_2$, its height in kilometres. Here are fourteen landings. They are invented, so that
the numbers stay small.

Each row of `X` is one landing. `y` holds its **label**: 1 for safe, 0 for crashed.

The **shape** of a NumPy array is its size: `(14, 2)` means 14 rows of 2 numbers, `(14,)` means 14 numbers in one row.
"""
# %%
X, y = widgets.landings()
print("X", X.shape, "  y", y.shape)
for point, label in zip(X[:4], y):
    print(point, "->", label)
# %% [markdown]
r"""
In the pictures, safe landings are **blue circles** and crashes are **red squares** (an orange red). With much fuel
and much height a landing goes well; with little of both it does not. In between, one can make up for the other.

![Left: fourteen points and a line that has all blue circles on one side and all red squares on the other. Middle: with a heavy weight on fuel the line stands steeper, and one blue circle with little fuel lies on the red side. Right: the neuron of the middle picture, with a thick edge for fuel and a thin one for height.](images/line.png)

On the left, a straight line has all the blue points on one side and all the red ones on the other. A neuron is a way
to write down such a line. What the letters mean comes next.

## A neuron is a line

A **neuron** takes the inputs, multiplies each by a **weight**, adds everything up, and adds one more number, the
**bias** $b$. The result is its **score** $s$:

$$ s = w_1 x_1 + w_2 x_2 + b $$

- Where $s > 0$, the neuron says blue. Where $s < 0$, it says red. The line between them is where $s = 0$.
- A weight says how much its input counts. In the diagram on the right it is the thickness of an edge.
- The bias decides how large the weighted sum must be before the neuron says blue. It is drawn as the weight of an
  input that is always 1.

The name comes from nerve cells, which add up the signals that reach them and fire when it is enough. The likeness
ends there.

Now look at the middle. This neuron gives fuel three times the weight of height, so its line is steep. One blue point
with a lot of height and hardly any fuel is on the red side: it is **misclassified**, and has a ring.

### Move it yourself

The sliders below start at that neuron.

- Which slider turns the line? Which one shifts it without turning it?
- Bring the ringed point to the blue side, with no new mistakes. One slider is enough. Can you also do it while
  keeping `w2` as it is?
- Double all three numbers. What happens to the line?
"""
# %%
widgets.drag_a_line()
# %% [markdown]
r"""
<details><summary>What did you find?</summary>

The weights turn the line, the bias shifts it. The arrow $w$ has the direction $w_1$ to the right, $w_2$ up. It stands at
a right angle to the line and points to the blue side. Raising `w2` to 1.5 is enough. With `w2 = 1`, a lighter fuel
weight needs another bias: `w1 = 1.5` and `b = −1.1` will do.

Doubling everything doubles every score, but where the score was 0 it still is 0. So the line stays. Only the
*proportions* of $w_1$, $w_2$ and $b$ make the line. What the size is good for, you will see with the sigmoid.
</details>
"""
# %% [markdown]
r"""
## Exercise 1.1: the score (2 points, 7 minutes)

With more than two inputs nothing changes but the length of the sum. It has a short name, the **dot product** of $w$
and $x$:

$$ s = w \cdot x + b = \sum_i w_i x_i + b $$

Your function gets either one point or many of them, one a row. For many, it returns one score for each.

NumPy calculates number by number: for arrays of the same shape, `x + w` and `x * w` are again arrays of that shape,
not yet a sum.
"""
# %% exercise="linear_score"
def linear_score(x, w, b):
    """The score s = w·x + b of one point, or of many points.

    x: one point (inputs,), or many points (n, inputs), as an array. w: weights (inputs,).
    b: the bias, a number. Returns a number for one point, an array (n,) for many.

    >>> linear_score(np.array([2.0, 3.0]), np.array([0.5, -1.0]), 1.25)
    -0.75
    """
    ### BEGIN SOLUTION
    return x @ w + b
    ### END SOLUTION
# %% check="linear_score" points=2
checks.linear_score(linear_score)
# %% [markdown]
r"""
<details><summary>Hint 1: check the example by hand</summary>

2 · 0.5 = 1, and 3 · (−1) = −3. Together with the bias: 1 − 3 + 1.25 = −0.75.
</details>

<details><summary>Hint 2: many points at once</summary>

NumPy's `@` multiplies each row of `x` by `w`, number by number, and adds up. For a single point `x @ w` is one
number.
</details>

<details><summary>Hint 3: nearly the answer</summary>

`x @ w` is all of the sum. What is still missing is $b$.
</details>

**What you should see:** *2 of 2 points*. No loop is needed.
"""
# %% [markdown]
r"""
## Exercise 1.2: the step (2 points, 5 minutes)

A score becomes a decision through a **step**. Points exactly on the line count as blue:

$$ \hat y = \mathrm{step}(s) = \begin{cases} 1 & s \ge 0 \\ 0 & s < 0 \end{cases} $$

The hat of $\hat y$ (say "y hat") means: this is what the neuron *says*. The label $y$ without a hat is what is true.
A neuron with a step is called a **perceptron**.
"""
# %% exercise="step"
def step(score):
    """1 where the score is 0 or more, else 0.

    score: a number, or an array (n,) of scores. Returns a number, or an array (n,).

    >>> step(np.array([-0.75, 2.0]))
    array([0, 1])
    """
    ### BEGIN SOLUTION
    return np.where(score >= 0, 1, 0)
    ### END SOLUTION
# %% check="step" points=2
checks.step(step)
# %% [markdown]
r"""
<details><summary>Hint 1: why does <code>if</code> not work for an array?</summary>

`if` needs one answer, yes or no. An array of five scores has five. The comparison `score >= 0` gives all five at
once, as an array of `True` and `False`.
</details>

<details><summary>Hint 2: nearly the answer</summary>

`np.where(condition, 1, 0)` is 1 wherever the condition is true, and 0 elsewhere. It takes a single number too, where
a `for` loop would stop with an error.
</details>

**What you should see:** *2 of 2 points*. Below, your perceptron judges the fourteen landings. With the heavy weight
it gets one wrong.
"""
# %%
w, b = np.array([3.0, 1.0]), -1.8
scores = np.ravel(linear_score(X, w, b))  # ravel: a plain row of numbers, also out of a list
y_hat = np.ravel(step(scores))
print("says ", y_hat)
print("truth", y)
print("wrong:", X[y_hat != y])  # the rows of X where the two differ
# %% [markdown]
r"""
## From yes or no to how sure

Two landings, one just above the line and one far above it, get the same answer from the step: 1. But you would rather
sit in the second one. The **sigmoid** $\sigma$ (sigma) keeps that difference. It turns any score into a number
between 0 and 1, which we read as a **probability** $p$: how likely is it that this point is blue?

$$ p = \sigma(s) = \frac{1}{1 + e^{-s}}, \qquad e = 2.718\ldots $$

On the line, $s = 0$ and $p = 1/2$: no idea. Far on the blue side $e^{-s}$ vanishes, and $p$ comes close to 1. Far on
the red side $e^{-s}$ is huge, and $p$ comes close to 0.

![Left: the plane shaded from red over white to blue; white along the line, with dotted lines where p is 0.1 and 0.9. Right: the sigmoid, an S-shaped curve from 0 to 1, beside the step.](images/sigmoid.png)

Each landing is a point of the plane on the left, and a point of the curve on the right. The dotted lines are where
$p$ is 0.1 and 0.9.

Here the neuron has $w_1 = w_2 = k$ and $b = -k$. What does a larger $k$ do to the line, and what to the curve? And
where can you move the diamond without changing its probability?
"""
# %%
widgets.slide_the_sigmoid()
# %% [markdown]
r"""
<details><summary>What did you find?</summary>

The line stays where it is. But the strip where the neuron hesitates becomes narrow, until the sigmoid looks like the
step. So that is what the *size* of the weights means: how sure the neuron is. Along the line, as fuel goes up and
height goes down by the same amount, the score and the probability stay the same.
</details>

Nothing so far says that these probabilities are *good* ones. Making them good is the subject of Lesson 3.
"""
# %% [markdown]
r"""
## Exercise 1.3: the sigmoid (2 points, 5 minutes)

Write $\sigma(s) = 1 / (1 + e^{-s})$. In NumPy $e^a$ is `np.exp(a)`, for numbers and for arrays. For scores such as
1000 or −1000 the result must be 1 or 0, not `nan` ("not a number"). An overflow warning does no harm.
"""
# %% exercise="sigmoid"
def sigmoid(score):
    """1 / (1 + exp(-score)): a probability between 0 and 1.

    score: a number, or an array (n,) of scores. Returns a number, or an array (n,).

    >>> sigmoid(np.array([0.0, 2.0]))
    array([0.5       , 0.88079708])
    """
    ### BEGIN SOLUTION
    return 1 / (1 + np.exp(-score))
    ### END SOLUTION
# %% check="sigmoid" points=2
checks.sigmoid(sigmoid)
# %% [markdown]
r"""
<details><summary>Hint 1: my result is larger than 1</summary>

Python divides before it adds: `1 / 1 + a` is `1 + a`. Put brackets around everything that stands below the line.
</details>

<details><summary>Hint 2: my result is <code>nan</code> for 1000</summary>

`np.exp(1000)` is too large for a computer and becomes `inf`, and `inf / inf` is `nan`. With `np.exp(-score)` the same
thing is harmless: `1 / (1 + inf)` is 0, as it should be. The `exp` of the module `math` raises an error there, and
takes no arrays.
</details>

**What you should see:** *2 of 2 points*. A note about an overflow may stand below; it costs nothing. The next cell
asks the heavy neuron again. The point that it gets wrong is one of which it is not sure.
"""
# %%
p = np.ravel(sigmoid(scores))
for point, label, chance in zip(X, y, p):
    mark = "<- wrong" if (chance >= 0.5) != label else ""
    print(f"fuel {point[0]:.2f}  height {point[1]:.2f}   label {label}   p = {chance:.2f} {mark}")
# %% [markdown]
r"""
## Logic out of weights

Inputs need not be measurements. Let them be 0 or 1, for *false* and *true*. Then there are only four points, the
corners of a square, and a perceptron that gets all four right is a **logic gate**: a part that a computer is built
from.

| $x_1$ | $x_2$ | AND | OR | NAND |
|---|---|---|---|---|
| 0 | 0 | 0 | 0 | 1 |
| 0 | 1 | 0 | 1 | 1 |
| 1 | 0 | 0 | 1 | 1 |
| 1 | 1 | 1 | 1 | 0 |

AND is 1 if both inputs are. OR is 1 if at least one is. NAND is the opposite of AND. NOT has a single input, and
turns 0 into 1 and 1 into 0.

![Three squares, each with four corner points and a line. AND: only the upper right corner is on the blue side. OR: all but the lower left corner. NAND: the same line as AND, with the blue side swapped.](images/gates.png)

The colours are the wanted answers: blue for 1, red for 0. Choose a gate and find numbers for it. Write them down, you
need them in a moment. What must you change to turn AND into OR? And AND into NAND?
"""
# %%
widgets.build_a_gate("AND")
# %% [markdown]
r"""
## Exercise 1.4: four gates (4 points, 8 minutes)

Return your numbers as a `dict`. Many choices are right: every line that has the blue corners on its blue side. A
score of exactly 0 counts as 1, as before.
"""
# %% exercise="gates"
def gates():
    """Weights and bias of the gates AND, OR, NOT and NAND, for a perceptron step(w·x + b).

    Returns a dict. "AND", "OR" and "NAND" are (w1, w2, b), "NOT" is (w, b).
    A gate that only looks at x1 would be written {"FIRST": (1, 0, -0.5)}.
    """
    ### BEGIN SOLUTION
    return {
        "AND": (1, 1, -1.5),
        "OR": (1, 1, -0.5),
        "NOT": (-1, 0.5),
        "NAND": (-1, -1, 1.5),
    }
    ### END SOLUTION
# %% check="gates" points=4
checks.gates(gates)
# %% [markdown]
r"""
<details><summary>Hint 1: AND</summary>

With both weights 1, the sum is 0, 1, 1 or 2. Only 2 may get over the threshold. Which bias makes $2 + b$ positive and
$1 + b$ negative?
</details>

<details><summary>Hint 2: NOT and NAND</summary>

Both say *yes* until inputs are on. So the bias is positive, and the weights are negative.
</details>

<details><summary>Hint 3: nearly the answer</summary>

`"OR": (1, 1, -0.5)`. AND has the same weights and a lower bias. Changing all three signs of AND swaps its two sides.
NOT is half of that: one negative weight, and a positive bias of half its size.
</details>

**What you should see:** *4 of 4 points*. For each gate the check says which rows are wrong, and what your numbers
really compute.
"""
# %% [markdown]
r"""
## A neuron that learns

You moved the sliders until no point was wrong. Here is a rule that does it without you. Look at one point after the
other. If the perceptron is right, do nothing. If it is wrong, move its numbers a little:

$$ \hat y = \mathrm{step}(w \cdot x + b) $$

$$ w \leftarrow w + \eta\,(y - \hat y)\,x, \qquad b \leftarrow b + \eta\,(y - \hat y) $$

The arrow means "becomes". $\eta$ (eta), in code `lr`, is the **learning rate**: how far one mistake moves the line.
$y - \hat y$ is the error, and it has three values:

- 0, if the point is right. Nothing moves.
- 1, if the point is blue and the perceptron says red. Adding $\eta\,x$ to $w$ and $\eta$ to $b$ raises the score of
  this point.
- −1, if the point is red and the perceptron says blue. Then its score goes down.

One step by hand. Let $w = (1, 1)$, $b = -1$, $\eta = 0.5$, and let the point $x = (1, 2)$ be red, $y = 0$. Its score
is $1 + 2 - 1 = 2$, so $\hat y = 1$ and the error is $-1$. Then $w$ becomes $(1, 1) - 0.5\,(1, 2) = (0.5, 0)$, and $b$
becomes $-1.5$. The new score is $0.5 - 1.5 = -1$: the point has changed sides.
"""
# %% [markdown]
r"""
## Exercise 1.5: the perceptron's update (3 points, 8 minutes)

Write one step of that rule. Return *new* weights, and leave the array `w` that you were given as it is. The widget
below keeps all the old lines, to show you how the line has turned.
"""
# %% exercise="perceptron_update"
def perceptron_update(w, b, x, y, lr):
    """One step of the perceptron's learning rule, for one point.

    w: weights (inputs,). b: bias, a number. x: the point (inputs,). y: its label, 0 or 1.
    lr: learning rate. Returns the new (w, b); the old w is not changed.

    >>> perceptron_update(np.array([1.0, 1.0]), -1.0, np.array([1.0, 2.0]), 0, 0.5)
    (array([0.5, 0. ]), -1.5)
    """
    ### BEGIN SOLUTION
    y_hat = 1 if w @ x + b >= 0 else 0
    error = y - y_hat
    return w + lr * error * x, b + lr * error
    ### END SOLUTION
# %% check="perceptron_update" points=3
checks.perceptron_update(perceptron_update)
# %% [markdown]
r"""
<details><summary>Hint 1: where do I begin?</summary>

Compute `y_hat` first, from the old `w` and `b`. You can use your `step` and `linear_score`, or write it in one line.
Then name the error: `error = y - y_hat`.
</details>

<details><summary>Hint 2: do I need an <code>if</code>?</summary>

You may, but you need none. For a point that is right the error is 0, and adding 0 changes nothing.
</details>

<details><summary>Hint 3: the check says that the argument <code>w</code> has changed</summary>

`w += ...` writes into the array that you were given. `w = w + ...` makes a new one.
</details>

<details><summary>Hint 4: nearly the answer</summary>

`return w + lr * error * x, ...`, and the same for `b` without the `x`: the input of the bias is always 1.
</details>

**What you should see:** *3 of 3 points*.
"""
# %% [markdown]
r"""
### Watch your rule at work

The neuron starts with a bad idea: $w = (-1, 1)$, the less fuel the better. Your function then gets one landing after
the other, with $\eta = 0.5$.

![Four moments of learning: at the start 8 of 14 points are wrong; after 13 steps 4, after 22 steps 3, after 26 steps none. From picture to picture the line turns.](images/learning.png)

Predict before you press play: does every step make things better? Does the line come to rest? Then choose the points
called XOR, and predict again.
"""
# %%
widgets.watch_it_learn(perceptron_update)
# %% [markdown]
r"""
The diamond marks the point that the step looked at, the dashed line is where the line was before. A step helps the
point that it looks at, and may well spoil others: the number of wrong points goes up and down. But on the landings it
reaches 0 after 26 steps, and then nothing moves any more. It is proven that this always happens, in a finite number
of steps, *if some line exists* that has every point on its own side.

With XOR it never comes to rest.

## What one line cannot do

XOR, the *exclusive or*, is 1 if exactly one of its inputs is 1. Try to find its line. Give it a minute, not more.
"""
# %%
widgets.build_a_gate("XOR")
# %% [markdown]
r"""
There is no such line. A side that holds both blue corners also holds the point halfway between them, the middle of
the square. But that is halfway between the red corners too, and the middle cannot be on both sides.

<details><summary>The same in four lines, with the scores</summary>

For (1, 0) and (0, 1) we need $w_1 + b \ge 0$ and $w_2 + b \ge 0$. Added up: $w_1 + w_2 + 2b \ge 0$.

For (0, 0) and (1, 1) we need $b < 0$ and $w_1 + w_2 + b < 0$. Added up: $w_1 + w_2 + 2b < 0$.

Both cannot be true.
</details>

## Three neurons can

One line is not enough, but *two* lines cut a strip out of the plane. The blue corners lie on the blue side of OR
**and** on the blue side of NAND. "And" is a gate that you have.

![Left: the lines of OR and NAND with a blue strip between them that holds both blue corners. Middle: the plane of the two answers h1 and h2, in which the four points have become three and one line separates them. Right: the network; x1 and x2 feed OR and NAND, and these two feed AND.](images/xor.png)

Read it from right to left. The last neuron, AND, never sees $x_1$ and $x_2$. It sees the two answers $h_1$ and $h_2$.
In *their* plane, in the middle, (0, 1) and (1, 0) have become one and the same point. And now a single line is
enough.

Neurons whose inputs are the answers of other neurons: that is a **neural network**. The two in the middle are called
**hidden**, because their answers are neither put in nor read out.

Choose an input and follow it through. Which neurons say 1? Which of the two hidden ones says no to (1, 1)?
"""
# %%
widgets.light_up_xor()
# %% [markdown]
r"""
## Exercise 1.6: XOR out of three gates (2 points, 5 minutes)

The function `gate` is a perceptron with two inputs, ready to use. Use it three times. You can copy your weights from
Exercise 1.4.
"""
# %% exercise="xor"
def gate(x1, x2, w1, w2, b):
    """A perceptron with two inputs: 1 where w1 x1 + w2 x2 + b >= 0, else 0."""
    return 1 if w1 * x1 + w2 * x2 + b >= 0 else 0


def xor(x1, x2):
    """1 if exactly one of x1 and x2 is 1, else 0. x1, x2: the numbers 0 or 1. Returns 0 or 1.

    >>> xor(1, 0)
    1
    """
    ### BEGIN SOLUTION
    h1 = gate(x1, x2, 1, 1, -0.5)  # OR
    h2 = gate(x1, x2, -1, -1, 1.5)  # NAND
    return gate(h1, h2, 1, 1, -1.5)  # AND
    ### END SOLUTION
# %% check="xor" points=2
checks.xor(xor)
# %% [markdown]
r"""
<details><summary>Hint 1: in which order?</summary>

First the two hidden answers, from `x1` and `x2`. Give them names: `h1` and `h2`. Then the last gate, from those two.
</details>

<details><summary>Hint 2: nearly the answer</summary>

```python
h1 = gate(x1, x2, 1, 1, -0.5)        # OR
h2 = ...                             # NAND, of x1 and x2 as well
return gate(h1, h2, ...)             # AND
```
</details>

**What you should see:** *2 of 2 points*. You have chosen nine numbers, and they make a network of three neurons.
"""
# %% [markdown]
r"""
## Summary

- A neuron computes a score $s = w \cdot x + b$. Where $s = 0$ there is a line; the weights turn it, the bias shifts
  it.
- The step makes a decision of the score, the sigmoid a probability. The larger the weights, the surer the neuron.
- The perceptron's rule changes the numbers only where it is wrong. It comes to rest if a separating line exists.
- XOR has no such line. Two neurons and a third one that looks at their answers can do it: a network.

**To think about**

1. Only the proportions of $w_1$, $w_2$ and $b$ make the line. So how many numbers describe a line, and what does the
   one that is left over say?
2. What changes about the line, and about the learning rule, if $x_1$ is given in per cent (0 to 100)?
3. Suppose the perceptron starts with $w = (0, 0)$ and $b = 0$. Why does the learning rate then make no difference to
   the line?
4. The rule needs the right answer of the neuron that it changes. What is the right answer of a *hidden* neuron, and
   who could tell it?
5. Move a weight a tiny bit and look at the output. What does a step tell you about which way is better, and what does
   a sigmoid? (Lesson 3)

**Next:** [Lesson 2](../02_feed_forward/02_feed_forward.ipynb) adds lines up to curves, and writes whole layers of
neurons as one multiplication of matrices.
"""
