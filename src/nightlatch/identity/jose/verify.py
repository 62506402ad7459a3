"""One question for any token of the family."""

import time
from typing import Any

from nightlatch.identity.jose import encrypted, signed
from nightlatch.identity.jose.claims import fault_of
from nightlatch.identity.jose.encoding import json_object
from nightlatch.identity.jose.header import protected_header
from nightlatch.identity.jose.keys import KeyRing, read_keys
from nightlatch.identity.jose.signed import Opened
from nightlatch.identity.jose.verified import Document, Unproven, Unsound, Verified

MAX_TOKEN = 262_144
"""Characters."""
_FAR = 1e15
"""Seconds from the epoch that no clock shows."""
_JWT = frozenset({"jwt", "application/jwt"})


def verify(
    token: str | bytes | Document,
    keys: KeyRing | Document | list[Any] | str | bytes,
    now: float | None = None,
) -> Verified:
    """Is this token what its keys say it is?

    `token` is a JWS or JWE, compact or as JSON (text or parsed); `keys` a JWK, a JWK set or a list
    of JWKs, with private keys or secrets to decrypt; `now` the moment to judge `exp`, `nbf` and
    `iat` at, seconds since the epoch, the clock's where it is not given. Never raises.
    """
    header: Document = {}
    try:
        ring = keys if isinstance(keys, KeyRing) else read_keys(keys)
        moment = _moment(now)
        given = _read(token)
        header = _shown_header(given)
        opened, nested = _innermost(given, ring)
        return _judged(opened, moment, nested=nested)
    except Unsound as error:
        return Verified(False, str(error), header, unproven=isinstance(error, Unproven))
    except Exception as error:  # noqa: BLE001 -- hostile input is a value, whatever a library makes of it
        return Verified(False, f"the token cannot be read ({type(error).__name__})", header)


def _moment(now: object) -> float:
    if now is None:
        return time.time()
    if not isinstance(now, int | float) or not abs(now) < _FAR:
        raise Unsound("the moment to judge it at (now) is no number of seconds since the epoch")
    return now


def _read(token: object) -> str | Document:
    if isinstance(token, dict):
        return token
    if not isinstance(token, str | bytes):
        raise Unsound("the token is no text")
    if len(token) > MAX_TOKEN:
        raise Unsound(f"the token has more than {MAX_TOKEN:,} characters")
    if isinstance(token, bytes):
        token = token.decode("utf-8", "replace")
    if token.lstrip().startswith("{"):
        return json_object(token.encode("utf-8", "replace"), "token")
    return token


def _shown_header(given: str | Document) -> Document:
    """For people, also of a token that is not valid."""
    try:
        segment = given.get("protected", "") if isinstance(given, dict) else given.split(".")[0]
        return protected_header(segment) if isinstance(segment, str) and segment else {}
    except Unsound:
        return {}


def _innermost(given: str | Document, ring: KeyRing) -> tuple[Opened, bool]:
    opened = _open(given, ring)
    if "enc" not in opened.header or opened.header.get("cty", "").lower() not in _JWT:
        return opened, False
    # One level: a token in a token in a token is no token that anybody makes (RFC 8725, 3.11).
    if not opened.payload.isascii() or opened.payload.count(b".") != 2:
        raise Unsound("the header says that a signed token is inside (cty), and there is none")
    return signed.open_compact(opened.payload.decode("ascii"), ring), True


def _open(given: str | Document, ring: KeyRing) -> Opened:
    if isinstance(given, dict):
        if "ciphertext" in given:
            return encrypted.open_json(given, ring)
        return signed.open_json(given, ring)
    dots = given.count(".")
    if dots == 2:
        return signed.open_compact(given, ring)
    if dots == 4:
        return encrypted.open_compact(given, ring)
    raise Unsound("the token has neither three parts nor five")


def _judged(opened: Opened, now: float, *, nested: bool) -> Verified:
    claims = None
    reason = ""
    if opened.payload.lstrip().startswith(b"{") or _is_jwt(opened.header):
        claims = json_object(opened.payload, "payload")
        reason = fault_of(claims, now)
    return Verified(
        valid=not reason,
        reason=reason,
        header=opened.header,
        payload=opened.payload,
        claims=claims,
        key_id=opened.key.id or "",
        key_number=opened.key.number,
        thumbprint=opened.key.thumbprint,
        nested=nested,
    )


def _is_jwt(header: Document) -> bool:
    """By its `typ` (RFC 7519, section 5.1; RFC 8725, section 3.11): it must hold claims."""
    kind: str = header.get("typ", "").lower()
    return kind in _JWT or kind.endswith("+jwt")
