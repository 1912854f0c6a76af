"""Workers send no events, so nothing that watches them sees any task.

Flower, exporters for Prometheus and `celery events` live on events. They are off by default: the workers show, their
tasks do not. `task_send_sent_event` adds the time that a message waited.

Bad::

    from celery import Celery

    app = Celery("shop")

    @app.task
    def ship(order_id):
        return order_id

Good::

    from celery import Celery

    app = Celery("shop")
    app.conf.update(worker_send_task_events=True, task_send_sent_event=True)

    @app.task
    def ship(order_id):
        return order_id

Silent where a setting is not known or part of the configuration cannot be read, and of the first of the two where a
deployed worker is started with `celery worker -E`, which does the same.

Source: https://docs.celeryq.dev/en/stable/userguide/configuration.html#worker-send-task-events (5.7).
"""

from collections.abc import Iterator

from celerylint.facts import App
from celerylint.file import File
from celerylint.index import Index
from celerylint.rule import Finding, Rule
from celerylint.rules.applications import is_configured_here, is_in_commands, is_on

rule = Rule(
    __name__,
    severity="advice",
    strict=True,
    message="{problem}; set {missing}",
    checklist=("monitoring.events",),
)

UNSEEN = "Flower and exporters see no tasks, as their events are off"
UNTIMED = "Exporters cannot tell how long tasks wait, as no event says when they were sent"
SETTINGS = ("worker_send_task_events", "task_send_sent_event")


@rule.check(App)
def silent(app: App, file: File, index: Index) -> Iterator[Finding]:
    if not is_configured_here(app, index):
        return
    off = [name for name in SETTINGS if is_on(name, app, index) is False]
    if SETTINGS[0] in off and is_in_commands(index, "--task-events"):
        off.remove(SETTINGS[0])
    unset = [name for name in off if not index.configuration.effective(name, app.key)]
    if off:
        missing = " and ".join(f"`{name}`" for name in off)
        problem = UNSEEN if SETTINGS[0] in off else UNTIMED
        yield rule.finding(file, app.span, data={"app": app.key, "settings": unset}, problem=problem, missing=missing)
