"""Nightlatch watches the doors of an API, counts whose records leave, and closes the door in time.

In Starlette or FastAPI: `app.add_middleware(Nightlatch)`. Others have modules of their
own: `nightlatch.flask`, `nightlatch.django`, `nightlatch.litestar`, `nightlatch.aiohttp`,
`nightlatch.sanic`, and `nightlatch.wsgi` for any WSGI application.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nightlatch.app import Nightlatch as Nightlatch
    from nightlatch.marks import mark as mark
    from nightlatch.marks import public as public
    from nightlatch.marks import sensitive as sensitive
    from nightlatch.marks import subject as subject

__version__ = "0.1.0"
__all__ = ["Nightlatch", "__version__", "mark", "public", "sensitive", "subject"]

_MARKS = frozenset({"mark", "public", "sensitive", "subject"})


def __getattr__(name: str) -> object:
    # Late, so that `import nightlatch` for a constant or a type does not build the whole house.
    if name == "Nightlatch":
        return import_module("nightlatch.app").Nightlatch
    if name in _MARKS:
        return getattr(import_module("nightlatch.marks"), name)
    raise AttributeError(f"module 'nightlatch' has no attribute {name!r}")
