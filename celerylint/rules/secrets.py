"""What is a secret, by its name as whole words, by how it was made, and by the format of a known kind of key."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import lru_cache

from celerylint.file import File
from celerylint.index import Index
from celerylint.scopes import Binding
from celerylint.values import Const, Name, Value

WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
# A name that begins so says whether there is a secret, or that it is none any more.
FLAGS = frozenset(
    {
        "is", "has", "had", "have", "use", "uses", "using", "with", "without", "needs", "need", "no", "should", "can",
        "must", "allow", "allows", "require", "requires", "enable", "enabled", "disable", "show", "hide", "include",
        "exclude", "skip", "encrypted", "hashed", "masked", "redacted", "obfuscated", "sealed", "public", "invalid",
        "max", "min", "num",
    }
)  # fmt: skip
# What is done to a password; a "reset token" is a secret, "reset password" is a thing to do.
DEEDS = frozenset({"reset", "change", "send", "force", "update", "set", "generate", "check", "validate", "expire"})
DONE_TO = frozenset({"password", "passwd", "pwd", "passphrase", "credential", "credentials", "secret"})
# Tokens that stand for a place, a lock, a coin or a piece of text.
OTHER_TOKENS = frozenset(
    {
        "page", "next", "prev", "previous", "continuation", "continue", "cursor", "pagination", "sync", "delta",
        "resume", "change", "position", "task", "lock", "lease", "fencing", "idempotency", "dedup", "request",
        "correlation", "trace", "cancel", "cancellation", "chain", "nft", "erc", "20", "721", "1155", "mint",
        "base", "quote", "in", "out", "input", "output", "eos", "bos", "pad", "unk", "mask", "special", "stop",
        "start", "end", "prompt", "completion", "device", "push", "fcm", "apns", "registration", "csrf", "xsrf",
        "gas", "fee", "reward", "sell", "buy", "collateral", "stake", "lp", "pool",
    }
)  # fmt: skip
# Functions that make secrets, and words that what they give is called by when it is one.
MAKERS = re.compile(
    r"secrets\.\w+|django\.utils\.crypto\.get_random_string|jwt\.encode|.*\.(?:make_random_password|make_token)"
    r"|cryptography\.fernet\.Fernet\.generate_key|django\.core\.management\.utils\.get_random_secret_key"
)
MADE = frozenset({"code", "pin", "otp", "token", "password", "key", "secret", "link", "url"})
# What holds tokens that open something.
HOLDERS = frozenset({"self", "settings", "config", "credentials", "client", "session", "auth", "oauth", "api"})
# Published formats of keys. Each is long or marked enough that nothing else looks like it.
KEYS: dict[str, re.Pattern[str]] = {
    kind: re.compile(pattern)
    for kind, pattern in {
        "an AWS access key": r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b",
        "a GitHub token": r"\b(?:gh[pousr]_[A-Za-z0-9]{36}|github_pat_\w{22,})",
        "a GitLab token": r"\bglpat-[\w-]{20}",
        "a Slack token": r"\bxox[abeoprs]-\d[\w-]{10,}",
        "a Slack webhook": r"hooks\.slack\.com/services/T\w+/B\w+/\w{16,}",
        "a Stripe key": r"\b[rs]k_live_[A-Za-z0-9]{16,}",
        "a Google API key": r"\bAIza[\w-]{35}",
        "a SendGrid key": r"\bSG\.[\w-]{16,}\.[\w-]{16,}",
        "a Twilio key": r"\bSK[0-9a-f]{32}\b",
        "an OpenAI key": r"\bsk-(?:proj-)?[A-Za-z0-9_-]{32,}",
        "an Anthropic key": r"\bsk-ant-[\w-]{20,}",
        "an npm token": r"\bnpm_[A-Za-z0-9]{36}\b",
        "a PyPI token": r"\bpypi-[\w-]{50,}",
        "a private key": r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----",
        "a JSON web token": r"\beyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]{8,}",
        "a URL with a password": r"\b[a-z][a-z0-9+.-]*://[^\s/:@]+:[^\s/:@{}$<%]{3,}@[\w.-]+",
    }.items()
}


@lru_cache(maxsize=4096)
def words(name: str) -> tuple[str, ...]:
    """The words of a name, lower case: `apiKey`, `API_KEY` and `api_key` have the same."""
    return tuple(word.lower() for word in WORDS.findall(name))


def is_secret(name: str, index: Index) -> bool:
    """Whether a name is one of the configured names of secrets, or ends in one and says nothing else."""
    found = words(name)
    known = entries((*index.traits.secret_names, *index.traits.extend_secret_names))
    if found in known:
        return True
    entry = next((entry for entry in known if len(entry) < len(found) and found[-len(entry) :] == entry), None)
    return entry is not None and not says_otherwise(found[: -len(entry)], entry)


@lru_cache(maxsize=16)
def entries(names: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    """The configured names as words, the longest first."""
    return tuple(sorted({words(name) for name in names if words(name)}, key=len, reverse=True))


def says_otherwise(before: tuple[str, ...], entry: tuple[str, ...]) -> bool:
    """Whether the words before the name of a secret make it the name of something else."""
    if before[0] in FLAGS:
        return True
    if entry[-1] in DONE_TO and before[0] in DEEDS:
        return True
    return entry == ("token",) and before[-1] in OTHER_TOKENS


def is_identifier(node: ast.expr) -> bool:
    """Whether an expression is `something.token`, which more often names a row than that it opens anything."""
    match node:
        case ast.Attribute(value=ast.Name(id=owner), attr=name):
            return words(name) == ("token",) and owner not in HOLDERS
        case ast.Attribute(attr=name):
            return words(name) == ("token",)
        case _:
            return False


def key_format(value: Value) -> str:
    """The kind of key that a literal is, "" for anything else."""
    text = value.value if isinstance(value, Const) and isinstance(value.value, str) else ""
    return next((kind for kind, pattern in KEYS.items() if pattern.search(text)), "")


def made_as_secret(node: ast.expr, file: File, index: Index) -> bool:
    """Whether an expression, or what its name was assigned, comes from a function that makes secrets."""
    if not isinstance(node, ast.Name) or not MADE.intersection(words(node.id)[-1:]):
        return False
    sources = [binding.value for binding in bindings(node, file) if binding.value is not None]
    return any(makes_secret(call, file, index) for source in sources for call in calls(source))


def bindings(node: ast.Name, file: File) -> list[Binding]:
    """The assignments that give a name its value, in the nearest scope that has any."""
    scope = file.scope(node)
    while node.id not in scope.bindings and scope.parent is not None:
        scope = scope.parent
    return [binding for binding in scope.bindings.get(node.id, []) if binding.kind == "assign"]


def calls(node: ast.expr) -> Iterator[ast.Call]:
    """The calls whose result an expression gives as it is or as text; what another call is given does not count."""
    match node:
        case ast.Call():
            yield node
            if isinstance(node.func, ast.Attribute):
                yield from calls(node.func.value)
        case ast.JoinedStr(values=parts):
            for part in parts:
                yield from calls(part)
        case ast.FormattedValue(value=inner):
            yield from calls(inner)
        case ast.IfExp(body=body, orelse=other):
            yield from calls(body)
            yield from calls(other)
        case _:
            pass


def makes_secret(call: ast.Call, file: File, index: Index) -> bool:
    callee = file.callee(call)
    if isinstance(callee, Name):
        return MAKERS.fullmatch(index.modules.canonical(callee.dotted)) is not None
    return isinstance(call.func, ast.Attribute) and call.func.attr in {"make_random_password", "make_token"}
