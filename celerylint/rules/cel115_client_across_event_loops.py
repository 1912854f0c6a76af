"""An async client is made once and used from a new event loop in each call of a task.

`asyncio.run()` (and `async_to_sync`) makes an event loop, runs one coroutine and closes the loop. Clients such as
`httpx.AsyncClient`, `redis.asyncio` or an async engine keep their connections for the next use, and these belong to
the loop that opened them. The first call works; the next finds a connection of a loop that is closed, and fails with
`Event loop is closed` or `attached to a different loop`. One process alternates between both, so that retries hide it
for a while.

Make the client inside the coroutine, and close it there.

Bad::

    import asyncio
    import httpx
    from celery import shared_task

    client = httpx.AsyncClient()

    @shared_task
    def fetch(url):
        return asyncio.run(load(url))

    async def load(url):
        return (await client.get(url)).text

Good::

    import asyncio
    import httpx
    from celery import shared_task

    @shared_task
    def fetch(url):
        return asyncio.run(load(url))

    async def load(url):
        async with httpx.AsyncClient() as client:
            return (await client.get(url)).text

Silent about engines with NullPool, and about loops that the project keeps for itself.

Source: Python's documentation, `asyncio.run`; HTTPX, "Async support"; SQLAlchemy, "Using multiple asyncio event loops".
"""

import ast
from collections.abc import Iterator

from celerylint.facts import Function
from celerylint.file import File
from celerylint.index import Index
from celerylint.rule import Finding, InWorker, Related, Rule
from celerylint.rules.worker import way, where
from celerylint.values import Attr, Call, Name, Value

rule = Rule(
    __name__,
    severity="warning",
    message="`{call}` {where} makes a new event loop for each call, and the connections of `{client}` belong to the "
    "loop that opened them: the second call fails; make the client inside the coroutine",
)

RUNNERS = frozenset({"asyncio.run", "anyio.run", "trio.run", "uvloop.run"})
CONVERTERS = frozenset({"asgiref.sync.async_to_sync", "asgiref.sync.AsyncToSync"})
CLIENTS = frozenset(
    {
        "httpx.AsyncClient", "aiohttp.ClientSession", "redis.asyncio.Redis", "redis.asyncio.StrictRedis",
        "redis.asyncio.from_url", "redis.asyncio.Redis.from_url", "redis.asyncio.client.Redis",
        "motor.motor_asyncio.AsyncIOMotorClient", "pymongo.AsyncMongoClient",
        "sqlalchemy.ext.asyncio.create_async_engine", "elasticsearch.AsyncElasticsearch", "openai.AsyncOpenAI",
        "anthropic.AsyncAnthropic", "opensearchpy.AsyncOpenSearch", "neo4j.AsyncGraphDatabase.driver",
    }
)  # fmt: skip
DEEPEST = 200


@rule.check(InWorker(ast.Call))
def runs_with_client(node: ast.Call, file: File, index: Index) -> Iterator[Finding]:
    reach = index.reach(file, node)
    coroutine = started(node, file, index) if reach is not None else None
    if reach is None or coroutine is None or index.modules.is_test(file.path):
        return
    client = next((found for callee in callees(coroutine, index) if (found := client_of(callee, index))), "")
    if client:
        yield rule.finding(
            file,
            file.span(node),
            related=(*way(index, file.function_key(node)), *made(client, index)),
            call=f"{file.text(node.func)}(...)",
            where=where(reach),
            client=client.rpartition(".")[2],
        )


def started(node: ast.Call, file: File, index: Index) -> Value | None:
    """The coroutine function that a call runs in an event loop of its own."""
    func = file.callee(node)
    if isinstance(func, Name) and index.modules.canonical(func.dotted) in RUNNERS and node.args:
        first = file.value(node.args[0])
        return first.func if isinstance(first, Call) else first
    match func:
        case Call(func=Name(dotted=dotted), args=(inner, *_)) if index.modules.canonical(dotted) in CONVERTERS:
            return inner
        case _:
            return None


def callees(coroutine: Value, index: Index) -> Iterator[Value]:
    """What a coroutine function calls, directly and through functions of the project."""
    yield coroutine
    pending, seen = resolved(coroutine, index), set[str]()
    while pending and len(seen) < DEEPEST:
        function = pending.pop(0)
        if function.key in seen:
            continue
        seen.add(function.key)
        for site in function.calls:
            yield site.callee
            pending += index.graph.callees(site.callee, function)


def resolved(value: Value, index: Index) -> list[Function]:
    definition = index.modules.resolve(value.dotted) if isinstance(value, Name) else None
    return [definition.what] if definition is not None and isinstance(definition.what, Function) else []


def client_of(callee: Value, index: Index) -> str:
    """The dotted name of the module-level async client that a callee is a method of, "" for anything else."""
    if isinstance(callee, Attr):
        return client_of(callee.base, index)
    if isinstance(callee, Call):
        return client_of(callee.func, index)
    name = callee.dotted if isinstance(callee, Name) else ""
    while "." in name:
        name = name.rpartition(".")[0]
        expanded = index.expand(Name(name))
        if isinstance(expanded, Call):
            return name if keeps_connections(expanded, index) else ""
    return ""


def keeps_connections(call: Call, index: Index) -> bool:
    if not isinstance(call.func, Name) or index.modules.canonical(call.func.dotted) not in CLIENTS:
        return False
    pool = call.keyword("poolclass")
    return not (isinstance(pool, Name) and pool.dotted.endswith("NullPool")) and not call.splat


def made(client: str, index: Index) -> tuple[Related, ...]:
    definition = index.modules.resolve(client)
    rows = definition.what if definition is not None and isinstance(definition.what, tuple) else ()
    return tuple(
        Related(definition.facts.path, row.span, "the client is made here, once") for row in rows if definition
    )
