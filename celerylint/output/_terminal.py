"""Text as a terminal shows it: how wide it is, what must not reach it, colours."""

from __future__ import annotations

import re
import unicodedata
from typing import Literal, TypeAlias

Color: TypeAlias = Literal["bold", "red", "green", "yellow", "blue", "cyan"]

ANSI: dict[Color, str] = {"bold": "1", "red": "1;31", "green": "32", "yellow": "1;33", "blue": "1;34", "cyan": "36"}
TAB = 4
WIDTH = 120

# Control characters could move the cursor or colour what follows; bidirectional ones would reorder the frame.
UNPRINTABLE = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
ZERO_WIDTH = frozenset({"Mn", "Me", "Cf"})


def paint(text: str, color: Color, on: bool) -> str:
    """The text in a colour, where colours are on."""
    return f"\x1b[{ANSI[color]}m{text}\x1b[0m" if on and text else text


def printable(text: str) -> str:
    """The text with everything that would disturb a terminal replaced."""
    return UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", text)


def cells(text: str) -> list[str]:
    """The text as columns of a terminal: tabs spread, the second half of a wide character empty."""
    text = printable(text)
    if text.isascii() and "\t" not in text:
        return list(text)
    out: list[str] = []
    for char in text:
        if char == "\t":
            out += " " * (TAB - len(out) % TAB)
        elif unicodedata.category(char) in ZERO_WIDTH:
            out[-1:] = [(out[-1] if out else "") + char]
        else:
            out += [char, ""] if unicodedata.east_asian_width(char) in "WF" else [char]
    return out


def clip(line: list[str], start: int = 0, width: int = WIDTH) -> str:
    """The columns from `start` on, at most `width`; what is cut off leaves an ellipsis."""
    shown = line[start : start + width]
    if start and shown:
        shown[:2] = ["…", *(cell or " " for cell in shown[1:2])]
    if len(line) > start + width:
        shown[-1] = "…"
    return "".join(shown).rstrip()
