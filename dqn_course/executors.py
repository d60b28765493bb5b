"""Where many tasks run at once: in threads or processes of this machine, or on the workers of a Dask cluster.

    with executors.open_pool("processes", workers=2) as pool:
        for task, result, problem in pool.run(train_one, games):
            ...

The function stands at the top of a module, and tasks and results are plain data: both may travel to another process
or another machine. Nothing that happens to one task touches the others.
"""

import contextlib
import importlib.util
import multiprocessing
import os
import signal
import threading
import time
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait

from dqn_course.errors import CourseError

KINDS = ("threads", "processes", "dask")
AHEAD = 2
"""Tasks that are made in advance for each worker; more would only fill the memory."""
SECONDS_TO_SAVE = 20
"""What a process gets, after an interrupt, to save its work."""


class ExecutorError(CourseError):
    """Tasks cannot run in this way, or the process of one has died."""


def check(kind, scheduler="", setting="scheduler"):
    """Raise ExecutorError for a kind of pool that cannot work; ``setting`` is how a person names the scheduler."""
    if kind not in KINDS:
        raise ExecutorError(f"There is no executor {kind!r}; there are {', '.join(KINDS)}.")
    if kind == "dask" and importlib.util.find_spec("distributed") is None:
        raise ExecutorError("The Dask executor needs dask.distributed: pip install -e '.[cluster]'.")
    if kind == "dask" and not scheduler:
        raise ExecutorError(f"Name the scheduler of the cluster: {setting}.")


def open_pool(kind, workers=0, scheduler=""):
    """A context with a ``Pool``. When it is left early, running processes are interrupted and may save.

    kind: of ``KINDS``; workers: how many at once on this machine, 0 for one each processor; scheduler: the address of
    a Dask scheduler, as in "tcp://10.0.0.5:8786", which knows its workers itself.
    """
    check(kind, scheduler)
    if kind == "dask":
        return _dask(scheduler)
    return (_processes if kind == "processes" else _threads)(workers or os.cpu_count() or 1)


@contextlib.contextmanager
def _threads(workers):
    pool = ThreadPoolExecutor(workers, thread_name_prefix="task")
    try:
        yield Pool(pool.submit, lambda: workers, _first_done)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


@contextlib.contextmanager
def _processes(workers):
    """A fresh process for each task: one that dies takes nothing with it, and all memory is given back."""
    running = Running()
    with _threads(workers) as pool:
        try:
            yield Pool(lambda function, task: pool.submit(running.run, function, task), pool.workers, _first_done)
        finally:
            running.stop()


@contextlib.contextmanager
def _dask(scheduler):
    from dask.distributed import Client
    from dask.distributed import wait as wait_for

    with Client(scheduler, timeout=30) as client:

        def submit(function, task):  # it may run again, on another worker, if its own dies
            return client.submit(function, task, pure=False, retries=3)

        def workers():
            return max(1, sum(client.nthreads().values()))

        def first_done(futures):
            return wait_for(list(futures), return_when="FIRST_COMPLETED").done

        yield Pool(submit, workers, first_done)


def _first_done(futures):
    return wait(futures, return_when=FIRST_COMPLETED).done


class Pool:
    """Runs tasks, some ahead of the rest, and hands out results in the order in which they are done."""

    def __init__(self, submit, workers, first_done):
        self.submit = submit
        self.workers = workers
        self.first_done = first_done

    def run(self, function, items, make_task=None):
        """Yield (task, result, problem) as they are done: one of the last two is None, ``problem`` an exception.

        ``make_task(item)`` makes the task of an item shortly before it runs; without it, the items are the tasks.
        """
        items, running = iter(items), {}
        while True:
            while len(running) < self.workers() * AHEAD and (item := next(items, running)) is not running:
                task = make_task(item) if make_task else item
                running[self.submit(function, task)] = task
            if not running:
                return
            for future in self.first_done(running):
                task, result, problem = running.pop(future), None, None
                try:
                    result = future.result()
                except Exception as raised:
                    problem = raised
                yield task, result, problem


# --- processes


class Running:
    """The processes of a pool: each runs one task and is gone."""

    def __init__(self):
        self.processes = set()
        self.closed = False
        self.lock = threading.Lock()

    def run(self, function, task):
        """Run a task in a process of its own; its result. Raises what it raised, or ExecutorError if it died."""
        context = multiprocessing.get_context("spawn")  # a fork of a process with threads may stand still
        ours, theirs = context.Pipe(duplex=False)
        process = context.Process(target=_work, args=(theirs, function, task))
        with self.lock:
            if self.closed:
                raise ExecutorError("It was not begun.")
            process.start()
            self.processes.add(process)
        theirs.close()
        try:
            result, problem = ours.recv()
        except EOFError:
            process.join()
            raise ExecutorError(f"The process ended by itself, with code {process.exitcode}.") from None
        finally:
            process.join()
            self.processes.discard(process)
        if problem is not None:
            raise problem
        return result

    def stop(self):
        """Interrupt what still runs, once, and kill it if it takes too long to save."""
        with self.lock:
            self.closed = True
            left = list(self.processes)
        for process in left:
            with contextlib.suppress(ProcessLookupError, TypeError):
                os.kill(process.pid, signal.SIGINT)
        end = time.monotonic() + SECONDS_TO_SAVE
        for process in left:
            process.join(max(0, end - time.monotonic()))
            process.kill()


def _work(pipe, function, task):
    """What a process of the pool does."""
    if hasattr(os, "setpgrp"):
        os.setpgrp()  # Ctrl-C in a terminal reaches the pool alone, which passes it on once
    threading.Thread(target=_end_with_the_pool, daemon=True).start()
    try:
        answer = function(task), None
    except KeyboardInterrupt:
        answer = None, ExecutorError("It was interrupted.")
    except Exception as problem:
        answer = None, problem
    try:
        pipe.send(answer)
    except Exception:  # not everything can travel
        pipe.send((None, ExecutorError(f"{type(answer[1] or answer[0]).__name__}: {answer[1] or 'a result'}")))


def _end_with_the_pool():
    multiprocessing.parent_process().join()
    os.kill(os.getpid(), signal.SIGINT)
