"""Workers take several messages ahead where long tasks or priorities are in use.

A worker process reserves `worker_prefetch_multiplier` messages, 4 by default. Behind a task of an hour they wait for
an hour, although other workers are idle, and a more urgent message that comes meanwhile cannot overtake them. 0 means
no bound at all: one worker takes the whole queue.

Bad::

    from celery import Celery

    app = Celery("shop")
    app.conf.worker_prefetch_multiplier = 8

    @app.task(time_limit=3600)
    def rebuild_index():
        return 1

Good::

    from celery import Celery

    app = Celery("shop")
    app.conf.worker_prefetch_multiplier = 1

    @app.task(time_limit=3600)
    def rebuild_index():
        return 1

Silent where no task has a time limit of ten minutes or more of its own and nothing sets a priority, as many short
tasks are faster with messages at hand; where the setting is not known.

Source: https://docs.celeryq.dev/en/stable/userguide/optimizing.html#prefetch-limits (5.7).
"""

from collections.abc import Iterator

from celerylint.facts import App, Setting, Task
from celerylint.file import File
from celerylint.index import Index
from celerylint.rule import Finding, Related, Rule
from celerylint.rules.applications import is_configured_here
from celerylint.rules.numbers import amount
from celerylint.rules.setting_places import written

rule = Rule(
    __name__,
    severity="warning",
    message="Workers reserve {many} messages for each process, which wait behind {why} while others are idle; set "
    "`worker_prefetch_multiplier` to 1",
    checklist=("config.prefetch",),
)
UNBOUNDED = "0 lets one worker reserve every message of the queue, while others are idle; set it to 1"

LONG = 600
OWN = frozenset({"task", "base", "annotation"})


@rule.check(Setting)
def set_too_high(setting: Setting, file: File, index: Index) -> Iterator[Finding]:
    number = amount(setting.value, index) if setting.name == "worker_prefetch_multiplier" else None
    if number is None or setting not in index.configuration.reaching(setting.name):
        return
    place, node = written(file, setting)
    data = {"node": file.span(node) if node is not None else None, "app": setting.app}
    if number == 0:
        yield rule.finding(file, place, message=UNBOUNDED, data=data)
    elif number > 1 and (reason := why(index)):
        yield rule.finding(file, place, data=data, related=reason[1], many=f"{number:g}", why=reason[0])


@rule.check(App)
def left_at_its_default(app: App, file: File, index: Index) -> Iterator[Finding]:
    if not is_configured_here(app, index) or index.configuration.by_name.get("worker_prefetch_multiplier"):
        return
    reason = why(index)
    if reason and not index.configuration.by_name.get("worker_disable_prefetch"):
        data = {"node": None, "app": app.key}
        yield rule.finding(file, app.span, data=data, related=reason[1], many="4", why=reason[0])


def why(index: Index) -> tuple[str, tuple[Related, ...]] | None:
    """What makes messages that are reserved wait too long, with its place."""
    for task in index.tasks:
        if index.configuration.is_production(task.path) and (limit := longest(task, index)) is not None:
            related = (Related(task.path, task.span, f"it may run for {limit:g} s"),)
            return f"tasks as long as `{task.label}`", related
    for sent in index.dispatches:
        if "priority" in sent.options and index.configuration.is_production(sent.path):
            return "less urgent ones", (Related(sent.path, sent.span, "a priority is given here"),)
    return None


def longest(task: Task, index: Index) -> float | None:
    """The seconds that a task may run by a limit of its own, where these are many."""
    limits = [index.option(task, name) for name in ("time_limit", "soft_time_limit")]
    known = [amount(limit.value, index) for limit in limits if limit.source in OWN]
    return next((limit for limit in known if limit is not None and limit >= LONG), None)
