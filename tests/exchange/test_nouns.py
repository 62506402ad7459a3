"""The values of the exchange room: what they promise beyond holding their fields."""

import msgspec
import pytest

from nightlatch.exchange.credential import CredentialState
from nightlatch.exchange.disclosure import (
    NO_DISCLOSURE,
    PERSONAL_CLASSES,
    SECRET_CLASSES,
    DataClass,
    DataItem,
    Side,
)
from nightlatch.exchange.exchange import NO_BODY, Body, Caller, Ending, Endpoint, Request
from nightlatch.exchange.facts import Contract, Directives, EndpointFacts, Expectation
from nightlatch.exchange.headers import headers_of
from nightlatch.exchange.incident import Incident, IncidentCaller, IncidentState
from nightlatch.exchange.judgement import (
    ALLOW_ENFORCE,
    ALLOW_OBSERVE,
    Action,
    Decision,
    Detection,
    DetectionKind,
    Finding,
    Level,
    Mode,
    Outcome,
)
from nightlatch.exchange.record import Message, Posture, Record
from nightlatch.exchange.standing import NOTHING_KNOWN

ITEM = DataItem(Side.RESPONSE, "$.phone", DataClass.PHONE, 0.9, "+1••••••••67", 2)
DETECTION = Detection(
    DetectionKind.ENUMERATION,
    "GET /u/{phone}",
    "address:192.0.2.1",
    Level.HIGH,
    1.0,
    "",
    0.01,
    7,
    9,
)
RECORD = Record(
    id="01HF7YATFM0000000000000000",
    at=1.5,
    duration=0.25,
    service="shop",
    endpoint="GET /u/{phone}",
    method="GET",
    scheme="https",
    host="a",
    path="/u/+1••••••••67",
    query="",
    status=200,
    ending=Ending.ANSWERED,
    address="192.0.2.1",
    circles=("address:192.0.2.1",),
    credential_kind=None,
    credential_state=CredentialState.NONE,
    level=Level.HIGH,
    reason="",
    decision=Decision(Action.REFUSE, Mode.ENFORCE, status=429),
    findings=(Finding("a", Level.LOW, ""),),
    detections=(DETECTION,),
    items=(ITEM,),
    disclosed=(2**64 - 1,),
    request=Message((("accept", "*/*"),), "", 0),
)
INCIDENT = Incident(
    "i", "GET /u", DetectionKind.ENUMERATION, "", Level.HIGH, IncidentState.OPEN, 1.0, 2.0,
    top_callers=(IncidentCaller("address:192.0.2.1", "192.0.2.1", 1, 1, 0, 1.0, 2.0),),
    detections=(DETECTION,),
)  # fmt: skip
DIRECTIVES = Directives(3, Mode.ENFORCE, (Contract("GET /u", Expectation.PUBLIC),))


@pytest.mark.parametrize("value", [RECORD, INCIDENT, DIRECTIVES, EndpointFacts(), NOTHING_KNOWN])
def test_values_travel_unchanged(value: msgspec.Struct) -> None:
    packed = msgspec.msgpack.encode(value)
    assert msgspec.msgpack.decode(packed, type=type(value)) == value
    assert msgspec.json.decode(msgspec.json.encode(value), type=type(value)) == value


def test_a_record_of_a_newer_application_can_be_read() -> None:
    fields = msgspec.to_builtins(RECORD) | {"invented_later": 1}
    assert msgspec.convert(fields, Record) == RECORD


@pytest.mark.parametrize("value", [RECORD, NO_BODY, Endpoint("GET", "/")])
def test_values_cannot_be_changed(value: msgspec.Struct) -> None:
    with pytest.raises(AttributeError):
        setattr(value, value.__struct_fields__[0], None)


def test_every_class_of_data_is_secret_or_personal_or_neither() -> None:
    assert not SECRET_CLASSES & PERSONAL_CLASSES
    neither = {DataClass.JWT, DataClass.STACK_TRACE}
    assert SECRET_CLASSES | PERSONAL_CLASSES | neither == set(DataClass)
    assert DataClass.PRIVATE_KEY.secret
    assert not DataClass.PRIVATE_KEY.personal
    assert DataClass.PHONE.personal
    assert not DataClass.PHONE.secret


@pytest.mark.parametrize(
    ("action", "mode", "withheld"),
    [
        (Action.ALLOW, Mode.OBSERVE, False),
        (Action.REFUSE, Mode.OBSERVE, False),
        (Action.REFUSE, Mode.OFF, False),
        (Action.ALLOW, Mode.ENFORCE, False),
        (Action.REFUSE, Mode.ENFORCE, True),
    ],
)
def test_only_a_refusal_that_is_enforced_withholds(
    action: Action, mode: Mode, withheld: bool
) -> None:
    assert Decision(action, mode).withhold is withheld


def test_constants_hold_nothing_back() -> None:
    assert not ALLOW_OBSERVE.withhold
    assert not ALLOW_ENFORCE.withhold
    assert NO_DISCLOSURE.hit is None
    assert Body() == NO_BODY


def test_levels_are_ordered_and_have_words() -> None:
    assert Level.LOW < Level.MEDIUM < Level.HIGH
    assert [level.word for level in Level] == ["Low", "Medium", "High"]


def test_every_outcome_but_one_is_a_loss() -> None:
    assert [outcome for outcome in Outcome if not outcome.lost] == [Outcome.RECORDED]


@pytest.mark.parametrize(
    ("expires", "now", "expected"),
    [
        (None, 1e12, Expectation.PUBLIC),
        (10.0, 9.9, Expectation.PUBLIC),
        (10.0, 10.0, Expectation.UNDECIDED),
        (10.0, 11.0, Expectation.UNDECIDED),
    ],
)
def test_a_contract_ends_when_it_expires(
    expires: float | None, now: float, expected: Expectation
) -> None:
    contract = Contract("GET /u", Expectation.PUBLIC, expires=expires)
    assert contract.expectation_at(now) is expected


def test_names_of_endpoints_and_callers() -> None:
    assert Endpoint("GET", "/users/{phone}").key == "GET /users/{phone}"
    assert Caller("192.0.2.1", ("session:a", "address:192.0.2.1")).key == "session:a"


def test_a_request_shows_no_header_values() -> None:
    headers = headers_of([("Authorization", "Bearer hunter2")])
    assert "hunter2" not in repr(Request("GET", "https", "a", "/", "", headers, ""))


def test_postures_are_what_traffic_can_show() -> None:
    assert {posture.value for posture in Posture} == {"open", "protected", "mixed", "unknown"}
