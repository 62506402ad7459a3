"""What a rule may look at: a token taken apart, and what is known around it."""

from typing import Any

from msgspec import Struct

from nightlatch.identity.jwt import Token
from nightlatch.identity.weak_secrets import Guess

MAX_LIFETIME = 7 * 24 * 3600.0
"""Seconds from now that an access token may still be good for."""
LATEST = 253_402_300_800.0
"""The year 10000: a date beyond it is no date."""


class Look(Struct, frozen=True):
    token: Token
    size: int
    """Characters of the token."""
    keys: tuple[dict[str, Any], ...] = ()
    """JWKs of its issuer, where they are known."""
    max_lifetime: float = 3_600.0
    """Seconds between `iat` and `exp` that the reader finds right for an access token."""
    weak_secret: Guess | None = None
    """What was found where somebody tried a list of common secrets on it."""

    now: float | None = None
    """The moment that it is looked at, where that counts."""

    @property
    def claims(self) -> dict[str, Any]:
        return self.token.claims or {}

    @property
    def algorithm(self) -> str:
        return str(self.token.header.get("alg", ""))


def number_of(value: Any) -> float | None:
    """A NumericDate (RFC 7519, section 2); None for anything else, truth values included."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if 0 <= value < LATEST else None
