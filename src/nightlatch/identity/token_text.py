"""Finds again the text of a token whose credential was read: of the secret itself only its keyed
hash is kept."""

import re
from collections.abc import Iterator
from itertools import islice
from urllib.parse import unquote_plus

from nightlatch.exchange.credential import Credential, CredentialPlace
from nightlatch.exchange.exchange import Request
from nightlatch.exchange.hashing import Hasher

MAX_TOKENS = 8
"""Texts of one field that are compared."""
_MOST_PAIRS = 100
"""Cookies, or query parameters, that are looked at."""
_TOKEN = re.compile(r"(?<![\w+/=-])[\w+/=-]++\.[\w+/=-]*+(?:\.[\w+/=-]*+)?", re.ASCII)


def token_text(request: Request, credential: Credential, hasher: Hasher) -> str | None:
    """The compact JWS that this credential is; None where it is not there (any more)."""
    if not credential.digest:
        return None
    for field in _fields(request, credential):
        for match in islice(_TOKEN.finditer(field), MAX_TOKENS):
            if hasher.hex("credential", match[0]) == credential.digest:
                return match[0]
    return None


def _fields(request: Request, credential: Credential) -> Iterator[str]:
    """Texts that it may have been read from: all of its name."""
    place, name = credential.place, credential.name
    if place is CredentialPlace.QUERY:
        yield from _values(request.query, "&", name)
        return
    in_cookie = place is CredentialPlace.COOKIE
    wanted = b"cookie" if in_cookie else name.encode("latin-1", "replace")
    for given, value in request.headers.raw:
        if given == wanted:
            text = value.decode("latin-1")
            yield from _values(text, ";", name) if in_cookie else (text,)


def _values(text: str, between: str, name: str) -> Iterator[str]:
    for pair in text.split(between, _MOST_PAIRS)[:_MOST_PAIRS]:
        given, _, value = pair.strip().partition("=")
        if unquote_plus(given).lower() == name:
            yield unquote_plus(value)
