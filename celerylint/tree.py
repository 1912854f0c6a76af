"""One walk over a tree: parents, nodes by type and scopes, for everything that looks at the file later."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import field
from typing import Any

from celerylint.bindings import BINDERS
from celerylint.records import dataclass
from celerylint.scopes import Scope, ScopeKind

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef

SCOPES: dict[type[ast.AST], ScopeKind] = {
    ast.FunctionDef: "function",
    ast.AsyncFunctionDef: "function",
    ast.Lambda: "lambda",
    ast.ClassDef: "class",
    ast.ListComp: "comprehension",
    ast.SetComp: "comprehension",
    ast.DictComp: "comprehension",
    ast.GeneratorExp: "comprehension",
}

# Fields that are evaluated in the scope that a node makes; of parameters those evaluated around it.
SPLIT: dict[type[ast.AST], tuple[str, ...]] = {
    **{kind: ("elt", "key", "value", "generators") for kind, scope in SCOPES.items() if scope == "comprehension"},
    **{kind: ("args", "body") for kind, scope in SCOPES.items() if scope in {"function", "lambda"}},
    ast.ClassDef: ("body",),
    ast.arguments: ("defaults", "kw_defaults"),
    ast.arg: ("annotation",),
}

NO_NODES = frozenset(
    {
        "ctx",
        "op",
        "ops",
        "type_comment",
        "kind",
        "conversion",
        "is_async",
        "simple",
        "level",
        "id",
        "attr",
        "module",
        "n",
        "s",
    }
)
CHILDREN: dict[type[ast.AST], tuple[str, ...]] = {}
# Half of all nodes: they hold no others, and the walk notes them with the node that holds them.
LEAVES: frozenset[type[ast.AST]] = frozenset({ast.Name, ast.Constant})


def children(kind: type[ast.AST]) -> tuple[str, ...]:
    """The fields of a node type that hold nodes, in source order as far as `_fields` has it."""
    fields = tuple(name for name in kind._fields if name not in NO_NODES)
    if kind in {ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef}:
        fields = ("decorator_list", *(name for name in fields if name != "decorator_list"))
    CHILDREN[kind] = fields
    return fields


@dataclass(slots=True, eq=False)
class Tree:
    """A module's nodes, arranged."""

    module: ast.Module
    parents: dict[ast.AST, ast.AST]
    by_type: dict[type[ast.AST], list[ast.AST]]
    scopes: dict[ast.AST, Scope]
    evaluated: dict[ast.AST, Scope]
    sorted: set[type[ast.AST]] = field(default_factory=set)

    def of_type(self, kind: type[ast.AST]) -> list[ast.AST]:
        """All nodes of exactly this type, in source order."""
        if kind in LEAVES and kind not in self.sorted:
            self.by_type[kind].sort(key=position)
            self.sorted.add(kind)
        return self.by_type.get(kind, [])

    def ancestors(self, node: ast.AST) -> Iterator[ast.AST]:
        """The nodes around a node, innermost first."""
        parents = self.parents
        while (above := parents.get(node)) is not None:
            yield above
            node = above

    def scope(self, node: ast.AST) -> Scope:
        """The scope in which an expression or statement is evaluated.

        Decorators, defaults, annotations and bases belong to the scope around the definition.
        """
        return self.evaluated[node]

    def statement(self, node: ast.AST) -> ast.stmt:
        """The innermost statement that a node is part of."""
        while not isinstance(node, ast.stmt):
            node = self.parents[node]
        return node


def position(node: Any) -> tuple[int, int]:
    """The line and byte where a node begins."""
    return node.lineno, node.col_offset


def arrange(module: ast.Module) -> Tree:
    """Walk a module once."""
    top = Scope("module", module, None)
    tree = Tree(module, {}, {kind: [] for kind in LEAVES}, {module: top}, {})
    parents, by_type, evaluated = tree.parents, tree.by_type, tree.evaluated
    stack: list[tuple[ast.AST, Scope]] = [(module, top)]
    while stack:
        node, scope = stack.pop()
        kind = node.__class__
        evaluated[node] = scope
        if kind in by_type:
            by_type[kind].append(node)
        else:
            by_type[kind] = [node]
        if kind in BINDERS:
            BINDERS[kind](node, scope)
        within = inner_scopes(node, scope, tree) if kind in SPLIT else {}
        pending: list[tuple[ast.AST, Scope]] = []
        for name in CHILDREN[kind] if kind in CHILDREN else children(kind):
            value: Any = getattr(node, name, None)
            if value is None:
                continue
            inner = within.get(name, scope) if within else scope
            held: list[Any] = value if value.__class__ is list else [value]
            for child in held:
                if child.__class__ in LEAVES:
                    parents[child], evaluated[child] = node, inner
                    by_type[child.__class__].append(child)
                elif isinstance(child, ast.AST):
                    parents[child] = node
                    pending.append((child, inner))
        pending.reverse()
        stack += pending
    return tree


def inner_scopes(node: ast.AST, scope: Scope, tree: Tree) -> dict[str, Scope]:
    """The fields of a node that are evaluated in another scope than the node itself, with that scope."""
    kind = node.__class__
    if kind in {ast.arguments, ast.arg}:
        return dict.fromkeys(SPLIT[kind], scope.parent or scope)
    inner = tree.scopes[node] = Scope(SCOPES[kind], node, scope, qualname(node, scope))
    return dict.fromkeys(SPLIT[kind], inner)


def qualname(node: ast.AST, scope: Scope) -> str:
    """The qualname of a definition, dotted, without `<locals>`; a lambda's and comprehension's are those around it."""
    name = getattr(node, "name", None)
    if not isinstance(name, str):
        return scope.qualname
    return f"{scope.qualname}.{name}" if scope.qualname else name
