"""Times as logs write them.

`18/Sep/2011:19:18:28 -0400` (Apache, nginx), `06/Feb/2009:12:14:14.655` (HAProxy),
`2025-11-04T09:15:22.125Z` (RFC 3339, ISO 8601), and seconds, milli-, micro- or nanoseconds since
the epoch, told apart by their size.
"""

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache

_CLF = re.compile(
    r"(?P<day>\d\d)/(?P<month>[A-Za-z]{3})/(?P<year>\d{4}):(?P<clock>\d\d:\d\d:\d\d)"
    r"(?P<fraction>\.\d{1,9})?(?: ?(?P<zone>[+-]\d\d:?\d\d|Z|UTC|GMT))?",
    re.ASCII,
)
_ISO = re.compile(
    r"(?P<year>\d{4})-(?P<month>\d\d)-(?P<day>\d\d)[Tt _](?P<clock>\d\d:\d\d:\d\d)"
    r"(?P<fraction>[.,]\d{1,9})?(?: ?(?P<zone>[+-]\d\d:?\d\d|[Zz]|UTC|GMT))?",
    re.ASCII,
)
_NUMBER = re.compile(r"\d{1,20}(?:\.\d{1,9})?", re.ASCII)
_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()
_SCALES = ((1e11, 1.0), (1e14, 1e-3), (1e17, 1e-6), (float("inf"), 1e-9))
"""A number below the first of each is so many seconds: until the year 5138 there is no doubt."""


@lru_cache(4096)
def moment(text: str, zone: tzinfo = UTC) -> float:
    """Seconds since the epoch; `zone` is for times that name none. Raises ValueError."""
    found = _CLF.fullmatch(text) or _ISO.fullmatch(text)
    if found is None:
        return _from_number(text)
    whole = _second(found["year"], found["month"], found["day"], found["clock"])
    fraction = found["fraction"]
    begun = whole.replace(tzinfo=_zone(found["zone"]) or zone).timestamp()
    return begun + float("0." + fraction[1:]) if fraction else begun


def _from_number(text: str) -> float:
    if not _NUMBER.fullmatch(text):
        raise ValueError("not a time")
    number = float(text)
    return next(number * scale for below, scale in _SCALES if number < below)


def _second(year: str, month: str, day: str, clock: str) -> datetime:
    number = int(month) if month.isdigit() else _MONTHS.index(month.lower()) + 1
    hour, minute, second = map(int, clock.split(":"))
    leap = second == 60
    at = datetime(int(year), number, int(day), hour, minute, second - leap)  # noqa: DTZ001 -- put on above
    return at + timedelta(seconds=leap)


def _zone(text: str | None) -> tzinfo | None:
    if text is None:
        return None
    if text[0] not in "+-":
        return UTC
    minutes = int(text[1:3]) * 60 + int(text[-2:])
    return timezone(timedelta(minutes=-minutes if text[0] == "-" else minutes))


def plain_duration(text: str, scale: float) -> float:
    """Seconds; `scale` is the unit's length. Of several tries, as nginx writes them for its
    upstreams ("0.120, 0.020"), the sum. Raises ValueError."""
    total = 0.0
    for part in text.replace(":", ",").split(","):
        number = part.strip()
        if number != "-":
            total += float(number)
    if not 0 <= total < 1e15:
        raise ValueError("not a duration")
    return total * scale
