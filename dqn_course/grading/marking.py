"""One submission from its cells to its points: run in the sandbox, judged out here.

A task and its result are plain data, so that they can travel to another machine. The points of a check come from cases
that are drawn out here, with a seed of the submission's own, when the check is reached; the student's process gets the
inputs and returns arrays. What the notebook says about itself is only compared with that.
"""

import ast
import contextlib
import io
import json
import math
import re
import secrets
import threading
import time
import zipfile

import numpy as np

from dqn_course.checks import core, student
from dqn_course.grading.inside import CUT_OFF, check_named
from dqn_course.grading.sandbox import Ended, Limits, Sandbox, Tampered

UNPACKED_BYTES = 200_000_000
JSON_CHARACTERS = 5_000_000
ENTRIES = 10_000
MOST_OUTPUTS = 1000
"""The most that the grader reads of a student's process: of a check's arrays, their text and number, and of a cell."""
TIMEOUT = "CellTimeoutError"
SHOWN = {"text/plain", "text/html", "text/markdown", "text/latex", "image/png", "image/jpeg", "image/svg+xml"}
"""What is kept of a notebook's outputs. Scripts and widgets, which run in the reader's browser, are not."""

_here = threading.local()
_started = []
_launched = []


def mark(task):
    """Run and judge one submission. The task:

    student, cells: dicts of ``id``, ``kind`` (code or other), ``source``, ``points`` (None where not graded), ``check``
    and ``answer`` (for a cell like ``checks.step(step)``: "lesson_01.step" and "step"); files: {name: bytes}; imports:
    lines that warm the sandbox up; limits: of ``Limits``; wall: whether to use bubblewrap; hide: folders that no
    submission may see.

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
    if not cells:  # a file that could not be read
        return result
    limits, done = Limits(**task["limits"]), set()
    rng = np.random.default_rng(secrets.randbits(128))
    checks = sorted({cell["check"] for cell in cells if cell.get("check")})
    try:
        with sandbox_for(task["imports"], task["wall"], task["hide"]).submission(checks, limits) as running:
            for name, data in task["files"].items():
                running.file(name, data)
            for number, cell in enumerate(cells):
                if cell["kind"] == "code":
                    _run(running, cell, number, result, rng)
                    done.add(number)
                result["cpu_seconds"] = running.cpu_seconds
    except Ended as end:
        result["ended"] = str(end)
        result["timed_out"] |= "longer than" in str(end)
        if isinstance(end, Tampered):
            result["flags"].append({"cell": cells[number]["id"], "what": str(end), "evidence": ""})
    for number, cell in enumerate(cells):
        if cell["points"] is not None and cell["kind"] == "code" and number not in done:
            result["outputs"][number] = [error_output("NotGraded", result["ended"])]
    result["seconds"] = time.monotonic() - start
    return result


def not_run(task, problem):
    """The result of a submission that could not be run, because of an exception out here: it gives no points."""
    reason = f"The grader could not run this submission ({type(problem).__name__}: {problem})."
    lost = error_output("NotGraded", reason)  # nbgrader gives a check without an output all its points
    outputs = [[lost] if cell["points"] is not None else [] for cell in task["cells"]]
    return {"outputs": outputs, "notes": [], "flags": [], "ended": reason, "timed_out": False, "failed": True}


def launch(count, wall, hide):
    """Start sandboxes for the threads of this process ahead of time; what they need of a lesson comes later."""
    for _ in range(count):
        sandbox = Sandbox((), wall, hide)
        sandbox.launch()
        _started.append(sandbox)
        _launched.append(sandbox)


def prepare(cells):
    """Import the checks that will be judged out here."""
    for name in {cell.get("check") for cell in cells} - {None}:
        with contextlib.suppress(Exception):  # whoever needs it will hear
            check_named(name)


def sandbox_for(imports, wall, hide):
    """The warm sandbox of this thread; a new one where the lesson, and with it the imports, is another."""
    key = (tuple(imports), wall, tuple(hide))
    if getattr(_here, "key", None) != key or _here.sandbox.closed:
        if getattr(_here, "sandbox", None):
            _here.sandbox.stop()
        _here.key, _here.sandbox = key, _new_sandbox(imports, wall, hide)
    return _here.sandbox


def _new_sandbox(imports, wall, hide):
    while _launched:
        with contextlib.suppress(IndexError):  # another thread was faster
            sandbox = _launched.pop()
            if (sandbox.wall, sandbox.hide) == (wall, list(hide)):
                sandbox.imports = list(imports)
                return sandbox
    sandbox = Sandbox(imports, wall, hide)
    _started.append(sandbox)
    return sandbox


def stop_all():
    """End every sandbox that this process has started."""
    _launched.clear()
    while _started:
        _started.pop().stop(for_good=True)


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
        return
    outputs = result["outputs"][number] = _in_order(cell["source"], outputs, reply.get("error"))
    sound = not outputs or outputs[0]["output_type"] != "error"
    if sound and (fooled := _fooled(running, cell["source"]) or _says_yes(running, cell["source"])):
        result["flags"].append({"cell": cell["id"], "what": fooled, "evidence": evidence(outputs)})
        result["outputs"][number] = [error_output("NotTrusted", f"This test cannot be trusted: {fooled}.")]


def judged(running, cell, rng):
    """The verdict on a check cell from fresh cases, judged out here; None after a timeout."""
    check = check_named(cell["check"])
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
    if packed.count(b"PK\x01\x02") > ENTRIES:
        raise ValueError("too many arrays")
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        size = sum(entry.file_size for entry in archive.infolist())
        if size > UNPACKED_BYTES:
            raise ValueError(f"{size} bytes")
        for entry in archive.infolist():  # a header may announce more than there is
            with archive.open(entry) as file:
                version = np.lib.format.read_magic(file)
                read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
                shape, _, dtype = read(file)
                numbers = math.prod(shape)
                text = entry.filename == "json.npy" and dtype.kind == "U" and dtype.itemsize <= 4 * JSON_CHARACTERS
                known = numbers == 1 if text else dtype.kind in "biufc"
                if not known or numbers * dtype.itemsize > entry.file_size:
                    raise ValueError(f"an array of shape {shape} and kind {dtype.kind}")
    return core.unpack(packed, student.SIZE_LIMIT)


def _in_order(source, outputs, error):
    """The outputs of an ordinary test cell, as nbgrader shall read them: errors first, and one result at most.

    nbgrader takes the first number it finds for the points, even where an error follows, and the student's functions
    may show numbers while the test runs. Only a last line that is an expression has a result.
    """
    errors = [output for output in outputs if output["output_type"] == "error"]
    results = [output for output in outputs if output["output_type"] == "execute_result"]
    others = [output for output in outputs if output["output_type"] not in ("error", "execute_result")]
    if error and not errors:
        errors = [error_output(error, "This test failed.")]
    *_, last = [None, *_parsed(source)]
    return errors + (results[-1:] if isinstance(last, ast.Expr) else []) + others


def _says_yes(running, source):
    """Why the success of a test cell proves nothing; empty where all is well.

    The cell is run again in other words, which must succeed, and with one assertion turned around, which must not; the
    order is drawn by lot.
    """
    probes = [(text, succeeds) for succeeds in (True, False, False) if (text := reworded(source, succeeds))]
    secrets.SystemRandom().shuffle(probes)
    for text, succeeds in probes:
        reply = running.cell(text)
        if succeeds != (not reply.get("error") and not reply.get("timeout")):
            return "it fails when it is run again in other words" if succeeds else "its opposite passes too"
    return ""


TRUE_WORDS = ("[{}][0]", "(0, {})[1]", "(lambda it: it)({})", "[not not ({})][0]", "(0, not not ({}))[1]")
FALSE_WORDS = ("[not ({})][0]", "(0, not ({}))[1]", "(lambda it: it)(not ({}))", "[not not not ({})][0]")
"""Around an assertion on both sides, so that nobody knows it by how its text begins or ends."""


def reworded(source, true):
    """A test cell in other words; with ``true`` False, the opposite of one of its assertions. Empty without any."""
    draw = secrets.SystemRandom()
    tree = ast.Module(_parsed(source), [])
    found = [node for node in ast.walk(tree) if isinstance(node, ast.Assert)]
    calls = [node.value for node in tree.body if isinstance(node, ast.Expr) and _is_assertion(node.value)]
    if not found and (true or not calls):
        return ""
    wrong = draw.choice(found + calls) if not true else None
    for node in found:
        words = draw.choice(FALSE_WORDS if node is wrong else TRUE_WORDS)
        node.test = ast.parse(words.format(ast.unparse(node.test)), mode="eval").body
    if wrong in calls:
        wrong.args[1] = ast.Constant(draw.randrange(10**6) + 0.5)
    return ast.unparse(tree)


def _is_assertion(node):
    """Whether an expression is a call like np.testing.assert_allclose(a, b)."""
    if not isinstance(node, ast.Call) or len(node.args) < 2:
        return False
    return re.search(r"assert_?(almost_?|array_?)*(all_?close|equal)", ast.unparse(node.func), re.I) is not None


def _fooled(running, source):
    """Why a test cell without complaint proves nothing: what is false holds in there too. Empty where all is well."""
    one, other = secrets.randbelow(10**6), secrets.randbelow(10**6)
    probes = [(f"{one} + {other} == {one + other}", True), (f"{one} == {other} + {one} + 1", False), ("False", False)]
    probes += [(false, False) for false in never(source, one + 0.5)]
    secrets.SystemRandom().shuffle(probes)
    for statement, holds in probes:
        if running.holds(f"assert {statement}") != holds:
            kind = "a true assertion fails" if holds else "a false assertion passes"
            return f"{kind} in this notebook (assert {statement})"
    return ""


FALSE = {
    "abs": "abs(-3) < 1", "all": "all([True, False])", "any": "any([False])", "isinstance": "isinstance(1, str)",
    "len": "len([5]) == 0", "max": "max(1, 2) == 1", "min": "min(1, 2) == 2", "sum": "sum([1, 2]) == 0",
    "round": "round(1.6) == 1", "sorted": "sorted([2, 1]) == [2, 1]", "type": "type(1) is str",
    "set": "set([1]) == {2}",
    "float": "float('1') == 2.0", "int": "int('1') == 2", "str": "str(1) == '2'", "list": "list('ab') == []",
}  # fmt: skip
"""What is false for each function of Python that a test may use, unless it has been replaced."""


def never(source, odd):
    """Statements that are like those in the assertions of a cell, and false whatever honest code they call."""
    found = []
    for assertion in ast.walk(ast.Module(_parsed(source), [])):
        for node in ast.walk(assertion.test) if isinstance(assertion, ast.Assert) else ():
            if isinstance(node, ast.Name) and node.id in FALSE:
                found.append(FALSE[node.id])
            elif isinstance(node, ast.Call) and len(node.args) > 1:
                function, first = ast.unparse(node.func), ast.unparse(node.args[0])
                if function.endswith(("close", "equal")):
                    found += [f"{function}({first}, {odd})", f"{function}({first}, ({first}) * 0 + {odd})"]
            elif isinstance(node, ast.Compare):
                found += _false_comparisons(node, odd)
    return list(dict.fromkeys(found))[:40]


def _false_comparisons(node, odd):
    left = f"({ast.unparse(node.left)})"
    if isinstance(node.ops[0], ast.Eq):
        return [f"{left} == {value!r}" for value in (odd, int(odd), str(odd))]
    if isinstance(node.ops[0], ast.Lt | ast.LtE):
        false = [f"{left} < -1e300"]
        for part in ast.walk(node.left):
            if isinstance(part, ast.BinOp) and isinstance(part.op, ast.Sub):  # as in abs(a - b) < 1e-6
                false.append(f"abs(({ast.unparse(part.left)}) - {odd}) < 1e-9")
        return false
    return [f"{left} > 1e300"] if isinstance(node.ops[0], ast.Gt | ast.GtE) else []


def _parsed(source):
    try:
        return ast.parse(source).body
    except SyntaxError:
        return []


def clean(outputs, count):
    """What the sandbox sent as outputs, as notebook outputs of known kinds; anything else is left out."""
    good = []
    outputs = json.loads(json.dumps(outputs, ensure_ascii=False).encode("utf-8", "replace"))  # no halves of characters
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
    if len(good) > MOST_OUTPUTS:
        errors = [output for output in good[MOST_OUTPUTS:] if output["output_type"] == "error"]
        good[MOST_OUTPUTS:] = [{"output_type": "stream", "name": "stdout", "text": CUT_OFF}, *errors[:1]]
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
