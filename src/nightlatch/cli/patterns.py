"""`nightlatch patterns`: compile the patterns before an application needs them."""

import time
from pathlib import Path

from rich.progress import BarColumn, TextColumn, TimeElapsedColumn

from nightlatch.app.configuration import configure
from nightlatch.app.stores import cache_dir
from nightlatch.checks.attacks.engine import AttackEngine
from nightlatch.cli.output import AsJson, print_json, screen
from nightlatch.cli.progress import progress_bar
from nightlatch.inventory.inventory import Inventory


def patterns(as_json: AsJson = False) -> None:
    """Compile the attack patterns now, and keep them for every start.

    An application does this at its first start, which takes some seconds longer then. Where every
    start is a first one, as in a container, run it when the image is built.
    """
    directory = cache_dir(configure())
    seconds = compile_patterns(directory, quiet=as_json)
    if as_json:
        print_json({"directory": str(directory.absolute()), "seconds": round(seconds, 3)})
    else:
        screen.print(f"The attack patterns are ready in {directory} ({seconds:.1f} s).")


def compile_patterns(directory: Path, *, quiet: bool) -> float:
    """Until they are there; seconds. The bar only says that it works: how far it is, Hyperscan does
    not tell."""
    columns = TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn()
    began = time.perf_counter()
    with progress_bar(*columns, quiet=quiet) as bar:
        bar.add_task("Compiling the attack patterns, once", total=None)
        AttackEngine.open(directory)
        Inventory().warm(directory)
    return time.perf_counter() - began
