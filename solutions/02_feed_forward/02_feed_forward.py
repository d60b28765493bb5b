# %% [markdown]
r"""
# Lesson 2: Many neurons

One neuron draws one straight line, and few borders in the world are straight. Two neurons, and a third one that adds
them up, can draw a curve. Go on like that, and you have every network of this course.

**You will build**

- `combine`: several models weighed and added up to one (3 points),
- `layer`: many neurons at once, as one matrix (3 points),
- `feed_forward`: a whole network, however deep (4 points),
- `softmax`: from scores to the probabilities of several classes (3 points),
- `count_parameters`: how large is a network? (2 points)

**You need:** the score and the sigmoid of Lesson 1, and a little NumPy.

**Time:** about 60 minutes.

Words and symbols: see the [glossary](../../docs/glossary.md).
"""
# %% readonly="setup"
import numpy as np

from dqn_course.checks import lesson_02 as checks
from dqn_course.widgets import lesson_02 as widgets


def sigmoid(s):
    """1 / (1 + exp(-s)), as in Lesson 1."""
    return 1 / (1 + np.exp(-s))


# %% [markdown]
r"""
## A question that no line answers

In Lesson 1 a lander needed enough fuel and height to land safely. Here are 48 other landings. With *too much* of both
it crashes as well: a full tank is heavy, and from high up the fall is fast.
"""
# %%
X, y = widgets.landings()  # X (48, 2): fuel and height; y (48,): 1 safe, 0 crashed
widgets.show_points(X, y)
# %% [markdown]
r"""
The safe landings lie in a band. Whichever way you draw a straight line, one side of the band ends up wrong: of all
lines, the best leaves 9 of the 48 points on the wrong side.

## Two models, added up

Two neurons know half of the answer each. We chose their weights by hand and call each of them a **model**: something
that looks at a point and returns a probability.

- *Model 1, enough of both:* $p_1 = \sigma(14 x_1 + 14 x_2 - 13)$
- *Model 2, not too much:* $p_2 = \sigma(-16 x_1 - 10 x_2 + 18.5)$

The two pictures on the left show them. What we want is their overlap. So: add them up?

![Four pictures of the same 48 points. Model 1 is blue above a falling line, model 2 is blue below another one. Their plain sum is 2.0 in the band between the lines and 1.0 on both sides of it, and the band is striped because it is more than 1 there. The sigmoid of 8 p1 + 8 p2 − 12 is blue in the band and red on both sides.](images/sum_and_sigmoid.png)

### Why the plain sum is no probability

In the third picture the sum is 2.0 inside the band. Nothing is 200 % likely; the stripes mark where a value is clearly
above 1 or below 0. And on both sides of the band it is 1.0, "quite sure", although one of the models says no there.
Take three points:

| | $p_1$ | $p_2$ | $p_1 + p_2$ | $8 p_1 + 8 p_2 - 12$ | $\sigma$ of it |
|---|---|---|---|---|---|
| both say yes | 0.9 | 0.8 | 1.7 | 1.6 | 0.83 |
| one says yes | 0.9 | 0.1 | 1.0 | −4.0 | 0.02 |
| both say no | 0.2 | 0.1 | 0.3 | −9.6 | 0.00 |

The last two columns repair it. Each model gets a **weight**, which says how much its answer counts. A **bias** says
how high the bar is. And the sigmoid turns the result, whatever it is, into a number between 0 and 1:

$$ p = \sigma(w_1 p_1 + w_2 p_2 + b) $$

You have seen this formula before. It is a neuron. Only its inputs are new: they are the answers of other neurons.

<details><summary>Why not take the mean? It always lies between 0 and 1.</summary>

True, the mean of probabilities is a probability. But it is a timid one. For 0.9 and 0.1 it says 0.5, for 0.9 and 0.8
it says 0.85, and it can never be surer than its surest model. It also knows no "*not* this one", because that needs a
negative weight.
</details>

## Exercise 2.1: combine (3 points, 7 minutes)

For any number $m$ of models:

$$ p = \sigma\Bigl(\sum_{i=1}^{m} w_i p_i + b\Bigr) $$

In the code the $w_i$ are `weights` and $b$ is `bias`. The function `sigmoid` is there already. `p` holds the answers
of all models for one point, or for many points, one a row.
"""
# %% exercise="combine"
def combine(p, weights, bias):
    """sigmoid(weights·p + bias): several models weighed and added up to one.

    p: probabilities of m models for one point (m,), or for many points (n, m), as an array.
    weights: (m,). bias: a number. Returns a number for one point, an array (n,) for many.

    >>> combine(np.array([0.5, 0.75]), np.array([2.0, 4.0]), -2.0)     # sigmoid(1 + 3 - 2)
    0.8807970779778823
    """
    ### BEGIN SOLUTION
    return sigmoid(p @ weights + bias)
    ### END SOLUTION
# %% check="combine" points=3
checks.combine(combine)
# %% [markdown]
r"""
<details><summary>Hint 1: which part of Lesson 1 is this?</summary>

The score, and then the sigmoid. The probabilities take the place of $x$.
</details>

<details><summary>Hint 2: one point and many points with the same line</summary>

`p @ weights` multiplies and adds up over the models. For `p` of shape (m,) it gives a number, for (n, m) one number a
row.
</details>

<details><summary>Hint 3: nearly the answer</summary>

`sigmoid(... + bias)`. The bias goes inside.
</details>

**What you should see:** *3 of 3 points*.

### Move it yourself

Below are both models, and on the right what comes of them. It starts with the plain sum.

1. Plain sum: find weights and a bias that leave no stripes. Is the picture of any use now?
2. Sigmoid, weights 1 and 1, bias 0: why is everything blue?
3. Sigmoid: find settings for *both must say yes*, *one is enough*, and *model 1, but not model 2*. Which of the three
   is right about all 48 points?
"""
# %%
widgets.superimpose()
# %% [markdown]
r"""
<details><summary>What did you find?</summary>

1. Small weights leave no stripes. With 0.5, 0.5 and bias 0 it is the mean, which says 1 in the band and a shrug of 0.5
   outside. Weights 1 and 1 with bias −1 give 1 in the band and 0 outside, which is useful. But that is luck: where both
   models say no, the sum would be −1; there just is no such point here. With the sigmoid, *any* weights give a
   probability.
2. A sum of probabilities is never negative, so its sigmoid is 0.5 at least. Without a negative bias there is no bar.
3. *Both:* weights 8 and 8, bias −12. *One is enough:* 8 and 8, bias −4. *1 but not 2:* 8 and −8, bias −4. The first
   one gets all 48 right. The gates of Lesson 1, with probabilities.
</details>
"""
# %% [markdown]
r"""
## A network and its words

Draw the three neurons, and you have a **network**. This one is smaller than life, with numbers that suit a pencil.

![On the left a network: inputs x1 = 2 and x2 = 1, hidden nodes h1 with bias 0 and h2 with bias 1, output p with bias −1. The weights are 1 and −1 into h1, −2 and 3 into h2, 4 and −2 into p. On the right the same weights as matrices: W1 has the columns (1, −1) and (−2, 3), W2 has one column (4, −2).](images/network.svg)

- A **node** holds one number. A neuron of Lesson 1 is a node with the edges that lead into it.
- The **input layer** is what the network is given. Nothing is computed there.
- The **output layer** is its answer.
- A **hidden layer** is what lies between. Nobody says what a hidden node should mean: it is neither given nor asked
  for.
- In a **feed-forward** network everything flows in one direction, from layer to layer, never back.

## A layer is a matrix

Every node of a layer sees the same inputs, with its own weights. Write the weights of each node into a column, and
the columns side by side: that is the matrix $W$, of shape (inputs, outputs). Now one product computes all nodes of
the layer:

$$ h = \sigma(x\,W + b) $$

The **matrix product** $x\,W$, in NumPy `x @ W`, takes $x$ to each column in turn: multiply entry by entry, add up. In
the drawing, with $x = (2, 1)$:

$$ x\,W_1 = \bigl(2 \cdot 1 + 1 \cdot (-1),\;\; 2 \cdot (-2) + 1 \cdot 3\bigr) = (1, -1) $$

For node $j$ that is $h_j = \sigma\bigl(\sum_i x_i W_{ij} + b_j\bigr)$: column $j$ of $W$ and entry $j$ of $b$ belong
to it. With many points, one a row of `x`, the product gives one row of nodes for each of them.

| | `x` | `W` | `b` | result |
|---|---|---|---|---|
| one point | (inputs,) | (inputs, outputs) | (outputs,) | (outputs,) |
| n points | (n, inputs) | (inputs, outputs) | (outputs,) | (n, outputs) |

## Exercise 2.2: a layer (3 points, 6 minutes)

Write $\sigma(x\,W + b)$ for one point and for many.
"""
# %% exercise="layer"
def layer(x, W, b):
    """The sigmoid of x W + b: all nodes of a layer at once.

    x: one point (inputs,), or many points (n, inputs). W: weights (inputs, outputs), a column a
    node. b: biases (outputs,). Returns an array (outputs,), or (n, outputs).

    >>> layer(np.array([2.0, 1.0]), np.array([[1.0, -2.0], [-1.0, 3.0]]), np.array([0.0, 1.0]))
    array([0.73105858, 0.5       ])
    """
    ### BEGIN SOLUTION
    return sigmoid(x @ W + b)
    ### END SOLUTION
# %% check="layer" points=3
checks.layer(layer)
# %% [markdown]
r"""
<details><summary>Hint 1: `*` or `@`?</summary>

`*` multiplies entry by entry and adds nothing up. `@` is the matrix product: it multiplies and adds up over the
inputs.
</details>

<details><summary>Hint 2: which way round?</summary>

Look at the shapes. In `x @ W` the last size of `x` meets the first size of `W`, and both are *inputs*. What is left
is the result.
</details>

<details><summary>Hint 3: nearly the answer</summary>

The score is `x @ W + b`. NumPy adds `b` to every row by itself.
</details>

**What you should see:** *3 of 3 points*. The example in the docstring is the hidden layer of the drawing.
"""
# %% [markdown]
r"""
## Feed-forward, by hand

Take the network of the drawing and the point $x = (2, 1)$. Layer by layer, node by node:

| node | weighted sum | after the sigmoid |
|---|---|---|
| $h_1$ | $1 \cdot 2 - 1 \cdot 1 + 0 = 1$ | $\sigma(1) = 0.731$ |
| $h_2$ | $-2 \cdot 2 + 3 \cdot 1 + 1 = 0$ | $\sigma(0) = 0.5$ |
| $p$ | $4 \cdot 0.731 - 2 \cdot 0.5 - 1 = 0.924$ | $\sigma(0.924) = 0.716$ |

The hidden layer is finished before the output begins. What it found, 0.731 and 0.5, is all that the output node ever
sees of the point.

<details><summary>Now you: what comes out for x = (1, 1)?</summary>

$h_1 = \sigma(1 - 1 + 0) = \sigma(0) = 0.5$ and $h_2 = \sigma(-2 + 3 + 1) = \sigma(2) = 0.881$. Then $4 \cdot 0.5 - 2
\cdot 0.881 - 1 = -0.762$, and $p = \sigma(-0.762) = 0.318$.
</details>

## Exercise 2.3: feed-forward (4 points, 10 minutes)

A network of any depth is the same step again and again. Call the input $h^{(0)} = x$. Then for the layers $l = 1, 2,
\dots, k$:

$$ h^{(l)} = \sigma\bigl(h^{(l-1)}\, W^{(l)} + b^{(l)}\bigr) $$

The answer of the network is the last one, $h^{(k)}$. Your function gets the layers as a list of pairs `(W, b)`, from
the first to the last. The list must stay as it is.
"""
# %% exercise="feed_forward"
def feed_forward(x, layers):
    """The output of a network: one layer after the other, each with a sigmoid.

    x: one point (inputs,), or many points (n, inputs). layers: a list of pairs (W, b), one or
    more. Returns the output of the last layer, (outputs,) or (n, outputs).

    >>> W1, b1 = np.array([[1.0, -2.0], [-1.0, 3.0]]), np.array([0.0, 1.0])
    >>> W2, b2 = np.array([[4.0], [-2.0]]), np.array([-1.0])
    >>> feed_forward(np.array([2.0, 1.0]), [(W1, b1), (W2, b2)])
    array([0.71591027])
    """
    ### BEGIN SOLUTION
    h = x
    for W, b in layers:
        h = layer(h, W, b)
    return h
    ### END SOLUTION
# %% check="feed_forward" points=4
checks.feed_forward(feed_forward)
# %% [markdown]
r"""
<details><summary>Hint 1: may I use <code>layer</code>?</summary>

Yes. If it has not passed its check yet, write `sigmoid(... @ W + b)` again.
</details>

<details><summary>Hint 2: how do I go through the layers?</summary>

`for W, b in layers:` takes one pair after the other.
</details>

<details><summary>Hint 3: nearly the answer</summary>

Keep one variable, `h`, that starts as `x`. In the loop it is replaced by the layer's output. The `return` stands
after the loop, not inside it.
</details>

**What you should see:** *4 of 4 points*. Now the two models and their combination are one network of two layers, and
your function runs it.
"""
# %%
W1 = np.array([[14.0, -16.0], [14.0, -10.0]])  # a column a model
b1 = np.array([-13.0, 18.5])
W2, b2 = np.array([[8.0], [8.0]]), np.array([-12.0])
network = [(W1, b1), (W2, b2)]


def p_safe(x):
    return feed_forward(x, network).ravel()  # ravel: from (n, 1) to (n,)


print("wrong:", np.sum((p_safe(X) >= 0.5) != y), "of", len(y))
widgets.show_region(p_safe, X, y)
# %% [markdown]
r"""
Change a weight, and run the cell again. What happens if `W2` becomes `[[8.0], [-8.0]]` and `b2` becomes `[-4.0]`?

<details><summary>Does a network need the sigmoid in between?</summary>

Yes. Without it, two layers are $(x W_1 + b_1) W_2 + b_2 = x\,(W_1 W_2) + (b_1 W_2 + b_2)$. That is one layer again,
with another matrix, and it draws a straight line. The bend comes from the sigmoid.
</details>
"""
# %% [markdown]
r"""
## More hidden nodes: more bends

Other points now: 60 of them, and a little messy, as real ones are. Networks with 1 to 8 hidden nodes have learned
from them. (How they learned is Lesson 3.) A dashed line is a hidden node: it is where its score is 0.

Another 1000 points, from the same source, were **held out**: no network has seen them. Guess before you look: which
number of hidden nodes is best for the 60 points, and which for the held-out ones?

![Regions of four networks over the same 60 points. With one hidden node the border is straight, with two it has two bends, with three it looks much the same, with eight it winds around single points. A curve beside them: wrong points among those learned from fall from 10 % to 0, wrong points among others fall from 17 % to 10 % and rise again to 19 %.](images/hidden_nodes.png)

One hidden node: a straight border, parallel to its line. Every further node is a further line at which the border may
bend.

In the widget, go through the nodes one by one. Where do the two curves part? With which number does the border first
bend around a single point? Then look at the held-out points.
"""
# %%
widgets.hidden_nodes()
# %% [markdown]
r"""
### Learning by heart

With more nodes, fewer and fewer of the 60 points are wrong: 6 with one node, 2 with three, none with five or more.
But of the held-out points, 10.2 % are wrong with three nodes, and 19.4 % with eight. From four nodes on the curves
part.

The large network bends its border around single points. It has learned the noise by heart, and the noise will be
different next time. That is **overfitting**: better on the points learned from, worse on all others. You see it only
if you hold points back.

<details><summary>Was that bad luck with these 60 points?</summary>

We picked a clear example. So we drew 60 points anew, eight times in all, and tried 1, 2, 3, 4, 6 and 8 hidden nodes
each time. The best number on held-out points was always 2, 3 or 4.
</details>

### More layers: depth

Switch the widget to two hidden layers. Nodes of the first hidden layer still are lines. Nodes of the second one
combine those lines to *regions*, as you did with the band, and the output combines the regions. Look at 8 nodes:
there are islands now, around two single points. A network with more than one hidden layer is called **deep**. It can
say more complicated things with few nodes, and it overfits no less.
"""
# %% [markdown]
r"""
## More inputs: the line becomes a plane

A third input, say the wind, adds a third weight: $s = w_1 x_1 + w_2 x_2 + w_3 x_3 + b$. Where $s = 0$ there is no
line now, but a flat **plane**, and it cuts the space in two.

![A cube with the axes fuel, height and wind. A tilted grey plane cuts it; all blue circles are on one side and all red squares on the other.](images/third_input.png)

The plane below starts with $w_3 = 0$. How does it stand, and why? Does wind make a landing safer or less safe? Turn
the view, then find weights that get all 30 points right.
"""
# %%
widgets.third_input()
# %% [markdown]
r"""
<details><summary>What did you find?</summary>

With $w_3 = 0$ the wind does not matter, so the plane stands upright, along the axis of the wind. More wind needs more
fuel and height: $w_3$ is negative. With 3, 3, −2.5 and $b = -1.5$ all 30 are right.
</details>

With four or more inputs nobody can draw it, but the formula stays the same, and one still calls it a **hyperplane**.
The lander of Lesson 6 has eight inputs.

## More outputs: several classes

So far the answer was yes or no. Suppose that there are three **classes**: lands, hovers, crashes. You could train one
network for each of them. But then each would have to find all the bends by itself, and their three answers, such as
0.9, 0.8 and 0.1, would not add up to 1.

Better: *one* network with three output nodes, which share the hidden layers. Its last layer stops at the scores
$s_1, s_2, s_3$, and they become probabilities together. That is **softmax**:

$$ p_k = \frac{e^{s_k}}{\sum_j e^{s_j}} $$

The exponentials make everything positive; the division makes it add up to 1. By hand: the scores $0$, $\ln 2$ and
$\ln 5$ have the exponentials 1, 2 and 5. Their sum is 8, so the probabilities are $1/8$, $2/8$ and $5/8$.

![Three groups of bars for three classes: the scores 2, 1 and −1, their exponentials 7.39, 2.72 and 0.37, and the probabilities 0.71, 0.26 and 0.04.](images/softmax.png)

Which of the three pictures changes when you add the same number to all scores? Can you bring a probability down to
exactly 0?
"""
# %%
widgets.softmax_bars()
# %% [markdown]
r"""
<details><summary>What did you find?</summary>

The scores and the exponentials change, the probabilities do not: $e^{s + c} = e^c e^s$, and the factor $e^c$ stands
above and below the line. Only *differences* between scores count. No probability is ever exactly 0, only small.
</details>

## Exercise 2.4: softmax (3 points, 8 minutes)

Computers have a limit: $e^{1000}$ is too large for them. But you may add any number to all scores. So subtract the
largest one, $m = \max_j s_j$, first. Then the largest exponent is 0, and nothing can overflow:

$$ p_k = \frac{e^{s_k - m}}{\sum_j e^{s_j - m}} $$

For many points, every row of `scores` has its own $m$ and its own sum.
"""
# %% exercise="softmax"
def softmax(scores):
    """exp(scores) divided by their sum, over the last axis; also for scores such as 1000.

    scores: (k,) for one point, or (n, k) for many. Returns an array of the same shape; each
    row adds up to 1.

    >>> softmax(np.array([0.0, np.log(2), np.log(5)]))
    array([0.125, 0.25 , 0.625])
    """
    ### BEGIN SOLUTION
    e = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)
    ### END SOLUTION
# %% check="softmax" points=3
checks.softmax(softmax)
# %% [markdown]
r"""
<details><summary>Hint 1: what does <code>axis=-1</code> mean?</summary>

The last axis, whatever their number. For (k,) it is the only one, for (n, k) it runs along each row.
</details>

<details><summary>Hint 2: shapes (n, k) and (n,) do not fit together</summary>

`scores.max(axis=-1)` has the shape (n,). With `keepdims=True` it is (n, 1), and NumPy subtracts each row's own
maximum.
</details>

<details><summary>Hint 3: nearly the answer</summary>

First `e = np.exp(scores - ...)` with the maximum of each row. Then divide `e` by its own sum, with the same `axis`
and `keepdims`.
</details>

**What you should see:** *3 of 3 points*. Below, one network with 2 inputs, 6 hidden nodes and 3 outputs sorts points
into three classes. The last layer has no sigmoid: its scores go to your softmax.
"""
# %%
points, labels = widgets.pinwheel()
hidden, (W, b) = widgets.pinwheel_layers()  # trained before, weights only


def classify(x):
    h = feed_forward(x, [hidden])  # (n, 6)
    return softmax(h @ W + b)  # (n, 3)


print(classify(points[:1]).round(3), " it is class", labels[0] + 1)
widgets.show_classes(classify, points, labels)
# %% [markdown]
r"""
Each point belongs to the class with the largest probability. Near a border the colour is pale: there the network
hesitates.

## Exercise 2.5: how large is a network? (2 points, 5 minutes)

Everything that learning may change is a **parameter**: every weight and every bias. A layer with $m$ inputs and $n$
outputs has $m \cdot n$ weights and $n$ biases. With the sizes $n_0$ (inputs), $n_1, \dots, n_k$ (outputs):

$$ \text{parameters} = \sum_{l=1}^{k} (n_{l-1} + 1)\, n_l $$

The network of the drawing, $(2, 2, 1)$, has $(2 + 1) \cdot 2 + (2 + 1) \cdot 1 = 9$.
"""
# %% exercise="count_parameters"
def count_parameters(sizes):
    """How many weights and biases a network has.

    sizes: a list of the nodes in each layer, from inputs to outputs; two or more. Returns a
    whole number.

    >>> count_parameters([2, 2, 1])
    9
    """
    ### BEGIN SOLUTION
    return sum((m + 1) * n for m, n in zip(sizes[:-1], sizes[1:]))
    ### END SOLUTION
# %% check="count_parameters" points=2
checks.count_parameters(count_parameters)
# %% [markdown]
r"""
<details><summary>Hint 1: neighbours in a list</summary>

`sizes[:-1]` is the list without its last entry, `sizes[1:]` without its first. `zip` pairs them: each size with the
next one.
</details>

<details><summary>Hint 2: nearly the answer</summary>

Start with `total = 0`. For each pair `m, n` of neighbours, add `(m + 1) * n`.
</details>

**What you should see:** *2 of 2 points*. The next cell counts the network that lands the spacecraft in Lesson 6.
"""
# %%
print("drawing: ", count_parameters([2, 2, 1]))
print("pinwheel:", count_parameters([2, 6, 3]))
print("lander:  ", count_parameters([8, 64, 64, 4]))
# %% [markdown]
r"""
4,996 numbers: eight inputs, two hidden layers, four outputs, one for each action. It has no softmax at the end. Its
outputs are not probabilities but *values*: how many points each action will bring. They may be negative, and they do
not add up to anything.

## Summary

- Several models are combined by a weighted sum, a bias and a sigmoid: $p = \sigma(\sum_i w_i p_i + b)$. A plain sum
  of probabilities is none.
- A layer is a matrix with a column for each node, $h = \sigma(x\,W + b)$. A network is one layer after the other.
- More hidden nodes: more bends. More inputs: a hyperplane instead of a line. More outputs and softmax: several
  classes. More layers: regions of regions.
- A large network can learn its points by heart. Only held-out points show it.

**To think about**

1. Exchange the two hidden nodes of the drawing, with all their weights. Does the output change? How many networks
   with 8 hidden nodes are really the same one?
2. With two classes, softmax over the scores $(s, 0)$ gives the first class the probability $\sigma(s)$. Can you show
   it?
3. A network has 10,000 parameters and learned from 60 points. What would you have to see before you trust it?
4. Why do we not choose the number of hidden nodes that makes the fewest errors on the points learned from?

**Next:** we chose weights by hand, or took trained ones. With 4,996 of them nobody can. [Lesson
3](../03_learning_by_gradient/03_learning_by_gradient.ipynb) lets the network find them.
"""
