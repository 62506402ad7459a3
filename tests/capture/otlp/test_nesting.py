"""A request that two instrumentations tell of is one exchange."""

from typing import Any

from tests.capture.otlp.spans import BEGIN, END, FORMER, STABLE, TRACE, item

from nightlatch.capture.otlp.nesting import joined
from nightlatch.capture.otlp.telemetry import Telemetry

ROUTE = "http.route"
OUTER = item({k: v for k, v in FORMER.items() if k != ROUTE}, span="a" * 16)


def inner(**changes: Any) -> Telemetry:
    given = {"span": "b" * 16, "parent": "a" * 16, "begin": BEGIN + 10, "end": END - 10}
    attributes = {ROUTE: STABLE[ROUTE], "url.path": "/x", "http.status_code": 500}
    return item(attributes, **(given | changes))


def test_the_inner_one_tells_the_rest() -> None:
    for spans in ([OUTER, inner(raised=True)], [inner(raised=True), OUTER]):
        (one,) = joined(spans)
        assert (one.span, one.begin, one.end) == (OUTER.span, BEGIN, END)
        assert one.attributes == {"url.path": "/x", ROUTE: STABLE[ROUTE], **OUTER.attributes}
        assert one.raised


def test_something_may_stand_between() -> None:
    assert len(joined([OUTER, inner(parent="c" * 16, local=True)])) == 1
    assert len(joined([OUTER, inner(parent="c" * 16)])) == 2


def test_another_service_in_the_same_trace_is_another_exchange() -> None:
    other = inner(parent="c" * 16, resource={"service.name": "payments"})
    assert len(joined([OUTER, other])) == 2
    direct = inner(resource={"service.name": "payments"})
    assert len(joined([OUTER, direct])) == 2


def test_one_after_the_other() -> None:
    later = inner(begin=END + 1, end=END + 2)
    assert len(joined([OUTER, later])) == 2


def test_one_whose_outer_span_is_elsewhere_stays() -> None:
    assert len(joined([inner(local=True)])) == 1
    other = item(STABLE, trace="c" * 32)
    assert len(joined([inner(local=True), other])) == 2


def test_without_ids_nothing_is_joined() -> None:
    assert len(joined([item(STABLE, trace="", span="")] * 3)) == 3


def test_a_flood_of_one_trace_is_left_alone() -> None:
    assert len(joined([OUTER, *[inner()] * 10_000])) == 10_001


def test_three_of_one_request() -> None:
    innermost = inner(span="c" * 16, parent="b" * 16, begin=BEGIN + 20, end=END - 20, local=True)
    assert len(joined([innermost, inner(), OUTER])) == 1
    assert joined([OUTER, inner()])[0].trace == TRACE
