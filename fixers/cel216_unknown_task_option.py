"""Writes the option that was meant."""

import ast

from celerylint import cst
from celerylint.celery_data.likeness import akin, typos
from celerylint.edits import Applicability, Fix, replace
from celerylint.file import File
from celerylint.index import Index
from celerylint.rule import Finding
from celerylint.rules.option_edits import option_node


def fix(finding: Finding, file: File, index: Index) -> Fix | None:
    meant = finding.data["nearest"]
    node = option_node(file, finding.span)
    if meant is None or node is None:
        return None
    written = node.arg if isinstance(node, ast.keyword) else file.source.cut(finding.span)
    near = written is not None and (akin(written, meant) or typos(written, meant, 1) <= 1)
    applicability: Applicability = "safe" if near else "unsafe"
    call = file.parent(node)
    if isinstance(node, ast.keyword) and isinstance(call, ast.Call) and node.arg is not None:
        return Fix(applicability, f"Write `{meant}`", cst.rename_keyword(file, call, node.arg, meant))
    return Fix(applicability, f"Write `{meant}`", (replace(finding.span, meant),))
