"""`args` or `kwargs` of a dispatch have a shape that Celery cannot take.

`args=(order_id)` is no tuple: the parentheses do nothing without a comma. `apply_async()` takes a list or tuple of
arguments and a dictionary of keywords, not the arguments themselves, and the first parameter of `retry()` is `args`
as well. Anything else raises `TypeError` at the call, and nothing is sent; a signature takes a string or dictionary
apart into its characters or keys.

Bad::

    from celery import shared_task

    @shared_task
    def ship(order_id):
        ...

    def buy(order_id: int):
        ship.apply_async(args=(order_id), countdown=10)

Good::

    from celery import shared_task

    @shared_task
    def ship(order_id):
        ...

    def buy(order_id: int):
        ship.apply_async(args=(order_id,), countdown=10)

Found where the type is known, by an assignment, a literal or an annotation, and where a name such as `order_id` or
`user.pk` says that it is one value. Silent about everything else, `None` and other empty values among it, which
Celery takes for no arguments.

The fix writes the comma or what else was meant. It is safe where the call fails as it stands, and unsafe on a
signature that takes the value apart.

Source: `celery.app.amqp.AMQP.as_task_v2`, `celery.canvas.Signature.__init__`, `Task.retry` (5.7).
"""

import ast
from collections.abc import Iterator

from celerylint.facts import Dispatch
from celerylint.file import File
from celerylint.index import Index
from celerylint.rule import Finding, Rule
from celerylint.rules.expecting import expects_error
from celerylint.rules.shapes import ITERATED, Broken, broken
from celerylint.values import Call

rule = Rule(__name__, severity="error", message="`{name}` of `{call}` is {kind}: {consequence}; write {instead}")
RAISES = "this raises `TypeError` and nothing is sent"
SPREAD = "the signature takes it apart into its {parts}"
ARTICLES = {"int": "an int", "Exception": "an exception", "": "one value", "type": "a class", "function": "a function"}
SIGNATURES = frozenset({"signature", "subtask"})


@rule.check(Dispatch)
def wrong_shape(dispatch: Dispatch, file: File, index: Index) -> Iterator[Finding]:
    call = file.node_at(dispatch.span, ast.Call)
    if call is None or expects_error(call, file):
        return
    for shape in broken(dispatch, call, file, index):
        spread = is_spread(dispatch, shape)
        parts = "characters" if shape.kind in {"str", "bytes"} else "items"
        yield rule.finding(
            file,
            file.span(keyword_of(call, shape) or shape.node),
            data={"place": file.span(shape.node), "spread": spread},
            name=shape.name,
            call=f"{dispatch.method}()",
            kind=ARTICLES.get(shape.kind, f"a {shape.kind.rpartition('.')[2]}"),
            consequence=SPREAD.format(parts=parts) if spread else RAISES,
            instead=instead(dispatch, shape, call, file),
        )


def keyword_of(call: ast.Call, shape: Broken) -> ast.keyword | None:
    return next((keyword for keyword in call.keywords if keyword.value is shape.node), None)


def is_spread(dispatch: Dispatch, shape: Broken) -> bool:
    """Whether a signature takes the value apart in silence, where everything else raises."""
    on_signature = dispatch.method in SIGNATURES or (dispatch.task is None and isinstance(dispatch.receiver, Call))
    return on_signature and shape.name == "args" and shape.kind in ITERATED


def instead(dispatch: Dispatch, shape: Broken, call: ast.Call, file: File) -> str:
    """What to write, for a message."""
    text = file.text(shape.node)
    short = text if "\n" not in text and len(text) <= 40 else "..."
    if dispatch.method == "retry" and shape.kind == "Exception":
        return f"`exc={short}`"
    if shape.name == "kwargs":
        return "a dictionary"
    if shape.kind == "dict":
        return f"`kwargs={short}`"
    if shape.swallows is not None:
        return f"`({short}, {file.text(shape.swallows)})`"
    return f"`list({short})`" if shape.kind in {"set", "frozenset", "generator"} else f"`({short},)`"
