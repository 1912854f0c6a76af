"""What an expression means where it stands: names resolved, local variables followed, as a `Value`."""

from __future__ import annotations

import ast
import builtins
import keyword
from collections.abc import Callable
from typing import NamedTuple, Protocol

from celerylint.source import Located, Span
from celerylint.tree import Binding, FunctionNode, Growth, Scope, Tree
from celerylint.values import (
    UNKNOWN,
    Attr,
    Binary,
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
    attribute,
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
    """One item of a dict, with the places of its key and value where these are written out."""

    key: Value | None
    value: Value
    key_span: Span | None = None
    span: Span | None = None


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
        if binding.value is None:
            return UNKNOWN
        kind = self.value(binding.value, depth)
        return Typed(kind.dotted) if isinstance(kind, Name) else UNKNOWN

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
        """What is put into a dict; taking out leaves nothing known of its keys."""
        return [
            Pair(None, UNKNOWN)
            if growth.out
            else Pair(
                None if growth.key is None else self.value(growth.key, depth),
                self.value(growth.value, depth),
                self.span(growth.key),
                self.span(growth.value),
            )
            for growth in growths
        ]

    def mapping(self, pairs: list[Pair], span: Span | None) -> Mapping:
        """A dict to which keys were given at several places: a key that occurs twice may have either value."""
        values: dict[Value, list[Pair]] = {}
        for pair in pairs:
            if isinstance(pair.key, Const):
                values.setdefault(pair.key, []).append(pair)
        merged = [
            Pair(key, either([pair.value for pair in found]), found[-1].key_span, found[-1].span)
            for key, found in values.items()
        ]
        merged += [pair for pair in pairs if not isinstance(pair.key, Const)]
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


def reaching_bindings(tree: Tree, bindings: list[Binding], node: ast.AST) -> list[Binding]:
    """The bindings of a scope that may give the value at a node: the last before it that it cannot avoid,
    those after that one, and later ones of a loop around both."""
    if len(bindings) == 1:
        return bindings
    around = [node, *tree.ancestors(node)]
    position = (getattr(node, "lineno", 0), getattr(node, "col_offset", 0))
    before: list[Binding] = []
    after: list[Binding] = []
    for binding in bindings:
        (before if binding_position(binding) <= position and not assigns_around(binding, around) else after).append(
            binding
        )
    reaching: list[Binding] = []
    for binding in reversed(before):
        reaching.append(binding)
        if unavoidable(tree, binding, around):
            break
    loops = [above for above in around if isinstance(above, ast.For | ast.AsyncFor | ast.While)]
    if loops:
        inside = set(loops)
        reaching += [b for b in after if not inside.isdisjoint(tree.ancestors(b.node))]
    return reaching or bindings


def binding_position(binding: Binding) -> tuple[int, int]:
    node = binding.node
    if isinstance(node, ast.comprehension):
        return (0, 0)
    return getattr(node, "lineno", 0), getattr(node, "col_offset", 0)


def assigns_around(binding: Binding, around: list[ast.AST]) -> bool:
    """Whether the node is part of the assignment itself: `x = f(x)` reads the x before."""
    return binding.kind == "assign" and binding.node in around


def unavoidable(tree: Tree, binding: Binding, around: list[ast.AST]) -> bool:
    """Whether each way to the node passes the binding: the block it stands in is around the node."""
    block: ast.AST = binding.node
    if isinstance(block, ast.arg | ast.comprehension) or block in around:
        return True
    block = tree.statement(block)
    while (parent := tree.parents.get(block)) is not None and parent not in around:
        if not isinstance(parent, ast.With | ast.AsyncWith):
            return False
        block = parent
    if parent is None or not isinstance(parent, BRANCHING):
        return True
    child = around[around.index(parent) - 1]
    return any(block in body and child in body for body in blocks(parent))


BRANCHING = (ast.If, ast.For, ast.AsyncFor, ast.While, ast.Try, ast.ExceptHandler, ast.Match, ast.match_case)


def blocks(node: ast.AST) -> list[list[ast.AST]]:
    """The statement lists of a compound statement."""
    found = (getattr(node, name, None) for name in ("body", "orelse", "finalbody", "handlers"))
    return [block for block in found if isinstance(block, list)]


# Evaluation by node type.


def constant(names: Names, node: ast.Constant, depth: int) -> Value:
    return Const(node.value) if node.value is not Ellipsis else UNKNOWN


def name(names: Names, node: ast.Name, depth: int) -> Value:
    return names.lookup(node.id, node, depth)


def attr(names: Names, node: ast.Attribute, depth: int) -> Value:
    return attribute(names.value(node.value, depth), node.attr)


def call(names: Names, node: ast.Call, depth: int) -> Value:
    func = names.value(node.func, depth)
    if func == UNKNOWN:
        return UNKNOWN
    args = tuple(names.value(arg, depth) for arg in node.args)
    return Call(func, args, tuple((keyword.arg, names.value(keyword.value, depth)) for keyword in node.keywords))


def item(names: Names, node: ast.Subscript, depth: int) -> Value:
    base = names.value(node.value, depth)
    key = names.value(node.slice, depth)
    if isinstance(base, Mapping) and isinstance(key, Const) and isinstance(key.value, str) and not base.open:
        return base.get(key.value) or UNKNOWN
    return UNKNOWN if base == UNKNOWN else Item(base, key)


def sequence(names: Names, node: ast.List | ast.Tuple | ast.Set, depth: int) -> Value:
    kind = {ast.List: "list", ast.Tuple: "tuple"}.get(node.__class__, "set")
    place, where = names.place, None
    if place is not None:
        where = Where(names.path, place(node), tuple([place(element) for element in node.elts]))
    return Sequence(kind, tuple(names.value(element, depth) for element in node.elts), where)


def mapping(names: Names, node: ast.Dict, depth: int) -> Value:
    place, where = names.place, None
    if place is not None:
        keys = tuple([None if key is None else place(key) for key in node.keys])
        where = Where(names.path, place(node), tuple([place(value) for value in node.values]), keys)
    pairs = zip(node.keys, node.values, strict=True)
    return Mapping(
        tuple((None if key is None else names.value(key, depth), names.value(value, depth)) for key, value in pairs),
        where,
    )


def comprehension(names: Names, node: ast.ListComp | ast.SetComp | ast.GeneratorExp, depth: int) -> Value:
    kind = {ast.ListComp: "list", ast.SetComp: "set"}.get(node.__class__, "generator")
    return Comprehension(kind, names.value(node.elt, depth))


def dict_comprehension(names: Names, node: ast.DictComp, depth: int) -> Value:
    return Comprehension("dict", Sequence("tuple", (names.value(node.key, depth), names.value(node.value, depth))))


def binary(names: Names, node: ast.BinOp, depth: int) -> Value:
    left, right = names.value(node.left, depth), names.value(node.right, depth)
    op = node.op.__class__.__name__
    if isinstance(left, Const) and isinstance(left.value, str):
        if op == "Add" and isinstance(right, Const) and isinstance(right.value, str):
            return Const(left.value + right.value)
        if op in {"Mod", "Add"}:
            return Typed("str", start=left.value if op == "Add" else left.value.partition("%")[0])
    return Binary(op, left, right)


def negated(names: Names, node: ast.UnaryOp, depth: int) -> Value:
    value = names.value(node.operand, depth)
    if isinstance(node.op, ast.Not):
        return Const(not value.value) if isinstance(value, Const) else Typed("bool")
    if isinstance(node.op, ast.USub) and isinstance(value, Const) and isinstance(value.value, int | float):
        return Const(-value.value)
    return UNKNOWN


def boolean(names: Names, node: ast.BoolOp, depth: int) -> Value:
    return either([names.value(value, depth) for value in node.values])


def conditional(names: Names, node: ast.IfExp, depth: int) -> Value:
    return either([names.value(node.body, depth), names.value(node.orelse, depth)])


def comparison(names: Names, node: ast.Compare, depth: int) -> Value:
    return Typed("bool")


def formatted(names: Names, node: ast.JoinedStr, depth: int) -> Value:
    """An f-string: the text where all of it is known, `"…{}…".format(…)` of names where these make up the rest."""
    texts: list[str] = []
    args: list[Value] = []
    for part in node.values:
        inner = names.value(part.value if isinstance(part, ast.FormattedValue) else part, depth)
        plain = not isinstance(part, ast.FormattedValue) or (part.format_spec is None and part.conversion == -1)
        if plain and isinstance(inner, Const) and isinstance(inner.value, str):
            texts.append(inner.value)
        elif plain and isinstance(inner, Name) and not inner.dotted.startswith("builtins."):
            args.append(inner)
            texts.append("\0")
        else:
            return Typed("str", start="".join(texts).partition("\0")[0])
    if not args:
        return Const("".join(texts))
    template = "".join(texts).replace("{", "{{").replace("}", "}}").replace("\0", "{}")
    return Call(Attr(Const(template), "format"), tuple(args))


def anonymous(names: Names, node: ast.Lambda, depth: int) -> Value:
    return Function("")


def starred(names: Names, node: ast.Starred, depth: int) -> Value:
    return Star(names.value(node.value, depth))


def walrus(names: Names, node: ast.NamedExpr, depth: int) -> Value:
    return names.value(node.value, depth)


EVALUATORS: dict[type[ast.expr], Callable[..., Value]] = {
    ast.Constant: constant,
    ast.Name: name,
    ast.Attribute: attr,
    ast.Call: call,
    ast.Subscript: item,
    ast.List: sequence,
    ast.Tuple: sequence,
    ast.Set: sequence,
    ast.Dict: mapping,
    ast.ListComp: comprehension,
    ast.SetComp: comprehension,
    ast.GeneratorExp: comprehension,
    ast.DictComp: dict_comprehension,
    ast.BinOp: binary,
    ast.UnaryOp: negated,
    ast.BoolOp: boolean,
    ast.IfExp: conditional,
    ast.Compare: comparison,
    ast.JoinedStr: formatted,
    ast.Lambda: anonymous,
    ast.Starred: starred,
    ast.NamedExpr: walrus,
}
