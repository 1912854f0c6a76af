"""What a function does only if its caller wants it: under tests of its parameters."""

from __future__ import annotations

import ast
from typing import TypeAlias

from celerylint.file import File

AnyFunction: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef
TESTS = (ast.If, ast.IfExp, ast.While)
LEAVING = (ast.Return, ast.Raise, ast.Continue, ast.Break)


def functions_with_tests(file: File) -> set[ast.AST]:
    """The functions that test an optional parameter anywhere."""
    return {
        function
        for node in file.nodes(*TESTS)
        if (function := file.function_node(node)) is not None and mentions(node.test, optional(function.args))
    }


def is_optional(file: File, node: ast.AST) -> bool:
    """Whether a function runs a node only for some values of an optional parameter."""
    function = file.function_node(node)
    return function is not None and depends(file, node, function, optional(function.args))


def is_tested(file: File, node: ast.AST) -> bool:
    """Whether a function runs a node only for some values of any of its parameters."""
    function = file.function_node(node)
    return function is not None and depends(file, node, function, parameters(function.args))


def depends(file: File, node: ast.AST, function: AnyFunction, names: set[str]) -> bool:
    """Whether a node stands in a branch that a test of some names decides over, or behind an early end that an optional
    parameter does."""
    flags, child = optional(function.args), node
    for above in file.ancestors(node):
        if isinstance(above, TESTS) and child is not above.test and mentions(above.test, names):
            return True
        if any(ends_early(before, flags) for before in earlier(above, child)):
            return True
        if above is function:
            break
        child = above
    return False


def parameters(args: ast.arguments) -> set[str]:
    plain = [*args.posonlyargs, *args.args, *args.kwonlyargs]
    return {arg.arg for arg in [*plain, args.vararg, args.kwarg] if arg is not None}


def optional(args: ast.arguments) -> set[str]:
    """The parameters whose default is a literal."""
    plain = [*args.posonlyargs, *args.args]
    pairs = [
        *zip(reversed(plain), reversed(args.defaults), strict=False),
        *zip(args.kwonlyargs, args.kw_defaults, strict=True),
    ]
    return {arg.arg for arg, default in pairs if isinstance(default, ast.Constant)}


def mentions(test: ast.expr, names: set[str]) -> bool:
    return any(isinstance(part, ast.Name) and part.id in names for part in ast.walk(test))


def earlier(above: ast.AST, child: ast.AST) -> list[ast.stmt]:
    """The statements before a statement in the same block."""
    for name in ("body", "orelse", "finalbody"):
        block = getattr(above, name, None)
        if isinstance(block, list) and child in block:
            return block[: block.index(child)]
    return []


def ends_early(statement: ast.stmt, flags: set[str]) -> bool:
    """Whether a statement leaves the block where an optional parameter says so."""
    return isinstance(statement, ast.If) and isinstance(statement.body[-1], LEAVING) and mentions(statement.test, flags)
