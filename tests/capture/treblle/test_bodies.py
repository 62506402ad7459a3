"""A body that is not there: empty, not sent, or something else in its place."""

import json
from typing import Any

import pytest
from tests.capture.treblle.events import observed

from nightlatch.capture.treblle.bodies import MAX_EXCERPT
from nightlatch.exchange.exchange import NO_BODY, Body
from nightlatch.exchange.source import Part

JSON = {"content-type": "application/json"}
UNSEEN = None
TOO_LARGE = (
    "Treblle can only capture payloads up to 10MB in size. This payload was too large to capture."
)

ANSWERS: list[tuple[str, dict[str, Any], Body | None]] = [
    ("a page, no size", {"body": {}, "size": None}, UNSEEN),
    ("a page", {"body": {}, "size": 5120}, UNSEEN),
    ("a page, null", {"body": None, "size": 5120}, UNSEEN),
    ("a stream that counts as 0", {"body": {}, "size": 0}, UNSEEN),
    ("no content", {"code": 204, "body": {}, "size": 0}, NO_BODY),
    ("not modified", {"code": 304, "body": None, "size": None}, NO_BODY),
    ("said to be empty", {"headers": {"Content-Length": "0"}, "body": {}, "size": 0}, NO_BODY),
    ("an empty object", {"body": {}, "size": 2}, Body(b"{}", 2)),
    ("an empty list", {"body": [], "size": "2"}, Body(b"[]", 2)),
    ("a text", {"body": "hello", "size": 7}, Body(b'"hello"', 7)),
    ("a number", {"body": 7, "size": 1}, Body(b"7", 1)),
    ("size as text", {"body": {"a": 1}, "size": "8"}, Body(b'{"a": 1}', 8)),
    ("no size", {"body": {"a": 1}, "size": None}, Body(b'{"a": 1}', 8)),
    ("raw JSON, cut", {"body": '{"a": "b', "size": 99}, Body(b'{"a": "b', 99, truncated=True)),
    ("Django, too large", {"body": TOO_LARGE, "size": 11_000_000}, UNSEEN),
    ("Laravel, too large", {"body": {"error": "Payload too large", "size": 3}}, UNSEEN),
    ("PHP, too large", {"body": {"error": "Payload exceeds 2MB", "size": 3}}, UNSEEN),
    ("Spring", {"body": {"message": "Payload too large to capture.", "size": 3}}, UNSEEN),
    ("PHP, a page", {"body": {"error": "Response payload is not valid JSON"}}, UNSEEN),
    (
        "an error of theirs",
        {"body": {"error": "not found"}, "size": 21},
        Body(b'{"error": "not found"}', 21),
    ),
]


@pytest.mark.parametrize(
    ("response", "body"), [case[1:] for case in ANSWERS], ids=[case[0] for case in ANSWERS]
)
def test_answers(response: dict[str, Any], body: Body | None) -> None:
    seen = observed(None, {"headers": JSON} | response)
    assert seen.response is not None
    assert seen.response.body == (body or NO_BODY)
    assert (Part.RESPONSE_BODY in seen.source.unseen) == (body is UNSEEN)


def test_an_answer_to_head_has_no_body() -> None:
    seen = observed({"method": "HEAD"}, {"body": {}, "size": 77})
    assert Part.RESPONSE_BODY not in seen.source.unseen


POSTS: list[tuple[str, dict[str, str], object, Body | None]] = [
    ("none", {}, {}, NO_BODY),
    ("none, null", {}, None, NO_BODY),
    ("length 0", {"Content-Length": "0"}, {}, NO_BODY),
    ("not JSON", {"Content-Length": "30"}, {}, UNSEEN),
    ("chunked", {"Transfer-Encoding": "chunked"}, {}, UNSEEN),
    ("JSON", {"Content-Length": "8"} | JSON, {"a": 1}, Body(b'{"a": 1}', 8)),
    ("a form", {"Content-Length": "3"}, {"a": "1"}, Body(b'{"a": "1"}', 3)),
    ("Django, text", {"Content-Length": "3"}, {"_raw_body": "a,b"}, Body(b"a,b", 3)),
    ("Django, long text", {"Content-Length": "9"}, {"_raw_body": "<9000 characters>"}, UNSEEN),
    ("Django, bytes", {"Content-Length": "9"}, {"_binary_data": "<9 bytes>"}, UNSEEN),
    ("Django, too large", {"Content-Length": "11000000"}, TOO_LARGE, UNSEEN),
    ("Spring, files", {"Content-Length": "99"}, {"message": "File upload omitted."}, UNSEEN),
]


@pytest.mark.parametrize(
    ("headers", "sent", "body"), [case[1:] for case in POSTS], ids=[case[0] for case in POSTS]
)
def test_requests(headers: dict[str, str], sent: object, body: Body | None) -> None:
    seen = observed({"method": "POST", "headers": {"Host": "x"} | headers, "body": sent})
    assert seen.request.body == (body or NO_BODY)
    assert (Part.REQUEST_BODY in seen.source.unseen) == (body is UNSEEN)


def test_every_case_was_tried() -> None:
    assert (len(ANSWERS), len(POSTS)) == (20, 12)


def test_without_headers_nobody_knows() -> None:
    seen = observed({"headers": {}, "body": {}})
    assert Part.REQUEST_BODY in seen.source.unseen


def test_long_bodies_are_cut() -> None:
    rows = [{"phone": f"1555000{number:04}"} for number in range(10_000)]
    seen = observed(None, {"body": rows, "size": 250_000})
    assert seen.response is not None
    body = seen.response.body
    assert body.data == json.dumps(rows).encode()[:MAX_EXCERPT]
    assert (body.size, body.truncated) == (250_000, True)
