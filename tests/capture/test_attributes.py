"""Named values of every usual logger become the same exchange, and nothing is guessed."""

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nightlatch.capture.attributes import (
    EARLY,
    LATE,
    Attributes,
    Origin,
    plausible,
    read_fields,
)
from nightlatch.exchange.exchange import Ending
from nightlatch.exchange.observed import Observed
from nightlatch.exchange.source import Part, SourceKind

NOW = 1_800_000_000.0
EDGE = Origin(SourceKind.GELF, "edge")

OTEL = {
    "http.request.method": "POST",
    "url.path": "/users/%2B4915112345678",
    "url.query": "full=1",
    "url.scheme": "https",
    "server.address": "api.example",
    "http.response.status_code": 201,
    "http.route": "/users/{phone}",
    "client.address": "192.0.2.7",
    "user_agent.original": "curl/8",
    "network.protocol.version": "1.1",
    "service.name": "directory",
    "duration_ms": 12,
}
SPELLINGS: dict[str, dict[str, Any]] = {
    "OpenTelemetry": OTEL,
    "OpenTelemetry through GELF": {"_" + name: value for name, value in OTEL.items()},
    "OpenTelemetry, dots to lines": {"_" + n.replace(".", "_"): v for n, v in OTEL.items()},
    "ECS": {
        "http": {
            "request": {"method": "POST"},
            "response": {"status_code": 201},
        },
        "url": {
            "original": "https://api.example/users/%2B4915112345678?full=1",
        },
        "source": {"ip": "192.0.2.7"},
        "user_agent": {"original": "curl/8"},
        "event": {"duration": 12_000_000},
        "service": {"name": "directory"},
        "http.route": "/users/{phone}",
    },
    "nginx": {
        "request_method": "POST",
        "request_uri": "/users/%2B4915112345678?full=1",
        "scheme": "https",
        "http_host": "api.example",
        "status": "201",
        "remote_addr": "192.0.2.7",
        "http_user_agent": "curl/8",
        "server_protocol": "HTTP/1.1",
        "request_time": "0.012",
        "app": "directory",
        "http_route": "/users/{phone}",
    },
    "nginx, the request line": {
        "request": "POST /users/%2B4915112345678?full=1 HTTP/1.1",
        "scheme": "https",
        "host": "api.example",
        "status": "201",
        "remote_addr": "192.0.2.7",
        "http_user_agent": "curl/8",
        "request_time": "0.012",
        "app": "directory",
        "http_route": "/users/{phone}",
    },
    "Traefik": {
        "ClientAddr": "192.0.2.7:4711",
        "DownstreamStatus": 201,
        "Duration": 12_000_000,
        "OriginDuration": 11_000_000,
        "RequestHost": "api.example",
        "RequestMethod": "POST",
        "RequestPath": "/users/%2B4915112345678?full=1",
        "RequestProtocol": "HTTP/1.1",
        "RequestScheme": "https",
        "request_User-Agent": "curl/8",
        "app": "directory",
        "http_route": "/users/{phone}",
    },
    "Envoy": {
        "method": "POST",
        "path": "/users/%2B4915112345678?full=1",
        "scheme": "https",
        "authority": "api.example",
        "response_code": 201,
        "response_flags": "-",
        "duration": 12,
        "downstream_remote_address": "192.0.2.7:4711",
        "user_agent": "curl/8",
        "protocol": "HTTP/1.1",
        "app": "directory",
        "http_route": "/users/{phone}",
    },
}


def read(fields: dict[str, Any], attributes: Attributes | None = None) -> Observed | None:
    return (attributes or Attributes()).read(fields, EDGE, NOW, NOW, "")


@pytest.mark.parametrize("logger", SPELLINGS)
def test_every_logger_tells_the_same(logger: str) -> None:
    seen = read(SPELLINGS[logger])
    assert seen is not None
    request, response = seen.request, seen.response
    assert response is not None
    told = (request.method, request.scheme, request.host, request.path, request.query)
    assert told == ("POST", "https", "api.example", "/users/+4915112345678", "full=1")
    assert (request.peer, request.headers.get(b"user-agent")) == ("192.0.2.7", "curl/8")
    assert (response.status, seen.route, seen.service) == (201, "/users/{phone}", "directory")
    assert seen.duration == pytest.approx(0.012)
    assert seen.at == pytest.approx(NOW - 0.012)
    assert seen.source.unseen == {
        Part.REQUEST_HEADERS,
        Part.RESPONSE_HEADERS,
        Part.REQUEST_BODY,
        Part.RESPONSE_BODY,
        Part.CREDENTIALS,
    }


def test_all_spellings_were_read() -> None:
    assert len(SPELLINGS) == 8


def test_what_is_not_told_is_unseen() -> None:
    seen = read({"method": "GET", "path": "/users"})
    assert seen is not None
    assert seen.source.unseen == set(Part) - {Part.SECRETS}
    assert seen.response is not None
    assert (seen.response.status, seen.request.peer, seen.duration) == (0, "", 0.0)
    assert seen.service == "edge"


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"method": "GET"},
        {"path": "/users"},
        {"method": "to sort", "path": "/users"},
        {"method": "GET", "path": "users"},
        {"method": "GET", "path": 7},
        {"request": "an order"},
        {"http.request.method": "GET", "url.full": "https://x.example/", "span.kind": "client"},
        {"message": "GET /users", "level": 6},
    ],
)
def test_what_is_no_exchange_is_none(fields: dict[str, Any]) -> None:
    assert read(fields) is None


def test_headers_that_were_logged_are_there() -> None:
    seen = read({
        "http.request.method": "GET",
        "url.path": "/",
        "http.response.status_code": 200,
        "http.request.header.x-forwarded-for": ["203.0.113.9", "10.0.0.1"],
        "http.request.header.authorization": "Bearer abc",
        "http.response.header.content-type": ["application/json"],
    })  # fmt: skip
    assert seen is not None
    assert seen.response is not None
    assert seen.request.headers.get(b"x-forwarded-for") == "203.0.113.9, 10.0.0.1"
    assert seen.response.headers.get(b"content-type") == "application/json"
    assert not {Part.CREDENTIALS, Part.SECRETS} & seen.source.unseen


@pytest.mark.parametrize("mask", ["REDACTED", "[Filtered]", "Bearer ****", "***"])
def test_a_masked_credential_is_one_whose_secret_is_unseen(mask: str) -> None:
    seen = read({"method": "GET", "path": "/", "http.request.header.authorization": mask})
    assert seen is not None
    assert Part.SECRETS in seen.source.unseen
    assert Part.CREDENTIALS not in seen.source.unseen


def test_bodies_are_taken_where_they_were_logged() -> None:
    seen = read({
        "http": {
            "request": {"method": "POST", "body": {"content": '{"a":1}', "bytes": 7}},
            "response": {"status_code": 200, "body": {"content": '{"b"', "bytes": 900}},
        },
        "url": {"path": "/"},
    })  # fmt: skip
    assert seen is not None
    assert seen.response is not None
    assert (seen.request.body.data, seen.request.body.truncated) == (b'{"a":1}', False)
    assert (seen.response.body.size, seen.response.body.truncated) == (900, True)
    assert not {Part.REQUEST_BODY, Part.RESPONSE_BODY} & seen.source.unseen


def test_the_owners_names_come_first() -> None:
    attributes = read_fields(["status=code", "peer=who", "microseconds=took"])
    seen = read(
        {"method": "GET", "path": "/", "code": 403, "status": 200, "who": "::1", "took": 1500},
        attributes,
    )
    assert seen is not None
    assert seen.response is not None
    assert (seen.response.status, seen.request.peer, seen.duration) == (403, "::1", 0.0015)


@pytest.mark.parametrize("entry", ["status", "=x", "colour=red", "status="])
def test_a_wrong_name_is_told(entry: str) -> None:
    with pytest.raises(ValueError, match=r"is none of|status=code"):
        read_fields([entry])


def test_a_bare_duration_has_a_unit_only_where_it_is_known() -> None:
    seen = read({"method": "GET", "path": "/", "duration": 5})
    assert seen is not None
    assert Part.DURATION in seen.source.unseen


def test_who_hung_up_is_told() -> None:
    seen = read({"method": "GET", "path": "/", "status": 499})
    assert seen is not None
    assert seen.ending is Ending.CLIENT_GONE


def test_an_implausible_moment_is_that_of_arrival() -> None:
    assert plausible(NOW - 60, NOW) == NOW - 60
    assert plausible(NOW - LATE - 1, NOW) == NOW
    assert plausible(NOW + EARLY + 1, NOW) == NOW


_NAMES = st.one_of(
    st.sampled_from([name for told in SPELLINGS.values() for name in told]), st.text(max_size=20)
)
_VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=40)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(_NAMES, inner, max_size=4)
    ),
    max_leaves=10,
)


@pytest.mark.slow
@given(st.dictionaries(_NAMES, _VALUES, max_size=12))
@settings(max_examples=100, deadline=None)
def test_nothing_raises_and_what_comes_out_is_sound(fields: dict[str, Any]) -> None:
    seen = read(fields)
    if seen is not None:
        assert 0 < len(seen.service) <= 128
        assert seen.request.path.startswith("/") or seen.request.path == "*"
        assert NOW - 2 * LATE <= seen.at <= NOW + EARLY
        assert seen.response is not None
        msgspec.json.encode((seen.request.path, seen.request.host, seen.service))
