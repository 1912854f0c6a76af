"""A task has no `name`, so that it is named after its module and function.

The name is what messages, routes, schedules and dashboards know the task by. Moving the function, renaming it or
importing its module by another path changes it silently: messages on their way are discarded as "unregistered task",
routes and schedule entries match nothing any more. A written name stays.

Bad::

    from celery import shared_task

    @shared_task
    def ship(order_id):
        ...

Good::

    from celery import shared_task

    @shared_task(name="tasks.ship")
    def ship(order_id):
        ...

Silent about tasks that a project's own decorator makes, which may name them, in files that no name can import, and
where the app has a way of its own to name tasks. Strict, since most projects leave the names of nearly all their tasks
to Celery.

The fix writes the name that the task has today. It is safe where the project imports the module by that very name,
and unsafe where the name follows from the folders alone.

Source: Celery's user guide, "Tasks", "Names" and "Automatic naming and relative imports".
"""

from collections.abc import Iterator

from celerylint.facts import Task
from celerylint.file import File
from celerylint.index import Index
from celerylint.rule import Finding, Rule

rule = Rule(
    __name__,
    severity="advice",
    strict=True,
    message="the name `{name}` changes when `{task}` is moved or renamed, and messages on the way are discarded; "
    'write `name="{name}"`',
)


@rule.check(Task)
def unnamed(task: Task, file: File, index: Index) -> Iterator[Finding]:
    if task.kind != "decorator" or task.explicit_name or task.open or index.registry.naming.makers:
        return
    if not all(part.isidentifier() for part in task.name.split(".")):
        return
    function = index.function_of(task)
    if function is not None and not function.owner:
        yield rule.finding(file, task.span, data={"name": task.name}, name=task.name, task=task.label)
