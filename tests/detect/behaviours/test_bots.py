"""Honest days and attacks, for what tells clients and networks apart."""

from collections.abc import Callable, Iterator
from itertools import islice
from random import Random

import pytest
from tests.browsers import CHROME_UA, GOOGLEBOT_UA, REQUESTS, Pairs, with_headers
from tests.detect.behaviours.crowd import APP, DAY, HOUR, LOOK_UP, MONDAY, Call, Peace, Town, home

from nightlatch.detect.behaviours.bad_reputation import BadReputations
from nightlatch.detect.behaviours.bot import Bots
from nightlatch.detect.behaviours.rotation import Rotations
from nightlatch.exchange.judgement import DetectionKind, Level

ATTACK = 5 * DAY + 3 * HOUR
LIAR = with_headers(REQUESTS, user_agent=CHROME_UA)
HEADLESS = with_headers(REQUESTS, user_agent=CHROME_UA.replace("Chrome", "HeadlessChrome"))
IMPOSTOR: Pairs = [("host", "api.example"), ("user-agent", GOOGLEBOT_UA), ("accept", "*/*")]
Places = Callable[[Random], str]


def cloud(rng: Random) -> str:
    return f"45.{rng.randrange(256)}.{rng.randrange(256)}.{rng.randrange(256)}"


def listed(rng: Random) -> str:
    return f"47.0.{rng.randrange(256)}.{rng.randrange(256)}"


def at_home(rng: Random) -> str:
    return f"10.0.{rng.randrange(256)}.{rng.randrange(256)}"


def attack(pairs: Pairs, place: Places, every: float = 2.0, hits: float = 0.15) -> Iterator[Call]:
    """Look-ups that each come from a new address."""
    rng = Random(7)
    for number in range(100_000):
        at = MONDAY + ATTACK + every * number
        yield Call(at, place(rng), pairs, 10**9 + number, rng.random() < hits, LOOK_UP)


def at_war(town: Town, calls: Iterator[Call], seconds: float = 2 * HOUR) -> int | None:
    """After five honest days, and among the sixth's people: how many attempts until the alarm."""
    peace = Peace(seed=3)
    for call in peace.days(0, 5):
        town.see(call)
    assert town.detections == []
    honest = [call for call in peace.days(5, 6) if call.at < MONDAY + ATTACK + seconds]
    theirs = [call for call in islice(calls, 20_000) if call.at < MONDAY + ATTACK + seconds]
    attempts = 0
    for call in sorted(honest + theirs, key=lambda call: call.at):
        attempts += call.number >= 10**9
        if town.see(call):
            return attempts
    return None


@pytest.mark.slow
@pytest.mark.parametrize("make", [Bots, Rotations, BadReputations])
@pytest.mark.parametrize("seed", [1, 2])
def test_thirty_honest_days(make: type[Bots], seed: int) -> None:
    town = Town(make)
    number = 0
    for call in Peace(seed).days(0, 30):
        number += 1
        town.see(call)
    assert number > 100_000
    assert town.detections == []
    assert len(town.suspicions) == 0


@pytest.mark.slow
@pytest.mark.parametrize(
    ("make", "pairs", "place", "within"),
    [
        (Bots, LIAR, home, 25),
        (Bots, HEADLESS, home, 25),
        (Bots, IMPOSTOR, home, 1),
        (Rotations, LIAR, home, 50),
        (Rotations, REQUESTS, home, 50),
        (Rotations, HEADLESS, home, 50),
        (Rotations, with_headers(APP, user_agent="Fetcher/1.0"), home, 60),
        (BadReputations, APP, cloud, 120),
        (BadReputations, APP, listed, 120),
    ],
)
def test_attacks_are_seen(make: type[Bots], pairs: Pairs, place: Places, within: int) -> None:
    town = Town(make)
    attempts = at_war(town, attack(pairs, place))
    assert attempts is not None
    assert attempts <= within
    [found] = town.detections
    assert found.evidence
    assert found.refuted_by
    assert 0 < found.confidence <= 1
    assert found.level in (Level.MEDIUM, Level.HIGH)


def test_an_impostor_is_told_with_high_confidence_and_only_challenged() -> None:
    town = Town(Bots)
    call = Call(MONDAY, "192.0.2.1", IMPOSTOR, 1, True)
    [found] = town.see(call)
    assert (found.kind, found.level, found.circle) == (
        DetectionKind.BOT,
        Level.HIGH,
        "address:192.0.2.1",
    )
    assert found.confidence >= 0.98
    assert "Googlebot, but 192.0.2.1 is not" in found.evidence
    assert town.suspects(call)
    assert town.see(call) == ()
    assert town.see(Call(MONDAY, "203.0.113.9", IMPOSTOR, 1, True)) == ()


def test_a_thousand_impostors_are_a_few_alarms() -> None:
    town = Town(Bots)
    for number in range(1_000):
        town.see(Call(MONDAY + number, f"192.0.{number >> 8}.{number & 255}", IMPOSTOR, 1, True))
    assert len(town.detections) == 20
    assert town.suspects(Call(MONDAY + 999, "192.0.3.200", IMPOSTOR, 1, True))


def test_the_app_copied_exactly_is_left_to_others() -> None:
    town = Town(Rotations)
    assert at_war(town, attack(APP, home, hits=0.9), HOUR) is None


def test_private_networks_are_never_bad() -> None:
    town = Town(BadReputations)
    assert at_war(town, attack(APP, at_home), HOUR) is None
    assert len(town.suspicions) == 0


def test_nothing_is_told_before_it_was_learned() -> None:
    for make in (Rotations, BadReputations, Bots):
        town = Town(make)
        for call in islice(attack(LIAR, cloud), 1_000):
            town.see(call)
        assert town.detections == []


def test_people_beside_an_attack_are_left_alone() -> None:
    town = Town(Rotations)
    at_war(town, attack(LIAR, home))
    for call in islice(attack(LIAR, home), 200):
        town.see(call)
    assert town.suspects(next(attack(LIAR, home)))
    honest = [call for call in Peace(seed=9).days(5, 6) if call.at < MONDAY + 5.5 * DAY]
    assert not any(town.suspects(call) for call in honest)


def test_one_listed_address_is_told_by_itself() -> None:
    town = Town(BadReputations)
    found = at_war(town, attack(APP, lambda _: "47.0.0.9"))
    assert found == 200
    assert town.detections[0].circle == "address:47.0.0.9"
    assert "on the list “drop”" in town.detections[0].evidence
