"""What applications read their configuration from."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from celerylint.facts import CallFact, Class, FileFacts
from celerylint.index.apps import Apps, receiver
from celerylint.index.modules import Modules
from celerylint.index.tasks import last_name
from celerylint.index.traits import Traits
from celerylint.records import dataclass
from celerylint.source import Span
from celerylint.values import (
    Attr,
    Call,
    Comprehension,
    Const,
    Item,
    Mapping,
    Name,
    Param,
    Sequence,
    Value,
    dotted,
    either,
    walk,
)

DJANGO_SETTINGS = frozenset({"django.conf:settings", "django.conf.settings"})
FLASK = "flask"
# Under which key of Flask's configuration packages and Flask's own documentation keep Celery's.
FLASK_KEY = "CELERY"
# Flask-CeleryExt hands all of Flask's configuration to Celery (flask_celeryext.app.create_celery_app, 0.4).
EXTENSION = "flask_celeryext.FlaskCeleryExt"
VARIABLE = Const("DJANGO_SETTINGS_MODULE")
UPDATES = frozenset({"update", "add_defaults"})
# What an app is told to read, of which the last counts (`celery.app.base.Celery.config_from_object`).
READS = frozenset({"config_from_object", "config_from_envvar"})
DICTS = (Name("builtins.dict"), Name("types.SimpleNamespace"))
SET_VARIABLE = Name("os.environ.setdefault")


@dataclass(frozen=True, slots=True)
class Linked:
    """A configuration that is read, and under which namespace ("" for none).

    `target` is a module, a class, `django`, `flask` (the web application's `config`), Flask-CeleryExt's class (which
    reads that too, under old and new names) or `dict`; "" where it cannot be told. `key` is the key of Flask's
    configuration under which the settings are, "" for all of it; `value` the dict, or the call that makes an object of
    the class. `app` is the key of the app that reads it.
    """

    target: str
    namespace: str
    path: str
    span: Span
    app: str = ""
    key: str = ""
    value: Value | None = None


class Links:
    """Every configuration that an application of the project reads."""

    def __init__(self, modules: Modules, apps: Apps, facts: list[FileFacts], traits: Traits) -> None:
        self.modules, self.apps, self.facts, self.traits = modules, apps, facts, traits
        self.star_imported: dict[str, dict[str, None]] = {}
        self.readers: dict[str, str] = {}

    @cached_property
    def all(self) -> list[Linked]:
        """Every one, in the order of paths and lines; what an app reads replaces what it was told to read before."""
        found: list[tuple[Linked, CallFact]] = []
        for facts in self.facts:
            for fact in facts.calls:
                for link in self.of_call(fact, facts):
                    if last_name(fact.call.func) in READS and not fact.condition:
                        found = [each for each in found if not is_replaced(*each, link, fact)]
                    found.append((link, fact))
        return [link for link, _ in found]

    def of_call(self, fact: CallFact, facts: FileFacts) -> Iterator[Linked]:
        func = fact.call.func
        method = last_name(func)
        if method == "config_from_object" and self.apps.may_be_app(receiver(func)):
            given = fact.call.args[0] if fact.call.args else fact.call.keyword("obj")
            yield self.link(given, fact, facts, self.apps.key_of(receiver(func)))
        elif method == "config_from_envvar" and self.apps.may_be_app(receiver(func)):
            given = fact.call.args[0] if fact.call.args else fact.call.keyword("variable_name")
            yield self.link(self.variable(given), fact, facts, self.apps.key_of(receiver(func)))
        elif method in UPDATES and self.apps.updates_conf(fact.call):
            for arg in fact.call.args:
                if (key := self.flask_key(arg)) is not None:
                    app = self.apps.key_of(self.apps.owner(func))
                    yield Linked(FLASK, "", facts.path, fact.span, app, key)
                elif copies_by_key(arg):
                    yield Linked(FLASK, "CELERY", facts.path, fact.span, self.apps.key_of(self.apps.owner(func)))
        elif self.apps.makes_app(func):
            app = self.apps.bound_to(facts, fact)
            if (source := fact.call.keyword("config_source")) is not None:
                yield self.link(source, fact, facts, app)
            elif self.apps.is_made_outside(func):
                yield Linked(FLASK, "", facts.path, fact.span, app, FLASK_KEY)
        elif method == EXTENSION.rpartition(".")[2] and self.modules.canonical(dotted(func)) == EXTENSION:
            yield Linked(EXTENSION, "", facts.path, fact.span, self.apps.bound_to(facts, fact))

    def link(self, given: Value | None, fact: CallFact, facts: FileFacts, app: str) -> Linked:
        namespace = fact.call.keyword("namespace") or (fact.call.args[3] if len(fact.call.args) > 3 else None)
        namespace = self.modules.expand(namespace) if namespace is not None else None
        space = namespace.value if isinstance(namespace, Const) and isinstance(namespace.value, str) else ""
        if given is not None and (key := self.flask_key(given)) is not None:
            return Linked(FLASK, space, facts.path, fact.span, app, key)
        value = self.modules.expand(given) if given is not None else None
        if isinstance(value, Mapping) or (isinstance(value, Call) and value.func in DICTS):
            plain = Call(Name("builtins.dict"), (), value.keywords) if isinstance(value, Call) else given
            return Linked("dict", space, facts.path, fact.span, app, value=plain)
        made = value if isinstance(value, Call) else None
        return Linked(self.target(value, facts), space, facts.path, fact.span, app, value=made)

    def variable(self, name: Value | None) -> Value | None:
        """The value that code gives an environment variable, None where it gives none or several."""
        values = [] if name is None else [value for facts in self.facts for value in variables(facts, name)]
        return either(values) if values else None

    def modules_of(self, link: Linked) -> dict[str, None]:
        """The module that a link leads to, and those that it star-imports."""
        if link.target not in self.star_imported:
            found: dict[str, None] = {}
            pending = [link.target] if link.target in self.modules.by_id else []
            while pending:
                module = pending.pop(0)
                facts = self.modules.facts(module)
                if module not in found and facts is not None:
                    found[module] = None
                    pending += [star for star in facts.stars if star in self.modules.by_id]
            self.star_imported[link.target] = found
        return self.star_imported[link.target]

    def classes_of(self, link: Linked) -> list[Class]:
        """The class that a link leads to, and its bases in the project."""
        cls = self.modules.cls(Name(link.target)) if "." in link.target else None
        return [] if cls is None else [cls, *self.modules.bases(cls)[0]]

    def reads(self, link: Linked, target: str) -> bool:
        """Whether a link leads to something, by way of others or not."""
        if link.target == target or target in self.modules_of(link):
            return True
        return any(f"{cls.module}.{cls.qualname}" == target for cls in self.classes_of(link))

    def target(self, value: Value | None, facts: FileFacts) -> str:
        """The module or class that a value is or names."""
        match value:
            case Const(value=str() as text) if text in DJANGO_SETTINGS:
                return "django"
            case Const(value=str() as text):
                return self.modules.locate(text.replace(":", "."), facts.path)
            case Name(dotted="builtins.__name__"):
                return facts.module
            case Name(dotted=dotted):
                name = self.modules.canonical(dotted)
                if name == "django.conf.settings":
                    return "django"
                return name if self.modules.split(name)[0] else ""
            case Call(func=Name(dotted=dotted)) if self.modules.cls(Name(dotted)) is not None:
                return self.modules.canonical(dotted)
            case _:
                return ""

    def is_linked(self, value: Value) -> bool:
        """Whether what `conf.update` is given counts as a configuration that an app reads."""
        return self.flask_key(value) is not None or copies_by_key(value)

    def flask_key(self, value: Value) -> str | None:
        """The key of a web application's configuration that a value is, "" for the whole; None for anything else."""
        match value:
            case Item(base=base, key=Const(value=str() as key)) if self.is_flask_config(base):
                return key
            case Call(func=Attr(base=base, name="get"), args=(Const(value=str() as key), *_)):
                return key if self.is_flask_config(base) else None
            case Call(func=Name(dotted=dotted), args=(Const(value=str() as key), *_)) if dotted.endswith(".get"):
                return key if self.is_flask_config(Name(dotted.removesuffix(".get"))) else None
            case _:
                return "" if self.is_flask_config(value) else None

    def is_flask_config(self, value: Value) -> bool:
        """Whether a value is the `config` of something that is no application of Celery's."""
        match value:
            case Attr(base=Param() | Call() as web, name="config"):
                return not self.apps.is_app(web)
            case Attr(base=Attr(base=Param(index=0), name="app"), name="config"):
                return True
            case Name(dotted=dotted) if dotted.endswith(".config"):
                owner = dotted.removesuffix(".config")
                if self.modules.canonical(owner) == "flask.current_app":
                    return True
                return isinstance(self.modules.expand(Name(owner)), Call) and not self.apps.is_app(Name(owner))
            case _:
                return False

    @cached_property
    def namespaces(self) -> tuple[str, ...]:
        """The namespaces under which Django's settings are read; "" stands for none."""
        if self.traits.settings_namespace is not None:
            return (self.traits.settings_namespace,)
        return tuple(dict.fromkeys(link.namespace.rstrip("_") for link in self.all if link.target == "django"))

    @cached_property
    def django_modules(self) -> tuple[str, ...]:
        """The modules that the configuration, or else the code beside an app, names as Django's settings."""
        given = [(text, "") for text in self.traits.settings] or [
            (value.value, facts.path)
            for facts in self.facts
            if any(link.path == facts.path for link in self.all)
            for fact in facts.calls
            if fact.call.func == SET_VARIABLE and fact.call.args[:1] == (VARIABLE,)
            for value in fact.call.args[1:]
            if isinstance(value, Const) and isinstance(value.value, str)
        ]
        return tuple(
            dict.fromkeys(
                name for text, path in given if (name := self.modules.locate(text, path)) in self.modules.by_id
            )
        )

    def sole_reader(self, target: str) -> str:
        """The key of the one app that reads what links lead to, "" where there are several."""
        if target not in self.readers:
            apps = {link.app for link in self.all if self.reads(link, target)}
            self.readers[target] = apps.pop() if len(apps) == 1 else ""
        return self.readers[target]


def copies_by_key(value: Value) -> bool:
    """Whether a value is a dict made of another's items whose keys lose `CELERY_` on the way."""
    if not isinstance(value, Comprehension) or not isinstance(value.element, Sequence):
        return False
    return any(isinstance(part, Const) and part.value == "CELERY_" for part in walk(value.element))


def is_replaced(link: Linked, fact: CallFact, later: Linked, last: CallFact) -> bool:
    """Whether an app is told in the same code, further down, to read something else."""
    same = link.app == later.app and link.path == later.path and fact.scope == last.scope
    return same and last_name(fact.call.func) in READS


def variables(facts: FileFacts, name: Value) -> Iterator[Value]:
    """What a file gives an environment variable: `os.environ["X"] = …`, `os.environ.setdefault("X", …)`."""
    for fact in facts.calls:
        if fact.call.func == SET_VARIABLE and fact.call.args[:1] == (name,):
            yield from fact.call.args[1:2]
    for write in facts.writes:
        if write.target == Item(Name("os.environ"), name):
            yield write.value
