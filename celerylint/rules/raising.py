"""Which exceptions of the project leave code that tasks run."""

from __future__ import annotations

from weakref import WeakKeyDictionary

from celerylint.facts import Class
from celerylint.index import Index
from celerylint.values import Name

Caught = tuple[str, ...]

KNOWN: WeakKeyDictionary[Index, dict[str, set[Caught]]] = WeakKeyDictionary()
EVERYTHING = frozenset({"", "builtins.Exception", "builtins.BaseException"})


def leaves_tasks(cls: Class, index: Index) -> bool:
    """Whether code that a task runs makes an exception of a class, with no handler for it on the way up."""
    classes, names = index.modules.bases(cls)
    own = {f"{c.module}.{c.qualname}" for c in (cls, *classes)} | set(names) | EVERYTHING
    ways = made_in_tasks(index).get(f"{cls.module}.{cls.qualname}", set())
    return any(own.isdisjoint(index.modules.canonical(name) for name in way) for way in ways)


def made_in_tasks(index: Index) -> dict[str, set[Caught]]:
    """What is called in code that tasks run, by dotted name: what the handlers between it and the task catch."""
    if index not in KNOWN:
        found: dict[str, set[Caught]] = {}
        around: dict[str, Caught] = {}
        for key in index.graph.reached:
            function = index.modules.function(key)
            for site in function.calls if function is not None else ():
                if isinstance(site.callee, Name):
                    caught = (*site.caught, *caught_above(key, index, around))
                    found.setdefault(index.modules.canonical(site.callee.dotted), set()).add(caught)
        KNOWN[index] = found
    return KNOWN[index]


def caught_above(key: str, index: Index, known: dict[str, Caught]) -> Caught:
    """What the handlers around the calls that lead from a task to a function catch."""
    if key not in known:
        reach = index.reach_of(key)
        known[key] = ()
        if reach is not None and reach.step is not None:
            caller = index.modules.function(reach.caller)
            span = reach.step.span
            sites = (site.caught for site in (caller.calls if caller is not None else ()) if site.span == span)
            known[key] = (*next(sites, ()), *caught_above(reach.caller, index, known))
    return known[key]
