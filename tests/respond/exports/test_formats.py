"""Every format words every record, and each says the same of it when it is read back."""

import re
from typing import Any

import msgspec
import pytest
from google.protobuf.json_format import Parse
from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue
from tests.respond.exports.samples import BARE, FULL, HOSTILE, KNOWN, RECORDS, REPORTS

from nightlatch.capture.attributes import Attributes, Origin
from nightlatch.capture.gelf.reader import GelfReader
from nightlatch.capture.otlp.plain import read_logs
from nightlatch.capture.otlp.semantics import observed
from nightlatch.capture.otlp.telemetry import Telemetry
from nightlatch.capture.texts import TextReader
from nightlatch.exchange.observed import Observed
from nightlatch.exchange.record import Message, Record
from nightlatch.exchange.source import Part, SourceKind
from nightlatch.respond.exports import (
    cef,
    ecs,
    gelf,
    json_lines,
    ocsf,
    otlp,
    otlp_protobuf,
    reading,
)
from nightlatch.respond.exports.formats import FORMATS

TEXTS = [name for name, form in FORMATS.items() if not form.binary]


def test_all_formats_are_tested_as_what_they_are() -> None:
    assert (len(FORMATS), len(TEXTS)) == (7, 6)


@pytest.mark.parametrize("name", TEXTS)
def test_one_event_is_one_line(name: str) -> None:
    form = FORMATS[name]
    events = [form.exchange(record) for record in RECORDS.values()]
    events += [form.report(report) for report in REPORTS]
    assert len(events) == 10
    for event in events:
        line = form.line(event)
        assert b"\n" not in line
        assert b"\r" not in line
        if form.media_type != "text/plain":
            assert isinstance(msgspec.json.decode(line), dict)


# CEF, read by somebody who has not seen the writer.


def read_cef(line: str) -> tuple[list[str], dict[str, str]]:
    """By ArcSight's guide: the header splits at unescaped bars, the extension at ` key=`."""
    parts = re.split(r"(?<!\\)(?:\\\\)*\|", line, maxsplit=7)
    header = [re.sub(r"\\([\\|])", r"\1", part) for part in parts[:7]]
    found = list(re.finditer(r"(?:^| )(\w+)=", parts[7])) if len(parts) == 8 else []
    extension = {}
    for one, after in zip(found, [*found[1:], None], strict=True):
        value = parts[7][one.end() : after.start() if after else None]
        extension[one[1]] = re.sub(
            r"\\(.)", lambda m: {"n": "\n", "r": "\r"}.get(m[1], m[1]), value
        )
    return header, extension


def test_cef_reads_back() -> None:
    header, extension = read_cef(cef.exchange(FULL).decode())
    assert header == ["CEF:0", "Nightlatch", "Nightlatch", "1", "exchange", FULL.endpoint, "8"]
    assert (extension["src"], extension["requestMethod"]) == ("192.0.2.1", "GET")
    assert extension["request"] == reading.url(FULL)
    assert (extension["cn1Label"], extension["cn1"]) == ("status", "200")
    assert extension["rt"] == str(int(FULL.at * 1_000))


def test_cef_escapes_what_is_hostile() -> None:
    odd = RECORDS["odd"]
    header, extension = read_cef(cef.exchange(odd).decode())
    assert header[5] == odd.endpoint.replace("\n", " ").replace("\r", " ")
    assert (extension["msg"], extension["destinationServiceName"]) == (HOSTILE, HOSTILE)
    assert extension["cs1"] == odd.endpoint


@given(st.text(alphabet='a|\\= \n\r"é', max_size=12), st.text(alphabet="a|\\=\n é", max_size=12))
@settings(max_examples=100, deadline=None)
def test_cef_takes_any_text(name: str, text: str) -> None:
    report = msgspec.structs.replace(REPORTS[0], title=name, text=f"x{text}x")
    line = cef.report(report).decode()
    header, extension = read_cef(line)
    assert "\n" not in line
    # A value that looks like ` key=` is escaped, so that only the writer's own keys are found.
    assert extension["msg"] == f"x{text}x"
    assert len(header) == 7


# GELF, by our own intake.


def told_again(record: Record) -> Observed:
    reader = GelfReader(Origin(SourceKind.GELF, "back"), Attributes(), TextReader(Attributes()))
    seen = reader.read(gelf.exchange(record), "", record.at + 5)
    assert isinstance(seen, Observed)
    return seen


def test_gelf_is_understood_by_our_own_intake() -> None:
    seen = told_again(msgspec.structs.replace(FULL, query="full=1"))
    request, response = seen.request, seen.response
    assert response is not None
    told = (request.method, request.path, request.query, request.host, request.scheme)
    assert told[1:3] == ("/v1/users/•••/status", "full=1")
    assert (told[0], *told[3:]) == (FULL.method, FULL.host, FULL.scheme)
    assert (response.status, request.peer, seen.service) == (200, "192.0.2.1", "directory")
    assert seen.at == pytest.approx(FULL.at, abs=0.01)
    assert told_again(KNOWN).principal == "principal:4f2a"
    assert {Part.HOST, Part.SCHEME, Part.CLIENT, Part.STATUS} <= told_again(BARE).source.unseen


def test_gelf_is_as_graylog_demands() -> None:
    for data in (gelf.exchange(FULL), gelf.exchange(BARE), *map(gelf.report, REPORTS)):
        message = msgspec.json.decode(data)
        assert message["version"] == "1.1"
        assert message["host"]
        assert message["short_message"]
        for name, value in message.items():
            if name.startswith("_"):
                assert re.fullmatch(r"_[\w.\-]+", name)
                assert name != "_id"
                assert isinstance(value, str | int | float)


# OTLP, by OpenTelemetry's own classes.


def plain(value: AnyValue) -> Any:
    kind = value.WhichOneof("value")
    if kind == "array_value":
        return [plain(one) for one in value.array_value.values]
    return getattr(value, str(kind))


def test_otlp_is_what_opentelemetry_reads() -> None:
    logs = [otlp.exchange(FULL), otlp.exchange(BARE), *map(otlp.report, REPORTS)]
    request = Parse(otlp.batch(logs), ExportLogsServiceRequest())
    assert len(request.resource_logs) == 6
    first = request.resource_logs[0]
    log = first.scope_logs[0].log_records[0]
    told = {one.key: plain(one.value) for one in log.attributes}
    assert {one.key: plain(one.value) for one in first.resource.attributes} == {
        "service.name": "directory"
    }
    assert (told["http.request.method"], told["http.response.status_code"]) == ("GET", 200)
    assert told["http.request.header.user-agent"] == ["curl/8"]
    assert told["nightlatch.findings"] == [one.check for one in FULL.findings]
    assert log.time_unix_nano == pytest.approx(FULL.at * 1e9, rel=1e-9)
    assert (log.severity_text, log.event_name) == ("ERROR", "nightlatch.exchange")


def test_otlp_says_the_same_in_both_encodings() -> None:
    for one in RECORDS.values():
        log = otlp.log_of(one)
        told = Parse(otlp.batch([otlp.exchange(one)]), ExportLogsServiceRequest())
        wire = otlp_protobuf.batch([otlp_protobuf.encoded(log)])
        assert ExportLogsServiceRequest.FromString(wire) == told
    wires = [otlp_protobuf.encoded(otlp.log_of_report(one)) for one in REPORTS]
    told = Parse(otlp.batch([otlp.report(one) for one in REPORTS]), ExportLogsServiceRequest())
    assert ExportLogsServiceRequest.FromString(otlp_protobuf.batch(wires)) == told
    assert len(RECORDS) + len(REPORTS) >= 10


@pytest.mark.parametrize(
    ("answer", "media", "says"),
    [
        (b"", "application/x-protobuf", (0, "")),
        (b"\xff\xff", "application/x-protobuf", (0, "")),
        (b"\x0a\x06\x08\x03\x12\x02no", "application/x-protobuf", (3, "no")),
        (b"", "application/json", (0, "")),
        (b"[]", "application/json", (0, "")),
        (b'{"partialSuccess":{}}', "application/json", (0, "")),
        (
            b'{"partialSuccess":{"rejectedLogRecords":"3","errorMessage":"no","x":1}}',
            "application/json",
            (3, "no"),
        ),
        (b'{"partialSuccess":{"rejectedLogRecords":-1}}', "application/json", (0, "")),
        (b'{"partialSuccess":{"rejectedLogRecords":"x"}}', "application/json", (0, "")),
    ],
)
def test_what_receivers_of_otlp_answer(answer: bytes, media: str, says: tuple[int, str]) -> None:
    assert otlp_protobuf.rejected(answer, media) == says


def test_otlp_is_understood_by_our_own_intake() -> None:
    decoded = read_logs(otlp.batch([otlp.exchange(FULL), otlp.report(REPORTS[0])]))
    told, report = decoded.found
    assert isinstance(told, Telemetry)
    assert isinstance(report, Telemetry)
    seen = observed(told, "back", "", FULL.at + 5)
    assert seen is not None
    assert (seen.request.method, seen.request.host, seen.service) == (
        "GET",
        "api.example",
        "directory",
    )
    assert observed(report, "back", "", FULL.at + 5) is None


# Addresses with ports and colons, which every standard has in fields of their own.

HOSTS = {
    "api.example": ("api.example", 0),
    "api.example:8443": ("api.example", 8_443),
    "[2001:db8::1]": ("[2001:db8::1]", 0),
    "[2001:db8::1]:80": ("[2001:db8::1]", 80),
    "2001:db8::1": ("2001:db8::1", 0),
    "api.example:http": ("api.example:http", 0),
    "api.example:": ("api.example:", 0),
    "": ("", 0),
}


@pytest.mark.parametrize("told", HOSTS)
def test_hosts_and_ports_are_told_apart(told: str) -> None:
    host, port = HOSTS[told]
    one = msgspec.structs.replace(FULL, host=told)
    assert reading.host_and_port(one) == (host, port)
    address = msgspec.json.decode(ecs.exchange(one))["url"]
    assert (address.get("domain", ""), address.get("port", 0)) == (host, port)
    message = msgspec.json.decode(gelf.exchange(one))
    assert (message.get("_server_address", ""), message.get("_server_port", 0)) == (host, port)
    _, extension = read_cef(cef.exchange(one).decode())
    assert (extension.get("dhost", ""), int(extension.get("dpt", 0))) == (host, port)
    attributes = otlp.log_of(one).attributes
    assert (attributes.get("server.address", ""), attributes.get("server.port", 0)) == (host, port)
    event = msgspec.json.decode(ocsf.exchange(one))
    for place in (event["dst_endpoint"], event["http_request"]["url"]):
        assert (place.get("hostname", ""), place.get("port", 0)) == (host, port)


def test_cef_has_a_field_for_each_kind_of_address() -> None:
    _, four = read_cef(cef.exchange(FULL).decode())
    _, six = read_cef(cef.exchange(msgspec.structs.replace(FULL, address="2001:db8::7")).decode())
    assert (four["src"], "c6a2" in four) == ("192.0.2.1", False)
    assert (six["c6a2"], six["c6a2Label"], "src" in six) == (
        "2001:db8::7", "Source IPv6 Address", False,
    )  # fmt: skip


def test_ecs_types_are_allowed_in_their_category() -> None:
    """By the tables of allowed values: `denied` is for the network, `access` for both."""
    refused = msgspec.json.decode(ecs.exchange(RECORDS["refused"]))["event"]
    assert (refused["category"], refused["type"]) == (["web", "network"], ["access", "denied"])
    assert msgspec.json.decode(ecs.exchange(FULL))["event"]["type"] == ["access"]


UNSEEN = msgspec.structs.replace(
    BARE, duration=0.0, request=Message(), response=Message(), status=0, unseen=tuple(Part)
)
SIZES = re.compile(
    rb'duration(?:_ms)?"(?::|,"value)|body_length"|body[._]size"|"bytes"|\b(?:in|out|cn1)='
)


@pytest.mark.parametrize("name", sorted({*TEXTS} - {"jsonl"}))
def test_what_nobody_saw_is_no_zero(name: str) -> None:
    """How long it took, how large the bodies were, what the status was."""
    form = FORMATS[name]
    assert SIZES.search(form.line(form.exchange(FULL)))
    assert not SIZES.search(form.line(form.exchange(UNSEEN)))
    sized = msgspec.structs.replace(UNSEEN, status=200, response=Message(size=512))
    assert b"512" in form.line(form.exchange(sized))


# ECS and our own.


def test_ecs_says_what_stands_where() -> None:
    event = msgspec.json.decode(ecs.exchange(FULL))
    assert event["@timestamp"] == reading.moment(FULL.at)
    assert (event["http"]["request"]["method"], event["url"]["domain"]) == ("GET", "api.example")
    assert (event["client"]["ip"], event["user_agent"]["original"]) == ("192.0.2.1", "curl/8")
    assert event["event"]["duration"] == 10_000_000
    bare = msgspec.json.decode(ecs.exchange(BARE))
    assert "client" not in bare
    assert "response" not in bare["http"]
    alert = msgspec.json.decode(ecs.report(REPORTS[0]))
    assert (alert["event"]["kind"], alert["rule"]["id"]) == ("alert", "personal-data-to-strangers")


@pytest.mark.parametrize("name", RECORDS)
def test_our_own_lines_have_all_there_is(name: str) -> None:
    told = msgspec.json.decode(json_lines.exchange(RECORDS[name]))
    assert told["event"] == "exchange"
    assert msgspec.convert(told["exchange"], Record) == RECORDS[name]
