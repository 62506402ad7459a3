"""Values that were masked before they came here: they prove that there was one, no more."""

import re

_MASKED = re.compile(
    r"(?:[A-Za-z][\w-]{0,40} )?(?:\*{3,}|[\[<(]?(?:redacted|filtered|masked|hidden)[\])>]?)",
    re.IGNORECASE,
)


def is_masked(value: str) -> bool:
    """`********`, `Bearer ****`, `[REDACTED]`, `[Filtered]`: no letter of the value is left."""
    return _MASKED.fullmatch(value) is not None
