"""What a person sees of a verdict: a panel for notebooks and feedback pages, a text for terminals.

The panel is plain HTML with inline styles. JupyterLab's own colour variables make it fit light and dark themes; where
they are missing, as on nbgrader's feedback page, the second value counts. It stays readable without any style.
"""

import re
from html import escape

COLOURS = {
    "passed": "var(--jp-success-color1, #2e7d32)",
    "failed": "var(--jp-error-color1, #c62828)",
    "todo": "var(--jp-brand-color1, #1565c0)",
    "warning": "var(--jp-warn-color1, #b26a00)",
    "line": "var(--jp-border-color2, #d0d0d0)",
}
MARKS = {"passed": "✓", "failed": "✗", "not counted": "–", "todo": "○"}
TITLES = {"todo": "To do", "warning": "A warning", "printed": "Your code printed"}
PRINTED_LINES = 8

BOX = (
    "color:var(--jp-ui-font-color1, #1f1f1f); background:var(--jp-layout-color1, #ffffff); "
    f"border:1px solid {COLOURS['line']}; border-radius:4px; padding:10px 14px; margin:4px 0; max-width:56em; "
    "line-height:1.45; font-size:14px"
)
INSET = "background:var(--jp-layout-color2, #f3f3f3); padding:6px 10px; margin:8px 0 0 0"
CODE = (
    "font-family:var(--jp-code-font-family, monospace); font-size:0.93em; white-space:pre-wrap; "
    "background:transparent; color:inherit; border:none; padding:0; margin:0"
)
CELL = "padding:2px 14px 2px 0; text-align:left; vertical-align:top; border:none"
QUIET = "opacity:0.8"
TABLE = "border-collapse:collapse; border:none; margin:4px 0 0 0; font-size:13px; color:inherit; background:transparent"


def headline(verdict):
    """One line: the exercise, its points, and the state in words."""
    points = f"{verdict.points:g} of {_points(verdict.total)}"
    return f"{verdict.name}: not implemented yet ({points})" if verdict.todo else f"{verdict.name}: {points}"


def text(verdict):
    """The verdict as plain text."""
    lines = [headline(verdict)]
    for behaviour, state in _states(verdict):
        lines.append(f"  {MARKS[state]} {_worth(behaviour, state)}  {behaviour.text}")
    for finding in verdict.findings:
        lines += ["", f"{MARKS[_state_of(finding)]} {finding.message}{_in(finding)}", *_line(finding.line)]
        for label, expected, got, same in finding.rows:
            lines.append(f"    {MARKS['passed' if same else 'failed']} {label}: expected {expected}, got {got}")
    for note in verdict.notes:
        lines += ["", f"{_title(note)}: {_shortened(note['message'])}", *_line(note)]
    return "\n".join(lines)


def html(verdict):
    """The verdict as a panel."""
    state = "passed" if verdict.passed else "todo" if verdict.todo else "failed"
    title = f"{_mark(state)} {escape(headline(verdict))}"
    parts = [_tag("div", "font-size:1.1em; font-weight:600; margin:0 0 6px 0", title)]
    if verdict.ran:
        parts.append(_tag("ul", "margin:0; padding:0", "".join(_behaviour(*pair) for pair in _states(verdict))))
    parts += [_finding(finding) for finding in verdict.findings]
    parts += [_note(note) for note in verdict.notes]
    return _tag("div", f"{BOX}; border-left:5px solid {COLOURS[state]}", "".join(parts))


def _states(verdict):
    """Pairs (Behaviour, state), "todo" where nothing but unwritten code is in the way; none if nothing ran."""
    if not verdict.ran:
        return []
    lost = {kind: set() for kind in ("todo", "failed")}
    for finding in verdict.findings:
        lost[_state_of(finding)].update(finding.costs)
    todo = lost["todo"] - lost["failed"]
    return [(behaviour, "todo" if behaviour.name in todo else state) for behaviour, state in verdict.behaviours]


def _state_of(finding):
    return "todo" if finding.key == "todo" else "failed"


def _behaviour(behaviour, state):
    worth = _tag("span", QUIET, f"({_worth(behaviour, state)})")
    return _tag("li", "margin:1px 0; list-style:none", f"{_mark(state)} {escape(behaviour.text)} {worth}")


def _finding(finding):
    what, why = _first_sentence(finding.message)
    body = f"<strong>{_prose(what)}</strong> {_prose(why)} {_tag('span', QUIET, escape(_in(finding).strip()))}"
    if finding.rows:
        body += _table(finding.rows)
    return _inset(_state_of(finding), body, finding.line)


def _note(note):
    message = _shortened(note["message"])
    body = _tag("pre", CODE, escape(message)) if note["kind"] == "printed" else _prose(message)
    return _inset(note["kind"], f"<strong>{escape(_title(note))}:</strong> {body}", note)


def _inset(state, body, place):
    if "line" in place:
        code = _tag("code", CODE, escape(place["code"]))
        body += _tag("div", "margin:3px 0 0 0", f"{_tag('span', QUIET, escape(_where(place)))} {code}")
    return _tag("div", f"{INSET}; border-left:3px solid {COLOURS.get(state, COLOURS['line'])}", body)


def _table(rows):
    head = "".join(_tag("th", f"{CELL}; font-weight:600", title) for title in ("", "case", "expected", "got"))
    body = ""
    for label, expected, got, same in rows:
        cells = [_mark("passed" if same else "failed"), *map(escape, (label, expected))]
        line = "".join(_tag("td", f"{CODE}; {CELL}", cell) for cell in cells)
        line += _tag("td", f"{CODE}; {CELL}; font-weight:{400 if same else 700}", escape(got))
        body += _tag("tr", "background:transparent", line)
    head = _tag("thead", "border:none", _tag("tr", "background:transparent", head))
    return _tag("table", TABLE, f"{head}<tbody>{body}</tbody>")


def _tag(name, style, body):
    return f'<{name} style="{style}">{body}</{name}>'


def _mark(state):
    return _tag("span", f"color:{COLOURS.get(state, 'inherit')}; font-weight:700", MARKS[state])


def _prose(message):
    """Escaped text in which `names in backquotes` are set as code."""
    parts = escape(message).split("`")
    if len(parts) % 2 == 0:
        return "`".join(parts)
    return "".join(_tag("code", CODE, part) if i % 2 else part for i, part in enumerate(parts))


def _first_sentence(message):
    """The first sentence, which says what is wrong, and the rest."""
    match = re.match(r"(.*?[.?!]) (?=[A-Z`])", message, re.DOTALL)
    return (match[1], message[match.end() :]) if match else (message, "")


def _worth(behaviour, state):
    kept = behaviour.points if state == "passed" else 0
    worth = f"{kept:g} of {_points(behaviour.points)}"
    why = {"not counted": "counts once the rest works", "todo": "not implemented yet"}.get(state)
    return f"{worth}; {why}" if why else worth


def _points(number):
    return f"{number:g} point" if number == 1 else f"{number:g} points"


def _title(note):
    return TITLES.get(note["kind"], "Note") + (f" ({note['type']})" if note["type"] else "")


def _line(place):
    """The line of code that a finding or note is about, as a list of no or one line of text."""
    return [f"    {_where(place)} {place['code']}"] if "line" in place else []


def _where(place):
    return f"{place['where']}, line {place['line']}:" if place["where"] else f"line {place['line']}:"


def _in(finding):
    return f" ({finding.case})" if finding.case else ""


def _shortened(message):
    lines = message.rstrip().splitlines()
    return "\n".join(lines[:PRINTED_LINES] + ["…"] * (len(lines) > PRINTED_LINES))
