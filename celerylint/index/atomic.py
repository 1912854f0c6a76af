"""What opens a database transaction that commits later: `atomic` in every form, a project's own wrappers, sessions.

Sources: Django 5.2, `django.db.transaction.atomic`; SQLAlchemy 2, `Session.begin`.
"""

from __future__ import annotations

from celerylint.facts import Block, Class, FileFacts, Function
from celerylint.index.modules import Modules
from celerylint.values import Attr, Call, Const, Name, Param, Sequence, Value
from celerylint.values import Function as FunctionValue

ATOMIC = frozenset(
    {"django.db.transaction.atomic", "django.db.transaction.Atomic", "django.db.transaction.commit_on_success"}
)
METHOD_DECORATOR = "django.utils.decorators.method_decorator"
DEFAULT = (
    None,
    Const(None),
    Const("default"),
    Name("django.db.DEFAULT_DB_ALIAS"),
    Name("django.db.utils.DEFAULT_DB_ALIAS"),
)
CONTEXT_MANAGERS = frozenset({"contextlib.contextmanager", "contextlib.asynccontextmanager"})


class Atomic:
    """Judges what a `with` statement enters and what a decorator does."""

    def __init__(self, modules: Modules) -> None:
        self.modules = modules
        self.judged: dict[Value, bool] = {}

    def block_kind(self, block: Block) -> str:
        """`block` for a block in a Django transaction, `session` for one of SQLAlchemy's, else ""."""
        if self.is_atomic(block.value):
            return "block"
        return "session" if begins_session(block.value) else ""

    def is_atomic(self, value: Value, depth: int = 0) -> bool:
        """Whether a value, entered or used as a decorator, opens a transaction on the default database."""
        if value not in self.judged:
            self.judged[value] = False
            self.judged[value] = self.judge(value, depth)
        return self.judged[value]

    def judge(self, value: Value, depth: int) -> bool:
        match value:
            case Call(func=Name(dotted=dotted), args=args) if self.modules.canonical(dotted) == METHOD_DECORATOR:
                return bool(args) and any(self.is_atomic(each, depth + 1) for each in items_of(args[0]))
            case Call(func=Name(dotted=dotted) as func):
                if self.modules.canonical(dotted) in ATOMIC:
                    return is_default(value)
                return self.is_wrapper(func, depth)
            case Name(dotted=dotted):
                return self.modules.canonical(dotted) in ATOMIC or self.is_wrapper(value, depth)
            case _:
                return False

    def is_wrapper(self, name: Name, depth: int) -> bool:
        """Whether a function of the project enters such a transaction for its caller, or returns one."""
        definition = self.modules.resolve(name.dotted)
        if definition is None or depth > 4:
            return False
        match definition.what:
            case Function() as function:
                if any(isinstance(value, FunctionValue) for value in function.returns):
                    return self.decorates(function, depth)
                if function.is_generator:
                    return manages(function) and any(
                        self.is_atomic(b.value, depth + 1) for b in blocks_of(definition.facts, function)
                    )
                return bool(function.returns) and all(self.is_atomic(value, depth + 1) for value in function.returns)
            case Class() as cls:
                return any(base in ATOMIC for base in self.modules.bases(cls)[1])
            case tuple() as rows:
                return len(rows) == 1 and self.is_atomic(rows[0].value, depth + 1)
            case _:
                return False

    def decorates(self, function: Function, depth: int) -> bool:
        """Whether the function that a decorator returns runs the decorated one in a transaction."""
        facts = self.modules.facts(function.module)
        for value in function.returns:
            inner = self.modules.function(value.key) if isinstance(value, FunctionValue) and value.key else None
            if inner is None or facts is None:
                return False
            entered = any(self.is_atomic(block.value, depth + 1) for block in blocks_of(facts, inner))
            if not entered and not any(self.is_atomic(decorator.value, depth + 1) for decorator in inner.decorators):
                return False
        return True


def blocks_of(facts: FileFacts, function: Function) -> list[Block]:
    return [block for block in facts.blocks if block.scope == function.qualname]


def manages(function: Function) -> bool:
    """Whether a generator is a context manager."""
    return any(
        isinstance(decorator.value, Name) and decorator.value.dotted in CONTEXT_MANAGERS
        for decorator in function.decorators
    )


def is_default(call: Call) -> bool:
    """Whether `atomic(...)` is about the default database, as far as it is written out."""
    using = call.args[0] if call.args else call.keyword("using")
    return using in DEFAULT or isinstance(using, FunctionValue)


def begins_session(value: Value) -> bool:
    """Whether a value is `session.begin()` of SQLAlchemy, which commits at the end of the block."""
    match value:
        case Call(func=Attr(base=base, name="begin")):
            return is_session(base)
        case Call(func=Name(dotted=dotted)) if dotted.endswith(".begin"):
            return is_session(Name(dotted.removesuffix(".begin")))
        case _:
            return False


def is_session(value: Value) -> bool:
    """Whether a value is called a session of SQLAlchemy: `db.session`, what `with SessionLocal() as …` gives."""
    match value:
        case Attr(base=base, name="__enter__") | Call(func=base):
            return is_session(base)
        case Attr(name=name) | Param(name=name):
            return "session" in name.lower()
        case Name(dotted=dotted):
            return "session" in dotted.rpartition(".")[2].lower()
        case _:
            return False


def items_of(value: Value) -> tuple[Value, ...]:
    return value.items if isinstance(value, Sequence) else (value,)
