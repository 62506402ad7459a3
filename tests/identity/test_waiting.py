"""Waiting lets people in, a few at a time, and each place once in a while."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nightlatch.exchange.hashing import Hasher
from nightlatch.identity.waiting import Wait, WaitingRoom, place_of

NOW = 1_800_000_000.0
HASHER = Hasher(b"k" * 32)
HERE = "198.51.100.7"


def room(per_hour: int = 3_600) -> WaitingRoom:
    return WaitingRoom(HASHER, wait=30, per_hour=per_hour)


def test_a_ticket_is_good_once_and_after_its_time() -> None:
    waiting = room()
    ticket = waiting.ticket(HERE, NOW)
    shown = [(29, Wait.TOO_SOON), (30, Wait.OVER), (31, Wait.VOID), (700, Wait.VOID)]
    for seconds, outcome in shown:
        assert waiting.show(ticket, HERE, NOW + seconds) is outcome


def test_a_ticket_does_not_keep_for_ever() -> None:
    waiting = room()
    ticket = waiting.ticket(HERE, NOW)
    assert waiting.show(ticket, HERE, NOW + 630) is Wait.VOID
    assert waiting.show(ticket, HERE, NOW + 629) is Wait.OVER


def test_many_tickets_of_one_place_are_worth_one() -> None:
    waiting = room()
    tickets = [waiting.ticket(HERE, NOW + second) for second in range(10)]
    assert waiting.show(tickets[9], HERE, NOW + 60) is Wait.OVER
    assert {waiting.show(ticket, HERE, NOW + 60) for ticket in tickets} == {Wait.VOID}
    later = waiting.ticket(HERE, NOW + 61)
    assert waiting.show(later, HERE, NOW + 91) is Wait.OVER


def test_a_ticket_is_of_its_place() -> None:
    waiting = room()
    ticket = waiting.ticket(HERE, NOW)
    assert waiting.show(ticket, "198.51.100.8", NOW + 30) is Wait.VOID
    assert WaitingRoom(Hasher(b"x" * 32)).show(ticket, HERE, NOW + 30) is Wait.VOID


def test_ten_thousand_addresses_get_few_passes() -> None:
    waiting = room(per_hour=30)
    places = [f"10.0.{number // 256}.{number % 256}" for number in range(10_000)]
    tickets = [waiting.ticket(place, NOW) for place in places]
    over = 0
    for number, (place, ticket) in enumerate(zip(places, tickets, strict=True)):
        over += waiting.show(ticket, place, NOW + 30 + number * 0.05) is Wait.OVER
    # Within 500 seconds: ten at once, then one every two minutes.
    assert over == 14


def test_who_is_crowded_out_can_show_the_ticket_again() -> None:
    waiting = room(per_hour=30)
    for number in range(10):
        place = f"10.0.0.{number}"
        assert waiting.show(waiting.ticket(place, NOW), place, NOW + 30) is Wait.OVER
    ticket = waiting.ticket(HERE, NOW)
    assert waiting.show(ticket, HERE, NOW + 31) is Wait.CROWDED
    assert waiting.show(ticket, HERE, NOW + 150) is Wait.OVER


def test_nobody_is_let_in_where_that_is_switched_off() -> None:
    waiting = room(per_hour=0)
    assert not waiting.open
    assert waiting.show(waiting.ticket(HERE, NOW), HERE, NOW + 30) is Wait.CROWDED


def test_places_are_forgotten_when_their_tickets_are_void() -> None:
    waiting = room()
    for second in range(0, 2_000, 100):
        place = f"10.0.0.{second}"
        ticket = waiting.ticket(place, NOW + second)
        assert waiting.show(ticket, place, NOW + second + 30) is Wait.OVER
    assert len(waiting._served) == 7


@pytest.mark.slow
@settings(max_examples=100, deadline=None)
@given(st.one_of(st.text(), st.from_regex(r"1\.[0-9]{0,14}\.[0-9a-f]{30,34}", fullmatch=True)))
def test_any_text_is_a_value_and_no_exception(ticket: str) -> None:
    assert room().show(ticket, HERE, NOW) is Wait.VOID


@pytest.mark.parametrize(
    ("address", "place"),
    [
        (HERE, HERE),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("", ""),
        ("unix", "unix"),
    ],
)
def test_places(address: str, place: str) -> None:
    assert place_of(address) == place
