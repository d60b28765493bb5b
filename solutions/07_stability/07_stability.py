# %% [markdown]
r"""
# Lesson 7: Why it does not fall apart

Your lander learned. That is less natural than it looks. For years, networks that were trained on their own guesses
tended to fall apart: they learned, forgot, and sometimes ran off to infinity. The paper names three causes and takes
measures against them. In this lesson you see each cause in real data, then cure it, and at the end you take the cures
away again and watch.

**You will build**

- `autocorrelation`: how much one sample says about the next ones (3 points),
- `hard_update`: the copy that keeps the targets still (2 points),
- `clipped_error`: a loss that large errors cannot shout down (3 points),
- `q_values_all_actions`: what a decision costs when the action is an input (3 points),
- and a written explanation of an experiment with your prediction in it (3 points).

**You need:** the lander's agent (Lesson 6) and a little PyTorch (Lesson 4).

**Time:** about 90 minutes. The experiment at the end trains 20 small agents, which takes about two minutes on two
quiet cores, and runs while you read on.

Words and symbols: see the [glossary](../../docs/glossary.md).
"""
# %% readonly="setup"
import copy
import time

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from dqn_course import ablation, checkpoints, environments, networks, stability
from dqn_course.agent import Agent
from dqn_course.checks import lesson_07 as checks
from dqn_course.config import budget
from dqn_course.widgets import lesson_07 as widgets

# %% [markdown]
r"""
## Three causes

In Lesson 3 a network learned from labelled points. All of them were there from the start, drawn at random, and their
labels never changed. None of that holds for an agent.

| | labelled points | an agent |
|---|---|---|
| 1. The samples | are independent of each other | come one after the other, and neighbours are nearly the same |
| 2. Where they come from | does not change | changes with the policy, and a small change of Q can change that |
| 3. The labels | are given | are made by the network that learns them: $y = r + \gamma \max_{a'} Q(s', a')$ |

The measures: a **replay memory** against 1 and 2, a **target network** against 3. **Error clipping** is a third one,
against single errors that are too large.

First we need data: eight flights of the trained lander that comes with the course, with $\epsilon = 0.05$. What it
lives through goes into a memory, in the order in which it happens.
"""
# %%
env = environments.make_lander()
agent = Agent(state_size=8, action_size=4, seed=0)
for network in (agent.qnetwork_local, agent.qnetwork_target):
    network.load_state_dict(checkpoints.load_q_network().state_dict())

for flight in range(8):
    state, _ = env.reset(seed=flight)
    ended = False
    while not ended:
        action = agent.act(state, eps=0.05)
        next_state, reward, terminated, truncated, _ = env.step(action)
        agent.memory.add(state, action, reward, next_state, terminated)
        state, ended = next_state, terminated or truncated

flights = agent.memory.states[: len(agent.memory)].copy()
print("agent steps and numbers in a state:", flights.shape)
# %% [markdown]
r"""
## Cause 1: neighbours say the same thing

Here is the lander, seen from the side: one dot an agent step, in grey. On the left, the last 64 of them, which is
what an agent without a memory would learn from. On the right, 64 drawn at random from all that came before.

![Two side views of the same flights. Left: the last 64 states, in a row, are one short stretch of one flight. Right: 64 states drawn at random are spread over all flights so far](images/batches.png)

Move the slider, or press play. **Question:** what does a batch on the left know about landing, while the lander is
still high up?
"""
# %%
widgets.batches(flights)
# %% [markdown]
r"""
Nothing. A batch on the left is one single moment of one flight, seen 64 times. It is 64 rows, but hardly more than
one sample.

How can that be put into a number? Take one number of the state, say the height. If it is above its mean now, is it
still above its mean $k$ steps later? Multiply the two distances from the mean, and add up over time:

$$ \rho_k = \frac{\sum_{t=0}^{n-1-k} (x_t - \bar x)\,(x_{t+k} - \bar x)}{\sum_{t=0}^{n-1} (x_t - \bar x)^2} $$

This is the **autocorrelation** at **lag** $k$. It is 1 when the later value is known from the earlier one, 0 when the
earlier one says nothing, negative when high is followed by low.

## Exercise 7.1: autocorrelation (3 points, about 10 minutes)

By hand: $x = 1, 2, 3, 4$ at lag 1. The mean is 2.5, the distances are −1.5, −0.5, 0.5, 1.5. Below: $2.25 + 0.25 +
0.25 + 2.25 = 5$. Above, three products of neighbours: $0.75 - 0.25 + 0.75 = 1.25$. So $\rho_1 = 0.25$.

There is one mean, that of the whole series, and the sum below is the same for every lag.
"""
# %% exercise="autocorrelation"
def autocorrelation(x, lag):
    """How much x says about itself `lag` steps later: from 1 (all) over 0 (nothing) to -1.

    x: NumPy array (n,), not all alike. lag: whole number from 0 to n - 1. Returns a number.

    >>> autocorrelation(np.array([1.0, 2.0, 3.0, 4.0]), 1)
    0.25
    """
    ### BEGIN SOLUTION
    d = x - x.mean()  # (n,)
    return np.sum(d[: len(d) - lag] * d[lag:]) / np.sum(d**2)
    ### END SOLUTION
# %% check="autocorrelation" points=3
checks.autocorrelation(autocorrelation)
# %% [markdown]
r"""
<details><summary>Hint 1: two parts of one series</summary>

`d[lag:]` is the series without its first `lag` numbers. Its partner is the series without its *last* `lag` numbers.
Both have $n - k$ numbers. In a loop, $t$ goes through `range(n - lag)`: it ends with $n - 1 - k$.
</details>

<details><summary>Hint 2: lag 0 fails</summary>

`d[:-lag]` drops the last `lag` numbers, except for lag 0: `d[:-0]` is `d[:0]`, which is empty. `d[: len(d) - lag]`
works for all.
</details>

<details><summary>Hint 3: nearly the answer</summary>

```python
d = x - x.mean()
return np.sum(d[: len(d) - lag] * ...) / np.sum(...)
```
</details>

**What you should see:** *3 of 3 points*. Then run the next cell. It takes the height in the order of the flights, and
in the order in which a memory hands it out.
"""
# %%
height = flights[:, 1].astype(float)
shuffled = np.random.default_rng(0).permutation(height)
lags = range(0, 201, 2)
widgets.correlogram(
    lags,
    {
        "as it happened": [autocorrelation(height, k) for k in lags],
        "replayed": [autocorrelation(shuffled, k) for k in lags],
    },
    n=len(height),
)
# %% [markdown]
r"""
As it happened, neighbours agree to 0.99, and after 20 steps, nearly half a second of flight, still to 0.7. Then the
curve sinks below zero: high up now means low down later. Replayed, it drops to nothing at once and stays within what
chance gives. **The memory does not change the data. It changes their order**, and that is all that replay is.

Why is the order so bad? Because a network has no separate drawer for each state. What it learns here changes what it
says there.

**Predict:** a small network has learned a curve from shuffled points, and learned it well. Then something changes at
the right end: the curve is higher there now. The network learns that from 200 batches, once from the right end alone,
once from everywhere. What will it say about the left?
"""
# %%
x = torch.linspace(-1, 1, 512).unsqueeze(1)
old = torch.sin(2 * np.pi * x) - 0.5 * x
new = old + 2 * (x > 0.75) * (x - 0.75) / 0.25


def learn(network, y, low, steps):
    """`steps` updates on random batches of 64 among the points from number `low` on."""
    optimizer = torch.optim.Adam(network.parameters(), lr=3e-3)
    for _ in range(steps):
        batch = torch.randint(low, 512, (64,))
        loss = F.mse_loss(network(x[batch]), y[batch])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return y, network(x).detach()


torch.manual_seed(0)
layers = [nn.Linear(1, 64), nn.Tanh(), nn.Linear(64, 64), nn.Tanh(), nn.Linear(64, 1)]
small = nn.Sequential(*layers)
curves = {"it has learned the curve": learn(small, old, low=0, steps=1000)}
other = copy.deepcopy(small)
curves["200 batches from the right end"] = learn(small, new, low=448, steps=200)
curves["200 batches from everywhere"] = learn(other, new, low=0, steps=200)
widgets.what_is_left(x, curves)
# %% [markdown]
r"""
In the middle, the right end is as it should be, and the rest is gone, although nobody has said anything new about the
left. What was learned at one end has bent the whole network. In the last picture the same number of batches came from
everywhere: nothing is lost. The first is called **catastrophic forgetting**. In the same way a lander without a memory
may forget how to brake while it hovers.

## Cause 2: a small step of Q, another policy

The policy is an argmax, and an argmax jumps. If two actions are worth 100.1 and 100.0, a change of 0.2 turns the
decision round. How often does that happen? We let the trained lander learn from one batch, and count the states of
our recording in which it would now do something else.
"""
# %%
everything = torch.from_numpy(flights)


def decisions():
    with torch.no_grad():
        return agent.qnetwork_local(everything).argmax(dim=1)


before = decisions()
for update in range(1, 101):
    agent.learn(agent.memory.sample(), gamma=0.99)
    if update in (1, 10, 100):
        changed = (decisions() != before).float().mean()
        print(f"after {update:3} updates: another action in {changed:.0%} of the states")
# %% [markdown]
r"""
One single update turned one decision in six. (Adam had just been started, so its first steps are large for what they
know.) Other decisions lead to other states, so the data change with every update. Somebody who learns from the
present alone is pulled about: if the best action is *left*, the samples come from the left, and only the left is
learned.

A memory smooths that. It holds transitions of hundreds of old versions of the policy, and a new one is only a drop in
it. It has a price: what is learned from was done by *other* policies. That is allowed only because Q-learning is
**off-policy** (Lesson 5): its target takes the best next action, whatever was done.

<details><summary>How old is the data, on average?</summary>

The lander's memory has 100,000 places and gets one transition an agent step. Once it is full, the ages are spread
evenly from 0 to 100,000 agent steps, 50,000 on average. With an update every 4 agent steps the mean sample was made
by a network 12,500 updates ago. For the paper: a million places, half a million agent steps, 125,000 updates.
</details>

<details><summary>And how often is one transition used?</summary>

Each update draws 64, one update comes with 4 new transitions: so each is used 16 times on average before it is thrown
away. That is the other gift of replay: data are expensive, and none is used only once. For the paper it is 32 / 4 = 8
times.
</details>

## Cause 3: the target moves along

The prediction is $Q(s, a)$. The target is $r + \gamma \max_{a'} Q(s', a')$. Now $s'$ is the moment after $s$, so for
the network they are nearly the same input. Push one up, and the other goes up with it.

Measure it. For each of 150 transitions: take a fresh copy of the trained network, make one small step on this
transition, and see how far prediction and target have moved.

**Predict:** if the prediction moves by 1, by how much does the target move?
"""
# %%
memory = agent.memory
rng = np.random.default_rng(1)
moved = []
for i in rng.choice(len(memory), 150, replace=False):
    if memory.terminated[i, 0]:
        continue
    s = torch.from_numpy(memory.states[[i]])  # (1, 8)
    s_next = torch.from_numpy(memory.next_states[[i]])
    a, r = int(memory.actions[i, 0]), float(memory.rewards[i, 0])
    network = checkpoints.load_q_network()
    q, y = network(s)[0, a], r + 0.99 * network(s_next).max().detach()
    (0.5 * (y - q) ** 2).backward()
    with torch.no_grad():
        for weight in network.parameters():
            weight -= 1e-5 * weight.grad
        moved.append((network(s)[0, a] - q, 0.99 * network(s_next).max() + r - y))

moved = np.array(moved)
print(f"median of target / prediction: {np.median(moved[:, 1] / moved[:, 0]):.2f}")
widgets.dragged(moved[:, 0], moved[:, 1])
# %% [markdown]
r"""
The target runs along, at more than nine tenths of the speed. Whoever chases it gains less than a tenth of every step.
And where it runs *faster* than the prediction, the distance grows with every step that should close it. Then values
climb without end, although no reward was that large.

The cure is simple. Let a second network make the targets, and change it rarely or slowly. Blue crosses: whatever the
online network learns, the target stays where it is.

## Two ways to follow

**Hard update**, the paper's way: every $C$ updates, copy all weights, $\theta^- \leftarrow \theta$. In between the
targets stand still.

**Soft update**, the lander's way: after each update go a small part of the way, $\theta^- \leftarrow \tau\,\theta +
(1 - \tau)\,\theta^-$.

Grey is one weight of the online network. Move the controls. **Question:** which $C$ gives about the same delay as
$\tau = 0.001$? Look at the sentence below the picture.
"""
# %%
widgets.two_ways_to_follow()
# %% [markdown]
r"""
With a hard update the copy is between 0 and $C - 1$ updates old, $(C - 1)/2$ on average. With a soft one the average
age is $(1 - \tau)/\tau$. So $C \approx 2/\tau$: the lander's $\tau = 0.001$ is as slow as a copy every 2,000 updates.
On a path that shakes you see a second difference: the copy takes over one shaky moment, the soft update averages over
many.

<details><summary>Where does (1 − τ)/τ come from?</summary>

The newest weight counts $\tau$, the one before $\tau(1-\tau)$, the one before that $\tau(1-\tau)^2$, and so on. The
mean age is $\sum_k k\,\tau(1-\tau)^k = (1-\tau)/\tau$. For $\tau = 0.001$ that is 999 updates.
</details>

<details><summary>Is slower always steadier, and steadier always better?</summary>

Slower is steadier, but a reward travels back one step for every *copy*, not for every update. With a target network
that never moves, nothing beyond one step is ever learned. $C$ and $\tau$ are a compromise.
</details>

## Exercise 7.2: the hard update (2 points, about 10 minutes)

Both networks have the same layers. After the call, the target network must say what the online network says, now and
also later, when the online network has learned on. So copy *numbers*. Two Python names for one network, or two
networks that share their tensors, are no copy.
"""
# %% exercise="hard_update"
def hard_update(online_network, target_network):
    """theta_minus <- theta: copy all weights and biases into target_network.

    Both are nn.Module with the same layers. Changes target_network in place, returns nothing.
    """
    ### BEGIN SOLUTION
    target_network.load_state_dict(online_network.state_dict())
    ### END SOLUTION
# %% check="hard_update" points=2
checks.hard_update(hard_update)
# %% [markdown]
r"""
<details><summary>Hint 1: the weights of a network</summary>

`network.parameters()` goes through all weights and biases, always in the same order. `network.state_dict()` is a
dictionary with them, by name. `network.load_state_dict(...)` takes such a dictionary and copies its numbers.
</details>

<details><summary>Hint 2: "a leaf Variable that requires grad"</summary>

Weights may be changed in place only under `torch.no_grad()`, or through `.data`, as in the `soft_update` of Lesson 6.
</details>

<details><summary>Hint 3: nearly the answer</summary>

One line: `target_network.load_state_dict(...)` with the dictionary of the other one. Or a loop with `zip` over both
`parameters()`, and `copy_`.
</details>

**What you should see:** *2 of 2 points*.

## Large errors: who pulls hardest?

The third measure. The paper clips the error: *we also found it helpful to clip the error term to be between −1 and
1*. Let us see why.

Imagine ten times the same state and action, and ten targets that were seen after it. What should the network say?
Each loss has its own answer, and each target pulls on it with the **slope** of its loss. Move the tenth target away
from the others. **Question:** which of the three answers runs after it?

![Three losses over the error, squared, absolute and Huber, beside their slopes. Below, ten targets on a line, nine of them near 0 and one at 4: the best value by the squared loss has moved to 0.4, by the absolute loss it stays at 0, and Huber's is at 0.1](images/errors.png)
"""
# %%
widgets.errors()
# %% [markdown]
r"""
- **Squared** ($\frac12\delta^2$, slope $\delta$): an error of 8 pulls eight times as hard as an error of 1. The
  answer is the mean, and one outlier drags it away. In a batch of 64 a single freak transition can write the whole
  update.
- **Absolute** ($|\delta|$, slope ±1): everything pulls equally hard. The answer is the median. But an error of 0.001
  pulls as hard as one of 10, so it never settles.
- **Huber**: the square where errors are small, the line where they are large. Its slope is the error, clipped to ±1.

$$ L(\delta) = \begin{cases} \tfrac12\,\delta^2 & |\delta| \le 1 \\ |\delta| - \tfrac12 & |\delta| > 1 \end{cases} \qquad
\frac{dL}{d\delta} = \begin{cases} \delta & |\delta| \le 1 \\ \pm 1 & |\delta| > 1 \end{cases} $$

There is a trap in the paper's sentence. If you clip the *error* and then square it, the loss is flat beyond 1: its
slope is 0, and the largest errors teach nothing at all. Many programs had that mistake. What has to be clipped is the
slope.

<details><summary>Why minus a half?</summary>

So that the two pieces meet. At $|\delta| = 1$ the square gives ½, and the line $1 - \frac12$. Without the half, the
loss would jump.
</details>

<details><summary>Mean or median: which is right for Q?</summary>

A Q-value is an *expected* return, a mean. With Huber's loss it lies between mean and median, so where large returns
are rare and real, it is biased. It is a price for calm. In the paper rewards are clipped to −1 … 1 as well, so that
errors beyond 1 are rare.
</details>

## Exercise 7.3: clip the error (3 points, about 10 minutes)

Write it for a tensor of errors of any shape: one loss for each of them. By hand: −3, −0.5, 0, 1, 2 give 2.5, 0.125,
0, 0.5, 1.5.
"""
# %% exercise="clipped_error"
def clipped_error(error):
    """Huber's loss of each error: half the square up to 1, the size minus a half beyond.

    error: float tensor of any shape, made by a network. Returns a tensor of the same shape,
    through which gradients flow; their slope is the error clipped to -1 … 1.
    """
    ### BEGIN SOLUTION
    size = error.abs()
    return torch.where(size <= 1, 0.5 * error**2, size - 0.5)
    ### END SOLUTION
# %% check="clipped_error" points=3
checks.clipped_error(clipped_error)
# %% [markdown]
r"""
<details><summary>Hint 1: no <code>if</code></summary>

An `if` can only decide for all entries at once. `torch.where(condition, this, that)` decides for each of them.
</details>

<details><summary>Hint 2: both signs</summary>

`size = error.abs()` first. Compare `size` with 1, and use it in the line.
</details>

<details><summary>Hint 3: nearly the answer</summary>

`torch.where(size <= 1, ..., ...)` with the two formulas. PyTorch has it ready-made as `F.huber_loss`, with
`reduction="none"` for one loss each.
</details>

**What you should see:** *3 of 3 points*. The next cell asks autograd for the slopes.
"""
# %%
error = torch.tensor([-3.0, -0.5, 0.0, 1.0, 2.0], requires_grad=True)
loss = clipped_error(error)
loss.sum().backward()
print("losses:", loss.detach().numpy())
print("slopes:", error.grad.numpy())
# %% [markdown]
r"""
## One output for each action, or the action as an input?

One more choice of the paper, which has to do with cost. A function $Q(s, a)$ has two inputs, so the obvious network
has two inputs as well: state *and* action in, one value out. Earlier work did that.

```
 action as an input:    state s and action a  →  Q(s, a)
                        8 + 4 numbers            one value

 one output an action:  state s               →  Q(s, 0), Q(s, 1), Q(s, 2), Q(s, 3)
                        8 numbers                a value for each action
```

To decide, or to make a target, you need the largest of *all* values. What does that cost?

## Exercise 7.4: ask for every action (3 points, about 15 minutes)

`network` takes rows of `state_size + n_actions` numbers: the state, and then the action as a **one-hot** vector, a 1
at its place and 0 elsewhere. With 4 actions, action 2 is `[0, 0, 1, 0]`. It gives one value for each row, (B, 1). Ask
it once for each action.
"""
# %% exercise="q_values_all_actions"
def q_values_all_actions(network, state, n_actions):
    """The values of all actions in one state, from a network with the action as an input.

    network: takes rows (B, state_size + n_actions) of floats, a state and a one-hot action
    each, and gives values (B, 1). state: float tensor (state_size,).
    Returns a tensor (n_actions,), entry a for action a.
    """
    ### BEGIN SOLUTION
    values = []
    for action in torch.eye(n_actions):  # (n_actions,), one-hot
        row = torch.cat([state, action]).unsqueeze(0)  # (1, state_size + n_actions)
        values.append(network(row).detach())  # (1, 1)
    return torch.cat(values).squeeze(1)
    ### END SOLUTION
# %% check="q_values_all_actions" points=3
checks.q_values_all_actions(q_values_all_actions)
# %% [markdown]
r"""
<details><summary>Hint 1: one-hot vectors</summary>

`torch.eye(n_actions)` is a square of zeros with ones on its diagonal. Its row `a` is the one-hot vector of action
`a`.
</details>

<details><summary>Hint 2: one row</summary>

`torch.cat([state, action])` puts two vectors behind each other. `.unsqueeze(0)` makes a batch of one of it.
</details>

<details><summary>Hint 3: the shape</summary>

Each answer is (1, 1). `torch.cat(values)` makes (n_actions, 1) of a list of them, and `.squeeze(1)` makes
(n_actions,).
</details>

**What you should see:** *3 of 3 points*. Now count and time it, for 4 to 18 actions, as the games of the Atari have
them.
"""
# %%
numbers = (4, 6, 9, 14, 18)
state = torch.from_numpy(flights[0])
times = {"action as an input": [], "one output for each action": []}


def milliseconds(decide, *arguments):
    """The fastest of 50: what else the machine does only makes it slower."""
    times = []
    for _ in range(50):
        start = time.perf_counter()
        decide(*arguments)
        times.append(time.perf_counter() - start)
    return 1000 * min(times)


for n in numbers:
    one_by_one = stability.ActionInNetwork(8, n)
    all_at_once = networks.QNetwork(8, n)
    q_values_all_actions(one_by_one, state, n)
    print(f"{n:2} actions: {one_by_one.passes} passes against 1")
    with torch.no_grad():
        slow = milliseconds(q_values_all_actions, one_by_one, state, n)
        fast = milliseconds(all_at_once, state.unsqueeze(0))
    times["action as an input"].append(slow)
    times["one output for each action"].append(fast)

widgets.cost_of_actions(numbers, times)
# %% [markdown]
r"""
The passes grow with the number of actions, and the time with them. The other line is flat: 14 more outputs are 14
more rows in the last layer, and nothing else. (If you put all actions into one batch, you see as many passes, but the
time hardly rises. The first fold says what that saves.)

<details><summary>All actions could go in as one batch. Is it fair to ask one by one?</summary>

One batch saves Python's and PyTorch's overhead, which is most of the time for so small a network. It does not save
arithmetic: every action still needs a whole pass. For the paper's network one pass is 18.7 million operations. With
18 actions a decision would cost 337 million, and an update, which needs the best next action for 32 states, ten
thousand million instead of 600 million.
</details>

<details><summary>When is an action as an input the better choice?</summary>

When actions cannot be listed: the angle of a steering wheel, the torque of a motor. Then one needs another way to
find the best one.
</details>

## The older way, and what it costs

There was a stable method before: **neural fitted Q-iteration** (Lesson 5 had its small brother). Compute the targets
for *all* transitions, train a *new* network on them until it fits, compute new targets, and so on, hundreds of times.
Nothing moves while it fits, so it is steady. The paper's objection is its cost. Count it. The unit is one transition
that goes through the gradient once. A minibatch of DQN is 32 of them. One pass of fitted Q-iteration is the whole data
set, and a fit takes many passes.
"""
# %%
transitions, iterations, passes = 1_000_000, 100, 100  # the paper: "hundreds of iterations"
nfq_round = transitions * passes
nfq = nfq_round * iterations
dqn_round = 10_000 // 4 * 32  # a copy every 10,000 agent steps, an update every 4
dqn = 50_000_000 // 4 * 32

print("                              fitted Q-iteration            DQN")
print(f"until the targets are new: {nfq_round:>21,} {dqn_round:>14,}")
print(f"in all:                    {nfq:>21,} {dqn:>14,}")
print(f"passes over a million:     {nfq // transitions:>21,} {dqn // transitions:>14,}")
# %% [markdown]
r"""
Twenty-five times as much, and that on one data set that does not grow. (100 passes for each new set of targets are our
guess, and a modest one.)

Seen like this, **a DQN with a hard update is fitted Q-iteration in a hurry**: the target network is its "old
network", $C$ updates are its "training until it fits". It just does not wait until it fits, and does not start anew.

## Take the cures away

Now the experiment. Four agents, alike but for two switches:

| | target network | no target network |
|---|---|---|
| **replay** | the whole agent | targets from the online network itself |
| **no replay** | learns from the last 64 transitions in a row | neither |

The task is **cart-pole**: a cart must keep a pole upright by moving left or right. Each step is worth 1, an episode
ends when the pole falls, or is cut after 500 steps. So a score is the number of steps, at most 500. And there is a
second thing to watch: no true Q-value can be larger than $1 + \gamma + \gamma^2 + \dots = 1/(1 - 0.99) = 100$. **A
network that expects more than 100 is wrong, whatever its score.**

Both switches are numbers that the agent has anyway. Look:
"""
# %%
setting = ablation.CART_POLE
for replay, target in ablation.CELLS:
    config = ablation.agent_config(setting, replay, target)
    name = ablation.name_of(replay, target)
    print(f"{name:29} buffer_size = {config.buffer_size:6}  tau = {config.tau}")
# %% [markdown]
r"""
A memory of 64 places and a batch of 64: every batch is the last 64 transitions. And with $\tau = 1$ the target
network equals the online network after each update. Everything else is the same, down to the seeds.

### Predict first

Write it down before you start, in the cell below. You will need it in Exercise 7.5.

1. Order the four cells by score, best first. By how much will they differ?
2. In which cells will the Q-values pass 100?
3. How much will five runs of the *same* cell differ, which differ in the seed alone?
"""
# %%
# My predictions (nobody grades them)
# 1.
# 2.
# 3.
# %% [markdown]
r"""
Twenty runs: four cells, five seeds. Several go on at once, one on each core, and a picture grows with them. You may
stop at any time: what is done is kept in the folder `runs/ablation`, and the same cell does the rest.
"""
# %%
points = ablation.ablation(
    budget(setting, quick=ablation.QUICK),
    seeds=range(budget(5, quick=1)),
    folder=budget("runs/ablation", quick="runs/rehearsal"),
    kind=budget("processes", quick="threads"),
    workers=budget(0, quick=1),
)
# %%
ablation.Table(points)
# %% [markdown]
r"""
**How to read it.** Each thin line is one run, the thick one their median. Above: the mean score of five episodes
without random actions. Below: what the network expects, on 500 fixed states; dotted, the 100 that no true value can
pass. The table has the mean of each run's last three evaluations: the median over the runs, lowest and highest in
brackets. Its last column counts pairs, a run of the whole agent against a run of this cell: 25 of 25 is a clear
difference, 12 or 13 of 25 is none.

- *Q, with a target network:* it climbs slowly and smoothly.
- *Q, without one:* it leaps. In our five runs the mean largest Q of the last evaluations was between 80 and 547, where 100
  is the most that can be true. With a target network it was between 42 and 48. Already after 1,500 steps one run stood at
  65, when the agent held the pole for 58 steps, which is worth $1 + \gamma + \dots + \gamma^{57} = 44$.
- *Score:* look at the last column before you believe a median, and at how wide the five runs of one cell lie. An
  experiment with one run each could have "shown" anything.
- *Without both*, the score jumps from one evaluation to the next: from 305 down to 57 and up to 317 in our first run.

## The same on the lander

A longer version comes with the course: the lander, 48,000 agent steps, five seeds, by `benchmarks/ablation.py`. The
whole agent is just beginning to land after so few steps. A random pilot has about −180, and 200 would be solved.
"""
# %%
lander = ablation.shipped("lander")
ablation.figure(lander, title="The lander, five seeds a cell")
# %%
ablation.Table(lander)
# %% [markdown]
r"""
Read the last column first. **Without replay** the lander is worse, in 19 and 20 of 25 pairs of runs. **Without the
target network** it is not: after so few steps it is even a little better, because values travel faster when the target
follows at once. But look at its Q-values: nearly three times as high, at about the same score. On cart-pole you have
seen where that can end. In the paper's runs, two hundred times as long and on pictures, both are missed.

## The paper's own experiment

Five games, 10 million training frames for each cell, the best of three learning rates. Scores stand above the bars;
the heights are per cent of the whole agent's score in that game.
"""
# %%
widgets.paper_ablation()
# %% [markdown]
r"""
The whole agent is best in all five games, and the agent with neither is worst in all five. In four games replay is
worth more than the target network; in Seaquest it is the other way round. And they help each other: in Seaquest
either alone brings about a third of the score.

Three differences to our experiment, before you compare:

- **Size.** Pictures, 1.7 million weights, and millions of steps, against 4 or 8 numbers and some thousand steps. The
  larger the network and the longer the run, the more time it has to run away.
- **One run each.** The paper's table shows no spread, and its numbers are the *best* evaluations. Ours are the last
  ones, with their spread.
- **What "without replay" means.** We learn from the last 64 transitions, which a learner can try by changing one
  number. The paper does not say how its agents without replay drew their samples.

## Exercise 7.5: explain (3 points, about 15 minutes)

Answer in your own words, in five to ten sentences, in the cell below.

1. What did you predict, what happened, and which differences are larger than the spread between seeds? Give numbers.
   (1 point)
2. Where does each of the two cures show: in the score, in the Q-values, in how steady they are? Explain both with what
   you measured in this lesson: the autocorrelation, and the target that runs along. (1 point)
3. Somebody shows you one run with and one without a target network. The one without has the higher score. What do you
   answer, and what would you ask to see? (1 point)
"""
# %% [markdown] answer="explain" points=3
r"""
*Model answer, one of many; numbers differ from run to run.*

1. I expected the agent with neither to fail and the others to be close. (Numbers from the own table.) The scores of
   several cells overlap, so I order only those where nearly all pairs agree. The Q-values are another matter: with a
   target network all runs lie close together and climb slowly, without one they leap up at once.
2. The target network shows in the Q-values: on the lander the target followed 98 % of each step of the prediction, so
   without a target network values chase themselves upwards. Replay shows in how steady the score is: neighbours agree
   to 0.99, so 64 of them in a row are hardly more than one sample, and the network forgets what it does not see.
3. One run each says nothing, because runs of the same cell differ as much. I would ask for several seeds with their
   spread, for the last evaluations and not the best ones, and for the Q-values beside the largest value that is
   possible.
"""
# %% [markdown]
r"""
## Summary

- Samples in a row are nearly copies of each other. A replay memory hands them out in another order, and mixes the
  data of many policies.
- The target moves with the prediction, at more than nine tenths of its speed. A target network holds it still: copied
  every $C$ updates, or following by $\tau$ after each, where $C \approx 2/\tau$ is the same delay.
- Huber's loss has the clipped error as its slope. Clipping the error itself would switch the largest errors off.
- One output for each action makes a decision cost one pass, however many actions there are.
- Watch the Q-values and not only the score. And one run proves nothing.

**To think about**

1. A memory of a million transitions holds mostly old ones. When would you want a smaller one?
2. Every transition is drawn with the same chance. Which would you draw more often? (Lesson 12)
3. The maximum over noisy values is too large even when the target stands still. Which cell of the table shows it?
   (Lesson 12)
4. Cart-pole gives 1 in every step. Why can Q climb so easily there?

**Next:** Lesson 8 leaves the eight handy numbers behind and turns the screen of an Atari into something that a
network can read.
"""
