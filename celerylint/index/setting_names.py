"""Which of Celery's settings a written name means, in the place where it stands."""

from __future__ import annotations

from celerylint import celery_data
from celerylint.celery_data.rows import Version

# What unprefixed names begin with that belong to one family of Celery's settings.
FAMILIES = ("task_", "worker_", "result_", "broker_", "beat_")
OLD_FAMILIES = ("CELERY", "BROKER_")
# From here on a namespace lets old names through, and a prefixed name is not looked for in all of the configuration
# before the bare one (`celery.utils.collections.ConfigurationView`).
NAMES_BESIDE_NAMESPACE: Version = (5, 7)


class SettingNames:
    """The settings of one version of Celery by every name that they are written under."""

    def __init__(self, version: Version) -> None:
        self.version = version
        self.known = celery_data.settings(version)
        self.old = celery_data.old_setting_names()

    def new_name(self, written: str, namespace: str) -> str:
        """Celery's new name for a name as written under a namespace, "" for one that it does not read there."""
        if not namespace:
            return written if written in self.known else self.old.get(written, "")
        prefix = f"{namespace.rstrip('_')}_"
        short = written.removeprefix(prefix)
        if written.startswith(prefix) and short == in_case(short, prefix) and short.lower() in self.known:
            return short.lower()
        if written in self.known:
            return written
        return self.old.get(written, "") if self.version >= NAMES_BESIDE_NAMESPACE else ""

    def is_old(self, written: str, namespace: str = "") -> bool:
        """Whether a name is one of before 4.0, and no new one under the namespace that it stands in."""
        prefix = f"{namespace.rstrip('_')}_"
        new = bool(namespace) and written.startswith(prefix) and written.removeprefix(prefix).lower() in self.known
        return written in self.old and written not in self.known and not new

    def is_meant(self, name: str, namespace: str) -> bool:
        """Whether a name in something that an app reads whole is meant for Celery."""
        if namespace:
            return name.startswith(f"{namespace.rstrip('_')}_") or self.new_name(name, namespace) != ""
        shouted = name.isupper() and name.lower() in self.known and name.lower().startswith(FAMILIES)
        return self.new_name(name, "") != "" or name.startswith(FAMILIES) or shouted or self.is_old_fashioned(name)

    def is_meant_in_django(self, name: str, namespace: str) -> bool:
        """Whether an upper-case name in Django's settings, or Flask's, is meant for Celery.

        Besides those under the namespace: old names, and new ones that lack it.
        """
        if not name.isupper():
            return False
        if not namespace:
            return name.startswith(OLD_FAMILIES)
        if name.startswith(f"{namespace.rstrip('_')}_") or name in self.old:
            return True
        return name.lower() in self.known and name.lower().startswith(FAMILIES)

    def has_prefix(self, written: str, namespace: str) -> bool:
        """Whether a name means a setting by the prefix of a namespace."""
        return bool(namespace) and not self.new_name(written, "") and bool(self.new_name(written, namespace))

    def is_old_fashioned(self, name: str) -> bool:
        """Whether a name looks like one of before 4.0."""
        return name.isupper() and name.startswith(OLD_FAMILIES)


def in_case(name: str, prefix: str) -> str:
    """A name in the case of its namespace's prefix (`celery.app.utils.ConfigurationView`, `match_case`)."""
    return name.upper() if prefix.isupper() else name.lower()
