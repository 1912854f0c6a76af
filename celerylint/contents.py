"""The files of a project and their contents, as far as something asks for them."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path

from celerylint.config import Config
from celerylint.files import Tree, discover, shown

CHUNK = 1 << 20


class Contents:
    """The files below a configuration's root, with some of them asked about.

    `overlay` are contents that replace the disk's, by absolute path: standard input, an editor's buffer, the
    result of a round of fixes.
    """

    def __init__(self, config: Config, paths: Sequence[Path], overlay: Mapping[Path, bytes] | None = None) -> None:
        self.config = config
        self.paths = [Path(os.path.abspath(path)) for path in paths]
        self.overlay = {os.path.abspath(path): data for path, data in (overlay or {}).items()}
        self.contents: dict[str, bytes | None] = {}
        self.errors: list[str] = []

    @cached_property
    def tree(self) -> Tree:
        """Every file of the project, whether asked about or not."""
        return discover([self.config.root, *self.on_disk], self.config)

    @cached_property
    def asked_tree(self) -> Tree:
        """The files asked about that are on the disk."""
        if self.paths == [self.config.root]:
            return self.tree
        return discover(self.on_disk, self.config) if self.on_disk else Tree()

    @cached_property
    def on_disk(self) -> list[Path]:
        """The paths asked about, without those that an overlay stands for: they may be nowhere yet."""
        return [path for path in self.paths if str(path) not in self.overlay]

    @cached_property
    def shown_paths(self) -> dict[str, str]:
        """Python files: the path as shown -> the absolute path."""
        files = set(self.tree.python) | {path for path in self.overlay if path.endswith((".py", ".pyi"))}
        return {shown(path): path for path in sorted(files)}

    @cached_property
    def asked(self) -> set[str]:
        """The shown paths that findings are wanted for."""
        if self.paths == [self.config.root]:
            return {*self.shown_paths, *self.others, *map(shown, self.overlay)}
        tree = self.asked_tree
        return {*map(shown, tree.python), *map(shown, tree.other), *map(shown, self.overlay)}

    def relative(self, path: str) -> str:
        """The path below the root, with `/`."""
        base = os.path.join(self.config.root, "")
        below = path[len(base) :] if path.startswith(base) else os.path.relpath(path, base)
        return below.replace(os.sep, "/")

    @property
    def unread(self) -> list[str]:
        """What could not be read so far of what was asked about, and why."""
        return [*self.asked_tree.errors, *self.errors]

    def content(self, path: str) -> bytes | None:
        """The bytes of a shown path; None, with an error noted, where it cannot be read."""
        if path not in self.contents:
            self.contents[path] = self.read(path, self.shown_paths.get(path, path))
        return self.contents[path]

    def read(self, path: str, absolute: str) -> bytes | None:
        if absolute in self.overlay:
            return self.overlay[absolute]
        try:
            return read_bytes(absolute)
        except OSError as error:
            self.note(path, f"{path}: cannot be read: {error.strerror}")
            return None

    def note(self, path: str, error: str) -> None:
        """Note an error in a file asked about, once."""
        if path in self.asked and error not in self.errors:
            self.errors.append(error)

    @property
    def others(self) -> list[str]:
        """The shown paths of the files that are not Python."""
        files = set(self.tree.other) | set(self.overlay)
        return [path for path in map(shown, sorted(files)) if path not in self.shown_paths]

    def read_other(self, path: str) -> bytes | None:
        """The bytes of a file that is not Python. They are not kept, since most such files matter to nobody."""
        return self.contents[path] if path in self.contents else self.read(path, os.path.abspath(path))

    def replace(self, path: str, data: bytes) -> None:
        """Give one file a new content; everything that rests on it is worked out again."""
        self.overlay[os.path.abspath(self.shown_paths.get(path, path))] = data
        self.contents[path] = data
        self.forget("shown_paths", "asked")

    def forget(self, *names: str) -> None:
        """Have cached properties worked out again when they are asked for."""
        for name in names:
            self.__dict__.pop(name, None)


def read_bytes(path: str) -> bytes:
    """A file's bytes. Raises OSError. File objects cost more than most files take to read."""
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
    try:
        parts = []
        while part := os.read(handle, CHUNK):
            parts.append(part)
        return b"".join(parts)
    finally:
        os.close(handle)
