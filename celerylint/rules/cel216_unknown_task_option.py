"""A task option that Celery does not know.

Celery takes every keyword of `@app.task` and makes it an attribute of the task, known or not, and complains about
none. So `max_retry=5`, `task_time_limit=30` or `ack_late=True` read as if they did something and do nothing: the task
has three retries, no limit and an early acknowledgement. Options of `apply_async` such as `countdown` or `eta` are not
options of a task either.

Bad::

    from celery import Celery

    app = Celery("shop")

    @app.task(task_time_limit=30)
    def fetch(url):
        return download(url)

Good::

    from celery import Celery

    app = Celery("shop")

    @app.task(time_limit=30)
    def fetch(url):
        return download(url)

Silent about names that code of the project reads (`task.owner`, `getattr(task, "owner")`), about options of well-known
task bases (celery-once, celery-singleton …), where the base is not known, and where a decorator of the project may take
the option itself. In class tasks, whose attributes may be anything, only near misses of Celery's names are reported.

Source: `celery.app.base.Celery.task` and `celery.app.task.Task` (4.4 to 5.7).
"""

from collections.abc import Iterator

from celerylint import celery_data
from celerylint.facts import Class, Task
from celerylint.file import File
from celerylint.index import Index
from celerylint.rule import Finding, Rule
from celerylint.rules import retries
from celerylint.rules.declared import Declared, declared, is_read, passes_on

rule = Rule(
    __name__,
    severity="error",
    message="Celery knows no task option `{option}`, so on `{task}` it does nothing; {instead}",
    checklist=("task-design.error-handling",),
    yields_to=("CEL701",),
)

# Keys of `retry_policy=`, which is an option of `apply_async` and of `broker_transport_options`.
RETRY_POLICY = frozenset({"interval_start", "interval_step", "interval_max", "retry_policy"})


@rule.check(Task, Class)
def unknown_options(subject: Task | Class, file: File, index: Index) -> Iterator[Finding]:
    found = declared(subject, file, index)
    if found is None:
        return
    known = known_options(found, index)
    for option in found.options:
        if option in known or option.startswith("_"):
            continue
        nearest = celery_data.nearest(option, celery_data.task_options(index.traits.celery))
        if is_inert(option, nearest, found, file, index):
            instead = advice(option, nearest, index)
            data, place = {"nearest": nearest}, found.place(file, option)
            yield rule.finding(file, place, data=data, option=option, task=found.label, instead=instead)


def known_options(found: Declared, index: Index) -> frozenset[str]:
    """What Celery or a well-known base of the task reads."""
    bases = () if found.task is None else index.registry.bases.of(found.task)[1]
    return celery_data.task_options(index.traits.celery).union(*(celery_data.base_options(base) for base in bases))


def is_inert(option: str, nearest: str | None, found: Declared, file: File, index: Index) -> bool:
    """Whether certainly nothing reads an option that Celery does not know."""
    task = found.task
    if task is None or task.kind == "class":
        return nearest is not None and not is_read(option, index)
    if not found.direct:
        return nearest is not None and passes_on(task, option, index) and not is_read(option, index)
    if index.registry.bases.has_foreign(task) or any(
        option in cls.attributes for cls in index.registry.bases.classes(task)
    ):
        return False
    if nearest is not None or option in celery_data.execution_options(index.traits.celery, "apply_async"):
        return not retries.reads(task, file, index, option)
    return not is_read(option, index)


def advice(option: str, nearest: str | None, index: Index) -> str:
    """What to write instead."""
    version = index.traits.celery
    later = celery_data.task_options(celery_data.newest())
    if option in later:
        return f"it is read by later versions than {'.'.join(map(str, version))}"
    if nearest is not None:
        return f"did you mean `{nearest}`?"
    if option in RETRY_POLICY:
        return "it belongs to the `retry_policy` of `apply_async`"
    if option in celery_data.execution_options(version, "apply_async"):
        return "it is an option of `apply_async`"
    return "remove it, or read it in a base class"
