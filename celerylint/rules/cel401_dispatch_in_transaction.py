"""A task is sent before the database transaction commits.

The message reaches a worker within milliseconds, and what the transaction has written is not there yet: the task
raises `DoesNotExist`, or reads the old row and quietly does nothing. If the transaction is rolled back, the
task works on something that never was. It shows now and then at first, and more often the faster the workers get.

Send when the transaction commits: `delay_on_commit()` on a task of Django's default class (Celery 5.4 and later),
else `transaction.on_commit(partial(task.delay, ...))`. Both send at once outside a transaction, and nothing at all
after a rollback. With SQLAlchemy, send after `session.commit()`.

Bad::

    from celery import shared_task
    from django.db import transaction

    @shared_task
    def ship(order_id):
        ...

    def buy(cart):
        with transaction.atomic():
            order = Order.objects.create(cart=cart)
            ship.delay(order.pk)

Good::

    from functools import partial

    from celery import shared_task
    from django.db import transaction

    @shared_task
    def ship(order_id):
        ...

    def buy(cart):
        with transaction.atomic():
            order = Order.objects.create(cart=cart)
            transaction.on_commit(partial(ship.delay, order.pk))

Found in `with atomic()`, in functions and views decorated with it (`method_decorator` too), in a project's own
context managers and decorators that open a transaction, in everything that such code calls, in views where
`ATOMIC_REQUESTS` is on and that have saved what the task is about, in `save_model` and its kin of the admin, in
receivers of model signals, and with SQLAlchemy between `session.add()` and `session.commit()` in one function. A
`post_save` receiver and a model's `save()` run in the transaction of whoever saves, which may be none: these are
warnings, and silent where a countdown is given.

Silent in tests, in lambdas and functions handed to `on_commit`, in functions that a decorator of the project runs
later, in a handler that ends with `raise`, since nothing commits there, where only a signature is made, and where
`using` names another database or one that is not known.

The fix is unsafe: nothing is sent after a rollback, and a `TestCase` of Django never commits. There is none where
the result of the dispatch is used, since nothing is returned any more.

Source: Celery's guide "First steps with Django", "Trigger tasks at the end of the database transaction" (5.4);
Django 5.2, "Performing actions after commit", `ModelAdmin.changeform_view`, `Collector.delete`.
"""

import ast
from collections.abc import Iterator

from celerylint.facts import Dispatch
from celerylint.file import File
from celerylint.index import Index
from celerylint.index.transactions import Inside
from celerylint.rule import Finding, Related, Rule
from celerylint.rules.blocks import after, before, commit_in, names_written, receiver, written_before
from celerylint.rules.commits import names_in, replacement, runs_later

rule = Rule(
    __name__,
    severity="error",
    message="`{call}` sends {why}, so the worker may not find what was written, and a rollback does not take it back; "
    "write {instead}",
)
WHY = {
    "block": "before the transaction commits",
    "session": "before the session's transaction commits",
    "decorator": "before the transaction commits",
    "request": "before the request's transaction commits (`ATOMIC_REQUESTS`)",
    "admin": "before the admin's transaction commits (`{name}`)",
    "signal": "from a `{name}` receiver, inside the transaction of whoever saves or deletes",
    "save": "from `{name}()`, inside the transaction of whoever calls it",
}
BEGINS = {
    "block": "the transaction begins here",
    "session": "the transaction begins here",
    "decorator": "this makes the function a transaction",
    "request": "the view runs in the request's transaction",
    "admin": "the admin calls this in a transaction",
    "signal": "this receives `{name}`",
    "save": "this may run in a transaction",
}
COMMITS = "`{call}` sends before `{commit}`, so the worker may not find what was written; send it after the commit"
ON_COMMIT_METHODS = frozenset({"delay_on_commit", "apply_async_on_commit"})


@rule.check(Dispatch)
def sent_too_early(dispatch: Dispatch, file: File, index: Index) -> Iterator[Finding]:
    if not dispatch.sends or dispatch.method in ON_COMMIT_METHODS or index.modules.is_test(file.path):
        return
    call = file.node_at(dispatch.span, ast.Call)
    if call is None or runs_later(call, file) or undoes(call, file):
        return
    inside = index.transactions.around(file.path, file.function_key(call), dispatch.span)
    if inside is not None and matters(inside, dispatch, call, file):
        yield in_transaction(inside, dispatch, call, file, index)
    elif (commit := commit_behind(call, file)) is not None:
        at = Related(file.path, file.span(commit), "this commits")
        yield rule.finding(
            file, dispatch.span, message=COMMITS, related=(at,), call=shown(call, file), commit=file.text(commit)
        )


def undoes(call: ast.Call, file: File) -> bool:
    """Whether a dispatch stands in a handler that raises in the end: the transaction is lost, and it is meant to go."""
    handlers = (node for node in file.ancestors(call) if isinstance(node, ast.ExceptHandler))
    return any(isinstance(handler.body[-1], ast.Raise) for handler in handlers)


def matters(inside: Inside, dispatch: Dispatch, call: ast.Call, file: File) -> bool:
    """Whether the task may miss something: in a request that is a transaction anyway, a row written before.

    In a transaction of which it is not known whether there is one, a task with a delay is left alone.
    """
    if inside.cause.kind == "request":
        return written_before(call, file)
    return is_certain(inside) or not dispatch.options.keys() & {"countdown", "eta"}


def in_transaction(inside: Inside, dispatch: Dispatch, call: ast.Call, file: File, index: Index) -> Finding:
    cause = inside.cause
    instead = replacement(dispatch, call, file, index) if cause.kind != "session" else "it below the block"
    return rule.finding(
        file,
        dispatch.span,
        severity="error" if is_certain(inside) else "warning",
        related=way(inside),
        data={"django": cause.kind != "session"},
        call=shown(call, file),
        why=WHY[cause.kind].format(name=cause.name),
        instead=instead,
    )


def is_certain(inside: Inside) -> bool:
    """Whether there is a transaction for sure: what deletes, and what changes relations, opens one itself."""
    cause = inside.cause
    return cause.certain or (cause.kind == "signal" and cause.name != "post_save")


def shown(call: ast.Call, file: File) -> str:
    """A dispatch in a message."""
    func = file.text(call.func)
    if "\n" not in func and len(func) <= 60:
        return f"{func}(...)"
    return f".{call.func.attr}(...)" if isinstance(call.func, ast.Attribute) else "this call"


def way(inside: Inside) -> tuple[Related, ...]:
    """Where the transaction begins, and the calls that lead from there."""
    cause = inside.cause
    begins = Related(cause.path, cause.span, BEGINS[cause.kind].format(name=cause.name))
    return begins, *(Related(step.path, step.span, f"through this call of `{step.callee}`") for step in inside.steps)


# SQLAlchemy: add, send, commit.


def commit_behind(call: ast.Call, file: File) -> ast.Call | None:
    """The `session.commit()` below a dispatch that makes what the dispatch is about visible."""
    behind = next((found for statement in after(call, file) if (found := commit_in(statement)) is not None), None)
    if behind is None:
        return None
    session = receiver(behind)
    written: set[str] = set()
    for statement in before(call, file):
        earlier = commit_in(statement)
        if earlier is not None and receiver(earlier) == session:
            break
        written |= names_written(statement, session)
    arguments = [*call.args, *(keyword.value for keyword in call.keywords)]
    about = {name for argument in arguments for name in names_in(argument)}
    return behind if written & about else None
