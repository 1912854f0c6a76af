"""Which modules a worker imports, as far as the project's code says."""

from __future__ import annotations

import re
from functools import cached_property
from weakref import WeakKeyDictionary

from celerylint.facts import CallFact
from celerylint.index import Index
from celerylint.index.tasks import last_name
from celerylint.values import Attr, Const, Function, Name, Sequence, Star, Value

# Modules that Django loads in every process, or that are loaded with them as a rule.
LOADED = frozenset(
    {
        "apps", "models", "signals", "receivers", "handlers", "celery", "celeryapp", "celery_app", "celeryconfig",
        "settings", "__init__", "conf", "config", "admin", "checks", "translation",
    }
)  # fmt: skip
URLCONF = re.compile(r"""\bROOT_URLCONF\s*=\s*["']([\w.]+)["']""")
# Words of code that imports modules by names which it works out.
DYNAMIC = ("import_module", "__import__", "walk_packages", "iter_modules", "find_modules", "import_string", "venusian")
KNOWN: WeakKeyDictionary[Index, list[Discovery | None]] = WeakKeyDictionary()


def discovery(index: Index) -> Discovery | None:
    """What workers import; None where that cannot be told."""
    if index not in KNOWN:
        KNOWN[index] = [find(index)]
    return KNOWN[index][0]


def find(index: Index) -> Discovery | None:
    configuration = index.configuration
    apps = [app for app in index.apps if configuration.is_production(app.path)]
    if not apps or configuration.hidden or is_dynamic(index):
        return None
    found = Discovery(index)
    return found if found.known else None


def is_dynamic(index: Index) -> bool:
    """Whether production code imports modules by names that are worked out at run time."""
    return any(
        index.configuration.is_production(path) and re.search(rf"\b{word}\b\s*\(|import\s.*\b{word}\b", line)
        for word in DYNAMIC
        for path, line in index.lines_with(word)
    )


class Discovery:
    """The modules that workers start from; `known` says whether all of them are."""

    def __init__(self, index: Index) -> None:
        self.index = index
        self.known = True
        self.related: set[str] = set()
        self.named: set[str] = set()
        self.loaded = set(LOADED)
        self.read_settings()
        self.read_urls()
        self.read_workers()
        for facts in index.facts:
            for fact in facts.calls:
                if last_name(fact.call.func) == "autodiscover_tasks" and index.configuration.is_production(facts.path):
                    self.read_call(fact)
        self.judged: dict[str, bool] = {}

    def read_settings(self) -> None:
        """`include` and `imports`."""
        for name in ("include", "imports"):
            for row in self.index.configuration.production(name):
                self.named |= self.texts(row.value)

    def read_urls(self) -> None:
        """Django's root of URLs: a worker runs the checks of Django, and these import it (`DjangoWorkerFixup`, 5.7)."""
        for path, line in self.index.lines_with("ROOT_URLCONF"):
            if self.index.configuration.is_production(path):
                self.loaded.add("urls")
                self.named |= set(URLCONF.findall(line))

    def read_workers(self) -> None:
        """The modules that workers are started with: `celery -A shop.tasks worker`."""
        given = (worker.app for worker in self.index.deployment.workers)
        self.named |= {app.partition(":")[0] for app in given if app}

    @cached_property
    def is_django(self) -> bool:
        """Whether Django says which packages there are: `autodiscover_tasks()` without any finds nothing otherwise."""
        return bool(self.index.lines_with("django"))

    def texts(self, value: Value | None) -> set[str]:
        """The names in a list; what is not known of it makes everything unknown."""
        match self.index.expand(value) if value is not None else None:
            case None | Const(value=None):
                return set()
            case Const(value=str() as text):
                return {text}
            case Sequence(items=items) if not any(isinstance(item, Star) for item in items):
                found = [self.index.task_names.text(item) for item in items]
                self.known = self.known and all(found)
                return set(found)
            case _:
                self.known = False
                return set()

    def read_call(self, fact: CallFact) -> None:
        """`autodiscover_tasks(packages, related_name="tasks")`."""
        call = fact.call
        packages = call.args[0] if call.args else call.keyword("packages")
        related = call.args[1] if len(call.args) > 1 else call.keyword("related_name")
        text = "tasks" if related is None else self.index.task_names.text(related)
        if related == Const(None):
            text = ""
        elif not text:
            self.known = False
        if packages is None and not self.is_django:
            return
        if packages is None or isinstance(packages, Function | Name | Attr):
            self.related.add(text)
            self.known = self.known and bool(text)
            return
        for package in self.texts(packages):
            self.named.add(f"{package}.{text}" if text else package)

    def reaches(self, module: str) -> bool:
        """Whether workers import a module."""
        if module not in self.judged:
            self.judged[module] = True
            self.judged[module] = self.judge(module)
        return self.judged[module]

    def judge(self, module: str) -> bool:
        imported = self.index.modules.imported_as(module)
        last = imported.rpartition(".")[2]
        if imported in self.named or last in self.related or last in self.loaded or self.is_package(module):
            return True
        if any(name == imported or imported.startswith(f"{name}.") for name in self.named):
            return any(name == imported for name in self.named) or self.is_imported(module)
        if any(app.path == self.index.modules.path(module) for app in self.index.apps):
            return True
        return self.is_imported(module)

    def is_package(self, module: str) -> bool:
        """Whether a module is a package's `__init__`."""
        return self.index.modules.by_id.get(module, "").endswith("__init__.py")

    def is_imported(self, module: str) -> bool:
        """Whether a module that workers import imports this one. Imports inside of functions count."""
        return any(self.reaches(importer) for importer in self.importers(module))

    def importers(self, module: str) -> list[str]:
        """The modules of production that import one, as their text tells."""
        imported = self.index.modules.imported_as(module)
        last = imported.rpartition(".")[2]
        patterns = [rf"import\b[\w\s,.]*\b{re.escape(last)}\b", rf"from\s+[\w.]*\b{re.escape(last)}\s+import\b"]
        patterns.append(rf"[\"'][\w.]*{'[.]' if '.' in imported else ''}{re.escape(last)}[\"']")
        found = re.compile("|".join(patterns) + rf"|^\(?\s*{re.escape(last)}\s*(?:as\s+\w+)?\s*,?\)?$")
        own = self.index.modules.path(module)
        names = {
            self.index.modules.module(path)[0]
            for path, line in self.index.lines_with(last)
            if path != own and self.index.configuration.is_production(path) and found.search(line)
        }
        return sorted(names)

    def advice(self, module: str) -> str:
        """What to do about a module that is not imported."""
        if self.related - {""}:
            name = sorted(self.related - {""})[0]
            return f"import it in a `{name}.py` that is found, or name it in `imports`"
        return "name it in `imports`, or its package in `autodiscover_tasks([...])`"
