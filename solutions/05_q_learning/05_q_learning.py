# %% [markdown]
r"""
# Lesson 5: Learn from reward alone

So far somebody knew the right answer to every example. Now nobody does. There is only a world that answers each
action with a number, and the number that matters often comes much later. One short update rule is enough to find the
best way all the same.

**You will build**

- `discounted_return`: what a row of rewards is worth today (2 points),
- `bellman_backup` and `value_iteration`: the best way through a world whose rules you know (6 points),
- `q_update` and `epsilon_greedy`: the best way when you do not know the rules (5 points),
- `linear_epsilon`, `exponential_epsilon` and `decay_rate_for`: how curiosity fades (3 points).

**You need:** Python loops, dictionaries and NumPy arrays. Networks come back only in the last section.

**Time:** about 70 minutes, in two halves. The place for a break is before *Without the rules*. The two longest cells
run for ten seconds each.

Words and symbols: see the [glossary](../../docs/glossary.md).
"""
# %% readonly="setup"
import time

import gymnasium as gym
import numpy as np

from dqn_course import gridworld, plotting, tabular
from dqn_course.checks import lesson_05 as checks
from dqn_course.config import budget
from dqn_course.widgets import lesson_05 as widgets

# %% [markdown]
r"""
## A world that answers

Whoever chooses is the **agent**. Everything else is the **environment**. The agent sees a **state** $s$ and takes an
**action** $a$. The environment answers with a **reward** $r$, a plain number, and the next state $s'$. Then the agent
chooses again. One such round is an **agent step**; a whole game, from start to end, is an **episode**.

![Agent and environment: the action goes one way, the reward and the next state come back](images/loop.svg)

Our first environment is a grid.
"""
# %%
world = gridworld.GridWorld(slip=0.2)
gridworld.show(world)
# %% [markdown]
r"""
The state is the number of the cell. The actions are 0 left, 1 down, 2 right and 3 up. Dark cells are walls; whoever
walks into one stays where he is.

Two goals pay +0.3 and +1. The six pits cost 1. Entering any of these ends the episode: it has **terminated**. All
other steps pay nothing. After 100 steps time is up, and the episode is **truncated**.

And the floor is slippery. With a chance of 0.2 the agent slips to one of the two sides of where it wanted to go, 0.1
for each.
"""
# %%
state, info = world.reset(seed=1)
for action in (3, 3, 2, 2):
    next_state, reward, terminated, truncated, info = world.step(action)
    name = gridworld.ACTIONS[action]
    print(f"in {state:2}, {name:5} -> in {next_state:2}, reward {reward:g}")
    state = next_state
# %% [markdown]
r"""
Cell 12 lies between the edge and a wall. The second step slipped into one of them, the third ran into the wall, and
the fourth slipped up. Nobody explains that to the agent. It is told states and rewards, and nothing else.

## Soon is better than late

Which is better: 0.3 after three steps, or 1 after six? We need one number for a whole row of rewards. It is called
the **return**:

$$ G = r_0 + \gamma\, r_1 + \gamma^2 r_2 + \dots = \sum_{k=0}^{n-1} \gamma^k\, r_k $$

Here $r_0, r_1, \dots, r_{n-1}$ are the rewards from now on. The **discount** $\gamma$ (gamma) lies between 0 and 1.
With $\gamma = 0.9$ a reward one step later counts 0.9 of its value, and ten steps later 0.35.

## Exercise 5.1: the discounted return (2 points, 3 minutes)

The formula, as a function. By hand for the rewards 1, 2, 4 and $\gamma = 0.5$: $1 + 0.5 \cdot 2 + 0.25 \cdot 4 = 3$.
"""
# %% exercise="discounted_return"
def discounted_return(rewards, gamma):
    """The return G = sum over k of gamma**k * rewards[k]; 0 for an empty list.

    rewards: list of numbers, one an agent step, the next reward first. gamma: discount per
    agent step, 0 to 1. Returns a float.

    >>> discounted_return([1.0, 2.0, 4.0], gamma=0.5)
    3.0
    """
    ### BEGIN SOLUTION
    G = 0.0
    for k, reward in enumerate(rewards):
        G += gamma**k * reward
    return G
    ### END SOLUTION
# %% check="discounted_return" points=2
checks.discounted_return(discounted_return)
# %% [markdown]
r"""
<details><summary>Hint 1: I need both the reward and its number</summary>

`for k, reward in enumerate(rewards):` gives k = 0, 1, 2, … along with the rewards.
</details>

<details><summary>Hint 2: nearly the answer</summary>

Start with `G = 0.0` before the loop, add `gamma**k * reward` in it, and return G after it.
</details>

**What you should see:** *2 of 2 points*.

### Two roads

In the grid, the road to the near goal takes three steps, so its rewards are 0, 0, 0.3. The road to the far goal takes
six: 0, 0, 0, 0, 0, 1. Counted from $k = 0$, the third step pays $r_2$ and the sixth $r_5$.

![At gamma 0.9 the near goal is worth 0.243 and the far one 0.590](images/discount.png)

From which $\gamma$ on is the far goal worth more? Find it with the slider. Then find it with a pencil.
"""
# %%
widgets.return_over_gamma(discounted_return)
# %% [markdown]
r"""
<details><summary>With a pencil</summary>

$\gamma^5 \cdot 1 > \gamma^2 \cdot 0.3$ means $\gamma^3 > 0.3$, so $\gamma > 0.669$.
</details>

The right half shows how far the agent looks ahead. If every step paid 1 for ever, the return would be $1 + \gamma +
\gamma^2 + \dots = 1 / (1 - \gamma)$. That is 10 for $\gamma = 0.9$ and 100 for 0.99. What lies much further away than
that hardly counts.

## What counts as a state

All rules of the grid fit into one table. `P[s][a]` lists what action `a` may do in state `s`.
"""
# %%
for p, next_state, r, terminated in world.P[18][2]:
    print(f"chance {p:.1f}: to {next_state:2}, reward {r:+g}, terminated: {terminated}")
# %% [markdown]
r"""
So from the start (cell 18), *right* works with a chance of 0.8. With 0.1 the agent slips up to 12, and with 0.1 down
into a pit.

A world with states, actions, rewards, a discount and such a table is a **Markov decision process**, or MDP. *Markov*
means: what happens next depends on the state and the action alone. How the agent came there does not matter.

That is a demand on the state. Is one picture of the game Pong a state?

![One frame of Pong: the ball may fly either way. Two frames show which](images/one_frame.svg)

No. In one frame the ball has a place but no velocity. It is only an **observation**, less than the state, and one
speaks of **partial observability**. The cure is to look at more: the Atari agent of Lesson 9 sees the last four
frames at once.

## What an action is worth

Now to the question that the rest of this course turns around: *how good is it to do $a$ in $s$?*

An agent's way to choose is its **policy**: $\pi(a \mid s)$ is the chance that it takes $a$ in $s$. The world is
random, and the policy may be too. So the return is random as well, and we take its mean, written $\mathbb{E}$.

$$ V^\pi(s) = \mathbb{E}\big[\,G \mid \text{start in } s,\ \text{follow } \pi\,\big] $$
$$ Q^\pi(s, a) = \mathbb{E}\big[\,G \mid \text{start in } s,\ \text{do } a \text{ first, then follow } \pi\,\big] $$

$V$ is the **value** of a state, $Q$ the **action value**. The largest that any policy can reach carries a star:
$Q^*(s, a) = \max_\pi Q^\pi(s, a)$.

Whoever knows $Q^*$ plays perfectly without thinking ahead: in every state, take the action with the largest value.
That is the **greedy** policy. So how do we get $Q^*$?

### The Bellman equation

Look at the return again: $G = r_0 + \gamma\,(r_1 + \gamma\, r_2 + \dots)$. It is the reward of this step, plus
$\gamma$ times the return from the next state on. So it is enough to look a single step ahead.

![A tree: from s over the action a to the next states s'](images/backup.svg)

Read the tree from right to left. The next states have values. The world draws one of them, so we take their
**mean**. The agent chooses the action, so it takes the **maximum**.

$$ Q^*(s, a) = \sum_{s'} p(s' \mid s, a)\,\Big[\,r + \gamma\,(1 - d)\,\max_{a'} Q^*(s', a')\,\Big] $$

| symbol | in words | in code |
|---|---|---|
| $\sum_{s'}$ | add up over all next states that are possible | `for p, next_state, r, terminated in transitions:` |
| $p(s' \mid s, a)$ | the chance to get from $s$ to $s'$ when doing $a$ | `p` |
| $d$ | 1 if the step ended the episode, else 0: nothing comes after the end | `terminated` |
| $\max_{a'}$ | the best that can be done there, over all actions $a'$ | `max(...)` |
| $V^*(s') = \max_{a'} Q^*(s', a')$ | the value of the next state, a short name for the row above | `V[next_state]` |

The same line with the short name is what you write now:

$$ Q(s, a) = \sum_{s'} p\,\big[\,r + \gamma\,(1 - d)\,V(s')\,\big] $$

## Exercise 5.2: one Bellman backup (3 points, 8 minutes)

Computing a value from the values one step later is called a **backup**. By hand: with a chance of 0.75 we come to
state 1, which is worth 10, without reward. With 0.25 we come to state 2 with reward 8, and the episode is over. With
$\gamma = 0.5$ that gives

$$ 0.75 \cdot (0 + 0.5 \cdot 10) + 0.25 \cdot (8 + 0) = 3.75 + 2 = 5.75. $$
"""
# %% exercise="bellman_backup"
def bellman_backup(transitions, V, gamma):
    """Q(s, a) = sum over s' of p * (r + gamma * (1 - d) * V(s')), from one line of the rules.

    transitions: what action a may do in state s, a list of (p, next_state, r, terminated):
    the probability, a state number, the reward, and d as True or False.
    V: array (S,), the value of each of the S states. gamma: discount per agent step.
    Returns a number.

    >>> V = np.array([0.0, 10.0, 20.0])
    >>> rules = [(0.75, 1, 0.0, False), (0.25, 2, 8.0, True)]
    >>> float(bellman_backup(rules, V, gamma=0.5))
    5.75
    """
    ### BEGIN SOLUTION
    q = 0.0
    for p, next_state, r, terminated in transitions:
        q += p * (r + gamma * (1 - terminated) * V[next_state])
    return q
    ### END SOLUTION
# %% check="bellman_backup" points=3
checks.bellman_backup(bellman_backup)
# %% [markdown]
r"""
<details><summary>Hint 1: how do I start?</summary>

With `q = 0.0`, and the loop from the table above: `for p, next_state, r, terminated in transitions:`. Each round adds
one term of the sum to `q`.
</details>

<details><summary>Hint 2: what is <code>1 - terminated</code>?</summary>

In arithmetic Python takes `True` for 1 and `False` for 0. So `1 - terminated` is 0 after an end, and then `V` is not
counted. The state 2 of the example has the value 20, and it must not matter.
</details>

<details><summary>Hint 3: nearly the answer</summary>

The term is `p * (r + gamma * (1 - terminated) * ...)`, and the dots are the value of the next state.
</details>

**What you should see:** *3 of 3 points*.

## From a backup to a plan

There is a snag. The values on the right of the equation are unknown as well. **Value iteration** begins with zeros
for all states. From these $V$ it computes each $Q(s, a)$ by a backup, keeps the best of every state, and repeats:

$$ V(s) \leftarrow \max_a Q(s, a) \quad \text{for all } s. $$

One round over all states is a **sweep**. Each sweep multiplies the largest error by $\gamma$ or less, so the values
settle.

![The values of the grid after 1, 3, 6 and 30 sweeps: they spread backwards from the goals](images/sweeps.png)

Values spread backwards from the goals, one cell a sweep. Look at the cell to the right of the +0.3. After 3 sweeps it
steps into that goal. After 30 it walks away from it.

## Exercise 5.3: value iteration (3 points, 8 minutes)

Sweep until no value changes by more than `tolerance`. You may call your `bellman_backup`.
"""
# %% exercise="value_iteration"
def value_iteration(P, gamma, tolerance=1e-6):
    """The value V(s) = max over a of Q(s, a) of every state, under the best policy.

    P: the rules. P[s][a] is a list of (p, next_state, r, terminated), as in Exercise 5.2;
    the numbers of states and of actions differ from world to world.
    gamma: discount per agent step. Start with zeros and sweep over all states, until a
    sweep changes no value by more than ``tolerance``. You may call your ``bellman_backup``.
    Returns an array (S,).

    >>> value_iteration({0: {0: [(1.0, 0, 0.0, True)], 1: [(1.0, 0, 5.0, True)]}}, gamma=0.9)
    array([5.])
    """
    ### BEGIN SOLUTION
    V = np.zeros(len(P))
    while True:
        new_V = np.zeros(len(P))
        for s in P:
            new_V[s] = max(bellman_backup(P[s][a], V, gamma) for a in P[s])
        change = np.abs(new_V - V).max()
        V = new_V
        if change <= tolerance:
            return V
    ### END SOLUTION
# %% check="value_iteration" points=3
checks.value_iteration(value_iteration)
# %% [markdown]
r"""
<details><summary>Hint 1: one sweep</summary>

`for s in P:` goes over the states, and `for a in P[s]` over the actions of one. The new value of `s` is the largest
of the `bellman_backup(P[s][a], V, gamma)`.
</details>

<details><summary>Hint 2: when to stop</summary>

Keep the values of before: `old = V.copy()`. After the sweep, `np.abs(V - old).max()` is the largest change. An
endless `while True:` with a `return V` inside is fine.
</details>

<details><summary>Hint 3: nearly the answer</summary>

```python
V = np.zeros(len(P))
while True:
    old = V.copy()
    for s in P:
        V[s] = max(... for a in P[s])
    if ...:
        return V
```
</details>

<details><summary>May a sweep use values that it has just changed itself?</summary>

Yes. It settles at the same values, often a little sooner.
</details>

**What you should see:** *3 of 3 points*.

### Sweep by sweep

Here your `bellman_backup` is at work, with every number of one cell written out. Set the chance to slip to 0. How
many sweeps pass before the start knows of a goal? And which $\gamma$ turns the agent from the near goal to the far
one? Then let it slip again: what does the agent do now?
"""
# %%
widgets.sweep_by_sweep(bellman_backup)
# %% [markdown]
r"""
<details><summary>What did you find?</summary>

Without slipping, the start hears of the near goal in sweep 3 and of the far one in sweep 6: the number of steps to
it. The turning point is 0.67, the number from your pencil. With slipping, the agent makes a detour of four steps to
keep away from the pits. And beside them it leans against a wall, where it cannot slip down.
</details>

Now the plan for our world, made by your `value_iteration`. You may also draw a world of your own:
`print(gridworld.TWO_GOALS)` shows how, and `gridworld.GridWorld(text)` builds it.
"""
# %%
def q_from_v(P, V, gamma):
    """The action values Q (S, A) that belong to the values V (S,)."""
    return np.array([[bellman_backup(P[s][a], V, gamma) for a in P[s]] for s in P])


V_star = value_iteration(world.P, gamma=0.9)
Q_star = q_from_v(world.P, V_star, gamma=0.9)
gridworld.show(world, V_star, Q_star, title="the best plan at gamma = 0.9, slip = 0.2")
# %% [markdown]
r"""
## Without the rules

Value iteration has read the table `P`. In a real game nobody hands us one. What the agent has is its own experience,
one **transition** $(s, a, r, s', d)$ after the other.

So replace the sum over all $s'$ by the one $s'$ that happened. It is a sample: wrong each time, right on average. So
we do not jump to it, we only move a small part $\alpha$ (alpha) of the way:

$$ Q(s, a) \leftarrow Q(s, a) + \alpha\,\Big[\,\underbrace{r + \gamma\,(1 - d)\,\max_{a'} Q(s', a')}_{\text{target}}
\;-\; Q(s, a)\,\Big] $$

This is **Q-learning**. Three names go with it:

- The target is also called **TD target**, and the whole bracket **TD error** (TD for *temporal difference*).
- The target contains a value from the table: an estimate helps to mend an estimate. That is **bootstrapping**.
- It needs no model of the world, no table `P`. It is **model-free**.

## Exercise 5.4: the Q-learning update (3 points, 5 minutes)

`Q` is a table with one row a state and one column an action. By hand: $Q(s, a) = 2$, reward 3, the next state's row
is 4, 6, not terminated, $\gamma = 0.5$, $\alpha = 0.1$. The target is $3 + 0.5 \cdot 6 = 6$, the error is 4, and the
new value is $2 + 0.1 \cdot 4 = 2.4$.
"""
# %% exercise="q_update"
def q_update(Q, state, action, reward, next_state, terminated, alpha, gamma):
    """Move Q[state, action] towards r + gamma * (1 - d) * max over a' of Q[next_state, a'].

    Q: array (S, A) for S states and A actions, changed in place, in this one entry. state,
    action, next_state: whole numbers. reward: a number. terminated: d, True or False. alpha:
    the share of the error that is corrected, 0 to 1. gamma: discount per agent step. Returns
    nothing.

    >>> Q = np.array([[1.0, 2.0], [4.0, 6.0]])
    >>> q_update(Q, 0, 1, 3.0, 1, False, alpha=0.1, gamma=0.5)
    >>> Q
    array([[1. , 2.4],
           [4. , 6. ]])
    """
    ### BEGIN SOLUTION
    target = reward + gamma * (1 - terminated) * Q[next_state].max()
    Q[state, action] += alpha * (target - Q[state, action])
    ### END SOLUTION
# %% check="q_update" points=3
checks.q_update(q_update)
# %% [markdown]
r"""
<details><summary>Hint 1: which part of the table?</summary>

`Q[next_state]` is a whole row, the values of all actions there; its largest entry is `Q[next_state].max()`. `Q[state,
action]` is a single number.
</details>

<details><summary>Hint 2: nearly the answer</summary>

First `target = reward + gamma * (1 - terminated) * ...`. Then add `alpha * (target - Q[state, action])` to `Q[state,
action]` with `+=`. No `return`: the table itself has changed.
</details>

<details><summary>What about an episode that is cut off because time is up?</summary>

That is `truncated`, and it does not cut the target. The state still has a future; we only stopped watching. So
`terminated` alone goes into the update. Lesson 6 comes back to this.
</details>

**What you should see:** *3 of 3 points*.

## Why not always the best?

An agent that always takes the best action of its table never finds out whether another one is better. It needs
**exploration**: to try what does not look best. So with a chance of $\epsilon$ (epsilon) it takes any action, and
otherwise the best one. This is called **ε-greedy**, or epsilon-greedy.

## Exercise 5.5: explore or exploit (2 points, 4 minutes)

*Any* means any: all actions are equally likely then, the best one too. Take every bit of chance from `rng`:
`rng.random()` draws a number from 0 to 1 (never 1 itself), `rng.integers(n)` a whole number from 0 to n − 1.
"""
# %% exercise="epsilon_greedy"
def epsilon_greedy(q_values, epsilon, rng):
    """An action: with chance epsilon any of them, all equally likely, otherwise the best one.

    q_values: array (A,), the value of each action in the present state. epsilon: 0 to 1.
    rng: a NumPy generator, ``np.random.default_rng(seed)``: the only source of chance here.
    Returns a whole number from 0 to A - 1.

    >>> epsilon_greedy(np.array([0.1, 0.7, 0.2]), 0.0, np.random.default_rng(0))
    1
    """
    ### BEGIN SOLUTION
    if rng.random() < epsilon:
        return int(rng.integers(len(q_values)))
    return int(np.argmax(q_values))
    ### END SOLUTION
# %% check="epsilon_greedy" points=2
checks.epsilon_greedy(epsilon_greedy)
# %% [markdown]
r"""
<details><summary>Hint 1: something that happens with chance epsilon</summary>

`if rng.random() < epsilon:` is true with exactly that chance: never for 0, always for 1.
</details>

<details><summary>Hint 2: nearly the answer</summary>

In the `if`, return `int(rng.integers(len(q_values)))`. After it, return the position of the largest value:
`int(np.argmax(q_values))`.
</details>

**What you should see:** *2 of 2 points*.

### Watch it learn

Each cell is cut into four triangles, one an action; the number is the largest of the four. Below, a floor without
slipping and an agent that only acts at random.

![The table of a random agent after 40, 200 and 1500 episodes](images/episodes.png)

Go through the first steps: most updates change nothing. Why? Then let each moment be 10 episodes, and compare the
three $\epsilon$. Which of the agents never moves? Which one is content with too little?
"""
# %%
widgets.watch_q_learning(q_update, epsilon_greedy)
# %% [markdown]
r"""
<details><summary>What did you find?</summary>

- As long as all values are 0, a step without reward has the target 0. The first values appear beside pits and goals
  and spread backwards from there, as in value iteration, but only along the paths that were walked.
- With $\epsilon = 0$ all actions look alike, `argmax` takes the first, *left*, and the agent leans against the edge
  for ever.
- With $\epsilon = 0.5$ it soon finds the near goal. From then on its greedy half goes there, and the far goal lies
  too many lucky steps away.
</details>

### It learns one policy and plays another

The most surprising agent is the first. It acts at random and plays terribly. And yet its table knows the best way.
The reason is the maximum in the update: it asks for the best action in $s'$, whatever the agent does there. Learning
about one policy while following another is called **off-policy**. It will let us learn from old experience, too.
"""
# %%
Q, scores = tabular.q_learning(
    world, q_update, epsilon_greedy,
    epsilon_of_episode=lambda episode: 1.0,  # always 1: only chance
    episodes=budget(10_000, quick=100), alpha=0.1, gamma=0.9,
)
print(f"mean score while it learned, all at random: {np.mean(scores):+.2f}")
n = budget(1000, quick=20)
for name, table in {"of its greedy policy": Q, "of the best plan": Q_star}.items():
    score = tabular.mean_score(tabular.greedy_policy(table), world, episodes=n)
    print(f"mean score {name}: {score:+.2f}")
# %%
gridworld.show(world, Q=Q, title="learned from random steps")
# %% [markdown]
r"""
It lost 0.8 an episode all the time, and its table plays as well as the best plan. The arrows agree nearly everywhere.

The whole loop is short. Read it: `tabular.q_learning??` in a cell of its own shows the source.

## How fast should curiosity fade?

At first the table knows nothing, and $\epsilon = 1$ is right. Later chance only spoils good play. So $\epsilon$
falls. The Atari agent of 2015 lets it fall **linearly**, from 1 to 0.1 over a million agent steps, then keeps it:

$$ \epsilon(t) = \epsilon_\text{start} + \frac{t}{T}\,(\epsilon_\text{end} - \epsilon_\text{start})
\quad \text{for } t \le T, \qquad \epsilon_\text{end} \text{ after that.} $$

## Exercise 5.6: epsilon on a straight line (1 point, 3 minutes)
"""
# %% exercise="linear_epsilon"
def linear_epsilon(step, start, end, steps):
    """Epsilon on a straight line from start (at step 0) to end (at step ``steps``), then end.

    step: t, agent steps taken so far. steps: T, agent steps that the fall takes. Returns a
    number.

    >>> linear_epsilon(250, start=1.0, end=0.2, steps=1000)
    0.8
    """
    ### BEGIN SOLUTION
    if step >= steps:
        return end
    return start + step / steps * (end - start)
    ### END SOLUTION
# %% check="linear_epsilon" points=1
checks.linear_epsilon(linear_epsilon)
# %% [markdown]
r"""
<details><summary>Hint: nearly the answer</summary>

`step / steps` is the part of the way that is done, from 0 to 1. Past the end, return `end`.
</details>

**What you should see:** *1 of 1 point*.

A well-known program for the lander does something else. It **multiplies** $\epsilon$ by $\delta$ (delta), which is
0.995, after each episode:

$$ \epsilon_n = \max(\epsilon_\text{end},\ \epsilon_\text{start}\,\delta^n) $$

Is that a straight line too? Decide before you go on.

## Exercise 5.7: epsilon by multiplication (1 point, 2 minutes)
"""
# %% exercise="exponential_epsilon"
def exponential_epsilon(n, start, end, decay):
    """Epsilon after n multiplications of start by decay, but never below end.

    n: how often it was multiplied. decay: the factor δ, a little below 1. Returns a number.

    >>> exponential_epsilon(2, start=1.0, end=0.1, decay=0.5)
    0.25
    """
    ### BEGIN SOLUTION
    return max(end, start * decay**n)
    ### END SOLUTION
# %% check="exponential_epsilon" points=1
checks.exponential_epsilon(exponential_epsilon)
# %% [markdown]
r"""
<details><summary>Hint: nearly the answer</summary>

n multiplications at once are a power: `start * decay**n`. And `max(end, ...)` never falls below `end`.
</details>

**What you should see:** *1 of 1 point*.

## Exercise 5.8: which factor? (1 point, 3 minutes)

Suppose you want to multiply after every *step*, and go from 1 to 0.1 in a million steps. Which factor $\delta$ does
that? It must satisfy $\epsilon_\text{start}\,\delta^n = \epsilon_\text{end}$. Solve for $\delta$.
"""
# %% exercise="decay_rate_for"
def decay_rate_for(start, end, n):
    """The factor δ that takes start to end in exactly n multiplications.

    start, end: positive numbers. n: a whole number, at least 1. Returns a float.

    >>> decay_rate_for(1.0, 0.25, n=2)
    0.5
    """
    ### BEGIN SOLUTION
    return (end / start) ** (1 / n)
    ### END SOLUTION
# %% check="decay_rate_for" points=1
checks.decay_rate_for(decay_rate_for)
# %% [markdown]
r"""
<details><summary>Hint: nearly the answer</summary>

Divide by $\epsilon_\text{start}$, then take the n-th root. In Python the n-th root of x is `x ** (1 / n)`.
</details>

**What you should see:** *1 of 1 point*, and below a factor very close to 1.
"""
# %%
print(f"from 1 to 0.1 in a million steps: {decay_rate_for(1.0, 0.1, 1_000_000):.7f} a step")
for n in (1, 139, 460, 919):
    epsilon = exponential_epsilon(n, 1.0, 0.01, 0.995)
    print(f"0.995 per episode, after {n:3} episodes: {epsilon:.3f}")
# %% [markdown]
r"""
Not a line, then: half a percent *of what is left* is a lot in the beginning and next to nothing later.

![A line, and two curves that hang below it](images/epsilon.png)

How long must an episode be, so that 0.995 per episode also takes a million steps to 0.1? And what do all curves look
like on a logarithmic scale?
"""
# %%
widgets.ways_down(linear_epsilon, exponential_epsilon, decay_rate_for)
# %% [markdown]
r"""
<details><summary>What did you find?</summary>

0.995 needs 460 episodes to reach 0.1, so an episode has about 2,170 steps then. On a logarithmic scale multiplying is
a straight line, and the line is bent. The unit belongs to the number: 0.995 *per step* would be at 0.1 after 460
steps.
</details>

## Across a frozen lake

Now a world that we have not built ourselves. In Gymnasium's FrozenLake a walker starts at the top left, and the goal
is at the bottom right. It pays 1. Holes end the episode without any reward. The ice is worse than our floor: a step
goes where it should with a chance of 1/3 only, and to each side with 1/3. After 100 steps time is up.

Its rules can be read, so we know what is possible at best.
"""
# %%
lake = gym.make("FrozenLake-v1", disable_env_checker=True)
P = lake.unwrapped.P
V_lake = value_iteration(P, gamma=0.99)
Q_lake = q_from_v(P, V_lake, gamma=0.99)

n = budget(1000, quick=20)
best = tabular.mean_score(tabular.greedy_policy(Q_lake), lake, episodes=n)
print(f"the best plan reaches the goal in {100 * best:.0f} of 100 episodes")
# %% [markdown]
r"""
Even perfect play fails every fourth time. Now your agent, which knows no rules. **Predict:** how many of 4,000
episodes will it need until it plays about as well? Five agents with different seeds learn one after the other.
"""
# %%
episodes = budget(4000, quick=60)
tables, curves = [], []
for seed in range(budget(5, quick=2)):
    Q, scores = tabular.q_learning(
        lake, q_update, epsilon_greedy,
        epsilon_of_episode=lambda episode: linear_epsilon(episode, 1.0, 0.05, episodes // 2),
        episodes=episodes, alpha=0.05, gamma=0.99, seed=seed,
    )
    tables.append(Q)
    curves.append(plotting.moving_mean(scores, window=budget(200, quick=20)))
# %%
with plotting.style():
    figure = plotting.new_figure(7.5, 3.6)
    axes = figure.subplots()
    axes.fill_between(range(episodes), np.min(curves, axis=0), np.max(curves, axis=0),
                      color=plotting.BLUE, alpha=0.25, lw=0, label="lowest to highest seed")
    axes.plot(np.mean(curves, axis=0), label="mean of the seeds")
    axes.axhline(best, color=plotting.GREEN, ls="--", label="the best plan")
    axes.set(xlabel="episode", ylabel="goals reached, mean of 200", ylim=(0, 1))
    axes.legend(loc="upper left")
figure
# %%
for seed, Q in enumerate(tables):
    score = tabular.mean_score(tabular.greedy_policy(Q), lake, episodes=n)
    print(f"seed {seed}: its greedy policy gets there in {100 * score:.0f} of 100 episodes")
# %% [markdown]
r"""
After some 2,200 episodes the curve hardly rises any more. It stays below the dashed line, because the agent still
takes random steps while it learns. Its greedy policy, without them, is as good as the best plan, or nearly.

<details><summary>Would a larger α learn faster?</summary>

Try $\alpha = 0.5$. Three of the five seeds then end far behind, because the values never come to rest.
</details>

Now look at the arrows; the cells marked 0 are the holes. In the second cell of the left column it pushes *against the
edge*. From there it can slip up or down, but never to the right, into the hole.
"""
# %%
ice = gridworld.GridWorld(gridworld.LAKE, slip=2 / 3, rewards={"G": 1.0, "P": 0.0})
gridworld.show(ice, Q=tables[0], title="FrozenLake: learned values and actions")
# %% [markdown]
r"""
## Where tables end

The lake has 16 states, and thousands of episodes went into it. Count what comes next: the lander with its eight
numbers, each cut into just 10 steps; and one Atari screen of 210 × 160 pixels in 128 colours.
"""
# %%
lander_states = 10**8
gigabytes = lander_states * 4 * 8 / 1e9  # four actions, 8 bytes a number
print(f"lander: {lander_states:,} states, a table of {gigabytes:.1f} GB")

digits = 1 + int(210 * 160 * np.log10(128))  # of 128 ** (210 * 160)
print(f"Atari: a number of screens with {digits:,} digits")
# %% [markdown]
r"""
The number of atoms in the universe has about 80 digits. But memory is the smaller trouble. A table learns each entry
by itself: what it found out in one state says nothing about the state next to it. An agent meets hardly any screen
twice, so it would learn hardly anything.

So the table has to become a **function** $Q(s, a; \theta)$ with parameters $\theta$: few numbers, shared by all
states, so that similar states get similar values. You know such functions from Lessons 1 to 4.

## The first try: fitted Q-iteration

The most obvious way: write down many transitions. Compute a target for each. Fit a network to the targets, as in any
regression. Now the values are better, so compute new targets, fit a *new* network, and so on:

$$ \theta_{i+1} = \arg\min_\theta \sum_{(s, a, r, s', d)} \Big(r + \gamma\,(1 - d)\,\max_{a'} Q(s', a'; \theta_i) -
Q(s, a; \theta)\Big)^2 $$

This is **fitted Q-iteration**. We try it on our grid, with 2,000 random steps and a network that sees the row and the
column of a cell. The whole set is fitted at once, so `rprop` from Lesson 3 is the right optimizer.
"""
# %%
rng = np.random.default_rng(0)
steps = budget(2000, quick=200)
batch = tabular.collect(world, lambda state: int(rng.integers(4)), steps)
position = np.array([world.position(s) for s in world.P])  # (S, 2): row 0 to 4, column 0 to 5
inputs = position / [2, 2.5] - 1  # both from -1 to 1
fitted = tabular.fitted_q_iteration(
    batch, inputs, n_actions=4, gamma=0.9, iterations=budget(20, quick=2), steps=60
)
# %% [markdown]
r"""
For comparison, the table learns from the very same transitions, gone through 40 times. What did each cost, and what
is each worth?
"""
# %%
start, Q, rounds = time.perf_counter(), np.zeros((30, 4)), budget(40, quick=2)
for s, a, r, next_s, d in batch * rounds:  # the list, one time after the other
    q_update(Q, s, a, r, next_s, d, alpha=0.1, gamma=0.9)
seconds = time.perf_counter() - start

for name, table in {"table": Q, "fitted": fitted["Q"], "best plan": Q_star}.items():
    score = tabular.mean_score(tabular.greedy_policy(table), world, episodes=n)
    print(f"{name:9}  mean score {score:+.2f}")
print(f"table:  {len(batch) * rounds:9,} updates of 1 number      {seconds:5.1f} s")
print(f"fitted: {fitted['examples']:9,} examples, 1,284 weights  {fitted['seconds']:5.1f} s")
# %% [markdown]
r"""
It works: 20 regressions, and the network plays about as well as the best plan. It does not always: in ten tries with
other random steps two networks ended at 0.02, and the table never below 0.87. And look at the bill, for 17 cells of
floor. Each of the 20 networks began from nothing and went over the whole set 60 times.

Now think of the Atari agent. It remembers a million transitions, and on two CPU cores a step of its network on 32 of
them takes about 35 milliseconds. Going over them 60 times is 1.9 million steps: **18 hours for one iteration**.

Lesson 6 does it the other way round. It keeps *one* network, moves it a little after every few steps, and takes a few
random memories at a time. That is deep Q-learning. It is cheaper by far, and it can run away. The tricks that hold it
are what the rest of this course is about.

## Summary

- The return $G = \sum_k \gamma^k r_k$ turns a row of rewards into one number. $Q^*(s, a)$ is its mean after doing $a$
  in $s$ and the best from then on.
- Bellman: a value is the mean, over what the world may do, of the reward and the discounted best next value.
- Known rules: value iteration. Unknown rules: Q-learning, a small step towards $r + \gamma\,(1 - d)\,\max_{a'} Q(s',
  a')$. Its maximum makes it off-policy.
- ε-greedy explores. Multiplying ε by a factor gives a curve, not a line; say per what.
- Tables end early. Functions share what they learn, and fitting one anew for every set of targets costs too much.

**To think about**

1. What would the agent do in the grid if every step cost 0.04? And if every step *paid* 0.04?
2. The lake pays only at the goal. Why does an agent with $\epsilon = 0$ from the start never learn anything there?
3. Q-learning with $\alpha = 1$ is fine where nothing is random. What goes wrong on ice?
4. The maximum over four noisy values is too large on average. What does that do to $Q$? (Lesson 12)
5. Which of your daily decisions have a $\gamma$ near 1, and which one near 0?

**Next:** in Lesson 6 the table becomes a network, and a spacecraft lands: [Lesson
6](../06_lunar_lander/06_lunar_lander.ipynb).
"""
