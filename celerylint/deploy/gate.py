"""Which files say how something is deployed, and in which language: told by name and a search of their bytes.

Most files of a tree are none of these, and of those that are most have nothing to do with Celery; neither are parsed.
"""

from __future__ import annotations

import posixpath
import re
from typing import Literal, TypeAlias

Language: TypeAlias = Literal[
    "compose", "kubernetes", "values", "workflow", "cloudfoundry", "dockerfile", "procfile", "supervisor", "systemd",
    "script", "makefile", "redis", "dotenv", "kustomize", "tasks", "",
]  # fmt: skip

TEMPLATE_SUFFIX = re.compile(r"\.(?:j2|jinja2?|tpl|tmpl|template|in|erb|example|sample|dist)$|[-_](?:example|sample)$")
DOCKERFILE = re.compile(r"(?:.*[._-])?(?:docker|container)file(?:[._-](?!dockerignore).*)?", re.IGNORECASE)
PROCFILE = re.compile(r"(?:.*\.)?procfile(?:[._-].*)?", re.IGNORECASE)
MAKEFILE = re.compile(r"(?:gnu)?makefile(?:\..*)?|.*\.mk|\.?justfile", re.IGNORECASE)
DOTENV = re.compile(r"\.?env(?:[._-].*)?|.*\.env(?:\..*)?|\.flaskenv")
TASKS = re.compile(rb"^\[tool\.(?:poe|pdm|taskipy|hatch|rye|pixi)\b", re.MULTILINE)
KUSTOMIZATION = re.compile(r"kustomization\.ya?ml|Kustomization")
SHEBANG = re.compile(rb"#!.*\b(?:ba|da|a|k|z)?sh\b")
COMPOSE_NAME = re.compile(r"(?:docker-?)?compose.*\.ya?ml")
SERVICES = re.compile(rb"^[\"']?services[\"']?:", re.MULTILINE)
MANIFEST = re.compile(rb"^(?:- )?[\"']?apiVersion[\"']?:", re.MULTILINE)
KIND = re.compile(rb"^[\"']?kind[\"']?:", re.MULTILINE)
APPLICATIONS = re.compile(rb"^applications:", re.MULTILINE)
JOBS = re.compile(rb"^jobs:", re.MULTILINE)
PROGRAM = re.compile(rb"^[ \t]*\[(?:program|eventlistener|fcgi-program):", re.MULTILINE)
REDIS_LINE = re.compile(
    rb"^(?:appendonly|maxmemory(?:-policy)?|protected-mode|requirepass|maxclients|save|bind|tls-port)[ \t]+\S",
    re.MULTILINE,
)
# What a file must mention to be parsed.
ABOUT = re.compile(rb"celery|redis|flower|REMAP_SIGTERM", re.IGNORECASE)
CELERY = re.compile(rb"celery", re.IGNORECASE)
# Objects that are about workloads in other files.
ABOUT_WORKLOADS = re.compile(
    rb"^[\"']?kind[\"']?:[ \t]*[\"']?(?:HorizontalPodAutoscaler|ScaledObject|PodDisruptionBudget|NetworkPolicy|Service"
    rb"|Ingress|ConfigMap|LimitRange)\b",
    re.MULTILINE,
)


# Names that no reader looks at, of files that may be many or large.
OTHER = re.compile(r".*(?<!pyproject)\.(?:lock|toml|txt|tf|timer|socket|nomad|pod)$|.*/node_modules/.*", re.IGNORECASE)


def may_deploy(relative: str) -> bool:
    """Whether a file may be in one of the languages, by its name."""
    return not OTHER.match(relative)


def language(relative: str, data: bytes) -> Language:
    """The language of a file, "" for one that deploys nothing."""
    name = TEMPLATE_SUFFIX.sub("", posixpath.basename(relative))
    if name == "pyproject.toml":
        return "tasks" if TASKS.search(data) else ""
    if KUSTOMIZATION.fullmatch(name):
        return "kustomize"
    if name.endswith((".yml", ".yaml")):
        return yaml_language(relative, name, data)
    if DOCKERFILE.fullmatch(name):
        return "dockerfile"
    if PROCFILE.fullmatch(name):
        return "procfile"
    if MAKEFILE.fullmatch(name):
        return "makefile"
    if DOTENV.fullmatch(name):
        return "dotenv"
    if name.endswith(".service"):
        return "systemd"
    if name.endswith((".conf", ".ini", ".cfg")) and PROGRAM.search(data):
        return "supervisor"
    if name.endswith(".conf"):
        return "redis" if "redis" in name.lower() or len(set(REDIS_LINE.findall(data))) > 1 else ""
    return "script" if name.endswith((".sh", ".bash")) or SHEBANG.match(data) else ""


def yaml_language(relative: str, name: str, data: bytes) -> Language:
    folder = f"/{posixpath.dirname(relative)}/"
    if "/.github/workflows/" in folder:
        return "workflow" if JOBS.search(data) else ""
    # A search for the start of a line goes through all of a file; most have not even the word.
    if b"apiVersion" in data and MANIFEST.search(data) and KIND.search(data):
        return "kubernetes"
    if name.startswith("values"):
        return "values"
    if (
        b"services" in data
        and SERVICES.search(data)
        and (COMPOSE_NAME.fullmatch(name) or b"image:" in data or b"build:" in data)
    ):
        return "compose"
    if b"applications" in data and APPLICATIONS.search(data):
        return "cloudfoundry"
    return ""


def matters(kind: Language, data: bytes, starters: frozenset[bytes]) -> bool:
    """Whether a file may say something of Celery or its broker; `starters` are the names of scripts that start it."""
    if kind in {"redis", "supervisor", "systemd", "procfile", "dockerfile", "makefile", "workflow", "script", "tasks"}:
        return ABOUT.search(data) is not None or kind == "redis" or any(name in data for name in starters)
    if kind == "dotenv":
        return b"FLOWER_" in data
    return ABOUT.search(data) is not None or any(name in data for name in starters)
