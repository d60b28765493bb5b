"""What an instructor sees of a run: one line a submission, a table at the end, the same as JSON and CSV."""

import contextlib
import csv
import json
import os
from collections import Counter
from datetime import UTC, datetime

GRADED, REPAIRED, FLAGGED, UNREADABLE, STOPPED, FAILED = (
    "graded", "repaired", "flagged", "unreadable", "stopped", "failed",
)  # fmt: skip
COLUMNS = ("student", "state", "points", "of", "seconds", "reason")


def record(student, given, result, points, total):
    """The line of a submission that has been stored."""
    reasons = [given.unreadable, result.get("ended", "")] + [
        f"{flag['cell']}: {flag['what']}" for flag in result["flags"]
    ]
    if given.unreadable:
        state = UNREADABLE
    elif result["flags"]:
        state = FLAGGED
    elif result.get("failed"):
        state = FAILED
    elif result.get("ended"):
        state = STOPPED
    else:
        state = REPAIRED if given.notes else GRADED
    return {
        "student": student, "state": state, "points": points, "of": total,
        "seconds": round(result.get("seconds", 0.0), 2), "reason": " ".join(filter(None, reasons + given.notes)),
        "flags": result["flags"], "repairs": given.notes, "cpu_seconds": round(result.get("cpu_seconds", 0.0), 2),
    }  # fmt: skip


def failed(student, reason):
    """The line of a submission that could not be stored."""
    return {
        "student": student, "state": FAILED, "points": None, "of": None, "seconds": 0.0, "reason": reason,
        "flags": [], "repairs": [], "cpu_seconds": 0.0,
    }  # fmt: skip


def line(entry):
    """One submission in one line."""
    points = "no points" if entry["points"] is None else f"{entry['points']:g} of {entry['of']:g}"
    return f"{entry['state']}, {points}, {entry['seconds']:.1f} s" + (f": {entry['reason']}" if entry["reason"] else "")


def table(records, skipped, path):
    """The end of a run: counts, and every submission that a person should look at."""
    counts = Counter(entry["state"] for entry in records)
    lines = [f"{'student':24} {'state':11} {'points':>12}   reason"]
    for entry in sorted(records, key=lambda entry: (entry["state"] == GRADED, entry["state"], entry["student"])):
        points = "-" if entry["points"] is None else f"{entry['points']:g} of {entry['of']:g}"
        reason = entry["reason"] if len(entry["reason"]) < 100 else entry["reason"][:97] + "..."
        lines.append(f"{entry['student'][:24]:24} {entry['state']:11} {points:>12}   {reason}".rstrip())
    total = ", ".join(f"{number} {state}" for state, number in counts.most_common()) or "nothing to grade"
    already = f"; {skipped} graded before (--force grades them anew)" if skipped else ""
    return "\n".join([*(lines if records else []), f"{total}{already}. Report: {path}.json and .csv"])


def write(folder, lesson, records):
    """Write LESSON.json and LESSON.csv, each in one move; returns their common path, without the ending.

    Students who were not graded this time keep their lines: in the JSON as ``earlier``.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / lesson
    graded = {entry["student"] for entry in records}
    earlier = [entry for entry in _earlier(path.with_suffix(".json")) if entry["student"] not in graded]
    finished = datetime.now(UTC).isoformat(timespec="seconds")
    with _replaced(path.with_suffix(".json")) as file:
        json.dump({"lesson": lesson, "finished": finished, "submissions": records, "earlier": earlier}, file, indent=1)
    with _replaced(path.with_suffix(".csv")) as file:
        writer = csv.DictWriter(file, COLUMNS, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(sorted(earlier + records, key=lambda entry: entry["student"]))
    return path


def _earlier(path):
    try:
        report = json.loads(path.read_text(encoding="utf-8"))
        return report["earlier"] + report["submissions"]
    except (OSError, ValueError, KeyError):  # there is none, or not one of ours
        return []


@contextlib.contextmanager
def _replaced(path):
    """A file that takes the place of an older one when it is complete."""
    with open(f"{path}.tmp", "w", newline="", encoding="utf-8") as file:
        yield file
    os.replace(f"{path}.tmp", path)
