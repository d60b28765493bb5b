"""How long every lesson takes: to run, to check, and (estimated) to read: ``make bench NAME=lessons``.

* run: the solution notebook from top to bottom in a fresh kernel, as a person's JupyterLab would, start included;
* checks: the slowest check of a right answer, the median of five;
* reading: words of text at 200 a minute; exercises: the minutes that their headings name. Both are estimates.
"""

import argparse
import contextlib
import io
import json
import os
import re
import statistics
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
ROOT = Path(__file__).resolve().parents[1]
WORDS_A_MINUTE = 200


def run_seconds(notebook):
    """Seconds to execute a notebook in a fresh kernel, in a copy of its folder."""
    import nbformat
    from nbclient import NotebookClient

    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        NotebookClient(
            nbformat.read(notebook, as_version=4), timeout=600, resources={"metadata": {"path": folder}}
        ).execute()
        return time.perf_counter() - start


def check_seconds(notebook):
    """{check: median seconds of five} for the solutions of a lesson; its cells run in a scratch folder."""
    from IPython.core.interactiveshell import InteractiveShell

    cells = json.loads(notebook.read_text())["cells"]
    tagged = [
        (cell["metadata"].get("nbgrader", {}), "".join(cell["source"])) for cell in cells if cell["cell_type"] == "code"
    ]
    times, back = {}, Path.cwd()
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()):
        os.chdir(folder)
        shell = InteractiveShell.instance()
        for tag, source in tagged:
            if tag.get("grade"):
                rounds = []
                for _ in range(5):
                    start = time.perf_counter()
                    shell.run_cell(source).raise_error()
                    rounds.append(time.perf_counter() - start)
                times[tag["grade_id"].removesuffix("_check")] = statistics.median(rounds)
            elif tag:
                shell.run_cell(source).raise_error()
        os.chdir(back)
    return times


def minutes(notebook):
    """(reading, exercises) in minutes, from the student's text."""
    cells = json.loads(notebook.read_text())["cells"]
    text = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")
    text = re.sub(r"<[^>]*>|\$\$.*?\$\$", " ", text, flags=re.DOTALL)
    exercises = re.findall(r"^#+ .*\(\d+ points?, (?:about )?(\d+) minutes?\)", text, re.MULTILINE)
    return len(re.findall(r"\w+", text)) / WORDS_A_MINUTE, sum(map(int, exercises))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("lessons", nargs="*", help="their numbers or names; all of them unless given")
    parser.add_argument("--json", action="store_true", help="print the results as JSON")
    options = parser.parse_args()

    results = {}
    for notebook in sorted((ROOT / "solutions").glob("[0-9][0-9]_*/[0-9][0-9]_*.ipynb")):
        if options.lessons and not any(notebook.stem.startswith(lesson) for lesson in options.lessons):
            continue
        checks = check_seconds(notebook)
        slowest = max(checks, key=checks.get)
        reading, exercises = minutes(ROOT / "notebooks" / notebook.stem / notebook.name)
        results[notebook.stem] = {
            "run_s": run_seconds(notebook), "slowest_check": slowest, "slowest_check_s": checks[slowest],
            "reading_min": reading, "exercises_min": exercises,
        }  # fmt: skip
        if not options.json:
            print(
                f"{notebook.stem:26} runs {results[notebook.stem]['run_s']:5.1f} s, slowest check {slowest} "
                f"{checks[slowest]:.2f} s, reading {reading:.0f} + exercises {exercises} minutes",
                flush=True,
            )
    if options.json:
        print(json.dumps(results))
    return 0


if __name__ == "__main__":
    sys.exit(main())
