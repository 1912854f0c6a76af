"""Calls: who calls what (for the call graph), and those whose arguments matter across files."""

from __future__ import annotations

import ast
from functools import cached_property
from typing import TypeAlias

from celerylint.collect.guards import functions_with_tests, is_optional, parameters
from celerylint.collect.handlers import caught, handled
from celerylint.collect.module import condition
from celerylint.facts import Block, CallFact, CallSite
from celerylint.file import File
from celerylint.scopes import Scope
from celerylint.source import Span
from celerylint.values import UNKNOWN, Attr, Call, Function, Name, Param, Value, walk

# Methods of tasks, signatures, apps and configurations whose arguments the index looks at.
METHODS = frozenset(
    {
        "delay", "apply_async", "delay_on_commit", "apply_async_on_commit", "send_task", "s", "si", "signature",
        "subtask", "apply", "map", "starmap", "chunks", "retry", "task", "register_task", "config_from_object",
        "config_from_envvar", "autodiscover_tasks", "add_defaults", "update", "setdefault", "add_periodic_task",
        "replace", "init_app", "connect", "Celery", "from_mapping", "from_object",
    }
)  # fmt: skip
# Names under which applications are handed to functions that configure them.
APP_NAMES = frozenset({"app", "celery", "celery_app", "capp"})
# Classes whose objects are entries of a schedule.
SCHEDULED = frozenset({"RedBeatSchedulerEntry", "PeriodicTask"})
AnyFunction: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef
LIBRARIES = ("celery.", "kombu.")
MAY_HOLD_RESULTS = (ast.Name, ast.Call, ast.ListComp, ast.GeneratorExp, ast.List, ast.Tuple, ast.Dict, ast.DictComp)
MAKE_RESULTS = frozenset({"delay", "apply_async", "apply", "send_task", "AsyncResult", "GroupResult", "ResultSet"})


class Sites:
    """The call sites of a file by the function that they are in, each function's worked out when it is asked for."""

    def __init__(self, file: File) -> None:
        self.file = file

    @cached_property
    def nodes(self) -> dict[str, list[ast.Call]]:
        """Calls by the key of the function they are in."""
        found: dict[str, list[ast.Call]] = {}
        for node in self.file.nodes(ast.Call):
            found.setdefault(self.file.function_key(node), []).append(node)
        return found

    @cached_property
    def nested(self) -> set[str]:
        return nested_functions(self.file)

    @cached_property
    def testing(self) -> set[ast.AST]:
        return functions_with_tests(self.file)

    @cached_property
    def catching(self) -> dict[ast.Try, tuple[str, ...]]:
        return {node: handled(self.file, node) for node in self.file.nodes(ast.Try)}

    @cached_property
    def sending(self) -> set[AnyFunction | None]:
        """The functions that make results of tasks."""
        return {self.file.function_node(node) for node in self.file.nodes(ast.Attribute) if node.attr in MAKE_RESULTS}

    def of(self, key: str) -> list[CallSite]:
        """The call sites of a function, in source order."""
        found = []
        for node in self.nodes.get(key, ()):
            func = self.file.callee(node)
            if isinstance(func, Name | Function | Attr):
                found.append(self.site(node, func))
            if self.nested and func != UNKNOWN:
                found += references(self.file, node, self.nested)
        return found

    def site(self, node: ast.Call, func: Name | Function | Attr) -> CallSite:
        file, function = self.file, self.file.function_node(node)
        own = not isinstance(func, Name) or file.names.locator.is_own(func.dotted)
        results = passed(file, node, function, function in self.sending) if own and function is not None else ()
        optional = own and function in self.testing and is_optional(file, node)
        later, around = in_lambda(file, node), caught(file, node, self.catching)
        return CallSite(func, file.span(node), later, results, optional, around)


def facts(file: File) -> list[CallFact]:
    """The calls that matter across files, in source order."""
    found = []
    names = {
        alias.asname or alias.name.partition(".")[0]
        for statement in file.nodes(ast.Import, ast.ImportFrom)
        for alias in statement.names
    }
    for node in file.nodes(ast.Call):
        about_app = hands_app_on(node) or is_named_as_app(file, node)
        if about_app or (may_matter(node.func, names) and matters(file.callee(node))):
            call = file.value(node)
            if isinstance(call, Call):
                found.append(fact(file, node, call, file.function_key(node)))
    return found


def may_matter(func: ast.expr, imported: set[str]) -> bool:
    """Whether what is called may be what `matters`, as far as it is written: working out its value costs more."""
    if not isinstance(func, ast.Attribute) or func.attr in METHODS or "celery" in func.attr.lower():
        return True
    root = func.value
    while isinstance(root, ast.Attribute):
        root = root.value
    return isinstance(root, ast.Name) and (root.id in imported or root.id in SCHEDULED)


def matters(func: Value) -> bool:
    match func:
        case Name(dotted=dotted):
            return (
                dotted.startswith(LIBRARIES)
                or dotted.rpartition(".")[2] in METHODS
                or "celery" in dotted.rpartition(".")[2].lower()
                or not SCHEDULED.isdisjoint(dotted.split(".")[-3:])
            )
        case Attr(name=name):
            return name in METHODS
        case Call():
            return True
        case _:
            return False


def hands_app_on(node: ast.Call) -> bool:
    """Whether a call passes something that is named as applications are."""
    for arg in [*node.args, *(keyword.value for keyword in node.keywords)]:
        match arg:
            case ast.Name(id=name) | ast.Attribute(attr=name) if name in APP_NAMES:
                return True
            case _:
                pass
    return False


def is_named_as_app(file: File, node: ast.Call) -> bool:
    """Whether what a call gives is bound to a name that applications have."""
    match file.parent(node):
        case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
            return name in APP_NAMES
        case _:
            return False


def passed(file: File, node: ast.Call, function: AnyFunction, sends: bool) -> tuple[tuple[int | str, Value], ...]:
    """The arguments that may have results in them: made in this function (if it `sends` at all), or handed on."""
    if any(isinstance(arg, ast.Starred) for arg in node.args):
        return ()
    written: list[tuple[int | str, ast.expr]] = list(enumerate(node.args))
    written += [(keyword.arg, keyword.value) for keyword in node.keywords if keyword.arg]
    names = parameters(function.args)
    found = []
    for place, arg in written:
        if (isinstance(arg, ast.Name) and arg.id in names) or (sends and isinstance(arg, MAY_HOLD_RESULTS)):
            value = file.value(arg)
            if isinstance(value, Param) or holds_result(value):
                found.append((place, value))
    return tuple(found)


def holds_result(value: Value) -> bool:
    for part in walk(value):
        name = part.name if isinstance(part, Attr) else part.dotted.rpartition(".")[2] if isinstance(part, Name) else ""
        if name in MAKE_RESULTS:
            return True
    return False


def nested_functions(file: File) -> set[str]:
    """The names of functions that are defined in functions."""
    scopes = file.arranged.scopes.values()
    return {scope.qualname.rpartition(".")[2] for scope in scopes if scope.kind == "function" and in_function(scope)}


def in_function(scope: Scope) -> bool:
    return scope.parent is not None and scope.parent.function is not None


def references(file: File, node: ast.Call, nested: set[str]) -> list[CallSite]:
    """Nested functions that are handed to a call: what receives them will call them."""
    found = []
    for arg in [*node.args, *(keyword.value for keyword in node.keywords)]:
        if isinstance(arg, ast.Name) and arg.id in nested and isinstance(value := file.value(arg), Function):
            found.append(CallSite(value, file.span(arg), later=True))
    return found


def in_lambda(file: File, node: ast.AST) -> bool:
    """Whether a node is evaluated when a lambda is called, and not where that stands."""
    scope: Scope | None = file.scope(node)
    while scope is not None and scope.kind == "comprehension":
        scope = scope.parent
    return scope is not None and scope.kind == "lambda"


def blocks(file: File) -> list[Block]:
    """What `with` statements enter, as far as it is known, in source order."""
    found = []
    for node in file.nodes(ast.With, ast.AsyncWith):
        scope = file.function_key(node).partition(":")[2]
        first, last = file.span(node.body[0]), file.span(node.body[-1])
        for item in node.items:
            value = file.value(item.context_expr)
            if value != UNKNOWN:
                found.append(Block(value, Span(first.line, first.column, last.end_line, last.end_column), scope))
    return found


def fact(file: File, node: ast.Call, call: Call, key: str) -> CallFact:
    return CallFact(
        call,
        file.span(node),
        key.partition(":")[2],
        isinstance(file.parent(node), ast.Expr),
        condition(file, node),
        tuple(file.span(arg) for arg in node.args),
        tuple((keyword.arg, file.span(keyword.value)) for keyword in node.keywords if keyword.arg),
    )
