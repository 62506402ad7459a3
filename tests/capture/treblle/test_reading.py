"""Every trap of the wire protocol: what SDKs mean by what they write."""

import json
from typing import Any

import pytest
from tests.capture.intakes import TOKEN
from tests.capture.treblle.events import NOW, REQUEST, event, observed, sent

from nightlatch.capture.treblle.reading import read_treblle
from nightlatch.exchange.credential import CredentialKind
from nightlatch.exchange.exchange import NO_BODY, Ending
from nightlatch.exchange.hashing import KEY_SIZE, Hasher
from nightlatch.exchange.source import Part, SourceKind
from nightlatch.identity.address import TrustedProxies
from nightlatch.identity.credentials import CredentialReader


def test_an_event_is_an_exchange() -> None:
    seen = observed()
    request, response = seen.request, seen.response
    assert (request.method, request.scheme, request.host) == ("GET", "https", "api.example.com")
    assert (request.path, request.query) == ("/v1/users/15550001111/status", "full=1")
    assert request.headers.get(b"user-agent") == "curl/8"
    assert request.peer == "203.0.113.7"
    assert response is not None
    assert (response.status, response.body.size) == (200, 19)
    assert response.body.data == b'{"registered": true}'
    assert seen.duration == pytest.approx(0.012)
    # Time stamps have no zone, and each SDK means another one: ours counts.
    assert seen.at == pytest.approx(NOW - 0.012)
    assert seen.source.kind is SourceKind.TREBLLE
    assert seen.source.unseen == frozenset()
    assert (seen.service, seen.principal, seen.id) == ("shop-api", "", "")


# Identity


def test_the_two_generations_do_not_swap_secret_and_project() -> None:
    first = observed(api_key="secret-1", project_id="shop")
    second = observed(api_key="shop", sdk_token="secret-1")
    assert first.service == second.service == "shop"


@pytest.mark.parametrize("swapped", [{"project_id": TOKEN}, {"project_id": None}])
def test_a_secret_in_the_wrong_field_becomes_no_name(swapped: dict[str, Any]) -> None:
    assert observed(**swapped).service == "shop-sdk"


def test_the_token_may_say_the_service() -> None:
    (seen,) = read_treblle(sent(event(), service="payments")).seen
    assert seen.service == "payments"


# Time

DURATIONS: list[tuple[dict[str, Any], object, float | None]] = [
    ({"sdk": "django", "version": 20}, 1500, 1.5),
    ({"sdk": "django", "version": "0.6"}, 1500, None),
    ({"sdk": "laravel", "sdk_token": "x"}, 1500, 1.5),
    ({"sdk": "laravel"}, 1.5, 1.5),
    ({"sdk": "symfony", "sdk_token": "x"}, 1500, 1.5),
    ({"sdk": "php"}, 1500.0, 1.5),
    ({"sdk": "go", "version": 2.0}, 1500.0, 1.5),
    ({"sdk": "go", "version": 0.6}, 1_500_000.0, 1.5),
    ({"sdk": "spring-boot", "sdk_token": "x"}, 1500, 1.5),
    ({"sdk": "spring"}, 1.5, 1.5),
    ({"sdk": None}, 1.5, 1.5),
    ({"sdk": "flask"}, 1.5, 1.5),
    ({"sdk": "python-fastapi", "version": "0.6"}, 1.5, 1.5),
    ({"sdk": "ruby"}, 1.5, 1.5),
    ({"sdk": "netCore"}, 1.5, 1.5),
    ({"sdk": "netCore", "sdk_token": "x"}, 1500, None),
    ({"sdk": "treblle-rust-0.2.0"}, 1.5, 1.5),
    ({"sdk": "node"}, 1_500_000, 1.5),
    ({"sdk": "express"}, 1_500_000.25, 1.50000025),
    ({"sdk": "nextjs"}, 1_500_000, 1.5),
    ({"sdk": "Kong"}, 1_500_000, 1.5),
    ({"sdk": "made-at-home"}, 1500, None),
    ({"sdk": 7}, 1500, None),
    ({"sdk": "ruby"}, "1970-01-01 00:00:01", None),
    ({"sdk": "django"}, None, None),
    ({"sdk": "django"}, True, None),
    ({"sdk": "django"}, -1, None),
    ({"sdk": "django"}, 1e300, None),
]


@pytest.mark.parametrize(("who", "load_time", "seconds"), DURATIONS)
def test_load_times_are_seconds(
    who: dict[str, Any], load_time: object, seconds: float | None
) -> None:
    seen = observed(None, {"load_time": load_time}, **who)
    assert seen.duration == pytest.approx(seconds or 0.0)
    assert (Part.DURATION in seen.source.unseen) == (seconds is None)
    assert seen.at == pytest.approx(NOW - (seconds or 0.0))


def test_every_duration_was_tried() -> None:
    assert len(DURATIONS) == 28


def test_after_an_exception_the_time_of_node_is_the_exceptions() -> None:
    errors = [{"source": "onException", "type": "UNHANDLED_EXCEPTION", "message": "x"}]
    seen = observed(None, {"code": 500, "load_time": 3}, {"errors": errors}, sdk="node")
    assert Part.DURATION in seen.source.unseen
    assert seen.ending is Ending.RAISED


# Where to


@pytest.mark.parametrize(
    ("sdk", "query", "raw"),
    [
        ("django", {"a": "1", "b": ["2", "3"], "c": ""}, "a=1&b=2&b=3&c="),
        ("django", {}, ""),
        ("laravel", [], ""),
        ("go", {"query": "a=1&b=%20"}, "a=1&b=%20"),
        ("django", {"query": "shoes"}, "query=shoes"),
        ("php", {"n": 7, "f": True}, "n=7&f=true"),
    ],
)
def test_queries_of_their_own(sdk: str, query: object, raw: str) -> None:
    request = {"url": "https://api.example.com/v1", "query": query}
    seen = observed(request, sdk=sdk)
    assert seen.request.query == raw
    assert Part.QUERY not in seen.source.unseen


@pytest.mark.parametrize(("sdk", "unseen"), [("spring", True), ("Kong", True), ("node", False)])
def test_no_query_is_unseen_unless_the_url_is_whole(sdk: str, unseen: bool) -> None:
    seen = observed({"url": "https://api.example.com/v1"}, sdk=sdk)
    assert (Part.QUERY in seen.source.unseen) == unseen


def test_the_query_that_stands_in_the_body_is_not_counted_twice() -> None:
    node = observed({"body": {"full": "1"}}, sdk="node")
    assert node.request.body == NO_BODY
    body = {"phone": "15550001111", "full": "1"}
    headers = {"content-length": "23", "content-type": "application/json"}
    express = observed({"method": "POST", "body": body, "headers": headers}, sdk="express")
    assert express.request.body.data == b'{"phone":"15550001111"}'


def test_the_route_is_the_frameworks() -> None:
    seen = observed({"route_path": "v1/users/<str:phone>/status"})
    assert seen.route == "/v1/users/{phone}/status"
    assert observed({"route_path": "another"}).route is None


# Who


@pytest.mark.parametrize("address", ["bogon", "unknown", "", None, 7, "example.com"])
def test_no_address_is_unseen(address: object) -> None:
    seen = observed({"ip": address})
    assert seen.request.peer == ""
    assert Part.CLIENT in seen.source.unseen


@pytest.mark.parametrize(
    ("forwarded", "trusted", "client"),
    [
        # The first address is whatever the client wrote.
        ("203.0.113.7, 198.51.100.1", (), "198.51.100.1"),
        ("203.0.113.7, 198.51.100.1, 10.0.0.1", ("10.0.0.0/8",), "198.51.100.1"),
        ("203.0.113.7", (), "203.0.113.7"),
        ("192.0.2.1, 10.0.0.1", ("10.0.0.0/8",), "203.0.113.7"),
    ],
)
def test_a_forged_address_is_not_believed(
    forwarded: str, trusted: tuple[str, ...], client: str
) -> None:
    request = observed({"headers": {"X-Forwarded-For": forwarded}}).request
    assert TrustedProxies(trusted).client(request.peer, request.headers) == client


@pytest.mark.parametrize(
    ("data", "principal"),
    [
        ({"user": {"id": 7}}, "7"),
        ({"user": {"id": "ada"}}, "ada"),
        ({"metadata": {"user-id": "ada"}}, "ada"),
        ({"user": {"id": "****"}}, ""),
        ({"user": {"id": None}, "metadata": {"user-id": "ada"}}, "ada"),
        ({"user": "ada", "metadata": []}, ""),
    ],
)
def test_who_was_logged_in(data: dict[str, Any], principal: str) -> None:
    assert observed(None, None, data).principal == principal


@pytest.mark.parametrize("header", ["X-User-Id", "treblle-user-id", "treblle-metadata"])
def test_what_the_client_claims_to_be_is_no_principal(header: str) -> None:
    headers = {header: "ada", "Host": "x"}
    assert observed({"headers": headers}, None, {"user": {"id": "ada"}}).principal == ""


# What was masked, and what was not there


@pytest.mark.parametrize(
    ("headers", "credential"),
    [
        ({"Authorization": "Bearer *******"}, CredentialKind.BEARER_OPAQUE),
        ({"Authorization": "Basic ****"}, CredentialKind.OTHER),
        ({"x-api-key": ["****"]}, CredentialKind.API_KEY),
    ],
)
def test_a_masked_credential_proves_presence(
    headers: dict[str, Any], credential: CredentialKind
) -> None:
    seen = observed({"headers": headers})
    (found,) = CredentialReader(Hasher(bytes(KEY_SIZE))).read_masked(seen.request)
    assert (found.kind, found.digest) == (credential, "")
    assert Part.SECRETS in seen.source.unseen
    assert Part.CREDENTIALS not in seen.source.unseen


def test_a_masked_cookie_may_be_a_session_or_not() -> None:
    seen = observed({"headers": {"cookie": "****"}})
    assert {Part.SECRETS, Part.CREDENTIALS} <= seen.source.unseen


def test_a_masked_key_in_the_query() -> None:
    seen = observed({"url": "https://api.example.com/?api_key=*****"})
    assert Part.SECRETS in seen.source.unseen


def test_headers_may_be_lists() -> None:
    seen = observed({"headers": {"Accept": ["a", "b"], "X": 7, "Y": None, "Z": {}}})
    assert list(seen.request.headers.text()) == [("accept", "a"), ("accept", "b"), ("x", "7")]


@pytest.mark.parametrize("headers", [{}, [], None, "x"])
def test_no_headers_are_unseen(headers: object) -> None:
    seen = observed({"headers": headers}, {"headers": headers})
    unseen = {Part.REQUEST_HEADERS, Part.CREDENTIALS, Part.RESPONSE_HEADERS}
    assert unseen <= seen.source.unseen
    assert seen.request.headers.get(b"user-agent") == "curl/8"


@pytest.mark.parametrize(("code", "status"), [(404, 404), ("404", 404), (0, 0), (None, 0), (7, 0)])
def test_status(code: object, status: int) -> None:
    seen = observed(None, {"code": code})
    assert seen.response is not None
    assert seen.response.status == status
    assert (Part.STATUS in seen.source.unseen) == (status == 0)


# How it ended

CRASH = {"source": "onError", "type": "RuntimeError", "message": "x"}
ENDINGS: list[tuple[str, int, list[Any], bool]] = [
    ("django", 500, [{"source": "onException", "type": "UNHANDLED_EXCEPTION"}], True),
    ("django", 404, [{"source": "onException", "type": "UNHANDLED_EXCEPTION"}], False),
    ("flask", 500, [CRASH], True),
    ("ruby", 500, [CRASH], True),
    ("Kong", 502, [{"source": "onError", "type": "API Request failure"}], False),
    ("treblle-rust-1", 500, [{"source": "http", "type": "HTTP_500"}], False),
    ("php", 500, [{"source": "onShutdown", "type": "E_ERROR"}], True),
    ("php", 500, [{"source": "onError", "type": "E_WARNING"}], False),
    ("node", 200, [{"source": "onShutdown", "type": "INVALID_JSON"}], False),
    ("django", 500, [], False),
    ("django", 500, ["x", None, {}], False),
]


@pytest.mark.parametrize(("sdk", "status", "errors", "raised"), ENDINGS)
@pytest.mark.parametrize("misplaced", [False, True])
def test_exceptions(
    sdk: str, status: int, errors: list[Any], raised: bool, misplaced: bool
) -> None:
    """Some SDKs put the errors under the response."""
    response = {"code": status} | ({"errors": errors} if misplaced else {})
    seen = observed(None, response, {} if misplaced else {"errors": errors}, sdk=sdk)
    assert (seen.ending is Ending.RAISED) == raised


# What cannot be read


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "not an event"),
        (b"null", "not an event"),
        (b"{}", "not an event"),
        (b'{"data": {"request": []}}', "not an event"),
        (b"[" * 100_000, "not an event"),
        (b'{"data": ' * 50_000, "not an event"),
        (b"\xff\xfe{}", "not an event"),
        (event({"method": None}), "an event without a method"),
        (event({"method": "GET /x"}), "an event without a method"),
        (event({"url": None}), "an event without a URL"),
        (event({"url": "nowhere"}), "an event without a URL"),
    ],
)
def test_what_is_no_event(body: bytes, reason: str) -> None:
    reading = read_treblle(sent(body))
    assert not reading.seen
    assert [one.reason for one in reading.malformed] == [reason]


def test_a_dead_letter_does_not_hold_the_secret() -> None:
    (dead,) = read_treblle(sent(event({"url": None}))).malformed
    assert TOKEN.encode() not in dead.excerpt
    assert dead.excerpt.startswith(b'{"api_key": "***"')


def test_json_as_pythons_and_rubys_writers_have_it() -> None:
    """An answer with NaN in it must not hide itself from us."""
    body = event(None, {"body": {"mean": 1}}).replace(b'"mean": 1', b'"mean": NaN, "x": "\\ud800"')
    (seen,) = read_treblle(sent(body)).seen
    assert seen.response is not None
    assert json.loads(seen.response.body.data) == {"mean": None, "x": "?"}


def test_nothing_of_the_example_was_lost() -> None:
    assert json.loads(event())["data"]["request"] == REQUEST
