"""Q-learning with a table: the whole loop in one place, and fitted Q-iteration to compare with."""

import os
import sys
import time

import numpy as np
import torch
from torch import nn
from tqdm.auto import tqdm

from dqn_course import plotting


def q_learning(env, q_update, epsilon_greedy, epsilon_of_episode, episodes, alpha, gamma, seed=0):
    """Learn a table Q (S, A) by playing; return it and the list of scores, one an episode.

    env: discrete states and actions. q_update, epsilon_greedy: the two functions of Lesson 5.
    epsilon_of_episode(episode): epsilon of episode 0, 1, 2, ... alpha: step size. gamma: discount per agent step.

    Source: Watkins and Dayan 1992.
    """
    rng = np.random.default_rng(seed)
    Q = np.zeros((env.observation_space.n, env.action_space.n))
    scores = []
    for episode in tqdm(range(episodes), unit="episode", leave=False, disable=not _progress_is_seen()):
        epsilon = epsilon_of_episode(episode)
        state, _ = env.reset(seed=seed if episode == 0 else None)
        score, over = 0.0, False
        while not over:
            action = epsilon_greedy(Q[state], epsilon, rng)
            next_state, reward, terminated, truncated, _ = env.step(action)
            q_update(Q, state, action, reward, next_state, terminated, alpha, gamma)
            state, score, over = next_state, score + reward, terminated or truncated
        scores.append(score)
    return Q, scores


def greedy_policy(Q):
    """The policy that takes the best action of a table Q (S, A): a function from a state to an action."""
    best = Q.argmax(axis=1)
    return lambda state: int(best[state])


def mean_score(policy, env, episodes, seed=1_000_003):
    """The mean score of a policy over whole episodes, without exploration and without learning."""
    total = 0.0
    for episode in range(episodes):
        state, _ = env.reset(seed=seed if episode == 0 else None)
        over = False
        while not over:
            state, reward, terminated, truncated, _ = env.step(policy(state))
            total, over = total + reward, terminated or truncated
    return total / episodes


def collect(env, policy, steps, seed=0):
    """What happened in ``steps`` agent steps: a list of (state, action, reward, next_state, terminated)."""
    transitions, over = [], True
    for step in range(steps):
        if over:
            state, _ = env.reset(seed=seed if step == 0 else None)
        action = policy(state)
        next_state, reward, terminated, truncated, _ = env.step(action)
        transitions.append((state, action, reward, next_state, terminated))
        state, over = next_state, terminated or truncated
    return transitions


def fitted_q_iteration(transitions, inputs, n_actions, gamma, iterations=25, steps=100, units=32, seed=0):
    """Q by regression: each iteration computes targets y = r + gamma * (1 - d) * max over a' of Q(s', a') for a fixed
    set of transitions, and fits a *new* network to them.

    transitions: list of (state, action, reward, next_state, terminated). inputs: array (S, n), what the network sees
    of each state. iterations: rounds of new targets. steps: gradient steps on the full batch in each round; a full
    batch allows rprop. units: size of the two hidden layers.

    Returns a dict: ``Q`` (S, A), ``history`` with Q after each iteration, ``gradient_steps``, ``examples`` (how often a
    transition went through a network in training) and ``seconds``.

    Source: Riedmiller 2005, "Neural fitted Q iteration".
    """
    start, threads = time.perf_counter(), torch.get_num_threads()
    torch.set_num_threads(1)  # the network is so small that two threads only wait for each other
    x = torch.as_tensor(np.asarray(inputs), dtype=torch.float32)  # (S, n)
    s, a, r, next_s, d = (torch.as_tensor(np.array(column)) for column in zip(*transitions, strict=True))
    a, r, d = a.unsqueeze(1), r.float().unsqueeze(1), d.float().unsqueeze(1)  # (N, 1)
    Q, history = torch.zeros(len(x), n_actions), []
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        for _ in tqdm(range(iterations), unit="iteration", leave=False, disable=not _progress_is_seen()):
            y = r + gamma * (1 - d) * Q[next_s].max(dim=1, keepdim=True).values  # (N, 1)
            Q = _fit(x, s, a, y, n_actions, units, steps)
            history.append(Q.double().numpy())
    torch.set_num_threads(threads)
    return {
        "Q": history[-1],
        "history": history,
        "gradient_steps": iterations * steps,
        "examples": iterations * steps * len(transitions),
        "seconds": time.perf_counter() - start,
    }


def _fit(x, s, a, y, n_actions, units, steps):
    """The Q-values (S, A) of a new network fitted to the targets y (N, 1) of the states s (N,) and actions a (N, 1)."""
    network = nn.Sequential(
        nn.Linear(x.shape[1], units), nn.Tanh(), nn.Linear(units, units), nn.Tanh(), nn.Linear(units, n_actions)
    )
    optimizer = torch.optim.Rprop(network.parameters(), lr=0.01)
    seen = x[s]  # (N, n)
    for _ in range(steps):
        loss = nn.functional.mse_loss(network(seen).gather(1, a), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        return network(x)


def _progress_is_seen():
    """A bar is for a person: in a notebook, but not while it is graded, and in a terminal."""
    if plotting.in_notebook():
        return not os.environ.get("NBGRADER_EXECUTION")
    return sys.stderr.isatty()
