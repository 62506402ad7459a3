"""A judgement as other systems take it: a finding, a detection or an incident, all in one shape."""

from collections.abc import Iterator
from enum import StrEnum

from msgspec import Struct

from nightlatch.exchange.incident import Alert, Incident
from nightlatch.exchange.judgement import Detection, Finding, Level
from nightlatch.exchange.record import Record


class ReportKind(StrEnum):
    FINDING = "finding"
    """One check failed on one exchange."""
    DETECTION = "detection"
    """Many exchanges are bad together."""
    INCIDENT = "incident"
    """What people are told of."""


class Report(Struct, frozen=True):
    kind: ReportKind
    uid: str
    """The same for the same judgement, however often it is exported."""
    rule: str
    """Id of the check, or the kind of detection."""
    title: str
    text: str
    level: Level
    at: float
    endpoint: str
    service: str = ""
    address: str = ""
    circle: str = ""
    record: str = ""
    """Id of the exchange that it is about, or that raised it."""
    confidence: float = 1.0
    subjects: int = 0
    """Distinct people whose records left."""


def reports_of(record: Record, least: Level = Level.MEDIUM) -> Iterator[Report]:
    """Its findings of at least this level, and the detections that it raised."""
    for finding in record.findings:
        if finding.level >= least:
            yield _of_finding(finding, record)
    for detection in record.detections:
        if detection.level >= least:
            yield _of_detection(detection, record)


def _of_finding(finding: Finding, record: Record) -> Report:
    return Report(
        kind=ReportKind.FINDING,
        uid=f"{record.id}:{finding.check}",
        rule=finding.check,
        title=f"{finding.check} at {record.endpoint}",
        text=finding.evidence,
        level=finding.level,
        at=record.at,
        endpoint=record.endpoint,
        service=record.service,
        address=record.address,
        circle=record.circles[0] if record.circles else "",
        record=record.id,
    )


def _of_detection(detection: Detection, record: Record) -> Report:
    return Report(
        kind=ReportKind.DETECTION,
        uid=f"{record.id}:{detection.kind}:{detection.circle}",
        rule=detection.kind,
        title=f"{detection.kind} at {detection.endpoint}",
        text=detection.evidence,
        level=detection.level,
        at=detection.at,
        endpoint=detection.endpoint,
        service=record.service,
        address=record.address,
        circle=detection.circle,
        record=record.id,
        confidence=detection.confidence,
        subjects=detection.subjects,
    )


def report_of_alert(alert: Alert) -> Report:
    """An incident at the moment when people are told of it."""
    return Report(
        kind=ReportKind.INCIDENT,
        uid=f"{alert.incident}:{alert.at:.3f}",
        rule="incident",
        title=alert.title,
        text=alert.text,
        level=alert.level,
        at=alert.at,
        endpoint=alert.endpoint,
        service=alert.service,
    )


def report_of_incident(incident: Incident) -> Report:
    """An incident as it stands."""
    return Report(
        kind=ReportKind.INCIDENT,
        uid=incident.id,
        rule=incident.kind,
        title=incident.title,
        text=f"{incident.state}: {incident.attempts:,} attempts of {incident.callers:,} callers, "
        f"{incident.refused:,} refused.",
        level=incident.level,
        at=incident.last_seen,
        endpoint=incident.endpoint,
        service=incident.service,
        address=incident.top_callers[0].address if incident.top_callers else "",
        circle=incident.top_callers[0].circle if incident.top_callers else "",
        subjects=incident.subjects,
    )
