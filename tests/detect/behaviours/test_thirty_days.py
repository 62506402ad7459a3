"""Thirty honest days without a false alarm, and the attacks among them found."""

from collections.abc import Iterator

import pytest
from tests.detect.behaviours.peace import LAUNCH, Peace
from tests.detect.behaviours.world import (
    DAY,
    HOUR,
    MONDAY,
    Call,
    World,
    caller,
    item,
    json,
    people,
)

from nightlatch.detect.behaviours import (
    debug_path,
    dormant,
    forced_browsing,
    polling,
    scraping,
    sequence,
    surges,
)
from nightlatch.detect.behaviours.run import Behaviours
from nightlatch.detect.suspicions import Suspicions
from nightlatch.exchange.disclosure import DataClass
from nightlatch.exchange.exchange import Caller
from nightlatch.exchange.judgement import Detection, DetectionKind, Level
from nightlatch.inventory.templates import UNMATCHED

TRAFFIC = (
    debug_path.DebugPath,
    dormant.Dormant,
    forced_browsing.ForcedBrowsing,
    polling.Polling,
    scraping.Scraping,
    sequence.OutOfSequence,
    surges.Surges,
)


def _watch(peace: Peace, *attacks: Iterator[Call]) -> tuple[list[Detection], Suspicions]:
    suspicions = Suspicions()
    behaviours = Behaviours(suspicions, TRAFFIC)
    world = World()
    world.facts.update(peace.asleep())
    told = [
        detection
        for sighting in world.play(peace.calls(), *attacks)
        for detection in behaviours.note(sighting)
    ]
    return told, suspicions


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_month_of_honest_days_raises_no_alarm_above_low(seed: int) -> None:
    told, suspicions = _watch(Peace(seed, monitor=30))
    assert [detection for detection in told if detection.level > Level.LOW] == []
    assert len(suspicions) == 0
    launch = [d for d in told if d.kind is DetectionKind.SURGE and _day(d) == LAUNCH]
    assert launch, "a launch day is a surge"
    assert len(told) <= 4


def _day(detection: Detection) -> int:
    return int((detection.at - MONDAY) // DAY)


ATTACK = MONDAY + 24 * DAY + 9 * HOUR


def _scrape(who: Caller) -> Iterator[Call]:
    for page in range(1, 400):
        entries = [{"id": page * 20 + n} for n in range(20)]
        yield Call(
            ATTACK + 9 * page,
            who,
            "GET",
            "/products",
            query=f"page={page}",
            size=4_000,
            response=json({"items": entries}),
        )


def _poll(who: Caller) -> Iterator[Call]:
    for n in range(200):
        person = people([n])
        yield Call(
            ATTACK + 29.5 * n,
            who,
            "GET",
            "/users/{phone}",
            f"/users/{n}",
            asked=person,
            disclosed=person,
        )


def _guess_paths(who: Caller) -> Iterator[Call]:
    """VW and Cariad: paths of a wordlist, until a copy of the memory is found."""
    for n in range(60):
        yield Call(ATTACK + 5 * n, who, "GET", UNMATCHED, f"/service{n}/actuator", 404)
    keys = (item(DataClass.CLOUD_KEY),)
    yield Call(ATTACK + 400, who, "GET", "/telemetry/actuator/heapdump", size=9_000_000, items=keys)


def _wake(who: Caller) -> Iterator[Call]:
    yield Call(ATTACK, who, "GET", "/reports/2019", disclosed=people(range(40)))


def _skip(who: Caller) -> Iterator[Call]:
    """Subaru: passwords of several employees set without any of them having asked."""
    for n in range(6):
        yield Call(ATTACK + 4_000 * n, who, "POST", "/register/verify", asked=people([n]))


@pytest.mark.slow
def test_each_attack_of_the_month_is_found_and_nobody_else_is_accused() -> None:
    peace = Peace(4, 26, monitor=60)
    asleep = peace.asleep()
    asleep["GET /reports/2019"] = asleep["GET /reports/annual"]
    peace.asleep = lambda: asleep  # type: ignore[method-assign]
    attackers = [caller(f"203.0.113.{n}", headers="script") for n in range(1, 6)]
    sources = (_scrape, _poll, _guess_paths, _wake, _skip)
    told, suspicions = _watch(
        peace, *(source(who) for source, who in zip(sources, attackers, strict=True))
    )
    grave = [detection for detection in told if detection.level > Level.LOW]
    found = {detection.kind: detection.circle for detection in grave}
    assert found == {
        DetectionKind.SCRAPING: "address:203.0.113.1",
        DetectionKind.POLLING: "address:203.0.113.2",
        DetectionKind.FORCED_BROWSING: "address:203.0.113.3",
        DetectionKind.DEBUG_PATH: "address:203.0.113.3",
        DetectionKind.DORMANT_ENDPOINT: "address:203.0.113.4",
        DetectionKind.OUT_OF_SEQUENCE: "address:203.0.113.5",
    }
    # The wordlist is refused everywhere before it reaches the memory dump.
    guesser = suspicions.about(attackers[2], "GET /telemetry/actuator/heapdump", ATTACK + 399)
    assert guesser is not None
    assert guesser.convicts
