"""Whole contents are passed to a task: a file, a response, the rows of a table.

The message stands in the memory of the broker until a worker takes it, and once more for each retry, late
acknowledgement and result. A few large ones fill Redis, which then evicts or refuses messages of all queues; RabbitMQ
pages to disk and slows down everybody; SQS refuses what is over 256 KiB. Each is copied into argument texts, events
and child processes as well.

Store the contents (object storage, a file, a row) and pass the key.

Bad::

    import base64

    from celery import shared_task

    @shared_task
    def scan(image):
        ...

    def upload(path):
        with open(path, "rb") as stream:
            scan.delay(base64.b64encode(stream.read()).decode())

Good::

    from celery import shared_task

    @shared_task
    def scan(path):
        ...

    def upload(path):
        scan.delay(path)

Reported are contents of files, uploads and request bodies, of HTTP responses and paths, also encoded or compressed;
whole tables (`df.to_json()`, `list(Order.objects.values(…))`, a serializer's data with `many=True`); and literals
over 64 KiB. Silent where something is cut out of them (`read(100)`, a slice), and in tests.

Sources: Redis, "Eviction"; Amazon SQS, "Message quotas"; `celery.app.amqp` (5.7).
"""

from collections.abc import Iterator

from celerylint.facts import Dispatch
from celerylint.file import File
from celerylint.index import Index
from celerylint.index.tasks import last_name
from celerylint.kinds import type_of
from celerylint.rule import Finding, Rule
from celerylint.rules.arguments import arguments
from celerylint.rules.live_objects import held, live_object
from celerylint.rules.models import split
from celerylint.values import AWAIT, Attr, Call, Const, Mapping, Name, Param, Sequence, Value

rule = Rule(
    __name__,
    severity="warning",
    message="the message holds {what}, and the broker holds the message in memory; store that and pass its key",
    checklist=("task-design.payload-size", "issues.memory"),
)

LIMIT = 64 * 1024
# Functions and methods that give about as much as they take.
CODERS = frozenset(
    {
        "base64.b64encode", "base64.urlsafe_b64encode", "base64.standard_b64encode", "base64.encodebytes",
        "binascii.hexlify", "zlib.compress", "gzip.compress", "bz2.compress", "json.loads", "json.load",
        "yaml.safe_load", "builtins.str", "builtins.bytes", "builtins.list",
    }
)  # fmt: skip
RECODING = frozenset({"decode", "encode", "hex", "strip", "splitlines", "getvalue", "tobytes", "copy"})
TABLES = frozenset({"to_json", "to_csv", "to_dict", "to_html", "to_parquet", "to_records", "to_string", "to_pickle"})


@rule.check(Dispatch)
def passes_contents(dispatch: Dispatch, file: File, index: Index) -> Iterator[Finding]:
    if index.modules.is_test(file.path):
        return
    for argument in arguments(dispatch, file, index):
        what = contents(argument.value, index)
        if what:
            yield rule.finding(file, argument.span, what=what)


def contents(value: Value, index: Index, depth: int = 0) -> str:
    """What whole contents a value holds, "" where none are known."""
    if depth > 6:
        return ""
    match value:
        case Const(value=str() | bytes() as text):
            return f"a literal of {len(text) // 1024} KiB" if len(text) > LIMIT else ""
        case Sequence() | Mapping():
            return next((what for part in held(value) if (what := contents(part, index, depth + 1))), "")
        case Attr(base=base, name=name):
            return of_attribute(base, name, index)
        case Name(dotted=dotted) if index.modules.canonical(dotted) == "flask.request.data":
            return "the request's body"
        case Call():
            return of_call(value, index, depth)
        case _:
            return ""


def of_attribute(base: Value, name: str, index: Index) -> str:
    found = live_object(base, index)
    if found is not None and found.kind == "request" and name == "body":
        return "the request's body"
    if name in {"content", "text"} and is_response(base, index):
        return "a whole HTTP response"
    many = (
        isinstance(base, Call) and base.keyword("many") == Const(True) and last_name(base.func).endswith("Serializer")
    )
    return "the data of all rows" if many and name == "data" else ""


def is_response(value: Value, index: Index) -> bool:
    """Whether a value is an HTTP response; a parameter of that name is one."""
    named = isinstance(value, Param) and value.annotation is None and value.name in {"response", "resp"}
    return named or type_of(value, index.classes.base) == "requests.Response"


def of_call(call: Call, index: Index, depth: int) -> str:
    """What contents a call gives: by reading them, or by coding what it is given."""
    if isinstance(call.func, Name) and index.modules.canonical(call.func.dotted) in CODERS and call.args:
        return rows_of(call, index) or contents(call.args[0], index, depth + 1)
    base, name = split(call.func)
    if base is None:
        return ""
    if name in RECODING or name == AWAIT:
        return contents(base, index, depth + 1)
    return read(base, name, call, index)


def rows_of(call: Call, index: Index) -> str:
    """`list(Order.objects.values(…))`."""
    inner = call.args[0]
    found = live_object(inner, index) if isinstance(inner, Call) and last_name(call.func) == "list" else None
    rows = (
        found is not None and found.kind == "values" and isinstance(inner, Call) and last_name(inner.func) == "values"
    )
    return "the rows of a table" if rows else ""


def read(base: Value, name: str, call: Call, index: Index) -> str:
    """What a method reads whole."""
    kind = type_of(base, index.classes.base)
    if name in {"read_text", "read_bytes"} and kind == "pathlib.Path":
        return "a whole file"
    if name in TABLES and kind == "pandas.DataFrame":
        return "a whole table"
    found = live_object(base, index)
    if name == "read" and not call.args and found is not None and found.kind == "file" and not found.many:
        return "a whole file"
    return (
        "the request's body" if name in {"get_data", "body"} and found is not None and found.kind == "request" else ""
    )
