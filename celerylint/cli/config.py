"""`celerylint config`: the resolved configuration, and where each value comes from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from celerylint.config import Config


@click.command("config", short_help="Show the configuration in force.")
@click.argument("path", default=".", type=click.Path(path_type=Path, exists=True))
@click.option("--output-format", type=click.Choice(["text", "json"]), default="text", help="TOML, or JSON.")
@click.option("--isolated", is_flag=True, help="Ignore all configuration files.")
@click.option("--config", multiple=True, metavar="FILE|KEY=VALUE", help="A configuration file, or one key as TOML.")
def command(path: Path, output_format: str, isolated: bool, config: tuple[str, ...]) -> int:
    """Show every key of the configuration for PATH with its value and where that comes from."""
    from celerylint.cli._options import config_options
    from celerylint.cli._session import configuration, emit

    file, overrides = config_options(config)
    resolved = configuration([path], overrides, isolated=isolated, file=file)
    if output_format == "json":
        emit(json.dumps(to_json(resolved), indent=2, ensure_ascii=False) + "\n")
    else:
        emit(to_text(resolved))
    return 0


def keys(config: Config) -> dict[str, Any]:
    """The value of every key, as the file would write it; None where there is none."""
    from celerylint.config import OPTIONS

    values = {key: getattr(config, key.replace("-", "_")) for key in OPTIONS if key != "no-cache"}
    values["per-file-ignores"] = {pattern: list(codes) for pattern, codes in config.per_file_ignores}
    values["no-cache"] = not config.cache
    return {key: list(values[key]) if isinstance(values[key], tuple) else values[key] for key in OPTIONS}


def to_json(config: Config) -> dict[str, Any]:
    """The project's folder, the file, and every key."""
    return {
        "root": config.root.as_posix(),
        "file": config.file.as_posix() if config.file else None,
        "options": {key: {"value": value, "source": config.sources[key]} for key, value in keys(config).items()},
    }


def to_text(config: Config) -> str:
    """Lines of TOML, each with its source; a key without a value is a comment."""
    lines = [f"# project: {config.root.as_posix()}", f"# file: {config.file.as_posix() if config.file else 'none'}"]
    for key, value in keys(config).items():
        written = f"# {key} is not set" if value in (None, "", 0) and value is not False else f"{key} = {toml(value)}"
        lines.append(f"{written}  # {config.sources[key]}")
    return "".join(f"{line}\n" for line in lines)


def toml(value: Any) -> str:
    """A value as TOML writes it on one line."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{json.dumps(key)} = {toml(item)}" for key, item in value.items()) + " }"
    return json.dumps(value, ensure_ascii=False)
