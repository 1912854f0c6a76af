"""A parameter of a task is named like a secret, so every message of the task carries one in clear.

Arguments are no private matter. They stand in the message body in the broker and in its dumps and backups, as text in
its headers, in the events that Flower and `celery events` show, with `result_extended` in the result backend, and in
the logs when a message cannot be read or its task is not registered. When the retries of a task run out, the text of
MaxRetriesExceededError has them too. `argsrepr` and `kwargsrepr` hide them from events only, and only until the first
retry.

Pass what names the secret (the primary key of the account or the name of the setting) and read it in the task.

Bad::

    from celery import shared_task

    @shared_task
    def import_orders(shop_url, api_key):
        ...

Good::

    from celery import shared_task

    @shared_task
    def import_orders(shop_id):
        shop = Shop.objects.get(pk=shop_id)
        fetch(shop.url, shop.api_key)

Names are taken as whole words: `api_key` and `shop_api_key`, not `api_key_count`, `token_id` or `has_password`; the
options `secret-names` and `extend-secret-names` say which. Silent about tokens that are no secrets (`page_token`,
`lock_token`, `nft_token`), about parameters that are annotated as numbers or booleans, and in tests.

Sources: `celery.app.amqp` (`argsrepr`), `celery.worker.state`, `celery.app.task.Task.retry` (5.7); Celery's user
guide, "Tasks", "Hiding sensitive information in arguments".
"""

from collections.abc import Iterator

from celerylint.facts import Parameter, Task
from celerylint.file import File
from celerylint.index import Index
from celerylint.rule import Finding, Rule
from celerylint.rules.secrets import is_secret
from celerylint.values import Binary, Const, Item, Name, Value

rule = Rule(
    __name__,
    severity="warning",
    message="`{name}` goes in clear through the broker, its dumps, events and Flower, and some logs, in every message "
    "of `{task}`; pass what names the secret and read it in the task",
    checklist=("security.secrets",),
)

NO_TEXT = frozenset({"builtins.bool", "builtins.int", "builtins.float"})


@rule.check(Task)
def takes_secret(task: Task, file: File, index: Index) -> Iterator[Finding]:
    function = index.function_of(task)
    if function is None or function.path != file.path or index.modules.is_test(file.path):
        return
    for parameter in function.parameters[1:] if task.bound else function.parameters:
        if is_secret(parameter.name, index) and may_be_text(parameter):
            yield rule.finding(file, parameter.span, name=parameter.name, task=task.label)


def may_be_text(parameter: Parameter) -> bool:
    """Whether annotation and default leave room for a secret: not a number, a boolean or a collection of names."""
    if parameter.kind in {"var_positional", "var_keyword"}:
        return False
    flag = isinstance(parameter.default, Const) and isinstance(parameter.default.value, bool | int | float)
    return not flag and not all_numbers(parameter.annotation)


def all_numbers(annotation: Value | None) -> bool:
    match annotation:
        case Name(dotted=dotted):
            return dotted in NO_TEXT
        case Item(base=Name(dotted="typing.Optional"), key=key):
            return all_numbers(key)
        case Binary(op="BitOr", left=left, right=right):
            return all(all_numbers(option) or option == Const(None) for option in (left, right))
        case _:
            return False
