"""Replacing files: whole or not at all, and only those that are still as they were read."""

from __future__ import annotations

import contextlib
import os
import re
import stat
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from celerylint.records import dataclass


class NotWritten(Exception):
    """A file was left as it is; the message names it and says why."""


@dataclass(frozen=True, slots=True)
class Staged:
    """New contents that stand on disk beside their target, under another name; `path` is what the user calls it."""

    path: Path
    target: Path
    temporary: Path
    old: bytes
    new: bytes

    def commit(self) -> None:
        """Take the target's place. Raises OSError."""
        os.replace(self.temporary, self.target)
        sync_folder(self.target.parent)

    def discard(self) -> None:
        with contextlib.suppress(OSError):
            self.temporary.unlink(missing_ok=True)


def write(path: Path, old: bytes, new: bytes) -> None:
    """Replace a file's contents, which must still be `old`. Raises NotWritten; the file is then untouched.

    The new contents go to a file in the same folder, with the mode and owner of the old one, and take its place
    only once they are on disk. Where the path is a symbolic link, what it points to is replaced.
    """
    errors = write_all([{path: (old, new)}])
    if errors:
        raise NotWritten(errors[0])


def write_all(groups: Sequence[Mapping[Path, tuple[bytes, bytes]]]) -> list[str]:
    """Replace files, path to (old, new), each group whole or not at all; what could not be written, and why."""
    return [error for group in groups for error in write_group(group)]


def write_group(group: Mapping[Path, tuple[bytes, bytes]]) -> list[str]:
    """Replace the files of one group: all are staged and still the same before the first is replaced."""
    staged: list[Staged] = []
    errors = []
    try:
        for path, (old, new) in group.items():
            try:
                # Two names of one file: the first did it.
                if path.read_bytes() != new:
                    staged.append(stage(path, old, new))
            except (NotWritten, OSError) as error:
                errors.append(explained(path, error))
        return errors + left_out(group, staged) if errors else commit_all(staged)
    finally:
        for each in staged:
            each.discard()


def left_out(group: Mapping[Path, tuple[bytes, bytes]], staged: Sequence[Staged]) -> list[str]:
    """Why files that could have been written were not."""
    ready = {each.target for each in staged}
    return [f"{path}: not written, since its fixes need the other file's" for path in group if path.resolve() in ready]


def commit_all(staged: Sequence[Staged]) -> list[str]:
    """Put staged files in place; where one cannot be, those before it get their old contents back."""
    for index, each in enumerate(staged):
        try:
            if each.target.read_bytes() != each.old:
                raise NotWritten(f"{each.path}: {CHANGED}")
            each.commit()
        except (NotWritten, OSError) as error:
            undone = [write_group({before.path: (before.new, before.old)}) for before in staged[:index]]
            return [explained(each.path, error), *(line for lines in undone for line in lines)]
    return []


TEMPORARY = re.compile(r"\.celerylint-(?P<process>[1-9][0-9]*)-\w+\.tmp")
CHANGED = "changed since it was read; nothing was written to it"


def explained(path: Path, error: Exception) -> str:
    """An error in one line."""
    if isinstance(error, OSError):
        return f"{path}: cannot be written: {error.strerror or error}"
    return str(error)


def stage(path: Path, old: bytes, new: bytes) -> Staged:
    """Put new contents beside a file. Raises NotWritten and OSError, and leaves nothing behind then."""
    target = path.resolve(strict=True)
    status = target.stat()
    if target.read_bytes() != old:
        raise NotWritten(f"{path}: {CHANGED}")
    if not os.access(target, os.W_OK):
        raise NotWritten(f"{path}: cannot be written: it is read-only")
    clear_away(target.parent)
    handle, name = tempfile.mkstemp(prefix=f".celerylint-{os.getpid()}-", suffix=".tmp", dir=target.parent)
    staged = Staged(path, target, Path(name), old, new)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(new)
            file.flush()
            keep_owner_and_mode(path, Path(name), status)
            os.fsync(file.fileno())
    except BaseException:
        staged.discard()
        raise
    return staged


def clear_away(folder: Path) -> None:
    """Remove what killed processes left in a folder. Elsewhere than on POSIX nothing says which those are."""
    if os.name == "posix":
        for name in os.listdir(folder):
            match = TEMPORARY.fullmatch(name)
            if match is not None and not is_running(int(match["process"])):
                with contextlib.suppress(OSError):
                    os.unlink(folder / name)


def is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:
        return True
    return True


def keep_owner_and_mode(path: Path, temporary: Path, status: os.stat_result) -> None:
    """Give a new file the owner, group and mode of the one it replaces. Raises NotWritten where that is not allowed."""
    own = temporary.stat()
    if hasattr(os, "chown") and (own.st_uid, own.st_gid) != (status.st_uid, status.st_gid):
        try:
            os.chown(temporary, status.st_uid, status.st_gid)
        except PermissionError:
            raise NotWritten(f"{path}: cannot be written: it would change its owner or group") from None
    # After the owner: changing that clears the set-id bits.
    os.chmod(temporary, stat.S_IMODE(status.st_mode))


def sync_folder(folder: Path) -> None:
    """Have a folder's entries written to disk, where the system can do that."""
    if os.name == "posix":
        with contextlib.suppress(OSError):
            handle = os.open(folder, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)
