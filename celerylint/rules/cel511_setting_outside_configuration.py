"""A setting of Celery's as a plain variable beside the app, which nothing reads.

`worker_max_tasks_per_child = 200` in the module of the app is a variable of that module. Celery reads the object that
`config_from_object` names and what is written to `app.conf`, and no other variables.

Bad::

    from celery import Celery

    app = Celery("shop")
    worker_max_tasks_per_child = 200

Good::

    from celery import Celery

    app = Celery("shop")
    app.conf.worker_max_tasks_per_child = 200

Silent where the module itself is what an app reads, and on variables that any line of the project uses.

Source: `celery.app.base.Celery.config_from_object` (5.7).
"""

import ast
import re
from collections.abc import Iterator

from celerylint.facts import Assign, FileFacts
from celerylint.file import File
from celerylint.index import Index
from celerylint.index.setting_names import FAMILIES
from celerylint.rule import Finding, Rule

rule = Rule(
    __name__,
    severity="error",
    message="`{name}` is a plain variable here, which Celery does not read, so it has no effect; write `{instead}`",
)


@rule.check(FileFacts)
def plain_variable(facts: FileFacts, file: File, index: Index) -> Iterator[Finding]:
    apps = [app for app in index.placed(facts.path).apps if not app.scope]
    if not apps or not index.configuration.is_production(facts.path):
        return
    read = {setting.span for setting in index.settings_in(facts.path)}
    for name, rows in facts.assigns.items():
        new = meant(name, index)
        if not new or any(row.span in read for row in rows) or is_used(rows[0], facts, index):
            continue
        app = apps[0].key.rpartition(".")[2] if len(apps) == 1 else ""
        after = bool(app) and rows[0].span > apps[0].span and at_top(rows[0], file)
        data = {"instead": f"{app}.conf.{new}" if after else ""}
        yield rule.finding(file, rows[0].span, data=data, name=name, instead=f"{app or 'app'}.conf.{new}")


def meant(name: str, index: Index) -> str:
    """The setting that a variable is named as, "" for none. Names of one word are too common."""
    names = index.configuration.names
    if name in names.known and name.startswith(FAMILIES):
        return name
    if name in names.old:
        return names.old[name]
    short = name.removeprefix("CELERY_").lower()
    return short if name.isupper() and short in names.known and short.startswith(FAMILIES) else ""


def is_used(row: Assign, facts: FileFacts, index: Index) -> bool:
    """Whether any line of the project names the variable but the one that assigns it."""
    own = re.compile(rf"^{re.escape(row.name)}\s*(?::[^=]+)?=(?!=)(?!.*\b{re.escape(row.name)}\b)")
    lines = [(path, line) for path, line in index.lines_with(row.name) if not line.startswith("#")]
    return any(path != facts.path or not own.match(line) for path, line in lines)


def at_top(row: Assign, file: File) -> bool:
    """Whether the assignment stands at the top level of its module."""
    node = file.node_at(row.span, ast.Name)
    return node is not None and file.statement(node) in file.tree.body
