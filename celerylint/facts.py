"""What one file says, as plain data: it outlives the tree, crosses processes and is merged by the index.

Two groups. The first is the file as Python: imports, definitions, assignments, calls. The second is
Celery's vocabulary, which the index derives from the first once names can be followed across files.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import Literal, TypeAlias

from celerylint.records import dataclass
from celerylint.source import Span
from celerylint.values import UNKNOWN, Call, Value

ParameterKind: TypeAlias = Literal["positional_only", "positional", "var_positional", "keyword_only", "var_keyword"]


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a function; `default` and `annotation` are None where there is none."""

    name: str
    kind: ParameterKind
    span: Span
    default: Value | None = None
    annotation: Value | None = None


@dataclass(frozen=True, slots=True)
class Decorator:
    """A decorator: `value` is a Call where it is called."""

    value: Value
    span: Span


@dataclass(frozen=True, slots=True)
class CallSite:
    """A call (or a reference that will be called) of something by name, for the call graph.

    `later` says that it does not run where it stands: it is in a lambda, or a function that is handed on.
    `passed` are those arguments that may have results of tasks in them, by their index or keyword. `optional`
    says that the function around it makes the call for some values of a defaulted parameter only. `caught` are the
    dotted names of what handlers around it in its function catch, "" for a bare `except` and for what is not known.
    """

    callee: Value
    span: Span
    later: bool = False
    passed: tuple[tuple[int | str, Value], ...] = ()
    optional: bool = False
    caught: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Block:
    """A `with` block: `value` is what it enters, `span` its body, `scope` the qualname around it."""

    value: Value
    span: Span
    scope: str = ""


@dataclass(frozen=True, slots=True)
class Defined:
    """A function or class where it is defined. `key` is `module:qualname`."""

    key: str
    name: str
    path: str
    span: Span

    @property
    def module(self) -> str:
        return self.key.partition(":")[0]

    @property
    def qualname(self) -> str:
        return self.key.partition(":")[2]


@dataclass(frozen=True, slots=True)
class Function(Defined):
    """A function or method; `owner` is the qualname around it, "" at module level."""

    parameters: tuple[Parameter, ...]
    decorators: tuple[Decorator, ...]
    owner: str = ""
    in_class: bool = False
    is_async: bool = False
    is_generator: bool = False
    calls: Sequence[CallSite] = field(default=(), compare=False, repr=False)
    returns: Sequence[Value] = field(default=(), compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Class(Defined):
    """A class; `attributes` are the assignments in its body, in order, the last one wins. `spans` are the places of
    their names, `value_spans` those of their values."""

    bases: tuple[Value, ...]
    keywords: tuple[tuple[str | None, Value], ...] = ()
    attributes: dict[str, Value] = field(default_factory=dict)
    spans: dict[str, Span] = field(default_factory=dict)
    value_spans: dict[str, Span] = field(default_factory=dict)
    methods: tuple[str, ...] = ()
    decorators: tuple[Decorator, ...] = ()


@dataclass(frozen=True, slots=True)
class Assign:
    """An assignment to a module-level name. `condition` is the text of the `if`s around it, "" without."""

    name: str
    value: Value
    span: Span
    value_span: Span
    condition: str = ""


@dataclass(frozen=True, slots=True)
class Write:
    """An assignment to an attribute or item: `app.conf.task_acks_late = True`, `conf["x"] = 1`. The value of
    `conf.x |= y`, or of that with a module-level name, is `conf.x | y`."""

    target: Value
    value: Value
    span: Span
    value_span: Span
    scope: str = ""
    condition: str = ""


@dataclass(frozen=True, slots=True)
class CallFact:
    """A call whose arguments matter across files. `scope` is the qualname around it, "" at module level.

    `dropped` says that nothing uses its result: it is a statement of its own. `keyword_spans` are the
    places of the values of keywords that are written out.
    """

    call: Call
    span: Span
    scope: str = ""
    dropped: bool = False
    condition: str = ""
    arg_spans: tuple[Span, ...] = ()
    keyword_spans: tuple[tuple[str, Span], ...] = ()


@dataclass(frozen=True, slots=True)
class FileFacts:
    """All of the above for one file. `module` is its dotted name as its packages give it.

    Most files that are read are asked for little: what a mapping or sequence holds is worked out when it is read.
    """

    path: str
    module: str
    package: bool
    imports: dict[str, str] = field(default_factory=dict)
    stars: tuple[str, ...] = ()
    functions: Mapping[str, Function] = field(default_factory=dict)
    classes: Mapping[str, Class] = field(default_factory=dict)
    assigns: Mapping[str, tuple[Assign, ...]] = field(default_factory=dict)
    writes: Sequence[Write] = ()
    calls: Sequence[CallFact] = ()
    blocks: Sequence[Block] = ()
    modules_imported: Sequence[str] = ()


TaskKind: TypeAlias = Literal["decorator", "class", "call"]


@dataclass(frozen=True, slots=True)
class Task:
    """What Celery would register.

    `name` is the registered name, "" where it cannot be known. `function` is the body's key (`run` for a
    class task), "" where the body is not in the project. `options` are the written options (decorator
    keywords, class attributes), `spans` their places; `open` says that more options may be passed in a
    way that is not written out (`**options`, a project's wrapper), so an absent option is unknown.
    `bound` says whether the body receives the task as its first argument. `via` is the dotted name of
    the decorator or base that made it a task. `app` is the dotted name of the app object, "" for `shared_task`.
    """

    name: str
    key: str
    path: str
    span: Span
    kind: TaskKind
    function: str
    options: dict[str, Value] = field(default_factory=dict)
    spans: dict[str, Span] = field(default_factory=dict)
    open: bool = False
    bound: bool = False
    via: str = ""
    app: str = ""
    base: str = ""
    explicit_name: bool = False

    @property
    def label(self) -> str:
        """How messages call it: by its function or class, else by the last part of its name."""
        return self.key.rpartition(":")[2].rpartition(".")[2] or self.name.rpartition(".")[2]


@dataclass(frozen=True, slots=True)
class Dispatch:
    """A call that sends a task, or makes a signature of one.

    `method` is `delay`, `apply_async`, `delay_on_commit`, `apply_async_on_commit`, `s`, `si`, `signature`,
    `send_task`, `apply`, `map`, `starmap`, `chunks`, `retry`, or `call` where a canvas is called. `task` is None
    where the task is not known to this project; `name` is the task's name where it is known. `args` and `kwargs`
    are the task's own arguments, None where they are not written out; `options` the execution options.
    """

    method: str
    path: str
    span: Span
    scope: str
    task: Task | None
    name: str
    receiver: Value
    args: tuple[Value, ...] | None
    kwargs: dict[str, Value] | None
    options: dict[str, Value]
    arg_spans: tuple[Span, ...] = ()
    kwarg_spans: dict[str, Span] = field(default_factory=dict)
    option_spans: dict[str, Span] = field(default_factory=dict)
    open: bool = False
    dropped: bool = False

    @property
    def sends(self) -> bool:
        """Whether a message leaves here, rather than a signature being made or a task run in place."""
        return self.method in {"delay", "apply_async", "send_task", "delay_on_commit", "apply_async_on_commit", "call"}


SettingForm: TypeAlias = Literal["object", "write", "keyword", "default", "extends"]


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting as one place writes it.

    `name` is Celery's new lower-case name, "" for a name that Celery does not read there; `written` is what stands
    there, `namespace` the prefix that it is read under. `app` is the key of the one app that it is for, "" where
    that is not known or there are several. `form` says how it is set: as part of an `object` that is read whole, by
    a `write` to `conf`, as a `keyword` of the app, as a `default`, or as an item that `extends` a dict. `holder` is the
    dotted name of the module or class that an object's setting stands in. `value` is worked out as far as that goes,
    `given` is the expression as it is written.
    """

    name: str
    written: str
    value: Value
    path: str
    span: Span
    value_span: Span
    namespace: str = ""
    condition: str = ""
    app: str = ""
    form: SettingForm = "object"
    holder: str = ""
    given: Value = field(default=UNKNOWN, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class App:
    """A Celery application object: `key` is the dotted name it is bound to, `scope` the qualname around the call that
    makes it, "" at module level."""

    key: str
    path: str
    span: Span
    call: Call
    scope: str = ""


EntrySource: TypeAlias = Literal["setting", "call", "decorator", "redbeat", "database"]


@dataclass(frozen=True, slots=True)
class ScheduleEntry:
    """One entry of beat's schedule.

    `name` is its name and `sent` the name of the task that it sends, "" where they are not known; `task` is that task
    where it is one of the project's. `values` are its keys (`schedule`, `args`, `kwargs`, `options`, `relative` …),
    `keys` the places of those that are written out and `places` those of their values. `span` is the place of the
    entry: its key, or the call that adds it. `source` says where it comes from: the setting `beat_schedule`,
    `add_periodic_task`, a decorator's `run_every`, an entry of RedBeat's or a row of django-celery-beat's. `open` says
    that more keys may be there; `app` is the key of the app that sends it, "" where that is not known.
    """

    name: str
    sent: str
    task: Task | None
    values: dict[str, Value]
    path: str
    span: Span
    source: EntrySource
    keys: dict[str, Span] = field(default_factory=dict)
    places: dict[str, Span] = field(default_factory=dict)
    open: bool = False
    condition: str = ""
    app: str = ""

    @property
    def schedule(self) -> Value | None:
        """When it runs, None where that is not written."""
        return self.values.get("schedule")

    def place(self, key: str) -> Span:
        """Where the value of a key stands, the whole entry where that is not known."""
        return self.places.get(key) or self.keys.get(key) or self.span


@dataclass(frozen=True, slots=True)
class Queue:
    """A queue that `task_queues` declares. `name` is "" where it is not known; `options` are the arguments of kombu's
    Queue, or of the dict that stands for one; `kind` is `Queue`, `Broadcast` or `dict`."""

    name: str
    path: str
    span: Span
    kind: str
    options: dict[str, Value] = field(default_factory=dict)
    app: str = ""


@dataclass(frozen=True, slots=True)
class Route:
    """One route of `task_routes`. `pattern` is the task's name or glob, "" where it is not known or code decides;
    `regex` says that it is a compiled expression. `target` are the options that the task gets, None where these
    are not known; `span` is the place of the pattern, `target_span` that of what it maps to."""

    pattern: str
    target: dict[str, Value] | None
    path: str
    span: Span
    target_span: Span
    regex: bool = False
    app: str = ""
    spans: dict[str, Span] = field(default_factory=dict)
