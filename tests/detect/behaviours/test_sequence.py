import math
from collections.abc import Iterator
from copy import deepcopy
from random import Random

import pytest
from msgspec.structs import replace
from tests.detect.behaviours.world import DAY, HOUR, MONDAY, Call, Desk, caller, people

from nightlatch.detect.behaviours.asking import EVERYONE
from nightlatch.detect.behaviours.sequence import SESSION, SUPPORT, OutOfSequence
from nightlatch.exchange.exchange import Caller
from nightlatch.exchange.judgement import DetectionKind, Level

ASK, CONFIRM = "/password/reset", "/password/reset/confirm"
ATTACKER = caller("203.0.113.9", headers="script")


def _flow(
    number: int,
    at: float,
    steps: tuple[str, ...] = (ASK, CONFIRM),
    *,
    roams: bool = False,
    who: Caller | None = None,
) -> Iterator[Call]:
    for n, step in enumerate(steps):
        place = number + 5_000 * (roams and n > 0)
        asker = who or caller(f"81.{place // 62_500}.{place // 250 % 250}.{place % 250}")
        yield Call(at + 60 * n, asker, "POST", step)


def _learned(
    flows: int = 400, *, roaming: float = 0.0, steps: tuple[str, ...] = (ASK, CONFIRM)
) -> Desk:
    rng = Random(1)
    desk = Desk(OutOfSequence)
    desk.see([Call(MONDAY - 2 * HOUR, ATTACKER, "GET", "/")])
    for n in range(flows):
        desk.see(_flow(n, MONDAY + 300 * n, steps, roams=rng.random() < roaming))
    desk.told.clear()
    return desk


LATER = MONDAY + 5 * DAY


def test_a_reset_confirmed_without_being_asked_for_is_told_the_first_time() -> None:
    desk = _learned()
    (told,) = desk.see([Call(LATER, ATTACKER, "POST", CONFIRM)])
    assert told.kind is DetectionKind.OUT_OF_SEQUENCE
    assert told.level is Level.MEDIUM
    assert f"POST {ASK}" in told.evidence
    assert "400 of 400" in told.evidence
    assert 0 < told.false_alarm_rate <= 0.02
    assert 0.5 <= told.confidence < 0.9
    assert desk.stands(ATTACKER, f"POST {CONFIRM}", LATER + 1) is None


def test_where_people_roam_one_exception_is_low_and_repetition_is_not() -> None:
    desk = _learned(800, roaming=0.04)
    accounts = (
        Call(LATER + 7_200 * n, ATTACKER, "POST", CONFIRM, asked=people([n])) for n in range(8)
    )
    told = desk.see(accounts)
    assert told[0].level is Level.LOW
    assert told[0].false_alarm_rate == pytest.approx(0.06, abs=0.02)
    assert [detection.level for detection in told if detection.circle != EVERYONE][-1] is Level.HIGH
    standing = desk.stands(ATTACKER, f"POST {CONFIRM}", LATER + 7 * 7_200 + 1)
    assert standing is not None
    assert not standing.convicts


def test_where_most_people_roam_there_is_no_rule() -> None:
    desk = _learned(800, roaming=0.4)
    assert not desk.see([Call(LATER, ATTACKER, "POST", CONFIRM)])


def test_many_callers_with_one_skip_each_are_seen_together() -> None:
    desk = _learned(800, roaming=0.04)
    told = desk.see(Call(LATER + 60 * n, caller(f"60.1.{n}.1"), "POST", CONFIRM) for n in range(30))
    together = [detection for detection in told if detection.circle == EVERYONE]
    assert together
    assert together[0].level is Level.HIGH
    assert together[0].at - LATER <= 600


def test_away_from_accounts_one_skip_is_nobodys_business() -> None:
    desk = _learned(steps=("/cart", "/checkout"))
    assert not desk.see([Call(LATER, ATTACKER, "POST", "/checkout")])


def test_a_step_taken_for_the_same_person_elsewhere_counts() -> None:
    desk = _learned()
    phone, desktop = caller("100.60.1.7"), caller("81.9.9.9")
    flow = [
        Call(LATER, phone, "POST", ASK, asked=people([7])),
        Call(LATER + 600, desktop, "POST", CONFIRM, asked=people([7])),
    ]
    assert not desk.see(flow)
    assert desk.see([Call(LATER + 2 * DAY, caller("81.9.9.8"), "POST", CONFIRM, asked=people([7]))])


def test_what_a_stranger_did_counts_for_the_principal_it_became() -> None:
    desk = _learned()
    assert not desk.see(
        [
            Call(LATER, caller("81.9.9.9"), "POST", ASK),
            Call(LATER + 60, caller("81.9.9.9", principal="p1"), "POST", CONFIRM),
        ]
    )


def test_too_few_sessions_make_no_rule_and_failures_are_no_steps() -> None:
    desk = _learned(SUPPORT - 1)
    assert not desk.see([Call(LATER, ATTACKER, "POST", CONFIRM)])
    desk = _learned()
    assert not desk.see([Call(LATER, ATTACKER, "POST", CONFIRM, status=400)])
    asked = Call(LATER, ATTACKER, "POST", ASK)
    confirmed = Call(LATER + 60, ATTACKER, "POST", CONFIRM)
    assert deepcopy(desk).see([replace(asked, status=422), confirmed])
    assert not deepcopy(desk).see([replace(asked, status=500), confirmed])


def test_nothing_is_judged_within_an_hour_of_a_start_or_when_memory_ran_short() -> None:
    desk = Desk(lambda reporter: OutOfSequence(reporter, callers=300))
    calls = [call for n in range(200) for call in _flow(n, MONDAY + 300 * n)]
    desk.see(calls)
    again = MONDAY + 10 * DAY
    flood = [
        Call(again + n / 10, caller(f"60.{n % 250}.{n // 250}.1"), "GET", "/") for n in range(900)
    ]
    assert not desk.see(flood, [Call(again + 91, ATTACKER, "POST", CONFIRM)])
    late = again + 91 + 2 * SESSION
    assert desk.see([Call(late, caller("203.0.113.10"), "POST", CONFIRM)])


def test_skippers_do_not_teach_that_skipping_is_normal() -> None:
    desk = _learned()
    callers = (caller(f"60.{n // 250}.{n % 250}.1") for n in range(2_000))
    desk.see(Call(LATER + n, who, "POST", CONFIRM) for n, who in enumerate(callers))
    assert isinstance(desk.behaviour, OutOfSequence)
    rule = desk.behaviour._steps.touch(f"POST {CONFIRM}").rule
    assert rule is not None
    assert rule.exceptions < 0.05


@pytest.mark.slow
def test_memory_is_bounded() -> None:
    desk = Desk(lambda reporter: OutOfSequence(reporter, callers=1_000))
    calls = (
        Call(
            MONDAY + n / 50,
            caller(f"60.{n % 250}.{n // 250}.1"),
            "POST",
            f"/step/{n % 3_000}",
            asked=people([n]),
        )
        for n in range(50_000)
    )
    desk.see(calls)
    behaviour = desk.behaviour
    assert isinstance(behaviour, OutOfSequence)
    assert len(behaviour._flows) <= 2_000
    assert len(behaviour._steps) <= 2_048
    assert len(behaviour._letters) <= 8_192
    assert len(behaviour._skippers) <= 4_096


def test_the_stated_rate_holds_for_honest_exceptions() -> None:
    """At most the stated share of honest sessions is told."""
    desk = _learned(1_500, roaming=0.03)
    told = [
        detection
        for n in range(1_500)
        for detection in desk.see(
            _flow(20_000 + n, LATER + 300 * n, roams=Random(n).random() < 0.03)
        )
    ]
    assert len(told) / 1_500 <= max(detection.false_alarm_rate for detection in told)
    assert {detection.level for detection in told} == {Level.LOW}
    assert math.isclose(told[0].confidence, 0.4)


def test_several_people_in_one_session_count_each() -> None:
    desk = _learned(800, roaming=0.04)
    told = desk.see(
        Call(LATER + 5 * n, ATTACKER, "POST", CONFIRM, asked=people([n])) for n in range(8)
    )
    assert max(detection.level for detection in told if detection.circle != EVERYONE) is Level.HIGH
    retried = (Call(LATER + DAY + n, caller("81.9.9.9"), "POST", CONFIRM) for n in range(20))
    assert len([told for told in desk.see(retried) if told.circle != EVERYONE]) == 1


def test_the_step_that_changes_something_is_the_rule_not_the_page_all_begin_with() -> None:
    desk = Desk(OutOfSequence)
    desk.see([Call(MONDAY - 2 * HOUR, ATTACKER, "GET", "/")])
    for n in range(300):
        who = caller(f"81.0.{n // 250}.{n % 250}")
        desk.see([Call(MONDAY + 300 * n, who, "GET", "/")], _flow(n, MONDAY + 300 * n + 1, who=who))
    (told,) = desk.see(
        [Call(LATER, ATTACKER, "GET", "/"), Call(LATER + 1, ATTACKER, "POST", CONFIRM)]
    )
    assert f"without POST {ASK}" in told.evidence


def test_a_new_release_without_the_step_is_learned_after_a_day() -> None:
    desk = _learned()
    released = (
        Call(LATER + 60 * n, caller(f"60.{n // 250}.{n % 250}.1"), "POST", CONFIRM)
        for n in range(4_000)
    )
    told = desk.see(released)
    assert told
    assert told[-1].at - LATER < 1.5 * DAY


def test_what_somebody_always_did_at_an_office_is_no_rule() -> None:
    """Two hundred employees behind one address, where someone always reads the news."""
    rng = Random(5)
    desk = Desk(OutOfSequence)
    office = "217.110.1.10"
    for n in range(1_500):
        at = MONDAY + 60 * n
        clerk = caller(office, principal=f"clerk-{rng.randrange(200)}")
        desk.see([Call(at, caller(office), "GET", "/news"), Call(at + 5, clerk, "POST", "/owners")])
    home = caller("84.1.1.1", principal="clerk-500")
    told = desk.see(
        Call(MONDAY + 2 * DAY + 7_200 * n, home, "POST", "/owners", asked=people([n]))
        for n in range(30)
    )
    assert not told


def test_one_caller_that_goes_through_a_list_is_no_crowd() -> None:
    desk = _learned(800, roaming=0.04)
    told = desk.see(
        Call(LATER + 2 * n, ATTACKER, "POST", CONFIRM, asked=people([n])) for n in range(40)
    )
    assert told
    assert not [detection for detection in told if detection.circle == EVERYONE]
