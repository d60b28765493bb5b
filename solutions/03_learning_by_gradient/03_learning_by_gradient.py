# %% [markdown]
r"""
# Lesson 3: Learning by gradient

Until now somebody chose the weights. From here on the network finds them itself: it measures how wrong it is, works
out which way to move each weight, and moves all of them a little, again and again.

**You will build**

- `cross_entropy`: one number that says how wrong a network is (3 points),
- `backward`: how that number changes with every weight of a two-layer network (5 points),
- `sgd_step`, `momentum_step`, `rprop_step`, `rmsprop_step`: four ways to step downhill, and you let them race (13
  points).

**You need:** Lessons 1 and 2 (sigmoid, layers, `x @ W + b`), and what a derivative is: the slope of a curve.

**Time:** about an hour. "Momentum", after half of it, is a good place for a break. Everything runs on the CPU in
seconds.

Words and symbols: see the [glossary](../../docs/glossary.md).
"""
# %% readonly="setup"
import matplotlib.pyplot as plt
import numpy as np
import torch

from dqn_course import plotting
from dqn_course.checks import lesson_03 as checks
from dqn_course.widgets import lesson_03 as widgets

# %% [markdown]
r"""
## How wrong is it?

The network says $p = 0.9$: "class 1, and I am fairly sure". If the label is $y = 1$, that is good. If it is $y = 0$,
that is bad, and $p = 0.999$ would be worse still: very sure, and wrong.

We want one number for that, the **loss** $L$. The **cross-entropy** of a point is $-\ln p$ where $y = 1$, and
$-\ln(1 - p)$ where $y = 0$. ($\ln$ is the natural logarithm, `np.log`.)

![Two curves over the probability p. For label 1 the loss falls from very large at p = 0 to 0 at p = 1; for label 0 it
is the mirror image. At p = 0.9 the loss is 0.11 for label 1 and 2.30 for label 0.](images/cross_entropy.svg)

Being sure and right costs nothing. Being sure and wrong costs without limit.

<details><summary>Why not simply count the mistakes?</summary>

Move a weight a tiny bit, and the count stays what it was: no point changes sides. So the count never says which way
is better. The cross-entropy changes with every weight, however little it moves.
</details>

<details><summary>Why the logarithm?</summary>

The probability of *all* labels is a product, one factor a point. The logarithm turns the product into a sum, and the
minus turns "as probable as possible" into "as small as possible". So the weights with the smallest loss are those
under which the labels that we have seen are most probable.
</details>

## Exercise 3.1: cross-entropy (3 points, 5 minutes)

$y$ is 0 or 1, so one formula covers both cases; one of its terms is always 0. The loss is the mean over $n$ points:

$$ L = \frac{1}{n} \sum_{i=1}^{n} -\bigl(\, y_i \ln p_i + (1 - y_i) \ln(1 - p_i) \,\bigr) $$

By hand: for $y = (1, 0)$ and $p = (0.9, 0.2)$ the two points cost $-\ln 0.9 = 0.105$ and $-\ln 0.8 = 0.223$. The mean
is 0.164.
"""
# %% exercise="cross_entropy"
def cross_entropy(y, p):
    """The mean over the points of -(y ln p + (1 - y) ln(1 - p)).

    y: labels (n,), 0 or 1. p: probabilities (n,), from 0 to 1. Returns a number.

    A p of exactly 0 or 1 that is right costs 0. There Python would compute 0 * ln 0 = nan, so
    keep p away from both ends, for example with np.clip(p, 1e-12, 1 - 1e-12).

    >>> round(float(cross_entropy(np.array([1, 0]), np.array([0.9, 0.2]))), 3)
    0.164
    """
    ### BEGIN SOLUTION
    p = np.clip(p, 1e-12, 1 - 1e-12)
    return -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p))
    ### END SOLUTION
# %% check="cross_entropy" points=3
checks.cross_entropy(cross_entropy)
# %% [markdown]
r"""
<details><summary>Hint 1: whole arrays at once</summary>

`np.log(p)` takes the logarithm of each entry. `y * np.log(p)` multiplies entry by entry. No loop is needed.
</details>

<details><summary>Hint 2: nearly the answer</summary>

Clip `p` first. Then `terms = y * np.log(p) + (1 - y) * np.log(1 - p)`. The loss is minus the mean of them.
</details>

**What you should see:** a panel with *3 of 3 points*.
"""
# %% [markdown]
r"""
## Downhill

Take a network with a single weight $w$. Its loss is a curve over $w$, and we want the bottom. Where the curve rises
to the right, the slope $g$ is positive, and we go left. Where it falls to the right, $g$ is negative, and we go
right. Always against the slope: that is **gradient descent**.

$$ w \leftarrow w - \eta\, g $$

$\eta$ (eta) is the **learning rate**, in code `lr`. A network has many weights, and each has a slope of its own: how
fast $L$ changes if this weight alone moves. All these slopes together are the **gradient**. The same line of code
moves all weights at once.

## Exercise 3.2: one step downhill (2 points, 3 minutes)

By hand: $w = 1$, $g = 4$, $\eta = 0.1$ gives $w = 0.6$.
"""
# %% exercise="sgd_step"
def sgd_step(w, gradient, lr):
    """One step of gradient descent. Returns the new w, as a new array.

    w: weights, an array of any shape. gradient: its gradient, same shape. lr: learning rate.

    >>> sgd_step(np.array([1.0, 2.0]), np.array([4.0, -1.0]), lr=0.1)
    array([0.6, 2.1])
    """
    ### BEGIN SOLUTION
    return w - lr * gradient
    ### END SOLUTION
# %% check="sgd_step" points=2
checks.sgd_step(sgd_step)
# %% [markdown]
r"""
<details><summary>Hint 1: it says that an array is changed</summary>

`w -= ...` writes into the array of the caller. `w - ...` makes a new one.
</details>

<details><summary>Hint 2: nearly the answer</summary>

The equation above, with `lr` for $\eta$ and `gradient` for $g$, after the word `return`.
</details>

**What you should see:** *2 of 2 points*. (SGD is short for *stochastic gradient descent*; the S comes later.)

### How far is a good step?

The slope says which way, and nothing about how far. On the curve $L = w^2$ the slope is $g = 2w$. This is what your
step does there with four learning rates, always from $w = -1.6$:

![Four pictures of the curve L = w squared with ten steps from w = -1.6. Learning rate 0.05: small steps, still on
the way. 0.4: at the bottom after a few steps. 0.9: jumps from side to side and comes down slowly. 1.05: jumps from
side to side and climbs.](images/learning_rates.png)

Now move it yourself. Which learning rate reaches the bottom of the bowl in a single step? From which one on does it
never arrive? And in *two valleys*, from a first w on the right: where do you end up, and can a larger learning rate
change that?
"""
# %%
widgets.descend(sgd_step)
# %% [markdown]
r"""
On this bowl a step multiplies $w$ by $1 - 2\eta$. So 0.5 is perfect, between 0.5 and 1 it overshoots, at 1 it jumps
for ever, and beyond 1 it climbs. A steeper bowl moves all these numbers down. In two valleys a start at 1.5 ends in
the higher one, up to a learning rate of 0.3; with 0.35 it jumps over the hill.
"""
# %% [markdown]
r"""
## Which way is down?

Here is the network: two layers, $n$ points at once, one point a row. It is Lesson 2 in two lines.

$$ s_1 = x W_1 + b_1, \qquad h = \sigma(s_1), \qquad s_2 = h W_2 + b_2, \qquad p = \sigma(s_2) $$
"""
# %% readonly="forward"
def sigmoid(s):
    return 1 / (1 + np.exp(-s))


def forward(x, W1, b1, W2, b2):
    """x (n, inputs), W1 (inputs, hidden), b1 (hidden,), W2 (hidden, 1), b2 (1,).

    Returns the hidden values h (n, hidden) and the probabilities p (n, 1).
    """
    h = sigmoid(x @ W1 + b1)
    p = sigmoid(h @ W2 + b2)
    return h, p


# %% [markdown]
r"""
How fast does $L$ change if one number in $W_1$ moves? It moves $s_1$, that moves $h$, that moves $s_2$, that moves
$p$, and that moves $L$: a chain. Rates along a chain multiply. If $h$ moves twice as fast as $s_1$, and $p$ three
times as fast as $h$, then $p$ moves six times as fast as $s_1$. That is the whole **chain rule**.

So we walk from the loss back to the front and multiply by one factor at each link. All weights share the links to
their right, so one walk serves them all. That walk is **backpropagation**. Write $dW_1$ for the slope of $L$ in
$W_1$, $ds_2$ for its slope in $s_2$, and so on:

![The chain from x to the loss, from left to right. Below it arrows go back from right to left, with the factor of
each link: p - y over n at the end, then times W2, then times h (1 - h). Side arrows lead to the gradients: h times
ds2 for W2, x times ds1 for W1.](images/chain.svg)

Two of the factors deserve a look.

- The slope of the sigmoid is $\sigma(s)\,(1 - \sigma(s))$. With $h = \sigma(s_1)$ that is $h\,(1 - h)$.
- The last two links together give just $p - y$ for one point. The slope is the error itself: if $p$ is too high by
  0.3, the score should go down, with strength 0.3.

<details><summary>Why just p − y?</summary>

The slope of $L$ in $p$ is $-\frac{1}{p}$ where $y = 1$, and $\frac{1}{1 - p}$ where $y = 0$; in one formula
$\frac{p - y}{p\,(1 - p)}$. The slope of the sigmoid is $p\,(1 - p)$. In the product it cancels.
</details>

## Exercise 3.3: backpropagation (5 points, 15 minutes)

For $n$ points the loss is a mean, hence the $\frac{1}{n}$. In code $n$ is `len(x)`.

$$ ds_2 = \tfrac{1}{n}\,(p - y) \qquad dW_2 = h^\top ds_2 \qquad db_2 = \textstyle\sum_i ds_2 $$

$$ ds_1 = (ds_2\, W_2^\top) \odot h \odot (1 - h) \qquad dW_1 = x^\top ds_1 \qquad db_1 = \textstyle\sum_i ds_1 $$

$\odot$ multiplies entry by entry (`*`), $^\top$ is the transpose (`.T`), products without a sign are matrix products
(`@`), and $\sum_i$ adds up the points, that is, the rows. In $h^\top ds_2$ the matrix product adds them up by itself.

By hand, with one point and one hidden neuron: $x = 3$, $y = 1$, $W_1 = 0$, $b_1 = 0$, $W_2 = 2$, $b_2 = -1$. Forward:
$h = \sigma(0) = 0.5$, $p = \sigma(0) = 0.5$. Backward:

| | | |
|---|---|---|
| $ds_2 = p - y = -0.5$ | $dW_2 = h\, ds_2 = -0.25$ | $db_2 = -0.5$ |
| $ds_1 = ds_2 \cdot 2 \cdot 0.5 \cdot 0.5 = -0.25$ | $dW_1 = x\, ds_1 = -0.75$ | $db_1 = -0.25$ |

All slopes are negative, so all weights go up, and $p$ goes up with them. That is right: $y = 1$.
"""
# %% exercise="backward"
def backward(x, y, W1, b1, W2, b2):
    """The gradients of the mean cross-entropy of forward(x, W1, b1, W2, b2).

    x: points (n, inputs). y: labels (n, 1), 0.0 or 1.0.
    W1 (inputs, hidden), b1 (hidden,), W2 (hidden, 1), b2 (1,).
    Returns (dW1, db1, dW2, db2), each of the shape of its weights.

    >>> x, y, W1, b1 = np.array([[3.0]]), np.array([[1.0]]), np.array([[0.0]]), np.array([0.0])
    >>> backward(x, y, W1, b1, W2=np.array([[2.0]]), b2=np.array([-1.0]))
    (array([[-0.75]]), array([-0.25]), array([[-0.25]]), array([-0.5]))
    """
    h, p = forward(x, W1, b1, W2, b2)  # (n, hidden), (n, 1)
    ### BEGIN SOLUTION
    ds2 = (p - y) / len(x)  # (n, 1)
    dW2 = h.T @ ds2
    db2 = ds2.sum(axis=0)
    ds1 = (ds2 @ W2.T) * h * (1 - h)  # (n, hidden)
    dW1 = x.T @ ds1
    db1 = ds1.sum(axis=0)
    return dW1, db1, dW2, db2
    ### END SOLUTION
# %% check="backward" points=5
checks.backward(backward)
# %% [markdown]
r"""
<details><summary>Hint 1: the shapes show the way</summary>

Each gradient has the shape of its weights. $dW_2$ must be (hidden, 1); $h$ is (n, hidden) and $ds_2$ is (n, 1). Only
`h.T @ ds2` fits.
</details>

<details><summary>Hint 2: the sum over the points</summary>

`ds2.sum(axis=0)` adds up the rows of (n, 1) and gives (1,). Without `axis` it would be one number for everything.
</details>

<details><summary>Hint 3: nearly the answer</summary>

```python
ds2 = (p - y) / len(x)               # (n, 1)
ds1 = (ds2 @ W2.T) * h * (1 - h)     # (n, hidden)
```

$dW_1$ and $db_1$ follow from `ds1` exactly as $dW_2$ and $db_2$ follow from `ds2`.
</details>

**What you should see:** *5 of 5 points*.

### PyTorch agrees

PyTorch finds gradients by itself: it notes every operation and walks the chain back. (Lesson 4 is about that.) Ask it
about the same network, with random numbers. (`*weights` hands over the four arrays of the list one by one.)
"""
# %%
rng = np.random.default_rng(0)
x, y = rng.normal(size=(7, 3)), rng.integers(0, 2, size=(7, 1)).astype(float)
weights = [rng.normal(size=shape) for shape in ((3, 4), (4,), (4, 1), (1,))]  # W1, b1, W2, b2

tensors = [torch.tensor(w, requires_grad=True) for w in weights]
W1, b1, W2, b2 = tensors
p = torch.sigmoid(torch.sigmoid(torch.tensor(x) @ W1 + b1) @ W2 + b2)
torch.nn.functional.binary_cross_entropy(p, torch.tensor(y)).backward()

for name, mine, tensor in zip(("dW1", "db1", "dW2", "db2"), backward(x, y, *weights), tensors):
    print(name, "largest difference:", np.abs(mine - tensor.grad.numpy()).max())
# %% [markdown]
r"""
Differences around $10^{-16}$ are rounding. You have just written by hand what `loss.backward()` does.

## The network learns

Two crescents that no straight line separates, 200 points, and a network with 8 hidden neurons. Its weights start at
random.

One pass over all points is an **epoch**. Here it goes in 20 steps, with 10 points each: `x[batch]` picks their rows.
"""
# %%
x, y = widgets.crescents()  # (200, 2), (200, 1)
start = widgets.first_weights(hidden=8)  # [W1, b1, W2, b2]

rng = np.random.default_rng(1)
weights, losses = start, []
for epoch in range(150):
    for batch in rng.permutation(200).reshape(20, 10):  # 20 times 10 row numbers
        gradients = backward(x[batch], y[batch], *weights)
        weights = [sgd_step(w, g, lr=2.0) for w, g in zip(weights, gradients)]
    h, p = forward(x, *weights)
    losses.append(cross_entropy(y[:, 0], p[:, 0]))

widgets.before_and_after(x, y, start, weights, losses)
# %% [markdown]
r"""
Look at the beginning of the loss curve. In a few epochs the network finds a straight line, and then for a while
nothing better. After 25 epochs or so the line begins to bend, and the loss falls again. A flat stretch is not always
the end.
"""
# %% [markdown]
r"""
## One point, a few, or all?

How many points should one step look at? The exact gradient is the mean over all of them. The mean over a few random
ones points nearly the same way, and is much cheaper.

| a step looks at | name | steps per epoch here | the gradient is |
|---|---|---|---|
| all 200 points | **full batch** | 1 | exact |
| 10 points | **mini-batch** | 20 | a little random |
| 1 point | **stochastic** | 200 | very random |

*Stochastic* means random: that is the S in SGD. In everyday speech mini-batches are called SGD too.

![Loss over 40 epochs at learning rate 1. With the full batch it falls slowly and smoothly. With mini-batches of 10 it
falls fast at first. With single points it is lowest, and jumps up and down. Beside it the regions after 40
epochs.](images/batches.png)

All three saw the same points equally often. Which curve profits from a larger learning rate, and which one breaks
down?
"""
# %%
widgets.batches(backward)
# %% [markdown]
r"""
Single points take many steps and tremble, and with `lr` 10 they break down. The full batch takes one good step and
then has to look at everything again; it gains from a larger rate. Mini-batches are the usual compromise, and a
computer likes them: ten points at once take hardly longer than one.

DQN learns from mini-batches too: 64 random memories in Lesson 6, 32 in Lesson 9.
"""
# %% [markdown]
r"""
## Momentum: a ball with mass

In a long valley the walls are steep and the floor is nearly flat. Plain steps jump from wall to wall and hardly move
along the floor. A heavy ball does better: sideways pushes cancel, and the pull along the floor adds up.

So we keep a **velocity** $v$: all past gradients added up, the older ones fading away. We step along that. $\beta$
(beta) says how much of the old velocity stays, usually 0.9. In code $v$ is `velocity`.

$$ v \leftarrow \beta v + g \qquad\qquad w \leftarrow w - \eta\, v $$

## Exercise 3.4: momentum (3 points, 4 minutes)

By hand: $w = 1$, $v = 2$, $g = 4$, $\beta = 0.5$, $\eta = 0.1$. Then $v = 0.5 \cdot 2 + 4 = 5$, and
$w = 1 - 0.1 \cdot 5 = 0.5$. The step uses the *new* velocity.
"""
# %% exercise="momentum_step"
def momentum_step(w, velocity, gradient, lr, beta):
    """One step with momentum. Returns the new (w, velocity), as new arrays.

    w, velocity, gradient: arrays of one shape, any shape. lr: learning rate.
    beta: how much of the old velocity stays, from 0 (none) to just below 1.

    >>> momentum_step(np.array([1.0]), np.array([2.0]), np.array([4.0]), lr=0.1, beta=0.5)
    (array([0.5]), array([5.]))
    """
    ### BEGIN SOLUTION
    velocity = beta * velocity + gradient
    return w - lr * velocity, velocity
    ### END SOLUTION
# %% check="momentum_step" points=3
checks.momentum_step(momentum_step)
# %% [markdown]
r"""
<details><summary>Hint 1: two results</summary>

`return a, b` returns both. First the weights, then the velocity.
</details>

<details><summary>Hint 2: nearly the answer</summary>

Two lines, in the order of the equations: first a new `velocity`, then the new weights from it.
</details>

**What you should see:** *3 of 3 points*. While the gradient stays the same, $v$ grows towards $g / (1 - \beta)$: with
$\beta = 0.9$ ten times the plain step.
"""
# %% [markdown]
r"""
## rprop: only the sign

The size of a gradient says little about how far to go: it is large at a cliff and tiny on a plain. **rprop**
(*resilient backpropagation*) ignores it. It looks at the sign alone, and each weight has a step size of its own:

- the sign is the same as last time: right direction, so the step grows, **times 1.2**;
- the sign has changed: we jumped over the bottom, so the step shrinks, **times 0.5**;
- either of the two gradients is 0: the step stays.

A step never gets larger than **50** or smaller than **$10^{-6}$**. Then every weight moves by its own step, against
the sign:

$$ w \leftarrow w - \text{step} \cdot \mathrm{sign}(g) $$

Where $g = 0$, $\mathrm{sign}(g) = 0$, and the weight stays.

## Exercise 3.5: rprop (5 points, 10 minutes)

Three weights by hand. The limits matter in the last row.

| $g$ now | $g$ before | step before | step now | $w$ before | $w$ now |
|---|---|---|---|---|---|
| 3 | 0.1 | 1 | 1.2 | 0 | −1.2 |
| −3 | 0.1 | 1 | 0.5 | 0 | 0.5 |
| −2 | −2 | 45 | 50, not 54 | 0 | 50 |
"""
# %% exercise="rprop_step"
def rprop_step(w, step, gradient, previous_gradient):
    """One step of rprop. Returns the new (w, step), as new arrays.

    w, step, gradient, previous_gradient: arrays of one shape, any shape.
    step: the step size of each weight. New step: times 1.2 where the signs of gradient and
    previous_gradient agree, times 0.5 where they differ, unchanged where either is 0; at most
    50, at least 1e-6. Then w - step * sign(gradient), with the new step.

    >>> w, step, previous = np.array([0.0, 0.0]), np.array([1.0, 1.0]), np.array([0.1, 0.1])
    >>> rprop_step(w, step, np.array([3.0, -3.0]), previous)
    (array([-1.2,  0.5]), array([1.2, 0.5]))
    """
    ### BEGIN SOLUTION
    agreement = np.sign(gradient) * np.sign(previous_gradient)  # 1, 0 or -1 for each weight
    factor = np.where(agreement > 0, 1.2, np.where(agreement < 0, 0.5, 1.0))
    step = np.clip(factor * step, 1e-6, 50.0)
    return w - step * np.sign(gradient), step
    ### END SOLUTION
# %% check="rprop_step" points=5
checks.rprop_step(rprop_step)
# %% [markdown]
r"""
<details><summary>Hint 1: do the signs agree?</summary>

`gradient * previous_gradient` is positive where they agree, negative where they differ, and 0 where one of them is 0.
</details>

<details><summary>Hint 2: a choice for each entry, without <code>if</code></summary>

`np.where(condition, a, b)` takes `a` where the condition holds, and `b` elsewhere, entry by entry. `b` may be another
`np.where`.
</details>

<details><summary>Hint 3: nearly the answer</summary>

```python
product = gradient * previous_gradient
factor = np.where(product > 0, 1.2, np.where(product < 0, 0.5, 1.0))
```

Then the new step is `factor * step`, kept between two limits by `np.clip`.
</details>

<details><summary>Other versions of rprop</summary>

They differ in what they do just after a change of sign: some take the last step back, PyTorch's `Rprop` stays put for
one step. Ours is the plainest.
</details>

**What you should see:** *5 of 5 points*.

Here are the crescents once more, with the full batch: 60 plain steps against 60 steps of rprop, which needs no
learning rate.
"""
# %%
w_plain, w_rprop, previous = start, start, [0 * w for w in start]
steps = [0.1 + 0 * w for w in start]  # the first step of every weight
for _ in range(60):
    w_plain = [sgd_step(w, g, lr=3.0) for w, g in zip(w_plain, backward(x, y, *w_plain))]
    gradients = backward(x, y, *w_rprop)
    moved = [rprop_step(*each) for each in zip(w_rprop, steps, gradients, previous)]
    w_rprop, steps, previous = [w for w, _ in moved], [s for _, s in moved], gradients

for name, weights in (("sgd", w_plain), ("rprop", w_rprop)):
    h, p = forward(x, *weights)
    print(f"{name:5} loss {cross_entropy(y[:, 0], p[:, 0]):.3f}")
# %% [markdown]
r"""
sgd is still stuck with its straight line, at 0.272; rprop is at 0.114. A larger learning rate helps sgd a
little: with 10.0 it reaches 0.25.

## Nine times +0.1, once −0.9

Now feed mini-batches to rprop. Suppose one weight gets these ten gradients in a row: $+0.1$ nine times, and then
$-0.9$ once. They add up to 0, so over the ten the weight should stay where it is.

**Predict first:** where does plain gradient descent take the weight? Where does rprop?
"""
# %%
gradients = np.tile([0.1] * 9 + [-0.9], 10).reshape(100, 1)  # ten rounds of ten

w_sgd, w_rprop = [np.zeros(1)], [np.zeros(1)]
step, previous = np.full(1, 0.01), np.zeros(1)
for gradient in gradients:
    w_sgd.append(sgd_step(w_sgd[-1], gradient, lr=0.1))
    w, step = rprop_step(w_rprop[-1], step, gradient, previous)
    w_rprop.append(w)
    previous = gradient

print("after 100 steps:  sgd", w_sgd[-1].round(2) + 0, "  rprop", w_rprop[-1].round(2))
# %% [markdown]
r"""
Plain descent is back at 0. rprop is at −2.64, and going: left nine times, with growing steps, then right once, with
half of the last one. It cannot see that $-0.9$ is nine times as strong as $+0.1$, because it looks at the sign alone.

## RMSProp: the sign, remembered

What rprop does can be said in another way: it divides each gradient by its own size, $g / |g| = \mathrm{sign}(g)$.
The trouble is that it divides by *another* size in each mini-batch. So divide by a size that changes slowly. RMSProp
keeps a **moving average** of the squared gradients, nine tenths old and one tenth new, and divides by its root:

$$ MS \leftarrow 0.9\, MS + 0.1\, g^2 \qquad\qquad w \leftarrow w - \eta\, \frac{g}{\sqrt{MS} + \epsilon} $$

*RMS* is the *root of the mean of the squares*. $\epsilon = 10^{-8}$ only keeps a gradient of 0 from giving $0 / 0$.
In code $MS$ is `mean_square`, 0.9 is `decay`, and $\epsilon$ is `eps`.

## Exercise 3.6: RMSProp (3 points, 5 minutes)

By hand: $w = 1$, $MS = 10$, $g = 10$, $\eta = 0.1$. Then $MS = 0.9 \cdot 10 + 0.1 \cdot 100 = 19$, and $w = 1 - 0.1
\cdot 10 / \sqrt{19} = 0.771$.
"""
# %% exercise="rmsprop_step"
def rmsprop_step(w, mean_square, gradient, lr, decay=0.9, eps=1e-8):
    """One step of RMSProp. Returns the new (w, mean_square), as new arrays.

    w, mean_square, gradient: arrays of one shape, any shape. lr: learning rate. decay: how
    much of the old mean_square stays. eps: nothing may be divided by 0, so that a weight
    whose gradient was always 0 stays where it is. It may stand inside or outside the root.

    >>> w, MS = rmsprop_step(np.array([1.0]), np.array([10.0]), np.array([10.0]), lr=0.1)
    >>> w.round(3), MS
    (array([0.771]), array([19.]))
    """
    ### BEGIN SOLUTION
    mean_square = decay * mean_square + (1 - decay) * gradient**2
    return w - lr * gradient / (np.sqrt(mean_square) + eps), mean_square
    ### END SOLUTION
# %% check="rmsprop_step" points=3
checks.rmsprop_step(rmsprop_step)
# %% [markdown]
r"""
<details><summary>Hint 1: which MS is under the root?</summary>

The new one. Compute it first, as with the velocity.
</details>

<details><summary>Hint 2: where do 0.9 and 0.1 come from?</summary>

From `decay`: old times `decay`, new times `1 - decay`.
</details>

<details><summary>Hint 3: nearly the answer</summary>

`mean_square = decay * mean_square + (1 - decay) * gradient**2`, then divide by `np.sqrt(mean_square) + eps`.
</details>

**What you should see:** *3 of 3 points*. Now the ten gradients again, with all three.
"""
# %%
w_rmsprop, mean_square = [np.zeros(1)], np.zeros(1)
for gradient in gradients:
    w, mean_square = rmsprop_step(w_rmsprop[-1], mean_square, gradient, lr=0.01)
    w_rmsprop.append(w)

print("after 100 steps:  RMSProp", w_rmsprop[-1].round(2))
with plotting.style():
    plt.figure(figsize=(7, 3.2))
    plt.plot(np.concatenate(w_sgd), "-", label="sgd")
    plt.plot(np.concatenate(w_rprop), "--", label="rprop")
    plt.plot(np.concatenate(w_rmsprop), "-.", label="RMSProp")
    plt.xlabel("step (every tenth gradient is −0.9, the others are +0.1)")
    plt.ylabel("weight")
    plt.legend()
    plt.show()
# %% [markdown]
r"""
RMSProp stays close, at −0.20. So: rprop for full batches, RMSProp for mini-batches.

<details><summary>Why does RMSProp not end at 0?</summary>

Most of the way is from the first ten steps, while MS was still growing from 0. And a memory of some ten steps fades a
little between one −0.9 and the next.
</details>
"""
# %% [markdown]
r"""
## The race

Four landscapes seen from above, white is low, and your four steps on them. The dot in the ring is the goal. rprop has
no learning rate: its first step is `lr`, and then it looks after itself. Here `lr` is 0.03, and $\beta$ is 0.8.

![Contour pictures of four landscapes with the paths of four optimisers. Long valley: rprop is at the goal first,
momentum swings around it. Slanted valley: momentum is at the goal, rprop zigzags. Saddle: sgd is still on the ridge.
Mini-batches: rprop has settled beside the goal.](images/race.png)

Try to find: a learning rate at which sgd flies out of the long valley; the $\beta$ that brings momentum to the goal
of the slanted one soonest; who leaves the saddle last; and where rprop settles with mini-batches.
"""
# %%
widgets.race(sgd_step, momentum_step, rprop_step, rmsprop_step)
# %% [markdown]
r"""
<details><summary>Why is rprop slower in the slanted valley?</summary>

rprop and RMSProp treat each weight by itself. Along the axes that is just right. In a slanted valley the way down is
a matter of *both* weights together, and the signs keep changing.
</details>

<details><summary>Why does sgd leave the saddle so late?</summary>

A **saddle** falls to two sides and rises to the other two. On its ridge the slope is nearly 0, so a step in
proportion to the slope is nearly 0 too. rprop and RMSProp do not care how small a gradient is.
</details>

<details><summary>Why does rprop settle beside the minimum?</summary>

Each batch gradient here is the true one plus a part like the ten numbers above: nine times $+0.5$, once $-4.5$. Where
the true gradient is $-0.5$, nine of ten batches say 0. There rprop feels at home. The mean is 0 only at the goal.
</details>

## Which one, and when?

| data | look at | a good step |
|---|---|---|
| few points, or each tells something new | the full batch | rprop, or plain descent with momentum |
| many points that repeat each other | mini-batches | RMSProp, or sgd with momentum |
| an agent's memories, as in DQN | mini-batches | RMSProp (Lesson 9), Adam (Lesson 6) |

**Adam** is RMSProp with a velocity: it averages $g$ as well as $g^2$.

<details><summary>RMSProp has dialects</summary>

The code that DeepMind released with the Atari agent subtracts the square of the mean gradient from MS, and puts
$\epsilon$ *inside* the root. You will write that one in Lesson 9.
</details>
"""
# %% [markdown]
r"""
## Summary

- The cross-entropy is 0 for sure and right, and grows without limit for sure and wrong.
- The gradient has one slope for each weight. A step goes against it; the learning rate says how far.
- Backpropagation is the chain rule from the loss back to the front. It starts with $p - y$.
- Momentum adds up past gradients, rprop trusts their sign, RMSProp divides by their usual size.
- Full batches are exact and expensive, mini-batches random and cheap. rprop needs full batches.

**To think about**

1. Ours start at random. If all weights start at 0, which gradients of Exercise 3.3 are 0 in the first step, and can
   the hidden neurons ever become different?
2. $h\,(1 - h)$ is at most 0.25. What happens to the gradient of the first of ten layers?
3. What does RMSProp do with `decay=0`? Compare it with rprop.
4. The sum of nine +0.1 and one −0.9 is 0. Which `decay` would make RMSProp cancel them better, and what is its price?
5. In DQN the labels themselves change while the network learns. Which of the four would you trust least?

**Next:** in [Lesson 4](../04_pytorch/04_pytorch.ipynb) PyTorch does the backward walk for you, for any network.
"""
