"""A receiver of a Celery signal is forgotten at once, or cannot take what signals send.

Signals hold their receivers by weak references. A function defined in another function, a lambda and a method of an
object made on the spot are gone as soon as the function around them returns: the receiver never runs, and nothing
says so. With `weak=False` the signal holds on to it. The same goes for an application's `on_after_configure`, whose
receiver then adds no periodic tasks.

A receiver without `**kwargs` cannot be connected: `connect` raises `ValueError`, usually at import.

Bad::

    from celery.signals import task_prerun

    def set_up(statistics):
        def count(task=None, **kwargs):
            statistics.add(task.name)

        task_prerun.connect(count)

Good::

    from celery.signals import task_prerun

    def set_up(statistics):
        def count(task=None, **kwargs):
            statistics.add(task.name)

        task_prerun.connect(count, weak=False)

Silent where the function is kept: returned, stored, handed to something else; where the function around it goes on to
run a worker; for bound methods of objects that may live on; with `retry=True`, which holds on to the receiver too; in
tests.

The fix writes `weak=False`, so that the receiver runs from then on, and `**kwargs`.

Source: `celery.utils.dispatch.signal.Signal.connect` (5.7); Celery's user guide, "Signals".
"""

import ast
from collections.abc import Iterator

from celerylint.facts import FileFacts
from celerylint.file import File
from celerylint.index import Index
from celerylint.rule import Finding, Rule
from celerylint.rules.blocks import after
from celerylint.rules.expecting import expects_error
from celerylint.rules.receivers import Connection, Definition, connections

rule = Rule(
    __name__,
    severity="error",
    message="`{signal}` holds {receiver} by a weak reference, and it is gone when `{around}` returns: "
    "it never runs; write `weak=False`",
)
RUNNING = frozenset({"worker_main", "start", "run", "main", "execute_from_command_line"})
CLOSED = "`{receiver}` takes no `**kwargs`, so connecting it to `{signal}` raises `ValueError`; add `**kwargs`"


@rule.check(FileFacts)
def receivers(facts: FileFacts, file: File, index: Index) -> Iterator[Finding]:
    for connection in connections(file, index) if not index.modules.is_test(file.path) else ():
        if expects_error(connection.node, file):
            continue
        definition = connection.definition
        if definition is not None and definition.args.kwarg is None and is_plain(definition, connection):
            yield rule.finding(
                file,
                file.span(connection.node),
                message=CLOSED,
                data={"kind": "closed", "receiver": definition.name},
                receiver=definition.name,
                signal=connection.signal,
            )
        elif connection.keeps(file) is False:
            yield from forgotten(connection, file)


def is_plain(definition: Definition, connection: Connection) -> bool:
    """Whether nothing else decorates a function, which may take the keywords away."""
    return all(decorator is connection.node for decorator in definition.decorator_list)


def forgotten(connection: Connection, file: File) -> Iterator[Finding]:
    """A receiver that nothing but the signal refers to once the function around it returns."""
    around = file.function_node(connection.node)
    named = receiver_name(connection, file)
    if around is not None and named and not works_on(connection, file):
        yield rule.finding(
            file,
            file.span(connection.node),
            data={"kind": "weak"},
            signal=connection.signal,
            receiver=named,
            around=around.name,
        )


def works_on(connection: Connection, file: File) -> bool:
    """Whether the function goes on to do what the receiver is for, so that it lives as long as that takes."""
    statements = (one for one in after(connection.node, file) if not isinstance(one, ast.FunctionDef | ast.ClassDef))
    calls = (call for statement in statements for call in file.within(statement, ast.Call))
    return any(isinstance(call.func, ast.Attribute) and call.func.attr in RUNNING for call in calls)


def receiver_name(connection: Connection, file: File) -> str:
    """The receiver for a message, "" where it may live on."""
    receiver, definition = connection.receiver, connection.definition
    if isinstance(receiver, ast.Lambda):
        return "a lambda"
    if definition is not None:
        local = file.function_node(definition) is not None
        return f"`{definition.name}`" if local and not is_kept(definition, connection, file) else ""
    match receiver:
        case ast.Attribute(value=ast.Call(), attr=name):
            return f"the method `{name}` of a new object"
        case _:
            return ""


def is_kept(definition: Definition, connection: Connection, file: File) -> bool:
    """Whether a function is used for anything besides being connected."""
    around = file.function_node(definition)
    if around is None or any(decorator is not connection.node for decorator in definition.decorator_list):
        return True
    named = [name for name in file.within(around, ast.Name, nested=True) if name.id == definition.name]
    return any(name is not connection.receiver for name in named)
