"""What attributes say of an exchange, in both generations of the conventions."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.capture.otlp.spans import BEGIN, END, FORMER, NOW, SPAN, STABLE, TRACE, item

from nightlatch.capture.otlp.semantics import is_http, observed
from nightlatch.exchange.exchange import NO_BODY, Body, Ending
from nightlatch.exchange.observed import Observed
from nightlatch.exchange.source import Part

UNSEEN = {
    Part.REQUEST_HEADERS,
    Part.RESPONSE_HEADERS,
    Part.REQUEST_BODY,
    Part.RESPONSE_BODY,
    Part.CREDENTIALS,
}


def seen(attributes: dict[str, Any], **changes: Any) -> Observed:
    one = item(attributes, **changes)
    assert is_http(one)
    found = observed(one, "shop-otel", "", NOW)
    assert found is not None
    return found


def with_(**changes: Any) -> Observed:
    names = {name.replace("__", "."): value for name, value in changes.items()}
    return seen({k: v for k, v in (STABLE | names).items() if v is not None})


@pytest.mark.parametrize("attributes", [STABLE, FORMER], ids=["stable", "former"])
def test_a_span_is_an_exchange(attributes: dict[str, Any]) -> None:
    found = seen(attributes)
    request, response = found.request, found.response
    assert (request.method, request.scheme, request.host) == ("GET", "https", "api.example.com")
    assert (request.path, request.query) == ("/v1/users/15550001111/status", "full=1")
    assert list(request.headers.text()) == [("user-agent", "curl/8")]
    assert (request.peer, request.http_version) == ("203.0.113.7", "2")
    assert response is not None
    assert (response.status, response.body) == (200, NO_BODY)
    assert found.at == BEGIN / 1e9
    assert found.duration == pytest.approx(0.025)
    assert found.route == "/v1/users/{phone}/status"
    assert found.source.unseen == UNSEEN
    assert (found.service, found.id) == ("shop", TRACE + SPAN)
    assert found.ending is Ending.ANSWERED


@pytest.mark.parametrize(
    ("url", "host", "path", "query"),
    [
        ("https://api.example.com/a%20b?c=1", "api.example.com", "/a b", "c=1"),
        ("https://u:p@api.example.com:8443/", "api.example.com:8443", "/", ""),
    ],
)
@pytest.mark.parametrize("name", ["http.url", "url.full"])
def test_a_whole_url(name: str, url: str, host: str, path: str, query: str) -> None:
    request = seen({"http.request.method": "GET", name: url}).request
    assert (request.scheme, request.host, request.path) == ("https", host, path)
    assert request.query == query


def test_a_target_within_a_url() -> None:
    url, target = "http://internal:8080/x", "/v1/a?b"
    request = seen({"http.method": "GET", "http.url": url, "http.target": target}).request
    assert (request.host, request.path, request.query) == ("internal:8080", "/v1/a", "b")


def test_another_method() -> None:
    assert with_(http__request__method="_OTHER").request.method == "_OTHER"
    odd = with_(http__request__method="_OTHER", http__request__method_original="purge")
    assert odd.request.method == "PURGE"


@pytest.mark.parametrize(
    ("port", "host"), [(443, "api.example.com"), (8443, "api.example.com:8443"), (None, None)]
)
def test_ports(port: int | None, host: str | None) -> None:
    assert with_(server__port=port).request.host == (host or "api.example.com")


# Who


@pytest.mark.parametrize("name", ["enduser.id", "user.id", "apitally.consumer.identifier"])
def test_who_was_logged_in(name: str) -> None:
    assert seen(STABLE | {name: "ada"}).principal == "ada"


def test_the_way_there_is_read_where_it_was_captured() -> None:
    forwarded = {"http.request.header.x-forwarded-for": ["192.0.2.1, 203.0.113.7"]}
    assert seen(STABLE | forwarded).request.peer == "10.0.0.1"
    assert seen(STABLE).request.peer == "203.0.113.7"


def test_no_address_is_unseen() -> None:
    found = with_(client__address=None, network__peer__address=None)
    assert found.request.peer == ""
    assert Part.CLIENT in found.source.unseen


def test_what_was_not_said_is_unseen() -> None:
    found = seen({"http.request.method": "GET", "url.path": "/x"})
    parts = {Part.SCHEME, Part.HOST, Part.CLIENT, Part.STATUS}
    assert found.source.unseen == UNSEEN | parts
    assert found.response is not None
    assert found.response.status == 0


@pytest.mark.parametrize("status", [404, "404", 404.0])
def test_numbers_however_they_are_written(status: object) -> None:
    found = with_(http__response__status_code=status, http__response__body__size=5.0)
    assert found.response is not None
    assert (found.response.status, found.response.body.size) == (404, 5)
    unknown = with_(http__response__status_code=404.5, http__response__body__size=1e300)
    assert Part.STATUS in unknown.source.unseen
    assert unknown.response is not None
    assert unknown.response.body.size == 0


# Headers


@pytest.mark.parametrize("name", ["x-api-key", "x_api_key"])
def test_captured_headers(name: str) -> None:
    found = seen(STABLE | {f"http.request.header.{name}": ["k-1"]})
    assert found.request.headers.get(b"x-api-key") == "k-1"
    # All that were not asked for are still unknown.
    assert Part.REQUEST_HEADERS in found.source.unseen
    assert Part.CREDENTIALS not in found.source.unseen


def test_response_headers() -> None:
    name = "http.response.header.content-type"
    found = seen(STABLE | {name: ["application/json"]})
    assert found.response is not None
    assert found.response.headers.get(b"content-type") == "application/json"
    assert Part.RESPONSE_HEADERS in found.source.unseen


@pytest.mark.parametrize(
    "attributes",
    [
        {"http.request.header.authorization": ["[REDACTED]"]},
        {"http.request.header.authorization": ["Bearer ****"]},
        {"url.query": "api_key=[REDACTED]"},
        {"url.query": "a=1&sig=REDACTED"},
    ],
)
def test_redacted_secrets(attributes: dict[str, Any]) -> None:
    assert Part.SECRETS in seen(STABLE | attributes).source.unseen


def test_sizes_without_bodies() -> None:
    found = with_(http__request__body__size=12, http__response__body__size=34)
    assert found.request.body == Body(size=12)
    assert found.response is not None
    assert found.response.body == Body(size=34)
    assert found.source.unseen == UNSEEN


# Time


@pytest.mark.parametrize(
    ("begin", "end", "at", "duration"),
    [
        (BEGIN, BEGIN, BEGIN / 1e9, None),
        (BEGIN, BEGIN - 1, BEGIN / 1e9, None),
        (0, END, NOW, None),
        (BEGIN, 0, BEGIN / 1e9, None),
        (2**64 - 1, 2**64 - 1, NOW, None),
        (BEGIN + 3600 * 10**9, END + 3600 * 10**9, NOW, 0.025),
        (BEGIN - 86400 * 10**9, END - 86400 * 10**9, BEGIN / 1e9 - 86400, 0.025),
        (1, 25_000_001, NOW, 0.025),
    ],
)
def test_times(begin: int, end: int, at: float, duration: float | None) -> None:
    found = seen(STABLE, begin=begin, end=end)
    assert found.at == pytest.approx(at)
    assert found.duration == pytest.approx(duration or 0.0)
    assert (Part.DURATION in found.source.unseen) == (duration is None)


# How it ended


@pytest.mark.parametrize(
    ("changes", "status", "ending"),
    [
        ({}, 500, Ending.ANSWERED),
        ({"raised": True}, 500, Ending.RAISED),
        ({"raised": True}, 404, Ending.ANSWERED),
        ({"failed": True}, None, Ending.RAISED),
        ({}, None, Ending.ANSWERED),
    ],
)
def test_endings(changes: dict[str, Any], status: int | None, ending: Ending) -> None:
    attributes = STABLE | {"http.response.status_code": status}
    assert seen(attributes, **changes).ending is ending


@pytest.mark.parametrize(("kind", "raised"), [("500", False), ("ValueError", True)])
def test_error_types(kind: str, raised: bool) -> None:
    found = with_(http__response__status_code=500, error__type=kind)
    assert (found.ending is Ending.RAISED) == raised


# Whose


@pytest.mark.parametrize(
    ("resource", "service"),
    [
        ({}, "shop"),
        ({"service.namespace": "eu"}, "eu/shop"),
        ({"deployment.environment.name": "staging"}, "shop@staging"),
        ({"deployment.environment": "staging"}, "shop@staging"),
        ({"service.name": "unknown_service:python"}, "shop-otel"),
        ({"service.name": ""}, "shop-otel"),
        ({"service.name": "x" * 500}, "x" * 128),
    ],
)
def test_services(resource: dict[str, Any], service: str) -> None:
    assert seen(STABLE, resource=resource).service == service


def test_the_token_may_say_the_service() -> None:
    found = observed(item(STABLE), "shop-otel", "payments", NOW)
    assert found is not None
    assert found.service == "payments"


def test_without_ids_there_is_no_name() -> None:
    assert seen(STABLE, trace="", span="").id == ""


# What is no exchange


@pytest.mark.parametrize(
    "attributes",
    [{}, {"rpc.system": "grpc"}, {"url.path": "/x"}, {"messaging.system": "kafka"}],
)
def test_what_is_not_http(attributes: dict[str, Any]) -> None:
    assert not is_http(item(attributes))


@pytest.mark.parametrize(
    "attributes",
    [
        {"http.request.method": "GET"},
        {"http.request.method": "GET", "url.path": 7},
        {"http.request.method": "GET", "url.path": "x" * 20_000},
        {"http.request.method": ["GET"], "url.path": "/"},
        {"http.request.method": "G" * 40, "url.path": "/"},
        {"http.request.method": "GÉT", "url.path": "/"},
    ],
)
def test_what_does_not_say_enough(attributes: dict[str, Any]) -> None:
    assert observed(item(attributes), "x", "", NOW) is None


@pytest.mark.parametrize(
    ("attributes", "holds"),
    [
        (STABLE, True),
        (FORMER, True),
        ({"http.request.method": "GET", "url.full": "https://x/", "http.status_code": 200}, False),
        ({"http.request.method": "GET", "url.path": "/"}, False),
        ({"code.function": "main"}, False),
    ],
)
def test_which_log_records_tell_of_requests(attributes: dict[str, Any], holds: bool) -> None:
    assert is_http(item(attributes, is_log=True)) == holds


def test_a_log_record_has_no_duration() -> None:
    found = seen(STABLE, is_log=True, end=0)
    assert found.source.unseen == UNSEEN | {Part.DURATION}
    assert found.id == TRACE + SPAN


NAMES = [*STABLE, *FORMER, "url.full", "http.url", "enduser.id", "error.type"]
NAMES += ["http.request.header.authorization", "http.request.header.x-forwarded-for"]
NAMES += ["http.response.header.content-type", "apitally.request.body", "http.request.body.size"]
VALUES: st.SearchStrategy[Any] = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30)
) | st.binary(max_size=9)


@pytest.mark.slow
@given(
    st.dictionaries(st.sampled_from(NAMES), VALUES | st.lists(VALUES, max_size=3)),
    st.integers(0, 2**64 - 1),
    st.integers(0, 2**64 - 1),
    st.booleans(),
)
@settings(max_examples=100, deadline=None)
def test_no_attributes_raise(told: dict[str, Any], begin: int, end: int, is_log: bool) -> None:
    resource = {"telemetry.distro.name": "apitally-py", "service.name": told.get("enduser.id")}
    changes = {"begin": begin, "end": end, "is_log": is_log, "resource": resource}
    one = item({"http.request.method": "GET", "url.path": "/"} | told, **changes)
    is_http(one)
    found = observed(one, "shop-otel", "", NOW)
    assert found is None or found.service
