"""`retry()` inside a transaction takes back what the next try relies on.

`retry()` works by raising, and an exception that leaves `transaction.atomic` rolls it back. The row that was to say
"first try done", the counter, the lock: all gone when the retry runs, which then finds what the first run found.
Decide inside, and retry when the block has ended.

Bad::

    from celery import shared_task
    from django.db import transaction

    @shared_task(bind=True)
    def charge(self, order_id):
        with transaction.atomic():
            order = Order.objects.select_for_update().get(pk=order_id)
            order.attempts += 1
            order.save()
            if not order.ready:
                raise self.retry(countdown=60)

Good::

    from celery import shared_task
    from django.db import transaction

    @shared_task(bind=True)
    def charge(self, order_id):
        with transaction.atomic():
            order = Order.objects.select_for_update().get(pk=order_id)
            order.attempts += 1
            order.save()
            ready = order.ready
        if not ready:
            raise self.retry(countdown=60)

Looks at blocks and decorators that open a transaction, the project's own among them. Silent where nothing is written
before the retry, and in exception handlers: after an error, taking everything back is what transactions are for.

Source: `celery.app.task.Task.retry` (5.7); Django 5.2, Database transactions, `atomic`.
"""

import ast
import re
from collections.abc import Iterator

from celerylint.facts import Dispatch
from celerylint.file import File
from celerylint.index import Index
from celerylint.rule import Finding, Related, Rule
from celerylint.rules import retries
from celerylint.statements import blocks

rule = Rule(
    __name__,
    severity="warning",
    message="this retry rolls back the transaction, `{write}` with it, and the next try finds none of it; retry after"
    " the block",
    checklist=("task-design.idempotent",),
)

SAVES = frozenset({"save", "asave", "delete", "adelete"})
MANAGERS = frozenset(
    {
        "create", "get_or_create", "update_or_create", "bulk_create", "bulk_update", "update", "acreate", "aupdate",
    }
)  # fmt: skip
ENDS = (ast.Return, ast.Raise, ast.Continue, ast.Break)
KINDS = frozenset({"block", "decorator"})


@rule.check(Dispatch)
def in_transaction(dispatch: Dispatch, file: File, index: Index) -> Iterator[Finding]:
    call = file.node_at(dispatch.span, ast.Call) if retries.raises(dispatch, index) else None
    function = file.function_node(call) if call is not None else None
    if call is None or function is None or in_handler(call, file):
        return
    inside = index.transactions.around(file.path, file.function_key(call), dispatch.span)
    if inside is None or inside.cause.kind not in KINDS or inside.steps or inside.cause.path != file.path:
        return
    write = written_before(call, function, inside.cause.span.line, file)
    if write is not None:
        related = (
            Related(file.path, inside.cause.span, "the transaction"),
            Related(file.path, file.span(write), "written"),
        )
        yield rule.finding(file, dispatch.span, related=related, write=shown(write, file))


def in_handler(call: ast.Call, file: File) -> bool:
    for above in file.ancestors(call):
        if isinstance(above, ast.ExceptHandler):
            return True
        if isinstance(above, ast.FunctionDef | ast.AsyncFunctionDef):
            return False
    return False


def written_before(
    call: ast.Call, function: ast.FunctionDef | ast.AsyncFunctionDef, first: int, file: File
) -> ast.Call | None:
    """The last call on the way to another that writes to the database, from the transaction's first line on."""
    found = None
    for node in file.within(function, ast.Call):
        if first <= node.lineno < call.lineno and is_write(node, file) and leads_to(node, call, file):
            found = node
    return found


def is_write(node: ast.Call, file: File) -> bool:
    """Whether a call saves or deletes an object, or writes through a manager or queryset."""
    if not isinstance(node.func, ast.Attribute):
        return False
    name = node.func.attr
    if name in SAVES:
        return name in {"save", "asave"} or not (node.args or node.keywords)
    return name in MANAGERS and re.search(r"\bobjects\b|\)$", file.text(node.func.value)) is not None


def leads_to(write: ast.Call, call: ast.Call, file: File) -> bool:
    """Whether code goes on from a write to a later call: neither in another branch nor behind an end."""
    around = set(file.ancestors(call))
    child: ast.AST = write
    for above in file.ancestors(write):
        for block in blocks(above) if not isinstance(above, ast.FunctionDef | ast.AsyncFunctionDef) else ():
            if child in block:
                together = any(part in around for part in block)
                if (above in around and not together) or (not together and isinstance(block[-1], ENDS)):
                    return False
        child = above
    return True


def shown(write: ast.Call, file: File) -> str:
    name = file.text(write.func)
    return f"{name}(...)" if "\n" not in name and len(name) < 50 else "what was written"
