"""What was found, in words that may be kept: which value, what it says, what it would do."""

import re

from nightlatch.checks.attacks.value import Clue, Place, Value
from nightlatch.checks.wording import named

LONGEST = 80
"""Characters of the decoded text that evidence repeats."""

_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\ud800-\udfff\ufeff]+")
_PERSONAL = re.compile(r"[\w.+-]+@[\w-]+\.[\w.]+|\d{6,}")
"""E-mail addresses and long numbers: what an attack is seen by does not need them."""


def worded(clue: Clue, value: Value) -> str:
    """`q` of the query, decoded (base64): `' or 1=1--` adds a condition that is always true."""
    how = f", decoded ({', '.join(dict.fromkeys(value.codings))})" if value.codings else ""
    return f"{_where(value)}{how}: `{_shown(clue.text)}` {clue.why}"


def _where(value: Value) -> str:
    if value.place in (Place.PATH, Place.BODY) or not value.name:
        return f"The {value.place.value}"
    kind = f"a name in the {value.place.value}" if value.is_name else named(value.name)
    if value.is_name:
        return kind[0].upper() + kind[1:]
    return f"{value.place.value[0].upper()}{value.place.value[1:]} {kind}"


def _shown(text: str) -> str:
    masked = _PERSONAL.sub("•••", _UNPRINTABLE.sub(" ", text))
    return masked if len(masked) <= LONGEST else f"{masked[: LONGEST - 1]}…"
