"""When a run counts as the same run: what Python holds in memory decides, not what the file says by now."""

import importlib.util

import pytest

from dqn_course import training
from dqn_course.agent import Agent
from dqn_course.environments import delay_probe
from dqn_course.errors import TrainingError
from dqn_course.run_state import code_fingerprint

AGENT_FILE = '''
import dqn_course.agent

TAU = 1e-3


class Agent(dqn_course.agent.Agent):
    """An agent in a file of its own."""

    def learn(self, experiences, gamma):
        super().learn(experiences, gamma * 1.0)
'''


@pytest.fixture
def agent_file(tmp_path, monkeypatch):
    """A function that writes a text to my_agent.py, loads it under that name and returns the module."""

    def load(text):
        path = tmp_path / "my_agent.py"
        path.write_text(text)
        spec = importlib.util.spec_from_file_location("my_agent", path)
        module = importlib.util.module_from_spec(spec)
        monkeypatch.setitem(__import__("sys").modules, "my_agent", module)
        exec(compile(text, str(path), "exec"), vars(module))
        return module

    return load


def test_a_constant_changed_in_memory_changes_the_fingerprint(agent_file):
    module = agent_file(AGENT_FILE)
    before = code_fingerprint(module.Agent(2, 2))
    module.TAU = 0.5
    assert code_fingerprint(module.Agent(2, 2)) != before


def test_a_file_changed_on_disk_alone_does_not(agent_file, tmp_path):
    module = agent_file(AGENT_FILE)
    before = code_fingerprint(module.Agent(2, 2))
    (tmp_path / "my_agent.py").write_text(AGENT_FILE.replace("gamma * 1.0", "gamma * 0.5"))
    assert code_fingerprint(module.Agent(2, 2)) == before


@pytest.mark.parametrize(
    ("old", "new", "same"),
    [
        ("gamma * 1.0", "gamma * 0.5", False),
        ("TAU = 1e-3", "TAU = 1.0", False),
        ("    def learn", "\n\n    # a comment, and other lines\n    def learn", True),
        ("An agent in a file of its own.", "Other words.", True),
    ],
)
def test_code_and_constants_count_and_words_do_not(agent_file, old, new, same):
    before = code_fingerprint(agent_file(AGENT_FILE).Agent(2, 2))
    after = code_fingerprint(agent_file(AGENT_FILE.replace(old, new)).Agent(2, 2))
    assert (after == before) is same


def test_a_trained_agent_does_not_start_a_new_run(tmp_path):
    agent, env = Agent(2, 2), delay_probe()
    training.dqn(agent, env, n_episodes=3, run_dir=tmp_path / "first", progress=False)
    with pytest.raises(TrainingError, match="trained before"):
        training.dqn(agent, env, n_episodes=3, run_dir=tmp_path / "second", progress=False)
    before = sorted(tmp_path.joinpath("first").iterdir())
    with pytest.raises(TrainingError, match="trained before"):
        training.dqn(agent, env, n_episodes=3, run_dir=tmp_path / "first", resume=False, progress=False)
    assert sorted(tmp_path.joinpath("first").iterdir()) == before  # the old run stays where it was
