"""How far a long command is, while a person waits for it."""

from rich.console import Console
from rich.progress import Progress, ProgressColumn

from nightlatch.cli.output import screen


def progress_bar(*columns: ProgressColumn, quiet: bool) -> Progress:
    """Gone when it is done; on standard error if `quiet`, so that a pipe of JSON stays clean."""
    console = Console(stderr=True) if quiet else screen
    return Progress(*columns, console=console, transient=True)
