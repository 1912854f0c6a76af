"""A password of the broker, or of the result backend, in the code.

Whoever can read the repository can send tasks to the workers, which run them. The password is in every clone, every
image and every log of a build, and changing it takes a deploy.

Bad::

    from celery import Celery

    app = Celery("shop", broker="amqp://shop:f13ldm0use@rabbit.shop.example//")

Good::

    import os
    from celery import Celery

    app = Celery("shop", broker=os.environ["CELERY_BROKER_URL"])

Silent on `guest:guest`, on hosts of the own machine, on placeholders, on tests and development settings, and, where
the host is a service of a compose file, on `redispassword` and its like, and on defaults for what the environment sets.

Source: https://docs.celeryq.dev/en/stable/userguide/security.html (5.7).
"""

import ast
import re
from collections.abc import Iterator

from celerylint.facts import Setting
from celerylint.file import File
from celerylint.index import Index
from celerylint.rule import Finding, Rule
from celerylint.rules.brokers import URL, URLS, Url, parse
from celerylint.rules.setting_places import written
from celerylint.values import Const

rule = Rule(
    __name__,
    severity="error",
    message="The password of {what} stands in the code, and with it whoever reads the repository can have workers run "
    "tasks; read it from the environment",
    checklist=("security.secrets",),
)

PASSWORDS = frozenset({"broker_password"})
PLACEHOLDER = re.compile(r"(?i)^(?:x+|\*+|\.+|<.*>|\{.*\}|\$.*|%.*|your.*|change.?me|todo|placeholder|example|)$")

# What is made up for a compose file: `redispassword`, `my_secret`.
MADE_UP = re.compile(
    r"(?i)^(?:redis|rabbit|rabbitmq|mq|celery|broker|default|my|user|admin|root|dev|test)?[-_]?"
    r"(?:pass|passwd|password|pw|pwd|secret)\d{0,4}$"
)


@rule.check(Setting)
def password(setting: Setting, file: File, index: Index) -> Iterator[Finding]:
    if not index.configuration.is_production(setting.path, setting.condition):
        return
    if setting.name in PASSWORDS:
        if isinstance(setting.value, Const) and is_real(str(setting.value.value or "")):
            yield rule.finding(file, written(file, setting)[0], what="the broker")
    elif setting.name in URLS:
        place, node = written(file, setting)
        found = next((url for text, default in literals(node, file) for url in with_password(text, default)), None)
        if found is not None:
            what = (
                f"`{found.host}`" if found.host else "the broker" if "broker" in setting.name else "the result backend"
            )
            yield rule.finding(file, place, what=what)


def literals(node: ast.expr | None, file: File) -> Iterator[tuple[str, bool]]:
    """The texts that a value is made of, and whether each is a default only: an argument of a call."""
    for part in ast.walk(node) if node is not None else ():
        match part:
            case ast.JoinedStr(values=values):
                yield "".join(piece(value) for value in values), is_default(part, node, file)
            case ast.Constant(value=str() as text) if not isinstance(file.parent(part), ast.JoinedStr):
                yield text, is_default(part, node, file)
            case _:
                pass


def piece(value: ast.expr) -> str:
    """A part of an f-string; what is put in is kept apart from what is written."""
    return value.value if isinstance(value, ast.Constant) and isinstance(value.value, str) else "{}"


def is_default(part: ast.AST, node: ast.expr | None, file: File) -> bool:
    """Whether a text is an argument of a call inside a value."""
    above = file.parent(part)
    while above is not None and part is not node:
        if isinstance(above, ast.Call) and part is not above.func:
            return True
        part, above = above, file.parent(above)
    return False


def with_password(text: str, default: bool) -> Iterator[Url]:
    """The URLs in a text that have a real password."""
    if URL.search(text) is None:
        return
    for url in parse(text):
        real = url.password is not None and is_real(url.password) and not url.is_local
        if real and not (url.is_inside and (default or MADE_UP.match(url.password or ""))):
            yield url


def is_real(password: str) -> bool:
    """Whether a password is one, and no placeholder."""
    return password != "guest" and PLACEHOLDER.match(password) is None and "{" not in password
