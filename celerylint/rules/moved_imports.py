"""Edits that take imported names from where Celery has them today, for fixers: statements split, uses renamed.

Comments, layout and conditions around a statement stay.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from typing import TypeAlias

from celerylint import cst
from celerylint.diff import edits_between
from celerylint.edits import Edit, apply
from celerylint.file import File
from celerylint.layout import NotEditable
from celerylint.lowering import parse
from celerylint.placing import Place, added, sorted_index, top_level
from celerylint.rules.moved_names import APP, BUILTINS, Move, Statement
from celerylint.source import Source, Span
from celerylint.statements import bounds

Moved: TypeAlias = tuple[tuple[Edit, ...], tuple[str, ...]]

MODULE = re.compile(r"from\s+([\w.]+)")


def edits(statement: Statement, moved: Sequence[Move], file: File) -> Moved:
    """The edits that move names, and what the file has to import besides. Raises NotEditable."""
    return in_place(statement, moved, file) or apart(statement, moved, file)


def in_place(statement: Statement, moved: Sequence[Move], file: File) -> Moved | None:
    """The edits where all of a statement comes from one module; None where another statement has names of that."""
    text = file.text(statement)
    written, modules = MODULE.match(text), {each.module for each in moved}
    if written is None or len(moved) != len(statement.names) or len(modules) != 1:
        return None
    module = modules.pop()
    if not all(each.is_plain for each in moved) or (has_other(statement, module, moved, file) and "#" not in text):
        return None
    start = bounds(file, statement)[0]
    head = Edit(file.source.range(start + written.start(1), start + written.end(1)), module)
    return (head, *listed(moved, file), *(edit for each in moved for edit in each.renamings(file))), ()


def has_other(statement: Statement, module: str, moved: Sequence[Move], file: File) -> bool:
    """Whether another statement at the top of the file, above all uses, imports from a module, as this one would."""
    places = beside(statement, moved, file.source, file.tree)
    nodes = [place.node for place in places or ()]
    return any(isinstance(node, ast.ImportFrom) and node.module == module and not node.level for node in nodes)


def beside(statement: Statement, moved: Sequence[Move], source: Source, tree: ast.Module) -> list[Place] | None:
    """The other imports at the top of a file that are above all uses; None where a statement is not at the top."""
    same = ast.dump(statement)
    nodes = [ast.dump(node) for node in tree.body]
    if same not in nodes:
        return None
    shift = tree.body[nodes.index(same)].lineno - statement.lineno
    first = min((node.lineno + shift for each in moved for node, _ in each.uses), default=1 << 30)
    places = top_level(source, tree)
    return [place for place in places if place.node.lineno < first and ast.dump(place.node) != same]


def listed(moved: Sequence[Move], file: File) -> Iterator[Edit]:
    """The edits of the names in a statement, in their order where they stand on one line."""
    whole = between(moved[0].alias, moved[-1].alias, file)
    if "\n" in file.source.cut(whole):
        yield from (Edit(file.span(each.alias), each.imported) for each in moved)
        return
    ordered: list[str] = []
    for text in dict.fromkeys(each.imported for each in moved):
        name = text.partition(" ")[0]
        ordered.insert(sorted_index([other.partition(" ")[0] for other in ordered], name), text)
    yield Edit(whole, ", ".join(ordered))


def between(first: ast.alias, last: ast.alias, file: File) -> Span:
    """From one name of a statement to another."""
    return Span(*file.span(first)[:2], *file.span(last)[2:])


def apart(statement: Statement, moved: Sequence[Move], file: File) -> Moved:
    """The edits where names leave a statement: for other imports, or for where the fix engine finds what is needed."""
    lines: list[str] = []
    joining: list[Move] = []
    changes: list[Edit] = []
    imports: list[str] = []
    at_top = statement in file.tree.body
    for each in moved:
        comment = remark(each.alias, file)
        if not each.is_plain:
            changes += [Edit(file.span(node), new.removeprefix(BUILTINS)) for node, new in each.uses]
            needed = (APP if new.startswith(f"{APP}.") else new for _, new in each.uses)
            imports += [name for name in needed if not name.startswith(BUILTINS)]
            continue
        changes += each.renamings(file)
        if comment or not at_top:
            lines.append(f"from {each.module} import {each.imported}{comment}")
        elif not stays(each, statement):
            joining.append(each)
    left = without(statement, moved, lines, file)
    return (*left, *joined(statement, joining, moved, file), *changes), tuple(dict.fromkeys(imports))


def stays(each: Move, statement: Statement) -> bool:
    """Whether a name comes from the same module under another name."""
    return isinstance(statement, ast.ImportFrom) and each.is_plain and each.module == statement.module


def joined(statement: Statement, joining: Sequence[Move], moved: Sequence[Move], file: File) -> tuple[Edit, ...]:
    """The edits that have other statements import names, or new ones at the top of the file."""
    now, tree = file.source, file.tree
    for each in joining:
        places = beside(statement, moved, now, tree) or []
        if not any(each.is_imported_by(place.node) for place in places):
            name = each.local if each.keeps else each.last
            changed = apply(now, added(now, tree, places, each.new, name))
            now = Source.from_text(now.path, changed, now.encoding, now.bom)
            tree = parse(now.text)
    return edits_between(file.source, now.text) if now is not file.source else ()


def remark(alias: ast.alias, file: File) -> str:
    """The comment behind a name that has a line of its own, with blanks before it."""
    found = own_line(alias, file)
    return f"  {found[1]}" if found is not None and found[1] else ""


def own_line(alias: ast.alias, file: File) -> re.Match[str] | None:
    """The line of a name with nothing else on it, and its comment; None where something else is."""
    return re.fullmatch(rf"\s*{re.escape(file.text(alias))}\s*,?\s*(#.*?)?\s*", file.source.line(alias.lineno))


def without(statement: Statement, moved: Sequence[Move], lines: list[str], file: File) -> tuple[Edit, ...]:
    """A statement without the names that have moved, below statements of their own. Raises NotEditable."""
    gone = {each.alias: each for each in moved}
    top = ["celery"] if any(needs_package(each, statement, file) for each in moved) else []
    kept = {alias: gone[alias] for alias in gone if stays(gone[alias], statement) and not remark(alias, file)}
    rest = [alias for alias in statement.names if alias not in gone or alias in kept]
    if not rest and not top:
        whole = cst.replace_statement(file, statement, lines) if lines else cst.remove_statement(file, statement)
        return tuple(whole)
    above = cst.insert_before(file, statement, lines) if lines else ()
    whole_list = between(statement.names[0], statement.names[-1], file)
    texts = [*top, *(kept[alias].imported if alias in kept else file.text(alias) for alias in rest)]
    if "\n" not in file.source.cut(whole_list):
        return (*above, Edit(whole_list, ", ".join(dict.fromkeys(texts))))
    renamed = (Edit(file.span(alias), each.imported) for alias, each in kept.items())
    return (*above, *renamed, *(line_of(alias, file) for alias in gone if alias not in kept))


def needs_package(each: Move, statement: Statement, file: File) -> bool:
    """Whether nothing else imports `celery`, which `import celery.task` binds and other code may go on using."""
    if not isinstance(statement, ast.Import) or each.alias.asname:
        return False
    others = [node for node in file.nodes(ast.Import) if node is not statement and node in file.tree.body]
    return not any(alias.name == each.local and not alias.asname for node in others for alias in node.names)


def line_of(alias: ast.alias, file: File) -> Edit:
    """The edit that takes out the line of a name. Raises NotEditable where something else stands there."""
    if own_line(alias, file) is None:
        raise NotEditable("several names on one line of a list with more lines")
    return Edit(Span(alias.lineno, 1, alias.lineno + 1, 1), "")
