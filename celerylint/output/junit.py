"""JUnit's XML: a test suite per file, a failed test per finding, one passed test where there is nothing."""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree

from celerylint.output import Style

if TYPE_CHECKING:
    from celerylint.project import Report
    from celerylint.rule import Finding

human = False

# What XML 1.0 cannot hold, not even escaped.
FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render(report: Report, style: Style) -> str:
    """The document."""
    root = ElementTree.Element("testsuites", {"name": "celerylint", **counts(len(report.findings))})
    for path, findings in itertools.groupby(report.findings, key=lambda finding: finding.path):
        suite(root, path, list(findings))
    if not report.findings:
        passed = ElementTree.SubElement(root, "testsuite", {"name": "celerylint", **counts(0)})
        ElementTree.SubElement(passed, "testcase", name="No findings", classname="celerylint")
    ElementTree.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ElementTree.tostring(root, "unicode")}\n'


def suite(root: ElementTree.Element, path: str, findings: list[Finding]) -> None:
    """Add the findings of one file."""
    element = ElementTree.SubElement(root, "testsuite", {"name": allowed(path), **counts(len(findings))})
    for finding in findings:
        line, column = str(finding.span.line), str(finding.span.column)
        case = ElementTree.SubElement(
            element, "testcase", name=f"celerylint.{finding.code}", classname=allowed(path), line=line, column=column
        )
        message = allowed(finding.message)
        failure = ElementTree.SubElement(case, "failure", type=finding.severity, message=message)
        failure.text = f"line {line}, col {column}, {message}"


def counts(failures: int) -> dict[str, str]:
    """The counting attributes."""
    return {"tests": str(max(failures, 1)), "failures": str(failures), "errors": "0", "skipped": "0"}


def allowed(text: str) -> str:
    """The text without what XML cannot hold."""
    return FORBIDDEN.sub("\N{REPLACEMENT CHARACTER}", text)
