"""Stretches of time that charts show, and the timeline in them."""

from msgspec import Struct

from nightlatch.store.ports import Bucket, EventStore

HOUR = 3600.0
DAY = 86400.0


class Span(Struct, frozen=True):
    key: str
    words: str
    seconds: float
    buckets: int


SPANS = {
    span.key: span
    for span in (
        Span("1h", "1 hour", HOUR, 60),
        Span("24h", "24 hours", DAY, 96),
        Span("7d", "7 days", 7 * DAY, 84),
        Span("30d", "30 days", 30 * DAY, 60),
    )
}
DEFAULT_SPAN = SPANS["24h"]
MARGIN = 0.15
"""Share of an incident's length shown before and after it, so that its start is seen."""
INCIDENT_BUCKETS = 80


class Timeline(Struct, frozen=True):
    since: float
    until: float
    buckets: list[Bucket]


def span_of(key: str | None) -> Span:
    return SPANS.get(key or "", DEFAULT_SPAN)


def recent(
    events: EventStore,
    span: Span,
    now: float,
    endpoint: str | None = None,
    service: str | None = None,
) -> Timeline:
    """The span up to now, in steps that stay put between two looks."""
    step = span.seconds / span.buckets
    until = (now // step + 1) * step
    since = until - span.seconds
    steps = events.timeline(since, until, span.buckets, endpoint, service)
    return Timeline(since, until, steps)


def around(
    events: EventStore, opened: float, last_seen: float, endpoint: str, service: str | None = None
) -> Timeline:
    """An incident with a little before and after."""
    margin = max((last_seen - opened) * MARGIN, 30.0)
    since, until = opened - margin, last_seen + margin
    steps = events.timeline(since, until, INCIDENT_BUCKETS, endpoint, service)
    return Timeline(since, until, steps)
