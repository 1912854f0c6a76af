"""For scripts: every item with everything that its answer rests on."""

from __future__ import annotations

import json
from typing import Any

from celerylint.checklist import Sheet, all_sections
from celerylint.checklist.item import Answer, Item, Place
from celerylint.checklist.reports import Style
from celerylint.output.json import to_json


def render(sheet: Sheet, style: Style) -> str:
    """One object, indented."""
    sections = [
        {
            "id": section.name,
            "title": section.title,
            "phase": section.phase,
            "items": [of_item(item, answer) for item, answer in sheet.of(section)],
        }
        for section in all_sections()
    ]
    data = {"project": sheet.root, "counts": sheet.counts, "sections": sections}
    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"


def of_item(item: Item, answer: Answer) -> dict[str, Any]:
    return {
        "id": item.id,
        "wanted": item.wanted,
        "optional": item.optional,
        "state": answer.state,
        "found": answer.found,
        "evidence": [of_place(place) for place in answer.evidence],
        "findings": [to_json(finding) for finding in answer.findings],
        "rules": [rule.code for rule in item.rules],
        "caveat": answer.caveat,
        "missing": answer.missing,
        "steps": [{"what": step.what, "command": step.command or None} for step in answer.steps],
        "tables": [
            {"header": list(table.header), "rows": [list(row) for row in table.rows]} for table in answer.tables
        ],
        "answered_from": item.how,
    }


def of_place(place: Place) -> dict[str, Any]:
    return {"path": place.path, "line": place.line, "text": place.text, "note": place.note}
