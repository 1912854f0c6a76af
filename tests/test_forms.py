"""Every form in which configuration is written, held to what the imported app says is in force."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from celerylint.output._model import Row
from tests.test_inspect import found, is_literal

# Each is a module, and one beside it. `FORM` stands for the form's name, so that one process can import all of them.
FORMS: dict[str, tuple[str, str]] = {
    "attribute": ("app.conf.task_time_limit = 60 * 5\napp.conf['timezone'] = 'Europe/Paris'", ""),
    "setattr": ("setattr(app.conf, 'task_time_limit', 3)", ""),
    "bound": (
        "conf = app.conf\nconf.task_time_limit = 3\nconf.update(task_acks_late=True)\nconf['timezone'] = 'UTC'",
        "",
    ),
    "update": (
        """
        OPTIONS = {"task_time_limit": 3}
        OPTIONS["task_soft_time_limit"] = 2
        app.conf.update(OPTIONS, worker_concurrency=4)
        app.conf.update(**{"timezone": "Europe/Paris"})
        """,
        "",
    ),
    "loop": ("for key, value in {'task_time_limit': 3}.items():\n    app.conf[key] = value", ""),
    "setattr_loop": ("for key, value in {'task_time_limit': 3}.items():\n    setattr(app.conf, key, value)", ""),
    "setdefault": ("app.conf.setdefault('task_time_limit', 4)", ""),
    "more_items": (
        """
        app.conf.task_routes = {"a": "q"}
        app.conf.task_routes.update({"b": {"queue": "r"}})
        app.conf.task_routes["c"] = "s"
        app.conf.task_routes |= {"d": "t"}
        """,
        "",
    ),
    "union": (
        "app.config_from_object('FORM_config')",
        "task_routes = {'a': 'q'}\ntask_routes |= {'b': 'r'}\ntask_routes['c'] = 's'",
    ),
    "defaults": (
        """
        app.config_from_object({"task_time_limit": 5, "task_acks_late": True})
        app.add_defaults({"task_time_limit": 3, "timezone": "Europe/Paris"})
        """,
        "",
    ),
    "called_defaults": ("def late(): return {'task_acks_late': True}\napp.add_defaults(late)", ""),
    "module": ("import FORM_config\napp.config_from_object(FORM_config)", "task_time_limit = 5\nimports = ('json',)"),
    "namespace": (
        "app.config_from_object('FORM_config', namespace='SHOP')\napp.conf.SHOP_TIMEZONE = 'UTC'",
        "SHOP_TASK_TIME_LIMIT = 5\ntask_acks_late = True\nshop_task_soft_time_limit = 3",
    ),
    "lower_namespace": (
        "app.config_from_object('FORM_config', namespace='shop_')",
        "shop_task_time_limit = 5\nSHOP_TASK_ACKS_LATE = True",
    ),
    "bases": (
        """
        class Base:
            task_time_limit = 5
            task_acks_late = True
        class Beside:
            task_time_limit = 7
            worker_concurrency = 2
        class Production(Beside, Base):
            timezone = "Europe/Paris"
        app.config_from_object(Production)
        """,
        "",
    ),
    "object": (
        """
        class Production:
            task_acks_late = True
            task_soft_time_limit = 2
            def __init__(self):
                self.task_time_limit = 9
            @property
            def worker_concurrency(self):
                return 4
        app.config_from_object(Production())
        """,
        "",
    ),
    "dataclass": (
        """
        from dataclasses import dataclass
        @dataclass
        class Production:
            task_time_limit: int = 8
            task_acks_late: bool = True
        app.config_from_object(Production(task_time_limit=9))
        """,
        "",
    ),
    "names": (
        "from types import SimpleNamespace\napp.config_from_object(SimpleNamespace(task_time_limit=5, timezone='UTC'))",
        "",
    ),
    "variable": (
        "import os\nos.environ.setdefault('FORM_CONFIG', 'FORM_config')\napp.config_from_envvar('FORM_CONFIG')",
        "task_time_limit = 5\ntask_acks_late = True",
    ),
    "replaced": (
        "app.config_from_object({'task_time_limit': 4, 'timezone': 'UTC'})\n"
        "app.config_from_object({'task_time_limit': 5})",
        "",
    ),
    "keywords": ("app = Celery('FORM', changes={'task_time_limit': 4}, task_acks_late=True)", ""),
    "given_keywords": ("OPTIONS = {'task_time_limit': 4}\napp = Celery('FORM', **OPTIONS, timezone='UTC')", ""),
    "excepted": (
        """
        try:
            app.conf.task_time_limit = 4
            app.conf.timezone = "UTC"
        except KeyError:
            app.conf.timezone = "Europe/Paris"
        """,
        "",
    ),
    "matched": (
        """
        import os
        app.conf.task_time_limit = 4
        match os.environ.get("MATCHED_RUNS_IN", "production"):
            case "development" | "test":
                app.conf.task_time_limit = 5
            case _:
                app.conf.task_acks_late = True
        """,
        "",
    ),
    "old_names": ("app.conf.CELERY_ACKS_LATE = True\napp.conf.update(CELERYD_CONCURRENCY=4)", ""),
}
STARS = {
    "star_app.py": "from celery import Celery\napp = Celery('star')\napp.config_from_object('star_fast')\n",
    "star_slow_app.py": "from celery import Celery\nimport star_slow\napp = Celery('slow')\n"
    "app.config_from_object(star_slow)\n",
    "star_fast.py": "from star_common import *\ntask_default_queue = 'fast'\n",
    "star_slow.py": "from star_common import *\ntask_default_queue = 'slow'\ntask_time_limit = 7\n",
    "star_common.py": "broker_url = 'memory://'\ntask_time_limit = 3\n",
}
REAL = """
import json, sys
from importlib import import_module
from celery.app.defaults import DEFAULTS
said = {}
for key in json.loads(sys.argv[1]):
    module, _, name = key.rpartition(".")
    conf = getattr(import_module(module), name).conf
    said[key] = {name: conf[name] for name in DEFAULTS if conf[name] != DEFAULTS[name]}
json.dump(said, sys.stdout)
"""
# What each app is given for a default queue that has a name.
DERIVED = {"task_default_exchange", "task_default_routing_key"}


def files(form: str) -> dict[str, str]:
    code, config = (textwrap.dedent(text).replace("FORM", form) for text in FORMS[form])
    return {
        f"{form}_app.py": f"from celery import Celery\napp = Celery('{form}')\n{code}\n",
        f"{form}_config.py": f"{config}\n",
    }


@pytest.fixture(scope="module")
def projects(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Every form as a project of its own, by its name."""
    made = {}
    for name, contents in {**{form: files(form) for form in FORMS}, "stars": STARS}.items():
        made[name] = tmp_path_factory.mktemp(name)
        for path, text in contents.items():
            (made[name] / path).write_text(text)
    return made


@pytest.fixture(scope="module")
def real(projects: Mapping[str, Path]) -> dict[str, dict[str, Any]]:
    """What the apps have in force that is not Celery's default, by their keys."""
    keys = [*(f"{form}_app.app" for form in FORMS), "star_app.app", "star_slow_app.app"]
    path = os.pathsep.join(map(str, projects.values()))
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CELERY_")}
    command = [sys.executable, "-W", "ignore", "-c", REAL, json.dumps(keys)]
    done = subprocess.run(
        command, env=environment | {"PYTHONPATH": path}, capture_output=True, text=True, check=True, timeout=120
    )
    said: dict[str, dict[str, Any]] = json.loads(done.stdout)
    return said


def known(app: Row) -> dict[str, Any]:
    return {name: row["value"] for name, row in app["settings"].items() if is_literal(row["value"])}


@pytest.mark.parametrize("form", FORMS)
def test_what_is_in_force(form: str, projects: Mapping[str, Path], real: Mapping[str, dict[str, Any]]) -> None:
    shown, _ = found(projects[form])
    app = next(app for app in shown["apps"] if app["name"] == f"{form}_app.app")
    expected = json.loads(json.dumps(real[app["name"]]))
    assert app["settings"].keys() == expected.keys()
    assert known(app) == {name: value for name, value in expected.items() if name in known(app)}
    # Only where something may go wrong on the way it is not known which of two values is in force.
    assert len(known(app)) == len(expected) - (form == "excepted") >= 1


def test_modules_that_star_import_one_another(projects: Mapping[str, Path], real: Mapping[str, dict[str, Any]]) -> None:
    shown, _ = found(projects["stars"])
    for app in shown["apps"]:
        expected = {name: value for name, value in real[app["name"]].items() if name not in DERIVED}
        assert known(app) == expected
    assert {app["name"] for app in shown["apps"]} == {"star_app.app", "star_slow_app.app"}
