"""A connection is opened while the module of a task is imported, and the worker's processes inherit it.

The prefork pool imports the tasks once, in the parent, and then forks its processes. A connection that is open by
then is the same socket in all of them: they read each other's answers, TLS fails with bad records, and one that closes
it closes it for all; threads of the client do not exist in the children, and its locks may be held for ever. It works
with one process, and under load it does not.

Open it in each process: in a receiver of `worker_process_init`, or when it is first used.

Bad::

    from celery import shared_task
    from pymongo import MongoClient

    mongo = MongoClient("mongodb://mongo/")

    @shared_task
    def save(row):
        mongo.shop.rows.insert_one(row)

Good::

    from celery import shared_task
    from celery.signals import worker_process_init
    from pymongo import MongoClient

    mongo = None

    @worker_process_init.connect
    def connect(**kwargs):
        global mongo
        mongo = MongoClient("mongodb://mongo/")

    @shared_task
    def save(row):
        mongo.shop.rows.insert_one(row)

Only clients that connect, or start threads, as soon as they are made; and only where code that a task runs uses them.
Silent about those that connect at first use and notice the fork (redis-py, boto3, Elasticsearch, the engines of
SQLAlchemy), and where the settings choose a pool without processes.

Source: Celery's user guide, "Signals", `worker_process_init`; the documentation of PyMongo ("Is PyMongo fork-safe?"),
psycopg ("Thread and process safety"), gRPC ("gRPC Python fork support") and kafka-python.
"""

import ast
from collections.abc import Iterator

from celerylint.file import File
from celerylint.index import Index
from celerylint.rule import Finding, Rule
from celerylint.tree import FunctionNode
from celerylint.values import Const, Name, Value

rule = Rule(
    __name__,
    severity="warning",
    message="`{call}` connects when the module is imported, before the worker forks: its processes share one "
    "connection and disturb each other; connect in a `worker_process_init` receiver, or at first use",
)

# What opens a connection or starts threads as soon as it is called.
CONNECTING = frozenset(
    {
        "pymongo.MongoClient", "pymongo.mongo_client.MongoClient", "mongoengine.connect", "psycopg2.connect",
        "psycopg.connect", "psycopg.Connection.connect", "psycopg_pool.ConnectionPool",
        "psycopg2.pool.SimpleConnectionPool", "psycopg2.pool.ThreadedConnectionPool", "MySQLdb.connect",
        "pymysql.connect", "mysql.connector.connect", "sqlite3.connect", "oracledb.connect", "cx_Oracle.connect",
        "pyodbc.connect", "snowflake.connector.connect", "grpc.insecure_channel", "grpc.secure_channel",
        "kafka.KafkaProducer", "kafka.KafkaConsumer", "confluent_kafka.Producer", "confluent_kafka.Consumer",
        "pika.BlockingConnection", "happybase.Connection", "google.cloud.pubsub_v1.PublisherClient",
        "socket.create_connection",
    }
)  # fmt: skip
WITHOUT_PROCESSES = frozenset({"threads", "solo", "gevent", "eventlet"})


@rule.check(ast.Call)
def shared(node: ast.Call, file: File, index: Index) -> Iterator[Finding]:
    if file.function_key(node) or not is_connecting(file.callee(node), index) or is_lazy(node, file):
        return
    name = bound_name(node, file)
    if not name or index.modules.is_test(file.path) or is_made_again(name, file, index) or forks_nothing(index):
        return
    if is_used(name, file, index):
        yield rule.finding(file, file.span(node), call=f"{file.text(node.func)}(...)")


def is_connecting(func: Value, index: Index) -> bool:
    return isinstance(func, Name) and index.modules.canonical(func.dotted) in CONNECTING


def is_lazy(node: ast.Call, file: File) -> bool:
    """Whether a call puts off connecting, or stands where it does not run at import."""
    flags = {keyword.arg: file.value(keyword.value) for keyword in node.keywords}
    if flags.get("connect") == Const(False) or flags.get("open") == Const(False) or None in flags:
        return True
    return any(isinstance(above, ast.Lambda | FunctionNode) for above in file.ancestors(node))


def bound_name(node: ast.Call, file: File) -> str:
    """The module-level name that a call's value, or something made of it, is assigned to."""
    match file.statement(node):
        case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
            return name
        case _:
            return ""


def is_made_again(name: str, file: File, index: Index) -> bool:
    """Whether something else is assigned to a module-level name as well, as in a receiver of a signal."""
    facts = index.modules.facts(file.module)
    return facts is None or len(facts.assigns.get(name, ())) != 1


def forks_nothing(index: Index) -> bool:
    pools = [setting.value for setting in index.configuration.production("worker_pool")]
    return any(not isinstance(pool, Const) or pool.value in WITHOUT_PROCESSES for pool in pools)


def is_used(name: str, file: File, index: Index) -> bool:
    """Whether code that a task runs uses a module-level name."""
    dotted = f"{file.module}.{name}"
    for node in file.nodes(ast.Name):
        if node.id == name and index.reach(file, node) is not None and file.value(node) == Name(dotted):
            return True
    return any(calls(key, dotted, index) for key in index.graph.reached)


def calls(key: str, dotted: str, index: Index) -> bool:
    """Whether a function calls something of a dotted name."""
    function = index.modules.function(key)
    callees = [site.callee for site in function.calls] if function is not None else []
    return any(isinstance(callee, Name) and callee.dotted.startswith(f"{dotted}.") for callee in callees)
