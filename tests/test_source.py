"""Bytes to text and back without loss, and places counted as everyone counts them."""

from __future__ import annotations

import ast
import codecs
import io
import tokenize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from celerylint.source import Source, Span, UnreadableSource


def read(data: bytes) -> Source:
    return Source.from_bytes("x.py", data)


# Bytes


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        (b"", "utf-8"),
        ("é = 1\n".encode(), "utf-8"),
        (codecs.BOM_UTF8 + "é = 1\n".encode(), "utf-8"),
        ("# -*- coding: latin-1 -*-\né = 1\r\n".encode("latin-1"), "iso-8859-1"),
        ("#!/usr/bin/python\n# vim: set fileencoding=cp1252 :\nx = '€'\n".encode("cp1252"), "cp1252"),
        ("# coding=euc-jp\nx = '日本'\n".encode("euc-jp"), "euc-jp"),
        ("# coding: utf-8\nx = 'é'\n".encode(), "utf-8"),
        (codecs.BOM_UTF8 + "# coding: utf-8\nx = 'é'\n".encode(), "utf-8"),
        (b"x = 1  # coding: not a declaration, as there is code\n", "utf-8"),
        ("x = 1\ny = 2\n# coding: latin-1, too late\nz = 'é'\n".encode(), "utf-8"),
    ],
)
def test_what_is_read_is_written_back(data: bytes, encoding: str) -> None:
    source = read(data)
    assert source.encoding == encoding
    assert source.to_bytes(source.text) == data
    assert source.bom is data.startswith(codecs.BOM_UTF8)
    assert not source.text.startswith("\ufeff")


@pytest.mark.parametrize("data", [b"x = 1\r\ny = 2\rz = 3\n", b"x = 1", b"\x0cx = 1\n\ty\n", b"\n\n"])
def test_newlines_form_feeds_and_ends_are_kept(data: bytes) -> None:
    assert read(data).to_bytes(read(data).text) == data


@pytest.mark.parametrize(
    ("data", "line", "message"),
    [
        (b"x = 1\ny = '\xe9'\n", 2, "byte 0xe9 is not utf-8; save the file as UTF-8 or declare its encoding"),
        (b"# coding: ascii\n\nx = '\xe9'\n", 3, "byte 0xe9 is not ascii"),
        (b"x = 1\ny = '\0'\n", 2, "source contains null bytes"),
        (b"# coding: klingon\n", 1, "unknown encoding: klingon"),
        (b"# coding: undefined\n", 1, "undefined encoding"),
        (codecs.BOM_UTF8 + b"x = '\xff'\n", 1, "byte 0xff is not utf-8"),
        (codecs.BOM_UTF8 + b"# coding: latin-1\n", 1, "the byte order mark says UTF-8, and the declaration another"),
        ("x = 1\n".encode("utf-16"), 1, "this is UTF-16"),
    ],
)
def test_what_is_no_text_says_why_and_where(data: bytes, line: int, message: str) -> None:
    with pytest.raises(UnreadableSource) as caught:
        read(data)
    assert message in caught.value.message
    assert caught.value.line == line
    assert caught.value.column >= 1


def test_new_text_that_the_encoding_lacks_is_refused() -> None:
    source = read(b"# coding: latin-1\n")
    with pytest.raises(UnicodeEncodeError):
        source.to_bytes("€")


@pytest.mark.parametrize(
    ("text", "newline"),
    [
        ("", "\n"),
        ("x", "\n"),
        ("x\r\ny\r\nz\n", "\r\n"),
        ("x\ny\nz\r\n", "\n"),
        ("x\ry\r", "\r"),
        ("x\r\ny\rz\r", "\r"),
    ],
)
def test_the_newline_is_the_most_frequent(text: str, newline: str) -> None:
    assert Source.from_text("x.py", text).newline == newline


@given(st.binary(max_size=60))
def test_any_bytes_are_read_as_python_reads_them_or_refused(data: bytes) -> None:
    try:
        source = read(data)
    except UnreadableSource:
        return
    encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
    assert source.text == data.decode(encoding)
    assert source.to_bytes(source.text) == data


# Places

texts = st.text(alphabet="aé€😀\t\x0c\n\r \u2028\x85", max_size=40)


@given(texts)
def test_lines_are_those_of_python(text: str) -> None:
    source = Source.from_text("x.py", text)
    lines = io.StringIO(text, newline=None).read().split("\n")
    assert [source.line(number) for number in range(1, len(lines) + 1)] == lines
    assert source.line(0) == source.line(len(lines) + 1) == ""


@given(texts, st.data())
def test_offsets_and_positions_are_inverse(text: str, data: st.DataObject) -> None:
    source = Source.from_text("x.py", text)
    offset = data.draw(st.integers(0, len(text)))
    line, column = source.position(offset)
    assert source.offset(line, column) == offset
    assert 1 <= line <= len(source.starts)
    assert column >= 1


@given(texts, st.data())
def test_a_range_is_cut_out_as_it_was(text: str, data: st.DataObject) -> None:
    source = Source.from_text("x.py", text)
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    assert source.cut(source.range(start, end)) == text[start:end]


@given(st.text(alphabet="aé€😀\t ", min_size=1, max_size=12))
def test_columns_count_characters_bytes_and_utf_16_units(text: str) -> None:
    source = Source.from_text("x.py", f"first\n{text}\nlast\n")
    for count in range(len(text) + 1):
        assert source.column(2, len(text[:count].encode())) == count + 1
        assert source.utf16(2, count + 1) == len(text[:count].encode("utf-16-le")) // 2


names = st.sampled_from(["a", "é", "名前", "_x1"])
values = st.sampled_from(["1", "'é'", '"😀"', "b.c", "(\n  d,\n  'ü',\n)", "'''\n€'''"])
assignments = st.lists(st.tuples(names, values), min_size=1, max_size=5)


@given(assignments, st.sampled_from(["\n", "\r\n", "\r"]), st.sampled_from(["", "\t", "\x0c", "  "]))
def test_spans_of_nodes_cut_out_the_nodes(pairs: list[tuple[str, str]], newline: str, indent: str) -> None:
    lines = [f"{indent}{name} = {value}" if indent.strip("\x0c") else f"{name} = {value}" for name, value in pairs]
    head = "if x:\n" if indent.strip("\x0c") else ""
    text = (head + "\n".join(lines) + "\n").replace("\n", newline)
    source = Source.from_text("x.py", text)
    found = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Assign)]
    assert len(found) == len(pairs)
    for node, (name, value) in zip(found, pairs, strict=True):
        assert source.cut(source.span(node.targets[0])) == name
        written = value.replace("\n", newline)
        assert written.strip("()" if "d," in value else "").strip() in source.cut(source.span(node))
        assert source.cut(source.span(node)) == f"{name} = {written}"


def test_a_node_without_an_end_is_a_point() -> None:
    node = ast.Name("x", ast.Load(), lineno=2, col_offset=3)
    node.end_lineno = node.end_col_offset = None
    assert Source.from_text("x.py", "a\nb  x\n").span(node) == Span(2, 4, 2, 4)


def test_a_source_is_equal_by_its_text_and_not_by_how_it_was_made() -> None:
    assert Source.from_text("x.py", "a\n") == read(b"a\n")
    assert Source.from_text("x.py", "a\n") != Source.from_text("y.py", "a\n")
