"""What a question to an events store means, said once for every backend."""

import re
from collections.abc import Sequence
from math import ceil

from nightlatch.exchange.masking import MASK
from nightlatch.exchange.record import Record
from nightlatch.store.ports import EventQuery

DAY = 86_400.0
MONTH = 30 * DAY
"""The two windows of exposure, in seconds."""

_STATUS = re.compile(r"([0-9])(?:xx|([0-9]{2}))|0", re.IGNORECASE | re.ASCII)

_DOT = MASK[0]

NO_STATUS = (1, 0)
"""An empty range."""


def status_range(text: str) -> tuple[int, int]:
    """The lowest and the highest status that "404", "4xx" or "0" (no answer) stands for."""
    matched = _STATUS.fullmatch(text.strip())
    if matched is None:
        return NO_STATUS
    first, rest = matched.groups()
    if first is None:
        return 0, 0
    if rest is None:
        return int(first) * 100, int(first) * 100 + 99
    return int(first + rest), int(first + rest)


CREDENTIALED = ("principal:", "credential:", "session:")
"""What the narrowest circle of a caller with a credential begins with."""


def quantiles(counts: Sequence[int]) -> tuple[int, int, int, int]:
    """p50, p90, p99 and the highest of at least one count, by nearest rank (rounded up)."""
    ordered = sorted(counts)
    last = len(ordered) - 1
    p50, p90, p99 = (ordered[min(last, ceil(share * len(ordered)) - 1)] for share in _SHARES)
    return p50, p90, p99, ordered[last]


_SHARES = (0.5, 0.9, 0.99)


def searchable(record: Record) -> str:
    """All the text of a record that `EventQuery.text` searches, case-folded."""
    # The bodies each for itself: folding is fast where a text is ASCII throughout.
    return "\n".join(
        (
            _folded("\n".join((record.path, record.query, record.host, record.address))),
            _folded(record.request.body),
            _folded(record.response.body),
        )
    )


def _folded(text: str) -> str:
    """`text.casefold()`, made fast for what has nothing beyond ASCII but the dots of masks."""
    if text.isascii() or _DOT not in text or "\0" in text:
        return text.casefold()
    # Folding goes character by character, and the dot folds to itself.
    return text.replace(_DOT, "\0").casefold().replace("\0", _DOT)


def matches(record: Record, query: EventQuery) -> bool:
    """Does the record match every field that is set, but for `before` and `limit`?"""
    return _matches_head(record, query) and _matches_inside(record, query)


def _matches_head(record: Record, query: EventQuery) -> bool:
    return (
        (query.since is None or record.at >= query.since)
        and (query.until is None or record.at < query.until)
        and (query.level is None or record.level >= query.level)
        and (query.endpoint is None or record.endpoint == query.endpoint)
        and (query.service is None or record.service in (query.service, ""))
        and (query.address is None or record.address == query.address)
        and (query.method is None or record.method == query.method)
        and (query.refused is None or record.refused == query.refused)
    )


def _matches_inside(record: Record, query: EventQuery) -> bool:
    if query.status is not None:
        lowest, highest = status_range(query.status)
        if not lowest <= record.status <= highest:
            return False
    return (
        (query.circle is None or query.circle in record.circles)
        and (query.check is None or any(f.check == query.check for f in record.findings))
        and (query.text is None or query.text.casefold() in searchable(record))
    )
