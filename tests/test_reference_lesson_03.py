"""What lesson 3's solution computes is what the package computes, and what PyTorch computes."""

import mutants
import numpy as np
import pytest
import torch
from mutants import lesson_03

from dqn_course import optimizers
from dqn_course.checks import lesson_03 as checks


def solution(name):
    """The lesson's own function."""
    return mutants.function(mutants.cell(lesson_03.LESSON, name), name, lesson_03.EXERCISES[name].names)


def arrays(seed, count, shape=(4, 3)):
    return np.random.default_rng(seed).normal(size=(count, *shape))


ARGUMENTS = {
    "sgd_step": lambda seed: (*arrays(seed, 2), 0.1),
    "momentum_step": lambda seed: (*arrays(seed, 3), 0.1, 0.9),
    "rprop_step": lambda seed: (arrays(seed, 1)[0], np.abs(arrays(seed + 1, 1)[0]), *arrays(seed + 2, 2)),
    "rmsprop_step": lambda seed: (arrays(seed, 1)[0], np.abs(arrays(seed + 1, 1)[0]), arrays(seed + 2, 1)[0], 0.1),
}


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("name", ARGUMENTS)
def test_the_solutions_steps_are_the_packages(name, seed):
    arguments = ARGUMENTS[name](seed)
    np.testing.assert_allclose(solution(name)(*arguments), getattr(optimizers, name)(*arguments), rtol=1e-12)


@pytest.mark.parametrize("name", ARGUMENTS)
def test_the_packages_steps_get_all_points(name):
    assert getattr(checks, name)(getattr(optimizers, name), seed=5).passed


def test_the_solutions_loss_and_gradients_are_pytorchs():
    rng = np.random.default_rng(3)
    x, y = rng.normal(size=(9, 3)), rng.integers(0, 2, (9, 1)).astype(float)
    weights = [rng.normal(size=shape) for shape in ((3, 5), (5,), (5, 1), (1,))]
    W1, b1, W2, b2 = tensors = [torch.tensor(w, requires_grad=True) for w in weights]
    p = torch.sigmoid(torch.sigmoid(torch.tensor(x) @ W1 + b1) @ W2 + b2)
    loss = torch.nn.functional.binary_cross_entropy(p, torch.tensor(y))
    loss.backward()
    assert solution("cross_entropy")(y[:, 0], p.detach().numpy()[:, 0]) == pytest.approx(loss.item())
    for gradient, tensor in zip(solution("backward")(x, y, *weights), tensors, strict=True):
        np.testing.assert_allclose(gradient, tensor.grad.numpy(), rtol=1e-10)


def test_the_nine_and_the_one_end_where_the_lesson_says():
    gradients = np.tile([0.1] * 9 + [-0.9], 10)[:, None]
    w = {"sgd": np.zeros(1), "rprop": np.zeros(1), "RMSProp": np.zeros(1)}
    step, previous, mean_square = np.full(1, 0.01), np.zeros(1), np.zeros(1)
    for gradient in gradients:
        w["sgd"] = optimizers.sgd_step(w["sgd"], gradient, lr=0.1)
        w["rprop"], step = optimizers.rprop_step(w["rprop"], step, gradient, previous)
        w["RMSProp"], mean_square = optimizers.rmsprop_step(w["RMSProp"], mean_square, gradient, lr=0.01)
        previous = gradient
    assert {name: round(float(value[0]), 2) + 0 for name, value in w.items()} == {
        "sgd": 0, "rprop": -2.64, "RMSProp": -0.2,
    }  # fmt: skip
