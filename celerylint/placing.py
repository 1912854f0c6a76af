"""Where a new import goes in a module, in the style of those that are there."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Callable, Sequence
from typing import TypeAlias

from celerylint.edits import Edit, apply, insert
from celerylint.records import dataclass
from celerylint.source import NEWLINE, Source

Import: TypeAlias = ast.Import | ast.ImportFrom

# What may stand between two statements of one line, and behind the last one up to the next line.
EOL = r"(?:\r\n|\r|\n)"
END = rf"(?:{EOL}|\Z)"
BETWEEN = re.compile(rf"(?:[ \t\f;]|\\{EOL})*")
REST_OF_LINE = re.compile(rf"(?:[ \t\f;]|\\{EOL})*(?:#[^\r\n]*)?{END}")
BLANK = re.compile(rf"[ \t\f]*{END}")
OPENING_COMMENT = re.compile(rf"(?:[ \t\f]*{EOL})*(?:[ \t\f]*#[^\r\n]*{END})*")
CODING = rf"(?:[ \t\f]*(?:#[^\r\n]*)?{EOL})?[ \t\f]*#[^\r\n]*coding[:=][^\r\n]*{END}"
PREAMBLE = re.compile(rf"{CODING}|#![^\r\n]*{END}")
END_OF_LIST = re.compile(rf"[ \t]*,[ \t]*(?:#[^\r\n]*)?{EOL}(?=[ \t]*\))")
WIDTH = 88


@dataclass(frozen=True, slots=True)
class Place:
    """A top-level import: `start` of its line, `end` behind the line; no `start` of its own where `;` precedes it."""

    node: Import
    start: int
    end: int


def top_level(source: Source, tree: ast.Module) -> list[Place]:
    """The imports that run whenever the module does."""
    found = []
    for chain in chains(source, tree.body):
        start, end = source.starts[chain[0].lineno - 1], line_end(source, chain[-1])
        for node in chain:
            if isinstance(node, ast.Import | ast.ImportFrom):
                found.append(Place(node, start if node is chain[0] else end, end))
    return found


def chains(source: Source, body: Sequence[ast.stmt]) -> list[list[ast.stmt]]:
    """Statements, those joined by `;` together."""
    found: list[list[ast.stmt]] = []
    for node in body:
        if found and BETWEEN.fullmatch(source.text, end_of(source, found[-1][-1]), start_of(source, node)):
            found[-1].append(node)
        else:
            found.append([node])
    return found


def start_of(source: Source, node: ast.stmt | ast.alias) -> int:
    span = source.span(node)
    return source.offset(span.line, span.column)


def end_of(source: Source, node: ast.stmt | ast.alias) -> int:
    span = source.span(node)
    return source.offset(span.end_line, span.end_column)


def line_end(source: Source, node: ast.stmt) -> int:
    """The offset of the first line below the last statement of a line."""
    rest = REST_OF_LINE.match(source.text, end_of(source, node))
    return rest.end() if rest is not None else end_of(source, node)


def added(source: Source, tree: ast.Module, places: Sequence[Place], dotted: str, name: str) -> tuple[Edit, ...]:
    """The edits that import a dotted name under a name. `places` are the imports that it may stand beside."""
    module, _, last = dotted.rpartition(".")
    alias = last if name == last else f"{last} as {name}"
    if not module:
        return (placed(source, tree, places, f"import {alias}"),)
    for place in places:
        node = place.node
        if isinstance(node, ast.ImportFrom) and not node.level and node.module == module:
            return (extended(source, node, alias) or line_at(source, place.end, f"from {module} import {alias}"),)
    return (placed(source, tree, places, f"from {module} import {alias}"),)


def line_at(source: Source, offset: int, statement: str) -> Edit:
    """A line of its own at the beginning of a line or at the end of the file."""
    ended = not offset or source.text[offset - 1] in "\r\n"
    return insert(source, offset, f"{statement}\n" if ended else f"\n{statement}")


# One more name in `from module import a, b`.


def extended(source: Source, node: ast.ImportFrom, alias: str) -> Edit | None:
    """The edit that adds a name to an import in its style; None where that would move a comment or pass the width."""
    names = [item.name for item in node.names]
    if names == ["*"]:
        return None
    index = sorted_index(names, alias.partition(" ")[0])
    edit = before_name(source, node, index, alias) if index < len(names) else behind_names(source, node, alias)
    if edit is None:
        return None
    last = node.end_lineno or node.lineno
    width = max(WIDTH, *(len(source.line(number)) for number in range(node.lineno, last + 1)))
    changed = Source.from_text(source.path, apply(source, [edit]))
    longest = max(len(changed.line(number)) for number in range(node.lineno, last + 1 + edit.content.count("\n")))
    return edit if longest <= width else None


def sorted_index(names: Sequence[str], name: str) -> int:
    """Where a name goes among others: in the order that they are in, as isort has it, else at the end."""
    orders: tuple[Callable[[str], tuple[int, str]], ...] = (by_kind, lambda n: (0, n.lower()), lambda n: (0, n))
    for key in orders:
        if sorted(names, key=key) == list(names):
            return next((index for index, other in enumerate(names) if key(other) > key(name)), len(names))
    return len(names)


def by_kind(name: str) -> tuple[int, str]:
    """Constants, classes, the rest."""
    return (0 if name.isupper() and len(name) > 1 else 1 if name[:1].isupper() else 2), name.lower()


def before_name(source: Source, node: ast.ImportFrom, index: int, alias: str) -> Edit | None:
    """The edit that adds a name before another one, on a line of its own where that one has its own."""
    start = start_of(source, node.names[index])
    gap = source.text[end_of(source, node.names[index - 1]) if index else start_of(source, node) : start]
    lines = NEWLINE.split(gap)
    if any(line.strip().startswith("#") for line in lines):
        return None
    own_line = len(lines) > 1 and "(" in source.text[start_of(source, node) : start]
    return insert(source, start, f"{alias},\n{lines[-1]}" if own_line else f"{alias}, ")


def behind_names(source: Source, node: ast.ImportFrom, alias: str) -> Edit | None:
    """The edit that adds a name after the last one."""
    last = node.names[-1]
    start, end = start_of(source, last), end_of(source, last)
    tail = source.text[end : end_of(source, node)]
    indent = source.text[source.starts[last.lineno - 1] : start]
    own_line = tail != "" and not indent.strip(" \t")
    if own_line and (ended := END_OF_LIST.match(tail)) is not None:
        return insert(source, end + ended.end(), f"{indent}{alias},\n")
    if "#" in tail:
        return None
    return insert(source, end, f",\n{indent}{alias}" if own_line else f", {alias}")


# A new import statement.


def placed(source: Source, tree: ast.Module, places: Sequence[Place], statement: str) -> Edit:
    """The edit that adds an import statement among those that are there, else as the first one."""
    node = ast.parse(statement).body[0]
    assert isinstance(node, ast.Import | ast.ImportFrom)
    groups, late = grouped(source, tree, places)
    for group in groups:
        if any(top_of(place.node) == top_of(node) for place in group):
            return line_at(source, sorted_place(group, node), statement)
    groups = groups[late:]
    for group in groups:
        if any(section(place.node) == section(node) for place in group):
            return line_at(source, sorted_place(group, node), statement)
    earlier = [group for group in groups if section(group[0].node) < section(node)]
    if earlier:
        return line_at(source, earlier[-1][-1].end, f"\n{statement}")
    if groups:
        return line_at(source, groups[0][0].start, f"{statement}\n")
    return first_import(source, tree, statement)


def grouped(source: Source, tree: ast.Module, places: Sequence[Place]) -> tuple[list[list[Place]], int]:
    """The imports above the first definition in groups, as blank lines and other statements part them.

    The number is that of the first group behind the last call between imports: `monkey.patch_all()` and
    `os.environ.setdefault(…)` must go on running before other packages are imported.
    """
    groups: list[list[Place]] = []
    late, called = 0, False
    by_node = {place.node: place for place in places if section(place.node)}
    before: ast.stmt | None = None
    for node in tree.body:
        place = by_node.get(node) if isinstance(node, ast.Import | ast.ImportFrom) else None
        if place is not None:
            late, called = (len(groups) if called else late), False
            if groups and before is groups[-1][-1].node and together(source, groups[-1][-1], place):
                groups[-1].append(place)
            else:
                groups.append([place])
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Assign):
            break
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            called = True
        before = node
    return groups, late


def together(source: Source, first: Place, second: Place) -> bool:
    """Whether no blank line parts two imports."""
    between = source.text[first.end : max(first.end, second.start)]
    return all(line.strip() for line in NEWLINE.split(between)[:-1])


def top_of(node: Import) -> str:
    """The first part of what an import reads from; "" for a relative one."""
    if isinstance(node, ast.Import):
        return node.names[0].name.partition(".")[0]
    return "" if node.level else (node.module or "").partition(".")[0]


def section(node: Import) -> int:
    """`__future__`, the standard library, other packages (those of the project too), relative imports."""
    top = top_of(node)
    if top == "__future__":
        return 0
    return 3 if not top else 1 if top in sys.stdlib_module_names else 2


def sorted_place(group: Sequence[Place], node: Import) -> int:
    """The offset in a group of imports at which one more belongs: in the order they are in, else at the end."""
    members = [place for place in group if section(place.node) == section(node)]
    for key in (straight_first, by_module):
        keys = [key(place.node) for place in members]
        if keys == sorted(keys):
            index = sum(other <= key(node) for other in keys)
            return members[index - 1].end if index else members[0].start
    return members[-1].end


def straight_first(node: Import) -> tuple[int, str]:
    """isort's order: `import a` before `from a import b`."""
    return int(isinstance(node, ast.ImportFrom)), by_module(node)[1]


def by_module(node: Import) -> tuple[int, str]:
    """isort's order with `force_sort_within_sections`."""
    return 0, (node.names[0].name if isinstance(node, ast.Import) else node.module or "").lower()


def first_import(source: Source, tree: ast.Module, statement: str) -> Edit:
    """The edit that adds the first import: behind the docstring and `__future__`, or behind the opening comment."""
    text = source.text
    head = [chain[-1] for chain in chains(source, tree.body) if any(is_head(node, tree) for node in chain)]
    at = line_end(source, head[-1]) if head else opening(text)
    above = "\n" if text[:at].strip() else ""
    below = "" if BLANK.match(text, at) else "\n"
    return insert(source, at, above + line_at(source, at, statement).content + below)


def opening(text: str) -> int:
    """The offset behind the comment that a module begins with; behind `#!` and `coding` where code follows at once."""
    comment = OPENING_COMMENT.match(text)
    if comment is not None and BLANK.match(text, comment.end()):
        return comment.end()
    preamble = PREAMBLE.match(text)
    return preamble.end() if preamble is not None else 0


def is_head(node: ast.stmt, tree: ast.Module) -> bool:
    """Whether a statement must stay in front of imports: the docstring, `from __future__ import`."""
    if isinstance(node, ast.ImportFrom):
        return node.module == "__future__"
    return node is tree.body[0] and ast.get_docstring(tree, clean=False) is not None
