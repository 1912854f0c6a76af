"""Small projects that between them get every answer there is, beside the bundled shop and its right twin."""

from __future__ import annotations

# Nothing of Celery's.
EMPTY = {"site.py": "title = 'Shop'\n"}

# Two applications of which one is as wanted and the other is not.
TWO_APPS = {
    "shop/__init__.py": "",
    "billing/__init__.py": "",
    "shop/celery.py": """
        from celery import Celery

        app = Celery("shop", broker="rediss://:hush@redis-a:6379/0", backend="redis://results:6379/0")
        app.conf.update(
            task_serializer="json",
            accept_content=["json"],
            task_acks_late=True,
            task_reject_on_worker_lost=True,
            task_soft_time_limit=50,
            task_time_limit=60,
            worker_prefetch_multiplier=1,
            worker_send_task_events=True,
            task_send_sent_event=True,
            result_expires=3600,
            task_default_queue="default",
            timezone="UTC",
            beat_schedule={"sweep": {"task": "shop.tasks.sweep", "schedule": 300.0}},
        )
    """,
    "shop/tasks.py": """
        from shop.celery import app

        @app.task(rate_limit="10/m")
        def sweep():
            pass
    """,
    "billing/celery.py": """
        from celery import Celery

        app = Celery("billing", broker="redis://redis-b:6379/0", backend="redis://redis-b:6379/0")
        app.conf.task_serializer = "msgpack"
        app.conf.accept_content = ["msgpack"]
        app.conf.result_expires = 0
    """,
    "billing/tasks.py": """
        from billing.celery import app

        @app.task
        def charge(order_id):
            return order_id
    """,
}


def worker(name: str, options: str, more: str = "") -> str:
    """A Deployment of a worker."""
    return f"""\
apiVersion: apps/v1
kind: Deployment
metadata: {{name: {name}}}
spec:
  replicas: 1
  selector: {{matchLabels: {{app: {name}}}}}
  template:
    metadata: {{labels: {{app: {name}}}}}
    spec:
      terminationGracePeriodSeconds: 120
      containers:
        - name: worker
          image: registry.example/shop:1
          command: ["celery", "-A", "shop", "worker", {options}]
{more}---
"""


PROBES = """\
          resources: {limits: {cpu: "1", memory: 1Gi}, requests: {cpu: "1", memory: 1Gi}}
          livenessProbe: {exec: {command: ["test", "-f", "/tmp/alive"]}}
          readinessProbe: {exec: {command: ["test", "-f", "/tmp/ready"]}}
"""

AROUND = """\
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: bulk}
spec:
  maxUnavailable: 1
  selector: {matchLabels: {app: bulk}}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: bulk}
spec:
  scaleTargetRef: {kind: Deployment, name: bulk}
  minReplicas: 1
  maxReplicas: 2
  metrics:
    - type: External
      external: {metric: {name: celery_queue_length}, target: {type: Value, value: "500"}}
    - type: Resource
      resource: {name: cpu, target: {type: Utilization, averageUtilization: 70}}
    - type: Resource
      resource: {name: memory, target: {type: Utilization, averageUtilization: 80}}
---
"""


def redis(name: str, arguments: str) -> str:
    """A StatefulSet of Redis with a Service in front."""
    return f"""\
apiVersion: apps/v1
kind: StatefulSet
metadata: {{name: {name}}}
spec:
  replicas: 1
  selector: {{matchLabels: {{app: {name}}}}}
  template:
    metadata: {{labels: {{app: {name}}}}}
    spec:
      containers:
        - name: redis
          image: redis:7.4
          command: ["redis-server", "--requirepass", "hush", "--maxmemory", "1gb", {arguments}]
          volumeMounts: [{{name: data, mountPath: /data}}]
  volumeClaimTemplates:
    - metadata: {{name: data}}
      spec: {{accessModes: [ReadWriteOnce], resources: {{requests: {{storage: 1Gi}}}}}}
---
apiVersion: v1
kind: Service
metadata: {{name: {name}}}
spec:
  type: {"NodePort" if name == "queue-b" else "ClusterIP"}
  selector: {{app: {name}}}
  ports: [{{port: 6379}}]
---
"""


# A deployment that is half as wanted.
HALF = {
    "shop/__init__.py": "",
    "shop/celery.py": """
        from celery import Celery

        app = Celery("shop", broker="redis://:hush@queue-a:6379/0;redis://:hush@queue-b:6379/0")
        app.conf.task_default_queue = "bulk"
        app.conf.task_routes = {
            "shop.tasks.ship": {"queue": "high"},
            "shop.tasks.tidy": {"queue": "low"},
            "shop.tasks.s*": {"queue": "bulk"},
            "shops.tasks.*": {"queue": "bulk"},
        }
        app.conf.task_time_limit = 60
    """,
    "shop/tasks.py": """
        from shop.celery import app

        @app.task
        def sweep():
            pass

        @app.task
        def ship():
            pass

        @app.task
        def tidy():
            sweep.delay()
    """,
    "k8s/workers.yaml": worker(
        "bulk",
        '"-Q", "bulk", "-c", "2", "-l", "INFO", "-n", "bulk@%h", "--prefetch-multiplier=8", "--max-tasks-per-child=9"',
        PROBES,
    )
    + worker("rest", '"-Q", "high,low", "-n", "rest@%h"')
    + AROUND,
    "k8s/redis.yaml": redis(
        "queue-a", '"--appendonly", "yes", "--maxclients", "900", "--maxmemory-policy", "noeviction"'
    )
    + redis("queue-b", '"--appendfsync", "everysec"')
    + """\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: queue-a}
spec:
  podSelector: {matchLabels: {app: queue-a}}
""",
    "k8s/alerts.yaml": """\
groups:
  - name: celery
    rules:
      - alert: Depth
        expr: max by (queue_name) (celery_queue_length) > 500
""",
    "dashboards/celery.json": """\
{"panels": [
  {"title": "Depth", "targets": [{"expr": "celery_queue_length"}]},
  {"title": "Tasks", "targets": [{"expr": "sum(rate(celery_task_sent_total[5m]))"}]},
  {"title": "Time", "targets": [{"expr": "histogram_quantile(0.5, sum by (le) (celery_task_runtime_bucket))"}]}
]}
""",
    "docker-compose.yml": """\
services:
  beat:
    image: registry.example/shop:1
    command: celery -A shop beat -l INFO -S django_celery_beat.schedulers:DatabaseScheduler
  worker:
    image: registry.example/shop:1
    command: celery -A shop worker -c 2 -l INFO -n all@%h
""",
    "deploy/docker-compose.yml": """\
services:
  beat:
    image: registry.example/shop:1
    command: celery -A shop beat -l INFO
""",
}

# RabbitMQ, with a dead letter queue for one queue of two; tasks that pydantic checks.
RABBIT = {
    "shop/__init__.py": "",
    "shop/celery.py": """
        from celery import Celery
        from kombu import Queue

        app = Celery("shop", broker="amqps://shop:hush@rabbit.example//")
        app.conf.task_queues = [
            Queue("fast", queue_arguments={"x-max-priority": 10, "x-dead-letter-exchange": "failed"}),
            Queue("slow", queue_arguments={"x-max-priority": 10}),
        ]

        @app.task(pydantic=True)
        def ship(order_id: int):
            pass
    """,
}
RABBIT_DEAD = {
    "shop/__init__.py": "",
    "shop/celery.py": RABBIT["shop/celery.py"].replace(
        '"slow", queue_arguments={', '"slow", queue_arguments={"x-dead-letter-exchange": "failed", '
    ),
}

# Every value comes from the environment, every command from a template.
HIDDEN = {
    "shop/__init__.py": "",
    "shop/celery.py": """
        import os

        from celery import Celery
        from decouple import config

        app = Celery("shop", broker=os.environ["BROKER"])
        app.config_from_envvar("CELERY_CONFIG_MODULE")

        @app.task
        def ship(order_id):
            pass
    """,
    "k8s/worker.yaml": """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: worker}
spec:
  template:
    spec:
      containers:
        - name: worker
          image: registry.example/shop:1
          command: ["sh", "-c", "exec celery -A shop worker $OPTIONS"]
          envFrom: [{secretRef: {name: shop}}]
""",
}

# One worker waits for a queue that nothing is sent to; one of two recycles its processes.
IDLE = {
    "shop/__init__.py": "",
    "shop/celery.py": """
        from celery import Celery

        app = Celery("shop", broker="redis://:hush@redis:6379/0")

        @app.task(queue="mail")
        def ship(order_id):
            pass
    """,
    "Procfile": """
        mail: celery -A shop worker -Q mail -l INFO --max-tasks-per-child=100
        post: celery -A shop worker -Q post -l INFO
    """,
}

# Somebody has begun: one task of two tries again, a signal is received, nobody says how many workers run.
MODEST = {
    "shop/__init__.py": "",
    "shop/celery.py": """
        from celery import Celery
        from celery.signals import task_prerun

        app = Celery("shop", broker="redis://:hush@redis:6379/2", backend="redis://results:6379/0")

        @app.task(autoretry_for=(OSError,), retry_backoff=True, max_retries=3)
        def ship(order_id):
            pass

        @app.task
        def count(order_id):
            return order_id

        @task_prerun.connect
        def started(**kwargs):
            pass
    """,
    "Procfile": """
        worker: celery -A shop worker -c 2 -l INFO
        clock: celery -A shop beat -l INFO
    """,
}

# Only what developers run on their own machines.
AT_HOME = {
    "shop/__init__.py": "",
    "shop/celery.py": """
        import os

        from celery import Celery

        app = Celery("shop", broker=os.environ["BROKER"])

        @app.task
        def ship(order_id):
            pass
    """,
    "docker-compose.yml": """\
services:
  worker:
    image: shop
    command: sh -c "exec ./worker.sh"
    volumes: [".:/app"]
  beat:
    image: shop
    command: celery -A shop beat -l INFO
    volumes: [".:/app"]
  redis:
    image: redis:7
    ports: ["6379:6379"]
  flower:
    image: shop
    command: celery -A shop flower
    volumes: [".:/app"]
""",
    "worker.sh": """\
#!/bin/sh
exec celery -A shop worker -c 2 -l INFO -E
""",
}
