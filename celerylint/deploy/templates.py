"""Files that Helm, Jinja or Ansible fill in: what stands in them as it is, with the rest marked as not known.

Every expression is covered up in place, so that positions stay those of the file. What stands between `{{ if }}` and
`{{ end }}` is there under a condition; who reads it can tell by `Template.around`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import field, replace
from typing import Literal, TypeAlias

from celerylint.records import dataclass

# Stands for one character of an expression; YAML takes it for a letter. It is in Unicode's private area.
COVER = "\ue000"
COVERED = re.compile(f"{COVER}+")
STRING = r'"(?:[^"\\\n]|\\.)*"|`[^`]*`'
EXPRESSION = re.compile(
    r"\{\{-?\s*/\*.*?\*/\s*-?\}\}"
    rf"|\{{\{{(?:{STRING}|[^\"`])*?\}}\}}"
    r"|\{\{.*?\}\}|\{%.*?%\}|(?<!\$)\{#.*?#\}",
    re.DOTALL,
)
# How an expression begins: its bracket and its first word; `{{#x}}` and `{{/x}}` are Mustache's.
HEAD = re.compile(r"\{([{%])[-+~]?\s*([#^/]?\w*)")
INNER = re.compile(r"\{[{%#][-+~]?\s*(.*?)\s*[-+~]?[}%#]\}", re.DOTALL)
# What gives no text: comments and assignments.
SILENT = re.compile(r"\{\{-?\s*(?:/\*|\$\w+\s*:?=)|\{%[-+]?\s*set\b|\{#")
# Tags that open a block, by their bracket.
OPENERS = {
    "{": frozenset({"if", "range", "with", "define", "block"}),
    "%": frozenset({"if", "for", "with", "macro", "block", "call", "filter", "raw", "autoescape"}),
}
# A key without a value: what fills the next line belongs to it, however that is indented.
BARE_KEY = re.compile(r":[ \t]*(?:\r?\n[ \t]*)*\Z")
OWNED = -1
INDENT = re.compile(r"\bn?indent\s+(\d+)")
NOT_NEWLINE = re.compile(r"[^\r\n]")
# The blank lines at the beginning of a block scalar.
LEADING = re.compile(r"[:-][ \t]+(?:[&!]\S+[ \t]+)?[|>][-+\d]*[ \t]*(?:#[^\r\n]*)?\r?\n((?:[ \t]*\r?\n)+)")
BLANK = re.compile(r"[ \t]")

Role: TypeAlias = Literal["open", "middle", "close", ""]


@dataclass(frozen=True, slots=True)
class Block:
    """A stretch between two tags, by offsets: there under a condition, or any number of times. `tag` is the text of
    the tag that decides, as `if .Values.worker.enabled`."""

    start: int
    end: int
    tag: str


NOWHERE: frozenset[Block] = frozenset()
ROOT = Block(0, 0, "")
SCOPES = ("with ", "range ", "define ", "block ", "else")


@dataclass(frozen=True, slots=True)
class Filled:
    """A line that is nothing but an expression: how far what it gives is indented, OWNED where that is the value of
    the key above, and the offsets of the expression."""

    indent: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Template:
    """A text with its expressions covered. `filled` are the lines, from 0, that become something unknown."""

    text: str
    filled: Mapping[int, Filled] = field(default_factory=dict)
    blocks: tuple[Block, ...] = ()

    def around(self, start: int, end: int | None = None) -> frozenset[Block]:
        """The blocks that a stretch stands in, from an offset to one behind its end."""
        if not self.blocks:
            return NOWHERE
        last = start + 1 if end is None else end
        return frozenset(block for block in self.blocks if block.start <= start and last <= block.end)

    def scope(self, offset: int) -> str:
        """The tag that says what `.` stands for at an offset, "" where that is the whole."""
        around = (block for block in self.around(offset) if block.tag.startswith(SCOPES))
        return max(around, key=lambda block: block.start, default=ROOT).tag


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch that is not read as it stands: an expression, or a block that begins and ends in one line."""

    start: int
    end: int
    silent: bool


def is_template(text: str) -> bool:
    return "{{" in text or "{%" in text


def covered(text: str) -> Template:
    """A template's text as far as it is plain. A line that is nothing but an expression becomes blank."""
    pieces, blocks = parsed(text)
    plain = ""
    filled: dict[int, Filled] = {}
    at = 0
    for piece in pieces:
        plain += text[at : piece.start]
        at = piece.end
        written = text[piece.start : at]
        blank = piece.silent and "\n" not in written
        if alone(text, piece):
            blank = True
            if not piece.silent:
                indent = OWNED if BARE_KEY.search(plain, max(0, len(plain) - 400)) else indentation(text, piece)
                filled[text.count("\n", 0, piece.start)] = Filled(indent, piece.start, at)
        plain += NOT_NEWLINE.sub(" " if blank else COVER, written)
    template = without_definitions(Template(plain + text[at:], filled, blocks))
    return replace(template, text=LEADING.sub(shortened, template.text))


def shortened(match: re.Match[str]) -> str:
    """The header of a block scalar with each blank behind it as a line of its own: by a blank line at its beginning
    that is longer than the others YAML would tell how far it is indented."""
    start = match.start(1) - match.start()
    return match[0][:start] + BLANK.sub("\r", match[1])


def parsed(text: str) -> tuple[list[Piece], tuple[Block, ...]]:
    """The expressions of a text in order, and its blocks; one that is not closed goes on to the end."""
    pieces: list[Piece] = []
    blocks: list[Block] = []
    opened: list[tuple[int, int, str]] = []
    for match in EXPRESSION.finditer(text):
        role = role_of(match[0])
        pieces.append(Piece(match.start(), match.end(), bool(role) or SILENT.match(match[0]) is not None))
        if role == "open":
            opened.append((len(pieces) - 1, match.end(), inner(match[0])))
        elif role and opened:
            index, start, tag = opened.pop()
            blocks.append(Block(start, match.start(), tag))
            if role == "middle":
                opened.append((index, match.end(), f"{inner(match[0])} (of {tag.partition(' (of ')[0]})"))
            elif "\n" not in text[pieces[index].start : match.end()]:
                whole = Piece(pieces[index].start, match.end(), False)
                pieces[index:] = [whole]
                blocks = [block for block in blocks if block.start < whole.start]
    return pieces, (*blocks, *(Block(start, len(text), tag) for _, start, tag in opened))


def role_of(tag: str) -> Role:
    """What an expression does to blocks."""
    head = HEAD.match(tag)
    if head is None or SILENT.match(tag):
        return ""
    bracket, word = head.groups()
    if word in OPENERS[bracket] or word.startswith(("#", "^")):
        return "open"
    if word in {"else", "elif"}:
        return "middle"
    ends = word == "end" or word.startswith("/") or (bracket == "%" and word.startswith("end"))
    return "close" if ends else ""


def inner(tag: str) -> str:
    """What stands between the brackets of an expression."""
    match = INNER.fullmatch(tag)
    return " ".join((match[1] if match else tag).split())


def without_definitions(template: Template) -> Template:
    """A template without what it only defines: `{{ define }}` gives nothing where it stands."""
    text, filled = template.text, dict(template.filled)
    for block in template.blocks:
        if block.tag.startswith("define "):
            blank = NOT_NEWLINE.sub(" ", text[block.start : block.end])
            text = text[: block.start] + blank + text[block.end :]
            first, last = (text.count("\n", 0, offset) for offset in (block.start, block.end))
            filled = {line: each for line, each in filled.items() if not first <= line <= last}
    return Template(text, filled, template.blocks)


def indentation(text: str, piece: Piece) -> int:
    """How far what an expression gives is indented: as it says, else as it is itself."""
    said = INDENT.search(text, piece.start, piece.end)
    return int(said[1]) if said else piece.start - text.rfind("\n", 0, piece.start) - 1


def alone(text: str, piece: Piece) -> bool:
    """Whether there is nothing else in the lines of an expression but other expressions."""
    start = text.rfind("\n", 0, piece.start) + 1
    end = text.find("\n", piece.end)
    around = text[start : piece.start] + text[piece.end : end if end >= 0 else len(text)]
    return not EXPRESSION.sub("", around).strip()
