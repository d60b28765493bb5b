"""The solutions of lesson 5 agree with the package, and with answers found in another way."""

import math

import mutants
import numpy as np
import pytest
from mutants import lesson_05

from dqn_course import schedules
from dqn_course.checks import lesson_05 as checks
from dqn_course.checks.core import pack, unpack


def solution(name, **names):
    return mutants.function(mutants.cell(lesson_05.LESSON, name), name, {"np": np, "math": math, **names})


def random_rules(rng, states, actions):
    """P[s][a] as Gymnasium has it, and the same as arrays: rewards R (S, A), chances to go on T (S, A, S)."""
    P, R, T = {}, np.zeros((states, actions)), np.zeros((states, actions, states))
    for s in range(states):
        P[s] = {a: [] for a in range(actions)}
        for a in range(actions):
            for p in rng.dirichlet(np.ones(3)):
                next_state, r, terminated = int(rng.integers(states)), float(rng.normal()), bool(rng.random() < 0.2)
                P[s][a].append((float(p), next_state, r, terminated))
                R[s, a] += p * r
                T[s, a, next_state] += p * (not terminated)
    return P, R, T


@pytest.mark.parametrize("seed", range(10))
def test_the_schedules_of_the_solution_are_those_of_the_package(seed):
    rng = np.random.default_rng(seed)
    linear, exponential = solution("linear_epsilon"), solution("exponential_epsilon")
    end, start = np.sort(rng.random(2)).tolist()
    steps, decay = int(rng.integers(1, 1_000_000)), float(rng.uniform(0.9, 1))
    for step in [0, steps - 1, steps, steps + 1, *rng.integers(0, 2 * steps, 50).tolist()]:
        assert linear(step, start, end, steps) == pytest.approx(schedules.linear_epsilon(step, start, end, steps))
    for n in [0, 1, *rng.integers(0, 2000, 50).tolist()]:
        assert exponential(n, start, end, decay) == pytest.approx(schedules.exponential_epsilon(n, start, end, decay))


@pytest.mark.parametrize("seed", range(10))
def test_the_decay_rate_takes_start_to_end(seed):
    rng = np.random.default_rng(seed)
    end, start = np.sort(rng.uniform(0.01, 1, 2)).tolist()
    n = int(rng.integers(1, 3_000_000))
    rate = solution("decay_rate_for")(start, end, n)
    assert schedules.exponential_epsilon(n, start, 0.0, rate) == pytest.approx(end, rel=1e-6)


def test_a_million_steps_from_1_to_a_tenth_are_a_factor_of_0_9999977():
    assert f"{solution('decay_rate_for')(1.0, 0.1, 1_000_000):.7f}" == "0.9999977"


@pytest.mark.parametrize("seed", range(10))
def test_value_iteration_finds_the_values_of_its_greedy_policy(seed):
    """V solves the linear system of the policy that is greedy for V, and no action is better anywhere."""
    rng = np.random.default_rng(seed)
    states, actions = int(rng.integers(2, 12)), int(rng.integers(1, 5))
    P, R, T = random_rules(rng, states, actions)
    gamma, tolerance = float(rng.uniform(0.5, 0.97)), 1e-7
    V = solution("value_iteration", bellman_backup=solution("bellman_backup"))(P, gamma, tolerance)
    here, policy = np.arange(states), (R + gamma * T @ V).argmax(1)
    exact = np.linalg.solve(np.eye(states) - gamma * T[here, policy], R[here, policy])
    bound = tolerance * gamma / (1 - gamma)
    np.testing.assert_allclose(V, exact, atol=2 * bound)
    assert ((R + gamma * T @ exact).max(1) <= exact + 1e-9).all()


@pytest.mark.parametrize("seed", range(10))
def test_a_backup_is_the_mean_of_what_happens(seed):
    rng = np.random.default_rng(seed)
    P, _, _ = random_rules(rng, 5, 2)
    V, gamma = rng.normal(size=5), 0.9
    p, next_states, r, terminated = (np.array(column) for column in zip(*P[3][1]))
    drawn = rng.choice(len(p), 200_000, p=p / p.sum())
    seen = r[drawn] + gamma * np.where(terminated[drawn], 0, V[next_states[drawn]])
    assert solution("bellman_backup")(P[3][1], V, gamma) == pytest.approx(seen.mean(), abs=0.03)


def test_the_return_is_the_first_reward_and_the_discounted_return_of_the_rest():
    discounted_return, rng = solution("discounted_return"), np.random.default_rng(0)
    for size in range(1, 20):
        rewards, gamma = rng.normal(size=size).tolist(), float(rng.random())
        assert discounted_return(rewards, gamma) == pytest.approx(
            rewards[0] + gamma * discounted_return(rewards[1:], gamma)
        )


@pytest.mark.parametrize("name", checks.__all__)
def test_cases_and_outputs_of_every_check_cross_to_another_process(name):
    """The verdict is the same where cases and outputs have been through a file."""
    check = getattr(checks, name)
    cases = check.cases(np.random.default_rng(3))
    crossed = [unpack(pack(case.values)) for case in cases]
    answers = lesson_05.EXERCISES[name]
    for answer, right in ((answers.right[0], True), (answers.wrong[0], False)):
        source = mutants.fill(mutants.cell(lesson_05.LESSON, name), answer.solutions, answer.changes)
        function = mutants.function(source, name, answers.names)
        outputs = [
            check.run_cases(function, [type(case)(case.name, case.proves, values)])[0]
            for case, values in zip(cases, crossed)
        ]
        verdict = check.judge_outputs(cases, [unpack(pack(output)) for output in outputs])
        assert verdict.passed == right, str(verdict)
        assert {finding.key for finding in verdict.findings} == set("" if right else answer.findings.split())
