"""Syslog as the standards write it, and as programs do."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nightlatch.capture.syslog.message import SyslogMessage, read_message
from nightlatch.capture.wires.reading import Malformed

NOW = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC).timestamp()
TEN_SECONDS_AGO = NOW - 10


def read(text: str, now: float = NOW) -> SyslogMessage:
    message = read_message(text.encode(), now)
    assert isinstance(message, SyslogMessage), message
    return message


def test_the_examples_of_rfc_5424() -> None:
    plain = read("<34>1 2003-10-11T22:14:15.003Z mymachine.example.com su - ID47 - \ufeff'su root'")
    assert (plain.host, plain.app, plain.text) == ("mymachine.example.com", "su", "'su root'")
    assert plain.at == datetime(2003, 10, 11, 22, 14, 15, 3_000, UTC).timestamp()
    zoned = read("<165>1 2003-08-24T05:14:15.000003-07:00 192.0.2.1 myproc 8710 - - %% It's time.")
    assert zoned.at == datetime(2003, 8, 24, 12, 14, 15, 3, UTC).timestamp()
    structured = read(
        "<165>1 2003-10-11T22:14:15.003Z mymachine.example.com evntslog - ID47 "
        '[exampleSDID@32473 iut="3" eventSource="Application" eventID="1011"]'
        '[examplePriority@32473 class="high"] An application event'
    )
    assert structured.data["exampleSDID.eventID"] == structured.data["eventID"] == "1011"
    assert (structured.data["class"], structured.text) == ("high", "An application event")


def test_nil_values_and_no_message() -> None:
    assert read("<34>1 - - - - - -") == SyslogMessage(None, "", "", "", {})


def test_escapes_in_structured_data() -> None:
    message = read('<34>1 - - - - - [a b="x\\"y\\]z\\\\" c="\\n"] said')
    assert (message.data["b"], message.data["c"], message.text) == ('x"y]z\\', "\\n", "said")


@pytest.mark.parametrize(
    ("text", "host", "app", "said"),
    [
        ("<190>Nov 22 11:59:50 edge nginx: 192.0.2.1 - -", "edge", "nginx", "192.0.2.1 - -"),
        ("<190>Nov 22 11:59:50 nginx: 192.0.2.1 - -", "", "nginx", "192.0.2.1 - -"),
        ("<134>Nov 22 11:59:50 haproxy[4711]: 192.0.2.1:5 [", "", "haproxy", "192.0.2.1:5 ["),
        ("<134>Nov 22 11:59:50 lb haproxy[4711]: x", "lb", "haproxy", "x"),
        ("<14>2026-11-22T11:59:50.000+00:00 edge app[1]: x", "edge", "app", "x"),
        ("<14>2026-11-22T12:59:50+01:00 edge app: x", "edge", "app", "x"),
        ("Nov 22 11:59:50 edge app: x", "edge", "app", "x"),
        ("<13>Nov 22 2026 11:59:50 edge app: x", "edge", "app", "x"),
        ("<13>Nov 22 11:59:50.000 edge app: x", "edge", "app", "x"),
        ("<13>Nov 22 11:59:50 2001:db8::1 app: x", "2001:db8::1", "app", "x"),
    ],
)
def test_the_old_form_in_the_wild(text: str, host: str, app: str, said: str) -> None:
    assert read(text) == SyslogMessage(TEN_SECONDS_AGO, host, app, said, {})


@pytest.mark.parametrize("text", ["just text, no more", '{"method": "GET"}', "<13>just text"])
def test_what_has_no_header_is_all_text(text: str) -> None:
    message = read(text)
    assert message.at is None
    assert message.text == text.removeprefix("<13>")


def test_the_year_is_that_of_the_nearest_moment() -> None:
    new_year = datetime(2027, 1, 1, 0, 0, 5, tzinfo=UTC).timestamp()
    assert read("<13>Dec 31 23:59:58 h a: x", new_year).at == new_year - 7
    assert read("<13>Jan  1 00:00:02 h a: x", new_year - 10).at == new_year - 3


def test_a_zone_that_is_not_told_is_the_nearest() -> None:
    assert read("<13>Nov 22 17:29:50 h a: x").at == TEN_SECONDS_AGO
    assert read("<13>Nov 22 04:59:50 h a: x").at == TEN_SECONDS_AGO
    assert read("<13>2026-11-22T20:59:50 h a: x").at == TEN_SECONDS_AGO


def test_days_that_are_none_have_no_moment() -> None:
    assert read("<13>Feb 30 11:59:50 h a: x").at is None
    assert read("<13>Xyz 12 11:59:50 h a: x").at is None


@pytest.mark.parametrize(
    "text",
    [
        "", " \n", "<192>x", "<999>x", "<>x", "<1", "<abc>x", "<34>1 - - -",
        '<34>1 - - - - - [a b="c" x', '<34>1 - - - - - [a b="c', "<34>1 - - - - - []",
    ],
)  # fmt: skip
def test_what_is_begun_wrongly_is_malformed(text: str) -> None:
    assert isinstance(read_message(text.encode(), NOW), Malformed)


_PIECES = st.lists(
    st.sampled_from([
        "<34>", "1 ", "- ", "[", "]", 'a="', '"', "\\", "Nov 22 11:59:50 ", "2026-11-22T11:59:50",
        "Z ", "host ", "app: ", "99", "\ufeff", "é",
    ]),
    max_size=14,
)  # fmt: skip


@pytest.mark.slow
@given(_PIECES, st.binary(max_size=30))
@settings(max_examples=100, deadline=None)
def test_hostile_bytes_never_raise(pieces: list[str], tail: bytes) -> None:
    read_message("".join(pieces).encode() + tail, NOW)


def test_hostile_structured_data_takes_no_more_time_than_it_is_long() -> None:
    read_message(b"<34>1 - - - - - [" + b'a="\\' * 15_000, NOW)
    read_message(b"<34>1 - - - - - " + b'[a b="c"]' * 7_000, NOW)
