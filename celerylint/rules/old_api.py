"""The old names of Celery's API as rules ask about them: which there are, when they end, what to say of them."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from celerylint import celery_data
from celerylint.celery_data import RemovedName
from celerylint.celery_data.rows import Version
from celerylint.source import Span


class Use(NamedTuple):
    """A place that uses an old name. `about` is what to call it there, `instead` what to do; `effect` is what comes of
    it once the name is gone."""

    row: RemovedName
    span: Span
    about: str
    instead: str
    effect: str


def row_of(dotted: str) -> RemovedName | None:
    """The row of a name, or of the nearest thing around it that is old."""
    api = celery_data.removed_api()
    while dotted not in api:
        dotted, dot, _ = dotted.rpartition(".")
        if not dot:
            return None
    return api[dotted]


@cache
def old_options() -> dict[str, RemovedName]:
    """The old options of tasks: what of `Task` is set rather than called, and has no drop-in."""
    rows = (row for row in celery_data.removed_api().values() if not row.replacement)
    return {row.name.removeprefix("celery.Task."): row for row in rows if row.name.startswith("celery.Task.")}


# When


def is_gone(row: RemovedName, version: Version) -> bool:
    """Whether a version has a name no more, or is one that Celery announces to be without it."""
    if row.last is not None:
        return version > row.last
    return row.removal != "" and version >= celery_data.parse_version(row.removal)


def is_going(row: RemovedName, version: Version) -> bool:
    """Whether a version has a name that a later one has not, or that it calls deprecated."""
    announced = row.last is not None or version >= celery_data.parse_version(row.deprecated)
    return announced and not is_gone(row, version)


def end(row: RemovedName) -> str:
    """What is known of a name's end."""
    if row.last is not None:
        return f"is gone from Celery {dotted_version(following(row.last))} on"
    if row.removal:
        return f"is to go with Celery {row.removal}"
    return f"is deprecated since Celery {row.deprecated}"


def following(version: Version) -> Version:
    """The next version that the tables know."""
    return min(known for known in celery_data.VERSIONS if known > version)


def dotted_version(version: Version) -> str:
    return ".".join(map(str, version))


def instead(row: RemovedName) -> str:
    """What to do about a name: the advice where that says more than the drop-in."""
    name = row.replacement.removeprefix("builtins.")
    return row.advice or f"write `{name}`"
