"""Workers accept pickle (or YAML) messages.

A worker unpickles whatever message says that it is pickled, and to unpickle is to run code. So `pickle` in
`accept_content` gives everybody who can write to the broker (an open Redis port, a leaked URL, one hole in a service
beside it) the worker's rights, its database and its secrets, even if the project itself sends JSON only. YAML is read
with PyYAML's `safe_load`, which runs no code but takes hundreds of times as long as JSON.

`enable_insecure_serializers()` does the same for whatever reads with kombu and gives no `accept` list; Celery's
workers do give one. `C_FORCE_ROOT` takes away the check that keeps a worker which accepts pickle from running as
root.

Remove pickle only when no process sends it and no pickled message is left in a queue, a schedule or a retry: workers
refuse such a message with `ContentDisallowed`, and it is lost. That is the second deploy of two, see
`pickle-serializer`.

Bad::

    from celery import Celery

    app = Celery("shop")
    app.conf.accept_content = ["json", "pickle"]

Good::

    from celery import Celery

    app = Celery("shop")
    app.conf.accept_content = ["json"]

Silent on settings of tests and local development, on custom serialisers, and on values that cannot be told.

Sources: Celery's user guide, "Security"; `kombu.serialization` (5.7); `celery.platforms.check_privileges` (5.7).
"""

import ast
from collections.abc import Iterator

from celerylint.deploy import Deployment
from celerylint.deploy.environment import Variable
from celerylint.deploy.model import Place
from celerylint.facts import FileFacts, Setting
from celerylint.file import File
from celerylint.index import Index
from celerylint.index.production import is_production_path
from celerylint.rule import Finding, Rule
from celerylint.rules.serializing import accepted, insecure, is_pickle
from celerylint.rules.setting_places import written
from celerylint.source import Span
from celerylint.values import Attr, Const, Item, Name, Sequence, Value

rule = Rule(
    __name__,
    severity="error",
    message="`{setting}` has workers unpickle what they are sent, so that whoever can write to the broker runs code in "
    "them; accept `json` alone, once nothing pickled is queued",
    checklist=("config.accept-content", "security.no-pickle"),
)
YAML = (
    "`{setting}` has workers read YAML, which takes hundreds of times as long as JSON, so that a few large messages "
    "keep them busy; accept `json` alone, once no YAML is queued"
)
ENABLED = (
    "`enable_insecure_serializers` has all that reads with kombu and no `accept` list unpickle what it is sent; "
    "remove it, Celery's workers go by `accept_content`"
)
ROOT = (
    "`C_FORCE_ROOT` takes away the check that keeps a worker which accepts pickle from running as root; "
    "run it as a user of its own"
)
SETTINGS = frozenset({"accept_content", "result_accept_content"})
ENABLE = frozenset({"kombu.enable_insecure_serializers", "kombu.serialization.enable_insecure_serializers"})


@rule.check(Setting)
def accepts(setting: Setting, file: File, index: Index) -> Iterator[Finding]:
    if setting.name not in SETTINGS or not index.configuration.is_production(setting.path, setting.condition):
        return
    names = insecure_items(setting.value)
    if names:
        span, node = written(file, setting)
        yield finding(file, span, names, setting.written, {"value": file.span(node) if node is not None else None})


def insecure_items(value: Value) -> list[str]:
    """The insecure serialisers that an `accept_content` names."""
    items = value.items if isinstance(value, Sequence) else (value,)
    return [name for item in items if (name := insecure(item))]


@rule.check(FileFacts)
def in_code(facts: FileFacts, file: File, index: Index) -> Iterator[Finding]:
    """`enable_insecure_serializers()`, and every way to set `C_FORCE_ROOT`."""
    text = file.source.text
    if not bool(index.apps or index.tasks or index.settings) or index.modules.is_test(file.path):
        return
    if "enable_insecure_serializers" in text:
        for node in file.nodes(ast.Call):
            yield from enables(node, file, index)
    if "C_FORCE_ROOT" in text and accepts_pickle(index):
        for node in file.nodes(ast.Call):
            yield from sets_root(node, file)
        for assign in file.nodes(ast.Assign):
            yield from forces_root(assign, file)


def enables(node: ast.Call, file: File, index: Index) -> Iterator[Finding]:
    callee = file.callee(node)
    known = isinstance(callee, Name) and index.modules.canonical(callee.dotted) in ENABLE
    if known and insecure_items(given(node, file)):
        yield rule.finding(file, file.span(node), message=ENABLED, severity="warning", data={"statement": True})


def given(node: ast.Call, file: File) -> Value:
    """The serialisers that a call of `enable_insecure_serializers` names; without any it is all of them."""
    named = [keyword.value for keyword in node.keywords if keyword.arg == "choices"]
    first = next(iter([*node.args, *named]), None)
    return Const("pickle") if first is None else file.value(first)


def forces_root(node: ast.Assign, file: File) -> Iterator[Finding]:
    """`os.environ["C_FORCE_ROOT"] = "1"`, `platforms.C_FORCE_ROOT = True`."""
    for target in node.targets:
        if "C_FORCE_ROOT" in file.text(target) and names_root(file.value(target)):
            yield rule.finding(file, file.span(target), message=ROOT, data={"statement": True})


def sets_root(node: ast.Call, file: File) -> Iterator[Finding]:
    """`os.environ.setdefault("C_FORCE_ROOT", "1")`, `os.environ.update(C_FORCE_ROOT="1")`."""
    if file.callee(node) not in (Name("os.environ.setdefault"), Name("os.environ.update"), Name("os.putenv")):
        return
    named = any(keyword.arg == "C_FORCE_ROOT" for keyword in node.keywords)
    first = file.value(node.args[0]) if node.args else None
    if named or first == Const("C_FORCE_ROOT"):
        yield rule.finding(file, file.span(node), message=ROOT, data={"statement": len(node.keywords) < 2})


def names_root(target: Value) -> bool:
    match target:
        case Item(base=Name(dotted="os.environ"), key=Const(value="C_FORCE_ROOT")):
            return True
        case Name(dotted="celery.platforms.C_FORCE_ROOT") | Attr(name="C_FORCE_ROOT"):
            return True
        case _:
            return False


def accepts_pickle(index: Index) -> bool:
    """Whether workers are known to accept pickle, without which `C_FORCE_ROOT` changes nothing."""
    return any(is_pickle(name) for name in accepted(index) or ())


@rule.check(Deployment)
def forces_root_when_deployed(deployment: Deployment, _: Deployment, index: Index) -> Iterator[Finding]:
    for variable in root_variables(deployment) if accepts_pickle(index) else ():
        if variable.value and is_production_path(deployment.repository.relative(variable.path)):
            yield rule.at(Place(variable.path, variable.span), message=ROOT)


def root_variables(deployment: Deployment) -> Iterator[Variable]:
    """`C_FORCE_ROOT` in the environments of workers and in files of variables."""
    environments = [*deployment.environments.values(), *(worker.environment for worker in deployment.workers)]
    for environment in environments:
        if "C_FORCE_ROOT" in environment.values:
            yield environment.values["C_FORCE_ROOT"]


def finding(file: File, span: Span, names: list[str], setting: str, data: dict[str, object]) -> Finding:
    pickled = any(is_pickle(name) for name in names)
    return rule.finding(
        file,
        span,
        message="" if pickled else YAML,
        severity="error" if pickled else "warning",
        data=data | {"names": names},
        setting=setting,
    )
