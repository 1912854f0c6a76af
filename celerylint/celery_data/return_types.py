"""Which types well-known functions, methods, attributes and constants give. Kept by hand, held by tests.

A name that is not here is unknown, so only what always gives one type stands here. Types are named as in
`json_types`.
"""

from __future__ import annotations

DATETIME_MAKERS = "now utcnow today fromtimestamp utcfromtimestamp fromisoformat strptime combine"
STR_TO_STR = (
    "capitalize casefold center expandtabs format join ljust lower lstrip removeprefix removesuffix replace rjust "
    "rstrip strip swapcase title translate upper zfill"
)

# The type that a call of this name returns, besides that of each type above when it is called.
RETURNS: dict[str, str] = {
    **dict.fromkeys(("str", "repr", "ascii", "chr", "bin", "hex", "oct", "format", "input"), "str"),
    **dict.fromkeys(("int", "len", "ord", "hash", "id"), "int"),
    **dict.fromkeys(("bool", "callable", "isinstance", "issubclass", "hasattr", "any", "all"), "bool"),
    "float": "float",
    "open": "io.IOBase",
    "iter": "iterator",
    "type": "type",
    "sorted": "list",
    "dict.fromkeys": "dict",
    "bytes.fromhex": "bytes",
    "int.from_bytes": "int",
    **{f"datetime.datetime.{name}": "datetime.datetime" for name in DATETIME_MAKERS.split()},
    **{f"datetime.date.{name}": "datetime.date" for name in ("today", "fromtimestamp", "fromisoformat")},
    "datetime.time.fromisoformat": "datetime.time",
    **{f"uuid.uuid{number}": "uuid.UUID" for number in (1, 3, 4, 5)},
    "django.utils.timezone.now": "datetime.datetime",
    "django.utils.timezone.localtime": "datetime.datetime",
    "django.utils.timezone.localdate": "datetime.date",
    "django.utils.timezone.make_aware": "datetime.datetime",
    "django.utils.timezone.make_naive": "datetime.datetime",
    "django.utils.timezone.timedelta": "datetime.timedelta",
    "django.utils.safestring.mark_safe": "django.utils.safestring.SafeString",
    "django.utils.html.format_html": "django.utils.safestring.SafeString",
    "django.template.loader.render_to_string": "django.utils.safestring.SafeString",
    "django.utils.translation.gettext": "str",
    "django.utils.translation.gettext_lazy": "django.utils.functional.Promise",
    "django.utils.translation.ngettext_lazy": "django.utils.functional.Promise",
    "django.utils.translation.ugettext_lazy": "django.utils.functional.Promise",
    "django.urls.reverse": "str",
    "django.urls.reverse_lazy": "django.utils.functional.Promise",
    "django.contrib.auth.hashers.make_password": "str",
    **{f"celery.{name}": "celery.canvas.Signature" for name in ("signature", "chain", "group", "chord")},
    **{f"celery.canvas.{name}": "celery.canvas.Signature" for name in ("signature", "chain", "group", "chord")},
    **dict.fromkeys(("time.time", "time.monotonic", "time.perf_counter", "random.random", "random.uniform"), "float"),
    **dict.fromkeys(("time.time_ns", "os.getpid", "random.randint", "random.randrange", "secrets.randbelow"), "int"),
    **dict.fromkeys(("time.gmtime", "time.localtime", "time.strptime"), "time.struct_time"),
    **dict.fromkeys(("time.strftime", "time.ctime", "json.dumps", "secrets.token_hex", "secrets.token_urlsafe"), "str"),
    **dict.fromkeys(("os.getcwd", "os.path.join", "os.path.abspath", "os.path.basename", "os.path.dirname"), "str"),
    **dict.fromkeys(("socket.gethostname", "platform.node", "html.escape", "urllib.parse.quote"), "str"),
    **dict.fromkeys(("os.path.exists", "os.path.isfile", "os.path.isdir"), "bool"),
    **dict.fromkeys(("secrets.token_bytes", "os.urandom", "base64.b64decode", "base64.b64encode"), "bytes"),
    **dict.fromkeys(("base64.urlsafe_b64encode", "pickle.dumps", "zlib.compress", "gzip.compress"), "bytes"),
    **dict.fromkeys(("math.sqrt", "math.log", "math.sin", "math.cos"), "float"),
    **dict.fromkeys(("math.floor", "math.ceil", "math.gcd"), "int"),
    "re.compile": "re.Pattern",
    "re.sub": "str",
    "pathlib.Path.cwd": "pathlib.Path",
    "pathlib.Path.home": "pathlib.Path",
    "logging.getLogger": "logging.Logger",
    "celery.utils.log.get_task_logger": "logging.Logger",
    "numpy.array": "numpy.ndarray",
    "numpy.zeros": "numpy.ndarray",
    "numpy.arange": "numpy.ndarray",
    "pandas.read_csv": "pandas.DataFrame",
    **{
        f"requests.{name}": "requests.Response"
        for name in ("get", "post", "put", "patch", "delete", "head", "options", "request")
    },
    **{
        f"itertools.{name}": "iterator"
        for name in ("chain", "islice", "count", "cycle", "repeat", "product", "permutations", "groupby")
    },
    "itertools.chain.from_iterable": "iterator",
}

# (type, method) -> type that calling it returns
METHODS: dict[tuple[str, str], str] = {
    **{("str", name): "str" for name in STR_TO_STR.split()},
    **{("str", name): "bool" for name in ("startswith", "endswith", "isdigit", "isalpha", "isalnum", "islower")},
    **{("str", name): "int" for name in ("count", "find", "index", "rfind")},
    ("str", "encode"): "bytes",
    ("bytes", "decode"): "str",
    ("bytes", "hex"): "str",
    **{("bytes", name): "bytes" for name in ("strip", "lower", "upper", "replace", "join")},
    **{("int", name): "int" for name in ("bit_length", "conjugate")},
    ("int", "to_bytes"): "bytes",
    ("float", "is_integer"): "bool",
    ("float", "hex"): "str",
    **{("datetime.datetime", name): "str" for name in ("isoformat", "strftime", "ctime", "tzname")},
    **{("datetime.datetime", name): "datetime.datetime" for name in ("replace", "astimezone")},
    **{("datetime.datetime", name): "int" for name in ("weekday", "isoweekday", "toordinal")},
    **{("datetime.datetime", name): "time.struct_time" for name in ("timetuple", "utctimetuple")},
    ("datetime.datetime", "timestamp"): "float",
    ("datetime.datetime", "date"): "datetime.date",
    ("datetime.datetime", "time"): "datetime.time",
    ("datetime.datetime", "timetz"): "datetime.time",
    **{("datetime.date", name): "str" for name in ("isoformat", "strftime", "ctime")},
    **{("datetime.date", name): "int" for name in ("weekday", "isoweekday", "toordinal")},
    ("datetime.date", "replace"): "datetime.date",
    ("datetime.date", "timetuple"): "time.struct_time",
    **{("datetime.time", name): "str" for name in ("isoformat", "strftime")},
    ("datetime.timedelta", "total_seconds"): "float",
    ("decimal.Decimal", "quantize"): "decimal.Decimal",
    **{("dict", name): f"dict_{name}" for name in ("keys", "values", "items")},
    **{
        (kind, name): kind
        for kind in ("set", "frozenset")
        for name in ("union", "intersection", "difference", "symmetric_difference", "copy")
    },
    ("pathlib.Path", "read_text"): "str",
    ("pathlib.Path", "read_bytes"): "bytes",
    ("pathlib.Path", "as_posix"): "str",
    ("pathlib.Path", "exists"): "bool",
    **{
        ("pathlib.Path", name): "pathlib.Path"
        for name in ("joinpath", "resolve", "absolute", "with_suffix", "with_name", "expanduser", "relative_to")
    },
}
ATTRIBUTES: dict[tuple[str, str], str] = {
    ("uuid.UUID", "hex"): "str",
    ("uuid.UUID", "int"): "int",
    ("uuid.UUID", "bytes"): "bytes",
    ("uuid.UUID", "urn"): "str",
    **{("datetime.datetime", name): "int" for name in ("year", "month", "day", "hour", "minute", "second")},
    **{("datetime.date", name): "int" for name in ("year", "month", "day")},
    **{("datetime.timedelta", name): "int" for name in ("days", "seconds", "microseconds")},
    **{("pathlib.Path", name): "str" for name in ("name", "stem", "suffix")},
    ("pathlib.Path", "parent"): "pathlib.Path",
    ("requests.Response", "text"): "str",
    ("requests.Response", "status_code"): "int",
    ("requests.Response", "content"): "bytes",
    ("celery.result.AsyncResult", "id"): "str",
}
# What some names of the standard library are bound to.
CONSTANTS: dict[str, str] = {
    **dict.fromkeys(("math.pi", "math.e", "math.tau", "math.inf", "math.nan"), "float"),
    **dict.fromkeys(("sys.maxsize", "os.O_RDONLY"), "int"),
    **dict.fromkeys(("os.sep", "os.linesep", "sys.platform", "sys.version", "sys.executable"), "str"),
    **dict.fromkeys(("string.ascii_letters", "string.digits", "string.ascii_lowercase"), "str"),
    **dict.fromkeys(("uuid.NAMESPACE_DNS", "uuid.NAMESPACE_URL", "uuid.NAMESPACE_OID"), "uuid.UUID"),
    **dict.fromkeys(("datetime.timezone.utc", "datetime.UTC"), "datetime.timezone"),
    **{
        f"datetime.{kind}.{edge}": f"datetime.{kind}"
        for kind in ("datetime", "date", "time")
        for edge in ("min", "max")
    },
    **{f"datetime.timedelta.{edge}": "datetime.timedelta" for edge in ("min", "max", "resolution")},
    **dict.fromkeys(("sys.stdout", "sys.stderr", "sys.stdin"), "io.IOBase"),
}
