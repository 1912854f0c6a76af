"""Which known name a wrong one was meant to be."""

from __future__ import annotations

from collections.abc import Iterable

PREFIXES = ("task_", "worker_", "result_", "broker_", "beat_", "celery_", "celeryd_", "event_", "redis_")
# Prefixes that are taken for each other; a result_… is never meant by broker_….
EXCHANGED = frozenset({"", "task_", "worker_", "celery_", "celeryd_"})


def nearest(name: str, candidates: Iterable[str]) -> str | None:
    """The one known name that a wrong one was meant to be, None where there is none or more than one.

    Meant is the name that differs by a prefix of Celery's (`task_acks_late` for `acks_late`) or by a plural
    (`max_retries` for `max_retry`), or else the nearest by one typo, or by two in names of eight letters and
    more: a letter too many, too few, another, or two that changed places.
    """
    known = set(candidates) - {name}
    same = {other for other in known if akin(name, other)}
    if same:
        return same.pop() if len(same) == 1 else None
    allowed = 2 if len(name) >= 8 else 1
    far = [(typos(name, other, allowed), other) for other in known]
    near = sorted(pair for pair in far if pair[0] <= allowed)
    unique = bool(near) and (len(near) == 1 or near[0][0] < near[1][0])
    return near[0][1] if unique else None


def akin(name: str, other: str) -> bool:
    """Whether two names differ by no more than a prefix and the number of their words."""
    (left, short), (right, plain) = stem(name), stem(other)
    return short == plain and (left == right or not (left and right) or {left, right} <= EXCHANGED)


def stem(name: str) -> tuple[str, str]:
    """Celery's prefix of a name, and the rest with its words in the singular."""
    prefix = next((prefix for prefix in PREFIXES if name.startswith(prefix)), "")
    words = name[len(prefix) :].split("_")
    return prefix, "_".join(f"{word[:-3]}y" if word.endswith("ies") else word.removesuffix("s") for word in words)


def typos(left: str, right: str, limit: int) -> int:
    """The Damerau-Levenshtein distance (adjacent letters change places at cost 1), `limit` + 1 where above it."""
    if abs(len(left) - len(right)) > limit:
        return limit + 1
    before: list[int] = []
    row = list(range(len(right) + 1))
    for i, a in enumerate(left, 1):
        before, previous, row = row, before, [i]
        for j, b in enumerate(right, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a != b))
            if i > 1 and j > 1 and a == right[j - 2] and b == left[i - 2]:
                cost = min(cost, previous[j - 2] + 1)
            row.append(cost)
        if min(row) > limit:
            return limit + 1
    return min(row[-1], limit + 1)
