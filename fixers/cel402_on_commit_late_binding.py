"""Takes the values where the lambda stands: with `partial`, or as defaults of its parameters."""

import ast

from celerylint.edits import Edit, Fix, insert
from celerylint.file import File
from celerylint.index import Index
from celerylint.rule import Finding
from celerylint.rules.commits import to_partial


def fix(finding: Finding, file: File, index: Index) -> Fix | None:
    node = file.node_at(finding.span, ast.Lambda)
    if node is None:
        return None
    whole, body = file.span(node), file.span(node.body)
    start = file.source.offset(whole.line, whole.column)
    inside = file.source.offset(body.line, body.column)
    if takes_nothing(node) and is_plain_call(node.body) and "#" not in file.source.text[start:inside]:
        assert isinstance(node.body, ast.Call)
        head = Edit(file.source.range(start, inside), "")
        edits = (head, *to_partial(file, node.body))
        return Fix("safe", "Take the values now with `partial`", edits, ("functools.partial",))
    return with_defaults(node, finding.data["names"], start, file)


def takes_nothing(node: ast.Lambda) -> bool:
    return not ast.unparse(node.args)


def is_plain_call(node: ast.expr) -> bool:
    """Whether a call's arguments can as well be worked out now: names, attributes and literals."""
    if not isinstance(node, ast.Call):
        return False
    values = [*node.args, *(keyword.value for keyword in node.keywords)]
    calls = any(isinstance(child, ast.Call | ast.Lambda) for value in values for child in ast.walk(value))
    receiver = any(isinstance(child, ast.Call) for child in ast.walk(node.func))
    return not calls and not receiver


def with_defaults(node: ast.Lambda, names: list[str], start: int, file: File) -> Fix | None:
    """`lambda: f(x)` -> `lambda x=x: f(x)`."""
    if not takes_nothing(node):
        return None
    at = start + len("lambda")
    bound = ", ".join(f"{name}={name}" for name in names)
    return Fix("safe", "Take the values now as defaults", (insert(file.source, at, f" {bound}"),))
