"""The shapes of the generated tables.

A row starts with the stretch of versions it holds for: from `since` on, before `until`; None is "still".
4.4 is the oldest version looked at, so a row since (4, 4) may hold for older ones too.
"""

from __future__ import annotations

from typing import TypeAlias

Version: TypeAlias = tuple[int, int]
Names: TypeAlias = tuple[str, ...]

# name, since, until
NameRow: TypeAlias = tuple[str, Version, "Version | None"]
# since, until, type, default (repr), old names, deprecated in, removed in (announced), listed in celery.app.defaults
SettingRow: TypeAlias = tuple[Version, "Version | None", str, str, Names, str, str, bool]
# since, until, subcommands
CommandRow: TypeAlias = tuple[Version, "Version | None", Names]
# since, until, names, value (none, optional, required), type, choices, multiple
OptionRow: TypeAlias = tuple[Version, "Version | None", Names, str, str, Names, bool]
# last version that has it (None: the newest still does), drop-in, deprecated in, removed in (announced), advice
RemovedRow: TypeAlias = tuple["Version | None", str, str, str, str]
