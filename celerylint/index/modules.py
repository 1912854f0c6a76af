"""The modules of a project: their names, where an import leads, and what a dotted name is defined as.

Files are read when something asks for them. What is found never depends on the order of asking.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from celerylint.facts import Assign, Class, FileFacts, Function
from celerylint.index.locations import Locations
from celerylint.records import dataclass
from celerylint.values import Attr, Call, Const, Name, Value, options

# Celery's own re-exports and old homes, to the one name that the rest of the index knows.
ALIASES = {
    "celery.app.shared_task": "celery.shared_task",
    "celery.app.base.Celery": "celery.Celery",
    "celery.app.Celery": "celery.Celery",
    "celery.app.task.Task": "celery.Task",
    "celery.app.Task": "celery.Task",
    "celery.task.Task": "celery.Task",
    "celery.task.base.Task": "celery.Task",
    "celery.task.task": "celery.task",
    "celery.task.base.task": "celery.task",
    "celery.task.schedules.crontab": "celery.schedules.crontab",
    "celery.task.periodic_task": "celery.periodic_task",
    "celery.decorators.task": "celery.task",
    "celery.decorators.periodic_task": "celery.periodic_task",
    "celery._state.current_app": "celery.current_app",
    "celery.app.current_app": "celery.current_app",
    "celery.app.app_or_default": "celery.current_app",
    "celery.canvas.Signature": "celery.Signature",
    **{
        f"celery.{module}.{name}": f"celery.{name}"
        for module in ("canvas", "app.canvas", "task", "task.sets")
        for name in ("chain", "group", "chord", "chunks", "xmap", "xstarmap", "signature", "subtask", "maybe_signature")
    },
}


@dataclass(frozen=True, slots=True)
class Definition:
    """What a dotted name is in the project: a function, a class, assignments, or (None) a module."""

    dotted: str
    facts: FileFacts
    what: Function | Class | tuple[Assign, ...] | None


class Modules(Locations):
    """What the project's modules define.

    `load` gives the facts of a shown path, None where it cannot be parsed; `mentions` says of one whether its file
    mentions Celery, `read` gives its bytes.
    """

    def __init__(
        self,
        paths: Mapping[str, str],
        load: Callable[[str], FileFacts | None],
        source_roots: Iterable[str] = (),
        mentions: Callable[[str], bool] = lambda path: True,
        read: Callable[[str], bytes | None] = lambda path: None,
    ) -> None:
        super().__init__(paths, source_roots)
        self.load, self.mentions, self.read = load, mentions, read
        self.plain: dict[str, str] = {}
        self.canonicals: dict[str, str] = {}
        self.followed: dict[str, tuple[str, Definition | None]] = {}

    def facts(self, module: str) -> FileFacts | None:
        """The facts of a module of the project."""
        relative = self.by_id.get(module)
        return None if relative is None else self.load(self.shown[relative])

    def canonical(self, dotted: str) -> str:
        """A dotted name with re-exports followed to where it is defined, inside the project or out of it.

        Rules ask this of every name, to know a library's: files that do not mention Celery are not read for it.
        """
        if dotted not in self.canonicals:
            path = self.path(dotted)
            self.canonicals[dotted] = dotted if path and not self.mentions(path) else self.follow(dotted)[0]
        return self.canonicals[dotted]

    def resolve(self, dotted: str) -> Definition | None:
        """What a dotted name is defined as in the project; None outside it or where that cannot be told."""
        return self.follow(dotted)[1]

    def follow(self, dotted: str, seen: set[str] | None = None) -> tuple[str, Definition | None]:
        """The canonical name with its definition. `seen` are names tried on the way, as imports go in circles."""
        if dotted in self.followed:
            return self.followed[dotted]
        way = set() if seen is None else seen
        if dotted in way:
            return dotted, None
        way.add(dotted)
        found = self.find(dotted, way)
        if seen is None:
            self.followed[dotted] = found
        return found

    def find(self, dotted: str, seen: set[str]) -> tuple[str, Definition | None]:
        module, rest = self.split(dotted)
        if not module:
            return ALIASES.get(dotted, dotted), None
        # A manager of Django is no definition that can be followed.
        if ".objects" in rest:
            return dotted, None
        facts = self.facts(module)
        if facts is None:
            return dotted, None
        if not rest:
            return dotted, Definition(dotted, facts, None)
        what = facts.functions.get(rest) or facts.classes.get(rest)
        if what is not None:
            return f"{module}.{rest}", Definition(f"{module}.{rest}", facts, what)
        first, _, more = rest.partition(".")
        onward = f".{more}" if more else ""
        if first in facts.imports and facts.imports[first] != f"{module}.{first}":
            return self.follow(facts.imports[first] + onward, seen)
        if first in facts.assigns:
            return self.assigned(facts, module, first, onward, seen)
        if first in facts.classes:
            return self.inherited(facts.classes[first], more, seen) or (dotted, None)
        for star in facts.stars:
            name, definition = self.follow(f"{star}.{rest}", seen)
            if definition is not None or not self.split(star)[0]:
                return name, definition
        return dotted, None

    def assigned(
        self, facts: FileFacts, module: str, first: str, onward: str, seen: set[str]
    ) -> tuple[str, Definition | None]:
        rows = facts.assigns[first]
        if len(rows) == 1 and isinstance(rows[0].value, Name):
            return self.follow(rows[0].value.dotted + onward, seen)
        dotted = f"{module}.{first}"
        return (dotted + onward, None) if onward else (dotted, Definition(dotted, facts, rows))

    def inherited(self, cls: Class, member: str, seen: set[str]) -> tuple[str, Definition | None] | None:
        """A method that a class has from a base."""
        for base in cls.bases:
            if isinstance(base, Name):
                name, definition = self.follow(f"{base.dotted}.{member}", seen)
                if definition is not None:
                    return name, definition
        return None

    def attribute(self, dotted: str) -> tuple[Class, Value] | None:
        """The value that a class of the project gives an attribute, with the class that does; `Enum.member.value` is
        the member's value."""
        owner, _, name = dotted.rpartition(".")
        cls = self.cls(Name(owner)) if owner else None
        if cls is not None:
            for one in self.lineage(cls):
                if name in one.attributes:
                    return one, one.attributes[name]
        found = self.attribute(owner) if name == "value" and "." in owner else None
        return found if found is not None and self.is_enum(found[0]) else None

    def is_enum(self, cls: Class) -> bool:
        """Whether attributes of a class are members of an enumeration."""
        return any(name.rpartition(".")[2].endswith(("Enum", "Choices", "Flag")) for name in self.bases(cls)[1])

    def function_named(self, dotted: str) -> Function | None:
        """The function of the project that a dotted name is."""
        definition = self.resolve(dotted)
        return definition.what if definition is not None and isinstance(definition.what, Function) else None

    def function(self, key: str) -> Function | None:
        """The function with a key (`module:qualname`)."""
        module, _, qualname = key.partition(":")
        facts = self.facts(module)
        return None if facts is None else facts.functions.get(qualname)

    def cls(self, value: Value) -> Class | None:
        """The class of the project that a value names."""
        if not isinstance(value, Name) or self.plain_kind(value.dotted) in {"module", "def"}:
            return None
        definition = self.resolve(value.dotted)
        return definition.what if definition is not None and isinstance(definition.what, Class) else None

    def bases(self, cls: Class) -> tuple[list[Class], list[str]]:
        """All bases of a class, nearest first: those of the project, and the dotted names of the others.

        A base that cannot be told gives "" among the names.
        """
        names: list[str] = []
        return list(self.lineage(cls, names))[1:], names

    def lineage(self, cls: Class, names: list[str] | None = None) -> Iterator[Class]:
        """A class and its bases in the project, nearest first, each found when it is asked for; the dotted names of
        the others are put into `names`."""
        classes = [cls]
        pending = list(cls.bases)
        yield cls
        while pending and len(classes) <= 100:
            base = pending.pop(0)
            found = self.cls(base)
            if found is not None and found not in classes:
                classes.append(found)
                pending.extend(found.bases)
                yield found
            elif found is None and names is not None:
                names.append(self.base_name(base))

    def base_name(self, base: Value) -> str:
        """The dotted name of a base outside the project, "" where that cannot be told."""
        match base:
            case Name(dotted=dotted):
                return self.canonical(dotted)
            case Attr(base=Call(func=Name(dotted=dotted)), name="Task") if self.canonical(dotted) == "celery.Celery":
                return "celery.Task"
            case _:
                return ""

    def home(self, dotted: str) -> str:
        """The shown path of the file that defines a name, "" outside the project; told by reading no more than the
        `__init__.py` of packages that re-export it."""
        for _ in range(5):
            module, rest = self.split(dotted)
            path = self.path(dotted)
            facts = self.facts(module) if rest and path.endswith("__init__.py") and not self.is_plain(dotted) else None
            first, _, more = rest.partition(".")
            origin = facts.imports.get(first, "") if facts is not None else ""
            if origin in {"", f"{module}.{first}"}:
                return path
            dotted = f"{origin}.{more}" if more else origin
        return ""

    def stands_beside(self, dotted: str, word: bytes) -> bool:
        """Whether the file that a name of the project leads to has a word in it; told without parsing it."""
        path = self.path(dotted)
        return bool(path) and word in (self.read(path) or b"")

    def is_plain(self, dotted: str) -> bool:
        """Whether a name is a module, or a function or class in a file that does not mention Celery.

        That can be told without parsing the file, and is enough to know that it is neither a task nor a constant.
        """
        return self.plain_kind(dotted) != ""

    def holds_no_task(self, dotted: str) -> bool:
        """Whether a name is plain, or an attribute of something plain."""
        module, name = self.split(dotted)
        first = name.partition(".")[0]
        return self.is_plain(dotted) or (first != name and self.plain_kind(f"{module}.{first}") in {"def", "class"})

    def is_aside(self, dotted: str) -> bool:
        """Whether a name is a function or class in a file that neither mentions Celery nor has the word task in it."""
        return self.plain_kind(dotted) in {"def", "class"} and not self.stands_beside(dotted, b"ask")

    def plain_kind(self, dotted: str) -> str:
        """`module`, `def` or `class` for a plain name, "" for any other."""
        if dotted not in self.plain:
            self.plain[dotted] = self.find_plain_kind(dotted)
        return self.plain[dotted]

    def find_plain_kind(self, dotted: str) -> str:
        module, name = self.split(dotted)
        if not module or not name:
            return "module" if module else ""
        path = self.path(dotted)
        if not name.isidentifier() or self.mentions(path):
            return ""
        text = b"\n" + (self.read(path) or b"")
        for kind in ("def", "class"):
            if any(word in text for word in written(kind, name)):
                return kind
        return ""

    def values(self, value: Value, depth: int = 0) -> list[Value]:
        """All that a value may be, with module-level names of the project replaced by what is assigned to them."""
        found: list[Value] = []
        for option in options(value):
            if isinstance(option, Name) and self.is_plain(option.dotted):
                found.append(option)
                continue
            definition = self.resolve(option.dotted) if isinstance(option, Name) else None
            if definition is not None and isinstance(definition.what, tuple) and depth < 5:
                for row in definition.what:
                    found += self.values(row.value, depth + 1)
            elif definition is None and depth < 5 and (constant := self.constant(option)) is not None:
                found += self.values(constant, depth + 1)
            else:
                found.append(self.folded(option, depth))
        return found

    def folded(self, value: Value, depth: int) -> Value:
        """A text that is put together of known texts, as one."""
        match value:
            case Call(func=Attr(base=Const(value=str() as template), name="format"), args=args, keywords=()) if args:
                parts = [self.values(arg, depth + 1) for arg in args]
                texts = [part[0].value for part in parts if len(part) == 1 and isinstance(part[0], Const)]
                known = [text for text in texts if isinstance(text, str)]
                if len(known) == len(args) and template.count("{}") == template.count("{") == len(args):
                    return Const(template.format(*known))
                return value
            case _:
                return value

    def constant(self, value: Value) -> Value | None:
        """The literal that a class of the project gives an attribute: `Queues.MAIL`, `Kind.MAIL.value`."""
        found = self.attribute(self.follow(value.dotted)[0]) if isinstance(value, Name) else None
        if found is None or not isinstance(value, Name) or not isinstance(found[1], Const | Call):
            return None
        if isinstance(found[1], Call) and not isinstance(self.folded(found[1], 1), Const):
            return None
        return None if self.is_enum(found[0]) and not value.dotted.endswith(".value") else found[1]

    def expand(self, value: Value) -> Value:
        """The one value that a value is known to be, names replaced by what is assigned to them; else itself."""
        found = self.values(value)
        return found[0] if len(found) == 1 else value


def written(kind: str, name: str) -> list[bytes]:
    """How a definition of a name may begin at the start of a line."""
    heads = [f"\n{kind} {name}"] + [f"\nasync {kind} {name}"] * (kind == "def")
    return [f"{head}{end}".encode() for head in heads for end in "(:["]
