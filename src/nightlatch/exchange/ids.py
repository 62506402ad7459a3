"""Names for exchanges: ULIDs, 26 characters that sort by time (github.com/ulid/spec)."""

from hashlib import blake2b
from random import getrandbits

_DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32."""
_PAIRS = tuple(high + low for high in _DIGITS for low in _DIGITS)
_BYTE_TO_DIGIT = (_DIGITS * 8).encode()
"""Each digit stands for 8 of the 256 bytes, so random bytes give evenly random digits."""
_LATEST = (1 << 48) - 1


def new_id(now: float) -> str:
    """48 bits of milliseconds, then 80 random bits: unique, not secret, so not from the kernel."""
    return _moment(now) + getrandbits(128).to_bytes(16, "little").translate(_BYTE_TO_DIGIT).decode()


def id_of(name: str, at: float) -> str:
    """The id of what has a name of its own: the same each time that it comes, in any process."""
    digest = blake2b(name.encode("utf-8", "surrogatepass"), digest_size=16).digest()
    return _moment(at) + digest.translate(_BYTE_TO_DIGIT).decode()


def _moment(now: float) -> str:
    moment = min(max(int(now * 1000), 0), _LATEST)
    return (
        _PAIRS[moment >> 40]
        + _PAIRS[moment >> 30 & 1023]
        + _PAIRS[moment >> 20 & 1023]
        + _PAIRS[moment >> 10 & 1023]
        + _PAIRS[moment & 1023]
    )
