"""The live filter means what the search means."""

from collections.abc import Sequence

import pytest
from tests.console.sample_house import LOOKUP, make_records

from nightlatch.console.live import matcher
from nightlatch.exchange.judgement import Level
from nightlatch.exchange.record import Record
from nightlatch.store.ports import EventQuery


@pytest.fixture(scope="module")
def records() -> Sequence[Record]:
    return make_records(honest=300, attack=300)


QUERIES = (
    (EventQuery(), lambda record: True),
    (EventQuery(level=Level.MEDIUM), lambda record: record.level >= 2),
    (EventQuery(endpoint=LOOKUP), lambda record: record.endpoint == LOOKUP),
    (EventQuery(method="PATCH"), lambda record: record.method == "PATCH"),
    (EventQuery(status="404"), lambda record: record.status == 404),
    (EventQuery(status="4xx"), lambda record: 400 <= record.status < 500),
    (EventQuery(check="hsts"), lambda r: "hsts" in [finding.check for finding in r.findings]),
    (EventQuery(circle="network:203.0.113.0/24"), lambda r: r.address.startswith("203.0.113.")),
    (EventQuery(text="ACTUATOR"), lambda record: "actuator" in record.path),
    (EventQuery(refused=False), lambda record: True),
)


@pytest.mark.parametrize("number", range(len(QUERIES)))
def test_each_field_narrows(records: Sequence[Record], number: int) -> None:
    query, expected = QUERIES[number]
    matched = [record.id for record in records if matcher(query)(record)]
    assert matched == [record.id for record in records if expected(record)]
    assert matched


def test_fields_narrow_together(records: Sequence[Record]) -> None:
    both = matcher(EventQuery(endpoint=LOOKUP, status="200", refused=True))
    assert not any(map(both, records))
