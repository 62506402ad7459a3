"""Refusals say what RFC 9457 asks for, and nothing else."""

import json

import pytest

from nightlatch.capture.refusal import as_messages, problem, refusal
from nightlatch.exchange.judgement import Action, Decision, Mode


def decided(status: int, retry_after: int = 0) -> Decision:
    return Decision(Action.REFUSE, Mode.ENFORCE, "rule", "+15550100 exists", status, retry_after)


@pytest.mark.parametrize(
    ("status", "title"), [(401, "Unauthorized"), (403, "Forbidden"), (429, "Too Many Requests")]
)
def test_a_problem_in_generic_words(status: int, title: str) -> None:
    response = refusal(decided(status))
    assert response.status == status
    assert response.headers.get(b"content-type") == "application/problem+json"
    assert response.headers.get(b"content-length") == str(len(response.body.data))
    assert response.headers.get(b"cache-control") == "no-store"
    assert b"retry-after" not in response.headers
    told = json.loads(response.body.data)
    assert told.keys() == {"type", "title", "status", "detail"}
    assert (told["type"], told["title"], told["status"]) == ("about:blank", title, status)
    assert "exists" not in told["detail"]


@pytest.mark.parametrize(("seconds", "field"), [(1, "1"), (3600, "3600"), (0, None), (-5, None)])
def test_retry_after(seconds: int, field: str | None) -> None:
    assert refusal(decided(429, seconds)).headers.get(b"retry-after") == field


@pytest.mark.parametrize("status", [0, 200, 418, 999])
def test_an_unusable_status_is_a_403(status: int) -> None:
    assert refusal(decided(status)).status == 403


def test_as_messages_of_http_and_of_a_denied_handshake() -> None:
    response = problem(503)
    head, body = as_messages(response)
    assert (head["type"], head["status"]) == ("http.response.start", 503)
    assert head["headers"] == list(response.headers.raw)
    assert body == {"type": "http.response.body", "body": response.body.data}
    assert as_messages(response, "websocket.http")[0]["type"] == "websocket.http.response.start"
