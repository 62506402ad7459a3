"""Limits that fit what callers do: the busiest hundredth of them, and a margin.

For each caller its own busiest minute, hour or day of the last week is taken, and of those the
99th percentile over all callers: so a limit at that figure would have touched one caller in a
hundred at most, once. The margin is for the week that was not seen.
"""

from enum import StrEnum
from math import ceil, log10

from msgspec import Struct

from nightlatch.exchange.measure import MeasureKind
from nightlatch.store.ports import EventStore, Peaks

DAY = 86_400.0
LOOKED_BACK = 7 * DAY
MARGIN = 1.5
LEAST = 5
"""A smaller limit would be met by a page that loads twice."""
MANY_CALLERS = 500
SOME_CALLERS = 100
"""With fewer than a hundred callers the 99th percentile is simply the busiest."""

_STEPS = (("requests", 60.0), ("requests", 3_600.0), ("people", 3_600.0), ("people", DAY))
_EACH = ("address", "credential")


class Confidence(StrEnum):
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class Suggestion(Struct, frozen=True):
    endpoint: str
    each: str
    """Kind of circle: "address", or "credential"."""
    kind: MeasureKind
    seconds: float
    callers: int
    p50: int
    p90: int
    p99: int
    highest: int
    amount: int
    """The limit that is suggested."""
    confidence: Confidence
    service: str = ""

    @property
    def unit(self) -> str:
        return "requests" if self.kind is MeasureKind.LIMIT_REQUESTS else "people"


def suggestions(
    events: EventStore, now: float, endpoint: str = "", service: str = ""
) -> list[Suggestion]:
    """For every endpoint, or one; of every service, or one. Raises StoreFailed."""
    oldest = events.size().oldest
    days = 0.0 if oldest is None else min(LOOKED_BACK, now - oldest) / DAY
    found = []
    for what, step in _STEPS:
        # Steps that end now: the last one is whole.
        since = now - LOOKED_BACK
        for each in _EACH:
            found += [
                _suggestion(peaks, what, each, step, days)
                for peaks in events.peaks(what, each, step, since, now)
                if endpoint in ("", peaks.endpoint) and service in ("", peaks.service)
            ]
    found.sort(key=lambda one: (one.endpoint, one.service, one.each, one.kind, one.seconds))
    return found


def _suggestion(peaks: Peaks, what: str, each: str, step: float, days: float) -> Suggestion:
    requests = what == "requests"
    return Suggestion(
        endpoint=peaks.endpoint,
        service=peaks.service,
        each=each,
        kind=MeasureKind.LIMIT_REQUESTS if requests else MeasureKind.LIMIT_PEOPLE,
        seconds=step,
        callers=peaks.callers,
        p50=peaks.p50,
        p90=peaks.p90,
        p99=peaks.p99,
        highest=peaks.highest,
        amount=rounded(max(LEAST, peaks.p99 * MARGIN)),
        confidence=_confidence(peaks.callers, days),
    )


def rounded(amount: float) -> int:
    """Up to two digits that a person remembers: 137 is 140."""
    size: int = 10 ** max(0, int(log10(max(1.0, amount))) - 1)
    return ceil(amount / size) * size


def _confidence(callers: int, days: float) -> Confidence:
    if callers >= MANY_CALLERS and days >= 6.5:
        return Confidence.HIGH
    if callers >= SOME_CALLERS and days >= 1:
        return Confidence.MEDIUM
    return Confidence.LOW
