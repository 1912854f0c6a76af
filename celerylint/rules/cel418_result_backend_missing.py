"""A result is read, and no result backend is configured.

Without `result_backend` Celery stores no results. Waiting for one raises `NotImplementedError` ("No result backend is
configured"), and its state `AttributeError` ("'DisabledBackend' object has no attribute …"): in production and not in
the tests, where eager mode has results without a backend.

Bad::

    from celery import Celery

    app = Celery("shop", broker="redis://redis/0")

    @app.task
    def count_bin(bin_id):
        return bin_id

    def pieces(bin_id):
        return count_bin.delay(bin_id).get(timeout=5)

Good::

    from celery import Celery

    app = Celery("shop", broker="redis://redis/0", backend="redis://redis/1")

    @app.task
    def count_bin(bin_id):
        return bin_id

    def pieces(bin_id):
        return count_bin.delay(bin_id).get(timeout=5)

Silent on results of `.apply()`, where any part of the configuration cannot be read, in tests, and where it is not known
which of several apps the task belongs to.

Source: `celery.backends.base.DisabledBackend` (5.7).
"""

import ast
from collections.abc import Iterator

from celerylint.file import File
from celerylint.index import Index
from celerylint.index.results import Result
from celerylint.rule import Finding, Rule, attribute_of
from celerylint.rules.backends import scheme
from celerylint.rules.queue_names import app_of, main_app

rule = Rule(
    __name__,
    severity="error",
    message="`{read}` raises `{error}`, as no result backend is configured; set `result_backend`",
    checklist=("config.result-backend",),
)

READS = frozenset(
    {
        "get", "join", "join_native", "wait", "collect", "iter_native", "get_leaf", "ready", "successful", "failed",
        "state", "status", "result", "info", "traceback", "forget", "completed_count", "maybe_throw",
    }
)  # fmt: skip
# What DisabledBackend implements in order to refuse it; the rest it lacks.
REFUSED = frozenset({"get", "join", "join_native", "wait", "collect", "iter_native", "get_leaf", "forget"})


@rule.check(attribute_of(*READS))
def no_backend(node: ast.Attribute, file: File, index: Index) -> Iterator[Finding]:
    if not isinstance(node.ctx, ast.Load) or not has_none(index):
        return
    result = index.result_of(file.value(node.value))
    if result is None or result.kind == "eager" or not index.configuration.is_production(file.path):
        return
    if not stores(result, index):
        above = file.parent(node)
        call = above if isinstance(above, ast.Call) and above.func is node else None
        read = f".{node.attr}()" if call is not None else f".{node.attr}"
        error = "NotImplementedError" if node.attr in REFUSED else "AttributeError"
        yield rule.finding(file, file.span(call if call is not None else node), read=read, error=error)


def has_none(index: Index) -> bool:
    """Whether any app may be without a backend: cheap to know, for all files."""
    apps = index.configuration.app_keys
    return not index.configuration.hidden and any(disabled(app, index) for app in apps)


def stores(result: Result, index: Index) -> bool:
    """Whether the app of a result has a backend, or may have one."""
    if result.task is None or result.kind == "made":
        return not all(disabled(app, index) for app in index.configuration.app_keys)
    app = app_of(result.task, index) or main_app(index)
    return not app or not disabled(app, index)


def disabled(app: str, index: Index) -> bool:
    """Whether an app is known to store no results."""
    rows = index.configuration.effective("result_backend", app)
    return not rows or all(scheme(row.value) == "none" for row in rows)
