# %% [markdown]
r"""
# Lesson 6: Land a spacecraft

A lander falls out of the sky. It can fire three engines. Nobody tells it how. At the end of this lesson it lands
between the flags, steered by a network that you wrote and trained with a learning rule that you wrote.

**You will build**

- `QNetwork` in `model.py`: eight numbers in, the value of each action out (4 points),
- `td_targets`: what those values should have been (3 points),
- `Agent.learn` in `dqn_agent.py`: the gradient step that closes the gap (5 points),
- and a short written explanation of what you saw (3 points).

**You need:** Python classes, a little PyTorch (Lesson 4) and the Bellman equation (Lesson 5). If you skipped those
lessons, the pieces that matter are repeated here.

**Time:** about two hours of reading and coding. Training takes about three minutes on an ordinary CPU, up to a
quarter of an hour on a busy one, and stops by itself. A graphics card would not help: the network is too small.

Five words that come up again and again:

- **Discount** $\gamma$ (gamma): a reward one step later counts $\gamma$ times as much, two steps later $\gamma^2$
  times. Soon is better than late. With $\gamma = 0.99$ the agent looks about $1 / (1 - \gamma) = 100$ steps ahead.
- **ReLU**: $\mathrm{relu}(x) = \max(x, 0)$. It is what makes a network more than one long linear formula.
- **argmax**: not the largest value, but its *position*.
- **Optimizer**: takes the gradients and changes the weights a little. Ours is called Adam.
- **Batch**: several examples treated at once, one a row.

All words and symbols: see the [glossary](../../docs/glossary.md).
"""
# %% readonly="setup"
import importlib
import random
from collections import deque, namedtuple

import numpy as np
import torch

from dqn_course import environments, evaluation, plotting, readiness, training, video
from dqn_course.checks import lesson_06 as checks
from dqn_course.config import budget

# %% [markdown]
r"""
## The world: eight numbers and four buttons

An **environment** hands out a state and takes an action. We take LunarLander from Gymnasium.
"""
# %%
env = environments.make_lander(render_mode="rgb_array")
state, info = env.reset(seed=1)

for name, value in zip(environments.LANDER_STATE, state, strict=True):
    print(f"{name:18} {value:+.3f}")
# %% [markdown]
r"""
That is all the agent ever sees: where it is, how fast it moves, how it is tilted, and whether its legs touch the
ground. It does not see the picture below; the picture is for you.

The position is measured from the pad, which is at (0, 0). So the lander starts high above it, and drifts.
"""
# %%
import matplotlib.pyplot as plt

for _ in range(45):
    state, reward, terminated, truncated, info = env.step(0)  # no engine: it just falls

plt.figure(figsize=(6, 4))
plt.imshow(env.render())
plt.xticks([])
plt.yticks([])
plt.show()
# %% [markdown]
r"""
The actions are 0 (do nothing), 1 (left engine), 2 (main engine) and 3 (right engine). One call of `step` is one
**agent step**, 1/50 of a second of flight.
"""
# %%
next_state, reward, terminated, truncated, info = env.step(2)
print("height before and after:", state[1].round(4), next_state[1].round(4))
print("reward:", round(float(reward), 3), "  terminated:", terminated, "  truncated:", truncated)
# %% [markdown]
r"""
`step` returns five things, and two of them look alike.

- **terminated**: the episode is really over. The lander crashed, flew away, or came to rest.
- **truncated**: time is up, after 1000 steps. The lander may be hovering happily. It still has a future; we just stop
  watching.

Keep the difference in mind. It changes what the agent learns, and a surprising number of published programs get it
wrong.

<details><summary>Is the score clipped to −1, 0, +1, as in the Atari paper?</summary>

No. The paper clips because 49 games with very different scores share one set of constants. Here there is one game,
and its rewards are of a handy size: some −100 for a crash, +100 for coming to rest, small numbers for everything
between.
</details>

### Watch somebody who has no idea

`film` plays an episode and shows it as a video. The pilot here presses buttons at random.
"""
# %%
random_pilot = evaluation.random_policy(action_size=4)
video.film({"random": random_pilot}, lambda: environments.make_lander("rgb_array"), seed=3)
# %% [markdown]
r"""
## From a table to a network

In Lesson 5 the value of every state and action stood in a table. Here a state is eight real numbers. Even with only
10 steps for each, the table would have $10^8$ rows, and the agent would never see most of them.

So we replace the table by a function with parameters $\theta$:

$$ Q(s, a; \theta) \approx \text{the sum of discounted rewards from here on, if I do } a \text{ in } s \text{ and play well afterwards.} $$

One network takes $s$ and gives the values of **all four actions at once**. Then the best action costs one forward
pass and one `argmax`.

```
 state s            hidden          hidden           Q-values
 8 numbers   →   64 units, ReLU  →  64 units, ReLU  →  4 numbers
 (B, 8)             (B, 64)          (B, 64)           (B, 4)
```

$B$ is the **batch size**, the number of states treated at once.
"""
# %% [markdown]
r"""
## Exercise 6.1: the network (4 points, about 15 minutes)

Write `QNetwork`. Its first hidden layer computes $h_1 = \mathrm{relu}(W_1 s + b_1)$, the second $h_2 =
\mathrm{relu}(W_2 h_1 + b_2)$, and the output is $Q = W_3 h_2 + b_3$, with nothing after it.

Because of its first line, `%%writefile model.py`, running this cell only saves it as the file `model.py`, beside this
notebook. Change it here, not in the file: running the cell again overwrites the file.
"""
# %% exercise="QNetwork"
# %%writefile model.py
import torch
import torch.nn.functional as F
from torch import nn


class QNetwork(nn.Module):
    """One Q-value per action: two hidden layers with ReLU, then a linear layer.

    state_size: numbers in a state. action_size: number of actions.
    seed: same seed, same first weights. fc1_units, fc2_units: sizes of the hidden layers.
    """

    def __init__(self, state_size, action_size, seed, fc1_units=64, fc2_units=64):
        super().__init__()
        torch.manual_seed(seed)
        ### BEGIN SOLUTION
        self.fc1 = nn.Linear(state_size, fc1_units)
        self.fc2 = nn.Linear(fc1_units, fc2_units)
        self.fc3 = nn.Linear(fc2_units, action_size)
        ### END SOLUTION

    def forward(self, state):
        """Q-values (B, action_size) of float32 states (B, state_size)."""
        ### BEGIN SOLUTION
        x = F.relu(self.fc1(state))
        x = F.relu(self.fc2(x))
        return self.fc3(x)
        ### END SOLUTION
# %% check="QNetwork" points=4
checks.QNetwork("model.py")
# %% [markdown]
r"""
<details><summary>Hint 1: what is a layer in PyTorch?</summary>

`nn.Linear(m, n)` is $W x + b$ with $m$ inputs and $n$ outputs. Make three of them in `__init__` and keep them as
attributes: `self.fc1 = ...`. As attributes they are *registered*, so the optimizer finds their weights.
</details>

<details><summary>Hint 2: what goes into <code>forward</code>?</summary>

The state goes through the first layer, then `F.relu`, then the second, `F.relu`, then the third. Return what comes
out.
</details>

<details><summary>Hint 3: nearly the answer</summary>

```python
self.fc1 = nn.Linear(state_size, fc1_units)      # and fc2, fc3 in the same way
...
x = F.relu(self.fc1(state))                      # then the same with fc2
```
</details>

<details><summary>Why is there no softmax at the end?</summary>

Softmax makes chances: positive numbers that add up to 1. Q-values are *scores to come*, such as −120 or +240. They
may be negative, and they do not add up to anything. With a softmax the network could never say "all four actions are
bad here".
</details>

**What you should see:** a panel with *4 of 4 points*. The network has 4,996 parameters; the next cell counts them.
"""
# %%
import model

importlib.reload(model)
network = model.QNetwork(state_size=8, action_size=4, seed=0)
print(network)
print("parameters:", sum(parameter.numel() for parameter in network.parameters()))
# %% [markdown]
r"""
Check it by hand: $(8 \cdot 64 + 64) + (64 \cdot 64 + 64) + (64 \cdot 4 + 4) = 4{,}996$.

## Choosing an action: reading `act`

The agent asks the network for four values and takes the action with the largest one. That is all of `act`:

```python
def act(self, state, eps=0.0):
    if random.random() < eps:
        return random.randrange(self.action_size)
    state = torch.from_numpy(state).float().unsqueeze(0).to(device)  # (1, state_size)
    self.qnetwork_local.eval()
    with torch.no_grad():
        action_values = self.qnetwork_local(state)                   # (1, action_size)
    self.qnetwork_local.train()
    return int(np.argmax(action_values.cpu().data.numpy()))
```

Nearly every word of it raises a question. Let us go through it piece by piece, with a real state.
"""
# %%
state, _ = env.reset(seed=1)
print(type(state), state.dtype, state.shape)

tensor = torch.from_numpy(state).float()
print("tensor:          ", tuple(tensor.shape))
print("after unsqueeze: ", tuple(tensor.unsqueeze(0).shape))
# %% [markdown]
r"""
**What does `unsqueeze(0)` do?** It puts one more pair of brackets around the numbers: from `[a, b, …]` to `[[a, b,
…]]`. A list of numbers becomes a batch with one row. Layers expect a batch first, because most of the time they get
one. No number changes.
"""
# %%
network.eval()
with torch.no_grad():
    q_values = network(tensor.unsqueeze(0))
network.train()

print(q_values)
print("as NumPy:", q_values.cpu().data.numpy())
print("best action:", int(np.argmax(q_values.cpu().data.numpy())))
# %% [markdown]
r"""
Four small questions hide in these lines. Think of an answer, then open it.

<details><summary>Is <code>eval()</code> a condition?</summary>

No. It *sets* something: it tells every layer that we are not training now. That matters for layers such as dropout
and batch normalisation, which behave differently then. Our network has none of them, so here it changes nothing. It
is a good habit all the same. `train()` sets it back.
</details>

<details><summary>And <code>no_grad()</code>, is that not the same?</summary>

No. It stops PyTorch from recording the computation for a later `backward()`. That saves time and memory, and it has
nothing to do with how layers behave. You often want both.
</details>

<details><summary>What is <code>.cpu().data.numpy()</code> for?</summary>

Three steps. `.cpu()` copies the tensor into ordinary memory if it was on a graphics card. `.data` takes the numbers
without their history of computation. `.numpy()` makes them an array. Today one writes `.detach()` instead of `.data`,
and inside `no_grad()` neither is needed: `.cpu().numpy()` does it.
</details>

<details><summary>Why does <code>argmax</code> give an action?</summary>

It gives the *position* of the largest value, and actions are numbered by position: the value of action 2 stands in
place 2.
</details>

An agent that always takes the best action never finds out whether another one would be better. So with chance
$\epsilon$ (epsilon) it takes a random one. It starts at $\epsilon = 1$: an untrained network's opinion is worth
nothing.

## Remembering: the replay buffer

Consecutive moments of a flight are nearly the same. If the network learned from each moment as it comes, it would
hear the same thing fifty times and forget everything else. So the agent writes what happens into a **replay buffer**
and learns from random samples of it.

One entry is a **transition**: state, action, reward, next state, and whether the episode terminated. This is the
classic way to write such a buffer. Read it, then answer the questions.
"""
# %%
Transition = namedtuple("Transition", ["state", "action", "reward", "next_state", "terminated"])


class ClassicReplayBuffer:
    def __init__(self, buffer_size, batch_size):
        self.memory = deque(maxlen=buffer_size)
        self.batch_size = batch_size

    def add(self, *transition):
        self.memory.append(Transition(*transition))

    def sample(self):
        batch = random.sample(self.memory, k=self.batch_size)
        states = torch.from_numpy(np.vstack([t.state for t in batch])).float()
        rewards = torch.from_numpy(np.vstack([t.reward for t in batch])).float()
        return states, rewards  # and the other three in the same way

    def __len__(self):
        return len(self.memory)


# %%
buffer = ClassicReplayBuffer(buffer_size=5, batch_size=3)
for t in range(7):
    buffer.add(np.full(8, t), t % 4, float(t), np.full(8, t + 1), False)

oldest, newest = buffer.memory[0], buffer.memory[-1]
print("stored:", len(buffer), " oldest:", oldest.reward, " newest:", newest.reward)
states, rewards = buffer.sample()
print("states", tuple(states.shape), " rewards", tuple(rewards.shape))
# %% [markdown]
r"""
<details><summary>Seven were added. Why are five stored, and which?</summary>

A `deque` with `maxlen=5` drops the oldest entry when a sixth comes. So the transitions 2 to 6 are left.
</details>

<details><summary>What is a <code>namedtuple</code> good for?</summary>

It is a tuple whose places have names. `t.reward` says more than `t[2]`, and costs nothing.
</details>

<details><summary>What does <code>np.vstack</code> do here?</summary>

It puts the 3 states, each with 8 numbers, on top of each other: a table of shape (3, 8). A single number counts as a
row of one, so the rewards become (3, 1), not (3,). Remember that shape. It will matter in a moment.
</details>

<details><summary>Why is <code>len(buffer)</code> possible?</summary>

Because the class defines `__len__`. Python calls it for `len(...)`.
</details>

The course uses `dqn_course.replay.ReplayBuffer`. It has the same `add`, `sample` and `len`, but keeps five arrays
instead of a `deque`, so a sample is five indexing operations instead of hundreds of small steps. Its sample for the
lander looks like this:

| | shape | dtype |
|---|---|---|
| states | (B, 8) | float32 |
| actions | (B, 1) | int64 |
| rewards | (B, 1) | float32 |
| next_states | (B, 8) | float32 |
| terminated | (B, 1) | float32, 1.0 or 0.0 |
"""
# %% [markdown]
r"""
## Exercise 6.2: the target (3 points, about 15 minutes)

The network said $Q(s, a; \theta)$. What should it have said? We have seen one real step: reward $r$ and next state
$s'$. So a better guess is that reward, plus the discounted value of the best thing to do next. That guess is the
**target** $y$:

$$ y = r + \gamma\,(1 - d)\,\max_{a'} \hat Q(s', a'; \theta^-) $$

Here $\gamma = 0.99$ is the discount, $d$ is 1 if the episode terminated with this step and 0 if not, and $\hat
Q(\,\cdot\,; \theta^-)$ is a second network, the **target network**, which we meet soon. (The hat and the minus are
only there to tell it from the first one.)

Three of them by hand, with $\gamma = 0.9$. Work out the last one before you open it.

| $r$ | $\hat Q(s', \cdot)$ | $d$ | $y$ |
|---|---|---|---|
| 1 | 2, **5**, 3 | 0 | $1 + 0.9 \cdot 5 = 5.5$ |
| −100 | 2, 5, 3 | 1 | $-100$: after a crash nothing follows |
| 2 | −1, −4, −3 | 0 | ? |

<details><summary>The last one</summary>

The best of −1, −4, −3 is −1. So $y = 2 + 0.9 \cdot (-1) = 1.1$.
</details>

All of it for a whole batch at once: `rewards` and `terminated` have shape (B, 1), `next_q` has (B, A), and the result
must have (B, 1).
"""
# %% exercise="td_targets"
def td_targets(rewards, next_q, terminated, gamma):
    """The targets y = r + gamma * (1 - d) * max over a' of next_q.

    rewards: float tensor (B, 1).
    next_q: float tensor (B, A), the target network's values of the next states.
    terminated: float tensor (B, 1), 1.0 where the episode terminated.
    gamma: discount per agent step. Returns a float tensor (B, 1).

    >>> next_q = torch.tensor([[2.0, 5.0, 3.0]])
    >>> td_targets(torch.tensor([[1.0]]), next_q, torch.tensor([[0.0]]), 0.9)
    tensor([[5.5000]])
    """
    ### BEGIN SOLUTION
    best_next = next_q.max(dim=1, keepdim=True).values  # (B, 1)
    return rewards + gamma * (1 - terminated) * best_next
    ### END SOLUTION
# %% check="td_targets" points=3
checks.td_targets(td_targets)
# %% [markdown]
r"""
<details><summary>Hint 1: the largest value of each row</summary>

`next_q.max(dim=1)` gives two things, the values and their positions. You want `.values`. What is its shape?
</details>

<details><summary>Hint 2: my result has shape (B, B)</summary>

Then you combined a (B, 1) with a (B,). PyTorch stretches both to (B, B) and says nothing. This is the most expensive
silent mistake of deep Q-learning: everything runs, nothing is learned. Ask `max` to keep the dimension with
`keepdim=True`.
</details>

<details><summary>Hint 3: nearly the answer</summary>

`best_next = next_q.max(dim=1, keepdim=True).values`, and then the formula, letter by letter, with `(1 - terminated)`.
</details>

<details><summary>What if time ran out? Is d then 1?</summary>

No. Only *terminated* counts. A lander that hovers when time runs out would have gone on collecting reward. If we
wrote $d = 1$ there, we would teach the network that hovering at step 1000 is worth nothing, and the state has no
clock by which it could tell step 1000 from step 10.
</details>

**What you should see:** *3 of 3 points*.
"""
# %% [markdown]
r"""
## The moving target

There is something odd about that formula. The target for $Q$ contains $Q$. If we used one network for both, every
step towards the target would move the target as well, like a dog that runs after its own tail.

So we keep two networks of the same shape. `qnetwork_local`, the **online network** with parameters $\theta$, is
trained and acts. `qnetwork_target`, the **target network** with parameters $\theta^-$, makes the targets, and follows
slowly:

$$ \theta^- \leftarrow \tau\,\theta + (1 - \tau)\,\theta^-, \qquad \tau = 0.001 $$

This is called a **soft update**. Here is one single number that follows another one, which suddenly jumps from 0 to
1.
"""
# %%
tau, theta_minus, path = 1e-3, 0.0, []
for _ in range(5000):
    theta_minus = tau * 1.0 + (1 - tau) * theta_minus
    path.append(theta_minus)

with plotting.style():
    figure = plotting.new_figure(7, 2.8)
    axes = figure.subplots()
    axes.axhline(1.0, color=plotting.ORANGE, ls="--", label=r"online $\theta$")
    axes.plot(path, color=plotting.BLUE, label=r"target $\theta^-$")
    axes.set(xlabel="updates", ylabel="value", ylim=(0, 1.1))
    axes.legend(loc="lower right")
figure
# %% [markdown]
r"""
After 1000 updates it has come 63 % of the way, after 3000 updates 95 %. The targets stand still enough to be learned,
and still follow.

(The Atari paper copies the whole network every 10,000 steps instead, a *hard update*. Both serve the same purpose.
Lesson 7 compares them.)

## Exercise 6.3: learning (5 points, about 25 minutes)

Now everything comes together.

![The environment sends state and reward to the online network, which answers with an action. Every transition goes into the replay buffer. A batch of 64 goes to learn, which gets the values of the next states from the target network and makes one gradient step on the online network. The target network follows slowly.](images/loop.svg)

`learn` gets a batch of experiences and does one gradient step:

1. Targets $y$ from the **target** network, as in Exercise 6.2. They are constants: no gradient may flow through them.
2. Predictions $Q(s, a; \theta)$ from the **online** network, for the actions that were *really taken*.
3. The loss, the mean of $(y - Q(s, a; \theta))^2$ over the batch.
4. Clear the old gradients, compute the new ones, take one step with the optimizer.
5. The soft update is already there, below your lines. So do not `return` above it.

Read the whole class first. You know `act` already. `step` is the diary: it writes each transition down and calls
`learn` after every fourth one. Then replace the line that raises.
"""
# %% exercise="learn"
# %%writefile dqn_agent.py
import random

import numpy as np
import torch
import torch.nn.functional as F
from model import QNetwork

from dqn_course.replay import ReplayBuffer

BUFFER_SIZE = int(1e5)  # transitions that the replay buffer keeps
BATCH_SIZE = 64  # transitions per update
GAMMA = 0.99  # discount per agent step
TAU = 1e-3  # share of the online network in a soft update
LR = 5e-4  # step size of the optimizer
UPDATE_EVERY = 4  # agent steps between two updates

device = torch.device("cpu")  # 4,996 parameters: a graphics card would only wait


class Agent:
    """Acts in an environment, remembers what happened, and learns from it."""

    def __init__(self, state_size, action_size, seed):
        self.state_size = state_size
        self.action_size = action_size
        random.seed(seed)
        self.qnetwork_local = QNetwork(state_size, action_size, seed).to(device)
        self.qnetwork_target = QNetwork(state_size, action_size, seed).to(device)
        self.optimizer = torch.optim.Adam(self.qnetwork_local.parameters(), lr=LR, fused=True)
        self.memory = ReplayBuffer(action_size, BUFFER_SIZE, BATCH_SIZE, seed)
        self.t_step = 0

    def step(self, state, action, reward, next_state, done):
        """Remember one transition (done: it terminated); learn every UPDATE_EVERY steps."""
        self.memory.add(state, action, reward, next_state, done)
        self.t_step = (self.t_step + 1) % UPDATE_EVERY
        if self.t_step == 0 and len(self.memory) >= BATCH_SIZE:
            self.learn(self.memory.sample(), GAMMA)

    def act(self, state, eps=0.0):
        """A random action with chance eps, else the one with the largest Q-value."""
        if random.random() < eps:
            return random.randrange(self.action_size)
        state = torch.from_numpy(state).float().unsqueeze(0).to(device)  # (1, state_size)
        self.qnetwork_local.eval()
        with torch.no_grad():
            action_values = self.qnetwork_local(state)  # (1, action_size)
        self.qnetwork_local.train()
        return int(np.argmax(action_values.cpu().data.numpy()))

    def learn(self, experiences, gamma):
        """One gradient step on the batch (states, actions, rewards, next_states, terminated)."""
        states, actions, rewards, next_states, terminated = experiences
        ### BEGIN SOLUTION
        with torch.no_grad():
            next_q = self.qnetwork_target(next_states).max(dim=1, keepdim=True).values  # (B, 1)
            targets = rewards + gamma * (1 - terminated) * next_q  # (B, 1)
        predictions = self.qnetwork_local(states).gather(1, actions)  # (B, 1)
        loss = F.mse_loss(predictions, targets)
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        ### END SOLUTION
        self.soft_update(self.qnetwork_local, self.qnetwork_target, TAU)

    def soft_update(self, local_model, target_model, tau):
        """theta_minus <- tau * theta + (1 - tau) * theta_minus"""
        pairs = zip(target_model.parameters(), local_model.parameters(), strict=True)
        for target_param, local_param in pairs:
            target_param.data.copy_(tau * local_param.data + (1.0 - tau) * target_param.data)
# %% check="learn" points=5
checks.learn("dqn_agent.py")
# %% [markdown]
r"""
<details><summary>Hint 1: the value of the action that was taken</summary>

The network gives four values a row, (B, 4). `actions` says for each row which one counts, (B, 1). `values.gather(1,
actions)` picks it: from each row the entry at the given column. Its result is (B, 1).
</details>

<details><summary>Hint 2: constants and gradients</summary>

Put the line of the target inside `with torch.no_grad():`. Then PyTorch treats it as a number that fell from the sky.
Here the optimizer holds the online network only, so forgetting it costs time and nothing else. With one network for
both it would change what is learned.
</details>

<details><summary>Hint 3: the loss and the step</summary>

`loss = F.mse_loss(predictions, targets)`, both of shape (B, 1). Then always the same three lines:
`self.optimizer.zero_grad()`, `loss.backward()`, `self.optimizer.step()`.
</details>

<details><summary>Hint 4: nearly the answer</summary>

```python
with torch.no_grad():
    next_q = self.qnetwork_target(next_states)          # (B, 4)
    targets = ...                                       # the formula of Exercise 6.2
predictions = self.qnetwork_local(states).gather(1, actions)
loss = ...
```

Write the formula again; do not call `td_targets`. `dqn_agent.py` is a file of its own and cannot see this notebook.
</details>

<details><summary>Why square the error?</summary>

A square is zero only when prediction and target agree, it punishes both signs alike, and its slope is simply twice
the error: far away means a large step, close by a small one. Its weakness is a single huge error, which shouts down
all others. The Atari paper clips it for that reason; you meet that in Lesson 7. Both are accepted here.
</details>

**What you should see:** *5 of 5 points*.
"""
# %% [markdown]
r"""
## Is it ready? Half a minute that saves an hour

Deep Q-learning fails quietly. A program with a small mistake runs just as long as a sound one, and learns nothing. So
before the long run your agent goes through nine small trials. In each of them the right Q-values are known
beforehand, because the world is so tiny: one state, or two.

For example, *delayed reward* is a world of two states: nothing happens in the first, reward 1 in the second, then it
ends. With $\gamma = 0.5$ the right values are exactly 0.5 and 1.

The trials stop at the first failure, and its message names the part to look at.
"""
# %%
import dqn_agent
import model

importlib.reload(model)
importlib.reload(dqn_agent)  # Python reads a file once; this reads it again, as it is now
readiness.readiness_gate(dqn_agent.Agent)
# %% [markdown]
r"""
## The training loop

This is all that training is. Read it; the numbered lines are the course of one flight.

```python
for episode in range(1, n_episodes + 1):
    state, _ = env.reset()                                                # 1
    for t in range(max_t):
        action = agent.act(state, eps)                                    # 2
        next_state, reward, terminated, truncated, _ = env.step(action)   # 3
        agent.step(state, action, reward, next_state, terminated)         # 4
        state = next_state
        if terminated or truncated:
            break
    eps = max(eps_end, eps_decay * eps)                                   # 5
```

<details><summary>Line 4 passes <code>terminated</code>, not <code>terminated or truncated</code>. Why?</summary>

For the target only a real end counts (Exercise 6.2). For leaving the loop, both do.
</details>

<details><summary>Line 5 multiplies epsilon by 0.995 after each episode. Does it fall in a straight line?</summary>

No. It falls by half a percent *of what is left*: fast at first, then ever more slowly. It passes 0.5 after 139
episodes, 0.1 after 460, and reaches 0.01 after 919.
</details>

`training.dqn` is this loop with a progress bar, a live plot, and a memory of its own. You can press Stop at any
moment. Run the cell again and the run goes on where it was, exactly, even if the computer was switched off in
between.

### Predict first

Before you start: after how many episodes will the mean of the last 100 scores pass 0? And 200? Will the curve rise
steadily? Write your guess down here or on paper. Then look. You learn more from a wrong prediction than from none.

The grey band behind your curve shows ten runs of a sound agent with other seeds. Your run should wander within it, or
near.
"""
# %%
import dqn_agent
import model

importlib.reload(model)
importlib.reload(dqn_agent)

run_dir = budget(".", quick="rehearsal")  # Validate must not touch your real run
agent = dqn_agent.Agent(state_size=8, action_size=4, seed=0)
history = training.dqn(agent, n_episodes=budget(2000, quick=12), run_dir=run_dir)
history
# %% [markdown]
r"""
*Solved* means: the mean of the last 100 scores has reached 200. Training stops there; 2000 is only the limit. It
takes a hundred episodes to say so, and no run is solved before episode 100.

<details><summary>I have restarted the kernel. Where is my agent?</summary>

On the disk. Run the cell with the imports at the top, then the training cell. A finished run comes back in a second.
</details>

## Reading the curve
"""
# %%
band = training.reference_band()
plotting.score_figure(history.scores, band, title="My agent and ten reference runs")
# %% [markdown]
r"""
**How to read it**

- *The first 300 episodes, from about −190 to −50:* the lander learns not to crash head first.
- *A flat stretch near −50 to 0:* it hovers. Hovering is safe, but it burns fuel and never ends. In the ten reference
  runs, between 58 and 98 of the episodes 301 to 400 ran until time was up. They are eight times as long as the first
  ones, so training seems slow now.
- *Then up to 200:* it has found out that landing pays more than hovering. The reference runs were solved between
  episode 548 and episode 967.
- *Deep single dots to the very end:* bad luck with the terrain, and 1 % random actions. Not a fault.

**What is not all right:** a mean that stays far below the grey band, or one that falls for 300 episodes in a row. Go
back to the readiness trials then.

## Watch it land

First the classic way: draw a frame, remove the old one, draw the next. `clear_output(wait=True)` waits with the
removal until the new picture is there; without `wait` it would flicker.

```python
picture = plt.imshow(env.render())           # once
while flying:
    ...
    picture.set_data(env.render())           # the new frame into the old axes
    clear_output(wait=True)                  # from IPython.display
    display(plt.gcf())                       # IPython's display, not the virtual one
```

<details><summary>Which <code>display</code> is it?</summary>

Two different things have that name in notebooks about games.

- `from IPython.display import display` shows an object **below the cell**. This is the one we use, always.
- `from pyvirtualdisplay import Display` starts a **virtual screen** for programs that insist on opening a window, on
  a server that has no screen. You need it only for `render_mode="human"`. We ask for `render_mode="rgb_array"`, which
  returns the picture as an array and needs no screen at all. If you ever do need it: `with video.virtual_display():
  ...`
</details>

`show_live` does the same without Matplotlib in between: 6 milliseconds a picture instead of 180. The agent has no
epsilon now: it always takes what it thinks is best.
"""
# %%
lander = environments.make_lander("rgb_array")
score = video.show_live(agent.act, lander, seed=11, max_t=budget(1000, quick=30))
print(f"score: {score:.0f}")
# %% [markdown]
r"""
A live picture is only as smooth as the connection. A film is smoother, and you can keep it and send it to somebody.
"""
# %%
clip = video.film(
    {"random": evaluation.random_policy(action_size=4), "mine": agent.act},
    lambda: environments.make_lander("rgb_array"),
    seed=11,
    max_t=budget(1000, quick=60),
)
clip.save(f"{run_dir}/my_lander.mp4")
clip
# %% [markdown]
r"""
One flight proves nothing, as you know from Lesson 0. Here are 100 flights over terrain that it has never seen,
without random actions and without learning.
"""
# %%
lander = environments.make_lander()
print(evaluation.evaluate(agent, lander, episodes=budget(100, quick=3), progress=True))
# %% [markdown]
r"""
A mean a little below 200 is normal here. Training stopped at the first hundred flights that reached 200, and that
hundred was a lucky one.

The weights are in `checkpoint.pth`. That file holds numbers only, so it is loaded with `weights_only=True`: a file
from a stranger could otherwise run any code on your machine.
"""
# %%
weights = torch.load(f"{run_dir}/checkpoint.pth", weights_only=True)
for name, tensor in weights.items():
    print(f"{name:12} {tuple(tensor.shape)}")
# %% [markdown]
r"""
## What to change next

Pick one row. Write down what you expect *before* you run it. Change the cell and run it, run the readiness cell, and
then train a **new** agent in a folder of its own:

```python
experiment = dqn_agent.Agent(state_size=8, action_size=4, seed=0)
tau1 = training.dqn(experiment, run_dir="runs/tau1")
```

Put the old value back before you hand in: the checks judge your files as they are.

| change | where | what do you expect? |
|---|---|---|
| `TAU = 1.0`: the target network equals the online one at once | `dqn_agent.py` | Does it learn at all? Is it less steady? |
| `BUFFER_SIZE = 1000`: remembers one hovering flight, or eight early ones | `dqn_agent.py` | Does it forget how to brake while it learns to land? |
| `GAMMA = 0.9`: sees 10 steps ahead instead of 100 | `dqn_agent.py` | Will it still find the landing, which comes hundreds of steps later? |
| `eps_decay=0.98`: explores for 200 episodes only | `training.dqn(...)` | Faster, or stuck in hovering? |
| 16 units instead of 64 | `model.py` | How small may the network be? |
| another `seed` | `Agent(...)` and `training.dqn(..., seed=1)` | How much of a result is luck? |

The last row is the most important one. Two runs that differ in the seed alone can differ by several hundred episodes.
So one run each is not enough to say that a change helps.
"""
# %% [markdown]
r"""
## Exercise 6.4: explain what you saw (3 points, about 10 minutes)

Answer in your own words, in five to ten sentences, in the cell below.

1. Where did your curve differ from your prediction, and what explains it? (1 point)
2. Choose one experiment from the table, or think of one. Which number did you change, what did you expect, what
   happened? Give the numbers. (1 point)
3. Suppose `learn` used `qnetwork_local` for the targets as well. What would change, and how would you see it in the
   curve? (1 point)
"""
# %% [markdown] answer="explain" points=3
r"""
*Model answer, one of many; numbers differ from run to run.*

1. I expected a steady rise to 200 within 300 episodes. In fact the mean passed 0 near episode 390 and stayed there
   for a while: the lander hovered until time ran out, which is safe, and only then found out that landing pays.
2. I set GAMMA = 0.9 and expected slower learning or none, because a reward 100 steps away then counts 0.9^100 =
   0.00003 of its value, so the bonus for landing cannot be seen from the air. (A full answer gives the mean of both
   runs at the same episode, and says that one run each proves little.)
3. Every update would move its own targets. Values tend to run away together, and the curve becomes less steady: rises
   followed by collapses, and a larger difference between seeds.
"""
# %% [markdown]
r"""
## Summary

- A network takes a state and gives one value per action, with no softmax at the end.
- The target is the reward plus the discounted best next value, cut off where the episode terminated: $y = r + \gamma
  (1 - d) \max_{a'} \hat Q(s', a'; \theta^-)$.
- A replay buffer mixes old and new moments; a slow target network keeps the targets still.
- Check small known cases before a long run, look at the curve beside a reference, and never judge by one episode or
  one seed.

**To think about**

1. The maximum over noisy values is too large on average. Do you think your Q-values are too high or too low? How
   could you find out? (Lesson 12)
2. The agent learns after every fourth step. What speaks for more often, what against?
3. The lander sees eight well-chosen numbers. What would change if it saw the picture? (Lessons 8 and 9)
4. Its reward contains hints, such as points for slowing down. Could it learn from +100 and −100 at the end alone?

**Next:** Lesson 7 takes the replay buffer and the target network away, one at a time, and looks at what breaks.
"""
