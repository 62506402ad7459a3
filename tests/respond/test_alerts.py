"""When a person is told, what the alert says, and how it is logged."""

import logging
from itertools import pairwise

import msgspec
import pytest
from tests.records import LOOK_UP, NOW, detection

from nightlatch.exchange.incident import Incident, IncidentState
from nightlatch.exchange.judgement import DetectionKind, Level
from nightlatch.respond.alerts import LogNotifier, alert_for

INCIDENT = Incident(
    id="I1",
    endpoint=LOOK_UP,
    kind=DetectionKind.ENUMERATION,
    title=f"1 address walks {LOOK_UP}",
    level=Level.MEDIUM,
    state=IncidentState.OPEN,
    opened=NOW,
    last_seen=NOW,
    subjects=6,
    detections=(detection(),),
)
CONTAINED = msgspec.structs.replace(INCIDENT, state=IncidentState.CONTAINED)
CLOSED = msgspec.structs.replace(INCIDENT, state=IncidentState.CLOSED)
DISTRIBUTED = DetectionKind.DISTRIBUTED_ENUMERATION


@pytest.mark.parametrize(
    ("before", "changes", "news"),
    [
        (None, {}, "New: "),
        (INCIDENT, {}, None),
        (INCIDENT, {"subjects": 99}, None),
        (INCIDENT, {"subjects": 100}, "Still going on: "),
        (INCIDENT, {"subjects": 5_000}, "Still going on: "),
        (INCIDENT, {"level": Level.HIGH}, "Worse: "),
        (INCIDENT, {"kind": DISTRIBUTED, "subjects": 500}, "Worse: "),
        (CONTAINED, {"subjects": 100, "state": IncidentState.CONTAINED}, "Still going on: "),
        (CLOSED, {"subjects": 100, "state": IncidentState.CLOSED}, None),
    ],
)
def test_when_a_person_is_told(
    before: Incident | None, changes: dict[str, object], news: str | None
) -> None:
    alert = alert_for(before, msgspec.structs.replace(INCIDENT, **changes), NOW)
    assert (alert and alert.title) == (news and news + INCIDENT.title)


def test_each_power_of_ten_is_told_once() -> None:
    steps = [msgspec.structs.replace(INCIDENT, subjects=n) for n in range(0, 20_000, 10)]
    alerts = [alert_for(a, b, NOW) for a, b in pairwise(steps)]
    assert sum(alert is not None for alert in alerts) == 3


def test_it_says_the_evidence_and_what_to_do() -> None:
    alert = alert_for(None, INCIDENT, NOW)
    assert alert is not None
    assert "asked for 40 numbers, 6 of them exist. Records of 6 people left" in alert.text
    assert "enforce" in alert.text
    still = alert_for(CONTAINED, msgspec.structs.replace(CONTAINED, subjects=100), NOW)
    assert still is not None
    assert "is in enforce mode" in still.text


@pytest.mark.parametrize(
    ("level", "severity"), [(Level.HIGH, logging.CRITICAL), (Level.MEDIUM, logging.WARNING)]
)
def test_the_log_is_loud(level: Level, severity: int, caplog: pytest.LogCaptureFixture) -> None:
    alert = alert_for(None, msgspec.structs.replace(INCIDENT, level=level), NOW)
    assert alert is not None
    LogNotifier().notify(alert)
    (line,) = caplog.records
    assert line.levelno == severity
    assert INCIDENT.title in line.getMessage()
    assert "incident I1" in line.getMessage()


def test_the_log_says_whose_endpoint_it_is(caplog: pytest.LogCaptureFixture) -> None:
    alert = alert_for(None, msgspec.structs.replace(INCIDENT, service="shop\nall is well"), NOW)
    assert alert is not None
    LogNotifier().notify(alert)
    (line,) = caplog.records
    assert line.getMessage().endswith(r"(incident I1 of 'shop\nall is well')")
