"""For rules about results: which result backend is configured."""

from __future__ import annotations

from celerylint.index import Index
from celerylint.values import Const, Value

REDIS = frozenset({"redis", "rediss", "redis+socket", "redis+sentinel", "sentinel"})
# Those of which it is known that a chord waits for results which its header does not store.
COUNTING = frozenset({"db", "database", "file", "filesystem", "cache", "memcache", "memcached", "pylibmc", "mongodb"})


def backend(index: Index) -> str:
    """The scheme of the result backend in production: `redis`, `rpc`, `db` …; `none` where none is configured
    anywhere, "" where that is not known."""
    rows = index.configuration.production("result_backend")
    if not rows:
        hidden = index.configuration.hidden or index.configuration.by_name.get("result_backend")
        return "" if hidden else "none"
    schemes = {scheme(row.value) for row in rows}
    return schemes.pop() if len(schemes) == 1 else ""


def scheme(value: Value) -> str:
    match value:
        case Const(value=None):
            return "none"
        case Const(value=str() as url):
            name = url.partition("://")[0].partition("+")[0].lower() if "://" in url or "+" in url else url.lower()
            return "redis" if url.partition("://")[0].lower() in REDIS else "none" if name == "disabled" else name
        case _:
            return ""
