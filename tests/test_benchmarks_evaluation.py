"""The scripts that write the data of lesson 10: what is played once is not played again, and the files are whole."""

import csv
import json

import pytest
import scripts

from dqn_course.evaluation import Evaluation


def load(root, name):
    return scripts.load(root / f"benchmarks/{name}.py", f"{name}_benchmark")


def rows(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(line for line in file if not line.startswith("#")))


@pytest.fixture
def baseline(root, monkeypatch):
    """The script, with games that are not played; ``baseline.asked`` lists those that it wanted."""
    module = load(root, "random_baseline")
    module.asked = []

    def play(rom, way, hz, episodes, seed, full_actions=False):
        module.asked.append((rom, way, hz))
        return Evaluation.of([10.0, 14.0, 12.0], seed, [100, 200, 300])

    module.really_play = module.play
    monkeypatch.setattr(module, "play", play)
    return module


def test_a_game_that_is_in_the_file_is_not_played_again(baseline, tmp_path, capsys):
    out = tmp_path / "random.csv"
    baseline.main(["--games", "pong", "alien", "--episodes", "3", "--out", str(out)])
    baseline.main(["--games", "pong", "qbert", "--episodes", "3", "--out", str(out)])
    assert baseline.asked == [(game, "pipeline", 10) for game in ("pong", "alien", "qbert")]
    found = rows(out)
    assert [row["game"] for row in found] == ["Alien", "Pong", "Q*Bert"]  # in the paper's order
    assert found[0]["scores"] == "10 14 12" and found[0]["frames"] == "600" and found[0]["mean"] == "12.000"
    capsys.readouterr()
    baseline.main(
        ["--games", "pong", "--episodes", "3", "--out", str(out), "--way", "emulator", "--hz", "60", "--json"]
    )
    assert baseline.asked[-1] == ("pong", "emulator", 60) and len(rows(out)) == 4
    (row,) = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (row["way"], row["hz"]) == ("emulator", 60)


def test_a_comparison_is_in_standard_errors_and_a_dry_run_writes_nothing(baseline, tmp_path, capsys):
    baseline.main(["--games", "pong", "--episodes", "3", "--dry-run", "--out", str(tmp_path / "random.csv")])
    line = capsys.readouterr().out.splitlines()[1]
    z = (12 + 20.7) / (2 / 3**0.5)  # the standard deviation of 10, 12 and 14 is 2
    assert line.split()[:5] == ["Pong", "12.0", "+-", "1.2", "-20.7"] and float(line.split()[5]) == pytest.approx(
        z, abs=0.1
    )
    assert not list(tmp_path.iterdir())


def test_both_ways_play_real_games(baseline):
    for way, hz in (("pipeline", 10), ("emulator", 10)):
        result = baseline.really_play("breakout", way, hz, 2, 0)
        assert len(result.scores) == len(result.frames) == 2 and min(result.frames) > 100
    with pytest.raises(SystemExit, match="needs --way emulator"):
        baseline.really_play("breakout", "pipeline", 10, 2, 0, full_actions=True)


def test_the_logs_of_a_run_are_thinned_and_the_games_taken_from_a_log(root, tmp_path, capsys):
    run = tmp_path / "run"
    run.mkdir()
    (run / "evaluations.csv").write_text("agent_steps,mean_score,standard_deviation\n100,-20,0.5\n200,3,1.5\n300,1,2\n")
    learning = "".join(f"{1_000 * i},{100 * i},0.5,{i / 1000}\n" for i in range(1_000))
    (run / "learning.csv").write_text("agent_steps,updates,loss,average_max_q\n" + learning)
    (run / "episodes.csv").write_text("agent_steps,score,frames\n50,-21,3000\n90,-19,4000\n")
    (tmp_path / "log").write_text("text\n" + json.dumps({"float16": {"scores": [1.0, -2.0]}}) + "\n")
    out = tmp_path / "pong.csv"
    load(root, "pong_run").main([str(run), "--games-from", str(tmp_path / "log"), "--out", str(out)])
    found = rows(out)
    tables = {name: [row for row in found if row["table"] == name] for name in ("evaluations", "games", "shipped")}
    assert [len(table) for table in tables.values()] == [3, 2, 2]
    assert [row["agent_steps"] for row in tables["shipped"]] == ["200", "200"]  # the best evaluation
    assert 100 <= sum(row["table"] == "learning" for row in found) <= 200
    assert found[4] == {"table": "learning", "agent_steps": "6000", "value": "0.006", "other": "0.5"}
