"""Folders of a project that are on Python's path, as its `manage.py` files tell."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

SETTINGS = re.compile(rb"""DJANGO_SETTINGS_MODULE["'](?:\])?\s*[,=]\s*["']([\w.]+)["']""")
NAME = "/manage.py"


def found(paths: Iterable[str], read: Callable[[str], bytes | None]) -> tuple[str, ...]:
    """The folders whose `manage.py` names settings that are a module below it, inner ones first.

    `paths` are below the project's root, with `/`; `read` gives the content of one. Whoever runs `manage.py` has its
    folder on the path, so modules there are imported without the folder's name, even if an `__init__.py` stands in it.
    """
    known = set(paths)
    folders = sorted((path.removesuffix(NAME) for path in known if path.endswith(NAME)), reverse=True)
    return tuple(folder for folder in folders if is_root(folder, known, read(f"{folder}{NAME}") or b""))


def is_root(folder: str, known: set[str], script: bytes) -> bool:
    for match in SETTINGS.finditer(script):
        stem = f"{folder}/{match[1].decode().replace('.', '/')}"
        if not known.isdisjoint({f"{stem}.py", f"{stem}/__init__.py"}):
            return True
    return False
