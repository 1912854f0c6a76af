"""Shows both ends: the primary key where the task is sent, and the query that loads the row in the task.

Never applied: the task's body may need more than that, and messages that are queued still hold what was sent before.
"""

import ast

from celerylint.cst import insert_before, wrap_expression
from celerylint.edits import Edit, Fix
from celerylint.file import File
from celerylint.index import Index
from celerylint.rule import Finding

TIGHT = (ast.Name, ast.Attribute, ast.Call, ast.Subscript)


def fix(finding: Finding, file: File, index: Index) -> Fix | None:
    data = finding.data
    node = file.node_at(finding.span, ast.expr) if data["written"] else None
    if node is None or data["kind"] not in {"instance", "user"} or data["many"]:
        return None
    key = data["key"]
    before, after = ("", f".{key}") if isinstance(node, TIGHT) else ("(", f").{key}")
    load = f"{data['name']} = {data['model']}.objects.get(pk={data['name']})"
    django = key == "pk" and data["name"] and data["model"]
    here = loading(file, data["task"], load) if django else ()
    function = index.modules.function(data["task"])
    there = f"; in `{function.name}` {'load it' if not django else f'begin with `{load}`'}" if function else ""
    message = f"Pass `{before}{file.text(node)}{after}`{there}"
    return Fix("manual", message, tuple(e for e in (*wrap_expression(file, node, before, after), *here) if e.content))


def loading(file: File, task: str, line: str) -> tuple[Edit, ...]:
    """The line at the start of the task's body, where that stands in the same file."""
    body = file.body(task) if task else None
    statements = body.body if body is not None else []
    after_docstring = [node for node in statements if not is_docstring(node)]
    return insert_before(file, after_docstring[0], [line]) if after_docstring else ()


def is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
