"""Every form in which configuration is written, whose it is, and which of several values is in force."""

from __future__ import annotations

from pathlib import Path

import pytest

from celerylint.index.configuration import Configuration
from celerylint.values import Const, Sequence, Unknown, Value
from tests.tools import index

DJANGO = """
import os
from celery import Celery
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings.production")
app = Celery("shop")
app.config_from_object("django.conf:settings", namespace="CELERY")
"""


def read(folder: Path, files: dict[str, str], **options: object) -> Configuration:
    return index(folder, files, **options).configuration


def written(configuration: Configuration) -> dict[str, Value]:
    return {setting.name: setting.value for setting in configuration.all if setting.name}


@pytest.mark.parametrize(
    "text",
    [
        "app.conf.task_acks_late = True",
        "app.conf['task_acks_late'] = True",
        "app.conf.update(task_acks_late=True)",
        "app.conf.update({'task_acks_late': True})",
        "app.conf.update(dict(task_acks_late=True))",
        "LATE = {'task_acks_late': True}\napp.conf.update(LATE)",
        "LATE = {'task_acks_late': True}\napp.conf.update({**LATE, 'timezone': zone()})",
        "LATE = {}\nLATE['task_acks_late'] = True\napp.conf.update(LATE)",
        "LATE = {}\nLATE.update(task_acks_late=True)\napp.conf.update(LATE | {})",
        "def late():\n    found = {}\n    found['task_acks_late'] = True\n    return found\napp.conf.update(late())",
        "app.add_defaults({'task_acks_late': True})",
        "app.conf.add_defaults({'task_acks_late': True})",
        "app.config_from_object({'task_acks_late': True})",
        "class Late:\n    task_acks_late = True\napp.config_from_object(Late)",
        "class Late:\n    task_acks_late = True\napp.config_from_object(Late())",
        "class Late:\n    task_acks_late = True\nclass Later(Late): ...\napp.config_from_object('tasks.Later')",
        "class Late:\n    task_acks_late: bool = True\napp.config_from_object('tasks:Late')",
        "task_acks_late = True\napp.config_from_object(__name__)",
        "task_acks_late = True\napp.config_from_object('tasks')",
        "CELERY_ACKS_LATE = True\napp.config_from_object('tasks')",
        "def late(app): app.conf.task_acks_late = True\nlate(app)",
        "def late(celery): celery.conf.update(task_acks_late=True)",
        "def late(what: Celery): what.conf.update(task_acks_late=True)",
        "@app.on_after_configure.connect\ndef late(sender, **kwargs): sender.conf.task_acks_late = True",
        "class Shop(Celery):\n    def late(self): self.conf['task_acks_late'] = True\nshop = Shop()",
        "from dataclasses import dataclass\n@dataclass\nclass Late:\n    task_acks_late: bool = True\n"
        "late = Late()\napp.config_from_object(late)",
    ],
)
def test_forms_of_plain_apps(tmp_path: Path, text: str) -> None:
    found = read(tmp_path, {"tasks.py": f"from celery import Celery\napp = Celery('shop')\n{text}"})
    assert written(found) == {"task_acks_late": Const(True)} | (
        {"timezone": found.by_name["timezone"][0].value} if "timezone" in text else {}
    )


def test_keywords_of_the_app_and_of_its_subclass(tmp_path: Path) -> None:
    text = """
    from celery import Celery
    class Shop(Celery): ...
    app = Shop("shop", broker="redis://b", backend="redis://r", task_acks_late=True, include=["tasks"])
    """
    assert set(written(read(tmp_path, {"tasks.py": text}))) == {
        "broker_url",
        "result_backend",
        "task_acks_late",
        "include",
    }


@pytest.mark.parametrize(
    "text",
    [
        "celery.conf.update(app.config)",
        "celery.conf.update(**{}, x=1)\n    celery.conf.update(app.config)",
        "celery.config_from_object(app.config)",
    ],
)
def test_the_whole_configuration_of_flask(tmp_path: Path, text: str) -> None:
    files = {
        "web.py": "from celery import Celery\ndef make(app):\n    celery = Celery(app.name)\n"
        f"    {text}\n    return celery",
        "config.py": "class Config:\n    CELERY_ACKS_LATE = True\n    OTHER = 1\nclass Testing(Config):\n"
        "    CELERY_ALWAYS_EAGER = True",
    }
    found = read(tmp_path, files)
    assert {name for name in written(found) if name} == {"task_acks_late", "task_always_eager"}
    assert found.production("task_acks_late")
    assert not found.production("task_always_eager")


@pytest.mark.parametrize(
    "text",
    [
        "app.config['task_acks_late'] = True",
        "app.config['CELERY_ACKS_LATE'] = True",
        "app.config.update(CELERY_ACKS_LATE=True, DEBUG=True)",
        "app.config.from_mapping({'CELERY_ACKS_LATE': True, 'DEBUG': True})",
    ],
)
def test_what_is_put_into_the_whole_configuration_of_flask(tmp_path: Path, text: str) -> None:
    text = (
        "from celery import Celery\nfrom flask import Flask\napp = Flask('shop')\n"
        f"{text}\ncelery = Celery()\ncelery.conf.update(app.config)"
    )
    assert written(read(tmp_path, {"web.py": text})) == {"task_acks_late": Const(True)}


def test_flask_celeryext_reads_old_and_new_names(tmp_path: Path) -> None:
    files = {
        "web.py": """
            from flask import Flask
            from flask_celeryext import FlaskCeleryExt

            web = Flask("shop")
            web.config["accept_content"] = ["json"]

            def make_celery(app):
                ext = FlaskCeleryExt(app)
                return ext.celery

            celery = make_celery(web)
            """,
        # Its class of configuration has a name with a dot in it, as files that nobody imports may.
        "shop.config.py": """
            class Config:
                CELERY_ACKS_LATE = True
                CELERY_BROKER_URL = "redis://broker/0"
                CELERY_OF_OURS = 1
            """,
    }
    found = read(tmp_path, files)
    assert [(link.app, link.target) for link in found.links] == [("web.celery", "flask_celeryext.FlaskCeleryExt")]
    assert {row.app for row in found.all} == {"web.celery"}
    assert written(found) == {
        "accept_content": Sequence("list", (Const("json"),)),
        "task_acks_late": Const(True),
        "broker_url": Const("redis://broker/0"),
    }
    assert found.hidden


@pytest.mark.parametrize(
    "text",
    [
        "app.config['CELERY'] = {'task_acks_late': True}",
        "app.config.from_mapping(CELERY={'task_acks_late': True})",
        "app.config.from_mapping(CELERY=dict(task_acks_late=True))",
        "app.config.update(CELERY={'task_acks_late': True})",
    ],
)
@pytest.mark.parametrize(
    "reading", ["celery.config_from_object(app.config['CELERY'])", "celery.conf.update(app.config.get('CELERY'))"]
)
def test_a_key_of_flasks_configuration(tmp_path: Path, text: str, reading: str) -> None:
    text = (
        f"from celery import Celery\nfrom flask import Flask\napp = Flask('shop')\n{text}\ncelery = Celery()\n{reading}"
    )
    assert written(read(tmp_path, {"web.py": text})) == {"task_acks_late": Const(True)}


def test_a_dict_in_the_configuration_class_of_an_app_from_outside(tmp_path: Path) -> None:
    files = {
        "app/__init__.py": "from company.celery import CompanyCelery\nqueue = CompanyCelery()",
        "app/config.py": """
            from celery.schedules import crontab
            class Config:
                CELERY = {"task_acks_late": True, "beat_schedule": {}}
            class Development(Config):
                CELERY = {**Config.CELERY, "broker_url": "memory://"}
        """,
    }
    found = read(tmp_path, files)
    assert [row.written for row in found.production("task_acks_late")] == ["task_acks_late"]
    assert not found.production("broker_url")
    assert found.hidden


def test_keys_that_lose_their_prefix_on_the_way(tmp_path: Path) -> None:
    files = {
        "web.py": """
            from celery import Celery
            def make(app):
                celery = Celery()
                celery.conf.update({k.replace("CELERY_", "").lower(): v for k, v in app.config.items()})
        """,
        "settings.py": "CELERY_TASK_ACKS_LATE = True",
    }
    assert written(read(tmp_path, files)) == {"task_acks_late": Const(True)}


def test_django_packages_of_settings(tmp_path: Path) -> None:
    files = {
        "shop/__init__.py": "",
        "shop/celery.py": DJANGO,
        "shop/settings/__init__.py": "",
        "shop/settings/base.py": "CELERY_TASK_TIME_LIMIT = 10\nCELERY_TASK_ACKS_LATE = True\n"
        "CELERY_TASK_ALWAYS_EAGER = True",
        "shop/settings/production.py": "from .base import *\nCELERY_TASK_TIME_LIMIT = 20\n"
        "CELERY_TASK_ALWAYS_EAGER = False",
        "shop/settings/staging.py": "from .production import *\nCELERY_TASK_TIME_LIMIT = 30",
        "shop/settings/local.py": "from .base import *\nCELERY_TASK_TIME_LIMIT = 40",
    }
    found = read(tmp_path, files)
    app = "shop.celery.app"
    assert found.value("task_acks_late", app) == Const(True)
    assert found.value("task_always_eager", app) == Const(False)
    assert [row.value for row in found.effective("task_time_limit", app)] == [Const(20), Const(30)]
    assert [row.value for row in found.reaching("task_always_eager")] == [Const(False)]
    assert found.value("worker_concurrency", app) is None


def test_django_configurations(tmp_path: Path) -> None:
    files = {
        "shop/__init__.py": "",
        "shop/celery.py": DJANGO,
        "shop/settings.py": """
            from configurations import Configuration, values
            class Base(Configuration):
                CELERY_TASK_ALWAYS_EAGER = True
                CELERY_TASK_TIME_LIMIT = 10
                CELERY_BROKER_URL = values.Value("redis://x")
            class Production(Base):
                CELERY_TASK_ALWAYS_EAGER = False
            class Testing(Base):
                CELERY_TASK_TIME_LIMIT = 1
        """,
    }
    found = read(tmp_path, files)
    assert found.value("task_always_eager", "shop.celery.app") == Const(False)
    assert found.value("task_time_limit", "shop.celery.app") == Const(10)
    assert not isinstance(found.value("broker_url", "shop.celery.app"), Const | Unknown | None)


def test_the_order_in_which_celery_looks(tmp_path: Path) -> None:
    text = """
    from celery import Celery
    app = Celery("shop", task_time_limit=1)
    app.config_from_object({"task_time_limit": 2, "result_expires": 2, "task_soft_time_limit": 2, "timezone": "UTC"})
    app.add_defaults({"result_expires": 3, "task_soft_time_limit": 3})
    app.conf.result_expires = 4
    if OFTEN:
        app.conf.timezone = "CET"
    """
    found = read(tmp_path, {"tasks.py": text})
    values = {
        name: found.value(name, "tasks.app") for name in ("task_time_limit", "result_expires", "task_soft_time_limit")
    }
    assert values == {"task_time_limit": Const(1), "result_expires": Const(4), "task_soft_time_limit": Const(3)}
    assert {row.value for row in found.effective("timezone", "tasks.app")} == {Const("UTC"), Const("CET")}


def test_apps_are_kept_apart(tmp_path: Path) -> None:
    text = """
    from celery import Celery
    one = Celery("one")
    two = Celery("two")
    one.conf.task_acks_late = True
    two.conf.task_time_limit = 3
    @one.task
    def first(): ...
    @two.task
    def second(): ...
    """
    found = index(tmp_path, {"tasks.py": text})
    first, second = found.tasks
    assert found.option(first, "acks_late").value == Const(True)
    assert found.option(second, "acks_late").absent
    assert found.option(first, "time_limit").absent
    assert found.option(second, "time_limit").value == Const(3)


def test_an_app_of_a_function_belongs_to_the_name_that_it_is_bound_to(tmp_path: Path) -> None:
    text = """
    from celery import Celery
    def make(flask_app):
        celery = Celery("shop")
        celery.conf.task_acks_late = True
        return celery
    celery = make(1)
    """
    found = index(tmp_path, {"web.py": text})
    assert [app.key for app in found.apps] == ["web.celery"]
    assert [setting.app for setting in found.settings] == ["web.celery"]


def test_items_that_are_put_into_settings_later(tmp_path: Path) -> None:
    files = {
        "shop/__init__.py": "",
        "shop/celery.py": DJANGO + "app.conf.beat_schedule['a'] = {}\napp.conf.beat_schedule.update(b={})\n",
        "shop/settings/production.py": "CELERY_BEAT_SCHEDULE = {}",
        "shop/apps.py": "import celery\nfrom django.conf import settings\nsettings.CELERY_BEAT_SCHEDULE['c'] = {}",
    }
    rows = read(tmp_path, files).effective("beat_schedule", "shop.celery.app")
    assert sorted((row.form, Path(row.path).name) for row in rows) == [
        ("extends", "apps.py"),
        ("extends", "celery.py"),
        ("extends", "celery.py"),
        ("object", "production.py"),
    ]


@pytest.mark.parametrize(("version", "expected"), [("5.6", ""), ("5.7", "worker_concurrency")])
def test_old_names_under_a_namespace_count_from_5_7_on(tmp_path: Path, version: str, expected: str) -> None:
    files = {"shop/__init__.py": "", "shop/celery.py": DJANGO, "shop/settings.py": "CELERYD_CONCURRENCY = 4"}
    found = read(tmp_path, files, **{"target-version": version})
    assert [row.name for row in found.all] == [expected]


def test_what_cannot_be_read_is_said(tmp_path: Path) -> None:
    text = "from celery import Celery\napp = Celery()\n"
    assert not read(tmp_path, {"tasks.py": text}).hidden
    assert read(tmp_path, {"tasks.py": text + "app.config_from_object(find())"}).hidden
    assert read(tmp_path, {"tasks.py": text + "app.config_from_envvar('CELERY_CONFIG')"}).hidden
    assert read(tmp_path, {"tasks.py": text + "app.config_from_object('elsewhere.config')"}).hidden
    assert not read(tmp_path, {"tasks.py": text + "app.config_from_object('conf')", "conf.py": ""}).hidden


@pytest.mark.parametrize(
    ("update", "hidden"),
    [
        ("update(more())", True),
        ("update(known(), **more())", True),
        ("add_defaults({'task_acks_late': True, **more()})", True),
        ("update(known())", False),
        ("update(KNOWN | {'task_time_limit': 60})", False),
        ("update(task_time_limit=60)", False),
        ("setdefault('task_time_limit', 60)", False),
    ],
)
def test_updates_with_what_is_not_known_hide_settings(tmp_path: Path, update: str, hidden: bool) -> None:
    text = f"""
    from celery import Celery
    from elsewhere import more
    KNOWN = {{"task_acks_late": True}}
    def known():
        return KNOWN
    app = Celery()
    app.conf.{update}
    """
    assert read(tmp_path, {"tasks.py": text}).hidden is hidden


def test_what_classes_of_apps_hide(tmp_path: Path) -> None:
    own = "import celery\nclass ShopCelery(celery.Celery):\n    pass\napp = ShopCelery('shop')\n"
    assert not read(tmp_path, {"shop/__init__.py": "", "shop/celery.py": own}).hidden
    below = own.replace("import celery", "from flask_celeryext import FlaskCelery").replace(
        "celery.Celery", "FlaskCelery"
    )
    found = read(tmp_path, {"shop/__init__.py": "", "shop/celery.py": below})
    assert found.hidden
    assert found.app_keys == {"shop.celery.app"}


def test_settings_of_pydantic_are_the_environments(tmp_path: Path) -> None:
    text = """
    from celery import Celery
    from pydantic_settings import BaseSettings
    class Late(BaseSettings):
        CELERY_TASK_ACKS_LATE: bool = True
    app = Celery()
    app.config_from_object(Late(), namespace="CELERY")
    """
    assert written(read(tmp_path, {"tasks.py": text})) == {"task_acks_late": Unknown()}


NAMESPACED = {
    "tasks.py": "from celery import Celery\napp = Celery('shop', broker='redis://keyword')\n"
    "app.config_from_object('conf', namespace='CELERY')\napp.conf.task_time_limit = 9\napp.conf.timezone = 'UTC'",
    "conf.py": "CELERY_TASK_TIME_LIMIT = 4\nCELERY_BROKER_URL = 'redis://object'",
}


@pytest.mark.parametrize(
    ("version", "limit", "broker"),
    [("5.2", 4, "redis://object"), ("5.6", 4, "redis://object"), ("5.7", 9, "redis://keyword")],
)
def test_up_to_5_6_what_has_the_prefix_of_a_namespace_wins(
    tmp_path: Path, version: str, limit: int, broker: str
) -> None:
    found = read(tmp_path, NAMESPACED, **{"target-version": version})
    assert found.value("task_time_limit", "tasks.app") == Const(limit)
    assert found.value("broker_url", "tasks.app") == Const(broker)
    assert found.value("timezone", "tasks.app") == Const("UTC")


@pytest.mark.parametrize(
    "text", ["vars().update(load(FILE))", "globals().update(LOADED)", "for name in LOADED:\n    globals()[name] = 1"]
)
def test_modules_of_settings_that_take_names_in_at_run_time_hide_settings(tmp_path: Path, text: str) -> None:
    files = {"shop/celery.py": DJANGO, "shop/settings/production.py": f"CELERY_TIMEZONE = 'UTC'\n{text}\n"}
    assert read(tmp_path, files).hidden
    assert not read(tmp_path, {**files, "shop/settings/production.py": "CELERY_TIMEZONE = 'UTC'\n"}).hidden


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("NAMES = ['SECRET_KEY']\nfor name in NAMES:\n    locals()[name] = find(name)", False),
        ("for name in ('SECRET_KEY', 'ZONE'):\n    locals()[name] = find(name)", False),
        ("MORE = ['ZONE']\nNAMES = ['A', *MORE]\nfor name in NAMES + MORE:\n    locals()[name] = find(name)", False),
        ("NAMES = ['A']\nfor name in NAMES + names():\n    locals()[name] = find(name)", True),
        ("for name in names():\n    locals()[name] = find(name)", True),
    ],
)
def test_names_that_are_written_out_hide_nothing(tmp_path: Path, text: str, hidden: bool) -> None:
    files = {"shop/celery.py": DJANGO, "shop/settings/production.py": f"CELERY_TIMEZONE = 'UTC'\n{text}\n"}
    assert read(tmp_path, files).hidden is hidden


@pytest.mark.parametrize(("name", "hidden"), [("live", True), ("devstack", False)])
def test_modules_beside_the_settings_take_names_in_too(tmp_path: Path, name: str, hidden: bool) -> None:
    filled = "from shop.settings.base import *\nwith open(FILE) as file:\n    vars().update(load(file))\n"
    files = {"shop/celery.py": DJANGO, "shop/settings/base.py": "CELERY_TIMEZONE = 'UTC'\n"}
    assert read(tmp_path, files | {f"shop/settings/{name}.py": filled}).hidden is hidden
