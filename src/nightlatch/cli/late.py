"""Commands that are loaded when somebody asks for them.

The help page of the whole needs a name and a line of each command. To import all of them for it
would take a second and a half, and `nightlatch version` would wait as long.
"""

from collections.abc import Iterable, Mapping
from functools import cached_property
from importlib import import_module
from typing import Any, NamedTuple

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

Command = TyperCommand | TyperGroup


class Entry(NamedTuple):
    """What is known of a command before it is loaded."""

    name: str
    place: str
    """Its module in this package, a colon, and what it is called there: a function or a Typer."""
    help: str
    """The first paragraph of its own help."""
    panel: str | None = None
    hidden: bool = False
    context_settings: Mapping[str, Any] = {}


class LateCommand(TyperCommand):
    """Stands for a command until it is used."""

    def __init__(self, entry: Entry) -> None:
        super().__init__(
            entry.name, help=entry.help, hidden=entry.hidden, rich_help_panel=entry.panel
        )
        self._entry = entry

    @cached_property
    def loaded(self) -> Command:
        """The command itself."""
        entry = self._entry
        module, _, name = entry.place.partition(":")
        found = getattr(import_module(f"{__package__}.{module}"), name)
        # In a group, so that typer makes the same of it as if it had been there from the start.
        group = typer.Typer(add_completion=False, rich_markup_mode="markdown")
        group.callback()(lambda: None)
        if isinstance(found, typer.Typer):
            group.add_typer(found, name=entry.name)
        else:
            settings = dict(entry.context_settings)
            group.command(entry.name, context_settings=settings, hidden=entry.hidden)(found)
        return _commands(get_command(group))[entry.name]

    def make_context(
        self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any
    ) -> Any:
        """Of the command itself: whoever has the context goes on with that."""
        return self.loaded.make_context(info_name, args, parent, **extra)


def late_group(entries: Iterable[Entry]) -> type[TyperGroup]:
    """For `typer.Typer(cls=…)`: a group of these commands, in this order."""
    commands = [LateCommand(entry) for entry in entries]

    class LateGroup(TyperGroup):
        def __init__(self, **attributes: Any) -> None:
            super().__init__(**{**attributes, "commands": commands})

    return LateGroup


def loaded(program: object) -> dict[str, Command]:
    """The commands of a group by name, all of them loaded; empty for what is no group."""
    return {
        name: command.loaded if isinstance(command, LateCommand) else command
        for name, command in _commands(program).items()
    }


def _commands(program: object) -> dict[str, Command]:
    commands = program.commands if isinstance(program, TyperGroup) else {}
    return {
        name: command
        for name, command in commands.items()
        if isinstance(command, TyperCommand | TyperGroup)
    }
