"""Models and what comes with them: what their classes, annotations, receivers, views and foreign keys stand for."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal, TypeAlias

from celerylint.facts import Class, Function
from celerylint.index import Index
from celerylint.index.classes import FORM, MODEL, RECORD
from celerylint.index.tasks import last_name
from celerylint.records import dataclass
from celerylint.rules.live_object_table import (
    ANNOTATED,
    COLLECTIONS,
    FOREIGN_KEYS,
    MODELS,
    RECEIVERS,
    ROW_VIEWS,
    SAVE_ROWS,
    VIEWS,
    WEB,
)
from celerylint.values import NONE, UNKNOWN, Attr, Binary, Call, Element, Item, Name, Param, Sequence, Value, awaited

Kind: TypeAlias = Literal["instance", "query", "request", "user", "form", "file", "connection", "manager", "values"]


@dataclass(frozen=True, slots=True)
class LiveObject:
    """What a value is. `model` is the model's own name, "" where it is not known; `key` the attribute that names
    its row; `many` says that it is a list or dict of such objects. A `manager` is where queries start; `values`
    is a query that gives plain rows."""

    kind: Kind
    model: str = ""
    key: str = "pk"
    many: bool = False

    @property
    def label(self) -> str:
        """How a message calls it."""
        noun = {"instance": "instance", "query": "queryset", "values": "queryset"}.get(self.kind, self.kind)
        model = f"`{self.model}` " if self.model else "model " if self.kind == "instance" else ""
        if self.many:
            return f"a collection of {model}{noun}s"
        article = "the" if noun in {"request", "user"} else "an" if self.model[:1] in tuple("AEIO") else "a"
        return f"{article} {model}{noun}"


def model_of(value: Value, index: Index, *, guess: bool = False) -> LiveObject | None:
    """The model that a value is, as an instance of it would be; `guess`: a class outside the project may be one."""
    match value:
        case Name(dotted=dotted):
            name, definition = index.modules.follow(dotted)
            base = index.classes.base(dotted)
            short = name.rpartition(".")[2]
            if base in {MODEL, RECORD} or name in MODELS:
                return LiveObject("instance", short, "id" if base == RECORD else "pk")
            outside = definition is None and not index.modules.split(name)[0]
            unknown = definition is not None and isinstance(definition.what, Class) and base == ""
            return LiveObject("instance", short) if guess and short[:1].isupper() and (outside or unknown) else None
        case Call(func=func):
            return LiveObject("instance") if last_name(func) in {"get_user_model", "load_model", "get_model"} else None
        case _:
            return None


def class_of(function: Function, index: Index) -> Class | None:
    """The class in which a method stands."""
    facts = index.modules.facts(function.module)
    return None if facts is None else facts.classes.get(function.owner)


def named_decorator(function: Function, name: str) -> bool:
    return any(last_name(decorator.value) == name for decorator in function.decorators)


def own_class(base: Value, index: Index) -> LiveObject | None:
    """The model that `cls` is in a class method of its."""
    function = index.modules.function(base.function) if isinstance(base, Param) and base.index == 0 else None
    if function is None or not function.in_class or not named_decorator(function, "classmethod"):
        return None
    cls = class_of(function, index)
    return model_of(Name(f"{cls.module}.{cls.qualname}"), index) if cls is not None else None


def form_of(dotted: str, index: Index) -> LiveObject | None:
    return LiveObject("form") if index.classes.base(dotted) == FORM else None


def received(function: Function, index: Index) -> LiveObject | None:
    """`instance` of a function that receives signals of Django's models."""
    for decorator in function.decorators:
        match decorator.value:
            case Call(func=Name(dotted=dotted), args=(signals, *_)):
                names = signals.items if isinstance(signals, Sequence) else (signals,)
                listened = {index.modules.canonical(one.dotted) for one in names if isinstance(one, Name)}
                known = index.modules.canonical(dotted).startswith("django.dispatch.") and listened
                if known and listened <= RECEIVERS:
                    sender = decorator.value.keyword("sender")
                    model = model_of(sender, index) if sender is not None else None
                    return model or LiveObject("instance")
            case _:
                pass
    return None


def annotated(annotation: Value, index: Index) -> LiveObject | None:
    """What an annotation says; of a union with None, the rest."""
    match annotation:
        case Name(dotted=dotted):
            name = index.modules.canonical(dotted)
            return (
                LiveObject(ANNOTATED[name])
                if name in ANNOTATED
                else form_of(dotted, index) or model_of(annotation, index)
            )
        case Binary(op="BitOr", left=left, right=right):
            rest = [option for option in (left, right) if option != NONE]
            return annotated(rest[0], index) if len(rest) == 1 else None
        case Item(base=Name(dotted="typing.Optional" | "typing.Annotated"), key=key):
            return annotated(key.items[0] if isinstance(key, Sequence) else key, index)
        case Item(base=Name(dotted=dotted), key=key):
            name = index.modules.canonical(dotted)
            if name in ANNOTATED:
                return LiveObject(ANNOTATED[name])
            inner = annotated(key, index) if name in COLLECTIONS else None
            return replace(inner, many=True) if inner is not None else None
        case _:
            return None


def related(owner: LiveObject, base: Value, name: str, index: Index) -> LiveObject | None:
    """The other end of a foreign key that the model's class declares."""
    cls = model_class(base, index)
    declared = cls.attributes.get(name) if cls is not None else None
    match declared:
        case Call(func=Name(dotted=dotted), args=args) if index.modules.canonical(dotted) in FOREIGN_KEYS:
            return (model_of(args[0], index) if args else None) or LiveObject("instance", key=owner.key)
        case _:
            return None


def model_class(value: Value, index: Index) -> Class | None:
    """The project's class of an instance."""
    match value:
        case Param(annotation=Name() as annotation):
            return index.modules.cls(annotation)
        case Param(function=key, index=0):
            function = index.modules.function(key)
            return class_of(function, index) if function is not None and function.in_class else None
        case Call(func=Name(dotted=dotted)):
            parts = dotted.split(".")
            owners = (Name(".".join(parts[:count])) for count in range(len(parts), 0, -1))
            return next((cls for owner in owners if (cls := index.modules.cls(owner)) is not None), None)
        case Call(func=Attr(base=base)) | Element(base=base) | Item(base=base):
            return model_class(base, index)
        case _:
            return None


def statement_of(call: Call, receiver: Value) -> Value:
    """The statement of `session.scalars(statement)` and `session.execute(statement).scalars()`."""
    if call.args:
        return call.args[0]
    executed = awaited(receiver) or receiver
    known = isinstance(executed, Call) and last_name(executed.func) == "execute" and executed.args
    return executed.args[0] if isinstance(executed, Call) and known else UNKNOWN


def selected(statement: Value, index: Index) -> LiveObject | None:
    """The model whose rows a `select(Order).where(...)` gives."""
    while isinstance(statement, Call):
        inner, _ = split(statement.func)
        if isinstance(statement.func, Name) and last_name(statement.func) == "select":
            return model_of(statement.args[0], index) if len(statement.args) == 1 else None
        statement = inner if inner is not None else UNKNOWN
    return None


def saved_by(receiver: Value, index: Index) -> LiveObject | None:
    """The row that `save()` of a form or serializer gives, where its class leaves `save` as it is."""
    cls = saving_class(receiver, index)
    names: list[str] = []
    family = list(index.modules.lineage(cls, names)) if cls is not None else []
    if not SAVE_ROWS.intersection(names) or any("save" in one.methods for one in family):
        return None
    facts = index.modules.facts(family[0].module)
    meta = facts.classes.get(f"{family[0].qualname}.Meta") if facts is not None else None
    model = meta.attributes.get("model") if meta is not None else None
    return (model_of(model, index) if model is not None else None) or LiveObject("instance")


def saving_class(receiver: Value, index: Index) -> Class | None:
    """The class of a form or serializer of one row; of a view's serializer what the view names as such."""
    match receiver:
        case Call(func=Name() as func) if receiver.keyword("many") is None:
            return index.modules.cls(func)
        case Call(func=Attr(base=Param(function=key, index=0), name="get_serializer")):
            return view_serializer(key, index) if receiver.keyword("many") is None else None
        case Param(function=key, index=1) if key.endswith((".perform_create", ".perform_update")):
            return view_serializer(key, index)
        case _:
            return None


def view_serializer(key: str, index: Index) -> Class | None:
    """The serializer class of the view in which a method stands."""
    function = index.modules.function(key)
    cls = class_of(function, index) if function is not None and function.in_class else None
    family = list(index.modules.lineage(cls)) if cls is not None else []
    if any("get_serializer_class" in one.methods or "get_serializer" in one.methods for one in family):
        return None
    named = next((one.attributes["serializer_class"] for one in family if "serializer_class" in one.attributes), None)
    return index.modules.cls(named) if named is not None else None


def own_method(base: Param, name: str, index: Index) -> Function | LiveObject | None:
    """What `self.name` is that a method calls: a method of its class, or a view's `get_object`, which gives a row."""
    function = index.modules.function(base.function) if base.index == 0 else None
    cls = class_of(function, index) if function is not None and function.in_class else None
    names: list[str] = []
    for one in index.modules.lineage(cls, names) if cls is not None else ():
        if name in one.methods:
            return index.modules.function(f"{one.key}.{name}")
    return LiveObject("instance") if name == "get_object" and any(one.startswith(ROW_VIEWS) for one in names) else None


def split(func: Value) -> tuple[Value | None, str]:
    match func:
        case Attr(base=base, name=name):
            return base, name
        case Name(dotted=dotted) if "." in dotted:
            owner, _, name = dotted.rpartition(".")
            return Name(owner), name
        case _:
            return None, ""


def is_view(param: Param, function: Function, index: Index) -> bool:
    """Whether a function takes a web request first: one that stands where Django's web parts are imported, no task."""
    if param.index != (1 if function.in_class else 0) or function.key in index.registry.by_function:
        return False
    facts = index.modules.facts(function.module)
    return facts is not None and any(dotted.startswith(WEB) for dotted in facts.imports.values())


def request_part(name: str) -> LiveObject | None:
    if name == "user":
        return LiveObject("user")
    return LiveObject("file", many=True) if name in {"FILES", "files"} else None


def view_part(base: Param, name: str, index: Index) -> LiveObject | None:
    """`self.request` and `self.object` of a class-based view."""
    function = index.modules.function(base.function)
    cls = class_of(function, index) if function is not None and function.in_class else None
    if cls is None or name not in {"request", "object"}:
        return None
    if not any(base_name.startswith(VIEWS) for base_name in index.modules.bases(cls)[1]):
        return None
    return LiveObject("request" if name == "request" else "instance")


def class_methods(receiver: Value, name: str, index: Index) -> LiveObject | None:
    """A model whose class has query methods itself, as peewee's have, or a manager of the project's own."""
    model = model_of(receiver, index)
    if model is not None:
        peewee = model.key == "id" and name in {"get_or_none", "get_by_id", "create", "select"}
        return replace(model, kind="manager") if peewee else None
    owner, _, attribute_name = receiver.dotted.rpartition(".") if isinstance(receiver, Name) else ("", "", "")
    cls = index.modules.cls(Name(owner)) if owner else None
    manager = cls.attributes.get(attribute_name) if cls is not None else None
    if not isinstance(manager, Call) or not last_name(manager.func).endswith(("Manager", "as_manager")):
        return None
    model = model_of(Name(owner), index)
    return replace(model, kind="manager") if model is not None else None
