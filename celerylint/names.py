"""What an expression means where it stands: names resolved, local variables followed, as a `Value`."""

from __future__ import annotations

import ast
import builtins
import keyword
from collections.abc import Callable
from typing import NamedTuple, Protocol

from celerylint.evaluation import EVALUATORS
from celerylint.reaching import reaching_bindings
from celerylint.scopes import Binding, Growth, Scope
from celerylint.source import Located, Span
from celerylint.tree import FunctionNode, Tree
from celerylint.values import (
    UNKNOWN,
    Attr,
    Call,
    Comprehension,
    Const,
    Element,
    Function,
    Item,
    Mapping,
    Name,
    Param,
    Sequence,
    Star,
    Typed,
    Value,
    Where,
    either,
    heavier,
)

BUILTINS = frozenset(dir(builtins))
DEEPEST = 14
HEAVIEST = 200
WRITTEN_OUT = (ast.Dict, ast.List, ast.Tuple, ast.Set)


class Locator(Protocol):
    """Says which module of the project an import means (`Modules` of the index)."""

    def locate(self, dotted: str, importer: str) -> str:
        """The project's own name for an imported dotted name, the same name where it is not the project's."""

    def relative(self, importer: str, level: int, module: str) -> str:
        """The dotted name of a relative import's module."""

    def is_own(self, dotted: str) -> bool:
        """Whether a dotted name may stand for something in the project."""


class Pair(NamedTuple):
    """One item of a dict, with the places of its key and value where these are written out; `out`: one taken out."""

    key: Value | None
    value: Value
    key_span: Span | None = None
    span: Span | None = None
    out: bool = False


class Names:
    """Evaluates expressions of one file. `module` is the file's dotted name, `path` where it stands, `place` gives
    the span of a node; without it nothing is said of where displays stand."""

    def __init__(
        self, tree: Tree, module: str, path: str, locator: Locator, place: Callable[[Located], Span] | None = None
    ) -> None:
        self.tree, self.module, self.path, self.locator, self.place = tree, module, path, locator, place
        self.known: dict[int, Value] = {}
        self.globals: dict[str, Value] = {}
        self.active: set[int] = set()

    def value(self, node: ast.expr, depth: int = 0) -> Value:
        """What an expression is known to be."""
        if depth > DEEPEST:
            return UNKNOWN
        evaluate = EVALUATORS.get(node.__class__)
        return evaluate(self, node, depth + 1) if evaluate is not None else UNKNOWN

    def lookup(self, name: str, node: ast.AST, depth: int) -> Value:
        """What a name stands for at a node."""
        start = scope = self.tree.scope(node)
        while True:
            bindings = scope.bindings.get(name)
            if bindings and (scope.kind != "class" or scope is start) and name not in scope.outer:
                break
            if scope.parent is None:
                builtin = name in BUILTINS and name not in self.tree.scopes[self.tree.module].bindings
                return Name(f"builtins.{name}") if builtin else Name(f"{self.module}.{name}")
            scope = scope.parent
        if scope.parent is None:
            if name not in self.globals:
                self.globals[name] = UNKNOWN
                self.globals[name] = self.module_level(name, bindings, depth)
            return self.globals[name]
        reaching = (
            reaching_bindings(self.tree, bindings, node)
            if scope is start or scope.kind == "comprehension"
            else bindings
        )
        return either([self.bound(name, binding, scope, depth) for binding in reaching])

    def module_level(self, name: str, bindings: list[Binding], depth: int) -> Value:
        """A module-level name: what it was imported as, its literal, else its own dotted name."""
        imported = [binding for binding in bindings if binding.kind == "import"]
        if imported:
            return self.imported(imported[0])
        if len(bindings) == 1 and bindings[0].kind == "assign" and not bindings[0].path:
            value = bindings[0].value
            if isinstance(value, ast.Constant | ast.Tuple | ast.List | ast.BinOp | ast.UnaryOp):
                return self.bound(name, bindings[0], self.tree.scopes[self.tree.module], depth)
        if len(bindings) == 1 and bindings[0].kind in {"iterate", "enter", "caught"}:
            return self.bound(name, bindings[0], self.tree.scopes[self.tree.module], depth)
        return Name(f"{self.module}.{name}")

    def imported(self, binding: Binding) -> Value:
        node = binding.node
        if isinstance(node, ast.Import):
            return Name(self.locator.locate(binding.target, self.path))
        assert isinstance(node, ast.ImportFrom)
        if node.level:
            base = self.locator.relative(self.path, node.level, node.module or "")
            return Name(f"{base}.{binding.target}" if base else binding.target)
        return Name(self.locator.locate(f"{node.module}.{binding.target}", self.path))

    def bound(self, name: str, binding: Binding, scope: Scope, depth: int) -> Value:
        """The value that a binding gives its name; Unknown while it is being worked out (a loop)."""
        key = id(binding)
        if key in self.known:
            return self.known[key]
        if key in self.active:
            return UNKNOWN
        self.active.add(key)
        value = self.binding_value(name, binding, scope, depth)
        if heavier(value, HEAVIEST * 10 if isinstance(binding.value, WRITTEN_OUT) else HEAVIEST):
            value = UNKNOWN
        self.active.discard(key)
        if depth < DEEPEST // 2:
            self.known[key] = value
        return value

    def binding_value(self, name: str, binding: Binding, scope: Scope, depth: int) -> Value:
        match binding.kind:
            case "import":
                return self.imported(binding)
            case "parameter":
                return self.parameter(binding.node, scope)
            case "function" | "class":
                qualname = self.tree.scopes[binding.node].qualname
                if binding.kind == "function" and scope.parent is not None and scope.kind != "class":
                    return Function(f"{self.module}:{qualname}")
                return Name(f"{self.module}.{qualname}")
            case "caught":
                return self.caught(binding, depth)
            case "assign" | "iterate" | "enter" if binding.value is not None:
                value = self.value(binding.value, depth)
                if binding.kind == "iterate":
                    value = UNKNOWN if value == UNKNOWN else Element(value)
                elif binding.kind == "enter":
                    value = entered(value)
                elif not binding.path:
                    value = self.grown(name, scope, value, depth)
                return unpack(value, binding.path)
            case _:
                return UNKNOWN

    def caught(self, binding: Binding, depth: int) -> Value:
        """What a handler catches is an exception, whatever is known of the classes that it names."""
        kind = UNKNOWN if binding.value is None else self.value(binding.value, depth)
        return Typed(kind.dotted if isinstance(kind, Name) else "Exception", at_least="Exception")

    def grown(self, name: str, scope: Scope, value: Value, depth: int) -> Value:
        """A list or dict that more is put into later holds that too."""
        growths = scope.grown.get(name)
        if not growths:
            return value
        match value:
            case Sequence(type="list" | "set" as kind, items=first):
                return Sequence(kind, (*first, *self.added(growths, depth)))
            case Call(func=Name(dotted="builtins.list" | "builtins.set" as kind), args=()):
                return Sequence(kind.removeprefix("builtins."), tuple(self.added(growths, depth)))
            case Mapping(where=where):
                span = None if where is None else where.span
                return self.mapping([*pairs_of(value), *self.stored(growths, depth)], span)
            case Call(func=Name(dotted="builtins.dict"), args=(), keywords=keywords):
                first_pairs = [Pair(None if key is None else Const(key), item) for key, item in keywords]
                return self.mapping([*first_pairs, *self.stored(growths, depth)], None)
            case Call(func=Name(dotted=dotted)) if dotted.startswith("builtins."):
                return UNKNOWN
            case Sequence() | Comprehension():
                return UNKNOWN
            case _:
                return value

    def added(self, growths: list[Growth], depth: int) -> list[Value]:
        """What is put into a list."""
        values = [(self.value(growth.value, depth), growth.many) for growth in growths if not growth.out]
        return [Star(value) if many else value for value, many in values]

    def stored(self, growths: list[Growth], depth: int) -> list[Pair]:
        """What is put into a dict, and the keys that are taken out."""
        return [
            Pair(
                None if growth.key is None else self.value(growth.key, depth),
                UNKNOWN if growth.out else self.value(growth.value, depth),
                self.span(growth.key),
                self.span(growth.value),
                growth.out,
            )
            for growth in growths
        ]

    def mapping(self, pairs: list[Pair], span: Span | None) -> Mapping:
        """A dict to which keys were given at several places: a key that occurs twice may have either value, and
        nothing is known of one that is taken out."""
        values: dict[Value, list[Pair]] = {}
        gone = {pair.key for pair in pairs if pair.out}
        for pair in pairs:
            if isinstance(pair.key, Const) and pair.key not in gone:
                values.setdefault(pair.key, []).append(pair)
        merged = [
            Pair(key, either([pair.value for pair in found]), found[-1].key_span, found[-1].span)
            for key, found in values.items()
        ]
        merged += [Pair(None, UNKNOWN) for key in gone] + [p for p in pairs if not (p.out or isinstance(p.key, Const))]
        spans = [pair.span for pair in merged if pair.span is not None]
        where = (
            Where(self.path, span or spans[0], tuple(spans), tuple(pair.key_span for pair in merged))
            if spans and len(spans) == len(merged)
            else None
        )
        return Mapping(tuple((pair.key, pair.value) for pair in merged), where)

    def span(self, node: ast.expr | None) -> Span | None:
        """Where a node stands; None for one that was made up."""
        return self.place(node) if self.place is not None and node is not None and hasattr(node, "lineno") else None

    def parameter(self, node: ast.AST, scope: Scope) -> Value:
        assert isinstance(node, ast.arg)
        owner = scope.node
        if not isinstance(owner, FunctionNode):
            return UNKNOWN
        plain = [*owner.args.posonlyargs, *owner.args.args]
        index = plain.index(node) if node in plain else -1
        annotation = None if node.annotation is None else self.annotation(node.annotation)
        return Param(f"{self.module}:{scope.qualname}", node.arg, index, annotation)

    def annotation(self, node: ast.expr) -> Value:
        """What an annotation names; a string is read as the expression in it."""
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            text = node.value.strip()
            plain = text.isidentifier() and not keyword.iskeyword(text)
            return self.lookup(text, node, 1) if plain else self.written(text, node)
        return self.value(node)

    def written(self, text: str, node: ast.expr) -> Value:
        """What an expression would be that stands as text at a node."""
        try:
            inner = ast.parse(text, mode="eval").body
        except (SyntaxError, ValueError):
            return UNKNOWN
        scope = self.tree.scope(node)
        for child in ast.walk(inner):
            self.tree.parents[child], self.tree.evaluated[child] = node, scope
        return self.value(inner)


def pairs_of(mapping: Mapping) -> list[Pair]:
    """The items of a dict with their places."""
    where = mapping.where
    if where is None or len(where.items) != len(mapping.items):
        return [Pair(key, value) for key, value in mapping.items]
    return [
        Pair(key, value, key_span, span)
        for (key, value), key_span, span in zip(mapping.items, where.keys, where.items, strict=True)
    ]


def entered(value: Value) -> Value:
    """What `with value as name` gives."""
    return UNKNOWN if value == UNKNOWN else Call(Attr(value, "__enter__"))


def unpack(value: Value, path: tuple[int, ...]) -> Value:
    """The part of a value that unpacking gives."""
    for index in path:
        if index < 0 or value == UNKNOWN:
            return UNKNOWN
        items = value.items if isinstance(value, Sequence) else ()
        if isinstance(value, Sequence):
            value = items[index] if index < len(items) and not any(isinstance(i, Star) for i in items) else UNKNOWN
        else:
            value = Item(value, Const(index))
    return value
