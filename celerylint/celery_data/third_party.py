"""Settings, options and tasks that are in no table of Celery's own: of well-known packages, and of before 4.0.

Kept by hand. None of the names of packages may ever be called unknown; their settings stand here as Celery
sees them, in lower case and without the namespace `CELERY_`.
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
    "rhubarb_",  # rhubarb: CELERY_RHUBARB_BACKEND_KWARGS
    "singleton_",  # celery-singleton: config.py
)

# Tasks of packages that projects name in schedules, routes and calls. Where a package is installed beside the project
# its own files say more; these are known without.
TASKS: frozenset[str] = frozenset(
    {
        "celery_haystack.tasks.CeleryHaystackSignalHandler",  # celery-haystack 0.10: tasks.py
        "celery_haystack.tasks.CeleryHaystackUpdateIndex",
        "djcelery_email_send_multiple",  # django-celery-email 3.0: tasks.py
        "esi.tasks.cleanup_callbackredirect",  # django-esi 10.0: tasks.py
        "esi.tasks.cleanup_token",
        "health_check.contrib.celery.tasks.add",  # django-health-check 3: contrib/celery/tasks.py
        "import_export_celery.tasks.run_export_job",  # django-import-export-celery 1.7: tasks.py
        "import_export_celery.tasks.run_import_job",
    }
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

# Settings that Celery 4.0 stopped reading ("Removed Settings" and "Removed features" of its release notes).
GONE: dict[str, str] = {
    "CELERYD_LOG_LEVEL": "pass --loglevel to celery worker",
    "CELERYD_LOG_FILE": "pass --logfile to celery worker",
    "CELERYBEAT_LOG_LEVEL": "pass --loglevel to celery beat",
    "CELERYBEAT_LOG_FILE": "pass --logfile to celery beat",
    "CELERYMON_LOG_LEVEL": "celerymon is gone, use Flower",
    "CELERYMON_LOG_FILE": "celerymon is gone, use Flower",
    "CELERYMON_LOG_FORMAT": "celerymon is gone, use Flower",
    "CELERYD_FORCE_EXECV": "remove it, it does nothing",
    "CELERY_CHORD_PROPAGATES": "remove it, errors in a chord always propagate",
    "CELERY_SEND_TASK_ERROR_EMAILS": "send mail from a handler of the task_failure signal",
    "CELERY_TASK_ERROR_WHITELIST": "choose the errors in a handler of the task_failure signal",
    "BROKER_BACKEND": "write broker_transport, or a URL in broker_url",
    "BROKER_INSIST": "remove it, it does nothing",
    "CELERY_BACKEND": "write result_backend",
    "CELERY_AMQP_TASK_RESULT_EXPIRES": "write result_expires",
}
