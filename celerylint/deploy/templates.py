"""Files that Helm, Jinja or Ansible fill in: what stands in them as it is, with the rest marked as not known.

Every expression is covered up in place, so that positions stay those of the file.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

# Stands for one character of an expression; YAML takes it for a letter. It is in Unicode's private area.
COVER = "\ue000"
COVERED = re.compile(f"{COVER}+")
EXPRESSION = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL)
# What gives no text by itself.
CONTROL = re.compile(r"\{[{%]-?\s*(?:/\*|if|else|end|range|with|define|block|for|set|macro|\$\w+\s*:?=|#)|\{#")
# A key without a value: what fills the next line belongs to it, however that is indented.
BARE_KEY = re.compile(r":[ \t]*(?:\r?\n[ \t]*)*\Z")
OWNED = -1
INDENT = re.compile(r"\bn?indent\s+(\d+)")
NOT_NEWLINE = re.compile(r"[^\r\n]")
VALUE = re.compile(r"\{\{-?\s*\.Values\.([\w.]+)\s*((?:\|[^|{}]*)*)-?\}\}")


@dataclass(frozen=True, slots=True)
class Template:
    """A text with its expressions covered. `filled` are the lines, from 0, that become something unknown, with how far
    that is indented, OWNED where it is the value of the key above."""

    text: str
    filled: Mapping[int, int] = field(default_factory=dict)


def is_template(text: str) -> bool:
    return "{{" in text or "{%" in text


def covered(text: str) -> Template:
    """A template's text as far as it is plain. A line that is nothing but an expression becomes blank."""
    parts: list[str] = []
    filled: dict[int, int] = {}
    at = 0
    for match in EXPRESSION.finditer(text):
        parts.append(text[at : match.start()])
        at = match.end()
        if alone(text, match):
            parts.append(NOT_NEWLINE.sub(" ", match[0]))
            if not CONTROL.match(match[0]):
                owned = BARE_KEY.search("".join(parts[:-1]))
                filled[text.count("\n", 0, match.start())] = OWNED if owned else indentation(text, match)
        elif CONTROL.match(match[0]) and "\n" not in match[0]:
            parts.append(" " * len(match[0]))
        else:
            parts.append(NOT_NEWLINE.sub(COVER, match[0]))
    return Template("".join([*parts, text[at:]]), filled)


def indentation(text: str, match: re.Match[str]) -> int:
    """How far what an expression gives is indented: as it says, else as it is itself."""
    said = INDENT.search(match[0])
    return int(said[1]) if said else match.start() - text.rfind("\n", 0, match.start()) - 1


def alone(text: str, match: re.Match[str]) -> bool:
    """Whether there is nothing else in the lines of an expression but other expressions."""
    start = text.rfind("\n", 0, match.start()) + 1
    end = text.find("\n", match.end())
    around = text[start : match.start()] + text[match.end() : end if end >= 0 else len(text)]
    return not EXPRESSION.sub("", around).strip()
