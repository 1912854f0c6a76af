"""Which known type a class of the project is one of: a model, an enum, a dataclass, or nothing but an object."""

from __future__ import annotations

from celerylint.celery_data.json_types import ALIASES, REFUSED_TYPES
from celerylint.facts import Class
from celerylint.index.modules import Definition, Modules
from celerylint.kinds import is_exception, known_type
from celerylint.values import Attr, Call, Name, Value

MODEL, RECORD, FORM = "django.db.models.Model", "sqlalchemy.orm.DeclarativeBase", "django.forms.BaseForm"

# Bases by their dotted names, where these are not the types that the tables of `celery_data` know.
BASES: dict[str, str] = {
    **dict.fromkeys(
        (
            "django.contrib.gis.db.models.Model", "django.contrib.auth.models.AbstractUser",
            "django.contrib.auth.models.AbstractBaseUser", "django.contrib.auth.base_user.AbstractBaseUser",
            "mptt.models.MPTTModel", "polymorphic.models.PolymorphicModel", "model_utils.models.TimeStampedModel",
            "django_extensions.db.models.TimeStampedModel", "treebeard.mp_tree.MP_Node", "wagtail.models.Page",
            "parler.models.TranslatableModel", "safedelete.models.SafeDeleteModel",
        ),
        MODEL,
    ),
    **dict.fromkeys(
        (
            "sqlalchemy.orm.DeclarativeBase", "sqlalchemy.orm.DeclarativeBaseNoMeta",
            "sqlmodel.SQLModel", "peewee.Model", "mongoengine.Document",
            "mongoengine.DynamicDocument", "tortoise.models.Model", "tortoise.Model", "flask_sqlalchemy.Model",
        ),
        RECORD,
    ),
    **dict.fromkeys(
        (
            "django.forms.Form", "django.forms.ModelForm", "django.forms.forms.Form", "django.forms.models.ModelForm",
            "flask_wtf.FlaskForm", "flask_wtf.Form", "wtforms.Form", "wtforms.form.Form",
        ),
        FORM,
    ),
    "typing.Protocol": "",
    "typing_extensions.NamedTuple": "typing.NamedTuple",
    "enum.ReprEnum": "enum.Enum",
    "pydantic.main.BaseModel": "pydantic.BaseModel",
    "pydantic_settings.BaseSettings": "pydantic.BaseModel",
}  # fmt: skip
# Calls whose result is a class.
MAKERS: dict[str, str] = {
    "collections.namedtuple": "typing.NamedTuple",
    "typing.NamedTuple": "typing.NamedTuple",
    "enum.Enum": "enum.Enum",
    "enum.IntEnum": "enum.IntEnum",
    "enum.StrEnum": "enum.StrEnum",
    "sqlalchemy.orm.declarative_base": RECORD,
    "sqlalchemy.ext.declarative.declarative_base": RECORD,
}
DATABASES = frozenset({"flask_sqlalchemy.SQLAlchemy", "sqlalchemy.orm.registry"})
MIXED = {"str": "enum.StrEnum", "int": "enum.IntEnum"}
DATACLASS = frozenset({"dataclasses.dataclass", "pydantic.dataclasses.dataclass"})
ENUMS = frozenset({"enum.Enum", "enum.StrEnum", "enum.IntEnum"})
# Decorators that leave a class what it is.
PLAIN_DECORATORS = frozenset(
    {
        "functools.total_ordering", "attr.s", "attr.attrs", "attr.define", "attr.frozen", "attr.mutable",
        "attrs.define", "attrs.frozen", "attrs.mutable", "typing.final", "typing.runtime_checkable",
    }
)  # fmt: skip
# Where the fields of Django's models come from, which tell a model whose base is not known.
COLUMNS = ("django.db.models.", "django.contrib.gis.db.models.")
EMPTY_BASES = frozenset({"builtins.object", "abc.ABC", "typing.Generic", "typing.Protocol"})


class Classes:
    """Judges classes. Pass `base` to `jsonable` and `kinds` as what they call so."""

    def __init__(self, modules: Modules) -> None:
        self.modules = modules
        self.judged: dict[str, str] = {}

    def base(self, dotted: str) -> str:
        """The known type that a class is one of, "" where it is no class or nothing is known of it.

        A class of the project without any base is an `object`, unless it says itself how it becomes JSON.
        """
        if dotted not in self.judged:
            self.judged[dotted] = ""
            self.judged[dotted] = self.judge(dotted)
        return self.judged[dotted]

    def judge(self, dotted: str) -> str:
        name, definition = self.modules.follow(dotted)
        if definition is None:
            return known(name) or self.made_by(Name(name))
        match definition:
            case Definition(what=Class() as cls):
                return self.of_class(cls)
            case Definition(what=((row,))):
                return self.made(row.value)
            case _:
                return ""

    def made(self, value: Value) -> str:
        """The known type of a class that a call makes: `namedtuple("Point", "x y")`."""
        match value:
            case Call(func=Name(dotted=dotted)):
                return MAKERS.get(self.modules.canonical(dotted), "")
            case _:
                return ""

    def made_by(self, value: Value) -> str:
        """The known type of `db.Model`, where `db` is a database object of a library."""
        owner, _, last = value.dotted.rpartition(".") if isinstance(value, Name) else ("", "", "")
        if last not in {"Model", "Base"} or not owner:
            return ""
        match self.modules.expand(Name(owner)):
            case Call(func=Name(dotted=dotted)):
                return RECORD if self.is_database(dotted) else ""
            case _:
                return RECORD if owner.rpartition(".")[2] == "db" and last == "Model" else ""

    def is_database(self, dotted: str) -> bool:
        cls = self.modules.cls(Name(dotted))
        names = [self.modules.canonical(dotted)] if cls is None else self.modules.bases(cls)[1]
        return any(name in DATABASES for name in names)

    def of_class(self, cls: Class) -> str:
        family = [cls, *self.modules.bases(cls)[0]]
        if any("__json__" in one.methods for one in family):
            return ""
        decorators = {self.called(decorator.value) for one in family for decorator in one.decorators}
        found = self.by_bases([base for one in family for base in one.bases])
        if found != "object":
            return found or (MODEL if any(self.has_columns(one) for one in family) else "")
        if decorators & DATACLASS:
            return "dataclasses.dataclass"
        plain = decorators <= PLAIN_DECORATORS and not any(one.keywords for one in family)
        return "object" if plain else ""

    def has_columns(self, cls: Class) -> bool:
        """Whether a class has fields of Django's models, which do nothing but in a model."""
        names = (self.called(value) for value in cls.attributes.values() if isinstance(value, Call))
        return any(name.startswith(COLUMNS) and name.endswith(("Field", "ForeignKey")) for name in names)

    def called(self, value: Value) -> str:
        func = value.func if isinstance(value, Call) else value
        return self.modules.canonical(func.dotted) if isinstance(func, Name) else ""

    def by_bases(self, bases: list[Value]) -> str:
        """The most telling of the bases outside the project; `object` where there are none, "" for unknown ones."""
        kinds = [kind for base in bases if (kind := self.of_base(base)) != "project"]
        enum = next((kind for kind in kinds if kind in ENUMS), "")
        mixed = next((MIXED[kind] for kind in kinds if kind in MIXED), "")
        if enum:
            return mixed if mixed and enum == "enum.Enum" else enum
        telling = next((kind for kind in kinds if kind not in ("", "object")), "")
        return telling or ("object" if all(kinds) else "")

    def of_base(self, base: Value) -> str:
        match base:
            case Name(dotted=dotted):
                if self.modules.cls(base) is not None:
                    return "project"
                name = self.modules.canonical(dotted)
                return "object" if name in EMPTY_BASES else known(name) or self.made_by(Name(name)) or self.base(dotted)
            case Call():
                return self.made(base)
            case Attr(base=Call(func=Name(dotted=dotted)), name="Model"):
                return RECORD if self.is_database(dotted) else ""
            case _:
                return ""


def known(name: str) -> str:
    """The known type that a class outside the project is one of; subclasses of `dict` and `list` are none."""
    if name in BASES:
        return BASES[name]
    plain = name.removeprefix("builtins.")
    plain = ALIASES.get(plain, plain)
    if name.startswith("builtins.") and is_exception(plain):
        return "Exception"
    if plain in REFUSED_TYPES or known_type(plain):
        return plain if plain not in {"dict", "list", "tuple"} else ""
    return ""
