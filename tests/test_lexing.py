"""Tokens of every Python at once: comments are those that the standard tokenizer sees, and those of PEP 701."""

from __future__ import annotations

import inspect
import io
import tokenize
from types import ModuleType

import celery.app.base
import celery.app.task
import celery.canvas
import celery.platforms
import celery.utils.saferepr
import kombu.utils.url
import pytest
from hypothesis import given
from hypothesis import strategies as st

from celerylint.lexing import Field, LexError, comments, tokens

MODULES = [
    celery.app.base,
    celery.app.task,
    celery.canvas,
    celery.platforms,
    celery.utils.saferepr,
    kombu.utils.url,
    tokenize,
    inspect,
]


def texts(source: str) -> list[str]:
    return [source[token.start : token.end] for token in tokens(source)]


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)
def test_comments_are_those_of_the_standard_tokenizer(module: ModuleType) -> None:
    text = inspect.getsource(module)
    starts = [0]
    for line in text.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    expected = [
        (starts[token.start[0] - 1] + token.start[1], starts[token.end[0] - 1] + token.end[1])
        for token in tokenize.generate_tokens(io.StringIO(text).readline)
        if token.type == tokenize.COMMENT
    ]
    assert comments(text) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("a = 1", ["a", "=", "1"]),
        ("x!=y", ["x", "!=", "y"]),
        ('rb"a" b', ['rb"a"', "b"]),
        ("inn'a'", ["inn", "'a'"]),
        ("in'a'", ["in", "'a'"]),
        ("'a\\'b'", ["'a\\'b'"]),
        ("'a\\\r\nb' c", ["'a\\\r\nb'", "c"]),
        ('"""a"b""c""" d', ['"""a"b""c"""', "d"]),
        ("r'\\' ' b", ["r'\\' '", "b"]),
        ('f"{x["a"]}" b', ['f"{x["a"]}"', "b"]),
        ('f"{f"{f"{1}"}"}" b', ['f"{f"{f"{1}"}"}"', "b"]),
        ('f"{{}}" b', ['f"{{}}"', "b"]),
        ('f"\\N{DASH} {x}" b', ['f"\\N{DASH} {x}"', "b"]),
        ('rf"\\{x}" b', ['rf"\\{x}"', "b"]),
        ('f"{x:{w}.{p}}" b', ['f"{x:{w}.{p}}"', "b"]),
        ('f"{x!r:>{w}}" b', ['f"{x!r:>{w}}"', "b"]),
        ('f"{x!=y}" b', ['f"{x!=y}"', "b"]),
        ('f"{(lambda: 1)()}" b', ['f"{(lambda: 1)()}"', "b"]),
        ("f'{a[b:c]}' b", ["f'{a[b:c]}'", "b"]),
        ('t"{x}" b', ['t"{x}"', "b"]),
        ("é = 1", ["é", "=", "1"]),
    ],
)
def test_tokens(source: str, expected: list[str]) -> None:
    assert texts(source) == expected


@pytest.mark.parametrize(
    "source", ["'a", "'a\n'", '"""a""', 'f"{"', 'f"{a', 'f"}"', 'f"{a)}"', 'f"{a!r', 'f"{a:', 'f"{a:\n}"', 'f"{a=']
)
def test_a_string_that_does_not_end_is_no_token(source: str) -> None:
    with pytest.raises(LexError):
        texts(source)


def test_a_field_is_taken_apart() -> None:
    source = 'f"a {x = !r:>{w}} b"'
    (token,) = tokens(source)
    _, field, _ = token.pieces
    assert isinstance(field, Field)
    assert source[field.start : field.end] == "{x = !r:>{w}}"
    assert source[field.expression : field.expression_end] == "x "
    assert source[field.expression : field.shown] == "x = "
    assert field.conversion == "r"
    assert field.spec is not None
    assert [source[piece.start : piece.end] for piece in field.spec] == [">", "{w}"]


def test_comments_inside_of_fields_count_and_those_in_strings_do_not() -> None:
    source = 'x = f"""{\n  a  # one\n  + f"{b # two\n}"}""" # three\ny = "# no", f"# no {c} # no"\n'
    assert [source[start:end] for start, end in comments(source)] == ["# one", "# two", "# three"]


def test_comments_before_a_broken_place_are_found() -> None:
    source = "# one\nx = 'open\n# two\n"
    assert [source[start:end] for start, end in comments(source)] == ["# one"]


@given(st.text(alphabet="fbrt'\"{}\\#\n\r !:=()x", max_size=40))
def test_tokens_follow_one_another_or_there_is_an_error(source: str) -> None:
    at = 0
    try:
        for token in tokens(source):
            assert token.start >= at
            assert token.end > token.start
            assert not source[at : token.start].strip(" \t\f\\\r\n")
            at = token.end
    except LexError:
        return
    assert not source[at:].strip(" \t\f\\\r\n")
