"""Messages are serialised with pickle (or YAML) instead of JSON.

To unpickle a message is to run what it says. A worker that takes pickle runs the code of everybody who can write to
the broker: an open Redis port, a leaked URL or one hole in any service beside it is enough. Pickled objects also
break when their class moves or changes between sending and running. YAML is read with PyYAML's `safe_load`, which
runs no code; it is written in Python and takes hundreds of times as long as JSON.

Switch in two deploys. First accept both, `accept_content = ["json", "pickle"]`, and send JSON; then, when no pickled
message is left in a queue, a schedule or a retry, accept JSON alone. In one deploy the workers refuse what is queued
(`ContentDisallowed`), or old workers refuse what new processes send.

Bad::

    from celery import Celery

    app = Celery("shop", task_serializer="pickle")

    @app.task(serializer="pickle")
    def ship(order_id):
        ...

Good::

    from celery import Celery

    app = Celery("shop", task_serializer="json")

    @app.task
    def ship(order_id):
        ...

Found in settings, task options, dispatches, signatures and beat entries. The fix is safe where every argument that
the project is seen to send to the tasks concerned, and everything that they return, is proven to pass JSON unchanged
and `accept_content` allows JSON; elsewhere it is unsafe. Silent on settings of tests and local development, and on
custom serialisers.

Sources: Celery's user guide, "Security", "Serializers"; `kombu.serialization` (`pickle`, `register_yaml`, 5.7);
`celery.worker.consumer.consumer` (`on_decode_error`, 5.7).
"""

import ast
from collections.abc import Iterator
from dataclasses import replace

from celerylint.facts import Class, Dispatch, Setting, Task
from celerylint.file import File
from celerylint.index import Index
from celerylint.rule import Finding, Rule, call_of
from celerylint.rules.declared import declared
from celerylint.rules.serializing import insecure, is_pickle
from celerylint.rules.setting_places import entries, written
from celerylint.source import Span
from celerylint.values import Value

rule = Rule(
    __name__,
    severity="error",
    message="{where} pickles {what}, and to read them is to run the code of whoever can write to {store}; "
    "write `json`, in two deploys: accept both and send JSON, then accept JSON alone",
    checklist=("config.json-serializer", "security.no-pickle"),
)
YAML = (
    "{where} writes {what} as YAML, which takes hundreds of times as long to read as JSON; "
    "write `json`, in two deploys: accept both and send JSON, then accept JSON alone"
)
SETTINGS = {"task_serializer": "messages", "result_serializer": "results", "event_serializer": "events"}


@rule.check(Setting)
def in_setting(setting: Setting, file: File, index: Index) -> Iterator[Finding]:
    if not index.configuration.is_production(setting.path, setting.condition):
        return
    if setting.name == "beat_schedule":
        yield from in_schedule(setting, file)
    name = insecure(setting.value)
    if name and setting.name in SETTINGS:
        span, value = written(file, setting)
        scope = "tasks" if setting.name == "task_serializer" else "other"
        store = "the result backend" if setting.name == "result_serializer" else "the broker"
        yield finding(file, span, value, name, f"`{setting.written}`", SETTINGS[setting.name], scope, store)


def in_schedule(setting: Setting, file: File) -> Iterator[Finding]:
    """The options of beat entries, as far as they are written out."""
    _, schedule = written(file, setting)
    for node in ast.walk(schedule) if schedule is not None else ():
        for key, value in entries(node if isinstance(node, ast.expr) else None):
            if isinstance(key, ast.Constant) and key.value == "serializer" and (name := insecure(file.value(value))):
                yield finding(file, file.span(key), value, name, "this beat entry", scope="other")


@rule.check(Task, Class)
def in_options(subject: Task | Class, file: File, index: Index) -> Iterator[Finding]:
    found = declared(subject, file, index)
    name = insecure(found.options["serializer"]) if found is not None and "serializer" in found.options else ""
    if found is not None and name and not index.modules.is_test(file.path):
        scope = found.task.key if found.task is not None else "other"
        where = f"`serializer` of `{found.label}`"
        yield finding(file, found.place(file, "serializer"), found.value_node("serializer"), name, where, scope=scope)


@rule.check(Dispatch)
def in_dispatch(dispatch: Dispatch, file: File, index: Index) -> Iterator[Finding]:
    if "serializer" not in dispatch.options or index.modules.is_test(file.path):
        return
    name = insecure(index.expand(dispatch.options["serializer"]))
    call = file.node_at(dispatch.span, ast.Call)
    if name and call is not None:
        yield from in_call(call, name, f"this `{dispatch.method}`", "call", file)


@rule.check(call_of("set"))
def in_set(node: ast.Call, file: File, index: Index) -> Iterator[Finding]:
    """`task.s().set(serializer="pickle")`."""
    if not isinstance(node.func, ast.Attribute) or node.func.attr != "set":
        return
    given: list[Value] = [file.value(keyword.value) for keyword in node.keywords if keyword.arg == "serializer"]
    name = insecure(given[0]) if given else ""
    if name and not index.modules.is_test(file.path) and index.signature_of(file.value(node.func.value)) is not None:
        yield from in_call(node, name, "this signature", "other", file)


def in_call(call: ast.Call, name: str, where: str, scope: str, file: File) -> Iterator[Finding]:
    for keyword in call.keywords:
        if keyword.arg == "serializer":
            found = finding(file, file.span(keyword), keyword.value, name, where, scope=scope)
            yield replace(found, data=found.data | {"call": file.span(call)})


def finding(
    file: File,
    span: Span,
    value: ast.expr | None,
    name: str,
    where: str,
    what: str = "its messages",
    scope: str = "",
    store: str = "the broker",
) -> Finding:
    literal = value if isinstance(value, ast.Constant) else None
    return rule.finding(
        file,
        span,
        message="" if is_pickle(name) else YAML,
        severity="error" if is_pickle(name) else "warning",
        data={"span": file.span(literal) if literal is not None else None, "scope": scope},
        where=where,
        what=what,
        store=store,
    )
