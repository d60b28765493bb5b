"""How long one redraw of every widget takes: ``make bench NAME=widgets``.

Each control is moved through its range, one change after the other, as a hand on a slider would; the time is that of
the drawing and the PNG, on one thread. A redraw should take less than 100 ms on a laptop, or dragging stutters.
"""

import argparse
import inspect
import json
import os
import statistics
import sys
import time
from importlib import import_module
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
ROOT = Path(__file__).resolve().parents[1]
LIMIT_MS = 100


def positions(control, number):
    """Values of a control from one end to the other."""
    ends = control.ends()
    if len(ends) != 2 or not all(isinstance(end, int | float) and not isinstance(end, bool) for end in ends):
        return ends
    low, high = ends
    kind = int if isinstance(getattr(control, "step", 1), int) else float
    return [kind(low + (high - low) * i / (number - 1)) for i in range(number)]


def redraw_times(widget, number):
    """Milliseconds of each redraw; the first two, which fill caches, are not counted."""
    values = [
        widget.values(**{name: at}) for name, control in widget.controls.items() for at in positions(control, number)
    ]
    times = []
    for now in [values[0], values[-1], *values]:
        start = time.perf_counter()
        widget.png(**now)
        times.append(1000 * (time.perf_counter() - start))
    return times[2:]


def solved(lesson):
    """The names that a lesson's solved exercise cells define, for the widgets that draw a student's function."""
    import numpy as np

    names = {"np": np}
    source = (ROOT / "solutions" / lesson / f"{lesson}.py").read_text()
    for cell in source.split("\n# %% ")[1:]:
        head, _, code = cell.partition("\n")
        if head.startswith(("exercise=", "readonly=")):
            exec(compile(code, lesson, "exec"), names)
    return names


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--number", type=int, default=12, help="redraws for each slider")
    parser.add_argument("--json", action="store_true", help="print the results as JSON")
    options = parser.parse_args()

    results = {}
    for path in sorted((ROOT / "dqn_course" / "widgets").glob("lesson_*.py")):
        module = import_module(f"dqn_course.widgets.{path.stem}")
        lesson = next((ROOT / "solutions").glob(f"{path.stem[-2:]}_*")).name
        names = solved(lesson)
        for name, function in inspect.getmembers(module, inspect.isfunction):
            if name.startswith("_") or function.__module__ != module.__name__:
                continue
            needed = [p.name for p in inspect.signature(function).parameters.values() if p.default is p.empty]
            widget = function(*(names[argument] for argument in needed))
            if hasattr(widget, "controls"):
                times = redraw_times(widget, options.number)
                results[f"{path.stem}.{name}"] = {"median_ms": statistics.median(times), "worst_ms": max(times)}
    if options.json:
        print(json.dumps(results, indent=2))
        return 0
    for name, result in results.items():
        slow = "" if result["median_ms"] < LIMIT_MS else f"  over {LIMIT_MS} ms"
        print(f"{name:40} median {result['median_ms']:6.1f} ms, worst {result['worst_ms']:6.1f} ms{slow}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
