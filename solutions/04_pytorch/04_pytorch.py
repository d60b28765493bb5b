# %% [markdown]
r"""
# Lesson 4: The PyTorch that DQN needs

In Lesson 3 you worked out every derivative by hand. From now on PyTorch does that, and you write the few lines around
it: today they learn three arms of a spiral, in Lesson 6 they land a spacecraft.

**You will build**

- `to_batch`: from a state to the tensor that a network takes (2 points),
- `chosen_q`: from a table of values, one value a row (3 points),
- `build_mlp`: a network of any size (4 points),
- `greedy_action`: ask the network for its best action (3 points),
- `train_step`: the five lines that train anything (4 points).

**You need:** layers and softmax (Lesson 2), loss and gradient (Lesson 3). Python's classes appear twice, and
what you need of them is said there.

**Time:** about 70 minutes, all on the CPU. Nothing here runs longer than a few seconds.

Words and symbols: see the [glossary](../../docs/glossary.md).
"""
# %% readonly="setup"
import pickle
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from dqn_course.checks import lesson_04 as checks
from dqn_course.widgets import lesson_04 as widgets

# %% [markdown]
r"""
## A tensor: shape, dtype, device

A **tensor** is PyTorch's array. Most of what you know from NumPy works the same. When something goes wrong, ask it
three things.
"""
# %%
state = np.array([0.1, 1.4, -0.3, -0.5, 0.02, 0.1, 0.0, 0.0])  # eight numbers of a lander
tensor = torch.from_numpy(state)

print("shape: ", tuple(tensor.shape))
print("dtype: ", tensor.dtype)
print("device:", tensor.device)
# %% [markdown]
r"""
**dtype** is the kind of number. NumPy makes `float64`, a layer has `float32`: half the memory, and fast on a graphics
card. The two do not mix. Here is a layer with 8 inputs and 2 outputs: the first call fails, the second is the cure.
"""
# %%
layer = nn.Linear(8, 2)
try:
    layer(tensor)
except RuntimeError as error:
    print("RuntimeError:", error)

print(layer(tensor.float()))
# %% [markdown]
r"""
`.float()` means float32, `.long()` means int64. In this course states, rewards and values are float32. Actions are
int64, because they are used as an index. (`grad_fn` is the subject of *Autograd*, further down.)

**device** is where the numbers lie: `cpu`, `cuda` (an NVIDIA graphics card) or `mps` (an Apple one). Whatever meets
in one operation must lie on the same device. You choose once, and say `.to(device)`.
"""
# %%
cuda, mps = torch.cuda.is_available(), torch.backends.mps.is_available()
device = "cuda" if cuda else "mps" if mps else "cpu"
print("this machine could use:", device)
print(tensor.float().to(device).device)
# %% [markdown]
r"""
`tensor.to(device)` returns a *new* tensor, so use what it returns. `network.to(device)` moves the network itself.

Our networks are small. For them a graphics card is no faster, so everything below stays on the CPU.

## Shapes are brackets

Print a tensor and count the brackets. The first number of the shape counts what the outermost pair holds, the last
one what the innermost pair holds.

`unsqueeze(d)` puts one more pair around something, at place `d`. `squeeze` takes pairs away that hold a single thing.
No number changes. What NumPy calls `axis`, PyTorch calls `dim`.

![x is 1, 2, 3 in one pair of brackets, shape (3,). unsqueeze(0) puts a new pair around everything: shape (1, 3).
unsqueeze(1) puts a new pair around each number: shape (3, 1). sum(dim=1, keepdim=True) of a (2, 3) table keeps the
inner pairs, with one number in each: shape (2, 1).](images/brackets.png)

Now try it yourself. Which two operations on a (2, 3) give a result of shape (2,) and of shape (2, 1)? What does
`unsqueeze(-1)` do?
"""
# %%
widgets.brackets()
# %% [markdown]
r"""
**keepdim=True** is NumPy's `keepdims`: the pair of brackets of the dimension that was summed stays, with one number
in it. `max(dim=1)` has it too, and Lesson 6 needs it there.

Layers expect a **batch**: many inputs at once, one a row, shape $(B, n)$. $B$ is the **batch size**. A single state
is a batch with one row.
"""
# %% [markdown]
r"""
## Exercise 4.1: a batch of one (2 points, 5 minutes)

Turn a state, as an environment gives it, into something that every network accepts: a float32 tensor of shape
$(1, n)$ on the right device.
"""
# %% exercise="to_batch"
def to_batch(state, device):
    """A state as a batch with one row.

    state: NumPy array (n,), float32 or float64. device: where the tensor goes, such as "cpu".
    Returns a float32 tensor (1, n).

    >>> to_batch(np.array([0.5, -2.0]), "cpu")
    tensor([[ 0.5000, -2.0000]])
    """
    ### BEGIN SOLUTION
    return torch.from_numpy(state).float().unsqueeze(0).to(device)
    ### END SOLUTION
# %% check="to_batch" points=2
checks.to_batch(to_batch)
# %% [markdown]
r"""
<details><summary>Hint 1: four steps</summary>

Array to tensor, then the dtype, then the extra brackets, then the device. Each is one call, and they can be chained
with dots.
</details>

<details><summary>Hint 2: their names</summary>

`torch.from_numpy(...)`, `.float()`, `.unsqueeze(...)`, `.to(...)`.
</details>

**What you should see:** *2 of 2 points*. This is the longest line of `act` in Lesson 6.
"""
# %% [markdown]
r"""
## Shapes that stretch

Three predictions, three targets, all equal. What is the mean squared error? Think of a number before you run this.
"""
# %%
predictions = torch.tensor([[1.0], [2.0], [3.0]])  # (3, 1): what a network gives
targets = torch.tensor([1.0, 2.0, 3.0])  # (3,): what a list of rewards becomes

error = predictions - targets
print("mean squared error:", (error**2).mean().item())
# %%
print(error)
# %% [markdown]
r"""
It is not 0. PyTorch compared every prediction with every target: nine differences. This is **broadcasting**. NumPy
does it too, by this rule:

1. Write the shapes below each other, aligned at the right.
2. Where one of them has 1, or nothing, it is stretched to the other: its numbers are copied.
3. Where they differ otherwise, there is an error.

![Left: (3, 1) minus (3, 1) gives (3, 1), three zeros. Right: (3, 1) minus (3,). The column is copied to the right
and the row is copied downwards, both hatched, and the result is a (3, 3) table, framed.](images/broadcasting.png)

Often that is just what you want: one bias, added to each row. It is a trap where *both* are stretched. Which pairs of
shapes do that? Which is an error? And why is (B, 3) − (B,) an error for B = 4, and none for B = 3?
"""
# %%
widgets.broadcasting()
# %% [markdown]
r"""
This is the most expensive mistake in deep Q-learning. Nothing crashes, the loss even falls, and the network learns
something else. (We train it both ways at the end of this lesson.) `F.mse_loss` prints a warning in this case, your
own formula does not.

So the course has one habit: values, rewards and targets, "one number for each row", have shape $(B, 1)$. There is one
exception, the labels of a classifier, further down.

## One value a row: gather

In Lesson 6 a network gives a value for each action, a table `q` of shape $(B, A)$. Row $i$ is about one moment, and
in that moment *one* action was taken, $a_i$. Its value is the one to learn from.

$$ \text{chosen}_i = q_{i,\,a_i} \qquad i = 1, \dots, B $$

`q.gather(dim, index)` does that. Along the dimension `dim`, it takes the entries that `index` names.

![Three rows of four values. The actions 2, 0, 1 pick column 2 in the first row, column 0 in the second and column 1
in the third: the values 3, 0 and 6, shape (3, 1).](images/gather.png)

Move the actions. Then choose the other two ways, which people try first. What is wrong with each?
"""
# %%
widgets.gather()
# %% [markdown]
r"""
## Exercise 4.2: the value of the action taken (3 points, 7 minutes)

The gradient must be able to flow back through the result. So stay with tensors: no NumPy, no `.item()`. (*Autograd*,
just below, says why.)
"""
# %% exercise="chosen_q"
def chosen_q(q_values, actions):
    """From each row of ``q_values`` the value of the action that was taken there.

    q_values: float tensor (B, A). actions: int64 tensor (B, 1), numbers from 0 to A - 1.
    Returns a float tensor (B, 1), with a path for the gradient.

    >>> chosen_q(torch.tensor([[2.0, 5.0, 3.0], [0.0, -1.0, 4.0]]), torch.tensor([[2], [0]]))
    tensor([[3.],
            [0.]])
    """
    ### BEGIN SOLUTION
    return q_values.gather(1, actions)
    ### END SOLUTION
# %% check="chosen_q" points=3
checks.chosen_q(chosen_q)
# %% [markdown]
r"""
<details><summary>Hint 1: which dimension?</summary>

The rows stay as they are, and `actions` says which *column* counts. Columns are dim=1.
</details>

<details><summary>Hint 2: the shape of the result</summary>

The result of `gather` has the shape of the index. `actions` has shape (B, 1) already.
</details>

**What you should see:** *3 of 3 points*.
"""
# %% [markdown]
r"""
## Autograd: a tensor that remembers

In Lesson 3 PyTorch confirmed your `backward`. Here is how it does that, on a network small enough to follow: one
input, one hidden unit, one point. $h = \sigma(x W_1 + b_1)$, $p = \sigma(h W_2 + b_2)$, and the cross-entropy $L$.
The six formulas of `backward` become one line.
"""
# %%
x, y = torch.tensor([[3.0]]), torch.tensor([[1.0]])
W1, b1 = torch.tensor([[0.0]], requires_grad=True), torch.tensor([0.0], requires_grad=True)
W2, b2 = torch.tensor([[2.0]], requires_grad=True), torch.tensor([-1.0], requires_grad=True)

h = torch.sigmoid(x @ W1 + b1)
p = torch.sigmoid(h @ W2 + b2)
L = -(y * p.log() + (1 - y) * (1 - p).log()).mean()

L.backward()
for name, weight in {"W1": W1, "b1": b1, "W2": W2, "b2": b2}.items():
    print(f"dL/d{name} = {weight.grad.item():.2f}")
# %% [markdown]
r"""
Check the last one by hand, as in Lesson 3: $h = 0.5$, so $p = \sigma(0.5 \cdot 2 - 1) = 0.5$, and $dL/db_2 = p - y =
-0.5$.

![The computation as a chain. Forward, from left to right: x, W1 and b1 make h = 0.5; h, W2 and b2 make p = 0.5; p
and y make L = 0.69. Backward, from right to left: L.backward() leaves a gradient at each weight: -0.75 at W1, -0.25
at b1, -0.25 at W2, -0.5 at b2.](images/graph.png)

`requires_grad=True` says: this is a weight, write down what is done with it. Every result remembers how it was made,
and so there is a chain from $L$ back to the weights, the **graph**. `backward()` walks it from right to left with the
chain rule, and leaves $\partial L / \partial w$ in `w.grad`. This is **autograd**. There is no magic beyond it.

One thing surprises everybody. Run the same computation three times:
"""
# %%
w = torch.tensor(2.0, requires_grad=True)
for _ in range(3):
    L = w**2  # dL/dw = 2 w = 4
    L.backward()
    print("w.grad =", w.grad.item())
# %% [markdown]
r"""
4, 8, 12: gradients are **added up**, not replaced. That is useful when a batch is too large for the memory and comes
in pieces. The rest of the time it means: clear them before you compute new ones.

## A network is a Module

`nn.Linear(m, n)` is a layer with $m$ inputs and $n$ outputs. Lessons 2 and 3 had $xW + b$ with $W$ of shape (inputs,
outputs). PyTorch stores the transpose, (outputs, inputs), and computes $x W^\top + b$. The result is the same.
"""
# %%
layer = nn.Linear(3, 2)
x = torch.randn(5, 3)  # a batch of 5
print("weight", tuple(layer.weight.shape), "  bias", tuple(layer.bias.shape))
print("same as by hand:", torch.allclose(layer(x), x @ layer.weight.T + layer.bias))
# %% [markdown]
r"""
A network is an `nn.Module` that holds others. To make a new kind of module, you write a class. `__init__` runs once,
when you say `Example()`, and what it keeps goes into `self`. `forward` runs whenever you call `network(x)`.
`super().__init__()` comes first: it makes the lists that the layers are noted in.

A layer that you assign to `self.something` is **registered**, and then `parameters()` finds its weights. What hides
in a plain list is not.
"""
# %%
class Example(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Linear(3, 2)
        self.others = [nn.Linear(2, 2)]  # a plain list

    def forward(self, x):
        return self.others[0](torch.relu(self.first(x)))


network = Example()
print([name for name, _ in network.named_parameters()])
# %% [markdown]
r"""
Only `first` is there. The optimizer, which gets `network.parameters()`, would never touch the other layer, and never
say so. `nn.Sequential(layer, layer, ...)` registers what it is given, and calls one after the other.
"""
# %% [markdown]
r"""
## Exercise 4.3: a network of any size (4 points, 10 minutes)

An **MLP** (multilayer perceptron) is what you built in Lesson 2: linear layers with an activation between them. But
from now on the activation is **ReLU**:

$$ \mathrm{relu}(x) = \max(x, 0) $$

The sigmoid's slope, $h\,(1 - h)$, is 0.25 at most, and in a deep network such factors multiply. ReLU's slope is 1
wherever it lets something through.

ReLU stands between the layers, and **nothing** after the last one. `[8, 64, 64, 4]` means: 8 inputs, two hidden
layers with 64 units, 4 outputs. Four sizes make three layers.
"""
# %% exercise="build_mlp"
def build_mlp(sizes):
    """Linear layers with ReLU between them, and nothing after the last one.

    sizes: list of whole numbers, at least two: inputs, hidden units, ..., outputs.
    Returns an nn.Module that turns float32 inputs (B, sizes[0]) into outputs (B, sizes[-1]).

    >>> build_mlp([8, 64, 64, 4])(torch.zeros(32, 8)).shape
    torch.Size([32, 4])
    """
    ### BEGIN SOLUTION
    layers = []
    for m, n in zip(sizes, sizes[1:]):
        layers += [nn.Linear(m, n), nn.ReLU()]
    return nn.Sequential(*layers[:-1])
    ### END SOLUTION
# %% check="build_mlp" points=4
checks.build_mlp(build_mlp)
# %% [markdown]
r"""
<details><summary>Hint 1: pairs of neighbours</summary>

`zip(sizes, sizes[1:])` gives (8, 64), (64, 64), (64, 4): the inputs and outputs of each layer.
</details>

<details><summary>Hint 2: one ReLU too many</summary>

If the loop adds a layer and a ReLU each time, the last thing in the list is a ReLU. `layers[:-1]` is the list without
it.
</details>

<details><summary>Hint 3: from a list to a network</summary>

`nn.Sequential(*layers)`. The star hands over the entries one by one.
</details>

**What you should see:** *4 of 4 points*. `print(build_mlp([8, 64, 64, 4]))` shows the layers.

## Is there a softmax at the end?

No, for two different reasons.

- **A Q-network** gives values, such as −120 or +240. A softmax would make chances of them, between 0 and 1.
- **A classifier** needs the softmax, but `nn.CrossEntropyLoss` has it inside. It takes the plain **scores** (also
  called *logits*), and the labels as int64 of shape $(B,)$: that is the exception to the habit.

Try it with the scores 2, 1, −1 of Lesson 2, whose probabilities are 0.71, 0.26 and 0.04.
"""
# %%
scores, label = torch.tensor([[2.0, 1.0, -1.0]]), torch.tensor([0])
p = torch.softmax(scores, dim=1)
loss_function = nn.CrossEntropyLoss()

print("softmax inside:  ", round(loss_function(scores, label).item(), 3))
print("by hand, -log p: ", round(-p[0, 0].log().item(), 3))
print("softmax twice:   ", round(loss_function(p, label).item(), 3))
# %% [markdown]
r"""
The third line is a common mistake: softmax over softmax. Then the loss can never be small. With three classes it
stays above 0.55, however sure the network is.

## Two switches: train() / eval() and no_grad()

They often stand together, so people take them for the same thing. Look at a network with **Dropout**, a layer that
sets a random half of its inputs to zero while training, against overfitting.
"""
# %%
network = nn.Sequential(nn.Linear(2, 20), nn.Dropout(0.5))
x = torch.ones(1, 2)

print("                      same result twice   has a graph")
for mode in (network.train, network.eval):
    for record in (True, False):
        mode()
        with torch.set_grad_enabled(record):  # torch.no_grad() is set_grad_enabled(False)
            one, two = network(x), network(x)
        name = f"{mode.__name__}(){'' if record else ', no_grad()'}"
        print(f"{name:22}{torch.equal(one, two)!s:20}{one.requires_grad}")
# %% [markdown]
r"""
Each switch decides one column, and only that one.

<details><summary>Is <code>eval()</code> a condition?</summary>

No. Nothing is tested. It *sets* a flag, `training = False`, in the network and in every layer inside. Only layers
that look at this flag behave differently: Dropout, batch normalisation and a few like them. A network of Linear and
ReLU gives the same numbers in both modes. Calling it all the same is a good habit. `train()` sets the flag back.
</details>

<details><summary>Does <code>eval()</code> switch gradients off?</summary>

No, as the third line shows. That is what `torch.no_grad()` is for.
</details>

<details><summary>Why <code>no_grad()</code>?</summary>

Without it, every forward pass records its graph in case you call `backward()`. When you only want an answer, that
costs time and memory for nothing. The `with` block ends it by itself.
</details>

### From a tensor back to NumPy

In older code you will read `action_values.cpu().data.numpy()`. Piece by piece:

| piece | what it does | today |
|---|---|---|
| `.cpu()` | copies from a graphics card into ordinary memory; does nothing if it lies there already | the same |
| `.data` | the numbers without the graph; changes to them are hidden from autograd | `.detach()` |
| `.numpy()` | makes a NumPy array, which shares its memory with the tensor | the same |

So today it is `.detach().cpu().numpy()`, and for a single number `.item()`. If you forget `.detach()`, PyTorch tells
you:
"""
# %%
q = nn.Linear(3, 2)(torch.ones(1, 3))
try:
    q.numpy()
except RuntimeError as error:
    print(error)

print(q.detach().cpu().numpy(), " best action:", q.argmax().item())
# %% [markdown]
r"""
## Exercise 4.4: ask the network (3 points, 8 minutes)

The **greedy** action is the one with the largest value. `argmax` gives its position, and the position *is* the
action.

Ask in eval mode and without a graph. Leave the network in **training mode** afterwards, as `act` in Lesson 6 does.
"""
# %% exercise="greedy_action"
def greedy_action(network, state):
    """The action with the largest value in ``state``.

    network: turns a float32 batch (B, n) into values (B, A), all on the CPU. It is in eval mode
    during the pass, which records no graph, and in training mode afterwards.
    state: NumPy array (n,), float32 or float64. Returns an int from 0 to A - 1.

    >>> greedy_action(nn.Identity(), np.array([0.2, -1.0, 0.7]))  # gives back its input
    2
    """
    ### BEGIN SOLUTION
    network.eval()
    with torch.no_grad():
        q_values = network(torch.from_numpy(state).float().unsqueeze(0))  # (1, A)
    network.train()
    return q_values.argmax().item()
    ### END SOLUTION
# %% check="greedy_action" points=3
checks.greedy_action(greedy_action)
# %% [markdown]
r"""
<details><summary>Hint 1: five steps</summary>

The state as a batch (Exercise 4.1), eval mode, the pass under `with torch.no_grad():`, training mode, the argmax.
</details>

<details><summary>Hint 2: an int, not a tensor</summary>

`q_values.argmax()` is a tensor with one number. `.item()` takes the number out.
</details>

<details><summary>Hint 3: nearly the answer</summary>

```python
network.eval()
with torch.no_grad():
    q_values = network(...)      # the state as float32, shape (1, n)
network.train()
return ...
```
</details>

**What you should see:** *3 of 3 points*.
"""
# %% [markdown]
r"""
## Five lines that train anything

An **optimizer** holds the weights and changes them by their gradients. You wrote four of them in Lesson 3. In PyTorch
they are `torch.optim.SGD(network.parameters(), lr=0.1)`, the same with `momentum=0.9`, `Rprop`, and `RMSprop`. The
one that we use most is `Adam`: RMSProp with momentum.

Let $f$ be the network and $\theta$ its parameters, all the weights and biases. One plain step on a batch $(x, y)$ is

$$ L = \text{loss}\big(f(x; \theta),\; y\big), \qquad
\theta \leftarrow \theta - \eta \, \frac{\partial L}{\partial \theta} $$

and always these five lines:

1. clear the old gradients: `optimizer.zero_grad()`,
2. forward: what does the network say?
3. the loss: how wrong is that?
4. backward: `loss.backward()` puts a gradient beside every weight,
5. step: `optimizer.step()` changes the weights.

## Exercise 4.5: one training step (4 points, 10 minutes)

Return the loss as a plain number. A tensor would hold on to its whole graph, and a list of a thousand of them would
fill the memory.
"""
# %% exercise="train_step"
def train_step(network, optimizer, loss_function, x, y):
    """One step of ``optimizer`` on the loss of the batch (x, y).

    network: an nn.Module in training mode. optimizer: holds its parameters.
    loss_function(prediction, target): gives a tensor with one number.
    x: inputs (B, ...). y: what the network should say.
    Returns the loss before the step, a float.

    >>> network = nn.Linear(1, 1, bias=False)
    >>> _ = nn.init.constant_(network.weight, 1.0)  # w = 1, so L = (2 w - 0)^2 = 4, slope 8
    >>> optimizer = torch.optim.SGD(network.parameters(), lr=0.1)
    >>> x, y = torch.tensor([[2.0]]), torch.tensor([[0.0]])
    >>> train_step(network, optimizer, nn.MSELoss(), x, y)
    4.0
    >>> round(network.weight.item(), 4)  # 1 - 0.1 * 8
    0.2
    """
    ### BEGIN SOLUTION
    optimizer.zero_grad()
    prediction = network(x)
    loss = loss_function(prediction, y)
    loss.backward()
    optimizer.step()
    return loss.item()
    ### END SOLUTION
# %% check="train_step" points=4
checks.train_step(train_step)
# %% [markdown]
r"""
<details><summary>Hint 1: the loss</summary>

`loss_function(network(x), y)`: first what the network says, then what it should have said.
</details>

<details><summary>Hint 2: the order</summary>

`zero_grad` anywhere before `backward`. `step` after it. Nothing in between.
</details>

<details><summary>Hint 3: a number</summary>

`loss.item()`.
</details>

**What you should see:** *4 of 4 points*.
"""
# %% [markdown]
r"""
## The trap, trained

Now the promised experiment. The targets are $y = 2x$, so the right slope is 2. One layer with one weight learns them
twice: with targets of shape (64,), and of shape (64, 1). What slope will the first one find?
"""
# %%
x = torch.linspace(-1, 1, 64).unsqueeze(1)  # (64, 1)
y = 2 * x  # (64, 1)

def squared_error(prediction, target):
    return ((prediction - target) ** 2).mean()

for target in (y.squeeze(1), y):
    network = build_mlp([1, 1])
    optimizer = torch.optim.SGD(network.parameters(), lr=0.1)
    for _ in range(200):
        loss = train_step(network, optimizer, squared_error, x, target)
    slope = next(network.parameters()).item()  # the only weight
    print(f"targets {tuple(target.shape)!s:8} slope {slope:5.2f}   loss {loss:.4f}")
# %% [markdown]
r"""
Compared with *every* target, the best a prediction can be is their mean. So the network learns to say 0 everywhere,
and its loss stops at 1.38. A DQN with this mistake learns one average value for everything.

## A classifier, trained for real

Three arms of a spiral. Which arm does a point belong to? A straight line will not do.

100 points of each arm are for training. Another 300, which the network never trains on, are for the truth.
"""
# %%
def spiral(n, rng):
    """Points (3 n, 2) on three arms, and the number of the arm of each, (3 n,)."""
    arm = np.repeat([0, 1, 2], n)
    radius = rng.uniform(0.05, 1, 3 * n)
    angle = 4 * radius + 2 * np.pi * arm / 3 + rng.normal(0, 0.2, 3 * n)
    points = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)
    return torch.from_numpy(points).float(), torch.from_numpy(arm)


rng = np.random.default_rng(0)
x_train, y_train = spiral(100, rng)
x_test, y_test = spiral(100, rng)
print("inputs:", tuple(x_train.shape), x_train.dtype)
print("labels:", tuple(y_train.shape), y_train.dtype)
# %% [markdown]
r"""
The training loop is short, because `train_step` is yours already. Each epoch takes the training points in a new
random order, 32 at a time.
"""
# %%
def train(network, epochs=60, lr=0.003):
    optimizer = torch.optim.Adam(network.parameters(), lr=lr)
    history = [widgets.snapshot(network, x_test, y_test)]
    for _ in range(epochs):
        losses = [
            train_step(network, optimizer, nn.CrossEntropyLoss(), x_train[rows], y_train[rows])
            for rows in torch.randperm(len(x_train)).split(32)  # row numbers, 32 at a time
        ]
        history.append(widgets.snapshot(network, x_test, y_test, np.mean(losses)))
    return history
# %% [markdown]
r"""
Predict first: how many of the held-out points will be right without a hidden layer, with two of 8 units, with two of
64? By guessing it would be 33 %.
"""
# %%
for sizes in ([2, 3], [2, 8, 8, 3], [2, 64, 64, 3]):
    torch.manual_seed(0)
    network = build_mlp(sizes)
    history = train(network)
    print(f"{sizes!s:15} held-out accuracy {100 * history[-1]['accuracy']:.0f} %")
# %% [markdown]
r"""
Straight borders get about half of them right, the large network nearly all. Watch it learn: the colours show which
arm the network gives each place.

![The plane at four moments of training, after 0, 5, 15 and 60 epochs. At first the regions have nothing to do with
the arms; then there are three sectors with nearly straight borders; then they bend; at the end each arm of the
spiral has its own curved region.](images/training.png)

Press play, or move the slider. When are there three sectors with straight borders, and when do they bend? Does the
held-out accuracy ever fall while the loss goes on falling?
"""
# %%
widgets.training(history, x_test, y_test)
# %% [markdown]
r"""
Change `lr`, or the sizes, or `Adam` to `SGD` in the cells above, and play it again.

## Save and load, safely

A network is its code and its numbers. The code is in your file. The numbers are the **state dict**: a dictionary from
names to tensors. Save that, and put it into a new network of the same shape.
"""
# %%
torch.save(network.state_dict(), "spiral.pth")

again = build_mlp([2, 64, 64, 3])
again.load_state_dict(torch.load("spiral.pth", weights_only=True))
print("same answers:", torch.equal(network(x_test), again(x_test)))
# %% [markdown]
r"""
Why `weights_only=True`? Because a `.pth` file is a **pickle**, Python's own format for objects, and a pickle may hold
instructions that run while it is read. Here is a harmless one.
"""
# %%
class Surprise:
    def __reduce__(self):  # what to call when the file is read, and with what
        return print, ("This line ran on your machine, while the file was read.",)


torch.save(Surprise(), "surprise.pth")
torch.load("surprise.pth", weights_only=False)
try:
    torch.load("surprise.pth", weights_only=True)
except pickle.UnpicklingError:
    print("With weights_only=True it is refused.")
Path("surprise.pth").unlink()
# %% [markdown]
r"""
It could as well have deleted your files. So never load a whole pickled network from a stranger, and never save one:
it also breaks as soon as the code of its class moves. `weights_only=True` is the default since PyTorch 2.6, but write
it down: then the reader knows.

The format **safetensors** holds nothing but tensors, so there is nothing to refuse. The networks that come with this
course are stored in it. And a file saved on a graphics card opens anywhere with `map_location="cpu"`.

## Summary

- Ask a tensor three things: shape, dtype, device. Inputs are float32, an index is int64.
- `unsqueeze` adds a pair of brackets. One value a row has shape $(B, 1)$, and a $(B, 1)$ never meets a $(B,)$.
- Autograd records a graph, `backward()` walks it, and gradients add up until you clear them.
- `eval()` sets a flag for Dropout and its like. `no_grad()` stops the recording. Neither does the other's work.
- zero_grad, forward, loss, backward, step.
- Save the state dict, load it with `weights_only=True`.

**To think about**

1. Which of the five lines of `train_step` could you forget without noticing in the first minute? How would you
   notice?
2. What would `train_step` learn if `zero_grad` were called only every fourth time? Is that always wrong?
3. A network of Linear and ReLU gives the same numbers in both modes. Why is `greedy_action` still right to switch?
4. The lander's network has 4,996 weights. Why would a graphics card not speed up `greedy_action`, and when would it?

**Next:** In Lesson 5 there is no network at all: an agent learns from rewards alone, with a table. [Lesson
5](../05_q_learning/05_q_learning.ipynb)
"""
