"""Detections become incidents, incidents count what concerns them, and all of it is bounded."""

from collections.abc import Iterator
from hashlib import blake2b
from itertools import count
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.records import LOOK_UP, NOW, REFUSED, WOULD_REFUSE, detection, record

from nightlatch.exchange.credential import CredentialKind, CredentialState
from nightlatch.exchange.facts import ServiceEndpoint
from nightlatch.exchange.incident import Incident, IncidentState
from nightlatch.exchange.judgement import ALLOW_ENFORCE, DetectionKind, Level
from nightlatch.exchange.measure import STRANGERS
from nightlatch.exchange.record import Record
from nightlatch.respond.case import (
    GRACE,
    MAX_ALERTS,
    MAX_DETECTIONS,
    MAX_TALLIES,
    QUIET_GAP,
    TOP_CALLERS,
)
from nightlatch.respond.incidents import Incidents

DISTRIBUTED = DetectionKind.DISTRIBUTED_ENUMERATION
ORACLE = DetectionKind.EXISTENCE_ORACLE
BUDGET = DetectionKind.BUDGET_EXCEEDED


@pytest.fixture
def incidents() -> Incidents:
    numbers = count(1)
    return Incidents(lambda _now: f"I{next(numbers)}")


def only(incidents: Incidents) -> Incident:
    (incident,) = incidents.current()
    return incident


def subject(number: int) -> int:
    """A digest as the ledger makes them: uniform."""
    return int.from_bytes(blake2b(number.to_bytes(8), digest_size=8).digest())


def attack(callers: int, each: int = 1, **fields: Any) -> Iterator[Record]:
    """`callers` addresses asking in turn, every answer another person; the first raises the
    aggregate alarm."""
    for number in range(callers * each):
        raised = (detection(DISTRIBUTED, STRANGERS),) if number == 0 else ()
        yield record(
            number,
            address=f"10.0.{number % callers // 256}.{number % callers % 256}",
            disclosed=(subject(number),),
            detections=raised,
            **fields,
        )


def test_without_a_detection_there_is_no_incident(incidents: Incidents) -> None:
    assert incidents.note(record(1, disclosed=(1,))) == []
    assert incidents.current() == []


def test_one_caller_walks(incidents: Incidents) -> None:
    (alert,) = incidents.note(record(0, detections=(detection(),)))
    for number in range(1, 21):
        assert incidents.note(record(number, disclosed=(number % 10, 99))) == []
    incidents.note(record(30, address="192.0.2.77", disclosed=(1000,)))
    incident = only(incidents)
    assert incident.title == f"One address walks {LOOK_UP}"
    assert incident.attempts == 21
    assert incident.subjects == 11
    assert incident.callers == 1
    assert incident.level is Level.HIGH
    assert incident.alerts == (alert,)
    (caller,) = incident.top_callers
    assert (caller.circle, caller.address) == ("address:192.0.2.1", "192.0.2.1")
    assert (caller.attempts, caller.disclosed) == (21, 11)
    assert (caller.first_seen, caller.last_seen) == (NOW, NOW + 0.02)


def test_ten_thousand_addresses_walk(incidents: Incidents) -> None:
    alerts = [alert for one in attack(10_000) for alert in incidents.note(one)]
    incident = only(incidents)
    assert incident.title.endswith(f" addresses walk {LOOK_UP}")
    assert incident.callers == pytest.approx(10_000, rel=0.05)
    assert incident.subjects == pytest.approx(10_000, rel=0.05)
    assert incident.attempts == 10_000
    assert len(incident.top_callers) == TOP_CALLERS
    assert alerts[0].title == f"New: Many callers together walk {LOOK_UP}"
    assert 3 <= len(alerts) <= 4


def test_callers_with_a_proven_credential_are_not_strangers(incidents: Incidents) -> None:
    for one in attack(3):
        incidents.note(one)
    incidents.note(
        record(
            9,
            credential_kind=CredentialKind.API_KEY,
            credential_state=CredentialState.ACCEPTED,
            circles=("credential:9f", "address:10.0.0.0"),
            disclosed=(77,),
        )
    )
    assert only(incidents).attempts == 3


def test_detections_within_the_gap_are_one_incident_and_raise_it(incidents: Incidents) -> None:
    medium = detection(BUDGET, level=Level.MEDIUM)
    incidents.note(record(0, detections=(medium,)))
    assert "More people's records than allowed" in only(incidents).title
    later = NOW + QUIET_GAP
    (alert,) = incidents.note(record(1, at=later, detections=(detection(at=later),)))
    incident = only(incidents)
    assert alert.title.startswith("Worse: ")
    assert (incident.kind, incident.level) == (DetectionKind.ENUMERATION, Level.HIGH)
    assert incident.opened == NOW
    assert incident.last_seen == later
    assert len(incident.detections) == 2


def test_after_the_quiet_gap_it_is_another_incident(incidents: Incidents) -> None:
    incidents.note(record(0, detections=(detection(),)))
    late = NOW + QUIET_GAP + 1
    incidents.note(record(1, at=late, disclosed=(1,)))
    assert only(incidents).attempts == 1
    incidents.note(record(2, at=late, detections=(detection(at=late),)))
    incidents.note(record(3, at=late))
    assert [(one.id, one.attempts) for one in incidents.current()] == [("I1", 1), ("I2", 2)]
    assert incidents.open == 2, "only a person closes one"


def test_refusals_keep_it_going_and_other_traffic_does_not(incidents: Incidents) -> None:
    incidents.note(record(0, detections=(detection(),)))
    incidents.note(record(1, at=NOW + 1000, decision=WOULD_REFUSE))
    incidents.note(record(2, at=NOW + 2000))
    assert only(incidents).last_seen == NOW + 1000


def test_an_oracle_is_an_incident_of_its_own(incidents: Incidents) -> None:
    incidents.note(record(0, detections=(detection(), detection(ORACLE, STRANGERS))))
    titles = {incident.title for incident in incidents.current()}
    assert titles == {
        f"One address walks {LOOK_UP}",
        f"{LOOK_UP} tells strangers who is known here",
    }


def test_a_detection_about_another_endpoint_still_alerts(incidents: Incidents) -> None:
    elsewhere = detection(endpoint="GET /other")
    (alert,) = incidents.note(record(0, detections=(elsewhere,)))
    assert alert.endpoint == "GET /other"
    assert only(incidents).attempts == 0


def test_what_the_detection_counted_before_it_opened_is_not_forgotten(
    incidents: Incidents,
) -> None:
    incidents.note(record(0, detections=(detection(subjects=87),), decision=REFUSED))
    incident = only(incidents)
    assert incident.subjects == 87
    assert incident.refused == 1


@pytest.mark.parametrize(
    ("circles", "words"),
    [
        (["credential:a", "credential:b"], "2 credentials walk"),
        (["session:a"], "One session walks"),
        (["session:a", "address:b"], "2 callers walk"),
        (["martian:a", "martian:b"], "2 callers walk"),
    ],
)
def test_the_title_names_the_callers(incidents: Incidents, circles: list[str], words: str) -> None:
    raised = tuple(detection(circle=circle) for circle in circles)
    for number, circle in enumerate(circles):
        incidents.note(record(number, circles=(circle,), detections=raised))
    assert only(incidents).title.startswith(words)


def test_it_is_contained_while_the_endpoint_enforces(incidents: Incidents) -> None:
    incidents.note(record(0, detections=(detection(),)))
    assert incidents.alarmed() == {ServiceEndpoint("directory", LOOK_UP)}
    incidents.note(record(1, at=NOW + 1, decision=ALLOW_ENFORCE))
    assert only(incidents).state is IncidentState.CONTAINED
    assert incidents.alarmed() == set()
    incidents.note(record(2, at=NOW + 2))
    assert only(incidents).state is IncidentState.CONTAINED, "applications learn of it in seconds"
    incidents.note(record(3, at=NOW + 2 + GRACE))
    assert only(incidents).state is IncidentState.OPEN, "it observes again: nothing is contained"


def test_contain_and_close(incidents: Incidents) -> None:
    incidents.note(record(0, detections=(detection(),)))
    contained = incidents.contain("I1", NOW + 1)
    assert contained is not None
    assert contained.state is IncidentState.CONTAINED
    closed = incidents.close("I1")
    assert closed is not None
    assert closed.state is IncidentState.CLOSED
    assert incidents.current() == []
    assert incidents.find("I1") is None
    assert incidents.contain("I1", NOW) is None
    assert incidents.close("I1") is None
    incidents.note(record(1, detections=(detection(),)))
    assert only(incidents).id == "I2"


def test_a_restart_goes_on_counting(incidents: Incidents) -> None:
    for one in attack(50, each=2):
        incidents.note(one)
    before = only(incidents)
    restarted = Incidents(lambda _now: "another")
    restarted.restore([before])
    assert only(restarted) == before
    assert restarted.note(record(101, address="10.0.0.1", disclosed=(subject(5),))) == []
    after = only(restarted)
    assert after.attempts == before.attempts + 1
    assert after.subjects == before.subjects
    assert after.title == before.title


def test_with_its_counters_a_restart_counts_nobody_twice(incidents: Incidents) -> None:
    for one in attack(40):
        incidents.note(one)
    counters = incidents.dump_counters()
    restarted = Incidents(lambda _now: "another")
    restarted.restore(incidents.current(), counters)
    for number in (39, 40, 41):
        address = f"10.0.0.{number}"
        restarted.note(record(number, address=address, disclosed=(subject(number),)))
    assert only(restarted).subjects == 42
    assert only(restarted).callers == 42


@pytest.mark.parametrize("damaged", [b"", b"\xff", b"\x81\xa2I1\x92\xc4\x01x\xc4\x01y"])
def test_damaged_counters_are_left_out(incidents: Incidents, damaged: bytes) -> None:
    for one in attack(40):
        incidents.note(one)
    restarted = Incidents(lambda _now: "another")
    restarted.restore(incidents.current(), damaged)
    assert only(restarted).subjects == 40


def test_closed_incidents_are_not_restored(incidents: Incidents) -> None:
    incidents.note(record(0, detections=(detection(),)))
    closed = incidents.close("I1")
    assert closed is not None
    incidents.restore([closed])
    assert incidents.current() == []


def test_what_changed_is_given_once_and_again_when_it_could_not_be_stored(
    incidents: Incidents,
) -> None:
    incidents.note(record(0, detections=(detection(),)))
    changed = incidents.take_changed()
    assert changed == incidents.current()
    assert incidents.take_changed() == []
    incidents.put_back(changed)
    assert incidents.take_changed() == changed


@given(
    st.lists(
        st.tuples(
            st.integers(0, 5),
            st.integers(0, 20),
            st.booleans(),
            st.sampled_from([None, *DetectionKind]),
            st.floats(0, 3 * QUIET_GAP),
        ),
        max_size=40,
    )
)
@settings(max_examples=60, deadline=None)
def test_the_counts_agree_with_each_other(
    steps: list[tuple[int, int, bool, DetectionKind | None, float]],
) -> None:
    numbers = count()
    incidents = Incidents(lambda _now: f"I{next(numbers)}")
    alerts = 0
    for number, (caller, person, refused, kind, later) in enumerate(steps):
        circle, at = f"address:{caller}", NOW + later
        raised = (detection(kind, circle, at, subjects=0),) if kind else ()
        one = record(
            number,
            at=at,
            circles=(circle,),
            decision=REFUSED if refused else ALLOW_ENFORCE,
            disclosed=() if refused else (subject(person),),
            detections=raised,
        )
        alerts += len(incidents.note(one))
    for incident in incidents.current():
        callers = incident.top_callers
        assert sum(one.attempts for one in callers) == incident.attempts <= len(steps)
        assert sum(one.disclosed for one in callers) == incident.subjects <= 21
        assert sum(one.refused for one in callers) == incident.refused
        assert len(callers) == incident.callers <= 6
    assert alerts == sum(len(incident.alerts) for incident in incidents.current())


def test_everything_is_bounded() -> None:
    numbers = count()
    incidents = Incidents(lambda _now: f"I{next(numbers)}", max_cases=3)
    for number in range(5):
        at = NOW + number
        incidents.note(
            record(number, at=at, detections=(detection(at=at, endpoint=f"GET /{number}"),))
        )
    assert {incident.endpoint for incident in incidents.current()} == {
        "GET /2",
        "GET /3",
        "GET /4",
    }
    for number in range(MAX_TALLIES + 500):
        circle = f"address:{number}"
        raised = (detection(circle=circle, endpoint="GET /4", subjects=10**number),)
        incidents.note(
            record(number, endpoint="GET /4", circles=(circle,), detections=raised)
            if number < 60
            else record(number, endpoint="GET /4", circles=("address:1", circle))
        )
    (incident,) = [one for one in incidents.current() if one.endpoint == "GET /4"]
    assert len(incident.detections) == MAX_DETECTIONS
    assert len(incident.alerts) <= MAX_ALERTS
    assert len(incident.top_callers) <= TOP_CALLERS
