"""An execution option that Celery does not know.

`apply_async()`, `retry()`, `set()` and their kin take any keyword. One that neither Celery nor the broker's library
knows is copied into the properties of the message, where nobody reads it: `countdwn=60` delays nothing,
`expire=300` lets nothing expire, `max_retries=5` in `apply_async()` limits nothing. There is no error, no warning and
no log line.

Bad::

    from celery import shared_task

    @shared_task
    def remind(order_id):
        ...

    def buy(order_id):
        remind.apply_async((order_id,), countdwn=3600)

Good::

    from celery import shared_task

    @shared_task
    def remind(order_id):
        ...

    def buy(order_id):
        remind.apply_async((order_id,), countdown=3600)

Silent about options of every broker (`MessageGroupId` of SQS), names listed in `stamped_headers`, tasks whose base
class has an `apply_async` of its own or is not known, and other things with an `apply_async`, such as process pools.

The fix renames an option that is one typo away from a known one, which then does what it says.

Source: `celery.app.task.Task.apply_async`, `celery.app.amqp`, `kombu.messaging.Producer.publish` (5.7); the options of
each version are read from the packages.
"""

import ast
from collections.abc import Iterator

from celerylint import celery_data
from celerylint.facts import Class, Dispatch, Task
from celerylint.file import File
from celerylint.index import Index
from celerylint.index.spreading import named_items
from celerylint.rule import Finding, Rule, call_of
from celerylint.values import Const, Sequence

rule = Rule(
    __name__,
    severity="error",
    message="`{option}` is no option of `{method}()`: it is dropped into the message, where nothing reads it; {hint}",
)
CALLS = {"apply_async_on_commit": "apply_async", "subtask": "signature"}
# `throw` is an option of `apply()`, and in eager mode all options get there.
PACKED = frozenset({"args", "kwargs", "throw"})
# Shorter than what a typo is told by.
MEANT = {"que": "queue", "q": "queue", "prio": "priority", "ser": "serializer"}
HINTS = {
    "delay": "write `countdown`",
    "wait": "write `countdown`",
    "seconds": "write `countdown`",
    "max_retries": "set it on the task",
    "default_retry_delay": "set it on the task",
    "autoretry_for": "set it on the task",
    "rate_limit": "set it on the task",
    "acks_late": "set it on the task",
    "bind": "set it on the task",
}


@rule.check(Dispatch)
def unknown_option(dispatch: Dispatch, file: File, index: Index) -> Iterator[Finding]:
    call = file.node_at(dispatch.span, ast.Call) if dispatch.options else None
    if call is not None and dispatch.method in {"apply_async", "apply_async_on_commit", "apply", "retry", "send_task"}:
        kind = CALLS.get(dispatch.method, dispatch.method)
        if dispatch.task is None and kind == "apply_async":
            kind = "signature.apply_async"
        yield from judged(call, kind, dispatch.task, file, index)
    elif call is not None and dispatch.method in {"signature", "subtask"}:
        yield from judged(call, "signature", dispatch.task, file, index)


@rule.check(call_of("set"))
def unknown_option_set(node: ast.Call, file: File, index: Index) -> Iterator[Finding]:
    """`signature.set(...)`."""
    if isinstance(node.func, ast.Attribute) and node.func.attr == "set" and node.keywords:
        receiver = file.value(node.func.value)
        if index.canvases.is_signature(receiver):
            made = index.canvases.made(receiver)
            yield from judged(node, "set", made.task if made is not None else None, file, index)


def judged(call: ast.Call, kind: str, task: Task | None, file: File, index: Index) -> Iterator[Finding]:
    known = known_options(kind, task, call, file, index)
    for keyword, name in written_options(call, file, index) if known is not None else ():
        if known is None or name in known:
            continue
        meant = MEANT.get(name) or celery_data.nearest(name, known)
        if meant is None and (task is None or keyword.arg is None):
            continue
        yield rule.finding(
            file,
            file.span(keyword),
            data={"option": name, "instead": "" if name in HINTS or keyword.arg is None else meant or ""},
            option=name,
            method=kind.rpartition(".")[2],
            hint=HINTS.get(name) or (f"write `{meant}`" if meant else "remove it, or send it in `headers`"),
        )


def written_options(call: ast.Call, file: File, index: Index) -> Iterator[tuple[ast.keyword, str]]:
    """The options of a call with the keyword that each stands in; those in `**options` as far as they are known."""
    for keyword in call.keywords:
        spread = {} if keyword.arg else named_items(index.expand(file.value(keyword.value))) or {}
        yield from [(keyword, keyword.arg)] if keyword.arg else [(keyword, name) for name in spread]


def known_options(kind: str, task: Task | None, call: ast.Call, file: File, index: Index) -> frozenset[str] | None:
    """Every option that the call may have; None where others may be read too."""
    stamped = next((keyword.value for keyword in call.keywords if keyword.arg == "stamped_headers"), None)
    names = frozenset[str]()
    if stamped is not None:
        value = file.value(stamped)
        if not isinstance(value, Sequence) or not all(isinstance(item, Const) for item in value.items):
            return None
        names = frozenset(str(item.value) for item in value.items if isinstance(item, Const))
    if task is not None and not index.parameters.plainly_called(task):
        return None
    if kind == "send_task" and any("send_task" in cls.methods for cls in app_classes(index)):
        return None
    own = (
        celery_data.base_options(index.modules.canonical(task.base)) if task is not None and task.base else frozenset()
    )
    return celery_data.execution_options(index.traits.celery, kind) | names | own | PACKED


def app_classes(index: Index) -> list[Class]:
    """The project's own classes of applications."""
    found = []
    for app in index.apps:
        cls = index.modules.cls(app.call.func)
        if cls is not None:
            found += [cls, *index.modules.bases(cls)[0]]
    return found
