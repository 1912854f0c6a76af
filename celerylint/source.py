"""Bytes to text and back, and the only place that does position arithmetic.

A span counts as users count: lines and columns from 1, columns in characters, the end exclusive.
`ast` counts columns in UTF-8 bytes from 0, language servers in UTF-16 units; both are converted here.
"""

from __future__ import annotations

import bisect
import codecs
import io
import re
import tokenize
from dataclasses import field
from typing import NamedTuple, Protocol

from celerylint.records import dataclass

NEWLINE = re.compile(r"\r\n|\r|\n")
CONTRADICTION = "the byte order mark says UTF-8, and the declaration another encoding"
UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class Span(NamedTuple):
    """A stretch of text; `end_line`, `end_column` is the first position after it."""

    line: int
    column: int
    end_line: int
    end_column: int


class Located(Protocol):
    """What every `ast` expression and statement has."""

    lineno: int
    col_offset: int
    end_lineno: int | None
    end_col_offset: int | None


class UnreadableSource(Exception):
    """The bytes are no Python text: `message` says why, `line` and `column` where."""

    def __init__(self, message: str, line: int = 1, column: int = 1) -> None:
        super().__init__(message)
        self.message, self.line, self.column = message, line, column


@dataclass(frozen=True, slots=True)
class Source:
    """One file's text with what is needed to write it back unchanged.

    `path` is relative to the working directory, with `/`. `text` keeps its newlines and has no BOM.
    """

    path: str
    text: str
    encoding: str = "utf-8"
    bom: bool = False
    starts: tuple[int, ...] = field(default=(), compare=False)
    ascii: bool = field(default=True, compare=False)

    @classmethod
    def from_text(cls, path: str, text: str, encoding: str = "utf-8", bom: bool = False) -> Source:
        starts = [0]
        if "\r" in text:
            starts.extend(match.end() for match in NEWLINE.finditer(text))
        else:
            at = text.find("\n")
            while at >= 0:
                starts.append(at + 1)
                at = text.find("\n", at + 1)
        return cls(path, text, encoding, bom, tuple(starts), text.isascii())

    @classmethod
    def from_bytes(cls, path: str, data: bytes) -> Source:
        """Decode as Python would (PEP 263). Raises UnreadableSource."""
        bom = data.startswith(codecs.BOM_UTF8)
        body = data[3:] if bom else data
        if data.startswith(UTF_16):
            raise UnreadableSource("this is UTF-16, which Python does not read; save the file as UTF-8")
        if (null := body.find(b"\0")) >= 0:
            line = body.count(b"\n", 0, null) + 1
            raise UnreadableSource("source contains null bytes", line)
        try:
            encoding = "utf-8" if b"coding" not in body[:400] else declared_encoding(data)
            return cls.from_text(path, body.decode(encoding), encoding, bom)
        except UnicodeDecodeError as error:
            line = body.count(b"\n", 0, error.start) + 1
            message = f"byte {body[error.start]:#04x} is not {error.encoding}"
            raise UnreadableSource(f"{message}; save the file as UTF-8 or declare its encoding", line) from None
        except (SyntaxError, LookupError, UnicodeError) as error:
            raise UnreadableSource(str(error).replace("encoding problem: utf-8", CONTRADICTION)) from None

    def to_bytes(self, text: str) -> bytes:
        """Encode new text as this source was encoded. Raises UnicodeEncodeError."""
        return (codecs.BOM_UTF8 if self.bom else b"") + text.encode(self.encoding)

    @property
    def newline(self) -> str:
        """The newline that new lines should get: the file's most frequent, `\\n` where it has none."""
        counts = {"\r\n": self.text.count("\r\n")}
        counts["\n"] = self.text.count("\n") - counts["\r\n"]
        counts["\r"] = self.text.count("\r") - counts["\r\n"]
        return max(("\n", "\r\n", "\r"), key=lambda newline: counts[newline])

    def line(self, number: int) -> str:
        """The text of a line, counted from 1, without its newline; empty past the end."""
        if not 1 <= number <= len(self.starts):
            return ""
        end = self.starts[number] if number < len(self.starts) else len(self.text)
        return self.text[self.starts[number - 1] : end].rstrip("\r\n")

    def column(self, line: int, utf8: int) -> int:
        """The character column, from 1, of a UTF-8 byte offset in a line."""
        if self.ascii:
            return utf8 + 1
        start = self.starts[line - 1] if line <= len(self.starts) else len(self.text)
        if self.text[start : start + utf8].isascii():
            return utf8 + 1
        return len(self.line(line).encode()[:utf8].decode(errors="replace")) + 1

    def span(self, node: Located) -> Span:
        """Where a node of `ast` stands."""
        end_line = node.end_lineno or node.lineno
        end = node.col_offset if node.end_col_offset is None else node.end_col_offset
        return Span(node.lineno, self.column(node.lineno, node.col_offset), end_line, self.column(end_line, end))

    def offset(self, line: int, column: int) -> int:
        """The offset in `text` of a position."""
        return self.starts[line - 1] + column - 1

    def position(self, offset: int) -> tuple[int, int]:
        """The line and column of an offset in `text`."""
        line = bisect.bisect_right(self.starts, offset)
        return line, offset - self.starts[line - 1] + 1

    def range(self, start: int, end: int) -> Span:
        """The span between two offsets in `text`."""
        return Span(*self.position(start), *self.position(end))

    def cut(self, span: Span) -> str:
        """The text in a span."""
        return self.text[self.offset(span.line, span.column) : self.offset(span.end_line, span.end_column)]

    def utf16(self, line: int, column: int) -> int:
        """The UTF-16 offset, from 0, of a character column, as language servers count."""
        return len(self.line(line)[: column - 1].encode("utf-16-le")) // 2


def declared_encoding(data: bytes) -> str:
    """The encoding that the first two lines declare. Raises SyntaxError for one that Python does not know, or that is
    not the byte order mark's."""
    lines = io.BytesIO(data.replace(b"\r\n", b"\n").replace(b"\r", b"\n"))
    encoding, _ = tokenize.detect_encoding(lines.readline)
    return encoding.removesuffix("-sig")
