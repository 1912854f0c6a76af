"""Files are replaced whole or not at all, and stay what they were but for their contents."""

from __future__ import annotations

import errno
import os
import signal
import stat
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest

from celerylint import fixing, writing
from celerylint.config import load
from celerylint.fixing import fix_all
from celerylint.project import Project
from celerylint.writing import NotWritten, write, write_all

ROOT = Path(__file__).parents[1]


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_contents_mode_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_bytes(b"old\r\n")
    path.chmod(0o751)
    before = path.stat()
    write(path, b"old\r\n", b"\xef\xbb\xbfnew\r")
    after = path.stat()
    assert path.read_bytes() == b"\xef\xbb\xbfnew\r"
    assert stat.S_IMODE(after.st_mode) == 0o751
    assert (after.st_uid, after.st_gid) == (before.st_uid, before.st_gid)
    assert names(tmp_path) == ["a.py"]


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="only root may give files away")
def test_the_owner_stays(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_bytes(b"old")
    os.chown(path, 1234, 4321)
    path.chmod(0o4755)
    write(path, b"old", b"new")
    after = path.stat()
    assert (after.st_uid, after.st_gid, stat.S_IMODE(after.st_mode)) == (1234, 4321, 0o4755)


def test_an_owner_that_cannot_stay_stops_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def chown(path: Path, uid: int, gid: int) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    path = tmp_path / "a.py"
    path.write_bytes(b"old")
    status = os.stat_result((stat.S_IFREG | 0o644, 0, 0, 1, os.getuid() + 1, os.getgid(), 3, 0, 0, 0))
    monkeypatch.setattr(os, "chown", chown)
    with pytest.raises(NotWritten, match="owner or group"):
        writing.keep_owner_and_mode(path, path, status)


def test_links_stay_and_what_they_point_to_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "links").mkdir()
    real, link = tmp_path / "real" / "a.py", tmp_path / "links" / "b.py"
    real.write_bytes(b"old")
    link.symlink_to(Path("..") / "real" / "a.py")
    write(link, b"old", b"new")
    assert link.is_symlink()
    assert real.read_bytes() == b"new"
    assert (names(tmp_path / "real"), names(tmp_path / "links")) == (["a.py"], ["b.py"])


def test_two_names_of_one_file(tmp_path: Path) -> None:
    real, link = tmp_path / "a.py", tmp_path / "b.py"
    real.write_bytes(b"old")
    link.symlink_to("a.py")
    assert write_all([{real: (b"old", b"new")}, {link: (b"old", b"new")}]) == []
    assert real.read_bytes() == b"new"


def test_a_file_that_changed_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_bytes(b"someone else's")
    with pytest.raises(NotWritten, match=r"a\.py: changed since it was read"):
        write(path, b"old", b"new")
    assert path.read_bytes() == b"someone else's"
    assert names(tmp_path) == ["a.py"]
    path.unlink()
    with pytest.raises(NotWritten, match="No such file"):
        write(path, b"old", b"new")
    assert names(tmp_path) == []


def test_a_file_that_changes_while_its_successor_is_written_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.py"
    path.write_bytes(b"old")
    sync = os.fsync

    def fsync(handle: int) -> None:
        path.write_bytes(b"someone else's")
        sync(handle)

    monkeypatch.setattr(os, "fsync", fsync)
    with pytest.raises(NotWritten, match="changed since it was read"):
        write(path, b"old", b"new")
    assert path.read_bytes() == b"someone else's"
    assert names(tmp_path) == ["a.py"]


def full_disk(handle: int) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def test_a_full_disk_harms_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.py"
    path.write_bytes(b"old")
    monkeypatch.setattr(os, "fsync", full_disk)
    with pytest.raises(NotWritten, match=r"a\.py: cannot be written: No space left on device"):
        write(path, b"old", b"new")
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["a.py"]


def test_ctrl_c_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(handle: int) -> None:
        raise KeyboardInterrupt

    path = tmp_path / "a.py"
    path.write_bytes(b"old")
    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write(path, b"old", b"new")
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["a.py"]


def denied(*args: object, **options: object) -> Any:
    raise PermissionError(errno.EACCES, "Permission denied")


def test_a_read_only_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.py"
    path.write_bytes(b"old")
    # A folder's mode does not stop root, who may run this.
    monkeypatch.setattr("tempfile.mkstemp", denied)
    with pytest.raises(NotWritten, match=r"a\.py: cannot be written: Permission denied"):
        write(path, b"old", b"new")
    assert path.read_bytes() == b"old"


def test_a_read_only_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.py"
    path.write_bytes(b"old")
    monkeypatch.setattr(os, "access", lambda path, mode: mode != os.W_OK)
    with pytest.raises(NotWritten, match="read-only"):
        write(path, b"old", b"new")
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["a.py"]


def test_files_of_one_fix_are_written_together_or_not_at_all(tmp_path: Path) -> None:
    for name in "abc":
        (tmp_path / name).write_bytes(b"old")
    (tmp_path / "b").write_bytes(b"other")
    a, b, c = (tmp_path / name for name in "abc")
    errors = write_all([{a: (b"old", b"new"), b: (b"old", b"new")}, {c: (b"old", b"new")}])
    assert [path.read_bytes() for path in (a, b, c)] == [b"old", b"other", b"new"]
    assert len(errors) == 2
    assert "changed since it was read" in errors[0]
    assert errors[1] == f"{a}: not written, since its fixes need the other file's"
    assert names(tmp_path) == ["a", "b", "c"]


def test_what_was_replaced_is_put_back_when_its_companion_cannot_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    a, b = tmp_path / "a", tmp_path / "b"
    a.write_bytes(b"old a")
    b.write_bytes(b"old b")
    replace = os.replace

    def only_a(source: Path, target: Path) -> None:
        if target == b:
            denied()
        replace(source, target)

    monkeypatch.setattr(os, "replace", only_a)
    [error] = write_all([{a: (b"old a", b"new a"), b: (b"old b", b"new b")}])
    assert error == f"{b}: cannot be written: Permission denied"
    assert (a.read_bytes(), b.read_bytes()) == (b"old a", b"old b")
    assert names(tmp_path) == ["a", "b"]


KILLED = """
import os, sys
from pathlib import Path
from celerylint.writing import write

sync = os.fsync

def fsync(handle):
    sync(handle)
    os.kill(os.getpid(), 9)

os.fsync = fsync
write(Path(sys.argv[1]), b"old\\n", b"new" * 100000)
"""


def test_killed_between_writing_and_replacing_nothing_is_lost(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_bytes(b"old\n")
    path.chmod(0o640)
    done = subprocess.run([sys.executable, "-c", KILLED, path], cwd=ROOT, check=False)
    assert done.returncode == -signal.SIGKILL
    assert path.read_bytes() == b"old\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    # What the killed process could not clear away is no Python file, and the next one removes it.
    [other] = [name for name in names(tmp_path) if name != "a.py"]
    assert other.startswith(".celerylint-")
    assert other.endswith(".tmp")
    running = tmp_path / f".celerylint-{os.getpid()}-abc.tmp"
    running.touch()
    write(path, b"old\n", b"new")
    assert path.read_bytes() == b"new"
    assert names(tmp_path) == sorted([running.name, "a.py"])


def test_a_name_as_long_as_names_may_be(tmp_path: Path) -> None:
    path = tmp_path / f"{'表' * 84}.py"
    path.write_bytes(b"old")
    write(path, b"old", b"new")
    assert path.read_bytes() == b"new"


TASKS = textwrap.dedent("""
    # -*- coding: latin-1 -*-
    from celery import shared_task

    @shared_task(bind=True)
    def load(self, name='\xe9'):\t# \xfc
    \ttry:
    \t\tpass
    \x0c
    \texcept OSError as e:
    \t\tself.retry(exc=e)  # raise?
""").lstrip()


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize(("encoding", "bom"), [("latin-1", b""), ("utf-8", b"\xef\xbb\xbf"), ("utf-8", b"")])
def test_a_real_fix_leaves_the_rest_of_the_file_alone(
    newline: str, encoding: str, bom: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    text = TASKS.replace("latin-1", encoding).replace("\n", newline).removesuffix(newline)
    before = bom + text.encode(encoding)
    path = Path("tasks.py")
    path.write_bytes(before)
    path.chmod(0o600)
    project = Project(load([Path(".")], {"select": ["CEL206"]}, isolated=True), [Path(".")])
    report = fix_all(project)
    assert path.read_bytes() == before
    assert fixing.write(report) == []
    assert path.read_bytes() == before.replace(b"self.retry(", b"raise self.retry(")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_files_changed_behind_the_report_are_not_overwritten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("a.py", "b.py"):
        Path(name).write_text(TASKS, encoding="latin-1")
    report = fix_all(Project(load([Path(".")], {"select": ["CEL206"]}, isolated=True), [Path(".")]))
    Path("a.py").write_text("edited meanwhile")
    assert fixing.write(report) == ["a.py: changed since it was read; nothing was written to it"]
    assert Path("a.py").read_text() == "edited meanwhile"
    assert "raise self.retry" in Path("b.py").read_text(encoding="latin-1")


def test_an_encoding_that_does_not_give_the_bytes_back_is_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """UTF-7 has several spellings of one text; ours would be another than the author's."""
    monkeypatch.chdir(tmp_path)
    data = TASKS.replace("latin-1", "utf-7").encode("utf-7").replace(b"bind", b"+AGIAaQBuAGQ-")
    Path("a.py").write_bytes(data)
    report = fix_all(Project(load([Path(".")], {"select": ["CEL206"]}, isolated=True), [Path(".")]))
    assert report.changed == {}
    assert [refused.reason for refused in report.refused] == ["its utf-7 would be written differently elsewhere too"]
