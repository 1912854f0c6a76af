"""Which files can matter: a search of their bytes decides, so that most files are never parsed."""

from __future__ import annotations

import re

from celerylint.source import UTF_16

# A word that is cheap to look for, and patterns of which one must then match for the file to matter. Each begins
# with a literal byte, which a search jumps to; a newline stands for the start of a line.
SIGNS: tuple[tuple[bytes, tuple[re.Pattern[bytes], ...]], ...] = tuple(
    (word, tuple(map(re.compile, patterns)))
    for word, patterns in (
        (b"elery", (rb"\n[ \t]*(?:from|import)[ \t][^\n#]*celery", rb"celerylint")),
        (
            b"CEL",
            (
                rb"CELERY\w*[ \t]*(?::[^=\n]+)?=",
                rb"CELERY_\w+[\"'][ \t]*[:\]]",
                rb"noqa[^\n]*\bCEL\d",
            ),
        ),
        (b"BROKER_", (rb"BROKER_\w*[ \t]*(?::[^=\n]+)?=",)),
        (b"ask", (rb"@[\w.]*task\b", rb"register_task\(", rb"send_task\(", rb"class[ \t]+\w+\([^)\n]*Task\b")),
        (b".delay", (rb"\.delay(?:_on_commit)?\b(?![\"'.\]])",)),
        (b"apply_async", (rb"\.apply_async(?:_on_commit)?\b(?![\"'.\]])",)),
        (b".s(", (rb"\.s\(",)),
        (b".si(", (rb"\.si\(",)),
    )
)

IN_TESTS: tuple[tuple[bytes, tuple[re.Pattern[bytes], ...]], ...] = tuple(
    (word, tuple(map(re.compile, patterns)))
    for word, patterns in (
        (b"ask", (rb"\n[ \t]*@[\w.]*task\b", rb"register_task\(", rb"\nclass[ \t]+\w+\([^)\n]*\bTask\)")),
        (b"celerylint", (rb"celerylint:",)),
        (b"CEL", (rb"noqa[^\n]*\bCEL\d",)),
    )
)
TEST_MODULE = re.compile(r"(?:conftest|tests?|test_.*|.*_tests?)\.py", re.DOTALL)

# What rules look for in functions that tasks call: words at the start of a name or anywhere, and what handlers and
# exceptions of the project look like, each with a word that is cheap to look for.
BLOCKING = tuple(
    word.encode()
    for word in (
        "sleep(", "exit(", "quit(", ".exit(", "._exit(", ".fork(", ".retry(", ".delay(", ".apply_async(",
        ".send_task(", "requests", "urllib", "smtplib", "ftplib", "subprocess", "httpx", "paramiko", "multiprocessing",
        "send_mail", "boto", "AsyncResult", "http.client", "imaplib", "poplib", "xmlrpc", "create_connection",
        "EmailM", "ProcessPool", "signal.signal", "SystemExit", ".lock(", "setnx", "nx=True", "asyncio.run(",
        "async_to_sync", "    global ",
    )
)  # fmt: skip
HANDLING = tuple(
    (word, re.compile(pattern))
    for word, pattern in (
        (b"except", rb"\n +except(?: (?:Base)?Exception)?(?: as \w+)?:"),
        (
            b"def __init__",
            rb"\nclass \w+\([\w., ]*(?:Error|Exception)\):\n(?:(?!class )[^\n]*\n){0,8}? +def __init__\(",
        ),
    )
)

# How the names end of what opens a connection when it is called.
CONNECTING = (
    b"Client(", b"connect(", b"Connection(", b"ConnectionPool(", b"_channel(", b"Producer(", b"Consumer(",
    b"_connection(",
)  # fmt: skip


def may_matter(path: str, data: bytes) -> bool:
    """Whether a file's bytes mention anything of Celery; of a module of tests, whether they define a task.

    What tests send and wait for is theirs: they fail by themselves, in front of whoever runs them.
    """
    if data.startswith(UTF_16):
        data = data.decode("utf-16", "replace").encode()
    for word, patterns in IN_TESTS if TEST_MODULE.fullmatch(path.rpartition("/")[2]) else SIGNS:
        if word in data:
            lines = b"\n" + data
            if any(pattern.search(lines) for pattern in patterns):
                return True
    return False


def may_block(data: bytes) -> bool:
    """Whether functions in a file could do what rules look for in code that tasks call."""
    return any(begins_name(word, data) for word in BLOCKING) or any(
        word in data and pattern.search(data) for word, pattern in HANDLING
    )


def may_connect(data: bytes) -> bool:
    """Whether a file may make a connection at import that tasks use."""
    return any(word in data for word in CONNECTING)


def begins_name(word: bytes, data: bytes) -> bool:
    """Whether a word stands in some bytes, and is not the middle of a longer name. A search with `\\b` in front of the
    word would not jump to it."""
    at = data.find(word)
    while at > 0 and word[:1].isalpha() and (data[at - 1 : at].isalnum() or data[at - 1] == ord("_")):
        at = data.find(word, at + 1)
    return at >= 0
