# %% [markdown]
r"""
# Lesson 12: What came next

DQN was the beginning. Within three years six ideas made it nearly three times as good, by the median over 57 Atari games.
Each of them cures one weakness, and each is small. In this lesson you write four of them, put each into the agent of the
lander, and find out what it is worth there. Not all of them will help, and that is worth knowing too.

**You will build**

- `double_dqn_targets`: the largest of noisy numbers is too large (3 points),
- `dueling_head`: for states in which it does not matter what you do (2 points),
- `n_step_return`: a reward that travels faster (3 points),
- `priorities` and `importance_weights`: replay what surprised, and pay for it (4 points),
- and a short written answer (3 points).

**You need:** the agent of the lander (Lesson 6), and what replay and the target network are for (Lesson 7). Atari is not
needed.

**Time:** about two hours. The training at the end takes a minute or two, and you can stop it at any moment.

Words and symbols: see the [glossary](../../docs/glossary.md).
"""
# %% readonly="setup"
import numpy as np
import torch

from dqn_course import comparison, extensions, networks, replay
from dqn_course.agent import Agent
from dqn_course.checks import lesson_12 as checks
from dqn_course.config import budget
from dqn_course.widgets import lesson_12 as widgets

# %% [markdown]
r"""
## Four weaknesses

| What is wrong with plain DQN | The cure | Who |
|---|---|---|
| The target takes the largest of noisy values, so values are too large | **double** | van Hasselt, Guez and Silver 2016 |
| It learns each action by itself, also where all actions are worth the same | **dueling** | Wang et al. 2016 |
| A reward moves back by one step an update | **n steps** | Sutton 1988 |
| It replays a dull transition as often as a surprising one | **priorities** | Schaul et al. 2016 |

### Predict first

All four will be tried on the lander, with the settings of Lesson 6 and several seeds. Which one will help most there?
Is there one that will not help at all? Write it down now; you will need it in Exercise 12.6.
"""
# %%
# My predictions (nobody grades them)
# helps most:
# does not help:
# %% [markdown]
r"""
## Double: the largest of noisy numbers

Four actions, all worth 0. Nobody knows that, so each value is estimated, with an error that is as often above as below.
The mean of the estimates is right. What about their *largest*?
"""
# %%
rng = np.random.default_rng(0)
estimates = rng.standard_normal((10_000, 4))  # 10,000 times four estimates of 0
print("mean of all estimates:      ", estimates.mean().round(3))
print("mean of the largest of four:", estimates.max(axis=1).mean().round(3))
# %% [markdown]
r"""
More than 1, where the truth is 0. No single estimate is to blame. Whoever takes the largest takes, most of the time,
one whose error points up.

The target of DQN has this $\max$ in it, so it is too large. The next target is made with values that have learned from
it, and so on. If all values were too large by the same amount, nothing would happen: the order of the actions would be the
same. But the error is not the same everywhere. It is large where the network knows little, and there the agent goes.

**The cure: ask twice.** Let one network say *which* action is best, and another one say what that action is *worth*. The
errors of the second know nothing of the choice of the first, so they are as often below as above.

![On the left one draw: four actions that are all worth 0, two noisy estimates of each. The first look takes the action with its largest estimate; the second look at the same action is nearer to 0. On the right 4,000 draws: the largest first look is 1.03 on average, the second look at it about 0](images/maximum.png)

Move the controls. What do more actions do? What does less noise do? And what happens when one action really is better?
"""
# %%
widgets.noisy_maximum()
# %% [markdown]
r"""
<details><summary>What happens when action 0 is better by 1 to 3?</summary>

The more one action stands out, the seldomer noise decides, and the smaller the error of the maximum. Now the *second*
look is too small: sometimes the first look takes a worse action, and then the second one honestly says so. Double
learning is not free of errors. Its errors point down, and pessimism does less harm: an action that looks worse than it
is will not be chased.
</details>

DQN has two networks anyway. They are not independent, since one is an older copy of the other, but it costs nothing. The
**online** network chooses, the **target** network says the value:

$$ y = r + \gamma\,(1 - d)\; \hat Q\big(s',\; \arg\max_{a'} Q(s', a'; \theta);\; \theta^-\big) $$

Plain DQN has $\theta^-$ in both places. That is the whole difference.

## Exercise 12.1: double DQN's target (3 points, about 15 minutes)

By hand, with $\gamma$ = 0.9 and $r$ = 1: the online network says 2, 5, 3 and the target network 4, 1, 6. The online
network chooses action 1, which the target network values at 1. So $y$ = 1 + 0.9 · 1 = 1.9. Plain DQN would say 1 + 0.9 · 6
= 6.4.
"""
# %% exercise="double_dqn_targets"
def double_dqn_targets(rewards, next_q_online, next_q_target, terminated, gamma):
    """The targets of double DQN, a tensor of shape (B, 1).

    rewards, terminated: (B, 1) float32; terminated is 0 or 1. next_q_online, next_q_target:
    (B, n_actions), what both networks say about the next states. gamma: the discount.

    >>> online, target = torch.tensor([[2.0, 5.0, 3.0]]), torch.tensor([[4.0, 1.0, 6.0]])
    >>> double_dqn_targets(torch.tensor([[1.0]]), online, target, torch.tensor([[0.0]]), 0.9)
    tensor([[1.9000]])
    """
    ### BEGIN SOLUTION
    best = next_q_online.argmax(dim=1, keepdim=True)  # (B, 1)
    return rewards + gamma * (1 - terminated) * next_q_target.gather(1, best)  # (B, 1)
    ### END SOLUTION
# %% check="double_dqn_targets" points=3
checks.double_dqn_targets(double_dqn_targets)
# %% [markdown]
r"""
<details><summary>Hint 1: two lines</summary>

First the number of the best action of each row, from `next_q_online`. Then the entry with that number, from
`next_q_target`.
</details>

<details><summary>Hint 2: look up one entry a row</summary>

`q.gather(1, index)` takes from each row of `q` the entry that `index`, a (B, 1) of whole numbers, names. You know it from
`chosen_q` in Lesson 4. `argmax(dim=1, keepdim=True)` has just this shape.
</details>

<details><summary>Hint 3: the shape of the answer, with gaps</summary>

```python
best = next_q_online. ...   # (B, 1): in each row, the number of the best action
next_q = ...                # (B, 1): in each row, what the other network says of that action
return rewards + ... * next_q
```

The last line is the one of Lesson 6.
</details>

**What you should see:** *3 of 3 points*.

### What changes in the agent

Here is the agent's method that makes the targets, and the one of double DQN. A line with − goes, a line with + comes.
"""
# %%
comparison.difference((Agent.td_targets, extensions.DoubleAgent.td_targets))
# %% [markdown]
r"""
That is all. `extensions.DoubleAgent` is the agent of Lesson 6 with this one method replaced. Put your function into it:
"""
# %% readonly="my_double"
class MyDouble(extensions.DoubleAgent):
    double_dqn_targets = staticmethod(double_dqn_targets)


# %% [markdown]
r"""
(`staticmethod` says: this is a plain function that only lives in the class. It gets no `self`.)

## Dueling: when it does not matter what you do

Let the trained lander that comes with the course fly once. In every state it has four values, one for each action. Look
at two things: their mean, and how far the best and the worst of them are apart.
"""
# %%
states, q, score = widgets.flight()
print(f"score {score:.0f}, {len(q)} agent steps")
print(f"mean value {q.mean():.0f}")
print(f"best minus worst action: median {np.median(np.ptp(q, axis=1)):.1f}")
widgets.value_and_spread(states, q)
# %% [markdown]
r"""
The value of the state is large and changes slowly. The difference between the actions is small beside it: high in the air,
between steps 30 and 90, less than 1 where the value is 50 to 90. Near the ground it grows, for there an engine at the
wrong moment costs points. This small difference alone decides what is done. But plain DQN has to learn the large value,
which all four actions share, four times: once for each action, and only from transitions in which that action was taken.

**The cure:** let the network say two things. $V(s)$: how good is this state? $A(s, a)$, the **advantage**: how much better
than the average is this action? Every transition teaches $V$, whatever the action was.

$$ Q(s, a) = V(s) + A(s, a) - \frac{1}{|\mathcal A|} \sum_{a'} A(s, a') $$

<details><summary>Why is the mean subtracted?</summary>

Only $Q$ meets a target. With $Q = V + A$ alone, $V$ = 10 and $A$ = (1, 3) give the same $Q$ as $V$ = 0 and $A$ = (11, 13),
and nothing would ever tell them apart. With the mean subtracted there is one answer only: the mean of $Q$ over the
actions is $V$, and the advantages are what is left. The paper also tried the largest advantage in place of the mean
(then $V$ is the value of the best action), and found the mean to be steadier.
</details>

## Exercise 12.2: the head of a dueling network (2 points, about 10 minutes)

By hand: $V$ = 10, and advantages 1, 2, 6 with the mean 3. So $Q$ = 8, 9, 13.
"""
# %% exercise="dueling_head"
def dueling_head(value, advantages):
    """Q-values, a tensor of shape (B, n_actions).

    value: (B, 1), V(s) of each state. advantages: (B, n_actions), before their mean is
    subtracted. Training goes backwards through the result, so stay with tensors.

    >>> dueling_head(torch.tensor([[10.0]]), torch.tensor([[1.0, 2.0, 6.0]]))
    tensor([[ 8.,  9., 13.]])
    """
    ### BEGIN SOLUTION
    return value + advantages - advantages.mean(dim=1, keepdim=True)
    ### END SOLUTION
# %% check="dueling_head" points=2
checks.dueling_head(dueling_head)
# %% [markdown]
r"""
<details><summary>Hint 1: which mean?</summary>

Each state has its own: over the actions, dimension 1.
</details>

<details><summary>Hint 2: it works for one batch and not for another</summary>

`mean(dim=1)` has the shape (B,), and beside (B, n_actions) PyTorch lines it up with the *actions*. With `keepdim=True` it
is (B, 1), and lines up with the states.
</details>

**What you should see:** *2 of 2 points*.

### What changes in the network

The agent stays as it is, its network changes. The second hidden layer is cut in two halves: one ends in $V$, the other in
$A$. There are no more weights than before (4,901 against 4,996), so whatever it gains is not a matter of size.
"""
# %%
comparison.difference(
    (networks.QNetwork.__init__, extensions.DuelingQNetwork.__init__),
    (networks.QNetwork.forward, extensions.DuelingQNetwork.forward),
)
# %% readonly="my_dueling"
class MyDuelingQNetwork(extensions.DuelingQNetwork):
    dueling_head = staticmethod(dueling_head)


class MyDueling(Agent):
    network = MyDuelingQNetwork


# %% [markdown]
r"""
## n steps: how fast does a reward travel?

The target $r_t + \gamma \max_{a'} \hat Q(s_{t+1}, a')$ looks one step ahead. So when something good happens, only the
state just before it hears of it. Next time, the state before that one. A landing is 100 to 400 steps after the start.

**The cure:** take more of the rewards that were really seen, and guess later.

$$ y = r_t + \gamma\, r_{t+1} + \dots + \gamma^{n-1} r_{t+n-1} + \gamma^n \max_{a'} \hat Q(s_{t+n}, a') $$

If the episode ends within the $n$ steps, the sum ends there, and nothing is guessed at all.

## Exercise 12.3: the n-step return (3 points, about 20 minutes)

By hand, with $\gamma$ = 0.5, three rewards 8, 4, 2 and a next value of 16: 8 + 0.5 · 4 + 0.25 · 2 + 0.125 · 16 = 12.5. If
the second step ended the episode: 8 + 0.5 · 4 = 10. The reward of the step that ended it counts. What comes after it
belongs to another episode.
"""
# %% exercise="n_step_return"
def n_step_return(rewards, terminated, next_value, gamma):
    """The return of n steps and the value after them, one number.

    rewards: (n,), of n steps one after the other. terminated: (n,), 1.0 where that step
    ended the episode, else 0.0. next_value: the value of the state after the n steps.
    gamma: the discount.

    >>> n_step_return(np.array([8.0, 4.0, 2.0]), np.array([0.0, 0.0, 0.0]), 16.0, 0.5)
    12.5
    >>> n_step_return(np.array([8.0, 4.0, 2.0]), np.array([0.0, 1.0, 0.0]), 16.0, 0.5)
    10.0
    """
    ### BEGIN SOLUTION
    total = next_value
    for reward, end in zip(reversed(rewards), reversed(terminated)):
        total = reward + gamma * (0.0 if end else total)
    return total
    ### END SOLUTION
# %% check="n_step_return" points=3
checks.n_step_return(n_step_return)
# %% [markdown]
r"""
<details><summary>Hint 1: which way?</summary>

Go through the steps one by one, from the first to the last, and add up. At each step two things happen, in this order: its
reward counts, and then perhaps it was the end. The first end is the end, also if a second one follows: that one belongs to
another episode.
</details>

<details><summary>Hint 2: what is multiplied by what?</summary>

Reward number $k$, counted from 0, by $\gamma^k$. The next value by $\gamma^n$, where $n$ is how many steps there are,
`len(rewards)`. It is added only if no step ended the episode.

There is another way, from the last step to the first: start with the next value, and at each step multiply what you have by
$\gamma$ and add the reward. Where a step ended the episode, what you have up to then counts for nothing.
</details>

<details><summary>Hint 3: the shape of the answer, with gaps</summary>

```python
total = 0.0
for k in range(len(rewards)):
    total += ...        # reward k, discounted
    if ...:             # this step ended the episode
        return ...
return ...              # no end: the next value is added
```
</details>

**What you should see:** *3 of 3 points*. Then your function computes this picture: a corridor of 16 states, and a reward
of 1 at its right end. An agent walks to the end again and again, and learns after each walk: every value goes half of the
way to its target. So no bar is higher than 0.5 after the first walk, and none higher than 0.75 after the second.

![Bars for the values of 16 states after two walks. With one step the two states before the reward know of it, with n = 3 six of them do. The highest bars are at 0.75, half of the way from 0.5 to the true value 1](images/corridor.png)
"""
# %%
widgets.travelling_reward(n_step_return)
# %% [markdown]
r"""
<details><summary>Then why not n = 100?</summary>

Two prices. First, noise: a sum of many rewards depends on much more chance than one. Second, and this is the deeper one:
the $n - 1$ actions in between are those that the agent *took*, perhaps at random, perhaps as an older self. The target
says what *that* behaviour brings, not what the best one would. With one step, the $\max$ comes right after the action,
and the past does no harm: that is what "off-policy" means. With $n$ = 3 the harm is small. Rainbow uses 3.
</details>

### What changes in the agent

The memory gets what happened in n steps as if it were one: the state and the action at its start, the sum of the rewards,
the state at its end. So the agent waits until it has seen n steps before it stores the first one. The discount of the
next value is $\gamma^n$.
"""
# %%
comparison.difference(
    (Agent.remember, extensions.NStepAgent.remember),
    (Agent.td_targets, extensions.NStepAgent.td_targets),
)
# %% readonly="my_n_step"
class MyNStep(extensions.NStepAgent):
    n_step_return = staticmethod(n_step_return)


# %% [markdown]
r"""
<details><summary>What is the line with array_equal for?</summary>

When time runs out, an episode is cut without an end, and the agent is not told. The next transition then begins somewhere
else. What was waiting is dropped: its n steps were never seen.
</details>

## Priorities: what is worth replaying?

The memory holds 100,000 transitions. In most of them nothing much happens, and the network has known for long what they
are worth. In a few, the lander crashes, or touches down for the first time. Drawn by pure chance, these few come up
seldom.

**The cure:** draw a transition more often if the network was wrong about it. Its TD error
$\delta = y - Q(s, a)$ says by how much. The **priority** is

$$ p_i = (|\delta_i| + \epsilon)^\alpha, \qquad P(i) = \frac{p_i}{\sum_k p_k} $$

$P(i)$ is the chance to be drawn. $\alpha$ says how much errors count: at 0 all transitions are alike, at 1 an error twice as
large is drawn twice as often. $\epsilon$ keeps a transition without error from never being seen again. (This
$\epsilon$ has nothing to do with random actions, and this $\alpha$ is not the one of Lesson 5.)

How unlike are errors? After 60 episodes of the lander half of them are below about 1, and one in a hundred is above 45.
At $\alpha$ = 0.6 the tenth of the memory with the largest priorities gets 37 % of the draws.

The TD error is known only for what was just replayed. So the priority of a transition is that of its last replay, and a new
one gets the largest priority there is: everything is seen at least once, soon.

## Exercise 12.4: priorities (2 points, about 10 minutes)

By hand, with $\alpha$ = 0.5 and $\epsilon$ = 0.25: an error of 3.75 gives √4 = 2, one of −3.75 the same, one of 0 gives √0.25
= 0.5.
"""
# %% exercise="priorities"
def priorities(td_errors, alpha, epsilon):
    """The priority of each error, (|error| + epsilon)**alpha, an array of the same shape.

    td_errors: (n,), of both signs. alpha: from 0 (all alike) to 1. epsilon: a small number.

    >>> priorities(np.array([3.75, -3.75, 0.0]), alpha=0.5, epsilon=0.25)
    array([2. , 2. , 0.5])
    """
    ### BEGIN SOLUTION
    return (np.abs(td_errors) + epsilon) ** alpha
    ### END SOLUTION
# %% check="priorities" points=2
checks.priorities(priorities)
# %% [markdown]
r"""
<details><summary>Hint: the order of things</summary>

From the inside to the outside: the size of the error, then plus epsilon, then the power. Python takes `**` before `+`,
so the sum needs brackets.
</details>

**What you should see:** *2 of 2 points*.

### The price, and how it is paid

Whoever draws crashes ten times as often as they happen learns a world in which the lander crashes ten times as often. The
values of states that lead to a crash *or* to a landing, by chance, would be too low. Learning needs averages over what
really happens, and the draw is no longer fair.

So what is drawn often must count less. With the **importance weight**

$$ w_i = \left(\frac{1}{N} \cdot \frac{1}{P(i)}\right)^{\beta} = \big(N\, P(i)\big)^{-\beta} $$

a transition that is drawn five times as often counts a fifth, at $\beta$ = 1. $N$ is the number of stored transitions: with
fair draws $P(i) = 1/N$ and all weights are 1. Then all weights of a batch are divided by the largest, so that they only
make steps smaller, never larger.

At $\beta$ = 1 the average is right again, up to one common factor. At the start of training all targets are wrong anyway,
and speed matters more; so $\beta$ begins at 0.4 and rises to 1.

<details><summary>If the weights undo it, what is gained?</summary>

The *average* step is undone, not what the steps consist of. A rare transition with a large error would be one large step,
once in a while. Now it is many small ones, each at a place where the last one led to. And many transitions with no error
are not computed for nothing.
</details>

## Exercise 12.5: importance weights (2 points, about 15 minutes)

By hand, with $N$ = 100 and $\beta$ = 0.5: chances of 0.01, 0.04 and 0.16 give $N P$ = 1, 4, 16, and so 1, 0.5, 0.25. The
largest is 1 already.
"""
# %% exercise="importance_weights"
def importance_weights(chances, n_stored, beta):
    """The weights (n_stored * chances)**-beta, divided by the largest of them, shape (B,).

    chances: (B,), P(i) of the transitions that were drawn. n_stored: N, transitions in the
    memory. beta: from 0 (no correction) to 1 (full correction).

    >>> importance_weights(np.array([0.01, 0.04, 0.16]), n_stored=100, beta=0.5)
    array([1.  , 0.5 , 0.25])
    """
    ### BEGIN SOLUTION
    weights = (n_stored * chances) ** -beta
    return weights / weights.max()
    ### END SOLUTION
# %% check="importance_weights" points=2
checks.importance_weights(importance_weights)
# %% [markdown]
r"""
<details><summary>Hint 1: two lines</summary>

First the power, then the division by the largest.
</details>

<details><summary>Hint 2: where is the largest weight?</summary>

It belongs to the smallest chance, and that may stand anywhere in the batch. In NumPy, the largest entry of an array is
`.max()`.
</details>

<details><summary>N cancels, does it not?</summary>

Yes: it stands in every weight, and goes with the division by the largest. It is written all the same, because without the
division it matters. An answer without it is right too.
</details>

**What you should see:** *2 of 2 points*. Your two functions compute this picture of a small memory.

![Four rows of bars for 40 stored transitions, the largest error first: the size of the errors, the chances, which fall less steeply, the weights, which rise, and the share of each transition in the average step, which at beta = 0.4 still favours large errors a little](images/replayed.png)

The last row is the chance times the weight, made to sum to 1: how much each transition counts on average, over many draws.
Set beta to 1: this row becomes flat, the average is fair. Set alpha to 0: nothing is preferred. What do alpha = 1 and
beta = 0 do?
"""
# %%
widgets.replayed(priorities, importance_weights)
# %% [markdown]
r"""
<details><summary>What do alpha = 1 and beta = 0 do?</summary>

The chance is as large as the error: the largest one is drawn eight times as often as by pure chance. And all weights are 1,
so nothing makes up for it. The last row is then the row of the chances.
</details>

### What changes in memory and agent

The memory keeps a priority for each transition, and draws with a running sum. Think of all priorities laid end to end on a
line. A random point on this line lies on the priority of one transition, and a long one is hit more often than a short one.
A batch of 64 cuts the line into 64 equal pieces and takes a point in each. The agent weighs each error, and tells the memory
how large the errors were.
"""
# %%
comparison.difference(
    (replay.ReplayBuffer.sample, extensions.PrioritisedReplay.sample),
    (None, extensions.PrioritisedReplay.update),
    (Agent.learn, extensions.PrioritisedAgent.learn),
)
# %% readonly="my_prioritised"
class MyReplay(extensions.PrioritisedReplay):
    priorities = staticmethod(priorities)
    importance_weights = staticmethod(importance_weights)


class MyPrioritised(extensions.PrioritisedAgent):
    replay = MyReplay


# %% [markdown]
r"""
<details><summary>Why the running sum, and not a tree?</summary>

The running sum goes through the whole memory for each batch. For 100,000 transitions that is a fraction of a
millisecond. The paper's memory has ten times as many, and an update of the large network waits for it; there a tree
of partial sums pays off, which is searched in $\log_2 N$ steps. Same draws, more code.
</details>

## All together

Each change is in a different place: double in the targets, dueling in the network, n steps in what is remembered,
priorities in what is drawn. So they fit together, and this is how much code it takes:
"""
# %% readonly="my_all"
class MyAll(MyNStep, MyDouble, MyPrioritised):
    network = MyDuelingQNetwork


# %% [markdown]
r"""
(A class with several parents takes a method from the first of them that has it, and `super()` hands on to the next.)

## Does it help?

These runs come with the course; `benchmarks/extensions.py` made them, and you can repeat them. Every variant has the
settings of Lesson 6: nothing was tuned for any of them. Each run had its own seed, and the same seeds for all.

Thin lines are single runs, the thick one is their mean. Grey is the plain agent: its mean, and the band from its lowest
to its highest run.
"""
# %%
comparison.curve_figure()
# %% [markdown]
r"""
The same in numbers. *mean of all* is the mean score of all episodes, so it rewards fast learning; *last 100* is the mean
at the end, still with a little exploration; *greedy* is the mean of 20 flights after the training without any. After each
mean stands the spread: the standard deviation over the seeds.
"""
# %%
comparison.table()
# %% [markdown]
r"""
Ask of each panel: does the coloured line leave the grey band? As long as it stays inside, these runs cannot tell the two
agents apart.

What we read from five seeds of 500 episodes each, too short for plain DQN to solve the task (it needs about 700):

- **No single extension is clearly better than plain DQN here.** The means over all episodes are −60 for plain, −51 for
  dueling, −45 for n steps, −69 for double and −70 for priorities, with spreads of 19 to 35. At the end n steps have 105
  against 55, and double DQN has 5; the spreads are 91, 59 and 33. One run with n steps did solve the task, at episode 446,
  and another one ended at −5. Take one run of each, and you can "prove" what you like.
- **All four together** learn faster: −12 ± 30 over all episodes, and 156 ± 63 at the end. Two of the five runs solve the
  task, at episodes 444 and 473. Compare each with each plain run, in the mean of all episodes: they win 23 of 25 such
  pairs. If nothing but luck were at work, that much or more would happen once in 63 times. We looked at five variants, so
  it is a good hint and no proof.
- **The spread mostly grows.** Plain runs end within 124 points of each other, but dueling within 176 and n steps within
  230.

### Are the values too large?

After each training the agent flew 20 times, greedily. In every state on the way we have its value, $\max_a Q(s, a)$, and
what did follow: the discounted sum of the rewards. The difference is the overestimation that double DQN is about.
"""
# %%
comparison.value_table()
# %% [markdown]
r"""
In these runs plain DQN believed 14 and got 6 (discounted, so much less than the score). Double DQN believed 12 and got 3: it
expects less, and gets less, so it is as far off as plain DQN. All four together believe less than they get, −13 ± 9. With
the other three the difference is smaller than its spread. So the illness that double DQN cures is mild here: four actions,
and two networks that follow each other slowly.

### How to read such curves

- **The band is wide.** One run of each would have proved anything. Cover all seeds but one with your hand, and look again.
- **A handful of seeds is few.** A difference smaller than the spread may be luck. Papers on 57 games average over games too.
- **Settings are part of the method.** The constants of Lesson 6 were chosen for plain DQN. A method that learns more from
  a transition may want a smaller step (the authors of prioritised replay divided theirs by 4), and we did not look for
  it.
- **The task decides.** Whether a cure helps depends on who is ill.

## Your own comparison

Now your functions. The agents take turns, ten episodes each, so that at any moment all have played as many. Stop whenever
you have seen enough; run the cell again to go on. With two agents and 300 episodes it takes about two minutes. Put other
agents into the dictionary if you like: `MyDouble`, `MyDueling`, `MyPrioritised`, `MyAll`.
"""
# %%
own = comparison.compare(
    {"plain": Agent(8, 4, seed=1), "n_step": MyNStep(8, 4, seed=1)},
    episodes=budget(300, quick=3),
    run_dir=budget("runs/beyond", quick="runs/rehearsal"),
    seed=1,
)
# %% [markdown]
r"""
**What you should see:** two clouds of scores that rise from about −200, and two lines. With one seed each, they say little
about which is better. They say that agents with your functions learn.

**What is not all right:** a line that stays below −300 and never rises, or an error. Then run the checks above once more.

<details><summary>I have changed a function. Does my run go on with the old one?</summary>

No. The new class has other code, so a new run starts, and the old one is set aside in the same folder. Run the cell that
puts the function into the class, too.
</details>

## What remains of the rainbow

Hessel et al. 2018 put six ideas into one agent and called it **Rainbow**: double, dueling, n steps (they say *multi-step*),
priorities, distributional values and noisy networks. You have the first four. The other two:

- **Noisy networks** (Fortunato et al. 2018). No $\epsilon$ at all: the weights themselves are noisy, and the network learns
  how noisy. So it explores where it is unsure, and the same way for a whole while, not by single random actions.
- **Distributional values** (Bellemare, Dabney and Munos 2017). The network does not say one number for an action, but a
  whole distribution of returns: "either 0 or 200, rarely in between". The mean of it chooses. It learns more from every
  transition, and that makes the features better.

On 57 games, with the median of the human-normalised scores (Lesson 10), their table says, for no-op starts and 200 million
frames:

| DQN | double | double + priorities | double + dueling | noisy | distributional | Rainbow |
|---|---|---|---|---|---|---|
| 79 % | 117 % | 140 % | 151 % | 118 % | 164 % | 223 % |

And they took each of the six away from Rainbow in turn. Without priorities or without n steps it lost most. Then came the
distributional values, and then the noisy networks: without them the median fell, though a few games got better. Without
dueling or without double it lost little, in the median. So the six overlap: what helps plain DQN need not help an agent that
has the other five already.

## Exercise 12.6: explain (3 points, about 10 minutes)

Answer in your own words, in five to ten sentences, in the cell below.

1. What did you predict before the lesson, and what do the shipped runs say? Give numbers with their spread. (1 point)
2. Choose one extension that helped little or not at all on the lander. Which illness does it cure, and why might the lander
   not have it? (1 point)
3. Somebody shows you two curves, one run each, and says: "n = 10 is better than n = 3." Name two things that you would
   ask for before you believe it. (1 point)

<details><summary>Hint 1: where to look</summary>

For 1, the table under "Does it help?". For 2, the table under "Four weaknesses": the left column names the illness. For 3,
the list under "How to read such curves".
</details>

<details><summary>Hint 2: how to begin</summary>

1. "I thought that ... would help most. Its mean is ... ± ..., that of plain DQN ... ± ...". Is the difference larger than
   the spread?
2. "... cures ... . The lander has ..., so ...". Think of how many actions it has, how often a reward comes, how large the
   values are.
3. What could make one of two runs better, besides n?
</details>
"""
# %% [markdown] answer="explain" points=3
r"""
*Model answer, one of many.*

1. (The own prediction, and the means of the table with their ± for at least two variants. A difference is called one only
   if it is larger than the spread.)
2. Dueling cures a network that learns a large common value once for each action. The lander has four actions, so each of
   them is seen often, and the common value is soon learned anyway. With 18 actions of which most do the same, as in many
   Atari games, there is more to gain.
3. More seeds of each, with the spread: two single runs of the same agent can differ as much. And whether other settings,
   such as the learning rate, were chosen for one of the two; or the same comparison on another task.
"""
# %% [markdown]
r"""
## Summary

- The largest of noisy estimates is too large. Double DQN lets one network choose and the other one value.
- A dueling network says how good the state is, and what each action adds to it; the mean of the advantages is subtracted.
- An n-step return carries a reward n states back at once. Its price is noise, and old behaviour in the target.
- Prioritised replay draws what surprised, and importance weights make up for the unfair draw.
- Each is a dozen lines. Whether it helps is a question for experiments with several seeds, and the answer depends on the
  task.

**To think about**

1. Two networks that are trained on different halves of the memory would be independent. Would that be better than online
   and target network? What would it cost?
2. Rewards of the lander are not clipped, and a crash is −100. What does that do to the priorities?
3. With n steps and a memory of 100,000, how old is the behaviour in the target? How would you find out whether it
   matters?
4. Which of the four would you try first on a game in which a reward comes once a minute?

**The end, and where to go from here.** You have walked from one perceptron to the agent of the paper, and past it. Good
next steps: read the paper again, which should now hold no secret; train Pong or Breakout longer with `dqn-course train`;
or take a game whose score you find poor in Lesson 10's table, and change one thing.
"""
