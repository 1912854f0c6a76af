"""Makes local time aware, and turns other types into what the option takes."""

import ast

from celerylint import cst
from celerylint.edits import Edit, Fix, insert
from celerylint.file import File
from celerylint.index import Index
from celerylint.rule import Finding
from celerylint.values import Name

NOW = "datetime.datetime.now"


def fix(finding: Finding, file: File, index: Index) -> Fix | None:
    keyword = file.node_at(finding.span, ast.keyword)
    call = file.parent(keyword) if keyword is not None else None
    if keyword is None or not isinstance(call, ast.Call):
        return None
    kind = finding.data["kind"]
    if kind == "local":
        return made_aware(keyword.value, file)
    if kind == "datetime.timedelta":
        return in_seconds(keyword, call, file)
    if kind == "int" and keyword.arg == "eta":
        return Fix("unsafe", "Make it a countdown", cst.rename_keyword(file, call, "eta", "countdown"))
    return None


def made_aware(value: ast.expr, file: File) -> Fix | None:
    """`datetime.now()` -> `datetime.now(timezone.utc)`, where it is written out just once."""
    calls = [node for node in ast.walk(value) if isinstance(node, ast.Call) and not node.args and not node.keywords]
    local = [node for node in calls if file.callee(node) in (Name(NOW), Name("datetime.datetime.today"))]
    if len(local) != 1:
        return None
    call = local[0]
    end = file.span(call)
    at = file.source.offset(end.end_line, end.end_column) - 1
    edits: tuple[Edit, ...] = (insert(file.source, at, "datetime.timezone.utc"),)
    if isinstance(call.func, ast.Attribute) and call.func.attr != "now":
        edits = (*cst.rename_callee(file, call, "now"), *edits)
    return Fix("unsafe", "Make it UTC", edits, ("datetime.timezone",))


def in_seconds(keyword: ast.keyword, call: ast.Call, file: File) -> Fix | None:
    """`timedelta(...)` -> `timedelta(...).total_seconds()`, under `countdown` where it was an `eta`."""
    if not isinstance(keyword.value, ast.Call | ast.Name):
        return None
    end = file.span(keyword.value)
    edits: tuple[Edit, ...] = (
        insert(file.source, file.source.offset(end.end_line, end.end_column), ".total_seconds()"),
    )
    if keyword.arg == "eta":
        edits = (*cst.rename_keyword(file, call, "eta", "countdown"), *edits)
    return Fix("unsafe", "Pass its seconds", edits)
