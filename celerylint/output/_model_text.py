"""The Celery model of a project, as people read it."""

from __future__ import annotations

from typing import Any

from celerylint.output import _model_text_deployment
from celerylint.output._model import Row
from celerylint.output._terminal import printable

WIDEST = 60
# Objects that are filled by code of other packages.
VIEWS = frozenset({"flask", "flask_celeryext.FlaskCeleryExt"})


def to_text(model: dict[str, list[Row]]) -> str:
    """The model for people: a heading for each kind with its count, a line for each thing."""
    lines = []
    for kind, rows in model.items():
        lines.append(f"{kind.replace('_', ' ')} ({len(rows)})")
        heads = [head(kind, row) for row in rows]
        width = min(max(map(len, heads), default=0), WIDEST)
        for text, row in zip(heads, rows, strict=True):
            lines.append(f"  {text:<{width}}  {where(row)}{tail(kind, row)}")
            lines += [f"      {line}" for line in _model_text_deployment.more(kind, row) if line]
    return "".join(f"{printable(line).rstrip()}\n" for line in lines)


def head(kind: str, row: Row) -> str:
    """What a line is about."""
    match kind:
        case _ if kind in _model_text_deployment.KINDS:
            return _model_text_deployment.head(kind, row)
        case "dispatches":
            return f"{row['task'] or '?'} .{row['method']}"
        case "settings":
            return f"{row['name'] or row['written']} = {plain(row['value'])}"
        case "routes":
            return f"{plain(row['pattern'] or '?')} -> {plain(row['target'] or '?')}"
        case _:
            return plain(row["name"]) if row["name"] is not None else "?"


def tail(kind: str, row: Row) -> str:
    """What else a line says."""
    match kind:
        case _ if kind in _model_text_deployment.KINDS:
            return _model_text_deployment.tail(kind, row)
        case "tasks":
            written = [f"{name}={plain(value)}" for name, value in row["options"].items()]
            notes = [f"(defined by {row['inside']})"] if row["inside"] else []
            notes += ["(not imported by workers)"] if row["imported"] is False else []
            return "  ".join(["", row["via"], *written, *(["…"] if row["more_options"] else []), *notes])
        case "dispatches":
            return f"  from {row['from'] or 'module level'}{'' if row['known'] else ', task not found'}"
        case "schedules":
            due = f"every {row['every']:.12g} s" if row["every"] is not None else f"on {plain(row['schedule'])}"
            following = f", next {', '.join(row['next'])}" if row["next"] else ""
            return f"  {row['task'] or '?'} {due}{following}"
        case "apps":
            read = [plain_reads(item) for item in row["reads"]]
            return f"  reads {', '.join(read)}" if read else "  reads no object"
        case "settings":
            notes = [row["condition"], standing(row)]
            return "".join(f"  ({note})" for note in notes if note)
        case "queues":
            return f"  declared {len(row['declared'])}, used {len(row['used'])}"
        case "environments":
            return f"{row['origin']}  tasks of packages: {', '.join(row['tasks']) or 'none'}"
        case _:
            return ""


def standing(row: Row) -> str:
    """What comes of a setting."""
    if row["name"] is None:
        return "no setting of Celery's"
    return "" if row["effective"] else "not in force"


def plain_reads(item: Row) -> str:
    """A configuration that an app reads."""
    through = ", ".join(item["modules"])
    if item["target"] in VIEWS:
        through = f"{item['target']} ({through})" if through else item["target"]
    through = through or "?"
    return f"{through} under {item['namespace']}" if item["namespace"] else through


def where(row: Row) -> str:
    """The place of a row; a queue's is its first, and an environment is one itself."""
    if "origin" in row:
        return ""
    first = row if "path" in row else [*row["declared"], *row["used"]][0]
    return f"{first['path']}:{first['line']}:{first['column']}"


def plain(value: Any) -> str:
    """A JSON value of the model as text on one line."""
    match value:
        case {"unknown": True}:
            return "?"
        case {"expression": str() as text}:
            return text
        case dict():
            return "{" + ", ".join(f"{key!r}: {plain(item)}" for key, item in value.items()) + "}"
        case list():
            return "[" + ", ".join(map(plain, value)) + "]"
        case None | bool() | int() | float():
            return repr(value)
        case _:
            return str(value)
