"""What a person sees of a verdict: a panel for notebooks and feedback pages, a text for terminals.

The panel is plain HTML with inline styles. JupyterLab's own colour variables make it fit light and dark themes; where
they are missing, as on nbgrader's feedback page, the second value counts. It stays readable without any style.
"""

import re
from html import escape

COLOURS = {
    "text": "var(--jp-ui-font-color1, #1f1f1f)",
    "quiet": "var(--jp-ui-font-color2, #616161)",
    "page": "var(--jp-layout-color1, #ffffff)",
    "inset": "var(--jp-layout-color2, #f3f3f3)",
    "line": "var(--jp-border-color2, #d0d0d0)",
    "passed": "var(--jp-success-color1, #2e7d32)",
    "failed": "var(--jp-error-color1, #c62828)",
    "todo": "var(--jp-brand-color1, #1565c0)",
    "warning": "var(--jp-warn-color1, #b26a00)",
}
MARKS = {"passed": "✓", "failed": "✗", "not counted": "–"}
CODE = "font-family:var(--jp-code-font-family, monospace); font-size:0.93em; white-space:pre-wrap"
PRINTED_LINES = 8


def headline(verdict):
    """One line: the exercise, its points, and the state in words."""
    points = f"{verdict.points:g} of {verdict.total:g} {plural(verdict.total)}"
    if verdict.todo:
        return f"{verdict.name}: not implemented yet ({points})"
    return f"{verdict.name}: {points}"


def plural(points):
    """The word after a number of points."""
    return "point" if points == 1 else "points"


def html(verdict):
    """The panel of a ``Verdict``."""
    state = "passed" if verdict.passed else "todo" if verdict.todo else "failed"
    mark = {"passed": "✓", "todo": "○", "failed": "✗"}[state]
    parts = [
        f'<div style="font-size:1.1em; font-weight:600; margin:0 0 6px 0">{_mark(mark, state)} {escape(headline(verdict))}</div>',
        _behaviours(verdict),
        *(_finding(finding) for finding in verdict.findings),
        *(_note(note) for note in verdict.notes),
    ]
    return (
        f'<div style="color:{COLOURS["text"]}; background:{COLOURS["page"]}; border:1px solid {COLOURS["line"]}; '
        f'border-left:5px solid {COLOURS[state]}; border-radius:4px; padding:10px 14px; margin:4px 0; '
        f'max-width:56em; line-height:1.45; font-size:14px">{"".join(parts)}</div>'
    )


def text(verdict):
    """The same as plain text."""
    lines = [headline(verdict)]
    for behaviour, state in verdict.behaviours if verdict.ran else ():
        lines.append(f"  {MARKS[state]} {_worth(behaviour, state)}  {behaviour.text}")
    for finding in verdict.findings:
        lines += ["", f"✗ {finding.message}{_in(finding)}"]
        lines += [f"    {_where(finding.line)}: {finding.line['code']}"] if finding.line else []
        lines += [
            f"    {'✓' if same else '✗'} {label}: expected {expected}, got {got}"
            for label, expected, got, same in finding.rows
        ]
    for note in verdict.notes:
        lines += ["", f"{_note_title(note)}: {_shortened(str(note.get('message', '')))}"]
        lines += [f"    {_where(note)}: {note['code']}"] if "line" in note else []
    return "\n".join(lines)


def _behaviours(verdict):
    if not verdict.ran:
        return ""
    items = "".join(
        f'<li style="margin:1px 0; list-style:none">{_mark(MARKS[state], state)} {escape(behaviour.text)} '
        f'<span style="color:{COLOURS["quiet"]}">({_worth(behaviour, state)})</span></li>'
        for behaviour, state in verdict.behaviours
    )
    return f'<ul style="margin:0; padding:0">{items}</ul>'


def _worth(behaviour, state):
    kept = behaviour.points if state == "passed" else 0
    worth = f"{kept:g} of {behaviour.points:g} {plural(behaviour.points)}"
    return f"{worth}; counts once the rest works" if state == "not counted" else worth


def _finding(finding):
    what, why = _first_sentence(finding.message)
    body = f'<div style="margin:0"><strong>{_prose(what)}</strong> {_prose(why)}'
    body += f' <span style="color:{COLOURS["quiet"]}">{escape(_in(finding).strip())}</span></div>'
    if finding.line:
        body += _code_line(finding.line)
    if finding.rows:
        body += _table(finding.rows)
    return _inset(body, "failed")


def _note(note):
    body = f"<div><strong>{escape(_note_title(note))}:</strong> "
    message = _shortened(str(note.get("message", "")))
    if note.get("kind") == "printed":
        body += f'</div><pre style="{CODE}; background:transparent; color:inherit; border:none; margin:2px 0 0 0; padding:0">{escape(message)}</pre>'
    else:
        body += f"{_prose(message)}</div>"
    return _inset(body + (_code_line(note) if "line" in note else ""), _note_state(note))


def _note_title(note):
    titles = {"todo": "To do", "warning": f"A warning ({note.get('type', 'Warning')})", "printed": "Your code printed"}
    return titles.get(note.get("kind"), "Note")


def _note_state(note):
    return {"todo": "todo", "warning": "warning"}.get(note.get("kind"), "line")


def _inset(body, state):
    return (
        f'<div style="background:{COLOURS["inset"]}; border-left:3px solid {COLOURS[state]}; padding:6px 10px; '
        f'margin:8px 0 0 0">{body}</div>'
    )


def _table(rows):
    cell = f"padding:2px 14px 2px 0; text-align:left; vertical-align:top; border:none; {CODE}"
    head = "".join(
        f'<th style="padding:2px 14px 2px 0; text-align:left; border:none; font-weight:600">{title}</th>'
        for title in ("", "case", "expected", "got")
    )
    lines = ""
    for label, expected, got, same in rows:
        state = "passed" if same else "failed"
        weight = "400" if same else "700"
        lines += (
            f'<tr style="background:transparent"><td style="{cell}">{_mark(MARKS[state], state)}</td>'
            f'<td style="{cell}">{escape(label)}</td><td style="{cell}">{escape(expected)}</td>'
            f'<td style="{cell}; font-weight:{weight}">{escape(got)}</td></tr>'
        )
    return (
        '<table style="border-collapse:collapse; border:none; margin:4px 0 0 0; font-size:13px; color:inherit; background:transparent">'
        f'<thead style="border:none"><tr style="background:transparent">{head}</tr></thead><tbody>{lines}</tbody></table>'
    )


def _code_line(place):
    code = f'<code style="{CODE}; background:transparent; color:inherit; padding:0">{escape(place["code"])}</code>'
    return f'<div style="margin:3px 0 0 0"><span style="color:{COLOURS["quiet"]}">{escape(_where(place))}:</span> {code}</div>'


def _where(place):
    return f"{place['where']}, line {place['line']}" if place["where"] else f"line {place['line']}"


def _in(finding):
    return f" ({finding.case})" if finding.case else ""


def _mark(mark, state):
    colour = COLOURS["quiet" if state == "not counted" else state]
    return f'<span style="color:{colour}; font-weight:700">{mark}</span>'


def _prose(message):
    """Escaped text in which `names in backquotes` are set as code."""
    parts = escape(message).split("`")
    if len(parts) % 2 == 0:
        return "`".join(parts)
    style = f'style="{CODE}; background:transparent; color:inherit; padding:0"'
    return "".join(f"<code {style}>{part}</code>" if i % 2 else part for i, part in enumerate(parts))


def _first_sentence(message):
    """The first sentence, which says what is wrong, and the rest."""
    match = re.match(r"(.*?[.?!]) (?=[A-Z`])", message, re.DOTALL)
    return (match[1], message[match.end() :]) if match else (message, "")


def _shortened(message):
    lines = message.rstrip().splitlines()
    return "\n".join(lines[:PRINTED_LINES] + ["…"] * (len(lines) > PRINTED_LINES))
