"""Does a record that just happened belong to the search on the screen?

The same meaning as the stores' search, over one record in memory.
"""

from collections.abc import Callable

from nightlatch.exchange.record import Record
from nightlatch.store.ports import EventQuery


def matcher(query: EventQuery) -> Callable[[Record], bool]:
    """A predicate; `since`, `until`, `before` and `limit` do not apply to what happens now."""
    tests: list[Callable[[Record], bool]] = []
    if (level := query.level) is not None:
        tests.append(lambda record: record.level >= level)
    tests.extend(
        _equals(field, wanted)
        for field in ("endpoint", "address", "method")
        if (wanted := getattr(query, field)) is not None
    )
    if (circle := query.circle) is not None:
        tests.append(lambda record: circle in record.circles)
    if (status := query.status) is not None:
        tests.append(lambda record: _has_status(record, status))
    if (check := query.check) is not None:
        tests.append(lambda record: any(finding.check == check for finding in record.findings))
    if (refused := query.refused) is not None:
        tests.append(lambda record: record.decision.withhold is refused)
    if (text := query.text) is not None:
        folded = text.casefold()
        tests.append(lambda record: _mentions(record, folded))
    return lambda record: all(test(record) for test in tests)


def _equals(field: str, wanted: str) -> Callable[[Record], bool]:
    return lambda record: bool(getattr(record, field) == wanted)


def _has_status(record: Record, status: str) -> bool:
    code = str(record.status)
    return code[0] == status[0] if status.endswith("xx") else code == status


def _mentions(record: Record, text: str) -> bool:
    fields = (record.path, record.query, record.host, record.address)
    bodies = (record.request.body, record.response.body)
    return any(text in value.casefold() for value in (*fields, *bodies))
