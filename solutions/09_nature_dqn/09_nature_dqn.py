# %% [markdown]
r"""
# Lesson 9: The agent of the paper

This is the summit. In 2015 one algorithm, one network and one set of constants learned to play 49 Atari games from the
picture on the screen. In this lesson you write every part of that agent yourself, put the parts together, and train
them on Pong. Then you watch one that has finished.

**You will build**

- `conv_output_size` and `NatureQNetwork`: from four pictures to one value an action (5 points),
- `FrameReplay`: a memory that stores every picture once (5 points),
- `nature_loss` and `nature_rmsprop_step`: what the network learns from, and how (7 points),
- `is_update_step`, `is_target_step` and `advance`: what happens when, and Algorithm 1 itself (6 points),
- and a short written answer (3 points).

**You need:** the parts of a DQN (Lesson 6), why there is a memory and a target network (Lesson 7), and how a screen
becomes four small grey pictures (Lesson 8). What you need of convolution is explained here.

**Time:** about three and a half hours, two evenings. A good place for the break is before *Three clocks*. The training
on Pong takes about ten minutes; you can stop it at any moment and go on later.

Words and symbols: see the [glossary](../../docs/glossary.md).
"""
# %% readonly="setup"
import time
from dataclasses import replace

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from dqn_course import atari_training, atari_video, checkpoints, environments, evaluation, optimizers, paper, replay
from dqn_course.checks import lesson_09 as checks
from dqn_course.config import PAPER, budget
from dqn_course.widgets import lesson_09 as widgets

# %% [markdown]
r"""
## The lander had eight numbers. What now?

Here is what the agent of the paper sees of Pong: four pictures of 84 x 84 bytes, the last four that were kept. You are
the bat on the right.
"""
# %%
env = environments.make_atari("pong")
state, info = env.reset(seed=1)
rng = np.random.default_rng(3)
for _ in range(96):
    state, reward, terminated, truncated, info = env.step(int(rng.integers(6)))

print("shape:", state.shape, " dtype:", state.dtype, " numbers:", state.size)
widgets.screens(state, [f"state[{i}]" for i in range(4)])
# %% [markdown]
r"""
We could string the 28,224 numbers out in a row and use linear layers, as for the lander. Two things speak against it.

- **It is large.** A first layer with 512 units would have 28,224 x 512 = 14.5 million weights, each of which has to
  learn from a few grey pixels.
- **It knows nothing of places.** If the ball is one pixel further to the right, all its numbers stand elsewhere in the
  row, at other weights. What was learned about the ball *here* says nothing about the ball *there*.

## Convolution: one small filter, everywhere

A **filter** is a small square of weights, the **kernel**. It is laid on the picture, every pixel is multiplied by the
weight that lies on it, and the products are added up, together with a bias. That gives *one* number. Then the filter
moves on by a few pixels, the **stride**, and gives the next number. All of them together are a new picture, a **map**.

$$ \text{map}[i, j] = b + \sum_{u=0}^{k-1} \sum_{v=0}^{k-1} w[u, v]\; x[i\,s + u,\; j\,s + v] $$

Here $x$ is the picture, $w$ the kernel of size $k$, $b$ its bias, and $s$ the stride.

The weights stay the same wherever the filter goes. So what finds a ball on the left finds it on the right too, and 64
weights look after the whole screen.

![A filter of 8 x 8 weights, negative on the left and positive on the right, lies on a screen of Pong, near the ball. The products of its weights and the pixels below it add up to one number of a map with 20 x 20 numbers. So far the map is filled row by row down to that place](images/filter.png)

Move the controls. *Play* lets the filter slide. (Every control can be reached with Tab and moved with the arrow keys.)
What is red in the picture is never seen by the filter.
"""
# %%
widgets.sliding_filter()
# %% [markdown]
r"""
The filter *left edges* has negative weights on its left and positive ones on its right. Where all is one grey, the
products cancel, and the map is 0. Where a bat begins, they do not.

Nobody will choose the weights for us. They are parameters like all others, and learned.

## Exercise 9.1: how large is the map? (1 point, about 5 minutes)

A kernel of 3 on 7 pixels, stride 2: it can begin at pixel 0, 2 or 4. At 6 it would hang over the edge. So the map has 3
numbers in a row. On 8 pixels it is 3 as well; the last pixel is never seen.

In general: when the kernel lies at the left edge, `size - kernel` pixels are left beside it. Each step uses up `stride`
of them.
"""
# %% exercise="conv_output_size"
def conv_output_size(size, kernel, stride):
    """How many places in a row a kernel has on a picture (no border of zeros is added).

    size: pixels in a row of the picture. kernel: pixels in a row of the kernel. stride: pixels
    from one place to the next. All are whole numbers, and so is the result.

    >>> conv_output_size(7, kernel=3, stride=2), conv_output_size(8, kernel=3, stride=2)
    (3, 3)
    """
    ### BEGIN SOLUTION
    return (size - kernel) // stride + 1
    ### END SOLUTION
# %% check="conv_output_size" points=1
checks.conv_output_size(conv_output_size)
# %% [markdown]
r"""
<details><summary>Hint 1: count the steps</summary>

`size - kernel` pixels are left when the kernel lies at the left edge. How many whole strides fit into them? `//`
divides and cuts the fraction off.
</details>

<details><summary>Hint 2: I am one short</summary>

Three places need two steps. The first place comes before any step.
</details>

**What you should see:** *1 of 1 point*. And the next cell should say 20, 9 and 7.
"""
# %%
size = 84
for kernel, stride in [(8, 4), (4, 2), (3, 1)]:
    size = conv_output_size(size, kernel, stride)
    print(f"kernel {kernel}, stride {stride}: the map has {size} x {size} numbers")
# %% [markdown]
r"""
## The network

A picture may have several **channels**: our state has four, one a moment. A filter then has a kernel for each channel,
and all products go into the same sum. So a filter can compare two moments, and see that something moves. And one
filter is not enough: a layer has many, each makes a map, and the maps are the channels of the next layer.

This is the network of the paper.

| layer | filters or units | kernel | stride | gives | parameters |
|---|---|---|---|---|---|
| input | | | | 4 x 84 x 84, from 0 to 1 | |
| convolution 1, ReLU | 32 | 8 x 8 | 4 | 32 x 20 x 20 | 8,224 |
| convolution 2, ReLU | 64 | 4 x 4 | 2 | 64 x 9 x 9 | 32,832 |
| convolution 3, ReLU | 64 | 3 x 3 | 1 | 64 x 7 x 7 | 36,928 |
| linear, ReLU | 512 | | | 512 | 1,606,144 |
| linear | one an action | | | Q-values | 513 an action |

Three details matter.

- **Bytes become numbers from 0 to 1** by a division by 255, inside the network. Everywhere else pictures stay bytes: in
  the emulator, in the memory, on their way to a graphics card. As floats they would take four times the room.
- **One output an action.** The other way would be a network that gets state *and* action and gives one number. Then 18
  actions would need 18 passes through the convolutions for one decision. Here it is one pass for all.
- **No softmax**, as for the lander. A Q-value is a return to expect, not a chance.

<details><summary>Where are the parameters?</summary>

95 % of them are in the first linear layer: 3,136 x 512 + 512. The convolutions look after the whole screen with 78
thousand. That is what sharing weights saves.
</details>

<details><summary>The first filters are 8 x 8 with stride 4. Is nothing lost?</summary>

Places are lost, to a degree: the next layer learns that something was there, and only roughly where. But neighbouring
places of a filter overlap by half, so every pixel is seen by four places, except near the edges. The stride
makes the maps small, and small maps make all that follows cheap.
</details>

## Exercise 9.2: the network (4 points, about 20 minutes)

Write it. `nn.Conv2d(channels in, filters, kernel_size=…, stride=…)` is a layer of filters; it takes batches of shape (B,
channels, rows, columns). Before the linear layers the maps are strung out: (B, 64, 7, 7) becomes (B, 3136).
"""
# %% exercise="NatureQNetwork"
class NatureQNetwork(nn.Module):
    """The network of the paper: four pictures in, one Q-value an action out.

    n_actions: number of outputs. seed: same seed, same first weights.
    """

    def __init__(self, n_actions, seed):
        super().__init__()
        torch.manual_seed(seed)
        ### BEGIN SOLUTION
        self.conv1 = nn.Conv2d(4, 32, kernel_size=8, stride=4)
        self.conv2 = nn.Conv2d(32, 64, kernel_size=4, stride=2)
        self.conv3 = nn.Conv2d(64, 64, kernel_size=3, stride=1)
        self.fc1 = nn.Linear(64 * 7 * 7, 512)
        self.fc2 = nn.Linear(512, n_actions)
        ### END SOLUTION

    def forward(self, frames):
        """Q-values (B, n_actions) of uint8 frames (B, 4, 84, 84), oldest first."""
        ### BEGIN SOLUTION
        x = frames / 255  # (B, 4, 84, 84), float32 from 0 to 1
        x = F.relu(self.conv1(x))  # (B, 32, 20, 20)
        x = F.relu(self.conv2(x))  # (B, 64, 9, 9)
        x = F.relu(self.conv3(x))  # (B, 64, 7, 7)
        x = F.relu(self.fc1(x.flatten(1)))  # (B, 512)
        return self.fc2(x)  # (B, n_actions)
        ### END SOLUTION
# %% check="NatureQNetwork" points=4
checks.NatureQNetwork(NatureQNetwork)
# %% [markdown]
r"""
<details><summary>Hint 1: the layers</summary>

Five of them, made in `__init__` and kept as attributes. The first is `self.conv1 = nn.Conv2d(4, 32, kernel_size=8,
stride=4)`. The channels that go in are the filters of the layer before.
</details>

<details><summary>Hint 2: from maps to a row</summary>

`x.flatten(1)` keeps dimension 0, the batch, and strings out the rest. `x.flatten()` would string out the batch as
well.
</details>

<details><summary>Hint 3: nearly the answer</summary>

```python
x = frames / 255              # bytes divided by a number are floats
x = F.relu(self.conv1(x))     # and so on, up to fc1
return self.fc2(x)            # nothing after it
```
</details>

**What you should see:** *4 of 4 points*, and 1,687,206 parameters in the next cell, for the six actions of Pong.
"""
# %%
network = NatureQNetwork(n_actions=6, seed=0)
print("parameters:", sum(parameter.numel() for parameter in network.parameters()))

with torch.no_grad():
    print("Q-values:", network(torch.from_numpy(state).unsqueeze(0)).numpy().round(3))
# %% [markdown]
r"""
Six numbers near 0, and none of them means anything yet. Which actions are they? The emulator knows.
"""
# %%
print([action.name for action in env.actions])
# %% [markdown]
r"""
In Pong, RIGHT moves the bat up and LEFT moves it down. FIRE does what NOOP (no operation) does once the ball is in
play, so there are three pairs that mean the same. The network has to find that out.

What do the filters of the first layer make of the state? They are still random. Here are the maps of the first 16 of
them, each without its own mean.
"""
# %%
first = next(module for module in network.modules() if isinstance(module, nn.Conv2d))
with torch.no_grad():
    first_maps = first(torch.from_numpy(state).unsqueeze(0) / 255)[0]  # (32, 20, 20)
widgets.maps(first_maps[:16] - first_maps[:16].mean((1, 2), keepdim=True))
# %% [markdown]
r"""
Even random filters see bats and ball, each in its own way. A network with random convolutions is not blind; it only
does not know what matters.

## The memory: every picture once

The agent learns from a random batch of what it has lived through, as the lander did. A transition is two states,
$s$ and $s'$, of four pictures each. Stored like that, a million of them would take 56 GB (Lesson 8). But three of the
four pictures of $s'$ are in $s$ as well, and every picture is in up to eight stacks. So the memory stores **every
picture once**, and puts states together when they are asked for. That is 7 GB.

The pictures stand in rows, and the rows are a **ring**: after the last one comes the first one again, and the oldest
picture is overwritten. Three things can go wrong when a state is put together.

- **The seam.** Just after the newest picture stands the oldest one. A stack must not reach across.
- **Ends of episodes.** Pictures of another episode do not belong to the state. They are replaced by zeros, as at the
  start of every episode.
- **No next picture.** The newest row has none yet. And where play was cut, because time was up, the next picture shows
  another game, although nothing *ended*.

![Twelve rows with the pictures of the last twelve agent steps, coloured by episode. A red line marks the seam, where the newest picture stands beside the oldest. Below it the state of one row, four pictures, two of them from the far end of the rows, and the next state, which shares three of them](images/ring.png)

Hatched rows cannot be sampled. A dark 0 is a picture of zeros. Move the controls until you have seen all three
troubles, and a state with zeros.
"""
# %%
widgets.ring()
# %% [markdown]
r"""
<details><summary>Why can row 0 be sampled with only five rows written, but not the row after the seam?</summary>

Row 0 is the start of an episode: whatever is missing above it is zeros, and complete. The row after the seam is the
middle of an episode whose earlier pictures were overwritten. Nobody knows them any more.

An episode may also begin in these three rows; then they would be complete. We leave all three out anyway: three rows of
a million are no loss, and the rule stays simple.
</details>

## Exercise 9.3: the memory (5 points, about 40 minutes)

The storage is there: `replay.FrameReplay` allocates the arrays, and its `add` writes a row. Several games are played side
by side, `n_games` of them, so a row holds one picture of each. You write the reading.

| attribute | shape | what it holds |
|---|---|---|
| `self.frames` | (n_rows, n_games, 84, 84) | the picture before the action; a uint8 tensor |
| `self.actions`, `self.rewards` | (n_rows, n_games) | what was done and got; NumPy arrays, int64 and float32 |
| `self.terminated` | (n_rows, n_games) | a NumPy array of True and False, as the next two. True: the episode ended with this action |
| `self.starts` | (n_rows, n_games) | True: this picture is the first of its episode |
| `self.cut` | (n_rows, n_games) | True: play was cut after this action, without an end |
| `self.added` | a number | rows ever added; the next one goes to row `added % n_rows` |
| `self.n_rows`, `self.n_games`, `self.history` | numbers | rows, games, and pictures in a state (4) |
| `self.rng` | | a generator, `np.random.default_rng` |

The very first row is always marked as a start, in every game. So as long as the ring is not full there is no seam to
mind: stacks end there by themselves.

Three methods, one after the other. Each is checked by itself, so you can run the check after each of them.
"""
# %% exercise="FrameReplay"
class FrameReplay(replay.FrameReplay):
    """The memory of the Atari agent. The storage is the course's; the reading is yours."""

    def usable(self):
        """Which transitions can be sampled: a table of True and False, shape (n_rows, n_games).

        A row can if it has a next one, and if no picture of its state was overwritten: once
        more rows have been added than the ring holds, the `history - 1` oldest rows cannot.
        And a transition that was cut cannot.
        """
        ### BEGIN SOLUTION
        oldest = max(0, self.added - self.n_rows)  # counted from the first row ever
        first = oldest + self.history - 1 if oldest > 0 else 0
        rows = np.arange(first, self.added - 1) % self.n_rows  # the newest one is left out
        table = np.zeros((self.n_rows, self.n_games), bool)
        table[rows] = True
        return table & ~self.cut
        ### END SOLUTION

    def stack(self, row, game):
        """The state whose newest picture is frames[row, game], oldest first.

        A uint8 tensor (history, 84, 84). Pictures from before the start of the episode are zeros. Row -1 is the last row.
        """
        state = torch.zeros((self.history, *self.frames.shape[2:]), dtype=torch.uint8)
        ### BEGIN SOLUTION
        for k in range(self.history):
            earlier = (row - k) % self.n_rows
            state[self.history - 1 - k] = self.frames[earlier, game]
            if self.starts[earlier, game]:
                break
        return state
        ### END SOLUTION

    def sample(self, batch_size):
        """A random batch of usable transitions (B = batch_size), with repetition, as tensors:

        states (B, history, 84, 84) uint8, actions (B, 1) int64, rewards (B, 1) float32,
        next_states like states, terminated (B, 1) float32 of 0 and 1.
        """
        ### BEGIN SOLUTION
        rows, games = np.nonzero(self.usable())
        picks = self.rng.integers(len(rows), size=batch_size)
        rows, games = rows[picks], games[picks]
        states = torch.stack([self.stack(row, game) for row, game in zip(rows, games)])
        after = (rows + 1) % self.n_rows
        next_states = torch.stack([self.stack(row, game) for row, game in zip(after, games)])
        actions = torch.from_numpy(self.actions[rows, games]).unsqueeze(1)
        rewards = torch.from_numpy(self.rewards[rows, games]).unsqueeze(1)
        terminated = torch.from_numpy(self.terminated[rows, games]).unsqueeze(1).float()
        return states, actions, rewards, next_states, terminated
        ### END SOLUTION
# %% check="FrameReplay" points=5
checks.FrameReplay(FrameReplay)
# %% [markdown]
r"""
<details><summary>Hint 1, <code>usable</code>: count from the beginning of time</summary>

Number the rows as they were added: 0, 1, 2, … up to `self.added - 1`. The oldest one that is still there is `max(0,
self.added - self.n_rows)`. Decide in these numbers which are usable; only then take `% self.n_rows`.

`table = np.zeros((self.n_rows, self.n_games), bool)`, then `table[rows] = True`, and at the end `& ~self.cut`.
</details>

<details><summary>Hint 2, <code>usable</code>: from where to where</summary>

The last usable one is the one before the newest. If something was overwritten, the first is `history - 1` after the
oldest. If not, it is number 0.
</details>

<details><summary>Hint 3, <code>stack</code>: walk backwards</summary>

Begin with the newest picture: it goes to `state[-1]`, the one before it to `state[-2]`. After a picture that is a start,
`break`; the zeros are there already.
</details>

<details><summary>Hint 4, <code>sample</code>: random places</summary>

`rows, games = np.nonzero(table)` gives the places of all True entries. `picks = self.rng.integers(len(rows),
size=batch_size)` are random positions in that list.
</details>

<details><summary>Hint 5, <code>sample</code>: tensors of the right kind</summary>

`torch.stack([self.stack(row, game) for row, game in zip(rows, games)])` makes one tensor out of many states. The next
state ends in `(row + 1) % self.n_rows`. `torch.from_numpy(self.actions[rows, games]).unsqueeze(1)` has shape (B, 1).
`terminated` is True/False: add `.float()`.
</details>

<details><summary>May a transition that terminated be sampled? Its next state is of another episode.</summary>

Yes, and it must: nothing is as certain as the value of a last action. Its next state does not matter, because the
target multiplies it by $1 - d = 0$. A *cut* has no such zero, so it is left out.
</details>

**What you should see:** *5 of 5 points*. The next cell plays a little and draws one transition.
"""
# %%
memory = FrameReplay(capacity=400, n_games=1)
start, (screens, _) = True, env.reset(seed=1)
for _ in range(300):
    action = int(rng.integers(6))
    next_screens, reward, terminated, truncated, _ = env.step(action)
    memory.add(screens[-1:], action, reward, terminated, start, truncated)
    start, screens = terminated or truncated, next_screens
    if start:
        screens, _ = env.reset()

states, actions, rewards, next_states, terminated = memory.sample(32)
print("states:", tuple(states.shape), states.dtype, " actions:", tuple(actions.shape))
titles = [f"states[0][{i}]" for i in range(4)] + ["next_states[0][3]"]
widgets.screens([*states[0], next_states[0][-1]], titles)
# %% [markdown]
r"""
## The loss: an error of 5 must not shout ten times as loud as one of 0.5

The target is the one you know, made by the target network $\hat Q$:

$$ y = r + \gamma\,(1 - d)\,\max_{a'} \hat Q(s', a'; \theta^-) $$

In Lesson 6 the loss was the mean of $(y - Q)^2$, whose gradient grows with the error. Here rewards are clipped, but
errors are not small for that: one bad estimate can be off by 5, and would then pull ten times as hard as an error of
0.5. So the paper clips the error to −1 … 1 in the gradient. This is called **error clipping**.

That is not the same as clipping the loss. Look at the slopes.
"""
# %%
error = torch.linspace(-3, 3, 301, requires_grad=True)
losses = {
    "half the square": error**2 / 2,
    "Huber: clips the gradient": F.huber_loss(error, torch.zeros(301), reduction="none"),
    "clips the loss at 1/2": (error**2 / 2).clamp(max=0.5),
}
widgets.losses_and_slopes(error, losses)
# %% [markdown]
r"""
Where the *loss* is clipped it is flat, and its slope is 0: the largest errors would teach nothing at all. **Huber's
loss** is half the square near 0 and a straight line outside, so its slope is just the error, clipped:

$$ L(\theta) = \sum_{i=1}^{B} h\big(Q(s_i, a_i; \theta) - y_i\big), \qquad
h(e) = \begin{cases} \tfrac12 e^2 & |e| \le 1 \\ |e| - \tfrac12 & \text{otherwise} \end{cases} $$

**A sum, not a mean.** The released code adds up over the 32 transitions. With Adam that would make hardly any
difference, because it divides by the size of the gradient. The paper's optimiser has a constant of 0.01 in it, as you
will see, and that constant belongs to gradients of this size.

## Exercise 9.4: the loss (4 points, about 20 minutes)

`batch` is what `sample` returns. By hand: $r = 1$, $\gamma = 0.9$, the best next value is 2, the episode goes on. Then
$y = 1 + 0.9 \cdot 2 = 2.8$. If the network says $Q(s, a) = 0.8$, the error is −2, and its loss $2 - \frac12 = 1.5$.
"""
# %% exercise="nature_loss"
def nature_loss(q_network, target_network, batch, gamma):
    """Huber's loss of Q(s, a) - y, summed over the batch: a tensor with one number.

    q_network, target_network: map uint8 states (B, 4, 84, 84) to Q-values (B, n_actions).
    batch: states (B, 4, 84, 84) uint8, actions (B, 1) int64, rewards (B, 1) float32,
    next_states like states, terminated (B, 1) float32. gamma: discount per agent step.
    """
    states, actions, rewards, next_states, terminated = batch
    ### BEGIN SOLUTION
    with torch.no_grad():
        best_next = target_network(next_states).max(dim=1, keepdim=True).values  # (B, 1)
        targets = rewards + gamma * (1 - terminated) * best_next  # (B, 1)
    predictions = q_network(states).gather(1, actions)  # (B, 1)
    return F.huber_loss(predictions, targets, reduction="sum")
    ### END SOLUTION
# %% check="nature_loss" points=4
checks.nature_loss(nature_loss)
# %% [markdown]
r"""
<details><summary>Hint 1: three lines</summary>

The targets under `torch.no_grad()`, the predictions by `gather(1, actions)`, and `F.huber_loss`. Predictions and targets
have shape (B, 1). `max(dim=1)` gives (B,), and next to the rewards that is stretched to (B, B). So use `keepdim=True`.
</details>

<details><summary>Hint 2: nearly the answer</summary>

```python
with torch.no_grad():
    best_next = target_network(next_states).max(dim=1, keepdim=True).values
    targets = ...                                   # the formula
predictions = q_network(states).gather(1, actions)
return F.huber_loss(predictions, targets, reduction=...)
```
</details>

<details><summary>Why does the network divide by 255, and not this function?</summary>

So that it happens in one place. The same network chooses actions, and nobody can forget the division there.
</details>

**What you should see:** *4 of 4 points*.
"""
# %% [markdown]
r"""
## RMSProp, as it was released

You know RMSProp from Lesson 3: divide each gradient by the root of the moving mean of its square. DeepMind's code has a
variant. For each weight, with its gradient $d$ ($d$ is the gradient here, as in the released code, not the end of an
episode):

$$ m \leftarrow \rho_1\, m + (1 - \rho_1)\, d \qquad\quad n \leftarrow \rho_2\, n + (1 - \rho_2)\, d^2 $$

$$ w \leftarrow w - \eta\, \frac{d}{\sqrt{n - m^2 + 0.01}} $$

$m$ is the mean gradient and $n$ the mean square, so $n - m^2$ is the **variance** of the gradient: how much it jumps
about. A weight whose gradient jumps makes small steps; one whose gradient is steady makes large ones.

Two traps, into which many a re-implementation fell:

- The paper's table calls $\rho_1 = 0.95$ *gradient momentum*. It is none: the step goes along $d$, not along $m$. $m$
  serves to centre the root, and that is all.
- The 0.01 stands *inside* of the root. `torch.optim.RMSprop` adds its `eps` outside of it, which is another number by
  far.

## Exercise 9.5: the step (3 points, about 15 minutes)

By hand, with all constants easy: $w = 1$, $m = n = 0$, $d = 2$, $\rho_1 = \rho_2 = 0.5$, $\eta = 0.5$ and 1.25 for
the constant. Then $m = 1$, $n = 2$, the root is $\sqrt{2 - 1 + 1.25} = 1.5$, and $w = 1 - 0.5 \cdot 2 / 1.5 = 0.333$.
"""
# %% exercise="nature_rmsprop_step"
def nature_rmsprop_step(w, m, n, d, lr=0.00025, momentum=0.95, decay=0.95, eps=0.01):
    """One step of the released code's RMSProp. Returns the new (w, m, n).

    w: weights. m, n: moving means of the gradient and of its square, both 0 at first.
    d: the gradient. All are arrays of one shape, and stay as they are; the results are new.
    lr: learning rate. momentum, decay: the shares of the old m and n. eps: inside of the root.

    >>> w, d, zero = np.array([1.0]), np.array([2.0]), np.zeros(1)
    >>> w, m, n = nature_rmsprop_step(w, zero, zero, d, lr=0.5, momentum=0.5, decay=0.5, eps=1.25)
    >>> w.round(3), m, n
    (array([0.333]), array([1.]), array([2.]))
    """
    ### BEGIN SOLUTION
    m = momentum * m + (1 - momentum) * d
    n = decay * n + (1 - decay) * d**2
    w = w - lr * d / np.sqrt(n - m**2 + eps)
    return w, m, n
    ### END SOLUTION
# %% check="nature_rmsprop_step" points=3
checks.nature_rmsprop_step(nature_rmsprop_step)
# %% [markdown]
r"""
<details><summary>Hint 1: three lines, one a formula</summary>

First the new m, then the new n, then w with both new ones. `np.sqrt(n - m**2 + eps)` is the root.
</details>

<details><summary>Hint 2: the arguments must stay as they are</summary>

`m *= momentum` would change the caller's array. `m = momentum * m + ...` makes a new one.
</details>

**What you should see:** *3 of 3 points*. What does the root do? Three weights; the first two have the same mean
gradient.
"""
# %%
gradients = {
    "steady": np.ones(200),
    "0 and 2 by turns": np.tile([0.0, 2.0], 100),
    "+1 and -1 by turns": np.tile([1.0, -1.0], 100),
}
for name, ds in gradients.items():
    w = m = n = np.zeros(1)
    for d in ds:
        w, m, n = nature_rmsprop_step(w, m, n, d)
    root = np.sqrt(n - m**2 + 0.01)[0]
    print(f"{name:20} root {root:.2f}   w after 200 steps {w[0]:+.4f}")
# %% [markdown]
r"""
- *Steady:* the variance is 0 in the end, the root is $\sqrt{0.01} = 0.1$, and a step becomes ten times $\eta d$. Two
  hundred such steps would come to −0.5. $w$ is at −0.34 and not at −0.5, because $m$ and $n$ start at 0 and the root
  needs about 100 steps to get small.
- *0 and 2 by turns:* the mean is the same, but the gradient jumps by 1 to either side. The root is 1, ten times as
  large, and this weight came less than a sixth as far.
- *+1 and −1 by turns:* this gradient only jumps, and its weight goes nowhere.

A network has ten arrays of weights, and PyTorch wants an optimiser with a `step()`. The course has a shell that calls a
NumPy rule for each array. This is all that it takes to have your own rule train a network:
"""
# %%
class MyRMSprop(optimizers.ArrayRMSprop):
    rule = staticmethod(nature_rmsprop_step)

    def __init__(self, parameters, config):
        super().__init__(
            parameters,
            lr=config.learning_rate,
            momentum=config.gradient_momentum,
            decay=config.squared_gradient_momentum,
            eps=config.min_squared_gradient,
        )


# %% [markdown]
r"""
## Three clocks

Papers and programs about DQN are full of numbers such as 10,000 and 50 million, and full of confusion about *what* was
counted. There are three clocks.

- A **frame** is one picture of the emulator, 60 a second.
- An **agent step** is one chosen action. It is held for 4 frames.
- An **update** is one gradient step on one batch. There is one after every 4 agent steps.

![One second of play: 64 frames, 16 agent steps of four frames each, and an update after every fourth agent step. A copy of the target network comes after 10,000 agent steps, which are 2,500 updates and 11 minutes of play, or after 10,000 updates, which are 40,000 agent steps and 44 minutes of play](images/clocks.png)

The paper's table says that the target network is copied every 10,000, *measured in the number of parameter updates*. Its
released code counts agent steps instead: four times as often. Most later programs follow the code, and so do we. Both
can be chosen.

<details><summary>And the paper's "50 million frames"?</summary>

They are agent steps. The paper says that this is about 38 days of play. 50 million frames at 60 a second would be 9.6
days; 50 million agent steps are 200 million frames, and those are 38.6 days.
</details>

One more number: for its first 50,000 agent steps the agent plays at random and learns nothing, so that the memory holds
something to draw from. That is `learning_starts`.

## Exercise 9.6: when is an update due? (1 point, about 5 minutes)
"""
# %% exercise="is_update_step"
def is_update_step(agent_step, learning_starts, update_interval):
    """Is there an update after this agent step?

    agent_step: agent steps so far, this one included: 1, 2, 3, … There is an update after
    every multiple of update_interval that is larger than learning_starts. Returns True or False.

    >>> [t for t in range(1, 25) if is_update_step(t, learning_starts=8, update_interval=4)]
    [12, 16, 20, 24]
    """
    ### BEGIN SOLUTION
    return agent_step > learning_starts and agent_step % update_interval == 0
    ### END SOLUTION
# %% check="is_update_step" points=1
checks.is_update_step(is_update_step)
# %% [markdown]
r"""
<details><summary>Hint</summary>

`a % b` is what remains when a is divided by b. It is 0 for the multiples of b. Two conditions, joined by `and`.
</details>

**What you should see:** *1 of 1 point*.

## Exercise 9.7: when is the target network copied? (2 points, about 10 minutes)

With both meanings. With `unit="agent_steps"` after every `interval` agent steps, from the very first one on (while
nothing has been learned, a copy changes nothing). With `unit="updates"` after every `interval` updates.

This function is asked after *every* agent step. Between two updates the count of updates stands still for four agent
steps, and the copy should come once, not four times. That is what `updated` is for.
"""
# %% exercise="is_target_step"
def is_target_step(agent_step, updates, interval, unit, updated):
    """Is the target network copied after this agent step?

    agent_step: agent steps so far, this one included. updates: updates so far. interval: a copy
    comes after every `interval` of the unit. unit: "agent_steps" or "updates".
    updated: True if there was an update after this very agent step. Returns True or False.

    >>> is_target_step(30, 7, interval=10, unit="agent_steps", updated=False)
    True
    >>> is_target_step(80, 20, interval=10, unit="updates", updated=True)
    True
    >>> is_target_step(81, 20, interval=10, unit="updates", updated=False)
    False
    """
    ### BEGIN SOLUTION
    if unit == "updates":
        return updated and updates % interval == 0
    return agent_step % interval == 0
    ### END SOLUTION
# %% check="is_target_step" points=2
checks.is_target_step(is_target_step)
# %% [markdown]
r"""
<details><summary>Hint</summary>

An `if` for the unit, and in each branch one remainder. In the branch for updates: `updated and ...`.
</details>

**What you should see:** *2 of 2 points*. The next cell plays the paper's first 200,000 agent steps through your two
functions, without playing anything.
"""
# %%
def timetable(unit, steps=200_000):
    updates = copies = 0
    for step in range(1, steps + 1):
        updated = is_update_step(step, PAPER.learning_starts, PAPER.update_interval)
        updates += updated
        copies += is_target_step(step, updates, PAPER.target_update_interval, unit, updated)
    return updates, copies


for unit in ("agent_steps", "updates"):
    updates, copies = timetable(unit)
    print(f"counted in {unit:11}: {updates:,} updates, {copies} copies of the target network")
# %% [markdown]
r"""
37,500 updates come either way. The released code copies the network 20 times, and five of them before anything is
learned. By the letter of the table it would be 3 times.

## Algorithm 1

This is the paper's algorithm in words. Every line has its place in your code.

```
the memory is empty; Q has random weights; the target network is a copy of Q
repeat
    with chance ε a random action, otherwise the one with the largest Q(s, a)     run.act
    do it in the emulator; see the reward and the next picture                    run.games.step
    store the transition in the memory                                            run.memory.add
    if an update is due:                                                          run.update_is_due
                                                                                  run.update: the next three lines
        draw a batch at random                                  FrameReplay.sample
        compute the targets y and the loss                      nature_loss
        one gradient step                                       MyRMSprop
    if a copy is due: the target network becomes a copy of Q                      run.copy_is_due, run.copy_to_target
```

One thing is ours. The paper plays one game; we play eight **side by side**, because one forward pass for eight states
costs little more than one for a single state. They all fill one memory. So one turn of the loop is eight agent
steps, and after *each* of them we ask whether something is due: of eight steps, two call for an update.

## Exercise 9.8: put it together (3 points, about 20 minutes)

Write the inside of the loop. `run` is one training run: its games, memory, two networks and clocks. What you have:

| | |
|---|---|
| `run.games.states` | what each game shows now, (N, 4, 84, 84) uint8. The array is written over by `step` |
| `run.games.starts` | (N,): is its newest picture the first of an episode? |
| `run.games.step(actions)` | does the actions (N,); returns `rewards`, `terminated`, `truncated`, each a NumPy array (N,) |
| `run.act(states, epsilon)` | ε-greedy actions (N,) for states (N, 4, 84, 84); `run.epsilon()` is the ε of now |
| `run.memory.add(frames, actions, rewards, terminated, starts, cut)` | stores a row; `frames` (N, 84, 84) is the newest picture *before* the action |
| `run.agent_steps` | agent steps so far, over all games. Yours to count |
| `run.update_is_due()`, `run.update()` | asks your `is_update_step` about `run.agent_steps`; makes an update |
| `run.copy_is_due()`, `run.copy_to_target()` | asks your `is_target_step`; copies |
| `run.config.n_games` | N |

The rewards that go to the memory are clipped to −1 … 1. A transition that was `truncated` is what the memory calls `cut`.
"""
# %% exercise="advance"
def advance(run):
    """One agent step in every game of `run`, and what is due after each of them.

    First what is seen is kept: the newest pictures and the marks of starts. Then act, step,
    store (rewards clipped to -1 … 1). Then, for each of the N games: count one agent step;
    if an update is due, make it; if a copy is due, make it. Returns nothing.
    """
    games, memory = run.games, run.memory
    ### BEGIN SOLUTION
    frames = games.states[:, -1].copy()  # (N, 84, 84); step writes over games.states
    starts = games.starts.copy()  # (N,)
    actions = run.act(games.states, run.epsilon())
    rewards, terminated, truncated = games.step(actions)
    memory.add(frames, actions, rewards.clip(-1, 1), terminated, starts, truncated)
    for _ in range(run.config.n_games):
        run.agent_steps += 1
        if run.update_is_due():
            run.update()
        if run.copy_is_due():
            run.copy_to_target()
    ### END SOLUTION
# %% check="advance" points=3
checks.advance(advance)
# %% [markdown]
r"""
<details><summary>Hint 1: what was seen before</summary>

`games.states[:, -1]` is a window onto the array, not a copy. After `games.step` it shows the *next* pictures. So
`frames = games.states[:, -1].copy()` before the step. For the marks `starts = games.starts`, before the step, is
enough: `step` makes a new array of them.
</details>

<details><summary>Hint 2: act, step, store</summary>

Three lines. Each takes what the one before returned.
</details>

<details><summary>Hint 3: the clocks</summary>

`for _ in range(run.config.n_games):` and in it three things in this order: `run.agent_steps += 1`, the `if` of the
update, the `if` of the copy.
</details>

**What you should see:** *3 of 3 points*. You have written the agent of the paper.
"""
# %% [markdown]
r"""
## Predict first

In a moment your parts will play Pong. A game ends when one side has 21 points, so a score lies between −21 and +21. A
random player loses by 20 or 21.

Write down what you expect of the next few minutes, in the cell below. You will need it in Exercise 9.9.

1. Will the score move? If the agent gets better, what will change first: the score, the length of a game, or the
   Q-values?
2. The average of the largest Q-value on 500 fixed states is near 0 now. Nearly all rewards are 0, and nearly all
   others are −1. Where will it go?
3. Will the loss fall, as in the lessons before?
"""
# %%
# My predictions (nobody grades them)
# 1.
# 2.
# 3.
# %% [markdown]
r"""
## Train on Pong

The constants of the paper would take days on this machine. These are for a few minutes. Every field that differs from
the paper's is written here, and the rest is the paper's.
"""
# %%
settings = replace(
    PAPER,
    game="pong",
    total_steps=budget(30_000, quick=400),  # the paper: 50 million
    replay_size=budget(30_000, quick=1_000),  # a million
    learning_starts=budget(2_000, quick=320),  # 50,000
    target_update_interval=budget(1_000, quick=40),  # 10,000
    eps_end=0.05,  # 0.1
    eps_steps=budget(15_000, quick=100),  # a million
    eval_interval=10**9,  # 250,000: not in these minutes
    log_interval=budget(100, quick=10),  # updates between two points of the plot
    held_out_states=budget(500, quick=20),  # 500
    n_games=8,  # 1
    device="cpu",
)
# %% [markdown]
r"""
Start it, and watch the three panels. **Press Stop after a minute** (the square in the toolbar): it saves, and says so.
Then run the cell again, and the same run goes on where it was. You can even switch the computer off in between. On a
slow machine set `total_steps` to 10,000.
"""
# %%
run_dir = budget("runs/pong", quick="runs/rehearsal")  # Validate must not touch your real run
run = atari_training.train(
    settings,
    run_dir,
    q_network=NatureQNetwork,
    replay=FrameReplay,
    loss=nature_loss,
    optimizer=MyRMSprop,
    update_step=is_update_step,
    target_step=is_target_step,
    advance=advance,
)
# %% [markdown]
r"""
**How to read it**

- *Score:* it does not move yet, and that is no fault. When we ran this cell, all 32 games were lost by 18 to 21.
- *Average max Q:* this is the first sign. It leaves 0 and sinks: the network has noticed that points get lost. In our
  run it stood at −0.06 after 1,900 updates, −0.14 after 3,900 and −0.25 after 6,900. To learn does not mean that Q-values
  rise. It means that they become true.
- *Loss:* it jumps about and does not fall. In our run it was near 0.012 a transition from the first point to the last.
  (The plot divides the sum over the batch by 32.) The network runs after targets that it moves itself.

Long after these minutes, games get longer. In the run whose network you are about to see they grew from 3,700 frames to
9,100 after 290,000 agent steps, when the score was still −19. The agent has begun to hit the ball. Then the score follows:
after 600,000 agent steps an evaluation gave −10, after 800,000 −8, and a game lasted 25,000 frames. After a million steps
it won about as many points as it lost, and as it won more, games became shorter again.

**What is not all right:** a loss that grows and grows, or a Q that does. A random player loses a point about every 45
agent steps. Its true values are around −(1/45)/(1 − 0.99) = −2.2. A positive Q beyond 1, or a negative one far below −3,
is not all right.

<details><summary>I have changed a part and run the cell again. What happened to my run?</summary>

It says so: the code has changed, so a new run starts, and the old one is set aside in the same folder. Runs of
different programs are never mixed.
</details>

<details><summary>Why is this slower than the lander, although it is the same algorithm?</summary>

A pass through this network costs 18.7 million operations a state, for the lander it is 10 thousand. One update is about
2.2 thousand million. A graphics card helps here, and `dqn-course train pong` uses one if there is one. Your parts of
this lesson stay on the CPU, so that they work everywhere.
</details>

## Watch the trained agent

The course brings a network that this code has trained on Pong for 2.1 million agent steps, three and a quarter hours on
one busy core (`dqn-course train pong --config quick`, at the end with smaller learning rates; `docs/results.md` has the
commands). It has the layers that you wrote. By the paper's protocol it wins by 16 points on average; the paper's own
agent, after 50 million agent steps, by 19. Beside it plays a random one. The agent has the bat on the right.
"""
# %%
trained = checkpoints.load_nature_network("pong")
rng = np.random.default_rng(0)
players = {"random": lambda states: rng.integers(6, size=len(states)), "trained": trained}
atari_video.film_atari(players, "pong", seed=1, seconds=budget(40, quick=1))
# %% [markdown]
r"""
It plays with $\epsilon = 0.05$, as in the paper: one action in twenty is random. Yours can play too. Is there anything
that it does and the random one does not?
"""
# %%
players = {"mine": run.q_network, "trained": trained}
atari_video.film_atari(players, "pong", seed=1, seconds=budget(20, quick=1))
# %% [markdown]
r"""
What does the trained network expect? Its value of a state is the largest Q-value, $V(s) = \max_a Q(s, a)$. Here is one
rally after another. **Before you run the cell:** what will the value do while the ball flies towards the agent, and just
after a point?
"""
# %%
game = environments.make_atari("pong", life_loss_ends_episode=False)
policy = evaluation.epsilon_greedy(trained, epsilon=0.05)
screens, _ = game.reset(seed=1)
values, points = [], []
for t in range(budget(400, quick=20)):
    with torch.no_grad():
        values.append(float(trained(torch.from_numpy(screens).unsqueeze(0)).max()))
    screens, reward, *_ = game.step(int(policy(screens[None])[0]))
    points.append(reward)

widgets.values_over_time(values, points)
# %% [markdown]
r"""
The value rises while the network expects a point, sinks while it fears for one, and goes back when the point has been
counted: then the reward is no longer to come. Lesson 11 looks at this in detail.

## Why 38 days, and what frame skipping saves

Multiply it out.
"""
# %%
frames = PAPER.total_steps * PAPER.action_repeat
print(f"{PAPER.total_steps:,} agent steps x {PAPER.action_repeat} = {frames:,} frames")
print(f"at 60 frames a second: {frames / 60 / 3600 / 24:.1f} days of play")
print(f"updates: {PAPER.total_steps // PAPER.update_interval:,}")
# %% [markdown]
r"""
That is 38 days of *play*, as a person would count them. The emulator is much faster than the real machine. What is
expensive is to think. On your machine:
"""
# %%
ale = environments.make_emulator("pong")
one_state = torch.from_numpy(state).unsqueeze(0)


def milliseconds(action, times):
    start = time.perf_counter()
    for _ in range(times):
        action()
    return 1000 * (time.perf_counter() - start) / times


with torch.no_grad():
    frame = milliseconds(lambda: ale.act(0), times=300)
    thought = milliseconds(lambda: network(one_state), times=50)
print(f"a frame of the emulator:   {frame:.2f} ms")
print(f"a decision of the network: {thought:.2f} ms")
print(f"a decision every frame:    {frame + thought:.2f} ms a frame")
print(f"a decision every 4 frames: {frame + thought / 4:.2f} ms a frame")
# %% [markdown]
r"""
A new decision in every frame would cost several times as much, and would teach little: in 1/60 of a second hardly
anything happens, and nobody presses a button that fast. With an action held for 4 frames the agent plays nearly four
times as many games in the same time. It also sees further: $\gamma = 0.99$ per agent step is a horizon of 100 steps,
which are 400 frames.

<details><summary>And if 4 is good, why not 30?</summary>

Then a ball could pass the bat within one action. In Space Invaders even 4 was too many for the authors' earlier work:
the lasers blink with just that period, and were invisible.
</details>

## The constants, and a reason for each

All of them are in `dqn_course.config.PAPER`. These are the paper's own, from its Extended Data Table 1.
"""
# %%
for name, constant in paper.hyperparameters().items():
    print(f"{name:32} {constant.value:>9,}")
# %% [markdown]
r"""
| constant | a reason |
|---|---|
| batch of 32 | large enough to calm the gradient, small enough for an update every 4 agent steps |
| memory of 1,000,000 | many games, played by many versions of the agent, so that a batch is varied. It takes 7 GB |
| 4 pictures | one has no velocity |
| copy every 10,000 | long enough that the targets stand still, short enough that they are not stale |
| $\gamma$ = 0.99 | looks 100 agent steps ahead, nearly 7 seconds |
| action held for 4 frames | thinking costs more than playing, see above |
| an update every 4 agent steps | playing costs less than learning, and neighbouring states say the same |
| learning rate 0.00025 | one for all 49 games: that is what the clipping of rewards is for |
| 0.95, 0.95, 0.01 | RMSProp's: how long it remembers, and the smallest variance that it believes in |
| ε from 1 to 0.1 in a million | first see the world, then play well enough to see more of it |
| 50,000 steps at random first | a first batch that is not all from one game |
| up to 30 no-ops | so that no two games begin alike, and none can be learned by heart |

How were they found? Not by searching all combinations, which would have cost far too much. The authors tried values
on **five games: Pong, Breakout, Seaquest, Space Invaders and Beam Rider**, and then used the same constants for all 49.

<details><summary>Why does it matter which five?</summary>

Results on a game on which the constants were chosen say less. The other 44 games are the honest test. When you read
such a table, ask which rows the authors had looked at before.
</details>

## Exercise 9.9: explain (3 points, about 10 minutes)

Answer in your own words, in five to ten sentences, in the cell below.

1. What did you predict about score, Q-values and loss, and what happened? Give numbers from your plot. (1 point)
2. Why does a falling loss not show that a DQN learns, and a steady one not that it fails? (1 point)
3. Somebody trains with `unit="updates"` and somebody else with `unit="agent_steps"`, both "every 10,000". What differs,
   by how much, and which would you expect to learn faster at the start? Think of how old the targets are. (1 point)
"""
# %% [markdown] answer="explain" points=3
r"""
*Model answer, one of many; numbers differ from run to run.*

1. I expected the score to creep up to −18 within the ten minutes. It stayed between −21 and −19, and games stayed as
   short. The average max Q moved at once: from 0.0 down to about −0.25. The loss stayed near 0.012 a transition from the
   first point to the last. So the Q-values are the first sign, and the score the last. (Numbers from the own plot.)
2. The loss is the distance to targets that the network makes itself, with a copy of itself. A network that says 0
   everywhere has a small loss too, as long as rewards are rare. And when the agent finds something new, such as a won
   point, the loss rises because there is more to learn. So it shows whether the arithmetic is sound (it must not
   explode), and not whether play gets better. That is what the score of whole games is for.
3. 10,000 updates are 40,000 agent steps, so that copy is four times as rare. Between two copies the targets stand
   still, and values travel roughly one step back in time for each copy. So I would expect `agent_steps` to learn faster
   at the start, and `updates` to be steadier.
"""
# %% [markdown]
r"""
## Summary

- A convolution shares a few weights over all places of a picture. Its map has `(size - kernel) // stride + 1` places in a
  row.
- The network takes bytes, divides by 255, and gives one value an action, without a softmax.
- The memory stores each picture once and puts states together when sampled. It minds the seam, the ends of episodes and
  cuts.
- The loss is Huber's, summed: its gradient is the error, clipped to −1 … 1.
- The released RMSProp divides by the root of the gradient's variance plus 0.01. It has no momentum.
- Frames, agent steps and updates are three clocks. Always say which one you mean.

**To think about**

1. The convolutions learn from rewards alone, most of which are 0. Could they learn from something richer, such as
   predicting the next picture?
2. A life lost ends the episode for learning. Which games would be learned worse because of that?
3. Every transition is drawn with the same chance. Which ones would you draw more often? (Lesson 12)
4. The agent has no memory beyond four pictures. In which of the 49 games should that hurt most? (Lesson 10 has the
   scores.)
5. Clipped rewards make +1 of a ghost and of a pill. What would the agent do differently with the true ones?

**Next:** Lesson 10 asks how good such an agent really is, and how one finds out without fooling oneself.
"""
