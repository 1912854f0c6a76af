"""Requires a valid certificate."""

import ast

from celerylint import cst
from celerylint.edits import Fix
from celerylint.file import File
from celerylint.index import Index
from celerylint.rule import Finding


def fix(finding: Finding, file: File, index: Index) -> Fix | None:
    span = finding.data["value"]
    node = file.node_at(span, ast.expr) if span is not None else None
    match node:
        case ast.Attribute(attr="CERT_NONE"):
            code = file.text(node).removesuffix("CERT_NONE") + "CERT_REQUIRED"
        case ast.Constant(value=str() as text):
            quote = file.text(node)[-1]
            code = f"{quote}{'CERT_REQUIRED' if text.lower().startswith('cert') else 'required'}{quote}"
        case ast.Constant():
            code = '"required"'
        case _:
            return None
    return Fix("unsafe", "Require a valid certificate", cst.replace_expression(file, node, code))
