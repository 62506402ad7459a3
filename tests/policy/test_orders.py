from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.measures import NOW

from nightlatch.exchange.measure import MeasureKind
from nightlatch.exchange.predicate import PredicateError
from nightlatch.policy.orders import (
    DAY,
    LASTS,
    LONGEST,
    Order,
    OrderRefused,
    measure_of,
    read_whom,
    whom_of,
)


@pytest.mark.parametrize(
    ("text", "circle", "predicate"),
    [
        ("", "", ""),
        ("Everyone", "", ""),
        (" strangers ", "strangers", ""),
        ("198.51.100.7", "address:198.51.100.7", ""),
        ("address:198.51.100.7", "address:198.51.100.7", ""),
        ("198.51.100.7/24", "network:198.51.100.0/24", ""),
        ("198.51.100.7/32", "address:198.51.100.7", ""),
        ("network:10.0.0.0/8", "network:10.0.0.0/8", ""),
        ("2001:DB8::1", "address:2001:db8::1", ""),
        ("2001:db8::/48", "network:2001:db8::/48", ""),
        ("principal:0a1b", "principal:0a1b", ""),
        ("credential:0a1b", "credential:0a1b", ""),
        ("method = POST", "", "method = POST"),
        ("address in (10.0.0.0/8)", "", "address in (10.0.0.0/8)"),
    ],
)
def test_whom_is_read_as_people_write_it(text: str, circle: str, predicate: str) -> None:
    assert read_whom(text) == (circle, predicate)
    measure = measure_of(
        Order(MeasureKind.SLOW, text, seconds=1.0, endpoint="GET /"), "M1", "ida", NOW
    )
    assert (measure.circle, measure.predicate) == (circle, predicate)
    assert read_whom(whom_of(measure)) == (circle, predicate)


@pytest.mark.parametrize("text", ["adress = 1", "999.1.1.1", "address:", "method =", "((", "a b"])
def test_what_is_nobody_is_refused_with_its_column(text: str) -> None:
    with pytest.raises(PredicateError):
        read_whom(text)
    with pytest.raises(OrderRefused, match="cannot be read: column"):
        measure_of(Order(MeasureKind.BLOCK, text), "M1", "ida", NOW)


@given(st.text(max_size=60))
@settings(max_examples=100, deadline=None)
def test_any_text_is_someone_or_refused(text: str) -> None:
    try:
        circle, predicate = read_whom(text)
    except PredicateError:
        return
    assert not (circle and predicate)


@pytest.mark.parametrize("kind", MeasureKind)
def test_nothing_lasts_for_ever(kind: MeasureKind) -> None:
    order = Order(kind, "192.0.2.1", amount=1, seconds=1.0, fields=("phone",))
    made = measure_of(order, "M1", "ida", NOW)
    assert made.expires == NOW + LASTS[kind] <= NOW + LONGEST
    longer = measure_of(Order(**_fields(order), lasts=7 * DAY), "M1", "ida", NOW)
    assert longer.expires == NOW + 7 * DAY
    assert LASTS[MeasureKind.BLOCK] == DAY


def _fields(order: Order) -> dict[str, Any]:
    return {name: getattr(order, name) for name in Order.__struct_fields__ if name != "lasts"}


REFUSED = [
    (Order(MeasureKind.EXEMPT), "exempt everyone"),
    (Order(MeasureKind.BLOCK), "block everyone"),
    (Order(MeasureKind.BLOCK, "192.0.2.1", lasts=LONGEST + 1), "a year at most"),
    (Order(MeasureKind.BLOCK, "192.0.2.1", lasts=-1), "a year at most"),
    (Order(MeasureKind.BLOCK, "192.0.2.1", "/users"), "a method and a path"),
    (Order(MeasureKind.BLOCK, "192.0.2.1", reason="x" * 301), "300 characters"),
    (Order(MeasureKind.SLOW, "192.0.2.1"), "wait"),
    (Order(MeasureKind.SLOW, "192.0.2.1", seconds=31), "wait"),
    (Order(MeasureKind.WITHHOLD_FIELDS, fields=(" ",)), "Which fields"),
    (Order(MeasureKind.WITHHOLD_FIELDS, fields=("x" * 301,)), "fields of up to"),
    (Order(MeasureKind.LIMIT_REQUESTS, seconds=60), "How many"),
    (Order(MeasureKind.LIMIT_REQUESTS, amount=6), "which time"),
    (Order(MeasureKind.LIMIT_PEOPLE, amount=6, seconds=31 * DAY), "which time"),
    (Order(MeasureKind.LIMIT_PEOPLE, amount=6, seconds=60, each="planet"), "one of address"),
]


@pytest.mark.parametrize(("order", "reason"), REFUSED)
def test_what_cannot_stand_is_refused_in_words(order: Order, reason: str) -> None:
    with pytest.raises(OrderRefused, match=reason):
        measure_of(order, "M1", "ida", NOW)


def test_all_mistakes_are_told_at_once() -> None:
    order = Order(MeasureKind.LIMIT_REQUESTS, "adress = 1", "users", each="planet", lasts=-1)
    with pytest.raises(OrderRefused) as caught:
        measure_of(order, "M1", "ida", NOW)
    assert len(caught.value.problems) == 6
