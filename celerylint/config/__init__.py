"""The configuration: which keys there are, where they are read from, and which rules they turn on.

`[tool.celerylint]` of the nearest `pyproject.toml` above the paths, or `celerylint.toml`, which wins where both
stand in one folder. The command line goes over both.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from celerylint.config.loading import by_configuration, load
from celerylint.config.model import OPTIONS, Config, ConfigError
from celerylint.config.selection import (
    Unknown,
    decides,
    enabled,
    ignored,
    refuse_unknown,
    selected,
    turned_off,
    unknown_codes,
)

if TYPE_CHECKING:
    from celerylint.toml import tomllib
else:

    def __getattr__(name: str) -> object:
        """The TOML parser, which most runs have no use for, so late."""
        if name == "tomllib":
            from celerylint.toml import tomllib

            return tomllib
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


__all__ = [
    "OPTIONS",
    "Config",
    "ConfigError",
    "Unknown",
    "by_configuration",
    "decides",
    "enabled",
    "ignored",
    "load",
    "refuse_unknown",
    "selected",
    "tomllib",
    "turned_off",
    "unknown_codes",
]
