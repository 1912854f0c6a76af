"""Every finding with its source, its fix and the places it rests on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from celerylint.output import Style, applicable, help_url
from celerylint.output._frame import frame, gutter
from celerylint.output._patch import patch
from celerylint.output._terminal import Color, paint, printable

if TYPE_CHECKING:
    from celerylint.edits import Edit, Fix
    from celerylint.project import Report
    from celerylint.rule import Finding, Related, Severity
    from celerylint.source import Source

human = True

COLORS: dict[Severity, Color] = {"error": "red", "warning": "yellow", "advice": "cyan"}
NOTES = {
    "safe": "",
    "unsafe": "unsafe: it may change what the code does; `--fix --unsafe-fixes` applies it",
    "manual": "not applied by `--fix`: decide and edit by hand",
}


def render(report: Report, style: Style) -> str:
    """One block per finding, an empty line after each."""
    return "".join("\n".join([*block(finding, report.sources, style), "", ""]) for finding in report.findings)


def block(finding: Finding, sources: dict[str, Source], style: Style) -> Iterator[str]:
    """The lines of one finding."""
    source = sources.get(finding.path)
    indent = " " * (gutter(source, finding.span) if source else 1)
    yield heading(finding, style)
    arrow = paint("-->", "blue", style.color)
    yield f"{indent}{arrow} {printable(finding.path)}:{finding.span.line}:{finding.span.column}"
    if source:
        yield from frame(source, finding.span, style.color)
    mark = paint("=", "blue", style.color)
    yield f"{indent} {mark} {finding.severity}, {help_url(finding)}"
    for place in finding.related:
        yield f"{indent} {mark} note: {related(place)}"
    if finding.fix:
        yield from advice(finding.fix, finding, sources, style)


def heading(finding: Finding, style: Style) -> str:
    """Code, mark and message."""
    code = paint(finding.code, COLORS[finding.severity], style.color)
    mark = f" [{paint('*', 'cyan', style.color)}]" if applicable(finding, style) else ""
    return f"{code}{mark} {paint(printable(finding.message), 'bold', style.color)}"


def related(place: Related) -> str:
    """Another place in one line."""
    return f"{printable(place.path)}:{place.span.line}:{place.span.column}: {place.message}"


def advice(fix: Fix, finding: Finding, sources: dict[str, Source], style: Style) -> Iterator[str]:
    """What the fix does, file by file, and whether `--fix` would do it."""
    yield f"{paint('help', 'cyan', style.color)}: {fix.message}"
    for path, edits in by_path(fix, finding.path).items():
        source = sources.get(path)
        if path != finding.path:
            yield f"  {paint('-->', 'blue', style.color)} {printable(path)}"
        if source:
            yield from patch(source, edits, style.color)
    if note := NOTES[fix.applicability]:
        yield f"{paint('note', 'bold', style.color)}: {note}"


def by_path(fix: Fix, path: str) -> dict[str, list[Edit]]:
    """The edits of a fix by the file they change."""
    out: dict[str, list[Edit]] = {}
    for edit in fix.edits:
        out.setdefault(edit.path or path, []).append(edit)
    return out
