"""What users and machines read: every format, from the same findings."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from celerylint import output
from celerylint.config.model import FORMATS
from celerylint.edits import Edit, Fix, apply
from celerylint.output import Style
from celerylint.output._frame import frame
from celerylint.output._patch import patch
from celerylint.output._summary import statistics, statistics_json, summary
from celerylint.output._terminal import WIDTH, cells
from celerylint.project import Report
from celerylint.rule import Finding, Related
from celerylint.source import Source, Span

ALL = ["concise", "full", "github", "gitlab", "grouped", "json", "jsonl", "junit", "sarif"]
HELP = "https://celerylint.readthedocs.io/rules/retry-not-raised"


PLACE, PLAIN = Span(1, 1, 1, 2), Style()


def marked(text: str, path: str = "shop/tasks.py") -> tuple[Source, Span]:
    """A source and the span between « and » in it."""
    start = text.index("«")
    end = text.index("»") - 1
    source = Source.from_text(path, text.replace("«", "").replace("»", ""))
    return source, source.range(start, end)


def finding(span: Span = PLACE, **changes: Any) -> Finding:
    made = Finding(
        "CEL206",
        "retry-not-raised",
        "warning",
        "`self.retry()` is not raised",
        "shop/tasks.py",
        span,
        symbol="shop.tasks.send",
        checklist=("retries.raised",),
    )
    return replace(made, **changes)


def report(text: str, **changes: Any) -> Report:
    """One finding about the marked part of a text."""
    source, span = marked(text)
    return Report([finding(span, **changes)], sources={source.path: source})


def render(name: str, made: Report, style: Style = PLAIN) -> str:
    return output.load(name).render(made, style)


def lines(text: str) -> list[str]:
    """The frame around the marked part of a text."""
    return frame(*marked(text))


RAISE = Fix("safe", "Raise what `retry()` returns", (Edit(Span(4, 5, 4, 5), "raise "),))
RETRY = "@app.task(bind=True)\ndef send(self):\n\n    «self.retry()»\n    done()\n"


def test_every_module_is_a_format_and_every_format_of_the_contract_is_there() -> None:
    assert output.names() == ALL == sorted(FORMATS)


def test_full_shows_source_severity_related_places_and_the_fix() -> None:
    where = Related("shop/settings.py", Span(3, 1, 3, 9), "limits are set here")
    assert (
        render("full", report(RETRY, fix=RAISE, related=(where,)))
        == f"""\
CEL206 [*] `self.retry()` is not raised
 --> shop/tasks.py:4:5
  |
2 | def send(self):
3 |
4 |     self.retry()
  |     ^^^^^^^^^^^^
5 |     done()
  |
  = warning, {HELP}
  = note: shop/settings.py:3:1: limits are set here
help: Raise what `retry()` returns
  |
  -     self.retry()
4 +     raise self.retry()
5 |     done()
  |

"""
    )


def test_full_without_the_source_still_says_where() -> None:
    assert (
        render("full", Report([finding(Span(7, 3, 7, 4))]))
        == f"""\
CEL206 `self.retry()` is not raised
 --> shop/tasks.py:7:3
  = warning, {HELP}

"""
    )


@pytest.mark.parametrize(
    ("applicability", "unsafe_fixes", "mark", "note"),
    [
        ("safe", False, True, ""),
        ("unsafe", False, False, "--unsafe-fixes"),
        ("unsafe", True, True, "--unsafe-fixes"),
        ("manual", True, False, "by hand"),
    ],
)
def test_full_marks_what_fix_would_apply(applicability: Any, unsafe_fixes: bool, mark: bool, note: str) -> None:
    made = report(RETRY, fix=replace(RAISE, applicability=applicability))
    shown = render("full", made, Style(unsafe_fixes=unsafe_fixes))
    assert ("[*]" in shown.splitlines()[0]) is mark
    assert note in shown
    assert ("note:" in shown) is bool(note)


def test_full_names_the_other_file_that_a_fix_changes() -> None:
    settings = Source.from_text("shop/settings.py", "A = 1\n")
    limit = Fix("unsafe", "Set a limit", (Edit(Span(2, 1, 2, 1), "LIMIT = 600\n", "shop/settings.py"),))
    made = report(RETRY, fix=limit)
    assert "  --> shop/settings.py\nnote:" in render("full", made)
    made.sources["shop/settings.py"] = settings
    assert "  --> shop/settings.py\n  |\n1 | A = 1\n2 + LIMIT = 600\n  |\n" in render("full", made)


def test_carets_stand_below_tabs_wide_and_combining_characters() -> None:
    assert lines('\tname = "日本é"; «self.retry()»\n') == [
        "  |",
        '1 |     name = "日本é"; self.retry()',
        "  |                     ^^^^^^^^^^^^",
        "  |",
    ]
    assert lines("e\u0301 = «x»\n")[1:3] == ["1 | e\u0301 = x", "  |     ^"]
    assert lines("a\t«b»\n")[1:3] == ["1 | a   b", "  |     ^"]
    assert lines("x = «'日本'»\n")[2] == "  |     ^^^^^^"


def test_a_span_over_lines_has_a_rule_beside_it() -> None:
    assert lines("a\nb\n«chain(\n    x,\n)»\nc\n") == [
        "  |",
        "1 |   a",
        "2 |   b",
        "3 | / chain(",
        "4 | |     x,",
        "5 | | )",
        "  | |_^",
        "6 |   c",
        "  |",
    ]


def test_a_span_over_lines_that_starts_within_one_is_led_from_there() -> None:
    assert lines("x = «chain(\n    y,\n)»\n") == [
        "  |",
        "1 |   x = chain(",
        "  |  _____^",
        "2 | |     y,",
        "3 | | )",
        "  | |_^",
        "  |",
    ]


def test_the_middle_of_a_long_span_is_left_out() -> None:
    shown = lines("«def f():\n" + "".join(f"    x{number}\n" for number in range(2, 99)) + "    end»\n")
    assert shown[4:6] == [" 4 | |     x4", "...  |"]
    assert shown[6] == "98 | |     x98"
    assert len(shown) == 10


def test_long_lines_are_cut_around_the_span() -> None:
    shown = lines(f"x = '{'a' * 500}'; «self.retry()»; y = '{'b' * 500}'\n")
    text, carets = shown[1][4:], shown[2][4:]
    assert len(text) == WIDTH
    assert text[0] == text[-1] == "…"
    assert text[carets.index("^") : carets.rindex("^") + 1] == "self.retry()"
    assert len(lines(f"«{'日' * 500}»\n")[2]) == 4 + WIDTH


def test_nothing_in_a_source_reaches_the_terminal_as_a_command() -> None:
    made = report("«x»  # \x1b[2J\x07 \u202e \x0c \x85\n", message="quotes \x1b[31m", path="shop/tasks.py")
    for name in ("full", "concise", "grouped"):
        assert not {"\x1b", "\x07", "\u202e", "\x0c", "\x85"} & set(render(name, made))


def test_positions_past_the_end_are_shown_at_the_end() -> None:
    source = Source.from_text("a.py", "x\n")
    assert frame(source, Span(9, 9, 9, 9))[-3:] == ["2 |", "  | ^", "  |"]
    assert frame(Source.from_text("a.py", ""), Span(1, 1, 1, 1)) == ["  |", "1 |", "  | ^", "  |"]
    assert frame(source, Span(1, 1, 2, 1))[1:3] == ["1 | x", "  | ^"]


def test_colours_only_add_escapes() -> None:
    made = report("x = «chain(\n    y,\n)»\n", fix=Fix("unsafe", "Go", (Edit(Span(1, 1, 2, 1), "z\n"),)))
    made.findings.append(replace(made.findings[0], severity="error", fix=None))
    for name in ("full", "concise", "grouped"):
        plain, colored = render(name, made), render(name, made, Style(color=True))
        assert "\x1b[" in colored
        assert strip(colored) == plain


def strip(text: str) -> str:
    while "\x1b[" in text:
        before, _, after = text.partition("\x1b[")
        text = before + after.partition("m")[2]
    return text


WORDS = st.text(alphabet="ab \t(日é\u0301\x0c\r", max_size=30)


@given(st.lists(WORDS, min_size=1, max_size=12), st.data())
def test_carets_cover_the_span_and_nothing_else(texts: list[str], data: st.DataObject) -> None:
    source = Source.from_text("a.py", "\n".join(texts))
    number = data.draw(st.integers(1, len(source.starts)))
    text = source.line(number)
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    covered = max(end, start + 1)
    shown = frame(source, Span(number, start + 1, number, end + 1))
    at = next(index for index, line in enumerate(shown) if "^" in line)
    before, marks = len(cells(text[:start])), len(cells(text[:covered])) - len(cells(text[:start]))
    margin = shown[0].index("|") + 2
    assert shown[at] == shown[0] + " " * (before + 1) + "^" * max(marks, 1)
    assert shown[at - 1][margin:] == "".join(cells(text)).rstrip()


@given(WORDS, st.lists(st.tuples(st.integers(0, 400), st.integers(0, 9), WORDS), max_size=4), st.integers(1, 9))
def test_a_patch_takes_out_old_lines_and_puts_in_new_ones(
    text: str, wanted: list[tuple[int, int, str]], times: int
) -> None:
    source = Source.from_text("a.py", (text + "\n") * times)
    edits, at = [], 0
    for start, length, content in sorted(wanted):
        if at <= start and start + length <= len(source.text):
            edits.append(Edit(source.range(start, start + length), content))
            at = start + length + 1
    shown = patch(source, edits)
    margin = shown[0].index("|")
    new = Source.from_text("a.py", apply(source, edits))
    for line in shown:
        if line[margin] in "+|" and line[:margin].strip():
            number = int(line[:margin])
            assert line[margin + 2 :] == "".join(cells(new.line(number))).rstrip()
    old = {"".join(cells(source.line(number))).rstrip() for number in range(1, len(source.starts) + 1)}
    assert {line[margin + 2 :] for line in shown if line[margin] == "-"} <= old


def test_concise_is_one_line_each_whatever_the_message() -> None:
    made = Report([finding(Span(3, 1, 3, 2), message="a\nb"), finding(Span(12, 34, 13, 1), fix=RAISE)])
    assert render("concise", made) == (
        "shop/tasks.py:3:1: CEL206 a\N{REPLACEMENT CHARACTER}b\n"
        "shop/tasks.py:12:34: CEL206 `self.retry()` is not raised\n"
    )


def test_grouped_names_each_file_once() -> None:
    made = Report([finding(Span(3, 1, 3, 2)), finding(Span(12, 34, 12, 40), fix=RAISE), finding(path="shop/z.py")])
    assert render("grouped", made) == (
        "shop/tasks.py:\n"
        "  3:1   CEL206 `self.retry()` is not raised\n"
        "  12:34 CEL206 [*] `self.retry()` is not raised\n\n"
        "shop/z.py:\n"
        "  1:1 CEL206 `self.retry()` is not raised\n\n"
    )


def test_json_has_exactly_the_promised_keys() -> None:
    where = Related("shop/settings.py", Span(3, 1, 3, 9), "set here")
    edits = (*RAISE.edits, Edit(Span(1, 1, 1, 1), "y", "shop/other.py"))
    made = report("«日本»\n", related=(where,), fix=replace(RAISE, edits=edits))
    shown = render("json", made)
    assert json.loads(shown) == [
        {
            "code": "CEL206",
            "name": "retry-not-raised",
            "severity": "warning",
            "message": "`self.retry()` is not raised",
            "path": "shop/tasks.py",
            "line": 1,
            "column": 1,
            "end_line": 1,
            "end_column": 3,
            "symbol": "shop.tasks.send",
            "related": [{"path": "shop/settings.py", "line": 3, "column": 1, "message": "set here"}],
            "fix": {
                "applicability": "safe",
                "message": "Raise what `retry()` returns",
                "edits": [
                    {"line": 4, "column": 5, "end_line": 4, "end_column": 5, "content": "raise "},
                    {"line": 1, "column": 1, "end_line": 1, "end_column": 1, "content": "y", "path": "shop/other.py"},
                ],
            },
            "checklist": ["retries.raised"],
            "help": HELP,
        }
    ]
    assert [json.loads(line) for line in render("jsonl", made).splitlines()] == json.loads(shown)


def test_json_of_nothing() -> None:
    assert render("json", Report([])) == "[]\n"
    assert render("jsonl", Report([])) == ""
    assert json.loads(render("json", Report([finding()])))[0]["fix"] is None


def test_github_escapes_and_names_columns_only_within_a_line() -> None:
    made = Report(
        [
            finding(Span(4, 5, 4, 17), path="a,b:c.py", message="50%\nand", severity="error", fix=RAISE),
            finding(Span(4, 5, 6, 2), severity="advice"),
        ]
    )
    first, second = render("github", made).splitlines()
    assert first == (
        "::error title=celerylint (CEL206),file=a%2Cb%3Ac.py,line=4,col=5,endLine=4,endColumn=17"
        "::a,b:c.py:4:5: CEL206 50%25%0Aand%0A  help: Raise what `retry()` returns"
    )
    assert second.startswith("::notice title=celerylint (CEL206),file=shop/tasks.py,line=4,endLine=6::")


def test_gitlab_tells_equal_findings_apart_and_survives_moved_lines() -> None:
    twice = Report([finding(Span(4, 5, 4, 17)), finding(Span(9, 5, 9, 17))])
    moved = Report([finding(Span(5, 5, 5, 17)), finding(Span(10, 5, 10, 17))])
    first, second = json.loads(render("gitlab", twice))
    assert first["fingerprint"] != second["fingerprint"]
    assert [item["fingerprint"] for item in json.loads(render("gitlab", moved))] == [
        first["fingerprint"],
        second["fingerprint"],
    ]
    assert first["location"]["positions"]["begin"] == {"line": 4, "column": 5}
    assert {"check_name", "description", "severity", "fingerprint", "location"} <= set(first)
    assert first["severity"] in {"info", "minor", "major", "critical", "blocker"}


def test_junit_is_one_suite_a_file_and_holds_any_text() -> None:
    made = Report([finding(message="<&\x00>"), finding(Span(2, 1, 2, 2)), finding(path="shop/z.py")])
    root = ElementTree.fromstring(render("junit", made).encode())
    assert [(suite.get("name"), suite.get("failures")) for suite in root] == [
        ("shop/tasks.py", "2"),
        ("shop/z.py", "1"),
    ]
    failure = root.find(".//failure")
    assert failure is not None
    assert failure.get("message") == "<&\N{REPLACEMENT CHARACTER}>"
    clean = ElementTree.fromstring(render("junit", Report([])).encode())
    assert [clean.get("tests"), clean.get("failures")] == ["1", "0"]
    assert len(list(clean.iter("testcase"))) == 1


def test_sarif_points_at_rules_places_and_fixes() -> None:
    where = Related("shop/sett ings.py", Span(3, 1, 3, 9), "set here")
    made = Report([finding(Span(4, 5, 4, 17), related=(where,), fix=RAISE), finding(severity="advice")], errors=["no"])
    log = json.loads(render("sarif", made))
    (run,) = log["runs"]
    (rule,) = run["tool"]["driver"]["rules"]
    first, second = run["results"]
    assert log["version"] == "2.1.0"
    assert run["columnKind"] == "unicodeCodePoints"
    assert (rule["id"], rule["helpUri"]) == ("CEL206", HELP)
    assert [first["ruleIndex"], second["ruleIndex"], first["level"], second["level"]] == [0, 0, "warning", "note"]
    assert first["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": "shop/tasks.py"},
        "region": {"startLine": 4, "startColumn": 5, "endLine": 4, "endColumn": 17},
    }
    related = first["relatedLocations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert related == "shop/sett%20ings.py"
    change = first["fixes"][0]["artifactChanges"][0]["replacements"][0]
    assert change["insertedContent"] == {"text": "raise "}
    assert run["invocations"][0]["executionSuccessful"] is False
    assert "fixes" not in second


@pytest.mark.parametrize("name", ALL)
def test_the_same_report_gives_the_same_bytes_and_ends_with_a_newline(name: str) -> None:
    made = report(RETRY, fix=RAISE)
    shown = render(name, made)
    assert shown == render(name, made)
    assert shown.endswith("\n")
    assert "CEL" not in render(name, Report([]))


def test_summary_counts_severities_fixes_and_what_is_left() -> None:
    unsafe = replace(RAISE, applicability="unsafe")
    some = [finding(fix=RAISE), finding(fix=unsafe, severity="error"), finding(severity="advice")]
    assert summary(some, 3, Style()) == (
        "Found 3 findings (1 error, 1 warning, 1 advice).\n"
        "[*] 1 can be fixed with `--fix`, 1 more with `--fix --unsafe-fixes`.\n"
    )
    assert summary(some[1:2], 3, Style(), fixed=2) == (
        "Found 3 findings (2 fixed, 1 remaining: 1 error).\n1 can be fixed with `--fix --unsafe-fixes`.\n"
    )
    assert summary([], 3, Style(), fixed=2) == "Fixed 2 findings, none remain.\n"
    assert summary([], 1, Style()) == "No findings in 1 file.\n"
    assert summary([], 0, Style()) == "No files to check.\n"


def test_statistics_are_sorted_by_count_and_then_code() -> None:
    other = finding(code="CEL101", name="result-get-in-task")
    some = [finding(fix=RAISE), finding(), other, other, finding(code="CEL105", name="async-task")]
    assert statistics(some, Style()) == (
        "2\tCEL101\t[ ]\tresult-get-in-task\n2\tCEL206\t[-]\tretry-not-raised\n1\tCEL105\t[ ]\tasync-task\n"
    )
    assert json.loads(statistics_json(some[:1], Style())) == [
        {"code": "CEL206", "name": "retry-not-raised", "count": 1, "fixable": 1}
    ]
