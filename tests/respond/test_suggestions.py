import pytest
from tests.measures import PEOPLE, REQUESTS
from tests.records import LOOK_UP, NOW, record

from nightlatch.respond.suggestions import Confidence, rounded, suggestions
from nightlatch.store.memory_events import MemoryEvents

DAY = 86_400.0


def told(callers: int, days: float) -> MemoryEvents:
    """Each caller asks about three people in a minute, once; and one about forty."""
    events = MemoryEvents()
    events.append(
        [
            record(
                number * 100 + n,
                address=f"10.0.{number >> 8}.{number & 255}",
                at=NOW - days * DAY + n,
                disclosed=(n,),
            )
            for number in range(callers)
            for n in range(40 if number == 0 else 3)
        ]
    )
    return events


def test_the_busiest_hundredth_and_a_margin() -> None:
    found = {(one.kind, one.seconds): one for one in suggestions(told(200, 6.9), NOW)}
    assert set(found) == {(REQUESTS, 60.0), (REQUESTS, 3_600.0), (PEOPLE, 3_600.0), (PEOPLE, DAY)}
    one = found[REQUESTS, 60.0]
    assert (one.callers, one.p50, one.p90, one.p99, one.highest) == (200, 3, 3, 3, 40)
    assert (one.amount, one.each, one.unit) == (5, "address", "requests")
    assert found[PEOPLE, DAY].unit == "people"


def test_one_endpoint_or_all() -> None:
    events = told(5, 1)
    events.append([record(99_999, endpoint="GET /me", at=NOW - 5)])
    assert {one.endpoint for one in suggestions(events, NOW)} == {LOOK_UP, "GET /me"}
    assert {one.endpoint for one in suggestions(events, NOW, "GET /me")} == {"GET /me"}
    assert suggestions(MemoryEvents(), NOW) == []


@pytest.mark.parametrize(
    ("callers", "days", "confidence"),
    [
        (99, 6.9, Confidence.LOW),
        (100, 0.9, Confidence.LOW),
        (100, 2.0, Confidence.MEDIUM),
        (500, 2.0, Confidence.MEDIUM),
        (500, 6.9, Confidence.HIGH),
    ],
)
def test_it_says_how_sure_it_is(callers: int, days: float, confidence: Confidence) -> None:
    assert {one.confidence for one in suggestions(told(callers, days), NOW)} == {confidence}


def test_figures_that_a_person_remembers() -> None:
    given = [1.0, 5.0, 7.5, 12.1, 99.0, 100.0, 101.0, 137.0, 1_234.0, 99_999.0]
    assert [rounded(figure) for figure in given] == [
        1, 5, 8, 13, 99, 100, 110, 140, 1_300, 100_000,
    ]  # fmt: skip
