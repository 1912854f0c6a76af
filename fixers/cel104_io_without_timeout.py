"""Gives a call a time limit: seconds that suit most servers, or child processes."""

import ast

from celerylint.cst import NotEditable, add_keyword, replace_keyword_value
from celerylint.edits import Edit, Fix
from celerylint.file import File
from celerylint.index import Index
from celerylint.rule import Finding


def fix(finding: Finding, file: File, index: Index) -> Fix | None:
    call, name = file.node_at(finding.span, ast.Call), finding.data["timeout"]
    if call is None or not name:
        return None
    return Fix(
        "unsafe", f"Pass `{name}={finding.data['seconds']}`", limit(file, call, name, str(finding.data["seconds"]))
    )


def limit(file: File, call: ast.Call, name: str, seconds: str) -> tuple[Edit, ...]:
    """The keyword, new or with a new value. Raises NotEditable where None is passed by place."""
    written = next((keyword.value for keyword in call.keywords if keyword.arg == name), None)
    if written is not None and not isinstance(written, ast.Constant):
        raise NotEditable("the limit is None somewhere else")
    if written is not None:
        return replace_keyword_value(file, call, name, seconds)
    if call.args and isinstance(call.args[-1], ast.Constant) and call.args[-1].value is None:
        raise NotEditable("the limit may be passed by place")
    return add_keyword(file, call, name, seconds)
