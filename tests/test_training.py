"""The training loop: what it stores, when it calls a run solved, and that nothing ends a run for good."""

import importlib
import inspect
import json
import os
import random
import re
import resource
import shutil
import signal
import subprocess
import sys
import threading
from dataclasses import replace

import gymnasium as gym
import jupyter_client
import numpy as np
import pytest
import torch

from dqn_course import training
from dqn_course.agent import Agent
from dqn_course.checkpoints import load_q_network, load_training_state, load_weights, save_training_state
from dqn_course.config import LanderConfig
from dqn_course.environments import PROBES, make_lander
from dqn_course.errors import CheckpointError, TrainingError
from dqn_course.evaluation import episode_seed, evaluate, random_policy
from dqn_course.networks import QNetwork
from dqn_course.training import dqn

SHORT = {"max_t": 60, "progress": False, "stop_when_solved": False}
STATE, WEIGHTS = "training_state.pt", "checkpoint.pth"


class World(gym.Env):
    """One step an episode; ``scores(k)`` is the reward of the k-th. It remembers the seeds it was given."""

    observation_space = gym.spaces.Box(-1, 1, (8,), np.float32)
    action_space = gym.spaces.Discrete(4)

    def __init__(self, scores, truncates=False, played=0):
        self.scores, self.truncates, self.seeds, self.steps, self.played = scores, truncates, [], 0, played

    def reset(self, seed=None, options=None):
        self.seeds.append(seed)
        return np.zeros(8, np.float32), {}

    def step(self, action):
        self.steps += 1
        reward = self.scores(self.played + len(self.seeds))
        return np.ones(8, np.float32), reward, not self.truncates, self.truncates, {}


class Interrupting(gym.Wrapper):
    """Calls ``act()`` at the ``at``-th step of its life."""

    def __init__(self, env, at, act):
        super().__init__(env)
        self.at, self.act, self.steps = at, act, 0

    def step(self, action):
        self.steps += 1
        if self.steps == self.at:
            self.act()
        return super().step(action)


def raising(error):
    def act():
        raise error

    return act


def everything(agent):
    """All that makes an agent, as plain comparable values; written without the package's own ``agent_state``."""
    memory = agent.memory
    optimizer = agent.optimizer.state_dict()
    rng = agent.rng.bit_generator.state if hasattr(agent, "rng") else None
    return [
        [parameter.tolist() for net in (agent.qnetwork_local, agent.qnetwork_target) for parameter in net.parameters()],
        [(key, value.tolist()) for moments in optimizer["state"].values() for key, value in moments.items()],
        optimizer["param_groups"],
        [getattr(memory, name)[: len(memory)].tolist() for name in ("states", "actions", "rewards", "terminated")],
        (memory.position, memory.rng.bit_generator.state, agent.t_step, rng),
        (random.getstate(), torch.get_rng_state().tolist(), np.random.get_state()[1].tolist()),
    ]


def old_runs(folder):
    """What lies in a run's folder beside the run: runs that were put aside, and litter."""
    return sorted(path.name for path in folder.iterdir() if path.name not in (STATE, WEIGHTS))


@pytest.fixture(scope="module")
def student(tmp_path_factory, root):
    """A folder with the ``model.py`` and ``dqn_agent.py`` that a student has at the end of lesson 6."""
    folder = tmp_path_factory.mktemp("student")
    source = (root / "solutions/06_lunar_lander/06_lunar_lander.py").read_text()
    for name in ("model.py", "dqn_agent.py"):
        cell = re.search(rf"^# %%writefile {re.escape(name)}\n(.*?)^# %% ", source, re.DOTALL | re.MULTILINE)[1]
        (folder / name).write_text(cell)
    assert "random.random()" in (folder / "dqn_agent.py").read_text()  # it explores with the global generator
    return folder


@pytest.fixture
def student_agent(student, monkeypatch):
    """The class ``Agent`` of the student."""
    monkeypatch.syspath_prepend(student)
    yield importlib.import_module("dqn_agent").Agent
    for name in ("model", "dqn_agent"):
        sys.modules.pop(name)


@pytest.fixture(params=["reference", "student"])
def agent_class(request):
    """The package's agent, then the student's."""
    return Agent if request.param == "reference" else request.getfixturevalue("student_agent")


# --- the loop


def test_the_signature_is_the_one_of_the_notes_and_the_defaults_are_those_of_the_experiment():
    parameters = inspect.signature(dqn).parameters
    assert list(parameters)[:7] == ["agent", "env", "n_episodes", "max_t", "eps_start", "eps_end", "eps_decay"]
    config = LanderConfig()
    for name in set(parameters) & set(vars(config)):
        assert parameters[name].default == getattr(config, name), name


def test_solved_needs_a_hundred_episodes_however_good_the_first_ones_are(tmp_path):
    history = dqn(Agent(8, 4), World(lambda k: 250.0), n_episodes=300, run_dir=tmp_path, progress=False)
    assert (history.solved_at, len(history.scores)) == (100, 100)


@pytest.mark.parametrize("window", [1, 10, 100])
@pytest.mark.parametrize("start, slope", [(-300, 4.1), (200, 0), (199.9, 0), (150, 0.7), (600, -5)])
def test_solved_is_the_first_window_whose_mean_reaches_the_score(tmp_path, window, start, slope):
    scores = [start + slope * k for k in range(1, 161)]
    expected = None
    for end in range(window, 161):
        if expected is None and sum(scores[end - window : end]) / window >= 200 - 1e-9:
            expected = end
    env = World(lambda k: scores[k - 1])
    history = dqn(Agent(8, 4), env, 160, solved_window=window, stop_when_solved=False, run_dir=tmp_path, progress=False)
    assert history.solved_at == expected
    assert history.scores == scores
    assert training.first_solved(scores, 200.0, window) == expected


def test_a_run_that_is_never_solved_ends_with_its_last_episode(tmp_path, capsys):
    history = dqn(Agent(8, 4), World(lambda k: 0.0), n_episodes=120, run_dir=tmp_path)
    assert (history.solved_at, len(history.scores)) == (None, 120)
    assert "120 episodes are over and the lander is not solved yet" in capsys.readouterr().out
    assert "not solved yet" in repr(history)


def test_epsilon_falls_once_an_episode_and_every_episode_has_terrain_of_its_own(tmp_path):
    seen = []

    class Watching(Agent):
        def act(self, state, eps=0.0):
            seen.append(eps)
            return super().act(state, eps)

    env = World(lambda k: 0.0)
    dqn(Watching(8, 4), env, 50, 10, 0.8, 0.1, 0.9, seed=7, run_dir=tmp_path, progress=False)
    assert seen == pytest.approx([max(0.1, 0.8 * 0.9**k) for k in range(50)])
    assert env.seeds == [episode_seed(7, k) for k in range(1, 51)]
    assert len(set(env.seeds)) == 50


def test_an_episode_has_at_most_max_t_steps_and_its_score_is_the_sum_of_its_rewards(tmp_path):
    rewards = []
    env = make_lander()
    play = env.step

    def step(action):
        result = play(action)
        rewards.append(result[1])
        return result

    env.step = step
    history = dqn(Agent(8, 4), env, n_episodes=5, **SHORT, run_dir=tmp_path)
    assert history.steps == [60] * 5
    assert history.scores == pytest.approx(np.reshape(rewards, (5, 60)).sum(axis=1))


def test_the_transitions_are_stored_in_order_each_with_its_own_next_state(tmp_path):
    agent = Agent(8, 4)
    dqn(agent, make_lander(), n_episodes=3, **SHORT, run_dir=tmp_path)
    memory = agent.memory
    assert len(memory) == 180
    for t in range(180):
        if t % 60 != 59:
            assert memory.next_states[t].tolist() == memory.states[t + 1].tolist()
        assert memory.states[t].tolist() != memory.next_states[t].tolist()


def test_running_out_of_time_is_not_stored_as_an_end(tmp_path):
    agents = {}
    for truncates in (False, True):
        agents[truncates] = Agent(8, 4)
        dqn(agents[truncates], World(lambda k: 0.0, truncates), 20, run_dir=tmp_path / str(truncates), progress=False)
    assert agents[False].memory.terminated[:20].tolist() == [[1.0]] * 20
    assert agents[True].memory.terminated[:20].tolist() == [[0.0]] * 20


def test_max_t_is_no_end_either(tmp_path):
    agent = Agent(8, 4)
    dqn(agent, make_lander(), n_episodes=3, **SHORT, run_dir=tmp_path)
    assert not agent.memory.terminated.any()


def test_without_progress_nothing_is_printed_and_with_it_a_bar_says_how_it_goes(tmp_path, capfd):
    dqn(Agent(8, 4), World(lambda k: 0.0), 20, run_dir=tmp_path / "a", progress=False)
    assert capfd.readouterr() == ("", "")
    dqn(Agent(8, 4), World(lambda k: 7.0), 20, run_dir=tmp_path / "b")
    out, err = capfd.readouterr()
    assert "20 episodes are over" in out
    last = err.split("\r")[-1]
    for part in ("20/20", "score=7", "epsilon=0.909", "mean of 20=7.0"):
        assert part in last


def test_torch_uses_one_thread_during_a_run_and_what_it_used_before_after_it(tmp_path):
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    seen = []
    try:
        dqn(Agent(8, 4), World(lambda k: seen.append(torch.get_num_threads()) or 0.0), 3, run_dir=tmp_path)
        assert seen == [1, 1, 1]
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


def test_a_run_leaves_the_trained_weights(tmp_path):
    agent = Agent(8, 4)
    dqn(agent, make_lander(), n_episodes=4, **SHORT, run_dir=tmp_path / "new" / "folder")
    loaded = load_q_network(tmp_path / "new" / "folder" / WEIGHTS)
    states = torch.randn(10, 8)
    assert torch.equal(loaded(states), agent.qnetwork_local(states))
    assert not torch.equal(loaded(states), QNetwork(8, 4, 0)(states))
    assert sorted(path.name for path in (tmp_path / "new" / "folder").iterdir()) == [WEIGHTS, STATE]


# --- stop and go on


def test_a_run_in_pieces_equals_a_run_in_one_bit_for_bit(tmp_path, agent_class):
    def fresh_agent(n):
        random.seed(n), np.random.seed(n)  # every process starts with other generators
        agent = agent_class(8, 4, seed=0)
        torch.manual_seed(n)
        return agent

    settings = {**SHORT, "max_t": 58}  # no multiple of 4: an episode may end between two updates
    whole = fresh_agent(7)
    expected = dqn(whole, make_lander(), n_episodes=24, **settings, run_dir=tmp_path / "whole")
    expected_state = everything(whole)
    for n in (7, 8, 8, 19, 24):
        pieces = fresh_agent(n)
        history = dqn(pieces, make_lander(), n_episodes=n, **settings, run_dir=tmp_path / "pieces")
        assert len(history.scores) == n
    assert history.scores == expected.scores
    assert history.steps == expected.steps
    assert everything(pieces) == expected_state
    assert history.seconds > 0
    assert old_runs(tmp_path / "pieces") == []


def test_the_memory_is_continued_over_the_seam_of_its_ring(tmp_path):
    def agent():
        return Agent(8, 4, seed=0, config=LanderConfig(buffer_size=500))

    whole, pieces = agent(), agent()
    dqn(whole, make_lander(), n_episodes=20, **SHORT, run_dir=tmp_path / "whole")
    dqn(pieces, make_lander(), n_episodes=11, **SHORT, run_dir=tmp_path / "pieces")
    pieces = agent()
    dqn(pieces, make_lander(), n_episodes=20, **SHORT, run_dir=tmp_path / "pieces")
    assert everything(pieces) == everything(whole)
    assert len(whole.memory) == 500
    assert old_runs(tmp_path / "pieces") == []


def test_every_kind_of_random_generator_and_counter_of_an_agent_goes_on(tmp_path):
    class Gambler(Agent):
        def __init__(self, state_size, action_size, seed=0):
            super().__init__(state_size, action_size, seed)
            self.dice, self.coin = random.Random(seed), np.random.RandomState(seed)
            self.wheel = torch.Generator().manual_seed(seed)
            self.luck, self.lucky, self.rounds = np.float64(0.0), np.bool_(False), np.int64(0)

        def act(self, state, eps=0.0):
            draws = (self.dice.random(), self.coin.normal(), torch.rand(1, generator=self.wheel).item())
            self.luck, self.rounds = self.luck + np.float64(sum(draws)), self.rounds + 1
            self.lucky = np.bool_(sum(draws) > 0)
            return int(self.luck * 1e6) % 4

    whole, pieces = Gambler(8, 4), Gambler(8, 4)
    expected = dqn(whole, make_lander(), n_episodes=6, **SHORT, seed=np.int64(0), run_dir=tmp_path / "whole")
    dqn(pieces, make_lander(), n_episodes=3, **SHORT, seed=np.int64(0), run_dir=tmp_path / "pieces")
    pieces = Gambler(8, 4)
    history = dqn(pieces, make_lander(), n_episodes=6, **SHORT, seed=np.int64(0), run_dir=tmp_path / "pieces")
    assert history.scores == expected.scores
    assert (pieces.luck, pieces.lucky, pieces.rounds) == (whole.luck, whole.lucky, whole.rounds)
    assert everything(pieces) == everything(whole)
    assert old_runs(tmp_path / "pieces") == []


def test_a_finished_run_that_is_called_again_returns_at_once_with_the_trained_agent(tmp_path, capsys):
    first = Agent(8, 4)
    done = dqn(first, World(lambda k: 250.0), n_episodes=150, run_dir=tmp_path)
    again, env = Agent(8, 4), World(lambda k: 250.0)
    history = dqn(again, env, n_episodes=150, run_dir=tmp_path)
    assert env.steps == 0
    assert (history.scores, history.solved_at) == (done.scores, 100)
    assert everything(again)[:5] == everything(first)[:5]
    out = capsys.readouterr().out
    assert "Going on after episode 100" in out and out.count("Solved at episode 100") == 2


def test_more_episodes_or_a_higher_goal_go_on_with_the_same_run(tmp_path):
    def world(played):
        return World(lambda k: 2.0 * k, played=played)

    assert dqn(Agent(8, 4), world(0), 110, run_dir=tmp_path, progress=False).solved_at is None
    env = world(110)
    history = dqn(Agent(8, 4), env, 500, run_dir=tmp_path, progress=False)
    assert history.solved_at == len(history.scores) == 150  # the mean of 2k over 51 to 150 is 201
    assert env.steps == 40
    history = dqn(Agent(8, 4), world(150), 500, solved_score=300.0, run_dir=tmp_path, progress=False)
    assert history.solved_at == len(history.scores) == 200
    assert dqn(Agent(8, 4), world(200), 500, run_dir=tmp_path, progress=False).solved_at == 150


@pytest.mark.parametrize("where", ["env.step", "agent.step", "learn"])
def test_a_keyboard_interrupt_in_an_episode_keeps_the_finished_ones_and_forgets_this_one(
    tmp_path, capsys, agent_class, where
):
    calls = {"agent.step": 0, "learn": 0}

    class Nervous(agent_class):
        def step(self, *transition):
            calls["agent.step"] += 1
            if where == "agent.step" and calls[where] == 340:
                raise KeyboardInterrupt
            super().step(*transition)

        def learn(self, experiences, gamma):
            super().learn(experiences, gamma)
            calls["learn"] += 1
            if where == "learn" and calls[where] == 72:  # one of them is the trial before the run
                raise KeyboardInterrupt

    env = make_lander()
    if where == "env.step":
        env = Interrupting(env, 340, raising(KeyboardInterrupt))
    settings = {**SHORT, "progress": True}
    agent = Nervous(8, 4, 0)
    history = dqn(agent, env, n_episodes=12, **settings, run_dir=tmp_path / "run")

    expected = Nervous(8, 4, 0)
    five = dqn(expected, make_lander(), n_episodes=5, **SHORT, run_dir=tmp_path / "five")
    assert history.scores == five.scores and history.steps == five.steps
    assert everything(agent)[:4] == everything(expected)[:4]
    assert "in the middle of an episode, which is forgotten; all finished ones are kept" in capsys.readouterr().out

    whole = Nervous(8, 4, 0)
    expected = dqn(whole, make_lander(), n_episodes=12, **SHORT, run_dir=tmp_path / "whole")
    end = everything(whole)
    again = Nervous(8, 4, 0)
    assert dqn(again, make_lander(), n_episodes=12, **settings, run_dir=tmp_path / "run").scores == expected.scores
    assert everything(again) == end
    assert "Going on after episode 5" in capsys.readouterr().out


@pytest.mark.parametrize("error", [ZeroDivisionError("mine"), SystemExit(3), TrainingError("x"), RuntimeError("size")])
def test_an_error_of_any_kind_is_passed_on_and_the_finished_episodes_are_on_disk(tmp_path, error):
    with pytest.raises(type(error)) as caught:
        dqn(Agent(8, 4), Interrupting(make_lander(), 200, raising(error)), 12, **SHORT, run_dir=tmp_path / "run")
    assert caught.value is error
    assert len(load_training_state(tmp_path / "run" / STATE)["history"]["scores"]) == 3

    whole, again = Agent(8, 4), Agent(8, 4)
    expected = dqn(whole, make_lander(), 8, **SHORT, run_dir=tmp_path / "whole")
    history = dqn(again, make_lander(), 8, **SHORT, run_dir=tmp_path / "run")
    assert history.scores == expected.scores
    assert everything(again)[:5] == everything(whole)[:5]
    assert old_runs(tmp_path / "run") == []


def test_an_interrupt_between_two_episodes_does_not_leave_half_an_entry(tmp_path, monkeypatch):
    state_of_run, calls = training.state_of_run, []

    def interrupted(*args):
        calls.append(args)
        if len(calls) == 4:  # one before the run, then one an episode
            raise KeyboardInterrupt
        return state_of_run(*args)

    monkeypatch.setattr(training, "state_of_run", interrupted)
    history = dqn(Agent(8, 4), make_lander(), 9, **SHORT, run_dir=tmp_path)
    assert len(history.scores) == len(history.steps) == 2
    assert load_training_state(tmp_path / STATE)["history"]["scores"] == history.scores


def press_stop():
    os.kill(os.getpid(), signal.SIGINT)


def test_the_first_stop_lets_the_episode_end(tmp_path, capsys):
    before = signal.getsignal(signal.SIGINT)
    env = Interrupting(make_lander(), 70, press_stop)
    history = dqn(Agent(8, 4), env, 12, **{**SHORT, "progress": True}, run_dir=tmp_path)
    assert history.steps == [60, 60] and env.steps == 120
    assert "Stopped after episode 2. Nothing is lost" in capsys.readouterr().out
    assert signal.getsignal(signal.SIGINT) is before


def test_the_second_stop_ends_the_run_at_once(tmp_path):
    env = Interrupting(make_lander(), 70, lambda: (press_stop(), press_stop()))
    history = dqn(Agent(8, 4), env, 12, **SHORT, run_dir=tmp_path)
    assert history.steps == [60] and env.steps == 70
    assert load_training_state(tmp_path / STATE)["history"]["steps"] == [60]


def test_an_impatient_third_stop_does_not_cut_the_saving_short(tmp_path, monkeypatch):
    save, saved = training.save_training_state, []

    def slow_save(state, path):
        pressed = len(state["history"]["scores"]) == 1  # and not in the first saving, before the run
        if pressed:
            press_stop()
        save(state, path)
        if pressed:
            press_stop()
            saved.append(state)

    monkeypatch.setattr(training, "save_training_state", slow_save)
    env = Interrupting(make_lander(), 70, lambda: (press_stop(), press_stop()))
    history = dqn(Agent(8, 4), env, 12, **SHORT, run_dir=tmp_path)
    assert len(saved) == 1
    assert history.steps == load_training_state(tmp_path / STATE)["history"]["steps"] == [60]
    load_weights(tmp_path / WEIGHTS)


def test_a_run_in_a_thread_works_though_no_signal_reaches_it(tmp_path):
    results = []
    thread = threading.Thread(
        target=lambda: results.append(dqn(Agent(8, 4), World(lambda k: 1.0), 9, run_dir=tmp_path, progress=False))
    )
    thread.start()
    thread.join()
    assert len(results[0].scores) == 9


DRIVER = '''
"""Train in children that are killed or interrupted; print what came of it as JSON."""
import json, os, random, signal, sys, time, traceback
from pathlib import Path

import torch

torch.set_num_threads(1)
folder, student = map(Path, sys.argv[1:3])
sys.path[:0] = [str(student), sys.argv[3]]
import dqn_agent
from deaths import at_call, ended

from dqn_course.agent import Agent
from dqn_course.checkpoints import load_training_state
from dqn_course.environments import make_lander
from dqn_course.training import dqn, require_learning

EPISODES = 30
CLASSES = {"reference": Agent, "student": dqn_agent.Agent}


def child(kind, run_dir, save_every=0.0, prepare=lambda: None):
    pid = os.fork()
    if pid:
        return pid
    try:
        prepare()
        random.seed(episodes(run_dir))  # a process that goes on has other generators than the one before it
        agent = CLASSES[kind](8, 4, seed=0)
        dqn(agent, make_lander(), EPISODES, max_t=58, run_dir=run_dir, save_every=save_every, progress=False)
        os._exit(0)
    except BaseException:
        traceback.print_exc()
        os._exit(1)


def episodes(run_dir):
    state_file = run_dir / "training_state.pt"
    return len(load_training_state(state_file)["history"]["scores"]) if state_file.exists() else 0


def last_save(run_dir):
    state_file = run_dir / "training_state.pt"
    return state_file.stat().st_mtime_ns if state_file.exists() else None


for make_agent in CLASSES.values():  # all that is loaded at first use is loaded here, not in every child
    require_learning(make_agent(8, 4, seed=0), make_lander())

rng = random.Random(1)
report = {}
for kind in CLASSES:
    ended(child(kind, folder / kind / "whole", 10.0))

    run_dir, seen = folder / kind / "killed at random", []
    for number in range(10):
        pid, saved = child(kind, run_dir), last_save(run_dir)
        while number % 3 and last_save(run_dir) == saved:  # every third one has not got that far
            time.sleep(0.002)
        time.sleep(rng.uniform(0.0, 0.15))
        os.kill(pid, signal.SIGKILL)
        ended(pid)
        seen.append(episodes(run_dir))
    seen.append(ended(child(kind, run_dir, 10.0)))
    report[kind, "random"] = seen

    run_dir, seen = folder / kind / "killed while saving", []
    replaces = [("replace", 5, False), ("replace", 6, False), ("replace", 7, True)]
    for point in [("fsync", 3, False), ("fsync", 4, True), *replaces]:
        code = ended(child(kind, run_dir, 0.0, at_call(*point)))
        litter = [path.name for path in run_dir.iterdir() if path.name.startswith(".")]
        seen.append((code, episodes(run_dir), len(litter)))
    seen.append(ended(child(kind, run_dir, 10.0)))
    report[kind, "saving"] = seen

    run_dir, seen = folder / kind / "stopped", []
    for presses in (1, 2, 3):
        before = episodes(run_dir)
        pid = child(kind, run_dir)
        while episodes(run_dir) < before + 2:
            time.sleep(0.05)
        for _ in range(presses):
            os.kill(pid, signal.SIGINT)
            time.sleep(0.002)
        seen.append((ended(pid), episodes(run_dir)))
    seen.append(ended(child(kind, run_dir, 10.0)))
    report[kind, "stopped"] = seen

print(json.dumps({" ".join(key): value for key, value in report.items()}))
'''


@pytest.fixture(scope="module")
def killed(student, root, tmp_path_factory):
    """``(folder of the runs, report)`` of the driver above."""
    folder = tmp_path_factory.mktemp("killed")
    (folder / "driver.py").write_text(DRIVER)
    command = [sys.executable, folder / "driver.py", folder, student, root / "tests"]
    result = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert result.returncode == 0 and not result.stderr, result.stderr
    return folder, json.loads(result.stdout)


def plain(state):
    if isinstance(state, dict):
        return {key: plain(value) for key, value in state.items() if key != "seconds"}
    if isinstance(state, list | tuple):
        return [plain(value) for value in state]
    return state.tolist() if isinstance(state, torch.Tensor) else state


@pytest.mark.parametrize("kind", ["reference", "student"])
@pytest.mark.parametrize("run", ["killed at random", "killed while saving", "stopped"])
def test_a_run_that_was_killed_or_stopped_ends_as_if_nothing_had_happened(killed, kind, run):
    folder, _ = killed
    whole, broken = (load_training_state(folder / kind / name / STATE) for name in ("whole", run))
    assert plain(broken) == plain(whole)
    assert len(whole["history"]["scores"]) == 30
    assert whole["agent"]["state_dicts"]["optimizer"]["state"][0]["step"] > 400  # it did learn
    assert plain(load_weights(folder / kind / run / WEIGHTS)) == plain(load_weights(folder / kind / "whole" / WEIGHTS))
    assert sorted(path.name for path in (folder / kind / run).iterdir()) == [WEIGHTS, STATE]


@pytest.mark.parametrize("kind", ["reference", "student"])
def test_the_kills_and_stops_of_the_test_above_fell_in_the_middle(killed, kind):
    _, report = killed
    *seen, code = report[f"{kind} random"]
    assert code == 0 and seen == sorted(seen)
    assert len({episodes for episodes in seen if 0 < episodes < 30}) >= 3
    *deaths, code = report[f"{kind} saving"]
    assert code == 0 and [death[0] for death in deaths] == [-signal.SIGKILL] * 5
    assert sum(litter for _, _, litter in deaths) >= 3  # half-written files lay around, and were cleaned up
    *stops, code = report[f"{kind} stopped"]
    assert code == 0 and [exit_code for exit_code, _ in stops] == [0, 0, 0]
    assert 0 < stops[0][1] < stops[1][1] < stops[2][1] < 30


# --- what must not start, or must not go on


class NotWritten(Agent):
    def learn(self, experiences, gamma):
        raise NotImplementedError("Replace this line with your code.")


class Nothing(Agent):
    def learn(self, experiences, gamma):
        pass


class OnlyTheTarget(Agent):
    def learn(self, experiences, gamma):
        self.qnetwork_target.fc1.weight.data.add_(1.0)


class NoStep(Agent):
    def learn(self, experiences, gamma):
        states, actions, rewards, _, _ = experiences
        (self.qnetwork_local(states).gather(1, actions) - rewards).square().mean().backward()


@pytest.mark.parametrize(
    "broken, sentence",
    [
        (NotWritten, "not written yet .Replace this line with your code..; fill it in and run its check"),
        (Nothing, "learn.. ran but changed no weight of qnetwork_local"),
        (OnlyTheTarget, "changed no weight of qnetwork_local"),
        (NoStep, "changed no weight of qnetwork_local"),
    ],
)
def test_an_agent_that_does_not_learn_is_stopped_before_the_first_episode(tmp_path, broken, sentence):
    env = World(lambda k: 0.0)
    with pytest.raises(TrainingError, match=sentence):
        dqn(broken(8, 4), env, run_dir=tmp_path / "run")
    assert env.seeds == [] and not (tmp_path / "run").exists()


def test_the_trial_before_a_run_leaves_no_trace_in_the_agent_or_the_generators():
    class Noisy(Agent):
        def learn(self, experiences, gamma):
            random.random(), np.random.random(), torch.rand(1)
            self.t_step += 1
            super().learn(experiences, gamma)

    agent = Noisy(8, 4)
    agent.step(np.zeros(8), 0, 0.0, np.zeros(8), False)
    random.seed(0), np.random.seed(0), torch.manual_seed(0)
    before = everything(agent)
    training.require_learning(agent, make_lander())
    assert everything(agent) == before


def test_a_mistake_in_learn_keeps_its_own_error(tmp_path):
    class Slip(Agent):
        def learn(self, experiences, gamma):
            return experiences[0] @ experiences[1]

    with pytest.raises(RuntimeError, match="mat1 and mat2|dtype"):
        dqn(Slip(8, 4), World(lambda k: 0.0), run_dir=tmp_path)


def test_an_agent_that_keeps_its_last_loss_can_be_trained_twice(tmp_path):
    class Keeps(Agent):
        def learn(self, experiences, gamma):
            super().learn(experiences, gamma)
            self.loss = self.qnetwork_local(experiences[0]).mean()

    agent = Keeps(8, 4)
    dqn(agent, make_lander(), 3, **SHORT, run_dir=tmp_path)
    assert len(dqn(agent, make_lander(), 5, **SHORT, run_dir=tmp_path).scores) == 5


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_weights_that_are_no_numbers_end_the_run_and_the_last_sound_ones_are_kept(tmp_path, value):
    class Diverging(Agent):
        updates = 0

        def learn(self, experiences, gamma):
            super().learn(experiences, gamma)
            Diverging.updates += 1
            if Diverging.updates == 60:
                self.qnetwork_local.fc2.bias.data[3] = value

    with pytest.raises(TrainingError, match="after episode 5 the weights are no longer numbers"):
        dqn(Diverging(8, 4), make_lander(), 12, **SHORT, run_dir=tmp_path)
    state = load_training_state(tmp_path / STATE)
    assert len(state["history"]["scores"]) == 4
    for weights in (load_weights(tmp_path / WEIGHTS), state["agent"]["state_dicts"]["qnetwork_local"]):
        assert all(torch.isfinite(tensor).all() for tensor in weights.values())


def test_resume_false_starts_afresh_and_keeps_the_old_run(tmp_path):
    dqn(Agent(8, 4, seed=1), make_lander(), 3, **SHORT, run_dir=tmp_path)
    state, weights = (tmp_path / STATE).read_bytes(), (tmp_path / WEIGHTS).read_bytes()
    history = dqn(Agent(8, 4, seed=2), make_lander(), 2, **SHORT, run_dir=tmp_path, resume=False)
    assert len(history.scores) == 2
    old_weights, old_state = old_runs(tmp_path)
    assert re.fullmatch(r"training_state_\d{4}-\d\d-\d\d_\d\d-\d\d-\d\d\.pt", old_state)
    assert re.fullmatch(r"checkpoint_\d{4}-\d\d-\d\d_\d\d-\d\d-\d\d\.pth", old_weights)
    assert (tmp_path / old_state).read_bytes() == state
    assert (tmp_path / old_weights).read_bytes() == weights


@pytest.mark.parametrize(
    "file, old, new, same_run",
    [
        ("dqn_agent.py", "TAU = 1e-3 ", "TAU = 1.0 ", False),
        ("dqn_agent.py", "F.mse_loss(", "F.smooth_l1_loss(", False),
        ("model.py", "F.relu(self.fc2(x))", "F.tanh(self.fc2(x))", False),
        ("dqn_agent.py", "# transitions per update", "# how many in a batch", True),
    ],
)
def test_changed_code_starts_a_new_run_and_a_changed_comment_does_not(
    tmp_path, student, monkeypatch, capsys, file, old, new, same_run
):
    shutil.copytree(student, tmp_path / "work")
    monkeypatch.syspath_prepend(tmp_path / "work")

    def train(n):
        for name in ("model", "dqn_agent"):
            sys.modules.pop(name, None)
        importlib.invalidate_caches()
        agent = importlib.import_module("dqn_agent").Agent(8, 4, seed=0)
        return dqn(agent, make_lander(), n, **SHORT, run_dir=tmp_path / "run")

    try:
        first = train(3)
        source = (tmp_path / "work" / file).read_text()
        assert source.count(old) == 1
        (tmp_path / "work" / file).write_text(source.replace(old, new))
        os.utime(tmp_path / "work" / file, (0, 0))  # the second file within a second: no stale bytecode
        history = train(4)
    finally:
        for name in ("model", "dqn_agent"):
            sys.modules.pop(name, None)
    out = capsys.readouterr().out
    assert ("have changed since the saved run (3 episodes), so a new one starts" in out) is not same_run
    assert len(old_runs(tmp_path / "run")) == (0 if same_run else 2)
    assert len(history.scores) == 4
    if same_run:
        assert history.scores[:3] == first.scores


def test_another_gamma_in_the_config_starts_a_new_run_and_another_number_of_episodes_does_not(tmp_path, capsys):
    config = LanderConfig()
    dqn(Agent(8, 4, config=config), make_lander(), 3, **SHORT, run_dir=tmp_path)
    dqn(Agent(8, 4, config=replace(config, n_episodes=5)), make_lander(), 5, **SHORT, run_dir=tmp_path)
    assert old_runs(tmp_path) == []
    dqn(Agent(8, 4, config=replace(config, gamma=0.9)), make_lander(), 2, **SHORT, run_dir=tmp_path)
    assert "have changed since the saved run (5 episodes)" in capsys.readouterr().out
    assert len(old_runs(tmp_path)) == 2


@pytest.mark.parametrize(
    "change, words",
    [
        ({"seed": 1}, "seed was 0, now 1"),
        ({"max_t": 61}, "max_t was 60, now 61"),
        ({"eps_decay": 0.9, "eps_end": 0.1}, "eps_end was 0.01, now 0.1, eps_decay was 0.995, now 0.9"),
    ],
)
def test_other_settings_are_refused_by_name(tmp_path, change, words):
    dqn(Agent(8, 4), make_lander(), 3, **SHORT, run_dir=tmp_path)
    before = (tmp_path / STATE).read_bytes()
    with pytest.raises(CheckpointError, match=re.escape(f"started with other settings ({words}); use those to go on")):
        dqn(Agent(8, 4), make_lander(), 6, **{**SHORT, **change}, run_dir=tmp_path)
    assert (tmp_path / STATE).read_bytes() == before


class Wide(Agent):
    """The same code, another size."""

    def __init__(self, state_size, action_size, seed=0, units=64):
        super().__init__(state_size, action_size, seed, LanderConfig())
        self.qnetwork_local = QNetwork(state_size, action_size, seed, units, 64)
        self.qnetwork_target = QNetwork(state_size, action_size, seed, units, 64)
        self.optimizer = torch.optim.Adam(self.qnetwork_local.parameters())
        self._q_values = self.qnetwork_local.numpy_forward()


def test_a_run_of_another_layer_size_is_refused(tmp_path):
    dqn(Wide(8, 4), make_lander(), 2, **SHORT, run_dir=tmp_path)
    with pytest.raises(CheckpointError, match="the saved qnetwork_local does not fit.*layer sizes.*resume=False"):
        dqn(Wide(8, 4, units=32), make_lander(), 4, **SHORT, run_dir=tmp_path)


def test_a_run_of_another_kind_of_agent_is_refused(tmp_path):
    dqn(Agent(8, 4), make_lander(), 2, **SHORT, run_dir=tmp_path)
    agent = Agent(8, 4)
    agent.critic = QNetwork(8, 4)
    with pytest.raises(CheckpointError, match=r"another kind of agent \(differs in: critic\)"):
        dqn(agent, make_lander(), 4, **SHORT, run_dir=tmp_path)


@pytest.mark.parametrize("missing", ["agent", "code", "settings", "history", "global_rng"])
def test_a_saved_run_that_lacks_a_part_is_refused(tmp_path, missing):
    dqn(Agent(8, 4), make_lander(), 2, **SHORT, run_dir=tmp_path)
    state = load_training_state(tmp_path / STATE)
    del state[missing]
    save_training_state(state, tmp_path / STATE)
    with pytest.raises(CheckpointError, match=f"lacks '{missing}'; start a new run with resume=False"):
        dqn(Agent(8, 4), make_lander(), 4, **SHORT, run_dir=tmp_path)


def test_a_damaged_saved_run_is_refused_and_resume_false_puts_it_aside(tmp_path):
    dqn(Agent(8, 4), make_lander(), 2, **SHORT, run_dir=tmp_path)
    content = (tmp_path / STATE).read_bytes()
    (tmp_path / STATE).write_bytes(content[: len(content) // 2])
    with pytest.raises(CheckpointError, match="damaged"):
        dqn(Agent(8, 4), make_lander(), 4, **SHORT, run_dir=tmp_path)
    assert len(dqn(Agent(8, 4), make_lander(), 4, **SHORT, run_dir=tmp_path, resume=False).scores) == 4
    assert len(old_runs(tmp_path)) == 2


def test_two_runs_in_one_folder_are_refused_and_the_first_goes_on(tmp_path):
    refused = []

    def second():
        with pytest.raises(
            CheckpointError, match="another run is training in .*; stop it .*run_dir of its own"
        ) as error:
            dqn(Agent(8, 4, seed=1), make_lander(), 4, **SHORT, run_dir=tmp_path)
        refused.append(error)

    history = dqn(Agent(8, 4), Interrupting(make_lander(), 70, second), 4, **SHORT, run_dir=tmp_path)
    assert len(refused) == 1 and len(history.scores) == 4
    assert len(dqn(Agent(8, 4), make_lander(), 6, **SHORT, run_dir=tmp_path).scores) == 6


def test_a_folder_that_cannot_hold_a_run_is_named_before_the_first_episode(tmp_path, monkeypatch):
    env = World(lambda k: 0.0)
    (tmp_path / "file").write_text("")
    with pytest.raises(CheckpointError, match="a run cannot be kept in .*file.*; name another run_dir"):
        dqn(Agent(8, 4), env, run_dir=tmp_path / "file" / "run")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: shutil._ntuple_diskusage(10**9, 10**9 - 10**6, 10**6))
    with pytest.raises(CheckpointError, match="has only 1 MB left, a run needs 50; delete something first"):
        dqn(Agent(8, 4), env, run_dir=tmp_path)
    assert env.seeds == []


def limit_files_to(size):
    """From now on a write beyond ``size`` bytes fails, as on a full disk; None lifts the limit."""
    hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard if size is None else size, hard))


def test_a_disk_that_is_full_at_the_start_is_found_before_the_first_episode(tmp_path):
    env = World(lambda k: 0.0)
    limit_files_to(20_000)
    try:
        with pytest.raises(CheckpointError, match="training_state.pt cannot be written .*is the disk full"):
            dqn(Agent(8, 4), env, run_dir=tmp_path, progress=False)
    finally:
        limit_files_to(None)
    assert env.seeds == [] and list(tmp_path.iterdir()) == []


def test_a_disk_that_fills_up_ends_the_run_with_a_sentence_and_what_was_saved_goes_on(tmp_path):
    env = Interrupting(make_lander(), 270, lambda: limit_files_to(20_000))
    try:
        with pytest.raises(CheckpointError, match="cannot be written"):
            dqn(Agent(8, 4), env, 12, **SHORT, save_every=0.0, run_dir=tmp_path / "run")
    finally:
        limit_files_to(None)
    assert len(load_training_state(tmp_path / "run" / STATE)["history"]["scores"]) == 4
    whole, again = Agent(8, 4), Agent(8, 4)
    expected = dqn(whole, make_lander(), 8, **SHORT, run_dir=tmp_path / "whole")
    assert dqn(again, make_lander(), 8, **SHORT, run_dir=tmp_path / "run").scores == expected.scores
    assert everything(again)[:5] == everything(whole)[:5]


def test_an_agent_that_could_not_be_read_back_is_refused_before_the_first_episode(tmp_path):
    class Odd:
        def state_dict(self):
            return {"seen": {1, 2, 3}, "home": tmp_path}

    agent, env = Agent(8, 4), World(lambda k: 0.0)
    agent.log = Odd()
    with pytest.raises(CheckpointError, match="this agent cannot be saved, so the run does not start: .*pathlib"):
        dqn(agent, env, run_dir=tmp_path)
    assert env.seeds == [] and list(tmp_path.iterdir()) == []


def test_half_written_files_of_a_killed_run_are_cleaned_up_and_nothing_else(tmp_path):
    for name in (f".{STATE}.4711.new", f".{WEIGHTS}.4711.new", ".homework.new", "my.new"):
        (tmp_path / name).write_text("")
    dqn(Agent(8, 4), make_lander(), 2, **SHORT, run_dir=tmp_path)
    assert old_runs(tmp_path) == [".homework.new", "my.new"]


# --- the reference runs


def test_the_band_is_made_of_the_running_means_of_its_runs(tmp_path):
    rng = np.random.default_rng(0)
    runs = rng.normal(0, 100, size=(3, 130))
    lines = ["# a comment", "seed,episode,score,steps"]
    lines += [f"{seed},{k + 1},{score},9" for seed, run in enumerate(runs) for k, score in enumerate(run)]
    lines.append("1,131,5.0,9")  # one run is longer: the band ends where the shortest does
    (tmp_path / "band.csv").write_text("\n".join(lines))
    band = training.reference_band(tmp_path / "band.csv")
    means = np.array([[run[end - 100 : end].mean() for end in range(100, 131)] for run in runs])
    assert band["episode"].tolist() == list(range(100, 131)) and band["n_seeds"] == 3
    np.testing.assert_allclose(band["low"], means.min(axis=0))
    np.testing.assert_allclose(band["high"], means.max(axis=0))
    np.testing.assert_allclose(band["median"], np.sort(means, axis=0)[1])


def test_the_shipped_band_has_ten_seeds_and_reaches_200():
    band = training.reference_band()
    assert band["n_seeds"] >= 10
    assert (band["low"] <= band["median"]).all() and (band["median"] <= band["high"]).all()
    assert band["median"].max() > 200
    assert band["high"][0] < 0  # after a hundred episodes nobody can land


def test_the_shipped_band_was_made_by_this_agent_and_this_loop(tmp_path):
    lines = [line.split(",") for line in training.BAND_FILE.read_text().splitlines()[3:]]
    for seed in (0, 7):
        shipped = [(float(score), int(steps)) for of, _, score, steps in lines if int(of) == seed][:4]
        history = dqn(Agent(8, 4, seed), n_episodes=4, seed=seed, run_dir=tmp_path / str(seed), progress=False)
        for (score, steps), mine, my_steps in zip(shipped, history.scores, history.steps, strict=True):
            assert my_steps == steps and mine == pytest.approx(score, abs=0.01)


BAND = {"episode": np.arange(100, 301), "low": np.full(201, -100.0), "high": np.full(201, 0.0), "n_seeds": 3}


@pytest.mark.parametrize(
    "scores, expected",
    [
        ([-400.0] * 149, ""),  # too early to judge
        ([-400.0] * 150, "Mean -400 is far below all 3 reference runs at episode 150 (lowest -100). Stop and run"),
        ([-140.0] * 300, ""),
        ([-400.0] * 900, "far below all 3 reference runs at episode 900"),  # beyond the end of the band
        (list(np.linspace(-200, 200, 900)), ""),
        ([*[0.0] * 100, *[200.0] * 100, *[0.0] * 399], ""),  # the best mean is that of episode 200
        ([*[0.0] * 100, *[200.0] * 100, *[0.0] * 400], "No better mean for 400 episodes: learning has stalled"),
    ],
)
def test_the_hint_speaks_only_when_a_run_looks_ill(scores, expected):
    said = training.hint(scores, BAND)
    assert expected in said and bool(said) == bool(expected)


def test_the_hint_is_silent_without_a_band():
    assert training.hint([-400.0] * 500, None) == ""


# --- learning


@pytest.mark.parametrize("name", ["delay", "choice", "endless", "action"])
def test_the_loop_and_the_agent_learn_the_known_q_values_of_a_tiny_world(tmp_path, name):
    env = PROBES[name]()
    config = LanderConfig(gamma=env.gamma, tau=0.05, learning_rate=3e-3, update_every=1, fc1_units=32, fc2_units=32)
    agent = Agent(*env.q_values.shape, seed=0, config=config)
    episodes = {"endless": 160}.get(name, 450)
    dqn(
        agent, env, episodes, eps_end=1.0, run_dir=tmp_path, solved_score=np.inf, progress=False
    )  # random play reaches everything  # fmt: skip
    with torch.no_grad():
        learned = agent.qnetwork_local(torch.eye(len(env.q_values))).numpy()
    np.testing.assert_allclose(learned, env.q_values, atol=0.1)


@pytest.mark.slow
def test_the_agent_improves_clearly_on_the_lander(tmp_path):
    agent = Agent(8, 4, seed=0)
    dqn(agent, n_episodes=150, max_t=300, eps_decay=0.97, run_dir=tmp_path, progress=False)
    trained = evaluate(agent, make_lander(), episodes=30, max_t=300).mean
    untrained = evaluate(random_policy(4), make_lander(), episodes=30, max_t=300).mean
    assert trained > untrained + 120  # of four seeds the worst gained 170


# --- in a notebook


class Kernel:
    """A Jupyter kernel, driven as JupyterLab does it."""

    def __init__(self, cwd):
        self.manager = jupyter_client.KernelManager(kernel_name="python3")
        self.manager.start_kernel(cwd=str(cwd))
        self.client = self.manager.blocking_client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=60)

    def run(self, code, stop_at=None):
        """The outputs of a cell, as ``(type, content)``; Stop is pressed as soon as it prints ``stop_at``."""
        message_id, outputs = self.client.execute(code), []
        while True:
            message = self.client.get_iopub_msg(timeout=60)
            if message["parent_header"].get("msg_id") != message_id:
                continue
            if message["msg_type"] == "status" and message["content"]["execution_state"] == "idle":
                return outputs
            outputs.append((message["msg_type"], message["content"]))
            if stop_at and stop_at in message["content"].get("text", ""):
                self.manager.interrupt_kernel()


@pytest.fixture(scope="module")
def kernel(tmp_path_factory):
    kernel = Kernel(tmp_path_factory.mktemp("notebook"))
    kernel.run("from dqn_course import training, environments\nfrom dqn_course.agent import Agent as Reference")
    yield kernel
    kernel.client.stop_channels()
    kernel.manager.shutdown_kernel(now=True)


def printed(outputs):
    return "".join(content["text"] for kind, content in outputs if kind == "stream" and content["name"] == "stdout")


def test_stop_in_a_notebook_keeps_everything_and_the_cell_goes_on(kernel):
    cell = """
class Telling(Reference):
    def step(self, *transition):
        super().step(*transition)
        if self.memory.position == 250:
            print("in the fifth episode")
training.dqn(Telling(8, 4), n_episodes={}, max_t=60, save_every=1e9, run_dir="stopped")
"""
    outputs = kernel.run(cell.format(100_000), stop_at="in the fifth episode")
    stopped = int(re.search(r"Stopped after episode (\d+)\. Nothing is lost", printed(outputs))[1])
    assert stopped >= 5
    assert [kind for kind, _ in outputs if kind == "error"] == []
    outputs = kernel.run(cell.format(stopped + 5))
    assert f"Going on after episode {stopped} of the run" in printed(outputs)
    (result,) = (content["data"]["text/plain"] for kind, content in outputs if kind == "execute_result")
    assert result.startswith(f"History({stopped + 5} episodes")


def test_the_live_plot_in_a_notebook_is_one_picture_that_is_replaced(kernel):
    outputs = kernel.run("training.dqn(Reference(8, 4), n_episodes=8, max_t=60, run_dir='plot')")
    shown = [content for kind, content in outputs if kind == "display_data" and "image/png" in content["data"]]
    replaced = [
        content for kind, content in outputs if kind == "update_display_data" and "image/png" in content["data"]
    ]
    assert len(shown) == 1 and len(replaced) >= 1
    ids = {content["transient"]["display_id"] for content in shown + replaced}
    assert len(ids) == 1
    assert "clear_output" not in [kind for kind, _ in outputs]


def test_errors_for_people_have_no_traceback_in_a_notebook(kernel):
    class_cell = "class Empty(Reference):\n    def learn(self, experiences, gamma):\n        pass\n"
    outputs = kernel.run(class_cell + "training.dqn(Empty(8, 4), run_dir='empty')")
    (error,) = (content for kind, content in outputs if kind == "error")
    assert error["ename"] == "TrainingError"
    assert len(error["traceback"]) == 1 and error["traceback"][0].startswith("TrainingError: learn() ran but changed")


def test_an_agent_that_is_written_in_the_notebook_and_changed_starts_a_new_run(kernel):
    cell = """
class Mine(Reference):
    def learn(self, experiences, gamma):
        super().learn(experiences, {})
training.dqn(Mine(8, 4), n_episodes={}, max_t=60, progress=False, run_dir='mine')
"""
    assert printed(kernel.run(cell.format("gamma", 2))) == ""
    assert printed(kernel.run(cell.format("gamma", 3))) == ""
    assert "have changed since the saved run (3 episodes)" in printed(kernel.run(cell.format("0.9 * gamma", 4)))
