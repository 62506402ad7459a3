"""Stretches of time."""

import pytest
from tests.console.house import build_house
from tests.console.sample_house import LOOKUP, NOW

from nightlatch.console.timeline import DEFAULT_SPAN, SPANS, around, recent, span_of
from nightlatch.store.memory_events import MemoryEvents


@pytest.mark.parametrize("key", sorted(SPANS))
def test_a_span_ends_after_now_and_holds_still(key: str) -> None:
    span = span_of(key)
    first, second = recent(MemoryEvents(), span, NOW), recent(MemoryEvents(), span, NOW + 0.5)
    assert len(first.buckets) == span.buckets
    assert NOW < first.until <= NOW + span.seconds / span.buckets
    assert first.until - first.since == span.seconds
    assert first == second


def test_an_unknown_span_is_the_usual_one() -> None:
    assert span_of("1y") is span_of(None) is DEFAULT_SPAN


def test_an_incident_is_shown_with_what_was_before_and_after() -> None:
    timeline = around(build_house().events, NOW - 3600, NOW - 1800, LOOKUP)
    assert (timeline.since, timeline.until) == (NOW - 3870, NOW - 1530)
    assert sum(bucket.disclosed for bucket in timeline.buckets) > 0
