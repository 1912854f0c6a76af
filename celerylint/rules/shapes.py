"""For rules about `args` and `kwargs` of a dispatch: whether they have a shape that Celery takes."""

from __future__ import annotations

import ast
import re

from celerylint.facts import Dispatch
from celerylint.file import File
from celerylint.index import Index
from celerylint.kinds import type_of
from celerylint.records import dataclass
from celerylint.rules.passing import takes_name
from celerylint.values import UNKNOWN, Call, Comprehension, Const, Mapping, Name, Param, Sequence, Typed, Value

PACKING = frozenset({"apply_async", "apply_async_on_commit", "apply", "send_task", "signature", "subtask", "retry"})
# What one key of a row, and nothing that holds several values, is called.
ONE_VALUE = re.compile(r"(?:^|_)(?:id|pk|uuid|guid|slug|email|url)$", re.IGNORECASE)
ITERATED = frozenset({"dict", "set", "frozenset", "generator", "str", "bytes"})
SCALARS = frozenset(
    {
        "str", "bytes", "int", "float", "bool", "complex", "uuid.UUID", "datetime.datetime", "datetime.date",
        "datetime.timedelta", "decimal.Decimal", "pathlib.Path", "Exception", "function", "type",
        "django.db.models.Model",
    }
)  # fmt: skip
NOT_ARGS = SCALARS | {"dict", "set", "frozenset", "generator"}
NOT_KWARGS = SCALARS | {"list", "tuple", "set", "frozenset", "generator"}


@dataclass(frozen=True, slots=True)
class Broken:
    """An `args` or `kwargs` (`name`) that breaks: where it is written, and the type that it has, "" for one that only
    its name gives away. `swallows` says that a second positional argument belongs to it: `apply_async(1, 2)`."""

    name: str
    node: ast.expr
    kind: str
    swallows: ast.expr | None = None


def broken(dispatch: Dispatch, call: ast.Call, file: File, index: Index) -> list[Broken]:
    """The `args` and `kwargs` of a dispatch that Celery cannot take."""
    if dispatch.method not in PACKING or any(isinstance(argument, ast.Starred) for argument in call.args):
        return []
    first = 1 if dispatch.method in {"send_task", "signature", "subtask"} and takes_name(dispatch, call, index) else 0
    placed = call.args[first : first + 2]
    written = dict(zip(("args", "kwargs"), placed, strict=False))
    written |= {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg in {"args", "kwargs"}}
    found = []
    for name, wrong in (("args", NOT_ARGS), ("kwargs", NOT_KWARGS)):
        node = written.get(name)
        kind = wrong_type(node, wrong, name, file, index) if node is not None else None
        if node is not None and kind is not None:
            found.append(Broken(name, node, kind))
    if len(found) == 2 and len(placed) == 2 and found[0].kind not in ITERATED - {"str"} and dispatch.method != "retry":
        return [Broken("args", found[0].node, found[0].kind, found[1].node)]
    return found


def wrong_type(node: ast.expr, wrong: frozenset[str], name: str, file: File, index: Index) -> str | None:
    """The type of an expression where that is known to be a wrong one, "" where its name says so, else None."""
    value = index.expand(file.value(node))
    if isinstance(value, Const) and not value.value:
        return None
    kind = type_of(annotated(value), index.classes.base)
    if kind in wrong:
        return kind
    by_name = name == "args" and not kind and isinstance(node, ast.Name | ast.Attribute)
    plain = (
        value == UNKNOWN or isinstance(value, Param | Name) or not isinstance(value, Sequence | Mapping | Comprehension)
    )
    return "" if by_name and plain and not isinstance(value, Call) and ONE_VALUE.search(last_part(node)) else None


def annotated(value: Value) -> Value:
    """A parameter as its annotation has it."""
    match value:
        case Param(annotation=Name(dotted=dotted)):
            return Typed(dotted, annotated=True)
        case _:
            return value


def last_part(node: ast.expr) -> str:
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case _:
            return ""
