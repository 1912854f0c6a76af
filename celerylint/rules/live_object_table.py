"""What well-known frameworks and libraries call their models' methods, requests, files and connections."""

from __future__ import annotations

from typing import Literal, TypeAlias

Kind: TypeAlias = Literal["instance", "query", "request", "user", "form", "file", "connection"]

# Methods of Django's managers and querysets and of SQLAlchemy's queries, by what they give.
SINGLE = frozenset(
    {
        "get", "create", "first", "last", "latest", "earliest", "get_or_404", "first_or_404", "one", "one_or_none",
        "one_or_404", "get_or_none", "get_by_id", "get_by_natural_key", "create_user", "create_superuser",
        "get_or_create", "update_or_create", "aget", "acreate", "afirst", "alast", "alatest", "aearliest",
        "aget_or_create", "aupdate_or_create",
    }
)  # fmt: skip
MANY = frozenset(
    {
        "all", "filter", "exclude", "order_by", "distinct", "select_related", "prefetch_related", "annotate", "alias",
        "only", "defer", "using", "reverse", "union", "intersection", "difference", "none", "select_for_update",
        "extra", "raw", "complex_filter", "get_queryset", "iterator", "filter_by", "join", "outerjoin", "options",
        "limit", "offset", "where", "group_by", "having", "with_for_update", "populate_existing", "select",
        "unique",
    }
)  # fmt: skip
VALUES = frozenset({"values", "values_list", "dates", "datetimes", "with_entities", "tuples", "dicts", "as_manager"})
MANAGERS = frozenset({"objects", "query", "_default_manager", "_base_manager"})
MODELS = frozenset(
    {
        "django.contrib.auth.models.User",
        "django.contrib.auth.models.Group",
        "django.contrib.auth.models.Permission",
        "django.contrib.contenttypes.models.ContentType",
        "django.contrib.sites.models.Site",
        "django_celery_beat.models.PeriodicTask",
        "oauth2_provider.models.Application",
    }
)
FOREIGN_KEYS = frozenset(
    {
        "django.db.models.ForeignKey",
        "django.db.models.OneToOneField",
        "django.db.models.fields.related.ForeignKey",
        "sqlalchemy.orm.relationship",
        "peewee.ForeignKeyField",
    }
)
RECEIVERS = frozenset(
    f"django.db.models.signals.{name}"
    for name in ("pre_init", "post_init", "pre_save", "post_save", "pre_delete", "post_delete", "m2m_changed")
)
# Classes whose `save()` gives a row of their `Meta.model`.
SAVE_ROWS = frozenset(
    {
        "django.forms.ModelForm",
        "django.forms.models.ModelForm",
        "rest_framework.serializers.ModelSerializer",
        "rest_framework.serializers.HyperlinkedModelSerializer",
    }
)
# Bases of views whose `get_object()` gives a row.
ROW_VIEWS = ("django.views.generic.", "rest_framework.generics.", "rest_framework.viewsets.")
VIEWS = ("django.views.", "rest_framework.views.", "rest_framework.viewsets.", "rest_framework.generics.")

# Imports of a module that has views in it.
WEB = (
    "django.http",
    "django.shortcuts",
    "django.views",
    "django.contrib.auth.decorators",
    "django.contrib.admin",
    "rest_framework.decorators",
    "rest_framework.response",
    "rest_framework.views",
    "rest_framework.viewsets",
    "rest_framework.generics",
)

# Names of libraries that are such an object.
NAMES: dict[str, Kind] = {
    "flask.request": "request",
    "flask.globals.request": "request",
    "flask_login.current_user": "user",
    "flask_security.current_user": "user",
    "flask_jwt_extended.current_user": "user",
    "django.db.connection": "connection",
}
# Classes that annotations name, and that are called to make such an object.
ANNOTATED: dict[str, Kind] = {
    **dict.fromkeys(
        (
            "django.http.HttpRequest", "django.http.request.HttpRequest", "django.core.handlers.wsgi.WSGIRequest",
            "rest_framework.request.Request", "flask.Request", "flask.wrappers.Request", "fastapi.Request",
            "starlette.requests.Request", "pyramid.request.Request", "aiohttp.web.Request",
        ),
        "request",
    ),
    **dict.fromkeys(
        (
            "django.core.files.File", "django.core.files.base.File", "django.core.files.uploadedfile.UploadedFile",
            "django.core.files.uploadedfile.InMemoryUploadedFile", "fastapi.UploadFile",
            "django.core.files.uploadedfile.TemporaryUploadedFile", "django.core.files.base.ContentFile",
            "starlette.datastructures.UploadFile", "werkzeug.datastructures.FileStorage", "typing.IO",
            "typing.BinaryIO", "typing.TextIO", "io.BytesIO", "io.StringIO", "io.IOBase",
        ),
        "file",
    ),
    **dict.fromkeys(("django.db.models.QuerySet", "django.db.models.query.QuerySet"), "query"),
    **dict.fromkeys(
        (
            "sqlalchemy.orm.Session", "sqlalchemy.orm.session.Session", "sqlalchemy.ext.asyncio.AsyncSession",
            "sqlalchemy.engine.Connection", "sqlalchemy.engine.Engine", "sqlite3.Connection", "redis.Redis",
            "redis.StrictRedis", "redis.client.Redis", "pymongo.MongoClient", "requests.Session",
            "psycopg2.extensions.connection", "psycopg.Connection",
        ),
        "connection",
    ),
}  # fmt: skip
# Functions, by what they give.
RESULTS: dict[str, Kind] = {
    **ANNOTATED,
    "builtins.open": "file",
    "tempfile.NamedTemporaryFile": "file",
    "tempfile.TemporaryFile": "file",
    "tempfile.SpooledTemporaryFile": "file",
    "django.shortcuts.get_object_or_404": "instance",
    "rest_framework.generics.get_object_or_404": "instance",
    "django.shortcuts.aget_object_or_404": "instance",
    "psycopg2.connect": "connection",
    "psycopg.connect": "connection",
    "sqlite3.connect": "connection",
    "pymysql.connect": "connection",
    "sqlalchemy.create_engine": "connection",
    "redis.from_url": "connection",
    "django_redis.get_redis_connection": "connection",
    "django.contrib.auth.authenticate": "user",
    "django.contrib.auth.get_user": "user",
}
COLLECTIONS = frozenset(
    {
        "builtins.list", "builtins.tuple", "builtins.set", "typing.List", "typing.Tuple", "typing.Set",
        "typing.Sequence", "typing.Iterable", "typing.Collection", "collections.abc.Sequence",
        "collections.abc.Iterable", "collections.abc.Collection",
    }
)  # fmt: skip
