"""Names for exchanges: ULIDs, 26 characters that sort by time (github.com/ulid/spec)."""

from random import getrandbits

_DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32."""
_PAIRS = tuple(high + low for high in _DIGITS for low in _DIGITS)
_LATEST = (1 << 48) - 1


def new_id(now: float) -> str:
    """48 bits of milliseconds, then 80 random bits: unique, not secret, so not from the kernel."""
    moment = min(max(int(now * 1000), 0), _LATEST)
    return _encode(moment, 5) + _encode(getrandbits(80), 8)


def _encode(number: int, pairs: int) -> str:
    """`number` as 2 × `pairs` base-32 digits."""
    text = ""
    for _ in range(pairs):
        text = _PAIRS[number & 1023] + text
        number >>= 10
    return text
