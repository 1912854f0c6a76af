"""Workflow commands that GitHub Actions turns into annotations.

https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from celerylint.output import Style

if TYPE_CHECKING:
    from celerylint.project import Report
    from celerylint.rule import Finding, Severity

human = False

COMMANDS: dict[Severity, str] = {"error": "error", "warning": "warning", "advice": "notice"}
MESSAGE = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A"})
PROPERTY = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A", ":": "%3A", ",": "%2C"})


def render(report: Report, style: Style) -> str:
    """One command per finding."""
    return "".join(f"{command(finding)}\n" for finding in report.findings)


def command(finding: Finding) -> str:
    """The command of one finding; GitHub takes columns only where the span is on one line."""
    span = finding.span
    properties = {"title": f"celerylint ({finding.code})", "file": finding.path, "line": span.line}
    if span.line == span.end_line:
        properties |= {"col": span.column, "endLine": span.end_line, "endColumn": span.end_column}
    else:
        properties |= {"endLine": span.end_line}
    written = ",".join(f"{key}={str(value).translate(PROPERTY)}" for key, value in properties.items())
    text = f"{finding.path}:{span.line}:{span.column}: {finding.code} {finding.message}"
    if finding.fix:
        text += f"\n  help: {finding.fix.message}"
    return f"::{COMMANDS[finding.severity]} {written}::{text.translate(MESSAGE)}"
