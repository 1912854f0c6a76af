"""How answers are shown, in every format."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import TypeAlias

import pytest

from celerylint import checklist
from celerylint.checklist import Sheet, reports
from celerylint.checklist.item import STATES, Answer, Place, Step, Table
from celerylint.checklist.reports import Style, html
from celerylint.cli.checklist import FORMATS
from scripts import generate_reports
from tests.checklist.conftest import ALL

World: TypeAlias = Callable[[str], tuple[Path, Sheet]]
ITEMS = list(checklist.all_items())


def of(answer: Answer) -> Sheet:
    """A sheet with the same answer to every item."""
    return Sheet("shop", tuple((item, answer) for item in ITEMS))


def shown(answer: Answer, name: str, style: Style | None = None) -> str:
    return reports.load(name).render(of(answer), style or Style())


# Characters that mean something to Markdown, HTML, JSON or a terminal.
NASTY = Answer(
    "fail",
    "x < y & `a*b` *not* bold [no](link) | cell",
    (Place("a b/té#st.py", 3, "if a < b and '`x`': # </script>\x1b[31m", "a `note` <b>"),),
    caveat="mind <i>this</i>",
    steps=(Step("Look & see", "echo \"<a>\" | grep '`'"),),
    tables=(Table(("a|b", "c"), (("<td>", "`x|y`"),)),),
)


def test_formats_are_those_of_the_command() -> None:
    assert set(reports.names()) == set(FORMATS)


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("format_", FORMATS)
def test_every_item_is_in_every_report(name: str, format_: str, world: World) -> None:
    _, sheet = world(name)
    text = reports.load(format_).render(sheet, Style())
    assert text.endswith("\n")
    assert [item.id for item in ITEMS if item.id not in text] == []


# Golden reports


@pytest.mark.parametrize("shop", generate_reports.SHOPS)
@pytest.mark.parametrize("format_", generate_reports.REPORTS)
def test_the_shops_get_the_reports_that_they_got(shop: str, format_: str, world: World) -> None:
    _, sheet = world(shop)
    golden = generate_reports.GOLDEN / f"{shop}.{generate_reports.REPORTS[format_]}"
    compare(golden, reports.load(format_).render(sheet, Style()))


def compare(golden: Path, text: str) -> None:
    """A report against its golden one, with what differs and how to take it over."""
    before = golden.read_text(encoding="utf-8").splitlines()
    diff = list(difflib.unified_diff(before, text.splitlines(), golden.name, "now", lineterm="", n=1))
    hint = "if this is meant, run `python scripts/generate_reports.py`"
    assert not diff, "\n".join([hint, *(line[:200] for line in diff[:40])])


# Text


def test_text_shows_what_an_answer_rests_on() -> None:
    text = shown(NASTY, "text")
    assert f"({len(ITEMS)} items" not in text
    assert text.rstrip().endswith(f"{len(ITEMS)} items: {len(ITEMS)} fail")
    assert "fail     Redis is 5.0 or newer  broker.redis-version\n" in text
    assert "         a b/té#st.py:3: if a < b and '`x`': # </script>" in text
    assert "(a `note` <b>)" in text
    assert "           $ echo \"<a>\" | grep '`'\n" in text
    assert "         note: mind <i>this</i>\n" in text


def test_text_cannot_disturb_a_terminal() -> None:
    assert "\x1b" not in shown(NASTY, "text")
    assert "\x1b[1;31mfail   \x1b[0m" in shown(NASTY, "text", Style(color=True))


def test_long_evidence_is_cut_for_people_only() -> None:
    places = tuple(Place(f"f{number}.py", 1, "x") for number in range(50))
    answer = Answer("fail", "", places)
    assert "… and 45 more" in shown(answer, "text")
    assert "- and 45 more" in shown(answer, "markdown")
    page = shown(answer, "html")
    assert all(f"f{number}.py" in page for number in range(50))
    first = json.loads(shown(answer, "json"))["sections"][0]["items"][0]
    assert len(first["evidence"]) == 50


# JSON


def test_json_has_everything() -> None:
    data = json.loads(shown(NASTY, "json"))
    assert data["project"] == "shop"
    assert data["counts"] == {"fail": len(ITEMS), "partly": 0, "unknown": 0, "manual": 0, "pass": 0}
    assert [item["id"] for section in data["sections"] for item in section["items"]] == [item.id for item in ITEMS]
    first = data["sections"][0]["items"][0]
    assert first["state"] == "fail"
    assert first["evidence"] == [
        {"path": "a b/té#st.py", "line": 3, "text": NASTY.evidence[0].text, "note": "a `note` <b>"}
    ]
    assert first["steps"] == [{"what": "Look & see", "command": "echo \"<a>\" | grep '`'"}]
    assert first["tables"] == [{"header": ["a|b", "c"], "rows": [["<td>", "`x|y`"]]}]
    assert first["caveat"] == "mind <i>this</i>"
    assert first["rules"] == ["CEL826"]


def test_json_findings_are_those_of_check(world: World) -> None:
    data = json.loads(reports.load("json").render(world("shop")[1], Style()))
    found = [finding for section in data["sections"] for item in section["items"] for finding in item["findings"]]
    keys = {"code", "name", "severity", "message", "path", "line", "column", "end_line", "end_column", "symbol"}
    keys |= {"related", "fix", "checklist", "help"}
    assert found
    assert all(set(finding) == keys for finding in found)


# Markdown


def test_markdown_means_itself() -> None:
    text = shown(NASTY, "markdown")
    assert "- [ ] **fail**: Redis is 5.0 or newer (`broker.redis-version`)\n" in text
    assert "x \\< y & `a*b` \\*not\\* bold \\[no\\](link) \\| cell" in text
    assert "[a b/té#st.py:3](a%20b/t%C3%A9%23st.py#L3)" in text
    assert "``if a < b and '`x`': # </script>" in text
    assert "| a\\|b | c |\n  | --- | --- |\n  | \\<td\\> | `x\\|y` |" in text
    assert "- [x] **pass**" in shown(replace(NASTY, state="pass"), "markdown")


def test_markdown_links_from_its_overview_to_its_headings(world: World) -> None:
    text = reports.load("markdown").render(world("shop")[1], Style())
    headings = {
        re.sub(r"[^\w -]", "", line[3:].lower()).replace(" ", "-") for line in text.splitlines() if line[:3] == "## "
    }
    assert set(re.findall(r"^\| \[[^\]]+\]\(#([^)]+)\)", text, re.MULTILINE)) == headings


# Links


def test_links_lead_where_they_are_told_to() -> None:
    place = Place("k8s/a b.yaml", 7)
    assert Style().link(place) == "k8s/a%20b.yaml#L7"
    assert Style(folder=Path("out/reports")).link(place) == "../../k8s/a%20b.yaml#L7"
    style = Style(links="https://example.com/blob/main/{path}?plain=1#L{line}")
    assert style.link(place) == "https://example.com/blob/main/k8s/a%20b.yaml?plain=1#L7"


# The page


class Reader(HTMLParser):
    """Collects what a page is made of; fails where elements are not closed in order."""

    VOID = frozenset({"meta", "input", "br", "link", "img"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.found: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, self.getpos()


def read(page: str) -> Reader:
    reader = Reader()
    reader.feed(page)
    assert reader.open == []
    return reader


def test_the_page_is_whole_and_loads_nothing(world: World) -> None:
    reader = read(reports.load("html").render(world("shop")[1], Style()))
    assert not [tag for tag, _ in reader.found if tag in {"link", "img", "iframe", "object"}]
    assert not [tag for tag, attrs in reader.found if "src" in attrs]
    ids = [attrs["id"] for _, attrs in reader.found if "id" in attrs]
    assert len(ids) == len(set(ids))
    inside = {
        (attrs["href"] or "")[1:] for tag, attrs in reader.found if tag == "a" and (attrs["href"] or "")[:1] == "#"
    }
    assert inside <= set(ids)
    page = reports.load("html").render(world("shop")[1], Style())
    assert not re.search(r"@import|url\((?!#)", page)


def test_the_page_escapes_what_it_quotes() -> None:
    page = shown(NASTY, "html")
    read(page)
    assert page.count("</script>") == 1
    assert "<b>" not in page.partition("</header>")[2].replace("<b>Note</b>", "")
    assert "if a &lt; b and &#x27;`x`&#x27;: # &lt;/script&gt;" in page
    assert "a <code>note</code> &lt;b&gt;" in page
    assert 'href="a%20b/t%C3%A9%23st.py#L3"' in page


def luminance(colour: str) -> float:
    """How light a colour of six or three hexadecimal digits is (WCAG 2.2, relative luminance)."""
    digits = colour if len(colour) == 6 else "".join(digit * 2 for digit in colour)
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_what_is_behind_it(scheme: str) -> None:
    css = html.part("page.css")
    light, dark, *_ = (
        dict(re.findall(r"--([\w-]+): #(\w+)", block)) for block in re.findall(r":root \{(.*?)\}", css, re.S)
    )
    colours = light if scheme == "light" else light | dark
    pairs: list[tuple[str, str]] = [(state, f"{state}-soft") for state in STATES]
    pairs += [(text, back) for text in ("ink", "soft", "link") for back in ("paper", "card", "shade")]
    for text, back in [*pairs, ("ink", "partly-soft")]:
        low, high = sorted([luminance(colours[text]), luminance(colours[back])])
        # What WCAG 2.2 asks of normal text (1.4.3).
        assert (high + 0.05) / (low + 0.05) >= 4.5, (text, back)


def test_few_failures_are_unfolded() -> None:
    items = ITEMS[:3]
    answers = [Answer("fail", ""), Answer("partly", ""), Answer("pass", "")]
    page = reports.load("html").render(Sheet("shop", tuple(zip(items, answers, strict=True))), Style())
    opened = [attrs["id"] for tag, attrs in read(page).found if tag == "details" and "open" in attrs]
    assert opened == [items[0].id, items[1].id]
    assert " open>" not in shown(Answer("fail", ""), "html")
