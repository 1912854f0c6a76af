"""The findings of each file below its name."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import TYPE_CHECKING

from celerylint.output import Style, title
from celerylint.output._terminal import paint, printable

if TYPE_CHECKING:
    from celerylint.project import Report
    from celerylint.rule import Finding

human = True


def render(report: Report, style: Style) -> str:
    """A block per file, an empty line after each."""
    files = itertools.groupby(report.findings, key=lambda finding: finding.path)
    return "".join("\n".join([*block(path, list(findings), style), "", ""]) for path, findings in files)


def block(path: str, findings: list[Finding], style: Style) -> Iterator[str]:
    """The file's name and its findings, their messages in one column."""
    places = [f"{finding.span.line}:{finding.span.column}" for finding in findings]
    width = max(map(len, places))
    yield f"{paint(printable(path), 'bold', style.color)}:"
    for place, finding in zip(places, findings, strict=True):
        yield f"  {place:<{width}} {printable(title(finding, style))}"
