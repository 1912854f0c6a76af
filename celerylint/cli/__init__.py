"""The command line: one module per command, imported when its command is called.

Exit status: 0 nothing found, 1 findings remain (`--diff`: something would change), 2 the work could not be done.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import os
import pkgutil
import sys
import traceback
from collections.abc import Sequence
from typing import NoReturn, cast

import click

from celerylint import ISSUES, __version__

INTERRUPTED = 130
FAILED = 2


class Commands(click.Group):
    """Finds commands by module; `check` where the first word is none."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        found = (module.name for module in pkgutil.iter_modules(__path__))
        return sorted(name for name in found if not name.startswith("_"))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.list_commands(ctx):
            return None
        return cast(click.Command, importlib.import_module(f"{__name__}.{cmd_name}").command)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        own = {option for parameter in self.get_params(ctx) for option in parameter.opts}
        if not args or args[0] not in {*self.list_commands(ctx), *own}:
            args = ["check", *args]
        return super().parse_args(ctx, args)


@click.group(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="`celerylint PATH` and `celerylint --fix PATH` are short for `celerylint check`.",
)
@click.version_option(__version__, "-V", "--version", prog_name="celerylint", message="%(prog)s %(version)s")
def commands() -> None:
    """Find what Celery tasks will do wrong in production, and fix it."""


def run(arguments: Sequence[str]) -> int:
    """The exit status of a command line. Raises nothing but SystemExit."""
    # Names of files need not be valid text, and a terminal need not know every character of a message.
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        return int(commands.main(list(arguments), prog_name="celerylint", standalone_mode=False) or 0)
    except click.ClickException as error:
        with contextlib.suppress(BrokenPipeError):
            error.show()
        return FAILED
    except (click.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except Exception as error:
        return internal_error(error, verbose=bool({"-v", "--verbose"} & set(arguments)))


def internal_error(error: Exception, *, verbose: bool) -> int:
    """Say that it is our fault, and how to tell us."""
    text = str(error)
    # What failed in another process comes with its traceback.
    last = text.strip().rpartition("\n")[2] if text.startswith("Traceback") else text
    reason = f"{type(error).__name__}: {last}".removesuffix(": ")
    if verbose:
        traceback.print_exception(error)
    hint = "" if verbose else " with what `--verbose` adds"
    print(f"celerylint: internal error: {reason}\nPlease report it{hint} at {ISSUES}", file=sys.stderr)
    return FAILED


def main() -> NoReturn:
    """The entry point `celerylint`."""
    # Syntax trees are many objects and no garbage: looking for some took a third of a run's time and freed nothing.
    gc.disable()
    leave(run(sys.argv[1:]))


def leave(status: int) -> NoReturn:
    """End the process at once: the operating system gives back in no time what Python would take apart bit by bit."""
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except BrokenPipeError:
        pass
    except OSError as error:
        status = FAILED
        os.write(2, f"celerylint: error: the output could not be written: {error.strerror}\n".encode())
    os._exit(status)
