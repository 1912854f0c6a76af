"""celerylint reads a project's code and deployment files and says what its Celery tasks will do in production."""

from __future__ import annotations

__version__ = "0.1.0"

DOCS = "https://celerylint.readthedocs.io"
ISSUES = "https://github.com/celerylint/celerylint/issues"
