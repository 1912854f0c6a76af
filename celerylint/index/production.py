"""Which code is meant for production, as far as the names of files, classes and conditions tell."""

from __future__ import annotations

import ast
import re
from functools import cache

NOT_PRODUCTION_PATH = re.compile(
    r"(?:^|[/_.-])(?:(?:api|load|smoke|stress)?tests?|testing|pytest|unittests?|local|localhost|dev|devel|devstack"
    r"|development|developer|debug|ci|conftest|examples?|sample|demo|sandbox|e2e|docs?)(?:[/_.-]|$)",
    re.IGNORECASE,
)
HIDDEN_FOLDER = re.compile(r"(?:^|/)\.\w[^/]*/")
WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
NOT_PRODUCTION_WORDS = frozenset(
    {
        "debug", "test", "tests", "testing", "tested", "pytest", "unittest", "local", "localhost", "locally", "dev",
        "devel", "develop", "devstack", "development", "developer", "ci", "sandbox", "demo",
    }
)  # fmt: skip
PRODUCTION_WORDS = frozenset({"prod", "production", "live"})


def is_production_path(relative: str) -> bool:
    """Whether a path below the project's root is that of code meant for production."""
    return not NOT_PRODUCTION_PATH.search(relative)


def is_production_module(relative: str) -> bool:
    """The same of a module: no application can import what is in a folder that is named with a dot."""
    return is_production_path(relative) and not HIDDEN_FOLDER.search(relative)


def is_production_name(name: str) -> bool:
    """Whether a class or module is meant for production: `Testing` and `LocalSettings` are not."""
    return not NOT_PRODUCTION_WORDS.intersection(words(name))


@cache
def may_hold_in_production(condition: str) -> bool:
    """Whether the tests around some code, as Python joined by `and`, may all be true in production."""
    if not condition:
        return True
    try:
        tree = ast.parse(condition.strip(), mode="eval").body
    except (SyntaxError, ValueError):
        return not NOT_PRODUCTION_WORDS.intersection(words(condition))
    return outcome(tree) is not False


def words(text: str) -> set[str]:
    """The words of a name, lower case: `IS_TESTING`, `isTesting`."""
    return {word.lower() for word in WORD.findall(text)}


def outcome(node: ast.expr) -> bool | None:
    """What a test gives in production; None where that is not known."""
    match node:
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            inner = outcome(operand)
            return None if inner is None else not inner
        case ast.BoolOp(op=ast.And(), values=values):
            return both([outcome(value) for value in values])
        case ast.BoolOp(values=values):
            inner = both([None if (found := outcome(value)) is None else not found for value in values])
            return None if inner is None else not inner
        case ast.Compare(left=left, ops=[op], comparators=[right]):
            return compared(left, op, right)
        case ast.Constant(value=value):
            return bool(value)
        case _:
            return about(node)


def both(found: list[bool | None]) -> bool | None:
    """Whether all are true."""
    if False in found:
        return False
    return None if None in found else True


def compared(left: ast.expr, op: ast.cmpop, right: ast.expr) -> bool | None:
    """What `ENV == "production"`, `"test" in sys.argv`, `DEBUG is True` give."""
    # A default in what is compared (`os.environ.get("ENV", "production") == "dev"`) says nothing of what is asked for.
    sides = [side for side in (right, left) if isinstance(side, ast.Constant | ast.Tuple | ast.List | ast.Set)][:1]
    texts = [node for side in sides or (left, right) for node in ast.walk(side) if isinstance(node, ast.Constant)]
    strings = [node.value for node in texts if isinstance(node.value, str)]
    negative = isinstance(op, ast.NotEq | ast.NotIn | ast.IsNot)
    if any(isinstance(node.value, bool) for node in texts):
        plain = about(left)
        wanted = any(node.value is True for node in texts)
        return None if plain is None else (plain == wanted) != negative
    if any(PRODUCTION_WORDS & words(text) for text in strings):
        return not negative if isinstance(op, ast.Eq | ast.NotEq) else None
    if strings and all(NOT_PRODUCTION_WORDS & words(text) for text in strings):
        return negative
    return None


def about(node: ast.expr) -> bool | None:
    """What a plain value gives: `settings.DEBUG`, `env.bool("TESTING")`, `is_production()`."""
    names = set[str]()
    for part in ast.walk(node):
        match part:
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.Constant(value=str() as name):
                names |= words(name)
            case _:
                pass
    if names & NOT_PRODUCTION_WORDS:
        return False
    return True if names & PRODUCTION_WORDS else None
