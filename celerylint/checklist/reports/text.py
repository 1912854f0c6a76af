"""For a terminal: sections with their counts, an item with its answer in a few lines."""

from __future__ import annotations

from collections.abc import Iterator

from celerylint.checklist import Sheet, all_sections
from celerylint.checklist.item import Answer, Item, Place, Section, State, Table
from celerylint.checklist.reports import SHOWN, Style, counted
from celerylint.output._terminal import Color, paint, printable

COLORS: dict[State, Color] = {"fail": "red", "partly": "yellow", "unknown": "blue", "manual": "cyan", "pass": "green"}
INDENT = " " * 9


def render(sheet: Sheet, style: Style) -> str:
    """Sections in order, then how many items have each state."""
    lines = [line for section in all_sections() for line in of_section(sheet, section, style)]
    lines.append(f"{len(sheet.answers)} items: {counts(sheet.counts, style)}")
    return "".join(f"{line}\n" for line in lines)


def counts(found: dict[State, int], style: Style) -> str:
    """How many items have each state, in its colour."""
    return ", ".join(
        paint(f"{number} {state}", COLORS[state], style.color) for state, number in found.items() if number
    )


def of_section(sheet: Sheet, section: Section, style: Style) -> Iterator[str]:
    answers = sheet.of(section)
    states = [answer.state for _, answer in answers]
    own = {state: states.count(state) for state in sheet.counts}
    yield f"{paint(section.title, 'bold', style.color)} ({counted(own)})"
    for item, answer in answers:
        yield from of_item(item, answer, style)
    yield ""


def of_item(item: Item, answer: Answer, style: Style) -> Iterator[str]:
    state = paint(f"{answer.state:<7}", COLORS[answer.state], style.color)
    yield f"{state}  {paint(item.wanted, 'bold', style.color)}  {paint(item.id, 'blue', style.color)}"
    yield from (f"{INDENT}{printable(line)}" for line in body(answer))


def body(answer: Answer) -> Iterator[str]:
    """What an answer says, a line each."""
    if answer.found:
        yield answer.found
    if answer.missing:
        yield f"It would show in {answer.missing}."
    most = SHOWN[answer.state]
    codes = {(finding.path, finding.span.line): finding.code for finding in answer.findings}
    for place in answer.evidence[:most]:
        yield evidence(place, codes.get((place.path, place.line), ""))
    if len(answer.evidence) > most:
        yield f"… and {len(answer.evidence) - most} more"
    for step in answer.steps:
        yield f"{step.what}:" if step.command else step.what
        if step.command:
            yield f"  $ {step.command}"
    for table in answer.tables:
        yield from rows(table)
    if answer.caveat:
        yield f"note: {answer.caveat}"


def evidence(place: Place, code: str) -> str:
    """A place with what it shows: what a rule says of it, or what stands there."""
    where = f"{place.path}:{place.line}"
    said = " ".join(filter(None, (code, place.note)))
    return f"{where}: {place.text}  ({said})" if said and place.text else f"{where}: {said or place.text}"


def rows(table: Table) -> Iterator[str]:
    """A table with aligned columns."""
    widths = [max(map(len, column)) for column in zip(table.header, *table.rows, strict=True)]
    for cells in (table.header, *table.rows):
        yield "  ".join(f"{cell:<{width}}" for cell, width in zip(cells, widths, strict=True)).rstrip()
