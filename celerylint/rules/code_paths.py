"""For rules that leave tests alone: which files are tests."""

from __future__ import annotations

from celerylint.index import Index


def is_test(path: str, index: Index) -> bool:
    """Whether a shown path is that of a test or of what tests use."""
    return index.modules.is_test(path)
