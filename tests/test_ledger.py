"""The ledger of the paper's constants is true: every name on it exists, every value is the code's."""

import ast
import re

import pytest

from dqn_course import paper
from dqn_course.config import PAPER

FIELDS = {
    "minibatch_size": "batch_size", "replay_memory_size": "replay_size", "agent_history_length": "history",
    "target_network_update_frequency": "target_update_interval", "discount_factor": "gamma",
    "action_repeat": "action_repeat", "update_frequency": "update_interval", "learning_rate": "learning_rate",
    "gradient_momentum": "gradient_momentum", "squared_gradient_momentum": "squared_gradient_momentum",
    "min_squared_gradient": "min_squared_gradient", "initial_exploration": "eps_start",
    "final_exploration": "eps_end", "final_exploration_frame": "eps_steps", "replay_start_size": "learning_starts",
    "no_op_max": "noop_max",
}  # fmt: skip
"""From the rows of the paper's table to the fields of AtariConfig."""


@pytest.fixture(scope="module")
def ledger(root):
    return (root / "docs" / "nature_dqn_ledger.md").read_text()


def names_in(tree, prefix=""):
    """All that a module defines, and what its classes do: NatureRMSprop, NatureRMSprop.step, AtariConfig.gamma."""
    names = set()
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(prefix + node.name)
            if isinstance(node, ast.ClassDef):
                names |= names_in(node, f"{prefix}{node.name}.")
        elif isinstance(node, ast.AnnAssign):
            names.add(prefix + node.target.id)
        elif isinstance(node, ast.Assign):
            names |= {prefix + target.id for target in node.targets if isinstance(target, ast.Name)}
    return names


def missing_names(text, root):
    found = re.findall(r"`([\w/]+\.py)::([\w.]+)`", text)
    files = {file for file, _ in found}
    there = {file: names_in(ast.parse((root / file).read_text())) for file in files if (root / file).is_file()}
    return [f"{file}::{name}" for file, name in found if name not in there.get(file, set())], found


def test_every_name_on_the_ledger_exists(ledger, root):
    missing, found = missing_names(ledger, root)
    assert missing == []
    assert len(found) > 70 and len({name for file, name in found if file.startswith("tests/")}) > 25


def test_a_name_that_does_not_exist_is_found(root):
    text = "`dqn_course/config.py::AtariConfig.gamma` `dqn_course/config.py::gamma` `dqn_course/none.py::x`"
    assert missing_names(text, root)[0] == ["dqn_course/config.py::gamma", "dqn_course/none.py::x"]


def test_the_defaults_are_the_values_of_the_papers_table(ledger):
    table = paper.hyperparameters()
    assert table.keys() == FIELDS.keys()
    for name, row in table.items():
        assert getattr(PAPER, FIELDS[name]) == row.value, name
        words = name.replace("_", " ").replace("no op", "no-op")
        (line,) = re.findall(rf"^\| {words} \| ([\d.,]+) \| `(\w+)` \|", ledger, re.MULTILINE)
        assert (float(line[0].replace(",", "")), line[1]) == (row.value, FIELDS[name])


def test_the_constants_of_the_protocol():
    c = PAPER
    assert c.total_steps == 50_000_000
    assert (c.eval_episodes, c.eval_epsilon, c.eval_max_frames, c.eval_interval) == (30, 0.05, 5 * 60 * 60, 250_000)
    assert (c.max_frames, c.held_out_states) == (30 * 60 * 60, 500)
    assert c.clip_rewards and c.life_loss_ends_episode
    assert (c.optimizer, c.target_update_unit, c.n_step, c.n_games) == ("nature_rmsprop", "agent_steps", 1, 1)
    assert c.precision == "float32"
