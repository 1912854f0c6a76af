"""For rules about calls that raise: whether the code around one waits for just that."""

from __future__ import annotations

import ast

from celerylint.file import File


def expects_error(node: ast.AST, file: File) -> bool:
    """Whether code around a node waits for an error: `pytest.raises`, `assertRaises`, `except TypeError`."""
    child = node
    for above in file.ancestors(node):
        if isinstance(above, ast.With | ast.AsyncWith) and raises(above, file):
            return True
        if isinstance(above, ast.Try) and child in above.body and catches(above, file):
            return True
        child = above
    return False


def raises(block: ast.With | ast.AsyncWith, file: File) -> bool:
    called = [item.context_expr for item in block.items if isinstance(item.context_expr, ast.Call)]
    return any("raises" in file.text(call.func).lower() for call in called)


def catches(block: ast.Try, file: File) -> bool:
    return any(handler.type is not None and "TypeError" in file.text(handler.type) for handler in block.handlers)
