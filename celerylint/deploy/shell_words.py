"""Reads the words of shell text: quotes, escapes, expansions, and what stands between words."""

from __future__ import annotations

import re

from celerylint.deploy.shell_tree import Expansion, Literal, Part, ShellError, ShellWord

BLANK = re.compile(r"(?:[ \t\f\v]|\\\r?\n)+")
JOINED_LINE = re.compile(r"\\\r?\n")
COMMENT = re.compile(r"#[^\r\n]*")
NEWLINE = re.compile(r"\r\n|\r|\n")
OPERATOR = re.compile(r"&&|\|\||;;&|;;|;&|\|&|[|;&()]")
REDIRECTION = re.compile(r"(?:\d+|\{\w+\})?(?:&>>|&>|<<<|<<-|<<|<>|<&|>>|>&|>\||<|>)")
PLAIN = re.compile(r"[^\s\\'\"`$;&|()<>]+")
# What a backslash escapes in double quotes; a line's end goes with it.
ESCAPED = re.compile(r"\\(?:([$`\"\\])|\r?\n)")
INSIDE = re.compile(r'[^"$`\\]+|\\')
VARIABLE = re.compile(r"[A-Za-z_]\w*|[0-9@*#?$!-]")
BRACED = re.compile(r"([A-Za-z_]\w*|[0-9]+|[@*])(?:(:?[-=+?])(.*))?", re.DOTALL)


class Words:
    """Reads a text from `at` on. `heredocs` are the delimiters of documents that begin after the line's end."""

    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0
        self.heredocs: list[tuple[str, bool]] = []

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
