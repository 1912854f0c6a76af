"""A secret is passed to a task as an argument.

The message keeps it in clear where many can read it: in the broker with its dumps and backups, in the events that
Flower and `celery events` show, with `result_extended` in the result backend, in the log when the message cannot be
read or its task is not registered, and in the text of MaxRetriesExceededError. `argsrepr` and `kwargsrepr` hide it
from events only, and only until the first retry.

Pass what names the secret (the primary key of the account or the name of the setting) and read it in the task.

Bad::

    from celery import shared_task
    from django.conf import settings

    @shared_task
    def sync(shop_id, key):
        ...

    def sync_all(shops):
        for shop in shops:
            sync.delay(shop.pk, settings.SHOP_API_KEY)

Good::

    from celery import shared_task
    from django.conf import settings

    @shared_task
    def sync(shop_id):
        connect(shop_id, settings.SHOP_API_KEY)

    def sync_all(shops):
        for shop in shops:
            sync.delay(shop.pk)

A secret is what goes to a parameter or stands in a variable, attribute, setting or key of that name (as whole words:
`api_key`, not `token_id`; the options `secret-names` and `extend-secret-names` say which), what the `secrets` module
or a token generator has made, and a literal in the format of a known kind of key. Silent about primary keys, hashes
and encrypted values, booleans and numbers, and in tests.

Sources: `celery.app.amqp` (`argsrepr`), `celery.worker.state`, `celery.app.task.Task.retry` (5.7); Celery's user
guide, "Tasks", "Hiding sensitive information in arguments".
"""

import ast
import re
from collections.abc import Iterator

from celerylint.facts import Dispatch
from celerylint.file import File
from celerylint.index import Index
from celerylint.kinds import type_of
from celerylint.rule import Finding, Rule
from celerylint.rules.arguments import Argument, arguments
from celerylint.rules.secrets import is_identifier, is_secret, key_format, made_as_secret, words
from celerylint.values import Const, Element, Mapping, Value, walk

rule = Rule(
    __name__,
    severity="error",
    message="{what} goes in clear through the broker, its dumps, events and Flower, and some logs; "
    "pass what names it and read it in the task",
    checklist=("security.secrets",),
)

# Calls that read a value by its name, and calls after which it is no longer readable.
READERS = frozenset({"get", "getenv", "pop", "config", "env", "str", "getattr", "get_secret", "get_secret_value"})
HIDING = re.compile(r"hash|encrypt|digest|mask|redact|make_password|(?:^|_)sign(?:$|_)|hmac|bcrypt|fingerprint")
KINDS = frozenset({"bool", "int", "float", "NoneType"})


@rule.check(Dispatch)
def passes_secret(dispatch: Dispatch, file: File, index: Index) -> Iterator[Finding]:
    if index.modules.is_test(file.path):
        return
    for argument in arguments(dispatch, file, index):
        for part in (argument, *items(argument, file)):
            what = secret(part, file, index)
            if what:
                yield rule.finding(file, part.span, what=what)
                break


def items(argument: Argument, file: File) -> Iterator[Argument]:
    """What a dict that is passed holds under known keys, as if each were an argument of that name."""
    match argument:
        case Argument(node=ast.Dict(keys=keys, values=values)):
            for key, value in zip(keys, values, strict=True):
                if isinstance(key, ast.Constant) and isinstance(key.value, str):
                    yield Argument(key.value, file.value(value), value, file.span(value))
        case Argument(value=Mapping(items=pairs)):
            for known, inner in pairs:
                if isinstance(known, Const) and isinstance(known.value, str):
                    yield Argument(known.value, inner, None, argument.span)
        case _:
            pass


def secret(argument: Argument, file: File, index: Index) -> str:
    """What is secret about an argument, "" where nothing is."""
    kind = next((kind for part in walk(argument.value) if (kind := key_format(part))), "")
    if kind:
        return kind
    node = argument.node
    if type_of(argument.value, index.classes.base) in KINDS or (node is not None and is_harmless(node)):
        return ""
    name = node_name(node) if node is not None else ""
    if name and is_secret(name, index) and not is_token_of_many(node, argument.value):
        return f"`{name}`"
    if node is not None and made_as_secret(node, file, index):
        return f"`{name}`, which is made as a secret,"
    return f"the secret in `{argument.name}`" if is_secret(argument.name, index) and not is_note(argument) else ""


def node_name(node: ast.expr) -> str:
    """The name under which an expression reads a value: of a variable, an attribute, a key, an environment variable."""
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case ast.Subscript(slice=ast.Constant(value=str() as name)):
            return name
        case ast.Call(func=ast.Attribute(attr=reader) | ast.Name(id=reader), args=args) if reader in READERS:
            return reading_name(reader, args)
        case ast.BoolOp(values=[first, *_]):
            return node_name(first)
        case ast.Await(value=inner):
            return node_name(inner)
        case _:
            return ""


def reading_name(reader: str, args: list[ast.expr]) -> str:
    """The name that a call reads: `os.getenv("API_TOKEN")`, `getattr(shop, "api_key")`, `str(password)`."""
    position = 1 if reader == "getattr" else 0
    if len(args) <= position:
        return ""
    match args[position]:
        case ast.Constant(value=str() as name) if reader != "str":
            return name
        case ast.expr() as inner if reader == "str":
            return node_name(inner)
        case _:
            return ""


def is_harmless(node: ast.expr) -> bool:
    """Whether an expression gives a primary key, a length, a comparison, or something hashed or encrypted."""
    match node:
        case ast.Attribute(attr="pk" | "id" | "uuid" | "key_id" | "name" | "slug"):
            return True
        case ast.Call(func=ast.Attribute(attr=name) | ast.Name(id=name)) if HIDING.search(name.lower()):
            return True
        case ast.Call(func=ast.Name(id="str"), args=[inner]):
            return is_harmless(inner)
        case ast.Compare() | ast.UnaryOp(op=ast.Not()):
            return True
        case _:
            return False


def is_token_of_many(node: ast.expr | None, value: Value) -> bool:
    """Whether something is called just `token` and more likely names one of many: of a loop, of a row."""
    if node is None or is_identifier(node):
        return node is not None
    return isinstance(value, Element) and words(node_name(node)) == ("token",)


def is_note(argument: Argument) -> bool:
    """Whether a literal is too short, or too much of a placeholder, to be a secret."""
    match argument.value:
        case Const(value=str() as text):
            return len(text) < 6 or not text.strip("*xX.<>- ")
        case _:
            return False
