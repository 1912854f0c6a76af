"""The files beside the Python code: read once, and found by the paths that deployment files call them by."""

from __future__ import annotations

import posixpath
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property

from celerylint.deploy.environment import Environment, dotenv
from celerylint.deploy.snippets import HIDDEN
from celerylint.source import Source, UnreadableSource

LARGEST = 1_000_000
SCRIPT_NAME = re.compile(r"(?:.*\.)?(?:sh|bash|ksh)(?:\.(?:j2|tpl|in|template|example|sample))?$|[\w-]+$")
SHEBANG = re.compile(r"#!.*\b(?:ba|da|a|k|z)?sh\b")


class Repository:
    """`paths` are the files as shown; `relative` gives the path below the root, with `/`. `code` are the Python files,
    as shown."""

    def __init__(
        self,
        paths: Sequence[str],
        read: Callable[[str], bytes | None],
        relative: Callable[[str], str],
        code: Iterable[str] = (),
    ) -> None:
        self.paths, self.read, self.relative, self.code = paths, read, relative, code
        self.sources: dict[str, Source | None] = {}
        self.contents: dict[str, bytes] = {}

    @cached_property
    def shown(self) -> dict[str, str]:
        """The paths as shown by those below the root."""
        return {self.relative(path): path for path in self.paths}

    @cached_property
    def by_name(self) -> dict[str, list[str]]:
        """The paths below the root by their last part."""
        found: dict[str, list[str]] = {}
        for path in self.shown:
            found.setdefault(posixpath.basename(path), []).append(path)
        return found

    @cached_property
    def folders(self) -> Counter[str]:
        """How many Python files there are below each folder."""
        found: Counter[str] = Counter()
        for path in self.code:
            folder = posixpath.dirname(self.relative(path))
            while folder:
                found[folder] += 1
                folder = posixpath.dirname(folder)
            found["."] += 1
        return found

    def holds_the_code(self, folder: str) -> bool:
        """Whether most of the Python files are below a folder."""
        return self.folders["."] > 0 and 2 * self.folders[folder] >= self.folders["."]

    def data(self, relative: str, *, keep: bool = True) -> bytes:
        """The bytes of a file; nothing where it cannot be read or is too large to be written by people."""
        if relative in self.contents:
            return self.contents[relative]
        shown = self.shown.get(relative)
        data = self.read(shown) if shown is not None else None
        data = data if data is not None and len(data) <= LARGEST else b""
        if keep:
            self.contents[relative] = data
        return data

    def source(self, relative: str) -> Source | None:
        """The text of a file; None where there is no such file or it is no text."""
        if relative not in self.sources:
            try:
                data = self.data(relative)
                self.sources[relative] = Source.from_bytes(self.shown[relative], data) if data else None
            except UnreadableSource:
                self.sources[relative] = None
        return self.sources[relative]

    def script(self, relative: str) -> Source | None:
        """A file that is a shell script by its name or its first line."""
        source = self.source(relative)
        if source is None or not SCRIPT_NAME.match(posixpath.basename(relative)):
            return None
        named = bool(re.search(r"\.(?:ba|k)?sh\b", posixpath.basename(relative)))
        return source if named or SHEBANG.match(source.text) else None

    def find(self, path: str, folders: Sequence[str] = ()) -> str:
        """The file below the root that a path means, tried from some folders first, then by as much of its end as one
        file alone has; "" where that is not clear."""
        if not path or HIDDEN in path:
            return ""
        for folder in folders:
            candidate = posixpath.normpath(posixpath.join(folder, path)) if not path.startswith("/") else ""
            if candidate in self.shown:
                return candidate
        parts = [part for part in path.split("/") if part not in {"", "."}]
        candidates = self.by_name.get(parts[-1], []) if parts else []
        for length in range(len(parts), 0, -1):
            end = "/".join(parts[-length:])
            matching = [known for known in candidates if known == end or known.endswith(f"/{end}")]
            if matching:
                return matching[0] if len(matching) == 1 else ""
        return ""

    def dotenv(self, relative: str) -> Environment | None:
        """What a `.env` file sets; None where it is not in the repository."""
        source = self.source(relative)
        return dotenv(source) if source is not None else None
