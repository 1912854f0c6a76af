"""Shell text to a tree: as much of POSIX sh and bash as decides which commands run, in which order, and how.

The standard library's `shlex` knows neither places nor expansions nor control flow.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TypeAlias


class ShellError(Exception):
    """The text is no shell script that can be read."""


@dataclass(frozen=True, slots=True)
class Expansion:
    """`$name`, `${name:-word}` at an offset. `name` is "" for what is never known: `$(command)`, `${x%y}`."""

    name: str
    start: int
    operator: str = ""
    word: str = ""
    quoted: bool = False


@dataclass(frozen=True, slots=True)
class Literal:
    """Text that stands for itself, from an offset on."""

    text: str
    start: int


Part: TypeAlias = Literal | Expansion


@dataclass(frozen=True, slots=True)
class ShellWord:
    """A word with its offsets; `quoted` says that some of it is in quotes."""

    parts: tuple[Part, ...]
    start: int
    end: int
    quoted: bool = False

    @property
    def literal(self) -> str | None:
        """The text of a word without expansions."""
        texts = [part.text for part in self.parts if isinstance(part, Literal)]
        return "".join(texts) if len(texts) == len(self.parts) else None


@dataclass(frozen=True, slots=True)
class Simple:
    """One command with its assignments; `redirected` are the operators of its redirections."""

    assignments: tuple[tuple[str, ShellWord], ...]
    words: tuple[ShellWord, ...]
    redirected: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Pipe:
    nodes: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Chain:
    """Commands joined by `&&` and `||`: the first has the operator ""."""

    nodes: tuple[tuple[str, Node], ...]


@dataclass(frozen=True, slots=True)
class Listing:
    """Commands one after the other, each with whether it runs in the background."""

    nodes: tuple[tuple[Node, bool], ...]


@dataclass(frozen=True, slots=True)
class If:
    branches: tuple[tuple[Node, Node], ...]
    otherwise: Node | None


@dataclass(frozen=True, slots=True)
class Case:
    word: ShellWord
    arms: tuple[tuple[tuple[ShellWord, ...], Node], ...]


@dataclass(frozen=True, slots=True)
class Loop:
    condition: Node | None
    body: Node


@dataclass(frozen=True, slots=True)
class Group:
    """`{ … }` or, in a process of its own, `( … )`."""

    body: Node
    subshell: bool


@dataclass(frozen=True, slots=True)
class Definition:
    """A function."""

    name: str
    body: Node


Node: TypeAlias = Simple | Pipe | Chain | Listing | If | Case | Loop | Group | Definition

BLANK = re.compile(r"(?:[ \t\f\v]|\\\r?\n)+")
JOINED_LINE = re.compile(r"\\\r?\n")
COMMENT = re.compile(r"#[^\r\n]*")
NEWLINE = re.compile(r"\r\n|\r|\n")
OPERATOR = re.compile(r"&&|\|\||;;&|;;|;&|\|&|[|;&()]")
REDIRECTION = re.compile(r"(?:\d+|\{\w+\})?(?:&>>|&>|<<<|<<-|<<|<>|<&|>>|>&|>\||<|>)")
# `<(command)` as the target of a redirection.
PROCESS = re.compile(r"[<>]?\(")
ASSIGNMENT = re.compile(r"([A-Za-z_]\w*)\+?=")
PLAIN = re.compile(r"[^\s\\'\"`$;&|()<>]+")
# What a backslash escapes in double quotes; a line's end goes with it.
ESCAPED = re.compile(r"\\(?:([$`\"\\])|\r?\n)")
INSIDE = re.compile(r'[^"$`\\]+|\\')
VARIABLE = re.compile(r"[A-Za-z_]\w*|[0-9@*#?$!-]")
BRACED = re.compile(r"([A-Za-z_]\w*|[0-9]+|[@*])(?:(:?[-=+?])(.*))?", re.DOTALL)
FUNCTION = re.compile(r"(?:function[ \t]+)?([\w:.-]+)[ \t]*\(\)[ \t\r\n]*|function[ \t]+([\w:.-]+)[ \t\r\n]+(?=\{)")
CLOSERS = frozenset({"then", "elif", "else", "fi", "do", "done", "esac", "}"})


def parse(text: str) -> Node:
    """The tree of a script or command. Raises ShellError."""
    parser = Parser(text)
    node = parser.listing(())
    if parser.at < len(text):
        raise ShellError(f"unexpected {text[parser.at]!r}")
    return node


class Parser:
    """Reads a text from `at` on. `heredocs` are the delimiters of documents that begin after the line's end."""

    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0
        self.heredocs: list[tuple[str, bool]] = []
        self.depth = 0

    # Between words

    def blanks(self) -> None:
        for pattern in (BLANK, COMMENT):
            match = pattern.match(self.text, self.at)
            self.at = match.end() if match else self.at

    def newlines(self) -> None:
        """Skip blanks, comments, line ends, and the here-documents that begin at one."""
        self.blanks()
        while match := NEWLINE.match(self.text, self.at):
            self.at = match.end()
            for delimiter, dashed in self.heredocs:
                self.skip_document(delimiter, dashed)
            self.heredocs.clear()
            self.blanks()

    def skip_document(self, delimiter: str, dashed: bool) -> None:
        tabs = r"\t*" if dashed else ""
        match = re.compile(rf"^{tabs}{re.escape(delimiter)}[ \t]*$", re.MULTILINE).search(self.text, self.at)
        self.at = match.end() if match else len(self.text)
        if after := NEWLINE.match(self.text, self.at):
            self.at = after.end()

    def operator(self) -> str:
        """The operator that stands next, not taken; "" without one."""
        self.blanks()
        match = OPERATOR.match(self.text, self.at)
        return match[0] if match and not REDIRECTION.match(self.text, self.at) else ""

    def keyword(self) -> str:
        """The unquoted word that stands next, not taken."""
        self.blanks()
        match = PLAIN.match(self.text, self.at)
        if match is None or self.text[match.end() : match.end() + 1] in {"'", '"', "$", "\\", "`"}:
            return ""
        return match[0]

    def expect(self, word: str) -> None:
        self.newlines()
        if self.keyword() != word:
            raise ShellError(f"{word!r} expected")
        self.at += len(word)

    # Commands

    def listing(self, closers: tuple[str, ...]) -> Listing:
        """Commands up to a closing word or operator."""
        self.depth += 1
        if self.depth > 60:
            raise ShellError("nested too deep")
        found: list[tuple[Node, bool]] = []
        self.newlines()
        while self.at < len(self.text) and not self.closed(closers):
            node = self.chain()
            operator = self.operator()
            found.append((node, operator == "&"))
            if operator in {";", "&"}:
                self.at += 1
            elif not NEWLINE.match(self.text, self.at) and self.at < len(self.text) and not self.closed(closers):
                raise ShellError(f"unexpected {self.text[self.at]!r}")
            self.newlines()
        self.depth -= 1
        return Listing(tuple(found))

    def closed(self, closers: tuple[str, ...]) -> bool:
        return self.operator() in closers or (self.keyword() in closers and bool(closers))

    def chain(self) -> Node:
        nodes: list[tuple[str, Node]] = [("", self.pipe())]
        while (operator := self.operator()) in {"&&", "||"}:
            self.at += 2
            self.newlines()
            nodes.append((operator, self.pipe()))
        return Chain(tuple(nodes)) if len(nodes) > 1 else nodes[0][1]

    def pipe(self) -> Node:
        if self.keyword() == "!":
            self.at += 1
        nodes = [self.command()]
        while (operator := self.operator()) in {"|", "|&"}:
            self.at += len(operator)
            self.newlines()
            nodes.append(self.command())
        return Pipe(tuple(nodes)) if len(nodes) > 1 else nodes[0]

    def command(self) -> Node:
        node = self.compound()
        if node is None:
            return self.simple()
        while self.redirection() is not None:
            pass
        return node

    def compound(self) -> Node | None:
        """A command that begins with a word or sign of the shell's own, else None."""
        if self.operator() == "(":
            return self.parenthesis()
        word = self.keyword()
        if word in CLOSERS:
            raise ShellError(f"unexpected {word!r}")
        match word:
            case "if":
                return self.conditional()
            case "case":
                return self.selection()
            case "while" | "until":
                return self.loop(word)
            case "for" | "select":
                return self.iteration(word)
            case "{":
                self.at += 1
                body = self.listing(("}",))
                self.expect("}")
                return Group(body, subshell=False)
            case _:
                return self.definition()

    def parenthesis(self) -> Node:
        if self.text.startswith("((", self.at):
            end = self.text.find("))", self.at)
            if end < 0:
                raise ShellError("'))' expected")
            self.at = end + 2
            return Simple((), ())
        self.at += 1
        body = self.listing((")",))
        if self.operator() != ")":
            raise ShellError("')' expected")
        self.at += 1
        return Group(body, subshell=True)

    def conditional(self) -> If:
        branches = []
        otherwise = None
        word = "if"
        while word in {"if", "elif"}:
            self.at += len(word)
            condition = self.listing(("then",))
            self.expect("then")
            branches.append((condition, self.listing(("elif", "else", "fi"))))
            word = self.keyword()
        if word == "else":
            self.at += 4
            otherwise = self.listing(("fi",))
        self.expect("fi")
        return If(tuple(branches), otherwise)

    def selection(self) -> Case:
        self.at += 4
        self.blanks()
        word = self.word()
        self.expect("in")
        self.newlines()
        arms = []
        while self.keyword() != "esac":
            if self.at >= len(self.text):
                raise ShellError("'esac' expected")
            arms.append(self.arm())
        self.at += 4
        return Case(word, tuple(arms))

    def arm(self) -> tuple[tuple[ShellWord, ...], Node]:
        """One `pattern | pattern) commands ;;`."""
        if self.operator() == "(":
            self.at += 1
        patterns = [self.pattern()]
        while self.operator() == "|":
            self.at += 1
            patterns.append(self.pattern())
        if self.operator() != ")":
            raise ShellError("')' expected")
        self.at += 1
        body = self.listing((";;", ";&", ";;&", "esac"))
        if (operator := self.operator()) in {";;", ";&", ";;&"}:
            self.at += len(operator)
        self.newlines()
        return tuple(patterns), body

    def pattern(self) -> ShellWord:
        self.blanks()
        return self.word()

    def loop(self, word: str) -> Loop:
        self.at += len(word)
        condition = self.listing(("do",))
        self.expect("do")
        body = self.listing(("done",))
        self.expect("done")
        return Loop(condition, body)

    def iteration(self, word: str) -> Loop:
        """`for x in …; do … done`; what it runs over is not looked at."""
        self.at += len(word)
        while not (NEWLINE.match(self.text, self.at) or self.operator() == ";") and self.at < len(self.text):
            if self.operator():
                self.parenthesis()
            else:
                self.word()
            self.blanks()
            if self.keyword() == "do":
                break
        if self.operator() == ";":
            self.at += 1
        self.expect("do")
        body = self.listing(("done",))
        self.expect("done")
        return Loop(None, body)

    def definition(self) -> Definition | None:
        match = FUNCTION.match(self.text, self.at)
        if match is None:
            return None
        self.at = match.end()
        return Definition(match[1] or match[2], self.command())

    def simple(self) -> Simple:
        assignments, words, redirected = [], list[ShellWord](), list[str]()
        while self.at < len(self.text) and not NEWLINE.match(self.text, self.at):
            operator = self.redirection()
            if operator is not None:
                redirected.append(operator)
            elif self.operator():
                break
            elif not words and (match := ASSIGNMENT.match(self.text, self.at)):
                assignments.append((match[1], self.assigned(match)))
            else:
                words.append(self.word())
                if words[0].literal == "[[":
                    words += self.test()
            self.blanks()
        if not (assignments or words or redirected):
            raise ShellError("a command expected")
        return Simple(tuple(assignments), tuple(words), tuple(redirected))

    def assigned(self, match: re.Match[str]) -> ShellWord:
        """The value of an assignment; an array's is not known."""
        self.at = match.end()
        if self.text.startswith("(", self.at):
            start = self.at
            self.parenthesis()
            return ShellWord((Expansion("", start),), start, self.at)
        word = self.word(empty=True)
        return replace(word, parts=(Expansion("", word.start),)) if "+=" in match[0] else word

    def test(self) -> list[ShellWord]:
        """The words up to `]]`, operators among them."""
        words: list[ShellWord] = []
        while not words or words[-1].literal != "]]":
            self.newlines()
            match = re.compile(r"&&|\|\||[()<>|]").match(self.text, self.at)
            if match:
                words.append(ShellWord((Literal(match[0], self.at),), self.at, match.end()))
                self.at = match.end()
            elif self.at >= len(self.text):
                raise ShellError("']]' expected")
            else:
                words.append(self.word())
        return words

    def redirection(self) -> str | None:
        """Take a redirection and what it names; None where there is none."""
        self.blanks()
        match = REDIRECTION.match(self.text, self.at)
        if match is None:
            return None
        self.at = match.end()
        self.blanks()
        operator = match[0].lstrip("0123456789")
        if process := PROCESS.match(self.text, self.at):
            self.at = self.balanced(process.end() - 1)
            return operator
        word = self.word()
        if operator in {"<<", "<<-"}:
            self.heredocs.append((word.literal or "", operator == "<<-"))
        return operator

    # Words

    def word(self, *, empty: bool = False) -> ShellWord:
        """The word that stands next. Raises ShellError where there is none."""
        start, parts, quoted = self.at, list[Part](), False
        while self.at < len(self.text):
            opens = self.text[self.at] in "'\""
            part = self.part()
            if part is None:
                break
            quoted = quoted or opens
            parts += part
        if self.at == start and not empty:
            raise ShellError(f"a word expected at {self.text[start : start + 10]!r}")
        return ShellWord(tuple(parts), start, self.at, quoted)

    def part(self) -> list[Part] | None:
        """What a piece of a word is made of; None at the word's end."""
        start = self.at
        if plain := PLAIN.match(self.text, start):
            self.at = plain.end()
            return [Literal(plain[0], start)]
        match self.text[start]:
            case "\\":
                return self.escaped()
            case "'":
                return [Literal(self.until("'"), start + 1)]
            case '"':
                return self.double_quoted()
            case "$":
                return self.dollar(quoted=False)
            case "`":
                self.until("`")
                return [Expansion("", start)]
            case _:
                return None

    def escaped(self) -> list[Part] | None:
        if line := JOINED_LINE.match(self.text, self.at):
            if line.end() == len(self.text) or self.text[line.end()].isspace():
                return None
            self.at = line.end()
            return []
        self.at = min(self.at + 2, len(self.text))
        return [Literal(self.text[self.at - 1], self.at - 1)]

    def until(self, end: str) -> str:
        """The text up to a closing quote, which is taken."""
        start = self.at + 1
        place = self.text.find(end, start)
        if place < 0:
            raise ShellError(f"no closing {end}")
        self.at = place + 1
        return self.text[start:place]

    def double_quoted(self) -> list[Part]:
        self.at += 1
        parts: list[Part] = [Literal("", self.at)]
        while (character := self.text[self.at : self.at + 1]) != '"':
            if character == "$":
                parts += self.dollar(quoted=True)
            elif character == "`":
                parts.append(Expansion("", self.at, quoted=True))
                self.until("`")
            elif escaped := ESCAPED.match(self.text, self.at):
                parts.append(Literal(escaped[1] or "", self.at + 1))
                self.at = escaped.end()
            elif inside := INSIDE.match(self.text, self.at):
                parts.append(Literal(inside[0], self.at))
                self.at = inside.end()
            else:
                raise ShellError('no closing "')
        self.at += 1
        return parts

    def dollar(self, *, quoted: bool) -> list[Part]:
        """What begins with `$`."""
        start = self.at
        following = self.text[start + 1 : start + 2]
        if following == "(":
            self.at = self.balanced(start + 1)
            return [Expansion("", start, quoted=quoted)]
        if following == "{":
            return [self.braced(quoted=quoted)]
        if following in {"'", '"'} and not quoted:
            self.at += 1
            return [Literal(self.until("'"), start + 2)] if following == "'" else self.double_quoted()
        match = VARIABLE.match(self.text, start + 1)
        self.at = match.end() if match else start + 1
        return [Expansion(match[0], start, quoted=quoted) if match else Literal("$", start)]

    def braced(self, *, quoted: bool) -> Expansion:
        start, end = self.at, self.balanced(self.at + 1)
        match = BRACED.fullmatch(self.text[start + 2 : end - 1])
        self.at = end
        if match is None:
            return Expansion("", start, quoted=quoted)
        return Expansion(match[1], start, match[2] or "", match[3] or "", quoted)

    def balanced(self, start: int) -> int:
        """The offset behind the bracket that closes the one at an offset."""
        opening = self.text[start]
        closing = {"(": ")", "{": "}"}[opening]
        depth, at = 0, start
        while at < len(self.text):
            character = self.text[at]
            if character == "\\":
                at += 1
            elif character == "'" and opening == "(":
                at = self.text.find("'", at + 1)
                if at < 0:
                    break
            depth += (character == opening) - (character == closing)
            at += 1
            if not depth:
                return at
        raise ShellError(f"no closing {closing}")
