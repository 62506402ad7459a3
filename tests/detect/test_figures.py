"""The promised figures on one seed; `make bench ARGS=detection_sim` plays all paces."""

import pytest
from benchmarks.detection_sim import SCENARIOS, Result, Run, Scenario

from nightlatch.exchange.judgement import Mode

pytestmark = pytest.mark.slow

BY_NAME = {scenario.name: scenario for scenario in SCENARIOS}
QUICK = ("compressed", "100/s", "path, misses 404", "JSON, misses 200", "bulk")
SLOW = ("10/s", "1/s", "query, misses 200")
PACES = [*QUICK, *(pytest.param(pace, marks=pytest.mark.slow) for pace in SLOW)]


def _play(name: str) -> Result:
    return Run(BY_NAME[name], seed=7).play()


@pytest.mark.parametrize("pace", PACES)
def test_one_address_gets_a_handful_and_no_honest_person_pays(pace: str) -> None:
    result = _play(f"{pace}, 1 addresses")
    assert result.attempts == 12_000
    assert result.disclosed <= 10
    assert result.people_refused == 0
    assert result.false_alarms == 0
    assert result.first_alert_after is not None
    assert result.first_alert_after <= 60


@pytest.mark.parametrize("pace", ["compressed", "100/s", "10/s"])
def test_a_hundred_addresses_get_little_and_no_honest_person_pays(pace: str) -> None:
    result = _play(f"{pace}, 100 addresses")
    assert result.disclosed <= 200
    assert result.people_refused == 0
    assert result.false_alarms == 0


@pytest.mark.parametrize("pace", PACES)
def test_ten_thousand_addresses_get_less_than_a_hundred(pace: str) -> None:
    result = _play(f"{pace}, 10,000 addresses")
    assert result.disclosed <= 100
    assert result.people_refused == 0
    assert result.people_challenged <= 0.05 * result.people
    assert result.first_alert_after is not None
    assert result.first_alert_after <= 60


@pytest.mark.parametrize("addresses", ["1", "50", "2,000", "10,000"])
def test_a_list_without_misses_gets_less_than_a_hundred(addresses: str) -> None:
    result = _play(f"every number exists, {addresses} addresses")
    assert result.disclosed <= 100
    assert result.people_refused == 0
    assert result.first_alert_after is not None
    assert result.first_alert_after <= 100


@pytest.mark.parametrize("addresses", ["1", "50", "10,000"])
def test_who_pays_for_every_challenge_gets_little_more(addresses: str) -> None:
    result = _play(f"solves, {addresses} addresses")
    assert result.disclosed <= 150


@pytest.mark.parametrize("addresses", ["1", "10,000"])
def test_a_bulk_of_500_gets_nothing(addresses: str) -> None:
    result = _play(f"bulk of 500, {addresses} addresses")
    assert result.disclosed == 0
    assert result.people_refused == 0


@pytest.mark.parametrize("name", [name for name in BY_NAME if name.endswith("no attack")])
def test_without_an_attack_there_is_no_alarm(name: str) -> None:
    result = Run(BY_NAME[name]._replace(learn=8_000), seed=7).play()
    assert result.legit_requests == 8_000
    assert (result.people_refused, result.false_alarms) == (0, 0)


def test_observe_mode_sees_it_all_and_stops_nothing() -> None:
    scenario: Scenario = BY_NAME["compressed, 10,000 addresses"]
    result = Run(scenario._replace(mode=Mode.OBSERVE), seed=7).play()
    assert 1_600 <= result.disclosed <= 2_000
    assert result.legit_refused == 0
    assert result.first_alert_after is not None
    assert result.first_alert_after <= 60
