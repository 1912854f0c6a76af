"""A call's text in pieces, and how arguments come and go without harm to comments, commas and line breaks."""

from __future__ import annotations

from celerylint.records import dataclass


class NotEditable(Exception):
    """This code cannot be changed as asked without harm to its meaning, comments or layout."""


@dataclass(slots=True, eq=False)
class Argument:
    """One argument as written. `star` is `*`, `**` or "", `comma` the comma with the space before it, or "".

    `after` is what follows, up to the next argument or the closing parenthesis: space, newlines, comments.
    `bare` is a generator expression without parentheses of its own, which only a lone argument may be.
    """

    value: str
    star: str = ""
    name: str = ""
    equal: str = ""
    comma: str = ""
    after: str = ""
    bare: bool = False

    @property
    def code(self) -> str:
        return f"{self.star}{self.name}{self.equal}{self.value}"

    @property
    def positional(self) -> bool:
        """Whether it is passed by place: `x` or `*x`."""
        return not self.name and not self.star.startswith("**")


@dataclass(slots=True)
class Layout:
    """A call: `func` up to the parenthesis, `lead` what stands before the first argument. Newlines are `\\n`."""

    func: str
    lead: str
    arguments: list[Argument]

    @property
    def text(self) -> str:
        return self.func + "(" + self.lead + "".join(a.code + a.comma + a.after for a in self.arguments) + ")"

    @property
    def commented(self) -> bool:
        """Whether there are comments between the arguments."""
        return "#" in self.lead or any("#" in argument.comma + argument.after for argument in self.arguments)

    def index(self, name: str) -> int:
        """The place of a keyword. Raises NotEditable where it is not written out."""
        for index, argument in enumerate(self.arguments):
            if argument.name == name:
                return index
        raise NotEditable(f"no keyword {name}")

    def before(self, index: int) -> str:
        """What stands between an argument and the one before it, or the parenthesis."""
        return self.arguments[index - 1].after if index else self.lead

    def append(self, new: Argument) -> None:
        """Add an argument at the end: on its own line where the last one has its own, comments where they were."""
        self.close_generator()
        if not self.arguments:
            indent = self.lead.rpartition("\n")[2]
            self.lead, new.after = (self.lead + "    ", "\n" + indent) if "#" in self.lead else ("", "")
            self.arguments.append(new)
            return
        last, space = self.arguments[-1], self.before(len(self.arguments) - 1)
        comments, newline, closing = last.after.rpartition("\n")
        if "\n" in space:
            gap = "\n" + space.rpartition("\n")[2]
        elif "#" in comments:
            gap = f"\n{closing}    "
        else:
            comments, newline, closing, gap = "", "", last.after, " "
        new.comma, new.after = last.comma and ",", newline + closing
        last.comma, last.after = last.comma or ",", comments + gap
        self.arguments.append(new)

    def insert(self, index: int, new: Argument) -> None:
        """Add an argument before another one, on its own line where that one has its own."""
        if index == len(self.arguments):
            return self.append(new)
        self.close_generator()
        space = self.before(index)
        new.comma, new.after = ",", "\n" + space.rpartition("\n")[2] if "\n" in space else " "
        self.arguments.insert(index, new)
        return None

    def close_generator(self) -> None:
        """A bare generator expression gets parentheses: it will not be alone."""
        for argument in self.arguments:
            if argument.bare:
                argument.value, argument.bare = f"({argument.value})", False

    def remove(self, index: int) -> Argument:
        """Take an argument away, but no comment beside it. Raises NotEditable for one before a comma."""
        gone, space = self.arguments[index], self.before(index)
        final = index == len(self.arguments) - 1
        if "#" in gone.comma or (final and index and "#" in self.arguments[index - 1].comma):
            raise NotEditable("a comment before a comma")
        if index:
            self.arguments[index - 1].after = joined(space, gone.after, final, keep_break=True)
            self.arguments[index - 1].comma = gone.comma if final else self.arguments[index - 1].comma
        else:
            self.lead = joined(space, "" if final and "#" not in gone.after + space else gone.after, final)
        del self.arguments[index]
        return gone


def joined(before: str, after: str, final: bool, keep_break: bool = False) -> str:
    """What stands in place of an argument and of the space on both sides of it."""
    if "#" in after:
        return before + after.lstrip(" \t") if "\n" in before else after
    if final and "#" in before:
        return before.rpartition("\n")[0] + after if "\n" in after else before
    if final or (keep_break and "\n" in after and "\n" not in before):
        return after
    return before
