"""A network whose ReLUs are all shut learns nothing any more: a run says so instead of going on for hours."""

from dataclasses import replace

import pytest
import torch

from dqn_course import atari_training
from dqn_course.config import SMOKE
from dqn_course.errors import TrainingError
from dqn_course.networks import NatureQNetwork


class Shut(NatureQNetwork):
    def __init__(self, n_actions, seed=0):
        super().__init__(n_actions, seed)
        torch.nn.init.constant_(self.conv3.bias, -100.0)


@pytest.mark.parametrize("network", [NatureQNetwork, Shut])
def test_a_network_that_no_longer_sees_the_pictures_ends_the_run(tmp_path, monkeypatch, network):
    monkeypatch.setattr(atari_training, "BLIND_AFTER", 20)
    config = replace(SMOKE, total_steps=640, eval_interval=10_000)

    def run():
        return atari_training.train(config, tmp_path, q_network=network, progress=False)

    if network is NatureQNetwork:
        assert run().updates >= 20
        return
    with pytest.raises(TrainingError, match="after 20 updates the network gives every state the same value"):
        run()
