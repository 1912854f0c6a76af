"""How a report is shown: one module per format, and the module's name is the format's.

A format's module has `render(report, style) -> str`, and `human = True` where a summary belongs after it.
Modules that start with an underscore are helpers; `documentation` shows rules, not reports.
"""

from __future__ import annotations

import importlib
import pkgutil
from typing import TYPE_CHECKING, Protocol, cast

from celerylint import DOCS
from celerylint.records import dataclass

if TYPE_CHECKING:
    from celerylint.project import Report
    from celerylint.rule import Finding

NOT_FORMATS = frozenset({"documentation"})


@dataclass(frozen=True, slots=True)
class Style:
    """What the user asked for: ANSI colours, and whether unsafe fixes count as applicable."""

    color: bool = False
    unsafe_fixes: bool = False


class Format(Protocol):
    """What a format's module offers."""

    human: bool

    def render(self, report: Report, style: Style) -> str:
        """The whole report, ending in a newline unless it is empty."""


def names() -> list[str]:
    """The names of all formats."""
    found = (module.name for module in pkgutil.iter_modules(__path__))
    return sorted(name for name in found if not name.startswith("_") and name not in NOT_FORMATS)


def load(name: str) -> Format:
    """The format of that name. Raises ModuleNotFoundError."""
    return cast(Format, importlib.import_module(f"{__name__}.{name}"))


def help_url(finding: Finding) -> str:
    """The address of the rule's page."""
    return f"{DOCS}/rules/{finding.name}"


def applicable(finding: Finding, style: Style) -> bool:
    """Whether `--fix`, as the user calls it, would apply this finding's fix."""
    wanted = {"safe", "unsafe"} if style.unsafe_fixes else {"safe"}
    return finding.fix is not None and finding.fix.applicability in wanted


def title(finding: Finding, style: Style) -> str:
    """`CODE message`, with ruff's mark `[*]` between them where `--fix` would help."""
    return f"{finding.code} {'[*] ' if applicable(finding, style) else ''}{finding.message}"
