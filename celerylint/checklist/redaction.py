"""Secrets are kept out of reports: a report is read by more people than the file that it quotes."""

from __future__ import annotations

import re

MASK = "***"
# What stands behind the first colon of a URL's user part.
URL = re.compile(r"(?P<before>\b[a-z][\w+.-]*://[^\s:@/'\"]*:)(?P<secret>[^\s@'\"]+)(?=@)", re.IGNORECASE)
OPTION = re.compile(
    r"(?P<before>(?:^|[\s\"'\[,])(?:--)?(?:requirepass|masterauth|basic[-_]auth|auth)(?:[\s=]+|\"?,\s*\"))"
    r"(?P<secret>[^\s\"',\]]+)",
    re.IGNORECASE,
)
NAMED = re.compile(
    r"(?P<before>\b\w*(?:password|passwd|secret|token|api_?key|private_?key|basic_?auth)\w*[\"']?\s*[:=]\s*[\"']?)"
    r"(?P<secret>[^\s\"',;}]{3,})",
    re.IGNORECASE,
)
# Values that are no secrets themselves but say where one comes from.
ELSEWHERE = re.compile(
    r"\$[({]|\$\w|os\.|env\b|config\(|settings\.|\{\{|None\b|True\b|False\b|\w+\(|[{\[]", re.IGNORECASE
)


def redacted(text: str) -> str:
    """The text with passwords, tokens and keys masked."""
    for pattern in (URL, OPTION, NAMED):
        text = pattern.sub(masked, text)
    return text


def masked(match: re.Match[str]) -> str:
    return match[0] if ELSEWHERE.match(match["secret"]) else f"{match['before']}{MASK}"
