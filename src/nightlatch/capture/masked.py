"""Values that were masked before they came here: they prove that there was one, no more."""

import re

_MASKED = re.compile(
    r"(?:(?P<scheme>[A-Za-z][\w-]{0,40}) )?"
    r"(?:\*{3,}|[\[<(]?(?:redacted|filtered|masked|hidden)[\])>]?)",
    re.IGNORECASE,
)
_STAND_IN = "masked"


def is_masked(value: str) -> bool:
    """`********`, `Bearer ****`, `[REDACTED]`, `[Filtered]`: no letter of the value is left."""
    return _MASKED.fullmatch(value) is not None


def stand_in(value: str) -> str:
    """A masked header value as one that counts as there: readers of credentials take stars for a
    variable that somebody forgot to set, which in a masked copy they are not."""
    match = _MASKED.fullmatch(value)
    if match is None:
        return value
    return f"{match['scheme']} {_STAND_IN}" if match["scheme"] else _STAND_IN
