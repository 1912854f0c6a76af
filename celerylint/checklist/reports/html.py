"""One page for people, with nothing loaded from elsewhere: summary, filters, evidence, commands to copy."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from html import escape
from pathlib import Path

from celerylint import DOCS
from celerylint.checklist import Sheet, all_sections
from celerylint.checklist.item import MEANINGS, Answer, Item, Place, Section, State, Step, Table
from celerylint.checklist.reports import Style, counted
from celerylint.rule import Finding

HERE = Path(__file__).parent
CODE = re.compile(r"`([^`]+)`")
MARKS: dict[State, str] = {"fail": "✕", "partly": "◐", "unknown": "?", "manual": "☞", "pass": "✓"}
# With more than this to mend, items are folded: what was found stands on them all the same.
FEW = 8


def render(sheet: Sheet, style: Style) -> str:
    """The whole page."""
    opened = sheet.counts["fail"] + sheet.counts["partly"] <= FEW
    sections = "\n".join(of_section(sheet, section, style, opened) for section in all_sections())
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Deployment checklist: {escape(sheet.root)}</title>
<style>
{part("page.css")}</style>
</head>
<body>
<a class="skip" href="#items">To the items</a>
<header>
<h1>Deployment checklist <small>{escape(sheet.root)}</small></h1>
{summary(sheet)}
</header>
<div class="columns">
<nav aria-label="Sections">
{contents(sheet)}
</nav>
<main id="items" tabindex="-1">
{tools()}
{sections}
<p class="none" hidden>No item is like that.</p>
</main>
</div>
<footer>Made by celerylint. <a href="{DOCS}/checklist">How items are answered</a></footer>
<script>
{part("page.js")}</script>
</body>
</html>
"""


def part(name: str) -> str:
    """A file that stands beside this one."""
    return (HERE / name).read_text(encoding="utf-8")


def summary(sheet: Sheet) -> str:
    """The states as buttons that show and hide items, over a bar of their shares."""
    buttons = "\n".join(
        f'<button type="button" class="state {state}" data-state="{state}" aria-pressed="true" '
        f'title="{escape(MEANINGS[state])}"><b>{number}</b> <span>{MARKS[state]} {state}</span></button>'
        for state, number in sheet.counts.items()
    )
    return f'<div class="summary" role="group" aria-label="States to show">\n{buttons}\n</div>\n{bar(sheet.counts)}'


def bar(counts: dict[State, int]) -> str:
    """The shares of the states as a bar."""
    parts = "".join(f'<i class="{state}" style="flex:{number}"></i>' for state, number in counts.items() if number)
    return f'<div class="bar" aria-hidden="true">{parts}</div>'


def tools() -> str:
    return """<div class="tools" hidden>
<label>Find <input type="search" id="find" placeholder="words, ids, files" autocomplete="off"></label>
<button type="button" id="open">Open all</button> <button type="button" id="close">Close all</button>
<output id="shown" aria-live="polite"></output>
<details class="keys"><summary>Keys</summary>
<p><kbd>j</kbd> <kbd>k</kbd> next and previous item, <kbd>Enter</kbd> opens it, <kbd>1</kbd> to <kbd>5</kbd> show and
hide states, <kbd>0</kbd> shows all, <kbd>/</kbd> finds, <kbd>o</kbd> opens all, <kbd>c</kbd> closes all.</p></details>
</div>"""


def contents(sheet: Sheet) -> str:
    """Links to the sections by phase, each with the bar of its own states."""
    out, phase = [], ""
    for section in all_sections():
        if section.phase != phase:
            out.append(f"{'</ul>' if phase else ''}<h2>{escape(section.phase)}</h2><ul>")
            phase = section.phase
        counts = numbers(sheet, sheet.of(section))
        label = f"{escape(section.title)}: {counted(counts)}"
        out.append(f'<li><a href="#{section.name}" title="{label}">{escape(section.title)}{bar(counts)}</a></li>')
    return "\n".join([*out, "</ul>"])


def of_section(sheet: Sheet, section: Section, style: Style, opened: bool) -> str:
    answers = sheet.of(section)
    items = "\n".join(of_item(item, answer, style, opened) for item, answer in answers)
    title = f"<h2>{escape(section.title)} <small>{counted(numbers(sheet, answers))}</small></h2>"
    return f'<section id="{section.name}">\n{title}\n{items}\n</section>'


def numbers(sheet: Sheet, answers: list[tuple[Item, Answer]]) -> dict[State, int]:
    """How many of some answers have each state."""
    states = [answer.state for _, answer in answers]
    return {state: states.count(state) for state in sheet.counts}


def of_item(item: Item, answer: Answer, style: Style, opened: bool) -> str:
    """An item that unfolds; what fails is open, where that is wanted."""
    open_ = " open" if opened and answer.state in {"fail", "partly"} else ""
    found = f'<span class="found">{code(answer.found)}</span>' if answer.found else ""
    return f"""<details class="item" id="{item.id}" data-state="{answer.state}"{open_}>
<summary><span class="badge {answer.state}"><span aria-hidden="true">{MARKS[answer.state]}</span> {answer.state}</span>
<span><span class="wanted">{code(item.wanted)}</span> {found}</span>
<a class="id" href="#{item.id}">{item.id}</a></summary>
<div class="body">
{body(item, answer, style)}
</div>
</details>"""


def body(item: Item, answer: Answer, style: Style) -> str:
    parts = [f"<p>It would show in {code(answer.missing)}.</p>"] if answer.missing else []
    parts += evidence(answer, style)
    parts += steps(answer.steps)
    parts += [of_table(table) for table in answer.tables]
    if answer.caveat:
        parts.append(f'<p class="caveat"><b>Note</b> {code(answer.caveat)}</p>')
    label = "How" if item.states == {"manual"} else "Answered from"
    parts.append(f'<p class="how">{label}: {code(item.how)}{rules(item)}</p>')
    return "\n".join(parts)


def evidence(answer: Answer, style: Style) -> Iterator[str]:
    """The places as a list; those that rules report with the code of the rule."""
    if not answer.evidence:
        return
    findings = {(finding.path, finding.span.line): finding for finding in answer.findings}
    rows = (of_place(place, findings.get((place.path, place.line)), style) for place in answer.evidence)
    yield f'<ol class="evidence">\n{"".join(rows)}</ol>'


def of_place(place: Place, finding: Finding | None, style: Style) -> str:
    where = f'<a href="{escape(style.link(place))}">{escape(place.path)}:{place.line}</a>'
    text = f"<code>{escape(place.text)}</code>" if place.text else ""
    rule = f'<a class="rule" href="{DOCS}/rules/{finding.name}">{finding.code}</a> ' if finding else ""
    note = f'<span class="note">{rule}{code(place.note)}</span>' if rule or place.note else ""
    return f"<li>{where} {text} {note}</li>\n"


def steps(found: Iterable[Step]) -> Iterator[str]:
    """What to do, with commands to copy."""
    rows = "".join(
        f"<li>{code(step.what)}{f'<pre><code>{escape(step.command)}</code></pre>' if step.command else ''}</li>\n"
        for step in found
    )
    if rows:
        yield f'<ol class="steps">\n{rows}</ol>'


def of_table(table: Table) -> str:
    head = "".join(f'<th scope="col">{code(cell)}</th>' for cell in table.header)
    rows = "\n".join(f"<tr>{''.join(f'<td>{code(cell)}</td>' for cell in row)}</tr>" for row in table.rows)
    return f'<div class="wide"><table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{rows}\n</tbody></table></div>'


def rules(item: Item) -> str:
    """Links to the rules that an item rests on."""
    links = ", ".join(f'<a href="{DOCS}/rules/{rule.name}">{rule.code}</a>' for rule in item.rules)
    return f" Rules: {links}." if links else ""


def code(text: str) -> str:
    """Text of ours as HTML, what stands between backticks as code."""
    return CODE.sub(r"<code>\1</code>", escape(text))
