"""What the values files of a Helm chart give for the expressions of its templates.

`values.yaml` is what a chart is installed with where nobody says otherwise. Beside it files such as
`values-production.yaml` are laid over it. Where these differ and none is production's, a value is not known.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable, Iterator

from celerylint.deploy.nodes import Node
from celerylint.records import dataclass

VALUES_FILE = re.compile(r"values(?P<more>[._-].*)?\.ya?ml")
PRODUCTION = re.compile(r"prod|live", re.IGNORECASE)
DEVELOPMENT = re.compile(r"dev|test|local|stag|sandbox|example|sample|schema|\bci\b|demo|minikube|kind", re.IGNORECASE)
TOKEN = re.compile(r"""\s*("(?:[^"\\]|\\.)*"|`[^`]*`|'[^']*'|[()|]|[^\s()|"`']+)""")
PATH = re.compile(r"\$?\.Values((?:\.\w+)+)")
LITERAL = re.compile(r"""-?\d+(?:\.\d+)?|true|false|"(?:[^"\\]|\\.)*"|`[^`]*`""")
# Functions that leave a value as it is, or change how it is written only; `tpl` fills in what a value has of one.
PLAIN_NAMES = "quote squote int int64 float64 toString trim toYaml toJson nindent indent required default tpl"
PLAIN = frozenset(PLAIN_NAMES.split())
# What `default` takes for empty (Sprig, Default functions).
EMPTY = frozenset({"", "0", "false", "null", "~"})
DEEPEST = 6


@dataclass(frozen=True, slots=True)
class Expression:
    """An expression that is nothing but a value: its path, and what stands for it where it is empty."""

    path: tuple[str, ...]
    default: str | None
    has_default: bool


@dataclass(frozen=True, slots=True)
class Values:
    """The values of a chart: `base` are the documents that are always there, what wins first; `variants` those of
    which one may be laid over them, `always` says that one of them is."""

    base: tuple[Node, ...] = ()
    variants: tuple[Node, ...] = ()
    always: bool = False

    def given(self, expression: str, scope: str = "") -> Node | str | None:
        """The value of an expression: a node of a values file, a literal of its own, None where it is not known.
        `scope` is the tag that says what `.` stands for."""
        read = parsed(expression, scope)
        if read is None:
            return None
        found = self.get(*read.path)
        if read.has_default and (found is None or is_empty(found)):
            return read.default
        return found

    def grants(self, tag: str) -> bool:
        """Whether a tag is a `with` whose value is known and not empty."""
        found = self.given(tag.removeprefix("with ")) if PATH.fullmatch(tag.removeprefix("with ")) else None
        return isinstance(found, Node) and tag.startswith("with ") and not is_empty(found)

    def get(self, *path: str) -> Node | None:
        """The node at a path, None where there is none or the files differ."""
        base = next((node for layer in self.base if (node := layer.get(*path)) is not None), None)
        options = [layer.get(*path) or base for layer in self.variants]
        options += [base] if not (self.always and self.variants) else []
        known = [option for option in options if option is not None]
        same = len(known) == len(options) and len({content(option) for option in known}) == 1
        return known[0] if known and same else None

    def below(self, name: str) -> Values:
        """The values that a chart hands down to one that it depends on."""

        def part(nodes: Iterable[Node]) -> tuple[Node, ...]:
            return tuple(found for node in nodes if (found := node.get(name)) is not None)

        return Values(part(self.base), part(self.variants), self.always)


def parsed(expression: str, scope: str = "") -> Expression | None:
    """The value that an expression is; None for one that is more than that."""
    text = expression.removeprefix("{{").removesuffix("}}").strip("- \t\r\n")
    words = [absolute(match[1], scope) for match in TOKEN.finditer(text)]
    paths = [match for word in words if (match := PATH.fullmatch(word))]
    if len(paths) != 1 or not all(is_plain(word) for word in words):
        return None
    default: str | None = None
    after = next((words[at + 1 : at + 2] for at, word in enumerate(words) if word == "default"), [])
    if after and LITERAL.fullmatch(after[0]):
        default = after[0].strip('"`')
    return Expression(tuple(paths[0][1].strip(".").split(".")), default, "default" in words)


def absolute(word: str, scope: str) -> str:
    """A word of an expression with the path that `.` stands for; `?` in it where that is not known."""
    if not scope or not re.fullmatch(r"\.[\w.]*", word):
        return word
    path = PATH.fullmatch(scope.removeprefix("with "))
    return f"{path[0] if path else '?'}{word.rstrip('.')}"


def is_plain(word: str) -> bool:
    """Whether a word of an expression leaves its value as it is."""
    if word in PLAIN or word in {"(", ")", "|", ".", "$"} or PATH.fullmatch(word) is not None:
        return True
    return LITERAL.fullmatch(word) is not None or word.startswith((".Chart.", "$.Chart."))


def is_empty(node: Node) -> bool:
    return node.text in EMPTY if node.is_scalar else not node.items and not node.pairs


def content(node: Node) -> object:
    """What a node says, to compare it."""
    if node.is_list:
        return tuple(content(item) for item in node.items)
    if node.is_map:
        return tuple((key, content(value)) for key, (_, value) in sorted(node.pairs.items()))
    return node.text


# Files


def chart_folder(relative: str, shown: Iterable[str]) -> str | None:
    """The folder of the chart that a file is a template of, None where it is none."""
    folder = posixpath.dirname(relative)
    while folder:
        folder, name = posixpath.split(folder)
        if name == "templates" and posixpath.join(folder, "Chart.yaml") in shown:
            return folder
    return None


def values_of(folder: str, shown: Iterable[str], read: Callable[[str], list[Node]], depth: int = 0) -> Values:
    """The values of the chart in a folder, those of the chart that it is part of before its own."""
    names = sorted(values_files(folder, shown))
    plain = posixpath.join(folder, "values.yaml")
    others = [name for name in names if name != plain]
    production = [name for name in others if PRODUCTION.search(posixpath.basename(name))]
    chosen = production or [name for name in others if not DEVELOPMENT.search(posixpath.basename(name))]
    base = tuple(node for name in names if name == plain for node in read(name)[:1])
    variants = tuple(node for name in chosen for node in read(name)[:1])
    above, charts = posixpath.split(folder)
    parent = posixpath.dirname(above) if posixpath.basename(above) == "charts" else None
    if parent is None or depth > DEEPEST or posixpath.join(parent, "Chart.yaml") not in shown:
        return Values(base, variants, bool(production))
    handed = values_of(parent, shown, read, depth + 1).below(charts)
    return Values((*handed.base, *base), (*handed.variants, *variants), handed.always or bool(production))


def values_files(folder: str, shown: Iterable[str]) -> Iterator[str]:
    """The values files in a chart's folder."""
    for relative in shown:
        if posixpath.dirname(relative) == folder and VALUES_FILE.fullmatch(posixpath.basename(relative)):
            yield relative
