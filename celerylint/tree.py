"""One walk over a tree: parents, nodes by type and scopes, for everything that looks at the file later."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

ScopeKind: TypeAlias = Literal["module", "class", "function", "lambda", "comprehension"]
BindingKind: TypeAlias = Literal[
    "import", "assign", "iterate", "enter", "parameter", "function", "class", "caught", "other"
]
FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef

SCOPES: dict[type[ast.AST], ScopeKind] = {
    ast.FunctionDef: "function",
    ast.AsyncFunctionDef: "function",
    ast.Lambda: "lambda",
    ast.ClassDef: "class",
    ast.ListComp: "comprehension",
    ast.SetComp: "comprehension",
    ast.DictComp: "comprehension",
    ast.GeneratorExp: "comprehension",
}

# Fields that are evaluated in the scope that a node makes; of parameters those evaluated around it.
SPLIT: dict[type[ast.AST], tuple[str, ...]] = {
    **{kind: ("elt", "key", "value", "generators") for kind, scope in SCOPES.items() if scope == "comprehension"},
    **{kind: ("args", "body") for kind, scope in SCOPES.items() if scope in {"function", "lambda"}},
    ast.ClassDef: ("body",),
    ast.arguments: ("defaults", "kw_defaults"),
    ast.arg: ("annotation",),
}

NO_NODES = frozenset(
    {
        "ctx",
        "op",
        "ops",
        "type_comment",
        "kind",
        "conversion",
        "is_async",
        "simple",
        "level",
        "id",
        "attr",
        "module",
        "n",
        "s",
    }
)
CHILDREN: dict[type[ast.AST], tuple[str, ...]] = {}
# Half of all nodes: they hold no others, and the walk notes them with the node that holds them.
LEAVES: frozenset[type[ast.AST]] = frozenset({ast.Name, ast.Constant})


def children(kind: type[ast.AST]) -> tuple[str, ...]:
    """The fields of a node type that hold nodes, in source order as far as `_fields` has it."""
    fields = tuple(name for name in kind._fields if name not in NO_NODES)
    if kind in {ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef}:
        fields = ("decorator_list", *(name for name in fields if name != "decorator_list"))
    CHILDREN[kind] = fields
    return fields


@dataclass(slots=True, eq=False)
class Binding:
    """A place that gives a name a value. `node` is what binds it, `value` the expression it comes from.

    `path` are the indexes into that expression's items where it is unpacked (-1: cannot be told).
    """

    kind: BindingKind
    node: ast.AST
    value: ast.expr | None = None
    path: tuple[int, ...] = ()
    target: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Growth:
    """What is put into a container after it was made: under `key` in a dict; `many` where `value` holds what is
    added; `out` where it is taken out instead."""

    value: ast.expr
    key: ast.expr | None = None
    many: bool = False
    out: bool = False


@dataclass(slots=True, eq=False)
class Scope:
    """A scope with what is bound in it. `qualname` has no `<locals>`; "" for the module's."""

    kind: ScopeKind
    node: ast.AST
    parent: Scope | None
    qualname: str = ""
    bindings: dict[str, list[Binding]] = field(default_factory=dict)
    outer: set[str] = field(default_factory=set)
    grown: dict[str, list[Growth]] = field(default_factory=dict)

    def bind(self, name: str, binding: Binding) -> None:
        if name in self.bindings:
            self.bindings[name].append(binding)
        else:
            self.bindings[name] = [binding]

    def grow(self, name: str, growths: list[Growth]) -> None:
        """Note that more is put into what a name stands for here, with the scope that binds it."""
        owner: Scope | None = self
        while owner is not None and name not in owner.bindings:
            owner = owner.parent
        (owner or self).grown.setdefault(name, []).extend(growths)

    @property
    def function(self) -> Scope | None:
        """This scope or the nearest one around it that is a function."""
        scope: Scope | None = self
        while scope is not None and scope.kind != "function":
            scope = scope.parent
        return scope


@dataclass(slots=True, eq=False)
class Tree:
    """A module's nodes, arranged."""

    module: ast.Module
    parents: dict[ast.AST, ast.AST]
    by_type: dict[type[ast.AST], list[ast.AST]]
    scopes: dict[ast.AST, Scope]
    evaluated: dict[ast.AST, Scope]
    sorted: set[type[ast.AST]] = field(default_factory=set)

    def of_type(self, kind: type[ast.AST]) -> list[ast.AST]:
        """All nodes of exactly this type, in source order."""
        if kind in LEAVES and kind not in self.sorted:
            self.by_type[kind].sort(key=position)
            self.sorted.add(kind)
        return self.by_type.get(kind, [])

    def ancestors(self, node: ast.AST) -> Iterator[ast.AST]:
        """The nodes around a node, innermost first."""
        parents = self.parents
        while (above := parents.get(node)) is not None:
            yield above
            node = above

    def scope(self, node: ast.AST) -> Scope:
        """The scope in which an expression or statement is evaluated.

        Decorators, defaults, annotations and bases belong to the scope around the definition.
        """
        return self.evaluated[node]

    def statement(self, node: ast.AST) -> ast.stmt:
        """The innermost statement that a node is part of."""
        while not isinstance(node, ast.stmt):
            node = self.parents[node]
        return node


def position(node: Any) -> tuple[int, int]:
    """The line and byte where a node begins."""
    return node.lineno, node.col_offset


def arrange(module: ast.Module) -> Tree:
    """Walk a module once."""
    top = Scope("module", module, None)
    tree = Tree(module, {}, {kind: [] for kind in LEAVES}, {module: top}, {})
    parents, by_type, evaluated = tree.parents, tree.by_type, tree.evaluated
    stack: list[tuple[ast.AST, Scope]] = [(module, top)]
    while stack:
        node, scope = stack.pop()
        kind = node.__class__
        evaluated[node] = scope
        if kind in by_type:
            by_type[kind].append(node)
        else:
            by_type[kind] = [node]
        if kind in BINDERS:
            BINDERS[kind](node, scope)
        within = inner_scopes(node, scope, tree) if kind in SPLIT else {}
        pending: list[tuple[ast.AST, Scope]] = []
        for name in CHILDREN[kind] if kind in CHILDREN else children(kind):
            value: Any = getattr(node, name, None)
            if value is None:
                continue
            inner = within.get(name, scope) if within else scope
            held: list[Any] = value if value.__class__ is list else [value]
            for child in held:
                if child.__class__ in LEAVES:
                    parents[child], evaluated[child] = node, inner
                    by_type[child.__class__].append(child)
                elif isinstance(child, ast.AST):
                    parents[child] = node
                    pending.append((child, inner))
        pending.reverse()
        stack += pending
    return tree


def inner_scopes(node: ast.AST, scope: Scope, tree: Tree) -> dict[str, Scope]:
    """The fields of a node that are evaluated in another scope than the node itself, with that scope."""
    kind = node.__class__
    if kind in {ast.arguments, ast.arg}:
        return dict.fromkeys(SPLIT[kind], scope.parent or scope)
    inner = tree.scopes[node] = Scope(SCOPES[kind], node, scope, qualname(node, scope))
    return dict.fromkeys(SPLIT[kind], inner)


def qualname(node: ast.AST, scope: Scope) -> str:
    """The qualname of a definition, dotted, without `<locals>`; a lambda's and comprehension's are those around it."""
    name = getattr(node, "name", None)
    if not isinstance(name, str):
        return scope.qualname
    return f"{scope.qualname}.{name}" if scope.qualname else name


# What is put into a container after it was made.


def note_call(node: ast.AST, scope: Scope) -> None:
    """Remember `name.append(x)` and the like: the container that `name` was bound to holds x too."""
    assert isinstance(node, ast.Call)
    func = node.func
    if isinstance(func, ast.Attribute) and func.attr in GROWERS and isinstance(func.value, ast.Name):
        scope.grow(func.value.id, GROWERS[func.attr](node))


def one_more(call: ast.Call) -> list[Growth]:
    return [Growth(call.args[0])] if len(call.args) == 1 and not call.keywords else []


def several_more(call: ast.Call) -> list[Growth]:
    return [
        *(Growth(arg, many=True) for arg in call.args),
        *(Growth(k.value, ast.Constant(k.arg)) if k.arg else Growth(k.value, many=True) for k in call.keywords),
    ]


def default_for_key(call: ast.Call) -> list[Growth]:
    return [Growth(call.args[1], call.args[0])] if len(call.args) == 2 else []


def key_taken_out(call: ast.Call) -> list[Growth]:
    return [Growth(call, out=True)] if call.args else []


GROWERS: dict[str, Callable[[ast.Call], list[Growth]]] = {
    "append": one_more,
    "add": one_more,
    "extend": several_more,
    "update": several_more,
    "setdefault": default_for_key,
    "pop": key_taken_out,
}


# What binds names, by node type.


def bind_target(
    target: ast.AST, scope: Scope, kind: BindingKind, node: ast.AST, value: ast.expr | None, path: tuple[int, ...] = ()
) -> None:
    match target:
        case ast.Name(id=name):
            owner = scope
            while owner.kind == "comprehension" and isinstance(node, ast.NamedExpr) and owner.parent is not None:
                owner = owner.parent
            if name in owner.outer:
                while owner.parent is not None:
                    owner = owner.parent
                kind = "other"
            owner.bind(name, Binding(kind, node, value, path))
        case ast.Tuple(elts=elts) | ast.List(elts=elts):
            starred = any(isinstance(item, ast.Starred) for item in elts)
            for index, item in enumerate(elts):
                bind_target(item, scope, kind, node, value, (*path, -1 if starred else index))
        case ast.Starred(value=inner):
            bind_target(inner, scope, "other", node, None)
        case _:
            pass


def bind_assign(node: ast.AST, scope: Scope) -> None:
    assert isinstance(node, ast.Assign)
    for target in node.targets:
        if isinstance(target, ast.Subscript) and isinstance(target.value, ast.Name) and len(node.targets) == 1:
            scope.grow(target.value.id, [Growth(node.value, target.slice)])
        elif not isinstance(target, ast.Attribute):
            bind_target(target, scope, "assign", node, node.value)


def bind_annotated(node: ast.AST, scope: Scope) -> None:
    assert isinstance(node, ast.AnnAssign)
    if node.value is not None:
        bind_target(node.target, scope, "assign", node, node.value)
    elif scope.kind != "class":
        bind_target(node.target, scope, "other", node, None)


def bind_augmented(node: ast.AST, scope: Scope) -> None:
    assert isinstance(node, ast.AugAssign)
    bind_target(node.target, scope, "other", node, None)


def bind_walrus(node: ast.AST, scope: Scope) -> None:
    assert isinstance(node, ast.NamedExpr)
    bind_target(node.target, scope, "assign", node, node.value)


def bind_for(node: ast.AST, scope: Scope) -> None:
    assert isinstance(node, ast.For | ast.AsyncFor)
    bind_target(node.target, scope, "iterate" if isinstance(node, ast.For) else "other", node, node.iter)


def bind_comprehension(node: ast.AST, scope: Scope) -> None:
    assert isinstance(node, ast.comprehension)
    bind_target(node.target, scope, "other" if node.is_async else "iterate", node, node.iter)


def bind_with(node: ast.AST, scope: Scope) -> None:
    assert isinstance(node, ast.With | ast.AsyncWith)
    for item in node.items:
        if item.optional_vars is not None:
            bind_target(
                item.optional_vars, scope, "enter" if isinstance(node, ast.With) else "other", node, item.context_expr
            )


def bind_import(node: ast.AST, scope: Scope) -> None:
    assert isinstance(node, ast.Import)
    for alias in node.names:
        top = alias.name.partition(".")[0]
        scope.bind(alias.asname or top, Binding("import", node, target=alias.name if alias.asname else top))


def bind_import_from(node: ast.AST, scope: Scope) -> None:
    assert isinstance(node, ast.ImportFrom)
    for alias in node.names:
        if alias.name != "*":
            scope.bind(alias.asname or alias.name, Binding("import", node, target=alias.name))


def bind_definition(node: ast.AST, scope: Scope) -> None:
    assert isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
    scope.bind(node.name, Binding("class" if isinstance(node, ast.ClassDef) else "function", node))


def bind_argument(node: ast.AST, scope: Scope) -> None:
    assert isinstance(node, ast.arg)
    scope.bind(node.arg, Binding("parameter", node))


def bind_handler(node: ast.AST, scope: Scope) -> None:
    assert isinstance(node, ast.ExceptHandler)
    if node.name:
        scope.bind(node.name, Binding("caught", node, node.type))


def bind_capture(node: ast.AST, scope: Scope) -> None:
    name = getattr(node, "name", None) or getattr(node, "rest", None)
    if name:
        scope.bind(name, Binding("other", node))


def bind_outer(node: ast.AST, scope: Scope) -> None:
    assert isinstance(node, ast.Global)
    scope.outer.update(node.names)


def bind_deleted(node: ast.AST, scope: Scope) -> None:
    assert isinstance(node, ast.Delete)
    for target in node.targets:
        bind_target(target, scope, "other", node, None)


BINDERS: dict[type[ast.AST], Callable[[ast.AST, Scope], None]] = {
    ast.Call: note_call,
    ast.Assign: bind_assign,
    ast.AnnAssign: bind_annotated,
    ast.AugAssign: bind_augmented,
    ast.NamedExpr: bind_walrus,
    ast.For: bind_for,
    ast.AsyncFor: bind_for,
    ast.comprehension: bind_comprehension,
    ast.With: bind_with,
    ast.AsyncWith: bind_with,
    ast.Import: bind_import,
    ast.ImportFrom: bind_import_from,
    ast.FunctionDef: bind_definition,
    ast.AsyncFunctionDef: bind_definition,
    ast.ClassDef: bind_definition,
    ast.arg: bind_argument,
    ast.ExceptHandler: bind_handler,
    ast.MatchAs: bind_capture,
    ast.MatchStar: bind_capture,
    ast.MatchMapping: bind_capture,
    ast.Global: bind_outer,
    ast.Delete: bind_deleted,
}
