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
_TOKEN = re.compile(r"[\w+/=-]+\.[\w+/=-]*(?:\.[\w+/=-]*)?", re.ASCII)


def token_text(request: Request, credential: Credential, hasher: Hasher) -> str | None:
    """The compact JWS that this credential is; None where it is not there (any more)."""
    if not credential.digest:
        return None
    for field in _fields(request, credential):
        for match in _tokens(field):
            if hasher.hex("credential", match) == credential.digest:
                return match
    return None


def _fields(request: Request, credential: Credential) -> Iterator[str]:
    """Texts that it was read from, and perhaps others of the same name."""
    if credential.place is CredentialPlace.QUERY:
        yield unquote_plus(request.query)
        return
    in_cookie = credential.place is CredentialPlace.COOKIE
    name = b"cookie" if in_cookie else credential.name.encode("latin-1", "replace")
    for given, value in request.headers.raw:
        if given == name:
            text = value.decode("latin-1")
            yield unquote_plus(text) if in_cookie else text


def _tokens(field: str) -> Iterator[str]:
    """Name and value of a cookie are parted by what a token may hold, too."""
    for match in islice(_TOKEN.finditer(field), MAX_TOKENS):
        text = match[0]
        yield text
        if "=" in text:
            yield text.partition("=")[2]
