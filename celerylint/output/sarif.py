"""SARIF 2.1.0, as code scanning services read it.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
"""

from __future__ import annotations

import json
import urllib.parse
from typing import TYPE_CHECKING, Any

from celerylint import DOCS, __version__
from celerylint.engine import rules
from celerylint.output import Style, help_url
from celerylint.output.full import by_path
from celerylint.output.gitlab import fingerprints

if TYPE_CHECKING:
    from celerylint.edits import Edit, Fix
    from celerylint.project import Report
    from celerylint.rule import Finding, Severity
    from celerylint.source import Span

human = False

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
LEVELS: dict[Severity, str] = {"error": "error", "warning": "warning", "advice": "note"}


def render(report: Report, style: Style) -> str:
    """The log with its one run."""
    descriptors = {finding.code: descriptor(finding) for finding in report.findings}
    codes = sorted(descriptors)
    driver = {
        "name": "celerylint",
        "informationUri": DOCS,
        "version": __version__,
        "rules": [descriptors[code] for code in codes],
    }
    pairs = zip(report.findings, fingerprints(report.findings), strict=True)
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "invocations": [invocation(report.errors)],
        "results": [result(finding, codes.index(finding.code), fingerprint) for finding, fingerprint in pairs],
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2, ensure_ascii=False) + "\n"


def descriptor(finding: Finding) -> dict[str, Any]:
    """The rule of a finding, with its documentation."""
    rule = rules().get(finding.code)
    documentation = rule.documentation if rule else finding.name
    summary, _, rest = documentation.partition("\n\n")
    return {
        "id": finding.code,
        "name": finding.name,
        "shortDescription": {"text": summary.strip()},
        "fullDescription": {"text": rest.partition("\n\n")[0].strip() or summary.strip()},
        "help": {"text": documentation},
        "helpUri": help_url(finding),
        "defaultConfiguration": {"level": LEVELS[rule.severity if rule else finding.severity]},
        "properties": {"tags": ["celery", *finding.checklist]},
    }


def invocation(errors: list[str]) -> dict[str, Any]:
    """How the run went."""
    notes = [{"level": "error", "message": {"text": error}} for error in errors]
    return {"executionSuccessful": not errors, **({"toolExecutionNotifications": notes} if notes else {})}


def result(finding: Finding, index: int, fingerprint: str) -> dict[str, Any]:
    """One finding."""
    out: dict[str, Any] = {
        "ruleId": finding.code,
        "ruleIndex": index,
        "level": LEVELS[finding.severity],
        "message": {"text": finding.message},
        "locations": [location(finding.path, finding.span, symbol=finding.symbol)],
        "partialFingerprints": {"celerylint/v1": fingerprint},
    }
    if finding.related:
        places = [location(place.path, place.span, message=place.message) for place in finding.related]
        out["relatedLocations"] = [{"id": number, **place} for number, place in enumerate(places, 1)]
    if finding.fix and finding.fix.edits:
        out["fixes"] = [fix_to_sarif(finding.fix, finding.path)]
    return out


def location(path: str, span: Span, *, symbol: str = "", message: str = "") -> dict[str, Any]:
    """A place in a file."""
    physical = {"artifactLocation": artifact(path), "region": region(span)}
    logical = {"logicalLocations": [{"fullyQualifiedName": symbol}]} if symbol else {}
    return {"physicalLocation": physical, **logical, **({"message": {"text": message}} if message else {})}


def artifact(path: str) -> dict[str, str]:
    """A file by its address relative to where the tool ran."""
    return {"uri": urllib.parse.quote(path.encode(errors="surrogateescape"))}


def region(span: Span) -> dict[str, int]:
    """A span; SARIF's end is exclusive too."""
    return {
        "startLine": span.line,
        "startColumn": span.column,
        "endLine": span.end_line,
        "endColumn": span.end_column,
    }


def fix_to_sarif(fix: Fix, path: str) -> dict[str, Any]:
    """A fix, file by file."""
    changes = [
        {"artifactLocation": artifact(name), "replacements": [replacement(edit) for edit in edits]}
        for name, edits in by_path(fix, path).items()
    ]
    return {"description": {"text": fix.message}, "artifactChanges": changes}


def replacement(edit: Edit) -> dict[str, Any]:
    """One edit."""
    return {"deletedRegion": region(edit.span), "insertedContent": {"text": edit.content}}
