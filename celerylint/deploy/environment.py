"""Environment variables: those of a container, and what `.env` files set."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import field

from celerylint.deploy.snippets import HIDDEN, Snippet
from celerylint.records import dataclass
from celerylint.source import Source, Span

LINE = re.compile(r"^[ \t]*(?:export[ \t]+)?([A-Za-z_][\w.]*)[ \t]*=[ \t]*([^\r\n]*)", re.MULTILINE)
VALUE = re.compile(r"""'([^']*)'|"((?:[^"\\]|\\.)*)"|(.*?)(?:\s+\#.*)?$""", re.DOTALL)
REFERENCE = re.compile(r"\$(?:\{[^}]*\}|[A-Za-z_]\w*)")


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable's value, HIDDEN in it where it is not known, and where it is set."""

    value: str
    path: str
    span: Span


@dataclass(frozen=True, slots=True)
class Environment:
    """What is set for a program. `open` says that more may be set in a place that cannot be read."""

    values: Mapping[str, Variable] = field(default_factory=dict)
    open: bool = False

    def __call__(self, name: str) -> str | None:
        """The value of a variable: None where it is not set, HIDDEN where that is not known."""
        known = self.values.get(name)
        return known.value if known is not None else HIDDEN if self.open else None

    def __or__(self, other: Environment) -> Environment:
        """This environment with what another one sets on top."""
        return Environment({**self.values, **other.values}, self.open or other.open)

    def with_values(self, values: Mapping[str, str], path: str, span: Span) -> Environment:
        """This environment with what a command line sets for itself."""
        return self | Environment({name: Variable(value, path, span) for name, value in values.items()})

    def may_have(self, names: Iterable[str]) -> bool:
        """Whether any of some variables is set to something, or may be."""
        return any(self(name) for name in names)


UNKNOWN_ENVIRONMENT = Environment(open=True)


def dotenv(source: Source) -> Environment:
    """What a `.env` file sets."""
    found = {}
    for match in LINE.finditer(source.text):
        value = VALUE.match(match[2])
        single, double, plain = value.groups() if value else (None, None, match[2])
        text = single if single is not None else REFERENCE.sub(HIDDEN, double if double is not None else plain or "")
        found[match[1]] = Variable(text, source.path, source.range(match.start(1), match.end()))
    return Environment(found)


INTERPOLATION = re.compile(r"\$(?:(\$)|\{([A-Za-z_]\w*)(?:(:?[-?+])((?:[^{}]|\{[^{}]*\})*))?\}|([A-Za-z_]\w*))")


def interpolated(snippet: Snippet, environment: Environment) -> Snippet:
    """A text of a compose file with `${NAME}` replaced, by HIDDEN where it is not known."""
    return snippet.replaced(INTERPOLATION, lambda match: interpolation(match, environment))


def interpolation(match: re.Match[str], environment: Environment) -> str:
    dollar, braced, operator, word, plain = match.groups()
    if dollar:
        return "$"
    value = environment(braced or plain)
    operator = operator or ""
    if operator.endswith("-") and (value is None or (not value and operator == ":-")):
        return str(word)
    if operator.endswith("+"):
        return HIDDEN if value == HIDDEN else str(word) if value else ""
    return value or ""
