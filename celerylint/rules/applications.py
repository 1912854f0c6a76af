"""Applications that rules ask about their settings as a whole."""

from __future__ import annotations

from celerylint.facts import App, Setting
from celerylint.index import Index
from celerylint.values import Const, Value


def is_configured_here(app: App, index: Index) -> bool:
    """Whether an app runs tasks in production, and all of its settings are in the project."""
    configuration = index.configuration
    return (
        app.key in (configuration.main_apps or {app.key})
        and configuration.is_production(app.path)
        and not configuration.hidden
        and any(configuration.is_production(task.path) for task in index.tasks)
    )


def is_on(name: str, app: App, index: Index) -> bool | None:
    """Whether a setting is on for an app; None where that is not known."""
    value = index.configuration.value(name, app.key)
    return False if value is None else known_truth(value)


def is_in_commands(index: Index, *names: str) -> bool:
    """Whether the command line of a deployed worker has one of some options."""
    return any(worker.line.option(name) is not None for worker in index.deployment.workers for name in names)


def known_truth(value: Value) -> bool | None:
    return bool(value.value) if isinstance(value, Const) else None


def sole(name: str, app: str, index: Index) -> Setting | None:
    """The one row that sets something for an app."""
    rows = index.configuration.effective(name, app)
    return rows[0] if len(rows) == 1 else None
