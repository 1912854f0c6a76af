"""Edits that give an application settings, for fixers: beside those that it has, else below the application itself."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

from celerylint import celery_data, cst, lowering
from celerylint.edits import Edit
from celerylint.facts import Setting
from celerylint.file import File
from celerylint.index import Index
from celerylint.rules.limits import app_of
from celerylint.rules.setting_places import written
from celerylint.source import Source, UnreadableSource
from celerylint.tree import FunctionNode


def add_settings(key: str, settings: Mapping[str, str], index: Index) -> tuple[Edit, ...] | None:
    """Edits that set settings (new lower-case name -> code) for the app with a key, None where there is no place."""
    for path in settings_paths(key, index):
        file = open_file(path, index)
        rows = [row for row in own_settings(key, index) if row.path == path]
        edits = beside(file, rows, settings) if file is not None else None
        if edits:
            return tuple(replace(edit, path=path) for edit in edits)
    return below_app(key, settings, index)


def own_settings(key: str, index: Index) -> list[Setting]:
    """The settings of an app that production code writes without condition."""
    rows = [row for row in index.settings if row.name and not row.condition and row.app in ("", key)]
    return [row for row in rows if index.configuration.is_production(row.path)]


def settings_paths(key: str, index: Index) -> list[str]:
    """The files that hold an app's settings, the one with most of them first."""
    counts = Counter(row.path for row in own_settings(key, index))
    return sorted(counts, key=lambda path: (-counts[path], path))


def open_file(path: str, index: Index) -> File | None:
    """A file of the project, parsed; None where it cannot be."""
    data = index.read(path)
    try:
        source = Source.from_bytes(path, data) if data is not None else None
        tree = lowering.parse(source.text) if source is not None else None
    except (UnreadableSource, SyntaxError):
        return None
    if source is None or tree is None:
        return None
    return File(source, tree, *index.modules.module(path), index.modules)


def beside(file: File, rows: list[Setting], settings: Mapping[str, str]) -> tuple[Edit, ...] | None:
    """Edits that write settings below the last one of the same file, in its style."""
    for row in sorted(rows, key=lambda row: row.span, reverse=True):
        place, _ = written(file, row)
        keyword = file.node_at(place, ast.keyword)
        call = file.parent(keyword) if keyword is not None else None
        if isinstance(call, ast.Call) and is_update(call) and always_runs(file, call):
            return cst.add_keywords(file, call, {styled(name, row): code for name, code in settings.items()})
        target = file.node_at(row.span, ast.Name, ast.Attribute, ast.Subscript)
        statement = file.parent(target) if target is not None else None
        if not isinstance(statement, ast.Assign | ast.AnnAssign) or not always_runs(file, statement):
            continue
        if isinstance(target, ast.Name | ast.Attribute):
            prefix = f"{file.text(target.value)}." if isinstance(target, ast.Attribute) else ""
            lines = [f"{prefix}{styled(name, row)} = {code}" for name, code in settings.items()]
            return cst.insert_after(file, statement, lines)
    return None


def always_runs(file: File, node: ast.expr | ast.stmt) -> bool:
    """Whether a statement stands in no branch: what is written beside it holds in any case."""
    return isinstance(file.parent(file.statement(node)), ast.Module | ast.ClassDef | FunctionNode)


def is_update(call: ast.Call) -> bool:
    return isinstance(call.func, ast.Attribute) and call.func.attr == "update"


def styled(name: str, row: Setting) -> str:
    """A setting's name as the file writes others: under the namespace, new or old."""
    if row.namespace:
        return f"{row.namespace.rstrip('_')}_{name.upper()}"
    if row.written == row.written.upper():
        return next((old for old, new in celery_data.old_setting_names().items() if new == name), name)
    return name


def below_app(key: str, settings: Mapping[str, str], index: Index) -> tuple[Edit, ...] | None:
    """Edits that write settings below the app, or below where it reads its configuration."""
    app = app_of(key, index)
    file = open_file(app.path, index) if app is not None else None
    if app is None or file is None:
        return None
    call = file.node_at(app.span, ast.Call)
    statement = file.parent(call) if call is not None else None
    if not isinstance(statement, ast.Assign) or not isinstance(statement.targets[0], ast.Name):
        return None
    name = statement.targets[0].id
    links = [link for link in index.configuration.links if link.path == app.path and link.app == app.key]
    reads = file.node_at(links[-1].span, ast.Call) if links else None
    after = file.statement(reads) if reads is not None else statement
    edits = cst.insert_after(file, after, [f"{name}.conf.{key} = {code}" for key, code in settings.items()])
    return tuple(replace(edit, path=app.path) for edit in edits)
