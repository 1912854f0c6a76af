"""Calls with `**options` whose items are known: the items are keywords of the call like all others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from celerylint.facts import CallFact
from celerylint.source import Span
from celerylint.values import Call, Const, Mapping, Name, Value

Expand = Callable[[Value], Value]


def named_items(value: Value) -> dict[str, Value] | None:
    """The items of a dict whose keys are all known texts; None for anything else."""
    match value:
        case Mapping(items=pairs):
            found = {key.value: item for key, item in pairs if isinstance(key, Const) and isinstance(key.value, str)}
            return found if len(found) == len(pairs) else None
        case Call(func=Name(dotted="builtins.dict"), args=(), keywords=keywords) if not value.splat:
            return {key: item for key, item in keywords if key}
        case _:
            return None


def spread(call: Call, expand: Expand) -> Call:
    """A call with the items of `**options` as keywords, as far as they are known."""
    keywords: list[tuple[str | None, Value]] = []
    for key, value in call.keywords:
        items = named_items(expand(value)) if key is None else None
        keywords += [(key, value)] if items is None else items.items()
    return replace(call, keywords=tuple(keywords)) if call.splat else call


def spread_fact(fact: CallFact, path: str, expand: Expand) -> CallFact:
    """A call of the file `path`, spread, with the places of the values: the whole call where they stand elsewhere."""
    if all(key is not None for key, _ in fact.call.keywords):
        return fact
    places: dict[str, Span] = {}
    for key, value in fact.call.keywords:
        known = expand(value) if key is None else value
        if key is None and (items := named_items(known)) is not None:
            places |= dict.fromkeys(items, fact.span) | value_spans(known, path)
    return replace(fact, call=spread(fact.call, expand), keyword_spans=(*fact.keyword_spans, *places.items()))


def value_spans(value: Value, path: str) -> dict[str, Span]:
    """Where the values of a dict display stand, by key, if that is in the file `path`."""
    where = value.where if isinstance(value, Mapping) else None
    if not isinstance(value, Mapping) or where is None or where.path != path:
        return {}
    pairs = zip(value.items, where.items, strict=True)
    return {str(key.value): span for (key, _), span in pairs if isinstance(key, Const)}
