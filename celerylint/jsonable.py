"""Whether kombu's JSON serialiser carries a value, and what arrives in the worker.

Three-valued, as values are: only what is known is judged. The tables are in `celery_data.json_types`; the facts are
those of `kombu.utils.json`, which changed in kombu 5.3.0, whatever the version of Celery.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal, NamedTuple, TypeAlias

from celerylint.celery_data import json_types
from celerylint.celery_data.json_types import REFUSED, SAME
from celerylint.kinds import Base, canonical, item_type, nothing, type_of
from celerylint.values import (
    Attr,
    Binary,
    Call,
    Comprehension,
    Const,
    Either,
    Element,
    Item,
    Mapping,
    Name,
    Param,
    Sequence,
    Star,
    Typed,
    Value,
    dotted,
)

Version: TypeAlias = tuple[int, int]
Pair: TypeAlias = tuple["Value | None", Value]
State: TypeAlias = Literal["same", "changed", "refused", "unknown"]
ENVELOPES: Version = (5, 3)
COPIES = frozenset({"copy.copy", "copy.deepcopy"})
LISTERS = frozenset({"builtins.list", "builtins.sorted"})
DICTS = frozenset({"builtins.dict", "collections.OrderedDict"})


class Judgement(NamedTuple):
    """What becomes of a value on its way through JSON.

    `same`: it arrives equal and of the same type. `changed`: if all of it arrives, it arrives as something
    else, `becomes`. `refused`: sending it raises EncodeError. Of a comprehension the last two hold where it
    has items. `why` is a clause for a message; `instead` a template around the expression ({}) that gives an
    equal value that is carried, "" where there is no plain one; `kind` the type that is changed or refused, `key`
    for a key of a dict.
    """

    state: State
    why: str = ""
    becomes: str = ""
    instead: str = ""
    kind: str = ""


WEIGHT: dict[State, int] = {"same": 0, "unknown": 1, "changed": 2, "refused": 3}
UNKNOWN = Judgement("unknown")
CARRIED = Judgement("same")


def judge(value: Value, kombu: Version, base: Base = nothing) -> Judgement:
    """What kombu's JSON does with a value. `base` says which known type a class of the project is one of."""
    match value:
        case Sequence(type="list", items=items):
            return together(items, kombu, base)
        case Sequence(type="tuple", items=items):
            return as_list(together(items, kombu, base))
        case Mapping(items=items):
            return together_pairs(items, kombu, base)
        case Comprehension(type="list", element=element):
            return inside(judge(element, kombu, base))
        case Comprehension(type="dict", element=Sequence(items=(key, held))):
            return worst([judge_key(key, kombu, base), inside(judge(held, kombu, base))])
        case Element(base=Sequence(items=[_, *_] as items)):
            return agreed([UNKNOWN if isinstance(item, Star) else judge(item, kombu, base) for item in items])
        case Either(options=options):
            return agreed([judge(option, kombu, base) for option in options])
        case Param(annotation=annotation) if annotation is not None:
            return judge_annotation(annotation, kombu, base)
        case Binary():
            return judge_binary(value, kombu, base)
        case Call():
            return judge_call(value, kombu, base)
        case _:
            return of_type(type_of(value, base), kombu)


def judge_binary(value: Binary, kombu: Version, base: Base) -> Judgement:
    """Containers that an operator joins or repeats by what is in them, everything else by its type."""
    kind = type_of(value, base)
    match kind, value.op, value.right:
        case "dict", _, right:
            return together_pairs(((None, value.left), (None, right)), kombu, base)
        case (("list" | "tuple"), "Add", right):
            return worst([judge(value.left, kombu, base), judge(right, kombu, base)])
        case (("list" | "tuple"), _, Const(value=int(times))) if times > 0:
            return judge(value.left, kombu, base)
        case _:
            return of_type(kind, kombu)


def judge_call(call: Call, kombu: Version, base: Base) -> Judgement:
    """A call, by what it makes: containers by what is put into them, everything else by its type."""
    match call:
        case Call(func=Name(dotted=name), args=(item, *_)) if name in COPIES:
            return judge(item, kombu, base)
        case Call(func=Name(dotted=name), args=args) if name in LISTERS:
            return judge_items(args[0], kombu, base) if args else CARRIED
        case Call(func=Name(dotted="builtins.tuple"), args=args):
            return as_list(judge_items(args[0], kombu, base) if args else CARRIED)
        case Call(func=Name(dotted=name)) if name in DICTS:
            made = judge_dict(call, kombu, base)
            return made if name == "builtins.dict" else worst([made, of_type(name, kombu)])
        case Call(func=Attr(base=inner, name="copy"), args=()) if type_of(inner, base) in {"list", "dict"}:
            return judge(inner, kombu, base)
        case _:
            return of_type(type_of(call, base), kombu)


def judge_dict(call: Call, kombu: Version, base: Base) -> Judgement:
    """`dict(mapping, key=value, **more)`."""
    given = [(None, arg) for arg in call.args]
    named = [(None if name is None else Const(name), held) for name, held in call.keywords]
    return together_pairs((*given, *named), kombu, base)


def together(items: Iterable[Value], kombu: Version, base: Base) -> Judgement:
    """A list of these items."""
    return worst([inside(judge_part(item, kombu, base)) for item in items])


def judge_part(item: Value, kombu: Version, base: Base) -> Judgement:
    """An item of a display, which may be `*items`."""
    return judge_items(item.base, kombu, base) if isinstance(item, Star) else judge(item, kombu, base)


def together_pairs(items: Iterable[Pair], kombu: Version, base: Base) -> Judgement:
    """A dict of these keys and values; a key of None is `**value`."""
    judged: list[Judgement] = []
    for key, held in last_of_each(items):
        if key is None:
            judged.append(judge(held, kombu, base) if type_of(held, base) == "dict" else UNKNOWN)
        else:
            judged += [judge_key(key, kombu, base), inside(judge(held, kombu, base))]
    return worst(judged)


def last_of_each(items: Iterable[Pair]) -> Iterable[Pair]:
    """The pairs that are left where a later one has an equal literal key; as in Python, the first key stays."""
    found: dict[object, Pair] = {}
    for key, held in flat(items):
        same = key.value if isinstance(key, Const) else object()
        found[same] = (found[same][0] if same in found else key, held)
    return found.values()


def flat(items: Iterable[Pair]) -> Iterator[Pair]:
    """The pairs of a dict and of the dicts that are written out in it."""
    for key, held in items:
        match key, held:
            case None, Mapping(items=inner):
                yield from flat(inner)
            case None, Binary(op="BitOr", left=left, right=right):
                yield from flat(((None, left), (None, right)))
            case _:
                yield key, held


def judge_key(key: Value, kombu: Version, base: Base) -> Judgement:
    """A key of a dict: JSON has strings only, the other plain types are made strings."""
    kind = type_of(key, base)
    if kind == "str":
        return CARRIED
    arrives = json_types.CHANGED.get(kind, kind)
    if arrives in json_types.PLAIN:
        return Judgement("changed", f"{named(kind)} as a key becomes a string", "dict with str keys", kind="key")
    known = kind in json_types.ENVELOPED or kind in json_types.REFUSED_TYPES or arrives in {"list", "dict"}
    return Judgement("refused", f"{named(kind)} is no key of a JSON object", kind="key") if known else UNKNOWN


def judge_items(value: Value, kombu: Version, base: Base) -> Judgement:
    """A list of the items of something that is iterated over."""
    match value:
        case Sequence(items=items):
            return together(items, kombu, base)
        case Comprehension(type="list" | "set" | "generator", element=element):
            return inside(judge(element, kombu, base))
        case Mapping(items=items) | Call(func=Attr(base=Mapping(items=items), name="keys")):
            return worst([UNKNOWN if key is None else inside(judge(key, kombu, base)) for key, _ in items])
        case Call(func=Attr(base=Mapping(items=items), name="values")):
            return worst([UNKNOWN if key is None else inside(judge(held, kombu, base)) for key, held in items])
        case _:
            kind = item_type(value, base)
            return inside(of_type(kind, kombu)) if kind else UNKNOWN


def worst(judgements: list[Judgement]) -> Judgement:
    """The judgement of a whole by those of its parts."""
    return max(judgements, key=lambda judgement: WEIGHT[judgement.state], default=CARRIED)


def agreed(judgements: list[Judgement]) -> Judgement:
    """The judgement that holds whichever of several values it is."""
    first = judgements[0]
    if any(judgement.state != first.state for judgement in judgements):
        return UNKNOWN
    becomes = " or ".join(dict.fromkeys(judgement.becomes for judgement in judgements))
    instead = first.instead if all(judgement.instead == first.instead for judgement in judgements) else ""
    return first._replace(becomes=becomes, instead=instead)


def inside(judgement: Judgement) -> Judgement:
    """The judgement of a part, which no template around the whole can mend."""
    return judgement._replace(instead="") if judgement.instead else judgement


def as_list(judgement: Judgement) -> Judgement:
    """A tuple whose items are judged so."""
    return judgement if judgement.state == "refused" else of_type("tuple", ENVELOPES)


def of_type(kind: str, kombu: Version) -> Judgement:
    """What happens to an object of a known type whose content does not matter."""
    if kind in json_types.PLAIN:
        return CARRIED
    new, old = json_types.ENVELOPED.get(kind, (json_types.CHANGED.get(kind, ""),) * 2)
    outcome = (new if kombu >= ENVELOPES else old) or (REFUSED if kind in json_types.REFUSED_TYPES else "")
    if outcome == SAME:
        return CARRIED
    if outcome == REFUSED:
        since = " before kombu 5.3" if new == SAME else ""
        verb = "have" if kind == "bytes" else "has"
        instead = json_types.INSTEAD.get(kind, "")
        return Judgement("refused", f"{named(kind)} {verb} no JSON form{since}", "", instead, kind)
    return (
        Judgement("changed", f"{named(kind)} arrives as {named(outcome)}", outcome, kind=kind) if outcome else UNKNOWN
    )


NAMES = {
    "NoneType": "None",
    "bytes": "bytes",
    "type": "a class",
    "dict_keys": "a view of a dict's keys",
    "dict_values": "a view of a dict's values",
    "dict_items": "a view of a dict's items",
    "enum.Enum": "an enum member",
    "enum.Flag": "an enum member",
    "pydantic.BaseModel": "a pydantic model",
    "django.db.models.Model": "a model instance",
    "re.Pattern": "a compiled pattern",
    "uuid.UUID": "a UUID",
    "typing.NamedTuple": "a namedtuple",
}


def named(kind: str) -> str:
    """How a message calls a value of a type."""
    if kind in NAMES:
        return NAMES[kind]
    short = kind.rpartition(".")[2]
    return f"{'an' if short[:1] in 'aeioAEIOU' else 'a'} {short}"


def judge_annotation(annotation: Value, kombu: Version, base: Base = nothing) -> Judgement:
    """What happens to the values that an annotation promises; of a collection, where it has items."""
    match annotation:
        case Name(dotted=name):
            return of_type(canonical(name, base), kombu)
        case Binary(op="BitOr", left=left, right=right):
            return judge_union((left, right), kombu, base)
        case Item(base=Name(dotted="typing.Union"), key=Sequence(items=items)):
            return judge_union(items, kombu, base)
        case Item(base=Name(dotted="typing.Annotated"), key=Sequence(items=(inner, *_))):
            return judge_annotation(inner, kombu, base)
        case Item(base=Name(dotted="typing.Optional"), key=inner):
            return judge_annotation(inner, kombu, base)
        case Item(base=Name(dotted=name), key=key):
            return judge_generic(name.removeprefix("builtins."), key, kombu, base)
        case _:
            return UNKNOWN


def judge_union(options: Iterable[Value], kombu: Version, base: Base) -> Judgement:
    """One of several, where None, which is always carried, does not count."""
    found = [judge_annotation(option, kombu, base) for option in options if option != Const(None)]
    return agreed(found) if found else CARRIED


def judge_generic(kind: str, key: Value, kombu: Version, base: Base) -> Judgement:
    """`list[X]`, `dict[K, V]`, `tuple[X, ...]`, `set[X]`."""
    parts = key.items if isinstance(key, Sequence) else (key,)
    if kind in json_types.LISTS:
        return inside(judge_annotation(parts[0], kombu, base)) if parts else UNKNOWN
    if kind in json_types.DICTS and len(parts) == 2:
        keys = Typed(canonical(dotted(parts[0]), base))
        return worst([judge_key(keys, kombu, base), inside(judge_annotation(parts[1], kombu, base))])
    whole = of_type(canonical(kind, base), kombu)
    if whole.becomes != "list":
        return whole
    return as_list(worst([inside(judge_annotation(part, kombu, base)) for part in parts]))
