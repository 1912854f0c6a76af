"""For rules about results: which result backend is configured."""

from __future__ import annotations

from celerylint.facts import Task
from celerylint.index import Index
from celerylint.values import Const, Value

REDIS = frozenset({"redis", "rediss", "redis+socket", "redis+sentinel", "sentinel"})
# Those of which it is known that a chord waits for results which its header does not store.
COUNTING = frozenset({"db", "database", "file", "filesystem", "cache", "memcache", "memcached", "pylibmc", "mongodb"})


def backend(task: Task, index: Index) -> str:
    """The scheme of the result backend that a task's app has in production: `redis`, `rpc`, `db` …; `none` where
    nothing configures one, "" where that is not known."""
    configuration = index.configuration
    rows = configuration.in_force("result_backend", task)
    if not rows:
        elsewhere = len(configuration.app_keys) < 2 and configuration.by_name.get("result_backend")
        return "" if configuration.hidden or elsewhere else "none"
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
