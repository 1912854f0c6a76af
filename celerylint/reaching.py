"""Which of a scope's bindings may give a name its value at a place."""

from __future__ import annotations

import ast

from celerylint.scopes import Binding
from celerylint.tree import Tree


def reaching_bindings(tree: Tree, bindings: list[Binding], node: ast.AST) -> list[Binding]:
    """The bindings of a scope that may give the value at a node: the last before it that it cannot avoid,
    those after that one, and later ones of a loop around both."""
    if len(bindings) == 1:
        return bindings
    around = [node, *tree.ancestors(node)]
    position = (getattr(node, "lineno", 0), getattr(node, "col_offset", 0))
    before: list[Binding] = []
    after: list[Binding] = []
    for binding in bindings:
        (before if binding_position(binding) <= position and not assigns_around(binding, around) else after).append(
            binding
        )
    reaching: list[Binding] = []
    for binding in reversed(before):
        reaching.append(binding)
        if unavoidable(tree, binding, around):
            break
    loops = [above for above in around if isinstance(above, ast.For | ast.AsyncFor | ast.While)]
    if loops:
        inside = set(loops)
        reaching += [b for b in after if not inside.isdisjoint(tree.ancestors(b.node))]
    return reaching or bindings


def binding_position(binding: Binding) -> tuple[int, int]:
    node = binding.node
    if isinstance(node, ast.comprehension):
        return (0, 0)
    return getattr(node, "lineno", 0), getattr(node, "col_offset", 0)


def assigns_around(binding: Binding, around: list[ast.AST]) -> bool:
    """Whether the node is part of the assignment itself: `x = f(x)` reads the x before."""
    return binding.kind == "assign" and binding.node in around


def unavoidable(tree: Tree, binding: Binding, around: list[ast.AST]) -> bool:
    """Whether each way to the node passes the binding: the block it stands in is around the node."""
    block: ast.AST = binding.node
    if isinstance(block, ast.arg | ast.comprehension) or block in around:
        return True
    block = tree.statement(block)
    while (parent := tree.parents.get(block)) is not None and parent not in around:
        if not isinstance(parent, ast.With | ast.AsyncWith):
            return False
        block = parent
    if parent is None or not isinstance(parent, BRANCHING):
        return True
    child = around[around.index(parent) - 1]
    return any(block in body and child in body for body in blocks(parent))


BRANCHING = (ast.If, ast.For, ast.AsyncFor, ast.While, ast.Try, ast.ExceptHandler, ast.Match, ast.match_case)


def blocks(node: ast.AST) -> list[list[ast.AST]]:
    """The statement lists of a compound statement."""
    found = (getattr(node, name, None) for name in ("body", "orelse", "finalbody", "handlers"))
    return [block for block in found if isinstance(block, list)]
