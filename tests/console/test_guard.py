"""The console's own door."""

import pytest
from tests.console.house import API_TOKEN, Client, House
from tests.console.sample_checks import SAMPLE_CHECKS

from nightlatch.console.access import SESSION_LIFE
from nightlatch.console.app import ROUTERS, create_console
from nightlatch.console.guard import CONTENT_SECURITY_POLICY, SAFE_METHODS
from nightlatch.console.pages import oauth_callback
from nightlatch.exchange.record import Record
from nightlatch.store.memory_documents import MemoryDocuments
from nightlatch.store.memory_events import MemoryEvents
from nightlatch.store.ports import EventQuery, StoreFailed

PAGES = (
    "/",
    "/requests",
    "/endpoints",
    "/incidents",
    "/checks",
    "/settings",
    "/sources",
    "/nothing",
)


@pytest.mark.parametrize("path", PAGES)
def test_strangers_see_only_that_it_is_locked(stranger: Client, path: str) -> None:
    answer = stranger.get(path)
    assert answer.status_code == 401
    assert "This console is locked" in answer.text
    assert "lookup" not in answer.text


def test_the_api_tells_strangers_how_to_authenticate(stranger: Client) -> None:
    answer = stranger.get("/api/v1/overview")
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_link_opens_the_console_once(stranger: Client, house: House) -> None:
    link = {"token": house.access.issue(house.clock())}
    answer = stranger.get("/", params=link)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "samesite=strict" in cookie.lower()
    assert "token" not in answer.headers["location"]
    assert stranger.get("/").status_code == 200
    stranger.cookies.clear()
    again = stranger.get("/", params=link)
    assert again.status_code == 401
    assert "This link does not open anything" in again.text


@pytest.mark.slow
def test_a_session_ends_by_time_and_by_hand(client: Client, house: House) -> None:
    answer = client.post("/settings/leave", data={"csrf_token": house.csrf_of(client)})
    assert answer.status_code == 303
    assert client.get("/").status_code == 401
    client.get("/", params={"token": house.access.issue(house.clock())})
    assert client.get("/").status_code == 200
    house.clock.now += SESSION_LIFE
    assert client.get("/").status_code == 401


@pytest.mark.parametrize(
    ("host", "passes"),
    [
        ("127.0.0.1:8765", True),
        ("localhost", True),
        ("LOCALHOST:1", True),
        ("[::1]:8765", True),
        ("console.internal", True),
        # With a path in it, which is not the request's: "/static/" needs no session.
        ("127.0.0.1/static/", True),
        ("127.0.0.1/static/?", True),
        ("evil.example", False),
        ("127.0.0.1.evil.example", False),
        ("", False),
        ("[::1", False),
        ("user@evil.example", False),
    ],
)
def test_only_known_host_names_are_answered(house: House, host: str, *, passes: bool) -> None:
    app = create_console(
        house.recorder, house.events, house.documents, SAMPLE_CHECKS, hosts=["Console.internal"]
    )
    with Client(app) as client:
        status = client.get("/", headers={"host": host}).status_code
    assert status == (401 if passes else 421)


@pytest.mark.parametrize("path", [*PAGES, "/api/v1/overview", "/static/theme.js", "/static/none"])
def test_every_answer_has_the_headers(client: Client, path: str) -> None:
    headers = client.get(path).headers
    assert headers["content-security-policy"] == CONTENT_SECURITY_POLICY
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    static = path.startswith("/static/")
    assert headers["cache-control"] == ("no-cache" if static else "no-store")


def test_the_api_token_opens_the_api_and_nothing_else(machine: Client, stranger: Client) -> None:
    assert machine.get("/api/v1/overview").status_code == 200
    assert machine.get("/").status_code == 401
    for wrong in ("Bearer x", "Bearer ", f"Basic {API_TOKEN}", API_TOKEN, "Bearer \u00e9"):
        headers = {"authorization": wrong.encode("latin-1")}
        assert stranger.get("/api/v1/overview", headers=headers).status_code == 401


def test_without_an_api_token_no_bearer_passes(house: House) -> None:
    app = create_console(house.recorder, house.events, house.documents, SAMPLE_CHECKS)
    with Client(app, authorization="Bearer ") as client:
        answer = client.get("/api/v1/overview")
    assert answer.status_code == 401


UNSAFE: tuple[tuple[str, str, dict[str, str]], ...] = (
    ("POST", "/settings/mode", {"mode": "enforce"}),
    ("POST", "/settings/leave", {}),
    ("POST", "/endpoint?key=GET%20%2Fhealthz", {"expectation": "undecided"}),
    ("POST", "/incidents/any/contain", {}),
    ("POST", "/incidents/any/close", {}),
    ("POST", "/api/v1/incidents/any/contain", {}),
    ("POST", "/api/v1/incidents/any/close", {}),
    ("PUT", "/api/v1/mode", {}),
    ("PUT", "/api/v1/contracts", {}),
    ("POST", "/measures", {"kind": "block", "whom": "192.0.2.1"}),
    ("POST", "/measures/any/undo", {}),
    ("POST", "/measures/any/renew", {}),
    ("POST", "/door/close?key=GET%20%2Fhealthz", {}),
    ("POST", "/door/open?key=GET%20%2Fhealthz", {}),
    ("POST", "/sources/tokens", {"name": "shop", "kind-otlp": "on"}),
    ("POST", "/sources/any/rotate", {}),
    ("POST", "/sources/any/revoke", {}),
    ("POST", "/api/v1/measures", {}),
    ("POST", "/api/v1/measures/preview", {}),
    ("POST", "/api/v1/measures/any/undo", {}),
    ("POST", "/api/v1/measures/any/renew", {}),
    ("POST", "/api/v1/doors/preview", {}),
    ("POST", "/api/v1/doors/close", {}),
    ("POST", "/api/v1/doors/open", {}),
    ("POST", "/tokens", {"token": "eyJ"}),
    ("POST", "/tokens/create", {}),
    ("POST", "/tokens/keys", {"do": "new"}),
    ("POST", "/tokens/codes", {"do": "new"}),
    ("POST", "/api/v1/tokens/inspect", {}),
    ("POST", "/api/v1/tokens/verify", {}),
    ("POST", "/oauth/server", {"place": "http://127.0.0.1:1"}),
    ("POST", "/oauth/client", {"client_id": "demo"}),
    ("POST", "/oauth/demo", {}),
    ("POST", "/oauth/forget", {}),
    ("POST", "/oauth/flows/call", {"url": "http://127.0.0.1:1"}),
    ("POST", "/oauth/runs/any/send", {}),
    ("POST", "/oauth/runs/any/let-go", {}),
    ("POST", "/oauth/runs/any/brought", {}),
    ("POST", "/oauth/runs/any/stop", {}),
    ("POST", "/oauth/runs/any/adopt", {}),
    ("POST", "/oauth/collection", {"collection": "{}"}),
    ("POST", "/oauth/kept", {"name": "x"}),
    ("POST", "/oauth/kept/open", {"name": "x"}),
    ("POST", "/oauth/kept/delete", {"name": "x"}),
)


def test_every_unsafe_route_is_in_the_list() -> None:
    methods = [
        method
        for router in ROUTERS
        for route in router.routes
        for method in getattr(route, "methods", ())
        # Browsers come back there from other sites: it is public, and has tests of its own.
        if getattr(route, "path", "") != oauth_callback.PATH
    ]
    assert len([method for method in methods if method not in SAFE_METHODS]) == len(UNSAFE) == 44


@pytest.mark.slow
@pytest.mark.parametrize(("method", "path", "fields"), UNSAFE)
@pytest.mark.parametrize("fault", ["no csrf", "wrong csrf", "no origin", "other origin"])
def test_forged_requests_change_nothing(
    client: Client, house: House, method: str, path: str, fields: dict[str, str], fault: str
) -> None:
    token = house.csrf_of(client) if "origin" in fault else "x" if fault == "wrong csrf" else ""
    if fault == "other origin":
        client.headers["origin"] = "http://127.0.0.1:9999"
    if fault == "no origin":
        del client.headers["origin"]
    answer = client.request(method, path, data=fields | {"csrf_token": token})
    assert answer.status_code == 403
    assert house.documents.audit_log() == []
    assert client.get("/").status_code == 200


def test_a_store_that_is_gone_is_said_not_raised(
    client: Client, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(self: MemoryDocuments, key: str) -> bytes | None:
        raise StoreFailed("disk full: free some space")

    monkeypatch.setattr(MemoryDocuments, "state", gone)
    for path in ("/", "/api/v1/overview"):
        answer = client.get(path)
        assert answer.status_code == 503
        assert "free some space" in answer.text


def test_an_events_store_that_is_gone_leaves_a_page_that_says_so(
    client: Client, machine: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(self: MemoryEvents, query: EventQuery) -> list[Record]:
        raise StoreFailed("disk full: free some space")

    monkeypatch.setattr(MemoryEvents, "search", gone)
    page = client.get("/requests")
    assert page.status_code == 503
    assert "<h1>The store does not answer</h1>" in page.text
    assert "free some space" in page.text
    assert machine.get("/api/v1/records").json()["detail"] == "disk full: free some space"
