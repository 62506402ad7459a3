from collections.abc import Iterator

import pytest
from tests.list_server import (
    ListServer,
    breaks_off,
    drips,
    list_server,
    never_answers,
    with_status,
)
from tests.servers import free_port

from nightlatch.respond.fetching import Fetched, FetchFailed, fetch


@pytest.fixture
def server() -> Iterator[ListServer]:
    with list_server() as running:
        running.text = "192.0.2.1\n"
        yield running


def get(server: ListServer, etag: str = "", modified: str = "", **bounds: float) -> Fetched:
    return fetch(
        server.url + "/list.txt",
        etag,
        modified,
        max_bytes=int(bounds.get("max_bytes", 1_000)),
        seconds=bounds.get("seconds", 5.0),
    )


def test_asks_only_for_what_has_changed(server: ListServer) -> None:
    server.etag, server.modified = '"v1"', "Sun, 22 Nov 2026 00:00:00 GMT"
    first = get(server)
    assert first == Fetched(b"192.0.2.1\n", '"v1"', server.modified)
    assert get(server, first.etag, first.modified) == Fetched(None, '"v1"', server.modified)
    assert server.asked[1]["if-none-match"] == '"v1"'
    assert server.asked[1]["if-modified-since"] == server.modified
    assert "if-none-match" not in server.asked[0]
    assert server.asked[0]["user-agent"].startswith("Nightlatch/")


@pytest.mark.parametrize("status", [304, 403, 404, 429, 500, 503])
def test_an_error_is_no_list(server: ListServer, status: int) -> None:
    server.misbehave = with_status(status)
    with pytest.raises(FetchFailed, match=f"answered {status}"):
        get(server)


def test_a_list_that_breaks_off_is_no_list(server: ListServer) -> None:
    server.misbehave = breaks_off
    with pytest.raises(FetchFailed, match=r"broke off after 10 of 1,000|IncompleteRead"):
        get(server)


def test_size_is_bounded(server: ListServer) -> None:
    server.text = "192.0.2.1\n" * 200
    with pytest.raises(FetchFailed, match="larger than"):
        get(server, max_bytes=1_000)


@pytest.mark.slow
@pytest.mark.parametrize("slow", [drips, never_answers])
def test_time_is_bounded(server: ListServer, slow: object) -> None:
    server.misbehave = slow  # type: ignore[assignment]
    with pytest.raises(FetchFailed, match="not there after"):
        get(server, seconds=0.5)


def test_redirects_are_followed_to_http_only(server: ListServer) -> None:
    with list_server() as other:
        other.text = "192.0.2.2\n"
        server.misbehave = with_status(302, Location=other.url + "/there.txt")
        assert get(server).data == b"192.0.2.2\n"
    for target in ("ftp://127.0.0.1/list", "file:///etc/passwd"):
        server.misbehave = with_status(302, Location=target)
        with pytest.raises(FetchFailed, match=r"not followed|answered 302"):
            get(server)


def test_a_server_that_is_gone_says_so() -> None:
    with pytest.raises(FetchFailed, match="refused"):
        fetch(f"http://127.0.0.1:{free_port()}/", "", "", max_bytes=1_000, seconds=2.0)


@pytest.mark.parametrize("url", ["file:///etc/passwd", "https://[no.address/", ""])
def test_only_http_is_fetched(url: str) -> None:
    with pytest.raises(FetchFailed, match="only http"):
        fetch(url, "", "", max_bytes=1_000, seconds=2.0)
