"""Say of a syntax error which Python the file was written for, where that can be told."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress

from celerylint.lexing import LexError, Token
from celerylint.lowering.forms import nesting, significant
from celerylint.lowering.host import HOST, Version
from celerylint.lowering.lines import Lines

OLD_NUMBER = re.compile(r"(?:0[xX][0-9a-fA-F]+|[0-9]+)[lL]|0[0-7]*[1-7][0-7]*")
AFTER_A_NAME = frozenset({"in", "is", "and", "or", "not", "if", "else", "for", "as"})


def explained(error: SyntaxError, text: str, lowered: str = "", needs: Version = (3, 0)) -> SyntaxError:
    """The error as one of `text`, with what is known of the Python that reads the file.

    `lowered` is the text that was parsed, where it is another; `needs` the newest Python that its forms need.
    """
    lines = Lines.of(text)
    line = min(error.lineno or 1, len(lines.starts))
    column = original_column(lines, lowered, line, max(error.offset or 1, 1))
    message = error.msg
    if "Python 2" not in message and (found := python_2(text)):
        message = f"{message}; this is Python 2 code: {found[0]} in line {lines.position(found[1])[0]}"
    elif needs > HOST:
        message = f"{message}; the file needs Python {needs[0]}.{needs[1]}"
    return type(error)(message, ("<unknown>", line, column, lines.line(line)))


def original_column(lines: Lines, lowered: str, line: int, column: int) -> int:
    """The character column in the source of one in the lowered text, whose lines are as long in bytes."""
    if not lowered:
        return column
    utf8 = len(Lines.of(lowered).line(line)[: column - 1].encode())
    return len(lines.line(line).encode()[:utf8].decode(errors="replace")) + 1


def python_2(text: str) -> tuple[str, int] | None:
    """The first form that no Python 3 has, and its offset."""
    code: list[Token] = []
    with suppress(LexError):
        code.extend(significant(text))
    words = [text[token.start : token.end] for token in code]
    for at, token in enumerate(code):
        if form := old_form(text, code, words, at):
            return form, token.start
    return None


def old_form(text: str, code: Sequence[Token], words: Sequence[str], at: int) -> str:
    """What Python 2 calls the form that begins at a token, "" where it is none."""
    token, word = code[at], words[at]
    begins = at == 0 or code[at - 1].kind == "newline" or words[at - 1] in (";", ":")
    following = code[at + 1] if at + 1 < len(code) else token
    match token.kind, word:
        case "op", "`":
            return "backquotes"
        case "op", "<>":
            return "the operator <>"
        case "name", "ur" | "UR" | "Ur" | "uR" if following.kind == "string" and following.start == token.end:
            return "a ur string"
        case "name", "print" | "exec" if begins and is_argument(following, words[at + 1] if at + 1 < len(code) else ""):
            return f"the {word} statement"
        case "name", "raise" if begins and has_comma(text, code[at:]):
            return "raise with a comma"
        case "number", _ if OLD_NUMBER.fullmatch(word):
            return f"the number {word}"
        case _:
            return ""


def is_argument(token: Token, word: str) -> bool:
    """Whether a token can only be the argument of a statement, after a name."""
    return token.kind in ("string", "number") or (token.kind == "name" and word not in AFTER_A_NAME)


def has_comma(text: str, statement: Sequence[Token]) -> bool:
    """Whether a comma stands outside of brackets in the statement that begins here."""
    depth = 0
    for token in statement:
        if token.kind == "newline" or (depth == 0 and text[token.start] == ";"):
            return False
        depth += nesting(text, token)
        if depth == 0 and text[token.start : token.end] == ",":
            return True
    return False
