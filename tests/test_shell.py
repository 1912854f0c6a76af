"""Shell text: which commands a script starts, with which words at which places, and how it runs them."""

from __future__ import annotations

import pytest

from celerylint.deploy.shell import Started, commands
from celerylint.deploy.shell_syntax import parse
from celerylint.deploy.shell_tree import ShellError
from celerylint.deploy.snippets import HIDDEN, Snippet, Word, split
from celerylint.source import Source


def started(text: str, environment: dict[str, str | None] | None = None, *arguments: str) -> list[Started]:
    """What a script starts, in an environment where other variables are unknown."""
    known = environment or {}
    words = tuple(word for argument in arguments for word in cut(f"'{argument}'"))
    return commands(snippet(text), lambda name: known.get(name, HIDDEN), words if arguments else None)


def snippet(text: str) -> Snippet:
    source = Source.from_text("start.sh", text)
    return Snippet.of(source, 0, len(text))


def cut(text: str) -> list[Word]:
    return split(snippet(text))


def lines(found: list[Started]) -> list[str]:
    return [" ".join(word.text.replace(HIDDEN, "?") for word in each.words) for each in found]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("celery -A shop worker", ["celery -A shop worker"]),
        ("celery \\\n  -A shop \\\n  worker", ["celery -A shop worker"]),
        ('celery \'a b\' "c\\"d" e\\ f # no', ['celery a b c"d e f']),
        ("a; b & c && d || e | f", ["a", "b", "c", "d", "e", "f"]),
        ("X=1 celery $X", ["celery ?"]),
        ("X=1\ncelery $X ${X} \"$X\" '$X'", ["celery 1 1 1 $X"]),
        ('CMD="celery -A shop worker"\nexec $CMD -Q mail', ["exec celery -A shop worker -Q mail"]),
        ("celery -l ${LEVEL:-info} -c ${N:-4}", ["celery -l ? -c ?"]),
        ("celery $(nproc) `hostname` $((1 + 2))", ["celery ? ? ?"]),
        ("cat <<EOF\ncelery worker\nEOF\ncelery beat", ["cat", "celery beat"]),
        ("cat <<-'EOF'\n\tx\n\tEOF\nb", ["cat", "b"]),
        ("celery worker > log 2>&1 < in &> all", ["celery worker"]),
        ("f() { celery beat; }\nf", ["celery beat"]),
        ("f() { celery beat; }", []),
        ("f() { celery -Q $1; }\nf mail", ["celery -Q mail"]),
        ("if true; then a; else b; fi", ["a"]),
        ("if [ -f x ]; then a; else b; fi", ["a", "b"]),
        ("for x in a b; do celery $x; done", ["celery ?"]),
        ("while ! ready; do sleep 1; done\ncelery beat", ["ready", "sleep 1", "celery beat"]),
        ("( cd x && celery beat )", ["cd x", "celery beat"]),
        ("[[ $a == b && ( -n $c ) ]] && celery beat", ["[[ ? == b && ( -n ? ) ]]", "celery beat"]),
        ("x=(a b)\n(( y = 1 ))\nwhile read l; do a; done < <(b c)", ["read l", "a"]),
        ("echo $'a\\nb' && a", ["echo a\\nb", "a"]),
    ],
)
def test_commands_of_a_script(text: str, expected: list[str]) -> None:
    assert lines(started(text)) == expected


def test_what_is_known_of_the_environment_decides() -> None:
    text = 'export KIND=${1:-web}\nif [ "$KIND" = web ]; then a; elif [ "$KIND" == celery ]; then b; fi'
    assert lines(started(text, {}, "celery")) == ["b"]
    assert lines(started(text, {}, "web")) == ["a"]
    assert lines(started(text)) == ["a", "b"]


def test_case_takes_the_matching_arm() -> None:
    text = 'case "$1" in\n  work*|beat) exec celery "$@" ;;\n  "") a ;;\n  *) b;;\nesac'
    assert lines(started(text, {}, "worker")) == ["exec celery worker"]
    assert lines(started(text, {}, "web")) == ["b"]
    assert lines(started(text)) == ["exec celery ?", "a", "b"]


def test_shift_and_set_change_the_arguments() -> None:
    assert lines(started('shift\nexec "$@"', {}, "x", "celery", "beat")) == ["exec celery beat"]
    assert lines(started('set -- celery "$@"\nexec "$@"', {}, "beat")) == ["exec celery beat"]


def test_what_a_branch_may_assign_is_not_known() -> None:
    assert lines(started("L=info\nif [ $D = 1 ]; then L=debug; fi\ncelery -l $L")) == ["celery -l ?"]


def test_what_another_file_may_set_is_not_known() -> None:
    assert lines(started('. ./env\ncelery -l "$L"', {"L": "info"})) == ["celery -l ?"]


@pytest.mark.parametrize(
    ("text", "number", "last", "waited", "piped"),
    [
        ("a\ncelery worker", 1, True, True, False),
        ("celery worker\necho done", 0, False, True, False),
        ("celery worker &\nwait", 0, False, False, False),
        ("celery worker | tee log", 0, False, True, True),
        ("a && celery worker", 1, True, True, False),
        ("celery worker || exit 1", 0, False, True, False),
        ("if [ -n $X ]; then celery worker; fi", 0, True, True, False),
    ],
)
def test_how_a_command_is_run(text: str, number: int, last: bool, waited: bool, piped: bool) -> None:
    manner = started(text)[number].manner
    assert (manner.last, manner.waited, manner.piped) == (last, waited, piped)


def test_traps_are_noted() -> None:
    assert [each.manner.traps for each in started("trap 'kill 0' TERM\ncelery worker & wait")] == [True, True]


def test_words_have_the_places_of_what_stands_for_them() -> None:
    text = "A=\"celery beat\"\n  exec $A -l 'in'fo \\\n  x\n"
    source = Source.from_text("start.sh", text)
    words = commands(Snippet.of(source, 0, len(text)))[0].words
    assert [(word.text, source.cut(word.span)) for word in words] == [
        ("exec", "exec"),
        ("celery", "$A"),
        ("beat", "$A"),
        ("-l", "-l"),
        ("info", "'in'fo"),
        ("x", "x"),
    ]


def test_a_broken_script_is_read_line_by_line() -> None:
    assert lines(started("if then (\ncelery beat\n")) == ["celery beat"]


@pytest.mark.parametrize("text", ["if", "a )", "case x in", "'a", '"a', "${a", "a & & b", "(" * 100])
def test_what_is_no_shell_is_refused(text: str) -> None:
    with pytest.raises(ShellError):
        parse(text)


def test_splitting_without_a_shell() -> None:
    assert [word.text for word in cut("sh -c \"a 'b' \\\"c\\\" | d\" 'e;f' g\\ h")] == [
        "sh",
        "-c",
        "a 'b' \"c\" | d",
        "e;f",
        "g h",
    ]
    assert cut("a 'b") == []


def test_the_text_of_a_word_knows_its_places() -> None:
    text = 'sh -c "x && celery \\"beat\\""'
    inner = cut(text)[2].snippet
    at = inner.text.index("celery")
    assert text[inner.offsets[at] : inner.offsets[at] + 6] == "celery"
    assert inner.span(at, at + 6)[:2] == (1, text.index("celery") + 1)
