"""The door for Treblle's SDKs, over real sockets."""

import gzip
import json
from collections.abc import Iterator

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.capture.collector_server import serving
from tests.capture.intakes import TOKEN, OneToken, RememberingIntake
from tests.capture.treblle.events import event, sent
from tests.servers import CLIENT

from nightlatch.capture.intake import OverRate
from nightlatch.capture.treblle.reading import read_treblle
from nightlatch.capture.treblle.source import MAX_BODY, treblle_source
from nightlatch.exchange.source import SourceKind

HEADERS = {"x-api-key": TOKEN, "Content-Type": "application/json"}


@pytest.fixture
def intake() -> RememberingIntake:
    return RememberingIntake()


@pytest.fixture
def door() -> OneToken:
    return OneToken(SourceKind.TREBLLE)


@pytest.fixture
def url(intake: RememberingIntake, door: OneToken) -> Iterator[str]:
    with serving(treblle_source(intake, door).routes) as url:
        yield url + "/"


def post(url: str, body: bytes, **headers: str) -> httpx.Response:
    return CLIENT.post(url, content=body, headers=HEADERS | headers)


@pytest.mark.slow
def test_an_event_is_taken(url: str, intake: RememberingIntake) -> None:
    response = post(url, event())
    assert (response.status_code, response.text) == (200, "ok")
    assert [seen.request.path for seen in intake.seen] == ["/v1/users/15550001111/status"]


@pytest.mark.slow
def test_gzip(url: str, intake: RememberingIntake) -> None:
    assert post(url, gzip.compress(event()), **{"Content-Encoding": "gzip"}).status_code == 200
    assert len(intake.seen) == 1


@pytest.mark.slow
def test_two_bodies_of_ten_megabytes(url: str, intake: RememberingIntake) -> None:
    """As large as Django's SDK lets them be."""
    rows = ["x" * 98] * 100_000
    body = event({"body": rows, "method": "POST"}, {"body": rows})
    assert 20_000_000 < len(body) < MAX_BODY
    assert post(url, body).status_code == 200
    (seen,) = intake.seen
    assert seen.request.body.truncated
    assert seen.response is not None
    assert seen.response.body.truncated


@pytest.mark.slow
def test_a_bomb(url: str, intake: RememberingIntake) -> None:
    bomb = gzip.compress(bytes(MAX_BODY + 1))
    assert post(url, bomb, **{"Content-Encoding": "gzip"}).status_code == 413
    assert intake.reasons == {"too large": 1}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("headers", "body", "status", "reason"),
    [
        ({"x-api-key": "another"}, event(), 401, "wrong token"),
        ({"x-api-key": ""}, event(), 401, "wrong token"),
        ({}, b"{}", 400, "not an event"),
        ({}, event({"url": 7}), 400, "an event without a URL"),
        ({"Content-Encoding": "gzip"}, b"not gzip", 400, "unreadable"),
    ],
)
def test_what_is_refused(
    url: str,
    intake: RememberingIntake,
    headers: dict[str, str],
    body: bytes,
    status: int,
    reason: str,
) -> None:
    response = post(url, body, **headers)
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"
    assert intake.reasons == {reason: 1}
    assert not intake.seen
    assert post(url, event()).status_code == 200


@pytest.mark.slow
def test_over_its_rate(url: str, intake: RememberingIntake, door: OneToken) -> None:
    door.refusals.append(OverRate("web"))
    assert post(url, event()).status_code == 429
    assert intake.reasons == {"over its rate": 1}


@pytest.mark.slow
def test_what_has_no_room_is_lost_and_counted(url: str, intake: RememberingIntake) -> None:
    """SDKs send each event once, whatever the answer."""
    intake.room = 0
    assert post(url, event()).status_code == 429
    assert intake.lost.total() == 1


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=8,
)
NAMES = ["request", "response", "server", "errors", "user", "metadata"]
FIELDS = ["method", "url", "ip", "headers", "body", "query", "route_path", "user_agent"]
FIELDS += ["code", "size", "load_time", "errors", "protocol", "id", "user-id", "source", "type"]


@pytest.mark.slow
@given(st.dictionaries(st.sampled_from(FIELDS), JSON), st.sampled_from(NAMES), JSON)
@settings(max_examples=100, deadline=None)
def test_no_event_raises(members: dict[str, object], name: str, top: object) -> None:
    document = json.loads(event(sdk=top))
    part = document["data"].setdefault(name, {})
    if isinstance(part, dict):
        part |= members
    document["data"]["errors"] = [members]
    reading = read_treblle(sent(json.dumps(document).encode()))
    assert len(reading.seen) + len(reading.malformed) == 1


@pytest.mark.slow
@given(st.binary(max_size=200))
@settings(max_examples=100, deadline=None)
def test_no_bytes_raise(body: bytes) -> None:
    whole = event()
    for damaged in (body, whole[:50] + body, whole.replace(b"example.com", body)):
        reading = read_treblle(sent(damaged))
        assert len(reading.seen) + len(reading.malformed) == 1
