"""What the index makes of a project: tasks by every form, imports, dispatches, the call graph, settings."""

from __future__ import annotations

from pathlib import Path

import pytest

from celerylint.values import UNKNOWN, Call, Const, Name
from tests.tools import index, project

APP = "from celery import Celery\napp = Celery('shop')\n"


def names(folder: Path, files: dict[str, str], **options: object) -> list[str]:
    return [task.name for task in index(folder, files, **options).tasks]


@pytest.mark.parametrize(
    "text",
    [
        "from celery import shared_task\n@shared_task\ndef ship(): ...",
        "from celery import shared_task as job\n@job(bind=True)\ndef ship(self): ...",
        "import celery\n@celery.shared_task()\ndef ship(): ...",
        "from celery import Celery\napp = Celery('shop')\n@app.task\ndef ship(): ...",
        "import celery as c\ncapp = c.Celery()\n@capp.task(name='tasks.ship')\ndef ship(): ...",
        "from celery import current_app\n@current_app.task\ndef ship(): ...",
        "from celery.task import task\n@task\ndef ship(): ...",
        "from celery import Celery\ndef make():\n    app = Celery()\n    return app\n"
        "app = make()\n@app.task\ndef ship(): ...",
        "from celery import Celery\nclass Shop(Celery): ...\napp = Shop()\n@app.task()\ndef ship(): ...",
        "from celery import shared_task\ndef ship(): ...\nsent = shared_task(ship)",
        "from celery import Celery\napp = Celery()\ndef ship(): ...\napp.task(bind=False)(ship)",
        "from functools import partial\nfrom celery import shared_task\n"
        "job = partial(shared_task, bind=True)\n@job\ndef ship(self): ...",
        "from celery import shared_task\ndef job(**kw):\n    def wrap(f):\n"
        "        return shared_task(**kw)(f)\n    return wrap\n"
        "@job(bind=True)\ndef ship(self): ...",
        "from celery import shared_task\ndef job(f):\n    return shared_task(bind=True)(f)\n@job\ndef ship(self): ...",
    ],
)
def test_functions_become_tasks(tmp_path: Path, text: str) -> None:
    assert names(tmp_path, {"tasks.py": text}) == ["tasks.ship"]


@pytest.mark.parametrize(
    "text",
    [
        "from huey import task\n@task()\ndef ship(): ...",
        "from invoke import task\n@task\ndef ship(c): ...",
        "import dramatiq\n@dramatiq.actor\ndef ship(): ...",
        "from prefect import task\n@task\ndef celery(): ...",
        "from celery import shared_task\ndef ship(): ...\nprint(shared_task)",
        "app = object()\n@app.task\ndef ship(): ...",
    ],
)
def test_other_things_do_not(tmp_path: Path, text: str) -> None:
    assert names(tmp_path, {"tasks.py": text}) == []


# A decorator that is an object, and gives the task the name of what it decorates.
MAKER = """
    from functools import wraps
    from celery import shared_task

    class own_task:
        def __init__(self, queue, **options):
            self.queue, self.options = queue, options

        def __call__(self, function):
            return self.made(function)

        def made(self, function):
            @wraps(function)
            def inner(*args, again=False, **kwargs):
                return function(*args, **kwargs)

            return shared_task(acks_late=True, queue=self.queue, **self.options)(inner)
    """


def test_objects_of_a_class_make_tasks(tmp_path: Path) -> None:
    tasks = """
        from maker import own_task

        bulk_task = own_task("bulk")

        @bulk_task
        def ship(order_id): ...

        @bulk_task()
        def pack(order_id): ...

        @own_task("mail", name="thank", max_retries=10)
        def thank_customer(order_id): ...
        """
    found = index(tmp_path, {"maker.py": MAKER, "tasks.py": tasks})
    assert [task.name for task in found.tasks] == ["tasks.ship", "tasks.pack", "thank"]
    ship, _, thank = found.tasks
    assert ship.options == {"acks_late": Const(True), "queue": UNKNOWN}
    assert ship.open
    assert thank.options == {
        "acks_late": Const(True),
        "queue": UNKNOWN,
        "name": Const("thank"),
        "max_retries": Const(10),
    }
    # What the object puts around the function may take more than that.
    assert found.parameters_of(ship) is None


def test_an_object_that_makes_no_task_is_no_decorator_of_tasks(tmp_path: Path) -> None:
    maker = """
        from celery import shared_task

        class own_task:
            def __call__(self, function):
                return function
        """
    assert (
        names(tmp_path, {"maker.py": maker, "tasks.py": "from maker import own_task\n@own_task()\ndef ship(): ..."})
        == []
    )


def test_classes_become_tasks(tmp_path: Path) -> None:
    text = """
    from celery import Celery, Task
    app = Celery()
    class Base(Task):
        abstract = True
    class Ship(Base):
        name = "ship-it"
        max_retries = 5
        def run(self, order): ...
    class Pack(app.Task):
        def run(self): ...
    class Plain:
        def run(self): ...
    app.register_task(Pack())
    """
    found = index(tmp_path, {"tasks.py": text})
    assert [(task.name, task.kind, task.bound) for task in found.tasks] == [
        ("ship-it", "class", True),
        ("tasks.Pack", "class", True),
    ]
    assert found.option(found.tasks[0], "max_retries").value == Const(5)


def test_an_app_is_followed_through_packages(tmp_path: Path) -> None:
    files = {
        "shop/__init__.py": "from .celery import app as celery_app\n__all__ = ['celery_app']",
        "shop/celery.py": APP,
        "shop/orders/__init__.py": "from .tasks import *",
        "shop/orders/tasks.py": "from shop import celery_app\n@celery_app.task\ndef ship(order): ...",
        "shop/views.py": "from shop import orders\nfrom shop.orders import ship\nship.delay(1)\norders.ship.delay(2)",
    }
    found = index(tmp_path, files)
    assert [task.name for task in found.tasks] == ["shop.orders.tasks.ship"]
    sent = [dispatch for dispatch in found.dispatches if dispatch.sends]
    assert [dispatch.name for dispatch in sent] == ["shop.orders.tasks.ship"] * 2
    assert [dispatch.args for dispatch in sent] == [(Const(1),), (Const(2),)]


def test_relative_imports_and_folders_without_packages(tmp_path: Path) -> None:
    files = {
        "backend/app/tasks.py": "from celery import shared_task\n@shared_task\ndef ship(): ...",
        "backend/app/api/views.py": "from app.tasks import ship\nship.delay()",
        "backend/app/mail.py": "from .tasks import ship\nship.apply_async()",
    }
    assert {dispatch.task and dispatch.task.key for dispatch in index(tmp_path, files).dispatches} == {
        "backend.app.tasks:ship"
    }


LIKE_CELERY = {
    "celery.py": """
        from celery import Celery, shared_task
        from celery.schedules import crontab
        app = Celery("shop")
        app.conf.beat_schedule = {"ship": {"task": "ship", "schedule": crontab()}}

        @app.task
        def ship(): ...

        @shared_task(name="pack")
        def pack(): ...
        """,
    "jobs.py": """
        from .celery import app
        import celery

        @app.task
        def bill(): ...

        @celery.shared_task
        def thank(): ...
        """,
}


@pytest.mark.parametrize("folder", ["", "shop/", "shop/celery/", "src/shop/celery/"])
def test_files_that_are_named_like_celery_are_not_celery(tmp_path: Path, folder: str) -> None:
    """Folders without `__init__.py` are packages too: there `from celery import …` is not the file itself."""
    files = {f"{folder}{name}": text for name, text in LIKE_CELERY.items()}
    if folder.endswith("celery/"):
        files |= {f"{folder}__init__.py": "from .celery import app"}
    found = index(tmp_path, files)
    assert len(found.apps) == 1
    (app,) = found.apps
    assert [task.app for task in found.tasks] == [app.key, "", app.key, ""]
    assert [entry.schedule for entry in found.schedule] == [Call(Name("celery.schedules.crontab"))]


def test_a_package_in_a_folder_without_one_has_the_name_of_both(tmp_path: Path) -> None:
    task = "import celery\n@celery.shared_task\ndef ship(): ..."
    files = {"shop/celery/__init__.py": "", "shop/celery/jobs.py": task}
    assert names(tmp_path, files) == ["shop.celery.jobs.ship"]


def test_celerys_own_code_is_read_as_that(tmp_path: Path) -> None:
    files = {
        "celery/__init__.py": "from celery.app.base import Celery",
        "celery/app/__init__.py": "",
        "celery/app/base.py": "class Celery: ...",
        "examples.py": "import celery\napp = celery.Celery()",
    }
    assert index(tmp_path, files).modules.canonical("celery.Celery") == "celery.app.base.Celery"


MANAGE = """
    import os
    import sys
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "{settings}")
    """
BACKEND = {
    "backend/__init__.py": "",
    "backend/config/__init__.py": "",
    "backend/config/settings.py": "",
    "backend/orders/__init__.py": "",
    "backend/orders/tasks.py": "from celery import shared_task\n@shared_task\ndef ship(): ...",
    "backend/jobs.py": "from celery import shared_task\n@shared_task\ndef pack(): ...",
    "tests/test_ship.py": "from backend.orders.tasks import ship\nfrom celery import chain\n",
}


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ("config.settings", ["jobs.pack", "orders.tasks.ship"]),
        ("backend.config.settings", ["backend.jobs.pack", "backend.orders.tasks.ship"]),
        ("elsewhere.settings", ["backend.jobs.pack", "backend.orders.tasks.ship"]),
    ],
)
def test_modules_beside_manage_py_are_named_as_its_settings_are(
    tmp_path: Path, settings: str, expected: list[str]
) -> None:
    files = BACKEND | {"backend/manage.py": MANAGE.format(settings=settings)}
    found = index(tmp_path, files)
    assert sorted(task.name for task in found.tasks) == expected
    # However it is named, imports by its whole path lead there.
    located = found.modules.locate("backend.orders.tasks", "")
    assert found.modules.relatives[found.modules.path(located)] == "backend/orders/tasks.py"


def test_the_configuration_says_better_where_modules_are_imported_from(tmp_path: Path) -> None:
    files = BACKEND | {"backend/manage.py": MANAGE.format(settings="config.settings")}
    assert names(tmp_path, files, **{"source-roots": ["other"]}) == ["backend.jobs.pack", "backend.orders.tasks.ship"]


def test_two_packages_of_one_name_are_told_apart(tmp_path: Path) -> None:
    task = "from celery import shared_task\n@shared_task\ndef {name}(): ..."
    files = {
        "one/pkg/__init__.py": "",
        "one/pkg/tasks.py": task.format(name="first"),
        "one/pkg/use.py": "from pkg.tasks import first\nfirst.delay()",
        "two/pkg/__init__.py": "",
        "two/pkg/tasks.py": task.format(name="second"),
        "two/pkg/use.py": "from pkg.tasks import second\nsecond.delay()",
    }
    found = index(tmp_path, files)
    assert sorted(task.name for task in found.tasks) == ["pkg.tasks.first", "pkg.tasks.second"]
    assert sorted(dispatch.name for dispatch in found.dispatches) == ["pkg.tasks.first", "pkg.tasks.second"]


def test_imports_in_circles_end(tmp_path: Path) -> None:
    files = {f"shop/m{n}.py": "".join(f"from shop.m{k} import *\n" for k in range(12)) for n in range(12)}
    files |= {"shop/__init__.py": "", "shop/use.py": "from shop.m0 import ship\nimport celery\nship.delay()"}
    assert index(tmp_path, files).dispatches == []


def test_names_of_the_configuration_make_tasks(tmp_path: Path) -> None:
    text = "from company import background_job\n@background_job\ndef ship(): ..."
    assert names(tmp_path, {"jobs.py": text}) == []
    assert names(tmp_path, {"jobs.py": text}, **{"task-decorators": ["company.background_job"]}) == ["jobs.ship"]


def test_options_come_from_annotations_tasks_bases_and_settings_in_this_order(tmp_path: Path) -> None:
    text = """
    from celery import Celery, Task
    app = Celery()
    app.conf.task_time_limit = 10
    app.conf.task_acks_late = True
    app.conf.task_annotations = {"tasks.annotated": {"time_limit": 40}}
    class Base(Task):
        time_limit = 20
    @app.task
    def plain(): ...
    @app.task(base=Base)
    def based(): ...
    @app.task(base=Base, time_limit=30)
    def own(): ...
    @app.task(base=Base, time_limit=30)
    def annotated(): ...
    """
    found = index(tmp_path, {"tasks.py": text})
    limits = {task.label: found.option(task, "time_limit") for task in found.tasks}
    assert {label: option.value for label, option in limits.items()} == {
        "plain": Const(10),
        "based": Const(20),
        "own": Const(30),
        "annotated": Const(40),
    }
    assert [limits[label].source for label in ("plain", "based", "own", "annotated")] == [
        "setting",
        "base",
        "task",
        "annotation",
    ]
    assert found.option(found.tasks[0], "soft_time_limit").absent


def test_the_call_graph_follows_helpers_methods_and_files(tmp_path: Path) -> None:
    files = {
        "tasks.py": """
            from celery import shared_task
            from helpers import Sender, fetch
            @shared_task
            def ship(order):
                def inner(): fetch(order)
                inner()
                Sender().send()
        """,
        "helpers.py": """
            import requests
            def fetch(order): again(order)
            def again(order): fetch(order); requests.get("x")
            def untouched(): requests.get("x")
            class Base:
                def send(self): self.hook()
            class Sender(Base):
                def hook(self): requests.post("x")
        """,
    }
    graph = index(tmp_path, files).graph
    assert set(graph.reached) == {
        "tasks:ship",
        "tasks:ship.inner",
        "helpers:fetch",
        "helpers:again",
        "helpers:Base.send",
    } | ({"helpers:Sender.hook"} & set(graph.reached))
    assert [step.callee for step in graph.steps("helpers:again")] == ["ship.inner", "fetch", "again"]
    assert "helpers:untouched" not in graph.reached


def test_a_long_chain_of_calls_is_followed_to_its_end(tmp_path: Path) -> None:
    helpers = "".join(f"def f{n}(): f{n + 1}()\n" for n in range(3000)) + "def f3000(): ...\n"
    text = f"from celery import shared_task\n{helpers}@shared_task\ndef ship(): f0()\n"
    graph = index(tmp_path, {"tasks.py": text}).graph
    assert len(graph.steps("tasks:f3000")) == 3001


def test_settings_are_read_in_every_form(tmp_path: Path) -> None:
    files = {
        "shop/__init__.py": "",
        "shop/celery.py": """
            from celery import Celery
            app = Celery("shop", broker="redis://b/0", task_acks_late=True)
            app.config_from_object("django.conf:settings", namespace="CELERY")
            app.conf.timezone = "UTC"
            app.conf["worker_concurrency"] = 3
            app.conf.update({"task_serializer": "json"}, result_expires=60)
        """,
        "shop/settings.py": "CELERY_TASK_TIME_LIMIT = 5\nOTHER = 1\nif DEBUG:\n    CELERY_TASK_ALWAYS_EAGER = True",
    }
    configuration = index(tmp_path, files).configuration
    values = {setting.name: setting.value for setting in configuration.all if setting.name}
    assert values == {
        "broker_url": Const("redis://b/0"),
        "task_acks_late": Const(True),
        "timezone": Const("UTC"),
        "worker_concurrency": Const(3),
        "task_serializer": Const("json"),
        "result_expires": Const(60),
        "task_time_limit": Const(5),
        "task_always_eager": Const(True),
    }
    assert configuration.production("task_time_limit")
    assert not configuration.production("task_always_eager")


def test_what_is_not_celerys_is_no_dispatch(tmp_path: Path) -> None:
    text = """
    import multiprocessing
    from celery import shared_task
    @shared_task
    def ship(): ...
    pool = multiprocessing.Pool()
    pool.apply_async(ship)
    class Mail:
        def delay(self): ...
    Mail().delay()
    def f(ship): ship.delay()
    """
    assert index(tmp_path, {"tasks.py": text}).dispatches == []


def test_a_broken_file_does_not_stop_the_rest(tmp_path: Path) -> None:
    files = {
        "bad.py": "from celery import shared_task\ndef (:\n",
        "tasks.py": "from celery import shared_task\nimport bad\n@shared_task\ndef ship(): bad.x()",
    }
    made = project(tmp_path, files, select=["CEL000"])
    assert [task.name for task in made.index.tasks] == ["tasks.ship"]
    assert [finding.code for finding in made.check().findings] == ["CEL000"]


def test_canonical_names_know_where_celery_keeps_things(tmp_path: Path) -> None:
    modules = index(
        tmp_path, {"compat.py": "from celery.app.task import Task\nfrom celery.canvas import chain"}
    ).modules
    assert modules.canonical("compat.Task") == "celery.Task"
    assert modules.canonical("compat.chain") == "celery.chain"
    assert modules.expand(Name("nowhere.at_all")) == Name("nowhere.at_all")


def test_what_is_followed_does_not_depend_on_what_was_read_before(tmp_path: Path) -> None:
    files = {
        "tasks.py": "from celery import shared_task\nfrom plain import helper\n@shared_task\ndef ship(): helper()",
        "plain.py": "from more import again\ndef helper(): again()",
        "more.py": "import time\ndef again(): time.sleep(9)",
    }
    fresh = project(tmp_path, files)
    read = project(tmp_path, files)
    for path in read.shown_paths:
        read.facts(path)
    assert set(read.index.graph.reached) == set(fresh.index.graph.reached) == {"tasks:ship"}


def test_lines_are_found_by_whole_words(tmp_path: Path) -> None:
    made = project(tmp_path, {"a.py": "limit = 1\n  unlimited = limit\n# off limits\r\nx = 'limit'"})
    assert [line for _, line in made.lines_with("limit")] == ["limit = 1", "unlimited = limit", "x = 'limit'"]
