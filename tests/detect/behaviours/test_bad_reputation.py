from itertools import islice

import pytest
from tests.detect.behaviours.crowd import APP, DAY, MONDAY, Call, Peace, Town
from tests.detect.behaviours.siege import (
    ATTACK,
    Places,
    attack,
    attempts_until_told,
    cloud,
    listed,
    private,
    thirty_honest_days,
)

from nightlatch.detect.behaviours.bad_reputation import BadReputations, has_bad_name
from nightlatch.exchange.client import UNKNOWN_NETWORK, Network
from nightlatch.exchange.judgement import Level


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_thirty_honest_days(seed: int) -> None:
    thirty_honest_days(BadReputations, seed)


@pytest.mark.slow
@pytest.mark.parametrize("place", [cloud, listed])
@pytest.mark.parametrize("every", [0.1, 2.0, 20.0])
def test_attacks_from_bad_networks_are_seen(place: Places, every: float) -> None:
    town = Town(BadReputations)
    attempts = attempts_until_told(town, attack(APP, place, every))
    assert attempts is not None
    assert attempts <= 120
    [found] = town.detections
    assert (found.circle, found.level, found.false_alarm_rate) == (
        "strangers",
        Level.MEDIUM,
        1e-9,
    )
    assert "callers that were never here came within this hour" in found.evidence
    assert town.suspects(Call(MONDAY + ATTACK, "45.9.9.9", APP, 1, True)) is False


@pytest.mark.slow
def test_private_networks_are_never_bad() -> None:
    town = Town(BadReputations)
    assert attempts_until_told(town, attack(APP, private), hours=1) is None
    assert len(town.suspicions) == 0


@pytest.mark.slow
def test_one_listed_address_is_told_by_itself() -> None:
    town = Town(BadReputations)
    assert attempts_until_told(town, attack(APP, lambda _: "47.0.0.9")) == 200
    assert town.detections[0].circle == "address:47.0.0.9"
    assert "on the list “drop”" in town.detections[0].evidence


@pytest.mark.slow
def test_one_address_of_a_hosting_provider_may_be_a_companys_gateway() -> None:
    assert attempts_until_told(Town(BadReputations), attack(APP, lambda _: "45.0.0.9")) is None


@pytest.mark.slow
def test_people_beside_an_attack_are_left_alone() -> None:
    town = Town(BadReputations)
    attempts_until_told(town, attack(APP, listed))
    for call in islice(attack(APP, listed), 500):
        town.see(call)
    honest = [call for call in Peace(seed=9).days(5, 6) if call.at < MONDAY + 5.5 * DAY]
    assert sum(town.suspects(call) for call in honest) == 0


@pytest.mark.slow
def test_nothing_is_told_before_it_was_learned() -> None:
    town = Town(BadReputations)
    for call in islice(attack(APP, cloud), 1_000):
        town.see(call)
    assert town.detections == []


def test_between_machines_hosting_is_ordinary() -> None:
    town = Town(BadReputations)
    for number in range(4_000):
        address = f"45.0.{number >> 8}.{number & 255}"
        at = MONDAY + number * (50 if number < 3_000 else 1)
        town.see(Call(at + (0 if number < 3_000 else 2 * DAY), address, APP, number, True))
    assert town.detections == []


def test_what_has_a_bad_name() -> None:
    assert has_bad_name(Network(lists=("drop",)))
    assert has_bad_name(Network(kinds=("tor",)))
    assert not has_bad_name(Network(kinds=("private",), lists=("drop",)))
    assert not has_bad_name(UNKNOWN_NETWORK)
