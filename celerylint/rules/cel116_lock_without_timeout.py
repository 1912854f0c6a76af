"""A distributed lock that outlives its holder, or does not last as long as the work under it.

A lock in Redis is a key. Redis does not notice when the process that took it is gone: killed because the memory ran
out, in the middle of a deploy, with its machine. Without a timeout the key stays, and every later run of the task
waits, or thinks that another one is at work; a periodic task silently never runs again. A `release()` that is not in
a `finally` clause does the same after any exception. A timeout that is shorter than the task's time limit lets a
second run in while the first is still at it.

Bad::

    import redis
    from celery import shared_task

    store = redis.Redis()

    @shared_task
    def sync():
        with store.lock("sync"):
            sync_all()

Good::

    import redis
    from celery import shared_task

    store = redis.Redis()

    @shared_task(time_limit=600)
    def sync():
        with store.lock("sync", timeout=660, blocking=False):
            sync_all()

Knows the locks of redis-py, valkey, python-redis-lock and Django's cache, `set(..., nx=True)` and `setnx()`. Silent
about what is not known to be one of these, `setnx()` with an `expire()` in the same function, and tests.

Source: redis-py, `redis.lock.Lock` (`timeout` is None by default); Redis, `SET` with `NX`.
"""

import ast
from collections.abc import Iterator

from celerylint.facts import Function, Task
from celerylint.file import File
from celerylint.index import Index
from celerylint.records import dataclass
from celerylint.rule import Finding, InWorker, Rule
from celerylint.rules.worker import way, where
from celerylint.tree import FunctionNode
from celerylint.values import NONE, Attr, Call, Const, Item, Name, Star, Value, number

rule = Rule(
    __name__,
    severity="warning",
    message="`{call}` {where} has no timeout: if the worker is killed while it holds the lock, nobody ever gets it "
    "again; pass `{timeout}=`, longer than the task's time limit",
)
SHORT = (
    "`{call}` {where} lasts {seconds:g} s and the task up to {limit:g} s: a second run starts while the first is at "
    "work; pass a longer `{timeout}=`"
)
UNSAFE_RELEASE = (
    "what `{call}` {where} takes is released only if nothing fails before; use the lock in a `with` statement, or "
    "release it in `finally`"
)

REDIS = frozenset({"redis", "redis.client", "valkey", "valkey.client"})
MAKERS = frozenset({"Redis", "StrictRedis", "Valkey", "from_url", "Redis.from_url", "StrictRedis.from_url"})
CONNECTIONS = frozenset(
    {"django_redis.get_redis_connection", "django_valkey.get_valkey_connection", "flask_redis.FlaskRedis"}
) | {f"{package}.{maker}" for package in REDIS for maker in MAKERS}
CACHES = frozenset({"django.core.cache.cache", "django.core.cache.caches"})
# Classes of locks: the argument that limits them, and its index.
CLASSES = {"redis.lock.Lock": ("timeout", 2), "valkey.lock.Lock": ("timeout", 2), "redis_lock.Lock": ("expire", 2)}
EXPIRING = frozenset({"ex", "px", "exat", "pxat"})


@rule.check(InWorker(ast.Call))
def locks(node: ast.Call, file: File, index: Index) -> Iterator[Finding]:
    reach = index.reach(file, node)
    call = file.value(node) if reach is not None and may_lock(node) else None
    if reach is None or not isinstance(call, Call) or index.modules.is_test(file.path):
        return
    found = problem(call, node, reach.task, file, index)
    if found is not None:
        yield rule.finding(
            file,
            file.span(node),
            message=found.message,
            related=way(index, file.function_key(node)),
            call=f"{file.text(node.func)}(...)",
            where=where(reach),
            timeout=found.timeout,
            seconds=found.seconds,
            limit=found.limit,
        )


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a lock: a message ("" for the rule's own), the argument that limits it, and how long it and
    the task last, in seconds."""

    message: str
    timeout: str
    seconds: float = 0
    limit: float = 0


def may_lock(node: ast.Call) -> bool:
    """A quick look at the name of what is called."""
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    timed = len(node.args) > 2 or any(keyword.arg == "timeout" for keyword in node.keywords)
    return name in {"lock", "Lock", "setnx", "set"} or (name == "add" and timed)


def problem(call: Call, node: ast.Call, task: Task, file: File, index: Index) -> Problem | None:
    if is_endless_entry(call, index):
        return Problem("", "timeout")
    if is_endless_key(call, index):
        return None if expires_later(node, file) else Problem("", "ex")
    place = lock_place(call, index)
    if place is None or call.splat:
        return None
    name, position = place
    limit = call.keyword(name) or next(iter(call.args[position:]), None)
    if limit is None or index.expand(limit) == NONE:
        return Problem("", name)
    seconds, most = number(index.expand(limit)), own_limit(task, index)
    if seconds and most and seconds < most and holds_all(node, file):
        return Problem(SHORT, name, seconds, most)
    return Problem(UNSAFE_RELEASE, name) if releases_unsafely(node, file) else None


def is_endless_key(call: Call, index: Index) -> bool:
    """Whether a call is `set(nx=True)` or `setnx` of a Redis client, without anything that lets the key expire."""
    client, method = receiver(call)
    if method not in {"set", "setnx"} or call.splat or client is None or not is_redis(client, index):
        return False
    expires = not EXPIRING.isdisjoint(name for name, _ in call.keywords if name)
    return method == "setnx" or (call.keyword("nx") == Const(True) and not expires)


def is_endless_entry(call: Call, index: Index) -> bool:
    """Whether a call is `cache.add(key, value, None)` of Django's cache: None is for ever."""
    client, method = receiver(call)
    if method != "add" or client is None or not is_cache(client, index):
        return False
    return NONE in {call.keyword("timeout"), *call.args[2:3]}


def lock_place(call: Call, index: Index) -> tuple[str, int] | None:
    """The name and index of the argument that limits the lock which a call makes; None where it makes none."""
    if isinstance(call.func, Name) and (found := CLASSES.get(index.modules.canonical(call.func.dotted))):
        return found
    client, method = receiver(call)
    if client is None or method != "lock" or any(isinstance(arg, Star) for arg in call.args):
        return None
    if is_redis(client, index):
        return "timeout", 1
    return ("timeout", 2) if is_cache(client, index) else None


def receiver(call: Call) -> tuple[Value | None, str]:
    match call.func:
        case Attr(base=base, name=name):
            return base, name
        case Name(dotted=dotted) if "." in dotted:
            return Name(dotted.rpartition(".")[0]), dotted.rpartition(".")[2]
        case _:
            return None, ""


def is_redis(value: Value, index: Index, depth: int = 0) -> bool:
    """Whether a value is a client of Redis."""
    match index.expand(value):
        case Call(func=Attr(base=base, name="__enter__")):
            return is_redis(base, index, depth)
        case Call(func=Name(dotted=dotted)):
            if index.modules.canonical(dotted) in CONNECTIONS:
                return True
            definition = index.modules.resolve(dotted) if depth < 3 else None
            function = definition.what if definition is not None else None
            returned = function.returns if isinstance(function, Function) else ()
            return bool(returned) and all(is_redis(one, index, depth + 1) for one in returned)
        case _:
            return False


def is_cache(value: Value, index: Index) -> bool:
    base = value.base if isinstance(value, Item) else value
    return isinstance(base, Name) and index.modules.canonical(base.dotted) in CACHES


def own_limit(task: Task, index: Index) -> float | None:
    """The time limit that a task itself or its base sets, in seconds."""
    options = [index.option(task, name) for name in ("time_limit", "soft_time_limit")]
    return next((seconds for o in options if o.source in {"task", "base"} and (seconds := number(o.value))), None)


def holds_all(node: ast.Call, file: File) -> bool:
    """Whether a lock is held by a `with` around all that the function does."""
    with_ = file.statement(node)
    body = file.function_node(node)
    work = [s for s in body.body if not isinstance(s, ast.Expr | ast.Assign | ast.Return)] if body is not None else []
    return isinstance(with_, ast.With) and work == [with_]


def expires_later(node: ast.Call, file: File) -> bool:
    body = file.function_node(node)
    calls = file.within(body, ast.Attribute) if body is not None else ()
    return any(call.attr in {"expire", "pexpire", "expireat"} for call in calls)


def releases_unsafely(node: ast.Call, file: File) -> bool:
    """Whether a lock that is bound to a name is released in the same function, but not in a `finally`."""
    body, statement = file.function_node(node), file.statement(node)
    match statement:
        case ast.Assign(targets=[ast.Name(id=name)]) if statement.value is node and body is not None:
            releases = [call for call in file.within(body, ast.Call) if is_method_of(call, name, "release")]
            acquired = any(is_method_of(call, name, "acquire") for call in file.within(body, ast.Call))
            return acquired and bool(releases) and not any(in_finally(call, file) for call in releases)
        case _:
            return False


def is_method_of(call: ast.Call, name: str, method: str) -> bool:
    match call.func:
        case ast.Attribute(value=ast.Name(id=owner), attr=attr):
            return owner == name and attr == method
        case _:
            return False


def in_finally(node: ast.AST, file: File) -> bool:
    """Whether a node runs whatever happens: in a `finally` clause, or in a handler beside one in the flow."""
    child = node
    for above in file.ancestors(node):
        if isinstance(above, ast.Try) and child in above.finalbody:
            return True
        if isinstance(above, FunctionNode):
            return False
        child = above
    return False
