"""Old and new names of settings in one configuration, which Celery refuses.

Celery reads either the names of before 4.0 or the new ones. It counts what it is given and raises
`ImproperlyConfigured` for the rest, as soon as anything of the configuration is read: worker, beat and web process
all stop at their start.

Bad::

    # celeryconfig.py
    broker_url = "redis://redis/0"
    task_acks_late = True
    CELERYD_CONCURRENCY = 4

    # tasks.py
    from celery import Celery

    app = Celery("shop")
    app.config_from_object("celeryconfig")

Good::

    # celeryconfig.py
    broker_url = "redis://redis/0"
    task_acks_late = True
    worker_concurrency = 4

    # tasks.py
    from celery import Celery

    app = Celery("shop")
    app.config_from_object("celeryconfig")

Silent under a namespace, where Celery mixes them without a word; where a setting is there under both of its names; and
on what is written to `app.conf` beside an object that is read, which may have either name.

Source: `celery.app.utils.detect_settings` (4.4 to 5.7).
"""

from collections.abc import Iterator

from celerylint.facts import Setting
from celerylint.file import File
from celerylint.index import Index
from celerylint.rule import Finding, Related, Rule
from celerylint.rules.setting_names import name_span

rule = Rule(
    __name__,
    severity="error",
    message="Celery stops with `ImproperlyConfigured`, since `{name}` is an old name and `{other}` a new one; "
    "write `{instead}`",
)


@rule.check(Setting)
def mixed(setting: Setting, file: File, index: Index) -> Iterator[Finding]:
    names = index.configuration.names
    if not setting.name or setting.namespace or not names.is_old(setting.written):
        return
    if not index.configuration.is_production(setting.path, setting.condition):
        return
    together = source(setting, index)
    written = {row.written for row in together}
    new = [row for row in together if row.written == row.name and row.name != "" and not has_both(row, written, index)]
    if new and setting.name not in written:
        related = (Related(new[0].path, new[0].span, f"`{new[0].written}` is a new name"),)
        yield rule.finding(
            file,
            name_span(file, setting),
            related=related,
            data={"setting": setting},
            name=setting.written,
            other=new[0].written,
            instead=setting.name,
        )


def has_both(row: Setting, written: set[str], index: Index) -> bool:
    """Whether a new name stands beside its own old one, which Celery does not count."""
    return any(old in written for old, new in index.configuration.names.old.items() if new == row.name)


def source(setting: Setting, index: Index) -> list[Setting]:
    """The settings that Celery counts together with one: of the same object, or of `conf` where no object is read."""
    rows = [row for row in index.settings if row.name and not row.namespace and row.form == setting.form]
    if setting.form == "object":
        if setting.holder:
            return [row for row in rows if index.configuration.force.are_read_together(row.holder, setting.holder)]
        return [row for row in rows if not row.holder and row.path == setting.path and row.app == setting.app]
    links = index.configuration.links
    if setting.form != "write" or any(link.app in ("", setting.app) or not setting.app for link in links):
        return []
    return [row for row in rows if row.app == setting.app]
