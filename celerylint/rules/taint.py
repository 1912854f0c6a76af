"""For rules about where a task's arguments go: which expressions of its body carry one on unchecked."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from celerylint.facts import Parameter
from celerylint.file import File
from celerylint.index import Index
from celerylint.kinds import type_of
from celerylint.rules.texts import parts_of_text
from celerylint.values import Binary, Item, Name, Typed, Value

# Types whose values are harmless wherever text is dangerous, and names of parameters that hold such.
HARMLESS = frozenset(
    {
        "bool", "int", "float", "uuid.UUID", "datetime.datetime", "datetime.date", "datetime.time", "decimal.Decimal",
        "enum.Enum", "enum.IntEnum", "enum.StrEnum", "NoneType", "datetime.timedelta",
    }
)  # fmt: skip
NUMBERS = ("id", "pk", "ids", "pks", "count", "limit", "size", "number", "num", "offset", "days", "timeout", "uuid")
# Calls whose result holds what they are given, as it is or as a part.
CARRYING = frozenset(
    {
        "os.path.join", "os.path.abspath", "os.path.expanduser", "posixpath.join", "pathlib.Path", "pathlib.PurePath",
        "builtins.str", "builtins.bytes", "builtins.repr", "json.loads", "base64.b64decode", "base64.urlsafe_b64decode",
        "urllib.parse.unquote", "textwrap.dedent", "copy.copy", "copy.deepcopy", "builtins.list", "builtins.dict",
    }
)  # fmt: skip
OF_CONTAINERS = frozenset({"get", "pop", "items", "values", "split", "rsplit", "partition", "joinpath"})
CHECKS = frozenset({"isidentifier", "isdigit", "isnumeric", "isalnum", "isdecimal", "is_relative_to", "relative_to"})
CHECKING = ("valid", "check", "sanit", "secure", "clean", "quote", "escape", "allow", "match", "search", "verify")


def unchecked(parameters: tuple[Parameter, ...], body: ast.AST, file: File, index: Index) -> dict[str, str]:
    """Names in a function that hold text of a parameter that nothing in the function checks, with the parameter."""
    checked = set(checked_names(body, file))
    names = {p.name: p.name for p in parameters if p.name not in checked and may_be_text(p, index)}
    for _ in range(3):
        for target, value in assignments(body, file):
            source = carried(value, names, file, index)
            if source and target not in checked:
                names.setdefault(target, source)
    clean = {target for target, value in assignments(body, file) if not carried(value, names, file, index)}
    return {name: source for name, source in names.items() if name not in clean and source not in clean}


def may_be_text(parameter: Parameter, index: Index) -> bool:
    """Whether a parameter may hold text that somebody chose: neither its type nor its name says otherwise."""
    if parameter.annotation is not None:
        return not is_harmless(parameter.annotation, index)
    return parameter.name.rpartition("_")[2] not in NUMBERS


def is_harmless(annotation: Value, index: Index) -> bool:
    match annotation:
        case Name(dotted=dotted):
            return type_of(Typed(dotted), index.classes.base) in HARMLESS
        case Item(base=Name(dotted="typing.Literal")):
            return True
        case Item(base=Name(dotted="typing.Optional" | "builtins.list" | "typing.List"), key=key):
            return is_harmless(key, index)
        case Binary(op="BitOr", left=left, right=right):
            return all(not isinstance(option, Name | Item) or is_harmless(option, index) for option in (left, right))
        case _:
            return False


def checked_names(body: ast.AST, file: File) -> Iterator[str]:
    """The names that a function looks at before it trusts them: membership, patterns, validators."""
    for node in file.within(body, ast.Compare, ast.Call, nested=True):
        match node:
            case ast.Compare(left=ast.Name(id=name), ops=[ast.In() | ast.NotIn() | ast.Eq() | ast.NotEq()]):
                yield name
            case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr=attr)) if attr in CHECKS:
                yield name
            case ast.Call(func=ast.Attribute(attr=called) | ast.Name(id=called), args=args) if any(
                word in called.lower() for word in CHECKING
            ):
                yield from (arg.id for arg in args if isinstance(arg, ast.Name))
            case _:
                pass


def assignments(body: ast.AST, file: File) -> Iterator[tuple[str, ast.expr]]:
    """The names that a function assigns, with what it assigns to them."""
    for node in file.within(body, ast.Assign, ast.AnnAssign, ast.AugAssign, ast.NamedExpr, ast.For, nested=True):
        value = node.iter if isinstance(node, ast.For) else node.value
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        for target in targets if value is not None else ():
            yield from ((name.id, value) for name in ast.walk(target) if isinstance(name, ast.Name))


def carried(node: ast.expr, names: dict[str, str], file: File, index: Index) -> str:
    """The parameter whose text an expression holds, "" where there is none."""
    for part in parts_of_text(node):
        found = carried_by(part, names, file, index)
        if found:
            return found
    return ""


def carried_by(part: ast.expr, names: dict[str, str], file: File, index: Index) -> str:
    match part:
        case ast.Name(id=name):
            return names.get(name, "")
        case ast.Subscript(value=value):
            return carried(value, names, file, index)
        case ast.BinOp(left=left, right=right, op=ast.Div()):
            return carried(left, names, file, index) or carried(right, names, file, index)
        case ast.Call(func=ast.Attribute(value=base, attr=attr)) if attr in OF_CONTAINERS:
            return carried(base, names, file, index) or carried_all(part.args, names, file, index)
        case ast.Call(args=args):
            callee = file.callee(part)
            carrying = isinstance(callee, Name) and index.modules.canonical(callee.dotted) in CARRYING
            return carried_all(args, names, file, index) if carrying else ""
        case _:
            return ""


def carried_all(args: list[ast.expr], names: dict[str, str], file: File, index: Index) -> str:
    return next((found for arg in args if (found := carried(arg, names, file, index))), "")
