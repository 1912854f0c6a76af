"""Replace the forms of newer Pythons in a text by older ones of the same length."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import field
from keyword import iskeyword

from celerylint.lexing import CLOSING, OPENING, Token, tokens
from celerylint.lowering.host import HOST, Version, host_reads
from celerylint.records import dataclass


@dataclass(slots=True)
class Lowered:
    """A text as an older Python reads it, and what to put back into its tree. All places are offsets.

    `needs` is the newest Python that a replaced form needs. `markers` are statements that only mark the next
    one, `aliases` the names of generic type aliases, `strings` the strings to build by their place,
    `clauses` the separating commas of an `except` by its place.
    """

    text: str
    code: list[Token]
    needs: Version = (3, 0)
    edits: list[tuple[int, int, str]] = field(default_factory=list)
    markers: set[int] = field(default_factory=set)
    aliases: set[int] = field(default_factory=set)
    strings: dict[int, list[Token]] = field(default_factory=dict)
    clauses: dict[int, list[int]] = field(default_factory=dict)

    def word(self, at: int) -> str:
        """The text of the token with an index, "" past the ends."""
        return self.text[self.code[at].start : self.code[at].end] if 0 <= at < len(self.code) else ""

    def replace(self, start: int, end: int, new: str, since: Version) -> None:
        """Replace a stretch by ASCII text filled up with blanks, as long in UTF-8; newlines stay."""
        filled = [
            char if char in "\r\n" else (new[index : index + 1] or " ") + " " * (len(char.encode()) - 1)
            for index, char in enumerate(self.text[start:end])
        ]
        self.edits.append((start, end, "".join(filled)))
        self.needs = max(self.needs, since)

    @property
    def result(self) -> str:
        """The text with the edits made."""
        out, at = [], 0
        for start, end, new in sorted(self.edits):
            out += [self.text[at:start], new]
            at = end
        return "".join([*out, self.text[at:]])


def lower(text: str, host: Version = HOST) -> Lowered:
    """Replace all that is newer than `host`. Raises LexError for text that cannot be cut into tokens."""
    lowered = Lowered(text, list(significant(text)))
    at = 0
    while at < len(lowered.code):
        at = step(lowered, at, host)
    return lowered


def significant(text: str) -> Iterator[Token]:
    """The tokens without comments and without the newlines inside brackets. Raises LexError."""
    depth = 0
    for token in tokens(text):
        depth += nesting(text, token)
        if token.kind != "comment" and not (token.kind == "newline" and depth > 0):
            yield token


def nesting(text: str, token: Token) -> int:
    """1 for an opening bracket, -1 for a closing one, else 0."""
    char = text[token.start] if token.kind == "op" else ""
    return (char in OPENING) - (char in CLOSING)


def step(lowered: Lowered, at: int, host: Version) -> int:
    """Lower what begins at a token; the index of the next token to look at."""
    match lowered.code[at].kind, lowered.word(at):
        case "string", _:
            return strings(lowered, at)
        case "name", "def" | "class":
            return type_parameters(lowered, at, host)
        case "name", "type" if host < (3, 13):
            return type_alias(lowered, at, host)
        case "name", "lazy" if host < (3, 15):
            lazy_import(lowered, at)
        case "name", "except" if host < (3, 14):
            except_clause(lowered, at, host)
        case "op", "*" if host < (3, 11):
            star(lowered, at)
        case _:
            pass
    return at + 1


def starts_statement(lowered: Lowered, at: int) -> bool:
    """Whether a statement may begin at a token."""
    return at == 0 or lowered.code[at - 1].kind == "newline" or lowered.word(at - 1) in (";", ":")


def mark(lowered: Lowered, at: int, since: Version) -> None:
    """Make a soft keyword a statement of its own: the blank after it becomes a semicolon."""
    token = lowered.code[at]
    lowered.markers.add(token.start)
    lowered.replace(token.end, token.end + 1, ";", since)


def lazy_import(lowered: Lowered, at: int) -> None:
    """Make `lazy import x` an import."""
    follows = lowered.text[lowered.code[at].end]
    if starts_statement(lowered, at) and lowered.word(at + 1) in ("import", "from") and follows in " \t\f":
        mark(lowered, at, (3, 15))


def closing(lowered: Lowered, at: int) -> int:
    """The index of the bracket that closes the one at an index, -1 where there is none."""
    depth = 0
    for index in range(at, len(lowered.code)):
        depth += nesting(lowered.text, lowered.code[index])
        if depth == 0:
            return index
    return -1


def parameters_since(lowered: Lowered, start: int, end: int) -> Version:
    """The Python that type parameters between two brackets need."""
    return (3, 13) if any(lowered.word(index) == "=" for index in range(start, end)) else (3, 12)


def type_parameters(lowered: Lowered, at: int, host: Version) -> int:
    """Blank the `[T]` of a function or class. Its lines stay, within round brackets that open earlier."""
    start = at + 2
    end = closing(lowered, start) if lowered.word(start) == "[" else -1
    if end < 0 or host >= (since := parameters_since(lowered, start, end)):
        return at + 1
    called = lowered.word(end + 1) == "("
    if not called and lowered.word(at) == "def":
        return at + 1
    first, last = lowered.code[start].start, lowered.code[end + called].end
    lowered.replace(first, last, "(" if called else "(".ljust(last - first - 1) + ")", since)
    return end + called + 1


def type_alias(lowered: Lowered, at: int, host: Version) -> int:
    """Make `type X = value` an assignment."""
    name = lowered.word(at + 1)
    if not starts_statement(lowered, at) or iskeyword(name) or not name.isidentifier():
        return at + 1
    start = at + 2
    end = closing(lowered, start) if lowered.word(start) == "[" else start - 1
    since = parameters_since(lowered, start, end)
    if host >= since or lowered.word(end + 1) != "=" or lowered.text[lowered.code[at].end] not in " \t\f":
        return at + 1
    mark(lowered, at, since)
    if end > start + 1:
        lowered.aliases.add(lowered.code[at + 1].start)
        lowered.replace(lowered.code[start + 1].start, lowered.code[end].start, "0", since)
    return end + 1


def except_clause(lowered: Lowered, at: int, host: Version) -> None:
    """Make the commas of `except A, B:` operators, and drop the star of `except*`."""
    if lowered.word(at + 1) == "*" and host < (3, 11):
        lowered.replace(lowered.code[at + 1].start, lowered.code[at + 1].end, "", (3, 11))
    commas, depth, index = [], 0, at + 1
    while index < len(lowered.code) and lowered.code[index].kind != "newline":
        depth += nesting(lowered.text, lowered.code[index])
        if depth == 0 and lowered.word(index) in (":", "as"):
            break
        commas += [index] if depth == 0 and lowered.word(index) == "," else []
        index += 1
    if commas and lowered.word(index) == ":":
        for comma in commas:
            offset = lowered.code[comma].start
            lowered.replace(offset, offset + 1, "" if comma == index - 1 else "|", (3, 14))
        lowered.clauses[lowered.code[at].start] = [lowered.code[comma].start for comma in commas if comma < index - 1]


def star(lowered: Lowered, at: int) -> None:
    """Blank a star that unpacks in a subscript or in the annotation of `*args`."""
    before, around = lowered.word(at - 1), opening(lowered, at)
    annotation = before == ":" and lowered.word(at - 3) == "*" and lowered.word(around) == "("
    if annotation or (before in ("[", ",") and is_subscript(lowered, around)):
        lowered.replace(lowered.code[at].start, lowered.code[at].end, "", (3, 11))


def opening(lowered: Lowered, at: int) -> int:
    """The index of the innermost bracket around a token, -1 where there is none."""
    depth = 0
    for index in range(at - 1, -1, -1):
        depth += nesting(lowered.text, lowered.code[index])
        if depth > 0:
            return index
    return -1


def is_subscript(lowered: Lowered, at: int) -> bool:
    """Whether the bracket at an index takes an item of what stands before it."""
    if at < 1 or lowered.word(at) != "[":
        return False
    before = lowered.word(at - 1)
    return (lowered.code[at - 1].kind in ("name", "string") and not iskeyword(before)) or before in CLOSING


def strings(lowered: Lowered, at: int) -> int:
    """Put a marker in the place of adjacent strings that the host cannot read: a set with a number."""
    end = at
    while end < len(lowered.code) and lowered.code[end].kind == "string":
        end += 1
    run = lowered.code[at:end]
    start, stop = run[0].start, run[-1].end
    prefixes = {letter for token in run for letter in token.prefix}
    if prefixes & {"f", "t"} and not host_reads(lowered.text[start:stop]):
        lowered.strings[start] = run
        marker = "{0".ljust(stop - start - 1) + "}"
        lowered.replace(start, stop, marker, (3, 14) if "t" in prefixes else (3, 12))
    return end
