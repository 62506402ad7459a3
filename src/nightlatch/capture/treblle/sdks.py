"""What the SDKs mean by what they write: they agree on the names of the fields, and on little else.

Read from their published sources in mid 2026; those of Django and Node.js were also run.
"""

from msgspec import Struct

SECONDS = 1.0
MILLISECONDS = 1e-3
MICROSECONDS = 1e-6


class Sdk(Struct, frozen=True):
    unit: float | None = None
    """Seconds in one unit of `load_time`; None where nobody told us: then it is unknown."""
    whole_url: bool = False
    """`url` has the query, so that one without "?" was asked without."""
    merged: bool = False
    """`body` is the body and the query in one object."""
    query_in_body: bool = False
    """Of a GET, `body` is the query."""
    crashes: bool = False
    """An `onError` is an exception that nobody caught; elsewhere it may be any answer from 400."""
    untimed_after_crash: bool = False
    """After an exception the time begins with the exception."""


UNKNOWN = Sdk()

_SDKS: dict[str, Sdk] = {
    "django": Sdk(MILLISECONDS),
    "flask": Sdk(SECONDS, whole_url=True, crashes=True),
    "fastapi": Sdk(SECONDS, whole_url=True, crashes=True),
    "trenasty": Sdk(SECONDS, whole_url=True, crashes=True),
    "laravel": Sdk(MILLISECONDS),
    "symfony": Sdk(MILLISECONDS),
    "php": Sdk(MILLISECONDS, whole_url=True),
    "go": Sdk(MILLISECONDS),
    "ruby": Sdk(SECONDS, whole_url=True, crashes=True),
    "spring": Sdk(SECONDS, crashes=True),
    "spring-boot": Sdk(MILLISECONDS),
    "netcore": Sdk(SECONDS, whole_url=True),
    "rust": Sdk(SECONDS),
    "node": Sdk(MICROSECONDS, whole_url=True, query_in_body=True, untimed_after_crash=True),
    "express": Sdk(MICROSECONDS, whole_url=True, merged=True),
    "nextjs": Sdk(MICROSECONDS, whole_url=True),
    "kong": Sdk(MICROSECONDS),
}
_FORMER: dict[str, Sdk] = {"laravel": Sdk(SECONDS, whole_url=True)}
"""Meant otherwise in the first generation of the protocol."""


def sdk_named(name: object, *, second_generation: bool) -> Sdk:
    """By the `sdk` of an event. Spring's first SDK left it out, as nobody else does."""
    if name is None:
        return _SDKS["spring"]
    if not isinstance(name, str):
        return UNKNOWN
    name = name.strip().lower()
    if name.startswith("treblle-rust"):
        name = "rust"
    if not second_generation and name in _FORMER:
        return _FORMER[name]
    return _SDKS.get(name, UNKNOWN)
