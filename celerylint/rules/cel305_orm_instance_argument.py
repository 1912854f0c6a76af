"""A model instance, queryset, request, user, form, file or connection is passed to a task.

These are objects of the process that sends, no data. JSON, Celery's default, refuses them: `.delay()` raises
EncodeError, in a web view that is a 500 error. Pickle takes them, and then the task works on a copy of the row as it
was when it was sent; saving that copy undoes whatever has been changed since. The messages are large, and they can no
longer be read once the class has moved or changed.

Pass what names the object, its primary key as a rule, and load it in the task.

Bad::

    from celery import shared_task
    from django.db import models

    class Order(models.Model):
        def place(self):
            ship.delay(self)

    @shared_task
    def ship(order):
        order.send()

Good::

    from celery import shared_task
    from django.db import models

    class Order(models.Model):
        def place(self):
            ship.delay(self.pk)

    @shared_task
    def ship(order_id):
        Order.objects.get(pk=order_id).send()

What an argument is follows from how it was made: queries of Django, SQLAlchemy and peewee models, `self` in a method
of a model, `get_object()` of views, `save()` of serializers, `instance` in a receiver of Django's model signals,
annotations, `flask.request`, `request.user`, forms, `open()`. Lists and dicts are looked into. Silent wherever that is
not certain, about `.values_list(...)` in a list, where the task's class has an `apply_async()` of its own that sends
something else, and in tests.

Sources: Celery's user guide, "Tasks", "State"; `kombu.utils.json` (5.7).
"""

from collections.abc import Iterator

from celerylint.facts import Dispatch
from celerylint.file import File
from celerylint.index import Index
from celerylint.rule import Finding, Rule
from celerylint.rules.arguments import Argument, arguments
from celerylint.rules.live_objects import held_object
from celerylint.rules.models import LiveObject
from celerylint.rules.serializing import is_pickle, serializer_of

rule = Rule(
    __name__,
    severity="error",
    message="{what} is passed to {task}: {outcome}; {instead}",
    checklist=("task-design.serializable-arguments",),
)

INSTEAD = {
    "instance": "pass its primary key and load it there",
    "query": "pass a list of primary keys and query there",
    "values": "pass `list(...)` of it, or query there",
    "request": "pass the values that the task needs",
    "user": "pass its primary key and load it there",
    "form": "pass its `cleaned_data`",
    "file": "store it and pass its path or key",
    "connection": "open one in the task",
}


MANY = "pass their primary keys and load them there"


@rule.check(Dispatch)
def passes_object(dispatch: Dispatch, file: File, index: Index) -> Iterator[Finding]:
    if index.modules.is_test(file.path):
        return
    for argument in arguments(dispatch, file, index):
        found = held_object(argument.value, index)
        if found is not None:
            yield finding(dispatch, argument, found, file, index)


def finding(dispatch: Dispatch, argument: Argument, found: LiveObject, file: File, index: Index) -> Finding:
    name = serializer_of(dispatch.task, dispatch, index)
    label = dispatch.task.label if dispatch.task is not None else dispatch.name
    return rule.finding(
        file,
        argument.span,
        data={"kind": found.kind, "key": found.key, "many": found.many, "model": found.model, "name": argument.name}
        | {"written": argument.node is not None, "task": dispatch.task.function if dispatch.task is not None else ""},
        what=found.label,
        task=f"task `{label}`" if label else "a task",
        outcome=outcome(name),
        instead=MANY if found.many and found.kind == "instance" else INSTEAD[found.kind],
    )


def outcome(serializer: str) -> str:
    """What the serialiser in force makes of such an object."""
    if serializer == "json":
        return "JSON refuses it, so sending raises EncodeError"
    if is_pickle(serializer):
        return "the task works on a copy from when it was sent, and may write that back"
    return "sending fails, or the task works on a copy from when it was sent"
