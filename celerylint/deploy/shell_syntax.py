"""Shell text to a tree: as much of POSIX sh and bash as decides which commands run, in which order, and how.

The standard library's `shlex` knows neither places nor expansions nor control flow.
"""

from __future__ import annotations

import re
from dataclasses import replace

from celerylint.deploy.shell_tree import (
    Case,
    Chain,
    Definition,
    Expansion,
    Group,
    If,
    Listing,
    Literal,
    Loop,
    Node,
    Pipe,
    ShellError,
    ShellWord,
    Simple,
)
from celerylint.deploy.shell_words import NEWLINE, Words

REDIRECTION = re.compile(r"(?:\d+|\{\w+\})?(?:&>>|&>|<<<|<<-|<<|<>|<&|>>|>&|>\||<|>)")
# `<(command)` as the target of a redirection.
PROCESS = re.compile(r"[<>]?\(")
ASSIGNMENT = re.compile(r"([A-Za-z_]\w*)\+?=")
FUNCTION = re.compile(r"(?:function[ \t]+)?([\w:.-]+)[ \t]*\(\)[ \t\r\n]*|function[ \t]+([\w:.-]+)[ \t\r\n]+(?=\{)")
CLOSERS = frozenset({"then", "elif", "else", "fi", "do", "done", "esac", "}"})


def parse(text: str) -> Node:
    """The tree of a script or command. Raises ShellError."""
    parser = Parser(text)
    node = parser.listing(())
    if parser.at < len(text):
        raise ShellError(f"unexpected {text[parser.at]!r}")
    return node


class Parser(Words):
    """Reads commands. `depth` is how deep they are nested."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.depth = 0

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
