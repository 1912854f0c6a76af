"""An argument arrives in the task as something else than was sent, as JSON has no form for it.

Nothing fails where the message is sent. In the worker `prices[17]` raises KeyError because the key is `"17"` now,
`point.x` AttributeError because the namedtuple is a list, `color.value` because the enum member is a plain string,
and `{1: …}` and `{"1": …}` in one dict have become one entry.

Bad::

    from celery import Celery

    app = Celery("shop")

    @app.task
    def set_prices(prices):
        for number in (17, 18):
            print(prices[number])

    def discount():
        set_prices.delay({17: 990, 18: 1990})

Good::

    from celery import Celery

    app = Celery("shop")

    @app.task
    def set_prices(prices):
        for number, price in prices:
            print(number, price)

    def discount():
        set_prices.delay([[17, 990], [18, 1990]])

Reported are dicts with keys that are no strings, namedtuples, and before kombu 5.3 datetime, date, time, Decimal and
UUID, which arrived as strings. Members of IntEnum and StrEnum arrive as plain numbers and strings, and are reported
where the task reads `.value`, `.name` or `.label` of them or is annotated with the enum; a plain tuple arrives as a
list, and is reported where the task is annotated with a tuple. Silent wherever a value or the serialiser is not
known, and in tests.

Sources: `kombu.utils.json` (4.6 to 5.7).
"""

import itertools
import re
from collections.abc import Iterator

from celerylint.facts import Dispatch, Parameter
from celerylint.file import File
from celerylint.index import Index
from celerylint.kinds import type_of
from celerylint.rule import Finding, Rule
from celerylint.rules.arguments import Argument, arguments
from celerylint.rules.serializing import judged, serializer_of
from celerylint.values import Item, Name, Typed

rule = Rule(
    __name__,
    severity="warning",
    message="{why} in the task; {instead}",
    checklist=("task-design.serializable-arguments",),
)

ALWAYS = {
    "key": "use string keys, or send a list of pairs",
    "typing.NamedTuple": "send `._asdict()`, or read it by position",
    "time.struct_time": "send a datetime or a timestamp",
    "datetime.datetime": "send `.isoformat()` and parse it there",
    "datetime.date": "send `.isoformat()` and parse it there",
    "datetime.time": "send `.isoformat()` and parse it there",
    "decimal.Decimal": "send `str(…)` and parse it there",
    "uuid.UUID": "send `str(…)` and parse it there",
}
ENUMS = frozenset(
    {
        "enum.IntEnum", "enum.IntFlag", "enum.StrEnum", "http.HTTPStatus", "django.db.models.TextChoices",
        "django.db.models.IntegerChoices",
    }
)  # fmt: skip


@rule.check(Dispatch)
def changed(dispatch: Dispatch, file: File, index: Index) -> Iterator[Finding]:
    if index.modules.is_test(file.path):
        return
    for argument in arguments(dispatch, file, index):
        judgement = judged(argument.value, index)
        if judgement.state != "changed":
            continue
        instead = advice(judgement.kind, argument, dispatch, index)
        if instead and serializer_of(dispatch.task, dispatch, index) == "json":
            yield rule.finding(file, argument.span, why=judgement.why, instead=instead)


def advice(kind: str, argument: Argument, dispatch: Dispatch, index: Index) -> str:
    """What to send instead; "" where the change does no harm that is known."""
    if kind in ALWAYS:
        return ALWAYS[kind]
    parameter = parameter_of(argument, dispatch, index)
    if parameter is None:
        return ""
    if kind in ENUMS:
        used = annotated_as(parameter, ENUMS, index) or reads_member(parameter, dispatch, index)
        return "send `.value` and make a member of it there" if used else ""
    if kind == "tuple":
        needed = type_of(argument.value, index.classes.base) == "tuple" and annotated_as(parameter, {"tuple"}, index)
        return "annotate it as a list, or make a tuple of it there" if needed else ""
    return ""


def parameter_of(argument: Argument, dispatch: Dispatch, index: Index) -> Parameter | None:
    """The parameter of the task that an argument goes to."""
    known = index.parameters_of(dispatch.task) if dispatch.task is not None and argument.name else None
    return next((parameter for parameter in known or () if parameter.name == argument.name), None)


def annotated_as(parameter: Parameter, kinds: set[str] | frozenset[str], index: Index) -> bool:
    """Whether a parameter's annotation is one of some types."""
    match parameter.annotation:
        case Name(dotted=dotted) | Item(base=Name(dotted=dotted)):
            return type_of(Typed(dotted), index.classes.base) in kinds
        case _:
            return False


def reads_member(parameter: Parameter, dispatch: Dispatch, index: Index) -> bool:
    """Whether the text of the task's body reads what only a member of an enum has."""
    function = index.function_of(dispatch.task) if dispatch.task is not None else None
    if function is None:
        return False
    lines = (index.read(function.path) or b"").decode("utf-8", "replace").splitlines()[function.span.line :]
    body = "\n".join(itertools.takewhile(lambda line: not line[:1].strip() or line.startswith(")"), lines))
    return re.search(rf"\b{parameter.name}\.(?:value|name|label)\b", body) is not None
