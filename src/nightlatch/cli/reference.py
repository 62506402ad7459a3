"""Reference pages made from the code itself, so that they cannot be wrong."""

import inspect
import json
from collections.abc import Iterator
from typing import Any

from typer import Context
from typer.core import TyperArgument, TyperCommand, TyperGroup, TyperOption

from nightlatch.cli.late import loaded
from nightlatch.settings import SETTINGS, Setting


def settings_page() -> str:
    """`docs/reference/settings.md`, whole."""
    rows = "\n".join(_row(setting) for setting in SETTINGS)
    return (
        "# Settings\n\n"
        "Every setting can be given in three places. Code wins over the environment, the\n"
        "environment over the file, the file over the default.\n\n"
        "| where | `budgets.caller_hour` looks like |\n|---|---|\n"
        "| code | `app.add_middleware(Nightlatch, budgets_caller_hour=50)` |\n"
        "| environment | `NIGHTLATCH_BUDGETS_CALLER_HOUR=50` |\n"
        "| `nightlatch.toml` in the working directory, or the file that `NIGHTLATCH_CONFIG` names "
        "| `[budgets]` and below it `caller_hour = 50` |\n\n"
        "Lists are comma-separated in the environment. All mistakes are told at once when the\n"
        "application starts, each with its place and a suggestion; it does not start with a\n"
        "configuration that it had to guess.\n\n"
        "| setting | environment | default | what it does |\n|---|---|---|---|\n"
        f"{rows}\n"
    )


def commands_page(program: object) -> str:
    """`docs/reference/commands.md`, whole."""
    return "\n".join([_COMMANDS, *_commands(program)])


def _commands(program: object, within: str = "") -> Iterator[str]:
    for name, command in loaded(program).items():
        if isinstance(command, TyperGroup):
            yield from _commands(command, f"{name} ")
        elif not command.hidden:
            yield _command(within + name, command)


_COMMANDS = """\
# Commands

The command line comes with `pip install 'nightlatch[server]'` and reads the same settings as the
application. With `--json` the last line is one JSON value. A command ends with 0; `doctor` with 1
when it finds something wrong; with 2 when it was asked for something that it cannot do, and then
it says why and what to do next.

This page is made from the commands: `nightlatch doctor --commands`.
"""


def _command(name: str, command: TyperCommand) -> str:
    usage = " ".join(command.collect_usage_pieces(Context(command)))
    rows = "\n".join(_parameter_rows(command))
    table = f"\n| | |\n|---|---|\n{rows}\n" if rows else ""
    words = inspect.cleandoc(command.help or "")
    return f"## `nightlatch {name}`\n\n{words}\n\n    nightlatch {name} {usage}\n{table}"


def _parameter_rows(command: TyperCommand) -> Iterator[str]:
    for parameter in command.params:
        if isinstance(parameter, TyperArgument):
            yield f"| `{(parameter.name or '').upper()}` | {parameter.help or ''} |"
        elif isinstance(parameter, TyperOption):
            counted = isinstance(parameter.default, int) and not parameter.is_flag
            default = f" Default: {parameter.default:,}." if counted else ""
            yield f"| `{parameter.opts[0]}` | {parameter.help or ''}{default} |"


def _row(setting: Setting) -> str:
    default = _literal(setting.default)
    description = setting.description.replace("|", "\\|")
    return f"| `{setting.name}` | `{setting.environment}` | `{default}` | {description} |"


def _literal(value: Any) -> str:
    if isinstance(value, tuple):
        return json.dumps(list(value))
    return (
        json.dumps(value) if isinstance(value, bool | str) and value == "" else str(value).lower()
    )
