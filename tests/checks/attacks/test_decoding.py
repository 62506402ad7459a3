"""Coats that attacks wear, one at a time and over each other."""

import base64
import html
import string
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nightlatch.checks.attacks.decoding import (
    MAX_DECODED,
    lenient_text,
    text_in_base64,
    unfold,
    unwrap,
)
from nightlatch.checks.attacks.value import Place, Value


def value(text: str, place: Place = Place.QUERY) -> Value:
    return Value(place, "q", text)


def unfolded(text: str) -> str | None:
    found = unfold(value(text))
    return None if found is None else found.text


COATS = [
    ("%3Cscript%3E", "<script>", "percent-encoding"),
    ("%u003Cscript%u003e", "<script>", "percent-encoding"),
    ("".join(f"%u{ord(one):04x}" for one in "1' OR '1'='1"), "1' OR '1'='1", "percent-encoding"),
    ("%C0%BCscript", "<script", "percent-encoding"),
    ("%e0%80%bcscript", "<script", "percent-encoding"),
    ("..%c0%2f..%c1%1c", "../..\\", "percent-encoding"),
    ("%S%E%L%E%C%T%201", "SELECT 1", "percent-encoding"),
    ("%7Cgetent+hosts", "|getent hosts", "percent-encoding"),
    ("1+or+1", "1 or 1", "plus for space"),
    ("\\u003cscript\\x3e\\074", "<script><", "backslash escapes"),
    ("\\u{3c}b", "<b", "backslash escapes"),
    ("ADwAIQ is <b ADw-script AD4-", "ADwAIQ is <b<script>", "UTF-7"),
    ("&lt;a&#x3e;&#0000060", "<a><", "HTML entities"),
    ("\uff1cscript\uff1e", "<script>", "Unicode look-alikes"),
    ("\u24bc\u24de", "Go", "Unicode look-alikes"),
    ("scr\0ipt", "script", "zero bytes"),
]


@pytest.mark.parametrize(("coated", "text", "coding"), COATS, ids=[coat[0] for coat in COATS])
def test_a_coat_is_taken_off_and_named(coated: str, text: str, coding: str) -> None:
    found = unfold(value(coated))
    assert found is not None
    assert found.text == text
    assert found.codings == (coding,)


def test_coats_over_each_other_come_off_together() -> None:
    assert unfolded("+ADw-script+AD4-") == "<script>"
    assert unfolded("scr\\0ipt") == "script"
    found = unfold(value("%26lt%3Bscript%26gt%3B"))
    assert found is not None
    assert found.text == "<script>"
    assert found.codings == ("percent-encoding", "HTML entities")


@pytest.mark.parametrize("plain", ["", "hello", "50% off", "Q&A", "C:\\new", "a + b", "caf\u00e9"])
def test_ordinary_text_has_none(plain: str) -> None:
    assert unfolded(plain) is None


def test_a_plus_is_a_plus_where_spaces_are_written_out() -> None:
    assert unfolded("a%20+%20b") == "a + b"
    assert unfolded("a + b%21") == "a + b!"


def test_lone_surrogates_are_not_made() -> None:
    assert unfolded("\\ud800x") == "\ufffdx"


@pytest.mark.parametrize(
    ("text", "inner"),
    [
        (base64.b64encode(b"<script>alert(1)</script>").decode(), "<script>alert(1)</script>"),
        (base64.urlsafe_b64encode(b"' or 1=1 -- ?>").decode().rstrip("="), "' or 1=1 -- ?>"),
        ("/" + base64.b64encode(b"cat /etc/passwd").decode(), "cat /etc/passwd"),
        (base64.b64encode(b"<img src=x>>>").decode().replace("+", " "), "<img src=x>>>"),
        ("Basic " + base64.b64encode(b"admin' --:x").decode(), "admin' --:x"),
        ("data:text/html;base64," + base64.b64encode(b"<b>hello</b>").decode(), "<b>hello</b>"),
    ],
)
def test_base64_is_unwrapped(text: str, inner: str) -> None:
    assert [found.text for found in unwrap(value(text))] == [inner]


def test_base64_of_bytes_is_none() -> None:
    assert text_in_base64(base64.b64encode(bytes(range(200, 230))).decode()) == ""
    assert text_in_base64("A") == ""


def test_json_in_a_string_has_names_again() -> None:
    found = list(unwrap(value('{"user": {"name": "x", "$ne": "y"}, "n": 1}')))
    assert [(one.name, one.text, one.is_name) for one in found] == [
        ("q.user.name", "x", False),
        ("q.user.$ne", "y", False),
        ("q.user.$ne", "$.user.$ne", True),
    ]


def test_a_token_gives_header_and_claims() -> None:
    header = base64.urlsafe_b64encode(b'{"alg":"none","kid":"../../x"}').decode().rstrip("=")
    claims = base64.urlsafe_b64encode(b'{"sub":"1","name":"<b>"}').decode().rstrip("=")
    found = list(unwrap(Value(Place.HEADER, "authorization", f"Bearer {header}.{claims}.")))
    assert {one.place for one in found} == {Place.TOKEN}
    assert {one.name: one.text for one in found} == {
        "authorization.alg": "none",
        "authorization.kid": "../../x",
        "authorization.sub": "1",
        "authorization.name": "<b>",
    }


def test_what_is_no_json_and_no_token_gives_nothing() -> None:
    for text in ("{broken", "[" * 5_000, "[1", "ey.x", "eyAAAAAAAAAAAA.!!", '"text"'):
        assert list(unwrap(value(text))) == []


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=200))
def test_percent_and_entities_come_off_whatever_they_cover(text: str) -> None:
    coated = quote(html.escape("<'&>") + "&amp;", safe="")
    found = unfolded(coated)
    assert found == "<'&>&"
    again = unfold(value(text))
    assert again is None or again.text != text


@pytest.mark.slow
@settings(max_examples=200, deadline=None)
@given(st.text(alphabet=string.printable + "\0\ud800\udfff\uff1c\u24bc", max_size=300))
def test_no_text_is_too_much(text: str) -> None:
    unfold(value(text))
    list(unwrap(value(text)))


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_have_a_text(data: bytes) -> None:
    assert isinstance(lenient_text(data), str)


def test_long_texts_are_cut() -> None:
    found = unfold(value("%41" * MAX_DECODED))
    assert found is not None
    assert len(found.text) <= MAX_DECODED
