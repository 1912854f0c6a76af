"""One parsed Python file, as rules and fixers see it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cached_property
from typing import Any, TypeVar, overload

from celerylint.names import Locator, Names
from celerylint.scopes import Scope
from celerylint.source import Located, Source, Span
from celerylint.tree import CHILDREN, FunctionNode, Tree, arrange, children
from celerylint.values import Value

A = TypeVar("A", bound=ast.AST)
LOCATED = (ast.expr, ast.stmt, ast.excepthandler, ast.keyword, ast.arg)


class File:
    """A source with its tree. `module` is its dotted name in the project; the tree is never changed."""

    def __init__(self, source: Source, tree: ast.Module, module: str, package: bool, locator: Locator) -> None:
        self.source, self.tree, self.module, self.package = source, tree, module, package
        self.path = source.path
        self.arranged: Tree = arrange(tree)
        self.names = Names(self.arranged, module, source.path, locator, source.span)
        self.values: dict[ast.expr, Value] = {}
        self.bodies: dict[tuple[ast.AST, bool], list[ast.AST]] = {}
        self.by_start: dict[type[ast.AST], dict[tuple[int, int], list[Any]]] = {}

    @overload
    def nodes(self, kind: type[A], /) -> list[A]: ...
    @overload
    def nodes(self, *kinds: type[ast.AST]) -> list[Any]: ...
    def nodes(self, *kinds: type[ast.AST]) -> list[Any]:
        """All nodes of exactly these types, in source order for each type."""
        return [node for kind in kinds for node in self.arranged.of_type(kind)]

    def parent(self, node: ast.AST) -> ast.AST | None:
        return self.arranged.parents.get(node)

    def ancestors(self, node: ast.AST) -> Iterator[ast.AST]:
        """The nodes around a node, innermost first."""
        return self.arranged.ancestors(node)

    def statement(self, node: ast.AST) -> ast.stmt:
        """The innermost statement that a node is part of."""
        return self.arranged.statement(node)

    def scope(self, node: ast.AST) -> Scope:
        """The scope in which a node is evaluated."""
        return self.arranged.scope(node)

    def function_node(self, node: ast.AST) -> ast.FunctionDef | ast.AsyncFunctionDef | None:
        """The function in whose body a node runs (lambdas and comprehensions count to the function around)."""
        scope = self.scope(node).function
        return scope.node if scope is not None and isinstance(scope.node, FunctionNode) else None

    def function_key(self, node: ast.AST) -> str:
        """The key of the function in whose body a node runs, "" at module or class level."""
        scope = self.scope(node).function
        return "" if scope is None else f"{self.module}:{scope.qualname}"

    def value(self, node: ast.expr) -> Value:
        """What an expression is known to be: names resolved, local variables followed. Worked out once, as many
        rules ask."""
        if node not in self.values:
            self.values[node] = self.names.value(node)
        return self.values[node]

    def callee(self, node: ast.Call) -> Value:
        """What a call calls."""
        return self.value(node.func)

    def span(self, node: Located) -> Span:
        return self.source.span(node)

    def text(self, node: Located) -> str:
        """The source of a node."""
        return self.source.cut(self.source.span(node))

    def symbol_at(self, span: Span) -> str:
        """The dotted name of the innermost definition around a place, else the module's."""
        best, size = self.module, 1 << 60
        for first, last, name in self.definitions:
            if first <= span.line <= last and last - first < size:
                best, size = name, last - first
        return best

    @cached_property
    def definitions(self) -> list[tuple[int, int, str]]:
        found = []
        for node, scope in self.arranged.scopes.items():
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
                found.append((first, node.end_lineno or node.lineno, f"{self.module}.{scope.qualname}"))
        return found

    @cached_property
    def definition_nodes(self) -> dict[str, ast.AST]:
        """Functions and classes by qualname; of several with one name the last, as at run time."""
        return {
            scope.qualname: node
            for node, scope in self.arranged.scopes.items()
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        }

    def definition(self, key: str) -> ast.AST | None:
        """The definition with a key (`module:qualname`), if it stands in this file."""
        module, _, qualname = key.partition(":")
        return self.definition_nodes.get(qualname) if module == self.module else None

    def body(self, key: str) -> ast.FunctionDef | ast.AsyncFunctionDef | None:
        """The function with a key, if it stands in this file."""
        node = self.definition(key)
        return node if isinstance(node, FunctionNode) else None

    def starting(self, kind: type[ast.AST]) -> dict[tuple[int, int], list[Any]]:
        """The nodes of exactly one type by the line and byte where they begin."""
        if kind not in self.by_start:
            index: dict[tuple[int, int], list[Any]] = {}
            nodes: list[Any] = self.nodes(kind)
            for node in nodes:
                index.setdefault((node.lineno, node.col_offset), []).append(node)
            self.by_start[kind] = index
        return self.by_start[kind]

    @overload
    def node_at(self, span: Span, kind: type[A], /) -> A | None: ...
    @overload
    def node_at(self, span: Span, *kinds: type[ast.AST]) -> Any: ...
    def node_at(self, span: Span, *kinds: type[ast.AST]) -> Any:
        """The node of one of these types with exactly that span."""
        byte = span.column - 1
        if not self.source.ascii:
            byte = len(self.source.line(span.line)[: span.column - 1].encode())
        for kind in self.arranged.by_type:
            if issubclass(kind, LOCATED) and (not kinds or issubclass(kind, kinds)):
                for node in self.starting(kind).get((span.line, byte), ()):
                    # Up to Python 3.11 the parts of an f-string claim to stand where the whole of it does.
                    part = isinstance(node, ast.expr) and isinstance(self.parent(node), ast.JoinedStr)
                    if self.source.span(node) == span and not part:
                        return node
        return None

    def within(self, root: ast.AST, *kinds: type[ast.AST], nested: bool = False) -> Iterator[Any]:
        """The nodes of some types below a function or statement, in source order.

        Bodies of functions and classes defined there are left out unless `nested`; lambdas and
        comprehensions always belong to what is around them.
        """
        key = (root, nested)
        if key not in self.bodies:
            self.bodies[key] = list(below(root, nested))
        return (node for node in self.bodies[key] if isinstance(node, kinds))


def below(root: ast.AST, nested: bool) -> Iterator[ast.AST]:
    """The nodes below one, in source order; of a function, those of its body."""
    stack = list(reversed(root.body)) if isinstance(root, FunctionNode) else children_of(root)
    while stack:
        node = stack.pop()
        if nested or not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node
            stack += children_of(node)


def children_of(node: ast.AST) -> list[ast.AST]:
    """The nodes right below one, the last first."""
    kind = node.__class__
    found: list[ast.AST] = []
    for name in CHILDREN[kind] if kind in CHILDREN else children(kind):
        value = getattr(node, name, None)
        if value.__class__ is list:
            found += [child for child in value if isinstance(child, ast.AST)]
        elif isinstance(value, ast.AST):
            found.append(value)
    found.reverse()
    return found
