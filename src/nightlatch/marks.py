"""Decorators for what no traffic could tell of an endpoint; read `docs/guides/marks.md`.

    from nightlatch import public

    @app.get("/status")
    @public(owner="web team", reason="the status page")
    def status(): ...

They go next to the function, below the framework's own decorator, and change nothing about it. A
class of handlers, or one of its methods, can be marked as well.
"""

from collections.abc import Callable
from typing import TypeVar

from nightlatch.capture.served import marking
from nightlatch.exchange.mark import Mark

E = TypeVar("E")


def mark(
    *,
    public: bool = False,
    owner: str = "",
    reason: str = "",
    sensitive: bool = False,
    subject: str | tuple[str, ...] = (),
) -> Callable[[E], E]:
    """Everything that can be said of an endpoint at once; each word is explained below."""
    subjects = (subject,) if isinstance(subject, str) else tuple(subject)
    return marking(Mark(public, owner, reason, sensitive, subjects))


def public(*, owner: str = "", reason: str = "") -> Callable[[E], E]:
    """Meant for everybody, without a credential. A person who decides otherwise in the console
    wins."""
    return mark(public=True, owner=owner, reason=reason)


def sensitive(endpoint: E) -> E:
    """Its answers are personal data, whatever they look like."""
    return mark(sensitive=True)(endpoint)


def subject(*names: str) -> Callable[[E], E]:
    """These parameters or JSON fields say which person or record it is about."""
    return mark(subject=names)
