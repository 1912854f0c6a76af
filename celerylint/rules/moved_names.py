"""Imported names that Celery has elsewhere today: which of them move, for fixers.

A name that has another one today is renamed where it is used, unless it has an alias already or is known outside of
its module: then it keeps the name that it goes by.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import TypeAlias

from celerylint import celery_data
from celerylint.edits import Edit
from celerylint.file import File
from celerylint.imports import Known
from celerylint.index import Index
from celerylint.records import dataclass
from celerylint.rules.old_names import alias_name
from celerylint.rules.old_schedules import PERIODIC, is_plain
from celerylint.values import Name

Statement: TypeAlias = ast.Import | ast.ImportFrom

BUILTINS = "builtins."
APP = "celery.current_app"
SHARED = "celery.shared_task"


@dataclass(frozen=True, slots=True)
class Move:
    """A name that an import statement has to take from elsewhere.

    `old` is what it imports, `local` what the module calls that, `new` the drop-in. `uses` are the expressions that
    mean it, each with its own drop-in. `keeps` says that `local` stays.
    """

    alias: ast.alias
    old: str
    local: str
    new: str
    uses: tuple[tuple[ast.expr, str], ...]
    keeps: bool = False

    @property
    def is_plain(self) -> bool:
        """Whether one import of the drop-in gives all that is needed."""
        names = all(isinstance(node, ast.Name) and new == self.new for node, new in self.uses)
        return names and not self.new.startswith((BUILTINS, f"{APP}."))

    @property
    def last(self) -> str:
        """The drop-in's own name."""
        return self.new.rpartition(".")[2]

    @property
    def module(self) -> str:
        """The drop-in's module."""
        return self.new.rpartition(".")[0]

    def is_imported_by(self, node: Statement) -> bool:
        """Whether a statement imports it under the name that it is to go by."""
        wanted = self.local if self.keeps else self.last
        same = isinstance(node, ast.ImportFrom) and node.module == self.module and not node.level
        return same and any(alias.name == self.last and (alias.asname or alias.name) == wanted for alias in node.names)

    @property
    def imported(self) -> str:
        """What an import from the drop-in's module has to say."""
        return f"{self.last} as {self.local}" if self.keeps and self.local != self.last else self.last

    def renamings(self, file: File) -> Iterator[Edit]:
        """The edits of its uses after an import of its own."""
        if not self.keeps and self.local != self.last:
            yield from (Edit(file.span(node), self.last) for node, _ in self.uses)


def drop_in(dotted: str) -> str:
    """What takes the place of an old name, "" where nothing does."""
    if dotted == "celery.task":
        # The module could be called, and was the decorator then (celery.task.module, 4.4).
        return SHARED
    row = celery_data.removed_api().get(dotted)
    return row.replacement if row is not None else ""


def is_module(dotted: str) -> bool:
    """Whether an old name is that of a module with old names in it."""
    last = dotted.rpartition(".")[2]
    return last.islower() and any(name.startswith(f"{dotted}.") for name in celery_data.removed_api())


def replaced(node: ast.expr, dotted: str, file: File) -> tuple[ast.expr, str] | None:
    """The longest old name that an expression is part of, with its drop-in: "" where none is old, None without one."""
    chain = [(node, dotted)]
    while isinstance(above := file.parent(node), ast.Attribute):
        node, dotted = above, f"{dotted}.{above.attr}"
        chain.append((node, dotted))
    old = [place for place, (_, name) in enumerate(chain) if name in celery_data.removed_api()]
    if not old:
        return chain[0][0], ""
    node, dotted = chain[old[-1]]
    if is_module(dotted) and old[-1] + 1 < len(chain):
        return None
    return (node, drop_in(dotted)) if drop_in(dotted) else None


# Which names move


def moves(statement: Statement, file: File, index: Index) -> list[Move]:
    """What of a statement can be taken from elsewhere."""
    package = file.module if file.package else file.module.rpartition(".")[0]
    known = Known.of(file.tree, package)
    found = (move(statement, alias, file, index) for alias in statement.names)
    return [
        # The new name may mean something else in the module.
        replace(each, keeps=each.keeps or (each.last != each.local and not known.free_for(each.last, each.new)))
        for each in found
        if each is not None
    ]


def move(statement: Statement, alias: ast.alias, file: File, index: Index) -> Move | None:
    """Where a name that a statement imports is to come from; None where nothing takes the place of all its uses."""
    old = alias_name(statement, alias, file)
    if old not in celery_data.removed_api() or alias.name == "*":
        return None
    whole = isinstance(statement, ast.Import) and not alias.asname
    meaning = old.partition(".")[0] if whole else old
    local = alias.asname or meaning.rpartition(".")[2]
    names = names_of(statement, local, meaning, file)
    found = [successor(node, old, meaning, file, index) for node in names]
    uses = tuple(use for use in found if use is not None and use[1])
    new = next((new for _, new in uses), SHARED if old in PERIODIC else drop_in(old))
    made = Move(alias, old, local, new, uses)
    if None in found or not new:
        return None
    if whole:
        return made
    elsewhere = is_known_elsewhere(local, statement, file, index)
    return (
        None
        if elsewhere and (not made.is_plain or old in PERIODIC)
        else replace(made, keeps=elsewhere or bool(alias.asname))
    )


def successor(node: ast.expr, old: str, dotted: str, file: File, index: Index) -> tuple[ast.expr, str] | None:
    """What takes the place of an expression that means an imported name, as `replaced` answers."""
    if old in PERIODIC:
        return (node, SHARED) if is_plain(node, file, index) else None
    return replaced(node, dotted, file)


def names_of(statement: Statement, local: str, dotted: str, file: File) -> Iterator[ast.Name]:
    """The expressions that mean what a statement binds to a name."""
    inside = file.function_node(statement)
    for node in file.nodes(ast.Name):
        meant = node.id == local and isinstance(node.ctx, ast.Load) and file.value(node) == Name(dotted)
        if meant and (inside is None or inside in file.ancestors(node)):
            yield node


def is_known_elsewhere(local: str, statement: Statement, file: File, index: Index) -> bool:
    """Whether a name is bound otherwise too, stands in `__all__`, or is taken from this module by another one."""
    if len(file.scope(statement).bindings.get(local, [])) > 1 or is_exported(local, file):
        return True
    if any(f"{file.module}.{local}" in facts.imports.values() or file.module in facts.stars for facts in index.facts):
        return True
    mention = re.compile(rf"\b{re.escape(file.module.rpartition('.')[2])}\b.*\b{re.escape(local)}\b".encode())
    others = (path for path in index.modules.relatives if path != file.path)
    return any(mention.search(data) for path in others if (data := index.read(path)) and local.encode() in data)


def is_exported(local: str, file: File) -> bool:
    """Whether `__all__` has a name."""
    for node in file.nodes(ast.Assign, ast.AugAssign, ast.AnnAssign):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        if any(isinstance(target, ast.Name) and target.id == "__all__" for target in targets):
            return any(isinstance(part, ast.Constant) and part.value == local for part in ast.walk(node))
    return False
