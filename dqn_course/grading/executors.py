"""Where submissions run: in threads here, each with a warm sandbox, or on the workers of a Dask cluster."""

import contextlib
import importlib.util
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait

from dqn_course.grading import marking

AHEAD = 2
"""Submissions that are read in advance for each worker; more would only fill the memory."""


def check(kind, scheduler):
    """Raise ValueError, with a sentence for the instructor, for an executor that cannot work."""
    if kind not in ("local", "dask"):
        raise ValueError(f'c.SandboxedAutograde.executor is "{kind}": use "local" or "dask".')
    if kind == "dask" and importlib.util.find_spec("distributed") is None:
        raise ValueError("The Dask executor needs dask.distributed: pip install -e '.[cluster]'.")
    if kind == "dask" and not scheduler:
        raise ValueError('Name the scheduler of the cluster: c.SandboxedAutograde.scheduler = "tcp://HOST:8786".')


def open_executor(kind, workers, scheduler=""):
    """A context with a pool whose ``run(items, task)`` yields (student, result) as they come."""
    return _dask(scheduler) if kind == "dask" else _local(workers)


@contextlib.contextmanager
def _local(workers):
    pool = ThreadPoolExecutor(workers, thread_name_prefix="sandbox")
    try:
        yield Pool(lambda task: pool.submit(marking.mark, task), workers, _first_done)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
        marking.stop_all()


@contextlib.contextmanager
def _dask(scheduler):
    from dask.distributed import Client
    from dask.distributed import wait as wait_for

    with Client(scheduler, timeout=30) as client:
        workers = max(1, sum(client.nthreads().values()))

        def first_done(futures):
            return wait_for(list(futures), return_when="FIRST_COMPLETED").done

        # A task is pure but for its seed, and may run again on another worker if its own dies.
        yield Pool(lambda task: client.submit(marking.mark, task, pure=False, retries=3), workers, first_done)


def _first_done(futures):
    return wait(futures, return_when=FIRST_COMPLETED).done


class Pool:
    """Runs tasks, some ahead of the rest, and hands out results in the order in which they are done."""

    def __init__(self, submit, workers, first_done):
        self.submit = submit
        self.workers = workers
        self.first_done = first_done

    def run(self, items, make_task):
        """Yield (student, result) for each item; ``make_task(item)`` is called shortly before it runs."""
        items, running = iter(items), {}
        while True:
            while len(running) < self.workers * AHEAD and (item := next(items, None)) is not None:
                task = make_task(item)
                running[self.submit(task)] = task
            if not running:
                return
            for future in self.first_done(running):
                task = running.pop(future)
                yield task["student"], _result(future, task)


def _result(future, task):
    """What a future brought; where it failed, a result that says so and gives no points."""
    try:
        return future.result()
    except Exception as problem:
        reason = f"The grader could not run this submission ({type(problem).__name__}: {problem})."
        lost = marking.error_output("NotGraded", reason)  # nbgrader gives a check without an output all its points
        outputs = [[lost] if cell["points"] is not None else [] for cell in task["cells"]]
        return {"outputs": outputs, "notes": [], "flags": [], "ended": reason, "timed_out": False, "failed": True}
