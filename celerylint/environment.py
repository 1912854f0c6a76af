"""The Python environments that a project may run in, and the files of what is installed there. Nothing is imported."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from celerylint.records import dataclass

# Where tools that make virtual environments put them.
FOLDERS = (".venv", "venv")
SITES = ("lib/python3*/site-packages", "Lib/site-packages")
INSTALLED = frozenset({"site-packages", "dist-packages"})


@dataclass(frozen=True, slots=True)
class Environment:
    """`site` is the absolute path of the folder with its packages, `origin` says how it was found."""

    site: str
    origin: str

    def has(self, dotted: str) -> bool:
        """Whether a module or package of this name is installed."""
        stem = self.path(dotted)
        return os.path.isfile(f"{stem}.py") or os.path.isdir(stem)

    def files(self, dotted: str) -> list[str]:
        """The paths of a module's file, of a package all Python files in it; sorted, absolute."""
        stem = self.path(dotted)
        below = (os.path.join(folder, name) for folder, _, names in os.walk(stem) for name in names)
        return sorted(path for path in (f"{stem}.py", *below) if path.endswith(".py") and os.path.isfile(path))

    def path(self, dotted: str) -> str:
        return os.path.join(self.site, *dotted.split("."))

    def relative(self, path: str) -> str:
        """A path below the folder with packages, with `/`."""
        return path[len(self.site) + 1 :].replace(os.sep, "/")


def candidates(root: Path, variables: Mapping[str, str] | None = None) -> Iterator[Environment]:
    """The environments that a project may run in, likeliest first: a folder of its own, the one that is activated, and
    the one that celerylint runs in."""
    for name in FOLDERS:
        yield from of_folder(root / name, f"{name} in the project")
    activated = (os.environ if variables is None else variables).get("VIRTUAL_ENV", "")
    if activated:
        yield from of_folder(Path(activated), "VIRTUAL_ENV")
    for site in (path for path in sys.path if os.path.basename(path) in INSTALLED):
        yield Environment(site, "the Python that runs celerylint")


def of_folder(folder: Path, origin: str) -> Iterator[Environment]:
    if (folder / "pyvenv.cfg").is_file():
        for site in sorted(path for pattern in SITES for path in folder.glob(pattern)):
            yield Environment(str(site), origin)


def stamps(root: Path) -> list[str]:
    """What changes when something is installed in one of a project's environments, or taken out of it."""
    found = (candidate.site for candidate in candidates(root))
    return [f"{site} {os.stat(site).st_mtime_ns}" for site in found if os.path.isdir(site)]
