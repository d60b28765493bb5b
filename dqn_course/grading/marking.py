"""One submission from its cells to its points: run in the sandbox, judged out here.

A task and its result are plain data, so that they can travel to another machine. The points of a check come from cases
that are drawn out here, with a seed of the submission's own, when the check is reached; the student's process gets the
inputs and returns arrays. What the notebook says about itself is only compared with that.
"""

import ast
import importlib
import io
import secrets
import threading
import time
import zipfile

import numpy as np

from dqn_course.checks import core
from dqn_course.grading.sandbox import Ended, Limits, Sandbox

UNPACKED_BYTES = 200_000_000
TIMEOUT = "CellTimeoutError"
SHOWN = {"text/plain", "text/html", "text/markdown", "text/latex", "image/png", "image/jpeg", "image/svg+xml"}
"""What is kept of a notebook's outputs. Scripts and widgets, which run in the reader's browser, are not."""

_here = threading.local()
_started = []


def mark(task):
    """Run and judge one submission. The task:

    student, cells: dicts of ``id``, ``kind`` (code or other), ``source``, ``points`` (None where not graded), ``check``
    and ``answer`` (for a cell like ``checks.step(step)``: "lesson_01.step" and "step"); files: {name: bytes}; imports:
    lines that warm the sandbox up; limits: of ``Limits``; wall: whether to use bubblewrap.

    Returns a dict: outputs and notes, each one entry a cell; flags: what an instructor should look at; ended: why the
    notebook did not run to its end; timed_out; seconds, cpu_seconds.
    """
    start = time.monotonic()
    cells = task["cells"]
    result = {
        "outputs": [[] for _ in cells],
        "notes": ["" for _ in cells],
        "flags": [],
        "ended": "",
        "timed_out": False,
    }
    limits = Limits(**task["limits"])
    rng = np.random.default_rng(secrets.randbits(128))
    checks = sorted({cell["check"] for cell in cells if cell.get("check")})
    try:
        with sandbox_for(task["imports"], task["wall"]).submission(checks, limits) as running:
            for name, data in task["files"].items():
                running.file(name, data)
            for number, cell in enumerate(cells):
                if cell["kind"] == "code":
                    _run(running, cell, number, result, rng)
                result["cpu_seconds"] = running.cpu_seconds
    except Ended as end:
        result["ended"] = str(end)
        result["timed_out"] |= "longer than" in str(end)
    for number, cell in enumerate(cells):
        if cell["points"] is not None and cell["kind"] == "code" and not result["outputs"][number]:
            reason = result["ended"] or "This cell showed nothing."
            if result["ended"] or cell.get("check"):
                result["outputs"][number] = [error_output("NotGraded", reason)]
    result["seconds"] = time.monotonic() - start
    return result


def sandbox_for(imports, wall):
    """The warm sandbox of this thread; a new one where the lesson, and with it the imports, is another."""
    key = (tuple(imports), wall)
    if getattr(_here, "key", None) != key:
        if getattr(_here, "sandbox", None):
            _here.sandbox.stop()
        _here.key, _here.sandbox = key, Sandbox(imports, wall)
        _started.append(_here.sandbox)
    return _here.sandbox


def stop_all():
    """End every sandbox that this process has started."""
    while _started:
        _started.pop().stop()


def _run(running, cell, number, result, rng):
    """Run one code cell, and judge it where it is graded."""
    reply = running.cell(cell["source"])
    if reply.get("timeout"):
        result["timed_out"] = True
        result["outputs"][number] = [error_output(TIMEOUT, f"This cell ran longer than {reply['seconds']} seconds.")]
        return
    outputs = clean(reply.get("outputs"), number + 1)
    result["outputs"][number] = outputs
    if cell["points"] is None:
        return
    if cell.get("check"):
        said = claimed(outputs)
        verdict = judged(running, cell, rng)
        if verdict is None:
            result["timed_out"] = True
            result["outputs"][number] = [error_output(TIMEOUT, "Your code took too long on the grader's inputs.")]
            return
        result["outputs"][number] = [verdict_output(verdict, number + 1)]
        if said is not None and said > verdict.points:
            text = f"the notebook says {said:g} points, a check outside of it gives {verdict.points:g}"
            result["flags"].append({"cell": cell["id"], "what": text, "evidence": evidence(outputs)})
    elif reply.get("error") == "" and (fooled := _fooled(running, cell["source"])):
        result["flags"].append({"cell": cell["id"], "what": fooled, "evidence": evidence(outputs)})
        result["outputs"][number] = [error_output("NotTrusted", f"This test cannot be trusted: {fooled}.")]


def judged(running, cell, rng):
    """The verdict on a check cell from fresh cases, judged out here; None after a timeout."""
    module, name = cell["check"].rsplit(".", 1)
    check = getattr(importlib.import_module(f"dqn_course.checks.{module}"), name)
    cases = check.cases(rng)
    packed = running.check(cell["check"], cell["answer"], core.pack([case.values for case in cases]))
    if packed is None:
        return None
    try:
        outputs = unpacked(packed)
    except Exception:  # whatever a student's process may send
        outputs = []
    return check.judge_outputs(cases, outputs if isinstance(outputs, list) else [])


def unpacked(packed):
    """``core.unpack`` for bytes from a sandbox. Raises ValueError for what would grow too large."""
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        size = sum(entry.file_size for entry in archive.infolist())
        if size > UNPACKED_BYTES:
            raise ValueError(f"{size} bytes")
        for entry in archive.infolist():  # a header may announce more than there is
            with archive.open(entry) as file:
                version = np.lib.format.read_magic(file)
                read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
                shape, _, dtype = read(file)
                if int(np.prod(shape, dtype=object)) * dtype.itemsize > UNPACKED_BYTES:
                    raise ValueError(f"an array of shape {shape}")
    return core.unpack(packed)


def _fooled(running, source):
    """Why a test cell without complaint proves nothing: what is false holds in there too. Empty where all is well."""
    if running.holds("assert False"):
        return "a false assertion passes in this notebook"
    odd = secrets.token_hex(8)
    for left in compared(source):
        if running.holds(f"assert ({left}) == {odd!r}"):
            return f"{left} claims to be equal to anything"
    return ""


def compared(source):
    """The left sides of the equations in a cell's assertions, as code."""
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return []
    tests = [node.test for node in ast.walk(tree) if isinstance(node, ast.Assert)]
    equations = [part for test in tests for part in ast.walk(test) if isinstance(part, ast.Compare)]
    return [ast.unparse(part.left) for part in equations if isinstance(part.ops[0], ast.Eq)][:20]


def clean(outputs, count):
    """What the sandbox sent as outputs, as notebook outputs of known kinds; anything else is left out."""
    good = []
    for output in outputs if isinstance(outputs, list) else []:
        if not isinstance(output, dict):
            continue
        kind = output.get("output_type")
        if kind == "stream" and output.get("name") in ("stdout", "stderr"):
            good.append({"output_type": kind, "name": output["name"], "text": str(output.get("text", ""))})
        elif kind == "error":
            good.append(error_output(output.get("ename"), output.get("evalue"), output.get("traceback")))
        elif kind in ("display_data", "execute_result") and isinstance(output.get("data"), dict):
            data = {name: value for name, value in output["data"].items() if name in SHOWN and isinstance(value, str)}
            shown = {"output_type": kind, "data": data, "metadata": _sizes(output.get("metadata"))}
            if data:
                good.append(shown | ({"execution_count": count} if kind == "execute_result" else {}))
    return good


def _sizes(metadata):
    """The sizes of pictures; anything else in the metadata could end up as code in a page that shows the notebook."""
    sizes = {}
    for kind, entry in metadata.items() if isinstance(metadata, dict) else ():
        if kind in SHOWN and isinstance(entry, dict):
            sizes[kind] = {side: entry[side] for side in ("width", "height") if type(entry.get(side)) is int}
    return sizes


def error_output(name, message, traceback=None):
    """A notebook output of an error."""
    lines = [str(line) for line in traceback] if isinstance(traceback, list) else [f"{name}: {message}"]
    return {"output_type": "error", "ename": str(name), "evalue": str(message), "traceback": lines}


def verdict_output(verdict, count):
    """The output of a check cell: the number that nbgrader reads, and the panel that a person sees."""
    data = {"text/plain": repr(verdict), "text/html": verdict._repr_html_()}
    return {"output_type": "execute_result", "data": data, "metadata": {}, "execution_count": count}


def claimed(outputs):
    """The number of points that the notebook's own run of a check shows, or None."""
    for output in outputs:
        if output["output_type"] == "execute_result":
            try:
                return float(output["data"].get("text/plain", ""))
            except (TypeError, ValueError):
                return None
    return None


def evidence(outputs):
    """What a cell showed, as a short text."""
    texts = [
        output.get("text") or output.get("evalue") or output.get("data", {}).get("text/plain") for output in outputs
    ]
    return " | ".join(str(text).strip() for text in texts if text)[:300]
