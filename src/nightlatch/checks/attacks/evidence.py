"""What was found, in words that may be kept: which value, what it says, what it would do."""

import re

from nightlatch.checks.attacks.value import Clue, Place, Value
from nightlatch.checks.wording import named

LONGEST = 80
"""Characters of the decoded text that evidence repeats."""

_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\ud800-\udfff\ufeff]+")
_PERSONAL = re.compile(r"(?<![\w.+-])[\w.+-]++@(?:[\w-]++\.)+[^\W\d_]{2,}|\d{6,}")
"""E-mail addresses and long numbers: what an attack is seen by does not need them."""

_BACK_QUOTES = re.compile(r"`+")
_SINGLE = frozenset((Place.HEADER, Place.COOKIE, Place.FORM, Place.MULTIPART, Place.FILE))
"""Places that hold one value each."""


def worded(clue: Clue, value: Value | None) -> str:
    """Query `q`, decoded (base64): `' or 1=1--` adds a condition that is always true."""
    if value is None:
        return f"The request: {_shown(clue.text)} {clue.why}"
    how = f", decoded ({', '.join(dict.fromkeys(value.codings))})" if value.codings else ""
    return f"{_where(value)}{how}: {_shown(clue.text)} {clue.why}"


def _where(value: Value) -> str:
    place = value.place.value
    if value.is_name:
        return f"The name of a {place}" if value.place in _SINGLE else f"A name in the {place}"
    if not value.name:
        return f"The {place}"
    name = named(value.name)
    return f"{place[0].upper()}{place[1:]}{' ' if name[0] == '`' else ', '}{name}"


def _shown(text: str) -> str:
    masked = _PERSONAL.sub("•••", _UNPRINTABLE.sub(" ", text))
    return _as_code(masked if len(masked) <= LONGEST else f"{masked[: LONGEST - 1]}…")


def _as_code(text: str) -> str:
    """A code span of Markdown, whatever back quotes are in the text (CommonMark, section 6.1)."""
    if "`" not in text:
        return f"`{text}`"
    fence = "`" * (1 + max(map(len, _BACK_QUOTES.findall(text))))
    return f"{fence} {text} {fence}"
