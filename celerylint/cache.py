"""What one run leaves for the next: facts of files by what the files were, and the findings of a whole run.

The cache is read with `pickle`, which can run code. So it lies in the user's own cache folder, never in the tree
under analysis, where anyone who sends a pull request could put one.
"""

from __future__ import annotations

import contextlib
import os
import sys
import time
from dataclasses import field
from functools import cache, cached_property
from pathlib import Path
from typing import TypeAlias, TypeVar

from celerylint import __version__
from celerylint.config import Config
from celerylint.facts import FileFacts
from celerylint.records import dataclass
from celerylint.rule import Finding

# Modification time (ns), size (bytes) and inode.
Stamp: TypeAlias = tuple[int, int, int]
T = TypeVar("T")

# A file that changed this shortly before it was looked at may change again within one tick of its clock (ns).
RACY = 2_000_000_000


@dataclass(slots=True)
class Entry:
    """What is known of one file: whether it matters, and its facts where they were needed."""

    stamp: Stamp
    relevant: bool
    facts: FileFacts | None = None


@dataclass(slots=True)
class Facts:
    """What is kept of a project's files. `names` is the digest of their names, on which facts rest too."""

    names: str
    entries: dict[str, Entry] = field(default_factory=dict)


@dataclass(slots=True)
class Runs:
    """The findings of the last runs, by the digest of all that they rest on."""

    findings: dict[str, list[Finding]] = field(default_factory=dict)


class Cache:
    """The cache of one project, by shown path; with a folder of None nothing is read or kept."""

    def __init__(self, folder: Path | None, names: str) -> None:
        self.folder, self.names = folder, names
        self.changed: set[str] = set()

    @cached_property
    def facts(self) -> Facts:
        found = read(self.folder, "facts", Facts)
        return found if found is not None and found.names == self.names else Facts(self.names)

    @cached_property
    def runs(self) -> Runs:
        return read(self.folder, "runs", Runs) or Runs()

    def entry(self, path: str, stamp: Stamp | None) -> Entry | None:
        """What is known of a file, None where it changed."""
        found = self.facts.entries.get(path)
        return found if found is not None and found.stamp == stamp else None

    def keep(self, path: str, stamp: Stamp | None, relevant: bool) -> None:
        """Remember whether a file matters."""
        if stamp is not None and settled(stamp):
            self.facts.entries[path] = Entry(stamp, relevant)
            self.changed.add("facts")

    def keep_facts(self, path: str, stamp: Stamp | None, facts: FileFacts) -> None:
        """Remember a file's facts."""
        entry = self.entry(path, stamp)
        if entry is not None:
            entry.facts = facts
            self.changed.add("facts")

    def findings(self, run: str) -> list[Finding] | None:
        """What an equal run found."""
        return self.runs.findings.get(run)

    def keep_findings(self, run: str, findings: list[Finding]) -> None:
        """Remember the findings of a run; those of the last few runs are kept."""
        self.runs.findings = dict([*list(self.runs.findings.items())[-3:], (run, findings)])
        self.changed.add("runs")

    def save(self) -> None:
        """Write what changed, each file whole or not at all; a cache that cannot be written is done without."""
        if self.folder is not None:
            for name in sorted(self.changed):
                write(self.folder, name, self.facts if name == "facts" else self.runs)
        self.changed.clear()


def read(folder: Path | None, name: str, kind: type[T]) -> T | None:
    """One file of a cache; None where there is none of use."""
    import pickle

    # A cache that cannot be read, for whatever reason, is none.
    with contextlib.suppress(Exception):
        if folder is not None:
            with open(folder / f"{name}.pickle", "rb") as stream:
                if stream.readline().decode().strip() == current_version():
                    found = pickle.load(stream)
                    return found if isinstance(found, kind) else None
    return None


def write(folder: Path, name: str, content: Facts | Runs) -> None:
    import pickle
    import tempfile

    with contextlib.suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, temporary = tempfile.mkstemp(dir=folder)
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(f"{current_version()}\n".encode())
                pickle.dump(content, stream, pickle.HIGHEST_PROTOCOL)
            os.replace(temporary, folder / f"{name}.pickle")
        except OSError:
            os.unlink(temporary)


@cache
def current_version() -> str:
    """What must be the same for a cache to be of use: celerylint's own files and the Python that runs it."""
    own = Path(__file__).parent
    stamps = sorted(f"{path}{path.stat().st_mtime_ns}" for path in own.rglob("*.py"))
    return f"{__version__} {sys.implementation.cache_tag} {digest(stamps)}"


def digest(parts: list[str]) -> str:
    """A short name for a list of texts."""
    # It loads OpenSSL, which a run without a cache has no use for.
    import hashlib

    return hashlib.blake2b("\0".join(parts).encode(errors="surrogateescape"), digest_size=16).hexdigest()


def stamp(path: str) -> Stamp | None:
    """What a file was when it was looked at; None where it cannot be."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def settled(stamp: Stamp) -> bool:
    """Whether a file can no longer change without its stamp changing."""
    return time.time_ns() - stamp[0] > RACY


def folder_of(config: Config) -> Path:
    """Where the cache of a project lies: below `cache-dir`, else in the user's cache folder."""
    import platformdirs

    base = Path(config.cache_dir) if config.cache_dir else platformdirs.user_cache_path("celerylint")
    return (config.root / base) / digest([str(config.root)])


def remove(config: Config) -> bool:
    """Remove a project's cache; whether there was one."""
    import shutil

    where = folder_of(config)
    if not where.is_dir():
        return False
    shutil.rmtree(where)
    return True
