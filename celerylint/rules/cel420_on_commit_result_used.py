"""The result of a dispatch on commit is used, and there is none.

`delay_on_commit()` and `apply_async_on_commit()` only note what to send when the transaction commits, so there is no
result yet and they return None, inside a transaction and outside of one. `.id` or `.get()` on it raises
`AttributeError`. Where the id is needed beforehand, choose it yourself: `task_id=uuid()`.

Bad::

    from celery import shared_task

    @shared_task
    def ship(order_id):
        ...

    def buy(order):
        order.task_id = ship.delay_on_commit(order.pk).id

Good::

    from celery import shared_task
    from celery.utils import uuid

    @shared_task
    def ship(order_id):
        ...

    def buy(order):
        order.task_id = uuid()
        ship.apply_async_on_commit((order.pk,), task_id=order.task_id)

The same goes for what Django's `transaction.on_commit()` returns.

Source: `celery.contrib.django.task.DjangoTask` (5.4); Django 5.2, `django.db.transaction.on_commit`.
"""

import ast
from collections.abc import Iterator

from celerylint.facts import Dispatch
from celerylint.file import File
from celerylint.index import Index
from celerylint.rule import Finding, Rule, call_of
from celerylint.rules.commits import METHODS, is_on_commit, sends
from celerylint.tree import FunctionNode

rule = Rule(
    __name__,
    severity="error",
    message="`{call}` returns None, so `.{attribute}` raises `AttributeError`; "
    "choose the id yourself with `task_id=uuid()`",
)


@rule.check(Dispatch)
def result_of_task(dispatch: Dispatch, file: File, index: Index) -> Iterator[Finding]:
    call = (
        file.node_at(dispatch.span, ast.Call) if dispatch.method in METHODS.values() and not dispatch.dropped else None
    )
    if call is not None and dispatch.task is not None:
        yield from used(call, f"{dispatch.method}()", file)


@rule.check(call_of("on_commit"))
def result_of_on_commit(node: ast.Call, file: File, index: Index) -> Iterator[Finding]:
    used_somehow = not isinstance(file.parent(node), ast.Expr)
    if used_somehow and is_on_commit(file.callee(node), index) and any(sends(arg, file, index) for arg in node.args):
        yield from used(node, "on_commit()", file)


def used(call: ast.Call, name: str, file: File) -> Iterator[Finding]:
    """The attributes that are read of what a call returns, directly or through a variable that holds nothing else."""
    parent = file.parent(call)
    if isinstance(parent, ast.Attribute):
        yield rule.finding(file, file.span(parent), call=name, attribute=parent.attr)
    match parent:
        case ast.Assign(targets=[ast.Name(id=variable)], value=value) if value is call:
            for attribute in attributes_of(variable, call, file):
                yield rule.finding(file, file.span(attribute), call=name, attribute=attribute.attr)
        case _:
            pass


def attributes_of(variable: str, call: ast.Call, file: File) -> Iterator[ast.Attribute]:
    scope = file.scope(call)
    if len(scope.bindings.get(variable, [])) != 1 or not isinstance(scope.node, FunctionNode):
        return
    for attribute in file.within(scope.node, ast.Attribute):
        if isinstance(attribute.value, ast.Name) and attribute.value.id == variable:
            yield attribute
