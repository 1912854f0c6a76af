"""A rule's documentation as Markdown: for `celerylint rule` and for the site, from its docstring and declaration.

The docstring is what the rule's author writes: a summary line, paragraphs, and literal blocks as in
reStructuredText (a paragraph that ends with `::`, then indented code). A paragraph that is one word and
`::` labels its block, as `Bad::` and `Good::` do.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator

from celerylint.records import dataclass
from celerylint.rule import Rule

LABEL = re.compile(r"(Bad|Good|Instead|Sources?|Silent|Not reported|Limits|Fix|Note): ")
SEVERITIES = {
    "error": "it fails or loses work when it runs",
    "warning": "it fails under load, a fault or an attack",
    "advice": "production practice",
}
APPLICABILITIES = {
    "safe": "yes, safe",
    "unsafe": "yes, unsafe: `--unsafe-fixes` applies it",
    "manual": "shown, never applied",
}
NEWEST = (99, 0)
FILE_NAME = re.compile(r"# ([\w./-]*(?:\.\w+|Dockerfile|Procfile))\n")
LANGUAGES = {"py": "python", "yaml": "yaml", "yml": "yaml", "toml": "toml", "conf": "ini", "service": "ini", "sh": "sh"}
LANGUAGES |= {"Dockerfile": "dockerfile"}


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph of prose, or the code below one. `label` is the text that introduces the code, without `::`."""

    text: str
    code: bool = False
    label: str = ""


def blocks(documentation: str) -> Iterator[Block]:
    """The paragraphs and literal blocks of a docstring, in order."""
    label, literal = "", False
    for part in paragraphs(documentation):
        if literal and part.startswith((" ", "\t")):
            yield Block(textwrap.dedent(part), True, label)
            literal = False
        elif part.endswith("::"):
            *prose, last = part[:-2].splitlines()
            label, literal = last.strip(), True
            if prose or not is_label(label):
                yield Block("\n".join([*prose, f"{last}:"]))
                label = ""
        else:
            yield Block(part)
            literal = False


def is_label(text: str) -> bool:
    """Whether what stands before `::` names the block (`Bad`, `Good, in settings`) and is no sentence."""
    return len(text.split()) <= 4


def paragraphs(text: str) -> Iterator[str]:
    """The parts of a text between blank lines; indented neighbours are one part, with the blank lines in them."""
    pending = ""
    for part in re.split(r"(\n(?:[ \t]*\n)+)", text.strip("\n")):
        if pending.startswith((" ", "\t")) and (part.isspace() or part.startswith((" ", "\t"))):
            pending += part
        else:
            if pending.strip():
                yield pending.rstrip()
            pending = part.lstrip("\n")
    yield pending.rstrip()


def examples(rule: Rule, label: str) -> list[str]:
    """The code blocks of a rule's docstring whose label begins with a word: `Bad`, `Good`."""
    return [block.text for block in blocks(rule.documentation) if block.code and block.label.split(",")[0] == label]


def summary(rule: Rule) -> str:
    """The first paragraph of the docstring, on one line, without its full stop."""
    return " ".join(next(blocks(rule.documentation)).text.split()).removesuffix(".")


def render(rule: Rule, fixable: str | None) -> str:
    """A rule's page. `fixable` is the applicability of its fixes, None where it has none."""
    first, *rest = blocks(rule.documentation)
    parts = [f"# {rule.name} ({rule.code})", first.text, declaration(rule, fixable), *map(markdown, rest)]
    return "\n\n".join(parts) + "\n"


def declaration(rule: Rule, fixable: str | None) -> str:
    """What the declaration says, as a table of two columns."""
    rows = {
        "Severity": f"{rule.severity}: {SEVERITIES[rule.severity]}",
        "On by default": 'no: select it, `"ALL"`, or `profile = "strict"`' if rule.strict else "yes",
        "Fix": APPLICABILITIES.get(fixable or "", fixable or "no"),
        "Celery": versions(rule),
        "Checklist": ", ".join(f"`{item}`" for item in rule.checklist),
    }
    lines = [f"| {name} | {value} |" for name, value in rows.items() if value]
    return "\n".join(["| | |", "| --- | --- |", *lines])


def versions(rule: Rule) -> str:
    """The versions of Celery that a rule is about, "" for all."""
    since = f"from {'.'.join(map(str, rule.since))} on" if rule.since > (0, 0) else ""
    until = f"before {'.'.join(map(str, rule.until))}" if rule.until < NEWEST else ""
    return ", ".join(filter(None, (since, until)))


def language(code: str) -> str:
    """The language of a code block: that of the file which a comment in its first line names, else Python."""
    name = FILE_NAME.match(code)
    return "python" if name is None else LANGUAGES.get(name[1].rpartition(".")[2].rpartition("/")[2], "text")


def markdown(block: Block) -> str:
    """A block as Markdown; docstrings write literals in double backticks as often as in single ones."""
    if block.code:
        title = f"**{block.label}**\n\n" if block.label else ""
        return f"{title}```{language(block.text)}\n{block.text.rstrip()}\n```"
    text = re.sub(r"``([^`]+)``", r"`\1`", block.text)
    return LABEL.sub(r"**\1:** ", text, count=1) if LABEL.match(text) else text
