"""What a requirement allows: PEP 440's specifiers, and Poetry's `^` and `~`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

Version: TypeAlias = tuple[int, int]
Release: TypeAlias = tuple[int, ...]

CLAUSE = re.compile(r"(===|==|!=|<=|>=|~=|<|>|\^|~|=)?\s*v?(\d+(?:\.\d+)*|\*)(\.\*)?[^,|\s]*")
TAG = re.compile(r"@v?(\d+)\.(\d+)")
# A minor version is allowed if any of its patches is.
PATCHES = range(40)


class Pin(NamedTuple):
    """The one release that a project installs of a package: `path` (as shown) and `line`, from 1, name it."""

    release: Release
    path: str
    line: int


def pinned(spec: str) -> Version | None:
    """The version that a requirement names as the only one, None where it names none."""
    if tag := TAG.search(spec):
        return int(tag[1]), int(tag[2])
    release = pinned_release(spec)
    return minor(release) if release is not None else None


def pinned_release(spec: str) -> Release | None:
    """The release that a requirement names as the only one: (5, 4, 0) of `==5.4`; None where it names none."""
    exact = (release for operator, release, star in clauses(spec) if operator in ("==", "===") and not star)
    release = next((release for release in exact if release != "*"), None)
    return None if release is None else (*parsed(release), 0, 0)[: max(3, release.count(".") + 1)]


def clauses(spec: str) -> list[tuple[str, str, str]]:
    """Operator, release and `.*` of every clause of a specifier."""
    return [(match[1] or "", match[2], match[3] or "") for match in CLAUSE.finditer(spec)]


def newest_allowed(spec: str, known: Sequence[Version]) -> Version | None:
    """The newest of some minor versions that a requirement allows, the last of them where it allows all.

    Where none is known to be allowed, the oldest that the requirement names; None where it names none.
    """
    if " @ " in f" {spec}":
        return None
    alternatives = [clauses(part) for part in spec.split("||")]
    for version in reversed(known):
        releases = [(*version, patch) for patch in PATCHES]
        if any(all(allows(*clause, release) for clause in part) for part in alternatives for release in releases):
            return version
    written = [clause for part in alternatives for clause in part]
    named = [parsed(release) for operator, release, _ in written if "<" not in operator and release != "*"]
    return minor(max(named)) if named else None


def allows(operator: str, written: str, star: str, release: Release) -> bool:
    """Whether one clause of a specifier allows a release."""
    if written == "*":
        return True
    version = parsed(written)
    same = release[: len(version)] == version
    padded = (*version, 0, 0)[: max(3, len(version))]
    match operator:
        case "<":
            return release < padded
        case "<=":
            return release <= padded
        case ">":
            return release > padded and not (star and same)
        case ">=":
            return release >= padded
        case "!=":
            return not (same if star else release == padded)
        case "~=":
            return release >= padded and release[: len(version) - 1] == version[:-1]
        case "^":
            return release >= padded and release[: significant(version)] == version[: significant(version)]
        case "~":
            return release >= padded and release[: min(2, len(version))] == version[:2]
        case _:
            return same if star else release == padded


def significant(version: Release) -> int:
    """How many numbers `^` holds: up to the first that is not 0."""
    return next((index + 1 for index, number in enumerate(version) if number), len(version))


def parsed(text: str) -> Release:
    """The numbers of a release."""
    return tuple(map(int, text.split(".")))


def minor(release: Release) -> Version:
    """The first two numbers of a release."""
    return (*release, 0)[0], (*release, 0)[1]
