"""What git ignores, decided by pathspec, which is asked only about names that some pattern may mean."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from fnmatch import translate
from functools import cached_property

from celerylint.records import dataclass

SPECIAL = re.compile(r"[*?\[]")
# What git and fnmatch may read in two ways.
UNLIKE_SHELL = re.compile(r"\\|\[[\^!\[\]:]|\[[^\]]*(?:\[|$)")


@dataclass()
class Patterns:
    """The patterns of one file, for what is below `base`: an absolute path that ends in `/`.

    `names` and `endings` are of last parts, `beginnings` of paths below `base`; `shapes` match a last part. A path
    that none of them fits is not meant by any pattern, unless `always`.
    """

    base: str
    lines: Sequence[str]
    names: frozenset[str]
    endings: tuple[str, ...]
    beginnings: tuple[str, ...]
    shapes: re.Pattern[str] | None
    always: bool

    @cached_property
    def rules(self) -> list[tuple[re.Pattern[str], bool]]:
        """What ignores (True) or takes back (False), the last line first, as it wins."""
        from pathspec import GitIgnoreSpec

        rules = []
        for line in reversed(self.lines):
            # To git `a/**` is what is in `a`, to pathspec also `a` itself, which would end the search there.
            line = f"{line.rstrip()}/*" if line.rstrip().endswith("/**") else line
            with suppress(ValueError):
                for pattern in GitIgnoreSpec.from_lines([line]).patterns:
                    if pattern.include is not None and pattern.regex is not None:
                        rules.append((pattern.regex, pattern.include))
        return rules

    def verdict(self, path: str, name: str) -> bool | None:
        """True for an ignored path, False for one that a negation takes back, None where no pattern means it.

        A folder's path ends in `/`. The folders above it must have been asked about before.
        """
        relative = path[len(self.base) :]
        may_fit = (
            name in self.names
            or name.endswith(self.endings)
            or relative.startswith(self.beginnings)
            or (self.shapes is not None and self.shapes.match(name) is not None)
            or self.always
        )
        return self.decided(relative) if may_fit else None

    def decided(self, relative: str) -> bool | None:
        """The verdict of the patterns that mean a path itself, and not only a folder above it."""
        for regex, include in self.rules:
            if any(match.end() == len(relative) for match in regex.finditer(relative)):
                return include
        return None


def read(file: str, base: str) -> list[Patterns]:
    """The patterns in a file, if there are any, for what is below a folder. A file that cannot be read has none."""
    try:
        with open(file, encoding="utf-8", errors="surrogateescape") as stream:
            lines = stream.read().splitlines()
    except OSError:
        return []
    lines = [line for line in lines if line.strip() and not line.startswith("#")]
    return [sorted_out(os.path.join(base, ""), lines)] if lines else []


def sorted_out(base: str, lines: Sequence[str]) -> Patterns:
    """The patterns with what tells quickly that none of them means a path."""
    names, endings, beginnings, shapes, always = set[str](), list[str](), list[str](), list[str](), False
    for line in lines:
        pattern = line.rstrip().removeprefix("!").removesuffix("/")
        if pattern.startswith("**/"):
            pattern = pattern.rpartition("/")[2]
        if UNLIKE_SHELL.search(pattern):
            always = True
        elif "/" in pattern:
            beginnings.append(SPECIAL.split(pattern.removeprefix("/"), maxsplit=1)[0])
        elif not SPECIAL.search(pattern):
            names.add(pattern)
        elif pattern.startswith("*") and not SPECIAL.search(pattern, 1):
            endings.append(pattern[1:])
        else:
            shapes.append(translate(pattern))
    return Patterns(
        base,
        lines,
        frozenset(names),
        tuple(endings),
        tuple(beginnings),
        re.compile("|".join(shapes)) if shapes else None,
        always,
    )


def ignored(patterns: Iterable[Patterns], path: str, name: str) -> bool:
    """Whether a path is ignored; the patterns nearest to it come last, and win."""
    verdicts = (each.verdict(path, name) for each in reversed(list(patterns)))
    return next((verdict for verdict in verdicts if verdict is not None), False)
