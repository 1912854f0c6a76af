"""Tasks are sent through another app than the one that is configured.

A shared task is sent through the current app: the one that was made last in the process. Where Django's package does
not import the app, the web process has none, and `.delay()` tries RabbitMQ on its own machine. A second `Celery()` at
import takes the place of the first, and then shared tasks go to its broker.

Bad::

    from celery import Celery, shared_task

    app = Celery("shop", broker="redis://redis/0")
    app.config_from_object("celeryconfig")
    warehouse = Celery("warehouse", broker="redis://warehouse/0")

    @shared_task
    def ship(order_id):
        return order_id

Good::

    from celery import Celery, shared_task

    app = Celery("shop", broker="redis://redis/0")
    app.config_from_object("celeryconfig")
    warehouse = Celery("warehouse", broker="redis://warehouse/0", set_as_current=False)

    @shared_task
    def ship(order_id):
        return order_id

Silent where no task is shared, where anything else in the web process imports the app (`AppConfig.ready`, the
settings, WSGI) or the broker's URL is in the variable `CELERY_BROKER_URL`, which every app reads; on apps in
functions, and on apps of different programs in one tree.

Source: `celery._state.get_current_app` (5.7), https://docs.celeryq.dev/en/stable/django/first-steps-with-django.html.
"""

import re
from collections.abc import Iterator

from celerylint.facts import App
from celerylint.file import File
from celerylint.index import Index
from celerylint.rule import Finding, Related, Rule
from celerylint.rules.cel414_duplicate_task_name import root_of
from celerylint.values import Const, Value, walk

rule = Rule(
    __name__,
    severity="error",
    message="`{package}` does not import this app, so shared tasks that a web process sends look for RabbitMQ on its "
    "own machine; import it in `{package}/__init__.py`",
)
SECOND = (
    "This becomes the current app, so shared tasks are sent through it and not through `{other}`; pass "
    "`set_as_current=False`"
)


@rule.check(App)
def not_imported(app: App, file: File, index: Index) -> Iterator[Finding]:
    if app.scope or not is_django(app, index) or not shared_tasks(index):
        return
    module, package = index.modules.module(app.path)
    around = module.rpartition(".")[0]
    if package or not around or around not in index.modules.by_id or is_imported(module, app, index):
        return
    if any(names_variable(row.value) for row in index.configuration.production("broker_url")):
        return
    data = {
        "package": index.modules.path(around),
        "name": app.key.rpartition(".")[2],
        "module": module.rpartition(".")[2],
    }
    yield rule.finding(file, app.span, data=data, package=around.replace(".", "/"))


def names_variable(value: Value) -> bool:
    """Whether the broker's URL comes from the variable that an app without configuration reads too."""
    return any(part == Const("CELERY_BROKER_URL") for part in walk(value))


def is_django(app: App, index: Index) -> bool:
    """Whether an app of production reads Django's settings."""
    links = index.configuration.links
    reads = any(link.target == "django" and link.app == app.key for link in links)
    return reads and index.configuration.is_production(app.path)


def shared_tasks(index: Index) -> bool:
    """Whether production code has tasks that belong to no app of their own."""
    return any(
        task.via == "celery.shared_task" and index.configuration.is_production(task.path) for task in index.tasks
    )


def is_imported(module: str, app: App, index: Index) -> bool:
    """Whether any other file of production imports a module."""
    package, _, last = index.modules.imported_as(module).rpartition(".")
    whole = rf"\b{re.escape(package)}\.{re.escape(last)}\b"
    pattern = re.compile(rf"{whole}|from\s+(?:\.+|{re.escape(package)}\s+import\b.*\b|\.+\s*import\b.*\b){last}\b")
    return any(
        path != app.path and index.configuration.is_production(path) and pattern.search(line)
        for path, line in index.lines_with(last)
    )


@rule.check(App)
def second(app: App, file: File, index: Index) -> Iterator[Finding]:
    current = app.call.keyword("set_as_current")
    if app.scope or current is not None or not index.configuration.is_production(app.path) or not shared_tasks(index):
        return
    main = [one for one in index.apps if one.key in {link.app for link in index.configuration.links} and not one.scope]
    others = [one for one in main if one.key != app.key and index.configuration.is_production(one.path)]
    if len(others) != 1 or app in main or root_of(app.path, index) != root_of(others[0].path, index):
        return
    if others[0].call.keyword("set_as_current") != Const(False):
        related = (Related(others[0].path, others[0].span, "the app that is configured"),)
        other = others[0].key.rpartition(".")[2]
        yield rule.finding(file, app.span, related=related, message=SECOND, data={"second": True}, other=other)
