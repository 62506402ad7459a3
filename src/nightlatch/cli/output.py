"""How the command line speaks: tables for people, one JSON value a line for machines."""

import sys
from typing import Annotated, Any

import msgspec
import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from nightlatch.faults import Mistake

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for machines instead.")]

screen = Console(highlight=False)


class Refusal(Mistake):
    """The command cannot do it; the text says why and what to do next."""


def print_json(value: Any) -> None:
    """One JSON value on one line."""
    sys.stdout.write(msgspec.json.encode(value).decode() + "\n")
    sys.stdout.flush()


def error(text: str) -> None:
    """To standard error, so that a pipe of JSON stays clean."""
    Console(stderr=True, highlight=False).print(text, style="red", markup=False, soft_wrap=True)


def printable(text: str) -> str:
    """Somebody else's words: nothing in them steers the terminal."""
    return "".join(one if one.isprintable() or one == "\n" else "\N{REPLACEMENT CHARACTER}"
                   for one in text)  # fmt: skip


def plain(text: str) -> str:
    """The same, for a table or a line with marks of ours: nothing in them is taken for one."""
    return escape(printable(text))


def counted(count: int, noun: str, several: str = "") -> str:
    """As in `1 request` and `2,500 requests`."""
    return f"{count:,} {noun if count == 1 else several or f'{noun}s'}"


def table(*columns: str, numbers: tuple[str, ...] = (), title: str | None = None) -> Table:
    """An aligned table; columns named in `numbers` are right-aligned."""
    made = Table(title=title, title_justify="left", box=None, pad_edge=False, header_style="bold")
    for column in columns:
        # Folded, not cut: half an endpoint cannot be copied.
        made.add_column(column, justify="right" if column in numbers else "left", overflow="fold")
    return made
