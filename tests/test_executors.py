"""Many tasks at once: results and problems come as they are done, and what happens to one task touches no other."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest

from dqn_course import executors

ROOT = Path(__file__).parents[1]
LOCAL = ("threads", "processes")


def square(number):
    return number * number


def odd_only(number):
    if number % 2 == 0:
        raise ValueError(f"{number} is even")
    return number


def dies(number):
    if number == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def cannot_travel(number):
    return threading.Lock()


def saves_when_interrupted(folder):
    try:
        Path(folder, "begun").touch()
        time.sleep(60)
    except KeyboardInterrupt:
        time.sleep(0.5)
        Path(folder, "saved").touch()
        raise


@pytest.mark.parametrize("kind", LOCAL)
def test_every_task_comes_back_with_its_result(kind):
    with executors.open_pool(kind, workers=2) as pool:
        done = list(pool.run(square, range(5)))
    assert sorted(done) == [(number, number**2, None) for number in range(5)]


@pytest.mark.parametrize("kind", LOCAL)
def test_a_task_that_fails_is_the_problem_of_that_task_alone(kind):
    with executors.open_pool(kind, workers=2) as pool:
        done = {task: (result, problem) for task, result, problem in pool.run(odd_only, range(4))}
    assert [done[number] for number in (1, 3)] == [(1, None), (3, None)]
    for number in 0, 2:
        result, problem = done[number]
        assert result is None and type(problem) is ValueError and str(problem) == f"{number} is even"


def test_tasks_are_made_shortly_before_they_run():
    made, ahead = [], []

    def make_task(item):
        made.append(item)
        return item

    with executors.open_pool("threads", workers=1) as pool:
        for count, _ in enumerate(pool.run(square, range(20), make_task), start=1):
            ahead.append(len(made) - count)
    assert sorted(made) == list(range(20))
    assert max(ahead) <= executors.AHEAD


def test_a_process_that_dies_takes_no_other_with_it():
    with executors.open_pool("processes", workers=2) as pool:
        done = {task: (result, problem) for task, result, problem in pool.run(dies, range(3))}
    assert done[0] == (0, None) and done[2] == (2, None)
    assert isinstance(done[1][1], executors.ExecutorError)
    assert str(done[1][1]) == "The process ended by itself, with code -9."


def test_a_result_that_cannot_travel_is_a_problem():
    with executors.open_pool("processes", workers=1) as pool:
        ((_, result, problem),) = pool.run(cannot_travel, [1])
    assert result is None and isinstance(problem, executors.ExecutorError)


STOPPED = """
import sys
sys.path.insert(0, {tests!r})
from dqn_course import executors
import test_executors
if __name__ == "__main__":
    with executors.open_pool("processes", workers=1) as pool:
        for _ in pool.run(test_executors.saves_when_interrupted, [{folder!r}]):
            pass
"""


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL], ids=["ctrl_c", "kill"])
def test_processes_may_save_when_the_pool_is_stopped_and_none_is_left(tmp_path, how):
    program = tmp_path / "program.py"
    program.write_text(STOPPED.format(tests=str(ROOT / "tests"), folder=str(tmp_path)))
    pool = subprocess.Popen([sys.executable, program], cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)})
    end = time.monotonic() + 60
    while not (tmp_path / "begun").exists():
        assert pool.poll() is None and time.monotonic() < end
        time.sleep(0.05)
    started = psutil.Process(pool.pid).children(recursive=True)
    pool.send_signal(how)
    assert pool.wait(30) != 0
    assert psutil.wait_procs(started, timeout=20)[1] == []
    assert (tmp_path / "saved").exists()


@pytest.mark.parametrize(
    "kind, scheduler, said",
    [
        ("batch", "", "There is no executor 'batch'; there are threads, processes, dask."),
        ("dask", "", "Name the scheduler of the cluster: --scheduler tcp://HOST:8786."),
    ],
)
def test_a_pool_that_cannot_work_is_refused_in_a_sentence(kind, scheduler, said, monkeypatch):
    monkeypatch.setattr(executors.importlib.util, "find_spec", lambda name: object())
    with pytest.raises(executors.ExecutorError) as refused:
        executors.check(kind, scheduler, "--scheduler tcp://HOST:8786")
    assert str(refused.value) == said
    with pytest.raises(executors.ExecutorError):
        executors.open_pool(kind, 1, scheduler)


def test_without_distributed_one_sentence_says_how_to_get_it(monkeypatch):
    monkeypatch.setattr(executors.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(executors.ExecutorError, match=r"pip install -e '.\[cluster\]'"):
        executors.check("dask", "tcp://localhost:8786")
