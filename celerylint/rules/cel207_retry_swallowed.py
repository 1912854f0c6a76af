"""A handler around `self.retry()` catches the exception by which it works.

`retry()` publishes the message again and then raises `Retry`, which is an `Exception`. Caught by a broad handler of
the same function, the run counts as successful: its result is stored, callbacks and the next step of a chain start.
The retry is on its way all the same, so everything happens once more, and the error that called for it never shows.
A handler that retries in its turn publishes a second message, and each run doubles the number.

Bad::

    from celery import shared_task

    @shared_task(bind=True)
    def fetch(self, url):
        try:
            page = download(url)
            if page.pending:
                raise self.retry(countdown=30)
        except Exception:
            log(url)

Good::

    from celery import shared_task
    from celery.exceptions import Retry

    @shared_task(bind=True)
    def fetch(self, url):
        try:
            page = download(url)
            if page.pending:
                raise self.retry(countdown=30)
        except Retry:
            raise
        except Exception:
            log(url)

Silent where an earlier `except Retry` or a `raise` in the handler lets it through, where the handler looks at what it
has caught, in the handlers themselves (what is raised there is not caught by their siblings), and for
`retry(throw=False)`.

Source: `celery.exceptions.Retry` (a `TaskPredicate`, a `CeleryError`, an `Exception`) and `Task.retry` (5.7).
"""

import ast
from collections.abc import Iterator

from celerylint.facts import Dispatch
from celerylint.file import File
from celerylint.index import Index
from celerylint.rule import Finding, Related, Rule
from celerylint.rules import retries
from celerylint.rules.handlers import Catcher, catchers, lets_through, names
from celerylint.values import Name

rule = Rule(
    __name__,
    severity="error",
    message="`{catch}` catches this retry: {effect}; put `except Retry: raise` before it",
    checklist=("task-design.error-handling",),
)

# What catches a `Retry`, innermost class first; no other class does.
BASES = frozenset(
    {
        "celery.exceptions.Retry",
        "celery.exceptions.TaskPredicate",
        "celery.exceptions.CeleryError",
        "builtins.Exception",
        "builtins.BaseException",
    }
)


@rule.check(Dispatch)
def swallowed(dispatch: Dispatch, file: File, index: Index) -> Iterator[Finding]:
    call = file.node_at(dispatch.span, ast.Call) if retries.raises(dispatch, index) else None
    if call is None:
        return
    catcher = next((found for found in catchers(file, call) if takes(found, file, index)), None)
    effect = consequence(catcher, file, index) if catcher is not None else ""
    if catcher is not None and effect:
        place = file.span(catcher.place)
        related = (Related(file.path, place, "caught here"),)
        data = {"handler": place}
        yield rule.finding(file, dispatch.span, related=related, data=data, catch=catcher.text(file), effect=effect)


def takes(catcher: Catcher, file: File, index: Index) -> bool:
    """Whether a handler certainly catches a `Retry`."""
    return any(
        error is None or (isinstance(error, Name) and index.modules.canonical(error.dotted) in BASES)
        for error in names(catcher, file)
    )


def consequence(catcher: Catcher, file: File, index: Index) -> str:
    """What comes of it, "" where the handler may let the retry through."""
    if isinstance(catcher.node, ast.withitem):
        return "the run counts as successful and the task runs again all the same"
    if lets_through(catcher.node, file):
        return ""
    if any(retried(call, file, index) for call in file.within(catcher.node, ast.Call)):
        return "the handler retries again, and each run sends two messages for one"
    if ends_by_raising(catcher.node.body):
        return "the run counts as failed and the task runs again all the same"
    return "the run counts as successful and the task runs again all the same"


def retried(call: ast.Call, file: File, index: Index) -> bool:
    span = file.span(call)
    return any(retry.path == file.path and retry.span == span for retry in index.retries)


def ends_by_raising(body: list[ast.stmt]) -> bool:
    return isinstance(body[-1], ast.Raise)
