"""The dataclasses of this package: what is frozen is held to that by the type checker, not at run time.

At run time `frozen=True` doubles what it costs to make an instance, and to define the class; a run makes hundreds
of thousands of instances, and every start defines a few hundred classes. Equality and hashes are those of a frozen
dataclass.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass
else:
    import dataclasses

    def dataclass(*, frozen: bool = False, eq: bool = True, **options: bool):
        """`dataclasses.dataclass`, called with its options."""
        return dataclasses.dataclass(eq=eq, unsafe_hash=frozen and eq, **options)
