"""What is written on the command line, as values of the configuration."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import click


def split(ctx: click.Context, parameter: click.Parameter, values: Sequence[str]) -> tuple[str, ...] | None:
    """`--select A,B --select C` as `A`, `B`, `C`; None where the option is not given."""
    items = tuple(item for value in values for item in items_of(value))
    return items if values else None


def selectors(ctx: click.Context, parameter: click.Parameter, values: Sequence[str]) -> tuple[str, ...] | None:
    """The same of rules; with nothing between the commas, as from an empty variable, nothing would be checked."""
    if any(not value.strip(" ,") for value in values):
        raise click.BadParameter("names no rule", ctx, parameter)
    return split(ctx, parameter, values)


def items_of(value: str) -> Iterator[str]:
    """What stands between commas."""
    return filter(None, (item.strip() for item in value.split(",")))


def pairs(ctx: click.Context, parameter: click.Parameter, values: Sequence[str]) -> dict[str, list[str]] | None:
    """`tests/*:CEL101,docs/*:CEL2` as codes by pattern. The last colon counts, as drives have one."""
    out: dict[str, list[str]] = {}
    for item in (item for value in values for item in items_of(value)):
        pattern, colon, code = item.rpartition(":")
        if not colon or not pattern or not code.strip():
            raise click.BadParameter(f"{item!r} is not PATTERN:CODE", ctx, parameter)
        out.setdefault(pattern.strip(), []).append(code.strip())
    return out if values else None


def config_options(values: Iterable[str]) -> tuple[Path | None, dict[str, Any]]:
    """The file and the keys that `--config` names. Raises click.UsageError."""
    file: Path | None = None
    overrides: dict[str, Any] = {}
    for value in values:
        if "=" not in value or Path(value).is_file():
            if file is not None:
                raise click.UsageError("--config takes one file; give single keys as KEY=VALUE")
            file = Path(value)
        else:
            overrides |= toml_pair(value)
    return file, overrides


def toml_pair(text: str) -> dict[str, Any]:
    """One `key = value` of TOML. Raises click.UsageError."""
    from celerylint.toml import tomllib

    try:
        return dict(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        hint = "strings need quotes, as in --config 'broker = \"redis\"'"
        raise click.UsageError(f"--config {text!r} is neither a file nor a TOML pair ({error}); {hint}") from None
