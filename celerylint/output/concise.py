"""One line per finding: `path:line:column: CODE message`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from celerylint.output import Style
from celerylint.output._terminal import paint, printable

if TYPE_CHECKING:
    from celerylint.project import Report
    from celerylint.rule import Finding

human = True


def render(report: Report, style: Style) -> str:
    """One line per finding."""
    return "".join(f"{line(finding, style)}\n" for finding in report.findings)


def line(finding: Finding, style: Style) -> str:
    """One finding; a message is kept to its line whatever it quotes."""
    colon = paint(":", "cyan", style.color)
    place = colon.join(
        (paint(printable(finding.path), "bold", style.color), str(finding.span.line), str(finding.span.column), "")
    )
    return f"{place} {paint(finding.code, 'red', style.color)} {printable(finding.message)}"
