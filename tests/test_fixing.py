"""Fixes are applied whole, in rounds, and none that does harm.

The project here is a real one but for its rules: each word that a test gives a fixer for is a finding, `bad1` is
CEL901 and so on, wherever it stands in the files.
"""

from __future__ import annotations

import ast
import re
from codecs import BOM_UTF8
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from celerylint import engine, fixing, proposing
from celerylint.config import load
from celerylint.edits import Applicability, Edit, Fix
from celerylint.file import File
from celerylint.fixing import BadFix, FixReport, attach, fix_all
from celerylint.index import Index
from celerylint.layout import NotEditable
from celerylint.project import Project, Report
from celerylint.proposing import Fixer
from celerylint.rule import Finding
from celerylint.source import Source, Span

CODES = {f"CEL90{number}": f"bad{number}" for number in range(10)}
Files = dict[str, str | bytes]


class Words(Project):
    """A project in which words are findings. `also` says where there is another one, by all texts."""

    def also(self, texts: dict[str, str]) -> str | None:
        return None

    def check(self) -> Report:
        sources = {path: self.source(path) for path in sorted(self.asked) if self.content(path) is not None}
        found = [finding for source in sources.values() for finding in words(source)]
        other = self.also({path: source.text for path, source in sources.items()})
        found += [Finding("CEL999", "other", "error", "also", other, Span(1, 1, 1, 2))] if other else []
        return Report(sorted(found, key=lambda finding: finding.sort_key), [], sources, len(sources))

    def source(self, path: str) -> Source:
        return Source.from_bytes(path, self.content(path) or b"")


def words(source: Source) -> list[Finding]:
    found = []
    for code, word in CODES.items():
        for match in re.finditer(rf"\b{word}\b", source.text):
            span = source.range(*match.span())
            found.append(Finding(code, word, "error", f"{word} is bad", source.path, span))
    return found


@pytest.fixture
def fixers(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, Fixer]:
    """The fixers in use, by code; the tests stand in the project's folder."""
    table: dict[str, Fixer] = {}
    monkeypatch.setattr(proposing, "fixer", table.get)
    monkeypatch.chdir(tmp_path)
    return table


def project(files: Files, *asked: str) -> Words:
    """A project of these files in the working directory, asked about some of them or all."""
    for name, content in files.items():
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_bytes(content.encode() if isinstance(content, str) else content)
    paths = [Path(name) for name in asked or ["."]]
    return Words(load(paths, {}, isolated=True), paths)


def to(content: str, applicability: Applicability = "safe", imports: tuple[str, ...] = ()) -> Fixer:
    """A fixer that replaces the word."""

    def fix(finding: Finding, file: File, index: Index) -> Fix:
        return Fix(applicability, f"Write {content}", (Edit(finding.span, content),), imports)

    return fix


def edits(*parts: tuple[str, int, int, str]) -> Fixer:
    """A fixer with edits by path and offset."""

    def fix(finding: Finding, file: File, index: Index) -> Fix:
        out = []
        for path, start, end, content in parts:
            source = Source.from_bytes(path, Path(path).read_bytes())
            out.append(Edit(source.range(start, end), content, "" if path == finding.path else path))
        return Fix("safe", "Edit", tuple(out))

    return fix


def texts(report: FixReport) -> dict[str, str]:
    return {path: change.text for path, change in report.changed.items()}


def left(report: FixReport) -> list[str]:
    """The findings that remain: code, line and how their fix may be applied."""
    return [f"{f.code}:{f.span.line}:{f.fix.applicability if f.fix else '-'}" for f in report.findings]


def test_everything_safe_is_fixed_and_nothing_is_written(fixers: dict[str, Fixer]) -> None:
    fixers |= {"CEL901": to("good"), "CEL902": to("x", "unsafe"), "CEL903": to("x", "manual")}
    found = fix_all(project({"a.py": "bad1 + bad2\nbad3 + bad1\n", "b.py": "bad1\n", "c.py": "fine\n"}))
    assert texts(found) == {"a.py": "good + bad2\nbad3 + good\n", "b.py": "good\n"}
    assert left(found) == ["CEL902:1:unsafe", "CEL903:2:manual"]
    assert [(path, dict(codes)) for path, codes in found.counts.items()] == [
        ("a.py", {"CEL901": 2}),
        ("b.py", {"CEL901": 1}),
    ]
    assert (found.refused, found.bugs) == ([], [])
    assert Path("a.py").read_text() == found.changed["a.py"].source.text == "bad1 + bad2\nbad3 + bad1\n"


def test_unsafe_fixes_and_codes_are_asked_for(fixers: dict[str, Fixer]) -> None:
    fixers |= {"CEL901": to("good"), "CEL902": to("y", "unsafe"), "CEL903": to("z", "manual")}
    files: Files = {"a.py": "bad1 + bad2 + bad3\n"}
    assert texts(fix_all(project(files), unsafe=True)) == {"a.py": "good + y + bad3\n"}
    assert texts(fix_all(project(files), unsafe=True, codes={"CEL902", "CEL903"})) == {"a.py": "bad1 + y + bad3\n"}


def test_edits_that_touch_wait_for_the_next_round(fixers: dict[str, Fixer]) -> None:
    seen = []

    def fix(finding: Finding, file: File, index: Index) -> Fix:
        seen.append(file.source.text)
        return Fix("safe", "Mend", (Edit(finding.span, ""), Edit(file.source.range(0, 0), f"{finding.name}_ = 1\n")))

    fixers |= {"CEL901": fix, "CEL902": fix}
    found = fix_all(project({"a.py": "[bad1]\n[bad2]\n"}))
    assert texts(found) == {"a.py": "bad2_ = 1\nbad1_ = 1\n[]\n[]\n"}
    assert "bad1_ = 1\n[]\n[bad2]\n" in seen


def test_neighbours_touch(fixers: dict[str, Fixer]) -> None:
    """What is inserted at the end of a replaced stretch waits too."""

    def fix(finding: Finding, file: File, index: Index) -> Fix:
        end = file.source.offset(finding.span.end_line, finding.span.end_column)
        return Fix("safe", "Mend", (Edit(finding.span, "a"), Edit(file.source.range(end, end + 3), " + ")))

    fixers |= {"CEL901": fix, "CEL902": to("c")}
    assert texts(fix_all(project({"a.py": "bad1 - bad2\n"}))) == {"a.py": "a + c\n"}


def test_findings_may_share_an_insertion_and_a_whole_fix(fixers: dict[str, Fixer]) -> None:
    fixers["CEL901"] = edits(("settings.py", 0, 0, "LIMIT = 1\n"), ("a.py", 0, 4, "ok"), ("b.py", 0, 4, "ok"))
    found = fix_all(project({"settings.py": "X = 1\n", "a.py": "bad1\n", "b.py": "bad1\n"}))
    assert texts(found) == {"a.py": "ok\n", "b.py": "ok\n", "settings.py": "LIMIT = 1\nX = 1\n"}
    assert len(found.applied) == 2
    assert found.groups == [["a.py", "b.py", "settings.py"]]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("(", "does not parse"),
        ("f(a=1, a=2)", "does not compile"),
        ("return", "does not compile"),
        ("bad9", "CEL909 at a.py:2"),
        ("f(bad1)", "CEL901 at a.py:2"),
        ("bad9\nbad9", "CEL909"),
    ],
)
def test_only_the_guilty_fix_is_refused(fixers: dict[str, Fixer], content: str, reason: str) -> None:
    fixers |= {"CEL901": to("good"), "CEL902": to(content), "CEL903": to("fine")}
    found = fix_all(project({"a.py": "bad1\nbad2\nbad3\nbad1\n", "b.py": "bad1\n"}))
    assert texts(found) == {"a.py": "good\nbad2\nfine\ngood\n", "b.py": "good\n"}
    assert left(found) == ["CEL902:2:manual"]
    [refused] = found.refused
    assert (refused.finding.code, refused.finding.span.line) == ("CEL902", 2)
    assert reason in refused.reason


def test_the_guilty_are_found_among_many(fixers: dict[str, Fixer]) -> None:
    def fix(finding: Finding, file: File, index: Index) -> Fix:
        guilty = finding.span.line in (7, 23, 24, 61)
        return Fix("safe", "Mend", (Edit(finding.span, "bad9" if guilty else "ok"),))

    fixers["CEL901"] = fix
    found = fix_all(project({"a.py": "bad1\n" * 70, "b.py": "bad1\n"}))
    assert [finding.span.line for finding in found.findings] == [7, 23, 24, 61]
    assert found.changed["a.py"].text.count("ok\n") == 66


def test_a_text_that_only_several_fixes_make_good_is_looked_at_again_without_them(fixers: dict[str, Fixer]) -> None:
    fixers |= {"CEL901": to("("), "CEL902": to(")"), "CEL903": to("bad9")}
    assert fix_all(project({"a.py": "bad1\nbad2\nbad3\n"})).changed == {}


def test_a_fix_that_does_not_mend_is_refused(fixers: dict[str, Fixer]) -> None:
    """It would be applied again and again."""
    fixers["CEL901"] = to("bad1 + 1")
    found = fix_all(project({"a.py": "x = bad1\n"}))
    assert (found.changed, left(found), found.bugs) == ({}, ["CEL901:1:manual"], [])


def test_findings_that_only_move_are_not_new(fixers: dict[str, Fixer]) -> None:
    fixers["CEL901"] = to("[\n\n\n]")
    files: Files = {"a.py": "bad2\nx = bad1; bad2\nbad2\nbad1; bad2\n"}
    found = fix_all(project(files))
    assert texts(found) == {"a.py": "bad2\nx = [\n\n\n]; bad2\nbad2\n[\n\n\n]; bad2\n"}
    assert [finding.span.line for finding in found.findings] == [1, 5, 6, 10]


def test_a_finding_added_in_another_file_is_new(fixers: dict[str, Fixer], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Words, "also", lambda self, texts: None if "key" in texts["a.py"] else "b.py")
    fixers |= {"CEL901": edits(("a.py", 0, 8, "")), "CEL902": to("fine")}
    found = fix_all(project({"a.py": "key=bad1\nbad2\n", "b.py": "x\n"}))
    assert texts(found) == {"a.py": "key=bad1\nfine\n"}
    assert "CEL999 at b.py:1" in found.refused[0].reason


def test_a_refused_fix_gets_another_try(fixers: dict[str, Fixer], monkeypatch: pytest.MonkeyPatch) -> None:
    """`bad1` can only be mended where `ready` stands, which mending `bad2` beside it brings a round later."""

    def also(self: Words, texts: dict[str, str]) -> str | None:
        return "a.py" if "good" in texts["a.py"] and "ready" not in texts["a.py"] else None

    def fix(finding: Finding, file: File, index: Index) -> Fix:
        start = file.source.text.index("-")
        return Fix("safe", "Mend", (Edit(file.source.range(start, start + 1), "+"), Edit(finding.span, "ready")))

    monkeypatch.setattr(Words, "also", also)
    fixers |= {"CEL901": to("good"), "CEL902": fix}
    found = fix_all(project({"a.py": "bad1- bad2\n"}))
    assert texts(found) == {"a.py": "good+ ready\n"}
    assert (found.refused, left(found)) == ([], [])


COMMENTED = "f(\n    bad1,  # why\n    1,\n)\n"


@pytest.mark.parametrize(
    ("end", "content", "kept"),
    [
        ("  # why", "", False),
        ("  # why", "2,  # why", True),
        ("bad1", "[  # more\n]", True),
        ("  # why", "'# why', ", False),
    ],
)
def test_no_comment_is_lost(fixers: dict[str, Fixer], end: str, content: str, kept: bool) -> None:
    start, stop = COMMENTED.index("bad1"), COMMENTED.index(end) + len(end)
    fixers["CEL901"] = edits(("a.py", start, stop, content))
    found = fix_all(project({"a.py": COMMENTED}))
    assert bool(found.changed) == kept
    assert [refused.reason for refused in found.refused] == ([] if kept else ["a comment would be lost: # why"])


def test_a_comment_that_the_finding_is_about_may_go(fixers: dict[str, Fixer]) -> None:
    fixers["CEL901"] = edits(("a.py", 2, 11, ""))
    assert texts(fix_all(project({"a.py": "x  # y bad1\n# z\n"}))) == {"a.py": "x \n# z\n"}
    fixers["CEL901"] = edits(("a.py", 1, 15, ""))
    assert texts(fix_all(project({"a.py": "x  # y bad1\n# z\n"}))) == {}


def test_comments_are_told_from_strings_in_any_python(fixers: dict[str, Fixer]) -> None:
    fixers["CEL901"] = to("good")
    text = "x = f\"{y['#'] + f\"{'#'}\"}\"  # é\ntype A[T] = list[T]\nbad1\n"
    assert texts(fix_all(project({"a.py": text}))) == {"a.py": text.replace("bad1", "good")}


def test_what_the_encoding_has_not_is_refused(fixers: dict[str, Fixer]) -> None:
    fixers |= {"CEL901": to("'€'"), "CEL902": to("'ü'")}
    files: Files = {"a.py": "# coding: latin-1\nbad1\n'é' + bad2\n".encode("latin-1"), "b.py": "bad1\n"}
    found = fix_all(project(files))
    assert texts(found) == {"a.py": "# coding: latin-1\nbad1\n'é' + 'ü'\n", "b.py": "'€'\n"}
    assert [refused.reason for refused in found.refused] == ["'€' is not in iso-8859-1"]


def test_the_declared_encoding_stays_where_it_counts(fixers: dict[str, Fixer]) -> None:
    fixers["CEL901"] = edits(("a.py", 0, 0, "1\n2\n"), ("a.py", 18, 22, "3"))
    found = fix_all(project({"a.py": "# coding: latin-1\nbad1 + 'é'\n".encode("latin-1")}))
    assert found.changed == {}
    assert "byte 0xe9 is not utf-8" in found.refused[0].reason


def test_a_fix_in_several_files_is_applied_whole_or_not_at_all(fixers: dict[str, Fixer]) -> None:
    fixers |= {"CEL901": edits(("a.py", 0, 4, "ok"), ("b.py", 0, 1, "y")), "CEL902": to("ok")}
    files: Files = {"a.py": "bad1\nbad2\n", "b.py": "x\nbad2\n"}
    found = fix_all(project(files))
    assert texts(found) == {"a.py": "ok\nok\n", "b.py": "y\nok\n"}
    assert found.groups == [["a.py", "b.py"]]
    fixers["CEL901"] = edits(("a.py", 0, 4, "ok"), ("b.py", 0, 1, "("))
    found = fix_all(project(files))
    assert texts(found) == {"a.py": "bad1\nok\n", "b.py": "x\nok\n"}
    assert found.groups == [["a.py"], ["b.py"]]


def test_files_that_were_not_asked_about_are_not_changed(fixers: dict[str, Fixer]) -> None:
    fixers |= {"CEL901": edits(("a.py", 0, 4, "ok"), ("b.py", 0, 1, "y")), "CEL902": to("ok")}
    found = fix_all(project({"a.py": "bad1\nbad2\n", "b.py": "x\n"}, "a.py"))
    assert texts(found) == {"a.py": "bad1\nok\n"}
    assert left(found) == ["CEL901:1:safe"]


def test_files_that_are_no_python(fixers: dict[str, Fixer]) -> None:
    fixers["CEL901"] = to("good")
    found = fix_all(project({"docker-compose.yml": "services: # bad1\n  (: bad1\n", "a.py": "x\n"}))
    assert texts(found) == {"docker-compose.yml": "services: # good\n  (: good\n"}


def test_newlines_are_those_around_the_place(fixers: dict[str, Fixer]) -> None:
    fixers["CEL901"] = to("[\n]")
    text = "bad1\r\nx\r\nbad1\nbad1\rbad1"
    working = project({"a.py": text.encode()})
    [first, *_] = attach(working, working.check().findings)
    assert first.fix is not None
    assert first.fix.edits[0].content == "[\r\n]"
    assert texts(fix_all(working)) == {"a.py": "[\r\n]\r\nx\r\n[\n]\n[\r]\r[\r\n]"}


def test_imports_are_part_of_the_fix(fixers: dict[str, Fixer]) -> None:
    fixers |= {
        "CEL901": to("Retry()", imports=("celery.exceptions.Retry",)),
        "CEL902": to("random.random()", imports=("random",)),
    }
    found = fix_all(project({"a.py": b"import os\r\n\r\nbad1\r\nbad2\r\nbad1\r\n", "b.py": "bad2 + bad1"}))
    imports = "import random\r\n\r\nfrom celery.exceptions import Retry\r\n"
    assert texts(found) == {
        "a.py": f"import os\r\n{imports}\r\nRetry()\r\nrandom.random()\r\nRetry()\r\n",
        "b.py": "import random\n\nfrom celery.exceptions import Retry\n\nrandom.random() + Retry()",
    }


def test_whole_names_become_what_the_file_calls_them(fixers: dict[str, Fixer]) -> None:
    fixers["CEL901"] = to(
        "raise celery.exceptions.Retry(x.celery.exceptions.Retry)", imports=("celery.exceptions.Retry",)
    )
    files: Files = {
        "a.py": "from celery.exceptions import Retry as Again\nbad1\n",
        "b.py": "from celery import exceptions\nbad1\n",
        "c.py": "Retry = 1\nbad1\n",
    }
    assert {path: text.splitlines()[-1] for path, text in texts(fix_all(project(files))).items()} == {
        "a.py": "raise Again(x.celery.exceptions.Retry)",
        "b.py": "raise exceptions.Retry(x.celery.exceptions.Retry)",
        "c.py": "raise CeleryRetry(x.celery.exceptions.Retry)",
    }


def test_a_short_name_that_is_taken_means_no_fix(fixers: dict[str, Fixer]) -> None:
    fixers["CEL901"] = to("raise Retry", imports=("celery.exceptions.Retry",))
    found = fix_all(project({"a.py": "Retry = 1\nbad1\n"}))
    assert (found.changed, left(found)) == ({}, ["CEL901:2:-"])


def test_a_fixer_that_fails_is_a_bug_of_ours(fixers: dict[str, Fixer]) -> None:
    def fix(finding: Finding, file: File, index: Index) -> Fix:
        raise KeyError("name")

    fixers |= {"CEL901": fix, "CEL902": to("ok"), "CEL903": lambda finding, file, index: twice(finding)}
    working = project({"a.py": "bad1\nbad2\nbad3\n"})
    with pytest.raises(BadFix, match=r"CEL901 failed at a\.py:1:1: KeyError: 'name'"):
        attach(working, working.check().findings)
    found = fix_all(working)
    assert texts(found) == {"a.py": "bad1\nok\nbad3\n"}
    assert [bug.partition(" at ")[0] for bug in found.bugs] == [
        "the fixer of CEL901 failed",
        "the fixer of CEL903 failed",
    ]


def twice(finding: Finding) -> Fix:
    return Fix("safe", "Overlap", (Edit(finding.span, "a"), Edit(finding.span, "b")))


def test_what_cannot_be_edited_has_no_fix(fixers: dict[str, Fixer]) -> None:
    def fix(finding: Finding, file: File, index: Index) -> Fix:
        raise NotEditable("comments in the way")

    fixers |= {"CEL901": fix, "CEL902": lambda finding, file, index: None}
    working = project({"a.py": "bad1\nbad2\nbad3\n"})
    assert [finding.fix for finding in attach(working, working.check().findings)] == [None, None, None]


def test_what_does_not_settle_is_reported_and_the_last_good_text_kept(fixers: dict[str, Fixer]) -> None:
    """Twelve fixes that all touch the first character."""

    def fix(finding: Finding, file: File, index: Index) -> Fix:
        return Fix(
            "safe", "Count", (Edit(file.source.range(0, 0), f"{finding.span.line} + "), Edit(finding.span, "ok"))
        )

    fixers["CEL901"] = fix
    found = fix_all(project({"a.py": "[\n" + "bad1,\n" * 12 + "]\n"}))
    assert found.changed["a.py"].text.count("ok") == 10
    assert found.bugs == ["the fixes of CEL901 in a.py did not settle in 10 rounds"]
    assert left(found) == ["CEL901:12:safe", "CEL901:13:safe"]


NEWLINES = st.sampled_from(["\n", "\r\n", "\r"])
PARTS = st.sampled_from(["bad1", "bad2", "bad3", "'é中😀'", "x \t", "\f", "# bad4 ü", "'''a\nb'''", "[1,\\\n2]"])


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("empty")


@given(rows=st.lists(st.tuples(st.lists(PARTS, max_size=3), NEWLINES), max_size=6), bom=st.booleans())
def test_nothing_but_the_fixes_changes(rows: list[tuple[list[str], str]], bom: bool, empty: Path) -> None:
    text = "".join(" ; ".join(row) + newline for row, newline in rows)
    config, path = load([empty], {}, isolated=True), empty / "a.py"

    def fixed(data: bytes) -> bytes:
        project = Words(config, [], {path: data})
        fix_all(project)
        [shown] = project.asked
        return project.content(shown) or b""

    with pytest.MonkeyPatch.context() as patch:
        table = {"CEL901": to("x = 1"), "CEL902": to("(\n2\n)"), "CEL903": to("}")}
        patch.setattr(proposing, "fixer", table.get)
        after = fixed(BOM_UTF8 * bom + text.encode())
        assert after.startswith(BOM_UTF8) == bom
        body = after.removeprefix(BOM_UTF8).decode()
        assert "#" in text or not parses(text) or not re.search("bad1|bad2", body)
        assert re.sub(r"\((\r\n|\r|\n)2\1\)", "bad2", body.replace("x = 1", "bad1").replace("}", "bad3")) == text
        assert fixed(after) == after


def parses(text: str) -> bool:
    try:
        ast.parse(text)
    except SyntaxError:
        return False
    return True


# Fixers from their folder.

FIXER = """
from dataclasses import dataclass

from celerylint.edits import Edit, Fix

@dataclass
class Answer:
    text: str

def fix(finding, file, index):
    return Fix("safe" if finding.data else "manual", "Answer", (Edit(finding.span, Answer("{}").text),))
"""


@pytest.mark.parametrize("folder", ["celerylint/fixers", "fixers"], ids=["wheel", "checkout"])
def test_fixers_are_loaded_by_path(folder: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, text in ((folder, "right"), ("work/fixers", "wrong")):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "cel206_retry_not_raised.py").write_text(FIXER.format(text))
        (tmp_path / name / "helper.py").write_text("raise RuntimeError")
    (tmp_path / "work" / "fixers" / "cel101_result_get_in_task.py").write_text(FIXER)
    (tmp_path / "celerylint").mkdir(exist_ok=True)
    monkeypatch.chdir(tmp_path / "work")
    monkeypatch.setattr(proposing, "HERE", tmp_path / "celerylint")
    clear()
    try:
        rule = engine.rules()["CEL206"]
        assert proposing.fixers() == {"CEL206": tmp_path / folder / "cel206_retry_not_raised.py"}
        assert fixing.applicability(rule) == "safe or manual"
        assert fixing.fixable(rule)
        function: Any = fixing.fixer("CEL206")
        finding = Finding("CEL206", "x", "error", "x", "a.py", Span(1, 1, 1, 1))
        assert function(finding, None, None).edits[0].content == "right"
        assert fixing.fixer("CEL101") is None
    finally:
        clear()


def clear() -> None:
    cached: list[Any] = [proposing.fixers, proposing.fixer, proposing.applicability]
    for function in cached:
        function.cache_clear()
