"""Which files can matter: a search of their bytes decides, so that most files are never parsed."""

from __future__ import annotations

import re

# A word that is cheap to look for, and what must then match for the file to matter.
SIGNS: tuple[tuple[bytes, re.Pattern[bytes]], ...] = tuple(
    (word, re.compile(pattern, re.MULTILINE))
    for word, pattern in (
        (b"elery", rb"^[ \t]*(?:from|import)[ \t][^\n#]*celery|celerylint"),
        (b"ELERY", rb"^[ \t]*(?:self\.)?CELERY\w*[ \t]*(?::[^=\n]+)?=|\bCELERY_\w+[\"']\]?[ \t]*[:=]"),
        (b"BROKER_", rb"^[ \t]*BROKER_\w*[ \t]*(?::[^=\n]+)?="),
        (b"task", rb"^[ \t]*@[\w.]*task\b|\b(?:register|send)_task\("),
        (b"Task", rb"^[ \t]*class[ \t]+\w+\([^)\n]*Task\b"),
        (b".delay", rb"\.delay(?:_on_commit)?\b(?![\"'.\]])"),
        (b"apply_async", rb"\.apply_async(?:_on_commit)?\b(?![\"'.\]])"),
        (b"crontab(", rb""),
        (b"config_from_object", rb""),
        (b"CEL", rb"noqa[^\n]*\bCEL\d"),
    )
)

# What rules look for in functions that tasks call.
WORKER_CODE = re.compile(
    rb"\bsleep\(|\.(?:delay|apply_async|send_task|retry)\(|\brequests\.|urllib|smtplib|ftplib|subprocess|httpx|paramiko"
    rb"|multiprocessing|os\.fork|_exit\(|sys\.exit|send_mail|boto|AsyncResult"
)


def may_matter(data: bytes) -> bool:
    """Whether a file's bytes mention anything of Celery."""
    return any(word in data and pattern.search(data) is not None for word, pattern in SIGNS)


def may_block(data: bytes) -> bool:
    """Whether functions in a file could do what rules look for in code that tasks call."""
    return WORKER_CODE.search(data) is not None
