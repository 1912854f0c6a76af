"""How a rule is declared, and what it says: one place for code, name, severity, message and checks.

The file's name is the declaration: `cel206_retry_not_raised.py` is rule CEL206, `retry-not-raised`. Its
docstring is the rule's documentation. `fixers/` holds a file of the same name where the rule is fixable.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import field
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias, TypeVar

from celerylint.edits import Fix
from celerylint.records import dataclass
from celerylint.source import Span

if TYPE_CHECKING:
    from celerylint.deploy.model import Place
    from celerylint.index import Index

Severity: TypeAlias = Literal["error", "warning", "advice"]
Check: TypeAlias = "Callable[[Any, Any, Index], Iterator[Finding]]"
C = TypeVar("C", bound=Callable[..., "Iterator[Finding]"])

RULE_FILE = re.compile(r"(?:.*\.)?(cel\d{3})_(\w+)$")


class Text(Protocol):
    """What findings stand in: a parsed file, or a place in one of another language."""

    @property
    def path(self) -> str: ...

    def symbol_at(self, span: Span) -> str: ...


@dataclass(frozen=True, slots=True)
class Related:
    """Another place that the finding rests on: a definition, a setting, a step of a call path."""

    path: str
    span: Span
    message: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong at one place. `data` is what the rule's fixer needs to know."""

    code: str
    name: str
    severity: Severity
    message: str
    path: str
    span: Span
    symbol: str = ""
    related: tuple[Related, ...] = ()
    checklist: tuple[str, ...] = ()
    data: dict[str, Any] = field(default_factory=dict, compare=False, hash=False)
    fix: Fix | None = field(default=None, compare=False, hash=False)

    @property
    def sort_key(self) -> tuple[str, int, int, str, str]:
        return self.path, self.span.line, self.span.column, self.code, self.message


@dataclass(frozen=True, slots=True)
class InWorker:
    """The nodes of a type that run in a worker: in tasks, and in functions that they call."""

    node: type[ast.AST]


@dataclass(frozen=True, slots=True)
class CallOf:
    """Calls of what has one of these names where it is defined, or of methods so named; "" stands for what has none,
    as the result of another call."""

    names: frozenset[str]


@dataclass(frozen=True, slots=True)
class AttributeOf:
    """Attributes with one of these names, of whatever they are."""

    names: frozenset[str]


Kind: TypeAlias = type | InWorker | CallOf | AttributeOf


def call_of(*names: str) -> CallOf:
    """The kind of the calls of some names."""
    return CallOf(frozenset(names))


def attribute_of(*names: str) -> AttributeOf:
    """The kind of the attributes of some names."""
    return AttributeOf(frozenset(names))


class Rule:
    """A rule: its declaration and the checks registered for it.

    `message` is a format string for the values given to `finding`. `strict` rules are off by default.
    `checklist` are ids of `celerylint checklist`. `since` and `until` bound the Celery versions it applies to
    (from `since` on, before `until`), as (major, minor). `yields_to` are the codes of rules that say the same of a
    place in more fitting words: where one of them is on and has a finding there, this one's is not shown.
    """

    def __init__(
        self,
        module: str,
        *,
        severity: Severity,
        message: str,
        strict: bool = False,
        checklist: tuple[str, ...] = (),
        since: tuple[int, int] = (0, 0),
        until: tuple[int, int] = (99, 0),
        yields_to: tuple[str, ...] = (),
    ) -> None:
        match = RULE_FILE.match(module)
        if match is None:
            raise ValueError(f"{module} is not named as a rule's file: celNNN_name_of_the_rule")
        self.code = match[1].upper()
        self.name = match[2].replace("_", "-")
        self.module = module
        self.severity, self.message, self.strict, self.checklist = severity, message, strict, checklist
        self.since, self.until, self.yields_to = since, until, yields_to
        self.checks: list[tuple[Kind, Check]] = []

    def check(self, *kinds: Kind) -> Callable[[C], C]:
        """Register a check for types of `ast` nodes (`InWorker(ast.Call)`: those that tasks run; `call_of("crontab")`:
        calls by name; `attribute_of("result")`: attributes by name), of facts (Task, Dispatch, Setting, Function,
        FileFacts …), or of what is deployed (Worker, Beat, Flower, Broker, CommandLine, Deployment …).

        A check gets the subject, the file that it stands in (for what is deployed the Deployment), and the index.
        """

        def register(function: C) -> C:
            self.checks.extend((kind, function) for kind in kinds)
            return function

        return register

    def finding(
        self,
        file: Text,
        span: Span,
        *,
        message: str = "",
        severity: Severity | None = None,
        symbol: str = "",
        related: tuple[Related, ...] = (),
        data: dict[str, Any] | None = None,
        **values: object,
    ) -> Finding:
        """A finding of this rule; `message` replaces the declared one, `values` fill it in."""
        return Finding(
            self.code,
            self.name,
            severity or self.severity,
            (message or self.message).format(**values),
            file.path,
            span,
            symbol or file.symbol_at(span),
            related,
            self.checklist,
            data or {},
        )

    def at(self, place: Place, **values: Any) -> Finding:
        """A finding at a place of a deployment file; `values` as for `finding`."""
        return self.finding(place, place.span, **values)

    @property
    def documentation(self) -> str:
        """The docstring of the rule's file."""
        return (sys.modules[self.module].__doc__ or "").strip()
