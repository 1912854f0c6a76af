"""Has the signal hold on to the receiver, or the receiver take all keywords."""

import ast

from celerylint import cst
from celerylint.edits import Fix, insert
from celerylint.file import File
from celerylint.index import Index
from celerylint.rule import Finding


def fix(finding: Finding, file: File, index: Index) -> Fix | None:
    if finding.data["kind"] == "closed":
        return with_keywords(finding.data["receiver"], file)
    node = file.node_at(finding.span, ast.Call) or file.node_at(finding.span, ast.Attribute)
    if node is None:
        return None
    return Fix("unsafe", "Hold on to the receiver", cst.decorator_to_call(file, node, {"weak": "False"}))


def with_keywords(name: str, file: File) -> Fix | None:
    """`def receiver(sender):` -> `def receiver(sender, **kwargs):`."""
    found = [node for node in file.nodes(ast.FunctionDef, ast.AsyncFunctionDef) if node.name == name]
    if len(found) != 1:
        return None
    arguments = found[0].args
    last = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, *arguments.defaults]
    last += [default for default in arguments.kw_defaults if default is not None]
    last += [arguments.vararg] if arguments.vararg is not None else []
    ends = [file.span(node) for node in last]
    if not ends:
        start = file.source.offset(found[0].lineno, file.source.column(found[0].lineno, found[0].col_offset))
        at = file.source.text.index("(", start) + 1
        return Fix("unsafe", "Take all keywords", (insert(file.source, at, "**kwargs"),))
    if arguments.posonlyargs and not (arguments.args or arguments.kwonlyargs or arguments.vararg):
        return None
    end = max(ends, key=lambda span: (span.end_line, span.end_column))
    at = file.source.offset(end.end_line, end.end_column)
    return Fix("unsafe", "Take all keywords", (insert(file.source, at, ", **kwargs"),))
