"""What well-known packages read out of Celery's configuration and off tasks.

Kept by hand: these names are in no table of Celery's own, and none of them may ever be called unknown.
Settings stand here as Celery sees them, in lower case and without the namespace `CELERY_`.
"""

from __future__ import annotations

SETTINGS: frozenset[str] = frozenset(
    {
        # celery-once: helpers.py, README ("celery.conf.ONCE")
        "once",
        "once_default_timeout",
        "once_redis_url",
        # tenant-schemas-celery 5.0: task.py
        "task_tenant_cache_seconds",
        "task_tenant_databases",
        # sqlalchemy-celery-beat 0.9: schedulers.py; celery-sqlalchemy-scheduler reads the first two
        "beat_dburi",
        "beat_engine_options",
        "beat_schema",
        # django-celery-beat 2.9: admin.py reads Celery's own beat_scheduler; the rest has the prefix below
        "beat_scheduler",
    }
)

SETTING_PREFIXES: tuple[str, ...] = (
    "django_celery_beat_",  # django-celery-beat: schedulers.py, models.py
    "django_celery_results",  # django-celery-results: admin.py, urls.py
    "email_",  # django-celery-email: conf.py (CELERY_EMAIL_BACKEND, CELERY_EMAIL_TASK_CONFIG …)
    "flower_",  # Flower: options.py
    "haystack_",  # celery-haystack: conf.py (CELERY_HAYSTACK_QUEUE …)
    "healthcheck_",  # django-health-check: contrib/celery
    "jobtastic_",  # jobtastic: task.py
    "mongodb_scheduler_",  # celerybeat-mongo: schedulers.py
    "monitors_",  # django-celery-monitor: camera.py
    "progress_",  # celery-progress
    "redbeat_",  # celery-redbeat: RedBeatConfig
    "singleton_",  # celery-singleton: config.py
)

# Options that a package's task base reads, by the dotted name of the base.
BASE_OPTIONS: dict[str, frozenset[str]] = {
    "celery_batches.Batches": frozenset({"flush_every", "flush_interval"}),
    "celery_once.QueueOnce": frozenset({"once"}),
    "celery_once.tasks.QueueOnce": frozenset({"once"}),
    "celery_singleton.Singleton": frozenset({"lock_expiry", "raise_on_duplicate", "unique_on"}),
    "celery_singleton.singleton.Singleton": frozenset({"lock_expiry", "raise_on_duplicate", "unique_on"}),
    "tenant_schemas_celery.task.TenantTask": frozenset({"tenant_cache_seconds"}),
}
