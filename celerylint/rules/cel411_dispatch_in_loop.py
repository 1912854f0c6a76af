"""A task is sent for each item of a loop, one message after the other.

Each `delay()` is a round trip to the broker. A thousand of them keep a web request or a task busy for seconds, and
where the loop fails half-way, one half is sent and the other is not. A `group` sends all over one connection and gives
one result for all of them; `chunks` and `starmap` put many items into one message.

Bad::

    from celery import shared_task

    @shared_task
    def remind(user_id):
        ...

    def remind_all(users):
        for user in users:
            remind.delay(user.pk)

Good::

    from celery import group, shared_task

    @shared_task
    def remind(user_id):
        ...

    def remind_all(users):
        group(remind.s(user.pk) for user in users).delay()

Silent where the arguments have nothing to do with the loop's item, in loops over a short literal, over batches
(`range(0, n, 1000)`) and with a pause in them, for `delay_on_commit()`, and in tests.

Source: Celery's user guide, "Canvas", "Groups" and "Chunks".
"""

import ast
from collections.abc import Iterator

from celerylint.facts import Dispatch
from celerylint.file import File
from celerylint.index import Index
from celerylint.rule import Finding, Rule
from celerylint.rules.commits import names_in, runs_later

rule = Rule(
    __name__,
    severity="advice",
    strict=True,
    message="a message for each item, one round trip after the other; send them together: "
    "`group({task}.s(...) for ...).delay()`, or `{task}.chunks(...)`",
)
SENDING = frozenset({"delay", "apply_async", "send_task"})
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.GeneratorExp, ast.DictComp)
WAITING = frozenset({"sleep", "wait", "maybe_wait"})
SHORT = 5


@rule.check(Dispatch)
def one_by_one(dispatch: Dispatch, file: File, index: Index) -> Iterator[Finding]:
    call = file.node_at(dispatch.span, ast.Call) if dispatch.method in SENDING else None
    if call is None or index.modules.is_test(file.path) or runs_later(call, file):
        return
    items = loop_names(call, file)
    passed = {name for value in (*call.args, *(keyword.value for keyword in call.keywords)) for name in names_in(value)}
    if items & passed:
        yield rule.finding(file, dispatch.span, task=dispatch.task.label if dispatch.task is not None else "task")


def loop_names(node: ast.AST, file: File) -> set[str]:
    """The variables that the loops around a node bind, up to its function, with what is assigned from them."""
    found: set[str] = set()
    child = node
    for above in file.ancestors(node):
        if isinstance(above, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef):
            break
        if isinstance(above, ast.For | ast.AsyncFor) and child in above.body and is_unhurried(above):
            return set()
        if isinstance(above, ast.For | ast.AsyncFor) and child in above.body and not is_short(above.iter):
            found |= stored(above.target)
            found |= {name for statement in above.body for name in derived(statement, found)}
        elif isinstance(above, COMPREHENSIONS):
            for generator in above.generators:
                found |= stored(generator.target) if not is_short(generator.iter) else set()
        child = above
    return found


def stored(target: ast.AST) -> set[str]:
    return {child.id for child in ast.walk(target) if isinstance(child, ast.Name)}


def derived(statement: ast.stmt, items: set[str]) -> set[str]:
    """The variables that a statement of the loop's body assigns from the loop's item."""
    if isinstance(statement, ast.Assign) and items & set(names_in(statement.value)):
        return {name for target in statement.targets for name in stored(target)}
    return set()


def is_unhurried(loop: ast.For | ast.AsyncFor) -> bool:
    """Whether a loop goes in batches already, or waits between its rounds on purpose."""
    batches = isinstance(loop.iter, ast.Call) and ast.unparse(loop.iter.func) == "range" and len(loop.iter.args) == 3
    calls = [child for child in ast.walk(loop) if isinstance(child, ast.Call) and isinstance(child.func, ast.Attribute)]
    return batches or any(isinstance(c.func, ast.Attribute) and c.func.attr in WAITING for c in calls)


def is_short(iterated: ast.expr) -> bool:
    """Whether a loop runs over a few literal items."""
    return isinstance(iterated, ast.List | ast.Tuple | ast.Set) and len(iterated.elts) <= SHORT
