"""Durations and sizes as deployment files write them."""

from __future__ import annotations

import re

from celerylint.deploy.snippets import HIDDEN
from celerylint.values import UNKNOWN, Unknown

PART = re.compile(r"(\d+(?:\.\d+)?)\s*([a-zA-Zµ]*)")
SECONDS = {
    "": 1.0, "s": 1.0, "sec": 1.0, "second": 1.0, "seconds": 1.0, "ms": 1e-3, "msec": 1e-3, "us": 1e-6, "µs": 1e-6,
    "ns": 1e-9, "m": 60.0, "min": 60.0, "minute": 60.0, "minutes": 60.0, "h": 3600.0, "hr": 3600.0, "hour": 3600.0,
    "hours": 3600.0, "d": 86400.0, "day": 86400.0, "days": 86400.0, "w": 604800.0,
}  # fmt: skip
BYTES = {"": 1, "b": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12, "ki": 2**10, "mi": 2**20, "gi": 2**30}
BYTES |= {"ti": 2**40, "kb": 2**10, "mb": 2**20, "gb": 2**30, "tb": 2**40}


def duration(text: str | None) -> float | Unknown | None:
    """The seconds of `90`, `1m30s`, `5min 20s`; None without a text, UNKNOWN where it cannot be read."""
    if text is None:
        return None
    if text.strip().lower() == "infinity":
        return float("inf")
    parts = PART.findall(text)
    if HIDDEN in text or not parts or PART.sub("", text).strip() or any(unit not in SECONDS for _, unit in parts):
        return UNKNOWN
    return sum(float(number) * SECONDS[unit] for number, unit in parts)


def size(text: str | None, *, docker: bool = False) -> float | Unknown | None:
    """The bytes of `512Mi`, `1gb`, `64k`. Kubernetes' and Redis' `k` are 1000; Docker's are 1024 (`docker`)."""
    if text is None:
        return None
    match = PART.fullmatch(text.strip())
    unit = match[2].lower() if match else ""
    if match is None or unit not in BYTES:
        return UNKNOWN
    factor = 2 ** (10 * ("bkmgt".index(unit[0]))) if docker and unit else BYTES[unit]
    return float(match[1]) * factor
