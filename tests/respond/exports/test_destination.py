"""Destinations as people write them, and every mistake with its word."""

import pytest
from tests.records import record

from nightlatch.exchange.judgement import Level
from nightlatch.exchange.predicate import PredicateError
from nightlatch.respond.exports.destination import open_sender, read_destination
from nightlatch.respond.exports.files import FileSender
from nightlatch.respond.exports.selection import wanted
from nightlatch.respond.exports.web import HttpSender
from nightlatch.respond.exports.wire import DatagramSender, StreamSender


@pytest.mark.parametrize(
    ("entry", "kind"),
    [
        ("ocsf https://siem.example/in", HttpSender),
        ("otlp http://127.0.0.1:4318/v1/logs", HttpSender),
        ("cef syslog+udp://siem.example:514", DatagramSender),
        ("cef syslog+tcp://siem.example", StreamSender),
        ("ecs syslog+tls://siem.example:6514", StreamSender),
        ("gelf udp://graylog.example:12201", DatagramSender),
        ("gelf tls://graylog.example", StreamSender),
        ("jsonl file:/var/log/nightlatch.ndjson", FileSender),
    ],
)
def test_places(entry: str, kind: type) -> None:
    assert isinstance(open_sender(read_destination(entry)), kind)


@pytest.mark.parametrize(
    "entry",
    [
        "", "ocsf", "osf https://x.example/", "ocsf ftp://x.example/", "ocsf udp://x.example:1",
        "ocsf file:relative", "ocsf https://", "ocsf https://x.example:99999/",
        "ocsf syslog+sctp://x.example", "ocsf https://x.example/ where colour = red",
    ],
)  # fmt: skip
def test_mistakes(entry: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_destination(entry)


def test_secrets_are_for_nobodys_eyes() -> None:
    one = read_destination("ocsf https://bearer:sesame@siem.example:8443/in where level = high")
    assert one.name == "ocsf https://siem.example:8443/in"
    assert "sesame" not in repr(one)
    with pytest.raises(ValueError, match=r"siem") as caught:
        read_destination("ocsf ftp://bearer:sesame@siem.example/in")
    assert "sesame" not in str(caught.value)


@pytest.mark.parametrize(
    ("predicate", "takes"),
    [
        ("", True),
        ("level >= medium", True),
        ("level = low", False),
        ("address in (192.0.2.0/24)", True),
        ('endpoint ~ "GET /v1/*" and status = 200', True),
        ("refused = yes", False),
        ("service = shop or people > 0", False),
    ],
)
def test_predicates(predicate: str, takes: bool) -> None:
    assert wanted(predicate)(record(level=Level.HIGH)) is takes


def test_a_predicate_that_is_none_says_where() -> None:
    with pytest.raises(PredicateError, match="column 1"):
        wanted("levle = high")
