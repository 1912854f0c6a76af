"""Edits of literals and dicts, for fixers."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from celerylint import cst
from celerylint.edits import Edit, insert, replace
from celerylint.file import File
from celerylint.layout import NotEditable
from celerylint.source import NEWLINE, Span

if TYPE_CHECKING:
    import libcst


def replace_text(file: File, span: Span, text: str) -> tuple[Edit, ...] | None:
    """Another text in a string literal, in its quotes; None where none stands there, or one made of several."""
    node = file.node_at(span, ast.Constant)
    if node is None or not isinstance(node.value, str):
        return None
    code = file.text(node)
    quotes = next((mark for mark in ('"""', "'''", '"', "'") if code.endswith(mark)), "")
    plain = bool(quotes) and code == f"{quotes}{node.value}{quotes}" and "\\" not in text and quotes not in text
    return (replace(span, f"{quotes}{text}{quotes}"),) if plain else None


def quote_of(file: File, node: ast.AST) -> str:
    """The quotation mark that the first string in a node has."""
    strings = (part for part in ast.walk(node) if isinstance(part, ast.Constant) and isinstance(part.value, str))
    first = next(strings, None)
    return "'" if first is not None and file.text(first).endswith("'") else '"'


def add_item(file: File, node: ast.Dict, key: str, code: str, quote: str = '"') -> tuple[Edit, ...]:
    """`{"a": 1}` -> `{"a": 1, "key": code}`, on a line of its own where the first item is. Raises NotEditable."""
    item = f"{quote}{key}{quote}: {code}"
    quick = plain_item(file, node, item)
    return quick if quick is not None else item_with_libcst(file, node, item)


def plain_item(file: File, node: ast.Dict, item: str) -> tuple[Edit, ...] | None:
    """The edit for a dict with nothing but commas and space between its items, which needs no LibCST; else None."""
    text, span = file.text(node), file.span(node)
    if not node.keys or node.keys[0] is None or "#" in text or "\r" in text:
        return None
    start = file.source.offset(span.line, span.column)
    first, last = (file.span(part) for part in (node.keys[0], node.values[-1]))
    lead = text[1 : file.source.offset(first.line, first.column) - start]
    at = file.source.offset(last.end_line, last.end_column)
    tail = text[at - start : -1]
    if lead.strip() or tail.strip() not in ("", ","):
        return None
    new = f"\n{lead.rpartition(chr(10))[2]}{item}" if "\n" in lead else f" {item}"
    if "," not in tail:
        return (insert(file.source, at, f",{new}"),)
    return (insert(file.source, at + tail.index(",") + 1, f"{new},"),)


def item_with_libcst(file: File, node: ast.Dict, item: str) -> tuple[Edit, ...]:
    """The edits for any dict. Raises NotEditable."""
    import libcst

    tree = read(file, node)
    if not tree.elements:
        return cst.edits_to(file, node, f"{{{item}}}")
    text = libcst.Module([]).code_for_node
    last = tree.elements[-1]
    comma = isinstance(last.comma, libcst.Comma)
    end = text(last.comma.whitespace_after) if isinstance(last.comma, libcst.Comma) else ""
    end += text(tree.rbrace.whitespace_before)
    head = "{" + text(tree.lbrace.whitespace_after) + "".join(text(element) for element in tree.elements[:-1])
    head += text(last.with_changes(comma=libcst.MaybeSentinel.DEFAULT))
    lead = text(tree.lbrace.whitespace_after)
    if "\n" in lead:
        comment, _, closing = end.rpartition("\n")
        indent = lead.rpartition("\n")[2]
        tail = f",{comment}\n{indent}{item}{',' if comma else ''}\n{closing}}}"
    elif "#" in end:
        raise NotEditable("a comment behind the last item")
    else:
        tail = f", {item}{',' if comma else ''}{end}}}"
    return cst.edits_to(file, node, head + tail)


def read(file: File, node: ast.Dict) -> libcst.Dict:
    """A dict display as LibCST sees it. Raises NotEditable."""
    import libcst

    text = NEWLINE.sub("\n", file.text(node))
    try:
        tree = libcst.parse_expression(f"({text})")
    except libcst.ParserSyntaxError as error:
        raise NotEditable(str(error)) from error
    if not isinstance(tree, libcst.Dict):
        raise NotEditable("no dict display")
    return tree
