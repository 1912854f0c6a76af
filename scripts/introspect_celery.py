"""What the installed Celery and kombu know, as one JSON document.

`generate_celery_data.py` runs this file in one environment per Celery version, the tests run it on the
Celery they are installed beside. What can be asked of the imported packages is asked (settings, task
attributes, command lines, names that can be imported); the rest is read from their sources (parameters of
functions, keys that are looked up in dictionaries). Run as a program, it prints the document; arguments
are dotted names whose existence is to be looked up.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import json
import re
import runpy
import sys
import warnings
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

# Celery 4.4's vine asks for two functions that Python 3.11 no longer has.
for gone in ("getargspec", "formatargspec"):
    if not hasattr(inspect, gone):
        setattr(inspect, gone, inspect.getfullargspec)

celery = importlib.import_module("celery")
kombu = importlib.import_module("kombu")
CELERY = Path(inspect.getfile(celery)).parent
KOMBU = Path(inspect.getfile(kombu)).parent

# Read somewhere in Celery, but absent from celery.app.defaults. Each name is dated by looking for it in the
# sources of every version, so that a name that nothing reads drops out of the table.
UNLISTED_SETTINGS = (
    "cassandra_secure_bundle_path",
    "db_reuse_max",
    "dynamodb_endpoint_url",
    "firestore_project",
    "gcs_threadpool_maxsize",
    "override_backends",
    "redis_backend_credential_provider",
    "redis_backend_health_check_interval",
    "redis_client_name",
    "result_backend_thread_safe",
    "visibility_timeout",
)
# Functions of Celery and kombu that an execution option passes through: file, class ("" for any), function.
MESSAGE_PATH = (
    (CELERY / "app/base.py", "Celery", "send_task"),
    (CELERY / "app/amqp.py", "AMQP", "as_task_v2"),
    (CELERY / "app/amqp.py", "", "send_task_message"),
    (KOMBU / "messaging.py", "Producer", "publish"),
)
# Calls that users write: the label in the table, file, class, function.
CALLS = (
    ("apply_async", CELERY / "app/task.py", "Task", "apply_async"),
    ("apply", CELERY / "app/task.py", "Task", "apply"),
    ("retry", CELERY / "app/task.py", "Task", "retry"),
    ("replace", CELERY / "app/task.py", "Task", "replace"),
    ("send_task", CELERY / "app/base.py", "Celery", "send_task"),
    ("set", CELERY / "canvas.py", "Signature", "set"),
    ("signature", CELERY / "canvas.py", "Signature", "__init__"),
    ("signature.apply_async", CELERY / "canvas.py", "Signature", "apply_async"),
    ("chain", CELERY / "canvas.py", "_chain", "run"),
    ("chain", CELERY / "canvas.py", "chain", "run"),
    ("group", CELERY / "canvas.py", "group", "apply_async"),
    ("chord", CELERY / "canvas.py", "chord", "apply_async"),
    ("chord", CELERY / "canvas.py", "chord", "run"),
    ("chord", CELERY / "canvas.py", "_chord", "apply_async"),
    ("chord", CELERY / "canvas.py", "_chord", "run"),
)
# Of these functions the parameters that hold the callers' own values are no options.
NO_OPTION = {"self", "app", "name", "body", "header", "partial_args", "message", "sig"}
# What send_task() passes on by itself: a caller that passes it too gets a TypeError, or nothing reads it.
INTERNAL = {"args", "kwargs", "callbacks", "errbacks", "create_sent_event", "lazy", "use_link"}
DAEMON_OPTIONS = ("executable", "gid", "logfile", "pidfile", "uid", "umask")
TRANSPORTS = {
    "redis": ("redis.py", "virtual/base.py"),
    "sentinel": ("redis.py", "virtual/base.py"),
    "sqs": ("SQS.py", "SQS/__init__.py", "virtual/base.py"),
    "amqp": ("pyamqp.py",),
}


@cache
def tree(path: Path) -> ast.Module:
    """The parsed source of a file; empty where the version has no such file."""
    return ast.parse(path.read_text(encoding="utf-8")) if path.exists() else ast.parse("")


def identifier(node: ast.expr) -> str:
    """The last name of a dotted expression, "" for any other."""
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def functions(path: Path, owner: str, name: str) -> Iterator[ast.FunctionDef]:
    """The definitions of a function in a file, in one class or anywhere."""
    scopes = [node for node in ast.walk(tree(path)) if isinstance(node, ast.ClassDef) and node.name == owner]
    for scope in scopes if owner else [tree(path)]:
        for node in ast.walk(scope):
            if isinstance(node, ast.FunctionDef) and node.name == name:
                yield node


def parameters(path: Path, owner: str, name: str) -> set[str]:
    """The names of a function's parameters, without `*args` and `**kwargs`."""
    found = set()
    for function in functions(path, owner, name):
        spec = function.args
        found |= {arg.arg for arg in (*spec.posonlyargs, *spec.args, *spec.kwonlyargs)}
    return found


def keys_read(root: ast.AST, holders: set[object]) -> Iterator[str]:
    """The literal keys looked up in any dictionary that goes by one of the names: `options.get("queue")`."""
    for node in ast.walk(root):
        match node:
            case ast.Call(func=ast.Attribute(value=base, attr="get" | "pop" | "setdefault"), args=[key, *_]):
                pass
            case ast.Subscript(value=base, slice=key):
                pass
            case ast.Compare(left=key, ops=[ast.In() | ast.NotIn()], comparators=[base]):
                pass
            case _:
                continue
        held = base.slice if isinstance(base, ast.Subscript) else ast.Constant(identifier(base))
        if isinstance(held, ast.Constant) and held.value in holders and isinstance(key, ast.Constant):
            yield str(key.value)


def version(package: Any) -> list[int]:
    """The (major, minor) of a package."""
    return [int(part) for part in package.__version__.split(".")[:2]]


def settings() -> dict[str, dict[str, Any]]:
    """Every setting that Celery reads, with type, default (repr), old names and announced ends."""
    defaults = importlib.import_module("celery.app.defaults")
    found: dict[str, dict[str, Any]] = {
        name: {
            "type": option.type if isinstance(option.type, str) else option.type.__name__,
            "default": repr(option.default),
            "old": [],
            "deprecated": option.deprecate_by or "",
            "removal": option.remove_by or "",
            "listed": True,
        }
        for name, option in defaults.flatten(defaults.NAMESPACES)
    }
    for old, new in sorted(defaults._TO_NEW_KEY.items()):
        found[new]["old"].append(old)
    unknown = {"type": "any", "default": "", "old": [], "deprecated": "", "removal": "", "listed": False}
    return {**found, **dict.fromkeys(unlisted(), unknown)}


def unlisted() -> Iterator[str]:
    """Settings that are read although the defaults module does not name them."""
    text = "\n".join(path.read_text(encoding="utf-8") for path in CELERY.rglob("*.py") if path.name != "defaults.py")
    for name in UNLISTED_SETTINGS:
        if re.search(rf"['\"](celery_)?{name}['\"]|conf\.{name}\b", text, re.IGNORECASE):
            yield name
    if "def daemon_setting" in text:
        yield from (f"{command}_{option}" for command in ("worker", "beat", "events") for option in DAEMON_OPTIONS)


def task_options() -> list[str]:
    """What the task decorators and task classes may set: attributes of Task and named parameters."""
    module = importlib.import_module("celery.app.task")
    found = {name for name in dir(module.Task) if not name.startswith("_")}
    found |= {attribute for attribute, _ in module.Task.from_config}
    for function in ("inner_create_task_cls", "_task_from_fun"):
        found |= parameters(CELERY / "app/base.py", "Celery", function)
    found |= set(autoretry_options()) | execution_attributes(module.extract_exec_options)
    return sorted(found - {"self", "fun"})


def execution_attributes(extract: Any) -> set[str]:
    """The attributes of a task that Celery copies into each message."""

    class Everything:
        def __getattr__(self, name: str) -> str:
            return name

    return {name for name, value in extract(Everything()).items() if name == value}


def autoretry_options() -> list[str]:
    """The options that `celery.app.autoretry` reads."""
    return sorted(set(keys_read(tree(CELERY / "app/autoretry.py"), {"options"})))


def message_options() -> list[str]:
    """Every option that Celery, kombu, AMQP or a transport reads on the way of a message to the broker."""
    message = importlib.import_module("amqp.basic_message").Message
    found = {name for name, _ in message.PROPERTIES}
    for step in MESSAGE_PATH:
        found |= parameters(*step)
    for path in (CELERY / "app/base.py", CELERY / "app/task.py", CELERY / "canvas.py"):
        found |= set(keys_read(tree(path), {"options", "call_options"}))
    for path in (KOMBU / "transport").rglob("*.py"):
        found |= {key for key in keys_read(tree(path), {"properties"}) if not key.startswith(("delivery_", "body_"))}
    return sorted(found - NO_OPTION - INTERNAL)


def calls() -> dict[str, list[str]]:
    """The options that each dispatching call names itself, besides those that every message knows."""
    found: dict[str, set[str]] = {}
    for label, path, owner, function in CALLS:
        found.setdefault(label, set()).update(parameters(path, owner, function) - NO_OPTION)
    return {label: sorted(names) for label, names in found.items()}


def transport_options(transport: str) -> list[str]:
    """The keys of `broker_transport_options` that a transport, its client or the connection reads."""
    found = set(keys_read(tree(KOMBU / "connection.py"), {"transport_opts", "transport_options"}))
    if transport == "amqp":
        found |= amqp_arguments()
    for name in TRANSPORTS[transport]:
        source = tree(KOMBU / "transport" / name)
        found |= set(keys_read(source, {"transport_options"}))
        for node in ast.walk(source):
            if isinstance(node, ast.ClassDef) and (transport == "sentinel" or not node.name.startswith("Sentinel")):
                found |= set(class_options(node))
    return sorted(found)


def class_options(node: ast.ClassDef) -> Iterator[str]:
    """The strings of a class's `from_transport_options`."""
    for statement in node.body:
        if isinstance(statement, ast.Assign) and identifier(statement.targets[0]) == "from_transport_options":
            yield from (str(part.value) for part in ast.walk(statement) if isinstance(part, ast.Constant))


def amqp_arguments() -> set[str]:
    """What py-amqp's connection takes: kombu passes it the transport options as keywords."""
    connection, transport = importlib.import_module("amqp.connection"), importlib.import_module("amqp.transport")
    takers = (connection.Connection.__init__, transport.TCPTransport.__init__)
    return {name for taker in takers for name in inspect.signature(taker).parameters} - {"self", "args", "kwargs"}


def result_transport_options() -> list[str]:
    """The keys of `result_backend_transport_options` that Celery's backends read."""
    holders: set[object] = {"transport_options", "_transport_options"}
    found = {key for path in (CELERY / "backends").glob("*.py") for key in keys_read(tree(path), holders)}
    text = (CELERY / "backends/base.py").read_text(encoding="utf-8")
    found |= set(re.findall(r"result_backend_transport_options', \{\}\)\.get\(\"(\w+)\"", text))
    return sorted(found | set(transport_options("redis")) & {"visibility_timeout", "global_keyprefix"})


def exists(dotted: str) -> bool:
    """Whether a dotted name can be imported, or is an attribute of something that can."""
    parts = dotted.split(".")
    for cut in range(len(parts), 0, -1):
        try:
            found = importlib.import_module(".".join(parts[:cut]))
        except ImportError:
            continue
        try:
            for part in parts[cut:]:
                found = getattr(found, part)
        except (AttributeError, ImportError):
            return False
        return True
    return False


def document(names: Iterable[str] = ()) -> dict[str, Any]:
    """All of it. `names` are dotted names to look up; those that exist are listed under `names`."""
    command_lines = runpy.run_path(str(Path(__file__).with_name("introspect_command_lines.py")))["command_lines"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return {
            "celery": version(celery),
            "kombu": version(kombu),
            "settings": settings(),
            "task_options": task_options(),
            "autoretry_options": autoretry_options(),
            "message_options": message_options(),
            "calls": calls(),
            "transports": {name: transport_options(name) for name in TRANSPORTS},
            "result_transport_options": result_transport_options(),
            "commands": command_lines(),
            "names": sorted(name for name in names if exists(name)),
        }


if __name__ == "__main__":
    json.dump(document(sys.argv[1:]), sys.stdout)
