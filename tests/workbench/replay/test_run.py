"""Each breach, played short against the real pipeline; and what a run says of itself."""

import pytest
from msgspec.structs import replace
from tests.workbench.replay.rooms import MAKE, ROWS, SEEN, row

from nightlatch.workbench.replay.attack import ATTACKERS
from nightlatch.workbench.replay.cast import Order, play, play_all
from nightlatch.workbench.replay.result import Outcome, as_value
from nightlatch.workbench.replay.run import AFTERMATH, MOST_HONEST, PACE, Replay, pace_of
from nightlatch.workbench.replay.scenario import Scenario

pytestmark = pytest.mark.slow

SHORT = Order(attackers=("copies",), learning_days=0.02)


def _outcome(scenario: Scenario, attacker: str = "copies", addresses: int = 3) -> Outcome:
    replay = Replay(scenario, MAKE, aftermath=120.0)
    replay.learn(SHORT.learning_days)
    return replay.attack(ATTACKERS[attacker], addresses, 1e6)


def test_every_breach_that_is_seen_is_played() -> None:
    for scenario in SEEN:
        many = 2_500 if scenario.hit_rate < 0.01 else 300 if scenario.hit_rate < 0.05 else 100
        outcome = _outcome(replace(scenario, attempts=many, rate=max(5.0, scenario.rate)))

        assert outcome.attempts == many, scenario.id
        assert 0 <= outcome.disclosed <= outcome.disclosed_unprotected, scenario.id
        assert outcome.disclosed_unprotected > 0, scenario.id
        assert outcome.legit_requests > 0, scenario.id
        assert outcome.people_refused <= outcome.people, scenario.id
        assert outcome.shared_refused <= outcome.people_refused, scenario.id
    assert len(SEEN) == 14


def test_a_guesser_from_one_address_is_stopped() -> None:
    outcome = _outcome(replace(row("authy-2024"), attempts=2_000), addresses=1)

    assert outcome.disclosed <= 100
    assert outcome.refused > 1_500
    assert outcome.disclosed_unprotected > 250
    assert outcome.disclosed_before_alert is not None
    assert outcome.disclosed_before_alert <= outcome.disclosed
    assert outcome.contained_after is not None


def test_what_would_have_left_does_not_depend_on_the_attacker() -> None:
    scenario = replace(row("authy-2024"), attempts=400)
    outcomes = [_outcome(scenario, name) for name in ATTACKERS]

    assert len({outcome.disclosed_unprotected for outcome in outcomes}) == 1
    assert outcomes[0].attacker == "ignores"
    assert outcomes[0].challenges_solved == 0
    assert outcomes[0].cpu_seconds_per_record is None


def test_a_scenario_without_anything_to_find() -> None:
    outcome = _outcome(replace(row("authy-2024"), attempts=300, hit_rate=0.0))

    assert outcome.disclosed == outcome.disclosed_unprotected == 0


def test_a_slow_attack_is_on_a_smaller_api() -> None:
    slow = replace(row("authy-2024"), rate=0.01)

    assert pace_of(row("authy-2024")) == PACE
    assert pace_of(slow) < PACE
    assert pace_of(slow) * (20_000 / 0.01 + AFTERMATH) <= MOST_HONEST + 1


def test_a_forked_run_is_the_run_alone() -> None:
    scenario = replace(row("panera-2018"), attempts=200, addresses=(1, 3))
    both = play(scenario, MAKE, SHORT)
    alone = play(replace(scenario, addresses=(3,)), MAKE, SHORT)

    assert [one.addresses for one in both.rows] == [1, 3]
    assert both.rows[1].main == alone.rows[0].main
    assert both.learned == alone.learned > 50


def test_a_breach_that_is_not_seen_says_so() -> None:
    (played,) = play_all([ROWS["coinbase-2022"]], MAKE, SHORT)
    value = as_value(played.rows[0])

    assert value["seen"] is False
    assert "rule" in str(value["reason"])
    assert "disclosed" not in value


def test_several_attackers_share_a_row() -> None:
    order = Order(attackers=("copies", "ignores"), learning_days=0.0)
    played = play(replace(row("authy-2024"), attempts=60, addresses=(2,)), MAKE, order)
    value = as_value(played.rows[0])

    assert played.learned == 0
    assert value["attacker"] == "copies"
    assert set(value["attackers"]) == {"ignores"}  # type: ignore[call-overload]
