"""What can be told of a shell's variables and tests: which names commands assign, and whether a test holds."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase

from celerylint.deploy.shell_tree import Case, Chain, Group, If, Listing, Literal, Loop, Node, Simple
from celerylint.deploy.snippets import HIDDEN

DECLARING = frozenset({"export", "declare", "local", "readonly", "typeset"})


def assigned_in(node: Node) -> Iterator[str]:
    """The variables that commands below a node assign."""
    match node:
        case Simple(assignments=assignments, words=words):
            if not words:
                yield from (name for name, _ in assignments)
            elif words[0].literal in DECLARING:
                for word in words[1:]:
                    if word.parts and isinstance(first := word.parts[0], Literal) and "=" in first.text:
                        yield first.text.partition("=")[0]
        case Listing(nodes=listed):
            for inner, _ in listed:
                yield from assigned_in(inner)
        case Chain(nodes=chained):
            for _, inner in chained:
                yield from assigned_in(inner)
        case Group(body=body) | Loop(body=body):
            yield from assigned_in(body)
        case If(branches=branches, otherwise=otherwise):
            for inner in [body for _, body in branches] + ([otherwise] if otherwise else []):
                yield from assigned_in(inner)
        case Case(arms=arms):
            for _, inner in arms:
                yield from assigned_in(inner)
        case _:
            pass


def tested(words: list[str]) -> bool | None:
    """What `[ … ]`, `[[ … ]]`, `test …`, `true` give; None where that is not known."""
    match words:
        case ["true" | ":"]:
            return True
        case ["false"]:
            return False
        case ["[", *inner, "]"] | ["[[", *inner, "]]"] | ["test", *inner]:
            return compared(inner)
        case _:
            return None


def compared(words: list[str]) -> bool | None:
    match words:
        case ["!", *rest]:
            found = compared(rest)
            return None if found is None else not found
        case ["-z", text]:
            return None if HIDDEN in text else not text
        case ["-n", text] | [text] if not text.startswith("-"):
            return None if HIDDEN in text else bool(text)
        case [left, "=" | "==", right]:
            return None if HIDDEN in left + right else fnmatchcase(left, right)
        case [left, "!=", right]:
            return None if HIDDEN in left + right else not fnmatchcase(left, right)
        case _:
            return None
