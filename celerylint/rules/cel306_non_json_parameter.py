"""A task's own annotation asks for something that JSON cannot carry.

Messages are JSON, so a parameter that is annotated as a set, a timedelta, a dataclass or a model never gets one from
a message: whoever believes the annotation and passes one gets EncodeError from `.delay()`, whoever passes a list or a
key finds that the body expects something else. Only a direct call or `.apply()`, as in tests, works.

Bad::

    from datetime import timedelta

    from celery import Celery

    app = Celery("shop")

    @app.task
    def remind(customers: set[int], after: timedelta):
        ...

Good::

    from datetime import timedelta

    from celery import Celery

    app = Celery("shop")

    @app.task
    def remind(customers: list[int], after_seconds: float):
        after = timedelta(seconds=after_seconds)

Silent on tasks with `pydantic=True`, which make values of what arrives, on datetime, date, time, Decimal, UUID and
bytes where every kombu in use carries them (5.3 on), on other serialisers than JSON, on parameters with a default of
their own, on those that a decorator or base of the project's own may fill in, and on types of which nothing is known.

Sources: `kombu.utils.json` (4.6 to 5.7); `celery.app.base.pydantic_wrapper` (5.5 on).
"""

from collections.abc import Iterator

from celerylint.facts import Parameter, Task
from celerylint.file import File
from celerylint.index import Index
from celerylint.index.tasks import last_name
from celerylint.jsonable import judge_annotation
from celerylint.rule import Finding, Rule
from celerylint.rules.models import annotated
from celerylint.rules.serializing import in_force, serializer_of, teaches_json
from celerylint.values import NONE, Const, Name, Value

rule = Rule(
    __name__,
    severity="warning",
    message="no message brings `{name}` of `{task}` what its annotation says: {why}; {instead}",
    checklist=("task-design.serializable-arguments",),
)


@rule.check(Task)
def asks_for(task: Task, file: File, index: Index) -> Iterator[Finding]:
    function = index.function_of(task)
    if function is None or function.path != file.path or index.modules.is_test(file.path):
        return
    wrong = [(parameter, why) for parameter in index.parameters_of(task) or () if (why := reason(parameter, index))]
    if wrong and sent_as_json(task, index):
        for parameter, why in wrong:
            instead = "take its primary key" if "instance" in why else "take plain data and make it of that"
            yield rule.finding(file, parameter.span, name=parameter.name, task=task.label, why=why, instead=instead)


def sent_as_json(task: Task, index: Index) -> bool:
    """Whether messages of a task are JSON and nothing makes values of other types of them."""
    pydantic = in_force(task, "pydantic", index)
    return pydantic in (None, Const(False)) and serializer_of(task, None, index) == "json" and not teaches_json(index)


def reason(parameter: Parameter, index: Index) -> str:
    """Why JSON cannot carry what an annotation says, "" where it can or nothing is known."""
    if parameter.annotation is None or parameter.kind.startswith("var_") or parameter.default not in (None, NONE):
        return ""
    found = annotated(parameter.annotation, index)
    if found is not None:
        return f"{found.label} has no JSON form"
    return refused(parameter.annotation, index)


def refused(annotation: Value, index: Index) -> str:
    """Why every kombu in use refuses what an annotation names."""
    ends = {index.traits.kombu_oldest, index.traits.kombu}
    judged = [judge_annotation(annotation, kombu, index.classes.base) for kombu in sorted(ends)]
    if not all(one.state == "refused" for one in judged):
        return ""
    plain = judged[-1].kind == "object" and isinstance(annotation, Name)
    return f"`{last_name(annotation)}` has no JSON form" if plain else judged[-1].why
