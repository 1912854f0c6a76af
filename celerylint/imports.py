"""Adding an import to a module: which name it gives, and the edits that put it where a person would have.

An import or alias that is there is used. Nothing is put into `if TYPE_CHECKING`, `try` or a function, and
no name is taken that the module or Python itself uses for something else.
"""

from __future__ import annotations

import ast
import builtins
import itertools
import keyword
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import lru_cache

from celerylint.diff import edits_between
from celerylint.edits import Edit, apply
from celerylint.file import below
from celerylint.lowering import parse
from celerylint.placing import Import, Place, added, top_level
from celerylint.records import dataclass
from celerylint.source import Source

TAKEN = frozenset(dir(builtins)) | frozenset(keyword.kwlist)


def ensure(
    source: Source, tree: ast.Module, dotted: str, *, package: str = "", before: int = 0, exact: bool = False
) -> tuple[tuple[Edit, ...], str | None]:
    """The edits that make `module.name` (or a bare module) usable in a module, and what it is called there.

    `package` is what the module's relative imports start from. Imports from line `before` on are not counted
    on (0: all are). `exact` asks for the last part of `dotted` and no other name; the name returned is None
    where that one is taken.
    """
    return usable(source, tree, Known.of(tree, package), dotted, before, exact)


def usable(
    source: Source, tree: ast.Module, known: Known, dotted: str, before: int, exact: bool
) -> tuple[tuple[Edit, ...], str | None]:
    """`ensure` for a module whose names are known."""
    places = [place for place in top_level(source, tree) if not before or place.node.lineno < before]
    module, _, last = dotted.rpartition(".")
    if (name := known.bound_to(places, dotted, last if exact else "")) is not None:
        return (), name
    if not exact and module and (name := known.bound_to(places, module, "")) is not None:
        return (), f"{name}.{last}"
    if known.free_for(last, dotted):
        return added(source, tree, places, dotted, last), last
    if exact:
        return (), None
    name = known.unused(dotted)
    return added(source, tree, places, dotted, name), name


def ensure_all(
    source: Source,
    tree: ast.Module,
    names: Sequence[str],
    *,
    package: str = "",
    before: int = 0,
    exact: Collection[str] = (),
) -> tuple[tuple[Edit, ...], dict[str, str | None]]:
    """`ensure` for several names at once: the edits together, and what each name is called."""
    found: dict[str, str | None] = {}
    now, known, edits = source, Known.of(tree, package), tuple[Edit, ...]()
    for dotted in dict.fromkeys(names):
        if edits:
            now = Source.from_text(source.path, apply(now, edits), source.encoding, source.bom)
            tree = parse(now.text)
        line = before and before + len(now.starts) - len(source.starts)
        edits, name = usable(now, tree, known, dotted, line, dotted in exact)
        found[dotted] = name
        known = known.binding(name, dotted) if edits and name is not None else known
    return (edits if now is source else edits_between(source, apply(now, edits))), found


@dataclass(frozen=True, slots=True)
class Known:
    """What the names of a module mean, in any of its scopes.

    `bound` holds what each is bound to: the dotted name of an import, "" for anything else. `used` are the
    names that are read. `package` is what relative imports start from.
    """

    bound: dict[str, set[str]]
    used: frozenset[str]
    package: str

    @staticmethod
    @lru_cache(maxsize=4)
    def of(tree: ast.Module, package: str) -> Known:
        """The names of a module; remembered for the few modules that fixes are being made for."""
        bound: dict[str, set[str]] = {}
        used = set()
        for node in below(tree, nested=True):
            match node:
                case ast.Import() | ast.ImportFrom():
                    for name, dotted in bindings(node, package):
                        bound.setdefault(name, set()).add(dotted)
                case ast.Name(id=name, ctx=ast.Load()):
                    used.add(name)
                case ast.alias():
                    pass
                case _:
                    for name in names_of(node):
                        bound.setdefault(name, set()).add("")
        return Known(bound, frozenset(used), package)

    def binding(self, name: str, dotted: str) -> Known:
        """The same with one more import."""
        return replace(self, bound={**self.bound, name: {*self.bound.get(name, ()), dotted}})

    def free_for(self, name: str, dotted: str) -> bool:
        """Whether a name may be bound to an import: it means that already, or nothing."""
        if name in self.bound:
            return self.bound[name] == {dotted}
        return name not in self.used and name not in TAKEN

    def unused(self, dotted: str) -> str:
        """Another name for an import: `celery.exceptions.TimeoutError` becomes `CeleryTimeoutError`."""
        top, last = dotted.partition(".")[0], dotted.rpartition(".")[2]
        name = top.title().replace("_", "") + last if last[:1].isupper() else f"{top}_{last}"
        candidates = itertools.chain([name], (f"{name}_{number}" for number in itertools.count(2)))
        return next(candidate for candidate in candidates if self.free_for(candidate, dotted))

    def bound_to(self, places: Iterable[Place], dotted: str, wanted: str) -> str | None:
        """A name (`wanted`, if given) that top-level imports give a dotted name, and nothing else has."""
        for place in places:
            for name, meaning in bindings(place.node, self.package):
                if meaning == dotted and self.bound[name] == {dotted} and wanted in ("", name):
                    return name
            if not wanted and dotted in submodules(place.node) and self.only_module(dotted):
                return dotted
        return None

    def only_module(self, dotted: str) -> bool:
        """Whether the first part of a dotted name is the package of that name and nothing else."""
        top = dotted.partition(".")[0]
        return self.bound.get(top) == {top}


def submodules(node: Import) -> list[str]:
    """The modules that an import makes usable under their whole names: `import a.b`."""
    return [alias.name for alias in node.names if not alias.asname] if isinstance(node, ast.Import) else []


def names_of(node: ast.AST) -> Iterator[str]:
    """The names that a node other than an import binds or declares."""
    match node:
        case ast.Name(id=name) | ast.arg(arg=name):
            yield name
        case ast.Global(names=names) | ast.Nonlocal(names=names):
            yield from names
        case _:
            # Definitions, `except … as name`, captures of patterns, type parameters.
            named = (getattr(node, field, None) for field in ("name", "rest"))
            yield from (name for name in named if isinstance(name, str))


def bindings(node: Import, package: str) -> Iterator[tuple[str, str]]:
    """What an import binds: (name, the dotted name it stands for, "" where that is not known)."""
    for alias in node.names:
        if isinstance(node, ast.Import):
            top = alias.name.partition(".")[0]
            yield alias.asname or top, alias.name if alias.asname else top
        elif alias.name != "*":
            module = module_of(node, package)
            yield alias.asname or alias.name, f"{module}.{alias.name}" if module else ""


def module_of(node: ast.ImportFrom, package: str) -> str:
    """The absolute name of what `from … import` reads from; "" where that is not known."""
    if not node.level:
        return node.module or ""
    parts = package.split(".") if package else []
    if len(parts) < node.level:
        return ""
    return ".".join([*parts[: len(parts) - node.level + 1], *([node.module] if node.module else [])])
