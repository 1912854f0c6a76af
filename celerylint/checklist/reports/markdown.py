"""For a pull request or a wiki: a task list by section, with links to the evidence."""

from __future__ import annotations

import re
from collections.abc import Iterator

from celerylint.checklist import Sheet, all_sections
from celerylint.checklist.item import Answer, Item, Place, Section, State, Table
from celerylint.checklist.reports import SHOWN, Style, counted

SPECIAL = re.compile(r"([\\*_\[\]<>|~])")
TICKS = re.compile(r"`+")


def render(sheet: Sheet, style: Style) -> str:
    """A heading, the counts, and a list for each section."""
    lines = ["# Deployment checklist", "", *overview(sheet), ""]
    for section in all_sections():
        lines += of_section(sheet, section, style)
    return "\n".join(lines).rstrip() + "\n"


def overview(sheet: Sheet) -> Iterator[str]:
    """How many items of each section have which state."""
    used: list[State] = [state for state, number in sheet.counts.items() if number]
    yield f"| | {' | '.join(used)} |"
    yield f"| --- |{' ---: |' * len(used)}"
    for section in all_sections():
        states = [answer.state for _, answer in sheet.of(section)]
        cells = (str(states.count(state) or "") for state in used)
        yield f"| [{section.title}](#{anchor(section.title)}) | {' | '.join(cells)} |"
    yield f"| **all** | {' | '.join(str(sheet.counts[state]) for state in used)} |"


def anchor(title: str) -> str:
    """The anchor that GitHub makes of a heading."""
    return re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-")


def of_section(sheet: Sheet, section: Section, style: Style) -> Iterator[str]:
    answers = sheet.of(section)
    states = [answer.state for _, answer in answers]
    yield f"## {section.title}"
    yield ""
    yield counted({state: states.count(state) for state in sheet.counts})
    yield ""
    for item, answer in answers:
        yield from of_item(item, answer, style)
    yield ""


def of_item(item: Item, answer: Answer, style: Style) -> Iterator[str]:
    """A box, ticked for a pass, with the answer below it."""
    yield f"- [{'x' if answer.state == 'pass' else ' '}] **{answer.state}**: {escaped(item.wanted)} (`{item.id}`)"
    yield from (f"  {line}".rstrip() for line in body(answer, style))


def body(answer: Answer, style: Style) -> Iterator[str]:
    said = " ".join(filter(None, (answer.found, f"It would show in {answer.missing}." if answer.missing else "")))
    if said:
        yield escaped(said)
    if answer.evidence:
        yield ""
        yield from evidence(answer, style)
    if answer.steps:
        yield ""
        yield "```sh"
        for step in answer.steps:
            yield f"# {step.what}"
            if step.command:
                yield step.command
        yield "```"
    for table in answer.tables:
        yield ""
        yield from rows(table)
    if answer.caveat:
        yield ""
        yield f"> {escaped(answer.caveat)}"


def evidence(answer: Answer, style: Style) -> Iterator[str]:
    most = SHOWN[answer.state]
    codes = {(finding.path, finding.span.line): finding.code for finding in answer.findings}
    for place in answer.evidence[:most]:
        yield f"- {linked(place, style)}{said_of(place, codes.get((place.path, place.line), ''))}"
    if len(answer.evidence) > most:
        yield f"- and {len(answer.evidence) - most} more"


def linked(place: Place, style: Style) -> str:
    return f"[{escaped(place.path)}:{place.line}]({style.link(place)})"


def said_of(place: Place, code: str) -> str:
    said = " ".join(filter(None, (code, escaped(place.note))))
    parts = [part for part in (span(place.text), said) if part]
    return f" {', '.join(parts)}" if parts else ""


def rows(table: Table) -> Iterator[str]:
    for cells in (table.header, ("---",) * len(table.header), *table.rows):
        yield f"| {' | '.join(celled(cell) for cell in cells)} |"


def celled(text: str) -> str:
    """Text in a table, where a bar ends a cell even inside backticks."""
    return re.sub(r"(?<!\\)\|", r"\\|", escaped(text))


def escaped(text: str) -> str:
    """Text that means itself, but for what stands between backticks."""
    parts = re.split(r"(`[^`]*`)", text)
    return "".join(part if part.startswith("`") else SPECIAL.sub(r"\\\1", part) for part in parts)


def span(text: str) -> str:
    """A text as code, whatever backticks are in it."""
    if not text:
        return ""
    fence = "`" * (max((len(ticks) for ticks in TICKS.findall(text)), default=0) + 1)
    pad = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{pad}{text}{pad}{fence}"
