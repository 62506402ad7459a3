"""Secrets that everybody can guess, found by trying them on a token (RFC 8725, section 3.5).

Nothing is sent anywhere: a token is all that it takes, for an attacker too.
"""

import base64
import binascii
import hmac
from collections.abc import Iterable

from msgspec import Struct

from nightlatch.identity.jwt import MAX_TOKEN, read_token

_HASHES = {"HS256": "sha256", "HS384": "sha384", "HS512": "sha512"}
_SIZES = {"sha256": 32, "sha384": 48, "sha512": 64}


class Guess(Struct, frozen=True):
    """A secret was found; which one is nobody's business."""

    rank: int
    """Its place among the words that were tried, from 1."""
    length: int
    """Bytes."""


def guess(token: str, words: Iterable[bytes]) -> Guess | None:
    """Does one of the words sign this compact JWS? A million words a second and more."""
    signed, _, value = token.rpartition(".")
    name = _hash_of(token)
    if name is None:
        return None
    signature = _decoded(value)
    if len(signature) != _SIZES[name]:
        return None
    message, digest = signed.encode("ascii", "replace"), hmac.digest
    for rank, word in enumerate(words, 1):
        # What is compared is no secret of ours: an attacker has it all.
        if digest(word, message, name) == signature:
            return Guess(rank, len(word))
    return None


def _hash_of(token: str) -> str | None:
    if len(token) > MAX_TOKEN or token.count(".") != 2:
        return None
    read = read_token(token)
    return None if read is None else _HASHES.get(str(read.header.get("alg")))


def _decoded(text: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        return b""
