"""A lambda handed to `on_commit` in a loop uses the loop's variable, which has its last value when it runs.

`on_commit` keeps the lambda until the transaction commits, and the lambda looks its variables up when it runs. The
loop is over by then: every task gets the last item, so the last customer gets all mails and nobody else gets any.
`functools.partial` takes the values at once.

Bad::

    from celery import shared_task
    from django.db import transaction

    @shared_task
    def remind(user_id):
        ...

    def remind_all(users):
        for user in users:
            transaction.on_commit(lambda: remind.delay(user.pk))

Good::

    from functools import partial

    from celery import shared_task
    from django.db import transaction

    @shared_task
    def remind(user_id):
        ...

    def remind_all(users):
        for user in users:
            transaction.on_commit(partial(remind.delay, user.pk))

Functions defined in the loop are found too. Silent where the variable is bound again as a default (`lambda
user=user: …`), and where a transaction is opened in the loop itself, around the call: it commits before the next
round.

The fix writes `partial`, or binds the variables as defaults where the lambda does more than one call.

Source: Django 5.2, `django.db.transaction.on_commit`; Python's FAQ, "Why do lambdas defined in a loop with different
values all return the same result?"
"""

import ast
from collections.abc import Iterator

from celerylint.file import File
from celerylint.index import Index
from celerylint.rule import Finding, Rule, call_of
from celerylint.rules.commits import is_on_commit, sends
from celerylint.tree import FunctionNode

rule = Rule(
    __name__,
    severity="error",
    message="this runs after the loop, when {names} {has} the last value: all tasks sent here get the same arguments; "
    "write `partial(...)`, which takes the values now",
)
LATER = (ast.Lambda, ast.FunctionDef, ast.AsyncFunctionDef)


@rule.check(call_of("on_commit"))
def bound_late(node: ast.Call, file: File, index: Index) -> Iterator[Finding]:
    if not node.args or not is_on_commit(file.callee(node), index):
        return
    function = deferred(node.args[0], file)
    loop = loop_around(node, file, index)
    if function is None or loop is None or not sends(function, file, index):
        return
    names = sorted(free_names(function) & names_bound_in(loop))
    if names:
        shown = " and ".join(f"`{name}`" for name in names)
        yield rule.finding(
            file, file.span(node.args[0]), data={"names": names}, names=shown, has="has" if len(names) == 1 else "have"
        )


def deferred(node: ast.expr, file: File) -> ast.Lambda | ast.FunctionDef | ast.AsyncFunctionDef | None:
    """The function that runs at commit, where it is a lambda or defined beside the call."""
    if isinstance(node, ast.Lambda):
        return node
    if not isinstance(node, ast.Name):
        return None
    bindings = file.scope(node).bindings.get(node.id, [])
    found = bindings[0].node if len(bindings) == 1 else None
    return found if isinstance(found, FunctionNode) else None


def loop_around(node: ast.AST, file: File, index: Index) -> ast.For | ast.AsyncFor | ast.While | None:
    """The innermost loop around a call in its function; None where a transaction inside it commits in each round."""
    for above in file.ancestors(node):
        if isinstance(above, ast.For | ast.AsyncFor | ast.While):
            return above
        if isinstance(above, LATER):
            return None
        if isinstance(above, ast.With | ast.AsyncWith):
            entered = [file.value(item.context_expr) for item in above.items]
            if any(index.transactions.atomic.is_atomic(value) for value in entered):
                return None
    return None


def free_names(function: ast.Lambda | ast.FunctionDef | ast.AsyncFunctionDef) -> set[str]:
    """The names that a function reads and does not bind; its defaults are read where it stands."""
    arguments = function.args
    own = {arg.arg for arg in [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]}
    own |= {arg.arg for arg in (arguments.vararg, arguments.kwarg) if arg is not None}
    body = [function.body] if isinstance(function, ast.Lambda) else function.body
    names = [child for statement in body for child in ast.walk(statement) if isinstance(child, ast.Name)]
    own |= {name.id for name in names if isinstance(name.ctx, ast.Store)}
    return {name.id for name in names if isinstance(name.ctx, ast.Load)} - own


def names_bound_in(loop: ast.For | ast.AsyncFor | ast.While) -> set[str]:
    """The names that change from round to round: the loop's variables and what its body assigns."""
    roots: list[ast.AST] = [*loop.body]
    if isinstance(loop, ast.For | ast.AsyncFor):
        roots.append(loop.target)
    return {name for root in roots for name in stored(root)}


def stored(root: ast.AST) -> Iterator[str]:
    """The names that a statement binds in the function that it stands in."""
    if isinstance(root, LATER):
        return
    if isinstance(root, ast.Name) and isinstance(root.ctx, ast.Store):
        yield root.id
    for child in ast.iter_child_nodes(root):
        yield from stored(child)
