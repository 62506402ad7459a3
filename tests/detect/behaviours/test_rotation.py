from collections.abc import Iterator
from itertools import count, islice
from random import Random

import pytest
from tests.browsers import FIREFOX_UA, REQUESTS, Pairs, with_headers
from tests.detect.behaviours.crowd import APP, DAY, MONDAY, Call, Peace, Town, home
from tests.detect.behaviours.siege import (
    ATTACK,
    FIRST,
    HEADLESS,
    LIAR,
    attack,
    attempts_until_told,
    thirty_honest_days,
)

from nightlatch.detect.behaviours.rotation import Rotations, family_name
from nightlatch.exchange.client import Client, ClientKind
from nightlatch.exchange.judgement import Level


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_thirty_honest_days(seed: int) -> None:
    thirty_honest_days(Rotations, seed)


FETCHER = with_headers(APP, user_agent="Fetcher/1.0")


@pytest.mark.slow
@pytest.mark.parametrize("pairs", [LIAR, REQUESTS, HEADLESS, FETCHER])
@pytest.mark.parametrize("every", [0.1, 2.0, 30.0])
def test_rotation_is_seen(pairs: Pairs, every: float) -> None:
    town = Town(Rotations)
    attempts = attempts_until_told(town, attack(pairs, home, every))
    assert attempts is not None
    assert attempts <= 60
    [found] = town.detections
    assert found.level is Level.HIGH
    assert found.false_alarm_rate == 1e-9
    assert "callers that were never here came within this hour" in found.evidence
    assert "did not exist" in found.evidence


@pytest.mark.slow
def test_a_new_user_agent_each_time_is_one_kind_of_client() -> None:
    def liars() -> Iterator[Call]:
        for number, call in enumerate(attack(LIAR, home)):
            agent = FIREFOX_UA if number % 2 else f"Mozilla/5.0 Chrome/{100 + number % 40}.0.0.0"
            call.pairs = with_headers(LIAR, user_agent=agent)
            yield call

    attempts = attempts_until_told(Town(Rotations), liars())
    assert attempts is not None
    assert attempts <= 130


@pytest.mark.slow
def test_new_sessions_are_seen_like_new_addresses() -> None:
    def sessions() -> Iterator[Call]:
        for number, call in enumerate(attack(REQUESTS, lambda _: "192.0.2.1")):
            call.session = f"s{number}"
            yield call

    attempts = attempts_until_told(Town(Rotations), sessions())
    assert attempts is not None
    assert attempts <= 60


@pytest.mark.slow
def test_the_app_copied_exactly_is_left_to_others() -> None:
    assert attempts_until_told(Town(Rotations), attack(APP, home, hits=0.9), hours=1) is None


@pytest.mark.slow
def test_a_new_app_that_finds_whom_it_asks_for_is_let_be() -> None:
    """The day on which the app comes to another platform."""
    calls = attack(FETCHER, home, every=1.0, hits=0.93)
    assert attempts_until_told(Town(Rotations), calls) is None


@pytest.mark.slow
def test_one_library_that_stays_is_no_rotation() -> None:
    turns = count()
    calls = attack(REQUESTS, lambda _: f"192.0.2.{next(turns) // 5 % 250}", every=1.0)
    assert attempts_until_told(Town(Rotations), calls) is None


def test_nothing_is_told_before_it_was_learned() -> None:
    town = Town(Rotations)
    for call in islice(attack(LIAR, home), 1_000):
        town.see(call)
    assert town.detections == []


@pytest.mark.slow
def test_people_beside_an_attack_are_left_alone() -> None:
    town = Town(Rotations)
    attempts_until_told(town, attack(LIAR, home))
    for call in islice(attack(LIAR, home), 200):
        town.see(call)
    assert town.suspects(next(attack(LIAR, home)))
    honest = [call for call in Peace(seed=9).days(5, 6) if call.at < MONDAY + 5.5 * DAY]
    assert not any(town.suspects(call) for call in honest)


@pytest.mark.slow
def test_an_attack_of_two_days_does_not_become_usual() -> None:
    town = Town(Rotations)
    for call in Peace(seed=3).days(0, 5):
        town.see(call)
    rng, told = Random(1), set()
    for number in range(2 * 24 * 120):
        at = MONDAY + ATTACK + 30.0 * number
        if town.see(Call(at, home(rng), REQUESTS, FIRST + number, False)):
            told.add(int(at // 3_600))
    assert len(told) >= 40


@pytest.mark.parametrize(
    ("client", "family"),
    [
        (Client(ClientKind.APP, "Passkeeper 25", 0.6), "Passkeeper"),
        (Client(ClientKind.LIBRARY, "Python Requests 2", 0.98), "Python Requests"),
        (Client(ClientKind.BROWSER, "Chrome 142", 0.9), "Chrome"),
        (
            Client(ClientKind.BROWSER, "Chrome 142", 0.1, None, ("a Chrome without Accept",)),
            "says it is a browser: a browser without Accept",
        ),
        (Client(ClientKind.APP, "Passkeeper 25", 0.6, fingerprint="t13"), "Passkeeper, t13"),
        (Client(), "unknown"),
    ],
)
def test_releases_of_one_client_are_one_family(client: Client, family: str) -> None:
    assert family_name(client) == family
