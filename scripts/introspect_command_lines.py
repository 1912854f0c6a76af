"""The command lines of the installed Celery: click's commands from 5.0 on, argparse's before.

A command is `{"options": [...], "subcommands": [...]}`, an option `{"names", "value", "type", "choices",
"multiple"}`. `value` is `none` for a flag, `required`, or `optional` (`--option` and `--option=x`). The
command "" holds the options of `celery` itself, which stand before the command's name.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from typing import Any


def command_lines() -> dict[str, dict[str, Any]]:
    """All commands of the installed Celery, by name; nested ones as `upgrade settings`."""
    program = importlib.import_module("celery.bin.celery")
    if hasattr(program, "command_classes"):
        found = argparse_commands(program)
    else:
        found = dict(click_commands(importlib.import_module("click"), program.celery, ""))
    found["multi"] = multi_command(found.get("multi", {"options": [], "subcommands": []}))
    return found


def click_commands(click: Any, command: Any, name: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """(name, description) of a click command and all below it."""
    params = [*command.params, command.get_help_option(click.Context(command))]
    options = [click_option(click, param) for param in params if isinstance(param, click.Option)]
    subcommands = getattr(command, "commands", {})
    yield name, {"options": options, "subcommands": sorted(subcommands)}
    for key, child in sorted(subcommands.items()):
        yield from click_commands(click, child, f"{name} {key}".strip())


def click_option(click: Any, param: Any) -> dict[str, Any]:
    """One click option."""
    optional = getattr(param, "_flag_needs_value", False) and not param.is_flag
    choices = param.type.choices if isinstance(param.type, click.Choice) else ()
    return {
        "names": sorted([*param.opts, *param.secondary_opts]),
        "value": "none" if param.is_flag or param.count else "optional" if optional else "required",
        "type": "" if param.is_flag else param.type.name,
        "choices": [str(choice) for choice in choices],
        "multiple": bool(param.multiple),
    }


def argparse_commands(module: Any) -> dict[str, dict[str, Any]]:
    """The commands of Celery 4.4, whose module is celery.bin.celery."""
    app = importlib.import_module("celery").Celery("introspection", set_as_current=False)
    program = module.CeleryCommand(app=app)
    names = sorted({*program.commands, *(name for _, group, _ in module.command_classes for name in group)})
    found = {"": {"options": argparse_options(program.create_parser("celery")), "subcommands": names}}
    for name in names:
        command = program.commands[name](app=app)
        found[name] = {"options": argparse_options(command.create_parser("celery")), "subcommands": []}
    return found


def argparse_options(parser: Any) -> list[dict[str, Any]]:
    """The options of an argparse parser."""
    return [argparse_option(action) for action in parser._actions if action.option_strings]


def argparse_option(action: Any) -> dict[str, Any]:
    """One argparse option."""
    value = "none" if action.nargs == 0 else "optional" if action.nargs in {"?", "*"} else "required"
    return {
        "names": sorted(action.option_strings),
        "value": value,
        "type": "" if value == "none" else getattr(action.type, "__name__", "text"),
        "choices": [str(choice) for choice in action.choices or ()],
        "multiple": type(action).__name__ == "_AppendAction" or action.nargs == "*",
    }


def multi_command(described: dict[str, Any]) -> dict[str, Any]:
    """`celery multi` reads its own command line: commands, reserved options; the rest goes to the workers."""
    tool = importlib.import_module("celery.bin.multi").MultiTool()
    flag = {"value": "none", "type": "", "choices": [], "multiple": False}
    options = [{"names": [name], **flag} for name, _ in tool.reserved_options]
    return {"options": [*described["options"], *options], "subcommands": sorted(tool.commands)}
