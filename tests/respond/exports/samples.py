"""Records and reports of every shape that formats must word."""

import msgspec
from tests.records import NOW, REFUSED, record

from nightlatch.exchange.credential import CredentialKind, CredentialState
from nightlatch.exchange.disclosure import DataClass, DataItem, Side
from nightlatch.exchange.incident import Alert, Incident, IncidentCaller, IncidentState
from nightlatch.exchange.judgement import Detection, DetectionKind, Finding, Level
from nightlatch.exchange.record import Message, Record
from nightlatch.exchange.source import Part, SourceKind
from nightlatch.respond.exports.report import (
    Report,
    report_of_alert,
    report_of_incident,
    reports_of,
)

HOSTILE = 'quote" pipe| back\\slash equals= line\nbreak\r tab\t nul\0 ünïcode ]'

FULL = record(
    1,
    query="full=1&phone=•••",
    findings=(
        Finding("personal-data-to-strangers", Level.HIGH, "A phone number left."),
        Finding("no-limit-for-strangers", Level.LOW, "No limit was announced."),
    ),
    detections=(
        Detection(
            DetectionKind.ENUMERATION, "GET /v1/users/{phone}/status", "address:192.0.2.1",
            Level.HIGH, NOW, "312 numbers in a row", 1e-6, 300, 312, 0.97,
        ),
    ),
    items=(DataItem(Side.RESPONSE, "$.phone", DataClass.PHONE, 0.9, "•••"),),
    disclosed=(1, 2, 3),
    level=Level.HIGH,
    reason="A stranger got a phone number.",
    request=Message(
        (
            ("host", "api.example"),
            ("user-agent", "curl/8"),
            ("referer", "https://shop.example/"),
            ("x-forwarded-for", "203.0.113.9, 10.0.0.1"),
            ("cookie", "session=•••"),
            ("content-type", "application/json"),
        ),
        '{"phone":"•••"}',
        15,
    ),
    response=Message((("content-type", "application/json"),), '{"found":true}', 14),
)  # fmt: skip
KNOWN = record(
    2,
    method="PUT",
    host="api.example:8443",
    circles=("principal:4f2a", "address:192.0.2.1"),
    credential_kind=CredentialKind.BEARER_JWT,
    credential_state=CredentialState.ACCEPTED,
)
SESSION = record(
    3,
    circles=("session:77aa", "address:192.0.2.1"),
    credential_state=CredentialState.ACCEPTED,
    method="PURGE",
)
BARE = record(
    4,
    scheme="",
    host="",
    query="",
    status=0,
    address="",
    circles=(),
    method="PROPFIND",
    source=SourceKind.SYSLOG,
    source_name="edge",
    unseen=tuple(sorted(Part)),
)
TURNED_AWAY = record(5, decision=REFUSED, status=429, level=Level.MEDIUM)
ODD = msgspec.structs.replace(
    FULL, path="/" + HOSTILE, query=HOSTILE, host="h" + HOSTILE, endpoint="GET /" + HOSTILE,
    reason=HOSTILE, service=HOSTILE,
)  # fmt: skip

RECORDS: dict[str, Record] = {
    "full": FULL,
    "known": KNOWN,
    "session": SESSION,
    "bare": BARE,
    "refused": TURNED_AWAY,
    "odd": ODD,
}
ALERT = Alert(NOW, "incident-1", "GET /v1/users/{phone}/status", Level.HIGH, "New: a walk", HOSTILE)
INCIDENT = Incident(
    "incident-1", "GET /v1/users/{phone}/status", DetectionKind.ENUMERATION, "A walk", Level.HIGH,
    IncidentState.OPEN, NOW, NOW + 60, 312, 300, 0, 1,
    (IncidentCaller("address:192.0.2.1", "192.0.2.1", 312, 300, 0, NOW, NOW + 60),),
)  # fmt: skip
REPORTS: list[Report] = [
    *reports_of(FULL),
    report_of_alert(ALERT),
    report_of_incident(INCIDENT),
]
