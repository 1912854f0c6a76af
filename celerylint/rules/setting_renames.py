"""Edits that give settings other names, for fixers: where they are written, and wherever they are read as variables.

A setting of a module or class is a variable of it, too: `CELERY_RESULT_BACKEND = BROKER_URL` reads one. What is asked
of an app's `conf` needs no change, as Celery answers to old names there.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from weakref import WeakKeyDictionary

from celerylint.edits import Edit
from celerylint.facts import Setting
from celerylint.file import File
from celerylint.index import Index
from celerylint.rules.config_edits import open_file
from celerylint.rules.moved_names import is_exported
from celerylint.rules.setting_names import as_new, name_span, renamed
from celerylint.scopes import Scope
from celerylint.values import Attr, Name

# Objects that stand for the settings, whatever their module is called.
STAND_INS = ("django.", "flask.")


class StaysAsItIs(Exception):
    """A variable that cannot have another name: somebody reads it in a way that does not say what it is of."""


def renames(rows: Iterable[Setting], file: File, index: Index) -> tuple[Edit, ...] | None:
    """The edits that give settings of a file their new names; None where one of them cannot have it."""
    found: dict[tuple[str, object], Edit] = {}
    for row in rows:
        new = as_new(row, row.name)
        edit = renamed(row, file, new)
        if edit is None:
            return None
        try:
            edits = [edit, *of_reads(row, new, file, index)]
        except StaysAsItIs:
            return None
        found |= {(each.path, each.span): each for each in edits}
    return tuple(found.values())


def of_reads(row: Setting, new: str, file: File, index: Index) -> Iterator[Edit]:
    """The edits of what reads a setting as a variable. Raises StaysAsItIs."""
    node = file.node_at(name_span(file, row), ast.Name)
    if node is None:
        return
    scope = file.scope(node)
    if new in scope.bindings or is_exported(row.written, file):
        raise StaysAsItIs
    for read in file.nodes(ast.Name):
        if read.id == row.written and owner(read, file) is scope:
            yield variable(read, new, scope, file)
    holder = row.holder or file.module
    for path in mentioning(row.written, index):
        other = file if path == file.path else opened(path, index)
        yield from of_others(row.written, new, holder, other, file, index) if other is not None else ()


MENTIONS: WeakKeyDictionary[Index, dict[str, list[str]]] = WeakKeyDictionary()
OPENED: WeakKeyDictionary[Index, dict[str, File | None]] = WeakKeyDictionary()


def mentioning(name: str, index: Index) -> list[str]:
    """The files of the project that have a name in them, tests too."""
    found = MENTIONS.setdefault(index, {})
    if name not in found:
        contents = ((path, index.read(path)) for path in index.modules.relatives)
        found[name] = [path for path, data in contents if data is not None and name.encode() in data]
    return found[name]


def opened(path: str, index: Index) -> File | None:
    """A file of the project, parsed once for all that ask for it."""
    files = OPENED.setdefault(index, {})
    if path not in files:
        files[path] = open_file(path, index)
    return files[path]


def owner(node: ast.Name, file: File) -> Scope | None:
    """The scope whose variable a name is; None for one that its file does not bind."""
    first: Scope | None = file.scope(node)
    scope = first
    while scope is not None:
        if node.id in scope.bindings and node.id not in scope.outer and (scope.kind != "class" or scope is first):
            return scope
        scope = scope.parent
    return None


def variable(node: ast.Name, new: str, scope: Scope | None, file: File) -> Edit:
    """The edit of one name that means a variable of a scope. Raises StaysAsItIs where the new one means another."""
    between: Scope | None = file.scope(node)
    while between is not None and between is not scope:
        if new in between.bindings:
            raise StaysAsItIs
        between = between.parent
    if file.text(node) != node.id:
        raise StaysAsItIs
    return Edit(file.span(node), new)


def of_others(written: str, new: str, holder: str, other: File, file: File, index: Index) -> Iterator[Edit]:
    """The edits of what a file reads of a module's or class's variable by its dotted name. Raises StaysAsItIs."""
    if other is not file:
        facts = index.modules.facts(other.module)
        if facts is not None and f"{holder}.{written}" in facts.imports.values():
            raise StaysAsItIs
        for node in other.nodes(ast.Name) if facts is not None and holder in facts.stars else ():
            if node.id == written and owner(node, other) is None:
                yield replace(variable(node, new, None, other), path=other.path)
    if re.search(rf"\b(?:get|has)attr\([^)]*[\"']{written}[\"']", other.source.text):
        raise StaysAsItIs
    for attribute in other.nodes(ast.Attribute):
        if attribute.attr == written and isinstance(attribute.ctx, ast.Load):
            yield from of_attribute(attribute, new, holder, other, file, index)


def of_attribute(node: ast.Attribute, new: str, holder: str, other: File, file: File, index: Index) -> Iterator[Edit]:
    """The edit of an attribute if it is one of a holder of settings. Raises StaysAsItIs where that is not known."""
    match other.value(node.value):
        case Name(dotted=dotted) if dotted == holder:
            end = other.source.offset(*other.span(node)[2:])
            place = other.source.range(end - len(node.attr), end)
            if other.source.cut(place) != node.attr:
                raise StaysAsItIs
            yield Edit(place, new, "" if other is file else other.path)
        case Name(dotted=dotted) if not dotted.startswith(STAND_INS):
            pass
        case Attr(base=base, name="conf") if index.applications.is_app(base):
            pass
        case _:
            raise StaysAsItIs
