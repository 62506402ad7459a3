"""The request line as a log tells it (RFC 9112 section 3): whatever came over the wire."""

import re
from urllib.parse import unquote_to_bytes

from nightlatch.capture.logs.values import ABSENT, Fault, Unread

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,32}")
_USUAL = {"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"}
_PROTOCOL = re.compile(r"HTTP/([0-9](?:\.[0-9])?)")
_ABSOLUTE = re.compile(r"([A-Za-z][A-Za-z0-9+.-]{0,15})://([^/?#]*)(.*)", re.DOTALL)
_AUTHORITY = re.compile(r"[^/?#@\s]+:[0-9]{1,5}")
_NONE = ABSENT | {"<BADREQ>", "- - -"}
_VERSIONS = {
    "HTTP/1.1": "1.1", "HTTP/1.0": "1.0", "HTTP/2.0": "2", "HTTP/2": "2", "HTTP/3.0": "3",
    "HTTP/3": "3", "h2": "2", "h3": "3", "http/1.1": "1.1",
}  # fmt: skip


def split_line(line: str) -> tuple[str, str, str]:
    """Method, target and version. Raises Unread."""
    method, _, rest = line.partition(" ")
    target, _, protocol = rest.rpartition(" ")
    version = _VERSIONS.get(protocol)
    if version is None or not target:
        method, target, version = _unusual(line, method, rest)
    return checked_method(method), target, version


def checked_method(method: str) -> str:
    """Raises Unread when no method is spelled so."""
    if method not in _USUAL and not _TOKEN.fullmatch(method):
        raise Unread(Fault.NO_REQUEST if method in _NONE else Fault.NOT_HTTP)
    return method


def version_of(text: str) -> str:
    """As ASGI writes it; what nobody knows is 1.1."""
    known = _VERSIONS.get(text)
    if known is None:
        found = _PROTOCOL.fullmatch(text.upper() if "/" in text else f"HTTP/{text}")
        known = found[1].removesuffix(".0") if found else "1.1"
        known = "1.0" if known == "1" else known
    return known


def _unusual(line: str, method: str, rest: str) -> tuple[str, str, str]:
    if line in _NONE:
        raise Unread(Fault.NO_REQUEST)
    target, _, protocol = rest.rpartition(" ")
    found = _PROTOCOL.fullmatch(protocol)
    if target and found:
        return method, target, version_of(protocol)
    if rest and rest[0] in "/*" and " " not in rest:
        # HTTP/0.9 has no version; a browser of 1991 and every scanner ask so.
        return method, rest, "0.9"
    raise Unread(Fault.NOT_HTTP)


def split_absolute(target: str, method: str) -> tuple[str, str, str] | None:
    """Scheme, authority and the rest of an absolute-form or authority-form; None for others."""
    if method == "CONNECT" and _AUTHORITY.fullmatch(target):
        return "", target, ""
    found = _ABSOLUTE.fullmatch(target)
    if found is None:
        return None
    scheme, authority, rest = found.groups()
    return scheme.lower(), authority.rpartition("@")[2], rest


def decoded_path(path: str) -> str:
    """As the ASGI `path`: percent-decoded, UTF-8."""
    if "%" in path:
        return unquote_to_bytes(path.encode("latin-1", "replace")).decode("utf-8", "replace")
    return path if path.isascii() else as_text(path)


def as_text(value: str) -> str:
    """Of one character a byte the text that it is in UTF-8."""
    return value if value.isascii() else value.encode("latin-1", "replace").decode("utf-8", "replace")
