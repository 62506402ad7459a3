import base64
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nightlatch.capture.har import EntryFault, HarFault, looks_like_har, read_har
from nightlatch.exchange.exchange import Ending
from nightlatch.exchange.observed import Observed
from nightlatch.exchange.source import Part, SourceKind


def entry(**changes: Any) -> dict[str, Any]:
    """As Chromium exports it, fields of its own included."""
    whole: dict[str, Any] = {
        "_initiator": {"type": "script"},
        "_priority": "High",
        "_resourceType": "fetch",
        "cache": {},
        "connection": "4711",
        "request": {
            "method": "POST",
            "url": "https://shop.example/v1/users/49151?full=1#top",
            "httpVersion": "http/2.0",
            "headers": [
                {"name": ":authority", "value": "shop.example"},
                {"name": ":method", "value": "POST"},
                {"name": "Authorization", "value": "Bearer secret"},
                {"name": "content-type", "value": "application/json"},
            ],
            "queryString": [{"name": "full", "value": "1"}],
            "cookies": [],
            "headersSize": -1,
            "bodySize": 9,
            "postData": {"mimeType": "application/json", "text": '{"é": 1}'},
        },
        "response": {
            "status": 200,
            "statusText": "",
            "httpVersion": "http/2.0",
            "headers": [{"name": "content-type", "value": "application/json"}],
            "cookies": [],
            "content": {"size": 13, "mimeType": "application/json", "text": '{"name":"A"}'},
            "redirectURL": "",
            "headersSize": -1,
            "bodySize": 45,
            "_transferSize": 120,
            "_error": None,
        },
        "serverIPAddress": "203.0.113.80",
        "startedDateTime": "2026-11-18T19:18:28.250Z",
        "time": 125.5,
        "timings": {"blocked": 1, "send": 0, "wait": 100, "receive": 2},
    }
    for path, value in changes.items():
        at = whole
        *above, last = path.split("__")
        for step in above:
            at = at[step]
        if value is ...:
            del at[last]
        else:
            at[last] = value
    return whole


def har(*entries: object) -> bytes:
    log = {"version": "1.2", "creator": {"name": "t", "version": "1"}, "entries": list(entries)}
    return json.dumps({"log": log}).encode()


class Rejects(list[EntryFault]):
    def __call__(self, fault: EntryFault, excerpt: bytes) -> None:
        assert len(excerpt) <= 200
        self.append(fault)


def read(*entries: object, **options: Any) -> tuple[list[Observed], Rejects]:
    rejects = Rejects()
    return list(read_har(har(*entries), "shop", rejects, **options)), rejects


def test_almost_everything_can_be_seen() -> None:
    [seen], rejects = read(entry())
    assert rejects == []
    asked, told = seen.request, seen.response
    assert told is not None
    assert (seen.at, seen.duration) == (1795029508.25, 0.1255)
    assert (asked.method, asked.scheme, asked.host, asked.path, asked.query) == (
        "POST", "https", "shop.example", "/v1/users/49151", "full=1",
    )  # fmt: skip
    assert asked.http_version == "2"
    assert [name for name, _ in asked.headers.raw] == [b"authorization", b"content-type"]
    assert (asked.body.data, asked.body.size) == ('{"é": 1}'.encode(), 9)
    assert (told.status, told.body.data, told.body.size) == (200, b'{"name":"A"}', 45)
    assert seen.source.kind is SourceKind.HAR
    assert seen.source.unseen == {Part.CLIENT}
    assert (seen.service, seen.ending) == ("shop", Ending.ANSWERED)


def test_what_browsers_leave_out_is_unseen_and_not_absent() -> None:
    headers = [{"name": "accept", "value": "*/*"}]
    [silent], _ = read(entry(request__headers=headers))
    assert silent.source.unseen == {Part.CLIENT, Part.CREDENTIALS}
    cookies = [{"name": "sid", "value": "1"}, {"name": "b", "value": "2"}]
    [told], _ = read(entry(request__headers=headers, request__cookies=cookies))
    assert told.source.unseen == {Part.CLIENT}
    assert told.request.headers.get(b"cookie") == "sid=1; b=2"
    [bodiless], _ = read(entry(response__content={"size": 5}, time=None))
    assert bodiless.source.unseen == {Part.CLIENT, Part.RESPONSE_BODY, Part.DURATION}


@pytest.mark.parametrize(
    ("changed", "unseen"),
    [
        ({"response__content": ...}, {Part.RESPONSE_BODY}),
        ({"response__content": {"size": -1, "mimeType": "text/html"}}, {Part.RESPONSE_BODY}),
        (
            {"response__content": {"size": 9, "encoding": "base64", "text": "***"}},
            {Part.RESPONSE_BODY},
        ),
        ({"response__content": {"size": 0, "mimeType": ""}}, set()),
        ({"request__postData": ..., "request__bodySize": -1}, {Part.REQUEST_BODY}),
        (
            {
                "request__postData": ...,
                "request__bodySize": -1,
                "request__method": "GET",
            },
            set(),
        ),
        ({"request__postData": ..., "request__bodySize": 0}, set()),
        (
            {"request__postData": {"text": "no", "encoding": "base64x"}},
            set(),
        ),
        (
            {"request__postData": {"text": "*", "encoding": "base64"}},
            {Part.REQUEST_BODY},
        ),
    ],
)
def test_a_body_that_is_not_in_the_file_is_unseen_and_not_empty(
    changed: dict[str, Any], unseen: set[Part]
) -> None:
    [seen], rejects = read(entry(**changed))
    assert rejects == []
    assert seen.source.unseen == {Part.CLIENT} | unseen


EVERYTHING = {"unseen": [*Part, "what is no part", ""]}


def test_nobody_hides_by_a_word_what_the_file_has() -> None:
    [seen], _ = read(entry(_nightlatch=EVERYTHING))
    headers = {Part.REQUEST_HEADERS, Part.RESPONSE_HEADERS}
    assert seen.source.unseen == {Part.CLIENT} | headers
    assert (seen.request.scheme, seen.request.host) == ("https", "shop.example")
    for value in ("Bearer •••(16)#5a45", "Bearer ****"):
        shown = [{"name": "authorization", "value": value}]
        [masked], _ = read(entry(_nightlatch=EVERYTHING, request__headers=shown))
        assert Part.SECRETS in masked.source.unseen


def test_what_the_file_has_not_may_have_been_unseen() -> None:
    lacking = entry(
        _nightlatch=EVERYTHING, time=0, response__status=0, request__headers=[],
        request__url="http://unseen.invalid/v1", request__postData=...,
    )  # fmt: skip
    [seen], _ = read(lacking)
    assert seen.source.unseen == set(Part)
    assert (seen.request.scheme, seen.request.host, seen.request.path) == ("", "", "/v1")


@pytest.mark.parametrize("size", ["inf", "nan", 1e300, -1e300, "Infinity"])
def test_a_size_that_is_none(size: object) -> None:
    sizes = {"request__bodySize": size, "response__bodySize": size}
    [seen], rejects = read(entry(response__content={"size": size}, **sizes))
    assert rejects == []
    assert seen.response is not None
    assert (seen.request.body.size, seen.response.body.size) == (9, 0)
    [told], _ = read(entry(**sizes))
    assert told.response is not None
    assert told.response.body.size == 12


@pytest.mark.parametrize(
    ("changed", "look"),
    [
        (
            {"response__content": {"size": 3, "encoding": "base64", "text": "AP8B"}},
            lambda seen: seen.response.body.data == b"\x00\xff\x01",
        ),
        (
            {"response__content": {"size": 3, "encoding": "base64", "text": "not base64, no"}},
            lambda seen: seen.response is not None,
        ),
        ({"response__status": 0}, lambda seen: seen.response is None),
        (
            {"request__url": "wss://shop.example/live", "_webSocketMessages": [{"data": "x"}]},
            lambda seen: (seen.request.scheme, seen.request.path) == ("wss", "/live"),
        ),
        ({"request__url": "http://h:81"}, lambda seen: seen.request.path == "/"),
        ({"request__postData": ...}, lambda seen: seen.request.body.size == 0),
        (
            {
                "request__postData": {
                    "mimeType": "application/x-www-form-urlencoded",
                    "params": [{"name": "a b", "value": "é"}, {"name": "c"}],
                }
            },
            lambda seen: seen.request.body.data == b"a+b=%C3%A9&c=",
        ),
        ({"response__content": ...}, lambda seen: seen.response.body.size == 0),
        ({"request__headers": [{"name": "x"}]}, lambda seen: b"x" in seen.request.headers),
        ({"startedDateTime": "2026-11-18T20:18:28+01:00"}, lambda seen: seen.at == 1795029508.0),
    ],
)
def test_what_exporters_do(changed: dict[str, Any], look: Callable[[Observed], bool]) -> None:
    [seen], rejects = read(entry(**changed))
    assert rejects == []
    assert look(seen)


@pytest.mark.parametrize(
    ("bad", "fault"),
    [
        ({}, EntryFault.SHAPE),
        ("text", EntryFault.SHAPE),
        (None, EntryFault.SHAPE),
        (entry(request=...), EntryFault.SHAPE),
        (entry(request__method=5), EntryFault.SHAPE),
        (entry(request__url="data:text/plain,x"), EntryFault.NOT_HTTP),
        (entry(request__url="chrome-extension://abc/x.js"), EntryFault.NOT_HTTP),
        (entry(request__url=""), EntryFault.NOT_HTTP),
        (entry(startedDateTime="yesterday"), EntryFault.TIME),
        (entry(_fromCache="disk"), EntryFault.CACHED),
    ],
)
def test_entries_that_are_no_exchange_leave_their_neighbours_alone(
    bad: object, fault: EntryFault
) -> None:
    seen, rejects = read(entry(), bad, entry())
    assert rejects == [fault]
    assert len(seen) == 2


def test_ids_are_those_of_what_happened_and_not_of_the_file() -> None:
    first, second = entry(), entry(startedDateTime="2026-11-18T19:18:29Z")
    seen, _ = read(first, first, second)
    later, _ = read(second, first, first)
    ids = [one.id for one in seen]
    assert len(set(ids)) == 3
    assert {one.id for one in later} == set(ids)


def test_bodies_are_bounded() -> None:
    text = "x" * 5000
    [seen], _ = read(
        entry(response__content={"size": 5000, "text": text}, request__postData={"text": text}),
        max_body=100,
    )
    assert seen.response is not None
    for body in (seen.response.body, seen.request.body):
        assert (len(body.data), body.truncated) == (100, True)


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b'{"log":1}', b'{"log":{}}', b"\xff", b"null"])
def test_what_is_no_har_says_so(data: bytes) -> None:
    with pytest.raises(HarFault, match="not a HAR file"):
        list(read_har(data, "shop", Rejects()))


def test_a_byte_order_mark_is_tolerated() -> None:
    data = b"\xef\xbb\xbf" + har(entry())
    assert looks_like_har(data)
    assert len(list(read_har(data, "shop", Rejects()))) == 1
    assert looks_like_har(b'\n{ "log" : {')
    assert not looks_like_har(b'{"log":"GET /","stream":"stdout"}')


@settings(max_examples=50, deadline=None)
@given(
    st.binary(max_size=100),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=40),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=40),
)
def test_any_content_comes_through(body: bytes, name: str, value: str) -> None:
    content = {"size": len(body), "encoding": "base64", "text": base64.b64encode(body).decode()}
    seen, rejects = read(
        entry(response__content=content, request__headers=[{"name": name, "value": value}])
    )
    assert rejects == []
    assert seen[0].response is not None
    assert seen[0].response.body.data == body
