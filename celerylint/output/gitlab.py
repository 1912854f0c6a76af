"""GitLab's Code Quality report.

https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from celerylint.output import Style, help_url

if TYPE_CHECKING:
    from celerylint.project import Report
    from celerylint.rule import Finding, Severity

human = False

SEVERITIES: dict[Severity, str] = {"error": "major", "warning": "minor", "advice": "info"}


def render(report: Report, style: Style) -> str:
    """The list, indented."""
    issues = [issue(*pair) for pair in zip(report.findings, fingerprints(report.findings), strict=True)]
    return json.dumps(issues, indent=2, ensure_ascii=False) + "\n"


def issue(finding: Finding, fingerprint: str) -> dict[str, Any]:
    """One finding as GitLab reads it."""
    span = finding.span
    return {
        "check_name": finding.code,
        "description": f"{finding.code}: {finding.message}",
        "content": {"body": help_url(finding)},
        "severity": SEVERITIES[finding.severity],
        "fingerprint": fingerprint,
        "location": {
            "path": finding.path,
            "positions": {
                "begin": {"line": span.line, "column": span.column},
                "end": {"line": span.end_line, "column": span.end_column},
            },
        },
    }


def fingerprints(findings: list[Finding]) -> list[str]:
    """What tells each finding from the others, and stays the same when lines move."""
    seen: dict[tuple[str, ...], int] = {}
    out = []
    for finding in findings:
        key = finding.code, finding.path, finding.symbol, finding.message
        seen[key] = seen.get(key, 0) + 1
        text = "\0".join((*key, str(seen[key])))
        out.append(hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:32])
    return out
