"""What is in a dict that a project's code puts together: literals, spreads, unions, updates, item assignments."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property

from celerylint.facts import FileFacts
from celerylint.index.modules import Modules
from celerylint.records import dataclass
from celerylint.source import Span
from celerylint.values import (
    UNKNOWN,
    Attr,
    Binary,
    Call,
    Comprehension,
    Const,
    Either,
    Item,
    Mapping,
    Name,
    Sequence,
    Value,
    Where,
)

DEEPEST = 8
COPIES = frozenset({"copy.copy", "copy.deepcopy", "builtins.dict", "types.MappingProxyType", "collections.OrderedDict"})


@dataclass(frozen=True, slots=True)
class Entry:
    """One item of a dict: `key_span` and `span` are the places of key and value in the file `path`, None where they
    are not written out. `condition` is the text of the `if`s around an item that is put in later."""

    key: Value | None
    value: Value
    path: str
    key_span: Span | None = None
    span: Span | None = None
    condition: str = ""

    @property
    def name(self) -> str:
        """The key where it is a known text, else ""."""
        return self.key.value if isinstance(self.key, Const) and isinstance(self.key.value, str) else ""


@dataclass(frozen=True, slots=True)
class Entries:
    """The items of a dict in order, a key that occurs twice with all its values; `open` says that more may be in it."""

    items: tuple[Entry, ...] = ()
    open: bool = False

    def get(self, name: str) -> Entry | None:
        """The last item under a key."""
        return next((entry for entry in reversed(self.items) if entry.name == name), None)

    def __add__(self, other: Entries) -> Entries:
        return Entries((*self.items, *other.items), self.open or other.open)


NOTHING_KNOWN = Entries(open=True)


class Mappings:
    """Takes dicts apart. `facts` are the files in which names may be given more items."""

    def __init__(self, modules: Modules, facts: list[FileFacts]) -> None:
        self.modules, self.facts = modules, facts
        self.paths = {each.path for each in facts}
        self.beside: dict[str, list[tuple[str, Entries | tuple[Value, str]]]] = {}

    def entries(self, value: Value, path: str = "", depth: int = 0) -> Entries:
        """The items of a dict; `path` is the file of those whose place is not known otherwise."""
        if depth > DEEPEST:
            return NOTHING_KNOWN
        match value:
            case Mapping():
                return self.display(value, path, depth)
            case Name(dotted=dotted):
                return self.named(dotted, path, depth)
            case Call():
                return self.called(value, path, depth)
            case Binary(op="BitOr", left=left, right=right):
                return self.entries(left, path, depth + 1) + self.entries(right, path, depth + 1)
            case Either(options=options):
                found = (self.entries(option, path, depth + 1) for option in options if option != Const(None))
                return sum(found, Entries())
            case Comprehension(type="dict", element=Sequence(items=(key, element))):
                return Entries((Entry(key, element, path),), open=True)
            case _:
                return NOTHING_KNOWN

    def whole(self, value: Value) -> Value:
        """What a value is known to be, a dict with the items that its name is given later."""
        name = self.modules.follow(value.dotted)[0] if isinstance(value, Name) else ""
        if not name or not self.added(name):
            return self.modules.expand(value)
        found = self.entries(value)
        rest: tuple[tuple[Value | None, Value], ...] = ((None, UNKNOWN),) if found.open else ()
        return Mapping((*((entry.key, entry.value) for entry in found.items), *rest))

    def display(self, mapping: Mapping, path: str, depth: int) -> Entries:
        where = mapping.where
        found = Entries()
        for index, (key, value) in enumerate(mapping.items):
            if key is None:
                found += self.entries(value, path, depth + 1)
            else:
                found += Entries((placed(key, value, where, index, path),))
        return found

    def named(self, dotted: str, path: str, depth: int) -> Entries:
        """A module-level name or class attribute, with the items that it is given later."""
        name, definition = self.modules.follow(dotted)
        found = NOTHING_KNOWN
        if definition is not None and isinstance(definition.what, tuple):
            rows = [row for row in definition.what if row.value != UNKNOWN]
            found = Entries(open=len(rows) < len(definition.what))
            for row in rows:
                found += self.entries(row.value, definition.facts.path, depth + 1)
        elif (attribute := self.modules.attribute(name)) is not None:
            found = self.entries(attribute[1], attribute[0].path, depth + 1)
        for added in self.added(name):
            found += added if isinstance(added, Entries) else self.entries(added[0], added[1], depth + 1)
        return found

    def called(self, call: Call, path: str, depth: int) -> Entries:
        match call.func:
            case Name(dotted="builtins.dict"):
                given = Entries()
                for arg in call.args:
                    given += self.entries(arg, path, depth + 1)
                for key, value in call.keywords:
                    given += Entries((Entry(Const(key), value, path),)) if key else self.entries(value, path, depth + 1)
                return given
            case Name(dotted=dotted) if self.modules.canonical(dotted) in COPIES and len(call.args) == 1:
                return self.entries(call.args[0], path, depth + 1)
            case Name(dotted=dotted) if dotted.endswith(".copy") and not call.args:
                return self.entries(Name(dotted.removesuffix(".copy")), path, depth + 1)
            case Attr(base=base, name="copy") if not call.args:
                return self.entries(base, path, depth + 1)
            case Name() as func:
                return self.returned(func, depth)
            case _:
                return NOTHING_KNOWN

    def returned(self, func: Name, depth: int) -> Entries:
        """What a function of the project without parameters that matter returns."""
        function = self.modules.function_named(func.dotted)
        if function is None or not function.returns:
            return NOTHING_KNOWN
        found = (self.entries(value, function.path, depth + 1) for value in function.returns)
        return sum(found, Entries())

    def added(self, name: str) -> list[Entries | tuple[Value, str]]:
        """What a name is given later, in the file that it is defined in or in any that mentions Celery."""
        facts = self.modules.facts(self.modules.split(name)[0])
        if facts is None or facts.path in self.paths:
            return self.additions.get(name, [])
        if facts.path not in self.beside:
            self.beside[facts.path] = list(self.additions_of(facts))
        own = [addition for added, addition in self.beside[facts.path] if added == name]
        return [*own, *self.additions.get(name, [])]

    @cached_property
    def additions(self) -> dict[str, list[Entries | tuple[Value, str]]]:
        """What names are given later, by their canonical name: `NAME[key] = value`, `NAME.update(…)`."""
        found: dict[str, list[Entries | tuple[Value, str]]] = {}
        for facts in self.facts:
            for name, addition in self.additions_of(facts):
                found.setdefault(name, []).append(addition)
        return found

    def additions_of(self, facts: FileFacts) -> Iterator[tuple[str, Entries | tuple[Value, str]]]:
        for write in facts.writes:
            match write.target:
                case Item(base=Name(dotted=dotted), key=key):
                    entry = Entry(key, write.value, facts.path, write.span, write.value_span, write.condition)
                    yield self.modules.follow(dotted)[0], Entries((entry,))
                case Name(dotted=dotted) if isinstance(write.value, Binary) and write.value.left == write.target:
                    yield self.modules.follow(dotted)[0], (write.value.right, facts.path)
                case _:
                    pass
        for fact in facts.calls:
            match fact.call:
                case Call(func=Name(dotted=dotted), args=(key, value)) if dotted.endswith(".setdefault"):
                    name = self.modules.follow(dotted.removesuffix(".setdefault"))[0]
                    entry = Entry(key, value, facts.path, fact.arg_spans[0], fact.arg_spans[1], fact.condition)
                    yield name, Entries((entry,), open=True)
                case Call(func=Name(dotted=dotted), args=args, keywords=keywords) if dotted.endswith(".update"):
                    name = self.modules.follow(dotted.removesuffix(".update"))[0]
                    yield from ((name, (arg, facts.path)) for arg in args)
                    spans = dict(fact.keyword_spans)
                    for keyword, value in keywords:
                        span = spans.get(keyword) if keyword else None
                        if keyword:
                            entry = Entry(Const(keyword), value, facts.path, span, span, fact.condition)
                            yield name, Entries((entry,))
                case _:
                    pass


def placed(key: Value, value: Value, where: Where | None, index: int, path: str) -> Entry:
    """An item of a display, with its places where the display knows them."""
    entry = Entry(key, value, path)
    if where is None or index >= len(where.items):
        return entry
    return replace(entry, path=where.path, key_span=where.keys[index], span=where.items[index])
