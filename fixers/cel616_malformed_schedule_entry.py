"""Mends an entry that beat cannot use, where there is one way only."""

import ast

from celerylint import cst
from celerylint.edits import Edit, Fix
from celerylint.file import File
from celerylint.index import Index
from celerylint.rule import Finding
from celerylint.rules.text_edits import quote_of


def fix(finding: Finding, file: File, index: Index) -> Fix | None:
    node = file.node_at(finding.span, ast.expr)
    if node is None:
        return None
    match finding.data["fix"]:
        case "expires":
            return moved(file, node)
        case "number" if isinstance(node, ast.Constant) and isinstance(node.value, str):
            return Fix("safe", "Write the seconds as a number", cst.replace_expression(file, node, node.value.strip()))
        case "list":
            return Fix("safe", "Make a list of it", cst.wrap_expression(file, node, "[", "]"))
        case "seconds":
            code = f"({file.text(node)})" if isinstance(node, ast.BinOp) else file.text(node)
            edits = cst.replace_expression(file, node, f"{code}.total_seconds()")
            return Fix("safe", "Give the seconds", edits)
        case _:
            return None


def moved(file: File, key: ast.expr) -> Fix | None:
    """`"expires": x` -> `"options": {"expires": x}`."""
    entry = file.parent(key)
    if not isinstance(entry, ast.Dict) or key not in entry.keys:
        return None
    value, quote = entry.values[entry.keys.index(key)], quote_of(file, entry)
    first: tuple[Edit, ...] = cst.replace_expression(file, key, f"{quote}options{quote}")
    second = cst.wrap_expression(file, value, f"{{{quote}expires{quote}: ", "}")
    return Fix("safe", "Move it into `options`", (*first, *second))
