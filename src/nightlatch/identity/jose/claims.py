"""The registered claims (RFC 7519, section 4.1): sound, and in force."""

from nightlatch.identity.jose.verified import Document

LEEWAY = 60.0
"""Seconds that clocks may differ."""
_LATEST = 253_402_300_799.0
"""The end of the year 9999."""
_TEXTS = ("iss", "sub", "jti")
_TIMES = ("exp", "nbf", "iat")


def fault_of(claims: Document, now: float) -> str:
    """What is wrong with them at `now`, in words; empty when nothing is."""
    return _unsound(claims) or _untimely(claims, now)


def _unsound(claims: Document) -> str:
    for name in _TIMES:
        if name in claims and not _is_time(claims[name]):
            return f"the claim {name} is not a time"
    for name in _TEXTS:
        if name in claims and not isinstance(claims[name], str):
            return f"the claim {name} is no text"
    audience = claims.get("aud", "")
    audiences = audience if isinstance(audience, list) else [audience]
    if not all(isinstance(one, str) for one in audiences):
        return "the claim aud is neither a text nor a list of texts"
    return ""


def _is_time(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    # Nothing that is not a number is within, and no whole number is too large to be asked.
    return 0 <= value <= _LATEST


def _untimely(claims: Document, now: float) -> str:
    if "exp" in claims and now >= claims["exp"] + LEEWAY:
        return "the token has expired"
    if "nbf" in claims and now < claims["nbf"] - LEEWAY:
        return "the token is not valid yet"
    if "iat" in claims and now < claims["iat"] - LEEWAY:
        return "the token was issued in the future"
    return ""
