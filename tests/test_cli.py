"""The command line as a person uses it: what works, and one sentence for what does not."""

import dataclasses
import json
import pickle
import subprocess
import sys

import pytest
import torch
from command_line import refused

from dqn_course import cli, doctor
from dqn_course.checkpoints import save_weights
from dqn_course.config import LanderConfig
from dqn_course.networks import QNetwork


@pytest.fixture
def weights(tmp_path):
    """A file with the weights of an untrained network for the lander."""
    save_weights(QNetwork(8, 4, seed=3), tmp_path / "net.safetensors")
    return tmp_path / "net.safetensors"


# Finding one's way ------------------------------------------------------------------------------


@pytest.mark.parametrize("asked", [[], ["--help"], ["-h"], ["help"]])
def test_without_a_command_all_of_them_are_explained(run, asked):
    status, out, _ = run(*asked)
    assert status == 0
    for command in ("lab", "doctor", "train", "evaluate", "watch"):
        assert f"\n  {command} " in out


def test_a_wrong_command_lists_the_right_ones(run):
    assert "lab, doctor, train, evaluate, watch" in refused(run("trian"))


@pytest.mark.parametrize("command", ["train", "evaluate", "watch"])
def test_a_wrong_experiment_is_answered_with_the_closest(run, command):
    assert refused(run(command, "laner")) == 'There is no experiment "laner"; did you mean lander?\n'
    assert "did you mean pong" in refused(run(command, "pnog"))


def test_train_wants_to_know_what(run):
    assert "dqn-course train lander" in refused(run("train"))


@pytest.mark.parametrize("command", [["train"], ["train", "lander"], ["evaluate"], ["watch"], ["doctor"], ["lab"]])
def test_every_command_explains_itself(run, command):
    status, out, err = run(*command, "--help")
    assert (status, err) == (0, "")
    assert f"usage: dqn-course {command[0]}" in out


def test_an_unknown_option_is_refused_with_the_nearest_one(run):
    status, _, err = run("evaluate", "--wieghts", "x")
    assert status == 2
    assert "--weights" in err and "Traceback" not in err


def test_help_needs_no_heavy_library():
    heavy = ("torch", "gymnasium", "matplotlib", "numpy")
    code = (
        "import sys; from dqn_course.cli import main\n"
        "try: main(['train', 'lander', '--help'])\n"
        f"finally: print([name for name in {heavy} if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stderr == "[]\n"


def test_the_installed_program_runs():
    done = subprocess.run([sys.executable, "-m", "dqn_course.cli", "--version"], capture_output=True, text=True)
    assert done.stdout.startswith("dqn-course ")
    (program,) = (entry for entry in entry_points() if entry.name == "dqn-course")
    assert program.load() is cli.main


def entry_points():
    from importlib.metadata import entry_points

    return entry_points(group="console_scripts")


def test_an_interrupt_ends_without_a_traceback(run, monkeypatch):
    def interrupted(arguments):
        raise KeyboardInterrupt

    monkeypatch.setitem(cli.COMMANDS, "doctor", (interrupted, ""))
    status, _, err = run("doctor")
    assert status == 130 and err == "\nStopped.\n"


# train ------------------------------------------------------------------------------------------


def test_every_field_of_the_experiment_is_an_option(run):
    _, out, _ = run("train", "lander", "--help")
    for field in dataclasses.fields(LanderConfig):
        assert f"--{field.name.replace('_', '-')} " in out


def test_options_reach_the_agent_and_the_loop(run, tmp_path, monkeypatch):
    seen = {}

    def dqn(agent, env, **settings):
        seen.update(settings, agent=agent)
        return "history"

    monkeypatch.setattr("dqn_course.training.dqn", dqn)
    config = LanderConfig(
        seed=5, n_episodes=7, max_t=90, eps_start=0.9, eps_end=0.2, eps_decay=0.9, buffer_size=500, batch_size=16,
        gamma=0.9, tau=0.5, learning_rate=0.01, update_every=2, fc1_units=12, fc2_units=10, solved_score=50.0,
        solved_window=4,
    )  # fmt: skip
    assert all(getattr(config, field.name) != field.default for field in dataclasses.fields(config))
    options = [f"--{name.replace('_', '-')}={value}" for name, value in dataclasses.asdict(config).items()]
    status, out, _ = run("train", "lander", *options, "--run-dir", tmp_path / "run", "--fresh")
    assert status == 0 and "history" in out
    agent = seen.pop("agent")
    assert agent.config == config
    assert agent.qnetwork_local.fc1.out_features == 12
    assert seen.pop("run_dir") == tmp_path / "run"
    assert seen.pop("resume") is False
    assert seen == {name: getattr(config, name) for name in seen}
    assert {"seed", "n_episodes", "max_t", "eps_start", "eps_end", "eps_decay", "solved_score", "solved_window"} == set(
        seen
    )


def test_a_run_is_kept_goes_on_and_starts_afresh(run, tmp_path):
    folder = tmp_path / "runs" / "mine"
    base = ["train", "lander", "--run-dir", folder, "--max-t", "60"]
    status, out, _ = run(*base, "--n-episodes", "2")
    assert status == 0 and "2 episodes" in out
    assert (folder / "checkpoint.pth").is_file()
    assert json.loads((folder / "config.json").read_text())["max_t"] == 60

    _, out, _ = run(*base, "--n-episodes", "3")
    assert "after episode 2" in out and "History(3 episodes" in out

    changed = refused(run(*base, "--n-episodes", "3", "--gamma", "0.5"))
    assert "gamma was 0.99, now 0.5" in changed and "--fresh" in changed

    _, out, _ = run(*base, "--n-episodes", "1", "--gamma", "0.5", "--fresh")
    assert "after episode" not in out.splitlines()[0] and "History(1 episodes" in out

    status, out, _ = run("evaluate", "lander", "--weights", folder / "checkpoint.pth", "--episodes", "1", "--json")
    assert status == 0 and json.loads(out.splitlines()[-1])["episodes"] == 1


def test_a_damaged_run_is_refused(run, tmp_path):
    (tmp_path / "training_state.pt").write_bytes(b"not a run")
    assert "training_state.pt is damaged" in refused(run("train", "lander", "--run-dir", tmp_path))
    (tmp_path / "config.json").write_text("[")
    assert "config.json is damaged" in refused(run("train", "lander", "--run-dir", tmp_path))


def test_a_folder_that_cannot_hold_a_run_is_refused_before_training(run, tmp_path):
    (tmp_path / "file").touch()
    assert "cannot be kept" in refused(run("train", "lander", "--run-dir", tmp_path / "file" / "run"))


@pytest.mark.parametrize(
    "option",
    [
        "--n-episodes=0", "--max-t=0", "--batch-size=-1", "--update-every=0", "--fc1-units=0", "--solved-window=0",
        "--gamma=1.5", "--eps-start=-0.1", "--tau=2", "--learning-rate=0", "--learning-rate=nan", "--gamma=nan",
        "--seed=-1", "--buffer-size=10",
    ],
)  # fmt: skip
def test_a_number_that_no_run_could_use_is_refused(run, tmp_path, option):
    sentence = refused(run("train", "lander", "--run-dir", tmp_path, option))
    assert option.split("=")[0] in sentence
    assert list(tmp_path.iterdir()) == []


# evaluate ---------------------------------------------------------------------------------------


def test_the_result_as_json_is_the_last_line(run, weights):
    status, out, _ = run("evaluate", "lander", "--weights", weights, "--episodes", "3", "--seed", "5", "--json")
    assert status == 0
    result = json.loads(out.splitlines()[-1])
    assert result["episodes"] == 3 and result["seed"] == 5 and len(result["scores"]) == 3
    assert result["mean"] == pytest.approx(sum(result["scores"]) / 3)
    assert result["min"] == min(result["scores"]) and result["max"] == max(result["scores"])
    assert result["std"] > 0
    again = run("evaluate", "--weights", weights, "--episodes", "3", "--seed", "5", "--json")[1]
    assert json.loads(again.splitlines()[-1]) == result
    other = run("evaluate", "--weights", weights, "--episodes", "3", "--seed", "6", "--json")[1]
    assert json.loads(other.splitlines()[-1])["scores"] != result["scores"]


def test_the_result_for_people_is_a_sentence(run):
    status, out, _ = run("evaluate", "--weights", "random", "--episodes", "2")
    assert status == 0 and "on average over 2 episodes" in out


def test_the_shipped_weights_are_the_default(run):
    plain, shipped = (run("evaluate", *extra, "--episodes", "2", "--json") for extra in ([], ["--weights", "shipped"]))
    assert plain[0] == 0 and plain[1] == shipped[1]
    assert json.loads(plain[1])["mean"] > 100  # two landings of a trained agent


class Bomb:
    def __reduce__(self):
        return open, ("exploded", "w")


def bad_weights(folder, kind):
    path = folder / "bad.pth"
    if kind == "text":
        path.write_text("hello")
    elif kind == "folder":
        path.mkdir()
    elif kind == "pickle":
        path.write_bytes(pickle.dumps(Bomb()))
    elif kind == "torch pickle":
        torch.save(Bomb(), path)
    elif kind == "other names":
        torch.save({"layer.weight": torch.ones(2)}, path)
    elif kind == "other sizes":
        save_weights(QNetwork(4, 2), path)
    elif kind == "cut":
        save_weights(QNetwork(8, 4), path)
        path.write_bytes(path.read_bytes()[:-500])
    elif kind == "safetensors":
        path = path.with_suffix(".safetensors")
        path.write_bytes(b"\x08\0\0\0\0\0\0\0nonsense")
    return path


@pytest.mark.parametrize(
    "kind",
    ["missing", "text", "folder", "pickle", "torch pickle", "other names", "other sizes", "cut", "safetensors"],
)
def test_bad_weights_are_refused_and_never_run(run, tmp_path, monkeypatch, kind):
    monkeypatch.chdir(tmp_path)
    path = bad_weights(tmp_path, kind)
    for command in ("evaluate", "watch"):
        assert "bad." in refused(run(command, "lander", "--weights", path))
    assert not (tmp_path / "exploded").exists()
    assert not (tmp_path / "lander.mp4").exists()


@pytest.mark.parametrize("option", ["--episodes=0", "--episodes=-3", "--seed=-1"])
def test_numbers_that_no_evaluation_could_use_are_refused(run, option):
    assert option.split("=")[0] in refused(run("evaluate", option))


# watch ------------------------------------------------------------------------------------------


def test_an_episode_is_filmed_as_mp4_and_as_gif(run, tmp_path, weights):
    for name, start in (("a.mp4", b"ftyp"), ("deep/b.gif", b"GIF89a")):
        status, out, _ = run("watch", "lander", "--weights", weights, "--out", tmp_path / name)
        assert status == 0 and name in out and "score" in out
        assert start in (tmp_path / name).read_bytes()[:12]


def test_the_default_is_a_clip_beside_the_person(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    status, out, _ = run("watch", "--weights", "random")
    assert status == 0 and "lander.mp4" in out
    assert (tmp_path / "lander.mp4").stat().st_size > 1000


@pytest.mark.parametrize("name", ["clip.avi", "clip", "clip.mp4.txt"])
def test_a_video_of_another_kind_is_refused(run, tmp_path, name):
    assert ".mp4 or .gif" in refused(run("watch", "--weights", "random", "--out", tmp_path / name))


@pytest.mark.parametrize("name", ["clip.mp4", "clip.gif"])
def test_a_video_that_cannot_be_written_is_refused(run, tmp_path, name):
    (tmp_path / "file").touch()
    assert "cannot be written" in refused(run("watch", "--weights", "random", "--out", tmp_path / "file" / name))


def test_a_window_without_a_display_is_refused(run, monkeypatch):
    monkeypatch.setattr("dqn_course.video.has_display", lambda: False)
    assert "no display here" in refused(run("watch", "--weights", "random", "--window"))


@pytest.mark.display
def test_a_window_opens_on_a_display(tmp_path):
    from pyvirtualdisplay import Display

    command = [sys.executable, "-m", "dqn_course.cli", "watch", "--weights", "random", "--window"]
    with Display(visible=False, size=(800, 600)) as screen:
        done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env=screen.env(), timeout=120)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("score ")
    assert list(tmp_path.iterdir()) == []


# doctor -----------------------------------------------------------------------------------------


def test_the_doctor_finds_this_machine_ready(capfd):
    assert cli.main(["doctor", "--json"]) == 0
    out, err = capfd.readouterr()
    assert err == ""
    report = json.loads(out.splitlines()[-1])
    assert report["ok"] is True
    rows = {row["name"]: row for row in report["rows"]}
    assert set(rows) == {
        "Python", "packages", "PyTorch", "LunarLander", "Atari", "video", "JupyterLab", "CPU", "memory", "disk",
        "display", "bubblewrap",
    }  # fmt: skip
    for needed in ("Python", "packages", "PyTorch", "LunarLander", "Atari", "video", "JupyterLab"):
        assert rows[needed]["state"] == doctor.OK, rows[needed]
    assert torch.__version__ in rows["PyTorch"]["found"]
    assert all(row["advice"] for row in report["rows"] if row["state"] != doctor.OK)


def test_broken_parts_are_named_and_the_rest_is_still_looked_at(tmp_path, monkeypatch, capfd):
    (tmp_path / "torch.py").write_text("raise ImportError('libtorch is from another world')")
    (tmp_path / "Box2D.py").write_text("import os; os.abort()")
    (tmp_path / "ale_py.py").write_text("import sys; sys.exit(3)")
    (tmp_path / "imageio_ffmpeg.py").write_text("print('noise'); import sys; print('noise', file=sys.stderr); 1 / 0")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    assert cli.main(["doctor"]) == 1
    out, err = capfd.readouterr()
    assert err == "" and "noise" not in out
    assert "libtorch is from another world" in out
    assert "ended by signal 6" in out
    assert out.count("delete the folder .venv and run make lab") == 4
    assert out.splitlines()[-1] == (
        "This machine is not ready for the course: look at PyTorch, LunarLander, Atari, video."
    )
    assert "JupyterLab   ok" in out


def test_something_optional_that_is_missing_is_no_fault(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sys, "platform", "linux")
    report = doctor.Report((doctor.attempt("display", doctor.display), doctor.attempt("bwrap", doctor.bubblewrap)))
    assert [row.state for row in report.rows] == [doctor.MISSING, doctor.MISSING]
    assert "apt install xvfb" in str(report) and "apt install bubblewrap" in str(report)
    assert report.ok and "has everything" in report.summary


def test_a_missing_package_and_an_old_one_are_named(monkeypatch):
    wanted = ["torch>=99", "surely-not-installed>=1", "numpy>=2", 'pytest>=99; extra == "dev"']
    monkeypatch.setattr(doctor.importlib.metadata, "requires", lambda name: wanted)
    row = doctor.attempt("packages", doctor.packages)
    assert row.state == doctor.BROKEN
    assert "needed >=99" in row.found and "surely-not-installed is missing" in row.found
    assert "numpy" not in row.found and "pytest" not in row.found


def test_a_python_that_is_too_old_or_too_new_is_broken(monkeypatch):
    for version in ((3, 10, 4), (3, 14, 0)):
        monkeypatch.setattr(doctor.sys, "version_info", version)
        assert doctor.attempt("Python", doctor.python_version).state == doctor.BROKEN


def test_a_full_disk_is_broken_and_a_small_one_is_told(monkeypatch):
    for free, state in ((0.1, doctor.BROKEN), (2, doctor.MISSING), (50, doctor.OK)):
        usage = type("Usage", (), {"free": free * 2**30})
        monkeypatch.setattr(doctor.shutil, "disk_usage", lambda path, usage=usage: usage)
        assert doctor.attempt("disk", doctor.disk).state == state


def test_the_report_is_a_table_in_a_notebook_and_escapes_what_it_shows():
    rows = (doctor.Row("one", doctor.OK, "fine"), doctor.Row("two", doctor.BROKEN, "<script>", "do this & that"))
    shown = doctor.Report(rows)._repr_html_()
    assert shown.count("<tr") == 2 and "&lt;script&gt;" in shown and "do this &amp; that" in shown
    assert "not ready" in shown and "broken" in shown
    assert "color" not in shown  # readable in light and dark themes


# lab --------------------------------------------------------------------------------------------


def test_lab_hands_its_options_on(monkeypatch, run):
    seen = []
    monkeypatch.setattr("dqn_course.lab.main", lambda arguments: seen.append(arguments) or 0)
    assert run("lab", "--port", "8890", "--ServerApp.ip=0.0.0.0")[0] == 0
    assert seen == [["--port", "8890", "--ServerApp.ip=0.0.0.0"]]
