"""Code, curves and runs side by side."""

import sys

import numpy as np
import pytest
import scripts

from dqn_course import comparison, extensions
from dqn_course.agent import Agent
from dqn_course.config import LanderConfig

SMALL = LanderConfig(buffer_size=300, batch_size=16, fc1_units=8, fc2_units=8)
ROWS = [
    {"variant": variant, "seed": str(seed), "episode": str(episode), "mean": str(episode + 10 * seed + len(variant))}
    for variant in ("plain", "double")
    for seed in (0, 1)
    for episode in (100, 110, 120)
]
RUNS = [
    {"variant": variant, "seed": seed, "solved_at": solved, "mean_all": 10.0 * seed, "mean_last_100": 50.0 + seed,
     "greedy_score": 100.0, "q": 30.0 + seed, "true_return": 20.0}
    for variant, solved in (("plain", None), ("double", 480.0))
    for seed in (0.0, 2.0)
]  # fmt: skip


def test_curves_are_arrays_of_seeds_and_episodes():
    found = comparison.curves(ROWS)
    assert list(found) == ["plain", "double"]
    episodes, means = found["double"]
    assert episodes.tolist() == [100, 110, 120]
    assert means.tolist() == [[106, 116, 126], [116, 126, 136]]


def test_tables_say_mean_and_spread_of_each_variant():
    text = repr(comparison.table(RUNS))
    assert text.splitlines()[1].split() == [
        "plain",
        "2",
        "0",
        "of",
        "2",
        "10",
        "±",
        "14",
        "51",
        "±",
        "1",
        "100",
        "±",
        "0",
    ]
    assert "2 of 2" in text.splitlines()[2]
    assert "11 ± 1" in repr(comparison.value_table(RUNS)).splitlines()[1]
    assert "<td>10 ± 14</td>" in comparison.table(RUNS)._repr_html_()


def test_one_run_has_no_spread():
    assert "10 ± ?" in repr(comparison.table([RUNS[0] | {"mean_all": 10.0}]))


def test_the_shipped_tables_have_every_variant_as_often_and_fit_each_other():
    runs, found = comparison.summaries(), comparison.curves()
    if not runs:
        pytest.skip("no runs are shipped yet")
    counts = {variant: len(of_it) for variant, of_it in comparison.by_variant(runs)}
    assert list(counts) == list(extensions.AGENTS) == list(found)
    assert set(counts.values()) == {len(found["plain"][1])}
    for run in runs:
        last = found[run["variant"]][1][int(run["seed"]), -1]
        assert last == pytest.approx(run["mean_last_100"], abs=0.11)


def test_what_differs_is_shown_line_by_line_without_docstrings():
    shown = comparison.difference((Agent.td_targets, extensions.DoubleAgent.td_targets))
    text = repr(shown)
    assert "+     return self.double_dqn_targets(" in text
    assert "-     next_q = self.qnetwork_target(next_states)" in text
    assert "batch" not in text  # the docstring is left out
    assert (shown.count("-"), shown.count("+")) == (2, 3)
    assert "3 lines new (+)" in shown._repr_html_()


def test_something_new_is_all_new():
    shown = comparison.difference((None, extensions.PrioritisedReplay.update))
    assert shown.count("-") == 0 and shown.count("+") == 4


@pytest.mark.parametrize(
    "pairs, new",
    [
        ([(Agent.td_targets, extensions.DoubleAgent.td_targets)], 3),
        ([(Agent.learn, extensions.PrioritisedAgent.learn)], 9),
        ([(Agent.remember, extensions.NStepAgent.remember)], 9),
    ],
)
def test_each_extension_is_a_dozen_lines(pairs, new):
    assert comparison.difference(*pairs).count("+") <= new <= 12


def test_a_comparison_takes_turns_and_goes_on(tmp_path, capsys):
    def agents():
        return {"plain": Agent(8, 4, 1, SMALL), "n_step": extensions.make("n_step", 1, SMALL)}

    first = comparison.compare(agents(), 2, tmp_path, progress=False)
    assert {name: len(scores) for name, scores in first.items()} == {"plain": 2, "n_step": 2}
    more = comparison.compare(agents(), 12, tmp_path, progress=False)
    whole = comparison.compare(agents(), 12, tmp_path / "new", progress=False)
    assert more == whole
    assert all(len(scores) == 12 for scores in more.values())
    assert all(more[name][:2] == first[name] for name in first)
    assert capsys.readouterr().out == ""


def test_stop_ends_the_comparison_and_keeps_what_is_there(tmp_path, capsys, monkeypatch):
    def stopped_in_the_second(agent, n_episodes, run_dir, **options):
        if run_dir.name == "b":
            n_episodes = 3  # as dqn does after Stop: fewer episodes than it was asked for
        return type("History", (), {"scores": [0.0] * n_episodes})

    monkeypatch.setattr(comparison, "dqn", stopped_in_the_second)
    scores = comparison.compare({"a": None, "b": None, "c": None}, 30, tmp_path)
    assert {name: len(of_it) for name, of_it in scores.items()} == {"a": 10, "b": 3, "c": 0}
    assert "Nothing is lost" in capsys.readouterr().out


def test_own_runs_are_drawn_with_a_line_each():
    figure = comparison.own_figure({"plain": [1.0] * 60, "mine": [2.0] * 55}, window=50)
    names = [text.get_text() for text in figure.axes[0].get_legend().get_texts()]
    assert names == ["plain, mean of the last 50", "mine, mean of the last 50"]


# --- the benchmark that makes the tables


@pytest.fixture
def bench(root):
    return scripts.load(root / "benchmarks/extensions.py", "extensions_benchmark")


def test_the_benchmark_goes_on_with_the_next_missing_run_and_writes_whole_seeds(bench, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(bench, "play", lambda agent, episodes: (1.0, 2.0, 3.0))
    command = ["extensions.py", "--seeds", "2", "--episodes", "2", "--variants", "plain", "double",
               "--runs", str(tmp_path / "runs"), "--out", str(tmp_path)]  # fmt: skip
    for expected in ([], ["plain", "double"], ["plain", "double"], ["plain", "double"] * 2):
        monkeypatch.setattr(sys, "argv", [*command, "--runs-at-most", "1"])
        bench.main()
        lines = (tmp_path / "extensions_runs.csv").read_text().splitlines()[2:]
        assert [line.split(",")[0] for line in lines] == expected
    before = (tmp_path / "extensions_runs.csv").read_bytes()
    monkeypatch.setattr(sys, "argv", [*command, "--gather"])
    bench.main()
    assert (tmp_path / "extensions_runs.csv").read_bytes() == before


def test_the_curves_are_the_means_of_the_last_100_scores(bench, tmp_path):
    scores = np.arange(130.0).tolist()
    summary = {"variant": "plain", "seed": 0} | dict.fromkeys(bench.SUMMARY, 0)
    bench.gather([{"summary": summary, "scores": scores}], tmp_path)
    rows = [line.split(",") for line in (tmp_path / "extensions.csv").read_text().splitlines()[3:]]
    assert rows == [["plain", "0", str(n), f"{np.mean(scores[n - 100 : n]):.1f}"] for n in (100, 110, 120, 130)]


def test_what_came_is_the_discounted_return_from_each_state(bench, monkeypatch):
    class Line:
        """Three steps with rewards 1, 2, 4, then the end."""

        def reset(self, seed=None):
            self.t = 0
            return np.zeros(8, np.float32), {}

        def step(self, action):
            self.t += 1
            return np.zeros(8, np.float32), 2.0 ** (self.t - 1), self.t == 3, False, {}

    monkeypatch.setattr(bench, "make_lander", Line)
    agent = Agent(8, 4, 0, LanderConfig(gamma=0.5))
    score, q, true_return = bench.play(agent, episodes=2)
    assert score == 7
    assert true_return == pytest.approx(((1 + 1 + 1) + (2 + 2) + 4) / 3)
    assert q == pytest.approx(
        float(agent.act(np.zeros(8, np.float32)) * 0 + agent._q_values(np.zeros(8)).max()), abs=1e-5
    )
