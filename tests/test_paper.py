"""The paper's tables are whole, agree with themselves, and name games that the emulator has."""

import ale_py
import pytest

from dqn_course import paper


def test_there_are_49_games_and_the_emulator_has_them_all():
    games = paper.games()
    assert len(games) == len(set(games.values())) == 49
    assert set(games.values()) <= set(ale_py.roms.get_all_rom_ids())
    assert games["Q*Bert"] == "qbert" and games["Montezuma's Revenge"] == "montezuma_revenge"


def test_the_printed_percentages_are_those_of_the_printed_scores():
    """But for the eight that the rounding of their inputs explains."""
    off = []
    for name, score in paper.scores().items():
        percent = 100 * (score.dqn - score.random) / (score.human - score.random)
        if abs(percent - score.normalized) > 0.05:
            off.append(name)
        assert percent == pytest.approx(score.normalized, rel=0.01, abs=0.1) or name == "Double Dunk"
    assert len(off) == 8 and "Double Dunk" in off


def test_29_games_reach_three_quarters_of_a_human():
    assert sum(score.normalized >= 75 for score in paper.scores().values()) == 29


def test_a_score_is_found_by_name():
    pong = paper.scores()["Pong"]
    assert (pong.random, pong.human, pong.dqn, pong.dqn_std) == (-20.7, 9.3, 18.9, 1.3)


def test_the_hyperparameters_are_those_of_the_table():
    table = paper.hyperparameters()
    assert len(table) == 16
    assert {name: table[name].value for name in ("action_repeat", "agent_history_length", "no_op_max")} == {
        "action_repeat": 4,
        "agent_history_length": 4,
        "no_op_max": 30,
    }
    assert (table["discount_factor"].value, table["learning_rate"].value) == (0.99, 0.00025)
    assert isinstance(table["replay_memory_size"].value, int)
    assert all(row.description for row in table.values())


def test_the_ablation_has_five_games_and_its_whole_agent_is_best_in_each():
    table = paper.ablation()
    assert list(table) == ["Breakout", "Enduro", "River Raid", "Seaquest", "Space Invaders"]
    assert table["Breakout"][1:] == (316.8, 240.7, 10.2, 3.2)
    for row in table.values():
        assert max(row[1:]) == row.replay_target and min(row[1:]) == row.noreplay_notarget
