"""A task that has no room for another task's result comes after one in a canvas.

Celery puts the result of the step before in front of a signature's own arguments. A task that takes no such
argument, or whose parameters are all filled already, never runs: nothing checks that when the chain is sent, and the
worker raises `TypeError` when the step before is done, which then ends as failed although it succeeded. An immutable
signature, `.si()`, takes its own arguments and no others.

Bad::

    from celery import chain, shared_task

    @shared_task
    def rebuild(shop_id):
        ...

    @shared_task
    def notify(user_id):
        ...

    def start(shop_id, user_id):
        chain(rebuild.s(shop_id), notify.s(user_id)).delay()

Good::

    from celery import chain, shared_task

    @shared_task
    def rebuild(shop_id):
        ...

    @shared_task
    def notify(user_id):
        ...

    def start(shop_id, user_id):
        chain(rebuild.s(shop_id), notify.si(user_id)).delay()

Found after the first step of a chain (`|` too), in the body of a chord, and in `link`. Silent in tests, where the
task's parameters or the signature's arguments are not all known, and where the arguments do not fit without the
result either, which is CEL403.

The fix writes `.si()`. It is safe, since the step fails as it stands.

Source: `celery.canvas.Signature._merge` (5.7); Celery's user guide, "Canvas", "Immutability".
"""

import ast
from collections.abc import Iterator

from celerylint.file import File
from celerylint.index import Index
from celerylint.rule import Finding, Related, Rule
from celerylint.rules.canvases import LINKING, maker, needs_immutable, places
from celerylint.rules.expecting import expects_error

rule = Rule(
    __name__,
    severity="error",
    message="`{task}` gets {why} in front of its own arguments, for which it has no parameter: it never runs, and the "
    "worker raises `TypeError`; write `{instead}`",
)


@rule.check(LINKING, ast.BinOp)
def no_room_for_result(node: ast.expr, file: File, index: Index) -> Iterator[Finding]:
    if (isinstance(node, ast.BinOp) and not isinstance(node.op, ast.BitOr)) or index.modules.is_test(file.path):
        return
    for place in places(node, file, index):
        task = place.task
        if task is None or not needs_immutable(place, index) or expects_error(node, file):
            continue
        function, made = index.function_of(task), maker(place.node)
        yield rule.finding(
            file,
            file.span(place.node),
            related=(Related(function.path, function.span, "the task"),) if function is not None else (),
            data={"maker": file.span(made) if made is not None else None},
            task=task.label,
            why=place.why,
            instead=f"{task.label}.si(...)",
        )
