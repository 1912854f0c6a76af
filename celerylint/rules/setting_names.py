"""The names of settings where they are written: their places, their styles, what to write instead."""

from __future__ import annotations

import ast
import re

from celerylint.edits import Edit, replace
from celerylint.facts import Setting
from celerylint.file import File
from celerylint.index import Index
from celerylint.index.links import FLASK
from celerylint.rules.setting_places import written
from celerylint.source import Span
from celerylint.values import Name

WORD = re.compile(r"\w+")
UPPER = frozenset({"django", FLASK})


def as_new(setting: Setting, name: str) -> str:
    """A new name as the place of a setting must write it: with the namespace's prefix, or bare."""
    return f"{setting.namespace.rstrip('_')}_{name.upper()}" if setting.namespace else name


def is_free(setting: Setting, index: Index) -> bool:
    """Whether a setting may be called by its new name in its place.

    Django and Flask read upper-case names only, which are new ones under a namespace alone.
    """
    if setting.namespace or setting.form != "object":
        return True
    links = [link for link in index.configuration.links if link.target not in UPPER or link.key]
    if any(link.target in {"dict", FLASK} for link in links) and not setting.holder:
        return True
    if any(link.target == FLASK and link.key for link in links):
        return True
    targets = {link.target for link in links}
    bases = {
        f"{base.module}.{base.qualname}"
        for target in targets
        if (cls := index.modules.cls(Name(target))) is not None
        for base in index.modules.bases(cls)[0]
    }
    return setting.holder in targets | bases


def name_span(file: File, setting: Setting) -> Span:
    """Where the name itself stands: what is assigned to, the word of a keyword, the key of a dict."""
    place, _ = written(file, setting)
    keyword = file.node_at(place, ast.keyword)
    if keyword is not None and keyword.arg:
        start = file.source.offset(place.line, place.column)
        return file.source.range(start, start + len(keyword.arg))
    return place


def text_of_name(file: File, span: Span) -> str:
    """The name that stands in a place, without quotes and without what it is an attribute of."""
    words = WORD.findall(file.source.cut(span))
    return words[-1] if words else ""


def renamed(setting: Setting, file: File, name: str) -> Edit | None:
    """The edit that gives a setting another name, in its quotes or behind its dot; None where it is not written out."""
    span = name_span(file, setting)
    text = file.source.cut(span)
    if text_of_name(file, span) != setting.written:
        return None
    start = text.rindex(setting.written)
    return replace(span, text[:start] + name + text[start + len(setting.written) :])
