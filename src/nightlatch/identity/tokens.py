"""Faults of a request's tokens that can be seen without a key.

Of the checks in RFC 8725 (JWT best current practices) those that need no knowledge of the issuer.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import unquote_plus

from blake3 import blake3
from msgspec import Struct

from nightlatch.exchange.exchange import Request
from nightlatch.identity.jwt import Token, read_token

MAX_SIZE = 8 * 1024
"""Characters. Larger tokens do not fit the header limits of common servers and proxies."""
MAX_LIFETIME = 7 * 24 * 3600.0
"""Seconds from now that an access token may still be good for."""
LEEWAY = 60.0
"""Seconds that two clocks may differ."""
MAX_TOKENS = 8
"""Tokens of one request that are looked at."""
_MAX_KID = 256
_KNOWN_TOKENS = 4096
_LATEST = 253_402_300_800.0
"""The year 10000: a date beyond it is no date."""

_CANDIDATE = re.compile(r"(?<![\w.])e[wy][\w+/=-]+\.[\w+/=.-]*", re.ASCII)
_FOREIGN_KEYS = {
    "jwk": "brings its own key (jwk)",
    "x5c": "brings its own certificate (x5c)",
    "jku": "says where to fetch its key (jku)",
    "x5u": "says where to fetch its certificate (x5u)",
}
_PATH = re.compile(r"\.\.|^/|\\|\x00|^file:", re.IGNORECASE)
_SQL = re.compile(r"['\"]|--|/\*|;\s*\w|\bunion\b.{0,40}\bselect\b", re.IGNORECASE | re.DOTALL)
_SHELL = re.compile(r"[|`&<>\n]|\$\(")
_EMAIL = re.compile(r"[^@\s]{1,128}@[^@\s]{1,255}\.[^@\s]+")
_PHONE = re.compile(r"\+\d[\d ()-]{6,20}")
_SECRET_CLAIMS = ("password", "passwd", "pwd", "secret", "ssn", "card_number", "pin")


class _Judged(Struct, frozen=True):
    """What is remembered of a token: not the token."""

    lasting: tuple[str, ...]
    """Faults that do not depend on the time."""
    expires: float | None
    issued: float | None
    not_before: float | None


_judged: dict[bytes, _Judged] = {}
"""By an unkeyed hash that never leaves the process; when full, it starts over."""


def token_faults(request: Request, now: float) -> tuple[str, ...]:
    """Faults in words, of all tokens in headers, cookies and the query, each fault once."""
    places = _places(request)
    if not places:
        return ()
    faults: dict[str, None] = {}
    for text in _candidates(places):
        judged = _judge(text)
        if judged is not None:
            faults.update(dict.fromkeys(judged.lasting))
            faults.update(dict.fromkeys(_faults_at(judged, now)))
    return tuple(faults)


def _candidates(places: Iterable[str]) -> Iterator[str]:
    """At most MAX_TOKENS texts that look like tokens."""
    count = 0
    for text in places:
        for match in _CANDIDATE.finditer(text):
            yield match[0]
            count += 1
            if count == MAX_TOKENS:
                return


def _places(request: Request) -> list[str]:
    """Texts that may hold a token; most requests have none."""
    values = [value for _, value in request.headers.raw]
    together = b"\n".join(values)
    places = []
    if b"ey" in together or b"ew" in together:
        places = [
            value.decode("latin-1")
            for value in values
            if b"." in value and (b"ey" in value or b"ew" in value)
        ]
    if "." in request.query:
        places.append(unquote_plus(request.query))
    return places


def _judge(text: str) -> _Judged | None:
    digest = blake3(text.encode()).digest(length=16)
    known = _judged.get(digest)
    if known is None:
        token = read_token(text)
        if token is None:
            return None
        if len(_judged) >= _KNOWN_TOKENS:
            _judged.clear()
        known = _judged[digest] = _Judged(
            lasting=tuple(_lasting_faults(token, len(text))),
            expires=_date(token, "exp"),
            issued=_date(token, "iat"),
            not_before=_date(token, "nbf"),
        )
    return known


def _lasting_faults(token: Token, size: int) -> Iterator[str]:
    yield from token.form_faults
    if size > MAX_SIZE:
        yield f"the token is larger than {MAX_SIZE // 1024} KB"
    if not token.encrypted:
        yield from _signature_faults(token)
    for member, words in _FOREIGN_KEYS.items():
        if member in token.header:
            yield f"the token {words}: whoever trusts that trusts anyone"
    if "kid" in token.header:
        yield from _kid_faults(token.header["kid"])
    yield from _extension_faults(token.header)
    if token.claims is not None:
        yield from _claim_faults(token.claims)


def _signature_faults(token: Token) -> Iterator[str]:
    algorithm = str(token.header.get("alg", ""))
    if algorithm.lower() == "none":
        yield f'alg is "{algorithm}": the token is not signed'
    elif not token.signature:
        yield "the signature is empty"


def _kid_faults(kid: Any) -> Iterator[str]:
    if not isinstance(kid, str):
        yield "kid is not text"
        return
    if len(kid) > _MAX_KID:
        yield f"kid is longer than {_MAX_KID} characters"
    for pattern, words in ((_PATH, "a path"), (_SQL, "SQL"), (_SHELL, "a shell command")):
        if pattern.search(kid[:_MAX_KID]):
            yield f"kid holds what looks like {words}"


def _extension_faults(header: dict[str, Any]) -> Iterator[str]:
    if header.get("b64") is False:
        yield "b64 is false, which RFC 7797 forbids for a JWT"
    if "crit" not in header:
        return
    extensions = header["crit"]
    if not isinstance(extensions, list) or not extensions:
        yield "crit is not a list of extensions"
        return
    if any(extension != "b64" for extension in extensions):
        yield "crit names an extension that nobody knows"


def _claim_faults(claims: dict[str, Any]) -> Iterator[str]:
    if "exp" not in claims:
        yield "exp is missing: the token is good for ever"
    for name in ("exp", "iat", "nbf"):
        if name in claims and _number(claims[name]) is None:
            yield f"{name} is not a date"
    subject = claims.get("sub")
    if subject is not None and not isinstance(subject, str):
        yield "sub is not text"
    elif subject and _EMAIL.fullmatch(subject):
        yield "sub is an e-mail address, which anyone who sees the token can read"
    elif subject and _PHONE.fullmatch(subject):
        yield "sub is a telephone number, which anyone who sees the token can read"
    yield from _readable_secrets(claims)


def _readable_secrets(names: Iterable[str]) -> Iterator[str]:
    for name in names:
        if name.lower() in _SECRET_CLAIMS:
            yield f"the claim {name.lower()} can be read by anyone who sees the token"


def _faults_at(judged: _Judged, now: float) -> Iterator[str]:
    if judged.expires is not None:
        if judged.expires < now - LEEWAY:
            yield "the token has expired"
        elif judged.expires > now + MAX_LIFETIME:
            yield f"the token is good for more than {MAX_LIFETIME / 86_400:.0f} days"
    if judged.issued is not None and judged.issued > now + LEEWAY:
        yield "iat is in the future"
    if judged.not_before is not None and judged.not_before > now + LEEWAY:
        yield "the token is not good yet (nbf)"


def _date(token: Token, name: str) -> float | None:
    return _number((token.claims or {}).get(name))


def _number(value: Any) -> float | None:
    """A NumericDate (RFC 7519, section 2); None for anything else, truth values included."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if 0 <= value < _LATEST else None
