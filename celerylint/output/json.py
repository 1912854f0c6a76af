"""A list of findings as JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from celerylint.output import Style, help_url

if TYPE_CHECKING:
    from celerylint.edits import Edit, Fix
    from celerylint.project import Report
    from celerylint.rule import Finding
    from celerylint.source import Span

human = False


def render(report: Report, style: Style) -> str:
    """The list, indented."""
    return json.dumps([to_json(finding) for finding in report.findings], indent=2, ensure_ascii=False) + "\n"


def to_json(finding: Finding) -> dict[str, Any]:
    """One finding with the keys that scripts rely on."""
    return {
        "code": finding.code,
        "name": finding.name,
        "severity": finding.severity,
        "message": finding.message,
        "path": finding.path,
        **place(finding.span),
        "symbol": finding.symbol,
        "related": [
            {"path": other.path, "line": other.span.line, "column": other.span.column, "message": other.message}
            for other in finding.related
        ],
        "fix": fix_to_json(finding.fix) if finding.fix else None,
        "checklist": list(finding.checklist),
        "help": help_url(finding),
    }


def place(span: Span) -> dict[str, int]:
    """A span: lines and columns from 1, columns in characters, the end exclusive."""
    return {"line": span.line, "column": span.column, "end_line": span.end_line, "end_column": span.end_column}


def fix_to_json(fix: Fix) -> dict[str, Any]:
    """A fix and its edits."""
    return {
        "applicability": fix.applicability,
        "message": fix.message,
        "edits": [edit_to_json(edit) for edit in fix.edits],
    }


def edit_to_json(edit: Edit) -> dict[str, Any]:
    """An edit; it names its file only where that is not the finding's own."""
    other = {"path": edit.path} if edit.path else {}
    return {**place(edit.span), "content": edit.content, **other}
