"""Whether arguments fit a function's parameters, as far as both are known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from celerylint.facts import Parameter
from celerylint.records import dataclass


@dataclass(frozen=True, slots=True)
class Arguments:
    """What a call passes: `count` positional arguments and the keywords `names`, both for certain.

    `more` and `others` say that further positional arguments and keywords may come that are not written out.
    """

    count: int = 0
    more: bool = False
    names: frozenset[str] = frozenset()
    others: bool = False

    def behind(self, given: Arguments) -> Arguments:
        """The arguments of a signature that is called with further ones (`Signature._merge`, Celery 5.7):
        these come first, their keywords replace its own."""
        return Arguments(
            self.count + given.count, self.more or given.more, self.names | given.names, self.others or given.others
        )


ANY = Arguments(more=True, others=True)
ONE = Arguments(1)


def unfit(parameters: Sequence[Parameter], arguments: Arguments) -> str:
    """Why a call must fail, as a clause about what is called ("gets no `order_id`"); "" where it may succeed."""
    by_place = [p for p in parameters if p.kind in {"positional_only", "positional"}]
    taken = {p.name for p in by_place[: arguments.count]}
    keywords = {p.name for p in parameters if p.kind in {"positional", "keyword_only"}}
    swallows = any(p.kind == "var_keyword" for p in parameters)
    if arguments.count > len(by_place) and not any(p.kind == "var_positional" for p in parameters):
        return too_many(len(by_place), arguments)
    for name in sorted(arguments.names):
        if name in keywords and name in taken:
            return f"gets `{name}` twice"
        if name not in keywords and not swallows:
            only = any(p.name == name for p in by_place)
            return f"takes `{name}` by position only" if only else f"has no parameter `{name}`"
    return missing(parameters, arguments, taken)


def too_many(room: int, arguments: Arguments) -> str:
    plural = "" if room == 1 else "s"
    gets = f"at least {arguments.count}" if arguments.more else str(arguments.count)
    return f"takes {room or 'no'} positional argument{plural} and gets {gets}"


def missing(parameters: Sequence[Parameter], arguments: Arguments, taken: set[str]) -> str:
    """The clause on parameters without a default that nothing can fill."""
    absent = []
    for p in parameters:
        filled = p.default is not None or p.kind in {"var_positional", "var_keyword"} or p.name in taken
        by_name = p.kind != "positional_only" and (p.name in arguments.names or arguments.others)
        by_place = p.kind != "keyword_only" and arguments.more
        if not (filled or by_name or by_place):
            absent.append(f"`{p.name}`")
    return f"gets no {' and '.join(absent)}" if absent else ""


def unchecked(parameters: Sequence[Parameter]) -> tuple[Parameter, ...]:
    """The parameters as Celery's own check at the call sees them: it lets positional-only ones come by name
    (`celery.utils.functional.head_from_fun`, 5.7)."""
    return tuple(replace(p, kind="positional") if p.kind == "positional_only" else p for p in parameters)
