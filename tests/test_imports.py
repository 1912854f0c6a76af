"""Imports are added where a person would, and never take a name that means something else."""

from __future__ import annotations

import ast
import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from celerylint.edits import apply
from celerylint.imports import ensure, ensure_all
from celerylint.lowering import parse
from celerylint.source import Source

RETRY = "celery.exceptions.Retry"


def added(text: str, dotted: str = RETRY, *, before: int = 0, exact: bool = False) -> tuple[str, str | None]:
    """The text with the import, and the name it got. Adding it again must change nothing."""
    source = Source.from_text("shop/tasks.py", text)
    edits, name = ensure(source, parse(source.text), dotted, package="shop", before=before, exact=exact)
    new = Source.from_text("shop/tasks.py", apply(source, edits))
    moved = before and before + len(new.starts) - len(source.starts)
    assert ensure(new, parse(new.text), dotted, package="shop", before=moved, exact=exact) == ((), name)
    assert all(edit.span[:2] == edit.span[2:] for edit in edits), "an import is an insertion"
    return new.text, name


def block(text: str) -> str:
    return textwrap.dedent(text).lstrip("\n")


USED = [
    ("from celery.exceptions import Retry\n", "Retry"),
    ("from celery.exceptions import Ignore, Retry as Again\n", "Again"),
    ("from celery import exceptions\n", "exceptions.Retry"),
    ("from celery import exceptions as errors\n", "errors.Retry"),
    ("import celery.exceptions\n", "celery.exceptions.Retry"),
    ("import celery.exceptions as errors\n", "errors.Retry"),
    ("x = 1; from celery.exceptions import Retry\n", "Retry"),
]


@pytest.mark.parametrize(("text", "name"), USED)
def test_what_is_imported_is_used(text: str, name: str) -> None:
    assert added(text) == (text, name)


@pytest.mark.parametrize(
    ("text", "dotted", "name"),
    [
        ("from .celery import app\n", "shop.celery.app", "app"),
        ("from . import celery\n", "shop.celery.app", "celery.app"),
        ("import random\n", "random", "random"),
        ("import random as rnd\n", "random", "rnd"),
        ("import celery\n", "celery.shared_task", "celery.shared_task"),
        ("from django.db import transaction\n", "django.db.transaction.on_commit", "transaction.on_commit"),
    ],
)
def test_modules_and_relative_imports_are_used(text: str, dotted: str, name: str) -> None:
    assert added(text, dotted) == (text, name)


def test_a_package_is_not_its_modules() -> None:
    assert added("import celery\n") == ("import celery\nfrom celery.exceptions import Retry\n", "Retry")
    assert added("from ..celery import app\n", "shop.celery.app")[1] != "shop.celery.app"


def test_exact_asks_for_the_name_itself() -> None:
    assert added("import celery.exceptions\n", exact=True)[1] == "Retry"
    text = "from celery.exceptions import Retry as Again\n"
    assert added(text, exact=True) == ("from celery.exceptions import Retry as Again, Retry\n", "Retry")
    assert added("Retry = 1\n", exact=True) == ("Retry = 1\n", None)


NOT_COUNTED = [
    "if TYPE_CHECKING:\n    from celery.exceptions import Retry\n",
    "try:\n    from celery.exceptions import Retry\nexcept ImportError:\n    pass\n",
    "def f():\n    from celery.exceptions import Retry\n",
    "if x:\n    import celery.exceptions\n",
]


@pytest.mark.parametrize("text", NOT_COUNTED)
def test_imports_that_need_not_run_do_not_count(text: str) -> None:
    head = "import typing\n"
    assert added(head + text) == (f"{head}\nfrom celery.exceptions import Retry\n{text}", "Retry")


@pytest.mark.parametrize(
    "text",
    [
        "Retry = 1\n",
        "from urllib3 import Retry\n",
        "from .errors import *\nRetry()\n",
        "def f(Retry): pass\n",
        "class Retry: pass\n",
        "def Retry(): pass\n",
        "try: pass\nexcept OSError as Retry: pass\n",
        "def f():\n    global Retry\n",
        "match x:\n    case {'a': 1, **Retry}: pass\n",
        "match x:\n    case [*Retry]: pass\n",
        "for Retry in x: pass\n",
        "[Retry for Retry in x]\n",
        "lambda *Retry: 0\n",
        "from celery.exceptions import Retry\nRetry = None\n",
        "try:\n    from celery.exceptions import Retry\nexcept ImportError:\n    Retry = None\n",
        "del Retry\n",
        "(Retry := 1)\n",
        "import a as Retry\n",
    ],
)
def test_a_name_in_use_is_not_taken(text: str) -> None:
    new, name = added(text)
    assert name == "CeleryRetry"
    assert "Retry as CeleryRetry\n" in new
    assert is_subsequence(text, new)


def test_names_of_python_are_not_taken() -> None:
    assert added("", "celery.exceptions.TimeoutError")[1] == "CeleryTimeoutError"
    assert added("CeleryTimeoutError = CeleryTimeoutError_2 = 1\n", "celery.exceptions.TimeoutError")[1] == (
        "CeleryTimeoutError_3"
    )
    assert added("partial = 1\n", "functools.partial")[1] == "functools_partial"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("import celery.exceptions as e, Z\n", None),
        ("from celery.exceptions import Ignore\n", "from celery.exceptions import Ignore, Retry\n"),
        ("from celery.exceptions import Terminated\n", "from celery.exceptions import Retry, Terminated\n"),
        ("from celery.exceptions import A, a\n", "from celery.exceptions import A, Retry, a\n"),
        ("from celery.exceptions import Z, A  # c\n", "from celery.exceptions import Z, A, Retry  # c\n"),
        ("from celery.exceptions import A; x = 1\n", "from celery.exceptions import A, Retry; x = 1\n"),
        ("from celery.exceptions import (A, Z)\n", "from celery.exceptions import (A, Retry, Z)\n"),
        ("from celery.exceptions import (\n    A,\n)\n", "from celery.exceptions import (\n    A,\n    Retry,\n)\n"),
        ("from celery.exceptions import (\n    A\n)\n", "from celery.exceptions import (\n    A,\n    Retry\n)\n"),
        ("from celery.exceptions import (\n\tZ,\n)\n", "from celery.exceptions import (\n\tRetry,\n\tZ,\n)\n"),
        (
            "from celery.exceptions import (  # c\n    A,  # a\n    Z,  # z\n)\n",
            "from celery.exceptions import (  # c\n    A,  # a\n    Retry,\n    Z,  # z\n)\n",
        ),
        (
            "from celery.exceptions import (\n    A,  # a\n)\n",
            "from celery.exceptions import (\n    A,  # a\n    Retry,\n)\n",
        ),
        (
            "from celery.exceptions import (\n    A  # a\n)\n",
            "from celery.exceptions import (\n    A  # a\n)\nfrom celery.exceptions import Retry\n",
        ),
        (
            "from celery.exceptions import (\n    A,\n    # of Z\n    Z,\n)\n",
            "from celery.exceptions import (\n    A,\n    # of Z\n    Z,\n)\nfrom celery.exceptions import Retry\n",
        ),
        ("from celery.exceptions import A, \\\n    B\n", "from celery.exceptions import A, \\\n    B, Retry\n"),
        (
            f"from celery.exceptions import {'A' * 53}\n",
            f"from celery.exceptions import {'A' * 53}\nfrom celery.exceptions import Retry\n",
        ),
        ("from celery.exceptions import *\n", "from celery.exceptions import *\nfrom celery.exceptions import Retry\n"),
    ],
)
def test_an_import_of_the_module_is_extended(before: str, after: str | None) -> None:
    assert added(before)[0] == (before if after is None else after)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "IMPORT\n"),
        ("\n", "\nIMPORT\n"),
        ("x = 1", "IMPORT\n\nx = 1"),
        ("x = 1\n", "IMPORT\n\nx = 1\n"),
        ("# c", "# c\n\nIMPORT"),
        ("# c\n", "# c\n\nIMPORT\n"),
        ("# licence\n# text\n\nx = 1\n", "# licence\n# text\n\nIMPORT\n\nx = 1\n"),
        ("# about x\nx = 1\n", "IMPORT\n\n# about x\nx = 1\n"),
        ("#!/bin/sh\n# coding: utf-8\nx = 1\n", "#!/bin/sh\n# coding: utf-8\n\nIMPORT\n\nx = 1\n"),
        ("\n# -*- coding: utf-8 -*-\nx = 1\n", "\n# -*- coding: utf-8 -*-\n\nIMPORT\n\nx = 1\n"),
        ("#!/bin/sh\nx = 1\n", "#!/bin/sh\n\nIMPORT\n\nx = 1\n"),
        ('"""Doc."""', '"""Doc."""\n\nIMPORT'),
        ('"""Doc."""\n', '"""Doc."""\n\nIMPORT\n'),
        ('"""Doc."""\nx = 1\n', '"""Doc."""\n\nIMPORT\n\nx = 1\n'),
        ('"""Doc."""  # c\n\nx = 1\n', '"""Doc."""  # c\n\nIMPORT\n\nx = 1\n'),
        ('"""Doc."""; x = 1\ny = 1\n', '"""Doc."""; x = 1\n\nIMPORT\n\ny = 1\n'),
        ('"""Doc."""; import os\n', '"""Doc."""; import os\n\nIMPORT\n'),
        ("from __future__ import annotations\n", "from __future__ import annotations\n\nIMPORT\n"),
        ("from __future__ import a; import kombu\n", "from __future__ import a; import kombu\nIMPORT\n"),
        ("\fx = 1\n", "IMPORT\n\n\fx = 1\n"),
        ("import os\n", "import os\n\nIMPORT\n"),
        ("import os", "import os\n\nIMPORT"),
        ("import os\n\nimport django\n", "import os\n\nimport django\nIMPORT\n"),
        ("import os\nimport django\nx = 1\n", "import os\nimport django\nIMPORT\nx = 1\n"),
        ("import os\n\nfrom . import x\n", "import os\n\nIMPORT\n\nfrom . import x\n"),
        ("from . import x\n", "IMPORT\n\nfrom . import x\n"),
        ("# ours\nfrom .a import x\n", "# ours\nIMPORT\n\nfrom .a import x\n"),
        ("import celery\nfrom celery import app\n", "import celery\nfrom celery import app\nIMPORT\n"),
        ("from celery.worker import w\nimport os\n", "IMPORT\nfrom celery.worker import w\nimport os\n"),
        ("import z; import a\n\nx = 1\n", "import z; import a\nIMPORT\n\nx = 1\n"),
        ("import z\nimport a\n\nx = 1\n", "import z\nimport a\nIMPORT\n\nx = 1\n"),
        ("import a \\\n  as b\nimport z\n", "import a \\\n  as b\nimport z\nIMPORT\n"),
        ("from kombu import (  # c\n  Queue)  # d\nx = 1", "IMPORT\nfrom kombu import (  # c\n  Queue)  # d\nx = 1"),
    ],
)
def test_where_a_new_import_goes(before: str, after: str) -> None:
    assert added(before)[0] == after.replace("IMPORT", "from celery.exceptions import Retry")


def test_python_s_own_modules_go_first() -> None:
    before = "import os\nimport sys\n\nimport celery\n"
    assert added(before, "random")[0] == "import os\nimport random\nimport sys\n\nimport celery\n"
    assert added("import celery\n", "functools.partial")[0] == "from functools import partial\n\nimport celery\n"


def test_what_must_run_first_does() -> None:
    before = block("""
        from gevent import monkey
        monkey.patch_all()
        import requests
        x = 1
        import late
    """)
    after = before.replace("import requests\n", "import requests\nfrom celery.exceptions import Retry\n")
    assert added(before)[0] == after
    at_once = "import os\n\nfrom celery import Celery\n\nos.environ.setdefault('A', 'b')\n\napp = Celery()\n"
    assert added(at_once)[0] == at_once.replace("Celery\n\n", "Celery\nfrom celery.exceptions import Retry\n\n", 1)


def test_an_import_below_the_place_is_of_no_use() -> None:
    before = "import os\n\n@task\ndef f(): ...\n\nfrom celery.exceptions import Retry\n"
    assert added(before, before=3)[0] == before.replace(
        "import os\n", "import os\n\nfrom celery.exceptions import Retry\n"
    )
    assert added(before)[0] == before


def test_several_at_once() -> None:
    text = '"""Doc."""\nimport os\nx = TimeoutError\n'
    source = Source.from_text("a.py", text)
    names = [RETRY, "celery.exceptions.Ignore", "functools.partial", RETRY, "celery.exceptions.TimeoutError", "os"]
    edits, found = ensure_all(source, parse(source.text), names, before=3)
    assert apply(source, edits) == block('''
        """Doc."""
        import os
        from functools import partial

        from celery.exceptions import Ignore, Retry, TimeoutError as CeleryTimeoutError
        x = TimeoutError
    ''')
    assert found == {
        RETRY: "Retry",
        "celery.exceptions.Ignore": "Ignore",
        "functools.partial": "partial",
        "celery.exceptions.TimeoutError": "CeleryTimeoutError",
        "os": "os",
    }


def test_several_of_one_name_get_names_of_their_own() -> None:
    source = Source.from_text("a.py", "")
    edits, found = ensure_all(
        source, parse(source.text), ["requests.ConnectionError", "redis.ConnectionError", "a.B", "c.B"]
    )
    assert len(set(found.values())) == 4
    namespace = {
        alias.asname or alias.name
        for node in parse(apply(source, edits)).body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert namespace == set(found.values())


PIECES = st.sampled_from(
    [
        '"""Doc ü."""',
        "# comment",
        "#!/usr/bin/env python",
        "# coding: utf-8",
        "from __future__ import annotations",
        "import os",
        "import sys as system; import json",
        "from . import models",
        "from celery import shared_task",
        "from celery.exceptions import (\n    Ignore,  # ü\n)",
        "from celery.exceptions import Retry as Again",
        "from kombu import *",
        "if TYPE_CHECKING:\n\tfrom celery.exceptions import Retry",
        "Retry = 'ü'",
        "x = 1 ;",
        "\f",
        "",
        "def f():\n    raise Retry",
        "os.environ['ü'] = Retry()",
    ]
)


def module(pieces: list[str], newline: str, final: bool) -> str:
    """A module of the pieces, with what must be first in front."""
    order = ["#!", "# coding", '"""', "from __future__"]
    first = sorted(
        {p for p in pieces if p.startswith(tuple(order))}, key=lambda p: [p.startswith(o) for o in order][::-1]
    )
    rest = [piece for piece in pieces if piece not in first]
    return newline.join([*first, *rest, *([""] if final else [])]).replace("\n", newline)


@given(st.lists(PIECES, max_size=8), st.sampled_from(["\n", "\r\n", "\r"]), st.booleans(), st.data())
def test_any_module_can_be_given_imports(pieces: list[str], newline: str, final: bool, data: st.DataObject) -> None:
    text = module(pieces, newline, final)
    old = ast.parse(text)
    before = data.draw(st.sampled_from([0, *(node.lineno for node in old.body if isinstance(node, USES))]))
    for dotted in (RETRY, "functools.partial", "os"):
        new, name = added(text, dotted, before=before)
        tree = ast.parse(new)
        assert name is not None
        # Nothing but imports is new, the docstring and `__future__` are still first, and no text is gone.
        assert [ast.dump(node) for node in tree.body if not is_import(node)] == [
            ast.dump(node) for node in old.body if not is_import(node)
        ]
        assert ast.get_docstring(tree) == ast.get_docstring(old)
        compile(new, "a.py", "exec", dont_inherit=True)
        assert is_subsequence(text, new)


USES = (ast.Assign, ast.FunctionDef, ast.If)


def is_import(node: ast.stmt) -> bool:
    return isinstance(node, ast.Import | ast.ImportFrom) and getattr(node, "module", "") != "__future__"


def is_subsequence(short: str, long: str) -> bool:
    rest = iter(long)
    return all(character in rest for character in short)
