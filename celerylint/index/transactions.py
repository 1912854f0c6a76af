"""Which code runs inside a database transaction that commits later: where it begins, and what is called in it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property

from celerylint.facts import Block, CallSite, Dispatch, FileFacts, Function
from celerylint.index.atomic import Atomic
from celerylint.index.beginnings import Beginnings, Cause
from celerylint.index.classes import Classes
from celerylint.index.configuration import Configuration
from celerylint.index.modules import Modules
from celerylint.index.reach import CallGraph, Step
from celerylint.index.tasks import last_name
from celerylint.records import dataclass
from celerylint.source import Span


@dataclass(frozen=True, slots=True)
class Inside:
    """That code runs in a transaction: the cause, and the calls that lead from there, outermost first."""

    cause: Cause
    steps: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True)
class Link:
    """How a function comes to run in a transaction: by a call in `caller` (a key, "" where it starts) or of itself."""

    cause: Cause
    caller: str = ""
    step: Step | None = None


class Transactions:
    """`read` gives the bytes of a shown path, `lines_with` every line with a word in it, with its path."""

    def __init__(
        self,
        graph: CallGraph,
        classes: Classes,
        configuration: Configuration,
        facts: list[FileFacts],
        dispatches: list[Dispatch],
        lines_with: Callable[[str], list[tuple[str, str]]],
        read: Callable[[str], bytes | None],
    ) -> None:
        self.modules: Modules = graph.modules
        self.facts, self.dispatches, self.read = facts, dispatches, read
        self.atomic = Atomic(self.modules)
        self.starts = Beginnings(classes, self.atomic, configuration, lines_with)
        self.graph = CallGraph(self.modules, graph.tasks, self.names_sender)
        self.naming: dict[str, bool] = {facts.path: True for facts in facts}

    def around(self, path: str, key: str, span: Span) -> Inside | None:
        """The transaction in which a place of a function (a key) runs; None where none is known."""
        module, _, qualname = key.partition(":")
        facts = self.modules.facts(module)
        for block in facts.blocks if facts is not None and qualname else ():
            if block.scope == qualname and within(span, block.span) and (kind := self.atomic.block_kind(block)):
                return Inside(Cause(kind, path, block.span))
        link = self.reached.get(key)
        return None if link is None else Inside(link.cause, tuple(self.steps(link)))

    def steps(self, link: Link | None) -> list[Step]:
        found: list[Step] = []
        while link is not None and link.step is not None:
            found.append(link.step)
            link = self.reached.get(link.caller)
        return found[::-1]

    # Files

    @cached_property
    def senders(self) -> Calling:
        """The functions that send tasks, or call one that does."""
        found: dict[str, Function] = {}
        for dispatch in self.dispatches:
            key = f"{self.modules.module(dispatch.path)[0]}:{dispatch.scope}"
            if dispatch.sends and dispatch.scope and (function := self.modules.function(key)) is not None:
                found[key] = function
        direct, names = set(found), {function.name for function in found.values()}
        known = CallGraph(self.modules, self.graph.tasks, {facts.path for facts in self.facts}.__contains__)
        calling = Calling(found.values())
        near = [facts for facts in self.facts if calling.may_be_in(self.read(facts.path) or b"")]
        for function in (function for facts in near for function in facts.functions.values()):
            sites = [site for site in function.calls if last_name(site.callee) in names]
            if any(callee.key in direct for site in sites for callee in known.callees(site.callee, function)):
                found[function.key] = function
        return Calling(found.values())

    def names_sender(self, path: str) -> bool:
        """Whether a file may call a function that sends tasks."""
        if path not in self.naming:
            self.naming[path] = self.senders.may_be_in(self.read(path) or b"")
        return self.naming[path]

    @cached_property
    def considered(self) -> list[FileFacts]:
        """The files about Celery, and those with transactions that name a function that sends tasks."""
        known = {facts.path for facts in self.facts}
        others = self.modules.relatives.keys() - known if self.senders.calls else set()
        opening = [path for path in sorted(others) if not self.modules.is_test(path) and self.opens(path)]
        return [*self.facts, *self.load([path for path in opening if self.names_sender(path)])]

    def opens(self, path: str) -> bool:
        """Whether a file may open a transaction."""
        data = self.read(path) or b""
        return b"atomic" in data or (self.starts.atomic_requests and b"View" in data)

    def load(self, paths: list[str]) -> list[FileFacts]:
        return [facts for path in paths if (facts := self.modules.load(path)) is not None]

    # Where transactions begin, and what they reach

    @cached_property
    def reached(self) -> dict[str, Link]:
        """Functions that run in a transaction, with the shortest way from its beginning; certain ones first."""
        found: dict[str, Link] = {}
        beginnings = list(self.beginnings())
        for certain in (True, False):
            queue: deque[str] = deque()
            for key, link in beginnings:
                if link.cause.certain is certain and key not in found:
                    found[key] = link
                    queue.append(key)
            self.spread(queue, found)
        return found

    def spread(self, queue: deque[str], found: dict[str, Link]) -> None:
        while queue:
            key = queue.popleft()
            function = self.modules.function(key)
            if function is None:
                continue
            for site in function.calls:
                for callee in self.callees(site, function):
                    if callee.key not in found:
                        step = Step(function.path, site.span, callee.qualname)
                        found[callee.key] = Link(found[key].cause, key, step)
                        queue.append(callee.key)

    def callees(self, site: CallSite, function: Function) -> list[Function]:
        """What a call runs then and there."""
        if site.later:
            return []
        return [callee for callee in self.graph.callees(site.callee, function) if not self.starts.is_deferred(callee)]

    def beginnings(self) -> Iterator[tuple[str, Link]]:
        """The functions that run in a transaction from their first line, and those that a block calls."""
        connecting = [facts for facts in self.considered if b".connect(" in (self.read(facts.path) or b"")]
        connected = self.starts.connected(connecting)
        for facts in self.considered:
            if self.modules.is_test(facts.path):
                continue
            for function in facts.functions.values():
                cause = self.starts.cause(function, facts, connected)
                if cause is not None:
                    yield function.key, Link(cause)
            for block in facts.blocks:
                if kind := self.atomic.block_kind(block):
                    yield from self.called_in(block, kind, facts)

    def called_in(self, block: Block, kind: str, facts: FileFacts) -> Iterator[tuple[str, Link]]:
        function = facts.functions.get(block.scope)
        if function is None:
            return
        for site in function.calls:
            if within(site.span, block.span):
                for callee in self.callees(site, function):
                    step = Step(facts.path, site.span, callee.qualname)
                    yield callee.key, Link(Cause(kind, facts.path, block.span), "", step)


class Calling:
    """What the text of a file that calls some functions is likely to have in it: `calls` are the ways to write the
    call, by the name of the function's class or module."""

    def __init__(self, functions: Iterable[Function]) -> None:
        self.calls: dict[bytes, set[bytes]] = {}
        for function in functions:
            owner = (function.owner if function.in_class else function.module).rpartition(".")[2]
            if not owner.isidentifier():
                # A migration: no other file can import it by its name.
                continue
            ways = [f".{function.name}("] if function.in_class else [f"{function.name}(", f"{function.name} as "]
            self.calls.setdefault(owner.encode(), set()).update(way.encode() for way in ways)

    def may_be_in(self, data: bytes) -> bool:
        return any(owner in data and any(call in data for call in calls) for owner, calls in self.calls.items())


def within(inner: Span, outer: Span) -> bool:
    return inner[:2] >= outer[:2] and inner[2:] <= outer[2:]
