"""Every event is valid by the published schema, of the class that fits it."""

from functools import cache
from typing import Any

import msgspec
import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from ocsf_json_schema import (  # type: ignore[import-untyped]
    OcsfJsonSchemaEmbedded,
    get_ocsf_schema,
)
from tests.respond.exports.samples import FULL, KNOWN, RECORDS, REPORTS

from nightlatch.respond.exports import ocsf


@cache
def schemas() -> OcsfJsonSchemaEmbedded:
    return OcsfJsonSchemaEmbedded(get_ocsf_schema(version=ocsf.VERSION))


@cache
def validator(class_uid: int) -> Draft202012Validator:
    name = schemas().lookup_class_name_from_uid(class_uid=class_uid)
    return Draft202012Validator(
        schemas().get_class_schema(class_name=name, profiles=["security_control"])
    )


def checked(data: bytes) -> dict[str, Any]:
    event: dict[str, Any] = msgspec.json.decode(data)
    mistakes = [
        f"{'.'.join(map(str, one.absolute_path))}: {one.message}"
        for one in validator(event["class_uid"]).iter_errors(event)
    ]
    assert mistakes == []
    return event


@pytest.mark.slow
@pytest.mark.parametrize("name", RECORDS)
def test_exchanges_are_valid(name: str) -> None:
    event = checked(ocsf.exchange(RECORDS[name]))
    expected = ocsf.API_ACTIVITY if name in {"known", "session"} else ocsf.HTTP_ACTIVITY
    assert event["class_uid"] == expected
    assert event["type_uid"] == expected * 100 + event["activity_id"]


def test_reports_are_valid() -> None:
    events = [checked(ocsf.report(one)) for one in REPORTS]
    assert [one["class_uid"] for one in events] == [ocsf.DETECTION_FINDING] * 4
    assert events[0]["finding_info"]["analytic"]["uid"] == "personal-data-to-strangers"
    assert events[1]["confidence_score"] == 97


def test_what_stands_where() -> None:
    event = checked(ocsf.exchange(FULL))
    request = event["http_request"]
    assert (request["http_method"], request["url"]["hostname"]) == ("GET", "api.example")
    assert request["x_forwarded_for"] == ["203.0.113.9", "10.0.0.1"]
    assert (event["http_response"]["code"], event["src_endpoint"]["ip"]) == (200, "192.0.2.1")
    assert (event["activity_id"], event["severity_id"]) == (3, 4)
    known = checked(ocsf.exchange(KNOWN))
    assert (known["activity_id"], known["actor"]["user"]["uid"]) == (3, "principal:4f2a")
    assert known["api"]["operation"] == KNOWN.endpoint
