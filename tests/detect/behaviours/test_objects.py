"""Principals who read what is not their own, and all those who read what is."""

import pytest
from tests.detect.behaviours.member_world import CUSTOMER, ORDER, ORDERS, PROFILE, Members
from tests.detect.behaviours.sightings import DAY, NOW, reporter, sighting, tell

from nightlatch.detect.behaviours.handed import MAX_OWN, Handed
from nightlatch.detect.behaviours.objects import ObjectAccess
from nightlatch.detect.behaviours.readership import FLOOR, Readers, Reading
from nightlatch.detect.suspicions import Suspicion
from nightlatch.exchange.disclosure import DataClass, Disclosure, Subject
from nightlatch.exchange.judgement import Detection, DetectionKind

AFTER = NOW + 8 * DAY + 36_000


class Scene:
    def __init__(self, seed: int = 5, days: int = 6) -> None:
        self.members = Members(seed)
        self.reporter = reporter()
        self.behaviour = ObjectAccess(self.reporter)
        self.told: list[Detection] = []
        for one in self.members.days(0, days):
            self.told += tell(self.behaviour, self.reporter, one)

    def read(self, person: int, order: str, at: float) -> tuple[Detection, ...]:
        one = self.members.call(at, person, ORDER, {"state": "sent"}, order_id=order)
        return tell(self.behaviour, self.reporter, one)

    def about(self, person: int, key: str, at: float) -> Suspicion | None:
        who = self.members.call(at, person, key).exchange.caller
        return self.reporter.suspicions.about(who, key, at)


@pytest.mark.slow
@pytest.mark.parametrize(
    "seed", [1, *(pytest.param(seed, marks=pytest.mark.slow) for seed in (2, 3, 4))]
)
def test_thirty_honest_days_pass_without_a_word(seed: int) -> None:
    scene = Scene(seed, days=30)
    assert scene.told == []
    assert len(scene.reporter.suspicions) == 0


def test_identifiers_that_were_never_given_are_found_and_refused() -> None:
    scene = Scene()
    for number in range(100):
        told = scene.read(7, scene.members.orders[100 + number][0], AFTER + number)
        if told:
            break
    assert number < 20
    assert told[0].kind is DetectionKind.OBJECT_ACCESS
    assert told[0].false_alarm_rate == 1e-6
    assert "never given to this principal" in told[0].evidence
    found = scene.about(7, ORDER, AFTER + 200)
    assert found is not None
    assert found.convicts
    assert scene.about(7, ORDERS, AFTER + 200) is None
    assert scene.about(8, ORDER, AFTER + 200) is None


def test_what_a_list_gave_may_be_read_all() -> None:
    scene = Scene()
    given = [f"x{number}9" for number in range(25)]
    listed = {"orders": [{"order_id": one} for one in given]}
    scene.behaviour.note(scene.members.call(AFTER, 7, ORDERS, listed))
    for number, one in enumerate(given):
        assert scene.read(7, one, AFTER + 9 + number) == ()


@pytest.mark.slow
def test_what_one_made_oneself_may_be_read() -> None:
    scene = Scene()
    for number in range(25):
        made = scene.members.call(AFTER + number, 7, "POST /orders", {"order_id": f"n{number}7"})
        scene.behaviour.note(made)
        assert scene.read(7, f"n{number}7", AFTER + number) == ()


def test_everybody_s_own_profile_is_no_list() -> None:
    scene = Scene()
    told: tuple[Detection, ...] = ()
    for number in range(60):
        answer = {"id": f"u{number}"}
        one = scene.members.call(AFTER + number, 299, PROFILE, answer, user_id=f"u{number}")
        told += tell(scene.behaviour, scene.reporter, one)
    assert {one.kind for one in told} == {DetectionKind.OBJECT_ACCESS}


def test_refused_and_missing_objects_are_no_evidence() -> None:
    scene = Scene()
    for number in range(100):
        at = AFTER + number
        for status in (403, 404):
            one = scene.members.call(at, 7, ORDER, status=status, order_id=f"o{number}8")
            assert tell(scene.behaviour, scene.reporter, one) == ()


def test_staff_who_type_identifiers_in_switch_the_test_off_where_they_work() -> None:
    scene = Scene()
    for number in range(40):
        one = scene.members.call(
            AFTER + number, 3, CUSTOMER, {"id": "x"}, role="staff", customer_id=f"u{number}"
        )
        assert not [told for told in tell(scene.behaviour, scene.reporter, one)
                    if "never given" in told.evidence]  # fmt: skip


def test_far_more_people_than_anybody_reads_are_told() -> None:
    scene = Scene(days=14)
    after = AFTER + 6 * DAY
    told: tuple[Detection, ...] = ()
    for page in range(12):
        digests = [(page * 20 + number).to_bytes(8, "big") for number in range(20)]
        subjects = tuple(Subject(digest, DataClass.ACCOUNT_ID) for digest in digests)
        plain = scene.members.call(after + page, 9, ORDERS, {"orders": []})
        one = sighting(
            plain.exchange.caller,
            after + page,
            ORDER,
            None,
            {"orders": []},
            stranger=False,
            disclosure=Disclosure((), subjects, True),
        )
        told += tell(scene.behaviour, scene.reporter, one)
    assert len(told) == 1
    assert "principal in a thousand" in told[0].evidence
    assert told[0].confidence < 0.8
    found = scene.about(9, ORDER, after + 60)
    assert found is not None
    assert not found.convicts


def test_strangers_are_the_ledger_s_matter() -> None:
    scene = Scene(days=0)
    one = scene.members.call(AFTER, 7, ORDER, order_id="o1")
    scene.behaviour.note(sighting(one.exchange.caller, AFTER, ORDER, parameters={"order_id": "o1"}))
    assert len(scene.behaviour._readings) == 0


def test_volume_is_judged_against_its_like_and_its_own_past() -> None:
    reading = Reading(ORDER, 0, Readers(100))
    for day in range(10):
        for number in range(25):
            reader = reading.reader(f"p{number}", day)
            reader.objects.add_many(range(5))
    usual, heavy = reading.reader("p1", 10), reading.reader("p2", 10)
    heavy.usual = 200.0
    assert reading.allowed(usual) == FLOOR
    assert Reading(ORDER, 10, Readers(100)).allowed(usual) is None
    assert reading.allowed(heavy) == 600.0
    assert 5 <= reading.high <= 5.5


def test_what_was_given_is_held_in_bounded_memory() -> None:
    handed = Handed(capacity=1_000)
    for principal in range(50):
        holder = handed.holder(f"p{principal}", NOW)
        handed.give(holder, range(principal * 100, principal * 100 + 100))
    assert 4_999 in handed.holder("p49", NOW)
    assert 5 not in handed.holder("p0", NOW)
    assert handed._held <= 1_200
    alone = Handed()
    holder = alone.holder("p", NOW)
    for start in range(0, 20 * MAX_OWN, 100):
        alone.give(holder, range(start, start + 100))
    assert len(holder) <= MAX_OWN + 100
    assert 20 * MAX_OWN - 1 in holder
