"""`nightlatch version`."""

import platform

from nightlatch import __version__
from nightlatch.cli.output import AsJson, print_json, screen


def version(as_json: AsJson = False) -> None:
    """Which Nightlatch this is, on which Python."""
    if as_json:
        print_json({"nightlatch": __version__, "python": platform.python_version()})
    else:
        screen.print(f"Nightlatch {__version__} on Python {platform.python_version()}")
