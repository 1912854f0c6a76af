r"""Read Python that is newer than the one this runs on.

Where `ast` refuses a file, the few forms that newer Pythons added are replaced by older ones of the same
length in bytes, so that every position stays; what is lost by that is put back into the tree.

| form | since | becomes | in the tree |
| --- | --- | --- | --- |
| `except* A:` | 3.11 | `except  A:` | a plain `Try` |
| `x[*a]`, `*args: *Ts` | 3.11 | `x[ a]` | without `Starred` |
| f-strings of PEP 701 | 3.12 | a marker | a `JoinedStr`, its expressions parsed on their own |
| `def f[T](x)`, `class C[T]` | 3.12, with defaults 3.13 | `def f(   x)` | without type parameters |
| `type X[T] = ...` | 3.12, with defaults 3.13 | `type;X[0] = ...` | an `Assign` |
| `except A, B:` | 3.14 | `except A\| B:` | a `Tuple` |
| t-strings | 3.14 | a marker | a `TemplateStr` |
| `lazy import x` | 3.15 | `lazy;import x` | an `Import` |

Sources: PEP 646, 654, 695, 696, 701, 750, 758, 810.
"""

from __future__ import annotations

import ast

from celerylint.lexing import LexError
from celerylint.lowering.errors import explained
from celerylint.lowering.forms import lower
from celerylint.lowering.fstrings import Unreadable
from celerylint.lowering.host import host_tree
from celerylint.lowering.restore import restored

__all__ = ["parse"]


def parse(text: str) -> ast.Module:
    """The tree of Python text of any version that can be read. Raises SyntaxError, placed in the text."""
    try:
        return host_tree(text)
    except SyntaxError as error:
        first = error
    try:
        lowered = lower(text)
    except LexError:
        raise explained(first, text) from None
    if not lowered.edits:
        raise explained(first, text) from None
    try:
        return restored(host_tree(lowered.result), lowered, parse)
    except (Unreadable, RecursionError):
        raise explained(first, text, needs=lowered.needs) from None
    except SyntaxError as error:
        raise explained(error, text, lowered.result, lowered.needs) from None
