"""Paths as users see them, and patterns of paths as ruff reads them: `*` also matches `/`, `{a,b}` is one of two."""

from __future__ import annotations

import os
import re
from functools import lru_cache

# An empty part, `.` or `..`.
UNCLEAN = re.compile(r"[/\\]\.{0,2}(?:[/\\]|$)")
BRACES = re.compile(r"\{([^{}]*)\}")


def shown(path: str | os.PathLike[str], cwd: str = "") -> str:
    """A path as findings show it: relative to the working directory, with `/`; absolute on another drive."""
    text, base = os.fspath(path), (cwd or os.getcwd()).rstrip(os.sep) + os.sep
    # Most paths are whole already: what `abspath` does for them shows in the time of a run.
    absolute = text if text.startswith(base) and UNCLEAN.search(text) is None else os.path.abspath(text)
    if absolute.startswith(base):
        return absolute[len(base) :].replace(os.sep, "/")
    try:
        return os.path.relpath(absolute, base).replace(os.sep, "/")
    except ValueError:
        return absolute.replace(os.sep, "/")


@lru_cache(maxsize=1024)
def compiled(pattern: str) -> re.Pattern[str]:
    """What a whole path or a file's name must match. Paths have `/`."""
    return re.compile("|".join(map(translated, expanded(pattern))), re.DOTALL)


def matches(pattern: str, path: str, base: str) -> bool:
    """Whether a pattern names a path: by its last part, or as a whole, absolute or from a base folder.

    A leading `!` turns the answer round; a trailing `/` means everything in a folder.
    """
    if pattern.startswith("!"):
        return not matches(pattern[1:], path, base)
    pattern = f"{pattern}*" if pattern.endswith("/") else pattern
    whole = pattern if pattern.startswith("/") else f"{base.rstrip('/')}/{pattern.removeprefix('./')}"
    name = path.rpartition("/")[2]
    return bool(compiled(pattern).fullmatch(name) or compiled(whole).fullmatch(path))


def expanded(pattern: str) -> list[str]:
    """The pattern once for each choice in its innermost braces."""
    found = BRACES.search(pattern)
    if found is None:
        return [pattern]
    before, after = pattern[: found.start()], pattern[found.end() :]
    return [whole for choice in found[1].split(",") for whole in expanded(before + choice + after)]


def translated(pattern: str) -> str:
    """The regular expression of a pattern without braces."""
    out, at = [], 0
    while at < len(pattern):
        char = pattern[at]
        at += 1
        if char == "*":
            folders = pattern.startswith("*/", at) and (at == 1 or pattern[at - 2] == "/")
            out.append("(?:.*/)?" if folders else ".*")
            at += 2 if folders else pattern.startswith("*", at)
        elif char == "?":
            out.append("[^/]")
        elif char == "[" and (end := pattern.find("]", at + 1 + pattern.startswith("!", at))) > 0:
            body = pattern[at:end].replace("\\", "\\\\")
            out.append(f"[{'^' + body[1:] if body.startswith('!') else body}]")
            at = end + 1
        else:
            out.append(re.escape(char))
    return "".join(out)
