"""Which comments suppress what, which are of no use, and how they are written and taken away."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from celerylint.edits import apply
from celerylint.lowering import parse
from celerylint.noqa import add_noqa
from celerylint.rule import Finding
from celerylint.source import Source, Span
from celerylint.suppress import Suppressions, Unknown, Unused

GET, SLEEP, LIMIT = "result-get-in-task", "sleep-in-task", "missing-time-limit"
RULES = {"CEL090": "unused-suppression", "CEL091": "unknown-code-in-suppression"}
RULES |= {"CEL101": GET, "CEL103": SLEEP, "CEL211": LIMIT}


def finding(line: int, code: str = "CEL101", path: str = "x.py") -> Finding:
    return Finding(code, RULES[code], "error", "…", path, Span(line, 1, line, 2))


def suppressions(text: str, *, tree: bool = True) -> Suppressions:
    source = Source.from_text("x.py", text)
    return Suppressions(source, parse(text) if tree else None)


def covered(text: str, code: str = "CEL101", *, tree: bool = True) -> list[int]:
    """The lines in which findings are suppressed."""
    found = suppressions(text, tree=tree)
    return [line for line in range(1, text.count("\n") + 1) if found.covers(finding(line, code))]


def unused(text: str, *lines: int, code: str = "CEL101") -> list[Unused]:
    """What is of no use, given findings in some lines."""
    found = suppressions(text)
    for line in lines:
        found.covers(finding(line, code))
    return found.unused(RULES)


def without(text: str, *lines: int) -> str:
    """The text after all that is of no use is taken out."""
    source = Source.from_text("x.py", text)
    return apply(source, [edit for each in unused(text, *lines) for edit in each.edits])


# What is suppressed


@pytest.mark.parametrize(
    "comment",
    [
        "# noqa",
        "# NOQA",
        "# NoQA",
        "#noqa",
        "# noqa: CEL101",
        "# noqa:CEL101",
        "# noqa:  CEL101",
        "# noqa : CEL101",
        "# NOQA: cel101",
        "# noqa: E501, CEL101",
        "# noqa: E501,CEL101",
        "# noqa: E501 CEL101",
        "# noqa: CEL101,",
        "# noqa: CEL101 because",
        "# noqa: CEL1",
        "# noqa: because",
        "# text # noqa: CEL101",
        "# type: ignore  # noqa: CEL101  # more",
        "# noqa: E501  # noqa: CEL101",
        "# celerylint: ignore[CEL101]",
        "# celerylint:ignore[ CEL101 ] because # of that",
        "#celerylint: ignore[CEL103, CEL101]",
        f"# celerylint: ignore[{GET}]",
        "# celerylint: ignore[CEL1]",
        "# noqa: E501 # celerylint: ignore[CEL101]",
    ],
)
def test_a_comment_suppresses_in_its_line(comment: str) -> None:
    assert covered(f"a()\nb()  {comment}\nc()\n") == [2]
    assert covered(f"a()\nb()  {comment}\nc()\n", tree=False) == [2]


@pytest.mark.parametrize(
    "comment",
    [
        "# noqa: E501",
        "# noqa: CEL103",
        "# noqa: CEL1011",
        "# noqa: CEL2",
        "# celerylint: ignore",
        "# celerylint: ignore[]",
        "# celerylint: ignore[CEL103]",
        "# celerylint: ignore[result-get]",
        "# celerylint: ignored[CEL101]",
        "# flake8: noqa: CEL101",
        "# flake8: noqa",
        "# ruff: noqa",
        "# no qa",
    ],
)
def test_other_comments_do_not(comment: str) -> None:
    assert covered(f"a()\nb()  {comment}\nc()\n") == []


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("x = '# noqa'\n", []),
        ('x = """\n# noqa\n# flake8: noqa\n# celerylint: ignore[CEL101]\n"""\n', []),
        ('x = f"{y["# noqa"]}"\n', []),
        ('x = f"{y["# no"]}"  # noqa\n', [1]),
    ],
)
def test_strings_hold_no_comments(text: str, lines: list[int]) -> None:
    assert covered(text) == lines


@pytest.mark.parametrize(
    ("comment", "lines"),
    [
        ("# flake8: noqa", [1, 2, 3]),
        ("  # FLAKE8: NOQA", [1, 2, 3]),
        ("#flake8:noqa", [1, 2, 3]),
        ("# flake8=noqa", [1, 2, 3]),
        ("# flake8: noqa: CEL101", [1, 2, 3]),
        ("# flake8: noqa: E501, CEL101", [1, 2, 3]),
        ("# flake8: noqa: E501", []),
        ("# flake8: noqa: CEL103", []),
        ("# noqa", [2]),
        ("# celerylint: ignore[CEL101]", [3]),
    ],
)
def test_a_comment_alone_may_be_for_the_file(comment: str, lines: list[int]) -> None:
    assert covered(f"a()\n{comment}\nb()\n") == lines


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("f(\n  a(),\n  b(),\n)  # noqa: CEL101\n", [1, 2, 3, 4]),
        ("f(\n  a(),  # noqa: CEL101\n  b(),\n)\n", [2]),
        ("x = '''\n\n'''  # noqa: CEL101\n", [1, 2, 3]),
        ("f('''\n''', a(),\n  b())\n", []),
        ("x = a() + \\\n  b()  # noqa: CEL101\ny = 1\n", [1, 2]),
        ("def f(\n  a,\n):  # noqa: CEL101\n  b()\n  c()\n", [1, 2, 3]),
        ("def f(): a()  # noqa: CEL101\n", [1]),
        ("def f(\n  a,\n):\n  # text\n\n  b()  # noqa: CEL101\n", [6]),
        ("@task(\n  a=1,\n)  # noqa: CEL101\ndef f():\n  b()\n", [1, 2, 3]),
        ("@task(\n  a=1,\n)\n@other\ndef f(\n):  # noqa: CEL101\n  b()\n", [1, 2, 3, 4, 5, 6]),
        ("class C(\n  B,\n):  # noqa: CEL101\n  x = 1\n", [1, 2, 3]),
        ("if (\n  a()\n):  # noqa: CEL101\n  b()\nelse:\n  c()\n", [1, 2, 3]),
        ("with a() as x, \\\n  b():\n  c()  # noqa: CEL101\n", [3]),
        ("try:\n  a()\nexcept (\n  B\n):  # noqa: CEL101\n  c()\n", [3, 4, 5]),
        ("match a():\n  case B(\n    c=1\n  ):  # noqa: CEL101\n    d()\n", [2, 3, 4]),
        ("def f():\n  '''\n  text\n  '''  # noqa: CEL101\n", [2, 3, 4]),
        ("a(); b(\n); c()  # noqa: CEL101\n", [1, 2]),
    ],
)
def test_a_noqa_holds_for_the_statement_that_it_ends(text: str, lines: list[int]) -> None:
    assert covered(text) == lines


def test_without_a_tree_strings_and_backslashes_join_lines_as_in_flake8() -> None:
    assert covered("f('''\n''')  # noqa\nb()\n", tree=False) == [1, 2]
    assert covered("f('''\n''', '''\n''')  # noqa\nb()\n", tree=False) == [1, 2, 3]
    assert covered("a = \\\n  b  # noqa\n", tree=False) == [1, 2]
    assert covered("f(\n  a)  # noqa\n", tree=False) == [2]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("# celerylint: ignore[CEL101] why\na()\nb()\n", [2]),
        ("# celerylint: ignore[CEL101]\n# more\n  # still\na()\nb()\n", [4]),
        ("# celerylint: ignore[CEL101]\n\na()\n", [2]),
        ("# celerylint: ignore[CEL101]\nf(\n  a(),\n)\nb()\n", [2, 3, 4]),
        ("f(\n  # celerylint: ignore[CEL101]\n  a(),\n  b(),\n)\n", [3]),
        ("# celerylint: ignore[CEL101]\n@task\ndef f(\n  x\n):\n  a()\n", [2, 3, 4, 5]),
        ("def f():\n  # celerylint: ignore[CEL101]\n  a()\n", [3]),
        ("a()\n# celerylint: ignore[CEL101]\n", []),
        ("# celerylint: ignore[CEL101]\r\na()\r\nb()\r\n", [2]),
    ],
)
def test_an_ignore_alone_holds_for_what_begins_below_it(text: str, lines: list[int]) -> None:
    assert covered(text) == lines


def test_each_code_is_suppressed_by_itself() -> None:
    text = "a()  # noqa: CEL101\n"
    assert covered(text, "CEL103") == []
    assert covered(text, "CEL101") == [1]


def test_a_file_that_is_no_python_is_read_up_to_where_it_breaks() -> None:
    source = Source.from_text("x.py", "# flake8: noqa: CEL101\nx = 'open\n")
    assert Suppressions(source).covers(finding(2))


def test_plain_files_know_only_ignore() -> None:
    text = (
        "services:\n"
        "  # celerylint: ignore[CEL211] why\n"
        "  worker:\n"
        "    command: celery worker  # celerylint: ignore[CEL101]\n"
        "    image: x  # noqa\n"
        "    url: a#celerylint: ignore[CEL101]\n"
    )
    found = Suppressions(Source.from_text("compose.yml", text))
    assert [line for line in range(1, 7) if found.covers(finding(line))] == [4]
    assert [line for line in range(1, 7) if found.covers(finding(line, "CEL211"))] == [3]
    assert found.unused(RULES) == []


# What is of no use


def test_what_suppresses_nothing_is_unused() -> None:
    text = "a()  # noqa: CEL101\nb()  # noqa: CEL101\n"
    (only,) = unused(text, 1)
    assert only.codes == ("CEL101",)
    assert only.span == Span(2, 14, 2, 20)
    assert unused(text, 1, 2) == []


@pytest.mark.parametrize(
    "comment",
    [
        "# noqa",
        "# noqa: E501",
        "# noqa: E501, W605",
        "# flake8: noqa",
        "# noqa: CEL090",
        "# noqa: CEL999",
        "# celerylint: ignore[CEL999]",
        "# celerylint: ignore[E501]",
        "# celerylint: ignore",
        "# noqa: because",
    ],
)
def test_what_is_not_ours_or_not_known_is_never_unused(comment: str) -> None:
    assert unused(f"{comment}\na()  {comment}\n") == []


def test_rules_that_did_not_run_make_nothing_unused() -> None:
    found = suppressions("a()  # noqa: CEL101, CEL2\n")
    assert found.unused({"CEL103": SLEEP}) == []
    assert [each.codes for each in found.unused({"CEL211": LIMIT})] == [("CEL2",)]


def test_a_prefix_is_of_use_where_one_of_its_rules_is() -> None:
    assert unused("a()  # noqa: CEL1\n", 1) == []
    assert [each.codes for each in unused("a()  # noqa: CEL1\n", 2)] == [("CEL1",)]


def test_a_name_is_unused_as_a_code_is() -> None:
    assert [each.codes for each in unused(f"a()  # celerylint: ignore[{GET}]\n")] == [(GET,)]


@pytest.mark.parametrize(
    ("text", "lines", "expected"),
    [
        ("a()  # noqa: CEL101\nb()\n", [], "a()\nb()\n"),
        ("a() \t # noqa: CEL101   \nb()\n", [], "a()\nb()\n"),
        ("a()\n    # celerylint: ignore[CEL101] why\nb()\n", [], "a()\nb()\n"),
        ("# flake8: noqa: CEL101\r\nb()\r\n", [], "b()\r\n"),
        ("a()  # noqa: CEL101", [], "a()"),
        ("# celerylint: ignore[CEL101]", [], ""),
        ("a()  # noqa: CEL101, CEL103\n", [1], "a()  # noqa: CEL101\n"),
        ("a()  # noqa: CEL103, CEL101\n", [1], "a()  # noqa: CEL101\n"),
        ("a()  # noqa: E501,CEL103,CEL211,W605 why\n", [], "a()  # noqa: E501,W605 why\n"),
        ("a()  # noqa: CEL103, E501\n", [], "a()  # noqa: E501\n"),
        ("a()  # noqa: CEL101, CEL103\n", [], "a()\n"),
        ("a()  # type: ignore  # noqa: CEL101\n", [], "a()  # type: ignore\n"),
        ("a()  # noqa: CEL101  # pragma: no cover\n", [], "a()  # pragma: no cover\n"),
        ("a()  # noqa: CEL101 since it is so\n", [], "a()  # since it is so\n"),
        ("a()  # text # noqa: CEL101 # more\n", [], "a()  # text  # more\n"),
        ("a()  # noqa: E501  # celerylint: ignore[CEL101] why\n", [], "a()  # noqa: E501\n"),
        ("a()  # celerylint: ignore[CEL101, sleep-in-task] why\n", [1], "a()  # celerylint: ignore[CEL101] why\n"),
        ("é = 'ü'  # noqa: CEL101\n", [], "é = 'ü'\n"),
    ],
)
def test_what_is_of_no_use_is_taken_out_and_nothing_else(text: str, lines: list[int], expected: str) -> None:
    assert without(text, *lines) == expected
    assert without(expected, *lines) == expected


def test_two_directives_of_one_comment_do_not_touch() -> None:
    assert without("a()  # noqa: CEL101  # celerylint: ignore[CEL103] why\nb()\n") == "a()\nb()\n"


def test_a_list_is_never_left_empty() -> None:
    for codes in (["CEL101", "CEL103"], ["CEL211", "CEL101", "CEL103"]):
        assert "noqa" not in without(f"a()  # noqa: {', '.join(codes)}\n")


# What names nothing


def test_unknown_codes_have_their_place() -> None:
    found = suppressions(
        "a()  # noqa: CEL101, CEL999, E501, CEL\nb()  # celerylint: ignore[CEL1, E501, sleep-in-taks]\n"
        "c()  # celerylint: ignore why\nd()  # noqa: CELERY1\n"
    )
    assert found.unknown(RULES) == [
        Unknown("CEL999", Span(1, 22, 1, 28)),
        Unknown("E501", Span(2, 33, 2, 37)),
        Unknown("sleep-in-taks", Span(2, 39, 2, 52)),
        Unknown("", Span(3, 6, 3, 30)),
    ]


# Writing them


def added(text: str, *findings: tuple[int, str], path: str = "x.py") -> str:
    return add_noqa(Source.from_text(path, text), [finding(line, code, path) for line, code in findings])


@pytest.mark.parametrize(
    ("text", "findings", "expected"),
    [
        ("a()\nb()\n", [(1, "CEL101")], "a()  # noqa: CEL101\nb()\n"),
        ("a()", [(1, "CEL101")], "a()  # noqa: CEL101"),
        ("a()  \r\nb()\r\n", [(1, "CEL101")], "a()  # noqa: CEL101\r\nb()\r\n"),
        ("a()\n", [(1, "CEL211"), (1, "CEL101"), (1, "CEL101")], "a()  # noqa: CEL101, CEL211\n"),
        ("a()  # text\n", [(1, "CEL101")], "a()  # text  # noqa: CEL101\n"),
        ("a()  # noqa: E501\n", [(1, "CEL101")], "a()  # noqa: E501, CEL101\n"),
        ("a()  # noqa:CEL103 why\n", [(1, "CEL101"), (1, "CEL103")], "a()  # noqa:CEL103, CEL101 why\n"),
        ("a()  # noqa\n", [(1, "CEL101")], "a()  # noqa\n"),
        ("f('''\n# noqa: X1''',\n  b)\n", [(1, "CEL101")], "f('''\n# noqa: X1''',  # noqa: CEL101\n  b)\n"),
        ("a = \\\n  b()\n", [(1, "CEL101"), (2, "CEL103")], "a = \\\n  b()  # noqa: CEL101, CEL103\n"),
        ("f(\n  a(),\n)\n", [(2, "CEL101")], "f(\n  a(),  # noqa: CEL101\n)\n"),
        ("x = 'é'\ty\n", [(1, "CEL101")], "x = 'é'\ty  # noqa: CEL101\n"),
    ],
)
def test_noqa_is_added_where_it_holds(text: str, findings: list[tuple[int, str]], expected: str) -> None:
    assert added(text, *findings) == expected
    result = Suppressions(Source.from_text("x.py", expected))
    assert all(result.covers(finding(line, code)) for line, code in findings)


def test_elsewhere_an_ignore_is_added_above() -> None:
    text = "services:\n  worker:\n    command: a \\\n      b\n"
    result = added(text, (2, "CEL211"), (4, "CEL101"), path="compose.yml")
    assert result == (
        "services:\n  # celerylint: ignore[CEL211]\n  worker:\n"
        "    # celerylint: ignore[CEL101]\n    command: a \\\n      b\n"
    )


@pytest.mark.parametrize(
    "text",
    [
        "import os\n",
        "import os, \\\n  sys\n",
        "import os  # text\n",
        "import os; x = '''\n'''\n",
        "import os  # noqa: E501\n",
    ],
)
def test_flake8_reads_what_is_added(text: str, tmp_path: Path) -> None:
    path = tmp_path / "x.py"
    command = [sys.executable, "-m", "flake8", "--isolated", "--select=F401", "--format=%(row)d", str(path)]
    path.write_text(text)
    before = subprocess.run(command, capture_output=True, text=True, check=False).stdout.split()
    assert before
    findings = [Finding("F401", "unused", "error", "…", "x.py", Span(int(row), 1, int(row), 2)) for row in before]
    path.write_text(add_noqa(Source.from_text("x.py", text), findings))
    assert subprocess.run(command, capture_output=True, text=True, check=False).stdout == ""


LINES = ["a()", "f(", "  b,", ")", "x = '''", "'''", "y = \\", "z", "# text", "a()  # noqa: E501", "a()  # noqa", "é"]
texts = st.lists(st.sampled_from(LINES), min_size=1, max_size=8).filter(
    lambda lines: "".join(lines).count("'''") % 2 == 0
)


@given(texts, st.sampled_from(["\n", "\r\n", "\r"]), st.lists(st.integers(1, 8), max_size=3))
def test_what_is_added_suppresses_and_is_of_use(lines: list[str], newline: str, rows: list[int]) -> None:
    source = Source.from_text("x.py", newline.join(lines) + newline)
    findings = [finding(min(row, len(lines))) for row in rows]
    after = Suppressions(Source.from_text("x.py", add_noqa(source, findings)))
    assert [each for each in findings if not after.covers(each)] == []
    assert after.unused(RULES) == []


@given(texts, st.lists(st.integers(1, 8), max_size=3))
def test_what_is_added_comes_off_again(lines: list[str], rows: list[int]) -> None:
    text = "".join(f"{line}\n" for line in lines)
    result = add_noqa(Source.from_text("x.py", text), [finding(min(row, len(lines))) for row in rows])
    source = Source.from_text("x.py", result)
    edits = [edit for each in Suppressions(source).unused(RULES) for edit in each.edits]
    assert apply(source, edits) == text


@given(st.text(alphabet="# noqa:CEL101,E5\n'\"\\()[]celerylint: ignore"))
def test_any_text_can_be_asked_about(text: str) -> None:
    source = Source.from_text("x.py", text)
    found = Suppressions(source)
    for line in range(1, len(source.starts) + 1):
        found.covers(finding(line))
    edits = [edit for each in found.unused(RULES) for edit in each.edits]
    again = Suppressions(Source.from_text("x.py", apply(source, edits)))
    assert len(again.directives) <= len(found.directives)
    found.unknown(RULES)
