"""``nbgrader autograde`` of this course beside stock nbgrader: ``make bench NAME=autograde``.

A class of honest submissions (two of three all right, the third with its first exercise only) of lessons 1 and 6 is
graded by both, in turns, in fresh courses. The marks must be equal, or the program ends. Reported: seconds a
submission, start included; their ratio; the peak of memory of all processes together; and the overhead of ours, which
is what a submission costs beyond the processor time of the student's own cells.
"""

import argparse
import csv
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import nbformat
import psutil

ROOT = Path(__file__).resolve().parents[1]
LESSONS = {"01": "01_perceptron", "06": "06_lunar_lander"}
STOCK = """
from nbgrader.apps import autogradeapp
from nbgrader.converters.autograde import Autograde
autogradeapp.Autograde = Autograde
"""


def make_course(folder, lesson, students, stock):
    """A course of one lesson in an empty folder, with everybody's notebook handed in."""
    config = (ROOT / "nbgrader_config.py").read_text()
    (folder / "nbgrader_config.py").write_text(config + (STOCK if stock else ""))
    shutil.copytree(ROOT / "solutions" / lesson, folder / "solutions" / lesson)
    nbgrader(folder, "generate_assignment", lesson)
    solved = nbformat.read(folder / "solutions" / lesson / f"{lesson}.ipynb", as_version=4)
    answers = {cell.id: cell.source for cell in solved.cells if cell.metadata.get("nbgrader", {}).get("solution")}
    first = next(iter(answers))
    for number in range(students):
        notebook = nbformat.read(folder / "notebooks" / lesson / f"{lesson}.ipynb", as_version=4)
        for cell in notebook.cells:
            if cell.id in answers and (number % 3 < 2 or cell.id == first):
                cell.source = answers[cell.id]
        home = folder / "submitted" / f"student{number:03}" / lesson
        home.mkdir(parents=True)
        nbformat.write(notebook, home / f"{lesson}.ipynb")


def nbgrader(folder, *arguments):
    """Run a command of nbgrader in a course; returns (seconds, peak of memory in MB)."""
    environment = os.environ | {
        "PYTHONPATH": str(ROOT),
        "JUPYTER_CONFIG_DIR": str(folder / ".jupyter"),
        "JUPYTER_DATA_DIR": str(folder / ".jupyter"),
        "IPYTHONDIR": str(folder / ".ipython"),
        "OMP_NUM_THREADS": "1",
    }
    start, peak, done = time.perf_counter(), [0], threading.Event()
    with open(folder / "log", "w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "nbgrader", *arguments], cwd=folder, env=environment, stdout=log, stderr=log
        )
        threading.Thread(target=watch, args=(process.pid, peak, done), daemon=True).start()
        code = process.wait()
    done.set()
    if code:
        sys.exit(f"nbgrader {' '.join(arguments)} failed:\n{(folder / 'log').read_text()[-2000:]}")
    return time.perf_counter() - start, peak[0] / 1e6


def watch(pid, peak, done):
    """Keep the highest sum of proportional memory of a process and all below it."""
    while not done.wait(0.5):
        total = 0
        try:
            for process in [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]:
                try:
                    total += process.memory_full_info().pss
                except (psutil.Error, AttributeError):
                    continue
        except psutil.Error:
            return
        peak[0] = max(peak[0], total)


def grade(lesson, students, stock):
    """(seconds, memory in MB, {student: score}, processor seconds of the cells) of one graded class."""
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        make_course(folder, lesson, students, stock)
        seconds, memory = nbgrader(folder, "autograde", lesson)
        nbgrader(folder, "export")
        with open(folder / "grades.csv") as file:
            scores = {row["student_id"]: float(row["score"]) for row in csv.DictReader(file)}
        cpu = 0.0
        if not stock:
            report = json.loads((folder / "grading" / f"{lesson}.json").read_text())
            cpu = sum(record["cpu_seconds"] for record in report["submissions"])
    return seconds, memory, scores, cpu


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--students", type=int, default=40, help="submissions in a class")
    parser.add_argument("--rounds", type=int, default=1, help="how often both grade it, in turns")
    parser.add_argument("--lessons", nargs="*", default=list(LESSONS), choices=list(LESSONS))
    parser.add_argument("--json", action="store_true", help="end with one line of JSON")
    options = parser.parse_args()

    result = {"students": options.students, "rounds": options.rounds}
    overheads = []
    for number in options.lessons:
        ratios = []
        for _ in range(options.rounds):
            ours, our_memory, our_scores, cpu = grade(LESSONS[number], options.students, stock=False)
            stock, stock_memory, stock_scores, _ = grade(LESSONS[number], options.students, stock=True)
            if our_scores != stock_scores:
                sys.exit(f"The marks differ: {our_scores} against {stock_scores}.")
            ratios.append(stock / ours)
            overheads.append((ours * min(os.cpu_count(), options.students) - cpu) / options.students)
            each = f"{ours / options.students:.2f} s a submission, peak {our_memory:.0f} MB"
            theirs = f"{stock / options.students:.2f} s, peak {stock_memory:.0f} MB"
            extra = f"overhead {overheads[-1]:.2f} s a submission and worker, start included"
            print(f"{LESSONS[number]}: ours {each}; stock {theirs}; ratio {ratios[-1]:.1f}; {extra}", flush=True)
            result[f"seconds_{number}"], result[f"seconds_stock_{number}"] = ours, stock
            result[f"peak_mb_{number}"], result[f"peak_mb_stock_{number}"] = our_memory, stock_memory
        result[f"ratio_stock_{number}"] = statistics.median(ratios)
    result["overhead_s"] = statistics.median(overheads)
    if options.json:
        print(json.dumps(result))
    return 0


if __name__ == "__main__":
    sys.exit(main())
