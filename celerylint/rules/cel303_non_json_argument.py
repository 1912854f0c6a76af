"""An argument is passed that JSON, the serialiser in force, refuses.

The message is serialised where it is sent: `.delay()` raises `kombu.exceptions.EncodeError` in the web view, the beat
process or the task that sends, and nothing arrives in the queue. Tests that replace `.delay` or call the task as a
function do not show it.

Bad::

    from datetime import timedelta

    from celery import Celery

    app = Celery("shop")

    @app.task
    def remind(customer_ids, after):
        ...

    def plan(customer_ids):
        remind.delay(set(customer_ids), after=timedelta(days=3))

Good::

    from datetime import timedelta

    from celery import Celery

    app = Celery("shop")

    @app.task
    def remind(customer_ids, after):
        ...

    def plan(customer_ids):
        remind.delay(sorted(set(customer_ids)), after=timedelta(days=3).total_seconds())

JSON refuses sets, timedelta, enum members (other than those of IntEnum and StrEnum), paths, generators, functions,
classes, dataclasses and plain objects, and dicts whose keys are no plain values. From kombu 5.3 on it carries
datetime, date, time, Decimal, UUID and bytes; before, bytes were refused. The kombu of the lock file decides; where
none names it, only what every kombu refuses that this Celery can be installed with is reported.

Silent where another serialiser may be in force, where the project registers types of its own with kombu
(`register_type`), on objects with `__json__`, on pydantic models passed to tasks with `pydantic=True` (Celery 5.7),
and wherever a value is not known for certain. Model instances and requests have a rule of their own,
`orm-instance-argument`.

Sources: `kombu.utils.json` (4.6 to 5.7); `celery.app.amqp` (5.7).
"""

from collections.abc import Iterator

from celerylint.facts import Dispatch
from celerylint.file import File
from celerylint.index import Index
from celerylint.kinds import type_of
from celerylint.rule import Finding, Rule
from celerylint.rules.arguments import Argument, arguments, known
from celerylint.rules.live_objects import held_object
from celerylint.rules.serializing import in_force, judged, serializer_of
from celerylint.values import Const, Value, walk

rule = Rule(
    __name__,
    severity="error",
    message="{why}, so sending it raises EncodeError{instead}",
    checklist=("task-design.serializable-arguments",),
)


@rule.check(Dispatch)
def refused(dispatch: Dispatch, file: File, index: Index) -> Iterator[Finding]:
    if index.modules.is_test(file.path):
        return
    for argument in arguments(dispatch, file, index):
        judgement = judged(argument.value, index)
        if judgement.state == "refused" and counts(argument, dispatch, index):
            instead = judgement.instead
            yield rule.finding(
                file,
                argument.span,
                data={"instead": instead if argument.node is not None else ""},
                why=judgement.why,
                instead=f"; pass `{instead.format('…')}`" if instead else "",
            )


def counts(argument: Argument, dispatch: Dispatch, index: Index) -> bool:
    """Whether JSON is what carries the argument, and no other rule says it better."""
    if serializer_of(dispatch.task, dispatch, index) != "json" or held_object(argument.value, index) is not None:
        return False
    return not (dumps_models(dispatch, index) and holds_model(argument.value, index))


def dumps_models(dispatch: Dispatch, index: Index) -> bool:
    """Whether Celery makes data of pydantic models itself, or may: `pydantic=True`, from 5.7 on for what is sent."""
    if dispatch.task is None or index.traits.celery < (5, 7):
        return False
    return in_force(dispatch.task, "pydantic", index) not in (None, Const(False))


def holds_model(value: Value, index: Index) -> bool:
    return any(type_of(part, index.classes.base) == "pydantic.BaseModel" for part in walk(known(value, index)))
