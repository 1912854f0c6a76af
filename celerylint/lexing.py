"""Tokens of Python text, of every version at once and whatever version runs this.

The standard tokenizer reads f-strings as its own Python does: before 3.12 it takes `f"{x["a"]}"` apart at the
inner quotes, and finds comments in strings. This one follows PEP 701 everywhere, which older strings fit too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

TOKEN = re.compile(
    r"""(?P<space>[ \t\f]+|\\(?:\r\n|\r|\n))
    |(?P<newline>\r\n|\r|\n)
    |(?P<comment>\#[^\r\n]*)
    |(?P<number>\.?[0-9][\w.]*)
    |(?P<string>(?P<prefix>(?i:rb|br|rf|fr|rt|tr|[rbuft])?)(?P<quote>'''|\"\"\"|'|"))
    |(?P<name>[^\W\d]\w*)
    |(?P<op>!=|<>|<<=|>>=|\*\*=|//=|[-+*/%&|^@<>=:]=|->|\*\*|//|<<|>>|[\s\S])""",
    re.VERBOSE,
)
REST = {
    "'": re.compile(r"[^'\\\r\n]*(?:\\(?:\r\n|[\s\S])[^'\\\r\n]*)*'"),
    '"': re.compile(r'[^"\\\r\n]*(?:\\(?:\r\n|[\s\S])[^"\\\r\n]*)*"'),
    "'''": re.compile(r"[^'\\]*(?:(?:\\[\s\S]|'(?!''))[^'\\]*)*'''"),
    '"""': re.compile(r'[^"\\]*(?:(?:\\[\s\S]|"(?!""))[^"\\]*)*"""'),
}
NAMED_ESCAPE = re.compile(r"\\N\{[^{}\r\n]*\}")
TEXT = re.compile(r"[^{}\\'\"\r\n]+")
CONVERSION = re.compile(r"!\s*(\w*)\s*")
OPENING, CLOSING = frozenset("([{"), frozenset(")]}")


class Literal(NamedTuple):
    """A stretch of an f-string that is text."""

    start: int
    end: int


class Field(NamedTuple):
    """A replacement field: `start` and `end` with its braces, then the expression without what follows it.

    `shown` is where the text ends that `=` repeats, -1 without `=`. `spec` is None without a colon.
    """

    start: int
    end: int
    expression: int
    expression_end: int
    shown: int
    conversion: str
    spec: tuple[Literal | Field, ...] | None
    comments: tuple[tuple[int, int], ...] = ()


class Token(NamedTuple):
    """A token: `kind` is `name`, `number`, `string`, `op`, `comment` or `newline`; `pieces` are an f-string's."""

    kind: str
    start: int
    end: int
    pieces: tuple[Literal | Field, ...] = ()
    prefix: str = ""
    quote: str = ""


class LexError(ValueError):
    """The text cannot be cut into tokens: a string or a field that does not end."""


def tokens(text: str, at: int = 0) -> Iterator[Token]:
    """The tokens of a text without white space, in order. Raises LexError where a string does not end."""
    end = len(text)
    while at < end:
        token = token_at(text, at)
        at = token.end
        if token.kind != "space":
            yield token


def token_at(text: str, at: int) -> Token:
    """The token that begins at an offset, which is below the text's length. Raises LexError."""
    match = TOKEN.match(text, at)
    if match is None or match.lastgroup is None:
        raise LexError(at)
    if match.lastgroup != "string":
        return Token(match.lastgroup, at, match.end())
    prefix, quote = match["prefix"].lower(), match["quote"]
    if "f" in prefix or "t" in prefix:
        try:
            pieces, end = contents(text, match.end(), quote, "r" in prefix)
        except RecursionError:
            raise LexError(at) from None
        return Token("string", at, end, pieces, prefix, quote)
    rest = REST[quote].match(text, match.end())
    if rest is None:
        raise LexError(at)
    return Token("string", at, rest.end(), (), prefix, quote)


def contents(text: str, at: int, quote: str, raw: bool) -> tuple[tuple[Literal | Field, ...], int]:
    """The pieces of an f-string whose text begins at `at`, and where the string ends."""
    pieces: list[Literal | Field] = []
    start, size = at, len(text)
    while at < size:
        if text.startswith(quote, at):
            return (*pieces, *literal(start, at)), at + len(quote)
        if text[at] == "{" and not text.startswith("{{", at):
            part = field(text, at, quote, raw)
            pieces += [*literal(start, at), part]
            start = at = part.end
        else:
            at = after_text(text, at, quote, raw)
    raise LexError(start)


def after_text(text: str, at: int, quote: str, raw: bool) -> int:
    """The end of the plain text, escape or doubled brace at an offset of an f-string."""
    if match := TEXT.match(text, at):
        return match.end()
    char, following = text[at], text[at + 1 : at + 2]
    if (char in "{}" and char != following) or (char in "\r\n" and len(quote) == 1):
        raise LexError(at)
    if char in "{}":
        return at + 2
    if char == "\\" and following not in ("{", "}"):
        named = None if raw else NAMED_ESCAPE.match(text, at)
        return named.end() if named else at + (3 if text.startswith("\r\n", at + 1) else 2)
    return at + 1


def literal(start: int, end: int) -> list[Literal]:
    """The literal between two offsets, if there is anything."""
    return [Literal(start, end)] if end > start else []


def field(text: str, start: int, quote: str, raw: bool) -> Field:
    """The replacement field whose brace stands at `start`."""
    comments: list[tuple[int, int]] = []
    end = after_expression(text, start + 1, comments)
    at, shown, conversion = end, -1, ""
    if text[at] == "=":
        at = skip_space(text, at + 1)
        shown = at
    if text[at] == "!" and (match := CONVERSION.match(text, at)):
        at, conversion = match.end(), match[1]
    spec, at = specification(text, at, quote, raw)
    return Field(start, at, start + 1, end, shown, conversion, spec, tuple(comments))


def skip_space(text: str, at: int) -> int:
    """The offset of the next character that is no white space. Raises LexError at the end."""
    while at < len(text):
        if not text[at].isspace():
            return at
        at += 1
    raise LexError(at)


def after_expression(text: str, at: int, comments: list[tuple[int, int]]) -> int:
    """Where the expression of a field ends: at the `=`, `!`, `:` or brace after it; comments are noted."""
    depth = 0
    while at < len(text):
        token = token_at(text, at)
        char = text[token.start : token.end]
        if depth == 0 and token.kind == "op" and (char in ("!", "}") or char[0] == ":" or is_debug(text, token)):
            return at
        depth += (char in OPENING) - (char in CLOSING)
        if depth < 0:
            raise LexError(at)
        comments += [Literal(at, token.end)] if token.kind == "comment" else []
        comments += nested_comments(token.pieces)
        at = token.end
    raise LexError(at)


def is_debug(text: str, token: Token) -> bool:
    """Whether a token is the `=` of `{x=}`: nothing of the expression follows it."""
    if text[token.start : token.end] != "=":
        return False
    at = skip_space(text, token.end)
    return text[at] in "}:" or (text[at] == "!" and not text.startswith("!=", at))


def specification(text: str, at: int, quote: str, raw: bool) -> tuple[tuple[Literal | Field, ...] | None, int]:
    """The format specification at an offset, None where there is none, and the end of the field."""
    if text.startswith("}", at):
        return None, at + 1
    if not text.startswith(":", at):
        raise LexError(at)
    pieces: list[Literal | Field] = []
    start = at = at + 1
    while at < len(text) and text[at] != "}":
        if text.startswith(quote, at) or (text[at] in "\r\n" and len(quote) == 1):
            raise LexError(at)
        if text[at] == "{":
            part = field(text, at, quote, raw)
            pieces += [*literal(start, at), part]
            start = at = part.end
        else:
            at = after_text(text, at, quote, raw)
    if at >= len(text):
        raise LexError(at)
    return (*pieces, *literal(start, at)), at + 1


def nested_comments(pieces: tuple[Literal | Field, ...]) -> Iterator[tuple[int, int]]:
    """The comments inside the fields of an f-string."""
    for piece in pieces:
        if isinstance(piece, Field):
            yield from piece.comments
            yield from nested_comments(piece.spec or ())


def comments(text: str) -> list[tuple[int, int]]:
    """Start and end of every comment, from its `#`; of text that is no Python, those before the broken place."""
    found: list[tuple[int, int]] = []
    try:
        for token in tokens(text):
            if token.kind == "comment":
                found.append((token.start, token.end))
            found.extend(nested_comments(token.pieces))
    except LexError:
        pass
    return found
