"""Places in a text as `ast` counts them. `Source` counts for everyone else, and rests on this package."""

from __future__ import annotations

import bisect
import re
from typing import TypeAlias

from celerylint.records import dataclass

Position: TypeAlias = tuple[int, int]

NEWLINE = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True, slots=True)
class Lines:
    """A text and the offsets at which its lines start."""

    text: str
    starts: tuple[int, ...]

    @classmethod
    def of(cls, text: str) -> Lines:
        return cls(text, (0, *(match.end() for match in NEWLINE.finditer(text))))

    def position(self, offset: int) -> Position:
        """The line from 1, and the column from 0 in UTF-8 bytes, of an offset."""
        line = bisect.bisect_right(self.starts, offset)
        return line, len(self.text[self.starts[line - 1] : offset].encode())

    def line(self, number: int) -> str:
        """A line, counted from 1, without its newline."""
        start, end = self.starts[number - 1], [*self.starts, len(self.text)][number]
        return self.text[start:end].rstrip("\r\n")
