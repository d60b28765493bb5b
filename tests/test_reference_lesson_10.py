"""The solutions of lesson 10 do what the package does."""

import mutants
import numpy as np
import pytest
import torch
from crossing import require_the_same_verdict
from mutants import lesson_10

from dqn_course import evaluation, paper
from dqn_course.checks import lesson_10 as checks
from dqn_course.environments import make_emulator, make_lander
from dqn_course.networks import NatureQNetwork, QNetwork


def solution(name):
    return mutants.function(mutants.cell(lesson_10.LESSON, name), name, lesson_10.NAMES)


@pytest.mark.parametrize("hold", [1, 6])
def test_a_random_game_is_that_of_the_package(hold):
    ale, random_agent = make_emulator("breakout"), solution("random_agent_10hz")
    for seed in range(3):
        ours = evaluation.play_at_random(ale, np.random.default_rng(seed), hold, max_frames=900, noop_max=0)
        ale.reset_game()
        score, frames = random_agent(ale, np.random.default_rng(seed), hold, max_frames=900)
        assert (score, frames) == ours


def test_greedy_games_are_those_of_the_package():
    network, env = QNetwork(8, 4, seed=3).eval(), make_lander()

    def q_values(state):
        with torch.no_grad():
            return network(torch.from_numpy(state).unsqueeze(0))[0].numpy()

    class Seeded:
        """The lander, whose games begin as in the package's evaluation."""

        def __init__(self):
            self.episode, self.step = 0, env.step

        def reset(self):
            self.episode += 1
            return env.reset(seed=evaluation.episode_seed(7, self.episode - 1))

    theirs = solution("evaluate")(Seeded(), q_values, np.random.default_rng(0), episodes=4, epsilon=0.0)
    np.testing.assert_allclose(theirs, evaluation.evaluate(network, env, episodes=4, seed=7).scores)


@pytest.mark.parametrize("n", [1, 32, 70])
def test_average_max_q(n):
    states = torch.from_numpy(np.random.default_rng(n).integers(0, 256, (n, 4, 84, 84)).astype(np.uint8))
    network = NatureQNetwork(6, seed=n)
    theirs = solution("average_max_q")(network, states)
    assert isinstance(theirs, float)
    assert theirs == pytest.approx(evaluation.average_max_q(network, states), abs=1e-5)


def test_numbers():
    for row in paper.scores().values():
        theirs = solution("human_normalized_score")(row.dqn, row.random, row.human)
        assert theirs == paper.human_normalized_score(row.dqn, row.random, row.human)
    scores = np.random.default_rng(0).normal(100, 30, 30)
    ours = evaluation.Evaluation.of(list(scores), 0)
    assert solution("standard_error")(scores) == pytest.approx(ours.std / np.sqrt(29))


@pytest.mark.parametrize("name", checks.__all__)
def test_cases_and_outputs_of_every_check_cross_to_another_process(name):
    """The verdict is the same where cases and outputs have been through a file."""
    require_the_same_verdict(getattr(checks, name), lesson_10.EXERCISES[name], lesson_10.LESSON, name)
