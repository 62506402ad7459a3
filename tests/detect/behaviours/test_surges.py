import math
from collections.abc import Callable, Iterator
from copy import deepcopy
from random import Random

import pytest
from tests.detect.behaviours.world import DAY, HOUR, MONDAY, Call, Desk, caller

from nightlatch.detect.behaviours.asking import EVERYONE
from nightlatch.detect.behaviours.surges import Surges, _Acquaintances
from nightlatch.exchange.judgement import Detection, DetectionKind, Level

BEGIN = MONDAY + 10 * DAY + 11 * HOUR
"""Thursday of the second week, before noon."""


def _rhythm(
    begin: float,
    end: float,
    *,
    seed: int = 1,
    path: str = "/search",
    factor: float = 1.0,
    change: Callable[[Call, Random], None] | None = None,
    strangers: bool = False,
) -> Iterator[Call]:
    """Ten to forty requests in five minutes, by the hour of the day, from 300 people."""
    rng, at = Random(seed), begin
    while True:
        busy = 1 + 0.6 * math.sin((at % DAY) / DAY * 2 * math.pi - math.pi / 2)
        at += rng.expovariate(busy * factor / 12)
        if at >= end:
            return
        number = rng.randrange(300) if not strangers else rng.randrange(300, 100_000)
        who = caller(f"60.{number // 250}.{number % 250}.1")
        call = Call(at, who, "GET", path, duration=rng.lognormvariate(-3, 0.4), size=400)
        if change:
            change(call, rng)
        yield call


@pytest.fixture(scope="module")
def watched() -> Desk:
    """One who watched ten days, and was quiet all along."""
    desk = Desk(Surges)
    ticks = (Call(MONDAY + 60 * n, caller("192.0.2.1"), "GET", "/health") for n in range(14_400))
    assert not desk.see(_rhythm(MONDAY, BEGIN), ticks)
    return desk


def _after(watched: Desk, calls: Iterator[Call], hours: float = 2) -> list[Detection]:
    ticks = (
        Call(BEGIN + 60 * n, caller("192.0.2.1"), "GET", "/health")
        for n in range(round(60 * hours))
    )
    return [told for told in deepcopy(watched).see(calls, ticks) if told.endpoint == "GET /search"]


@pytest.mark.slow
def test_ten_times_as_many_new_callers_are_a_surge_at_low(watched: Desk) -> None:
    rush = _rhythm(BEGIN, BEGIN + 2 * HOUR, factor=10, strangers=True)
    (told,) = _after(watched, rush)
    assert told.kind is DetectionKind.SURGE
    assert told.level is Level.LOW
    assert told.circle == EVERYONE
    assert "new callers" in told.evidence
    assert "None failed" in told.evidence
    assert told.at - BEGIN <= 1_800
    assert told.false_alarm_rate == 1e-6


@pytest.mark.slow
def test_known_callers_who_ask_more_are_named_so(watched: Desk) -> None:
    (told,) = _after(watched, _rhythm(BEGIN, BEGIN + 2 * HOUR, factor=10, seed=2))
    assert "callers known before" in told.evidence


def test_an_endpoint_that_falls_silent_is_a_drop_while_others_are_used(watched: Desk) -> None:
    (told,) = _after(watched, iter(()))
    assert told.kind is DetectionKind.DROP
    assert told.level is Level.MEDIUM
    assert told.at - BEGIN <= HOUR


def test_when_nothing_is_seen_at_all_nothing_dropped(watched: Desk) -> None:
    desk = deepcopy(watched)
    later = BEGIN + 8 * HOUR
    assert not desk.see(_rhythm(later, later + HOUR))


def _fail(call: Call, rng: Random) -> None:
    call.status = 500 if rng.random() < 0.5 else 200


def _refuse(call: Call, rng: Random) -> None:
    call.status = 422 if rng.random() < 0.5 else 200


def _slow(call: Call, rng: Random) -> None:
    call.duration *= 6


def _large(call: Call, rng: Random) -> None:
    call.size *= 20


@pytest.mark.parametrize(
    ("change", "words", "level"),
    [
        (_fail, "failed (5xx)", Level.MEDIUM),
        (_refuse, "were turned away (4xx)", Level.LOW),
        (_slow, "ms are usual", Level.LOW),
        (_large, "bytes long on average", Level.LOW),
    ],
)
def test_each_change_of_the_answers_is_told_once(
    watched: Desk, change: Callable[[Call, Random], None], words: str, level: Level
) -> None:
    (told,) = _after(watched, _rhythm(BEGIN, BEGIN + 2 * HOUR, change=change, seed=3))
    assert words in told.evidence
    assert told.level is level
    assert told.at - BEGIN <= HOUR


def test_half_a_minute_of_failures_is_a_deployment(watched: Desk) -> None:
    def fail(call: Call, rng: Random) -> None:
        call.status = 502 if call.at < BEGIN + 30 else 200

    assert not _after(watched, _rhythm(BEGIN, BEGIN + 2 * HOUR, change=fail, seed=4))


@pytest.mark.slow
def test_the_first_week_is_silent_about_rates() -> None:
    desk = Desk(Surges)
    middle = MONDAY + 4 * DAY
    calls = _rhythm(MONDAY, middle)
    assert not desk.see(calls, _rhythm(middle, middle + HOUR, factor=10, strangers=True))


def test_a_clock_that_jumps_back_breaks_nothing() -> None:
    desk = Desk(Surges)
    for at in (MONDAY + DAY, MONDAY, MONDAY + 2 * DAY, MONDAY - DAY):
        assert not desk.see(_rhythm(at, at + HOUR))


@pytest.mark.slow
def test_memory_is_bounded() -> None:
    desk = Desk(Surges)
    desk.see(Call(MONDAY, caller("60.1.1.1"), "GET", f"/{n}") for n in range(5_000))
    assert isinstance(desk.behaviour, Surges)
    assert len(desk.behaviour._series) == 2_000


def test_a_caller_is_new_for_an_hour_and_known_for_weeks() -> None:
    known = _Acquaintances()
    assert known.is_new("address:1", MONDAY)
    assert known.is_new("address:1", MONDAY + 60)
    assert not known.is_new("address:1", MONDAY + 2 * HOUR)
    assert not known.is_new("address:1", MONDAY + 15 * DAY)
    assert known.is_new("address:1", MONDAY + 50 * DAY) is False
    for n in range(25_000):
        known.is_new(f"address:{n + 2}", MONDAY + 50 * DAY)
    assert len(known._arrived) <= 20_000


def test_answers_that_take_long_and_so_come_late_change_nothing(watched: Desk) -> None:
    """Every exchange is told in the order of its end, a fifth of them minutes late."""
    rng = Random(9)
    calls = list(_rhythm(BEGIN, BEGIN + 4 * HOUR, seed=9))
    calls.sort(key=lambda call: call.at + (rng.random() < 0.2) * rng.uniform(60, 600))
    desk = deepcopy(watched)
    for call in calls:
        desk.see([call])
    assert desk.told == watched.told
