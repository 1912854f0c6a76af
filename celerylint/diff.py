"""How two texts differ: as the smallest edits, and as people read it."""

from __future__ import annotations

import difflib
import itertools
import re
from bisect import bisect_left

from celerylint.edits import Edit
from celerylint.source import NEWLINE, Source

TOKEN = re.compile(r"\r\n|\w+|[ \t]+|.", re.DOTALL)
CONTEXT = 3


def changes(old: str, new: str) -> list[tuple[int, int, str]]:
    """What turns `old` into `new`: (start, end, content) by offset in `old`, in order, never touching."""
    head, tail = common(old, new)
    before, after = TOKEN.findall(old[head : len(old) - tail]), TOKEN.findall(new[head : len(new) - tail])
    offsets = [head]
    for token in before:
        offsets.append(offsets[-1] + len(token))
    matcher = difflib.SequenceMatcher(None, before, after, autojunk=False)
    return [
        (offsets[a], offsets[b], "".join(after[c:d])) for tag, a, b, c, d in matcher.get_opcodes() if tag != "equal"
    ]


def common(old: str, new: str) -> tuple[int, int]:
    """How many characters two texts share at the start and, of the rest, at the end; no `\\r\\n` is cut in two."""
    shortest = min(len(old), len(new))
    head = bisect_left(range(shortest), True, key=lambda i: old[: i + 1] != new[: i + 1])
    if head and old[head - 1] == "\r" and "\n" in (old[head : head + 1], new[head : head + 1]):
        head -= 1
    rest = shortest - head
    tail = bisect_left(range(rest), True, key=lambda i: old[-1 - i :] != new[-1 - i :])
    while tail and old[len(old) - tail] == "\n" and "\r" in (old[-tail - 1 : -tail], new[-tail - 1 : -tail]):
        tail -= 1
    return head, tail


def edits_between(source: Source, text: str) -> tuple[Edit, ...]:
    """The edits that turn a source's text into another."""
    return tuple(Edit(source.range(start, end), content) for start, end, content in changes(source.text, text))


def lines(text: str) -> list[str]:
    """The lines of a text with their newlines; a form feed ends none."""
    ends = [0, *(match.end() for match in NEWLINE.finditer(text)), len(text)]
    return [text[start:end] for start, end in itertools.pairwise(ends) if start < end]


def diff(old: str, new: str, path: str) -> str:
    """The unified diff of one file, which `patch -p0` and `git apply -p0` take; empty where nothing changed."""
    out = []
    for line in difflib.unified_diff(lines(old), lines(new), path, path, n=CONTEXT):
        out.append(line if line.endswith(("\n", "\r")) else f"{line}\n\\ No newline at end of file\n")
    return "".join(out)
