"""Faults of a request's tokens that can be seen without a key.

Of the checks in RFC 8725 (JWT best current practices) those that need no knowledge of the issuer.
"""

import re
from collections.abc import Iterable, Iterator
from urllib.parse import unquote_plus

from blake3 import blake3
from msgspec import Struct

from nightlatch.exchange.exchange import Request
from nightlatch.identity.jwt import Token, read_token
from nightlatch.identity.lint.claim_rules import CLAIM_RULES
from nightlatch.identity.lint.header_rules import HEADER_RULES
from nightlatch.identity.lint.look import MAX_LIFETIME, Look, number_of

LEEWAY = 60.0
"""Seconds that two clocks may differ."""
MAX_TOKENS = 8
"""Tokens of one request that are looked at."""
_KNOWN_TOKENS = 4096

_CANDIDATE = re.compile(r"(?<![\w.])e[wy][\w+/=-]+\.[\w+/=.-]*", re.ASCII)
_RULES = tuple(rule for rule in (*HEADER_RULES, *CLAIM_RULES) if rule.live)


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
    look = Look(token, size)
    for rule in _RULES:
        yield from rule.judge(look)


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
    return number_of((token.claims or {}).get(name))
