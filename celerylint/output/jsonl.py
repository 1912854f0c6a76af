"""One finding as JSON on each line."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from celerylint.output import Style
from celerylint.output.json import to_json

if TYPE_CHECKING:
    from celerylint.project import Report

human = False


def render(report: Report, style: Style) -> str:
    """One line per finding."""
    return "".join(json.dumps(to_json(finding), ensure_ascii=False) + "\n" for finding in report.findings)
