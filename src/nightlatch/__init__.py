"""Nightlatch watches the doors of an API, counts whose records leave, and closes the door in time.

In an application: `app.add_middleware(Nightlatch)`.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nightlatch.app import Nightlatch as Nightlatch

__version__ = "0.1.0"
__all__ = ["Nightlatch", "__version__"]


def __getattr__(name: str) -> object:
    # Late, so that `import nightlatch` for a constant or a type does not build the whole house.
    if name == "Nightlatch":
        return import_module("nightlatch.app").Nightlatch
    raise AttributeError(f"module 'nightlatch' has no attribute {name!r}")
