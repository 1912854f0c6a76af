"""What the running Python reads."""

from __future__ import annotations

import ast
import sys
import warnings
from typing import TypeAlias

Version: TypeAlias = tuple[int, int]

HOST: Version = sys.version_info[:2]


def host_tree(text: str) -> ast.Module:
    """The tree as this Python reads the text. Raises SyntaxError for all that it cannot; gives no warnings."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return ast.parse(text)
        except (RecursionError, MemoryError):
            raise SyntaxError("nested too deeply to be parsed", ("<unknown>", 1, 1, "")) from None
        except UnicodeEncodeError:
            raise SyntaxError("a lone surrogate, which is no character", ("<unknown>", 1, 1, "")) from None
        except ValueError as error:
            raise SyntaxError(str(error), ("<unknown>", 1, 1, "")) from None


def host_reads(expression: str) -> bool:
    """Whether this Python can parse an expression, which may span lines."""
    try:
        host_tree(f"({expression}\n)")
    except SyntaxError:
        return False
    return True
