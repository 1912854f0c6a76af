"""Edits are applied as naive slicing would, and differences are edits again."""

from __future__ import annotations

import itertools
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from celerylint.diff import changes, diff, edits_between, lines
from celerylint.edits import Edit, apply, insert, offsets
from celerylint.source import Source

TEXTS = st.text(st.sampled_from("ab (,)#'é中😀\t\f\r\n\x85\u2028"), max_size=60)


@st.composite
def edited(draw: st.DrawFn) -> tuple[str, list[tuple[int, int, str]]]:
    """A text and edits of it that touch at most, as offsets."""
    text = draw(TEXTS)
    cuts = sorted(draw(st.lists(st.integers(0, len(text)), max_size=8).filter(lambda cuts: len(cuts) % 2 == 0)))
    pairs = dict(zip(cuts[::2], cuts[1::2], strict=True))
    return text, [(start, end, draw(TEXTS)) for start, end in pairs.items()]


@given(edited(), st.booleans())
def test_edits_are_applied_as_slices_would_be(case: tuple[str, list[tuple[int, int, str]]], bom: bool) -> None:
    text, parts = case
    source = Source.from_text("a.py", text, bom=bom)
    edits = [Edit(source.range(start, end), content) for start, end, content in parts]
    expected = text
    for start, end, content in reversed(parts):
        expected = expected[:start] + content + expected[end:]
    assert [offsets(source, edit) for edit in edits] == [(start, end) for start, end, _ in parts]
    assert apply(source, edits[::-1]) == expected


def test_overlapping_edits_are_refused() -> None:
    source = Source.from_text("a.py", "abcdef")
    with pytest.raises(ValueError, match="overlapping"):
        apply(source, [Edit(source.range(1, 3), "x"), Edit(source.range(2, 4), "y")])
    assert apply(source, [insert(source, 3, "x"), insert(source, 3, "x")]) == "abcxdef"


@given(TEXTS, TEXTS)
def test_changes_turn_one_text_into_the_other(old: str, new: str) -> None:
    source = Source.from_text("a.py", old)
    assert apply(source, edits_between(source, new)) == new
    found = changes(old, new)
    assert all(before[1] < after[0] for before, after in itertools.pairwise(found))
    # No `\r\n` is cut in two.
    for start, end, _ in found:
        assert old[start - 1 : start + 1] != "\r\n" or start == 0
        assert old[end - 1 : end + 1] != "\r\n" or end == 0


def test_changes_are_small() -> None:
    assert changes("f(a, b)", "f(a, k=1, b)") == [(5, 5, "k=1, ")]
    assert changes("x.delay(a)", "x.delay_on_commit(a)") == [(7, 7, "_on_commit")]
    assert changes("a\r\nb", "a\r\nc\r\nb") == [(3, 3, "c\r\n")]
    assert changes("a", "a") == []


@given(TEXTS)
def test_lines_are_cut_at_newlines_only(text: str) -> None:
    found = lines(text)
    assert "".join(found) == text
    assert [line.rstrip("\r\n") for line in found] == [
        line for line in text.replace("\r\n", "\n").replace("\r", "\n").removesuffix("\n").split("\n") if text
    ]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("a\nb\nc\n", "a\nB\nc\n"),
        ("a\nb", "a\nb\n"),
        ("a\nb\n", "a\nB"),
        ("a\r\nb\r\n", "a\r\nB\r\n"),
        ("a\n\fé\n", "a\n\fe\n"),
        ("a\x85b\nc\n", "a\x85c\nc\n"),
        ("x\n" * 30 + "y\n", "z\n" + "x\n" * 30),
    ],
)
def test_git_takes_the_diff(old: str, new: str, tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_bytes(old.encode())
    patch = diff(old, new, "a.py").encode()
    command = ["git", "apply", "-p0", "--whitespace=nowarn", "-"]
    done = subprocess.run(command, cwd=tmp_path, input=patch, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    assert path.read_bytes() == new.encode()


def test_no_change_is_no_diff() -> None:
    assert diff("a\n", "a\n", "a.py") == ""
    assert diff("a\n", "b\n", "shop/a.py").startswith("--- shop/a.py\n+++ shop/a.py\n@@ -1 +1 @@\n")
