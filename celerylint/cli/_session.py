"""What commands share: configuration, errors, colours, output that may go away, timings."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any, TextIO

import click

from celerylint import ISSUES
from celerylint.config import Config, ConfigError, load


class Failure(click.ClickException):
    """The work cannot be done, and the user can do something about it."""

    exit_code = 2

    def show(self, file: IO[Any] | None = None) -> None:
        click.echo(f"celerylint: error: {self.format_message()}", file=file or sys.stderr)


def configuration(
    paths: Sequence[Path], overrides: Mapping[str, object], *, isolated: bool = False, file: Path | None = None
) -> Config:
    """The configuration for these paths. Raises Failure."""
    try:
        return load(paths, overrides, isolated=isolated, config_file=file)
    except ConfigError as error:
        raise Failure(str(error)) from None


def wants_color(choice: str, stream: TextIO) -> bool:
    """Whether to colour what goes to a stream: the option first, then FORCE_COLOR, NO_COLOR, and the terminal."""
    if choice != "auto":
        return choice == "always"
    if os.environ.get("FORCE_COLOR", "0") != "0":
        return True
    return not os.environ.get("NO_COLOR") and stream.isatty() and os.environ.get("TERM") != "dumb"


def emit(text: str | bytes, stream: TextIO | None = None) -> None:
    """Write to standard output, or another stream; a reader that has gone away is no error of ours."""
    stream = stream or sys.stdout
    try:
        if isinstance(text, bytes):
            stream.flush()
            stream.buffer.write(text)
        else:
            stream.write(text)
        stream.flush()
    except BrokenPipeError:
        # The interpreter flushes once more at its end and would complain then.
        with open(os.devnull, "w") as nowhere:
            os.dup2(nowhere.fileno(), stream.fileno())


def complain(message: str) -> None:
    """An error or warning, below whatever was printed."""
    emit(f"celerylint: {message}\n", sys.stderr)


def bug(message: str) -> str:
    """An error that is our fault."""
    return f"internal error: {message}; please report it at {ISSUES}"


class Clock:
    """Says on standard error how long each phase took, where the user wants to know."""

    def __init__(self, verbose: bool) -> None:
        self.verbose = verbose

    @contextlib.contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Time a block."""
        start, cpu = time.perf_counter(), time.process_time()
        yield
        if self.verbose:
            wall, own = time.perf_counter() - start, time.process_time() - cpu
            emit(f"{name:<15} {wall * 1000:8.1f} ms {own * 1000:8.1f} ms CPU\n", sys.stderr)
