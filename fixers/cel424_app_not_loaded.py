"""Imports the app in Django's package, or keeps a second one from becoming the current app."""

import ast
from dataclasses import replace

from celerylint import cst
from celerylint.edits import Edit, Fix
from celerylint.file import File
from celerylint.index import Index
from celerylint.rule import Finding
from celerylint.source import Source, Span, UnreadableSource


def fix(finding: Finding, file: File, index: Index) -> Fix | None:
    if finding.data.get("second"):
        call = file.node_at(finding.span, ast.Call)
        if call is None:
            return None
        edits = cst.add_keyword(file, call, "set_as_current", "False")
        return Fix("unsafe", "Leave the current app as it is", edits)
    edit = importing(finding, index)
    return None if edit is None else Fix("unsafe", "Import the app with its package", (edit,))


def importing(finding: Finding, index: Index) -> Edit | None:
    """The lines at the end of the package's `__init__.py`."""
    path, name, module = (finding.data[key] for key in ("package", "name", "module"))
    data = index.read(path)
    try:
        source = Source.from_bytes(path, data) if data is not None else None
    except UnreadableSource:
        source = None
    if source is None or name == "celery_app" or "__all__" in source.text:
        alias = name
        code = f"from .{module} import {name}\n"
    else:
        alias = "celery_app"
        code = f'from .{module} import {name} as {alias}\n\n__all__ = ("{alias}",)\n'
    if source is None:
        return None
    line, column = source.position(len(source.text))
    lead = "" if not source.text or source.text.endswith("\n") else "\n"
    return replace(Edit(Span(line, column, line, column), lead + code), path=path)
