"""The commands for a game of the Atari, as a person uses them."""

import dataclasses
import json
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import psutil
import pytest
import torch
from command_line import refused

from dqn_course import cli_atari, evaluation, executors, paper, sweep
from dqn_course.checkpoints import load_nature_network, save_weights, shipped_games
from dqn_course.config import PAPER, QUICK, SMOKE, AtariConfig
from dqn_course.evaluation import Evaluation
from dqn_course.networks import NatureQNetwork

BRIEF = ["--config", "smoke", "--total-steps", "64", "--learning-starts", "48", "--update-interval", "8",
         "--eval-interval", "60", "--eval-max-frames", "40", "--device", "cpu", "--held-out-states", "8",
         "--log-interval", "1", "--replay-size", "200", "--batch-size", "16"]  # fmt: skip
"""A training of a second: two updates and an evaluation."""


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    """A file with the weights of an untrained network for a game of 6 actions."""
    path = tmp_path_factory.mktemp("weights") / "net.safetensors"
    save_weights(NatureQNetwork(6, seed=3), path)
    return path


@pytest.fixture
def trained(monkeypatch):
    """What ``atari_training.train`` would have been called with."""
    seen = {}

    def train(config, run_dir, resume):
        seen.update(config=config, run_dir=run_dir, resume=resume)

    monkeypatch.setattr("dqn_course.atari_training.train", train)
    return seen


# --- the name of the game


@pytest.mark.parametrize("name", ["space_invaders", "Space Invaders", "SPACE INVADERS"])
def test_a_game_is_found_by_the_emulators_name_and_the_papers(name):
    assert cli_atari.rom_of(name) == "space_invaders"


def test_all_49_games_are_found_by_both_names():
    for printed, rom in paper.games().items():
        assert cli_atari.rom_of(printed) == cli_atari.rom_of(rom) == rom


def test_a_game_that_the_paper_did_not_play_is_one_too():
    assert cli_atari.rom_of("pacman") == "pacman"


@pytest.mark.parametrize("command", ["train", "evaluate", "watch", "sweep"])
def test_a_wrong_name_is_answered_with_the_closest(run, command):
    assert "'brekout'; did you mean breakout" in refused(run(command, "brekout"))
    assert refused(run(command, "landr")) == 'There is no experiment "landr"; did you mean lander?\n'


def test_help_for_a_game_needs_no_heavy_library():
    heavy = ("torch", "gymnasium", "matplotlib", "numpy", "ale_py")
    code = (
        "import sys; from dqn_course.cli import main\n"
        "for command in ('train pong', 'evaluate Pong', 'watch pong', 'sweep'):\n"
        "    try: main([*command.split(), '--help'])\n"
        "    except SystemExit: pass\n"
        f"print([name for name in {heavy} if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stderr == "[]\n"
    assert done.stdout.count("usage: dqn-course") == 4


# --- train


@pytest.mark.parametrize("command", [["train", "pong"], ["sweep"]])
def test_every_field_of_the_experiment_is_an_option(run, command):
    _, out, _ = run(*command, "--help")
    for field in dataclasses.fields(AtariConfig):
        assert (f"--{field.name.replace('_', '-')} " in out) == (field.name != "game"), field.name


def test_the_defaults_are_those_of_the_config_that_is_named(run, trained, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for arguments, config in (([], QUICK), (["--config", "paper"], PAPER), (["--config=smoke"], SMOKE)):
        status, out, _ = run("train", "Space Invaders", *arguments)
        assert status == 0 and "Weights: runs/space_invaders/" in out
        assert trained["config"] == dataclasses.replace(config, game="space_invaders")
        assert str(trained["run_dir"]) == "runs/space_invaders" and trained["resume"] is True
    assert 'no config "papre"; there are: paper, quick, smoke' in refused(run("train", "pong", "--config", "papre"))


def test_options_reach_the_training(run, trained, tmp_path):
    config = AtariConfig(
        game="breakout", seed=5, total_steps=900, action_repeat=3, history=2, noop_max=7, clip_rewards=False,
        life_loss_ends_episode=False, max_frames=2000, batch_size=16, replay_size=500, learning_starts=100,
        update_interval=2, gamma=0.9, n_step=2, target_update_interval=50, target_update_unit="updates",
        optimizer="adam", learning_rate=0.01, lr_decay_steps=80, gradient_momentum=0.9, squared_gradient_momentum=0.8,
        min_squared_gradient=0.1, eps_start=0.9, eps_end=0.2, eps_steps=300, eval_interval=70, eval_episodes=3,
        eval_epsilon=0.01, eval_max_frames=1000, held_out_states=11, log_interval=9, n_games=2, device="cpu",
        precision="bfloat16", threads=2,
    )  # fmt: skip
    assert all(getattr(config, field.name) != field.default for field in dataclasses.fields(config))
    options = dataclasses.asdict(config)
    options = [f"--{name.replace('_', '-')}={value}" for name, value in options.items() if name != "game"]
    assert run("train", "breakout", *options, "--run-dir", tmp_path / "run", "--fresh")[0] == 0
    assert trained == {"config": config, "run_dir": tmp_path / "run", "resume": False}


@pytest.mark.parametrize(
    "option, words",
    [
        ("--batch-size=0", "--batch-size must be at least 1, not 0."),
        ("--gamma=nan", "--gamma must be from 0 to 1, not nan."),
        ("--seed=-1", "--seed must not be negative: -1."),
        ("--replay-size=20", f"--replay-size is 20, too small for {QUICK.n_games} games."),
        ("--total-steps=20", "--batch-size must not be larger than --replay-size or --total-steps: no batch"),
    ],
)
def test_a_number_that_no_run_could_use_is_refused(run, trained, option, words):
    for command in (["train", "pong"], ["sweep", "pong"]):
        assert words in refused(run(*command, option))
    assert trained == {}


def test_a_memory_that_does_not_fit_names_the_option(run, tmp_path, monkeypatch):
    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(available=1e9))
    says = refused(run("train", "pong", "--config", "paper", "--device", "cpu", "--run-dir", tmp_path))
    assert "this machine has 1.0 GB free; a --replay-size of 113,378 would fit." in says


@pytest.mark.slow
def test_a_run_is_kept_goes_on_and_starts_afresh(run, tmp_path):
    base = ["train", "pong", *BRIEF, "--run-dir", tmp_path]
    status, out, _ = run(*base)
    assert status == 0 and "64 agent steps, 2 updates" in out
    assert f"Weights: {tmp_path / 'best.safetensors'}" in out

    changed = refused(run(*base, "--gamma", "0.5"))
    assert "gamma was 0.99, now 0.5" in changed and "--fresh" in changed

    status, out, _ = run(*base, "--total-steps", "80")
    assert "after agent step 64" in out and "80 agent steps, 4 updates" in out

    status, out, _ = run(*base, "--gamma", "0.5", "--fresh")
    assert "after agent step" not in out and "64 agent steps" in out
    assert len(list(tmp_path.glob("training_state_*.pt"))) == 1

    options = ["--episodes", "1", "--epsilon", "1", "--json"]
    status, out, _ = run("evaluate", "pong", "--weights", tmp_path / "best.safetensors", *options)
    assert status == 0 and json.loads(out.splitlines()[-1])["episodes"] == 1


# --- evaluate


@pytest.fixture
def evaluated(monkeypatch):
    """What ``evaluate_atari`` would have been called with; it answers 8.55."""
    seen = {}

    def evaluate_atari(player, game, episodes, epsilon, **options):
        seen.update(options, player=player, game=game, episodes=episodes, epsilon=epsilon)
        return Evaluation(8.55, 1.0, 7.0, 10.0, episodes, options["seed"], [8.0, 9.1])

    monkeypatch.setattr("dqn_course.evaluation.evaluate_atari", evaluate_atari)
    return seen


def test_an_evaluation_is_the_papers_protocol(run, evaluated, weights):
    status, out, _ = run("evaluate", "pong", "--weights", weights)
    assert status == 0
    network = evaluated.pop("player")
    expected = load_nature_network(weights)
    assert all(torch.equal(a.cpu(), b) for a, b in zip(network.parameters(), expected.parameters()))
    assert evaluated == {"game": "pong", "episodes": 30, "epsilon": 0.05, "seed": 1_000_003, "history": 4,
                         "progress": False}  # fmt: skip


def test_the_result_stands_beside_the_paper(run, evaluated, weights):
    _, out, _ = run("evaluate", "Pong", "--weights", weights, "--episodes", "2")
    assert "Pong: 8.6 on average over 2 episodes" in out or "Pong: 8.5 on average over 2 episodes" in out
    lines = [line.split() for line in out.splitlines()]
    assert ["random", "-20.7", "0", "%"] in lines and ["human", "9.3", "100", "%"] in lines
    assert ["DQN", "18.9", "132", "%"] in lines
    _, out, _ = run("evaluate", "pong", "--weights", weights, "--episodes", "2", "--json", "--seed", "7")
    result = json.loads(out.splitlines()[-1])
    assert result["human_normalized"] == pytest.approx(100 * (8.55 + 20.7) / (9.3 + 20.7))
    assert result["paper"] == {"random": -20.7, "human": 9.3, "dqn": 18.9, "dqn_std": 1.3, "normalized": 132.0}
    assert (result["mean"], result["scores"], result["seed"]) == (8.55, [8.0, 9.1], 7)
    assert (result["game"], result["weights"], result["epsilon"]) == ("pong", str(weights), 0.05)


def test_a_game_without_a_row_in_the_paper_is_only_scored(run, evaluated):
    _, out, _ = run("evaluate", "pacman", "--weights", "random")
    assert "The paper did not play this game" in out
    _, out, _ = run("evaluate", "pacman", "--weights", "random", "--json")
    result = json.loads(out.splitlines()[-1])
    assert result["paper"] is None and result["human_normalized"] is None


def test_the_random_player_chooses_ten_times_a_second(run, evaluated):
    run("evaluate", "pong", "--weights", "random")
    assert evaluated["action_repeat"] == evaluation.RANDOM_REPEAT == 60 / 10
    actions = evaluated["player"](np.zeros((6000, 4, 84, 84), np.uint8)[:, :, :1, :1])
    assert (np.bincount(actions, minlength=6) / 6000 == pytest.approx(1 / 6, abs=0.02)) and max(actions) == 5


def test_weights_that_do_not_fit_are_refused(run, weights, tmp_path):
    for command in ("evaluate", "watch"):
        says = refused(run(command, "breakout", "--weights", weights))
        assert "has 6 actions, but breakout has 4: these are the weights of another game" in says
        assert "here is no file none.safetensors" in refused(run(command, "pong", "--weights", "none.safetensors"))
    (tmp_path / "x.safetensors").write_text("nonsense")
    assert "is damaged" in refused(run("evaluate", "pong", "--weights", tmp_path / "x.safetensors"))
    assert "montezuma_revenge" not in shipped_games()
    says = refused(run("evaluate", "Montezuma's Revenge"))
    assert "ships no trained agent for montezuma_revenge" in says and "--weights" in says


@pytest.mark.parametrize("option", ["--episodes=0", "--seed=-1", "--epsilon=1.5", "--epsilon=nan"])
def test_numbers_that_no_evaluation_could_use_are_refused(run, option):
    assert option.split("=")[0] in refused(run("evaluate", "pong", "--weights", "random", option))


# --- watch


def test_a_game_is_filmed_in_colour_at_sixty_pictures_a_second(run, tmp_path, weights):
    import imageio_ffmpeg

    options = ["--weights", weights, "--seconds", "2"]
    status, out, _ = run("watch", "pong", *options, "--out", tmp_path / "a.mp4")
    assert status == 0 and "2.0 s of play written to" in out and "score " in out
    reader = imageio_ffmpeg.read_frames(str(tmp_path / "a.mp4"))
    about = next(reader)
    pictures = [np.frombuffer(data, np.uint8).reshape(about["size"][1], about["size"][0], 3) for data in reader]
    assert about["fps"] == 60 and len(pictures) == 120 + 60  # two seconds, and one to see how it ended
    assert about["size"][0] == 2 * 160 and about["size"][1] > 2 * 210  # the name and the score stand above
    red, green, blue = pictures[100][200:400, 40:120].reshape(-1, 3).mean(axis=0)
    assert red > green + 30 > blue + 60  # Pong's brown
    assert (tmp_path / "a.mp4").stat().st_size < 200_000
    status, *_ = run("watch", "pong", *options, "--out", tmp_path / "b.gif", "--seconds", "0.5")
    assert status == 0 and (tmp_path / "b.gif").read_bytes()[:6] == b"GIF89a"


def test_the_default_is_a_clip_named_after_the_game(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    status, out, _ = run("watch", "Breakout", "--weights", "random", "--seconds", "0.5")
    assert status == 0 and "breakout.mp4" in out and (tmp_path / "breakout.mp4").stat().st_size > 1000


@pytest.mark.parametrize(
    "options, words",
    [
        (["--out", "clip.avi"], ".mp4 or .gif"),
        (["--seconds", "0"], "--seconds must be positive"),
        (["--seconds", "nan"], "--seconds must be positive"),
        (["--seed", "-1"], "--seed"),
        (["--epsilon", "2"], "--epsilon"),
    ],
)
def test_what_cannot_be_filmed_is_refused(run, options, words):
    assert words in refused(run("watch", "pong", "--weights", "random", *options))


def test_a_window_without_a_display_is_refused(run, monkeypatch):
    monkeypatch.setattr("dqn_course.video.has_display", lambda: False)
    assert "no display here" in refused(run("watch", "pong", "--weights", "random", "--window"))


@pytest.mark.display
def test_a_window_opens_on_a_display(tmp_path):
    from pyvirtualdisplay import Display

    command = [sys.executable, "-m", "dqn_course.cli", "watch", "pong", "--weights", "random", "--window",
               "--seconds", "1"]  # fmt: skip
    with Display(visible=False, size=(800, 700)) as screen:
        done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env=screen.env(), timeout=120)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1].startswith("score ")
    assert list(tmp_path.iterdir()) == []


# --- sweep


@pytest.mark.slow
def test_a_sweep_trains_every_game_in_a_folder_of_its_own_and_goes_on(run, tmp_path, monkeypatch):
    monkeypatch.setattr(sweep.executors, "open_pool", lambda kind, *rest: OPEN("threads", *rest))  # no new processes
    command = ["sweep", "Pong", "breakout", "pong", *BRIEF, "--folder", tmp_path, "--workers", "2"]
    status, out, _ = run(*command)
    assert status == 0
    lines = [line for line in out.splitlines() if " done: " in line]
    assert len(lines) == 2 and "2 of 2 done" in lines[1] and "64 agent steps" in lines[1]
    table = [line.split() for line in out.splitlines()[-2:]]
    assert [row[:2] for row in table] == [["pong", "64"], ["breakout", "64"]]
    assert [row[-2:] for row in table] == [["132", "%"], ["1327", "%"]]
    for game in ("pong", "breakout"):
        assert (tmp_path / game / "best.safetensors").is_file()
    status, out, _ = run(*command, "--total-steps", "72")
    assert status == 0 and out.count("72 agent steps") == 2

    status, out, _ = run(*command, "--gamma", "0.5", "--total-steps", "72")
    assert status == 1 and out.count("gamma was 0.99, now 0.5") == 4  # as a line each, and below the table
    status, out, _ = run(*command, "--gamma", "0.5", "--fresh")
    assert status == 0 and len(list(tmp_path.glob("*/training_state_*.pt"))) == 2


OPEN = executors.open_pool


@pytest.mark.slow
def test_a_sweep_in_processes_of_its_own(run, tmp_path):
    status, out, _ = run("sweep", "pong", *BRIEF, "--folder", tmp_path, "--workers", "1")
    assert status == 0 and out.splitlines()[-1].split()[:2] == ["pong", "64"]


@pytest.mark.slow
def test_a_sweep_on_a_dask_cluster(run, tmp_path):
    distributed = pytest.importorskip("distributed")
    cluster = distributed.LocalCluster(n_workers=1, threads_per_worker=1, processes=False, dashboard_address=None)
    with cluster:
        where = ["--executor", "dask", "--scheduler", cluster.scheduler_address]
        status, out, _ = run("sweep", "pong", *BRIEF, "--folder", tmp_path, *where)
    assert status == 0 and out.splitlines()[-1].split()[:2] == ["pong", "64"]


def test_the_worker_of_one_game_that_fails_costs_the_others_nothing(monkeypatch, tmp_path):
    def train_one(task):
        if task.config.game == "breakout":
            raise ZeroDivisionError("mine")
        return sweep.Outcome(task.config.game, 10, 1.0, None, 3.0, finished=task.config.game == "pong")

    monkeypatch.setattr(sweep, "train_one", train_one)
    said = []
    games = ["pong", "breakout", "alien"]
    outcomes = sweep.sweep(games, SMOKE, tmp_path, "threads", workers=1, say=said.append)
    assert [outcome.game for outcome in outcomes] == games
    assert "ZeroDivisionError('mine')" in outcomes[1].problem and not outcomes[1].finished
    assert len(said) == 3 and "3 of 3 done" in said[2]
    table = sweep.results_table(outcomes).splitlines()
    assert table[0].startswith("game") and len({len(line) for line in table[:4]}) == 1
    assert "79 %" in table[1]  # (3 + 20.7) / (9.3 + 20.7)
    assert table[4].startswith("breakout: ZeroDivisionError") and "alien: 10 agent steps" in table[5]


def test_what_a_sweep_cannot_do_is_one_sentence(run, tmp_path, monkeypatch):
    assert "Say which games" in refused(run("sweep"))
    assert "Name the scheduler" in refused(run("sweep", "pong", "--executor", "dask", "--folder", tmp_path))
    assert "--workers must not be negative" in refused(run("sweep", "pong", "--workers", "-1"))
    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(available=10e9))
    says = refused(run("sweep", "all", "--config", "paper", "--device", "cpu", "--workers", "3", "--folder", tmp_path))
    assert "3 trainings at once need 21.2 GB for their memories, and this machine has 10.0 GB free" in says
    assert list(tmp_path.iterdir()) == []


def test_all_means_the_49_games_of_the_paper(run, monkeypatch):
    seen = {}

    def swept(games, config, *rest):
        seen.update(games=games, config=config)
        return [sweep.Outcome(game, finished=True) for game in games]

    monkeypatch.setattr(sweep, "sweep", swept)
    assert run("sweep", "all", "--config", "paper")[0] == 0
    assert seen["games"] == list(paper.games().values()) and seen["config"].total_steps == 50_000_000


def test_the_lines_of_progress_say_how_far_each_game_is(tmp_path, monkeypatch):
    clock = SimpleNamespace(now=0.0)
    monkeypatch.setattr(sweep.time, "monotonic", lambda: clock.now)
    task = sweep.Training(dataclasses.replace(QUICK, game="pong"), str(tmp_path))
    start = {}
    assert "0 of 1,500,000 agent steps" in sweep.progress_line(task, start)
    (tmp_path / "episodes.csv").write_text("agent_steps,score,frames\n2500,-21.0,4000\n")
    (tmp_path / "learning.csv").write_text("agent_steps,updates,loss,average_max_q\n300000,5,0.1,0.2\n")
    clock.now = 1800.0
    words = " ".join(sweep.progress_line(task, start).split())
    assert words == "pong 300,000 of 1,500,000 agent steps, score -21.0, about 2.0 hours left"


def test_every_run_that_was_saved_since_the_last_look_gets_a_line(tmp_path):
    tasks = [sweep.Training(SMOKE, str(tmp_path / name)) for name in ("a", "b")]
    said = []
    with sweep.reporting(tasks, said.append, every=0.01):
        (tmp_path / "b").mkdir()
        (tmp_path / "b" / sweep.STATE_FILE).touch()
        for _ in range(500):
            if said:
                break
            sweep.time.sleep(0.01)
        sweep.time.sleep(0.05)
    assert len(said) == 1


def test_every_training_has_a_gpu_of_its_own_as_far_as_they_go(monkeypatch):
    chosen = []
    gpus = [SimpleNamespace(uuid=f"test-{i}") for i in range(2)]
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda gpu: gpus[gpu])
    monkeypatch.setattr(torch.cuda, "set_device", chosen.append)
    with sweep.one_gpu("auto") as a:
        with sweep.one_gpu("cuda") as b:
            assert {a, b} == {0, 1}
            with sweep.one_gpu("auto") as third:
                assert third in (0, 1)  # shared: there is no other
        with sweep.one_gpu("auto") as again:
            assert again == b
    with sweep.one_gpu("cpu") as none:
        assert none is None
    assert chosen == [a, b, third, b]
