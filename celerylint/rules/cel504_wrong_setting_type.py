"""A setting whose value is of a type that Celery cannot use, or takes for something else.

Celery does not look at the types of its settings. A limit that is a text fails when the first task is due; the text
`"false"` is true; with `accept_content = "json"` Celery looks for a serializer named `j` and raises
`SerializerNotInstalled`; a flat list of routes fails at the first message that is sent.

Bad::

    from celery import Celery

    app = Celery("shop")
    app.conf.task_acks_late = "false"

Good::

    from celery import Celery

    app = Celery("shop")
    app.conf.task_acks_late = False

Silent on values that are not known, on texts where Celery takes a list's only item, and on what the environment gives
to functions that convert it (`int(os.environ["LIMIT"])`, `env.int("LIMIT")`).

Source: `celery.app.defaults`, `celery.app.routes.prepare`, `celery.app.amqp.Queues` (4.4 to 5.7).
"""

import ast
from collections.abc import Iterator

from celerylint.facts import Setting
from celerylint.file import File
from celerylint.index import Index
from celerylint.rule import Finding, Rule
from celerylint.rules.setting_places import written
from celerylint.values import Call, Const, Item, Mapping, Name, Sequence, Value

rule = Rule(__name__, severity="error", message="`{setting}` {problem}")

NUMBERS = frozenset({"int", "float"})
FALSE = frozenset({"false", "0", "no", "off", "n", "f", "none"})
LISTS = frozenset({"accept_content", "result_accept_content"})
# Numbers that may be texts: durations with a unit are refused, these are words.
WORDS: dict[str, frozenset[str]] = {"worker_concurrency": frozenset({"auto"})}
DICTS = frozenset({"beat_schedule", "broker_transport_options", "result_backend_transport_options"})
ENVIRONMENT = frozenset({"os.environ.get", "os.getenv"})


@rule.check(Setting)
def wrong(setting: Setting, file: File, index: Index) -> Iterator[Finding]:
    info = index.configuration.names.known.get(setting.name)
    if (
        info is None
        or setting.form == "extends"
        or not index.configuration.is_production(setting.path, setting.condition)
    ):
        return
    value = index.expand(setting.value)
    problem, instead = judged(setting.name, info.type, value)
    if problem:
        place, node = written(file, setting)
        literal = node if isinstance(node, ast.Constant) else None
        data = {"node": file.span(literal) if literal is not None else None, "instead": instead}
        yield rule.finding(file, place, data=data, setting=setting.written, problem=problem)


def judged(name: str, kind: str, value: Value) -> tuple[str, str]:
    """What is wrong with a value, and the code to write instead; "" for nothing."""
    match value:
        case Const(value=str() as text):
            return of_text(name, kind, text)
        case Item(base=Name(dotted="os.environ")) if kind in NUMBERS | {"bool"}:
            return from_environment(kind), ""
        case Call(func=Name(dotted=dotted)) if dotted in ENVIRONMENT and kind in NUMBERS | {"bool"}:
            return from_environment(kind), ""
        case Sequence(items=items):
            return of_items(name, kind, items), ""
        case Mapping() if name in LISTS:
            return "is a dict, of which Celery takes the keys; write a list", ""
        case Const(value=bool() | int() | float() as number) if kind in {"dict", "list", "tuple"}:
            return f"is {number!r}, but Celery needs a {kind}", ""
        case _:
            return "", ""


def of_text(name: str, kind: str, text: str) -> tuple[str, str]:
    """What is wrong with a text."""
    plain = text.strip().lower()
    if (kind in NUMBERS or name in WORDS) and plain not in WORDS.get(name, frozenset()):
        number = plain.lstrip("-").replace(".", "", 1).isdecimal()
        return (
            f"is a text, but Celery calculates with it; write {'a' if not number else 'the'} number",
            plain if number else "",
        )
    if kind == "bool" and plain in FALSE:
        return f"is on: the text {text!r} is true; write `False`", "False"
    if name in LISTS:
        return f"is a text, so Celery looks for a serializer for each of its letters; write `[{text!r}]`", ""
    if kind == "dict" and name != "beat_schedule":
        return "is a text, but Celery needs a dict", ""
    return "", ""


def from_environment(kind: str) -> str:
    """What is wrong with a value that the environment gives as a text."""
    if kind == "bool":
        return 'is a text where the environment sets it, and `"false"` is true; compare it, or convert it'
    return f"is a text where the environment sets it, but Celery calculates with it; write `{kind}(…)` around it"


def of_items(name: str, kind: str, items: tuple[Value, ...]) -> str:
    """What is wrong with a list or tuple."""
    if name == "task_routes" and items and all(is_pair(item) for item in items):
        return (
            "is a flat list of pairs, so the first message fails with `ValueError`; write a dict, or put it into a list"
        )
    if (
        name == "task_queues"
        and items
        and any(isinstance(item, Const) and isinstance(item.value, str) for item in items)
    ):
        return "holds texts, so Celery fails with `AttributeError`; write `Queue(…)` of kombu for each"
    if name in DICTS:
        return "is a list, but Celery needs a dict"
    return "is a list, but Celery needs one value" if kind in NUMBERS | {"bool"} else ""


def is_pair(value: Value) -> bool:
    """Whether a value is a pattern with its route."""
    match value:
        case Sequence(type="tuple" | "list", items=(Const(value=str()), Mapping() | Const(value=str()))):
            return True
        case _:
            return False
