"""Scopes of a module, and what is bound in them."""

from __future__ import annotations

import ast
from dataclasses import field
from typing import Literal, TypeAlias

from celerylint.records import dataclass

ScopeKind: TypeAlias = Literal["module", "class", "function", "lambda", "comprehension"]
BindingKind: TypeAlias = Literal[
    "import", "assign", "iterate", "enter", "parameter", "function", "class", "caught", "other"
]


@dataclass(slots=True, eq=False)
class Binding:
    """A place that gives a name a value. `node` is what binds it, `value` the expression it comes from.

    `path` are the indexes into that expression's items where it is unpacked (-1: cannot be told).
    """

    kind: BindingKind
    node: ast.AST
    value: ast.expr | None = None
    path: tuple[int, ...] = ()
    target: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Growth:
    """What is put into a container after it was made: under `key` in a dict; `many` where `value` holds what is
    added; `out` where it is taken out instead."""

    value: ast.expr
    key: ast.expr | None = None
    many: bool = False
    out: bool = False


@dataclass(slots=True, eq=False)
class Scope:
    """A scope with what is bound in it. `qualname` has no `<locals>`; "" for the module's."""

    kind: ScopeKind
    node: ast.AST
    parent: Scope | None
    qualname: str = ""
    bindings: dict[str, list[Binding]] = field(default_factory=dict)
    outer: set[str] = field(default_factory=set)
    grown: dict[str, list[Growth]] = field(default_factory=dict)

    def bind(self, name: str, binding: Binding) -> None:
        if name in self.bindings:
            self.bindings[name].append(binding)
        else:
            self.bindings[name] = [binding]

    def grow(self, name: str, growths: list[Growth]) -> None:
        """Note that more is put into what a name stands for here, with the scope that binds it."""
        owner: Scope | None = self
        while owner is not None and name not in owner.bindings:
            owner = owner.parent
        (owner or self).grown.setdefault(name, []).extend(growths)

    @property
    def function(self) -> Scope | None:
        """This scope or the nearest one around it that is a function."""
        scope: Scope | None = self
        while scope is not None and scope.kind != "function":
            scope = scope.parent
        return scope
