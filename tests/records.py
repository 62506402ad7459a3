"""Records for tests: one call, every field with a default."""

from typing import Any

import msgspec

from nightlatch.exchange.credential import CredentialState
from nightlatch.exchange.disclosure import DataClass, DataItem, Side
from nightlatch.exchange.exchange import Ending
from nightlatch.exchange.judgement import (
    ALLOW_OBSERVE,
    Action,
    Decision,
    Detection,
    DetectionKind,
    Level,
    Mode,
)
from nightlatch.exchange.record import Record

NOW = 1_800_000_000.0
LOOK_UP = "GET /v1/users/{phone}/status"

PLAIN = Record(
    id="",
    at=NOW,
    duration=0.01,
    service="directory",
    endpoint=LOOK_UP,
    method="GET",
    scheme="https",
    host="api.example",
    path="/v1/users/•••/status",
    query="",
    status=200,
    ending=Ending.ANSWERED,
    address="192.0.2.1",
    circles=("address:192.0.2.1",),
    credential_kind=None,
    credential_state=CredentialState.NONE,
    level=Level.LOW,
    reason="",
    decision=ALLOW_OBSERVE,
)

REFUSED = Decision(Action.REFUSE, Mode.ENFORCE, "budget:strangers:hour", "too many", 429, 60)
WOULD_REFUSE = Decision(Action.REFUSE, Mode.OBSERVE, "budget:strangers:hour", "too many", 429, 60)


def record(number: int = 0, **fields: Any) -> Record:
    """A stranger's look-up; `number` makes its id and its moment."""
    address = fields.get("address", PLAIN.address)
    refused = fields.get("decision") == REFUSED
    defaults = {
        "id": f"{number:026d}",
        "at": NOW + number * 0.001,
        "circles": (f"address:{address}",),
        "ending": Ending.REFUSED if refused else Ending.ANSWERED,
    }
    return msgspec.structs.replace(PLAIN, **(defaults | fields))


def detection(
    kind: DetectionKind = DetectionKind.ENUMERATION,
    circle: str = "address:192.0.2.1",
    at: float = NOW,
    **fields: Any,
) -> Detection:
    known = Detection(
        kind=kind,
        endpoint=LOOK_UP,
        circle=circle,
        level=Level.HIGH,
        at=at,
        evidence="asked for 40 numbers, 6 of them exist",
        false_alarm_rate=1e-6,
        subjects=6,
        attempts=40,
    )
    return msgspec.structs.replace(known, **fields)


def item(
    data_class: DataClass = DataClass.PHONE,
    path: str = "$.phone",
    side: Side = Side.RESPONSE,
    confidence: float = 0.9,
) -> DataItem:
    return DataItem(side, path, data_class, confidence, "+1•••••••67")
