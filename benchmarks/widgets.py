"""How long one redraw of every widget takes: ``make bench NAME=widgets``.

Each control is moved through its range, one change after the other, as a hand on a slider would; the time is that of
the drawing and the PNG, on one thread. A redraw should take less than 100 ms on a laptop, or dragging stutters.

Both are given: the time on the clock, and that of the processor, which hardly depends on what else the machine does.
"""

import argparse
import ast
import contextlib
import io
import json
import os
import statistics
import sys
import tempfile
import time
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
    """Milliseconds of each redraw, on the clock and of the processor; the first two, which fill caches, do not count.

    What a widget computes ahead, after it is shown, is done before.
    """
    for _ in widget.ready() if widget.ready else ():
        pass
    values = [
        widget.values(**{name: at}) for name, control in widget.controls.items() for at in positions(control, number)
    ]
    times = []
    for now in [values[0], values[-1], *values]:
        start = time.perf_counter(), time.process_time()
        widget.png(**now)
        times.append((1000 * (time.perf_counter() - start[0]), 1000 * (time.process_time() - start[1])))
    return list(zip(*times[2:]))


def widgets_of(lesson):
    """{call: widget} of every cell of a solved lesson that ends in one; the cells run on the small budget."""
    source = (ROOT / "solutions" / lesson / f"{lesson}.py").read_text()
    space, found = {"__name__": "lesson"}, {}
    for cell in source.split("\n# %%")[1:]:
        head, _, code = cell.partition("\n")
        if head.strip().startswith("[markdown]"):
            continue
        tree = ast.parse(code)
        last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
        exec(compile(tree, lesson, "exec"), space)
        if last:
            shown = eval(compile(ast.Expression(last.value), lesson, "eval"), space)
            if hasattr(shown, "controls"):
                found[ast.unparse(last.value)] = shown
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("lessons", nargs="*", help="their numbers, such as 01; all of them unless given")
    parser.add_argument("--number", type=int, default=12, help="redraws for each slider")
    parser.add_argument("--json", action="store_true", help="print the results as JSON")
    options = parser.parse_args()

    os.environ["DQN_COURSE_QUICK"] = "1"
    results = {}
    for path in sorted((ROOT / "dqn_course" / "widgets").glob("lesson_*.py")):
        if options.lessons and path.stem[-2:] not in options.lessons:
            continue
        lesson = next((ROOT / "solutions").glob(f"{path.stem[-2:]}_*")).name
        with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()):
            os.chdir(folder)
            found = widgets_of(lesson)
            os.chdir(ROOT)
        for call, widget in found.items():
            clock, processor = redraw_times(widget, options.number)
            name = f"{lesson[:2]} {call.removeprefix('widgets.')}"
            results[name] = {"median_ms": statistics.median(clock), "worst_ms": max(clock)}
            results[name] |= {"median_cpu_ms": statistics.median(processor), "worst_cpu_ms": max(processor)}
            if not options.json:
                _show(name, results[name])
    if options.json:
        print(json.dumps(results, indent=2))
    return 0


def _show(name, result):
    slow = "" if result["median_ms"] < LIMIT_MS else f"  over {LIMIT_MS} ms"
    print(
        f"{name[:44]:44} median {result['median_ms']:6.1f} ms, worst {result['worst_ms']:6.1f} ms; processor "
        f"{result['median_cpu_ms']:6.1f} and {result['worst_cpu_ms']:6.1f} ms{slow}",
        flush=True,
    )


if __name__ == "__main__":
    sys.exit(main())
