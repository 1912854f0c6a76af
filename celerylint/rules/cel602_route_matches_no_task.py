"""A route of `task_routes` that matches no task, or that says something Celery does not understand.

A pattern that no task has is never used: the task was renamed or moved, and its messages go to the default queue
now, among everything else. Only a `*` makes a pattern; `?` and `[…]` without one are taken literally. An option that
does not exist (`quue`) is copied into the message and changes nothing.

Bad::

    from celery import Celery

    app = Celery("shop")
    app.conf.task_routes = {"tasks.send_mails": {"queue": "mail"}}

    @app.task
    def send_mail(order_id):
        return order_id

Good::

    from celery import Celery

    app = Celery("shop")
    app.conf.task_routes = {"tasks.send_mail": {"queue": "mail"}}

    @app.task
    def send_mail(order_id):
        return order_id

Silent on names of packages that the project uses, on names that it sends to other services, on tasks whose decorator
may name them otherwise, and on routers that are code.

Source: `celery.app.routes.MapRoute` (4.4 to 5.7).
"""

import re
from collections.abc import Iterator

from celerylint import celery_data
from celerylint.celery_data import nearest
from celerylint.facts import Route
from celerylint.file import File
from celerylint.index import Index
from celerylint.index.queues import matches
from celerylint.rule import Finding, Rule

rule = Rule(
    __name__,
    severity="warning",
    message="No task matches `{pattern}`, so this route is never used{hint}",
    checklist=("queues.routes",),
)
LITERAL = "Celery takes `{pattern}` literally, as it has no `*`, so this route matches no task"
OPTION = "Celery knows no option `{name}`, so this route does not do what it says{hint}"


@rule.check(Route)
def unused(route: Route, file: File, index: Index) -> Iterator[Finding]:
    if not index.configuration.is_production(route.path) or not index.tasks:
        return
    yield from unknown_options(route, file, index)
    if not route.pattern or route.regex or is_used(route, index):
        return
    if "*" not in route.pattern and re.search(r"[?\[]", route.pattern):
        yield rule.finding(file, route.span, message=LITERAL, pattern=route.pattern, data={"instead": ""})
    elif is_ours(route.pattern, index):
        instead = index.task_names.meant(route.pattern) if "*" not in route.pattern else ""
        hint = f"; did you mean `{instead}`?" if instead else ""
        yield rule.finding(file, route.span, data={"instead": instead}, pattern=route.pattern, hint=hint)


def unknown_options(route: Route, file: File, index: Index) -> Iterator[Finding]:
    """Options that change nothing."""
    known = celery_data.execution_options(index.traits.celery, "apply_async")
    for name in route.target or {}:
        if name not in known:
            near = nearest(name, known)
            yield rule.finding(
                file,
                route.spans.get(name, route.span),
                message=OPTION,
                name=name,
                hint=f"; did you mean `{near}`?" if near else "",
                data={"instead": near or ""},
            )


def is_used(route: Route, index: Index) -> bool:
    """Whether the pattern matches a task of the project, one that may be named so, or a name that it sends."""
    registry = index.registry
    if any(matches(route, name) for name in registry.by_name) or any(
        dispatch.name and matches(route, dispatch.name) for dispatch in index.dispatches
    ):
        return True
    if any(entry.sent and matches(route, entry.sent) for entry in index.schedule):
        return True
    hidden = [task for task in index.tasks if task.open or not task.name]
    return any(matches(route, f"{task.key.replace(':', '.')}") for task in hidden)


def is_ours(pattern: str, index: Index) -> bool:
    """Whether a pattern can only mean tasks of this project: of a module of its own, or of a package that nothing here
    imports or installs."""
    if index.task_names.names_are_made or "." not in pattern:
        return False
    if "*" not in pattern and index.task_names.registered(pattern) is False:
        return True
    module, _, _ = pattern.partition("*")[0].rpartition(".")
    top = module.partition(".")[0]
    if not re.fullmatch(r"\w+(?:\.\w+)*", module) or top == "celery":
        return False
    if top in index.task_names.packages:
        return "*" in pattern and not any(name.startswith(f"{module}.") for name in index.modules.by_import)
    return not any(names_package(top, text) for _, text in index.lines_with(top))


def names_package(top: str, line: str) -> bool:
    """Whether a line imports a package, or lists it among installed ones."""
    return re.search(rf"""^(?:from|import)\s+{top}\b|^["']{top}(?:\.apps\.\w+)?["'],?$""", line) is not None
