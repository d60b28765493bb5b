# %% [markdown]
r"""
# Lesson 5: Learn from reward alone
"""
# %% readonly="setup"
import gymnasium as gym
import matplotlib.pyplot as plt
import numpy as np

from dqn_course import gridworld, plotting, tabular
from dqn_course.checks import lesson_05 as checks
from dqn_course.config import budget
from dqn_course.widgets import lesson_05 as widgets

# %% [markdown]
r"""
## Exercise 5.1: the discounted return (2 points, 5 minutes)
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
## Exercise 5.2: one Bellman backup (3 points, 10 minutes)
"""
# %% exercise="bellman_backup"
def bellman_backup(transitions, V, gamma):
    """Q(s, a) = sum over s' of p * (r + gamma * (1 - d) * V(s')), from one line of the rules.

    transitions: what action a may do in state s, a list of (p, next_state, r, terminated):
    the probability, a state number, the reward, and d as True or False.
    V: array (S,), the value of every state. gamma: discount per agent step. Returns a number.

    >>> V = np.array([0.0, 10.0, 20.0])
    >>> bellman_backup([(0.75, 1, 0.0, False), (0.25, 2, 8.0, True)], V, gamma=0.5)
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
## Exercise 5.3: value iteration (3 points, 10 minutes)
"""
# %% exercise="value_iteration"
def value_iteration(P, gamma, tolerance=1e-6):
    """The value V(s) = max over a of Q(s, a) of every state, under the best policy.

    P: the rules. P[s][a] is a list of (p, next_state, r, terminated), as in Exercise 5.2.
    gamma: discount per agent step. Start with zeros and sweep over all states, until a
    sweep changes no value by more than ``tolerance``. You may call your ``bellman_backup``.
    Returns an array (S,).

    >>> value_iteration({0: {0: [(1.0, 0, 0.0, True)], 1: [(1.0, 0, 5.0, True)]}}, gamma=0.9)
    array([5.])
    """
    ### BEGIN SOLUTION
    V = np.zeros(len(P))
    while True:
        new_V = np.array([max(bellman_backup(P[s][a], V, gamma) for a in P[s]) for s in range(len(P))])
        change = np.abs(new_V - V).max()
        V = new_V
        if change <= tolerance:
            return V
    ### END SOLUTION
# %% check="value_iteration" points=3
checks.value_iteration(value_iteration)
# %% [markdown]
r"""
## Exercise 5.4: the Q-learning update (3 points, 10 minutes)
"""
# %% exercise="q_update"
def q_update(Q, state, action, reward, next_state, terminated, alpha, gamma):
    """Move Q[state, action] a step towards r + gamma * (1 - d) * max over a' of Q[next_state, a'].

    Q: array (S, A), changed in place, in this one entry. state, action, next_state: whole
    numbers. reward: a number. terminated: True or False. alpha: the share of the error that
    is corrected, 0 to 1. gamma: discount per agent step. Returns nothing.

    >>> Q = np.array([[1.0, 2.0], [4.0, 6.0]])
    >>> q_update(Q, 0, 1, 3.0, 1, False, alpha=0.1, gamma=0.5)
    >>> Q[0, 1]
    2.4
    """
    ### BEGIN SOLUTION
    target = reward + gamma * (1 - terminated) * Q[next_state].max()
    Q[state, action] += alpha * (target - Q[state, action])
    ### END SOLUTION
# %% check="q_update" points=3
checks.q_update(q_update)
# %% [markdown]
r"""
## Exercise 5.5: explore or exploit (2 points, 5 minutes)
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
## Exercise 5.6: epsilon on a straight line (1 point, 4 minutes)
"""
# %% exercise="linear_epsilon"
def linear_epsilon(step, start, end, steps):
    """Epsilon on a straight line from start (at step 0) to end (at step ``steps``), then end.

    step: agent steps taken so far. steps: agent steps that the fall takes. Returns a number.

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
## Exercise 5.7: epsilon by multiplication (1 point, 3 minutes)
"""
# %% exercise="exponential_epsilon"
def exponential_epsilon(n, start, end, decay):
    """Epsilon after n multiplications of start by decay, but never below end.

    n: how often it was multiplied. decay: the factor, a little below 1. Returns a number.

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
## Exercise 5.8: which factor? (1 point, 5 minutes)
"""
# %% exercise="decay_rate_for"
def decay_rate_for(start, end, n):
    """The factor that takes start to end in exactly n multiplications.

    start, end: positive numbers. n: a whole number, at least 1. Returns a float.

    >>> decay_rate_for(1.0, 0.25, n=2)
    0.5
    """
    ### BEGIN SOLUTION
    return (end / start) ** (1 / n)
    ### END SOLUTION
# %% check="decay_rate_for" points=1
checks.decay_rate_for(decay_rate_for)
