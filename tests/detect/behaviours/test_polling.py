from collections.abc import Callable, Iterator
from random import Random

import pytest
from msgspec.structs import replace
from tests.detect.behaviours.world import DAY, HOUR, MONDAY, Call, Desk, caller, people

from nightlatch.detect.behaviours.polling import GAPS, Polling
from nightlatch.exchange.exchange import Caller
from nightlatch.exchange.headers import Headers
from nightlatch.exchange.judgement import DetectionKind, Level

STRANGER = caller("203.0.113.9")
PARTNER = caller("203.0.113.77", principal="partner")


def _poll(
    gap: Callable[[], float], count: int, *, who: Caller = STRANGER, at: float = MONDAY
) -> Iterator[Call]:
    """Each request asks for the next person, who is there."""
    for number in range(count):
        asked = people([number])
        path = f"/users/{number}"
        yield Call(at, who, "GET", "/users/{phone}", path, asked=asked, disclosed=asked)
        at += gap()


@pytest.mark.parametrize("jitter", [0.0, 0.1, 0.3, 0.6])
def test_one_person_every_thirty_seconds_is_told_within_the_hour(jitter: float) -> None:
    rng = Random(1)
    desk = Desk(Polling)
    told = desk.see(_poll(lambda: 30 * rng.uniform(1 - jitter, 1 + jitter), 130))
    assert [detection.kind for detection in told] == [DetectionKind.POLLING]
    assert told[0].level is Level.MEDIUM
    assert told[0].at - MONDAY <= HOUR
    assert told[0].subjects >= GAPS
    standing = desk.stands(STRANGER, "GET /users/{phone}", told[0].at + 1)
    assert standing is not None
    assert not standing.convicts


def test_pauses_at_night_do_not_hide_it() -> None:
    rng = Random(2)

    def gap() -> float:
        return 5 * HOUR if rng.random() < 0.02 else 40.0

    assert Desk(Polling).see(_poll(gap, 400))


def test_a_partner_that_works_in_short_batches_is_not_told() -> None:
    """Twenty-five of its customers in a row, one and a half seconds apart, a few times an hour."""
    rng = Random(7)

    def calls() -> Iterator[Call]:
        at = MONDAY
        for _ in range(150):
            at += rng.expovariate(1 / 900) + 40
            for n in range(25):
                asked = people([rng.randrange(400)])
                path = f"/users/{n}"
                told_at = at + 1.5 * n
                yield Call(
                    told_at, STRANGER, "GET", "/users/{phone}", path, asked=asked, disclosed=asked
                )

    assert not Desk(Polling).see(calls())


def test_people_are_irregular() -> None:
    rng = Random(3)
    assert not Desk(Polling).see(_poll(lambda: rng.expovariate(1 / 30), 3_000))
    assert not Desk(Polling).see(_poll(lambda: 5 + rng.lognormvariate(3, 1), 3_000))


def test_a_monitor_and_an_app_with_a_timer_are_not_told() -> None:
    desk = Desk(Polling)
    monitor = (Call(MONDAY + 10 * n, STRANGER, "GET", "/health", size=15) for n in range(9_000))
    app = (
        Call(MONDAY + 60 * n, PARTNER, "GET", "/feed", disclosed=people([n // 7 % 30]))
        for n in range(1_440)
    )
    own = (
        Call(MONDAY + 5 * n, PARTNER, "GET", "/devices/{id}", f"/d/{n % 9}", asked=people([n % 9]))
        for n in range(9_000)
    )
    assert not desk.see(monitor, app, own)


def test_a_partner_from_the_beginning_is_low_and_a_newcomer_medium() -> None:
    def told_of(begin: float) -> Level:
        desk = Desk(Polling)
        desk.see([Call(MONDAY, STRANGER, "GET", "/users/{phone}", "/users/x")])
        (told,) = desk.see(_poll(lambda: 30.0, 130, who=PARTNER, at=begin))
        return told.level

    assert told_of(MONDAY + 60) is Level.LOW
    assert told_of(MONDAY + 10 * DAY) is Level.MEDIUM


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ([(b"ratelimit-limit", b"100"), (b"ratelimit-remaining", b"3")], True),
        ([(b"x-ratelimit-limit", b"100"), (b"x-ratelimit-remaining", b"0")], True),
        ([(b"ratelimit-limit", b"100"), (b"ratelimit-remaining", b"60")], False),
        ([(b"ratelimit-limit", b"many"), (b"ratelimit-remaining", b"-1")], False),
        ([], False),
    ],
)
def test_keeping_just_under_a_limit_is_told_at_low(
    fields: list[tuple[bytes, bytes]], told: bool
) -> None:
    calls = (
        Call(MONDAY + 30 * n, STRANGER, "GET", "/rates", answer_headers=Headers(fields))
        for n in range(130)
    )
    found = Desk(Polling).see(calls)
    assert [detection.level for detection in found] == [Level.LOW] * told


def test_it_is_told_once_a_day() -> None:
    assert len(Desk(Polling).see(_poll(lambda: 60.0, 2 * 1_440))) == 2


def test_a_clock_that_jumps_back_breaks_nothing() -> None:
    calls = [replace(call, at=call.at % 3_000 + MONDAY) for call in _poll(lambda: 30.0, 300)]
    desk = Desk(Polling)
    for call in calls:
        desk.see([call])


@pytest.mark.slow
def test_memory_is_bounded() -> None:
    desk = Desk(lambda reporter: Polling(reporter, callers=500))
    desk.see(
        Call(MONDAY + n, caller(f"60.{n % 200}.{n // 200}.1"), "GET", "/x") for n in range(50_000)
    )
    assert isinstance(desk.behaviour, Polling)
    assert len(desk.behaviour._rhythms) <= 1_000


def test_an_old_timer_that_begins_to_walk_a_list_is_seen_soon() -> None:
    desk = Desk(Polling)
    timer = (
        Call(MONDAY + 60 * n, STRANGER, "GET", "/users/{phone}", "/users/1", asked=people([1]))
        for n in range(10_000)
    )
    assert not desk.see(timer)
    begin = MONDAY + 600_000
    (told,) = desk.see(_poll(lambda: 60.0, 150, at=begin))
    assert told.at - begin <= 2 * HOUR


def test_ten_requests_a_second_need_the_same_twenty_minutes() -> None:
    (told,) = Desk(Polling).see(_poll(lambda: 0.1, 13_000))
    assert 1_200 <= told.at - MONDAY <= 1_210


def test_an_app_that_asks_for_what_is_new_is_no_walk_and_turning_pages_is() -> None:
    def ask(query: str, n: int) -> Call:
        found = people([n])
        return Call(
            MONDAY + 9 * DAY + 60 * n, PARTNER, "GET", "/feed", query=query, disclosed=found
        )

    desk = Desk(Polling)
    desk.see([Call(MONDAY, STRANGER, "GET", "/feed")])
    assert not desk.see(ask(f"since={1_700_000_000 + n}&_={n}", n) for n in range(300))
    (told,) = desk.see(ask(f"page={n}", n) for n in range(300, 450))
    assert told.level is Level.MEDIUM
