"""The request as a WSGI environ tells it (PEP 3333), in the shape of an ASGI scope."""

from collections.abc import Callable, Iterable
from typing import Any

from nightlatch.capture.ports import Scope

Environ = dict[str, Any]
StartResponse = Callable[..., Callable[[bytes], object]]
WsgiApplication = Callable[[Environ, StartResponse], Iterable[bytes]]

_MAX_NAMES = 1_024
_names: dict[str, bytes] = {}
"""Field names by their key in the environ. Full, it starts over: the keys come from outside."""


def scope_of(environ: Environ) -> Scope:
    """Duplicates are one field here, joined by the server; the order is what it kept."""
    root = _text(environ.get("SCRIPT_NAME", ""))
    path = _text(environ.get("PATH_INFO", ""))
    scope: Scope = {
        "type": "http",
        "method": environ["REQUEST_METHOD"],
        "scheme": environ.get("wsgi.url_scheme", "http"),
        "path": root + path or "/",
        "root_path": root,
        "query_string": environ.get("QUERY_STRING", "").encode("latin-1", "replace"),
        "headers": _headers(environ),
        "http_version": environ.get("SERVER_PROTOCOL", "HTTP/1.1").removeprefix("HTTP/"),
    }
    address = environ.get("REMOTE_ADDR")
    if address:
        scope["client"] = (address, environ.get("REMOTE_PORT"))
    raw = environ.get("RAW_URI") or environ.get("REQUEST_URI")
    if raw and raw[0] == "/":
        scope["raw_path"] = raw.partition("?")[0].encode("latin-1", "replace")
    return scope


def _text(latin: str) -> str:
    """Text that WSGI gives as its bytes, each a character."""
    return (
        latin if latin.isascii() else latin.encode("latin-1", "replace").decode("utf-8", "replace")
    )


def _headers(environ: Environ) -> list[tuple[bytes, bytes]]:
    found = []
    for key, value in environ.items():
        if key.startswith("HTTP_") or (key in _UNPREFIXED and value):
            name = _names.get(key) or _learn(key)
            found.append((name, value.encode("latin-1", "replace")))
    return found


_UNPREFIXED = frozenset({"CONTENT_TYPE", "CONTENT_LENGTH"})


def _learn(key: str) -> bytes:
    if len(_names) >= _MAX_NAMES:
        _names.clear()
    name = key.removeprefix("HTTP_").replace("_", "-").lower().encode("latin-1", "replace")
    _names[key] = name
    return name
