"""What a framework knows of an exchange by the time it answers: the route, the user, the code."""

from collections.abc import Callable
from typing import Any, TypeVar

from msgspec import Struct

from nightlatch.exchange.mark import Mark

MARK = "__nightlatch__"
"""Attribute of functions and classes that are marked."""
PRINCIPAL = "nightlatch.principal"
"""Key in an ASGI scope or a WSGI environ: an application may say there who asks."""
ROUTE = "nightlatch.route"
"""The same for its route template, `/users/{id}`, where we do not know its framework."""

E = TypeVar("E")


class Served(Struct, frozen=True):
    route: str | None = None
    """Template below the host: `/users/{id}`. None where there is none, or it is not certain."""
    principal: str = ""
    """Whom the application authenticated."""
    endpoint: object = None
    """The function or class that answers."""


NOTHING_KNOWN = Served()


def marking(mark: Mark) -> Callable[[E], E]:
    """Decorator for a function or class that answers requests."""

    def decorate(endpoint: E) -> E:
        setattr(endpoint, MARK, merged(getattr(endpoint, MARK, None), mark))
        return endpoint

    return decorate


def merged(known: Mark | None, more: Mark) -> Mark:
    """Several decorators on one endpoint say it all together."""
    if known is None:
        return more
    return Mark(
        known.public or more.public,
        more.owner or known.owner,
        more.reason or known.reason,
        known.sensitive or more.sensitive,
        tuple(dict.fromkeys((*known.subjects, *more.subjects))),
    )


def mark_of(endpoint: object, method: str) -> Mark | None:
    """The mark of what answers `method`, however its framework wrapped it."""
    for _ in range(_DEEPEST):
        mark = getattr(endpoint, MARK, None)
        if isinstance(mark, Mark):
            return mark
        if isinstance(endpoint, type):
            # A class has one method for each of HTTP's.
            handler = getattr(endpoint, method.lower(), None)
            mark = getattr(handler, MARK, None)
            return mark if isinstance(mark, Mark) else None
        inner = next(filter(None, (getattr(endpoint, name, None) for name in _INNER)), None)
        if inner is None or inner is endpoint:
            return None
        endpoint = inner
    return None


_DEEPEST = 8
_INNER = ("view_class", "cls", "fn", "func", "__wrapped__", "__func__")
"""Where Django and Flask, Django REST framework, Litestar, functools and methods keep what they
wrap."""


def principal_of(user: Any) -> str:
    """The name that an application's user object has for itself; "" for nobody, and for those whose
    class does not say."""
    if user is None or type(user) in (str, int):
        return "" if user is None else str(user)
    try:
        known = getattr(user, "is_authenticated", True)
        if not (known() if callable(known) else known):
            return ""
        for name in _NAMES:
            found = getattr(user, name, None)
            found = found() if callable(found) else found
            if type(found) in (str, int) or (found is not None and name == "pk"):
                return str(found)
    except Exception:  # noqa: BLE001  # the application's own code, which need not support this
        return ""
    return ""


_NAMES = ("get_id", "pk", "id", "identity", "username", "display_name", "name")
