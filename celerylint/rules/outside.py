"""The I/O that a task does and that may fail for a while, through the functions that it calls."""

from __future__ import annotations

import builtins
from collections import deque

from celerylint.facts import CallSite, Function, Task
from celerylint.index import Index
from celerylint.index.reach import Step
from celerylint.index.tasks import last_name
from celerylint.records import dataclass
from celerylint.rules.libraries import IO, io_call
from celerylint.source import Source, Span
from celerylint.values import Call, Name

# These try again by themselves, as their documentation says.
RETRY_THEMSELVES = frozenset(
    {"boto3", "google.cloud", "azure", "openai", "anthropic", "slack_sdk", "stripe", "urllib3"}
)
# What shows that somebody has seen to retries on the way.
RETRYING = frozenset({"HTTPAdapter", "Retry", "Retrying", "mount"})
UNRELATED = ("DoesNotExist", "ValidationError", "DecodeError", "IntegrityError", "ParseError")
MOST = 300


@dataclass(frozen=True, slots=True)
class Reached:
    """I/O that a task does. `steps` are the calls that lead there, the last one is the I/O itself."""

    io: IO
    steps: tuple[Step, ...]


def first_io(task: Task, index: Index) -> Reached | None:
    """The first call of a task, made directly or through others, whose errors pass and are handled nowhere."""
    start = index.function_of(task)
    queue: deque[tuple[Function, tuple[str, ...], tuple[Step, ...]]] = deque([(start, (), ())] if start else [])
    seen = {task.function}
    while queue and len(seen) < MOST:
        function, caught, steps = queue.popleft()
        if sees_to_retries(function):
            continue
        for site in function.calls:
            if site.later:
                continue
            around = (*caught, *site.caught)
            step = Step(function.path, site.span, last_name(site.callee))
            io = transient(site, index)
            handled = any(handles(name, index) for name in around)
            if io is not None and not handled and not is_silent(io, function.path, site.span, index):
                return Reached(io, (*steps, step))
            for callee in index.graph.callees(site.callee, function):
                if callee.key not in seen and callee.key not in index.registry.by_function:
                    seen.add(callee.key)
                    queue.append((callee, around, (*steps, step)))
    return None


def transient(site: CallSite, index: Index) -> IO | None:
    """The I/O of a call whose errors pass after a while; an exception of the project's that says so counts as I/O."""
    name = index.modules.canonical(site.callee.dotted) if isinstance(site.callee, Name) else ""
    if name in index.traits.transient_exceptions:
        return IO(name, (name,))
    io = io_call(Call(site.callee), index)
    return io if io is not None and io.errors and io.library not in RETRY_THEMSELVES else None


def sees_to_retries(function: Function) -> bool:
    """Whether a function is retried by a decorator, or sets up a client that retries."""
    names = [last_name(d.value.func if isinstance(d.value, Call) else d.value) for d in function.decorators]
    if any("retry" in name.lower() or "backoff" in name.lower() or name.startswith("on_exc") for name in names):
        return True
    return any(last_name(site.callee) in RETRYING for site in function.calls)


def handles(name: str, index: Index) -> bool:
    """Whether a handler may catch the errors of I/O: not if it is for builtins of another kind, or for missing rows."""
    dotted = index.modules.canonical(name)
    module, _, last = dotted.rpartition(".")
    if module == "builtins":
        kind = getattr(builtins, last, None)
        return not isinstance(kind, type) or kind in (Exception, BaseException) or issubclass(kind, OSError | EOFError)
    return not last.endswith(UNRELATED)


def is_silent(io: IO, path: str, span: Span, index: Index) -> bool:
    """Whether mail is sent in a way that hides its errors."""
    data = index.read(path) if io.library == "django.core.mail" else None
    return data is not None and "fail_silently=True" in Source.from_bytes(path, data).cut(span)
