"""celerylint inside flake8.

flake8 hands a plugin one file at a time, often in several processes, and a finding may rest on the whole project.
So everything is worked out once, before flake8 starts its workers: forked ones inherit it, spawned ones read it
from a temporary file. For standard input, what flake8 has read stands in for the file of that name.
"""

from __future__ import annotations

import ast
import atexit
import gc
import io
import json
import multiprocessing
import os
import tempfile
import tokenize
from argparse import Namespace
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from celerylint import ISSUES

if TYPE_CHECKING:
    from celerylint.rule import Finding

# Line, column from 0, text: of each absolute path.
Row: TypeAlias = tuple[int, int, str]
Rows: TypeAlias = dict[str, list[Row]]

HANDED_OVER = "CELERYLINT_FLAKE8"
PREFIX = "CEL"


class Plugin:
    """What flake8 makes for each file; the tree is flake8's and is not touched."""

    options: Namespace | None = None
    rows: Rows | None = None

    def __init__(self, tree: ast.AST, filename: str, lines: Sequence[str]) -> None:
        self.filename, self.lines = filename, lines

    @classmethod
    def parse_options(cls, options: Namespace) -> None:
        """Remember what flake8 is asked to do, and work it out unless this is a worker or the input is yet to come."""
        cls.options, cls.rows = options, None
        if multiprocessing.parent_process() is None and not reads_stdin(options):
            cls.rows = everything(options)
            hand_over(cls.rows)

    def run(self) -> Iterator[tuple[int, int, str, type]]:
        """The findings of the file: line, column from 0, code and message."""
        for line, column, text in self.found().get(os.path.abspath(self.filename), ()):
            yield line, column, text, type(self)

    def found(self) -> Rows:
        """What flake8 asked about, or this file alone where that is not known."""
        cls = type(self)
        if cls.options is None or reads_stdin(cls.options):
            return this_file(self.filename, self.lines, cls.options)
        if cls.rows is None:
            found = handed_over()
            cls.rows = everything(cls.options) if found is None else found
        return cls.rows


def reads_stdin(options: Namespace) -> bool:
    """Whether flake8 reads standard input."""
    return list(options.filenames) == ["-"]


def wanted(options: Namespace | None) -> bool:
    """Whether flake8 would show any finding of ours: it may be asked for other codes only."""
    chosen = getattr(options, "select", None)
    if not chosen:
        return True
    codes = [*chosen, *(getattr(options, "extend_select", None) or ())]
    return any(code.startswith(PREFIX) or PREFIX.startswith(code) for code in codes)


def everything(options: Namespace) -> Rows:
    """The findings of all files that flake8 will check; where that fails, its first file says so."""
    paths = [Path(name) for name in options.filenames or ["."]]
    return check(paths, {}, options) if wanted(options) else {}


def this_file(filename: str, lines: Sequence[str], options: Namespace | None) -> Rows:
    """The findings of one file with these lines, in the project around its name."""
    path = Path(os.path.abspath(filename))
    # Standard input without a name, or with an unusual one, is Python to flake8.
    named = path if path.suffix in (".py", ".pyi") else path.with_name(f"{path.name}.py")
    rows = check([named], {named: encoded("".join(lines))}, options) if wanted(options) else {}
    return {str(path): rows.get(str(named), [])}


def encoded(text: str) -> bytes:
    """The bytes of a text in the encoding that it declares."""
    data = text.encode(errors="surrogateescape")
    with suppress(SyntaxError, UnicodeEncodeError):
        data = text.encode(tokenize.detect_encoding(io.BytesIO(data).readline)[0])
    return data


def check(paths: Sequence[Path], overlay: Mapping[Path, bytes], options: Namespace | None) -> Rows:
    """The findings in Python files. Never raises: a failure is a finding of the first file."""
    from celerylint.config import ConfigError, by_configuration

    try:
        with without_collection():
            findings = [finding for group in by_configuration(paths) for finding in findings_in(group, overlay)]
    except ConfigError as error:
        return failure(f"{error}", paths, options)
    except Exception as error:
        text = str(error)
        # What failed in another process comes with its traceback.
        last = text.strip().rpartition("\n")[2] if text.startswith("Traceback") else text
        return failure(f"internal error: {type(error).__name__}: {last}; please report it at {ISSUES}", paths, options)
    rows: Rows = {}
    for finding in findings:
        row = finding.span.line, finding.span.column - 1, f"{finding.code} {finding.message}"
        rows.setdefault(os.path.abspath(finding.path), []).append(row)
    return rows


@contextmanager
def without_collection() -> Iterator[None]:
    """Syntax trees are many objects and no garbage: looking for some would take a third of the time."""
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()


def findings_in(paths: Sequence[Path], overlay: Mapping[Path, bytes]) -> list[Finding]:
    """The findings below paths that one configuration holds for."""
    from celerylint.config import load
    from celerylint.project import PythonProject

    config = load(paths)
    # A folder that the project chose may lie in the tree, where a plugin has nothing to write.
    config = replace(config, cache=False) if config.cache_dir else config
    # A worker of flake8's may have no processes of its own.
    config = replace(config, jobs=1) if multiprocessing.parent_process() else config
    return PythonProject(config, paths, overlay).check().findings


def failure(message: str, paths: Sequence[Path], options: Namespace | None) -> Rows:
    """Why there are no findings, at the top of the first file."""
    text = " ".join(f"{PREFIX}000 celerylint: {message}".split())
    return {os.path.abspath(first_file(paths, options)): [(1, 0, text)]}


def first_file(paths: Sequence[Path], options: Namespace | None) -> str:
    """The file that flake8 reports on first."""
    if options is None or reads_stdin(options):
        return str(paths[0])
    from flake8.discover_files import expand_paths

    files = expand_paths(
        paths=list(map(str, paths)),
        stdin_display_name=options.stdin_display_name,
        filename_patterns=options.filename,
        exclude=(*options.exclude, *options.extend_exclude),
    )
    return min(files, default=str(paths[0]))


def hand_over(rows: Rows) -> None:
    """Leave findings where workers that do not inherit them find them, until this process ends."""
    start_method = multiprocessing.get_start_method(allow_none=True) or multiprocessing.get_all_start_methods()[0]
    if start_method == "fork":
        return
    handle, name = tempfile.mkstemp(prefix="celerylint-", suffix=".json")
    with open(handle, "w", encoding="utf-8") as file:
        json.dump(rows, file)
    os.environ[HANDED_OVER] = f"{os.getpid()}:{name}"
    atexit.register(Path(name).unlink, missing_ok=True)


def handed_over() -> Rows | None:
    """What the process that started this one has left, None where it has left nothing."""
    parent = multiprocessing.parent_process()
    pid, _, name = os.environ.get(HANDED_OVER, "").partition(":")
    if parent is None or pid != str(parent.pid):
        return None
    with suppress(OSError, ValueError), open(name, encoding="utf-8") as file:
        data: dict[str, list[Any]] = json.load(file)
        return {path: [(line, column, text) for line, column, text in rows] for path, rows in data.items()}
    return None
