"""What the attributes of a class's instances hold: `self.session = requests.Session()`."""

from __future__ import annotations

from celerylint.facts import Class
from celerylint.index.modules import Modules
from celerylint.values import NONE, UNKNOWN, Attr, Param, Value


class Members:
    def __init__(self, modules: Modules) -> None:
        self.modules = modules
        self.known: dict[str, dict[str, list[Value]]] = {}

    def of(self, value: Attr) -> Value | None:
        """What `self.name` holds: the one thing (besides None) that the class and its bases assign to it; else None."""
        cls = self.owner(value.base)
        if cls is None:
            return None
        owners = [cls, *self.modules.bases(cls)[0]]
        found = {held: None for owner in owners for held in self.assigned(owner).get(value.name, ()) if held != NONE}
        return next(iter(found)) if len(found) == 1 and UNKNOWN not in found else None

    def owner(self, base: Value) -> Class | None:
        """The class that a value is `self` of."""
        if not isinstance(base, Param) or base.index != 0:
            return None
        function = self.modules.function(base.function)
        facts = self.modules.facts(function.module) if function is not None and function.in_class else None
        return facts.classes.get(function.owner) if facts is not None and function is not None else None

    def assigned(self, cls: Class) -> dict[str, list[Value]]:
        """All that a class and its methods assign to attributes of its instances."""
        if cls.key not in self.known:
            found = {name: [value] for name, value in cls.attributes.items()}
            facts = self.modules.facts(cls.module)
            for write in facts.writes if facts is not None else ():
                match write.target:
                    case Attr(base=Param(index=0, function=key), name=name) if key.rpartition(".")[0] == cls.key:
                        found.setdefault(name, []).append(write.value)
                    case _:
                        pass
            self.known[cls.key] = found
        return self.known[cls.key]
