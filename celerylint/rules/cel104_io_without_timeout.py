"""A task calls something that may wait for ever.

The default of many libraries is no time limit at all: `requests`, `urllib.request`, `smtplib`, `ftplib`, sockets,
`subprocess`. A server that accepts the connection and then says nothing, a firewall that drops packets, a child process
that waits for input: each of them costs one worker slot, for good. Nothing is logged, the queue gets slower, and some
days later it stands still; restarting the workers "helps".

Bad::

    import requests
    from celery import shared_task

    @shared_task
    def fetch(url):
        return requests.get(url).text

Good::

    import requests
    from celery import shared_task

    @shared_task
    def fetch(url):
        return requests.get(url, timeout=(3, 30)).text

Also found in functions that a task calls, with the calls that lead there. Where a time limit of the task is known,
that ends the wait by killing the worker's process, and only calls over the network are reported; with a soft limit the
wait ends in order, and nothing is. Silent about clients that were made with a timeout, sessions with an adapter of
the project's own, `**options`, and where `socket.setdefaulttimeout()` covers the call.

Source: documentation of the libraries (Requests, "Timeouts"; Python's `subprocess`, `smtplib`, `urllib.request`);
Celery's user guide, "Tasks", "Time limits".
"""

import ast
from collections.abc import Iterator

from celerylint.facts import Task
from celerylint.file import File
from celerylint.index import Index
from celerylint.rule import Finding, InWorker, Rule
from celerylint.rules.libraries import IO, io_call
from celerylint.rules.worker import way, where
from celerylint.values import Attr, Call, Item, Name, Unknown, Value, number

rule = Rule(
    __name__,
    severity="warning",
    message="`{call}` {where} has no time limit: {event} keeps the worker slot{long}; {advice}",
)
# What the limit of a call is given to, where that is not the call itself.
ELSEWHERE = {
    "http.client": "make the connection with `timeout=`",
    "smtplib": "make the `SMTP` object with `timeout=`",
    "urllib.request": "use `urlopen(..., timeout=...)`",
    "xmlrpc.client": "give the proxy a transport that has a timeout",
}
# Libraries whose sockets take the default of `socket.setdefaulttimeout()`.
ON_PLAIN_SOCKETS = frozenset(
    {"urllib.request", "smtplib", "ftplib", "imaplib", "poplib", "telnetlib", "socket", "http.client", "xmlrpc.client"}
)
SECONDS = {"subprocess": 300}
LONG = {True: " until the task's time limit kills the process", False: " for ever", None: ""}


@rule.check(InWorker(ast.Call))
def may_wait_for_ever(node: ast.Call, file: File, index: Index) -> Iterator[Finding]:
    reach = index.reach(file, node)
    if reach is None or not may_be_library(file.callee(node)):
        return
    call = file.value(node)
    io = io_call(call, index)
    if io is None or not io.blocks or index.modules.is_test(file.path) or is_bounded(reach.task, io, index):
        return
    if (io.library in ON_PLAIN_SOCKETS and has_default(index)) or has_own_adapter(call, io, file, index):
        return
    yield rule.finding(
        file,
        file.span(node),
        related=way(index, file.function_key(node)),
        data={"timeout": io.timeout, "seconds": SECONDS.get(io.library, 30)},
        call=f"{file.text(node.func)}(...)" if "\n" not in file.text(node.func) else io.library,
        where=where(reach),
        event="a child that hangs" if io.library == "subprocess" else "a server that stops answering",
        long=LONG[limit(reach.task, "time_limit", index)],
        advice=f"pass `{io.timeout}=`" if io.timeout else ELSEWHERE[io.library],
    )


def may_be_library(func: Value) -> bool:
    """A quick look at whether a callee can be a library's at all."""
    return isinstance(func, Name | Attr) and not (isinstance(func, Name) and func.dotted.startswith("builtins."))


def is_bounded(task: Task, io: IO, index: Index) -> bool:
    """Whether the task's time limits end the wait well enough; of a child process, whether any may."""
    soft, hard = limit(task, "soft_time_limit", index), limit(task, "time_limit", index)
    return soft is True or (io.library == "subprocess" and not (soft is hard is False))


def limit(task: Task, name: str, index: Index) -> bool | None:
    """Whether a time limit of a task is in force; None where that is not known."""
    value = index.option(task, name).value
    if isinstance(value, Unknown):
        return None
    seconds = number(value)
    return bool(seconds) if seconds is not None else value is not None


def has_default(index: Index) -> bool:
    """Whether the project sets a time limit for all sockets."""
    return any(True for _ in index.lines_with("setdefaulttimeout"))


def has_own_adapter(call: Value, io: IO, file: File, index: Index) -> bool:
    """Whether a session of Requests may get its limit from an adapter, or from what its `request` is replaced by."""
    func = call.func if isinstance(call, Call) else call
    if io.library != "requests" or is_function_of_requests(func, index):
        return False
    paths = {file.path, index.modules.path(owner(func))}
    lines = [line for word in ("mount", "request") for path, line in index.lines_with(word) if path in paths]
    return any((".mount(" in line and "HTTPAdapter(" not in line) or ".request = " in line for line in lines)


def is_function_of_requests(func: Value, index: Index) -> bool:
    return isinstance(func, Name) and index.modules.canonical(func.dotted).startswith("requests.")


def owner(value: Value) -> str:
    """The module-level name that a value is or comes from, "" without one."""
    match value:
        case Name(dotted=dotted):
            return dotted
        case Attr(base=base) | Item(base=base) | Call(func=base):
            return owner(base)
        case _:
            return ""
