"""A chord, and no results for it to wait on.

A chord runs its body when all results of its header are there. Without a result backend, and with `rpc://`, sending
one raises `NotImplementedError`; a group that is piped into a task is a chord as well. Where a header task ignores its
result, backends other than Redis wait for ever: the body never runs, and `celery.chord_unlock` retries without end.

Bad::

    from celery import Celery, chord

    app = Celery("shop", broker="redis://redis/0", backend="rpc://")

    @app.task
    def count(shop_id):
        return 1

    @app.task
    def add_up(counts):
        return sum(counts)

    def report(shops):
        chord([count.s(shop) for shop in shops])(add_up.s())

Good::

    from celery import Celery, chord

    app = Celery("shop", broker="redis://redis/0", backend="redis://redis/1")

    @app.task
    def count(shop_id):
        return 1

    @app.task
    def add_up(counts):
        return sum(counts)

    def report(shops):
        chord([count.s(shop) for shop in shops])(add_up.s())

Where a project has several applications, the one of the header's first task counts. Silent in tests, where that task is
not known, and where the backend is not: read from the environment, several settings, no application in the project.
The environment variable `CELERY_RESULT_BACKEND` cannot be seen.

Source: `celery.backends.base.DisabledBackend`, `celery.backends.rpc.RPCBackend.ensure_chords_allowed`,
`celery.backends.base.Backend.apply_chord` (5.7); Celery's user guide, "Canvas", "Important Notes" on chords.
"""

import ast
from collections.abc import Iterator

from celerylint.facts import Task
from celerylint.file import File
from celerylint.index import Index
from celerylint.rule import Finding, Related, Rule
from celerylint.rules.backends import COUNTING, backend
from celerylint.rules.canvases import CANVAS, canvas_kind, entries, header, members
from celerylint.values import truth

rule = Rule(
    __name__,
    severity="error",
    message="{what} needs the results of its header, and {problem}: {consequence}; {instead}",
)
CONFIGURE = "configure a Redis or database `result_backend`"
NO_BACKEND = {"none": "no result backend is configured", "rpc": "`rpc://` has no chords"}


@rule.check(CANVAS, ast.BinOp)
def chord_without_results(node: ast.expr, file: File, index: Index) -> Iterator[Finding]:
    parts = header_of(node, file, index)
    if parts is None or index.modules.is_test(file.path):
        return
    made = next((made for part in parts for _, made in entries(part, file, index) if made.task is not None), None)
    kind = backend(made.task, index) if made is not None and made.task is not None else ""
    what = (
        "a chord"
        if isinstance(node, ast.Call) and canvas_kind(node, file, index) == "chord"
        else "a group before a task"
    )
    if kind in NO_BACKEND:
        yield rule.finding(
            file,
            file.span(node),
            what=what,
            problem=NO_BACKEND[kind],
            consequence="sending it raises `NotImplementedError`",
            instead=CONFIGURE,
        )
    elif kind in COUNTING:
        yield from ignored(node, parts, what, kind, file, index)


def header_of(node: ast.expr, file: File, index: Index) -> list[ast.expr] | None:
    """The header of what becomes a chord: `chord(…)`, `group(…) | task.s()`, a group in a chain before a step."""
    if isinstance(node, ast.BinOp):
        is_pipe = isinstance(node.op, ast.BitOr) and canvas_kind(node.left, file, index) == "group"
        return members(node.left) if is_pipe and isinstance(node.left, ast.Call) else None
    kind = canvas_kind(node, file, index)
    if kind == "chord" and isinstance(node, ast.Call):
        return header(node)
    if kind == "chain" and isinstance(node, ast.Call):
        for step in members(node)[:-1]:
            if isinstance(step, ast.Call) and canvas_kind(step, file, index) == "group":
                return members(step)
    return None


def ignored(node: ast.expr, parts: list[ast.expr], what: str, kind: str, file: File, index: Index) -> Iterator[Finding]:
    """A header task whose result is not stored."""
    for part in parts:
        for place, made in entries(part, file, index):
            if made.task is not None and ignores(made.task, place, index):
                yield rule.finding(
                    file,
                    file.span(node),
                    related=(Related(made.task.path, made.task.span, "this task ignores its result"),),
                    what=what,
                    problem=f"`{made.task.label}` ignores its own",
                    consequence=f"with the `{kind}` backend the body never runs, and `chord_unlock` retries for ever",
                    instead="set `ignore_result=False` on the task",
                )
                return


def ignores(task: Task, place: ast.expr, index: Index) -> bool:
    for call in ast.walk(place):
        if isinstance(call, ast.keyword) and call.arg == "ignore_result":
            return isinstance(call.value, ast.Constant) and call.value.value is True
    return truth(index.option(task, "ignore_result").value) is True
