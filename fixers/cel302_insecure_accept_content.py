"""Leaves JSON and what else is safe to accept; the second of the two deploys that a switch from pickle takes.

Only shown while something in the project is still sent with pickle or YAML, as its messages would be refused.
"""

import ast

from celerylint.cst import remove_statement
from celerylint.edits import Applicability, Edit, Fix
from celerylint.file import File
from celerylint.index import Index
from celerylint.rule import Finding
from celerylint.rules.serializing import sends_insecure


def fix(finding: Finding, file: File, index: Index) -> Fix | None:
    applicability: Applicability = "manual" if sends_insecure(index) else "unsafe"
    if finding.data.get("statement"):
        node = file.node_at(finding.span, ast.expr)
        edits = statement_edits(file, node) if node is not None else ()
        return Fix(applicability, "Remove it", edits) if edits else None
    span = finding.data.get("value")
    value = file.node_at(span, ast.expr) if span is not None else None
    if not isinstance(value, ast.List | ast.Tuple | ast.Set):
        return None
    edits = without(file, value, finding.data["names"])
    return Fix(applicability, "Accept no pickle or YAML", edits) if edits else None


def statement_edits(file: File, node: ast.expr) -> tuple[Edit, ...]:
    """The edits that remove the statement which an expression, or the target of an assignment, is."""
    statement = file.statement(node)
    alone = isinstance(statement, ast.Expr) or (isinstance(statement, ast.Assign) and len(statement.targets) == 1)
    return remove_statement(file, statement) if alone else ()


def without(file: File, value: ast.List | ast.Tuple | ast.Set, names: list[str]) -> tuple[Edit, ...]:
    """The edits that take names out of a list that is written out; what is left empty gets JSON."""
    elements = value.elts
    bad = [node for node in elements if isinstance(node, ast.Constant) and node.value in names]
    kept = [node for node in elements if node not in bad]
    if not kept or (len(kept) == 1 and isinstance(value, ast.Tuple)):
        return one_left(file, value, file.text(kept[0]) if kept else "")
    last = elements.index(kept[-1])
    spans = [
        (start_of(file, node), start_of(file, elements[at + 1]))
        for at, node in enumerate(elements[:last])
        if node in bad
    ]
    if last + 1 < len(elements):
        spans.append((end_of(file, kept[-1]), end_of(file, elements[-1])))
    if any("#" in file.source.text[start:end] for start, end in spans):
        return ()
    return tuple(Edit(file.source.range(start, end), "") for start, end in spans)


def start_of(file: File, node: ast.expr) -> int:
    return file.source.offset(*file.span(node)[:2])


def end_of(file: File, node: ast.expr) -> int:
    return file.source.offset(*file.span(node)[2:])


def one_left(file: File, value: ast.List | ast.Tuple | ast.Set, kept: str) -> tuple[Edit, ...]:
    """The edit that leaves one element, JSON where there is none to keep; none where a comment stands between."""
    text = file.source.text
    start, end = start_of(file, value.elts[0]), end_of(file, value.elts[-1])
    quote = "'" if text[start:end].endswith("'") else '"'
    comma = "," if isinstance(value, ast.Tuple) and not text[end:].lstrip().startswith(",") else ""
    if "#" in text[start:end]:
        return ()
    return (Edit(file.source.range(start, end), (kept or f"{quote}json{quote}") + comma),)
