from tests.detect.behaviours.world import DAY, MONDAY, Call, Desk, World, caller, item, people

from nightlatch.detect.behaviours.dormant import Dormant
from nightlatch.exchange.disclosure import DataClass
from nightlatch.exchange.facts import Contract, EndpointFacts, Expectation
from nightlatch.exchange.judgement import DetectionKind, Level
from nightlatch.exchange.record import Posture

STRANGER = caller("203.0.113.9")
BOSS = caller("203.0.113.10", principal="boss")
KEY = "GET /internal/export"


def _desk(asleep_days: float) -> Desk:
    world = World()
    then = MONDAY - asleep_days * DAY
    world.facts[KEY] = EndpointFacts(Posture.UNKNOWN, None, 9, then, then)
    return Desk(Dormant, world)


def _call(at: float = MONDAY, status: int = 200) -> Call:
    return Call(at, STRANGER, "GET", "/internal/export", status=status)


def test_the_first_answer_after_a_month_is_told_and_the_second_is_not() -> None:
    desk = _desk(143)
    (told,) = desk.see([_call(), _call(MONDAY + 1)])
    assert told.kind is DetectionKind.DORMANT_ENDPOINT
    assert told.level is Level.MEDIUM
    assert "143 days" in told.evidence
    assert told.false_alarm_rate == 0


def test_personal_data_makes_it_high_and_a_proven_caller_low() -> None:
    call = _call()
    call.items = (item(DataClass.EMAIL, "$.users[].email"),)
    call.disclosed = people(range(30))
    (told,) = _desk(40).see([call])
    assert told.level is Level.HIGH
    assert "email" in told.evidence
    assert told.subjects == 30
    call.caller = BOSS
    (told,) = _desk(40).see([call])
    assert told.level is Level.LOW


def test_an_endpoint_in_use_and_a_new_one_sleep_not() -> None:
    assert not _desk(29).see([_call()])
    assert not Desk(Dormant).see([_call()])


def test_a_proven_caller_who_gets_nothing_personal_is_not_told() -> None:
    call = _call()
    call.caller = BOSS
    assert not _desk(40).see([call])


def test_refused_requests_do_not_wake_it() -> None:
    desk = _desk(60)
    assert not desk.see([_call(status=401), _call(MONDAY + 60, 404)])
    (told,) = desk.see([_call(MONDAY + DAY)])
    assert "61 days" in told.evidence


def test_an_endpoint_that_was_only_declared_is_told() -> None:
    desk = Desk(Dormant)
    desk.world.contracts[KEY] = Contract(
        KEY, Expectation.MUST_AUTHENTICATE, decided_at=MONDAY - 90 * DAY
    )
    (told,) = desk.see([_call()])
    assert "declared, but never seen" in told.evidence
    fresh = Desk(Dormant)
    fresh.world.contracts[KEY] = Contract(KEY, decided_at=MONDAY - DAY)
    assert not fresh.see([_call()])


def test_what_stirred_is_bounded() -> None:
    desk = Desk(Dormant)
    then = MONDAY - 90 * DAY
    paths = [f"/old/{n}" for n in range(3_000)]
    for path in paths:
        desk.world.facts[f"GET {path}"] = EndpointFacts(Posture.UNKNOWN, None, 1, then, then)
    desk.see(Call(MONDAY, STRANGER, "GET", path, status=403) for path in paths)
    assert isinstance(desk.behaviour, Dormant)
    assert len(desk.behaviour._stirred) <= 1_025
