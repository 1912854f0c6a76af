"""Where code uses names of Celery's API that are gone, or announced to go: `removed_api()` of celery_data."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import TypeAlias

from celerylint import celery_data
from celerylint.celery_data import RemovedName
from celerylint.facts import Setting, Task
from celerylint.file import File
from celerylint.index import Index
from celerylint.rule import attribute_of, call_of
from celerylint.rules.declared import declared
from celerylint.rules.old_api import Use, instead, old_options, row_of
from celerylint.rules.old_members import by_member, of_call, of_member
from celerylint.rules.setting_places import written
from celerylint.values import Const, Name, Sequence, Value

Subject: TypeAlias = "ast.Import | ast.ImportFrom | ast.Attribute | ast.Call | Task | Setting"
ATTRIBUTES = attribute_of(*(name.rpartition(".")[2] for name in celery_data.removed_api()))
SUBJECTS = (ast.Import, ast.ImportFrom, ATTRIBUTES, call_of("add"), Task, Setting)

PACKAGES = ("celery", "djcelery")
BROAD = frozenset({"ImportError", "ModuleNotFoundError", "AttributeError", "Exception", "BaseException", ""})
# A broad handler around the use of an attribute is there for something else.
NARROW = frozenset({"ImportError", "AttributeError"})
ABOUT_VERSIONS = re.compile(r"version|celery_?\d|type_checking|hasattr|find_spec", re.IGNORECASE)
# Settings whose texts Celery imports (celery.app.defaults, celery.loaders.base), and those that name a backend.
IMPORTED = frozenset(
    {
        *("imports", "include", "beat_scheduler", "result_backend"),
        *("worker_agent", "worker_autoscaler", "worker_consumer", "worker_pool"),
    }
)
BACKENDS = {scheme: f"celery.backends.{scheme}" for scheme in ("amqp", "riak")}


def uses(subject: Subject, file: File, index: Index) -> Iterator[Use]:
    """The old names that an import, expression, task or setting uses where nothing provides for their end."""
    for use in found_in(subject, file, index):
        if not isinstance(subject, ast.AST) or not is_guarded(subject, file):
            yield use


def found_in(subject: Subject, file: File, index: Index) -> Iterator[Use]:
    match subject:
        case ast.Import() | ast.ImportFrom():
            return imported(subject, file)
        case ast.Attribute():
            return of_attribute(subject, file, index)
        case ast.Call():
            return of_call(subject, file, index)
        case Task():
            return options(subject, file, index)
        case Setting():
            return texts(subject, file, index)


# Imports and dotted names


def imported(node: ast.Import | ast.ImportFrom, file: File) -> Iterator[Use]:
    """The names that an import statement takes from Celery and that are old."""
    for alias in node.names:
        dotted = alias_name(node, alias, file)
        row = row_of(dotted) if dotted else None
        if row is not None:
            yield Use(row, file.span(alias), f"`{row.name}`", instead(row), "this import fails")


def alias_name(node: ast.Import | ast.ImportFrom, alias: ast.alias, file: File) -> str:
    """What an alias imports from Celery, "" where that is another package or a module of the project's own."""
    if isinstance(node, ast.Import):
        dotted = alias.name
    elif node.level or not node.module:
        return ""
    else:
        dotted = node.module if alias.name == "*" else f"{node.module}.{alias.name}"
    if dotted.partition(".")[0] not in PACKAGES:
        return ""
    return dotted if file.names.locator.locate(dotted, file.path) == dotted else ""


def of_attribute(node: ast.Attribute, file: File, index: Index) -> Iterator[Use]:
    """`celery.task.task` behind a plain `import celery`, or an old attribute of a task, result or app."""
    value = file.value(node) if root(node) in celery_names(file) else None
    if isinstance(value, Name) and value.dotted.startswith(("celery.", "djcelery.")):
        yield from of_dotted(node, value.dotted, file)
    elif node.attr in by_member():
        yield from of_member(node, file, index)


def root(node: ast.expr) -> str:
    """The first name of names with dots between them, "" where there is another expression."""
    while isinstance(node, ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def is_imported(dotted: str, file: File) -> bool:
    """Whether `import a.b` has an old module already, which is reported there and not where it is used."""
    return any(f"{name}.".startswith(f"{dotted}.") for name in modules_imported(file))


@lru_cache(maxsize=4)
def modules_imported(file: File) -> frozenset[str]:
    """The modules of Celery that a file imports as such."""
    return frozenset(alias_name(node, alias, file) for node in file.nodes(ast.Import) for alias in node.names)


@lru_cache(maxsize=4)
def celery_names(file: File) -> frozenset[str]:
    """The names by which a file may mean something of Celery's."""
    statements = file.nodes(ast.Import, ast.ImportFrom)
    found = {
        alias.asname or alias.name.partition(".")[0]
        for node in statements
        for alias in node.names
        if alias_name(node, alias, file)
    }
    return frozenset(found)


def of_dotted(node: ast.Attribute, dotted: str, file: File) -> Iterator[Use]:
    """The longest old name that an expression is part of, where its first part is not old already."""
    row = celery_data.removed_api().get(dotted)
    if row is None or row_of(dotted.rpartition(".")[0]) is not None or is_imported(dotted, file):
        return
    while (
        isinstance(above := file.parent(node), ast.Attribute)
        and (longer := celery_data.removed_api().get(f"{row.name}.{above.attr}")) is not None
    ):
        node, row = above, longer
    yield Use(row, file.span(node), f"`{row.name}`", instead(row), "this raises `AttributeError`")


# Options of tasks


def options(task: Task, file: File, index: Index) -> Iterator[Use]:
    """The old options that a task's decorator or class writes."""
    found = declared(task, file, index) if old_options().keys() & task.options.keys() else None
    if found is None or not found.direct:
        return
    for name, value in found.options.items():
        if name in old_options() and value != Const(None):
            row = old_options()[name]
            yield Use(row, found.place(file, name), f"`{name}` on a task", row.advice, "it does nothing")


# Settings


def texts(setting: Setting, file: File, index: Index) -> Iterator[Use]:
    """A setting that is deprecated itself, and the old modules that one has Celery import."""
    known = celery_data.settings(index.traits.celery).get(setting.name)
    if known is not None and known.removal and setting.written.lower().endswith(known.name):
        row = RemovedName(known.name, None, "", "5.7", known.removal, REPLACED[known.name])
        yield Use(row, written(file, setting)[0], f"`{known.name}`", row.advice, "it does nothing")
    for text in strings(index.expand(setting.value)) if setting.name in IMPORTED else ():
        old = row_of(imported_name(setting.name, text))
        if old is not None:
            yield Use(old, written(file, setting)[0], f"`{text}`", instead(old), "no worker starts")


REPLACED = {"task_acks_on_failure_or_timeout": "set `task_acks_on_failure` and `task_acks_on_timeout`"}


def imported_name(setting: str, text: str) -> str:
    """The dotted name that Celery imports for a setting's text."""
    scheme = re.split(r"[:+]", text)[0]
    return BACKENDS[scheme] if setting == "result_backend" and scheme in BACKENDS else text.replace(":", ".")


def strings(value: Value) -> Iterator[str]:
    """The texts in a value or in the items of one."""
    match value:
        case Const(value=str() as text):
            yield text
        case Sequence(items=items):
            for item in items:
                yield from strings(item)
        case _:
            pass


# Code that is prepared


def is_guarded(node: ast.AST, file: File) -> bool:
    """Whether code asks first, or has something else at hand: a fallback for an import, a test of the version."""
    errors = NARROW if isinstance(node, ast.Attribute) else BROAD
    child = node
    for above in file.ancestors(node):
        match above:
            case ast.If(test=test) if child is not test and ABOUT_VERSIONS.search(file.text(test)):
                return True
            case ast.ExceptHandler() if errors & caught(above):
                return True
            case ast.With(items=items) if any("suppress(" in file.text(item.context_expr) for item in items):
                return True
            case _ if child in getattr(above, "body", ()) and any(errors & caught(each) for each in handlers(above)):
                return True
        child = above
    return False


def handlers(node: ast.AST) -> list[ast.ExceptHandler]:
    """The `except` clauses of a `try`."""
    found = getattr(node, "handlers", [])
    return [handler for handler in found if isinstance(handler, ast.ExceptHandler)]


def caught(handler: ast.ExceptHandler) -> set[str]:
    """The names of what an `except` clause catches, "" for everything."""
    if handler.type is None:
        return {""}
    return {part.id for part in ast.walk(handler.type) if isinstance(part, ast.Name)}
